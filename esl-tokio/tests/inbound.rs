//! Sessions on a simulated switch, in paused time.

mod common;

use std::time::Duration;

use common::{Asked, Switch, options};
use esl_proto::Command;
use esl_proto::client::End;
use esl_proto::message::Status;
use esl_sim::{Config, User};
use esl_tokio::dial::{Destination, Leg, Originate};
use esl_tokio::name::{EventName, HangupCause, LogLevel};
use esl_tokio::{Error, Interest, Login, Many, Missed, Options, Overflow, Reason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn questions_have_answers_and_orders_succeed_or_fail() {
    let fs = Switch::start().session().await;
    assert!(fs.api("status").await.unwrap().text().starts_with("UP "));
    let answer = fs.api("nosuch").await.unwrap();
    assert_eq!((answer.status(), answer.is_err()), (Status::Err, true));
    assert!(matches!(answer.check(), Err(Error::Refused(_))));
    assert!(matches!(fs.send(&Command::Resume).await, Err(Error::Command(_))), "there is no channel");
    let refused = fs.send(&Command::sendmsg(esl_proto::command::CallCommand::other("x"))).await;
    assert!(matches!(refused, Err(Error::Command(_))), "{refused:?}");
    let message = esl_proto::command::SendMsg::new(esl_proto::command::CallCommand::hangup(None)).to("nosuch");
    assert!(matches!(fs.send(&message.into()).await, Err(Error::Refused(_))));
    assert!(matches!(fs.api("a\n\nexit").await, Err(Error::Command(_))));
    let job = fs.bgapi("status").await.unwrap();
    assert!(job.result().await.unwrap().text().starts_with("UP "));
    assert!(fs.bgapi("nosuch").await.unwrap().await.unwrap().is_err());
    // A job says how the server names it.
    let mut ends = fs.events([EventName::BackgroundJob]).await.unwrap();
    let job = fs.bgapi("status").await.unwrap();
    let uuid = job.uuid().to_vec();
    assert_eq!(format!("{job:?}"), format!("Job {{ uuid: {:?} }}", String::from_utf8_lossy(&uuid)));
    job.result().await.unwrap();
    assert_eq!(ends.next().await.unwrap().unwrap().job_uuid().unwrap().to_vec(), uuid);
    let modules = fs.show("modules").await.unwrap();
    assert!(modules.rows().unwrap().iter().any(|row| row.get("ikey").is_some()));
    assert!(matches!(fs.show("nonsense").await, Err(Error::Refused(_))));
    fs.close().await;
    assert_eq!(fs.closed().await, Reason::End(End::Exit));
    assert!(matches!(fs.api("status").await, Err(Error::Lost(Reason::End(End::Exit)))));
}

#[tokio::test(start_paused = true)]
async fn many_tasks_ask_at_once_and_each_has_its_own_answer() {
    let switch = Switch::with(Config::default(), 512);
    let fs = switch.session().await;
    let asking: Vec<_> = (0..500)
        .map(|number| {
            let fs = fs.clone();
            tokio::spawn(async move {
                let answer = fs.api(format!("eval {number}")).await.unwrap();
                assert_eq!(answer.text(), number.to_string());
            })
        })
        .collect();
    for task in asking {
        task.await.unwrap();
    }
    assert_eq!(fs.stats().commands, 500);
}

#[tokio::test(start_paused = true)]
async fn a_stream_stands_when_the_call_returns() {
    let switch = Switch::start();
    let fs = switch.session().await;
    let mut answers = fs.events([EventName::ChannelAnswer]).await.unwrap();
    // Nothing between the two: what happens now is heard.
    switch.act(|sim| sim.fire("CHANNEL_ANSWER", &[("Unique-ID", "u")], None));
    assert_eq!(answers.next().await.unwrap().unwrap().get("Unique-ID").unwrap_or_default(), "u");
    let mut custom = fs.events(Interest::new(esl_proto::command::Events::new(&[], &["a::b"]))).await.unwrap();
    let mut of_channel = fs.events(Interest::all().of_channel("v")).await.unwrap();
    switch.act(|sim| {
        sim.fire("CUSTOM", &[("Event-Subclass", "a::b")], None);
        sim.fire("CHANNEL_ANSWER", &[("Unique-ID", "v")], None);
    });
    assert_eq!(custom.next().await.unwrap().unwrap().get("event-subclass").unwrap_or_default(), "a::b");
    assert_eq!(of_channel.next().await.unwrap().unwrap().get("Unique-ID").unwrap_or_default(), "v");
    assert_eq!(answers.next().await.unwrap().unwrap().get("Unique-ID").unwrap_or_default(), "v");
    assert!(matches!(fs.events(Interest::new(&[EventName::from_bytes(b"A B")])).await, Err(Error::Command(_))));
    fs.close().await;
    assert!(answers.next().await.is_none() && answers.next().await.is_none(), "quietly");
}

#[tokio::test(start_paused = true)]
async fn losses_are_told_where_they_are() {
    let switch = Switch::start();
    let fs = switch.session().await;
    let names = [EventName::Heartbeat];
    let mut oldest = fs.events_with(names, 2, Overflow::DropOldest).await.unwrap();
    let mut newest = fs.events_with(names, 2, Overflow::DropNewest).await.unwrap();
    let mut ends = fs.events_with(names, 2, Overflow::End).await.unwrap();
    for number in 0..5 {
        switch.act(|sim| sim.fire("HEARTBEAT", &[("n", &number.to_string())], None));
    }
    // They have been read when this is answered.
    fs.api("status").await.unwrap();
    assert_eq!(oldest.next().await, Some(Err(Missed::Lost(3))));
    assert_eq!(oldest.next().await.unwrap().unwrap().get("n").unwrap_or_default(), "3");
    assert_eq!(newest.next().await.unwrap().unwrap().get("n").unwrap_or_default(), "0");
    assert_eq!(newest.next().await.unwrap().unwrap().get("n").unwrap_or_default(), "1");
    assert_eq!(newest.next().await, Some(Err(Missed::Lost(3))));
    for n in ["0", "1"] {
        assert_eq!(ends.next().await.unwrap().unwrap().get("n").unwrap_or_default(), n);
    }
    assert_eq!(ends.next().await, Some(Err(Missed::Overflowed)));
    assert_eq!(ends.next().await, None);
    assert_eq!((oldest.lost(), newest.lost(), ends.lost(), fs.stats().lost), (3, 3, 3, 9));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_blocks_loses_nothing() {
    let switch = Switch::with(Config::default(), 1024);
    let fs = switch.session().await;
    let mut events = fs.events_with([EventName::Heartbeat], 4, Overflow::Block).await.unwrap();
    for number in 0..1000 {
        switch.act(|sim| sim.fire("HEARTBEAT", &[("n", &number.to_string())], None));
    }
    // Nobody reads: the answer is behind the events.
    assert!(matches!(fs.within(SECOND).api("status").await, Err(Error::TimedOut)));
    for number in 0..1000 {
        assert_eq!(events.next().await.unwrap().unwrap().get("n").unwrap_or_default(), number.to_string());
    }
    assert!(fs.api("status").await.unwrap().text().starts_with("UP "));
    assert_eq!(fs.stats().lost, 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_stream_that_is_dropped_blocks_no_longer() {
    let switch = Switch::with(Config::default(), 1024);
    let fs = switch.session().await;
    let full = [
        fs.events_with([EventName::Heartbeat], 1, Overflow::Block).await.unwrap(),
        fs.events_with([EventName::Heartbeat], 1, Overflow::Block).await.unwrap(),
    ];
    for _ in 0..100 {
        switch.act(|sim| sim.fire("HEARTBEAT", &[], None));
    }
    for stream in full {
        assert!(matches!(fs.within(SECOND).api("status").await, Err(Error::TimedOut)));
        drop(stream);
    }
    assert!(fs.api("status").await.unwrap().text().starts_with("UP "));
}

#[tokio::test(start_paused = true)]
async fn what_a_user_may_not_have_is_refused() {
    let user = User {
        name: "bob".into(),
        domain: "x.org".into(),
        password: "secret".into(),
        events: Some("CHANNEL_ANSWER".into()),
        api: Some("status".into()),
        log: false,
    };
    let switch = Switch::with(Config { users: vec![user], ..Config::default() }, 1 << 16);
    let login = Login::user("bob", "x.org", "secret");
    assert_eq!(format!("{login:?}"), "Command(\"userauth bob@x.org:***\\n\\n\")");
    let fs = Options::new(login).connect_with(switch.connect()).await.unwrap();
    assert!(fs.events([EventName::ChannelAnswer]).await.is_ok());
    assert!(matches!(fs.events([EventName::Heartbeat]).await, Err(Error::Refused(_))));
    assert!(matches!(fs.bgapi("status").await.unwrap().result().await, Err(Error::Refused(_))));
    assert!(matches!(fs.log(LogLevel::DEBUG).await, Err(Error::Command(_))));
    assert!(fs.api("version").await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn logins_that_fail_say_why() {
    let switch = Switch::start();
    let wrong = Options::new(Login::password("x")).connect_with(switch.connect()).await;
    assert!(matches!(wrong, Err(Error::Lost(Reason::End(End::AuthRefused)))), "{wrong:?}");
    let denied = options().connect_with(switch.denied()).await;
    assert!(matches!(denied, Err(Error::Lost(Reason::End(End::Rejected)))), "{denied:?}");
    let (client, _server) = tokio::io::duplex(64);
    let began = Instant::now();
    let silent = options().connect_with(client).await;
    assert!(matches!(silent, Err(Error::TimedOut)), "{silent:?}");
    assert_eq!(began.elapsed(), 10 * SECOND);
    let (client, server) = tokio::io::duplex(64);
    drop(server);
    assert!(matches!(options().connect_with(client).await, Err(Error::Lost(Reason::End(End::Eof)))));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_leaves_the_connection_in_step() {
    let config = Config { api_hooks: vec!["slow".into()], ..Config::default() };
    let switch = Switch::with(config, 1 << 16);
    let fs = switch.session().await;
    let began = Instant::now();
    let late = fs.within(2 * SECOND).api("slow one").await;
    assert!(matches!(late, Err(Error::TimedOut)) && began.elapsed() == 2 * SECOND);
    let hook = switch.hook().await;
    let next = tokio::spawn({
        let fs = fs.clone();
        async move { fs.api("eval next").await }
    });
    tokio::time::sleep(SECOND).await;
    switch.answer(hook.id, "late");
    assert_eq!(next.await.unwrap().unwrap().text(), "next");
    assert_eq!(fs.stats().timed_out, 1);
    // A job that is given up, whose end comes all the same.
    let job = fs.within(SECOND).bgapi("slow two").await.unwrap();
    assert!(matches!(job.result().await, Err(Error::TimedOut)));
    let hook = switch.hook().await;
    switch.answer(hook.id, "late");
    assert_eq!(fs.bgapi("eval 3").await.unwrap().result().await.unwrap().text(), "3");
}

#[tokio::test(start_paused = true)]
async fn calls_are_made_and_driven() {
    let switch = Switch::with(Config { dial_hook: true, ..Config::default() }, 1 << 16);
    let fs = switch.session().await;
    let leg = Leg::new("user/1000").variables(&[("origination_caller_id_name", "O'Hara, S")]);
    let originate = Originate::new(leg, Destination::application("park", ""));
    let dialling = tokio::spawn({
        let fs = fs.clone();
        async move { fs.originate(&Originate::new("user/1", Destination::application("park", ""))).await }
    });
    let hook = switch.hook().await;
    switch.answer(hook.id, "USER_BUSY");
    match dialling.await.unwrap() {
        Err(Error::NotAnswered(hung_up)) => assert_eq!(hung_up.cause(), Some(HangupCause::UserBusy)),
        other => panic!("{other:?}"),
    }
    let answering = switch.clone();
    tokio::spawn(async move {
        while let Asked::Hook(hook) = answering.asked().await {
            answering.answer(hook.id, "");
        }
    });
    let call = fs.originate(&originate).await.unwrap();
    assert_eq!(switch.calls(), [String::from_utf8(call.uuid().to_vec()).unwrap()]);
    assert_eq!(call.get("origination_caller_id_name").await.unwrap().unwrap().text(), "O'Hara, S");
    assert!(call.get("nosuch").await.unwrap().is_none());
    let done = call.playback("x.wav").await.unwrap();
    assert_eq!(done.response().unwrap().to_string(), "FILE PLAYED");
    call.set("greeting", "hello, world").await.unwrap();
    assert_eq!(call.get("greeting").await.unwrap().unwrap().text(), "hello, world");
    assert!(matches!(call.set("x", "${system(reboot)}").await, Err(Error::App(_))));
    assert!(fs.execute(call.uuid(), "answer", "").await.unwrap().event().is_some());

    // It is killed under an application, and gone after that.
    let (parked, hung_up) = (call.clone(), call.clone());
    let parked = tokio::spawn(async move { parked.playback("long.wav").await });
    let watching = tokio::spawn(async move { hung_up.hung_up().await });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let kill = [b"uuid_kill ", call.uuid(), b" CALL_REJECTED"].concat();
    assert!(!fs.api(kill).await.unwrap().is_err());
    let ended = |result: Result<_, Error>| match result {
        Err(Error::ChannelEnded(hung_up)) => hung_up.cause().map(|cause| cause.as_str().unwrap().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(ended(parked.await.unwrap().map(drop)).as_deref(), Some("CALL_REJECTED"));
    assert_eq!(watching.await.unwrap().unwrap().cause(), Some(HangupCause::CallRejected));
    assert_eq!(ended(call.playback("x").await.map(drop)), None);
    assert_eq!(ended(call.get("x").await.map(drop)), None);
    call.hangup(HangupCause::NormalClearing).await.unwrap();
    assert_eq!(call.hung_up().await.unwrap().cause(), None);
    let call = fs.originate(&originate).await.unwrap();
    call.hangup(HangupCause::UserBusy).await.unwrap();
    assert_eq!(call.hung_up().await.unwrap().cause(), Some(HangupCause::UserBusy));
}

#[tokio::test(start_paused = true)]
async fn log_lines_come_to_those_who_want_them() {
    let switch = Switch::start();
    let fs = switch.session().await;
    let mut all = fs.log(LogLevel::DEBUG).await.unwrap();
    let mut few = fs.log(LogLevel::ERR).await.unwrap();
    fs.api("log ERR first").await.unwrap();
    fs.api("log DEBUG second").await.unwrap();
    fs.api("log ERR third").await.unwrap();
    let mut next = async || all.next().await.unwrap().unwrap().to_string();
    let mut lines = vec![next().await, next().await, next().await];
    lines.retain(|line| line.ends_with("first") || line.ends_with("second") || line.ends_with("third"));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(few.next().await.unwrap().unwrap().to_string().ends_with("first"));
    assert!(few.next().await.unwrap().unwrap().to_string().ends_with("third"));
}

#[tokio::test(start_paused = true)]
async fn filters_hold_and_let_through_what_waits_need() {
    let switch = Switch::start();
    let fs = switch.session().await;
    let mut events = fs.events([EventName::Heartbeat, EventName::ChannelAnswer]).await.unwrap();
    fs.set_filters([("Event-Name", "CHANNEL_ANSWER")]).await.unwrap();
    assert!(fs.bgapi("status").await.unwrap().result().await.is_ok());
    switch.act(|sim| {
        sim.fire("HEARTBEAT", &[], None);
        sim.fire("CHANNEL_ANSWER", &[], None);
    });
    assert_eq!(events.next().await.unwrap().unwrap().name(), Some(EventName::ChannelAnswer));
    fs.set_filters::<&str, &str>([]).await.unwrap();
    switch.act(|sim| sim.fire("HEARTBEAT", &[], None));
    assert_eq!(events.next().await.unwrap().unwrap().name(), Some(EventName::Heartbeat));
}

#[tokio::test(start_paused = true)]
async fn several_switches_are_one() {
    let switches = [Switch::start(), Switch::start()];
    let mut sessions = Vec::new();
    for (switch, name) in switches.iter().zip(["a", "b"]) {
        sessions.push((name, switch.session().await));
    }
    let all = Many::new(sessions);
    let answers = all.api("status").await;
    assert!(answers.iter().all(|(_, answer)| answer.as_ref().unwrap().text().starts_with("UP ")));
    assert_eq!(answers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["a", "b"]);
    let mut events = all.events([EventName::ChannelAnswer]).await.unwrap();
    for (switch, name) in switches.iter().zip(["a", "b"]) {
        switch.act(|sim| sim.fire("CHANNEL_ANSWER", &[], None));
        assert_eq!(events.next().await.unwrap().0, name);
    }
    // One ends, and the other goes on.
    switches[0].act(esl_sim::Sim::shut_down);
    assert_eq!(events.next().await.unwrap(), ("a".into(), Err(Missed::Ended(Reason::End(End::Shutdown)))));
    switches[1].act(|sim| sim.fire("CHANNEL_ANSWER", &[], None));
    assert_eq!(events.next().await.unwrap().0, "b");
    assert!(!all.get("a").unwrap().is_open() && all.get("b").unwrap().is_open());
    all.close().await;
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_closes_the_connection() {
    let switch = Switch::start();
    let fs = switch.session().await;
    let mut events = fs.events([EventName::Heartbeat]).await.unwrap();
    let job = fs.bgapi("status").await.unwrap();
    drop(fs);
    // Streams and jobs are handles as well.
    assert!(job.result().await.is_ok());
    assert!(events.next().await.unwrap().is_ok());
    let (client, mut server) = tokio::io::duplex(4096);
    let connecting = tokio::spawn(async move { options().connect_with(client).await });
    server
        .write_all(b"Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n")
        .await
        .unwrap();
    let fs = connecting.await.unwrap().unwrap();
    let copy = fs.clone();
    drop(fs);
    assert!(copy.is_open());
    drop(copy);
    // The good-bye does not come: it is not waited for without end.
    let (mut said, began) = (String::new(), Instant::now());
    server.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "auth ClueCon\n\nexit\n\n");
    assert_eq!(began.elapsed(), 5 * SECOND);
}
