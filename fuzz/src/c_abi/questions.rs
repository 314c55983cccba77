//! Everything that can be asked of what the library finds.

use std::ptr::null_mut;

use c_library::event::{
    eslp_event, eslp_event_body, eslp_event_get, eslp_event_headers, eslp_event_index, eslp_event_name_of,
    eslp_event_validate, eslp_event_view, eslp_headers, eslp_headers_next, eslp_index_body, eslp_index_get,
    eslp_index_headers, eslp_slot,
};
use c_library::message::{
    eslp_frame, eslp_log_file, eslp_message, eslp_message_detail, eslp_message_event, eslp_message_headers,
    eslp_message_reply_status, eslp_message_text, eslp_notice_session_uuid, eslp_reply_allowed_api,
    eslp_reply_job_uuid, eslp_reply_text_to_end, eslp_request_headers, eslp_request_line,
};
use c_library::octets::{
    eslp_bytes, eslp_header, eslp_items_next, eslp_value, eslp_value_decode, eslp_value_decoded_len, eslp_value_equal,
    eslp_value_i64, eslp_value_items, eslp_value_plain, eslp_value_read, eslp_value_u64,
};
use c_library::status::eslp_status;

use super::memory::{Memory, zeroed};

const OK: eslp_status = eslp_status::ESLP_OK;

/// That octets that were found are some of the buffer's, or none.
pub(super) fn lies_in(found: eslp_bytes, buffer: &[u8]) {
    if found.data.is_null() {
        assert_eq!(found.len, 0);
        return;
    }
    let (start, from) = (buffer.as_ptr() as usize, found.data as usize);
    let inside = start <= from && from + found.len <= start + buffer.len();
    // Nothing can be anywhere.
    assert!(inside || found.len == 0);
}

pub(super) fn about_text(format: i32, slots: usize, text: &[u8]) {
    let mut event = zeroed();
    // SAFETY: the text lives longer than what is asked of the event.
    if unsafe { eslp_event_view(format, super::bytes(text), &mut event) } == OK {
        about_event(&event, slots, text);
    }
}

fn about_event(event: &eslp_event, count: usize, buffer: &[u8]) {
    let slots = Memory::new(count * size_of::<eslp_slot>(), align_of::<eslp_slot>());
    let (mut headers, mut of_index, mut index) = (zeroed(), zeroed(), zeroed());
    let (mut body, mut same) = (zeroed(), zeroed());
    // SAFETY: all of it lies on this stack or in memory as long as said, and none of it moves.
    unsafe {
        eslp_event_name_of(event);
        eslp_event_validate(event, null_mut());
        assert_eq!(eslp_event_index(event, slots.at().cast(), count, &mut index), OK);
        assert_eq!(eslp_event_headers(event, &mut headers), OK);
        assert_eq!(eslp_index_headers(&index, &mut of_index), OK);
        let (status, other) = (eslp_event_body(event, &mut body), eslp_index_body(&index, &mut same));
        assert_eq!(status, other);
        if status == OK {
            about_value(&body, buffer);
        }
        let mut looked_up = 0;
        loop {
            let (mut header, mut twin) = (zeroed::<eslp_header>(), zeroed::<eslp_header>());
            let status = eslp_headers_next(&mut headers, &mut header);
            assert_eq!(eslp_headers_next(&mut of_index, &mut twin), status);
            if status != OK {
                break;
            }
            assert!(eslp_value_equal(&header.value, &twin.value) && eslp_value_equal(&header.name, &twin.name));
            about_value(&header.name, buffer);
            about_value(&header.value, buffer);
            let mut name = zeroed();
            if looked_up < 4 && eslp_value_plain(&header.name, &mut name) == OK {
                looked_up += 1;
                let (mut one, mut two) = (zeroed(), zeroed());
                assert_eq!(eslp_event_get(event, name, &mut one), OK);
                assert_eq!(eslp_index_get(&index, name, &mut two), OK);
                assert!(one.data == two.data && eslp_value_equal(&one, &two));
            }
        }
    }
}

fn about_value(value: &eslp_value, buffer: &[u8]) {
    lies_in(eslp_bytes { data: value.data, len: value.len }, buffer);
    // SAFETY: the memory is as long as said.
    unsafe {
        let len = eslp_value_decoded_len(value);
        let out = Memory::new(len, 1);
        let mut told = 0;
        assert_eq!(eslp_value_decode(value, out.at(), len, &mut told), OK);
        assert_eq!(told, len);
        if len > 0 {
            assert_eq!(eslp_value_decode(value, out.at(), len - 1, &mut told), eslp_status::ESLP_INSUFFICIENT);
        }
        let (storage, mut octets) = (Memory::new(len, 1), zeroed());
        assert_eq!(eslp_value_read(value, storage.at(), len, &mut octets), OK);
        assert_eq!(octets.len, len);
        assert!(len == 0 || std::slice::from_raw_parts(octets.data.cast::<u8>(), len) == out.octets());
        eslp_value_u64(value, &mut 0);
        eslp_value_i64(value, &mut 0);
        let (mut items, mut item) = (zeroed(), zeroed());
        assert_eq!(eslp_value_items(value, &mut items), OK);
        while eslp_items_next(&mut items, &mut item) == OK {
            lies_in(eslp_bytes { data: item.data, len: item.len }, buffer);
        }
    }
}

fn about_headers(headers: &mut eslp_headers, buffer: &[u8]) {
    let mut header: eslp_header = zeroed();
    // SAFETY: both lie on the stack of those who call.
    while unsafe { eslp_headers_next(headers, &mut header) } == OK {
        about_value(&header.name, buffer);
        about_value(&header.value, buffer);
    }
}

pub(super) fn about_message(message: &eslp_message, buffer: &[u8]) {
    let frame = &message.frame;
    [frame.head, frame.body, frame.content_type].into_iter().for_each(|part| lies_in(part, buffer));
    let (mut headers, mut event, mut value, mut detail) = (zeroed(), zeroed(), zeroed(), zeroed());
    // SAFETY: all of it lies on this stack, and the message in the buffer.
    unsafe {
        if eslp_message_headers(message, &mut headers) == OK {
            about_headers(&mut headers, buffer);
        }
        if eslp_message_event(message, &mut event) == OK {
            about_event(&event, 4, buffer);
        }
        for ask in [
            eslp_message_text,
            eslp_reply_text_to_end,
            eslp_reply_job_uuid,
            eslp_reply_allowed_api,
            eslp_log_file,
            eslp_notice_session_uuid,
        ] {
            if ask(message, &mut value) == OK {
                about_value(&value, buffer);
            }
        }
        eslp_message_reply_status(message);
        if eslp_message_detail(message, &mut detail) == OK {
            lies_in(detail, buffer);
        }
    }
}

pub(super) fn about_request(request: &eslp_frame, buffer: &[u8]) {
    let (mut line, mut headers) = (zeroed(), zeroed());
    // SAFETY: all of it lies on this stack, and the request in the buffer.
    unsafe {
        if eslp_request_line(request, &mut line) == OK {
            lies_in(line, buffer);
        }
        if eslp_request_headers(request, &mut headers) == OK {
            about_headers(&mut headers, buffer);
        }
    }
}
