//! The backend for x86-64, where SSE2 is part of every processor.
#![allow(unsafe_code)]

use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

use super::BLOCK;

#[inline]
pub(super) fn masks<const N: usize>(block: &[u8; BLOCK], wanted: [u8; N]) -> [u64; N] {
    let (quarters, _) = block.as_chunks::<16>();
    wanted.map(|wanted| {
        quarters.iter().rev().fold(0, |mask, quarter| {
            // SAFETY: SSE2 belongs to the x86-64 baseline, and the unaligned load reads the 16 octets of `quarter`.
            let found = unsafe {
                let octets = _mm_loadu_si128(quarter.as_ptr().cast());
                _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(wanted as i8)))
            };
            mask << 16 | u64::from(found as u16)
        })
    })
}
