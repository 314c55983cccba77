//! How structs lie in memory: pinned here for Rust and in `tests/c/layout.c` for C, with the same numbers.
//!
//! For 64 and for 32 bits; not for 32-bit x86, where 64-bit numbers lie at every fourth octet.
#![cfg(not(target_arch = "x86"))]

use core::mem::offset_of;

use crate::buffer::eslp_buffer;
use crate::client::{eslp_client_result, eslp_eof, eslp_sent, eslp_stats, eslp_subscription, eslp_unanswered};
use crate::command::{
    eslp_api, eslp_auth, eslp_command, eslp_command_fields, eslp_events, eslp_execute, eslp_fault, eslp_filter,
    eslp_myevents, eslp_sendevent, eslp_sendmsg, eslp_unicast,
};
use crate::connection::eslp_connection_state;
use crate::data::{eslp_field_slot, eslp_item_slot, eslp_outgoing_event};
use crate::decoder::{eslp_limits, eslp_step};
use crate::dial::{eslp_dial, eslp_dial_fault, eslp_dial_read, eslp_leg, eslp_originate};
use crate::event::{eslp_event, eslp_headers, eslp_index, eslp_slot};
use crate::jobs::{eslp_pending, eslp_pending_slot, eslp_sequence};
use crate::message::{eslp_frame, eslp_header_part, eslp_lines, eslp_message};
use crate::octets::{eslp_bytes, eslp_header, eslp_items, eslp_value};
use crate::pairs::{eslp_pair, eslp_pairs};
use crate::server::{
    eslp_host_request, eslp_log_data, eslp_response, eslp_server_options, eslp_server_result, eslp_server_state,
};

/// Whether a number is the one for 64 bits, or, where pointers have 32, the other one.
const fn pinned(number: usize, wide: usize, narrow: usize) -> bool {
    number == if cfg!(target_pointer_width = "64") { wide } else { narrow }
}

/// Pins the size of structs, and where their fields are, each for 64 and for 32 bits.
macro_rules! pins {
    ($($name:ident $wide:literal $narrow:literal $({ $($field:ident $place:literal $near:literal),+ })?,)+) => {
        $(
            const _: () = assert!(pinned(size_of::<$name>(), $wide, $narrow));
            $($(const _: () = assert!(pinned(offset_of!($name, $field), $place, $near));)+)?
        )+
    };
}

pins! {
    eslp_bytes 16 8 { data 0 0, len 8 4 },
    eslp_value 24 16 { data 0 0, len 8 4, coding 16 8, limit 20 12 },
    eslp_header 48 32 { name 0 0, value 24 16 },
    eslp_items 48 48,
    eslp_event 24 16 { text 0 0, format 16 8, crlf 20 12 },
    eslp_headers 224 224,
    eslp_slot 16 16,
    eslp_index 256 256,
    eslp_frame 56 28 { head 0 0, body 16 8, content_type 32 16, flags 48 24 },
    eslp_message 64 36 { kind 0 0, format 4 4, frame 8 8 },
    eslp_lines 24 12 { bytes 0 0, goes_on 16 8, is_event 17 9 },
    eslp_header_part 56 36 { name 0 0, value 24 16, after_line_end 48 32, is_complete 49 33 },
    eslp_limits 32 16 { max_head 0 0, max_lines 8 4, max_body 16 8, max_buffered 24 12 },
    eslp_step 144 88 { consumed 0 0, required 8 4, kind 16 8, head_ends 20 12, is_cut 21 13, message 24 16, data 88 52, lines 104 60, remaining 128 72, error_offset 136 80 },
    eslp_auth 48 24 { password 0 0, user 16 8, domain 32 16 },
    eslp_api 40 20 { line 0 0, job_uuid 16 8, console_execute 32 16 },
    eslp_events 40 20 { names 0 0, subclasses 16 8, format 32 16 },
    eslp_myevents 24 12 { uuid 0 0, format 16 8 },
    eslp_filter 32 16 { header 0 0, value 16 8 },
    eslp_pair 32 16 { name 0 0, value 16 8 },
    eslp_pairs 40 20 { items 0 0, count 8 4, request 16 8, part 32 16 },
    eslp_sendevent 72 36 { name 0 0, headers 16 8, body 56 28 },
    eslp_execute 72 40 { app 0 0, arg 16 8, event_uuid 32 16, event_uuid_name 48 24, loops 64 32, hold_bleg 68 36 },
    eslp_unicast 72 36 { local_ip 0 0, remote_ip 16 8, transport 32 16, flags 48 24, local_port 64 32, remote_port 66 34 },
    eslp_sendmsg 264 140 { uuid 0 0, call 16 8, lead_frames 20 12, event_lock 24 16, event_lock_pri 25 17, run_async 26 18, execute 32 20, unicast 104 60, applications 176 96, hangup_cause 216 116, nomedia_uuid 232 124, other 248 132 },
    eslp_command_fields 264 144,
    eslp_command 272 152 { kind 0 0, r#as 8 8 },
    eslp_fault 24 12 { field 0 0, item 8 4, offset 16 8 },
    eslp_leg 104 52 { endpoint 0 0, variables 16 8, handle_variables 56 28, join 96 48 },
    eslp_dial 56 28 { legs 0 0, count 8 4, variables 16 8 },
    eslp_originate 176 88 { dial 0 0, extension 56 28, application 72 36, argument 88 44, dialplan 104 52, context 120 60, cid_name 136 68, cid_num 152 76, timeout_sec 168 84 },
    eslp_dial_fault 32 16 { field 0 0, leg 8 4, item 16 8, offset 24 12 },
    eslp_dial_read 16 8 { legs 0 0, offset 8 4 },
    eslp_unanswered 16 16 { first 0 0, count 8 8 },
    eslp_client_result 176 120 { consumed 0 0, required 8 4, kind 16 8, end 20 12, id 24 16, message 32 24, data 96 60, lines 112 68, remaining 136 80, unanswered 144 88, error_offset 160 104, head_ends 168 112, is_cut 169 113 },
    eslp_sent 48 40 { id 0 0, len 8 8, count 16 16, fault 24 24 },
    eslp_eof 112 80 { end 0 0, unanswered 8 8, incomplete 24 24, missing 32 28, id 40 32, message 48 40 },
    eslp_connection_state 72 64 {
        stats 0 0, in_flight 40 40, required 48 48, end 56 52, socket_mode 60 56, is_open 64 60, is_lingering 65 61,
        is_connected 66 62, full_control 67 63
    },
    eslp_stats 40 40 { octets 0 0, frames 8 8, events 16 16, log_lines 24 24, unexpected 32 32 },
    eslp_subscription 112 64 { events 0 0, filters 40 20, channel 80 40, own_channel 96 48, divert 97 49, log 98 50, linger 99 51, log_level 100 52, linger_seconds 104 56 },
    eslp_pending_slot 24 24,
    eslp_pending 32 32,
    eslp_sequence 32 32,
    eslp_buffer 64 64,
    eslp_field_slot 48 48,
    eslp_item_slot 16 16,
    eslp_outgoing_event 64 64,
    eslp_server_options 72 40 { request 0 0, max_queued 32 16, max_lost 36 20, percent 40 24, channel 48 28, full 64 36, is_async 65 37 },
    eslp_host_request 480 252 { kind 0 0, event_name 4 4, password 8 8, user 24 16, domain 40 24, command 56 32, argument 72 40, job 88 48, variable 104 56, uuid 120 64, request 136 72, message 192 100, console 456 240, wait 457 241, line 464 244 },
    eslp_server_result 528 296 { consumed 0 0, required 8 4, written 16 8, kind 24 12, effect 28 16, closed 32 20, error 36 24, error_offset 40 32, request 48 40 },
    eslp_response 64 36 { kind 0 0, deny_log 4 4, text 8 8, allowed_events 24 16, allowed_api 40 24, channel 56 32 },
    eslp_log_data 80 44 { level 0 0, text_channel 4 4, line 8 8, file 16 12, function 32 20, user_data 48 28, text 64 36 },
    eslp_server_state 56 48 { closed 0 0, format 4 4, log_level 8 8, waiting_events 12 12, waiting_log_lines 16 16, authenticated 20 20, awaiting_first_command 21 21, mid_command 22 22, ready_for_events 23 23, ready_for_log 24 24, lingering 25 25, linger 26 26, linger_seconds 32 32, channel 40 40 },
}
