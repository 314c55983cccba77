//! One channel, and the applications and commands for it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use esl_proto::client::End;
use esl_proto::command::app::{
    self, App, Conference, Dtmf, Ending, PlayAndGetDigits, Read, Record, Say, Text, Transfer,
};
use esl_proto::command::{ChannelApi, Execute, SendMsg};
use esl_proto::dial::DialString;
use esl_proto::message::{ApiResponse, SocketMode};
use esl_proto::name::{EventName, HangupCause};
use esl_proto::session::{Interest, Reason};
use esl_proto::{Command, Value};

use crate::error::encode;
use crate::state::{Phase, Variable};
use crate::{Answer, Error, EventBuf, EventStream, HungUp, Session};

/// An application that has ended.
#[derive(Clone, Debug)]
pub struct Done(Option<EventBuf>);

impl Done {
    pub(crate) const fn new(event: Option<EventBuf>) -> Self {
        Self(event)
    }

    /// Its CHANNEL_EXECUTE_COMPLETE; [`None`] for an application that has sent the call elsewhere.
    #[must_use]
    pub const fn event(&self) -> Option<&EventBuf> {
        self.0.as_ref()
    }

    /// What it answers: `Application-Response`, such as `FILE PLAYED`.
    #[must_use]
    pub fn response(&self) -> Option<Value<'_>> {
        let app::Outcome::Completed { response } = app::Outcome::of(&self.0.as_ref()?.as_event())? else { return None };
        response
    }

    /// A variable of the channel at its end.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Value<'_>> {
        self.0.as_ref()?.variable(name)
    }
}

/// A channel: the one of a connection that FreeSWITCH has opened ([`Listener`](crate::Listener)), or any other on a session
/// ([`Session::call`], [`Session::originate`]). Copies are of the same channel.
///
/// Each method ends with its application or, if the channel ends first, with [`Error::ChannelEnded`] and the cause, in
/// every mode of the connection. Other errors are those of [`Session::execute`]. Several applications can be started at
/// once: the server queues them and runs one after another. In sync mode it does nothing else for the connection
/// meanwhile.
///
/// The server expands no argument (`${...}` is refused), unless it is made by [`Text::expand`].
#[derive(Clone)]
pub struct Call {
    session: Session,
    uuid: Arc<[u8]>,
    outbound: Option<Arc<Outbound>>,
    /// The cause that this side has ended it with: where the server tells none, as in sync mode, that is it.
    ordered: Arc<OnceLock<HungUp>>,
}

/// What the reply to `connect` has told.
struct Outbound {
    data: EventBuf,
    mode: SocketMode,
    full: bool,
}

impl Call {
    pub(crate) fn remote(session: Session, uuid: &[u8]) -> Self {
        Self { session, uuid: uuid.into(), outbound: None, ordered: Arc::default() }
    }

    pub(crate) fn outbound(session: Session, uuid: Vec<u8>, data: EventBuf, mode: SocketMode, full: bool) -> Self {
        let outbound = Some(Arc::new(Outbound { data, mode, full }));
        Self { session, uuid: uuid.into(), outbound, ordered: Arc::default() }
    }

    // What it is

    /// The channel's uuid.
    #[must_use]
    pub fn uuid(&self) -> &[u8] {
        &self.uuid
    }

    /// The connection that the channel is driven over, with all that it can.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// On a connection that FreeSWITCH has opened: what was known of the channel then.
    #[must_use]
    pub fn data(&self) -> Option<&EventBuf> {
        self.outbound.as_ref().map(|outbound| &outbound.data)
    }

    /// On such a connection: whether applications run beside the commands.
    #[must_use]
    pub fn mode(&self) -> Option<SocketMode> {
        self.outbound.as_ref().map(|outbound| outbound.mode)
    }

    /// Whether the connection takes all commands: not if FreeSWITCH has opened it without `full`.
    #[must_use]
    pub fn has_full_control(&self) -> bool {
        self.outbound.as_ref().is_none_or(|outbound| outbound.full)
    }

    /// The same channel with this deadline for each application and command: [`Session::within`].
    #[must_use]
    pub fn within(&self, limit: std::time::Duration) -> Self {
        Self { session: self.session.within(limit), ..self.clone() }
    }

    /// How the channel has ended, if it has; on a connection that FreeSWITCH has opened. If the server reports no
    /// cause, as in sync mode, it is the one given to [`hangup`](Self::hangup), if any.
    #[must_use]
    pub fn ended(&self) -> Option<HungUp> {
        self.outbound.as_ref()?;
        let state = self.session.handle.shared.lock();
        let channel = state.channel.as_ref()?;
        let is_over = channel.ended.is_some() || state.phase == Phase::Ended(Reason::End(End::ChannelEnded));
        is_over.then(|| self.how(channel.ended.clone()))
    }

    /// Waits until the channel has ended, or is no longer controlled by this connection.
    ///
    /// The wait ends with the channel, or with the connection.
    ///
    /// # Errors
    /// [`Error::Lost`] if the connection ends for another reason; otherwise as [`Session::events`].
    pub async fn hung_up(&self) -> Result<HungUp, Error> {
        if self.outbound.is_some() {
            let shared = &self.session.handle.shared;
            let ended = shared.until(|state| match (&state.channel, state.phase) {
                (Some(channel), _) if channel.ended.is_some() => Some(Ok(self.how(channel.ended.clone()))),
                (Some(channel), Phase::Ended(Reason::End(End::ChannelEnded))) => {
                    Some(Ok(self.how(channel.ended.clone())))
                }
                (_, Phase::Ended(reason)) => Some(Err(Error::Lost(reason))),
                _ => None,
            });
            return ended.await;
        }
        let mut events = self.events([EventName::ChannelHangup, EventName::ChannelDestroy]).await?;
        if !self.exists().await? {
            return Ok(self.how(None));
        }
        loop {
            match events.next().await {
                Some(Ok(event)) => {
                    if let Some(app::Outcome::ChannelEnded { cause }) = app::Outcome::of(&event.as_event()) {
                        return Ok(self.how(Some(HungUp::new(cause))));
                    }
                }
                // The end may have been missed.
                Some(Err(missed)) if !missed.is_end() => {
                    self.session.ready().await?;
                    if !self.exists().await? {
                        return Ok(self.how(None));
                    }
                }
                _ => return Err(Error::Lost(self.session.closed().await)),
            }
        }
    }

    /// How it has ended, as far as that is known.
    fn how(&self, told: Option<HungUp>) -> HungUp {
        let told = told.filter(|told| told.cause().is_some());
        told.or_else(|| self.ordered.get().cloned()).unwrap_or_default()
    }

    async fn exists(&self) -> Result<bool, Error> {
        let answer = self.session.api(ChannelApi::Exists { uuid: &self.uuid }.to_vec()).await?;
        Ok(ApiResponse::exists_in(answer.as_bytes()) == Some(true))
    }

    /// A stream of the channel's events with these names: see [`Session::events`], also for what ends the wait.
    ///
    /// # Errors
    /// As [`Session::events`].
    pub async fn events(&self, interest: impl Into<Interest>) -> Result<EventStream, Error> {
        self.session.events(interest.into().of_channel(&*self.uuid)).await
    }

    /// The value of a variable of the channel; [`None`] if it has none.
    ///
    /// With full control and on other sessions it arrives whole, whatever it is. Without, and once the channel has hung up,
    /// only `getvar` is there: [`Error::Cut`] tells of a value that begins with `~`, has a blank line in it, or more than 510
    /// bytes. Meanwhile other commands wait.
    ///
    /// The wait ends with the answer, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::Cut`]; [`Error::ChannelEnded`]; otherwise as [`Session::api`].
    pub async fn get(&self, name: &str) -> Result<Option<Answer>, Error> {
        let uuid = if self.outbound.is_some() { None } else { Some(&*self.uuid) };
        match self.session.variable(uuid, name).await {
            Ok(Variable::Unset) => Ok(None),
            Ok(Variable::Set(value)) => Ok(Some(value)),
            Ok(Variable::Cut(value)) => Err(Error::Cut(value)),
            Err(error) => Err(self.explained(error).await),
        }
    }

    /// Ends the call. One that has ended already is no error.
    ///
    /// The wait ends when the server has accepted the command, with the deadline, or with the connection.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub async fn hangup(&self, cause: HangupCause<'_>) -> Result<(), Error> {
        let hangup = self.message(esl_proto::command::CallCommand::hangup(cause));
        match self.session.send(&hangup.into()).await {
            Ok(_) => {
                self.ordered.get_or_init(|| HungUp::new(Some(cause)));
                Ok(())
            }
            Err(error) => match self.explained(error).await {
                Error::ChannelEnded(_) => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Ends the current playback, and queued ones, at once, even in sync mode, where other commands wait for their
    /// turn.
    ///
    /// The wait ends when the server has accepted the command, with the deadline, or with the connection.
    ///
    /// # Errors
    /// [`Error::ChannelEnded`]; otherwise as [`Session::send`].
    pub async fn stop(&self) -> Result<(), Error> {
        let result = match self.has_full_control() {
            true => {
                let answer = self.session.api(ChannelApi::Break { uuid: &self.uuid, all: true }.to_vec()).await;
                answer.and_then(Answer::check).map(drop)
            }
            false => return self.run(App::Break).await.map(drop),
        };
        match result {
            Ok(()) => Ok(()),
            Err(error) => Err(self.explained(error).await),
        }
    }

    /// On a connection that FreeSWITCH has opened: when the connection ends, the dialplan continues instead of ending
    /// the call.
    ///
    /// The wait ends with the answer, with the deadline, or with the connection.
    ///
    /// # Errors
    /// As [`Session::send`].
    pub async fn resume(&self) -> Result<(), Error> {
        self.session.send(&Command::Resume).await.map(drop)
    }

    /// A message to the channel. In sync mode it runs at once only if it does not name its channel.
    fn message<'m>(&'m self, call: impl Into<esl_proto::command::CallCommand<'m>>) -> SendMsg<'m> {
        let message = SendMsg::new(call);
        if self.outbound.is_some() { message } else { message.to(&*self.uuid) }
    }

    /// The channel's end, if that is the reason for an error.
    async fn explained(&self, error: Error) -> Error {
        if self.outbound.is_some() {
            let ended = self.ended();
            return match (error, ended) {
                (Error::ChannelEnded(hung_up), Some(known)) if hung_up.cause().is_none() => Error::ChannelEnded(known),
                (Error::Lost(_) | Error::Refused(_) | Error::NotConnected, Some(known)) => Error::ChannelEnded(known),
                (Error::Lost(Reason::End(End::ChannelEnded)), None) => Error::ChannelEnded(self.how(None)),
                (error, _) => error,
            };
        }
        if matches!(error, Error::Refused(_)) && matches!(self.exists().await, Ok(false)) {
            return Error::ChannelEnded(self.how(None));
        }
        error
    }

    // What it does

    /// Runs any application: one of [`App`], or one of the structs that make it.
    ///
    /// It ends with the application (see [`App::ending`]), with the channel, with the deadline of
    /// [`within`](Self::within), or with the connection. A `transfer` ends when the call has left.
    ///
    /// # Errors
    /// [`Error::ChannelEnded`]; [`Error::App`] if the server would read something else; otherwise as [`Session::execute`].
    pub async fn run<'a>(&self, app: impl Into<App<'a>>) -> Result<Done, Error> {
        let app = app.into();
        let arg = encode(|out| app.encode(out).map(<[u8]>::len))?;
        if self.outbound.is_some() && app.needs_resume() {
            self.resume().await?;
        }
        self.execute_named(app.name(), &arg, app.ending()).await
    }

    /// Runs an application that [`App`] does not have, with the argument as the server reads it.
    ///
    /// It ends as [`run`](Self::run) does.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn execute(&self, app: &str, arg: &str) -> Result<Done, Error> {
        self.execute_named(app, arg.as_bytes(), Ending::Completes).await
    }

    async fn execute_named(&self, app: &str, arg: &[u8], ending: Ending) -> Result<Done, Error> {
        let message = self.message(Execute::new(app, arg));
        match self.session.execute_message(&message).await {
            Ok(done) => Ok(done),
            Err(error) => {
                let has_left = ending == Ending::Leaves
                    && self.ended().is_none_or(|hung_up| hung_up.cause().is_none())
                    && match &error {
                        Error::ChannelEnded(hung_up) => self.outbound.is_some() && hung_up.cause().is_none(),
                        Error::Lost(Reason::End(End::ChannelEnded | End::Eof | End::Goodbye)) => {
                            self.outbound.is_some()
                        }
                        _ => false,
                    };
                if has_left { Ok(Done::new(None)) } else { Err(self.explained(error).await) }
            }
        }
    }
}

/// Implements methods that run one application each.
macro_rules! verbs {
    ($($(#[$doc:meta])+ $name:ident $(<$life:lifetime>)? ($($arg:ident: $type:ty),*) = $app:expr;)+) => {
        impl Call {
            $(
                $(#[$doc])+
                ///
                /// The wait ends with the application, with the channel, with the deadline, or with the connection.
                ///
                /// # Errors
                /// As [`run`](Self::run).
                pub async fn $name $(<$life>)? (&self, $($arg: $type),*) -> Result<Done, Error> {
                    self.run($app).await
                }
            )+
        }
    };
}

verbs! {
    /// `answer`: takes the call.
    answer() = App::Answer;
    /// `pre_answer`: opens early media.
    pre_answer() = App::PreAnswer;
    /// `ring_ready`: signals ringing to the caller.
    ring_ready() = App::RingReady;
    /// `playback`: plays a file, a tone or a stream: see [`App::playback`].
    playback<'a>(path: impl Into<Text<'a>>) = App::playback(path);
    /// `gentones`: plays tones.
    gentones<'a>(script: impl Into<Text<'a>>) = App::gentones(script);
    /// `say`: reads a text aloud, from recorded words.
    say<'a>(say: Say<'a>) = say;
    /// `speak`: reads a text aloud, by a speech engine.
    speak<'a>(engine: impl Into<Text<'a>>, voice: impl Into<Text<'a>>, text: impl Into<Text<'a>>) = App::speak(engine, voice, text);
    /// `phrase`: plays a phrase macro.
    phrase<'a>(name: impl Into<Text<'a>>, data: impl Into<Text<'a>>) = App::phrase(name, data);
    /// `record`: records the caller into a file.
    record<'a>(record: Record<'a>) = record;
    /// `record_session`: records the call into a file in the background.
    record_session<'a>(path: impl Into<Text<'a>>) = App::record_session(path, None);
    /// `stop_record_session`: ends such a recording.
    stop_record_session<'a>(path: impl Into<Text<'a>>) = App::stop_record_session(path);
    /// `bridge`: makes a call, and connects the channel with whoever answers, until one of the two hangs up. The event
    /// has the result: `variable_originate_disposition`.
    bridge<'a>(dial: impl Into<DialString<'a>>) = App::bridge(dial);
    /// `transfer`: sends the call elsewhere in the dialplan. A connection that FreeSWITCH has opened ends with it, and
    /// the call continues.
    transfer<'a>(to: Transfer<'a>) = to;
    /// `set`: sets a variable of the channel.
    set<'a>(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) = App::set(name, value);
    /// `unset`: takes a variable away.
    unset<'a>(name: impl Into<Text<'a>>) = App::unset(name);
    /// `export`: sets a variable of the channel and of the channels that it calls.
    export<'a>(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) = App::export(name, value);
    /// `park`: parks the call until another command moves it. If the call is parked already, as on a connection in
    /// async mode, the server completes the application at once.
    park() = App::Park;
    /// `echo`: sends received media back.
    echo() = App::Echo;
    /// `sleep`: waits.
    sleep(ms: u32) = App::sleep(ms);
    /// `send_dtmf`: sends digits to the other end.
    send_dtmf<'a>(digits: impl Into<Dtmf<'a>>) = App::send_dtmf(digits);
    /// `flush_dtmf`: forgets the digits that were typed.
    flush_dtmf() = App::FlushDtmf;
    /// `conference`: enters a conference.
    conference<'a>(conference: Conference<'a>) = conference;
    /// `deflect`: has the caller's own switch send the answered call elsewhere.
    deflect<'a>(target: impl Into<Text<'a>>) = App::deflect(target);
    /// `respond`: answers a call that is not answered yet with a SIP status.
    respond<'a>(status: impl Into<Text<'a>>) = App::respond(status);
    /// `hold`: puts the other end on hold.
    hold() = App::Hold;
    /// `unhold`: takes `hold` back.
    unhold() = App::Unhold;
}

impl Call {
    /// `play_and_get_digits`: plays a prompt, and returns the digits; [`None`] if no matching ones came in time.
    ///
    /// The wait ends with the application, with the channel, with the deadline, or with the connection.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn play_and_get_digits(&self, ask: PlayAndGetDigits<'_>) -> Result<Option<String>, Error> {
        let done = self.run(ask).await?;
        Ok(done.event().and_then(|event| Some(ask.typed(&event.as_event())?.to_string())))
    }

    /// `read`: plays a prompt, and returns the digits; [`None`] if too few came in time.
    ///
    /// The wait ends with the application, with the channel, with the deadline, or with the connection.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn read(&self, ask: Read<'_>) -> Result<Option<String>, Error> {
        let done = self.run(ask).await?;
        Ok(done.event().and_then(|event| Some(ask.typed(&event.as_event())?.to_string())))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("uuid", &Value::from_bytes(&self.uuid)).field("session", &self.session).finish()
    }
}
