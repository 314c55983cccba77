//! Results of the listener for its host.

use super::request::HostRequest;
use crate::frame::DecodeError;

/// What [`poll`](super::Server::poll) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll<'b> {
    /// The listener has written its greeting, or the reply to a command.
    Done {
        /// What the host may want to know about it.
        effect: Effect,
        /// Bytes to consume.
        consumed: usize,
        /// Bytes of `out` to send. 0 for the first command of an outbound connection: only `connect` is answered there.
        written: usize,
    },
    /// A request to the host, to be [answered](super::Server::respond).
    HostRequest {
        /// The request.
        request: HostRequest<'b>,
        /// Bytes to consume after this request has been answered.
        consumed: usize,
    },
    /// The host owes an answer: nothing is read before.
    Waiting,
    /// More bytes must be read first.
    NeedData {
        /// How long the buffer must be for the next command to be whole, if that is known.
        required: Option<usize>,
        /// Bytes to consume.
        consumed: usize,
    },
    /// The connection is over: send what was written, then close it.
    Closed {
        /// Why.
        why: Closed,
        /// Bytes of `out` to send.
        written: usize,
    },
}

impl Poll<'_> {
    /// The bytes that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Done { consumed, .. } | Self::HostRequest { consumed, .. } | Self::NeedData { consumed, .. } => {
                *consumed
            }
            Self::Waiting | Self::Closed { .. } => 0,
        }
    }

    /// The bytes of `out` that must be sent.
    #[must_use]
    pub const fn written(&self) -> usize {
        match self {
            Self::Done { written, .. } | Self::Closed { written, .. } => *written,
            Self::HostRequest { .. } | Self::Waiting | Self::NeedData { .. } => 0,
        }
    }
}

/// The effect on the host of a command that the listener has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The greeting has been written: an auth request, or nothing in outbound mode. The client has 25 seconds for its
    /// first command.
    Greeting,
    /// Nothing: a refusal, or a change of what the connection gets.
    None,
    /// ALL events are subscribed to: [`subscribe`](super::Server::subscribe) the subclasses that the host knows. They
    /// remain when a later `nixevent` takes a name out of ALL.
    AllEvents,
    /// `noevents`: the events that wait must be dropped.
    EventsFlushed,
    /// `nolog`: the log lines that wait must be dropped.
    LogFlushed,
    /// `divert_events`: whether events for the controlled channel's own queue are diverted here, by
    /// [`offer_diverted`](super::Server::offer_diverted).
    Divert(bool),
    /// `resume`: the dialplan continues when the connection has ended.
    Resume,
    /// `linger` or `nolinger`: [`linger`](super::Server::linger) has changed. If the channel is gone already, `linger`
    /// restarts the time, and `nolinger` comes too late.
    Linger,
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// The client has sent `exit`.
    Exit,
    /// The password was wrong.
    Refused,
    /// The client's address is not allowed.
    Rejected,
    /// The client has sent a command that begins with a NUL.
    NoCommand,
    /// What the client sent cannot be read, or is beyond a limit.
    Unreadable(DecodeError),
    /// The controlled channel has ended, and nothing lingers.
    ChannelGone,
    /// The host has ended it.
    Ended(Goodbye),
}

impl Closed {
    /// A name for logs: `exit`, `refused`, `rejected`, `no-command`, `unreadable`, `channel-gone`, or that of the goodbye.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::NoCommand => "no-command",
            Self::Unreadable(_) => "unreadable",
            Self::ChannelGone => "channel-gone",
            Self::Ended(goodbye) => goodbye.name(),
        }
    }
}

/// What to say at the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    /// The usual: the client has closed its side, a time is over.
    Disconnected,
    /// The server ends, or the module is reloaded.
    ShutDown,
    /// Too many events were lost.
    LostEvents,
    /// Too many log lines were lost.
    LostLogLines,
}

impl Goodbye {
    const ALL: [Self; 4] = [Self::Disconnected, Self::ShutDown, Self::LostEvents, Self::LostLogLines];

    /// Its name: `disconnected`, `shutdown`, `lost-events` or `lost-log-lines`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::ShutDown => "shutdown",
            Self::LostEvents => "lost-events",
            Self::LostLogLines => "lost-log-lines",
        }
    }

    /// The goodbye of this name.
    ///
    /// ```
    /// use esl_proto::server::Goodbye;
    ///
    /// assert_eq!(Goodbye::from_name(Goodbye::LostEvents.name()), Some(Goodbye::LostEvents));
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|goodbye| goodbye.name() == name)
    }

    /// What the notice says.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Disconnected => "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n",
            Self::ShutDown => "The system is being shut down.\n",
            Self::LostEvents => "killed listener because of lost events\n",
            Self::LostLogLines => "killed listener because of lost log lines\n",
        }
    }
}
