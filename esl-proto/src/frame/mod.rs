//! Frames: a head of lines, ended by a blank one, and as many body bytes as its Content-Length says.
//!
//! The [`Decoder`] cuts a stream into frames; a [`Frame`] is a view on one of them in the caller's buffer.
//!
//! # Theory of operation
//!
//! The decoder is a function of the bytes alone: their division into reads only affects where a frame that comes in
//! parts is divided. It knows nothing about commands.
//!
//! 1. A head ends at its blank line. Its Content-Length says how many bytes of body follow. A reply (command/reply in
//!    the first line) has no body: a Content-Length in it is part of a text with line ends.
//! 2. A reply whose second line is not its Reply-Text is *broken*: the value of a variable that begins with `~` stands
//!    in its place, and the end is missing. The end of a reply of several lines that is longer than the server's buffer
//!    is missing, too. The server joins the next frame to it, so it ends where the first line of a frame is the end of
//!    one of its lines. FreeSWITCH's first lines are few, and are compared whole: a text that merely holds
//!    `Content-Type: ` cuts nothing.
//! 3. What begins like no frame is an *orphan*: the rest of a value that holds a blank line. It ends at a blank line, or
//!    where a frame begins inside of one of its lines, and has no body, unless its Content-Type is one of FreeSWITCH's.
//! 4. A frame longer than [`Limits::max_buffered`] comes in parts: the head in one piece if it fits, else as lines;
//!    then the body, that of a plain event line by line. Every part ends where the next begins; the last one is marked.
//! 5. An error is final: the start of the next frame can no longer be known.
//!
//! Invariant: no byte is searched for line ends twice, and between two calls the decoder keeps positions, never bytes.
//! The caller's contract: remove [`Step::consumed`] bytes from the front of the buffer before the next call.

mod decoder;
mod found;
mod kind;
mod lines;
mod request;

use core::fmt;
use core::iter::FusedIterator;

pub use decoder::Decoder;
pub(crate) use found::Found;
pub use kind::FrameKind;
pub(crate) use kind::{ends_in_first_line, holds_first_line};
pub use lines::{HeaderPart, HeaderParts, Lines};
pub(crate) use request::{MAX_BODY, atoi, leading_number};
pub use request::{Request, RequestHeaders};

use crate::scan::{find, slice};
use crate::text::{Coding, Value};

/// The limits of a [`Decoder`], and the size from which it hands out frames in parts.
///
/// A frame that exceeds a limit ends the connection: its end cannot be found without buffering it. The defaults
/// leave a wide margin to what a busy server sends, and bound what a hostile one can make a host store.
///
/// ```
/// use esl_proto::{Client, Limits};
///
/// // For a buffer of 16 KiB that does not grow: what is longer comes in parts.
/// let client = Client::inbound(Limits::for_buffer(16384));
/// // For a program that knows that nobody sends it a megabyte.
/// let mut limits = Limits::DEFAULT;
/// limits.max_body = 1 << 20;
/// # let _ = (client, limits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Limits {
    /// The most bytes that a head may have. Default 1 MiB: the reply to `connect` carries all variables of a call,
    /// some kilobytes in practice; an `api` command as a server receives it stands in the head whole.
    pub max_head: usize,
    /// The most lines that a head may have. Default 10 000.
    pub max_lines: usize,
    /// The most bytes that a body may have. Default 64 MiB: the largest answer seen is 10 MiB, and the server itself
    /// knows no limit.
    pub max_body: usize,
    /// The most bytes that a frame may have to be handed out in one piece. Longer ones come as [`Step::Head`] or
    /// [`Step::HeadPart`] and [`Step::Body`]. Default [`usize::MAX`]: always in one piece. A host whose buffer is fixed
    /// sets this to the buffer's size ([`for_buffer`](Self::for_buffer)), and will never be asked for more than that.
    pub max_buffered: usize,
}

impl Limits {
    /// The defaults, as a constant.
    pub const DEFAULT: Self =
        Self { max_head: 1 << 20, max_lines: 10_000, max_body: 64 << 20, max_buffered: usize::MAX };

    /// The smallest [`max_buffered`](Self::max_buffered) with which all that is promised holds: every frame is understood, and a
    /// connection ends for the same reason, with the same counts and the same unanswered commands, as with a larger one.
    /// With a smaller one, a head that is longer ends the connection.
    ///
    /// How long frames are on a real server: replies up to 553 bytes, log lines and notices some hundred, plain events
    /// 2.4 kB on average and up to 10 kB (JSON the same, XML 1.75 times that), the reply to `connect` 4 kB for a loopback
    /// call and 8 to 12 kB for a SIP call. A buffer of 16 KiB has nearly all of them whole.
    pub const MIN: usize = 256;

    /// The defaults for a host with a buffer of `octets` bytes; at least [`MIN`](Self::MIN).
    ///
    /// Longer frames come in parts, heads among them: see [`Step::HeadPart`]. A host that does not need them ignores
    /// the parts.
    #[must_use]
    pub const fn for_buffer(octets: usize) -> Self {
        Self { max_buffered: octets, ..Self::DEFAULT }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What [`Decoder::decode`] found at the front of the buffer.
///
/// In any case, [`consumed`](Self::consumed) bytes must be removed from the front of the buffer before the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the consumed bytes must be taken off the buffer"]
pub enum Step<'b> {
    /// A whole frame.
    Frame {
        /// The frame; it borrows from the buffer.
        frame: Frame<'b>,
        /// Bytes that it took, with the blank lines before it.
        consumed: usize,
    },
    /// Lines of a head longer than [`Limits::max_buffered`], in the order of the wire; more follow until `end` is set.
    HeadPart {
        /// The lines.
        lines: Lines<'b>,
        /// The kind of frame, as far as it is known: FreeSWITCH's frames have it in their first line, except the reply
        /// to `connect`, which has it near its end and is [`FrameKind::Other`] until then.
        kind: FrameKind,
        /// Said with the last lines: what follows.
        end: Option<HeadEnd>,
        /// Bytes that the lines took, with the blank lines before and after them.
        consumed: usize,
    },
    /// The whole head of a frame longer than [`Limits::max_buffered`]. Its body follows in one or more [`Step::Body`].
    Head {
        /// The frame without its body.
        head: Frame<'b>,
        /// Bytes of the body to come, never 0.
        body_len: usize,
        /// Bytes that the head took, with the blank lines before it and after it.
        consumed: usize,
    },
    /// The next bytes of the body of the last [`Step::Head`] or [`Step::HeadPart`].
    Body {
        /// The bytes, at least one.
        data: &'b [u8],
        /// The same as lines, if they are headers of a plain event. After its blank line there are none: the rest is
        /// the event's own body.
        lines: Option<Lines<'b>>,
        /// Bytes of the body that come after these; 0 ends the frame.
        remaining: usize,
        /// The length of `data`.
        consumed: usize,
    },
    /// More bytes must be read before the next call.
    NeedData {
        /// How long the buffer must be, after `consumed` bytes have been taken off, for the next frame or head to be
        /// whole, if that is known already.
        required: Option<usize>,
        /// Bytes of blank lines that can go; 0 on a real server's stream.
        consumed: usize,
    },
}

/// What the last lines of a head in parts tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadEnd {
    /// Bytes of the body to come in [`Step::Body`]; 0 ends the frame.
    pub body_len: usize,
    /// Whether the head has lost its end: see [`Frame::is_cut`].
    pub is_cut: bool,
}

impl Step<'_> {
    /// The bytes that must be taken off the front of the buffer before the next call.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        match self {
            Self::Frame { consumed, .. }
            | Self::HeadPart { consumed, .. }
            | Self::Head { consumed, .. }
            | Self::Body { consumed, .. }
            | Self::NeedData { consumed, .. } => *consumed,
        }
    }
}

located! {
    /// The framing is broken for good: where the next frame begins cannot be known.
    ///
    /// Sticky: a [`Decoder`] that has returned it returns it again on every call.
    DecodeError of DecodeErrorKind {
        --
        /// Position in the stream, counted from the first byte the decoder was given.
        offset: u64,
    }
}

numbered! {
    /// What [`DecodeError`] found wrong.
    DecodeErrorKind {
        /// A Content-Length that is not a decimal number; the offset is that of its value.
        InvalidLength = 101, "Content-Length is not a decimal number";
        /// Two Content-Length headers that differ; the offset is that of the later value.
        ConflictingLength = 102, "two Content-Length headers differ";
        /// A Content-Length beyond [`Limits::max_body`]; the offset is that of its value.
        BodyTooLong = 103, "body is longer than the limit";
        /// A head beyond [`Limits::max_head`], or beyond a [`Limits::max_buffered`] of less than [`Limits::MIN`]; the offset is that of the first byte too many.
        HeadTooLong = 104, "head is longer than the limit";
        /// More lines than [`Limits::max_lines`]; the offset is that of the first line too many.
        TooManyLines = 105, "head has more lines than the limit";
    }
}

/// One frame of a stream, in the caller's buffer.
///
/// Its header lines are as on the wire: split at the first colon, one blank after it dropped, nothing decoded.
/// [`Message`](crate::Message) interprets a frame.
///
/// ```
/// use esl_proto::frame::{FrameKind, Step};
/// use esl_proto::{Decoder, Limits};
///
/// let stream = b"Content-Type: command/reply\nReply-Text: +OK\n\n";
/// let Step::Frame { frame, consumed } = Decoder::new(Limits::DEFAULT).decode(stream)? else { panic!("it is whole") };
/// assert_eq!((frame.kind(), consumed), (FrameKind::Reply, stream.len()));
/// assert!(frame.get("Reply-Text").is_some_and(|text| text == "+OK"));
/// # Ok::<(), esl_proto::frame::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame<'b> {
    head: &'b [u8],
    body: Option<&'b [u8]>,
    content_type: Option<&'b [u8]>,
    kind: FrameKind,
    crlf: bool,
    cut: bool,
}

impl<'b> Frame<'b> {
    const CRLF: u32 = 1;
    const CUT: u32 = 2;

    /// The frame that these parts were taken from: for hosts in other languages, which keep parts. `flags` are what
    /// [`flags`](Self::flags) has said.
    #[must_use]
    pub fn from_parts(head: &'b [u8], body: Option<&'b [u8]>, content_type: Option<&'b [u8]>, flags: u32) -> Self {
        let [kind, flags, ..] = flags.to_le_bytes();
        let is = |flag| u32::from(flags) & flag != 0;
        let kind = FrameKind::from_number(kind);
        Self { head, body, content_type, kind, crlf: is(Self::CRLF), cut: is(Self::CUT) }
    }

    /// What [`from_parts`](Self::from_parts) must know beside the parts: a number of the library's own.
    #[must_use]
    pub fn flags(&self) -> u32 {
        let flag = |is, flag| if is { flag } else { 0 };
        (flag(self.crlf, Self::CRLF) | flag(self.cut, Self::CUT)) << 8 | u32::from(self.kind.number())
    }

    /// What the frame is.
    #[must_use]
    pub const fn kind(&self) -> FrameKind {
        self.kind
    }

    /// Whether the frame has lost its end on the wire, and was cut where the next one begins. Its text is not complete.
    ///
    /// FreeSWITCH does that to a reply of several lines that is too long for its buffer (538 bytes, to `userauth` with
    /// long lists of rights or `bgapi` with a long Job-UUID), and to the value of a variable that begins with `~`.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
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

    /// The head from the value of the first header of this name up to the head's last line end.
    ///
    /// The whole of a text of several lines, even if some of them look like headers: what `getvar` answers for such a
    /// variable.
    #[must_use]
    pub fn get_to_end(&self, name: impl AsRef<[u8]>) -> Option<Value<'b>> {
        let name = name.as_ref();
        let mut headers = self.headers();
        let found = core::iter::from_fn(|| headers.next_span())
            .find(|span| slice(self.head, span.name, span.colon).eq_ignore_ascii_case(name))?;
        Some(self.text_from(found.value))
    }
}

impl<'b> Frame<'b> {
    /// What stands in the head from `start` on, without the last line end.
    pub(crate) fn text_from(&self, start: usize) -> Value<'b> {
        let text = slice(self.head, start, self.head.len());
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = if self.crlf { text.strip_suffix(b"\r").unwrap_or(text) } else { text };
        multi_line(text, self.crlf)
    }

    /// Whether the head is that of the reply to `connect`.
    pub(crate) fn is_channel_data(&self) -> bool {
        self.headers().next().is_some_and(|header| header.is(crate::name::header::EVENT_NAME))
    }

    /// The text of a broken reply: the line in place of its Reply-Text.
    pub(crate) fn broken_text(&self) -> Option<Value<'b>> {
        let rest = self.head.strip_prefix(kind::REPLY_LINE)?;
        let is_text =
            rest.get(..kind::REPLY_TEXT.len()).is_some_and(|name| name.eq_ignore_ascii_case(kind::REPLY_TEXT));
        (!is_text).then(|| self.text_from(kind::REPLY_LINE.len()))
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("head", &Value::from_bytes(self.head))
            .field("is_cut", &self.cut)
            .field("body", &self.body.map(Value::from_bytes))
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

impl<I: Iterator<Item: fmt::Debug> + Clone> fmt::Debug for HeaderList<I> {
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
            name: Value::from_bytes(slice(self.head, span.name, span.colon)),
            value: multi_line(slice(self.head, span.value, span.end), self.crlf),
        })
    }
}

impl FusedIterator for FrameHeaders<'_> {}

iterated! { Frame by headers => FrameHeaders of Header<'a> }

/// A value of a head that may go over several lines.
fn multi_line(raw: &[u8], crlf: bool) -> Value<'_> {
    Value::new(raw, if crlf { Coding::CrLf } else { Coding::Octets })
}
