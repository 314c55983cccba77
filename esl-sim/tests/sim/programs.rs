//! Programs that calls connect to.

use esl_sim::{Config, Program, Request};

use crate::harness::{Client, Heard, Kind, Switch};

#[test]
fn a_program_has_its_call() {
    for (mode, socket_mode) in [("async", "async"), ("sync", "static")] {
        let (switch, mut call) = called(&format!("program {mode} full"));
        call.say("connect\n\n");
        let connected = call.next().unwrap();
        let end = format!("Reply-Text: %2BOK%0A\nSocket-Mode: {socket_mode}\nControl: full\n\n");
        assert!(connected.text.ends_with(&end), "{}", connected.text);
        assert_eq!(call.reply("myevents"), "+OK Events Enabled");
        assert_eq!(call.reply("myevents"), "-ERR aready enabled.");
        assert_eq!(call.reply("linger 1"), "+OK will linger 1 seconds");
        let order = "call-command: execute\nexecute-app-name: playback\nexecute-app-arg: x.wav\nEvent-UUID: e";
        call.say(format!("sendmsg\n{order}\n\n"));
        assert_eq!(call.answer(Kind::Reply), "+OK");
        // Where it is synchronous all of its events come after the reply, otherwise its end does.
        if mode == "sync" {
            assert!(call.events.iter().all(|heard| heard.get("Application-UUID") != Some("e")));
        }
        assert_eq!(call.event("CHANNEL_EXECUTE_COMPLETE").get("Application-Response"), Some("FILE PLAYED"));
        assert_eq!(call.reply("getvar direction"), "outbound");
        assert_eq!(call.reply("getvar nosuch"), "-ERR command not found");
        assert_eq!(call.reply("sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"), "+OK");
        call.event("CHANNEL_HANGUP");
        let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
        let notices: Vec<&str> = rest
            .iter()
            .filter_map(|heard| heard.text.split("Content-Disposition: ").nth(1)?.split('\n').next())
            .collect();
        assert_eq!(notices, ["linger", "disconnect"]);
        // The channel's end never comes on its own connection.
        assert!(rest.iter().all(|heard| heard.event.as_deref() != Some("CHANNEL_DESTROY")));
        assert!(switch.is_over());
    }
}

#[test]
fn calls_to_an_extension_connect_to_its_program() {
    let program = Program::parse("nobody|here:9042").unwrap();
    let switch =
        Switch::start(Config { extensions: [("9000".into(), vec![program.step()])].into(), ..Config::default() });
    let mut client = switch.client();
    client.say("bgapi originate user/1 9000\n\n");
    // The first one is tried, and not there.
    match switch.request() {
        Some(Request::Connect { connection, address, .. }) => {
            assert_eq!(address, "nobody:8084");
            switch.sim.borrow_mut().refused(connection, "Connection refused");
        }
        other => panic!("{other:?}"),
    }
    let (address, mut call) = switch.program();
    assert_eq!(address, "here:9042");
    call.say("myevents\n\n");
    call.say("connect\n\n");
    // The first command is not `connect`: it has no reply.
    assert!(call.next().unwrap().text.starts_with("Event-Name: CHANNEL_DATA\n"));
    assert_eq!(call.reply("linger"), "-ERR command not found", "needs full");
    assert_eq!(call.reply("exit"), "+OK bye");
    let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
    assert!(rest.last().unwrap().text.ends_with("See you at ClueCon! http://www.cluecon.com/\n"));
}

/// A switch, and the program's side of a call of it.
fn called(argument: &str) -> (Switch, Client) {
    let switch = Switch::start(Config::default());
    let client = switch.called(argument);
    (switch, client)
}

/// In async mode the channel is parked while its program orders it about.
#[test]
fn a_parked_channel_is_not_parked_once_more() {
    for (mode, told) in [("async", "CHANNEL_EXECUTE_COMPLETE"), ("sync", "CHANNEL_PARK")] {
        let (switch, mut call) = called(&format!("program {mode} full"));
        call.say("connect\n\n");
        call.next();
        // From beside: a synchronous program hears nothing meanwhile.
        let mut client = switch.client();
        client.reply("event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_PARK");
        call.say("sendmsg\ncall-command: execute\nexecute-app-name: park\n\n");
        assert_eq!(client.next().unwrap().event.as_deref(), Some(told), "{mode}");
    }
}

#[test]
fn the_end_of_a_call_in_both_modes() {
    for (mode, complete) in [("async", true), ("sync", false)] {
        let (switch, mut call) = called(&format!("program {mode} full"));
        call.say("connect\n\n");
        call.next();
        call.reply("myevents");
        call.reply("linger");
        call.reply("sendmsg\ncall-command: hangup");
        while !call.next().unwrap().text.contains("\nContent-Disposition: linger\n") {}
        // Too late: the connection stays, and still answers.
        assert_eq!(call.reply("nolinger"), "+OK will not linger");
        assert_eq!(call.reply("getvar hangup_cause"), "NORMAL_CLEARING");
        // Nothing comes of orders any more, and nobody waits for them.
        assert_eq!(call.reply("sendmsg\ncall-command: hangup"), "+OK");
        assert_eq!(call.reply("sendmsg\ncall-command: execute\nexecute-app-name: park"), "+OK");
        assert_eq!(call.reply("linger 0"), "+OK will linger 0 seconds");
        let rest: Vec<Heard> = std::iter::from_fn(|| call.next()).collect();
        let told = |name: &str| call.events.iter().chain(&rest).any(|heard| heard.event.as_deref() == Some(name));
        assert_eq!(told("CHANNEL_HANGUP_COMPLETE"), complete, "{mode}");
        assert!(!told("CHANNEL_DESTROY"));
        assert!(rest.last().unwrap().text.contains("\nContent-Disposition: disconnect\n"));
        assert!(switch.is_over());
    }
}

/// What is left of a dialplan after its program, as on a real server.
#[test]
fn a_dialplan_goes_on_after_its_program() {
    for (mode, words, goes_on) in
        [("full", "exit", true), ("full", "resume", false), ("async full", "resume", true), ("async full", "", true)]
    {
        let switch = Switch::start(Config::default());
        let mut client = switch.client();
        client.reply("event plain CHANNEL_EXECUTE");
        client.say(format!(
            "bgapi originate {{origination_uuid=u}}null/a 'socket:program:1 {mode},set:a=b,park:' inline\n\n"
        ));
        let (_, mut call) = switch.program();
        call.say("connect\n\n");
        call.next();
        if !words.is_empty() {
            call.reply(words);
        }
        call.close();
        while call.next().is_some() {}
        assert_eq!(client.event("CHANNEL_EXECUTE").get("Application"), Some("socket"));
        client.say("api echo end\n\n");
        client.answer(Kind::Api);
        let next = client.events.iter().find_map(|event| event.get("Application"));
        assert_eq!(next, goes_on.then_some("set"), "{mode} {words}");
        assert_eq!(client.api("uuid_exists u"), "true");
    }
}

/// A channel that was parked before its program is not after it, as on a real server.
#[test]
fn a_program_that_was_ordered_ends_its_call() {
    for mode in ["full", "async full"] {
        let switch = Switch::start(Config::default());
        let mut client = switch.client();
        client.reply("event plain CHANNEL_UNPARK CHANNEL_HANGUP");
        client.api("originate {origination_uuid=u}null/a &park");
        client.reply(&format!(
            "sendmsg u\ncall-command: execute\nexecute-app-name: socket\nexecute-app-arg: program:1 {mode}"
        ));
        let (_, mut call) = switch.program();
        call.say("connect\n\n");
        call.next();
        assert_eq!(call.reply("exit"), "+OK bye");
        while call.next().is_some() {}
        assert_eq!(client.event("CHANNEL_UNPARK").get("Answer-State"), Some("answered"), "{mode}");
        assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("NORMAL_CLEARING"), "{mode}");
        assert!(switch.is_over());
    }
}

#[test]
fn a_program_with_one_channel_may_do_little() {
    let (switch, mut call) = called("program async");
    call.say("connect\n\n");
    assert!(call.next().unwrap().text.ends_with("Socket-Mode: async\nControl: single-channel\n\n"));
    for line in ["api status", "bgapi status", "event plain ALL", "sendevent CUSTOM", "log", "linger", "nolinger"] {
        assert_eq!(call.reply(line), "-ERR command not found", "{line}");
    }
    assert_eq!(call.reply("resume"), "+OK");
    assert_eq!(call.reply("getvar socket_resume"), "true");
    assert_eq!(call.reply("sendmsg nobody\ncall-command: hangup"), "-ERR invalid session id [nobody]");
    assert_eq!(call.reply("exit"), "+OK bye");
    assert!(switch.is_over());
}

#[test]
fn orders_beyond_what_a_channel_keeps_are_refused() {
    let (_switch, mut call) = called("program async full");
    call.say("connect\n\n");
    call.next();
    let order = "sendmsg\ncall-command: execute\nexecute-app-name: sleep\nexecute-app-arg: 60000";
    let refused = (0..300).filter(|_| call.reply(order) == "-ERR memory error").count();
    // One runs, 256 wait.
    assert_eq!(refused, 300 - 257);
}

#[test]
fn diverted_events_come_to_the_calls_own_connection() {
    let (switch, mut call) = called("program async full");
    call.say("connect\n\n");
    let uuid = call.next().unwrap().text.split("\nUnique-ID: ").nth(1).unwrap().split('\n').next().unwrap().to_owned();
    call.reply("event plain CHANNEL_HANGUP");
    assert_eq!(call.reply("divert_events on"), "+OK events diverted");
    let mut other = switch.client();
    assert!(other.reply(&format!("sendevent CUSTOM\nunique-id: {uuid}\nFoo: bar")).starts_with("+OK "));
    let event = std::iter::from_fn(|| call.next()).find(|heard| heard.kind == Kind::Event).unwrap();
    assert_eq!((event.event, event.text.contains("\nFoo: bar\n")), (None, true), "{}", event.text);
}

#[test]
fn a_connection_that_closes_before_a_word() {
    for (argument, words, stays) in [
        ("program async full", "", true),
        ("program async full", "myevents\n\n", true),
        ("program async full", "connect\n\n", false),
        ("program full", "", false),
        ("program full", "connect\n\n", false),
    ] {
        let (switch, mut call) = called(argument);
        call.say(words);
        call.close();
        while call.next().is_some() {}
        assert_eq!(!switch.is_over(), stays, "{argument} {words}");
    }
    // A hangup that goes before ends it in all modes, with its cause.
    let (switch, mut call) = called("program async full");
    let mut watcher = switch.client();
    watcher.reply("event plain CHANNEL_HANGUP");
    call.say("sendmsg\ncall-command: hangup\nhangup-cause: SWITCH_CONGESTION\n\n");
    call.close();
    assert_eq!(watcher.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("SWITCH_CONGESTION"));
    assert!(switch.is_over());
}
