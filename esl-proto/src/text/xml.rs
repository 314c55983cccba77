//! XML entities and character references, on bytes.

use super::cut::hex_digit;
use super::{SmallBytes, decimal};
use crate::scan::Ordinary;
use crate::sink::{Few, Writer};

/// FreeSWITCH does not escape the rest of a body after these two bytes.
pub(super) const VERBATIM: &[u8] = b"<!";

/// Removes the next byte or entity from `rest` and returns it decoded.
pub(super) fn next(rest: &mut &[u8]) -> Option<SmallBytes> {
    if !cfg!(feature = "xml") {
        return None;
    }
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
pub(crate) fn write_text(text: &str, out: &mut Writer<'_>) {
    out.put_runs(text.as_bytes(), Ordinary::TEXT, |rest| {
        let char = text.get(text.len().checked_sub(rest.len())?..)?.chars().next()?;
        *rest = rest.get(char.len_utf8()..)?;
        Some(match char {
            '&' => Few::new(*b"&amp;\0\0\0", 5),
            '<' => Few::new(*b"&lt;\0\0\0\0", 4),
            '>' => Few::new(*b"&gt;\0\0\0\0", 4),
            '\r' => Few::new(*b"&#xD;\0\0\0", 5),
            ..'\u{80}' => Few::one(char as u8),
            char => reference(u32::from(char)),
        })
    });
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
fn reference(point: u32) -> Few {
    let digits = (u32::BITS - point.leading_zeros()).div_ceil(4);
    let front = (0..digits).rev().fold(Few::new(*b"&#x\0\0\0\0\0", 3), |front, place| {
        front.and(Few::one(hex_digit((point >> (4 * place) & 0xf) as u8, b'A')))
    });
    front.and(Few::one(b';'))
}
