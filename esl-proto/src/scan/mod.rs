//! Finding the octets that give the wire its structure.
//!
//! Two ways of looking, for two shapes of text. Frame heads are a few short lines: [`find`] goes from one line end to
//! the next and every octet it passes is counted in tests, which is how the linear cost of the decoder is proved.
//! Events are dozens of short texts: [`Lines`] and [`Marks`] look at 64 octets at a time and get a bit mask for each
//! octet that they want, so that a text costs a few instructions whatever its length.
//!
//! The backends under this module are the only place of the crate where `unsafe` may stand.

mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg(not(target_arch = "x86_64"))]
use portable::masks;
#[cfg(target_arch = "x86_64")]
use sse2::masks;

/// Octets that one step of [`Lines`] looks at.
const BLOCK: usize = 64;

/// The position of the first `octet` in `text` at or after `from`.
#[inline]
pub(crate) fn find(octet: u8, text: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memchr(octet, text.get(from..)?);
    #[cfg(test)]
    work::add(found.map_or(text.len().saturating_sub(from), |at| at + 1));
    found.map(|at| at.saturating_add(from))
}

/// The position of the first place at or after `from` where the two octets of `pair` stand.
pub(crate) fn find_pair(pair: &[u8; 2], text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let found = find(pair[0], text, at)?;
        if text.get(found + 1) == Some(&pair[1]) {
            return Some(found);
        }
        at = found + 1;
    }
}

/// `text[start..end]`, or nothing where those are not positions of `text`: slicing that cannot panic.
#[inline]
pub(crate) fn slice(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

/// The masks of the block of `text` at `start`: in each, bit `i` says whether the block's octet `i` is the one wanted.
#[inline]
fn load<const N: usize>(text: &[u8], start: usize, wanted: [u8; N]) -> [u64; N] {
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk::<BLOCK>() {
        Some(block) => masks(block, wanted),
        None => load_last(rest, wanted),
    }
}

/// The masks of a text shorter than a block.
#[cold]
fn load_last<const N: usize>(rest: &[u8], wanted: [u8; N]) -> [u64; N] {
    let mut block = [0; BLOCK];
    for (to, from) in block.iter_mut().zip(rest) {
        *to = *from;
    }
    masks(&block, wanted)
}

/// The places of some octets in a text, found a block at a time. Positions only go forward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks<'a, const N: usize> {
    text: &'a [u8],
    wanted: [u8; N],
    /// Position of the block that `masks` belongs to.
    block: usize,
    masks: [u64; N],
}

impl<'a, const N: usize> Marks<'a, N> {
    #[inline]
    pub(crate) fn new(text: &'a [u8], wanted: [u8; N]) -> Self {
        Self { text, wanted, block: 0, masks: load(text, 0, wanted) }
    }

    /// The position of the first octet of this kind (its place in `wanted`) at or after `from`, which is not before
    /// the result of the last call.
    #[inline]
    pub(crate) fn find(&mut self, kind: usize, from: usize) -> Option<usize> {
        let mut skipped = from.saturating_sub(self.block);
        if skipped >= BLOCK {
            self.block = from - from % BLOCK;
            self.masks = load(self.text, self.block, self.wanted);
            skipped = from % BLOCK;
        }
        let mut mask = self.masks.get(kind).copied().unwrap_or_default() & (u64::MAX << skipped);
        while mask == 0 {
            if self.text.len().saturating_sub(self.block) <= BLOCK {
                return None;
            }
            self.block += BLOCK;
            self.masks = load(self.text, self.block, self.wanted);
            mask = self.masks.get(kind).copied().unwrap_or_default();
        }
        Some(self.block + mask.trailing_zeros() as usize)
    }
}

/// What structures a header line.
const LINE: [u8; 3] = [b'\n', b':', b'%'];

/// One line of [`Lines`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Position of its first octet.
    pub(crate) start: usize,
    /// Position of the LF that ends it, or the length of the text.
    pub(crate) end: usize,
    /// Position of its last colon.
    pub(crate) last_colon: Option<usize>,
    /// Whether a percent sign stands in it.
    pub(crate) percent: bool,
}

/// The lines of a text, with the position of each one's last colon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    /// Position of the block that the masks belong to.
    block: usize,
    /// What of the block has not been handed out yet.
    line_ends: u64,
    colons: u64,
    percents: u64,
    /// Position of the line that comes next.
    line: usize,
    last_colon: Option<usize>,
    percent: bool,
}

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let [line_ends, colons, percents] = load(text, 0, LINE);
        Self { text, block: 0, line_ends, colons, percents, line: 0, last_colon: None, percent: false }
    }

    /// Position of the line that comes next.
    #[inline]
    pub(crate) const fn position(&self) -> usize {
        self.line
    }

    /// Remembers what the octets under `mask` say of the line that is being read.
    #[inline]
    fn note(&mut self, mask: u64) {
        let colons = self.colons & mask;
        if colons != 0 {
            self.last_colon = Some(self.block + (63 - colons.leading_zeros() as usize));
        }
        self.percent |= self.percents & mask != 0;
    }

    #[inline]
    fn take(&mut self, end: usize) -> Line {
        let line = Line { start: self.line, end, last_colon: self.last_colon, percent: self.percent };
        self.line = end + 1;
        self.last_colon = None;
        self.percent = false;
        line
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    #[inline]
    fn next(&mut self) -> Option<Line> {
        loop {
            let line_ends = self.line_ends;
            if line_ends != 0 {
                // All bits below the lowest line end, and that one too.
                let through = line_ends ^ (line_ends - 1);
                self.note(through);
                self.line_ends &= !through;
                self.colons &= !through;
                self.percents &= !through;
                return Some(self.take(self.block + line_ends.trailing_zeros() as usize));
            }
            self.note(u64::MAX);
            if self.text.len().saturating_sub(self.block) > BLOCK {
                self.block += BLOCK;
                [self.line_ends, self.colons, self.percents] = load(self.text, self.block, LINE);
            } else {
                (self.colons, self.percents) = (0, 0);
                return (self.line < self.text.len()).then(|| self.take(self.text.len()));
            }
        }
    }
}

/// Counts the octets that [`find`] has passed on this thread, so that tests can prove linear cost without a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local!(static DONE: Cell<usize> = const { Cell::new(0) });

    pub(crate) fn add(octets: usize) {
        DONE.with(|done| done.set(done.get() + octets));
    }

    /// The octets passed while `run` ran.
    pub(crate) fn of(run: impl FnOnce()) -> usize {
        let before = DONE.with(Cell::get);
        run();
        DONE.with(Cell::get) - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expected(text: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            let end = start + line.len() - usize::from(line.ends_with(b"\n"));
            let last_colon = line.iter().rposition(|octet| *octet == b':').map(|at| start + at);
            lines.push(Line { start, end, last_colon, percent: line.contains(&b'%') });
            start += line.len();
        }
        lines
    }

    #[test]
    fn backends_agree_at_every_position_and_alignment() {
        let mut storage = [b'x'; 64 + BLOCK];
        for shift in 0..64 {
            for at in 0..BLOCK {
                for octet in 0..=255 {
                    storage[shift + at] = octet;
                    let block: &[u8; BLOCK] = storage[shift..].first_chunk().unwrap();
                    let wanted = LINE.map(|wanted| u64::from(octet == wanted) << at);
                    assert_eq!(portable::masks(block, LINE), wanted);
                    assert_eq!(masks(block, LINE), wanted);
                    storage[shift + at] = b'x';
                }
            }
        }
    }

    proptest! {
        #[test]
        fn backends_agree_on_any_block(block in prop::array::uniform32(prop::sample::select(&b"\n:%\x0b\x3b\x24\x8a\xba\0"[..]))) {
            let mut whole = [0; BLOCK];
            whole[..32].copy_from_slice(&block);
            whole[32..].copy_from_slice(&block);
            whole[32..].reverse();
            prop_assert_eq!(portable::masks(&whole, LINE), masks(&whole, LINE));
        }

        #[test]
        fn marks_are_found_like_by_a_plain_search(
            text in prop::collection::vec(prop::sample::select(&b"<>abcdefghijklmnopqrstuvwxyz"[..]), 0..400),
            steps in prop::collection::vec((0..2_usize, 0..100_usize), 0..50),
        ) {
            let mut marks = Marks::new(&text, [b'<', b'>']);
            let mut from = 0;
            for (kind, skip) in steps {
                from += skip;
                let expected = text.iter().skip(from).position(|octet| *octet == b"<>"[kind]).map(|at| at + from);
                prop_assert_eq!(marks.find(kind, from), expected);
                match expected {
                    Some(found) => from = found,
                    None => break,
                }
            }
        }

        #[test]
        fn lines_are_those_of_a_plain_split(text in prop::collection::vec(prop::sample::select(&b"\n:% ab"[..]), 0..400), sparse in any::<bool>()) {
            let text: Vec<u8> = if sparse { text.iter().flat_map(|octet| [*octet, b'a', b'a', b'a', b'a', b'a', b'a']).collect() } else { text };
            prop_assert_eq!(Lines::new(&text).collect::<Vec<_>>(), expected(&text));
        }
    }
}
