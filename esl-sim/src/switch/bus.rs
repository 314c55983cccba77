//! What all connections and calls share.

use std::sync::{Arc, Weak};
use std::time::Duration;

use esl_proto::name::LogLevel;
use esl_proto::server::Goodbye;

use super::{Call, Connection, Fired, HOSTNAME, Interfaces, LogLine, MAX_SESSIONS, Switch, VERSION};
use crate::base::event::{Event, Source};
use crate::base::slot::Slot;
use crate::base::table::Table;
use crate::base::task::{LatchGuard, Notify, Queues};
use crate::base::time::{date, mail_date};
use crate::base::wire::ConnectionId;
use crate::config::Config;
use crate::hook::{Hook, HookId, HookRequest, Pending, Request};

impl Switch {
    pub(crate) fn new(config: Config, queues: Arc<Queues>, interfaces: Interfaces) -> Arc<Self> {
        let random = Slot::new(config.seed);
        let uuid = uuid(&random);
        let mut globals = Table::default();
        for (name, value) in [
            ("core_uuid", uuid.as_str()),
            ("hostname", HOSTNAME),
            ("local_ip_v4", "127.0.0.1"),
            ("domain", "simulated.local"),
        ] {
            globals.insert(name.to_owned(), value.as_bytes().to_vec());
        }
        Arc::new(Self {
            uuid,
            random,
            config: Slot::new(Arc::new(config)),
            interfaces,
            queues,
            clock: Arc::default(),
            connections: Slot::default(),
            calls: Slot::default(),
            conferences: Slot::default(),
            last_member: Slot::default(),
            globals: Slot::new(globals),
            sequence: Slot::new(0),
            jobs: Slot::new(0),
            sessions: Slot::new(0),
            peak: Slot::new(0),
            last_connection: Slot::default(),
            last_hook: Slot::default(),
            received: Slot::default(),
            hooks: Slot::default(),
            requests: Slot::default(),
            dialled: Slot::default(),
            dial_changed: Notify::default(),
            active: Slot::default(),
            opened: Slot::default(),
        })
    }

    /// The current configuration.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.lock())
    }

    pub(crate) fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(Arc::make_mut(&mut self.config.lock()));
    }

    pub(crate) fn add_connection(&self, connection: &Arc<Connection>) {
        let mut connections = self.connections.lock();
        connections.retain(|other| other.strong_count() > 0);
        connections.push(Arc::downgrade(connection));
    }

    pub(crate) fn remove_connection(&self, id: ConnectionId) {
        self.connections.lock().retain(|other| other.upgrade().is_some_and(|other| other.id != id));
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        let next = self.last_connection.get() + 1;
        self.last_connection.set(next);
        ConnectionId(next)
    }

    pub(crate) fn next_hook(&self) -> u64 {
        let next = self.last_hook.get() + 1;
        self.last_hook.set(next);
        next
    }

    /// The host has connected to a program, or could not.
    pub(crate) fn dialled(&self, connection: ConnectionId, result: Result<(), String>) {
        self.dialled.lock().insert(connection, result);
        self.dial_changed.notify_waiters();
    }

    /// Lets the host connect to a program.
    pub(crate) async fn reach(&self, connection: ConnectionId, uuid: String, address: String) -> Result<(), String> {
        self.requests.lock().push_back(Request::Connect { connection, uuid, address });
        loop {
            let changed = self.dial_changed.notified();
            let result = self.dialled.lock().remove(&connection);
            if let Some(result) = result {
                return result;
            }
            changed.await;
        }
    }

    pub(crate) fn random(&self) -> u64 {
        random(&self.random)
    }

    pub(crate) fn uuid(&self) -> String {
        uuid(&self.random)
    }

    /// The time since 1970, in UTC.
    pub(crate) fn now(&self) -> Duration {
        self.config().start.saturating_add(self.clock.now())
    }

    /// A time since 1970 as local date.
    pub(crate) fn date(&self, time: Duration) -> String {
        let utc_offset = self.config().utc_offset;
        let offset = Duration::from_secs(utc_offset.unsigned_abs().into());
        date(match utc_offset {
            ..0 => time.saturating_sub(offset),
            0.. => time.saturating_add(offset),
        })
    }

    fn each_connection(&self, act: impl Fn(&Connection)) {
        self.connections.lock().iter().filter_map(Weak::upgrade).for_each(|connection| act(&connection));
    }

    /// How many connections take something that they are offered.
    fn offer(&self, offer: impl Fn(&Connection) -> bool) -> usize {
        self.connections.lock().iter().filter_map(Weak::upgrade).filter(|connection| offer(connection)).count()
    }

    /// What nobody will ask for any more: calls and connections hold the switch, and it holds them.
    pub(crate) fn forget(&self) {
        self.calls.take();
        self.conferences.take();
        self.opened.take();
        self.hooks.take();
    }

    /// Tells every connection that the switch ends.
    pub(crate) fn say_goodbye(&self) {
        self.each_connection(|connection| connection.kill(Goodbye::ShutDown));
    }

    pub(crate) fn add_call(&self, call: &Arc<Call>) {
        self.calls.lock().push(Arc::clone(call));
        self.sessions.set(self.sessions.get() + 1);
        self.peak.set(self.peak.get().max(self.calls.lock().len()));
    }

    pub(crate) fn remove_call(&self, call: &Arc<Call>) {
        self.calls.lock().retain(|other| !Arc::ptr_eq(other, call));
    }

    pub(crate) fn calls(&self) -> Vec<Arc<Call>> {
        self.calls.lock().clone()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.calls.lock().len() >= MAX_SESSIONS
    }

    /// The call of this uuid. One that is hung up is not found any more.
    pub(crate) fn call(&self, uuid: impl AsRef<[u8]>) -> Option<Arc<Call>> {
        let uuid = uuid.as_ref();
        self.calls.lock().iter().find(|call| call.uuid.as_bytes() == uuid && call.cause().is_none()).cloned()
    }

    /// An event with what every event says.
    pub(crate) fn event(&self, name: &str, source: Source) -> Event {
        let mut event = Event::default();
        self.stamp(&mut event, name, source);
        event
    }

    pub(crate) fn stamp(&self, event: &mut Event, name: &str, (file, function, line): Source) {
        let time = self.now();
        self.sequence.set(self.sequence.get() + 1);
        event
            .add("Event-Name", name)
            .add("Core-UUID", &self.uuid)
            .add("FreeSWITCH-Hostname", HOSTNAME)
            .add("FreeSWITCH-Switchname", HOSTNAME)
            .add("FreeSWITCH-IPv4", "127.0.0.1")
            .add("FreeSWITCH-IPv6", "::1")
            .add("Event-Date-Local", self.date(time))
            .add("Event-Date-GMT", mail_date(time))
            .add("Event-Date-Timestamp", time.as_micros().to_string())
            .add("Event-Calling-File", file)
            .add("Event-Calling-Function", function)
            .add("Event-Calling-Line-Number", line.to_string())
            .add("Event-Sequence", self.sequence.get().to_string());
    }

    /// Tells every connection that wants to know, and says how many get it.
    pub(crate) fn fire(&self, event: Event) -> usize {
        let fired = Arc::new(Fired::new(event));
        fired.event.view(|view| self.offer(|connection| connection.offer(&fired, view)))
    }

    /// Writes a line of the log, after its time, the idle time of the processor, its level and its source.
    pub(crate) fn log(&self, level: LogLevel, (file, function, number): Source, uuid: &str, text: &str) {
        let (time, name) = (self.now(), level.name().unwrap_or_default());
        let (date, micros) = (self.date(time), time.subsec_micros());
        let text = format!("{date}.{micros:06} 99.00% [{name}] {file}:{number} {text}\n");
        self.log_line(LogLine { level, source: (file.into(), function.into(), number), uuid: uuid.into(), text });
    }

    /// Writes a line of the log as it is, and says how many connections get it.
    pub(crate) fn log_line(&self, line: LogLine) -> usize {
        let line = Arc::new(line);
        self.offer(|connection| connection.offer_log(&line))
    }

    /// `0 years, 0 days, 0 hours, ...`
    pub(crate) fn uptime(&self) -> String {
        let unit = |number: u64, name: &str| format!("{number} {name}{}", if number == 1 { "" } else { "s" });
        let up = self.clock.now();
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
            self.clock.sleep(self.config().heartbeat.max(Duration::from_millis(1))).await;
            let mut event = self.event("HEARTBEAT", ("switch_core.c", "send_heartbeat", 95));
            event
                .add("Event-Info", "System Ready")
                .add("Up-Time", self.uptime())
                .add("FreeSWITCH-Version", format!("{VERSION}-simulated~64bit"))
                .add("Uptime-msec", self.clock.now().as_millis().to_string())
                .add("Session-Count", self.calls.lock().len().to_string())
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

/// How many hooks may wait for their answers; what is beyond has none.
const PENDING: usize = 10_000;

/// Takes its hook away with it.
struct Asked<'a> {
    switch: &'a Switch,
    id: HookId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        let mut hooks = self.switch.hooks.lock();
        let before = hooks.len();
        hooks.retain(|pending| pending.id != self.id);
        if hooks.len() < before {
            self.switch.requests.lock().push_back(Request::Withdrawn(self.id));
        }
    }
}

impl Switch {
    /// Asks the host. [`None`] if it leaves that to the simulation.
    pub(crate) async fn ask(&self, hook: Hook) -> Option<Vec<u8>> {
        let (done, latch) = LatchGuard::new();
        let answer = Arc::<Slot<Option<Vec<u8>>>>::default();
        let id = HookId(self.next_hook());
        {
            let mut pending = self.hooks.lock();
            if pending.len() >= PENDING {
                return None;
            }
            pending.push(Pending { id, answer: Arc::clone(&answer), done });
        }
        // Whoever stops waiting, because the call or the connection has ended, is asked for no more.
        let _asked = Asked { switch: self, id };
        self.requests.lock().push_back(Request::Hook(HookRequest { id, hook }));
        latch.opened().await;
        answer.take()
    }
}

/// The next number of a sequence that its seed decides (SplitMix64).
fn random(state: &Slot<u64>) -> u64 {
    let next = state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    state.set(next);
    let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn uuid(state: &Slot<u64>) -> String {
    let (high, low) = (random(state), random(state));
    let number = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0xc << 60) | 4 << 76 | 8 << 60;
    let digits = format!("{number:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
