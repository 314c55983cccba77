//! The switch: its calls, its connections, and what both share.
//!
//! The values are here, what they do is in the modules, from the lowest: a connection, what all share, the dialplan, a call,
//! the two legs of a loopback, and the life of a call. What applications and API commands do is above: the core has it by its [`Interfaces`], as
//! FreeSWITCH's core has its modules.

mod bus;
pub(crate) mod call;
mod connection;
pub(crate) mod dialplan;
pub(crate) mod expand;
pub(crate) mod headers;
pub(crate) mod life;
mod loopback;

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};
use esl_proto::server::{EventCoding, Goodbye, Server};
use regex_lite::Regex;

use crate::base::event::{Event, Value};
use crate::base::slot::Slot;
use crate::base::table::Table;
use crate::base::task::{LatchGuard, Notify, Queues};
use crate::base::time::Clock;
use crate::base::wire::{ConnectionId, Faults, Received, Wire};
use crate::config::Config;
use crate::hook::{Pending, Request};

pub(crate) const HOSTNAME: &str = "simulated";
pub(crate) const VERSION: &str = "1.11.3";
/// How many calls there may be at a time.
pub(crate) const MAX_SESSIONS: usize = 2000;
/// How many background jobs there may be at a time.
pub(crate) const MAX_JOBS: usize = 10_000;

/// What comes of something that takes its time.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type Api = for<'a> fn(&'a Arc<Switch>, &'a str, &'a str) -> Later<'a, Option<Vec<u8>>>;

/// What modules offer.
#[derive(Clone, Copy)]
pub(crate) struct Interfaces {
    /// Whether there is an application of this name.
    pub(crate) has_application: fn(&Switch, &str) -> bool,
    /// Executes an application that there is, with its argument, and says what came of it.
    pub(crate) application: for<'a> fn(&'a Arc<Call>, &'a str, &'a str) -> Later<'a, String>,
    /// Runs an API command with its argument, and says what it puts out; [`None`] if there is no such command.
    pub(crate) api: Api,
}

/// An event that has happened, and its frames: each is written once, for all connections.
pub(crate) struct Fired {
    event: Event,
    frames: Slot<Vec<(EventCoding, Frame)>>,
}

/// [`None`] if it cannot be written.
type Frame = Option<Arc<[u8]>>;

/// A line of the log.
pub(crate) struct LogLine {
    pub(crate) level: LogLevel,
    pub(crate) source: (String, String, u32),
    pub(crate) uuid: String,
    pub(crate) text: String,
}

pub(crate) struct Switch {
    config: Slot<Arc<Config>>,
    pub(crate) interfaces: Interfaces,
    pub(crate) queues: Arc<Queues>,
    pub(crate) clock: Arc<Clock>,
    random: Slot<u64>,
    pub(crate) uuid: String,
    connections: Slot<Vec<Weak<Connection>>>,
    calls: Slot<Vec<Arc<Call>>>,
    pub(crate) conferences: Slot<Vec<Arc<Conference>>>,
    pub(crate) last_member: Slot<u32>,
    pub(crate) globals: Slot<Table<String, Vec<u8>>>,
    sequence: Slot<u64>,
    /// Background jobs that have not ended.
    pub(crate) jobs: Slot<usize>,
    /// Calls so far, and the most at a time.
    pub(crate) sessions: Slot<usize>,
    pub(crate) peak: Slot<usize>,
    last_connection: Slot<u64>,
    last_hook: Slot<u64>,
    /// What clients have sent, for the host.
    pub(crate) received: Slot<VecDeque<Received>>,
    /// The hooks that wait for their answers.
    pub(crate) hooks: Slot<Vec<Pending>>,
    /// What the host is to do.
    pub(crate) requests: Slot<VecDeque<Request>>,
    /// What became of the connections to programs that were asked for.
    dialled: Slot<Table<ConnectionId, Result<(), String>>>,
    pub(crate) dial_changed: Notify,
    /// Connections that have bytes to be taken, or have ended.
    pub(crate) active: Slot<Table<ConnectionId, ()>>,
    /// Connections to programs that have begun: for the host's side.
    pub(crate) opened: Slot<Vec<Arc<Connection>>>,
}

pub(crate) struct Conference {
    pub(crate) name: String,
    pub(crate) profile: String,
    pub(crate) uuid: String,
    pub(crate) began: Duration,
    /// Those who take part, the last one first, and whose turn it is.
    pub(crate) members: Slot<Vec<Arc<Member>>>,
    pub(crate) floor: Slot<Option<u32>>,
    pub(crate) is_locked: Slot<bool>,
    pub(crate) enter_sound: Slot<bool>,
    pub(crate) exit_sound: Slot<bool>,
    pub(crate) max_members: Slot<usize>,
    pub(crate) recordings: Slot<Vec<String>>,
    /// Who does not hear, or speak to, whom.
    pub(crate) relations: Slot<Table<(u32, u32), ()>>,
}

/// A call in a conference.
pub(crate) struct Member {
    pub(crate) id: u32,
    pub(crate) call: Arc<Call>,
    pub(crate) joined: Duration,
    pub(crate) hears: Slot<bool>,
    pub(crate) speaks: Slot<bool>,
    pub(crate) is_held: Slot<bool>,
    pub(crate) energy: Slot<i32>,
    pub(crate) volume_in: Slot<i32>,
    pub(crate) volume_out: Slot<i32>,
    /// It is to leave, and to end.
    pub(crate) kick: Slot<Option<LatchGuard>>,
    pub(crate) ends: Slot<bool>,
}

/// An application to execute on a channel.
pub(crate) struct Task {
    pub(crate) app: String,
    pub(crate) arg: String,
    /// How often, at most; below 0 for ever.
    pub(crate) loops: i32,
    /// What comes back as Application-UUID and Application-UUID-Name.
    pub(crate) event_uuid: Option<String>,
    pub(crate) event_uuid_name: Option<String>,
    /// Told when it is over.
    pub(crate) done: Option<LatchGuard>,
}

impl Task {
    pub(crate) fn new(app: &str, arg: &str) -> Self {
        Self { app: app.into(), arg: arg.into(), loops: 1, event_uuid: None, event_uuid_name: None, done: None }
    }
}

/// What a call goes on with, in place of what it does.
pub(crate) enum Next {
    /// The applications of an extension.
    Steps(Vec<Task>),
    Park,
    /// Nothing: FreeSWITCH forgets it.
    Stand,
    /// A bridge with another call, whose events are told of the first of the two.
    Join(Arc<Call>, bool),
}

/// What a new call begins with.
#[derive(Clone, Default)]
pub(crate) struct Setup {
    pub(crate) name: String,
    pub(crate) destination: String,
    pub(crate) caller_name: String,
    pub(crate) caller_number: String,
    pub(crate) variables: Vec<(String, Vec<u8>)>,
    /// Whether it comes in.
    pub(crate) is_incoming: bool,
    /// Of a loopback: the extension that its other leg comes to, as its endpoint has it.
    pub(crate) loopback: Option<String>,
    /// How long it rings, if not as the configuration has it, and why nobody answers then.
    pub(crate) rings: Option<Duration>,
    /// How long the caller waits.
    pub(crate) patience: Option<Duration>,
    pub(crate) refusal: Option<HangupCause<'static>>,
    /// Why there is no channel at all.
    pub(crate) error: Option<HangupCause<'static>>,
}

impl Setup {
    /// A call to an endpoint, such as `user/1000`. `error/USER_BUSY` and the like do not answer.
    pub(crate) fn to(endpoint: &str) -> Self {
        let loopback = endpoint.strip_prefix("loopback/");
        let destination = match loopback {
            // `<extension>/<context>/<dialplan>`, or `app=<application>:<argument>`.
            Some(extension) => match extension.strip_prefix("app=") {
                Some(application) => application.split(':').next(),
                None => extension.split('/').next(),
            },
            None => endpoint.split('/').next_back(),
        };
        let destination = destination.unwrap_or_default();
        let name = if loopback.is_some() { &format!("loopback/{destination}-a") } else { endpoint };
        let error = endpoint.strip_prefix("error/").map(|cause| HangupCause::from_bytes(cause.as_bytes()));
        Self {
            name: name.into(),
            destination: destination.into(),
            loopback: loopback.map(str::to_owned),
            error: error.map(|cause| known_cause(Some(cause))),
            rings: endpoint.starts_with("null/").then_some(Duration::ZERO),
            ..Self::default()
        }
    }
}

/// A cause of FreeSWITCH's, or the one that it takes for all others.
pub(crate) fn known_cause(cause: Option<HangupCause<'_>>) -> HangupCause<'static> {
    let known = HangupCause::KNOWN.iter().find(|known| Some(**known) == cause);
    known.copied().unwrap_or(HangupCause::NormalClearing)
}

pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    switch: Weak<Switch>,
    wire: Slot<Wire>,
    pub(crate) faults: Slot<Faults>,
    /// The client has taken bytes.
    drained: Notify,
    pub(crate) server: Slot<Server<Box<[u8]>>>,
    pub(crate) events: Slot<Backlog<Fired>>,
    pub(crate) log: Slot<Backlog<LogLine>>,
    /// How many bytes may wait in each of them.
    most: usize,
    /// There is something to do.
    pub(crate) wake: Notify,
    pub(crate) killed: Slot<Option<Goodbye>>,
    is_async: bool,
    /// Whether the program has said `connect`.
    pub(crate) has_connected: Slot<bool>,
    pub(crate) connected: Notify,
    expressions: Slot<HashMap<Vec<u8>, Option<Regex>>>,
    /// The controlled channel, and its name when it has ended.
    call: Slot<Option<Weak<Call>>>,
    pub(crate) gone: Slot<Option<String>>,
}

/// What waits for a client, in its order.
pub(crate) struct Backlog<T> {
    items: VecDeque<(Arc<T>, usize)>,
    octets: usize,
}

impl<T> Backlog<T> {
    const fn new() -> Self {
        Self { items: VecDeque::new(), octets: 0 }
    }

    /// Adds something of so many bytes, and says how many there are then.
    fn push(&mut self, item: &Arc<T>, octets: usize) -> usize {
        self.items.push_back((Arc::clone(item), octets));
        self.octets += octets;
        self.octets
    }

    pub(crate) fn first(&self) -> Option<Arc<T>> {
        self.items.front().map(|(item, _)| Arc::clone(item))
    }

    pub(crate) fn drop_first(&mut self) {
        if let Some((_, octets)) = self.items.pop_front() {
            self.octets -= octets;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

pub(crate) struct Call {
    pub(crate) uuid: String,
    pub(crate) switch: Arc<Switch>,
    pub(crate) setup: Setup,
    pub(crate) number: usize,
    pub(crate) created: Duration,
    /// When it rang, had early media, was answered, was connected to the other leg, was hung up.
    pub(crate) rang: Slot<Option<Duration>>,
    pub(crate) early: Slot<Option<Duration>>,
    pub(crate) answered: Slot<Option<Duration>>,
    pub(crate) bridged: Slot<Option<Duration>>,
    pub(crate) ended: Slot<Option<Duration>>,
    pub(crate) state: Slot<(&'static str, u8)>,
    pub(crate) call_state: Slot<(&'static str, u8)>,
    /// The strong one keeps what events say of it, until the last of this one's.
    other_leg: Slot<Option<(Weak<Self>, &'static str)>>,
    other_leg_held: Slot<Option<Arc<Self>>>,
    /// Whether it is connected to the other leg now.
    pub(crate) is_in_bridge: Slot<bool>,
    /// The other leg of a loopback.
    loopback: Slot<Option<Weak<Self>>>,
    pub(crate) variables: Slot<Vec<(String, Value)>>,
    /// The application that runs, and its argument.
    pub(crate) application: Slot<(String, String)>,
    tasks: Slot<VecDeque<Task>>,
    cause: Slot<Option<HangupCause<'static>>>,
    digits: Slot<String>,
    /// Something of the above has changed.
    changed: Notify,
    /// A program has let go of it: it is parked no longer.
    pub(crate) is_released: Slot<bool>,
    /// It stands still already, and cannot be parked once more.
    pub(crate) is_parked: Slot<bool>,
    /// What is played is to end.
    broken: Notify,
    /// What the call does next.
    next: Slot<Option<Next>>,
    /// From where it was transferred, and when, each time.
    pub(crate) transfers: Slot<Vec<String>>,
    /// Whether it is on its way from one extension to another.
    pub(crate) is_redirected: Slot<bool>,
    /// Whether a call that was made has come into the dialplan.
    pub(crate) is_in_dialplan: Slot<bool>,
    /// The applications that were executed, for the host.
    pub(crate) executed: Slot<Vec<(String, String)>>,
    controllers: Slot<Vec<Weak<Connection>>>,
    divert: Slot<Option<Weak<Connection>>>,
}
