//! Typed views of frames: what each kind of message says, on what real servers sent.

use std::fs;

use esl_proto::frame::Step;
use esl_proto::message::{ApiResponse, DisconnectNotice, Disposition, LogLine, Reply, SocketMode, Status, Variable};
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::{Decoder, Frame, Limits, Message, Value};

fn capture(name: &str) -> Vec<u8> {
    fs::read(format!("{}/../testdata/captures/{name}/server.bin", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn frames(stream: &[u8]) -> Vec<Frame<'_>> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = stream;
    let mut frames = Vec::new();
    while let Step::Frame { frame, consumed } = decoder.decode(rest).unwrap() {
        frames.push(frame);
        rest = &rest[consumed..];
    }
    frames
}

fn messages(stream: &[u8]) -> Vec<Message<'_>> {
    frames(stream).into_iter().map(Message::from).collect()
}

fn replies(stream: &[u8]) -> Vec<Reply<'_>> {
    messages(stream)
        .into_iter()
        .filter_map(|message| if let Message::Reply(reply) = message { Some(reply) } else { None })
        .collect()
}

fn answers(stream: &[u8]) -> Vec<ApiResponse<'_>> {
    messages(stream)
        .into_iter()
        .filter_map(|message| if let Message::ApiResponse(answer) = message { Some(answer) } else { None })
        .collect()
}

fn notices(stream: &[u8]) -> Vec<DisconnectNotice<'_>> {
    messages(stream)
        .into_iter()
        .filter_map(|message| if let Message::Disconnect(notice) = message { Some(notice) } else { None })
        .collect()
}

fn reply(stream: &str) -> Reply<'_> {
    match replies(stream.as_bytes())[..] {
        [reply] => reply,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_begins_well_badly_or_with_a_bare_value() {
    for (text, status, detail) in [
        ("+OK", Status::Ok, ""),
        ("+OK bye", Status::Ok, "bye"),
        ("+OK log level  [7]", Status::Ok, "log level  [7]"),
        ("-ERR command not found", Status::Err, "command not found"),
        ("-ERR", Status::Err, ""),
        ("-USAGE: <uuid> <name>", Status::Usage, "<uuid> <name>"),
        ("loopback/park-a", Status::Bare, "loopback/park-a"),
        ("", Status::Bare, ""),
        ("OK", Status::Bare, "OK"),
    ] {
        let stream = format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
        let reply = reply(&stream);
        assert_eq!((reply.status(), reply.detail()), (status, detail.as_bytes()), "{text}");
        assert!(reply.text() == *text && reply.text_to_end() == *text);
        assert!(!reply.is_connect() && reply.channel_data().is_none());
        let stream = format!("Content-Type: api/response\nContent-Length: {}\n\n{text}\n", text.len() + 1);
        let answer = answers(stream.as_bytes())[0];
        assert_eq!((answer.status(), answer.detail()), (status, detail.as_bytes()), "{text}");
        assert_eq!(answer.body(), format!("{text}\n").as_bytes());
    }
}

#[test]
fn a_reply_without_a_reply_text_is_broken() {
    for text in ["Foo: bar", "+OK accepted", "two\nlines", "Job-UUID: x\nReply-Text: +OK"] {
        let stream = format!("Content-Type: command/reply\n{text}\n\n");
        let reply = reply(&stream);
        assert!(reply.is_broken() && !reply.frame().is_cut(), "{text}");
        assert_eq!((reply.status(), reply.detail()), (Status::Broken, text.as_bytes()));
        assert_eq!((reply.text().raw(), reply.text_to_end().raw()), (text.as_bytes(), text.as_bytes()));
    }
    for whole in ["Content-Type: command/reply\nReply-Text: \n\n", "Reply-Text: +OK\nContent-Type: command/reply\n\n"] {
        assert!(!reply(whole).is_broken(), "{whole}");
    }
}

#[test]
fn a_text_of_several_lines_can_be_read_to_its_end() {
    let stream = capture("08-getvar-long-and-multiline");
    let reply = replies(&stream).into_iter().find(|reply| reply.text() == *"first line").unwrap();
    assert_eq!(reply.text_to_end().raw(), b"first line\nsecond: line");
    let reply = self::reply("Content-Type: command/reply\r\nReply-Text: a\r\nb\r\nc: d\r\n\r\n");
    assert!(reply.text() == *"a\nb");
    assert!(reply.text_to_end() == *"a\nb\nc: d");
}

#[test]
fn jobs_are_named_in_the_reply() {
    let stream = capture("03-bgapi-plain");
    let named: Vec<String> = replies(&stream).iter().filter_map(|reply| Some(reply.job_uuid()?.to_string())).collect();
    assert_eq!(named.len(), 26);
    assert!(named.iter().any(|name| name == "my job: 100% \u{e9}"), "{named:?}");
    for reply in replies(&stream) {
        if let Some(uuid) = reply.job_uuid() {
            assert_eq!(reply.detail(), format!("Job-UUID: {uuid}").trim_end().as_bytes());
        }
    }
}

#[test]
fn userauth_is_answered_with_rights() {
    let stream = capture("01-userauth-ok");
    let reply = replies(&stream)[0];
    assert_eq!(reply.status(), Status::Ok);
    assert_eq!(reply.allowed_events(), Some(Value::from_bytes(b"all")));
    assert_eq!(reply.allowed_api(), Some(Value::from_bytes(b"all")));
    assert_eq!(reply.allowed_log(), Some(true));
    assert_eq!(replies(&stream)[1].allowed_log(), None);
}

#[test]
fn connect_is_answered_with_the_channel() {
    for (name, mode, full) in
        [("08-sock-async-full-basic", SocketMode::Async, true), ("08-sock-sync-basic", SocketMode::Sync, false)]
    {
        let stream = capture(name);
        let reply = replies(&stream)[0];
        assert!(reply.is_connect());
        assert_eq!(
            (reply.status(), reply.socket_mode(), reply.has_full_control()),
            (Status::Ok, Some(mode), Some(full))
        );
        assert!(reply.text() == *"+OK\n");
        let data = reply.channel_data().unwrap();
        assert_eq!((data.format(), data.name()), (Format::Plain, Some(EventName::ChannelData)));
        assert!(data.get("Channel-Name").unwrap().to_string().starts_with("loopback/"));
        assert!(data.get("FreeSWITCH-IPv6").unwrap().to_string().contains(':'), "values are decoded");
        let other = replies(&stream)[1];
        assert_eq!((other.socket_mode(), other.has_full_control()), (None, None));
    }
}

#[test]
fn log_lines_say_where_they_come_from() {
    let stream = capture("09-log");
    let lines: Vec<LogLine<'_>> = messages(&stream)
        .into_iter()
        .filter_map(|message| if let Message::Log(line) = message { Some(line) } else { None })
        .collect();
    assert!(lines.len() > 100);
    for line in &lines {
        assert!(line.text().ends_with(b"\n"));
        let level = line.level().unwrap();
        assert!(level >= LogLevel::CONSOLE && level <= LogLevel::MAX);
        let file = line.file().unwrap().to_string();
        assert!(file.ends_with(".c") || file.ends_with(".h") || file.ends_with(".cpp"), "{file}");
        assert!(!line.function().unwrap().raw().is_empty());
        assert!(line.line().unwrap() > 0);
        assert!(line.text_channel().is_some());
    }
    // Some are about a channel, which is named by a UUID, and others about none.
    assert!(lines.iter().any(|line| line.channel_uuid().is_some_and(|uuid| uuid.raw().len() == 36)));
    assert!(lines.iter().any(|line| line.channel_uuid().is_none()));
}

#[test]
fn a_notice_tells_of_lingering_or_of_the_end() {
    let stream = capture("08-linger-2");
    let [linger, end] = notices(&stream)[..] else { panic!() };
    assert_eq!(
        (linger.disposition(), linger.linger_seconds(), linger.text()),
        (Disposition::Linger, Some(2), &b""[..])
    );
    assert!(linger.channel_name().unwrap().to_string().starts_with("loopback/"));
    assert_eq!((end.disposition(), end.linger_seconds(), end.channel_name()), (Disposition::Disconnect, None, None));
    assert_eq!(linger.session_uuid(), end.session_uuid());
    assert_eq!(linger.session_uuid().unwrap().raw().len(), 36);
    assert!(end.text().starts_with(b"Disconnected, goodbye.\n"));

    let stream = capture("10-exit");
    let [end] = notices(&stream)[..] else { panic!() };
    assert_eq!((end.disposition(), end.session_uuid()), (Disposition::Disconnect, None));
}

#[test]
fn a_rejection_comes_before_the_notice() {
    let stream = capture("01-acl-reject");
    let [Message::Rejection(rejection), Message::Disconnect(_)] = messages(&stream)[..] else { panic!() };
    assert_eq!(rejection.text(), b"Access Denied, go away.\n");
    assert_eq!(rejection.frame().content_type(), Some(&b"text/rude-rejection"[..]));
}

#[test]
fn unknown_kinds_are_kept_raw() {
    let stream = b"Content-Type: text/news; x=y\nA: b\nContent-Length: 2\n\nhi\nno type\n\nCONTENT-type:  COMMAND/reply \nReply-Text: x\n\n";
    let [Message::Other(news), Message::Other(orphan), Message::Reply(_)] = messages(stream)[..] else {
        panic!("{:?}", messages(stream))
    };
    assert_eq!(news.content_type(), Some(&b"text/news; x=y"[..]));
    assert_eq!((news.get("a"), news.body()), (Some(Value::from_bytes(b"b")), Some(&b"hi"[..])));
    assert_eq!((orphan.content_type(), orphan.head(), orphan.headers().count()), (None, &b"no type\n"[..], 0));
}

#[test]
fn the_first_of_duplicate_headers_counts_in_a_head() {
    let stream = b"Content-Type: command/reply\nReply-Text: one\nReply-Text: two\nContent-Type: api/response\n\n";
    let [frame] = frames(stream)[..] else { panic!() };
    assert!(frame.get("reply-TEXT").unwrap() == *"one");
    assert!(frame.get_to_end("Reply-Text").unwrap() == *"one\nReply-Text: two\nContent-Type: api/response");
    assert_eq!(frame.get("Reply"), None);
    assert_eq!(frame.headers().count(), 4);
    assert!(matches!(Message::from(frame), Message::Reply(_)));
}

#[test]
fn variables_that_answers_tell_of() {
    let getvar = |said: &[u8]| [b"Content-Type: command/reply\nReply-Text: ", said, b"\n\n"].concat();
    let (fits, cut) = ([b'f'; 510], [b'c'; 511]);
    for (said, variable) in [
        (&b"value"[..], Variable::Set(Value::from_bytes(b"value"))),
        (b"one\ntwo: 2", Variable::Set(Value::from_bytes(b"one\ntwo: 2"))),
        (&fits, Variable::Set(Value::from_bytes(&fits))),
        (&cut, Variable::Cut(Value::from_bytes(&cut))),
        (b"-ERR command not found", Variable::Unset),
        (b"-ERR something else", Variable::Set(Value::from_bytes(b"-ERR something else"))),
    ] {
        assert_eq!(replies(&getvar(said))[0].variable(), variable);
    }
    let broken = b"Content-Type: command/reply\nx yContent-Type: command/reply\nReply-Text: +OK\n\n";
    assert_eq!(replies(broken)[0].variable(), Variable::Cut(Value::from_bytes(b"x y")));

    let api = |body: &str| format!("Content-Type: api/response\nContent-Length: {}\n\n{body}", body.len()).into_bytes();
    for (body, variable) in [
        ("value", Variable::Set(Value::from_bytes(b"value"))),
        ("", Variable::Set(Value::from_bytes(b""))),
        ("-ERR No such channel!", Variable::Set(Value::from_bytes(b"-ERR No such channel!"))),
        ("_undef_", Variable::Unset),
        ("-ERR No such channel!\n", Variable::Unread),
        ("-ERR no reply\n", Variable::Unread),
    ] {
        assert_eq!(answers(&api(body))[0].variable(), variable);
    }
}
