//! text/event-json: one flat object of strings and arrays of strings.
//!
//! Keys may come twice and octets need not be UTF-8, both of which FreeSWITCH sends and strict decoders refuse.
//! Numbers and words, which it does not send, are taken as their text.

use super::reader::Read;
use super::{EventError, EventErrorKind, Span};
use crate::scan::{Class, Shape, Stops, slice};
use crate::text::json::{scalar_end, string_end};
use crate::text::{Coding, Value, skip_space};

/// The key of the event's body.
const BODY: &[u8] = b"_body";

/// Strings end at quotes, unless a backslash stands before.
#[derive(Clone, Copy, Debug)]
struct Strings;

impl Shape for Strings {
    const STOP: Class = Class::one(b'"');
    const NOTE: u8 = b'\\';
}

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    quotes: Stops<'a, Strings>,
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
        Self { text, quotes: Stops::new(text), at: 0, state: State::Start, body: None }
    }

    /// Why the last header came before the end of the text.
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

    /// Steps over `octet`, which must come next.
    fn expect(&mut self, octet: u8) -> Result<(), EventError> {
        if self.peek() == Some(octet) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// That what stands here cannot.
    const fn unexpected(&self) -> EventError {
        let truncated = self.at >= self.text.len();
        let kind = if truncated { EventErrorKind::Truncated } else { EventErrorKind::Unexpected };
        EventError { kind, offset: self.at }
    }

    fn member(&mut self) -> Result<Option<Span>, EventError> {
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
        if let Some(span) = self.simple_member() {
            return Ok(Some(span));
        }
        let (name, name_coding) = self.string()?;
        self.expect(b':')?;
        let (value, coding) = match self.peek() {
            Some(b'[') => self.array()?,
            _ => self.scalar()?,
        };
        self.quotes.seek(self.at);
        Ok(Some(Span { name, name_coding, value, coding }))
    }

    /// A name and a string, both without escapes, and no white space between them: what nearly all members are.
    #[inline]
    fn simple_member(&mut self) -> Option<Span> {
        let [(name, _), (name_end, name_noted), (value, _), (end, noted)] = self.quotes.peek()?;
        if name != self.at || name_noted || noted || slice(self.text, name_end, value) != b"\":" {
            return None;
        }
        self.quotes.take(4);
        self.at = end + 1;
        Some(plain_strings(0, [name, name_end, value, end]))
    }

    fn end(&mut self) -> Result<Option<Span>, EventError> {
        self.at += 1;
        self.state = State::End;
        match self.peek() {
            None => Ok(None),
            Some(_) => Err(EventError { kind: EventErrorKind::TrailingData, offset: self.at }),
        }
    }

    fn string(&mut self) -> Result<((usize, usize), Coding), EventError> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let truncated = EventError { kind: EventErrorKind::Truncated, offset: self.text.len() };
        self.at = string_end(self.text, start).ok_or(truncated)?;
        let string = slice(self.text, start, self.at - 1);
        let coding = if memchr::memchr(b'\\', string).is_some() { Coding::Json } else { Coding::Octets };
        Ok(((start, self.at - 1), coding))
    }

    fn scalar(&mut self) -> Result<((usize, usize), Coding), EventError> {
        match self.text.get(self.at) {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => Err(EventError { kind: EventErrorKind::Nested, offset: self.at }),
            _ => {
                let start = self.at;
                self.at = scalar_end(self.text, start);
                // At the end of the text it may be cut off: an object cannot end in a scalar.
                let whole = self.at > start && self.at < self.text.len();
                if whole { Ok(((start, self.at), Coding::Octets)) } else { Err(self.unexpected()) }
            }
        }
    }

    fn array(&mut self) -> Result<((usize, usize), Coding), EventError> {
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
        let end = self.at;
        self.at += 1;
        Ok(((start, end), Coding::JsonArray))
    }
}

impl<'a> Read<'a> for Reader<'a> {
    #[inline]
    fn text(&self) -> &'a [u8] {
        self.text
    }

    fn body(&self) -> Option<Value<'a>> {
        self.body
    }

    fn next(&mut self) -> Option<Span> {
        loop {
            match self.member() {
                Ok(Some(span)) => {
                    let Span { value, coding, .. } = span;
                    if coding == Coding::JsonArray || !span.is_exactly(self.text, BODY) {
                        return Some(span);
                    }
                    self.body = Some(Value::new(slice(self.text, value.0, value.1), coding));
                }
                Ok(None) => return None,
                Err(error) => {
                    self.state = State::Broken(error);
                    return None;
                }
            }
        }
    }

    #[inline]
    fn some<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Span) -> B) -> (usize, B) {
        let State::Member = self.state else { return (0, init) };
        let mut at = self.at;
        let mut count = 0;
        let mut folded = init;
        let (quotes, base) = self.quotes.batch(4);
        let window = slice(self.text, base, self.text.len());
        for [name, name_end, value, end] in quotes.as_chunks().0.iter().take(limit) {
            let escaped = name_end.noted() | end.noted();
            let [name, name_end, value, end] = [name, name_end, value, end].map(|quote| quote.offset());
            let separated = base + name == at + 1
                && matches!(window.get(name.wrapping_sub(1)), Some(b','))
                && value == name_end + 2
                && matches!(window.get(name_end + 1), Some(b':'));
            if !separated || escaped || slice(window, name + 1, name_end) == BODY {
                break;
            }
            at = base + end + 1;
            folded = fold(folded, plain_strings(base, [name, name_end, value, end]));
            count += 1;
        }
        self.at = at;
        self.quotes.take(4 * count);
        (count, folded)
    }
}

/// A member whose name and value stand between these quotes, counted from `base`.
#[inline]
const fn plain_strings(base: usize, [name, name_end, value, end]: [usize; 4]) -> Span {
    Span {
        name: (base + name + 1, base + name_end),
        name_coding: Coding::Octets,
        value: (base + value + 1, base + end),
        coding: Coding::Octets,
    }
}
