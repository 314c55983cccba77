//! The resumable cut of a stream into frames.

use super::request::BodyLengths;
use super::{DecodeError, DecodeErrorKind, Frame, Limits, Step};
use crate::scan::{find, slice};
use crate::text::decimal;

/// Cuts the octets of a stream into [`Frame`]s.
///
/// The decoder owns no octets: the host keeps what it has read in a buffer of its own (see
/// [`RecvBuf`](crate::RecvBuf)) and shows the decoder all of it on every call. The decoder remembers what it has seen:
/// octets can arrive in any pieces, and none is searched for line ends twice.
///
/// ```
/// use esl_proto::{Decoder, Limits, Step};
///
/// let mut stream: &[u8] = b"Content-Type: auth/request\n\nContent-Type: api/response\nContent-Length: 3\n\n+OK";
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// while let Step::Frame { frame, consumed } = decoder.decode(stream)? {
///     println!("{frame:?}");
///     stream = &stream[consumed..];
/// }
/// # assert!(stream.is_empty());
/// # Ok::<(), esl_proto::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    grammar: Grammar,
    /// Position in the stream of the buffer's first octet.
    origin: u64,
    state: State,
    error: Option<DecodeError>,
}

/// Whose octets are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grammar {
    Server,
    Client,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The head is not complete.
    Head(Head),
    /// The head is complete, its body is not. Positions count from the front of the buffer.
    Body(Head, Lengths),
    /// A head has been handed out; this many octets of its body have not.
    Streaming { remaining: usize },
}

/// What is known of a head. Positions count from the front of the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    /// Where the line that is being read begins.
    line: usize,
    /// How far the search for line ends has come.
    searched: usize,
    lines: usize,
    /// The value of the first Content-Type.
    content_type: Option<(usize, usize)>,
    content_length: Option<usize>,
    continues: Continues,
    crlf: bool,
}

/// Whose value a line without a colon would continue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Continues {
    /// That of a Content-Length, which begins there.
    Length(usize),
    /// That of the Content-Type.
    Type,
    #[default]
    Other,
}

/// What a complete head says of its body.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    /// Where the head ends, without its blank line.
    head: usize,
    /// Where the body's octets begin.
    body: usize,
    /// Where they end: the length of the frame.
    end: usize,
    /// Where the part of them that counts begins; [`None`] if there is no Content-Length.
    last_body: Option<usize>,
}

impl Decoder {
    /// A decoder for what a server sends: the client's side.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self::with(limits, Grammar::Server)
    }

    /// A decoder for what a client sends: the server's side. Read its frames with [`Request`](super::Request).
    ///
    /// The server's own rules hold: LF LF, CRLF CRLF and mixtures end a head; a Content-Length is read as C's `atoi`
    /// reads it; if there are several, each has a body and the last one counts.
    #[must_use]
    pub const fn for_requests(limits: Limits) -> Self {
        Self::with(limits, Grammar::Client)
    }

    const fn with(limits: Limits, grammar: Grammar) -> Self {
        Self { limits, grammar, origin: 0, state: State::Head(Head::NEW), error: None }
    }

    /// Finds what stands at the front of `buf`: all octets read and not yet consumed.
    ///
    /// Take [`Step::consumed`] octets off the front before the next call, and read more before it if the step is
    /// [`Step::NeedData`].
    ///
    /// # Errors
    /// [`DecodeError`] if the framing is broken, then and on every later call.
    #[inline]
    pub fn decode<'b>(&mut self, buf: &'b [u8]) -> Result<Step<'b>, DecodeError> {
        if let Some((frame, consumed)) = self.event(buf) {
            self.origin = self.origin.saturating_add(consumed as u64);
            return Ok(Step::Frame { frame, consumed });
        }
        self.decode_any(buf)
    }

    /// A whole event at the front of `buf`, in a head as FreeSWITCH always writes it for events: what nearly all frames
    /// are, told without looking for line ends.
    #[inline]
    fn event<'b>(&self, buf: &'b [u8]) -> Option<(Frame<'b>, usize)> {
        if !matches!(self.state, State::Head(Head { searched: 0, .. })) || self.grammar == Grammar::Client {
            return None;
        }
        let head = EventHead::at_front(buf)?;
        let end = head.body + head.length;
        let Limits { body, lines, whole, .. } = self.limits;
        let allowed =
            head.length <= body && EventHead::LINES <= lines && head.body <= self.longest_head() && end <= whole;
        if !allowed || self.error.is_some() {
            return None;
        }
        let (front, body) = buf.get(..end)?.split_at_checked(head.body)?;
        let content_type = Some(front.get(head.content_type..front.len() - 2)?);
        Some((Frame { head: front.get(..front.len() - 1)?, body: Some(body), content_type, crlf: false }, end))
    }

    fn decode_any<'b>(&mut self, buf: &'b [u8]) -> Result<Step<'b>, DecodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let step = match self.state {
            State::Streaming { remaining } => self.stream(buf, remaining),
            State::Body(head, lengths) => self.body(buf, head, lengths),
            State::Head(head) => self.head(buf, head),
        };
        match &step {
            Ok(step) => self.origin = self.origin.saturating_add(step.consumed() as u64),
            Err(error) => self.error = Some(*error),
        }
        step
    }

    /// The number of octets in `buf` that belong to a frame which the end of the stream left incomplete. Blank lines do
    /// not count.
    #[must_use]
    pub fn incomplete(&self, buf: &[u8]) -> usize {
        match self.state {
            State::Streaming { .. } => buf.len(),
            State::Head(_) | State::Body(..) => buf.len() - self.blank_lines(buf),
        }
    }

    /// Whether a body is being handed out in pieces.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        matches!(self.state, State::Streaming { .. })
    }

    /// The octets consumed so far: the position in the stream of the buffer's first octet.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.origin
    }

    fn longest_head(&self) -> usize {
        self.limits.head.min(self.limits.whole)
    }

    const fn error(&self, kind: DecodeErrorKind, at: usize) -> DecodeError {
        DecodeError { kind, offset: self.origin.saturating_add(at as u64) }
    }

    /// The number of octets of blank lines at the front of `buf`.
    fn blank_lines(&self, buf: &[u8]) -> usize {
        let mut rest = buf;
        loop {
            rest = match (self.grammar, rest) {
                (_, [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..]) | (Grammar::Client, [b'\r', rest @ ..]) => rest,
                _ => return buf.len() - rest.len(),
            };
        }
    }

    fn stream<'b>(&mut self, buf: &'b [u8], remaining: usize) -> Result<Step<'b>, DecodeError> {
        let consumed = remaining.min(buf.len());
        if consumed == 0 {
            return Ok(Step::NeedData { required: Some(1), consumed });
        }
        let remaining = remaining - consumed;
        self.state = if remaining == 0 { State::Head(Head::NEW) } else { State::Streaming { remaining } };
        Ok(Step::Body { data: slice(buf, 0, consumed), remaining, consumed })
    }

    fn body<'b>(&mut self, buf: &'b [u8], head: Head, lengths: Lengths) -> Result<Step<'b>, DecodeError> {
        if buf.len() < lengths.end {
            return Ok(Step::NeedData { required: Some(lengths.end), consumed: 0 });
        }
        self.state = State::Head(Head::NEW);
        let body = lengths.last_body.map(|start| slice(buf, start, lengths.end));
        Ok(Step::Frame { frame: head.frame(buf, lengths, body), consumed: lengths.end })
    }

    fn head<'b>(&mut self, buf: &'b [u8], mut head: Head) -> Result<Step<'b>, DecodeError> {
        // Blank lines go at once, so that they can never fill a buffer.
        let blank = if head.searched == 0 { self.blank_lines(buf) } else { 0 };
        let text = slice(buf, blank, buf.len());
        if text == b"\r" && self.longest_head() > 1 {
            // Perhaps the first half of another blank line.
            return Ok(Step::NeedData { required: None, consumed: blank });
        }
        let Some(end) = self.read_lines(text, blank, &mut head)? else {
            self.state = State::Head(head);
            return Ok(Step::NeedData { required: None, consumed: blank });
        };
        let lengths = self.lengths(text, blank, &head, end)?;
        if lengths.end > self.limits.whole {
            let remaining = lengths.end - lengths.body;
            self.state = State::Streaming { remaining };
            let consumed = blank + lengths.body;
            return Ok(Step::Head { head: head.frame(text, lengths, None), body_len: remaining, consumed });
        }
        let Some(octets) = text.get(..lengths.end) else {
            self.state = State::Body(head, lengths);
            return Ok(Step::NeedData { required: Some(lengths.end), consumed: blank });
        };
        self.state = State::Head(Head::NEW);
        let body = lengths.last_body.map(|start| slice(octets, start, lengths.end));
        Ok(Step::Frame { frame: head.frame(octets, lengths, body), consumed: blank + lengths.end })
    }

    /// Reads the lines of `text` that are complete. Returns where the head's last line ends when it is over.
    fn read_lines(&self, text: &[u8], blank: usize, head: &mut Head) -> Result<Option<usize>, DecodeError> {
        let longest = self.longest_head();
        loop {
            let Some(line_end) = find(b'\n', text, head.searched) else {
                head.searched = text.len();
                if head.searched >= longest {
                    return Err(self.error(DecodeErrorKind::HeadTooLong, blank + longest));
                }
                return Ok(None);
            };
            if line_end >= longest {
                return Err(self.error(DecodeErrorKind::HeadTooLong, blank + longest));
            }
            let start = head.line;
            head.line = line_end + 1;
            head.searched = line_end + 1;
            let line = slice(text, start, line_end);
            if self.ends_head(text, start, line) {
                head.crlf = self.grammar == Grammar::Server && line == b"\r";
                return Ok(Some(start));
            }
            head.lines += 1;
            if head.lines > self.limits.lines {
                return Err(self.error(DecodeErrorKind::TooManyLines, blank + start));
            }
            if self.grammar == Grammar::Server {
                self.note(line, start, blank, head)?;
            }
        }
    }

    /// Whether `line`, which begins at `start`, is the blank one after a head.
    fn ends_head(&self, text: &[u8], start: usize, line: &[u8]) -> bool {
        match (self.grammar, line) {
            (_, []) => true,
            // CRLF ends a line only if the whole head is written so: in a head of LF lines a CR is part of a value.
            (Grammar::Server, [b'\r']) => slice(text, 0, start).ends_with(b"\r\n"),
            (Grammar::Server, _) => false,
            (Grammar::Client, line) => line.iter().all(|octet| *octet == b'\r'),
        }
    }

    /// Remembers what a header line says of the frame.
    #[inline]
    fn note(&self, line: &[u8], start: usize, blank: usize, head: &mut Head) -> Result<(), DecodeError> {
        if let Some(value) = value_of(line, b"Content-Length:") {
            let at = blank + start + value;
            let length = length(trim(slice(line, value, line.len())));
            let Some(length) = length else { return Err(self.error(DecodeErrorKind::InvalidLength, at)) };
            if length > self.limits.body {
                return Err(self.error(DecodeErrorKind::BodyTooLong, at));
            }
            if head.content_length.is_some_and(|before| before != length) {
                return Err(self.error(DecodeErrorKind::ConflictingLength, at));
            }
            head.content_length = Some(length);
            head.continues = Continues::Length(start + value);
        } else if head.content_type.is_none()
            && let Some(value) = value_of(line, b"Content-Type:")
        {
            head.content_type = Some((start + value, start + line.len()));
            head.continues = Continues::Type;
        } else if head.continues != Continues::Other {
            // A line without a colon belongs to the value before it.
            if find(b':', line, 0).is_some() {
                head.continues = Continues::Other;
            } else if let Continues::Length(value) = head.continues {
                return Err(self.error(DecodeErrorKind::InvalidLength, blank + value));
            } else if let Some((_, end)) = &mut head.content_type {
                *end = start + line.len();
            }
        }
        Ok(())
    }

    /// Where the frame and its body end, whose head is complete.
    fn lengths(&self, text: &[u8], blank: usize, head: &Head, end: usize) -> Result<Lengths, DecodeError> {
        let body = head.line;
        if self.grammar == Grammar::Server {
            let last_body = head.content_length.map(|_| body);
            let end_of_body = body.saturating_add(head.content_length.unwrap_or(0));
            return Ok(Lengths { head: end, body, end: end_of_body, last_body });
        }
        let lengths = BodyLengths::of(slice(text, 0, end), self.limits.body)
            .map_err(|(kind, at)| self.error(kind, blank + at))?;
        let end_of_body = body.saturating_add(lengths.total);
        let last_body = lengths.last.map(|last| end_of_body - last.min(lengths.total));
        Ok(Lengths { head: end, body, end: end_of_body, last_body })
    }
}

/// The head of an event, as FreeSWITCH writes it.
struct EventHead {
    /// The Content-Length.
    length: usize,
    /// Where the value of Content-Type begins.
    content_type: usize,
    /// Where the body begins: the length of the head and its blank line.
    body: usize,
}

impl EventHead {
    const LINES: usize = 2;

    #[inline]
    fn at_front(buf: &[u8]) -> Option<Self> {
        let mut rest = buf.strip_prefix(b"Content-Length: ")?;
        let mut length = 0;
        let mut digits = 0;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            length = 10 * length + usize::from(digit - b'0');
            digits += 1;
            if digits > 8 {
                return None;
            }
            rest = after;
        }
        let rest = rest.strip_prefix(b"\nContent-Type: ")?;
        let after = rest.strip_prefix(b"text/event-")?;
        let after = match after {
            [b'p', b'l', b'a', b'i', b'n', b'\n', b'\n', after @ ..] => after,
            [b'j', b's', b'o', b'n', b'\n', b'\n', after @ ..] => after,
            [b'x', b'm', b'l', b'\n', b'\n', after @ ..] => after,
            _ => return None,
        };
        let (content_type, body) = (buf.len() - rest.len(), buf.len() - after.len());
        (digits > 0).then_some(Self { length, content_type, body })
    }
}

impl Head {
    const NEW: Self = Self {
        line: 0,
        searched: 0,
        lines: 0,
        content_type: None,
        content_length: None,
        continues: Continues::Other,
        crlf: false,
    };

    fn frame<'b>(&self, text: &'b [u8], lengths: Lengths, body: Option<&'b [u8]>) -> Frame<'b> {
        let content_type = self.content_type.map(|(from, to)| trim(slice(text, from, to)));
        Frame { head: slice(text, 0, lengths.head), body, content_type, crlf: self.crlf }
    }
}

/// Where the value begins in a line that begins with `name`, in any case of its letters and with its colon.
#[inline]
fn value_of(line: &[u8], name: &[u8]) -> Option<usize> {
    let (front, value) = line.split_at_checked(name.len())?;
    front.eq_ignore_ascii_case(name).then(|| name.len() + usize::from(value.first() == Some(&b' ')))
}

/// `value` without blanks and tabs around it, and without the CR of a line end.
#[inline]
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\r'] = value {
        value = rest;
    }
    value
}

/// The number that a Content-Length says; one that fits in no [`usize`] is beyond every limit.
#[inline]
fn length(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(decimal(digits.iter().copied()).and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::work;
    use proptest::prelude::*;

    /// Octets that the search for line ends passes while `stream` is fed in pieces of `chunk` octets.
    fn work_for(stream: &[u8], chunk: usize) -> usize {
        let mut decoder = Decoder::new(Limits { head: usize::MAX, lines: usize::MAX, ..Limits::DEFAULT });
        let mut frames = 0;
        let work = work::of(|| {
            let mut start = 0;
            for piece in 1..=stream.len().div_ceil(chunk) {
                let end = stream.len().min(piece * chunk);
                let step = decoder.decode(&stream[start..end]).unwrap();
                frames += usize::from(matches!(step, Step::Frame { .. }));
                start += step.consumed();
            }
        });
        assert_eq!(frames, 1);
        work
    }

    fn one_line(len: usize) -> Vec<u8> {
        [b"Content-Type: command/reply\nReply-Text: ", &b"x".repeat(len)[..], b"\n\n"].concat()
    }

    fn many_lines(len: usize) -> Vec<u8> {
        [b"Content-Type: command/reply\n", &b"a: b\n".repeat(len / 5)[..], b"\n"].concat()
    }

    fn body(len: usize) -> Vec<u8> {
        [format!("Content-Length: {len}\nContent-Type: api/response\n\n").as_bytes(), &b"\n".repeat(len)].concat()
    }

    #[test]
    fn no_octet_of_a_head_is_searched_twice_however_it_arrives() {
        for stream in [one_line(1 << 20), many_lines(1 << 20)] {
            for chunk in [1, 64, stream.len()] {
                let work = work_for(&stream, chunk);
                // The line after the Content-Type is looked at once more, for a colon.
                let most = stream.len() + "Reply-Text:".len();
                assert!(work <= most, "{work} octets searched for {} in pieces of {chunk}", stream.len());
            }
        }
    }

    #[test]
    fn a_body_is_not_searched_at_all() {
        let stream = body(1 << 20);
        assert!(work_for(&stream, 1) < 100);
    }

    /// Parts of heads that are those of events, and of some that are nearly so.
    fn head() -> impl Strategy<Value = String> {
        let name = prop::sample::select(
            &["Content-Length: ", "Content-Length:", "content-length: ", "\nContent-Length: "][..],
        );
        let length = prop::sample::select(
            &["12", "0", "", "012", "00000012", "000000012", "x", "12 ", "99999999999999999999", "-1"][..],
        );
        let words = [
            "text/event-plain",
            "text/event-json",
            "text/event-xml",
            "text/event-plai",
            "Text/event-xml",
            "text/event-xml ",
        ];
        let end = prop::sample::select(
            &["\n\n", "\n", "\r\n\r\n", "\nx: y\n\n", "\ncontinued\n\n", "\nContent-Length: 3\n\n"][..],
        );
        let separator = prop::sample::select(
            &["\nContent-Type: ", "\nContent-Type:", "\n\nContent-Type: ", "\r\nContent-Type: "][..],
        );
        // Each part is the usual one more often than not.
        let usual = |usual: &'static str, other: BoxedStrategy<&'static str>| prop_oneof![4 => Just(usual), 1 => other];
        (
            usual("Content-Length: ", name.boxed()),
            usual("12", length.boxed()),
            usual("\nContent-Type: ", separator.boxed()),
            prop::sample::select(words.to_vec()),
            usual("\n\n", end.boxed()),
        )
            .prop_map(|(name, length, separator, word, end)| [name, length, separator, word, end].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]
        #[test]
        fn an_event_is_what_it_would_be_without_the_short_way(
            head in head(), body in 0..20_usize,
            limits in prop::array::uniform4(prop::sample::select(&[0, 1, 2, 3, 11, 12, 13, 48, 49, 50, 51, 52, 53, 60, 61, 62, 63, 64, usize::MAX][..])),
            unlimited in prop::array::uniform4(prop::bool::weighted(0.8)),
        ) {
            let stream = [head.as_bytes(), &b"0123456789\n\n\n\n\n\n\n\n\n\n\n"[..body]].concat();
            let limit = |place: usize| if unlimited[place] { usize::MAX } else { limits[place] };
            let limits = Limits { head: limit(0), lines: limit(1), body: limit(2), whole: limit(3) };
            for new in [Decoder::new, Decoder::for_requests] {
                let (mut short, mut long) = (new(limits), new(limits));
                let mut rest = &stream[..];
                for _ in 0..4 {
                    let step = short.decode(rest);
                    prop_assert_eq!(&step, &long.decode_any(rest));
                    prop_assert_eq!(short.position(), long.position());
                    prop_assert_eq!(short.incomplete(rest), long.incomplete(rest));
                    rest = &rest[step.map_or(0, |step| step.consumed())..];
                }
            }
        }
    }
}
