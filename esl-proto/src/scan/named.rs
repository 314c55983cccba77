//! The header lines whose names have a given length.

use super::{BLOCK, masks, see_block, slice};

/// Where lines end and colons stand in one block of a text: a bit for each octet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) ends: u64,
    pub(crate) colons: u64,
}

impl Marks {
    /// Those of a text before it begins: a line begins there as if a line end stood before.
    const BEFORE: Self = Self { ends: 1 << (BLOCK - 1), colons: 0 };

    /// The bits of line ends that stand right behind another, given the block before.
    #[inline]
    const fn empty_lines(self, before: Self) -> u64 {
        self.ends & (self.ends << 1 | before.ends >> (BLOCK - 1))
    }
}

/// Where the marks of a text come from: from the text, or from notes that were taken of it.
pub(crate) trait Marked {
    /// Whether there are none from the first empty line on.
    const HEADERS_ONLY: bool;

    /// Those of the block of this number, if there is one.
    fn marks(&self, block: usize) -> Option<Marks>;
}

impl Marked for &[u8] {
    const HEADERS_ONLY: bool = false;

    #[inline]
    fn marks(&self, block: usize) -> Option<Marks> {
        let start = block * BLOCK;
        if start >= self.len() {
            return None;
        }
        let [ends, colons] = see_block(self, start, |block| masks(block, [b'\n', b':']));
        Some(Marks { ends, colons })
    }
}

/// Looks for lines that have a colon just so many octets after their beginning, up to the first empty line: the few
/// among all lines whose names are worth a comparison. A line that ends before the colon may be among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<M> {
    marked: M,
    /// The length of the name.
    len: usize,
    /// The number of the block that comes next.
    next: usize,
    /// The block before.
    before: Marks,
    /// The colons in that block that are in the right place and have not been handed out.
    colons: u64,
    /// Whether the empty line has been found.
    over: bool,
}

/// The longest name that can be looked for by [`Named`].
pub(crate) const LONGEST_NAME: usize = BLOCK - 2;

impl<M: Marked> Named<M> {
    /// Looks for names of `len` octets, at most [`LONGEST_NAME`].
    #[inline]
    pub(crate) const fn new(marked: M, len: usize) -> Self {
        Self { marked, len, next: 0, before: Marks::BEFORE, colons: 0, over: false }
    }

    /// Goes to the next block with a colon in the right place.
    #[inline]
    fn look_ahead(&mut self) {
        // A name's colon stands this far behind the line end before it.
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

impl<M: Marked> Iterator for Named<M> {
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

/// How much of a text [`note_marks`] has taken notes of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    /// The number of notes.
    pub(crate) count: usize,
    /// Where the first line begins that is not noted whole, or, if all are, where the last one ends.
    pub(crate) end: usize,
    /// Whether that is behind the empty line.
    pub(crate) over: bool,
}

/// Takes notes of a text, one for each block up to the first empty line, as long as there are places: notes of headers
/// only.
#[inline]
pub(crate) fn note_marks(text: &[u8], places: impl Iterator<Item = impl FnOnce(Marks)>) -> Noted {
    let mut noted = Noted { count: 0, end: 0, over: false };
    let mut before = Marks::BEFORE;
    for place in places {
        let Some(marks) = text.marks(noted.count) else { break };
        let start = noted.count * BLOCK;
        noted.count += 1;
        let empty = marks.empty_lines(before);
        if empty != 0 {
            let headers = below_lowest(empty);
            place(Marks { ends: marks.ends & headers, colons: marks.colons & headers });
            return Noted { end: start + empty.trailing_zeros() as usize + 1, over: true, ..noted };
        }
        place(marks);
        if marks.ends != 0 {
            noted.end = start + BLOCK - marks.ends.leading_zeros() as usize;
        }
        before = marks;
    }
    noted
}

/// The line of `text` that begins at `start`, without its end.
#[inline]
pub(crate) fn line_at(text: &[u8], start: usize) -> &[u8] {
    let rest = slice(text, start, text.len());
    slice(rest, 0, memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
}
