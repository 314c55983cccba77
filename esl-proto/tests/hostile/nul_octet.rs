//! A NUL, which no server sends, in every place of a small stream: an octet like any other. In a command it ends the head.

use esl_proto::frame::DecodeErrorKind;
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits};

use crate::events::check;
use crate::feed::{Seen, whole_and_split};
use crate::octets::Octets;

const STREAM: &str = "Content-Type: api/response\nContent-Length: 5\n\nhelloContent-Type: auth/request\n\n";

/// Where the parts of the stream begin.
const LENGTH_LINE: usize = 27;
const VALUE: usize = LENGTH_LINE + 16;
const BODY: usize = 46;
const SECOND: usize = BODY + 5;

fn with_nul(text: &str, at: usize) -> Vec<u8> {
    let mut octets = text.as_bytes().to_vec();
    octets[at] = 0;
    octets
}

/// Where the frames of the stream end, and what else comes of it.
fn borders(seen: &[Seen]) -> (Vec<usize>, Option<Seen>) {
    let mut end = 0;
    let mut ends = Vec::new();
    for seen in seen {
        let Seen::Frame(parts) = seen else { return (ends, Some(seen.clone())) };
        end += parts.head.len() + 1 + parts.body.as_ref().map_or(0, |body| body.len());
        ends.push(end);
    }
    (ends, None)
}

/// The borders with a NUL in place of the octet at `at`.
fn expected(at: usize) -> (Vec<usize>, Option<Seen>) {
    const LAST_OF_FIRST_NAME: usize = "Content-Type:".len() - 1;
    const LAST_OF_FIRST_LINE: usize = LENGTH_LINE - 1;
    const LAST_OF_NAME: usize = VALUE - 2;
    const BEFORE_VALUE: usize = VALUE - 1;
    const LINE_END: usize = VALUE + 1;
    const BLANK_LINE: usize = BODY - 1;
    const LAST_LINE_END: usize = STREAM.len() - 2;
    let invalid = |at| Some(Seen::error(DecodeErrorKind::InvalidLength, at as u64));
    match at {
        // The head is intact as far as lengths go, or the NUL is part of the body.
        // The name of the first line is none that a frame begins with: noise, which has no body.
        ..=LAST_OF_FIRST_NAME => (vec![BODY, STREAM.len()], None),
        ..LAST_OF_FIRST_LINE | BODY..LAST_LINE_END => (vec![SECOND, STREAM.len()], None),
        // There is no Content-Length any more: its line has become part of the one before, or has another name.
        LAST_OF_FIRST_LINE..=LAST_OF_NAME => (vec![BODY, STREAM.len()], None),
        // The value holds the NUL; without a blank before it, it begins there.
        BEFORE_VALUE => (vec![], invalid(BEFORE_VALUE)),
        VALUE | LINE_END => (vec![], invalid(VALUE)),
        // The head goes on to the next blank line, and no body follows that.
        BLANK_LINE => (vec![], Some(Seen::Incomplete(STREAM.len()))),
        // The second head has no end.
        _ => (vec![SECOND], Some(Seen::Incomplete(STREAM.len() - SECOND))),
    }
}

#[test]
fn in_each_place_of_a_stream() {
    for at in 0..STREAM.len() {
        let seen = whole_and_split(&Decoder::new(Limits::DEFAULT), &with_nul(STREAM, at));
        assert_eq!(borders(&seen), expected(at), "at {at}");
    }
}

#[test]
fn in_a_body_it_is_handed_out() {
    let seen = whole_and_split(&Decoder::new(Limits::DEFAULT), &with_nul(STREAM, BODY + 2));
    let [Seen::Frame(first), _] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(first.body, Some(Octets::from("he\0lo")));
}

#[test]
fn in_each_place_of_a_command() {
    const COMMANDS: &str = "sendevent X\nContent-Length: 5\n\nhelloexit\n\n";
    const BODY: usize = 31;
    for at in 0..COMMANDS.len() {
        let seen = whole_and_split(&Decoder::for_requests(Limits::DEFAULT), &with_nul(COMMANDS, at));
        let ends = borders(&seen).0;
        match at {
            // It ends the head as for C: a Content-Length after it announces no body.
            ..=28 => assert_eq!(ends, [BODY, COMMANDS.len()], "at {at}"),
            BODY..40 => assert_eq!(ends, [BODY + 5, COMMANDS.len()], "at {at}"),
            // In place of a line end.
            29 => assert_eq!(ends, [], "at {at}"),
            _ => assert!(ends.len() < 2, "at {at}"),
        }
    }
}

#[test]
fn in_each_place_of_an_event() {
    const EVENTS: [(Format, &str); 3] = [
        (Format::Plain, "Event-Name: CUSTOM\na: b%20c\nContent-Length: 2\n\nhi"),
        (Format::Json, r#"{"Event-Name":"CUSTOM","a":["b","\u0063"],"_body":"hi"}"#),
        (
            Format::Xml,
            "<event><headers><a>b%20&amp;</a></headers><Content-Length>2</Content-Length><body>hi</body></event>",
        ),
    ];
    for (format, text) in EVENTS {
        for at in 0..text.len() {
            check(Event::new(format, &with_nul(text, at)));
        }
    }
}

#[test]
fn in_a_value_it_is_read_as_it_is() {
    let expected = "x\0y";
    let event =
        |format, text: &str| Event::new(format, text.as_bytes()).get("a").is_some_and(|value| value == expected);
    assert!(event(Format::Plain, "a: x\0y\n\n"));
    assert!(event(Format::Plain, "a: x%00y\n\n"));
    assert!(event(Format::Json, "{\"a\":\"x\0y\"}"));
    assert!(event(Format::Json, "{\"a\":\"x\\u0000y\"}"));
    assert!(event(Format::Xml, "<event><headers><a>x\0y</a></headers></event>"));
    assert!(event(Format::Xml, "<event><headers><a>x&#0;y</a></headers></event>"));
}
