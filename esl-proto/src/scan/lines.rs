//! The structural bytes of header lines.

use super::{BLOCK, BlockClassifier, BlockMask, Class, Stop, find, look, slice};

/// Classifies line ends and colons. Percent signs set the flag, for all structural bytes of a block together.
#[derive(Clone, Debug)]
pub(crate) struct HeaderLine {
    /// Whether the previous block, or any block since the last stop, contains a percent sign.
    percent: bool,
}

impl BlockClassifier for HeaderLine {
    const START: Self = Self { percent: false };
    const BEHIND: u32 = 0;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask {
        let (structural, here) = look(block, Class::both(b'\n', b':'), b'%');
        let flagged = if self.percent | here { !0 } else { 0 };
        self.percent = here | (self.percent & (structural == 0));
        BlockMask { structural, flagged }
    }
}

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Position of the first byte.
    pub(crate) start: usize,
    /// Position of the LF that ends it, or the length of the text.
    pub(crate) end: usize,
    /// Where the name ends and the value begins; `None` without a colon.
    pub(crate) cut: Option<(usize, usize)>,
    /// Whether the line may contain a percent sign.
    pub(crate) percent: bool,
}

impl Line {
    /// Slow path: any line at `start`.
    #[cold]
    pub(crate) fn at(text: &[u8], start: usize) -> Option<Self> {
        let end = find(b'\n', text, start).unwrap_or(text.len());
        let line = slice(text, start, end);
        let cut = cut(line).map(|(name, value)| (start + name, start + value));
        (start < text.len()).then(|| Self { start, end, cut, percent: memchr::memchr(b'%', line).is_some() })
    }
}

/// A `Name: value` line as FreeSWITCH writes it, delimited by exactly two structural bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegularLine<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// Whether the value may contain a percent sign.
    pub(crate) percent: bool,
}

impl<'a> RegularLine<'a> {
    /// Fast path: the line at `start`, if the next two structural bytes are a colon followed by a space and the line end.
    #[inline]
    pub(crate) fn at(text: &'a [u8], start: usize, [colon, end]: [Stop; 2]) -> Option<Self> {
        let line = text.get(start..=end.at())?;
        let (name, [b':', b' ', value @ .., b'\n']) = line.split_at_checked(colon.at().wrapping_sub(start))? else {
            return None;
        };
        Some(Self { name, value, percent: end.flagged() })
    }
}

/// Where the name of a line ends and its value begins: at the last colon followed by a space, because a coded value
/// contains neither and a name may contain both; otherwise at the last colon.
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
