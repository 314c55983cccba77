//! Applications and their arguments, written as each application's own parser reads them.
//!
//! An [`App`] is an application with its argument; [`App::execute`] makes it the [`Execute`] of a `sendmsg`. A
//! program's texts arrive unchanged or are refused, with the field and the byte: no text can end an argument early, add
//! another or be expanded.
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
//! * `say`, `read`, `play_and_get_digits`, `record`, `record_session`, `transfer`, `socket` and related ones split at
//!   blanks (`switch_separate_string`): quotes protect blanks, backslashes protect quotes and backslashes.
//! * `event` splits at commas, `multiset` at the byte after `^^`, in the same way.
//! * `speak` splits at `|` and takes the rest unchanged; `playback` looks for `@@`, `conference` for `+` and `@`, `log`
//!   and `unset` for nothing.
//!
//! This assumes that the channel expands variables, as it does unless its variable `app_disable_expand_variables` is
//! set.

mod argument;
mod call;
mod digits;
mod error;
mod make;
mod media;
mod outcome;
mod text;
mod write;

use argument::Argument;
pub use call::{Conference, Socket, Transfer, TransferLeg};
pub use digits::{Dtmf, PlayAndGetDigits, Read};
pub use error::{AppEncodeError, AppError, AppErrorKind, AppField};
pub use media::{Record, Say};
pub use outcome::{Ending, Outcome};
pub use text::Text;

use super::dial_string::DialString;
use super::{Execute, Pairs};
use crate::name::{HangupCause, LogLevel};
use crate::sink::Writer;

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
    /// `pre_answer`: opens early media: the caller hears what is played, but the call is not answered yet.
    PreAnswer,
    /// `ring_ready`: signals ringing to the caller.
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
    /// `record_session`: records the call into a file in the background.
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
    /// `bridge`: makes a call, and connects the channel with whoever answers.
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
        /// The variables and their values, which arrive unchanged.
        variables: Pairs<'a>,
    },
    /// `unset`: takes a variable away.
    Unset {
        /// The variable.
        name: Text<'a>,
    },
    /// `export`: sets a variable of the channel and of the channels that it calls.
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
    /// `park`: parks the call until another command moves it.
    Park,
    /// `echo`: sends received media back.
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
        /// The cause; NORMAL_CLEARING by default.
        cause: Option<HangupCause<'a>>,
    },
    /// `sched_hangup`: ends the call later.
    SchedHangup {
        /// In how many seconds.
        seconds: u32,
        /// The cause; ALLOTTED_TIMEOUT by default.
        cause: Option<HangupCause<'a>>,
    },
    /// `event`: fires an event with the channel's data and these headers.
    Event {
        /// The headers, which arrive unchanged. `Event-Name` and `Event-Subclass` determine the event; without them it
        /// is CHANNEL_APPLICATION.
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
        /// The log level; INFO by default.
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
    /// `hold`: puts the other end on hold.
    Hold,
    /// `unhold`: takes `hold` back.
    Unhold,
}

impl<'a> App<'a> {
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
    /// This applies in async mode; in sync mode the call continues in any case, and `resume` does no harm.
    #[must_use]
    pub const fn needs_resume(&self) -> bool {
        matches!(self.ending(), Ending::Leaves)
    }

    /// The exact number of bytes that [`encode`](Self::encode) writes.
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
}
