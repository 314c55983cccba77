//! Calls of two legs, beside those of a recorded server.

use esl_proto::Event;
use esl_proto::name::Format;
use esl_sim::Config;

use crate::harness::{Client, Heard, Switch};
use crate::support::{busy, events};

const STEPS: [&str; 9] = [
    "CHANNEL_OUTGOING",
    "CHANNEL_CREATE",
    "CHANNEL_ORIGINATE",
    "CHANNEL_PROGRESS",
    "CHANNEL_ANSWER",
    "CHANNEL_BRIDGE",
    "CHANNEL_UNBRIDGE",
    "CHANNEL_HANGUP",
    "CHANNEL_EXECUTE_COMPLETE",
];

/// What an event says, header by header.
type Said = Vec<(String, String)>;

fn get<'a>(event: &'a Said, name: &str) -> Option<&'a str> {
    event.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The events of a bridge's two legs, from the dialling to the end of the application.
fn story(events: impl Iterator<Item = Said>) -> Vec<Said> {
    let events: Vec<Said> = events.collect();
    let bridge = events.iter().find(|event| get(event, "Event-Name") == Some("CHANNEL_BRIDGE")).unwrap();
    let legs = ["Bridge-A-Unique-ID", "Bridge-B-Unique-ID"].map(|name| get(bridge, name));
    let second = |event: &&Said| get(event, "Unique-ID") == legs[1];
    let begin = events.iter().position(|event| second(&event)).unwrap();
    let is_done = |event: &Said| {
        get(event, "Event-Name") == Some("CHANNEL_EXECUTE_COMPLETE") && get(event, "Application") == Some("bridge")
    };
    let end = begin + events[begin..].iter().position(is_done).unwrap();
    let of_both = events[begin..=end].iter().filter(|event| legs.contains(&get(event, "Unique-ID")));
    of_both.cloned().collect()
}

fn recorded() -> Vec<Said> {
    let stream = busy(Format::Plain);
    story(events(&stream, Format::Plain).into_iter().map(|text| {
        let headers = Event::new(Format::Plain, text).headers();
        headers.map(|header| (header.name.to_string(), header.value.to_string())).collect()
    }))
}

/// A call that is bridged, until the other side hangs up.
fn simulated() -> Vec<Said> {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain ALL");
    let order = "{origination_caller_id_name=Ada,hangup_after_bridge=true}user/1000 &bridge({a=b}user/1001)";
    client.say(format!("bgapi originate {order}\n\n"));
    let mut heard: Vec<Heard> = Vec::new();
    while heard.last().is_none_or(|last| last.event.as_deref() != Some("CHANNEL_BRIDGE")) {
        heard.push(client.next().unwrap());
    }
    let other = heard.last().and_then(|bridge| bridge.get("Other-Leg-Unique-ID")).unwrap().to_owned();
    client.say(format!("api uuid_kill {other} CALL_REJECTED\n\n"));
    let is_done =
        |last: &Heard| last.get("Application") == Some("bridge") && last.get("Application-Response").is_some();
    while !heard.last().is_some_and(is_done) {
        heard.push(client.next().unwrap());
    }
    story(heard.into_iter().filter(|heard| heard.event.is_some()).map(|heard| heard.headers))
}

#[test]
fn the_same_happens_as_on_a_real_server() {
    let steps = |story: &[Said]| -> Vec<(String, bool, Option<String>)> {
        let second = get(&story[0], "Unique-ID");
        let steps = story.iter().filter(|event| STEPS.contains(&get(event, "Event-Name").unwrap()));
        let step = |event: &Said| {
            let other = get(event, "Other-Type").map(str::to_owned);
            (get(event, "Event-Name").unwrap().to_owned(), get(event, "Unique-ID") == second, other)
        };
        steps.map(step).collect()
    };
    let names = |story: &[Said], name: &str| -> Vec<String> {
        let event = story.iter().find(|event| get(event, "Event-Name") == Some(name)).unwrap();
        event.iter().map(|(name, _)| name.clone()).filter(|name| !name.starts_with("variable_")).collect()
    };
    let (ours, real) = (simulated(), recorded());
    // That call comes in and is answered when the other is; this one is made, and so has been answered before.
    let answered = |step: &(String, bool, Option<String>)| step.0 != "CHANNEL_ANSWER" || step.1;
    let real_steps: Vec<_> = steps(&real).into_iter().filter(answered).collect();
    assert_eq!(steps(&ours), real_steps);
    for name in ["CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_EXECUTE_COMPLETE"] {
        assert_eq!(names(&ours, name), names(&real, name), "{name}");
    }
    let done = ours.last().unwrap();
    assert_eq!(get(done, "variable_bridge_uuid"), get(done, "Other-Leg-Unique-ID"));
    assert_eq!(get(done, "variable_bridge_hangup_cause"), Some("CALL_REJECTED"));
    assert_eq!(get(done, "Hangup-Cause"), Some("CALL_REJECTED"));
    let other: Vec<&Said> = ours.iter().filter(|event| get(event, "Other-Type") == Some("originator")).collect();
    assert!(other.iter().all(|event| get(event, "Channel-Call-UUID") == get(done, "Unique-ID")));
    assert!(other.iter().any(|event| get(event, "variable_a") == Some("b")));
}

fn completes(client: &mut Client, application: &str) -> Heard {
    loop {
        let done = client.event("CHANNEL_EXECUTE_COMPLETE");
        if done.get("Application") == Some(application) {
            return done;
        }
    }
}

#[test]
fn who_is_not_answered_goes_on_or_not() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_EXECUTE_COMPLETE");
    for (cause, wanted, goes_on) in [
        ("CALL_REJECTED", "", false),
        ("CALL_REJECTED", "true", true),
        ("CALL_REJECTED", "no_answer,21", true),
        ("CALL_REJECTED", "no_answer", false),
        ("NO_ANSWER", "", true),
        ("NO_ANSWER", "user_busy", false),
    ] {
        client.say(format!("bgapi originate {{^^;continue_on_fail={wanted}}}user/1 &bridge(error/{cause})\n\n"));
        let done = completes(&mut client, "bridge");
        for name in ["variable_originate_disposition", "variable_originate_failed_cause"] {
            assert_eq!(done.get(name), Some(cause), "{cause} {wanted}");
        }
        assert_eq!(done.get("Answer-State"), Some(if goes_on { "answered" } else { "hangup" }), "{cause} {wanted}");
    }
}

#[test]
fn several_are_called_in_their_turn() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_BRIDGE");
    assert_eq!(client.api("originate error/USER_BUSY|error/NO_ANSWER &park"), "-ERR NO_ANSWER\n");
    assert!(
        client
            .api("originate error/USER_BUSY,user/1 &bridge({a=b}error/USER_BUSY|sofia/gateway/gw/1234)")
            .starts_with("+OK ")
    );
    assert_eq!(client.event("CHANNEL_BRIDGE").get("Other-Leg-Destination-Number"), Some("1234"));
}

#[test]
fn two_calls_are_bridged() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event json CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP");
    for (first, dead) in [(0, 1), (1, 0)] {
        let legs = [1, 2].map(|user| client.api(&format!("originate user/{user} &park")).trim().replace("+OK ", ""));
        assert_eq!(client.api(&format!("uuid_bridge {} {}", legs[0], legs[1])), format!("+OK {}\n", legs[1]));
        assert_eq!(client.event("CHANNEL_BRIDGE").get("Other-Leg-Unique-ID"), Some(legs[1].as_str()));
        assert!(client.api("show calls").ends_with("\n\n1 total.\n"));
        client.api(&format!("uuid_kill {} NO_ANSWER", legs[dead]));
        assert_eq!(client.event("CHANNEL_HANGUP").get("Hangup-Cause"), Some("NO_ANSWER"));
        client.event("CHANNEL_UNBRIDGE");
        assert_eq!(client.event("CHANNEL_HANGUP").get("Unique-ID"), Some(legs[first].as_str()));
    }
}
