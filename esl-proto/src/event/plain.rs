//! text/event-plain: lines of `Name: percent-coded value`, a blank line, a body.

use super::Span;
use super::reader::Read;
use crate::name::header;
use crate::scan::{Lines, cut, line_at, slice};
use crate::text::{Coding, Value};

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    lines: Lines<'a>,
    crlf: bool,
    has_content_length: bool,
    /// Where the blank line ends.
    body: Option<usize>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(text: &'a [u8], crlf: bool) -> Self {
        Self { lines: Lines::new(text), crlf, has_content_length: false, body: None }
    }

    /// Any header.
    #[inline(never)]
    fn next_any(&mut self) -> Option<Span> {
        if self.body.is_some() {
            return None;
        }
        let text = self.text();
        loop {
            let line = self.lines.next()?;
            let carriage_return = self.crlf && slice(text, line.start, line.end).ends_with(b"\r");
            let end = line.end - usize::from(carriage_return);
            if end == line.start {
                if self.crlf {
                    // The blank line after a head is not part of it; this one is a lone CR.
                    continue;
                }
                self.body = Some(self.lines.position());
                return None;
            }
            if let Some((name_end, value)) = line.cut {
                if is_content_length(text, line.start, name_end) {
                    self.has_content_length = true;
                }
                return Some(span((line.start, name_end), (value, end), line.percent));
            }
        }
    }
}

impl<'a> Read<'a> for Reader<'a> {
    #[inline]
    fn text(&self) -> &'a [u8] {
        self.lines.text()
    }

    fn body(&self) -> Option<Value<'a>> {
        let text = self.text();
        let start = if self.has_content_length { self.body.unwrap_or(text.len()) } else { return None };
        Some(Value::octets(slice(text, start, text.len())))
    }

    #[inline]
    fn next(&mut self) -> Option<Span> {
        if !self.crlf
            && self.body.is_none()
            && let Some(line) = self.lines.next_regular()
            && let Some((name_end, value)) = line.cut
        {
            if is_content_length(self.text(), line.start, name_end) {
                self.has_content_length = true;
            }
            return Some(span((line.start, name_end), (value, line.end), line.percent));
        }
        self.next_any()
    }

    #[inline]
    fn some<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Span) -> B) -> (usize, B) {
        if self.crlf || self.body.is_some() {
            return (0, init);
        }
        let text = self.text();
        let mut has_content_length = false;
        let found = self.lines.some(limit, init, |folded, line| {
            let (name_end, value) = line.cut.unwrap_or_default();
            if is_content_length(text, line.start, name_end) {
                has_content_length = true;
            }
            fold(folded, span((line.start, name_end), (value, line.end), line.percent))
        });
        self.has_content_length |= has_content_length;
        found
    }
}

#[inline]
fn is_content_length(text: &[u8], start: usize, end: usize) -> bool {
    const NAME: &[u8] = header::CONTENT_LENGTH.as_bytes();
    #[cold]
    fn compare(text: &[u8], start: usize, end: usize) -> bool {
        slice(text, start, end).eq_ignore_ascii_case(NAME)
    }
    end - start == NAME.len() && compare(text, start, end)
}

#[inline]
const fn span(name: (usize, usize), value: (usize, usize), escaped: bool) -> Span {
    Span { name, name_coding: Coding::Octets, value, coding: Coding::Plain { escaped } }
}

/// The value of the header line at `start`, if `name` is its name in any case of its letters.
#[inline]
pub(super) fn value_of<'a>(text: &'a [u8], start: usize, name: &[u8]) -> Option<Value<'a>> {
    let front = slice(text, start, start.saturating_add(name.len()));
    if !front.eq_ignore_ascii_case(name) {
        return None;
    }
    let line = line_at(text, start);
    // The colon behind the name need not be the one that ends it.
    let (name_end, value) = cut(line)?;
    let value = slice(line, value, line.len());
    let escaped = memchr::memchr(b'%', value).is_some();
    (name_end == name.len()).then(|| Value::new(value, Coding::Plain { escaped }))
}
