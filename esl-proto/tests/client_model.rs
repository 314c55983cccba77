//! A model of the client: random commands, random answers with events and log lines between them, random pieces, and a
//! random end. Ids always match the model, nothing is reported twice, nothing is lost.

use std::collections::VecDeque;

use esl_proto::client::{CommandId, End, Eof, Poll, SendError};
use esl_proto::command::{Execute, SendMsg};
use esl_proto::name::Format;
use esl_proto::{Client, Command, Incoming, Limits};
use proptest::prelude::*;

/// One thing that happens on a connection after the login.
#[derive(Clone, Debug)]
enum Step {
    /// The client sends this command.
    Send(usize),
    /// The client tries to send what is refused, or has too little storage.
    SendInVain(usize),
    /// The server answers the oldest open command, or, if there is none, says something that nobody asked for.
    Answer(usize),
    /// The server sends something between the answers.
    Between(usize),
    /// The stream goes on by some octets.
    Arrive(usize),
}

/// How the connection ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Eof,
    EofInFrame,
    Notice,
    Shutdown,
    EventsLost,
    Rejection,
    BrokenLength,
}

const COMMANDS: usize = 6;
const ANSWERS: [&str; 7] = [
    "Content-Type: command/reply\nReply-Text: +OK\n\n",
    "Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n",
    "Content-Type: api/response\nContent-Length: 5\n\n+OK a",
    "Content-Type: api/response\nContent-Length: 0\n\n",
    "Content-Type: command/reply\nReply-Text: two\nlines: of text\nand more\n\n",
    "Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\n",
    "\n\r\nContent-Type: command/reply\nReply-Text: +OK Job-UUID: x\nJob-UUID: x\n\n",
];
const BETWEEN: [&str; 6] = [
    "Content-Length: 17\nContent-Type: text/event-plain\n\nEvent-Name: TALK\n",
    "Content-Length: 2\nContent-Type: text/event-json\n\n{}",
    "Content-Length: 9\nContent-Type: text/event-xml\n\nmalformed",
    "Content-Type: log/data\nContent-Length: 3\nLog-Level: 7\n\nabc",
    "orphan\n\n",
    "Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n",
];

fn command(kind: usize) -> Command<'static> {
    match kind {
        0 => Command::api("status"),
        1 => Command::bgapi_named("status", "x"),
        2 => Command::event(Format::Json, &[esl_proto::name::EventName::All]),
        3 => SendMsg::new(Execute::new("playback", "a\nb")).to("u").into(),
        4 => Command::NoEvents,
        _ => esl_proto::command::Filter::DeleteAll.into(),
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..COMMANDS).prop_map(Step::Send),
        1 => (0..3_usize).prop_map(Step::SendInVain),
        3 => (0..ANSWERS.len()).prop_map(Step::Answer),
        2 => (0..BETWEEN.len()).prop_map(Step::Between),
        4 => (1..60_usize).prop_map(Step::Arrive),
    ]
}

fn ending() -> impl Strategy<Value = Ending> {
    prop::sample::select(vec![
        Ending::Eof,
        Ending::EofInFrame,
        Ending::Notice,
        Ending::Shutdown,
        Ending::EventsLost,
        Ending::Rejection,
        Ending::BrokenLength,
    ])
}

/// What the client must report, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Answer(u64),
    Event,
    Log,
    Lingering,
    Unexpected,
}

/// A client beside what it must do.
struct Pair {
    client: Client,
    /// What the server has written and the client has not consumed, and how much of it has arrived.
    wire: Vec<u8>,
    arrived: usize,
    expected: VecDeque<Expected>,
    sent: u64,
    /// How many commands the server has answered.
    answered: u64,
    /// Every id that was reported, as answered or as never to be.
    reported: Vec<u64>,
    end: Option<End>,
}

impl Pair {
    fn new() -> Self {
        let mut pair = Self {
            client: Client::inbound(Limits::DEFAULT),
            wire: Vec::new(),
            arrived: 0,
            expected: VecDeque::new(),
            sent: 0,
            answered: 0,
            reported: Vec::new(),
            end: None,
        };
        pair.send(&Command::auth("x"));
        pair.server("Content-Type: auth/request\n\n");
        pair.answer("Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
        pair.arrive(usize::MAX);
        pair
    }

    fn server(&mut self, octets: &str) {
        self.wire.extend_from_slice(octets.as_bytes());
    }

    fn send(&mut self, command: &Command<'_>) {
        match self.client.send(command, &mut [0; 256]) {
            Ok(sent) => {
                assert_eq!(sent.id.number(), self.sent);
                self.sent += 1;
            }
            Err(error) => assert!(self.end.is_some(), "{error}"),
        }
    }

    fn send_in_vain(&mut self, kind: usize) {
        let sent = match kind {
            0 => self.client.send(&Command::api("a\nb"), &mut [0; 256]),
            1 => self.client.send(&Command::auth("again"), &mut [0; 256]),
            _ => self.client.send(&Command::api("status"), &mut [0; 3]),
        };
        assert!(sent.is_err());
        assert!(self.end.is_none() || matches!(sent, Err(SendError::NotAllowed(_))));
    }

    fn answer(&mut self, octets: &str) {
        self.server(octets);
        if self.answered < self.sent {
            self.expected.push_back(Expected::Answer(self.answered));
            self.answered += 1;
        } else {
            self.expected.push_back(Expected::Unexpected);
            // Were it to arrive after the next command was sent, nobody could tell that it is not the answer.
            self.arrive(usize::MAX);
        }
    }

    fn between(&mut self, kind: usize) {
        self.expected.push_back(match kind {
            0..=2 => Expected::Event,
            3 => Expected::Log,
            4 => Expected::Unexpected,
            _ => Expected::Lingering,
        });
        self.server(BETWEEN[kind]);
    }

    fn report(&mut self, expected: Expected) {
        assert_eq!(self.expected.pop_front(), Some(expected));
        if let Expected::Answer(id) = expected {
            self.reported.push(id);
        }
    }

    fn never(&mut self, ids: impl Iterator<Item = CommandId>) {
        self.reported.extend(ids.map(CommandId::number));
    }

    /// Lets more octets arrive and takes in what they make.
    fn arrive(&mut self, octets: usize) {
        self.arrived = self.wire.len().min(self.arrived.saturating_add(octets));
        while self.end.is_none() {
            let buffer = self.wire[..self.arrived].to_vec();
            let poll = match self.client.poll(&buffer) {
                Ok(poll) => poll,
                Err(error) => {
                    self.never(error.unanswered.ids());
                    self.end = Some(End::Protocol(error.error));
                    return;
                }
            };
            match poll {
                Poll::NeedData { consumed, .. } => {
                    self.consume(consumed);
                    return;
                }
                Poll::Incoming { incoming, consumed } => {
                    self.take(&incoming);
                    self.consume(consumed);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn consume(&mut self, octets: usize) {
        self.wire.drain(..octets);
        self.arrived -= octets;
    }

    fn take(&mut self, incoming: &Incoming<'_>) {
        match incoming {
            Incoming::AuthRequest => {}
            Incoming::Authenticated { id, .. } | Incoming::Connected { id, .. } | Incoming::Answer { id, .. } => {
                self.report(Expected::Answer(id.number()))
            }
            Incoming::Event(_) => self.report(Expected::Event),
            Incoming::Log(_) => self.report(Expected::Log),
            Incoming::Lingering(_) => self.report(Expected::Lingering),
            Incoming::Unexpected(_) => self.report(Expected::Unexpected),
            Incoming::Rejected { unanswered, .. } => self.never(unanswered.ids()),
            Incoming::Goodbye { end, unanswered, .. } => {
                assert_eq!(unanswered.end(), *end);
                self.never(unanswered.ids());
                self.end = Some(*end);
            }
            other => panic!("{other:?}"),
        }
    }

    fn end(&mut self, ending: Ending) {
        let notice =
            |text: &str| format!("Content-Type: text/disconnect-notice\nContent-Length: {}\n\n{text}", text.len());
        let (octets, end) = match ending {
            Ending::Eof => (String::new(), End::Eof),
            Ending::EofInFrame => ("Content-Type: api/response\nContent-Length: 9\n\ncut".to_owned(), End::Eof),
            Ending::Notice => (notice("Disconnected, goodbye.\n"), End::Goodbye),
            Ending::Shutdown => (notice("The system is being shut down.\n"), End::Shutdown),
            Ending::EventsLost => (notice("killed listener because of lost events\n"), End::EventsLost),
            Ending::Rejection => {
                let text = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n";
                (text.to_owned() + &notice("Disconnected, goodbye.\n"), End::Rejected)
            }
            Ending::BrokenLength => ("Content-Length: -1\n\n".to_owned(), End::Eof),
        };
        self.server(&octets);
        self.arrive(usize::MAX);
        let incomplete = if let Ending::EofInFrame = ending { octets.len() } else { 0 };
        let Eof { end: told, unanswered, incomplete: cut_off, .. } = self.client.eof(&self.wire);
        self.never(unanswered.ids());
        assert_eq!(cut_off, incomplete);
        match ending {
            Ending::BrokenLength => assert!(matches!(told, End::Protocol(_))),
            _ => assert_eq!(told, end),
        }
        assert_eq!(self.client.end(), Some(told));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn ids_match_the_model_and_each_is_reported_once(steps in prop::collection::vec(step(), 0..60), ending in ending()) {
        let mut pair = Pair::new();
        for step in &steps {
            match *step {
                Step::Send(kind) => pair.send(&command(kind)),
                Step::SendInVain(kind) => pair.send_in_vain(kind),
                Step::Answer(kind) => pair.answer(ANSWERS[kind]),
                Step::Between(kind) => pair.between(kind),
                Step::Arrive(octets) => pair.arrive(octets),
            }
            prop_assert!(pair.client.in_flight() >= pair.sent - pair.answered);
        }
        pair.end(ending);
        prop_assert!(pair.expected.is_empty(), "lost: {:?}", pair.expected);
        let all: Vec<u64> = (0..pair.sent).collect();
        prop_assert_eq!(&pair.reported, &all, "in order, each once");
    }
}
