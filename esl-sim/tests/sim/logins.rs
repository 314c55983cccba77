//! Who may come in, and when a connection ends by itself.

use std::time::Duration;

use esl_sim::{Config, Request, User};

use crate::harness::{Client, Heard, Switch};

/// The last frame is that notice, and nothing comes after it.
fn assert_ends_with(client: &mut Client, notice: &str) {
    let rest: Vec<Heard> = std::iter::from_fn(|| client.next()).collect();
    let last = &rest.last().unwrap().text;
    assert!(last.starts_with("Content-Type: text/disconnect-notice\n") && last.ends_with(notice), "{last}");
}

const GOODBYE: &str = "\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

#[test]
fn passwords_users_and_addresses() {
    let user = User {
        name: "bob".into(),
        domain: "test.local".into(),
        password: "secret".into(),
        events: Some("HEARTBEAT,CHANNEL_ANSWER".into()),
        api: Some("status".into()),
        log: false,
    };
    let switch = Switch::start(Config { users: vec![user], ..Config::default() });
    let mut wrong = switch.stranger();
    assert_eq!(wrong.reply("api status"), "-ERR command not found");
    assert_eq!(wrong.reply("auth wrong"), "-ERR invalid");
    assert!(wrong.next().unwrap().text.starts_with("Content-Type: text/disconnect-notice\n"));
    assert!(wrong.next().is_none());

    let mut bob = switch.stranger();
    bob.say("userauth bob@test.local:secret\n\n");
    let rights = "Allowed-Events: HEARTBEAT,CHANNEL_ANSWER\nAllowed-API: status\nAllowed-LOG: false\n\n";
    assert!(bob.next().unwrap().text.ends_with(rights));
    assert_eq!(bob.reply("api version"), "-ERR permission denied");
    assert!(bob.api("status").starts_with("UP 0 years"));
    assert_eq!(bob.reply("event plain ALL"), "-ERR permission denied");
    assert_eq!(bob.reply("event plain CHANNEL_ANSWER"), "+OK event listener enabled plain");
    assert_eq!(bob.reply("log 7"), "-ERR permission denied");

    let denied = switch.sim.borrow_mut().connect_denied();
    let mut denied = switch.on(denied);
    assert!(denied.next().unwrap().text.ends_with("\n\nAccess Denied, go away.\n"));
    assert_ends_with(&mut denied, GOODBYE);
}

#[test]
fn patience_with_strangers_and_half_commands_ends() {
    let switch = Switch::start(Config { patience: Duration::from_secs(4), ..Config::default() });
    let mut silent = switch.stranger();
    let mut wrong = switch.stranger();
    assert_eq!(wrong.reply("foo"), "-ERR command not found");
    let mut half = switch.client();
    half.say("api sta");
    let mut patient = switch.client();
    for client in [&mut silent, &mut wrong, &mut half] {
        assert_ends_with(client, GOODBYE);
    }
    // Who has logged in may be silent.
    assert!(patient.api("status").starts_with("UP "));
}

#[test]
fn a_shutdown_is_told_to_strangers_too_and_while_a_command_runs() {
    let switch = Switch::start(Config::default());
    let (mut stranger, mut busy, mut half) = (switch.stranger(), switch.client(), switch.client());
    busy.say("api msleep 60000\n\n");
    half.say("sendevent CUSTOM\nContent-Length: 100\n\nhalf");
    let mut client = switch.client();
    assert!(client.api("status").starts_with("UP "));
    client.say("api fsctl shutdown\n\n");
    for client in [&mut stranger, &mut busy, &mut half, &mut client] {
        assert_ends_with(client, "\n\nThe system is being shut down.\n");
    }
    assert_eq!(switch.request(), Some(Request::Shutdown));
}

#[test]
fn a_nul_is_no_command() {
    let switch = Switch::start(Config::default());
    let mut client = switch.client();
    assert_eq!(client.reply("\0"), "-ERR command parse error.");
    assert_ends_with(&mut client, GOODBYE);
}

#[test]
fn rights_reach_into_commands_that_run_commands() {
    let user = |name: &str, password: &str, events: Option<&str>, api: Option<&str>| User {
        name: name.into(),
        domain: "b".into(),
        password: password.into(),
        events: events.map(str::to_owned),
        api: api.map(str::to_owned),
        log: true,
    };
    let users = vec![user("a", "c", None, Some("bgapi,status")), user("d", "e", Some(""), None)];
    let switch = Switch::start(Config { users, password: "x y".into(), ..Config::default() });
    let mut client = switch.stranger();
    assert_eq!(client.reply("userauth a:c@b"), "+OK accepted");
    assert_eq!(client.reply("api bgapi version"), "-ERR permission denied");
    assert_eq!(client.reply("bgapi bgapi version"), "-ERR permission denied");
    assert!(client.reply("bgapi bgapi status").starts_with("+OK Job-UUID: "));
    assert_eq!(client.reply("event plain ALL"), "+OK event listener enabled plain");
    assert_eq!(client.reply("log 7"), "+OK log level 7 [7]");
    let mut client = switch.stranger();
    assert_eq!(client.reply("userauth d@b:e"), "+OK accepted");
    assert_eq!(client.reply("event plain HEARTBEAT"), "-ERR permission denied");
    assert!(client.api("version").starts_with("FreeSWITCH Version "));
    assert_eq!(switch.stranger().reply("auth x y"), "+OK accepted");
    assert_eq!(switch.stranger().reply("auth x y "), "-ERR invalid");
    assert_eq!(switch.stranger().reply("userauth d@b:"), "-ERR invalid");
}
