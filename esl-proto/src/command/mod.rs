//! What a client asks of the server: every command as a value.
//!
//! A [`Command`] borrows what it is made of. Its exact length is known before it is written; it is written into the
//! caller's buffer whole or not at all; and it parses back from a [`Request`], which is what a server needs.
//!
//! No text that the caller passes can forge the protocol: line ends and NUL are refused wherever they would, with the
//! field and the place. What may hold line ends travels as a body.

mod api;
#[cfg(feature = "dial")]
pub mod app;
mod channel;
#[cfg(feature = "dial")]
pub(crate) mod dial_string;
mod keys;
mod list;
#[cfg(feature = "alloc")]
mod owned;
pub(crate) mod parse;
pub(crate) mod verb;
mod write;

use core::fmt;

pub use api::ChannelApi;
pub use channel::{CallCommand, Execute, SendMsg, Unicast};
pub use list::{EventNames, EventNamesIter, Events, PairSource, Pairs, PairsIter, Words, WordsIter};
#[cfg(feature = "alloc")]
pub use owned::CommandBuf;
pub use parse::{ParseError, ParseErrorKind};

use crate::frame::Request;
use crate::name::{EventName, Format, LogLevel};
use crate::sink::Writer;
use crate::text::Value;

/// A command of the event socket.
///
/// Make one with the constructors, which take text or bytes, or from its fields. Send what
/// [`encode`](Self::encode) writes in one piece: while a command is incomplete, the server sends no events.
///
/// ```
/// use esl_proto::Command;
///
/// let mut storage = [0; 512];
/// assert_eq!(Command::api("status").encode(&mut storage)?, b"api status\n\n");
/// assert!(Command::api("status\n\nexit").encode(&mut storage).is_err());
/// # Ok::<(), esl_proto::command::EncodeError>(())
/// ```
///
/// The fields make constants, too, where the constructors are not `const`:
///
/// ```
/// use esl_proto::name::EventName;
/// use esl_proto::command::{EventNames, Events, Secret, Words};
/// use esl_proto::Command;
///
/// const LOGIN: Command<'static> = Command::Auth { password: Secret::from_bytes(b"ClueCon") };
/// const WANTED: Events<'static> = Events {
///     names: EventNames::from_names(&[EventName::ChannelAnswer]),
///     subclasses: Words::from_texts(&["sofia::register"]),
/// };
/// assert_eq!(LOGIN, Command::auth("ClueCon"));
/// assert_eq!(WANTED, Events::new(&[EventName::ChannelAnswer], &["sofia::register"]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command<'a> {
    /// `auth <password>`: answers the auth request. A wrong password ends the connection.
    Auth {
        /// Compared byte for byte.
        password: Secret<'a>,
    },
    /// `userauth <user>@<domain>:<password>`: answers the auth request as a user of the directory, with that user's
    /// rights.
    UserAuth {
        /// The user, without `@` and `:`.
        user: &'a [u8],
        /// The domain, without `:`.
        domain: &'a [u8],
        /// The user's `esl-password`.
        password: Secret<'a>,
    },
    /// `api <command> [<arguments>]`: runs an API command. The connection is silent until it has ended: events wait.
    ///
    /// A command that speaks of `unload` or `reload` and of `mod_event_socket` makes the server do just that.
    Api {
        /// The command and its arguments.
        line: &'a [u8],
        /// Whether the server's console aliases are known, as `fs_cli` wants. A line `...` shuts the server down then.
        console_execute: bool,
    },
    /// `bgapi <command> [<arguments>]`: runs an API command in the background. Its result comes as a BACKGROUND_JOB
    /// event, always after the reply.
    ///
    /// The event arrives only after a subscription to BACKGROUND_JOB, and is subject to filters like others: a filter
    /// on a header that the event lacks holds it back. `Filter::add("Event-Name", "BACKGROUND_JOB")` lets it through.
    BgApi {
        /// The command and its arguments.
        line: &'a [u8],
        /// The name that the job shall have, free text of at most 200 bytes; without it the server makes a UUID. The
        /// event carries it as `Job-UUID`.
        job_uuid: Option<&'a [u8]>,
    },
    /// `event [<format>] <names>`: subscribes to more events; a format, if given, applies to all.
    Event {
        /// The format of all events from now on, queued events included; [`None`] leaves it unchanged (plain at first).
        format: Option<Format>,
        /// What to subscribe to.
        events: Events<'a>,
    },
    /// `nixevent <names>`: subscribes to fewer events.
    NixEvent {
        /// What to leave out.
        events: Events<'a>,
    },
    /// `noevents`: ends all subscriptions and discards the events that wait. Filters stay.
    NoEvents,
    /// `myevents [<uuid>] [<format>]`: subscribes to the events of one channel.
    ///
    /// The forms that work: in outbound mode with a format or nothing; inbound with a uuid, after
    /// [`Event`](Self::Event) has set the format. A uuid and a format together are refused: the server would lose the
    /// format. An inbound connection ends with its channel. A uuid that no channel has subscribes to all channels.
    MyEvents {
        /// The channel; [`None`] for the outbound connection's own.
        uuid: Option<&'a [u8]>,
        /// The format of all events from now on.
        format: Option<Format>,
    },
    /// `divert_events on|off`: whether this connection gets the events for the channel's own script.
    DivertEvents {
        /// On or off.
        on: bool,
    },
    /// `filter ...`: lets only some of the subscribed events through.
    Filter(Filter<'a>),
    /// `sendevent <name>` with headers and a body: fires an event in the server.
    SendEvent(SendEvent<'a>),
    /// `sendmsg [<uuid>]` with headers and a body: instructs a channel.
    SendMsg(SendMsg<'a>),
    /// `log [<level>]`: subscribes to log lines up to a level; without one, to DEBUG.
    Log {
        /// The least urgent level wanted.
        level: Option<LogLevel>,
    },
    /// `nolog`: ends the subscription to log lines.
    NoLog,
    /// `linger [<seconds>]`: keeps the connection after the channel has ended, for its last events.
    Linger {
        /// How long; [`None`] for ever.
        seconds: Option<u32>,
    },
    /// `nolinger`: takes `linger` back.
    NoLinger,
    /// `getvar <name>`: the value of a variable of the controlled channel.
    GetVar {
        /// The variable.
        name: &'a [u8],
    },
    /// `connect`: the first command of an outbound connection; answered with the data of the channel.
    Connect,
    /// `resume`: lets the dialplan continue when the outbound connection ends.
    Resume,
    /// `exit`: ends the connection. Events that wait are discarded; in outbound mode the call ends, unless `resume` was
    /// sent.
    Exit,
}

impl<'a> Command<'a> {
    /// The longest name that a `bgapi` job may be given: from about 250 bytes on the server loses the end of its reply
    /// and with it the border to the next.
    pub const MAX_JOB_UUID: usize = 200;
    /// The longest body that the server reads; it closes the connection on a longer one.
    pub const MAX_BODY: usize = crate::frame::MAX_BODY;
    /// The longest head that the server reads as one command.
    pub const MAX_HEAD: usize = 10_485_759;

    /// [`Command::Auth`]
    pub fn auth(password: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Auth { password: Secret(password.as_ref()) }
    }

    /// [`Command::UserAuth`]
    pub fn userauth(
        user: &'a (impl AsRef<[u8]> + ?Sized),
        domain: &'a (impl AsRef<[u8]> + ?Sized),
        password: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self::UserAuth { user: user.as_ref(), domain: domain.as_ref(), password: Secret(password.as_ref()) }
    }

    /// [`Command::Api`]: `Command::api("uuid_kill 5fd4...")`
    pub fn api(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Api { line: line.as_ref(), console_execute: false }
    }

    /// [`Command::Api`] with the server's console aliases, as `fs_cli` sends it.
    pub fn api_console(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Api { line: line.as_ref(), console_execute: true }
    }

    /// [`Command::BgApi`], named by the server.
    pub fn bgapi(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::BgApi { line: line.as_ref(), job_uuid: None }
    }

    /// [`Command::BgApi`], named by the caller, which can thus recognise its BACKGROUND_JOB event even before the
    /// reply.
    pub fn bgapi_named(line: &'a (impl AsRef<[u8]> + ?Sized), job_uuid: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::BgApi { line: line.as_ref(), job_uuid: Some(job_uuid.as_ref()) }
    }

    /// [`Command::Event`]: `Command::event(Format::Json, [EventName::All].as_slice())`
    pub fn event(format: impl Into<Option<Format>>, events: impl Into<Events<'a>>) -> Self {
        Self::Event { format: format.into(), events: events.into() }
    }

    /// [`Command::NixEvent`]
    pub fn nixevent(events: impl Into<Events<'a>>) -> Self {
        Self::NixEvent { events: events.into() }
    }

    /// [`Command::GetVar`]
    pub fn getvar(name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::GetVar { name: name.as_ref() }
    }

    /// [`Command::MyEvents`] of the channel with this uuid, for inbound connections.
    pub fn myevents_of(uuid: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::MyEvents { uuid: Some(uuid.as_ref()), format: None }
    }

    /// [`Command::MyEvents`] of the own channel, for outbound connections.
    pub fn myevents(format: impl Into<Option<Format>>) -> Self {
        Self::MyEvents { uuid: None, format: format.into() }
    }

    /// [`Command::NoEvents`]
    #[must_use]
    pub const fn noevents() -> Self {
        Self::NoEvents
    }

    /// [`Command::DivertEvents`]
    #[must_use]
    pub const fn divert_events(on: bool) -> Self {
        Self::DivertEvents { on }
    }

    /// [`Command::Filter`]: `Command::filter(Filter::add("Call-Direction", "inbound"))`
    #[must_use]
    pub const fn filter(filter: Filter<'a>) -> Self {
        Self::Filter(filter)
    }

    /// [`Command::SendEvent`] with these headers and no body; [`SendEvent`] has one.
    pub fn sendevent(name: EventName<'a>, headers: impl Into<Pairs<'a>>) -> Self {
        Self::SendEvent(SendEvent::new(name, headers))
    }

    /// [`Command::SendMsg`] to the controlled channel; [`SendMsg`] has more.
    pub fn sendmsg(call: impl Into<CallCommand<'a>>) -> Self {
        Self::SendMsg(SendMsg::new(call))
    }

    /// [`Command::Log`]: `Command::log(LogLevel::WARNING)`, `Command::log(None)`
    pub fn log(level: impl Into<Option<LogLevel>>) -> Self {
        Self::Log { level: level.into() }
    }

    /// [`Command::NoLog`]
    #[must_use]
    pub const fn nolog() -> Self {
        Self::NoLog
    }

    /// [`Command::Linger`]: `Command::linger(30)`, `Command::linger(None)`
    pub fn linger(seconds: impl Into<Option<u32>>) -> Self {
        Self::Linger { seconds: seconds.into() }
    }

    /// [`Command::NoLinger`]
    #[must_use]
    pub const fn nolinger() -> Self {
        Self::NoLinger
    }

    /// [`Command::Connect`]
    #[must_use]
    pub const fn connect() -> Self {
        Self::Connect
    }

    /// [`Command::Resume`]
    #[must_use]
    pub const fn resume() -> Self {
        Self::Resume
    }

    /// [`Command::Exit`]
    #[must_use]
    pub const fn exit() -> Self {
        Self::Exit
    }

    /// The body that travels with the command.
    #[must_use]
    pub fn body(&self) -> Option<&'a [u8]> {
        let body = match self {
            Self::SendEvent(event) => event.body,
            Self::SendMsg(message) => message.body(),
            _ => &[],
        };
        (!body.is_empty()).then_some(body)
    }

    /// The exact number of bytes that [`encode`](Self::encode) writes. It takes a pass over the command: to send one,
    /// call [`encode`](Self::encode) at once, whose error says how much room is needed.
    ///
    /// # Errors
    /// [`CommandError`] if the command cannot be sent.
    pub fn encoded_len(&self) -> Result<usize, CommandError> {
        match self.encode(&mut []) {
            Ok(written) => Ok(written.len()),
            Err(EncodeError::Insufficient(error)) => Ok(error.required),
            Err(EncodeError::Refused(error)) => Err(error),
        }
    }

    /// Writes the command to the front of `out` and returns what was written.
    ///
    /// # Errors
    /// [`EncodeError`] if the command cannot be sent, or `out` is too short; what `out` holds then has no meaning.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        self.encode_here(out)
    }

    /// As [`encode`](Self::encode), compiled into its caller: where that says which command it is, nothing of the others is.
    #[inline(always)]
    pub(crate) fn encode_here<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], EncodeError> {
        self.check()?;
        let mut writer = Writer::new(out);
        self.write(&mut writer);
        self.check_head(writer.count())?;
        Ok(writer.finish()?)
    }

    /// Writes `event` with its names as somebody has typed them: without FreeSWITCH's words, for programs that have no room
    /// for them.
    pub(crate) fn encode_typed<'o>(
        format: Option<Format>,
        names: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], EncodeError> {
        write::check_typed(names)?;
        let mut writer = Writer::new(out);
        write::write_typed(format, names, &mut writer);
        Self::NoEvents.check_head(writer.count())?;
        Ok(writer.finish()?)
    }

    /// Refuses what is so long with its body that the head alone is too long, too.
    #[inline(always)]
    fn check_head(&self, len: usize) -> Result<(), CommandError> {
        if len > Self::MAX_HEAD && len.saturating_sub(self.body().map_or(0, <[u8]>::len)) > Self::MAX_HEAD {
            return Err(CommandError {
                kind: CommandErrorKind::TooLong,
                field: Field::Head,
                item: 0,
                offset: Self::MAX_HEAD,
            });
        }
        Ok(())
    }

    /// Parses a command as the server does: words match by prefix and ignoring case, headers may be in any order. A
    /// [`server`](crate::server) uses the same table of words.
    ///
    /// Two things depend on the connection: whether the command may be used now, and what
    /// [`MyEvents`](Self::MyEvents) means. Outbound, its uuid does not count; inbound, its format does not count beside a
    /// uuid, and without a uuid it is refused.
    ///
    /// # Errors
    /// [`ParseError`] where the server refuses whatever the connection is; [`ParseErrorKind::reply`] has its words.
    pub fn parse(request: &Request<'a>) -> Result<Self, ParseError> {
        parse::command(request)
    }
}

/// A password: never shown by `Debug`, and compared in constant time.
#[derive(Clone, Copy, Eq)]
pub struct Secret<'a>(pub(crate) &'a [u8]);

impl<'a> Secret<'a> {
    /// Wraps a password.
    pub fn new(octets: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self(octets.as_ref())
    }

    /// Wraps a password, also in a constant.
    #[must_use]
    pub const fn from_bytes(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The password itself. To compare it, use [`matches`](Self::matches).
    #[must_use]
    pub const fn expose(&self) -> &'a [u8] {
        self.0
    }

    /// Whether this is `expected`, in a time that depends on the length of this one only: neither on `expected` nor on
    /// where the two differ.
    #[must_use]
    pub fn matches(&self, expected: impl AsRef<[u8]>) -> bool {
        let expected = expected.as_ref();
        let differing = self.0.iter().enumerate().fold(self.0.len() ^ expected.len(), |differing, (place, octet)| {
            // Not an early end: `black_box` keeps the compiler from making one.
            let other = core::hint::black_box(expected.get(place).copied().unwrap_or_default());
            core::hint::black_box(differing | usize::from(octet ^ other))
        });
        differing == 0
    }
}

impl PartialEq for Secret<'_> {
    fn eq(&self, other: &Secret<'_>) -> bool {
        self.matches(other.0)
    }
}

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Selects among the subscribed events: `filter`.
///
/// Without filters, all events pass. With filters, an event passes if an including filter matches and no excluding one
/// does; a filter on a header that the event does not have never matches.
///
/// The value is compared without regard to case. Written `/.../` it is a regular expression. `+`, `-` and blanks at
/// its front are not part of it: `-` makes it exclude.
///
/// ```
/// use esl_proto::Command;
/// use esl_proto::command::Filter;
///
/// let mut out = [0; 64];
/// let command = Command::from(Filter::add("Unique-ID", "5fd4"));
/// assert_eq!(command.encode(&mut out)?, b"filter add Unique-ID 5fd4\n\n");
/// # Ok::<(), esl_proto::command::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter<'a> {
    /// `filter add <header> <value>`
    Add {
        /// The header, without blanks.
        header: &'a [u8],
        /// The value. An empty one, which only a request can have, takes all filters on the header away.
        value: &'a [u8],
    },
    /// `filter delete <header> [<value>]`: succeeds whether or not there was such a filter.
    Delete {
        /// The header, without blanks; `all` is [`DeleteAll`](Self::DeleteAll).
        header: &'a [u8],
        /// The value; without it, all filters on the header go.
        value: Option<&'a [u8]>,
    },
    /// `filter delete all`
    DeleteAll,
    /// `filter add <header>` without a value, as only a request can have it: the server says `+OK` and does nothing. It
    /// cannot be sent.
    Ignored {
        /// The header.
        header: &'a [u8],
    },
}

impl<'a> Filter<'a> {
    /// [`Filter::Add`]
    pub fn add(header: &'a (impl AsRef<[u8]> + ?Sized), value: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Add { header: header.as_ref(), value: value.as_ref() }
    }

    /// [`Filter::Delete`] of all filters on a header.
    pub fn delete(header: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Delete { header: header.as_ref(), value: None }
    }

    /// [`Filter::Delete`] of one filter.
    pub fn delete_value(header: &'a (impl AsRef<[u8]> + ?Sized), value: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Delete { header: header.as_ref(), value: Some(value.as_ref()) }
    }

    /// [`Filter::DeleteAll`]
    #[must_use]
    pub const fn delete_all() -> Self {
        Self::DeleteAll
    }
}

/// An event to fire: `sendevent`.
///
/// The server answers with the event's new `Event-UUID`. A name that it does not know fires CUSTOM. A header
/// `unique-id` that names a channel gives the event to that channel alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendEvent<'a> {
    /// The event's name. A CUSTOM one wants a header `Event-Subclass`.
    pub name: EventName<'a>,
    /// Its headers. `foo[3]` as a name sets an element of an array, `ARRAY::a|:b` as a value all of them.
    pub headers: Pairs<'a>,
    /// Its body; none if empty.
    pub body: &'a [u8],
}

impl<'a> SendEvent<'a> {
    /// An event with these headers and no body.
    pub fn new(name: EventName<'a>, headers: impl Into<Pairs<'a>>) -> Self {
        Self { name, headers: headers.into(), body: &[] }
    }

    /// The same with a body.
    #[must_use]
    pub fn body(self, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { body: body.as_ref(), ..self }
    }
}

impl<'a> From<SendEvent<'a>> for Command<'a> {
    fn from(event: SendEvent<'a>) -> Self {
        Self::SendEvent(event)
    }
}

impl<'a> From<SendMsg<'a>> for Command<'a> {
    fn from(message: SendMsg<'a>) -> Self {
        Self::SendMsg(message)
    }
}

impl<'a> From<Filter<'a>> for Command<'a> {
    fn from(filter: Filter<'a>) -> Self {
        Self::Filter(filter)
    }
}

impl fmt::Debug for Command<'_> {
    /// The command as it is written, passwords left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Command(\"")?;
        self.show(f)?;
        f.write_str("\")")
    }
}

located! {
    /// A command cannot be sent: it would break or forge the protocol, or the server would misread it.
    CommandError of CommandErrorKind {
        /// With which part of the command.
        field: Field,
        /// Which one, if the command has several of them, from 0.
        item: usize,
        --
        /// The byte of that part, from 0.
        offset: usize,
    }
}

unwritten! {
    /// Why [`Command::encode`] has failed.
    EncodeError of CommandError, code 300
}

numbered! {
    /// What [`CommandError`] found wrong.
    CommandErrorKind {
        /// Nothing where there must be something.
        Empty = 301, "must not be empty";
        /// A CR or LF: it would end the line.
        LineEnd = 302, "holds a line end";
        /// A NUL: the server would cut the text there.
        Nul = 303, "holds a NUL";
        /// A blank where it would begin the next word, or at the front of a value, where the server would drop it.
        Blank = 304, "holds a blank that the server would not read as part of it";
        /// A colon, or an `@`, where it would end the name.
        Separator = 305, "holds a separator";
        /// A word that would mean something else here: a second Content-Length, `all`, a format, CUSTOM.
        Reserved = 306, "is a word with a special meaning";
        /// Longer than the server reads or answers well.
        TooLong = 307, "is too long";
        /// A uuid and a format for `myevents`: the server would lose the format. Set it with `event` first.
        FormatLost = 308, "would be lost together with a uuid";
    }
}

/// The part of a command that a [`CommandError`] speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Field {
    /// All of the command before its body.
    Head,
    /// The password of `auth` and `userauth`.
    Password,
    /// The user of `userauth`.
    User,
    /// The domain of `userauth`.
    Domain,
    /// The command and arguments of `api` and `bgapi`.
    ApiLine,
    /// The name of a `bgapi` job.
    JobUuid,
    /// An event's name.
    EventName,
    /// A CUSTOM event's subclass.
    Subclass,
    /// The format of events.
    Format,
    /// The header or value of `filter`.
    Filter,
    /// A channel's uuid.
    Uuid,
    /// The variable of `getvar`.
    Variable,
    /// The name of a header.
    HeaderName,
    /// The value of a header.
    HeaderValue,
    /// The body.
    Body,
    /// The name of an application.
    Application,
    /// The argument of an application.
    Argument,
    /// Another header of `sendmsg`: a uuid for events, a cause, an address, flags.
    Option,
}

impl Field {
    /// The part, in words.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Head => "command",
            Self::Password => "password",
            Self::User => "user",
            Self::Domain => "domain",
            Self::ApiLine => "API command",
            Self::JobUuid => "Job-UUID",
            Self::EventName => "event name",
            Self::Subclass => "subclass",
            Self::Format => "format",
            Self::Filter => "filter",
            Self::Uuid => "uuid",
            Self::Variable => "variable name",
            Self::HeaderName => "header name",
            Self::HeaderValue => "header value",
            Self::Body => "body",
            Self::Application => "application",
            Self::Argument => "argument",
            Self::Option => "option",
        }
    }
}

/// Shows bytes as text in `Debug` output.
trait Show {
    fn show(&self) -> impl fmt::Debug;
}

impl Show for &[u8] {
    fn show(&self) -> impl fmt::Debug {
        Value::from_bytes(self)
    }
}

impl Show for Option<&[u8]> {
    fn show(&self) -> impl fmt::Debug {
        self.map(Value::from_bytes)
    }
}

macro_rules! show_as_it_is {
    ($($name:ty)+) => {$(
        impl Show for $name {
            fn show(&self) -> impl fmt::Debug {
                *self
            }
        }
    )+};
}

show_as_it_is!(bool Option<u16> Option<u32> Option<i32> CallCommand<'_>);

/// Implements `Debug` for structs whose fields hold bytes.
macro_rules! debug_with_text {
    ($name:ident { $($field:ident)+ }) => {
        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                use $crate::command::Show;
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field.show()))+.finish()
            }
        }
    };
}
use debug_with_text;

impl fmt::Debug for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { header, value } => {
                f.debug_struct("Add").field("header", &header.show()).field("value", &value.show()).finish()
            }
            Self::Delete { header, value } => {
                f.debug_struct("Delete").field("header", &header.show()).field("value", &value.show()).finish()
            }
            Self::DeleteAll => f.write_str("DeleteAll"),
            Self::Ignored { header } => f.debug_struct("Ignored").field("header", &header.show()).finish(),
        }
    }
}

impl fmt::Debug for SendEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendEvent")
            .field("name", &self.name)
            .field("headers", &self.headers)
            .field("body", &self.body.show())
            .finish()
    }
}

impl fmt::Debug for Request<'_> {
    /// The command line, passwords left out, the headers and the body as text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line();
        let shown = match verb::find(line) {
            Some((row, _)) if row.place == verb::Place::Login => row.verb.word(),
            _ => line,
        };
        f.debug_struct("Request")
            .field("line", &Value::from_bytes(shown))
            .field("headers", &Pairs::all_headers(*self))
            .field("body", &self.body().map(Value::from_bytes))
            .finish()
    }
}
