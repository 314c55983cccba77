//! `Command::parse` answers as the listener does.

use proptest::prelude::*;

use crate::verbs::{WORDS, agree};

#[test]
fn requests_that_were_once_read_in_two_ways() {
    for request in [
        "filter add x",
        "filter add x ",
        "filter delete x ",
        "filter DELETE All y",
        "filter  a",
        "nixevent foo",
        "nixevent foo HEARTBEAT",
        "nixevent SWITCH_EVENT_TALK",
        "event foo",
        "event json",
        "event  json",
        "event xSWITCH_EVENTxTALK custom a  b ",
        "myeventsxyz",
        "myeventsJSON",
        "myevents Json",
        "myevents  u xml",
        "myevents u json",
        "myevents plain",
        "sendevent SWITCH_EVENT_HEARTBEAT",
        "sendevent \tCUSTOM x",
        "getvar",
        "getvar ",
        "linger -5",
        "linger -1",
        "linger x",
        "log 99",
        "logout",
        "divert_events",
        "divert_events x",
        "userauth u@d",
        "userauth u:p@d",
        "auth ",
        "api reload mod_event_socket",
        "sendmsg UNLOAD mod_event_socket",
        "\0foo",
        "quit",
        "EXITing",
        "...",
    ] {
        agree(format!("{request}\n\n").as_bytes());
    }
    agree(format!("bgapi x\nJob-UUID: {}\n\n", "j".repeat(300)).as_bytes());
}

/// What stands behind the words of commands.
const PIECES: [&str; 39] = [
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "add",
    "delete",
    "ALL",
    "json",
    "XML",
    "plain",
    "CUSTOM",
    "HEARTBEAT",
    "SWITCH_EVENT_TALK",
    "0123456789abcDTMF",
    "a",
    "b::c",
    "on",
    "off",
    "7",
    "-1",
    "-",
    "u@d:p",
    "@",
    ":",
    "5fd4",
    "debug",
    "unload",
    "mod_event_socket",
    "\n",
    "\n",
    "\r",
    "\0",
    "call-command: execute\n",
    "execute-app-name: x\n",
    "session-id: y\n",
    "Job-UUID: z\n",
    "console_execute: true\n",
    "Content-Length: 0\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn whatever_a_client_sends_is_read_in_one_way(
        first in prop::sample::select(&WORDS[..]),
        others in prop::collection::vec(prop::sample::select([&WORDS[..], &PIECES[..]].concat()), 0..8),
    ) {
        agree(format!("{first}{}\n\n", others.concat()).as_bytes());
    }
}
