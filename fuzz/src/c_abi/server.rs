//! The listener: its polls, and all that can happen to it between them.

use std::ffi::{c_char, c_void};
use std::ptr::{from_mut, null_mut};

use arbitrary::{Result, Unstructured};
use c_library::data::{eslp_field_slot, eslp_item_slot, eslp_outgoing_event, eslp_percent};
use c_library::name::{eslp_format, eslp_log_level};
use c_library::octets::eslp_bytes;
use c_library::server::{
    eslp_admission, eslp_closed, eslp_goodbye, eslp_log_data, eslp_response, eslp_response_kind, eslp_server_result,
    eslp_server_state,
};
use c_library::status::eslp_status;

use super::memory::{Memory, NONE, bytes, exact, zeroed};
use super::{Host, OK, at, messages, questions};
use crate::c_functions::*;
use crate::texts::{several, text};

/// How long `out` must be for what a listener writes by itself.
const REPLY_MAX: usize = 2048;
/// What answers each question: the eslp_response_kind for an eslp_host_request_kind.
const RIGHT: [i32; 10] = [0, 1, 1, 3, 4, 5, 8, 10, 9, 6];
/// How many events or log lines may wait, as the host has said.
pub(super) const QUEUED: u32 = 3;

impl Host {
    pub(super) fn poll_server(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        for _ in 0..20 {
            let buffer = exact(&self.to_server);
            let out = Memory::new(REPLY_MAX, 1);
            let mut result: eslp_server_result = zeroed();
            let server = self.server.1;
            // SAFETY: buffer and memory are as long as said.
            let status = unsafe {
                let short = eslp_server_poll(server, at(&buffer), buffer.len(), out.at(), REPLY_MAX - 1, &mut result);
                assert!(short == eslp_status::ESLP_INSUFFICIENT && out.is_untouched());
                eslp_server_poll(server, at(&buffer), buffer.len(), out.at(), REPLY_MAX, &mut result)
            };
            assert!(result.consumed <= buffer.len() && result.written <= REPLY_MAX);
            assert_eq!(status == eslp_status::ESLP_CLOSED, self.state().closed.0 != 0);
            self.written(&out.octets()[..result.written]);
            if status == OK && result.request.kind.0 != 0 {
                let ask = &result.request;
                let texts = [ask.password, ask.user, ask.domain, ask.command, ask.argument, ask.job, ask.variable];
                texts.into_iter().chain([ask.uuid, ask.line]).for_each(|text| questions::lies_in(text, &buffer));
                // SAFETY: the texts lie in the buffer.
                unsafe {
                    let is_same = eslp_secret_matches(ask.password, ask.user);
                    assert!(eslp_secret_matches(ask.password, ask.password));
                    assert!(!is_same || ask.password.len == ask.user.len);
                }
                messages::about_sendmsg(&ask.message, &buffer);
                messages::about_request(&ask.request, &buffer);
                self.asked = ask.kind.0;
            }
            if self.asked != 0 {
                self.answer(u)?;
            }
            self.to_server.drain(..result.consumed);
            if status != OK {
                break;
            }
        }
        Ok(())
    }

    /// Gives any answer, the right one more often than others.
    fn answer(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = [exact(&text(u)?), exact(&text(u)?)];
        let mut answer: eslp_response = zeroed();
        let right = RIGHT[self.asked.unsigned_abs() as usize];
        answer.kind = eslp_response_kind(if u.ratio(3, 4)? { right } else { u.int_in_range(0..=12)? });
        answer.text = bytes(&texts[0]);
        (answer.allowed_events, answer.allowed_api) = (bytes(&texts[1]), NONE);
        answer.deny_log = u8::from(u.arbitrary::<bool>()?);
        let server = self.server.1;
        with_event(&[(b"Event-Name", b"CHANNEL_DATA"), (&texts[0], &texts[1])], &[], |event| {
            answer.channel = event;
            // SAFETY: the memory is as long as said, and what the answer points to lives on.
            if self.write(|out, size, written| unsafe { eslp_server_respond(server, &answer, out, size, written) }) {
                self.asked = 0;
            }
        });
        Ok(())
    }

    /// Something that is not the client's doing.
    pub(super) fn happen(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let text = exact(&text(u)?);
        let server = self.server.1;
        let before = self.state();
        let mut offer = eslp_admission::ESLP_ADMISSION_SKIP;
        // SAFETY: the memory is as long as said, and the text lives on.
        unsafe {
            match u.int_in_range(0..=9)? {
                0..=2 => self.offer(u)?,
                3 => {
                    assert_eq!(eslp_server_offer_diverted(server, &mut offer), OK);
                    self.check_offer(offer, before.waiting_events, self.state().waiting_events);
                }
                4 => {
                    let level = eslp_log_level(u.int_in_range(-3..=64)?);
                    if eslp_server_offer_log(server, level, &mut offer) == OK {
                        self.check_offer(offer, before.waiting_log_lines, self.state().waiting_log_lines);
                    }
                }
                5 => self.deliver_log(u, &text)?,
                6 => {
                    assert_eq!(eslp_server_skip(server), OK);
                    assert_eq!(self.state().waiting_events, before.waiting_events.saturating_sub(1));
                }
                7 => {
                    let status = eslp_server_subscribe(server, bytes(&text));
                    assert!(matches!(status, eslp_status::ESLP_OK | eslp_status::ESLP_INSUFFICIENT));
                }
                8 => {
                    let name = bytes(&text);
                    self.write(|out, size, written| eslp_server_channel_ended(server, name, out, size, written));
                    let after = self.state();
                    assert!(after.closed == before.closed || after.closed == eslp_closed::ESLP_CLOSED_CHANNEL_GONE);
                    assert!(before.lingering <= after.lingering && after.lingering <= after.linger);
                }
                // What ends the connection comes seldom.
                _ if u.ratio(3, 4)? => {}
                _ if before.awaiting_first_command != 0 && u.arbitrary()? => {
                    assert!(self.write(|out, size, written| eslp_server_reject(server, out, size, written)));
                    assert_ne!(self.state().closed.0, 0);
                }
                _ => {
                    let goodbye = u.int_in_range(0..=4)?;
                    let ended = self
                        .write(|out, size, len| eslp_server_disconnect(server, eslp_goodbye(goodbye), out, size, len));
                    assert_eq!(ended, goodbye < 4);
                    assert!(!ended || self.state().closed.0 != 0);
                }
            }
        }
        Ok(())
    }

    fn check_offer(&self, offer: eslp_admission, before: u32, after: u32) {
        let queue = eslp_admission::ESLP_ADMISSION_ENQUEUE;
        assert_eq!(after, before + u32::from(offer == queue));
        assert!(offer <= queue || after == QUEUED, "lost without need");
        assert!(offer.0 == 0 || self.state().closed.0 == 0);
    }

    /// An event happens, and may be delivered.
    fn offer(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts: Vec<Box<[u8]>> = several(u, 3, |u| Ok(exact(&text(u)?)))?;
        let mut pairs: Vec<(&[u8], &[u8])> = vec![(b"Event-Name", u.choose(&[&b"HEARTBEAT"[..], b"CUSTOM"])?)];
        pairs.extend(texts.iter().map(|text| (&text[..], &text[..])));
        let items: Vec<eslp_bytes> = texts.iter().map(|text| bytes(text)).collect();
        let (format, percent) = (u.int_in_range(0..=4)?, u.int_in_range(0..=3)?);
        let server = self.server.1;
        with_event(&pairs, &items, |event| {
            document(event, format, percent);
            frame(event, format, percent);
            let (before, mut offer, mut asked) =
                (self.state().waiting_events, eslp_admission::ESLP_ADMISSION_SKIP, 0_usize);
            // SAFETY: the event lives on, and the callback's number, too.
            let status =
                unsafe { eslp_server_offer(server, event, Some(matches), from_mut(&mut asked).cast(), &mut offer) };
            assert_eq!(status, OK);
            self.check_offer(offer, before, self.state().waiting_events);
            let before = self.state().waiting_events;
            if before > 1 {
                // SAFETY: the server lives on.
                let counted =
                    unsafe { eslp_server_delivered(server, eslp_format(format), eslp_percent(percent)) } == OK;
                assert_eq!(self.state().waiting_events, before - u32::from(counted));
            }
            let before = self.state().waiting_events;
            // SAFETY: the event lives on, and the memory is as long as said.
            let delivered = self.write(|out, size, len| unsafe { eslp_server_deliver(server, event, out, size, len) });
            assert_eq!(self.state().waiting_events, before.saturating_sub(u32::from(delivered)));
        });
        Ok(())
    }

    fn deliver_log(&mut self, u: &mut Unstructured<'_>, text: &[u8]) -> Result<()> {
        let mut line: eslp_log_data = zeroed();
        (line.level, line.text_channel, line.line) =
            (eslp_log_level(u.int_in_range(-3..=64)?), u.arbitrary()?, u.arbitrary()?);
        (line.file, line.function, line.user_data, line.text) = (bytes(text), bytes(text), bytes(text), bytes(text));
        let (server, before) = (self.server.1, self.state().waiting_log_lines);
        // SAFETY: the line's texts live on, and the memory is as long as said.
        let delivered = self.write(|out, size, len| unsafe { eslp_server_deliver_log(server, &line, out, size, len) });
        assert_eq!(self.state().waiting_log_lines, before.saturating_sub(u32::from(delivered)));
        Ok(())
    }

    /// A call that writes: into no memory, into too little, into just enough. Whether it has written.
    fn write(&mut self, call: impl Fn(*mut c_void, usize, *mut usize) -> eslp_status) -> bool {
        let (before, mut required, mut len) = (self.numbers(), 0, 0);
        let status = call(null_mut(), 0, &mut required);
        if status != eslp_status::ESLP_INSUFFICIENT || required == 0 {
            assert!(status == OK || self.numbers() == before, "an error changes nothing");
            assert!(status != OK || required == 0, "nothing can be written nowhere");
            return status == OK;
        }
        let short = Memory::new(required - 1, 1);
        assert_eq!(call(short.at(), required - 1, &mut len), eslp_status::ESLP_INSUFFICIENT);
        assert!(len == required && self.numbers() == before, "an error changes nothing");
        let out = Memory::new(required, 1);
        let status = call(out.at(), required, &mut len);
        if status == OK {
            assert_eq!(len, required);
            self.written(out.octets());
        }
        status == OK
    }

    /// What the listener writes is whole frames. The client gets them.
    fn written(&mut self, octets: &[u8]) {
        assert!(messages::frames(octets, 1) <= 2);
        self.to_client.extend(octets);
    }

    fn state(&self) -> eslp_server_state {
        let mut state: eslp_server_state = zeroed();
        // SAFETY: the handle is there.
        assert_eq!(unsafe { eslp_server_get_state(self.server.1, &mut state) }, OK);
        questions::lies_in(state.channel, self.storage.octets());
        assert!(state.waiting_events <= QUEUED && state.waiting_log_lines <= QUEUED);
        assert!(state.closed.0 == 0 || state.ready_for_events + state.ready_for_log + state.mid_command == 0);
        state
    }

    /// All of the state that is a number.
    fn numbers(&self) -> [i64; 14] {
        let state = self.state();
        let flags = [state.authenticated, state.awaiting_first_command, state.mid_command, state.ready_for_events];
        let [authenticated, idle, partial, events] = flags.map(i64::from);
        let [log, lingering, linger] = [state.ready_for_log, state.lingering, state.linger].map(i64::from);
        let [closed, format, level] = [state.closed.0, state.format.0, state.log_level.0].map(i64::from);
        let [waiting, lines] = [state.waiting_events, state.waiting_log_lines].map(i64::from);
        let (seconds, channel) = (state.linger_seconds, state.channel.len as i64);
        [
            authenticated,
            idle,
            partial,
            events,
            log,
            lingering,
            linger,
            closed,
            format,
            level,
            waiting,
            lines,
            seconds,
            channel,
        ]
    }
}

/// Regular expressions as the host reads them: reads both texts, and counts how often it was asked.
unsafe extern "C" fn matches(
    user: *mut c_void,
    regex: *const c_char,
    regex_len: usize,
    value: *const c_char,
    value_len: usize,
) -> bool {
    // SAFETY: what the header says of these.
    unsafe {
        *user.cast::<usize>() += 1;
        let regex = super::memory::result(eslp_bytes { data: regex, len: regex_len });
        let value = super::memory::result(eslp_bytes { data: value, len: value_len });
        assert_eq!(regex.first(), Some(&b'/'));
        regex.iter().chain(value).fold(0, |sum: u8, octet| sum ^ octet) % 2 == 0
    }
}

/// Writes an event in a format and reads it again.
fn document(event: *const eslp_outgoing_event, format: i32, percent: i32) {
    let mut len = 0;
    // SAFETY: the event lives on, and the memory is as long as said.
    unsafe {
        let status = eslp_outgoing_event_encode(event, eslp_format(format), percent, null_mut(), 0, &mut len);
        if status != eslp_status::ESLP_INSUFFICIENT {
            return;
        }
        let (out, short) = (Memory::new(len, 1), Memory::new(len - 1, 1));
        assert_eq!(
            eslp_outgoing_event_encode(event, eslp_format(format), percent, short.at(), len - 1, &mut len),
            status
        );
        assert_eq!(len, out.len());
        assert_eq!(eslp_outgoing_event_encode(event, eslp_format(format), percent, out.at(), len, &mut len), OK);
        questions::about_text(format, 3, out.octets());
    }
}

/// Writes the frame of an event for any number of connections.
fn frame(event: *const eslp_outgoing_event, format: i32, percent: i32) {
    let mut len = 0;
    // SAFETY: the event lives on, and the memory is as long as said.
    unsafe {
        let status =
            eslp_outgoing_event_frame(event, eslp_format(format), eslp_percent(percent), null_mut(), 0, &mut len);
        if status != eslp_status::ESLP_INSUFFICIENT {
            return;
        }
        let (out, short) = (Memory::new(len, 1), Memory::new(len - 1, 1));
        assert_eq!(
            eslp_outgoing_event_frame(event, eslp_format(format), eslp_percent(percent), short.at(), len - 1, &mut len),
            status
        );
        assert_eq!(
            eslp_outgoing_event_frame(event, eslp_format(format), eslp_percent(percent), out.at(), len, &mut len),
            OK
        );
        assert!(len == out.len() && out.octets().starts_with(b"Content-Length: "));
    }
}

/// Calls `look` with an event of these headers and an array, in slots for exactly as many.
fn with_event(pairs: &[(&[u8], &[u8])], items: &[eslp_bytes], look: impl FnOnce(*const eslp_outgoing_event)) {
    let full = eslp_status::ESLP_INSUFFICIENT;
    let count = pairs.len() + usize::from(!items.is_empty());
    let slots = Memory::new(count * size_of::<eslp_field_slot>(), align_of::<eslp_field_slot>());
    let of_items = Memory::new(items.len() * size_of::<eslp_item_slot>(), align_of::<eslp_item_slot>());
    let array = of_items.at().cast::<eslp_item_slot>();
    let mut event: eslp_outgoing_event = zeroed();
    // SAFETY: there are as many slots as said, and all texts live longer than the event.
    unsafe {
        assert_eq!(eslp_outgoing_event_init(&mut event, slots.at().cast(), count), OK);
        // The second time in slots that were used.
        for _ in 0..2 {
            assert_eq!(eslp_outgoing_event_clear(&mut event), OK);
            for (name, value) in pairs {
                assert_eq!(eslp_outgoing_event_add(&mut event, bytes(name), bytes(value)), OK);
            }
            if !items.is_empty() {
                let status =
                    eslp_outgoing_event_add_array(&mut event, bytes(b"list"), items.as_ptr(), items.len(), array);
                assert_eq!(status, OK);
            }
            assert_eq!(eslp_outgoing_event_add(&mut event, bytes(b"a"), bytes(b"b")), full, "all slots are used");
            assert_eq!(eslp_outgoing_event_body(&mut event, items.first().copied().unwrap_or(NONE)), OK);
        }
    }
    look(&event);
}
