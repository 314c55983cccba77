//! XML events against `quick-xml`.

use std::cell::Cell;

use esl_proto::name::Format;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::json::BORDERS;
use crate::octets::Octets;
use crate::reading::Reading;
use crate::strict_xml::oracle;

#[derive(Clone, Copy, Debug)]
enum Spelling {
    /// As it is, if it can stand so.
    Raw,
    Named,
    Decimal,
    Hexadecimal,
}

fn write_char(out: &mut String, character: char, spelling: Spelling) {
    let name = match character {
        '&' => Some("amp"),
        '<' => Some("lt"),
        '>' => Some("gt"),
        '"' => Some("quot"),
        '\'' => Some("apos"),
        _ => None,
    };
    match (spelling, name) {
        (Spelling::Decimal, _) => *out += &format!("&#{};", character as u32),
        (Spelling::Hexadecimal, _) => *out += &format!("&#x{:X};", character as u32),
        (Spelling::Raw, _) if !matches!(character, '&' | '<') => out.push(character),
        (_, Some(name)) => *out += &format!("&{name};"),
        _ => out.push(character),
    }
}

/// A text as it is written. There is no NUL in XML, however it is spelled.
fn text(characters: impl Strategy<Value = char>) -> impl Strategy<Value = String> {
    let spelling =
        prop::sample::select(&[Spelling::Raw, Spelling::Named, Spelling::Decimal, Spelling::Hexadecimal][..]);
    prop::collection::vec((characters.prop_filter("NUL", |c| *c != '\0'), spelling), 0..24).prop_map(|characters| {
        let mut out = String::new();
        characters.into_iter().for_each(|(character, spelling)| write_char(&mut out, character, spelling));
        out
    })
}

fn header_text() -> impl Strategy<Value = String> {
    let hexadecimal = prop::sample::select(&['%', '%', '%', '4', '1', 'c', 'C', 'F', '2'][..]);
    text(prop_oneof![4 => hexadecimal, 1 => any::<char>(), 1 => prop::char::range(' ', '~')])
}

fn body_text() -> impl Strategy<Value = String> {
    text(prop_oneof![
        any::<char>(),
        prop::sample::select(BORDERS),
        prop::char::range('\n', '~'),
        prop::sample::select(&['&', '<', '>', '\r', '%'][..])
    ])
}

fn element() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &["Event-Name", "event-name", "variable_nolocal:exported_var", "headers", "event", "x"];
    let name = prop_oneof![prop::sample::select(NAMES).prop_map_into(), "[A-Za-z_][A-Za-z0-9_.:-]{0,20}"];
    (name, header_text()).prop_map(|(name, text)| format!("<{name}>{text}</{name}>"))
}

fn content_length_element() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &["", "abc", "-1", "3%20", "%31", "&#x31;", "18446744073709551616"];
    let value = prop_oneof![
        6 => (0_usize..40).prop_map(|length| length.to_string()),
        1 => prop::sample::select(ODD).prop_map_into(),
    ];
    let name = prop::sample::select(&["Content-Length", "content-length"][..]);
    (name, value).prop_map(|(name, value)| format!("<{name}>{value}</{name}>"))
}

fn document() -> impl Strategy<Value = String> {
    let space = prop_oneof![2 => Just("\n    ".to_owned()), 1 => Just(String::new()), 1 => "[ \t\r\n]{1,4}"];
    let headers = prop::collection::vec(prop_oneof![6 => element(), 1 => content_length_element()], 0..8);
    let siblings = prop::collection::vec(content_length_element(), 0..2);
    let body = prop::option::of(body_text().prop_map(|text| format!("<body>{text}</body>")));
    (space, headers, siblings, body).prop_map(|(space, headers, siblings, body)| {
        let mut tags = vec![String::new(), "<event>".into(), "<headers>".into()];
        tags.extend(headers);
        tags.push("</headers>".into());
        tags.extend(siblings);
        tags.extend(body);
        tags.extend(["</event>".into(), String::new()]);
        tags.join(&space)
    })
}

proptest! {
    #![proptest_config(Config::with_cases(2000))]

    #[test]
    fn generated_events_are_read_alike(document in document()) {
        let expected = oracle(document.as_bytes());
        prop_assert!(expected.is_some(), "quick-xml reads what is made here");
        prop_assert_eq!(Reading::of(Format::Xml, document.as_bytes()).ok(), expected);
    }
}

/// A well-formed event with some octets of it gone or replaced.
fn damaged() -> impl Strategy<Value = Octets> {
    let octet = prop::option::of(prop::sample::select(&b"<>/&;% a\n\0\xff"[..]));
    let damage = prop::collection::vec((any::<prop::sample::Index>(), octet), 1..3);
    (document(), damage).prop_map(|(document, damage)| {
        let mut octets = document.into_bytes();
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets.splice(at..=at, octet);
        }
        octets.into()
    })
}

#[test]
fn whatever_the_oracle_accepts_is_read_alike() {
    let config = Config { cases: 4000, failure_persistence: None, ..Config::default() };
    let accepted = Cell::new(0);
    TestRunner::new(config)
        .run(&damaged(), |octets| {
            if let Some(expected) = oracle(&octets) {
                accepted.set(accepted.get() + 1);
                prop_assert_eq!(Reading::of(Format::Xml, &octets), Ok(expected));
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(accepted.get() > 400, "only {} documents were accepted", accepted.get());
}
