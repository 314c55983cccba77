//! Events that are to be sent, in any of the three formats.

use core::fmt;

use super::{EventError, EventSource};
use crate::frame::Header;
use crate::name::{EventName, header};
use crate::sink::Sink;
use crate::text::{Items, Value};

/// One header of an event that is to be sent: one that was read, or one that the host makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: Value<'a>,
    /// Its value.
    pub content: Content<'a>,
}

/// The value of an [`Field`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// One value, in its own coding; perhaps an array that was read. Where it is empty, plain events say `_undef_`; the
    /// server itself has no empty values.
    Text(Value<'a>),
    /// An array made by the host. Plain and XML events cannot distinguish an array of one element from a text.
    Array(&'a [&'a [u8]]),
}

/// The elements of a [`Content`]; made by [`Content::items`].
#[derive(Clone, Debug)]
pub struct ContentItems<'a>(ItemsOf<'a>);

#[derive(Clone, Debug)]
enum ItemsOf<'a> {
    Value(Items<'a>),
    Array(core::slice::Iter<'a, &'a [u8]>),
}

impl<'a> Iterator for ContentItems<'a> {
    type Item = Value<'a>;

    #[inline]
    fn next(&mut self) -> Option<Value<'a>> {
        match &mut self.0 {
            ItemsOf::Value(items) => items.next(),
            ItemsOf::Array(items) => items.next().map(|item| Value::from_bytes(item)),
        }
    }
}

impl core::iter::FusedIterator for ContentItems<'_> {}

impl<'a> From<Header<'a>> for Field<'a> {
    #[inline]
    fn from(Header { name, value }: Header<'a>) -> Self {
        Self { name, content: Content::Text(value) }
    }
}

impl<'a> Field<'a> {
    /// A header with one value.
    #[must_use]
    pub fn new<N, V>(name: &'a N, value: &'a V) -> Self
    where
        N: AsRef<[u8]> + ?Sized,
        V: AsRef<[u8]> + ?Sized,
    {
        Self { name: Value::from_bytes(name.as_ref()), content: Content::Text(Value::from_bytes(value.as_ref())) }
    }

    /// A header whose value is an array.
    #[must_use]
    pub fn array<N>(name: &'a N, items: &'a [&'a [u8]]) -> Self
    where
        N: AsRef<[u8]> + ?Sized,
    {
        Self { name: Value::from_bytes(name.as_ref()), content: Content::Array(items) }
    }

    /// Whether this is the header's name, in any case of its letters.
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.is_name(name)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match self.content {
            Content::Text(text) => f.debug_tuple("Field").field(&name).field(&text).finish(),
            Content::Array(items) => f.debug_tuple("Field").field(&name).field(&Array(items)).finish(),
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text(text) => fmt::Debug::fmt(&text, f),
            Self::Array(items) => fmt::Debug::fmt(&Array(items), f),
        }
    }
}

struct Array<'a>(&'a [&'a [u8]]);

impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|item| Value::from_bytes(item))).finish()
    }
}

impl<'a> Content<'a> {
    /// Whether this is an array, one that the host makes or one that was read.
    #[must_use]
    pub fn is_array(&self) -> bool {
        match self {
            Self::Text(value) => value.is_array(),
            Self::Array(_) => true,
        }
    }

    /// The elements of an array, or the one value.
    #[must_use]
    pub fn items(&self) -> ContentItems<'a> {
        ContentItems(match self {
            Self::Text(value) => ItemsOf::Value(value.items()),
            Self::Array(items) => ItemsOf::Array(items.iter()),
        })
    }

    /// Whether this is `text`, in any case of its letters: an array as the text that the server keeps for it,
    /// `ARRAY::one|:two`, and an array of one element like a text.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        let items = match self {
            Self::Text(value) => return value.eq_ignore_ascii_case(text),
            Self::Array(items) => items,
        };
        let mut same = Same { rest: Some(text) };
        if items.len() > 1 {
            same.put(b"ARRAY::");
        }
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                same.put(b"|:");
            }
            same.put(item);
        }
        same.rest.is_some_and(<[u8]>::is_empty)
    }
}

/// Compares what is put with a text, whatever the case of the letters.
struct Same<'a> {
    /// What is still to come; [`None`] after a difference.
    rest: Option<&'a [u8]>,
}

impl Sink for Same<'_> {
    fn put(&mut self, octets: &[u8]) {
        self.rest = self.rest.and_then(|rest| {
            let (front, rest) = rest.split_at_checked(octets.len())?;
            front.eq_ignore_ascii_case(octets).then_some(rest)
        });
    }
}

/// An event to send: headers in order, and a body. Its methods are those of [`EventSource`].
///
/// ```
/// use esl_proto::name::Format;
/// use esl_proto::event::{EncodeOptions, EventSource, Field, OutgoingEvent};
/// use esl_proto::Event;
///
/// // An event that was read, with one more header.
/// let event = Event::new(Format::Json, br#"{"Event-Name":"HEARTBEAT","Up-Time":"0 years"}"#);
/// let mut fields = [Field::new("X-Node", "a"); 3];
/// for (field, header) in fields.iter_mut().zip(event.headers()) {
///     *field = header.into();
/// }
/// let mut out = [0; 64];
/// let len = OutgoingEvent::new(&fields).encode(Format::Plain, EncodeOptions::FREESWITCH, &mut out)?;
/// assert_eq!(&out[..len], b"Event-Name: HEARTBEAT\nUp-Time: 0%20years\nX-Node: a\n\n");
/// # Ok::<(), esl_proto::event::EventEncodeError>(())
/// ```
///
/// All headers must be given, including Event-Name and Event-Sequence; only Content-Length is added, and left out if it
/// is among the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutgoingEvent<'a> {
    /// The headers, duplicates among them.
    pub headers: &'a [Field<'a>],
    /// The body. Only JSON distinguishes an empty body from none.
    pub body: Option<Value<'a>>,
}

impl<'a> OutgoingEvent<'a> {
    /// An event without a body.
    #[must_use]
    pub const fn new(headers: &'a [Field<'a>]) -> Self {
        Self { headers, body: None }
    }

    /// The same event with a body.
    #[must_use]
    pub fn with_body<B: AsRef<[u8]> + ?Sized>(self, body: &'a B) -> Self {
        Self { body: Some(Value::from_bytes(body.as_ref())), ..self }
    }

    /// The event's name: the last header Event-Name, which is the newer fact where there are two.
    #[must_use]
    pub fn name(&self) -> Option<EventName<'a>> {
        match self.headers.iter().rev().find(|field| field.is(header::EVENT_NAME.as_bytes()))?.content {
            Content::Text(name) => EventName::try_from(name).ok(),
            Content::Array(_) => None,
        }
    }

    /// The first header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Content<'a>> {
        let name = name.as_ref();
        self.headers.iter().find(|field| field.is(name)).map(|field| field.content)
    }

    /// As the head of a frame, an event must not say how long a body is, or what the frame is. A reader takes for the
    /// name the text before the first colon of the line.
    pub(crate) fn check_head(&self) -> Result<(), OutgoingEventError> {
        let frames = |field: &Field<'_>| {
            let mut word = [0; 64];
            let mut len = 0;
            for (to, octet) in word.iter_mut().zip(field.name.bytes().skip_while(u8::is_ascii_whitespace)) {
                if octet == b':' {
                    break;
                }
                *to = octet;
                len += 1;
            }
            let name = word.get(..len).unwrap_or_default().trim_ascii_end();
            [header::CONTENT_LENGTH, header::CONTENT_TYPE].iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()))
        };
        match self.headers.iter().position(frames) {
            Some(item) => Err(OutgoingEventError { kind: OutgoingEventErrorKind::Name, item, offset: 0 }),
            None => Ok(()),
        }
    }
}

impl EventSource for OutgoingEvent<'_> {
    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError> {
        self.headers.iter().copied().for_each(field);
        Ok(self.body)
    }
}

located! {
    /// An event cannot be written.
    OutgoingEventError of OutgoingEventErrorKind {
        /// Which header, from 0; their number if it is the body.
        item: usize,
        --
        /// The byte of its name, its value or the body, decoded, from 0; the place where an event cannot be read further.
        offset: usize,
    }
}

numbered! {
    /// What [`OutgoingEventError`] found wrong.
    OutgoingEventErrorKind {
        /// A header's name has a line end or a NUL, or in XML a `/` at its front, `</`, or a `>` before white space: it
        /// would forge another header. Or the header is a Content-Length or Content-Type in the channel data that answer
        /// `connect`, which are the head of a frame.
        Name = 701, "the name of a header would forge another header";
        /// A header's name is no name in XML.
        XmlName = 704, "the name of a header is not a valid XML name";
        /// A header's name is not UTF-8.
        NameUtf8 = 705, "the name of a header is not UTF-8";
        /// A header's value is not UTF-8.
        ValueUtf8 = 706, "the value of a header is not UTF-8";
        /// The body is not UTF-8.
        BodyUtf8 = 707, "the body is not UTF-8";
        /// The body has a character that XML does not have.
        BodyChar = 708, "the body has a character that XML does not have";
        /// Too many headers are repeated to be written as arrays.
        Duplicates = 709, "too many repeated headers";
        /// The event that is to be written cannot be read to its end.
        Malformed = 710, "the event to be written is malformed";
        /// JSON or XML, and the crate is built without the feature `json` or `xml`.
        Unsupported = 712, "this build does not write events in this format";
    }
}

unwritten! {
    /// Why [`EventSource::encode`] has failed.
    EventEncodeError of OutgoingEventError, code 300
}
