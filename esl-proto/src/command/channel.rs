//! `sendmsg`: instructions for a channel.

use core::fmt;

use super::{Pairs, debug_with_text};
use crate::name::HangupCause;
use crate::scan::any;
use crate::text::Value;

/// From how many bytes on an argument travels as a body: the server reads heads byte by byte, bodies in bulk.
const LONG_ARGUMENT: usize = 512;

/// A message to a channel: `sendmsg`.
///
/// The answer `+OK` means that the message waits for the channel, whatever it says; in sync outbound mode, that the
/// application has ended.
///
/// ```
/// use esl_proto::Command;
/// use esl_proto::command::{CallCommand, SendMsg};
/// use esl_proto::name::HangupCause;
///
/// let command = Command::from(SendMsg::new(CallCommand::hangup(HangupCause::UserBusy)).to("5fd4"));
/// let mut out = [0; 128];
/// assert_eq!(command.encode(&mut out)?, b"sendmsg 5fd4\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n");
/// # Ok::<(), esl_proto::command::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendMsg<'a> {
    /// The channel; [`None`] for the one that an outbound connection controls. An inbound connection must name it.
    pub uuid: Option<&'a [u8]>,
    /// What to do.
    pub call: CallCommand<'a>,
    /// Whether the channel handles no other message before this one has ended (`event-lock`).
    pub event_lock: bool,
    /// The same for messages of priority (`event-lock-pri`).
    pub event_lock_pri: bool,
    /// How many frames of media to wait for first (`lead-frames`).
    pub lead_frames: Option<u32>,
    /// In sync outbound mode: answer at once and let the application run (`async`).
    pub run_async: bool,
}

impl<'a> SendMsg<'a> {
    /// A message to the controlled channel.
    pub fn new(call: impl Into<CallCommand<'a>>) -> Self {
        Self::from_call(call.into())
    }

    /// A message to the controlled channel, also in a constant.
    #[must_use]
    pub const fn from_call(call: CallCommand<'a>) -> Self {
        Self { uuid: None, call, event_lock: false, event_lock_pri: false, lead_frames: None, run_async: false }
    }

    /// The same to the channel with this uuid.
    #[must_use]
    pub fn to(self, uuid: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { uuid: Some(uuid.as_ref()), ..self }
    }

    /// The same with `event-lock`.
    #[must_use]
    pub const fn event_lock(self) -> Self {
        Self { event_lock: true, ..self }
    }

    /// The same with `event-lock-pri`.
    #[must_use]
    pub const fn event_lock_pri(self) -> Self {
        Self { event_lock_pri: true, ..self }
    }

    /// The same with `lead-frames`.
    #[must_use]
    pub const fn lead_frames(self, count: u32) -> Self {
        Self { lead_frames: Some(count), ..self }
    }

    /// The same with `async`.
    #[must_use]
    pub const fn run_async(self) -> Self {
        Self { run_async: true, ..self }
    }

    pub(super) fn body(&self) -> &'a [u8] {
        match &self.call {
            CallCommand::Execute(execute) if execute.has_body() => execute.arg,
            _ => &[],
        }
    }
}

/// The instruction of a [`SendMsg`]: its `call-command`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallCommand<'a> {
    /// `execute`: run an application.
    Execute(Execute<'a>),
    /// `hangup`: end the call.
    Hangup {
        /// The cause; NORMAL_CLEARING by default.
        cause: Option<HangupCause<'a>>,
    },
    /// `unicast`: send and receive the call's media at a socket.
    Unicast(Unicast<'a>),
    /// `nomedia`: let the media of a bridged call flow past the server.
    NoMedia {
        /// One of the call's channels.
        uuid: &'a [u8],
    },
    /// `xferext`: transfer the channel to an extension made of these applications.
    XferExt {
        /// The applications, each with its argument.
        applications: Pairs<'a>,
    },
    /// Anything else, which the server accepts and ignores; empty for a message without a call-command.
    Other {
        /// The call-command.
        name: &'a [u8],
    },
}

impl<'a> CallCommand<'a> {
    /// [`CallCommand::Execute`], once; [`Execute`] has more.
    pub fn execute(app: &'a (impl AsRef<[u8]> + ?Sized), arg: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Execute(Execute::new(app, arg))
    }

    /// [`CallCommand::Hangup`]
    pub fn hangup(cause: impl Into<Option<HangupCause<'a>>>) -> Self {
        Self::Hangup { cause: cause.into() }
    }

    /// [`CallCommand::NoMedia`]
    pub fn nomedia(uuid: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::NoMedia { uuid: uuid.as_ref() }
    }

    /// [`CallCommand::XferExt`]
    pub fn xferext(applications: impl Into<Pairs<'a>>) -> Self {
        Self::XferExt { applications: applications.into() }
    }

    /// [`CallCommand::Unicast`]
    #[must_use]
    pub const fn unicast(unicast: Unicast<'a>) -> Self {
        Self::Unicast(unicast)
    }

    /// [`CallCommand::Other`]
    pub fn other(name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::Other { name: name.as_ref() }
    }
}

/// An application to run: call-command `execute`.
///
/// An application that the server does not know ends the call.
///
/// ```
/// use esl_proto::command::{Execute, SendMsg};
///
/// // On an outbound connection; its CHANNEL_EXECUTE_COMPLETE has this Application-UUID.
/// let message = SendMsg::new(Execute::new("playback", "welcome.wav").event_uuid("7c1e"));
/// # let _ = message;
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Execute<'a> {
    /// The application's name.
    pub app: &'a [u8],
    /// Its argument, none if empty. If it is long, holds line ends or begins with a blank, it travels as a body.
    pub arg: &'a [u8],
    /// How often to run it, negative for ever. A run of less than half a second is the last.
    pub loops: Option<i32>,
    /// The `Application-UUID` of CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE, free text; without it the server makes a
    /// UUID. Both events arrive only after a subscription to them (by name or by `myevents`), and are subject to
    /// filters like others.
    pub event_uuid: Option<&'a [u8]>,
    /// What they shall carry as `Application-UUID-Name`.
    pub event_uuid_name: Option<&'a [u8]>,
    /// Whether the bridged channel gets its hold music meanwhile (`hold-bleg`).
    pub hold_bleg: bool,
}

impl<'a> Execute<'a> {
    /// Runs `app` with `arg` once.
    pub fn new(app: &'a (impl AsRef<[u8]> + ?Sized), arg: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::from_bytes(app.as_ref(), arg.as_ref())
    }

    /// Runs `app` with `arg` once, also in a constant.
    #[must_use]
    pub const fn from_bytes(app: &'a [u8], arg: &'a [u8]) -> Self {
        Self { app, arg, loops: None, event_uuid: None, event_uuid_name: None, hold_bleg: false }
    }

    /// The same `count` times.
    #[must_use]
    pub const fn loops(self, count: i32) -> Self {
        Self { loops: Some(count), ..self }
    }

    /// The same, to be recognised by this `Application-UUID`.
    #[must_use]
    pub fn event_uuid(self, uuid: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { event_uuid: Some(uuid.as_ref()), ..self }
    }

    /// The same, with this `Application-UUID-Name` in its events.
    #[must_use]
    pub fn event_uuid_name(self, name: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { event_uuid_name: Some(name.as_ref()), ..self }
    }

    /// The same with `hold-bleg`.
    #[must_use]
    pub const fn hold_bleg(self) -> Self {
        Self { hold_bleg: true, ..self }
    }

    /// Whether the argument travels as a body.
    pub(super) fn has_body(&self) -> bool {
        self.arg.len() > LONG_ARGUMENT
            || self.arg.starts_with(b" ")
            || any(self.arg, |octet| matches!(octet, b'\n' | b'\r'))
    }
}

impl<'a> From<Execute<'a>> for CallCommand<'a> {
    fn from(execute: Execute<'a>) -> Self {
        Self::Execute(execute)
    }
}

/// The destination of a call's media: call-command `unicast`. Unset fields have the server's defaults.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Unicast<'a> {
    /// Default 127.0.0.1.
    pub local_ip: Option<&'a [u8]>,
    /// Default 8025.
    pub local_port: Option<u16>,
    /// Default 127.0.0.1.
    pub remote_ip: Option<&'a [u8]>,
    /// Default 8026.
    pub remote_port: Option<u16>,
    /// `udp` (the default) or `tcp`.
    pub transport: Option<&'a [u8]>,
    /// `native`: as the codec has them, not decoded.
    pub flags: Option<&'a [u8]>,
}

impl<'a> Unicast<'a> {
    /// All as the server has it by default.
    #[must_use]
    pub const fn new() -> Self {
        Self { local_ip: None, local_port: None, remote_ip: None, remote_port: None, transport: None, flags: None }
    }

    /// The same from this address of the server's.
    #[must_use]
    pub fn local_ip(self, ip: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { local_ip: Some(ip.as_ref()), ..self }
    }

    /// The same from this port of the server's.
    #[must_use]
    pub const fn local_port(self, port: u16) -> Self {
        Self { local_port: Some(port), ..self }
    }

    /// The same to this address.
    #[must_use]
    pub fn remote_ip(self, ip: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { remote_ip: Some(ip.as_ref()), ..self }
    }

    /// The same to this port.
    #[must_use]
    pub const fn remote_port(self, port: u16) -> Self {
        Self { remote_port: Some(port), ..self }
    }

    /// The same over `udp` or `tcp`.
    #[must_use]
    pub fn transport(self, transport: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { transport: Some(transport.as_ref()), ..self }
    }

    /// The same with these flags.
    #[must_use]
    pub fn flags(self, flags: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { flags: Some(flags.as_ref()), ..self }
    }
}

impl<'a> From<Unicast<'a>> for CallCommand<'a> {
    fn from(unicast: Unicast<'a>) -> Self {
        Self::Unicast(unicast)
    }
}

debug_with_text!(SendMsg { uuid call event_lock event_lock_pri lead_frames run_async });
debug_with_text!(Execute { app arg loops event_uuid event_uuid_name hold_bleg });
debug_with_text!(Unicast { local_ip local_port remote_ip remote_port transport flags });

impl fmt::Debug for CallCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execute(execute) => execute.fmt(f),
            Self::Hangup { cause } => f.debug_struct("Hangup").field("cause", cause).finish(),
            Self::Unicast(unicast) => unicast.fmt(f),
            Self::NoMedia { uuid } => f.debug_struct("NoMedia").field("uuid", &Value::from_bytes(uuid)).finish(),
            Self::XferExt { applications } => f.debug_struct("XferExt").field("applications", applications).finish(),
            Self::Other { name } => f.debug_struct("Other").field("name", &Value::from_bytes(name)).finish(),
        }
    }
}
