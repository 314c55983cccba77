//! One connection as the switch sees it: its listener, and what waits for it.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use esl_proto::Value;
use esl_proto::event::OutgoingEvent;
use esl_proto::raw::server::Admission;
use esl_proto::server::{Closed, Control, EventCoding, Goodbye, Server, ServerLimits};
use regex_lite::{Regex, RegexBuilder};

use super::{Backlog, Call, Connection, Fired, LogLine, Switch};
use crate::base::event::Event;
use crate::base::slot::Slot;
use crate::base::task::Notify;
use crate::base::wire::Faults;

/// How many of a client's regular expressions are kept ready.
const EXPRESSIONS: usize = 100;
/// How many bytes one of them may become. A larger one matches nothing, like one that cannot be read.
const EXPRESSION: usize = 65_536;

impl Fired {
    pub(super) fn new(event: Event) -> Self {
        Self { event, frames: Slot::default() }
    }

    /// The event as a connection wants it; [`None`] if it cannot be written.
    pub(crate) fn frame(&self, coding: EventCoding) -> Option<Arc<[u8]>> {
        let mut frames = self.frames.lock();
        if let Some((_, frame)) = frames.iter().find(|(known, _)| *known == coding) {
            return frame.clone();
        }
        let frame = self.event.view(|view| {
            let mut frame = vec![0; coding.encode(view, &mut []).err()?.required()?];
            let written = coding.encode(view, &mut frame).ok()?;
            frame.truncate(written);
            Some(frame.into())
        });
        frames.push((coding, frame.clone()));
        frame
    }
}

impl Connection {
    fn new(switch: &Arc<Switch>, server: Server<Box<[u8]>>, is_async: bool) -> Arc<Self> {
        let config = switch.config();
        Arc::new(Self {
            server: Slot::new(server.with_percent(config.percent)),
            most: config.queue_octets,
            id: switch.next_connection(),
            switch: Arc::downgrade(switch),
            wire: Slot::default(),
            faults: Slot::new(config.faults),
            drained: Notify::default(),
            is_async,
            has_connected: Slot::default(),
            connected: Notify::default(),
            events: Slot::new(Backlog::new()),
            log: Slot::new(Backlog::new()),
            wake: Notify::default(),
            killed: Slot::default(),
            expressions: Slot::default(),
            call: Slot::default(),
            gone: Slot::default(),
        })
    }

    pub(crate) fn inbound(switch: &Arc<Switch>) -> Arc<Self> {
        Self::new(switch, Server::inbound(limits(switch), storage(switch)), false)
    }

    pub(crate) fn outbound(switch: &Arc<Switch>, call: &Arc<Call>, control: Control) -> Option<Arc<Self>> {
        let server = Server::outbound(limits(switch), storage(switch), &call.uuid, control).ok()?;
        Some(Self::new(switch, server, control.is_async))
    }

    /// Bytes of the client's.
    pub(crate) fn receive(&self, octets: &[u8]) {
        let mut wire = self.wire.lock();
        if !wire.input_ended && !wire.is_lost && !wire.output_ended {
            wire.input.extend_from_slice(octets);
            self.wake.notify_one();
        }
    }

    pub(crate) fn receive_end(&self) {
        self.wire.lock().input_ended = true;
        self.wake.notify_one();
    }

    /// What has come since, and whether nothing more will.
    pub(crate) fn take_input(&self) -> (Vec<u8>, bool) {
        let mut wire = self.wire.lock();
        let taken = (std::mem::take(&mut wire.input), wire.input_ended || wire.is_lost);
        drop(wire);
        // There is room for more.
        if !taken.0.is_empty() {
            self.tell_host();
        }
        taken
    }

    /// How many bytes more would be read now.
    pub(crate) fn room(&self) -> usize {
        let Some(switch) = self.switch.upgrade() else { return 0 };
        let wire = self.wire.lock();
        if wire.input_ended || wire.is_lost || wire.output_ended {
            return usize::MAX;
        }
        switch.config().window.max(1).saturating_sub(wire.input.len())
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.faults.set(faults);
        self.wire.lock().next_piece = Duration::ZERO;
        if faults.lost_at.is_some_and(|lost_at| self.taken() >= lost_at) {
            self.lose();
        }
        self.tell_host();
    }

    pub(crate) fn taken(&self) -> u64 {
        self.wire.lock().taken
    }

    /// Bytes that nobody has meant to say.
    pub(crate) fn inject(&self, octets: &[u8]) {
        let mut wire = self.wire.lock();
        if !wire.is_lost {
            wire.waiting += octets.len();
            wire.output.push_back((Duration::ZERO, octets.to_vec().into()));
        }
        drop(wire);
        self.tell_host();
    }

    /// Why the listener has ended the connection, if it has.
    pub(crate) fn end(&self) -> Option<Closed> {
        self.server.lock().closed().or(self.killed.get().map(Closed::Ended))
    }

    pub(crate) fn has_input(&self) -> bool {
        let wire = self.wire.lock();
        !wire.input.is_empty() || wire.input_ended || wire.is_lost
    }

    /// The connection is gone.
    pub(crate) fn lose(&self) {
        let mut wire = self.wire.lock();
        wire.is_lost = true;
        wire.output.clear();
        wire.waiting = 0;
        drop(wire);
        self.wake.notify_one();
        self.drained.notify_waiters();
        self.tell_host();
    }

    /// Gives the client what it may have now.
    pub(crate) fn send(&self, out: &mut [u8]) -> usize {
        let Some(switch) = self.switch.upgrade() else { return 0 };
        let faults = self.faults.get();
        let mut room = if faults.piece == 0 { out.len() } else { out.len().min(faults.piece) };
        let now = switch.clock.now();
        let mut wire = self.wire.lock();
        if faults.held || now < wire.next_piece {
            return 0;
        }
        if let Some(lost_at) = faults.lost_at {
            room = room.min(usize::try_from(lost_at.saturating_sub(wire.taken)).unwrap_or(usize::MAX));
        }
        let mut count = 0;
        while count < room
            && let Some((time, octets)) = wire.output.front_mut()
            && *time <= now
        {
            // Reading from memory cannot fail.
            count += octets.read(&mut out[count..room]).unwrap_or(0);
            if octets.is_empty() {
                wire.output.pop_front();
            }
        }
        wire.waiting -= count;
        wire.taken += count as u64;
        if count > 0 && faults.pause > Duration::ZERO {
            wire.next_piece = now.saturating_add(faults.pause);
            self.tell_host_in(&switch, faults.pause);
        }
        let is_lost = faults.lost_at.is_some_and(|lost_at| wire.taken >= lost_at);
        drop(wire);
        if is_lost {
            self.lose();
        }
        if count > 0 {
            self.drained.notify_waiters();
        }
        count
    }

    /// Writes to the client; waits while it does not take what was written before.
    pub(crate) async fn write(&self, octets: &[u8]) {
        let Some(switch) = self.switch.upgrade() else { return };
        let window = switch.config().window.max(1);
        let mut rest = octets;
        while !rest.is_empty() {
            let changed = self.drained.notified();
            let faults = self.faults.get();
            let room = {
                let mut wire = self.wire.lock();
                if wire.is_lost {
                    return;
                }
                let room = window.saturating_sub(wire.waiting).min(rest.len());
                if room > 0 {
                    let time = switch.clock.now().saturating_add(faults.delay);
                    wire.waiting += room;
                    match wire.output.back_mut() {
                        Some((last, octets)) if *last == time => octets.extend(&rest[..room]),
                        _ => wire.output.push_back((time, rest[..room].to_vec().into())),
                    }
                }
                room
            };
            rest = &rest[room..];
            match faults.delay {
                Duration::ZERO => self.tell_host(),
                delay => self.tell_host_in(&switch, delay),
            }
            if room == 0 {
                changed.await;
            }
        }
    }

    /// The switch closes its side.
    pub(crate) fn close(&self) {
        self.wire.lock().output_ended = true;
        self.tell_host();
    }

    pub(crate) fn is_closed(&self) -> bool {
        let wire = self.wire.lock();
        wire.is_lost || (wire.output_ended && wire.waiting == 0)
    }

    fn tell_host(&self) {
        if let Some(switch) = self.switch.upgrade() {
            switch.active.lock().insert(self.id, ());
        }
    }

    fn tell_host_in(&self, switch: &Arc<Switch>, time: Duration) {
        let (later, id) = (Arc::clone(switch), self.id);
        switch.queues.spawn(async move {
            later.clock.sleep(time).await;
            later.active.lock().insert(id, ());
        });
    }

    /// Whether it is asynchronous, and its program has not said `connect`.
    pub(crate) fn is_blind(&self) -> bool {
        self.is_async && !self.has_connected.get()
    }

    /// Ties the connection to its channel.
    pub(crate) fn control(self: &Arc<Self>, call: &Arc<Call>) {
        *self.call.lock() = Some(Arc::downgrade(call));
        call.controlled_by(self);
    }

    /// The channel that the connection controls.
    pub(crate) fn controlled(&self) -> Option<Arc<Call>> {
        self.call.lock().as_ref()?.upgrade()
    }

    /// Whether the client gets it.
    pub(crate) fn offer(&self, event: &Arc<Fired>, view: &OutgoingEvent<'_>) -> bool {
        let regex = |filter: &[u8], value: Value<'_>| matches(&self.expressions, filter, value);
        let offer = self.server.lock().offer_with(view, &regex);
        self.take(offer, Goodbye::LostEvents, || self.events.lock().push(event, event.event.octets()))
    }

    pub(crate) fn offer_diverted(&self, event: Event) {
        let offer = self.server.lock().offer_diverted();
        let octets = event.octets();
        let event = Arc::new(Fired::new(event));
        self.take(offer, Goodbye::LostEvents, || self.events.lock().push(&event, octets));
    }

    /// Whether the client gets it.
    pub(crate) fn offer_log(&self, line: &Arc<LogLine>) -> bool {
        let offer = self.server.lock().offer_log(line.level);
        self.take(offer, Goodbye::LostLogLines, || self.log.lock().push(line, line.text.len()))
    }

    /// `keep` says how many bytes wait then.
    fn take(&self, offer: esl_proto::server::Admission, goodbye: Goodbye, keep: impl FnOnce() -> usize) -> bool {
        match Admission::from(offer) {
            Admission::Enqueue if keep() <= self.most => {
                self.wake.notify_one();
                return true;
            }
            Admission::Enqueue | Admission::Overflow => self.kill(goodbye),
            Admission::Skip | Admission::Dropped => {}
        }
        false
    }

    /// Whether something waits that could be said now.
    pub(crate) fn has_news(&self) -> bool {
        let server = self.server.lock();
        self.gone.lock().is_some()
            || (server.is_ready_for_events() && server.waiting_events() > 0)
            || (server.is_ready_for_log() && server.waiting_log_lines() > 0)
    }

    /// Ends the connection, whatever it is doing. The first reason counts.
    pub(crate) fn kill(&self, goodbye: Goodbye) {
        self.killed.lock().get_or_insert(goodbye);
        self.wake.notify_one();
    }

    /// Says that the controlled channel has ended.
    pub(crate) fn channel_gone(&self, name: &str) {
        *self.gone.lock() = Some(name.into());
        self.wake.notify_one();
    }
}

fn limits(switch: &Switch) -> ServerLimits {
    let config = switch.config();
    ServerLimits { max_queued: config.max_queued, max_lost: config.max_lost, ..ServerLimits::DEFAULT }
}

fn storage(switch: &Switch) -> Box<[u8]> {
    vec![0; switch.config().storage].into_boxed_slice()
}

/// A filter's `/.../` against a header's value; `i` and `s` after it mean what they do in FreeSWITCH.
fn matches(expressions: &Slot<HashMap<Vec<u8>, Option<Regex>>>, filter: &[u8], value: Value<'_>) -> bool {
    let mut expressions = expressions.lock();
    if expressions.len() > EXPRESSIONS {
        expressions.clear();
    }
    let regex = expressions.entry(filter.into()).or_insert_with(|| {
        let filter = String::from_utf8_lossy(filter);
        let (pattern, flags) = filter.strip_prefix('/')?.rsplit_once('/')?;
        RegexBuilder::new(pattern)
            .case_insensitive(flags.contains('i'))
            .dot_matches_new_line(flags.contains('s'))
            .size_limit(EXPRESSION)
            .build()
            .ok()
    });
    regex.as_ref().is_some_and(|regex| regex.is_match(&value.to_string()))
}
