//! The optional index: positions of headers, in slots that the caller owns.

use core::iter::FusedIterator;

use super::{Event, EventError, Headers, Reader, plain};
use crate::frame::Header;
use crate::name::{EventName, Format, header};
use crate::scan::{LONGEST_NAME, LineMasks, LinesByNameLength, Marked, note_marks, slice};
use crate::text::Value;

/// Storage for a part of an [`Indexed`] event: one header of a JSON or XML event, or the line ends and colons in 64
/// bytes of a plain one.
#[derive(Clone, Copy, Debug)]
pub struct HeaderSlot(u64, u64);

impl HeaderSlot {
    /// An unused slot: `let mut slots = [HeaderSlot::EMPTY; 128];`
    pub const EMPTY: Self = Self(0, 0);

    /// The same bytes as [`from_bytes`](Self::from_bytes) takes.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(super) const fn to_octets(self) -> [u8; size_of::<Self>()] {
        ((self.1 as u128) << 64 | self.0 as u128).to_le_bytes()
    }

    #[cfg(feature = "alloc")]
    #[inline]
    pub(super) const fn from_bytes(octets: [u8; size_of::<Self>()]) -> Self {
        let both = u128::from_le_bytes(octets);
        Self(both as u64, (both >> 64) as u64)
    }

    #[inline]
    pub(super) const fn of_marks(marks: LineMasks) -> Self {
        Self(marks.ends, marks.colons)
    }

    #[inline]
    pub(super) const fn marks(self) -> LineMasks {
        LineMasks { ends: self.0, colons: self.1 }
    }

    #[inline]
    pub(super) fn of_header(text: &[u8], header: &Header<'_>) -> Self {
        Self(PackedSpan::of(text, &header.name).0, PackedSpan::of(text, &header.value).0)
    }

    #[inline]
    pub(super) fn header(self, text: &[u8]) -> Header<'_> {
        Header { name: PackedSpan(self.0).value(text), value: PackedSpan(self.1).value(text) }
    }

    /// Whether `wanted` is the header's name, in any case of its letters.
    #[inline]
    pub(super) fn is(self, text: &[u8], wanted: &[u8]) -> bool {
        let name = PackedSpan(self.0);
        // Most names that differ also differ in length, which needs no access to the text.
        match name.plain_len() {
            Some(len) => len == wanted.len() && name.octets(text).eq_ignore_ascii_case(wanted),
            None => name.value(text).eq_ignore_ascii_case(wanted),
        }
    }
}

/// A packed span of an event's text, from the top bit: coding (4 bits), length (28 bits), offset (32 bits).
#[derive(Clone, Copy)]
pub(super) struct PackedSpan(u64);

impl PackedSpan {
    /// The longest text of which any span can be packed.
    pub(super) const LONGEST: usize = (1 << Self::LEN_BITS) - 1;
    const LEN_BITS: u32 = 28;

    #[inline]
    pub(super) fn of(text: &[u8], value: &Value<'_>) -> Self {
        let (raw, coding, _) = value.parts();
        let start = (raw.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        let coded_len = raw.len() as u32 | u32::from(coding) << Self::LEN_BITS;
        Self(u64::from(coded_len) << 32 | u64::from(start as u32))
    }

    #[inline]
    const fn len(self) -> usize {
        (self.0 >> 32) as usize & Self::LONGEST
    }

    #[inline]
    const fn coding(self) -> u8 {
        (self.0 >> (32 + Self::LEN_BITS)) as u8
    }

    /// The length of a value that needs no decoding; [`None`] for others.
    #[inline]
    fn plain_len(self) -> Option<usize> {
        (self.coding() == 0).then(|| self.len())
    }

    #[inline]
    fn octets(self, text: &[u8]) -> &[u8] {
        let start = self.0 as u32 as usize;
        slice(text, start, start.saturating_add(self.len()))
    }

    #[inline]
    fn value(self, text: &[u8]) -> Value<'_> {
        self.limited(text, u32::MAX)
    }

    /// A value limited to a number of decoded bytes.
    #[inline]
    pub(super) fn limited(self, text: &[u8], limit: u32) -> Value<'_> {
        let raw = self.octets(text);
        Value::from_parts(raw, self.coding(), limit).unwrap_or(Value::from_bytes(raw))
    }
}

/// The slots of a plain event: one block of masks each.
#[derive(Clone, Copy, Debug)]
struct Blocks<'s>(&'s [HeaderSlot]);

impl Marked for Blocks<'_> {
    const HEADERS_ONLY: bool = true;

    #[inline]
    fn marks(&self, block: usize) -> Option<LineMasks> {
        Some(self.0.get(block)?.marks())
    }
}

/// The last header of this name in a plain event, which is no longer than [`LONGEST_NAME`].
#[inline]
pub(super) fn last_of_lines<'a>(text: &'a [u8], marked: impl Marked, name: &[u8]) -> Option<Value<'a>> {
    LinesByNameLength::new(marked, name.len()).filter_map(|start| plain::value_of(text, start, name)).last()
}

/// An [`Event`] with an index over its headers; made by [`Event::index`].
///
/// For a JSON or XML event the index is a list of headers. For a plain event it is a bit map of line ends and colons,
/// which is several times faster to make: a look-up compares only the few names of the right length.
///
/// ```
/// use esl_proto::Event;
/// use esl_proto::event::HeaderSlot;
/// use esl_proto::name::Format;
///
/// let event = Event::new(Format::Plain, b"Event-Name: HEARTBEAT\nUp-Time: 0%20years\n\n");
/// // Storage of the caller's. If it is too small, look-ups go on in the text behind what is indexed.
/// let mut slots = [HeaderSlot::EMPTY; 64];
/// let indexed = event.index(&mut slots);
/// assert!(indexed.get("up-time").is_some_and(|time| time == "0 years"));
/// ```
#[derive(Clone, Debug)]
pub struct Indexed<'a, 's> {
    event: Event<'a>,
    slots: &'s [HeaderSlot],
    /// Whether the slots had room for all headers.
    complete: bool,
    /// The headers without a slot; at the end of the text if all have one.
    rest: Headers<'a>,
}

impl<'a, 's> Indexed<'a, 's> {
    #[inline]
    pub(super) fn new(event: Event<'a>, slots: &'s mut [HeaderSlot]) -> Self {
        if event.format == Format::Plain { Self::plain(event, slots) } else { Self::list(event, slots) }
    }

    #[inline]
    fn plain(event: Event<'a>, slots: &'s mut [HeaderSlot]) -> Self {
        // `note_marks` stops at an empty LF line, which does not end a head of CRLF lines: no slots, walk instead.
        let places = if event.crlf { &mut [] } else { &mut *slots };
        let flagged = note_marks(event.text, places.iter_mut().map(|slot| |marks| *slot = HeaderSlot::of_marks(marks)));
        let rest = if flagged.over {
            plain::Reader::after_headers(event.text, flagged.end)
        } else {
            plain::Reader::new(event.text, flagged.end, event.crlf)
        };
        Self {
            event,
            slots: slots.get(..flagged.count).unwrap_or_default(),
            complete: flagged.over || flagged.end == event.text.len(),
            rest: Headers(Reader::Plain(rest)),
        }
    }

    fn list(event: Event<'a>, slots: &'s mut [HeaderSlot]) -> Self {
        let mut rest = event.headers();
        // In a longer text, offsets would not fit a `PackedSpan`: no slots, walk instead.
        let limit = if event.text.len() <= PackedSpan::LONGEST { slots.len() } else { 0 };
        let mut free = slots.iter_mut();
        let (used, ()) = rest.each(limit, (), |(), header| {
            if let Some(slot) = free.next() {
                *slot = HeaderSlot::of_header(event.text, &header);
            }
        });
        let mut complete = used < limit;
        if used == slots.len() {
            // Probe for the end so that a complete index is marked complete.
            let mut ahead = rest.clone();
            if ahead.next().is_none() {
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
        match self.event.format {
            Format::Plain => IndexedHeaders { text: self.event.text, slots: [].iter(), rest: self.event.headers() },
            _ => IndexedHeaders { text: self.event.text, slots: self.slots.iter(), rest: self.rest.clone() },
        }
    }

    /// The last header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'a>> {
        let name = name.as_ref();
        if !self.complete
            && let Some(header) = self.rest.clone().filter(|header| header.is(name)).last()
        {
            return Some(header.value);
        }
        let text = self.event.text;
        match self.event.format {
            Format::Plain if name.len() > LONGEST_NAME => self.event.get(name),
            Format::Plain => last_of_lines(text, Blocks(self.slots), name),
            _ => {
                let slot = self.slots.iter().rev().find(|slot| slot.is(text, name))?;
                Some(slot.header(text).value)
            }
        }
    }

    /// All headers of this name, in any case of its letters, in the order of the wire.
    #[must_use]
    pub fn get_all<N: AsRef<[u8]>>(&self, name: N) -> IndexedGetAll<'a, 's, N> {
        IndexedGetAll { headers: self.headers(), name }
    }

    /// The event's name, as [`Event::name`].
    #[must_use]
    pub fn name(&self) -> Option<EventName<'a>> {
        self.get(header::EVENT_NAME).map(|value| EventName::from_bytes(value.raw()))
    }

    /// The event's own body, as [`Event::body`].
    #[must_use]
    pub fn body(&self) -> Option<Value<'a>> {
        match &self.rest.0 {
            Reader::Plain(rest) => self.get(header::CONTENT_LENGTH).map(|_| rest.clone().into_text_behind()),
            _ => self.rest.clone().into_body(),
        }
    }

    /// As [`Event::validate`].
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
    /// As [`Headers::error`]. Call it after the last header.
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
            Some(slot) => Some(slot.header(self.text)),
            None => self.rest.next(),
        }
    }
}

impl FusedIterator for IndexedHeaders<'_, '_> {}

impl<'a, 's> IntoIterator for &Indexed<'a, 's> {
    type Item = Header<'a>;
    type IntoIter = IndexedHeaders<'a, 's>;

    fn into_iter(self) -> IndexedHeaders<'a, 's> {
        self.headers()
    }
}

/// The headers of one name in an [`Indexed`] event; made by [`Indexed::get_all`].
#[derive(Clone, Debug)]
pub struct IndexedGetAll<'a, 's, N> {
    headers: IndexedHeaders<'a, 's>,
    name: N,
}

impl<'a, N: AsRef<[u8]>> Iterator for IndexedGetAll<'a, '_, N> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let name = self.name.as_ref();
        self.headers.find(|header| header.is(name)).map(|header| header.value)
    }
}

impl<N: AsRef<[u8]>> FusedIterator for IndexedGetAll<'_, '_, N> {}
