//! Conferences and loopbacks. Their answers and events are compared with those of recorded servers by the program's tests.

use std::time::Duration;

use esl_sim::Config;

use crate::harness::{Client, Switch};

/// Two that take part in a conference, in their order.
fn conference(client: &mut Client) -> [String; 2] {
    ["a", "b"].map(|name| {
        let order = format!("originate {{origination_uuid={name}}}null/{name} &conference(room@default)");
        assert_eq!(client.api(&order), format!("+OK {name}\n"));
        name.to_owned()
    })
}

#[test]
fn who_takes_part_is_told_and_may_be_muted() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CUSTOM conference::maintenance");
    conference(&mut client);
    for (action, member) in
        [("conference-create", None), ("add-member", Some("1")), ("floor-change", Some("1")), ("add-member", Some("2"))]
    {
        let event = client.event("CUSTOM");
        assert_eq!((event.get("Action"), event.get("Member-ID")), (Some(action), member));
    }
    let rows = "2;null/b;b;Outbound Call;b;hear|speak;0;0;100\n1;null/a;a;Outbound Call;a;hear|speak|floor;0;0;100\n";
    assert_eq!(client.api("conference room list"), rows);
    assert_eq!(client.api("conference room mute last"), "+OK mute 2\n");
    let event = client.event("CUSTOM");
    assert_eq!(
        (event.get("Action"), event.get("Speak"), event.get("Unique-ID")),
        (Some("mute-member"), Some("false"), Some("b"))
    );
    let json: serde_json::Value = serde_json::from_str(&client.api("conference room json_list")).unwrap();
    assert_eq!(json[0]["members"][0]["flags"]["can_speak"], false);
    assert_eq!(json[0]["members"][1]["flags"]["has_floor"], true);
    assert!(client.api("conference xml_list").contains("<can_speak>false</can_speak>"));
}

#[test]
fn who_leaves_a_conference() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    client.reply("event plain CHANNEL_HANGUP");
    conference(&mut client);
    // Nobody comes in any more.
    assert_eq!(client.api("conference room lock"), "+OK room locked\n");
    client.api("originate {origination_uuid=c}null/c &conference(room@default)");
    assert_eq!(client.event("CHANNEL_HANGUP").get("Unique-ID"), Some("c"));
    assert_eq!(client.api("conference room transfer other 1"), "+OK Member '1' sent to conference other.\n");
    assert!(client.api("conference other list").contains(";null/a;a;"));
    assert!(client.api("conference room list").ends_with(";hear|speak|floor;0;0;100\n"));
    assert_eq!(client.api("conference room kick all"), "+OK kicked 2\n");
    assert_eq!(client.event("CHANNEL_HANGUP").get("Unique-ID"), Some("b"));
    assert_eq!(client.api("conference room list"), "-ERR Conference room not found\n");
    client.api("uuid_kill a USER_BUSY");
    assert_eq!(client.api("conference list"), "+OK No active conferences.\n");
    assert!(switch.is_over());
}

#[test]
fn a_loopback_has_two_legs() {
    let extensions = [("busy".into(), vec![("hangup".into(), "USER_BUSY".into())])].into();
    let refusals = [("loopback/2".into(), "NO_ROUTE_DESTINATION".into())].into();
    let switch = Switch::start(Config { extensions, refusals, ..Config::default() });
    let mut client = switch.client();
    client.reply("event plain CHANNEL_ANSWER CHANNEL_HANGUP");
    assert_eq!(client.api("originate {origination_uuid=a,x=y}loopback/1/default &park"), "+OK a\n");
    for name in ["loopback/1-a", "loopback/1-b"] {
        assert_eq!(client.event("CHANNEL_ANSWER").get("Channel-Name"), Some(name));
    }
    let other = client.api("uuid_getvar a other_loopback_leg_uuid");
    assert_eq!(client.api(&format!("uuid_getvar {other} other_loopback_leg_uuid")), "a");
    assert_eq!(client.api(&format!("uuid_getvar {other} x")), "y");
    // With one leg the other ends, for the same reason.
    client.api(&format!("uuid_kill {other} CALL_REJECTED"));
    for name in ["loopback/1-b", "loopback/1-a"] {
        let event = client.event("CHANNEL_HANGUP");
        assert_eq!((event.get("Channel-Name"), event.get("Hangup-Cause")), (Some(name), Some("CALL_REJECTED")));
    }
    // So it is before anybody answers.
    assert_eq!(client.api("originate loopback/busy &park"), "-ERR USER_BUSY\n");
    assert_eq!(client.api("originate loopback/2 &park"), "-ERR NO_ROUTE_DESTINATION\n");
    assert!(switch.is_over());
}

#[test]
fn a_loopback_between_two_bows_out_unless_it_must_not() {
    for (variable, bows_out) in [("x", true), ("loopback_bowout", false)] {
        let switch = Switch::start(Config::default());
        let mut client = switch.client();
        let order = format!("{{{variable}=false}}loopback/app=bridge:user/2");
        client.api(&format!("originate {{origination_uuid=a}}user/1 &bridge({order})"));
        switch.pass(Duration::from_secs(1));
        assert_eq!(client.api("show channels count"), "\n4 total.\n");
        switch.pass(Duration::from_secs(5));
        assert_eq!(client.api("show channels count"), if bows_out { "\n2 total.\n" } else { "\n4 total.\n" });
        let others = client.api("show calls");
        assert_eq!(others.contains(",user/2,"), bows_out || others.contains("loopback/"), "{others}");
        client.api("uuid_kill a");
        assert!(switch.is_over());
    }
}
