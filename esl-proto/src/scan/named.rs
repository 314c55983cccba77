//! The header lines whose names have a given length.

use super::{BLOCK, block_at, masks, slice};

/// Looks for lines that have a colon just so many octets after their beginning, up to the first empty line: the few
/// among all lines whose names are worth a comparison. A line that ends before the colon may be among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    text: &'a [u8],
    /// The length of the name.
    len: usize,
    /// Position of the block that comes next.
    next: usize,
    /// The line ends of the block before.
    ends: u64,
    /// The colons in that block that are in the right place and have not been handed out.
    colons: u64,
    /// Whether the empty line has been found.
    over: bool,
}

impl<'a> Named<'a> {
    /// The longest name that can be looked for in this way.
    pub(crate) const LONGEST: usize = BLOCK - 2;

    /// Looks for names of `len` octets, at most [`LONGEST`](Self::LONGEST).
    #[inline]
    pub(crate) const fn new(text: &'a [u8], len: usize) -> Self {
        // A line begins where the text does, as if a line end stood before.
        Self { text, len, next: 0, ends: 1 << (BLOCK - 1), colons: 0, over: false }
    }

    #[inline]
    pub(crate) const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Goes to the next block with a colon in the right place.
    fn look_ahead(&mut self) {
        // A name's colon stands this far behind the line end before it.
        let distance = self.len as u32 + 1;
        let mut before = self.ends;
        while self.colons == 0 && !self.over && self.next < self.text.len() {
            let [ends, colons] = masks(&block_at(self.text, self.next), [b'\n', b':']);
            let places = ends.wrapping_shl(distance) | before.wrapping_shr(BLOCK as u32 - distance);
            let empty = ends & (ends << 1 | before >> (BLOCK - 1));
            self.colons = colons & places;
            if empty != 0 {
                self.over = true;
                // All bits below the lowest one.
                self.colons &= (empty & empty.wrapping_neg()) - 1;
            }
            before = ends;
            self.next += BLOCK;
        }
        self.ends = before;
    }
}

impl<'a> Iterator for Named<'a> {
    /// Where the line begins.
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.colons == 0 {
            self.look_ahead();
        }
        let place = self.colons.trailing_zeros() as usize;
        self.colons &= self.colons.wrapping_sub(1);
        (place < BLOCK).then(|| (self.next + place).wrapping_sub(BLOCK + self.len))
    }
}

/// The line of `text` that begins at `start`, without its end.
#[inline]
pub(crate) fn line_at(text: &[u8], start: usize) -> &[u8] {
    let rest = slice(text, start, text.len());
    slice(rest, 0, memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
}
