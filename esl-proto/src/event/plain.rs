//! text/event-plain: lines of `Name: percent-coded value`, a blank line, a body.

use core::ops::ControlFlow;

use super::reader::{FEW, Read, is_content_length};
use crate::frame::Header;
use crate::scan::{HeaderLine, Line, Lookahead, Pair, RegularLine, Sought, Stop, cut, each_pair, line_at, same, slice};
use crate::text::{Coding, Value};

#[derive(Clone)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    ahead: Lookahead<HeaderLine, FEW>,
    /// Start of the next line; after the blank line, start of the body.
    at: usize,
    crlf: bool,
    has_content_length: bool,
    /// Whether the blank line has been read.
    over: bool,
}

shown! { Reader<'_> { text ahead at crlf has_content_length over } }

impl<'a> Reader<'a> {
    /// Reads the headers of `text` from `at` on.
    pub(super) const fn new(text: &'a [u8], at: usize, crlf: bool) -> Self {
        Self { text, ahead: Lookahead::NONE, at, crlf, has_content_length: false, over: false }
    }

    /// A reader behind all headers of `text`; a body, if one is announced, begins at `body`.
    pub(super) const fn after_headers(text: &'a [u8], body: usize) -> Self {
        Self { over: true, ..Self::new(text, body, false) }
    }

    /// Reads the remaining headers, and returns the text after the blank line.
    pub(super) fn into_text_behind(mut self) -> Value<'a> {
        self.each(usize::MAX, (), |(), _| ());
        Value::from_bytes(slice(self.text, self.at, self.text.len()))
    }

    #[inline]
    fn header(&mut self, name: &'a [u8], value: &'a [u8], escaped: bool) -> Header<'a> {
        if is_content_length(name) {
            self.has_content_length = true;
        }
        Header { name: Value::from_bytes(name), value: Value::new(value, Coding::Plain { escaped }) }
    }
}

impl<'a> Read<'a, 2> for Reader<'a> {
    type BlockClassifier = HeaderLine;

    #[inline]
    fn text(&self) -> &'a [u8] {
        self.text
    }

    #[inline]
    fn ahead(&mut self) -> &mut Lookahead<HeaderLine, FEW> {
        &mut self.ahead
    }

    #[inline]
    fn at(&self) -> usize {
        self.at
    }

    #[inline]
    fn go_on(&mut self, at: usize) {
        self.at = at;
    }

    #[inline]
    fn among_headers(&self) -> bool {
        !self.crlf && !self.over
    }

    #[inline]
    fn fast(&mut self, at: usize, structural: [Stop; 2]) -> Option<(Header<'a>, usize)> {
        let RegularLine { name, value, percent } = RegularLine::at(self.text, at, structural)?;
        Some((self.header(name, value, percent), structural[1].at() + 1))
    }

    #[inline(never)]
    fn slow(&mut self) -> Option<Header<'a>> {
        while !self.over {
            let line = Line::at(self.text, self.at)?;
            self.at = (line.end + 1).min(self.text.len());
            let carriage_return = self.crlf && slice(self.text, line.start, line.end).ends_with(b"\r");
            let end = line.end - usize::from(carriage_return);
            if end == line.start {
                // With CRLF lines, a lone CR is no end: the blank line after a head is not part of `text`.
                self.over = !self.crlf;
            } else if let Some((name_end, value)) = line.cut {
                let (name, value) = (slice(self.text, line.start, name_end), slice(self.text, value, end));
                return Some(self.header(name, value, line.percent));
            }
        }
        None
    }

    fn body(&self) -> Option<Value<'a>> {
        // Without a blank line the text has been read to its end.
        self.has_content_length.then(|| Value::from_bytes(slice(self.text, self.at, self.text.len())))
    }
}

/// The value of the header line at `start`, if `name` is its name in any case of its letters.
#[inline]
pub(super) fn value_of<'a>(text: &'a [u8], start: usize, name: &[u8]) -> Option<Value<'a>> {
    let front = slice(text, start, start.saturating_add(name.len()));
    // Fast path: programs nearly always spell a name as the server does.
    if !same(front, name) && !front.eq_ignore_ascii_case(name) {
        return None;
    }
    let line = line_at(text, start);
    // The name may be longer and contain the colon itself: compare with the real cut.
    let (name_end, value) = cut(line)?;
    let value = slice(line, value, line.len());
    let escaped = memchr::memchr(b'%', value).is_some();
    (name_end == name.len()).then(|| Value::new(value, Coding::Plain { escaped }))
}

/// The last header of this name, in any case of its letters, in a text whose lines end in LF; the outer [`None`] if the text
/// or the name is too short to be looked at in this way.
#[inline]
pub(super) fn last_of_name<'a>(text: &'a [u8], name: &[u8]) -> Option<Option<Value<'a>>> {
    if name.is_empty() {
        return None;
    }
    // A line with a colon so far behind its front, or an empty one.
    let pair = Pair { first: b'\n', seconds: [b':', b'\n'], apart: [name.len() + 1, 1], note: None };
    if text.first() == Some(&b'\n') {
        return Some(None);
    }
    let sought = Sought::new(name);
    let mut last = None;
    each_pair(text, pair, |at| {
        if text.get(at + 1) == Some(&b'\n') {
            return ControlFlow::Break(());
        }
        if sought.may_begin_with(text.get(at + 1).copied().unwrap_or_default()) {
            last = value_of(text, at + 1, name).or(last);
        }
        ControlFlow::Continue(())
    })?;
    Some(last.or_else(|| value_of(text, 0, name)))
}
