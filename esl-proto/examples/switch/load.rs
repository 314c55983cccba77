//! Calls that come and go by themselves.

use std::rc::Rc;
use std::time::Duration;

use esl_proto::name::HangupCause;
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::bridge::pair;
use crate::calls::{Call, Setup, Task};
use crate::common::random;
use crate::core::Switch;

const NAMES: [&str; 6] = ["Ada", "Grace", "Éva", "Linus", "Żaneta", "Ken"];
/// How calls end, the usual way more often than others.
const ENDS: [HangupCause<'static>; 6] = [
    HangupCause::NormalClearing,
    HangupCause::NormalClearing,
    HangupCause::NormalClearing,
    HangupCause::UserBusy,
    HangupCause::NoAnswer,
    HangupCause::CallRejected,
];

fn one_of<T: Copy>(choices: &[T]) -> T {
    choices[random() as usize % choices.len()]
}

/// Begins calls for ever, so many in a second.
pub(crate) async fn calls(switch: Rc<Switch>, per_second: f64) {
    if per_second <= 0.0 {
        return std::future::pending().await;
    }
    let mut ticks = interval(Duration::from_secs_f64(1.0 / per_second));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        spawn_local(call(Rc::clone(&switch)));
    }
}

/// A call between two people: it rings, perhaps is answered, they talk, somebody hangs up.
async fn call(switch: Rc<Switch>) {
    if switch.is_full() {
        return;
    }
    let number = 1000 + random() % 100;
    let cause = one_of(&ENDS);
    let is_answered = cause == HangupCause::NormalClearing;
    let leg = |number: u64, refusal: Option<HangupCause<'static>>| {
        let setup = Setup {
            destination: number.to_string(),
            caller_name: one_of(&NAMES).into(),
            caller_number: (2000 + random() % 100).to_string(),
            rings: Some(Duration::from_millis(200 + random() % 2000)),
            refusal,
            ..Setup::to(&format!("sofia/internal/{number}@simulated.local"))
        };
        Call::new(&switch, setup)
    };
    let one = leg(number, (!is_answered).then_some(cause));
    if one.dial().await.is_none() || switch.is_full() {
        return one.live(Task::new("hangup", "")).await;
    }
    let other = leg(number + 100, None);
    if other.dial().await.is_some() {
        spawn_local(pair(Rc::clone(&one), Rc::clone(&other)));
    }
    spawn_local(Rc::clone(&one).live(Task::new("park", "")));
    spawn_local(Rc::clone(&other).live(Task::new("park", "")));
    sleep(Duration::from_millis(500 + random() % 8000)).await;
    one.hangup(cause);
    other.hangup(cause);
}
