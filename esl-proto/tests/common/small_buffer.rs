//! A client and a decoder whose host has a small buffer, and what must not depend on that.

use esl_proto::client::{CommandId, End, Eof, Poll, Stats};
use esl_proto::frame::{DecodeError, FrameKind, HeaderPart, Lines, Step};
use esl_proto::name::Format;
use esl_proto::{Client, Command, Decoder, Event, Incoming, Limits, Message, RecvBuf, Value};

/// What must not depend on the buffer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) answered: Vec<CommandId>,
    pub(crate) unanswered: Vec<CommandId>,
    pub(crate) is_lingering: bool,
    pub(crate) full_control: Option<bool>,
    pub(crate) is_open: bool,
    pub(crate) stats: Stats,
    pub(crate) end: String,
    pub(crate) incomplete: usize,
    pub(crate) missing: usize,
}

/// How the host reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Host {
    pub(crate) buffer: usize,
    /// How many octets a read brings, at most.
    pub(crate) chunk: usize,
}

/// Takes a stream in, after `commands` commands were sent.
pub(crate) fn run(host: Host, is_outbound: bool, commands: usize, mut stream: &[u8]) -> Outcome {
    let limits = Limits::for_buffer(host.buffer);
    let mut client = if is_outbound { Client::outbound(limits) } else { Client::inbound(limits) };
    let first = if is_outbound { Command::Connect } else { Command::userauth("u", "d", "p") };
    let _ = client.send(&first, &mut [0; 64]).unwrap();
    for _ in 1..commands {
        client.track_external();
    }
    let mut outcome = Outcome::default();
    let mut buffer = RecvBuf::new(vec![0; host.buffer.min(stream.len() + 1)]);
    let mut streaming = None;
    loop {
        let poll = match client.poll(buffer.filled()) {
            Ok(poll) => poll,
            Err(error) => {
                outcome.unanswered.extend(error.unanswered.ids());
                break;
            }
        };
        match &poll {
            Poll::Incoming { incoming, .. } => {
                assert!(streaming.is_none(), "a frame in the middle of another");
                match incoming {
                    Incoming::Authenticated { id, .. }
                    | Incoming::AuthRefused { id, .. }
                    | Incoming::Connected { id, .. }
                    | Incoming::Answer { id, .. } => outcome.answered.push(*id),
                    Incoming::Rejected { unanswered, .. } | Incoming::Goodbye { unanswered, .. } => {
                        outcome.unanswered.extend(unanswered.ids());
                    }
                    _ => {}
                }
            }
            Poll::HeadPart { id, end, .. } => {
                let is_last = end.is_some_and(|end| end.body_len == 0);
                streaming = (!is_last).then_some(0);
                if is_last {
                    outcome.answered.extend(*id);
                }
            }
            Poll::Head { body_len, .. } => {
                assert!(streaming.is_none(), "a head in the middle of a frame");
                streaming = Some(*body_len);
            }
            Poll::Body { id, remaining, .. } => {
                assert!(streaming.is_some(), "a body without a head");
                streaming = (*remaining > 0).then_some(*remaining);
                if *remaining == 0 {
                    outcome.answered.extend(*id);
                } else {
                    assert!(id.is_none_or(|id| id.number() == outcome.answered.len() as u64), "answered too early");
                }
            }
            Poll::NeedData { .. } | Poll::Closed { .. } => {}
        }
        let (wants_more, is_over) = (matches!(poll, Poll::NeedData { .. }), matches!(poll, Poll::Closed { .. }));
        let consumed = poll.consumed();
        buffer.consume(consumed);
        if is_over || (wants_more && stream.is_empty()) {
            break;
        }
        if wants_more {
            let spare = buffer.spare_mut();
            let count = spare.len().min(stream.len()).min(host.chunk);
            assert!(count > 0, "a need that cannot be met");
            spare[..count].copy_from_slice(&stream[..count]);
            buffer.commit(count);
            stream = &stream[count..];
        }
    }
    outcome.is_open = client.is_open();
    let Eof { end, answered, unanswered, incomplete, missing, .. } = client.eof(buffer.filled());
    outcome.answered.extend(answered);
    outcome.unanswered.extend(unanswered.ids());
    (outcome.incomplete, outcome.missing) = (incomplete, missing);
    (outcome.is_lingering, outcome.full_control) = (client.is_lingering(), client.has_full_control());
    outcome.stats = client.stats();
    // What is wrong with lines that are longer than the buffer may have another name.
    outcome.end = if let End::Protocol(_) = end { "protocol".to_owned() } else { end.to_string() };
    assert_eq!(outcome.answered.len() + outcome.unanswered.len(), commands, "each id once");
    outcome
}

/// Headers that are put together from parts: each name with its value, decoded.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Headers(pub(crate) Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    pub(crate) fn take(&mut self, lines: &Lines<'_>) {
        for HeaderPart { name, value, after_line_end, .. } in lines.headers() {
            let value = value.bytes();
            match (name, self.0.last_mut()) {
                (Some(name), _) => self.0.push((name.raw().to_vec(), value.collect())),
                (None, Some((_, before))) => {
                    before.extend(after_line_end.then_some(b'\n'));
                    before.extend(value);
                }
                (None, None) => {}
            }
        }
    }

    fn of(event: &Event<'_>) -> Self {
        let bytes = |value: Value<'_>| value.bytes().collect();
        Self(event.headers().map(|header| (header.name.raw().to_vec(), bytes(header.value))).collect())
    }
}

/// The headers of the plain events and of the channel data in a stream, read in a buffer of `size` octets; the bodies of
/// the events; and why the stream can be read no further.
pub(crate) fn in_parts(size: usize, mut stream: &[u8]) -> (Vec<Headers>, Vec<Vec<u8>>, Option<DecodeError>) {
    let mut decoder = Decoder::new(Limits::for_buffer(size));
    let mut buffer = RecvBuf::new(vec![0; size.min(stream.len() + 1)]);
    let (mut all, mut bodies) = (Vec::new(), Vec::new());
    let mut current: Option<(Headers, Vec<u8>)> = None;
    loop {
        let step = match decoder.decode(buffer.filled()) {
            Ok(step) => step,
            Err(error) => return (all, bodies, Some(error)),
        };
        let mut is_over = false;
        match step {
            Step::Frame { frame, .. } => {
                let event = match Message::from(frame) {
                    Message::Event(event) if event.format() == Format::Plain => Some(event),
                    // No server sends them with a body.
                    Message::Reply(reply) => reply.channel_data().filter(|_| frame.body().is_none_or(<[u8]>::is_empty)),
                    _ => None,
                };
                if let Some(event) = event {
                    all.push(Headers::of(&event));
                    bodies.push(event.body().map_or(Vec::new(), |body| body.raw().to_vec()));
                }
            }
            Step::HeadPart { lines, kind, end, .. } => {
                if lines.is_event() {
                    current.get_or_insert_default().0.take(&lines);
                }
                match kind {
                    _ if end.is_none() => {}
                    FrameKind::Reply if end.is_some_and(|end| end.body_len == 0) => {}
                    FrameKind::Event(Format::Plain) => current = Some(Default::default()),
                    // A variable's name with a blank line ends the head before it says what it is.
                    _ => current = None,
                }
                is_over = end.is_some_and(|end| end.body_len == 0);
            }
            Step::Head { head, .. } if head.kind() == FrameKind::Event(Format::Plain) => {
                current = Some(Default::default());
            }
            Step::Body { data, lines, remaining, .. } => {
                if let Some((headers, body)) = &mut current {
                    match lines {
                        Some(lines) => headers.take(&lines),
                        None => body.extend(data),
                    }
                }
                is_over = remaining == 0;
            }
            Step::Head { .. } | Step::NeedData { .. } => {}
        }
        if is_over && let Some((headers, mut body)) = current.take() {
            // As a whole event says: what follows its headers is a body only if one is announced.
            if !headers.0.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"Content-Length")) {
                body.clear();
            }
            all.push(headers);
            bodies.push(body);
        }
        let more = matches!(step, Step::NeedData { .. });
        let consumed = step.consumed();
        buffer.consume(consumed);
        if more {
            let spare = buffer.spare_mut();
            let count = spare.len().min(stream.len());
            if count == 0 {
                return (all, bodies, None);
            }
            spare[..count].copy_from_slice(&stream[..count]);
            buffer.commit(count);
            stream = &stream[count..];
        }
    }
}
