//! Lists in commands: given as slices by a program, or found in the text of a request.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::{fmt, slice};

use super::keys::APPLICATION;
use crate::frame::{Request, RequestHeaders};
#[cfg(feature = "alloc")]
use crate::name::EventNameBuf;
use crate::name::{EventName, header};
use crate::text::Value;
use crate::text::cut::{LineWords, pieces, split, words};

/// An ordered list of pairs: headers of an event, or applications and their arguments.
///
/// Made from a slice or array of pairs of text or of bytes; pairs of other types that are bytes, like `String`, are a
/// [`PairSource`]. Two lists are equal if their pairs are.
///
/// ```
/// use esl_proto::command::Pairs;
///
/// let kept: Vec<(String, Vec<u8>)> = vec![("Event-Subclass".into(), b"my::event".to_vec())];
/// let headers = kept.as_slice();
/// assert_eq!(Pairs::from_source(&headers), Pairs::from(&[("Event-Subclass", "my::event")]));
/// ```
#[derive(Clone, Copy)]
pub struct Pairs<'a>(PairsOf<'a>);

#[derive(Clone, Copy)]
enum PairsOf<'a> {
    Text(&'a [(&'a str, &'a str)]),
    Octets(&'a [(&'a [u8], &'a [u8])]),
    /// The headers of a request except Content-Length.
    Headers(Request<'a>),
    AllHeaders(Request<'a>),
    /// The `application` headers of a request.
    Applications(Request<'a>),
    Source(&'a dyn PairSource),
}

/// Pairs in a host's own representation. Slices and arrays of pairs of any byte types are sources.
pub trait PairSource: Sync {
    /// The pair at a place, from 0; [`None`] after the last.
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])>;
}

impl<N: AsRef<[u8]> + Sync, V: AsRef<[u8]> + Sync> PairSource for &[(N, V)] {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        self.get(place).map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

impl<N: AsRef<[u8]> + Sync, V: AsRef<[u8]> + Sync, const LEN: usize> PairSource for [(N, V); LEN] {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        self.get(place).map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

#[cfg(feature = "alloc")]
impl<N: AsRef<[u8]> + Sync, V: AsRef<[u8]> + Sync> PairSource for Vec<(N, V)> {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        self.get(place).map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

impl<'a> Pairs<'a> {
    /// No pairs.
    pub const NONE: Self = Self::from_bytes(&[]);

    /// These pairs of text, also in a constant.
    #[must_use]
    pub const fn from_texts(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(PairsOf::Text(pairs))
    }

    /// These pairs of bytes, also in a constant.
    #[must_use]
    pub const fn from_bytes(pairs: &'a [(&'a [u8], &'a [u8])]) -> Self {
        Self(PairsOf::Octets(pairs))
    }

    /// The headers of a request except Content-Length: the headers of a `sendevent`.
    #[must_use]
    pub const fn headers(request: Request<'a>) -> Self {
        Self(PairsOf::Headers(request))
    }

    /// All headers of a request.
    pub(super) const fn all_headers(request: Request<'a>) -> Self {
        Self(PairsOf::AllHeaders(request))
    }

    /// The `application` headers of a request, split at their first blank: the pairs of a `sendmsg` with `xferext`.
    #[must_use]
    pub const fn applications(request: Request<'a>) -> Self {
        Self(PairsOf::Applications(request))
    }

    /// The pairs in a host's own representation.
    #[must_use]
    pub const fn from_source(source: &'a dyn PairSource) -> Self {
        Self(PairsOf::Source(source))
    }

    /// The pairs in order.
    #[inline]
    #[must_use]
    pub fn iter(&self) -> PairsIter<'a> {
        PairsIter(match self.0 {
            PairsOf::Text(text) => PairsIn::Text(text.iter()),
            PairsOf::Octets(octets) => PairsIn::Octets(octets.iter()),
            PairsOf::Headers(request) => PairsIn::Headers(request.headers()),
            PairsOf::AllHeaders(request) => PairsIn::AllHeaders(request.headers()),
            PairsOf::Applications(request) => PairsIn::Applications(request.headers()),
            PairsOf::Source(source) => PairsIn::Source(source, 0),
        })
    }
}

/// The pairs of a list; made by [`Pairs::iter`].
#[derive(Clone)]
pub struct PairsIter<'a>(PairsIn<'a>);

#[derive(Clone)]
enum PairsIn<'a> {
    Text(slice::Iter<'a, (&'a str, &'a str)>),
    Octets(slice::Iter<'a, (&'a [u8], &'a [u8])>),
    Headers(RequestHeaders<'a>),
    AllHeaders(RequestHeaders<'a>),
    Applications(RequestHeaders<'a>),
    /// A host's list, and the place of the next pair.
    Source(&'a dyn PairSource, usize),
}

impl<'a> Iterator for PairsIter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            PairsIn::Text(text) => text.next().map(|(name, value)| (name.as_bytes(), value.as_bytes())),
            PairsIn::Octets(octets) => octets.next().copied(),
            others => others.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            PairsIn::Text(text) => text.size_hint(),
            PairsIn::Octets(octets) => octets.size_hint(),
            _ => (0, None),
        }
    }
}

impl FusedIterator for PairsIter<'_> {}

impl<'a> PairsIn<'a> {
    /// Pairs of a request or of a host's source. Not inlined, so that writing a command from slices stays small.
    #[inline(never)]
    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        match self {
            Self::Headers(headers) => headers
                .find(|header| !header.is(header::CONTENT_LENGTH))
                .map(|header| (header.name.raw(), header.value.raw())),
            Self::AllHeaders(headers) => headers.next().map(|header| (header.name.raw(), header.value.raw())),
            Self::Applications(headers) => {
                headers.find(|header| header.is(APPLICATION)).map(|header| split(b' ', header.value.raw()))
            }
            Self::Source(source, place) => {
                let pair = source.pair(*place);
                match pair {
                    Some(_) => *place = place.saturating_add(1),
                    // A source that changes its mind does not begin again.
                    None => *self = Self::Octets([].iter()),
                }
                pair
            }
            Self::Text(_) | Self::Octets(_) => None,
        }
    }
}

impl fmt::Debug for PairsIter<'_> {
    /// The pairs that are still to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.clone().map(|(name, value)| (Value::from_bytes(name), Value::from_bytes(value)));
        f.debug_list().entries(pairs).finish()
    }
}

iterated! { Pairs => PairsIter of (&'a [u8], &'a [u8]) }

impl PartialEq for Pairs<'_> {
    fn eq(&self, other: &Pairs<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Pairs<'_> {}

impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl<'a> From<&'a [(&'a str, &'a str)]> for Pairs<'a> {
    fn from(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(PairsOf::Text(pairs))
    }
}

impl<'a, const N: usize> From<&'a [(&'a str, &'a str); N]> for Pairs<'a> {
    fn from(pairs: &'a [(&'a str, &'a str); N]) -> Self {
        Self(PairsOf::Text(pairs))
    }
}

impl<'a> From<&'a [(&'a [u8], &'a [u8])]> for Pairs<'a> {
    fn from(pairs: &'a [(&'a [u8], &'a [u8])]) -> Self {
        Self(PairsOf::Octets(pairs))
    }
}

impl<'a, const N: usize> From<&'a [(&'a [u8], &'a [u8]); N]> for Pairs<'a> {
    fn from(pairs: &'a [(&'a [u8], &'a [u8]); N]) -> Self {
        Self(PairsOf::Octets(pairs))
    }
}

/// A list of words without blanks: subclasses.
///
/// Made from a slice or array of text or bytes; two lists are equal if their words are.
#[derive(Clone, Copy)]
pub struct Words<'a>(WordsOf<'a>);

#[derive(Clone, Copy)]
enum WordsOf<'a> {
    Text(&'a [&'a str]),
    Octets(&'a [&'a [u8]]),
    #[cfg(feature = "alloc")]
    Owned(&'a [Vec<u8>]),
    /// Words of a command line, between blanks.
    Line(&'a [u8]),
}

impl<'a> Words<'a> {
    /// No words.
    pub const NONE: Self = Self::from_bytes(&[]);

    /// These words, also in a constant.
    #[must_use]
    pub const fn from_texts(words: &'a [&'a str]) -> Self {
        Self(WordsOf::Text(words))
    }

    /// These words as bytes, also in a constant.
    #[must_use]
    pub const fn from_bytes(words: &'a [&'a [u8]]) -> Self {
        Self(WordsOf::Octets(words))
    }

    /// These words, which own their bytes.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub const fn from_owned(words: &'a [Vec<u8>]) -> Self {
        Self(WordsOf::Owned(words))
    }

    /// The words of a text, between blanks.
    #[must_use]
    pub const fn from_line(line: &'a [u8]) -> Self {
        Self(WordsOf::Line(line))
    }

    /// The command line's text, if the list was made by [`from_line`](Self::from_line).
    #[must_use]
    pub const fn as_line(&self) -> Option<&'a [u8]> {
        match self.0 {
            WordsOf::Line(line) => Some(line),
            _ => None,
        }
    }

    /// The words in order.
    #[must_use]
    pub fn iter(&self) -> WordsIter<'a> {
        WordsIter(match self.0 {
            WordsOf::Text(text) => WordsIn::Text(text.iter()),
            WordsOf::Octets(octets) => WordsIn::Octets(octets.iter()),
            #[cfg(feature = "alloc")]
            WordsOf::Owned(owned) => WordsIn::Owned(owned.iter()),
            WordsOf::Line(line) => WordsIn::Line(words(line)),
        })
    }
}

/// The words of a list; made by [`Words::iter`].
#[derive(Clone)]
pub struct WordsIter<'a>(WordsIn<'a>);

#[derive(Clone)]
enum WordsIn<'a> {
    Text(slice::Iter<'a, &'a str>),
    Octets(slice::Iter<'a, &'a [u8]>),
    #[cfg(feature = "alloc")]
    Owned(slice::Iter<'a, Vec<u8>>),
    Line(LineWords<'a>),
}

impl<'a> Iterator for WordsIter<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            WordsIn::Text(text) => text.next().map(|word| word.as_bytes()),
            WordsIn::Octets(octets) => octets.next().copied(),
            #[cfg(feature = "alloc")]
            WordsIn::Owned(owned) => owned.next().map(Vec::as_slice),
            WordsIn::Line(line) => line.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            WordsIn::Text(text) => text.size_hint(),
            WordsIn::Octets(octets) => octets.size_hint(),
            #[cfg(feature = "alloc")]
            WordsIn::Owned(owned) => owned.size_hint(),
            WordsIn::Line(_) => (0, None),
        }
    }
}

impl FusedIterator for WordsIter<'_> {}

impl fmt::Debug for WordsIter<'_> {
    /// The words that are still to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(Value::from_bytes)).finish()
    }
}

iterated! { Words => WordsIter of &'a [u8] }

impl PartialEq for Words<'_> {
    fn eq(&self, other: &Words<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Words<'_> {}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl<'a> From<&'a [&'a str]> for Words<'a> {
    fn from(words: &'a [&'a str]) -> Self {
        Self(WordsOf::Text(words))
    }
}

impl<'a, const N: usize> From<&'a [&'a str; N]> for Words<'a> {
    fn from(words: &'a [&'a str; N]) -> Self {
        Self(WordsOf::Text(words))
    }
}

impl<'a> From<&'a [&'a [u8]]> for Words<'a> {
    fn from(words: &'a [&'a [u8]]) -> Self {
        Self(WordsOf::Octets(words))
    }
}

impl<'a, const N: usize> From<&'a [&'a [u8]; N]> for Words<'a> {
    fn from(words: &'a [&'a [u8]; N]) -> Self {
        Self(WordsOf::Octets(words))
    }
}

/// A list of event names.
#[derive(Clone, Copy)]
pub struct EventNames<'a>(EventNamesOf<'a>);

#[derive(Clone, Copy)]
enum EventNamesOf<'a> {
    Names(&'a [EventName<'a>]),
    #[cfg(feature = "alloc")]
    Owned(&'a [EventNameBuf]),
    /// Words of a command line.
    Line(&'a [u8]),
}

impl<'a> EventNames<'a> {
    /// No names.
    pub const NONE: Self = Self::from_names(&[]);

    /// These names, also in a constant.
    #[must_use]
    pub const fn from_names(names: &'a [EventName<'a>]) -> Self {
        Self(EventNamesOf::Names(names))
    }

    /// These names, which own their words.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub const fn from_owned(names: &'a [EventNameBuf]) -> Self {
        Self(EventNamesOf::Owned(names))
    }

    /// The names that the words of a text are, between blanks.
    #[must_use]
    pub const fn from_line(line: &'a [u8]) -> Self {
        Self(EventNamesOf::Line(line))
    }

    /// The command line's text, if the list was made by [`from_line`](Self::from_line).
    #[must_use]
    pub const fn as_line(&self) -> Option<&'a [u8]> {
        match self.0 {
            EventNamesOf::Line(line) => Some(line),
            _ => None,
        }
    }

    /// The names in order.
    #[must_use]
    pub fn iter(&self) -> EventNamesIter<'a> {
        EventNamesIter(match self.0 {
            EventNamesOf::Names(names) => NamesIn::Names(names.iter()),
            #[cfg(feature = "alloc")]
            EventNamesOf::Owned(names) => NamesIn::Owned(names.iter()),
            EventNamesOf::Line(line) => NamesIn::Line(words(line)),
        })
    }
}

/// The names of a list; made by [`EventNames::iter`].
#[derive(Clone)]
pub struct EventNamesIter<'a>(NamesIn<'a>);

#[derive(Clone)]
enum NamesIn<'a> {
    Names(slice::Iter<'a, EventName<'a>>),
    #[cfg(feature = "alloc")]
    Owned(slice::Iter<'a, EventNameBuf>),
    Line(LineWords<'a>),
}

impl<'a> Iterator for EventNamesIter<'a> {
    type Item = EventName<'a>;

    #[inline]
    fn next(&mut self) -> Option<EventName<'a>> {
        match &mut self.0 {
            NamesIn::Names(names) => names.next().copied(),
            #[cfg(feature = "alloc")]
            NamesIn::Owned(names) => names.next().map(EventNameBuf::as_name),
            NamesIn::Line(line) => line.next().map(EventName::asked_for),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            NamesIn::Names(names) => names.size_hint(),
            #[cfg(feature = "alloc")]
            NamesIn::Owned(names) => names.size_hint(),
            NamesIn::Line(_) => (0, None),
        }
    }
}

impl FusedIterator for EventNamesIter<'_> {}

impl fmt::Debug for EventNamesIter<'_> {
    /// The names that are still to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

iterated! { EventNames => EventNamesIter of EventName<'a> }

/// What to subscribe to: event names, and subclasses of CUSTOM events.
///
/// CUSTOM alone brings only the CUSTOM events without a subclass; a list of subclasses implies it. ALL brings every
/// event of every subclass.
#[derive(Clone, Copy)]
pub struct Events<'a> {
    /// The names. The position of CUSTOM among them does not matter.
    pub names: EventNames<'a>,
    /// The subclasses of CUSTOM events, as `sofia::register`.
    pub subclasses: Words<'a>,
}

impl<'a> Events<'a> {
    /// Events of these names and CUSTOM events of these subclasses.
    pub fn new(names: &'a [EventName<'a>], subclasses: impl Into<Words<'a>>) -> Self {
        Self { names: EventNames(EventNamesOf::Names(names)), subclasses: subclasses.into() }
    }

    /// The words of a text, between blanks, as a person types them: names up to CUSTOM, then subclasses.
    ///
    /// ```
    /// use esl_proto::command::Events;
    /// use esl_proto::{Command, name::Format};
    ///
    /// let events = Events::from_line(b"CHANNEL_ANSWER CUSTOM sofia::register");
    /// let mut out = [0; 128];
    /// let written = Command::event(Format::Json, events).encode(&mut out)?;
    /// assert_eq!(written, b"event json CHANNEL_ANSWER CUSTOM sofia::register\n\n");
    /// # Ok::<(), esl_proto::command::EncodeError>(())
    /// ```
    #[must_use]
    pub fn from_line(line: &'a [u8]) -> Self {
        let mut names = 0;
        for word in pieces(line) {
            names += word.len();
            if EventName::asked_for(word) == EventName::Custom {
                break;
            }
            names += 1;
        }
        let (names, subclasses) = line.split_at_checked(names).unwrap_or((line, &[]));
        Self { names: EventNames::from_line(names), subclasses: Words::from_line(subclasses) }
    }

    /// The names but for CUSTOM.
    pub(super) fn plain_names(&self) -> impl Iterator<Item = EventName<'a>> + use<'a> {
        self.names.iter().filter(|name| *name != EventName::Custom)
    }

    /// No events.
    pub const NONE: Self = Self { names: EventNames::NONE, subclasses: Words::NONE };

    /// Whether there is neither a name nor a subclass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.iter().next().is_none() && self.subclasses.iter().next().is_none()
    }

    /// Whether CUSTOM is among the names or implied by a subclass.
    #[must_use]
    pub fn has_custom(&self) -> bool {
        self.names.iter().any(|name| name == EventName::Custom) || self.subclasses.iter().next().is_some()
    }
}

impl PartialEq for Events<'_> {
    /// Whether both ask for the same: the place of CUSTOM does not count.
    fn eq(&self, other: &Events<'_>) -> bool {
        self.plain_names().eq(other.plain_names())
            && self.has_custom() == other.has_custom()
            && self.subclasses == other.subclasses
    }
}

impl Eq for Events<'_> {}

impl fmt::Debug for EventNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl fmt::Debug for Events<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("names", &self.names).field("subclasses", &self.subclasses).finish()
    }
}

impl<'a> From<&'a [EventName<'a>]> for Events<'a> {
    fn from(names: &'a [EventName<'a>]) -> Self {
        Self::new(names, Words::NONE)
    }
}

impl<'a, const N: usize> From<&'a [EventName<'a>; N]> for Events<'a> {
    fn from(names: &'a [EventName<'a>; N]) -> Self {
        Self::new(names, Words::NONE)
    }
}
