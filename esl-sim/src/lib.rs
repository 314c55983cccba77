//! FreeSWITCH's event socket without FreeSWITCH: a simulated switch as one value.
//!
//! A [`Sim`] holds calls that exist in events only, applications, API commands, background jobs, the log and the heartbeat,
//! and the connections of its event socket; each is served by the listener of [`esl_proto::server`]. It has no sockets,
//! no threads and no clock. The host gives it octets that clients send ([`Sim::input`]), takes those that they get
//! ([`Sim::output`]), and says how much time has passed ([`Sim::advance`]). The same calls with the same [`Config`] give the
//! same octets, uuids and times among them.
//!
//! ```
//! use std::time::Duration;
//!
//! use esl_sim::{Config, Sim};
//!
//! let mut sim = Sim::new(Config::default());
//! let client = sim.connect();
//! sim.input(client, b"auth ClueCon\n\napi originate user/1000 &park\n\n");
//! // Nothing takes time unless the host lets it pass: the other side rings for a moment.
//! sim.advance(Duration::from_secs(1));
//! let octets = sim.take_output(client);
//! assert!(octets.starts_with(b"Content-Type: auth/request\n\n"));
//! assert!(String::from_utf8_lossy(&octets).contains("\n\n+OK "));
//! ```
//!
//! The program `esl-switch` (with the feature `program`) is a shell around it, on TCP.

mod answers;
mod api;
mod apps;
mod bridge;
mod call;
mod config;
mod connection;
mod event;
mod headers;
mod hook;
mod listener;
mod load;
mod slot;
mod switch;
mod task;
mod time;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use config::{Config, Program, Registration, User};
pub use connection::{ConnectionId, Faults};
use esl_proto::name::HangupCause;
use esl_proto::server::Goodbye;
pub use hook::{Hook, HookId, HookRequest, Request};

use crate::call::known_cause;
use crate::connection::Connection;
use crate::listener::Session;
use crate::switch::Switch;
use crate::task::Executor;

/// A simulated switch.
///
/// A host calls its methods in any order. After any of them, [`next_active`](Self::next_active) names the connections that
/// have octets to be taken or have ended, [`next_request`](Self::next_request) says what the host is to do, and
/// [`next_deadline`](Self::next_deadline) when time must go on.
pub struct Sim {
    executor: Executor,
    switch: Arc<Switch>,
    connections: BTreeMap<ConnectionId, Arc<Connection>>,
}

impl Sim {
    /// A switch that has just started.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let executor = Executor::default();
        let switch = Switch::new(config, Arc::clone(&executor.queues));
        let mut sim = Self { executor, switch, connections: BTreeMap::new() };
        switch::begin(&sim.switch);
        sim.executor.run();
        sim
    }

    /// How much time has passed since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.switch.clock.now()
    }

    /// When something happens by itself, counted from the start.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.switch.clock.next_deadline()
    }

    /// Lets time go on, to so much since the start. What was due before happens in its order and at its own time. Time that
    /// has passed stays so.
    pub fn advance(&mut self, now: Duration) {
        while let Some(deadline) = self.next_deadline().filter(|deadline| *deadline <= now) {
            self.switch.clock.set(deadline);
            self.run();
        }
        self.switch.clock.set(now);
    }

    /// A client connects.
    pub fn connect(&mut self) -> ConnectionId {
        let connection = Connection::inbound(&self.switch);
        self.serve(connection, false)
    }

    /// A client connects whose address is not allowed: it is told so, and the connection ends.
    pub fn connect_denied(&mut self) -> ConnectionId {
        let connection = Connection::inbound(&self.switch);
        self.serve(connection, true)
    }

    fn serve(&mut self, connection: Arc<Connection>, denied: bool) -> ConnectionId {
        let id = connection.id;
        self.connections.insert(id, Arc::clone(&connection));
        let session = Session::new(&self.switch, &connection);
        match denied {
            true => drop(self.switch.queues.spawn(session.reject())),
            false => drop(self.switch.queues.spawn(session.run())),
        }
        self.run();
        id
    }

    /// The program of [`Request::Connect`] has been connected to.
    pub fn connected(&mut self, connection: ConnectionId) {
        self.switch.dialled(connection, Ok(()));
        self.run();
    }

    /// The program of [`Request::Connect`] cannot be connected to, and why.
    pub fn refused(&mut self, connection: ConnectionId, reason: &str) {
        self.switch.dialled(connection, Err(reason.into()));
        self.run();
    }

    /// Octets that a client has sent. What comes after the connection's end is dropped.
    pub fn input(&mut self, connection: ConnectionId, octets: &[u8]) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.receive(octets);
            self.run();
        }
    }

    /// A client has closed its side.
    pub fn eof(&mut self, connection: ConnectionId) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.receive_end();
            self.run();
        }
    }

    /// A connection is gone in both directions.
    pub fn drop_connection(&mut self, connection: ConnectionId) {
        if let Some(connection) = self.connections.remove(&connection) {
            connection.lose();
            self.run();
        }
    }

    /// Takes octets that a client gets, as many as there is room for, and says how many.
    pub fn output(&mut self, connection: ConnectionId, out: &mut [u8]) -> usize {
        let Some(connection) = self.connections.get(&connection) else { return 0 };
        let count = connection.send(out);
        if count > 0 {
            self.run();
        }
        count
    }

    /// Takes all octets that a client gets.
    pub fn take_output(&mut self, connection: ConnectionId) -> Vec<u8> {
        let mut all = Vec::new();
        let mut chunk = vec![0; 65_536];
        loop {
            match self.output(connection, &mut chunk) {
                0 => return all,
                count => all.extend_from_slice(&chunk[..count]),
            }
        }
    }

    /// Whether the switch has closed its side, and all that it has written was taken.
    #[must_use]
    pub fn is_closed(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_none_or(|connection| connection.is_closed())
    }

    /// The next connection that has octets to be taken, or has ended, since it was last named here.
    pub fn next_active(&mut self) -> Option<ConnectionId> {
        self.switch.active.lock().pop_first()
    }

    /// The next thing that the host is to do.
    pub fn next_request(&mut self) -> Option<Request> {
        self.switch.requests.lock().pop_front()
    }

    /// Answers a hook. An answer to one that has been answered, or whose call has ended, says nothing.
    pub fn answer(&mut self, hook: HookId, answer: impl Into<Vec<u8>>) {
        let found = {
            let mut pending = self.switch.hooks.lock();
            let place = pending.iter().position(|pending| pending.id == hook);
            place.map(|place| pending.remove(place))
        };
        if let Some(pending) = found {
            pending.answer(answer.into());
            self.run();
        }
    }

    /// How the octets of a connection travel from now on.
    pub fn set_faults(&mut self, connection: ConnectionId, faults: Faults) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.faults.set(faults);
        }
    }

    /// Ends a connection with a notice.
    pub fn disconnect(&mut self, connection: ConnectionId, goodbye: Goodbye) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.kill(goodbye);
            self.run();
        }
    }

    /// Ends all connections with the notice of a server that ends.
    pub fn shut_down(&mut self) {
        self.switch.say_goodbye();
        self.run();
    }

    /// Makes an event happen: what every event says, then these headers, then a body.
    pub fn fire(&mut self, name: &str, headers: &[(&str, &str)], body: Option<&[u8]>) {
        let mut event = self.switch.event(name, ("esl_sim", "fire", 1));
        for (name, value) in headers {
            event.add_value(name, event::Value::of(value.as_bytes()));
        }
        event.body = body.map(Vec::from);
        self.switch.fire(event);
        self.run();
    }

    /// Runs an API command that nobody waits for, as `bgapi` does.
    pub fn api(&mut self, command: &str, argument: &str) {
        let job = self.switch.uuid();
        api::begin(&self.switch, command, Some(argument.into()), &job, None);
        self.run();
    }

    /// Makes a call that connects to a program, and returns its uuid. Nothing if there are too many calls.
    pub fn call_program(&mut self, program: &Program) -> Option<String> {
        let uuid = api::originate::outbound(&self.switch, program)?;
        self.run();
        Some(uuid)
    }

    /// The uuids of the calls that have not ended.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.switch.calls().iter().map(|call| call.uuid.clone()).collect()
    }

    /// Ends a call, if there is one of this uuid. A cause that FreeSWITCH does not know is taken for NORMAL_CLEARING.
    pub fn hang_up(&mut self, uuid: &str, cause: HangupCause<'_>) {
        if let Some(call) = self.switch.call(uuid) {
            call.hangup(known_cause(Some(cause)));
            self.run();
        }
    }

    fn run(&mut self) {
        self.executor.run();
        for connection in self.switch.opened.take() {
            self.connections.insert(connection.id, connection);
        }
    }
}
