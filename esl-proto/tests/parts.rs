//! A host with a small buffer: whatever its size, a connection ends for the same reason, with the same counts and the
//! same unanswered commands, and what comes in parts can be put together, header by header.
#![cfg(all(feature = "json", feature = "xml"))]

#[path = "common/captures.rs"]
mod captures;
#[path = "common/small_buffer.rs"]
mod small_buffer;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use captures::{CAPTURES, Capture};
use esl_proto::client::{Answer, Eof, Poll};
use esl_proto::frame::{FrameKind, HeadEnd, Step};
use esl_proto::message::{Reply, Status};
use esl_proto::{Client, Command, Decoder, Incoming, Limits};
use proptest::prelude::*;
use small_buffer::{Headers, Host, in_parts, run};

/// Which of two kinds of connection a recording is, and how many commands its client sent.
fn dialogue(name: &str) -> Option<(bool, usize)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/captures");
    let client = fs::read(folder.join(name).join("client.bin")).ok()?;
    let mut decoder = Decoder::for_requests(Limits { max_head: 16 << 20, ..Limits::DEFAULT });
    let (mut rest, mut commands) = (&client[..], 0);
    while let Ok(Step::Frame { consumed, .. }) = decoder.decode(rest) {
        (rest, commands) = (&rest[consumed..], commands + 1);
    }
    Some((client.starts_with(b"connect\n\n"), commands.max(1)))
}

#[test]
fn every_recording_ends_alike_in_every_buffer() {
    for Capture { name, stream } in &*CAPTURES {
        let Some((is_outbound, commands)) = dialogue(name) else { continue };
        let whole = run(Host { buffer: usize::MAX, chunk: usize::MAX }, is_outbound, commands, stream);
        for buffer in [Limits::MIN, 300, 511, 1_024, 4_096, 16_384] {
            for chunk in [37, usize::MAX] {
                let host = Host { buffer, chunk };
                assert_eq!(run(host, is_outbound, commands, stream), whole, "{name}, {host:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// The stream may also end anywhere: what is missing is told, and the same is counted.
    #[test]
    fn a_recording_that_is_cut_off_ends_alike_in_every_buffer(
        capture in 0..CAPTURES.len(),
        at in 0.0..1.0,
        buffer in Limits::MIN..3_000,
        chunk in 1_usize..3_000,
    ) {
        let Capture { name, stream } = &CAPTURES[capture];
        let Some((is_outbound, commands)) = dialogue(name) else { return Ok(()) };
        let stream = &stream[..(stream.len() as f64 * at) as usize];
        let whole = run(Host { buffer: usize::MAX, chunk: usize::MAX }, is_outbound, commands, stream);
        prop_assert_eq!(run(Host { buffer, chunk }, is_outbound, commands, stream), whole, "{}", name);
    }
}

#[test]
fn plain_events_and_channel_data_can_be_read_header_by_header() {
    let mut seen = 0;
    for Capture { name, stream } in &*CAPTURES {
        // The slow consumer's last event is cut off, and its end looks like headers.
        if name == "15-slow-consumer" {
            continue;
        }
        let whole = in_parts(usize::MAX, stream);
        for size in [Limits::MIN, 512, 4_096] {
            let parts = in_parts(size, stream);
            assert_eq!(parts.0.len(), whole.0.len(), "{name} in {size} octets");
            for (parts, whole) in parts.0.iter().zip(&whole.0) {
                assert_eq!(parts, whole, "{name} in {size} octets");
            }
            assert!(parts.1 == whole.1, "{name} in {size} octets");
        }
        seen += whole.0.len();
    }
    assert!(seen > 1_500);
}

/// The steps of a client that reads `stream` in a buffer of `size` octets.
fn parts_of<'b>(client: &mut Client, size: usize, mut stream: &'b [u8]) -> Vec<Poll<'b>> {
    let mut polls = Vec::new();
    loop {
        let poll = client.poll(&stream[..stream.len().min(size)]).unwrap();
        stream = &stream[poll.consumed()..];
        match poll {
            Poll::NeedData { consumed: 0, .. } => return polls,
            Poll::NeedData { .. } => {}
            Poll::Closed { .. } => {
                polls.push(poll);
                return polls;
            }
            poll => polls.push(poll),
        }
    }
}

fn logged_in(limits: Limits) -> Client {
    let mut client = Client::inbound(limits);
    let _ = client.send(&Command::auth("x"), &mut [0; 64]).unwrap();
    let _ = client.poll(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n").unwrap();
    client
}

#[test]
fn a_streamed_answer_that_is_cut_off_is_unanswered_and_says_what_is_missing() {
    let mut client = logged_in(Limits::for_buffer(Limits::MIN));
    let id = client.send(&Command::api("show channels"), &mut [0; 64]).unwrap().id;
    let stream = [b"Content-Type: api/response\nContent-Length: 1000\n\n", &b"c"[..].repeat(400)[..]].concat();
    let polls = parts_of(&mut client, Limits::MIN, &stream);
    assert!(matches!(polls[0], Poll::Head { id: Some(answered), body_len: 1000, .. } if answered == id));
    assert_eq!(client.in_flight(), 1);
    let Eof { end, answered, unanswered, incomplete, missing, .. } = client.eof(b"");
    assert_eq!((end, answered), (esl_proto::client::End::Eof, None));
    assert_eq!(unanswered.ids().collect::<Vec<_>>(), [id]);
    assert_eq!((incomplete, missing), (stream.len(), 600));
}

#[test]
fn a_login_is_understood_though_its_reply_does_not_fit() {
    let text = "a,".repeat(120);
    let rights = format!(
        "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: {text}\nAllowed-LOG: false\n\n"
    );
    let mut client = Client::inbound(Limits::for_buffer(Limits::MIN));
    let _ = client.send(&Command::userauth("u", "d", "p"), &mut [0; 64]).unwrap();
    let polls = parts_of(&mut client, Limits::MIN, rights.as_bytes());
    assert!(matches!(
        polls.last(),
        Some(Poll::HeadPart { kind: FrameKind::Reply, end: Some(HeadEnd { body_len: 0, is_cut: false }), .. })
    ));
    assert!(client.is_open());
    assert!(client.may_send(&Command::api("status")).is_ok());
    assert!(client.may_send(&Command::Log { level: None }).is_err());
}

#[test]
fn channel_data_in_parts_tell_how_the_channel_is_controlled() {
    let stream = &CAPTURES.iter().find(|capture| capture.name == "16-connect-long").unwrap().stream;
    let mut client = Client::outbound(Limits::for_buffer(1_024));
    let id = client.send(&Command::Connect, &mut [0; 64]).unwrap().id;
    let first_frame = stream.windows(2).position(|octets| octets == b"\n\n").unwrap() + 2;
    assert!(first_frame > 9_000);
    let polls = parts_of(&mut client, 1_024, &stream[..first_frame]);
    for poll in &polls {
        let Poll::HeadPart { lines, id: answered, .. } = poll else { panic!("{poll:?}") };
        assert!(lines.is_event());
        assert_eq!(*answered, Some(id));
    }
    assert_eq!(client.in_flight(), 0);
    assert_eq!(
        (client.has_full_control(), client.socket_mode()),
        (Some(true), Some(esl_proto::message::SocketMode::Async))
    );
}

#[test]
fn channel_data_whose_body_is_streamed_tell_how_the_channel_is_controlled() {
    let head = "Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n\
                Control: full\nContent-Length: 400\n\n";
    for size in [Limits::MIN, 4_096] {
        let mut client = Client::outbound(Limits::for_buffer(size));
        let _ = client.send(&Command::Connect, &mut [0; 64]).unwrap();
        let stream = [head.as_bytes(), &[b'x'; 400]].concat();
        let polls = parts_of(&mut client, size, &stream);
        assert_eq!(polls.iter().any(|poll| matches!(poll, Poll::Head { .. })), size == Limits::MIN);
        assert_eq!((client.in_flight(), client.has_full_control()), (0, Some(true)), "{size}");
    }
}

#[test]
fn a_reply_in_parts_has_its_text_in_parts() {
    let text = "v".repeat(511);
    let stream = format!("Content-Type: command/reply\nReply-Text: {text}\n\n");
    let mut client = logged_in(Limits::for_buffer(Limits::MIN));
    let id = client.track_external();
    let mut headers = Headers::default();
    for poll in parts_of(&mut client, Limits::MIN, stream.as_bytes()) {
        let Poll::HeadPart { lines, id: answered, .. } = poll else { panic!("{poll:?}") };
        assert_eq!(answered, Some(id));
        headers.take(&lines);
    }
    let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    assert_eq!(headers.0, [pair("Content-Type", "command/reply"), pair("Reply-Text", &text)]);
}

/// What the end of the stream completes.
fn at_the_end(stream: &str, read: impl FnOnce(Option<Reply<'_>>, usize)) {
    let mut client = logged_in(Limits::DEFAULT);
    client.track_external();
    assert!(matches!(client.poll(stream.as_bytes()), Ok(Poll::NeedData { consumed: 0, .. })));
    let Eof { answered, reply, unanswered, incomplete, .. } = client.eof(stream.as_bytes());
    assert_eq!((unanswered.len(), answered.is_some()), (u64::from(reply.is_none()), reply.is_some()));
    read(reply, incomplete);
}

#[test]
fn a_broken_reply_with_nothing_behind_it_is_told_at_the_end() {
    at_the_end("Content-Type: command/reply\nx y", |answer, incomplete| {
        let reply = answer.unwrap();
        assert_eq!((reply.status(), reply.text().raw(), incomplete), (Status::Broken, &b"x y"[..], 0));
    });
    at_the_end("Content-Type: command/reply\n", |answer, _| assert!(answer.is_none(), "it may be any reply"));
    at_the_end("Content-Type: command/reply\nReply-T", |answer, _| assert!(answer.is_none(), "half of a reply"));
    at_the_end("Content-Type: command/reply\nReply-Text: x y", |answer, incomplete| {
        assert!(answer.is_none(), "half of a reply");
        assert_eq!(incomplete, 43);
    });
    let cut = format!("Content-Type: command/reply\nReply-Text: +OK Job-UUID: {}", "j".repeat(600));
    at_the_end(&cut[..538], |answer, _| assert!(answer.unwrap().is_broken()));
}

#[test]
fn a_broken_reply_in_parts_is_told_at_the_end_too() {
    let stream = format!("Content-Type: command/reply\n{}", "x".repeat(400));
    for buffer in [Limits::MIN, 4_096] {
        let host = Host { buffer, chunk: usize::MAX };
        let outcome = run(host, false, 1, stream.as_bytes());
        assert_eq!((outcome.answered.len(), outcome.unanswered.len()), (1, 0));
        assert_eq!((outcome.stats.frames, outcome.stats.octets), (1, stream.len() as u64));
    }
}

#[test]
fn a_head_that_turns_out_to_be_no_answer_answers_nothing() {
    // Channel data with a blank line in a variable's name.
    let lines = "variable_x: aaaaaaaaaaaaaaaa\n".repeat(20);
    for rest in ["ends: 3\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n", ""] {
        for length in ["", "Content-Length: 3\n"] {
            let stream = format!("Event-Name: CHANNEL_DATA\n{lines}{length}\n{}{rest}", &"abc"[..length.len().min(3)]);
            let whole = run(Host { buffer: usize::MAX, chunk: usize::MAX }, true, 1, stream.as_bytes());
            assert_eq!(run(Host { buffer: Limits::MIN, chunk: usize::MAX }, true, 1, stream.as_bytes()), whole);
            assert_eq!(whole.answered.is_empty(), rest.is_empty());
        }
    }
}

#[test]
fn an_answer_is_never_moved_by_a_value_of_one_line() {
    // What a caller may choose, with what the server makes of it.
    let values = [
        "~x y",
        "~",
        "~~",
        "~+OK",
        "~-ERR no",
        "~Content-Length: 5",
        "~Content-Length: 5 trailing",
        "~Content-Length: 99999999999999999999999999",
        "~Content-Type: api/response",
        "~Content-Type: command/reply",
        "~Content-Type: text/event-plain",
        "~Reply-Text: x",
        "~Reply-Text: +OK",
        "~reply-text:",
        "~Event-Name: CHANNEL_DATA",
        "~foo: bar",
        "x yContent-Type: command/reply",
        "Content-Type: command/reply",
        "Content-Length: 5",
        "Content-Length: 5Content-Length: 5",
        "Event-Name: CHANNEL_DATA",
        "-ERR command not found",
    ];
    let long = ["~".to_owned() + &"t".repeat(600), "t".repeat(600)];
    let behind = [
        "Content-Type: command/reply\nReply-Text: after\n\n",
        "Content-Type: api/response\nContent-Length: 5\n\nafter",
        "Content-Length: 18\nContent-Type: text/event-plain\n\nEvent-Name: TRAP\n\n\
         Content-Type: command/reply\nReply-Text: after\n\n",
    ];
    for value in values.iter().map(|value| value.to_string()).chain(long) {
        for behind in behind {
            // The server's buffer for a reply holds 511 octets.
            let value = &value[..value.len().min(511)];
            let broken = match value.strip_prefix('~') {
                Some(rest) => format!("Content-Type: command/reply\n{rest}"),
                None => format!("Content-Type: command/reply\nReply-Text: {value}\n\n"),
            };
            for buffer in [Limits::MIN, usize::MAX] {
                let mut client = logged_in(Limits::for_buffer(buffer));
                let (first, second) = (client.track_external(), client.track_external());
                let stream = format!("{broken}{behind}");
                let mut answers = BTreeMap::new();
                for poll in parts_of(&mut client, buffer, stream.as_bytes()) {
                    match poll {
                        Poll::Incoming { incoming: Incoming::Answer { id, answer }, .. } => {
                            let is_broken = matches!(answer, Answer::Reply(reply) if reply.is_broken());
                            assert_eq!(is_broken, id == first && value.starts_with('~'), "{value}");
                            answers.insert(id, answer.text().to_vec());
                        }
                        Poll::HeadPart { lines, id, .. } => {
                            answers.entry(id.unwrap()).or_default().extend(lines.as_bytes());
                        }
                        Poll::Incoming { incoming: Incoming::Event(_), .. } => {}
                        other => panic!("{value}: {other:?}"),
                    }
                }
                assert_eq!(answers.len(), 2, "{value} in {buffer}");
                assert_eq!(answers[&second], b"after", "{value}");
                assert_eq!(client.in_flight(), 0);
            }
        }
    }
}
