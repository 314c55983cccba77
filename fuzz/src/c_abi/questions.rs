//! Everything that can be asked of values and events that the library finds.

use std::ptr::null_mut;

use c_library::data::{eslp_field_slot, eslp_outgoing_event};
use c_library::event::{eslp_event, eslp_headers, eslp_slot};
use c_library::name::eslp_format;
use c_library::octets::{eslp_bytes, eslp_header, eslp_value};
use c_library::status::eslp_status;

use super::OK;
use super::memory::{Memory, bytes, result, zeroed};
use crate::c_functions::*;

/// That octets that were found are some of the buffer's, or none.
pub(super) fn lies_in(result: eslp_bytes, buffer: &[u8]) {
    if result.data.is_null() {
        assert_eq!(result.len, 0);
        return;
    }
    let (start, from) = (buffer.as_ptr() as usize, result.data as usize);
    let inside = start <= from && from + result.len <= start + buffer.len();
    // Nothing can be anywhere.
    assert!(inside || result.len == 0);
}

pub(super) fn about_text(format: i32, slots: usize, text: &[u8]) {
    let mut event = zeroed();
    // SAFETY: the text lives longer than what is asked of the event.
    if unsafe { eslp_event_view(eslp_format(format), bytes(text), &mut event) } == OK {
        about_event(&event, slots, text);
    }
}

pub(super) fn about_event(event: &eslp_event, count: usize, buffer: &[u8]) {
    let slots = Memory::new(count * size_of::<eslp_slot>(), align_of::<eslp_slot>());
    let (mut headers, mut of_index, mut index) = (zeroed(), zeroed(), zeroed());
    let (mut body, mut same) = (zeroed(), zeroed());
    // SAFETY: all of it lies on this stack or in memory as long as said, and none of it moves.
    unsafe {
        eslp_event_validate(event, null_mut());
        assert_eq!(eslp_event_index(event, slots.at().cast(), count, &mut index), OK);
        assert_eq!(eslp_index_name_of(&index), eslp_event_name_of(event));
        let cause = eslp_event_hangup_cause(event);
        assert!(cause.0 < 0 || !eslp_cause_text(cause).data.is_null());
        let (state, call) = (eslp_event_channel_state(event), eslp_event_call_state(event));
        assert!(state.0 >= -1 && call.0 >= -1);
        assert!(eslp_event_answer_state(event).0 >= -1 && eslp_event_direction(event).0 >= -1);
        let (mut found, mut number) = (zeroed(), 0);
        eslp_event_variable(event, bytes(b"x"), &mut found);
        eslp_event_u64(event, bytes(b"Event-Sequence"), &mut number);
        assert_eq!(eslp_event_headers(event, &mut headers), OK);
        assert_eq!(eslp_index_headers(&index, &mut of_index), OK);
        let (status, other) = (eslp_event_body(event, &mut body), eslp_index_body(&index, &mut same));
        assert_eq!(status, other);
        if status == OK {
            about_value(&body, buffer);
        }
        let mut looked_up = 0;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        let mut number = 0;
        loop {
            let (mut header, mut twin) = (zeroed::<eslp_header>(), zeroed::<eslp_header>());
            let status = eslp_headers_next(&mut headers, &mut header);
            assert_eq!(eslp_headers_next(&mut of_index, &mut twin), status);
            if status != OK {
                break;
            }
            assert!(eslp_value_equal(&header.value, &twin.value) && eslp_value_equal(&header.name, &twin.name));
            number += 1;
            about_value(&header.name, buffer);
            about_value(&header.value, buffer);
            let mut name = zeroed();
            if looked_up < 4 && eslp_value_plain(&header.name, &mut name) == OK {
                looked_up += 1;
                let (mut one, mut two) = (zeroed(), zeroed());
                assert_eq!(eslp_event_get(event, name, &mut one), OK);
                assert_eq!(eslp_index_get(&index, name, &mut two), OK);
                assert!(one.data == two.data && eslp_value_equal(&one, &two));
                assert_eq!(last_of(event, name).data, one.data);
                names.push(name);
                values.push(one.data);
            }
        }
        let found = Memory::new(names.len() * size_of::<eslp_value>(), align_of::<eslp_value>());
        let places = found.at().cast::<eslp_value>();
        assert_eq!(eslp_event_find(event, names.as_ptr(), names.len(), places), OK);
        for (place, value) in values.iter().enumerate() {
            assert_eq!((*places.add(place)).data, *value);
        }
        about_writing(event, number);
    }
}

/// Writes an event that was read in each format, as it is and as one of the host's own with this number of headers.
unsafe fn about_writing(event: &eslp_event, number: usize) {
    let slots = Memory::new(number * size_of::<eslp_field_slot>(), align_of::<eslp_field_slot>());
    let mut own: eslp_outgoing_event = zeroed();
    // SAFETY: the memory is as long as said, and the event lives on.
    unsafe {
        assert_eq!(eslp_outgoing_event_init(&mut own, slots.at().cast(), number), OK);
        let read = eslp_outgoing_event_read(&mut own, event);
        assert!(read != eslp_status::ESLP_INSUFFICIENT, "there is a slot for each header");
        for (format, flags) in [(1, 0), (2, 0), (3, 0), (1, 13), (2, 13), (3, 13)] {
            let format = eslp_format(format);
            let mut len = 0;
            let status = eslp_event_transcode(event, format, flags, null_mut(), 0, &mut len);
            if status != eslp_status::ESLP_INSUFFICIENT {
                assert_ne!(status, OK, "no document is empty");
                continue;
            }
            assert_eq!(read, OK);
            let (out, short, again) = (Memory::new(len, 1), Memory::new(len - 1, 1), Memory::new(len, 1));
            assert_eq!(eslp_event_transcode(event, format, flags, short.at(), len - 1, &mut len), status);
            assert_eq!(len, out.len());
            assert_eq!(eslp_event_transcode(event, format, flags, out.at(), len, &mut len), OK);
            assert_eq!(eslp_outgoing_event_encode(&own, format, flags, again.at(), len, &mut len), OK);
            assert_eq!(out.octets(), again.octets());
        }
    }
}

/// The last of all headers of a name that there is.
unsafe fn last_of(event: &eslp_event, name: eslp_bytes) -> eslp_value {
    let (mut all, mut header): (eslp_headers, eslp_header) = (zeroed(), zeroed());
    let mut last = zeroed();
    // SAFETY: all of it lies on this stack, or is the caller's.
    unsafe {
        assert_eq!(eslp_event_get_all(event, name, &mut all), OK);
        while eslp_headers_next(&mut all, &mut header) == OK {
            assert!(eslp_value_is_nocase(&header.name, name));
            last = header.value;
        }
    }
    assert!(header.value.data.is_null(), "nothing is left behind the last");
    last
}

pub(super) fn about_value(value: &eslp_value, buffer: &[u8]) {
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
        assert_eq!(result(octets), out.octets());
        assert!(eslp_value_is(value, octets) && eslp_value_is_nocase(value, octets));
        about_string(value, out.octets());
        eslp_value_u64(value, &mut 0);
        eslp_value_i64(value, &mut 0);
        let (mut items, mut item, mut last) = (zeroed(), zeroed(), zeroed());
        assert_eq!(eslp_value_elements(value, &mut items), OK);
        assert_eq!(eslp_value_items(value, &mut items), OK);
        let mut count = 0;
        while eslp_items_next(&mut items, &mut item) == OK {
            lies_in(eslp_bytes { data: item.data, len: item.len }, buffer);
            last = item;
            count += 1;
        }
        assert!(eslp_value_is_array(value) || (count == 1 && eslp_value_equal(value, &last)));
    }
}

/// The octets of a value with a NUL behind them, in memory for just these.
unsafe fn about_string(value: &eslp_value, octets: &[u8]) {
    let (len, mut told) = (octets.len(), 0);
    let (out, ample, short) = (Memory::new(len + 1, 1), Memory::new(len + 4, 1), Memory::new(len, 1));
    // SAFETY: the memory is as long as said.
    unsafe {
        assert_eq!(eslp_value_string(value, short.at().cast(), len, &mut told), eslp_status::ESLP_INSUFFICIENT);
        assert!(told == len && short.is_untouched());
        assert_eq!(eslp_value_string(value, out.at().cast(), len + 1, &mut told), OK);
        assert_eq!(eslp_value_string(value, ample.at().cast(), len + 4, null_mut()), OK);
    }
    assert!(told == len && out.octets().strip_suffix(b"\0") == Some(octets));
    assert!(ample.octets().starts_with(out.octets()));
}
