//! A client among random commands, answers, other frames, octets and ends: each id is answered or reported as never to
//! be once and in order, every octet is counted, what may be sent and why it ends is what a model says, and nothing
//! comes after the end.

mod model;

use arbitrary::{Result, Unstructured};
use esl_proto::client::{End, Poll, Ready, Unanswered};
use esl_proto::command::{CallCommand, Execute, Filter, SendMsg};
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::{Client, Command, Incoming, Limits, Message, raw};
use model::{Model, Needs};

/// What a server says.
pub(crate) const FRAMES: &[&[u8]] = &[
    b"Content-Type: auth/request\n\n",
    b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n",
    b"Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-LOG: false\nAllowed-API: xContent-Type: command/reply\nReply-Text: +OK\n\n",
    b"Content-Type: command/reply\nx y",
    b"Content-Type: command/reply\nContent-Length: 5",
    b"Content-Type: command/reply\nfirst\n\nthird",
    b"Content-Type: command/reply\nReply-Text: -ERR invalid\n\n",
    b"Content-Type: command/reply\nReply-Text: two\nlines: of text\nand more\n\n",
    b"Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n",
    b"Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nControl: single-channel\n\n",
    b"Content-Type: api/response\nContent-Length: 5\n\n+OK a",
    b"Content-Type: api/response\nContent-Length: 70\n\n0123456789012345678901234567890123456789012345678901234567890123456789",
    b"Content-Type: api/response\nContent-Length: 0\n\n",
    b"Content-Length: 17\nContent-Type: text/event-plain\n\nEvent-Name: TALK\n",
    b"Content-Length: 2\nContent-Type: text/event-json\n\n{}",
    b"Content-Length: 9\nContent-Type: text/event-xml\n\nmalformed",
    b"Content-Type: log/data\nContent-Length: 3\nLog-Level: 7\n\nabc",
    b"\n\r\norphan\n\n",
    b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n",
    b"Content-Type: text/disconnect-notice\nContent-Length: 15\n\nDisconnected...",
    b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: u\nContent-Length: 31\n\nThe system is being shut down.\n",
    b"Content-Type: text/disconnect-notice\nContent-Length: 39\n\nkilled listener because of lost events\n",
    b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n",
    b"Content-Length: x\n\n",
];

/// A command, and what it needs.
fn command(kind: u8) -> (Command<'static>, Needs) {
    match kind % 17 {
        0 => (Command::auth("x"), Needs::Login),
        1 => (Command::userauth("u", "d", "x"), Needs::Login),
        2 => (Command::api("status"), Needs::Full),
        3 => (Command::bgapi_named("status", "x"), Needs::Full),
        4 => (Command::event(Format::Json, &[EventName::All]), Needs::Full),
        5 => (SendMsg::new(Execute::new("playback", "a\nb")).to("u").into(), Needs::Nothing),
        6 => (SendMsg::new(CallCommand::hangup(None)).into(), Needs::Uuid),
        7 => (Filter::DeleteAll.into(), Needs::Nothing),
        8 => (Command::Connect, Needs::Connect),
        9 => (Command::myevents_of("u"), Needs::Nothing),
        10 => (Command::myevents(None), Needs::Uuid),
        11 => (Command::Log { level: Some(LogLevel::DEBUG) }, Needs::FullAndRight),
        12 => (Command::Linger { seconds: None }, Needs::FullAndChannel),
        13 => (Command::getvar("x"), Needs::Channel),
        14 => (Command::Resume, Needs::Channel),
        15 => (Command::api("a\nb"), Needs::Full),
        _ => (Command::Exit, Needs::Exit),
    }
}

/// See the module.
pub fn run(data: &[u8]) {
    let mut u = Unstructured::new(data);
    // An input that is too short says nothing.
    let Ok(mut host) = Host::new(&mut u) else { return };
    while !u.is_empty() && host.step(&mut u).is_ok() {}
    host.end();
}

/// A client, its host, and what must be true of them.
struct Host {
    client: Client,
    model: Model,
    /// What the server has sent and the client has not consumed, and how much of it has arrived.
    wire: Vec<u8>,
    arrived: usize,
    consumed: u64,
    /// The same up to the last frame.
    complete: u64,
    frames: u64,
    events: u64,
    log_lines: u64,
    unexpected: u64,
    sent: u64,
    /// How many ids were reported: as they must be in order, these are the lowest.
    reported: u64,
}

impl Host {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let outbound = u.arbitrary()?;
        let limits = Limits::DEFAULT;
        Ok(Self {
            client: if outbound { Client::outbound(limits) } else { Client::inbound(limits) },
            model: Model { outbound, ..Model::default() },
            wire: Vec::new(),
            arrived: 0,
            consumed: 0,
            complete: 0,
            frames: 0,
            events: 0,
            log_lines: 0,
            unexpected: 0,
            sent: 0,
            reported: 0,
        })
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=9)? {
            0..=3 => self.send(u.arbitrary()?, u.ratio(1, 8)?),
            4 => {
                let len = u.int_in_range(0..=60)?.min(u.len());
                self.wire.extend_from_slice(u.bytes(len)?);
            }
            5 if self.model.end.is_none() => {
                assert_eq!(self.client.track_external().number(), self.sent);
                self.sent += 1;
            }
            _ => self.wire.extend_from_slice(u.choose(FRAMES)?),
        }
        if u.arbitrary()? {
            let octets = u.int_in_range(0..=300)?;
            self.arrive(octets);
        }
        Ok(())
    }

    fn send(&mut self, kind: u8, short: bool) {
        let (command, needs) = command(kind);
        let before = format!("{:?}", self.client);
        let allowed = self.client.may_send(&command);
        assert_eq!(allowed, self.model.allows(needs));
        let mut out = vec![7; if short { 3 } else { 256 }];
        let mut tracking = self.client.clone();
        let tracked = tracking.track(&command);
        assert_eq!(tracked.err(), allowed.err());
        match self.client.send(&command, &mut out) {
            Ok(sent) => {
                assert_eq!(tracked, Ok(sent.id));
                assert_eq!(format!("{tracking:?}"), format!("{:?}", self.client), "what is tracked is as what is sent");
                assert_eq!(sent.id.number(), self.sent);
                assert_eq!(command.encode(&mut vec![0; 256]), Ok(&out[..sent.len]));
                assert!(allowed.is_ok());
                match needs {
                    Needs::Login => self.model.login = Some(self.sent),
                    Needs::Connect => self.model.connect_sent = true,
                    Needs::Exit => self.model.exiting = true,
                    _ => self.model.watches |= matches!(command, Command::MyEvents { uuid: Some(_), .. }),
                }
                self.sent += 1;
            }
            Err(error) => {
                assert_eq!(format!("{:?}", self.client), before, "an error changes nothing");
                assert!(!error.to_string().is_empty());
                match raw::SendError::from(error) {
                    raw::SendError::NotAllowed(reason) => assert_eq!(allowed, Err(reason)),
                    raw::SendError::Refused(_) => assert!(allowed.is_ok() && command.encoded_len().is_err()),
                    raw::SendError::Insufficient(_) => assert!(allowed.is_ok() && short),
                }
            }
        }
    }

    /// Lets more octets arrive, and takes in what they make.
    fn arrive(&mut self, octets: usize) {
        self.arrived = self.wire.len().min(self.arrived + octets);
        loop {
            let buffer = self.wire[..self.arrived].to_vec();
            let mut asked = self.client.clone();
            let ready = asked.ready(&buffer);
            let poll = self.client.poll(&buffer);
            match (ready, poll) {
                (Ok(Ready::Found), Ok(poll)) => assert_eq!(asked.poll(&buffer), Ok(poll)),
                (Ok(Ready::NeedData { required, consumed }), _) => {
                    assert_eq!(poll, Ok(Poll::NeedData { required, consumed }));
                }
                (Ok(Ready::Closed { end }), _) => assert_eq!(poll, Ok(Poll::Closed { end, trailing: &buffer })),
                (Err(error), _) => assert_eq!(poll, Err(error)),
                (Ok(Ready::Found), Err(error)) => panic!("{error}"),
            }
            assert_eq!(format!("{asked:?}"), format!("{:?}", self.client), "who asks first comes to the same");
            let consumed = match poll {
                Ok(Poll::Closed { end, trailing }) => {
                    assert_eq!((Some(end), trailing), (self.model.end, &buffer[..]));
                    break;
                }
                Err(error) => {
                    match self.model.end {
                        None => self.never(error.unanswered, End::Protocol(error.error)),
                        Some(end) => assert!(end == End::Protocol(error.error) && error.unanswered.is_empty()),
                    }
                    break;
                }
                Ok(poll) => {
                    assert_eq!(self.model.end, None, "nothing comes after the end");
                    self.take(&poll, buffer.len())
                }
            };
            self.wire.drain(..consumed.octets);
            self.arrived -= consumed.octets;
            self.consumed += consumed.octets as u64;
            let stats = self.client.stats();
            if !consumed.needs_more {
                self.complete = self.consumed;
            }
            assert_eq!((stats.octets, stats.frames), (self.complete, self.frames));
            let counts = (stats.events, stats.log_lines, stats.unexpected);
            assert_eq!(counts, (self.events, self.log_lines, self.unexpected));
            assert_eq!(self.client.is_lingering(), self.model.lingering);
            assert_eq!((self.client.in_flight(), self.client.end()), (self.sent - self.reported, self.model.end));
            if consumed.needs_more {
                break;
            }
        }
        assert_eq!(self.client.end(), self.model.end);
    }

    fn take(&mut self, poll: &Poll<'_>, filled: usize) -> Consumed {
        let octets = poll.consumed();
        match poll {
            Poll::NeedData { required, .. } => {
                assert!(required.is_none_or(|required| required > filled - octets));
                return Consumed { octets, needs_more: true };
            }
            Poll::Incoming { incoming, .. } => {
                self.frames += 1;
                self.incoming(incoming);
            }
            Poll::HeadPart { .. } | Poll::Head { .. } | Poll::Body { .. } => {
                unreachable!("everything comes whole: see the target `parts`")
            }
            Poll::Closed { .. } => unreachable!("that is an end"),
        }
        assert!(octets > 0, "no progress");
        Consumed { octets, needs_more: false }
    }

    fn incoming(&mut self, incoming: &Incoming<'_>) {
        self.model.hears(incoming);
        match &raw::Incoming::from(*incoming) {
            raw::Incoming::Authenticated { id, .. }
            | raw::Incoming::AuthRefused { id, .. }
            | raw::Incoming::Connected { id, .. }
            | raw::Incoming::Answer { id, .. } => {
                self.answered(id.number());
            }
            raw::Incoming::Rejected { unanswered, .. } => {
                assert_eq!(unanswered.end(), End::Rejected);
                self.report(*unanswered);
            }
            raw::Incoming::Goodbye { notice, end, unanswered } => {
                assert_eq!(*end, self.model.reason(notice, self.sent > self.reported));
                self.never(*unanswered, *end);
            }
            raw::Incoming::Unexpected(message) => {
                self.unexpected += 1;
                let answers = matches!(message, Message::Reply(_) | Message::ApiResponse(_));
                let is_over = self.model.pending_end == Some(End::Rejected);
                assert!(!answers || self.sent == self.reported || is_over, "an answer that nobody waits for");
            }
            raw::Incoming::AuthRequest => assert!(!self.model.outbound && self.reported == 0),
            raw::Incoming::Event(_) => self.events += 1,
            raw::Incoming::Log(_) => self.log_lines += 1,
            raw::Incoming::Lingering(_) => assert!(self.client.is_lingering()),
        }
        assert!(!format!("{incoming:?}").is_empty());
    }

    fn answered(&mut self, id: u64) {
        assert!(id == self.reported && id < self.sent, "in order, each once, and none that was not sent");
        self.reported += 1;
    }

    fn report(&mut self, unanswered: Unanswered) {
        assert!(unanswered.ids().map(|id| id.number()).eq(self.reported..self.sent));
        assert_eq!(unanswered.len(), self.sent - self.reported);
        self.reported = self.sent;
    }

    fn never(&mut self, unanswered: Unanswered, end: End) {
        assert_eq!(unanswered.end(), end);
        self.report(unanswered);
        self.model.end = Some(end);
    }

    /// The stream ends where it is.
    fn end(mut self) {
        let buffer = self.wire[..self.arrived].to_vec();
        let eof = self.client.eof(&buffer);
        assert!(eof.incomplete <= buffer.len());
        if let Some(id) = eof.answered {
            assert!(eof.reply.is_some_and(|reply| reply.is_broken()) && eof.incomplete == 0);
            self.answered(id.number());
        }
        match self.model.end {
            Some(end) => assert_eq!((eof.end, eof.incomplete), (end, 0)),
            None => assert_eq!(eof.end, self.model.pending_end.unwrap_or(End::Eof)),
        }
        self.never(eof.unanswered, eof.end);
        assert_eq!((self.client.in_flight(), self.client.end()), (0, self.model.end));
        self.send(2, false);
        self.arrive(usize::MAX / 2);
    }
}

/// What a poll has taken.
struct Consumed {
    octets: usize,
    needs_more: bool,
}
