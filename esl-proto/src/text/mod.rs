//! Bytes of the wire and their encodings.
//!
//! The same header value travels in four encodings: raw in a frame head, percent-coded in a plain event, with JSON
//! escapes, or percent-coded under XML entities. A [`Value`] borrows the encoded bytes from the caller's buffer and
//! records the encoding; it decodes on demand, into the caller's storage or byte by byte.
//!
//! In every encoding, an invalid escape is kept verbatim.

pub(crate) mod check;
pub(crate) mod cut;
pub(crate) mod json;
pub(crate) mod percent;
mod value;
pub(crate) mod xml;

use core::fmt;

pub use percent::Percent;
pub(crate) use value::Coding;
pub use value::{Bytes, Items, Value};

use crate::scan;

/// Storage was too small: `required` bytes are needed.
///
/// Nothing has changed but the bytes of an output buffer, which have no meaning then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insufficient {
    /// The number of bytes that are needed.
    pub required: usize,
}

impl Insufficient {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        300
    }
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of storage are needed", self.required)
    }
}

impl core::error::Error for Insufficient {}

numbered! {
    /// A text is nothing of the type that was asked for: [`FromStr`](core::str::FromStr) for the words of
    /// [`name`](crate::name), and [`TryFrom`] of a [`Value`].
    ConvertError {
        /// None of the words that the type knows.
        UnknownWord = 801, "unknown word";
        /// No decimal number, or one that does not fit.
        NotANumber = 802, "not a number of this type";
    }
}

impl core::error::Error for ConvertError {}

/// Passes bytes to `put`, as text and, after it, what is not UTF-8. Returns how many bytes that were: where more follow, a
/// character whose end is not there is left.
pub(crate) fn utf8(octets: &[u8], last: bool, mut put: impl FnMut(&str, &[u8])) -> usize {
    let mut rest = octets;
    loop {
        let error = match core::str::from_utf8(rest) {
            Ok(text) => {
                put(text, &[]);
                return octets.len();
            }
            Err(error) => error,
        };
        let (valid, after) = rest.split_at_checked(error.valid_up_to()).unwrap_or_default();
        let text = core::str::from_utf8(valid).unwrap_or_default();
        let invalid = match error.error_len() {
            Some(len) => len,
            None if last => after.len(),
            None => {
                put(text, &[]);
                return octets.len().saturating_sub(after.len());
            }
        };
        let (invalid, after) = after.split_at_checked(invalid).unwrap_or_default();
        put(text, invalid);
        rest = after;
    }
}

/// White space in JSON and XML.
pub(crate) const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// The position of the first byte at or after `start` that is not white space.
pub(crate) fn skip_space(text: &[u8], start: usize) -> usize {
    let rest = scan::slice(text, start, text.len());
    start.saturating_add(rest.iter().position(|octet| !is_space(*octet)).unwrap_or(rest.len()))
}

/// `text` without the white space at its end.
pub(crate) fn trim_space_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|octet| !is_space(*octet)).map_or(0, |last| last + 1);
    scan::slice(text, 0, end)
}

/// The value of a decimal number; [`None`] without digits, with other bytes, or beyond `u64`.
pub(crate) fn decimal(digits: impl IntoIterator<Item = u8>) -> Option<u64> {
    let mut digits = digits.into_iter().peekable();
    digits.peek()?;
    digits.try_fold(0_u64, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Copies `from` to the front of `out` and returns the count. `out` must be long enough; otherwise nothing is copied.
#[inline]
pub(crate) fn copy(from: &[u8], out: &mut [u8]) -> usize {
    match out.get_mut(..from.len()) {
        Some(to) => {
            to.copy_from_slice(from);
            from.len()
        }
        None => 0,
    }
}

/// Removes the first byte of `text` and returns it.
pub(crate) fn first(text: &mut &[u8]) -> Option<u8> {
    let (octet, rest) = text.split_first()?;
    *text = rest;
    Some(*octet)
}

/// Up to four bytes: the decoded form of one escape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SmallBytes {
    /// The bytes, the first in the lowest eight bits.
    octets: u32,
    len: u8,
}

impl SmallBytes {
    pub(crate) const NONE: Self = Self { octets: 0, len: 0 };

    pub(crate) const fn one(octet: u8) -> Self {
        Self { octets: octet as u32, len: 1 }
    }

    /// A code point in UTF-8. A lone surrogate becomes the three bytes of the same scheme (as in WTF-8).
    pub(crate) const fn code_point(point: u32) -> Self {
        const fn tail(point: u32, shift: u32) -> u32 {
            0x80 | ((point >> shift) & 0x3f)
        }
        match point {
            0..0x80 => Self { octets: point, len: 1 },
            0x80..0x800 => Self { octets: 0xc0 | (point >> 6) | (tail(point, 0) << 8), len: 2 },
            0x800..0x1_0000 => {
                Self { octets: 0xe0 | (point >> 12) | (tail(point, 6) << 8) | (tail(point, 0) << 16), len: 3 }
            }
            _ => Self {
                octets: 0xf0 | (point >> 18) | (tail(point, 12) << 8) | (tail(point, 6) << 16) | (tail(point, 0) << 24),
                len: 4,
            },
        }
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) fn next(&mut self) -> Option<u8> {
        self.len = self.len.checked_sub(1)?;
        let octet = self.octets as u8;
        self.octets >>= 8;
        Some(octet)
    }
}
