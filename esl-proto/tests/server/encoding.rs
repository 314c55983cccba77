//! Events as the real server encodes them.

/// The value that the server has encoded. What it would not have encoded, such as `%41`, was there before.
pub(super) fn before_encoding(coded: &[u8]) -> Vec<u8> {
    let mut value = Vec::new();
    let mut rest = coded;
    while let Some((octet, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *octet == b'%').and_then(|pair| str::from_utf8(pair).ok());
        let decoded = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match decoded.filter(|octet| !octet.is_ascii_alphanumeric() && !b"!$'()*,-./~_".contains(octet)) {
            Some(decoded) => {
                value.push(decoded);
                rest = &after[2..];
            }
            None => {
                value.push(*octet);
                rest = after;
            }
        }
    }
    value
}

use std::collections::HashMap;

use esl_proto::event::{Content, EventSource, Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::Format;
use esl_proto::text::Percent;
use esl_proto::{Decoder, Event, Limits, Message, Value};

#[path = "../common/captures.rs"]
mod captures;
use captures::CAPTURES;

/// An event as it was before it was encoded: what JSON says of it.
struct Plain {
    fields: Vec<(Vec<u8>, Vec<Vec<u8>>, bool)>,
    body: Option<Vec<u8>>,
}

impl Plain {
    fn of(event: &Event<'_>) -> Self {
        let mut fields: Vec<(Vec<u8>, Vec<Vec<u8>>, bool)> = Vec::new();
        for header in event.headers() {
            let value = header.value;
            let items = if value.is_array() {
                value.items().map(|item| item.bytes().collect()).collect()
            } else {
                vec![value.bytes().collect()]
            };
            fields.push((header.name.bytes().collect(), items, value.is_array()));
        }
        let body = event.body().map(|body| body.bytes().collect());
        if body.is_some() {
            // The last Content-Length belongs to the body; the server writes it, not who fires the event.
            assert_eq!(fields.pop().unwrap().0, b"Content-Length");
        }
        Self { fields, body }
    }

    /// Whether there is a client's own Content-Length, which we leave out.
    fn has_length(&self) -> bool {
        self.fields.iter().any(|(name, ..)| name.eq_ignore_ascii_case(b"Content-Length"))
    }

    fn encode(&self, format: Format, percent: Percent) -> Vec<u8> {
        let items: Vec<Vec<&[u8]>> =
            self.fields.iter().map(|(_, items, _)| items.iter().map(Vec::as_slice).collect()).collect();
        let fields: Vec<Field<'_>> = self
            .fields
            .iter()
            .zip(&items)
            .map(|((name, _, is_array), items)| Field {
                name: Value::from_bytes(name),
                content: if *is_array { Content::Array(items) } else { Content::Text(Value::from_bytes(items[0])) },
            })
            .collect();
        let event = OutgoingEvent { headers: &fields, body: self.body.as_deref().map(Value::from_bytes) };
        let mut out = vec![0; event.encoded_len(format, percent)];
        assert_eq!(event.encode(format, percent, &mut out), Ok(out.len()));
        out
    }
}

/// The events of a stream by Event-Sequence, with their documents.
fn events(stream: &[u8]) -> Vec<(Vec<u8>, Event<'_>, &[u8])> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = stream;
    let mut found = Vec::new();
    while let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) {
        if let Message::Event(event) = Message::from(frame) {
            let sequence = event.get("Event-Sequence").map_or_else(Vec::new, |value| value.bytes().collect());
            found.push((sequence, event, frame.body().unwrap()));
        }
        rest = &rest[consumed..];
    }
    found
}

fn stream(name: &str) -> &'static [u8] {
    &CAPTURES.iter().find(|capture| capture.name == name).unwrap().stream
}

/// XML bodies are where the real server goes wrong: after a line end it adds two blanks, `<!` switches its escapes off,
/// and octets that are not UTF-8 vanish or become other ones.
fn server_mends(body: Option<&[u8]>) -> bool {
    body.is_none_or(|body| {
        !body.ends_with(b"\n") && !body.windows(2).any(|pair| pair == b"<!") && str::from_utf8(body).is_ok()
    })
}

#[test]
fn what_json_says_is_encoded_as_the_server_encodes_it_in_every_format() {
    let mut compared = HashMap::new();
    for family in ["04-single-call", "04-conference", "busy"] {
        let json = stream(&format!("{family}-json"));
        let plains: HashMap<Vec<u8>, Plain> =
            events(json).into_iter().map(|(sequence, event, _)| (sequence, Plain::of(&event))).collect();
        for format in Format::KNOWN {
            for (sequence, _, document) in events(stream(&format!("{family}-{format}"))) {
                let Some(plain) = plains.get(&sequence) else { continue };
                if plain.has_length() || (*format == Format::Xml && !server_mends(plain.body.as_deref())) {
                    continue;
                }
                let ours = plain.encode(*format, Percent::FreeSwitch);
                assert_eq!(ours.escape_ascii().to_string(), document.escape_ascii().to_string());
                *compared.entry(*format).or_insert(0) += 1;
            }
        }
    }
    for format in Format::KNOWN {
        assert!(compared[format] > 900, "{compared:?}");
    }
}

#[test]
fn every_json_event_is_written_as_it_was() {
    let mut compared = 0;
    for capture in CAPTURES.iter() {
        for (_, event, document) in events(&capture.stream) {
            // A header `_body` cannot be told from the body.
            let bodies = document.windows(8).filter(|text| text == b"\"_body\":").count();
            if event.format() != Format::Json || bodies > 1 {
                continue;
            }
            let plain = Plain::of(&event);
            if !plain.has_length() {
                let ours = plain.encode(Format::Json, Percent::FreeSwitch);
                assert_eq!(ours.escape_ascii().to_string(), document.escape_ascii().to_string(), "{}", capture.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn a_body_in_xml_is_well_formed_where_that_of_the_server_is_not() {
    let event = OutgoingEvent::new(&[]).with_body("a < b > c & d <! e \"f\" \r\u{17b}\n");
    let mut out = [0; 256];
    let len = event.encode(Format::Xml, Percent::FreeSwitch, &mut out).unwrap();
    let expected = "<event>\n  <headers>\n  </headers>\n  <Content-Length>27</Content-Length>\n  \
                    <body>a &lt; b &gt; c &amp; d &lt;! e \"f\" &#xD;&#x17B;\n</body>\n</event>\n";
    assert_eq!(std::str::from_utf8(&out[..len]), Ok(expected));
}

/// A Content-Length that came with an event belongs to the document that it was read from.
#[test]
fn an_event_that_was_read_is_sent_on_with_one_length() {
    let fields = [Field::new("Event-Name", "X"), Field::new("content-length", "9"), Field::new("A", "b")];
    for (body, plain) in
        [(None, "Event-Name: X\nA: b\n\n"), (Some("xyz"), "Event-Name: X\nA: b\nContent-Length: 3\n\nxyz")]
    {
        let event = OutgoingEvent { headers: &fields, body: body.map(Value::from) };
        for format in Format::KNOWN {
            let mut out = [0; 512];
            let len = event.encode(*format, Percent::Lossless, &mut out).unwrap();
            let lengths = Event::new(*format, &out[..len]).get_all("Content-Length").count();
            assert_eq!(lengths, usize::from(body.is_some()), "{format}");
        }
        let mut out = [0; 512];
        let len = event.encode(Format::Plain, Percent::Lossless, &mut out).unwrap();
        assert_eq!(std::str::from_utf8(&out[..len]), Ok(plain));
    }
}
