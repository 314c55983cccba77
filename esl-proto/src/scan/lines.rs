//! Header lines, and what they are cut at.

use super::{BLOCK, Class, Seen, Shape, Stop, find, look, slice};

/// What structures header lines: line ends and colons. Percent signs are noted, all in one block at once.
#[derive(Clone, Debug)]
pub(crate) struct HeaderLine {
    /// Whether there is a percent sign in the block before, or in those since the last stop.
    percent: bool,
}

impl Shape for HeaderLine {
    const START: Self = Self { percent: false };
    const BEHIND: u32 = 0;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> Seen {
        let (stops, here) = look(block, Class::both(b'\n', b':'), b'%');
        let noted = if self.percent | here { !0 } else { 0 };
        self.percent = here | (self.percent & (stops == 0));
        Seen { stops, noted }
    }
}

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Position of its first octet.
    pub(crate) start: usize,
    /// Position of the LF that ends it, or the length of the text.
    pub(crate) end: usize,
    /// Where its name ends and its value begins, if it has a colon.
    pub(crate) cut: Option<(usize, usize)>,
    /// Whether a percent sign may stand in it.
    pub(crate) percent: bool,
}

impl Line {
    /// The line at `start`, whatever it is.
    #[cold]
    pub(crate) fn at(text: &[u8], start: usize) -> Option<Self> {
        let end = find(b'\n', text, start).unwrap_or(text.len());
        let line = slice(text, start, end);
        let cut = cut(line).map(|(name, value)| (start + name, start + value));
        (start < text.len()).then(|| Self { start, end, cut, percent: memchr::memchr(b'%', line).is_some() })
    }
}

/// A line at the front of a text that is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegularLine<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// Whether a percent sign may stand in the value.
    pub(crate) percent: bool,
}

impl<'a> RegularLine<'a> {
    /// The line at `start`, if the next two stops are a colon with a blank after it and the line's end.
    #[inline]
    pub(crate) fn at(text: &'a [u8], start: usize, [colon, end]: [Stop; 2]) -> Option<Self> {
        let line = text.get(start..=end.at())?;
        let (name, [b':', b' ', value @ .., b'\n']) = line.split_at_checked(colon.at().wrapping_sub(start))? else {
            return None;
        };
        Some(Self { name, value, percent: end.noted() })
    }
}

/// Where the name of a line ends and its value begins: at its last colon that has a blank after it, because values hold
/// neither and names may; at its last colon if there is no such.
pub(crate) fn cut(line: &[u8]) -> Option<(usize, usize)> {
    let last = memchr::memrchr(b':', line)?;
    let mut colon = last;
    while line.get(colon + 1) != Some(&b' ') {
        match memchr::memrchr(b':', slice(line, 0, colon)) {
            Some(before) => colon = before,
            None => return Some((last, last + 1)),
        }
    }
    Some((colon, colon + 2))
}
