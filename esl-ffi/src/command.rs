//! Commands: what a client asks of the server.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::command::{
    CallCommand, CommandError, EncodeError, EventNames, Events, Execute, Field, Filter, Secret, SendEvent, SendMsg,
    Unicast, Words,
};
use esl_core::frame::Request;
use esl_core::name::{EventName, HangupCause};
use esl_core::{Command, raw};

use crate::message::eslp_frame;
use crate::name::{eslp_format, eslp_log_level, format_number, format_of, level_number, level_of};
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pairs;
use crate::ptr::{Out, Outcome, Plain as _, Written, known, output, read, run};
use crate::status::eslp_status;

numbers! {
    /// Which command.
    pub enum eslp_command_kind {
        /// `auth <password>`: answers the auth request. Field `auth`, password only.
        ESLP_COMMAND_AUTH = 1,
        /// `userauth <user>@<domain>:<password>`: answers the auth request as a user of the directory. Field `auth`.
        ESLP_COMMAND_USERAUTH = 2,
        /// `api <command> [<arguments>]`: runs an API command; events wait until it has ended. Field `api`.
        ESLP_COMMAND_API = 3,
        /// `bgapi <command> [<arguments>]`: runs an API command beside the connection. Its end comes as a BACKGROUND_JOB
        /// event, always after the reply. Field `api`.
        ESLP_COMMAND_BGAPI = 4,
        /// `event [<format>] <names>`: subscribes to more events, and perhaps changes the format of all. Field `event`.
        ESLP_COMMAND_EVENT = 5,
        /// `nixevent <names>`: subscribes to fewer events. Field `event`, without a format.
        ESLP_COMMAND_NIXEVENT = 6,
        /// `noevents`: ends all subscriptions and discards the events that wait. Filters stay.
        ESLP_COMMAND_NOEVENTS = 7,
        /// `myevents [<uuid>] [<format>]`: subscribes to the events of one channel. Field `myevents`.
        ESLP_COMMAND_MYEVENTS = 8,
        /// `divert_events on|off`: whether events for the channel's own script come here. Field `on`.
        ESLP_COMMAND_DIVERT_EVENTS = 9,
        /// `filter add <header> <value>`: lets only some of the subscribed events through. Field `filter`.
        ESLP_COMMAND_FILTER_ADD = 10,
        /// `filter delete <header> [<value>]`. Field `filter`.
        ESLP_COMMAND_FILTER_DELETE = 11,
        /// `filter delete all`
        ESLP_COMMAND_FILTER_DELETE_ALL = 12,
        /// `sendevent <name>`: fires an event in the server. Field `sendevent`.
        ESLP_COMMAND_SENDEVENT = 13,
        /// `sendmsg [<uuid>]`: tells a channel what to do. Field `sendmsg`.
        ESLP_COMMAND_SENDMSG = 14,
        /// `log [<level>]`: subscribes to log lines up to a level. Field `log_level`.
        ESLP_COMMAND_LOG = 15,
        /// `nolog`: ends the subscription to log lines.
        ESLP_COMMAND_NOLOG = 16,
        /// `linger [<seconds>]`: keeps the connection after the channel has ended, for its last events. Field
        /// `linger_seconds`.
        ESLP_COMMAND_LINGER = 17,
        /// `nolinger`: takes `linger` back.
        ESLP_COMMAND_NOLINGER = 18,
        /// `getvar <name>`: the value of a variable of the controlled channel. Field `variable`.
        ESLP_COMMAND_GETVAR = 19,
        /// `connect`: the first command of an outbound connection; answered with the data of the channel.
        ESLP_COMMAND_CONNECT = 20,
        /// `resume`: lets the dialplan go on when the outbound connection ends.
        ESLP_COMMAND_RESUME = 21,
        /// `exit`: ends the connection. Events that wait are discarded; in outbound mode the call ends, unless `resume` was
        /// sent.
        ESLP_COMMAND_EXIT = 22,
    }
}

numbers! {
    /// What a `sendmsg` tells the channel: its call-command.
    pub enum eslp_call_kind {
        /// `execute`: run an application. Field `execute`.
        ESLP_CALL_EXECUTE = 1,
        /// `hangup`: end the call. Field `hangup_cause`.
        ESLP_CALL_HANGUP = 2,
        /// `unicast`: send and receive the call's media at a socket. Field `unicast`.
        ESLP_CALL_UNICAST = 3,
        /// `nomedia`: let the media of a bridged call flow past the server. Field `nomedia_uuid`.
        ESLP_CALL_NOMEDIA = 4,
        /// `xferext`: transfer the channel to an extension made of applications. Field `applications`.
        ESLP_CALL_XFEREXT = 5,
        /// Anything else, which the server accepts and ignores. Field `other`, empty for a message without a call-command.
        ESLP_CALL_OTHER = 6,
    }
}

/// `auth` and `userauth`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_auth {
    /// The password, compared octet for octet.
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
    /// `bgapi`: the name that the job shall have, free text of at most 200 octets; the server makes a UUID if left out.
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
    /// The eslp_format of all events from now on, even those that are waiting; ESLP_FORMAT_NONE leaves it as it is.
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
    /// The channel; left out for that of an outbound connection.
    pub uuid: eslp_bytes,
    /// An eslp_format, or ESLP_FORMAT_NONE.
    pub format: eslp_format,
    /// Zeros: room for more fields.
    pub reserved: [u64; 2],
}

/// `filter`.
///
/// With filters, an event comes if one that includes matches and none that excludes does; a filter on a header that the
/// event does not have never matches. The value is compared without regard to case. Written `/.../` it is a regular
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
    /// How often to run it, negative for ever, 0 if not said. A run of less than half a second is the last.
    pub loops: i32,
    /// Whether the bridged channel hears its hold music meanwhile (`hold-bleg`).
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
    /// Default 8025; 0 if not said.
    pub local_port: u16,
    /// Default 8026; 0 if not said.
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
    /// How many frames of media to wait for first (`lead-frames`); 0 if not said.
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

/// As `linger_seconds`: until the client closes the connection. The same as 0, which is not said.
pub const ESLP_LINGER_FOREVER: i64 = -1;

/// As `linger_seconds`: no second at all.
pub const ESLP_LINGER_AT_ONCE: i64 = -2;

/// A command. What it points to must stay where it is until the command has been written.
///
///     eslp_command command = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
///
/// No text can forge the protocol: line ends and NUL are refused wherever they would, with the field and the place. What
/// may hold line ends travels as a body.
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
        ESLP_FIELD_HEAD = 1,
        /// The password of `auth` and `userauth`.
        ESLP_FIELD_PASSWORD = 2,
        /// The user of `userauth`.
        ESLP_FIELD_USER = 3,
        /// The domain of `userauth`.
        ESLP_FIELD_DOMAIN = 4,
        /// The line of `api` and `bgapi`.
        ESLP_FIELD_API_LINE = 5,
        /// The name of a `bgapi` job.
        ESLP_FIELD_JOB_UUID = 6,
        /// An event's name.
        ESLP_FIELD_EVENT_NAME = 7,
        /// A CUSTOM event's subclass.
        ESLP_FIELD_SUBCLASS = 8,
        /// The format of events.
        ESLP_FIELD_FORMAT = 9,
        /// The header or value of `filter`.
        ESLP_FIELD_FILTER = 10,
        /// A channel's uuid.
        ESLP_FIELD_UUID = 11,
        /// The variable of `getvar`.
        ESLP_FIELD_VARIABLE = 12,
        /// The name of a header.
        ESLP_FIELD_HEADER_NAME = 13,
        /// The value of a header.
        ESLP_FIELD_HEADER_VALUE = 14,
        /// The body.
        ESLP_FIELD_BODY = 15,
        /// The name of an application.
        ESLP_FIELD_APPLICATION = 16,
        /// The argument of an application.
        ESLP_FIELD_ARGUMENT = 17,
        /// Another header of `sendmsg`: a uuid for events, a cause, an address, flags.
        ESLP_FIELD_OPTION = 18,
    }
}

/// Where a command is wrong.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_fault {
    /// With which part: an eslp_field.
    pub field: eslp_field,
    /// Which one, if the command has several of them, from 0.
    pub item: usize,
    /// The octet of that part, from 0.
    pub offset: usize,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

impl eslp_events {
    /// # Safety
    /// As [`eslp_bytes::octets`], for both byte strings.
    pub(crate) unsafe fn events<'a>(&self, written: Written) -> Outcome<Events<'a>> {
        // SAFETY: the caller guarantees that for each of the two byte strings.
        let (names, subclasses) = unsafe { (self.names.apart(written)?, self.subclasses.said(written)?) };
        known(&self.reserved)?;
        Ok(match subclasses {
            None => Events::from_line(names),
            Some(subclasses) => {
                Events { names: EventNames::from_line(names), subclasses: Words::from_line(subclasses) }
            }
        })
    }
}

impl eslp_sendmsg {
    /// # Safety
    /// `self` is an input as [`ptr`](crate::ptr) defines it: so is whatever its fields point to.
    pub(crate) unsafe fn message<'a>(&'a self, written: Written) -> Outcome<SendMsg<'a>> {
        known(&self.reserved)?;
        // SAFETY: the same precondition as this function's.
        let call = unsafe { self.call(written) }?;
        Ok(SendMsg {
            // SAFETY: a field of an input is an input.
            uuid: unsafe { self.uuid.said(written) }?,
            call,
            event_lock: self.event_lock != 0,
            event_lock_pri: self.event_lock_pri != 0,
            lead_frames: (self.lead_frames != 0).then_some(self.lead_frames),
            run_async: self.run_async != 0,
        })
    }

    /// # Safety
    /// As [`message`](Self::message).
    unsafe fn call<'a>(&'a self, written: Written) -> Outcome<CallCommand<'a>> {
        let port = |number| (number != 0).then_some(number);
        // SAFETY: the fields of an input are inputs, which is all that `octets`, `said` and `pairs` require.
        unsafe {
            Ok(match self.call {
                eslp_call_kind::ESLP_CALL_EXECUTE => {
                    let execute = &self.execute;
                    known(&execute.reserved)?;
                    CallCommand::Execute(Execute {
                        app: execute.app.apart(written)?,
                        arg: execute.arg.apart(written)?,
                        loops: (execute.loops != 0).then_some(execute.loops),
                        event_uuid: execute.event_uuid.said(written)?,
                        event_uuid_name: execute.event_uuid_name.said(written)?,
                        hold_bleg: execute.hold_bleg != 0,
                    })
                }
                eslp_call_kind::ESLP_CALL_HANGUP => {
                    CallCommand::Hangup { cause: self.hangup_cause.said(written)?.map(HangupCause::from_bytes) }
                }
                eslp_call_kind::ESLP_CALL_UNICAST => {
                    let unicast = &self.unicast;
                    known(&unicast.reserved)?;
                    CallCommand::Unicast(Unicast {
                        local_ip: unicast.local_ip.said(written)?,
                        local_port: port(unicast.local_port),
                        remote_ip: unicast.remote_ip.said(written)?,
                        remote_port: port(unicast.remote_port),
                        transport: unicast.transport.said(written)?,
                        flags: unicast.flags.said(written)?,
                    })
                }
                eslp_call_kind::ESLP_CALL_NOMEDIA => CallCommand::NoMedia { uuid: self.nomedia_uuid.apart(written)? },
                eslp_call_kind::ESLP_CALL_XFEREXT => {
                    CallCommand::XferExt { applications: self.applications.pairs(written)? }
                }
                eslp_call_kind::ESLP_CALL_OTHER => CallCommand::Other { name: self.other.apart(written)? },
                _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
            })
        }
    }
}

impl eslp_command {
    /// # Safety
    /// `self` is an input as [`ptr`](crate::ptr) defines it: so is whatever its fields point to. The field that
    /// goes with the kind has been written.
    pub(crate) unsafe fn command<'a>(&'a self, written: Written) -> Outcome<Command<'a>> {
        // SAFETY: every field of the union consists of numbers and raw pointers, so that any bytes are a valid one; the
        // field that is read is the one of the kind, which the caller guarantees to be initialised. What it points to
        // is an input, which is all that `octets`, `said`, `events`, `pairs` and `message` require.
        unsafe {
            known(&self.reserved)?;
            let fields = &self.r#as;
            match self.kind {
                eslp_command_kind::ESLP_COMMAND_AUTH | eslp_command_kind::ESLP_COMMAND_USERAUTH => {
                    known(&fields.auth.reserved)
                }
                eslp_command_kind::ESLP_COMMAND_API | eslp_command_kind::ESLP_COMMAND_BGAPI => {
                    known(&fields.api.reserved)
                }
                eslp_command_kind::ESLP_COMMAND_MYEVENTS => known(&fields.myevents.reserved),
                eslp_command_kind::ESLP_COMMAND_FILTER_ADD | eslp_command_kind::ESLP_COMMAND_FILTER_DELETE => {
                    known(&fields.filter.reserved)
                }
                eslp_command_kind::ESLP_COMMAND_SENDEVENT => known(&fields.sendevent.reserved),
                _ => Ok(()),
            }?;
            Ok(match self.kind {
                eslp_command_kind::ESLP_COMMAND_AUTH => {
                    Command::Auth { password: Secret::new(fields.auth.password.apart(written)?) }
                }
                eslp_command_kind::ESLP_COMMAND_USERAUTH => Command::UserAuth {
                    user: fields.auth.user.apart(written)?,
                    domain: fields.auth.domain.apart(written)?,
                    password: Secret::new(fields.auth.password.apart(written)?),
                },
                eslp_command_kind::ESLP_COMMAND_API => Command::Api {
                    line: fields.api.line.apart(written)?,
                    console_execute: fields.api.console_execute != 0,
                },
                eslp_command_kind::ESLP_COMMAND_BGAPI => Command::BgApi {
                    line: fields.api.line.apart(written)?,
                    job_uuid: fields.api.job_uuid.said(written)?,
                },
                eslp_command_kind::ESLP_COMMAND_EVENT => {
                    Command::Event { format: format_of(fields.event.format)?, events: fields.event.events(written)? }
                }
                eslp_command_kind::ESLP_COMMAND_NIXEVENT => Command::NixEvent { events: fields.event.events(written)? },
                eslp_command_kind::ESLP_COMMAND_NOEVENTS => Command::NoEvents,
                eslp_command_kind::ESLP_COMMAND_MYEVENTS => Command::MyEvents {
                    uuid: fields.myevents.uuid.said(written)?,
                    format: format_of(fields.myevents.format)?,
                },
                eslp_command_kind::ESLP_COMMAND_DIVERT_EVENTS => Command::DivertEvents { on: fields.on != 0 },
                eslp_command_kind::ESLP_COMMAND_FILTER_ADD => Command::Filter(Filter::Add {
                    header: fields.filter.header.apart(written)?,
                    value: fields.filter.value.apart(written)?,
                }),
                eslp_command_kind::ESLP_COMMAND_FILTER_DELETE => Command::Filter(Filter::Delete {
                    header: fields.filter.header.apart(written)?,
                    value: fields.filter.value.said(written)?,
                }),
                eslp_command_kind::ESLP_COMMAND_FILTER_DELETE_ALL => Command::Filter(Filter::DeleteAll),
                eslp_command_kind::ESLP_COMMAND_SENDEVENT => Command::SendEvent(SendEvent {
                    name: EventName::from_bytes(fields.sendevent.name.apart(written)?),
                    headers: fields.sendevent.headers.pairs(written)?,
                    body: fields.sendevent.body.apart(written)?,
                }),
                eslp_command_kind::ESLP_COMMAND_SENDMSG => Command::SendMsg(fields.sendmsg.message(written)?),
                eslp_command_kind::ESLP_COMMAND_LOG => Command::Log { level: level_of(fields.log_level)? },
                eslp_command_kind::ESLP_COMMAND_NOLOG => Command::NoLog,
                eslp_command_kind::ESLP_COMMAND_LINGER => Command::Linger { seconds: linger(fields.linger_seconds)? },
                eslp_command_kind::ESLP_COMMAND_NOLINGER => Command::NoLinger,
                eslp_command_kind::ESLP_COMMAND_GETVAR => Command::GetVar { name: fields.variable.apart(written)? },
                eslp_command_kind::ESLP_COMMAND_CONNECT => Command::Connect,
                eslp_command_kind::ESLP_COMMAND_RESUME => Command::Resume,
                eslp_command_kind::ESLP_COMMAND_EXIT => Command::Exit,
                _ => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
            })
        }
    }

    fn read(command: &Command<'_>, request: &Request<'_>) -> Self {
        let nothing = eslp_command_fields::ZERO;
        let (kind, fields) = match &raw::Command::from(*command) {
            raw::Command::Auth { password } => (
                eslp_command_kind::ESLP_COMMAND_AUTH,
                eslp_command_fields {
                    auth: eslp_auth { password: eslp_bytes::of(password.expose()), ..eslp_auth::ZERO },
                },
            ),
            raw::Command::UserAuth { user, domain, password } => (
                eslp_command_kind::ESLP_COMMAND_USERAUTH,
                eslp_command_fields {
                    auth: eslp_auth {
                        password: eslp_bytes::of(password.expose()),
                        user: eslp_bytes::of(user),
                        domain: eslp_bytes::of(domain),
                        ..eslp_auth::ZERO
                    },
                },
            ),
            raw::Command::Api { line, console_execute } => (
                eslp_command_kind::ESLP_COMMAND_API,
                eslp_command_fields {
                    api: eslp_api {
                        line: eslp_bytes::of(line),
                        console_execute: (*console_execute).into(),
                        ..eslp_api::ZERO
                    },
                },
            ),
            raw::Command::BgApi { line, job_uuid } => (
                eslp_command_kind::ESLP_COMMAND_BGAPI,
                eslp_command_fields {
                    api: eslp_api {
                        line: eslp_bytes::of(line),
                        job_uuid: eslp_bytes::option(*job_uuid),
                        ..eslp_api::ZERO
                    },
                },
            ),
            raw::Command::Event { format, events } => {
                let format = format.map_or(eslp_format::ESLP_FORMAT_NONE, format_number);
                (
                    eslp_command_kind::ESLP_COMMAND_EVENT,
                    eslp_command_fields { event: eslp_events::read(events, format) },
                )
            }
            raw::Command::NixEvent { events } => (
                eslp_command_kind::ESLP_COMMAND_NIXEVENT,
                eslp_command_fields { event: eslp_events::read(events, eslp_format::ESLP_FORMAT_NONE) },
            ),
            raw::Command::NoEvents => (eslp_command_kind::ESLP_COMMAND_NOEVENTS, nothing),
            raw::Command::MyEvents { uuid, format } => (
                eslp_command_kind::ESLP_COMMAND_MYEVENTS,
                eslp_command_fields {
                    myevents: eslp_myevents {
                        uuid: eslp_bytes::option(*uuid),
                        format: format.map_or(eslp_format::ESLP_FORMAT_NONE, format_number),
                        ..eslp_myevents::ZERO
                    },
                },
            ),
            raw::Command::DivertEvents { on } => {
                (eslp_command_kind::ESLP_COMMAND_DIVERT_EVENTS, eslp_command_fields { on: (*on).into() })
            }
            raw::Command::Filter(raw::Filter::Add { header, value }) => (
                eslp_command_kind::ESLP_COMMAND_FILTER_ADD,
                eslp_command_fields {
                    filter: eslp_filter {
                        header: eslp_bytes::of(header),
                        value: eslp_bytes::of(value),
                        ..eslp_filter::ZERO
                    },
                },
            ),
            raw::Command::Filter(raw::Filter::Ignored { header }) => (
                eslp_command_kind::ESLP_COMMAND_FILTER_ADD,
                eslp_command_fields { filter: eslp_filter { header: eslp_bytes::of(header), ..eslp_filter::ZERO } },
            ),
            raw::Command::Filter(raw::Filter::Delete { header, value }) => (
                eslp_command_kind::ESLP_COMMAND_FILTER_DELETE,
                eslp_command_fields {
                    filter: eslp_filter {
                        header: eslp_bytes::of(header),
                        value: eslp_bytes::option(*value),
                        ..eslp_filter::ZERO
                    },
                },
            ),
            raw::Command::Filter(raw::Filter::DeleteAll) => {
                (eslp_command_kind::ESLP_COMMAND_FILTER_DELETE_ALL, nothing)
            }
            raw::Command::SendEvent(event) => (
                eslp_command_kind::ESLP_COMMAND_SENDEVENT,
                eslp_command_fields {
                    sendevent: eslp_sendevent {
                        name: eslp_bytes::of(event.name.as_bytes()),
                        headers: eslp_pairs::of_headers(request),
                        body: eslp_bytes::of(event.body),
                        ..eslp_sendevent::ZERO
                    },
                },
            ),
            raw::Command::SendMsg(message) => (
                eslp_command_kind::ESLP_COMMAND_SENDMSG,
                eslp_command_fields { sendmsg: eslp_sendmsg::read(message, request) },
            ),
            raw::Command::Log { level } => {
                let level = level.map_or(eslp_log_level::ESLP_LOG_NONE, level_number);
                (eslp_command_kind::ESLP_COMMAND_LOG, eslp_command_fields { log_level: level })
            }
            raw::Command::NoLog => (eslp_command_kind::ESLP_COMMAND_NOLOG, nothing),
            raw::Command::Linger { seconds } => {
                let linger_seconds = linger_number(*seconds);
                (eslp_command_kind::ESLP_COMMAND_LINGER, eslp_command_fields { linger_seconds })
            }
            raw::Command::NoLinger => (eslp_command_kind::ESLP_COMMAND_NOLINGER, nothing),
            raw::Command::GetVar { name } => {
                (eslp_command_kind::ESLP_COMMAND_GETVAR, eslp_command_fields { variable: eslp_bytes::of(name) })
            }
            raw::Command::Connect => (eslp_command_kind::ESLP_COMMAND_CONNECT, nothing),
            raw::Command::Resume => (eslp_command_kind::ESLP_COMMAND_RESUME, nothing),
            raw::Command::Exit => (eslp_command_kind::ESLP_COMMAND_EXIT, nothing),
        };
        Self { kind, r#as: fields, ..Self::ZERO }
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
    fn read(events: &Events<'_>, format: eslp_format) -> Self {
        Self {
            names: eslp_bytes::option(events.names.as_line()),
            subclasses: eslp_bytes::option(events.subclasses.as_line()),
            format,
            ..Self::ZERO
        }
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
        let read = Self {
            uuid: eslp_bytes::option(message.uuid),
            lead_frames: message.lead_frames.unwrap_or_default(),
            event_lock: message.event_lock.into(),
            event_lock_pri: message.event_lock_pri.into(),
            run_async: message.run_async.into(),
            ..Self::NONE
        };
        match &raw::CallCommand::from(message.call) {
            raw::CallCommand::Execute(execute) => {
                Self { call: eslp_call_kind::ESLP_CALL_EXECUTE, execute: eslp_execute::read(execute), ..read }
            }
            raw::CallCommand::Hangup { cause } => Self {
                call: eslp_call_kind::ESLP_CALL_HANGUP,
                hangup_cause: eslp_bytes::option(cause.map(|cause| cause.as_bytes())),
                ..read
            },
            raw::CallCommand::Unicast(unicast) => {
                Self { call: eslp_call_kind::ESLP_CALL_UNICAST, unicast: eslp_unicast::read(unicast), ..read }
            }
            raw::CallCommand::NoMedia { uuid } => {
                Self { call: eslp_call_kind::ESLP_CALL_NOMEDIA, nomedia_uuid: eslp_bytes::of(uuid), ..read }
            }
            raw::CallCommand::XferExt { .. } => Self {
                call: eslp_call_kind::ESLP_CALL_XFEREXT,
                applications: eslp_pairs::of_applications(request),
                ..read
            },
            raw::CallCommand::Other { name } => Self { other: eslp_bytes::of(name), ..read },
        }
    }
}

fn field_number(field: Field) -> eslp_field {
    use raw::Field;
    match Field::from(field) {
        Field::Head => eslp_field::ESLP_FIELD_HEAD,
        Field::Password => eslp_field::ESLP_FIELD_PASSWORD,
        Field::User => eslp_field::ESLP_FIELD_USER,
        Field::Domain => eslp_field::ESLP_FIELD_DOMAIN,
        Field::ApiLine => eslp_field::ESLP_FIELD_API_LINE,
        Field::JobUuid => eslp_field::ESLP_FIELD_JOB_UUID,
        Field::EventName => eslp_field::ESLP_FIELD_EVENT_NAME,
        Field::Subclass => eslp_field::ESLP_FIELD_SUBCLASS,
        Field::Format => eslp_field::ESLP_FIELD_FORMAT,
        Field::Filter => eslp_field::ESLP_FIELD_FILTER,
        Field::Uuid => eslp_field::ESLP_FIELD_UUID,
        Field::Variable => eslp_field::ESLP_FIELD_VARIABLE,
        Field::HeaderName => eslp_field::ESLP_FIELD_HEADER_NAME,
        Field::HeaderValue => eslp_field::ESLP_FIELD_HEADER_VALUE,
        Field::Body => eslp_field::ESLP_FIELD_BODY,
        Field::Application => eslp_field::ESLP_FIELD_APPLICATION,
        Field::Argument => eslp_field::ESLP_FIELD_ARGUMENT,
        Field::Option => eslp_field::ESLP_FIELD_OPTION,
    }
}

impl From<&CommandError> for eslp_fault {
    fn from(error: &CommandError) -> Self {
        Self { field: field_number(error.field), item: error.item, offset: error.offset, ..Self::ZERO }
    }
}

/// Writes a command to `out`, for hosts without an eslp_client. `len`, which may be NULL, is its length.
///
/// Send it in one piece: while a command is incomplete, the server sends no events.
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len` says what is needed. An error from ESLP_COMMAND_EMPTY on if it would
/// break or forge the protocol: `fault`, which may be NULL, says where. What `out` holds has no meaning then.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_command_encode(
    command: *const eslp_command,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
    fault: *mut eslp_fault,
) -> eslp_status {
    // SAFETY: by the contract with C, `command` is an input and `out[..size]`, `len` and `fault` are outputs.
    run(|| unsafe {
        let (len, fault) = (Out::optional(len)?, Out::optional(fault)?);
        let written = read(command)?.command(Written::to(out, size))?.encode(output(out, size)?).map(<[u8]>::len);
        let count = match &written {
            Ok(count) => *count,
            Err(EncodeError::Insufficient(error)) => error.required,
            Err(EncodeError::Refused(error)) => {
                if let Some(fault) = fault {
                    fault.set(error.into());
                }
                return Err(eslp_status::of(error.code()));
            }
        };
        if let Some(len) = len {
            len.set(count);
        }
        written.map(drop).map_err(|error| eslp_status::of(error.code()))
    })
}

/// Reads a request as the server would: words match by prefix and in any case, headers may stand in any order. The
/// command is valid as long as the octets in the buffer.
///
/// @return An error from ESLP_PARSE_UNKNOWN on if it is no command; `offset`, which may be NULL, is the place in its
/// line.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_command_parse(
    request: *const eslp_frame,
    command: *mut eslp_command,
    offset: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `request` is an input and `command` and `offset` are outputs.
    run(|| unsafe {
        let (out, offset) = (Out::new(command)?, Out::optional(offset)?);
        let request = Request::from(read(request)?.frame()?);
        match Command::parse(&request) {
            Ok(command) => out.set(eslp_command::read(&command, &request)),
            Err(error) => {
                if let Some(offset) = offset {
                    offset.set(error.offset);
                }
                return Err(eslp_status::of(error.code()));
            }
        }
        Ok(())
    })
}

/// What an eslp_field is called, in English: valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_field_text(field: eslp_field) -> eslp_bytes {
    const FIELDS: [Field; 18] = [
        Field::Head,
        Field::Password,
        Field::User,
        Field::Domain,
        Field::ApiLine,
        Field::JobUuid,
        Field::EventName,
        Field::Subclass,
        Field::Format,
        Field::Filter,
        Field::Uuid,
        Field::Variable,
        Field::HeaderName,
        Field::HeaderValue,
        Field::Body,
        Field::Application,
        Field::Argument,
        Field::Option,
    ];
    let field = FIELDS.iter().find(|known| field_number(**known) == field);
    eslp_bytes::option(field.map(|field| field.as_str().as_bytes()))
}
