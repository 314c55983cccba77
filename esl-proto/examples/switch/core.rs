//! What all connections and calls share: the switch.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use esl_proto::name::LogLevel;
use esl_proto::server::Goodbye;
use tokio::sync::Notify;

use crate::calls::Call;
use crate::connection::Connection;
use crate::event::{Event, Source, date, mail_date, now, uuid};
use crate::options::Options;

pub(crate) const HOSTNAME: &str = "simulated";
pub(crate) const VERSION: &str = "1.11.3";
/// How many calls there may be at a time.
pub(crate) const MAX_SESSIONS: usize = 2000;
/// How many background jobs there may be at a time.
pub(crate) const MAX_JOBS: usize = 10_000;

/// A line of the log.
pub(crate) struct LogLine {
    pub(crate) level: LogLevel,
    pub(crate) source: Source,
    pub(crate) uuid: String,
    pub(crate) text: String,
}

pub(crate) struct Switch {
    pub(crate) options: Options,
    pub(crate) uuid: String,
    pub(crate) started: Instant,
    connections: RefCell<Vec<Weak<Connection>>>,
    calls: RefCell<Vec<Rc<Call>>>,
    pub(crate) globals: RefCell<BTreeMap<String, Vec<u8>>>,
    sequence: Cell<u64>,
    /// Background jobs that have not ended.
    pub(crate) jobs: Cell<usize>,
    /// Calls so far, and the most at a time.
    pub(crate) sessions: Cell<usize>,
    pub(crate) peak: Cell<usize>,
    /// Told when the switch shuts down.
    pub(crate) shutdown: Notify,
}

impl Switch {
    pub(crate) fn new(options: Options) -> Rc<Self> {
        let globals = [("hostname", HOSTNAME), ("local_ip_v4", "127.0.0.1"), ("domain", "simulated.local")];
        Rc::new(Self {
            options,
            uuid: uuid(),
            started: Instant::now(),
            connections: RefCell::default(),
            calls: RefCell::default(),
            globals: RefCell::new(globals.map(|(name, value)| (name.into(), value.into())).into()),
            sequence: Cell::new(0),
            jobs: Cell::new(0),
            sessions: Cell::new(0),
            peak: Cell::new(0),
            shutdown: Notify::new(),
        })
    }

    pub(crate) fn add_connection(&self, connection: &Rc<Connection>) {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|other| other.strong_count() > 0);
        connections.push(Rc::downgrade(connection));
    }

    /// How many connections there are that are not over.
    pub(crate) fn connection_count(&self) -> usize {
        self.connections.borrow().iter().filter(|connection| connection.strong_count() > 0).count()
    }

    fn each_connection(&self, act: impl Fn(&Connection)) {
        self.connections.borrow().iter().filter_map(Weak::upgrade).for_each(|connection| act(&connection));
    }

    /// Tells every connection that the switch ends.
    pub(crate) fn say_goodbye(&self) {
        self.each_connection(|connection| connection.kill(Goodbye::ShutDown));
    }

    pub(crate) fn add_call(&self, call: &Rc<Call>) {
        self.calls.borrow_mut().push(Rc::clone(call));
        self.sessions.set(self.sessions.get() + 1);
        self.peak.set(self.peak.get().max(self.calls.borrow().len()));
    }

    pub(crate) fn remove_call(&self, call: &Rc<Call>) {
        self.calls.borrow_mut().retain(|other| !Rc::ptr_eq(other, call));
    }

    pub(crate) fn calls(&self) -> Vec<Rc<Call>> {
        self.calls.borrow().clone()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.calls.borrow().len() >= MAX_SESSIONS
    }

    /// The call of this uuid. One that is hung up is not found any more.
    pub(crate) fn call(&self, uuid: impl AsRef<[u8]>) -> Option<Rc<Call>> {
        let uuid = uuid.as_ref();
        self.calls.borrow().iter().find(|call| call.uuid.as_bytes() == uuid && call.cause().is_none()).cloned()
    }

    /// An event with what every event says.
    pub(crate) fn event(&self, name: &str, source: Source) -> Event {
        let mut event = Event::default();
        self.stamp(&mut event, name, source);
        event
    }

    pub(crate) fn stamp(&self, event: &mut Event, name: &str, (file, function, line): Source) {
        let time = now();
        self.sequence.set(self.sequence.get() + 1);
        event
            .add("Event-Name", name)
            .add("Core-UUID", &self.uuid)
            .add("FreeSWITCH-Hostname", HOSTNAME)
            .add("FreeSWITCH-Switchname", HOSTNAME)
            .add("FreeSWITCH-IPv4", "127.0.0.1")
            .add("FreeSWITCH-IPv6", "::1")
            .add("Event-Date-Local", date(time))
            .add("Event-Date-GMT", mail_date(time))
            .add("Event-Date-Timestamp", time.as_micros().to_string())
            .add("Event-Calling-File", file)
            .add("Event-Calling-Function", function)
            .add("Event-Calling-Line-Number", line.to_string())
            .add("Event-Sequence", self.sequence.get().to_string());
    }

    /// Tells every connection that wants to know.
    pub(crate) fn fire(&self, event: Event) {
        let event = Rc::new(event);
        event.view(|view| self.each_connection(|connection| connection.offer(&event, view)));
    }

    /// Writes a line of the log, after its time, the idle time of the processor, its level and its source.
    pub(crate) fn log(&self, level: LogLevel, source: Source, uuid: &str, text: &str) {
        let (file, _, number) = source;
        let (time, name) = (now(), level.name().unwrap_or_default());
        let (date, micros) = (date(time), time.subsec_micros());
        let text = format!("{date}.{micros:06} 99.00% [{name}] {file}:{number} {text}\n");
        let line = Rc::new(LogLine { level, source, uuid: uuid.into(), text });
        self.each_connection(|connection| connection.offer_log(&line));
    }

    /// A text in which each `${name}` is the global variable's value.
    pub(crate) fn expand(&self, text: &str) -> Vec<u8> {
        let globals = self.globals.borrow();
        let mut expanded = Vec::new();
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once("${").and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            expanded.extend_from_slice(before.as_bytes());
            expanded.extend_from_slice(globals.get(name).map_or(b"", Vec::as_slice));
            rest = after;
        }
        expanded.extend_from_slice(rest.as_bytes());
        expanded
    }

    /// `0 years, 0 days, 0 hours, ...`
    pub(crate) fn uptime(&self) -> String {
        let unit = |number: u64, name: &str| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
        let up = self.started.elapsed();
        let seconds = up.as_secs();
        [
            unit(seconds / 31_536_000, "year"),
            unit(seconds / 86_400 % 365, "day"),
            unit(seconds / 3600 % 24, "hour"),
            unit(seconds / 60 % 60, "minute"),
            unit(seconds % 60, "second"),
            unit(u64::from(up.subsec_millis()), "millisecond"),
            unit(u64::from(up.subsec_micros() % 1000), "microsecond"),
        ]
        .join(", ")
    }

    /// HEARTBEAT for ever.
    pub(crate) async fn beat(&self) {
        loop {
            tokio::time::sleep(self.options.heartbeat).await;
            let mut event = self.event("HEARTBEAT", ("switch_core.c", "send_heartbeat", 95));
            event
                .add("Event-Info", "System Ready")
                .add("Up-Time", self.uptime())
                .add("FreeSWITCH-Version", format!("{VERSION}-simulated~64bit"))
                .add("Uptime-msec", self.started.elapsed().as_millis().to_string())
                .add("Session-Count", self.calls.borrow().len().to_string())
                .add("Max-Sessions", MAX_SESSIONS.to_string())
                .add("Session-Per-Sec", "1000")
                .add("Session-Per-Sec-Last", "0")
                .add("Session-Per-Sec-Max", "0")
                .add("Session-Per-Sec-FiveMin", "0")
                .add("Session-Since-Startup", self.sessions.get().to_string())
                .add("Session-Peak-Max", self.peak.get().to_string())
                .add("Session-Peak-FiveMin", self.peak.get().to_string())
                .add("Idle-CPU", "99.000000");
            self.fire(event);
        }
    }
}

/// How long the simulated world takes for what people do: to ring, to play a short file.
pub(crate) const MOMENT: Duration = Duration::from_millis(50);
