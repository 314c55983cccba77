//! Any octets, cut anywhere: the same frames and the same error at the same place.

use esl_proto::frame::{DecodeErrorKind, Request, Step};
use esl_proto::{Decoder, Limits};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::feed::{Seen, feed};
use crate::octets::Octets;

/// What gives a stream its structure, whole and broken, and any other octet.
fn token() -> impl Strategy<Value = Octets> {
    const TOKENS: &[&str] = &[
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\r\n\r\n",
        ":",
        " ",
        "0",
        "7",
        "-",
        "Content-Length",
        "Content-Length: ",
        "content-length:",
        "\nContent-Length: 3\n",
        "Content-Length: 12\n\n",
        "Content-Length: 30\r\n",
        "Content-Length: 50\n\n",
        "Content-Length: 61\n",
        "Content-Type: command/reply\n\n",
        "Content-Type: text/event-plain\n",
        "Content-Type: api/response\r\n",
        "Reply-Text: +OK\n",
        "Event-Name: CHANNEL_DATA\n",
        "sendmsg\n",
        "execute-app-name: a\r\n",
    ];
    let other = prop::collection::vec(any::<u8>(), 1..6);
    prop_oneof![5 => prop::sample::select(TOKENS).prop_map(Octets::from), 1 => other.prop_map(Octets)]
}

pub(crate) fn stream() -> impl Strategy<Value = Octets> {
    prop::collection::vec(token(), 0..30)
        .prop_map(|tokens| Octets(tokens.into_iter().flat_map(|token| token.0).collect()))
}

/// Lengths of the pieces in which a stream arrives.
pub(crate) fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..40, 1..6)
}

/// Limits that the streams made here go beyond now and then.
const LIMITS: Limits = Limits { max_head: 70, max_lines: 3, max_body: 60, max_buffered: usize::MAX };

fn limits() -> impl Strategy<Value = Limits> {
    prop::sample::select(
        &[LIMITS, Limits { max_buffered: 64, ..LIMITS }, Limits { max_buffered: 40, ..LIMITS }, Limits::DEFAULT][..],
    )
}

fn decoders(limits: Limits) -> [Decoder; 2] {
    [Decoder::new(limits), Decoder::for_requests(limits)]
}

proptest! {
    #![proptest_config(Config::with_cases(3000))]

    #[test]
    fn any_split_gives_the_same(stream in stream(), pieces in pieces(), limits in limits()) {
        for decoder in decoders(limits) {
            let whole = feed(decoder.clone(), &stream, &[usize::MAX]);
            prop_assert_eq!(&feed(decoder.clone(), &stream, &pieces), &whole);
            prop_assert_eq!(&feed(decoder, &stream, &[1]), &whole);
        }
    }

    #[test]
    fn any_single_cut_gives_the_same(stream in stream(), limits in limits()) {
        for decoder in decoders(limits) {
            let whole = feed(decoder.clone(), &stream, &[usize::MAX]);
            for cut in 1..stream.len() {
                prop_assert_eq!(&feed(decoder.clone(), &stream, &[cut, usize::MAX]), &whole, "cut at {}", cut);
            }
        }
    }

    #[test]
    fn frames_in_pieces_are_those_that_come_whole(stream in stream(), pieces in pieces()) {
        // The limit on the head is that of the smaller buffer, so that the same heads are refused.
        let limits = Limits { max_head: 64, ..LIMITS };
        let joined = |seen: Vec<Seen>| seen.into_iter().map(join).collect::<Vec<_>>();
        let whole = feed(Decoder::new(limits), &stream, &[usize::MAX]);
        let in_pieces = feed(Decoder::new(Limits { max_buffered: 64, ..limits }), &stream, &pieces);
        prop_assert_eq!(joined(in_pieces), joined(whole));
    }

    #[test]
    fn any_split_of_commands_gives_the_same_requests(stream in stream(), pieces in pieces()) {
        let whole = requests(&stream, &[usize::MAX]);
        prop_assert_eq!(requests(&stream, &pieces), &whole[..]);
        prop_assert_eq!(requests(&stream, &[1]), &whole[..]);
    }

    #[test]
    fn octets_without_structure_do_no_harm(stream in prop::collection::vec(any::<u8>(), 0..300), pieces in pieces()) {
        for decoder in decoders(LIMITS) {
            let whole = feed(decoder.clone(), &stream, &[usize::MAX]);
            prop_assert_eq!(feed(decoder, &stream, &pieces), whole);
        }
    }
}

/// What the same frame looks like whole and in pieces: its head and body. A frame that is cut off by the end of the
/// stream is told apart by its octets alone.
fn join(seen: Seen) -> (Option<(Octets, Octets)>, Option<Seen>) {
    match seen {
        Seen::Frame(parts) => (Some((parts.head, parts.body.unwrap_or("".into()))), None),
        Seen::Long { head, body, missing: 0 } => (Some((head.head, body)), None),
        Seen::Longer { lines, end: Some(_), body, missing: 0, .. } => (Some((lines, body)), None),
        Seen::Long { .. } | Seen::Longer { .. } | Seen::Incomplete(_) => (None, None),
        error @ Seen::Error(_) => (None, Some(error)),
    }
}

/// A request in owned octets: its line, its headers, its body.
type Owned = (Octets, Vec<(Octets, Octets)>, Option<Octets>);

fn requests(stream: &[u8], pieces: &[usize]) -> Vec<Owned> {
    let mut decoder = Decoder::for_requests(LIMITS);
    let mut pieces = pieces.iter().cycle();
    let (mut from, mut to) = (0, 0);
    let mut requests = Vec::new();
    while let Ok(step) = decoder.decode(&stream[from..to]) {
        from += step.consumed();
        match step {
            Step::Frame { frame, .. } => requests.push(owned(Request::from(frame))),
            _ if to == stream.len() => break,
            _ => to = stream.len().min(to.saturating_add(*pieces.next().expect("endless"))),
        }
    }
    requests
}

fn owned(request: Request<'_>) -> Owned {
    let headers: Vec<_> = request.headers().map(|header| (header.name.raw(), header.value.raw())).collect();
    for (name, _) in &headers {
        let first = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        assert_eq!(request.get(name.to_ascii_uppercase()), first, "the first of a name");
    }
    assert_eq!(request.get("no such header"), None);
    let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    (request.line().into(), headers, request.body().map(Octets::from))
}

/// The streams made here are worth cutting: every outcome is among them.
#[test]
fn the_streams_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut seen = Vec::new();
    for _ in 0..2000 {
        let stream = stream().new_tree(&mut runner).expect("a stream").current();
        for decoder in decoders(Limits { max_buffered: 64, ..LIMITS }) {
            seen.extend(feed(decoder, &stream, &[usize::MAX]));
        }
    }
    let count = |wanted: fn(&Seen) -> bool| seen.iter().filter(|seen| wanted(seen)).count();
    assert!(count(|seen| matches!(seen, Seen::Frame(parts) if parts.body.is_none())) > 100);
    assert!(count(|seen| matches!(seen, Seen::Frame(parts) if parts.body.is_some())) > 100);
    assert!(count(|seen| matches!(seen, Seen::Frame(parts) if parts.crlf)) > 20);
    assert!(count(|seen| matches!(seen, Seen::Long { missing: 0, .. })) > 20);
    assert!(count(|seen| matches!(seen, Seen::Incomplete(_))) > 100);
    use DecodeErrorKind::{BodyTooLong, ConflictingLength, HeadTooLong, InvalidLength, TooManyLines};
    for kind in [InvalidLength, ConflictingLength, BodyTooLong, HeadTooLong, TooManyLines] {
        let count = seen.iter().filter(|seen| matches!(seen, Seen::Error(error) if error.kind == kind)).count();
        assert!(count > 20, "{kind:?}: {count}");
    }
}
