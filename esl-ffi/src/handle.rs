//! What the library keeps in memory of the caller's: handles, and iterators in structs of a fixed size.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use crate::border::{Out, Outcome};
use crate::status::eslp_status;

/// Something of the library's behind a word that tells whether it is there.
#[repr(C)]
pub(crate) struct Marked<T> {
    mark: u64,
    value: MaybeUninit<T>,
}

impl<T> Marked<T> {
    const fn new(mark: u64, value: T) -> Self {
        Self { mark, value: MaybeUninit::new(value) }
    }
}

/// The mark after the end of a handle.
const GONE: u64 = 0x676f_6e65_676f_6e65;

/// A type that C knows by name only, or as so many words.
///
/// # Safety
/// Where `Self` has a size, [`Marked<Inner>`](Marked) fits in: see [`assert_fits`].
pub(crate) unsafe trait Opaque: Sized {
    /// What is really there. It has no destructor.
    type Inner;
    /// The words before it: in the caller's memory, and on the heap.
    const MARK: u64;
    const HEAP_MARK: u64 = Self::MARK ^ 1;

    /// The memory that it needs.
    fn size() -> usize {
        size_of::<Marked<Self::Inner>>()
    }

    /// How that must be aligned.
    fn align() -> usize {
        align_of::<Marked<Self::Inner>>()
    }

    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, in whatever state, which only this call uses.
    unsafe fn inner<'a>(pointer: *mut Self) -> Outcome<&'a mut Self::Inner> {
        // SAFETY: the mark is a number; the value is read only if the mark says that it is there.
        let marked = unsafe { crate::border::change(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK && marked.mark != Self::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: the mark is only ever written together with the value.
        Ok(unsafe { marked.value.assume_init_mut() })
    }

    /// The same where nothing is changed.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, in whatever state, which nobody changes during the call.
    unsafe fn inner_ref<'a>(pointer: *const Self) -> Outcome<&'a Self::Inner> {
        // SAFETY: as in `inner`.
        let marked = unsafe { crate::border::read(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK && marked.mark != Self::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: the mark is only ever written together with the value.
        Ok(unsafe { marked.value.assume_init_ref() })
    }

    /// Makes one in a struct of C's.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, which only this call uses.
    unsafe fn put(pointer: *mut Self, inner: Self::Inner) -> Outcome {
        // SAFETY: passed on; it fits, as the trait says.
        unsafe { Out::new(pointer.cast::<Marked<Self::Inner>>()) }?.set(Marked::new(Self::MARK, inner));
        Ok(())
    }

    /// Makes one in `size` octets of the caller's.
    ///
    /// # Safety
    /// `memory` is NULL or points to `size` octets, which only this call uses.
    unsafe fn place(memory: *mut c_void, size: usize, inner: Self::Inner) -> Outcome<*mut Self> {
        if size < size_of::<Marked<Self::Inner>>() && !memory.is_null() {
            return Err(eslp_status::ESLP_MEMORY_TOO_SMALL);
        }
        // SAFETY: passed on; it fits.
        unsafe { Out::new(memory.cast::<Marked<Self::Inner>>()) }?.set(Marked::new(Self::MARK, inner));
        Ok(memory.cast())
    }

    /// Ends one in the caller's memory. Nothing has a destructor, so only the mark goes.
    ///
    /// # Safety
    /// As [`inner`](Self::inner).
    unsafe fn end(pointer: *mut Self) -> Outcome {
        // SAFETY: the mark is a number.
        let marked = unsafe { crate::border::change(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        marked.mark = GONE;
        Ok(())
    }

    /// Makes one on the heap.
    #[cfg(feature = "alloc")]
    fn allocate(inner: Self::Inner) -> Outcome<*mut Self> {
        const { assert!(align_of::<Marked<Self::Inner>>() <= MALLOC_ALIGN) };
        // SAFETY: malloc takes any size.
        let memory = unsafe { malloc(size_of::<Marked<Self::Inner>>()) }.cast::<Marked<Self::Inner>>();
        if memory.is_null() {
            return Err(eslp_status::ESLP_NO_MEMORY);
        }
        // SAFETY: fresh memory of this size, aligned as malloc does.
        unsafe { memory.write(Marked::new(Self::HEAP_MARK, inner)) };
        Ok(memory.cast())
    }

    /// Gives one on the heap back. Anything else is left alone.
    ///
    /// # Safety
    /// As [`inner`](Self::inner); one from the heap has not been given back before.
    #[cfg(feature = "alloc")]
    unsafe fn give_back(pointer: *mut Self) {
        // SAFETY: the mark is a number.
        let Ok(marked) = (unsafe { crate::border::change(pointer.cast::<Marked<Self::Inner>>()) }) else { return };
        if marked.mark == Self::HEAP_MARK {
            marked.mark = GONE;
            // SAFETY: the mark tells that it came from malloc.
            unsafe { free(pointer.cast()) };
        }
    }
}

/// How malloc aligns everywhere.
#[cfg(feature = "alloc")]
const MALLOC_ALIGN: usize = 2 * size_of::<usize>();

#[cfg(feature = "alloc")]
#[cfg_attr(unix, link(name = "c"))]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// Whether a struct of C's can hold what is put into it.
pub(crate) const fn assert_fits<T: Opaque>() {
    assert!(size_of::<Marked<T::Inner>>() <= size_of::<T>());
    assert!(align_of::<Marked<T::Inner>>() <= align_of::<T>());
    assert!(!core::mem::needs_drop::<T::Inner>());
}

/// Whether memory of the size that the header names can hold a handle.
pub(crate) const fn assert_size<T: Opaque>(size: usize) {
    assert!(size_of::<Marked<T::Inner>>() <= size);
    assert!(align_of::<Marked<T::Inner>>() <= ESLP_ALIGN);
    assert!(!core::mem::needs_drop::<T::Inner>());
}

/// How memory for handles must be aligned: as `malloc` aligns, or `_Alignas(ESLP_ALIGN)`.
pub const ESLP_ALIGN: usize = 16;
