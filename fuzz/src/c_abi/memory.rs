//! Memory as a C program would give it.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::ffi::c_void;
use std::ptr::null;

use c_library::app::{eslp_app, eslp_app_fault};
use c_library::buffer::eslp_buffer;
use c_library::calls::{eslp_call, eslp_change};
use c_library::client::{eslp_client_result, eslp_eof, eslp_sent, eslp_stats, eslp_subscription};
use c_library::command::{
    eslp_api, eslp_auth, eslp_command, eslp_events, eslp_execute, eslp_fault, eslp_filter, eslp_myevents,
    eslp_sendevent, eslp_sendmsg, eslp_unicast,
};
use c_library::connection::eslp_connection_state;
use c_library::data::eslp_outgoing_event;
use c_library::decoder::{eslp_limits, eslp_step};
use c_library::dial::{eslp_dial_fault, eslp_dial_read, eslp_endpoint, eslp_leg, eslp_originate};
use c_library::event::{eslp_event, eslp_headers, eslp_index};
use c_library::jobs::{eslp_pending, eslp_sequence};
use c_library::message::{eslp_frame, eslp_header_part, eslp_message, eslp_socket_mode};
use c_library::name::eslp_log_level;
use c_library::octets::{eslp_bytes, eslp_header, eslp_items, eslp_value};
use c_library::pairs::{eslp_pair, eslp_pairs};
use c_library::queue::eslp_item;
use c_library::server::{eslp_log_data, eslp_response, eslp_server_options, eslp_server_result, eslp_server_state};
use c_library::session::{eslp_gap, eslp_interest, eslp_notice, eslp_outcome, eslp_session_state};

/// What stands in memory before anybody has written to it: not zero, which might be taken for a written NUL.
const FILL: u8 = 7;

/// Memory of exactly a length, aligned exactly so.
pub(super) struct Memory {
    layout: Layout,
    at: *mut u8,
    len: usize,
}

impl Memory {
    pub(super) fn new(len: usize, align: usize) -> Self {
        let layout = Layout::from_size_align(len.max(1), align).expect("a size that there is");
        // SAFETY: the length is not 0.
        let at = unsafe { alloc(layout) };
        if at.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: as much as was allocated.
        unsafe { at.write_bytes(FILL, layout.size()) };
        Self { layout, at, len }
    }

    pub(super) fn at(&self) -> *mut c_void {
        self.at.cast()
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written to it.
    pub(super) fn is_untouched(&self) -> bool {
        self.octets().iter().all(|octet| *octet == FILL)
    }

    pub(super) fn octets(&self) -> &[u8] {
        // SAFETY: that is what was allocated, all of it initialised.
        unsafe { std::slice::from_raw_parts(self.at, self.len) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated so, and not given back before.
        unsafe { dealloc(self.at, self.layout) }
    }
}

/// A struct of the header that C may set to zeros.
///
/// # Safety
/// It is made of numbers and pointers, for which zeros are valid.
pub(super) unsafe trait Plain {}

macro_rules! plain {
    ($($name:ty)+) => {
        // SAFETY: numbers and pointers all of them.
        $(unsafe impl Plain for $name {})+
    };
}

plain! {
    eslp_app eslp_app_fault eslp_call eslp_change eslp_endpoint eslp_gap eslp_interest eslp_item eslp_notice eslp_outcome eslp_pair
    eslp_session_state
    eslp_response eslp_buffer eslp_bytes eslp_client_result eslp_command eslp_connection_state eslp_dial_fault eslp_dial_read eslp_eof eslp_event
    eslp_outgoing_event eslp_fault eslp_frame eslp_header eslp_header_part eslp_headers eslp_index eslp_items eslp_limits
    eslp_log_data eslp_message eslp_originate eslp_pairs eslp_pending eslp_sendmsg eslp_sent eslp_sequence eslp_server_result eslp_server_options
    eslp_api eslp_auth eslp_events eslp_execute eslp_filter eslp_leg eslp_myevents eslp_sendevent eslp_unicast
    eslp_log_level eslp_socket_mode
    eslp_server_state eslp_stats eslp_step eslp_subscription eslp_value
}

/// A struct as `= {0}` makes it.
pub(super) fn zeroed<T: Plain>() -> T {
    // SAFETY: what the trait says.
    unsafe { std::mem::zeroed() }
}

/// The octets in memory of exactly their length.
pub(super) fn exact(octets: &[u8]) -> Box<[u8]> {
    octets.into()
}

pub(super) const fn bytes(octets: &[u8]) -> eslp_bytes {
    eslp_bytes { data: octets.as_ptr().cast(), len: octets.len() }
}

/// What the library says where there is nothing.
pub(super) const NONE: eslp_bytes = eslp_bytes { data: null(), len: 0 };

/// The octets that the library has found.
///
/// # Safety
/// They are still there.
pub(super) unsafe fn result<'a>(octets: eslp_bytes) -> &'a [u8] {
    if octets.data.is_null() {
        assert_eq!(octets.len, 0);
        return &[];
    }
    // SAFETY: the caller says so.
    unsafe { std::slice::from_raw_parts(octets.data.cast(), octets.len) }
}
