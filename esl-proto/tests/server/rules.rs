//! Rules of the listener, one by one, where no recorded dialogue has them.

use esl_proto::command::Secret;
use esl_proto::event::{EventEncodeError, EventSource, Field, OutgoingEvent};
use esl_proto::frame::{Request, Step};
use esl_proto::server::{
    Admission, Closed, Control, DeliverError, Effect, EventCoding, HostRequest, Poll, Response, ResponseError, Rights,
    Server, ServerLimits,
};
use esl_proto::text::Percent;
use esl_proto::{Decoder, Limits, Value, name::Format};

type Listener = Server<[u8; 512]>;

fn open_with(rights: Rights<'_>) -> Listener {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"userauth a@b:c\n\n", &mut out).unwrap();
    server.respond(Response::Accept(rights), &mut out).unwrap();
    server
}

fn open() -> Listener {
    open_with(Rights::ALL)
}

fn outbound(full: bool, is_async: bool) -> Listener {
    let mut server = Server::outbound(ServerLimits::DEFAULT, [0; 512], "U", Control { full, is_async }).unwrap();
    server.poll(b"", &mut [0; Server::REPLY_MAX]).unwrap();
    server
}

/// The reply's text; where the host is asked, what it is answered.
fn say(server: &mut Listener, line: &str, answer: Response<'_>) -> String {
    let mut out = [0; 4096];
    let command = format!("{line}\n\n");
    let poll = server.poll(command.as_bytes(), &mut out).unwrap();
    let written = match poll {
        Poll::HostRequest { .. } => server.respond(answer, &mut out).unwrap(),
        poll => poll.written(),
    };
    let text = std::str::from_utf8(&out[..written]).unwrap();
    text.split("Reply-Text: ").nth(1).and_then(|text| text.split('\n').next()).unwrap_or(text).to_owned()
}

fn tell(server: &mut Listener, line: &str) -> String {
    say(server, line, Response::Ok)
}

/// Whether an event of these headers would come.
fn wants(server: &mut Listener, headers: &[(&str, &str)]) -> bool {
    wants_with(server, headers, None)
}

fn wants_with(server: &mut Listener, headers: &[(&str, &str)], body: Option<&str>) -> bool {
    let fields: Vec<Field<'_>> = headers.iter().map(|(name, value)| Field::new(*name, *value)).collect();
    let event = OutgoingEvent { headers: &fields, body: body.map(Value::from) };
    let regex = |pattern: &[u8], text: Value<'_>| pattern == b"/^b/" && text.bytes().next() == Some(b'b');
    match server.offer_with(&event, &regex) {
        Admission::Enqueue => {
            server.skip();
            true
        }
        Admission::Skip => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn filters_are_asked_in_their_order_and_an_exclusion_ends_it() {
    for (filters, passes) in [
        (&["A one"][..], true),
        (&["A two"], false),
        (&["Nosuch x"], false),
        (&["A - one"], false),
        (&["A - two"], false),
        (&["A one", "B - two"], false),
        (&["B - two", "A one"], false),
        (&["A one", "B - other"], true),
        (&["A -+ one"], true),
        (&["A +- one"], false),
        (&["A ONE"], true),
        (&["B /^b/"], true),
        (&["A /^b/"], false),
        (&["B -/^b/", "A one"], true),
        (&["_body text"], true),
        (&["_body other"], false),
        (&["A", "A one"], true),
    ] {
        let mut server = open();
        tell(&mut server, "event plain HEARTBEAT");
        filters.iter().for_each(|filter| drop(tell(&mut server, &format!("filter {filter}"))));
        let headers = [("Event-Name", "HEARTBEAT"), ("a", "one"), ("A", "two"), ("B", "two"), ("B", "x")];
        let headers = if filters[0].contains("/^b/") {
            headers.map(|(n, v)| (n, if n == "B" { "bob" } else { v }))
        } else {
            headers
        };
        assert_eq!(wants_with(&mut server, &headers, Some("text")), passes, "{filters:?}");
    }
}

#[test]
fn a_filter_without_a_value() {
    let mut server = open();
    tell(&mut server, "event plain HEARTBEAT");
    tell(&mut server, "filter Foo no");
    let heartbeat = [("Event-Name", "HEARTBEAT"), ("Foo", "x")];
    assert_eq!(tell(&mut server, "filter add Foo"), "+OK filter added. [Foo]=[(null)]");
    assert!(!wants(&mut server, &heartbeat));
    assert_eq!(tell(&mut server, "filter add Foo "), "+OK filter added. [Foo]=[]");
    assert!(wants(&mut server, &heartbeat));
}

#[test]
fn every_one_of_the_events_of_a_channel() {
    const MINE: &str = "CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY \
        CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_UUID \
        CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE \
        CHANNEL_UNPARK DETECTED_SPEECH DTMF NOTALK TALK";
    let mut server = outbound(false, true);
    say(&mut server, "connect", Response::Channel(OutgoingEvent::new(&[])));
    assert_eq!(tell(&mut server, "myevents"), "+OK Events Enabled");
    for name in esl_proto::name::EventName::KNOWN {
        let name = name.as_str().unwrap();
        let wanted = wants(&mut server, &[("Event-Name", name), ("Unique-ID", "U")]);
        assert_eq!(wanted, MINE.split(' ').any(|mine| mine == name), "{name}");
        assert!(!wants(&mut server, &[("Event-Name", name), ("Unique-ID", "V")]));
        assert!(!wants(&mut server, &[("Event-Name", name)]));
    }
}

#[test]
fn myevents_of_nobody_brings_the_events_of_every_channel() {
    let mut server = open();
    assert_eq!(say(&mut server, "myevents nobody json", Response::NoSuchChannel(b"nobody")), "-ERR invalid uuid");
    assert_eq!(say(&mut server, "myevents nobody", Response::NoSuchChannel(b"nobody")), "+OK Events Enabled");
    assert!(wants(&mut server, &[("Event-Name", "DTMF"), ("Unique-ID", "x")]));
    assert!(!wants(&mut server, &[("Event-Name", "DTMF")]));
    assert_eq!(tell(&mut server, "myevents nobody"), "-ERR aready enabled.");
    let mut server = open();
    assert_eq!(tell(&mut server, "myevents "), "+OK Events Enabled");
    let mut server = open();
    // The word is lost in inbound mode, unless it is all there is.
    assert_eq!(say(&mut server, "myevents U json", Response::Control(b"U")), "+OK Events Enabled");
    assert_eq!((server.format(), server.channel()), (Format::Plain, Some(&b"U"[..])));
    let mut server = open();
    say(&mut server, "myevents JSON", Response::NoSuchChannel(b"JSON"));
    assert_eq!(server.format(), Format::Json);
    let mut server = outbound(true, true);
    tell(&mut server, "myevents xml");
    assert_eq!(server.format(), Format::Xml);
}

#[test]
fn rights_to_events() {
    let rights = Rights { allowed_events: Some(b"HEARTBEAT CUSTOM a::b a::c"), ..Rights::ALL };
    let mut server = open_with(rights);
    assert_eq!(tell(&mut server, "event plain ALL"), "-ERR permission denied");
    // What stands before the refused name is subscribed to, but nothing comes before another `event`.
    assert_eq!(tell(&mut server, "event plain HEARTBEAT TALK"), "-ERR permission denied");
    assert!(!wants(&mut server, &[("Event-Name", "HEARTBEAT")]));
    assert_eq!(tell(&mut server, "event plain CUSTOM a::z"), "-ERR permission denied");
    assert_eq!(tell(&mut server, "event plain CUSTOM a::b"), "+OK event listener enabled plain");
    assert!(wants(&mut server, &[("Event-Name", "HEARTBEAT")]));
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "a::b")]));
    assert!(!wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "a::c")]));

    // With ALL come the allowed subclasses, also after a name is taken out of ALL.
    let mut server = open_with(Rights { allowed_events: Some(b"ALL CUSTOM a::b"), ..Rights::ALL });
    tell(&mut server, "event plain ALL");
    tell(&mut server, "nixevent TALK");
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "a::b")]));
    assert!(!wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "a::c")]));
}

#[test]
fn rights_beyond_the_storage_are_not_taken() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 64]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"userauth a@b:c\n\n", &mut out).unwrap();
    let rights =
        Rights { allowed_api: Some(b"status,version,uptime,show,originate"), allowed_log: false, ..Rights::ALL };
    let error = server.respond(Response::Accept(rights), &mut out).unwrap_err();
    assert_eq!(error.code(), 300);
    assert!(!server.is_authenticated());
    let short = Rights { allowed_api: Some(b"status,version"), allowed_log: false, ..Rights::ALL };
    server.respond(Response::Accept(short), &mut out).unwrap();
    assert!(matches!(server.poll(b"api uptime\n\n", &mut out), Ok(Poll::Done { .. })));
    let poll = server.poll(b"log 7\n\n", &mut out).unwrap();
    assert!(out[..poll.written()].ends_with(b"-ERR permission denied\n\n"));
}

#[test]
fn all_and_the_subclasses_that_the_host_knows() {
    let mut server = open();
    let poll = server.poll(b"event json ALL\n\n", &mut [0; 4096]).unwrap();
    assert!(matches!(poll, Poll::Done { effect: Effect::AllEvents, .. }));
    server.subscribe("conference::maintenance").unwrap();
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "unknown")]));
    tell(&mut server, "nixevent CUSTOM");
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "unknown")]));
    tell(&mut server, "nixevent TALK");
    assert!(!wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "unknown")]));
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "conference::maintenance")]));
    tell(&mut server, "nixevent CUSTOM conference::maintenance");
    assert!(!wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "conference::maintenance")]));
    assert!(wants(&mut server, &[("Event-Name", "CUSTOM")]));
    tell(&mut server, "noevents");
    tell(&mut server, "event CUSTOM");
    assert!(!wants(&mut server, &[("Event-Name", "CUSTOM"), ("Event-Subclass", "conference::maintenance")]));
    // An event that was turned into another one goes by its newer name.
    tell(&mut server, "event plain PRIVATE_COMMAND");
    assert!(wants(&mut server, &[("Event-Name", "COMMAND"), ("Event-Name", "PRIVATE_COMMAND")]));
}

#[test]
fn what_waits_is_forgotten_when_the_client_says_so() {
    let mut server = open();
    tell(&mut server, "event plain ALL");
    tell(&mut server, "log debug");
    let fields = [Field::new("Event-Name", "TALK")];
    assert_eq!(server.offer(&OutgoingEvent::new(&fields)), Admission::Enqueue);
    assert_eq!(server.offer_log(esl_proto::name::LogLevel::DEBUG), Admission::Enqueue);
    let poll = server.poll(b"nolog\n\n", &mut [0; 4096]).unwrap();
    assert!(matches!(poll, Poll::Done { effect: Effect::LogFlushed, .. }));
    let poll = server.poll(b"noevents\n\n", &mut [0; 4096]).unwrap();
    assert!(matches!(poll, Poll::Done { effect: Effect::EventsFlushed, .. }));
    assert_eq!((server.waiting_events(), server.waiting_log_lines()), (0, 0));
}

#[test]
fn losses_count_in_a_row_only() {
    let limits = ServerLimits { max_queued: 1, max_lost: 1, ..ServerLimits::DEFAULT };
    let mut server = Server::inbound(limits, [0; 64]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    server.poll(b"event plain ALL\n\n", &mut out).unwrap();
    let fields = [Field::new("Event-Name", "TALK")];
    let event = OutgoingEvent::new(&fields);
    for _ in 0..3 {
        assert_eq!(server.offer(&event), Admission::Enqueue);
        assert_eq!(server.offer(&event), Admission::Dropped);
        server.deliver(&event, &mut out).unwrap();
    }
    let offers = [server.offer(&event), server.offer(&event), server.offer(&event)];
    assert_eq!(offers, [Admission::Enqueue, Admission::Dropped, Admission::Overflow]);
}

#[test]
fn an_event_that_is_written_once_goes_to_many() {
    let connection = |format: &str| {
        let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 64]);
        let mut out = [0; 4096];
        server.poll(b"", &mut out).unwrap();
        server.poll(b"auth x\n\n", &mut out).unwrap();
        server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
        server.poll(format!("event {format} ALL\n\n").as_bytes(), &mut out).unwrap();
        server
    };
    let fields = [Field::new("Event-Name", "TALK"), Field::new("a", "1 %41")];
    let event = OutgoingEvent::new(&fields).with_body("x");
    for format in ["plain", "json", "xml"] {
        let (mut one, mut other) = (connection(format), connection(format));
        let (mut frame, mut out) = ([0; 512], [0; 512]);
        let len = one.coding().encode(&event, &mut frame).unwrap();
        assert_eq!(one.coding().encode(&event, &mut out[..len - 1]).map_err(|error| error.required()), Err(Some(len)));
        assert_eq!([one.offer(&event), other.offer(&event)], [Admission::Enqueue; 2]);
        let delivered = one.deliver(&event, &mut out).unwrap();
        assert_eq!(out[..delivered], frame[..len]);
        assert_eq!(other.delivered(one.coding()), Ok(()));
        assert_eq!((one.waiting_events(), other.waiting_events()), (0, 0));
    }
}

#[test]
fn an_event_in_another_coding_is_not_delivered() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 64]);
    let mut out = [0; 4096];
    let coding = server.coding();
    assert_eq!(server.delivered(coding), Err(DeliverError::NotReady));
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    server.poll(b"event plain ALL\n\n", &mut out).unwrap();
    assert_eq!(server.offer(&OutgoingEvent::new(&[])), Admission::Enqueue);
    let written = server.coding();
    server.poll(b"event json ALL\n\n", &mut out).unwrap();
    let error = server.delivered(written).unwrap_err();
    assert_eq!((error, error.code(), error.required()), (DeliverError::OtherCoding, 711, None));
    assert!(!error.to_string().is_empty());
    let exact = EventCoding { percent: Percent::Lossless, ..server.coding() };
    assert_eq!(server.delivered(exact), Err(DeliverError::OtherCoding));
    assert_eq!(server.waiting_events(), 1);
    assert_eq!(server.delivered(server.coding()), Ok(()));
    assert_eq!(server.waiting_events(), 0);
}

/// More names than are found in one pass, the same name twice, and the body.
#[test]
fn any_number_of_filters_is_asked() {
    let names: Vec<String> = (0..12).map(|place| format!("name-{place}")).collect();
    let mut fields = vec![Field::new("Event-Name", "TALK")];
    fields.extend(names.iter().map(|name| Field::new(name, "first")));
    fields.extend(names.iter().map(|name| Field::new(name, "second")));
    let event = OutgoingEvent::new(&fields).with_body("text");
    for name in names.iter().map(String::as_str).chain(["_body"]) {
        let first = if name == "_body" { "text" } else { "first" };
        for (value, passes) in [(first, true), ("second", false)] {
            for excludes in [false, true] {
                let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 2048]);
                let mut out = [0; 4096];
                server.poll(b"", &mut out).unwrap();
                server.poll(b"auth x\n\n", &mut out).unwrap();
                server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
                server.poll(b"event plain TALK\n\n", &mut out).unwrap();
                for other in &names {
                    server.poll(format!("filter {other} other\n\n").as_bytes(), &mut out).unwrap();
                }
                if excludes {
                    server.poll(b"filter Event-Name TALK\n\n", &mut out).unwrap();
                }
                let sign = if excludes { "-" } else { "" };
                server.poll(format!("filter {name} {sign}{value}\n\n").as_bytes(), &mut out).unwrap();
                let wanted = passes != excludes;
                assert_eq!(server.offer(&event) == Admission::Enqueue, wanted, "{name} {sign}{value}");
            }
        }
    }
}

#[test]
fn the_first_command_of_a_program_is_answered_only_if_it_is_connect() {
    let mut out = [0; 4096];
    for (line, answer) in [
        ("myevents", Response::Ok),
        ("filter a b", Response::Ok),
        ("sendmsg\ncall-command: hangup", Response::Ok),
        ("getvar a", Response::Value(b"v")),
        ("nosuch", Response::Ok),
        ("bgapi status", Response::Job(b"j")),
    ] {
        let mut server = outbound(true, true);
        assert!(server.is_awaiting_first_command());
        assert_eq!(say(&mut server, line, answer), "", "{line}");
        assert!(!server.is_awaiting_first_command());
        assert_eq!(tell(&mut server, "nosuch"), "-ERR command not found");
    }
    let mut server = outbound(true, true);
    assert!(say(&mut server, "api status", Response::Output(b"x")).starts_with("Content-Type: api/response\n"));
    let mut server = outbound(true, true);
    let Poll::Closed { why: Closed::Exit, written } = server.poll(b"exit\n\n", &mut out).unwrap() else { panic!() };
    assert!(out[..written].starts_with(b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: U\n"));
}

#[test]
fn what_a_program_without_full_may_do() {
    let mut server = outbound(false, false);
    say(&mut server, "connect", Response::Channel(OutgoingEvent::new(&[])));
    for line in [
        "api status",
        "bgapi status",
        "event plain ALL",
        "nixevent ALL",
        "noevents",
        "sendevent CUSTOM",
        "log 7",
        "nolog",
        "linger",
        "nolinger",
    ] {
        assert_eq!(tell(&mut server, line), "-ERR command not found", "{line}");
    }
    for (line, reply) in [
        ("filter a b", "+OK filter added. [a]=[b]"),
        ("resume", "+OK"),
        ("divert_events on", "+OK events diverted"),
        ("sendmsg V", "+OK"),
    ] {
        assert_eq!(tell(&mut server, line), reply);
    }
}

#[test]
fn only_a_program_that_is_synchronous_waits_and_for_its_own_channel_only() {
    let waits = |server: &mut Listener, line: &str| {
        let command = format!("{line}\n\n");
        let Poll::HostRequest { request: HostRequest::SendMsg { wait, message, .. }, .. } =
            server.poll(command.as_bytes(), &mut [0; 4096]).unwrap()
        else {
            panic!("{line}")
        };
        let own = message.uuid.is_none();
        server.respond(Response::Ok, &mut [0; 4096]).unwrap();
        (wait, own)
    };
    let execute = "call-command: execute";
    let mut sync = outbound(false, false);
    assert_eq!(waits(&mut sync, &format!("sendmsg\n{execute}")), (true, true));
    assert_eq!(waits(&mut sync, &format!("sendmsg U\n{execute}")), (true, true));
    assert_eq!(waits(&mut sync, &format!("sendmsg V\n{execute}")), (false, false));
    assert_eq!(waits(&mut sync, &format!("sendmsg\n{execute}\nasync: true")), (false, true));
    assert_eq!(waits(&mut sync, &format!("sendmsg\nsession-id: V\n{execute}")), (false, false));
    assert_eq!(waits(&mut outbound(false, true), &format!("sendmsg\n{execute}")), (false, true));
    assert_eq!(tell(&mut open(), "sendmsg"), "-ERR invalid session id []");
}

#[test]
fn an_answer_must_answer_what_was_asked() {
    let mut server = open();
    let mut out = [0; 4096];
    assert_eq!(server.respond(Response::Ok, &mut out).unwrap_err().code(), 702);
    server.poll(b"api status\n\n", &mut out).unwrap();
    assert_eq!(server.respond(Response::Ok, &mut out).unwrap_err().code(), 702);
    assert_eq!(server.respond(Response::Output(&[b'x'; 4096]), &mut out).unwrap_err().code(), 300);
    assert_eq!(server.poll(b"", &mut out), Ok(Poll::Waiting));
    let written = server.respond(Response::Output(b""), &mut out).unwrap();
    assert!(out[..written].ends_with(b"Content-Length: 14\n\n-ERR no reply\n"));
}

#[test]
fn every_question_can_be_declined() {
    const NO: &[u8] = b"-ERR not here";
    for line in ["api status", "bgapi status", "sendmsg U", "sendevent CUSTOM", "myevents U", "myevents U json"] {
        let mut server = open();
        assert_eq!(say(&mut server, line, Response::Reply(NO)), "-ERR not here", "{line}");
        assert_eq!((server.channel(), server.format()), (None, Format::Plain));
        assert!(!wants(&mut server, &[("Event-Name", "DTMF"), ("Unique-ID", "U")]));
    }
    let mut server = outbound(true, true);
    assert_eq!(say(&mut server, "connect", Response::Reply(NO)), "", "the first reply is never sent");
    assert_eq!(say(&mut server, "connect", Response::Reply(NO)), "-ERR not here");
    assert_eq!(say(&mut server, "getvar x", Response::Reply(NO)), "-ERR not here");
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    assert_eq!(server.respond(Response::Reply(NO), &mut out), Err(ResponseError::NotAsked));
    assert!(server.respond(Response::Refuse, &mut out).is_ok());
}

#[test]
fn a_command_that_begins_with_a_nul_is_a_reason_of_its_own() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    let poll = server.poll(b"\0foo\n\n", &mut out).unwrap();
    assert!(matches!(poll, Poll::Closed { why: Closed::NoCommand, .. }));
    let expected =
        b"Content-Type: command/reply\nReply-Text: -ERR command parse error.\n\nContent-Type: text/disconnect";
    assert!(out.starts_with(expected));
}

#[test]
fn questions_and_answers_show_text_and_no_password() {
    let mut server = open();
    let mut out = [0; 4096];
    let poll = server.poll(b"api status x\n\n", &mut out).unwrap();
    assert!(format!("{poll:?}").contains(r#"line: "status x""#), "{poll:?}");
    let poll = format!("{:?}", Response::Reply(b"-ERR \n"));
    assert_eq!(poll, r#"Reply("-ERR \n")"#);
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    server.poll(b"", &mut out).unwrap();
    for line in [&b"auth SeCrEt\n\n"[..], b"userauth a@b:SeCrEt\n\n"] {
        let shown = format!("{:?}", server.clone().poll(line, &mut out).unwrap());
        assert!(shown.contains("***") && !shown.contains("SeCrEt"), "{shown}");
        let mut decoder = Decoder::for_requests(Limits::DEFAULT);
        let Ok(Step::Frame { frame, .. }) = decoder.decode(line) else { panic!("{shown}") };
        let shown = format!("{:?}", Request::from(frame));
        assert!(!shown.contains("SeCrEt") && shown.contains("auth"), "{shown}");
    }
}

#[test]
fn passwords_are_the_same_or_not() {
    for (one, two, same) in [("a", "a", true), ("", "", true), ("a", "", false), ("", "a", false), ("ab", "aB", false)]
    {
        assert_eq!(Secret::new(one).matches(two), same);
        assert_eq!(Secret::new(one) == Secret::new(two), same);
    }
    assert!(!Secret::new("a").matches("a\0") && !Secret::new("a\0").matches("a"));
}

#[test]
fn the_module_that_serves_cannot_be_taken_away() {
    let mut server = open_with(Rights { allowed_api: Some(b"status"), ..Rights::ALL });
    assert_eq!(tell(&mut server, "bgapi eval reload mod_event_socket"), "-ERR permission denied");
    let mut server = open();
    let poll = server.poll(b"filter X UNLOAD Mod_Event_Socket\n\n", &mut [0; 4096]).unwrap();
    let Poll::HostRequest { request: HostRequest::Api { command, argument, .. }, .. } = poll else {
        panic!("{poll:?}")
    };
    assert_eq!((command, argument), (&b"bgapi"[..], Some(&b"unload mod_event_socket"[..])));
}

#[test]
fn diverted_events_come_past_subscriptions_until_the_channel_is_gone() {
    let mut server = outbound(true, true);
    say(&mut server, "connect", Response::Channel(OutgoingEvent::new(&[])));
    tell(&mut server, "linger");
    assert_eq!(server.offer_diverted(), Admission::Enqueue);
    let fields = [Field::new("Foo", "bar")];
    let event = OutgoingEvent::new(&fields);
    // Nothing comes before anything is subscribed to.
    assert_eq!(server.deliver(&event, &mut [0; 4096]).unwrap_err().code(), 703);
    tell(&mut server, "event plain TALK");
    assert!(server.deliver(&event, &mut [0; 4096]).is_ok());
    assert!(server.channel_ended("x", &mut [0; 4096]).unwrap() > 0);
    assert_eq!(server.offer_diverted(), Admission::Skip);
    assert_eq!(server.channel_ended("x", &mut [0; 4096]), Ok(0));
}

#[test]
fn names_that_would_forge_a_header_are_refused() {
    let mut out = [0; 256];
    for (name, plain, xml) in [
        ("a\nb", false, false),
        ("a\rb", false, false),
        ("a\0b", false, false),
        ("x></x><y", true, false),
        ("/headers", true, false),
        ("/headers>", true, false),
        ("x> y", true, false),
        ("x>\ty", true, false),
        ("My<Header>", true, true),
        ("a/b", true, true),
        ("a>b<c", true, true),
    ] {
        let fields = [Field::new("Event-Name", "X"), Field::new(name, "v")];
        let event = OutgoingEvent::new(&fields);
        for (format, fine) in [(Format::Plain, plain), (Format::Json, plain), (Format::Xml, xml)] {
            let result = event.encode(format, Percent::Lossless, &mut out);
            assert_eq!(result.is_ok(), fine, "{name} {format}");
            assert!(fine || matches!(result, Err(EventEncodeError::Refused(error)) if error.item == 1));
        }
    }
    // In the reply to connect, which has no body, they would also forge the frame.
    for name in ["a\nb", "Content-Length", "content-type", "Content-Length:", "content-length : x"] {
        let fields = [Field::new("Event-Name", "CHANNEL_DATA"), Field::new(name, "7")];
        let mut server = outbound(false, true);
        server.poll(b"connect\n\n", &mut [0; 4096]).unwrap();
        let error = server.respond(Response::Channel(OutgoingEvent::new(&fields)), &mut [0; 4096]).unwrap_err();
        assert!(matches!(error, ResponseError::Channel(error) if error.item == 1));
        assert_eq!((error.code(), error.required()), (701, None));
    }
}

#[test]
fn what_is_kept_stays_when_something_else_is_taken_away() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 4096]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    let names: Vec<String> = (0..40).map(|number| format!("subclass::{number}")).collect();
    server.poll(format!("event plain CUSTOM {}\n\n", names.join(" ")).as_bytes(), &mut out).unwrap();
    for (place, gone) in names.iter().enumerate() {
        let nix = format!("nixevent CUSTOM {gone}\n\n");
        server.poll(nix.as_bytes(), &mut out).unwrap();
        for (other, name) in names.iter().enumerate() {
            let fields = [Field::new("Event-Name", "CUSTOM"), Field::new("Event-Subclass", name)];
            let offer = server.offer(&OutgoingEvent::new(&fields));
            assert_eq!(offer == Admission::Enqueue, other > place, "{name} after {gone}");
        }
    }
    // All of the room is there again, but for the eighth that is left free.
    let long = format!("filter X {}\n\n", "y".repeat(4096 - 4096 / 8 - 26));
    let written = server.poll(long.as_bytes(), &mut out).unwrap().written();
    assert!(out[..written].windows(17).any(|text| text == b"+OK filter added."));
}

/// One command of 60 kB makes a listener keep and drop thousands of texts: neither takes longer for the others.
#[test]
fn thousands_of_subclasses_and_filters_are_kept_and_dropped() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, vec![0; 1 << 20]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    let names: Vec<String> = (0..7_000).map(|number| format!("s::{number}")).collect();
    let custom = format!("CUSTOM {}\n\n", names.join(" "));
    assert!(custom.len() > 50_000);
    let mut poll = |server: &mut Server<Vec<u8>>, command: &str| {
        let written = server.poll(command.as_bytes(), &mut out).unwrap().written();
        String::from_utf8_lossy(&out[..written]).into_owned()
    };
    assert!(poll(&mut server, &format!("event {custom}")).contains("+OK event listener enabled plain"));
    let offer = |server: &mut Server<Vec<u8>>, subclass: &str| {
        let fields = [Field::new("Event-Name", "CUSTOM"), Field::new("Event-Subclass", subclass)];
        server.offer(&OutgoingEvent::new(&fields))
    };
    assert!(names.iter().all(|name| offer(&mut server, name) == Admission::Enqueue));
    assert_eq!(offer(&mut server, "s::7000"), Admission::Skip);
    assert!(poll(&mut server, &format!("nixevent {custom}")).contains("+OK events nixed"));
    assert!(names.iter().all(|name| offer(&mut server, name) == Admission::Skip));
    for name in &names {
        assert!(poll(&mut server, &format!("filter Event-Subclass {name}\n\n")).contains("+OK filter added."));
    }
    for name in &names[1..] {
        assert!(poll(&mut server, &format!("filter delete event-subclass {name}\n\n")).contains("+OK filter deleted."));
    }
    poll(&mut server, "event ALL\n\n");
    assert_eq!((offer(&mut server, "s::0"), offer(&mut server, "s::1")), (Admission::Enqueue, Admission::Skip));
}

#[test]
fn a_nul_in_front_is_no_command_and_ends_the_connection() {
    let mut out = [0; 4096];
    for stream in [&b"\0api status\n\n"[..], b"\n\r\n\0\nFoo: bar\n\n"] {
        let mut server = open();
        let Poll::Closed { why: Closed::NoCommand, written } = server.poll(stream, &mut out).unwrap() else { panic!() };
        let reply =
            b"Content-Type: command/reply\nReply-Text: -ERR command parse error.\n\nContent-Type: text/disconnect-";
        assert!(out[..written].starts_with(reply));
    }
}

#[test]
fn nothing_of_a_head_is_after_a_nul() {
    let mut server = open();
    let stream = b"sendevent CUSTOM\nFoo: a\0b\nBar: c\nContent-Length: 9\n\nnosuch\n\n";
    let mut out = [0; 4096];
    let Poll::HostRequest { request: HostRequest::SendEvent { request, .. }, consumed } =
        server.poll(stream, &mut out).unwrap()
    else {
        panic!()
    };
    assert_eq!((request.get("foo"), request.get("bar"), request.body()), (Some(&b"a"[..]), None, None));
    server.respond(Response::Fired(b"u"), &mut out).unwrap();
    // What was announced after it is no body.
    let poll = server.poll(&stream[consumed..], &mut out).unwrap();
    assert!(out[..poll.written()].ends_with(b"Reply-Text: -ERR command not found\n\n"));
    let poll = server.poll(b"api eval a\0b\n\n", &mut out).unwrap();
    let Poll::HostRequest { request: HostRequest::Api { argument: Some(b"a"), .. }, .. } = poll else {
        panic!("{poll:?}")
    };
}

#[test]
fn the_name_of_an_event_may_be_the_sources_own() {
    use esl_proto::name::EventName;

    let mut server = open();
    for (line, name) in [
        ("sendevent SWITCH_EVENT_TALK", EventName::Talk),
        ("SENDEVENTtalk", EventName::Talk),
        ("sendevent nosuch", EventName::from_bytes(b"nosuch")),
        ("sendevent", EventName::from_bytes(b"")),
    ] {
        let command = format!("{line}\n\n");
        let poll = server.poll(command.as_bytes(), &mut [0; 4096]).unwrap();
        let Poll::HostRequest { request: HostRequest::SendEvent { name: read, .. }, .. } = poll else {
            panic!("{poll:?}")
        };
        assert_eq!(read, name, "{line}");
        server.respond(Response::Fired(b"u"), &mut [0; 4096]).unwrap();
    }
}

#[test]
fn the_name_of_a_job_is_cut_like_the_servers() {
    let mut server = open();
    let command = format!("bgapi a b c\nJob-UUID: {}\n\n", "j".repeat(300));
    let Poll::HostRequest { request: HostRequest::BgApi { command, argument, job, .. }, .. } =
        server.poll(command.as_bytes(), &mut [0; 4096]).unwrap()
    else {
        panic!()
    };
    assert_eq!((command, argument, job.map(<[u8]>::len)), (&b"a"[..], Some(&b"b c"[..]), Some(256)));
}

/// What is told to be needed is enough, and less changes nothing.
fn ends_whole_or_not_at_all(mut end: impl FnMut(&mut [u8]) -> Result<usize, usize>) {
    let required = end(&mut []).unwrap_err();
    for len in 0..required {
        let mut out = vec![7; len];
        assert_eq!(end(&mut out), Err(required));
    }
    assert_eq!(end(&mut vec![7; required]), Ok(required));
}

#[test]
fn a_last_frame_and_the_notice_are_written_together() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    ends_whole_or_not_at_all(|out| server.reject(out).map_err(|error| error.required));
    assert_eq!(server.closed(), Some(Closed::Rejected));
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 512]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth no\n\n", &mut out).unwrap();
    ends_whole_or_not_at_all(|out| match server.respond(Response::Refuse, out) {
        Err(ResponseError::Insufficient(error)) => Err(error.required),
        other => Ok(other.unwrap()),
    });
    assert_eq!(server.closed(), Some(Closed::Refused));
}

#[test]
fn a_listener_is_small() {
    assert!(size_of::<Server<[u8; 0]>>() < 448);
}
