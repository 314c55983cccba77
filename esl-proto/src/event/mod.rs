//! Events in plain, JSON and XML behind one view.

mod index;
#[cfg(feature = "json")]
mod json;
mod lookup;
mod outgoing;
#[cfg(feature = "alloc")]
mod owned;
mod plain;
mod reader;
mod rows;
mod source;
mod write;
#[cfg(feature = "xml")]
mod xml;

use core::fmt;
use core::iter::FusedIterator;

pub use index::{HeaderSlot, Indexed, IndexedGetAll, IndexedHeaders};
pub use lookup::Variables;
pub use outgoing::{
    Content, ContentItems, EventEncodeError, Field, OutgoingEvent, OutgoingEventError, OutgoingEventErrorKind,
};
#[cfg(feature = "alloc")]
pub use owned::EventBuf;
pub use rows::Rows;
pub use source::EventSource;
pub use write::{Duplicates, EncodeOptions, Invalid};
pub(crate) use write::{document, lines};

use crate::frame::{Frame, Header, HeaderList};
use reader::Read;

use crate::name::{EventName, Format, header};
use crate::scan::{LONGEST_NAME, LinesByNameLength};
use crate::text::Value;

/// An event, or the channel data that answers `connect`, in the caller's buffer.
///
/// A view: making one costs nothing, and everything is decoded on demand. Every look-up walks the text again; for more
/// than one, [`find`](Self::find) all at once or [`index`](Self::index) the event first.
///
/// Headers are an ordered multi-map. FreeSWITCH sends some headers twice, with different values, and compares names
/// without regard to case. Look-ups for one value return the last: it is the newer fact.
///
/// ```
/// use esl_proto::Event;
/// use esl_proto::name::{EventName, Format};
///
/// let event = Event::new(Format::Plain, b"Event-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4\nvariable_x: a%20b\n\n");
/// assert_eq!(event.name(), Some(EventName::ChannelAnswer));
/// assert!(event.variable("x").is_some_and(|x| x == "a b"));
/// for header in &event {
///     println!("{}: {}", header.name, header.value);
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    text: &'a [u8],
    format: Format,
    /// Whether lines end in CRLF, which only the lines of a frame's head can.
    crlf: bool,
}

impl<'a> Event<'a> {
    /// An event in this format, whose text is the body of a frame.
    #[must_use]
    pub const fn new(format: Format, text: &'a [u8]) -> Self {
        Self { text, format, crlf: false }
    }

    /// The head of a frame, read like a plain event: what answers `connect` in outbound mode.
    #[must_use]
    pub const fn from_head(frame: &Frame<'a>) -> Self {
        Self { text: frame.head(), format: Format::Plain, crlf: frame.is_crlf() }
    }

    /// The same event with [`is_crlf`](Self::is_crlf) set to this. For bindings to other languages, which store the
    /// parts of an event and put it together again.
    #[must_use]
    pub const fn with_crlf(self, is_crlf: bool) -> Self {
        Self { crlf: is_crlf, ..self }
    }

    /// Whether this build reads the format: JSON and XML are features of the crate, on by default. An event of another
    /// format has neither headers nor a body, and [`validate`](Self::validate) says why.
    #[must_use]
    pub const fn is_supported(format: Format) -> bool {
        match format {
            Format::Plain => true,
            Format::Json => cfg!(feature = "json"),
            Format::Xml => cfg!(feature = "xml"),
        }
    }

    /// Whether the lines of the text end in CRLF.
    #[must_use]
    pub const fn is_crlf(&self) -> bool {
        self.crlf
    }

    /// The format that the text is in.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The text as received.
    #[must_use]
    pub const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The text, if it is well-formed JSON already, just as [`encode`](EventSource::encode) writes it with
    /// [`EncodeOptions::STRICT`]: what FreeSWITCH sends in JSON mostly is. [`None`] says nothing: texts with escapes in
    /// names are not looked at.
    #[must_use]
    pub fn as_json(&self) -> Option<&'a str> {
        write::strict_json(*self)
    }

    /// The headers in the order of the wire, duplicates among them.
    ///
    /// Iteration ends early where a JSON or XML document cannot be read further; ask [`Headers::error`] then.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        Headers(match self.format {
            Format::Plain => Reader::Plain(plain::Reader::new(self.text, 0, self.crlf)),
            #[cfg(feature = "json")]
            Format::Json => Reader::Json(json::Reader::new(self.text)),
            #[cfg(feature = "xml")]
            Format::Xml => Reader::Xml(xml::Reader::new(self.text)),
            #[cfg(not(all(feature = "json", feature = "xml")))]
            _ => Reader::Unsupported(plain::Reader::new(&[], 0, false)),
        })
    }

    /// The last header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'a>> {
        self.look_up(name.as_ref())
    }

    /// [`get`](Self::get), once for all types of names.
    #[inline(never)]
    fn look_up(&self, name: &[u8]) -> Option<Value<'a>> {
        if let (Format::Plain, false) = (self.format, self.crlf) {
            return plain::last_of_name(self.text, name).unwrap_or_else(|| self.get_among_all(name));
        }
        match self.find_marked([name]) {
            Some([found]) => found,
            None => self.get_among_all(name),
        }
    }

    /// What [`find`](Self::find) gives, by what stands before and behind names; [`None`] where that takes a reader.
    #[inline]
    fn find_marked<const COUNT: usize>(&self, names: [&[u8]; COUNT]) -> Option<[Option<Value<'a>>; COUNT]> {
        match self.format {
            #[cfg(feature = "json")]
            Format::Json => json::last_of_names(self.text, names),
            #[cfg(feature = "xml")]
            Format::Xml => xml::last_of_names(self.text, names),
            _ => {
                // Unused without JSON and XML.
                let _ = names;
                None
            }
        }
    }

    /// [`get`](Self::get) by reading the headers, to the last one.
    #[cold]
    #[inline(never)]
    fn get_among_all(&self, name: &[u8]) -> Option<Value<'a>> {
        match Search::new(*self, name) {
            Search::Lines(text, lines) => lines.filter_map(|start| plain::value_of(text, start, name)).last(),
            Search::Headers(headers) => {
                headers.fold(None, |found, header| if header.name.is_name(name) { Some(header.value) } else { found })
            }
        }
    }

    /// The last header of each of these names, in any case of their letters: what [`get`](Self::get) gives for each, in
    /// one pass over the event. It may take 2 KiB of stack; what an event has beyond 128 headers may be gone over for each name.
    ///
    /// ```
    /// use esl_proto::Event;
    /// use esl_proto::name::Format;
    ///
    /// let event = Event::new(Format::Json, br#"{"Event-Name":"COMMAND","Event-Name":"PRIVATE_COMMAND","a":"1"}"#);
    /// let [name, a, b] = event.find(["Event-Name", "A", "b"]);
    /// assert!(name.is_some_and(|name| name == "PRIVATE_COMMAND") && a.is_some_and(|a| a == "1") && b.is_none());
    /// ```
    #[must_use]
    pub fn find<N: AsRef<[u8]>, const COUNT: usize>(&self, names: [N; COUNT]) -> [Option<Value<'a>>; COUNT] {
        let names = names.each_ref().map(AsRef::as_ref);
        if COUNT == 1 {
            return names.map(|name| self.get(name));
        }
        // With more names, reading takes less.
        if COUNT <= 6
            && let Some(found) = self.find_marked(names)
        {
            return found;
        }
        let mut slots = [HeaderSlot::EMPTY; 128];
        let indexed = self.index(&mut slots);
        names.map(|name| indexed.get(name))
    }

    /// All headers of this name, in any case of its letters, in the order of the wire.
    #[must_use]
    pub fn get_all<N: AsRef<[u8]>>(&self, name: N) -> GetAll<'a, N> {
        GetAll { search: Search::new(*self, name.as_ref()), name }
    }

    /// The event's name: `Event-Name`. An event diverted from its session (`divert_events`) may have none.
    #[must_use]
    pub fn name(&self) -> Option<EventName<'a>> {
        self.get(header::EVENT_NAME).map(|value| EventName::from_bytes(value.raw()))
    }

    /// The event's own body: the result of a background job, the text of a message.
    ///
    /// Plain: what follows the headers, if a Content-Length stands among them. JSON: the last `_body`. XML: the body
    /// element, cut to its Content-Length, because FreeSWITCH appends blanks to it.
    #[must_use]
    pub fn body(&self) -> Option<Value<'a>> {
        self.headers().into_body()
    }

    /// Reads the whole text and says whether that is possible.
    ///
    /// # Errors
    /// [`EventError`] where a JSON or XML document is cut off or malformed. Plain text is never.
    pub fn validate(&self) -> Result<(), EventError> {
        let mut headers = self.headers();
        headers.skip_all();
        headers.error().map_or(Ok(()), Err)
    }

    /// Records the positions of the headers, so that look-ups need not walk the text again.
    ///
    /// The slots can be used again for the next event. If there are fewer than needed, the index covers the first headers
    /// and look-ups walk the rest: slower, never wrong. A JSON or XML event needs one a header (67 on average in events of
    /// a channel, at most some hundreds), a plain one one for every 64 bytes of its headers, which are fewer.
    #[must_use]
    pub fn index<'s>(&self, slots: &'s mut [HeaderSlot]) -> Indexed<'a, 's> {
        Indexed::new(*self, slots)
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("format", &self.format)
            .field("headers", &HeaderList(self.headers()))
            .field("body", &self.body())
            .finish()
    }
}

/// The headers of an [`Event`]; made by [`Event::headers`].
#[derive(Clone, Debug)]
pub struct Headers<'a>(Reader<'a>);

// Hosts in C keep one on their stack.
const _: () = assert!(size_of::<Headers<'_>>() <= 184);

#[derive(Clone, Debug)]
enum Reader<'a> {
    Plain(plain::Reader<'a>),
    #[cfg(feature = "json")]
    Json(json::Reader<'a>),
    #[cfg(feature = "xml")]
    Xml(xml::Reader<'a>),
    /// A format whose feature is off: nothing is read.
    #[cfg(not(all(feature = "json", feature = "xml")))]
    Unsupported(plain::Reader<'a>),
}

/// Evaluates an expression with the reader of the format at hand.
macro_rules! with_reader {
    ($headers:expr, $reader:ident => $body:expr) => {
        match $headers {
            Reader::Plain($reader) => $body,
            #[cfg(feature = "json")]
            Reader::Json($reader) => $body,
            #[cfg(feature = "xml")]
            Reader::Xml($reader) => $body,
            #[cfg(not(all(feature = "json", feature = "xml")))]
            Reader::Unsupported($reader) => $body,
        }
    };
}

impl<'a> Headers<'a> {
    /// Why iteration ended before the end of the text. Call it after the last header.
    #[must_use]
    pub const fn error(&self) -> Option<EventError> {
        match &self.0 {
            Reader::Plain(_) => None,
            #[cfg(feature = "json")]
            Reader::Json(reader) => reader.error(),
            #[cfg(feature = "xml")]
            Reader::Xml(reader) => reader.error(),
            #[cfg(not(all(feature = "json", feature = "xml")))]
            Reader::Unsupported(_) => Some(EventError { kind: EventErrorKind::Unsupported, offset: 0 }),
        }
    }

    /// Reads the remaining headers and returns the body, as [`Event::body`] does.
    #[must_use]
    pub fn into_body(mut self) -> Option<Value<'a>> {
        self.skip_all();
        with_reader!(&self.0, reader => reader.body())
    }

    /// Folds the next headers, at most `limit`, and returns the count beside the result.
    #[inline]
    fn each<B>(&mut self, limit: usize, init: B, fold: impl FnMut(B, Header<'a>) -> B) -> (usize, B) {
        with_reader!(&mut self.0, reader => reader.each(limit, init, fold))
    }

    /// Reads the remaining headers.
    fn skip_all(&mut self) {
        self.each(usize::MAX, (), |(), _| ());
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    // Must inline: returned through memory, the item is written in parts and re-read as a whole, which stalls store
    // forwarding.
    #[inline(always)]
    fn next(&mut self) -> Option<Header<'a>> {
        with_reader!(&mut self.0, reader => reader.next())
    }

    /// Faster than repeated `next`, and with it `for_each`, `count`, `last` and the adaptors that use `fold`.
    #[inline]
    fn fold<B, F: FnMut(B, Header<'a>) -> B>(mut self, init: B, fold: F) -> B {
        self.each(usize::MAX, init, fold).1
    }
}

impl FusedIterator for Headers<'_> {}

iterated! { Event by headers => Headers of Header<'a> }

/// The headers of one name; made by [`Event::get_all`].
#[derive(Clone, Debug)]
pub struct GetAll<'a, N> {
    search: Search<'a>,
    name: N,
}

/// The strategy of a look-up.
#[allow(clippy::large_enum_variant, reason = "there is no heap to put the larger variant on")]
#[derive(Clone, Debug)]
enum Search<'a> {
    /// Among all headers.
    Headers(Headers<'a>),
    /// Among the lines of a plain event whose names have the right length.
    Lines(&'a [u8], LinesByNameLength<&'a [u8]>),
}

impl<'a> Search<'a> {
    #[inline]
    fn new(event: Event<'a>, name: &[u8]) -> Self {
        // `LinesByNameLength` stops at an empty LF line, which does not end a head of CRLF lines.
        if event.format == Format::Plain && !event.crlf && name.len() <= LONGEST_NAME {
            Self::Lines(event.text, LinesByNameLength::new(event.text, name.len()))
        } else {
            Self::Headers(event.headers())
        }
    }
}

impl<'a, N: AsRef<[u8]>> Iterator for GetAll<'a, N> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        let wanted = self.name.as_ref();
        match &mut self.search {
            Search::Headers(headers) => headers.find(|header| header.is(wanted)).map(|header| header.value),
            Search::Lines(text, lines) => lines.find_map(|start| plain::value_of(text, start, wanted)),
        }
    }
}

impl<N: AsRef<[u8]>> FusedIterator for GetAll<'_, N> {}

located! {
    /// An event's document cannot be read to its end. The framing of the stream is not affected: the next frame begins
    /// where it should.
    EventError of EventErrorKind {
        --
        /// Position in the text of the event.
        offset: usize,
    }
}

numbered! {
    /// What [`EventError`] found wrong.
    EventErrorKind {
        /// The text ends too early.
        Truncated = 201, "event ends too early";
        /// A byte that the format does not allow at this position.
        Unexpected = 202, "unexpected byte in event";
        /// An object or array inside a value: FreeSWITCH knows strings and flat arrays of them.
        Nested = 203, "value is neither a text nor a flat array";
        /// An XML element without a matching end tag.
        Unmatched = 204, "element without a matching end tag";
        /// Something follows the document.
        TrailingData = 205, "something follows the event";
        /// An event in JSON or XML, and the crate is built without the feature `json` or `xml`. It has no headers and no
        /// body then.
        Unsupported = 206, "this build does not read events of this format";
    }
}
