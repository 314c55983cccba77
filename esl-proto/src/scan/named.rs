//! Finds the header lines whose names have a given length.

use super::{BLOCK, masks, see_block, slice};

/// The line ends and colons in one block of a text: a bit for each byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineMasks {
    pub(crate) ends: u64,
    pub(crate) colons: u64,
}

impl LineMasks {
    /// The masks of an imagined block before the text, whose last byte is a line end: a line begins at position 0.
    const BEFORE: Self = Self { ends: 1 << (BLOCK - 1), colons: 0 };

    /// The bits of line ends that directly follow another line end, given the previous block.
    #[inline]
    const fn empty_lines(self, before: Self) -> u64 {
        self.ends & (self.ends << 1 | before.ends >> (BLOCK - 1))
    }
}

/// The source of a text's masks: the text itself, or the slots of an index.
pub(crate) trait Marked {
    /// Whether the masks stop before the first empty line.
    const HEADERS_ONLY: bool;

    /// The masks of the block of this number; `None` beyond the last.
    fn marks(&self, block: usize) -> Option<LineMasks>;
}

impl Marked for &[u8] {
    const HEADERS_ONLY: bool = false;

    #[inline]
    fn marks(&self, block: usize) -> Option<LineMasks> {
        let start = block * BLOCK;
        if start >= self.len() {
            return None;
        }
        let [ends, colons] = see_block(self, start, |block| masks(block, [b'\n', b':']));
        Some(LineMasks { ends, colons })
    }
}

/// Finds lines whose header name has exactly `len` bytes, up to the first empty line: the only ones worth comparing.
/// May yield false positives, where the colon belongs to a later line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinesByNameLength<M> {
    marked: M,
    /// The length of the name.
    len: usize,
    /// The number of the next block.
    next: usize,
    /// The masks of the previous block.
    before: LineMasks,
    /// The colons in the previous block that are `len` bytes into a line and have not been yielded.
    colons: u64,
    /// Whether the first empty line has been found.
    over: bool,
}

/// The longest name that [`LinesByNameLength`] can look for: line end and colon must be less than a block apart.
pub(crate) const LONGEST_NAME: usize = BLOCK - 2;

impl<M: Marked> LinesByNameLength<M> {
    /// Looks for names of `len` bytes, at most [`LONGEST_NAME`].
    #[inline]
    pub(crate) const fn new(marked: M, len: usize) -> Self {
        Self { marked, len, next: 0, before: LineMasks::BEFORE, colons: 0, over: false }
    }

    /// Advances to the next block with a colon `len` bytes into a line.
    #[inline]
    fn look_ahead(&mut self) {
        // From the line end before a name to the colon after it.
        let distance = self.len as u32 + 1;
        while !self.over
            && let Some(marks) = self.marked.marks(self.next)
        {
            let ends = marks.ends.wrapping_shl(distance) | self.before.ends.wrapping_shr(BLOCK as u32 - distance);
            self.colons = marks.colons & ends;
            let empty = if M::HEADERS_ONLY { 0 } else { marks.empty_lines(self.before) };
            self.before = marks;
            self.next += 1;
            if self.colons | empty != 0 {
                if empty != 0 {
                    self.over = true;
                    self.colons &= below_lowest(empty);
                }
                break;
            }
        }
    }
}

/// All bits below the lowest one of `bits`.
const fn below_lowest(bits: u64) -> u64 {
    (bits & bits.wrapping_neg()).wrapping_sub(1)
}

impl<M: Marked> Iterator for LinesByNameLength<M> {
    /// Where the line begins.
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.colons == 0 {
            self.look_ahead();
        }
        let place = self.colons.trailing_zeros() as usize;
        self.colons &= self.colons.wrapping_sub(1);
        (place < BLOCK).then(|| (self.next * BLOCK + place).wrapping_sub(BLOCK + self.len))
    }
}

/// How much of a text [`note_marks`] has covered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// The number of blocks recorded.
    pub(crate) count: usize,
    /// The start of the first line that is not covered whole; the end of the last line if all are.
    pub(crate) end: usize,
    /// Whether `end` is after the first empty line.
    pub(crate) over: bool,
}

/// Records the masks of a text in `places`, one for each block up to the first empty line. Bits from the empty line on
/// are cleared.
#[inline]
pub(crate) fn note_marks(text: &[u8], places: impl Iterator<Item = impl FnOnce(LineMasks)>) -> Noted {
    let mut flagged = Noted { count: 0, end: 0, over: false };
    let mut before = LineMasks::BEFORE;
    for place in places {
        let Some(marks) = text.marks(flagged.count) else { break };
        let start = flagged.count * BLOCK;
        flagged.count += 1;
        let empty = marks.empty_lines(before);
        if empty != 0 {
            let headers = below_lowest(empty);
            place(LineMasks { ends: marks.ends & headers, colons: marks.colons & headers });
            return Noted { end: start + empty.trailing_zeros() as usize + 1, over: true, ..flagged };
        }
        place(marks);
        if marks.ends != 0 {
            flagged.end = start + BLOCK - marks.ends.leading_zeros() as usize;
        }
        before = marks;
    }
    flagged
}

/// The line of `text` that begins at `start`, without its end.
#[inline]
pub(crate) fn line_at(text: &[u8], start: usize) -> &[u8] {
    let rest = slice(text, start, text.len());
    slice(rest, 0, memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
}
