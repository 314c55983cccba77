//! Waits that are given up, at random: each answer reaches its own command, and the connection stays in step.

mod common;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use common::{Asked, Switch, options};
use esl_sim::{Config, Faults};
use esl_tokio::name::EventName;
use esl_tokio::{App, Session};
use proptest::prelude::*;

/// A future that is dropped after so many polls.
struct Polls<F>(Option<Pin<Box<F>>>, u32);

impl<F: Future> Future for Polls<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            self.0 = None;
            return Poll::Ready(None);
        }
        self.1 -= 1;
        match self.0.as_mut() {
            Some(work) => work.as_mut().poll(cx).map(Some),
            None => Poll::Ready(None),
        }
    }
}

/// What a task does, how many times it is polled before it is dropped, and how long it waits before.
type Step = (u8, u32, u8);

async fn act(fs: Session, uuid: String, number: usize, what: u8) -> bool {
    let own = format!("own-{number}");
    match what % 7 {
        0 | 1 => fs.api(format!("eval {own}")).await.unwrap().text() == own,
        2 => fs.bgapi(format!("eval {own}")).await.unwrap().result().await.unwrap().text() == own,
        // Its answer comes when the host gives it: late, and not in the order of the questions.
        3 => fs.bgapi(format!("slow {own}")).await.unwrap().result().await.unwrap().text() == format!("{own} slowly"),
        4 => {
            let done = fs.call(&uuid).run(App::set("mark", &own)).await.unwrap();
            done.event().unwrap().application_data().unwrap_or_default() == format!("mark={own}")
        }
        5 => {
            let mut events = fs.events([EventName::Heartbeat]).await.unwrap();
            events.next().await.unwrap().is_ok()
        }
        _ => {
            let late = fs.within(Duration::from_millis(3)).api(format!("eval {own}")).await;
            late.is_ok_and(|answer| answer.text() == own) || number < usize::MAX
        }
    }
}

async fn run(steps: Vec<Step>, piece: usize, delay: u64) {
    let config = Config { api_hooks: vec!["slow".into()], heartbeat: Duration::from_secs(1), ..Config::default() };
    let switch = Switch::with(config, 700);
    switch.set_faults(Faults { piece, delay: Duration::from_millis(delay), ..Faults::default() });
    let fs = options().connect_with(switch.connect()).await.unwrap();
    let created = fs.api("originate user/1000 &park()").await.unwrap();
    let uuid = created.detail().into_owned();
    let answering = switch.clone();
    let hooks = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let asked = tokio::time::timeout(Duration::from_millis(40), answering.asked()).await;
            if let Ok(Asked::Hook(hook)) = asked {
                held.push(hook);
            } else if let Some(hook) = held.pop() {
                let esl_sim::Hook::Api { argument, .. } = hook.hook else { panic!("{hook:?}") };
                answering.answer(hook.id, &format!("{argument} slowly"));
            }
        }
    });
    let mut tasks = Vec::new();
    for (number, (what, polls, pause)) in steps.into_iter().enumerate() {
        let work = act(fs.clone(), uuid.clone(), number, what);
        // Some are let go on to their end.
        let polls = if polls > 20 { u32::MAX } else { polls };
        tasks.push((polls, tokio::spawn(Polls(Some(Box::pin(work)), polls))));
        if pause > 200 {
            tokio::time::sleep(Duration::from_millis(u64::from(pause))).await;
        } else if pause > 100 {
            tokio::task::yield_now().await;
        }
    }
    for (polls, task) in tasks {
        match task.await.unwrap() {
            Some(is_own) => assert!(is_own, "an answer that is another's"),
            None => assert_ne!(polls, u32::MAX, "a wait that has no end"),
        }
    }
    // In step, and nothing is left behind.
    assert_eq!(fs.api("eval last").await.unwrap().text(), "last");
    assert_eq!(fs.bgapi("eval last").await.unwrap().result().await.unwrap().text(), "last");
    hooks.abort();
    fs.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]
    #[test]
    fn each_answer_reaches_its_own_command(
        steps in prop::collection::vec((any::<u8>(), 0_u32..30, any::<u8>()), 1..60),
        piece in prop_oneof![Just(0), 1_usize..100],
        delay in prop_oneof![Just(0), 0_u64..20],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            tokio::time::timeout(Duration::from_secs(3600), run(steps, piece, delay)).await.expect("no end");
        });
    }
}

/// Each await point of everything that a program waits for, one after another.
#[test]
fn every_wait_can_be_given_up_at_every_poll() {
    for what in 0..7 {
        for polls in 0..12 {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let steps = vec![(0, 30, 0), (what, polls, 150), (2, 30, 0), (what, polls, 0), (4, 30, 0)];
                tokio::time::timeout(Duration::from_secs(3600), run(steps, 0, 0)).await.expect("no end");
            });
        }
    }
}
