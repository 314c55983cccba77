//! text/event-json: one flat object of strings and arrays of strings.
//!
//! Keys may come twice and bytes need not be UTF-8, both of which FreeSWITCH sends and strict decoders refuse.
//! Numbers and words, which it does not send, are taken as their text.

use super::reader::{FEW, Read};
use super::{EventError, EventErrorKind};
use crate::frame::Header;
use crate::scan::{Lookahead, Ordinary, Pair, RegularMember, Sought, Stop, Strings, every_pair, is_member_at, slice};
use crate::text::json::{scalar_end, string_end};
use crate::text::{Coding, Value, skip_space};

/// The key of the event's body.
const BODY: &[u8] = b"_body";

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    ahead: Lookahead<Strings, FEW>,
    at: usize,
    state: State,
    body: Option<Value<'a>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    /// A member has been read.
    Member,
    End,
    Broken(EventError),
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, ahead: Lookahead::NONE, at: 0, state: State::Start, body: None }
    }

    /// A reader of the value behind a name, which ends before `at`.
    fn behind_name(text: &'a [u8], at: usize) -> Self {
        Self { at, ..Self::new(text) }
    }

    /// Why reading stopped before the end of the text.
    pub(super) const fn error(&self) -> Option<EventError> {
        match self.state {
            State::Broken(error) => Some(error),
            _ => None,
        }
    }

    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let next = self.text.get(self.at).copied();
        if next.is_some_and(|octet| octet > b' ') {
            return next;
        }
        self.at = skip_space(self.text, self.at);
        self.text.get(self.at).copied()
    }

    /// Consumes `octet`, which must be the next byte that is not white space.
    fn expect(&mut self, octet: u8) -> Result<(), EventError> {
        if self.peek() == Some(octet) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Error for an unexpected byte at `self.at`.
    const fn unexpected(&self) -> EventError {
        let truncated = self.at >= self.text.len();
        let kind = if truncated { EventErrorKind::Truncated } else { EventErrorKind::Unexpected };
        EventError { kind, offset: self.at }
    }

    fn member(&mut self) -> Result<Option<Header<'a>>, EventError> {
        match self.state {
            State::Start => {
                self.expect(b'{')?;
                if self.peek() == Some(b'}') {
                    return self.end();
                }
            }
            State::Member => {
                if self.peek() == Some(b'}') {
                    return self.end();
                }
                self.expect(b',')?;
            }
            State::End | State::Broken(_) => return Ok(None),
        }
        self.peek();
        self.state = State::Member;
        let name = self.string()?;
        Ok(Some(Header { name, value: self.value()? }))
    }

    /// Reads the colon behind a name, and the value.
    fn value(&mut self) -> Result<Value<'a>, EventError> {
        self.expect(b':')?;
        match self.peek() {
            Some(b'[') => self.array(),
            _ => self.scalar(),
        }
    }

    fn end(&mut self) -> Result<Option<Header<'a>>, EventError> {
        self.at += 1;
        self.state = State::End;
        match self.peek() {
            None => Ok(None),
            Some(_) => Err(EventError { kind: EventErrorKind::TrailingData, offset: self.at }),
        }
    }

    fn string(&mut self) -> Result<Value<'a>, EventError> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let truncated = EventError { kind: EventErrorKind::Truncated, offset: self.text.len() };
        // Nearly all strings end at the first quote and contain no backslash.
        let text = slice(self.text, start, self.text.len());
        let first = memchr::memchr2(b'"', b'\\', text).ok_or(truncated)?;
        let escaped = text.get(first) == Some(&b'\\');
        self.at = if escaped { string_end(self.text, start).ok_or(truncated)? } else { start + first + 1 };
        let coding = if escaped { Coding::Json } else { Coding::Octets };
        Ok(Value::new(slice(self.text, start, self.at - 1), coding))
    }

    fn scalar(&mut self) -> Result<Value<'a>, EventError> {
        match self.text.get(self.at) {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => Err(EventError { kind: EventErrorKind::Nested, offset: self.at }),
            _ => {
                let start = self.at;
                self.at = scalar_end(self.text, start);
                // A scalar at the end of the text may be truncated: an object cannot end in one.
                let whole = self.at > start && self.at < self.text.len();
                if whole { Ok(Value::from_bytes(slice(self.text, start, self.at))) } else { Err(self.unexpected()) }
            }
        }
    }

    fn array(&mut self) -> Result<Value<'a>, EventError> {
        self.at += 1;
        let start = self.at;
        if self.peek() != Some(b']') {
            loop {
                self.peek();
                self.scalar()?;
                if self.peek() == Some(b']') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        let elements = slice(self.text, start, self.at);
        self.at += 1;
        Ok(Value::new(elements, Coding::JsonArray))
    }
}

/// The last header of each of these names, in any case of their letters; [`None`] if the text or a name is one that only a
/// reader of all headers can tell.
///
/// Goes over the text for what may be the names, which takes a fraction of what reading takes. What it has found last is known
/// to be a header if all before it is plain.
#[inline(always)]
pub(super) fn last_of_names<'a, const N: usize>(text: &'a [u8], names: [&[u8]; N]) -> Option<[Option<Value<'a>>; N]> {
    // Of these bytes none is left if it comes as an escape but for \u.
    if names.iter().any(|name| name.is_empty() || !Ordinary::NAME.has_all(name) || name.eq_ignore_ascii_case(BODY)) {
        return None;
    }
    let apart = names.map(|name| name.len() + 1);
    let (mut last, mut escaped) = ([None; N], false);
    let names = names.map(Sought::new);
    let looked = every_pair(text, Pair { first: b'"', seconds: [b'"'; N], apart, note: Some(b'\\') }, |at| {
        let next = text.get(at + 1).copied().unwrap_or_default();
        if text.get(at) == Some(&b'\\') {
            escaped |= next == b'u';
            return;
        }
        for (name, last) in names.iter().zip(&mut last) {
            if name.may_begin_with(next)
                && let Some(end) = name.end_at(text, at + 1)
                && text.get(end) == Some(&b'"')
                && text.get(skip_space(text, end + 1)) == Some(&b':')
            {
                *last = Some((at, end + 1));
            }
        }
    });
    if !looked || escaped {
        return None;
    }
    let mut values = [None; N];
    for (last, value) in last.into_iter().zip(&mut values) {
        if let Some((quote, end)) = last {
            *value = Some(value_of(text, quote, end)?);
        }
    }
    Some(values)
}

/// The value of the member whose name is between the quote at `quote` and the one before `end`, if the text before it is plain.
#[inline(never)]
fn value_of(text: &[u8], quote: usize, end: usize) -> Option<Value<'_>> {
    is_member_at(text, quote).then(|| Reader::behind_name(text, end).value().ok())?
}

impl<'a> Read<'a, 2> for Reader<'a> {
    type BlockClassifier = Strings;

    #[inline]
    fn text(&self) -> &'a [u8] {
        self.text
    }

    #[inline]
    fn ahead(&mut self) -> &mut Lookahead<Strings, FEW> {
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
        matches!(self.state, State::Member)
    }

    #[inline]
    fn fast(&mut self, at: usize, structural: [Stop; 2]) -> Option<(Header<'a>, usize)> {
        let RegularMember { name, value, escaped } = RegularMember::at(self.text, at, structural)?;
        let coding = if escaped { Coding::Json } else { Coding::Octets };
        let header = Header { name: Value::from_bytes(name), value: Value::new(value, coding) };
        (!is_body(name)).then_some((header, structural[1].at() + 1))
    }

    fn slow(&mut self) -> Option<Header<'a>> {
        loop {
            match self.member() {
                Ok(Some(header)) => {
                    if header.value.is_array() || header.name != *BODY {
                        return Some(header);
                    }
                    self.body = Some(header.value);
                }
                Ok(None) => return None,
                Err(error) => {
                    self.state = State::Broken(error);
                    return None;
                }
            }
        }
    }

    fn body(&self) -> Option<Value<'a>> {
        self.body
    }
}

#[inline]
fn is_body(name: &[u8]) -> bool {
    name.len() == BODY.len() && name == BODY
}
