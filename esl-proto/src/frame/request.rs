//! A frame as a server reads it: a command line, headers, a body.

use core::iter::FusedIterator;

use super::{DecodeErrorKind, Frame, Header};
use crate::scan::{find, slice};
use crate::text::{Value, cut};

/// The longest body that the server reads; it closes the connection on a longer one.
pub(crate) const MAX_BODY: usize = 16_777_216;

/// A client's request: a frame of a [`Decoder::for_requests`](super::Decoder::for_requests).
///
/// Lines are cut as FreeSWITCH cuts them, traps and all: a line ends at the first CR of everything that follows, and
/// only if there is none at the first LF. One CR in a command whose lines end in LF therefore makes one line of all
/// that stands before it.
///
/// ```
/// use esl_proto::frame::{Request, Step};
/// use esl_proto::{Command, Decoder, Limits};
///
/// let bytes = b"api status\n\n";
/// let Step::Frame { frame, .. } = Decoder::for_requests(Limits::DEFAULT).decode(bytes)? else { panic!("it is whole") };
/// let request = Request::from(frame);
/// assert_eq!(request.line(), b"api status");
/// assert!(matches!(Command::parse(&request), Ok(Command::Api { .. })));
/// # Ok::<(), esl_proto::frame::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Request<'b> {
    head: &'b [u8],
    body: Option<&'b [u8]>,
}

impl<'b> From<Frame<'b>> for Request<'b> {
    fn from(frame: Frame<'b>) -> Self {
        Self { head: frame.head(), body: frame.body() }
    }
}

impl<'b> Request<'b> {
    /// The command line and the header lines with their line ends, without the blank line after them.
    #[must_use]
    pub const fn head(&self) -> &'b [u8] {
        self.head
    }

    /// The command line: the word and its arguments.
    /// Empty if the command begins with a NUL.
    #[must_use]
    pub fn line(&self) -> &'b [u8] {
        RequestLines::new(self.head).next().map_or(&[], |line| line.octets)
    }

    /// The body, if there is a Content-Length header.
    #[must_use]
    pub const fn body(&self) -> Option<&'b [u8]> {
        self.body
    }

    /// The headers in order, duplicates among them. Blanks after the colon do not belong to the value; a line without
    /// a colon or a value is left out.
    #[must_use]
    pub fn headers(&self) -> RequestHeaders<'b> {
        let mut lines = RequestLines::new(self.head);
        lines.next();
        RequestHeaders { lines }
    }

    /// The value of the first header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&'b [u8]> {
        let name = name.as_ref();
        self.headers().find(|header| header.is(name)).map(|header| header.value.raw())
    }
}

/// The headers of a [`Request`]; made by [`Request::headers`].
#[derive(Clone, Debug)]
pub struct RequestHeaders<'b> {
    lines: RequestLines<'b>,
}

impl<'b> Iterator for RequestHeaders<'b> {
    type Item = Header<'b>;

    fn next(&mut self) -> Option<Header<'b>> {
        loop {
            if let Some((name, value)) = header(self.lines.next()?.octets)
                && !value.is_empty()
            {
                return Some(Header { name: Value::from_bytes(name), value: Value::from_bytes(value) });
            }
        }
    }
}

impl FusedIterator for RequestHeaders<'_> {}

iterated! { Request by headers => RequestHeaders of Header<'a> }

/// A header line cut at its first colon.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = cut::split_at(b':', line)?;
    Some((name, cut::skip_blanks(value)))
}

#[derive(Clone, Copy)]
struct RequestLine<'b> {
    octets: &'b [u8],
    /// Position of its first byte in the head.
    at: usize,
}

#[derive(Clone, Debug)]
struct RequestLines<'b> {
    head: &'b [u8],
    at: usize,
    /// The next CR at or after `at`: looked for once, not once a line.
    carriage_return: Option<usize>,
}

impl<'b> RequestLines<'b> {
    /// The server reads the head as one text of C: nothing of it is after a NUL.
    fn new(head: &'b [u8]) -> Self {
        let head = slice(head, 0, find(0, head, 0).unwrap_or(head.len()));
        Self { head, at: 0, carriage_return: find(b'\r', head, 0) }
    }
}

impl<'b> Iterator for RequestLines<'b> {
    type Item = RequestLine<'b>;

    fn next(&mut self) -> Option<RequestLine<'b>> {
        let at = self.at;
        if at >= self.head.len() {
            return None;
        }
        if self.carriage_return.is_some_and(|found| found < at) {
            self.carriage_return = find(b'\r', self.head, at);
        }
        let end = self.carriage_return.or_else(|| find(b'\n', self.head, at)).unwrap_or(self.head.len());
        let after = slice(self.head, end, self.head.len());
        let line_end = after.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        self.at = end + line_end.max(1);
        Some(RequestLine { octets: slice(self.head, at, end), at })
    }
}

/// The lengths of the bodies that follow a head: one for each Content-Length.
pub(super) struct BodyLengths {
    /// All of them together.
    pub(super) total: usize,
    /// The last one, if there is any.
    pub(super) last: Option<usize>,
}

impl BodyLengths {
    /// Reads the Content-Length headers of `head`. The error has a position in the head.
    pub(super) fn of(head: &[u8], limit: usize) -> Result<Self, (DecodeErrorKind, usize)> {
        let mut lengths = Self { total: 0, last: None };
        for line in RequestLines::new(head).skip(1) {
            let Some((name, value)) = header(line.octets) else { continue };
            if !name.eq_ignore_ascii_case(b"content-length") {
                continue;
            }
            let at = line.at + (line.octets.len() - value.len());
            let length = leading_number(value).ok_or((DecodeErrorKind::InvalidLength, at))?;
            if length > MAX_BODY.min(limit) || lengths.total.saturating_add(length) > limit {
                return Err((DecodeErrorKind::BodyTooLong, at));
            }
            lengths.total += length;
            lengths.last = Some(length);
        }
        Ok(lengths)
    }
}

/// The number at the front of `text` as C's `atoi` reads it: 0 if there is none. [`None`] if it is negative.
pub(crate) fn leading_number(text: &[u8]) -> Option<usize> {
    let text = text.trim_ascii_start();
    let (negative, text) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let number = text
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .fold(0_usize, |number, digit| number.saturating_mul(10).saturating_add(usize::from(digit.wrapping_sub(b'0'))));
    (!negative || number == 0).then_some(number)
}

/// The number at the front of `text` as C's `atoi` reads it, at the limits where it is beyond them.
pub(crate) fn atoi(text: &[u8]) -> i32 {
    match leading_number(text) {
        Some(number) => i32::try_from(number).unwrap_or(i32::MAX),
        None => {
            let digits = text.trim_ascii_start().get(1..).unwrap_or_default();
            let number = leading_number(digits).and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
            i32::try_from(number.saturating_neg()).unwrap_or(i32::MIN)
        }
    }
}
