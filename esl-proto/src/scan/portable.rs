//! The backend for targets without one of their own: eight bytes in a word (SWAR).
// On targets with a backend of their own, only the tests use this one.
#![cfg_attr(not(test), allow(dead_code))]

use super::ordinary::Range;
use super::{BLOCK, Class, Ordinary, Pair};

/// A word of eight copies of the byte.
const fn splat(octet: u8) -> u64 {
    u64::from_ne_bytes([octet; 8])
}

/// A bit mask of the bytes of `word` that equal those of `wanted`, the lowest bit for the first byte.
fn equal(word: u64, wanted: u64) -> u64 {
    const LOW: u64 = splat(0x7f);
    let difference = word ^ wanted;
    // Sets the top bit of each zero byte. Exact: 0x7f + 0x7f < 0x100, so no carry propagates into the next byte.
    let zero = !(((difference & LOW) + LOW) | difference | LOW);
    gather(zero)
}

/// A bit mask of the top bits of the bytes of `word`; its other bits must not be set.
const fn gather(word: u64) -> u64 {
    // The multiplication gathers the eight top bits into the top byte.
    (word >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// A bit for each byte that is ordinary.
pub(super) fn ordinary(octets: &[u8; 16], class: Ordinary) -> u16 {
    const TOP: u64 = splat(0x80);
    // The top bit of each byte of `word`, all of which are below 0x80, that is within the range. No carry propagates: the
    // sum of a byte and its summand is below 0x100.
    let within = |word: u64, range: Range| (word + splat(0x80 - range.start)) & !(word + splat(0x80 - range.end)) & TOP;
    let one = |octet: u8| Range { start: octet, end: octet + 1 };
    let (words, _) = octets.as_chunks::<8>();
    words.iter().rev().fold(0, |mask, octets| {
        let octets = u64::from_le_bytes(*octets);
        let word = octets & !TOP;
        let ranges = within(word | splat(class.fold), class.first) | within(word, class.second);
        let found = ranges | within(word, one(class.one)) | within(word, one(class.other));
        mask << 8 | gather(found & !octets) as u16
    })
}

/// The mask of `class`, and whether the block contains `note`.
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let (words, _) = block.as_chunks::<8>();
    let (bits, octet, note) = (splat(class.bits), splat(class.octet), splat(note));
    words.iter().rev().fold((0, false), |(mask, flagged), word| {
        let word = u64::from_le_bytes(*word);
        (mask << 8 | equal(word & bits, octet), flagged | (equal(word, note) != 0))
    })
}

/// The mask of each of these bytes.
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let (words, _) = block.as_chunks::<8>();
    octets.map(|octet| {
        words.iter().rev().fold(0, |mask, word| mask << 8 | equal(u64::from_le_bytes(*word), splat(octet)))
    })
}

/// A bit for each place of `front` at which `pair.first` stands and, in the block of the same number, one of `pair.seconds`,
/// and for each `pair.note` in it.
pub(super) fn pairs<const N: usize>(front: &[u8; BLOCK], behind: [&[u8; BLOCK]; N], pair: Pair<N>) -> u64 {
    let mask = |block, octet| {
        let [mask] = masks(block, [octet]);
        mask
    };
    let seconds = behind.into_iter().zip(pair.seconds).fold(0, |seconds, (block, octet)| seconds | mask(block, octet));
    mask(front, pair.first) & seconds | pair.note.map_or(0, |note| mask(front, note))
}

/// The place of the first `octet`, or 16.
pub(crate) fn place_of(octet: u8, octets: &[u8; 16]) -> usize {
    let (words, _) = octets.as_chunks::<8>();
    let mask = |mask: u64, word: &[u8; 8]| mask << 8 | equal(u64::from_le_bytes(*word), splat(octet));
    (words.iter().rev().fold(0, mask) | 1 << 16).trailing_zeros() as usize
}

/// The number of equal bytes at the front.
#[inline]
pub(super) fn common(one: &[u8; 32], other: &[u8; 32]) -> u32 {
    let words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let mut count = 0;
    for (one, other) in words {
        let equal = (u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other)).trailing_zeros() / 8;
        count += equal;
        if equal < 8 {
            break;
        }
    }
    count
}
