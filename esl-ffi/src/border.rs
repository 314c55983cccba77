//! What C gives, checked and made safe.

use core::ffi::c_void;
use core::ptr::NonNull;

use crate::status::eslp_status;

/// What a function does: its value, or the status to return instead of [`eslp_status::ESLP_OK`].
pub(crate) type Outcome<T = ()> = Result<T, eslp_status>;

/// Runs the body of a function and says how it went.
#[inline]
pub(crate) fn run(body: impl FnOnce() -> Outcome) -> eslp_status {
    match body() {
        Ok(()) => eslp_status::ESLP_OK,
        Err(status) => status,
    }
}

fn checked<T>(pointer: *mut T) -> Outcome<NonNull<T>> {
    let pointer = NonNull::new(pointer).ok_or(eslp_status::ESLP_NULL)?;
    if pointer.is_aligned() { Ok(pointer) } else { Err(eslp_status::ESLP_MISALIGNED) }
}

/// A struct that C has written, for the length of a call.
///
/// # Safety
/// `pointer` is NULL or points to a `T` that nobody writes to during the call. `T` is made of numbers and pointers, for
/// which all octets are valid.
pub(crate) unsafe fn read<'a, T>(pointer: *const T) -> Outcome<&'a T> {
    // SAFETY: neither NULL nor misaligned, and the caller says the rest.
    checked(pointer.cast_mut()).map(|pointer| unsafe { pointer.as_ref() })
}

/// A struct of the library's or of C's, to be changed in place.
///
/// # Safety
/// As [`read`], and nobody else reads it during the call.
pub(crate) unsafe fn change<'a, T>(pointer: *mut T) -> Outcome<&'a mut T> {
    // SAFETY: neither NULL nor misaligned, and the caller says the rest.
    checked(pointer).map(|mut pointer| unsafe { pointer.as_mut() })
}

/// Where a result goes. What stands there before is never read.
#[derive(Clone, Copy)]
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `pointer` is NULL or points to memory for a `T` that is the caller's to write during the call.
    pub(crate) unsafe fn new(pointer: *mut T) -> Outcome<Self> {
        checked(pointer).map(Self)
    }

    /// The same where C may leave a result out with NULL.
    ///
    /// # Safety
    /// As [`new`](Self::new).
    pub(crate) unsafe fn optional(pointer: *mut T) -> Outcome<Option<Self>> {
        if pointer.is_null() { Ok(None) } else { checked(pointer).map(|pointer| Some(Self(pointer))) }
    }

    #[inline]
    pub(crate) fn set(self, value: T) {
        // SAFETY: checked, and the maker of this says that the memory is ours to write.
        unsafe { self.0.write(value) }
    }
}

/// `len` octets or items at `data`, for the length of a call. A length of 0 goes with any pointer.
///
/// # Safety
/// `data` is NULL or points to as many valid `T`, which nobody writes to during the call.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize) -> Outcome<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    let data = checked(data.cast_mut())?;
    fits::<T>(len)?;
    // SAFETY: not NULL, aligned, not too long, and the caller says the rest.
    Ok(unsafe { core::slice::from_raw_parts(data.as_ptr(), len) })
}

/// The same, to be written to.
///
/// # Safety
/// As [`slice`], and nobody else reads it during the call.
pub(crate) unsafe fn slice_mut<'a, T>(data: *mut T, len: usize) -> Outcome<&'a mut [T]> {
    if len == 0 {
        return Ok(&mut []);
    }
    let data = checked(data)?;
    fits::<T>(len)?;
    // SAFETY: not NULL, aligned, not too long, and the caller says the rest.
    Ok(unsafe { core::slice::from_raw_parts_mut(data.as_ptr(), len) })
}

/// No object is longer than half of the address space.
fn fits<T>(len: usize) -> Outcome {
    match len.checked_mul(size_of::<T>()) {
        Some(size) if isize::try_from(size).is_ok() => Ok(()),
        _ => Err(eslp_status::ESLP_INVALID_ARGUMENT),
    }
}

/// A buffer of C's to read from.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn input<'a>(data: *const c_void, len: usize) -> Outcome<&'a [u8]> {
    // SAFETY: passed on.
    unsafe { slice(data.cast::<u8>(), len) }
}

/// A buffer of C's to write to.
///
/// # Safety
/// As [`slice_mut`]. The octets need not be initialised: they are written before they are read.
pub(crate) unsafe fn output<'a>(data: *mut c_void, len: usize) -> Outcome<&'a mut [u8]> {
    // SAFETY: passed on.
    unsafe { slice_mut(data.cast::<u8>(), len) }
}
