//! Reading commands as the server does. Each part of the grammar is read here, for [`Command::parse`] and for the listener.

use super::channel::{CallCommand, Execute, SendMsg, Unicast};
use super::verb::{self, Verb};
use super::{Command, Events, Filter, Pairs, Secret, SendEvent, keys};
use crate::frame::{Request, atoi, leading_number};
use crate::name::{EventName, Format, HangupCause, LogLevel};
use crate::text::cut::{skip, skip_blanks, split, split_at};
use crate::text::decimal;

located! {
    /// A request cannot be read as a command.
    ParseError of ParseErrorKind {
        --
        /// Position in the command line.
        offset: usize,
    }
}

numbered! {
    /// What [`ParseError`] found wrong.
    ParseErrorKind {
        /// A word that is no command, or `getvar` without an argument.
        Unknown = 401, "unknown command";
        /// `divert_events` without a value.
        Missing = 402, "argument missing";
        /// A log level that cannot be understood.
        Invalid = 403, "argument not understood";
        /// The command begins with a NUL. The server ends the connection.
        Nul = 404, "command begins with a NUL";
        /// `filter` without a value.
        Syntax = 405, "filter without a value";
        /// None of the names of `event` or `nixevent` is known to the server.
        NoNames = 406, "no known event name";
        /// `userauth` without a user, a domain or a password. The server ends the connection.
        Credentials = 407, "user, domain or password missing";
    }
}

impl ParseErrorKind {
    /// The text of the reply with which the server refuses such a request.
    #[must_use]
    pub const fn reply(self) -> &'static str {
        match self {
            Self::Unknown => verb::NOT_FOUND,
            Self::Missing => "-ERR missing value.",
            Self::Invalid => "-ERR invalid log level",
            Self::Nul => "-ERR command parse error.",
            Self::Syntax => "-ERR invalid syntax",
            Self::NoNames => "-ERR no keywords supplied",
            Self::Credentials => "-ERR invalid",
        }
    }
}

/// What is read, or what is wrong and where: the rest of the line from there on.
pub(crate) type Parsed<'a, T> = Result<T, (ParseErrorKind, &'a [u8])>;

/// At the end of the line.
const END: &[u8] = &[];

pub(super) fn command<'a>(request: &Request<'a>) -> Result<Command<'a>, ParseError> {
    let line = unloading(request.line());
    read(line, request).map_err(|(kind, rest)| ParseError { kind, offset: line.len().saturating_sub(rest.len()) })
}

/// Reads what has been written here: also event names none of which is known, and a line that the server would take for
/// another.
#[cfg(feature = "alloc")]
pub(super) fn written<'a>(request: &Request<'a>) -> Option<Command<'a>> {
    let line = request.line();
    match (read(line, request), verb::find(line)) {
        (Ok(command), _) => Some(command),
        (Err((ParseErrorKind::NoNames, _)), Some((row, rest))) => match row.verb {
            Verb::Event => {
                let (format, names) = event_words(rest);
                Some(Command::Event { format, events: Events::from_line(names) })
            }
            _ => Some(Command::NixEvent { events: Events::from_line(nixevent_words(rest)) }),
        },
        (Err(_), _) => None,
    }
}

fn read<'a>(line: &'a [u8], request: &Request<'a>) -> Parsed<'a, Command<'a>> {
    if line.is_empty() {
        return Err((ParseErrorKind::Nul, line));
    }
    let (row, rest) = verb::find(line).ok_or((ParseErrorKind::Unknown, line))?;
    Ok(match row.verb {
        Verb::Exit => Command::Exit,
        Verb::Auth => Command::Auth { password: Secret(rest) },
        Verb::UserAuth => {
            let (user, domain, password) = userauth(rest)?;
            Command::UserAuth { user, domain, password }
        }
        Verb::Filter => Command::Filter(filter(rest)?),
        Verb::Resume => Command::Resume,
        Verb::Connect => Command::Connect,
        Verb::GetVar => Command::GetVar { name: variable(rest)? },
        Verb::MyEvents => myevents(rest),
        Verb::DivertEvents => Command::DivertEvents { on: divert_events(rest)? },
        Verb::SendMsg => Command::SendMsg(sendmsg(request, rest)),
        Verb::SendEvent => Command::SendEvent(SendEvent {
            name: event_name(rest),
            headers: Pairs::headers(*request),
            body: request.body().unwrap_or_default(),
        }),
        Verb::Api => Command::Api { line: rest, console_execute: is_console(request) },
        Verb::BgApi => Command::BgApi { line: rest, job_uuid: job_uuid(request) },
        Verb::Log => {
            let (word, level) = log(rest)?;
            Command::Log { level: (!word.is_empty()).then_some(level) }
        }
        Verb::Linger => Command::Linger {
            seconds: match linger_seconds(rest) {
                -1 => None,
                seconds => Some(u32::try_from(seconds).unwrap_or(0)),
            },
        },
        Verb::NoLinger => Command::NoLinger,
        Verb::NoLog => Command::NoLog,
        Verb::Event => {
            let (format, names) = event_words(rest);
            Command::Event { format, events: events(names)? }
        }
        Verb::NixEvent => Command::NixEvent { events: events(nixevent_words(rest))? },
        Verb::NoEvents => Command::NoEvents,
    })
}

/// The command line that the server reads where one speaks of taking away the module that serves it.
pub(crate) fn unloading(line: &[u8]) -> &[u8] {
    let has = |word: &[u8]| line.windows(word.len()).any(|text| text.eq_ignore_ascii_case(word));
    if !has(b"mod_event_socket") {
        line
    } else if has(b"unload") {
        b"api bgapi unload mod_event_socket"
    } else if has(b"reload") {
        b"api bgapi reload mod_event_socket"
    } else {
        line
    }
}

/// What follows the first blank of `text`.
fn after_blank(text: &[u8]) -> Option<&[u8]> {
    split_at(b' ', text).map(|(_, rest)| rest)
}

/// `user@domain:password`, or `user:password@domain`.
pub(crate) fn userauth(text: &[u8]) -> Parsed<'_, (&[u8], &[u8], Secret<'_>)> {
    let (user, domain) = split(b'@', text);
    let (domain, last) = split(b':', domain);
    let (user, password) = split_at(b':', user).unwrap_or((user, last));
    if user.is_empty() || domain.is_empty() || password.is_empty() {
        return Err((ParseErrorKind::Credentials, END));
    }
    Ok((user, domain, Secret(password)))
}

pub(crate) fn filter(rest: &[u8]) -> Parsed<'_, Filter<'_>> {
    let (first, rest) = split_at(b' ', skip_blanks(rest)).ok_or((ParseErrorKind::Syntax, END))?;
    if first.eq_ignore_ascii_case(keys::DELETE) {
        let (header, value) = split(b' ', rest);
        return Ok(match header.eq_ignore_ascii_case(keys::ALL) {
            true => Filter::DeleteAll,
            false => Filter::Delete { header, value: (!value.is_empty()).then_some(value) },
        });
    }
    if first.eq_ignore_ascii_case(keys::ADD) {
        return Ok(match split_at(b' ', rest) {
            Some((header, value)) => Filter::Add { header, value },
            None => Filter::Ignored { header: rest },
        });
    }
    Ok(Filter::Add { header: first, value: rest })
}

/// The variable of `getvar`.
pub(crate) fn variable(rest: &[u8]) -> Parsed<'_, &[u8]> {
    after_blank(rest).ok_or((ParseErrorKind::Unknown, END))
}

fn myevents(rest: &[u8]) -> Command<'_> {
    let format = format_within(rest);
    let first = rest.strip_prefix(b" ").map_or(END, |text| split(b' ', text).0);
    match first {
        b"" => Command::MyEvents { uuid: None, format },
        word if word == Format::Plain.as_str().as_bytes() => {
            Command::MyEvents { uuid: None, format: format.or(Some(Format::Plain)) }
        }
        b"json" | b"JSON" | b"xml" | b"XML" => Command::MyEvents { uuid: None, format },
        uuid => Command::MyEvents { uuid: Some(uuid), format },
    }
}

/// The format that the server finds anywhere in the arguments of `myevents`, in one case of its letters. It never finds
/// plain.
pub(crate) fn format_within(text: &[u8]) -> Option<Format> {
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part == word);
    if has(b"json") || has(b"JSON") {
        Some(Format::Json)
    } else if has(b"xml") || has(b"XML") {
        Some(Format::Xml)
    } else {
        None
    }
}

/// Whether `divert_events` says `on`.
pub(crate) fn divert_events(rest: &[u8]) -> Parsed<'_, bool> {
    match skip_blanks(rest) {
        [] => Err((ParseErrorKind::Missing, END)),
        word => Ok(word.eq_ignore_ascii_case(keys::ON)),
    }
}

/// The name of `sendevent`.
pub(crate) fn event_name(rest: &[u8]) -> EventName<'_> {
    EventName::asked_for(skip(rest, |octet| matches!(octet, b' ' | b'\t')))
}

/// Whether an `api` is read as on the console.
pub(crate) fn is_console(request: &Request<'_>) -> bool {
    is_true(request.get(keys::CONSOLE_EXECUTE))
}

/// The name that a `bgapi` gives its job, as far as the server's buffer has room for it.
pub(crate) fn job_uuid<'a>(request: &Request<'a>) -> Option<&'a [u8]> {
    const MOST: usize = 256;
    request.get(keys::JOB_UUID).map(|job| job.get(..MOST).unwrap_or(job))
}

/// The word of `log` and the level that it is; DEBUG without a word.
pub(crate) fn log(rest: &[u8]) -> Parsed<'_, (&[u8], LogLevel)> {
    let rest = skip_blanks(rest);
    let (word, _) = split(b' ', rest);
    let level = if word.is_empty() { Some(LogLevel::DEBUG) } else { LogLevel::from_bytes(word) };
    Ok((word, level.ok_or((ParseErrorKind::Invalid, rest))?))
}

/// How long to linger: the number after one blank, 0 if the argument is not a number; -1, for ever, without an argument.
pub(crate) fn linger_seconds(rest: &[u8]) -> i32 {
    match rest {
        [b' ', text @ ..] if !text.is_empty() => atoi(text),
        _ => -1,
    }
}

/// The format of `event`, which counts only as the first word, and the names after it.
pub(crate) fn event_words(rest: &[u8]) -> (Option<Format>, &[u8]) {
    let words = after_blank(rest).unwrap_or_default();
    let (first, others) = split(b' ', words);
    match Format::from_bytes(first) {
        Some(format) => (Some(format), others),
        None => (None, words),
    }
}

/// The names of `nixevent`.
pub(crate) fn nixevent_words(rest: &[u8]) -> &[u8] {
    after_blank(rest).unwrap_or_default()
}

fn events(names: &[u8]) -> Parsed<'_, Events<'_>> {
    let events = Events::from_line(names);
    match events.names.iter().any(|name| !matches!(name, EventName::Other(_))) {
        true => Ok(events),
        false => Err((ParseErrorKind::NoNames, END)),
    }
}

/// What the server takes for true.
fn is_true(value: Option<&[u8]>) -> bool {
    value.is_some_and(|value| {
        keys::TRUE.iter().any(|word| value.eq_ignore_ascii_case(word))
            || decimal(value.iter().copied()).is_some_and(|number| number != 0)
    })
}

pub(crate) fn sendmsg<'a>(request: &Request<'a>, rest: &'a [u8]) -> SendMsg<'a> {
    let uuid = match skip_blanks(rest) {
        [] => request.get(keys::SESSION_ID),
        uuid => Some(uuid),
    };
    let call = match request.get(keys::CALL_COMMAND).unwrap_or_default() {
        keys::EXECUTE => CallCommand::Execute(execute(request)),
        keys::HANGUP => CallCommand::Hangup { cause: request.get(keys::HANGUP_CAUSE).map(HangupCause::from_bytes) },
        keys::UNICAST => CallCommand::Unicast(unicast(request)),
        keys::NOMEDIA => CallCommand::NoMedia { uuid: request.get(keys::NOMEDIA_UUID).unwrap_or_default() },
        keys::XFEREXT => CallCommand::XferExt { applications: Pairs::applications(*request) },
        name => CallCommand::Other { name },
    };
    SendMsg {
        uuid,
        call,
        event_lock: is_true(request.get(keys::EVENT_LOCK)),
        event_lock_pri: is_true(request.get(keys::EVENT_LOCK_PRI)),
        lead_frames: request.get(keys::LEAD_FRAMES).map(|count| number(count, u32::MAX)),
        run_async: is_true(request.get(keys::ASYNC)),
    }
}

/// A number as the server reads it, 0 if it is none, and no more than `most`.
fn number(text: &[u8], most: u32) -> u32 {
    u32::try_from(leading_number(text).unwrap_or(0)).unwrap_or(most).min(most)
}

fn execute<'a>(request: &Request<'a>) -> Execute<'a> {
    let is_text = || request.get(keys::CONTENT_TYPE).is_some_and(|kind| kind.eq_ignore_ascii_case(keys::TEXT_PLAIN));
    let arg = request.get(keys::APP_ARG).or_else(|| request.body().filter(|_| is_text()));
    Execute {
        app: request.get(keys::APP_NAME).unwrap_or_default(),
        arg: arg.unwrap_or_default(),
        loops: request.get(keys::LOOPS).map(atoi),
        event_uuid: request.get(keys::EVENT_UUID),
        event_uuid_name: request.get(keys::EVENT_UUID_NAME),
        hold_bleg: is_true(request.get(keys::HOLD_BLEG)),
    }
}

fn port(text: &[u8]) -> u16 {
    number(text, u32::from(u16::MAX)) as u16
}

fn unicast<'a>(request: &Request<'a>) -> Unicast<'a> {
    Unicast {
        local_ip: request.get(keys::LOCAL_IP),
        local_port: request.get(keys::LOCAL_PORT).map(port),
        remote_ip: request.get(keys::REMOTE_IP),
        remote_port: request.get(keys::REMOTE_PORT).map(port),
        transport: request.get(keys::TRANSPORT),
        flags: request.get(keys::FLAGS),
    }
}
