//! Simulated calls: channels that exist in events only.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};

use crate::api::originate::steps;
use crate::apps;
use crate::bridge::connect;
use crate::connection::Connection;
use crate::event::{Event, Source, Value};
use crate::hook::Hook;
use crate::slot::Slot;
use crate::switch::Switch;
use crate::task::{First, LatchGuard, Notify, first, yield_now};

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

/// Connects two calls that are there, in place of what they do.
pub(crate) fn join_calls(one: &Arc<Call>, other: &Arc<Call>) {
    one.join(other, "originatee");
    other.join(one, "originator");
    for (leg, peer) in [(one, other), (other, one)] {
        leg.note_transfer(&format!("uuid_br:{}", peer.uuid));
    }
    one.leave(Next::Join(Arc::clone(other), true));
    other.leave(Next::Join(Arc::clone(one), false));
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
        let mut parts = endpoint.split('/');
        // A context may follow there.
        let destination = if endpoint.starts_with("loopback/") { parts.nth(1) } else { parts.next_back() };
        let error = endpoint.strip_prefix("error/").map(|cause| HangupCause::from_bytes(cause.as_bytes()));
        Self {
            name: endpoint.into(),
            destination: destination.unwrap_or_default().into(),
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

/// A channel's states, as FreeSWITCH numbers them.
const INIT: (&str, u8) = ("CS_INIT", 1);
/// As FreeSWITCH has it: the number is that of the next state already.
const NEW: (&str, u8) = ("CS_NONE", 1);
const CREATED: (&str, u8) = ("CS_INIT", 2);
const ROUTING: (&str, u8) = ("CS_ROUTING", 2);
pub(crate) const EXECUTE: (&str, u8) = ("CS_EXECUTE", 4);
pub(crate) const EXCHANGE_MEDIA: (&str, u8) = ("CS_EXCHANGE_MEDIA", 5);
const CONSUME_MEDIA: (&str, u8) = ("CS_CONSUME_MEDIA", 7);
const SOFT_EXECUTE: (&str, u8) = ("CS_SOFT_EXECUTE", 3);
const PARK: (&str, u8) = ("CS_PARK", 6);
const HIBERNATE: (&str, u8) = ("CS_HIBERNATE", 8);
const RESET: (&str, u8) = ("CS_RESET", 9);
const HANGUP: (&str, u8) = ("CS_HANGUP", 10);
const REPORTING: (&str, u8) = ("CS_REPORTING", 11);
const DESTROY: (&str, u8) = ("CS_DESTROY", 12);

/// What becomes of the call that a channel is a leg of, numbered likewise.
const RINGING: (&str, u8) = ("RINGING", 2);
const ACTIVE: (&str, u8) = ("ACTIVE", 4);
const HELD: (&str, u8) = ("HELD", 5);
const RING_WAIT: (&str, u8) = ("RING_WAIT", 6);
const HUNG_UP: (&str, u8) = ("HANGUP", 7);

/// An application that is done earlier is not repeated.
const SHORT: Duration = Duration::from_millis(500);
/// How many items an array may have.
const ITEMS: usize = 4000;
/// How many orders may wait for a channel.
const ORDERS: usize = 256;

const STATE: Source = ("switch_channel.c", "switch_channel_perform_set_running_state", 2409);
const CALL_STATE: Source = ("switch_channel.c", "switch_channel_perform_set_callstate", 302);
const CORE: Source = ("switch_core_state_machine.c", "switch_core_session_run", 626);

pub(crate) struct Call {
    pub(crate) uuid: String,
    pub(crate) switch: Arc<Switch>,
    pub(crate) setup: Setup,
    pub(crate) number: usize,
    pub(crate) created: Duration,
    /// When it rang, was answered, was connected to the other leg, was hung up.
    pub(crate) rang: Slot<Option<Duration>>,
    pub(crate) answered: Slot<Option<Duration>>,
    pub(crate) bridged: Slot<Option<Duration>>,
    pub(crate) ended: Slot<Option<Duration>>,
    pub(crate) state: Slot<(&'static str, u8)>,
    pub(crate) call_state: Slot<(&'static str, u8)>,
    /// The strong one keeps what events say of it, until the last of this one's.
    other_leg: Slot<Option<(Weak<Self>, &'static str)>>,
    other_leg_held: Slot<Option<Arc<Self>>>,
    pub(crate) variables: Slot<Vec<(String, Value)>>,
    /// The application that runs, and its argument.
    pub(crate) application: Slot<(String, String)>,
    tasks: Slot<VecDeque<Task>>,
    cause: Slot<Option<HangupCause<'static>>>,
    digits: Slot<String>,
    /// Something of the above has changed.
    changed: Notify,
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

impl Call {
    pub(crate) fn new(switch: &Arc<Switch>, setup: Setup) -> Arc<Self> {
        let given = setup.variables.iter().find(|(name, _)| name == "origination_uuid");
        let given = given.map(|(_, uuid)| String::from_utf8_lossy(uuid).into_owned());
        let uuid = given.clone().unwrap_or_else(|| switch.uuid());
        let call = Arc::new(Self {
            uuid: uuid.clone(),
            switch: Arc::clone(switch),
            number: switch.sessions.get() + 1,
            created: switch.now(),
            rang: Slot::new(None),
            answered: Slot::new(None),
            bridged: Slot::new(None),
            ended: Slot::new(None),
            state: Slot::new(NEW),
            call_state: Slot::new(("DOWN", 0)),
            other_leg: Slot::default(),
            other_leg_held: Slot::default(),
            variables: Slot::default(),
            application: Slot::default(),
            tasks: Slot::default(),
            cause: Slot::new(None),
            digits: Slot::default(),
            changed: Notify::default(),
            broken: Notify::default(),
            next: Slot::default(),
            transfers: Slot::default(),
            is_in_dialplan: Slot::default(),
            is_redirected: Slot::default(),
            executed: Slot::default(),
            controllers: Slot::default(),
            divert: Slot::default(),
            setup,
        });
        for (name, value) in [
            ("direction", call.direction()),
            ("is_outbound", if call.setup.is_incoming { "" } else { "true" }),
            ("uuid", &uuid),
            ("session_id", &call.number.to_string()),
            ("channel_name", &call.setup.name),
            ("call_uuid", &uuid),
        ] {
            call.set_variable(name, value.as_bytes());
        }
        call.setup.variables.iter().for_each(|(name, value)| call.set_variable(name, value));
        switch.add_call(&call);
        if given.is_some() && !call.setup.is_incoming {
            const NAME: &str = "CHANNEL_UUID";
            let mut event = switch.event(NAME, ("switch_core_session.c", "switch_core_session_set_uuid", 2056));
            event.add("Old-Unique-ID", switch.uuid());
            call.describe(NAME, &mut event);
            switch.fire(event);
        }
        call
    }

    pub(crate) fn direction(&self) -> &'static str {
        if self.setup.is_incoming { "inbound" } else { "outbound" }
    }

    /// A call has come in.
    pub(crate) fn come_in(&self) {
        self.set_state(INIT);
        self.state.set(CREATED);
        self.fire("CHANNEL_CREATE", CORE);
        self.state.set(ROUTING);
        self.set_call_state(RINGING);
        self.fire("CHANNEL_STATE", STATE);
    }

    /// Why the call has ended, if it has.
    pub(crate) fn cause(&self) -> Option<HangupCause<'static>> {
        self.cause.get()
    }

    pub(crate) fn variable(&self, name: &str) -> Option<Value> {
        self.variables.lock().iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    /// Sets a variable, or takes it away if the value is empty.
    pub(crate) fn set_variable(&self, name: &str, value: &[u8]) {
        let mut variables = self.variables.lock();
        let known = variables.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        match (known, value.is_empty()) {
            (Some(place), true) => drop(variables.remove(place)),
            (Some(place), false) => variables[place].1 = Value::of(value),
            (None, true) => {}
            (None, false) => variables.push((name.into(), Value::of(value))),
        }
    }

    /// Whether the dialplan goes on when its program's connection has ended.
    pub(crate) fn is_resumed(&self) -> bool {
        self.variable("socket_resume").is_some_and(|value| value.text() == b"true")
    }

    /// Adds an item to a variable that is an array then, at its end or its beginning.
    pub(crate) fn add_item(&self, name: &str, item: &[u8], at_end: bool) {
        let mut items = match self.variable(name) {
            None => Vec::new(),
            Some(Value::Text(text)) => vec![text],
            Some(Value::Array(items)) => items,
        };
        if items.len() < ITEMS {
            items.insert(if at_end { items.len() } else { 0 }, item.into());
        }
        self.set_value(name, Value::Array(items));
    }

    fn set_value(&self, name: &str, value: Value) {
        let mut variables = self.variables.lock();
        match variables.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => variables.push((name.into(), value)),
        }
    }

    /// An event of this channel.
    pub(crate) fn event(&self, name: &str, source: Source) -> Event {
        let mut event = self.switch.event(name, source);
        self.describe(name, &mut event);
        event
    }

    pub(crate) fn fire(&self, name: &str, source: Source) {
        self.switch.fire(self.event(name, source));
    }

    fn set_state(&self, state: (&'static str, u8)) {
        let before = self.state.replace(state);
        self.fire("CHANNEL_STATE", STATE);
        let text = format!("({}) State Change {} -> {}", self.setup.name, before.0, state.0);
        self.switch.log(LogLevel::DEBUG, STATE, &self.uuid, &text);
    }

    fn set_call_state(&self, state: (&'static str, u8)) {
        const NAME: &str = "CHANNEL_CALLSTATE";
        let before = self.call_state.replace(state).0;
        let mut event = self.switch.event(NAME, CALL_STATE);
        event.add("Original-Channel-Call-State", before).add("Channel-Call-State-Number", state.1.to_string());
        self.describe(NAME, &mut event);
        self.switch.fire(event);
        let text = format!("({}) Callstate Change {before} -> {}", self.setup.name, state.0);
        self.switch.log(LogLevel::NOTICE, CALL_STATE, &self.uuid, &text);
    }

    /// Lets the other side ring and answer. [`None`] if it was hung up instead.
    pub(crate) async fn dial(&self) -> Option<()> {
        self.fire("CHANNEL_OUTGOING", ("switch_core_session.c", "switch_core_session_outgoing_channel", 768));
        self.set_state(INIT);
        self.state.set(CREATED);
        self.fire("CHANNEL_CREATE", CORE);
        self.fire("CHANNEL_ORIGINATE", CORE);
        self.set_state(ROUTING);
        self.set_state(CONSUME_MEDIA);
        // Nobody is there to ring.
        if !self.setup.name.starts_with("null/") {
            self.ring();
        }
        let patience = self.setup.patience.unwrap_or(Duration::MAX);
        let Some(refusal) = self.switch.clock.timeout(patience, self.alive(self.decide())).await else {
            self.hangup(HangupCause::NoAnswer);
            return None;
        };
        if let Some(cause) = refusal? {
            self.hangup(cause);
            return None;
        }
        self.answer();
        Some(())
    }

    /// Rings, and says why nobody answers, if so.
    async fn decide(&self) -> Option<HangupCause<'static>> {
        let cause = |text: &[u8]| known_cause(Some(HangupCause::from_bytes(text)));
        let config = self.switch.config();
        if config.dial_hook && self.setup.rings.is_none() {
            let hook = Hook::Dial { uuid: self.uuid.clone(), endpoint: self.setup.name.clone() };
            if let Some(answer) = self.switch.ask(hook).await {
                return (!answer.is_empty()).then(|| cause(&answer));
            }
        }
        self.switch.clock.sleep(self.setup.rings.unwrap_or(config.ringing)).await;
        let configured = || config.refusals.get(&self.setup.name).map(|text| cause(text.as_bytes()));
        self.setup.refusal.or_else(configured)
    }

    pub(crate) fn ring(&self) {
        if self.rang.get().is_none() && self.cause.get().is_none() {
            self.rang.set(Some(self.switch.now()));
            self.fire("CHANNEL_PROGRESS", ("switch_channel.c", "switch_channel_perform_mark_ring_ready_value", 3680));
            if self.call_state.get() != RINGING {
                self.set_call_state(RINGING);
            }
        }
    }

    pub(crate) fn answer(&self) {
        if self.answered.get().is_none() && self.cause.get().is_none() {
            self.answered.set(Some(self.switch.now()));
            self.fire("CHANNEL_ANSWER", ("switch_channel.c", "switch_channel_perform_mark_answered", 3848));
            self.set_call_state(ACTIVE);
        }
    }

    /// Lives through applications, then through what it is transferred to, and to the end of the call.
    pub(crate) fn live(self: Arc<Self>, steps: Vec<Task>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // An application may begin other lives.
        Box::pin(self.live_on(steps))
    }

    /// Lives in a state, and does what it is ordered to, then through what it is transferred to.
    pub(crate) fn wait_for_orders(
        self: Arc<Self>,
        state: (&'static str, u8),
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if self.cause.get().is_none() {
                self.set_state(state);
            }
            self.obey(std::future::pending()).await;
            self.go_on().await;
        })
    }

    async fn live_on(self: Arc<Self>, steps: Vec<Task>) {
        self.run(steps).await;
        self.go_on().await;
    }

    async fn run(self: &Arc<Self>, steps: Vec<Task>) {
        if self.cause.get().is_none() {
            self.set_state(EXECUTE);
        }
        for task in steps {
            if !self.is_leaving() {
                self.execute(task).await;
            }
        }
    }

    /// Lives through what it is to do next.
    pub(crate) fn routed(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.go_on())
    }

    /// Goes on with what comes next, for as long as something does, and ends.
    async fn go_on(self: Arc<Self>) {
        loop {
            let next = self.next.take().filter(|_| self.cause.get().is_none());
            self.changed.notify_waiters();
            match next {
                None => break,
                Some(Next::Steps(steps)) => {
                    self.set_state(ROUTING);
                    self.is_redirected.set(false);
                    self.enter_dialplan();
                    self.run(steps).await;
                }
                Some(Next::Park) => {
                    self.set_state(PARK);
                    self.park().await;
                }
                Some(Next::Stand) => {
                    self.set_state(RESET);
                    self.left().await;
                }
                Some(Next::Join(other, is_first)) => {
                    for state in [HIBERNATE, RESET, SOFT_EXECUTE] {
                        self.set_state(state);
                    }
                    self.tell_execution("CHANNEL_EXECUTE", 2949, "uuid_bridge", &other.uuid, "", "", "");
                    if is_first {
                        other.taken_over().await;
                        connect(&self, &other).await;
                        if !self.is_leaving() {
                            self.set_state(EXECUTE);
                            self.hangup(HangupCause::NormalClearing);
                        }
                    } else {
                        self.set_state(EXCHANGE_MEDIA);
                        self.obey(std::future::pending()).await;
                    }
                }
            }
        }
        self.end().await;
    }

    /// Waits until it has begun with what it was told to do next, or has ended.
    async fn taken_over(&self) {
        loop {
            let changed = self.changed.notified();
            if self.cause.get().is_some() || self.next.lock().is_none() {
                return;
            }
            changed.await;
        }
    }

    /// Stands still until it is told to do something else, and does what it is ordered to.
    pub(crate) async fn park(self: &Arc<Self>) {
        self.fire("CHANNEL_PARK", ("switch_ivr.c", "switch_ivr_park", 1002));
        self.obey(std::future::pending()).await;
        self.fire("CHANNEL_UNPARK", ("switch_ivr.c", "switch_ivr_park", 1213));
    }

    /// A call that was made comes into the dialplan, for the first time: from now on it looks as if it had come in.
    pub(crate) fn enter_dialplan(&self) {
        if !self.setup.is_incoming && !self.is_in_dialplan.replace(true) {
            let mut event = self.switch.event("CALL_UPDATE", ("switch_channel.c", "switch_channel_flip_cid", 3279));
            event.add("Direction", "RECV");
            self.describe("CALL_UPDATE", &mut event);
            self.switch.fire(event);
        }
    }

    /// Lets the call go on with something else, in place of what it does.
    pub(crate) fn leave(&self, next: Next) {
        if self.cause.get().is_none() {
            let number = match &next {
                Next::Steps(_) => ROUTING.1,
                Next::Park => PARK.1,
                Next::Stand => RESET.1,
                Next::Join(..) => HIBERNATE.1,
            };
            self.state.set((self.state.get().0, number));
            self.next.set(Some(next));
            self.tasks.lock().clear();
            self.changed.notify_waiters();
        }
    }

    /// Notes from where and when it was transferred. Not more often than anybody reads.
    fn note_transfer(&self, what: &str) {
        const MOST: usize = 100;
        let source = format!("{}:{}:{what}", self.switch.now().as_secs(), self.switch.uuid());
        self.set_variable("transfer_source", source.as_bytes());
        let mut transfers = self.transfers.lock();
        if transfers.len() < MOST {
            self.add_item("transfer_history", source.as_bytes(), true);
            transfers.push(source);
        }
    }

    /// Lets the call go on with an extension. It forgets who it was connected to.
    pub(crate) fn transfer(&self, extension: &str, dialplan: &str) {
        if self.cause.get().is_some() {
            return;
        }
        let steps = steps(&self.switch, extension, dialplan);
        *self.other_leg.lock() = None;
        let dialplan = if dialplan.is_empty() { "XML" } else { dialplan };
        self.note_transfer(&format!("bl_xfer:{extension}/default/{dialplan}"));
        self.is_redirected.set(true);
        self.leave(Next::Steps(steps));
    }

    /// Whether what the call does has its end: it is hung up, or transferred.
    pub(crate) fn is_leaving(&self) -> bool {
        self.cause.get().is_some() || self.next.lock().is_some()
    }

    /// Ends the application that plays something.
    pub(crate) fn break_off(&self) {
        self.broken.notify_waiters();
    }

    /// Something, as long as the call does nothing else and nobody breaks it off.
    pub(crate) async fn unbroken<R>(&self, what: impl Future<Output = R>) -> Option<R> {
        match first(self.broken.notified(), self.alive(what)).await {
            First::One(()) => None,
            First::Other(result) => result,
        }
    }

    /// One that talks waits for another to answer; says whether it does.
    pub(crate) fn wait_for_ringing(&self) -> bool {
        let waits = self.call_state.get() == ACTIVE;
        if waits {
            self.set_call_state(RING_WAIT);
        }
        waits
    }

    pub(crate) fn ringing_is_over(&self) {
        if self.cause.get().is_none() {
            self.set_call_state(ACTIVE);
        }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.call_state.get() == HELD
    }

    pub(crate) fn hold(&self, on: bool) {
        if on != self.is_held() && self.cause.get().is_none() {
            self.set_call_state(if on { HELD } else { ACTIVE });
            self.fire(
                if on { "CHANNEL_HOLD" } else { "CHANNEL_UNHOLD" },
                ("switch_channel.c", "switch_channel_perform_set_flag", 1812),
            );
        }
    }

    /// Says that a recording has begun, or ended.
    pub(crate) fn record(&self, path: &str, begins: bool) {
        let (name, line) = if begins { ("RECORD_START", 1530) } else { ("RECORD_STOP", 1290) };
        let mut event = self.event(name, ("switch_ivr_async.c", "record_callback", line));
        event.add("Record-File-Path", path);
        self.switch.fire(event);
    }

    pub(crate) fn flush_keys(&self) {
        self.digits.lock().clear();
    }

    /// A text in which each `${name}` is the variable's value, or the global one's.
    pub(crate) fn expand(&self, text: &str) -> String {
        let value = |name: &str| self.variable(name).map(|value| value.text());
        String::from_utf8_lossy(&self.switch.expand_with(text, value)).into_owned()
    }

    /// Executes an application, again if it is so ordered and took its time, with the events before and after.
    pub(crate) async fn execute(self: &Arc<Self>, task: Task) {
        let mut passes = 0;
        while task.loops < 0 || passes < task.loops {
            passes = passes.saturating_add(1);
            let began = self.switch.clock.now();
            self.execute_once(&task).await;
            if self.is_leaving() || self.switch.clock.now().saturating_sub(began) < SHORT {
                break;
            }
        }
        // Who waits for the application must not wait for a call that is gone.
        drop(task.done);
    }

    async fn execute_once(self: &Arc<Self>, task: &Task) {
        if !apps::is_known(self, &task.app) {
            // FreeSWITCH ends the call of who asks for what it does not have, and says nothing else of it.
            return self.hangup(HangupCause::DestinationOutOfOrder);
        }
        let arg = &self.expand(&task.arg);
        let application_uuid = task.event_uuid.clone().unwrap_or_else(|| self.switch.uuid());
        let named = task.event_uuid_name.as_deref().unwrap_or_default();
        let tell = |name: &str, line: u32, response: &str| {
            self.tell_execution(name, line, &task.app, arg, &application_uuid, named, response);
        };
        *self.application.lock() = (task.app.clone(), arg.clone());
        if self.switch.config().record {
            self.executed.lock().push((task.app.clone(), arg.clone()));
        }
        self.set_variable("current_application", task.app.as_bytes());
        self.set_variable("current_application_data", arg.as_bytes());
        tell("CHANNEL_EXECUTE", 2949, "");
        let response = apps::run(self, &task.app, arg).await;
        self.set_variable("current_application_response", response.as_bytes());
        tell("CHANNEL_EXECUTE_COMPLETE", 2972, &response);
    }

    /// An application begins, or has ended.
    #[expect(clippy::too_many_arguments)]
    fn tell_execution(&self, name: &str, line: u32, app: &str, arg: &str, uuid: &str, named: &str, response: &str) {
        let mut event = self.event(name, ("switch_core_session.c", "switch_core_session_exec", line));
        event
            .add("Application", app)
            .add("Application-Data", arg)
            .add("Application-Response", response)
            .add("Application-UUID", uuid)
            .add("Application-UUID-Name", named);
        self.switch.fire(event);
    }

    /// Executes what is ordered, until the call ends or `other` does.
    pub(crate) async fn obey(self: &Arc<Self>, other: impl Future<Output = ()> + Send) {
        let mut other = std::pin::pin!(other);
        loop {
            let changed = self.changed.notified();
            if self.is_leaving() {
                return;
            }
            let task = self.tasks.lock().pop_front();
            if let Some(task) = task {
                self.execute_boxed(task).await;
                continue;
            }
            if let First::Other(()) = first(changed, other.as_mut()).await {
                return;
            }
        }
    }

    /// An application may execute others: that the compiler can tell the size of what it waits for.
    pub(crate) fn execute_boxed(self: &Arc<Self>, task: Task) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.execute(task))
    }

    /// Gives an order; false if too many wait. Nothing comes of it if the call is over, and nobody waits for that.
    pub(crate) fn order(&self, task: Task) -> bool {
        if self.cause.get().is_some() {
            return true;
        }
        let mut tasks = self.tasks.lock();
        let is_room = tasks.len() < ORDERS;
        if is_room {
            tasks.push_back(task);
            self.changed.notify_waiters();
        }
        is_room
    }

    /// Ends the call, if it has not ended.
    pub(crate) fn hangup(&self, cause: HangupCause<'static>) {
        if self.cause.get().is_none() {
            self.cause.set(Some(cause));
            self.ended.set(Some(self.switch.now()));
            self.set_variable("hangup_cause", cause.as_bytes());
            self.state.set((self.state.get().0, HANGUP.1));
            self.fire("CHANNEL_HANGUP", ("switch_channel.c", "switch_channel_perform_hangup", 3447));
            // Who waits for one of them need not wait longer.
            self.tasks.lock().clear();
            for connection in self.controllers() {
                connection.channel_gone(&self.setup.name);
            }
            self.changed.notify_waiters();
        }
    }

    /// Waits until the call is hung up, or transferred.
    pub(crate) async fn left(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_leaving() {
                return;
            }
            changed.await;
        }
    }

    /// Does something as long as the call lives.
    pub(crate) async fn alive<R>(&self, what: impl Future<Output = R>) -> Option<R> {
        match first(self.left(), what).await {
            First::One(()) => None,
            First::Other(result) => Some(result),
        }
    }

    /// Whether its last event has happened.
    pub(crate) fn is_destroyed(&self) -> bool {
        self.state.get() == DESTROY
    }

    async fn end(self: &Arc<Self>) {
        self.hangup(HangupCause::NormalClearing);
        // Its own connection may be closed before the rest is said.
        yield_now().await;
        yield_now().await;
        self.set_state(HANGUP);
        self.set_call_state(HUNG_UP);
        self.account();
        self.set_state(REPORTING);
        const NAME: &str = "CHANNEL_HANGUP_COMPLETE";
        let source = ("switch_core_state_machine.c", "switch_core_session_reporting_state", 943);
        let mut event = self.switch.event(NAME, source);
        // Twice, as in FreeSWITCH: here, and among what every event of the channel says.
        event.add("Hangup-Cause", self.cause().unwrap_or(HangupCause::NormalClearing).as_bytes());
        self.describe(NAME, &mut event);
        self.switch.fire(event);
        // A connection holds its channel: the end of it never comes there.
        loop {
            let changed = self.changed.notified();
            if self.controllers().is_empty() {
                break;
            }
            changed.await;
        }
        self.state.set((REPORTING.0, DESTROY.1));
        self.fire("CHANNEL_DESTROY", ("switch_core_session.c", "switch_core_session_perform_destroy", 1588));
        self.set_state(DESTROY);
        self.other_leg_held.take();
        self.switch.remove_call(self);
    }

    /// Says that two legs belong together: what `other` is to this one, its originator or its originatee.
    pub(crate) fn join(&self, other: &Arc<Self>, role: &'static str) {
        *self.other_leg.lock() = Some((Arc::downgrade(other), role));
        *self.other_leg_held.lock() = Some(Arc::clone(other));
        self.set_variable("signal_bond", other.uuid.as_bytes());
    }

    /// The call that this one is, or was, connected to, or that it was made for.
    pub(crate) fn other_leg(&self) -> Option<Arc<Self>> {
        self.other_leg_as().map(|(other, _)| other)
    }

    /// And what it is to this one.
    pub(crate) fn other_leg_as(&self) -> Option<(Arc<Self>, &'static str)> {
        let other_leg = self.other_leg.lock();
        let (other, role) = other_leg.as_ref()?;
        Some((other.upgrade()?, role))
    }

    fn controllers(&self) -> Vec<Arc<Connection>> {
        self.controllers.lock().iter().filter_map(Weak::upgrade).collect()
    }

    pub(crate) fn controlled_by(&self, connection: &Arc<Connection>) {
        self.controllers.lock().push(Arc::downgrade(connection));
    }

    /// A connection has ended.
    pub(crate) fn released(&self, connection: &Arc<Connection>) {
        self.controllers.lock().retain(|other| !other.ptr_eq(&Arc::downgrade(connection)));
        self.changed.notify_waiters();
    }

    pub(crate) fn divert(&self, to: Option<&Arc<Connection>>) {
        *self.divert.lock() = to.map(Arc::downgrade);
    }

    pub(crate) fn diverted(&self) -> Option<Arc<Connection>> {
        self.divert.lock().as_ref()?.upgrade()
    }

    /// A key is pressed.
    pub(crate) fn press(&self, digit: char) {
        self.digits.lock().push(digit);
        let mut event = self.event("DTMF", ("switch_channel.c", "switch_channel_dequeue_dtmf", 678));
        event.add("DTMF-Digit", digit.to_string()).add("DTMF-Duration", "2000").add("DTMF-Source", "APP");
        self.switch.fire(event);
        self.changed.notify_waiters();
    }

    /// Waits for so many keys, or for one that ends them, and takes them. What is pressed beyond that waits for who asks
    /// next. Says whether anything was pressed, and the keys without that which has ended them.
    pub(crate) async fn keys(&self, most: usize, terminators: &str, patience: Duration) -> (bool, String) {
        let end = |keys: &str| keys.char_indices().position(|(_, key)| terminators.contains(key));
        let pressed = async {
            loop {
                let changed = self.changed.notified();
                let is_enough = {
                    let keys = self.digits.lock();
                    keys.chars().count() >= most || end(&keys).is_some()
                };
                if is_enough {
                    return;
                }
                changed.await;
            }
        };
        let _ = self.switch.clock.timeout(patience, self.alive(pressed)).await;
        let mut keys = self.digits.lock();
        let end = end(&keys).filter(|end| *end <= most);
        let taken: String = keys.chars().take(end.unwrap_or(most)).collect();
        let rest = keys.chars().skip(end.map_or(most, |end| end + 1)).collect();
        let before = std::mem::replace(&mut *keys, rest);
        (!before.is_empty(), taken)
    }
}
