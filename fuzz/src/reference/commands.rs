//! What a request asks for: the server's words in its own order, from the table of docs/protocol.md.

use esl_proto::Command;
use esl_proto::command::{CallCommand, Events, Execute, Filter, ParseErrorKind, SendEvent, SendMsg, Unicast, Words};
use esl_proto::name::{EventName, Format, HangupCause, LogLevel};

use super::requests::{Request, atoi};

/// A command line begins with one of these: the first of them in this order.
const WORDS: [&str; 21] = [
    "exit",
    "...",
    "auth ",
    "userauth ",
    "filter ",
    "resume",
    "connect",
    "getvar",
    "myevents",
    "divert_events",
    "sendmsg",
    "sendevent",
    "api ",
    "bgapi ",
    "log",
    "linger",
    "nolinger",
    "nolog",
    "event",
    "nixevent",
    "noevents",
];

type Read<'a> = Result<Command<'a>, ParseErrorKind>;

/// Calls `check` with the command that a request is, or why it is none.
pub(crate) fn with_command(request: &Request<'_>, check: impl Fn(Read<'_>)) {
    let lower = request.line.to_ascii_lowercase();
    let has = |word: &[u8]| lower.windows(word.len()).any(|text| text == word);
    if lower.is_empty() {
        return check(Err(ParseErrorKind::Nul));
    }
    if has(b"mod_event_socket") && (has(b"unload") || has(b"reload")) {
        let word = if has(b"unload") { "unload" } else { "reload" };
        let line = format!("bgapi {word} mod_event_socket");
        return check(Ok(Command::Api {
            line: line.as_bytes(),
            console_execute: is_true(request.get("console_execute")),
        }));
    }
    let Some(word) = WORDS.iter().find(|word| lower.starts_with(word.as_bytes())) else {
        return check(Err(ParseErrorKind::Unknown));
    };
    let rest = &request.line[word.len()..];
    let first = without_front(rest, b" ").split(|octet| *octet == b' ').next().unwrap_or_default();
    let missing = ParseErrorKind::Missing;
    check(match *word {
        "exit" | "..." => Ok(Command::Exit),
        "resume" => Ok(Command::Resume),
        "connect" => Ok(Command::Connect),
        "nolinger" => Ok(Command::NoLinger),
        "nolog" => Ok(Command::NoLog),
        "noevents" => Ok(Command::NoEvents),
        "auth " => Ok(Command::auth(rest)),
        "userauth " => userauth(rest).ok_or(ParseErrorKind::Credentials),
        "filter " => filter(rest).ok_or(ParseErrorKind::Syntax),
        "getvar" => cut(rest, b' ').map(|(_, name)| Command::GetVar { name }).ok_or(ParseErrorKind::Unknown),
        "myevents" => Ok(myevents(rest)),
        "divert_events" => match without_front(rest, b" ") {
            [] => Err(missing),
            word => Ok(Command::DivertEvents { on: word.eq_ignore_ascii_case(b"on") }),
        },
        "api " => Ok(Command::Api { line: rest, console_execute: is_true(request.get("console_execute")) }),
        "bgapi " => {
            let job_uuid = request.get("Job-UUID").map(|job| &job[..job.len().min(256)]);
            Ok(Command::BgApi { line: rest, job_uuid })
        }
        "log" => match (first, LogLevel::from_bytes(first)) {
            ([], _) => Ok(Command::Log { level: None }),
            (_, None) => Err(ParseErrorKind::Invalid),
            (_, level) => Ok(Command::Log { level }),
        },
        "linger" => Ok(Command::Linger {
            seconds: match rest {
                [b' ', _, ..] if clamp(atoi(&rest[1..])) != -1 => Some(clamp(atoi(&rest[1..])).try_into().unwrap_or(0)),
                _ => None,
            },
        }),
        "sendevent" => return with_event(request, without_front(rest, b" \t"), |event| check(Ok(event))),
        "sendmsg" => return with_message(request, rest, |message| check(Ok(message))),
        word => return with_events(word == "event", rest, check),
    });
}

/// `text` before and after the first such octet.
fn cut(text: &[u8], octet: u8) -> Option<(&[u8], &[u8])> {
    let mut parts = text.splitn(2, |other| *other == octet);
    Some((parts.next()?, parts.next()?))
}

fn without_front<'a>(text: &'a [u8], octets: &[u8]) -> &'a [u8] {
    let count = text.iter().take_while(|octet| octets.contains(octet)).count();
    &text[count..]
}

fn some(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

fn clamp(number: i128) -> i32 {
    number.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// `user[:password]@domain` or `user@domain[:password]`; the password beside the user is the one that counts.
fn userauth(text: &[u8]) -> Option<Command<'_>> {
    let (left, right) = cut(text, b'@').unwrap_or((text, &[]));
    let (domain, last) = cut(right, b':').unwrap_or((right, &[]));
    let (user, password) = cut(left, b':').unwrap_or((left, last));
    let whole = ![user, domain, password].contains(&&[][..]);
    whole.then(|| Command::userauth(user, domain, password))
}

/// A format in one case anywhere; a uuid after one blank, unless it is a format.
fn myevents(rest: &[u8]) -> Command<'_> {
    let has = |word: &str| rest.windows(word.len()).any(|text| text == word.as_bytes());
    let format = match (has("json") || has("JSON"), has("xml") || has("XML")) {
        (true, _) => Some(Format::Json),
        (_, true) => Some(Format::Xml),
        _ => None,
    };
    let uuid = rest.strip_prefix(b" ").and_then(|text| text.split(|octet| *octet == b' ').next()).unwrap_or_default();
    match uuid {
        b"json" | b"JSON" | b"xml" | b"XML" | b"" => Command::MyEvents { uuid: None, format },
        b"plain" => Command::MyEvents { uuid: None, format: format.or(Some(Format::Plain)) },
        uuid => Command::MyEvents { uuid: Some(uuid), format },
    }
}

fn filter(text: &[u8]) -> Option<Command<'_>> {
    let (first, rest) = cut(without_front(text, b" "), b' ')?;
    let pair = cut(rest, b' ');
    Some(Command::Filter(match &first.to_ascii_lowercase()[..] {
        b"delete" => {
            let (header, value) = pair.map_or((rest, None), |(header, value)| (header, some(value)));
            if header.eq_ignore_ascii_case(b"all") { Filter::DeleteAll } else { Filter::Delete { header, value } }
        }
        b"add" => pair.map_or(Filter::Ignored { header: rest }, |(header, value)| Filter::Add { header, value }),
        _ => Filter::Add { header: first, value: rest },
    }))
}

/// A word that the server takes for yes.
fn is_true(value: Option<&[u8]>) -> bool {
    let value = value.unwrap_or_default().to_ascii_lowercase();
    let words = ["yes", "on", "true", "t", "enabled", "active", "allow"];
    let number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    words.iter().any(|word| word.as_bytes() == value) || (number && fits(&value) && atoi(&value) != 0)
}

/// Whether a number of these digits is none that is too great to be one.
fn fits(digits: &[u8]) -> bool {
    atoi(digits) <= u64::MAX.into()
}

fn with_event(request: &Request<'_>, name: &[u8], check: impl Fn(Command<'_>)) {
    let length = |name: &[u8]| name.eq_ignore_ascii_case(b"content-length");
    let headers: Vec<_> = request.headers.iter().copied().filter(|(name, _)| !length(name)).collect();
    let name = event(name);
    check(SendEvent { name, headers: headers[..].into(), body: request.body.unwrap_or_default() }.into());
}

/// Names up to CUSTOM, and then subclasses.
fn with_events(may_have_format: bool, rest: &[u8], check: impl Fn(Read<'_>)) {
    let line = cut(rest, b' ').map_or(&[][..], |(_, line)| line);
    let first = line.split(|octet| *octet == b' ').next().unwrap_or_default();
    let format = Format::from_bytes(first).filter(|_| may_have_format);
    let words = line.split(|octet| *octet == b' ').skip(usize::from(format.is_some()));
    let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
    let names: Vec<EventName<'_>> = words.iter().map(|word| event(word)).collect();
    let custom = names.iter().position(|name| *name == EventName::Custom).map_or(names.len(), |place| place + 1);
    let events = Events::new(&names[..custom], Words::from(&words[custom..]));
    check(match may_have_format {
        _ if names.iter().all(|name| matches!(name, EventName::Other(_))) => Err(ParseErrorKind::NoNames),
        true => Ok(Command::Event { format, events }),
        false => Ok(Command::NixEvent { events }),
    });
}

/// A name, also behind 13 octets that might be SWITCH_EVENT_.
fn event(word: &[u8]) -> EventName<'_> {
    let known = |word: &[u8]| EventName::KNOWN.iter().copied().find(|name| name.as_bytes().eq_ignore_ascii_case(word));
    known(word).or_else(|| known(word.get(13..)?)).unwrap_or(EventName::Other(word))
}

fn with_message(request: &Request<'_>, rest: &[u8], check: impl Fn(Command<'_>)) {
    let get = |name| request.get(name);
    let number = |name, most: i128| get(name).map(|text: &[u8]| positive(text).min(most));
    let port = |name| number(name, u16::MAX.into()).map(|port| port as u16);
    let is_text = get("content-type").is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/plain"));
    let applications: Vec<(&[u8], &[u8])> = request
        .headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"application"))
        .map(|(_, value)| cut(value, b' ').unwrap_or((value, &[])))
        .collect();
    let call = match get("call-command").unwrap_or_default() {
        b"execute" => CallCommand::Execute(Execute {
            app: get("execute-app-name").unwrap_or_default(),
            arg: get("execute-app-arg").or(request.body.filter(|_| is_text)).unwrap_or_default(),
            loops: get("loops").map(|text| clamp(atoi(text))),
            event_uuid: get("event-uuid"),
            event_uuid_name: get("event-uuid-name"),
            hold_bleg: is_true(get("hold-bleg")),
        }),
        b"hangup" => CallCommand::Hangup { cause: get("hangup-cause").map(cause) },
        b"unicast" => CallCommand::Unicast(Unicast {
            local_ip: get("local-ip"),
            local_port: port("local-port"),
            remote_ip: get("remote-ip"),
            remote_port: port("remote-port"),
            transport: get("transport"),
            flags: get("flags"),
        }),
        b"nomedia" => CallCommand::NoMedia { uuid: get("nomedia-uuid").unwrap_or_default() },
        b"xferext" => CallCommand::xferext(&applications[..]),
        name => CallCommand::Other { name },
    };
    let message = SendMsg {
        uuid: some(without_front(rest, b" ")).or(get("session-id")),
        call,
        event_lock: is_true(get("event-lock")),
        event_lock_pri: is_true(get("event-lock-pri")),
        lead_frames: number("lead-frames", u32::MAX.into()).map(|count| count as u32),
        run_async: is_true(get("async")),
    };
    check(message.into());
}

/// The number at the front of a text, 0 if that is less.
fn positive(text: &[u8]) -> i128 {
    atoi(text).max(0)
}

/// A cause by its name or its number.
fn cause(text: &[u8]) -> HangupCause<'_> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number = u16::try_from(atoi(text)).ok().filter(|_| digits);
    number.and_then(HangupCause::from_number).unwrap_or(HangupCause::from_bytes(text))
}
