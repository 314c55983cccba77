//! JSON events that are cut off, malformed, nested without end, or lenient readings.

use esl_proto::event::{EventError, EventErrorKind};
use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::{Decoder, Event, Limits, Message};

use crate::events::{check, read};
use crate::support::{busy, events, session};

use EventErrorKind::{Nested, TrailingData, Truncated, Unexpected};

/// `document` is read for so many headers, then refused at `offset`.
fn refused(document: &str, headers: usize, kind: EventErrorKind, offset: usize) {
    let event = Event::new(Format::Json, document.as_bytes());
    let (read, error) = read(&event);
    let start = &document[..document.len().min(80)];
    assert_eq!((read.len(), error), (headers, Some(EventError { kind, offset })), "{start}");
    assert_eq!(event.validate(), Err(EventError { kind, offset }));
}

#[test]
fn nesting_as_a_value_is_refused_at_once() {
    let depth = 100_000;
    refused(&format!("{{\"a\":{}", "{".repeat(depth)), 0, Nested, 5);
    refused(&format!("{{\"a\":{}", "[".repeat(depth)), 0, Nested, 6);
    refused(&format!("{{\"a\":{}", "[{".repeat(depth)), 0, Nested, 6);
    refused(&format!("{{\"a\":{}", "{\"a\":".repeat(depth)), 0, Nested, 5);
    refused(&format!("{{\"a\":\"b\",\"c\":[\"d\",{}", "[".repeat(depth)), 1, Nested, 18);
    let whole = format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    refused(&whole, 0, Nested, 6);
    check(Event::new(Format::Json, whole.as_bytes()));
}

#[test]
fn nesting_as_a_document_is_refused_at_once() {
    let depth = 100_000;
    refused(&"{".repeat(depth), 0, Unexpected, 1);
    refused(&"[".repeat(depth), 0, Unexpected, 0);
    refused(&"[{".repeat(depth), 0, Unexpected, 0);
    refused(&"{[".repeat(depth), 0, Unexpected, 1);
    refused(&"{\"a\":".repeat(depth), 0, Nested, 5);
}

#[test]
fn a_small_object_as_a_value_is_refused_too() {
    refused(r#"{"x":"1","a":{"b":"c"},"y":"2"}"#, 1, Nested, 13);
    refused(r#"{"a":[["b"]]}"#, 0, Nested, 6);
}

#[test]
fn a_document_that_ends_early() {
    for document in [
        "",
        "  ",
        "{",
        "{ ",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":\"",
        "{\"a\":\"x\\\"",
        "{\"a\":[",
        "{\"a\":[\"b\"",
        "{\"a\":[\"b\",",
    ] {
        refused(document, 0, Truncated, document.len());
    }
    refused("{\"a\":\"x\"", 1, Truncated, 8);
    refused("{\"a\":\"x\",", 1, Truncated, 9);
    refused("{\"a\":\"x\\\"}", 0, Truncated, 10);
}

#[test]
fn an_octet_that_cannot_stand_there() {
    for (document, headers, offset) in [
        ("null", 0, 0),
        ("\"a\"", 0, 0),
        ("\0{}", 0, 0),
        ("\u{feff}{}", 0, 0),
        ("{a:1}", 0, 1),
        ("{'a':1}", 0, 1),
        ("{,}", 0, 1),
        ("{\"a\" \"b\"}", 0, 5),
        ("{\"a\":}", 0, 5),
        ("{\"a\":,\"b\":\"c\"}", 0, 5),
        ("{\"a\":\"b\" \"c\":\"d\"}", 1, 9),
        ("{\"a\":\"b\",}", 1, 9),
        ("{\"a\":\"b\"]", 1, 8),
        ("{\"a\":[,]}", 0, 6),
        ("{\"a\":[\"b\",]}", 0, 10),
        ("{\"a\":[\"b\" \"c\"]}", 0, 10),
        ("{\"a\":[\"b\"}", 0, 9),
        ("{\"a\":1_000}", 1, 6),
    ] {
        refused(document, headers, Unexpected, offset);
    }
}

#[test]
fn something_after_the_document() {
    refused("{}x", 0, TrailingData, 2);
    refused("{} {}", 0, TrailingData, 3);
    refused("{\"a\":\"b\"}\n}", 1, TrailingData, 10);
    refused("{}\0", 0, TrailingData, 2);
    assert_eq!(Event::new(Format::Json, b" {} \r\n\t").validate(), Ok(()));
}

#[test]
fn what_strict_readers_refuse_is_read() {
    let document = b"{\"a\":\"\xff\n\x01\\q\\u12\",\"a\":\"\\ud800\",\"\xfe\":truth,\"n\":-1.5e,\"_body\":\"\xc3(\"}";
    let event = Event::new(Format::Json, document);
    check(event);
    assert_eq!(event.validate(), Ok(()));
    let values: Vec<Vec<u8>> = event.headers().map(|header| header.value.bytes().collect()).collect();
    assert_eq!(values, [&b"\xff\n\x01\\q\\u12"[..], b"\xed\xa0\x80", b"truth", b"-1.5e"]);
    assert_eq!(event.get(b"\xfe").expect("a name that is not UTF-8"), "truth");
    assert_eq!(event.body().expect("a body"), b"\xc3(");
}

#[test]
fn a_megabyte_of_one_octet_is_read_once() {
    let many = 1 << 20;
    let value = |inside: String| format!("{{\"a\":\"{inside}\"}}");
    for (inside, decoded) in [
        ("\\\\".repeat(many), many),
        ("\\\"".repeat(many), many),
        ("\\u0041".repeat(many / 4), many / 4),
        ("\\ud83d".repeat(many / 4), 3 * (many / 4)),
        ("\\u".repeat(many), 2 * many),
        ("{".repeat(many), many),
    ] {
        let text = value(inside);
        let event = Event::new(Format::Json, text.as_bytes());
        assert_eq!(event.validate(), Ok(()));
        assert_eq!(event.get("a").expect("the header").decoded_len(), decoded);
    }
    let unclosed = format!("{{\"a\":\"{}", "\\".repeat(many));
    refused(&unclosed, 0, Truncated, unclosed.len());
    let spaces = " ".repeat(many);
    refused(&spaces, 0, Truncated, many);
    let word = format!("{{\"a\":{} }}", "1".repeat(many));
    assert_eq!(Event::new(Format::Json, word.as_bytes()).get("a").expect("the header").decoded_len(), many);
    refused(&format!("{{{}", "\"\":0,".repeat(many / 4)), many / 4, Truncated, 1 + 5 * (many / 4));
}

#[test]
fn an_array_of_a_hundred_thousand_elements_is_read() {
    let text = format!("{{\"a\":[{}\"z\"]}}", "\"\",".repeat(100_000));
    let value = Event::new(Format::Json, text.as_bytes()).get("a").expect("the array");
    assert_eq!(value.items().count(), 100_001);
    assert_eq!(value.decoded_len(), "ARRAY::".len() + 2 * 100_000 + 1);
}

#[test]
fn a_malformed_event_does_not_disturb_the_stream() {
    let body = "{\"a\":".repeat(1000);
    let frame = format!("Content-Length: {}\nContent-Type: text/event-json\n\n{body}", body.len());
    let stream = frame + "Content-Type: auth/request\n\n";
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let Ok(Step::Frame { frame, consumed }) = decoder.decode(stream.as_bytes()) else { panic!("one frame") };
    assert!(matches!(Message::from(frame), Message::Event(event) if event.validate().is_err()));
    let Ok(Step::Frame { frame, .. }) = decoder.decode(&stream.as_bytes()[consumed..]) else { panic!("another") };
    assert!(matches!(Message::from(frame), Message::AuthRequest(_)));
}

/// Cuts an event at every octet: what is read before the cut is what the whole event says, and the cut is reported.
fn check_cuts(text: &[u8]) {
    let event = Event::new(Format::Json, text);
    let (whole, error) = read(&event);
    assert_eq!(error, None);
    for cut in 0..text.len() {
        let event = Event::new(Format::Json, &text[..cut]);
        let (before, error) = read(&event);
        assert_eq!(before, whole[..before.len()], "cut at {cut}");
        assert_eq!(error, Some(EventError { kind: Truncated, offset: cut }), "{}", text.escape_ascii());
    }
}

#[test]
fn events_cut_at_every_octet_are_read_up_to_the_cut() {
    check_cuts(br#" { "a" : [ "b" , "\u00e9\ud83d\ude00" ] , "c" : "-1.5" , "_body" : "\\" } "#.trim_ascii_end());
    for text in events(&session("06-sendevent-json"), Format::Json) {
        check_cuts(text);
    }
    for text in events(&busy(Format::Json), Format::Json).into_iter().step_by(300) {
        check_cuts(text);
    }
}

#[test]
fn a_number_or_word_that_ends_with_the_text_is_cut_off() {
    for document in ["{\"a\":1", "{\"a\":-", "{\"a\":tru", "{\"a\":\"b\",\"c\":12"] {
        let whole_headers = document.matches(',').count();
        refused(document, whole_headers, Truncated, document.len());
    }
    check_cuts(b"{\"a\":-1.5,\"b\":true}");
}
