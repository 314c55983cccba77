//! JSON events against `serde_json`.

use std::cell::Cell;

use esl_proto::name::Format;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::octets::Octets;
use crate::reading::Reading;
use crate::strict_json::oracle;

/// Each way to write a character.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Raw,
    Short,
    Lower,
    Upper,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop::sample::select(&[Spelling::Raw, Spelling::Raw, Spelling::Short, Spelling::Lower, Spelling::Upper][..])
}

/// Writes `character` in this spelling, or in one that it has.
fn write_char(out: &mut String, character: char, spelling: Spelling) {
    let short = match character {
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '"' | '\\' | '/' => Some(character),
        _ => None,
    };
    let units = &mut [0; 2];
    match (spelling, short) {
        (Spelling::Raw, _) if character >= ' ' && !matches!(character, '"' | '\\') => out.push(character),
        (Spelling::Short | Spelling::Raw, Some(letter)) => out.extend(['\\', letter]),
        (Spelling::Lower, _) => character.encode_utf16(units).iter().for_each(|unit| *out += &format!("\\u{unit:04x}")),
        _ => character.encode_utf16(units).iter().for_each(|unit| *out += &format!("\\u{unit:04X}")),
    }
}

fn string_of(characters: impl Strategy<Value = char>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec((characters, spelling()), 0..most).prop_map(|characters| {
        let mut out = String::from('"');
        characters.into_iter().for_each(|(character, spelling)| write_char(&mut out, character, spelling));
        out + "\""
    })
}

/// The first and the last character of each length in UTF-8.
pub(crate) const BORDERS: &[char] = &['\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', '\u{10ffff}'];

fn string() -> impl Strategy<Value = String> {
    string_of(
        prop_oneof![any::<char>(), prop::char::range('\0', '\u{7f}'), prop::sample::select(BORDERS), Just('\\')],
        24,
    )
}

/// Few names, so that some come twice, in spellings of their own.
fn key() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &["Event-Name", "_body", "Content-Length", "", "a", "\\u005fbody", "\\u0061", "Caf\u{e9}"];
    prop_oneof![
        4 => prop::sample::select(NAMES).prop_map(|name| format!("\"{name}\"")),
        1 => string(),
    ]
}

fn number_or_word() -> impl Strategy<Value = String> {
    const OTHERS: &[&str] =
        &["true", "false", "null", "0", "-0", "1E5", "-12.50e-7", "2e+3", "99999999999999999999999", "1e999"];
    prop_oneof![any::<i64>().prop_map(|number| number.to_string()), prop::sample::select(OTHERS).prop_map_into()]
}

fn scalar_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => string(), 1 => number_or_word()]
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![5 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// Tokens between `open` and `close`, with white space around each.
fn listed(open: char, items: Vec<String>, close: char, space: &str) -> String {
    let separator = format!("{space},{space}");
    format!("{space}{open}{space}{}{space}{close}{space}", items.join(&separator))
}

fn value() -> impl Strategy<Value = String> {
    let array = (prop::collection::vec(scalar_text(), 0..5), space())
        .prop_map(|(elements, space)| listed('[', elements, ']', &space));
    prop_oneof![3 => scalar_text(), 1 => array]
}

fn document() -> impl Strategy<Value = String> {
    let member = (key(), space(), value()).prop_map(|(key, space, value)| format!("{key}{space}:{space}{value}"));
    (prop::collection::vec(member, 0..10), space()).prop_map(|(members, space)| listed('{', members, '}', &space))
}

proptest! {
    #![proptest_config(Config::with_cases(2000))]

    #[test]
    fn generated_events_are_read_alike(document in document()) {
        let expected = oracle(document.as_bytes());
        prop_assert!(expected.is_some(), "serde_json reads what is made here");
        prop_assert_eq!(Reading::of(Format::Json, document.as_bytes()).ok(), expected);
    }
}

/// Octets that are JSON as a rule, but need not be.
fn octets() -> impl Strategy<Value = Octets> {
    const TOKENS: &[&str] =
        &["{", "}", "[", "]", ",", ":", "\"a\"", "\"_body\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "1", "null", " "];
    let octet =
        prop_oneof![Just(None), any::<u8>().prop_map(Some), prop::option::of(prop::sample::select(&b"\"\\u01,"[..]))];
    let damage = (any::<prop::sample::Index>(), octet);
    prop_oneof![
        1 => prop::collection::vec(prop::sample::select(TOKENS), 0..12).prop_map(|tokens| tokens.concat().into()),
        2 => prop::collection::vec(prop::sample::select(TOKENS), 0..6)
            .prop_map(|tokens| format!("{{\"a\":{}}}", tokens.concat()).into()),
        6 => (document(), prop::collection::vec(damage, 1..3)).prop_map(|(document, damage)| {
            let mut octets = document.into_bytes();
            for (at, octet) in damage {
                let at = at.index(octets.len());
                octets.splice(at..=at, octet);
                octets.push(b' ');
            }
            octets.into()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map_into(),
    ]
}

#[test]
fn whatever_the_oracle_accepts_is_read_alike() {
    let config = Config { cases: 8000, failure_persistence: None, ..Config::default() };
    let accepted = Cell::new(0);
    TestRunner::new(config)
        .run(&octets(), |octets| {
            if let Some(expected) = oracle(&octets) {
                accepted.set(accepted.get() + 1);
                prop_assert_eq!(Reading::of(Format::Json, &octets), Ok(expected));
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(accepted.get() > 300, "only {} documents were accepted", accepted.get());
}
