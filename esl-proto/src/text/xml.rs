//! Entities and character references, as octets.

use super::{Few, decimal};

/// After these two octets FreeSWITCH writes the rest of a body as it is.
pub(super) const VERBATIM: &[u8] = b"<!";

/// Takes what the next octet or entity stands for off `rest`.
pub(super) fn next(rest: &mut &[u8]) -> Option<Few> {
    let (octet, after) = rest.split_first()?;
    if *octet == b'&'
        && let Some((point, tail)) = entity(after)
    {
        *rest = tail;
        return Some(Few::code_point(point));
    }
    *rest = after;
    Some(Few::one(*octet))
}

/// The code point of the entity whose text begins after the ampersand, and what follows its semicolon.
fn entity(text: &[u8]) -> Option<(u32, &[u8])> {
    // A name or a number: anything longer cannot be an entity, so that the search for its end stays short.
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
