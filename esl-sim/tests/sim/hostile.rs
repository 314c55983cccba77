//! Clients that mean harm, or do not read.

use esl_sim::Config;

use crate::harness::{Kind, Switch};

#[test]
fn what_cannot_be_a_command_ends_its_connection_only() {
    let switch = Switch::start(Config::default());
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
        bad.say(stream);
        let notice = bad.next().map(|heard| heard.text).unwrap_or_default();
        assert!(notice.starts_with("Content-Type: text/disconnect-notice\n"), "{notice}");
        assert!(client.api("status").starts_with("UP "));
    }
}

#[test]
fn the_loss_after_five_hundred_ends_the_connection() {
    let switch = Switch::start(Config { max_queued: 5, ..Config::default() });
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
