//! Generated calls.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::HangupCause;

use crate::switch::call::join_calls;
use crate::switch::{Call, Setup, Switch, Task};

pub(crate) const NAMES: [&str; 6] = ["Ada", "Grace", "Éva", "Linus", "Żaneta", "Ken"];
/// How calls end, the usual way more often than others.
const ENDS: [HangupCause<'static>; 6] = [
    HangupCause::NormalClearing,
    HangupCause::NormalClearing,
    HangupCause::NormalClearing,
    HangupCause::UserBusy,
    HangupCause::NoAnswer,
    HangupCause::CallRejected,
];

/// One of them, by chance.
pub(crate) fn one_of<T: Copy>(switch: &Switch, choices: &[T]) -> T {
    choices[switch.random() as usize % choices.len()]
}

/// Begins calls for ever, so many in a second.
pub(crate) async fn calls(switch: Arc<Switch>) {
    let pause = Duration::from_secs_f64(1.0 / switch.config().calls_per_second.clamp(0.001, 1000.0));
    loop {
        switch.queues.spawn(call(Arc::clone(&switch)));
        switch.clock.sleep(pause).await;
    }
}

/// A call between two people: it rings, perhaps is answered, they talk, somebody hangs up.
async fn call(switch: Arc<Switch>) {
    if switch.is_full() {
        return;
    }
    let number = 1000 + switch.random() % 100;
    let cause = one_of(&switch, &ENDS);
    let is_answered = cause == HangupCause::NormalClearing;
    let leg = |number: u64, refusal: Option<HangupCause<'static>>| {
        let setup = Setup {
            destination: number.to_string(),
            caller_name: one_of(&switch, &NAMES).into(),
            caller_number: (2000 + switch.random() % 100).to_string(),
            rings: Some(Duration::from_millis(200 + switch.random() % 2000)),
            refusal,
            ..Setup::to(&format!("sofia/internal/{number}@simulated.local"))
        };
        Call::new(&switch, setup)
    };
    let one = leg(number, (!is_answered).then_some(cause));
    if one.dial().await.is_none() || switch.is_full() {
        return one.live(vec![Task::new("hangup", "")]).await;
    }
    let other = leg(number + 100, None);
    if other.dial().await.is_some() {
        join_calls(&one, &other);
    }
    switch.queues.spawn(Arc::clone(&one).live(vec![Task::new("park", "")]));
    switch.queues.spawn(Arc::clone(&other).live(vec![Task::new("park", "")]));
    switch.clock.sleep(Duration::from_millis(500 + switch.random() % 8000)).await;
    one.hangup(cause);
    other.hangup(cause);
}
