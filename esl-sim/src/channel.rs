//! A channel, for who looks at it from outside.

use std::sync::Arc;

use esl_proto::name::HangupCause;

use crate::config::Incoming;
use crate::switch::call::EXECUTE;
use crate::switch::dialplan::tasks;
use crate::switch::{Call, Setup, Switch};

/// A channel of a [`Sim`](crate::Sim): what can be seen of it, also when it has ended. What can be done to it are methods
/// of the [`Sim`](crate::Sim).
#[derive(Clone)]
pub struct Channel(pub(crate) Arc<Call>);

impl Channel {
    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.0.uuid
    }

    /// Its name, such as `sofia/internal/1000`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.setup.name
    }

    /// Who calls: the name and the number.
    #[must_use]
    pub fn caller(&self) -> (&str, &str) {
        (&self.0.setup.caller_name, &self.0.setup.caller_number)
    }

    /// Who is called.
    #[must_use]
    pub fn destination(&self) -> &str {
        &self.0.setup.destination
    }

    /// `inbound` or `outbound`.
    #[must_use]
    pub fn direction(&self) -> &'static str {
        self.0.direction()
    }

    /// The call state: `DOWN`, `RINGING`, `ACTIVE`, `HELD` or `HANGUP`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.0.call_state.get().0
    }

    /// Why it has ended, if it has.
    #[must_use]
    pub fn cause(&self) -> Option<HangupCause<'static>> {
        self.0.cause()
    }

    /// Whether all of it is over: its last event has happened.
    #[must_use]
    pub fn is_destroyed(&self) -> bool {
        self.0.is_destroyed()
    }

    /// Whether it is, or was, connected to another.
    #[must_use]
    pub fn is_bridged(&self) -> bool {
        self.0.bridged.get().is_some()
    }

    /// The channel that it is, or was, connected to, or that it was made for, and what that is to it: `originator` or
    /// `originatee`.
    #[must_use]
    pub fn other_leg(&self) -> Option<(Self, &'static str)> {
        self.0.other_leg_as().map(|(other, role)| (Self(other), role))
    }

    /// A channel variable. An array has more than one value, or `ARRAY::` before one.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Vec<u8>> {
        self.0.variable(name).map(|value| value.text())
    }

    /// Its variables, in their order.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, Vec<u8>)> {
        self.0.variables.lock().iter().map(|(name, value)| (name.clone(), value.text())).collect()
    }

    /// Sets a variable, or takes it away if the value is empty. `ARRAY::a|:b` is an array.
    pub fn set_variable(&self, name: &str, value: &[u8]) {
        self.0.set_variable(name, value);
    }

    /// The applications that have begun, each with its argument, with [`Config::record`](crate::Config::record).
    #[must_use]
    pub fn executed(&self) -> Vec<(String, String)> {
        self.0.executed.lock().clone()
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Channel({} {} {})", self.name(), self.uuid(), self.state())
    }
}

impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Channel {}

/// A call comes in.
pub(crate) fn begin(switch: &Arc<Switch>, incoming: Incoming) -> Option<Channel> {
    if switch.is_full() {
        return None;
    }
    let (number, name) = incoming.caller;
    let mut variables = incoming.variables;
    if let Some(uuid) = incoming.uuid {
        variables.push(("origination_uuid".into(), uuid.into()));
    }
    let setup = Setup {
        name: incoming.name,
        destination: incoming.destination,
        caller_name: name.unwrap_or_else(|| number.clone()),
        caller_number: number,
        variables,
        is_incoming: true,
        ..Setup::default()
    };
    let call = Call::new(switch, setup);
    call.come_in();
    let living = Arc::clone(&call);
    match incoming.steps {
        Some(steps) => drop(switch.queues.spawn(living.live(tasks(&steps)))),
        None => drop(switch.queues.spawn(living.wait_for_orders(EXECUTE))),
    }
    Some(Channel(call))
}
