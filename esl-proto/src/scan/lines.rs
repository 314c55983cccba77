//! The lines of a text, with what a header line is cut at.

use super::stops::Stop;
use super::{Class, Shape, Stops, find, slice};

/// What structures a header line.
#[derive(Clone, Copy, Debug)]
struct HeaderLine;

impl Shape for HeaderLine {
    const STOP: Class = Class::both(b'\n', b':');
    const NOTE: u8 = b'%';
}

/// One line of [`Lines`].
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
    /// The line at `start` if it is as it should be: the next two places where anything could end are a colon with a
    /// blank after it and the line's end. `window` begins at `base`, and the stops count from there.
    #[inline]
    fn regular(window: &[u8], base: usize, start: usize, [colon, end]: [Stop; 2]) -> Option<Self> {
        let (colon_at, end_at) = (colon.offset(), end.offset());
        let Some([b':', b' ', .., b'\n']) = window.get(colon_at..=end_at) else { return None };
        let cut = Some((base + colon_at, base + colon_at + 2));
        Some(Self { start, end: base + end_at, cut, percent: colon.noted() | end.noted() })
    }
}

/// The lines of a text, each cut into name and value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lines<'a> {
    stops: Stops<'a, HeaderLine>,
    /// Position of the line that comes next.
    line: usize,
}

impl<'a> Lines<'a> {
    #[inline]
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { stops: Stops::new(text), line: 0 }
    }

    #[inline]
    pub(crate) const fn text(&self) -> &'a [u8] {
        self.stops.text()
    }

    /// Position of the line that comes next.
    #[inline]
    pub(crate) const fn position(&self) -> usize {
        self.line
    }

    /// Folds the next lines, at most `limit`, as long as they are found already and regular, and returns the count beside
    /// the result: quicker than one by one, but perhaps none at all.
    #[inline]
    pub(crate) fn some<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Line) -> B) -> (usize, B) {
        let text = self.text();
        let mut start = self.line;
        let mut count = 0;
        let mut folded = init;
        let (stops, base) = self.stops.batch(2);
        let window = slice(text, base, text.len());
        for stops in stops.as_chunks().0.iter().take(limit) {
            let Some(line) = Line::regular(window, base, start, *stops) else { break };
            start = line.end + 1;
            folded = fold(folded, line);
            count += 1;
        }
        self.line = start;
        self.stops.take(2 * count);
        (count, folded)
    }

    /// The next line if it is regular.
    #[inline]
    pub(crate) fn next_regular(&mut self) -> Option<Line> {
        let text = self.text();
        let (stops, base) = self.stops.batch(2);
        let line = Line::regular(slice(text, base, text.len()), base, self.line, *stops.first_chunk()?)?;
        self.stops.take(2);
        self.line = line.end + 1;
        Some(line)
    }

    /// Any line.
    #[cold]
    fn odd(&mut self) -> Option<Line> {
        let text = self.text();
        let start = self.line;
        let end = find(b'\n', text, start).unwrap_or(text.len());
        self.line = (end + 1).min(text.len());
        self.stops.seek(self.line);
        let line = slice(text, start, end);
        let cut = cut(line).map(|(name, value)| (start + name, start + value));
        (start < text.len()).then(|| Line { start, end, cut, percent: memchr::memchr(b'%', line).is_some() })
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    #[inline]
    fn next(&mut self) -> Option<Line> {
        self.next_regular().or_else(|| self.odd())
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
