//! text/event-plain: lines of `Name: percent-coded value`, a blank line, a body.

use super::{HeaderSlot, Span};
use crate::name::header;
use crate::scan::{Lines, slice};
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

    pub(super) const fn text(&self) -> &'a [u8] {
        self.lines.text()
    }

    /// To be asked after the last header.
    pub(super) fn body(&self) -> Option<Value<'a>> {
        let text = self.text();
        let start = if self.has_content_length { self.body.unwrap_or(text.len()) } else { return None };
        Some(Value::octets(slice(text, start, text.len())))
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Span> {
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

    /// Notes the next headers in `slots`, as many as there are of both, and returns the count.
    pub(super) fn fill(&mut self, slots: &mut [HeaderSlot]) -> usize {
        let mut used = 0;
        loop {
            if !self.crlf && self.body.is_none() {
                used += self.fill_quickly(slots.get_mut(used..).unwrap_or_default());
            }
            let Some(slot) = slots.get_mut(used) else { return used };
            let Some(span) = self.next() else { return used };
            *slot = HeaderSlot::of(&span);
            used += 1;
        }
    }

    #[inline]
    fn fill_quickly(&mut self, slots: &mut [HeaderSlot]) -> usize {
        let text = self.text();
        let mut has_content_length = false;
        let used = self.lines.some(slots, |line| {
            let (name_end, value) = line.cut.unwrap_or_default();
            if is_content_length(text, line.start, name_end) {
                has_content_length = true;
            }
            HeaderSlot::of(&span((line.start, name_end), (value, line.end), line.percent))
        });
        self.has_content_length |= has_content_length;
        used
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
