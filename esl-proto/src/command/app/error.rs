//! Why an argument cannot be written.

use core::fmt;

use crate::command::dial_string::{DialEncodeError, DialError};
use crate::text::Insufficient;

located! {
    /// An argument cannot be written so that the application reads it as intended.
    AppError of AppErrorKind {
        /// With which part of the argument.
        field: AppField,
        /// Which one, if there are several of them, from 0.
        item: usize,
        --
        /// The byte of that part, from 0.
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
        /// `${`, also with backslashes in between: [`Text::expand`](crate::command::app::Text::expand) says that it is meant.
        Expansion = 903, "holds ${, which the server would expand";
        /// A byte that would end the text.
        Separator = 904, "holds a separator";
        /// A text that would mean something else here.
        Reserved = 905, "is, or begins with, something that has a special meaning";
        /// A blank that the application would drop.
        Blank = 906, "holds a blank that the server would not read as part of it";
        /// A quote or backslash where nothing protects it.
        Quote = 907, "holds a quote or backslash";
        /// More than the application reads.
        TooMany = 908, "exceeds the server's limit";
        /// A number that is too great or too small.
        OutOfRange = 909, "is out of range";
        /// What is no DTMF digit.
        Digit = 910, "holds a character that is not a DTMF digit";
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

/// Why [`App::encode`](crate::command::app::App::encode) has failed.
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

    /// The number of bytes that are needed, if there is too little room.
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
