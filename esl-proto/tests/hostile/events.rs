//! Any octets as an event: never a panic, and every way to read the same thing agrees.

use esl_proto::event::{EventError, EventErrorKind, HeaderSlot};
use esl_proto::frame::Header;
use esl_proto::name::Format;
use esl_proto::text::Insufficient;
use esl_proto::{Event, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::octets::Octets;

/// The headers of an event up to its end or its error, and that.
pub(crate) fn read<'a>(event: &Event<'a>) -> (Vec<Header<'a>>, Option<EventError>) {
    let mut headers = event.headers();
    let all = headers.by_ref().collect();
    (all, headers.error())
}

/// That all that can be asked of an event is answered, and with one voice.
pub(crate) fn check(event: Event<'_>) {
    let (headers, error) = read(&event);
    if let Some(error) = error {
        assert!(error.offset <= event.text().len(), "{error} is outside");
    }
    assert_eq!(event.validate(), error.map_or(Ok(()), Err));
    for header in &headers {
        check_value(header.name, Format::Json);
        check_value(header.value, event.format());
    }
    if let Some(body) = event.body() {
        check_value(body, event.format());
    }
    check_lookups(&event, &headers);
    for slots in [0, 1, headers.len().saturating_sub(1), headers.len(), headers.len() + 3] {
        check_index(&event, &headers, slots);
    }
    #[cfg(feature = "alloc")]
    check_owned(&event, &headers);
    assert!(format!("{event:?}").starts_with("Event {"));
}

/// That an event in storage of its own says what the event says.
#[cfg(feature = "alloc")]
fn check_owned(event: &Event<'_>, headers: &[Header<'_>]) {
    let owned = esl_proto::EventBuf::from(event);
    assert!(owned == *event && owned.clone() == owned && owned.as_event() == *event);
    assert_eq!(raw(owned.headers().map(|header| header.value)), raw(headers.iter().map(|header| header.value)));
    for name in names(headers) {
        assert_eq!(raw(owned.get_all(&name)), raw(event.get_all(&name)));
        assert_eq!(raw(owned.get(&name)), raw(event.get(&name)), "{}", name.escape_ascii());
    }
    assert_eq!(owned.body(), event.body());
    assert_eq!(raw(owned.body()), raw(event.body()));
    assert_eq!((owned.name(), owned.subclass(), owned.job_uuid()), (event.name(), event.subclass(), event.job_uuid()));
    assert_eq!((owned.application_uuid(), owned.validate()), (event.application_uuid(), event.validate()));
    assert_eq!(format!("{owned:?}"), format!("{event:?}"));
}

fn decoded(value: Value<'_>) -> Vec<u8> {
    value.bytes().collect()
}

/// Names that the event has, in another case, and some that it may have.
fn names(headers: &[Header<'_>]) -> Vec<Vec<u8>> {
    let of_headers = headers.iter().map(|header| decoded(header.name).to_ascii_uppercase());
    of_headers.chain([&b"Event-Name"[..], b"", b"_body", b"no such header"].map(<[u8]>::to_vec)).collect()
}

/// The values of `name` among the headers, found the simple way.
fn values<'a>(headers: &[Header<'a>], name: &[u8]) -> Vec<Value<'a>> {
    let named = headers.iter().filter(|header| decoded(header.name).eq_ignore_ascii_case(name));
    named.map(|header| header.value).collect()
}

fn raw<'a>(values: impl IntoIterator<Item = Value<'a>>) -> Vec<Octets> {
    values.into_iter().map(|value| value.raw().into()).collect()
}

fn check_lookups(event: &Event<'_>, headers: &[Header<'_>]) {
    for name in names(headers) {
        let expected = raw(values(headers, &name));
        assert_eq!(raw(event.get_all(&name)), expected);
        assert_eq!(raw(event.get(&name)), expected.last().cloned().into_iter().collect::<Vec<_>>());
    }
    assert_eq!(
        event.name().map(|name| name.as_bytes().to_ascii_uppercase()),
        event.get("event-name").map(|value| value.raw().to_ascii_uppercase())
    );
    assert_eq!(raw(event.subclass()), raw(event.get("event-subclass")));
}

/// That an index in so many slots says what the event says.
fn check_index(event: &Event<'_>, headers: &[Header<'_>], slots: usize) {
    let mut slots = vec![HeaderSlot::EMPTY; slots];
    let indexed = event.index(&mut slots);
    assert!(indexed.headers().eq(headers.iter().copied()));
    assert_eq!(raw(indexed.headers().map(|header| header.value)), raw(headers.iter().map(|header| header.value)));
    for name in names(headers) {
        assert_eq!(raw(indexed.get_all(&name)), raw(event.get_all(&name)));
        assert_eq!(raw(indexed.get(&name)), raw(event.get(&name)));
    }
    assert_eq!(indexed.body(), event.body());
    assert_eq!(indexed.name(), event.name());
    assert_eq!(indexed.validate(), event.validate());
    assert_eq!(indexed.event(), *event);
}

/// That all ways to decode a value agree.
pub(crate) fn check_value(value: Value<'_>, format: Format) {
    let octets = decoded(value);
    assert_eq!(value.decoded_len(), octets.len());
    check_decode_into(value, &octets);
    if !(format == Format::Json && value.is_array()) {
        assert!(octets.len() <= value.raw().len(), "storage of the raw length is enough");
    }
    if let Some(plain) = value.as_plain() {
        assert_eq!(plain, octets);
        assert_eq!(value.as_str(), std::str::from_utf8(&octets).ok());
    }
    assert_eq!(value, octets[..]);
    assert_eq!(value, Value::from_bytes(&octets));
    assert!(value != [&octets[..], b"x"].concat()[..]);
    assert!(value.eq_ignore_ascii_case(octets.to_ascii_uppercase()));
    assert_eq!(value.to_string(), String::from_utf8_lossy(&octets));
    assert_eq!(format!("{value:?}"), format!("\"{}\"", octets.escape_ascii()));
    #[cfg(feature = "alloc")]
    {
        assert_eq!(value.to_cow(), octets);
        assert_eq!(matches!(value.to_cow(), std::borrow::Cow::Borrowed(_)), value.as_plain().is_some());
        assert_eq!(value.to_string_lossy(), String::from_utf8_lossy(&octets));
        assert_eq!(value, octets);
        assert_eq!(octets, value);
    }
    check_numbers(value, &octets);
    check_items(value, &octets, format);
}

fn check_decode_into(value: Value<'_>, octets: &[u8]) {
    for spare in [0, 1, value.raw().len()] {
        let mut storage = vec![7; octets.len() + spare];
        assert_eq!(value.decode_into(&mut storage), Ok(octets));
    }
    if let Some(less) = octets.len().checked_sub(1) {
        let mut storage = vec![7; less];
        assert_eq!(value.decode_into(&mut storage), Err(Insufficient { required: octets.len() }));
        assert!(storage.iter().all(|octet| *octet == 7), "an error writes nothing");
    }
}

fn check_numbers(value: Value<'_>, octets: &[u8]) {
    let number = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(octets).ok();
    let unsigned = text.filter(|text| number(text.as_bytes())).and_then(|text| text.parse::<u64>().ok());
    assert_eq!(value.to_u64(), unsigned);
    let digits = octets.strip_prefix(b"-").unwrap_or(octets);
    let signed = text.filter(|_| number(digits)).and_then(|text| text.parse::<i64>().ok());
    assert_eq!(value.to_i64(), signed);
}

/// That the elements of a value make up its text.
fn check_items(value: Value<'_>, octets: &[u8], format: Format) {
    let items: Vec<_> = value.items().map(decoded).collect();
    let joined = items.join(&b"|:"[..]);
    let bare = !value.is_array() || (format == Format::Json && items.len() < 2);
    assert_eq!(octets, if bare { joined } else { [b"ARRAY::", &joined[..]].concat() });
    assert!(value.is_array() || items.len() == 1);
}

const PLAIN: &[&str] = &[
    "Event-Name: CUSTOM\n",
    "event-name: x%20y\n",
    "a: b\n",
    "A: %2",
    "\nContent-Length: 3\n",
    "\n_undef_: _undef_\n",
    "\nx: ARRAY::a|:b\n",
    "x: ARRAY%3A%3Aa%7C%3A",
    "Event-Subclass: x\n",
    ":",
    ": ",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "%",
    "%20",
    "%zz",
    "|:",
    "-9",
];

const JSON: &[&str] = &[
    "\"Event-Name\":\"CUSTOM\",",
    "\"event-name\" : \"x\\u0020y\",",
    "\"a\":\"\\ud83d\\ude00\\ud83d\\n\",",
    "\"\\u0041\":\"\\q\\u00\",",
    "\"_body\":\"b\",",
    "\"_body\":[\"b\"],",
    "\"x\":[\"a\",\"\\u0062\", \"c\" ],",
    "\"x\":[1,null],",
    "\"y\":[\"solo\"],\"n\":[],",
    "\"n\":-12,",
    "\"n\":{},",
    "\"n\":[[]],",
];

const XML: &[&str] = &[
    "<Event-Name>CUSTOM</Event-Name>",
    "<event-name>x%20y</event-name>\n",
    "<a>%20&amp;</a>",
    "<A>&#x25;41%4&#49;</A>",
    "<a<b>>x</a<b>>",
    "<></>",
    "<Content-Length>3</Content-Length>",
    "<content-length>&#49;0</content-length>",
    "<x>&bogus;&#xD800;&#x</x>",
    "</headers>",
    "<body>&lt;b<!c&lt;</body>",
    "<Event-Subclass>%3A</Event-Subclass>",
];

/// What breaks a document, or stands for itself in a value.
const PIECES: &[&str] = &[
    "\"", "{", "}", "[", "]", ",", ":", "\\", "<", ">", "</", "</a>", "</event>", "&", ";", "&#x", "%", "%2", "<!",
    "\n", " ",
];

/// Text made of what has a meaning in the format, so that it is read for a while at least.
fn text(format: Format) -> impl Strategy<Value = Octets> {
    let (front, parts, back, beyond) = match format {
        Format::Plain => ("", PLAIN, "", "x"),
        Format::Json => ("{", JSON, "\"z\":\"\"}", "\"z\":\"\"} {"),
        Format::Xml => ("<event><headers>", XML, "</headers><body>b</body></event>", "</headers></event> <event>"),
    };
    let token = prop_oneof![
        20 => prop::sample::select(parts).prop_map(Octets::from),
        1 => prop::sample::select(PIECES).prop_map(Octets::from),
        1 => any::<u8>().prop_map(|octet| Octets(vec![octet])),
    ];
    let ends = prop_oneof![
        4 => Just((front, back)),
        1 => Just((front, beyond)),
        1 => Just((front, "")),
        1 => Just(("", back)),
    ];
    (prop::collection::vec(token, 0..15), ends).prop_map(|(tokens, (front, back))| {
        let tokens = tokens.into_iter().flat_map(|token| token.0);
        Octets(front.bytes().chain(tokens).chain(back.bytes()).collect())
    })
}

const FORMATS: [Format; 3] = [Format::Plain, Format::Json, Format::Xml];

proptest! {
    #![proptest_config(Config::with_cases(3000))]

    #[test]
    fn any_plain_text_is_read_in_one_way(text in text(Format::Plain)) {
        check(Event::new(Format::Plain, &text));
    }

    #[test]
    fn any_json_text_is_read_in_one_way(text in text(Format::Json)) {
        check(Event::new(Format::Json, &text));
    }

    #[test]
    fn any_xml_text_is_read_in_one_way(text in text(Format::Xml)) {
        check(Event::new(Format::Xml, &text));
    }

    #[test]
    fn any_octets_are_read_in_one_way(text in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            check(Event::new(format, &text));
        }
    }

    #[test]
    fn any_octets_within_a_document_are_read_in_one_way(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        let plain = [b"a: ", &octets[..], b"\nContent-Length: 1\n\n"].concat();
        check(Event::new(Format::Plain, &plain));
        let json = [b"{\"a\":\"", &octets[..], b"\",\"b\":[\"", &octets, b"\"]}"].concat();
        check(Event::new(Format::Json, &json));
        let front = b"<event><headers><a>";
        let xml = [front, &octets[..], b"</a></headers><body>", &octets, b"</body></event>"].concat();
        check(Event::new(Format::Xml, &xml));
    }
}

/// The texts made here are worth reading: some of them are whole, some have several headers, an array, a body, and some
/// have each kind of error.
#[test]
fn the_texts_reach_every_outcome() {
    use EventErrorKind::{Nested, TrailingData, Truncated, Unexpected, Unmatched};
    for (format, kinds) in [
        (Format::Plain, &[][..]),
        (Format::Json, &[Truncated, Unexpected, Nested, TrailingData]),
        (Format::Xml, &[Truncated, Unexpected, Unmatched, TrailingData]),
    ] {
        let mut runner = TestRunner::deterministic();
        let texts: Vec<_> = (0..3000).map(|_| text(format).new_tree(&mut runner).expect("a text").current()).collect();
        let count = |wanted: &dyn Fn(&Event<'_>) -> bool| {
            let count = texts.iter().filter(|text| wanted(&Event::new(format, text))).count();
            assert!(count > 30, "{format}: {count}");
        };
        count(&|event| event.validate().is_ok());
        count(&|event| event.headers().count() > 3);
        count(&|event| event.body().is_some_and(|body| !body.raw().is_empty()));
        count(&|event| format == Format::Xml || event.headers().any(|header| header.value.is_array()));
        for kind in kinds {
            count(&|event| event.validate().is_err_and(|error| error.kind == *kind));
        }
    }
}
