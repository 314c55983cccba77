//! The one writer of events: any source, in the format asked for.

use super::outgoing::{Content, Field, OutgoingEventError, OutgoingEventErrorKind};
use super::{Event, EventError, EventSource};
use crate::frame::Header;
use crate::name::{Format, header};
use crate::scan::{Ordinary, any, copy_short};
use crate::sink::{Sink, Writer};
use crate::text::check::line_break;
use crate::text::{Percent, Value, is_space, json, percent, utf8, xml};

/// How bytes that are not UTF-8 are written. Values of plain and XML events are percent-coded and need nothing; this is
/// about names, bodies and all of a JSON event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invalid {
    /// They are copied, as FreeSWITCH does: the output may be invalid JSON or XML.
    #[default]
    Keep,
    /// The event is refused.
    Refuse,
    /// U+FFFD for each sequence that is not UTF-8.
    Replace,
    /// Each byte becomes the character of its number, U+0080 to U+00FF: `\u00ff` in JSON.
    Escape,
}

/// How repeated headers are written in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// The name is repeated, as FreeSWITCH does. Readers disagree about which value counts.
    #[default]
    Repeat,
    /// One array of all values, in the place of the first. Names that differ in case are different. Repeated headers
    /// are searched for in the whole event, and more than 1024 of them are refused; so is a name that is not UTF-8 and
    /// longer than 256 bytes after replacement.
    Arrays,
}

/// How an event is written.
///
/// ```
/// use esl_proto::name::Format;
/// use esl_proto::event::{Duplicates, EncodeOptions, EventSource, Field, Invalid, OutgoingEvent};
///
/// let fields = [Field::new("a", b"\xff"), Field::new("b", "x"), Field::new("a", "1")];
/// let event = OutgoingEvent::new(&fields);
/// let options = EncodeOptions::new().invalid(Invalid::Escape).duplicates(Duplicates::Arrays);
/// let mut out = [0; 64];
/// let len = event.encode(Format::Json, options, &mut out)?;
/// assert_eq!(&out[..len], br#"{"a":["\u00ff","1"],"b":"x"}"#);
/// # Ok::<(), esl_proto::event::EventEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// How a `%` that looks like an escape is written.
    pub percent: Percent,
    /// How bytes that are not UTF-8 are written. With anything but [`Invalid::Keep`], the output is well-formed: JSON
    /// as in RFC 8259, and XML 1.0, whose names are checked and in whose body characters that XML does not have are
    /// U+FFFD, or refused.
    pub invalid: Invalid,
    /// How repeated headers are written in JSON.
    pub duplicates: Duplicates,
}

impl EncodeOptions {
    /// FreeSWITCH's own bytes.
    pub const FREESWITCH: Self = Self::new();
    /// Output that every reader understands: each value is read back unchanged, except that bytes that are not UTF-8
    /// become U+FFFD, and no name is repeated in JSON.
    pub const STRICT: Self =
        Self::new().percent(Percent::Lossless).invalid(Invalid::Replace).duplicates(Duplicates::Arrays);

    /// FreeSWITCH's own bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self { percent: Percent::FreeSwitch, invalid: Invalid::Keep, duplicates: Duplicates::Repeat }
    }

    /// Sets [`percent`](Self::percent).
    #[must_use]
    pub const fn percent(self, percent: Percent) -> Self {
        Self { percent, ..self }
    }

    /// Sets [`invalid`](Self::invalid).
    #[must_use]
    pub const fn invalid(self, invalid: Invalid) -> Self {
        Self { invalid, ..self }
    }

    /// Sets [`duplicates`](Self::duplicates).
    #[must_use]
    pub const fn duplicates(self, duplicates: Duplicates) -> Self {
        Self { duplicates, ..self }
    }
}

impl From<Percent> for EncodeOptions {
    fn from(percent: Percent) -> Self {
        Self::new().percent(percent)
    }
}

/// Writes an event's document.
pub(crate) fn document<S: EventSource + ?Sized>(
    source: &S,
    format: Format,
    options: EncodeOptions,
    out: &mut Writer<'_>,
) -> Result<(), OutgoingEventError> {
    let mut document = Document { out, options, item: 0, before_key: b'{', fault: None };
    if !Event::is_supported(format) {
        document.fault(OutgoingEventErrorKind::Unsupported, 0);
        return document.fault.map_or(Ok(()), Err);
    }
    if format == Format::Xml {
        document.out.put(b"<event>\n  <headers>\n");
    }
    let body = match source.as_read() {
        _ if format == Format::Json && options.duplicates == Duplicates::Arrays => document.grouped(source),
        Some(event) => document.headers(format, event),
        None => source.visit(&mut |field| document.field(format, &field)),
    };
    match body {
        Ok(body) => document.end(format, body),
        Err(error) => document.fault(OutgoingEventErrorKind::Malformed, error.offset),
    }
    document.fault.map_or(Ok(()), Err)
}

/// Writes an event's headers as lines, without the empty line after them.
pub(crate) fn lines<S: EventSource + ?Sized>(
    source: &S,
    percent: Percent,
    out: &mut Writer<'_>,
) -> Result<(), OutgoingEventError> {
    let mut document = Document { out, options: percent.into(), item: 0, before_key: b'{', fault: None };
    if let Err(error) = source.visit(&mut |field| document.field(Format::Plain, &field)) {
        document.fault(OutgoingEventErrorKind::Malformed, error.offset);
    }
    document.fault.map_or(Ok(()), Err)
}

/// The text of a JSON event, if it is what is written of it with [`EncodeOptions::STRICT`]. [`None`] for some that are, too:
/// those with escapes in names.
pub(super) fn strict_json<'a>(event: Event<'a>) -> Option<&'a str> {
    let text = event.text();
    // Without a branch, so that many are looked at at once.
    let has_control = text.iter().fold(false, |any, octet| any | (*octet < b' '));
    // Outside of strings, none can be; that of a name is found below.
    let has_escapes = memchr::memchr(b'\\', text).is_some();
    if event.format() != Format::Json || has_control || has_escapes && !json::has_own_escapes(text) {
        return None;
    }
    let mut strict = Strict { text, at: 0, hashes: Hashes::new(), has_escapes, length: None };
    let mut is_strict = true;
    let mut headers = event.headers();
    headers.each(usize::MAX, (), |(), header| is_strict = is_strict && strict.member(&header).is_some());
    if !is_strict || headers.error().is_some() {
        return None;
    }
    match (headers.into_body(), strict.length) {
        (None, None) => {}
        (Some(body), Some(length)) => {
            let mut storage = [0; 20];
            let mut number = Writer::new(&mut storage);
            number.put_number(body.decoded_len() as u64);
            strict.literal(b",\"_body\":")?;
            strict.string(body)?;
            (number.finish().ok() == Some(length)).then_some(())?;
        }
        _ => return None,
    }
    strict.literal(b"}")?;
    (strict.at == text.len()).then_some(())?;
    core::str::from_utf8(text).ok()
}

/// A JSON text in which nothing stands around names and values but what must, up to a place. So the reader has found each
/// just where the one before ends.
struct Strict<'a> {
    text: &'a [u8],
    at: usize,
    hashes: Hashes,
    has_escapes: bool,
    /// The value of a Content-Length, which is the last.
    length: Option<&'a [u8]>,
}

impl<'a> Strict<'a> {
    #[inline(always)]
    fn literal<const N: usize>(&mut self, octets: &[u8; N]) -> Option<()> {
        let found = self.text.get(self.at..)?.first_chunk::<N>()?;
        self.at = self.at.wrapping_add(N);
        (found == octets).then_some(())
    }

    #[inline(always)]
    fn string(&mut self, string: Value<'a>) -> Option<()> {
        self.literal(b"\"")?;
        self.at = self.at.wrapping_add(string.raw().len());
        self.literal(b"\"")
    }

    #[inline]
    fn member(&mut self, Header { name, value }: &Header<'a>) -> Option<()> {
        const LENGTH: &[u8] = header::CONTENT_LENGTH.as_bytes();
        if self.at == 0 { self.literal(b"{") } else { self.literal(b",") }?;
        self.string(*name)?;
        self.literal(b":")?;
        let name = if self.has_escapes { name.as_plain()? } else { name.raw() };
        if self.length.is_some() || self.hashes.note(Value::from_bytes(name)) {
            return None;
        }
        if name.len() == LENGTH.len() && name.eq_ignore_ascii_case(LENGTH) {
            self.length = Some(value.raw()).filter(|_| name == LENGTH);
            self.length?;
        }
        if !value.is_array() {
            return self.string(*value);
        }
        self.literal(b"[")?;
        for (place, item) in value.items().enumerate() {
            if place > 0 {
                self.literal(b",")?;
            }
            self.string(item)?;
        }
        self.literal(b"]")
    }
}

/// How many headers are looked for in the whole event: a bound on the work that an event can make.
const MOST_SUSPECTS: usize = 1024;

/// The longest name, as it is written, of those that are not UTF-8 and are looked for in the whole event.
const LONGEST_MENDED: usize = 256;

/// A name as it is written, if it is UTF-8 or not too long.
fn written_name<'k>(name: Value<'k>, invalid: Invalid, storage: &'k mut [u8; LONGEST_MENDED]) -> Option<Value<'k>> {
    let is_written = matches!(invalid, Invalid::Keep | Invalid::Refuse) || name.as_bare(Ordinary::STRING).is_some();
    if is_written || valid_len(name) == name.decoded_len() {
        return Some(name);
    }
    let mut writer = Writer::new(storage);
    let options = EncodeOptions::new().invalid(invalid);
    Document { out: &mut writer, options, item: 0, before_key: b'{', fault: None }
        .raw(name, OutgoingEventErrorKind::NameUtf8);
    writer.finish().ok().map(Value::from_bytes)
}

/// How many bytes at the front of a name are UTF-8.
fn valid_len(name: Value<'_>) -> usize {
    let (mut len, mut is_valid) = (0_usize, true);
    name.pieces(|octets, last| {
        utf8(octets, last, |text, invalid| {
            if is_valid {
                len = len.saturating_add(text.len());
            }
            is_valid &= invalid.is_empty();
        })
    });
    len
}

/// The hashes of names: which have come, and which have come again. An open-addressed table, in which a search ends after
/// a few places. Of names that found none, bits tell the same, though several names may share one.
struct Hashes {
    /// The hash without its last bit, which says whether the name has come again; 0 where nothing is.
    places: [u32; Self::PLACES],
    once: [u64; 64],
    twice: [u64; 64],
}

impl Hashes {
    const PLACES: usize = 512;
    const STEPS: usize = 8;
    const TWICE: u32 = 1;

    const fn new() -> Self {
        Self { places: [0; Self::PLACES], once: [0; 64], twice: [0; 64] }
    }

    fn hash(name: Value<'_>) -> u32 {
        let mut hash = 0_u64;
        let mut word = |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // All words of eight octets, and the last eight octets, or as many as there are.
        match name.as_plain() {
            Some(plain) => {
                plain.as_chunks::<8>().0.iter().for_each(|octets| word(u64::from_le_bytes(*octets)));
                word(match plain.last_chunk::<8>() {
                    Some(last) => u64::from_le_bytes(*last),
                    None => plain.iter().fold(0, |last, octet| last >> 8 | u64::from(*octet) << 56),
                });
            }
            None => {
                // Whatever its coding, it has the hash of its decoded octets.
                let (mut last, mut len) = (0_u64, 0_usize);
                name.bytes().for_each(|octet| {
                    last = last >> 8 | u64::from(octet) << 56;
                    len = len.wrapping_add(1);
                    if len & 7 == 0 {
                        word(last);
                    }
                });
                word(last);
            }
        }
        ((hash >> 32) as u32 & !Self::TWICE).max(2)
    }

    /// The place of a name, or the free one where it belongs; [`None`] if the search has found neither.
    fn place(&mut self, hash: u32) -> Option<&mut u32> {
        let at = (0..Self::STEPS)
            .map(|step| ((hash >> 1) as usize + step) % Self::PLACES)
            .find(|at| self.places.get(*at).is_some_and(|other| *other == 0 || other & !Self::TWICE == hash))?;
        self.places.get_mut(at)
    }

    /// The bit of a name that has found no place.
    const fn bit(hash: u32) -> (usize, u64) {
        ((hash >> 26) as usize, 1 << (hash >> 20 & 63))
    }

    /// Takes note of a name. Returns whether it may have come before.
    fn note(&mut self, name: Value<'_>) -> bool {
        let hash = Self::hash(name);
        if let Some(place) = self.place(hash) {
            let is_new = *place == 0;
            *place = if is_new { hash } else { hash | Self::TWICE };
            return !is_new;
        }
        let (place, bit) = Self::bit(hash);
        let (Some(once), Some(twice)) = (self.once.get_mut(place), self.twice.get_mut(place)) else { return true };
        *twice |= *once & bit;
        let is_new = *once & bit == 0;
        *once |= bit;
        !is_new
    }

    /// Whether the name may have come more than once.
    fn is_suspect(&mut self, name: Value<'_>) -> bool {
        let hash = Self::hash(name);
        if let Some(place) = self.place(hash) {
            return *place & Self::TWICE != 0;
        }
        let (place, bit) = Self::bit(hash);
        self.twice.get(place).is_some_and(|twice| twice & bit != 0)
    }
}

/// A document that is being written.
struct Document<'w, 'o> {
    out: &'w mut Writer<'o>,
    options: EncodeOptions,
    /// How many headers have come.
    item: usize,
    /// The byte before the next key of a JSON object.
    before_key: u8,
    /// The first thing that cannot be written.
    fault: Option<OutgoingEventError>,
}

/// What is written in place of what has no place in a document.
const REPLACEMENT: &str = "\u{fffd}";

impl Document<'_, '_> {
    fn fault(&mut self, kind: OutgoingEventErrorKind, offset: usize) {
        self.fault.get_or_insert(OutgoingEventError { kind, item: self.item, offset });
    }

    /// The headers of an event that was read.
    fn headers<'a>(&mut self, format: Format, event: Event<'a>) -> Result<Option<Value<'a>>, EventError> {
        let mut headers = event.headers();
        match format {
            Format::Plain => headers.each(usize::MAX, (), |(), header| {
                if !bare(&header)
                    .is_some_and(|(name, value)| self.bare_line(name, value, header.value.as_line().is_some()))
                {
                    self.plain_field(&header.into());
                }
            }),
            Format::Json => headers.each(usize::MAX, (), |(), header| {
                if !bare(&header).is_some_and(|(name, value)| self.bare_member(name, value)) {
                    self.json_field(&header.into());
                }
            }),
            Format::Xml => headers.each(usize::MAX, (), |(), header| {
                if !bare(&header).is_some_and(|(name, value)| self.bare_element(name, value)) {
                    self.xml_field(&header.into());
                }
            }),
        };
        match headers.error() {
            Some(error) => Err(error),
            None => Ok(headers.into_body()),
        }
    }

    /// A header of any source.
    fn field(&mut self, format: Format, field: &Field<'_>) {
        let written = match field.content {
            Content::Text(value) => bare(&Header { name: field.name, value }).is_some_and(|(name, raw)| match format {
                Format::Plain => self.bare_line(name, raw, value.as_line().is_some()),
                Format::Json => self.bare_member(name, raw),
                Format::Xml => self.bare_element(name, raw),
            }),
            Content::Array(_) => false,
        };
        if !written {
            match format {
                Format::Plain => self.plain_field(field),
                Format::Json => self.json_field(field),
                Format::Xml => self.xml_field(field),
            }
        }
    }

    /// Writes a header whose name and value go out as they are, which most do. Returns false if this one does not, or has
    /// no room; nothing is written then.
    #[inline(never)]
    fn bare_line(&mut self, name: &[u8], value: &[u8], is_line: bool) -> bool {
        let is_line = is_line && self.options.invalid == Invalid::Keep;
        let written = self.out.put_whole(|room| {
            let room = bare_text(name, Ordinary::STRING, room)?;
            let room = literal(*b": ", room)?;
            // A line's value was between a colon and a line end, and is there again.
            let room = if is_line { text(value, room)? } else { bare_text(value, Ordinary::VALUE, room)? };
            literal(*b"\n", room)
        });
        self.item += usize::from(written);
        written
    }

    #[inline(never)]
    fn bare_member(&mut self, name: &[u8], value: &[u8]) -> bool {
        let before_key = self.before_key;
        let written = self.out.put_whole(|room| {
            let room = literal([before_key, b'"'], room)?;
            let room = bare_text(name, Ordinary::STRING, room)?;
            let room = literal(*b"\":\"", room)?;
            let room = bare_text(value, Ordinary::STRING, room)?;
            literal(*b"\"", room)
        });
        if written {
            self.before_key = b',';
            self.item += 1;
        }
        written
    }

    #[inline(never)]
    fn bare_element(&mut self, name: &[u8], value: &[u8]) -> bool {
        let written = name.first().is_some_and(u8::is_ascii_alphabetic)
            && self.out.put_whole(|room| {
                let room = literal(*b"    <", room)?;
                let room = bare_text(name, Ordinary::NAME, room)?;
                let room = literal(*b">", room)?;
                let room = bare_text(value, Ordinary::VALUE, room)?;
                let room = literal(*b"</", room)?;
                let room = text(name, room)?;
                literal(*b">\n", room)
            });
        self.item += usize::from(written);
        written
    }

    #[inline(never)]
    fn plain_field(&mut self, field: &Field<'_>) {
        if !is_length(field) {
            match field.name.as_bare(Ordinary::STRING) {
                Some(name) => self.out.put_text(name),
                None => {
                    self.check_name(field.name);
                    self.raw(field.name, OutgoingEventErrorKind::NameUtf8);
                }
            }
            self.out.put(b": ");
            let before = self.out.count();
            match field.content {
                Content::Text(value) if value.is_list() => self.joined(field),
                Content::Text(value) => match value.as_line() {
                    // It was between a colon and a line end, and is there again.
                    Some(raw) if self.options.invalid == Invalid::Keep => self.out.put_text(raw),
                    _ => self.percent(value),
                },
                Content::Array(_) => self.joined(field),
            }
            self.out.put(if self.out.count() == before { b"_undef_\n" } else { b"\n" });
        }
        self.item += 1;
    }

    /// An array as the server keeps it: `ARRAY::one|:two`, and one of a single element like a text.
    fn joined(&mut self, field: &Field<'_>) {
        let items = field.content.items();
        let mut before: &[u8] = if items.clone().nth(1).is_some() { b"ARRAY%3A%3A" } else { b"" };
        for item in items {
            self.out.put(before);
            self.percent(item);
            before = b"%7C%3A";
        }
    }

    #[inline(never)]
    fn xml_field(&mut self, field: &Field<'_>) {
        if !is_length(field) {
            let name = field.name.as_bare(Ordinary::NAME);
            let name = name.filter(|name| name.first().is_some_and(u8::is_ascii_alphabetic));
            let put_name = |document: &mut Self| match name {
                Some(name) => document.out.put_text(name),
                None => document.raw(field.name, OutgoingEventErrorKind::NameUtf8),
            };
            if name.is_none() {
                self.check_element(field.name);
            }
            let mut element = |value| {
                self.out.put(b"    <");
                put_name(self);
                self.out.put(b">");
                self.percent(value);
                self.out.put(b"</");
                put_name(self);
                self.out.put(b">\n");
            };
            match field.content {
                Content::Text(value) if !value.is_array() => element(value),
                content => content.items().for_each(element),
            }
        }
        self.item += 1;
    }

    #[inline(never)]
    fn json_field(&mut self, field: &Field<'_>) {
        if !is_length(field) {
            self.key(field.name);
            match field.content {
                Content::Text(value) if !value.is_array() => {
                    self.out.put(b":\"");
                    self.within_quotes(value, OutgoingEventErrorKind::ValueUtf8);
                }
                content => {
                    self.out.put(b":[");
                    let mut is_first = true;
                    content.items().for_each(|item| self.element(item, &mut is_first));
                    self.out.put(b"]");
                }
            }
        }
        self.item += 1;
    }

    fn key(&mut self, name: Value<'_>) {
        self.out.put(&[self.before_key, b'"']);
        self.before_key = b',';
        match name.as_bare(Ordinary::STRING) {
            Some(name) => self.out.put_text(name),
            None => {
                self.check_name(name);
                self.coded_string(name, OutgoingEventErrorKind::NameUtf8);
            }
        }
        self.out.put(b"\"");
    }

    fn element(&mut self, item: Value<'_>, is_first: &mut bool) {
        self.out.put(if *is_first { b"" } else { b"," });
        *is_first = false;
        self.string(item, OutgoingEventErrorKind::ValueUtf8);
    }

    fn end(&mut self, format: Format, body: Option<Value<'_>>) {
        let body = body.filter(|body| format == Format::Json || body.bytes().next().is_some());
        match (format, body) {
            (Format::Plain, None) => self.out.put(b"\n"),
            (Format::Plain, Some(body)) => {
                let len = self.body_len(format, body);
                self.out.put_number_header(header::CONTENT_LENGTH, len as u64);
                self.out.put(b"\n");
                self.raw(body, OutgoingEventErrorKind::BodyUtf8);
            }
            (Format::Json, None) => self.out.put(if self.before_key == b'{' { b"{}" } else { b"}" }),
            (Format::Json, Some(body)) => {
                let len = self.body_len(format, body);
                self.key(Value::from_bytes(header::CONTENT_LENGTH.as_bytes()));
                self.out.put(b":\"");
                self.out.put_number(len as u64);
                self.out.put(b"\",\"_body\":");
                self.string(body, OutgoingEventErrorKind::BodyUtf8);
                self.out.put(b"}");
            }
            (Format::Xml, None) => self.out.put(b"  </headers>\n</event>\n"),
            (Format::Xml, Some(body)) => {
                let len = self.body_len(format, body);
                self.out.put(b"  </headers>\n  <Content-Length>");
                self.out.put_number(len as u64);
                self.out.put(b"</Content-Length>\n  <body>");
                self.xml_body(body);
                self.out.put(b"</body>\n</event>\n");
            }
        }
    }

    /// The headers of a JSON object that has no key twice.
    fn grouped<'s, S: EventSource + ?Sized>(&mut self, source: &'s S) -> Result<Option<Value<'s>>, EventError> {
        let mut hashes = Hashes::new();
        let invalid = self.options.invalid;
        let (mut may_repeat, mut names_body) = (false, false);
        let body = source.visit(&mut |field| {
            may_repeat |=
                written_name(field.name, invalid, &mut [0; LONGEST_MENDED]).is_none_or(|name| hashes.note(name));
            names_body |= field.name == *"_body";
        })?;
        if !(may_repeat || names_body && body.is_some()) {
            return match source.as_read() {
                Some(event) => self.headers(Format::Json, event),
                None => source.visit(&mut |field| self.field(Format::Json, &field)),
            };
        }
        let mut suspects = 0;
        source.visit(&mut |field| {
            let mut storage = [0; LONGEST_MENDED];
            let Some(name) = written_name(field.name, invalid, &mut storage) else {
                self.fault(OutgoingEventErrorKind::NameUtf8, valid_len(field.name));
                return;
            };
            let is_body = body.is_some() && field.name == *"_body";
            if is_length(&field) || is_body || !hashes.is_suspect(name) {
                if is_body {
                    self.item += 1;
                } else {
                    self.field(Format::Json, &field);
                }
                return;
            }
            suspects += 1;
            if suspects > MOST_SUSPECTS {
                self.fault(OutgoingEventErrorKind::Duplicates, 0);
            } else {
                self.group(source, &field, name);
            }
        })
    }

    /// All headers of the name that this one has, if it is the first of them.
    fn group<S: EventSource + ?Sized>(&mut self, source: &S, field: &Field<'_>, name: Value<'_>) {
        let invalid = self.options.invalid;
        let is_same = |other: Value<'_>| {
            other == name || written_name(other, invalid, &mut [0; LONGEST_MENDED]).is_some_and(|other| other == name)
        };
        let (mut before, mut count, mut at) = (false, 0_usize, 0_usize);
        // The source has been read to its end already.
        let _ = source.visit(&mut |other| {
            if is_same(other.name) {
                before |= at < self.item;
                count += 1;
            }
            at += 1;
        });
        if before || count < 2 {
            if before {
                self.item += 1;
            } else {
                self.json_field(field);
            }
            return;
        }
        self.check_name(field.name);
        self.key(field.name);
        self.out.put(b":[");
        let first = self.item;
        let mut is_first = true;
        self.item = 0;
        let _ = source.visit(&mut |other| {
            if is_same(other.name) {
                other.content.items().for_each(|item| self.element(item, &mut is_first));
            }
            self.item += 1;
        });
        self.out.put(b"]");
        self.item = first + 1;
    }

    /// Names go out as they are: one with a line end would forge a header.
    fn check_name(&mut self, name: Value<'_>) {
        let mut before = 0_usize;
        name.pieces(|octets, _| {
            if any(octets, |octet| octet <= b'\r')
                && let Some((_, offset)) = line_break(octets)
            {
                self.fault(OutgoingEventErrorKind::Name, before.saturating_add(offset));
            }
            before = before.saturating_add(octets.len());
            octets.len()
        });
    }

    /// In XML, a name that makes its tag end early or is an end tag would forge an element.
    fn check_element(&mut self, name: Value<'_>) {
        self.check_name(name);
        if self.options.invalid == Invalid::Keep {
            let (mut at, mut last) = (0_usize, None);
            name.pieces(|octets, _| {
                for octet in octets {
                    let forges = match (last, octet) {
                        (None, b'/') => Some(at),
                        (Some(b'<'), b'/') => at.checked_sub(1),
                        (Some(b'>'), octet) if is_space(*octet) => at.checked_sub(1),
                        _ => None,
                    };
                    if let Some(offset) = forges {
                        self.fault(OutgoingEventErrorKind::Name, offset);
                    }
                    last = Some(*octet);
                    at = at.saturating_add(1);
                }
                octets.len()
            });
            return;
        }
        let mut at = 0_usize;
        name.pieces(|octets, last| {
            utf8(octets, last, |text, invalid| {
                for char in text.chars() {
                    if !xml::is_name_char(char, at == 0) {
                        self.fault(OutgoingEventErrorKind::XmlName, at);
                    }
                    at = at.saturating_add(char.len_utf8());
                }
                if !invalid.is_empty() {
                    self.fault(OutgoingEventErrorKind::XmlName, at);
                }
                at = at.saturating_add(invalid.len());
            })
        });
        if at == 0 {
            self.fault(OutgoingEventErrorKind::XmlName, 0);
        }
    }

    /// A value of a plain or XML header.
    #[inline(never)]
    fn percent(&mut self, value: Value<'_>) {
        if value.put_percent_coded(self.out) {
            return;
        }
        let percent = self.options.percent;
        if percent == Percent::Lossless || value.has_no_percent() {
            value.put_decoded(Ordinary::VALUE, self.out, percent::escaped);
        } else {
            value.pieces(|octets, last| percent::encode(octets, last, percent, self.out));
        }
    }

    /// A JSON string.
    fn string(&mut self, value: Value<'_>, kind: OutgoingEventErrorKind) {
        self.out.put(b"\"");
        self.within_quotes(value, kind);
    }

    /// A JSON string without its first quote.
    fn within_quotes(&mut self, value: Value<'_>, kind: OutgoingEventErrorKind) {
        self.coded_string(value, kind);
        self.out.put(b"\"");
    }

    #[inline(never)]
    fn coded_string(&mut self, value: Value<'_>, kind: OutgoingEventErrorKind) {
        if self.options.invalid == Invalid::Keep {
            value.put_decoded(Ordinary::STRING, self.out, json::octet);
        } else {
            let put = |document: &mut Self, text: &str, _| json::write_part(text.as_bytes(), document.out);
            self.text(value, kind, put, |document, octet| json::write_escape(octet, document.out));
        }
    }

    /// A text that goes out as it is.
    fn raw(&mut self, value: Value<'_>, kind: OutgoingEventErrorKind) {
        if self.options.invalid == Invalid::Keep {
            value.put_all(self.out);
        } else {
            let put = |document: &mut Self, text: &str, _| document.out.put(text.as_bytes());
            self.text(value, kind, put, |document, octet| document.out.put(&latin(octet)));
        }
    }

    fn xml_body(&mut self, body: Value<'_>) {
        let put = |document: &mut Self, text: &str, offset| {
            document.chars(text, offset, |document, text| xml::write_text(text, document.out));
        };
        let escape = |document: &mut Self, octet| {
            xml::write_text(core::str::from_utf8(&latin(octet)).unwrap_or_default(), document.out);
        };
        self.text(body, OutgoingEventErrorKind::BodyUtf8, put, escape);
    }

    /// Passes a text to `put`, with U+FFFD for what XML does not have.
    fn chars(&mut self, text: &str, offset: usize, put: impl Fn(&mut Self, &str)) {
        let all = self.options.invalid == Invalid::Keep;
        let mut rest = text;
        while let Some(at) = rest.find(|char| !all && !xml::is_char(char)) {
            let (before, after) = rest.split_at_checked(at).unwrap_or_default();
            put(self, before);
            if self.options.invalid == Invalid::Refuse {
                let behind = text.len().saturating_sub(after.len());
                self.fault(OutgoingEventErrorKind::BodyChar, offset.saturating_add(behind));
            }
            put(self, REPLACEMENT);
            let mut chars = after.chars();
            chars.next();
            rest = chars.as_str();
        }
        put(self, rest);
    }

    /// A text whose bytes are looked at: what is UTF-8 goes to `put` with its offset, other bytes become what the options
    /// say.
    fn text(
        &mut self,
        value: Value<'_>,
        kind: OutgoingEventErrorKind,
        put: impl Fn(&mut Self, &str, usize),
        escape: impl Fn(&mut Self, u8),
    ) {
        let mut at = 0_usize;
        value.pieces(|octets, last| {
            utf8(octets, last, |text, invalid| {
                put(self, text, at);
                at = at.saturating_add(text.len());
                if invalid.is_empty() {
                    return;
                }
                match self.options.invalid {
                    Invalid::Keep => self.out.put(invalid),
                    Invalid::Refuse => self.fault(kind, at),
                    Invalid::Replace => put(self, REPLACEMENT, at),
                    Invalid::Escape => invalid.iter().for_each(|octet| escape(self, *octet)),
                }
                at = at.saturating_add(invalid.len());
            })
        });
    }

    /// How long a reader finds a body.
    fn body_len(&mut self, format: Format, body: Value<'_>) -> usize {
        if self.options.invalid == Invalid::Keep {
            return body.decoded_len();
        }
        let mut counter = Writer::new(&mut []);
        let mut counted =
            Document { out: &mut counter, options: self.options, item: self.item, before_key: b'{', fault: None };
        if format == Format::Xml {
            let put = |document: &mut Document<'_, '_>, text: &str, offset| {
                document.chars(text, offset, |document, text| document.out.put(text.as_bytes()));
            };
            let escape = |document: &mut Document<'_, '_>, octet: u8| {
                document.out.put(&latin(octet));
            };
            counted.text(body, OutgoingEventErrorKind::BodyUtf8, put, escape);
        } else {
            counted.raw(body, OutgoingEventErrorKind::BodyUtf8);
        }
        counter.count()
    }
}

/// The place in `Content-Length` of a byte that few names of the same length have there.
const DASH: usize = 7;

/// Name and value of a header, both raw, if it is none that is written in another way than others: an array, an empty
/// value, the length of a body.
#[inline]
fn bare<'a>(header: &Header<'a>) -> Option<(&'a [u8], &'a [u8])> {
    const NAME: &[u8] = header::CONTENT_LENGTH.as_bytes();
    let name = header.name.as_plain_at_once()?;
    let value = header.value.as_scalar()?;
    let is_length = name.len() == NAME.len() && name.get(DASH) == NAME.get(DASH);
    (!is_length).then_some((name, value))
}

/// Puts a text of ordinary bytes to the front of `room`, and returns what is left.
#[inline(always)]
fn bare_text<'r>(text: &[u8], ordinary: Ordinary, room: &'r mut [u8]) -> Option<&'r mut [u8]> {
    let (to, room) = room.split_at_mut_checked(text.len())?;
    ordinary.copy(text, to).then_some(room)
}

#[inline]
fn text<'r>(text: &[u8], room: &'r mut [u8]) -> Option<&'r mut [u8]> {
    let (to, room) = room.split_at_mut_checked(text.len())?;
    copy_short(text, to);
    Some(room)
}

#[inline]
fn literal<const N: usize>(octets: [u8; N], room: &mut [u8]) -> Option<&mut [u8]> {
    let (to, room) = room.split_first_chunk_mut()?;
    *to = octets;
    Some(room)
}

/// The character of a byte's number in UTF-8, for bytes that are not ASCII.
const fn latin(octet: u8) -> [u8; 2] {
    [0xc0 | octet >> 6, 0x80 | octet & 0x3f]
}

/// Whether the header says how long a body is: that of a document that the event was read from.
#[inline]
fn is_length(field: &Field<'_>) -> bool {
    const NAME: &[u8] = header::CONTENT_LENGTH.as_bytes();
    field.name.is_name(NAME)
}
