//! Why a dial string, and a call that is made of one, cannot be written.

located! {
    /// A call cannot be written so that the server reads it as intended.
    DialError of DialErrorKind {
        /// With which part of the call.
        field: DialField,
        /// With which leg, counted from 0 through the whole dial string. A variable in `{...}` belongs to its handle's
        /// first leg; all that belongs to no leg has 0.
        leg: usize,
        /// Which one, if there are several of them in one place, from 0.
        item: usize,
        --
        /// The byte of that part, from 0.
        offset: usize,
    }
}

unwritten! {
    /// Why [`Originate::encode`](crate::dial::Originate::encode) or [`Bridge::encode`](crate::dial::Bridge::encode) has
    /// failed.
    DialEncodeError of DialError, code 500
}

numbered! {
    /// What [`DialError`] found wrong.
    DialErrorKind {
        /// Nothing where there must be something. The server sets no variable to nothing.
        Empty = 501, "must not be empty";
        /// A CR or LF.
        LineEnd = 502, "holds a line end";
        /// A NUL: the server would cut the text there.
        Nul = 503, "holds a NUL";
        /// A control byte from 1 to 8: the server uses some of them internally.
        Control = 504, "holds a control byte that the server uses internally";
        /// A blank in a name, or at an end of an endpoint, where the server would drop it.
        Blank = 505, "holds a blank that the server would not read as part of it";
        /// A comma, `|`, `:_:` or `=` where it would end the text.
        Separator = 506, "holds a separator";
        /// A bracket without its partner where the server counts them, or one where it would begin or end something.
        Bracket = 507, "holds a bracket that the server would count";
        /// A quote or backslash in a name, or a quote after a backslash in the argument of an application: the server would
        /// leave it out.
        Quote = 508, "holds a quote or backslash";
        /// `${` in a variable, also with backslashes in between: the server would not set it.
        Expansion = 509, "holds ${, which the server would not accept";
        /// A text that would mean something else here: `undef`, `^^` in front, `&` before an extension, `%` before an
        /// endpoint.
        Reserved = 510, "is, or begins with, something that has a special meaning";
        /// More legs, leg lists, handles or variables than the server reads in one place.
        TooMany = 511, "exceeds the server's limit";
        /// A number that is greater than what the server reads.
        TooGreat = 512, "is too large";
    }
}

/// The part of a call that a [`DialError`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DialField {
    /// The name of a variable.
    VariableName,
    /// The value of a variable.
    VariableValue,
    /// An endpoint.
    Endpoint,
    /// The extension.
    Extension,
    /// The name of the application.
    Application,
    /// The argument of the application.
    Argument,
    /// The dialplan.
    Dialplan,
    /// The context.
    Context,
    /// The caller's name.
    CidName,
    /// The caller's number.
    CidNum,
    /// The time limit.
    TimeoutSec,
}

impl DialField {
    /// The part, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::VariableName => "variable name",
            Self::VariableValue => "variable value",
            Self::Endpoint => "endpoint",
            Self::Extension => "extension",
            Self::Application => "application",
            Self::Argument => "argument",
            Self::Dialplan => "dialplan",
            Self::Context => "context",
            Self::CidName => "caller's name",
            Self::CidNum => "caller's number",
            Self::TimeoutSec => "time limit",
        }
    }
}
