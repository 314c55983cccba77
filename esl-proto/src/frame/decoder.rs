//! The resumable cut of a stream into frames.

use super::kind::{
    Beginning, CONTENT_LENGTH_NAME, CONTENT_TYPE, CONTENT_TYPE_NAME, EVENT_LINE, FrameKind, LONGEST_BEGINNING,
    REPLY_LINE, REPLY_TEXT, found_at_end,
};
use super::lines::{LineGrammar, Lines};
use super::request::BodyLengths;
use super::{DecodeError, DecodeErrorKind, Frame, Limits, Step};
use crate::name::Format;
use crate::scan::{find, slice};
use crate::text::decimal;

/// Cuts the bytes of a stream into [`Frame`]s.
///
/// The decoder owns no bytes: the host keeps received bytes in its own buffer (see [`RecvBuf`](crate::RecvBuf)) and
/// passes the decoder all of them on every call. The decoder remembers what it has seen: bytes can arrive in any
/// pieces, and none is searched for line ends twice.
///
/// ```
/// use esl_proto::frame::Step;
/// use esl_proto::{Decoder, Limits};
///
/// let mut stream: &[u8] = b"Content-Type: auth/request\n\nContent-Type: api/response\nContent-Length: 3\n\n+OK";
/// let mut decoder = Decoder::new(Limits::DEFAULT);
/// while let Step::Frame { frame, consumed } = decoder.decode(stream)? {
///     println!("{frame:?}");
///     stream = &stream[consumed..];
/// }
/// # assert!(stream.is_empty());
/// # Ok::<(), esl_proto::frame::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    grammar: Grammar,
    /// Position in the stream of the buffer's first byte.
    origin: u64,
    state: State,
    error: Option<DecodeError>,
}

/// Which side's grammar applies.
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
    /// The head has been handed out, the rest of its body has not.
    Streaming(Streaming),
}

/// What is known of a head. Positions count from the front of the buffer.
#[derive(Clone, Copy, Default)]
struct Head {
    /// Where the line that is being read begins.
    line: usize,
    /// How far the search for line ends has come.
    searched: usize,
    lines: usize,
    form: Form,
    kind: FrameKind,
    /// The value of the first Content-Type, unless it was handed out with a part.
    content_type: Option<(usize, usize)>,
    content_length: Option<usize>,
    /// What is wrong with the Content-Length of an orphan, which matters only if it turns out to be a frame.
    wrong_length: Option<DecodeError>,
    continues: Continues,
    /// Whether all lines end in CRLF.
    crlf: bool,
    /// Bytes of this head that were handed out in parts.
    handed: usize,
    /// Whether the last part ended inside a line.
    goes_on: bool,
}

shown! { Head { line searched lines form kind content_type content_length wrong_length continues crlf handed goes_on } }

/// What the first lines of a head tell of its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// No line has been read.
    #[default]
    Unknown,
    /// A head that ends at its blank line.
    Ordinary,
    /// The reply to `connect`: its lines are those of an event.
    ChannelData,
    /// The first line is that of a reply, the second has not been read.
    Reply,
    /// A reply whose second line is its Reply-Text. It ends at its blank line; without one at [`REPLY_MAX`], or where the
    /// next frame begins inside of a line.
    ReplyText,
    /// A reply whose text has taken the place of the Reply-Text. It ends where the next frame begins.
    BrokenReply,
    /// A disconnect notice. It ends at its blank line, or at [`NOTICE_MAX`] without one.
    Notice,
    /// The notice that the connection lingers. Its Content-Length is 0; what says otherwise is part of the channel's name.
    LingerNotice,
    /// What is no beginning of a frame: the rest of a text that held a blank line. It ends at a blank line, or where
    /// the next frame begins inside of a line, and has no body unless its Content-Type is one of FreeSWITCH's.
    Orphan,
}

/// Header that a continuation line would extend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Continues {
    /// A Content-Length, whose value begins at this position in the stream.
    Length(u64),
    Type,
    #[default]
    Other,
}

/// Where the lines of a head end.
#[derive(Clone, Copy, Debug)]
struct LinesEnd {
    /// Where the last line ends.
    at: usize,
    /// Where the blank line ends, or the next frame begins.
    after: usize,
    /// Whether there is no blank line.
    cut: bool,
}

/// What a complete head says of its body.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    /// Where the head ends, without its blank line.
    head: usize,
    /// Whether the head ends without one.
    cut: bool,
    /// Where the body begins.
    body: usize,
    /// Where it ends: the length of the frame.
    end: usize,
    /// Start of the last part of the body when Content-Length is repeated; only that part counts. [`None`] without a
    /// Content-Length.
    last_body: Option<usize>,
}

/// A body that is handed out in parts.
#[derive(Clone, Copy, Debug)]
struct Streaming {
    /// Bytes of the body that have not been handed out.
    remaining: usize,
    /// Bytes of the frame that have.
    handed: usize,
    lines: BodyLines,
}

/// How a body in parts is cut.
#[derive(Clone, Copy, Debug)]
enum BodyLines {
    /// Anywhere.
    No,
    /// At line ends, up to the blank line: a plain event.
    Yes {
        /// How far the search for line ends has come.
        searched: usize,
        /// Whether the last part ended inside a line.
        goes_on: bool,
    },
}

/// The length of a reply of several lines that has lost its end: FreeSWITCH writes what follows the first line, one
/// byte of its own included, into a buffer of 512 that ends in NUL. A reply of one line can have no frame begin there:
/// its text has 511 bytes at most, of which 13 are behind this position.
const REPLY_MAX: usize = REPLY_LINE.len() + 510;
/// The length of a disconnect notice that has lost its end: FreeSWITCH writes the notice that the connection lingers
/// into a buffer of 512, and the channel's name in it may be of any length.
const NOTICE_MAX: usize = 511;
/// No line that frames is longer: a Content-Type, a Content-Disposition. A longer one may come in parts and is none of
/// them, so that the size of the buffer does not matter.
const LONGEST_FRAMING_LINE: usize = 128;

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

    /// A decoder for what a server sends from this place of the stream on, where a frame begins.
    pub(crate) const fn at_position(limits: Limits, position: u64) -> Self {
        Self { origin: position, ..Self::new(limits) }
    }

    const fn with(limits: Limits, grammar: Grammar) -> Self {
        Self { limits, grammar, origin: 0, state: State::Head(Head::NEW), error: None }
    }

    /// Decodes the front of `buf`, which holds all bytes read and not yet consumed.
    ///
    /// Take [`Step::consumed`] bytes off the front before the next call, and read more before it if the step is
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

    /// Fast path: a whole event in the fixed head that FreeSWITCH writes for events, matched as one literal.
    #[inline]
    fn event<'b>(&self, buf: &'b [u8]) -> Option<(Frame<'b>, usize)> {
        if !matches!(self.state, State::Head(Head { searched: 0, handed: 0, .. })) || self.grammar == Grammar::Client {
            return None;
        }
        let head = EventHead::at_front(buf)?;
        let end = head.body + head.length;
        let Limits { max_head: longest, max_body: body, max_lines: lines, max_buffered: whole } = self.limits;
        let allowed = head.length <= body && EventHead::LINES <= lines && head.body <= longest && end <= whole;
        if !allowed || self.error.is_some() {
            return None;
        }
        let (front, body) = buf.get(..end)?.split_at_checked(head.body)?;
        let content_type = Some(front.get(head.content_type..front.len() - 2)?);
        let kind = FrameKind::Event(head.format);
        let head = front.get(..front.len() - 1)?;
        Some((Frame { head, body: Some(body), content_type, kind, crlf: false, cut: false }, end))
    }

    fn decode_any<'b>(&mut self, buf: &'b [u8]) -> Result<Step<'b>, DecodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let step = match self.state {
            State::Streaming(streaming) => self.stream(buf, streaming),
            State::Body(head, lengths) => self.body(buf, head, lengths),
            State::Head(head) => self.head(buf, head),
        };
        match &step {
            Ok(step) => self.origin = self.origin.saturating_add(step.consumed() as u64),
            Err(error) => self.error = Some(*error),
        }
        step
    }

    /// The broken reply or notice that the end of the stream leaves: `buf` is what was read and not consumed. It is the last frame,
    /// and has been told as broken already if the server wrote anything behind it.
    #[must_use]
    pub fn at_end<'b>(&self, buf: &'b [u8]) -> Option<Frame<'b>> {
        if self.is_streaming() { None } else { self.broken_at_end(buf) }
    }

    /// The same, or of one that has come in parts the rest.
    pub(crate) fn broken_at_end<'b>(&self, buf: &'b [u8]) -> Option<Frame<'b>> {
        let State::Head(head) = self.state else { return None };
        let blank = if head.handed == 0 { self.blank_lines(buf) } else { 0 };
        let text = slice(buf, blank, buf.len());
        let second_line = slice(text, REPLY_LINE.len(), text.len());
        let len = head.handed.saturating_add(text.len());
        let ends_broken = match head.form {
            Form::Reply if Form::of_second_line(second_line) == Form::BrokenReply => {
                !REPLY_TEXT.starts_with(second_line)
            }
            Form::BrokenReply => true,
            Form::Reply | Form::ReplyText => len == REPLY_MAX,
            Form::Notice | Form::LingerNotice => len == NOTICE_MAX,
            Form::Unknown | Form::Ordinary | Form::ChannelData | Form::Orphan => false,
        };
        // An error stays the last word, and so does a buffer that the decoder has not seen to its end.
        if !ends_broken || self.error.is_some() || head.searched != text.len() {
            return None;
        }
        let lengths = Lengths { head: text.len(), cut: true, body: text.len(), end: text.len(), last_body: None };
        Some(head.frame(text, lengths, None))
    }

    /// The number of bytes of a frame that the end of the stream left incomplete, those that were handed out in parts
    /// included; `buf` is what was read and not consumed. Blank lines do not count.
    #[must_use]
    pub fn incomplete(&self, buf: &[u8]) -> usize {
        match self.state {
            State::Streaming(streaming) => streaming.handed.saturating_add(buf.len()),
            State::Head(Head { handed: handed @ 1.., .. }) => handed.saturating_add(buf.len()),
            State::Head(_) | State::Body(..) => buf.len() - self.blank_lines(buf),
        }
    }

    /// The number of bytes that are missing from the frame that the end of the stream left incomplete; 0 if its length
    /// is not known from its head.
    #[must_use]
    pub const fn missing(&self, buf: &[u8]) -> usize {
        match self.state {
            State::Streaming(streaming) => streaming.remaining.saturating_sub(buf.len()),
            State::Body(_, lengths) => lengths.end.saturating_sub(buf.len()),
            State::Head(_) => 0,
        }
    }

    /// Whether a frame is being handed out in parts.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        matches!(self.state, State::Streaming(_) | State::Head(Head { handed: 1.., .. }))
    }

    /// The bytes consumed so far: the position in the stream of the buffer's first byte.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.origin
    }

    /// Whether a head longer than the buffer comes in parts.
    const fn has_head_parts(&self) -> bool {
        matches!(self.grammar, Grammar::Server) && self.limits.max_buffered >= Limits::MIN
    }

    /// How long the head may be that has begun, or what is left of it.
    fn longest_head(&self, head: &Head) -> usize {
        match self.has_head_parts() {
            true => self.limits.max_head.saturating_sub(head.handed),
            false => self.limits.max_head.min(self.limits.max_buffered),
        }
    }

    const fn error(&self, kind: DecodeErrorKind, at: usize) -> DecodeError {
        DecodeError { kind, offset: self.origin.saturating_add(at as u64) }
    }

    /// The number of bytes of blank lines at the front of `buf`.
    pub(crate) fn blank_lines(&self, buf: &[u8]) -> usize {
        let mut rest = buf;
        loop {
            rest = match (self.grammar, rest) {
                (_, [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..]) | (Grammar::Client, [b'\r', rest @ ..]) => rest,
                _ => return buf.len() - rest.len(),
            };
        }
    }

    fn stream<'b>(&mut self, buf: &'b [u8], mut streaming: Streaming) -> Result<Step<'b>, DecodeError> {
        let arrived = slice(buf, 0, streaming.remaining.min(buf.len()));
        if arrived.is_empty() {
            // A line may need more than one byte.
            let required = matches!(streaming.lines, BodyLines::No).then_some(1);
            return Ok(Step::NeedData { required, consumed: 0 });
        }
        let (data, lines) = match &mut streaming.lines {
            BodyLines::No => (arrived, None),
            BodyLines::Yes { searched, goes_on } => {
                let is_end = arrived.len() == streaming.remaining;
                let is_full = buf.len() >= self.limits.max_buffered;
                let Some(len) = event_lines(arrived, searched, *goes_on, is_end, is_full) else {
                    self.state = State::Streaming(streaming);
                    return Ok(Step::NeedData { required: None, consumed: 0 });
                };
                let data = slice(arrived, 0, len);
                let lines = Lines::new(data, *goes_on, LineGrammar::Event);
                let is_over = is_blank_line_at_end(data, *goes_on);
                *goes_on = !data.ends_with(b"\n");
                *searched = searched.saturating_sub(len);
                if is_over {
                    streaming.lines = BodyLines::No;
                }
                (data, Some(lines))
            }
        };
        let consumed = data.len();
        streaming.remaining -= consumed;
        streaming.handed = streaming.handed.saturating_add(consumed);
        let remaining = streaming.remaining;
        self.state = if remaining == 0 { State::Head(Head::NEW) } else { State::Streaming(streaming) };
        Ok(Step::Body { data, lines, remaining, consumed })
    }

    /// Begins to hand out a body of `remaining` bytes.
    fn start_streaming(&mut self, kind: FrameKind, remaining: usize, handed: usize) {
        let lines = match kind {
            FrameKind::Event(Format::Plain) => BodyLines::Yes { searched: 0, goes_on: false },
            _ => BodyLines::No,
        };
        let is_over = remaining == 0;
        self.state =
            if is_over { State::Head(Head::NEW) } else { State::Streaming(Streaming { remaining, handed, lines }) };
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
        let blank = if head.searched == 0 && head.handed == 0 { self.blank_lines(buf) } else { 0 };
        let text = slice(buf, blank, buf.len());
        if text == b"\r" && head.handed == 0 && self.longest_head(&head) > 1 {
            // Perhaps the first half of another blank line.
            return Ok(Step::NeedData { required: None, consumed: blank });
        }
        let end = self.read_lines(text, blank, &mut head)?;
        let Some(end) = end else {
            if !self.has_head_parts() || text.len() < self.limits.max_buffered {
                self.state = State::Head(head);
                return Ok(Step::NeedData { required: None, consumed: blank });
            }
            head.note_open_line(text, self.origin.saturating_add(blank as u64))?;
            let lines = head.take_part(text);
            self.state = State::Head(head);
            let consumed = blank + lines.as_bytes().len();
            return Ok(Step::HeadPart { lines, kind: head.kind, end: None, consumed });
        };
        let lengths = self.lengths(text, blank, &head, end)?;
        if lengths.end > self.limits.max_buffered || head.handed > 0 {
            let (remaining, consumed) = (lengths.end - lengths.body, blank + lengths.body);
            self.start_streaming(head.kind, remaining, head.handed.saturating_add(lengths.body));
            if head.handed == 0 && lengths.body <= self.limits.max_buffered {
                let head = head.frame(text, lengths, None);
                return Ok(Step::Head { head, body_len: remaining, consumed });
            }
            let lines = Lines::new(slice(text, 0, lengths.head), head.goes_on, head.form.line_grammar());
            let end = super::HeadEnd { body_len: remaining, is_cut: lengths.cut };
            return Ok(Step::HeadPart { lines, kind: head.kind, end: Some(end), consumed });
        }
        let Some(octets) = text.get(..lengths.end) else {
            self.state = State::Body(head, lengths);
            return Ok(Step::NeedData { required: Some(lengths.end), consumed: blank });
        };
        self.state = State::Head(Head::NEW);
        let body = lengths.last_body.map(|start| slice(octets, start, lengths.end));
        Ok(Step::Frame { frame: head.frame(octets, lengths, body), consumed: blank + lengths.end })
    }

    /// Reads the lines of `text` that are complete. Returns where the head ends when it is over.
    fn read_lines(&self, text: &[u8], blank: usize, head: &mut Head) -> Result<Option<LinesEnd>, DecodeError> {
        let longest = self.longest_head(head);
        // What is beyond the limit changes nothing.
        let text = text.get(..longest).unwrap_or(text);
        let too_long = || Err(self.error(DecodeErrorKind::HeadTooLong, blank + longest));
        loop {
            let Some(line_end) = find(b'\n', text, head.searched) else {
                head.searched = text.len();
                return if text.len() == longest { too_long() } else { Ok(None) };
            };
            let start = head.line;
            head.line = line_end + 1;
            head.searched = line_end + 1;
            let line = slice(text, start, line_end);
            let is_rest = head.goes_on && start == 0;
            if !is_rest && self.ends_head(head, line) {
                head.crlf = self.grammar == Grammar::Server && line == b"\r";
                return Ok(Some(LinesEnd { at: start, after: line_end + 1, cut: false }));
            }
            if self.grammar == Grammar::Server {
                if let Some(Beginning { at, goes_on }) = head.next_frame(text, start, line_end) {
                    match text.get(line_end + 1) {
                        None if goes_on && text.len() == longest => return too_long(),
                        None if goes_on => {
                            (head.line, head.searched) = (start, line_end);
                            return Ok(None);
                        }
                        Some(b'\n') if goes_on => {}
                        _ => {
                            head.cut_at(at);
                            return Ok(Some(LinesEnd { at, after: at, cut: true }));
                        }
                    }
                }
                head.crlf = (head.crlf || head.lines == 0) && line.ends_with(b"\r");
            }
            head.lines += 1;
            if head.lines > self.limits.max_lines {
                return Err(self.error(DecodeErrorKind::TooManyLines, blank + start));
            }
            if self.grammar == Grammar::Server && !is_rest {
                self.note(line, start, blank, head)?;
            }
        }
    }

    /// Whether `line` is the blank one after a head.
    fn ends_head(&self, head: &Head, line: &[u8]) -> bool {
        match (self.grammar, line) {
            (_, []) => true,
            // CRLF ends a line only if the whole head is written so: in a head of LF lines a CR is part of a value.
            (Grammar::Server, [b'\r']) => head.crlf,
            (Grammar::Server, _) => false,
            (Grammar::Client, line) => line.iter().all(|octet| *octet == b'\r'),
        }
    }

    /// Remembers what a header line says of the frame.
    #[inline]
    fn note(&self, line: &[u8], start: usize, blank: usize, head: &mut Head) -> Result<(), DecodeError> {
        match head.form {
            Form::Unknown => {
                if let Some(kind) = FrameKind::of_first_line(line) {
                    head.kind = kind;
                    head.content_type = Some((CONTENT_TYPE.len(), line.len()));
                    (head.form, head.continues) = match kind {
                        FrameKind::Reply => (Form::Reply, Continues::Other),
                        FrameKind::Disconnect => (Form::Notice, Continues::Type),
                        _ => (Form::Ordinary, Continues::Type),
                    };
                    return Ok(());
                }
                head.form = Form::of_first_line(line);
            }
            Form::Reply => {
                head.form = Form::of_second_line(line);
                return Ok(());
            }
            // A reply has no body: a Content-Length in it is part of a text with line ends.
            Form::ReplyText | Form::BrokenReply | Form::LingerNotice => return Ok(()),
            // The line in which the next frame seems to begin: nothing more is told before its end.
            Form::Notice if head.is_notice_cut_in(line, start) => return Ok(()),
            Form::Notice if is_linger(line) => {
                (head.form, head.content_length) = (Form::LingerNotice, Some(0));
                return Ok(());
            }
            Form::Notice | Form::Ordinary | Form::ChannelData | Form::Orphan => {}
        }
        if let Some(value) = value_of(line, CONTENT_LENGTH_NAME) {
            let at = blank + start + value;
            head.continues = Continues::Length(self.origin.saturating_add(at as u64));
            let before = head.content_length;
            match length(trim(slice(line, value, line.len()))) {
                None => return head.wrong_length(self.error(DecodeErrorKind::InvalidLength, at)),
                Some(length) if length > self.limits.max_body => {
                    return head.wrong_length(self.error(DecodeErrorKind::BodyTooLong, at));
                }
                Some(length) if before.is_some_and(|before| before != length) => {
                    return head.wrong_length(self.error(DecodeErrorKind::ConflictingLength, at));
                }
                length => head.content_length = length,
            }
        } else if head.kind == FrameKind::Other
            && head.content_type.is_none()
            && let Some(value) = value_of(line, CONTENT_TYPE_NAME)
        {
            let is_short = line.len() <= LONGEST_FRAMING_LINE;
            head.kind = if is_short { FrameKind::of(trim(slice(line, value, line.len()))) } else { FrameKind::Other };
            head.content_type = Some((start + value, start + line.len()));
            head.continues = Continues::Type;
        } else {
            head.note_continuation(line)?;
            if head.continues == Continues::Type
                && let Some((_, end)) = &mut head.content_type
            {
                *end = start + line.len();
            }
        }
        Ok(())
    }

    /// Where the frame and its body end, whose head is complete.
    fn lengths(&self, text: &[u8], blank: usize, head: &Head, end: LinesEnd) -> Result<Lengths, DecodeError> {
        let LinesEnd { at: end, after: body, cut } = end;
        if cut {
            return Ok(Lengths { head: end, cut, body, end: body, last_body: None });
        }
        if self.grammar == Grammar::Server {
            if head.form == Form::Orphan && head.kind == FrameKind::Other {
                // Noise has no body, whatever it says.
                return Ok(Lengths { head: end, cut, body, end: body, last_body: None });
            }
            if let Some(error) = head.wrong_length {
                return Err(error);
            }
            let last_body = head.content_length.map(|_| body);
            let end_of_body = body.saturating_add(head.content_length.unwrap_or(0));
            return Ok(Lengths { head: end, cut, body, end: end_of_body, last_body });
        }
        let lengths = BodyLengths::of(slice(text, 0, end), self.limits.max_body)
            .map_err(|(kind, at)| self.error(kind, blank + at))?;
        let end_of_body = body.saturating_add(lengths.total);
        let last_body = lengths.last.map(|last| end_of_body - last.min(lengths.total));
        Ok(Lengths { head: end, cut, body, end: end_of_body, last_body })
    }
}

impl Form {
    /// What a head is that begins with `line`, which is no Content-Type of FreeSWITCH's.
    fn of_first_line(line: &[u8]) -> Self {
        const ORDINARY: [&[u8]; 2] = [CONTENT_TYPE_NAME, CONTENT_LENGTH_NAME];
        if value_of(line, b"Event-Name:").is_some() {
            Self::ChannelData
        } else if ORDINARY.iter().any(|name| value_of(line, name).is_some()) {
            Self::Ordinary
        } else {
            Self::Orphan
        }
    }

    /// What a reply is whose second line is `line`, or begins with it.
    fn of_second_line(line: &[u8]) -> Self {
        if value_of(line, REPLY_TEXT).is_some() { Self::ReplyText } else { Self::BrokenReply }
    }

    /// Whether the next frame may begin before a blank line.
    const fn may_be_cut(self) -> bool {
        !matches!(self, Self::Ordinary | Self::ChannelData)
    }

    const fn line_grammar(self) -> LineGrammar {
        match self {
            Self::ChannelData => LineGrammar::Event,
            _ => LineGrammar::Head,
        }
    }
}

/// How many of the first bytes of `arrived`, bytes of a plain event's headers, make the next part: up to the blank line
/// or the last line end; without one all of them if the event `is_end`s with them or the buffer `is_full`.
fn event_lines(arrived: &[u8], searched: &mut usize, goes_on: bool, is_end: bool, is_full: bool) -> Option<usize> {
    // Nothing that was searched holds a line end: that would have ended the part before.
    let mut line = 0;
    while let Some(end) = find(b'\n', arrived, *searched) {
        *searched = end + 1;
        let is_rest = goes_on && line == 0;
        if end == line && !is_rest {
            return Some(end + 1);
        }
        line = end + 1;
    }
    *searched = arrived.len();
    match line {
        0 if is_end => Some(arrived.len()),
        0 if is_full => {
            Some(arrived.len() - percent_escape_cut(arrived)).filter(|len| *len > 0).or(Some(arrived.len()))
        }
        0 => None,
        line => Some(line),
    }
}

/// Whether `lines` end with the blank line after a plain event's headers.
fn is_blank_line_at_end(lines: &[u8], goes_on: bool) -> bool {
    lines.ends_with(b"\n\n") || (lines == b"\n" && !goes_on)
}

/// How many bytes at the end of `text` begin a percent escape that goes on behind it.
fn percent_escape_cut(text: &[u8]) -> usize {
    match text {
        [.., b'%'] => 1,
        [.., b'%', _] => 2,
        _ => 0,
    }
}

/// The head of an event, as FreeSWITCH writes it.
struct EventHead {
    /// The Content-Length.
    length: usize,
    format: Format,
    /// Where the value of Content-Type begins.
    content_type: usize,
    /// Where the body begins: the length of the head and its blank line.
    body: usize,
}

impl EventHead {
    const LINES: usize = 2;
    #[inline]
    fn at_front(buf: &[u8]) -> Option<Self> {
        const NAME: &[u8; 16] = b"Content-Length: ";
        let (name, rest) = buf.split_first_chunk()?;
        if name != NAME {
            return None;
        }
        let (length, digits) = leading_number(rest.first_chunk()?)?;
        let rest = rest.get(digits..)?;
        // Compared as arrays, and as such that need no call.
        let (line, rest) = rest.split_first_chunk()?;
        if line != b"\nContent-Type: text/event-" {
            return None;
        }
        let (len, format) = match (rest.first_chunk(), rest.first_chunk(), rest.first_chunk()) {
            (Some(end), ..) if end == b"plain\n\n" => (line.len() + end.len(), Format::Plain),
            (_, Some(end), _) if end == b"json\n\n" => (line.len() + end.len(), Format::Json),
            (.., Some(end)) if end == b"xml\n\n" => (line.len() + end.len(), Format::Xml),
            _ => return None,
        };
        let line = NAME.len() + digits;
        Some(Self { length, format, content_type: line + 1 + CONTENT_TYPE.len(), body: line + len })
    }
}

/// The number at the front of eight bytes, and how many digits it has: at least one, and at most seven.
#[inline]
fn leading_number(octets: &[u8; 8]) -> Option<(usize, usize)> {
    const fn each(octet: u8) -> u64 {
        u64::from_ne_bytes([octet; 8])
    }
    let numbers = u64::from_le_bytes(*octets) ^ each(b'0');
    // The top bit of each byte that is no digit. A carry reaches only bytes behind the first of them.
    let others = (numbers.wrapping_add(each(0x80 - 10)) | numbers) & each(0x80);
    let digits = others.trailing_zeros() / 8;
    if digits == 0 || digits == 8 {
        return None;
    }
    // Zeros go before the digits; then the numbers of two, of four and of eight digits are made of their halves.
    let numbers = numbers << (64 - 8 * digits);
    let pairs = (numbers.wrapping_mul(10).wrapping_add(numbers >> 8)) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs.wrapping_mul(100).wrapping_add(pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let number = (quads.wrapping_mul(10_000).wrapping_add(quads >> 32)) & 0xffff_ffff;
    Some((number as usize, digits as usize))
}

impl Head {
    const NEW: Self = Self {
        line: 0,
        searched: 0,
        lines: 0,
        form: Form::Unknown,
        kind: FrameKind::Other,
        content_type: None,
        content_length: None,
        wrong_length: None,
        continues: Continues::Other,
        crlf: false,
        handed: 0,
        goes_on: false,
    };

    /// Ends the head at `at`, where the next frame begins.
    fn cut_at(&mut self, at: usize) {
        (self.line, self.crlf) = (at, false);
        // Noise, whatever its lines say.
        if matches!(self.form, Form::Orphan | Form::Unknown) {
            (self.content_type, self.kind) = (None, FrameKind::Other);
        }
    }

    /// Takes a part off the front of `text`, which fills the buffer and does not hold the head's end: complete lines if
    /// there are any.
    fn take_part<'b>(&mut self, text: &'b [u8]) -> Lines<'b> {
        // What the line that is not complete tells can be read now or never.
        let line = slice(text, self.line, text.len());
        self.form = match self.form {
            Form::Unknown => Form::of_first_line(line),
            Form::Reply => Form::of_second_line(slice(text, REPLY_LINE.len(), text.len())),
            form => form,
        };
        // Where the next frame may begin inside of a line, its beginning must not be cut.
        let kept = if self.form.may_be_cut() { LONGEST_BEGINNING } else { 0 };
        let limit = text.len().saturating_sub(kept);
        let len = match memchr::memrchr(b'\n', slice(text, 0, limit.min(self.line))) {
            Some(line_end) => line_end + 1,
            None => {
                // The line that is cut here, not one that is complete already, is the Content-Type, though none that is
                // known.
                if self.line == 0 && self.content_type.is_none() && value_of(line, CONTENT_TYPE_NAME).is_some() {
                    self.content_type = Some((0, 0));
                }
                limit - percent_escape_cut(slice(text, 0, limit))
            }
        };
        let part = slice(text, 0, len);
        let lines = Lines::new(part, self.goes_on, self.form.line_grammar());
        self.goes_on = !part.ends_with(b"\n");
        self.handed = self.handed.saturating_add(len);
        self.line = self.line.saturating_sub(len);
        self.searched = self.searched.saturating_sub(len);
        // That there is one is all that counts of it from now on.
        self.content_type = self.content_type.map(|_| (0, 0));
        lines
    }

    fn frame<'b>(&self, text: &'b [u8], lengths: Lengths, body: Option<&'b [u8]>) -> Frame<'b> {
        let content_type = self.content_type.map(|(from, to)| trim(slice(text, from, to)));
        let head = slice(text, 0, lengths.head);
        Frame { head, body, content_type, kind: self.kind, crlf: self.crlf, cut: lengths.cut }
    }

    /// Whether `at` is the place of the byte `border` of this head.
    fn is_border(&self, at: usize, border: usize) -> bool {
        self.handed.saturating_add(at) == border
    }

    /// A Content-Length that cannot be read is an error, but in an orphan.
    fn wrong_length(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        if self.form != Form::Orphan {
            return Err(error);
        }
        self.wrong_length.get_or_insert(error);
        Ok(())
    }

    /// A line without a colon belongs to the value before it. The front of the line tells: the rest may come in parts.
    fn note_continuation(&mut self, line: &[u8]) -> Result<(), DecodeError> {
        if self.continues == Continues::Other {
            return Ok(());
        }
        if find(b':', line.get(..LONGEST_FRAMING_LINE).unwrap_or(line), 0).is_some() {
            self.continues = Continues::Other;
        } else if let Continues::Length(offset) = self.continues {
            return self.wrong_length(DecodeError { kind: DecodeErrorKind::InvalidLength, offset });
        } else {
            self.kind = FrameKind::Other;
        }
        Ok(())
    }

    /// Reads of the line at the end of `text`, which fills the buffer, what can be read before it is cut: a
    /// Content-Length, which no number can be that is so long, and a continuation. `origin` is where `text` begins in the
    /// stream.
    fn note_open_line(&mut self, text: &[u8], origin: u64) -> Result<(), DecodeError> {
        let (start, line) = (self.line, slice(text, self.line, text.len()));
        let is_read = match self.form {
            Form::Unknown | Form::Ordinary | Form::ChannelData | Form::Orphan => true,
            Form::Notice => !self.is_notice_cut_in(line, start),
            Form::Reply | Form::ReplyText | Form::BrokenReply | Form::LingerNotice => false,
        };
        let is_rest = self.goes_on && start == 0;
        if line.len() <= LONGEST_FRAMING_LINE || !is_read || is_rest {
            return Ok(());
        }
        match value_of(line, CONTENT_LENGTH_NAME) {
            Some(value) => {
                let offset = origin.saturating_add((start + value) as u64);
                self.wrong_length(DecodeError { kind: DecodeErrorKind::InvalidLength, offset })
            }
            None => self.note_continuation(line),
        }
    }

    /// Whether the line at `start` goes over the end of the server's buffer, and a frame begins there.
    fn is_notice_cut_in(&self, line: &[u8], start: usize) -> bool {
        let border = NOTICE_MAX.checked_sub(self.handed.saturating_add(start));
        border.and_then(|border| line.get(border..)).is_some_and(|rest| rest.starts_with(b"Content-"))
    }

    /// The beginning of the next frame in the line of `text` from `start` to `end`, or in the one before it, if this head
    /// has lost its end.
    #[inline]
    fn next_frame(&self, text: &[u8], start: usize, end: usize) -> Option<Beginning> {
        if !self.form.may_be_cut() {
            return None;
        }
        let line = slice(text, start, end);
        // What nearly all lines are: the last of a reply.
        if text.get(end + 1) == Some(&b'\n') && !line.starts_with(EVENT_LINE) {
            return None;
        }
        self.next_frame_in(text, start, line)
    }

    #[cold]
    fn next_frame_in(&self, text: &[u8], start: usize, line: &[u8]) -> Option<Beginning> {
        let is_inside = |found: &Beginning| found.at > 0 && text.get(found.at - 1) != Some(&b'\n');
        if self.form == Form::Unknown {
            let is_ordinary = match Form::of_first_line(line) {
                Form::Orphan => false,
                // What is too short to be told in parts may be the end of something else, and a Content-Length that is none.
                _ => FrameKind::of_first_line(line).is_some() || line.len() > LONGEST_FRAMING_LINE,
            };
            return if is_ordinary { None } else { found_at_end(line).filter(is_inside) };
        }
        let found = found_at_end(slice(text, 0, start + line.len()))?;
        let first_line = if self.handed == 0 { REPLY_LINE.len() } else { 0 };
        let is_broken = match self.form {
            Form::Reply => Form::of_second_line(line) == Form::BrokenReply,
            form => form == Form::BrokenReply,
        };
        let is_end = match self.form {
            Form::Reply | Form::BrokenReply if is_broken => found.at >= first_line,
            // A value with a `~` before the name of the header. At the front of a line it is a line of a value.
            Form::Reply | Form::ReplyText | Form::BrokenReply => {
                is_inside(&found) || self.is_border(found.at, REPLY_MAX)
            }
            Form::Notice | Form::LingerNotice => self.is_border(found.at, NOTICE_MAX),
            // At the front of a line it is a header of a head in another order than FreeSWITCH's.
            Form::Orphan => is_inside(&found),
            Form::Unknown | Form::Ordinary | Form::ChannelData => false,
        };
        is_end.then_some(found)
    }
}

/// Where the value begins in a line that begins with `name`, in any case of its letters and with its colon.
#[inline]
fn value_of(line: &[u8], name: &[u8]) -> Option<usize> {
    let (front, value) = line.split_at_checked(name.len())?;
    front.eq_ignore_ascii_case(name).then(|| name.len() + usize::from(value.first() == Some(&b' ')))
}

/// Whether a line of a disconnect notice says that the connection lingers.
fn is_linger(line: &[u8]) -> bool {
    value_of(line, b"Content-Disposition:")
        .filter(|_| line.len() <= LONGEST_FRAMING_LINE)
        .is_some_and(|value| trim(slice(line, value, line.len())).eq_ignore_ascii_case(b"linger"))
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

    /// Bytes that the search for line ends passes while `stream` is fed in pieces of `chunk` bytes.
    fn work_for(stream: &[u8], chunk: usize) -> usize {
        let mut decoder = Decoder::new(Limits { max_head: usize::MAX, max_lines: usize::MAX, ..Limits::DEFAULT });
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
            let limits = Limits { max_head: limit(0), max_lines: limit(1), max_body: limit(2), max_buffered: limit(3) };
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
