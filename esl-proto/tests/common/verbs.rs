//! What a request means to [`Command::parse`] and to the listener: the same command, or the same refusal.

use esl_proto::command::ParseErrorKind;
use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::frame::{Request, Step};
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::server::{
    Admission, Closed, Control, Effect, HostRequest, Poll, Response, Rights, Server, ServerLimits,
};
use esl_proto::{Command, Decoder, Limits};

/// What a request begins with, of each command.
pub(crate) const WORDS: [&str; 21] = [
    "exit",
    "auth",
    "userauth",
    "filter",
    "resume",
    "connect",
    "getvar",
    "myevents",
    "divert_events",
    "sendmsg",
    "sendevent",
    "api",
    "bgapi",
    "log",
    "nolog",
    "linger",
    "nolinger",
    "event",
    "nixevent",
    "noevents",
    "...",
];

const NOT_FOUND: &str = "-ERR command not found";
const CHANNEL: &[u8] = b"5fd4";

/// Reads the request at the front of `octets`, if there is one, and gives it to every kind of connection.
pub(crate) fn agree(octets: &[u8]) {
    let Ok(Step::Frame { frame, .. }) = Decoder::for_requests(Limits::DEFAULT).decode(octets) else { return };
    let request = Request::from(frame);
    let parsed = Command::parse(&request);
    match parsed {
        Ok(command) => understood(&command, octets, &request),
        Err(error) => refused(error.kind, octets),
    }
}

/// Room for all that one request makes a listener keep.
fn storage(octets: &[u8]) -> Vec<u8> {
    vec![0; 32 * (octets.len() + 64)]
}

type Listener = Server<Vec<u8>>;

fn login(octets: &[u8]) -> Listener {
    let mut server = Server::inbound(ServerLimits::DEFAULT, storage(octets));
    server.poll(b"", &mut [0; Server::REPLY_MAX]).expect("the greeting");
    server
}

fn inbound(octets: &[u8]) -> Listener {
    let mut server = login(octets);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"auth x\n\n", &mut out).expect("a question");
    server.respond(Response::Accept(Rights::ALL), &mut out).expect("an answer");
    server
}

fn outbound(octets: &[u8], full: bool) -> Listener {
    let control = Control { full, is_async: true };
    let mut server = Server::outbound(ServerLimits::DEFAULT, storage(octets), CHANNEL, control).expect("room");
    let mut out = [0; 4096];
    server.poll(b"", &mut out).expect("nothing");
    server.poll(b"connect\n\n", &mut out).expect("a question");
    server.respond(Response::Channel(OutgoingEvent::new(&[])), &mut out).expect("an answer");
    server
}

/// What a listener makes of a request: the text of its reply, its question, and what the host is told.
fn said<'o>(
    server: &mut Listener,
    octets: &'o [u8],
    out: &'o mut [u8],
) -> (String, Option<HostRequest<'o>>, Option<Effect>) {
    let poll = server.poll(octets, out).expect("room");
    let written = poll.written();
    let text = String::from_utf8_lossy(&out[..written]).into_owned();
    let text = text.split_once("Reply-Text: ").and_then(|(_, text)| text.split('\n').next()).unwrap_or_default();
    match poll {
        Poll::HostRequest { request: ask, .. } => (text.to_owned(), Some(ask), None),
        Poll::Done { effect, .. } => (text.to_owned(), None, Some(effect)),
        _ => (text.to_owned(), None, None),
    }
}

fn refused(kind: ParseErrorKind, octets: &[u8]) {
    let reply = kind.reply();
    let is_login = kind == ParseErrorKind::Credentials;
    let mut out = [0; Server::REPLY_MAX];
    let mut text = |mut server: Listener| {
        let (text, ask, _) = said(&mut server, octets, &mut out);
        assert_eq!(ask, None);
        (text, server.closed())
    };
    let ends = if kind == ParseErrorKind::Nul { Some(Closed::NoCommand) } else { None };
    let full = if is_login { NOT_FOUND } else { reply };
    assert_eq!(text(outbound(octets, true)), (full.to_owned(), ends));
    let (limited, _) = text(outbound(octets, false));
    assert!(limited == full || limited == NOT_FOUND, "{limited}");
    let (open, _) = text(inbound(octets));
    assert!(open == full || open == NOT_FOUND || open.starts_with("-ERR not controlling a session"), "{open}");
    let (before, why) = text(login(octets));
    match kind {
        ParseErrorKind::Nul => assert_eq!((&*before, why), (reply, Some(Closed::NoCommand))),
        ParseErrorKind::Credentials => assert_eq!((&*before, why), (reply, Some(Closed::Refused))),
        _ => assert_eq!((&*before, why), (NOT_FOUND, None)),
    }
}

/// A reply's text as it is sent: no longer than the server's buffer, and one line.
fn line(parts: &[&[u8]]) -> String {
    let mut text = parts.concat();
    text.truncate(511);
    text.iter_mut().filter(|octet| b"\n\r\0".contains(octet)).for_each(|octet| *octet = b' ');
    String::from_utf8_lossy(&text).into_owned()
}

fn understood(command: &Command<'_>, octets: &[u8], request: &Request<'_>) {
    let mut out = [0; Server::REPLY_MAX];
    let mut server = outbound(octets, true);
    let (text, ask, effect) = said(&mut server, octets, &mut out);
    let done = (ask, effect);
    use esl_proto::raw::{Command, Filter};
    match Command::from(*command) {
        Command::Auth { password } => {
            assert_eq!(text, NOT_FOUND);
            let (_, ask, _) = said(&mut login(octets), octets, &mut out);
            assert_eq!(ask, Some(HostRequest::Password(password)));
        }
        Command::UserAuth { user, domain, password } => {
            assert_eq!(text, NOT_FOUND);
            let (_, ask, _) = said(&mut login(octets), octets, &mut out);
            assert_eq!(ask, Some(HostRequest::User { user, domain, password }));
        }
        Command::Exit => assert_eq!((&*text, server.closed()), ("+OK bye", Some(Closed::Exit))),
        Command::Filter(filter) => {
            let expected = match filter {
                Filter::Add { header, value } => line(&[b"+OK filter added. [", header, b"]=[", value, b"]"]),
                Filter::Ignored { header } => line(&[b"+OK filter added. [", header, b"]=[(null)]"]),
                Filter::Delete { header, value } => {
                    line(&[b"+OK filter deleted. [", header, b"][", value.unwrap_or_default(), b"]"])
                }
                Filter::DeleteAll => "+ok filter deleted. [all][".to_owned(),
            };
            let (text, expected) = match filter {
                Filter::DeleteAll => (text.to_ascii_lowercase().chars().take(expected.len()).collect(), expected),
                _ => (text, expected),
            };
            assert_eq!(text, expected);
        }
        Command::Resume => assert_eq!(done, (None, Some(Effect::Resume))),
        Command::Connect => assert_eq!(done, (Some(HostRequest::Connect), None)),
        Command::GetVar { name } => assert_eq!(done, (Some(HostRequest::GetVar(name)), None)),
        Command::MyEvents { uuid, format } => {
            assert_eq!((&*text, server.format()), ("+OK Events Enabled", format.unwrap_or(Format::Plain)));
            let (text, ask, _) = said(&mut inbound(octets), octets, &mut out);
            match uuid {
                Some(uuid) => assert_eq!(ask, Some(HostRequest::MyEvents(uuid))),
                None => assert!(ask.is_some() || !text.is_empty()),
            }
        }
        Command::DivertEvents { on } => assert_eq!(done, (None, Some(Effect::Divert(on)))),
        Command::SendMsg(mut message) => {
            message.uuid = message.uuid.filter(|uuid| *uuid != CHANNEL);
            assert_eq!(done, (Some(HostRequest::SendMsg { message, request: *request, wait: false }), None));
        }
        Command::SendEvent(event) => {
            assert_eq!(done, (Some(HostRequest::SendEvent { name: event.name, request: *request }), None));
        }
        Command::Api { line, console_execute } => {
            let Some(HostRequest::Api { command, argument, console, .. }) = ask else { panic!("{ask:?}") };
            assert_eq!(console, console_execute);
            let (first, rest) = cut(line);
            assert_eq!((command, argument), if console { (line, None) } else { (first, rest) });
        }
        Command::BgApi { line, job_uuid } => {
            let Some(HostRequest::BgApi { command, argument, job, .. }) = ask else { panic!("{ask:?}") };
            assert_eq!((command, argument), cut(line));
            assert_eq!(job, job_uuid);
        }
        Command::Log { level } => {
            assert!(text.starts_with("+OK log level "));
            assert_eq!(server.log_level(), Some(level.unwrap_or(LogLevel::DEBUG)));
        }
        Command::NoLog => assert_eq!(done, (None, Some(Effect::LogFlushed))),
        Command::Linger { seconds } => {
            let lingers = server.linger().expect("it lingers");
            let expected = if lingers == -1 { None } else { Some(u32::try_from(lingers).unwrap_or(0)) };
            assert_eq!((seconds, effect), (expected, Some(Effect::Linger)));
        }
        Command::NoLinger => assert_eq!((server.linger(), effect), (None, Some(Effect::Linger))),
        Command::Event { format, events } => {
            let format = format.unwrap_or(Format::Plain);
            assert_eq!((&*text, server.format()), (&*format!("+OK event listener enabled {format}"), format));
            let wanted: Vec<_> = events.names.iter().collect();
            let all = wanted.contains(&EventName::All);
            for name in EventName::KNOWN.iter().filter(|name| **name != EventName::All) {
                assert_eq!(wants(&mut server, *name, None), all || wanted.contains(name), "{name}");
            }
            for subclass in events.subclasses.iter() {
                assert!(wants(&mut server, EventName::Custom, Some(subclass)));
            }
        }
        Command::NixEvent { events } => {
            assert_eq!(text, "+OK events nixed");
            let mut server = inbound(octets);
            said(&mut server, b"event plain ALL\n\n", &mut out);
            said(&mut server, octets, &mut out);
            let gone: Vec<_> = events.names.iter().collect();
            for name in EventName::KNOWN.iter().filter(|name| **name != EventName::All) {
                let stays = *name == EventName::Custom && !gone.contains(&EventName::All);
                let expected = stays || !(gone.contains(name) || gone.contains(&EventName::All));
                assert_eq!(wants(&mut server, *name, None), expected, "{name}");
            }
        }
        Command::NoEvents => assert_eq!(done, (None, Some(Effect::EventsFlushed))),
    }
}

fn cut(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut parts = line.splitn(2, |octet| *octet == b' ');
    (parts.next().unwrap_or_default(), parts.next())
}

fn wants(server: &mut Listener, name: EventName<'_>, subclass: Option<&[u8]>) -> bool {
    let fields = [
        Field::new("Event-Name", name.as_bytes()),
        Field::new("Event-Subclass", subclass.unwrap_or_default()),
        Field::new("Unique-ID", CHANNEL),
    ];
    let headers = if subclass.is_some() { &fields[..] } else { &fields[..1] };
    let wanted = server.offer(&OutgoingEvent::new(headers)) == Admission::Enqueue;
    server.skip();
    wanted
}
