//! Every recorded stream is framed by the rules of docs/protocol.md, in whatever pieces it arrives and however small
//! the buffer is, and holds what was really recorded.
#![cfg(all(feature = "json", feature = "xml"))]

#[path = "common/captures.rs"]
mod captures;
#[path = "common/decode.rs"]
mod decode;
#[path = "common/frames.rs"]
mod rules;

use std::io::Read;

use captures::{CAPTURES, Capture};
use decode::{decode, decode_with};
use esl_proto::frame::{DecodeError, Step};
use esl_proto::name::Format;
use esl_proto::{Decoder, Limits, Message, RecvBuf};
use proptest::prelude::*;

/// What a frame consists of.
#[derive(Clone, Debug, PartialEq)]
struct Parts {
    head: Vec<u8>,
    body: Option<Vec<u8>>,
}

/// The frames of a stream as the rules have them, and how many octets are left.
fn by_the_rules(stream: &[u8]) -> (Vec<rules::Frame<'_>>, usize) {
    let frames = rules::frames(stream);
    let end = frames.last().map_or(0, |last| last.end);
    let left = stream.len() - rules::skip_blank_lines(stream, end);
    (frames, left)
}

impl From<&rules::Frame<'_>> for Parts {
    fn from(frame: &rules::Frame<'_>) -> Self {
        Self { head: frame.head.to_vec(), body: frame.body.map(<[u8]>::to_vec) }
    }
}

/// What each frame consists of.
fn parts(frames: &[rules::Frame<'_>]) -> Vec<Parts> {
    frames.iter().map(Parts::from).collect()
}

#[test]
fn streams_are_framed_by_the_rules() {
    for Capture { name, stream } in &*CAPTURES {
        let run = decode(stream, [stream.len()]);
        let (expected, left) = by_the_rules(stream);
        let found: Vec<rules::Frame<'_>> = run
            .frames
            .iter()
            .map(|(frame, end)| rules::Frame {
                head: frame.head(),
                body: frame.body(),
                content_type: frame.content_type(),
                crlf: frame.is_crlf(),
                cut: frame.is_cut(),
                end: *end,
            })
            .collect();
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!((found.len(), run.end), (expected.len(), Ok(left)), "{name}");
    }
}

#[test]
fn octet_by_octet_the_frames_are_the_same_and_needs_are_honest() {
    for Capture { name, stream } in &*CAPTURES {
        let whole = decode(stream, [stream.len()]);
        let expected = by_the_rules(stream).0;
        let slowly = decode_with(stream, 1..=stream.len(), |frames, unconsumed, required| {
            let start = frames.checked_sub(1).map_or(0, |last| whole.frames[last].1);
            let blank_lines = rules::skip_blank_lines(&stream[..unconsumed.end], start);
            assert_eq!(unconsumed.start, blank_lines, "{name}: a frame is consumed at once");
            // Nobody can know the length before the blank line is there; from then on nobody needs to guess.
            let known = expected.get(frames).filter(|frame| !frame.cut && unconsumed.len() > frame.head.len());
            let body = |frame: &rules::Frame<'_>| frame.body.map_or(0, <[u8]>::len);
            assert_eq!(required, known.map(|frame| frame.head.len() + 1 + body(frame)), "{name}: {unconsumed:?}");
            assert!(required.is_none_or(|required| required > unconsumed.len()), "{name}: {unconsumed:?}");
        });
        assert!(slowly == whole, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn in_any_pieces_the_frames_are_the_same(
        capture in 0..CAPTURES.len(),
        lengths in prop::collection::vec(prop_oneof![1..8_usize, 1..1_500_usize, 1..100_000_usize], 1..40),
    ) {
        let stream = &CAPTURES[capture].stream;
        let mut arrived = 0;
        let arrivals = lengths.iter().cycle().map_while(|length| {
            let more = arrived < stream.len();
            arrived = (arrived + length).min(stream.len());
            more.then_some(arrived)
        });
        prop_assert!(decode(stream, arrivals) == decode(stream, [stream.len()]));
    }
}

/// Decodes with a buffer of `size` octets that are filled `chunk` at a time, and puts the pieces of frames together.
fn decode_in(size: usize, chunk: usize, mut stream: &[u8]) -> (Vec<Parts>, Result<usize, DecodeError>) {
    let mut frames = Vec::new();
    let mut buffer = RecvBuf::new(vec![0; size]);
    let mut decoder = Decoder::new(Limits::for_buffer(size));
    let mut body_left = 0;
    let mut head_parts = None;
    loop {
        let step = match decoder.decode(buffer.filled()) {
            Ok(step) => step,
            Err(error) => return (frames, Err(error)),
        };
        match step {
            Step::Frame { frame, consumed } => {
                let end = usize::from(!frame.is_cut());
                let frame = Parts { head: frame.head().to_vec(), body: frame.body().map(<[u8]>::to_vec) };
                assert!(consumed >= frame.head.len() + end + frame.body.as_ref().map_or(0, Vec::len));
                frames.push(frame);
            }
            Step::HeadPart { lines, end, consumed, .. } => {
                let head: &mut Vec<u8> = head_parts.get_or_insert_default();
                assert_eq!(lines.goes_on(), !head.is_empty() && !head.ends_with(b"\n"));
                head.extend_from_slice(lines.as_bytes());
                if let Some(end) = end {
                    // The blank line is consumed with the last part.
                    assert!(consumed >= lines.as_bytes().len() + usize::from(!end.is_cut));
                    let head = head_parts.take().unwrap();
                    // The end of one that is cut is told by the first lines of the next.
                    let told_by = if end.is_cut { 80 } else { 1 };
                    assert!(head.len() + told_by > size, "a head that fits comes whole");
                    frames.push(Parts { head, body: (end.body_len > 0).then(Vec::new) });
                    body_left = end.body_len;
                }
            }
            Step::Head { head, body_len, consumed } => {
                assert!(consumed + body_len > size, "a frame that fits comes whole");
                assert!(consumed > head.head().len() && head.body().is_none());
                frames.push(Parts { head: head.head().to_vec(), body: Some(Vec::new()) });
                body_left = body_len;
            }
            Step::Body { data, lines, remaining, consumed } => {
                assert!(consumed > 0 && consumed == data.len());
                assert!(lines.is_none_or(|lines| lines.as_bytes() == data));
                assert_eq!(remaining, body_left - consumed);
                frames.last_mut().unwrap().body.as_mut().unwrap().extend_from_slice(data);
                body_left = remaining;
            }
            Step::NeedData { required, .. } => assert!(required.is_none_or(|required| required <= size)),
        }
        assert_eq!(decoder.is_streaming(), body_left > 0 || head_parts.is_some());
        let more = matches!(step, Step::NeedData { .. });
        let consumed = step.consumed();
        buffer.consume(consumed);
        if more {
            let spare = buffer.spare_mut();
            assert!(!spare.is_empty(), "a need that cannot be met");
            let room = chunk.min(spare.len());
            match stream.read(&mut spare[..room]).unwrap() {
                0 => return (frames, Ok(decoder.incomplete(buffer.filled()))),
                count => buffer.commit(count),
            }
        }
    }
}

#[test]
fn in_a_buffer_of_any_size_the_frames_are_the_same() {
    for Capture { name, stream } in &*CAPTURES {
        let (expected, left) = by_the_rules(stream);
        let expected = parts(&expected);
        for size in [Limits::MIN, Limits::MIN + 1, 512, 1000, 4_096, 65_536] {
            for chunk in [100, usize::MAX] {
                let (frames, end) = decode_in(size, chunk, stream);
                assert!(frames == expected, "{name} in {size} octets");
                assert_eq!(end, Ok(left), "{name} in {size} octets");
            }
        }
    }
}

/// What was recorded: how many frames of each kind.
const RECORDED: &[(&str, &str)] = &[
    ("01-acl-reject", "1 notice, 1 rejection"),
    ("01-auth-ok", "1 auth, 2 reply, 1 notice"),
    ("01-auth-timeout", "1 auth, 1 notice"),
    ("01-auth-wrong", "1 auth, 1 reply, 1 notice"),
    ("01-command-before-auth", "1 auth, 5 reply, 1 api, 1 notice"),
    ("01-userauth-ok", "1 auth, 3 reply, 1 api, 1 notice"),
    ("02-api-basic", "1 auth, 2 reply, 54 api, 1 notice"),
    ("02-api-blocks-events", "1 auth, 3 reply, 2 api, 3 plain, 1 notice"),
    ("02-api-live-channel", "1 auth, 2 reply, 43 api, 1 notice"),
    ("03-bgapi-json", "1 auth, 30 reply, 26 json, 1 notice"),
    ("03-bgapi-plain", "1 auth, 30 reply, 26 plain, 1 notice"),
    ("03-bgapi-xml", "1 auth, 30 reply, 26 xml, 1 notice"),
    ("04-conference-json", "1 auth, 3 reply, 26 json, 1 notice"),
    ("04-conference-plain", "1 auth, 3 reply, 26 plain, 1 notice"),
    ("04-conference-xml", "1 auth, 3 reply, 26 xml, 1 notice"),
    ("04-single-call-json", "1 auth, 3 reply, 204 json, 1 notice"),
    ("04-single-call-plain", "1 auth, 3 reply, 204 plain, 1 notice"),
    ("04-single-call-xml", "1 auth, 3 reply, 204 xml, 1 notice"),
    ("05-divert-events", "1 auth, 8 reply, 10 plain, 1 notice"),
    ("05-event-custom", "1 auth, 15 reply, 7 plain, 1 notice"),
    ("05-event-syntax", "1 auth, 30 reply, 1 notice"),
    ("05-filter", "1 auth, 29 reply, 7 plain, 1 notice"),
    ("05-myevents-json", "1 auth, 5 reply, 1 api, 7 plain, 1 notice"),
    ("05-myevents-plain", "1 auth, 5 reply, 1 api, 7 plain, 1 notice"),
    ("06-content-length-negative", "1 auth, 1 reply, 1 notice"),
    ("06-sendevent-json", "1 auth, 57 reply, 47 json, 1 notice"),
    ("06-sendevent-plain", "1 auth, 57 reply, 47 plain, 1 notice"),
    ("06-sendevent-xml", "1 auth, 57 reply, 47 xml, 1 notice"),
    ("07-reply-truncation", "1 auth, 9 reply, 1 api, 1 notice"),
    ("07-sendmsg-commands", "1 auth, 12 reply, 47 plain, 1 notice"),
    ("07-sendmsg-errors", "1 auth, 14 reply, 1 notice"),
    ("07-sendmsg-execute", "1 auth, 23 reply, 1 api, 57 plain, 1 notice"),
    ("08-getvar-long-and-multiline", "11 reply, 1 connect, 16 plain, 2 notice, 1 other"),
    ("08-hangup-nolinger", "2 reply, 1 connect, 4 plain, 1 notice"),
    ("08-linger-2", "3 reply, 1 connect, 9 plain, 2 notice"),
    ("08-no-connect-first", "2 reply, 1 connect, 5 plain, 1 notice"),
    ("08-resume", "4 reply, 1 connect, 3 plain, 1 notice"),
    ("08-sock-async-full-basic", "27 reply, 2 connect, 1 api, 17 plain, 2 notice"),
    ("08-sock-sync-basic", "28 reply, 2 connect, 11 plain, 1 notice"),
    ("09-log", "1 auth, 24 reply, 7 api, 94 plain, 216 log, 1 notice"),
    ("10-exit", "1 auth, 2 reply, 1 notice"),
    ("10-exit-with-queued-events", "1 auth, 23 reply, 1 notice"),
    ("11-line-ends", "1 auth, 10 reply, 13 api, 1 notice"),
    ("11-mixed-line-ends", "1 auth, 9 reply, 3 api, 3 json, 1 notice"),
    ("11-pipelined-200", "1 auth, 2 reply, 200 api, 1 notice"),
    ("12-command-words-inbound", "1 auth, 42 reply, 1 api, 1 notice"),
    ("13-esl-python", "1 auth, 10 reply, 4 api, 1 plain, 1 notice"),
    ("13-fs_cli-x", "1 auth, 1 reply, 1 api, 1 notice"),
    ("14-shutdown-inbound", "1 auth, 2 reply, 268 plain, 1 notice"),
    ("15-slow-consumer", "9 plain"),
    ("16-bgapi-long-job-uuid", "1 auth, 48 reply, 23 api, 1 notice"),
    ("16-bgapi-long-job-uuid-event-json", "1 auth, 12 reply, 7 json, 1 notice"),
    ("16-bgapi-long-job-uuid-event-plain", "1 auth, 12 reply, 7 plain, 1 notice"),
    ("16-bgapi-long-job-uuid-event-xml", "1 auth, 12 reply, 7 xml, 1 notice"),
    ("16-bgapi-long-job-uuid-exit", "1 auth, 3 reply, 1 notice"),
    ("16-bgapi-long-job-uuid-fin", "1 auth, 2 reply, 1 notice"),
    ("16-bgapi-long-job-uuid-shutdown", "1 auth, 2 reply, 1 notice"),
    ("16-connect-long", "3 reply, 2 connect, 1 api, 1 notice"),
    ("16-connect-odd-names", "7 reply, 2 connect, 1 api, 1 notice, 1 other"),
    ("16-connect-very-long", "2 reply, 1 connect, 1 api, 1 notice"),
    ("16-connect-very-long-value", "4 reply, 2 connect, 1 notice"),
    ("16-echo-line-ends", "1 auth, 54 reply, 3 api, 1 notice"),
    ("16-echo-line-ends-outbound", "24 reply, 1 connect, 1 api, 1 notice"),
    ("16-getvar-lines", "100 reply, 1 connect, 3 api, 1 plain, 1 notice, 12 other"),
    ("16-getvar-tilde", "37 reply, 2 connect, 10 api, 1 notice"),
    ("16-getvar-tilde-alone", "14 reply, 2 connect, 3 api, 1 notice"),
    ("16-getvar-tilde-event-json", "12 reply, 1 connect, 2 api, 14 json, 1 notice"),
    ("16-getvar-tilde-event-plain", "12 reply, 1 connect, 2 api, 14 plain, 1 notice"),
    ("16-getvar-tilde-event-xml", "12 reply, 1 connect, 2 api, 14 xml, 1 notice"),
    ("16-getvar-tilde-exit", "2 reply, 1 connect, 1 api, 1 notice"),
    ("16-getvar-tilde-fin", "1 reply, 1 connect, 1 api, 1 notice"),
    ("16-getvar-tilde-hangup", "1 reply, 1 connect, 1 api, 1 notice"),
    ("16-getvar-tilde-hangup-events", "2 reply, 1 connect, 1 api, 1 plain, 1 notice"),
    ("16-getvar-tilde-hangup-linger", "3 reply, 1 connect, 2 api, 2 notice"),
    ("16-getvar-tilde-headers", "50 reply, 1 connect, 18 api, 1 notice"),
    ("16-getvar-tilde-headers-lines", "50 reply, 1 connect, 3 api, 1 plain, 1 notice, 2 other"),
    ("16-getvar-tilde-inbound", "1 auth, 10 reply, 1 api, 3 plain, 1 notice"),
    ("16-getvar-tilde-lines", "85 reply, 1 connect, 6 api, 1 notice, 7 other"),
    ("16-getvar-tilde-log", "8 reply, 1 connect, 3 api, 2 log, 1 notice"),
    ("16-getvar-tilde-sync", "11 reply, 1 connect, 2 api, 2 plain, 1 notice"),
    ("16-linger-notice-cut", "4 reply, 1 connect, 1 api, 6 plain, 2 notice"),
    ("16-linger-notice-cut-alone", "3 reply, 1 connect, 1 api, 2 notice"),
    ("16-linger-notice-lines", "4 reply, 1 connect, 1 api, 6 plain, 2 notice, 1 other"),
    ("16-userauth-edge-511", "1 auth, 3 reply, 1 api, 1 notice"),
    ("16-userauth-edge-512", "1 auth, 3 reply, 1 api, 1 notice"),
    ("16-userauth-edge-513", "1 auth, 3 reply, 1 api, 1 notice"),
    ("16-userauth-lines", "1 auth, 4 reply, 1 notice, 1 other"),
    ("16-userauth-merged-api", "1 auth, 3 reply, 1 api, 1 notice"),
    ("16-userauth-merged-bgapi", "1 auth, 3 reply, 1 notice"),
    ("16-userauth-merged-both-lists", "1 auth, 3 reply, 1 plain, 1 notice"),
    ("16-userauth-merged-denied", "1 auth, 4 reply, 1 api, 1 notice"),
    ("16-userauth-merged-events-list", "1 auth, 3 reply, 1 plain, 1 notice"),
    ("16-userauth-merged-exit", "1 auth, 2 reply, 1 notice"),
    ("16-userauth-merged-fin", "1 auth, 1 reply, 1 notice"),
    ("16-userauth-merged-pipelined", "1 auth, 2 reply, 2 api, 1 notice"),
    ("16-userauth-merged-reply", "1 auth, 4 reply, 1 notice"),
    ("17-async-ends-itself", "2 reply, 1 connect, 9 plain, 1 notice"),
    ("17-async-full-hangup", "3 reply, 1 connect, 4 plain, 1 notice"),
    ("17-async-full-linger", "3 reply, 1 connect, 6 plain, 2 notice"),
    ("17-async-full-transfer", "3 reply, 1 connect, 3 plain"),
    ("17-async-hangup", "3 reply, 1 connect, 5 plain, 1 notice"),
    ("17-async-transfer", "3 reply, 1 connect, 7 plain"),
    ("17-hangup-in-bridge", "3 reply, 1 connect, 6 plain, 1 notice"),
    ("17-hangup-in-conference", "3 reply, 1 connect, 8 plain, 1 notice"),
    ("17-hangup-in-digits", "3 reply, 1 connect, 1 plain, 1 notice"),
    ("17-hangup-in-eavesdrop", "3 reply, 1 connect, 10 plain, 1 notice"),
    ("17-hangup-in-echo", "3 reply, 1 connect, 1 plain, 1 notice"),
    ("17-hangup-in-gentones", "3 reply, 1 connect, 5 plain, 1 notice"),
    ("17-hangup-in-park", "3 reply, 1 connect, 2 plain, 1 notice"),
    ("17-hangup-in-read", "3 reply, 1 connect, 8 plain, 1 notice"),
    ("17-hangup-in-record", "3 reply, 1 connect, 5 plain, 1 notice"),
    ("17-hangup-in-ringing", "3 reply, 1 connect, 1 plain, 1 notice"),
    ("17-hangup-in-sleep", "3 reply, 1 connect, 5 plain, 1 notice"),
    ("17-inbound", "1 auth, 16 reply, 2 api, 12 plain"),
    ("17-inbound-exit", "1 auth, 4 reply, 1 plain, 1 notice"),
    ("17-inbound-refused", "1 auth, 8 reply, 1 api"),
    ("17-park-in-park", "3 reply, 1 connect, 4 plain, 1 notice"),
    ("17-sync-ends-itself", "2 reply, 1 connect, 1 notice"),
    ("17-sync-full-hangup", "3 reply, 1 connect, 1 plain, 1 notice"),
    ("17-sync-full-linger", "3 reply, 1 connect, 1 plain, 2 notice"),
    ("17-sync-full-transfer", "3 reply, 1 connect, 1 plain"),
    ("17-sync-hangup", "3 reply, 1 connect, 5 plain, 1 notice"),
    ("17-sync-transfer", "3 reply, 1 connect, 2 plain"),
    ("busy-json", "1 auth, 2 reply, 800 json"),
    ("busy-plain", "1 auth, 2 reply, 800 plain"),
    ("busy-xml", "1 auth, 2 reply, 800 xml"),
];

fn kind(message: &Message<'_>) -> &'static str {
    match message {
        Message::AuthRequest(_) => "auth",
        Message::Reply(reply) if reply.is_connect() => "connect",
        Message::Reply(_) => "reply",
        Message::ApiResponse(_) => "api",
        Message::Event(event) => match event.format() {
            Format::Plain => "plain",
            Format::Json => "json",
            Format::Xml => "xml",
        },
        Message::Log(_) => "log",
        Message::Disconnect(_) => "notice",
        Message::Rejection(_) => "rejection",
        _ => "other",
    }
}

/// How many frames of each kind a stream holds, in the words of [`RECORDED`].
fn kinds(stream: &[u8]) -> String {
    let run = decode(stream, [stream.len()]);
    let kinds: Vec<&str> = run.frames.iter().map(|(frame, _)| kind(&Message::from(*frame))).collect();
    let all = ["auth", "reply", "connect", "api", "plain", "json", "xml", "log", "notice", "rejection", "other"];
    let counts = all.map(|kind| (kinds.iter().filter(|found| **found == kind).count(), kind));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    counts.join(", ")
}

#[test]
fn the_captures_hold_what_was_recorded() {
    let found: Vec<(&str, String)> = CAPTURES.iter().map(|capture| (&*capture.name, kinds(&capture.stream))).collect();
    let recorded: Vec<(&str, String)> = RECORDED.iter().map(|(name, kinds)| (*name, (*kinds).to_owned())).collect();
    assert_eq!(found, recorded);
}

#[test]
fn every_event_can_be_read_to_its_end() {
    for Capture { name, stream } in &*CAPTURES {
        for (frame, end) in decode(stream, [stream.len()]).frames {
            if let Message::Event(event) = Message::from(frame) {
                assert_eq!(event.validate(), Ok(()), "{name}: the event that ends at {end}");
            }
        }
    }
}

#[test]
fn orphans_are_the_rest_of_what_holds_a_blank_line() {
    let with_blank_lines = [
        "08-getvar-long-and-multiline",
        "16-connect-odd-names",
        "16-getvar-lines",
        "16-getvar-tilde-headers-lines",
        "16-getvar-tilde-lines",
        "16-linger-notice-lines",
        "16-userauth-lines",
    ];
    for Capture { name, stream } in &*CAPTURES {
        let frames = decode(stream, [stream.len()]).frames;
        let has_other = frames.iter().any(|(frame, _)| matches!(Message::from(*frame), Message::Other(_)));
        assert_eq!(has_other, with_blank_lines.contains(&&name[..]), "{name}");
    }
}

#[test]
fn frames_that_lose_their_end_are_cut_where_the_next_begins() {
    for Capture { name, stream } in &*CAPTURES {
        let frames = decode(stream, [stream.len()]).frames;
        let mut cut = frames.iter().filter(|(frame, _)| frame.is_cut()).peekable();
        assert_eq!(cut.peek().is_some(), loses_ends(name), "{name}");
        for (frame, end) in cut {
            let next = &stream[*end..];
            let begins = ["Content-Type: ", "Content-Length: ", "Event-Name: CHANNEL_DATA\n"];
            assert!(begins.iter().any(|begin| next.starts_with(begin.as_bytes())), "{name}: {frame:?}");
            assert_eq!(frame.body(), None);
            match Message::from(*frame) {
                // The server's buffers: what it writes into them ends there.
                Message::Reply(reply) => {
                    assert!(reply.is_broken());
                    assert!(frame.head().len() <= 538, "{name}");
                }
                Message::Disconnect(_) => assert_eq!(frame.head().len(), 511, "{name}"),
                Message::Other(_) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
}

/// Whether frames of a recording have lost their end.
fn loses_ends(name: &str) -> bool {
    let whole = ["16-connect", "16-echo", "16-linger-notice-lines", "16-userauth-edge-511", "16-userauth-lines"];
    name == "07-reply-truncation" || name.starts_with("16-") && !whole.iter().any(|whole| name.starts_with(whole))
}

#[test]
fn only_the_slow_consumer_is_cut_off() {
    for Capture { name, stream } in &*CAPTURES {
        let run = decode(stream, [stream.len()]);
        let end = run.frames.last().unwrap().1;
        let left: &[u8] = if name == "15-slow-consumer" { b"ner because of lost events\n" } else { b"" };
        assert_eq!(&stream[end..], left, "{name}");
        assert_eq!(run.end, Ok(left.len()), "{name}");
    }
}
