//! What the quick ways find is what the simple ways find.

use super::any as scan_any;
use super::lines::Line;
use super::{BLOCK, Class, Lines, Named, Shape, Stops, backend, portable};
use proptest::prelude::*;

/// What `look` should say, octet by octet.
fn looked(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let bit = |(place, octet): (usize, &u8)| u64::from(octet & class.bits == class.octet) << place;
    (block.iter().enumerate().map(bit).sum(), block.contains(&note))
}

const CLASSES: [Class; 3] = [Class::both(b'\n', b':'), Class::both(b'<', b'>'), Class::one(b'"')];

#[test]
fn backends_agree_at_every_position_and_alignment() {
    let mut storage = [b'x'; 64 + BLOCK];
    for shift in 0..64 {
        for at in 0..BLOCK {
            for octet in 0..=255 {
                storage[shift + at] = octet;
                let block: &[u8; BLOCK] = storage[shift..].first_chunk().unwrap();
                for class in CLASSES {
                    let expected = looked(block, class, b'%');
                    assert_eq!(portable::look(block, class, b'%'), expected);
                    assert_eq!(backend::look(block, class, b'%'), expected);
                }
                let expected = masked(block, *b"\n:");
                assert_eq!(portable::masks(block, *b"\n:"), expected);
                assert_eq!(backend::masks(block, *b"\n:"), expected);
                storage[shift + at] = b'x';
            }
        }
    }
}

/// What `masks` should say, octet by octet.
fn masked(block: &[u8; BLOCK], octets: [u8; 2]) -> [u64; 2] {
    octets.map(|wanted| looked(block, Class::one(wanted), 0).0)
}

#[test]
fn a_class_is_found_by_its_octets_alone() {
    let members =
        |class: Class| (0..=255_u8).filter(move |octet| octet & class.bits == class.octet).collect::<Vec<_>>();
    assert_eq!(members(Class::one(b'"')), b"\"");
    assert_eq!(members(Class::both(b'<', b'>')), b"<>");
    assert_eq!(members(Class::both(b'\n', b':')), b"\n\x1a*:");
}

struct Test;

impl Shape for Test {
    const STOP: Class = Class::one(b'<');
    const NOTE: u8 = b'&';
}

/// Checks what can be known of `text`'s stops: all of them, in order, and every note between two of them.
fn check_stops(text: &[u8], ahead: usize) {
    let mut stops: Stops<'_, Test> = Stops::new(text);
    let mut from = 0;
    loop {
        let expected = text.iter().skip(from).position(|octet| *octet == b'<').map(|at| at + from);
        let found = match ahead {
            1 => stops.peek::<1>().map(|[stop]| stop),
            2 => stops.peek::<2>().map(|[stop, _]| stop),
            _ => stops.peek::<4>().map(|[stop, ..]| stop),
        };
        let left = text.iter().skip(from).filter(|octet| **octet == b'<').count();
        match (found, expected) {
            (Some((at, noted)), Some(expected)) => {
                assert_eq!(at, expected);
                assert!(noted || !text[from..at].contains(&b'&'));
                stops.take(1);
                from = at + 1;
            }
            (None, None) => return,
            // Too few are left, or the next ones are far away: whoever asked goes on behind them.
            (None, Some(at)) => {
                let reached = text.iter().enumerate().skip(from).filter(|(_, octet)| **octet == b'<').nth(ahead - 1);
                assert!(left < ahead || reached.is_some_and(|(last, _)| last >= from + 2048 - 2 * BLOCK), "{at}");
                from = at + 1;
                stops.seek(from);
            }
            (Some(_), None) => panic!("a stop where there is none"),
        }
    }
}

#[test]
fn stops_are_found_across_every_border_of_blocks() {
    for gap in 0..300 {
        for shift in 0..BLOCK {
            let mut text = vec![b'x'; shift];
            for _ in 0..6 {
                text.push(b'<');
                text.resize(text.len() + gap, b'x');
            }
            check_stops(&text, 2);
        }
    }
    for gap in [1900, 1984, 2047, 2048, 2049, 2112, 5000] {
        let text = [vec![b'x'; gap], b"<".to_vec(), vec![b'&'; gap], b"<".to_vec(), vec![b'x'; gap], b"<<<<<".to_vec()];
        for ahead in [1, 2, 4] {
            check_stops(&text.concat(), ahead);
        }
    }
    check_stops(&[b'<'; 5000], 4);
}

fn lines(text: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        let end = start + line.len() - usize::from(line.ends_with(b"\n"));
        let octets = &text[start..end];
        let blank = octets.windows(2).rposition(|pair| pair == b": ").map(|at| (at, at + 2));
        let last = octets.iter().rposition(|octet| *octet == b':').map(|at| (at, at + 1));
        let cut = blank.or(last).map(|(name, value)| (start + name, start + value));
        lines.push(Line { start, end, cut, percent: octets.contains(&b'%') });
        start += line.len();
    }
    lines
}

/// Whether `found` are the lines `expected`; a percent sign may be said to be where it is not.
fn same_lines(found: &[Line], expected: &[Line]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            Line { percent: expected.percent, ..*found } == *expected && found.percent >= expected.percent
        })
}

/// The beginnings of lines that have a colon `len` octets behind, both before the first empty line.
fn named(text: &[u8], len: usize) -> Vec<usize> {
    let lines = lines(text);
    let end = lines.iter().find(|line| line.start == line.end).map_or(text.len(), |line| line.start);
    let starts = lines.iter().map(|line| line.start);
    starts.filter(|start| text[..end].get(start + len) == Some(&b':')).collect()
}

/// The lines as they are found by turns one by one and some at once.
fn found_lines(text: &[u8], room: usize) -> Vec<Line> {
    let mut found = Vec::new();
    let mut lines = Lines::new(text);
    loop {
        let before = found.len();
        let (count, ()) = lines.some(room, (), |(), line| found.push(line));
        assert_eq!(found.len(), before + count);
        assert!(count <= room);
        match lines.next() {
            Some(line) => found.push(line),
            None => return found,
        }
    }
}

proptest! {
    #[test]
    fn backends_agree_on_any_block(block in prop::array::uniform32(prop::sample::select(&b"\n:%*<>\"\x0b\x1a\x3b\x24\x8a\xba\0"[..]))) {
        let mut whole = [0; BLOCK];
        whole[..32].copy_from_slice(&block);
        whole[32..].copy_from_slice(&block);
        whole[32..].reverse();
        for class in CLASSES {
            let expected = looked(&whole, class, b'%');
            prop_assert_eq!(portable::look(&whole, class, b'%'), expected);
            prop_assert_eq!(backend::look(&whole, class, b'%'), expected);
        }
        let expected = masked(&whole, *b"\n:");
        prop_assert_eq!(portable::masks(&whole, *b"\n:"), expected);
        prop_assert_eq!(backend::masks(&whole, *b"\n:"), expected);
    }

    #[test]
    fn stops_are_found_like_by_a_plain_search(
        text in prop::collection::vec(prop::sample::select(&b"<&abcdefghijklmnopqrstuvwxyz"[..]), 0..1000),
        ahead in prop::sample::select(&[1, 2, 4][..]),
    ) {
        check_stops(&text, ahead);
    }

    #[test]
    fn named_lines_are_those_of_a_plain_split(
        parts in prop::collection::vec((prop::sample::select(&["\n", ":", "\n:", "a\n", "aa:", "aaa\naa"][..]), 0..70_usize), 0..40),
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        for len in 0..=Named::LONGEST {
            prop_assert_eq!(Named::new(&text, len).collect::<Vec<_>>(), named(&text, len));
        }
    }

    #[test]
    fn any_octet_of_a_short_text_is_seen(text in prop::collection::vec(prop::sample::select(&b"abc\r"[..]), 0..70), wanted in prop::sample::select(&b"abc\rd"[..])) {
        prop_assert_eq!(scan_any(&text, |octet| octet == wanted), text.contains(&wanted));
    }

    #[test]
    fn lines_are_those_of_a_plain_split(
        parts in prop::collection::vec((prop::sample::select(&["\n", ": ", ":", "%", " ", "*", "name: value\n", "\x1a"][..]), 0..90_usize), 0..60),
        room in 0..40_usize,
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        let expected = lines(&text);
        prop_assert!(same_lines(&Lines::new(&text).collect::<Vec<_>>(), &expected));
        prop_assert!(same_lines(&found_lines(&text, room), &expected));
    }
}
