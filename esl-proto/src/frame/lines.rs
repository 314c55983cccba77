//! Header lines that come in parts.

use core::fmt;
use core::iter::FusedIterator;

use super::HeaderList;
use crate::scan::{cut, find, slice};
use crate::text::{Coding, Value};

/// Header lines of a frame that is longer than the host can hold: a part of its head, or of the headers of a plain
/// event.
///
/// A part ends at a line end, as long as the line fits into the buffer; a longer line continues in the next part. A
/// percent escape is never cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Lines<'b> {
    bytes: &'b [u8],
    /// Whether the first line began in the part before.
    pub(super) goes_on: bool,
    pub(super) grammar: LineGrammar,
}

/// How lines are cut into names and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineGrammar {
    /// A head: at the first colon, nothing is coded.
    Head,
    /// An event, or the reply to `connect`: at the last colon and blank, values are percent-coded.
    Event,
}

/// A header, or a part of one; from [`Lines::headers`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeaderPart<'b> {
    /// The name. [`None`] if this continues the value of the header before it: after a line end in that value if
    /// [`after_line_end`](Self::after_line_end) is true, otherwise where the previous part ended.
    pub name: Option<Value<'b>>,
    /// The value, or a part of it.
    pub value: Value<'b>,
    /// Whether this part of the value is preceded by a line end.
    pub after_line_end: bool,
    /// Whether the line ends here. Otherwise the first header of the next part continues the value.
    pub is_complete: bool,
}

impl<'b> Lines<'b> {
    pub(super) const fn new(bytes: &'b [u8], goes_on: bool, grammar: LineGrammar) -> Self {
        Self { bytes, goes_on, grammar }
    }

    /// The lines that these parts were taken from: for hosts in other languages, which keep parts.
    #[must_use]
    pub const fn from_parts(bytes: &'b [u8], goes_on: bool, is_event: bool) -> Self {
        let grammar = if is_event { LineGrammar::Event } else { LineGrammar::Head };
        Self { bytes, goes_on, grammar }
    }

    /// The lines with their line ends.
    #[must_use]
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Whether the first line began in the part before.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        self.goes_on
    }

    /// Whether the lines are those of an event, or of the reply to `connect`: their values are percent-coded.
    #[must_use]
    pub const fn is_event(&self) -> bool {
        matches!(self.grammar, LineGrammar::Event)
    }

    /// The headers in the order of the wire. Of a line that continues in another part, only the portion in this part.
    #[must_use]
    pub const fn headers(&self) -> HeaderParts<'b> {
        HeaderParts { lines: *self, at: 0 }
    }
}

impl fmt::Debug for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HeaderList(self.headers()).fmt(f)
    }
}

impl fmt::Debug for HeaderPart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name:?}: {:?}", self.value)?,
            None if self.after_line_end => write!(f, "(next line) {:?}", self.value)?,
            None => write!(f, "(goes on) {:?}", self.value)?,
        }
        f.write_str(if self.is_complete { "" } else { "..." })
    }
}

/// The headers of [`Lines`]; made by [`Lines::headers`].
#[derive(Clone, Debug)]
pub struct HeaderParts<'b> {
    lines: Lines<'b>,
    at: usize,
}

impl<'b> Iterator for HeaderParts<'b> {
    type Item = HeaderPart<'b>;

    fn next(&mut self) -> Option<HeaderPart<'b>> {
        let Lines { bytes, goes_on, grammar } = self.lines;
        loop {
            let start = self.at;
            if start >= bytes.len() {
                return None;
            }
            let end = find(b'\n', bytes, start);
            let (line, is_complete) = (slice(bytes, start, end.unwrap_or(bytes.len())), end.is_some());
            self.at = start + line.len() + 1;
            let rest_of_line = goes_on && start == 0;
            let value = |value| match grammar {
                LineGrammar::Head => Value::from_bytes(value),
                // `_undef_` and arrays are whole values.
                LineGrammar::Event if rest_of_line || !is_complete => Value::new(value, Coding::Percent),
                LineGrammar::Event => {
                    Value::new(value, Coding::Plain { escaped: memchr::memchr(b'%', value).is_some() })
                }
            };
            let split = match grammar {
                _ if rest_of_line => None,
                LineGrammar::Event => cut(line),
                LineGrammar::Head => {
                    let colon = memchr::memchr(b':', line);
                    colon.map(|colon| (colon, colon + 1 + usize::from(line.get(colon + 1) == Some(&b' '))))
                }
            };
            if let Some((name, from)) = split {
                let name = Some(Value::from_bytes(slice(line, 0, name)));
                let value = value(slice(line, from, line.len()));
                return Some(HeaderPart { name, value, after_line_end: false, is_complete });
            }
            // As in whole events: a line without a colon, the blank one among them, is no header.
            if rest_of_line || grammar == LineGrammar::Head {
                let after_line_end = !rest_of_line;
                return Some(HeaderPart { name: None, value: value(line), after_line_end, is_complete });
            }
        }
    }
}

impl FusedIterator for HeaderParts<'_> {}

iterated! { Lines by headers => HeaderParts of HeaderPart<'a> }
