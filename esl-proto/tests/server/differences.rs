//! Where the listener differs from the real server on purpose: there it loses the end of a frame, or reads for ever.

use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::server::{
    Admission, Closed, Control, Effect, Goodbye, HostRequest, Poll, Response, Rights, Server, ServerLimits,
};
use esl_proto::{Decoder, Frame, Limits};

fn open() -> Server<[u8; 1024]> {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 1024]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    server
}

fn outbound() -> Server<[u8; 1024]> {
    let control = Control { full: true, is_async: true };
    let mut server = Server::outbound(ServerLimits::DEFAULT, [0; 1024], "U", control).unwrap();
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    assert_eq!(said(&mut server, b"connect\n\n", Some(Response::Channel(OutgoingEvent::new(&[])))).1.len(), 1);
    server
}

/// What the listener writes on a command: one frame at most, whose head and body are given.
fn said(server: &mut Server<[u8; 1024]>, command: &[u8], answer: Option<Response<'_>>) -> (usize, Vec<Vec<u8>>) {
    let mut out = vec![0; 1 << 17];
    let poll = server.poll(command, &mut out).unwrap();
    let (consumed, mut written) = (poll.consumed(), poll.written());
    if let Poll::HostRequest { .. } = poll {
        written = server.respond(answer.unwrap(), &mut out).unwrap();
    }
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = &out[..written];
    let mut frames = Vec::new();
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
        assert!(first(&frame).starts_with(b"Content-Type: ") || first(&frame).starts_with(b"Content-Length: "));
        frames.push(rest[..consumed].to_vec());
        rest = &rest[consumed..];
    }
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
    (consumed, frames)
}

fn first<'b>(frame: &Frame<'b>) -> &'b [u8] {
    frame.head().split(|octet| *octet == b'\n').next().unwrap_or_default()
}

fn reply(text: &str) -> Vec<Vec<u8>> {
    vec![format!("Content-Type: command/reply\nReply-Text: {text}\n\n").into_bytes()]
}

#[test]
fn a_value_with_line_ends_stays_one_line_of_one_frame() {
    let mut server = outbound();
    let value = Response::Value(b"first line\nsecond: line\n\nfourth");
    assert_eq!(said(&mut server, b"getvar x\n\n", Some(value)).1, reply("first line second: line  fourth"));
}

#[test]
fn a_long_value_is_cut_where_the_server_cuts_it() {
    let mut server = outbound();
    let long = "v".repeat(600);
    assert_eq!(said(&mut server, b"getvar x\n\n", Some(Response::Value(long.as_bytes()))).1, reply(&long[..511]));
}

#[test]
fn an_echo_of_what_could_not_be_read_stays_one_line() {
    let mut server = open();
    let command = b"sendmsg U\ncall-command: execute\nexecute-app-arg: a\rb\n\n";
    let no = Response::NoSuchChannel(b"U\ncall-command: execute\nexecute-app-arg: a");
    let text = "-ERR invalid session id [U call-command: execute execute-app-arg: a]";
    assert_eq!(said(&mut server, command, Some(no)).1, reply(text));
}

#[test]
fn a_long_job_name_does_not_lose_the_end_of_its_reply() {
    let mut server = open();
    let job = "j".repeat(256);
    let command = format!("bgapi status\nJob-UUID: {}\n\n", "j".repeat(300));
    let frames = said(&mut server, command.as_bytes(), Some(Response::Job(job.as_bytes()))).1;
    let text = format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n");
    assert_eq!(frames, [text.into_bytes()]);
}

#[test]
fn a_job_name_that_spells_a_first_line_does_not_make_two_frames_of_its_reply() {
    for job in ["xContent-Type: text/rude-rejection", "xContent-Type:\0command/reply", "Event-Name: CHANNEL_DATA"] {
        let mut server = open();
        let command = format!("bgapi status\nJob-UUID: {job}\n\n");
        let frames = said(&mut server, command.as_bytes(), Some(Response::Job(job.as_bytes()))).1;
        let job = job.replace('\0', " ");
        let text = format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job} \nJob-UUID: {job}\n\n");
        assert_eq!(frames, [text.into_bytes()]);
    }
}

#[test]
fn long_rights_do_not_lose_the_end_of_their_reply() {
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 1024]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    let list = vec!["HEARTBEAT"; 100].join(",");
    server.poll(b"userauth a@b:c\n\n", &mut out).unwrap();
    let rights = Rights { allowed_events: Some(list.as_bytes()), ..Rights::ALL };
    let written = server.respond(Response::Accept(rights), &mut out).unwrap();
    assert!(written <= Server::REPLY_MAX);
    let expected = format!(
        "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: {}\nAllowed-API: all\n\
         Allowed-LOG: true\n\n",
        &list[..511]
    );
    assert_eq!(out[..written].escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string());
    assert!(server.is_authenticated());
}

#[test]
fn an_endless_head_ends_the_connection_with_a_notice() {
    let mut server = open();
    let mut out = [0; Server::REPLY_MAX];
    let endless = vec![b'x'; 1 << 20];
    let Poll::Closed { why: Closed::Unreadable(error), written } = server.poll(&endless, &mut out).unwrap() else {
        panic!("that is too long")
    };
    assert_eq!(error.code(), 104);
    assert!(out[..written].starts_with(b"Content-Type: text/disconnect-notice\n"));
    assert_eq!(server.closed(), Some(Closed::Unreadable(error)));
}

#[test]
fn a_nested_command_without_a_command_comes_to_an_end() {
    // FreeSWITCH asks for ever whether `eval` may be used.
    let mut server = Server::inbound(ServerLimits::DEFAULT, [0; 1024]);
    let mut out = [0; Server::REPLY_MAX];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"userauth a@b:c\n\n", &mut out).unwrap();
    server
        .respond(Response::Accept(Rights { allowed_api: Some(b"bgapi,eval,status"), ..Rights::ALL }), &mut out)
        .unwrap();
    for (line, allowed) in [
        ("api bgapi eval", true),
        ("api bgapi eval status", true),
        ("api bgapi eval version", false),
        ("api eval", true),
        ("api version", false),
        ("bgapi eval version", false),
        ("bgapi Status", false),
    ] {
        let command = format!("{line}\n\n");
        match server.poll(command.as_bytes(), &mut out).unwrap() {
            Poll::HostRequest { request: ask, .. } => {
                assert!(allowed, "{line}");
                let is_job = matches!(ask, HostRequest::BgApi { .. });
                let answer = if is_job { Response::Job(b"j") } else { Response::Output(b"") };
                server.respond(answer, &mut out).unwrap();
            }
            poll => {
                assert!(!allowed, "{line}");
                assert_eq!(out[..poll.written()], reply("-ERR permission denied")[0]);
            }
        }
    }
}

#[test]
fn lingering_anew_begins_the_time_anew() {
    // FreeSWITCH takes the seconds for a date, and closes at once.
    let mut server = outbound();
    assert_eq!(said(&mut server, b"linger 5\n\n", None).1, reply("+OK will linger 5 seconds"));
    let mut out = [0; 1024];
    let written = server.channel_ended("loopback/x", &mut out).unwrap();
    let notice = "Content-Type: text/disconnect-notice\nControlled-Session-UUID: U\nContent-Disposition: linger\n\
                  Channel-Name: loopback/x\nLinger-Time: 5\nContent-Length: 0\n\n";
    assert_eq!(out[..written], *notice.as_bytes());
    assert!(server.is_lingering() && server.closed().is_none());
    let mut long = [0; 4096];
    let poll = server.poll(b"linger 7\n\n", &mut long).unwrap();
    assert!(matches!(poll, Poll::Done { effect: Effect::Linger, .. }));
    assert_eq!((server.linger(), server.is_lingering()), (Some(7), true));
    let written = server.disconnect(Goodbye::Disconnected, &mut out).unwrap();
    assert!(out[..written].ends_with(b"See you at ClueCon! http://www.cluecon.com/\n"));
    assert_eq!(server.disconnect(Goodbye::Disconnected, &mut out), Ok(0));
}

#[test]
fn the_notice_about_lost_events_comes_after_a_whole_event() {
    let limits = ServerLimits { max_queued: 2, max_lost: 3, ..ServerLimits::DEFAULT };
    let mut server = Server::inbound(limits, [0; 1024]);
    let mut out = [0; 4096];
    for command in [&b""[..], b"auth x\n\n"] {
        server.poll(command, &mut out).unwrap();
    }
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    server.poll(b"event json ALL\n\n", &mut out).unwrap();
    let fields = [Field::new("Event-Name", "HEARTBEAT")];
    let event = OutgoingEvent::new(&fields);
    let offers: Vec<Admission> = (0..6).map(|_| server.offer(&event)).collect();
    assert_eq!(
        offers,
        [
            Admission::Enqueue,
            Admission::Enqueue,
            Admission::Dropped,
            Admission::Dropped,
            Admission::Dropped,
            Admission::Overflow
        ]
    );
    let written = server.deliver(&event, &mut out).unwrap();
    assert!(out[..written].ends_with(b"{\"Event-Name\":\"HEARTBEAT\"}"));
    assert_eq!((server.offer(&event), server.waiting_events()), (Admission::Enqueue, 2));
    let written = server.disconnect(Goodbye::LostEvents, &mut out).unwrap();
    let notice = "Content-Type: text/disconnect-notice\nContent-Length: 39\n\nkilled listener because of lost events\n";
    assert_eq!(out[..written], *notice.as_bytes());
    assert_eq!(server.offer(&event), Admission::Skip);
}

#[test]
fn full_storage_is_said() {
    let mut server = open();
    let long = format!("filter X {}\n\n", "y".repeat(1024));
    assert_eq!(said(&mut server, long.as_bytes(), None).1, reply("-ERR memory error"));
    assert_eq!(said(&mut server, b"filter X y\n\n", None).1, reply("+OK filter added. [X]=[y]"));
    let long = format!("event plain CUSTOM {}\n\n", "y".repeat(1024));
    assert_eq!(said(&mut server, long.as_bytes(), None).1, reply("-ERR memory error"));
}
