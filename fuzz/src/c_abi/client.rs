//! The client: what it finds, what is sent through it, and what it says of itself.

use std::ptr::null_mut;

use arbitrary::{Result, Unstructured};
use c_library::client::{
    ESLP_CLIENT_SAVED, eslp_client_result, eslp_end, eslp_eof, eslp_incoming, eslp_sent, eslp_stats, eslp_subscription,
    eslp_unanswered,
};
use c_library::command::{
    eslp_api, eslp_auth, eslp_call_kind, eslp_command, eslp_command_kind, eslp_events, eslp_execute, eslp_fault,
    eslp_filter, eslp_myevents, eslp_sendevent, eslp_sendmsg, eslp_unicast,
};
use c_library::decoder::eslp_limits;
use c_library::message::eslp_socket_mode;
use c_library::name::{eslp_format, eslp_log_level};
use c_library::octets::eslp_bytes;
use c_library::pairs::{eslp_pair, eslp_pairs};
use c_library::status::eslp_status;

use super::memory::{Memory, NONE, bytes, exact, zeroed};
use super::{Host, OK, at, messages, questions};
use crate::c_functions::*;
use crate::texts::text;

const INSUFFICIENT: eslp_status = eslp_status::ESLP_INSUFFICIENT;
/// The id of no command.
const NO_ID: u64 = u64::MAX;

impl Host {
    pub(super) fn poll_client(&mut self) {
        for _ in 0..20 {
            let buffer = exact(&self.to_client[..self.to_client.len().min(self.room)]);
            let mut result: eslp_client_result = zeroed();
            // SAFETY: the buffer is as long as said.
            let status = unsafe { eslp_client_poll(self.client.1, at(&buffer), buffer.len(), &mut result) };
            assert!(result.consumed <= buffer.len());
            self.consumed += result.consumed as u64;
            if status == OK {
                self.part(&result);
            }
            self.unanswered(result.unanswered);
            self.check_client(status, result.end);
            if status == OK {
                questions::lies_in(result.data, &buffer);
                messages::about_lines(result.lines, &buffer);
                messages::about_message(&result.message, &buffer);
            }
            let is_stuck = status == eslp_status::ESLP_NEED_DATA && buffer.len() == self.room && result.consumed == 0;
            assert!(!is_stuck, "never asked for more than the buffer holds");
            self.to_client.drain(..result.consumed);
            if status != OK {
                return;
            }
        }
    }

    /// A frame, or a part of one: an answer counts when its last octet has come.
    fn part(&mut self, result: &eslp_client_result) {
        const HEAD: eslp_incoming = eslp_incoming::ESLP_IN_HEAD;
        const HEAD_PART: eslp_incoming = eslp_incoming::ESLP_IN_HEAD_PART;
        const BODY: eslp_incoming = eslp_incoming::ESLP_IN_BODY;
        assert!(result.head_ends == 0 || result.kind == HEAD_PART);
        assert!(result.lines.bytes.data.is_null() || matches!(result.kind, HEAD_PART | BODY));
        let is_last = match result.kind {
            HEAD => false,
            HEAD_PART => result.head_ends != 0 && result.remaining == 0,
            BODY => result.remaining == 0,
            _ => true,
        };
        if is_last {
            self.answered(result.id);
        } else {
            assert!(result.id == NO_ID || result.id == self.reported, "the next answer");
        }
    }

    fn answered(&mut self, id: u64) {
        if id != NO_ID {
            assert!(id == self.reported && id < self.sent, "in order, each once, and none that was not sent");
            self.reported += 1;
        }
    }

    fn unanswered(&mut self, unanswered: eslp_unanswered) {
        let eslp_unanswered { first, count } = unanswered;
        assert_eq!(first, if count == 0 { NO_ID } else { self.reported });
        self.reported += count;
        assert!(self.reported <= self.sent);
    }

    /// Another process goes on with the connection, if it can be saved now.
    pub(super) fn go_on(&mut self) {
        let saved = Memory::new(ESLP_CLIENT_SAVED, 1);
        let memory = Memory::new(eslp_client_sizeof(), eslp_client_alignof());
        let mut client = null_mut();
        // SAFETY: the memory is as long as said, and the old client is not used again.
        unsafe {
            if eslp_client_save(self.client.1, saved.at(), saved.len()) != OK {
                return;
            }
            let limits = eslp_limits { max_buffered: if self.room == usize::MAX { 0 } else { self.room }, ..zeroed() };
            let status = eslp_client_resume(memory.at(), memory.len(), saved.at(), saved.len(), &limits, &mut client);
            assert_eq!(status, OK);
            assert_eq!(eslp_client_drop(self.client.1), OK);
        }
        self.client = (memory, client);
    }

    /// What the client says of itself after a poll that ended so.
    fn check_client(&self, status: eslp_status, end: eslp_end) {
        let client = self.client.1;
        let (mut stats, mut full, mut mode): (eslp_stats, _, _) = (zeroed(), true, zeroed::<eslp_socket_mode>());
        // SAFETY: the handle is there.
        unsafe {
            // Those that a rejection in parts leaves without an answer are reported at the end.
            assert!(eslp_client_in_flight(client) <= self.sent - self.reported);
            assert_eq!(eslp_client_stats(client, &mut stats), OK);
            // Those of complete frames.
            assert!(stats.octets <= self.consumed);
            assert!(stats.events + stats.log_lines + stats.unexpected <= stats.frames);
            let is_over = status == eslp_status::ESLP_CLOSED || status.0 < 0;
            assert!(!is_over || end.0 != 0);
            assert!(end.0 == 0 || eslp_client_end(client) == end);
            assert_eq!(eslp_end_text(end).data.is_null(), end.0 == 0);
            let status = eslp_client_full_control(client, &mut full);
            assert!(matches!(status, eslp_status::ESLP_OK | eslp_status::ESLP_NOT_FOUND));
            let status = eslp_client_socket_mode(client, &mut mode);
            assert!(if status == OK { matches!(mode.0, 1 | 2) } else { status == eslp_status::ESLP_NOT_FOUND });
            eslp_client_is_lingering(client);
            assert!(!eslp_client_is_open(client) || eslp_client_end(client).0 == 0);
        }
    }

    /// Sends a command, unless it is a wrong one: then it says why, and nothing has changed.
    pub(super) fn send(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = texts(u)?;
        let pairs = pairs(&texts);
        let kind = match self.sent {
            0 if u.arbitrary()? => self.first,
            _ => u.int_in_range(-1..=23)?,
        };
        let command = command(u, kind, &texts, &pairs)?;
        let (mut len, mut fault, mut sent): (_, eslp_fault, eslp_sent) = (0, zeroed(), zeroed());
        let client = self.client.1;
        // SAFETY: the command's texts live on, and the memory is as long as said.
        unsafe {
            let status = eslp_command_encode(&command, null_mut(), 0, &mut len, &mut fault);
            let allowed = eslp_client_may_send(client, &command);
            let expected = if allowed == OK { status } else { allowed };
            let short = Memory::new(len.saturating_sub(1), 1);
            assert_eq!(eslp_client_send(client, &command, short.at(), short.len(), &mut sent), expected);
            assert!(eslp_client_in_flight(client) <= self.sent - self.reported);
            if status != INSUFFICIENT {
                assert_eq!(len, 0);
                return Ok(());
            }
            let (out, again) = (Memory::new(len, 1), Memory::new(len, 1));
            assert_eq!(eslp_command_encode(&command, out.at(), len, &mut len, null_mut()), OK);
            messages::about_command(out.octets(), Some(command.kind.0));
            // A host that has encoded the command already may have it counted only.
            if self.sent % 4 == 3 {
                let mut id = 0;
                assert_eq!(eslp_client_track(client, &command, &mut id), allowed);
                if allowed == OK {
                    assert_eq!(id, self.sent);
                    self.sent += 1;
                    self.to_server.extend(out.octets());
                }
                return Ok(());
            }
            let status = eslp_client_send(client, &command, again.at(), len, &mut sent);
            assert_eq!(status, if allowed == OK { OK } else { allowed });
            if status == OK {
                assert_eq!((sent.id, sent.len, sent.count), (self.sent, len, 1));
                assert_eq!(out.octets(), again.octets());
                self.sent += 1;
                self.to_server.extend(again.octets());
            }
        }
        Ok(())
    }

    /// Asks for events, or takes that back: all commands that this makes, or none.
    pub(super) fn subscribe(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let texts = texts(u)?;
        let pairs = pairs(&texts);
        let subscription = subscription(u, &texts, &pairs)?;
        let call = if u.arbitrary()? { eslp_client_subscribe } else { eslp_client_unsubscribe };
        let client = self.client.1;
        let mut sent: eslp_sent = zeroed();
        // SAFETY: the texts live on, and the memory is as long as said.
        unsafe {
            let status = call(client, &subscription, null_mut(), 0, &mut sent);
            if status == OK {
                assert_eq!((sent.id, sent.len, sent.count), (NO_ID, 0, 0), "nothing is asked for");
            }
            if status != INSUFFICIENT {
                assert_eq!(eslp_field_text(sent.fault.field).data.is_null(), sent.fault.field.0 == 0);
                assert!(eslp_client_in_flight(client) <= self.sent - self.reported);
                return Ok(());
            }
            let len = sent.len;
            let short = Memory::new(len - 1, 1);
            assert_eq!(call(client, &subscription, short.at(), len - 1, &mut sent), INSUFFICIENT);
            assert!(eslp_client_in_flight(client) <= self.sent - self.reported);
            let out = Memory::new(len, 1);
            if call(client, &subscription, out.at(), len, &mut sent) == OK {
                assert_eq!((sent.id, sent.len), (self.sent, len));
                assert_eq!(messages::frames(out.octets(), 2), sent.count);
                self.sent += sent.count;
                self.to_server.extend(out.octets());
            }
            assert!(eslp_client_in_flight(client) <= self.sent - self.reported);
        }
        Ok(())
    }

    /// A command that the library does not see.
    pub(super) fn send_elsewhere(&mut self) {
        let mut id = 0;
        // SAFETY: the handle is there.
        unsafe {
            if eslp_client_end(self.client.1).0 == 0 {
                assert_eq!(eslp_client_track_external(self.client.1, &mut id), OK);
                assert_eq!(id, self.sent);
                self.sent += 1;
            }
        }
    }

    /// The server's stream ends where it is.
    pub(super) fn end_of_stream(&mut self) {
        let rest = exact(&self.to_client);
        let mut eof: eslp_eof = zeroed();
        // SAFETY: the buffer is as long as said.
        unsafe { assert_eq!(eslp_client_eof(self.client.1, at(&rest), rest.len(), &mut eof), OK) };
        assert!(eof.incomplete as u64 <= self.consumed + rest.len() as u64 && (eof.missing == 0 || eof.incomplete > 0));
        assert!(eof.id != NO_ID || eof.message.kind.0 == 0);
        if eof.id != NO_ID {
            assert!(eof.incomplete == 0);
            self.consumed += rest.len() as u64;
            self.answered(eof.id);
            messages::about_message(&eof.message, &rest);
        }
        self.unanswered(eof.unanswered);
        assert_eq!(self.sent, self.reported, "each id is answered or reported");
        self.check_client(eslp_status::ESLP_CLOSED, eof.end);
    }
}

/// Some texts, each in memory of exactly its length.
pub(super) fn texts(u: &mut Unstructured<'_>) -> Result<[Box<[u8]>; 6]> {
    let mut texts: [Box<[u8]>; 6] = Default::default();
    for place in &mut texts {
        *place = exact(&text(u)?);
    }
    Ok(texts)
}

pub(super) fn pairs(texts: &[Box<[u8]>; 6]) -> [eslp_pair; 3] {
    [0, 2, 4].map(|place: usize| eslp_pair { name: bytes(&texts[place]), value: bytes(&texts[place + 1]) })
}

/// The first of some pairs, or all, or none.
pub(super) fn list(u: &mut Unstructured<'_>, pairs: &[eslp_pair]) -> Result<eslp_pairs> {
    let mut list: eslp_pairs = zeroed();
    (list.items, list.count) = (pairs.as_ptr(), u.int_in_range(0..=pairs.len())?);
    Ok(list)
}

pub(super) fn flag(u: &mut Unstructured<'_>) -> Result<u8> {
    Ok(u8::from(u.arbitrary::<bool>()?))
}

/// The text, or nothing.
pub(super) fn option(u: &mut Unstructured<'_>, text: &[u8]) -> Result<eslp_bytes> {
    Ok(if u.arbitrary()? { bytes(text) } else { NONE })
}

/// Names, and a format that may be none.
fn events(u: &mut Unstructured<'_>, names: &[u8], subclasses: &[u8]) -> Result<eslp_events> {
    Ok(eslp_events {
        names: bytes(names),
        subclasses: option(u, subclasses)?,
        format: eslp_format(u.int_in_range(0..=4)?),
        ..zeroed()
    })
}

/// Any command of a kind, which may be none.
pub(super) fn command(
    u: &mut Unstructured<'_>,
    kind: i32,
    texts: &[Box<[u8]>; 6],
    pairs: &[eslp_pair],
) -> Result<eslp_command> {
    let [a, b, c, ..] = texts;
    let mut command: eslp_command = zeroed();
    command.kind = eslp_command_kind(kind);
    let fields = &mut command.r#as;
    match kind {
        1 | 2 => fields.auth = eslp_auth { password: bytes(a), user: bytes(b), domain: bytes(c), ..zeroed() },
        3 | 4 => {
            fields.api = eslp_api { line: bytes(a), job_uuid: option(u, b)?, console_execute: flag(u)?, ..zeroed() }
        }
        5 | 6 => fields.event = events(u, a, b)?,
        8 => {
            fields.myevents =
                eslp_myevents { uuid: option(u, a)?, format: eslp_format(u.int_in_range(0..=4)?), ..zeroed() }
        }
        9 => fields.on = flag(u)?,
        10 | 11 => fields.filter = eslp_filter { header: bytes(a), value: option(u, b)?, ..zeroed() },
        13 => {
            fields.sendevent =
                eslp_sendevent { name: bytes(a), headers: list(u, pairs)?, body: option(u, b)?, ..zeroed() }
        }
        14 => fields.sendmsg = sendmsg(u, texts, pairs)?,
        15 => fields.log_level = eslp_log_level(u.int_in_range(-3..=64)?),
        17 => fields.linger_seconds = u.int_in_range(-3..=1 << 32)?,
        19 => fields.variable = bytes(a),
        _ => {}
    }
    Ok(command)
}

fn sendmsg(u: &mut Unstructured<'_>, texts: &[Box<[u8]>; 6], pairs: &[eslp_pair]) -> Result<eslp_sendmsg> {
    let [a, b, c, d, e, _] = texts;
    let mut message: eslp_sendmsg = zeroed();
    message.uuid = option(u, a)?;
    message.lead_frames = u.int_in_range(0..=3)?;
    (message.event_lock, message.event_lock_pri, message.run_async) = (flag(u)?, flag(u)?, flag(u)?);
    message.call = eslp_call_kind(u.int_in_range(0..=7)?);
    match message.call.0 {
        1 => {
            message.execute = eslp_execute {
                app: bytes(b),
                arg: option(u, c)?,
                event_uuid: option(u, d)?,
                event_uuid_name: option(u, e)?,
                loops: u.int_in_range(-1..=2)?,
                hold_bleg: flag(u)?,
                ..zeroed()
            };
        }
        2 => message.hangup_cause = option(u, b)?,
        3 => {
            message.unicast = eslp_unicast {
                local_ip: option(u, b)?,
                remote_ip: option(u, c)?,
                transport: option(u, d)?,
                flags: option(u, e)?,
                local_port: u.arbitrary()?,
                remote_port: u.int_in_range(0..=1)?,
                ..zeroed()
            };
        }
        4 => message.nomedia_uuid = bytes(b),
        5 => message.applications = list(u, pairs)?,
        _ => message.other = option(u, b)?,
    }
    Ok(message)
}

pub(super) fn subscription(
    u: &mut Unstructured<'_>,
    texts: &[Box<[u8]>; 6],
    pairs: &[eslp_pair],
) -> Result<eslp_subscription> {
    let mut subscription: eslp_subscription = zeroed();
    subscription.events = events(u, &texts[0], &texts[1])?;
    subscription.filters = list(u, pairs)?;
    subscription.channel = option(u, &texts[2])?;
    (subscription.own_channel, subscription.divert) = (flag(u)?, flag(u)?);
    (subscription.log, subscription.linger) = (flag(u)?, flag(u)?);
    subscription.log_level = eslp_log_level(u.int_in_range(-3..=64)?);
    subscription.linger_seconds = u.int_in_range(-3..=3)?;
    Ok(subscription)
}
