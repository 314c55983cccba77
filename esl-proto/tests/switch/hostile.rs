//! Clients that mean no good, or do not read: the others are served, and memory has its bounds.

use std::io::Read;
use std::net::TcpStream;

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
