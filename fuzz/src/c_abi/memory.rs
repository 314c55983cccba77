//! Memory as a C program would give it.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ffi::c_void;

use c_library::client::{eslp_client_found, eslp_eof, eslp_sent};
use c_library::command::{eslp_command, eslp_pairs};
use c_library::data::eslp_event_data;
use c_library::decoder::eslp_step;
use c_library::event::{eslp_event, eslp_headers, eslp_index};
use c_library::octets::{eslp_bytes, eslp_header, eslp_items, eslp_value};
use c_library::server::{eslp_answer, eslp_server_found, eslp_server_options};

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
        let at = unsafe { alloc_zeroed(layout) };
        if at.is_null() {
            handle_alloc_error(layout);
        }
        Self { layout, at, len }
    }

    pub(super) fn at(&self) -> *mut c_void {
        self.at.cast()
    }

    pub(super) const fn len(&self) -> usize {
        self.len
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
    eslp_answer eslp_bytes eslp_client_found eslp_command eslp_eof eslp_event eslp_event_data eslp_header eslp_headers
    eslp_index eslp_items eslp_pairs eslp_sent eslp_server_found eslp_server_options eslp_step eslp_value
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

pub(super) fn bytes(octets: &[u8]) -> eslp_bytes {
    eslp_bytes { data: octets.as_ptr().cast(), len: octets.len() }
}
