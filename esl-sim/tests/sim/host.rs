//! What a host of the simulation may do: time, hooks, faults.

use std::time::Duration;

use esl_proto::name::HangupCause;
use esl_proto::server::Goodbye;
use esl_sim::{Config, Faults, Hook, Incoming, Request, Sim};

use crate::harness::{Kind, Switch};

#[test]
fn the_same_happens_twice_to_the_octet() {
    const fn is_send<T: Send>() {}
    is_send::<Sim>();
    let run = |seed: u64| {
        let mut sim = Sim::new(Config { seed, calls_per_second: 5.0, ..Config::default() });
        let client = sim.connect();
        sim.input(client, b"auth ClueCon\n\nevent json ALL\n\nlog 7\n\nbgapi originate user/1 &bridge(user/2)\n\n");
        let mut octets = Vec::new();
        for second in 1..30 {
            sim.advance(Duration::from_secs(second));
            octets.extend(sim.take_output(client));
        }
        octets
    };
    let octets = run(7);
    assert!(octets.len() > 100_000, "{}", octets.len());
    assert!(octets == run(7), "differs");
    assert!(octets != run(8), "uuids depend on the seed");
}

#[test]
fn time_is_what_the_host_says() {
    let config = Config { start: Duration::from_secs(1_000_000_000), utc_offset: -3600, ..Config::default() };
    let switch = Switch::start(config);
    let mut client = switch.client();
    client.reply("event plain HEARTBEAT");
    let beat = client.event("HEARTBEAT");
    assert_eq!(beat.get("Event-Date-Local"), Some("2001-09-09 00:47:00"));
    assert_eq!(beat.get("Event-Date-GMT"), Some("Sun, 09 Sep 2001 01:47:00 GMT"));
    assert_eq!(beat.get("Event-Date-Timestamp"), Some("1000000020000000"));
    client.api("originate user/1 &park");
    assert!(client.api("show channels").contains(",2001-09-09 00:47:00,1000000020,"));
    // What would take an hour takes none.
    assert_eq!(client.api("msleep 60000"), "+OK");
    assert_eq!(switch.sim.borrow().now(), Duration::from_millis(80_050));
    let before = switch.sim.borrow().now();
    switch.sim.borrow_mut().advance(Duration::ZERO);
    assert_eq!(switch.sim.borrow().now(), before);
}

#[test]
fn the_host_answers_commands_applications_and_calls() {
    let config = Config {
        api_hooks: vec!["sofia".into(), "status".into()],
        app_hooks: vec!["transcribe".into()],
        dial_hook: true,
        ..Config::default()
    };
    let switch = Switch::start(config);
    let mut client = switch.client();
    client.say("api sofia status profile internal\n\n");
    let request = switch.hook();
    let hook = Hook::Api { command: "sofia".into(), argument: "status profile internal".into() };
    assert_eq!(request.hook, hook);
    // Others are served meanwhile, and one answer is enough.
    assert_eq!(switch.client().api("echo x"), "x");
    switch.sim.borrow_mut().answer(request.id, "RUNNING\n");
    switch.sim.borrow_mut().answer(request.id, "no");
    assert_eq!(client.answer(Kind::Api), "RUNNING\n");

    client.say("api originate user/1 &park\n\n");
    let request = switch.hook();
    assert!(matches!(&request.hook, Hook::Dial { endpoint, .. } if endpoint == "user/1"));
    switch.pass(Duration::from_secs(3));
    switch.sim.borrow_mut().answer(request.id, "CALL_REJECTED");
    assert_eq!(client.answer(Kind::Api), "-ERR CALL_REJECTED\n");

    client.reply("event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP");
    client.say("api originate user/1 &transcribe(de)\n\n");
    let request = switch.hook();
    switch.sim.borrow_mut().answer(request.id, "");
    let uuid = client.answer(Kind::Api).trim().replace("+OK ", "");
    let request = switch.hook();
    let hook = Hook::App { uuid: uuid.clone(), app: "transcribe".into(), argument: "de".into() };
    assert_eq!(request.hook, hook);
    switch.sim.borrow_mut().answer(request.id, "hello");
    assert_eq!(client.event("CHANNEL_EXECUTE_COMPLETE").get("Application-Response"), Some("hello"));
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("NORMAL_CLEARING"));
}

#[test]
fn what_a_host_does_itself_is_told() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CUSTOM a::b");
    switch.sim.borrow_mut().fire("CUSTOM", &[("Event-Subclass", "a::b"), ("Foo", "b: r")], Some(b"body"));
    let event = client.event("CUSTOM");
    assert_eq!((event.get("Foo"), event.said.as_str()), (Some("b: r"), "body"));
    client.reply("event plain CHANNEL_HANGUP");
    let uuid = client.api("originate user/1 &park").trim().replace("+OK ", "");
    let channel = switch.sim.borrow().channel(&uuid).unwrap();
    switch.sim.borrow_mut().hang_up(&channel, HangupCause::CallRejected);
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("CALL_REJECTED"));
    switch.sim.borrow_mut().disconnect(client.id, Goodbye::LostEvents);
    assert!(client.next().unwrap().text.ends_with("killed listener because of lost events\n"));
    assert!(client.next().is_none());
}

#[test]
fn connections_have_faults() {
    let switch = Switch::start(Config::default());
    // Late, in pieces of three octets.
    let mut slow = switch.client();
    slow.set_faults(Faults { delay: Duration::from_secs(2), piece: 3, ..Faults::default() });
    let before = switch.sim.borrow().now();
    assert_eq!(slow.api("echo hello"), "hello");
    assert_eq!(switch.sim.borrow().now() - before, Duration::from_secs(2));
    // Nothing comes, and then all of it.
    let mut held = switch.client();
    held.set_faults(Faults { held: true, ..Faults::default() });
    held.say("api echo late\n\n");
    switch.pass(Duration::from_secs(60));
    assert!(held.octets().is_empty() && !held.is_closed());
    held.set_faults(Faults::default());
    assert_eq!(held.answer(Kind::Api), "late");
    // A piece, and the next when its time has come.
    let mut paused = switch.client();
    paused.set_faults(Faults { piece: 10, pause: Duration::from_secs(1), ..Faults::default() });
    let before = switch.sim.borrow().now();
    assert_eq!(paused.api("echo 1"), "1");
    assert_eq!(switch.sim.borrow().now() - before, Duration::from_secs(4));
    // Gone in the middle of the greeting.
    let lost = switch.connect();
    lost.set_faults(Faults { lost_at: Some(7), ..Faults::default() });
    assert_eq!(lost.octets(), b"Content");
    assert!(lost.is_closed());
    // Who closes its side is told goodbye.
    let mut half = switch.client();
    half.close();
    assert!(half.next().unwrap().text.starts_with("Content-Type: text/disconnect-notice\n"));
    assert!(half.next().is_none());
}

#[test]
fn the_host_sees_what_clients_send_and_what_channels_execute() {
    let config = Config { record: true, api_hooks: vec!["version".into()], ..Config::default() };
    let switch = Switch::start(config);
    switch.sim.borrow_mut().configure(|config| drop(config.refusals.insert("user/2".into(), "USER_BUSY".into())));
    let mut client = switch.client();
    assert_eq!(client.api("originate user/2 &park"), "-ERR USER_BUSY\n");
    let call = switch.sim.borrow_mut().begin_call(Incoming::default()).unwrap();
    switch.sim.borrow_mut().execute(&call, "set", "a=b", 1, None);
    assert_eq!(call.executed(), [("set".to_owned(), "a=b".to_owned())]);
    assert_eq!((call.direction(), call.state(), call.variable("a")), ("inbound", "RINGING", Some(b"b".to_vec())));
    // What the host leaves to the simulation is as without it; who goes is answered no more.
    client.say("api version\n\n");
    let hook = switch.hook();
    switch.sim.borrow_mut().decline(hook.id);
    assert!(client.answer(Kind::Api).starts_with("FreeSWITCH Version"));
    switch.sim.borrow_mut().configure(|config| config.app_hooks.push("wait".into()));
    switch.sim.borrow_mut().execute(&call, "wait", "", 1, None);
    let hook = switch.hook();
    switch.sim.borrow_mut().hang_up(&call, HangupCause::NormalClearing);
    assert_eq!(switch.request(), Some(Request::Withdrawn(hook.id)));
    assert!(call.is_destroyed() && call.cause() == Some(HangupCause::NormalClearing));
    client.say("exit\n\n");
    let sent: Vec<String> =
        std::iter::from_fn(|| switch.sim.borrow_mut().next_received()).map(|received| received.line()).collect();
    assert_eq!(sent, ["auth ClueCon", "api originate user/2 &park", "api version", "exit"]);
}
