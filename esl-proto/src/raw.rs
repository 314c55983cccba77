//! For bindings to other languages only, and no part of what semantic versioning covers.
//!
//! What may grow is `#[non_exhaustive]` for programs. A binding must give each variant a number or a word of its own, and a
//! catch-all arm would give a new variant the number of another. So it matches these enums, which have the same variants
//! and can be matched whole: a variant more breaks the build here, and then that of each binding.

use crate::client::{Answer, CommandId, Unanswered};
use crate::command::{CommandError, Events, Execute, Pairs, Secret, SendEvent, SendMsg, Unicast};
use crate::event::Event;
use crate::frame::{DecodeError, Frame, Request};
use crate::message::{ApiResponse, DisconnectNotice, LogLine, Rejection, Reply};
use crate::name::{EventName, Format, HangupCause, LogLevel};
use crate::text::Insufficient;
use crate::{client, command, event, frame, message};

macro_rules! mirrors {
    ($($name:ident $(<$lifetime:lifetime>)? of $($module:ident)::+ {
        $($variant:ident $({ $($field:ident: $type:ty),+ })? $(($inner:ident: $inner_type:ty))?,)+
    })+) => {$(
        #[doc = concat!("All that the enum of this name in `", stringify!($($module)::+), "` can be.")]
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs, reason = "they are those of the other enum")]
        pub enum $name $(<$lifetime>)? {
            $($variant $({ $($field: $type),+ })? $(($inner_type))?,)+
        }

        impl $(<$lifetime>)? From<crate::$($module)::+::$name $(<$lifetime>)?> for $name $(<$lifetime>)? {
            #[inline]
            #[allow(clippy::useless_conversion, reason = "what an enum holds may be a mirror, too")]
            fn from(it: crate::$($module)::+::$name $(<$lifetime>)?) -> Self {
                use crate::$($module)::+::$name as Public;
                match it {
                    $(Public::$variant $({ $($field),+ })? $(($inner))? => {
                        Self::$variant $({ $($field: $field.into()),+ })? $(($inner.into()))?
                    })+
                }
            }
        }
    )+};
}

mirrors! {
    Incoming<'b> of client {
        AuthRequest,
        Authenticated { id: CommandId, reply: Reply<'b> },
        AuthRefused { id: CommandId, reply: Reply<'b> },
        Connected { id: CommandId, reply: Reply<'b> },
        Answer { id: CommandId, answer: Answer<'b> },
        Event(event: Event<'b>),
        Log(line: LogLine<'b>),
        Lingering(notice: DisconnectNotice<'b>),
        Rejected { rejection: Rejection<'b>, unanswered: Unanswered },
        Goodbye { notice: DisconnectNotice<'b>, end: client::End, unanswered: Unanswered },
        Unexpected(message: message::Message<'b>),
    }

    End of client {
        Exit,
        AuthRefused,
        AuthTimeout,
        Rejected,
        ChannelEnded,
        Shutdown,
        EventsLost,
        Goodbye,
        Eof,
        Protocol(error: DecodeError),
    }

    SendError of client {
        Refused(error: CommandError),
        NotAllowed(reason: client::NotAllowed),
        Insufficient(error: Insufficient),
    }

    Message<'b> of message {
        AuthRequest(frame: Frame<'b>),
        Reply(reply: Reply<'b>),
        ApiResponse(response: ApiResponse<'b>),
        Event(event: Event<'b>),
        Log(line: LogLine<'b>),
        Disconnect(notice: DisconnectNotice<'b>),
        Rejection(rejection: Rejection<'b>),
        Other(frame: Frame<'b>),
    }

    Status of message {
        Ok,
        Err,
        Usage,
        Bare,
        Broken,
    }

    FrameKind of frame {
        AuthRequest,
        Reply,
        ApiResponse,
        Event(format: Format),
        Log,
        Disconnect,
        Rejection,
        Other,
    }

    Command<'a> of command {
        Auth { password: Secret<'a> },
        UserAuth { user: &'a [u8], domain: &'a [u8], password: Secret<'a> },
        Api { line: &'a [u8], console_execute: bool },
        BgApi { line: &'a [u8], job_uuid: Option<&'a [u8]> },
        Event { format: Option<Format>, events: Events<'a> },
        NixEvent { events: Events<'a> },
        NoEvents,
        MyEvents { uuid: Option<&'a [u8]>, format: Option<Format> },
        DivertEvents { on: bool },
        Filter(filter: Filter<'a>),
        SendEvent(event: SendEvent<'a>),
        SendMsg(message: SendMsg<'a>),
        Log { level: Option<LogLevel> },
        NoLog,
        Linger { seconds: Option<u32> },
        NoLinger,
        GetVar { name: &'a [u8] },
        Connect,
        Resume,
        Exit,
    }

    Filter<'a> of command {
        Add { header: &'a [u8], value: &'a [u8] },
        Delete { header: &'a [u8], value: Option<&'a [u8]> },
        DeleteAll,
        Ignored { header: &'a [u8] },
    }

    CallCommand<'a> of command {
        Execute(execute: Execute<'a>),
        Hangup { cause: Option<HangupCause<'a>> },
        Unicast(unicast: Unicast<'a>),
        NoMedia { uuid: &'a [u8] },
        XferExt { applications: Pairs<'a> },
        Other { name: &'a [u8] },
    }

    Field of command {
        Head,
        Password,
        User,
        Domain,
        ApiLine,
        JobUuid,
        EventName,
        Subclass,
        Format,
        Filter,
        Uuid,
        Variable,
        HeaderName,
        HeaderValue,
        Body,
        Application,
        Argument,
        Option,
    }
}

/// Of what a channel executes.
#[cfg(feature = "dial")]
pub mod app {
    use crate::command::app::AppError;
    use crate::dial::DialError;
    use crate::text::Insufficient;

    mirrors! {
        AppEncodeError of command::app {
            Refused(error: AppError),
            Dial(error: DialError),
            Insufficient(error: Insufficient),
        }
    }
}

/// Of dial strings.
#[cfg(feature = "dial")]
pub mod dial {
    mirrors! {
        DialField of dial {
            VariableName,
            VariableValue,
            Endpoint,
            Extension,
            Application,
            Argument,
            Dialplan,
            Context,
            CidName,
            CidNum,
            TimeoutSec,
        }
    }
}

/// The listener's.
#[cfg(feature = "server")]
pub mod server {
    use super::*;
    use crate::server::Goodbye;

    mirrors! {
        HostRequest<'b> of server {
            Password(password: Secret<'b>),
            User { user: &'b [u8], domain: &'b [u8], password: Secret<'b> },
            Api { line: &'b [u8], command: &'b [u8], argument: Option<&'b [u8]>, console: bool },
            BgApi { line: &'b [u8], command: &'b [u8], argument: Option<&'b [u8]>, job: Option<&'b [u8]> },
            SendMsg { message: SendMsg<'b>, request: Request<'b>, wait: bool },
            SendEvent { name: EventName<'b>, request: Request<'b> },
            Connect,
            GetVar(name: &'b [u8]),
            MyEvents(uuid: &'b [u8]),
        }

        Effect of server {
            Greeting,
            None,
            AllEvents,
            EventsFlushed,
            LogFlushed,
            Divert(on: bool),
            Resume,
            Linger,
        }

        Closed of server {
            Exit,
            Refused,
            Rejected,
            NoCommand,
            Unreadable(error: DecodeError),
            ChannelGone,
            Ended(goodbye: Goodbye),
        }

        Admission of server {
            Skip,
            Enqueue,
            Dropped,
            Overflow,
        }
    }
}

/// What is known of calls.
#[cfg(feature = "json")]
pub mod calls {
    use crate::calls::Call;

    mirrors! {
        Change<'c> of calls {
            Nothing,
            Began,
            Updated,
            Renamed(old: &'c [u8]),
            Ended(call: Call<'c>),
            Overlooked,
        }
    }
}

/// What a session tells.
#[cfg(all(feature = "alloc", feature = "dial"))]
pub mod session {
    use crate::client::{self, SendError};
    use crate::name::LogLevel;
    use crate::session;
    pub use crate::session::slots::SlotMap;

    mirrors! {
        Outcome of session {
            Answered,
            Value,
            Read,
            Cut,
            JobEnded,
            Completed,
            ChannelEnded,
            Refused,
            TimedOut,
            Lost(reason: session::Reason),
        }

        Reason of session {
            End(end: client::End),
            Silence,
            NoHeartbeat,
            Closed,
        }

        SessionError of session {
            Send(error: SendError),
            SlotInUse,
            NotConnected,
            NotReady,
            Unheard,
        }
    }

    /// All that the enum of this name in `session` can be, with its texts borrowed.
    #[derive(Clone, Copy, Debug)]
    #[allow(missing_docs, reason = "they are those of the other enum")]
    pub enum Notice<'n> {
        FilterRefused { header: &'n [u8], value: &'n [u8] },
        LogRefused { level: LogLevel },
        HeartbeatRefused,
        Restarted { before: &'n [u8], after: &'n [u8] },
    }

    impl<'n> From<&'n session::Notice> for Notice<'n> {
        fn from(it: &'n session::Notice) -> Self {
            use session::Notice as Public;
            match it {
                Public::FilterRefused { header, value } => Self::FilterRefused { header, value },
                Public::LogRefused { level } => Self::LogRefused { level: *level },
                Public::HeartbeatRefused => Self::HeartbeatRefused,
                Public::Restarted { before, after } => Self::Restarted { before, after },
            }
        }
    }
}

/// As [`Client::send`](crate::Client::send), compiled into its caller. Where that says which command it is, the writing of no
/// other is linked: for programs that send few, on small machines.
///
/// # Errors
/// As [`Client::send`](crate::Client::send).
#[inline(always)]
pub fn send(
    client: &mut crate::Client,
    command: &crate::Command<'_>,
    out: &mut [u8],
) -> Result<client::Sent, client::SendError> {
    client.send_here(command, out)
}

/// Sends `event` with its names as somebody has typed them, without FreeSWITCH's words.
///
/// # Errors
/// As [`Client::send`](crate::Client::send).
pub fn send_event(
    client: &mut crate::Client,
    format: Option<Format>,
    names: &[u8],
    out: &mut [u8],
) -> Result<client::Sent, client::SendError> {
    client.send_typed(format, names, out)
}

/// The numbers of all errors of a kind, for the same reason: a binding that lists them can assert that none is missing.
pub const CODES: &[&[u16]] = &[
    frame::DecodeErrorKind::CODES,
    event::EventErrorKind::CODES,
    event::OutgoingEventErrorKind::CODES,
    command::CommandErrorKind::CODES,
    command::ParseErrorKind::CODES,
    client::NotAllowed::CODES,
    #[cfg(feature = "dial")]
    crate::dial::DialErrorKind::CODES,
    #[cfg(feature = "dial")]
    crate::dial::DialParseErrorKind::CODES,
    #[cfg(all(feature = "alloc", feature = "dial"))]
    crate::session::SessionError::CODES,
];
