//! An event says the same in plain, json and xml, but for what docs/protocol.md says each format loses; and every way
//! to look a header up gives the same.
#![cfg(all(feature = "json", feature = "xml"))]

#[path = "common/captures.rs"]
mod captures;
#[path = "common/decode.rs"]
mod decode;
#[path = "common/lossy.rs"]
mod lossy;

use std::collections::BTreeMap;

use captures::CAPTURES;
use decode::decode;
use esl_proto::event::{EncodeOptions, EventSource, HeaderSlot};
use esl_proto::frame::Header;
use esl_proto::name::Format;
use esl_proto::{Event, Message, Value};
use lossy::lossy;

/// How the same event was recorded in the three formats.
#[derive(Clone, Copy)]
enum Recorded {
    /// On three connections to one server: the events are the same, known by their Event-Sequence.
    Together,
    /// The same client, three times: the n-th event is the same but for its dates and uuids.
    OneAfterAnother,
    /// As before, but jobs do not end in the order in which they were started: known by their command.
    JobsOneAfterAnother,
}

const RECORDINGS: [(&str, Recorded, usize); 5] = [
    ("03-bgapi", Recorded::JobsOneAfterAnother, 26),
    ("04-conference", Recorded::Together, 26),
    ("04-single-call", Recorded::Together, 204),
    ("06-sendevent", Recorded::OneAfterAnother, 47),
    ("busy", Recorded::Together, 800),
];

/// What a format cannot say. json loses least, so the other two are measured against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// The server takes a `%41` in a value for coded already and leaves it, so it is decoded once too often.
    PercentInValue,
    /// The server writes an array of one value bare.
    ArrayOfOne,
    /// An array is a row of elements of one name, and so are duplicates.
    ArrayAsDuplicates,
    /// json's own loss: a header that a client has named `_body` is a body there.
    HeaderNamedBody,
    /// A Content-Length of the client's stands among the headers, but the server has found no body.
    EmptyBody,
    /// What is not UTF-8 vanishes from a body, at times with the octet after it.
    BodyOctets,
}

/// How often each was found, in which format.
type Losses = BTreeMap<(Loss, &'static str), usize>;

/// An array, or a single value.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    One(Vec<u8>),
    Array(Vec<Vec<u8>>),
}

/// All that an event says.
#[derive(Debug, PartialEq)]
struct Content {
    headers: Vec<(Vec<u8>, Item)>,
    body: Option<Vec<u8>>,
}

fn octets(value: Value<'_>) -> Vec<u8> {
    value.bytes().collect()
}

fn item(value: Value<'_>) -> Item {
    if value.is_array() { Item::Array(value.items().map(octets).collect()) } else { Item::One(octets(value)) }
}

fn content(event: &Event<'_>) -> Content {
    let headers = event.headers().map(|header| (octets(header.name), item(header.value))).collect();
    Content { headers, body: event.body().map(octets) }
}

/// What all runs of a client have in common: values that cannot be the same are all set to one.
fn without_run(event: &Event<'_>) -> Content {
    let mut content = content(event);
    let own_output = event.get("Job-Command").is_some_and(|job| job == *"status" || job == *"originate");
    if own_output {
        // The time since the start; the uuid of the new channel.
        content.body = Some(b"of this run".to_vec());
    }
    for (name, value) in &mut content.headers {
        let of_this_run = match &name[..] {
            b"Event-Date-Local" | b"Event-Date-GMT" | b"Event-Date-Timestamp" | b"Event-Sequence" => true,
            b"Event-UUID" | b"Job-UUID" => true,
            b"Content-Length" => own_output,
            _ => false,
        };
        if of_this_run {
            *value = Item::One(b"of this run".to_vec());
        }
    }
    content
}

/// Measures what plain or xml says against json.
struct Comparison<'l> {
    format: Format,
    losses: &'l mut Losses,
}

impl Comparison<'_> {
    fn note(&mut self, loss: Loss) {
        *self.losses.entry((loss, self.format.as_str())).or_default() += 1;
    }

    fn compare(&mut self, json: &Content, other: Content, what: &str) {
        let (lost_in_json, headers): (Vec<_>, Vec<_>) =
            other.headers.into_iter().partition(|(name, _)| name == b"_body");
        lost_in_json.iter().for_each(|_| self.note(Loss::HeaderNamedBody));
        let left: Vec<_> = json.headers.iter().flat_map(|(name, item)| self.left_of(name, item)).collect();
        assert_eq!(headers, left, "{what} in {}", self.format);
        self.compare_body(json.body.as_deref(), other.body.as_deref(), what);
    }

    /// What is left of a header.
    fn left_of(&mut self, name: &[u8], item: &Item) -> Vec<(Vec<u8>, Item)> {
        let values = match item {
            Item::One(value) => return vec![(name.to_vec(), Item::One(self.left_of_value(value)))],
            Item::Array(values) => values,
        };
        let values: Vec<Vec<u8>> = values.iter().map(|value| self.left_of_value(value)).collect();
        match (values.len(), self.format) {
            (1, _) => self.note(Loss::ArrayOfOne),
            (_, Format::Xml) => self.note(Loss::ArrayAsDuplicates),
            _ => return vec![(name.to_vec(), Item::Array(values))],
        }
        values.into_iter().map(|value| (name.to_vec(), Item::One(value))).collect()
    }

    fn left_of_value(&mut self, value: &[u8]) -> Vec<u8> {
        let left = lossy(value);
        if left != value {
            self.note(Loss::PercentInValue);
        }
        left
    }

    fn compare_body(&mut self, json: Option<&[u8]>, other: Option<&[u8]>, what: &str) {
        match (self.format, json, other) {
            (Format::Plain, None, Some([])) => self.note(Loss::EmptyBody),
            (Format::Xml, Some(whole), Some(left)) if str::from_utf8(whole).is_err() => {
                assert!(left.len() < whole.len() && is_part(left, whole), "{what}: {left:?} of {whole:?}");
                self.note(Loss::BodyOctets);
            }
            _ => assert_eq!(other, json, "{what} in {}", self.format),
        }
    }
}

/// Whether leaving octets out of `whole` gives `part`.
fn is_part(part: &[u8], whole: &[u8]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|octet| whole.any(|other| other == octet))
}

fn stream(name: &str) -> &'static [u8] {
    &CAPTURES.iter().find(|capture| capture.name == name).unwrap_or_else(|| panic!("no capture {name}")).stream
}

/// The events of a stream.
fn events(stream: &[u8]) -> Vec<Event<'_>> {
    let frames = decode(stream, [stream.len()]).frames;
    frames
        .into_iter()
        .filter_map(|(frame, _)| match Message::from(frame) {
            Message::Event(event) => Some(event),
            _ => None,
        })
        .collect()
}

fn text(event: &Event<'_>, name: &str) -> String {
    event.get(name).map_or_else(String::new, |value| value.to_string())
}

/// The events of a recording, each under a name that it has in every format.
fn by_key(recorded: Recorded, name: &str, format: Format) -> BTreeMap<String, Content> {
    let mut contents = BTreeMap::new();
    for (place, event) in events(stream(&format!("{name}-{format}"))).iter().enumerate() {
        assert_eq!(event.format(), format);
        let (key, content) = match recorded {
            Recorded::Together => (text(event, "Event-Sequence"), content(event)),
            Recorded::OneAfterAnother => (place.to_string(), without_run(event)),
            Recorded::JobsOneAfterAnother => {
                let job = text(event, "Job-Command") + " " + &text(event, "Job-Command-Arg");
                let mut keys = (0..).map(|nth| format!("{job} #{nth}"));
                (keys.find(|key| !contents.contains_key(key)).unwrap(), without_run(event))
            }
        };
        assert!(contents.insert(key, content).is_none(), "an event of {name} twice");
    }
    contents
}

#[test]
fn events_agree_in_every_format_but_for_the_losses() {
    let mut losses = Losses::new();
    for (name, recorded, count) in RECORDINGS {
        let json = by_key(recorded, name, Format::Json);
        assert_eq!(json.len(), count, "{name}");
        for format in [Format::Plain, Format::Xml] {
            let mut others = by_key(recorded, name, format);
            for (key, json) in &json {
                let what = format!("{name} {key}");
                let other = others.remove(key).unwrap_or_else(|| panic!("no {what} in {format}"));
                Comparison { format, losses: &mut losses }.compare(json, other, &what);
            }
            assert!(others.is_empty(), "{name} has more in {format}");
        }
    }
    let expected = Losses::from([
        ((Loss::PercentInValue, "plain"), 138),
        ((Loss::PercentInValue, "xml"), 138),
        ((Loss::ArrayOfOne, "plain"), 1),
        ((Loss::ArrayOfOne, "xml"), 1),
        ((Loss::ArrayAsDuplicates, "xml"), 237),
        ((Loss::HeaderNamedBody, "plain"), 2),
        ((Loss::HeaderNamedBody, "xml"), 2),
        ((Loss::EmptyBody, "plain"), 2),
        ((Loss::BodyOctets, "xml"), 1),
    ]);
    assert_eq!(losses, expected);
}

/// What xml does to a body is undone, or the comparison above would fail. Here is how often it had to be.
#[test]
fn bodies_in_xml_were_changed_on_the_wire() {
    let mut bodies = 0;
    let mut grown = 0;
    let mut unescaped = 0;
    for (name, _, _) in RECORDINGS {
        for event in events(stream(&format!("{name}-xml"))) {
            let Some(body) = event.body() else { continue };
            bodies += 1;
            let grew = body.raw().ends_with(b"\n  ");
            grown += usize::from(grew && octets(body).ends_with(b"\n"));
            unescaped += usize::from(body.raw().windows(2).any(|two| two == b"<!"));
        }
    }
    assert_eq!((bodies, grown, unescaped), (68, 35, 3));
}

/// Whether these are the same places of an event's text, read in the same way: equal values of two headers are not.
fn same<'a>(found: impl IntoIterator<Item = Value<'a>>, expected: &[Value<'a>]) -> bool {
    let found: Vec<Value<'_>> = found.into_iter().collect();
    let same =
        |(one, two): (&Value<'_>, &Value<'_>)| one.raw().as_ptr_range() == two.raw().as_ptr_range() && one == two;
    found.len() == expected.len() && found.iter().zip(expected).all(same)
}

/// The values of each name, in the order of the wire. Names that differ in case only are one, in upper case here.
fn by_name<'a>(headers: &[Header<'a>]) -> BTreeMap<Vec<u8>, Vec<Value<'a>>> {
    let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for header in headers {
        values.entry(octets(header.name).to_ascii_uppercase()).or_default().push(header.value);
    }
    values
}

/// Every event of every capture.
fn all_events() -> impl Iterator<Item = Event<'static>> {
    CAPTURES.iter().flat_map(|capture| events(&capture.stream))
}

#[test]
fn an_event_gives_the_last_or_all_headers_of_a_name() {
    let mut duplicates = 0;
    for event in all_events() {
        let headers: Vec<Header<'_>> = event.headers().collect();
        for (name, all) in by_name(&headers) {
            duplicates += usize::from(all.len() > 1);
            assert!(same(event.get_all(&name), &all), "{event:?}");
            assert!(same(event.get(&name), &all[all.len() - 1..]), "{event:?}");
        }
        assert!(event.get("no such header").is_none());
    }
    assert!(duplicates > 0);
}

#[test]
fn an_index_of_any_size_gives_what_the_event_gives() {
    let mut slots = [HeaderSlot::EMPTY; 512];
    for event in all_events() {
        let headers: Vec<Header<'_>> = event.headers().collect();
        let values = by_name(&headers);
        for count in [0, 1, 10, 512] {
            let indexed = event.index(&mut slots[..count]);
            for (name, all) in &values {
                assert!(same(indexed.get_all(name), all), "{count} slots: {event:?}");
                assert!(same(indexed.get(name), &all[all.len() - 1..]), "{count} slots: {event:?}");
            }
            assert!(indexed.get("no such header").is_none(), "{count} slots: {event:?}");
            assert!(indexed.headers().eq(headers.iter().copied()), "{count} slots: {event:?}");
            assert_eq!(indexed.event(), event);
            assert_eq!((indexed.name(), indexed.body()), (event.name(), event.body()));
            assert_eq!(indexed.validate(), event.validate());
        }
    }
}

fn strict(event: &Event<'_>) -> Option<Vec<u8>> {
    let mut out = vec![0; event.text().len() * 8 + 64];
    let len = event.encode(Format::Json, EncodeOptions::STRICT, &mut out).ok()?;
    out.truncate(len);
    Some(out)
}

/// Looks whether the text is well-formed JSON just where `encode` writes nothing else; returns whether it is said to be.
fn as_json(text: &[u8]) -> bool {
    let event = Event::new(Format::Json, text);
    let Some(json) = event.as_json() else { return false };
    assert_eq!(json.as_bytes(), text);
    assert_eq!(strict(&event).as_deref(), Some(text), "{:?}", Value::from_bytes(text));
    true
}

#[test]
fn a_text_that_is_json_already_is_what_is_written() {
    let recorded: Vec<bool> =
        all_events().filter(|event| event.format() == Format::Json).map(|event| as_json(event.text())).collect();
    assert!(recorded.iter().filter(|is_json| **is_json).count() * 10 > recorded.len() * 8, "most are");

    for text in [
        r#"{"a":"b"}"#,
        r#"{"a":"","b":"\"\\\b\f\n\r\t\u0000\u001f/"}"#,
        "{\"\u{e4}\":\"\u{20ac}\u{7f}\",\"A\":\"x\",\"a\":\"x\"}",
        r#"{"a":["b","\n"],"c":[""],"d":[]}"#,
        r#"{"_undef_":"_undef_","ARRAY":"ARRAY::a|:b"}"#,
        r#"{"a":"b","Content-Length":"3","_body":"x\ny"}"#,
        r#"{"Content-Length":"0","_body":""}"#,
    ] {
        assert!(as_json(text.as_bytes()), "{text}");
    }
    for text in [
        r#"{"a":"b","a":"c"}"#,
        r#"{"a": "b"}"#,
        r#" {"a":"b"}"#,
        r#"{"a":"b"} "#,
        r#"{"a":5 }"#,
        r#"{"a":5,"bb": "c"}"#,
        r#"{"a":"\/"}"#,
        r#"{"a":"\u00e4"}"#,
        r#"{"a":"\u0041"}"#,
        r#"{"a":"\u000a"}"#,
        r#"{"a":"\u001F"}"#,
        r#"{"a":["b", "c"]}"#,
        r#"{"Content-Length":"2","_body":"b"}"#,
        r#"{"Content-Length":"01","_body":"b"}"#,
        r#"{"content-length":"1","_body":"b"}"#,
        r#"{"Content-Length":"1","a":"b","_body":"b"}"#,
        r#"{"_body":"b"}"#,
        r#"{"Content-Length":"1"}"#,
        r#"{"a\n":"b"}"#,
        "{\"a\":\"\t\"}",
        r#"{"a":"b""#,
    ] {
        assert!(!as_json(text.as_bytes()), "{text}");
    }
    assert!(!as_json(b"{\"a\":\"\xff\"}"));
    assert_eq!(Event::new(Format::Plain, b"a: b\n\n").as_json(), None);

    // Whatever is changed in one.
    let text = br#"{"ab":"c\n","d":["e","\u001f"],"ab2":"","Content-Length":"2","_body":"\"x"}"#;
    assert!(as_json(text));
    for at in 0..text.len() {
        for octet in br#"{}[]":,\/ux01 ab_-fF"#.iter().chain(b"\x00\t\n\x1f\x7f\x80\xc3\xe4\xff") {
            let mut changed = text.to_vec();
            changed[at] = *octet;
            as_json(&changed);
            changed.splice(at..=at, []);
            as_json(&changed);
            changed.splice(at..at, [*octet, text[at]]);
            as_json(&changed);
            // The same without what keeps it from being looked at.
            let rest = String::from_utf8_lossy(&changed)
                .replace(r#""Content-Length":"1","#, "")
                .replace(r#","_body":"x""#, "");
            as_json(rest.as_bytes());
        }
    }
}
