//! What a connection is like, as far as the rules of docs/protocol.md say: what may be sent, and why it ends.

use esl_proto::Incoming;
use esl_proto::client::{End, NotAllowed};
use esl_proto::message::{DisconnectNotice, Status};

/// What a command needs beside a connection on which commands are answered.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Needs {
    /// To be the first on an inbound connection.
    Login,
    /// To be the first on an outbound one, or at least a channel.
    Connect,
    /// Nothing, not even a password.
    Exit,
    Nothing,
    Full,
    /// All of the server, and a right.
    FullAndRight,
    Channel,
    FullAndChannel,
    /// A channel, which it does not name.
    Uuid,
}

/// The connection, beside the client.
#[derive(Default)]
pub(super) struct Model {
    pub(super) outbound: bool,
    /// The id of the command that has the password.
    pub(super) login: Option<u64>,
    pub(super) connect_sent: bool,
    pub(super) exiting: bool,
    /// What the server has said of the end, before the end.
    pub(super) pending_end: Option<End>,
    pub(super) end: Option<End>,
    /// Whether the connection has a channel that is not its own.
    pub(super) watches: bool,
    /// Whether it controls its channel only.
    pub(super) limited: bool,
    pub(super) may_not_log: bool,
    pub(super) lingering: bool,
}

impl Model {
    pub(super) fn allows(&self, needs: Needs) -> Result<(), NotAllowed> {
        let is_open = if self.outbound { self.connect_sent } else { self.login.is_some() };
        let has_channel = self.outbound || self.watches;
        let refusals = [
            (self.end.is_some(), NotAllowed::Closed),
            (self.exiting, NotAllowed::Exiting),
            (self.pending_end.is_some(), NotAllowed::Closed),
            (needs == Needs::Login && (self.outbound || is_open), NotAllowed::AlreadyAuthenticated),
            (!self.outbound && !is_open && !matches!(needs, Needs::Login | Needs::Exit), NotAllowed::NotAuthenticated),
            (self.outbound && !is_open && needs != Needs::Connect, NotAllowed::NotConnected),
            (self.may_not_log && needs == Needs::FullAndRight, NotAllowed::NoRight),
            (
                self.limited && matches!(needs, Needs::Full | Needs::FullAndRight | Needs::FullAndChannel),
                NotAllowed::NeedsFullControl,
            ),
            (
                !has_channel && matches!(needs, Needs::Channel | Needs::FullAndChannel | Needs::Connect),
                NotAllowed::NeedsChannel,
            ),
            (!has_channel && needs == Needs::Uuid, NotAllowed::NeedsUuid),
        ];
        refusals.into_iter().find(|(refused, _)| *refused).map_or(Ok(()), |(_, reason)| Err(reason))
    }

    /// What comes in is what the frame says, and no more than the connection can have.
    pub(super) fn hears(&mut self, incoming: &Incoming<'_>) {
        let answers_login = |id: u64| Some(id) == self.login && self.pending_end.is_none();
        match incoming {
            Incoming::Authenticated { id, reply } => {
                assert!(answers_login(id.number()) && reply.status() == Status::Ok);
                self.may_not_log = reply.allowed_log() == Some(false);
            }
            Incoming::AuthRefused { id, reply } => {
                assert!(answers_login(id.number()) && reply.status() != Status::Ok);
                self.pending_end = Some(End::AuthRefused);
            }
            Incoming::Connected { id, reply } => {
                assert!(!answers_login(id.number()) && reply.is_connect());
                self.limited = reply.has_full_control() == Some(false);
            }
            Incoming::Answer { id, answer: esl_proto::client::Answer::Reply(reply) } => {
                assert!(!answers_login(id.number()) && !reply.is_connect());
            }
            Incoming::Rejected { .. } => self.pending_end = Some(End::Rejected),
            Incoming::Lingering(_) => self.lingering = true,
            _ => {}
        }
    }

    /// Why a notice ends the connection; `waiting` is whether answers are missing.
    pub(super) fn reason(&self, notice: &DisconnectNotice<'_>, waiting: bool) -> End {
        let says = |words: &str| notice.text().starts_with(words.as_bytes());
        let stranger = !self.outbound && self.login.is_none();
        let reasons = [
            (says("killed listener"), Some(End::EventsLost)),
            (says("The system is being shut down"), Some(End::Shutdown)),
            (self.pending_end.is_some(), self.pending_end),
            (self.exiting && !waiting, Some(End::Exit)),
            (stranger, Some(End::AuthTimeout)),
            (notice.session_uuid().is_some(), Some(End::ChannelEnded)),
        ];
        reasons.into_iter().find_map(|(holds, reason)| reason.filter(|_| holds)).unwrap_or(End::Goodbye)
    }
}
