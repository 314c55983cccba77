//! Clients that mean no good, or do not read: the others are served, and memory has its bounds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::{Client, Kind, PATIENCE, Switch};

#[test]
fn nobody_keeps_others_from_being_served() {
    let switch = Switch::start(&["--queue", "50", "--max-connections", "400"]);
    let before = switch.memory();
    // Some say nothing, some half a command, some a head without an end.
    let mut idle: Vec<Client> = (0..300).map(|_| switch.stranger()).collect();
    for (place, client) in idle.iter_mut().enumerate() {
        match place % 3 {
            0 => {}
            1 => client.say("api sta"),
            _ => client.say("sendevent CUSTOM\nContent-Length: 1000000\n\nhalf a body"),
        }
    }
    let each = switch.memory().saturating_sub(before) / 300;
    assert!(each < 100, "{each} kB a connection");
    // One wants all events and reads none.
    let mut slow = switch.client();
    slow.reply("event plain ALL");
    let mut client = switch.client();
    let long = "x".repeat(20_000);
    for _ in 0..1500 {
        client.say(format!("sendevent CUSTOM\nEvent-Subclass: a::b\nFoo: {long}\n\n"));
        assert!(client.answer(Kind::Reply).starts_with("+OK "));
    }
    assert!(client.api("status").starts_with("UP "));
    assert!(switch.memory() < before + 80_000, "{} kB", switch.memory());
    let mut last = None;
    let mut octets = Vec::new();
    let _ = slow.socket.read_to_end(&mut octets).map(|_| last = Some(()));
    assert!(octets.len() > 100_000 && octets.len() < 1500 * 20_000, "{}", octets.len());
    // A head without an end.
    let mut endless = switch.client();
    endless.say(vec![b'x'; 200_000]);
    assert!(endless.next().unwrap().text.starts_with("Content-Type: text/disconnect-notice\n"));
    // And one too many is turned away at once.
    let mut many: Vec<TcpStream> = (0..120).map(|_| TcpStream::connect(switch.address).unwrap()).collect();
    let last = many.last_mut().unwrap();
    last.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(last.read(&mut [0; 10]).unwrap_or(0), 0);
    assert!(client.api("status").starts_with("UP "));
}

/// Connects so many times, says how often it could, and holds on until its input ends.
const HOLD: &str = "import resource, socket, sys
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192) if hard > 0 else 8192, hard))
held = []
try:
    for _ in range(int(sys.argv[3])):
        held.append(socket.create_connection((sys.argv[1], int(sys.argv[2])), 30))
        held[-1].recv(100)
except OSError as error:
    print(error, file=sys.stderr)
print(len(held), flush=True)
sys.stdin.read()";

#[test]
fn thousands_that_say_nothing_cost_little() {
    const MANY: usize = 2500;
    let switch = Switch::start(&["--max-connections", "3000", "--patience", "300"]);
    let before = switch.memory();
    let address = [switch.address.ip().to_string(), switch.address.port().to_string(), MANY.to_string()];
    let mut command = Command::new("python3");
    command.args(["-c", HOLD]).args(address).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut holder = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let held: u64 = line.trim().parse().unwrap();
    if held < MANY as u64 {
        println!("only {held} connections: this machine allows no more open files");
    }
    let each = (switch.memory() - before) / held;
    assert!(each < 32, "{each} kB a connection");
    // Nothing turns round and round for them.
    let used = switch.processor_ticks();
    std::thread::sleep(Duration::from_secs(2));
    assert!(switch.processor_ticks() - used < 20, "{} ticks", switch.processor_ticks() - used);
    let mut client = switch.client();
    assert!(client.api("status").starts_with("UP "));
    client.reply("event plain HEARTBEAT");
    drop(holder.stdin.take());
    assert!(holder.wait().unwrap().success());
    assert!(client.api("status").starts_with("UP "));
}

#[test]
fn what_waits_is_bounded_in_octets_too() {
    let switch = Switch::start(&["--queue-octets", "4000000"]);
    let mut client = switch.client();
    let before = switch.memory();
    let mut slow: Vec<Client> = (0..3).map(|_| switch.client()).collect();
    slow.iter_mut().for_each(|slow| drop(slow.reply("event plain ALL")));
    let body = "x".repeat(500_000);
    for _ in 0..200 {
        client.say(format!("sendevent CUSTOM\nContent-Length: {}\n\n{body}", body.len()));
        assert!(client.answer(Kind::Reply).starts_with("+OK "));
    }
    assert!(switch.memory() < before + 40_000, "{} kB", switch.memory() - before);
    for mut slow in slow {
        let mut octets = Vec::new();
        let _ = slow.socket.read_to_end(&mut octets);
        assert!(octets.len() < 100_000_000, "{}", octets.len());
    }
}

#[test]
fn what_cannot_be_a_command_ends_its_connection_only() {
    let switch = Switch::start(&[]);
    let mut client = switch.client();
    let line = "x".repeat(1000) + ": y\n";
    let head = format!("sendevent CUSTOM\n{}", line.repeat(1000));
    for stream in [
        // A body beyond the limit, before any of it has come; lengths that are none; a head of 1 MB.
        "sendevent CUSTOM\nContent-Length: 999999999\n\n",
        "sendevent CUSTOM\nContent-Length: -5\n\n",
        "sendevent CUSTOM\nContent-Length: 1000000\nContent-Length: 1000000\n\n",
        &head,
    ] {
        let mut bad = switch.client();
        // It may be closed while it still speaks.
        let _ = bad.socket.write_all(stream.as_bytes());
        let notice = bad.next().map(|heard| heard.text).unwrap_or_default();
        assert!(notice.starts_with("Content-Type: text/disconnect-notice\n"), "{notice}");
        assert!(client.api("status").starts_with("UP "));
    }
    assert!(switch.memory() < 40_000, "{} kB", switch.memory());
}

#[test]
fn the_loss_after_five_hundred_ends_the_connection() {
    let switch = Switch::start(&["--queue", "5"]);
    let mut client = switch.client();
    // An unfinished command holds back what waits, and leaves the socket free for the notice.
    let held = |subscription: &str| {
        let mut held = switch.client();
        held.say(format!("{subscription}\n\napi create_uuid\n"));
        assert!(held.answer(Kind::Reply).starts_with("+OK "));
        held
    };
    let [mut spared, mut lost, mut logged] = ["event plain CUSTOM", "event plain CUSTOM", "log 7"].map(held);
    for _ in 0..505 {
        assert!(client.reply("sendevent CUSTOM").starts_with("+OK "));
        assert_eq!(client.api("log info hello"), "+OK\n");
    }
    spared.say("\n");
    assert_eq!(spared.answer(Kind::Api).len(), 36);
    for _ in 0..5 {
        assert_eq!(spared.next().unwrap().event.as_deref(), Some("CUSTOM"));
    }
    client.reply("sendevent CUSTOM");
    client.api("log info hello");
    for (client, what) in [(&mut lost, "events"), (&mut logged, "log lines")] {
        let text = format!("killed listener because of lost {what}\n");
        let length = text.len();
        let notice = format!("Content-Type: text/disconnect-notice\nContent-Length: {length}\n\n{text}");
        assert_eq!(client.next().unwrap().text, notice);
        assert!(client.next().is_none());
    }
    // The one that was lost was not a sixth that waits.
    assert_eq!(spared.event("CUSTOM").event.as_deref(), Some("CUSTOM"));
}
