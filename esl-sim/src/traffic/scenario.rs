//! The calls of a small office, for demonstrations.

use std::sync::Arc;
use std::time::Duration;

use esl_proto::name::HangupCause;

use super::load::{NAMES, one_of};
use crate::switch::call::{EXCHANGE_MEDIA, join_calls};
use crate::switch::{Call, Setup, Switch, Task};

/// How much time passes from one story to the next, in milliseconds.
const PAUSE: u64 = 2500;
/// Who answers at first.
const FRONT_DESK: &str = "user/1000";

#[derive(Clone, Copy)]
enum Story {
    /// Somebody calls, is put through, and talks.
    Incoming,
    /// Somebody in the office calls out.
    Outgoing,
    /// The called line is busy.
    Busy,
    /// The front desk transfers a caller.
    Transfer,
    /// A caller is put on hold for a while.
    Hold,
    /// A caller waits in a queue until an agent is free.
    Queue,
}

const STORIES: [Story; 6] = [Story::Incoming, Story::Queue, Story::Outgoing, Story::Busy, Story::Transfer, Story::Hold];

/// Tells one story after the other, for ever; they overlap.
pub(crate) async fn stories(switch: Arc<Switch>) {
    loop {
        for story in STORIES {
            if !switch.is_full() {
                switch.queues.spawn(tell(Arc::clone(&switch), story));
            }
            pass(&switch, PAUSE).await;
        }
    }
}

/// Lets that many milliseconds pass, and up to half as many again.
async fn pass(switch: &Switch, millis: u64) {
    switch.clock.sleep(Duration::from_millis(millis + switch.random() % (millis / 2 + 1))).await;
}

async fn tell(switch: Arc<Switch>, story: Story) {
    match story {
        Story::Incoming => {
            let line = 1001 + switch.random() % 4;
            let call = incoming(&switch, "0800123456", &[("bridge", &format!("user/{line}"))]);
            pass(&switch, 9000).await;
            call.hangup(HangupCause::NormalClearing);
        }
        Story::Outgoing => {
            let number = format!("sofia/gateway/carrier/0049301{:06}", switch.random() % 1_000_000);
            let call = begin(&switch, "sofia/internal/1002", "1002", "Office 1002", &number, &[("bridge", &number)]);
            pass(&switch, 8000).await;
            call.hangup(HangupCause::NormalClearing);
        }
        Story::Busy => drop(incoming(&switch, "0800123456", &[("bridge", "user/1005")])),
        Story::Transfer => {
            let call = incoming(&switch, "0800123400", &[("bridge", FRONT_DESK)]);
            pass(&switch, 7000).await;
            call.transfer("playback:transfer.wav,bridge:user/1004", "inline");
            pass(&switch, 10_000).await;
            call.hangup(HangupCause::NormalClearing);
        }
        Story::Hold => {
            let call = incoming(&switch, "0800123456", &[("bridge", "user/1003")]);
            pass(&switch, 5000).await;
            call.hold(true);
            pass(&switch, 4000).await;
            call.hold(false);
            pass(&switch, 4000).await;
            call.hangup(HangupCause::NormalClearing);
        }
        Story::Queue => queue(&switch).await,
    }
}

async fn queue(switch: &Arc<Switch>) {
    let steps = [("answer", ""), ("set", "queue=support"), ("playback", "queue/you-are-next.wav"), ("park", "")];
    let call = incoming(switch, "0800999000", &steps);
    pass(switch, 5000).await;
    let agent = 1010 + switch.random() % 3;
    let (name, number) = (call.setup.caller_name.clone(), call.setup.caller_number.clone());
    let setup = Setup { caller_name: name, caller_number: number, ..Setup::to(&format!("user/{agent}")) };
    let agent = Call::new(switch, setup);
    let is_there = agent.dial().await.is_some() && call.cause().is_none();
    switch.queues.spawn(Arc::clone(&agent).wait_for_orders(EXCHANGE_MEDIA));
    if is_there {
        join_calls(&call, &agent);
        pass(switch, 8000).await;
    }
    agent.hangup(HangupCause::NormalClearing);
}

/// Somebody outside calls.
fn incoming(switch: &Arc<Switch>, destination: &str, steps: &[(&str, &str)]) -> Arc<Call> {
    let number = format!("0049171{:07}", switch.random() % 10_000_000);
    let name = one_of(switch, &NAMES);
    begin(switch, &format!("sofia/external/{number}@carrier.example"), &number, name, destination, steps)
}

fn begin(
    switch: &Arc<Switch>,
    name: &str,
    caller_number: &str,
    caller_name: &str,
    destination: &str,
    steps: &[(&str, &str)],
) -> Arc<Call> {
    let destination = destination.rsplit('/').next().unwrap_or_default();
    let setup = Setup {
        name: name.into(),
        destination: destination.into(),
        caller_name: caller_name.into(),
        caller_number: caller_number.into(),
        is_incoming: true,
        ..Setup::default()
    };
    let call = Call::new(switch, setup);
    call.come_in();
    let steps = steps.iter().map(|(app, argument)| Task::new(app, argument)).collect();
    switch.queues.spawn(Arc::clone(&call).live(steps));
    call
}
