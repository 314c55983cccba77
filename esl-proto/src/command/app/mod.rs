//! The applications that programs drive: their arguments, written as each application's own parser reads them.
//!
//! An [`App`] is an application with its argument; [`App::execute`] makes it the [`Execute`] of a `sendmsg`. What a program
//! passes arrives as it is, or is refused with the field and the octet: no text can end an argument early, add
//! another or have something expanded.
//!
//! ```
//! use esl_proto::command::app::{App, Record};
//! use esl_proto::command::SendMsg;
//! use esl_proto::Command;
//!
//! let mut storage = [0; 256];
//! let record = App::from(Record::new("/tmp/two words.wav").limit(30));
//! assert_eq!(record.encode(&mut storage)?, b"'/tmp/two words.wav' 30");
//!
//! let execute = record.execute(&mut storage)?;
//! assert!(Command::from(SendMsg::new(execute).to("5fd4")).encoded_len().is_ok());
//!
//! // A caller's name is a text like any other: what the server would expand is refused,
//! assert!(App::set("name", "${system(reboot)}").encoded_len().is_err());
//! // unless the program says that it is to be expanded.
//! assert_eq!(App::set("copy", Text::expand("${name}")).encode(&mut storage)?, b"copy=${name}");
//! # use esl_proto::command::app::Text;
//! # Ok::<(), esl_proto::command::app::AppEncodeError>(())
//! ```
//!
//! # How the server reads
//!
//! * `switch_core_session_exec` has `switch_channel_expand_variables` rewrite an argument, but only if it holds `${` or
//!   one of the escapes `\\`, `\'`, `\n`, `\s`, `\t`: `\\` becomes `\`, `\$` becomes `$`, `\'` and the first of two `$` are
//!   lost, `${...}` is replaced. So backslashes are written twice, and dollars with one in front if there is a
//!   backslash. Texts with `${` are refused all the same: what is stored with them, such as a variable, is expanded when it
//!   is used. A `%[` or `%?[` in front would set variables of the application.
//! * `set`, `multiset`, `push` and `unshift` expand the value once more, `export` does not.
//! * `say`, `read`, `play_and_get_digits`, `record`, `record_session`, `transfer`, `socket` and their kin split at blanks
//!   (`switch_separate_string`): quotes protect blanks, backslashes protect quotes and backslashes.
//! * `event` splits at commas, `multiset` at the octet after `^^`, in the same way.
//! * `speak` splits at `|` and takes the rest as it is; `playback` looks for `@@`, `conference` for `+` and `@`, `log` and
//!   `unset` for nothing.
//!
//! The channel is thought to expand variables, as it does unless its variable `app_disable_expand_variables` is set.

use core::fmt;

use super::dial_string::{DialEncodeError, DialError, DialString};
use super::{Execute, Pairs, Words};
use crate::event::Event;
use crate::name::{EventName, HangupCause, LogLevel, header};
use crate::sink::{Sink, Writer};
use crate::text::check::expansion;
use crate::text::{Insufficient, Value, check, cut};

/// A text in an argument: taken as it is, or to be expanded by the server.
///
/// Made from any text or octets, it is taken as it is. [`Text::expand`] says that the server shall replace `${...}` in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    octets: &'a [u8],
    expands: bool,
}

impl<'a> Text<'a> {
    /// A text that arrives as it is.
    #[must_use]
    pub const fn literal(octets: &'a [u8]) -> Self {
        Self { octets, expands: false }
    }

    /// A text that the server expands: `${variable}`, `${function(argument)}`. Backslashes and dollars mean what they
    /// mean to the server. Where an application splits its argument, the text goes between quotes: what it is expanded
    /// to must hold none.
    pub fn expand(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { octets: text.as_ref(), expands: true }
    }

    /// The text as the program gave it.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.octets
    }

    /// Whether the server expands it.
    #[must_use]
    pub const fn expands(&self) -> bool {
        self.expands
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Text<'a> {
    fn from(text: &'a T) -> Self {
        Self::literal(text.as_ref())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.expands {
            return f.debug_tuple("Expand").field(&Value::from_bytes(self.octets)).finish();
        }
        fmt::Debug::fmt(&Value::from_bytes(self.octets), f)
    }
}

/// An application with its argument.
///
/// ```
/// use esl_proto::command::app::{App, Ending};
/// use esl_proto::dial::Leg;
///
/// let mut storage = [0; 128];
/// let legs = [Leg::new("user/1000"), Leg::new("user/1001")];
/// assert_eq!(App::bridge(&legs).encode(&mut storage)?, b"user/1000,user/1001");
/// assert_eq!(App::transfer("park please").encode(&mut storage)?, b"'park please'");
/// assert_eq!(App::Park.ending(), Ending::Lasts);
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum App<'a> {
    /// `answer`: takes the call.
    Answer,
    /// `pre_answer`: opens early media. What is played is heard, and the call is not answered yet.
    PreAnswer,
    /// `ring_ready`: tells the caller that it rings.
    RingReady,
    /// `playback`: plays a file, a tone or a stream.
    Playback {
        /// What to play; see [`App::playback`].
        path: Text<'a>,
        /// At which sample to begin.
        start_sample: Option<u32>,
    },
    /// `gentones`: plays tones.
    GenTones {
        /// The tones, such as `%(1000,0,640)`.
        script: Text<'a>,
        /// How often; negative for ever.
        loops: Option<i32>,
    },
    /// `say`: reads a text aloud, from recorded words.
    Say(Say<'a>),
    /// `speak`: reads a text aloud, by a speech engine.
    Speak {
        /// The engine and the voice; [`None`] for the channel's variables `tts_engine` and `tts_voice`.
        voice: Option<(Text<'a>, Text<'a>)>,
        /// What to say.
        text: Text<'a>,
    },
    /// `phrase`: plays a phrase macro.
    Phrase {
        /// The macro's name.
        name: Text<'a>,
        /// What it speaks of, none if empty.
        data: Text<'a>,
    },
    /// `read`: plays a prompt and collects digits.
    Read(Read<'a>),
    /// `play_and_get_digits`: the same with retries and a regular expression.
    PlayAndGetDigits(PlayAndGetDigits<'a>),
    /// `record`: records the caller into a file.
    Record(Record<'a>),
    /// `record_session`: records the call into a file, beside all else.
    RecordSession {
        /// The file.
        path: Text<'a>,
        /// For how many seconds at most.
        limit: Option<u32>,
    },
    /// `stop_record_session`: ends such a recording.
    StopRecordSession {
        /// The same path; `all` for all recordings.
        path: Text<'a>,
    },
    /// `bridge`: calls, and connects the channel with whoever answers.
    Bridge {
        /// Whom to call.
        dial: DialString<'a>,
    },
    /// `att_xfer`: calls for an attended transfer.
    AttXfer {
        /// Whom to call.
        dial: DialString<'a>,
    },
    /// `transfer`: sends the call elsewhere in the dialplan. It leaves the connection: see [`App::needs_resume`].
    Transfer(Transfer<'a>),
    /// `set`: sets a variable of the channel, or takes it away if the value is empty.
    Set {
        /// The variable.
        name: Text<'a>,
        /// The value.
        value: Text<'a>,
    },
    /// `multiset`: sets several variables.
    MultiSet {
        /// The variables and their values, which arrive as they are.
        variables: Pairs<'a>,
    },
    /// `unset`: takes a variable away.
    Unset {
        /// The variable.
        name: Text<'a>,
    },
    /// `export`: sets a variable of the channel and of those that it calls.
    Export {
        /// The variable.
        name: Text<'a>,
        /// The value.
        value: Text<'a>,
        /// Whether only the channels that are called get it (`nolocal:`).
        nolocal: bool,
    },
    /// `push`: adds a value at the end of a variable that is an array.
    Push {
        /// The variable.
        name: Text<'a>,
        /// The value.
        value: Text<'a>,
    },
    /// `unshift`: adds a value at the front of a variable that is an array.
    Unshift {
        /// The variable.
        name: Text<'a>,
        /// The value.
        value: Text<'a>,
    },
    /// `park`: waits until somebody does something with the call.
    Park,
    /// `echo`: sends back what comes.
    Echo,
    /// `sleep`: waits.
    Sleep {
        /// Milliseconds.
        ms: u32,
    },
    /// `break`: ends the application that runs now.
    Break,
    /// `send_dtmf`: sends digits to the other end.
    SendDtmf(Dtmf<'a>),
    /// `queue_dtmf`: has digits sent once the channel is bridged or plays something.
    QueueDtmf(Dtmf<'a>),
    /// `flush_dtmf`: forgets the digits that were typed.
    FlushDtmf,
    /// `conference`: enters a conference.
    Conference(Conference<'a>),
    /// `deflect`: has the caller's own switch send the answered call elsewhere (SIP REFER).
    Deflect {
        /// Where to, such as a SIP address.
        target: Text<'a>,
    },
    /// `redirect`: the same before the call is answered (SIP 302).
    Redirect {
        /// Where to.
        target: Text<'a>,
    },
    /// `respond`: answers a call that is not answered yet with a SIP status.
    Respond {
        /// The status, such as `486 Busy Here`.
        status: Text<'a>,
    },
    /// `hangup`: ends the call.
    Hangup {
        /// Why; NORMAL_CLEARING if not said.
        cause: Option<HangupCause<'a>>,
    },
    /// `sched_hangup`: ends the call later.
    SchedHangup {
        /// In how many seconds.
        seconds: u32,
        /// Why; ALLOTTED_TIMEOUT if not said.
        cause: Option<HangupCause<'a>>,
    },
    /// `event`: fires an event with the channel's data and these headers.
    Event {
        /// The headers, which arrive as they are. `Event-Name` and `Event-Subclass` say which event it is; without them it is
        /// CHANNEL_APPLICATION.
        headers: Pairs<'a>,
    },
    /// `log`: writes a line to the server's log.
    Log {
        /// How urgent.
        level: LogLevel,
        /// The line.
        text: Text<'a>,
    },
    /// `info`: writes the channel's data to the server's log.
    Info {
        /// How urgent; INFO if not said.
        level: Option<LogLevel>,
    },
    /// `socket`: has a program drive the call over an outbound connection.
    Socket(Socket<'a>),
    /// `eavesdrop`: listens to another channel.
    Eavesdrop {
        /// The channel; `all` for one after another.
        uuid: Text<'a>,
    },
    /// `intercept`: takes over another channel's call.
    Intercept {
        /// The channel.
        uuid: Text<'a>,
        /// Whether its other leg is meant.
        bleg: bool,
    },
    /// `hold`: tells the other end that it is on hold.
    Hold,
    /// `unhold`: takes `hold` back.
    Unhold,
}

impl<'a> App<'a> {
    /// [`App::Playback`]. A path with `@@` is refused. What the server reads in the path is meant: `{parameter=value}` in
    /// front, `tone_stream://`, `file_string://`, `phrase:`; so it is no place for a text of others.
    pub fn playback(path: impl Into<Text<'a>>) -> Self {
        Self::Playback { path: path.into(), start_sample: None }
    }

    /// [`App::GenTones`], once.
    pub fn gentones(script: impl Into<Text<'a>>) -> Self {
        Self::GenTones { script: script.into(), loops: None }
    }

    /// [`App::Speak`] with this engine and voice.
    pub fn speak(engine: impl Into<Text<'a>>, voice: impl Into<Text<'a>>, text: impl Into<Text<'a>>) -> Self {
        Self::Speak { voice: Some((engine.into(), voice.into())), text: text.into() }
    }

    /// [`App::Speak`] with the channel's own engine and voice. The text must hold no `|`.
    pub fn speak_text(text: impl Into<Text<'a>>) -> Self {
        Self::Speak { voice: None, text: text.into() }
    }

    /// [`App::Phrase`]
    pub fn phrase(name: impl Into<Text<'a>>, data: impl Into<Text<'a>>) -> Self {
        Self::Phrase { name: name.into(), data: data.into() }
    }

    /// [`App::RecordSession`]
    pub fn record_session(path: impl Into<Text<'a>>, limit: impl Into<Option<u32>>) -> Self {
        Self::RecordSession { path: path.into(), limit: limit.into() }
    }

    /// [`App::StopRecordSession`]
    pub fn stop_record_session(path: impl Into<Text<'a>>) -> Self {
        Self::StopRecordSession { path: path.into() }
    }

    /// [`App::Bridge`]: a dial string, a handle, a list of legs, a leg, or an endpoint's text.
    pub fn bridge(dial: impl Into<DialString<'a>>) -> Self {
        Self::Bridge { dial: dial.into() }
    }

    /// [`App::AttXfer`]
    pub fn att_xfer(dial: impl Into<DialString<'a>>) -> Self {
        Self::AttXfer { dial: dial.into() }
    }

    /// [`App::Transfer`] to an extension of the same dialplan and context; [`Transfer`] has more.
    pub fn transfer(extension: impl Into<Text<'a>>) -> Self {
        Transfer::new(extension).into()
    }

    /// [`App::Set`]
    pub fn set(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self::Set { name: name.into(), value: value.into() }
    }

    /// [`App::MultiSet`]: `App::multiset(&[("a", "1"), ("b", "2")])`
    pub fn multiset(variables: impl Into<Pairs<'a>>) -> Self {
        Self::MultiSet { variables: variables.into() }
    }

    /// [`App::Unset`]
    pub fn unset(name: impl Into<Text<'a>>) -> Self {
        Self::Unset { name: name.into() }
    }

    /// [`App::Export`] to this channel, too.
    pub fn export(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self::Export { name: name.into(), value: value.into(), nolocal: false }
    }

    /// [`App::Push`]
    pub fn push(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self::Push { name: name.into(), value: value.into() }
    }

    /// [`App::Unshift`]
    pub fn unshift(name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        Self::Unshift { name: name.into(), value: value.into() }
    }

    /// [`App::Sleep`]
    #[must_use]
    pub const fn sleep(ms: u32) -> Self {
        Self::Sleep { ms }
    }

    /// [`App::SendDtmf`]
    pub fn send_dtmf(digits: impl Into<Dtmf<'a>>) -> Self {
        Self::SendDtmf(digits.into())
    }

    /// [`App::QueueDtmf`]
    pub fn queue_dtmf(digits: impl Into<Dtmf<'a>>) -> Self {
        Self::QueueDtmf(digits.into())
    }

    /// [`App::Conference`] with the default profile; [`Conference`] has more.
    pub fn conference(name: impl Into<Text<'a>>) -> Self {
        Conference::new(name).into()
    }

    /// [`App::Deflect`]
    pub fn deflect(target: impl Into<Text<'a>>) -> Self {
        Self::Deflect { target: target.into() }
    }

    /// [`App::Redirect`]
    pub fn redirect(target: impl Into<Text<'a>>) -> Self {
        Self::Redirect { target: target.into() }
    }

    /// [`App::Respond`]
    pub fn respond(status: impl Into<Text<'a>>) -> Self {
        Self::Respond { status: status.into() }
    }

    /// [`App::Hangup`]
    pub fn hangup(cause: impl Into<Option<HangupCause<'a>>>) -> Self {
        Self::Hangup { cause: cause.into() }
    }

    /// [`App::SchedHangup`]
    pub fn sched_hangup(seconds: u32, cause: impl Into<Option<HangupCause<'a>>>) -> Self {
        Self::SchedHangup { seconds, cause: cause.into() }
    }

    /// [`App::Event`]: `App::event(&[("Event-Subclass", "my::event"), ("Event-Name", "CUSTOM")])`
    pub fn event(headers: impl Into<Pairs<'a>>) -> Self {
        Self::Event { headers: headers.into() }
    }

    /// [`App::Log`]
    pub fn log(level: LogLevel, text: impl Into<Text<'a>>) -> Self {
        Self::Log { level, text: text.into() }
    }

    /// [`App::Info`]
    pub fn info(level: impl Into<Option<LogLevel>>) -> Self {
        Self::Info { level: level.into() }
    }

    /// [`App::Eavesdrop`]
    pub fn eavesdrop(uuid: impl Into<Text<'a>>) -> Self {
        Self::Eavesdrop { uuid: uuid.into() }
    }

    /// [`App::Intercept`] of the channel itself.
    pub fn intercept(uuid: impl Into<Text<'a>>) -> Self {
        Self::Intercept { uuid: uuid.into(), bleg: false }
    }

    /// The application's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::PreAnswer => "pre_answer",
            Self::RingReady => "ring_ready",
            Self::Playback { .. } => "playback",
            Self::GenTones { .. } => "gentones",
            Self::Say(_) => "say",
            Self::Speak { .. } => "speak",
            Self::Phrase { .. } => "phrase",
            Self::Read(_) => "read",
            Self::PlayAndGetDigits(_) => "play_and_get_digits",
            Self::Record(_) => "record",
            Self::RecordSession { .. } => "record_session",
            Self::StopRecordSession { .. } => "stop_record_session",
            Self::Bridge { .. } => "bridge",
            Self::AttXfer { .. } => "att_xfer",
            Self::Transfer(_) => "transfer",
            Self::Set { .. } => "set",
            Self::MultiSet { .. } => "multiset",
            Self::Unset { .. } => "unset",
            Self::Export { .. } => "export",
            Self::Push { .. } => "push",
            Self::Unshift { .. } => "unshift",
            Self::Park => "park",
            Self::Echo => "echo",
            Self::Sleep { .. } => "sleep",
            Self::Break => "break",
            Self::SendDtmf(_) => "send_dtmf",
            Self::QueueDtmf(_) => "queue_dtmf",
            Self::FlushDtmf => "flush_dtmf",
            Self::Conference(_) => "conference",
            Self::Deflect { .. } => "deflect",
            Self::Redirect { .. } => "redirect",
            Self::Respond { .. } => "respond",
            Self::Hangup { .. } => "hangup",
            Self::SchedHangup { .. } => "sched_hangup",
            Self::Event { .. } => "event",
            Self::Log { .. } => "log",
            Self::Info { .. } => "info",
            Self::Socket(_) => "socket",
            Self::Eavesdrop { .. } => "eavesdrop",
            Self::Intercept { .. } => "intercept",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
        }
    }

    /// How the application ends.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        match self {
            Self::Hangup { .. } => Ending::EndsChannel,
            Self::Transfer(Transfer { leg: TransferLeg::This | TransferLeg::Both, .. }) => Ending::Leaves,
            Self::Park
            | Self::Echo
            | Self::Bridge { .. }
            | Self::AttXfer { .. }
            | Self::Conference(_)
            | Self::Eavesdrop { .. }
            | Self::Intercept { .. }
            | Self::Socket(_) => Ending::Lasts,
            _ => Ending::Completes,
        }
    }

    /// Whether [`Command::Resume`](super::Command::Resume) must be sent before the application from an outbound
    /// connection: the call would otherwise end when the connection is closed, wherever the application has sent it.
    #[must_use]
    pub const fn needs_resume(&self) -> bool {
        matches!(self.ending(), Ending::Leaves)
    }

    /// The exact number of octets that [`encode`](Self::encode) writes.
    ///
    /// # Errors
    /// [`AppEncodeError`] if no argument would be read back as this.
    pub fn encoded_len(&self) -> Result<usize, AppEncodeError> {
        match self.encode(&mut []) {
            Ok(written) => Ok(written.len()),
            Err(AppEncodeError::Insufficient(error)) => Ok(error.required),
            Err(error) => Err(error),
        }
    }

    /// Writes the argument to the front of `out` and returns what was written: nothing for an application without one.
    ///
    /// # Errors
    /// [`AppEncodeError`] if no argument would be read back as this, or `out` is too short; what `out` holds then has no
    /// meaning.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], AppEncodeError> {
        if let Self::Bridge { dial } | Self::AttXfer { dial } = self {
            return Ok(dial.encode_argument(out)?);
        }
        let mut probe = Argument { sink: Writer::new(&mut []), expands: false, escaped: false };
        self.write(&mut probe)?;
        let mut argument = Argument { sink: Writer::new(out), expands: probe.escaped, escaped: false };
        self.write(&mut argument)?;
        Ok(argument.sink.finish()?)
    }

    /// What a `sendmsg` carries, with the argument in `out`: `Command::sendmsg(app.execute(&mut out)?)`.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn execute<'o>(&self, out: &'o mut [u8]) -> Result<Execute<'o>, AppEncodeError> {
        Ok(Execute::from_bytes(self.name().as_bytes(), self.encode(out)?))
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        match self {
            Self::Answer
            | Self::PreAnswer
            | Self::RingReady
            | Self::Bridge { .. }
            | Self::AttXfer { .. }
            | Self::Park
            | Self::Echo
            | Self::Break
            | Self::FlushDtmf
            | Self::Hangup { cause: None }
            | Self::Info { level: None }
            | Self::Hold
            | Self::Unhold => Ok(()),
            Self::Playback { path, start_sample } => {
                at(AppField::Path, *path).filled()?.without_double(b'@')?.raw(to)?;
                if let Some(sample) = start_sample {
                    at(AppField::Path, *path).without(AppErrorKind::Separator, |octet| octet == b'@')?;
                    to.sink.put(b"@@");
                    to.number(AppField::Number, 0, *sample)?;
                }
                Ok(())
            }
            Self::GenTones { script, loops } => {
                at(AppField::Text, *script)
                    .filled()?
                    .without(AppErrorKind::Separator, |octet| octet == b'|')?
                    .raw(to)?;
                if let Some(loops) = loops {
                    to.sink.put(b"|");
                    if *loops < 0 {
                        to.sink.put(b"-");
                    }
                    to.sink.put_number(u64::from(loops.unsigned_abs()));
                }
                Ok(())
            }
            Self::Say(say) => {
                let words =
                    [(AppField::Module, say.module), (AppField::Type, say.kind), (AppField::Method, say.method)];
                for (field, word) in words {
                    at(field, word).filled()?.word(to)?;
                }
                if let Some(gender) = say.gender {
                    at(AppField::Gender, gender).filled()?.word(to)?;
                }
                at(AppField::Text, say.text).filled()?.word(to)
            }
            Self::Speak { voice, text } => {
                let part = |field, text| {
                    at(field, text)
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'|')?
                        .without(AppErrorKind::Quote, |octet| matches!(octet, b'\'' | b'\\'))?
                        .without(AppErrorKind::Blank, |octet| octet == b' ')
                };
                match voice {
                    Some((engine, voice)) => {
                        part(AppField::Engine, *engine)?.raw(to)?;
                        to.sink.put(b"|");
                        part(AppField::Voice, *voice)?.raw(to)?;
                        to.sink.put(b"|");
                        at(AppField::Text, *text).filled()?.raw(to)
                    }
                    None => at(AppField::Text, *text)
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'|')?
                        .raw(to),
                }
            }
            Self::Phrase { name, data } => {
                at(AppField::Name, *name).filled()?.without(AppErrorKind::Separator, |octet| octet == b',')?.raw(to)?;
                if !data.octets.is_empty() {
                    to.sink.put(b",");
                    at(AppField::Text, *data).raw(to)?;
                }
                Ok(())
            }
            Self::Read(read) => read.write(to),
            Self::PlayAndGetDigits(digits) => digits.write(to),
            Self::Record(record) => record.write(to),
            Self::RecordSession { path, limit } => {
                at(AppField::Path, *path).filled()?.word(to)?;
                if let Some(limit) = limit {
                    to.sink.put(b" +");
                    to.number(AppField::Limit, 1, *limit)?;
                }
                Ok(())
            }
            Self::StopRecordSession { path } => at(AppField::Path, *path).filled()?.raw(to),
            Self::Transfer(transfer) => transfer.write(to),
            Self::Set { name, value } | Self::Push { name, value } | Self::Unshift { name, value } => {
                variable(*name)?.raw(to)?;
                to.sink.put(b"=");
                let value = at(AppField::Value, *value);
                value.laid(to, value.expanded_twice())
            }
            Self::MultiSet { variables } => {
                for (item, (name, value)) in variables.iter().enumerate() {
                    // The server reads so many pairs.
                    let name = variable(Text::literal(name))?.item(item).not(AppErrorKind::TooMany, item >= 255)?;
                    let value = at(AppField::Value, Text::literal(value)).item(item);
                    to.sink.put(if item == 0 { b"^^;'" } else { b";'" });
                    name.laid(to, &[Layer::Separated(b';')])?;
                    to.sink.put(b"=");
                    value.laid(to, value.multiset())?;
                    to.sink.put(b"'");
                }
                Ok(())
            }
            Self::Unset { name } => at(AppField::Name, *name).filled()?.raw(to),
            Self::Export { name, value, nolocal } => {
                to.sink.put(if *nolocal { b"nolocal:" } else { b"" });
                variable(*name)?
                    .without(AppErrorKind::Separator, |octet| octet == b',')?
                    .not(AppErrorKind::Reserved, cut::after(b"nolocal:", name.octets).is_some())?
                    .not(AppErrorKind::Reserved, cut::after(b"_nolocal_", name.octets).is_some())?
                    .raw(to)?;
                to.sink.put(b"=");
                at(AppField::Value, *value).raw(to)
            }
            Self::Sleep { ms } => to.number(AppField::Number, 0, *ms),
            Self::SendDtmf(digits) => digits.write(to, 99),
            Self::QueueDtmf(digits) => digits.write(to, usize::MAX),
            Self::Conference(conference) => conference.write(to),
            Self::Deflect { target } | Self::Redirect { target } => at(AppField::Target, *target).filled()?.raw(to),
            Self::Respond { status } => at(AppField::Text, *status).filled()?.raw(to),
            Self::Hangup { cause: Some(cause) } => {
                at(AppField::Cause, Text::literal(cause.as_bytes())).filled()?.raw(to)
            }
            Self::SchedHangup { seconds, cause } => {
                to.sink.put(b"+");
                to.number(AppField::Number, 0, *seconds)?;
                match cause {
                    Some(cause) => at(AppField::Cause, Text::literal(cause.as_bytes())).filled()?.word(to),
                    None => Ok(()),
                }
            }
            Self::Event { headers } => {
                for (item, (name, value)) in headers.iter().enumerate() {
                    let name = at(AppField::Name, Text::literal(name)).item(item);
                    let value = at(AppField::Value, Text::literal(value)).item(item);
                    name.not(AppErrorKind::TooMany, item >= 24)?
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'=')?
                        .without(AppErrorKind::Blank, |octet| octet == b' ')?;
                    // The server sends no header without a value, and drops the blanks before one.
                    value.filled()?.not(AppErrorKind::Blank, value.text.octets.starts_with(b" "))?;
                    to.sink.put(if item == 0 { b"'" } else { b",'" });
                    name.laid(to, &[Layer::Separated(b',')])?;
                    to.sink.put(b"=");
                    value.laid(to, &[Layer::Separated(b',')])?;
                    to.sink.put(b"'");
                }
                Ok(())
            }
            Self::Log { level, text } => {
                put_level(*level, to);
                to.sink.put(b" ");
                at(AppField::Text, *text).raw(to)
            }
            Self::Info { level: Some(level) } => {
                put_level(*level, to);
                Ok(())
            }
            Self::Socket(socket) => socket.write(to),
            Self::Eavesdrop { uuid } => at(AppField::Uuid, *uuid).filled()?.raw(to),
            Self::Intercept { uuid, bleg } => {
                to.sink.put(if *bleg { b"-bleg" } else { b"" });
                at(AppField::Uuid, *uuid).filled()?.word(to)
            }
        }
    }
}

fn put_level(level: LogLevel, to: &mut Argument<'_>) {
    match level.name() {
        Some(name) => to.sink.put(name.as_bytes()),
        None => {
            to.sink.put(if level.number() < 0 { b"-" } else { b"" });
            to.sink.put_number(u64::from(level.number().unsigned_abs()));
        }
    }
}

/// Implements `From` for the arguments that are structs of their own.
macro_rules! apps {
    ($($name:ident)+) => {
        $(impl<'a> From<$name<'a>> for App<'a> {
            fn from(app: $name<'a>) -> Self {
                Self::$name(app)
            }
        })+
    };
}

apps! { Say Read PlayAndGetDigits Record Transfer Conference Socket }

/// `say <module> <type> <method> [<gender>] <text>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Say<'a> {
    /// The language's module: `en`.
    pub module: Text<'a>,
    /// What it is: `number`, `current_date_time`, `name_spelled`.
    pub kind: Text<'a>,
    /// How: `pronounced`, `iterated`, `counted`.
    pub method: Text<'a>,
    /// The grammatical gender: `feminine`, `masculine`, `neuter`.
    pub gender: Option<Text<'a>>,
    /// What to say.
    pub text: Text<'a>,
}

impl<'a> Say<'a> {
    /// Says `text` as what `kind` and `method` tell.
    pub fn new(
        module: impl Into<Text<'a>>,
        kind: impl Into<Text<'a>>,
        method: impl Into<Text<'a>>,
        text: impl Into<Text<'a>>,
    ) -> Self {
        Self { module: module.into(), kind: kind.into(), method: method.into(), gender: None, text: text.into() }
    }

    /// The same with this grammatical gender.
    #[must_use]
    pub fn gender(self, gender: impl Into<Text<'a>>) -> Self {
        Self { gender: Some(gender.into()), ..self }
    }
}

/// `read <min> <max> <file> <variable> <timeout> <terminators> [<digit timeout>]`
///
/// ```
/// use esl_proto::command::app::{App, Read};
///
/// let read = Read::new(1, 4, "enter your pin.wav", "pin").timeout(5000);
/// assert_eq!(App::from(read).encode(&mut [0; 64])?, b"1 4 'enter your pin.wav' pin 5000 #");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<'a> {
    /// How many digits at least: 1 if less.
    pub min: u32,
    /// How many at most, 127.
    pub max: u32,
    /// The prompt; `silence` for none.
    pub file: Text<'a>,
    /// The variable that gets the digits.
    pub variable: Text<'a>,
    /// How long to wait for the first digit after the prompt, in milliseconds: 1000 if less.
    pub timeout: u32,
    /// The digits that end the input; `none` for none.
    pub terminators: Text<'a>,
    /// How long to wait for each further digit, in milliseconds.
    pub digit_timeout: Option<u32>,
}

impl<'a> Read<'a> {
    /// Collects digits into `variable`, up to `#`, and waits 5 seconds for them.
    pub fn new(min: u32, max: u32, file: impl Into<Text<'a>>, variable: impl Into<Text<'a>>) -> Self {
        Self {
            min,
            max,
            file: file.into(),
            variable: variable.into(),
            timeout: 5000,
            terminators: Text::literal(b"#"),
            digit_timeout: None,
        }
    }

    /// The same with this time limit, in milliseconds.
    #[must_use]
    pub const fn timeout(self, ms: u32) -> Self {
        Self { timeout: ms, ..self }
    }

    /// The same with these terminators.
    #[must_use]
    pub fn terminators(self, terminators: impl Into<Text<'a>>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }

    /// The same with this time limit for each further digit.
    #[must_use]
    pub const fn digit_timeout(self, ms: u32) -> Self {
        Self { digit_timeout: Some(ms), ..self }
    }

    /// What was typed, by the CHANNEL_EXECUTE_COMPLETE of this application: [`None`] if too little came in time.
    #[must_use]
    pub fn typed<'e>(&self, event: &Event<'e>) -> Option<Value<'e>> {
        let result = event.get("variable_read_result");
        typed(event, self.variable).filter(|_| result.is_none_or(|result| result == *"success"))
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        digit_counts(self.min, self.max)?;
        to.number(AppField::Min, 0, self.min)?;
        to.number_word(AppField::Max, 1, self.max)?;
        at(AppField::File, self.file).filled()?.word(to)?;
        at(AppField::Variable, self.variable).filled()?.word(to)?;
        to.number_word(AppField::Timeout, 0, self.timeout)?;
        at(AppField::Terminators, self.terminators).filled()?.word(to)?;
        match self.digit_timeout {
            Some(ms) => to.number_word(AppField::DigitTimeout, 0, ms),
            None => Ok(()),
        }
    }
}

/// `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <variable> <regexp>
/// [<digit timeout> [<transfer on failure>]]`
///
/// ```
/// use esl_proto::command::app::{App, PlayAndGetDigits};
///
/// let digits = PlayAndGetDigits::new(1, 4, "enter.wav", "pin").tries(2).regexp(r"^\d+$");
/// assert_eq!(App::from(digits).encode(&mut [0; 96])?, br"1 4 2 5000 # enter.wav silence pin ^\\\\d+\$");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayAndGetDigits<'a> {
    /// How many digits at least.
    pub min: u32,
    /// How many at most, 127.
    pub max: u32,
    /// How often to ask.
    pub tries: u32,
    /// How long to wait for the first digit after the prompt, in milliseconds: 1000 if less.
    pub timeout: u32,
    /// The digits that end the input; `none` for none.
    pub terminators: Text<'a>,
    /// The prompt.
    pub file: Text<'a>,
    /// What is played if the input does not match; `silence` for nothing.
    pub invalid_file: Text<'a>,
    /// The variable that gets the digits.
    pub variable: Text<'a>,
    /// What the digits must match; empty for anything.
    pub regexp: Text<'a>,
    /// How long to wait for each further digit, in milliseconds.
    pub digit_timeout: Option<u32>,
    /// Where the call goes when all tries have failed: `<extension> [<dialplan> [<context>]]`.
    pub transfer_on_failure: Option<Text<'a>>,
}

impl<'a> PlayAndGetDigits<'a> {
    /// Asks once for digits into `variable`, up to `#`, and waits 5 seconds for them.
    pub fn new(min: u32, max: u32, file: impl Into<Text<'a>>, variable: impl Into<Text<'a>>) -> Self {
        Self {
            min,
            max,
            tries: 1,
            timeout: 5000,
            terminators: Text::literal(b"#"),
            file: file.into(),
            invalid_file: Text::literal(b"silence"),
            variable: variable.into(),
            regexp: Text::literal(b""),
            digit_timeout: None,
            transfer_on_failure: None,
        }
    }

    /// The same with so many tries.
    #[must_use]
    pub const fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The same with this time limit, in milliseconds.
    #[must_use]
    pub const fn timeout(self, ms: u32) -> Self {
        Self { timeout: ms, ..self }
    }

    /// The same with these terminators.
    #[must_use]
    pub fn terminators(self, terminators: impl Into<Text<'a>>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }

    /// The same with what is played after a wrong input.
    #[must_use]
    pub fn invalid_file(self, file: impl Into<Text<'a>>) -> Self {
        Self { invalid_file: file.into(), ..self }
    }

    /// The same with a regular expression that the digits must match.
    #[must_use]
    pub fn regexp(self, regexp: impl Into<Text<'a>>) -> Self {
        Self { regexp: regexp.into(), ..self }
    }

    /// The same with this time limit for each further digit.
    #[must_use]
    pub const fn digit_timeout(self, ms: u32) -> Self {
        Self { digit_timeout: Some(ms), ..self }
    }

    /// The same with where the call goes when all tries have failed.
    #[must_use]
    pub fn transfer_on_failure(self, target: impl Into<Text<'a>>) -> Self {
        Self { transfer_on_failure: Some(target.into()), ..self }
    }

    /// What was typed, by the CHANNEL_EXECUTE_COMPLETE of this application: [`None`] if nothing that matches came in time.
    ///
    /// ```
    /// use esl_proto::Event;
    /// use esl_proto::command::app::PlayAndGetDigits;
    /// use esl_proto::name::Format;
    ///
    /// let ask = PlayAndGetDigits::new(1, 4, "enter.wav", "pin");
    /// let event = Event::new(Format::Plain, b"Application-Response: success\nvariable_pin: 42\n\n");
    /// assert!(ask.typed(&event).is_some_and(|digits| digits == *"42"));
    /// let event = Event::new(Format::Plain, b"Application-Response: failure\nvariable_pin: 42\n\n");
    /// assert_eq!(ask.typed(&event), None);
    /// ```
    #[must_use]
    pub fn typed<'e>(&self, event: &Event<'e>) -> Option<Value<'e>> {
        let response = event.get("Application-Response");
        let failed = response.is_some_and(|response| response == *"failure" || response == *"timeout");
        typed(event, self.variable).filter(|_| !failed)
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        digit_counts(self.min, self.max)?;
        to.number(AppField::Min, 0, self.min)?;
        to.number_word(AppField::Max, 1, self.max)?;
        to.number_word(AppField::Tries, 1, self.tries)?;
        to.number_word(AppField::Timeout, 0, self.timeout)?;
        at(AppField::Terminators, self.terminators).filled()?.word(to)?;
        at(AppField::File, self.file).filled()?.word(to)?;
        at(AppField::InvalidFile, self.invalid_file).filled()?.word(to)?;
        at(AppField::Variable, self.variable).filled()?.word(to)?;
        at(AppField::Regexp, self.regexp).word(to)?;
        match (self.digit_timeout, self.transfer_on_failure) {
            (None, None) => Ok(()),
            (ms, target) => {
                to.number_word(AppField::DigitTimeout, 0, ms.unwrap_or(self.timeout))?;
                target.map_or(Ok(()), |target| at(AppField::Target, target).filled()?.word(to))
            }
        }
    }
}

/// The value that an event shows of a variable, unless it is empty.
fn typed<'e>(event: &Event<'e>, variable: Text<'_>) -> Option<Value<'e>> {
    let is_it = |name: &Value<'_>| {
        let name = name.raw();
        cut::after(b"variable_", name).is_some_and(|name| name.eq_ignore_ascii_case(variable.octets))
    };
    let value = event.headers().filter(|header| is_it(&header.name)).last()?.value;
    (!value.raw().is_empty()).then_some(value)
}

/// The server has room for 127 digits.
fn digit_counts(min: u32, max: u32) -> Result<(), AppError> {
    let least = at(AppField::Min, Text::literal(b"")).not(AppErrorKind::OutOfRange, min > max);
    least.and(at(AppField::Max, Text::literal(b"")).not(AppErrorKind::OutOfRange, max > 127)).map(drop)
}

/// `record <path> [<limit> [<silence threshold> [<silence hits>]]]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The file. If it cannot be written, the server ends the call.
    pub path: Text<'a>,
    /// For how many seconds at most.
    pub limit: Option<u32>,
    /// What counts as silence, and after how many seconds of it the recording ends.
    pub silence: Option<(u32, u32)>,
}

impl<'a> Record<'a> {
    /// Records without a limit.
    pub fn new(path: impl Into<Text<'a>>) -> Self {
        Self { path: path.into(), limit: None, silence: None }
    }

    /// The same for at most so many seconds, one at least.
    #[must_use]
    pub const fn limit(self, seconds: u32) -> Self {
        Self { limit: Some(seconds), ..self }
    }

    /// The same up to so many seconds of silence.
    #[must_use]
    pub const fn silence(self, threshold: u32, seconds: u32) -> Self {
        Self { silence: Some((threshold, seconds)), ..self }
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        at(AppField::Path, self.path).filled()?.word(to)?;
        match (self.limit, self.silence) {
            (Some(limit), _) => to.number_word(AppField::Limit, 1, limit)?,
            (None, Some(_)) => to.sink.put(b" 0"),
            (None, None) => {}
        }
        if let Some((threshold, seconds)) = self.silence {
            to.number_word(AppField::Number, 1, threshold)?;
            to.number_word(AppField::Number, 1, seconds)?;
        }
        Ok(())
    }
}

/// `transfer [-bleg|-both] <extension> [<dialplan> [<context>]]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// Which leg goes.
    pub leg: TransferLeg,
    /// Where to.
    pub extension: Text<'a>,
    /// In which dialplan; the channel's own if not said.
    pub dialplan: Option<Text<'a>>,
    /// In which context; the channel's own if not said.
    pub context: Option<Text<'a>>,
}

/// Which leg of a call a [`Transfer`] sends elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferLeg {
    /// The channel itself.
    This,
    /// The one that it is bridged to (`-bleg`).
    Other,
    /// Both (`-both`).
    Both,
}

impl<'a> Transfer<'a> {
    /// Sends the channel itself to an extension of its dialplan and context.
    pub fn new(extension: impl Into<Text<'a>>) -> Self {
        Self { leg: TransferLeg::This, extension: extension.into(), dialplan: None, context: None }
    }

    /// The same for this leg.
    #[must_use]
    pub const fn leg(self, leg: TransferLeg) -> Self {
        Self { leg, ..self }
    }

    /// The same in this dialplan.
    #[must_use]
    pub fn dialplan(self, dialplan: impl Into<Text<'a>>) -> Self {
        Self { dialplan: Some(dialplan.into()), ..self }
    }

    /// The same in this context.
    #[must_use]
    pub fn context(self, context: impl Into<Text<'a>>) -> Self {
        Self { context: Some(context.into()), ..self }
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        to.sink.put(match self.leg {
            TransferLeg::This => b"",
            TransferLeg::Other => b"-bleg",
            TransferLeg::Both => b"-both",
        });
        let extension = at(AppField::Extension, self.extension).filled()?;
        let is_leg = |word: &[u8]| self.extension.octets.eq_ignore_ascii_case(word);
        extension.not(AppErrorKind::Reserved, is_leg(b"-bleg") || is_leg(b"-both"))?.word(to)?;
        if self.dialplan.is_some() || self.context.is_some() {
            // An empty one is the channel's own.
            at(AppField::Dialplan, self.dialplan.unwrap_or(Text::literal(b""))).word(to)?;
        }
        self.context.map_or(Ok(()), |context| at(AppField::Context, context).word(to))
    }
}

/// The argument of `send_dtmf` and `queue_dtmf`: `<digits>[@<duration>]`
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dtmf<'a> {
    /// `0` to `9`, `A` to `D`, `*`, `#`, `F` (flash), and `w` and `W` for pauses of half a second and a second. `send_dtmf`
    /// takes 99 octets, the duration among them.
    pub digits: &'a [u8],
    /// How long each lasts, in milliseconds.
    pub duration: Option<u32>,
}

impl<'a> Dtmf<'a> {
    /// These digits, each as long as the server has it.
    pub fn new(digits: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { digits: digits.as_ref(), duration: None }
    }

    /// The same with each digit so long.
    #[must_use]
    pub const fn duration(self, ms: u32) -> Self {
        Self { duration: Some(ms), ..self }
    }

    fn write(&self, to: &mut Argument<'_>, room: usize) -> Result<(), AppError> {
        let digits = at(AppField::Digits, Text::literal(self.digits));
        let is_digit = |octet: u8| matches!(octet, b'0'..=b'9' | b'A'..=b'D' | b'a'..=b'd' | b'*' | b'#' | b'F' | b'f' | b'W' | b'w');
        digits.filled()?.without(AppErrorKind::Digit, |octet| !is_digit(octet))?.raw(to)?;
        if let Some(ms) = self.duration {
            to.sink.put(b"@");
            to.number(AppField::Number, 1, ms)?;
        }
        digits.not(AppErrorKind::TooMany, to.sink.count() > room).map(drop)
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Dtmf<'a> {
    fn from(digits: &'a T) -> Self {
        Self::new(digits)
    }
}

super::debug_with_text!(Dtmf { digits duration });

/// `conference <name>[@<profile>][+<pin>][+flags{<flag>|...}]`
///
/// ```
/// use esl_proto::command::app::{App, Conference};
///
/// let conference = Conference::new("sales").profile("wideband").flags(&["mute", "deaf"]);
/// assert_eq!(App::from(conference).encode(&mut [0; 64])?, b"sales@wideband+flags{mute|deaf}");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conference<'a> {
    /// The conference.
    pub name: Text<'a>,
    /// Its profile.
    pub profile: Option<Text<'a>>,
    /// Its PIN, if it has none yet.
    pub pin: Option<Text<'a>>,
    /// How the member takes part: `mute`, `deaf`, `moderator`, `endconf`.
    pub flags: Words<'a>,
}

impl<'a> Conference<'a> {
    /// A conference with the profile `default`.
    pub fn new(name: impl Into<Text<'a>>) -> Self {
        Self { name: name.into(), profile: None, pin: None, flags: Words::NONE }
    }

    /// The same with this profile.
    #[must_use]
    pub fn profile(self, profile: impl Into<Text<'a>>) -> Self {
        Self { profile: Some(profile.into()), ..self }
    }

    /// The same with this PIN.
    #[must_use]
    pub fn pin(self, pin: impl Into<Text<'a>>) -> Self {
        Self { pin: Some(pin.into()), ..self }
    }

    /// The same with these flags.
    #[must_use]
    pub fn flags(self, flags: impl Into<Words<'a>>) -> Self {
        Self { flags: flags.into(), ..self }
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        let part = |field, text| {
            at(field, text).filled()?.without(AppErrorKind::Separator, |octet| matches!(octet, b'+' | b'@'))
        };
        let name = part(AppField::Name, self.name)?;
        name.not(AppErrorKind::Reserved, cut::after(b"bridge:", self.name.octets).is_some())?.raw(to)?;
        if let Some(profile) = self.profile {
            to.sink.put(b"@");
            part(AppField::Profile, profile)?.raw(to)?;
        }
        if let Some(pin) = self.pin {
            to.sink.put(b"+");
            part(AppField::Pin, pin)?.raw(to)?;
        }
        for (item, flag) in self.flags.iter().enumerate() {
            to.sink.put(if item == 0 { b"+flags{" } else { b"|" });
            let flag = at(AppField::Flag, Text::literal(flag)).item(item).filled()?;
            flag.without(AppErrorKind::Separator, |octet| matches!(octet, b'|' | b'}'))?.raw(to)?;
        }
        to.sink.put(if self.flags.iter().next().is_some() { b"}" } else { b"" });
        Ok(())
    }
}

/// `socket <address> [async] [full]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket<'a> {
    /// `<host>:<port>`; several, with `|` between them, are tried in turn.
    pub address: Text<'a>,
    /// Whether applications run beside the commands.
    pub run_async: bool,
    /// Whether the program may command all of the server.
    pub full: bool,
}

impl<'a> Socket<'a> {
    /// A program at this address, in sync mode and for this channel only.
    pub fn new(address: impl Into<Text<'a>>) -> Self {
        Self { address: address.into(), run_async: false, full: false }
    }

    /// The same in async mode.
    #[must_use]
    pub const fn run_async(self) -> Self {
        Self { run_async: true, ..self }
    }

    /// The same with full control.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { full: true, ..self }
    }

    fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        at(AppField::Address, self.address).filled()?.word(to)?;
        to.sink.put(if self.run_async { b" async" } else { b"" });
        to.sink.put(if self.full { b" full" } else { b"" });
        Ok(())
    }
}

/// How an application ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// By itself: CHANNEL_EXECUTE_COMPLETE tells.
    Completes,
    /// When somebody ends it, in the call or from outside: CHANNEL_EXECUTE_COMPLETE tells then. `park` completes at once in
    /// a channel that is parked already.
    Lasts,
    /// With the channel: CHANNEL_EXECUTE_COMPLETE tells, with `Answer-State: hangup`.
    EndsChannel,
    /// At once, and the channel goes elsewhere; an outbound connection ends.
    Leaves,
}

/// What an event tells of the application that it names.
///
/// ```
/// use esl_proto::Event;
/// use esl_proto::command::app::Outcome;
/// use esl_proto::name::Format;
///
/// let event = Event::new(Format::Plain, b"Event-Name: CHANNEL_EXECUTE_COMPLETE\nApplication: playback\n\
///     Application-Response: FILE%20PLAYED\nAnswer-State: answered\n\n");
/// let Some(Outcome::Completed { response }) = Outcome::of(&event) else { panic!("it has completed") };
/// assert!(response.is_some_and(|response| response == *"FILE PLAYED"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'e> {
    /// It has come to its own end.
    Completed {
        /// `Application-Response`, [`None`] if the application has given none.
        response: Option<Value<'e>>,
    },
    /// The channel has ended under it, or by it.
    ChannelEnded {
        /// `Hangup-Cause`.
        cause: Option<HangupCause<'e>>,
    },
}

impl<'e> Outcome<'e> {
    /// What a CHANNEL_EXECUTE_COMPLETE tells of its application, or a CHANNEL_HANGUP, CHANNEL_HANGUP_COMPLETE or
    /// CHANNEL_DESTROY of all that run in its channel; [`None`] for any other event.
    ///
    /// One answer in all modes: an application whose channel is ended under it completes, too, and the
    /// `Answer-State: hangup` of that event tells.
    #[must_use]
    pub fn of(event: &Event<'e>) -> Option<Self> {
        let ended = || Self::ChannelEnded { cause: cause(event) };
        match event.name()? {
            EventName::ChannelExecuteComplete
                if event.get(header::ANSWER_STATE).is_some_and(|state| state == *"hangup") =>
            {
                Some(ended())
            }
            EventName::ChannelExecuteComplete => {
                let response = event.get("Application-Response").filter(|response| *response != *"_none_");
                Some(Self::Completed { response })
            }
            EventName::ChannelHangup | EventName::ChannelHangupComplete | EventName::ChannelDestroy => Some(ended()),
            _ => None,
        }
    }
}

/// Why the channel of an event has ended.
pub(crate) fn cause<'e>(event: &Event<'e>) -> Option<HangupCause<'e>> {
    let value = event.get(header::HANGUP_CAUSE).or_else(|| event.get("variable_hangup_cause"))?;
    Some(HangupCause::from_bytes(value.raw()))
}

/// The name of a variable.
fn variable(name: Text<'_>) -> Result<Part<'_>, AppError> {
    at(AppField::Name, name).filled()?.without(AppErrorKind::Separator, |octet| octet == b'=')
}

/// What the server takes off a text, from the innermost reader on.
#[derive(Clone, Copy)]
enum Layer {
    /// `switch_channel_expand_variables`
    Expanded,
    /// `switch_separate_string` at a delimiter.
    Separated(u8),
}

/// An argument that is being written.
struct Argument<'o> {
    sink: Writer<'o>,
    /// Whether the server will rewrite the argument, so that backslashes and dollars need one more backslash.
    expands: bool,
    /// Whether there was something that makes the server rewrite it.
    escaped: bool,
}

impl Argument<'_> {
    fn put(&mut self, octet: u8, layers: &[Layer]) {
        let Some((layer, outer)) = layers.split_first() else {
            self.escaped |= octet == b'\\';
            if self.expands && matches!(octet, b'\\' | b'$') {
                self.sink.put(b"\\");
            }
            self.sink.put(&[octet]);
            return;
        };
        if match layer {
            Layer::Expanded => matches!(octet, b'\\' | b'$'),
            Layer::Separated(delimiter) => matches!(octet, b'\\' | b'\'') || octet == *delimiter && octet != b' ',
        } {
            self.put(b'\\', outer);
        }
        self.put(octet, outer);
    }

    /// A number that the server reads as a signed one.
    fn number(&mut self, field: AppField, least: u32, number: u32) -> Result<(), AppError> {
        let is_wrong = number < least || i32::try_from(number).is_err();
        at(field, Text::literal(b"")).not(AppErrorKind::OutOfRange, is_wrong)?;
        self.sink.put_number(u64::from(number));
        Ok(())
    }

    fn number_word(&mut self, field: AppField, least: u32, number: u32) -> Result<(), AppError> {
        self.sink.put(b" ");
        self.number(field, least, number)
    }
}

/// One text of an argument, under examination.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: Text<'a>,
    field: AppField,
    item: usize,
}

const fn at(field: AppField, text: Text<'_>) -> Part<'_> {
    Part { text, field, item: 0 }
}

impl Part<'_> {
    const fn item(self, item: usize) -> Self {
        Self { item, ..self }
    }

    const fn error(&self, kind: AppErrorKind, offset: usize) -> AppError {
        AppError { kind, field: self.field, item: self.item, offset }
    }

    const fn not(self, kind: AppErrorKind, refused: bool) -> Result<Self, AppError> {
        if refused { Err(self.error(kind, 0)) } else { Ok(self) }
    }

    const fn filled(self) -> Result<Self, AppError> {
        self.not(AppErrorKind::Empty, self.text.octets.is_empty())
    }

    /// A text to expand may hold anything: the program answers for it.
    fn without(self, kind: AppErrorKind, refused: impl Fn(u8) -> bool) -> Result<Self, AppError> {
        match check::first(self.text.octets, refused) {
            Some(offset) if !self.text.expands => Err(self.error(kind, offset)),
            _ => Ok(self),
        }
    }

    /// Refuses the octet twice in a row.
    fn without_double(self, octet: u8) -> Result<Self, AppError> {
        let octets = self.text.octets;
        match octets.iter().zip(octets.iter().skip(1)).position(|pair| pair == (&octet, &octet)) {
            Some(offset) if !self.text.expands => Err(self.error(AppErrorKind::Separator, offset)),
            _ => Ok(self),
        }
    }

    /// As the server takes it after expanding variables.
    fn raw(self, to: &mut Argument<'_>) -> Result<(), AppError> {
        self.laid(to, &[])
    }

    /// As one of several words, between quotes if need be.
    fn word(self, to: &mut Argument<'_>) -> Result<(), AppError> {
        if to.sink.count() > 0 {
            to.sink.put(b" ");
        }
        let octets = self.text.octets;
        let is_plain = !octets.is_empty() && !self.text.expands && !octets.starts_with(b"%") && !octets.contains(&b' ');
        let quote: &[u8] = if is_plain { b"" } else { b"'" };
        to.sink.put(quote);
        self.laid(to, &[Layer::Separated(b' ')])?;
        to.sink.put(quote);
        Ok(())
    }

    /// With these readers before the application has it.
    fn laid(self, to: &mut Argument<'_>, layers: &[Layer]) -> Result<(), AppError> {
        let octets = self.text.octets;
        if let Some(offset) = memchr::memchr(0, octets) {
            return Err(self.error(AppErrorKind::Nul, offset));
        }
        if self.text.expands {
            to.escaped = true;
            to.sink.put(octets);
            return Ok(());
        }
        if let Some(offset) = expansion(octets) {
            return Err(self.error(AppErrorKind::Expansion, offset));
        }
        if to.sink.count() == 0 && matches!(octets, [b'%', b'[', ..] | [b'%', _, b'[', ..]) {
            return Err(self.error(AppErrorKind::Reserved, 0));
        }
        octets.iter().for_each(|octet| to.put(*octet, layers));
        Ok(())
    }

    /// The readers of a value that is expanded once more, which they only do if there is something to rewrite.
    fn expanded_twice(&self) -> &'static [Layer] {
        if self.text.octets.contains(&b'\\') { &[Layer::Expanded] } else { &[] }
    }

    /// The same in a list.
    fn multiset(&self) -> &'static [Layer] {
        if self.text.octets.contains(&b'\\') {
            &[Layer::Expanded, Layer::Separated(b';')]
        } else {
            &[Layer::Separated(b';')]
        }
    }
}

located! {
    /// An argument cannot be written: the application would not read what is meant.
    AppError of AppErrorKind {
        /// With which part of the argument.
        field: AppField,
        /// Which one, if there are several of them, from 0.
        item: usize,
        --
        /// The octet of that part, from 0.
        offset: usize,
    }
}

numbered! {
    /// What [`AppError`] found wrong.
    AppErrorKind {
        /// Nothing where there must be something.
        Empty = 901, "must not be empty";
        /// A NUL: the server would cut the text there.
        Nul = 902, "holds a NUL";
        /// `${`, also with backslashes in between: [`Text::expand`] says that it is meant.
        Expansion = 903, "holds ${, which the server would expand";
        /// An octet that would end the text.
        Separator = 904, "holds a separator";
        /// A text that would mean something else here.
        Reserved = 905, "is or begins with something that has a meaning of its own";
        /// A blank that the application would drop.
        Blank = 906, "holds a blank that the server would not read as part of it";
        /// A quote or backslash where nothing protects it.
        Quote = 907, "holds a quote or backslash";
        /// More than the application reads.
        TooMany = 908, "exceeds the server's limit";
        /// A number that is too great or too small.
        OutOfRange = 909, "is out of range";
        /// What is no DTMF digit.
        Digit = 910, "holds what is no DTMF digit";
    }
}

/// Defines the parts of arguments with their words.
macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $words:literal;)+) => {
        /// The part of an argument that an [`AppError`] speaks of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum AppField {
            $($(#[$doc])* $name,)+
        }

        impl AppField {
            /// The part, in words.
            #[must_use]
            pub const fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

fields! {
    /// A file or what is played in place of one.
    Path = "path";
    /// What is said or written.
    Text = "text";
    /// The name of a variable, a header, a macro or a conference.
    Name = "name";
    /// The value of a variable or header.
    Value = "value";
    /// The language's module.
    Module = "module";
    /// What kind of thing is said.
    Type = "type";
    /// How it is said.
    Method = "method";
    /// The grammatical gender.
    Gender = "gender";
    /// The speech engine.
    Engine = "engine";
    /// Its voice.
    Voice = "voice";
    /// The prompt.
    File = "file";
    /// What is played after a wrong input.
    InvalidFile = "invalid file";
    /// The variable for the digits.
    Variable = "variable";
    /// The digits that end the input.
    Terminators = "terminators";
    /// What the digits must match.
    Regexp = "regular expression";
    /// The least number of digits.
    Min = "least number of digits";
    /// The greatest number of digits.
    Max = "greatest number of digits";
    /// How often to ask.
    Tries = "number of tries";
    /// How long to wait.
    Timeout = "time limit";
    /// How long to wait for each further digit.
    DigitTimeout = "time limit of a digit";
    /// How long to record.
    Limit = "limit";
    /// Another number.
    Number = "number";
    /// The extension.
    Extension = "extension";
    /// The dialplan.
    Dialplan = "dialplan";
    /// The context.
    Context = "context";
    /// DTMF digits.
    Digits = "digits";
    /// A conference's profile.
    Profile = "profile";
    /// A conference's PIN.
    Pin = "PIN";
    /// A member's flag.
    Flag = "flag";
    /// Where a call is sent.
    Target = "target";
    /// A hangup cause.
    Cause = "cause";
    /// A program's address.
    Address = "address";
    /// A channel's uuid.
    Uuid = "uuid";
}

/// Why [`App::encode`] has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppEncodeError {
    /// The argument is refused, whatever the room.
    Refused(AppError),
    /// Whom to call is refused.
    Dial(DialError),
    /// The storage is too short.
    Insufficient(Insufficient),
}

impl AppEncodeError {
    /// The error's number, the same in every language: that of the [`AppError`] or [`DialError`], or 900 for too short
    /// storage.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Refused(error) => error.code(),
            Self::Dial(error) => error.code(),
            Self::Insufficient(_) => 900,
        }
    }

    /// The number of octets that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        match self {
            Self::Insufficient(error) => Some(error.required),
            Self::Refused(_) | Self::Dial(_) => None,
        }
    }
}

impl From<AppError> for AppEncodeError {
    fn from(error: AppError) -> Self {
        Self::Refused(error)
    }
}

impl From<Insufficient> for AppEncodeError {
    fn from(error: Insufficient) -> Self {
        Self::Insufficient(error)
    }
}

impl From<DialEncodeError> for AppEncodeError {
    fn from(error: DialEncodeError) -> Self {
        match error {
            DialEncodeError::Refused(error) => Self::Dial(error),
            DialEncodeError::Insufficient(error) => Self::Insufficient(error),
        }
    }
}

impl fmt::Display for AppEncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => fmt::Display::fmt(error, f),
            Self::Dial(error) => fmt::Display::fmt(error, f),
            Self::Insufficient(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for AppEncodeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(match self {
            Self::Refused(error) => error,
            Self::Dial(error) => error,
            Self::Insufficient(error) => error,
        })
    }
}
