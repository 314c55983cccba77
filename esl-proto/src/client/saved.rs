//! The state of a client as bytes, for another process that takes over the socket.

use super::state::{Input, Phase, Role};
use super::{Client, Stats};
use crate::frame::{Decoder, Limits};
use crate::message::SocketMode;

/// The first byte: other layouts will have other numbers.
const LAYOUT: u8 = 1;

/// How many numbers of eight bytes there are.
const NUMBERS: usize = 9;

impl Client {
    /// How long [`save`](Self::save)d states are.
    pub const SAVED: usize = 3 + 8 * NUMBERS;

    /// The client's state, for a process that takes over the connection with [`resume`](Self::resume). The host hands
    /// over the socket, and the bytes that it has read and not consumed.
    ///
    /// [`None`] if the connection is not open, or in the middle of a frame that comes in parts, or an item was
    /// [found](Self::ready) and not taken: try again later.
    ///
    /// ```
    /// use esl_proto::client::{Answer, Poll};
    /// use esl_proto::{Client, Command, Incoming, Limits};
    ///
    /// let mut client = Client::outbound(Limits::DEFAULT);
    /// let mut out = [0; 64];
    /// let connect = client.send(&Command::Connect, &mut out)?;
    /// let saved = client.save().ok_or("not now")?;
    ///
    /// // In the other process, which has the socket now:
    /// let mut client = Client::resume(&saved, Limits::DEFAULT).ok_or("of another version")?;
    /// let stream = b"Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nSocket-Mode: async\nControl: full\n\n";
    /// let Poll::Incoming { incoming: Incoming::Connected { id, .. }, .. } = client.poll(stream)? else { panic!() };
    /// assert_eq!(id, connect.id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn save(&self) -> Option<[u8; Self::SAVED]> {
        if self.state.phase != Phase::Open
            || self.parts.is_some()
            || self.found.is_some()
            || self.decoder.is_streaming()
            || self.state.pending_end.is_some()
        {
            return None;
        }
        let state = &self.state;
        let three = |known: Option<bool>| known.map_or(0, |known| 1 + u8::from(known));
        let is_async = self.socket_mode.map(|mode| mode == SocketMode::Async);
        let flags = u8::from(state.role == Role::Outbound)
            | u8::from(state.exit_sent) << 1
            | u8::from(state.has_channel) << 2
            | u8::from(state.log_allowed) << 3
            | u8::from(state.lingering) << 4;
        let stats = self.stats;
        let numbers = [
            self.sent,
            self.answered,
            self.unreported,
            self.decoder.position(),
            stats.octets,
            stats.frames,
            stats.events,
            stats.log_lines,
            stats.unexpected,
        ];
        let mut saved = [0; Self::SAVED];
        let (front, rest) = saved.split_first_chunk_mut::<3>()?;
        *front = [LAYOUT, flags, three(state.full_control) | three(is_async) << 2];
        for (to, number) in rest.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
            *to = number.to_le_bytes();
        }
        Some(saved)
    }

    /// The client of a connection whose state another process has [`save`](Self::save)d. Limits may be others than there.
    ///
    /// [`None`] if this is no state that can have been saved.
    #[must_use]
    pub fn resume(saved: &[u8; Self::SAVED], limits: Limits) -> Option<Self> {
        let (&[layout, flags, modes], rest) = saved.split_first_chunk::<3>()?;
        let mut numbers = [0; NUMBERS];
        for (to, number) in numbers.iter_mut().zip(rest.as_chunks::<8>().0) {
            *to = u64::from_le_bytes(*number);
        }
        let [sent, answered, unreported, position, octets, frames, events, log_lines, unexpected] = numbers;
        let three = |number: u8| match number & 3 {
            0 => Some(None),
            known @ (1 | 2) => Some(Some(known == 2)),
            _ => None,
        };
        let (full_control, is_async) = (three(modes)?, three(modes >> 2)?);
        if layout != LAYOUT || flags >> 5 != 0 || modes >> 4 != 0 || answered > sent || unreported > answered {
            return None;
        }
        let is_set = |bit: u32| flags >> bit & 1 == 1;
        let mut client = Self::new(limits, if is_set(0) { Role::Outbound } else { Role::Inbound });
        client.decoder = Decoder::at_position(limits, position);
        client.state.apply(if is_set(0) { Input::ConnectSent } else { Input::AuthSent });
        client.state.apply(Input::Accepted);
        client.state.exit_sent = is_set(1);
        client.state.has_channel = is_set(2);
        client.state.log_allowed = is_set(3);
        client.state.lingering = is_set(4);
        client.state.full_control = full_control;
        client.socket_mode = is_async.map(|is_async| if is_async { SocketMode::Async } else { SocketMode::Sync });
        (client.sent, client.answered, client.unreported) = (sent, answered, unreported);
        client.stats = Stats { octets, frames, events, log_lines, unexpected };
        Some(client)
    }
}
