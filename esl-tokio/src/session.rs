//! A connection that any number of tasks share.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use esl_proto::Command;
use esl_proto::client::CommandId;
use esl_proto::command::{Execute, SendMsg};
use esl_proto::dial::Originate;
use esl_proto::name::{Format, HangupCause, LogLevel};
use esl_proto::session::{Interest, Overflow, Reason, SessionError, Slot};
use tokio::time::timeout;

use crate::answer::Rows;
use crate::call::Done;
use crate::reader::Reader;
use crate::state::{Given, Handle, Phase, State, Variable, Waiting, random};
use crate::{Answer, Call, Error, EventStream, HungUp, Job, LogStream, Stats, Subscription};

/// How many events or log lines wait for a stream that is not read, unless something else is said.
const BOUND: usize = 4096;

/// A connection to FreeSWITCH. Copies share it: any number of tasks may use it at once, and it is closed when the last copy,
/// stream, job and call is dropped.
///
/// Commands are answered in order, and you need not wait for each: send many at once, and await them together.
///
/// Queries ([`api`](Self::api), [`bgapi`](Self::bgapi), [`getvar`](Command::GetVar)) return the server's answer, even
/// if it is `-ERR`; other commands then fail with [`Error::Refused`].
#[derive(Clone)]
pub struct Session {
    pub(crate) handle: Arc<Handle>,
    /// How long a command may take.
    command: Option<Duration>,
    /// How long a job or an application may take.
    work: Option<Duration>,
}

impl Session {
    pub(crate) const fn new(handle: Arc<Handle>, command: Option<Duration>) -> Self {
        Self { handle, command, work: None }
    }

    /// The same connection, with this deadline for each command, job and application that is begun with this copy:
    /// `fs.within(Duration::from_secs(5)).api("status")`.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        Self { handle: Arc::clone(&self.handle), command: Some(limit), work: Some(limit) }
    }

    // Questions and orders

    /// Runs an API command. Meanwhile the server does nothing else for this connection and sends no events: use
    /// [`bgapi`](Self::bgapi) for slow commands.
    ///
    /// The wait ends with the answer, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::NotConnected`] and [`Error::Command`] if nothing was sent; [`Error::TimedOut`]; [`Error::Lost`]. `-ERR` is an
    /// answer: [`Answer::check`].
    pub async fn api(&self, line: impl AsRef<[u8]>) -> Result<Answer, Error> {
        self.ask(move |state, slot, at| state.session.send(&Command::api(&line), Some(slot), at)).await
    }

    /// Begins an API command in the background. [`Job::result`] waits for its end.
    ///
    /// It ends as soon as there is room to write.
    ///
    /// # Errors
    /// [`Error::NotConnected`] and [`Error::Command`] if nothing was sent.
    pub async fn bgapi(&self, line: impl AsRef<[u8]>) -> Result<Job, Error> {
        let line = line.as_ref();
        let send = |state: &mut State, slot, at| {
            state.session.bgapi(line, slot, at)?;
            Ok(state.session.last_tag())
        };
        let (waiting, tag) = self.begin(self.work, send).await?;
        Ok(Job::new(waiting, tag))
    }

    /// Sends any command except `event`, `filter`, `log` and related ones, which the session manages:
    /// [`events`](Self::events), [`set_filters`](Self::set_filters), [`log`](Self::log).
    ///
    /// The wait ends with the answer, with the deadline, or with the connection.
    ///
    /// # Errors
    /// As [`api`](Self::api); [`Error::Refused`] if the server answers `-ERR` to a command that is not a query.
    pub async fn send(&self, command: &Command<'_>) -> Result<Answer, Error> {
        let is_question = matches!(command, Command::Api { .. } | Command::GetVar { .. });
        let answer = self.ask(|state, slot, at| state.session.send(command, Some(slot), at)).await?;
        if is_question { Ok(answer) } else { answer.check() }
    }

    /// Sends something, once there is room for it, and waits for the answer.
    async fn ask<F>(&self, send: F) -> Result<Answer, Error>
    where
        F: Fn(&mut State, Slot, Option<Duration>) -> Result<CommandId, SessionError>,
    {
        Ask { session: self, send, stage: Stage::New }.await
    }

    /// What `show` lists, as rows: `fs.show("channels")`, `fs.show("registrations like 1000")`.
    ///
    /// It ends as [`api`](Self::api) does.
    ///
    /// # Errors
    /// As [`api`](Self::api); [`Error::Refused`] if the server has another answer than rows.
    pub async fn show(&self, what: impl AsRef<[u8]>) -> Result<Rows, Error> {
        let line = [b"show ", what.as_ref(), b" as json"].concat();
        let answer = self.api(line).await?.check()?;
        let rows = Rows::new(answer);
        match rows.rows() {
            Ok(_) => Ok(rows),
            Err(_) => Err(Error::Refused(rows.into_answer())),
        }
    }

    /// Makes a call and connects it to its destination. Returns the channel that has answered.
    ///
    /// A single leg without an `origination_uuid` is given one, so that its events can be followed from the beginning;
    /// with several legs, the server reports which one has answered. The server continues to call if the wait is
    /// dropped or times out.
    ///
    /// ```no_run
    /// use esl_tokio::dial::{Destination, Leg, Originate};
    ///
    /// # async fn example(fs: esl_tokio::Session) -> Result<(), esl_tokio::Error> {
    /// let leg = Leg::new("user/1000").variables(&[("origination_caller_id_name", "O'Hara, Scarlett")]);
    /// let call = fs.originate(&Originate::new(leg, Destination::application("park", "")).timeout_sec(20)).await?;
    /// call.playback("/tmp/hello.wav").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It ends when the call is answered or has failed, with the deadline of [`within`](Self::within), or with the connection.
    ///
    /// # Errors
    /// [`Error::NotAnswered`] with the cause; [`Error::Dial`] if nothing was sent; otherwise as [`Job::result`].
    pub async fn originate(&self, originate: &Originate<'_>) -> Result<Call, Error> {
        let mut line = Vec::new();
        if !originate.encode_named_to_vec(uuid().as_bytes(), &mut line)? {
            originate.encode_to_vec(&mut line)?;
        }
        let answer = self.bgapi(line).await?.result().await?;
        if answer.is_err() {
            let detail = answer.detail().into_owned();
            return Err(match HangupCause::from_bytes(detail.as_bytes()) {
                HangupCause::Other(_) => Error::Refused(answer),
                cause => Error::NotAnswered(HungUp::new(Some(cause))),
            });
        }
        Ok(self.call(answer.detail().as_bytes()))
    }

    /// Executes an application in a channel: `fs.execute(uuid, "playback", "x.wav")`. [`call`](Self::call) has methods
    /// for common applications, whose arguments arrive as intended.
    ///
    /// It ends with the application, with the channel, with the deadline of [`within`](Self::within), or with the connection.
    ///
    /// # Errors
    /// [`Error::ChannelEnded`] if the channel ends before the application; [`Error::Refused`]; [`Error::Lost`];
    /// [`Error::NotConnected`], [`Error::Unheard`] and [`Error::Command`] if nothing was sent.
    pub async fn execute(
        &self,
        uuid: impl AsRef<[u8]>,
        app: impl AsRef<[u8]>,
        arg: impl AsRef<[u8]>,
    ) -> Result<Done, Error> {
        self.execute_message(&SendMsg::new(Execute::new(&app, &arg)).to(&uuid)).await
    }

    pub(crate) async fn execute_message(&self, message: &SendMsg<'_>) -> Result<Done, Error> {
        let (wait, _) = self.begin(self.work, |state, slot, at| state.session.execute(message, slot, at)).await?;
        match wait.result().await? {
            Given::Event(event) => Ok(Done::new(Some(*event))),
            Given::Answer(_) | Given::Variable(_) | Given::Nothing => Ok(Done::new(None)),
        }
    }

    /// The value of a variable of a channel, or of that of an outbound connection.
    pub(crate) async fn variable(&self, uuid: Option<&[u8]>, name: &str) -> Result<Variable, Error> {
        let send = |state: &mut State, slot, at| state.session.read_variable(uuid, name, slot, at);
        let (wait, _) = self.begin(self.command, send).await?;
        Ok(match wait.result().await? {
            Given::Variable(variable) => *variable,
            Given::Answer(_) | Given::Event(_) | Given::Nothing => Variable::Unset,
        })
    }

    /// A channel of the server's. Whether there is one is not asked.
    pub fn call(&self, uuid: impl AsRef<[u8]>) -> Call {
        Call::remote(self.clone(), uuid.as_ref())
    }

    // Events and the log

    /// A stream of events: `fs.events([EventName::ChannelAnswer])`, `fs.events(Interest::all().of_channel(uuid))`. The
    /// subscription is active when this returns.
    ///
    /// At most 4096 events wait to be read; beyond that, the oldest are lost, which the stream reports.
    ///
    /// The wait ends when the server has answered, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::Refused`] if the user has no right to them, or the connection of a single channel cannot receive them;
    /// [`Error::TimedOut`]; [`Error::Lost`]; [`Error::Command`] if a name is invalid.
    pub async fn events(&self, interest: impl Into<Interest>) -> Result<EventStream, Error> {
        self.events_with(interest, BOUND, Overflow::DropOldest).await
    }

    /// The same with this bound, and this policy when it is reached. With [`Overflow::Block`] nothing more is read from the
    /// connection until there is room, no answers either: do not wait for one while such a stream is full.
    ///
    /// The wait ends as that of [`events`](Self::events).
    ///
    /// # Errors
    /// As [`events`](Self::events).
    pub async fn events_with(
        &self,
        interest: impl Into<Interest>,
        bound: usize,
        overflow: Overflow,
    ) -> Result<EventStream, Error> {
        let reader = Arc::new(Reader::new(bound, overflow, &self.handle.shared.lock().full));
        let slot = self.listen(interest.into(), Some(&reader))?;
        let stream = EventStream::new(&self.handle, reader, slot);
        self.stands(slot).await?;
        Ok(stream)
    }

    /// Subscribes to events without reading them, until the result is dropped: they go to streams without a
    /// subscription of their own, which are ready at once.
    ///
    /// The wait ends as that of [`events`](Self::events).
    ///
    /// # Errors
    /// As [`events`](Self::events).
    pub async fn subscribe(&self, interest: impl Into<Interest>) -> Result<Subscription, Error> {
        let slot = self.listen(interest.into(), None)?;
        let subscription = Subscription::new(&self.handle, slot);
        self.stands(slot).await?;
        Ok(subscription)
    }

    /// A stream of the server's log up to this level, bounded like [`events`](Self::events).
    ///
    /// The wait ends as that of [`events`](Self::events).
    ///
    /// # Errors
    /// [`Error::Command`] if the user has no right to them; otherwise as [`events`](Self::events).
    pub async fn log(&self, level: LogLevel) -> Result<LogStream, Error> {
        let shared = &self.handle.shared;
        let (stream, slot) = {
            let mut state = shared.lock();
            let reader = Arc::new(Reader::new(BOUND, Overflow::DropOldest, &state.full));
            let slot = state.next_slot();
            state.logs.insert(slot.0, Arc::clone(&reader));
            let result = state.session.listen_log(slot, level);
            state.said(&shared.counters);
            drop(state);
            let stream = LogStream::new(&self.handle, reader, slot);
            result?;
            (stream, slot)
        };
        self.stands(slot).await?;
        Ok(stream)
    }

    /// Replaces the filters of this session: only events that match one of them arrive, and those that waits need. A
    /// value that begins with `-` excludes events. `fs.set_filters([("Call-Direction", "inbound")])`; an empty list
    /// removes all filters.
    ///
    /// They apply to all streams, and also after a reconnect.
    ///
    /// The wait ends when the server has answered, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::Command`] if one cannot be sent; [`Error::Refused`] if the server refuses one of them, while the others
    /// apply; [`Error::TimedOut`]; [`Error::Lost`].
    pub async fn set_filters<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        filters: impl IntoIterator<Item = (N, V)>,
    ) -> Result<(), Error> {
        let filters: Vec<(N, V)> = filters.into_iter().collect();
        let pairs = filters.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        self.say(|state| {
            state.take_filter_refusal();
            state.session.set_filters(pairs)
        })?;
        self.stand(|state| state.take_filter_refusal().map(|answer| Err(Error::Refused(answer)))).await
    }

    /// The format of events from now on.
    ///
    /// The wait ends when the server has answered, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::TimedOut`]; [`Error::Lost`].
    pub async fn set_format(&self, format: Format) -> Result<(), Error> {
        self.say(|state| state.session.set_format(format))?;
        self.settled().await
    }

    pub(crate) fn listen(
        &self,
        interest: Interest,
        reader: Option<&Arc<Reader<Arc<crate::EventBuf>>>>,
    ) -> Result<Slot, Error> {
        let shared = &self.handle.shared;
        let mut state = shared.lock();
        if let Phase::Ended(reason) = state.phase {
            return Err(Error::Lost(reason));
        }
        let slot = state.next_slot();
        if let Some(reader) = reader {
            state.readers.insert(slot.0, Arc::clone(reader));
        }
        let result = state.session.listen(slot, interest);
        match result {
            Ok(()) => state.said(&shared.counters),
            Err(_) => state.unlisten(slot, &shared.counters),
        }
        result?;
        Ok(slot)
    }

    /// Waits until the subscription of a reader stands.
    async fn stands(&self, slot: Slot) -> Result<(), Error> {
        self.stand(|state| state.take_refusal(slot).map(|answer| Err(Error::Refused(answer)))).await
    }

    async fn settled(&self) -> Result<(), Error> {
        self.stand(|_| None).await
    }

    async fn stand(&self, mut other: impl FnMut(&mut State) -> Option<Result<(), Error>>) -> Result<(), Error> {
        let stands = self.handle.shared.until(|state| {
            other(state).or_else(|| match state.phase {
                Phase::Ended(reason) => Some(Err(Error::Lost(reason))),
                _ if state.closing => Some(Err(Error::Lost(Reason::Closed))),
                _ => state.session.is_settled().then_some(Ok(())),
            })
        });
        limited(self.command, stands).await?
    }

    fn say(&self, say: impl FnOnce(&mut State) -> Result<(), SessionError>) -> Result<(), Error> {
        let shared = &self.handle.shared;
        let mut state = shared.lock();
        if let Phase::Ended(reason) = state.phase {
            return Err(Error::Lost(reason));
        }
        say(&mut state)?;
        state.said(&shared.counters);
        Ok(())
    }

    // Its life

    /// Waits until commands can be sent: at once unless a connection is being made again.
    ///
    /// It ends with the connection, or when there will be none.
    ///
    /// # Errors
    /// [`Error::Lost`] if the session is over for good.
    pub async fn ready(&self) -> Result<(), Error> {
        let ready = self.handle.shared.until(|state| match state.refusal() {
            None => Some(Ok(())),
            Some(Error::NotConnected) => None,
            Some(error) => Some(Err(error)),
        });
        ready.await
    }

    /// Whether commands can be sent now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.handle.shared.lock().refusal().is_none()
    }

    /// Sends `exit` after everything sent before, waits for the server to disconnect, for at most five seconds, and
    /// closes the connection. Streams end normally; other pending waits end with [`Error::Lost`].
    ///
    /// It ends with the connection.
    pub async fn close(&self) {
        self.handle.close();
        self.closed().await;
    }

    /// Waits until the session is over for good, and says why.
    ///
    /// It ends with the connection; with [`Reconnect`](crate::Reconnect), with the last attempt.
    pub async fn closed(&self) -> Reason {
        let ended = self.handle.shared.until(|state| match state.phase {
            Phase::Ended(reason) => Some(reason),
            Phase::Connecting | Phase::Open => None,
        });
        ended.await
    }

    /// Counters of what has happened so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle.shared.counters.stats()
    }

    /// What the server is called: the address that was connected to.
    #[must_use]
    pub fn peer(&self) -> &str {
        &self.handle.shared.peer
    }

    /// The server's `Core-UUID`, once it is known from an event. If it has changed after a reconnect, the server was
    /// restarted.
    #[must_use]
    pub fn core_uuid(&self) -> Option<Vec<u8>> {
        self.handle.shared.lock().session.core_uuid().map(Vec::from)
    }

    /// Sends something that is waited for later, once there is room for it.
    async fn begin<T>(
        &self,
        limit: Option<Duration>,
        send: impl Fn(&mut State, Slot, Option<Duration>) -> Result<T, SessionError>,
    ) -> Result<(Waiting<Arc<Handle>>, T), Error> {
        let deadline = self.deadline(limit);
        loop {
            if let Some((slot, sent)) = self.begin_now(deadline, None, &send)? {
                return Ok((Waiting::new(Arc::clone(&self.handle), slot), sent));
            }
            self.room(limit).await?;
        }
    }

    fn deadline(&self, limit: Option<Duration>) -> Option<Duration> {
        limit.map(|limit| self.handle.shared.now().saturating_add(limit))
    }

    /// The same, if there is room.
    fn begin_now<T>(
        &self,
        deadline: Option<Duration>,
        waker: Option<&Waker>,
        send: impl Fn(&mut State, Slot, Option<Duration>) -> Result<T, SessionError>,
    ) -> Result<Option<(Slot, T)>, Error> {
        let shared = &self.handle.shared;
        let mut state = shared.lock();
        if let Some(error) = state.refusal() {
            return Err(error);
        }
        if !state.has_room() {
            return Ok(None);
        }
        let begun = state.begin(waker, |state, slot| send(state, slot, deadline))?;
        drop(state);
        shared.counters.commands(1);
        Ok(Some(begun))
    }

    async fn room(&self, limit: Option<Duration>) -> Result<(), Error> {
        let room = self.handle.shared.until(|state| (state.has_room() || state.refusal().is_some()).then_some(()));
        limited(limit, room).await
    }
}

/// A command on its way, which is what programs do most: small, because they have many, without an allocation of its own, and
/// the state is locked twice, to send it and to take the answer.
struct Ask<'s, F> {
    session: &'s Session,
    send: F,
    stage: Stage<'s>,
}

enum Stage<'s> {
    New,
    /// Seldom.
    Room(Box<Room<'s>>),
    Waiting(Waiting<&'s Handle>),
}

/// A wait for room to write, until when the command must be answered.
struct Room<'s> {
    deadline: Option<Duration>,
    work: Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 's>>,
}

/// What it sends is never pinned.
impl<F> Unpin for Ask<'_, F> {}

impl<F> Future for Ask<'_, F>
where
    F: Fn(&mut State, Slot, Option<Duration>) -> Result<CommandId, SessionError>,
{
    type Output = Result<Answer, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { session, send, stage } = self.get_mut();
        let deadline = match stage {
            Stage::New => session.deadline(session.command),
            Stage::Room(room) => {
                ready!(room.work.as_mut().poll(cx))?;
                room.deadline
            }
            Stage::Waiting(waiting) => {
                return waiting.poll_result(cx).map_ok(|given| match given {
                    Given::Answer(answer) => answer,
                    Given::Event(_) | Given::Variable(_) | Given::Nothing => Answer::new(*b""),
                });
            }
        };
        loop {
            if let Some((slot, _)) = session.begin_now(deadline, Some(cx.waker()), &*send)? {
                *stage = Stage::Waiting(Waiting::new(&session.handle, slot));
                return Poll::Pending;
            }
            // Somebody else may take the room: it is looked for again.
            let mut work = Box::pin(session.room(session.command));
            if work.as_mut().poll(cx)?.is_pending() {
                *stage = Stage::Room(Box::new(Room { deadline, work }));
                return Poll::Pending;
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = self.handle.shared.lock().phase;
        f.debug_struct("Session").field("peer", &self.peer()).field("phase", &phase).finish()
    }
}

async fn limited<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Result<T, Error> {
    match limit {
        Some(limit) => timeout(limit, work).await.map_err(|_| Error::TimedOut),
        None => Ok(work.await),
    }
}

/// A uuid that is made by chance.
fn uuid() -> String {
    let number = (u128::from(random()) << 64 | u128::from(random())) & !(0xf << 76) & !(0xc << 60) | 4 << 76 | 8 << 60;
    let digits = format!("{number:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
