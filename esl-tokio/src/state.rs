//! What the handles of a session and its driver share.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::hash::BuildHasher;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use esl_proto::client::{Answer as Told, NotAllowed, SendError};
use esl_proto::command::app::Outcome as AppOutcome;
use esl_proto::name::{EventName, header};
use esl_proto::raw::session::{Outcome, SlotMap};
use esl_proto::session::{Notice, Reason, Session, SessionError, Slot};
use esl_proto::{Command, Event, Incoming, RecvBuf};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::reader::{Full, Missed, Reader};
use crate::stats::Counters;
use crate::telemetry::{self, Peer};
use crate::{Answer, Error, EventBuf, HungUp, LogBuf, Login};

/// How many bytes may wait behind those that are being written before whoever wants to send waits, too.
const OUTPUT: usize = 256 << 10;

/// What a wait is given. There may be many waits: what is seldom stands elsewhere, so that each is small.
#[derive(Debug)]
pub(crate) enum Given {
    Answer(Answer),
    Event(Box<EventBuf>),
    Variable(Box<Variable>),
    Nothing,
}

/// What is told of a variable.
#[derive(Debug)]
pub(crate) enum Variable {
    Unset,
    Set(Answer),
    Cut(Answer),
}

impl Variable {
    fn of(answer: &Told<'_>) -> Self {
        match answer.variable() {
            esl_proto::message::Variable::Set(value) => Self::Set(Answer::new(value.to_vec())),
            esl_proto::message::Variable::Cut(value) => Self::Cut(Answer::new(value.to_vec())),
            _ => Self::Unset,
        }
    }

    fn cut(self) -> Self {
        match self {
            Self::Set(value) | Self::Cut(value) => Self::Cut(value),
            Self::Unset => Self::Unset,
        }
    }
}

/// A wait.
enum Wait {
    /// With whom to wake.
    Pending(Option<Waker>),
    /// Until it is taken.
    Over(Result<Given, Box<Error>>),
}

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A connection is being made, or has not been opened by the server yet.
    Connecting,
    Open,
    /// Over for good.
    Ended(Reason),
}

/// The channel of an outbound connection.
pub(crate) struct Channel {
    pub(crate) uuid: Vec<u8>,
    pub(crate) ended: Option<HungUp>,
}

pub(crate) struct State {
    pub(crate) session: Session,
    last_slot: u64,
    waits: SlotMap<Wait>,
    pub(crate) readers: BTreeMap<u64, Arc<Reader<Arc<EventBuf>>>>,
    pub(crate) logs: BTreeMap<u64, Arc<Reader<LogBuf>>>,
    /// How many of both are full.
    pub(crate) full: Arc<Full>,
    /// Readers whose events or log lines the server has refused.
    refused: BTreeMap<u64, Answer>,
    /// The refusal of a filter that was asked for last.
    filter_refused: Option<Answer>,
    /// What has come of variables that are being read, by who waits for them.
    variables: BTreeMap<u64, Variable>,
    pub(crate) driver: Option<Waker>,
    /// Who is woken as soon as the lock is released.
    wakers: Vec<Waker>,
    /// Whether the driver is, too.
    wakes_driver: bool,
    /// Whether those who wait for a change are.
    has_changed: bool,
    pub(crate) phase: Phase,
    /// The program wants no more of it.
    pub(crate) closing: bool,
    pub(crate) channel: Option<Channel>,
    /// How many wait for a change.
    watchers: usize,
}

/// The state, locked. Who is to be woken is woken when the lock has been released: nobody wakes only to wait for it.
pub(crate) struct Locked<'s> {
    // Dropped in this order.
    state: MutexGuard<'s, State>,
    wakes: Wakes<'s>,
}

struct Wakes<'s> {
    wakers: Vec<Waker>,
    driver: Option<Waker>,
    changed: Option<&'s Notify>,
    shared: &'s Shared,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        self.wakes.wakers = std::mem::take(&mut state.wakers);
        if std::mem::take(&mut state.wakes_driver) {
            self.wakes.driver = state.driver.take();
        }
        if std::mem::take(&mut state.has_changed) {
            self.wakes.changed = Some(&self.wakes.shared.changed);
        }
    }
}

impl Drop for Wakes<'_> {
    fn drop(&mut self) {
        self.wakers.drain(..).chain(self.driver.take()).for_each(Waker::wake);
        if let Some(changed) = self.changed {
            changed.notify_waiters();
        }
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

/// What is shared, and how to wait for it to change.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Notify,
    began: Instant,
    pub(crate) peer: Box<str>,
    pub(crate) counters: Counters,
}

impl Shared {
    pub(crate) fn new(peer: Peer<'_>) -> Self {
        let (Peer::Server(name) | Peer::Client(name)) = peer;
        let state = State {
            session: Session::new(random()),
            last_slot: 0,
            waits: SlotMap::new(),
            readers: BTreeMap::new(),
            logs: BTreeMap::new(),
            full: Arc::default(),
            refused: BTreeMap::new(),
            filter_refused: None,
            variables: BTreeMap::new(),
            driver: None,
            wakers: Vec::new(),
            wakes_driver: false,
            has_changed: false,
            phase: Phase::Connecting,
            closing: false,
            channel: None,
            watchers: 0,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
            began: Instant::now(),
            peer: name.into(),
            counters: Counters::new(peer),
        }
    }

    pub(crate) fn lock(&self) -> Locked<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { state, wakes: Wakes { wakers: Vec::new(), driver: None, changed: None, shared: self } }
    }

    /// The time, as the session counts it.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// A time of the session's as one of the clock's.
    pub(crate) fn instant(&self, at: Duration) -> Option<Instant> {
        self.began.checked_add(at)
    }

    /// Waits until something is found.
    pub(crate) async fn until<T>(&self, mut find: impl FnMut(&mut State) -> Option<T>) -> T {
        struct Watching<'s>(&'s Shared);
        impl Drop for Watching<'_> {
            fn drop(&mut self) {
                self.0.lock().watchers -= 1;
            }
        }
        self.lock().watchers += 1;
        let _watching = Watching(self);
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(found) = find(&mut self.lock()) {
                return found;
            }
            changed.await;
        }
    }

    /// Waits for the program to want no more.
    pub(crate) async fn closing(&self) {
        self.until(|state| state.closing.then_some(())).await;
    }
}

impl State {
    /// Those who wait for a change look again.
    pub(crate) const fn tell(&mut self) {
        self.has_changed |= self.watchers > 0;
    }

    /// The driver looks again.
    pub(crate) const fn wake(&mut self) {
        self.wakes_driver = true;
    }

    /// Whether somebody is woken when the lock is released.
    pub(crate) const fn wakes(&self) -> bool {
        !self.wakers.is_empty() || self.has_changed
    }

    pub(crate) fn next_slot(&mut self) -> Slot {
        self.last_slot += 1;
        Slot(self.last_slot)
    }

    /// Why nothing can be sent now, if so.
    pub(crate) const fn refusal(&self) -> Option<Error> {
        match self.phase {
            Phase::Ended(reason) => Some(Error::Lost(reason)),
            _ if self.closing => Some(Error::Lost(Reason::Closed)),
            Phase::Connecting => Some(Error::NotConnected),
            Phase::Open => None,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.session.unsent() < OUTPUT
    }

    /// Sends something that is waited for.
    pub(crate) fn begin<T>(
        &mut self,
        waker: Option<&Waker>,
        send: impl FnOnce(&mut Self, Slot) -> Result<T, SessionError>,
    ) -> Result<(Slot, T), Error> {
        let slot = self.next_slot();
        let sent = send(self, slot)?;
        self.waits.insert(slot.0, Wait::Pending(waker.cloned()));
        self.wake();
        Ok((slot, sent))
    }

    /// Forgets a wait. What it leaves is dropped without the lock: a waker may be the last that holds a task, and that a
    /// wait of its own.
    fn give_up(&mut self, slot: Slot) -> Option<Wait> {
        let wait = self.waits.remove(slot.0);
        self.variables.remove(&slot.0);
        if let Some(Wait::Pending(_)) = wait {
            self.session.give_up(slot);
        }
        wait
    }

    /// The readers' interest has changed: what was found out at once is told, and what is to be said is written.
    pub(crate) fn said(&mut self, counters: &Counters) {
        self.settle(None, counters);
        self.wake();
        self.tell();
    }

    /// The refusal of what a reader wants, once.
    pub(crate) fn take_refusal(&mut self, slot: Slot) -> Option<Answer> {
        self.refused.remove(&slot.0)
    }

    /// The refusal of a filter, once.
    pub(crate) fn take_filter_refusal(&mut self) -> Option<Answer> {
        self.filter_refused.take()
    }

    /// A reader reads no more.
    pub(crate) fn unlisten(&mut self, slot: Slot, counters: &Counters) {
        if let Some(reader) = self.readers.remove(&slot.0) {
            reader.leave();
        }
        self.logs.remove(&slot.0);
        self.refused.remove(&slot.0);
        // What cannot be taken back comes, and nobody reads it.
        let _ = self.session.unlisten(slot);
        self.said(counters);
    }

    /// Takes in what has been read.
    pub(crate) fn take_in(
        &mut self,
        input: &mut RecvBuf<Vec<u8>>,
        login: Option<&Login>,
        now: Duration,
        counters: &Counters,
    ) {
        loop {
            let consumed = match self.session.poll(input.filled(), now) {
                Ok(esl_proto::client::Poll::Incoming { incoming, consumed }) => {
                    self.take(&incoming, login, counters);
                    consumed
                }
                Ok(esl_proto::client::Poll::NeedData { required, consumed }) => {
                    input.consume(consumed);
                    if let Some(required) = required
                        && required > input.capacity()
                    {
                        input.grow(|storage| storage.resize(required.next_power_of_two(), 0));
                    }
                    break;
                }
                Ok(esl_proto::client::Poll::Closed { .. }) | Err(_) => {
                    self.settle(None, counters);
                    break;
                }
                // Without a limit nothing comes in parts.
                Ok(poll) => poll.consumed(),
            };
            input.consume(consumed);
        }
        if self.phase == Phase::Connecting && self.session.is_open() {
            self.phase = Phase::Open;
            counters.connections(1);
            telemetry::opened();
        }
        self.tell();
    }

    fn take(&mut self, incoming: &Incoming<'_>, login: Option<&Login>, counters: &Counters) {
        if let Some(gap) = self.session.next_gap() {
            for reader in self.readers.values() {
                reader.push_gap(&gap, &mut self.wakers);
            }
            for reader in self.logs.values() {
                reader.push_gap(&gap, &mut self.wakers);
            }
        }
        match incoming {
            Incoming::Event(event) => self.hear_of_channel(event),
            Incoming::Lingering(_) => self.channel_has_ended(HungUp::default()),
            Incoming::Connected { reply, .. } => {
                let uuid = reply.channel_data().and_then(|data| data.get(header::UNIQUE_ID));
                self.channel = uuid.map(|uuid| Channel { uuid: uuid.to_vec(), ended: None });
            }
            _ => {}
        }
        self.settle(Some(incoming), counters);
        match incoming {
            Incoming::AuthRequest => {
                if let Some(login) = login {
                    // What cannot be sent will not be answered: the deadline of the login tells.
                    let _ = self.session.send(&login.command(), None, None);
                }
            }
            Incoming::Event(event) => {
                counters.events(1);
                let mut owned = None;
                for slot in self.session.readers(event) {
                    if let Some(reader) = self.readers.get(&slot.0) {
                        let event = owned.get_or_insert_with(|| Arc::new(EventBuf::from(event)));
                        counters.lost(reader.push(Arc::clone(event), &mut self.wakers));
                    }
                }
            }
            Incoming::Log(line) => {
                counters.log_lines(1);
                let owned = LogBuf::from(line);
                for slot in self.session.log_readers(line) {
                    if let Some(reader) = self.logs.get(&slot.0) {
                        counters.lost(reader.push(owned.clone(), &mut self.wakers));
                    }
                }
            }
            _ => {}
        }
    }

    /// What an event tells of the end of an outbound connection's channel.
    fn hear_of_channel(&mut self, event: &Event<'_>) {
        let Some(channel) = &self.channel else { return };
        let is_end = matches!(event.name(), Some(EventName::ChannelHangup | EventName::ChannelHangupComplete));
        if is_end
            && event.get(header::UNIQUE_ID).is_some_and(|uuid| uuid == *channel.uuid)
            && let Some(AppOutcome::ChannelEnded { cause }) = AppOutcome::of(event)
        {
            self.channel_has_ended(HungUp::new(cause));
        }
    }

    /// The first event that tells a cause counts.
    fn channel_has_ended(&mut self, hung_up: HungUp) {
        if let Some(channel) = &mut self.channel
            && channel.ended.as_ref().is_none_or(|known| known.cause().is_none())
        {
            channel.ended = Some(hung_up);
        }
    }

    /// Tells everybody whose wait has ended.
    pub(crate) fn settle(&mut self, incoming: Option<&Incoming<'_>>, counters: &Counters) {
        while let Some((slot, outcome)) = self.session.next_outcome() {
            if self.waits.get(slot.0).is_none() {
                let answer = incoming.and_then(answer_in).unwrap_or_else(|| Answer::new(*b""));
                let missed = || Some(Missed::Refused(answer.clone()));
                if let Some(reader) = self.readers.get(&slot.0) {
                    reader.end(missed(), &mut self.wakers);
                }
                if let Some(reader) = self.logs.get(&slot.0) {
                    reader.end(missed(), &mut self.wakers);
                }
                self.refused.insert(slot.0, answer);
                continue;
            }
            let outcome = Outcome::from(outcome);
            if let Outcome::Value = outcome {
                if let Some(Incoming::Answer { answer, .. }) = incoming {
                    self.variables.insert(slot.0, Variable::of(answer));
                }
                continue;
            }
            let variable = self.variables.remove(&slot.0).unwrap_or(Variable::Unset);
            let result = match outcome {
                // Told above.
                Outcome::Value => continue,
                Outcome::Read => Ok(Given::Variable(Box::new(variable))),
                Outcome::Cut => Ok(Given::Variable(Box::new(variable.cut()))),
                Outcome::Answered => Ok(match incoming {
                    Some(Incoming::Connected { reply, .. }) => reply
                        .channel_data()
                        .map_or(Given::Nothing, |data| Given::Event(Box::new(EventBuf::from(&data)))),
                    _ => incoming.and_then(answer_in).map_or(Given::Nothing, Given::Answer),
                }),
                Outcome::JobEnded | Outcome::Completed => Ok(match incoming {
                    Some(Incoming::Event(event)) => Given::Event(Box::new(EventBuf::from(event))),
                    _ => Given::Nothing,
                }),
                Outcome::ChannelEnded => Err(Error::ChannelEnded(self.hung_up(incoming))),
                Outcome::Refused => {
                    Err(Error::Refused(incoming.and_then(answer_in).unwrap_or_else(|| Answer::new(*b""))))
                }
                Outcome::TimedOut => {
                    counters.timed_out(1);
                    Err(Error::TimedOut)
                }
                Outcome::Lost(reason) => Err(Error::Lost(reason)),
            };
            if let Some(wait) = self.waits.get_mut(slot.0)
                && let Wait::Pending(waker) = std::mem::replace(wait, Wait::Over(result.map_err(Box::new)))
            {
                self.wakers.extend(waker);
            }
        }
        while let Some(notice) = self.session.next_notice() {
            self.note(notice, incoming);
        }
        if self.phase == Phase::Open && self.session.reason().is_some() {
            // Whoever is woken finds it so.
            self.phase = Phase::Connecting;
        }
    }

    fn note(&mut self, notice: Notice, incoming: Option<&Incoming<'_>>) {
        telemetry::noticed(&notice);
        match notice {
            Notice::FilterRefused { .. } => {
                self.filter_refused = Some(incoming.and_then(answer_in).unwrap_or_else(|| Answer::new(*b"")));
            }
            Notice::Restarted { before, after } => {
                for reader in self.readers.values() {
                    reader.push_restart(&before, &after, &mut self.wakers);
                }
                for reader in self.logs.values() {
                    reader.push_restart(&before, &after, &mut self.wakers);
                }
            }
            _ => {}
        }
    }

    /// How a channel has ended, by the event at hand, or by what was heard of it before.
    fn hung_up(&self, incoming: Option<&Incoming<'_>>) -> HungUp {
        if let Some(Incoming::Event(event)) = incoming
            && let Some(AppOutcome::ChannelEnded { cause: Some(cause) }) = AppOutcome::of(event)
        {
            return HungUp::new(Some(cause));
        }
        self.channel.as_ref().and_then(|channel| channel.ended.clone()).unwrap_or_default()
    }

    /// The connection has ended, and there will be another, or none.
    pub(crate) fn lost(&mut self, now: Duration, counters: &Counters) {
        self.session.close(now);
        self.settle(None, counters);
        if !matches!(self.phase, Phase::Ended(_)) {
            self.phase = Phase::Connecting;
        }
        self.tell();
    }

    /// It is over for good.
    pub(crate) fn end(&mut self, reason: Reason, now: Duration, counters: &Counters) {
        self.lost(now, counters);
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        self.phase = Phase::Ended(reason);
        let quiet = self.closing;
        for reader in self.readers.values() {
            reader.end((!quiet).then_some(Missed::Ended(reason)), &mut self.wakers);
        }
        for reader in self.logs.values() {
            reader.end((!quiet).then_some(Missed::Ended(reason)), &mut self.wakers);
        }
        self.tell();
    }

    /// Says `exit`, if it can be said.
    pub(crate) fn say_exit(&mut self) -> bool {
        let result = self.session.send(&Command::Exit, None, None);
        !matches!(result, Err(SessionError::Send(SendError::NotAllowed(NotAllowed::NotConnected))))
    }

    /// Whether a reader has so much to read that nothing more may be read from the socket.
    pub(crate) fn is_blocked(&self) -> bool {
        self.full.is_any()
    }
}

/// What the server says in answer.
fn answer_in(incoming: &Incoming<'_>) -> Option<Answer> {
    Some(match incoming {
        Incoming::Authenticated { reply, .. } | Incoming::AuthRefused { reply, .. } => {
            Answer::new(reply.text().to_vec())
        }
        Incoming::Connected { reply, .. } => Answer::new(reply.text().to_vec()),
        Incoming::Answer { answer: Told::Reply(reply), .. } => Answer::new(reply.text().to_vec()),
        Incoming::Answer { answer: Told::Api(response), .. } => Answer::new(response.body()),
        _ => return None,
    })
}

/// What keeps a connection: it is closed when the last one is dropped.
pub(crate) struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    pub(crate) fn close(&self) {
        let mut state = self.shared.lock();
        state.closing = true;
        state.wake();
        state.tell();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}

/// A wait, which is given up when it is dropped.
pub(crate) struct Waiting<H: Deref<Target = Handle>> {
    handle: H,
    /// None once it is over.
    slot: Option<Slot>,
}

impl<H: Deref<Target = Handle>> Waiting<H> {
    pub(crate) const fn new(handle: H, slot: Slot) -> Self {
        Self { handle, slot: Some(slot) }
    }

    pub(crate) fn poll_result(&mut self, cx: &Context<'_>) -> Poll<Result<Given, Error>> {
        let over = || Error::Lost(Reason::Closed);
        let Some(slot) = self.slot else { return Poll::Ready(Err(over())) };
        let mut state = self.handle.shared.lock();
        if let Some(Wait::Pending(known)) = state.waits.get_mut(slot.0) {
            let is_known = known.as_ref().is_some_and(|known| known.will_wake(cx.waker()));
            let old = if is_known { None } else { known.replace(cx.waker().clone()) };
            drop(state);
            // See `give_up`.
            drop(old);
            return Poll::Pending;
        }
        let wait = state.waits.remove(slot.0);
        drop(state);
        self.slot = None;
        Poll::Ready(match wait {
            Some(Wait::Over(result)) => result.map_err(|error| *error),
            Some(Wait::Pending(_)) | None => Err(over()),
        })
    }

    pub(crate) async fn result(mut self) -> Result<Given, Error> {
        poll_fn(|cx| self.poll_result(cx)).await
    }
}

impl<H: Deref<Target = Handle>> Drop for Waiting<H> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            let gone = self.handle.shared.lock().give_up(slot);
            drop(gone);
        }
    }
}

/// A number that nobody can foretell.
pub(crate) fn random() -> u64 {
    BuildHasher::hash_one(&std::hash::RandomState::new(), 0)
}
