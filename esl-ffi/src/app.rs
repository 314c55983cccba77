//! The applications that a channel executes.

use core::ffi::c_void;

use esl_core::command::Words;
use esl_core::command::app::{
    App, AppError, Conference, Dtmf, PlayAndGetDigits, Read, Record, Say, Socket, Text, Transfer, TransferLeg,
};
use esl_core::dial::DialError;
use esl_core::name::{HangupCause, LogLevel};
use esl_core::raw::app as raw;

use crate::command::eslp_execute;
use crate::dial::eslp_dial;
use crate::name::{eslp_log_level, level_of};
use crate::number::numbers;
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pairs;
use crate::ptr::{Call, In, Out, Outcome, Plain as _, Wanted as _, known, run};
use crate::status::eslp_status;

numbers! {
    /// Which application. Each says which fields of eslp_app go with it; those in brackets may be left out.
    pub enum eslp_app_kind {
        /// `answer`: takes the call.
        ESLP_APP_ANSWER = 1,
        /// `pre_answer`: opens early media.
        ESLP_APP_PRE_ANSWER = 2,
        /// `ring_ready`: signals ringing to the caller.
        ESLP_APP_RING_READY = 3,
        /// `playback`: `file`, [`start_sample`].
        ESLP_APP_PLAYBACK = 4,
        /// `gentones`: `text`, such as `%(1000,0,640)`, [`loops`].
        ESLP_APP_GENTONES = 5,
        /// `say`: reads a text aloud, from recorded words. `module`, `name` (what kind of thing), `method`, `text`, [`gender`].
        ESLP_APP_SAY = 6,
        /// `speak`: `text`, [`engine` and `voice`].
        ESLP_APP_SPEAK = 7,
        /// `phrase`: a macro. `name`, [`text`].
        ESLP_APP_PHRASE = 8,
        /// `read`: plays a prompt and collects digits. `min`, `max`, `file`, `name` (the variable), [`timeout`, `terminators`,
        /// `digit_timeout`].
        ESLP_APP_READ = 9,
        /// `play_and_get_digits`: the same with retries. Also [`tries`, `invalid_file`, `regexp`, `transfer_on_failure`].
        ESLP_APP_PLAY_AND_GET_DIGITS = 10,
        /// `record`: `file`, [`limit`, `silence_threshold` and `silence_seconds`].
        ESLP_APP_RECORD = 11,
        /// `record_session`: records the call in the background. `file`, [`limit`].
        ESLP_APP_RECORD_SESSION = 12,
        /// `stop_record_session`: `file`, or `all`.
        ESLP_APP_STOP_RECORD_SESSION = 13,
        /// `bridge`: `dial`.
        ESLP_APP_BRIDGE = 14,
        /// `att_xfer`: `dial`.
        ESLP_APP_ATT_XFER = 15,
        /// `transfer`: `target`, [`dialplan`, `context`, `leg`]. It leaves the connection; send `resume` before.
        ESLP_APP_TRANSFER = 16,
        /// `set`: `name`, `value`.
        ESLP_APP_SET = 17,
        /// `multiset`: `pairs`.
        ESLP_APP_MULTISET = 18,
        /// `unset`: `name`.
        ESLP_APP_UNSET = 19,
        /// `export`: `name`, `value`, [`nolocal`].
        ESLP_APP_EXPORT = 20,
        /// `push`: `name`, `value`.
        ESLP_APP_PUSH = 21,
        /// `unshift`: `name`, `value`.
        ESLP_APP_UNSHIFT = 22,
        /// `park`
        ESLP_APP_PARK = 23,
        /// `echo`
        ESLP_APP_ECHO = 24,
        /// `sleep`: `timeout`.
        ESLP_APP_SLEEP = 25,
        /// `break`: ends the application that runs now.
        ESLP_APP_BREAK = 26,
        /// `send_dtmf`: `text` (the digits), [`timeout`, how long each sounds].
        ESLP_APP_SEND_DTMF = 27,
        /// `queue_dtmf`: the same.
        ESLP_APP_QUEUE_DTMF = 28,
        /// `flush_dtmf`
        ESLP_APP_FLUSH_DTMF = 29,
        /// `conference`: `name`, [`profile`, `pin`, `flags`].
        ESLP_APP_CONFERENCE = 30,
        /// `deflect`: `target`.
        ESLP_APP_DEFLECT = 31,
        /// `redirect`: `target`.
        ESLP_APP_REDIRECT = 32,
        /// `respond`: `text`, such as `486 Busy Here`.
        ESLP_APP_RESPOND = 33,
        /// `hangup`: [`cause`].
        ESLP_APP_HANGUP = 34,
        /// `sched_hangup`: `limit`, in how many seconds, [`cause`].
        ESLP_APP_SCHED_HANGUP = 35,
        /// `event`: `pairs`.
        ESLP_APP_EVENT = 36,
        /// `log`: `text`, [`level`, INFO by default].
        ESLP_APP_LOG = 37,
        /// `info`: [`level`].
        ESLP_APP_INFO = 38,
        /// `socket`: `target`, [`run_async`, `full`].
        ESLP_APP_SOCKET = 39,
        /// `eavesdrop`: `target`, a uuid.
        ESLP_APP_EAVESDROP = 40,
        /// `intercept`: `target`, a uuid, [`leg`: ESLP_LEG_OTHER].
        ESLP_APP_INTERCEPT = 41,
        /// `hold`
        ESLP_APP_HOLD = 42,
        /// `unhold`
        ESLP_APP_UNHOLD = 43,
    }

    /// Which leg of a bridged call.
    pub enum eslp_transfer_leg {
        /// The channel itself.
        ESLP_LEG_THIS = 0 => This,
        /// The one that it is bridged to (`-bleg`).
        ESLP_LEG_OTHER = 1 => Other,
        /// Both (`-both`).
        ESLP_LEG_BOTH = 2 => Both,
    }
    for TransferLeg
}

/// An application with its arguments. Zeros mean "not set".
///
/// Texts arrive unchanged: text that the application would misread, and `${...}`, which the server would expand, is
/// refused, so that a caller's name can be passed safely. With `expand` the server expands the texts.
///
///     eslp_app set = {.kind = ESLP_APP_SET, .name = ESLP_LIT("caller"), .value = name_of_a_stranger};
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_app {
    /// Which.
    pub kind: eslp_app_kind,
    /// Whether the server expands `${...}` in the texts.
    pub expand: u8,
    /// `export`: not to the channel itself.
    pub nolocal: u8,
    /// `socket`: `async`.
    pub run_async: u8,
    /// `socket`: `full`.
    pub full: u8,
    /// What is played or recorded.
    pub file: eslp_bytes,
    /// A variable, a macro, a conference.
    pub name: eslp_bytes,
    /// Its value.
    pub value: eslp_bytes,
    /// What is said, written, or sent as digits.
    pub text: eslp_bytes,
    /// Where to: an extension, an address, a uuid.
    pub target: eslp_bytes,
    /// The dialplan of an extension.
    pub dialplan: eslp_bytes,
    /// Its context.
    pub context: eslp_bytes,
    /// The digits that end an input; `#` if left out, `none` for none.
    pub terminators: eslp_bytes,
    /// What the digits must match.
    pub regexp: eslp_bytes,
    /// What is played after a wrong input.
    pub invalid_file: eslp_bytes,
    /// Where the call goes after the last.
    pub transfer_on_failure: eslp_bytes,
    /// The language's module.
    pub module: eslp_bytes,
    /// How something is said.
    pub method: eslp_bytes,
    /// In which gender.
    pub gender: eslp_bytes,
    /// The speech engine.
    pub engine: eslp_bytes,
    /// Its voice.
    pub voice: eslp_bytes,
    /// A conference's profile.
    pub profile: eslp_bytes,
    /// Its PIN.
    pub pin: eslp_bytes,
    /// The member's flags, between blanks.
    pub flags: eslp_bytes,
    /// Why a call ends, as eslp_sendmsg has it.
    pub cause: eslp_bytes,
    /// Variables, or headers.
    pub pairs: eslp_pairs,
    /// Whom to call.
    pub dial: eslp_dial,
    /// The least number of digits.
    pub min: u32,
    /// The greatest.
    pub max: u32,
    /// How often to ask; 3 if 0.
    pub tries: u32,
    /// Milliseconds.
    pub timeout: u32,
    /// Milliseconds for each further digit.
    pub digit_timeout: u32,
    /// Seconds.
    pub limit: u32,
    /// How loud silence may be.
    pub silence_threshold: u32,
    /// After how many seconds of it a recording ends.
    pub silence_seconds: u32,
    /// Where to begin.
    pub start_sample: u32,
    /// How often; negative for ever.
    pub loops: i32,
    /// How urgent.
    pub level: eslp_log_level,
    /// Which leg.
    pub leg: eslp_transfer_leg,
    /// Zeros: room for more fields.
    pub reserved: [u64; 6],
}

/// Where an application's argument is wrong.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_app_fault {
    /// The part, in English: valid for ever.
    pub field: eslp_bytes,
    /// Which one, if there are several of them, from 0.
    pub item: usize,
    /// The byte of that part, from 0.
    pub offset: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

impl eslp_app {
    fn app<'c>(&'c self, call: Call<'c>) -> Outcome<App<'c>> {
        known(&self.reserved)?;
        let made = |octets| if self.expand == 0 { Text::literal(octets) } else { Text::expand(octets) };
        let text = |octets: &eslp_bytes| octets.octets(call).map(made);
        let said = |octets: &eslp_bytes| octets.said(call).map(|octets| octets.map(made));
        let number = |number: u32| (number != 0).then_some(number);
        let cause = self.cause.said(call)?.map(HangupCause::from_bytes);
        Ok(match self.kind {
            eslp_app_kind::ESLP_APP_ANSWER => App::Answer,
            eslp_app_kind::ESLP_APP_PRE_ANSWER => App::PreAnswer,
            eslp_app_kind::ESLP_APP_RING_READY => App::RingReady,
            eslp_app_kind::ESLP_APP_PLAYBACK => {
                App::Playback { path: text(&self.file)?, start_sample: number(self.start_sample) }
            }
            eslp_app_kind::ESLP_APP_GENTONES => {
                App::GenTones { script: text(&self.text)?, loops: (self.loops != 0).then_some(self.loops) }
            }
            eslp_app_kind::ESLP_APP_SAY => {
                let say = Say::new(text(&self.module)?, text(&self.name)?, text(&self.method)?, text(&self.text)?);
                App::Say(said(&self.gender)?.map_or(say, |gender| say.gender(gender)))
            }
            eslp_app_kind::ESLP_APP_SPEAK => {
                App::Speak { voice: said(&self.engine)?.zip(said(&self.voice)?), text: text(&self.text)? }
            }
            eslp_app_kind::ESLP_APP_PHRASE => App::Phrase { name: text(&self.name)?, data: text(&self.text)? },
            eslp_app_kind::ESLP_APP_READ => {
                let mut read = Read::new(self.min, self.max, text(&self.file)?, text(&self.name)?);
                read.timeout = number(self.timeout).unwrap_or(read.timeout);
                read.terminators = said(&self.terminators)?.unwrap_or(read.terminators);
                App::Read(Read { digit_timeout: number(self.digit_timeout), ..read })
            }
            eslp_app_kind::ESLP_APP_PLAY_AND_GET_DIGITS => {
                let mut ask = PlayAndGetDigits::new(self.min, self.max, text(&self.file)?, text(&self.name)?);
                ask.tries = number(self.tries).unwrap_or(ask.tries);
                ask.timeout = number(self.timeout).unwrap_or(ask.timeout);
                ask.terminators = said(&self.terminators)?.unwrap_or(ask.terminators);
                ask.invalid_file = said(&self.invalid_file)?.unwrap_or(ask.invalid_file);
                ask.regexp = said(&self.regexp)?.unwrap_or(ask.regexp);
                ask.digit_timeout = number(self.digit_timeout);
                ask.transfer_on_failure = said(&self.transfer_on_failure)?;
                App::PlayAndGetDigits(ask)
            }
            eslp_app_kind::ESLP_APP_RECORD => {
                let mut record = Record::new(text(&self.file)?);
                record.limit = number(self.limit);
                record.silence = number(self.silence_seconds).map(|seconds| (self.silence_threshold, seconds));
                App::Record(record)
            }
            eslp_app_kind::ESLP_APP_RECORD_SESSION => {
                App::RecordSession { path: text(&self.file)?, limit: number(self.limit) }
            }
            eslp_app_kind::ESLP_APP_STOP_RECORD_SESSION => App::StopRecordSession { path: text(&self.file)? },
            eslp_app_kind::ESLP_APP_BRIDGE => App::Bridge { dial: self.dial.dial(call)? },
            eslp_app_kind::ESLP_APP_ATT_XFER => App::AttXfer { dial: self.dial.dial(call)? },
            eslp_app_kind::ESLP_APP_TRANSFER => App::Transfer(Transfer {
                leg: self.leg.try_into()?,
                extension: text(&self.target)?,
                dialplan: said(&self.dialplan)?,
                context: said(&self.context)?,
            }),
            eslp_app_kind::ESLP_APP_SET => App::Set { name: text(&self.name)?, value: text(&self.value)? },
            eslp_app_kind::ESLP_APP_MULTISET => App::MultiSet { variables: self.pairs.pairs(call)? },
            eslp_app_kind::ESLP_APP_UNSET => App::Unset { name: text(&self.name)? },
            eslp_app_kind::ESLP_APP_EXPORT => {
                App::Export { name: text(&self.name)?, value: text(&self.value)?, nolocal: self.nolocal != 0 }
            }
            eslp_app_kind::ESLP_APP_PUSH => App::Push { name: text(&self.name)?, value: text(&self.value)? },
            eslp_app_kind::ESLP_APP_UNSHIFT => App::Unshift { name: text(&self.name)?, value: text(&self.value)? },
            eslp_app_kind::ESLP_APP_PARK => App::Park,
            eslp_app_kind::ESLP_APP_ECHO => App::Echo,
            eslp_app_kind::ESLP_APP_SLEEP => App::Sleep { ms: self.timeout },
            eslp_app_kind::ESLP_APP_BREAK => App::Break,
            eslp_app_kind::ESLP_APP_SEND_DTMF => App::SendDtmf(self.dtmf(call)?),
            eslp_app_kind::ESLP_APP_QUEUE_DTMF => App::QueueDtmf(self.dtmf(call)?),
            eslp_app_kind::ESLP_APP_FLUSH_DTMF => App::FlushDtmf,
            eslp_app_kind::ESLP_APP_CONFERENCE => {
                let mut conference = Conference::new(text(&self.name)?);
                (conference.profile, conference.pin) = (said(&self.profile)?, said(&self.pin)?);
                if let Some(flags) = self.flags.said(call)? {
                    conference.flags = Words::from_line(flags);
                }
                App::Conference(conference)
            }
            eslp_app_kind::ESLP_APP_DEFLECT => App::Deflect { target: text(&self.target)? },
            eslp_app_kind::ESLP_APP_REDIRECT => App::Redirect { target: text(&self.target)? },
            eslp_app_kind::ESLP_APP_RESPOND => App::Respond { status: text(&self.text)? },
            eslp_app_kind::ESLP_APP_HANGUP => App::Hangup { cause },
            eslp_app_kind::ESLP_APP_SCHED_HANGUP => App::SchedHangup { seconds: self.limit, cause },
            eslp_app_kind::ESLP_APP_EVENT => App::Event { headers: self.pairs.pairs(call)? },
            eslp_app_kind::ESLP_APP_LOG => {
                App::Log { level: level_of(self.level)?.unwrap_or(LogLevel::INFO), text: text(&self.text)? }
            }
            eslp_app_kind::ESLP_APP_INFO => App::Info { level: level_of(self.level)? },
            eslp_app_kind::ESLP_APP_SOCKET => {
                let mut socket = Socket::new(text(&self.target)?);
                (socket.run_async, socket.full) = (self.run_async != 0, self.full != 0);
                App::Socket(socket)
            }
            eslp_app_kind::ESLP_APP_EAVESDROP => App::Eavesdrop { uuid: text(&self.target)? },
            eslp_app_kind::ESLP_APP_INTERCEPT => App::Intercept {
                uuid: text(&self.target)?,
                bleg: match self.leg.try_into()? {
                    TransferLeg::This => false,
                    TransferLeg::Other => true,
                    TransferLeg::Both => return Err(eslp_status::ESLP_INVALID_ARGUMENT),
                },
            },
            eslp_app_kind::ESLP_APP_HOLD => App::Hold,
            eslp_app_kind::ESLP_APP_UNHOLD => App::Unhold,
            _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
        })
    }

    fn dtmf<'c>(&self, call: Call<'c>) -> Outcome<Dtmf<'c>> {
        let mut dtmf = Dtmf::new(self.text.octets(call)?);
        dtmf.duration = (self.timeout != 0).then_some(self.timeout);
        Ok(dtmf)
    }
}

impl From<DialError> for eslp_app_fault {
    fn from(error: DialError) -> Self {
        let field = eslp_bytes::of(error.field.as_str().as_bytes());
        Self { field, item: error.item, offset: error.offset, ..Self::ZERO }
    }
}

impl From<AppError> for eslp_app_fault {
    fn from(error: AppError) -> Self {
        let field = eslp_bytes::of(error.field.as_str().as_bytes());
        Self { field, item: error.item, offset: error.offset, ..Self::ZERO }
    }
}

/// The application's name and argument, for `execute` of eslp_sendmsg: the argument is written to `out`, and `execute` points there.
/// `execute->arg.len` is its length; other fields of `execute` are zeros, and the host's to set. `fault` may be NULL.
///
/// @return ESLP_INSUFFICIENT if `size` is less: `execute->arg.len` says what is needed, and its data is NULL. An error
/// from ESLP_APP_EMPTY on, or from ESLP_DIAL_EMPTY on, if the application would misread it: `fault` says where.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_app_encode(
    app: In<eslp_app>, out: Out<c_void>, size: usize, execute: Out<eslp_execute>, fault: Out<eslp_app_fault>,
) -> eslp_status {
    run(|call| {
        let (mut execute, fault) = (execute.nothing(call)?, fault.optional(call)?);
        let (out, call) = out.room(size, call)?;
        let app = app.read(call)?.app(call)?;
        let mut made = |arg| {
            let name = eslp_bytes::of(app.name().as_bytes());
            execute.set(eslp_execute { app: name, arg, ..eslp_execute::ZERO });
        };
        let error = match app.encode(out) {
            Ok(arg) => {
                made(eslp_bytes::of(arg));
                return Ok(());
            }
            Err(error) => error,
        };
        match raw::AppEncodeError::from(error) {
            raw::AppEncodeError::Refused(error) => fault.set(error.into()),
            raw::AppEncodeError::Dial(error) => fault.set(error.into()),
            raw::AppEncodeError::Insufficient(error) => {
                made(eslp_bytes { len: error.required, ..eslp_bytes::ZERO });
                return Err(eslp_status::ESLP_INSUFFICIENT);
            }
        }
        Err(eslp_status::of(error.code()))
    })
}
