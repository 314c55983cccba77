//! Speech and recording.

use super::argument::{Argument, at};
use super::{AppError, AppField, Text};
use crate::sink::Sink;

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
    /// Says `text` in the way given by `kind` and `method`.
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

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
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
