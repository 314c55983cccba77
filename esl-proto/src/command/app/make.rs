//! The constructors of applications.

use super::{App, Conference, Dtmf, PlayAndGetDigits, Read, Record, Say, Socket, Text, Transfer};
use crate::command::Pairs;
use crate::command::dial_string::DialString;
use crate::name::{HangupCause, LogLevel};

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
