//! A client with its buffers as one handle.

use core::ffi::c_void;

use esl_core::{Client, Connection, Limits};

use crate::buffer::{Memory, room};
use crate::client::{
    ESLP_NO_ID, client_of, eslp_client_result, eslp_end, eslp_eof, eslp_role, eslp_sent, eslp_stats, eslp_subscription,
    result_of, said_of_sending,
};
use crate::command::eslp_command;
use crate::decoder::{eslp_limits, limits};
use crate::handle::{Opaque, assert_size};
use crate::message::{eslp_socket_mode, socket_mode};
use crate::octets::eslp_bytes;
use crate::ptr::{Out, Plain as _, Written, input, read, run};
use crate::status::eslp_status;

/// Memory for a connection, in octets, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_CONNECTION_SIZE: usize = 768;

/// A client, the buffer that it reads from, and what it has to send: a connection that lacks only its socket.
///
///     for (;;) {
///         while ((status = eslp_connection_next(connection, &result)) == ESLP_OK) {
///             ... look at result.kind and result.message; perhaps eslp_connection_send() ...
///         }
///         if (status != ESLP_NEED_DATA) break;
///         octets = eslp_connection_to_send(connection);
///         eslp_connection_sent(connection, (size_t)write(socket, octets.data, octets.len));
///         eslp_connection_spare(connection, &spare, &room);
///         eslp_connection_commit(connection, (size_t)read(socket, spare, room));
///         ... 0 is the end: eslp_connection_eof(); less an error ...
///     }
///
/// What was found goes off the buffer at the next call: nobody can forget it.
pub struct eslp_connection;

// SAFETY: known by name only; `assert_size` checks the size that the header tells, and the mark is used once.
unsafe impl Opaque for eslp_connection {
    type Inner = Connection<Memory>;
    const MARK: u64 = 0x6573_6c70_636f_6e10;
}

const _: () = assert_size::<eslp_connection>(ESLP_CONNECTION_SIZE);

/// What is known of a connection.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_connection_state {
    /// What has come in so far.
    pub stats: eslp_stats,
    /// The number of commands that have been sent and not answered yet.
    pub in_flight: u64,
    /// How long the memory of the input must be, if it is too short for what is awaited: eslp_connection_grow_input(). 0 if
    /// it is long enough, as it always is if it has as many octets as `max_buffered` of the limits.
    pub required: usize,
    /// Why the connection is over: an eslp_end, ESLP_END_NONE if it is not.
    pub end: eslp_end,
    /// In outbound mode, once the reply to `connect` has told.
    pub socket_mode: eslp_socket_mode,
    /// Whether the server takes all commands.
    pub is_open: u8,
    /// Whether the controlled channel has ended and the connection lingers.
    pub is_lingering: u8,
    /// In outbound mode: whether the reply to `connect` has told, and whether all commands may be used.
    pub is_connected: u8,
    /// See `is_connected`.
    pub full_control: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// The memory that eslp_connection_init() needs of this library: at most ESLP_CONNECTION_SIZE.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_sizeof() -> usize {
    eslp_connection::size()
}

/// How that memory must be aligned: at most ESLP_ALIGN.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_alignof() -> usize {
    eslp_connection::align()
}

/// Makes a connection in memory of the caller's, which must stay where it is until eslp_connection_drop(), as must
/// `input`, which is read into, and `output`, which holds what is to be sent.
///
/// `role` is an eslp_role. Where `limits` say nothing of `max_buffered`, it is `input_size`: longer frames come in parts, and the
/// input never needs to grow.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_init(
    memory: *mut c_void,
    size: usize,
    role: eslp_role,
    limits: *const eslp_limits,
    input: *mut c_void,
    input_size: usize,
    output: *mut c_void,
    output_size: usize,
    connection: *mut *mut eslp_connection,
) -> eslp_status {
    // SAFETY: by the contract with C, `limits` is an input, `connection` is an output, and `memory[..size]`,
    // `input[..input_size]` and `output[..output_size]` are lent memory.
    run(|| unsafe {
        let out = Out::new(connection)?;
        let client = client_of(role, self::limits(limits, Limits::for_buffer(input_size))?)?;
        let (input, output) = (Memory::new(input, input_size)?, Memory::new(output, output_size)?);
        out.set(eslp_connection::place(memory, size, Connection::new(client, input, output))?);
        Ok(())
    })
}

/// Ends a connection. All of its memory is free for other use then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_drop(connection: *mut eslp_connection) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle.
    run(|| unsafe { eslp_connection::end(connection) })
}

/// Room to read into; say with eslp_connection_commit() how much was read.
///
/// @return ESLP_INSUFFICIENT if the input is full of what has not been looked at: `spare` is NULL and `size` 0 then. After
/// ESLP_NEED_DATA it is so only if eslp_connection_get_state() tells a `required` length.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_spare(
    connection: *mut eslp_connection,
    spare: *mut *mut core::ffi::c_char,
    size: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `spare` and `size` are outputs.
    run(|| unsafe {
        let (spare_out, room_out) = (Out::new(spare)?, Out::new(size)?);
        room(eslp_connection::inner(connection)?.spare_mut(), spare_out, room_out)
    })
}

/// Takes the first `count` octets of what eslp_connection_spare() gave in. No more than it gave are taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_commit(connection: *mut eslp_connection, count: usize) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle.
    run(|| unsafe {
        eslp_connection::inner(connection)?.commit(count);
        Ok(())
    })
}

/// Gives the next thing that has come in. It is valid until the next call of a function that takes this connection, but for
/// those that only send; `result->consumed` is 0.
///
/// @return As eslp_client_poll(). With ESLP_NEED_DATA, `result->required` is how long the input must be, if it is too short.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_next(
    connection: *mut eslp_connection,
    result: *mut eslp_client_result,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `result` is an output.
    run(|| unsafe {
        let out = Out::with(result, eslp_client_result::NONE)?;
        let connection = eslp_connection::inner(connection)?;
        let (result, status) = result_of(connection.next());
        let required = connection.required().unwrap_or_default();
        out.set(eslp_client_result { consumed: 0, required, ..result });
        status
    })
}

/// Goes on with other memory for the input, which holds what the old one held, as `realloc` gives it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_grow_input(
    connection: *mut eslp_connection,
    memory: *mut c_void,
    size: usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `memory[..size]` is lent memory. The old memory, which
    // `realloc` may have freed, is replaced without being accessed.
    run(|| unsafe {
        let memory = Memory::new(memory, size)?;
        eslp_connection::inner(connection)?.grow_input(|old| *old = memory);
        Ok(())
    })
}

/// Goes on with other memory for the output, which holds what the old one held, as `realloc` gives it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_grow_output(
    connection: *mut eslp_connection,
    memory: *mut c_void,
    size: usize,
) -> eslp_status {
    // SAFETY: as in `eslp_connection_grow_input`.
    run(|| unsafe {
        let memory = Memory::new(memory, size)?;
        eslp_connection::inner(connection)?.grow_output(|old| *old = memory);
        Ok(())
    })
}

/// Writes a command behind what is to be sent, and counts it as sent: its answer will carry `sent->id`.
///
/// @return As eslp_client_send(). ESLP_INSUFFICIENT if there is too little room, of which `sent->len` octets are needed:
/// eslp_connection_sent() and eslp_connection_grow_output() make some.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_send(
    connection: *mut eslp_connection,
    command: *const eslp_command,
    sent: *mut eslp_sent,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle, `command` is an input and `sent` is an output.
    run(|| unsafe {
        let out = Out::with(sent, eslp_sent::NOTHING)?;
        let connection = eslp_connection::inner(connection)?;
        let command = read(command)?.command(Written::NOWHERE)?;
        let before = connection.to_send().len();
        let result = connection.send(&command);
        let len = connection.to_send().len().saturating_sub(before);
        said_of_sending(result.map(|id| (Some(id), len, 1)), out)
    })
}

/// Writes all commands that a fresh connection must send to have a subscription, and counts them as sent; with `undo` those
/// that take one back. All or none.
///
/// @return As eslp_client_subscribe() and eslp_client_unsubscribe().
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_subscribe(
    connection: *mut eslp_connection,
    subscription: *const eslp_subscription,
    undo: bool,
    sent: *mut eslp_sent,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle, `subscription` is an input and `sent` is an output.
    run(|| unsafe {
        let out = Out::with(sent, eslp_sent::NOTHING)?;
        let connection = eslp_connection::inner(connection)?;
        let subscription = read(subscription)?.subscription(Written::NOWHERE)?;
        let commands = if undo { subscription.reset_commands() } else { subscription.commands() };
        let (before, in_flight) = (connection.to_send().len(), connection.client().in_flight());
        let result = connection.send_all(commands);
        let len = connection.to_send().len().saturating_sub(before);
        let count = connection.client().in_flight().saturating_sub(in_flight);
        said_of_sending(result.map(|first| (first, len, count)), out)
    })
}

/// Copies a command that this library does not know behind what is to be sent, and counts it as sent: see
/// eslp_client_track_external().
///
/// @return ESLP_INSUFFICIENT if there is too little room.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_send_external(
    connection: *mut eslp_connection,
    octets: *const c_void,
    len: usize,
    id: *mut u64,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle, `octets[..len]` is an input and `id` is an output.
    run(|| unsafe {
        let out = Out::with(id, ESLP_NO_ID)?;
        let connection = eslp_connection::inner(connection)?;
        let id = connection.send_external(input(octets, len)?).map_err(|_| eslp_status::ESLP_INSUFFICIENT)?;
        out.set(id.number());
        Ok(())
    })
}

/// What must be written to the socket, in one piece where that is possible. Say with eslp_connection_sent() how much was
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_to_send(connection: *const eslp_connection) -> eslp_bytes {
    // SAFETY: by the contract with C, `connection` is a handle.
    let connection = unsafe { eslp_connection::inner_ref(connection) };
    connection.map_or(eslp_bytes::ZERO, |connection| eslp_bytes::of(connection.to_send()))
}

/// Takes `count` octets off the front of what is to be sent. No more than there are are taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_sent(connection: *mut eslp_connection, count: usize) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle.
    run(|| unsafe {
        eslp_connection::inner(connection)?.sent(count);
        Ok(())
    })
}

/// The stream has ended. To be called once, after eslp_connection_next() has returned ESLP_NEED_DATA or ESLP_CLOSED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_eof(connection: *mut eslp_connection, eof: *mut eslp_eof) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `eof` is an output.
    run(|| unsafe {
        let out = Out::with(eof, eslp_eof::NOTHING)?;
        out.set(eslp_connection::inner(connection)?.eof().into());
        Ok(())
    })
}

/// Whether a command may be sent now: see eslp_client_may_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_may_send(
    connection: *const eslp_connection,
    command: *const eslp_command,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `command` is an input.
    run(|| unsafe {
        let connection = eslp_connection::inner_ref(connection)?;
        let command = read(command)?.command(Written::NOWHERE)?;
        connection.client().may_send(&command).map_err(|reason| eslp_status::of(reason.code()))
    })
}

/// What is known of the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_connection_get_state(
    connection: *const eslp_connection,
    state: *mut eslp_connection_state,
) -> eslp_status {
    // SAFETY: by the contract with C, `connection` is a handle and `state` is an output.
    run(|| unsafe {
        let out = Out::new(state)?;
        let connection = eslp_connection::inner_ref(connection)?;
        out.set(state_of(connection.client(), connection.required()));
        Ok(())
    })
}

pub(crate) fn state_of(client: &Client, required: Option<usize>) -> eslp_connection_state {
    eslp_connection_state {
        stats: client.stats().into(),
        in_flight: client.in_flight(),
        required: required.unwrap_or_default(),
        end: client.end().map_or(eslp_end::ESLP_END_NONE, crate::client::end_number),
        socket_mode: client.socket_mode().map_or(eslp_socket_mode::ESLP_SOCKET_NONE, socket_mode),
        is_open: client.is_open().into(),
        is_lingering: client.is_lingering().into(),
        is_connected: client.has_full_control().is_some().into(),
        full_control: client.has_full_control().unwrap_or_default().into(),
        ..eslp_connection_state::ZERO
    }
}
