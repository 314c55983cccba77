//! text/event-xml: what FreeSWITCH writes, which is XML only as long as header names and bodies allow it.
//!
//! The document is `<event>`, `<headers>` with one element a header, then perhaps `<Content-Length>` and `<body>`.
//! Element names are header names, raw: they may hold blanks, colons, angle brackets and line ends, or be empty. So an
//! element is recognised by its end tag. Header texts are percent-coded and hold no `<`; there are no attributes.

use super::reader::Read;
use super::{EventError, EventErrorKind, Span};
use crate::name::header;
use crate::scan::{Class, Shape, Stops, find, find_pair, slice};
use crate::text::{Coding, Value, decimal, is_space, skip_space, trim_space_end};

/// How many places are tried as the end tag of an element whose name holds angle brackets.
const MOST_TRIES: usize = 8;

const BODY: &[u8] = b"<body>";

/// The white space that FreeSWITCH writes before each header.
const INDENT: &[u8] = b"\n    ";

/// Tags and texts end at angle brackets.
#[derive(Clone, Copy, Debug)]
struct Tags;

impl Shape for Tags {
    const STOP: Class = Class::both(b'<', b'>');
    const NOTE: u8 = b'&';
}

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    brackets: Stops<'a, Tags>,
    at: usize,
    state: State,
    /// What the last Content-Length says.
    content_length: Option<usize>,
    body: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    /// Between `<headers>` and `</headers>`.
    Headers,
    /// After `</headers>`.
    Siblings,
    End,
    Broken(EventError),
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, brackets: Stops::new(text), at: 0, state: State::Start, content_length: None, body: None }
    }

    /// Why the last header came before the end of the text.
    pub(super) const fn error(&self) -> Option<EventError> {
        match self.state {
            State::Broken(error) => Some(error),
            _ => None,
        }
    }

    fn rest(&self) -> &'a [u8] {
        slice(self.text, self.at, self.text.len())
    }

    fn skip_space(&mut self) {
        self.at = skip_space(self.text, self.at);
    }

    /// Steps over `tag` and the white space before it, if it comes next.
    fn tag(&mut self, tag: &[u8]) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(tag);
        if found {
            self.at += tag.len();
        }
        found
    }

    /// Steps over `tag`, which must come next.
    fn expect(&mut self, tag: &[u8]) -> Result<(), EventError> {
        if self.tag(tag) {
            return Ok(());
        }
        let rest = self.rest();
        let common = rest.iter().zip(tag).take_while(|(here, wanted)| here == wanted).count();
        let kind = if common == rest.len() { EventErrorKind::Truncated } else { EventErrorKind::Unexpected };
        Err(EventError { kind, offset: self.at + common })
    }

    fn element(&mut self) -> Result<Option<Span>, EventError> {
        if let State::Start = self.state {
            self.expect(b"<event>")?;
            self.expect(b"<headers>")?;
            self.state = State::Headers;
        }
        if let State::Headers = self.state {
            if !self.tag(b"</headers>") {
                return self.named().map(Some);
            }
            self.state = State::Siblings;
        }
        if let State::Siblings = self.state {
            if self.tag(BODY) {
                self.end_of_body()?;
            } else if !self.tag(b"</event>") {
                return self.named().map(Some);
            }
            self.state = State::End;
            self.skip_space();
            if self.at < self.text.len() {
                return Err(EventError { kind: EventErrorKind::TrailingData, offset: self.at });
            }
        }
        Ok(None)
    }

    /// Finds the end of the body, whose text begins here: the last end tag of the document, because the text itself
    /// may hold one unescaped.
    fn end_of_body(&mut self) -> Result<(), EventError> {
        let document = trim_space_end(self.rest());
        let body = document
            .strip_suffix(b"</event>")
            .and_then(|text| trim_space_end(text).strip_suffix(b"</body>"))
            .ok_or(EventError { kind: EventErrorKind::Truncated, offset: self.text.len() })?;
        self.body = Some((self.at, self.at + body.len()));
        self.at += document.len();
        Ok(())
    }

    /// Reads `<name>text</name>`.
    #[inline]
    fn named(&mut self) -> Result<Span, EventError> {
        if let Some(brackets) = self.brackets.peek()
            && let brackets @ [open, close, end, last] = brackets.map(|(at, _)| at)
            && open == self.at
            && is_element(self.text, brackets)
        {
            self.brackets.take(4);
            return Ok(self.span((open + 1, close), (close + 1, end), last + 1));
        }
        let span = self.oddly_named()?;
        self.brackets.seek(self.at);
        Ok(span)
    }

    fn oddly_named(&mut self) -> Result<Span, EventError> {
        let start = self.at;
        if self.rest().first().is_some_and(|octet| *octet != b'<') {
            return Err(EventError { kind: EventErrorKind::Unexpected, offset: start });
        }
        let truncated = EventError { kind: EventErrorKind::Truncated, offset: self.text.len() };
        let name = start + 1;
        let name_end = find(b'>', self.text, name).ok_or(truncated)?;
        let text_end = find(b'<', self.text, name_end).ok_or(truncated)?;
        // All but odd names: the tag ends at the first `>`, the text at the next `<`.
        if let Some(end) = self.end_tag(text_end, (name, name_end)) {
            return Ok(self.span((name, name_end), (name_end + 1, text_end), end));
        }
        // The name holds angle brackets. The text holds no `<`, so the tag ends at the last `>` before the end tag.
        let mut at = name_end;
        for _ in 0..MOST_TRIES {
            let Some(text_end) = find_pair(b"</", self.text, at) else { break };
            at = text_end + 2;
            let Some(bracket) = memchr::memrchr2(b'<', b'>', slice(self.text, name, text_end)) else { continue };
            let name_end = name + bracket;
            if self.text.get(name_end) != Some(&b'>') {
                continue;
            }
            if let Some(end) = self.end_tag(text_end, (name, name_end)) {
                return Ok(self.span((name, name_end), (name_end + 1, text_end), end));
            }
        }
        Err(EventError { kind: EventErrorKind::Unmatched, offset: start })
    }

    fn span(&mut self, name: (usize, usize), value: (usize, usize), end: usize) -> Span {
        self.at = end;
        Span { name, name_coding: Coding::Octets, value, coding: Coding::XmlHeader }
    }

    /// The position after the end tag of `name` at `at`, if it stands there and nothing but another tag follows.
    fn end_tag(&self, at: usize, name: (usize, usize)) -> Option<usize> {
        let tag = slice(self.text, at, self.text.len());
        let after = tag.strip_prefix(b"</")?.strip_prefix(slice(self.text, name.0, name.1))?.strip_prefix(b">")?;
        let followed = after.first().is_some_and(|octet| *octet == b'<' || is_space(*octet));
        followed.then(|| self.text.len() - after.len())
    }
}

impl<'a> Read<'a> for Reader<'a> {
    #[inline]
    fn text(&self) -> &'a [u8] {
        self.text
    }

    fn body(&self) -> Option<Value<'a>> {
        let (start, end) = self.body?;
        Some(Value::xml_body(slice(self.text, start, end), self.content_length))
    }

    fn next(&mut self) -> Option<Span> {
        let span = self.element().unwrap_or_else(|error| {
            self.state = State::Broken(error);
            None
        })?;
        if span.is(self.text, header::CONTENT_LENGTH.as_bytes()) {
            let value = span.header(self.text).value;
            self.content_length = decimal(value.bytes()).and_then(|length| usize::try_from(length).ok());
        }
        Some(span)
    }

    #[inline]
    fn some<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Span) -> B) -> (usize, B) {
        let State::Headers = self.state else { return (0, init) };
        let mut at = self.at;
        let mut count = 0;
        let mut folded = init;
        let (brackets, base) = self.brackets.batch(4);
        let window = slice(self.text, base, self.text.len());
        for brackets in brackets.as_chunks().0.iter().take(limit) {
            let brackets @ [open, close, end, last] = brackets.map(|bracket| bracket.offset());
            let indented =
                base + open == at + INDENT.len() && slice(window, open.wrapping_sub(INDENT.len()), open) == INDENT;
            if !indented || !is_element(window, brackets) || close - open - 1 == header::CONTENT_LENGTH.len() {
                break;
            }
            at = base + last + 1;
            let span = Span {
                name: (base + open + 1, base + close),
                name_coding: Coding::Octets,
                value: (base + close + 1, base + end),
                coding: Coding::XmlHeader,
            };
            folded = fold(folded, span);
            count += 1;
        }
        self.at = at;
        self.brackets.take(4 * count);
        (count, folded)
    }
}

/// Whether `<name>text</name>` stands at these brackets, and something that may follow it.
#[inline]
fn is_element(text: &[u8], [open, close, end, last]: [usize; 4]) -> bool {
    matches!(text.get(close), Some(b'>'))
        && matches!(text.get(end..), Some([b'<', b'/', ..]))
        && matches!(text.get(last..), Some([b'>', b'<' | b' ' | b'\t' | b'\n' | b'\r', ..]))
        && slice(text, open + 1, close) == slice(text, end + 2, last)
}
