//! text/event-json: one flat object of strings and arrays of strings.
//!
//! Keys may come twice and octets need not be UTF-8, both of which FreeSWITCH sends and strict decoders refuse.
//! Numbers and words, which it does not send, are taken as their text.

use super::{EventError, EventErrorKind, Span};
use crate::scan::{Marks, find, slice};
use crate::text::json::{scalar_end, string_end};
use crate::text::{Coding, Value, skip_space};

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    quotes: Marks<'a, 1>,
    /// The next backslash at or after the text that was read last; the end of the text if there is none.
    backslash: usize,
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
        Self { text, quotes: Marks::new(text, [b'"']), backslash: 0, at: 0, state: State::Start, body: None }
    }

    pub(super) const fn text(&self) -> &'a [u8] {
        self.text
    }

    pub(super) const fn error(&self) -> Option<EventError> {
        match self.state {
            State::Broken(error) => Some(error),
            _ => None,
        }
    }

    /// To be asked after the last header.
    pub(super) const fn body(&self) -> Option<Value<'a>> {
        self.body
    }

    pub(super) fn next(&mut self) -> Option<Span> {
        loop {
            match self.member() {
                Ok(Some(span)) => {
                    let Span { value, coding, .. } = span;
                    if coding == Coding::JsonArray || !span.is_exactly(self.text, b"_body") {
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
        let (name, name_coding) = self.string()?;
        self.expect(b':')?;
        let (value, coding) = match self.peek() {
            Some(b'[') => self.array()?,
            _ => self.scalar()?,
        };
        self.state = State::Member;
        Ok(Some(Span { name, name_coding, value, coding }))
    }

    fn end(&mut self) -> Result<Option<Span>, EventError> {
        self.at += 1;
        self.state = State::End;
        match self.peek() {
            None => Ok(None),
            Some(_) => Err(EventError { kind: EventErrorKind::TrailingData, offset: self.at }),
        }
    }

    #[inline]
    fn string(&mut self) -> Result<((usize, usize), Coding), EventError> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let truncated = EventError { kind: EventErrorKind::Truncated, offset: self.text.len() };
        let quote = self.quotes.find(0, start).ok_or(truncated)?;
        if self.backslash < start {
            self.backslash = find(b'\\', self.text, start).unwrap_or(self.text.len());
        }
        if self.backslash > quote {
            self.at = quote + 1;
            return Ok(((start, quote), Coding::Octets));
        }
        self.at = string_end(self.text, start).ok_or(truncated)?;
        Ok(((start, self.at - 1), Coding::Json))
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
