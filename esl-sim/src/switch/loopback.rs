//! Loopback: a call of two legs, of which the second comes into the dialplan.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::HangupCause;

use super::call::join_calls;
use super::{Call, Setup, Task, dialplan};
use crate::base::task::first;

/// How long both legs are connected to others before these are connected to each other.
const BOW_OUT: Duration = Duration::from_secs(2);
/// How many loopbacks there may be from one end to the other.
const CHAIN: usize = 10;

/// Lets the second leg come in, and says what the dialplan has for it.
pub(super) fn begin(one: &Arc<Call>, extension: &str) -> (Arc<Call>, Vec<Task>) {
    let setup = Setup {
        name: format!("loopback/{}-b", one.setup.destination),
        destination: one.setup.destination.clone(),
        caller_name: one.setup.caller_name.clone(),
        caller_number: one.setup.caller_number.clone(),
        is_incoming: true,
        ..Setup::default()
    };
    let other = Call::new(&one.switch, setup);
    one.setup.variables.iter().for_each(|(name, value)| other.set_variable(name, value));
    for (leg, peer, letter) in [(one, &other, "A"), (&other, one, "B")] {
        *leg.loopback.lock() = Some(Arc::downgrade(peer));
        leg.set_variable("other_loopback_leg_uuid", peer.uuid.as_bytes());
        leg.set_variable("loopback_leg", letter.as_bytes());
    }
    other.come_in();
    let steps = dialplan::loopback(&one.switch, extension);
    (other, steps)
}

/// Connects those that both legs are connected to, when they are for a while, and ends the legs.
pub(super) async fn watch(one: Arc<Call>, other: Arc<Call>) {
    let is_between = || {
        let is_vetoed = |leg: &Call| leg.variable("loopback_bowout").is_some_and(|value| value.text() == b"false");
        [&one, &other].iter().all(|leg| leg.is_in_bridge.get() && leg.answered.get().is_some() && !is_vetoed(leg))
    };
    loop {
        let changed = (one.changed.notified(), other.changed.notified());
        if one.cause().is_some() || other.cause().is_some() {
            return;
        }
        if !is_between() {
            first(changed.0, changed.1).await;
            continue;
        }
        one.switch.clock.sleep(BOW_OUT).await;
        if is_between() {
            break;
        }
    }
    let (Some(near), Some(far)) = (end_of(&one), end_of(&other)) else { return };
    for (leg, end) in [(&one, &near), (&other, &far)] {
        leg.set_variable("loopback_hangup_cause", b"bridge");
        leg.set_variable("loopback_bowout_other_uuid", end.uuid.as_bytes());
        leg.hangup(HangupCause::NormalClearing);
    }
    join_calls(&near, &far);
}

/// The call that a leg is connected to, through other loopbacks.
fn end_of(leg: &Call) -> Option<Arc<Call>> {
    let mut end = leg.other_leg()?;
    for _ in 0..CHAIN {
        match end.loopback_leg() {
            None => return Some(end).filter(|end| !end.is_leaving()),
            Some(leg) => end = leg.other_leg()?,
        }
    }
    None
}
