//! Validating and writing commands.

use core::fmt;

use super::channel::{CallCommand, Execute, SendMsg, Unicast};
use super::keys::Key;
use super::parse::format_within;
use super::verb::Verb;
use super::{Command, CommandError, CommandErrorKind, Events, Field, Filter, SendEvent, keys};
use crate::frame::ends_in_first_line;
use crate::name::{EventName, Format, HangupCause, LogLevel, header};
use crate::scan::any;
use crate::sink::Sink;
use crate::text::check::{self, Break};

struct Shown<'f, 'w> {
    formatter: &'f mut fmt::Formatter<'w>,
    result: fmt::Result,
}

impl Sink for Shown<'_, '_> {
    fn put(&mut self, octets: &[u8]) {
        if self.result.is_ok() {
            self.result = fmt::Display::fmt(&octets.escape_ascii(), self.formatter);
        }
    }

    fn put_secret(&mut self, _: &[u8]) {
        self.put(b"***");
    }
}

impl Command<'_> {
    pub(super) fn show(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Shown { formatter, result: Ok(()) };
        self.write(&mut shown);
        shown.result
    }

    #[inline(always)]
    pub(super) fn write(&self, sink: &mut impl Sink) {
        match self {
            Self::Auth { password } => {
                sink.put(const { Verb::Auth.word() });
                sink.put_secret(password.expose());
            }
            Self::UserAuth { user, domain, password } => {
                sink.put(const { Verb::UserAuth.word() });
                sink.put(user);
                sink.put(b"@");
                sink.put(domain);
                sink.put(b":");
                sink.put_secret(password.expose());
            }
            Self::Api { line, console_execute } => {
                sink.put(const { Verb::Api.word() });
                sink.put(line);
                if *console_execute {
                    sink.put(b"\n");
                    sink.put(keys::CONSOLE_EXECUTE.front);
                    sink.put(b"true");
                }
            }
            Self::BgApi { line, job_uuid } => {
                sink.put(const { Verb::BgApi.word() });
                sink.put(line);
                if let Some(job_uuid) = job_uuid {
                    sink.put(b"\n");
                    sink.put(keys::JOB_UUID.front);
                    sink.put(job_uuid);
                }
            }
            Self::Event { format, events } => {
                sink.put(const { Verb::Event.word() });
                if let Some(format) = format {
                    sink.put(b" ");
                    sink.put(format.as_str().as_bytes());
                }
                write_events(events, sink);
            }
            Self::NixEvent { events } => {
                sink.put(const { Verb::NixEvent.word() });
                write_events(events, sink);
            }
            Self::NoEvents => sink.put(const { Verb::NoEvents.word() }),
            Self::MyEvents { uuid, format } => {
                sink.put(const { Verb::MyEvents.word() });
                if let Some(uuid) = uuid {
                    sink.put(b" ");
                    sink.put(uuid);
                }
                if let Some(format) = format {
                    sink.put(b" ");
                    sink.put(format.as_str().as_bytes());
                }
            }
            Self::DivertEvents { on } => {
                sink.put(const { Verb::DivertEvents.word() });
                sink.put(b" ");
                sink.put(if *on { keys::ON } else { b"off" });
            }
            Self::Filter(filter) => write_filter(filter, sink),
            Self::SendEvent(event) => return write_event(event, sink),
            Self::SendMsg(message) => return write_message(message, sink),
            Self::Log { level } => {
                sink.put(const { Verb::Log.word() });
                match level {
                    // The number -1 would mean CONSOLE.
                    Some(LogLevel::DISABLE) => {
                        sink.put(b" ");
                        sink.put(keys::DISABLE);
                    }
                    Some(level) => {
                        sink.put(b" ");
                        sink.put_number(u64::from(level.number().unsigned_abs()));
                    }
                    None => {}
                }
            }
            Self::NoLog => sink.put(const { Verb::NoLog.word() }),
            Self::Linger { seconds } => {
                sink.put(const { Verb::Linger.word() });
                if let Some(seconds) = seconds {
                    sink.put(b" ");
                    sink.put_number(u64::from(*seconds));
                }
            }
            Self::NoLinger => sink.put(const { Verb::NoLinger.word() }),
            Self::GetVar { name } => {
                sink.put(const { Verb::GetVar.word() });
                sink.put(b" ");
                sink.put(name);
            }
            Self::Connect => sink.put(const { Verb::Connect.word() }),
            Self::Resume => sink.put(const { Verb::Resume.word() }),
            Self::Exit => sink.put(const { Verb::Exit.word() }),
        }
        sink.put(b"\n\n");
    }
}

/// `event` with names as they are typed.
pub(super) fn write_typed(format: Option<Format>, names: &[u8], sink: &mut impl Sink) {
    sink.put(const { Verb::Event.word() });
    if let Some(format) = format {
        sink.put(b" ");
        sink.put(format.as_str().as_bytes());
    }
    sink.put(b" ");
    sink.put(names);
    sink.put(b"\n\n");
}

/// Names as they are typed: what they mean, the server decides.
pub(super) fn check_typed(names: &[u8]) -> Result<(), CommandError> {
    part(Field::EventName, names).value()
}

/// CUSTOM comes last, because every word after it is a subclass.
fn write_events(events: &Events<'_>, sink: &mut impl Sink) {
    for name in events.plain_names() {
        sink.put(b" ");
        sink.put(name.as_bytes());
    }
    if events.has_custom() {
        sink.put(b" CUSTOM");
    }
    for subclass in events.subclasses.iter() {
        sink.put(b" ");
        sink.put(subclass);
    }
}

fn write_filter(filter: &Filter<'_>, sink: &mut impl Sink) {
    let (word, header, value) = match filter {
        // Always with `add`: a header may be called `delete`.
        Filter::Add { header, value } => (keys::ADD, *header, Some(*value)),
        Filter::Delete { header, value } => (keys::DELETE, *header, *value),
        Filter::DeleteAll => (keys::DELETE, keys::ALL, None),
        Filter::Ignored { header } => (keys::ADD, *header, None),
    };
    sink.put(const { Verb::Filter.word() });
    sink.put(word);
    sink.put(b" ");
    sink.put(header);
    if let Some(value) = value {
        sink.put(b" ");
        sink.put(value);
    }
}

fn write_event(event: &SendEvent<'_>, sink: &mut impl Sink) {
    sink.put(const { Verb::SendEvent.word() });
    sink.put(b" ");
    sink.put(event.name.as_bytes());
    sink.put(b"\n");
    for (name, value) in event.headers.iter() {
        sink.put(name);
        sink.put(b": ");
        sink.put(value);
        sink.put(b"\n");
    }
    sink.put_body(event.body);
}

fn write_message(message: &SendMsg<'_>, sink: &mut impl Sink) {
    sink.put(const { Verb::SendMsg.word() });
    if let Some(uuid) = message.uuid {
        sink.put(b" ");
        sink.put(uuid);
    }
    sink.put(b"\n");
    let body = message.body();
    match &message.call {
        CallCommand::Execute(execute) => write_execute(execute, !body.is_empty(), sink),
        CallCommand::Hangup { cause } => {
            sink.put(keys::HANGUP_LINE);
            option(&keys::HANGUP_CAUSE, cause.as_ref().map(|cause| cause.as_bytes()), sink);
        }
        CallCommand::Unicast(unicast) => write_unicast(unicast, sink),
        CallCommand::NoMedia { uuid } => {
            sink.put(keys::NOMEDIA_LINE);
            option(&keys::NOMEDIA_UUID, Some(uuid), sink);
        }
        CallCommand::XferExt { applications } => {
            sink.put(keys::XFEREXT_LINE);
            for (app, arg) in applications.iter() {
                sink.put(keys::APPLICATION.front);
                sink.put(app);
                if !arg.is_empty() {
                    sink.put(b" ");
                    sink.put(arg);
                }
                sink.put(b"\n");
            }
        }
        CallCommand::Other { name } => option(&keys::CALL_COMMAND, (!name.is_empty()).then_some(name), sink),
    }
    flag(&keys::EVENT_LOCK, message.event_lock, sink);
    flag(&keys::EVENT_LOCK_PRI, message.event_lock_pri, sink);
    number(&keys::LEAD_FRAMES, message.lead_frames, sink);
    flag(&keys::ASYNC, message.run_async, sink);
    sink.put_body(body);
}

fn write_execute(execute: &Execute<'_>, has_body: bool, sink: &mut impl Sink) {
    sink.put(keys::EXECUTE_LINE);
    option(&keys::APP_NAME, Some(execute.app), sink);
    if has_body {
        // The server takes a body as the argument only with exactly this type.
        option(&keys::CONTENT_TYPE, Some(keys::TEXT_PLAIN), sink);
    } else if !execute.arg.is_empty() {
        option(&keys::APP_ARG, Some(execute.arg), sink);
    }
    if let Some(loops) = execute.loops {
        sink.put(keys::LOOPS.front);
        if loops < 0 {
            sink.put(b"-");
        }
        sink.put_number(u64::from(loops.unsigned_abs()));
        sink.put(b"\n");
    }
    option(&keys::EVENT_UUID, execute.event_uuid, sink);
    option(&keys::EVENT_UUID_NAME, execute.event_uuid_name, sink);
    flag(&keys::HOLD_BLEG, execute.hold_bleg, sink);
}

fn write_unicast(unicast: &Unicast<'_>, sink: &mut impl Sink) {
    sink.put(keys::UNICAST_LINE);
    option(&keys::LOCAL_IP, unicast.local_ip, sink);
    number(&keys::LOCAL_PORT, unicast.local_port, sink);
    option(&keys::REMOTE_IP, unicast.remote_ip, sink);
    number(&keys::REMOTE_PORT, unicast.remote_port, sink);
    option(&keys::TRANSPORT, unicast.transport, sink);
    option(&keys::FLAGS, unicast.flags, sink);
}

#[inline]
fn option(key: &Key, value: Option<&[u8]>, sink: &mut impl Sink) {
    if let Some(value) = value {
        sink.put(key.front);
        sink.put(value);
        sink.put(b"\n");
    }
}

#[inline]
fn flag(key: &Key, flag: bool, sink: &mut impl Sink) {
    option(key, flag.then_some(b"true"), sink);
}

#[inline]
fn number(key: &Key, number: Option<impl Into<u64>>, sink: &mut impl Sink) {
    if let Some(number) = number {
        sink.put(key.front);
        sink.put_number(number.into());
        sink.put(b"\n");
    }
}

/// One field of a command being validated.
#[derive(Clone, Copy)]
struct Part<'a> {
    octets: &'a [u8],
    field: Field,
    item: usize,
}

impl Part<'_> {
    const fn error(&self, kind: CommandErrorKind, offset: usize) -> CommandError {
        CommandError { kind, field: self.field, item: self.item, offset }
    }

    /// Non-empty single-line text (no line break, no NUL).
    #[inline]
    fn text(&self) -> Result<(), CommandError> {
        self.some()?;
        if any(self.octets, |octet| octet <= b'\r') { self.line() } else { Ok(()) }
    }

    /// A text whose first byte is not a blank, which the server would drop.
    #[inline]
    fn value(&self) -> Result<(), CommandError> {
        if self.octets.first() == Some(&b' ') { Err(self.error(CommandErrorKind::Blank, 0)) } else { self.text() }
    }

    /// A text without blanks.
    #[inline]
    fn word(&self) -> Result<(), CommandError> {
        self.some()?;
        if any(self.octets, |octet| octet <= b' ') { self.line().and_then(|()| self.blank()) } else { Ok(()) }
    }

    #[inline]
    const fn some(&self) -> Result<(), CommandError> {
        if self.octets.is_empty() { Err(self.error(CommandErrorKind::Empty, 0)) } else { Ok(()) }
    }

    #[cold]
    fn line(&self) -> Result<(), CommandError> {
        match check::line_break(self.octets) {
            Some((Break::Nul, offset)) => Err(self.error(CommandErrorKind::Nul, offset)),
            Some((Break::LineEnd, offset)) => Err(self.error(CommandErrorKind::LineEnd, offset)),
            None => Ok(()),
        }
    }

    #[cold]
    fn blank(&self) -> Result<(), CommandError> {
        match check::first(self.octets, check::is_blank) {
            Some(offset) => Err(self.error(CommandErrorKind::Blank, offset)),
            None => Ok(()),
        }
    }

    fn without(&self, octet: u8, kind: CommandErrorKind) -> Result<(), CommandError> {
        memchr::memchr(octet, self.octets).map_or(Ok(()), |offset| Err(self.error(kind, offset)))
    }

    /// A name, which a colon would end.
    #[inline]
    fn name(&self) -> Result<(), CommandError> {
        if any(self.octets, |octet| octet == b':') { self.without(b':', CommandErrorKind::Separator) } else { Ok(()) }
    }

    /// A body: line ends are what it is for, but it must not be too long, and the server would end it at a NUL.
    fn body(&self) -> Result<(), CommandError> {
        self.at_most(Command::MAX_BODY)?;
        // Without a call for the short ones.
        if any(self.octets, |octet| octet == 0) { self.without(0, CommandErrorKind::Nul) } else { Ok(()) }
    }

    #[inline]
    fn at_most(&self, most: usize) -> Result<(), CommandError> {
        if self.octets.len() > most { Err(self.error(CommandErrorKind::TooLong, most)) } else { Ok(()) }
    }

    #[inline]
    fn not(&self, reserved: bool) -> Result<(), CommandError> {
        if reserved { Err(self.error(CommandErrorKind::Reserved, 0)) } else { Ok(()) }
    }
}

const fn part(field: Field, octets: &[u8]) -> Part<'_> {
    Part { octets, field, item: 0 }
}

const fn nth(field: Field, item: usize, octets: &[u8]) -> Part<'_> {
    Part { octets, field, item }
}

impl Command<'_> {
    /// Refuses what would break or forge the protocol, or be read as something else.
    #[inline(always)]
    pub(super) fn check(&self) -> Result<(), CommandError> {
        match self {
            Self::Auth { password } => part(Field::Password, password.expose()).text(),
            Self::UserAuth { user, domain, password } => {
                let (user, domain) = (part(Field::User, user), part(Field::Domain, domain));
                user.text()?;
                user.without(b'@', CommandErrorKind::Separator)?;
                user.name()?;
                domain.text()?;
                domain.name()?;
                part(Field::Password, password.expose()).text()
            }
            Self::Api { line, .. } => part(Field::ApiLine, line).value(),
            Self::BgApi { line, job_uuid } => {
                part(Field::ApiLine, line).value()?;
                if let Some(job_uuid) = job_uuid {
                    let job_uuid = part(Field::JobUuid, job_uuid);
                    job_uuid.value()?;
                    job_uuid.at_most(Self::MAX_JOB_UUID)?;
                    // The reply repeats it at the end of a line.
                    job_uuid.not(ends_in_first_line(job_uuid.octets))?;
                }
                Ok(())
            }
            Self::Event { format, events } => check_events(events, format.is_none()),
            Self::NixEvent { events } => check_events(events, false),
            Self::MyEvents { uuid, format } => {
                if let Some(uuid) = uuid {
                    let part = part(Field::Uuid, uuid);
                    part.word()?;
                    part.not(Format::from_bytes(uuid).is_some() || format_within(uuid).is_some())?;
                    if format.is_some() {
                        return Err(nth(Field::Format, 0, &[]).error(CommandErrorKind::FormatLost, 0));
                    }
                }
                Ok(())
            }
            Self::Filter(filter) => check_filter(filter),
            Self::SendEvent(event) => check_event(event),
            Self::SendMsg(message) => check_message(message),
            Self::GetVar { name } => part(Field::Variable, name).text(),
            Self::Linger { seconds } => check_number(0, *seconds),
            Self::NoEvents
            | Self::DivertEvents { .. }
            | Self::Log { .. }
            | Self::NoLog
            | Self::NoLinger
            | Self::Connect
            | Self::Resume
            | Self::Exit => Ok(()),
        }
    }
}

/// The server reads numbers into a signed integer of 32 bits.
fn check_number(item: usize, number: Option<u32>) -> Result<(), CommandError> {
    match number {
        Some(0x8000_0000..) => Err(nth(Field::Option, item, &[]).error(CommandErrorKind::TooLong, 0)),
        _ => Ok(()),
    }
}

fn check_events(events: &Events<'_>, first_may_be_format: bool) -> Result<(), CommandError> {
    let mut some = events.has_custom();
    for (item, name) in events.plain_names().enumerate() {
        let word = name.as_bytes();
        let part = nth(Field::EventName, item, word);
        part.word()?;
        if let EventName::Other(_) = name {
            part.not(EventName::asked_for(word) != name)?;
            part.not(first_may_be_format && item == 0 && Format::from_bytes(word).is_some())?;
        }
        some = true;
    }
    for (item, subclass) in events.subclasses.iter().enumerate() {
        nth(Field::Subclass, item, subclass).word()?;
    }
    if some { Ok(()) } else { Err(part(Field::EventName, &[]).error(CommandErrorKind::Empty, 0)) }
}

fn check_filter(filter: &Filter<'_>) -> Result<(), CommandError> {
    match filter {
        Filter::Add { header, value } => {
            part(Field::Filter, header).word()?;
            nth(Field::Filter, 1, value).text()
        }
        Filter::Delete { header, value } => {
            let part = part(Field::Filter, header);
            part.word()?;
            part.not(header.eq_ignore_ascii_case(keys::ALL))?;
            value.map_or(Ok(()), |value| nth(Field::Filter, 1, value).text())
        }
        Filter::DeleteAll => Ok(()),
        Filter::Ignored { header } => {
            part(Field::Filter, header).word()?;
            nth(Field::Filter, 1, &[]).text()
        }
    }
}

fn check_event(event: &SendEvent<'_>) -> Result<(), CommandError> {
    if let EventName::Other(word) = event.name {
        let event_name = part(Field::EventName, word);
        event_name.word()?;
        event_name.not(EventName::asked_for(word) != event.name)?;
    }
    for (item, (name, value)) in event.headers.iter().enumerate() {
        let header = nth(Field::HeaderName, item, name);
        header.word()?;
        header.name()?;
        header.not(name.eq_ignore_ascii_case(header::CONTENT_LENGTH.as_bytes()))?;
        nth(Field::HeaderValue, item, value).value()?;
    }
    part(Field::Body, event.body).body()
}

/// The item of an error about `lead-frames`, beyond those of the call-commands' own options.
const LEAD_FRAMES: usize = 4;

fn check_message(message: &SendMsg<'_>) -> Result<(), CommandError> {
    if let Some(uuid) = message.uuid {
        part(Field::Uuid, uuid).word()?;
    }
    check_number(LEAD_FRAMES, message.lead_frames)?;
    let option = |item, value: Option<&[u8]>| match value {
        Some(value) => nth(Field::Option, item, value).value(),
        None => Ok(()),
    };
    match &message.call {
        CallCommand::Execute(execute) => {
            part(Field::Application, execute.app).word()?;
            part(Field::Argument, execute.arg).body()?;
            option(0, execute.event_uuid)?;
            option(1, execute.event_uuid_name)
        }
        CallCommand::Hangup { cause: None } => Ok(()),
        CallCommand::Hangup { cause: Some(cause) } => {
            let word = cause.as_bytes();
            let part = nth(Field::Option, 0, word);
            part.value()?;
            part.not(HangupCause::from_bytes(word) != *cause)
        }
        CallCommand::Unicast(unicast) => {
            option(0, unicast.local_ip)?;
            option(1, unicast.remote_ip)?;
            option(2, unicast.transport)?;
            option(3, unicast.flags)
        }
        CallCommand::NoMedia { uuid } => part(Field::Uuid, uuid).word(),
        CallCommand::XferExt { applications } => {
            for (item, (app, arg)) in applications.iter().enumerate() {
                nth(Field::Application, item, app).word()?;
                if !arg.is_empty() {
                    nth(Field::Argument, item, arg).text()?;
                }
            }
            Ok(())
        }
        CallCommand::Other { name: b"" } => Ok(()),
        CallCommand::Other { name } => {
            let part = nth(Field::Option, 0, name);
            part.value()?;
            part.not(keys::CALLS.contains(name))
        }
    }
}
