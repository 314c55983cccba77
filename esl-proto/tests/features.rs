//! In a build without JSON or XML, events of that format are told as what they are, and never taken for something else.

use esl_proto::client::Poll;
use esl_proto::event::{
    EncodeOptions, EventEncodeError, EventErrorKind, EventSource, Field, HeaderSlot, OutgoingEvent,
    OutgoingEventErrorKind,
};
use esl_proto::name::Format;
use esl_proto::{Client, Event, Incoming, Limits, Value};

const DOCUMENTS: [(Format, &str); 3] = [
    (Format::Plain, "Event-Name: API\nContent-Length: 2\n\nok"),
    (Format::Json, r#"{"Event-Name":"API","Content-Length":"2","_body":"ok"}"#),
    (
        Format::Xml,
        "<event>\n  <headers>\n    <Event-Name>API</Event-Name>\n  </headers>\n  \
         <Content-Length>2</Content-Length>\n  <body>ok</body>\n</event>",
    ),
];

#[test]
fn an_event_is_read_or_told_as_unsupported() {
    for (format, document) in DOCUMENTS {
        let event = Event::new(format, document.as_bytes());
        let mut slots = [HeaderSlot::EMPTY; 4];
        let indexed = event.index(&mut slots);
        let names = [event.name(), indexed.name()].map(|name| name.is_some());
        let bodies = [event.body(), indexed.body()].map(|body| body.is_some_and(|body| body == "ok"));
        assert_eq!((names, bodies), ([Event::is_supported(format); 2], [Event::is_supported(format); 2]), "{format}");
        let mut headers = event.headers();
        assert_eq!(headers.by_ref().count() > 0, Event::is_supported(format));
        let unsupported = (!Event::is_supported(format)).then_some((EventErrorKind::Unsupported, 0));
        for error in [headers.error(), event.validate().err(), indexed.validate().err()] {
            assert_eq!(error.map(|error| (error.kind, error.offset)), unsupported);
        }
        assert_eq!(event.text(), document.as_bytes(), "the octets are there in any case");
    }
}

#[test]
fn an_event_is_written_or_refused() {
    let headers = [Field::new("Event-Name", "API")];
    for (format, _) in DOCUMENTS {
        let mut out = [0; 200];
        match OutgoingEvent::new(&headers).encode(format, EncodeOptions::FREESWITCH, &mut out) {
            Ok(len) => {
                assert!(Event::is_supported(format));
                assert_eq!(Event::new(format, &out[..len]).name().map(|name| name.as_bytes()), Some(&b"API"[..]));
            }
            Err(EventEncodeError::Refused(error)) => {
                assert!(!Event::is_supported(format));
                assert_eq!((error.kind, error.code()), (OutgoingEventErrorKind::Unsupported, 712));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// The framing knows all formats.
#[test]
fn a_connection_stays_in_step() {
    let mut client = Client::inbound(Limits::DEFAULT);
    for (format, document) in DOCUMENTS {
        let stream =
            format!("Content-Length: {}\nContent-Type: {}\n\n{document}", document.len(), format.content_type());
        match client.poll(stream.as_bytes()) {
            Ok(Poll::Incoming { incoming: Incoming::Event(event), consumed }) => {
                assert_eq!((event.format(), consumed), (format, stream.len()));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A value keeps its coding in the hands of a host; there is none of a format that is not read.
#[test]
fn codings_of_formats_that_are_not_read_do_not_exist() {
    let known = |coding| Value::from_parts(b"", coding, u32::MAX).is_some();
    assert!((0..=4).all(known));
    assert_eq!([5, 6].map(known), [cfg!(feature = "json"); 2]);
    assert_eq!([7, 8].map(known), [cfg!(feature = "xml"); 2]);
}
