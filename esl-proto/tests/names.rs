//! The vocabulary: every word both ways, and the same words and numbers as in docs/protocol.md.

use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel, Priority,
};
use std::collections::BTreeSet;

macro_rules! both_ways {
    ($($name:ident)+) => {$(
        for word in $name::KNOWN {
            let text = word.as_str().unwrap();
            assert_eq!($name::from_bytes(text.as_bytes()), *word);
            assert_eq!($name::from_bytes(text.to_ascii_uppercase().as_bytes()), *word);
            assert_eq!($name::from_bytes(text.to_ascii_lowercase().as_bytes()), *word);
            assert_eq!(word.as_bytes(), text.as_bytes());
            assert_eq!(word.to_string(), text);
        }
        for unknown in [&b"NO_SUCH_WORD"[..], b"", b"\xff", b"CHANNEL_", b"CS_NEWER"] {
            let word = $name::from_bytes(unknown);
            assert_eq!(word, $name::Other(unknown));
            assert_eq!(word.as_bytes(), unknown);
        }
    )+};
}

#[test]
fn words_go_both_ways_and_unknown_ones_are_kept() {
    both_ways!(EventName HangupCause ChannelState CallState AnswerState CallDirection Priority);
    assert_eq!(EventName::Other(b"\xff").to_string(), "\u{fffd}");
    assert_eq!(format!("{:?} {:?}", EventName::All, EventName::Other(b"a\xff")), r#"All Other("a\xff")"#);
    for format in Format::KNOWN {
        assert_eq!(Format::from_bytes(format.as_str().to_uppercase().as_bytes()), Some(*format));
        assert_eq!(format.content_type(), format!("text/event-{format}"));
    }
    assert_eq!(Format::from_bytes(b"yaml"), None);
}

#[test]
fn causes_and_states_go_by_number_too() {
    for cause in HangupCause::KNOWN {
        assert_eq!(HangupCause::from_number(cause.number().unwrap()), Some(*cause));
    }
    assert_eq!(HangupCause::UserBusy.number(), Some(17));
    assert_eq!(HangupCause::from_number(4), None);
    assert_eq!(HangupCause::Other(b"X").number(), None);
    for (digits, cause) in [("17", HangupCause::UserBusy), ("0", HangupCause::None), ("0700", HangupCause::Crash)] {
        assert_eq!(HangupCause::from_bytes(digits.as_bytes()), cause);
    }
    for unknown in ["4", "99999999999999999999", "65553", "-17", "+17", "17 ", "17x"] {
        assert_eq!(HangupCause::from_bytes(unknown.as_bytes()), HangupCause::Other(unknown.as_bytes()));
    }
    assert_eq!(ChannelState::from_number(4), Some(ChannelState::Execute));
    assert_eq!(ChannelState::from_number(14), None);
    assert_eq!(ChannelState::None.number(), Some(13));
    assert_eq!(ChannelState::Other(b"CS_X").number(), None);
}

#[test]
fn log_levels_are_read_as_the_server_reads_them() {
    for (text, level) in [
        ("debug", Some(LogLevel::DEBUG)),
        ("Disable", Some(LogLevel::DISABLE)),
        ("0", Some(LogLevel::CONSOLE)),
        ("63", Some(LogLevel::MAX)),
        ("64", None),
        ("99", Some(LogLevel::MAX)),
        ("-1", Some(LogLevel::CONSOLE)),
        ("+7", Some(LogLevel::DEBUG)),
        ("6.9", Some(LogLevel::INFO)),
        ("99999999999999999999", Some(LogLevel::MAX)),
        ("out", None),
        ("", None),
    ] {
        assert_eq!(LogLevel::from_bytes(text.as_bytes()), level, "{text}");
    }
    assert_eq!(LogLevel::new(-2), None);
    assert_eq!(LogLevel::new(64), None);
    assert_eq!(LogLevel::WARNING.to_string(), "WARNING");
    assert_eq!(LogLevel::MAX.to_string(), "63");
    assert!(LogLevel::CRIT < LogLevel::INFO);
}

/// The cells of the tables in a section of docs/protocol.md, without the header rows.
fn cells(section: &str) -> Vec<String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md")).unwrap();
    let start = page.find(section).unwrap_or_else(|| panic!("{section} is a section of the page"));
    let section = &page[start + section.len()..];
    let section = &section[..section.find("\n#").unwrap_or(section.len())];
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let cells = rows.flat_map(|row| row.split('|').map(|cell| cell.trim().to_owned()));
    cells.filter(|cell| !cell.is_empty() && !cell.starts_with("--")).collect()
}

#[test]
fn the_page_lists_the_same_event_names_in_the_same_order() {
    let listed: Vec<String> = cells("### 9.1 ")
        .into_iter()
        .filter(|cell| cell.bytes().all(|octet| octet == b'_' || octet.is_ascii_uppercase()))
        .collect();
    let known: Vec<&str> = EventName::KNOWN.iter().filter_map(EventName::as_str).collect();
    assert_eq!(listed, known);
    assert_eq!(known.len(), 94);
}

#[test]
fn the_page_lists_the_same_causes() {
    let cells = cells("### 9.2 ");
    let listed: BTreeSet<(u16, String)> =
        cells.windows(2).filter_map(|pair| Some((pair[0].parse().ok()?, pair[1].clone()))).collect();
    let known = HangupCause::KNOWN.iter().map(|cause| (cause.number().unwrap(), cause.to_string())).collect();
    assert_eq!(listed, known);
    assert_eq!(listed.len(), 82);
}

#[test]
fn the_page_lists_the_same_states() {
    let cells = cells("### 9.3 ");
    let list = |words: Vec<String>| words.join(", ");
    for words in [
        list(ChannelState::KNOWN.iter().map(ToString::to_string).collect()),
        list(CallState::KNOWN.iter().map(ToString::to_string).collect()),
        list(AnswerState::KNOWN.iter().map(ToString::to_string).collect()),
        list(CallDirection::KNOWN.iter().map(ToString::to_string).collect()),
        list(Priority::KNOWN.iter().map(ToString::to_string).collect()),
    ] {
        assert!(cells.contains(&words), "{words}");
    }
    let levels =
        (-1..=7).map(|number| format!("{number} {}", LogLevel::new(number).unwrap())).collect::<Vec<_>>().join(", ");
    assert!(cells.iter().any(|cell| cell.starts_with(&levels)), "{levels}");
}
