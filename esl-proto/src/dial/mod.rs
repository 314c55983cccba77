//! Dial strings: the arguments of the API command `originate` and of the application `bridge`.
//!
//! A [`DialString`] is made of [`Leg`]s: an endpoint, and variables for it alone in `[...]`. The legs of a [`LegList`]
//! are called at once (`,`). The leg lists of a [`DialHandle`] are called one after another until one answers (`|`);
//! its variables, in `{...}`, are for all of them. The handles of a dial string are called at once, independently
//! (`:_:`, "enterprise originate"); its variables, in `<...>`, are for all legs of all handles. Time limits are
//! ordinary variables: `originate_timeout` in `{...}`, `leg_timeout` and `leg_delay_start` in `[...]`. So are
//! applications that a channel executes when it rings or is answered: a [`Hook`] makes such variables. An [`Inline`]
//! dialplan is a list of applications in place of an extension.
//!
//! An [`Originate`] is written as the line for [`Command::api`](crate::Command::api) and
//! [`Command::bgapi`](crate::Command::bgapi), a [`Bridge`] as the argument for [`Execute::new("bridge",
//! ...)`](crate::command::Execute::new). The server reads what is written as intended, or it is refused: no text can
//! add a variable, a leg, an argument or an application.
//!
//! ```
//! use esl_proto::Command;
//! use esl_proto::dial::{Bridge, Destination, DialHandle, Leg, LegList, Originate};
//!
//! let mut storage = [0; 512];
//! let park = Destination::application("park", "");
//! assert_eq!(Originate::new("user/1000", park).encode(&mut storage)?, b"originate user/1000 &park()");
//!
//! let desks = [Leg::new("user/1000"), Leg::new("user/1001").variables(&[("leg_delay_start", "5")])];
//! let lists = [LegList::from(&desks), LegList::from("sofia/gateway/gw/1234")];
//! let handle = DialHandle::new(&lists).variables(&[("originate_timeout", "20"), ("effective_caller_id_name", "A, B")]);
//! let argument = Bridge::new(handle).encode(&mut storage)?;
//! assert_eq!(
//!     argument,
//!     b"{^^;originate_timeout=20;effective_caller_id_name=A, B}\
//!       user/1000,[leg_delay_start=5]user/1001|sofia/gateway/gw/1234"
//! );
//!
//! let mut storage = [0; 128];
//! assert_eq!(Bridge::parse(argument, &mut storage)?, Bridge::new(handle));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How the server reads
//!
//! A text goes through several passes, and each takes off a layer of quotes and backslashes (`switch_separate_string` with
//! `cleanup_separated_string`): a backslash keeps a quote, a backslash or the separator of the moment from being
//! special and makes `\n`, `\r`, `\t`, `\s` of letters; any other backslash stands for itself. Single quotes go in
//! pairs, and the last one without a partner stands for itself. Blanks at the ends are dropped. A text that begins
//! with `^^` and a byte is split at that byte instead.
//!
//! * `switch_api_execute` drops white space at both ends of the argument.
//! * `originate_function` splits it at blanks, of which quotes and backslashes protect, into two to seven arguments.
//!   `undef` stands for an argument that is not given. After `&` an application's name ends at the first `(` and its
//!   argument at the first `)`, whatever stands between.
//! * `switch_caller_extension_add_application` leaves out an application whose argument holds `\'`, with a warning in the
//!   server's log.
//! * `switch_core_session_exec` has `switch_channel_expand_variables` rewrite an application's argument, but only if it
//!   holds `${` or one of some escapes: `\\` becomes `\`, `\'` and the first of two `$` are lost, `${...}` is replaced.
//!   A `%[` in front would set variables of the application.
//! * `switch_ivr_originate` searches for `:_:` and nothing protects of that; then `switch_ivr_enterprise_originate`
//!   takes `<...>` off the front and splits the rest there, into at most 128. Each handle then begins with any number
//!   of `<...>` and of `{...}`; what follows is split at `|` (at most 128), and each part at `,` (at most 128). Before
//!   the latter, each comma between square brackets is marked: as one that splits no variables, if it stands between
//!   quotes or if the brackets begin with `^^`, else as one that does; one after a backslash is left alone. A leg
//!   begins with any number of `[...]`.
//! * `switch_event_create_brackets` finds the end of a set of variables by counting brackets of its kind
//!   (`switch_find_end_paren`): nothing protects of that either. It splits a set at `,`, or at the marked commas in
//!   `[...]`, or at the byte after `^^`, into at most 1024, and each variable at its first `=`. One without `=` is
//!   ignored, one with an empty value deletes.
//! * `inline_dialplan_hunt` takes a separator off the front (`m:^:`), splits at it, or at `,`, into at most 128
//!   applications, and each at its first `:`.
//! * `switch_channel_execute_on_value` ends an application's name at the first blank or single `:`; at `::`, it has the
//!   channel execute it later. `do_api_on` ends a command's name at the first blank and has the channel expand
//!   variables in the rest.
//! * `switch_channel_set_variable_var_check` drops a variable whose value holds `${`, also with
//!   backslashes in between.
//!
//! So a backslash in a variable of a leg is written 16-fold and once more so by what is around it. Values without
//! quotes, backslashes and separators are written as they are; a set with commas in values is written as `^^;`, or
//! with the first of some other bytes that does not occur in it.
//!
//! A name that stands twice in a set is written twice; the last counts on the channel.

mod endpoint;
#[cfg(feature = "alloc")]
mod owned;
mod read;
mod task;
mod write;

use core::fmt;

pub use endpoint::Endpoint;
#[cfg(feature = "alloc")]
pub use owned::DialStringBuf;
pub use task::{Hook, Inline, InlineError, Task};

pub use crate::command::dial_string::{
    DialEncodeError, DialError, DialErrorKind, DialField, DialHandle, DialHandles, DialListIter, DialString, FlatLeg,
    Join, Leg, LegList, LegLists, LegSource, ReadVariables, Variables, VariablesIter,
};
use crate::sink::Writer;
use crate::text::Value;

/// What a channel that has answered does next: the second argument of `originate`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Destination<'a> {
    /// It is routed to an extension by the dialplan.
    Extension(&'a [u8]),
    /// It executes an application: `&playback(/tmp/hello.wav)`.
    Application {
        /// The application's name.
        app: &'a [u8],
        /// Its argument, none if empty. No `)` may stand in it: the server would cut it there;
        /// and no quote after a backslash: the server would execute nothing.
        arg: &'a [u8],
    },
}

impl<'a> Destination<'a> {
    /// [`Destination::Extension`]
    pub fn extension(extension: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Extension(extension.as_ref())
    }

    /// [`Destination::Application`]
    pub fn application(app: &'a (impl AsRef<[u8]> + ?Sized), arg: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Application { app: app.as_ref(), arg: arg.as_ref() }
    }
}

impl fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(extension) => f.debug_tuple("Extension").field(&Value::from_bytes(extension)).finish(),
            Self::Application { app, arg } => f
                .debug_struct("Application")
                .field("app", &Value::from_bytes(app))
                .field("arg", &Value::from_bytes(arg))
                .finish(),
        }
    }
}

/// `originate <dial string> <destination> [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]`: makes a
/// call and, when it is answered, connects it to something.
///
/// The command answers when the call is answered or has failed, so it is one for
/// [`bgapi`](crate::Command::bgapi) more often than for [`api`](crate::Command::api).
///
/// ```
/// use esl_proto::Command;
/// use esl_proto::dial::{Destination, Originate};
///
/// let call = Originate::new("sofia/gateway/gw/1234", Destination::extension("1000")).cid_name("O'Hara").timeout_sec(20);
/// let mut storage = [0; 256];
/// let line = call.encode(&mut storage)?;
/// assert_eq!(line, br"originate sofia/gateway/gw/1234 1000 undef undef O\'Hara undef 20");
///
/// let mut read = [0; 256];
/// assert_eq!(Originate::parse(line, &mut read)?, call);
/// assert!(Command::bgapi(line).encoded_len().is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Originate<'a> {
    /// Whom to call.
    pub dial: DialString<'a>,
    /// What to connect the call to.
    pub destination: Destination<'a>,
    /// The dialplan of the extension; `XML` by default.
    pub dialplan: Option<&'a [u8]>,
    /// The context; `default` by default.
    pub context: Option<&'a [u8]>,
    /// The name that the called see, unless `origination_caller_id_name` says another.
    pub cid_name: Option<&'a [u8]>,
    /// The number that the called see, unless `origination_caller_id_number` says another.
    pub cid_num: Option<&'a [u8]>,
    /// How long to ring, unless `originate_timeout` is set; 60 by default, or if 0.
    pub timeout_sec: Option<u32>,
}

impl<'a> Originate<'a> {
    /// A call to a dial string, a handle, a list of legs, a leg, or an endpoint's text.
    pub fn new(dial: impl Into<DialString<'a>>, destination: Destination<'a>) -> Self {
        Self {
            dial: dial.into(),
            destination,
            dialplan: None,
            context: None,
            cid_name: None,
            cid_num: None,
            timeout_sec: None,
        }
    }

    /// A call that continues with an inline dialplan, as written by [`Inline::encode`].
    pub fn inline(dial: impl Into<DialString<'a>>, text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { dialplan: Some(b"inline"), ..Self::new(dial, Destination::extension(text)) }
    }

    /// The same with this dialplan.
    #[must_use]
    pub fn dialplan(self, dialplan: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { dialplan: Some(dialplan.as_ref()), ..self }
    }

    /// The same with this context.
    #[must_use]
    pub fn context(self, context: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { context: Some(context.as_ref()), ..self }
    }

    /// The same with this caller's name.
    #[must_use]
    pub fn cid_name(self, name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { cid_name: Some(name.as_ref()), ..self }
    }

    /// The same with this caller's number.
    #[must_use]
    pub fn cid_num(self, number: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { cid_num: Some(number.as_ref()), ..self }
    }

    /// The same with this time limit.
    #[must_use]
    pub const fn timeout_sec(self, seconds: u32) -> Self {
        Self { timeout_sec: Some(seconds), ..self }
    }

    /// The exact number of bytes that [`encode`](Self::encode) writes.
    ///
    /// # Errors
    /// [`DialError`] if no line would be read back as this.
    pub fn encoded_len(&self) -> Result<usize, DialError> {
        self.check()?;
        let mut counter = Writer::new(&mut []);
        self.write(&mut counter);
        Ok(counter.count())
    }

    /// Writes the line for [`Command::api`](crate::Command::api) or [`Command::bgapi`](crate::Command::bgapi) to the
    /// front of `out` and returns what was written.
    ///
    /// # Errors
    /// [`DialEncodeError`] if no line would be read back as this, or `out` is too short; what `out` holds then has no
    /// meaning.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], DialEncodeError> {
        self.check()?;
        let mut writer = Writer::new(out);
        self.write(&mut writer);
        Ok(writer.finish()?)
    }

    /// Reads a line as the server would, into `storage`: as many bytes as the line has are enough.
    ///
    /// # Errors
    /// [`DialReadError`] if it is no `originate`, the server would refuse it or read past its end, or `storage` is
    /// too short.
    pub fn parse(line: &[u8], storage: &'a mut [u8]) -> Result<Self, DialReadError> {
        read::originate(line, storage)
    }
}

impl fmt::Debug for Originate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Originate")
            .field("dial", &self.dial)
            .field("destination", &self.destination)
            .field("dialplan", &self.dialplan.map(Value::from_bytes))
            .field("context", &self.context.map(Value::from_bytes))
            .field("cid_name", &self.cid_name.map(Value::from_bytes))
            .field("cid_num", &self.cid_num.map(Value::from_bytes))
            .field("timeout_sec", &self.timeout_sec)
            .finish()
    }
}

/// `bridge <dial string>`: calls, and connects the executing channel with the first leg that answers.
///
/// The channel is thought to expand variables in the arguments of applications, as it does unless its variable
/// `app_disable_expand_variables` is set. Nothing in a dial string that is written here is expanded.
///
/// ```
/// use esl_proto::dial::{Bridge, Leg};
/// use esl_proto::command::{Execute, SendMsg};
///
/// let legs = [Leg::new("user/1000").variables(&[("leg_timeout", "10")]), Leg::new("user/1001")];
/// let mut storage = [0; 128];
/// let argument = Bridge::new(&legs).encode(&mut storage)?;
/// assert_eq!(argument, b"[leg_timeout=10]user/1000,user/1001");
/// let _message = SendMsg::new(Execute::new("bridge", argument));
/// # Ok::<(), esl_proto::dial::DialEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bridge<'a> {
    /// Whom to call.
    pub dial: DialString<'a>,
}

impl<'a> Bridge<'a> {
    /// A call to a dial string, a handle, a list of legs, a leg, or an endpoint's text.
    pub fn new(dial: impl Into<DialString<'a>>) -> Self {
        Self { dial: dial.into() }
    }

    /// The exact number of bytes that [`encode`](Self::encode) writes.
    ///
    /// # Errors
    /// [`DialError`] if no argument would be read back as this.
    pub fn encoded_len(&self) -> Result<usize, DialError> {
        self.dial.argument_len()
    }

    /// Writes the argument for [`Execute::new("bridge", ...)`](crate::command::Execute::new) to the front of `out` and returns
    /// what was written.
    ///
    /// # Errors
    /// [`DialEncodeError`] if no argument would be read back as this, or `out` is too short; what `out` holds then has no
    /// meaning.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], DialEncodeError> {
        self.dial.encode_argument(out)
    }

    /// Reads an argument as the server would, into `storage`: as many bytes as the argument has are enough.
    ///
    /// # Errors
    /// [`DialReadError`] if the server would refuse it or read past its end, if it holds `${...}`, which only the
    /// channel can expand, or if `storage` is too short.
    pub fn parse(argument: &[u8], storage: &'a mut [u8]) -> Result<Self, DialReadError> {
        read::bridge(argument, storage)
    }
}

located! {
    /// A line or argument cannot be read as a call.
    DialParseError of DialParseErrorKind {
        --
        /// Position in the text, near the end of what is wrong.
        offset: usize,
    }
}

unwritten! {
    /// Why [`Originate::parse`] or [`Bridge::parse`] has failed.
    DialReadError of DialParseError, code 551
}

numbered! {
    /// What [`DialParseError`] found wrong.
    DialParseErrorKind {
        /// The line is no `originate`.
        Unknown = 552, "not an originate command";
        /// An argument or an endpoint is missing, or there are too many arguments.
        Missing = 553, "arguments or endpoint missing";
        /// An argument that cannot be understood, or a backslash at the end of a text: the server would read past that.
        Invalid = 554, "argument not understood";
        /// A bracket that is never closed, or two where one should open a further set of variables.
        Bracket = 555, "bracket not closed";
        /// A control byte from 1 to 8, or a comma that the server would make one.
        Control = 556, "control byte";
        /// `${...}`, which only a channel can expand.
        Expansion = 557, "variable to expand";
        /// More handles than the server reads in one place.
        TooMany = 558, "too many handles";
    }
}
