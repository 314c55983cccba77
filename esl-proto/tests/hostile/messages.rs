//! Any octets as a message: every accessor answers, and those that say the same thing agree.

use esl_proto::frame::Step;
use esl_proto::message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Rejection, Reply, Status};
use esl_proto::name::{AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel};
use esl_proto::{Decoder, Frame, Limits, Message};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::events::{check, check_value};
use crate::octets::Octets;
use crate::streams::stream;

/// The types that FreeSWITCH sends, and two that it does not.
const TYPES: &[&str] = &[
    "auth/request",
    "command/reply",
    "command/reply",
    "api/response",
    "text/event-plain",
    "text/event-json",
    "text/event-xml",
    "log/data",
    "text/disconnect-notice",
    "text/rude-rejection",
    "text/plain",
    "",
];

/// What the accessors look for, whole and broken.
const TOKENS: &[&str] = &[
    "Reply-Text: ",
    "reply-text:",
    "Event-Name: CHANNEL_DATA\n",
    "+OK ",
    "-ERR ",
    "-USAGE: ",
    "-USAGE",
    "%2BOK%0A",
    "Job-UUID: ",
    "Allowed-Events: all\n",
    "Allowed-API: ",
    "Allowed-LOG: true\n",
    "Socket-Mode: async\n",
    "Socket-Mode: static\n",
    "Control: full\n",
    "Log-Level: ",
    "Log-File: ",
    "Log-Func: ",
    "Log-Line: ",
    "Text-Channel: ",
    "User-Data: ",
    "Content-Disposition: linger\n",
    "Content-Disposition: ",
    "Linger-Time: ",
    "Channel-Name: ",
    "Controlled-Session-UUID: ",
    "-1",
    "99999999999999999999",
    "7",
    ":",
    " ",
    "\r",
    "\n",
    "a",
    "%",
];

/// Header lines of any kind, one of them a Content-Type.
fn head() -> impl Strategy<Value = Octets> {
    let octet = any::<u8>().prop_filter("LF", |octet| *octet != b'\n');
    let token = prop_oneof![
        9 => prop::sample::select(TOKENS).prop_map(Octets::from),
        1 => octet.prop_map(|octet| Octets(vec![octet])),
    ];
    let tokens = || prop::collection::vec(token.clone(), 0..12);
    let content_type = (prop::sample::select(TYPES), any::<bool>()).prop_map(|(name, upper)| {
        let name = if upper { name.to_ascii_uppercase() } else { name.to_owned() };
        Octets(format!("\nContent-Type: {name}\n").into())
    });
    let line_end = prop::sample::select(&["\n", "\n", "\r\n"][..]);
    let lead = prop::sample::select(&["", "", "Event-Name: CHANNEL_DATA\nReply-Text: "][..]).prop_map(Octets::from);
    (lead, tokens(), content_type, tokens(), line_end).prop_map(|(lead, before, content_type, after, line_end)| {
        let tokens = [lead].into_iter().chain(before).chain([content_type]).chain(after);
        let octets: Vec<u8> = tokens.flat_map(|token| token.0).collect();
        let lines = octets.split(|octet| *octet == b'\n').filter(|line| !line.is_empty() && *line != b"\r");
        Octets(lines.flat_map(|line| [line, line_end.as_bytes()].concat()).collect())
    })
}

proptest! {
    #![proptest_config(Config::with_cases(3000))]

    #[test]
    fn every_accessor_answers(head in head(), body in stream()) {
        let crlf = head.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()).all(|line| line.ends_with(b"\r"));
        let (length, blank) = if crlf { ("\r", "\r\n") } else { ("", "\n") };
        let length = format!("Content-Length: {}{length}\n", body.len());
        let frame = [&head[..], length.as_bytes(), blank.as_bytes(), &body].concat();
        let step = Decoder::new(Limits::DEFAULT).decode(&frame);
        let Ok(Step::Frame { frame, consumed }) = step else { panic!("one frame") };
        visit(frame);
        // Lines that end like the beginning of a frame: what follows is that frame.
        if frame.is_cut() {
            return Ok(());
        }
        // A reply has no body: the length is a line of its text. The notice of lingering has an empty one.
        let names = ["content-type:", "content-length:", "event-name:"];
        let line = head.to_ascii_lowercase();
        let is_orphan = !names.iter().any(|name| line.starts_with(name.as_bytes()));
        let body = match Message::from(frame) {
            Message::Other(_) if is_orphan => None,
            _ if head.starts_with(b"Content-Type: command/reply\n") => None,
            Message::Disconnect(notice) if notice.disposition() == Disposition::Linger && frame.body() == Some(b"") => {
                Some(&[][..])
            }
            _ => Some(&body[..]),
        };
        prop_assert_eq!(frame.body(), body);
        prop_assert_eq!(consumed, head.len() + length.len() + blank.len() + body.map_or(0, <[u8]>::len));
    }

    #[test]
    fn every_accessor_answers_for_frames_of_any_stream(stream in stream()) {
        let mut decoder = Decoder::new(Limits { max_buffered: 64, ..Limits::DEFAULT });
        let mut rest = &stream[..];
        while let Ok(step) = decoder.decode(rest) {
            rest = &rest[step.consumed()..];
            match step {
                Step::Frame { frame, .. } | Step::Head { head: frame, .. } => visit(frame),
                Step::HeadPart { lines, .. } => {
                    lines.headers().for_each(|part| check_words(&part.value.bytes().collect::<Vec<_>>()));
                }
                Step::Body { .. } => {}
                Step::NeedData { .. } => break,
            }
        }
    }

    #[test]
    fn words_are_kept(word in prop::collection::vec(any::<u8>(), 0..20)) {
        check_words(&word);
    }
}

#[test]
fn numbers_are_kept() {
    for number in 0..=u16::MAX {
        check_words(number.to_string().as_bytes());
        assert!(HangupCause::from_number(number).is_none_or(|cause| cause.number() == Some(number)));
        let state = ChannelState::from_number(usize::from(number));
        assert!(state.is_none_or(|state| state.number() == Some(usize::from(number))));
    }
}

fn check_words(word: &[u8]) {
    let kept = |octets: &[u8]| assert!(octets.eq_ignore_ascii_case(word));
    kept(EventName::from_bytes(word).as_bytes());
    let cause = HangupCause::from_bytes(word);
    // Digits are the number of a cause, if there is one.
    if str::from_utf8(word).ok().and_then(|word| word.parse().ok()) != cause.number() || cause.number().is_none() {
        kept(cause.as_bytes());
    }
    kept(ChannelState::from_bytes(word).as_bytes());
    kept(CallState::from_bytes(word).as_bytes());
    kept(AnswerState::from_bytes(word).as_bytes());
    kept(CallDirection::from_bytes(word).as_bytes());
    assert!(LogLevel::from_bytes(word).is_none_or(|level| (-1..64).contains(&level.number())));
    assert!(Format::from_bytes(word).is_none_or(|format| word.eq_ignore_ascii_case(format.as_str().as_bytes())));
    let _ = format!("{} {cause:?}", EventName::from_bytes(word));
}

/// Asks a frame and its message everything.
fn visit(frame: Frame<'_>) {
    check_frame(&frame);
    let message = esl_proto::Message::from(frame);
    assert_eq!(content_type(&message), known_type(&frame));
    assert!(!format!("{message:?} {frame:?}").is_empty());
    use esl_proto::raw::Message;
    match Message::from(message) {
        Message::AuthRequest(kept) | Message::Other(kept) => assert_eq!(kept, frame),
        Message::Reply(reply) => check_reply(&reply, &frame),
        Message::ApiResponse(response) => check_response(&response, &frame),
        Message::Event(event) => {
            assert_eq!(event.text(), frame.body().unwrap_or_default());
            check(event);
        }
        Message::Log(line) => check_log(&line, &frame),
        Message::Disconnect(notice) => check_notice(&notice, &frame),
        Message::Rejection(rejection) => check_rejection(&rejection, &frame),
    }
}

/// The Content-Type that makes such a message.
fn content_type(message: &Message<'_>) -> Option<&'static str> {
    match message {
        Message::AuthRequest(_) => Some("auth/request"),
        Message::Reply(_) => Some("command/reply"),
        Message::ApiResponse(_) => Some("api/response"),
        Message::Event(event) => Some(event.format().content_type()),
        Message::Log(_) => Some("log/data"),
        Message::Disconnect(_) => Some("text/disconnect-notice"),
        Message::Rejection(_) => Some("text/rude-rejection"),
        _ => None,
    }
}

/// The Content-Type of the frame, if it is one that FreeSWITCH sends.
fn known_type(frame: &Frame<'_>) -> Option<&'static str> {
    const UNKNOWN: [&str; 2] = ["text/plain", ""];
    let content_type = frame.content_type()?;
    let known = TYPES.iter().filter(|name| !UNKNOWN.contains(name));
    known.copied().find(|name| content_type.eq_ignore_ascii_case(name.as_bytes()))
}

fn check_frame(frame: &Frame<'_>) {
    for header in frame.headers() {
        check_value(header.name, Format::Plain);
        check_value(header.value, Format::Plain);
        let name = header.name.raw().to_ascii_uppercase();
        let first = frame.headers().find(|other| other.is(&name)).expect("at least this").value;
        assert_eq!(frame.get(&name).expect("the first").raw(), first.raw());
        let to_end = frame.get_to_end(&name).expect("the first and all after it");
        check_value(to_end, Format::Plain);
        assert!(to_end.raw().starts_with(first.raw()));
        let line_end = if frame.is_crlf() { &b"\r\n"[..] } else { b"\n" };
        let end = if frame.is_cut() && !frame.head().ends_with(b"\n") { b"" } else { line_end };
        assert!(frame.head().ends_with(&[to_end.raw(), end].concat()));
    }
    assert!(frame.get("no such header").is_none());
    assert!(frame.get_to_end("no such header").is_none());
    let content_type = frame.get("Content-Type").map(|value| value.raw());
    // The line in which the next frame begins goes on with no header, nor does any line of a reply's text.
    if frame.head().starts_with(b"Content-Type: command/reply\n") {
        assert_eq!(frame.content_type(), Some(&b"command/reply"[..]));
    } else if !frame.is_cut() {
        assert_eq!(frame.content_type(), content_type.map(without_blanks));
    }
}

/// `value` without what a Content-Type may have around it.
fn without_blanks(value: &[u8]) -> &[u8] {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let start = value.iter().take_while(|octet| blank(octet)).count();
    let end = value[start..].iter().rev().take_while(|octet| blank(octet) || **octet == b'\r').count();
    &value[start..value.len() - end]
}

fn check_reply(reply: &Reply<'_>, frame: &Frame<'_>) {
    assert_eq!(reply.frame(), frame);
    assert!(reply.headers().eq(frame.headers()));
    let text: Vec<u8> = reply.text().bytes().collect();
    check_value(reply.text(), Format::Plain);
    check_value(reply.text_to_end(), Format::Plain);
    let has_text = frame.get("Reply-Text").is_some() || reply.is_connect();
    match reply.status() {
        Status::Broken => assert!(reply.is_broken() && reply.detail() == text),
        status => assert_eq!(status, Status::of(&text)),
    }
    if frame.head().starts_with(b"Content-Type: command/reply\n") {
        assert!(has_text || reply.status() == Status::Broken);
    }
    if reply.status() == Status::Broken {
        return;
    }
    assert_eq!(reply.channel_data().is_some(), reply.is_connect());
    match reply.channel_data() {
        Some(data) => {
            check(data);
            assert_eq!(reply.detail(), b"");
        }
        None => {
            assert!(is_part(reply.detail(), reply.text().raw()));
            assert_eq!(reply.text().raw(), frame.get("Reply-Text").map_or(&b""[..], |text| text.raw()));
            assert_eq!((reply.socket_mode(), reply.has_full_control()), (None, None));
        }
    }
    assert_eq!(reply.job_uuid(), frame.get("Job-UUID"));
    assert_eq!(reply.allowed_events(), frame.get("Allowed-Events"));
    assert_eq!(reply.allowed_api(), frame.get("Allowed-API"));
    assert_eq!(reply.allowed_log(), frame.get("Allowed-LOG").map(|value| value.raw() == b"true"));
}

fn is_part(part: &[u8], text: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

fn check_response(response: &ApiResponse<'_>, frame: &Frame<'_>) {
    assert_eq!(response.frame(), frame);
    assert_eq!(response.body(), frame.body().unwrap_or_default());
    assert_eq!(response.status(), Status::of(response.body()));
    assert!(is_part(response.detail(), response.body()));
}

fn check_log(line: &LogLine<'_>, frame: &Frame<'_>) {
    assert_eq!(line.frame(), frame);
    assert_eq!(line.text(), frame.body().unwrap_or_default());
    assert!(line.level().is_none_or(|level| (-1..64).contains(&level.number())));
    assert_eq!(line.file(), frame.get("Log-File"));
    assert_eq!(line.function(), frame.get("Log-Func"));
    assert_eq!(line.line(), frame.get("Log-Line").and_then(|value| value.to_u64()));
    assert_eq!(line.text_channel(), frame.get("Text-Channel").and_then(|value| value.to_u64()));
    assert_eq!(line.channel_uuid(), frame.get("User-Data").filter(|value| !value.raw().is_empty()));
}

fn check_notice(notice: &DisconnectNotice<'_>, frame: &Frame<'_>) {
    assert_eq!(notice.frame(), frame);
    // A line without a colon behind it changes nothing.
    let value = frame.get("Content-Disposition").map(|value| value.raw()).unwrap_or_default();
    let first_line = value.split(|octet| *octet == b'\n').next().unwrap_or_default().trim_ascii();
    let lingers = first_line.eq_ignore_ascii_case(b"LINGER");
    assert_eq!(notice.disposition(), if lingers { Disposition::Linger } else { Disposition::Disconnect });
    assert_eq!(notice.session_uuid(), frame.get("Controlled-Session-UUID"));
    assert_eq!(notice.channel_name(), frame.get("Channel-Name"));
    assert_eq!(notice.linger_seconds(), frame.get("Linger-Time").and_then(|value| value.to_i64()));
    assert_eq!(notice.text(), frame.body().unwrap_or_default());
}

fn check_rejection(rejection: &Rejection<'_>, frame: &Frame<'_>) {
    assert_eq!(rejection.frame(), frame);
    assert_eq!(rejection.text(), frame.body().unwrap_or_default());
}
