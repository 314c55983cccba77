//! What the listener asks its host, and the host's answers.

use core::fmt;

use super::arena::{Full, Kind, RecordArena};
use super::subscriptions::{listed, listed_subclasses};
use super::write::Output;
use super::{Closed, Control, Goodbye, Phase, Server};
use crate::command::verb::NOT_FOUND;
use crate::command::{ParseErrorKind, Secret, SendMsg};
use crate::event::{self, OutgoingEvent, OutgoingEventError};
use crate::frame::Request;
use crate::name::{EventName, Format};
use crate::sink::Writer;
use crate::text::{Insufficient, Value};

/// What a client wants of the host. Each can be declined: a password by [`Response::Refuse`], all else by
/// [`Response::Reply`] with `-ERR` and a reason.
///
/// ```
/// use esl_proto::server::{HostRequest, Response, Rights};
///
/// fn respond<'a>(request: &HostRequest<'a>) -> Response<'a> {
///     match request {
///         HostRequest::Password(secret) if secret.matches("ClueCon") => Response::Accept(Rights::ALL),
///         HostRequest::Password(_) | HostRequest::User { .. } => Response::Refuse,
///         HostRequest::Api { command: b"version", .. } => Response::Output(b"1.0"),
///         _ => Response::Reply(b"-ERR not here"),
///     }
/// }
/// # let _ = respond;
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostRequest<'b> {
    /// `auth`: whether this is the password, by [`Secret::matches`]. [`Response::Accept`] with [`Rights::ALL`], or
    /// [`Response::Refuse`].
    Password(Secret<'b>),
    /// `userauth`: whether this is the user's password. [`Response::Accept`] with the user's rights, or
    /// [`Response::Refuse`].
    User {
        /// The user, never empty.
        user: &'b [u8],
        /// The domain, never empty.
        domain: &'b [u8],
        /// The password, never empty.
        password: Secret<'b>,
    },
    /// `api`: run a command. [`Response::Output`], when it is there; until then the client's next commands wait, and so
    /// do its events.
    Api {
        /// The command and its argument, as they were sent.
        line: &'b [u8],
        /// The command.
        command: &'b [u8],
        /// What follows the first blank after it.
        argument: Option<&'b [u8]>,
        /// Whether the client wants it interpreted as on the console, with aliases; `command` is then the whole line.
        console: bool,
    },
    /// `bgapi`: begin a command. [`Response::Job`] at once, and a BACKGROUND_JOB event when it has ended.
    BgApi {
        /// The command and its argument, as they were sent.
        line: &'b [u8],
        /// The command.
        command: &'b [u8],
        /// What follows the first blank after it.
        argument: Option<&'b [u8]>,
        /// How the client wants to call the job, at most 256 bytes. The answer should have this name.
        job: Option<&'b [u8]>,
    },
    /// `sendmsg`: do something with a channel. [`Response::Ok`] or [`Response::NoSuchChannel`].
    SendMsg {
        /// What to do. Its uuid is [`None`] for the channel that the connection controls.
        message: SendMsg<'b>,
        /// The same with all of its headers.
        request: Request<'b>,
        /// Whether the answer must wait until it is done: synchronous outbound mode, and not `async`.
        wait: bool,
    },
    /// `sendevent`: fire an event. [`Response::Fired`] with its uuid.
    SendEvent {
        /// The name; unknown ones, also none, FreeSWITCH takes for CUSTOM without a subclass.
        name: EventName<'b>,
        /// The headers and the body.
        request: Request<'b>,
    },
    /// `connect`: the controlled channel's data. [`Response::Channel`].
    Connect,
    /// `getvar`: a variable of the controlled channel. [`Response::Value`].
    GetVar(&'b [u8]),
    /// `myevents` of an inbound connection: whether there is a channel of this uuid. [`Response::Control`] or
    /// [`Response::NoSuchChannel`], with this uuid.
    MyEvents(&'b [u8]),
}

/// What the host says to a [`HostRequest`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Response<'a> {
    /// The password is right.
    Accept(Rights<'a>),
    /// The password is wrong: the connection ends.
    Refuse,
    /// An API command's output. Nothing becomes `-ERR no reply`.
    Output(&'a [u8]),
    /// The job has begun under this name.
    Job(&'a [u8]),
    /// It is done, or will be.
    Ok,
    /// The channel exists and can be watched: its uuid.
    Control(&'a [u8]),
    /// There is no channel of the uuid that was asked for, which is repeated here.
    NoSuchChannel(&'a [u8]),
    /// The event has been fired and has this uuid.
    Fired(&'a [u8]),
    /// The variable's value; empty if it is not set. One line of at most 511 bytes arrives: line ends become blanks.
    Value(&'a [u8]),
    /// The channel's data, as headers of a CHANNEL_DATA event. The listener adds the headers about the connection
    /// itself: Content-Type, Reply-Text, Socket-Mode, Control.
    Channel(OutgoingEvent<'a>),
    /// Another reply to anything but a password: `-ERR` and a reason. Nothing changes.
    Reply(&'a [u8]),
}

impl fmt::Debug for HostRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |octets| Value::from_bytes(octets);
        match self {
            Self::Password(password) => f.debug_tuple("Password").field(password).finish(),
            Self::User { user, domain, password } => f
                .debug_struct("User")
                .field("user", &text(user))
                .field("domain", &text(domain))
                .field("password", password)
                .finish(),
            Self::Api { line, console, .. } => {
                f.debug_struct("Api").field("line", &text(line)).field("console", console).finish_non_exhaustive()
            }
            Self::BgApi { line, job, .. } => {
                f.debug_struct("BgApi").field("line", &text(line)).field("job", &job.map(text)).finish_non_exhaustive()
            }
            Self::SendMsg { message, request, wait } => f
                .debug_struct("SendMsg")
                .field("message", message)
                .field("request", request)
                .field("wait", wait)
                .finish(),
            Self::SendEvent { name, request } => {
                f.debug_struct("SendEvent").field("name", name).field("request", request).finish()
            }
            Self::Connect => f.write_str("Connect"),
            Self::GetVar(name) => f.debug_tuple("GetVar").field(&text(name)).finish(),
            Self::MyEvents(uuid) => f.debug_tuple("MyEvents").field(&text(uuid)).finish(),
        }
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = match self {
            Self::Accept(rights) => return f.debug_tuple("Accept").field(rights).finish(),
            Self::Refuse => return f.write_str("Refuse"),
            Self::Ok => return f.write_str("Ok"),
            Self::Channel(data) => return f.debug_tuple("Channel").field(data).finish(),
            Self::Output(text) => ("Output", text),
            Self::Job(uuid) => ("Job", uuid),
            Self::Control(uuid) => ("Control", uuid),
            Self::NoSuchChannel(uuid) => ("NoSuchChannel", uuid),
            Self::Fired(uuid) => ("Fired", uuid),
            Self::Value(value) => ("Value", value),
            Self::Reply(text) => ("Reply", text),
        };
        f.debug_tuple(name).field(&Value::from_bytes(text)).finish()
    }
}

impl fmt::Debug for Rights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights")
            .field("allowed_events", &self.allowed_events.map(Value::from_bytes))
            .field("allowed_api", &self.allowed_api.map(Value::from_bytes))
            .field("allowed_log", &self.allowed_log)
            .finish()
    }
}

/// What a user may do. The reply to `userauth` says so, in the words that are given here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rights<'a> {
    /// The events that may be subscribed to, `esl-allowed-events`: names, and subclasses after CUSTOM, between commas, or
    /// between blanks if there is one. [`None`]: all.
    pub allowed_events: Option<&'a [u8]>,
    /// The API commands that may be used, `esl-allowed-api`. [`None`]: all.
    pub allowed_api: Option<&'a [u8]>,
    /// Whether `log` may be used.
    pub allowed_log: bool,
}

impl Rights<'_> {
    /// Everything.
    pub const ALL: Self = Self { allowed_events: None, allowed_api: None, allowed_log: true };
}

/// An answer cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// `out` is too short, or the storage is; nothing has changed.
    Insufficient(Insufficient),
    /// Nothing was asked, or this is no answer to it; nothing has changed.
    NotAsked,
    /// The channel's data cannot be written; nothing has changed.
    Channel(OutgoingEventError),
}

impl ResponseError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Insufficient(error) => error.code(),
            Self::NotAsked => 702,
            Self::Channel(error) => error.code(),
        }
    }

    /// The number of bytes that are needed, if there is too little room.
    #[must_use]
    pub const fn required(&self) -> Option<usize> {
        match self {
            Self::Insufficient(error) => Some(error.required),
            Self::NotAsked | Self::Channel(_) => None,
        }
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insufficient(error) => error.fmt(f),
            Self::NotAsked => f.write_str("this answers no question that was asked"),
            Self::Channel(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for ResponseError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Insufficient(error) => Some(error),
            Self::NotAsked => None,
            Self::Channel(error) => Some(error),
        }
    }
}

impl From<Insufficient> for ResponseError {
    fn from(error: Insufficient) -> Self {
        Self::Insufficient(error)
    }
}

/// The answer that the host owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingReply {
    pub(super) owed: Owed,
    /// Suppress the reply if it is a plain `command/reply`.
    pub(super) silent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owed {
    Password,
    User,
    Api,
    Job,
    Message,
    Event,
    Channel,
    Value,
    /// The answer to `myevents <uuid>`: the format that it changes to, and whether a word followed the uuid.
    Control {
        format: Option<Format>,
        word: bool,
    },
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> Server<S> {
    /// Answers the request from [`poll`](Self::poll): writes the reply to the front of `out` and returns its length,
    /// which is 0 for the first command of an outbound connection if it is not `connect`. Then poll again.
    ///
    /// After [`Response::Refuse`] the connection is over: send what was written, and close it.
    ///
    /// # Errors
    ///
    /// The response does not fit, or does not match the request: nothing has changed, and the contents of `out` are
    /// meaningless.
    pub fn respond(&mut self, response: Response<'_>, out: &mut [u8]) -> Result<usize, ResponseError> {
        let Some(pending) = self.pending else { return Err(ResponseError::NotAsked) };
        let reply = |parts: &[&[u8]], out: &mut [u8]| match pending.silent {
            true => Ok(0),
            false => Output::Reply(parts).emit(out),
        };
        let written = match (pending.owed, response) {
            (Owed::Password | Owed::User, Response::Refuse) => {
                let last = Some(Output::Text(ParseErrorKind::Credentials.reply()));
                return Ok(self.close_after(last, Closed::Refused, Goodbye::Disconnected, out)?);
            }
            (Owed::Password, Response::Accept(_)) => {
                let written = reply(&[b"+OK accepted"], out)?;
                self.accept(Rights::ALL)?;
                written
            }
            (Owed::User, Response::Accept(rights)) => {
                let written = Output::Rights(&rights).emit(out)?;
                self.accept(rights)?;
                written
            }
            (Owed::Api, Response::Output(output)) => {
                let output = if output.is_empty() { b"-ERR no reply\n".as_slice() } else { output };
                Output::Api(output).emit(out)?
            }
            (Owed::Job, Response::Job(_)) if pending.silent => 0,
            (Owed::Job, Response::Job(job)) => Output::Job(job).emit(out)?,
            (Owed::Message, Response::Ok) => reply(&[b"+OK"], out)?,
            (Owed::Message, Response::NoSuchChannel(uuid)) => reply(&[b"-ERR invalid session id [", uuid, b"]"], out)?,
            (Owed::Event, Response::Fired(uuid)) => reply(&[b"+OK ", uuid], out)?,
            (Owed::Password | Owed::User, Response::Reply(_)) => return Err(ResponseError::NotAsked),
            (_, Response::Reply(text)) => reply(&[text], out)?,
            (Owed::Value, Response::Value(b"")) => reply(&[NOT_FOUND.as_bytes()], out)?,
            (Owed::Value, Response::Value(value)) => reply(&[value], out)?,
            (Owed::Channel, Response::Channel(data)) => {
                event::lines(&data, self.percent, &mut Writer::new(&mut []))
                    .and_then(|()| data.check_head())
                    .map_err(ResponseError::Channel)?;
                let control = self.outbound.unwrap_or(Control { full: false, is_async: true });
                Output::Channel(&data, control, self.percent).emit(out)?
            }
            (Owed::Control { format, .. }, Response::Control(uuid)) => {
                let written = reply(&[b"+OK Events Enabled"], out)?;
                self.keep_channel(uuid)?;
                self.watch_channel(format);
                written
            }
            (Owed::Control { word: true, .. }, Response::NoSuchChannel(_)) => reply(&[b"-ERR invalid uuid"], out)?,
            (Owed::Control { format, .. }, Response::NoSuchChannel(_)) => {
                let written = reply(&[b"+OK Events Enabled"], out)?;
                self.watch_channel(format);
                written
            }
            _ => return Err(ResponseError::NotAsked),
        };
        self.pending = None;
        Ok(written)
    }

    fn accept(&mut self, rights: Rights<'_>) -> Result<(), ResponseError> {
        if self.keep_rights(rights).is_err() {
            let new =
                |kind, word: &[u8]| if self.arena.has(kind, word) { 0 } else { RecordArena::<S>::room_for(kind, word) };
            let subclasses = rights.allowed_events.into_iter().flat_map(listed_subclasses);
            let commands = rights.allowed_api.into_iter().flat_map(listed);
            let more = subclasses.map(|word| new(Kind::AllowedSubclass, word)).sum::<usize>()
                + commands.map(|word| new(Kind::AllowedApi, word)).sum::<usize>();
            let required = self.arena.required(more);
            self.arena.clear(Kind::AllowedSubclass);
            self.arena.clear(Kind::AllowedApi);
            return Err(Insufficient { required }.into());
        }
        self.may_log = rights.allowed_log;
        self.phase = Phase::Open;
        Ok(())
    }

    fn keep_rights(&mut self, rights: Rights<'_>) -> Result<(), Full> {
        self.subscriptions.allow(rights.allowed_events, &mut self.arena)?;
        self.api_limited = rights.allowed_api.is_some();
        let commands = rights.allowed_api.into_iter().flat_map(listed);
        for command in commands {
            self.arena.insert(Kind::AllowedApi, command)?;
        }
        Ok(())
    }

    pub(super) fn watch_channel(&mut self, format: Option<Format>) {
        self.subscriptions.my_events();
        self.format = format.unwrap_or(self.format);
    }
}
