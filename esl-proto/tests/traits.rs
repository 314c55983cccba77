//! The standard traits of public types keep their laws.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel, Priority,
};
use esl_proto::{ConvertError, Value};
use proptest::prelude::*;

/// How many codings a value can have.
const CODINGS: u8 = 9;

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Octets that mean something in one coding or another, long enough for more than one window of the hash.
fn coded_octets() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(&b"a"[..]), 2 => Just(&b"%61"[..]), 1 => Just(&b"\\u0061"[..]), 1 => Just(&b"&#97;"[..]),
        1 => Just(&b"\"a\","[..]), 1 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\xff"[..]),
        1 => Just(&b"%25"[..]), 1 => Just(&b"ARRAY::"[..]), 1 => Just(&b"|:"[..]), 1 => Just(&b"_undef_"[..]),
        1 => Just(&b"<!"[..]), 1 => Just(&[b'a'; 61][..]),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn codings() -> impl Strategy<Value = (u8, u32)> {
    (0..CODINGS, prop_oneof![Just(u32::MAX), 0_u32..9]).prop_map(|(coding, limit)| {
        // Only the bodies of XML events have a limit.
        (coding, if coding == CODINGS - 1 { limit } else { u32::MAX })
    })
}

#[test]
fn the_codings_are_all_that_there_are() {
    assert!(Value::from_parts(b"", CODINGS - 1, u32::MAX).is_some());
    assert!(Value::from_parts(b"", CODINGS, u32::MAX).is_none());
}

proptest! {
    /// Equality, order and hash are those of the decoded octets, whatever the coding of either side.
    #[test]
    fn values_compare_and_hash_by_their_decoded_octets(
        raws in prop::array::uniform3(coded_octets()), coded in prop::array::uniform3(codings()),
    ) {
        let values: Vec<Value<'_>> = raws.iter().zip(coded)
            .map(|(raw, (coding, limit))| Value::from_parts(raw, coding, limit).unwrap()).collect();
        let octets: Vec<Vec<u8>> = values.iter().map(|value| value.bytes().collect()).collect();
        for (one, one_octets) in values.iter().zip(&octets) {
            for (two, two_octets) in values.iter().zip(&octets) {
                prop_assert_eq!(one == two, one_octets == two_octets);
                prop_assert_eq!(one.cmp(two), one_octets.cmp(two_octets));
                prop_assert_eq!(one.partial_cmp(two), Some(one.cmp(two)));
                prop_assert!(one != two || hash(one) == hash(two));
            }
            prop_assert_eq!(hash(one), hash(&Value::octets(one_octets)));
            prop_assert!(*one == one_octets[..] && one_octets[..] == *one);
            prop_assert!(*one == &one_octets[..] && &one_octets[..] == *one);
            prop_assert!(*one != [&one_octets[..], b"x"].concat()[..]);
            if let Ok(text) = str::from_utf8(one_octets) {
                prop_assert!(*one == *text && *text == *one && *one == text && text == *one);
            }
        }
    }
}

#[test]
fn values_equal_texts_and_octets_in_both_orders() {
    let value = Value::from_parts(b"%61b", 3, u32::MAX).unwrap();
    assert!("ab" == value && value == "ab" && *"ab" == value && value == *"ab");
    assert!(b"ab" == value && value == b"ab" && *b"ab" == value && value == *b"ab");
    assert!(b"ab"[..] == value && value == b"ab"[..] && &b"ab"[..] == value && value == &b"ab"[..]);
    assert!("%61b" != value && value != "%61b" && b"a" != value && value != b"abc");
    assert!(Value::from("ab") == value && Value::from(&b"ab"[..]) == value);
}

#[test]
fn a_hash_tells_where_one_value_ends_and_the_next_begins() {
    let pair = |one: &'static str, two: &'static str| hash(&(Value::from(one), Value::from(two)));
    assert_ne!(pair("a", "bc"), pair("ab", "c"));
    assert_ne!(pair("", "a"), pair("a", ""));
}

/// Coded so that the word must be decoded.
fn percent_coded(word: &str) -> String {
    word.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

macro_rules! read_back {
    ($($name:ident)+) => {$(
        for word in $name::KNOWN {
            let text = word.as_str();
            let text: &str = Option::from(text).unwrap();
            assert_eq!(text.parse(), Ok(*word));
            assert_eq!(text.to_ascii_lowercase().parse(), Ok(*word));
            assert_eq!(word.to_string().parse(), Ok(*word));
            let coded = percent_coded(text);
            assert_eq!($name::try_from(Value::from_parts(coded.as_bytes(), 3, u32::MAX).unwrap()), Ok(*word));
            assert_eq!($name::try_from(Value::from(text)), Ok(*word));
        }
        assert!($name::KNOWN.is_sorted(), "the order is that of the list");
        for unknown in ["NO_SUCH_WORD", "", "\u{e9}", &"A".repeat(99)] {
            assert_eq!(unknown.parse::<$name>(), Err(ConvertError::UnknownWord));
        }
        let coded = percent_coded("NO_SUCH_WORD");
        let coded = Value::from_parts(coded.as_bytes(), 3, u32::MAX).unwrap();
        assert_eq!($name::try_from(coded), Err(ConvertError::UnknownWord));
    )+};
}

#[test]
fn words_are_read_back_from_text() {
    read_back!(EventName HangupCause ChannelState CallState AnswerState CallDirection Priority Format);
    assert_eq!(EventName::try_from(Value::from("NEWER")), Ok(EventName::Other(b"NEWER")));
    assert_eq!(Format::try_from(Value::from("yaml")), Err(ConvertError::UnknownWord));
    assert_eq!("17".parse(), Ok(HangupCause::UserBusy));
    assert_eq!(HangupCause::try_from(Value::from_parts(b"%317", 3, u32::MAX).unwrap()), Ok(HangupCause::UserBusy));
    let kept: EventName<'static> = String::from("heartbeat").parse().unwrap();
    assert_eq!(kept, EventName::Heartbeat);
}

#[test]
fn log_levels_are_read_back_from_text() {
    for level in (-1..=63).filter_map(LogLevel::new) {
        assert_eq!(level.to_string().parse(), Ok(level));
        let number = level.number().to_string();
        assert_eq!(LogLevel::try_from(Value::from(&number[..])), Ok(level));
    }
    for wrong in ["", "LOUD", "64"] {
        assert_eq!(wrong.parse::<LogLevel>(), Err(ConvertError::UnknownWord));
    }
    assert_eq!(LogLevel::try_from(Value::from("DEBUG")), Err(ConvertError::NotANumber));
}

#[test]
fn numbers_are_read_from_values() {
    assert_eq!(u64::try_from(Value::from("18446744073709551615")), Ok(u64::MAX));
    assert_eq!(u64::try_from(Value::from("-1")), Err(ConvertError::NotANumber));
    assert_eq!(i64::try_from(Value::from("-1")), Ok(-1));
    assert_eq!(i64::try_from(Value::from("one")), Err(ConvertError::NotANumber));
    assert_eq!((ConvertError::UnknownWord.code(), ConvertError::NotANumber.code()), (801, 802));
}
