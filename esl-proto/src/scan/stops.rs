//! The octets that structure a text, found many at a time.

use core::marker::PhantomData;

use super::{BLOCK, Class, block_at, look, slice};

/// What a text is cut at.
pub(crate) trait Shape {
    /// The octets to stop at. Others may be among them: look at what stands there.
    const STOP: Class;
    /// The octets to take note of between two stops.
    const NOTE: u8;
}

/// One place to stop at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop(u16);

impl Stop {
    const NOTED: u16 = 0x8000;

    /// Whether an octet to take note of may stand between the stop before and this one: whether one is in any block
    /// that both of them or the way between them touch.
    #[inline]
    pub(crate) const fn noted(self) -> bool {
        self.0 & Self::NOTED != 0
    }

    /// Its position, counted from where [`Stops::batch`] says.
    #[inline]
    pub(crate) const fn offset(self) -> usize {
        (self.0 & !Self::NOTED) as usize
    }
}

/// The stops of a text, in their order.
///
/// They are found a block of 64 octets at a time and some blocks in advance, by steps that are the same whatever the
/// text: how many stops a block has cannot be foretold, and to guess wrong once costs more than some steps in vain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stops<'a, S> {
    text: &'a [u8],
    /// Position of the block that comes next.
    next: usize,
    /// Whether an octet to take note of may stand between the last stop and that block.
    noted: bool,
    /// The stops found, as positions after `base`, with [`Stop::NOTED`] where there is something to note.
    ahead: [Stop; AHEAD],
    base: usize,
    found: usize,
    taken: usize,
    shape: PhantomData<S>,
}

/// Room for the stops found in advance.
const AHEAD: usize = 2 * BLOCK;

/// How far the search goes in advance: a text between two stops may be long, and perhaps nobody wants to know.
const REACH: usize = 2048;

/// How many stops are taken from a block before it is asked whether there are any more.
const AT_ONCE: usize = 4;

impl<'a, S: Shape> Stops<'a, S> {
    #[inline]
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text, next: 0, noted: false, ahead: [Stop(0); AHEAD], base: 0, found: 0, taken: 0, shape: PhantomData }
    }

    /// The text.
    #[inline]
    pub(crate) const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The positions of the next stops and whether there is something to note, if there are so many and none is far away.
    #[inline]
    pub(crate) fn peek<const N: usize>(&mut self) -> Option<[(usize, bool); N]> {
        let (stops, base) = self.batch(N);
        Some(stops.first_chunk::<N>()?.map(|stop| (base + stop.offset(), stop.noted())))
    }

    /// The next stops and where their offsets count from: at least `wanted` if there are so many and none is far away.
    #[inline]
    pub(crate) fn batch(&mut self, wanted: usize) -> (&[Stop], usize) {
        if self.found - self.taken < wanted {
            self.look_ahead();
        }
        (self.ahead.get(self.taken..self.found).unwrap_or_default(), self.base)
    }

    /// Goes on after the next `count` stops, which the last call has shown.
    #[inline]
    pub(crate) const fn take(&mut self, count: usize) {
        self.taken += count;
    }

    /// Goes on with the first stop at or after `position`.
    pub(crate) fn seek(&mut self, position: usize) {
        let stops = self.ahead.get(self.taken..self.found).unwrap_or_default();
        self.taken += stops.iter().take_while(|stop| self.base + stop.offset() < position).count();
        if self.taken == self.found && self.next < position {
            self.next = position;
            self.noted = false;
        }
    }

    /// Finds more stops. Those that are not taken yet stay, and positions count from the first of them.
    #[inline(never)]
    fn look_ahead(&mut self) {
        let first = self.ahead.get(self.taken..self.found).and_then(|stops| stops.first());
        let shift = first.map_or(0, |stop| stop.offset());
        let base = if first.is_some() { self.base + shift } else { self.next };
        let mut found = 0;
        while self.taken < self.found {
            let kept = self.ahead.get(self.taken).map_or(0, |stop| stop.0);
            if let Some(place) = self.ahead.get_mut(found) {
                *place = Stop(kept - shift as u16);
            }
            self.taken += 1;
            found += 1;
        }
        let text = slice(self.text, self.next, self.text.len().min(base + REACH));
        let mut next = self.next;
        let mut noted = self.noted;
        let mut add = |block: &[u8; BLOCK]| {
            let (stops, notes) = look(block, S::STOP, S::NOTE);
            let offset = (next - base) as u16 | if noted | notes { Stop::NOTED } else { 0 };
            noted = notes | (noted & (stops == 0));
            found = put(&mut self.ahead, found, offset, stops);
            next += BLOCK;
            found <= AHEAD - BLOCK
        };
        let (blocks, rest) = text.as_chunks();
        if blocks.iter().all(&mut add) && !rest.is_empty() {
            add(&block_at(self.text, self.next + BLOCK * blocks.len()));
        }
        (self.base, self.next, self.noted) = (base, next, noted);
        (self.found, self.taken) = (found, 0);
    }
}

/// Puts the stops of a block behind those already found, of which there are `found`.
#[inline]
fn put(ahead: &mut [Stop; AHEAD], mut found: usize, block: u16, mut stops: u64) -> usize {
    while let Some(places) = ahead.get_mut(found..).and_then(|rest| rest.first_chunk_mut::<AT_ONCE>()) {
        for place in places {
            // The top bit says nothing if it is the only one.
            *place = Stop(block + (stops | 1 << 63).trailing_zeros() as u16);
            found += usize::from(stops != 0);
            stops &= stops.wrapping_sub(1);
        }
        if stops == 0 {
            break;
        }
    }
    found
}
