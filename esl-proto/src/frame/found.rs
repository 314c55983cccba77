//! What a decoder has found, kept without borrowing from the buffer.

use super::lines::{LineGrammar, Lines};
use super::{Frame, FrameKind, HeadEnd, Step};
use crate::scan::slice;

/// A [`Step`] as places in the buffer, counted from its front: the item can be taken later, and nothing is
/// searched again. The bytes must stay as they are until then; more may follow them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    what: What,
    consumed: usize,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Frame(Places),
    HeadPart { lines: PackedSpan, form: LineForm, kind: FrameKind, end: Option<HeadEnd> },
    Head { head: Places, body_len: usize },
    Body { form: Option<LineForm>, remaining: usize },
    NeedData { required: Option<usize> },
}

/// Where the parts of a frame stand.
#[derive(Clone, Copy)]
struct Places {
    head: PackedSpan,
    body: Option<PackedSpan>,
    content_type: Option<PackedSpan>,
    kind: FrameKind,
    crlf: bool,
    cut: bool,
}

shown! { Places { head body content_type kind crlf cut } }

#[derive(Clone, Copy, Debug)]
struct LineForm {
    goes_on: bool,
    grammar: LineGrammar,
}

#[derive(Clone, Copy, Debug)]
struct PackedSpan {
    start: usize,
    len: usize,
}

impl Found {
    /// What `step`, found in `buf`, is made of.
    pub(crate) fn of(step: &Step<'_>, buf: &[u8]) -> Self {
        let what = match *step {
            Step::Frame { frame, .. } => What::Frame(Places::of(&frame, buf)),
            Step::HeadPart { lines, kind, end, .. } => {
                What::HeadPart { lines: PackedSpan::of(lines.as_bytes(), buf), form: LineForm::of(&lines), kind, end }
            }
            Step::Head { head, body_len, .. } => What::Head { head: Places::of(&head, buf), body_len },
            Step::Body { lines, remaining, .. } => What::Body { form: lines.as_ref().map(LineForm::of), remaining },
            Step::NeedData { required, .. } => What::NeedData { required },
        };
        Self { what, consumed: step.consumed() }
    }

    /// The step, from a buffer that begins with the same bytes.
    pub(crate) fn step(self, buf: &[u8]) -> Step<'_> {
        let consumed = self.consumed;
        match self.what {
            What::Frame(places) => Step::Frame { frame: places.frame(buf), consumed },
            What::HeadPart { lines, form, kind, end } => {
                Step::HeadPart { lines: form.lines(lines.octets(buf)), kind, end, consumed }
            }
            What::Head { head, body_len } => Step::Head { head: head.frame(buf), body_len, consumed },
            What::Body { form, remaining } => {
                let data = slice(buf, 0, consumed);
                Step::Body { data, lines: form.map(|form| form.lines(data)), remaining, consumed }
            }
            What::NeedData { required } => Step::NeedData { required, consumed },
        }
    }
}

impl Places {
    fn of(frame: &Frame<'_>, buf: &[u8]) -> Self {
        let Frame { head, body, content_type, kind, crlf, cut } = *frame;
        let place = |part| PackedSpan::of(part, buf);
        Self { head: place(head), body: body.map(place), content_type: content_type.map(place), kind, crlf, cut }
    }

    fn frame(self, buf: &[u8]) -> Frame<'_> {
        let Self { head, body, content_type, kind, crlf, cut } = self;
        let octets = |place: PackedSpan| place.octets(buf);
        Frame { head: octets(head), body: body.map(octets), content_type: content_type.map(octets), kind, crlf, cut }
    }
}

impl LineForm {
    const fn of(lines: &Lines<'_>) -> Self {
        Self { goes_on: lines.goes_on, grammar: lines.grammar }
    }

    const fn lines(self, octets: &[u8]) -> Lines<'_> {
        Lines::new(octets, self.goes_on, self.grammar)
    }
}

impl PackedSpan {
    /// Where `part` stands in `buf`.
    fn of(part: &[u8], buf: &[u8]) -> Self {
        // What is empty may stand anywhere.
        let start = part.first().and_then(|first| buf.element_offset(first)).unwrap_or_default();
        Self { start, len: part.len() }
    }

    fn octets(self, buf: &[u8]) -> &[u8] {
        slice(buf, self.start, self.start.saturating_add(self.len))
    }
}
