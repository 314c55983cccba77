//! The backend for targets without one of their own: eight octets in a word.
// Elsewhere only the tests use it.
#![cfg_attr(not(test), allow(dead_code))]

use super::{BLOCK, Class};

/// The octet in each of the eight places of a word.
const fn splat(octet: u8) -> u64 {
    u64::from_ne_bytes([octet; 8])
}

/// One bit for each octet of `word` that equals those of `wanted`, the lowest for the first octet.
fn equal(word: u64, wanted: u64) -> u64 {
    const LOW: u64 = splat(0x7f);
    let difference = word ^ wanted;
    // The top bit of each octet that is zero; exact, because no sum carries into the next octet.
    let zero = !(((difference & LOW) + LOW) | difference | LOW);
    // Gathers the eight top bits into the top octet.
    (zero >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The mask of `class`, and whether `note` is anywhere in the block.
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let (words, _) = block.as_chunks::<8>();
    let (bits, octet, note) = (splat(class.bits), splat(class.octet), splat(note));
    words.iter().rev().fold((0, false), |(mask, noted), word| {
        let word = u64::from_le_bytes(*word);
        (mask << 8 | equal(word & bits, octet), noted | (equal(word, note) != 0))
    })
}

/// The mask of each of these octets.
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let (words, _) = block.as_chunks::<8>();
    octets.map(|octet| {
        words.iter().rev().fold(0, |mask, word| mask << 8 | equal(u64::from_le_bytes(*word), splat(octet)))
    })
}
