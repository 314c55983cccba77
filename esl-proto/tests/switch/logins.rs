//! Who may come in, and the command line that says so.

use std::net::TcpListener;
use std::process::Command;

use crate::harness::{Client, Heard, Switch};
use crate::program::program;

#[test]
fn passwords_users_and_addresses() {
    let user = "bob@test.local:secret;events=HEARTBEAT,CHANNEL_ANSWER;api=status;log=false";
    let switch = Switch::start(&["--user", user, "--deny", "127.0.0.66/32"]);
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

    assert_denied(&switch, "127.0.0.66");
    // A socket for both kinds of addresses gives the older kind another look.
    if TcpListener::bind("[::]:0").is_ok() {
        assert_denied(&Switch::start(&["--listen", "[::]:0", "--deny", "127.0.0.64/26"]), "127.0.0.66");
    }
}

#[test]
fn wrong_options_are_said() {
    for options in
        [&["--listen", "nowhere"][..], &["--what"], &["--deny", "1.2.3.4/99", "--mode", "x"], &["--user", "x"]]
    {
        let output = Command::new(program("switch")).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(!output.stderr.is_empty());
    }
    let output = Command::new(program("switch")).arg("--help").output().unwrap();
    assert!(output.status.success() && output.stdout.starts_with(b"usage: switch"));
}

/// A client with this address is turned away. Only where the whole of 127.0.0.0/8 is this host.
fn assert_denied(switch: &Switch, from: &str) {
    const CONNECT: &str = "import socket, sys
socket = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5, (sys.argv[2], 0))
while octets := socket.recv(4096): sys.stdout.write(octets.decode())";
    if cfg!(target_os = "linux") {
        let arguments = ["-c", CONNECT, &switch.address.port().to_string(), from];
        let text = String::from_utf8(Command::new("python3").args(arguments).output().unwrap().stdout).unwrap();
        let rejection = "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n";
        assert!(text.starts_with(rejection) && text.ends_with(GOODBYE), "{text}");
    }
}

/// The last frame is that notice, and nothing comes after it.
fn assert_ends_with(client: &mut Client, notice: &str) {
    let rest: Vec<Heard> = std::iter::from_fn(|| client.next()).collect();
    let last = &rest.last().unwrap().text;
    assert!(last.starts_with("Content-Type: text/disconnect-notice\n") && last.ends_with(notice), "{last}");
}

const GOODBYE: &str = "\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

#[test]
fn patience_with_strangers_and_half_commands_ends() {
    let switch = Switch::start(&["--patience", "4"]);
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
    let mut switch = Switch::start(&[]);
    let (mut stranger, mut busy, mut half) = (switch.stranger(), switch.client(), switch.client());
    busy.say("api msleep 60000\n\n");
    half.say("sendevent CUSTOM\nContent-Length: 100\n\nhalf");
    let mut client = switch.client();
    assert!(client.api("status").starts_with("UP "));
    client.say("api fsctl shutdown\n\n");
    for client in [&mut stranger, &mut busy, &mut half, &mut client] {
        assert_ends_with(client, "\n\nThe system is being shut down.\n");
    }
    assert!(switch.ends());
}

#[cfg(unix)]
#[test]
fn whoever_ends_it_from_outside_ends_it_well() {
    for signal in ["-INT", "-TERM"] {
        let mut switch = Switch::start(&[]);
        let (mut stranger, mut client) = (switch.stranger(), switch.client());
        let done = Command::new("kill").args([signal, &switch.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        for client in [&mut stranger, &mut client] {
            assert_ends_with(client, "\n\nThe system is being shut down.\n");
        }
        assert!(switch.ends(), "{signal}");
    }
}

#[test]
fn a_nul_is_no_command() {
    let switch = Switch::start(&[]);
    let mut client = switch.client();
    assert_eq!(client.reply("\0"), "-ERR command parse error.");
    assert_ends_with(&mut client, GOODBYE);
}

#[test]
fn rights_reach_into_commands_that_run_commands() {
    let switch = Switch::start(&["--user", "a@b:c;api=bgapi,status", "--user", "d@b:e;events=", "--password", "x y"]);
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
