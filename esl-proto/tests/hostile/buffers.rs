//! A host whose buffer is fixed is never stuck: each step consumes octets, asks for more while there is room for them,
//! or is an error.

use esl_proto::frame::{DecodeErrorKind, Step};
use esl_proto::{Decoder, Limits, RecvBuf};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::feed::{Seen, feed, note};
use crate::streams::{pieces, stream};

/// Reads `stream` through a buffer of `capacity` octets, no more than a piece at a time.
fn read(mut decoder: Decoder, capacity: usize, mut stream: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let mut buffer = RecvBuf::new(vec![0; capacity]);
    let mut pieces = pieces.iter().cycle();
    let mut seen = Vec::new();
    loop {
        let step = match decoder.decode(buffer.filled()) {
            Ok(step) => step,
            Err(error) => {
                seen.push(Seen::Error(error));
                return seen;
            }
        };
        let more = matches!(step, Step::NeedData { .. });
        if let Step::NeedData { required: Some(required), .. } = step {
            assert!(required <= capacity, "{required} octets can never be there");
        }
        let consumed = step.consumed();
        assert!(more || consumed > 0, "a step that goes nowhere");
        note(step, &mut seen);
        buffer.consume(consumed);
        if more {
            if stream.is_empty() {
                break;
            }
            let spare = buffer.spare_mut();
            assert!(!spare.is_empty(), "more octets are wanted, but there is no room for them");
            let count = spare.len().min(stream.len()).min(*pieces.next().expect("endless"));
            let (piece, rest) = stream.split_at(count);
            spare[..count].copy_from_slice(piece);
            buffer.commit(count);
            stream = rest;
        }
    }
    match decoder.incomplete(buffer.filled()) {
        0 => {}
        // What is missing has been told with the frame.
        _ if decoder.is_streaming() => {}
        octets => seen.push(Seen::Incomplete(octets)),
    }
    seen
}

/// A stream read through a buffer of `capacity` octets is read as one that is in memory.
fn check(capacity: usize, stream: &[u8], pieces: &[usize]) {
    let limits = Limits::for_buffer(capacity);
    for decoder in [Decoder::new(limits), Decoder::for_requests(limits)] {
        let in_memory = feed(decoder.clone(), stream, &[usize::MAX]);
        assert_eq!(read(decoder, capacity, stream, pieces), in_memory);
    }
}

proptest! {
    #![proptest_config(Config::with_cases(3000))]

    #[test]
    fn of_64_octets(stream in stream(), pieces in pieces()) {
        check(64, &stream, &pieces);
    }

    #[test]
    fn of_any_size(capacity in 2_usize..100, stream in stream(), pieces in pieces()) {
        check(capacity, &stream, &pieces);
    }

    #[test]
    fn of_64_octets_for_any_octets(stream in prop::collection::vec(any::<u8>(), 0..400), pieces in pieces()) {
        check(64, &stream, &pieces);
    }
}

#[test]
fn a_buffer_without_room_is_an_error_at_once() {
    check(0, b"a", &[1]);
    let error = Decoder::new(Limits::for_buffer(0)).decode(b"").expect_err("no head can be read");
    assert_eq!((error.kind, error.offset), (DecodeErrorKind::HeadTooLong, 0));
}

/// A head of so many octets, its blank line included.
fn head(octets: usize, last_line: &str) -> String {
    let lead = octets - last_line.len() - "Content-Type:\n".len();
    format!("Content-Type:{}\n{last_line}", "x".repeat(lead))
}

#[test]
fn a_head_that_just_fits_is_read() {
    let fits = head(64, "Content-Length: 9\n\n");
    let seen = read(Decoder::new(Limits::for_buffer(64)), 64, (fits.clone() + "123456789").as_bytes(), &[7]);
    let [Seen::Long { head, body, missing: 0 }] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(**head.head, fits.as_bytes()[..63]);
    assert_eq!(**body, *b"123456789");

    let too_long = self::head(65, "Content-Length: 9\n\n");
    let seen = read(Decoder::new(Limits::for_buffer(64)), 64, too_long.as_bytes(), &[7]);
    assert_eq!(seen, [Seen::error(DecodeErrorKind::HeadTooLong, 64)]);
}

#[test]
fn a_frame_that_just_fits_comes_whole() {
    let fits = "Content-Length: 45\n\n".len() - 1 + 45;
    assert_eq!(fits, 64);
    let stream = |length: usize| format!("Content-Length:{length}\n\n{}", "b".repeat(length));
    let decoder = Decoder::new(Limits::for_buffer(64));
    let whole = read(decoder.clone(), 64, stream(45).as_bytes(), &[64]);
    assert!(matches!(&whole[..], [Seen::Frame(parts)] if parts.body.as_ref().is_some_and(|body| body.len() == 45)));
    let in_pieces = read(decoder, 64, stream(46).as_bytes(), &[64]);
    assert!(matches!(&in_pieces[..], [Seen::Long { body, missing: 0, .. }] if body.len() == 46));
}

#[test]
fn blank_lines_without_end_never_fill_it() {
    for blank in ["\n", "\r\n"] {
        let stream = blank.repeat(50_000) + "a:b\n\n";
        let seen = read(Decoder::new(Limits::for_buffer(6)), 6, stream.as_bytes(), &[5, 6, 1]);
        assert_eq!(seen, [Seen::frame("a:b\n", None, None)]);
    }
}

/// Even a buffer that no head fits in must come to an error and not to a standstill.
#[test]
fn of_one_octet() {
    for stream in [&b"\r\n\n"[..], b"\n\ra"] {
        let seen = read(Decoder::new(Limits::for_buffer(1)), 1, stream, &[1]);
        assert!(matches!(seen[..], [Seen::Error(error)] if error.kind == DecodeErrorKind::HeadTooLong), "{seen:?}");
    }
}
