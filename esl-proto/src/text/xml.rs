//! XML entities and character references, on bytes.

use super::cut::{hex_digit, run_without};
use super::{SmallBytes, decimal};
use crate::scan::slice;
use crate::sink::Sink;

/// FreeSWITCH does not escape the rest of a body after these two bytes.
pub(super) const VERBATIM: &[u8] = b"<!";

/// Removes the next byte or entity from `rest` and returns it decoded.
pub(super) fn next(rest: &mut &[u8]) -> Option<SmallBytes> {
    let (octet, after) = rest.split_first()?;
    if *octet == b'&'
        && let Some((point, tail)) = entity(after)
    {
        *rest = tail;
        return Some(SmallBytes::code_point(point));
    }
    *rest = after;
    Some(SmallBytes::one(*octet))
}

/// The code point of the entity whose text begins after the ampersand, and what follows its semicolon.
fn entity(text: &[u8]) -> Option<(u32, &[u8])> {
    // Stops at the first byte that cannot be part of an entity, so that the search for the semicolon stays short.
    let name = text.iter().position(|octet| !(octet.is_ascii_alphanumeric() || *octet == b'#'))?;
    let (name, tail) = text.split_at_checked(name)?;
    let tail = tail.strip_prefix(b";")?;
    let point = match name {
        b"amp" => u32::from(b'&'),
        b"lt" => u32::from(b'<'),
        b"gt" => u32::from(b'>'),
        b"quot" => u32::from(b'"'),
        b"apos" => u32::from(b'\''),
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
        [b'#', digits @ ..] => u32::try_from(decimal(digits.iter().copied())?).ok()?,
        _ => return None,
    };
    (point <= 0x10_ffff).then_some((point, tail))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = super::percent::pair(b'0', *digit)?;
        number.checked_mul(16)?.checked_add(u32::from(digit))
    })
}

/// Writes text of a body as the server does: character references for characters beyond ASCII, quotes unescaped. Control
/// characters, which XML cannot represent, are copied unchanged.
pub(crate) fn write_text(text: &str, sink: &mut impl Sink) {
    let octets = text.as_bytes();
    let mut from = 0;
    let mut at = 0;
    loop {
        let rest = slice(octets, at, octets.len());
        at += run_without(rest, |octet| octet >= 0x80 || matches!(octet, b'&' | b'<' | b'>' | b'\r'));
        let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        sink.put(slice(octets, from, at));
        match char {
            '&' => sink.put(b"&amp;"),
            '<' => sink.put(b"&lt;"),
            '>' => sink.put(b"&gt;"),
            '\r' => sink.put(b"&#xD;"),
            char => put_reference(u32::from(char), sink),
        }
        at += char.len_utf8();
        from = at;
    }
    sink.put(slice(octets, from, octets.len()));
}

/// Whether XML 1.0 has this character.
pub(crate) const fn is_char(char: char) -> bool {
    !matches!(char, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

/// Whether this character can stand in a name of XML 1.0, at its front or behind it.
pub(crate) const fn is_name_char(char: char, first: bool) -> bool {
    match char {
        ':' | '_' | 'A'..='Z' | 'a'..='z' => true,
        '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}' => !first,
        '\u{c0}'..='\u{2ff}' => !matches!(char, '\u{d7}' | '\u{f7}'),
        '\u{370}'..='\u{1fff}' => char != '\u{37e}',
        '\u{200c}' | '\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' => true,
        '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}' => true,
        _ => false,
    }
}

/// A character reference with upper-case hexadecimal digits.
fn put_reference(point: u32, sink: &mut impl Sink) {
    sink.put(b"&#x");
    let digits = (u32::BITS - point.leading_zeros()).div_ceil(4);
    for place in (0..digits).rev() {
        let digit = (point >> (4 * place) & 0xf) as u8;
        sink.put(&[hex_digit(digit, b'A')]);
    }
    sink.put(b";");
}
