//! A stream in any pieces is decoded as the whole of it is: the same frames, the same end, and what a frame is made of
//! is what lies in the stream.

use esl_proto::frame::{DecodeError, Request, Step};
use esl_proto::{Command, Decoder, Frame, Limits};

use crate::messages;
use crate::reference;
use crate::splits::Splits;
use crate::values::check_headers;

/// What the first octets of an input say.
struct Setup {
    /// Whether a client's octets are decoded, not a server's.
    requests: bool,
    limits: Limits,
}

impl Setup {
    fn new(mode: u8, size: u8) -> Self {
        let size = usize::from(size);
        let limits = match mode >> 1 & 3 {
            0 => Limits::DEFAULT,
            1 => Limits::for_buffer((2 + 2 * size).min(Limits::MIN - 1)),
            2 => Limits { max_head: 2 + 2 * size, max_lines: size / 8, max_body: 2 * size, max_buffered: usize::MAX },
            _ => Limits {
                max_head: 32 + size,
                max_lines: 2 + size / 16,
                max_body: 4 * size,
                max_buffered: (16 + size).min(Limits::MIN - 1),
            },
        };
        Self { requests: mode & 1 == 1, limits }
    }

    fn decoder(&self) -> Decoder {
        if self.requests { Decoder::for_requests(self.limits) } else { Decoder::new(self.limits) }
    }
}

/// A frame that was found, and where.
#[derive(Debug, PartialEq)]
struct Found<'s> {
    head: &'s [u8],
    content_type: Option<&'s [u8]>,
    crlf: bool,
    cut: bool,
    body: Body<'s>,
    /// Where its octets end.
    end: usize,
}

#[derive(Debug, PartialEq)]
enum Body<'s> {
    Whole(Option<&'s [u8]>),
    /// In parts: this many octets, all of them or as many as there are.
    Parts {
        len: usize,
        octets: usize,
    },
}

/// What a decoder makes of a stream.
#[derive(Debug, PartialEq)]
struct Run<'s> {
    frames: Vec<Found<'s>>,
    end: Result<(usize, u64), DecodeError>,
}

/// Decodes `stream`, of which ever more has arrived; the host's buffer holds no more than `room`.
fn decode<'s>(setup: &Setup, room: usize, stream: &'s [u8], arrivals: impl Iterator<Item = usize>) -> Run<'s> {
    let mut decoder = setup.decoder();
    let mut frames: Vec<Found<'_>> = Vec::new();
    let mut from = 0_usize;
    for arrived in arrivals {
        loop {
            let buffer = &stream[from..arrived.min(from.saturating_add(room))];
            let step = match decoder.decode(buffer) {
                Ok(step) => step,
                Err(error) => {
                    assert_eq!(decoder.decode(buffer), Err(error), "an error is sticky");
                    assert!(!error.to_string().is_empty());
                    return Run { frames, end: Err(error) };
                }
            };
            from += step.consumed();
            assert_eq!(decoder.position(), from as u64);
            match step {
                Step::Frame { frame, .. } => frames.push(found(frame, Body::Whole(frame.body()), from)),
                Step::Head { head, body_len, .. } => {
                    assert!(head.body().is_none() && body_len > 0);
                    frames.push(found(head, Body::Parts { len: body_len, octets: 0 }, from));
                }
                Step::HeadPart { .. } => unreachable!("the buffers are too small for that: see the target `parts`"),
                Step::Body { data, lines, remaining, consumed } => {
                    assert!(lines.is_none_or(|lines| lines.as_bytes() == data));
                    let Some(Found { body: Body::Parts { len, octets }, end, .. }) = frames.last_mut() else {
                        panic!("a part of no body")
                    };
                    *octets += data.len();
                    *end = from;
                    assert!(consumed == data.len() && !data.is_empty() && *octets + remaining == *len);
                    assert_eq!(data.as_ptr(), stream[from - consumed..].as_ptr());
                }
                Step::NeedData { required, consumed } => {
                    let rest = buffer.len() - consumed;
                    assert!(required.is_none_or(|required| required > rest && required <= setup.limits.max_buffered));
                    assert!(rest < room, "a full buffer is never too small");
                    if consumed == 0 || from == arrived {
                        break;
                    }
                }
            }
            assert_eq!(decoder.is_streaming(), parts_left(&frames));
        }
    }
    Run { frames, end: Ok((decoder.incomplete(&stream[from..]), decoder.position())) }
}

fn found<'s>(frame: Frame<'s>, body: Body<'s>, end: usize) -> Found<'s> {
    Found {
        head: frame.head(),
        content_type: frame.content_type(),
        crlf: frame.is_crlf(),
        cut: frame.is_cut(),
        body,
        end,
    }
}

fn as_reference<'s>(found: &Found<'s>) -> reference::Frame<'s> {
    let Body::Whole(body) = found.body else { panic!("no frame is too long to be whole") };
    let Found { head, content_type, crlf, cut, end, .. } = *found;
    reference::Frame { head, body, content_type, crlf, cut, end }
}

fn parts_left(frames: &[Found<'_>]) -> bool {
    matches!(frames.last(), Some(Found { body: Body::Parts { len, octets }, .. }) if octets < len)
}

/// That a frame is what lies in the stream: blank lines, the head, a blank line, the body, and nothing between.
fn check_place(setup: &Setup, stream: &[u8], start: usize, found: &Found<'_>) {
    let place = found.head.as_ptr() as usize - stream.as_ptr() as usize;
    let blank = |octets: &[u8]| octets.iter().all(|octet| matches!(octet, b'\n' | b'\r'));
    assert!(blank(&stream[start..place]));
    let after = &stream[place + found.head.len()..found.end];
    if found.cut {
        assert!(after.is_empty() && matches!(found.body, Body::Whole(None)) && !setup.requests);
        return;
    }
    let separator = after.iter().position(|octet| *octet == b'\n').expect("a blank line") + 1;
    assert!(blank(&after[..separator]));
    let body = &after[separator..];
    match found.body {
        Body::Whole(None) => assert!(body.is_empty()),
        // All bodies of a request but the last are thrown away, as the server does.
        Body::Whole(Some(octets)) if setup.requests => assert!(body.ends_with(octets)),
        Body::Whole(Some(octets)) => assert_eq!(octets, body),
        Body::Parts { octets, .. } => assert_eq!(octets, body.len()),
    }
    if !setup.requests {
        assert!(found.head.ends_with(b"\n") && !found.head.starts_with(b"\n"));
        assert!(!found.head.windows(2).any(|pair| pair == b"\n\n"), "no blank line in a head");
        assert!(found.head.len() < setup.limits.max_head);
    }
}

/// Everything that can be asked of a frame.
fn ask(setup: &Setup, frame: Frame<'_>) {
    if !setup.requests {
        return messages::check(frame);
    }
    let request = Request::from(frame);
    check_headers(request.headers());
    for header in request.headers() {
        let first = request.headers().find(|other| other.is(header.name.raw())).expect("there is one");
        assert_eq!(request.get(header.name.raw()), Some(first.value.raw()));
    }
    let line = request.line();
    assert!(frame.head().starts_with(line) && !line.contains(&b'\r'));
    if let Ok(command) = Command::parse(&request) {
        assert!(!format!("{command:?}").is_empty());
    }
}

/// See the module.
pub fn run(data: &[u8]) {
    let Some((first, stream)) = data.split_first_chunk::<4>() else { return };
    let setup = Setup::new(first[0], first[1]);
    let room = setup.limits.max_buffered;
    let whole = decode(&setup, room, stream, std::iter::once(stream.len()));
    // Who has more room than he says gets nothing else.
    assert_eq!(decode(&setup, usize::MAX, stream, std::iter::once(stream.len())), whole);
    let sizes = Splits::new(first[2], first[3]);
    let arrivals = sizes.scan(0, |sum: &mut usize, size| {
        let before = *sum;
        *sum = stream.len().min(before.saturating_add(size));
        (before < stream.len()).then_some(*sum)
    });
    assert_eq!(decode(&setup, room, stream, arrivals), whole);
    if setup.limits == Limits::DEFAULT {
        let plainly = if setup.requests { reference::requests(stream) } else { reference::frames(stream) };
        assert_eq!(whole.frames.iter().map(as_reference).collect::<Vec<_>>(), plainly);
    }
    let mut start = 0;
    for found in &whole.frames {
        check_place(&setup, stream, start, found);
        start = found.end;
    }
    // The frames themselves, for questions: one after the other, each by a decoder that knows of none before it.
    start = 0;
    for found in &whole.frames {
        if let Body::Whole(body) = found.body {
            // What has lost its end is told by what follows.
            let end = if found.cut { stream.len() } else { found.end };
            let Ok(Step::Frame { frame, consumed }) = setup.decoder().decode(&stream[start..end]) else {
                panic!("a frame stands for itself")
            };
            assert!(start + consumed == found.end && frame.body() == body && frame.head() == found.head);
            ask(&setup, frame);
        }
        start = found.end;
    }
}
