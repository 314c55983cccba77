//! text/event-json: one flat object of strings and arrays of strings.
//!
//! Keys may come twice and octets need not be UTF-8, both of which FreeSWITCH sends and strict decoders refuse.
//! Numbers and words, which it does not send, are taken as their text.

use super::{EventError, EventErrorKind, Span};
use crate::scan::slice;
use crate::text::json::{scalar_end, string_end};
use crate::text::{Coding, Value, skip_space};

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
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
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, state: State::Start, body: None }
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
                    if coding == Coding::JsonArray || span.name(self.text) != *"_body" {
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

    fn peek(&mut self) -> Option<u8> {
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

    fn string(&mut self) -> Result<((usize, usize), Coding), EventError> {
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let end = string_end(self.text, start)
            .ok_or(EventError { kind: EventErrorKind::Truncated, offset: self.text.len() })?;
        self.at = end;
        Ok(((start, end - 1), Coding::Json))
    }

    fn scalar(&mut self) -> Result<((usize, usize), Coding), EventError> {
        match self.text.get(self.at) {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => Err(EventError { kind: EventErrorKind::Nested, offset: self.at }),
            _ => {
                let start = self.at;
                self.at = scalar_end(self.text, start);
                if self.at == start { Err(self.unexpected()) } else { Ok(((start, self.at), Coding::Octets)) }
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
