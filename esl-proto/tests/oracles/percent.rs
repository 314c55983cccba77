//! Percent coding against `percent-encoding`.

use esl_proto::event::{EventSource, Field, OutgoingEvent};
use esl_proto::name::Format;
use esl_proto::text::Percent;
use esl_proto::{Event, Value};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::octets::Octets;
use crate::reading::octets;

/// Octets that mean something in a value, whole and broken escapes, and any other octet.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    const SPECIAL: &[&[u8]] =
        &[b"%", b":", b" ", b"|", b"%7C", b"%3a", b"%3A", b"%25", b"%0A", b"%4", b"+", b"\r", b"_undef_", b"ARRAY::"];
    prop_oneof![
        4 => prop::sample::select(SPECIAL).prop_map(<[u8]>::to_vec),
        3 => any::<u8>().prop_map(|octet| vec![octet]),
        2 => any::<u8>().prop_map(|octet| format!("%{octet:02X}").into_bytes()),
        2 => any::<u8>().prop_map(|octet| format!("%{octet:02x}").into_bytes()),
    ]
}

/// What can stand on a line as a value: no line end, and no colon with a blank after it, where the line would be split.
fn on_one_line(octets: &[u8]) -> Octets {
    let mut raw = Vec::new();
    for octet in octets {
        if *octet != b'\n' && !(*octet == b' ' && raw.last() == Some(&b':')) {
            raw.push(*octet);
        }
    }
    Octets(raw)
}

fn raw_value() -> impl Strategy<Value = Octets> {
    let short = prop::collection::vec(piece(), 0..3);
    let long = prop::collection::vec(piece(), 0..90);
    prop_oneof![1 => short, 2 => long].prop_map(|pieces| on_one_line(&pieces.concat()))
}

/// An array, its prefix spelled in several ways, FreeSWITCH's own first.
fn raw_array() -> impl Strategy<Value = Octets> {
    const PREFIXES: &[&[u8]] = &[b"ARRAY%3A%3A", b"ARRAY::", b"ARRAY:%3a", b"%41RRA%59%3A:"];
    (prop::sample::select(PREFIXES), raw_value()).prop_map(|(prefix, rest)| on_one_line(&[prefix, &rest].concat()))
}

/// Gives `check` the value of the one header of a plain event.
fn with_value<R>(raw: &[u8], check: impl FnOnce(Value<'_>) -> R) -> R {
    let text = [b"x: ", raw, b"\n\n"].concat();
    let event = Event::new(Format::Plain, &text);
    assert_eq!(event.headers().count(), 1);
    let value = event.get("x").expect("the header");
    assert_eq!(value.raw(), raw);
    check(value)
}

fn decoded(raw: &[u8]) -> Octets {
    Octets(if raw == b"_undef_" { Vec::new() } else { percent_decode(raw).collect() })
}

/// `text` split where `|:` stands.
fn split(text: &[u8]) -> Vec<Octets> {
    let mut elements = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"|:") {
        elements.push(rest[..at].into());
        rest = &rest[at + 2..];
    }
    elements.push(rest.into());
    elements
}

proptest! {
    #![proptest_config(Config::with_cases(2000))]

    #[test]
    fn a_value_of_any_octets_is_decoded_alike(raw in raw_value()) {
        prop_assert_eq!(with_value(&raw, octets), decoded(&raw));
    }

    #[test]
    fn a_value_is_an_array_if_its_decoded_octets_say_so(raw in prop_oneof![raw_value(), raw_array()]) {
        let decoded = decoded(&raw);
        let elements = decoded.strip_prefix(b"ARRAY::").map(split);
        prop_assert_eq!(with_value(&raw, |value| value.is_array()), elements.is_some());
        let items: Vec<_> = with_value(&raw, |value| value.items().map(octets).collect());
        prop_assert_eq!(items, elements.unwrap_or(vec![decoded]));
    }
}

#[test]
fn each_pair_of_octets_after_a_percent_sign() {
    for (high, low) in (0..=u16::MAX).map(|pair| ((pair >> 8) as u8, pair as u8)) {
        let raw = [b'%', high, low];
        if !raw.contains(&b'\n') && raw[1..] != *b": " {
            with_value(&raw, |value| assert!(value.bytes().eq(percent_decode(&raw)), "{raw:?}"));
        }
    }
}

/// What FreeSWITCH leaves as it is, beside letters and digits.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b'~')
    .remove(b'_');

/// The value of an event's only header as it goes out.
fn encoded(value: &[u8], percent: Percent) -> Octets {
    let fields = [Field::new("x", value)];
    let mut out = vec![0; 3 * value.len() + 32];
    let len = OutgoingEvent::new(&fields).encode(Format::Plain, percent, &mut out).unwrap();
    Octets(out[3..len - 2].to_vec())
}

proptest! {
    #![proptest_config(Config { cases: 1000, ..Config::default() })]

    #[test]
    fn encoding_agrees_with_percent_encoding(value in prop::collection::vec(piece(), 1..40)) {
        let value = value.concat();
        let theirs = Octets(percent_encode(&value, ENCODED).to_string().into_bytes());
        prop_assert_eq!(encoded(&value, Percent::Lossless), theirs);
        // A percent sign before two upper-case digits is left alone, and nothing else is different.
        let mut parts = Vec::new();
        let mut rest = &value[..];
        while let Some(at) = rest.windows(3).position(|text| {
            text[0] == b'%' && text[1..].iter().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(digit))
        }) {
            parts.extend(percent_encode(&rest[..at], ENCODED).to_string().into_bytes());
            parts.push(b'%');
            rest = &rest[at + 1..];
        }
        parts.extend(percent_encode(rest, ENCODED).to_string().into_bytes());
        prop_assert_eq!(encoded(&value, Percent::FreeSwitch), Octets(parts));
    }
}
