//! Heads that are too long, have too many lines, or never begin.

use esl_proto::event::HeaderSlot;
use esl_proto::frame::{DecodeErrorKind, Request, Step};
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits};

use crate::feed::{Seen, feed, whole_and_split};

use DecodeErrorKind::{HeadTooLong, TooManyLines};

const FRAME: &str = "Content-Type: auth/request\n\n";

fn both_sides(limits: Limits) -> [Decoder; 2] {
    [Decoder::new(limits), Decoder::for_requests(limits)]
}

#[test]
fn a_head_may_be_as_long_as_the_limit() {
    let exact = Limits { max_head: FRAME.len(), ..Limits::DEFAULT };
    let short = Limits { max_head: FRAME.len() - 1, ..Limits::DEFAULT };
    for decoder in both_sides(exact) {
        assert!(matches!(whole_and_split(&decoder, FRAME.as_bytes())[..], [Seen::Frame(_)]));
    }
    for decoder in both_sides(short) {
        let seen = whole_and_split(&decoder, FRAME.as_bytes());
        assert_eq!(seen, [Seen::error(HeadTooLong, FRAME.len() as u64 - 1)]);
    }
}

#[test]
fn a_head_without_end_is_refused_at_the_limit() {
    for decoder in both_sides(Limits { max_head: 100, ..Limits::DEFAULT }) {
        for endless in ["x".repeat(1000), "a: b\n".repeat(200), ":".repeat(101), format!("{}\n", "x".repeat(100))] {
            assert_eq!(whole_and_split(&decoder, endless.as_bytes()), [Seen::error(HeadTooLong, 100)]);
        }
        let seen = whole_and_split(&decoder, &[b'x'; 99]);
        assert_eq!(seen, [Seen::Incomplete(99)], "the limit is not reached yet");
    }
}

#[test]
fn the_offset_counts_from_the_front_of_the_stream() {
    let stream = format!("{FRAME}\n\n\n{}", "x".repeat(100));
    for decoder in both_sides(Limits { max_head: 50, ..Limits::DEFAULT }) {
        let seen = whole_and_split(&decoder, stream.as_bytes());
        assert!(matches!(seen[0], Seen::Frame(_)));
        assert_eq!(seen[1..], [Seen::error(HeadTooLong, FRAME.len() as u64 + 3 + 50)]);
    }
}

#[test]
fn a_head_of_a_megabyte_is_refused_by_default() {
    let endless = vec![b'x'; 2 << 20];
    for decoder in both_sides(Limits::DEFAULT) {
        assert_eq!(whole_and_split(&decoder, &endless), [Seen::error(HeadTooLong, 1 << 20)]);
    }
}

#[test]
fn a_head_must_fit_what_the_host_can_hold() {
    for decoder in both_sides(Limits::for_buffer(20)) {
        assert_eq!(whole_and_split(&decoder, FRAME.as_bytes()), [Seen::error(HeadTooLong, 20)]);
    }
}

#[test]
fn an_error_stays_whatever_comes_after_it() {
    for mut decoder in both_sides(Limits { max_head: 10, ..Limits::DEFAULT }) {
        let error = decoder.decode(&[b'x'; 11]).expect_err("a head too long");
        for later in [&b""[..], b"\n", FRAME.as_bytes(), &[b'x'; 11]] {
            assert_eq!(decoder.decode(later), Err(error));
        }
        assert_eq!(decoder.position(), 0);
    }
}

#[test]
fn there_may_be_as_many_lines_as_the_limit() {
    for decoder in both_sides(Limits { max_lines: 3, ..Limits::DEFAULT }) {
        assert!(matches!(whole_and_split(&decoder, b"\na:1\nb:2\nc:3\n\n")[..], [Seen::Frame(_)]));
        for four in [&b"\na:1\nb:2\nc:3\nd:4\n\n"[..], b"\na:1\nb:2\nc:3\nd\nContent-Length: x\n"] {
            assert_eq!(whole_and_split(&decoder, four), [Seen::error(TooManyLines, 13)]);
        }
    }
}

/// `header-0: value 0`, and so on.
fn lines(count: usize) -> String {
    (0..count).map(|number| format!("header-{number}: value {number}\n")).collect()
}

#[test]
fn a_hundred_thousand_headers_are_refused_by_default() {
    let text = lines(100_000);
    let most = Limits::DEFAULT.max_lines;
    assert!(text.len() > Limits::DEFAULT.max_head, "beyond both limits");
    for decoder in both_sides(Limits::DEFAULT) {
        assert_eq!(whole_and_split(&decoder, text.as_bytes()), [Seen::error(TooManyLines, lines(most).len() as u64)]);
    }
}

#[test]
fn a_hundred_thousand_headers_are_read_if_the_host_wants_them() {
    let stream = lines(100_000) + "\n";
    let limits = Limits { max_head: stream.len(), max_lines: 100_000, ..Limits::DEFAULT };
    let Ok(Step::Frame { frame, .. }) = Decoder::new(limits).decode(stream.as_bytes()) else { panic!("one frame") };
    assert_eq!(frame.headers().count(), 100_000);
    assert_eq!(frame.get("HEADER-99999").expect("the last"), "value 99999");
    assert!(frame.get("none").is_none());

    let command = format!("sendmsg\n{stream}");
    let limits = Limits { max_head: command.len(), max_lines: 100_001, ..Limits::DEFAULT };
    let mut decoder = Decoder::for_requests(limits);
    let Ok(Step::Frame { frame, .. }) = decoder.decode(command.as_bytes()) else { panic!("one frame") };
    let request = Request::from(frame);
    assert_eq!(request.headers().count(), 100_000);
    assert_eq!(request.get("HEADER-99999"), Some(&b"value 99999"[..]));
}

#[test]
fn a_hundred_thousand_lines_without_a_colon_are_one_value() {
    let stream = format!("Reply-Text: 0\n{}\n", "more\n".repeat(100_000));
    let limits = Limits { max_head: stream.len(), max_lines: usize::MAX, ..Limits::DEFAULT };
    let Ok(Step::Frame { frame, .. }) = Decoder::new(limits).decode(stream.as_bytes()) else { panic!("one frame") };
    assert_eq!(frame.headers().count(), 1);
    assert_eq!(frame.get("Reply-Text").expect("the header").decoded_len(), 1 + 5 * 100_000);

    let orphans = stream.replacen("Reply-Text: ", "", 1);
    let Ok(Step::Frame { frame, .. }) = Decoder::new(limits).decode(orphans.as_bytes()) else { panic!("one frame") };
    assert_eq!(frame.headers().count(), 0);
}

#[test]
fn a_hundred_thousand_headers_of_an_event_are_read() {
    let pairs = |write: fn(usize) -> String| (0..100_000).map(write).collect::<Vec<_>>();
    let plain = pairs(|number| format!("header-{number}: value%20{number}\n")).concat() + "\n";
    let json = format!("{{{}}}", pairs(|number| format!("\"header-{number}\":\"value\\u0020{number}\"")).join(","));
    let xml = pairs(|number| format!("<header-{number}>value%20{number}</header-{number}>")).concat();
    let xml = format!("<event><headers>{xml}</headers></event>");
    for (format, text) in [(Format::Plain, plain), (Format::Json, json), (Format::Xml, xml)] {
        let event = Event::new(format, text.as_bytes());
        assert_eq!(event.validate(), Ok(()));
        assert_eq!(event.headers().count(), 100_000);
        // Slots for some of them, and for all.
        for slots in [128, 100_000] {
            let mut slots = vec![HeaderSlot::EMPTY; slots];
            let indexed = event.index(&mut slots);
            assert_eq!(indexed.headers().count(), 100_000);
            for number in [0, 127, 128, 99_999] {
                let value = indexed.get(format!("Header-{number}")).expect("a header");
                assert_eq!(value, format!("value {number}").as_str());
            }
            assert!(indexed.get("header-100000").is_none());
        }
    }
}

#[test]
fn blank_lines_without_end_are_no_frame_and_no_error() {
    for blank in ["\n", "\r\n", "\n\r\n"] {
        let endless = blank.repeat(100_000);
        let stream = endless.clone() + FRAME;
        for decoder in both_sides(Limits { max_head: FRAME.len(), max_lines: 1, ..Limits::DEFAULT }) {
            assert_eq!(whole_and_split(&decoder, endless.as_bytes()), []);
            assert!(matches!(whole_and_split(&decoder, stream.as_bytes())[..], [Seen::Frame(_)]));
        }
    }
}

#[test]
fn carriage_returns_alone_are_blank_to_the_server_only() {
    let endless = vec![b'\r'; 100_000];
    assert_eq!(feed(Decoder::for_requests(Limits::for_buffer(16)), &endless, &[3]), []);
    assert_eq!(feed(Decoder::new(Limits::for_buffer(16)), &endless, &[3]), [Seen::error(HeadTooLong, 16)]);
}

#[test]
fn a_command_ends_at_any_blank_line() {
    let decoder = Decoder::for_requests(Limits::DEFAULT);
    for end in ["\n\n", "\r\n\r\n", "\n\r\n", "\r\n\n", "\n\r\r\n"] {
        let seen = whole_and_split(&decoder, format!("api status{end}exit{end}").as_bytes());
        assert!(matches!(seen[..], [Seen::Frame(_), Seen::Frame(_)]), "{}", end.escape_debug());
    }
    for no_end in ["\r\r", "\n \n", "\n\t\n", "\n\0\n", "\r\n\r"] {
        let command = format!("api status{no_end}");
        assert_eq!(whole_and_split(&decoder, command.as_bytes()), [Seen::Incomplete(command.len())]);
    }
}

#[test]
fn a_frame_ends_at_a_blank_line_of_its_own_kind() {
    let decoder = Decoder::new(Limits::DEFAULT);
    let [Seen::Frame(crlf)] = &whole_and_split(&decoder, b"a: b\r\n\r\n")[..] else { panic!("one frame") };
    assert!(crlf.crlf);
    assert_eq!(whole_and_split(&decoder, b"a: b\r\n\n"), [Seen::frame("a: b\r\n", None, None)]);
    // A CR alone is a line of text among lines that end in LF.
    assert_eq!(whole_and_split(&decoder, b"a: b\n\r\n\n"), [Seen::frame("a: b\n\r\n", None, None)]);
    for no_end in ["a: b\n \n", "a: b\r\n\r", "a: b\n\r\n", "a: b\r\r"] {
        assert_eq!(whole_and_split(&decoder, no_end.as_bytes()), [Seen::Incomplete(no_end.len())]);
    }
}

#[test]
fn a_colon_in_the_command_line_makes_no_header() {
    let step = Decoder::for_requests(Limits::DEFAULT).decode(b"api a: b\nc: d\n\n");
    let Ok(Step::Frame { frame, .. }) = step else { panic!("one frame") };
    let request = Request::from(frame);
    assert_eq!(request.line(), b"api a: b");
    assert_eq!(request.get("api a"), None);
    assert_eq!(request.headers().map(|header| header.name.raw()).collect::<Vec<_>>(), [b"c"]);
}
