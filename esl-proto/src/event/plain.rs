//! text/event-plain: lines of `Name: percent-coded value`, a blank line, a body.

use super::Span;
use crate::name::header;
use crate::scan::{Line, Lines, slice};
use crate::text::{Coding, Value};

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    lines: Lines<'a>,
    crlf: bool,
    has_content_length: bool,
    /// Where the blank line ends.
    body: Option<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8], crlf: bool) -> Self {
        Self { text, lines: Lines::new(text), crlf, has_content_length: false, body: None }
    }

    pub(super) const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// To be asked after the last header.
    pub(super) fn body(&self) -> Option<Value<'a>> {
        let start = if self.has_content_length { self.body.unwrap_or(self.text.len()) } else { return None };
        Some(Value::octets(slice(self.text, start, self.text.len())))
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Span> {
        if self.body.is_some() {
            return None;
        }
        loop {
            let line = self.lines.next()?;
            let end = if self.crlf && slice(self.text, line.start, line.end).ends_with(b"\r") {
                line.end - 1
            } else {
                line.end
            };
            if end == line.start {
                if self.crlf {
                    // The blank line after a head is not part of it; this one is a lone CR.
                    continue;
                }
                self.body = Some(self.lines.position());
                return None;
            }
            if let Some(colon) = line.last_colon {
                let (name, value) = self.split(line, colon);
                if slice(self.text, line.start, name).eq_ignore_ascii_case(header::CONTENT_LENGTH.as_bytes()) {
                    self.has_content_length = true;
                }
                return Some(Span {
                    name: (line.start, name),
                    name_coding: Coding::Octets,
                    value: (value, end),
                    coding: Coding::Plain { escaped: line.percent },
                });
            }
        }
    }

    /// Where the name ends and the value begins: at the last colon with a blank after it, because values hold
    /// neither and names may; at the last colon if there is no such.
    #[inline]
    fn split(&self, line: Line, last_colon: usize) -> (usize, usize) {
        if self.text.get(last_colon + 1) == Some(&b' ') {
            return (last_colon, last_colon + 2);
        }
        self.split_before(line, last_colon)
    }

    #[cold]
    fn split_before(&self, line: Line, last_colon: usize) -> (usize, usize) {
        let mut end = last_colon;
        while let Some(colon) = memchr::memrchr(b':', slice(self.text, line.start, end)) {
            end = line.start + colon;
            if self.text.get(end + 1) == Some(&b' ') {
                return (end, end + 2);
            }
        }
        (last_colon, last_colon + 1)
    }
}
