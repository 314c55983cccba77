//! Simulated calls: channels that exist only as events.

use std::sync::{Arc, Weak};
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};

use super::dialplan::steps;
use super::{Call, Connection, Next, Setup, Switch, Task};
use crate::base::event::{Event, Source, Value};
use crate::base::slot::Slot;
use crate::base::task::{First, Notify, first};

/// A channel's states, as FreeSWITCH numbers them.
pub(crate) const INIT: (&str, u8) = ("CS_INIT", 1);
/// As FreeSWITCH has it: the number is that of the next state already.
pub(crate) const NEW: (&str, u8) = ("CS_NONE", 1);
pub(crate) const CREATED: (&str, u8) = ("CS_INIT", 2);
pub(crate) const ROUTING: (&str, u8) = ("CS_ROUTING", 2);
pub(crate) const EXECUTE: (&str, u8) = ("CS_EXECUTE", 4);
pub(crate) const EXCHANGE_MEDIA: (&str, u8) = ("CS_EXCHANGE_MEDIA", 5);
pub(crate) const CONSUME_MEDIA: (&str, u8) = ("CS_CONSUME_MEDIA", 7);
pub(crate) const SOFT_EXECUTE: (&str, u8) = ("CS_SOFT_EXECUTE", 3);
pub(crate) const PARK: (&str, u8) = ("CS_PARK", 6);
pub(crate) const HIBERNATE: (&str, u8) = ("CS_HIBERNATE", 8);
pub(crate) const RESET: (&str, u8) = ("CS_RESET", 9);
pub(crate) const HANGUP: (&str, u8) = ("CS_HANGUP", 10);
pub(crate) const REPORTING: (&str, u8) = ("CS_REPORTING", 11);
pub(crate) const DESTROY: (&str, u8) = ("CS_DESTROY", 12);

/// What becomes of the call that a channel is a leg of, numbered likewise.
pub(crate) const RINGING: (&str, u8) = ("RINGING", 2);
pub(crate) const EARLY: (&str, u8) = ("EARLY", 3);
pub(crate) const ACTIVE: (&str, u8) = ("ACTIVE", 4);
pub(crate) const HELD: (&str, u8) = ("HELD", 5);
pub(crate) const RING_WAIT: (&str, u8) = ("RING_WAIT", 6);
pub(crate) const HUNG_UP: (&str, u8) = ("HANGUP", 7);

/// How many items an array may have.
const ITEMS: usize = 4000;
/// How many orders may wait for a channel.
const ORDERS: usize = 256;

pub(crate) const STATE: Source = ("switch_channel.c", "switch_channel_perform_set_running_state", 2409);
pub(crate) const CALL_STATE: Source = ("switch_channel.c", "switch_channel_perform_set_callstate", 302);
pub(crate) const CORE: Source = ("switch_core_state_machine.c", "switch_core_session_run", 626);

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
            early: Slot::new(None),
            is_in_bridge: Slot::new(false),
            loopback: Slot::default(),
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
            is_released: Slot::default(),
            is_parked: Slot::default(),
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

    /// A variable, or what the channel is otherwise known for by this name.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.variable(name).or_else(|| {
            let said = match name {
                "caller_id_name" => &self.setup.caller_name,
                "caller_id_number" | "ani" => &self.setup.caller_number,
                "destination_number" => &self.setup.destination,
                "chan_name" => &self.setup.name,
                "context" => "default",
                "dialplan" => "xml",
                "state" => self.state.get().0,
                _ => return None,
            };
            (!said.is_empty()).then(|| Value::Text(said.into()))
        })
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

    pub(super) fn set_state(&self, state: (&'static str, u8)) {
        let before = self.state.replace(state);
        self.fire("CHANNEL_STATE", STATE);
        let text = format!("({}) State Change {} -> {}", self.setup.name, before.0, state.0);
        self.switch.log(LogLevel::DEBUG, STATE, &self.uuid, &text);
    }

    pub(super) fn set_call_state(&self, state: (&'static str, u8)) {
        const NAME: &str = "CHANNEL_CALLSTATE";
        let before = self.call_state.replace(state).0;
        let mut event = self.switch.event(NAME, CALL_STATE);
        event.add("Original-Channel-Call-State", before).add("Channel-Call-State-Number", state.1.to_string());
        self.describe(NAME, &mut event);
        self.switch.fire(event);
        let text = format!("({}) Callstate Change {before} -> {}", self.setup.name, state.0);
        self.switch.log(LogLevel::NOTICE, CALL_STATE, &self.uuid, &text);
    }

    pub(crate) fn ring(&self) {
        if self.rang.get().is_none() && self.cause.get().is_none() {
            self.for_caller(Self::ring);
            self.rang.set(Some(self.switch.now()));
            self.fire("CHANNEL_PROGRESS", ("switch_channel.c", "switch_channel_perform_mark_ring_ready_value", 3680));
            if self.call_state.get() != RINGING {
                self.set_call_state(RINGING);
            }
        }
    }

    /// Is heard before it is answered.
    pub(crate) fn progress_media(&self) {
        let is_past = self.early.get().or(self.answered.get()).is_some();
        if !is_past && self.cause.get().is_none() {
            self.for_caller(Self::progress_media);
            self.early.set(Some(self.switch.now()));
            self.fire("CHANNEL_PROGRESS_MEDIA", ("switch_channel.c", "switch_channel_perform_mark_pre_answered", 3725));
            self.set_call_state(EARLY);
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn answer(&self) {
        if self.answered.get().is_none() && self.cause.get().is_none() {
            self.for_caller(Self::answer);
            self.answered.set(Some(self.switch.now()));
            self.fire("CHANNEL_ANSWER", ("switch_channel.c", "switch_channel_perform_mark_answered", 3848));
            self.set_call_state(ACTIVE);
            self.changed.notify_waiters();
            // Who was connected to early media.
            if let Some((caller, "originator")) = self.other_leg_as().filter(|_| self.is_in_bridge.get()) {
                caller.answer();
            }
        }
    }

    /// What becomes of the second leg of a loopback becomes of the first one, before.
    fn for_caller(&self, become_so: impl Fn(&Self)) {
        if let Some(first) = self.loopback_leg().filter(|_| self.setup.is_incoming) {
            become_so(&first);
        }
    }

    /// The other leg of a loopback.
    pub(crate) fn loopback_leg(&self) -> Option<Arc<Self>> {
        self.loopback.lock().as_ref()?.upgrade()
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
    pub(super) fn note_transfer(&self, what: &str) {
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

    /// A program has let go of the call, which may have been parked before.
    pub(crate) fn let_go(&self) {
        self.is_released.set(true);
        self.changed.notify_waiters();
    }

    /// Waits for that.
    pub(super) async fn parked_no_more(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_released.get() {
                return;
            }
            changed.await;
        }
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

    pub(super) fn controllers(&self) -> Vec<Arc<Connection>> {
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
