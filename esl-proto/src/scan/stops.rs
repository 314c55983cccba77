//! The octets that structure a text, found many at a time.

use core::marker::PhantomData;

use super::{BLOCK, see_block, slice};

/// What a text is cut at, and what must be known of a block to look at the next.
pub(crate) trait Shape: Clone {
    /// What is known before the first block, which begins where one of the text's parts does.
    const START: Self;
    /// How far a stop is found behind its place.
    const BEHIND: u32;

    fn see(&mut self, block: &[u8; BLOCK]) -> Seen;
}

/// What is to be seen in a block, a bit for each octet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// The stops. Others may be among them: look at what stands there.
    pub(crate) stops: u64,
    /// The stops before which something stands that is to be noted. Other bits say nothing.
    pub(crate) noted: u64,
}

/// One place to stop at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop(u32);

impl Stop {
    const NOTED: u32 = 1 << 31;

    /// Whether something that is to be noted may stand between the stop before and this one.
    #[inline]
    pub(crate) const fn noted(self) -> bool {
        self.0 & Self::NOTED != 0
    }

    /// Its position in the text.
    #[inline]
    pub(crate) const fn at(self) -> usize {
        (self.0 & !Self::NOTED) as usize
    }
}

/// How far a search goes: a text between two stops may be long, and perhaps nobody wants to know.
const REACH: usize = 2048;

/// How many stops are taken from a block before it is asked whether there are any more.
const AT_ONCE: usize = 2;

/// Stops found in advance, in their order, for a loop over many.
///
/// They are found by steps that are the same whatever the text: how many stops a block has cannot be foretold, and to
/// guess wrong once costs more than some steps in vain.
#[derive(Clone, Debug)]
pub(crate) struct Ahead<S, const ROOM: usize> {
    stops: [Stop; ROOM],
    found: usize,
    taken: usize,
    /// Where the search has ended.
    end: usize,
    shape: PhantomData<S>,
}

impl<S: Shape, const ROOM: usize> Ahead<S, ROOM> {
    pub(crate) const NONE: Self = Self { stops: [Stop(0); ROOM], found: 0, taken: 0, end: 0, shape: PhantomData };

    /// The stops found and not taken.
    #[inline]
    pub(crate) fn left(&self) -> &[Stop] {
        self.stops.get(self.taken..self.found).unwrap_or_default()
    }

    /// The next stops, which are not taken, if there are so many and none is far away; those not found yet are looked for
    /// from `from` on.
    #[inline]
    pub(crate) fn next<const N: usize>(&mut self, text: &[u8], from: usize) -> Option<[Stop; N]> {
        if self.taken + N > self.found {
            self.look(text, from);
            if self.taken + N > self.found {
                return None;
            }
        }
        self.stops.get(self.taken..)?.first_chunk().copied()
    }

    /// Goes on after the next `count` stops.
    #[inline]
    pub(crate) const fn take(&mut self, count: usize) {
        self.taken += count;
    }

    /// Goes on with the first stop found at or after `position`.
    pub(crate) fn seek(&mut self, position: usize) {
        self.taken += self.left().iter().take_while(|stop| stop.at() < position).count();
    }

    /// Finds the first stops at or after `from` instead of those left, unless there are no more.
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
        // A shape may see one that stands before.
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

    /// Adds the stops of the block at `self.end`; false if there was no room for all of them.
    #[inline]
    fn put(&mut self, Seen { stops, noted }: Seen) -> bool {
        let block = (self.end as u32).wrapping_sub(S::BEHIND);
        let noted = noted & stops;
        if noted != 0 && noted != stops {
            return self.put_each(block, stops, noted);
        }
        self.put_all(block.wrapping_add(if noted == 0 { 0 } else { Stop::NOTED }), stops)
    }

    /// Adds stops that have the same note.
    #[inline]
    fn put_all(&mut self, block: u32, mut stops: u64) -> bool {
        let mut found = self.found;
        while let Some(places) = self.stops.get_mut(found..).and_then(|rest| rest.first_chunk_mut::<AT_ONCE>()) {
            for place in places {
                // The top bit says nothing if it is the only one.
                *place = Stop(block.wrapping_add((stops | 1 << 63).trailing_zeros()));
                found += usize::from(stops != 0);
                stops &= stops.wrapping_sub(1);
            }
            if stops == 0 {
                break;
            }
        }
        self.found = found;
        stops == 0
    }

    #[cold]
    fn put_each(&mut self, block: u32, mut stops: u64, noted: u64) -> bool {
        while stops != 0 {
            let stop = stops & stops.wrapping_neg();
            let note = if noted & stop == 0 { 0 } else { Stop::NOTED };
            if !self.put_all(block.wrapping_add(note), stop) {
                return false;
            }
            stops ^= stop;
        }
        true
    }
}
