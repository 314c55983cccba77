//! Percent coding of header values in plain and XML events.

use super::cut::{around, hex_digit};
use super::{copy, first};
use crate::scan::slice;
use crate::sink::Sink;

/// The value of each byte as a hexadecimal digit; [`NO_DIGIT`] for bytes that are none.
#[allow(clippy::indexing_slicing, reason = "the loop bound is the length")]
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut octet = 0;
    while octet < 256 {
        digits[octet] = match octet as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            _ => NO_DIGIT,
        };
        octet += 1;
    }
    digits
};
const NO_DIGIT: u8 = 0xff;

/// The byte that two hexadecimal digits of either case encode.
#[allow(clippy::indexing_slicing, reason = "an octet is less than 256")]
#[inline]
pub(crate) fn pair(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (DIGITS[usize::from(high)], DIGITS[usize::from(low)]);
    (high | low != NO_DIGIT).then_some((high << 4) | low)
}

/// Removes the next byte or escape from `rest` and returns it decoded.
#[inline]
pub(super) fn next(rest: &mut &[u8]) -> Option<u8> {
    if let [b'%', high, low, after @ ..] = rest
        && let Some(octet) = pair(*high, *low)
    {
        *rest = after;
        return Some(octet);
    }
    first(rest)
}

/// The rest of `raw` after a prefix that decodes to `prefix`; [`None`] if `raw` begins otherwise.
pub(super) fn strip_prefix<'a>(raw: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let mut rest = raw;
    prefix.iter().all(|wanted| next(&mut rest) == Some(*wanted)).then_some(rest)
}

/// Splits `raw` at the first two bytes or escapes that decode to `separator`: the parts before and after it.
pub(super) fn split(raw: &[u8], separator: [u8; 2]) -> (&[u8], Option<&[u8]>) {
    let mut rest = raw;
    loop {
        let before = raw.len() - rest.len();
        let Some(octet) = next(&mut rest) else { return (raw, None) };
        let mut after = rest;
        if octet == separator[0] && next(&mut after) == Some(separator[1]) {
            return (slice(raw, 0, before), Some(after));
        }
    }
}

/// Decodes `raw` to the front of `out` and returns the count. `out` must be long enough.
pub(super) fn decode_into(raw: &[u8], out: &mut [u8]) -> usize {
    // Copy the run before the first escape at once: most values contain no escape, or a late one.
    let run = memchr::memchr(b'%', raw).unwrap_or(raw.len());
    let mut written = copy(slice(raw, 0, run), out);
    let mut rest = slice(raw, run, raw.len());
    for to in out.get_mut(written..).unwrap_or_default() {
        let Some(octet) = next(&mut rest) else { break };
        *to = octet;
        written += 1;
    }
    written
}

/// How a `%` before two upper-case hexadecimal digits is written in plain and XML events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Percent {
    /// As FreeSWITCH does: the `%` is not escaped, so the receiver decodes a different value. `100%25` is sent as
    /// `100%25` and read as `100%`.
    #[default]
    FreeSwitch,
    /// Lossless: every value is read back as it was.
    Lossless,
}

/// Whether the server writes a byte as an escape.
const fn is_special(octet: u8) -> bool {
    is_rare(octet) && !matches!(octet, b'!' | b'$' | b'\''..=b'*' | b'~')
}

/// Whether a byte is none of those that most values are made of, which are written as they are: letters, digits and
/// `,-./_`. Without branches, so that blocks are told at once.
#[inline]
pub(crate) const fn is_rare(octet: u8) -> bool {
    let is_letter = (octet | 0x20).wrapping_sub(b'a') < 26;
    !(is_letter | (octet.wrapping_sub(b',') < 14) | (octet == b'_'))
}

/// [`is_special`] of each byte: most runs are too short for blocks.
#[allow(clippy::indexing_slicing, reason = "the loop bound is the length")]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        special[octet] = is_special(octet as u8);
        octet += 1;
    }
    special
};

/// How many bytes at the front of `text` are written as they are.
#[inline]
fn plain_run(text: &[u8]) -> usize {
    #[allow(clippy::indexing_slicing, reason = "an octet is less than 256")]
    let special = |octet: &u8| SPECIAL[usize::from(*octet)];
    match text.iter().take(16).position(special) {
        Some(at) => at,
        None if text.len() <= 16 => text.len(),
        None => text.iter().position(special).unwrap_or(text.len()),
    }
}

/// Writes `text` percent-coded; `percent` decides about a `%` that looks like an escape. Returns how many bytes are written:
/// where more follow, a `%` whose next two bytes are not there is left.
pub(crate) fn encode(text: &[u8], last: bool, percent: Percent, sink: &mut impl Sink) -> usize {
    let mut rest = text;
    while let Some((plain, [octet], after)) = around(rest, plain_run(rest)) {
        if *octet == b'%' && !last && after.len() < 2 {
            sink.put(plain);
            return text.len().saturating_sub(1 + after.len());
        }
        if *octet == b'%' && percent == Percent::FreeSwitch && is_escape(after) {
            sink.put(slice(rest, 0, plain.len() + 1));
        } else {
            sink.put(plain);
            sink.put(&[b'%', hex_digit(octet >> 4, b'A'), hex_digit(octet & 0xf, b'A')]);
        }
        rest = after;
    }
    sink.put(rest);
    text.len()
}

/// Whether `raw` is percent-coded as the server codes: each byte that must be an escape is one, in upper-case digits.
pub(crate) fn is_coded(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some((_, [octet], after)) = around(rest, plain_run(rest)) {
        if *octet != b'%' || !is_escape(after) {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether two upper-case hexadecimal digits are at the front of `text`.
fn is_escape(text: &[u8]) -> bool {
    let digit = |octet: &u8| matches!(octet, b'0'..=b'9' | b'A'..=b'F');
    text.get(..2).is_some_and(|digits| digits.iter().all(digit))
}
