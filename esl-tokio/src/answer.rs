//! What the server says.

use std::borrow::Cow;
use std::fmt;

use esl_proto::event::EventError;
use esl_proto::message::Status;
use esl_proto::{Event, Value};

use crate::Error;

/// The answer to a command, or what a background job has printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    text: Box<[u8]>,
}

impl Answer {
    pub(crate) fn new(text: impl Into<Box<[u8]>>) -> Self {
        Self { text: text.into() }
    }

    /// What the server says, to the byte.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The same as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    /// How it begins.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(&self.text)
    }

    /// What follows `+OK`, `-ERR` or `-USAGE:`, without the white space around it.
    #[must_use]
    pub fn detail(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(Status::split(&self.text).1)
    }

    /// Whether it begins with `-ERR` or `-USAGE`.
    #[must_use]
    pub fn is_err(&self) -> bool {
        matches!(self.status(), Status::Err | Status::Usage)
    }

    /// The same, or [`Error::Refused`] if it [is an error](Self::is_err).
    ///
    /// # Errors
    /// See above.
    pub fn check(self) -> Result<Self, Error> {
        if self.is_err() { Err(Error::Refused(self)) } else { Ok(self) }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Answer").field(&Value::from_bytes(&self.text)).finish()
    }
}

impl fmt::Display for Answer {
    /// The text without white space at its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().trim_end())
    }
}

/// The rows that [`Session::show`](crate::Session::show) gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows(Answer);

impl Rows {
    pub(crate) const fn new(answer: Answer) -> Self {
        Self(answer)
    }

    /// The rows; each is read like an event, its columns like headers.
    ///
    /// # Errors
    /// [`EventError`] if the server has printed something else.
    pub fn rows(&self) -> Result<Vec<Event<'_>>, EventError> {
        esl_proto::event::Rows::new(self.0.as_bytes()).collect()
    }

    pub(crate) fn into_answer(self) -> Answer {
        self.0
    }

    /// What the server has printed.
    #[must_use]
    pub const fn answer(&self) -> &Answer {
        &self.0
    }
}
