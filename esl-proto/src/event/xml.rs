//! text/event-xml: what FreeSWITCH writes, which is XML only as long as header names and bodies allow it.
//!
//! The document is `<event>`, `<headers>` with one element for each header, then optionally `<Content-Length>` and `<body>`.
//! Element names are header names, raw: they may hold blanks, colons, angle brackets and line ends, or be empty. So an
//! element is recognised by its end tag. Header texts are percent-coded and hold no `<`; a text that does hold `<` is
//! read as long as it holds no `>`. There are no attributes.

use super::reader::{FEW, Read, is_content_length};
use super::{EventError, EventErrorKind};
use crate::frame::Header;
use crate::scan::{
    BLOCK, BlockClassifier, BlockMask, Class, Lookahead, Ordinary, Pair, Sought, Stop, every_pair, find, find_pair,
    look, repeats, slice,
};
use crate::text::{Coding, Value, decimal, is_space, skip_space, trim_space_end};

/// Candidate end tags tried for an element whose name holds angle brackets: a bound on backtracking.
const MOST_TRIES: usize = 8;

const BODY: &[u8] = b"<body>";

/// Classifies the ends of tags.
#[derive(Clone, Debug)]
pub(super) struct Tags;

impl BlockClassifier for Tags {
    const START: Self = Self;
    const BEHIND: u32 = 0;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask {
        BlockMask { structural: look(block, Class::one(b'>'), 0).0, flagged: 0 }
    }
}

#[derive(Clone)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    ahead: Lookahead<Tags, FEW>,
    at: usize,
    state: State,
    /// The value of the last Content-Length.
    content_length: Option<usize>,
    body: Option<(usize, usize)>,
}

shown! { Reader<'_> { text ahead at state content_length body } }

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
        Self { text, ahead: Lookahead::NONE, at: 0, state: State::Start, content_length: None, body: None }
    }

    /// Why reading stopped before the end of the text.
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

    /// Consumes white space and `tag`, if the tag is next; else only the white space.
    fn tag(&mut self, tag: &[u8]) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(tag);
        if found {
            self.at += tag.len();
        }
        found
    }

    /// Consumes white space and `tag`, which must be next.
    fn expect(&mut self, tag: &[u8]) -> Result<(), EventError> {
        if self.tag(tag) {
            return Ok(());
        }
        let rest = self.rest();
        let common = rest.iter().zip(tag).take_while(|(here, wanted)| here == wanted).count();
        let kind = if common == rest.len() { EventErrorKind::Truncated } else { EventErrorKind::Unexpected };
        Err(EventError { kind, offset: self.at + common })
    }

    fn element(&mut self) -> Result<Option<Header<'a>>, EventError> {
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
    fn named(&mut self) -> Result<Header<'a>, EventError> {
        let start = self.at;
        if self.rest().first().is_some_and(|octet| *octet != b'<') {
            return Err(EventError { kind: EventErrorKind::Unexpected, offset: start });
        }
        let truncated = EventError { kind: EventErrorKind::Truncated, offset: self.text.len() };
        let name = start + 1;
        let name_end = find(b'>', self.text, name).ok_or(truncated)?;
        let text_end = find(b'<', self.text, name_end).ok_or(truncated)?;
        // The ordinary case: the tag ends at the first `>`, the text at the next `<`.
        if let Some(end) = self.end_tag(text_end, (name, name_end)) {
            return Ok(self.header((name, name_end), (name_end + 1, text_end), end));
        }
        // The text holds a `<`, which FreeSWITCH would have coded.
        if let Some(last) = find(b'>', self.text, name_end + 1)
            && let Some(text_end) = last.checked_sub(name_end - name + 2).filter(|end| *end > name_end)
            && let Some(end) = self.end_tag(text_end, (name, name_end))
        {
            return Ok(self.header((name, name_end), (name_end + 1, text_end), end));
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
                return Ok(self.header((name, name_end), (name_end + 1, text_end), end));
            }
        }
        Err(EventError { kind: EventErrorKind::Unmatched, offset: start })
    }

    fn header(&mut self, name: (usize, usize), value: (usize, usize), end: usize) -> Header<'a> {
        self.at = end;
        header(slice(self.text, name.0, name.1), slice(self.text, value.0, value.1))
    }

    /// The position after the end tag of `name`, if `at` is that of such a tag and white space or another tag follows.
    fn end_tag(&self, at: usize, name: (usize, usize)) -> Option<usize> {
        let tag = slice(self.text, at, self.text.len());
        let after = tag.strip_prefix(b"</")?.strip_prefix(slice(self.text, name.0, name.1))?.strip_prefix(b">")?;
        let followed = after.first().is_some_and(|octet| *octet == b'<' || is_space(*octet));
        followed.then(|| self.text.len() - after.len())
    }
}

/// The last header of each of these names, in any case of their letters; [`None`] if only a reader of all headers can tell.
/// Works as the one for JSON does.
#[inline(always)]
pub(super) fn last_of_names<'a, const N: usize>(text: &'a [u8], names: [&[u8]; N]) -> Option<[Option<Value<'a>>; N]> {
    if names.iter().any(|name| name.is_empty() || !Ordinary::NAME.has_all(name)) {
        return None;
    }
    let apart = names.map(|name| name.len() + 1);
    let mut last = [None; N];
    let names = names.map(Sought::new);
    let looked = every_pair(text, Pair { first: b'<', seconds: [b'>'; N], apart, note: None }, |at| {
        let next = text.get(at + 1).copied().unwrap_or_default();
        for (name, last) in names.iter().zip(&mut last) {
            if name.may_begin_with(next)
                && let Some(end) = name.end_at(text, at + 1)
                && text.get(end) == Some(&b'>')
            {
                *last = Some(at + 1);
            }
        }
    });
    if looked { values_at(text, last) } else { None }
}

/// The values of the headers whose names begin at these places, if each is that of a header.
fn values_at<const N: usize>(text: &[u8], places: [Option<usize>; N]) -> Option<[Option<Value<'_>>; N]> {
    let mut values = [None; N];
    let mut left = places.iter().flatten().count();
    let mut reader = Reader::new(text);
    while left > 0 {
        let header = reader.next()?;
        let start = (header.name.raw().as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        for (place, value) in places.iter().zip(&mut values) {
            if *place == Some(start) {
                *value = Some(header.value);
                left = left.saturating_sub(1);
            }
        }
    }
    Some(values)
}

impl<'a> Read<'a, 2> for Reader<'a> {
    type BlockClassifier = Tags;

    #[inline]
    fn text(&self) -> &'a [u8] {
        self.text
    }

    #[inline]
    fn ahead(&mut self) -> &mut Lookahead<Tags, FEW> {
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
        matches!(self.state, State::Headers)
    }

    /// `\n    <name>text</name>\n`, without a `>` in the name or the text.
    #[inline]
    fn fast(&mut self, at: usize, [close, last]: [Stop; 2]) -> Option<(Header<'a>, usize)> {
        let element = self.text.get(at..last.at())?;
        let (tag, rest) = element.split_at_checked(close.at().wrapping_sub(at))?;
        // Compared as arrays: a pattern would be compared byte by byte.
        let (front, name) = tag.split_first_chunk()?;
        let (text, end_tag) = rest.split_at_checked(rest.len().wrapping_sub(name.len() + 2))?;
        let ((_, text), (end_front, _)) = (text.split_first()?, end_tag.split_first_chunk()?);
        let end = last.at() + 1;
        if *front != *b"\n    <"
            || *end_front != *b"</"
            || name.first() == Some(&b'/')
            || self.text.get(end) != Some(&b'\n')
        {
            return None;
        }
        let is_end_tag = repeats(self.text, close.at() - name.len(), last.at() - name.len(), name.len());
        (is_end_tag && !is_content_length(name)).then(|| (header(name, text), end))
    }

    fn slow(&mut self) -> Option<Header<'a>> {
        let header = self.element().unwrap_or_else(|error| {
            self.state = State::Broken(error);
            None
        })?;
        if is_content_length(header.name.raw()) {
            self.content_length = decimal(header.value.bytes()).and_then(|length| usize::try_from(length).ok());
        }
        Some(header)
    }

    fn body(&self) -> Option<Value<'a>> {
        let (start, end) = self.body?;
        Some(Value::xml_body(slice(self.text, start, end), self.content_length))
    }
}

#[inline]
const fn header<'a>(name: &'a [u8], text: &'a [u8]) -> Header<'a> {
    Header { name: Value::from_bytes(name), value: Value::new(text, Coding::XmlHeader) }
}
