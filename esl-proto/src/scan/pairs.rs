//! Finds pairs of bytes that stand a given distance apart: the marks before and behind a name of known length.

use core::ops::ControlFlow;

use super::backend::pairs;
use super::{BLOCK, same, slice};

/// A byte, and one of some others behind it, each so many places; and a byte that is told wherever it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<const N: usize> {
    pub(crate) first: u8,
    pub(crate) seconds: [u8; N],
    pub(crate) apart: [usize; N],
    pub(crate) note: Option<u8>,
}

/// Calls `take` with each place at which such a pair begins or a note stands, in ascending order, until it breaks, as far as
/// there is room for the longest pair; returns how far that is.
/// [`None`] if the text is too short to be looked at in blocks: nothing is called then.
#[inline(always)]
pub(crate) fn each_pair<const N: usize>(
    text: &[u8],
    pair: Pair<N>,
    mut take: impl FnMut(usize) -> ControlFlow<()>,
) -> Option<usize> {
    let longest = pair.apart.into_iter().fold(1, usize::max);
    let end = text.len().checked_sub(longest)?;
    let last = end.checked_sub(BLOCK)?;
    let from = |start: usize| slice(text, start, text.len());
    let seconds = pair.apart.map(|apart| from(apart).as_chunks::<BLOCK>().0);
    let mut fronts = slice(text, 0, end).as_chunks::<BLOCK>().0.iter().enumerate();
    let mut start = 0;
    loop {
        let (mut found, place) = match fronts.next() {
            Some((number, front)) => {
                let mut behind = [front; N];
                for (behind, blocks) in behind.iter_mut().zip(seconds) {
                    *behind = blocks.get(number)?;
                }
                (pairs(front, behind, pair), start)
            }
            // The last block overlaps those before it.
            None if start < end => {
                let front = from(last).first_chunk()?;
                let behind = pair.apart.map(|apart| from(last + apart).first_chunk().unwrap_or(front));
                (pairs(front, behind, pair) & !0 << (start - last), last)
            }
            None => return Some(end),
        };
        start += BLOCK;
        while found != 0 {
            if take(place + found.trailing_zeros() as usize).is_break() {
                return Some(end);
            }
            found &= found - 1;
        }
    }
}

/// The same for all places of a text. False if the text is too short.
#[inline(always)]
pub(crate) fn every_pair<const N: usize>(text: &[u8], pair: Pair<N>, mut take: impl FnMut(usize)) -> bool {
    let looked_at = each_pair(text, pair, |at| {
        take(at);
        ControlFlow::Continue(())
    });
    let Some(end) = looked_at else { return false };
    for place in end..text.len() {
        let octet = text.get(place);
        let second = |(apart, second): (usize, u8)| text.get(place + apart) == Some(&second);
        let is_pair = octet == Some(&pair.first) && pair.apart.into_iter().zip(pair.seconds).any(second);
        if is_pair || octet.copied() == pair.note {
            take(place);
        }
    }
    true
}

/// A name that is looked for, in any case of its letters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<'n> {
    name: &'n [u8],
    /// The first byte, a letter as a small one.
    first: u8,
}

impl<'n> Sought<'n> {
    #[inline]
    pub(crate) fn new(name: &'n [u8]) -> Self {
        Self { name, first: name.first().map_or(0, |octet| octet | 0x20) }
    }

    /// Whether what begins with this byte may be the name: mostly that is enough to know.
    #[inline(always)]
    pub(crate) const fn may_begin_with(&self, octet: u8) -> bool {
        octet | 0x20 == self.first
    }

    /// Where the name ends, if it stands at `start`.
    #[inline(never)]
    pub(crate) fn end_at(&self, text: &[u8], start: usize) -> Option<usize> {
        let end = start.saturating_add(self.name.len());
        let octets = slice(text, start, end);
        // Programs nearly always spell a name as the server does.
        (same(octets, self.name) || octets.eq_ignore_ascii_case(self.name)).then_some(end)
    }
}
