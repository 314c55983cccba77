//! The optional index: where each header stands, in slots that the caller owns.

use super::{Event, EventError, Headers, Span};
use crate::frame::Header;
use crate::name::{EventName, header};
use crate::text::{Coding, Value};

/// Storage for one header of an [`Indexed`] event.
#[derive(Clone, Copy, Debug)]
pub struct HeaderSlot {
    name: u32,
    name_len: u32,
    value: u32,
    value_len: u32,
    name_coding: Coding,
    coding: Coding,
}

impl HeaderSlot {
    /// An unused slot: `let mut slots = [HeaderSlot::EMPTY; 128];`
    pub const EMPTY: Self =
        Self { name: 0, name_len: 0, value: 0, value_len: 0, name_coding: Coding::Octets, coding: Coding::Octets };

    #[inline]
    const fn of(span: &Span) -> Self {
        Self {
            name: span.name.0 as u32,
            name_len: (span.name.1 - span.name.0) as u32,
            value: span.value.0 as u32,
            value_len: (span.value.1 - span.value.0) as u32,
            name_coding: span.name_coding,
            coding: span.coding,
        }
    }

    const fn span(&self) -> Span {
        let (name, value) = (self.name as usize, self.value as usize);
        Span {
            name: (name, name.saturating_add(self.name_len as usize)),
            name_coding: self.name_coding,
            value: (value, value.saturating_add(self.value_len as usize)),
            coding: self.coding,
        }
    }

    /// Whether this is the header's name.
    #[inline]
    fn is(&self, text: &[u8], wanted: &[u8]) -> bool {
        match self.name_coding {
            // Lengths differ for most names that differ: no octet is looked at then.
            Coding::Octets => self.name_len as usize == wanted.len() && self.span().is(text, wanted),
            _ => self.span().is(text, wanted),
        }
    }
}

/// An [`Event`] with an index over its headers; made by [`Event::index`].
#[derive(Clone, Debug)]
pub struct Indexed<'a, 's> {
    event: Event<'a>,
    slots: &'s [HeaderSlot],
    /// Whether the slots had room for all headers.
    complete: bool,
    /// What they had no room for; at its end if they had.
    rest: Headers<'a>,
}

impl<'a, 's> Indexed<'a, 's> {
    pub(super) fn new(event: Event<'a>, slots: &'s mut [HeaderSlot]) -> Self {
        let mut rest = event.headers();
        // A slot counts to 4 GiB; a longer text is walked instead.
        let indexable = u32::try_from(event.text.len()).is_ok();
        let limit = if indexable { slots.len() } else { 0 };
        let mut free = slots.iter_mut();
        let (used, ()) = rest.each(limit, (), |(), span| {
            if let Some(slot) = free.next() {
                *slot = HeaderSlot::of(&span);
            }
        });
        let mut complete = used < limit;
        if used == slots.len() {
            // Perhaps that was the last header: then the end is near, and look-ups need not find it again.
            let mut ahead = rest.clone();
            if ahead.next_span().is_none() {
                rest = ahead;
                complete = true;
            }
        }
        Self { event, slots: slots.get(..used).unwrap_or_default(), complete, rest }
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> Event<'a> {
        self.event
    }

    /// The headers in the order of the wire.
    #[must_use]
    pub fn headers(&self) -> IndexedHeaders<'a, 's> {
        IndexedHeaders { text: self.event.text, slots: self.slots.iter(), rest: self.rest.clone() }
    }

    /// The last header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'a>> {
        let name = name.as_ref();
        let text = self.event.text;
        if !self.complete
            && let Some(header) = self.rest.clone().filter(|header| header.is(name)).last()
        {
            return Some(header.value);
        }
        let slot = self.slots.iter().rev().find(|slot| slot.is(text, name))?;
        Some(slot.span().header(text).value)
    }

    /// All headers of this name, in any case of its letters, in the order of the wire.
    pub fn get_all<N: AsRef<[u8]>>(&self, name: N) -> impl Iterator<Item = Value<'a>> + use<'a, 's, N> {
        let text = self.event.text;
        let rest = self.rest.clone();
        self.slots
            .iter()
            .map(HeaderSlot::span)
            .chain(Rest(rest))
            .filter(move |span| span.is(text, name.as_ref()))
            .map(move |span| span.header(text).value)
    }

    /// The event's name, as [`Event::name`].
    #[must_use]
    pub fn name(&self) -> Option<EventName<'a>> {
        self.get(header::EVENT_NAME).map(|value| EventName::from_octets(value.raw()))
    }

    /// The event's own body, as [`Event::body`].
    #[must_use]
    pub fn body(&self) -> Option<Value<'a>> {
        self.rest.clone().into_body()
    }

    /// What [`Event::validate`] says.
    ///
    /// # Errors
    /// [`EventError`] where the document is cut off or malformed.
    pub fn validate(&self) -> Result<(), EventError> {
        let mut rest = self.rest.clone();
        rest.skip_all();
        rest.error().map_or(Ok(()), Err)
    }
}

/// The headers of an [`Indexed`] event; made by [`Indexed::headers`].
#[derive(Clone, Debug)]
pub struct IndexedHeaders<'a, 's> {
    text: &'a [u8],
    slots: core::slice::Iter<'s, HeaderSlot>,
    rest: Headers<'a>,
}

impl IndexedHeaders<'_, '_> {
    /// What [`Headers::error`] says. To be asked after the last header.
    #[must_use]
    pub const fn error(&self) -> Option<EventError> {
        self.rest.error()
    }
}

impl<'a> Iterator for IndexedHeaders<'a, '_> {
    type Item = Header<'a>;

    #[inline]
    fn next(&mut self) -> Option<Header<'a>> {
        match self.slots.next() {
            Some(slot) => Some(slot.span().header(self.text)),
            None => self.rest.next(),
        }
    }
}

struct Rest<'a>(Headers<'a>);

impl Iterator for Rest<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        self.0.next_span()
    }
}
