//! A switch in this process, and clients of it. Where a client waits, time goes on: nothing here sleeps.

#[path = "../common/heard.rs"]
mod heard;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use esl_proto::frame::Step;
use esl_proto::{Decoder, Limits, Message, RecvBuf};
use esl_sim::{Config, ConnectionId, Faults, HookRequest, Program, Request, Sim};

use heard::heard;
pub(crate) use heard::{Heard, Kind};

/// How much time may pass while a client waits.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Clone)]
pub(crate) struct Switch {
    pub(crate) sim: Rc<RefCell<Sim>>,
}

impl Switch {
    pub(crate) fn start(config: Config) -> Self {
        Self { sim: Rc::new(RefCell::new(Sim::new(config))) }
    }

    /// A client that has connected, and heard nothing yet.
    pub(crate) fn connect(&self) -> Client {
        let id = self.sim.borrow_mut().connect();
        self.on(id)
    }

    /// A client of this connection.
    pub(crate) fn on(&self, id: ConnectionId) -> Client {
        let (decoder, buffer) = (Decoder::new(Limits::DEFAULT), RecvBuf::new(vec![0; 1 << 20]));
        Client { switch: self.clone(), id, decoder, buffer, events: Default::default() }
    }

    /// A client that has seen the greeting.
    pub(crate) fn stranger(&self) -> Client {
        let mut client = self.connect();
        assert_eq!(client.next().unwrap().text, "Content-Type: auth/request\n\n");
        client
    }

    pub(crate) fn client(&self) -> Client {
        let mut client = self.stranger();
        assert_eq!(client.reply("auth ClueCon"), "+OK accepted");
        client
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        let mut sim = self.sim.borrow_mut();
        let now = sim.now() + time;
        sim.advance(now);
    }

    /// Goes on to what happens next; false if nothing does before `end`.
    fn go_on(&self, end: Duration) -> bool {
        let mut sim = self.sim.borrow_mut();
        match sim.next_deadline().filter(|deadline| *deadline <= end) {
            Some(deadline) => {
                sim.advance(deadline);
                true
            }
            None => false,
        }
    }

    /// What the switch asks of its host next.
    pub(crate) fn request(&self) -> Option<Request> {
        let end = self.sim.borrow().now() + PATIENCE;
        loop {
            let request = self.sim.borrow_mut().next_request();
            if request.is_some() || !self.go_on(end) {
                return request;
            }
        }
    }

    pub(crate) fn hook(&self) -> HookRequest {
        match self.request() {
            Some(Request::Hook(hook)) => hook,
            other => panic!("{other:?}"),
        }
    }

    /// The program that a call connects to: its address and its side of the connection.
    pub(crate) fn program(&self) -> (String, Client) {
        match self.request() {
            Some(Request::Connect { connection, address, .. }) => {
                self.sim.borrow_mut().connected(connection);
                (address, self.on(connection))
            }
            other => panic!("{other:?}"),
        }
    }

    /// A call that has connected to its program.
    pub(crate) fn called(&self, argument: &str) -> Client {
        let program = Program::parse(argument).unwrap();
        self.sim.borrow_mut().call_program(&program).unwrap();
        self.program().1
    }

    /// Whether all calls end.
    pub(crate) fn is_over(&self) -> bool {
        self.pass(Duration::from_secs(10));
        self.sim.borrow().calls().is_empty()
    }
}

impl Heard {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Client {
    pub(crate) switch: Switch,
    pub(crate) id: ConnectionId,
    decoder: Decoder,
    buffer: RecvBuf<Vec<u8>>,
    /// Events that have come before a reply.
    pub(crate) events: std::collections::VecDeque<Heard>,
}

impl Client {
    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.switch.sim.borrow_mut().input(self.id, octets.as_ref());
    }

    /// Closes its side.
    pub(crate) fn close(&mut self) {
        self.switch.sim.borrow_mut().eof(self.id);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.switch.sim.borrow().is_closed(self.id)
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.switch.sim.borrow_mut().set_faults(self.id, faults);
    }

    /// All octets that have come by now.
    pub(crate) fn octets(&self) -> Vec<u8> {
        self.switch.sim.borrow_mut().take_output(self.id)
    }

    /// The next frame; [`None`] at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Heard> {
        let end = self.switch.sim.borrow().now() + PATIENCE;
        loop {
            let step = self.decoder.decode(self.buffer.filled()).unwrap();
            let consumed = step.consumed();
            if let Step::Frame { frame, .. } = step {
                let text = String::from_utf8_lossy(&self.buffer.filled()[..consumed]).into_owned();
                let heard = heard(Message::from(frame), text);
                self.buffer.consume(consumed);
                return Some(heard);
            }
            self.buffer.consume(consumed);
            let count = self.switch.sim.borrow_mut().output(self.id, self.buffer.spare_mut());
            self.buffer.commit(count);
            if count > 0 {
                continue;
            }
            if self.is_closed() {
                assert!(self.buffer.filled().is_empty(), "the stream ends in the middle of a frame");
                return None;
            }
            assert!(self.switch.go_on(end), "nothing comes in time");
        }
    }

    /// Sends a command and says what the reply to it says.
    pub(crate) fn reply(&mut self, command: &str) -> String {
        self.say(format!("{command}\n\n"));
        self.answer(Kind::Reply)
    }

    pub(crate) fn api(&mut self, command: &str) -> String {
        self.say(format!("api {command}\n\n"));
        self.answer(Kind::Api)
    }

    pub(crate) fn answer(&mut self, kind: Kind) -> String {
        loop {
            let heard = self.next().expect("an answer");
            match heard.kind {
                Kind::Event | Kind::Log => self.events.push_back(heard),
                other => {
                    assert_eq!(other, kind, "{}", heard.text);
                    return heard.said;
                }
            }
        }
    }

    /// The next event of this name; those before it are forgotten.
    pub(crate) fn event(&mut self, name: &str) -> Heard {
        loop {
            let heard = self.events.pop_front().or_else(|| self.next()).expect("an event");
            if heard.event.as_deref() == Some(name) {
                return heard;
            }
        }
    }
}
