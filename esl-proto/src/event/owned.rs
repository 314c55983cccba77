//! Events that own their bytes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

use super::index::PackedSpan;
use super::{Event, EventError, GetAll, HeaderSlot, Headers, index};
use crate::frame::Header;
use crate::name::{EventName, Format, header};
use crate::scan::{BLOCK, LONGEST_NAME, LineMasks, Marked, note_marks, slice};
use crate::text::Value;

/// An [`Event`] that owns its bytes, with an index over its headers, in one allocation: for what outlives the buffer.
///
/// It is asked as an [`Event`] is, and faster. Made by [`Event::into_owned`].
///
/// ```
/// use esl_proto::name::{EventName, Format};
/// use esl_proto::{Event, EventBuf};
///
/// let kept: EventBuf = {
///     let buffer = b"Event-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4\nvariable_x: a%20b\n\n".to_vec();
///     Event::new(Format::Plain, &buffer).into_owned()
/// };
/// assert_eq!(kept.name(), Some(EventName::ChannelAnswer));
/// assert!(kept.get("variable_x").is_some_and(|value| value == "a b"));
///
/// // It is `Send` and 'static: for another thread, for a channel, for a map.
/// let thread = std::thread::spawn(move || kept.get("Unique-ID").map(|value| value.to_vec()));
/// assert_eq!(thread.join().unwrap(), Some(b"5fd4".to_vec()));
/// ```
#[derive(Clone)]
pub struct EventBuf {
    /// The text, and behind it the slots of the index.
    octets: Box<[u8]>,
    text_len: usize,
    format: Format,
    crlf: bool,
    index: Index,
}

/// What is known beside the slots.
#[derive(Clone, Copy)]
enum Index {
    /// There are no slots: look-ups walk the text.
    None,
    /// Masks, a slot for each block of the headers.
    Masks {
        /// Where the text goes on after the empty line.
        behind: usize,
    },
    /// A slot for each header.
    Headers { body: Option<(PackedSpan, u32)> },
}

/// The bytes of a [`HeaderSlot`].
const SLOT: usize = size_of::<HeaderSlot>();

// A word for the bytes more than a box of them, and what the index needs.
const _: () = assert!(size_of::<EventBuf>() <= 64);

/// Slots of masks as bytes.
#[derive(Clone, Copy)]
struct Packed<'b>(&'b [[u8; SLOT]]);

impl Marked for Packed<'_> {
    const HEADERS_ONLY: bool = true;

    fn marks(&self, block: usize) -> Option<LineMasks> {
        Some(HeaderSlot::from_bytes(*self.0.get(block)?).marks())
    }
}

impl EventBuf {
    fn new(event: &Event<'_>) -> Self {
        let text = event.text();
        let mut octets = Vec::new();
        let index = match event.format() {
            // The masks of `note_marks` end at an empty LF line, which does not end a head of CRLF lines.
            Format::Plain if event.is_crlf() => {
                octets.extend_from_slice(text);
                Index::None
            }
            Format::Plain => masks(text, &mut octets),
            _ if text.len() > PackedSpan::LONGEST => {
                octets.extend_from_slice(text);
                Index::None
            }
            _ => headers(event, &mut octets),
        };
        Self {
            octets: octets.into_boxed_slice(),
            text_len: text.len(),
            format: event.format(),
            crlf: event.is_crlf(),
            index,
        }
    }

    fn slots(&self) -> &[[u8; SLOT]] {
        slice(&self.octets, self.text_len, self.octets.len()).as_chunks().0
    }

    /// The event, as a view on these bytes.
    #[must_use]
    pub fn as_event(&self) -> Event<'_> {
        Event::new(self.format, self.text()).with_crlf(self.crlf)
    }

    /// As [`Event::format`].
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// As [`Event::text`].
    #[must_use]
    pub fn text(&self) -> &[u8] {
        slice(&self.octets, 0, self.text_len)
    }

    /// As [`Event::headers`].
    #[must_use]
    pub fn headers(&self) -> Headers<'_> {
        self.as_event().headers()
    }

    /// The last header of this name, in any case of its letters. It is found by the index.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'_>> {
        let (text, name) = (self.text(), name.as_ref());
        match self.index {
            Index::Masks { .. } if name.len() <= LONGEST_NAME => index::last_of_lines(text, Packed(self.slots()), name),
            Index::None | Index::Masks { .. } => self.as_event().get(name),
            Index::Headers { .. } => {
                let mut slots = self.slots().iter().rev().map(|slot| HeaderSlot::from_bytes(*slot));
                Some(slots.find(|slot| slot.is(text, name))?.header(text).value)
            }
        }
    }

    /// As [`Event::get_all`].
    #[must_use]
    pub fn get_all<N: AsRef<[u8]>>(&self, name: N) -> GetAll<'_, N> {
        self.as_event().get_all(name)
    }

    /// As [`Event::name`].
    #[must_use]
    pub fn name(&self) -> Option<EventName<'_>> {
        self.get(header::EVENT_NAME).map(|value| EventName::from_bytes(value.raw()))
    }

    /// As [`Event::find`]; each name is found by the index.
    #[must_use]
    pub fn find<N: AsRef<[u8]>, const COUNT: usize>(&self, names: [N; COUNT]) -> [Option<Value<'_>>; COUNT] {
        names.map(|name| self.get(name))
    }

    /// As [`Event::body`].
    #[must_use]
    pub fn body(&self) -> Option<Value<'_>> {
        let text = self.text();
        match self.index {
            Index::None => self.as_event().body(),
            Index::Masks { behind } => {
                self.get(header::CONTENT_LENGTH).map(|_| Value::from_bytes(slice(text, behind, text.len())))
            }
            Index::Headers { body } => body.map(|(place, limit)| place.limited(text, limit)),
        }
    }

    /// As [`Event::validate`].
    ///
    /// # Errors
    /// [`EventError`] where the document is cut off or malformed.
    pub fn validate(&self) -> Result<(), EventError> {
        self.as_event().validate()
    }
}

/// Writes the text of a plain event and the masks of its headers.
fn masks(text: &[u8], octets: &mut Vec<u8>) -> Index {
    let room = text.len().div_ceil(BLOCK).saturating_mul(SLOT);
    octets.reserve_exact(text.len().saturating_add(room));
    octets.extend_from_slice(text);
    octets.resize(text.len().saturating_add(room), 0);
    let slots = octets.get_mut(text.len()..).unwrap_or_default().as_chunks_mut().0;
    let places = slots.iter_mut().map(|slot| |marks| *slot = HeaderSlot::of_marks(marks).to_octets());
    let flagged = note_marks(text, places);
    // A last line without an end has no place in the masks.
    let is_complete = flagged.over || flagged.end == text.len();
    let count = if is_complete { flagged.count } else { 0 };
    octets.truncate(text.len().saturating_add(count.saturating_mul(SLOT)));
    if is_complete { Index::Masks { behind: flagged.end } } else { Index::None }
}

/// Writes the text of an event and the places of its headers.
fn headers(event: &Event<'_>, octets: &mut Vec<u8>) -> Index {
    /// Bytes of text for one header, in most events.
    const A_HEADER: usize = 64;
    let text = event.text();
    octets.reserve(text.len().saturating_add((text.len() / A_HEADER).saturating_mul(SLOT)));
    octets.extend_from_slice(text);
    let mut headers = event.headers();
    headers.each(usize::MAX, (), |(), header| {
        octets.extend_from_slice(&HeaderSlot::of_header(text, &header).to_octets());
    });
    let body = headers.into_body().map(|body| (PackedSpan::of(text, &body), body.parts().2));
    Index::Headers { body }
}

impl Event<'_> {
    /// The same event with its own storage.
    #[must_use]
    pub fn into_owned(self) -> EventBuf {
        EventBuf::new(&self)
    }
}

impl From<Event<'_>> for EventBuf {
    fn from(event: Event<'_>) -> Self {
        Self::new(&event)
    }
}

impl From<&Event<'_>> for EventBuf {
    fn from(event: &Event<'_>) -> Self {
        Self::new(event)
    }
}

impl<'a> From<&'a EventBuf> for Event<'a> {
    fn from(event: &'a EventBuf) -> Self {
        event.as_event()
    }
}

impl<'a> IntoIterator for &'a EventBuf {
    type Item = Header<'a>;
    type IntoIter = Headers<'a>;

    fn into_iter(self) -> Headers<'a> {
        self.headers()
    }
}

impl PartialEq for EventBuf {
    /// As events are compared: the text, byte by byte.
    fn eq(&self, other: &Self) -> bool {
        self.as_event() == other.as_event()
    }
}

impl Eq for EventBuf {}

impl PartialEq<Event<'_>> for EventBuf {
    fn eq(&self, other: &Event<'_>) -> bool {
        self.as_event() == *other
    }
}

impl PartialEq<EventBuf> for Event<'_> {
    fn eq(&self, other: &EventBuf) -> bool {
        *self == other.as_event()
    }
}

impl Hash for EventBuf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.text(), self.format, self.crlf).hash(state);
    }
}

impl fmt::Debug for EventBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_event().fmt(f)
    }
}
