//! The backend for 64-bit ARM with NEON. Little-endian only: there the first byte in memory is lane 0 of a vector and
//! the lowest byte of a word.
//!
//! The intrinsics are `unsafe` for two reasons. They need NEON: `scan/mod.rs` compiles this module only under
//! `target_feature = "neon"`, so every processor that runs the program has it. And loads dereference a pointer: both
//! load functions argue where theirs comes from.
#![allow(unsafe_code)]

use core::arch::aarch64::{
    uint8x16_t, vandq_s8, vandq_u8, vceqq_u8, vcltq_u8, vdupq_n_u8, vgetq_lane_u16, vgetq_lane_u64, vld1q_s8, vld1q_u8,
    vmaxvq_u8, vnegq_s8, vorrq_u8, vpaddq_s8, vreinterpretq_s8_u8, vreinterpretq_u16_s8, vreinterpretq_u64_s8,
    vsubq_u8,
};

use super::ordinary::Range;
pub(super) use super::portable::common;
pub(crate) use super::portable::place_of;
use super::{BLOCK, Class, Ordinary, Pair};

/// A block in four vector registers.
type Quarters = [uint8x16_t; 4];

/// The mask of `class`, and whether the block contains `note`.
#[inline]
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let quarters = load(block);
    // SAFETY: register-only intrinsics, whose one precondition is NEON: the `cfg` on this module guarantees it.
    unsafe {
        let classed = quarters.map(|octets| vandq_u8(octets, vdupq_n_u8(class.bits)));
        let [a, b, c, d] = equal(quarters, note);
        let notes = vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d));
        (gather(equal(classed, class.octet)), vmaxvq_u8(notes) != 0)
    }
}

/// The mask of each of these bytes.
#[inline]
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let quarters = load(block);
    octets.map(|octet| gather(equal(quarters, octet)))
}

/// A bit for each place of `front` at which `pair.first` stands and, in the block of the same number, one of `pair.seconds`,
/// and for each `pair.note` in it.
#[inline(always)]
pub(super) fn pairs<const N: usize>(front: &[u8; BLOCK], behind: [&[u8; BLOCK]; N], pair: Pair<N>) -> u64 {
    let either = |[a, b, c, d]: Quarters, [e, f, g, h]: Quarters| {
        // SAFETY: register-only intrinsics, whose one precondition is NEON: the `cfg` on this module guarantees it.
        unsafe { [vorrq_u8(a, e), vorrq_u8(b, f), vorrq_u8(c, g), vorrq_u8(d, h)] }
    };
    let front = load(front);
    let none = load(&[0; BLOCK]);
    let seconds = behind.into_iter().zip(pair.seconds);
    let [a, b, c, d] = seconds.fold(none, |found, (block, octet)| either(found, equal(load(block), octet)));
    let [e, f, g, h] = equal(front, pair.first);
    // SAFETY: register-only intrinsics; NEON as above.
    let pairs = unsafe { [vandq_u8(a, e), vandq_u8(b, f), vandq_u8(c, g), vandq_u8(d, h)] };
    let found = pair.note.map_or(pairs, |note| either(pairs, equal(front, note)));
    let [a, b, c, d] = found;
    // SAFETY: register-only intrinsics; NEON as above.
    let any = unsafe { vmaxvq_u8(vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d))) } != 0;
    if any { gather(found) } else { 0 }
}

/// A bit for each byte that is ordinary.
#[inline(always)]
pub(super) fn ordinary(octets: &[u8; 16], class: Ordinary) -> u16 {
    // SAFETY: NEON is guaranteed by the `cfg` on this module. The two loads read 16 bytes each, the whole of the arrays
    // `octets` and `PLACES`, and need no alignment; all else works on registers.
    unsafe {
        let octets = vld1q_u8(octets.as_ptr());
        let within =
            |octets, range: Range| vcltq_u8(vsubq_u8(octets, vdupq_n_u8(range.start)), vdupq_n_u8(range.len()));
        let ranges =
            vorrq_u8(within(vorrq_u8(octets, vdupq_n_u8(class.fold)), class.first), within(octets, class.second));
        let single = vorrq_u8(vceqq_u8(octets, vdupq_n_u8(class.one)), vceqq_u8(octets, vdupq_n_u8(class.other)));
        let placed = vandq_s8(vreinterpretq_s8_u8(vorrq_u8(ranges, single)), vld1q_s8(PLACES.as_ptr()));
        let quarters = vpaddq_s8(placed, placed);
        let pairs = vpaddq_s8(quarters, quarters);
        vgetq_lane_u16::<0>(vreinterpretq_u16_s8(vnegq_s8(vpaddq_s8(pairs, pairs))))
    }
}

#[inline]
fn load(block: &[u8; BLOCK]) -> Quarters {
    let octets = block.as_ptr();
    // SAFETY: NEON is guaranteed by the `cfg` on this module. Each load reads 16 bytes and needs no alignment; the
    // offsets 0, 16, 32 and 48 keep the four loads within the `BLOCK` = 64 bytes that the reference `block` makes
    // readable.
    unsafe { [vld1q_u8(octets), vld1q_u8(octets.add(16)), vld1q_u8(octets.add(32)), vld1q_u8(octets.add(48))] }
}

/// 0xff in each lane that equals `octet`, 0 in the others.
#[inline]
fn equal(quarters: Quarters, octet: u8) -> Quarters {
    // SAFETY: register-only intrinsics, whose one precondition is NEON: the `cfg` on this module guarantees it.
    quarters.map(|octets| unsafe { vceqq_u8(octets, vdupq_n_u8(octet)) })
}

/// The bit of each lane in its group of eight, as a negative number.
const PLACES: [i8; 16] = [-1, -2, -4, -8, -16, -32, -64, -128, -1, -2, -4, -8, -16, -32, -64, -128];

/// A bit mask, the lowest bit for the first byte, of lanes that are 0xff or 0. NEON has no `movemask`: each lane is
/// masked to the bit of its place in its group of eight, and three pairwise additions sum each group into one byte. The
/// bits are negative numbers because LLVM would turn a sum of disjoint bits into an `or`, and then no longer recognises
/// `addp`.
#[inline]
fn gather(found: Quarters) -> u64 {
    // SAFETY: NEON is guaranteed by the `cfg` on this module. The one load reads 16 bytes, the whole of the array
    // `PLACES`, and needs no alignment; all else works on registers.
    unsafe {
        let places = vld1q_s8(PLACES.as_ptr());
        let [a, b, c, d] = found.map(|octets| vandq_s8(vreinterpretq_s8_u8(octets), places));
        let eighths = vpaddq_s8(vpaddq_s8(a, b), vpaddq_s8(c, d));
        let sums = vnegq_s8(vpaddq_s8(eighths, eighths));
        vgetq_lane_u64::<0>(vreinterpretq_u64_s8(sums))
    }
}
