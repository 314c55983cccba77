//! How structs lie in memory: pinned here for Rust and in `tests/c/layout.c` for C, with the same numbers, which
//! `tests/header.rs` makes of the header.
//!
//! For 64 and for 32 bits; not for 32-bit x86, where 64-bit numbers lie at every fourth byte. The structs are the same
//! whatever is left out.
#![cfg(all(feature = "dial", feature = "server", feature = "session", not(target_arch = "x86")))]

use core::mem::offset_of;

/// Whether a number is the one for 64 bits, or, where pointers have 32, the other one.
const fn pinned(number: usize, wide: usize, narrow: usize) -> bool {
    number == if cfg!(target_pointer_width = "64") { wide } else { narrow }
}

/// Pins the size of structs, and where their fields are, each for 64 and for 32 bits.
macro_rules! pins {
    ($($module:ident::$name:ident $wide:literal $narrow:literal $({ $($field:ident $place:literal $near:literal),+ })?,)+) => {
        $(
            const _: () = assert!(pinned(size_of::<crate::$module::$name>(), $wide, $narrow));
            $($(const _: () = assert!(pinned(offset_of!(crate::$module::$name, $field), $place, $near));)+)?
        )+
    };
}

pins! {
    octets::eslp_bytes 16 8 { data 0 0, len 8 4 },
    octets::eslp_value 24 16 { data 0 0, len 8 4, coding 16 8, limit 20 12 },
    octets::eslp_header 48 32 { name 0 0, value 24 16 },
    octets::eslp_items 48 48,
    pairs::eslp_pair 32 16 { name 0 0, value 16 8 },
    pairs::eslp_pairs 48 32 { items 0 0, count 8 4, request 16 8, part 32 16, reserved 40 24 },
    event::eslp_event 32 24 { text 0 0, format 16 8, crlf 20 12, reserved 24 16 },
    event::eslp_headers 224 224,
    event::eslp_slot 16 16,
    event::eslp_index 256 256,
    message::eslp_frame 64 40 { head 0 0, body 16 8, content_type 32 16, flags 48 24, reserved 56 32 },
    message::eslp_message 88 64 { kind 0 0, format 4 4, frame 8 8, reserved 72 48 },
    message::eslp_lines 32 24 { bytes 0 0, goes_on 16 8, is_event 17 9, reserved 24 16 },
    message::eslp_header_part 72 56 { name 0 0, value 24 16, after_line_end 48 32, is_complete 49 33, reserved 56 40 },
    decoder::eslp_limits 64 48 { max_head 0 0, max_lines 8 4, max_body 16 8, max_buffered 24 12, reserved 32 16 },
    decoder::eslp_step 208 160 { consumed 0 0, required 8 4, kind 16 8, head_ends 20 12, is_cut 21 13, message 24 16, data 112 80, lines 128 88, remaining 160 112, error_offset 168 120, reserved 176 128 },
    command::eslp_auth 64 40 { password 0 0, user 16 8, domain 32 16, reserved 48 24 },
    command::eslp_api 64 48 { line 0 0, job_uuid 16 8, console_execute 32 16, reserved 40 24 },
    command::eslp_events 56 40 { names 0 0, subclasses 16 8, format 32 16, reserved 40 24 },
    command::eslp_myevents 40 32 { uuid 0 0, format 16 8, reserved 24 16 },
    command::eslp_filter 48 32 { header 0 0, value 16 8, reserved 32 16 },
    command::eslp_sendevent 112 80 { name 0 0, headers 16 8, body 64 40, reserved 80 48 },
    command::eslp_execute 104 72 { app 0 0, arg 16 8, event_uuid 32 16, event_uuid_name 48 24, loops 64 32, hold_bleg 68 36, reserved 72 40 },
    command::eslp_unicast 104 72 { local_ip 0 0, remote_ip 16 8, transport 32 16, flags 48 24, local_port 64 32, remote_port 66 34, reserved 72 40 },
    command::eslp_sendmsg 384 272 { uuid 0 0, call 16 8, lead_frames 20 12, event_lock 24 16, event_lock_pri 25 17, run_async 26 18, execute 32 24, unicast 136 96, applications 240 168, hangup_cause 288 200, nomedia_uuid 304 208, other 320 216, reserved 336 224 },
    command::eslp_command_fields 384 272,
    command::eslp_command 408 296 { kind 0 0, r#as 8 8, reserved 392 280 },
    command::eslp_fault 32 24 { field 0 0, item 8 4, offset 16 8, reserved 24 16 },
    dial::eslp_leg 152 112 { endpoint 0 0, variables 16 8, handle_variables 64 40, join 112 72, reserved 120 80 },
    dial::eslp_dial 80 56 { legs 0 0, count 8 4, variables 16 8, reserved 64 40 },
    dial::eslp_originate 248 168 { dial 0 0, extension 80 56, application 96 64, argument 112 72, dialplan 128 80, context 144 88, cid_name 160 96, cid_num 176 104, timeout_sec 192 112, reserved 200 120 },
    dial::eslp_endpoint 120 80 { kind 0 0, profile 8 4, name 24 12, domain 40 20, context 56 28, dialplan 72 36, reserved 88 48 },
    dial::eslp_dial_fault 40 24 { field 0 0, leg 8 4, item 16 8, offset 24 12, reserved 32 16 },
    dial::eslp_dial_read 32 24 { legs 0 0, offset 8 4, reserved 16 8 },
    app::eslp_app 552 352 { kind 0 0, expand 4 4, nolocal 5 5, run_async 6 6, full 7 7, file 8 8, name 24 16, value 40 24, text 56 32, target 72 40, dialplan 88 48, context 104 56, terminators 120 64, regexp 136 72, invalid_file 152 80, transfer_on_failure 168 88, module 184 96, method 200 104, gender 216 112, engine 232 120, voice 248 128, profile 264 136, pin 280 144, flags 296 152, cause 312 160, pairs 328 168, dial 376 200, min 456 256, max 460 260, tries 464 264, timeout 468 268, digit_timeout 472 272, limit 476 276, silence_threshold 480 280, silence_seconds 484 284, start_sample 488 288, loops 492 292, level 496 296, leg 500 300, reserved 504 304 },
    app::eslp_app_fault 40 24 { field 0 0, item 16 8, offset 24 12, reserved 32 16 },
    client::eslp_unanswered 16 16 { first 0 0, count 8 8 },
    client::eslp_client_result 256 208 { consumed 0 0, required 8 4, kind 16 8, end 20 12, id 24 16, message 32 24, data 120 88, lines 136 96, remaining 168 120, unanswered 176 128, error_offset 192 144, head_ends 200 152, is_cut 201 153, reserved 208 160 },
    client::eslp_sent 72 64 { id 0 0, len 8 8, count 16 16, fault 24 24, reserved 56 48 },
    client::eslp_eof 152 120 { end 0 0, unanswered 8 8, incomplete 24 24, missing 32 28, id 40 32, message 48 40, reserved 136 104 },
    client::eslp_stats 64 64 { octets 0 0, frames 8 8, events 16 16, log_lines 24 24, unexpected 32 32, reserved 40 40 },
    client::eslp_subscription 168 128 { events 0 0, filters 56 40, channel 104 72, own_channel 120 80, divert 121 81, log 122 82, linger 123 83, log_level 124 84, linger_seconds 128 88, reserved 136 96 },
    jobs::eslp_pending_slot 24 24,
    jobs::eslp_pending 32 32,
    jobs::eslp_sequence 32 32,
    buffer::eslp_buffer 64 64,
    connection::eslp_connection_state 128 120 { stats 0 0, in_flight 64 64, required 72 72, end 80 76, socket_mode 84 80, is_open 88 84, is_lingering 89 85, is_connected 90 86, full_control 91 87, reserved 96 88 },
    session::eslp_interest 104 80 { events 0 0, channel 56 40, reserved 72 48 },
    session::eslp_outcome 48 48 { slot 0 0, kind 8 8, reason 12 12, end 16 16, reserved 24 24 },
    session::eslp_gap 88 72 { reason 0 0, end 4 4, since 8 8, until 16 16, core_before 24 24, core_after 40 32, reserved 56 40 },
    session::eslp_notice 104 72 { kind 0 0, level 4 4, header 8 8, value 24 16, before 40 24, after 56 32, reserved 72 40 },
    session::eslp_session_state 208 192 { connection 0 0, next_deadline 128 120, waiting 136 128, core_uuid 144 136, reason 160 144, end 164 148, has_connection 168 152, is_open 169 153, is_settled 170 154, reserved 176 160 },
    queue::eslp_item 224 184 { kind 0 0, lost 8 8, message 16 16, gap 104 80, reserved 192 152 },
    calls::eslp_call 312 200 { uuid 0 0, name 16 8, direction 32 16, state 48 24, call_state 64 32, answer_state 80 40, caller_name 96 48, caller_number 112 56, destination 128 64, application 144 72, application_data 160 80, other_leg 176 88, cause 192 96, created 208 104, answered 216 112, hung_up 224 120, record 232 128, reserved 248 136 },
    calls::eslp_change 368 248 { kind 0 0, call 8 8, old_uuid 320 208, reserved 336 216 },
    data::eslp_field_slot 48 48,
    data::eslp_item_slot 16 16,
    data::eslp_outgoing_event 64 64,
    server::eslp_server_options 136 104 { request 0 0, max_queued 64 48, max_lost 68 52, percent 72 56, channel 80 60, full 96 68, is_async 97 69, reserved 104 72 },
    server::eslp_host_request 656 448 { kind 0 0, event_name 4 4, password 8 8, user 24 16, domain 40 24, command 56 32, argument 72 40, job 88 48, variable 104 56, uuid 120 64, request 136 72, message 200 112, console 584 384, wait 585 385, line 592 388, reserved 608 400 },
    server::eslp_server_result 736 520 { consumed 0 0, required 8 4, written 16 8, kind 24 12, effect 28 16, closed 32 20, error 36 24, error_offset 40 32, request 48 40, reserved 704 488 },
    server::eslp_response 96 72 { kind 0 0, deny_log 4 4, text 8 8, allowed_events 24 16, allowed_api 40 24, channel 56 32, reserved 64 40 },
    server::eslp_log_data 96 64 { level 0 0, text_channel 4 4, line 8 8, file 16 12, function 32 20, user_data 48 28, text 64 36, reserved 80 48 },
    server::eslp_server_state 88 80 { closed 0 0, format 4 4, log_level 8 8, waiting_events 12 12, waiting_log_lines 16 16, authenticated 20 20, awaiting_first_command 21 21, mid_command 22 22, ready_for_events 23 23, ready_for_log 24 24, lingering 25 25, linger 26 26, linger_seconds 32 32, channel 40 40, reserved 56 48 },
}
