//! Commands: what a client asks of the server.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::command::{
    CallCommand, CommandError, EncodeError, EventNames, Events, Execute, Field, Filter, Secret, SendEvent, SendMsg,
    Unicast, Words,
};
use esl_core::frame::Request;
use esl_core::name::{EventName, Format, HangupCause};
use esl_core::text::Insufficient;
use esl_core::{Command, raw};

use crate::message::eslp_frame;
use crate::name::{eslp_format, eslp_log_level, format_of, level_number, level_of, optional_format};
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pairs;
use crate::ptr::{Call, In, Out, Outcome, Plain as _, Wanted as _, known, run};
use crate::status::eslp_status;

numbers! {
    /// Which command.
    pub enum eslp_command_kind {
        /// `auth <password>`: answers the auth request. Field `auth`, password only.
        ESLP_COMMAND_AUTH = 1 => Auth,
        /// `userauth <user>@<domain>:<password>`: answers the auth request as a user of the directory. Field `auth`.
        ESLP_COMMAND_USERAUTH = 2 => UserAuth,
        /// `api <command> [<arguments>]`: runs an API command; events wait until it has ended. Field `api`.
        ESLP_COMMAND_API = 3 => Api,
        /// `bgapi <command> [<arguments>]`: runs an API command in the background. Its result comes as a BACKGROUND_JOB
        /// event, always after the reply. Field `api`.
        ESLP_COMMAND_BGAPI = 4 => BgApi,
        /// `event [<format>] <names>`: subscribes to more events, and perhaps changes the format of all. Field `event`.
        ESLP_COMMAND_EVENT = 5 => Event,
        /// `nixevent <names>`: subscribes to fewer events. Field `event`, without a format.
        ESLP_COMMAND_NIXEVENT = 6 => NixEvent,
        /// `noevents`: ends all subscriptions and discards the events that wait. Filters stay.
        ESLP_COMMAND_NOEVENTS = 7 => NoEvents,
        /// `myevents [<uuid>] [<format>]`: subscribes to the events of one channel. Field `myevents`.
        ESLP_COMMAND_MYEVENTS = 8 => MyEvents,
        /// `divert_events on|off`: whether this connection gets the events for the channel's own script. Field `on`.
        ESLP_COMMAND_DIVERT_EVENTS = 9 => DivertEvents,
        /// `filter add <header> <value>`: lets only some of the subscribed events through. Field `filter`.
        ESLP_COMMAND_FILTER_ADD = 10 => Filter(raw::Filter::Add { .. } | raw::Filter::Ignored { .. }),
        /// `filter delete <header> [<value>]`. Field `filter`.
        ESLP_COMMAND_FILTER_DELETE = 11 => Filter(raw::Filter::Delete { .. }),
        /// `filter delete all`
        ESLP_COMMAND_FILTER_DELETE_ALL = 12 => Filter(raw::Filter::DeleteAll),
        /// `sendevent <name>`: fires an event in the server. Field `sendevent`.
        ESLP_COMMAND_SENDEVENT = 13 => SendEvent,
        /// `sendmsg [<uuid>]`: instructs a channel. Field `sendmsg`.
        ESLP_COMMAND_SENDMSG = 14 => SendMsg,
        /// `log [<level>]`: subscribes to log lines up to a level. Field `log_level`.
        ESLP_COMMAND_LOG = 15 => Log,
        /// `nolog`: ends the subscription to log lines.
        ESLP_COMMAND_NOLOG = 16 => NoLog,
        /// `linger [<seconds>]`: keeps the connection after the channel has ended, for its last events. Field
        /// `linger_seconds`.
        ESLP_COMMAND_LINGER = 17 => Linger,
        /// `nolinger`: takes `linger` back.
        ESLP_COMMAND_NOLINGER = 18 => NoLinger,
        /// `getvar <name>`: the value of a variable of the controlled channel. Field `variable`.
        ESLP_COMMAND_GETVAR = 19 => GetVar,
        /// `connect`: the first command of an outbound connection; answered with the data of the channel.
        ESLP_COMMAND_CONNECT = 20 => Connect,
        /// `resume`: lets the dialplan continue when the outbound connection ends.
        ESLP_COMMAND_RESUME = 21 => Resume,
        /// `exit`: ends the connection. Events that wait are discarded; in outbound mode the call ends, unless `resume` was
        /// sent.
        ESLP_COMMAND_EXIT = 22 => Exit,
    }
    of raw::Command<'_> as raw::Command

    /// The instruction of a `sendmsg`: its call-command.
    pub enum eslp_call_kind {
        /// `execute`: run an application. Field `execute`.
        ESLP_CALL_EXECUTE = 1 => Execute,
        /// `hangup`: end the call. Field `hangup_cause`.
        ESLP_CALL_HANGUP = 2 => Hangup,
        /// `unicast`: send and receive the call's media at a socket. Field `unicast`.
        ESLP_CALL_UNICAST = 3 => Unicast,
        /// `nomedia`: let the media of a bridged call flow past the server. Field `nomedia_uuid`.
        ESLP_CALL_NOMEDIA = 4 => NoMedia,
        /// `xferext`: transfer the channel to an extension made of applications. Field `applications`.
        ESLP_CALL_XFEREXT = 5 => XferExt,
        /// Anything else, which the server accepts and ignores. Field `other`, empty for a message without a call-command.
        ESLP_CALL_OTHER = 6 => Other,
    }
    of raw::CallCommand<'_> as raw::CallCommand
}

/// `auth` and `userauth`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_auth {
    /// The password, compared byte for byte.
    pub password: eslp_bytes,
    /// `userauth`: the user, without `@` and `:`.
    pub user: eslp_bytes,
    /// `userauth`: the domain, without `:`.
    pub domain: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `api` and `bgapi`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_api {
    /// The command and its arguments.
    pub line: eslp_bytes,
    /// `bgapi`: the name that the job shall have, free text of at most 200 bytes; the server makes a UUID if left out.
    pub job_uuid: eslp_bytes,
    /// `api`: whether the server's console aliases are known, as fs_cli wants. A line `...` shuts the server down then.
    pub console_execute: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 3],
}

/// `event` and `nixevent`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_events {
    /// The names between blanks, as a person types them: `CHANNEL_ANSWER CUSTOM sofia::register`. After CUSTOM come
    /// subclasses, unless these are given apart. CUSTOM alone brings only the CUSTOM events without a subclass, ALL
    /// every event of every subclass.
    pub names: eslp_bytes,
    /// Subclasses of CUSTOM events between blanks; they imply CUSTOM.
    pub subclasses: eslp_bytes,
    /// The eslp_format of all events from now on, even those that are waiting; ESLP_FORMAT_NONE leaves it unchanged.
    pub format: eslp_format,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `myevents`.
///
/// The forms that work: in outbound mode with a format or nothing; inbound with a uuid, after `event` has set the format.
/// A uuid and a format together are refused: the server would lose the format. An inbound connection ends with its
/// channel. A uuid that no channel has subscribes to all channels.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_myevents {
    /// The channel; omit it for the outbound connection's own.
    pub uuid: eslp_bytes,
    /// An eslp_format, or ESLP_FORMAT_NONE.
    pub format: eslp_format,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `filter`.
///
/// With filters, an event passes if an including filter matches and no excluding one does; a filter on a header that
/// the event does not have never matches. The value is compared without regard to case. Written `/.../` it is a regular
/// expression; `-` at its front makes it exclude.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_filter {
    /// The header, without blanks.
    pub header: eslp_bytes,
    /// The value. `filter delete` without one deletes all filters on the header.
    pub value: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `sendevent`.
///
/// The server answers with the event's new Event-UUID. A name that it does not know fires CUSTOM. A header `unique-id`
/// that names a channel gives the event to that channel alone.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_sendevent {
    /// The event's name. A CUSTOM one wants a header Event-Subclass.
    pub name: eslp_bytes,
    /// Its headers. `foo[3]` as a name sets an element of an array, `ARRAY::a|:b` as a value all of them.
    pub headers: eslp_pairs,
    /// Its body; none if empty.
    pub body: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// call-command `execute`. An application that the server does not know ends the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_execute {
    /// The application's name.
    pub app: eslp_bytes,
    /// Its argument. If it is long, holds line ends or begins with a blank, it travels as a body.
    pub arg: eslp_bytes,
    /// What CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE shall carry as Application-UUID, free text; the server makes a
    /// UUID if left out.
    pub event_uuid: eslp_bytes,
    /// What they shall carry as Application-UUID-Name.
    pub event_uuid_name: eslp_bytes,
    /// How often to run it, negative for ever, 0 if not set. A run of less than half a second is the last.
    pub loops: i32,
    /// Whether the bridged channel gets its hold music meanwhile (`hold-bleg`).
    pub hold_bleg: u8,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// call-command `unicast`. What is left out is the server's default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_unicast {
    /// Default 127.0.0.1.
    pub local_ip: eslp_bytes,
    /// Default 127.0.0.1.
    pub remote_ip: eslp_bytes,
    /// `udp` (the default) or `tcp`.
    pub transport: eslp_bytes,
    /// `native`: as the codec has them, not decoded.
    pub flags: eslp_bytes,
    /// Default 8025; 0 if not set.
    pub local_port: u16,
    /// Default 8026; 0 if not set.
    pub remote_port: u16,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// `sendmsg`.
///
/// The answer `+OK` means that the message waits for the channel, whatever it says; in sync outbound mode, that the
/// application has ended.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_sendmsg {
    /// The channel; left out for the one that an outbound connection controls. An inbound connection must name it.
    pub uuid: eslp_bytes,
    /// What to do: an eslp_call_kind, which says the field that goes with it.
    pub call: eslp_call_kind,
    /// How many frames of media to wait for first (`lead-frames`); 0 if not set.
    pub lead_frames: u32,
    /// Whether the channel handles no other message before this one has ended (`event-lock`).
    pub event_lock: u8,
    /// The same for messages of priority (`event-lock-pri`).
    pub event_lock_pri: u8,
    /// In sync outbound mode: answer at once and let the application run (`async`).
    pub run_async: u8,
    /// With ESLP_CALL_EXECUTE.
    pub execute: eslp_execute,
    /// With ESLP_CALL_UNICAST.
    pub unicast: eslp_unicast,
    /// With ESLP_CALL_XFEREXT: the applications, each with its argument.
    pub applications: eslp_pairs,
    /// With ESLP_CALL_HANGUP: why, by its name, see eslp_cause_text(), or its number in digits; NORMAL_CLEARING if left
    /// out.
    pub hangup_cause: eslp_bytes,
    /// With ESLP_CALL_NOMEDIA: one of the call's channels.
    pub nomedia_uuid: eslp_bytes,
    /// With ESLP_CALL_OTHER: the call-command.
    pub other: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 6],
}

/// What goes with a command: one field, or none, as its eslp_command_kind says.
#[derive(Clone, Copy)]
#[repr(C)]
pub union eslp_command_fields {
    /// `sendmsg`. The largest comes first, so that `{0}` sets all of them to zeros.
    pub sendmsg: eslp_sendmsg,
    /// `auth`, `userauth`
    pub auth: eslp_auth,
    /// `api`, `bgapi`
    pub api: eslp_api,
    /// `event`, `nixevent`
    pub event: eslp_events,
    /// `myevents`
    pub myevents: eslp_myevents,
    /// `filter add`, `filter delete`
    pub filter: eslp_filter,
    /// `sendevent`
    pub sendevent: eslp_sendevent,
    /// `getvar`: the variable.
    pub variable: eslp_bytes,
    /// `divert_events`: on or off.
    pub on: u8,
    /// `log`: an eslp_log_level; ESLP_LOG_NONE for `log` alone, which means DEBUG.
    pub log_level: eslp_log_level,
    /// `linger`: how long, in seconds; for ever if 0, ESLP_LINGER_AT_ONCE for none.
    pub linger_seconds: i64,
}

/// As `linger_seconds`: until the client closes the connection. The same as 0, which means "not set".
pub const ESLP_LINGER_FOREVER: i64 = -1;

/// As `linger_seconds`: no second at all.
pub const ESLP_LINGER_AT_ONCE: i64 = -2;

/// A command. What it points to must stay where it is until the command has been written.
///
///     eslp_command command = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
///
/// No text can forge the protocol: line ends and NUL are refused wherever they would, with the field and the place.
/// Texts that may hold line ends are sent as a body.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_command {
    /// An eslp_command_kind.
    pub kind: eslp_command_kind,
    /// What goes with it.
    pub r#as: eslp_command_fields,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

numbers! {
    /// The part of a command that is wrong.
    pub enum eslp_field {
        /// None.
        ESLP_FIELD_NONE = 0,
        /// All of the command before its body.
        ESLP_FIELD_HEAD = 1 => Head,
        /// The password of `auth` and `userauth`.
        ESLP_FIELD_PASSWORD = 2 => Password,
        /// The user of `userauth`.
        ESLP_FIELD_USER = 3 => User,
        /// The domain of `userauth`.
        ESLP_FIELD_DOMAIN = 4 => Domain,
        /// The line of `api` and `bgapi`.
        ESLP_FIELD_API_LINE = 5 => ApiLine,
        /// The name of a `bgapi` job.
        ESLP_FIELD_JOB_UUID = 6 => JobUuid,
        /// An event's name.
        ESLP_FIELD_EVENT_NAME = 7 => EventName,
        /// A CUSTOM event's subclass.
        ESLP_FIELD_SUBCLASS = 8 => Subclass,
        /// The format of events.
        ESLP_FIELD_FORMAT = 9 => Format,
        /// The header or value of `filter`.
        ESLP_FIELD_FILTER = 10 => Filter,
        /// A channel's uuid.
        ESLP_FIELD_UUID = 11 => Uuid,
        /// The variable of `getvar`.
        ESLP_FIELD_VARIABLE = 12 => Variable,
        /// The name of a header.
        ESLP_FIELD_HEADER_NAME = 13 => HeaderName,
        /// The value of a header.
        ESLP_FIELD_HEADER_VALUE = 14 => HeaderValue,
        /// The body.
        ESLP_FIELD_BODY = 15 => Body,
        /// The name of an application.
        ESLP_FIELD_APPLICATION = 16 => Application,
        /// The argument of an application.
        ESLP_FIELD_ARGUMENT = 17 => Argument,
        /// Another header of `sendmsg`: a uuid for events, a cause, an address, flags.
        ESLP_FIELD_OPTION = 18 => Option,
    }
    of Field as raw::Field for Field
}

/// Where a command is wrong.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_fault {
    /// With which part: an eslp_field.
    pub field: eslp_field,
    /// Which one, if the command has several of them, from 0.
    pub item: usize,
    /// The byte of that part, from 0.
    pub offset: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

impl eslp_events {
    pub(crate) fn events<'c>(&self, call: Call<'c>) -> Outcome<Events<'c>> {
        known(&self.reserved)?;
        let names = self.names.octets(call)?;
        Ok(match self.subclasses.said(call)? {
            None => Events::from_line(names),
            Some(subclasses) => {
                Events { names: EventNames::from_line(names), subclasses: Words::from_line(subclasses) }
            }
        })
    }
}

impl eslp_sendmsg {
    pub(crate) fn message<'c>(&'c self, call: Call<'c>) -> Outcome<SendMsg<'c>> {
        known(&self.reserved)?;
        Ok(SendMsg {
            uuid: self.uuid.said(call)?,
            call: self.call(call)?,
            event_lock: self.event_lock != 0,
            event_lock_pri: self.event_lock_pri != 0,
            lead_frames: (self.lead_frames != 0).then_some(self.lead_frames),
            run_async: self.run_async != 0,
        })
    }

    fn call<'c>(&'c self, call: Call<'c>) -> Outcome<CallCommand<'c>> {
        let port = |number| (number != 0).then_some(number);
        Ok(match self.call {
            eslp_call_kind::ESLP_CALL_EXECUTE => {
                let execute = &self.execute;
                known(&execute.reserved)?;
                CallCommand::Execute(Execute {
                    app: execute.app.octets(call)?,
                    arg: execute.arg.octets(call)?,
                    loops: (execute.loops != 0).then_some(execute.loops),
                    event_uuid: execute.event_uuid.said(call)?,
                    event_uuid_name: execute.event_uuid_name.said(call)?,
                    hold_bleg: execute.hold_bleg != 0,
                })
            }
            eslp_call_kind::ESLP_CALL_HANGUP => {
                CallCommand::Hangup { cause: self.hangup_cause.said(call)?.map(HangupCause::from_bytes) }
            }
            eslp_call_kind::ESLP_CALL_UNICAST => {
                let unicast = &self.unicast;
                known(&unicast.reserved)?;
                CallCommand::Unicast(Unicast {
                    local_ip: unicast.local_ip.said(call)?,
                    local_port: port(unicast.local_port),
                    remote_ip: unicast.remote_ip.said(call)?,
                    remote_port: port(unicast.remote_port),
                    transport: unicast.transport.said(call)?,
                    flags: unicast.flags.said(call)?,
                })
            }
            eslp_call_kind::ESLP_CALL_NOMEDIA => CallCommand::NoMedia { uuid: self.nomedia_uuid.octets(call)? },
            eslp_call_kind::ESLP_CALL_XFEREXT => CallCommand::XferExt { applications: self.applications.pairs(call)? },
            eslp_call_kind::ESLP_CALL_OTHER => CallCommand::Other { name: self.other.octets(call)? },
            _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
        })
    }
}

impl eslp_command {
    pub(crate) fn command<'c>(&'c self, call: Call<'c>) -> Outcome<Command<'c>> {
        known(&self.reserved)?;
        let fields = &self.r#as;
        Ok(match self.kind {
            eslp_command_kind::ESLP_COMMAND_AUTH => {
                Command::Auth { password: Secret::new(fields.auth()?.password.octets(call)?) }
            }
            eslp_command_kind::ESLP_COMMAND_API => {
                let api = fields.api()?;
                Command::Api { line: api.line.octets(call)?, console_execute: api.console_execute != 0 }
            }
            eslp_command_kind::ESLP_COMMAND_NOEVENTS => Command::NoEvents,
            eslp_command_kind::ESLP_COMMAND_CONNECT => Command::Connect,
            eslp_command_kind::ESLP_COMMAND_EXIT => Command::Exit,
            kind => return self.other(kind, call),
        })
    }

    /// The names of an `event` as somebody has typed them, with their format.
    #[cfg(not(feature = "commands"))]
    pub(crate) fn typed<'c>(&'c self, call: Call<'c>) -> Outcome<Option<(Option<Format>, &'c [u8])>> {
        known(&self.reserved)?;
        if self.kind != eslp_command_kind::ESLP_COMMAND_EVENT {
            return Ok(None);
        }
        let event = self.r#as.event()?;
        match event.subclasses.said(call)? {
            None => Ok(Some((format_of(event.format)?, event.names.octets(call)?))),
            Some(_) => Err(eslp_status::ESLP_UNKNOWN_FIELD),
        }
    }

    /// The commands that a small library is built without; `event` is one that eslp_client_send() alone knows.
    #[cfg(not(feature = "commands"))]
    fn other(&self, _: eslp_command_kind, _: Call<'_>) -> Outcome<Command<'_>> {
        Err(eslp_status::ESLP_UNKNOWN_NUMBER)
    }

    #[cfg(feature = "commands")]
    fn other<'c>(&'c self, kind: eslp_command_kind, call: Call<'c>) -> Outcome<Command<'c>> {
        let fields = &self.r#as;
        Ok(match kind {
            eslp_command_kind::ESLP_COMMAND_USERAUTH => {
                let auth = fields.auth()?;
                Command::UserAuth {
                    user: auth.user.octets(call)?,
                    domain: auth.domain.octets(call)?,
                    password: Secret::new(auth.password.octets(call)?),
                }
            }
            eslp_command_kind::ESLP_COMMAND_BGAPI => {
                let api = fields.api()?;
                Command::BgApi { line: api.line.octets(call)?, job_uuid: api.job_uuid.said(call)? }
            }
            eslp_command_kind::ESLP_COMMAND_EVENT => {
                let event = fields.event()?;
                Command::Event { format: format_of(event.format)?, events: event.events(call)? }
            }
            eslp_command_kind::ESLP_COMMAND_NIXEVENT => Command::NixEvent { events: fields.event()?.events(call)? },
            eslp_command_kind::ESLP_COMMAND_MYEVENTS => {
                let myevents = fields.myevents()?;
                Command::MyEvents { uuid: myevents.uuid.said(call)?, format: format_of(myevents.format)? }
            }
            eslp_command_kind::ESLP_COMMAND_DIVERT_EVENTS => Command::DivertEvents { on: fields.on() != 0 },
            eslp_command_kind::ESLP_COMMAND_FILTER_ADD => {
                let filter = fields.filter()?;
                let (header, value) = (filter.header.octets(call)?, filter.value.octets(call)?);
                Command::Filter(Filter::Add { header, value })
            }
            eslp_command_kind::ESLP_COMMAND_FILTER_DELETE => {
                let filter = fields.filter()?;
                let (header, value) = (filter.header.octets(call)?, filter.value.said(call)?);
                Command::Filter(Filter::Delete { header, value })
            }
            eslp_command_kind::ESLP_COMMAND_FILTER_DELETE_ALL => Command::Filter(Filter::DeleteAll),
            eslp_command_kind::ESLP_COMMAND_SENDEVENT => {
                let event = fields.sendevent()?;
                let name = EventName::from_bytes(event.name.octets(call)?);
                let (headers, body) = (event.headers.pairs(call)?, event.body.octets(call)?);
                Command::SendEvent(SendEvent { name, headers, body })
            }
            eslp_command_kind::ESLP_COMMAND_SENDMSG => Command::SendMsg(fields.sendmsg()?.message(call)?),
            eslp_command_kind::ESLP_COMMAND_LOG => Command::Log { level: level_of(fields.log_level())? },
            eslp_command_kind::ESLP_COMMAND_NOLOG => Command::NoLog,
            eslp_command_kind::ESLP_COMMAND_LINGER => Command::Linger { seconds: linger(fields.linger_seconds())? },
            eslp_command_kind::ESLP_COMMAND_NOLINGER => Command::NoLinger,
            eslp_command_kind::ESLP_COMMAND_GETVAR => Command::GetVar { name: fields.variable().octets(call)? },
            eslp_command_kind::ESLP_COMMAND_RESUME => Command::Resume,
            _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
        })
    }

    fn read(command: &Command<'_>, request: &Request<'_>) -> Self {
        let command = raw::Command::from(*command);
        let fields = match &command {
            raw::Command::Auth { password } => {
                eslp_auth { password: eslp_bytes::of(password.expose()), ..eslp_auth::ZERO }.into()
            }
            raw::Command::UserAuth { user, domain, password } => eslp_auth {
                password: eslp_bytes::of(password.expose()),
                user: eslp_bytes::of(user),
                domain: eslp_bytes::of(domain),
                ..eslp_auth::ZERO
            }
            .into(),
            raw::Command::Api { line, console_execute } => {
                let console_execute = (*console_execute).into();
                eslp_api { line: eslp_bytes::of(line), console_execute, ..eslp_api::ZERO }.into()
            }
            raw::Command::BgApi { line, job_uuid } => {
                let job_uuid = eslp_bytes::option(*job_uuid);
                eslp_api { line: eslp_bytes::of(line), job_uuid, ..eslp_api::ZERO }.into()
            }
            raw::Command::Event { format, events } => eslp_events::read(events, *format).into(),
            raw::Command::NixEvent { events } => eslp_events::read(events, None).into(),
            raw::Command::MyEvents { uuid, format } => {
                let (uuid, format) = (eslp_bytes::option(*uuid), optional_format(*format));
                eslp_myevents { uuid, format, ..eslp_myevents::ZERO }.into()
            }
            raw::Command::DivertEvents { on } => u8::from(*on).into(),
            raw::Command::Filter(raw::Filter::Add { header, value }) => eslp_filter::read(header, Some(value)).into(),
            raw::Command::Filter(raw::Filter::Ignored { header }) => eslp_filter::read(header, None).into(),
            raw::Command::Filter(raw::Filter::Delete { header, value }) => eslp_filter::read(header, *value).into(),
            raw::Command::SendEvent(event) => eslp_sendevent {
                name: eslp_bytes::of(event.name.as_bytes()),
                headers: eslp_pairs::of_headers(request),
                body: eslp_bytes::of(event.body),
                ..eslp_sendevent::ZERO
            }
            .into(),
            raw::Command::SendMsg(message) => eslp_sendmsg::read(message, request).into(),
            raw::Command::Log { level } => level.map_or(eslp_log_level::ESLP_LOG_NONE, level_number).into(),
            raw::Command::Linger { seconds } => linger_number(*seconds).into(),
            raw::Command::GetVar { name } => eslp_bytes::of(name).into(),
            raw::Command::NoEvents
            | raw::Command::Filter(raw::Filter::DeleteAll)
            | raw::Command::NoLog
            | raw::Command::NoLinger
            | raw::Command::Connect
            | raw::Command::Resume
            | raw::Command::Exit => eslp_command_fields::ZERO,
        };
        Self { kind: command.into(), r#as: fields, ..Self::ZERO }
    }
}

/// What `linger` is to say: nothing means for ever.
pub(crate) fn linger(seconds: i64) -> Outcome<Option<u32>> {
    match seconds {
        0 | ESLP_LINGER_FOREVER => Ok(None),
        ESLP_LINGER_AT_ONCE => Ok(Some(0)),
        seconds => u32::try_from(seconds).map(Some).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT),
    }
}

/// The number that stands for what `linger` says.
pub(crate) fn linger_number(seconds: Option<u32>) -> i64 {
    match seconds {
        None => ESLP_LINGER_FOREVER,
        Some(0) => ESLP_LINGER_AT_ONCE,
        Some(seconds) => seconds.into(),
    }
}

impl eslp_events {
    fn read(events: &Events<'_>, format: Option<Format>) -> Self {
        Self {
            names: eslp_bytes::option(events.names.as_line()),
            subclasses: eslp_bytes::option(events.subclasses.as_line()),
            format: optional_format(format),
            ..Self::ZERO
        }
    }
}

impl eslp_filter {
    fn read(header: &[u8], value: Option<&[u8]>) -> Self {
        Self { header: eslp_bytes::of(header), value: eslp_bytes::option(value), ..Self::ZERO }
    }
}

impl eslp_execute {
    fn read(execute: &Execute<'_>) -> Self {
        Self {
            app: eslp_bytes::of(execute.app),
            arg: eslp_bytes::of(execute.arg),
            event_uuid: eslp_bytes::option(execute.event_uuid),
            event_uuid_name: eslp_bytes::option(execute.event_uuid_name),
            loops: execute.loops.unwrap_or_default(),
            hold_bleg: execute.hold_bleg.into(),
            ..Self::ZERO
        }
    }
}

impl eslp_unicast {
    fn read(unicast: &Unicast<'_>) -> Self {
        Self {
            local_ip: eslp_bytes::option(unicast.local_ip),
            remote_ip: eslp_bytes::option(unicast.remote_ip),
            transport: eslp_bytes::option(unicast.transport),
            flags: eslp_bytes::option(unicast.flags),
            local_port: unicast.local_port.unwrap_or_default(),
            remote_port: unicast.remote_port.unwrap_or_default(),
            ..Self::ZERO
        }
    }
}

impl eslp_sendmsg {
    pub(crate) const NONE: Self = Self { call: eslp_call_kind::ESLP_CALL_OTHER, ..Self::ZERO };

    pub(crate) fn read(message: &SendMsg<'_>, request: &Request<'_>) -> Self {
        let call = raw::CallCommand::from(message.call);
        let read = Self {
            call: call.into(),
            uuid: eslp_bytes::option(message.uuid),
            lead_frames: message.lead_frames.unwrap_or_default(),
            event_lock: message.event_lock.into(),
            event_lock_pri: message.event_lock_pri.into(),
            run_async: message.run_async.into(),
            ..Self::NONE
        };
        match &call {
            raw::CallCommand::Execute(execute) => Self { execute: eslp_execute::read(execute), ..read },
            raw::CallCommand::Hangup { cause } => {
                Self { hangup_cause: eslp_bytes::option(cause.map(|cause| cause.as_bytes())), ..read }
            }
            raw::CallCommand::Unicast(unicast) => Self { unicast: eslp_unicast::read(unicast), ..read },
            raw::CallCommand::NoMedia { uuid } => Self { nomedia_uuid: eslp_bytes::of(uuid), ..read },
            raw::CallCommand::XferExt { .. } => Self { applications: eslp_pairs::of_applications(request), ..read },
            raw::CallCommand::Other { name } => Self { other: eslp_bytes::of(name), ..read },
        }
    }
}

impl In<eslp_command> {
    pub(crate) fn command(self, call: Call<'_>) -> Outcome<Command<'_>> {
        self.read(call)?.command(call)
    }
}

impl From<&CommandError> for eslp_fault {
    fn from(error: &CommandError) -> Self {
        Self { field: error.field.into(), item: error.item, offset: error.offset, ..Self::ZERO }
    }
}

/// Writes a command to `out`, for hosts without an eslp_client. `len`, which may be NULL, is its length.
///
/// Send it in one piece: while a command is incomplete, the server sends no events.
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len` says what is needed. An error from ESLP_COMMAND_EMPTY on if it
/// would break or forge the protocol: `fault`, which may be NULL, says where. The contents of `out` are then
/// meaningless.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_command_encode(
    command: In<eslp_command>, out: Out<c_void>, size: usize, len: Out<usize>, fault: Out<eslp_fault>,
) -> eslp_status {
    run(|call| {
        let (len, fault) = (len.optional(call)?, fault.optional(call)?);
        let (out, call) = out.room(size, call)?;
        let written = command.command(call)?.encode(out).map(<[u8]>::len);
        match &written {
            Ok(count) | Err(EncodeError::Insufficient(Insufficient { required: count })) => len.set(*count),
            Err(EncodeError::Refused(error)) => fault.set(error.into()),
        }
        written.map(drop).map_err(|error| eslp_status::of(error.code()))
    })
}

/// Parses a request as the server would: words match by prefix and ignoring case, headers may be in any order. The
/// command is valid as long as the bytes in the buffer.
///
/// @return An error from ESLP_PARSE_UNKNOWN on if it is no command; `offset`, which may be NULL, is the place in its
/// line.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_command_parse(
    request: In<eslp_frame>, command: Out<eslp_command>, offset: Out<usize>,
) -> eslp_status {
    command.give(|call| {
        let offset = offset.optional(call)?;
        let request = Request::from(request.read(call)?.frame(call)?);
        let command = Command::parse(&request).map_err(|error| {
            offset.set(error.offset);
            eslp_status::of(error.code())
        })?;
        Ok(eslp_command::read(&command, &request))
    })
}

/// The name of an eslp_field, in English: valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_field_text(field: eslp_field) -> eslp_bytes {
    eslp_bytes::option(Field::try_from(field).ok().map(|field| field.as_str().as_bytes()))
}
