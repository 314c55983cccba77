//! The backend for x86-64, where SSE2 is part of every processor.
#![allow(unsafe_code)]

use core::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};

use super::{BLOCK, Masks};

#[inline]
pub(super) fn masks(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    let (quarters, _) = block.as_chunks::<16>();
    for (index, quarter) in quarters.iter().enumerate() {
        let shift = 16 * index as u32;
        // SAFETY: SSE2 belongs to the x86-64 baseline, and the unaligned load reads the 16 octets of `quarter`.
        let [line_end, colon, percent] = unsafe {
            let octets = _mm_loadu_si128(quarter.as_ptr().cast());
            [b'\n', b':', b'%'].map(|wanted| _mm_movemask_epi8(_mm_cmpeq_epi8(octets, _mm_set1_epi8(wanted as i8))))
        };
        masks.line_end |= u64::from(line_end as u16) << shift;
        masks.colon |= u64::from(colon as u16) << shift;
        masks.percent |= u64::from(percent as u16) << shift;
    }
    masks
}
