//! Commands: what they look like on the wire, that they parse back, and that nothing a caller passes can forge one.

#[path = "common/command.rs"]
mod command;

use command::{Parts, encode, reads_back, request};
use esl_proto::command::{
    CallCommand, CommandErrorKind as Kind, EncodeError, EventNames, Events, Execute, Field, Filter, PairSource, Pairs,
    ParseErrorKind, SendEvent, SendMsg, Unicast, Words,
};
use esl_proto::frame::Step;
use esl_proto::name::{EventName, Format, HangupCause, LogLevel};
use esl_proto::{Command, Decoder, Limits};
use proptest::prelude::*;

fn shows(command: impl Into<Command<'static>>, wire: &str) {
    let command = command.into();
    let octets = encode(&command).unwrap();
    assert_eq!(String::from_utf8(octets.clone()).unwrap(), wire);
    assert_eq!(Command::parse(&request(&octets)), Ok(command));
}

#[test]
fn every_command_on_the_wire() {
    shows(Command::auth("ClueCon"), "auth ClueCon\n\n");
    shows(Command::auth(" Clue Con "), "auth  Clue Con \n\n");
    shows(Command::userauth("full", "test.local", "p:w@x"), "userauth full@test.local:p:w@x\n\n");
    shows(Command::api("status"), "api status\n\n");
    shows(Command::api("originate user/1 &park()"), "api originate user/1 &park()\n\n");
    shows(Command::Api { line: b"version", console_execute: true }, "api version\nconsole_execute: true\n\n");
    shows(Command::bgapi("status"), "bgapi status\n\n");
    shows(Command::bgapi_named("status x", "my job"), "bgapi status x\nJob-UUID: my job\n\n");
    shows(Command::event(Format::Json, &[EventName::All]), "event json ALL\n\n");
    shows(Command::event(None, &[EventName::Heartbeat, EventName::Other(b"NEW")]), "event HEARTBEAT NEW\n\n");
    shows(
        Command::event(
            Format::Plain,
            Events::new(&[EventName::Custom, EventName::ChannelAnswer], &["sofia::register", "my::sub"]),
        ),
        "event plain CHANNEL_ANSWER CUSTOM sofia::register my::sub\n\n",
    );
    shows(Command::event(Format::Xml, Events::new(&[], &["a::b"])), "event xml CUSTOM a::b\n\n");
    shows(Command::nixevent(&[EventName::Custom]), "nixevent CUSTOM\n\n");
    shows(Command::nixevent(Events::new(&[EventName::Heartbeat], &["a"])), "nixevent HEARTBEAT CUSTOM a\n\n");
    shows(Command::NoEvents, "noevents\n\n");
    shows(Command::myevents(None), "myevents\n\n");
    shows(Command::myevents(Format::Json), "myevents json\n\n");
    shows(Command::myevents_of("5fd4"), "myevents 5fd4\n\n");
    shows(Command::DivertEvents { on: true }, "divert_events on\n\n");
    shows(Command::DivertEvents { on: false }, "divert_events off\n\n");
    shows(Filter::add("Unique-ID", "5fd4"), "filter add Unique-ID 5fd4\n\n");
    shows(Filter::add("delete", "-/^a b$/"), "filter add delete -/^a b$/\n\n");
    shows(Filter::delete("Unique-ID"), "filter delete Unique-ID\n\n");
    shows(Filter::delete_value("Event-Name", "a b"), "filter delete Event-Name a b\n\n");
    shows(Filter::DeleteAll, "filter delete all\n\n");
    shows(Command::Log { level: None }, "log\n\n");
    shows(Command::Log { level: Some(LogLevel::INFO) }, "log 6\n\n");
    shows(Command::Log { level: Some(LogLevel::DISABLE) }, "log disable\n\n");
    shows(Command::Log { level: Some(LogLevel::MAX) }, "log 63\n\n");
    shows(Command::NoLog, "nolog\n\n");
    shows(Command::Linger { seconds: None }, "linger\n\n");
    shows(Command::Linger { seconds: Some(0) }, "linger 0\n\n");
    shows(Command::Linger { seconds: Some(30) }, "linger 30\n\n");
    shows(Command::NoLinger, "nolinger\n\n");
    shows(Command::getvar("caller_id_name"), "getvar caller_id_name\n\n");
    shows(Command::Connect, "connect\n\n");
    shows(Command::Resume, "resume\n\n");
    shows(Command::Exit, "exit\n\n");
}

#[test]
fn sendevent_on_the_wire() {
    shows(SendEvent::new(EventName::Heartbeat, Pairs::NONE), "sendevent HEARTBEAT\n\n");
    shows(
        SendEvent::new(EventName::Custom, &[("Event-Subclass", "my::sub"), ("foo[1]", "x: y"), ("foo[0]", "%41")]),
        "sendevent CUSTOM\nEvent-Subclass: my::sub\nfoo[1]: x: y\nfoo[0]: %41\n\n",
    );
    shows(
        SendEvent::new(EventName::Message, &[("from", "a")]).body("two\n\nlines\r\n"),
        "sendevent MESSAGE\nfrom: a\nContent-Length: 12\n\ntwo\n\nlines\r\n",
    );
}

#[test]
fn sendmsg_on_the_wire() {
    shows(SendMsg::new(Execute::new("answer", "")), "sendmsg\ncall-command: execute\nexecute-app-name: answer\n\n");
    shows(
        SendMsg::new(Execute {
            loops: Some(-1),
            event_uuid: Some(b"my id"),
            event_uuid_name: Some(b"n"),
            hold_bleg: true,
            ..Execute::new("playback", "tone_stream://%(100,0,800)")
        })
        .to("5fd4")
        .event_lock()
        .event_lock_pri()
        .lead_frames(2)
        .run_async(),
        "sendmsg 5fd4\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: tone_stream://%(100,0,800)\n\
         loops: -1\nEvent-UUID: my id\nEvent-UUID-Name: n\nhold-bleg: true\nevent-lock: true\nevent-lock-pri: true\n\
         lead-frames: 2\nasync: true\n\n",
    );
    shows(SendMsg::new(CallCommand::hangup(None)).to("u"), "sendmsg u\ncall-command: hangup\n\n");
    shows(
        SendMsg::new(CallCommand::hangup(HangupCause::UserBusy)).to("u"),
        "sendmsg u\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n",
    );
    shows(
        SendMsg::new(CallCommand::hangup(HangupCause::from_bytes(b"17"))),
        "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n",
    );
    shows(SendMsg::new(Unicast::default()), "sendmsg\ncall-command: unicast\n\n");
    shows(
        SendMsg::new(Unicast {
            local_ip: Some(b"127.0.0.1"),
            local_port: Some(8025),
            remote_ip: Some(b"127.0.0.2"),
            remote_port: Some(65535),
            transport: Some(b"tcp"),
            flags: Some(b"native"),
        }),
        "sendmsg\ncall-command: unicast\nlocal-ip: 127.0.0.1\nlocal-port: 8025\nremote-ip: 127.0.0.2\n\
         remote-port: 65535\ntransport: tcp\nflags: native\n\n",
    );
    shows(SendMsg::new(CallCommand::nomedia("5fd4")), "sendmsg\ncall-command: nomedia\nnomedia-uuid: 5fd4\n\n");
    shows(
        SendMsg::new(CallCommand::xferext(&[("answer", ""), ("playback", "a b")])).to("u"),
        "sendmsg u\ncall-command: xferext\napplication: answer\napplication: playback a b\n\n",
    );
    shows(SendMsg::new(CallCommand::Other { name: b"EXECUTE" }), "sendmsg\ncall-command: EXECUTE\n\n");
    shows(SendMsg::new(CallCommand::Other { name: b"" }).to("u"), "sendmsg u\n\n");
}

#[test]
fn an_argument_that_no_line_can_hold_travels_as_a_body() {
    for (arg, body) in [("a\nb", true), ("a\r\nb", true), (" a", true), ("a ", false), ("\ta", false)] {
        let command = Command::from(SendMsg::new(Execute::new("set", arg)));
        let wire = String::from_utf8(encode(&command).unwrap()).unwrap();
        let head = "sendmsg\ncall-command: execute\nexecute-app-name: set\n";
        let expected = match body {
            true => format!("{head}content-type: text/plain\nContent-Length: {}\n\n{arg}", arg.len()),
            false => format!("{head}execute-app-arg: {arg}\n\n"),
        };
        assert_eq!(wire, expected);
        assert_eq!(Command::parse(&request(wire.as_bytes())), Ok(command));
    }
    let long = "x".repeat(100_000);
    let command = Command::from(SendMsg::new(Execute::new("set", &long)));
    let wire = encode(&command).unwrap();
    assert!(wire.len() < 100_150);
    assert_eq!(command.body(), Some(long.as_bytes()));
    assert_eq!(Command::parse(&request(&wire)), Ok(command));
}

fn refuses(command: impl Into<Command<'static>>, kind: Kind, field: Field, item: usize, offset: usize) {
    let command = command.into();
    match encode(&command) {
        Err(EncodeError::Refused(error)) => {
            assert_eq!((error.kind, error.field, error.item, error.offset), (kind, field, item, offset), "{command:?}");
            assert_eq!(EncodeError::Refused(error).code(), kind as u16);
        }
        other => panic!("{command:?} gives {other:?}"),
    }
}

#[test]
fn what_would_break_or_forge_the_protocol_is_refused_at_its_place() {
    refuses(Command::auth(""), Kind::Empty, Field::Password, 0, 0);
    refuses(Command::auth("a\nb"), Kind::LineEnd, Field::Password, 0, 1);
    refuses(Command::auth("ab\r"), Kind::LineEnd, Field::Password, 0, 2);
    refuses(Command::auth("abc\0"), Kind::Nul, Field::Password, 0, 3);
    refuses(Command::userauth("a:b", "c", "d"), Kind::Separator, Field::User, 0, 1);
    refuses(Command::userauth("ab@", "c", "d"), Kind::Separator, Field::User, 0, 2);
    refuses(Command::userauth("a", "b:c", "d"), Kind::Separator, Field::Domain, 0, 1);
    refuses(Command::userauth("a", "", "d"), Kind::Empty, Field::Domain, 0, 0);
    refuses(Command::userauth("a", "b", "\n"), Kind::LineEnd, Field::Password, 0, 0);
    refuses(Command::api(""), Kind::Empty, Field::ApiLine, 0, 0);
    refuses(Command::api(" status"), Kind::Blank, Field::ApiLine, 0, 0);
    refuses(Command::api("status\n\nexit"), Kind::LineEnd, Field::ApiLine, 0, 6);
    refuses(Command::bgapi("eval a\rb"), Kind::LineEnd, Field::ApiLine, 0, 6);
    refuses(Command::bgapi_named("status", "a\nContent-Length: 9"), Kind::LineEnd, Field::JobUuid, 0, 1);
    refuses(Command::bgapi_named("status", ""), Kind::Empty, Field::JobUuid, 0, 0);
    refuses(Command::bgapi_named("status", " x"), Kind::Blank, Field::JobUuid, 0, 0);
    refuses(Command::bgapi_named("status", &[b'j'; 201]), Kind::TooLong, Field::JobUuid, 0, 200);
    assert!(encode(&Command::bgapi_named("status", &[b'j'; 200])).is_ok());
    // Its reply would be taken for two frames.
    refuses(Command::bgapi_named("status", "xContent-Type: command/reply"), Kind::Reserved, Field::JobUuid, 0, 0);
    assert!(encode(&Command::bgapi_named("status", "xContent-Type: command/reply.")).is_ok());
    refuses(Command::event(Format::Plain, &[]), Kind::Empty, Field::EventName, 0, 0);
    refuses(Command::event(None, &[EventName::All, EventName::Other(b"A B")]), Kind::Blank, Field::EventName, 1, 1);
    refuses(Command::event(None, &[EventName::Other(b"json")]), Kind::Reserved, Field::EventName, 0, 0);
    refuses(Command::event(None, &[EventName::Other(b"custom")]), Kind::Reserved, Field::EventName, 0, 0);
    refuses(Command::event(None, &[EventName::Other(b"SWITCH_EVENT_ALL")]), Kind::Reserved, Field::EventName, 0, 0);
    refuses(Command::nixevent(Events::new(&[], &["a::b", "c d"])), Kind::Blank, Field::Subclass, 1, 1);
    refuses(Command::nixevent(Events::new(&[], &[""])), Kind::Empty, Field::Subclass, 0, 0);
    refuses(Command::getvar("a\nb"), Kind::LineEnd, Field::Variable, 0, 1);
    refuses(Command::myevents_of("5fd4 json"), Kind::Blank, Field::Uuid, 0, 4);
    refuses(Command::myevents_of("an-xml-uuid"), Kind::Reserved, Field::Uuid, 0, 0);
    refuses(Filter::Ignored { header: b"a" }, Kind::Empty, Field::Filter, 1, 0);
    refuses(Command::myevents_of("json"), Kind::Reserved, Field::Uuid, 0, 0);
    refuses(Command::MyEvents { uuid: Some(b"u"), format: Some(Format::Json) }, Kind::FormatLost, Field::Format, 0, 0);
    refuses(Filter::add("a b", "c"), Kind::Blank, Field::Filter, 0, 1);
    refuses(Filter::add("a", ""), Kind::Empty, Field::Filter, 1, 0);
    refuses(Filter::add("a", "b\n"), Kind::LineEnd, Field::Filter, 1, 1);
    refuses(Filter::delete("ALL"), Kind::Reserved, Field::Filter, 0, 0);
    refuses(Filter::delete_value("a", "\0"), Kind::Nul, Field::Filter, 1, 0);
    refuses(Command::Linger { seconds: Some(1 << 31) }, Kind::TooLong, Field::Option, 0, 0);
    let event = |headers: &'static [(&'static str, &'static str); 2]| SendEvent::new(EventName::Custom, headers);
    refuses(event(&[("a", "b"), ("c:", "d")]), Kind::Separator, Field::HeaderName, 1, 1);
    refuses(event(&[("a b", "c"), ("", "")]), Kind::Blank, Field::HeaderName, 0, 1);
    refuses(event(&[("a", "b"), ("", "c")]), Kind::Empty, Field::HeaderName, 1, 0);
    refuses(event(&[("a", "b"), ("c", "")]), Kind::Empty, Field::HeaderValue, 1, 0);
    refuses(event(&[("a", "b"), ("c", " d")]), Kind::Blank, Field::HeaderValue, 1, 0);
    refuses(event(&[("a", "b\n\nexit"), ("c", "d")]), Kind::LineEnd, Field::HeaderValue, 0, 1);
    refuses(event(&[("a", "b"), ("content-LENGTH", "3")]), Kind::Reserved, Field::HeaderName, 1, 0);
    refuses(SendEvent::new(EventName::Other(b"X\nY"), Pairs::NONE), Kind::LineEnd, Field::EventName, 0, 1);
    refuses(SendEvent::new(EventName::Message, Pairs::NONE).body("a\0b"), Kind::Nul, Field::Body, 0, 1);
    let execute = |app, arg| SendMsg::new(Execute::new(app, arg));
    refuses(execute("", "x"), Kind::Empty, Field::Application, 0, 0);
    refuses(execute("a b", "x"), Kind::Blank, Field::Application, 0, 1);
    refuses(execute("set", "a\n\0"), Kind::Nul, Field::Argument, 0, 2);
    refuses(execute("set", "").to("u\nasync: true"), Kind::LineEnd, Field::Uuid, 0, 1);
    refuses(execute("set", "").to(""), Kind::Empty, Field::Uuid, 0, 0);
    refuses(execute("set", "").lead_frames(u32::MAX), Kind::TooLong, Field::Option, 4, 0);
    refuses(SendMsg::new(Execute::new("set", "").event_uuid("a\nb")), Kind::LineEnd, Field::Option, 0, 1);
    refuses(SendMsg::new(CallCommand::hangup(HangupCause::Other(b"\n"))), Kind::LineEnd, Field::Option, 0, 0);
    refuses(SendMsg::new(CallCommand::hangup(HangupCause::Other(b"17"))), Kind::Reserved, Field::Option, 0, 0);
    refuses(SendMsg::new(CallCommand::nomedia("")), Kind::Empty, Field::Uuid, 0, 0);
    refuses(SendMsg::new(CallCommand::xferext(&[("a", "b"), ("c", "d\r")])), Kind::LineEnd, Field::Argument, 1, 1);
    refuses(SendMsg::new(CallCommand::Other { name: b"execute" }), Kind::Reserved, Field::Option, 0, 0);
    refuses(
        SendMsg::new(Unicast { transport: Some(b"udp\nasync: true"), ..Unicast::default() }),
        Kind::LineEnd,
        Field::Option,
        2,
        3,
    );
}

#[test]
fn what_the_server_would_not_read_whole_is_refused() {
    let line = vec![b'x'; Command::MAX_HEAD];
    let fits = &line[..Command::MAX_HEAD - "api \n\n".len()];
    assert_eq!(Command::api(fits).encoded_len(), Ok(Command::MAX_HEAD));
    let error = Command::api(&line).encoded_len().unwrap_err();
    assert_eq!((error.kind, error.field), (Kind::TooLong, Field::Head));
    let body = vec![b'x'; Command::MAX_BODY + 1];
    let event = SendEvent::new(EventName::Message, Pairs::NONE);
    assert!(Command::from(event.body(&body[1..])).encoded_len().is_ok());
    let error = Command::from(event.body(&body)).encoded_len().unwrap_err();
    assert_eq!((error.kind, error.field, error.offset), (Kind::TooLong, Field::Body, Command::MAX_BODY));
}

#[test]
fn passwords_are_never_shown() {
    for command in [Command::auth("SeCrEt"), Command::userauth("u", "d", "SeCrEt")] {
        let shown = format!("{command:?} {command:#?}");
        assert!(!shown.contains("SeCrEt") && shown.contains("***"), "{shown}");
    }
    assert_eq!(format!("{:?}", Command::api("status\t\u{17b}")), r#"Command("api status\t\xc5\xbb\n\n")"#);
}

/// Requests as other clients write them, and what they mean to the server.
#[test]
fn requests_are_read_as_the_server_reads_them() {
    let parse = |wire: &'static str| Command::parse(&request(wire.as_bytes()));
    let unknown = |offset| Err(esl_proto::command::ParseError { kind: ParseErrorKind::Unknown, offset });
    let refused = |kind, offset| Err(esl_proto::command::ParseError { kind, offset });
    let (missing, syntax) =
        (|offset| refused(ParseErrorKind::Missing, offset), |offset| refused(ParseErrorKind::Syntax, offset));
    let no_names = |offset| refused(ParseErrorKind::NoNames, offset);
    // Words match by prefix and in any case, in the server's order.
    assert_eq!(parse("exitfoo\n\n"), Ok(Command::Exit));
    assert_eq!(parse("...\n\n"), Ok(Command::Exit));
    assert_eq!(parse("NOLOGGER\n\n"), Ok(Command::NoLog));
    assert_eq!(parse("log7\n\n"), Ok(Command::Log { level: Some(LogLevel::DEBUG) }));
    assert_eq!(parse("log  Warning x\n\n"), Ok(Command::Log { level: Some(LogLevel::WARNING) }));
    assert_eq!(parse("log 99\n\n"), Ok(Command::Log { level: Some(LogLevel::MAX) }));
    assert!(matches!(parse("logout\n\n"), Err(error) if error.kind == ParseErrorKind::Invalid && error.offset == 3));
    assert_eq!(parse("eventually plain HEARTBEAT\n\n"), Ok(Command::event(Format::Plain, &[EventName::Heartbeat])));
    assert_eq!(parse("sendeventMESSAGE\n\n"), Ok(SendEvent::new(EventName::Message, Pairs::NONE).into()));
    assert_eq!(parse("quit\n\n"), unknown(0));
    assert_eq!(parse(" api status\n\n"), unknown(0));
    assert_eq!(parse("api\n\n"), unknown(0));
    assert_eq!(parse("api\tstatus\n\n"), unknown(0));
    assert_eq!(parse("filter\n\n"), unknown(0));
    // A format counts only right after one blank.
    assert_eq!(parse("event  plain ALL\n\n"), Ok(Command::event(None, &[EventName::Other(b"plain"), EventName::All])));
    assert_eq!(
        parse("event HEARTBEAT plain\n\n"),
        Ok(Command::event(None, &[EventName::Heartbeat, EventName::Other(b"plain")]))
    );
    assert_eq!(
        parse("event plain CUSTOM a::b HEARTBEAT\n\n"),
        Ok(Command::event(Format::Plain, Events::new(&[EventName::Custom], &["a::b", "HEARTBEAT"])))
    );
    assert_eq!(parse("nixevent switch_event_custom a\n\n"), Ok(Command::nixevent(Events::new(&[], &["a"]))));
    assert_eq!(parse("event plain\n\n"), no_names(11));
    assert_eq!(parse("nixeventHEARTBEAT\n\n"), no_names(17));
    assert_eq!(parse("nixeventHEARTBEAT HEARTBEAT\n\n"), Ok(Command::nixevent(&[EventName::Heartbeat])));
    assert_eq!(parse("filter a b  c\n\n"), Ok(Filter::add("a", "b  c").into()));
    assert_eq!(parse("filter   Add a b\n\n"), Ok(Filter::add("a", "b").into()));
    assert_eq!(parse("FILTER Delete All\n\n"), Ok(Filter::DeleteAll.into()));
    assert_eq!(parse("filter a\n\n"), syntax(8));
    assert_eq!(parse("filter add a\n\n"), Ok(Filter::Ignored { header: b"a" }.into()));
    assert_eq!(parse("filter delete a \n\n"), Ok(Filter::delete("a").into()));
    assert_eq!(parse("nixevent foo\n\n"), no_names(12));
    assert_eq!(parse("event foo CUSTOM\n\n"), Ok(Command::event(None, &[EventName::Other(b"foo"), EventName::Custom])));
    assert_eq!(parse("myeventsxyz\n\n"), Ok(Command::myevents(None)));
    assert_eq!(parse("myeventsjson\n\n"), Ok(Command::myevents(Format::Json)));
    assert_eq!(parse("myevents Json\n\n"), Ok(Command::myevents_of("Json")));
    assert_eq!(parse("sendevent SWITCH_EVENT_MESSAGE\n\n"), Ok(SendEvent::new(EventName::Message, Pairs::NONE).into()));
    assert_eq!(parse("API reload mod_event_socket\n\n"), Ok(Command::api("bgapi reload mod_event_socket")));
    assert_eq!(parse("\0foo\n\n"), refused(ParseErrorKind::Nul, 0));
    assert_eq!(parse("userauth u@d\n\n"), refused(ParseErrorKind::Credentials, 12));
    assert_eq!(parse("userauth u:p@d\n\n"), Ok(Command::userauth("u", "d", "p")));
    assert_eq!(parse("getvar\n\n"), unknown(6));
    assert_eq!(parse("divert_events\n\n"), missing(13));
    assert_eq!(parse("divert_events maybe\n\n"), Ok(Command::DivertEvents { on: false }));
    assert_eq!(parse("linger abc\n\n"), Ok(Command::Linger { seconds: Some(0) }));
    assert_eq!(parse("linger -1\n\n"), Ok(Command::Linger { seconds: None }));
    assert_eq!(parse("linger \n\n"), Ok(Command::Linger { seconds: None }));
    assert_eq!(
        parse("myevents 5fd4 json\n\n"),
        Ok(Command::MyEvents { uuid: Some(b"5fd4"), format: Some(Format::Json) })
    );
    // Blanks after the colon are dropped, empty values ignored, the first of duplicates counts.
    assert_eq!(parse("bgapi status \nJob-UUID:   my-job\n\n"), Ok(Command::bgapi_named("status ", "my-job")));
    assert_eq!(parse("bgapi status\njob-uuid: \n\n"), Ok(Command::bgapi("status")));
    assert_eq!(
        parse("sendmsg \nCALL-COMMAND: execute\nexecute-app-name: a\nexecute-app-name: b\nsession-id: u\n\n"),
        Ok(SendMsg::new(Execute::new("a", "")).to("u").into())
    );
    // The argument is the body only without an argument header, and only as exactly text/plain.
    let execute = "sendmsg u\ncall-command: execute\nexecute-app-name: set\n";
    for (rest, arg) in [
        ("content-type: Text/Plain\nContent-Length: 3\n\na=b", "a=b"),
        ("content-type: text/plain; charset=utf-8\nContent-Length: 3\n\na=b", ""),
        ("Content-Length: 3\n\na=b", ""),
        ("execute-app-arg: c=d\ncontent-type: text/plain\nContent-Length: 3\n\na=b", "c=d"),
    ] {
        let wire = format!("{execute}{rest}");
        let expected = SendMsg::new(Execute::new("set", arg)).to("u");
        assert_eq!(Command::parse(&request(wire.as_bytes())), Ok(expected.into()), "{rest}");
    }
    assert_eq!(
        parse("sendmsg u\ncall-command: hangup\nhangup-cause: 17\nevent-lock: yes\nasync: 2\nlead-frames: 3x\n\n"),
        Ok(SendMsg::new(CallCommand::hangup(HangupCause::UserBusy))
            .to("u")
            .event_lock()
            .run_async()
            .lead_frames(3)
            .into())
    );
}

#[test]
fn one_carriage_return_hides_the_lines_before_it() {
    let wire = b"sendmsg u\ncall-command: execute\nexecute-app-arg: a\rb\n\n";
    let request = request(wire);
    assert_eq!(request.line(), b"sendmsg u\ncall-command: execute\nexecute-app-arg: a");
    assert_eq!(request.headers().count(), 0);
}

/// Octets that commands are made of: mostly what they should be made of, sometimes what they must not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let ordinary = prop::collection::vec(prop::sample::select(&b"abzAZ09-_/:@ =%|<>\"'.\xc5\xbb\xff"[..]), 0..12);
    let any_octets = prop::collection::vec(prop::sample::select(&b"ab \t:\n\r\0@"[..]), 0..12);
    let words = prop::sample::select(vec![
        "all",
        "ALL",
        "add",
        "delete",
        "plain",
        "json",
        "CUSTOM",
        "HEARTBEAT",
        "SWITCH_EVENT_CUSTOM",
        "execute",
        "Content-Length",
        "content-type",
        "call-command",
        "true",
        "17",
        "-1",
        "x",
        "Event-Subclass",
    ]);
    let long = (500..2000_usize).prop_map(|len| vec![b'y'; len]);
    prop_oneof![
        6 => ordinary,
        3 => words.prop_map(|word| word.as_bytes().to_vec()),
        2 => any_octets,
        1 => long,
    ]
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        0..Parts::KINDS,
        prop::collection::vec(text(), Parts::TEXTS),
        any::<[u32; 2]>(),
        any::<[bool; 6]>(),
        0..Parts::ITEMS,
    )
        .prop_map(|(kind, texts, numbers, flags, items)| Parts { kind, texts, numbers, flags, items })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever the caller passes: a command is refused, or it is on the wire exactly what it was.
    #[test]
    fn encoding_and_parsing_are_inverse_and_nothing_can_be_forged(parts in parts()) {
        parts.with(|command| {
            if let Ok(wire) = encode(&command) {
                reads_back(&wire, &command);
                prop_assert_eq!(command.body(), request(&wire).body());
            }
            let _shown = format!("{command:?}");
            #[cfg(feature = "alloc")]
            match command.into_owned() {
                Ok(owned) => {
                    prop_assert_eq!(owned.as_bytes(), encode(&command).unwrap());
                    prop_assert!(owned == command && owned.as_command() == command);
                    prop_assert_eq!(format!("{owned:?}"), format!("{command:?}"));
                }
                Err(error) => prop_assert_eq!(encode(&command), Err(EncodeError::Refused(error))),
            }
            Ok(())
        })?;
    }

    /// No request makes parsing panic, and what it understands can be shown and, unless refused, sent again.
    #[test]
    fn parsing_arbitrary_requests_never_panics(octets in prop::collection::vec(prop::sample::select(&b"aelg \n\r:-17\0"[..]), 0..40), word in 0..20_usize) {
        let words = ["auth ", "userauth ", "filter ", "getvar ", "myevents", "divert_events", "sendmsg", "sendevent", "api ", "bgapi ",
            "log", "linger", "event", "nixevent", "sendmsg u\ncall-command: execute\nloops:", "sendmsg u\ncall-command: unicast\nlocal-port: ", "filter delete ",
            "sendmsg u\ncall-command: hangup\nhangup-cause:", "event plain CUSTOM", ""];
        let wire = [words[word].as_bytes(), &octets, b"\n\n"].concat();
        if let Ok(Step::Frame { frame, .. }) = Decoder::for_requests(Limits::DEFAULT).decode(&wire)
            && let Ok(command) = Command::parse(&frame.into())
        {
            let _shown = format!("{command:?}");
            if let Ok(again) = encode(&command) {
                reads_back(&again, &command);
            }
        }
    }
}

/// A host's own kind of list.
struct Numbered(usize);

impl PairSource for Numbered {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        const PAIRS: [(&[u8], &[u8]); 3] = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")];
        PAIRS.get(..self.0)?.get(place).copied()
    }
}

#[test]
fn pairs_may_lie_in_a_shape_of_the_hosts() {
    for count in 0..=3 {
        let pairs = [("a", "1"), ("b", "2"), ("c", "3")];
        let source = Numbered(count);
        assert_eq!(Pairs::from_source(&source), Pairs::from(&pairs[..count]));
    }
}

#[test]
fn lists_of_words_are_lists() {
    let events = Events::from_line(b"CHANNEL_ANSWER  SWITCH_EVENT_DTMF CUSTOM sofia::register  x");
    let names = [EventName::ChannelAnswer, EventName::Dtmf, EventName::Custom];
    assert_eq!(events, Events::new(&names, &["sofia::register", "x"]));
    let (names, subclasses) = (events.names.as_line().unwrap(), events.subclasses.as_line().unwrap());
    let again = Events { names: EventNames::from_line(names), subclasses: Words::from_line(subclasses) };
    assert_eq!(again, events);
    assert_eq!(Words::from(&["x"]).as_line(), None);
    refuses(Command::event(None, Events::from_line(b"ALL\nexit")), Kind::LineEnd, Field::EventName, 0, 3);
}
