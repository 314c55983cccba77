//! Percent coding of header values in plain and XML events.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use super::{copy, first};
use crate::scan::slice;
use crate::sink::Sink;

/// The value of each octet as a hexadecimal digit; [`NO_DIGIT`] for all others.
#[allow(clippy::indexing_slicing, reason = "counted up to the length")]
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

/// The octet that two hexadecimal digits of either case stand for.
#[allow(clippy::indexing_slicing, reason = "an octet is less than 256")]
#[inline]
pub(crate) fn pair(high: u8, low: u8) -> Option<u8> {
    let (high, low) = (DIGITS[usize::from(high)], DIGITS[usize::from(low)]);
    (high | low != NO_DIGIT).then_some((high << 4) | low)
}

/// Takes the next decoded octet off `rest`.
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

/// What of `raw` is left when the decoded octets of `prefix` have been taken off it.
pub(super) fn strip_prefix<'a>(raw: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let mut rest = raw;
    prefix.iter().all(|wanted| next(&mut rest) == Some(*wanted)).then_some(rest)
}

/// `raw` before the first place where the two octets of `separator` stand decoded, and after it if there is one.
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

/// Decodes `raw` to the front of `out`, which is long enough, and returns the count.
pub(super) fn decode_into(raw: &[u8], out: &mut [u8]) -> usize {
    // Most values hold no escape, or begin with a long run without one.
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

/// What the server encodes: controls, blanks and all that could be taken for structure. Octets beyond ASCII always are.
const ENCODED: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How a `%` before two upper-case hexadecimal digits is written in plain and XML events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Percent {
    /// As FreeSWITCH does: the `%` stays as it is, and whoever decodes the value reads another one. `100%25` goes out as
    /// `100%25` and comes in as `100%`.
    #[default]
    Faithful,
    /// So that every value comes in as it was.
    Exact,
}

pub(crate) fn encode(text: &[u8], percent: Percent, sink: &mut impl Sink) {
    let mut from = 0;
    if percent == Percent::Faithful {
        for at in memchr::memchr_iter(b'%', text) {
            if let [_, high, low, ..] = slice(text, at, text.len())
                && is_upper_hex(*high)
                && is_upper_hex(*low)
            {
                encode_all(slice(text, from, at), sink);
                sink.put(b"%");
                from = at + 1;
            }
        }
    }
    encode_all(slice(text, from, text.len()), sink);
}

fn encode_all(text: &[u8], sink: &mut impl Sink) {
    for piece in percent_encode(text, &ENCODED) {
        sink.put(piece.as_bytes());
    }
}

const fn is_upper_hex(octet: u8) -> bool {
    matches!(octet, b'0'..=b'9' | b'A'..=b'F')
}
