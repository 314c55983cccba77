//! Rust values in the caller's memory: handles, and iterators in structs of a fixed size.

use core::ffi::c_void;
use core::mem::MaybeUninit;

use crate::ptr::{Call, Lent, Memory, Outcome, ask, checked, keep, run};
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
/// If C allocates a `Self` by its size, [`Marked<Inner>`](Marked) fits in it. A `Self` that C knows by name only is never
/// dereferenced as one: pointers to it come from [`place`](Opaque::place) and [`allocate`](Opaque::allocate). No two types
/// have the same `MARK`. The table below checks all of that.
pub(crate) unsafe trait Opaque: Sized {
    /// The actual value. It has no destructor, unless it lives on the heap only.
    type Inner: 'static;
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

    /// Makes a value in `size` bytes of the caller's.
    fn place(memory: Lent, size: usize, inner: Self::Inner) -> Outcome<*mut Self> {
        let memory = memory.pointer();
        if size < Self::size() && !memory.is_null() {
            return Err(eslp_status::ESLP_MEMORY_TOO_SMALL);
        }
        let place = checked(memory.cast::<Marked<Self::Inner>>())?;
        // SAFETY: not NULL and aligned. C lends `size` bytes, which the check above has found enough for a `Marked`.
        unsafe { place.write(Marked::new(Self::MARK, inner)) };
        Ok(memory.cast())
    }

    /// Makes a value on the heap.
    #[cfg(feature = "heap")]
    fn allocate(inner: Self::Inner) -> Outcome<*mut Self> {
        const { assert!(align_of::<Marked<Self::Inner>>() <= MALLOC_ALIGN) };
        // SAFETY: `malloc` has no precondition: it returns NULL for a size that it cannot give.
        let memory = unsafe { malloc(Self::size()) }.cast::<Marked<Self::Inner>>();
        if memory.is_null() {
            return Err(eslp_status::ESLP_NO_MEMORY);
        }
        // SAFETY: not NULL, so `malloc` has returned memory of this size that nobody else knows, aligned to at least
        // `MALLOC_ALIGN`, which the assertion above has found enough.
        unsafe { memory.write(Marked::new(Self::HEAP_MARK, inner)) };
        Ok(memory.cast())
    }
}

/// A handle, or a struct of `opaque` words: see [`ptr`](crate::ptr).
#[repr(transparent)]
pub struct Handle<T>(*mut T);

/// One that the call only looks at.
#[repr(transparent)]
pub struct Look<T>(*const T);

/// A struct of `opaque` words that is to be made.
#[repr(transparent)]
pub struct Make<T>(*mut T);

impl<T: Opaque> Handle<T> {
    /// What is there, whatever it is.
    fn marked<'c>(self) -> Outcome<&'c mut Marked<T::Inner>> {
        // SAFETY: not NULL and aligned. A `Marked` is valid in any state: its mark is an integer and its value a
        // `MaybeUninit`. C guarantees its memory, and that nobody else uses it. (Memory that C never wrote: see `Out::array`.)
        checked(self.0.cast::<Marked<T::Inner>>()).map(|mut pointer| unsafe { pointer.as_mut() })
    }

    /// The value, if there is one.
    pub(crate) fn get<'c>(self, _: Call<'c>) -> Outcome<&'c mut T::Inner> {
        let marked = self.marked()?;
        if marked.mark != T::MARK && marked.mark != T::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: the mark is that of this type, so `make`, `place` or `allocate` has written it together with a value,
        // and `end` or `give_back` has not overwritten it since.
        Ok(unsafe { marked.value.assume_init_mut() })
    }

    /// The body of a function that changes the value and can fail at nothing.
    pub(crate) fn change(self, body: impl FnOnce(&mut T::Inner)) -> eslp_status {
        run(|call| self.get(call).map(body))
    }

    /// Ends a value in the caller's memory. No such `Inner` has a destructor, so only the mark is overwritten.
    pub(crate) fn end(self) -> eslp_status {
        run(|_| match self.marked()? {
            marked if marked.mark == T::MARK => {
                marked.mark = GONE;
                Ok(())
            }
            _ => Err(eslp_status::ESLP_BAD_HANDLE),
        })
    }

    /// Frees a value on the heap. A value in the caller's memory is left alone.
    #[cfg(feature = "heap")]
    pub(crate) fn give_back(self) {
        let memory = self.0.cast();
        let Ok(marked) = self.marked() else { return };
        if marked.mark == T::HEAP_MARK {
            marked.mark = GONE;
            // SAFETY: only `allocate` writes `HEAP_MARK`, together with a value, into memory of `malloc`'s; C guarantees
            // that it has not been freed before, so the value is still there. `marked` is not used after this.
            unsafe {
                marked.value.assume_init_drop();
                free(memory);
            }
        }
    }
}

impl<T: Opaque> Look<T> {
    /// The value, if there is one.
    pub(crate) fn get<'c>(&self, _: Call<'c>) -> Outcome<&'c T::Inner> {
        // SAFETY: as in `Handle::marked`; C guarantees that nobody writes, which is enough for a shared reference.
        let marked: &Marked<T::Inner> = unsafe { checked(self.0.cast_mut().cast::<Marked<T::Inner>>())?.as_ref() };
        if marked.mark != T::MARK && marked.mark != T::HEAP_MARK {
            return Err(eslp_status::ESLP_BAD_HANDLE);
        }
        // SAFETY: as in `Handle::get`, the mark proves that a value was written.
        Ok(unsafe { marked.value.assume_init_ref() })
    }

    /// The body of a function that returns no status: what the value says, or `otherwise`.
    pub(crate) fn ask<R>(self, otherwise: R, body: impl FnOnce(&T::Inner) -> R) -> R {
        ask(otherwise, |call| self.get(call).map(body))
    }
}

#[cfg(feature = "server")]
impl crate::server::eslp_response {
    /// The channel's data, a handle in an input.
    pub(crate) fn data<'c>(&self, call: Call<'c>) -> Outcome<&'c crate::data::Growing> {
        Look(self.channel).get(call)
    }
}

impl<T: Opaque> Make<T> {
    /// The body of a function that makes a value in a struct of C's; if it fails, the struct holds none, whatever it held
    /// before. What it is made of is lent.
    pub(crate) fn make(self, body: impl FnOnce(Call<'static>) -> Outcome<T::Inner>) -> eslp_status {
        keep(|call| {
            let place = checked(self.0.cast::<Marked<T::Inner>>())?;
            // SAFETY: not NULL and aligned. C guarantees memory of a `T` for this call alone, in which a `Marked`, which
            // begins with its mark, fits by the safety condition of the trait.
            unsafe { place.cast::<u64>().write(GONE) };
            let inner = body(call)?;
            // SAFETY: as above.
            unsafe { place.write(Marked::new(T::MARK, inner)) };
            Ok(())
        })
    }
}

/// Implements [`Opaque`]: for structs that C allocates, for handles in memory of a size that the header tells, and for those
/// that live on the heap alone.
macro_rules! opaque {
    (@fits $name:ty, in heap) => {};
    (@fits $name:ty, in struct) => {
        assert!(size_of::<Marked<<$name as Opaque>::Inner>>() <= size_of::<$name>());
        assert!(align_of::<Marked<<$name as Opaque>::Inner>>() <= align_of::<$name>());
        assert!(!core::mem::needs_drop::<<$name as Opaque>::Inner>());
    };
    (@fits $name:ty, in $size:path) => {
        assert!(size_of::<Marked<<$name as Opaque>::Inner>>() <= $size);
        assert!(align_of::<Marked<<$name as Opaque>::Inner>>() <= ESLP_ALIGN);
        assert!(!core::mem::needs_drop::<<$name as Opaque>::Inner>());
    };
    ($($(#[$feature:meta])? $module:ident::$name:ident, $inner:ty, $mark:literal, in $place:tt $(::$size:ident)*;)+) => {
        $(
            $(#[$feature])?
            // SAFETY: the constants below check that it fits, and that the mark is used once.
            unsafe impl Opaque for crate::$module::$name {
                type Inner = $inner;
                const MARK: u64 = $mark;
            }

            $(#[$feature])?
            const _: () = { opaque!(@fits crate::$module::$name, in $place $(::$size)*); };
        )+

        const _: () = {
            let mut marks: &[u64] = &[$($mark),+];
            while let [mark, rest @ ..] = marks {
                let mut others = rest;
                while let [other, rest @ ..] = others {
                    assert!(*mark != *other && *mark != *other ^ 1);
                    others = rest;
                }
                assert!(*mark != GONE);
                marks = rest;
            }
        };
    };
}

opaque! {
    octets::eslp_items, esl_core::text::Items<'static>, 0x6573_6c70_6974_6d10, in struct;
    event::eslp_headers, crate::event::AnyHeaders, 0x6573_6c70_6865_6410, in struct;
    event::eslp_index, esl_core::event::Indexed<'static, 'static>, 0x6573_6c70_6964_7810, in struct;
    data::eslp_outgoing_event, crate::data::Growing, 0x6573_6c70_6461_7410, in struct;
    buffer::eslp_buffer, esl_core::RecvBuf<Memory>, 0x6573_6c70_6275_6610, in struct;
    jobs::eslp_pending, crate::jobs::Table, 0x6573_6c70_706e_6410, in struct;
    jobs::eslp_sequence, esl_core::client::EventSequence, 0x6573_6c70_7365_7110, in struct;
    decoder::eslp_decoder, esl_core::Decoder, 0x6573_6c70_6465_6310, in crate::decoder::ESLP_DECODER_SIZE;
    client::eslp_client, esl_core::Client, 0x6573_6c70_636c_6910, in crate::client::ESLP_CLIENT_SIZE;
    connection::eslp_connection, esl_core::Connection<Memory>, 0x6573_6c70_636f_6e10,
        in crate::connection::ESLP_CONNECTION_SIZE;
    #[cfg(feature = "server")]
    server::eslp_server, esl_core::server::Server<Memory>, 0x6573_6c70_7372_7610, in crate::server::ESLP_SERVER_SIZE;
    #[cfg(feature = "session")]
    session::eslp_session, crate::session::Told, 0x6573_6c70_7365_7310, in heap;
    #[cfg(feature = "session")]
    queue::eslp_queue, crate::queue::Stream, 0x6573_6c70_7175_6510, in heap;
    #[cfg(feature = "session")]
    calls::eslp_calls, crate::calls::Known, 0x6573_6c70_6361_6c10, in heap;
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

/// The alignment of memory for handles: as `malloc` aligns, or `_Alignas(ESLP_ALIGN)`.
pub const ESLP_ALIGN: usize = 16;
