//! Calls and their events.

use std::time::Duration;

use esl_sim::{Config, Request};

use crate::harness::{Heard, Kind, Switch};

#[test]
fn a_call_from_its_beginning_to_its_end() {
    let switch = Switch::start(Config::default());
    for format in ["plain", "json", "xml"] {
        let mut client = switch.client();
        assert_eq!(client.reply(&format!("event {format} ALL")), format!("+OK event listener enabled {format}"));
        let job = client.reply("bgapi originate {origination_caller_id_name='Ada & Co',a='100%41'}user/1000 &park");
        let job = job.strip_prefix("+OK Job-UUID: ").unwrap().to_owned();
        for name in ["CHANNEL_OUTGOING", "CHANNEL_CREATE", "CHANNEL_ORIGINATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER"] {
            let event = client.event(name);
            assert_eq!(event.get("Caller-Caller-ID-Name"), Some("Ada & Co"), "{format}");
            // Plain and XML lose this one, as the real server does.
            let exact = if format == "json" { "100%41" } else { "100A" };
            // This event has no variables at all.
            let exact = (name != "CHANNEL_OUTGOING").then_some(exact);
            assert_eq!(event.get("variable_a"), exact, "{format}");
        }
        let done = client.event("BACKGROUND_JOB");
        assert_eq!(done.get("Job-UUID"), Some(job.as_str()));
        let uuid = done.said.trim().strip_prefix("+OK ").unwrap().to_owned();
        assert_eq!(client.event("CHANNEL_EXECUTE").get("Application"), Some("park"));
        client.event("CHANNEL_PARK");

        let order = "call-command: execute\nexecute-app-name: set\nexecute-app-arg: x=1\nEvent-UUID: my app";
        assert_eq!(client.reply(&format!("sendmsg {uuid}\n{order}")), "+OK");
        assert_eq!(client.event("CHANNEL_EXECUTE").get("Application-UUID"), Some("my app"));
        assert_eq!(client.event("CHANNEL_EXECUTE_COMPLETE").get("variable_x"), Some("1"));
        assert_eq!(client.api(&format!("uuid_getvar {uuid} x")), "1");
        assert_eq!(client.api(&format!("uuid_getvar {uuid} nosuch")), "_undef_");
        assert_eq!(client.api(&format!("uuid_send_dtmf {uuid} 7")), format!("+OK {uuid} sent DTMF 7.\n"));
        assert_eq!(client.event("DTMF").get("DTMF-Digit"), Some("7"));
        assert!(client.api("show channels").ends_with("\n\n1 total.\n"));
        assert!(client.api("show calls as json").contains(&uuid));
        assert!(client.api(&format!("uuid_dump {uuid}")).starts_with("Event-Name: CHANNEL_DATA\n"));

        assert_eq!(client.reply(&format!("sendmsg {uuid}\ncall-command: hangup\nhangup-cause: 17")), "+OK");
        for name in ["CHANNEL_HANGUP", "CHANNEL_UNPARK", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"] {
            assert_eq!(client.event(name).get("Hangup-Cause"), Some("USER_BUSY"), "{name}");
        }
        assert_eq!(client.event("CHANNEL_STATE").get("Channel-State"), Some("CS_DESTROY"));
        assert_eq!(client.api(&format!("uuid_kill {uuid}")), "-ERR No such channel!\n");
        assert_eq!(client.reply("exit"), "+OK bye");
    }
}

#[test]
fn an_unknown_application_ends_the_call() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain ALL");
    let uuid = client.api("originate user/1 &park").trim().replace("+OK ", "");
    client.reply(&format!("sendmsg {uuid}\ncall-command: execute\nexecute-app-name: nosuch"));
    assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("DESTINATION_OUT_OF_ORDER"));
    assert_eq!(client.api("originate error/USER_BUSY &park"), "-ERR USER_BUSY\n");
    assert_eq!(client.api("originate nowhere &park"), "-ERR CHAN_NOT_IMPLEMENTED\n");
    assert_eq!(client.api("nosuch thing"), "-ERR nosuch Command not found!\n");
    assert_eq!(client.api("global_getvar nosuch"), "-ERR no reply\n");
}

#[test]
fn what_takes_its_time_is_repeated_and_what_has_no_name_is_nothing() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    let uuid = client.api("originate user/1 &park").trim().replace("+OK ", "");
    client.reply("event plain CHANNEL_EXECUTE CHANNEL_HANGUP");
    for (order, passes) in [
        ("execute-app-name: sleep\nexecute-app-arg: 600\nloops: 2", 2),
        ("execute-app-name: set\nexecute-app-arg: x=1\nloops: 5", 1),
        ("execute-app-name: set\nexecute-app-arg: x=1\nloops: 0", 0),
        ("execute-app-arg: x=1", 0),
    ] {
        let order = format!("sendmsg {uuid}\ncall-command: execute\nEvent-UUID-Name: this\n{order}");
        assert_eq!(client.reply(&order), "+OK");
        // The order after it ends it.
        assert_eq!(client.reply(&format!("sendmsg {uuid}\ncall-command: execute\nexecute-app-name: answer")), "+OK");
        let events = std::iter::from_fn(|| Some(client.event("CHANNEL_EXECUTE")));
        let events: Vec<Heard> = events.take_while(|event| event.get("Application") != Some("answer")).collect();
        assert_eq!(events.len(), passes, "{order}");
        assert!(events.iter().all(|event| event.get("Application-UUID-Name") == Some("this")));
    }
}

#[test]
fn events_of_other_clients_heartbeats_and_log_lines() {
    let switch = Switch::start(Config { heartbeat: Duration::from_millis(200), ..Config::default() });
    let (mut one, mut other) = (switch.client(), switch.client());
    one.reply("event json CUSTOM a::b");
    one.reply("filter Foo /^b[a-z]r$/");
    other.say("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: no\n\n");
    other.answer(Kind::Reply);
    other.say("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: bar\nBar[1]: x\nContent-Length: 4\n\nbody");
    let uuid = other.answer(Kind::Reply).replace("+OK ", "");
    let event = one.event("CUSTOM");
    assert_eq!((event.get("Event-UUID"), event.said.as_str()), (Some(uuid.as_str()), "body"));
    assert!(event.text.contains(r#""Bar":["","x"]"#), "{}", event.text);
    assert_eq!(one.reply("filter delete all"), "+OK filter deleted. [all][]");
    one.reply("event plain HEARTBEAT");
    assert_eq!(one.event("HEARTBEAT").get("Event-Info"), Some("System Ready"));
    one.reply("log 5");
    other.api("originate user/1 &hangup");
    other.api("log DEBUG not this");
    other.api("log warning look: %41");
    let mut line = || std::iter::from_fn(|| one.next()).find(|heard| heard.kind == Kind::Log).unwrap().text;
    let of_a_call = line();
    assert!(of_a_call.contains("\nLog-Level: 5\nText-Channel: 3\nLog-File: switch_channel.c\n"), "{of_a_call}");
    let text = " 99.00% [NOTICE] switch_channel.c:302 (user/1) Callstate Change DOWN -> RINGING\n";
    assert!(of_a_call.ends_with(text), "{of_a_call}");
    let warning = std::iter::from_fn(|| Some(line())).find(|line| line.contains("Log-Level: 4\n")).unwrap();
    assert!(warning.contains("\nUser-Data: \n\n") && warning.ends_with(" look: %41\n"), "{warning}");
}

#[test]
fn load_and_shutdown() {
    let switch = Switch::start(Config { calls_per_second: 20.0, ..Config::default() });
    let mut client = switch.client();
    client.reply("event plain CHANNEL_CREATE CHANNEL_DESTROY");
    for _ in 0..5 {
        client.event("CHANNEL_CREATE");
        client.event("CHANNEL_DESTROY");
    }
    client.say("api fsctl shutdown\n\n");
    let rest: Vec<Heard> = std::iter::from_fn(|| client.next()).collect();
    assert!(rest.last().unwrap().text.ends_with("\n\nThe system is being shut down.\n"));
    assert_eq!(switch.request(), Some(Request::Shutdown));
}

#[test]
fn a_small_office_has_calls_of_all_kinds() {
    let switch = Switch::start(Config::default().scenario());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_CREATE CHANNEL_BRIDGE CHANNEL_HOLD CHANNEL_PARK CHANNEL_HANGUP_COMPLETE");
    switch.pass(Duration::from_secs(120));
    let mut seen: Vec<(String, String)> = Vec::new();
    client.say("api echo end\n\n");
    while let Some(heard) = client.next()
        && heard.kind == Kind::Event
    {
        let name = heard.event.clone().unwrap();
        let what = match &*name {
            "CHANNEL_CREATE" => heard.get("Call-Direction"),
            "CHANNEL_HANGUP_COMPLETE" => heard.get("Hangup-Cause"),
            _ => None,
        };
        seen.push((name, what.unwrap_or_default().to_owned()));
    }
    let count = |name: &str, what: &str| seen.iter().filter(|(known, of)| known == name && of == what).count();
    // Six stories in a quarter of a minute, and none of them is left out.
    assert!(count("CHANNEL_CREATE", "inbound") > 20 && count("CHANNEL_CREATE", "outbound") > 20);
    assert!(count("CHANNEL_BRIDGE", "") > 20);
    for (name, what) in [("CHANNEL_HOLD", ""), ("CHANNEL_PARK", ""), ("CHANNEL_HANGUP_COMPLETE", "USER_BUSY")] {
        assert!(count(name, what) > 3, "{name} {what}");
    }
    // They end: there are never more than overlap.
    assert!(switch.sim.borrow().calls().len() < 20, "{}", switch.sim.borrow().calls().len());
}
