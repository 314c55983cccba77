//! A client with its buffers as one handle.

use core::ffi::{c_char, c_void};

use esl_core::{Client, Connection, Limits};

use crate::buffer::room;
use crate::client::{
    ESLP_NO_ID, client, eslp_client_result, eslp_end, eslp_eof, eslp_role, eslp_sent, eslp_stats, eslp_subscription,
    said_of_sending, status_of,
};
use crate::command::eslp_command;
use crate::decoder::eslp_limits;
use crate::handle::{Handle, Look, Opaque as _};
use crate::message::eslp_socket_mode;
use crate::octets::eslp_bytes;
use crate::ptr::{In, Lent, Out, Plain as _, run};
use crate::status::eslp_status;

/// Memory for a connection, in bytes, aligned as ESLP_ALIGN says. More than the library needs now.
pub const ESLP_CONNECTION_SIZE: usize = 768;

/// A client with its input and output buffers: a connection that lacks only its socket.
///
///     for (;;) {
///         while ((status = eslp_connection_next(connection, &result)) == ESLP_OK) {
///             ... look at result.kind and result.message; perhaps eslp_connection_send() ...
///         }
///         if (status != ESLP_NEED_DATA) break;
///         bytes = eslp_connection_to_send(connection);
///         eslp_connection_sent(connection, (size_t)write(socket, bytes.data, bytes.len));
///         eslp_connection_spare(connection, &spare, &room);
///         eslp_connection_commit(connection, (size_t)read(socket, spare, room));
///         ... 0 is the end: eslp_connection_eof(); less an error ...
///     }
///
/// The next call consumes the last message, so that it cannot be forgotten.
pub struct eslp_connection;

/// What is known of a connection.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_connection_state {
    /// Counts of what was received so far.
    pub stats: eslp_stats,
    /// The number of commands that have been sent and not answered yet.
    pub in_flight: u64,
    /// How long the memory of the input must be, if it is too short for the next frame: eslp_connection_grow_input(). 0
    /// if it is long enough, as it always is if it has as many bytes as `max_buffered` of the limits.
    pub required: usize,
    /// Why the connection is over: an eslp_end, ESLP_END_NONE if it is not.
    pub end: eslp_end,
    /// In outbound mode, known from the reply to `connect`.
    pub socket_mode: eslp_socket_mode,
    /// Whether the server takes all commands.
    pub is_open: u8,
    /// Whether the controlled channel has ended and the connection lingers.
    pub is_lingering: u8,
    /// In outbound mode: whether the reply to `connect` has arrived, and whether all commands may be used.
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

/// Makes a connection in the caller's memory, which must not move until eslp_connection_drop(), nor must `input`, for
/// received bytes, and `output`, for bytes to send.
///
/// `role` is an eslp_role. If `max_buffered` is not set in `limits`, it is `input_size`: longer frames come in parts,
/// and the input never needs to grow.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_init(
    memory: Lent, size: usize, role: eslp_role, limits: In<eslp_limits>, input: Lent, input_size: usize, output: Lent,
    output_size: usize, connection: Out<*mut eslp_connection>,
) -> eslp_status {
    connection.give(|call| {
        let client = client(role, limits, Limits::for_buffer(input_size), call)?;
        let (input, output) = (input.octets(input_size)?, output.octets(output_size)?);
        eslp_connection::place(memory, size, Connection::new(client, input, output))
    })
}

/// Ends a connection. All of its memory is free for other use then.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_drop(connection: Handle<eslp_connection>) -> eslp_status {
    connection.end()
}

/// Room to read into; then call eslp_connection_commit() with the number of bytes.
///
/// @return ESLP_INSUFFICIENT if the input is full of unconsumed bytes: `spare` is NULL and `size` 0 then. After
/// ESLP_NEED_DATA that is so only if eslp_connection_get_state() has a `required` length.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_spare(
    connection: Handle<eslp_connection>, spare: Out<*mut c_char>, size: Out<usize>,
) -> eslp_status {
    room(spare, size, |call| Ok(connection.get(call)?.spare_mut()))
}

/// Adds the first `count` bytes of the room from eslp_connection_spare(), at most all of it.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_commit(connection: Handle<eslp_connection>, count: usize) -> eslp_status {
    connection.change(|it| it.commit(count))
}

/// Returns the next message. It is valid until the next call of a function that takes this connection, except those
/// that only send; `result->consumed` is 0.
///
/// @return As eslp_client_poll(). With ESLP_NEED_DATA, `result->required` is how long the input must be, if it is too short.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_next(
    connection: Handle<eslp_connection>, result: Out<eslp_client_result>,
) -> eslp_status {
    run(|call| {
        let mut out = result.nothing(call)?;
        let connection = connection.get(call)?;
        let poll = connection.next();
        let status = status_of(&poll);
        let result = poll.into();
        let required = connection.required().unwrap_or_default();
        out.set(eslp_client_result { consumed: 0, required, ..result });
        status
    })
}

/// Continues with other memory for the input, which holds the contents of the old one, as after `realloc`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_grow_input(
    connection: Handle<eslp_connection>, memory: Lent, size: usize,
) -> eslp_status {
    run(|call| {
        let memory = memory.octets(size)?;
        connection.get(call)?.grow_input(|old| *old = memory);
        Ok(())
    })
}

/// Continues with other memory for the output, which holds the contents of the old one, as after `realloc`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_grow_output(
    connection: Handle<eslp_connection>, memory: Lent, size: usize,
) -> eslp_status {
    run(|call| {
        let memory = memory.octets(size)?;
        connection.get(call)?.grow_output(|old| *old = memory);
        Ok(())
    })
}

/// Appends a command to the output, and counts it as sent: its answer will carry `sent->id`.
///
/// @return As eslp_client_send(). ESLP_INSUFFICIENT if there is too little room: `sent->len` bytes are needed;
/// eslp_connection_sent() and eslp_connection_grow_output() make room.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_send(
    connection: Handle<eslp_connection>, command: In<eslp_command>, sent: Out<eslp_sent>,
) -> eslp_status {
    run(|call| {
        let (sent, connection) = (sent.nothing(call)?, connection.get(call)?);
        let command = command.command(call)?;
        let before = connection.to_send().len();
        let result = connection.send(&command);
        let len = connection.to_send().len().saturating_sub(before);
        said_of_sending(result.map(|id| (Some(id), len, 1)), sent)
    })
}

/// Writes all commands of a subscription for a new connection, and counts them as sent; with `undo`, those that undo
/// one. All or none.
///
/// @return As eslp_client_subscribe() and eslp_client_unsubscribe().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_subscribe(
    connection: Handle<eslp_connection>, subscription: In<eslp_subscription>, undo: bool, sent: Out<eslp_sent>,
) -> eslp_status {
    run(|call| {
        let (sent, connection) = (sent.nothing(call)?, connection.get(call)?);
        let subscription = subscription.read(call)?.subscription(call)?;
        let commands = if undo { subscription.reset_commands() } else { subscription.commands() };
        let (before, in_flight) = (connection.to_send().len(), connection.client().in_flight());
        let result = connection.send_all(commands);
        let len = connection.to_send().len().saturating_sub(before);
        let count = connection.client().in_flight().saturating_sub(in_flight);
        said_of_sending(result.map(|first| (first, len, count)), sent)
    })
}

/// Appends a command that this library does not know to the output, and counts it as sent: see
/// eslp_client_track_external().
///
/// @return ESLP_INSUFFICIENT if there is too little room.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_send_external(
    connection: Handle<eslp_connection>, octets: In<c_void>, len: usize, id: Out<u64>,
) -> eslp_status {
    run(|call| {
        let (mut id, connection) = (id.with(ESLP_NO_ID, call)?, connection.get(call)?);
        let sent = connection.send_external(octets.octets(len, call)?).map_err(|_| eslp_status::ESLP_INSUFFICIENT)?;
        id.set(sent.number());
        Ok(())
    })
}

/// What must be written to the socket, in one piece where that is possible. Say with eslp_connection_sent() how much was
/// written.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_to_send(connection: Look<eslp_connection>) -> eslp_bytes {
    connection.ask(eslp_bytes::ZERO, |connection| eslp_bytes::of(connection.to_send()))
}

/// Removes `count` bytes from the front of the output, at most as many as there are.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_sent(connection: Handle<eslp_connection>, count: usize) -> eslp_status {
    connection.change(|it| it.sent(count))
}

/// The stream has ended. To be called once, after eslp_connection_next() has returned ESLP_NEED_DATA or ESLP_CLOSED.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_eof(connection: Handle<eslp_connection>, eof: Out<eslp_eof>) -> eslp_status {
    eof.give(|call| Ok(connection.get(call)?.eof().into()))
}

/// Whether a command may be sent now: see eslp_client_may_send().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_may_send(
    connection: Look<eslp_connection>, command: In<eslp_command>,
) -> eslp_status {
    run(|call| Ok(connection.get(call)?.client().may_send(&command.command(call)?)?))
}

/// What is known of the connection.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_connection_get_state(
    connection: Look<eslp_connection>, state: Out<eslp_connection_state>,
) -> eslp_status {
    state.give(|call| {
        let connection = connection.get(call)?;
        Ok(state_of(connection.client(), connection.required()))
    })
}

pub(crate) fn state_of(client: &Client, required: Option<usize>) -> eslp_connection_state {
    eslp_connection_state {
        stats: client.stats().into(),
        in_flight: client.in_flight(),
        required: required.unwrap_or_default(),
        end: client.end().map_or(eslp_end::ESLP_END_NONE, Into::into),
        socket_mode: client.socket_mode().map_or(eslp_socket_mode::ESLP_SOCKET_NONE, Into::into),
        is_open: client.is_open().into(),
        is_lingering: client.is_lingering().into(),
        is_connected: client.has_full_control().is_some().into(),
        full_control: client.has_full_control().unwrap_or_default().into(),
        ..eslp_connection_state::ZERO
    }
}
