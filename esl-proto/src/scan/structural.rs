//! The structural bytes of a text, found a block at a time.

use core::marker::PhantomData;

use super::{BLOCK, see_block, slice};

/// Classifies the structural bytes of a format; carries state from one block to the next.
pub(crate) trait BlockClassifier: Clone {
    /// The state before the first block, which begins at the start of a header.
    const START: Self;
    /// Number of bytes by which the reported bit lags the structural byte.
    const BEHIND: u32;

    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask;
}

/// The classification of a block, a bit for each byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockMask {
    /// Candidate positions; may include false positives, so check the byte.
    pub(crate) structural: u64,
    /// Set where the segment ending here needs the slow path (contains an escape). Only meaningful at bits set in
    /// `structural`.
    pub(crate) flagged: u64,
}

/// The position of a structural byte, with its flag in the top bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop(u32);

impl Stop {
    const NOTED: u32 = 1 << 31;

    /// Whether the segment between the previous stop and this one may contain an escape.
    #[inline]
    pub(crate) const fn flagged(self) -> bool {
        self.0 & Self::NOTED != 0
    }

    /// The position in the text.
    #[inline]
    pub(crate) const fn at(self) -> usize {
        (self.0 & !Self::NOTED) as usize
    }
}

/// Cap on look-ahead, so that one long value that is never read costs nothing.
const REACH: usize = 2048;

/// Bits extracted from a mask between two tests for an empty mask: the unrolling of the loop.
const AT_ONCE: usize = 2;

/// A queue of structural bytes found in advance, in ascending order, for a loop over the headers.
///
/// Bits are extracted without a branch for each: the number of structural bytes in a block is unpredictable, and a mispredicted
/// loop exit costs more than a few wasted iterations.
#[derive(Clone, Debug)]
pub(crate) struct Lookahead<S, const ROOM: usize> {
    structural: [Stop; ROOM],
    found: usize,
    taken: usize,
    /// Where the search has ended: bytes before this position have been classified.
    end: usize,
    shape: PhantomData<S>,
}

impl<S: BlockClassifier, const ROOM: usize> Lookahead<S, ROOM> {
    pub(crate) const NONE: Self = Self { structural: [Stop(0); ROOM], found: 0, taken: 0, end: 0, shape: PhantomData };

    /// The structural bytes that have been found and not taken.
    #[inline]
    pub(crate) fn left(&self) -> &[Stop] {
        self.structural.get(self.taken..self.found).unwrap_or_default()
    }

    /// Peeks at the next `N` structural bytes. Searches again from `from` if fewer are queued; `None` if [`REACH`] or the end of
    /// the text comes before the last of them.
    #[inline]
    pub(crate) fn next<const N: usize>(&mut self, text: &[u8], from: usize) -> Option<[Stop; N]> {
        if self.taken + N > self.found {
            self.look(text, from);
            if self.taken + N > self.found {
                return None;
            }
        }
        self.structural.get(self.taken..)?.first_chunk().copied()
    }

    /// Removes the next `count` structural bytes.
    #[inline]
    pub(crate) const fn take(&mut self, count: usize) {
        self.taken += count;
    }

    /// Removes the queued structural bytes before `position`.
    pub(crate) fn seek(&mut self, position: usize) {
        self.taken += self.left().iter().take_while(|stop| stop.at() < position).count();
    }

    /// Replaces the queue by the first structural bytes at or after `from`; empties it if the whole text has been searched.
    #[inline]
    pub(crate) fn look(&mut self, text: &[u8], from: usize) {
        if self.end < text.len() {
            self.look_again(text, from);
        } else {
            (self.found, self.taken) = (0, 0);
        }
    }

    #[inline(never)]
    fn look_again(&mut self, text: &[u8], from: usize) {
        self.find(text, from);
        // A classifier may report a position before `from`; skip it.
        self.seek(from);
    }

    #[inline]
    fn find(&mut self, text: &[u8], from: usize) {
        (self.found, self.taken) = (0, 0);
        let end = text.len().min(Stop::NOTED as usize).min(from.saturating_add(REACH));
        let (blocks, rest) = slice(text, from, end).as_chunks();
        let mut shape = S::START;
        self.end = from;
        for block in blocks {
            let seen = shape.see(block);
            if !self.put(seen) {
                return;
            }
            self.end += BLOCK;
        }
        if !rest.is_empty() {
            let seen = see_block(rest, 0, |block| shape.clone().see(block));
            if !self.put(seen) {
                return;
            }
        }
        self.end = end;
    }

    /// Adds the structural bytes of the block at `self.end`; false if the queue is too short for all of them.
    #[inline]
    fn put(&mut self, BlockMask { structural, flagged }: BlockMask) -> bool {
        let block = (self.end as u32).wrapping_sub(S::BEHIND);
        let flagged = flagged & structural;
        if flagged != 0 && flagged != structural {
            return self.put_each(block, structural, flagged);
        }
        self.put_all(block.wrapping_add(if flagged == 0 { 0 } else { Stop::NOTED }), structural)
    }

    /// Adds structural bytes that share one flag, which is part of `block`.
    #[inline]
    fn put_all(&mut self, block: u32, mut structural: u64) -> bool {
        let mut found = self.found;
        while let Some(places) = self.structural.get_mut(found..).and_then(|rest| rest.first_chunk_mut::<AT_ONCE>()) {
            for place in places {
                // `| 1 << 63` keeps `trailing_zeros` below 64 for an empty mask; `found` does not advance then.
                *place = Stop(block.wrapping_add((structural | 1 << 63).trailing_zeros()));
                found += usize::from(structural != 0);
                structural &= structural.wrapping_sub(1);
            }
            if structural == 0 {
                break;
            }
        }
        self.found = found;
        structural == 0
    }

    #[cold]
    fn put_each(&mut self, block: u32, mut structural: u64, flagged: u64) -> bool {
        while structural != 0 {
            let stop = structural & structural.wrapping_neg();
            let note = if flagged & stop == 0 { 0 } else { Stop::NOTED };
            if !self.put_all(block.wrapping_add(note), stop) {
                return false;
            }
            structural ^= stop;
        }
        true
    }
}
