//! Why there is no result.

use std::{fmt, io};

use esl_proto::client::{NotAllowed, SendError};
use esl_proto::command::app::AppEncodeError;
use esl_proto::dial::{DialEncodeError, DialError};
use esl_proto::name::HangupCause;
use esl_proto::raw::session as raw;
use esl_proto::session::{Reason, SessionError};

use crate::Answer;

/// Why a wait has ended without a result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made.
    Connect(io::Error),
    /// There is no connection now: nothing was sent.
    NotConnected,
    /// The connection has ended, and why. Whether the server has done what it was told is not known.
    Lost(Reason),
    /// The deadline has passed. Whether the server has done, or will do, what it was told is not known.
    TimedOut,
    /// The server refuses what it was told.
    Refused(Answer),
    /// The value of a variable has not arrived whole: this is what has come of it. `api uuid_getvar` reads it, and needs full
    /// control.
    Cut(Answer),
    /// The channel has ended under the application, or before it.
    ChannelEnded(HungUp),
    /// The call that was made has failed, and why.
    NotAnswered(HungUp),
    /// The command can never be sent so, or not on this connection: nothing was sent.
    Command(SendError),
    /// The application's argument cannot be written so that the server reads it as intended: nothing was sent.
    App(AppEncodeError),
    /// The same for whom to call.
    Dial(DialError),
    /// This connection cannot receive the channel's events: it only gets those of its own channel.
    Unheard,
}

impl Error {
    /// How much room was needed, if there was too little.
    const fn required(&self) -> Option<usize> {
        match self {
            Self::App(AppEncodeError::Insufficient(error)) | Self::Command(SendError::Insufficient(error)) => {
                Some(error.required)
            }
            _ => None,
        }
    }

    /// Whether the channel has ended: for a program that drives calls that is no failure.
    #[must_use]
    pub const fn is_channel_end(&self) -> bool {
        matches!(self, Self::ChannelEnded(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => fmt::Display::fmt(error, f),
            Self::NotConnected => f.write_str("not connected"),
            Self::Lost(reason) => fmt::Display::fmt(reason, f),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Refused(answer) => write!(f, "refused: {answer}"),
            Self::Cut(answer) => write!(f, "the variable has not arrived whole: {answer}"),
            Self::ChannelEnded(hung_up) => write!(f, "channel ended: {hung_up}"),
            Self::NotAnswered(hung_up) => write!(f, "not answered: {hung_up}"),
            Self::Command(error) => fmt::Display::fmt(error, f),
            Self::App(error) => fmt::Display::fmt(error, f),
            Self::Dial(error) => fmt::Display::fmt(error, f),
            Self::Unheard => fmt::Display::fmt(&SessionError::Unheard, f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Connect(error) => Some(error),
            Self::Command(error) => Some(error),
            Self::App(error) => Some(error),
            Self::Dial(error) => Some(error),
            _ => None,
        }
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        match raw::SessionError::from(error) {
            raw::SessionError::Send(SendError::NotAllowed(NotAllowed::Exiting | NotAllowed::Closed)) => {
                Self::Lost(Reason::Closed)
            }
            raw::SessionError::Send(error) => Self::Command(error),
            raw::SessionError::Unheard => Self::Unheard,
            raw::SessionError::SlotInUse | raw::SessionError::NotConnected | raw::SessionError::NotReady => {
                Self::NotConnected
            }
        }
    }
}

impl From<AppEncodeError> for Error {
    fn from(error: AppEncodeError) -> Self {
        Self::App(error)
    }
}

impl From<DialEncodeError> for Error {
    fn from(error: DialEncodeError) -> Self {
        match error {
            DialEncodeError::Refused(error) => Self::Dial(error),
            DialEncodeError::Insufficient(error) => Self::Command(SendError::Insufficient(error)),
        }
    }
}

/// What is written into as much room as it needs.
pub(crate) fn encode<E: Into<Error>>(write: impl Fn(&mut [u8]) -> Result<usize, E>) -> Result<Vec<u8>, Error> {
    let mut out = vec![0; 256];
    loop {
        match write(&mut out).map_err(Into::into) {
            Ok(len) => {
                out.truncate(len);
                return Ok(out);
            }
            Err(error) => match error.required().filter(|required| *required > out.len()) {
                Some(required) => out.resize(required, 0),
                None => return Err(error),
            },
        }
    }
}

/// How a call has ended.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HungUp {
    cause: Option<Box<[u8]>>,
}

impl HungUp {
    pub(crate) fn new(cause: Option<HangupCause<'_>>) -> Self {
        Self { cause: cause.map(|cause| cause.as_bytes().into()) }
    }

    /// The cause, if an event has reported it.
    #[must_use]
    pub fn cause(&self) -> Option<HangupCause<'_>> {
        self.cause.as_deref().map(HangupCause::from_bytes)
    }
}

impl fmt::Debug for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HungUp").field("cause", &self.cause()).finish()
    }
}

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => f.write_str(&String::from_utf8_lossy(cause)),
            None => f.write_str("cause not told"),
        }
    }
}
