//! The C library: esl-proto behind the functions and structs of `include/esl_proto.h`.
//!
//! One file an object, in the order of the header, which is generated from these files: a `///` comment here is what a
//! C programmer reads there. Names are those of C.
//!
//! * Handles (`handle.rs`) live in the caller's memory or, with the feature `heap`, on the heap of `malloc`.
//! * Views are structs of numbers and pointers on the caller's stack. Each function converts them back to the core's
//!   views, and checks all numbers and lengths, because C may have written anything into them.
//! * What C points to comes in types that say what C guarantees of it (`ptr.rs`, which states the contract with C). The
//!   functions have no unsafe code: it is in `ptr.rs` and `handle.rs` alone, and `tests/header.rs` sees to that.
//!
//! Built with panics that abort, as `--profile ffi` does, the library has no std in it, and no panic path either: the
//! tests prove it. The feature `session` is the exception: the standard collections under it abort where `malloc` has nothing
//! left, and have assertions of their own. Built otherwise, as for unit tests, std brings the panic handler.
#![cfg_attr(not(test), no_std)]
#![allow(unsafe_code, reason = "the C ABI consists of raw pointers, and exporting a name counts as unsafe")]
#![allow(non_camel_case_types, reason = "names of C")]
#![allow(private_bounds, reason = "nobody but this library calls the methods of pointers")]
// What only a feature needs is dead without it. It is linted with all of them on.
#![cfg_attr(not(all(feature = "dial", feature = "server", feature = "session")), allow(dead_code, unused_imports))]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "session")]
extern crate alloc;
#[cfg(not(panic = "abort"))]
extern crate std;

#[cfg(feature = "dial")]
pub mod app;
pub mod buffer;
#[cfg(feature = "session")]
pub mod calls;
pub mod client;
pub mod command;
pub mod connection;
pub mod data;
pub mod decoder;
#[cfg(feature = "dial")]
pub mod dial;
pub mod event;
pub mod handle;
pub mod jobs;
mod layout;
pub mod message;
pub mod name;
mod number;
pub mod octets;
pub mod pairs;
mod ptr;
#[cfg(feature = "session")]
pub mod queue;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "session")]
pub mod session;
pub mod status;

/// For the collections under sessions; the tests show that no other panic path is in the library.
#[cfg(all(panic = "abort", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: `abort` of the C library has no precondition, takes nothing and does not return.
    unsafe { abort() }
}
