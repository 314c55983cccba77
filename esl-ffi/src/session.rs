//! What waits for what, over one connection after another.

use core::ffi::c_void;
use core::time::Duration;

use esl_core::Limits;
use esl_core::client::CommandId;
use esl_core::raw::session as raw;
use esl_core::session::{Gap, Interest, Notice, Outcome as Ended, Reason, Session, SessionError, Slot};

use crate::client::{client, eslp_client_result, eslp_end, eslp_eof, eslp_role, eslp_sent, said_of_sending, told};
use crate::command::{eslp_command, eslp_events, eslp_sendmsg};
use crate::connection::{eslp_connection_state, state_of};
use crate::decoder::eslp_limits;
use crate::handle::{Handle, Look, Opaque as _};
use crate::jobs::put;
use crate::message::{eslp_message, eslp_message_kind};
use crate::name::{eslp_format, eslp_log_level, level_number, level_of, said_format};
use crate::number::numbers;
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pairs;
use crate::ptr::{Call, In, Out, Outcome, Plain as _, known, run};
use crate::status::eslp_status;

/// The waits, readers and subscriptions of one program, across reconnects. Like a client, it has no sockets and no
/// clock.
///
/// * A host identifies each of its waits and readers by a **slot**: a unique number that it chooses, never 0.
///   eslp_session_next_outcome() reports the outcome of a wait once, right after the eslp_session_poll() that found it,
///   while its message is still available.
/// * **Times** are milliseconds of the host's monotonic clock, with any origin; deadlines are such times, and 0 means
///   none.
/// * The session names jobs and applications, so that their ends are recognised whichever comes first, the answer or
///   the event. The events that they need are subscribed to, and pass the program's filters.
/// * The session manages subscriptions, filters and the log: send no `event`, `filter` or `log` yourself. After a
///   reconnect it restores all of them.
/// * A lost connection ends its waits, not its readers: the next one begins with a gap.
///
/// Its pointers into its own memory (eslp_session_to_send(), texts of a gap, a notice or a state) are valid until the
/// next call that takes it, except those that only query it.
///
///     eslp_session_new(random_number, &session);
///     eslp_session_connect(session, ESLP_INBOUND, NULL, now);
///     for (;;) {
///         status = eslp_session_poll(session, buffer, filled, now, &result);
///         if (status == ESLP_OK && result.kind == ESLP_IN_AUTH_REQUEST) eslp_session_send(session, &login, 0, 0, &sent);
///         while (eslp_session_next_outcome(session, &outcome) == ESLP_OK) { ... outcome.slot waits no more ... }
///         ... for an event or a log line: eslp_session_readers() tells whose it is ...
///         ... take result.consumed bytes off the buffer, write eslp_session_to_send() ...
///         ... with ESLP_NEED_DATA, read until state.next_deadline, then eslp_session_advance(session, now) ...
///     }
///
/// Sessions, queues and what is known of calls live on the heap of `malloc`. What makes one of them, and eslp_queue_push(), which
/// copies a message, return ESLP_NO_MEMORY where that has nothing left. **In the middle of any other call of theirs the program ends by
/// `abort`**: of the collections that they stand on, some cannot tell.
pub struct eslp_session;

/// A session, and what was told of it last.
pub(crate) struct Told {
    session: Session,
    gap: Option<Gap>,
    notice: Option<Notice>,
}

numbers! {
    /// How a wait has ended.
    pub enum eslp_outcome_kind {
        /// It has not.
        ESLP_OUTCOME_NONE = 0,
        /// The answer has arrived: eslp_session_poll() has just returned it, or its last part.
        ESLP_OUTCOME_ANSWERED = 1 => Answered,
        /// The job has ended: its BACKGROUND_JOB has just been given, or its last part.
        ESLP_OUTCOME_JOB_ENDED = 2 => JobEnded,
        /// The application has ended normally: [`Session::poll`] has just returned its CHANNEL_EXECUTE_COMPLETE, or the
        /// last part of it.
        ESLP_OUTCOME_COMPLETED = 3 => Completed,
        /// The channel has ended during the application, or because of it. The event just returned has the cause,
        /// unless the connection ended with the channel.
        ESLP_OUTCOME_CHANNEL_ENDED = 4 => ChannelEnded,
        /// The server has refused what was to be waited for or read, or the subscription that it needs: the answer has just
        /// been given, unless the connection takes no such command at all.
        ESLP_OUTCOME_REFUSED = 5 => Refused,
        /// The deadline has passed. A late result is recognised and ignored.
        ESLP_OUTCOME_TIMED_OUT = 6 => TimedOut,
        /// The connection is over: `reason`.
        ESLP_OUTCOME_LOST = 7 => Lost,
        /// The answer with the value of a variable has arrived: eslp_session_poll() has just returned it. Keep it: the wait
        /// continues until ESLP_OUTCOME_READ or ESLP_OUTCOME_CUT.
        ESLP_OUTCOME_VALUE = 8 => Value,
        /// That answer holds the whole value.
        ESLP_OUTCOME_READ = 9 => Read,
        /// The value has broken that answer: it is longer than what arrived in it.
        ESLP_OUTCOME_CUT = 10 => Cut,
    }
    of Ended as raw::Outcome

    /// Why a session has no connection any more.
    pub enum eslp_reason {
        /// It has one, or has had none yet.
        ESLP_REASON_NONE = 0,
        /// The connection has ended: see `end`.
        ESLP_REASON_END = 1 => End(_),
        /// Nothing was received for too long: eslp_session_set_silence().
        ESLP_REASON_SILENCE = 2 => Silence,
        /// No HEARTBEAT came for too long, whatever else did: eslp_session_set_heartbeat().
        ESLP_REASON_NO_HEARTBEAT = 3 => NoHeartbeat,
        /// The host has closed it: eslp_session_close().
        ESLP_REASON_CLOSED = 4 => Closed,
    }
    of Reason as raw::Reason for Reason

    /// Notices: what a session reports besides the outcomes of waits.
    pub enum eslp_notice_kind {
        /// Nothing.
        ESLP_NOTICE_NONE = 0,
        /// The server has refused one of the program's filters, `header` and `value`, which is dropped; the others
        /// apply.
        ESLP_NOTICE_FILTER_REFUSED = 1 => FilterRefused,
        /// The server has refused the log lines that eslp_session_set_log() requested, `level`, and the request is
        /// dropped.
        ESLP_NOTICE_LOG_REFUSED = 2 => LogRefused,
        /// The server has refused the HEARTBEAT: this connection may be silent, and is not watched.
        ESLP_NOTICE_HEARTBEAT_REFUSED = 3 => HeartbeatRefused,
        /// According to an event, the server was restarted during the gap: `before` and `after` are its Core-UUIDs. No
        /// earlier call is left.
        ESLP_NOTICE_RESTARTED = 4 => Restarted,
    }
    of raw::Notice<'_> as raw::Notice
}

/// The events that a reader wants. Zeros: all that arrive anyway.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_interest {
    /// The names and subclasses. The format does not count: eslp_session_set_format().
    pub events: eslp_events,
    /// Of this channel only.
    pub channel: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// A wait that has ended.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_outcome {
    /// Whose.
    pub slot: u64,
    /// How.
    pub kind: eslp_outcome_kind,
    /// With ESLP_OUTCOME_LOST: why the connection is over.
    pub reason: eslp_reason,
    /// With ESLP_REASON_END: how it has ended.
    pub end: eslp_end,
    /// Zeros: room for more fields.
    pub reserved: [u64; 3],
}

/// The gap between two connections, whose events are not sent again. Ask the server for what is true now, as by `show
/// channels as json`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_gap {
    /// Why the old connection ended.
    pub reason: eslp_reason,
    /// With ESLP_REASON_END: how.
    pub end: eslp_end,
    /// When it ended.
    pub since: u64,
    /// When the subscription stood again, or the first event came.
    pub until: u64,
    /// The server's Core-UUID before the gap; NULL if no event has had it.
    pub core_before: eslp_bytes,
    /// And after the gap: if it has changed, the server was restarted. NULL if no event has had it yet: then
    /// ESLP_NOTICE_RESTARTED reports that later.
    pub core_after: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// Notices: what a session reports besides the outcomes of waits. Its answer has just been given by
/// eslp_session_poll(), if it is one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_notice {
    /// What.
    pub kind: eslp_notice_kind,
    /// The level of log lines.
    pub level: eslp_log_level,
    /// The header of a filter.
    pub header: eslp_bytes,
    /// Its value.
    pub value: eslp_bytes,
    /// The Core-UUID before.
    pub before: eslp_bytes,
    /// And after.
    pub after: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// What is known of a session.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_session_state {
    /// Its connection, as from eslp_connection_get_state(); zeros if there is none.
    pub connection: eslp_connection_state,
    /// When eslp_session_advance() must be called at the latest, if nothing happens before; 0 for never.
    pub next_deadline: u64,
    /// How many waits there are.
    pub waiting: u64,
    /// The server's Core-UUID; NULL if no event has had it.
    pub core_uuid: eslp_bytes,
    /// Why there is no connection any more.
    pub reason: eslp_reason,
    /// With ESLP_REASON_END: how it has ended.
    pub end: eslp_end,
    /// Whether there is a connection.
    pub has_connection: u8,
    /// Whether commands can be sent and are answered; on an outbound connection, once the reply to `connect` has
    /// arrived.
    pub is_open: u8,
    /// Whether everything is subscribed to: the connection is open, and the server has answered all commands for
    /// subscriptions, filters and the log.
    pub is_settled: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A time that 0 is none of.
fn said(millis: u64) -> Option<Duration> {
    (millis != 0).then_some(Duration::from_millis(millis))
}

fn optional_slot(number: u64) -> Option<Slot> {
    (number != 0).then_some(Slot(number))
}

fn slot_of(number: u64) -> Outcome<Slot> {
    optional_slot(number).ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
}

fn status_of(error: SessionError) -> eslp_status {
    eslp_status::of(error.code())
}

fn reason_numbers(reason: Reason) -> (eslp_reason, eslp_end) {
    let end = match raw::Reason::from(reason) {
        raw::Reason::End(end) => end.into(),
        raw::Reason::Silence | raw::Reason::NoHeartbeat | raw::Reason::Closed => eslp_end::ESLP_END_NONE,
    };
    (reason.into(), end)
}

impl eslp_interest {
    fn interest(&self, call: Call<'_>) -> Outcome<Interest> {
        known(&self.reserved)?;
        let interest = Interest::new(self.events.events(call)?);
        Ok(match self.channel.said(call)? {
            Some(uuid) => interest.of_channel(uuid),
            None => interest,
        })
    }
}

impl eslp_outcome {
    fn of(slot: Slot, outcome: Ended) -> Self {
        let ended = Self { slot: slot.0, kind: outcome.into(), ..Self::ZERO };
        let raw::Outcome::Lost(why) = outcome.into() else { return ended };
        let (reason, end) = reason_numbers(why);
        Self { reason, end, ..ended }
    }
}

impl From<&Gap> for eslp_gap {
    fn from(gap: &Gap) -> Self {
        let (reason, end) = reason_numbers(gap.reason);
        Self {
            reason,
            end,
            since: millis(gap.since),
            until: millis(gap.until),
            core_before: eslp_bytes::option(gap.core_before.as_deref()),
            core_after: eslp_bytes::option(gap.core_after.as_deref()),
            ..Self::ZERO
        }
    }
}

impl From<&Notice> for eslp_notice {
    fn from(notice: &Notice) -> Self {
        let notice = raw::Notice::from(notice);
        let told = Self { kind: notice.into(), ..Self::ZERO };
        match notice {
            raw::Notice::FilterRefused { header, value } => {
                Self { header: eslp_bytes::of(header), value: eslp_bytes::of(value), ..told }
            }
            raw::Notice::LogRefused { level } => Self { level: level_number(level), ..told },
            raw::Notice::HeartbeatRefused => told,
            raw::Notice::Restarted { before, after } => {
                Self { before: eslp_bytes::of(before), after: eslp_bytes::of(after), ..told }
            }
        }
    }
}

impl Handle<eslp_session> {
    /// The session alone.
    fn session(self, call: Call<'_>) -> Outcome<&mut Session> {
        self.get(call).map(|told| &mut told.session)
    }

    /// The body of a function that makes the time go on.
    fn at(self, now: u64, change: impl FnOnce(&mut Session, Duration)) -> eslp_status {
        self.change(|told| change(&mut told.session, Duration::from_millis(now)))
    }

    /// The body of a function that says what is wanted.
    fn want(
        self, want: impl for<'c> FnOnce(&'c mut Session, Call<'c>) -> Outcome<Result<(), SessionError>>,
    ) -> eslp_status {
        run(|call| want(self.session(call)?, call)?.map_err(status_of))
    }

    /// The body of a function that sends, and tells what was sent.
    fn sending(
        self, sent: Out<eslp_sent>,
        send: impl for<'c> FnOnce(&'c mut Session, Call<'c>) -> Outcome<Result<CommandId, SessionError>>,
    ) -> eslp_status {
        run(|call| {
            let (sent, session) = (sent.nothing(call)?, self.session(call)?);
            let in_flight = |session: &Session| session.client().map_or(0, |client| client.in_flight());
            let (len, count) = (session.unsent(), in_flight(session));
            match send(session, call)?.map_err(|error| (raw::SessionError::from(error), status_of(error))) {
                Ok(id) => {
                    let len = session.unsent().saturating_sub(len);
                    said_of_sending(Ok((Some(id), len, in_flight(session).saturating_sub(count))), sent)
                }
                Err((raw::SessionError::Send(error), _)) => said_of_sending(Err(error), sent),
                Err((
                    raw::SessionError::SlotInUse
                    | raw::SessionError::NotConnected
                    | raw::SessionError::NotReady
                    | raw::SessionError::Unheard,
                    status,
                )) => Err(status),
            }
        })
    }
}

impl Look<eslp_session> {
    /// The session alone.
    fn session<'c>(&self, call: Call<'c>) -> Outcome<&'c Session> {
        self.get(call).map(|told| &told.session)
    }
}

/// Makes a session without a connection; eslp_session_free() it. `run` distinguishes its jobs and applications from
/// those of other programs on the server: choose it at random.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_new(run: u64, session: Out<*mut eslp_session>) -> eslp_status {
    session.give(|_| eslp_session::allocate(Told { session: Session::new(run), gap: None, notice: None }))
}

/// Gives a session back. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_free(session: Handle<eslp_session>) {
    session.give_back()
}

/// Begins a new connection: nothing has been read from it or written to it. An existing one ends. `limits` may be NULL.
///
/// The host sends `auth` when ESLP_IN_AUTH_REQUEST comes, or `connect` at once if `role` is ESLP_OUTBOUND.
/// Subscriptions, filters and log are sent as soon as the connection is open.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_connect(
    session: Handle<eslp_session>, role: eslp_role, limits: In<eslp_limits>, now: u64,
) -> eslp_status {
    run(|call| {
        let session = session.session(call)?;
        session.connect(client(role, limits, Limits::DEFAULT, call)?, Duration::from_millis(now));
        Ok(())
    })
}

/// As eslp_client_poll(), and processes the message: look for outcomes and notices before removing the bytes from the
/// buffer.
///
/// A frame in parts ends its waits with the last part. The parts are not kept: a host that needs the output of jobs
/// sets `max_buffered` high enough, or keeps the parts.
///
/// @return As eslp_client_poll(). Without a connection ESLP_CLOSED if the last one was ended by the server, otherwise
/// ESLP_NEED_DATA.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_poll(
    session: Handle<eslp_session>, buf: In<c_void>, len: usize, now: u64, result: Out<eslp_client_result>,
) -> eslp_status {
    run(|call| {
        let out = result.nothing(call)?;
        told(session.session(call)?.poll(buf.octets(len, call)?, Duration::from_millis(now)), out)
    })
}

/// The stream has ended; `buf` holds what was read and not consumed. All waits end.
///
/// @return ESLP_NO_CONNECTION if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_eof(
    session: Handle<eslp_session>, buf: In<c_void>, len: usize, now: u64, eof: Out<eslp_eof>,
) -> eslp_status {
    eof.give(|call| {
        let eof = session.session(call)?.eof(buf.octets(len, call)?, Duration::from_millis(now));
        Ok(eof.ok_or(eslp_status::ESLP_NO_CONNECTION)?.into())
    })
}

/// The host closes the connection: all waits end.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_close(session: Handle<eslp_session>, now: u64) -> eslp_status {
    session.at(now, Session::close)
}

/// What must be written to the socket. Say with eslp_session_sent() how much was written.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_to_send(session: Look<eslp_session>) -> eslp_bytes {
    session.ask(eslp_bytes::ZERO, |told| eslp_bytes::of(told.session.to_send()))
}

/// Removes `count` bytes from the front of the output, at most as many as there are.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_sent(session: Handle<eslp_session>, count: usize) -> eslp_status {
    session.change(|told| told.session.sent(count))
}

/// What is known of the session.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_get_state(session: Look<eslp_session>, state: Out<eslp_session_state>) -> eslp_status {
    state.give(|call| {
        let session = session.session(call)?;
        let none = (eslp_reason::ESLP_REASON_NONE, eslp_end::ESLP_END_NONE);
        let (reason, end) = session.reason().map_or(none, reason_numbers);
        Ok(eslp_session_state {
            connection: session.client().map_or(eslp_connection_state::ZERO, |client| state_of(client, None)),
            next_deadline: session.next_deadline().map_or(0, millis),
            waiting: session.waiting() as u64,
            core_uuid: eslp_bytes::option(session.core_uuid()),
            reason,
            end,
            has_connection: session.client().is_some().into(),
            is_open: session.is_open().into(),
            is_settled: session.is_settled().into(),
            ..eslp_session_state::ZERO
        })
    })
}

/// The next wait that has ended, and its outcome. Each is returned once.
///
/// @return ESLP_END if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_next_outcome(session: Handle<eslp_session>, outcome: Out<eslp_outcome>) -> eslp_status {
    outcome.next(|call| {
        let next = session.session(call)?.next_outcome();
        Ok(next.map(|(slot, outcome)| eslp_outcome::of(slot, outcome)))
    })
}

/// The gap between this connection and the one before, returned once: as soon as the subscription is active again, or
/// with the first event, before which it belongs.
///
/// @return ESLP_END if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_next_gap(session: Handle<eslp_session>, gap: Out<eslp_gap>) -> eslp_status {
    gap.next(|call| {
        let told = session.get(call)?;
        told.gap = told.session.next_gap();
        Ok(told.gap.as_ref().map(Into::into))
    })
}

/// The next notice. Each is returned once, and only the last few are kept.
///
/// @return ESLP_END if there is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_next_notice(session: Handle<eslp_session>, notice: Out<eslp_notice>) -> eslp_status {
    notice.next(|call| {
        let told = session.get(call)?;
        told.notice = told.session.next_notice();
        Ok(told.notice.as_ref().map(Into::into))
    })
}

/// The text of an eslp_reason, in English: valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_reason_text(reason: eslp_reason) -> eslp_bytes {
    let text = match reason {
        eslp_reason::ESLP_REASON_END => Some("the connection has ended by itself"),
        reason => Reason::try_from(reason).ok().map(|reason| reason.as_str()),
    };
    eslp_bytes::option(text.map(str::as_bytes))
}

/// Sends a command: appends it to the output; its answer will carry `sent->id`. `slot` waits for the answer until
/// `deadline`; 0 for no wait.
///
/// @return As eslp_client_send(), but there is always room. ESLP_SLOT_IN_USE; ESLP_NO_CONNECTION. Nothing has changed then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_send(
    session: Handle<eslp_session>, command: In<eslp_command>, slot: u64, deadline: u64, sent: Out<eslp_sent>,
) -> eslp_status {
    session.sending(sent, |session, call| {
        let command = command.command(call)?;
        Ok(session.send(&command, optional_slot(slot), said(deadline)))
    })
}

/// As eslp_session_send(), for hosts that have encoded already: `octets` are `command`, or one that the library does not know and
/// that may be sent wherever `command` may.
///
/// @return As eslp_session_send().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_send_encoded(
    session: Handle<eslp_session>, command: In<eslp_command>, octets: In<c_void>, len: usize, slot: u64, deadline: u64,
    sent: Out<eslp_sent>,
) -> eslp_status {
    session.sending(sent, |session, call| {
        let (command, octets) = (command.command(call)?, octets.octets(len, call)?);
        Ok(session.send_encoded(&command, octets, optional_slot(slot), said(deadline)))
    })
}

/// Asks for a variable of a channel, whatever its value; with `uuid` left out, of the connection's channel. `slot` waits until
/// `deadline`, and gets ESLP_OUTCOME_VALUE with the answer, and then ESLP_OUTCOME_READ or ESLP_OUTCOME_CUT;
/// ESLP_OUTCOME_REFUSED if the channel does not exist, or the API may not be used.
///
/// It uses `api uuid_getvar`: the answer is an API response. Where that may not be used, or has no result because the
/// channel has hung up, it uses `getvar` for variables of the connection's own channel; the answer is a reply:
/// eslp_reply_text_to_end(). Values that begin with `~`, contain a blank line, or have more than 510 bytes do not arrive whole
/// then. Until that is known, later commands wait in the session.
///
/// @return As eslp_session_bgapi().
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_read_variable(
    session: Handle<eslp_session>, uuid: eslp_bytes, name: eslp_bytes, slot: u64, deadline: u64, sent: Out<eslp_sent>,
) -> eslp_status {
    session.sending(sent, |session, call| {
        let (uuid, name, slot) = (uuid.said(call)?, name.octets(call)?, slot_of(slot)?);
        Ok(session.read_variable(uuid, name, slot, said(deadline)))
    })
}

/// Sends `bgapi`. `slot` waits for the end of the job until `deadline`. The BACKGROUND_JOB is subscribed to, so that
/// `sent->count` and `sent->len` may cover more than one command; it passes the program's filters, except those that
/// exclude it. eslp_session_last_tag() is the Job-UUID.
///
/// @return As eslp_session_send(); ESLP_SESSION_NOT_READY if the connection is not open yet. No job was begun then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_bgapi(
    session: Handle<eslp_session>, line: eslp_bytes, slot: u64, deadline: u64, sent: Out<eslp_sent>,
) -> eslp_status {
    session.sending(sent, |session, call| {
        let (line, slot) = (line.octets(call)?, slot_of(slot)?);
        Ok(session.bgapi(line, slot, said(deadline)))
    })
}

/// Sends a message that executes an application: `call` is ESLP_CALL_EXECUTE, and `uuid` is left out for the channel of
/// the connection. `slot` waits for the application's end until `deadline`. The events that report it are subscribed to
/// and pass the program's filters, except those that exclude them.
///
/// @return As eslp_session_bgapi(); ESLP_SESSION_NOT_READY also if the message executes nothing or names no channel;
/// ESLP_UNHEARD if this connection cannot receive the channel's events. Nothing was executed then.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_execute(
    session: Handle<eslp_session>, message: In<eslp_sendmsg>, slot: u64, deadline: u64, sent: Out<eslp_sent>,
) -> eslp_status {
    session.sending(sent, |session, call| {
        let slot = slot_of(slot)?;
        let message = message.read(call)?.message(call)?;
        Ok(session.execute(&message, slot, said(deadline)))
    })
}

/// The name of the job or application that was begun last: ESLP_TAG_LEN bytes, not ended by a NUL.
///
/// @return ESLP_NOT_FOUND if none was.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_last_tag(session: Look<eslp_session>, out: Out<c_void>, size: usize) -> eslp_status {
    run(|call| {
        let tag = session.session(call)?.last_tag().ok_or(eslp_status::ESLP_NOT_FOUND)?;
        put(tag, out, size, call)
    })
}

/// Gives up a wait: nothing is reported, and a late result is ignored.
///
/// @return ESLP_NOT_FOUND if `slot` was not waiting.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_give_up(session: Handle<eslp_session>, slot: u64) -> eslp_status {
    run(|call| {
        let was_waiting = session.session(call)?.give_up(Slot(slot));
        if was_waiting { Ok(()) } else { Err(eslp_status::ESLP_NOT_FOUND) }
    })
}

/// Whether a command may be sent now: see eslp_client_may_send().
///
/// @return Also ESLP_NO_CONNECTION.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_may_send(session: Look<eslp_session>, command: In<eslp_command>) -> eslp_status {
    run(|call| {
        let client = session.session(call)?.client();
        let command = command.command(call)?;
        Ok(client.ok_or(eslp_status::ESLP_NO_CONNECTION)?.may_send(&command)?)
    })
}

/// Advances the time: ends waits whose deadline has passed, and a connection that has been silent for too long. Time
/// that goes backwards is ignored.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_advance(session: Handle<eslp_session>, now: u64) -> eslp_status {
    session.at(now, Session::advance)
}

/// Bytes have arrived that make no whole frame yet, or the host deliberately does not read: this is not silence of the
/// server.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_heard(session: Handle<eslp_session>, now: u64) -> eslp_status {
    session.at(now, Session::heard)
}

/// Ends the connection when no byte has arrived for this many milliseconds; 0 for never. The session subscribes to
/// HEARTBEAT for it, which a running server sends every 20 seconds: allow for two. A server also sends nothing while an
/// `api` command runs: use `bgapi` for slow ones.
///
/// Connections that cannot receive the HEARTBEAT may be silent: those with the events of their own channel only, and
/// those of users without the right to it, see ESLP_NOTICE_HEARTBEAT_REFUSED.
///
/// @return An error if the HEARTBEAT cannot be subscribed to; then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_silence(session: Handle<eslp_session>, limit: u64) -> eslp_status {
    session.want(|session, _| Ok(session.set_silence(said(limit))))
}

/// Ends the connection when no HEARTBEAT has arrived for this many milliseconds, even if answers or log lines have; 0
/// for never. It applies to the same connections as eslp_session_set_silence().
///
/// @return As eslp_session_set_silence().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_heartbeat(session: Handle<eslp_session>, limit: u64) -> eslp_status {
    session.want(|session, _| Ok(session.set_heartbeat(said(limit))))
}

/// Restricts an outbound connection to the events of its own channel, as if it had no full control: `myevents` is sent
/// in place of `event`. Set it before the connection is open.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_own_only(session: Handle<eslp_session>, own_only: bool) -> eslp_status {
    session.change(|told| told.session.set_own_only(own_only))
}

/// The format of events. An outbound connection with the events of its own channel only keeps its first format.
///
/// @return An error if it cannot be sent; then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_format(session: Handle<eslp_session>, format: eslp_format) -> eslp_status {
    session.want(|session, _| Ok(session.set_format(said_format(format)?)))
}

/// Replaces the program's filters, pairs of header and value: only events that match one of them arrive, and those that
/// waits need. A filter whose value begins with `-` excludes events, whatever other filters say.
/// ESLP_NOTICE_FILTER_REFUSED reports a filter that the server refuses.
///
/// @return An error if they cannot be sent; then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_filters(session: Handle<eslp_session>, filters: In<eslp_pairs>) -> eslp_status {
    session.want(|session, call| Ok(session.set_filters(filters.read(call)?.pairs(call)?.iter())))
}

/// The level of the server's log that the host wants, in addition to its readers; ESLP_LOG_NONE for none.
/// ESLP_NOTICE_LOG_REFUSED reports a refusal.
///
/// @return An error if they cannot be requested; then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_set_log(session: Handle<eslp_session>, level: eslp_log_level) -> eslp_status {
    session.want(|session, _| Ok(session.set_log(level_of(level)?)))
}

/// Makes `slot` a reader of these events, across reconnects, until eslp_session_unlisten(). A second interest replaces
/// the first. ESLP_OUTCOME_REFUSED ends a reader whose events the server refuses, or which this connection can never
/// receive.
///
/// @return An error if they cannot be subscribed to; then nothing has changed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_listen(
    session: Handle<eslp_session>, slot: u64, interest: In<eslp_interest>,
) -> eslp_status {
    session.want(|session, call| Ok(session.listen(slot_of(slot)?, interest.read(call)?.interest(call)?)))
}

/// Unsubscribes from these events for all readers, until a reader requests them again; NULL for all. Events that waits
/// need still arrive.
///
/// @return An error if they cannot be unsubscribed; then nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_unsubscribe(session: Handle<eslp_session>, interest: In<eslp_interest>) -> eslp_status {
    session.want(|session, call| {
        let interest = interest.optional(call)?.map(|interest| interest.interest(call)).transpose()?;
        Ok(session.unsubscribe(interest))
    })
}

/// Makes `slot` a reader of the server's log up to this level, across reconnects, until eslp_session_unlisten(). The
/// server is asked for the most detailed level that any reader wants. ESLP_OUTCOME_REFUSED ends all readers of the log
/// if the server refuses them.
///
/// @return An error if they cannot be requested; then nothing has changed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_listen_log(
    session: Handle<eslp_session>, slot: u64, level: eslp_log_level,
) -> eslp_status {
    session.want(|session, _| {
        let level = level_of(level)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
        Ok(session.listen_log(slot_of(slot)?, level))
    })
}

/// Removes the reader `slot`, of events and of the log.
///
/// @return An error if events that no reader wants any more cannot be unsubscribed; they then arrive and are ignored.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_unlisten(session: Handle<eslp_session>, slot: u64) -> eslp_status {
    session.want(|session, _| Ok(session.unlisten(slot_of(slot)?)))
}

/// The readers that want this event or this line of the log, into `max` slots; `count` is how many there are. Other messages have no
/// readers.
///
/// @return ESLP_INSUFFICIENT if there are more than `max`; the slots have the first of them then. ESLP_NOT_WHOLE if the event comes
/// in parts.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_session_readers(
    session: Look<eslp_session>, message: In<eslp_message>, slots: Out<u64>, max: usize, count: Out<usize>,
) -> eslp_status {
    run(|call| {
        let mut out = count.nothing(call)?;
        let (session, message, slots) = (session.session(call)?, message.read(call)?, slots.array(max, call)?);
        let mut count = 0_usize;
        let mut tell = |slot: Slot| {
            if let Some(place) = slots.get_mut(count) {
                *place = slot.0;
            }
            count = count.saturating_add(1);
        };
        if let Some(event) = message.event(call)? {
            session.readers(&event.event(call)?).for_each(&mut tell);
        } else if message.kind == eslp_message_kind::ESLP_MESSAGE_LOG {
            session.log_readers(&message.log_line(call)?).for_each(&mut tell);
        }
        out.set(count);
        if count > max { Err(eslp_status::ESLP_INSUFFICIENT) } else { Ok(()) }
    })
}
