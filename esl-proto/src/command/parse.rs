//! Reading commands as the server does.

use core::fmt;

use super::channel::{Call, Execute, SendMsg, Unicast};
use super::list::split_at_blank;
use super::{Command, Events, Filter, Pairs, Secret, SendEvent};
use crate::frame::{Request, atoi, leading_number};
use crate::name::{EventName, Format, HangupCause, LogLevel};
use crate::text::decimal;

/// A request cannot be read as a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Position in the command line.
    pub offset: usize,
}

numbered! {
    /// What [`ParseError`] found wrong.
    ParseErrorKind {
        /// A word that is no command.
        Unknown = 401, "unknown command";
        /// The command wants an argument.
        Missing = 402, "argument missing";
        /// An argument that cannot be understood.
        Invalid = 403, "argument not understood";
    }
}

impl ParseError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.kind.code()
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.kind, self.offset)
    }
}

impl core::error::Error for ParseError {}

/// A command line that is being read.
#[derive(Clone, Copy)]
struct Line<'a> {
    whole: &'a [u8],
}

impl<'a> Line<'a> {
    /// What follows `word`, if the line begins with it in any case of its letters.
    fn after(self, word: &str) -> Option<&'a [u8]> {
        after(word, self.whole)
    }

    /// That something is wrong where `rest` begins.
    const fn error(self, kind: ParseErrorKind, rest: &[u8]) -> ParseError {
        ParseError { kind, offset: self.whole.len().saturating_sub(rest.len()) }
    }
}

/// What follows `word` in a command line, if it begins so, in any case of its letters.
pub(crate) fn after<'a>(word: &str, line: &'a [u8]) -> Option<&'a [u8]> {
    let (front, rest) = line.split_at_checked(word.len())?;
    front.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
}

pub(super) fn command<'a>(request: &Request<'a>) -> Result<Command<'a>, ParseError> {
    let line = Line { whole: request.line() };
    // In the server's order, which decides where one word begins another.
    if line.after("exit").is_some() || line.after("...").is_some() {
        return Ok(Command::Exit);
    }
    if let Some(password) = line.after("auth ") {
        return Ok(Command::Auth { password: Secret(password) });
    }
    if let Some(rest) = line.after("userauth ") {
        let (user, domain, password) = userauth(rest);
        return Ok(Command::UserAuth { user, domain, password });
    }
    if let Some(rest) = line.after("filter ") {
        return filter(line, rest).map(Command::Filter);
    }
    if line.after("resume").is_some() {
        return Ok(Command::Resume);
    }
    if line.after("connect").is_some() {
        return Ok(Command::Connect);
    }
    if let Some(rest) = line.after("getvar") {
        let name = after_blank(rest).ok_or(line.error(ParseErrorKind::Missing, &[]))?;
        return Ok(Command::GetVar { name });
    }
    if let Some(rest) = line.after("myevents") {
        return Ok(myevents(rest));
    }
    if let Some(rest) = line.after("divert_events") {
        return match skip_blanks(rest) {
            [] => Err(line.error(ParseErrorKind::Missing, &[])),
            word => Ok(Command::DivertEvents { on: word.eq_ignore_ascii_case(b"on") }),
        };
    }
    if let Some(rest) = line.after("sendmsg") {
        return Ok(Command::SendMsg(sendmsg(request, rest)));
    }
    if let Some(rest) = line.after("sendevent") {
        return Ok(Command::SendEvent(SendEvent {
            name: EventName::from_octets(skip_blanks_and_tabs(rest)),
            headers: Pairs::headers(*request),
            body: request.body().unwrap_or_default(),
        }));
    }
    if let Some(rest) = line.after("api ") {
        return Ok(Command::Api { line: rest, console_execute: is_true(request.get("console_execute")) });
    }
    if let Some(rest) = line.after("bgapi ") {
        return Ok(Command::BgApi { line: rest, job_uuid: request.get("job-uuid") });
    }
    if let Some(rest) = line.after("log") {
        return log(line, rest);
    }
    if let Some(rest) = line.after("linger") {
        let seconds = match linger_seconds(rest) {
            -1 => None,
            seconds => Some(u32::try_from(seconds).unwrap_or(0)),
        };
        return Ok(Command::Linger { seconds });
    }
    if line.after("nolinger").is_some() {
        return Ok(Command::NoLinger);
    }
    if line.after("nolog").is_some() {
        return Ok(Command::NoLog);
    }
    if let Some(rest) = line.after("event") {
        return event(line, rest);
    }
    if let Some(rest) = line.after("nixevent") {
        let events = Events::from_line(after_blank(rest).unwrap_or_default());
        return some_events(line, &events).map(|()| Command::NixEvent { events });
    }
    if line.after("noevents").is_some() {
        return Ok(Command::NoEvents);
    }
    Err(ParseError { kind: ParseErrorKind::Unknown, offset: 0 })
}

/// What follows the first blank of `text`.
pub(crate) fn after_blank(text: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b' ', text).and_then(|at| text.get(at + 1..))
}

pub(crate) fn skip_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = text {
        text = rest;
    }
    text
}

pub(crate) fn skip_blanks_and_tabs(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

pub(crate) fn split_at(separator: u8, text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(memchr::memchr(separator, text)?)?;
    Some((before, after.get(1..).unwrap_or_default()))
}

/// `user@domain:password`, or `user:password@domain`.
pub(crate) fn userauth(text: &[u8]) -> (&[u8], &[u8], Secret<'_>) {
    let (user, domain) = split_at(b'@', text).unwrap_or((text, &[]));
    let (domain, mut password) = split_at(b':', domain).unwrap_or((domain, &[]));
    let user = match split_at(b':', user) {
        Some((user, first)) => {
            password = first;
            user
        }
        None => user,
    };
    (user, domain, Secret(password))
}

fn filter<'a>(line: Line<'a>, rest: &'a [u8]) -> Result<Filter<'a>, ParseError> {
    let missing = line.error(ParseErrorKind::Missing, &[]);
    let (first, rest) = split_at(b' ', skip_blanks(rest)).ok_or(missing)?;
    if first.eq_ignore_ascii_case(b"delete") {
        let (header, value) = split_at(b' ', rest).map_or((rest, None), |(header, value)| (header, Some(value)));
        return Ok(match header.eq_ignore_ascii_case(b"all") {
            true => Filter::DeleteAll,
            false => Filter::Delete { header, value },
        });
    }
    if first.eq_ignore_ascii_case(b"add") {
        let (header, value) = split_at(b' ', rest).ok_or(missing)?;
        return Ok(Filter::Add { header, value });
    }
    Ok(Filter::Add { header: first, value: rest })
}

fn myevents(rest: &[u8]) -> Command<'_> {
    let (first, second) = split_at_blank(skip_blanks(rest));
    match Format::from_octets(first) {
        Some(format) => Command::MyEvents { uuid: None, format: Some(format) },
        None => {
            let uuid = (!first.is_empty()).then_some(first);
            Command::MyEvents { uuid, format: Format::from_octets(second) }
        }
    }
}

fn log<'a>(line: Line<'a>, rest: &'a [u8]) -> Result<Command<'a>, ParseError> {
    let rest = skip_blanks(rest);
    let (word, _) = split_at_blank(rest);
    if word.is_empty() {
        return Ok(Command::Log { level: None });
    }
    match LogLevel::from_octets(word) {
        Some(level) => Ok(Command::Log { level: Some(level) }),
        None => Err(line.error(ParseErrorKind::Invalid, rest)),
    }
}

/// How long to linger: the number after one blank, 0 if the argument is not a number; -1, for ever, without an argument.
pub(crate) fn linger_seconds(rest: &[u8]) -> i32 {
    match rest {
        [b' ', text @ ..] if !text.is_empty() => atoi(text),
        _ => -1,
    }
}

fn event<'a>(line: Line<'a>, rest: &'a [u8]) -> Result<Command<'a>, ParseError> {
    let words = after_blank(rest).unwrap_or_default();
    // A format counts only as the first word.
    let (first, others) = split_at_blank(words);
    let format = Format::from_octets(first);
    let events = Events::from_line(if format.is_some() { others } else { words });
    some_events(line, &events).map(|()| Command::Event { format, events })
}

fn some_events(line: Line<'_>, events: &Events<'_>) -> Result<(), ParseError> {
    match events.names.iter().next() {
        Some(_) => Ok(()),
        None => Err(line.error(ParseErrorKind::Missing, &[])),
    }
}

/// What the server takes for true.
pub(crate) fn is_true(value: Option<&[u8]>) -> bool {
    const WORDS: [&str; 7] = ["yes", "on", "true", "t", "enabled", "active", "allow"];
    value.is_some_and(|value| {
        WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
            || decimal(value.iter().copied()).is_some_and(|number| number != 0)
    })
}

pub(crate) fn sendmsg<'a>(request: &Request<'a>, rest: &'a [u8]) -> SendMsg<'a> {
    let uuid = match skip_blanks(rest) {
        [] => request.get("session-id"),
        uuid => Some(uuid),
    };
    let call = match request.get("call-command").unwrap_or_default() {
        b"execute" => Call::Execute(execute(request)),
        b"hangup" => Call::Hangup { cause: request.get("hangup-cause").map(HangupCause::from_octets) },
        b"unicast" => Call::Unicast(unicast(request)),
        b"nomedia" => Call::NoMedia { uuid: request.get("nomedia-uuid").unwrap_or_default() },
        b"xferext" => Call::XferExt { applications: Pairs::applications(*request) },
        name => Call::Other { name },
    };
    SendMsg {
        uuid,
        call,
        event_lock: is_true(request.get("event-lock")),
        event_lock_pri: is_true(request.get("event-lock-pri")),
        lead_frames: request.get("lead-frames").map(|count| number(count, u32::MAX)),
        is_async: is_true(request.get("async")),
    }
}

/// A number as the server reads it, 0 if it is none, and no more than `most`.
fn number(text: &[u8], most: u32) -> u32 {
    u32::try_from(leading_number(text).unwrap_or(0)).unwrap_or(most).min(most)
}

fn execute<'a>(request: &Request<'a>) -> Execute<'a> {
    let body_is_argument = || request.get("content-type").is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/plain"));
    let arg = request.get("execute-app-arg").or_else(|| request.body().filter(|_| body_is_argument()));
    Execute {
        app: request.get("execute-app-name").unwrap_or_default(),
        arg: arg.unwrap_or_default(),
        loops: request.get("loops").map(atoi),
        event_uuid: request.get("event-uuid"),
        event_uuid_name: request.get("event-uuid-name"),
        hold_bleg: is_true(request.get("hold-bleg")),
    }
}

fn port(text: &[u8]) -> u16 {
    number(text, u32::from(u16::MAX)) as u16
}

fn unicast<'a>(request: &Request<'a>) -> Unicast<'a> {
    Unicast {
        local_ip: request.get("local-ip"),
        local_port: request.get("local-port").map(port),
        remote_ip: request.get("remote-ip"),
        remote_port: request.get("remote-port").map(port),
        transport: request.get("transport"),
        flags: request.get("flags"),
    }
}
