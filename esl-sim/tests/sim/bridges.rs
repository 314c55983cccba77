//! Calls of two legs, beside those of a recorded server.

use esl_proto::Event;
use esl_proto::name::Format;
use esl_sim::{Config, Incoming};

use crate::harness::{Client, Heard, Switch};
use crate::support::{busy, events};

/// What an event says, header by header.
type Said = Vec<(String, String)>;

fn get<'a>(event: &'a Said, name: &str) -> Option<&'a str> {
    event.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The events of a bridge's two legs, from the application's beginning to the last of each.
fn story(events: impl Iterator<Item = Said>) -> Vec<Said> {
    let events: Vec<Said> = events.collect();
    let bridge = events.iter().find(|event| get(event, "Event-Name") == Some("CHANNEL_BRIDGE")).unwrap();
    let legs = ["Bridge-A-Unique-ID", "Bridge-B-Unique-ID"].map(|name| get(bridge, name));
    let begins = |event: &Said| {
        get(event, "Event-Name") == Some("CHANNEL_EXECUTE")
            && get(event, "Application") == Some("bridge")
            && get(event, "Unique-ID") == legs[0]
    };
    let begin = events.iter().position(begins).unwrap();
    events[begin..].iter().filter(|event| legs.contains(&get(event, "Unique-ID"))).cloned().collect()
}

fn recorded() -> Vec<Said> {
    let stream = busy(Format::Plain);
    story(events(&stream, Format::Plain).into_iter().map(|text| {
        let headers = Event::new(Format::Plain, text).headers();
        headers.map(|header| (header.name.to_string(), header.value.to_string())).collect()
    }))
}

/// A call that comes in and is bridged, until the other side hangs up.
fn simulated() -> Vec<Said> {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain ALL");
    let mut incoming = Incoming { caller: ("1000".into(), Some("Ada".into())), ..Incoming::default() };
    incoming.variables.push(("hangup_after_bridge".into(), "true".into()));
    incoming.steps = Some(vec![("bridge".into(), "{a=b}user/1001".into())]);
    let call = switch.sim.borrow_mut().begin_call(incoming).unwrap();
    let mut heard = vec![client.event("CHANNEL_CREATE")];
    while heard.last().is_none_or(|last| last.event.as_deref() != Some("CHANNEL_BRIDGE")) {
        heard.push(client.next().unwrap());
    }
    let (other, role) = call.other_leg().unwrap();
    assert_eq!(role, "originatee");
    client.say(format!("api uuid_kill {} CALL_REJECTED\n\n", other.uuid()));
    assert!(call.is_destroyed() && other.is_destroyed());
    client.say("api echo end\n\n");
    while heard.last().is_none_or(|last| last.said != "end") {
        heard.push(client.next().unwrap());
    }
    story(heard.into_iter().filter(|heard| heard.event.is_some()).map(|heard| heard.headers))
}

/// What happens, to which leg, and what it is in then. What only media bring is left out: there are none.
fn steps(story: &[Said]) -> Vec<(bool, Vec<&str>)> {
    let first = get(&story[0], "Unique-ID");
    let is_media = |event: &&Said| {
        matches!(get(event, "Event-Name"), Some("CODEC" | "CHANNEL_PROGRESS_MEDIA" | "DTMF"))
            || (get(event, "Event-Name") == Some("CHANNEL_CALLSTATE")
                && get(event, "Channel-Call-State") == Some("EARLY"))
    };
    story
        .iter()
        .filter(|event| !is_media(event))
        .map(|event| {
            let said = |name| match get(event, name).unwrap_or_default() {
                "EARLY" => "RINGING",
                "early" => "ringing",
                said => said,
            };
            let names = [
                "Event-Name",
                "Channel-State",
                "Channel-State-Number",
                "Channel-Call-State",
                "Answer-State",
                "Other-Type",
                "Application",
            ];
            (get(event, "Unique-ID") == first, names.map(said).to_vec())
        })
        .collect()
}

#[test]
fn the_same_happens_as_on_a_real_server() {
    let names = |story: &[Said], name: &str| -> Vec<String> {
        let event = story.iter().find(|event| get(event, "Event-Name") == Some(name)).unwrap();
        event.iter().map(|(name, _)| name.clone()).filter(|name| !name.starts_with("variable_")).collect()
    };
    let (ours, real) = (simulated(), recorded());
    let (our_steps, real_steps) = (steps(&ours), steps(&real));
    // Each leg has a thread of its own on a server: after the bridge, which of them is first is chance.
    let of = |steps: &[(bool, Vec<&str>)], leg: bool| -> Vec<Vec<String>> {
        let steps = steps.iter().filter(|(of, _)| *of == leg);
        steps.map(|(_, step)| step.iter().map(|word| (*word).to_owned()).collect()).collect()
    };
    for leg in [true, false] {
        assert_eq!(of(&our_steps, leg), of(&real_steps, leg));
    }
    let end = |steps: &[(bool, Vec<&str>)]| steps.iter().position(|(_, step)| step[0] == "CHANNEL_EXECUTE_COMPLETE");
    assert_eq!(our_steps[..end(&our_steps).unwrap()], real_steps[..end(&real_steps).unwrap()]);
    // A telephone has a user, and what comes in through mod_loopback a callee.
    let known = |names: Vec<String>| -> Vec<String> {
        names.into_iter().filter(|name| !name.contains("-Username") && !name.contains("Callee-ID")).collect()
    };
    for name in ["CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_EXECUTE_COMPLETE"] {
        assert_eq!(known(names(&ours, name)), known(names(&real, name)), "{name}");
    }
    let done = ours.iter().find(|event| get(event, "Event-Name") == Some("CHANNEL_EXECUTE_COMPLETE")).unwrap();
    assert_eq!(get(done, "variable_bridge_uuid"), get(done, "Other-Leg-Unique-ID"));
    assert_eq!(get(done, "variable_bridge_hangup_cause"), Some("CALL_REJECTED"));
    assert_eq!(get(done, "Hangup-Cause"), Some("CALL_REJECTED"));
    let other: Vec<&Said> = ours.iter().filter(|event| get(event, "Other-Type") == Some("originator")).collect();
    let hangup = other.iter().position(|event| get(event, "Event-Name") == Some("CHANNEL_HANGUP")).unwrap();
    assert!(other[..=hangup].iter().all(|event| get(event, "Channel-Call-UUID") == get(done, "Unique-ID")));
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
