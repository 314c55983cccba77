//! Everything that can be asked of messages, requests and commands that the library finds.

use std::ptr::null_mut;

use c_library::command::{eslp_command, eslp_sendmsg};
use c_library::decoder::{eslp_sender, eslp_step};
use c_library::event::eslp_headers;
use c_library::message::{eslp_frame, eslp_header_part, eslp_lines, eslp_message, eslp_socket_mode};
use c_library::name::eslp_log_level;
use c_library::octets::{eslp_bytes, eslp_header};
use c_library::pairs::eslp_pairs;
use c_library::status::eslp_status;

use super::memory::{Memory, result, zeroed};
use super::questions::{about_event, about_value, lies_in};
use super::{OK, at};
use crate::any_command::unloads;
use crate::c_functions::*;

const NOT_FOUND: eslp_status = eslp_status::ESLP_NOT_FOUND;

/// Calls `look` with each header.
pub(super) fn each_header(headers: &mut eslp_headers, mut look: impl FnMut(&eslp_header)) {
    let mut header: eslp_header = zeroed();
    // SAFETY: both lie on the stack of those who call.
    while unsafe { eslp_headers_next(headers, &mut header) } == OK {
        look(&header);
    }
}

fn about_headers(headers: &mut eslp_headers, buffer: &[u8]) {
    each_header(headers, |header| {
        about_value(&header.name, buffer);
        about_value(&header.value, buffer);
    });
}

pub(super) fn about_pairs(pairs: &eslp_pairs, buffer: &[u8]) {
    let mut headers = zeroed();
    // SAFETY: what the pairs point to is still there.
    assert_eq!(unsafe { eslp_pairs_headers(pairs, &mut headers) }, OK);
    about_headers(&mut headers, buffer);
}

pub(super) fn about_message(message: &eslp_message, buffer: &[u8]) {
    let frame = &message.frame;
    [frame.head, frame.body, frame.content_type].into_iter().for_each(|part| lies_in(part, buffer));
    let (mut headers, mut event, mut value, mut detail) = (zeroed(), zeroed(), zeroed(), zeroed());
    // SAFETY: all of it lies on this stack, and the message in the buffer.
    unsafe {
        match eslp_message_headers(message, &mut headers) {
            OK => {
                about_headers(&mut headers, buffer);
                first_of_each_name(message);
            }
            status => assert!(status == eslp_status::ESLP_NOT_WHOLE && frame.head.data.is_null()),
        }
        assert!(!eslp_message_is_cut(message) || matches!(message.kind.0, 2 | 6 | 8));
        assert!(!eslp_reply_is_broken(message) || message.kind.0 == 2);
        if eslp_message_event(message, &mut event) == OK {
            about_event(&event, 4, buffer);
        }
        for ask in [
            eslp_message_text,
            eslp_reply_text_to_end,
            eslp_reply_job_uuid,
            eslp_reply_allowed_events,
            eslp_reply_allowed_api,
            eslp_log_file,
            eslp_log_function,
            eslp_log_channel_uuid,
            eslp_notice_session_uuid,
            eslp_notice_channel_name,
        ] {
            if ask(message, &mut value) == OK {
                about_value(&value, buffer);
            }
        }
        eslp_message_reply_status(message);
        if eslp_message_detail(message, &mut detail) == OK {
            lies_in(detail, buffer);
        }
        about_facts(message);
    }
}

/// Lines of a frame in parts: their headers follow each other, and make up all of them.
pub(super) fn about_lines(lines: eslp_lines, buffer: &[u8]) {
    lies_in(lines.bytes, buffer);
    let mut rest = lines;
    let mut part: eslp_header_part = zeroed();
    // SAFETY: both lie on this stack, and the lines in the buffer.
    unsafe {
        while eslp_lines_next(&mut rest, &mut part) == OK {
            lies_in(rest.bytes, buffer);
            about_value(&part.value, buffer);
            if part.name.data.is_null() {
                assert!(part.name.len == 0 && (part.after_line_end != 0 || lines.is_event != 0 || lines.goes_on != 0));
            } else {
                about_value(&part.name, buffer);
            }
            assert!(part.is_complete != 0 || rest.bytes.len == 0, "only the last line goes on");
            assert!(rest.goes_on == 0 && rest.is_event == lines.is_event);
        }
        assert_eq!(eslp_lines_next(&mut rest, &mut part), eslp_status::ESLP_END);
    }
}

/// A look-up finds the first header of a name.
unsafe fn first_of_each_name(message: &eslp_message) {
    let mut headers = zeroed();
    // SAFETY: all of it lies on this stack, and the message where its maker says.
    unsafe {
        assert_eq!(eslp_message_headers(message, &mut headers), OK);
        let mut names: Vec<Vec<u8>> = Vec::new();
        each_header(&mut headers, |header| {
            let (mut name, mut value) = (zeroed(), zeroed());
            assert_eq!(eslp_value_plain(&header.name, &mut name), OK, "names of frames are not coded");
            assert_eq!(eslp_message_get(message, name, &mut value), OK);
            let upper = result(name).to_ascii_uppercase();
            if !names.contains(&upper) {
                assert!(value.data == header.value.data && eslp_value_equal(&value, &header.value));
                names.push(upper);
            }
        });
    }
}

/// Numbers and flags: each is there only with the kind of message that has it.
unsafe fn about_facts(message: &eslp_message) {
    let (mut flag, mut number, mut seconds) = (false, 0, 0);
    let (mut mode, mut level): (eslp_socket_mode, eslp_log_level) = (zeroed(), zeroed());
    let of_kind = |status: eslp_status, kind: i32| {
        let is_in_parts = status == eslp_status::ESLP_NOT_WHOLE && message.frame.head.data.is_null();
        assert!(is_in_parts || status == NOT_FOUND || (status == OK && message.kind.0 == kind), "{status:?}");
        status == OK
    };
    // SAFETY: all of it lies on this stack, and the message where its maker says.
    unsafe {
        of_kind(eslp_reply_allowed_log(message, &mut flag), 2);
        of_kind(eslp_reply_full_control(message, &mut flag), 2);
        if of_kind(eslp_reply_socket_mode(message, &mut mode), 2) {
            assert!(matches!(mode.0, 1 | 2));
        }
        if of_kind(eslp_log_level_of(message, &mut level), 5) {
            assert!((-2..=63).contains(&level.0) && level.0 != 0);
        }
        of_kind(eslp_log_line(message, &mut number), 5);
        of_kind(eslp_log_text_channel(message, &mut number), 5);
        of_kind(eslp_notice_lingers(message, &mut flag), 6);
        of_kind(eslp_notice_linger_seconds(message, &mut seconds), 6);
    }
}

pub(super) fn about_request(request: &eslp_frame, buffer: &[u8]) {
    let (mut line, mut headers, mut command) = (zeroed(), zeroed(), zeroed());
    // SAFETY: all of it lies on this stack, and the request in the buffer.
    unsafe {
        if eslp_request_line(request, &mut line) == OK {
            lies_in(line, buffer);
        }
        if eslp_request_headers(request, &mut headers) == OK {
            each_header(&mut headers, |header| {
                about_value(&header.name, buffer);
                about_value(&header.value, buffer);
                let (mut name, mut value): (_, eslp_bytes) = (zeroed(), zeroed());
                assert_eq!(eslp_value_plain(&header.name, &mut name), OK);
                assert_eq!(eslp_request_get(request, name, &mut value), OK);
                lies_in(value, buffer);
            });
        }
        let mut offset = 0;
        match eslp_command_parse(request, &mut command, &mut offset) {
            OK => about_parsed(&command, buffer),
            status => assert!((-499..=-401).contains(&(status.0)) && offset <= line.len),
        }
    }
}

/// A command that was read: what it points to lies in the buffer, and it can be written again, unless refused.
unsafe fn about_parsed(command: &eslp_command, buffer: &[u8]) {
    let mut len = 0;
    // SAFETY: the fields that go with the kind were written; and the memory is as long as said.
    unsafe {
        let fields = &command.r#as;
        match command.kind.0 {
            13 => about_pairs(&fields.sendevent.headers, buffer),
            14 => about_sendmsg(&fields.sendmsg, buffer),
            _ => {}
        }
        if eslp_command_encode(command, null_mut(), 0, &mut len, null_mut()) == eslp_status::ESLP_INSUFFICIENT {
            let out = Memory::new(len, 1);
            assert_eq!(eslp_command_encode(command, out.at(), len, &mut len, null_mut()), OK);
            about_command(out.octets(), Some(command.kind.0));
        }
    }
}

pub(super) fn about_sendmsg(message: &eslp_sendmsg, buffer: &[u8]) {
    let (execute, unicast) = (&message.execute, &message.unicast);
    let texts = [message.uuid, message.hangup_cause, message.nomedia_uuid, message.other, execute.app, execute.arg];
    texts.into_iter().chain([execute.event_uuid, execute.event_uuid_name]).for_each(|text| lies_in(text, buffer));
    let texts = [unicast.local_ip, unicast.remote_ip, unicast.transport, unicast.flags];
    texts.into_iter().for_each(|text| lies_in(text, buffer));
    about_pairs(&message.applications, buffer);
}

/// Octets that were written as one command: they are read as a command of this kind, and written again just so.
pub(super) fn about_command(wire: &[u8], kind: Option<i32>) {
    let mut count = 0;
    each_frame(wire, 2, |frame| {
        let (mut command, mut len): (eslp_command, _) = (zeroed(), 0);
        // SAFETY: all of it lies on this stack, and the frame in the octets.
        unsafe {
            let status = eslp_command_parse(frame, &mut command, null_mut());
            // Names that no server of today knows, and what takes the module away.
            if status == eslp_status::ESLP_PARSE_NO_NAMES || unloads(wire) {
                count += 1;
                return;
            }
            assert_eq!(status, OK, "{}", wire.escape_ascii());
            assert_eq!(Some(command.kind.0), kind);
            let again = Memory::new(wire.len(), 1);
            assert_eq!(eslp_command_encode(&command, again.at(), wire.len(), &mut len, null_mut()), OK);
            assert_eq!(&again.octets()[..len], wire);
        }
        count += 1;
    });
    assert_eq!(count, 1);
}

/// The number of frames that octets are made of. `sender` is an eslp_sender.
pub(super) fn frames(octets: &[u8], sender: i32) -> u64 {
    let mut count = 0;
    each_frame(octets, sender, |_| count += 1);
    count
}

/// Calls `look` with each of the frames that octets are made of, to the last octet.
fn each_frame(octets: &[u8], sender: i32, mut look: impl FnMut(&eslp_frame)) {
    let size = eslp_decoder_sizeof();
    let memory = Memory::new(size, eslp_decoder_alignof());
    let mut decoder = null_mut();
    let limits = c_library::decoder::eslp_limits { max_body: 32 << 20, max_head: 32 << 20, ..zeroed() };
    // SAFETY: memory of the length that is said, which nobody else uses.
    unsafe {
        assert_eq!(eslp_decoder_init(memory.at(), size, eslp_sender(sender), &limits, &mut decoder), OK);
        let mut rest = octets;
        while !rest.is_empty() {
            let mut step: eslp_step = zeroed();
            let status = eslp_decoder_decode(decoder, at(rest), rest.len(), &mut step);
            assert_eq!(status, OK, "no whole frames: {}", octets.escape_ascii());
            look(&step.message.frame);
            rest = &rest[step.consumed..];
        }
        assert_eq!(eslp_decoder_drop(decoder), OK);
    }
}
