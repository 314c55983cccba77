//! JSON strings and flat arrays of them, as bytes: nothing here needs them to be UTF-8.

use super::cut::hex_digit;
use super::{Coding, SmallBytes, Value, first, skip_space};
use crate::scan::{Ordinary, find, slice};
use crate::sink::{Few, Sink, Writer};

/// The position after the closing quote of the string whose first byte after the opening quote is at `start`.
pub(crate) fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let quote = find(b'"', text, at)?;
        // A quote is escaped if an odd number of backslashes precedes it. Backslashes before `at` belong to escapes
        // that are complete.
        let backslashes = slice(text, at, quote).iter().rev().take_while(|octet| **octet == b'\\').count();
        at = quote + 1;
        if backslashes.is_multiple_of(2) {
            return Some(at);
        }
    }
}

/// The position after the number or word (`true`, `null`) that begins at `start`; `start` if there is none.
pub(crate) fn scalar_end(text: &[u8], start: usize) -> usize {
    let rest = slice(text, start, text.len());
    let scalar = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
    start.saturating_add(rest.iter().position(|octet| !scalar(octet)).unwrap_or(rest.len()))
}

/// A string, or a scalar as its text, at `start`: the value and the position after it.
pub(crate) fn scalar(text: &[u8], start: usize) -> Option<(Value<'_>, usize)> {
    if text.get(start) == Some(&b'"') {
        let end = string_end(text, start + 1)?;
        return Some((Value::new(slice(text, start + 1, end - 1), Coding::Json), end));
    }
    let end = scalar_end(text, start);
    (end > start).then(|| (Value::from_bytes(slice(text, start, end)), end))
}

/// The elements of an array, given the text between its brackets.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if !cfg!(feature = "json") {
            return None;
        }
        let (value, end) = scalar(self.text, skip_space(self.text, self.at))?;
        // Skip the comma, if there is one.
        self.at = skip_space(self.text, end).saturating_add(1);
        Some(value)
    }
}

/// Removes the next byte or escape from `rest`, the inside of a string, and returns it decoded.
pub(super) fn next(rest: &mut &[u8]) -> Option<SmallBytes> {
    if !cfg!(feature = "json") {
        return None;
    }
    let (octet, mut after) = rest.split_first()?;
    let mut decoded = SmallBytes::one(*octet);
    if *octet == b'\\'
        && let Some((kind, tail)) = after.split_first()
        && let Some((point, tail)) = escape(*kind, tail)
    {
        (decoded, after) = (SmallBytes::code_point(point), tail);
    }
    *rest = after;
    Some(decoded)
}

/// The code point of the escape whose letter is `kind`, and what follows it.
fn escape(kind: u8, tail: &[u8]) -> Option<(u32, &[u8])> {
    let octet = match kind {
        b'"' | b'\\' | b'/' => kind,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(tail),
        _ => return None,
    };
    Some((u32::from(octet), tail))
}

/// The code point of four hexadecimal digits, or of a surrogate pair.
fn unicode(text: &[u8]) -> Option<(u32, &[u8])> {
    let (unit, tail) = unit(text)?;
    if let 0xd800..0xdc00 = unit
        && let [b'\\', b'u', pair @ ..] = tail
        && let Some((low @ 0xdc00..0xe000, after)) = self::unit(pair)
    {
        return Some((0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), after));
    }
    Some((unit, tail))
}

fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let [a, b, c, d, tail @ ..] = text else { return None };
    let pair = super::percent::pair;
    Some((u32::from(u16::from_be_bytes([pair(*a, *b)?, pair(*c, *d)?])), tail))
}

/// Writes a part of a JSON string. As on the server, bytes that are not UTF-8 are copied unchanged.
pub(crate) fn write_part(text: &[u8], out: &mut Writer<'_>) {
    out.put_runs(text, Ordinary::STRING, |rest| first(rest).map(octet));
}

/// What stands behind the backslash of a byte that is escaped; 0 for others.
#[allow(clippy::indexing_slicing, reason = "the loop bound is the length")]
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        escapes[octet] = match octet as u8 {
            octet @ (b'"' | b'\\') => octet,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            ..0x20 => b'u',
            _ => 0,
        };
        octet += 1;
    }
    escapes
};

/// Whether the escapes in a string are those that are written for what they stand for.
pub(crate) fn has_own_escapes(string: &[u8]) -> bool {
    let mut rest = string;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let escape = rest.get(at..).unwrap_or_default();
        let len = match escape {
            [_, b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            // Those of these that have a letter are written with it.
            [_, b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
            | [_, b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 6,
            _ => return false,
        };
        rest = escape.get(len..).unwrap_or_default();
    }
    true
}

/// A byte of a JSON string, as it is written.
#[allow(clippy::indexing_slicing, reason = "an octet is less than 256")]
#[inline]
pub(crate) fn octet(octet: u8) -> Few {
    match ESCAPES[usize::from(octet)] {
        0 => Few::one(octet),
        b'u' => {
            let [a, b, c, d, e, f] = escape_of(octet);
            Few::new([a, b, c, d, e, f, 0, 0], 6)
        }
        letter => Few::new([b'\\', letter, 0, 0, 0, 0, 0, 0], 2),
    }
}

/// The character of this number as an escape.
const fn escape_of(octet: u8) -> [u8; 6] {
    [b'\\', b'u', b'0', b'0', hex_digit(octet >> 4, b'a'), hex_digit(octet & 0xf, b'a')]
}

/// Writes the character of this number as an escape.
pub(crate) fn write_escape(octet: u8, sink: &mut impl Sink) {
    sink.put(&escape_of(octet));
}
