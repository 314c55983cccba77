//! Finding the octets that give the wire its structure.
//!
//! Two ways of looking, for two shapes of text. Frame heads are a few short lines: [`find`] goes from one line end to
//! the next and every octet it passes is counted in tests, which is how the linear cost of the decoder is proved.
//! Event text is dozens of short lines: [`Lines`] looks at 64 octets at a time and gets a bit mask for each octet
//! it wants, so that a line costs a few instructions whatever its length.
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

/// Where the three octets that structure a header line stand in a block: bit `i` is the block's octet `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    line_end: u64,
    colon: u64,
    percent: u64,
}

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
    /// Position of the block that `masks` belongs to.
    block: usize,
    /// What of the block has not been handed out yet.
    masks: Masks,
    /// Position of the line that comes next.
    line: usize,
    last_colon: Option<usize>,
    percent: bool,
}

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let mut lines = Self { text, block: 0, masks: Masks::default(), line: 0, last_colon: None, percent: false };
        lines.load();
        lines
    }

    /// Position of the line that comes next.
    #[inline]
    pub(crate) const fn position(&self) -> usize {
        self.line
    }

    #[inline]
    fn load(&mut self) {
        let rest = self.text.get(self.block..).unwrap_or_default();
        self.masks = match rest.first_chunk::<BLOCK>() {
            Some(block) => masks(block),
            None => last_block(rest),
        };
    }

    /// Remembers what the octets under `mask` say of the line that is being read.
    #[inline]
    fn note(&mut self, mask: u64) {
        let colons = self.masks.colon & mask;
        if colons != 0 {
            self.last_colon = Some(self.block + (63 - colons.leading_zeros() as usize));
        }
        self.percent |= self.masks.percent & mask != 0;
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
            let line_ends = self.masks.line_end;
            if line_ends != 0 {
                // All bits below the lowest line end, and that one too.
                let through = line_ends ^ (line_ends - 1);
                self.note(through);
                self.masks.line_end &= !through;
                self.masks.colon &= !through;
                self.masks.percent &= !through;
                return Some(self.take(self.block + line_ends.trailing_zeros() as usize));
            }
            self.note(u64::MAX);
            if self.text.len() - self.block.min(self.text.len()) > BLOCK {
                self.block += BLOCK;
                self.load();
            } else {
                self.masks = Masks::default();
                return (self.line < self.text.len()).then(|| self.take(self.text.len()));
            }
        }
    }
}

/// The masks of a text shorter than a block.
#[cold]
fn last_block(rest: &[u8]) -> Masks {
    let mut block = [0; BLOCK];
    for (to, from) in block.iter_mut().zip(rest) {
        *to = *from;
    }
    masks(&block)
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
                    let here = |wanted| u64::from(octet == wanted) << at;
                    let wanted = Masks { line_end: here(b'\n'), colon: here(b':'), percent: here(b'%') };
                    assert_eq!(portable::masks(block), wanted);
                    assert_eq!(masks(block), wanted);
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
            prop_assert_eq!(portable::masks(&whole), masks(&whole));
        }

        #[test]
        fn lines_are_those_of_a_plain_split(text in prop::collection::vec(prop::sample::select(&b"\n:% ab"[..]), 0..400), sparse in any::<bool>()) {
            let text: Vec<u8> = if sparse { text.iter().flat_map(|octet| [*octet, b'a', b'a', b'a', b'a', b'a', b'a']).collect() } else { text };
            prop_assert_eq!(Lines::new(&text).collect::<Vec<_>>(), expected(&text));
        }
    }
}
