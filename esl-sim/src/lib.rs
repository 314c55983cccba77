//! FreeSWITCH's event socket without FreeSWITCH: a simulated switch as one value.
//!
//! A [`Sim`] holds calls that exist only as events, applications, API commands, background jobs, the log and the
//! heartbeat, and the connections of its event socket; each is served by the listener of [`esl_proto::server`]. It has
//! no sockets, no threads and no clock. The host passes it the bytes from clients ([`Sim::input`]), takes the bytes for
//! them ([`Sim::output`]), and advances the time ([`Sim::advance`]). The same calls with the same [`Config`] give the
//! same bytes, including uuids and times.
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
//! let bytes = sim.take_output(client);
//! assert!(bytes.starts_with(b"Content-Type: auth/request\n\n"));
//! assert!(String::from_utf8_lossy(&bytes).contains("\n\n+OK "));
//! ```
//!
//! The program `esl-switch` (with the feature `program`) is a shell around it, on TCP.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

// From the lowest: each knows those before it, and no other.
mod base;
mod channel;
mod config;
mod hook;
mod modules;
mod switch;
mod traffic;

use std::sync::Arc;
use std::time::Duration;

pub use base::wire::{ConnectionId, Faults, Received};
pub use channel::Channel;
pub use config::{Config, Incoming, Program, Registration, User};
use esl_proto::name::{HangupCause, LogLevel};
use esl_proto::server::{Closed, Goodbye};
pub use hook::{Hook, HookId, HookRequest, Request};

use crate::base::event::Event;
use crate::base::table::Table;
use crate::base::task::Executor;
use crate::modules::{INTERFACES, api, listener::Session};
use crate::switch::{Connection, LogLine, Switch, Task, known_cause};

/// A simulated switch.
///
/// A host calls its methods in any order. After any of them, [`next_active`](Self::next_active) names the connections
/// that have bytes to be taken or have ended, [`next_request`](Self::next_request) returns what the host must do, and
/// [`next_deadline`](Self::next_deadline) when time must advance.
pub struct Sim {
    executor: Executor,
    switch: Arc<Switch>,
    connections: Table<ConnectionId, Arc<Connection>>,
}

impl Sim {
    /// A switch that has just started.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let executor = Executor::default();
        let switch = Switch::new(config, Arc::clone(&executor.queues), INTERFACES);
        let mut sim = Self { executor, switch, connections: Table::default() };
        let beating = Arc::clone(&sim.switch);
        sim.switch.queues.spawn(async move { beating.beat().await });
        traffic::begin(&sim.switch);
        sim.executor.run();
        sim
    }

    /// The current configuration.
    #[must_use]
    pub fn config(&self) -> Arc<Config> {
        self.switch.config()
    }

    /// Changes the configuration, for everything that begins from then on.
    pub fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        self.switch.configure(change);
    }

    /// How much time has passed since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.switch.clock.now()
    }

    /// When something will happen without input, counted from the start.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.switch.clock.next_deadline()
    }

    /// Advances the time to this much since the start. Everything due happens in order and at its own time. Time never
    /// goes backwards.
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

    /// A client connects whose address is not allowed: it gets a rejection, and the connection ends.
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

    /// How many bytes should be read from a client now: if the host reads no more, the client has to wait, as with a
    /// socket. [`input`](Self::input) keeps everything it is given. The connection is [active](Self::next_active) when
    /// there is more room.
    #[must_use]
    pub fn room(&self, connection: ConnectionId) -> usize {
        self.connections.get(&connection).map_or(usize::MAX, |connection| connection.room())
    }

    /// Takes bytes from a client. Bytes after the connection's end are dropped.
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

    /// Takes bytes that a client gets, as many as there is room for, and says how many.
    pub fn output(&mut self, connection: ConnectionId, out: &mut [u8]) -> usize {
        let Some(connection) = self.connections.get(&connection) else { return 0 };
        let count = connection.send(out);
        if count > 0 {
            self.run();
        }
        count
    }

    /// Takes all bytes that a client gets.
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

    /// Why the listener has ended the connection, if it has. The last bytes may still have to be taken.
    #[must_use]
    pub fn end(&self, connection: ConnectionId) -> Option<Closed> {
        self.connections.get(&connection)?.end()
    }

    /// How many events wait for a client, in addition to the bytes that were written for it.
    #[must_use]
    pub fn waiting_events(&self, connection: ConnectionId) -> u32 {
        self.connections.get(&connection).map_or(0, |connection| connection.server.lock().waiting_events())
    }

    /// The channel that a connection controls.
    #[must_use]
    pub fn controlled(&self, connection: ConnectionId) -> Option<Channel> {
        self.connections.get(&connection)?.controlled().map(Channel)
    }

    /// The next connection that has bytes to be taken, or has ended, since it was last named here.
    pub fn next_active(&mut self) -> Option<ConnectionId> {
        self.switch.active.lock().pop_first().map(|(id, ())| id)
    }

    /// The next thing that the host must do.
    pub fn next_request(&mut self) -> Option<Request> {
        self.switch.requests.lock().pop_front()
    }

    /// The next command that a client has sent, with [`Config::record`]. It has been carried out, as far as it could be at
    /// once.
    pub fn next_received(&mut self) -> Option<Received> {
        self.switch.received.lock().pop_front()
    }

    /// Answers a hook. An answer to one that has been answered, or whose call has ended, says nothing.
    pub fn answer(&mut self, hook: HookId, answer: impl Into<Vec<u8>>) {
        self.answer_or_not(hook, Some(answer.into()));
    }

    /// Leaves a hook to the simulation, which does what it does without.
    pub fn decline(&mut self, hook: HookId) {
        self.answer_or_not(hook, None);
    }

    fn answer_or_not(&mut self, hook: HookId, answer: Option<Vec<u8>>) {
        let found = {
            let mut pending = self.switch.hooks.lock();
            let place = pending.iter().position(|pending| pending.id == hook);
            place.map(|place| pending.remove(place))
        };
        if let Some(pending) = found {
            pending.answer(answer);
            self.run();
        }
    }

    /// How the bytes of a connection travel from now on.
    pub fn set_faults(&mut self, connection: ConnectionId, faults: Faults) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.set_faults(faults);
            self.run();
        }
    }

    /// How many bytes a client has taken so far: what [`Faults::lost_at`] is counted by.
    #[must_use]
    pub fn taken(&self, connection: ConnectionId) -> u64 {
        self.connections.get(&connection).map_or(0, |connection| connection.taken())
    }

    /// Sends arbitrary bytes to a client, after those that were written for it.
    pub fn inject(&mut self, connection: ConnectionId, octets: &[u8]) {
        if let Some(connection) = self.connections.get(&connection) {
            connection.inject(octets);
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

    /// Makes an event happen: what every event says, then these headers, then a body. Says how many connections get it.
    /// `ARRAY::a|:b` is an array.
    pub fn fire(&mut self, name: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> usize {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        self.fire_on(None, name, &headers, body)
    }

    /// The same after what every event of a channel says, if there is one.
    pub fn fire_on(
        &mut self,
        channel: Option<&Channel>,
        name: &str,
        headers: &[(&[u8], &[u8])],
        body: Option<&[u8]>,
    ) -> usize {
        let (mut event, mut more) = (Event::default(), Event::of(headers));
        // As a server does.
        if let Some(subclass) = more.take("Event-Subclass") {
            event.add_value("Event-Subclass", subclass);
        }
        self.switch.stamp(&mut event, name, ("esl_sim", "fire", 1));
        if let Some(channel) = channel {
            channel.0.describe(name, &mut event);
        }
        event.append(more);
        self.fire_with(event, body)
    }

    /// Makes an event happen that says this, and nothing else.
    pub fn fire_bare(&mut self, headers: &[(&[u8], &[u8])], body: Option<&[u8]>) -> usize {
        self.fire_with(Event::of(headers), body)
    }

    fn fire_with(&mut self, mut event: Event, body: Option<&[u8]>) -> usize {
        event.body = body.map(Vec::from);
        let count = self.switch.fire(event);
        self.run();
        count
    }

    /// Writes a log line, with its source (file, function and line) and optionally a channel's uuid. Returns how many
    /// connections get it.
    pub fn log(&mut self, level: LogLevel, text: &str, (file, function, line): (&str, &str, u32), uuid: &str) -> usize {
        let source = (file.into(), function.into(), line);
        let count = self.switch.log_line(LogLine { level, source, uuid: uuid.into(), text: text.into() });
        self.run();
        count
    }

    /// Runs an API command without waiting for it, as `bgapi` does.
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

    /// Begins an incoming call. Nothing if there are too many calls.
    pub fn begin_call(&mut self, call: Incoming) -> Option<Channel> {
        let channel = channel::begin(&self.switch, call)?;
        self.run();
        Some(channel)
    }

    /// How many background jobs have not ended.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.switch.jobs.get()
    }

    /// The uuids of the calls that have not ended.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.switch.calls().iter().map(|call| call.uuid.clone()).collect()
    }

    /// The channels that there are. One that is hung up is still there until all of its events have happened.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        self.switch.calls().into_iter().map(Channel).collect()
    }

    /// How many calls there have been.
    #[must_use]
    pub fn calls_so_far(&self) -> usize {
        self.switch.sessions.get()
    }

    /// A channel's other side rings, if it has not.
    pub fn ring(&mut self, channel: &Channel) {
        channel.0.ring();
        self.run();
    }

    /// A channel is answered, if it is not.
    pub fn answer_call(&mut self, channel: &Channel) {
        channel.0.answer();
        self.run();
    }

    /// Keys are pressed on a channel.
    pub fn press(&mut self, channel: &Channel, keys: &str) {
        keys.chars().for_each(|key| channel.0.press(key));
        self.run();
    }

    /// Orders an application, as `sendmsg` does: it is executed after those before it. False if too many wait.
    pub fn execute(&mut self, channel: &Channel, app: &str, arg: &str, loops: i32, event_uuid: Option<&str>) -> bool {
        let task = Task { loops, event_uuid: event_uuid.map(str::to_owned), ..Task::new(app, arg) };
        let is_ordered = channel.0.order(task);
        self.run();
        is_ordered
    }

    /// The channel of this uuid. One that is hung up is not found any more.
    #[must_use]
    pub fn channel(&self, uuid: &str) -> Option<Channel> {
        self.switch.call(uuid).map(Channel)
    }

    /// Ends a call, if it has not ended. A cause that FreeSWITCH does not know is taken for NORMAL_CLEARING.
    pub fn hang_up(&mut self, channel: &Channel, cause: HangupCause<'_>) {
        channel.0.hangup(known_cause(Some(cause)));
        self.run();
    }

    /// Does what there is to do before time goes on.
    fn run(&mut self) {
        self.executor.run();
        for connection in self.switch.opened.take() {
            self.connections.insert(connection.id, connection);
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.switch.forget();
    }
}
