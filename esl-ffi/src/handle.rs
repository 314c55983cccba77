//! Rust values in the caller's memory: handles, and iterators in structs of a fixed size.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use crate::ptr::{Out, Outcome};
use crate::status::eslp_status;

/// A value behind a tag word, so that a zeroed or freed handle is detected.
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

/// The mark of a handle that has ended.
const GONE: u64 = 0x676f_6e65_676f_6e65;

/// A type that C knows by name only, or as an array of words.
///
/// # Safety
/// If C allocates a `Self` by its size, [`Marked<Inner>`](Marked) fits in it, as [`assert_fits`] checks at
/// compile time. A `Self` that C knows by name only is never dereferenced as one: pointers to it come from
/// [`place`](Opaque::place) and [`allocate`](Opaque::allocate). No two types have the same `MARK`.
pub(crate) unsafe trait Opaque: Sized {
    /// The actual value. It has no destructor, unless it lives on the heap only.
    type Inner;
    /// The tag words: of a value in the caller's memory, and of one on the heap.
    const MARK: u64;
    const HEAP_MARK: u64 = Self::MARK ^ 1;

    /// The size of the memory.
    fn size() -> usize {
        size_of::<Marked<Self::Inner>>()
    }

    /// The alignment of the memory.
    fn align() -> usize {
        align_of::<Marked<Self::Inner>>()
    }

    /// The value, if there is one.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, in any state, that only this call uses. Nobody but
    /// this library has written one of its marks there.
    unsafe fn inner<'a>(pointer: *mut Self) -> Outcome<&'a mut Self::Inner> {
        // SAFETY: a `Marked` is valid in any state: its mark is an integer and its value a `MaybeUninit`. The caller
        // guarantees its memory and that nobody else uses it. (Memory that C never wrote: see `ptr::output`.)
        let marked = unsafe { crate::ptr::change(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK && marked.mark != Self::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: the mark is that of this type, so `put`, `place` or `allocate` has written it together with a value,
        // and `end` or `give_back` has not overwritten it since.
        Ok(unsafe { marked.value.assume_init_mut() })
    }

    /// As [`inner`](Self::inner), for shared access.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, in any state, that nobody writes to during the call.
    /// Nobody but this library has written one of its marks there.
    unsafe fn inner_ref<'a>(pointer: *const Self) -> Outcome<&'a Self::Inner> {
        // SAFETY: as in `inner`; the caller guarantees that nobody writes, which is enough for a shared reference.
        let marked = unsafe { crate::ptr::read(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK && marked.mark != Self::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: as in `inner`, the mark proves that a value was written.
        Ok(unsafe { marked.value.assume_init_ref() })
    }

    /// Makes a value in a struct of C's; if `inner` fails, the struct holds none, whatever it held before.
    ///
    /// # Safety
    /// `pointer` is NULL or points to memory of a `Self`, which only this call uses.
    unsafe fn put(pointer: *mut Self, inner: impl FnOnce() -> Outcome<Self::Inner>) -> Outcome {
        // SAFETY: `pointer` is NULL or points to memory of a `Self` for this call alone, in which a `Marked`, which begins with
        // its mark, fits by the safety condition of the trait.
        let (mark, out) =
            unsafe { (Out::with(pointer.cast(), GONE)?, Out::raw(pointer.cast::<Marked<Self::Inner>>())?) };
        let _: Out<u64> = mark;
        out.set(Marked::new(Self::MARK, inner()?));
        Ok(())
    }

    /// Makes a value in `size` bytes of the caller's.
    ///
    /// # Safety
    /// `memory` is NULL or points to `size` bytes that only this call uses.
    unsafe fn place(memory: *mut c_void, size: usize, inner: Self::Inner) -> Outcome<*mut Self> {
        if size < size_of::<Marked<Self::Inner>>() && !memory.is_null() {
            return Err(eslp_status::ESLP_MEMORY_TOO_SMALL);
        }
        // SAFETY: `memory` is NULL or points to `size` bytes for this call alone, which the check above has found
        // enough for a `Marked`.
        unsafe { Out::raw(memory.cast::<Marked<Self::Inner>>()) }?.set(Marked::new(Self::MARK, inner));
        Ok(memory.cast())
    }

    /// Ends a value in the caller's memory. No `Inner` has a destructor, so only the mark is overwritten.
    ///
    /// # Safety
    /// As [`inner`](Self::inner).
    unsafe fn end(pointer: *mut Self) -> Outcome {
        // SAFETY: as in `inner`; only the mark is read.
        let marked = unsafe { crate::ptr::change(pointer.cast::<Marked<Self::Inner>>()) }?;
        if marked.mark != Self::MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        marked.mark = GONE;
        Ok(())
    }

    /// Makes a value on the heap.
    #[cfg(feature = "heap")]
    fn allocate(inner: Self::Inner) -> Outcome<*mut Self> {
        const { assert!(align_of::<Marked<Self::Inner>>() <= MALLOC_ALIGN) };
        // SAFETY: `malloc` has no precondition: it returns NULL for a size that it cannot give.
        let memory = unsafe { malloc(size_of::<Marked<Self::Inner>>()) }.cast::<Marked<Self::Inner>>();
        if memory.is_null() {
            return Err(eslp_status::ESLP_NO_MEMORY);
        }
        // SAFETY: not NULL, so `malloc` has returned memory of this size that nobody else knows, aligned to at least
        // `MALLOC_ALIGN`, which the assertion above has found enough.
        unsafe { memory.write(Marked::new(Self::HEAP_MARK, inner)) };
        Ok(memory.cast())
    }

    /// Frees a value on the heap. A value in the caller's memory is left alone.
    ///
    /// # Safety
    /// As [`inner`](Self::inner); a value on the heap has not been freed before.
    #[cfg(feature = "heap")]
    unsafe fn give_back(pointer: *mut Self) {
        // SAFETY: as in `inner`; only the mark is read. The memory still exists, as it has not been freed before.
        let Ok(marked) = (unsafe { crate::ptr::change(pointer.cast::<Marked<Self::Inner>>()) }) else { return };
        if marked.mark == Self::HEAP_MARK {
            marked.mark = GONE;
            // SAFETY: only `allocate` writes `HEAP_MARK`, together with a value, into memory of `malloc`'s; the caller
            // guarantees that it has not been freed before, so the value is still there. `marked` is not used after this.
            unsafe {
                marked.value.assume_init_drop();
                free(pointer.cast());
            }
        }
    }
}

/// The alignment that `malloc` guarantees on every supported platform.
#[cfg(feature = "heap")]
const MALLOC_ALIGN: usize = 2 * size_of::<usize>();

#[cfg(feature = "heap")]
#[cfg_attr(unix, link(name = "c"))]
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    #[cfg(all(feature = "session", not(test)))]
    fn realloc(memory: *mut c_void, size: usize) -> *mut c_void;
}

/// What sessions keep lies where handles do. Tests have the allocator of std: what runs them wants greater alignments.
#[cfg(all(feature = "session", not(test)))]
struct Malloc;

#[cfg(all(feature = "session", not(test)))]
#[global_allocator]
static MALLOC: Malloc = Malloc;

// SAFETY: the functions of the C library are an allocator: they do not unwind, and what they give has the size that was asked
// for and is aligned to `MALLOC_ALIGN`; a greater alignment is refused. `realloc` keeps what stood in the memory.
#[cfg(all(feature = "session", not(test)))]
unsafe impl core::alloc::GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: core::alloc::Layout) -> *mut u8 {
        if layout.align() > MALLOC_ALIGN {
            return core::ptr::null_mut();
        }
        // SAFETY: `malloc` has no precondition.
        unsafe { malloc(layout.size()) }.cast()
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: core::alloc::Layout) {
        // SAFETY: the caller guarantees that `memory` comes from this allocator, and so from `malloc` or `realloc`.
        unsafe { free(memory.cast()) }
    }

    unsafe fn realloc(&self, memory: *mut u8, _: core::alloc::Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `dealloc`.
        unsafe { realloc(memory.cast(), size) }.cast()
    }
}

/// Checks at compile time that a struct of C's can hold the value behind it.
pub(crate) const fn assert_fits<T: Opaque>() {
    assert!(size_of::<Marked<T::Inner>>() <= size_of::<T>());
    assert!(align_of::<Marked<T::Inner>>() <= align_of::<T>());
    assert!(!core::mem::needs_drop::<T::Inner>());
}

/// Checks at compile time that memory of the size in the header can hold a handle.
pub(crate) const fn assert_size<T: Opaque>(size: usize) {
    assert!(size_of::<Marked<T::Inner>>() <= size);
    assert!(align_of::<Marked<T::Inner>>() <= ESLP_ALIGN);
    assert!(!core::mem::needs_drop::<T::Inner>());
}

/// The alignment of memory for handles: as `malloc` aligns, or `_Alignas(ESLP_ALIGN)`.
pub const ESLP_ALIGN: usize = 16;
