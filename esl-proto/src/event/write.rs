//! The one writer of events: any source, in the format asked for.

use super::outgoing::{Content, Field, OutgoingEventError, OutgoingEventErrorKind};
use super::{Event, EventError, EventSource};
use crate::frame::Header;
use crate::name::{Format, header};
use crate::scan::{Ordinary, any, copy_short, same};
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
    if event.format() != Format::Json {
        return None;
    }
    // Without a branch, so that many are looked at at once.
    let (has_control, has_escapes) = text
        .iter()
        .fold((false, false), |(control, escapes), octet| (control | (*octet < b' '), escapes | (*octet == b'\\')));
    // Outside of strings, there can be no escape; that of a name is found below.
    if has_control || has_escapes && !json::has_own_escapes(text) {
        return None;
    }
    let mut strict = Strict { text, least: "{}".len() - ",".len(), hashes: Hashes::new(), has_escapes, length: None };
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
            (number.finish().ok() == Some(length)).then_some(())?;
            let end = strict.within(body)?.wrapping_add(body.raw().len());
            (text.get(end..) == Some(b"\"}")).then_some(())?;
            strict.least = strict.least.wrapping_add(",\"_body\":\"\"".len().wrapping_add(body.raw().len()));
        }
        _ => return None,
    }
    // Without members, there is no comma before the first.
    let least = if strict.least < "{}".len() { "{}".len() } else { strict.least };
    (least == text.len()).then_some(())?;
    core::str::from_utf8(text).ok()
}

/// A JSON text that is read to its end, as long as all values are in quotes or brackets. It then has as many bytes as it must
/// at least, if nothing stands around names and values but what must.
struct Strict<'a> {
    text: &'a [u8],
    /// How many bytes a text must have for what has been read of it, at least.
    least: usize,
    hashes: Hashes,
    has_escapes: bool,
    /// The value of a Content-Length, which is the last.
    length: Option<&'a [u8]>,
}

impl<'a> Strict<'a> {
    /// Where a part of the text begins, if that is behind a quote.
    #[inline(always)]
    fn within(&self, part: Value<'a>) -> Option<usize> {
        let at = part.raw().as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        (self.text.get(at.wrapping_sub(1)) == Some(&b'"')).then_some(at)
    }

    #[inline]
    fn member(&mut self, Header { name, value }: &Header<'a>) -> Option<()> {
        const LENGTH: &[u8] = header::CONTENT_LENGTH.as_bytes();
        let len = name.raw().len().wrapping_add(value.raw().len());
        self.least = self.least.wrapping_add(",\"\":\"\"".len().wrapping_add(len));
        let name = if self.has_escapes { name.as_plain()? } else { name.raw() };
        if self.length.is_some() || self.hashes.note(Hashes::hash(name)) {
            return None;
        }
        if name.len() == LENGTH.len() && name.get(DASH) == LENGTH.get(DASH) && name.eq_ignore_ascii_case(LENGTH) {
            self.length = Some(value.raw()).filter(|_| name == LENGTH);
            self.length?;
        }
        if !value.is_array() {
            return self.within(*value).map(|_| ());
        }
        // Brackets are as long as quotes.
        let (mut least, mut comma) = (0_usize, 0);
        for item in value.items() {
            self.within(item)?;
            least = least.wrapping_add("\"\"".len().wrapping_add(comma).wrapping_add(item.raw().len()));
            comma = ",".len();
        }
        (least == value.raw().len()).then_some(())
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

    /// The longest part of a name that counts.
    const LONGEST: usize = 256;

    /// The first two and the last two words of eight bytes, which overlap in most names, and what is between them: so names of
    /// all lengths take the same steps.
    #[inline]
    fn hash(name: &[u8]) -> u32 {
        let word = |at: usize| name.get(at..)?.first_chunk().map(|octets| u64::from_le_bytes(*octets));
        let last = name.len().wrapping_sub(8);
        let words = || Some([word(0)?, word(last.min(8))?, word(name.len().saturating_sub(16))?, word(last)?]);
        match words() {
            // Each by itself, so that none waits for another.
            Some([one, two, three, four]) if name.len() <= 32 => Self::end(
                one.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .wrapping_add(two.wrapping_mul(0xbf58_476d_1ce4_e5b9))
                    .wrapping_add(three.wrapping_mul(0x94d0_49bb_1331_11eb))
                    .wrapping_add(four.wrapping_mul(0xd6e8_feb8_6659_fd93)),
            ),
            _ => Self::hash_other(name),
        }
    }

    #[cold]
    fn hash_other(name: &[u8]) -> u32 {
        let name = name.get(..Self::LONGEST).unwrap_or(name);
        let (words, rest) = name.as_chunks::<8>();
        let hash = words.iter().fold(name.len() as u64, |hash, octets| Self::with(hash, u64::from_le_bytes(*octets)));
        Self::end(rest.iter().fold(hash, |hash, octet| Self::with(hash, u64::from(*octet))))
    }

    /// Whatever the coding of a name, it has the hash of its decoded bytes.
    fn of(name: Value<'_>) -> u32 {
        if let Some(plain) = name.as_plain() {
            return Self::hash(plain);
        }
        let mut storage = [0; Self::LONGEST + 1];
        let mut len = 0;
        for (to, octet) in storage.iter_mut().zip(name.bytes()) {
            *to = octet;
            len += 1;
        }
        Self::hash(storage.get(..len).unwrap_or_default())
    }

    #[inline]
    const fn with(hash: u64, word: u64) -> u64 {
        (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[inline]
    fn end(hash: u64) -> u32 {
        ((hash >> 32) as u32 & !Self::TWICE).max(2)
    }

    const fn at(hash: u32, step: usize) -> usize {
        ((hash >> 1) as usize + step) % Self::PLACES
    }

    /// The place of a name, or the free one where it belongs; [`None`] if the search has found neither.
    fn place(&mut self, hash: u32) -> Option<&mut u32> {
        let at = (0..Self::STEPS)
            .map(|step| Self::at(hash, step))
            .find(|at| self.places.get(*at).is_some_and(|other| *other == 0 || other & !Self::TWICE == hash))?;
        self.places.get_mut(at)
    }

    /// The bit of a name that has found no place.
    const fn bit(hash: u32) -> (usize, u64) {
        ((hash >> 26) as usize, 1 << (hash >> 20 & 63))
    }

    /// Takes note of a name. Returns whether it may have come before.
    #[inline]
    fn note(&mut self, hash: u32) -> bool {
        match self.places.get_mut(Self::at(hash, 0)) {
            Some(place) if *place == 0 => {
                *place = hash;
                false
            }
            _ => self.note_elsewhere(hash),
        }
    }

    #[inline(never)]
    fn note_elsewhere(&mut self, hash: u32) -> bool {
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
    fn is_suspect(&mut self, hash: u32) -> bool {
        if let Some(place) = self.place(hash) {
            return *place & Self::TWICE != 0;
        }
        let (place, bit) = Self::bit(hash);
        self.twice.get(place).is_some_and(|twice| twice & bit != 0)
    }
}

/// What is known of the names of an event that is written for the first time.
struct Names {
    hashes: Hashes,
    /// Whether one may have come more than once, or be that of the body.
    may_repeat: bool,
}

impl Names {
    /// Takes note of a name, as it is written.
    #[inline]
    fn note(&mut self, name: &[u8]) {
        self.may_repeat |= self.hashes.note(Hashes::hash(name)) || name == b"_body";
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
                if !bare(&header).is_some_and(|(name, value)| self.bare_member(name, value, false)) {
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
                Format::Json => self.bare_member(name, raw, false),
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

    /// The same for JSON, where it may be known that the bytes of the name are ordinary.
    #[inline(never)]
    fn bare_member(&mut self, name: &[u8], value: &[u8], is_ordinary: bool) -> bool {
        let before_key = self.before_key;
        let written = self.out.put_whole(|room| {
            let room = literal([before_key, b'"'], room)?;
            let room = if is_ordinary { text(name, room)? } else { bare_text(name, Ordinary::STRING, room)? };
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

    /// The headers of a JSON object that has no key twice. Most events have no name twice: they are written as if that were
    /// sure, and once more if it is not so.
    fn grouped<'s, S: EventSource + ?Sized>(&mut self, source: &'s S) -> Result<Option<Value<'s>>, EventError> {
        let start = self.out.count();
        let mut names = Names { hashes: Hashes::new(), may_repeat: false };
        let body = match source.as_read() {
            Some(event) => {
                let mut headers = event.headers();
                headers.each(usize::MAX, (), |(), header| {
                    if !self.bare_first_time(bare(&header), &mut names) {
                        self.first_time(&header.into(), &mut names);
                    }
                });
                match headers.error() {
                    Some(error) => Err(error),
                    None => Ok(headers.into_body()),
                }
            }
            None => source.visit(&mut |field| {
                let bare = match field.content {
                    Content::Text(value) => bare(&Header { name: field.name, value }),
                    Content::Array(_) => None,
                };
                if !self.bare_first_time(bare, &mut names) {
                    self.first_time(&field, &mut names);
                }
            }),
        };
        if body.is_ok() && !names.may_repeat {
            return body;
        }
        // What has been written is no longer than what will be.
        self.out.forget(start);
        (self.item, self.before_key, self.fault) = (0, b'{', None);
        let body = body?;
        let mut hashes = names.hashes;
        let (invalid, mut suspects) = (self.options.invalid, 0);
        let mut grouped = [None; 8];
        source.visit(&mut |field| {
            if let Content::Text(value) = field.content
                && let Some((name, raw)) = bare(&Header { name: field.name, value })
                && Ordinary::STRING.has_all(name)
                && !(hashes.is_suspect(Hashes::hash(name)) || name == b"_body")
                && self.bare_member(name, raw, true)
            {
                return;
            }
            let mut storage = [0; LONGEST_MENDED];
            let Some(name) = written_name(field.name, invalid, &mut storage) else {
                self.fault(OutgoingEventErrorKind::NameUtf8, valid_len(field.name));
                return;
            };
            let is_body = body.is_some() && field.name == *"_body";
            if is_length(&field) || is_body || !hashes.is_suspect(Hashes::of(name)) {
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
            } else if grouped.iter().flatten().any(|other| *other == name) {
                self.item += 1;
            } else {
                self.group(source, &field, name);
                // One that is written in another way is looked for again.
                if name.raw().as_ptr() == field.name.raw().as_ptr()
                    && let Some(free) = grouped.iter_mut().find(|other| other.is_none())
                {
                    *free = Some(field.name);
                }
            }
        })
    }

    /// Writes a header, unless a name may have come twice already. False for one that does not go out as it is; its name has been
    /// taken note of if all of that are ordinary bytes.
    #[inline]
    fn bare_first_time(&mut self, bare: Option<(&[u8], &[u8])>, names: &mut Names) -> bool {
        let Some((name, value)) = bare.filter(|(name, _)| Ordinary::STRING.has_all(name)) else { return false };
        names.note(name);
        names.may_repeat || self.bare_member(name, value, true)
    }

    #[inline(never)]
    fn first_time(&mut self, field: &Field<'_>, names: &mut Names) {
        let noted = match field.content {
            Content::Text(value) => bare(&Header { name: field.name, value }),
            Content::Array(_) => None,
        };
        if noted.is_none_or(|(name, _)| !Ordinary::STRING.has_all(name)) {
            match written_name(field.name, self.options.invalid, &mut [0; LONGEST_MENDED]) {
                Some(name) => match name.as_plain() {
                    Some(plain) => names.note(plain),
                    None => names.may_repeat |= names.hashes.note(Hashes::of(name)) || name == *"_body",
                },
                None => names.may_repeat = true,
            }
        }
        if !names.may_repeat {
            self.json_field(field);
        }
    }

    /// All headers of the name that this one has, if it is the first of them.
    fn group<S: EventSource + ?Sized>(&mut self, source: &S, field: &Field<'_>, name: Value<'_>) {
        let invalid = self.options.invalid;
        // What is written in another way than it is has other characters.
        let plain = name.as_plain().filter(|plain| plain.is_ascii());
        let is_same = |other: Value<'_>| match (plain, other.as_plain_at_once()) {
            (Some(plain), Some(other)) => same(plain, other),
            (Some(_), None) => other == name,
            _ => {
                other == name
                    || written_name(other, invalid, &mut [0; LONGEST_MENDED]).is_some_and(|other| other == name)
            }
        };
        let first = self.item;
        // An array once another header of this name is found.
        let (mut before, mut is_array, mut is_first, mut at) = (false, false, true, 0_usize);
        // The source has been read to its end already.
        let _ = source.visit(&mut |other| {
            if at != first && !before && is_same(other.name) {
                before = at < first;
                if !before {
                    if !is_array {
                        is_array = true;
                        self.check_name(field.name);
                        self.key(field.name);
                        self.out.put(b":[");
                        field.content.items().for_each(|item| self.element(item, &mut is_first));
                    }
                    self.item = at;
                    other.content.items().for_each(|item| self.element(item, &mut is_first));
                }
            }
            at += 1;
        });
        self.item = first;
        if before {
            self.item += 1;
        } else if !is_array {
            self.json_field(field);
        } else {
            self.out.put(b"]");
            self.item += 1;
        }
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
        let before = self.out.count();
        value.put_decoded(Ordinary::STRING, self.out, json::octet);
        // What is UTF-8 is written in one way, whatever would become of the rest.
        let is_utf8 = |text| core::str::from_utf8(text).is_ok();
        if self.options.invalid != Invalid::Keep && !self.out.since(before).is_some_and(is_utf8) {
            self.out.forget(before);
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
