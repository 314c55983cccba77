//! Events that are to be sent, in any of the three formats.

use core::fmt;

use super::Event;
use crate::name::{EventName, Format, header};
use crate::scan::any;
use crate::sink::{Sink, Writer};
use crate::text::check::line_break;
use crate::text::cut::split;
use crate::text::{Percent, Value, is_space, json, percent, xml};

/// One header of an event that is to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name, as it goes out.
    pub name: &'a [u8],
    /// Its value, not coded.
    pub content: Content<'a>,
}

/// The value of an [`Field`], not coded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// One text. Where it is empty, plain events say `_undef_`; the server itself has no empty values.
    Text(&'a [u8]),
    /// An array. Plain and XML events cannot tell one of a single element from a text.
    Array(&'a [&'a [u8]]),
}

impl<'a> Field<'a> {
    /// A header with one value.
    #[must_use]
    pub fn new<N, V>(name: &'a N, value: &'a V) -> Self
    where
        N: AsRef<[u8]> + ?Sized,
        V: AsRef<[u8]> + ?Sized,
    {
        Self { name: name.as_ref(), content: Content::Text(value.as_ref()) }
    }

    /// A header whose value is an array.
    #[must_use]
    pub fn array<N>(name: &'a N, items: &'a [&'a [u8]]) -> Self
    where
        N: AsRef<[u8]> + ?Sized,
    {
        Self { name: name.as_ref(), content: Content::Array(items) }
    }

    /// Whether this is the header's name, in any case of its letters.
    pub(crate) fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Value::from_bytes(self.name);
        match self.content {
            Content::Text(text) => f.debug_tuple("Field").field(&name).field(&Value::from_bytes(text)).finish(),
            Content::Array(items) => f.debug_tuple("Field").field(&name).field(&Items(items)).finish(),
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text(text) => fmt::Debug::fmt(&Value::from_bytes(text), f),
            Self::Array(items) => fmt::Debug::fmt(&Items(items), f),
        }
    }
}

struct Items<'a>(&'a [&'a [u8]]);

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|item| Value::from_bytes(item))).finish()
    }
}

impl Content<'_> {
    /// Whether this is `text`, in any case of its letters: an array as the text that the server keeps for it.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        let mut same = Same { rest: Some(text) };
        self.write(&mut same);
        same.rest.is_some_and(<[u8]>::is_empty)
    }

    /// As the server keeps it: `ARRAY::one|:two`, and an array of one element like a text.
    fn write(&self, sink: &mut impl Sink) {
        match self {
            Self::Text(text) => sink.put(text),
            Self::Array(items) => {
                if items.len() > 1 {
                    sink.put(b"ARRAY::");
                }
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        sink.put(b"|:");
                    }
                    sink.put(item);
                }
            }
        }
    }

    /// Whether it is the empty text: an array of several items has marks between them.
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Array(items) => matches!(items, [] | [[]]),
        }
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

/// Percent-codes what is put.
struct Encoded<'s, S> {
    sink: &'s mut S,
    percent: Percent,
}

impl<S: Sink> Sink for Encoded<'_, S> {
    fn put(&mut self, octets: &[u8]) {
        percent::encode(octets, self.percent, self.sink);
    }
}

/// An event that is to be sent: headers in their order, and a body.
///
/// Everything that goes out must be given, Event-Name and Event-Sequence too; only Content-Length comes by itself, and
/// one among the headers is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutgoingEvent<'a> {
    /// The headers, duplicates among them.
    pub headers: &'a [Field<'a>],
    /// The body. An empty one is told from none in JSON only.
    pub body: Option<&'a [u8]>,
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
        Self { body: Some(body.as_ref()), ..self }
    }

    /// The event's name: the last header Event-Name, which is the newer fact where there are two.
    #[must_use]
    pub fn name(&self) -> Option<EventName<'a>> {
        match self.headers.iter().rev().find(|field| field.is(header::EVENT_NAME.as_bytes()))?.content {
            Content::Text(name) => Some(EventName::from_bytes(name)),
            Content::Array(_) => None,
        }
    }

    /// The first header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Content<'a>> {
        let name = name.as_ref();
        self.headers.iter().find(|field| field.is(name)).map(|field| field.content)
    }

    /// How long the event's document is in a format; 0 if [this build does not write it](Event::is_supported). It takes a pass over the event: to write one, call
    /// [`encode`](Self::encode) at once, whose error says how much room is needed.
    #[must_use]
    pub fn encoded_len(&self, format: Format, percent: Percent) -> usize {
        let mut counter = Writer::new(&mut []);
        self.write(format, percent, &mut counter);
        counter.count()
    }

    /// Writes the event's document, the body of a `text/event-...` frame, to the front of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// A header's name that cannot be sent, or `out` is too short; what `out` holds then has no meaning.
    pub fn encode(&self, format: Format, percent: Percent, out: &mut [u8]) -> Result<usize, EventEncodeError> {
        self.check(format)?;
        let mut writer = Writer::new(out);
        self.write(format, percent, &mut writer);
        Ok(writer.finish()?.len())
    }

    /// Names go out as they are: one with a line end would forge a header, in XML one that makes its tag end early or
    /// be an end tag an element.
    pub(crate) fn check(&self, format: Format) -> Result<(), OutgoingEventError> {
        if !Event::is_supported(format) {
            return Err(OutgoingEventError { kind: OutgoingEventErrorKind::Unsupported, item: 0, offset: 0 });
        }
        for (item, field) in self.headers.iter().enumerate() {
            let breaks = if any(field.name, |octet| octet <= b'\r') { line_break(field.name) } else { None };
            let offset = match (breaks, format) {
                (Some((_, offset)), _) => Some(offset),
                (None, Format::Xml) => forges_element(field.name),
                (None, _) => None,
            };
            if let Some(offset) = offset {
                return Err(OutgoingEventError { kind: OutgoingEventErrorKind::Name, item, offset });
            }
        }
        Ok(())
    }

    /// As the head of a frame, an event must not say how long a body is, or what the frame is. A reader takes for the
    /// name the text before the first colon of the line.
    pub(crate) fn check_head(&self) -> Result<(), OutgoingEventError> {
        let frames = |field: &Field<'_>| {
            let name = split(b':', field.name).0.trim_ascii();
            [header::CONTENT_LENGTH, header::CONTENT_TYPE].iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()))
        };
        match self.headers.iter().position(frames) {
            Some(item) => Err(OutgoingEventError { kind: OutgoingEventErrorKind::Name, item, offset: 0 }),
            None => Ok(()),
        }
    }

    /// The headers that go out: a Content-Length of an event that was read belongs to the document that it was read
    /// from.
    fn written(&self) -> impl Iterator<Item = &Field<'a>> {
        self.headers.iter().filter(|field| !field.is(header::CONTENT_LENGTH.as_bytes()))
    }

    pub(crate) fn write(&self, format: Format, percent: Percent, sink: &mut impl Sink) {
        match format {
            Format::Plain => self.write_plain(percent, sink),
            Format::Json if cfg!(feature = "json") => self.write_json(sink),
            Format::Xml if cfg!(feature = "xml") => self.write_xml(percent, sink),
            // `check` has refused it.
            Format::Json | Format::Xml => {}
        }
    }

    /// The headers as lines, without the empty line after them.
    pub(crate) fn write_lines(&self, percent: Percent, sink: &mut impl Sink) {
        for field in self.written() {
            sink.put(field.name);
            sink.put(b": ");
            match field.content.is_empty() {
                true => sink.put(b"_undef_"),
                false => field.content.write(&mut Encoded { sink, percent }),
            }
            sink.put(b"\n");
        }
    }

    fn write_plain(&self, percent: Percent, sink: &mut impl Sink) {
        self.write_lines(percent, sink);
        sink.put_body(self.body.unwrap_or_default());
    }

    fn write_json(&self, sink: &mut impl Sink) {
        let mut before: &[u8] = b"{";
        for field in self.written() {
            sink.put(before);
            before = b",";
            json::write_string(field.name, sink);
            sink.put(b":");
            match field.content {
                Content::Text(text) => json::write_string(text, sink),
                Content::Array(items) => {
                    sink.put(b"[");
                    for (place, item) in items.iter().enumerate() {
                        if place > 0 {
                            sink.put(b",");
                        }
                        json::write_string(item, sink);
                    }
                    sink.put(b"]");
                }
            }
        }
        if let Some(body) = self.body {
            sink.put(before);
            before = b",";
            sink.put(b"\"Content-Length\":\"");
            sink.put_number(body.len() as u64);
            sink.put(b"\",\"_body\":");
            json::write_string(body, sink);
        }
        sink.put(if before == b"{" { b"{}" } else { b"}" });
    }

    fn write_xml(&self, percent: Percent, sink: &mut impl Sink) {
        sink.put(b"<event>\n  <headers>\n");
        for field in self.written() {
            match field.content {
                Content::Text(text) => write_element(field.name, text, percent, sink),
                Content::Array(items) => {
                    items.iter().for_each(|item| write_element(field.name, item, percent, sink));
                }
            }
        }
        sink.put(b"  </headers>\n");
        if let Some(body) = self.body.filter(|body| !body.is_empty()) {
            sink.put(b"  <Content-Length>");
            sink.put_number(body.len() as u64);
            sink.put(b"</Content-Length>\n  <body>");
            xml::write_text(body, sink);
            sink.put(b"</body>\n");
        }
        sink.put(b"</event>\n");
    }
}

/// Where the name of an element would let it be taken for another: `</name>` where `<name>` is meant, or a shorter name,
/// because its end tag seems to begin in the longer one's.
fn forges_element(name: &[u8]) -> Option<usize> {
    let ends = |pair: &[u8]| matches!(pair, [b'<', b'/']) || matches!(pair, [b'>', octet] if is_space(*octet));
    if name.starts_with(b"/") { Some(0) } else { name.windows(2).position(ends) }
}

/// A header in XML. Its text needs no entities: percent coding leaves nothing that does.
fn write_element(name: &[u8], text: &[u8], percent: Percent, sink: &mut impl Sink) {
    sink.put(b"    <");
    sink.put(name);
    sink.put(b">");
    percent::encode(text, percent, sink);
    sink.put(b"</");
    sink.put(name);
    sink.put(b">\n");
}

located! {
    /// An event cannot be written.
    OutgoingEventError of OutgoingEventErrorKind {
        /// Which header, from 0.
        item: usize,
        --
        /// The octet of its name, from 0.
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
        /// JSON or XML, and the crate is built without the feature `json` or `xml`.
        Unsupported = 704, "this build does not write events in this format";
    }
}

unwritten! {
    /// Why [`OutgoingEvent::encode`] has failed.
    EventEncodeError of OutgoingEventError, code 300
}
