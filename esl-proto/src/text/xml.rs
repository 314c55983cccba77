//! XML entities and character references, on bytes.

use super::cut::hex_digit;
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

/// Writes a body as XML text as the server does: character references for characters beyond ASCII, quotes unescaped.
/// Bytes that are not UTF-8 (which the server loses) and control characters (which XML cannot represent) are copied
/// unchanged.
pub(crate) fn write_text(text: &[u8], sink: &mut impl Sink) {
    for chunk in text.utf8_chunks() {
        let valid = chunk.valid().as_bytes();
        let mut from = 0;
        for (at, char) in chunk.valid().char_indices() {
            let entity: &[u8] = match char {
                '&' => b"&amp;",
                '<' => b"&lt;",
                '>' => b"&gt;",
                '\r' => b"&#xD;",
                char if char.is_ascii() => continue,
                _ => &[],
            };
            sink.put(slice(valid, from, at));
            match entity {
                [] => put_reference(u32::from(char), sink),
                entity => sink.put(entity),
            }
            from = at + char.len_utf8();
        }
        sink.put(slice(valid, from, valid.len()));
        sink.put(chunk.invalid());
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
