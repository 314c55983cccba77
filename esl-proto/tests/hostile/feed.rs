//! Feeds a stream to a decoder in pieces and notes what comes out, in a form that must not depend on the pieces.

use esl_proto::frame::{DecodeError, DecodeErrorKind, FrameKind, HeadEnd, Step};
use esl_proto::{Decoder, Frame};

use crate::octets::Octets;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Frame(Parts),
    /// A frame that was handed out in parts: what of its body has come, and how much is missing.
    Long {
        head: Parts,
        body: Octets,
        missing: usize,
    },
    /// The same of a frame whose head was handed out in parts, too, which are put together here.
    Longer {
        lines: Octets,
        kind: FrameKind,
        end: Option<HeadEnd>,
        body: Octets,
        missing: usize,
    },
    Error(DecodeError),
    /// Octets at the end that make no frame.
    Incomplete(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) head: Octets,
    pub(crate) body: Option<Octets>,
    pub(crate) content_type: Option<Octets>,
    pub(crate) crlf: bool,
    pub(crate) cut: bool,
}

impl From<Frame<'_>> for Parts {
    fn from(frame: Frame<'_>) -> Self {
        Self {
            head: frame.head().into(),
            body: frame.body().map(Octets::from),
            content_type: frame.content_type().map(Octets::from),
            crlf: frame.is_crlf(),
            cut: frame.is_cut(),
        }
    }
}

impl Seen {
    pub(crate) const fn error(kind: DecodeErrorKind, offset: u64) -> Self {
        Self::Error(DecodeError { kind, offset })
    }

    /// A frame whose lines end in LF.
    pub(crate) fn frame(head: &str, body: Option<&str>, content_type: Option<&str>) -> Self {
        let octets = |text: &str| Octets::from(text);
        let (body, content_type) = (body.map(octets), content_type.map(octets));
        Self::Frame(Parts { head: head.into(), body, content_type, crlf: false, cut: false })
    }
}

/// Feeds `stream` in pieces of these lengths, over and over, and keeps the promises of `decode` in check.
pub(crate) fn feed(mut decoder: Decoder, stream: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let mut pieces = pieces.iter().cycle();
    let mut seen = Vec::new();
    let (mut from, mut to) = (0, 0);
    // How far the stream must come, as `required` said, for the next step to be more than a wish for data.
    let mut enough = None;
    loop {
        let shown = &stream[from..to];
        let step = match decoder.decode(shown) {
            Ok(step) => step,
            Err(error) => {
                assert_eq!(decoder.decode(b"Content-Type: auth/request\n\n"), Err(error), "an error stays");
                seen.push(Seen::Error(error));
                return seen;
            }
        };
        from += step.consumed();
        assert!(from <= to, "no more can be consumed than is there");
        assert_eq!(decoder.position(), from as u64);
        if let Step::NeedData { required, .. } = step {
            let required = required.map(|required| from + required);
            assert!(required.is_none_or(|required| required > to), "what is there cannot be required");
            assert!(enough.is_none() || enough == required, "what is required stays the same until it is there");
            enough = required;
            if to == stream.len() {
                break;
            }
            to = stream.len().min(to.saturating_add(*pieces.next().expect("endless")));
        } else {
            assert!(step.consumed() > 0, "each other step goes on");
            assert!(enough.take().is_none_or(|enough| to >= enough), "no more is required than is needed");
            note(step, &mut seen);
        }
    }
    match decoder.incomplete(&stream[from..]) {
        0 => {}
        // What is missing has been told with the frame.
        _ if decoder.is_streaming() => {}
        octets => seen.push(Seen::Incomplete(octets)),
    }
    seen
}

pub(crate) fn note(step: Step<'_>, seen: &mut Vec<Seen>) {
    match step {
        Step::Frame { frame, .. } => seen.push(Seen::Frame(frame.into())),
        Step::HeadPart { lines, kind, end, .. } => {
            let seen_before = match seen.last_mut() {
                Some(Seen::Longer { lines, end: None, .. }) => Some(std::mem::take(&mut lines.0)),
                _ => None,
            };
            assert_eq!(lines.goes_on(), seen_before.as_ref().is_some_and(|before| !before.ends_with(b"\n")));
            if seen_before.is_some() {
                seen.pop();
            }
            let mut all = seen_before.unwrap_or_default();
            all.extend(lines.as_bytes());
            let missing = end.map_or(0, |end| end.body_len);
            seen.push(Seen::Longer { lines: Octets(all), kind, end, body: Octets(Vec::new()), missing });
        }
        Step::Head { head, body_len, .. } => {
            assert!(body_len > 0);
            seen.push(Seen::Long { head: head.into(), body: Octets(Vec::new()), missing: body_len });
        }
        Step::Body { data, remaining, .. } => {
            let Some(Seen::Long { body, missing, .. } | Seen::Longer { body, missing, .. }) = seen.last_mut() else {
                panic!("a body without its head")
            };
            assert!(!data.is_empty());
            assert_eq!(*missing, data.len() + remaining);
            body.0.extend(data);
            *missing = remaining;
        }
        Step::NeedData { .. } => {}
    }
}

/// Feeds `stream` whole and octet by octet; both must give the same.
pub(crate) fn whole_and_split(decoder: &Decoder, stream: &[u8]) -> Vec<Seen> {
    let whole = feed(decoder.clone(), stream, &[usize::MAX]);
    assert_eq!(feed(decoder.clone(), stream, &[1]), whole);
    whole
}
