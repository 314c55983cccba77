//! Raw pointers of C's, checked and made safe.
//!
//! # The contract with C
//!
//! No function can check that memory exists. The front of the header therefore states what the caller must guarantee
//! for each argument of an exported function, and the SAFETY comment of each export names the kind of each of its
//! arguments:
//!
//! * An **input** is NULL or points to an initialised value that nobody writes to during the call. The same holds for
//!   every pointer inside it and for the `len` bytes of an `eslp_bytes` or `eslp_value`.
//! * An **output** is NULL or points to memory of the type's size, or of the given length, that only this call uses. No
//!   struct overlaps it; octets of an input that do are found by [`Written`] and refused.
//! * A **handle**, or a struct of `opaque` words, is NULL or points to memory of its size, in any state, that only one
//!   call uses at a time. The first word is the mark that `handle` checks; nobody but this library writes it.
//! * **Lent memory** is an output that its owner neither uses nor moves as long as the handle or result made over it is
//!   used. So are the bytes of an input that the comment of the function says are kept.
//!
//! The unsafe functions of this module and of `handle`, and the methods made of them (`octets`, `value`, `frame`, ...),
//! require one of these kinds of their argument and nothing else. NULL, misalignment, impossible lengths, marks and
//! numbers of enums they check themselves. Lifetimes are those of the call; what a handle keeps as `'static` is lent
//! memory.

use core::ffi::c_void;
use core::ptr::NonNull;

pub(crate) use crate::number::Plain;
use crate::status::eslp_status;

/// The result of a step: its value, or the status to return instead of [`eslp_status::ESLP_OK`].
pub(crate) type Outcome<T = ()> = Result<T, eslp_status>;

/// Runs the body of an exported function and returns its status.
#[inline]
pub(crate) fn run(body: impl FnOnce() -> Outcome) -> eslp_status {
    match body() {
        Ok(()) => eslp_status::ESLP_OK,
        Err(status) => status,
    }
}

/// Where a call writes octets: no input of it may lie there.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    from: usize,
    to: usize,
}

impl Written {
    /// Nowhere.
    pub(crate) const NOWHERE: Self = Self { from: 0, to: 0 };

    /// Into this memory.
    pub(crate) fn to(data: *const c_void, size: usize) -> Self {
        Self { from: data.addr(), to: data.addr().saturating_add(size) }
    }

    /// The octets, if none of them is where the call writes.
    pub(crate) fn apart(self, octets: &[u8]) -> Outcome<&[u8]> {
        let from = octets.as_ptr().addr();
        let overlaps = from < self.to && self.from < from.saturating_add(octets.len()) && !octets.is_empty();
        if overlaps { Err(eslp_status::ESLP_OVERLAP) } else { Ok(octets) }
    }
}

/// Refuses a struct whose room for more fields is not zero: a newer header has a field there.
pub(crate) fn known<const N: usize>(reserved: &[u64; N]) -> Outcome {
    if *reserved == [0; N] { Ok(()) } else { Err(eslp_status::ESLP_UNKNOWN_FIELD) }
}

fn checked<T>(pointer: *mut T) -> Outcome<NonNull<T>> {
    let pointer = NonNull::new(pointer).ok_or(eslp_status::ESLP_NULL)?;
    if pointer.is_aligned() { Ok(pointer) } else { Err(eslp_status::ESLP_MISALIGNED) }
}

/// A struct that C has written, for the duration of the call.
///
/// # Safety
/// `pointer` is NULL or points to an initialised `T` that nobody writes to during the call. `T` consists of
/// numbers and raw pointers, for which every bit pattern is valid.
pub(crate) unsafe fn read<'a, T>(pointer: *const T) -> Outcome<&'a T> {
    // SAFETY: `checked` has excluded NULL and misalignment. The caller guarantees an initialised `T` without writers,
    // and that any bit pattern is a valid `T`: all that a shared reference requires.
    checked(pointer.cast_mut()).map(|pointer| unsafe { pointer.as_ref() })
}

/// A struct to be changed in place, for the duration of the call.
///
/// # Safety
/// As [`read`], and nobody else reads the struct during the call.
pub(crate) unsafe fn change<'a, T>(pointer: *mut T) -> Outcome<&'a mut T> {
    // SAFETY: as in `read`; that nobody else reads either makes the reference unique.
    checked(pointer).map(|mut pointer| unsafe { pointer.as_mut() })
}

/// The target of a result. Its old contents are never read.
#[derive(Clone, Copy)]
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// A target that holds `value` unless something else is [`set`](Self::set): whatever happens, it has been written.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory for a `T` that only this call uses. No `Out` outlives the call.
    pub(crate) unsafe fn with(pointer: *mut T, value: T) -> Outcome<Self>
    where
        T: Copy,
    {
        let out = Self(checked(pointer)?);
        out.set(value);
        Ok(out)
    }

    /// The same with zeros.
    ///
    /// # Safety
    /// As [`with`](Self::with).
    pub(crate) unsafe fn new(pointer: *mut T) -> Outcome<Self>
    where
        T: Plain,
    {
        // SAFETY: the same precondition as this function's.
        unsafe { Self::with(pointer, T::ZERO) }
    }

    /// As [`new`](Self::new), but NULL means that C does not want the result.
    ///
    /// # Safety
    /// As [`with`](Self::with).
    pub(crate) unsafe fn optional(pointer: *mut T) -> Outcome<Option<Self>>
    where
        T: Plain,
    {
        // SAFETY: the same precondition as this function's.
        if pointer.is_null() { Ok(None) } else { unsafe { Self::new(pointer) }.map(Some) }
    }

    /// A target of which nothing is known before it is set.
    ///
    /// # Safety
    /// As [`with`](Self::with).
    pub(crate) unsafe fn raw(pointer: *mut T) -> Outcome<Self> {
        checked(pointer).map(Self)
    }

    #[inline]
    pub(crate) fn set(self, value: T) {
        // SAFETY: the constructors have excluded NULL and misalignment, and their callers guarantee memory for a `T`
        // that only this call uses. `write` does not read or drop the old contents, which may be uninitialised.
        unsafe { self.0.write(value) }
    }
}

/// `len` bytes or items at `data`, for the duration of the call. With a `len` of 0, `data` may be any pointer.
///
/// # Safety
/// `data` is NULL or points to `len` initialised `T` that nobody writes to during the call.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> Outcome<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    let data = checked(data.cast_mut())?;
    fits::<T>(len)?;
    // SAFETY: `checked` has excluded NULL and misalignment, `fits` a size beyond `isize::MAX`. The caller guarantees
    // `len` initialised items without writers.
    Ok(unsafe { core::slice::from_raw_parts(data.as_ptr(), len) })
}

/// As [`slice`], but writable.
///
/// # Safety
/// As [`slice`], and nobody else reads the items during the call.
pub(crate) unsafe fn slice_mut<'a, T>(data: *mut T, len: usize) -> Outcome<&'a mut [T]> {
    if len == 0 {
        return Ok(&mut []);
    }
    let data = checked(data)?;
    fits::<T>(len)?;
    // SAFETY: as in `slice`; that nobody else reads either makes the reference unique.
    Ok(unsafe { core::slice::from_raw_parts_mut(data.as_ptr(), len) })
}

/// Refuses lengths that no object has: Rust requires sizes of at most `isize::MAX`.
fn fits<T>(len: usize) -> Outcome {
    match len.checked_mul(size_of::<T>()) {
        Some(size) if isize::try_from(size).is_ok() => Ok(()),
        _ => Err(eslp_status::ESLP_INVALID_ARGUMENT),
    }
}

/// A byte buffer to read from.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn input<'a>(data: *const c_void, len: usize) -> Outcome<&'a [u8]> {
    // SAFETY: `slice` requires what this function's caller guarantees.
    unsafe { slice(data.cast::<u8>(), len) }
}

/// A byte buffer to write to.
///
/// # Safety
/// As [`slice_mut`], except that the bytes need not be initialised: memory of C's is opaque to Rust's
/// optimiser, which must assume that C has written some bytes; and the core writes an output before it reads from it.
pub(crate) unsafe fn output<'a>(data: *mut c_void, len: usize) -> Outcome<&'a mut [u8]> {
    // SAFETY: `slice_mut` requires what this function's caller guarantees; for uninitialised bytes see above.
    unsafe { slice_mut(data.cast::<u8>(), len) }
}

// SAFETY: numbers, of which all bits are valid, and raw pointers.
unsafe impl Plain for usize {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: as above.
unsafe impl<T> Plain for *mut T {}
// SAFETY: only written, never read from C's memory; zero is `false`.
unsafe impl Plain for bool {}

macro_rules! plain {
    ($($module:ident: $($name:ident)+;)+) => {$($(
        // SAFETY: the declaration of each struct in this list has numbers, raw pointers, arrays of numbers and other structs of
        // this list as fields, and nothing else: no reference, no `bool`, no enum of Rust's.
        unsafe impl Plain for crate::$module::$name {}
    )+)+};
}

plain! {
    octets: eslp_bytes eslp_value eslp_header;
    pairs: eslp_pair eslp_pairs;
    event: eslp_event;
    message: eslp_frame eslp_message eslp_lines eslp_header_part;
    decoder: eslp_limits eslp_step;
    command: eslp_auth eslp_api eslp_events eslp_myevents eslp_filter eslp_sendevent eslp_execute eslp_unicast eslp_sendmsg
        eslp_command_fields eslp_command eslp_fault;
    client: eslp_unanswered eslp_client_result eslp_sent eslp_eof eslp_stats eslp_subscription;
    connection: eslp_connection_state;
}

#[cfg(feature = "dial")]
plain! {
    app: eslp_app eslp_app_fault;
    dial: eslp_leg eslp_dial eslp_originate eslp_endpoint eslp_dial_fault eslp_dial_read;
}

#[cfg(feature = "server")]
plain! {
    server: eslp_server_options eslp_host_request eslp_server_result eslp_response eslp_log_data eslp_server_state;
}

#[cfg(feature = "session")]
plain! {
    session: eslp_interest eslp_outcome eslp_gap eslp_notice eslp_session_state;
    queue: eslp_item;
    calls: eslp_call eslp_change;
}
