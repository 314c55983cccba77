//! Frames: a head of lines, ended by a blank one, and as many body octets as its Content-Length says.
//!
//! The [`Decoder`] cuts a stream into frames; a [`Frame`] is a view on one of them in the caller's buffer.

mod decoder;
mod request;

use core::fmt;

pub use decoder::Decoder;
pub(crate) use request::{MAX_BODY, atoi, leading_number};
pub use request::{Request, RequestHeaders};

use crate::scan::{find, slice};
use crate::text::{Coding, Value};

/// What a [`Decoder`] refuses to go beyond, and from which size on it hands frames out in pieces.
///
/// A frame that exceeds a limit ends the connection: its border cannot be known without taking it in. The defaults
/// leave a wide margin to what a busy server sends, and bound what a hostile one can make a host store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most octets that a head may have. Default 1 MiB: the reply to `connect` carries all variables of a call,
    /// some kilobytes in practice; an `api` command as a server receives it stands in the head whole.
    pub head: usize,
    /// The most lines that a head may have. Default 10 000.
    pub lines: usize,
    /// The most octets that a body may have. Default 64 MiB: the largest answer seen is 10 MiB, and the server itself
    /// knows no limit.
    pub body: usize,
    /// The most octets that a frame may have to be handed out in one piece. Longer ones come as [`Step::Head`] and
    /// [`Step::Body`]. Default [`usize::MAX`]: always in one piece. A host whose buffer is fixed sets this to the
    /// buffer's size, and will never be asked for more than that.
    pub whole: usize,
}

impl Limits {
    /// The defaults, as a constant.
    pub const DEFAULT: Self = Self { head: 1 << 20, lines: 10_000, body: 64 << 20, whole: usize::MAX };

    /// The defaults for a host that can hold `octets` of a stream and no more.
    #[must_use]
    pub const fn for_buffer(octets: usize) -> Self {
        Self { whole: octets, ..Self::DEFAULT }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What [`Decoder::decode`] found at the front of the buffer.
///
/// Whatever it is: [`consumed`](Self::consumed) octets are done with and must be taken off the front of the buffer
/// before the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the consumed octets must be taken off the buffer"]
pub enum Step<'b> {
    /// A whole frame.
    Frame {
        /// The frame; it borrows from the buffer.
        frame: Frame<'b>,
        /// Octets that it took, with the blank lines before it.
        consumed: usize,
    },
    /// The head of a frame longer than [`Limits::whole`]. Its body follows in one or more [`Step::Body`].
    Head {
        /// The frame without its body.
        head: Frame<'b>,
        /// Octets of the body to come, never 0.
        body_len: usize,
        /// Octets that the head took, with the blank lines before it and after it.
        consumed: usize,
    },
    /// The next octets of the body of the last [`Step::Head`].
    Body {
        /// The octets, at least one.
        data: &'b [u8],
        /// Octets of the body that come after these; 0 ends the frame.
        remaining: usize,
        /// The length of `data`.
        consumed: usize,
    },
    /// More octets must be read before the next call.
    NeedData {
        /// How long the buffer must be, after `consumed` octets have been taken off, for the next frame or head to be
        /// whole, if that is known already.
        required: Option<usize>,
        /// Octets of blank lines that can go; 0 on a real server's stream.
        consumed: usize,
    },
}

impl Step<'_> {
    /// The octets that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Frame { consumed, .. }
            | Self::Head { consumed, .. }
            | Self::Body { consumed, .. }
            | Self::NeedData { consumed, .. } => *consumed,
        }
    }
}

/// The framing is broken for good: where the next frame begins cannot be known.
///
/// Sticky: a [`Decoder`] that has returned it returns it again on every call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// Position in the stream, counted from the first octet the decoder was given.
    pub offset: u64,
}

numbered! {
    /// What [`DecodeError`] found wrong.
    DecodeErrorKind {
        /// A Content-Length that is no decimal number; the offset is that of its value.
        InvalidLength = 101, "Content-Length is not a decimal number";
        /// Two Content-Length headers that differ; the offset is that of the later value.
        ConflictingLength = 102, "two Content-Length headers differ";
        /// A Content-Length beyond [`Limits::body`]; the offset is that of its value.
        BodyTooLong = 103, "body is longer than the limit";
        /// A head beyond [`Limits::head`] (or [`Limits::whole`]); the offset is that of the first octet too many.
        HeadTooLong = 104, "head is longer than the limit";
        /// More lines than [`Limits::lines`]; the offset is that of the first line too many.
        TooManyLines = 105, "head has more lines than the limit";
    }
}

impl DecodeError {
    /// The error's number, the same in every language.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.kind.code()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.kind, self.offset)
    }
}

impl core::error::Error for DecodeError {}

/// One frame of a stream, in the caller's buffer.
///
/// Its header lines are read as they stand on the wire: split at the first colon, one blank after it dropped,
/// nothing decoded. What a frame means is for [`Message`](crate::Message) to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'b> {
    head: &'b [u8],
    body: Option<&'b [u8]>,
    content_type: Option<&'b [u8]>,
    crlf: bool,
}

impl<'b> Frame<'b> {
    /// The frame that these parts were taken from: for hosts in other languages, which keep parts.
    #[must_use]
    pub const fn from_parts(
        head: &'b [u8],
        body: Option<&'b [u8]>,
        content_type: Option<&'b [u8]>,
        is_crlf: bool,
    ) -> Self {
        Self { head, body, content_type, crlf: is_crlf }
    }

    /// The header lines with their line ends, without the blank line after them.
    #[must_use]
    pub const fn head(&self) -> &'b [u8] {
        self.head
    }

    /// The body, if the head has a Content-Length. It may be empty.
    #[must_use]
    pub const fn body(&self) -> Option<&'b [u8]> {
        self.body
    }

    /// The value of the first Content-Type header.
    #[must_use]
    pub const fn content_type(&self) -> Option<&'b [u8]> {
        self.content_type
    }

    /// Whether the lines of the head end in CRLF. A server's end in LF.
    #[must_use]
    pub const fn is_crlf(&self) -> bool {
        self.crlf
    }

    /// The headers in the order of the wire, duplicates among them.
    ///
    /// A line without a colon continues the value of the line before it (a reply may carry a text of several lines);
    /// with no line before it, it is left out here and only to be seen in [`head`](Self::head).
    #[must_use]
    pub const fn headers(&self) -> FrameHeaders<'b> {
        FrameHeaders { head: self.head, at: 0, crlf: self.crlf }
    }

    /// The first header of this name, in any case of its letters. Later ones are more likely to be part of a text
    /// that was cut into lines.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'b>> {
        let name = name.as_ref();
        self.headers().find(|header| header.is(name)).map(|header| header.value)
    }

    /// What stands in the head from the value of the first header of this name on, up to the head's last line end.
    ///
    /// The whole of a text of several lines, even if some of them look like headers: what `getvar` answers for such a
    /// variable.
    #[must_use]
    pub fn get_to_end(&self, name: impl AsRef<[u8]>) -> Option<Value<'b>> {
        let name = name.as_ref();
        let mut headers = self.headers();
        let found = core::iter::from_fn(|| headers.next_span())
            .find(|span| slice(self.head, span.name, span.colon).eq_ignore_ascii_case(name))?;
        let end = self.head.len().saturating_sub(if self.crlf { 2 } else { 1 });
        Some(multi_line(slice(self.head, found.value, end), self.crlf))
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("head", &Value::octets(self.head))
            .field("body", &self.body.map(Value::octets))
            .finish()
    }
}

/// A header: a name and a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The name, blanks and all.
    pub name: Value<'a>,
    /// The value.
    pub value: Value<'a>,
}

impl Header<'_> {
    /// Whether this is the header's name, letters compared without regard to ASCII case, as FreeSWITCH does.
    #[must_use]
    pub fn is(&self, name: impl AsRef<[u8]>) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.name, self.value)
    }
}

/// Shows headers as a list.
pub(crate) struct HeaderList<I>(pub(crate) I);

impl<'a, I: Iterator<Item = Header<'a>> + Clone> fmt::Debug for HeaderList<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.clone()).finish()
    }
}

/// The headers of a [`Frame`]; made by [`Frame::headers`].
#[derive(Clone, Debug)]
pub struct FrameHeaders<'b> {
    head: &'b [u8],
    at: usize,
    crlf: bool,
}

impl<'b> FrameHeaders<'b> {
    /// The line at `at` without its line end, and the position after that.
    fn line(&self, at: usize) -> Option<(&'b [u8], usize)> {
        if at >= self.head.len() {
            return None;
        }
        let end = find(b'\n', self.head, at).unwrap_or(self.head.len());
        let line = slice(self.head, at, end);
        Some((if self.crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line }, end + 1))
    }

    fn next_span(&mut self) -> Option<Span> {
        loop {
            let name = self.at;
            let (line, after) = self.line(name)?;
            self.at = after;
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            let value = name + colon + 1 + usize::from(line.get(colon + 1) == Some(&b' '));
            let mut end = name + line.len();
            while let Some((more, after)) = self.line(self.at)
                && memchr::memchr(b':', more).is_none()
            {
                end = self.at + more.len();
                self.at = after;
            }
            return Some(Span { name, colon: name + colon, value, end });
        }
    }
}

/// Where the parts of a header stand in a head.
struct Span {
    name: usize,
    colon: usize,
    value: usize,
    end: usize,
}

impl<'b> Iterator for FrameHeaders<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        let span = self.next_span()?;
        Some(Header {
            name: Value::octets(slice(self.head, span.name, span.colon)),
            value: multi_line(slice(self.head, span.value, span.end), self.crlf),
        })
    }
}

/// A value of a head that may go over several lines.
fn multi_line(raw: &[u8], crlf: bool) -> Value<'_> {
    Value::new(raw, if crlf { Coding::CrLf } else { Coding::Octets })
}
