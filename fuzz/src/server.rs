//! A listener that hears whatever a client sends, with a host whose answers repeat it and with events and ends between:
//! each command has one answer, all that is written are whole frames that our decoder reads back, and pieces change
//! nothing.

use esl_proto::event::{Content, Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::LogLevel;
use esl_proto::server::{
    Admission, Control, DeliverError, Effect, Goodbye, HostRequest, LogData, Poll, Response, ResponseError, Rights,
    Server, ServerLimits,
};
use esl_proto::{Decoder, Frame, Limits, Message, Value, raw};

use crate::splits::Splits;

/// Storage for a client's subclasses, filters and rights: small, so that it is full at times.
const STORAGE: usize = 160;
/// A queue that is full soon.
const LIMITS: ServerLimits = ServerLimits {
    request: Limits { max_head: 2048, max_lines: 64, max_body: 1024, max_buffered: usize::MAX },
    max_queued: 3,
    max_lost: 2,
};

const CHANNEL: &[u8] = b"5fd4";

/// See the module. The first octets say whose connection it is and what else happens; the rest is what the client sends.
pub fn run(data: &[u8]) {
    let Some(([mode, room, seed, most], stream)) = data.split_first_chunk() else { return };
    let setup = Setup { mode: *mode, room: usize::from(*room) };
    let whole = setup.listener().play(stream, std::iter::repeat(usize::MAX / 2), false);
    let pieces = setup.listener().play(stream, Splits::new(*seed, *most), false);
    let (ours, theirs) = (whole.written.escape_ascii(), pieces.written.escape_ascii());
    assert!(whole.written == pieces.written, "whole: {ours}\nin pieces: {theirs}");
    assert_eq!(whole.answers, pieces.answers);
    setup.listener().play(stream, Splits::new(*seed, *most), true);
}

struct Setup {
    mode: u8,
    room: usize,
}

impl Setup {
    fn listener(&self) -> Listener {
        let storage = vec![0; self.room.min(STORAGE)];
        let control = Control { full: self.mode & 2 == 0, is_async: self.mode & 4 == 0 };
        let outbound = match self.mode & 1 {
            1 => Server::outbound(LIMITS, storage.clone(), CHANNEL, control).ok(),
            _ => None,
        };
        let rights = match self.mode >> 3 & 3 {
            0 => Rights {
                allowed_events: Some(b"HEARTBEAT,CUSTOM,a::b"),
                allowed_api: Some(b"status,bgapi"),
                allowed_log: false,
            },
            1 => Rights { allowed_events: Some(b"ALL CUSTOM a::b a::c"), allowed_api: None, allowed_log: true },
            _ => Rights::ALL,
        };
        Listener {
            is_outbound: outbound.is_some(),
            server: outbound.unwrap_or_else(|| Server::inbound(LIMITS, storage)),
            rights,
            is_user: false,
            written: Vec::new(),
            commands: 0,
            answers: 0,
            queued: 0,
            turn: usize::from(self.mode >> 5),
        }
    }
}

struct Listener {
    server: Server<Vec<u8>>,
    is_outbound: bool,
    rights: Rights<'static>,
    /// Whether the client is one with these rights.
    is_user: bool,
    written: Vec<u8>,
    /// Commands that were done or asked for.
    commands: usize,
    /// Replies and responses that were written.
    answers: usize,
    /// Events that wait, as the host counts them.
    queued: u32,
    turn: usize,
}

impl Listener {
    /// Lets the stream arrive in pieces until all of it is there or the connection is over.
    fn play(mut self, stream: &[u8], sizes: impl Iterator<Item = usize>, busy: bool) -> Self {
        let (mut from, mut to) = (0, 0);
        for size in sizes {
            let arrived = to == stream.len();
            to = stream.len().min(to.saturating_add(size));
            while let Some(consumed) = self.poll(&stream[from..to]) {
                from += consumed;
                if busy {
                    self.happen();
                }
            }
            if busy {
                self.happen();
            }
            if arrived || self.server.closed().is_some() {
                break;
            }
        }
        self.check_end(&stream[from..to]);
        self
    }

    /// One poll, and the answer to what it asks. [`None`] where there is nothing to go on with.
    fn poll(&mut self, buffer: &[u8]) -> Option<usize> {
        let mut out = [0; Server::REPLY_MAX];
        assert!(self.server.poll(buffer, &mut out[1..]).is_err(), "too little room changes nothing");
        let was_closed = self.server.closed();
        let poll = self.server.poll(buffer, &mut out).expect("room enough");
        let (consumed, written) = (poll.consumed(), poll.written());
        assert!(consumed <= buffer.len());
        let silent = self.is_outbound && self.commands == 0;
        match poll {
            Poll::Done { effect: Effect::Greeting, .. } => {
                let frames = self.write(&out[..written]);
                assert_eq!(frames, usize::from(!self.is_outbound));
            }
            Poll::Done { effect, .. } => {
                assert!(consumed > 0, "no progress");
                self.commands += 1;
                assert_eq!(self.write_answers(&out[..written]), usize::from(!silent));
                if effect == Effect::EventsFlushed {
                    self.queued = 0;
                }
            }
            Poll::HostRequest { request: ask, .. } => {
                assert!(consumed > 0, "no progress");
                self.commands += 1;
                self.answer(&ask, buffer[..consumed].trim_ascii_start());
            }
            Poll::NeedData { required, .. } => {
                let rest = buffer.len() - consumed;
                assert!(required.is_none_or(|required| required > rest));
                assert_eq!(self.server.is_mid_command(), rest > 0);
                assert!(!self.server.is_ready_for_events() || rest == 0);
                // Blank lines go at once; what is left is asked for again when there is more.
                return (consumed > 0).then_some(consumed);
            }
            Poll::Closed { .. } => {
                assert!(self.server.closed().is_some());
                match was_closed {
                    Some(_) => assert_eq!(written, 0),
                    None => drop(self.write_answers(&out[..written])),
                }
                return None;
            }
            Poll::Waiting => panic!("all questions are answered at once"),
        }
        self.server.closed().is_none().then_some(consumed)
    }

    /// Says what repeats as much of the client's words as can be; `command` is all of them.
    fn answer(&mut self, ask: &HostRequest<'_>, command: &[u8]) {
        assert!(!format!("{ask:?}").is_empty());
        let silent = self.is_outbound && self.commands == 1;
        let mut out = vec![0; 4 * command.len() + 4096];
        assert_eq!(self.server.poll(command, &mut out), Ok(Poll::Waiting), "one question at a time");
        assert!(!self.server.is_ready_for_events() && !self.server.is_ready_for_log());
        assert!(self.server.respond(Response::Output(b"x"), &mut []).is_err(), "too little room, or no answer to this");
        let name = ["variable_x: y", "content-length", "Content-Type: x", "a\nb"][self.commands % 4];
        let fields = [
            Field::new("Event-Name", "CHANNEL_DATA"),
            Field { name: Value::from_bytes(name.as_bytes()), content: Content::Text(Value::from_bytes(command)) },
        ];
        self.check_rights(ask);
        let answer = match raw::server::HostRequest::from(*ask) {
            raw::server::HostRequest::Password(secret) if secret.expose().starts_with(b"no") => Response::Refuse,
            raw::server::HostRequest::Password(_) | raw::server::HostRequest::User { .. } => {
                Response::Accept(self.rights)
            }
            raw::server::HostRequest::Api { command, argument, .. } => Response::Output(argument.unwrap_or(command)),
            raw::server::HostRequest::BgApi { command, job, .. } => Response::Job(job.unwrap_or(command)),
            raw::server::HostRequest::SendMsg { message, .. } if message.uuid.is_some() => {
                Response::NoSuchChannel(command)
            }
            raw::server::HostRequest::SendMsg { message, .. } if message.run_async => Response::Ok,
            raw::server::HostRequest::SendMsg { request, .. } => Response::Reply(request.line()),
            raw::server::HostRequest::SendEvent { request, .. } => Response::Fired(request.body().unwrap_or(command)),
            raw::server::HostRequest::Connect => Response::Channel(OutgoingEvent::new(&fields)),
            raw::server::HostRequest::GetVar(_) => Response::Value(command),
            raw::server::HostRequest::MyEvents(uuid) if uuid.starts_with(b"no") => Response::NoSuchChannel(uuid),
            raw::server::HostRequest::MyEvents(uuid) => Response::Control(uuid),
        };
        let answered = self.server.respond(answer, &mut out);
        assert!(
            answered.is_ok_and(|written| written <= out.len())
                || answered.is_err_and(|error| !error.to_string().is_empty())
        );
        let written = match (answered, ask) {
            (Ok(written), _) => written,
            // The storage is full: another answer has to do.
            (Err(_), HostRequest::MyEvents(uuid)) => {
                self.server.respond(Response::NoSuchChannel(uuid), &mut out).expect("no room")
            }
            (Err(ResponseError::Channel(_)), _) => {
                let written = self.server.respond(Response::Channel(OutgoingEvent::new(&fields[..1])), &mut out);
                written.expect("no room")
            }
            (Err(_), _) => self.server.respond(Response::Refuse, &mut out).expect("no room"),
        };
        let answers = self.write_answers(&out[..written]);
        assert!(
            answers == usize::from(!silent)
                || (silent && matches!(ask, HostRequest::Connect | HostRequest::Api { .. }))
        );
        assert!(self.server.respond(Response::Ok, &mut out).is_err(), "nothing is asked any more");
    }

    /// What a user has no right to is not asked for.
    fn check_rights(&mut self, ask: &HostRequest<'_>) {
        self.is_user |= matches!(ask, HostRequest::User { .. });
        let (HostRequest::Api { command, argument, console: false, .. } | HostRequest::BgApi { command, argument, .. }) =
            ask
        else {
            return;
        };
        if let Some(list) = self.rights.allowed_api.filter(|_| self.is_user) {
            let may = |word: &[u8]| list.split(|octet| *octet == b',').any(|allowed| allowed == word);
            let nested =
                argument.filter(|_| *command == b"bgapi").and_then(|line| line.split(|octet| *octet == b' ').next());
            assert!(may(command) && nested.is_none_or(may));
        }
    }

    /// Something that is not the client's doing.
    fn happen(&mut self) {
        self.turn += 1;
        let mut out = [0; 4096];
        let fields = [
            Field::new("Event-Subclass", "a::b"),
            Field::new("Event-Name", ["CUSTOM", "HEARTBEAT", "CHANNEL_ANSWER"][self.turn % 3]),
            Field::new("Unique-ID", CHANNEL),
            Field::array("list", &[b"one", b"two\n\nthree"]),
        ];
        let event = OutgoingEvent::new(&fields).with_body("text\n\nContent-Type: auth/request\n\n</body>");
        match self.turn % 11 {
            0 => drop(self.server.subscribe("a::c")),
            1 => drop(self.server.offer_log(LogLevel::INFO)),
            2 => self.deliver_log(),
            3 if self.server.offer_diverted() == Admission::Enqueue => self.queued += 1,
            4 if self.queued > 0 => {
                self.server.skip();
                self.queued -= 1;
            }
            5 if self.turn > 60 => {
                let written = self.server.channel_ended("sofia/x\ny", &mut out).expect("room enough");
                assert!(self.write(&out[..written]) <= 1);
            }
            6 if self.turn > 120 => {
                let was_closed = self.server.closed().is_some();
                let written = self.server.disconnect(Goodbye::ShutDown, &mut out).expect("room enough");
                assert_eq!(self.write(&out[..written]), usize::from(!was_closed));
            }
            7 | 8 => self.deliver(&event),
            _ => match raw::server::Admission::from(self.server.offer(&event)) {
                raw::server::Admission::Enqueue => self.queued += 1,
                raw::server::Admission::Skip => {}
                raw::server::Admission::Dropped | raw::server::Admission::Overflow => {
                    assert_eq!(self.queued, LIMITS.max_queued)
                }
            },
        }
        assert!(self.server.waiting_events() == self.queued && self.queued <= LIMITS.max_queued);
        assert!(self.server.waiting_log_lines() <= LIMITS.max_queued);
    }

    fn deliver(&mut self, event: &OutgoingEvent<'_>) {
        if self.queued == 0 {
            return;
        }
        let mut out = [0; 4096];
        assert!(self.server.deliver(event, &mut out[..9]).is_err());
        match self.server.deliver(event, &mut out) {
            Ok(written) => {
                let format = self.server.format();
                each_frame(&out[..written], |frame| match Message::from(frame) {
                    Message::Event(event) => assert_eq!((event.format(), event.validate()), (format, Ok(()))),
                    other => panic!("{other:?}"),
                });
                assert_eq!(self.write(&out[..written]), 1);
                self.queued -= 1;
            }
            Err(error) => assert!(error == DeliverError::NotReady && !error.to_string().is_empty()),
        }
    }

    fn deliver_log(&mut self) {
        let mut out = [0; 4096];
        let line = LogData {
            level: LogLevel::INFO,
            text_channel: 0,
            file: b"a\nb.c",
            function: b"f\r",
            line: 7,
            user_data: b"",
            text: b"text\n\nof lines\n",
        };
        if self.server.waiting_log_lines() > 0
            && let Ok(written) = self.server.deliver_log(&line, &mut out)
        {
            assert_eq!(self.write(&out[..written]), 1);
        }
    }

    /// Takes in what was written: whole frames of known kinds. Returns their number.
    fn write(&mut self, octets: &[u8]) -> usize {
        let mut frames = 0;
        each_frame(octets, |frame| {
            assert!(!matches!(Message::from(frame), Message::Other(_)), "{}", octets.escape_ascii());
            frames += 1;
        });
        self.written.extend_from_slice(octets);
        frames
    }

    /// [`write`](Self::write), and the number of answers among the frames; a notice may be another.
    fn write_answers(&mut self, octets: &[u8]) -> usize {
        let mut answers = 0;
        each_frame(octets, |frame| match Message::from(frame) {
            Message::Reply(_) | Message::ApiResponse(_) => answers += 1,
            Message::Disconnect(_) => {}
            other => panic!("{other:?}"),
        });
        let frames = self.write(octets);
        assert!(answers <= 1 && frames <= 2);
        self.answers += answers;
        answers
    }

    fn check_end(&mut self, rest: &[u8]) {
        assert!(self.rights.allowed_log || !self.is_user || self.server.log_level().is_none());
        let greetings = usize::from(!self.is_outbound && !self.written.is_empty());
        let mut frames = 0;
        each_frame(&self.written, |frame| {
            frames += 1;
            assert!(!matches!(Message::from(frame), Message::AuthRequest(_)) || frames == greetings);
        });
        if self.server.closed().is_some() {
            assert_eq!(self.server.poll(rest, &mut [0; 2048]).map(|poll| poll.written()), Ok(0));
            assert_eq!(self.server.offer_diverted(), Admission::Skip);
            assert_eq!(self.server.offer(&OutgoingEvent::new(&[])), Admission::Skip);
        }
        assert!(!format!("{:?}", self.server).is_empty());
    }
}

/// Calls `look` with each frame that `octets` are made of.
fn each_frame(octets: &[u8], mut look: impl FnMut(Frame<'_>)) {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut rest = octets;
    while !rest.is_empty() {
        let Ok(Step::Frame { frame, consumed }) = decoder.decode(rest) else {
            panic!("no whole frames: {}", octets.escape_ascii())
        };
        look(frame);
        rest = &rest[consumed..];
    }
}
