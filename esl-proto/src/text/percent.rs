//! Percent coding of header values in plain and XML events.

use super::cut::hex_digit;
use super::first;
use crate::scan::{Ordinary, place_of, slice};
use crate::sink::{Few, Writer};

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

/// Decodes a text into storage of at least its length and returns how many bytes are decoded. What lies behind them has no
/// meaning, as runs are stored in whole chunks.
pub(super) fn decode(raw: &[u8], to: &mut [u8]) -> usize {
    let (mut rest, mut at) = (raw, 0);
    while let Some(chunk) = rest.first_chunk()
        && let Some(place) = to.get_mut(at..).and_then(|to| to.first_chunk_mut())
    {
        *place = *chunk;
        let run = place_of(b'%', chunk);
        (rest, at) = (rest.get(run..).unwrap_or_default(), at + run);
        if run < chunk.len()
            && let (Some(octet), Some(place)) = (next(&mut rest), to.get_mut(at))
        {
            *place = octet;
            at += 1;
        }
    }
    while let Some(octet) = next(&mut rest)
        && let Some(place) = to.get_mut(at)
    {
        *place = octet;
        at += 1;
    }
    at
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
    !Ordinary::VALUE.has(octet) && !matches!(octet, b'!' | b'$' | b'\''..=b'*' | b'~')
}

/// Writes `text` percent-coded; `percent` decides about a `%` that looks like an escape. Returns how many bytes are written:
/// where more follow, a `%` whose next two bytes are not there is left.
pub(crate) fn encode(text: &[u8], last: bool, percent: Percent, out: &mut Writer<'_>) -> usize {
    let rest = out.put_runs(text, Ordinary::VALUE, |rest| {
        let (octet, after) = rest.split_first()?;
        if *octet == b'%' && !last && after.len() < 2 {
            return None;
        }
        let is_kept = *octet == b'%' && percent == Percent::FreeSwitch && is_escape(after);
        *rest = after;
        Some(if is_kept { Few::one(b'%') } else { escaped(*octet) })
    });
    text.len().saturating_sub(rest.len())
}

/// A byte as it is written, as an escape if the server does so.
#[inline]
pub(crate) fn escaped(octet: u8) -> Few {
    if is_special(octet) {
        Few::new([b'%', hex_digit(octet >> 4, b'A'), hex_digit(octet & 0xf, b'A'), 0, 0, 0, 0, 0], 3)
    } else {
        Few::one(octet)
    }
}

/// Writes `raw` as it is, if it is percent-coded as the server codes: each byte that must be an escape is one, in upper-case
/// digits. Otherwise nothing is written.
pub(crate) fn put_coded(raw: &[u8], out: &mut Writer<'_>) -> bool {
    let start = out.count();
    let rest = out.put_runs(raw, Ordinary::VALUE, |rest| {
        if let [b'%', high, low, after @ ..] = *rest
            && is_escape_digit(*high)
            && is_escape_digit(*low)
        {
            *rest = after;
            return Some(Few::new([b'%', *high, *low, 0, 0, 0, 0, 0], 3));
        }
        // What is not taken tells that this is not coded so.
        if rest.first().is_some_and(|octet| is_special(*octet)) { None } else { first(rest).map(Few::one) }
    });
    if !rest.is_empty() {
        out.forget(start);
    }
    rest.is_empty()
}

/// Whether two upper-case hexadecimal digits are at the front of `text`.
fn is_escape(text: &[u8]) -> bool {
    matches!(text, [high, low, ..] if is_escape_digit(*high) && is_escape_digit(*low))
}

const fn is_escape_digit(octet: u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'A'..=b'F')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever the byte is that must be an escape and is none, the last one too, nothing is written.
    #[test]
    fn only_what_is_coded_whole_is_written_as_it_is() {
        for (raw, is_coded) in [
            (&b"100%25"[..], true),
            (b"100%", false),
            (b"100%2", false),
            (b"a b", false),
            (b"a ", false),
            (b"a%20(b)", true),
            (b"%c3", false),
            (b"", true),
        ] {
            let mut out = [0; 64];
            let mut writer = Writer::new(&mut out);
            assert_eq!(put_coded(raw, &mut writer), is_coded, "{}", raw.escape_ascii());
            assert_eq!(writer.finish(), Ok(if is_coded { raw } else { b"" }));
        }
    }
}
