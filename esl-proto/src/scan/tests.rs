//! What the quick ways find is what the simple ways find.

use super::any as scan_any;
use super::named::Noted;
use super::{
    BLOCK, BlockClassifier, BlockMask, Class, HeaderLine, LONGEST_NAME, Line, LineMasks, LinesByNameLength, Lookahead,
    Marked, Ordinary, Pair, RegularLine, RegularMember, Strings, backend, each_pair, every_pair, is_member_at,
    note_marks, portable, repeats, same, window,
};
use core::ops::ControlFlow;
use proptest::prelude::*;

/// What `look` should say, byte by byte.
fn looked(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let bit = |(place, octet): (usize, &u8)| u64::from(octet & class.bits == class.octet) << place;
    (block.iter().enumerate().map(bit).sum(), block.contains(&note))
}

const CLASSES: [Class; 3] = [Class::both(b'\n', b':'), Class::both(b':', b','), Class::one(b'"')];

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

/// What `masks` should say, byte by byte.
fn masked(block: &[u8; BLOCK], octets: [u8; 2]) -> [u64; 2] {
    octets.map(|wanted| looked(block, Class::one(wanted), 0).0)
}

#[test]
fn a_class_is_found_by_its_octets_alone() {
    let members =
        |class: Class| (0..=255_u8).filter(move |octet| octet & class.bits == class.octet).collect::<Vec<_>>();
    assert_eq!(members(Class::one(b'"')), b"\"");
    assert_eq!(members(Class::both(b':', b',')), b"(*,.8:<>");
    assert_eq!(members(Class::both(b'\n', b':')), b"\n\x1a*:");
}

const ORDINARY: [Ordinary; 6] =
    [Ordinary::NAME, Ordinary::VALUE, Ordinary::STRING, Ordinary::TEXT, Ordinary::NO_PERCENT, Ordinary::NO_BACKSLASH];

#[test]
fn backends_agree_about_what_is_ordinary() {
    for class in ORDINARY {
        for fill in *b"x%\0" {
            for at in 0..16 {
                for octet in 0..=255 {
                    let mut octets = [fill; 16];
                    octets[at] = octet;
                    let bit = |(place, octet): (usize, &u8)| u16::from(class.has(*octet)) << place;
                    let expected: u16 = octets.iter().enumerate().map(bit).sum();
                    assert_eq!(portable::ordinary(&octets, class), expected, "{octet:#x} at {at}");
                    assert_eq!(backend::ordinary(&octets, class), expected, "{octet:#x} at {at}");
                }
            }
        }
    }
}

#[test]
fn what_is_ordinary_is_what_needs_no_escape() {
    let members = |class: Ordinary| (0..=255_u8).filter(move |octet| class.has(*octet));
    let letter = |octet: u8| octet.is_ascii_alphanumeric();
    assert!(members(Ordinary::NAME).eq((0..=255).filter(|octet| letter(*octet) || b"-_".contains(octet))));
    assert!(members(Ordinary::VALUE).eq((0..=255).filter(|octet| letter(*octet) || b",-./_".contains(octet))));
    let in_string = |octet: &u8| (b' '..0x80).contains(octet) && !b"\"#$%&\\".contains(octet);
    assert!(members(Ordinary::STRING).eq((0..=255).filter(in_string)));
    let in_text = |octet: &u8| *octet == b'\n' || (b' '..0x80).contains(octet) && !b"!\"#$%&<=>".contains(octet);
    assert!(members(Ordinary::TEXT).eq((0..=255).filter(in_text)));
    assert!(members(Ordinary::NO_PERCENT).eq((0..0x80).filter(|octet| *octet != b'%')));
    assert!(members(Ordinary::NO_BACKSLASH).eq((0..0x80).filter(|octet| *octet != b'\\')));
}

proptest! {
    #[test]
    fn what_repeats_is_told(text in "[ab]{0,90}", other in 0..90_usize, len in 0..50_usize) {
        let text = text.as_bytes();
        for one in 0..=text.len() {
            let of = |start: usize| text.get(start..start + len);
            if let (Some(expected), Some(repeated)) = (of(one), of(other)) {
                prop_assert_eq!(repeats(text, one, other, len), expected == repeated);
            }
        }
        if let (Some(one), Some(other)) = (text.first_chunk(), text.last_chunk()) {
            let expected = one.iter().zip(other).take_while(|(one, other)| one == other).count();
            prop_assert_eq!(portable::common(one, other) as usize, expected);
            prop_assert_eq!(backend::common(one, other) as usize, expected);
        }
    }

    #[test]
    fn ordinary_texts_are_told_and_copied(text in "[a-z%]{0,3}[ -~]{0,40}|[a-zA-Z0-9_-]{0,70}", class in 0..ORDINARY.len()) {
        let (text, class) = (text.as_bytes(), ORDINARY[class]);
        let expected = text.iter().all(|octet| class.has(*octet));
        prop_assert_eq!(class.has_all(text), expected);
        let mut copy = vec![0; text.len()];
        prop_assert_eq!(class.copy(text, &mut copy), expected);
        prop_assert!(!expected || copy == text);
        prop_assert!(!class.copy(text, &mut vec![0; text.len() + 1]));
        for from in 0..text.len() {
            let mut window_of = [0; 16];
            let len = text[from..].len().min(16);
            window_of[..len].copy_from_slice(&text[from..from + len]);
            prop_assert_eq!(window(text, &text[from..]), window_of);
        }
    }
}

/// Stops at `<`, found some bytes behind; `&` is flagged.
#[derive(Clone)]
struct Test<const BEHIND: u32> {
    structural: u64,
    flagged: bool,
}

impl<const BEHIND: u32> BlockClassifier for Test<BEHIND> {
    const START: Self = Self { structural: 0, flagged: false };
    const BEHIND: u32 = BEHIND;

    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask {
        let [here, notes] = backend::masks(block, *b"<&");
        let structural = (u128::from(here) << BEHIND | u128::from(self.structural) >> (BLOCK as u32 - BEHIND)) as u64;
        let flagged = if self.flagged || notes != 0 { !0 } else { 0 };
        *self = Self { structural: here, flagged: notes != 0 || (self.flagged && structural == 0) };
        BlockMask { structural, flagged }
    }
}

/// Checks what can be known of `text`'s structural bytes: all of them, in order, and every note between two of them.
fn check_stops<const BEHIND: u32, const ROOM: usize>(text: &[u8]) {
    let mut ahead: Lookahead<Test<BEHIND>, ROOM> = Lookahead::NONE;
    let mut from = 0;
    loop {
        let expected = text.iter().skip(from).position(|octet| *octet == b'<').map(|at| at + from);
        match (ahead.next::<1>(text, from), expected) {
            (Some([stop]), Some(expected)) => {
                assert_eq!(stop.at(), expected);
                assert!(BEHIND > 0 || stop.flagged() || !text[from..stop.at()].contains(&b'&'));
                ahead.take(1);
                from = stop.at() + 1;
            }
            (None, None) => return,
            // The next one is far away, or at the very end: whoever asked goes on behind it.
            (None, Some(at)) => {
                assert!(at >= from + 2048 - BLOCK || at + BEHIND as usize >= text.len(), "{at}");
                from = at + 1;
                ahead.seek(from);
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
            check_stops::<0, 16>(&text);
            check_stops::<2, 128>(&text);
        }
    }
    for gap in [1900, 1984, 2047, 2048, 2049, 2112, 5000] {
        let text = [vec![b'x'; gap], b"<".to_vec(), vec![b'&'; gap], b"<".to_vec(), vec![b'x'; gap], b"<<<<<".to_vec()];
        check_stops::<0, 16>(&text.concat());
        check_stops::<2, 128>(&text.concat());
    }
    check_stops::<0, 16>(&[b'<'; 5000]);
    check_stops::<0, 128>(&[b'<'; 5000]);
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

/// The beginnings of lines that have a colon `len` bytes behind, both before the first empty line.
fn named(text: &[u8], len: usize) -> Vec<usize> {
    let lines = lines(text);
    let end = lines.iter().find(|line| line.start == line.end).map_or(text.len(), |line| line.start);
    let starts = lines.iter().map(|line| line.start);
    starts.filter(|start| text[..end].get(start + len) == Some(&b':')).collect()
}

/// Notes of a text.
struct Notes<'n>(&'n [Option<LineMasks>]);

impl Marked for Notes<'_> {
    const HEADERS_ONLY: bool = true;

    fn marks(&self, block: usize) -> Option<LineMasks> {
        *self.0.get(block)?
    }
}

/// The lines as they are found by structural bytes, or one by one where that cannot be.
fn found_lines(text: &[u8]) -> (Vec<Line>, usize) {
    let mut found = Vec::new();
    let mut regular = 0;
    let mut ahead: Lookahead<HeaderLine, 16> = Lookahead::NONE;
    let mut start = 0;
    loop {
        let line = ahead
            .next(text, start)
            .and_then(|structural| Some((RegularLine::at(text, start, structural)?, structural[1].at())));
        if let Some((RegularLine { name, value, percent }, end)) = line {
            assert_eq!(text[start..=end], [name, b": ", value, b"\n"].concat());
            let cut = Some((start + name.len(), start + name.len() + 2));
            found.push(Line { start, end, cut, percent: percent || name.contains(&b'%') });
            ahead.take(2);
            regular += 1;
            start = end + 1;
        } else if let Some(line) = Line::at(text, start) {
            found.push(line);
            start = (line.end + 1).min(text.len());
            ahead.seek(start);
        } else {
            return (found, regular);
        }
    }
}

#[test]
fn usual_lines_are_found_by_stops() {
    let text = b"Event-Name: CHANNEL_ANSWER\nvalue: with%20escape\nempty: \n".repeat(100);
    assert_eq!(found_lines(&text).1, 300);
}

/// The end of the string whose opening quote is at `start`, byte by byte.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while *text.get(at)? != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    Some(at)
}

/// The member after the comma at `at`, if its name has no escapes: its name, its value, and where it ends.
fn member(text: &[u8], at: usize) -> Option<(&[u8], &[u8], usize)> {
    let name_end = text[at..].starts_with(b",\"").then(|| string_end(text, at + 1))??;
    let end = text[name_end + 1..].starts_with(b":\"").then(|| string_end(text, name_end + 2))??;
    let (name, value) = (&text[at + 2..name_end], &text[name_end + 3..end]);
    (!name.contains(&b'\\')).then_some((name, value, end + 1))
}

/// Checks that members found by structural bytes are those that are there, and returns the number of them.
fn check_members(members: &[u8]) -> usize {
    let text = &[b"{", members].concat()[..];
    let mut found = 0;
    let mut ahead: Lookahead<Strings, 16> = Lookahead::NONE;
    let mut at = 1;
    while at < text.len() {
        let member_at = ahead.next(text, at).and_then(|structural| RegularMember::at(text, at, structural));
        let expected = member(text, at);
        if let Some(RegularMember { name, value, escaped }) = member_at {
            assert_eq!(escaped, value.contains(&b'\\'), "{:?}", text.escape_ascii());
            assert_eq!(
                Some((name, value)),
                expected.map(|(name, value, _)| (name, value)),
                "{:?}",
                text.escape_ascii()
            );
            found += 1;
        }
        match expected {
            Some((.., end)) => {
                at = end;
                ahead.seek(at);
            }
            // What is found in advance is that of a text that begins outside a string.
            None => {
                at += 1;
                ahead = Lookahead::NONE;
            }
        }
    }
    found
}

#[test]
fn usual_members_are_found_by_stops() {
    let text = br#","Event-Name":"CHANNEL_ANSWER","n":"","x":"8","y":"a:b","z":"a,b c""#.repeat(100);
    assert_eq!(check_members(&text), 500);
    let escaped = br#","a":"b","c":"d\"","e\\":"f","g":"\\\\h\\","i":"\n\"\u0041""#.repeat(100);
    assert_eq!(check_members(&escaped), 400);
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
        if let Some(front) = whole.first_chunk() {
            let expected = front.iter().position(|octet| *octet == b'%').unwrap_or(16);
            prop_assert_eq!(portable::place_of(b'%', front), expected);
            prop_assert_eq!(backend::place_of(b'%', front), expected);
        }
        let expected = masked(&whole, *b"\n:");
        prop_assert_eq!(portable::masks(&whole, *b"\n:"), expected);
        prop_assert_eq!(backend::masks(&whole, *b"\n:"), expected);
    }

    #[test]
    fn stops_are_found_like_by_a_plain_search(
        text in prop::collection::vec(prop::sample::select(&b"<&abcdefghijklmnopqrstuvwxyz"[..]), 0..1000),
    ) {
        check_stops::<0, 16>(&text);
        check_stops::<0, 128>(&text);
        check_stops::<2, 16>(&text);
    }

    #[test]
    fn members_are_those_of_a_reader_octet_by_octet(
        parts in prop::collection::vec((prop::sample::select(&[
            ",\"", "\":\"", "\",\"", "\"", ":", ",", "\\", "\\\"", "8", "]", ",\"name\":\"value\"", ",\"n\":\"v\"", " ",
        ][..]), prop_oneof![3 => Just(0), 1 => 0..70_usize]), 0..60),
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        check_members(&text);
    }

    #[test]
    fn short_texts_are_the_same_if_all_octets_are(
        text in prop::collection::vec(prop::num::u8::ANY, 0..70), at in 0..1000_usize, octet in prop::num::u8::ANY,
    ) {
        prop_assert!(same(&text, &text.clone()));
        let mut other = text.clone();
        if !other.is_empty() {
            let at = at % other.len();
            other[at] = octet;
        }
        prop_assert_eq!(same(&text, &other), text == other);
        other.push(octet);
        prop_assert!(!same(&text, &other));
    }

    #[test]
    fn named_lines_are_those_of_a_plain_split(
        parts in prop::collection::vec((prop::sample::select(&["\n", ":", "\n:", "a\n", "aa:", "aaa\naa"][..]), 0..70_usize), 0..40),
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        let mut notes = vec![None; text.len().div_ceil(BLOCK)];
        let flagged = note_marks(&text, notes.iter_mut().map(|note| |marks| *note = Some(marks)));
        for len in 0..=LONGEST_NAME {
            let expected = named(&text, len);
            prop_assert_eq!(LinesByNameLength::new(&text[..], len).collect::<Vec<_>>(), &expected[..]);
            prop_assert_eq!(LinesByNameLength::new(Notes(&notes[..flagged.count]), len).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn pairs_are_those_of_a_plain_search(
        parts in prop::collection::vec((prop::sample::select(&["<", ">", "<>", "!", "~"][..]), 0..70_usize), 0..20),
        apart in prop::array::uniform2(1..80_usize), note in prop::option::of(Just(b'!')),
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        let pair = Pair { first: b'<', seconds: *b">~", apart, note };
        let begins = |at: &usize| {
            let second = |place: usize| text.get(*at + pair.apart[place]) == Some(&pair.seconds[place]);
            Some(text[*at]) == note || text[*at] == b'<' && (second(0) || second(1))
        };
        let expected: Vec<usize> = (0..text.len()).filter(begins).collect();
        let mut found = Vec::new();
        let looked = every_pair(&text, pair, |at| found.push(at));
        prop_assert_eq!(looked, text.len() >= BLOCK + apart[0].max(apart[1]));
        prop_assert_eq!(&found[..], if looked { &expected[..] } else { &[] });
        let mut first = None;
        let end = each_pair(&text, pair, |at| {
            first = Some(at);
            ControlFlow::Break(())
        });
        prop_assert_eq!(first, expected.first().copied().filter(|at| end.is_some_and(|end| *at < end)));
        if let (Some(front), Some(behind), Some(other)) =
            (text.first_chunk(), text.get(1..).and_then(|rest| rest.first_chunk()), text.last_chunk())
        {
            prop_assert_eq!(portable::pairs(front, [behind, other], pair), backend::pairs(front, [behind, other], pair));
        }
    }

    /// What is told to be a member is one for a reader byte by byte; and where all is regular, each is told.
    #[test]
    fn members_are_told_where_they_begin(
        parts in prop::collection::vec((prop::sample::select(&[
            ",\"n\":\"v\"", ",\"name\":\"value\"", ",\"n\":\",\"", ",\"n\":\":\"", ",\"n\":\":8\"", ",\"n\":\"\\n\"", ",\"a\":\"",
            "\",\"", "\":\"", "\"", ",", ":", "\\\"", "\\",
        ][..]), prop_oneof![3 => Just(0), 1 => 0..70_usize]), 0..30), whole in 0..30_usize,
    ) {
        let regular = parts.iter().take(whole).filter(|(part, _)| part.ends_with('"') && part.len() > 4);
        let regular: Vec<u8> = regular.flat_map(|(part, _)| part.bytes()).collect();
        let rest = parts.iter().skip(whole).flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat());
        let mut text: Vec<u8> = regular.iter().copied().chain(rest).collect();
        if text.is_empty() {
            return Ok(());
        }
        // As a member after a comma reads one after a brace.
        text[0] = b',';
        let mut begins = Vec::new();
        let mut at = 0;
        while let Some((_, _, end)) = member(&text, at) {
            begins.push(at + 1);
            at = end;
        }
        // Behind the last whole member a name may begin.
        let last = (text[at..].starts_with(b",\"")).then_some(at + 1);
        text[0] = b'{';
        for quote in 0..text.len() {
            if is_member_at(&text, quote) {
                prop_assert!(begins.contains(&quote) || last == Some(quote), "{}", text.escape_ascii());
            }
        }
        let separators = |member: &[u8]| member.ends_with(b"\",\"") || member.ends_with(b"\":\"");
        let told_apart = !parts.iter().any(|(part, _)| separators(part.as_bytes()));
        for quote in begins.iter().filter(|quote| told_apart && **quote < regular.len()) {
            prop_assert!(is_member_at(&text, *quote), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn notes_end_at_the_border_of_a_line(
        parts in prop::collection::vec((prop::sample::select(&["\n", "\n\n", ":"][..]), 0..70_usize), 0..40), room in 0..20_usize,
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        let Noted { count, end, over } = note_marks(&text, (0..room).map(|_| |_| ()));
        let lines = lines(&text);
        let covered = text.len().min(room * BLOCK);
        let empty = lines.iter().find(|line| line.start == line.end && line.end < covered);
        prop_assert_eq!(over, empty.is_some());
        let last = lines.iter().rfind(|line| line.end < covered).map_or(0, |line| line.end + 1);
        prop_assert_eq!(end, empty.map_or(last, |line| line.end + 1));
        prop_assert_eq!(count, if let Some(line) = empty { line.end / BLOCK + 1 } else { covered.div_ceil(BLOCK) });    }

    #[test]
    fn any_octet_of_a_short_text_is_seen(text in prop::collection::vec(prop::sample::select(&b"abc\r"[..]), 0..70), wanted in prop::sample::select(&b"abc\rd"[..])) {
        prop_assert_eq!(scan_any(&text, |octet| octet == wanted), text.contains(&wanted));
    }

    #[test]
    fn lines_are_those_of_a_plain_split(
        parts in prop::collection::vec((prop::sample::select(&["\n", ": ", ":", "%", " ", "*", "name: value\n", "\x1a"][..]), 0..90_usize), 0..60),
    ) {
        let text: Vec<u8> = parts.iter().flat_map(|(part, gap)| [part.as_bytes(), &b"a".repeat(*gap)].concat()).collect();
        let expected = lines(&text);
        prop_assert!(same_lines(&found_lines(&text).0, &expected));
    }
}
