//! Client and listener wired together, beside the model.

use std::collections::VecDeque;

use esl_proto::client::{Answer, Poll};
use esl_proto::event::{Field, OutgoingEvent};
use esl_proto::frame::Step;
use esl_proto::name::LogLevel;
use esl_proto::server::{
    Admission, Control, DeliverError, Effect, HostRequest, LogData, Poll as Served, Response as Said, Rights,
};
use esl_proto::server::{Server, ServerLimits};
use esl_proto::text::Percent;
use esl_proto::{Client, Command, Decoder, Incoming, Limits, Value};

use super::events::{self, Happening, Seen};
use super::model::Model;

/// The one channel that there is.
pub(crate) const CHANNEL: &str = "1ac1f11d-7d7b";

/// What happens at one end.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Send(String),
    Happen(Happening),
    Log(i8),
}

/// Both ends and what is on the way.
struct Pair {
    client: Client,
    server: Server<[u8; 4096]>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    /// Sizes of the pieces in which octets arrive, again and again.
    pieces: Vec<usize>,
    turn: usize,
    /// Events and log lines that wait at the host.
    events: VecDeque<Happening>,
    logs: VecDeque<i8>,
    heard: Vec<Heard>,
}

/// What the client hears.
#[derive(Clone, Debug, PartialEq)]
enum Heard {
    Reply(String),
    Api(String),
    Event(Seen),
    Log(i8, String),
    Other(String),
}

impl Pair {
    fn piece(&mut self) -> usize {
        self.turn += 1;
        self.pieces[self.turn % self.pieces.len()]
    }

    /// Lets everything arrive, in pieces.
    fn settle(&mut self, flushed: &mut Vec<Effect>) {
        let (mut seen_by_server, mut seen_by_client) = (0, 0);
        loop {
            let before =
                (self.to_server.len(), self.to_client.len(), seen_by_server, seen_by_client, self.events.len());
            seen_by_server = (seen_by_server + self.piece()).min(self.to_server.len());
            self.serve(&mut seen_by_server, flushed);
            self.deliver();
            seen_by_client = (seen_by_client + self.piece()).min(self.to_client.len());
            self.hear(&mut seen_by_client);
            let after = (self.to_server.len(), self.to_client.len(), seen_by_server, seen_by_client, self.events.len());
            if before == after {
                break;
            }
        }
        assert!(self.to_server.is_empty() && self.to_client.is_empty(), "nothing is left on the way");
    }

    fn serve(&mut self, seen: &mut usize, effects: &mut Vec<Effect>) {
        let mut out = [0; 8192];
        loop {
            let poll = self.server.poll(&self.to_server[..*seen], &mut out).unwrap();
            let (consumed, mut written) = (poll.consumed(), poll.written());
            let more = !matches!(poll, Served::NeedData { .. } | Served::Closed { .. } | Served::Waiting);
            if let Served::Done { effect, .. } = poll {
                match effect {
                    Effect::EventsFlushed => self.events.clear(),
                    Effect::LogFlushed => self.logs.clear(),
                    _ => {}
                }
                effects.push(effect);
            }
            if let Served::HostRequest { request: ask, .. } = poll {
                // While an answer is owed nothing else is done.
                assert_eq!(self.server.poll(b"exit\n\n", &mut [0; 2048]), Ok(Served::Waiting));
                assert!(!self.server.is_ready_for_events());
                written = self.server.respond(say(&ask), &mut out).unwrap();
            }
            self.to_client.extend_from_slice(&out[..written]);
            self.to_server.drain(..consumed);
            *seen -= consumed;
            if !more {
                return;
            }
        }
    }

    fn deliver(&mut self) {
        let mut out = vec![0; 65_536];
        while let Some(event) = self.events.front() {
            match event.view(|data| self.server.deliver(data, &mut out)) {
                Ok(written) => self.to_client.extend_from_slice(&out[..written]),
                Err(DeliverError::NotReady) => break,
                Err(error) => panic!("{error}"),
            }
            self.events.pop_front();
        }
        while let Some(level) = self.logs.front() {
            let level = LogLevel::new(*level).unwrap();
            let line = LogData {
                level,
                text_channel: 0,
                file: b"a.c",
                function: b"f",
                line: 7,
                user_data: b"",
                text: b"text\nof lines\n",
            };
            match self.server.deliver_log(&line, &mut out) {
                Ok(written) => self.to_client.extend_from_slice(&out[..written]),
                Err(_) => break,
            }
            self.logs.pop_front();
        }
    }

    fn hear(&mut self, seen: &mut usize) {
        loop {
            let poll = self.client.poll(&self.to_client[..*seen]).unwrap();
            let consumed = poll.consumed();
            let Poll::Incoming { incoming, .. } = poll else {
                self.to_client.drain(..consumed);
                *seen -= consumed;
                return;
            };
            self.heard.push(match incoming {
                Incoming::Answer { answer: Answer::Reply(reply), .. } => Heard::Reply(reply.text().to_string()),
                Incoming::Answer { answer: Answer::Api(api), .. } => {
                    Heard::Api(String::from_utf8_lossy(api.body()).into_owned())
                }
                Incoming::Event(event) => Heard::Event(events::seen(&event)),
                Incoming::Log(log) => {
                    Heard::Log(log.level().unwrap().number(), String::from_utf8_lossy(log.text()).into_owned())
                }
                other => Heard::Other(format!("{other:?}").split([' ', '(']).next().unwrap().to_owned()),
            });
            self.to_client.drain(..consumed);
            *seen -= consumed;
        }
    }

    /// Sends a command line through the client, which writes it in its own way, unless it may not be sent.
    fn send(&mut self, line: &str) -> Option<String> {
        let octets = format!("{line}\n\n");
        let mut decoder = Decoder::for_requests(Limits::DEFAULT);
        let Ok(Step::Frame { frame, .. }) = decoder.decode(octets.as_bytes()) else { panic!("{line}") };
        let request = frame.into();
        let Ok(command) = Command::parse(&request) else { return None };
        let mut out = [0; 1024];
        let sent = self.client.send(&command, &mut out).ok()?;
        self.to_server.extend_from_slice(&out[..sent.len]);
        Some(String::from_utf8(out[..sent.len - 2].to_vec()).unwrap())
    }
}

/// The regular expressions of these tests are plain words.
fn matches(expression: &[u8], text: &[u8]) -> bool {
    let word = expression.strip_prefix(b"/").and_then(|rest| rest.strip_suffix(b"/")).expect("between slashes");
    text.windows(word.len()).any(|part| part == word)
}

fn say<'a>(ask: &HostRequest<'a>) -> Said<'a> {
    match ask {
        HostRequest::Password(_) | HostRequest::User { .. } => Said::Accept(Rights::ALL),
        HostRequest::Api { command, .. } => Said::Output(command),
        HostRequest::BgApi { job, .. } => Said::Job(job.unwrap_or(b"a-job")),
        HostRequest::SendMsg { message, .. } => match message.uuid {
            Some(uuid) if uuid != CHANNEL.as_bytes() => Said::NoSuchChannel(uuid),
            _ => Said::Ok,
        },
        HostRequest::SendEvent { .. } => Said::Fired(b"an-event"),
        HostRequest::GetVar(_) => Said::Value(b"a value"),
        HostRequest::MyEvents(uuid) if *uuid == CHANNEL.as_bytes() => Said::Control(uuid),
        HostRequest::MyEvents(uuid) => Said::NoSuchChannel(uuid),
        _ => Said::Channel(OutgoingEvent::new(
            const {
                &[Field {
                    name: Value::from_bytes(b"Event-Name"),
                    content: esl_proto::event::Content::Text(Value::from_bytes(b"CHANNEL_DATA")),
                }]
            },
        )),
    }
}

/// Lets it all happen, and compares.
pub(crate) fn run(deeds: &[Deed], pieces: &[usize], outbound: bool, percent: Percent) {
    let limits = ServerLimits::DEFAULT;
    let (client, server) = match outbound {
        false => (Client::inbound(Limits::DEFAULT), Server::inbound(limits, [0; 4096])),
        true => {
            let control = Control { full: true, is_async: true };
            (Client::outbound(Limits::DEFAULT), Server::outbound(limits, [0; 4096], CHANNEL, control).unwrap())
        }
    };
    let mut pair = Pair {
        client,
        server: server.with_percent(percent),
        to_server: Vec::new(),
        to_client: Vec::new(),
        pieces: pieces.to_vec(),
        turn: 0,
        events: VecDeque::new(),
        logs: VecDeque::new(),
        heard: Vec::new(),
    };
    let mut effects = Vec::new();
    pair.settle(&mut effects);
    assert!(pair.send(if outbound { "connect" } else { "auth x" }).is_some());
    pair.settle(&mut effects);
    let greeting = pair.heard.drain(..).next_back();
    assert_eq!(greeting, Some(Heard::Other(if outbound { "Connected" } else { "Authenticated" }.into())));

    let mut model = Model::new(outbound);
    for deed in deeds {
        let mut expected = Vec::new();
        match deed {
            Deed::Send(line) => {
                let Some(line) = pair.send(line) else { continue };
                expected.push(match line.strip_prefix("api ") {
                    Some(command) => Heard::Api(command.to_owned()),
                    None => Heard::Reply(model.command(&line)),
                });
            }
            Deed::Happen(happening) => {
                let wanted = model.wants(happening);
                let offer = happening.view(|data| {
                    pair.server
                        .offer_with(data, &|expression, text| matches(expression, &text.bytes().collect::<Vec<u8>>()))
                });
                assert_eq!(
                    offer,
                    if wanted { Admission::Enqueue } else { Admission::Skip },
                    "{happening:?}\n{model:?}"
                );
                if wanted {
                    pair.events.push_back(happening.clone());
                    expected.push(Heard::Event(happening.expected(&model.format, percent)));
                }
            }
            Deed::Log(level) => {
                let wanted = model.log.is_some_and(|wanted| wanted >= *level);
                let offer = pair.server.offer_log(LogLevel::new(*level).unwrap());
                assert_eq!(offer, if wanted { Admission::Enqueue } else { Admission::Skip });
                if wanted {
                    pair.logs.push_back(*level);
                    expected.push(Heard::Log(*level, "text\nof lines\n".into()));
                }
            }
        }
        pair.settle(&mut effects);
        let heard: Vec<Heard> = pair.heard.drain(..).collect();
        assert_eq!(heard, expected, "{deed:?}");
        assert_eq!((pair.server.waiting_events(), pair.server.waiting_log_lines()), (0, 0));
    }
}
