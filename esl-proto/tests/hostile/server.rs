//! Clients that mean no good: whatever they send, the listener goes on or ends, and what it writes is well-framed.

use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::LogLevel;
use esl_proto::server::{Control, HostRequest, Poll, Response, Rights, Server, ServerLimits};
use esl_proto::{Decoder, Limits, Message};
use proptest::prelude::*;

const LIMITS: ServerLimits =
    ServerLimits { request: Limits { max_head: 600, max_body: 300, ..Limits::DEFAULT }, max_queued: 5, max_lost: 3 };

fn piece() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"auth x\n\n",
        b"auth ",
        b"userauth a@b:c\n\n",
        b"userauth @:\n\n",
        b"event plain ALL CUSTOM a b\n\n",
        b"event",
        b" json",
        b"nixevent ALL\n\n",
        b"noevents\n\n",
        b"filter Foo /[/\n\n",
        b"filter  delete all\n\n",
        b"filter add\n\n",
        b"myevents u\n\n",
        b"myevents \n\n",
        b"connect\n\n",
        b"getvar a\n\n",
        b"sendmsg u\ncall-command: execute\n\n",
        b"sendevent CUSTOM\n",
        b"api reload mod_event_socket\n\n",
        b"bgapi x\nJob-UUID: ",
        b"log 7\n\n",
        b"linger 99999999999\n\n",
        b"linger -7\n\n",
        b"divert_events on\n\n",
        b"exit\n\n",
        b"resume\n\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n\r\n",
        b"\0",
        b": ",
        b"Content-Length: 5\n\nabcde",
        b"Content-Length: 5\nContent-Length: 3\n\n",
        b"Content-Length: -1\n\n",
        b"Content-Length: 99999999999999999999\n\n",
        b"Content-Length: x\n\n",
        b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        b"\xff\xfe",
    ];
    prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..20),
    ]
}

/// Answers with text that would forge frames, if it could.
fn say<'a>(ask: &HostRequest<'a>) -> Response<'a> {
    match ask {
        HostRequest::Password(_) => Response::Accept(Rights::ALL),
        HostRequest::User { .. } => Response::Accept(Rights {
            allowed_events: Some(b"ALL CUSTOM a"),
            allowed_api: Some(b"x"),
            allowed_log: false,
        }),
        HostRequest::Api { .. } => Response::Output(b"Content-Type: command/reply\n\n"),
        HostRequest::BgApi { .. } => Response::Job(b"j\n\nContent-Type: auth/request\n\n"),
        HostRequest::SendMsg { message, .. } => message.uuid.map_or(Response::Ok, Response::NoSuchChannel),
        HostRequest::SendEvent { .. } => Response::Reply(b"-ERR\r\n\r\nno"),
        HostRequest::GetVar(name) => Response::Value(name),
        HostRequest::MyEvents(uuid) => Response::Control(uuid),
        _ => Response::Channel(OutgoingEvent::new(&[])),
    }
}

/// Plays a client to the end and gives all that the listener wrote, and how often it was asked.
fn play<const N: usize>(mut server: Server<[u8; N]>, stream: &[u8], chunk: usize) -> (Vec<u8>, usize) {
    let mut out = [0; 4096];
    let mut written = Vec::new();
    let (mut from, mut to, mut polls) = (0, 0, 0);
    let fields = [Field::new("Event-Name", "HEARTBEAT"), Field::new("Foo", "a\n\nb")];
    let event = OutgoingEvent::new(&fields).with_body("Content-Type: auth/request\n\n");
    loop {
        polls += 1;
        let poll = server.poll(&stream[from..to], &mut out).unwrap();
        from += poll.consumed();
        written.extend_from_slice(&out[..poll.written()]);
        match poll {
            Poll::HostRequest { request: ask, .. } => match server.respond(say(&ask), &mut out) {
                Ok(count) => written.extend_from_slice(&out[..count]),
                // Rights, or a channel, beyond the storage: this host refuses.
                Err(_) => {
                    let no = match ask {
                        HostRequest::MyEvents(uuid) => Response::NoSuchChannel(uuid),
                        _ => Response::Refuse,
                    };
                    let count = server.respond(no, &mut out).unwrap();
                    written.extend_from_slice(&out[..count]);
                }
            },
            Poll::NeedData { .. } if to == stream.len() => break,
            Poll::NeedData { .. } => to = (to + chunk).min(stream.len()),
            Poll::Closed { .. } => break,
            _ => {}
        }
        let _ = server.offer(&event);
        let _ = server.offer_log(LogLevel::INFO);
        if let Ok(count) = server.deliver(&event, &mut out) {
            written.extend_from_slice(&out[..count]);
        }
    }
    (written, polls)
}

fn assert_well_framed(written: &[u8]) {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = written;
    while let Step::Frame { frame, consumed } = decoder.decode(rest).unwrap() {
        assert!(!matches!(Message::from(frame), Message::Other(_)), "{}", rest[..consumed].escape_ascii());
        let greets = matches!(Message::from(frame), Message::AuthRequest(_));
        assert!(!greets || rest.len() == written.len(), "only the first frame is a greeting");
        rest = &rest[consumed..];
    }
    assert!(rest.is_empty(), "{}", rest.escape_ascii());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_clients_send_is_answered_well_framed(
        pieces in prop::collection::vec(piece(), 0..40),
        login: bool,
        outbound in prop::option::of(any::<(bool, bool)>()),
    ) {
        let mut stream = if login && outbound.is_none() { b"auth x\n\n".to_vec() } else { Vec::new() };
        stream.extend(pieces.concat());
        let server = || match outbound {
            None => Server::inbound(LIMITS, [0; 64]),
            Some((full, is_async)) => {
                Server::outbound(LIMITS, [0; 64], "uuid", Control { full, is_async }).unwrap()
            }
        };
        let (written, polls) = play(server(), &stream, usize::MAX / 2);
        assert_well_framed(&written);
        // Every poll but the first and the last takes something off the stream.
        prop_assert!(polls <= stream.len() + 3);
        let (_, polls) = play(server(), &stream, 1);
        prop_assert!(polls <= 2 * stream.len() + 3);
    }
}

#[test]
fn thousands_of_commands_at_once_are_answered_one_by_one() {
    let mut stream = b"auth x\n\n".to_vec();
    stream.extend(b"filter delete all\n\n".repeat(10_000));
    let (written, polls) = play(Server::inbound(LIMITS, [0; 64]), &stream, usize::MAX / 2);
    assert_well_framed(&written);
    // The greeting, the password, and one more that finds nothing, before and after.
    assert_eq!(polls, 10_004);
}

#[test]
fn a_head_beyond_the_limit_ends_the_connection_before_it_is_whole() {
    for (stream, chunk) in [(vec![b'x'; 10 << 20], 4096), (b"a: b\n".repeat(1 << 20), 1 << 14)] {
        let (written, polls) = play(Server::inbound(LIMITS, [0; 64]), &stream, chunk);
        assert_well_framed(&written);
        assert!(written.ends_with(b"See you at ClueCon! http://www.cluecon.com/\n"));
        assert!(polls < 5, "{polls}");
    }
}

#[test]
fn a_body_that_never_comes_holds_back_events_but_not_the_host() {
    let mut server = Server::inbound(LIMITS, [0; 64]);
    let mut out = [0; 4096];
    server.poll(b"", &mut out).unwrap();
    server.poll(b"auth x\n\n", &mut out).unwrap();
    server.respond(Response::Accept(Rights::ALL), &mut out).unwrap();
    server.poll(b"event plain ALL\n\n", &mut out).unwrap();
    let fields = [Field::new("Event-Name", "HEARTBEAT")];
    let event = OutgoingEvent::new(&fields);
    let _ = server.offer(&event);
    let half = b"sendevent CUSTOM\nContent-Length: 100\n\nhalf";
    assert!(matches!(server.poll(half, &mut out), Ok(Poll::NeedData { required: Some(138), consumed: 0 })));
    assert!(server.is_mid_command() && !server.is_ready_for_events());
    assert!(server.deliver(&event, &mut out).is_err());
    assert_eq!(server.waiting_events(), 1);
}
