//! Texts told and copied by the bytes that nearly all of them are made of.

use super::backend::ordinary;

/// Bytes of ASCII that go out as they are: two ranges and two bytes. All others need a closer look.
///
/// One shape for all formats, so that each backend tells 16 bytes at once by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ordinary {
    /// Bits that are set in a byte before it is looked for in the first range: 0x20 makes letters small ones.
    pub(super) fold: u8,
    pub(super) first: Range,
    pub(super) second: Range,
    pub(super) one: u8,
    pub(super) other: u8,
}

/// The bytes from `start` to the one before `end`, which is at most 0x80.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) start: u8,
    pub(super) end: u8,
}

impl Range {
    /// The number of bytes.
    pub(super) const fn len(self) -> u8 {
        self.end - self.start
    }
}

impl Ordinary {
    /// Letters, digits, `-` and `_`, of which nearly all names are made.
    pub(crate) const NAME: Self = Self {
        fold: 0x20,
        first: Range { start: b'a', end: b'z' + 1 },
        second: Range { start: b'0', end: b'9' + 1 },
        one: b'-',
        other: b'_',
    };
    /// Letters, digits and `,-./_`, which no value is coded for in plain and XML events.
    pub(crate) const VALUE: Self = Self {
        fold: 0x20,
        first: Range { start: b'a', end: b'z' + 1 },
        second: Range { start: b',', end: b'9' + 1 },
        one: b'_',
        other: b'_',
    };
    /// What needs no escape in a JSON string and begins none in any coding. `#` and `$`, which need none, are not among
    /// them: so it takes one range less.
    pub(crate) const STRING: Self = Self {
        fold: 0,
        first: Range { start: b'\'', end: b'\\' },
        second: Range { start: b'\\' + 1, end: 0x80 },
        one: b' ',
        other: b'!',
    };

    /// Whether a byte is one of these.
    #[inline]
    pub(crate) const fn has(self, octet: u8) -> bool {
        let Self { fold, first, second, one, other } = self;
        let in_first = (octet | fold).wrapping_sub(first.start) < first.len();
        in_first | (octet.wrapping_sub(second.start) < second.len()) | (octet == one) | (octet == other)
    }

    /// What body texts in XML are mostly made of: `=` needs no escape, but two ranges would not do.
    pub(crate) const TEXT: Self = Self {
        fold: 0,
        first: Range { start: b'\'', end: b'<' },
        second: Range { start: b'?', end: 0x80 },
        one: b' ',
        other: b'\n',
    };

    /// All but `%`, as far as ASCII goes.
    pub(crate) const NO_PERCENT: Self = Self {
        fold: 0,
        first: Range { start: 0, end: b'%' },
        second: Range { start: b'%' + 1, end: 0x80 },
        one: 0,
        other: 0,
    };
    /// All but the backslash, as far as ASCII goes.
    pub(crate) const NO_BACKSLASH: Self = Self {
        fold: 0,
        first: Range { start: 0, end: b'\\' },
        second: Range { start: b'\\' + 1, end: 0x80 },
        one: 0,
        other: 0,
    };

    /// The number of these at the front of 16 bytes.
    #[inline(always)]
    pub(crate) fn run(self, octets: &[u8; 16]) -> usize {
        ordinary(octets, self).trailing_ones() as usize
    }

    /// Whether all bytes of `text` are. For short texts: one choice by the length, then loads that overlap.
    #[inline(always)]
    pub(crate) fn has_all(self, text: &[u8]) -> bool {
        if let Some(last) = text.last_chunk() {
            return text.as_chunks().0.iter().all(|part| self.has_chunk(part)) && self.has_chunk(last);
        }
        if let Some((first, last)) = ends(text) {
            return self.has_chunk(&of_words(first, last));
        }
        if let Some((first, last)) = ends(text) {
            let both = of_halves(first, last);
            return self.has_chunk(&of_words(&both, &both));
        }
        text.iter().all(|octet| self.has(*octet))
    }

    #[inline(always)]
    fn has_chunk(self, octets: &[u8; 16]) -> bool {
        ordinary(octets, self) == 0xffff
    }

    /// Copies a text to one of the same length, unless there is a byte in it that is not one of these: false then, and
    /// what `to` holds has no meaning.
    #[inline(always)]
    pub(crate) fn copy(self, from: &[u8], to: &mut [u8]) -> bool {
        if from.len() != to.len() {
            return false;
        }
        if let Some(last) = from.last_chunk::<16>() {
            for (part, to) in from.as_chunks().0.iter().zip(to.as_chunks_mut().0) {
                if !self.has_chunk(part) {
                    return false;
                }
                *to = *part;
            }
            return self.has_chunk(last) && store(last, to.last_chunk_mut());
        }
        if let Some((first, last)) = ends::<8>(from) {
            let whole = self.has_chunk(&of_words(first, last));
            return whole && store(first, to.first_chunk_mut()) && store(last, to.last_chunk_mut());
        }
        if let Some((first, last)) = ends::<4>(from) {
            let both = of_halves(first, last);
            let whole = self.has_chunk(&of_words(&both, &both));
            return whole && store(first, to.first_chunk_mut()) && store(last, to.last_chunk_mut());
        }
        for (from, to) in from.iter().zip(to) {
            if !self.has(*from) {
                return false;
            }
            *to = *from;
        }
        true
    }
}

/// The first 16 bytes of `rest`, which is the end of `text`; NUL where there are less.
#[inline(always)]
pub(crate) fn window(text: &[u8], rest: &[u8]) -> [u8; 16] {
    if let Some(octets) = rest.first_chunk() {
        return *octets;
    }
    // Not `last_chunk`: the compiler would leave its check, which can panic, where this is in a loop.
    match text.get(text.len().wrapping_sub(16)..).and_then(|last| last.first_chunk()) {
        Some(last) => u128::from_le_bytes(*last).wrapping_shr(8 * (16 - rest.len()) as u32).to_le_bytes(),
        None => few(rest).to_le_bytes(),
    }
}

/// Less than 16 bytes as a number.
#[inline]
fn few(text: &[u8]) -> u128 {
    let number = |octet: Option<&u8>| octet.map_or(0, |octet| u64::from(*octet));
    let behind = |octets: usize| 8 * octets as u32;
    let len = text.len();
    if let Some((first, last)) = ends(text) {
        return u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << behind(len - 8);
    }
    u128::from(match ends(text) {
        Some((first, last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << behind(len - 4)
        }
        None => {
            let middle = number(text.get(len / 2)) << behind(len / 2);
            number(text.first()) | middle | number(text.last()) << behind(len.saturating_sub(1))
        }
    })
}

/// The first and the last bytes of a text that is at least so long.
#[inline]
fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    Some((text.first_chunk()?, text.last_chunk()?))
}

#[inline]
fn store<const N: usize>(octets: &[u8; N], to: Option<&mut [u8; N]>) -> bool {
    to.is_some_and(|to| {
        *to = *octets;
        true
    })
}

#[inline]
fn of_words(first: &[u8; 8], last: &[u8; 8]) -> [u8; 16] {
    (u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << 64).to_le_bytes()
}

#[inline]
fn of_halves(first: &[u8; 4], last: &[u8; 4]) -> [u8; 8] {
    (u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32).to_le_bytes()
}
