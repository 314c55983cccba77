//! The C library: esl-proto behind the functions and structs of `include/esl_proto.h`.
//!
//! One file an object, in the order of the header, which is generated from them: what stands in `///` here is what a C
//! programmer reads there. Names are those of C.
//!
//! * Handles (`handle.rs`) live in the caller's memory or, with the feature `alloc`, on the heap of `malloc`.
//! * Views are structs of numbers and pointers on the caller's stack. They are made of the core's views and become
//!   these again in each function, so that nothing but what C has written is ever trusted, and that little.
//! * Every function turns what C gives into safe values first (`border.rs`), then does its work with them alone.
//!
//! Built with panics that abort, as `--profile ffi` does, the library has no std in it, and no panic path either: the
//! tests prove it. Built otherwise, as for unit tests, std brings the panic handler.
#![cfg_attr(not(test), no_std)]
#![allow(unsafe_code, reason = "this is the border")]
#![allow(non_camel_case_types, reason = "names of C")]
#![allow(clippy::missing_safety_doc, reason = "the front of the header says what all functions want")]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(not(panic = "abort"))]
extern crate std;

mod border;
pub mod buffer;
pub mod client;
pub mod command;
pub mod data;
pub mod decoder;
pub mod dial;
pub mod event;
pub mod handle;
pub mod jobs;
mod layout;
pub mod message;
pub mod name;
pub mod octets;
pub mod pairs;
pub mod server;
pub mod status;

/// Never called: the tests show that no panic path is in the library.
#[cfg(all(panic = "abort", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: C's own way to end a program.
    unsafe { abort() }
}
