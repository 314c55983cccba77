//! A name, value or body, and the ways to read it.

#[cfg(feature = "alloc")]
use alloc::borrow::Cow;
#[cfg(feature = "alloc")]
use alloc::string::String;
#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::iter::FusedIterator;

use super::{ConvertError, Insufficient, SmallBytes, copy, decimal, first, json, percent, xml};
use crate::scan::{self, Ordinary};
use crate::sink::{Few, Writer};

/// The placeholder for an empty value in a plain event (protocol.md, "Plain events").
const UNDEFINED: &[u8] = b"_undef_";
const ARRAY_PREFIX: &[u8] = b"ARRAY::";
const ARRAY_SEPARATOR: &[u8] = b"|:";

/// How the bytes of a [`Value`] are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Not at all.
    Octets,
    /// A value that goes over several lines of a head whose line end is CRLF: CR LF stands for LF.
    CrLf,
    /// A header value of a plain event: percent-coded if `escaped`, `_undef_` if empty, perhaps an `ARRAY::`.
    Plain {
        /// Whether it may contain a percent sign.
        escaped: bool,
    },
    /// Percent-coded, nothing else.
    Percent,
    /// The text between the quotes of a JSON string.
    Json,
    /// The text between the brackets of a JSON array of strings.
    JsonArray,
    /// The text of a header's XML element: percent-coded, then written with entities.
    XmlHeader,
    /// The text of the XML body element: written with entities up to the first `<!`.
    XmlBody,
}

impl Coding {
    const ALL: [Self; 9] = [
        Self::Octets,
        Self::CrLf,
        Self::Plain { escaped: false },
        Self::Plain { escaped: true },
        Self::Percent,
        Self::Json,
        Self::JsonArray,
        Self::XmlHeader,
        Self::XmlBody,
    ];

    /// The index in [`ALL`](Self::ALL).
    const fn number(self) -> u8 {
        match self {
            Self::Octets => 0,
            Self::CrLf => 1,
            Self::Plain { escaped: false } => 2,
            Self::Plain { escaped: true } => 3,
            Self::Percent => 4,
            Self::Json => 5,
            Self::JsonArray => 6,
            Self::XmlHeader => 7,
            Self::XmlBody => 8,
        }
    }

    #[allow(clippy::indexing_slicing, reason = "checked")]
    const fn from_number(number: u8) -> Option<Self> {
        match number {
            5 | 6 if !cfg!(feature = "json") => None,
            7 | 8 if !cfg!(feature = "xml") => None,
            number if (number as usize) < Self::ALL.len() => Some(Self::ALL[number as usize]),
            _ => None,
        }
    }
}

/// A name, value or body: bytes borrowed from the caller's buffer, decoded on demand.
///
/// Nothing on the wire is promised to be UTF-8, so a value is bytes first. Compare it with `==` (decoded bytes),
/// read it with [`bytes`](Self::bytes), [`decode_into`](Self::decode_into) or, where it needs no decoding,
/// [`as_plain`](Self::as_plain); print it with `{}` (bytes that are not UTF-8 become U+FFFD).
///
/// `==`, the order and the hash are those of the decoded bytes: in a map, a value received in JSON finds an entry whose
/// key was received in XML.
///
/// A value may be an array (FreeSWITCH's `push`, `ARRAY::a|:b`, a JSON list): [`items`](Self::items) reads the
/// elements. Read as one text, an array is `ARRAY::a|:b` in every format, as in the server.
///
/// ```
/// use esl_proto::Event;
/// use esl_proto::name::Format;
///
/// let event = Event::new(Format::Plain, b"variable_name: Smith%2C%20John\nvariable_all: ARRAY::a|:b\n\n");
/// let name = event.variable("name").unwrap();
/// assert_eq!(name, "Smith, John");
/// assert_eq!(name.raw(), b"Smith%2C%20John");
/// assert_eq!(name.to_string(), "Smith, John");
/// assert!(event.variable("all").unwrap().items().eq(["a", "b"]));
/// ```
#[derive(Clone, Copy)]
pub struct Value<'a> {
    raw: &'a [u8],
    coding: Coding,
    /// How many decoded bytes are meant; [`NO_LIMIT`] for all.
    limit: u32,
}

/// Only XML bodies have a limit: FreeSWITCH appends blanks to them.
const NO_LIMIT: u32 = u32::MAX;

impl<'a> Value<'a> {
    #[inline]
    pub(crate) const fn new(raw: &'a [u8], coding: Coding) -> Self {
        Self { raw, coding, limit: NO_LIMIT }
    }

    /// The text of an XML body element, of which `limit` bytes are meant.
    pub(crate) fn xml_body(raw: &'a [u8], limit: Option<usize>) -> Self {
        let limit = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(NO_LIMIT);
        Self { raw, coding: Coding::XmlBody, limit }
    }

    /// A value of these bytes, which need no decoding.
    #[must_use]
    pub const fn from_bytes(octets: &'a [u8]) -> Self {
        Self::new(octets, Coding::Octets)
    }

    /// The value that these parts were [taken from](Self::parts); [`None`] if there is no such coding.
    #[must_use]
    pub const fn from_parts(raw: &'a [u8], coding: u8, limit: u32) -> Option<Self> {
        match Coding::from_number(coding) {
            Some(coding) => Some(Self { raw, coding, limit }),
            None => None,
        }
    }

    /// What a value is made of: its raw bytes, a number for how they are coded, and a limit to the decoded ones. For
    /// hosts in other languages, which keep parts; 0 is the coding of bytes that need no decoding.
    #[must_use]
    pub const fn parts(&self) -> (&'a [u8], u8, u32) {
        (self.raw, self.coding.number(), self.limit)
    }

    /// The bytes as they lie on the wire, still coded.
    #[must_use]
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    fn is_undefined(&self) -> bool {
        matches!(self.coding, Coding::Plain { .. }) && self.raw == UNDEFINED
    }

    /// The decoded bytes, if they are in the buffer just so: [`None`] means that
    /// [`decode_into`](Self::decode_into) or [`bytes`](Self::bytes) must be used.
    #[must_use]
    pub fn as_plain(&self) -> Option<&'a [u8]> {
        let free_of = |octet| memchr::memchr(octet, self.raw).is_none().then_some(self.raw);
        match self.coding {
            Coding::Octets => Some(self.raw),
            Coding::Plain { .. } if self.raw == UNDEFINED => Some(&[]),
            Coding::Plain { escaped: false } => Some(self.raw),
            Coding::Plain { escaped: true } | Coding::Percent => free_of(b'%'),
            Coding::CrLf => free_of(b'\r'),
            Coding::Json => free_of(b'\\'),
            Coding::JsonArray => None,
            Coding::XmlHeader => memchr::memchr2(b'&', b'%', self.raw).is_none().then_some(self.raw),
            Coding::XmlBody => free_of(b'&').map(|raw| raw.get(..self.limit as usize).unwrap_or(raw)),
        }
    }

    /// [`as_plain`](Self::as_plain) as text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.as_plain()?).ok()
    }

    /// The decoded bytes one by one.
    #[must_use]
    pub fn bytes(&self) -> Bytes<'a> {
        let none = json::Elements::new(&[]);
        if self.coding != Coding::JsonArray {
            let raw = if self.is_undefined() { &[] } else { self.raw };
            return Bytes { separator: &[], text: Scalar::new(raw, self.coding), more: none, left: self.limit };
        }
        let mut more = json::Elements::new(self.raw);
        let first = more.next().map_or(Scalar::new(&[], Coding::Octets), |element| element.scalar());
        let several = more.clone().next().is_some();
        Bytes { separator: if several { ARRAY_PREFIX } else { &[] }, text: first, more, left: NO_LIMIT }
    }

    const fn scalar(&self) -> Scalar<'a> {
        Scalar::new(self.raw, self.coding)
    }

    /// The number of decoded bytes.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        let mut counter = Writer::new(&mut []);
        self.put_all(&mut counter);
        counter.count()
    }

    /// Writes the decoded bytes to the front of `out` and returns them.
    ///
    /// # Errors
    /// [`Insufficient`] if `out` is shorter than the decoded bytes; nothing is written then. Storage of
    /// `raw().len()` bytes is enough for all but JSON arrays.
    #[inline]
    pub fn decode_into<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], Insufficient> {
        // Fast path for nearly all values: not encoded, and there is room.
        if let Coding::Octets | Coding::Plain { escaped: false } = self.coding
            && self.raw.len() <= out.len()
            && self.raw != UNDEFINED
        {
            copy(self.raw, out);
            return Ok(scan::slice(out, 0, self.raw.len()));
        }
        self.decode_coded_into(out)
    }

    fn decode_coded_into<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], Insufficient> {
        if out.len() < self.raw.len() || self.coding == Coding::JsonArray {
            let required = self.decoded_len();
            if out.len() < required {
                return Err(Insufficient { required });
            }
        }
        if let Coding::Plain { .. } | Coding::Percent = self.coding
            && !self.is_undefined()
            && let Some(to) = out.get_mut(..self.raw.len())
        {
            // Whether there is a percent sign is known of 64 bytes together.
            if Ordinary::NO_PERCENT.copy(self.raw, to) {
                return Ok(scan::slice(out, 0, self.raw.len()));
            }
            let len = percent::decode(self.raw, to);
            return Ok(scan::slice(out, 0, len));
        }
        let mut writer = Writer::new(out);
        self.put_all(&mut writer);
        writer.finish()
    }

    /// Puts the decoded bytes.
    pub(crate) fn put_all(&self, out: &mut Writer<'_>) {
        match (self.as_plain_at_once(), self.coding) {
            (Some(plain), _) => out.put_text(plain),
            (None, Coding::Json) if cfg!(feature = "json") => self.put_decoded(Ordinary::NO_BACKSLASH, out, Few::one),
            (None, Coding::Plain { .. } | Coding::Percent) => self.put_decoded(Ordinary::NO_PERCENT, out, Few::one),
            (None, Coding::XmlHeader) if cfg!(feature = "xml") => self.put_decoded(Ordinary::STRING, out, Few::one),
            _ => self.pieces(|octets, _| {
                out.put_text(octets);
                octets.len()
            }),
        }
    }

    /// Passes the decoded bytes to `take` in pieces, each with whether it is the last. `take` returns how many bytes it has
    /// used: it may leave up to three at the end of a piece, which come again before the next one; of the last none.
    #[inline]
    pub(crate) fn pieces(&self, mut take: impl FnMut(&[u8], bool) -> usize) {
        match self.as_plain_at_once().or_else(|| self.as_plain()) {
            Some(plain) => {
                take(plain, true);
            }
            None => self.coded_pieces(&mut take),
        }
    }

    /// The raw bytes, if they stand for themselves and all are ordinary: none of those begins an escape in any coding.
    /// [`None`] for what must be looked at more closely.
    #[inline]
    pub(crate) fn as_bare(&self, ordinary: Ordinary) -> Option<&'a [u8]> {
        let stands_for_itself = !matches!(self.coding, Coding::JsonArray | Coding::XmlBody) && !self.is_undefined();
        (stands_for_itself && ordinary.has_all(self.raw)).then_some(self.raw)
    }

    /// The raw bytes of a value that is no array and not empty; [`None`] for what must be looked at more closely.
    #[inline]
    pub(crate) fn as_scalar(&self) -> Option<&'a [u8]> {
        let may_be_other = match self.coding {
            Coding::JsonArray | Coding::XmlBody | Coding::CrLf => true,
            // An array, perhaps, or what stands for an empty value.
            Coding::Plain { .. } => matches!(self.raw, [] | [b'A' | b'%' | b'_', ..]),
            _ => self.raw.is_empty(),
        };
        (!may_be_other).then_some(self.raw)
    }

    /// The decoded bytes, if their coding alone says that they are in the buffer just so.
    #[inline]
    pub(crate) fn as_plain_at_once(&self) -> Option<&'a [u8]> {
        match self.coding {
            Coding::Octets => Some(self.raw),
            Coding::Plain { escaped: false } if self.raw.len() != UNDEFINED.len() => Some(self.raw),
            _ => None,
        }
    }

    /// Whether the decoded bytes are these, in any case of the letters: for names, which are hardly ever coded and mostly
    /// differ in length.
    #[inline]
    pub(crate) fn is_name(&self, name: &[u8]) -> bool {
        match self.coding {
            Coding::Octets => self.raw.len() == name.len() && self.raw.eq_ignore_ascii_case(name),
            _ => self.eq_ignore_ascii_case(name),
        }
    }

    #[inline(never)]
    fn coded_pieces(&self, take: &mut dyn FnMut(&[u8], bool) -> usize) {
        let mut decoding = match self.coding {
            Coding::Plain { .. } | Coding::Percent => Decoding::Percent(self.raw),
            Coding::XmlHeader if memchr::memchr(b'&', self.raw).is_none() => Decoding::Percent(self.raw),
            Coding::Json if cfg!(feature = "json") => Decoding::Json(self.raw),
            _ => Decoding::Slow(self.bytes()),
        };
        let mut window = [0; 256];
        let mut kept = 0_usize;
        loop {
            let fresh = decoding.fill(window.get_mut(kept..).unwrap_or_default());
            let end = kept.saturating_add(fresh);
            let last = fresh == 0 || decoding.is_over();
            let taken = take(scan::slice(&window, 0, end), last).min(end);
            if last {
                return;
            }
            if let Some(filled) = window.get_mut(..end) {
                filled.rotate_left(taken.min(filled.len()));
            }
            kept = end.saturating_sub(taken);
        }
    }

    /// The raw bytes, if this is a value of a plain event.
    #[inline]
    pub(crate) fn as_line(&self) -> Option<&'a [u8]> {
        matches!(self.coding, Coding::Plain { .. }).then_some(self.raw)
    }

    /// Puts the raw bytes, if they are percent-coded just as a server would write the value. Otherwise nothing is put.
    #[inline]
    pub(crate) fn put_percent_coded(&self, out: &mut Writer<'_>) -> bool {
        let coded = matches!(self.coding, Coding::Plain { .. } | Coding::Percent | Coding::XmlHeader);
        coded && !self.is_undefined() && percent::put_coded(self.raw, out)
    }

    /// Puts the decoded bytes: those that are ordinary in runs, as they are, and for each other one what `coded` makes of it.
    #[inline(always)]
    pub(crate) fn put_decoded(&self, ordinary: Ordinary, out: &mut Writer<'_>, coded: impl Fn(u8) -> Few) {
        match self.coding {
            Coding::Plain { .. } | Coding::Percent | Coding::XmlHeader
                if !self.is_undefined()
                    && (self.coding != Coding::XmlHeader || memchr::memchr(b'&', self.raw).is_none()) =>
            {
                out.put_runs(self.raw, ordinary, |rest| percent::next(rest).map(&coded));
            }
            Coding::Json if cfg!(feature = "json") => {
                out.put_runs(self.raw, ordinary, |rest| {
                    let mut decoded = json::next(rest)?;
                    let mut few = coded(decoded.next()?);
                    while let Some(octet) = decoded.next() {
                        few = few.and(coded(octet));
                    }
                    Some(few)
                });
            }
            _ => self.pieces(|octets, _| {
                out.put_runs(octets, ordinary, |rest| first(rest).map(&coded));
                octets.len()
            }),
        }
    }

    /// Whether no decoded byte is a `%`; false for what must be looked at more closely.
    pub(crate) fn has_no_percent(&self) -> bool {
        matches!(self.coding, Coding::Octets | Coding::Json) && memchr::memchr(b'%', self.raw).is_none()
    }

    /// The value without a prefix that it begins with in any case of its letters, if that is not coded.
    pub(crate) fn strip_prefix(&self, prefix: &[u8]) -> Option<Self> {
        let (front, rest) = self.raw.split_at_checked(prefix.len())?;
        front.eq_ignore_ascii_case(prefix).then_some(Self { raw: rest, ..*self })
    }

    /// Whether the value is a JSON list.
    pub(crate) fn is_list(&self) -> bool {
        self.coding == Coding::JsonArray
    }

    /// Whether the value is an array. A JSON list is one even if it has one element; `ARRAY::` in a plain event is
    /// one too. XML shows arrays as repeated elements, each a value of its own.
    #[must_use]
    pub fn is_array(&self) -> bool {
        match self.coding {
            Coding::JsonArray => true,
            Coding::Plain { .. } => {
                // Nearly all others differ in the first byte.
                matches!(self.raw, [b'A' | b'%', ..]) && percent::strip_prefix(self.raw, ARRAY_PREFIX).is_some()
            }
            _ => false,
        }
    }

    /// The elements of an array, or the value itself once if it is none.
    ///
    /// In a plain event an element that holds `|:` cannot be told from two.
    #[must_use]
    pub fn items(&self) -> Items<'a> {
        Items(match self.coding {
            Coding::JsonArray => Elements::Json(json::Elements::new(self.raw)),
            Coding::Plain { escaped } => match percent::strip_prefix(self.raw, ARRAY_PREFIX) {
                Some(rest) => {
                    Elements::Plain { rest: Some(rest), coding: if escaped { Coding::Percent } else { Coding::Octets } }
                }
                None => Elements::One(Some(*self)),
            },
            _ => Elements::One(Some(*self)),
        })
    }

    /// The elements of a possible array from any source: like [`items`](Self::items), and for bytes that need no
    /// decoding, such as a variable's value in a reply, the elements of `ARRAY::one|:two`.
    ///
    /// ```
    /// use esl_proto::Value;
    ///
    /// let reply = Value::from_bytes(b"ARRAY::one|:two");
    /// assert!(reply.elements().eq([Value::from_bytes(b"one"), Value::from_bytes(b"two")]));
    /// assert!(Value::from_bytes(b"one").elements().eq([Value::from_bytes(b"one")]));
    /// ```
    #[must_use]
    pub fn elements(&self) -> Items<'a> {
        match self.raw.strip_prefix(ARRAY_PREFIX) {
            Some(rest) if self.coding == Coding::Octets => Items(Elements::Octets(Some(rest))),
            _ => self.items(),
        }
    }

    /// Whether the decoded bytes are those of `text`, letters compared without regard to ASCII case.
    #[must_use]
    pub fn eq_ignore_ascii_case(&self, text: impl AsRef<[u8]>) -> bool {
        let text = text.as_ref();
        match self.as_plain() {
            Some(plain) => plain.eq_ignore_ascii_case(text),
            None => self.bytes().map(|octet| octet.to_ascii_lowercase()).eq(text.iter().map(u8::to_ascii_lowercase)),
        }
    }

    /// The decoded bytes with their own storage.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.as_plain().map_or_else(|| self.bytes().collect(), <[u8]>::to_vec)
    }

    /// The decoded bytes: borrowed where they lie in the buffer just so.
    ///
    /// ```
    /// use esl_proto::{Event, name::Format};
    /// use std::borrow::Cow;
    ///
    /// let event = Event::new(Format::Plain, b"a: plain\nb: two%20words\n\n");
    /// assert!(matches!(event.get("a").unwrap().to_cow(), Cow::Borrowed(b"plain")));
    /// assert_eq!(event.get("b").unwrap().to_cow().into_owned(), b"two words");
    /// ```
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_cow(&self) -> Cow<'a, [u8]> {
        self.as_plain().map_or_else(|| Cow::Owned(self.to_vec()), Cow::Borrowed)
    }

    /// The decoded text; bytes that are not UTF-8 become U+FFFD.
    ///
    /// ```
    /// use esl_proto::{Event, name::Format};
    ///
    /// let event = Event::new(Format::Plain, b"Caller-Caller-ID-Name: %C3%89va%FF\n\n");
    /// assert_eq!(event.get("Caller-Caller-ID-Name").unwrap().to_string_lossy(), "Éva\u{fffd}");
    /// ```
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'a, str> {
        match self.to_cow() {
            Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
            Cow::Owned(octets) => Cow::Owned(match String::from_utf8(octets) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// The decoded bytes as a decimal number without sign, if they are one that fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        decimal(self.bytes())
    }

    /// The decoded bytes as a decimal number with or without sign, if they are one that fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        let mut octets = self.bytes();
        if octets.clone().next() == Some(b'-') {
            octets.next();
            return 0_i64.checked_sub_unsigned(decimal(octets)?);
        }
        i64::try_from(decimal(octets)?).ok()
    }
}

/// A value that is being decoded to storage, part after part.
enum Decoding<'a> {
    Percent(&'a [u8]),
    Json(&'a [u8]),
    Slow(Bytes<'a>),
}

impl Decoding<'_> {
    /// Decodes the next bytes to the front of `out`, which has room for four at least, and returns their count: 0 at the
    /// end only.
    fn fill(&mut self, out: &mut [u8]) -> usize {
        match self {
            Self::Percent(rest) => fill_runs(b'%', rest, out, |rest| Some(SmallBytes::one(percent::next(rest)?))),
            Self::Json(rest) => fill_runs(b'\\', rest, out, json::next),
            Self::Slow(octets) => fill(octets, out),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Percent(rest) | Self::Json(rest) => rest.is_empty(),
            Self::Slow(octets) => octets.clone().next().is_none(),
        }
    }
}

/// Decodes text whose escapes begin with `mark`: the runs between them are copied at once.
#[inline]
fn fill_runs(mark: u8, rest: &mut &[u8], out: &mut [u8], next: impl Fn(&mut &[u8]) -> Option<SmallBytes>) -> usize {
    let room = out.len();
    let mut out = out;
    while let Some(first) = rest.first()
        && out.len() >= 4
    {
        let written = if *first == mark {
            let mut few = next(rest).unwrap_or(SmallBytes::NONE);
            fill(core::iter::from_fn(|| few.next()), out)
        } else {
            let limit = rest.get(..out.len()).unwrap_or(rest);
            let (run, after) =
                rest.split_at_checked(memchr::memchr(mark, limit).unwrap_or(limit.len())).unwrap_or_default();
            *rest = after;
            copy(run, out)
        };
        out = out.get_mut(written..).unwrap_or_default();
    }
    room - out.len()
}

fn fill(octets: impl Iterator<Item = u8>, out: &mut [u8]) -> usize {
    let mut written = 0;
    for (to, octet) in out.iter_mut().zip(octets) {
        *to = octet;
        written += 1;
    }
    written
}

impl PartialEq for Value<'_> {
    /// Whether the decoded bytes are the same, however each side is coded.
    fn eq(&self, other: &Value<'_>) -> bool {
        match (self.as_plain(), other.as_plain()) {
            (Some(one), Some(two)) => one == two,
            _ => self.bytes().eq(other.bytes()),
        }
    }
}

impl Eq for Value<'_> {}

impl PartialOrd for Value<'_> {
    fn partial_cmp(&self, other: &Value<'_>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value<'_> {
    /// The order of the decoded bytes, however each side is coded.
    fn cmp(&self, other: &Value<'_>) -> Ordering {
        match (self.as_plain(), other.as_plain()) {
            (Some(one), Some(two)) => one.cmp(two),
            _ => self.bytes().cmp(other.bytes()),
        }
    }
}

/// How many bytes a [`Hasher`] is given at once. A hash depends on that, so it must not depend on the coding.
const HASHED: usize = 64;

impl Hash for Value<'_> {
    /// Feeds the decoded bytes: values that are equal have one hash, however they are coded. It is not that of the bytes
    /// as a slice.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let len = match self.as_plain() {
            Some(plain) => {
                plain.chunks(HASHED).for_each(|octets| state.write(octets));
                plain.len()
            }
            None => {
                let mut octets = self.bytes();
                let mut window = [0; HASHED];
                let mut len = 0_usize;
                loop {
                    let count = fill(octets.by_ref().take(HASHED), &mut window);
                    if count > 0 {
                        state.write(scan::slice(&window, 0, count));
                    }
                    len = len.saturating_add(count);
                    if count < HASHED {
                        break len;
                    }
                }
            }
        };
        state.write_usize(len);
    }
}

/// Compares values with texts and bytes, in both orders.
macro_rules! equal_to {
    ($([$($generics:tt)*] $other:ty => |$it:ident| $octets:expr;)+) => {$(
        impl<$($generics)*> PartialEq<$other> for Value<'_> {
            fn eq(&self, $it: &$other) -> bool {
                *self == Value::from_bytes($octets)
            }
        }

        impl<$($generics)*> PartialEq<Value<'_>> for $other {
            fn eq(&self, value: &Value<'_>) -> bool {
                value == self
            }
        }
    )+};
}

equal_to! {
    [] [u8] => |octets| octets;
    [] &[u8] => |octets| octets;
    [const N: usize] [u8; N] => |octets| octets;
    [const N: usize] &[u8; N] => |octets| *octets;
    [] str => |text| text.as_bytes();
    [] &str => |text| text.as_bytes();
}

#[cfg(feature = "alloc")]
equal_to! {
    [] Vec<u8> => |octets| octets.as_slice();
    [] String => |text| text.as_bytes();
    [] Cow<'_, [u8]> => |octets| octets;
    [] Cow<'_, str> => |text| text.as_bytes();
}

impl TryFrom<Value<'_>> for u64 {
    type Error = ConvertError;

    /// As [`Value::to_u64`].
    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        value.to_u64().ok_or(ConvertError::NotANumber)
    }
}

impl TryFrom<Value<'_>> for i64 {
    type Error = ConvertError;

    /// As [`Value::to_i64`].
    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        value.to_i64().ok_or(ConvertError::NotANumber)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::from_bytes(text.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self::from_bytes(octets)
    }
}

impl fmt::Display for Value<'_> {
    /// The decoded text; bytes that are not UTF-8 become U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(plain) = self.as_plain() {
            return write_lossy(plain, f);
        }
        let mut octets = self.bytes();
        let mut window = [0; 64];
        let mut kept = 0;
        loop {
            let (_, free) = window.split_at_mut_checked(kept).unwrap_or_default();
            let fresh = fill(octets.by_ref(), free);
            let text = scan::slice(&window, 0, kept.saturating_add(fresh));
            // A character may continue in the next window: carry its first bytes over.
            kept = if fresh == 0 { 0 } else { unfinished(text) };
            let whole = text.len().saturating_sub(kept);
            write_lossy(scan::slice(text, 0, whole), f)?;
            if fresh == 0 {
                return Ok(());
            }
            let end = text.len();
            window.copy_within(whole.min(end)..end, 0);
        }
    }
}

/// The number of bytes at the end of `text` that may begin a character whose rest is still to come.
fn unfinished(text: &[u8]) -> usize {
    match core::str::from_utf8(text.get(text.len().saturating_sub(3)..).unwrap_or_default()) {
        Ok(_) => 0,
        Err(_) => (1..=3.min(text.len()))
            .find(|back| text.iter().rev().nth(back - 1).is_some_and(|octet| *octet >= 0xc0))
            .unwrap_or(0),
    }
}

fn write_lossy(text: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for chunk in text.utf8_chunks() {
        f.write_str(chunk.valid())?;
        if !chunk.invalid().is_empty() {
            f.write_str("\u{fffd}")?;
        }
    }
    Ok(())
}

impl Default for Value<'_> {
    /// An empty value.
    fn default() -> Self {
        Self::from_bytes(&[])
    }
}

impl fmt::Debug for Value<'_> {
    /// The decoded bytes as a string literal, those that are not printable ASCII as `\xNN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for octet in self.bytes() {
            fmt::Display::fmt(&core::ascii::escape_default(octet), f)?;
        }
        f.write_str("\"")
    }
}

/// The decoded bytes of a [`Value`]; made by [`Value::bytes`].
#[derive(Clone, Debug)]
pub struct Bytes<'a> {
    /// What comes before `text`.
    separator: &'static [u8],
    text: Scalar<'a>,
    /// The elements of an array after `text`.
    more: json::Elements<'a>,
    /// How many bytes may come; [`NO_LIMIT`] for all.
    left: u32,
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.left != NO_LIMIT {
            self.left = self.left.checked_sub(1)?;
        }
        loop {
            if let Some((octet, rest)) = self.separator.split_first() {
                self.separator = rest;
                return Some(*octet);
            }
            if let Some(octet) = self.text.next() {
                return Some(octet);
            }
            self.text = self.more.next()?.scalar();
            self.separator = ARRAY_SEPARATOR;
        }
    }
}

impl FusedIterator for Bytes<'_> {}

/// The decoded bytes of a text that is not an array.
#[derive(Clone, Debug)]
struct Scalar<'a> {
    rest: &'a [u8],
    /// Decoded bytes still to come of an escape that gave more than one.
    pending: SmallBytes,
    coding: Coding,
}

impl<'a> Scalar<'a> {
    const fn new(rest: &'a [u8], coding: Coding) -> Self {
        Self { rest, pending: SmallBytes::NONE, coding }
    }

    fn xml(&mut self) -> Option<u8> {
        self.pending.next().or_else(|| {
            self.pending = xml::next(&mut self.rest)?;
            self.pending.next()
        })
    }

    fn xml_percent(&mut self) -> Option<u8> {
        let octet = self.xml()?;
        if octet == b'%' {
            let mut ahead = self.clone();
            if let (Some(high), Some(low)) = (ahead.xml(), ahead.xml())
                && let Some(decoded) = percent::pair(high, low)
            {
                *self = ahead;
                return Some(decoded);
            }
        }
        Some(octet)
    }
}

impl Iterator for Scalar<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        match self.coding {
            Coding::Plain { escaped: true } | Coding::Percent => percent::next(&mut self.rest),
            // Without the feature there is no such value, and no need of its decoder.
            Coding::Json if cfg!(feature = "json") => self.pending.next().or_else(|| {
                self.pending = json::next(&mut self.rest)?;
                self.pending.next()
            }),
            Coding::XmlHeader if cfg!(feature = "xml") => self.xml_percent(),
            Coding::XmlBody if cfg!(feature = "xml") => {
                if self.pending.is_empty() && self.rest.starts_with(xml::VERBATIM) {
                    self.coding = Coding::Octets;
                    return first(&mut self.rest);
                }
                self.xml()
            }
            Coding::CrLf => {
                if self.rest.starts_with(b"\r\n") {
                    first(&mut self.rest);
                }
                first(&mut self.rest)
            }
            Coding::Octets
            | Coding::Plain { escaped: false }
            | Coding::Json
            | Coding::JsonArray
            | Coding::XmlHeader
            | Coding::XmlBody => first(&mut self.rest),
        }
    }
}

/// The elements of a [`Value`]; made by [`Value::items`].
#[derive(Clone, Debug)]
pub struct Items<'a>(Elements<'a>);

#[derive(Clone, Debug)]
enum Elements<'a> {
    One(Option<Value<'a>>),
    Plain { rest: Option<&'a [u8]>, coding: Coding },
    Octets(Option<&'a [u8]>),
    Json(json::Elements<'a>),
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match &mut self.0 {
            Elements::One(value) => value.take(),
            Elements::Plain { rest, coding } => {
                let (element, after) = percent::split(rest.take()?, *ARRAY_SEPARATOR.first_chunk()?);
                *rest = after;
                Some(Value::new(element, *coding))
            }
            Elements::Octets(rest) => {
                let text = rest.take()?;
                let end = scan::find_pair(ARRAY_SEPARATOR.first_chunk()?, text, 0);
                *rest = end.and_then(|end| text.get(end + ARRAY_SEPARATOR.len()..));
                Some(Self::Item::from_bytes(scan::slice(text, 0, end.unwrap_or(text.len()))))
            }
            Elements::Json(elements) => elements.next(),
        }
    }
}

impl FusedIterator for Items<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &[u8], coding: Coding) -> Vec<u8> {
        checked(Value::new(raw, coding))
    }

    /// The decoded bytes of `value`, after checking that all ways to read it agree.
    fn checked(value: Value<'_>) -> Vec<u8> {
        let octets: Vec<u8> = value.bytes().collect();
        assert_eq!(value.decoded_len(), octets.len());
        let mut exact = vec![0; octets.len()];
        assert_eq!(value.decode_into(&mut exact), Ok(&octets[..]));
        let mut ample = vec![0; octets.len() + value.raw().len() + 9];
        assert_eq!(value.decode_into(&mut ample), Ok(&octets[..]));
        if let Some(shorter) = octets.len().checked_sub(1) {
            let mut storage = vec![7; shorter];
            assert_eq!(value.decode_into(&mut storage), Err(Insufficient { required: octets.len() }));
            assert!(storage.iter().all(|octet| *octet == 7), "an error writes nothing");
        }
        if let Some(plain) = value.as_plain() {
            assert_eq!(plain, octets);
        }
        assert_eq!(value, octets[..]);
        assert_eq!(value.to_string(), String::from_utf8_lossy(&octets));
        octets
    }

    fn items(raw: &[u8], coding: Coding) -> Vec<Vec<u8>> {
        Value::new(raw, coding).items().map(|item| item.bytes().collect()).collect()
    }

    const PLAIN: Coding = Coding::Plain { escaped: true };

    #[test]
    fn percent_escapes_are_decoded_and_others_kept() {
        assert_eq!(decoded(b"100%25%20sure%20%41%20%25zz%20%252", PLAIN), b"100% sure A %zz %2");
        assert_eq!(decoded(b"%", PLAIN), b"%");
        assert_eq!(decoded(b"%4", PLAIN), b"%4");
        assert_eq!(decoded(b"%%41%4g%e2%E2+", PLAIN), b"%A%4g\xe2\xe2+");
        assert_eq!(decoded(b"_undef_", PLAIN), b"");
        assert_eq!(decoded(b"_undef_", Coding::Percent), b"_undef_");
    }

    #[test]
    #[cfg(feature = "json")]
    fn json_escapes_are_decoded_and_others_kept() {
        assert_eq!(decoded(br#"a\n\t\r\b\f\\\/\"z"#, Coding::Json), b"a\n\t\r\x08\x0c\\/\"z");
        assert_eq!(decoded(br"\u0041\u00e9\u20ac", Coding::Json), "A\u{e9}\u{20ac}".as_bytes());
        assert_eq!(
            decoded(br"\ud83d\ude00|\uD83D|\ude00|\ud83d\u0041", Coding::Json),
            b"\xf0\x9f\x98\x80|\xed\xa0\xbd|\xed\xb8\x80|\xed\xa0\xbdA"
        );
        assert_eq!(decoded(br"\q\u12G4\u12", Coding::Json), br"\q\u12G4\u12");
    }

    #[test]
    #[cfg(feature = "xml")]
    fn xml_entities_are_decoded_and_others_kept() {
        let body = Coding::XmlBody;
        assert_eq!(decoded(b"&amp;&lt;&gt;&quot;&apos;&#xD;&#65;&#x17B;", body), "&<>\"'\rA\u{17b}".as_bytes());
        assert_eq!(decoded(b"&#xD800;", body), b"\xed\xa0\x80");
        assert_eq!(
            decoded(b"&bogus; &amp &# &#; &#x; &#x110000; &#99999999999999; & &", body),
            b"&bogus; &amp &# &#; &#x; &#x110000; &#99999999999999; & &"
        );
        assert_eq!(decoded(b"a &lt; b <! c &lt; d", body), b"a < b <! c &lt; d");
        assert_eq!(decoded(b"%41", body), b"%41");
        assert_eq!(decoded(b"%41&#x25;42%&#x34;3%&amp;", Coding::XmlHeader), b"ABC%&");
    }

    #[test]
    #[cfg(feature = "xml")]
    fn an_xml_body_ends_at_its_limit() {
        for (limit, wanted) in
            [(0, &b""[..]), (1, b"<"), (2, b"<\xc5"), (3, b"<\xc5\xbb"), (4, b"<\xc5\xbbx"), (9, b"<\xc5\xbbx")]
        {
            assert_eq!(checked(Value::xml_body(b"&lt;&#x17B;x", Some(limit))), wanted);
        }
        assert_eq!(checked(Value::xml_body(b"ab<!cd", Some(4))), b"ab<!");
        assert_eq!(checked(Value::xml_body(b"&lt;<!cd", Some(4))), b"<<!c");
        assert_eq!(checked(Value::xml_body(b"plain", Some(2))), b"pl");
    }

    #[test]
    #[cfg(feature = "json")]
    fn arrays_read_the_same_in_every_format() {
        let wanted = vec![b"a b".to_vec(), b"".to_vec(), b"c|".to_vec()];
        assert_eq!(items(b"ARRAY%3A%3Aa%20b%7C%3A%7C%3Ac%7C", PLAIN), wanted);
        assert_eq!(items(b"ARRAY::a b|:|:c|", Coding::Plain { escaped: false }), wanted);
        assert_eq!(items(br#""a b","","c|""#, Coding::JsonArray), wanted);
        assert_eq!(decoded(b"ARRAY%3A%3Aa%20b%7C%3A%7C%3Ac%7C", PLAIN), b"ARRAY::a b|:|:c|");
        assert_eq!(decoded(br#""a b","","c|""#, Coding::JsonArray), b"ARRAY::a b|:|:c|");
        assert_eq!(decoded(br#""solo""#, Coding::JsonArray), b"solo");
        assert_eq!(decoded(b"", Coding::JsonArray), b"");
        assert!(items(b"", Coding::JsonArray).is_empty());
        assert_eq!(items(b"ARRAY%3A%3A", PLAIN), vec![b"".to_vec()]);
        assert_eq!(items(b"ARRAY%3A%3A_undef_%7c%3A_undef_", PLAIN), vec![b"_undef_".to_vec(), b"_undef_".to_vec()]);
        assert_eq!(items(b"%41RRAY::a||:b", PLAIN), vec![b"a|".to_vec(), b"b".to_vec()]);
        assert!(!Value::new(b"ARRAY:x", PLAIN).is_array());
        assert_eq!(items(b"ARRAY::a|:b", Coding::Octets), vec![b"ARRAY::a|:b".to_vec()]);
    }

    #[test]
    #[cfg(all(feature = "json", feature = "xml"))]
    fn a_value_is_the_same_after_it_was_in_parts() {
        for (number, coding) in (0..).zip(Coding::ALL) {
            let value = Value::new(b"&amp;%41\\n\r\n", coding);
            let (raw, coded, limit) = value.parts();
            assert_eq!(coded, number);
            let again = Value::from_parts(raw, coded, limit).unwrap();
            assert_eq!((again.raw(), again.coding, again.limit), (value.raw(), value.coding, value.limit));
        }
        assert!(Value::from_parts(b"", Coding::ALL.len() as u8, 0).is_none());
        let body = Value::xml_body(b"a &lt; b  ", Some(5));
        let (raw, coding, limit) = body.parts();
        assert_eq!(Value::from_parts(raw, coding, limit), Some(body));
    }

    #[test]
    fn numbers() {
        for (text, unsigned, signed) in [
            (&b"0"[..], Some(0), Some(0)),
            (b"-1", None, Some(-1)),
            (b"18446744073709551615", Some(u64::MAX), None),
            (b"18446744073709551616", None, None),
            (b"-9223372036854775808", None, Some(i64::MIN)),
            (b"-9223372036854775809", None, None),
            (b"", None, None),
            (b"-", None, None),
            (b"+1", None, None),
            (b"1 ", None, None),
        ] {
            assert_eq!(Value::from_bytes(text).to_u64(), unsigned, "{text:?}");
            assert_eq!(Value::from_bytes(text).to_i64(), signed, "{text:?}");
        }
        assert_eq!(Value::new(b"%31%32", PLAIN).to_u64(), Some(12));
    }

    #[test]
    fn case_is_ignored_on_demand_only() {
        let value = Value::new(b"Caf%C3%89", PLAIN);
        assert!(value.eq_ignore_ascii_case("cAF\u{c9}"));
        assert!(value != *"caf\u{c9}");
    }

    #[test]
    fn display_keeps_characters_whole_across_its_windows() {
        for lead in 0..70 {
            let mut text = "x".repeat(lead);
            text.push_str("\u{1f600}\u{17b}\u{20ac}%");
            let raw: String = text.bytes().map(|octet| format!("%{octet:02X}")).collect();
            assert_eq!(Value::new(raw.as_bytes(), PLAIN).to_string(), text);
        }
        for raw in ["%F0%9F%98", "%F0%9F%98x", "%C3", "%80%80%80%80%F0", "%ED%A0%80"] {
            for lead in 55..66 {
                let raw = "%41".repeat(lead) + raw;
                decoded(raw.as_bytes(), PLAIN);
            }
        }
    }
}
