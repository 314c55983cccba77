//! What a connection may send now, as far as its client can know.

use super::Client;
use super::state::{Phase, Role};
use crate::command::Command;

numbered! {
    /// Why a command may not be sent now. The server would refuse it, or leave it without an answer.
    NotAllowed {
        /// Inbound: `auth` or `userauth` must be sent first.
        NotAuthenticated = 601, "auth or userauth must be sent first";
        /// `auth` or `userauth` again, or in outbound mode.
        AlreadyAuthenticated = 602, "this connection is authenticated already";
        /// Outbound: `connect` must be sent first. The server would execute another command without answering it.
        NotConnected = 603, "connect must be sent first";
        /// Outbound without `full`: the server knows only the commands for the one channel.
        NeedsFullControl = 604, "the connection controls its channel only, not the server";
        /// Inbound: only for a connection that controls a channel, after `myevents <uuid>`.
        NeedsChannel = 605, "the connection controls no channel";
        /// Inbound: the command must name its channel.
        NeedsUuid = 606, "the command must name its channel";
        /// The user has no right to log lines.
        NoRight = 607, "the user has no right to log lines";
        /// `exit` has been sent: the server reads nothing after it.
        Exiting = 608, "exit has been sent";
        /// The connection is over.
        Closed = 609, "the connection is over";
    }
}

impl core::error::Error for NotAllowed {}

impl Client {
    /// Whether FreeSWITCH has opened the connection.
    #[cfg(feature = "alloc")]
    pub(crate) const fn is_outbound(&self) -> bool {
        matches!(self.state.role, Role::Outbound)
    }

    /// Whether `command` may be sent now, as far as can be known: a user's rights to events and API commands are the
    /// server's to judge.
    ///
    /// Commands may follow `auth` or `connect` at once, without waiting for the answer.
    ///
    /// # Errors
    /// [`NotAllowed`] says why not.
    pub fn may_send(&self, command: &Command<'_>) -> Result<(), NotAllowed> {
        let authenticates = matches!(command, Command::Auth { .. } | Command::UserAuth { .. });
        let refusal = match (self.state.phase, self.state.role) {
            (Phase::Ended, _) => Some(NotAllowed::Closed),
            _ if self.state.exit_sent => Some(NotAllowed::Exiting),
            (Phase::Refused, _) => Some(NotAllowed::Closed),
            (_, Role::Outbound) if authenticates => Some(NotAllowed::AlreadyAuthenticated),
            (Phase::Opening, Role::Inbound) if authenticates || matches!(command, Command::Exit) => return Ok(()),
            (Phase::Opening, Role::Inbound) => Some(NotAllowed::NotAuthenticated),
            (Phase::Opening, Role::Outbound) if matches!(command, Command::Connect) => None,
            (Phase::Opening, Role::Outbound) => Some(NotAllowed::NotConnected),
            (Phase::Authenticating | Phase::Open, _) if authenticates => Some(NotAllowed::AlreadyAuthenticated),
            (Phase::Authenticating | Phase::Open, _) => None,
        };
        match refusal.or_else(|| self.lacks(command)) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    /// What this connection does not have and `command` needs.
    fn lacks(&self, command: &Command<'_>) -> Option<NotAllowed> {
        let no_full = (self.state.full_control == Some(false)).then_some(NotAllowed::NeedsFullControl);
        let no_channel = (!self.state.has_channel).then_some(NotAllowed::NeedsChannel);
        if matches!(command, Command::Log { .. }) && !self.state.log_allowed {
            return Some(NotAllowed::NoRight);
        }
        let needs = command.needs();
        let lacks_full = no_full.filter(|_| needs.full);
        let lacks_channel = no_channel.filter(|_| needs.channel);
        lacks_full.or(lacks_channel.map(|lack| if needs.or_uuid { NotAllowed::NeedsUuid } else { lack }))
    }
}
