//! The states of a connection, in one table.

use super::{CommandId, End};

/// Who has opened the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Inbound,
    Outbound,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Inbound: no `auth` has been sent. Outbound: no `connect`.
    Opening,
    /// The answer to an `auth` or `userauth` is awaited.
    Authenticating,
    /// The server takes all commands.
    Open,
    /// The server has refused the password or the address. A notice and the end follow.
    Refused,
    /// The connection is over.
    Ended,
}

/// What changes the phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// `auth` or `userauth` has been sent.
    AuthSent,
    /// `connect` has been sent in outbound mode.
    ConnectSent,
    /// The server has accepted the password.
    Accepted,
    /// The server has refused the password or the address.
    Refused,
    /// The last notice has come, the stream has ended, or its framing is broken.
    Ended,
}

/// Every change of phase that there is; any other input leaves the phase as it is.
pub(super) const TRANSITIONS: [(Phase, Input, Phase); 10] = [
    (Phase::Opening, Input::AuthSent, Phase::Authenticating),
    (Phase::Opening, Input::ConnectSent, Phase::Open),
    (Phase::Opening, Input::Refused, Phase::Refused),
    (Phase::Opening, Input::Ended, Phase::Ended),
    (Phase::Authenticating, Input::Accepted, Phase::Open),
    (Phase::Authenticating, Input::Refused, Phase::Refused),
    (Phase::Authenticating, Input::Ended, Phase::Ended),
    (Phase::Open, Input::Refused, Phase::Refused),
    (Phase::Open, Input::Ended, Phase::Ended),
    (Phase::Refused, Input::Ended, Phase::Ended),
];

/// What a client knows of its connection, beside the counts of its commands.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) role: Role,
    pub(super) phase: Phase,
    /// The `auth` or `userauth` that has been sent.
    pub(super) login: Option<CommandId>,
    /// Whether `exit` has been sent.
    pub(super) exit_sent: bool,
    /// Whether a channel is controlled: always in outbound mode, after `myevents <uuid>` in inbound mode.
    pub(super) has_channel: bool,
    /// What the reply to `connect` says; [`None`] before it.
    pub(super) full_control: Option<bool>,
    /// Whether the `userauth` reply allowed `log`.
    pub(super) log_allowed: bool,
    /// Whether the controlled channel has ended and the connection lingers.
    pub(super) lingering: bool,
    /// End reason announced in advance (a refused password or address), reported once the connection is over.
    pub(super) pending_end: Option<End>,
    /// Why the connection is over.
    pub(super) end: Option<End>,
}

shown! { State { role phase login exit_sent has_channel full_control log_allowed lingering pending_end end } }

impl State {
    pub(super) const fn new(role: Role) -> Self {
        Self {
            role,
            phase: Phase::Opening,
            login: None,
            exit_sent: false,
            has_channel: matches!(role, Role::Outbound),
            full_control: None,
            log_allowed: true,
            lingering: false,
            pending_end: None,
            end: None,
        }
    }

    /// Does what the table says.
    pub(super) fn apply(&mut self, input: Input) {
        let row = TRANSITIONS.iter().find(|(from, on, _)| (*from, *on) == (self.phase, input));
        if let Some((.., to)) = row {
            self.phase = *to;
        }
    }

    /// The server has refused the password or the address: `end` is what the connection ends with.
    pub(super) fn refuse(&mut self, end: End) {
        self.apply(Input::Refused);
        self.pending_end = Some(end);
    }

    /// The connection is over. Returns why: the reason that was told first.
    pub(super) fn finish(&mut self, end: End) -> End {
        self.apply(Input::Ended);
        *self.end.get_or_insert(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_is_its_own_and_nothing_follows_the_end() {
        for (at, (from, input, to)) in TRANSITIONS.iter().enumerate() {
            assert!(TRANSITIONS[..at].iter().all(|row| (row.0, row.1) != (*from, *input)));
            assert_ne!(*from, Phase::Ended);
            assert_eq!(*to == Phase::Ended, *input == Input::Ended);
        }
    }

    #[test]
    fn every_phase_can_end() {
        for phase in [Phase::Opening, Phase::Authenticating, Phase::Open, Phase::Refused] {
            let mut state = State { phase, ..State::new(Role::Inbound) };
            assert_eq!(state.finish(End::Eof), End::Eof);
            assert_eq!((state.phase, state.finish(End::Goodbye)), (Phase::Ended, End::Eof));
        }
    }
}
