//! Sessions: waits and subscriptions across reconnects.
//!
//! A [`Session`] builds on a [`Client`] and, like it, has no sockets, clocks or wakers: received bytes go into
//! [`poll`](Session::poll), bytes to send come from [`to_send`](Session::to_send), and the time is an argument. A host
//! identifies each of its waits by a [`Slot`], a number that it maps to a future, a condition variable or a callback;
//! [`next_outcome`](Session::next_outcome) reports the outcome of the wait once, while the message that ended it is
//! still available.
//!
//! # Theory of operation
//!
//! 1. A wait ends exactly once: with its result, a refusal, its deadline, or the end of its channel or of the
//!    connection; or it is given up, and nothing is reported. From then on its slot is free again.
//! 2. The session names jobs and applications ([`Tag`]), so that their ends are recognised whichever comes first, the
//!    answer or the event.
//! 3. Subscriptions are a difference: between what readers, waits, filters and log need, and what has been sent on this
//!    connection. After every change, and after every reconnect, the difference is sent: filters first, nothing twice.
//! 4. A lost connection ends its waits, not its readers. The next connection begins with a [`Gap`].
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

mod notice;
mod parts;
mod queue;
mod reading;
pub(crate) mod slots;
mod wanted;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::time::Duration;

pub use notice::Notice;
use notice::Notices;
use parts::InParts;
pub use queue::{Item, Overflow, Queue};
use reading::Readings;
use slots::Waits;
pub use wanted::Interest;
use wanted::{About, Readers, Said, Text, Wanted};

use crate::client::{
    Answer, Client, CommandId, End, Eof, Incoming, NotAllowed, Poll, ProtocolError, SendError, Stats, Tag, Told,
};
use crate::command::{CallCommand, ChannelApi, Command, Filter, SendMsg};
use crate::event::Event;
use crate::frame::FrameKind;
use crate::message::{LogLine, SocketMode, Status, Variable};
use crate::name::{EventName, Format, LogLevel, header};
use crate::text::Value;

/// A wait or a reader of the host's: a number that it chooses, for each another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

/// How a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The answer has arrived: [`Session::poll`] has just returned it, or its last part.
    Answered,
    /// The answer that tells a [variable](Session::read_variable) has come: [`Session::poll`] has just given it. It is to be
    /// kept, as the wait goes on until [`Read`](Self::Read) or [`Cut`](Self::Cut).
    Value,
    /// That answer holds the whole of the variable.
    Read,
    /// The variable has broken that answer: it has more in it than what has come so.
    Cut,
    /// The job has ended: its BACKGROUND_JOB has just been given, or its last part.
    JobEnded,
    /// The application has ended normally: [`Session::poll`] has just returned its CHANNEL_EXECUTE_COMPLETE, or the
    /// last part of it.
    Completed,
    /// The channel has ended during the application, or because of it. The event just returned has the cause, unless
    /// the connection ended with the channel.
    ChannelEnded,
    /// The server has refused what was to be waited for or read, or the subscription that it needs: the answer has just
    /// been given, unless the connection takes no such command at all.
    Refused,
    /// The deadline has passed. A late result is recognised and ignored.
    TimedOut,
    /// The connection is over.
    Lost(Reason),
}

/// Why a session has no connection any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The connection has ended.
    End(End),
    /// Nothing was received for too long: [`Session::set_silence`].
    Silence,
    /// No HEARTBEAT came for too long, whatever else did: [`Session::set_heartbeat`].
    NoHeartbeat,
    /// The host has closed it: [`Session::close`].
    Closed,
}

impl Reason {
    /// The reason, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::End(end) => end.as_str(),
            Self::Silence => "the peer has been silent for too long",
            Self::NoHeartbeat => "no HEARTBEAT arrived for too long",
            Self::Closed => "closed by this program",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The gap between two connections, whose events are not sent again.
#[derive(Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why the old connection ended.
    pub reason: Reason,
    /// When it ended.
    pub since: Duration,
    /// When the subscription stood again, or the first event came.
    pub until: Duration,
    /// The server's `Core-UUID` before the gap, if an event has had it.
    pub core_before: Option<Box<[u8]>>,
    /// The server's `Core-UUID` after the gap, if an event has had it already: if it has changed, the server was
    /// restarted, and no earlier call is left. Otherwise [`Notice::Restarted`] reports that later.
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

/// Why a session refuses a call. Nothing has changed.
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
    /// The application would run in a channel whose events this connection cannot receive.
    Unheard,
}

impl SessionError {
    /// The numbers of those that are a session's own.
    pub(crate) const CODES: &'static [u16] =
        &[Self::SlotInUse.code(), Self::NotConnected.code(), Self::NotReady.code(), Self::Unheard.code()];

    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Send(error) => error.code(),
            Self::SlotInUse => 801,
            Self::NotConnected => 802,
            Self::NotReady => 803,
            Self::Unheard => 804,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(error) => fmt::Display::fmt(error, f),
            Self::SlotInUse => f.write_str("the slot waits for something else"),
            Self::NotConnected => f.write_str("there is no connection"),
            Self::NotReady => f.write_str("the connection is not open yet, or there is nothing to wait for"),
            Self::Unheard => f.write_str("this connection receives only its own channel's events"),
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

const HEARTBEAT: &[u8] = b"HEARTBEAT";

/// What a slot waits for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Answer(u64),
    /// A variable, by the number of its reading.
    Variable(u64),
    /// A job or an application, by the number of its tag.
    Tag(u64),
}

/// What the answer to a command means.
#[derive(Clone, Debug)]
enum Meaning {
    /// It ends a wait.
    Answer(Slot),
    /// The API tells a variable of the connection's channel, or of another. If it tells none of its own, `getvar` with this name may.
    Variable { slot: Slot, getvar: Option<Text>, deadline: Option<Duration> },
    /// It tells a variable, by the number of its reading.
    Value(u64),
    /// It ends the first reading.
    Read,
    /// It tells whether a job or an application has begun.
    Begins(u64),
    /// It tells whether a subscription stands.
    Said(Box<About>),
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
/// See the [module](self). The session manages subscriptions, filters and the log: send no `event`, `filter` or `log`
/// yourself.
#[derive(Clone, Debug)]
pub struct Session {
    client: Option<Client>,
    out: Vec<u8>,
    /// Bytes of `out` that were sent.
    taken: usize,
    run: u64,
    next_tag: u64,
    now: Duration,
    waits: Waits,
    meanings: Meanings,
    readings: Readings,
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
    heartbeat: Option<Duration>,
    beaten: Duration,
    /// Whether this connection may hear the HEARTBEAT.
    may_beat: bool,
    core: Option<Text>,
    /// The `Core-UUID` before the gap, until it is known what it is after.
    core_before: Option<Text>,
    /// The frame that comes in parts.
    parts: Option<InParts>,
    notices: Notices,
    reason: Option<Reason>,
    gap: Option<Gap>,
    gap_is_over: bool,
    /// Whether this connection's subscription has stood once.
    stood: bool,
    /// What came in over the connections before this one.
    earlier: Stats,
}

impl Session {
    /// A session without a connection. `run` distinguishes its jobs and applications from those of other programs on
    /// the server: choose it at random.
    #[must_use]
    pub const fn new(run: u64) -> Self {
        Self {
            client: None,
            out: Vec::new(),
            taken: 0,
            run,
            next_tag: 0,
            now: Duration::ZERO,
            waits: Waits::new(),
            meanings: Meanings { first: 0, meanings: VecDeque::new() },
            readings: Readings::new(),
            tags: BTreeMap::new(),
            by_channel: BTreeMap::new(),
            outcomes: VecDeque::new(),
            wanted: Wanted {
                readers: Readers::NONE,
                needed: BTreeSet::new(),
                unwanted: BTreeSet::new(),
                unwanted_subclasses: BTreeSet::new(),
                filters: Vec::new(),
                log: None,
                log_readers: BTreeMap::new(),
                format: None,
            },
            said: Said::NOTHING,
            saying: 0,
            own: None,
            own_only: false,
            silence: None,
            heard: Duration::ZERO,
            octets: 0,
            heartbeat: None,
            beaten: Duration::ZERO,
            may_beat: true,
            core: None,
            core_before: None,
            parts: None,
            notices: Notices::new(),
            reason: None,
            gap: None,
            gap_is_over: false,
            stood: false,
            earlier: Stats { octets: 0, frames: 0, events: 0, log_lines: 0, unexpected: 0 },
        }
    }

    // The connection

    /// Begins a new connection: `client` is new, and nothing has been read or written. An existing connection ends.
    ///
    /// The host sends `auth` when [`Incoming::AuthRequest`] comes, or `connect` at once on an outbound connection.
    /// Subscriptions, filters and log are sent as soon as the connection is open.
    pub fn connect(&mut self, client: Client, now: Duration) {
        self.lose(Reason::Closed, now);
        self.reason = None;
        self.client = Some(client);
        (self.heard, self.beaten) = (self.now, self.now);
        self.octets = 0;
        self.may_beat = true;
        self.wanted.needed.extend(self.is_watched().then_some(HEARTBEAT));
    }

    /// The client of the connection, if there is one.
    #[must_use]
    pub const fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Counts of what was received so far, over all connections.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Some(client) = &self.client else { return self.earlier };
        let (before, now) = (self.earlier, client.stats());
        Stats {
            octets: before.octets.saturating_add(now.octets),
            frames: before.frames.saturating_add(now.frames),
            events: before.events.saturating_add(now.events),
            log_lines: before.log_lines.saturating_add(now.log_lines),
            unexpected: before.unexpected.saturating_add(now.unexpected),
        }
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

    /// Whether everything is subscribed to: the connection is open, and the server has answered all commands for
    /// subscriptions, filters and the log.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.saying == 0 && self.is_open()
    }

    /// The bytes to send now.
    #[must_use]
    pub fn to_send(&self) -> &[u8] {
        self.out.get(self.taken..self.readings.limit(&self.out)).unwrap_or_default()
    }

    /// So many of them have been sent.
    pub fn sent(&mut self, count: usize) {
        self.taken = self.taken.saturating_add(count).min(self.readings.limit(&self.out));
        if self.taken == self.out.len() {
            self.out.clear();
            self.readings.sent(self.taken);
            self.taken = 0;
        }
    }

    /// How many bytes are to be sent, now or once a [variable](Self::read_variable) has been read.
    #[must_use]
    pub const fn unsent(&self) -> usize {
        self.out.len().saturating_sub(self.taken)
    }

    /// Returns the message at the front of `buf`, as [`Client::poll`] does, and processes it: look for
    /// [outcomes](Self::next_outcome) and [notices](Self::next_notice) before the message is dropped.
    ///
    /// A frame in parts ends its waits with the last part. The parts are not kept: a host that needs the output of
    /// jobs, or the event that ends an application, sets [`Limits::max_buffered`](crate::Limits::max_buffered) high
    /// enough, or keeps the parts.
    ///
    /// Without a connection it returns [`Poll::Closed`] if the last one was ended by the server, otherwise
    /// [`Poll::NeedData`]: see [`reason`](Self::reason).
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
        let was_open = client.is_open();
        let read = self.readings.front().filter(|reading| reading.has_value);
        let word = read.map(|reading| Tag::new(self.run, reading.tag));
        let told = read.zip(word.as_ref()).map(|(reading, word)| Told { id: reading.probe, word: word.as_bytes() });
        let poll =
            client.poll_told(buf, told).inspect_err(|error| self.lose(Reason::End(End::Protocol(error.error)), now))?;
        if let Some(client) = &self.client
            && client.stats().octets != self.octets
        {
            self.octets = client.stats().octets;
            self.heard = self.now;
        }
        if let (Some(word), Poll::Incoming { incoming, consumed }) = (word, &poll) {
            self.look_for(&word, incoming, buf.get(..*consumed).unwrap_or_default());
        }
        match &poll {
            Poll::Incoming { incoming, .. } => self.take(incoming),
            Poll::HeadPart { .. } | Poll::Head { .. } | Poll::Body { .. } => self.take_part(&poll, was_open),
            Poll::Closed { end, .. } => self.lose(Reason::End(*end), now),
            Poll::NeedData { .. } => {}
        }
        Ok(poll)
    }

    /// Reports the end of the stream: returns the result of [`Client::eof`], and ends all waits. [`None`] if there is
    /// no connection.
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

    /// The gap between this connection and the one before, returned once: as soon as the subscription is active again,
    /// or with the first event, before which it belongs.
    pub fn next_gap(&mut self) -> Option<Gap> {
        if self.gap_is_over { self.gap.take() } else { None }
    }

    /// The next notice. Each is returned once, and only the last few are kept.
    pub fn next_notice(&mut self) -> Option<Notice> {
        self.notices.pop()
    }

    /// The `Core-UUID` of the server, if an event has had it.
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
        if matches!(command, Command::Exit) {
            // The end of the connection is the end of every reading.
            self.readings.release();
        }
        self.answer_for(slot, id, deadline);
        Ok(id)
    }

    /// `slot` waits for the answer to a command that has been sent.
    fn answer_for(&mut self, slot: Option<Slot>, id: CommandId, deadline: Option<Duration>) {
        if let Some(slot) = slot {
            self.meanings.insert(id.number(), Meaning::Answer(slot));
            self.waits.insert(slot, Wait::Answer(id.number()), deadline);
        }
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
        if matches!(command, Command::Exit) {
            self.readings.release();
        }
        self.answer_for(slot, id, deadline);
        Ok(id)
    }

    /// Asks for a variable of a channel, whatever its value is; without `channel`, of that of an outbound connection. `slot`
    /// waits until `deadline`, and is told [`Outcome::Value`] with the answer, whose [`Answer::variable`] it is, and then
    /// [`Outcome::Read`] or [`Outcome::Cut`]. [`Outcome::Refused`] tells that the channel is not there, or the API may not be
    /// used.
    ///
    /// It is asked for by `api uuid_getvar`. Where that may not be used, or tells nothing as the channel has hung up,
    /// `getvar` tells the variables of the connection's own channel: all but those that begin with `~`, have a blank line
    /// in them, or more than 510 bytes, which are cut. Until that is known, commands that are sent wait in this session.
    ///
    /// ```
    /// # use core::time::Duration;
    /// # use esl_proto::{Client, Command, Limits};
    /// # use esl_proto::client::Poll;
    /// # use esl_proto::message::Variable;
    /// # use esl_proto::session::{Outcome, Session, Slot};
    /// use esl_proto::Incoming;
    ///
    /// # let now = Duration::ZERO;
    /// # let mut session = Session::new(0xf5);
    /// # session.connect(Client::outbound(Limits::DEFAULT), now);
    /// # session.send(&Command::Connect, None, None)?;
    /// # session.poll(b"Event-Name: CHANNEL_DATA\nUnique-ID: c0\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n", now)?;
    /// # session.sent(usize::MAX);
    /// session.read_variable(None, "caller_name", Slot(1), None)?;
    /// assert_eq!(session.to_send(), b"api uuid_getvar c0 caller_name\n\n");
    ///
    /// let poll = session.poll(b"Content-Type: api/response\nContent-Length: 3\n\n~Al", now)?;
    /// assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Value)));
    /// let Poll::Incoming { incoming: Incoming::Answer { answer, .. }, .. } = poll else { panic!("it is an answer") };
    /// assert_eq!(answer.variable(), Variable::Set("~Al".into()));
    /// assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Read)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SessionError`]; then nothing has changed.
    pub fn read_variable(
        &mut self,
        channel: Option<&[u8]>,
        name: impl AsRef<[u8]>,
        slot: Slot,
        deadline: Option<Duration>,
    ) -> Result<CommandId, SessionError> {
        self.must_be_free(Some(slot))?;
        self.must_be_open()?;
        let name = name.as_ref();
        let is_own = channel.is_none_or(|channel| self.own.as_deref() == Some(channel));
        if is_own && self.client.as_ref().and_then(Client::has_full_control) != Some(true) {
            return self.getvar(name, slot, deadline);
        }
        Command::getvar(name).encoded_len().map_err(SendError::Refused)?;
        let channel: Text = channel.map(Into::into).or_else(|| self.own.clone()).ok_or(SessionError::NotReady)?;
        let line = ChannelApi::GetVar { uuid: &channel, name }.to_vec();
        let id = self.write(&Command::api(&line))?;
        let getvar = is_own.then(|| name.into());
        self.meanings.insert(id.number(), Meaning::Variable { slot, getvar, deadline });
        self.waits.insert(slot, Wait::Answer(id.number()), deadline);
        Ok(id)
    }

    /// Asks for a variable of the connection's own channel by `getvar`, with a command behind it.
    fn getvar(&mut self, name: &[u8], slot: Slot, deadline: Option<Duration>) -> Result<CommandId, SessionError> {
        let command = Command::getvar(name);
        self.allowed(&command)?;
        let number = self.next_tag;
        let tag = Tag::new(self.run, number);
        let behind = reading::probe(&tag);
        self.allowed(&behind)?;
        let (id, probe) = (self.write(&command)?, self.write(&behind)?);
        self.next_tag = number.wrapping_add(1);
        self.meanings.insert(id.number(), Meaning::Value(number));
        self.meanings.insert(probe.number(), Meaning::Read);
        self.readings.push(slot, number, probe, self.out.len());
        self.waits.insert(slot, Wait::Variable(number), deadline);
        Ok(id)
    }

    /// While a variable is read: whether what has come belongs to it.
    fn look_for(&mut self, word: &Tag, incoming: &Incoming<'_>, octets: &[u8]) {
        let is_unexpected = matches!(incoming, Incoming::Unexpected(_));
        let Some(reading) = self.readings.front_mut() else { return };
        if matches!(incoming, Incoming::Answer { id, .. } if id.number() == reading.probe) {
            return;
        }
        // The answer to the command behind lies in frames of the value's: it is asked for again.
        let has_taken = reading.takes(octets, word.as_bytes());
        reading.is_cut |= has_taken || is_unexpected;
        let mut again = Vec::new();
        if has_taken && reading::probe(word).encode_to_vec(&mut again).is_ok() {
            self.readings.repeat(&again, &mut self.out);
        }
    }

    /// The first reading is over.
    fn read(&mut self) {
        if let Some(reading) = self.readings.pop()
            && let Some(slot) = reading.slot
        {
            self.finish(slot, reading.outcome());
        }
    }

    /// The API has told a variable, or has not.
    fn told(&mut self, variable: (Slot, Option<Text>, Option<Duration>), answer: Option<&Answer<'_>>) {
        let (slot, getvar, deadline) = variable;
        let is_told = match answer {
            Some(Answer::Api(response)) => response.variable() != Variable::Unread,
            Some(Answer::Reply(_)) => false,
            // It came in parts.
            None => true,
        };
        if is_told {
            if self.waits.contains(slot) {
                self.outcomes.push_back((slot, Outcome::Value));
            }
            return self.finish(slot, Outcome::Read);
        }
        let Some(name) = getvar else { return self.finish(slot, Outcome::Refused) };
        if self.unwait(slot) && self.getvar(&name, slot, deadline).is_err() {
            self.outcomes.push_back((slot, Outcome::Refused));
        }
    }

    /// The name of the job or application that was begun last.
    #[must_use]
    pub fn last_tag(&self) -> Option<Tag> {
        Some(Tag::new(self.run, self.next_tag.checked_sub(1)?))
    }

    /// Sends `bgapi`. `slot` waits for the end of the job, until `deadline`. The BACKGROUND_JOB is subscribed to and
    /// passes the program's filters, except those that [exclude](Self::set_filters) it.
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

    /// Sends a message that executes an application. `slot` waits for the application's end, until `deadline`. The
    /// events that report it are subscribed to and pass the program's filters, except those that
    /// [exclude](Self::set_filters) them.
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

    /// Gives up a wait: nothing is reported, and a late result is ignored. Returns whether `slot` was waiting.
    pub fn give_up(&mut self, slot: Slot) -> bool {
        self.unwait(slot)
    }

    /// How many waits there are.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waits.len()
    }

    /// The next wait that has ended, and its outcome. Each is returned once.
    pub fn next_outcome(&mut self) -> Option<(Slot, Outcome)> {
        self.outcomes.pop_front()
    }

    // Time

    /// When [`advance`](Self::advance) must be called at the latest, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let wait = self.waits.next_deadline().map(|(at, _)| at);
        [wait, self.silent_at(), self.still_at()].into_iter().flatten().min()
    }

    /// When this connection has been silent for too long.
    fn silent_at(&self) -> Option<Duration> {
        self.silence.filter(|_| self.can_beat()).map(|limit| self.heard.saturating_add(limit))
    }

    /// When the HEARTBEAT has been missing for too long.
    fn still_at(&self) -> Option<Duration> {
        self.heartbeat.filter(|_| self.can_beat()).map(|limit| self.beaten.saturating_add(limit))
    }

    const fn is_watched(&self) -> bool {
        self.silence.is_some() || self.heartbeat.is_some()
    }

    /// Whether there is a connection on which a running server is never silent.
    fn can_beat(&self) -> bool {
        self.client.is_some() && self.may_beat && !self.hears_own_only()
    }

    /// Advances the time: ends waits whose deadline has passed, and a connection that has been silent for too long.
    /// Time that goes backwards is ignored.
    pub fn advance(&mut self, now: Duration) {
        self.advance_clock(now);
        while let Some((at, slot)) = self.waits.next_deadline()
            && at <= self.now
        {
            self.finish(slot, Outcome::TimedOut);
        }
        if self.silent_at().is_some_and(|at| at <= self.now) {
            self.lose(Reason::Silence, now);
        }
        if self.still_at().is_some_and(|at| at <= self.now) {
            self.lose(Reason::NoHeartbeat, now);
        }
    }

    /// Ends the connection when no byte has arrived for this long: a stopped server, or a machine that hangs, sends
    /// nothing. The session subscribes to HEARTBEAT for it, which a running server sends every 20 seconds: allow for
    /// two. A server also sends nothing while an `api` command runs: use `bgapi` for slow ones.
    ///
    /// Connections that cannot receive the HEARTBEAT may be silent: those with the events of their own channel only,
    /// and those of users without the right to it ([`Notice::HeartbeatRefused`]).
    ///
    /// # Errors
    /// [`SessionError`] if the HEARTBEAT cannot be subscribed to; then nothing has changed.
    pub fn set_silence(&mut self, limit: Option<Duration>) -> Result<(), SessionError> {
        self.need(if limit.is_some() { &[HEARTBEAT] } else { &[] })?;
        self.silence = limit;
        self.heard = self.now;
        Ok(())
    }

    /// Ends the connection when no HEARTBEAT has arrived for this long, even if answers or log lines have: the server's
    /// events are stuck. It applies to the same connections as [`set_silence`](Self::set_silence).
    ///
    /// # Errors
    /// [`SessionError`] if the HEARTBEAT cannot be subscribed to; then nothing has changed.
    pub fn set_heartbeat(&mut self, limit: Option<Duration>) -> Result<(), SessionError> {
        self.need(if limit.is_some() { &[HEARTBEAT] } else { &[] })?;
        self.heartbeat = limit;
        self.beaten = self.now;
        Ok(())
    }

    /// Restricts an outbound connection to the events of its own channel, as if it had no full control: `myevents` is
    /// sent in place of `event`, so that a server with many calls does not send the events of all of them to each
    /// program. Set it before the connection is open.
    pub const fn set_own_only(&mut self, own_only: bool) {
        self.own_only = own_only;
    }

    /// Bytes have arrived that make no whole frame yet.
    pub fn heard(&mut self, now: Duration) {
        self.advance_clock(now);
        self.heard = self.now;
    }

    // Readers, filters and the log

    /// Makes `slot` a reader of these events, across reconnects, until [`unlisten`](Self::unlisten). A second interest
    /// replaces the first. [`Outcome::Refused`] ends a reader whose events the server refuses, or which an outbound
    /// connection without full control, or [with its own events only](Self::set_own_only), can never receive: those of
    /// other channels and, without full control, those that are not part of `myevents`.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be subscribed to; then nothing has changed.
    pub fn listen(&mut self, slot: Slot, interest: Interest) -> Result<(), SessionError> {
        interest.check().map_err(SendError::Refused)?;
        let before = self.wanted.readers.get(slot).cloned();
        self.change(|wanted| wanted.listen(slot, interest)).inspect_err(|_| match before {
            Some(interest) => self.wanted.readers.insert(slot, interest),
            None => self.wanted.readers.remove(slot),
        })
    }

    /// Unsubscribes from these events, or from all, for all readers, until a reader [requests](Self::listen) them
    /// again. Events that waits need still arrive.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be unsubscribed; then nothing has changed.
    pub fn unsubscribe(&mut self, interest: Option<Interest>) -> Result<(), SessionError> {
        if let Some(interest) = &interest {
            interest.check().map_err(SendError::Refused)?;
        }
        self.change(|wanted| wanted.unwant(interest))
    }

    /// Makes `slot` a reader of the server's log up to this level, across reconnects, until
    /// [`unlisten`](Self::unlisten). The server is asked for the most detailed level that any reader wants.
    /// [`Outcome::Refused`] ends all readers of the log if the server refuses them.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be requested; then nothing has changed.
    pub fn listen_log(&mut self, slot: Slot, level: LogLevel) -> Result<(), SessionError> {
        self.change(|wanted| {
            wanted.log_readers.insert(slot, level);
        })
    }

    /// Removes the reader `slot`, of events and of the log.
    ///
    /// # Errors
    /// [`SessionError`] if events that no reader wants any more cannot be unsubscribed; they then arrive and are
    /// ignored.
    pub fn unlisten(&mut self, slot: Slot) -> Result<(), SessionError> {
        self.wanted.readers.remove(slot);
        self.wanted.log_readers.remove(&slot);
        self.say()
    }

    /// The readers that want this line of the log.
    pub fn log_readers(&self, line: &LogLine<'_>) -> impl Iterator<Item = Slot> + '_ {
        let of_line = line.level();
        let wants = move |level: &LogLevel| of_line.is_none_or(|of_line| of_line <= *level);
        self.wanted.log_readers.iter().filter(move |(_, level)| wants(level)).map(|(slot, _)| *slot)
    }

    /// The readers that want this event.
    pub fn readers<'s>(&'s self, event: &'s Event<'_>) -> impl Iterator<Item = Slot> + 's {
        self.wanted.readers.of(event)
    }

    /// Replaces the program's filters: only events that match one of them arrive, and those that waits need.
    ///
    /// A filter whose value begins with `-` excludes events, whatever other filters say: if it excludes an event that a
    /// wait needs, that wait ends at its deadline.
    ///
    /// [`Notice::FilterRefused`] reports a filter that the server refuses.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be sent; then nothing has changed.
    pub fn set_filters<'a>(
        &mut self,
        filters: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<(), SessionError> {
        let filters: Vec<(Text, Text)> = filters.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        for (header, value) in &filters {
            Command::from(Filter::Add { header, value }).encoded_len().map_err(SendError::Refused)?;
        }
        self.change(|wanted| wanted.filters = filters)
    }

    /// The level of the server's log that the host wants, in addition to its [readers](Self::listen_log); [`None`] for
    /// none. [`Notice::LogRefused`] reports a refusal.
    ///
    /// # Errors
    /// [`SessionError`] if they cannot be requested; then nothing has changed.
    pub fn set_log(&mut self, level: Option<LogLevel>) -> Result<(), SessionError> {
        self.change(|wanted| wanted.log = level)
    }

    /// The format of events. An outbound connection with the events of its own channel only keeps its first format.
    ///
    /// # Errors
    /// [`SessionError`] if it cannot be sent; then nothing has changed.
    pub fn set_format(&mut self, format: Format) -> Result<(), SessionError> {
        self.change(|wanted| wanted.format = Some(format))
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
            Some(slot) if self.waits.contains(slot) => Err(SessionError::SlotInUse),
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

    /// The job or application with the next tag has been sent off.
    fn begin(&mut self, id: CommandId, slot: Slot, channel: Option<Text>, deadline: Option<Duration>) {
        let tag = self.next_tag;
        self.next_tag = tag.wrapping_add(1);
        self.meanings.insert(id.number(), Meaning::Begins(tag));
        if let Some(channel) = &channel {
            self.by_channel.entry(channel.clone()).or_default().insert(tag);
        }
        self.tags.insert(tag, Tagged { slot, channel });
        self.waits.insert(slot, Wait::Tag(tag), deadline);
    }

    /// Forgets a wait and what leads to it.
    fn unwait(&mut self, slot: Slot) -> bool {
        let Some(wait) = self.waits.remove(slot) else { return false };
        match wait {
            Wait::Answer(id) => {
                self.meanings.remove(id);
            }
            Wait::Variable(tag) => {
                if let Some(reading) = self.readings.of(tag) {
                    reading.slot = None;
                }
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
        if names.iter().all(|name| self.wanted.needed.contains(name)) {
            return Ok(());
        }
        self.change(|wanted| wanted.needed.extend(names))
    }

    /// Changes what is wanted and says it, or leaves it as it was, but for the readers: they may be many.
    fn change(&mut self, change: impl FnOnce(&mut Wanted)) -> Result<(), SessionError> {
        let readers = mem::take(&mut self.wanted.readers);
        let before = self.wanted.clone();
        self.wanted.readers = readers;
        change(&mut self.wanted);
        self.say().inspect_err(|_| {
            let readers = mem::take(&mut self.wanted.readers);
            self.wanted = Wanted { readers, ..before };
        })
    }

    /// Says what this connection has not been told yet.
    fn say(&mut self) -> Result<(), SessionError> {
        self.say_or_tell().map_err(|(error, _)| error)
    }

    /// The same, and tells what cannot be said.
    fn say_or_tell(&mut self) -> Result<(), (SessionError, About)> {
        if !self.is_open() {
            return Ok(());
        }
        let full = self.client.as_ref().and_then(Client::has_full_control) == Some(true);
        let own = self.hears_own_only().then_some(full);
        if let Some(channel) = self.own.clone().filter(|_| own.is_some()) {
            let of_others = |interest: &Interest| interest.is_of_others(&channel, full);
            let unheard: Vec<Slot> =
                self.wanted.readers.iter().filter(|(_, interest)| of_others(interest)).map(|(slot, _)| slot).collect();
            for slot in unheard {
                self.wanted.readers.remove(slot);
                self.outcomes.push_back((slot, Outcome::Refused));
            }
        }
        let (wanted, mut said) = (mem::take(&mut self.wanted), mem::take(&mut self.said));
        let result = wanted.say(&mut said, own, |command, about| match self.write(command) {
            Ok(id) => {
                self.meanings.insert(id.number(), Meaning::Said(Box::new(about)));
                self.saying = self.saying.saturating_add(1);
                Ok(())
            }
            Err(error) => Err((error, about)),
        });
        (self.wanted, self.said) = (wanted, said);
        match result {
            // After `exit` or in linger there is nothing to be heard any more.
            Err((SessionError::Send(SendError::NotAllowed(NotAllowed::Exiting | NotAllowed::Closed)), _)) => Ok(()),
            result => result,
        }
    }

    fn opened(&mut self) {
        // What this connection does not take is refused as if the server had done it; the rest is said all the same.
        while let Err((_, about)) = self.say_or_tell() {
            match about {
                About::Events { names, subclasses } => self.unheard(&names, &subclasses),
                About::Filter(header, value) => self.unfiltered((header, value)),
                About::Log(level) => self.unlogged(level),
                About::Else => break,
            }
        }
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
                if let Some(data) = reply.channel_data() {
                    self.connected(|name| data.get(name));
                }
            }
            Incoming::Answer { id, answer } => {
                self.answered_by(*id, matches!(answer.status(), Status::Err | Status::Usage), Some(answer));
            }
            Incoming::Event(event) => self.event(|| event.name(), |name| event.get(name)),
            Incoming::Lingering(_) => self.lingers(),
            Incoming::Rejected { .. } => {}
            Incoming::Goodbye { end, .. } => self.lose(Reason::End(*end), self.now),
            Incoming::AuthRequest | Incoming::Log(_) | Incoming::Unexpected(_) => {}
        }
    }

    /// A part of a frame has come.
    fn take_part(&mut self, poll: &Poll<'_>, was_open: bool) {
        let (frame, id) = match poll {
            Poll::HeadPart { lines, kind, id, end, .. } => {
                let parts = self.parts.get_or_insert_with(InParts::new);
                parts.kind = *kind;
                parts.is_connect |= lines.is_event();
                parts.lines(lines);
                (end.is_some_and(|end| end.body_len == 0), *id)
            }
            Poll::Head { head, id, body_len, .. } => {
                self.parts = Some(InParts::of(head));
                (*body_len == 0, *id)
            }
            Poll::Body { data, lines, id, remaining, .. } => {
                if let Some(parts) = &mut self.parts {
                    match lines {
                        Some(lines) => parts.lines(lines),
                        None => parts.body(data),
                    }
                }
                (*remaining == 0, *id)
            }
            Poll::Incoming { .. } | Poll::NeedData { .. } | Poll::Closed { .. } => return,
        };
        let Some(parts) = self.parts.take_if(|_| frame) else { return };
        if let Some(id) = id {
            self.answered(id, parts.is_refusal());
        }
        match parts.kind {
            FrameKind::Event(_) => {
                let name = parts.get(header::EVENT_NAME);
                self.event(|| name.map(|name| EventName::from_bytes(name.raw())), |name| parts.get(name));
            }
            FrameKind::Reply if parts.is_connect && id.is_some() => self.connected(|name| parts.get(name)),
            FrameKind::Reply if !was_open && self.client.as_ref().is_some_and(Client::is_open) => self.opened(),
            FrameKind::Disconnect if self.client.as_ref().is_some_and(Client::is_lingering) => self.lingers(),
            _ => {}
        }
    }

    /// The server has told the data of this connection's channel.
    fn connected<'e>(&mut self, get: impl Fn(&str) -> Option<Value<'e>>) {
        self.core = get(header::CORE_UUID).map(|uuid| uuid.to_vec().into());
        self.know_core();
        if let Some(uuid) = get(header::UNIQUE_ID) {
            self.own = Some(uuid.to_vec().into());
            self.opened();
        }
    }

    /// The channel has ended, and the connection stays for a while.
    fn lingers(&mut self) {
        let sync = self.client.as_ref().is_some_and(|client| client.socket_mode() == Some(SocketMode::Sync));
        // In sync mode no CHANNEL_HANGUP_COMPLETE comes.
        if let Some(own) = self.own.clone().filter(|_| sync) {
            self.channel_ended(&own);
        }
    }

    fn answered(&mut self, id: CommandId, failed: bool) {
        self.answered_by(id, failed, None);
    }

    fn answered_by(&mut self, id: CommandId, failed: bool, answer: Option<&Answer<'_>>) {
        match self.meanings.remove(id.number()) {
            Some(Meaning::Answer(slot)) => self.finish(slot, Outcome::Answered),
            Some(Meaning::Variable { slot, getvar, deadline }) => self.told((slot, getvar, deadline), answer),
            Some(Meaning::Value(tag)) => {
                if let Some(reading) = self.readings.of(tag) {
                    reading.has_value = true;
                    if let Some(slot) = reading.slot {
                        self.outcomes.push_back((slot, Outcome::Value));
                    }
                }
            }
            Some(Meaning::Read) => self.read(),
            Some(Meaning::Begins(tag)) if failed => self.finish_tag(tag, Outcome::Refused),
            Some(Meaning::Said(about)) => {
                self.saying = self.saying.saturating_sub(1);
                match *about {
                    About::Events { names, subclasses } if failed => self.not_heard(names, subclasses),
                    About::Filter(header, value) if failed => self.unfiltered((header, value)),
                    About::Log(level) if failed => self.unlogged(level),
                    // What was taken back may be gone already: there is no more to do.
                    About::Events { .. } | About::Filter(..) | About::Log(_) | About::Else => {}
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
            self.unheard(&names, &subclasses);
            // What only the readers that are gone wanted is taken back.
            let _ = self.say();
            return;
        }
        let format = self.wanted.format;
        for about in self.said.apart(names, subclasses) {
            let written = about.with_events(|events| self.write(&Command::Event { format, events }));
            // A connection that takes no commands any more ends all waits soon.
            let Ok(id) = written else { return };
            self.meanings.insert(id.number(), Meaning::Said(Box::new(about)));
            self.saying = self.saying.saturating_add(1);
        }
    }

    /// These events will not come: who reads or needs them learns it.
    fn unheard(&mut self, names: &BTreeSet<Text>, subclasses: &BTreeSet<Text>) {
        self.said.forget(names, subclasses);
        for slot in self.wanted.readers_of(names, subclasses) {
            self.wanted.readers.remove(slot);
            self.outcomes.push_back((slot, Outcome::Refused));
        }
        self.not_for_waits(names);
    }

    /// The same of those who need them, whom a refused filter may keep from hearing them, too.
    fn not_for_waits(&mut self, names: &BTreeSet<Text>) {
        self.wanted.needed.retain(|name| !names.contains(*name));
        if names.contains(HEARTBEAT) && self.is_watched() && self.may_beat {
            self.may_beat = false;
            self.notices.push(Notice::HeartbeatRefused);
        }
        let (job, app) = (names.contains(&b"BACKGROUND_JOB"[..]), names.contains(&b"CHANNEL_EXECUTE_COMPLETE"[..]));
        let ends = |tagged: &Tagged| if tagged.channel.is_some() { app } else { job };
        let slots: Vec<Slot> = self.tags.values().filter(|tagged| ends(tagged)).map(|tagged| tagged.slot).collect();
        for slot in slots {
            self.finish(slot, Outcome::Refused);
        }
    }

    /// This filter does not stand: the program learns it, or who needs what it should let pass.
    fn unfiltered(&mut self, pair: (Text, Text)) {
        self.said.forget_filter(&pair);
        if let Some(name) = self.wanted.needed_by(&pair).filter(|_| !self.wanted.filters.is_empty()) {
            self.not_for_waits(&[name.into()].into());
        }
        if self.wanted.filters.contains(&pair) {
            self.wanted.filters.retain(|filter| *filter != pair);
            let (header, value) = pair;
            self.notices.push(Notice::FilterRefused { header, value });
        }
        if self.is_open() {
            let _ = self.say();
        }
    }

    /// No log lines will come: who reads them learns it.
    fn unlogged(&mut self, level: LogLevel) {
        self.said.forget_log();
        for slot in mem::take(&mut self.wanted.log_readers).into_keys() {
            self.outcomes.push_back((slot, Outcome::Refused));
        }
        if self.wanted.log.take().is_some() {
            self.notices.push(Notice::LogRefused { level });
        }
    }

    /// The server's Core-UUID is known: another one than before the gap means that it was started anew.
    fn know_core(&mut self) {
        if let Some(after) = &self.core
            && let Some(before) = self.core_before.take()
            && before != *after
        {
            self.notices.push(Notice::Restarted { before, after: after.clone() });
        }
    }

    fn event<'e>(&mut self, name: impl FnOnce() -> Option<EventName<'e>>, get: impl Fn(&str) -> Option<Value<'e>>) {
        if self.core.is_none() {
            self.core = get(header::CORE_UUID).map(|uuid| uuid.to_vec().into());
            self.know_core();
        }
        self.end_gap();
        // Most events of most programs end no wait: then the name is not looked up either.
        if self.tags.is_empty() && self.heartbeat.is_none() {
            return;
        }
        let Some(name) = name() else { return };
        match name {
            EventName::BackgroundJob => {
                let tag = get(header::JOB_UUID).and_then(|value| Tag::number_in(value, self.run));
                if let Some(tag) = tag.filter(|tag| self.tags.get(tag).is_some_and(|tagged| tagged.channel.is_none())) {
                    self.finish_tag(tag, Outcome::JobEnded);
                }
            }
            EventName::ChannelExecuteComplete => {
                let tag = get(header::APPLICATION_UUID).and_then(|value| Tag::number_in(value, self.run));
                if let Some(tag) = tag.filter(|tag| self.tags.get(tag).is_some_and(|tagged| tagged.channel.is_some())) {
                    let ended = get(header::ANSWER_STATE).is_some_and(|state| state == *"hangup");
                    self.finish_tag(tag, if ended { Outcome::ChannelEnded } else { Outcome::Completed });
                }
            }
            EventName::ChannelHangupComplete | EventName::ChannelDestroy if !self.by_channel.is_empty() => {
                if let Some(uuid) = get(header::UNIQUE_ID) {
                    self.channel_ended(&uuid.to_vec().into());
                }
            }
            EventName::Heartbeat => self.beaten = self.now,
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
        self.earlier = self.stats();
        if self.client.take().is_none() {
            return;
        }
        let slots: Vec<(Slot, Wait)> = self.waits.iter().collect();
        for (slot, wait) in slots {
            // Of applications the channel's end is the better reason.
            let ended = |tag: u64| self.tags.get(&tag).is_some_and(|tagged| tagged.channel.is_some());
            // What has come of a variable is not lost.
            let outcome = match wait {
                Wait::Variable(tag) => {
                    let told = self.readings.of(tag).filter(|reading| reading.has_value);
                    told.map_or(Outcome::Lost(reason), |reading| reading.outcome())
                }
                Wait::Tag(tag) if reason == Reason::End(End::ChannelEnded) && ended(tag) => Outcome::ChannelEnded,
                Wait::Tag(_) | Wait::Answer(_) => Outcome::Lost(reason),
            };
            self.finish(slot, outcome);
        }
        self.meanings.clear();
        self.readings.clear();
        self.out.clear();
        (self.taken, self.saying) = (0, 0);
        (self.said, self.own) = (Said::NOTHING, None);
        self.reason = Some(reason);
        self.parts = None;
        let core_before = self.core.take();
        if core_before.is_some() {
            self.core_before.clone_from(&core_before);
        }
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
