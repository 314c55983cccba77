//! A client with its buffers in one value, still without I/O.
//!
//! To [`Client`] and [`RecvBuf`] it adds the order of calls: bytes are consumed by the call after the one that returned
//! them, so that a host cannot forget to.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use crate::buffer::RecvBuf;
use crate::client::{Client, CommandId, Eof, Poll, ProtocolError, Ready, SendError};
use crate::command::Command;
use crate::text::Insufficient;

/// A [`Client`] with its input and output buffers: a connection that lacks only its socket.
///
/// The host reads into [`spare_mut`](Self::spare_mut) and calls [`commit`](Self::commit) with the number of bytes;
/// takes messages from [`next`](Self::next); and writes [`to_send`](Self::to_send) to the socket, calling
/// [`sent`](Self::sent). Both storages are the host's: arrays, slices or `Vec`s. With
/// [`Limits::for_buffer`](crate::Limits::for_buffer) of the input's length the input never needs to grow.
///
/// ```
/// use std::io::{self, Read, Write};
/// use esl_proto::client::Poll;
/// use esl_proto::{Client, Command, Connection, Incoming, Limits};
///
/// struct Link<S> {
///     socket: S,
///     connection: Connection<[u8; 4096]>,
/// }
///
/// impl<S: Read + Write> Link<S> {
///     /// Waits for the next thing that comes in.
///     fn receive(&mut self) -> io::Result<Poll<'_>> {
///         while !self.connection.ready().map_err(io::Error::other)? {
///             match self.socket.read(self.connection.spare_mut())? {
///                 0 => return Err(io::Error::other(self.connection.eof().end.as_str())),
///                 count => self.connection.commit(count),
///             }
///         }
///         self.connection.next().map_err(io::Error::other)
///     }
///
///     fn send(&mut self, command: &Command<'_>) -> io::Result<()> {
///         self.connection.send(command).map_err(io::Error::other)?;
///         self.socket.write_all(self.connection.to_send())?;
///         self.connection.sent(usize::MAX);
///         Ok(())
///     }
/// }
///
/// # struct Script<'s>(&'s [u8], Vec<u8>);
/// # impl Read for Script<'_> { fn read(&mut self, out: &mut [u8]) -> io::Result<usize> { self.0.read(out) } }
/// # impl Write for Script<'_> {
/// #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> { self.1.write(bytes) }
/// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
/// # }
/// # let socket = Script(b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n", vec![]);
/// let client = Client::inbound(Limits::for_buffer(4096));
/// let mut link = Link { socket, connection: Connection::new(client, [0; 4096], [0; 4096]) };
/// loop {
///     match link.receive()? {
///         Poll::Incoming { incoming: Incoming::AuthRequest, .. } => link.send(&Command::auth("ClueCon"))?,
///         Poll::Incoming { incoming: Incoming::Authenticated { .. }, .. } => break,
///         other => panic!("{other:?}"),
///     }
/// }
/// # assert_eq!(link.socket.1, b"auth ClueCon\n\n");
/// # Ok::<(), io::Error>(())
/// ```
///
/// # Why `ready`
///
/// `receive` could be a single loop that asks for the next message and, if there is none, reads. Rust refuses that
/// (E0499): the returned message borrows the connection, and the compiler extends that borrow to the other branch, too.
/// [`ready`](Self::ready) borrows nothing, hence the order above: first wait, then take.
///
/// ```compile_fail,E0499
/// # use std::io::{self, Read};
/// # use esl_proto::client::Poll;
/// # use esl_proto::{Connection, Incoming};
/// # struct Link<S> { socket: S, connection: Connection<[u8; 4096]> }
/// # impl<S: Read> Link<S> {
/// fn receive(&mut self) -> io::Result<Incoming<'_>> {
///     loop {
///         if let Poll::Incoming { incoming, .. } = self.connection.next().map_err(io::Error::other)? {
///             return Ok(incoming);
///         }
///         let count = self.socket.read(self.connection.spare_mut())?;
///         self.connection.commit(count);
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Connection<I, O = I> {
    client: Client,
    input: RecvBuf<I>,
    /// Bytes of the input that the last call has given, or that are done with.
    taken: usize,
    /// How long the input must be for what is awaited, if anything is.
    awaited: Option<usize>,
    output: RecvBuf<O>,
}

const _: () = {
    // Where words are narrower than what a client counts in, padding may follow the seventh.
    let words = (7 * size_of::<usize>()).next_multiple_of(align_of::<Client>());
    assert!(size_of::<Connection<[u8; 0]>>() <= size_of::<Client>() + words);
};

impl<I: AsRef<[u8]> + AsMut<[u8]>, O: AsRef<[u8]> + AsMut<[u8]>> Connection<I, O> {
    /// The connection of a new `client`, with storage for input and output.
    pub const fn new(client: Client, input: I, output: O) -> Self {
        Self { client, input: RecvBuf::new(input), taken: 0, awaited: None, output: RecvBuf::new(output) }
    }

    /// What is known of the connection.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Room to read into; then call [`commit`](Self::commit) with the number of bytes.
    ///
    /// Empty if the storage is full of unconsumed bytes: after [`ready`](Self::ready) has returned false,
    /// [`required`](Self::required) says how long it must be. A read into an empty slice looks like the end of the
    /// stream.
    #[must_use]
    pub fn spare_mut(&mut self) -> &mut [u8] {
        self.consume();
        self.input.spare_mut()
    }

    /// Takes the first `count` bytes of [`spare_mut`](Self::spare_mut) in. No more than it holds are taken.
    pub fn commit(&mut self, count: usize) {
        self.input.commit(count);
    }

    /// Whether [`next`](Self::next) has something to return; otherwise more must be read first. True after the end of
    /// the connection, too.
    ///
    /// Consumes what the last `next` returned.
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken, then and on every later call.
    pub fn ready(&mut self) -> Result<bool, ProtocolError> {
        self.consume();
        let ready = self.client.ready(self.input.filled())?;
        self.taken = ready.consumed();
        self.awaited = match ready {
            Ready::NeedData { required, consumed } => Some(awaited(self.input.filled(), required, consumed)),
            Ready::Found | Ready::Closed { .. } => None,
        };
        Ok(ready.is_ready())
    }

    /// Gives the next thing that has come in: what [`ready`](Self::ready) has found, if it has been asked.
    ///
    /// It is taken off the buffer by the next call; [`Poll::consumed`] is of no use here.
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken, then and on every later call.
    // An iterator cannot lend.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Poll<'_>, ProtocolError> {
        self.consume();
        let poll = self.client.poll(self.input.filled())?;
        self.taken = poll.consumed();
        self.awaited = match poll {
            Poll::NeedData { required, consumed } => Some(awaited(self.input.filled(), required, consumed)),
            _ => None,
        };
        Ok(poll)
    }

    /// How long the storage of the input must be, if it is too short for what [`ready`](Self::ready) or
    /// [`next`](Self::next) is waiting for: see [`grow_input`](Self::grow_input).
    ///
    /// Never, if the storage is as long as [`Limits::max_buffered`](crate::Limits::max_buffered).
    #[must_use]
    pub fn required(&self) -> Option<usize> {
        self.awaited.filter(|length| *length > self.input.capacity())
    }

    /// Lets `change` resize the storage of the input:
    /// `connection.grow_input(|vec| vec.resize(required.next_power_of_two(), 0))`. What is read and not taken stays if the
    /// storage has not become too short for it.
    pub fn grow_input(&mut self, change: impl FnOnce(&mut I)) {
        self.input.grow(change);
    }

    /// Lets `change` resize the storage of the output, for a command that needs
    /// [more room](SendError::required). What is to be sent stays if the storage has not become shorter.
    pub fn grow_output(&mut self, change: impl FnOnce(&mut O)) {
        // The old storage is not touched before: to a host in C, `realloc` may have freed it.
        self.output.grow(change);
        self.output.compact();
    }

    /// Appends a command to the [output](Self::to_send), and counts it as sent: its answer will carry the id.
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent, may not be sent now, or there is too little room; then nothing has changed.
    /// [`sent`](Self::sent) and [`grow_output`](Self::grow_output) make room.
    pub fn send(&mut self, command: &Command<'_>) -> Result<CommandId, SendError> {
        let mut result = self.client.send(command, self.output.spare_mut());
        if let Err(SendError::Insufficient(Insufficient { required })) = result
            && required <= self.output.room()
        {
            self.output.compact();
            result = self.client.send(command, self.output.spare_mut());
        }
        let sent = result?;
        self.output.commit(sent.len);
        Ok(sent.id)
    }

    /// Appends commands to the [output](Self::to_send), all of them or none, and counts them as sent: for example those
    /// of a [subscription](crate::Subscription::commands). Returns the id of the first, if there is any; those of the
    /// others follow it.
    ///
    /// ```
    /// use esl_proto::name::EventName;
    /// use esl_proto::command::Events;
    /// use esl_proto::{Client, Command, Connection, Limits, Subscription};
    ///
    /// let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), [0; 512], [0; 512]);
    /// connection.send(&Command::auth("ClueCon"))?;
    /// let filters = [("Call-Direction", "inbound")];
    /// let events = Events::from(&[EventName::ChannelAnswer]);
    /// let wanted = Subscription { events, filters: (&filters).into(), ..Subscription::NONE };
    /// assert_eq!(connection.send_all(wanted.commands())?.map(|id| id.number()), Some(1));
    /// assert!(connection.to_send().ends_with(b"filter add Call-Direction inbound\n\nevent CHANNEL_ANSWER\n\n"));
    /// assert_eq!(connection.client().in_flight(), 3);
    /// # Ok::<(), esl_proto::client::SendError>(())
    /// ```
    ///
    /// # Errors
    /// [`SendError`] if one of them cannot be sent, may not be sent now, or there is too little room for all; then nothing
    /// has changed.
    pub fn send_all<'a>(
        &mut self,
        commands: impl Iterator<Item = Command<'a>> + Clone,
    ) -> Result<Option<CommandId>, SendError> {
        let mut required = 0_usize;
        for command in commands.clone() {
            required = required.saturating_add(command.encoded_len().map_err(SendError::Refused)?);
        }
        if required > self.output.room() {
            return Err(SendError::Insufficient(Insufficient { required }));
        }
        self.output.compact();
        let mut next = self.client.clone();
        let (mut len, mut first) = (0_usize, None);
        for command in commands {
            let sent = next.send(&command, self.output.spare_mut().get_mut(len..).unwrap_or_default())?;
            len = len.saturating_add(sent.len);
            first = first.or(Some(sent.id));
        }
        self.output.commit(len);
        self.client = next;
        Ok(first)
    }

    /// Appends a command that this crate does not know to the [output](Self::to_send), and counts it as sent: see
    /// [`Client::track_external`]. The caller must guarantee that `octets` are exactly one command with exactly one
    /// reply.
    ///
    /// # Errors
    /// [`Insufficient`] if there is too little room; then nothing has changed.
    pub fn send_external(&mut self, octets: &[u8]) -> Result<CommandId, Insufficient> {
        if octets.len() > self.output.room() {
            return Err(Insufficient { required: octets.len() });
        }
        if octets.len() > self.output.spare_mut().len() {
            self.output.compact();
        }
        for (to, from) in self.output.spare_mut().iter_mut().zip(octets) {
            *to = *from;
        }
        self.output.commit(octets.len());
        Ok(self.client.track_external())
    }

    /// What must be written to the socket, in one piece where that is possible: while a command is incomplete, the server
    /// sends nothing. Say how much was written with [`sent`](Self::sent).
    #[must_use]
    pub fn to_send(&self) -> &[u8] {
        self.output.filled()
    }

    /// [`spare_mut`](Self::spare_mut) and [`to_send`](Self::to_send) at once, for a host that reads and writes at the same time: a
    /// server that cannot get rid of its events reads no commands.
    #[must_use]
    pub fn split(&mut self) -> (&mut [u8], &[u8]) {
        self.consume();
        (self.input.spare_mut(), self.output.filled())
    }

    /// Takes `count` bytes off the front of [`to_send`](Self::to_send). No more than it holds are taken.
    pub fn sent(&mut self, count: usize) {
        self.output.consume(count);
    }

    /// Reports the end of the stream, and returns its consequences. Call it once, after [`ready`](Self::ready) has
    /// returned false or [`next`](Self::next) has returned the end.
    pub fn eof(&mut self) -> Eof<'_> {
        self.consume();
        self.client.eof(self.input.filled())
    }

    /// Gives the storages back, for the next connection.
    pub fn into_storage(self) -> (I, O) {
        (self.input.into_storage(), self.output.into_storage())
    }

    /// Takes off the buffer what is done with.
    fn consume(&mut self) {
        self.input.consume(core::mem::take(&mut self.taken));
    }
}

#[cfg(feature = "alloc")]
impl<O: AsRef<[u8]> + AsMut<[u8]>> Connection<Vec<u8>, O> {
    /// [`spare_mut`](Self::spare_mut) that is never empty: the input grows if it is too short for the next frame, to
    /// `limit` bytes at most.
    ///
    /// # Errors
    /// [`Insufficient`] if more than `limit` bytes would be needed. Never with a limit of
    /// [`Limits::max_buffered`](crate::Limits::max_buffered).
    pub fn spare_within(&mut self, limit: usize) -> Result<&mut [u8], Insufficient> {
        self.consume();
        self.input.spare_within(self.awaited.unwrap_or(0), limit)
    }
}

#[cfg(feature = "alloc")]
impl<I: AsRef<[u8]> + AsMut<[u8]>> Connection<I, Vec<u8>> {
    /// [`send`](Self::send), for which the output grows, to `limit` bytes at most: a server that reads nothing shall not
    /// fill the memory.
    ///
    /// ```
    /// use esl_proto::{Client, Command, Connection, Limits};
    ///
    /// let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), Vec::new(), Vec::new());
    /// connection.send_within(&Command::auth("ClueCon"), 1 << 20)?;
    /// connection.send_within(&Command::api("status"), 1 << 20)?;
    /// assert_eq!(connection.to_send(), b"auth ClueCon\n\napi status\n\n");
    /// # Ok::<(), esl_proto::client::SendError>(())
    /// ```
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent, may not be sent now, or `limit` is too small; then nothing has changed but, perhaps,
    /// the capacity.
    pub fn send_within(&mut self, command: &Command<'_>, limit: usize) -> Result<CommandId, SendError> {
        loop {
            match self.send(command) {
                Err(SendError::Insufficient(Insufficient { required })) => {
                    let all = required.saturating_add(self.output.filled().len());
                    if all > limit || all <= self.output.capacity() {
                        return Err(SendError::Insufficient(Insufficient { required }));
                    }
                    let room = all.max(self.output.capacity().saturating_mul(2)).min(limit);
                    self.grow_output(|output| output.resize(room, 0));
                }
                result => return result,
            }
        }
    }
}

/// How long the input must be for what is awaited, after `consumed` of the `filled` bytes have been taken off.
fn awaited(filled: &[u8], required: Option<usize>, consumed: usize) -> usize {
    required.unwrap_or(filled.len().saturating_sub(consumed).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Limits;
    use crate::scan::work;

    /// Bytes that are searched for line ends while a stream is taken in.
    fn work_for(stream: &[u8], chunk: usize, asks: bool) -> usize {
        let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), vec![0; stream.len()], []);
        let (mut rest, mut given) = (stream, 0);
        let work = work::of(|| {
            loop {
                let is_there = !asks || (connection.ready().unwrap() && connection.ready().unwrap());
                if is_there && !matches!(connection.next().unwrap(), Poll::NeedData { .. }) {
                    given += 1;
                    continue;
                }
                let (now, later) = rest.split_at(chunk.min(rest.len()));
                if now.is_empty() {
                    break;
                }
                connection.spare_mut()[..now.len()].copy_from_slice(now);
                connection.commit(now.len());
                rest = later;
            }
        });
        assert_eq!(given, 3);
        work
    }

    #[test]
    fn who_asks_first_has_nothing_searched_twice() {
        let stream = [
            &b"Content-Type: command/reply\n"[..],
            &b"a: b\n".repeat(9000),
            b"\nContent-Type: api/response\nContent-Length: 3\n\n+OKContent-Type: auth/request\n\n",
        ]
        .concat();
        for chunk in [1, 100, stream.len()] {
            let work = work_for(&stream, chunk, true);
            assert_eq!(work, work_for(&stream, chunk, false), "in pieces of {chunk}");
            assert!(work <= stream.len() + 20, "{work} for {}", stream.len());
        }
    }
}
