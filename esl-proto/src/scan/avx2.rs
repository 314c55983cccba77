//! The backend for x86-64 processors with AVX2, in builds that ask for it: `-C target-cpu=x86-64-v3` or `-C target-feature=+avx2`.
//!
//! The intrinsics are `unsafe` for two reasons. They need AVX2: `scan/mod.rs` compiles this module only under
//! `target_feature = "avx2"`, so every processor that the program is for has it. And the load dereferences a pointer: `load` argues
//! where its pointer comes from.
#![allow(unsafe_code)]

use core::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8,
};

pub(super) use super::sse2::ordinary;
pub(crate) use super::sse2::place_of;
use super::{BLOCK, Class, Pair};

/// The mask of `class`, and whether the block contains `note`.
#[inline]
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let halves = halves(block);
    // SAFETY: register-only intrinsics, whose one precondition is AVX2: the `cfg` on this module guarantees it.
    let classed = halves.map(|half| unsafe { _mm256_and_si256(half, _mm256_set1_epi8(class.bits as i8)) });
    let [front, back] = equal(halves, note);
    // SAFETY: register-only intrinsics; AVX2 as above.
    let noted = unsafe { _mm256_movemask_epi8(_mm256_or_si256(front, back)) } != 0;
    (gather(equal(classed, class.octet)), noted)
}

/// The mask of each of these bytes.
#[inline]
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let halves = halves(block);
    octets.map(|octet| gather(equal(halves, octet)))
}

/// A bit for each place of `front` at which `pair.first` stands and, in the block of the same number, one of `pair.seconds`,
/// and for each `pair.note` in it.
#[inline(always)]
pub(super) fn pairs<const N: usize>(front: &[u8; BLOCK], behind: [&[u8; BLOCK]; N], pair: Pair<N>) -> u64 {
    let either = |[a, b]: [__m256i; 2], [c, d]: [__m256i; 2]| {
        // SAFETY: register-only intrinsics, whose one precondition is AVX2: the `cfg` on this module guarantees it.
        unsafe { [_mm256_or_si256(a, c), _mm256_or_si256(b, d)] }
    };
    let front = halves(front);
    let none = halves(&[0; BLOCK]);
    let seconds = behind.into_iter().zip(pair.seconds);
    let [a, b] = seconds.fold(none, |found, (block, octet)| either(found, equal(halves(block), octet)));
    let [c, d] = equal(front, pair.first);
    // SAFETY: register-only intrinsics; AVX2 as above.
    let pairs = unsafe { [_mm256_and_si256(a, c), _mm256_and_si256(b, d)] };
    let found = pair.note.map_or(pairs, |note| either(pairs, equal(front, note)));
    let [a, b] = found;
    // SAFETY: register-only intrinsics; AVX2 as above.
    let any = unsafe { _mm256_movemask_epi8(_mm256_or_si256(a, b)) } != 0;
    if any { gather(found) } else { 0 }
}

/// The number of equal bytes at the front.
#[inline(always)]
pub(super) fn common(one: &[u8; 32], other: &[u8; 32]) -> u32 {
    // SAFETY: register-only intrinsics, whose one precondition is AVX2: the `cfg` on this module guarantees it.
    let equal = unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(one), load(other))) };
    (equal as u32).trailing_ones()
}

#[inline(always)]
fn halves(block: &[u8; BLOCK]) -> [__m256i; 2] {
    let mut halves = [load(&[0; 32]); 2];
    for (half, octets) in halves.iter_mut().zip(block.as_chunks().0) {
        *half = load(octets);
    }
    halves
}

/// 0xff in each lane that equals `octet`, 0 in the others.
#[inline(always)]
fn equal(halves: [__m256i; 2], octet: u8) -> [__m256i; 2] {
    // SAFETY: register-only intrinsics, whose one precondition is AVX2: the `cfg` on this module guarantees it.
    halves.map(|half| unsafe { _mm256_cmpeq_epi8(half, _mm256_set1_epi8(octet as i8)) })
}

/// A bit mask, the lowest bit for the first byte, of lanes that are 0xff or 0.
#[inline(always)]
fn gather(found: [__m256i; 2]) -> u64 {
    let [front, back] = found.map(|half| {
        // SAFETY: a register-only intrinsic, whose one precondition is AVX2: the `cfg` on this module guarantees it.
        unsafe { _mm256_movemask_epi8(half) as u32 }
    });
    u64::from(back) << 32 | u64::from(front)
}

#[inline(always)]
fn load(octets: &[u8; 32]) -> __m256i {
    // SAFETY: AVX2 is guaranteed by the `cfg` on this module. The load reads 32 bytes, which the reference `octets` makes
    // readable, and `loadu` needs no alignment.
    unsafe { _mm256_loadu_si256(octets.as_ptr().cast()) }
}
