//! A receive buffer over memory of the caller's.

use core::ffi::c_char;

use esl_core::RecvBuf;

use crate::handle::{Handle, Look, Make};
use crate::ptr::{Call, Lent, Out, Outcome, run};
use crate::status::eslp_status;

/// A receive buffer over the caller's memory, which keeps track of the bytes that have been read and not yet consumed.
/// For hosts without a buffer of their own.
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

/// The body of a function that tells where there is room to read into, and how much; none is a status.
pub(crate) fn room(
    at: Out<*mut c_char>, room: Out<usize>, spare: impl for<'c> FnOnce(Call<'c>) -> Outcome<&'c mut [u8]>,
) -> eslp_status {
    run(|call| {
        let (mut at, mut room) = (at.nothing(call)?, room.nothing(call)?);
        match spare(call)? {
            [] => Err(eslp_status::ESLP_INSUFFICIENT),
            spare => {
                at.set(spare.as_mut_ptr().cast());
                room.set(spare.len());
                Ok(())
            }
        }
    })
}

/// Begins with an empty buffer over `size` bytes of memory, which must not move as long as it is used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_init(buffer: Make<eslp_buffer>, memory: Lent, size: usize) -> eslp_status {
    buffer.make(|_| Ok(RecvBuf::new(memory.octets(size)?)))
}

/// The bytes read and not yet consumed; NULL if the buffer was not initialised.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_data(buffer: Look<eslp_buffer>) -> *const c_char {
    buffer.ask(core::ptr::null(), |buffer| buffer.filled().as_ptr().cast())
}

/// The number of bytes read and not yet consumed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_len(buffer: Look<eslp_buffer>) -> usize {
    buffer.ask(0, |buffer| buffer.filled().len())
}

/// The number of bytes that the memory can hold.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_capacity(buffer: Look<eslp_buffer>) -> usize {
    buffer.ask(0, RecvBuf::capacity)
}

/// Room to read into; then call eslp_buffer_commit() with the number of bytes. Unconsumed bytes may be moved for it.
///
/// @return ESLP_INSUFFICIENT if the memory is full of unconsumed bytes: only consuming or eslp_buffer_grow() makes room.
/// `spare` is NULL and `size` 0 then; a read into no room looks like the end of the stream.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_spare(
    buffer: Handle<eslp_buffer>, spare: Out<*mut c_char>, size: Out<usize>,
) -> eslp_status {
    room(spare, size, |call| Ok(buffer.get(call)?.spare_mut()))
}

/// Adds the first `count` bytes of the room from eslp_buffer_spare(), at most all of it.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_commit(buffer: Handle<eslp_buffer>, count: usize) -> eslp_status {
    buffer.change(|it| it.commit(count))
}

/// Removes `count` bytes from the front of the buffer, at most as many as there are.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_consume(buffer: Handle<eslp_buffer>, count: usize) -> eslp_status {
    buffer.change(|it| it.consume(count))
}

/// Continues with other memory, which holds the contents of the old one, as after `realloc`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_buffer_grow(buffer: Handle<eslp_buffer>, memory: Lent, size: usize) -> eslp_status {
    run(|call| {
        let memory = memory.octets(size)?;
        buffer.get(call)?.grow(|old| *old = memory);
        Ok(())
    })
}
