//! How calls live: what they do, one thing after the other, and how they end.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::{HangupCause, LogLevel};

use super::call::{
    CONSUME_MEDIA, CORE, CREATED, DESTROY, EXCHANGE_MEDIA, EXECUTE, HANGUP, HIBERNATE, HUNG_UP, INIT, PARK, REPORTING,
    RESET, ROUTING, SOFT_EXECUTE,
};
use super::loopback;
use super::{Call, Later, Next, Task, known_cause};
use crate::base::task::{First, first, yield_now};
use crate::hook::Hook;

/// An application that is done earlier is not repeated.
const SHORT: Duration = Duration::from_millis(500);
impl Call {
    /// Lets the other side ring and answer. [`None`] if it was hung up instead.
    pub(crate) async fn dial(self: &Arc<Self>) -> Option<()> {
        self.fire("CHANNEL_OUTGOING", ("switch_core_session.c", "switch_core_session_outgoing_channel", 768));
        self.set_state(INIT);
        self.state.set(CREATED);
        self.fire("CHANNEL_CREATE", CORE);
        self.fire("CHANNEL_ORIGINATE", CORE);
        if let Some(extension) = &self.setup.loopback {
            let (other, steps) = loopback::begin(self, extension);
            self.switch.queues.spawn(loopback::watch(Arc::clone(self), Arc::clone(&other)));
            self.switch.queues.spawn(other.answer_to(Arc::clone(self), extension.clone(), steps));
        }
        self.set_state(ROUTING);
        self.set_state(CONSUME_MEDIA);
        if self.setup.loopback.is_some() {
            let heard = self.switch.clock.timeout(self.patience(), self.alive(self.heard())).await;
            if heard.is_none() {
                self.hangup(HangupCause::NoAnswer);
            }
            return heard.flatten();
        }
        // Nobody is there to ring.
        if !self.setup.name.starts_with("null/") {
            self.ring();
        }
        let Some(refusal) = self.switch.clock.timeout(self.patience(), self.alive(self.decide())).await else {
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

    fn patience(&self) -> Duration {
        self.setup.patience.unwrap_or(Duration::MAX)
    }

    /// Waits until it is answered, or has early media.
    async fn heard(&self) {
        loop {
            let changed = self.changed.notified();
            if self.early.get().or(self.answered.get()).is_some() {
                return;
            }
            changed.await;
        }
    }

    /// Lives as the second leg of a loopback, unless its endpoint is refused.
    async fn answer_to(self: Arc<Self>, first: Arc<Self>, extension: String, steps: Vec<Task>) {
        let endpoint = format!("loopback/{extension}");
        let config = self.switch.config();
        let refusal = match config.dial_hook {
            true => {
                let hook = Hook::Dial { uuid: first.uuid.clone(), endpoint: endpoint.clone() };
                self.alive(self.switch.ask(hook)).await.flatten().filter(|answer| !answer.is_empty())
            }
            false => config.refusals.get(&endpoint).map(|cause| cause.as_bytes().to_vec()),
        };
        if let Some(cause) = refusal {
            self.hangup(known_cause(Some(HangupCause::from_bytes(&cause))));
        }
        self.live(steps).await;
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

    /// Lives through applications, then through what it is transferred to, and to the end of the call.
    pub(crate) fn live(self: Arc<Self>, steps: Vec<Task>) -> Later<'static, ()> {
        // An application may begin other lives.
        Box::pin(self.live_on(steps))
    }

    /// Lives in a state, and does what it is ordered to, then through what it is transferred to.
    pub(crate) fn wait_for_orders(self: Arc<Self>, state: (&'static str, u8)) -> Later<'static, ()> {
        Box::pin(async move {
            if self.cause.get().is_none() {
                self.set_state(state);
            }
            let end = async {
                // Whoever has not come in is not parked, so that nothing ends that.
                if state != EXECUTE {
                    std::future::pending::<()>().await;
                }
                // What the host has for it after a program that has said `resume` is still to be ordered.
                loop {
                    self.parked_no_more().await;
                    if !self.is_resumed() {
                        return;
                    }
                    self.is_released.set(false);
                }
            };
            self.obey(end).await;
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
    pub(crate) fn routed(self: Arc<Self>) -> Later<'static, ()> {
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
        self.park_until(std::future::pending()).await;
    }

    /// The same, until something has happened.
    pub(crate) async fn park_until(self: &Arc<Self>, other: impl Future<Output = ()> + Send) {
        if self.is_parked.get() {
            let text = "Cannot park channels that are under control already.";
            self.switch.log(LogLevel::ERR, ("switch_ivr.c", "switch_ivr_park", 975), &self.uuid, text);
            return;
        }
        self.is_parked.set(true);
        self.fire("CHANNEL_PARK", ("switch_ivr.c", "switch_ivr_park", 1002));
        self.is_released.set(false);
        let end = async {
            let _ = first(other, self.parked_no_more()).await;
        };
        self.obey(end).await;
        self.is_parked.set(false);
        self.fire("CHANNEL_UNPARK", ("switch_ivr.c", "switch_ivr_park", 1213));
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
        if !(self.switch.interfaces.has_application)(&self.switch, &task.app) {
            // FreeSWITCH ends the call of who asks for what it does not have, and says nothing else of it.
            return self.hangup(HangupCause::DestinationOutOfOrder);
        }
        let arg = &self.expand(&task.arg).await;
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
        let response = (self.switch.interfaces.application)(self, &task.app, arg).await;
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
    pub(crate) fn execute_boxed(self: &Arc<Self>, task: Task) -> Later<'_, ()> {
        Box::pin(self.execute(task))
    }

    async fn end(self: &Arc<Self>) {
        self.hangup(HangupCause::NormalClearing);
        // Its own connection may be closed before the rest is said.
        yield_now().await;
        yield_now().await;
        self.set_state(HANGUP);
        self.set_call_state(HUNG_UP);
        if let Some(leg) = self.loopback_leg() {
            leg.hangup(self.cause().unwrap_or(HangupCause::NormalClearing));
        }
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
}

/// Connects two calls, until one of them ends; with the first, the second does.
pub(crate) async fn connect(one: &Arc<Call>, other: &Arc<Call>) {
    let tell = |name: &str, line| {
        let mut event = one.switch.event(name, ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", line));
        event.add("Bridge-A-Unique-ID", &one.uuid).add("Bridge-B-Unique-ID", &other.uuid);
        one.describe(name, &mut event);
        one.switch.fire(event);
    };
    for (leg, peer, role) in [(one, other, "originatee"), (other, one, "originator")] {
        leg.is_in_bridge.set(true);
        leg.bridged.set(Some(one.switch.now()));
        leg.join(peer, role);
    }
    tell("CHANNEL_BRIDGE", 1689);
    for (leg, peer) in [(one, other), (other, one)] {
        leg.set_variable("last_bridge_to", peer.uuid.as_bytes());
        leg.set_variable("bridge_channel", peer.setup.name.as_bytes());
        leg.set_variable("bridge_uuid", peer.uuid.as_bytes());
    }
    for leg in [one, other] {
        leg.changed.notify_waiters();
    }
    first(one.left(), other.left()).await;
    for leg in [one, other] {
        leg.is_in_bridge.set(false);
    }
    other.set_variable("call_uuid", other.uuid.as_bytes());
    let cause = other.cause().unwrap_or(HangupCause::NormalClearing);
    for name in ["last_bridge_hangup_cause", "bridge_hangup_cause"] {
        one.set_variable(name, cause.as_bytes());
    }
    tell("CHANNEL_UNBRIDGE", 1879);
    if !other.is_leaving() {
        let is_answered = other.answered.get().is_some();
        other.hangup(if is_answered { HangupCause::NormalClearing } else { HangupCause::OriginatorCancel });
    }
}
