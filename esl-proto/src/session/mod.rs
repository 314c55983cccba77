//! Sessions: what waits for what, over one connection after another.
//!
//! A [`Session`] stands on a [`Client`] and, like it, has no sockets, clocks or wakers: octets that have come go into
//! [`poll`](Session::poll), octets to send come from [`to_send`](Session::to_send), and the time is told. A host marks
//! each of its waits with a [`Slot`], a number that it maps to a future, a condition or a callback; whatever ends the wait
//! is told once, by [`next_outcome`](Session::next_outcome), while the message that ended it is still at hand.
//!
//! # Theory of operation
//!
//! 1. A wait ends exactly once: by what it waits for, by a refusal, by its deadline, by the end of its channel or of the
//!    connection; or it is given up, and nothing is told. A slot is free again from then on.
//! 2. Jobs and applications are named by this side ([`Tag`]), so that their ends are known whichever comes first, the
//!    answer or the event.
//! 3. What must be heard is a difference: between what readers and waits need, what the program filters and logs, and what
//!    this connection has been told. After every change, and after every reconnect, what is
//!    missing is said: filters first, nothing twice.
//! 4. A connection that is lost ends its waits, not its readers. The next one begins with a [`Gap`].
//!
//! ```
//! use core::time::Duration;
//! use esl_proto::session::{Outcome, Session, Slot};
//! use esl_proto::client::Poll;
//! use esl_proto::{Client, Command, Incoming, Limits};
//!
//! let now = Duration::ZERO; // since any moment of the host's
//! let mut session = Session::new(0xf5);
//! session.connect(Client::inbound(Limits::DEFAULT), now);
//! let Poll::Incoming { incoming: Incoming::AuthRequest, .. } = session.poll(b"Content-Type: auth/request\n\n", now)? else {
//!     panic!("the server speaks first");
//! };
//! session.send(&Command::auth("ClueCon"), None, None)?;
//! session.poll(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n", now)?;
//!
//! // Two waits: for the answer, and for the job. The subscription that the job needs goes before it.
//! session.bgapi("status", Slot(7), Some(Duration::from_secs(30)))?;
//! assert!(session.to_send().ends_with(
//!     b"event BACKGROUND_JOB\n\nbgapi status\nJob-UUID: 00000000000000f5-0000000000000000\n\n"
//! ));
//! assert_eq!(session.next_deadline(), Some(Duration::from_secs(30)));
//! session.poll(b"Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n", now)?;
//! session.poll(b"Content-Type: command/reply\nReply-Text: +OK Job-UUID: x\n\n", now)?;
//! assert_eq!(session.next_outcome(), None);
//!
//! let event = b"Content-Length: 72\nContent-Type: text/event-plain\n\n\
//!     Event-Name: BACKGROUND_JOB\nJob-UUID: 00000000000000f5-0000000000000000\n\n";
//! session.poll(event, now)?;
//! assert_eq!(session.next_outcome(), Some((Slot(7), Outcome::JobEnded)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod queue;
mod wanted;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

pub use queue::{Item, Overflow, Queue};
pub use wanted::Interest;
use wanted::{About, Said, Text, Wanted};

use crate::client::{Client, CommandId, End, Eof, Incoming, NotAllowed, Poll, ProtocolError, SendError, Tag};
use crate::command::app::Outcome as AppOutcome;
use crate::command::{CallCommand, Command, Filter, SendMsg};
use crate::event::Event;
use crate::message::{SocketMode, Status};
use crate::name::{EventName, Format, LogLevel, header};
use crate::text::Value;

/// A wait or a reader of the host's: a number that it chooses, for each another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

/// How a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The answer has come: [`Session::poll`] has just given it, or its last part.
    Answered,
    /// The job has ended: its BACKGROUND_JOB has just been given.
    JobEnded,
    /// The application has come to its own end: its CHANNEL_EXECUTE_COMPLETE has just been given.
    Completed,
    /// The channel has ended under the application, or by it. The event that has just been given tells why, unless the
    /// connection ended with the channel.
    ChannelEnded,
    /// The server has refused what was to be waited for, or the subscription that it needs: the answer has just been
    /// given.
    Refused,
    /// The deadline has passed. What comes late is recognised and ends nothing.
    TimedOut,
    /// The connection is over.
    Lost(Reason),
}

/// Why a session has no connection any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The connection has ended by itself.
    End(End),
    /// Nothing was heard for too long: [`Session::set_silence`].
    Silence,
    /// The host has closed it: [`Session::close`].
    Closed,
}

impl Reason {
    /// The reason, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::End(end) => end.as_str(),
            Self::Silence => "nothing was heard for too long",
            Self::Closed => "closed by this side",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What lies between two connections: what happened meanwhile is not sent again.
#[derive(Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why the old connection ended.
    pub reason: Reason,
    /// When it ended.
    pub since: Duration,
    /// When the subscription stood again, or the first event came.
    pub until: Duration,
    /// The server's `Core-UUID` before, if an event has told it.
    pub core_before: Option<Box<[u8]>>,
    /// The server's `Core-UUID` after, if an event has told it already: another one means that the server was started
    /// anew, and no call of before is left.
    pub core_after: Option<Box<[u8]>>,
}

impl fmt::Debug for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gap")
            .field("reason", &self.reason)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("core_before", &self.core_before.as_deref().map(Value::from_bytes))
            .field("core_after", &self.core_after.as_deref().map(Value::from_bytes))
            .finish()
    }
}

/// Why a session does not do what it is told. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The command cannot be sent.
    Send(SendError),
    /// The slot waits for something else.
    SlotInUse,
    /// There is no connection.
    NotConnected,
    /// The connection is not open yet, so that what the wait needs cannot be subscribed to; or the message executes
    /// nothing, or names no channel.
    NotReady,
    /// The application would run in a channel whose events this connection cannot hear.
    Unheard,
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(error) => fmt::Display::fmt(error, f),
            Self::SlotInUse => f.write_str("the slot waits for something else"),
            Self::NotConnected => f.write_str("there is no connection"),
            Self::NotReady => f.write_str("the connection is not open yet, or there is nothing to wait for"),
            Self::Unheard => f.write_str("this connection hears its own channel only"),
        }
    }
}

impl core::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Send(error) => Some(error),
            Self::SlotInUse | Self::NotConnected | Self::NotReady | Self::Unheard => None,
        }
    }
}

impl From<SendError> for SessionError {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

/// What a slot waits for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Answer(u64),
    /// A job or an application, by the number of its tag.
    Tag(u64),
}

/// What the answer to a command means.
#[derive(Clone, Debug)]
enum Meaning {
    /// It ends a wait.
    Answer(Slot),
    /// It tells whether a job or an application has begun.
    Begins(u64),
    /// It tells whether a subscription stands.
    Said(About),
}

/// What the answers to come mean. They come in the order of the commands.
#[derive(Clone, Debug)]
struct Meanings {
    /// The command of the first.
    first: u64,
    meanings: VecDeque<Option<Meaning>>,
}

impl Meanings {
    fn place(&self, id: u64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }

    /// Ids grow.
    fn insert(&mut self, id: u64, meaning: Meaning) {
        if self.meanings.is_empty() {
            self.first = id;
        }
        let Some(place) = self.place(id) else { return };
        while self.meanings.len() < place {
            self.meanings.push_back(None);
        }
        self.meanings.push_back(Some(meaning));
    }

    fn remove(&mut self, id: u64) -> Option<Meaning> {
        let place = self.place(id)?;
        let meaning = self.meanings.get_mut(place)?.take();
        while let Some(None) = self.meanings.front() {
            self.meanings.pop_front();
            self.first = self.first.saturating_add(1);
        }
        meaning
    }

    fn clear(&mut self) {
        self.meanings.clear();
    }
}

/// A job or an application.
#[derive(Clone, Debug)]
struct Tagged {
    slot: Slot,
    /// Where an application runs.
    channel: Option<Text>,
}

/// The waits, readers and subscriptions of one program, over one connection after another.
///
/// See the [module](self). What it subscribes to, filters and logs is its own: send no `event`, `filter` or `log` beside it.
#[derive(Clone, Debug)]
pub struct Session {
    client: Option<Client>,
    out: Vec<u8>,
    /// Octets of `out` that were sent.
    taken: usize,
    run: u64,
    next_tag: u64,
    now: Duration,
    waits: BTreeMap<Slot, (Wait, Option<Duration>)>,
    deadlines: BTreeSet<(Duration, Slot)>,
    meanings: Meanings,
    tags: BTreeMap<u64, Tagged>,
    by_channel: BTreeMap<Text, BTreeSet<u64>>,
    outcomes: VecDeque<(Slot, Outcome)>,
    wanted: Wanted,
    said: Said,
    /// Subscription commands without an answer.
    saying: usize,
    own: Option<Text>,
    /// Whether an outbound connection hears its own channel only, whatever its control.
    own_only: bool,
    silence: Option<Duration>,
    heard: Duration,
    octets: u64,
    core: Option<Text>,
    reason: Option<Reason>,
    gap: Option<Gap>,
    gap_is_over: bool,
    /// Whether this connection's subscription has stood once.
    stood: bool,
}

impl Session {
    /// A session without a connection. `run` names its jobs and applications among those of all programs on the
    /// server: choose it at random.
    #[must_use]
    pub const fn new(run: u64) -> Self {
        Self {
            client: None,
            out: Vec::new(),
            taken: 0,
            run,
            next_tag: 0,
            now: Duration::ZERO,
            waits: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            meanings: Meanings { first: 0, meanings: VecDeque::new() },
            tags: BTreeMap::new(),
            by_channel: BTreeMap::new(),
            outcomes: VecDeque::new(),
            wanted: Wanted {
                readers: BTreeMap::new(),
                needed: BTreeSet::new(),
                unwanted: BTreeSet::new(),
                unwanted_subclasses: BTreeSet::new(),
                filters: Vec::new(),
                log: None,
                format: None,
            },
            said: Said::NOTHING,
            saying: 0,
            own: None,
            own_only: false,
            silence: None,
            heard: Duration::ZERO,
            octets: 0,
            core: None,
            reason: None,
            gap: None,
            gap_is_over: false,
            stood: false,
        }
    }

    // The connection

    /// A connection has been made: `client` is fresh, and nothing has been read or written. An old one ends.
    ///
    /// The host sends `auth` when [`Incoming::AuthRequest`] comes, or `connect` at once on an outbound connection. All
    /// that is wanted is said again as soon as the connection is open.
    pub fn connect(&mut self, client: Client, now: Duration) {
        self.lose(Reason::Closed, now);
        self.reason = None;
        self.client = Some(client);
        self.heard = self.now;
        self.octets = 0;
    }

    /// The client of the connection, if there is one.
    #[must_use]
    pub const fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Why there is no connection any more; [`None`] before the first and while there is one.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        if self.client.is_some() { None } else { self.reason }
    }

    /// Whether commands can be sent and are answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.is_open() && (!client.is_outbound() || self.own.is_some()))
    }

    /// Whether all that is wanted stands: the connection is open, and the server has answered everything that was said about
    /// subscriptions, filters and the log.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.saying == 0 && self.is_open()
    }

    /// The octets to send.
    #[must_use]
    pub fn to_send(&self) -> &[u8] {
        self.out.get(self.taken..).unwrap_or_default()
    }

    /// So many of them have been sent.
    pub fn sent(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count).min(self.out.len());
        if self.taken == self.out.len() {
            self.out.clear();
            self.taken = 0;
        }
    }

    /// Gives what stands at the front of `buf`, as [`Client::poll`] does, and takes in what it means: look for
    /// [outcomes](Self::next_outcome) before what was given is dropped.
    ///
    /// Events that come in parts end no wait: have [`Limits::max_buffered`](crate::Limits::max_buffered) larger than what jobs print.
    ///
    /// Without a connection it gives [`Poll::Closed`] if the last one has ended by itself, else [`Poll::NeedData`]:
    /// [`reason`](Self::reason) tells.
    ///
    /// # Errors
    /// [`ProtocolError`] if the framing is broken: the connection is over.
    pub fn poll<'b>(&mut self, buf: &'b [u8], now: Duration) -> Result<Poll<'b>, ProtocolError> {
        self.advance_clock(now);
        let Some(client) = &mut self.client else {
            return Ok(match self.reason {
                Some(Reason::End(end)) => Poll::Closed { end, trailing: buf },
                _ => Poll::NeedData { required: None, consumed: 0 },
            });
        };
        let poll = client.poll(buf).inspect_err(|error| self.lose(Reason::End(End::Protocol(error.error)), now))?;
        if let Some(client) = &self.client
            && client.stats().octets != self.octets
        {
            self.octets = client.stats().octets;
            self.heard = self.now;
        }
        match &poll {
            Poll::Incoming { incoming, .. } => self.take(incoming),
            Poll::HeadPart { id: Some(id), end: Some(end), .. } if end.body_len == 0 => self.answered(*id, false),
            Poll::Body { id: Some(id), remaining: 0, .. } => self.answered(*id, false),
            Poll::Closed { end, .. } => self.lose(Reason::End(*end), now),
            Poll::HeadPart { .. } | Poll::Head { .. } | Poll::Body { .. } | Poll::NeedData { .. } => {}
        }
        Ok(poll)
    }

    /// The stream has ended: what [`Client::eof`] tells, and all waits end. [`None`] if there is no connection.
    pub fn eof<'b>(&mut self, buf: &'b [u8], now: Duration) -> Option<Eof<'b>> {
        let eof = self.client.as_mut()?.eof(buf);
        if let Some(id) = eof.answered {
            self.answered(id, false);
        }
        self.lose(Reason::End(eof.end), now);
        Some(eof)
    }

    /// The host closes the connection: all waits end.
    pub fn close(&mut self, now: Duration) {
        self.lose(Reason::Closed, now);
    }

    /// What lies between this connection and the one before, once: as soon as the subscription stands again, or with
    /// the first event, before which it belongs.
    pub fn next_gap(&mut self) -> Option<Gap> {
        if self.gap_is_over { self.gap.take() } else { None }
    }

    /// The `Core-UUID` of the server, if an event has told it.
    #[must_use]
    pub fn core_uuid(&self) -> Option<&[u8]> {
        self.core.as_deref()
    }

    // Waits

    /// Sends a command. `slot` waits for its answer, until `deadline`.
    ///
    /// # Errors
    /// [`SessionError`]; then nothing has changed.
    pub fn send(
        &mut self,
        command: &Command<'_>,
        slot: Option<Slot>,
        deadline: Option<Duration>,
    ) -> Result<CommandId, SessionError> {
        self.must_be_free(slot)?;
        let id = self.write(command)?;
        if let Some(slot) = slot {
            self.meanings.insert(id.number(), Meaning::Answer(slot));
            self.wait(slot, Wait::Answer(id.number()), deadline);
        }
        Ok(id)
    }

    /// As [`send`](Self::send), for hosts that have encoded already: `octets` are `command`, or one that the crate does not
    /// know and that may be sent wherever `command` may.
    ///
    /// # Errors
    /// [`SessionError`]; then nothing has changed.
    pub fn send_encoded(
        &mut self,
        command: &Command<'_>,
        octets: &[u8],
        slot: Option<Slot>,
        deadline: Option<Duration>,
    ) -> Result<CommandId, SessionError> {
        self.must_be_free(slot)?;
        let client = self.client.as_mut().ok_or(SessionError::NotConnected)?;
        let id = client.track(command).map_err(SendError::NotAllowed)?;
        self.out.extend_from_slice(octets);
        if let Some(slot) = slot {
            self.meanings.insert(id.number(), Meaning::Answer(slot));
            self.wait(slot, Wait::Answer(id.number()), deadline);
        }
        Ok(id)
    }

    /// The name of the job or application that was begun last.
    #[must_use]
    pub fn last_tag(&self) -> Option<Tag> {
        Some(Tag::new(self.run, self.next_tag.checked_sub(1)?))
    }

    /// Sends `bgapi`. `slot` waits for the end of the job, until `deadline`. The BACKGROUND_JOB is subscribed to and
    /// passes the program's filters, but for those that [exclude](Self::set_filters) it.
    ///
    /// # Errors
    /// [`SessionError`]; then no job was begun.
    pub fn bgapi(
        &mut self,
        line: impl AsRef<[u8]>,
        slot: Slot,
        deadline: Option<Duration>,
    ) -> Result<CommandId, SessionError> {
        self.must_be_free(Some(slot))?;
        self.must_be_open()?;
        let tag = Tag::new(self.run, self.next_tag);
        let command = Command::BgApi { line: line.as_ref(), job_uuid: Some(tag.as_bytes()) };
        self.allowed(&command)?;
        self.need(&[b"BACKGROUND_JOB"])?;
        let id = self.write(&command)?;
        self.begin(id, slot, None, deadline);
        Ok(id)
    }

    /// Sends a message that executes an application. `slot` waits for the application's end, until `deadline`. The events
    /// that tell it are subscribed to and pass the program's filters, but for those that [exclude](Self::set_filters) them.
    ///
    /// # Errors
    /// [`SessionError`]; then nothing was executed.
    pub fn execute(
        &mut self,
        message: &SendMsg<'_>,
        slot: Slot,
        deadline: Option<Duration>,
    ) -> Result<CommandId, SessionError> {
        self.must_be_free(Some(slot))?;
        self.must_be_open()?;
        let CallCommand::Execute(execute) = message.call else { return Err(SessionError::NotReady) };
        let channel: Text = message.uuid.map(Into::into).or_else(|| self.own.clone()).ok_or(SessionError::NotReady)?;
        if self.hears_own_only() && self.own.as_ref() != Some(&channel) {
            return Err(SessionError::Unheard);
        }
        let tag = Tag::new(self.run, self.next_tag);
        let named = SendMsg { call: CallCommand::Execute(execute.event_uuid(&tag)), ..*message };
        let command = Command::SendMsg(named);
        self.allowed(&command)?;
        self.need(&[b"CHANNEL_EXECUTE_COMPLETE", b"CHANNEL_HANGUP_COMPLETE", b"CHANNEL_DESTROY"])?;
        let id = self.write(&command)?;
        self.begin(id, slot, Some(channel), deadline);
        Ok(id)
    }

    /// Nobody waits any more: nothing is told, and what comes late ends nothing. Returns whether `slot` was waiting.
    pub fn give_up(&mut self, slot: Slot) -> bool {
        self.unwait(slot)
    }

    /// How many waits there are.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waits.len()
    }

    /// The next wait that has ended, and how. Each is told once.
    pub fn next_outcome(&mut self) -> Option<(Slot, Outcome)> {
        self.outcomes.pop_front()
    }

    // Time

    /// When [`advance`](Self::advance) must be called at the latest, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let wait = self.deadlines.first().map(|(at, _)| *at);
        let silence = self.client.as_ref().and(self.silence).map(|limit| self.heard.saturating_add(limit));
        match (wait, silence) {
            (Some(wait), Some(silence)) => Some(wait.min(silence)),
            (wait, silence) => wait.or(silence),
        }
    }

    /// The time goes on: waits whose deadline has come end, and so does a connection that is silent for too long. Time
    /// that goes back is ignored.
    pub fn advance(&mut self, now: Duration) {
        self.advance_clock(now);
        while let Some((at, slot)) = self.deadlines.first().copied()
            && at <= self.now
        {
            self.finish(slot, Outcome::TimedOut);
        }
        let is_silent = self.silence.is_some_and(|limit| self.heard.saturating_add(limit) <= self.now);
        if is_silent && self.client.is_some() {
            self.lose(Reason::Silence, now);
        }
    }

    /// Ends the connection when no octet has come for so long: a server that is stopped, or a machine that hangs, says
    /// nothing. A running one sends a HEARTBEAT every 20 seconds, which is subscribed to for that: allow for two.
    ///
    /// # Errors
    /// [`SessionError`] if the HEARTBEAT cannot be subscribed to.
    pub fn set_silence(&mut self, limit: Option<Duration>) -> Result<(), SessionError> {
        self.silence = limit;
        self.heard = self.now;
        if limit.is_some() { self.need(&[b"HEARTBEAT"]) } else { Ok(()) }
    }

    /// An outbound connection hears its own channel only from now on, as one without full control does: `myevents` is said
    /// in place of `event`, so that a server with many calls does not tell each program of all of them. To be set before
    /// the connection is open.
    pub const fn set_own_only(&mut self, own_only: bool) {
        self.own_only = own_only;
    }

    /// Octets have come that make no whole frame yet.
    pub fn heard(&mut self, now: Duration) {
        self.advance_clock(now);
        self.heard = self.now;
    }

    // Readers, filters and the log

    /// `slot` reads these events from now on, over every connection until [`unlisten`](Self::unlisten). A second interest
    /// takes the place of the first. [`Outcome::Refused`] ends a reader whose events the server refuses, or that an
    /// outbound connection without full control, or [with its own events only](Self::set_own_only), can never hear: other
    /// channels than its own and, without full control, more than `myevents` brings.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be subscribed to.
    pub fn listen(&mut self, slot: Slot, interest: Interest) -> Result<(), SessionError> {
        interest.check().map_err(SendError::Refused)?;
        self.wanted.listen(slot, interest);
        self.say()
    }

    /// These events come no more, or none at all, whoever reads them: until a reader [asks](Self::listen) for them anew. What
    /// waits need comes all the same.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be taken back.
    pub fn unsubscribe(&mut self, interest: Option<Interest>) -> Result<(), SessionError> {
        if let Some(interest) = &interest {
            interest.check().map_err(SendError::Refused)?;
        }
        self.wanted.unwant(interest);
        self.say()
    }

    /// `slot` reads no more.
    ///
    /// # Errors
    /// [`SessionError`] if what nobody wants any more cannot be taken back.
    pub fn unlisten(&mut self, slot: Slot) -> Result<(), SessionError> {
        self.wanted.readers.remove(&slot);
        self.say()
    }

    /// The readers that want this event.
    pub fn readers<'s>(&'s self, event: &'s Event<'_>) -> impl Iterator<Item = Slot> + 's {
        let name = if self.wanted.readers.is_empty() { None } else { event.name() };
        self.wanted.readers.iter().filter(move |(_, interest)| interest.takes_named(name, event)).map(|(slot, _)| *slot)
    }

    /// The program's filters from now on: of the events, those come that one of them lets in, and those that waits need.
    ///
    /// A filter whose value begins with `-` excludes, whatever other filters let in: one that excludes an event that a
    /// wait needs leaves that wait to its deadline.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be sent.
    pub fn set_filters<'a>(
        &mut self,
        filters: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<(), SessionError> {
        let filters: Vec<(Text, Text)> = filters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        for (header, value) in &filters {
            Command::from(Filter::Add { header, value }).encoded_len().map_err(SendError::Refused)?;
        }
        self.wanted.filters = filters;
        self.say()
    }

    /// The lines of the server's log that come from now on; [`None`] for none.
    ///
    /// # Errors
    /// [`SessionError`] if it cannot be sent.
    pub fn set_log(&mut self, level: Option<LogLevel>) -> Result<(), SessionError> {
        self.wanted.log = level;
        self.say()
    }

    /// The format of events.
    ///
    /// # Errors
    /// [`SessionError`] if it cannot be sent.
    pub fn set_format(&mut self, format: Format) -> Result<(), SessionError> {
        self.wanted.format = Some(format);
        self.say()
    }

    // Within

    const fn must_be_open(&self) -> Result<(), SessionError> {
        match &self.client {
            None => Err(SessionError::NotConnected),
            Some(client) if !client.is_open() || client.is_outbound() && self.own.is_none() => {
                Err(SessionError::NotReady)
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether only the events of the connection's own channel can come.
    fn hears_own_only(&self) -> bool {
        let is_so = |client: &Client| client.has_full_control() == Some(false) || self.own_only && client.is_outbound();
        self.client.as_ref().is_some_and(is_so)
    }

    fn must_be_free(&self, slot: Option<Slot>) -> Result<(), SessionError> {
        match slot {
            Some(slot) if self.waits.contains_key(&slot) => Err(SessionError::SlotInUse),
            _ if self.client.is_none() => Err(SessionError::NotConnected),
            _ => Ok(()),
        }
    }

    /// Refuses before anything is subscribed to what would be refused after.
    fn allowed(&self, command: &Command<'_>) -> Result<(), SessionError> {
        let client = self.client.as_ref().ok_or(SessionError::NotConnected)?;
        client.may_send(command).map_err(SendError::from)?;
        command.encoded_len().map_err(SendError::Refused)?;
        Ok(())
    }

    fn write(&mut self, command: &Command<'_>) -> Result<CommandId, SessionError> {
        let client = self.client.as_mut().ok_or(SessionError::NotConnected)?;
        Ok(client.send_to_vec(command, &mut self.out)?.id)
    }

    fn wait(&mut self, slot: Slot, wait: Wait, deadline: Option<Duration>) {
        self.waits.insert(slot, (wait, deadline));
        self.deadlines.extend(deadline.map(|at| (at, slot)));
    }

    /// The job or application with the next tag has been sent off.
    fn begin(&mut self, id: CommandId, slot: Slot, channel: Option<Text>, deadline: Option<Duration>) {
        let tag = self.next_tag;
        self.next_tag = tag.wrapping_add(1);
        self.meanings.insert(id.number(), Meaning::Begins(tag));
        if let Some(channel) = &channel {
            self.by_channel.entry(channel.clone()).or_default().insert(tag);
        }
        self.tags.insert(tag, Tagged { slot, channel });
        self.wait(slot, Wait::Tag(tag), deadline);
    }

    /// Forgets a wait and what leads to it.
    fn unwait(&mut self, slot: Slot) -> bool {
        let Some((wait, deadline)) = self.waits.remove(&slot) else { return false };
        if let Some(at) = deadline {
            self.deadlines.remove(&(at, slot));
        }
        match wait {
            Wait::Answer(id) => {
                self.meanings.remove(id);
            }
            Wait::Tag(tag) => {
                let channel = self.tags.remove(&tag).and_then(|tagged| tagged.channel);
                if let Some(channel) = channel
                    && let Some(tags) = self.by_channel.get_mut(&channel)
                {
                    tags.remove(&tag);
                    if tags.is_empty() {
                        self.by_channel.remove(&channel);
                    }
                }
            }
        }
        true
    }

    fn finish(&mut self, slot: Slot, outcome: Outcome) {
        if self.unwait(slot) {
            self.outcomes.push_back((slot, outcome));
        }
    }

    fn finish_tag(&mut self, tag: u64, outcome: Outcome) {
        if let Some(tagged) = self.tags.get(&tag) {
            self.finish(tagged.slot, outcome);
        }
    }

    fn advance_clock(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    fn need(&mut self, names: &[&'static [u8]]) -> Result<(), SessionError> {
        self.wanted.needed.extend(names);
        self.say()
    }

    /// Says what this connection has not been told yet.
    fn say(&mut self) -> Result<(), SessionError> {
        if !self.is_open() {
            return Ok(());
        }
        let full = self.client.as_ref().and_then(Client::has_full_control) == Some(true);
        let own = self.hears_own_only().then_some(full);
        if let Some(channel) = self.own.clone().filter(|_| own.is_some()) {
            let of_others = |interest: &Interest| interest.is_of_others(&channel, full);
            let unheard: Vec<Slot> =
                self.wanted.readers.iter().filter(|(_, interest)| of_others(interest)).map(|(slot, _)| *slot).collect();
            for slot in unheard {
                self.wanted.readers.remove(&slot);
                self.outcomes.push_back((slot, Outcome::Refused));
            }
        }
        let (wanted, mut said) = (self.wanted.clone(), core::mem::take(&mut self.said));
        let result = wanted.say(&mut said, own, |command, about| {
            let id = self.write(command)?;
            self.meanings.insert(id.number(), Meaning::Said(about));
            self.saying = self.saying.saturating_add(1);
            Ok(())
        });
        self.said = said;
        match result {
            // After `exit` or in linger there is nothing to be heard any more.
            Err(SessionError::Send(SendError::NotAllowed(NotAllowed::Exiting | NotAllowed::Closed))) => Ok(()),
            result => result,
        }
    }

    fn opened(&mut self) {
        // What cannot be said cannot be heard: its readers learn it from the answers to what can.
        let _ = self.say();
        self.stands();
    }

    /// The gap is over once everything has been said and answered.
    fn stands(&mut self) {
        if self.saying == 0 && self.is_open() {
            self.end_gap();
        }
    }

    fn end_gap(&mut self) {
        self.stood = true;
        if let Some(gap) = &mut self.gap
            && !self.gap_is_over
        {
            gap.until = self.now;
            gap.core_after.clone_from(&self.core);
            self.gap_is_over = true;
        }
    }

    fn take(&mut self, incoming: &Incoming<'_>) {
        match incoming {
            Incoming::Authenticated { id, .. } => {
                self.answered(*id, false);
                self.opened();
            }
            Incoming::AuthRefused { id, .. } => self.answered(*id, true),
            Incoming::Connected { id, reply } => {
                self.answered(*id, false);
                if let Some(uuid) = reply.channel_data().and_then(|data| data.get(header::UNIQUE_ID)) {
                    self.own = Some(uuid.to_vec().into());
                    self.opened();
                }
            }
            Incoming::Answer { id, answer } => {
                self.answered(*id, matches!(answer.status(), Status::Err | Status::Usage));
            }
            Incoming::Event(event) => self.event(event),
            Incoming::Lingering(_) => {
                let sync = self.client.as_ref().is_some_and(|client| client.socket_mode() == Some(SocketMode::Sync));
                // In sync mode no CHANNEL_HANGUP_COMPLETE comes.
                if let Some(own) = self.own.clone().filter(|_| sync) {
                    self.channel_ended(&own);
                }
            }
            Incoming::Rejected { .. } => {}
            Incoming::Goodbye { end, .. } => self.lose(Reason::End(*end), self.now),
            Incoming::AuthRequest | Incoming::Log(_) | Incoming::Unexpected(_) => {}
        }
    }

    fn answered(&mut self, id: CommandId, failed: bool) {
        match self.meanings.remove(id.number()) {
            Some(Meaning::Answer(slot)) => self.finish(slot, Outcome::Answered),
            Some(Meaning::Begins(tag)) if failed => self.finish_tag(tag, Outcome::Refused),
            Some(Meaning::Said(about)) => {
                self.saying = self.saying.saturating_sub(1);
                if let (About::Events { names, subclasses }, true) = (about, failed) {
                    self.not_heard(names, subclasses);
                }
                self.stands();
            }
            Some(Meaning::Begins(_)) | None => {}
        }
    }

    /// The server has refused an `event` with these names. It takes those before the first one that the user has no right
    /// to, and does not tell which that is: each one that is still wanted is asked for alone.
    fn not_heard(&mut self, names: BTreeSet<Text>, subclasses: BTreeSet<Text>) {
        if self.hears_own_only() || names.len().saturating_add(subclasses.len()) <= 1 {
            self.said.forget(&names, &subclasses);
            self.wanted.needed.retain(|name| !names.contains(*name));
            self.refused(&names, &subclasses);
            // What only the readers that are gone wanted is taken back.
            let _ = self.say();
            return;
        }
        let format = self.wanted.format;
        for about in self.said.apart(names, subclasses) {
            let written = about.with_events(|events| self.write(&Command::Event { format, events }));
            // A connection that takes no commands any more ends all waits soon.
            let Ok(id) = written else { return };
            self.meanings.insert(id.number(), Meaning::Said(about));
            self.saying = self.saying.saturating_add(1);
        }
    }

    /// These events will not come: who needs them learns it.
    fn refused(&mut self, names: &BTreeSet<Text>, subclasses: &BTreeSet<Text>) {
        for slot in self.wanted.readers_of(names, subclasses) {
            self.wanted.readers.remove(&slot);
            self.outcomes.push_back((slot, Outcome::Refused));
        }
        let (job, app) = (names.contains(&b"BACKGROUND_JOB"[..]), names.contains(&b"CHANNEL_EXECUTE_COMPLETE"[..]));
        let ends = |tagged: &Tagged| if tagged.channel.is_some() { app } else { job };
        let slots: Vec<Slot> = self.tags.values().filter(|tagged| ends(tagged)).map(|tagged| tagged.slot).collect();
        for slot in slots {
            self.finish(slot, Outcome::Refused);
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        if self.core.is_none() {
            self.core = event.get(header::CORE_UUID).map(|uuid| uuid.to_vec().into());
        }
        self.end_gap();
        let Some(name) = event.name() else { return };
        match name {
            EventName::BackgroundJob => {
                let tag = event.job_uuid().and_then(|value| Tag::number_in(value, self.run));
                if let Some(tag) = tag.filter(|tag| self.tags.get(tag).is_some_and(|tagged| tagged.channel.is_none())) {
                    self.finish_tag(tag, Outcome::JobEnded);
                }
            }
            EventName::ChannelExecuteComplete => {
                let tag = event.application_uuid().and_then(|value| Tag::number_in(value, self.run));
                if let Some(tag) = tag.filter(|tag| self.tags.get(tag).is_some_and(|tagged| tagged.channel.is_some())) {
                    let ended = matches!(AppOutcome::of(event), Some(AppOutcome::ChannelEnded { .. }));
                    self.finish_tag(tag, if ended { Outcome::ChannelEnded } else { Outcome::Completed });
                }
            }
            EventName::ChannelHangupComplete | EventName::ChannelDestroy if !self.by_channel.is_empty() => {
                if let Some(uuid) = event.get(header::UNIQUE_ID) {
                    self.channel_ended(&uuid.to_vec().into());
                }
            }
            _ => {}
        }
    }

    fn channel_ended(&mut self, channel: &Text) {
        for tag in self.by_channel.remove(channel).unwrap_or_default() {
            self.finish_tag(tag, Outcome::ChannelEnded);
        }
    }

    /// The connection is over.
    fn lose(&mut self, reason: Reason, now: Duration) {
        self.advance_clock(now);
        if self.client.take().is_none() {
            return;
        }
        let slots: Vec<(Slot, Wait)> = self.waits.iter().map(|(slot, (wait, _))| (*slot, *wait)).collect();
        for (slot, wait) in slots {
            // Of applications the channel's end is the better reason.
            let ended = |tag: u64| self.tags.get(&tag).is_some_and(|tagged| tagged.channel.is_some());
            let outcome = match wait {
                Wait::Tag(tag) if reason == Reason::End(End::ChannelEnded) && ended(tag) => Outcome::ChannelEnded,
                Wait::Tag(_) | Wait::Answer(_) => Outcome::Lost(reason),
            };
            self.finish(slot, outcome);
        }
        self.meanings.clear();
        self.out.clear();
        (self.taken, self.saying) = (0, 0);
        (self.said, self.own) = (Said::NOTHING, None);
        self.reason = Some(reason);
        let core_before = self.core.take();
        match &mut self.gap {
            // A connection that never stood makes the gap longer, not another one.
            Some(_) if !self.gap_is_over => {}
            gap if self.stood => {
                *gap = Some(Gap { reason, since: self.now, until: self.now, core_before, core_after: None });
                self.gap_is_over = false;
            }
            _ => {}
        }
        self.stood = false;
    }
}
