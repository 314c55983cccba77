//! A receive buffer over memory of the caller's.

use core::ffi::{c_char, c_void};

use esl_core::RecvBuf;

use crate::handle::{Opaque, assert_fits};
use crate::ptr::{Out, Outcome, output, run};
use crate::status::eslp_status;

/// A receive buffer over memory of the caller's: it keeps the books of what has been read and not yet consumed. For hosts
/// that have none of their own.
///
///     eslp_buffer_init(&buffer, memory, sizeof memory);
///     for (;;) {
///         status = eslp_client_poll(client, eslp_buffer_data(&buffer), eslp_buffer_len(&buffer), &result);
///         ... use what came ...
///         eslp_buffer_consume(&buffer, result.consumed);
///         if (status != ESLP_NEED_DATA) continue;
///         eslp_buffer_spare(&buffer, &spare, &room);
///         count = read(socket, spare, room);
///         ... 0 is the end, less an error ...
///         eslp_buffer_commit(&buffer, (size_t)count);
///     }
#[repr(C)]
pub struct eslp_buffer {
    /// Private.
    pub opaque: [u64; 8],
}

/// Lent memory of the caller's.
pub(crate) struct Memory(&'static mut [u8]);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0
    }
}

impl Memory {
    /// # Safety
    /// `memory` is NULL or points to `size` octets that nobody else uses as long as the value made over them is used.
    pub(crate) unsafe fn new(memory: *mut c_void, size: usize) -> Outcome<Self> {
        // SAFETY: `output` requires that for the call; the caller guarantees it for the life of `Self`, which is what
        // the `'static` stands for.
        unsafe { output(memory, size) }.map(Self)
    }
}

/// Tells where there is room to read into, and how much; none is a status.
pub(crate) fn room(spare: &mut [u8], at: Out<*mut c_char>, room: Out<usize>) -> Outcome {
    room.set(spare.len());
    if spare.is_empty() {
        at.set(core::ptr::null_mut());
        return Err(eslp_status::ESLP_INSUFFICIENT);
    }
    at.set(spare.as_mut_ptr().cast());
    Ok(())
}

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_buffer {
    type Inner = RecvBuf<Memory>;
    const MARK: u64 = 0x6573_6c70_6275_6610;
}

const _: () = assert_fits::<eslp_buffer>();

/// Begins with an empty buffer over `size` octets of memory, which must stay where they are as long as it is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_init(buffer: *mut eslp_buffer, memory: *mut c_void, size: usize) -> eslp_status {
    // SAFETY: by the contract with C, `buffer` is an output and `memory[..size]` is lent memory.
    run(|| unsafe { eslp_buffer::put(buffer, || Ok(RecvBuf::new(Memory::new(memory, size)?))) })
}

/// The octets read and not yet consumed; NULL if the buffer was not initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_data(buffer: *const eslp_buffer) -> *const c_char {
    // SAFETY: by the contract with C, `buffer` is a handle.
    let buffer = unsafe { eslp_buffer::inner_ref(buffer) };
    buffer.map_or(core::ptr::null(), |buffer| buffer.filled().as_ptr().cast())
}

/// The number of octets read and not yet consumed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_len(buffer: *const eslp_buffer) -> usize {
    // SAFETY: by the contract with C, `buffer` is a handle.
    unsafe { eslp_buffer::inner_ref(buffer) }.map_or(0, |buffer| buffer.filled().len())
}

/// The number of octets that the memory can hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_capacity(buffer: *const eslp_buffer) -> usize {
    // SAFETY: by the contract with C, `buffer` is a handle.
    unsafe { eslp_buffer::inner_ref(buffer) }.map_or(0, RecvBuf::capacity)
}

/// Room to read into; say with eslp_buffer_commit() how much was read. Unconsumed octets may be moved for it.
///
/// @return ESLP_INSUFFICIENT if the memory is full of unconsumed octets: only consuming or eslp_buffer_grow() makes room.
/// `spare` is NULL and `size` 0 then; a read into no room looks like the end of the stream.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_spare(
    buffer: *mut eslp_buffer,
    spare: *mut *mut c_char,
    size: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `buffer` is a handle and `spare` and `size` are outputs.
    run(|| unsafe {
        let (spare_out, room_out) = (Out::new(spare)?, Out::new(size)?);
        room(eslp_buffer::inner(buffer)?.spare_mut(), spare_out, room_out)
    })
}

/// Takes the first `count` octets of what eslp_buffer_spare() gave in. No more than it gave are taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_commit(buffer: *mut eslp_buffer, count: usize) -> eslp_status {
    // SAFETY: by the contract with C, `buffer` is a handle.
    run(|| unsafe {
        eslp_buffer::inner(buffer)?.commit(count);
        Ok(())
    })
}

/// Takes `count` octets off the front of what was read. No more than there are are taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_consume(buffer: *mut eslp_buffer, count: usize) -> eslp_status {
    // SAFETY: by the contract with C, `buffer` is a handle.
    run(|| unsafe {
        eslp_buffer::inner(buffer)?.consume(count);
        Ok(())
    })
}

/// Goes on with other memory, which holds what the old one held, as `realloc` gives it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_buffer_grow(buffer: *mut eslp_buffer, memory: *mut c_void, size: usize) -> eslp_status {
    // SAFETY: by the contract with C, `buffer` is a handle and `memory[..size]` is lent memory. The old memory, which
    // `realloc` may have freed, is replaced without being accessed.
    run(|| unsafe {
        let memory = Memory::new(memory, size)?;
        eslp_buffer::inner(buffer)?.grow(|old| *old = memory);
        Ok(())
    })
}
