//! Lists in commands: given as slices by a program, or found in the text of a request.

use core::{fmt, slice};

use super::keys::APPLICATION;
use crate::frame::{Request, RequestHeaders};
use crate::name::{EventName, header};
use crate::text::Value;
use crate::text::cut::{pieces, split, words};

/// An ordered list of pairs: headers of an event, or applications and their arguments.
///
/// Made from a slice or array of pairs of text or of octets; two lists are equal if their pairs are.
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

/// Pairs that a host keeps in a shape of its own.
pub trait PairSource: Sync {
    /// The pair at a place, from 0; [`None`] after the last.
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])>;
}

impl<'a> Pairs<'a> {
    /// No pairs.
    pub const NONE: Self = Self(PairsOf::Octets(&[]));

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

    /// The pairs that a host keeps in a shape of its own.
    #[must_use]
    pub const fn from_source(source: &'a dyn PairSource) -> Self {
        Self(PairsOf::Source(source))
    }

    /// The pairs in order.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        match self.0 {
            PairsOf::Text(text) => PairsIter::Text(text.iter()),
            PairsOf::Octets(octets) => PairsIter::Octets(octets.iter()),
            PairsOf::Headers(request) => PairsIter::Headers(request.headers()),
            PairsOf::AllHeaders(request) => PairsIter::AllHeaders(request.headers()),
            PairsOf::Applications(request) => PairsIter::Applications(request.headers()),
            PairsOf::Source(source) => PairsIter::Source(source, 0),
        }
    }
}

enum PairsIter<'a> {
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
        match self {
            Self::Text(text) => text.next().map(|(name, value)| (name.as_bytes(), value.as_bytes())),
            Self::Octets(octets) => octets.next().copied(),
            Self::Headers(_) | Self::AllHeaders(_) | Self::Applications(_) | Self::Source(..) => self.next_of_others(),
        }
    }
}

impl<'a> PairsIter<'a> {
    /// Pairs of a request or of a host's source. Not inlined, so that writing a command from slices stays small.
    #[inline(never)]
    fn next_of_others(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        match self {
            Self::Headers(headers) => headers
                .find(|header| !header.is(header::CONTENT_LENGTH))
                .map(|header| (header.name.raw(), header.value.raw())),
            Self::AllHeaders(headers) => headers.next().map(|header| (header.name.raw(), header.value.raw())),
            Self::Applications(headers) => {
                headers.find(|header| header.is(APPLICATION)).map(|header| split(b' ', header.value.raw()))
            }
            Self::Source(source, place) => {
                let pair = source.pair(*place)?;
                *place += 1;
                Some(pair)
            }
            Self::Text(_) | Self::Octets(_) => None,
        }
    }
}

impl PartialEq for Pairs<'_> {
    fn eq(&self, other: &Pairs<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Pairs<'_> {}

impl fmt::Debug for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.iter().map(|(name, value)| (Value::octets(name), Value::octets(value)));
        f.debug_list().entries(pairs).finish()
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

/// A list of words without blanks: subclasses.
///
/// Made from a slice or array of text or octets; two lists are equal if their words are.
#[derive(Clone, Copy)]
pub struct Words<'a>(WordsOf<'a>);

#[derive(Clone, Copy)]
enum WordsOf<'a> {
    Text(&'a [&'a str]),
    Octets(&'a [&'a [u8]]),
    /// Words of a command line, between blanks.
    Line(&'a [u8]),
}

impl<'a> Words<'a> {
    /// No words.
    pub const NONE: Self = Self(WordsOf::Octets(&[]));

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
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (text, octets, line): (&[&str], &[&[u8]], &[u8]) = match self.0 {
            WordsOf::Text(text) => (text, &[], &[]),
            WordsOf::Octets(octets) => (&[], octets, &[]),
            WordsOf::Line(line) => (&[], &[], line),
        };
        text.iter().map(|word| word.as_bytes()).chain(octets.iter().copied()).chain(words(line))
    }
}

impl PartialEq for Words<'_> {
    fn eq(&self, other: &Words<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Words<'_> {}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Value::octets)).finish()
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

/// A list of event names.
#[derive(Clone, Copy)]
pub struct EventNames<'a>(EventNamesOf<'a>);

#[derive(Clone, Copy)]
enum EventNamesOf<'a> {
    Names(&'a [EventName<'a>]),
    /// Words of a command line.
    Line(&'a [u8]),
}

impl<'a> EventNames<'a> {
    /// No names.
    pub const NONE: Self = Self(EventNamesOf::Names(&[]));

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
            EventNamesOf::Names(_) => None,
        }
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = EventName<'a>> + use<'a> {
        let (names, line): (&[EventName<'_>], &[u8]) = match self.0 {
            EventNamesOf::Names(names) => (names, &[]),
            EventNamesOf::Line(line) => (&[], line),
        };
        names.iter().copied().chain(words(line).map(EventName::asked_for))
    }
}

/// What to subscribe to: event names, and subclasses of CUSTOM events.
///
/// CUSTOM alone brings only the CUSTOM events without a subclass; a list of subclasses implies it. ALL brings every
/// event of every subclass.
#[derive(Clone, Copy)]
pub struct Events<'a> {
    /// The names. Where CUSTOM stands among them does not matter.
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
    /// use esl_proto::{Command, Events, name::Format};
    ///
    /// let events = Events::from_line(b"CHANNEL_ANSWER CUSTOM sofia::register");
    /// let mut out = [0; 128];
    /// let written = Command::event(Format::Json, events).encode(&mut out)?;
    /// assert_eq!(written, b"event json CHANNEL_ANSWER CUSTOM sofia::register\n\n");
    /// # Ok::<(), esl_proto::EncodeError>(())
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
        f.debug_list().entries(self.iter()).finish()
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
