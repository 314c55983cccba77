//! Sessions, the queues between them and readers, and what is known of calls: each wait ends once, or waits still.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr::{null, null_mut};

use arbitrary::{Result, Unstructured};
use c_library::calls::{eslp_call, eslp_calls, eslp_change};
use c_library::client::{eslp_client_result, eslp_eof, eslp_role, eslp_sent};
use c_library::command::{eslp_command, eslp_sendmsg};
use c_library::event::eslp_event;
use c_library::message::eslp_message;
use c_library::name::{eslp_format, eslp_log_level};
use c_library::pairs::eslp_pair;
use c_library::queue::{eslp_item, eslp_overflow, eslp_queue};
use c_library::session::{
    eslp_gap, eslp_interest, eslp_notice, eslp_outcome, eslp_outcome_kind, eslp_reason, eslp_session,
    eslp_session_state,
};
use c_library::status::eslp_status;

use super::client::{command, list, option, pairs, texts};
use super::memory::{Memory, bytes, exact, result, zeroed};
use super::{OK, at, messages, octets};
use crate::c_functions::*;

/// A session of some steps.
pub(super) fn step(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut session, mut queue, mut calls) = (null_mut(), null_mut(), null_mut());
    let overflow = eslp_overflow(u.int_in_range(0..=3)?);
    let kept = [bytes(b"a"), bytes(b"sip_call_id")];
    // SAFETY: the names are as many as said.
    unsafe {
        assert_eq!(eslp_session_new(u.int_in_range(0..=3)?, &mut session), OK);
        assert_eq!(eslp_queue_new(u.int_in_range(0..=3)?, overflow, &mut queue), OK);
        assert_eq!(eslp_calls_new(u.int_in_range(0..=3)?, kept.as_ptr(), kept.len(), &mut calls), OK);
        assert!(eslp_calls_events().len > 0);
    }
    let mut host =
        Host { session, queue, calls, now: 0, read: Vec::new(), waits: BTreeSet::new(), readers: BTreeMap::new() };
    let steps = u.int_in_range(0..=20)?;
    let went = (0..steps).try_for_each(|_| host.go_on(u));
    host.end();
    went
}

struct Host {
    session: *mut eslp_session,
    queue: *mut eslp_queue,
    calls: *mut eslp_calls,
    now: u64,
    read: Vec<u8>,
    /// The slots that wait.
    waits: BTreeSet<u64>,
    /// Those that read, until they are told that they cannot.
    readers: BTreeMap<u64, ()>,
}

impl Host {
    fn go_on(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = texts(u)?;
        let pairs = pairs(&texts);
        let (slot, deadline) = (u.int_in_range(0..=4)?, if u.arbitrary()? { 0 } else { self.now + 50 });
        let session = self.session;
        let mut sent: eslp_sent = zeroed();
        // SAFETY: the handle is there, and so are the texts.
        unsafe {
            match u.int_in_range(0..=17)? {
                0..=3 => {
                    self.read.extend(octets(u)?);
                    self.poll();
                }
                4 => {
                    let role = eslp_role(u.int_in_range(1..=2)?);
                    assert_eq!(eslp_session_connect(session, role, null(), self.now), OK);
                    self.read.clear();
                }
                5 => {
                    let kind = u.int_in_range(-1..=23)?;
                    let command: eslp_command = command(u, kind, &texts, &pairs)?;
                    let allowed = eslp_session_may_send(session, &command);
                    let status = if u.arbitrary()? {
                        eslp_session_send(session, &command, slot, deadline, &mut sent)
                    } else {
                        eslp_session_send_encoded(
                            session,
                            &command,
                            at(&texts[5]),
                            texts[5].len(),
                            slot,
                            deadline,
                            &mut sent,
                        )
                    };
                    assert!(allowed == OK || status != OK);
                    self.begun(status, slot, &sent);
                }
                6 => {
                    let status = eslp_session_bgapi(session, bytes(&texts[0]), slot, deadline, &mut sent);
                    self.begun(status, slot, &sent);
                    let tag = Memory::new(33, 1);
                    assert!(status != OK || eslp_session_last_tag(session, tag.at(), tag.len()) == OK);
                }
                7 => {
                    let mut message: eslp_sendmsg = zeroed();
                    (message.call.0, message.uuid) = (u.int_in_range(0..=6)?, option(u, &texts[0])?);
                    (message.execute.app, message.execute.arg) = (bytes(&texts[1]), bytes(&texts[2]));
                    let status = eslp_session_execute(session, &message, slot, deadline, &mut sent);
                    self.begun(status, slot, &sent);
                }
                17 => {
                    let uuid = option(u, &texts[0])?;
                    let status = eslp_session_read_variable(session, uuid, bytes(&texts[1]), slot, deadline, &mut sent);
                    self.begun(status, slot, &sent);
                }
                8 => {
                    let known = self.waits.remove(&slot);
                    assert_eq!(eslp_session_give_up(session, slot) == OK, known);
                }
                9 => {
                    let interest = interest(u, &texts)?;
                    if eslp_session_listen(session, slot, &interest) == OK {
                        self.readers.insert(slot, ());
                    }
                }
                10 => {
                    let status = eslp_session_listen_log(session, slot, eslp_log_level(u.int_in_range(-2..=9)?));
                    if status == OK {
                        self.readers.insert(slot, ());
                    }
                }
                11 => {
                    let interest = interest(u, &texts)?;
                    let which = if u.arbitrary()? { &raw const interest } else { null() };
                    let _ = eslp_session_unsubscribe(session, which);
                }
                12 => {
                    let _ = eslp_session_unlisten(session, slot);
                    self.readers.remove(&slot);
                }
                13 => {
                    let _ = eslp_session_set_filters(session, &list(u, &pairs)?);
                    let _ = eslp_session_set_log(session, eslp_log_level(u.int_in_range(-2..=8)?));
                }
                14 => {
                    let _ = eslp_session_set_format(session, eslp_format(u.int_in_range(0..=4)?));
                    assert_eq!(eslp_session_set_own_only(session, u.arbitrary()?), OK);
                    let _ = eslp_session_set_silence(session, u.int_in_range(0..=60)?);
                    let _ = eslp_session_set_heartbeat(session, u.int_in_range(0..=60)?);
                }
                15 => {
                    self.now += u.int_in_range(0..=60)?;
                    let go_on = if u.arbitrary()? { eslp_session_advance } else { eslp_session_heard };
                    assert_eq!(go_on(session, self.now), OK);
                }
                _ => {
                    let rest = exact(&std::mem::take(&mut self.read));
                    let mut eof: eslp_eof = zeroed();
                    if u.arbitrary()? {
                        let status = eslp_session_eof(session, at(&rest), rest.len(), self.now, &mut eof);
                        assert!(matches!(status, eslp_status::ESLP_OK | eslp_status::ESLP_NO_CONNECTION));
                    } else {
                        assert_eq!(eslp_session_close(session, self.now), OK);
                    }
                    assert!(eslp_calls_restore(self.calls, at(&rest), rest.len()).0 <= 0);
                }
            }
        }
        self.look();
        Ok(())
    }

    /// A wait has begun, or nothing has changed.
    fn begun(&mut self, status: eslp_status, slot: u64, sent: &eslp_sent) {
        if status == OK {
            assert!(sent.count >= 1 && (slot == 0 || self.waits.insert(slot)));
        } else {
            assert!(sent.id == u64::MAX && sent.count == 0);
        }
        assert!(status != eslp_status::ESLP_SLOT_IN_USE || self.waits.contains(&slot));
    }

    /// All that has been read.
    fn poll(&mut self) {
        for _ in 0..20 {
            let buffer = exact(&self.read);
            let mut found: eslp_client_result = zeroed();
            // SAFETY: the buffer is as long as said.
            let status = unsafe { eslp_session_poll(self.session, at(&buffer), buffer.len(), self.now, &mut found) };
            assert!(found.consumed <= buffer.len());
            if status == OK {
                messages::about_message(&found.message, &buffer);
                self.hand_on(&found.message);
            }
            self.look();
            self.read.drain(..found.consumed);
            if status != OK {
                return;
            }
        }
    }

    /// A message goes to those who read it.
    fn hand_on(&mut self, message: &eslp_message) {
        let (mut count, mut event): (_, eslp_event) = (0, zeroed());
        let slots = Memory::new(2 * 8, 8);
        // SAFETY: the slots are as many as said; what the message points to is there.
        unsafe {
            let status = eslp_session_readers(self.session, message, slots.at().cast(), 2, &mut count);
            assert_eq!(status == eslp_status::ESLP_INSUFFICIENT, count > 2);
            if status == OK && count > 0 {
                assert!(slots.octets()[..8].iter().any(|octet| *octet != 0));
            }
            let before = eslp_queue_len(self.queue);
            if eslp_queue_push(self.queue, message) == OK {
                assert!(eslp_queue_len(self.queue) <= before + 1);
            }
            if eslp_message_event(message, &mut event) == OK {
                let mut change: eslp_change = zeroed();
                let _ = eslp_calls_take(self.calls, &event, &mut change);
                about_call(&change.call);
            }
        }
    }

    /// What has ended, and what is told beside it.
    fn look(&mut self) {
        let (mut outcome, mut gap, mut notice): (eslp_outcome, eslp_gap, eslp_notice) = (zeroed(), zeroed(), zeroed());
        let (mut state, mut item): (eslp_session_state, eslp_item) = (zeroed(), zeroed());
        // SAFETY: the handles are there.
        unsafe {
            while eslp_session_next_outcome(self.session, &mut outcome) == OK {
                let refused = outcome.kind == eslp_outcome_kind::ESLP_OUTCOME_REFUSED;
                // Whether the value is whole, the next outcome tells.
                let goes_on =
                    outcome.kind == eslp_outcome_kind::ESLP_OUTCOME_VALUE && self.waits.contains(&outcome.slot);
                let ended =
                    goes_on || self.waits.remove(&outcome.slot) || refused && self.readers.contains_key(&outcome.slot);
                assert!(ended, "{} has waited or read", outcome.slot);
                let lost = outcome.kind == eslp_outcome_kind::ESLP_OUTCOME_LOST;
                assert_eq!(lost, outcome.reason != eslp_reason::ESLP_REASON_NONE);
                assert_eq!(eslp_reason_text(outcome.reason).data.is_null(), !lost);
            }
            while eslp_session_next_gap(self.session, &mut gap) == OK {
                assert!(gap.since <= gap.until && gap.until <= self.now);
                assert_eq!(eslp_queue_push_gap(self.queue, &gap), OK);
            }
            while eslp_session_next_notice(self.session, &mut notice) == OK {
                assert!(notice.kind.0 > 0);
                let texts = [notice.header, notice.value, notice.before, notice.after];
                texts.iter().for_each(|text| drop(result(*text).to_vec()));
            }
            assert_eq!(eslp_session_get_state(self.session, &mut state), OK);
            assert_eq!(state.waiting, self.waits.len() as u64);
            assert!(state.is_open == 0 || state.has_connection == 1);
            assert!(state.is_settled == 0 || state.is_open == 1);
            drop(result(state.core_uuid).to_vec());
            let to_send = result(eslp_session_to_send(self.session)).len();
            assert_eq!(eslp_session_sent(self.session, to_send / 2), OK);
            assert_eq!(eslp_session_to_send(self.session).len, to_send - to_send / 2);
            if eslp_queue_is_blocking(self.queue) || eslp_queue_lost(self.queue) > 3 {
                let _ = eslp_queue_pop(self.queue, &mut item);
                about_item(&item);
            }
        }
    }

    fn end(self) {
        let (mut item, mut call): (eslp_item, eslp_call) = (zeroed(), zeroed());
        let (mut place, mut count) = (0, 0);
        // SAFETY: the handles are there, and then are not; those of another kind are left alone.
        unsafe {
            for _ in 0..500 {
                if eslp_queue_pop(self.queue, &mut item) != OK {
                    break;
                }
                about_item(&item);
            }
            while eslp_calls_next(self.calls, &mut place, &mut call) == OK {
                about_call(&call);
                let mut again: eslp_call = zeroed();
                assert_eq!(eslp_calls_get(self.calls, call.uuid, &mut again), OK);
                assert_eq!(again.uuid.len, call.uuid.len);
                count += 1;
            }
            assert_eq!(count, eslp_calls_len(self.calls));
            while eslp_calls_next_gone(self.calls, &mut call) == OK {
                about_call(&call);
            }
            let _ = eslp_calls_overlooked(self.calls);
            let bad = eslp_status::ESLP_BAD_HANDLE;
            assert_eq!(eslp_session_close(self.queue.cast(), 0), bad);
            assert_eq!(eslp_queue_pop(self.session.cast(), &mut item), bad);
            eslp_session_free(self.calls.cast());
            eslp_session_free(self.session);
            eslp_queue_free(self.queue);
            eslp_calls_free(self.calls);
            eslp_session_free(null_mut());
        }
    }
}

fn interest(u: &mut Unstructured<'_>, texts: &[Box<[u8]>; 6]) -> Result<eslp_interest> {
    let mut interest: eslp_interest = zeroed();
    interest.events.names = if u.arbitrary()? { bytes(b"CHANNEL_ANSWER HEARTBEAT") } else { bytes(&texts[0]) };
    (interest.events.subclasses, interest.channel) = (option(u, &texts[1])?, option(u, &texts[2])?);
    Ok(interest)
}

/// What an item points to is there.
///
/// # Safety
/// It was popped last, or is zeros.
unsafe fn about_item(item: &eslp_item) {
    let frame = item.message.frame;
    for text in [frame.head, frame.body, frame.content_type, item.gap.core_before, item.gap.core_after] {
        // SAFETY: the caller says so.
        drop(unsafe { result(text) }.to_vec());
    }
    assert!(item.kind.0 != 2 || item.lost > 0);
}

/// What is known of a call is there, and its variables are found by their names.
fn about_call(call: &eslp_call) {
    let texts =
        [call.uuid, call.name, call.caller_name, call.caller_number, call.destination, call.other_leg, call.cause];
    let (mut place, mut variable): (_, eslp_pair) = (0, zeroed());
    // SAFETY: nothing has changed since it was found.
    unsafe {
        texts.iter().for_each(|text| drop(result(*text).to_vec()));
        while eslp_call_next_variable(call, &mut place, &mut variable) == OK {
            let mut value = zeroed();
            assert_eq!(eslp_call_variable(call, variable.name, &mut value), OK);
            assert_eq!(result(value), result(variable.value));
        }
    }
}
