//! How structs lie in memory: pinned here for Rust and in `tests/c/layout.c` for C, with the same numbers.
//!
//! They are those of 64-bit machines. On others the compilers of both languages follow the same rules.
#![cfg(target_pointer_width = "64")]

use core::mem::offset_of;

use crate::buffer::eslp_buffer;
use crate::client::{eslp_client_found, eslp_eof, eslp_sent, eslp_stats, eslp_subscription, eslp_unanswered};
use crate::command::{
    eslp_api, eslp_auth, eslp_command, eslp_command_fields, eslp_events, eslp_execute, eslp_fault, eslp_filter,
    eslp_myevents, eslp_sendevent, eslp_sendmsg, eslp_unicast,
};
use crate::data::{eslp_event_data, eslp_field_slot, eslp_item_slot};
use crate::decoder::{eslp_limits, eslp_step};
use crate::dial::{eslp_dial, eslp_dial_fault, eslp_dial_read, eslp_leg, eslp_originate};
use crate::event::{eslp_event, eslp_headers, eslp_index, eslp_slot};
use crate::jobs::{eslp_pending, eslp_pending_slot, eslp_sequence};
use crate::message::{eslp_frame, eslp_message};
use crate::octets::{eslp_bytes, eslp_header, eslp_items, eslp_value};
use crate::pairs::{eslp_pair, eslp_pairs};
use crate::server::{eslp_answer, eslp_ask, eslp_log_data, eslp_server_found, eslp_server_options, eslp_server_state};

/// Pins the size of structs, and where their fields are.
macro_rules! pins {
    ($($name:ident $size:literal $({ $($field:ident $place:literal),+ })?,)+) => {
        $(
            const _: () = assert!(size_of::<$name>() == $size);
            $($(const _: () = assert!(offset_of!($name, $field) == $place);)+)?
        )+
    };
}

pins! {
    eslp_bytes 16 { data 0, len 8 },
    eslp_value 24 { data 0, len 8, coding 16, limit 20 },
    eslp_header 48 { name 0, value 24 },
    eslp_items 48,
    eslp_event 24 { text 0, format 16, crlf 20 },
    eslp_headers 512,
    eslp_slot 24,
    eslp_index 512,
    eslp_frame 56 { head 0, body 16, content_type 32, crlf 48 },
    eslp_message 64 { kind 0, format 4, frame 8 },
    eslp_limits 32 { head 0, lines 8, body 16, whole 24 },
    eslp_step 120 { consumed 0, required 8, kind 16, message 24, data 88, remaining 104, error_offset 112 },
    eslp_auth 48 { password 0, user 16, domain 32 },
    eslp_api 40 { line 0, job_uuid 16, console_execute 32 },
    eslp_events 40 { names 0, subclasses 16, format 32 },
    eslp_myevents 24 { uuid 0, format 16 },
    eslp_filter 32 { header 0, value 16 },
    eslp_pair 32 { name 0, value 16 },
    eslp_pairs 40 { items 0, count 8, request 16, part 32 },
    eslp_sendevent 72 { name 0, headers 16, body 56 },
    eslp_execute 72 { app 0, arg 16, event_uuid 32, event_uuid_name 48, loops 64, hold_bleg 68 },
    eslp_unicast 72 { local_ip 0, remote_ip 16, transport 32, flags 48, local_port 64, remote_port 66 },
    eslp_sendmsg 264 { uuid 0, call 16, lead_frames 20, event_lock 24, event_lock_pri 25, is_async 26, execute 32, unicast 104, applications 176, hangup_cause 216, nomedia_uuid 232, other 248 },
    eslp_command_fields 264,
    eslp_command 272 { kind 0, r#as 8 },
    eslp_fault 24 { field 0, item 8, offset 16 },
    eslp_leg 104 { endpoint 0, variables 16, handle_variables 56, join 96 },
    eslp_dial 56 { legs 0, count 8, variables 16 },
    eslp_originate 176 { dial 0, extension 56, application 72, argument 88, dialplan 104, context 120, cid_name 136, cid_num 152, timeout_sec 168 },
    eslp_dial_fault 32 { field 0, leg 8, item 16, offset 24 },
    eslp_dial_read 16 { legs 0, offset 8 },
    eslp_unanswered 16 { first 0, count 8 },
    eslp_client_found 152 { consumed 0, required 8, kind 16, end 20, id 24, glued 32, message 40, data 104, remaining 120, unanswered 128, error_offset 144 },
    eslp_sent 48 { id 0, len 8, count 16, fault 24 },
    eslp_eof 32 { end 0, unanswered 8, incomplete 24 },
    eslp_stats 40 { octets 0, frames 8, events 16, log_lines 24, unexpected 32 },
    eslp_subscription 112 { events 0, filters 40, channel 80, own_channel 96, divert 97, log 98, linger 99, log_level 100, linger_seconds 104 },
    eslp_pending_slot 24,
    eslp_pending 32,
    eslp_sequence 32,
    eslp_buffer 64,
    eslp_field_slot 48,
    eslp_item_slot 16,
    eslp_event_data 64,
    eslp_server_options 72 { request 0, queued 32, lost 36, percent 40, channel 48, full 64, is_async 65 },
    eslp_ask 464 { kind 0, event_name 4, password 8, user 24, domain 40, command 56, argument 72, job 88, variable 104, uuid 120, request 136, message 192, console 456, wait 457 },
    eslp_server_found 512 { consumed 0, required 8, written 16, kind 24, effect 28, closed 32, error 36, error_offset 40, ask 48 },
    eslp_answer 64 { kind 0, deny_log 4, text 8, allowed_events 24, allowed_api 40, channel 56 },
    eslp_log_data 80 { level 0, text_channel 4, line 8, file 16, function 32, user_data 48, text 64 },
    eslp_server_state 56 { closed 0, format 4, log_level 8, waiting_events 12, waiting_log_lines 16, authenticated 20, idle_stranger 21, mid_command 22, ready_for_events 23, ready_for_log 24, lingering 25, linger 26, linger_seconds 32, channel 40 },
}
