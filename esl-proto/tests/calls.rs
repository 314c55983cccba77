//! Channels from their events: states, legs, bow-outs, and a beginning anew.
#![cfg(all(feature = "alloc", feature = "json"))]

use esl_proto::Event;
use esl_proto::calls::{Calls, Change};
use esl_proto::name::{CallState, ChannelState, Format, HangupCause};
use proptest::prelude::*;

fn take(calls: &mut Calls, headers: &str) -> Change {
    let text = format!("{headers}\n\n");
    calls.take(&Event::new(Format::Plain, text.as_bytes()))
}

fn begin(calls: &mut Calls, uuid: &str) {
    let headers = format!("Event-Name: CHANNEL_CREATE\nUnique-ID: {uuid}\nChannel-State: CS_INIT");
    assert_eq!(take(calls, &headers), Change::Began);
}

fn join(calls: &mut Calls, verb: &str, a: &str, b: &str) {
    let legs = format!("Bridge-A-Unique-ID: {a}\nBridge-B-Unique-ID: {b}");
    take(calls, &format!("Event-Name: CHANNEL_{verb}\nUnique-ID: {a}\n{legs}"));
}

fn other<'c>(calls: &'c Calls, uuid: &str) -> Option<&'c [u8]> {
    calls.get(uuid).unwrap().other_leg()
}

#[test]
fn a_call_from_its_beginning_to_its_end() {
    let mut calls = Calls::new(10);
    begin(&mut calls, "a");
    begin(&mut calls, "b");
    join(&mut calls, "BRIDGE", "a", "b");
    assert_eq!((other(&calls, "a"), other(&calls, "b")), (Some(&b"b"[..]), Some(&b"a"[..])));
    join(&mut calls, "UNBRIDGE", "a", "b");
    assert_eq!((other(&calls, "a"), other(&calls, "b")), (None, None));
    join(&mut calls, "BRIDGE", "a", "b");
    let hangup =
        "Event-Name: CHANNEL_HANGUP_COMPLETE\nUnique-ID: a\nHangup-Cause: USER_BUSY\nChannel-State: CS_REPORTING";
    assert_eq!(take(&mut calls, hangup), Change::Updated);
    let Change::Ended(call) = take(&mut calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a") else { panic!() };
    assert_eq!((call.cause(), call.uuid()), (Some(HangupCause::UserBusy), &b"a"[..]));
    assert_eq!((other(&calls, "b"), calls.len()), (None, 1));
    // What comes late brings nothing back.
    assert_eq!(take(&mut calls, hangup), Change::Nothing);
    assert_eq!(take(&mut calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a"), Change::Nothing);
    assert_eq!(take(&mut calls, "Event-Name: HEARTBEAT\nUnique-ID: c"), Change::Nothing);
}

#[test]
fn another_uuid_and_a_loopback_that_bows_out() {
    let mut calls = Calls::new(10);
    ["a", "b", "l", "z"].iter().for_each(|uuid| begin(&mut calls, uuid));
    join(&mut calls, "BRIDGE", "a", "b");
    let renamed = take(&mut calls, "Event-Name: CHANNEL_UUID\nUnique-ID: c\nOld-Unique-ID: a");
    assert_eq!(renamed, Change::Renamed(b"a".as_slice().into()));
    assert_eq!((other(&calls, "b"), other(&calls, "c")), (Some(&b"c"[..]), Some(&b"b"[..])));
    assert!(calls.get("a").is_none());
    // b is bridged with one end of a loopback, behind which z is.
    join(&mut calls, "BRIDGE", "b", "l");
    let bowed = "Event-Name: CUSTOM\nEvent-Subclass: loopback%3A%3Abowout\nResigning-UUID: l\nAcquired-UUID: z";
    assert_eq!(take(&mut calls, bowed), Change::Updated);
    assert_eq!((other(&calls, "b"), other(&calls, "z"), other(&calls, "l")), (Some(&b"z"[..]), Some(&b"b"[..]), None));
}

#[test]
fn show_channels_begins_anew() {
    let mut calls = Calls::new(3);
    begin(&mut calls, "a");
    begin(&mut calls, "gone");
    let output = br#"{"row_count":3,"rows":[{"uuid":"a","state":"CS_EXECUTE","created_epoch":"7","cid_name":"}\"{","callstate":"ACTIVE","call_uuid":"a"},{"uuid":"b","call_uuid":"a"},{"uuid":"c","call_uuid":""}]}"#;
    let gone = calls.restore(output).unwrap();
    assert_eq!(gone.iter().map(|call| call.uuid()).collect::<Vec<_>>(), [b"gone"]);
    let call = calls.get("a").unwrap();
    assert_eq!((call.call_state(), call.state()), (Some(CallState::Active), Some(ChannelState::Execute)));
    assert_eq!((call.created(), call.caller_name()), (Some(7_000_000), &b"}\"{"[..]));
    assert_eq!((other(&calls, "a"), other(&calls, "b"), other(&calls, "c")), (Some(&b"b"[..]), Some(&b"a"[..]), None));
    let full = "Event-Name: CHANNEL_CREATE\nUnique-ID: d";
    assert_eq!((take(&mut calls, full), calls.overlooked(), calls.len()), (Change::Overlooked, 1, 3));
    for broken in [&b""[..], b"-ERR no", b"{\"rows\":[{\"uuid\":\"x\"", b"{\"rows\":[{\"uuid\"}]}", b"{}}"] {
        assert!(calls.restore(broken).is_err(), "{broken:?}");
    }
    assert_eq!(calls.len(), 3);
    assert_eq!(calls.restore(br#"{"row_count":0}"#).unwrap().len(), 3);
}

proptest! {
    #[test]
    fn nothing_harms_and_legs_are_mutual(steps in proptest::collection::vec((0..6_u8, 0..4_u8, 0..4_u8), 0..60)) {
        let mut calls = Calls::new(3);
        for (what, one, other) in steps {
            let name = ["CREATE", "BRIDGE", "UNBRIDGE", "UUID", "DESTROY", "STATE"][usize::from(what)];
            take(&mut calls, &format!(
                "Event-Name: CHANNEL_{name}\nUnique-ID: {one}\nOld-Unique-ID: {other}\n\
                 Bridge-A-Unique-ID: {one}\nBridge-B-Unique-ID: {other}"
            ));
            prop_assert!(calls.len() <= 3);
            for call in calls.iter() {
                let leg = call.other_leg().and_then(|other| calls.get(other)).and_then(|other| other.other_leg());
                prop_assert!(leg.is_none_or(|leg| leg == call.uuid()), "{calls:?}");
            }
        }
    }

    #[test]
    fn any_output_is_read_or_refused(output in proptest::collection::vec(proptest::sample::select(b"{}[]\":,a\\".to_vec()), 0..40)) {
        let _ = Calls::new(3).restore(&output);
    }
}
