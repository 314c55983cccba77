//! The backend for x86-64.
//!
//! The intrinsics are `unsafe` for two reasons. They need SSE2: `scan/mod.rs` compiles this module only under
//! `target_feature = "sse2"`, which the x86-64 baseline includes, so every processor that runs the program has it. And
//! the load dereferences a pointer: `load` argues where its pointer comes from.
#![allow(unsafe_code)]

use core::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128,
    _mm_set1_epi8, _mm_sub_epi8,
};

use super::ordinary::Range;
use super::{BLOCK, Class, Ordinary, Pair};

/// The mask of `class`, and whether the block contains `note`.
#[inline]
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let (quarters, _) = block.as_chunks::<16>();
    let mut mask = 0;
    // SAFETY: a register-only intrinsic, whose one precondition is SSE2: the `cfg` on this module guarantees it.
    let mut notes = unsafe { _mm_set1_epi8(0) };
    for (place, quarter) in quarters.iter().enumerate() {
        let octets = load(quarter);
        // SAFETY: register-only intrinsics; SSE2 as above.
        unsafe {
            let classed = _mm_and_si128(octets, _mm_set1_epi8(class.bits as i8));
            let found = _mm_movemask_epi8(_mm_cmpeq_epi8(classed, _mm_set1_epi8(class.octet as i8)));
            mask |= u64::from(found as u16) << (16 * place);
            notes = _mm_or_si128(notes, _mm_cmpeq_epi8(octets, _mm_set1_epi8(note as i8)));
        }
    }
    // SAFETY: a register-only intrinsic; SSE2 as above.
    (mask, unsafe { _mm_movemask_epi8(notes) } != 0)
}

/// The mask of each of these bytes.
#[inline]
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let (quarters, _) = block.as_chunks::<16>();
    octets.map(|octet| {
        quarters.iter().rev().fold(0, |mask, quarter| {
            let quarter = load(quarter);
            // SAFETY: register-only intrinsics; SSE2 is guaranteed by the `cfg` on this module.
            let found = unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(quarter, _mm_set1_epi8(octet as i8))) };
            mask << 16 | u64::from(found as u16)
        })
    })
}

/// A bit for each place of `front` at which `pair.first` stands and, in the block of the same number, one of `pair.seconds`,
/// and for each `pair.note` in it.
#[inline(always)]
pub(super) fn pairs<const N: usize>(front: &[u8; BLOCK], behind: [&[u8; BLOCK]; N], pair: Pair<N>) -> u64 {
    let quarters = front.as_chunks::<16>().0;
    // SAFETY: register-only intrinsics; SSE2 is guaranteed by the `cfg` on this module.
    let equal = |octets: &[u8; 16], octet: u8| unsafe { _mm_cmpeq_epi8(load(octets), _mm_set1_epi8(octet as i8)) };
    let mut found = [load(&[0; 16]); BLOCK / 16];
    for (behind, second) in behind.into_iter().zip(pair.seconds) {
        for (found, octets) in found.iter_mut().zip(behind.as_chunks().0) {
            // SAFETY: a register-only intrinsic; SSE2 as above.
            *found = unsafe { _mm_or_si128(*found, equal(octets, second)) };
        }
    }
    for (found, octets) in found.iter_mut().zip(quarters) {
        // SAFETY: register-only intrinsics; SSE2 as above.
        *found = unsafe {
            let pairs = _mm_and_si128(*found, equal(octets, pair.first));
            pair.note.map_or(pairs, |note| _mm_or_si128(pairs, equal(octets, note)))
        };
    }
    let [a, b, c, d] = found;
    // SAFETY: register-only intrinsics; SSE2 as above.
    let any = unsafe { _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))) };
    if any == 0 {
        return 0;
    }
    found.iter().rev().fold(0, |mask, found| {
        // SAFETY: a register-only intrinsic; SSE2 as above.
        mask << 16 | u64::from(unsafe { _mm_movemask_epi8(*found) } as u16)
    })
}

/// A bit for each byte that is ordinary.
#[inline(always)]
pub(super) fn ordinary(octets: &[u8; 16], class: Ordinary) -> u16 {
    let octets = load(octets);
    // SAFETY: register-only intrinsics; SSE2 is guaranteed by the `cfg` on this module.
    unsafe {
        let all = |octet: u8| _mm_set1_epi8(octet as i8);
        let within = |octets, range: Range| {
            let places = _mm_sub_epi8(octets, all(range.start));
            _mm_cmpeq_epi8(_mm_min_epu8(places, all(range.len().wrapping_sub(1))), places)
        };
        let ranges =
            _mm_or_si128(within(_mm_or_si128(octets, all(class.fold)), class.first), within(octets, class.second));
        let single = _mm_or_si128(_mm_cmpeq_epi8(octets, all(class.one)), _mm_cmpeq_epi8(octets, all(class.other)));
        _mm_movemask_epi8(_mm_or_si128(ranges, single)) as u16
    }
}

/// The place of the first `octet`, or 16.
#[inline(always)]
pub(crate) fn place_of(octet: u8, octets: &[u8; 16]) -> usize {
    // SAFETY: register-only intrinsics; SSE2 is guaranteed by the `cfg` on this module.
    let found = unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(load(octets), _mm_set1_epi8(octet as i8))) };
    (found as u32 | 1 << 16).trailing_zeros() as usize
}

/// The number of equal bytes at the front.
#[inline(always)]
pub(super) fn common(one: &[u8; 32], other: &[u8; 32]) -> u32 {
    let ([one, one_more], [other, other_more]) = (halves(one), halves(other));
    // SAFETY: register-only intrinsics; SSE2 is guaranteed by the `cfg` on this module.
    let (front, back) = unsafe {
        (_mm_movemask_epi8(_mm_cmpeq_epi8(one, other)), _mm_movemask_epi8(_mm_cmpeq_epi8(one_more, other_more)))
    };
    ((back as u32) << 16 | front as u32).trailing_ones()
}

#[inline(always)]
fn halves(octets: &[u8; 32]) -> [__m128i; 2] {
    let octets = octets.as_ptr();
    // SAFETY: SSE2 is guaranteed by the `cfg` on this module. Each load reads 16 of the 32 bytes that the reference
    // `octets` makes readable, and `loadu` needs no alignment.
    unsafe { [_mm_loadu_si128(octets.cast()), _mm_loadu_si128(octets.add(16).cast())] }
}

#[inline]
fn load(octets: &[u8; 16]) -> __m128i {
    // SAFETY: SSE2 is guaranteed by the `cfg` on this module. The load reads 16 bytes, which the reference `octets`
    // makes readable, and `loadu` needs no alignment.
    unsafe { _mm_loadu_si128(octets.as_ptr().cast()) }
}
