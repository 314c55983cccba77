//! The backend for 64-bit ARM, where NEON is part of nearly every processor. Little-endian only: there the first octet
//! in memory is lane 0 of a vector and the lowest octet of a word.
#![allow(unsafe_code)]

use core::arch::aarch64::{
    uint8x16_t, vandq_s8, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_s8, vld1q_u8, vmaxvq_u8, vnegq_s8,
    vorrq_u8, vpaddq_s8, vreinterpretq_s8_u8, vreinterpretq_u64_s8,
};

use super::{BLOCK, Class};

/// A block as the processor holds it.
type Quarters = [uint8x16_t; 4];

/// The mask of `class`, and whether `note` is anywhere in the block.
#[inline]
pub(crate) fn look(block: &[u8; BLOCK], class: Class, note: u8) -> (u64, bool) {
    let quarters = load(block);
    // SAFETY: the module is there only where the whole target has NEON.
    unsafe {
        let classed = quarters.map(|octets| vandq_u8(octets, vdupq_n_u8(class.bits)));
        let [a, b, c, d] = equal(quarters, note);
        let notes = vorrq_u8(vorrq_u8(a, b), vorrq_u8(c, d));
        (gather(equal(classed, class.octet)), vmaxvq_u8(notes) != 0)
    }
}

/// The mask of each of these octets.
#[inline]
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], octets: [u8; N]) -> [u64; N] {
    let quarters = load(block);
    octets.map(|octet| gather(equal(quarters, octet)))
}

#[inline]
fn load(block: &[u8; BLOCK]) -> Quarters {
    let octets = block.as_ptr();
    // SAFETY: the module is there only where the whole target has NEON, and the four loads, which need no alignment, read
    // just the 64 octets.
    unsafe { [vld1q_u8(octets), vld1q_u8(octets.add(16)), vld1q_u8(octets.add(32)), vld1q_u8(octets.add(48))] }
}

/// All bits of each octet that equals `octet`, and none of the others.
#[inline]
fn equal(quarters: Quarters, octet: u8) -> Quarters {
    // SAFETY: the module is there only where the whole target has NEON.
    quarters.map(|octets| unsafe { vceqq_u8(octets, vdupq_n_u8(octet)) })
}

/// One bit for each octet, the lowest for the first, of octets that have all bits or none. There is no instruction for
/// it: each octet keeps the bit of its place in its group of eight, and three sums of neighbours bring each group into
/// one octet. The bits are summed as negative numbers: LLVM makes an `or` of a sum of single bits, and finds the
/// instruction for sums of neighbours no more.
#[inline]
fn gather(found: Quarters) -> u64 {
    const PLACES: [i8; 16] = [-1, -2, -4, -8, -16, -32, -64, -128, -1, -2, -4, -8, -16, -32, -64, -128];
    // SAFETY: the module is there only where the whole target has NEON, and the load reads just the 16 octets.
    unsafe {
        let places = vld1q_s8(PLACES.as_ptr());
        let [a, b, c, d] = found.map(|octets| vandq_s8(vreinterpretq_s8_u8(octets), places));
        let eighths = vpaddq_s8(vpaddq_s8(a, b), vpaddq_s8(c, d));
        let sums = vnegq_s8(vpaddq_s8(eighths, eighths));
        vgetq_lane_u64::<0>(vreinterpretq_u64_s8(sums))
    }
}
