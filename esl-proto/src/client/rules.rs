//! What a connection may send now, as far as its client can know.

use core::fmt;

use super::{Client, End, Phase, Role};
use crate::command::Command;

/// Why a command may not be sent now. The server would refuse it, or leave it without an answer. The numbers never
/// change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u16)]
pub enum NotAllowed {
    /// Inbound: `auth` or `userauth` must be sent first.
    NotAuthenticated = 601,
    /// `auth` or `userauth` again, or in outbound mode.
    AlreadyAuthenticated = 602,
    /// Outbound: `connect` must be sent first. The server would execute another command without answering it.
    NotConnected = 603,
    /// Outbound without `full`: the server knows only the commands for the one channel.
    NeedsFullControl = 604,
    /// Inbound: only for a connection that controls a channel, after `myevents <uuid>`.
    NeedsChannel = 605,
    /// Inbound: the command must name its channel.
    NeedsUuid = 606,
    /// The user has no right to log lines.
    NoRight = 607,
    /// `exit` has been sent: the server will read no more.
    Exiting = 608,
    /// The connection is over.
    Closed = 609,
}

impl NotAllowed {
    /// The reason, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotAuthenticated => "auth or userauth must be sent first",
            Self::AlreadyAuthenticated => "this connection is authenticated already",
            Self::NotConnected => "connect must be sent first",
            Self::NeedsFullControl => "the connection controls its channel only, not the server",
            Self::NeedsChannel => "the connection controls no channel",
            Self::NeedsUuid => "the command must name its channel",
            Self::NoRight => "the user has no right to log lines",
            Self::Exiting => "exit has been sent",
            Self::Closed => "the connection is over",
        }
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for NotAllowed {}

/// What a command needs of its connection.
enum Needs {
    Nothing,
    /// All of the server, in outbound mode.
    Full,
    /// A controlled channel.
    Channel,
    /// Both.
    FullAndChannel,
    /// A controlled channel, unless it names one.
    ChannelOrUuid(bool),
}

const fn needs(command: &Command<'_>) -> Needs {
    match command {
        Command::Api { .. }
        | Command::BgApi { .. }
        | Command::Event { .. }
        | Command::NixEvent { .. }
        | Command::NoEvents
        | Command::SendEvent(_)
        | Command::Log { .. }
        | Command::NoLog => Needs::Full,
        Command::Linger { .. } | Command::NoLinger => Needs::FullAndChannel,
        Command::GetVar { .. } | Command::Connect | Command::Resume | Command::DivertEvents { .. } => Needs::Channel,
        Command::MyEvents { uuid, .. } => Needs::ChannelOrUuid(uuid.is_some()),
        Command::SendMsg(message) => Needs::ChannelOrUuid(message.uuid.is_some()),
        Command::Auth { .. } | Command::UserAuth { .. } | Command::Filter(_) | Command::Exit => Needs::Nothing,
    }
}

impl Client {
    /// Whether `command` may be sent now, as far as can be known: a user's rights to events and API commands are the
    /// server's to judge.
    ///
    /// Commands may follow `auth` or `connect` at once, without waiting for the answer.
    ///
    /// # Errors
    /// [`NotAllowed`] says why not.
    pub fn may_send(&self, command: &Command<'_>) -> Result<(), NotAllowed> {
        let authenticates = matches!(command, Command::Auth { .. } | Command::UserAuth { .. });
        let refusal = match (self.phase, self.role) {
            (Phase::Ended(_), _) => Some(NotAllowed::Closed),
            _ if self.exit_sent => Some(NotAllowed::Exiting),
            _ if matches!(self.verdict, Some(End::Rejected | End::AuthRefused)) => Some(NotAllowed::Closed),
            (_, Role::Outbound) if authenticates => Some(NotAllowed::AlreadyAuthenticated),
            (Phase::Opening, Role::Inbound) if authenticates || matches!(command, Command::Exit) => return Ok(()),
            (Phase::Opening, Role::Inbound) => Some(NotAllowed::NotAuthenticated),
            (Phase::Opening, Role::Outbound) if matches!(command, Command::Connect) => None,
            (Phase::Opening, Role::Outbound) => Some(NotAllowed::NotConnected),
            _ if authenticates => Some(NotAllowed::AlreadyAuthenticated),
            _ => None,
        };
        match refusal.or_else(|| self.lacks(command)) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    /// What this connection does not have and `command` needs.
    fn lacks(&self, command: &Command<'_>) -> Option<NotAllowed> {
        let no_full = (self.full_control == Some(false)).then_some(NotAllowed::NeedsFullControl);
        let no_channel = (!self.has_channel).then_some(NotAllowed::NeedsChannel);
        if matches!(command, Command::Log { .. }) && !self.log_allowed {
            return Some(NotAllowed::NoRight);
        }
        match needs(command) {
            Needs::Nothing | Needs::ChannelOrUuid(true) => None,
            Needs::Full => no_full,
            Needs::Channel => no_channel,
            Needs::FullAndChannel => no_full.or(no_channel),
            Needs::ChannelOrUuid(false) => no_channel.map(|_| NotAllowed::NeedsUuid),
        }
    }
}
