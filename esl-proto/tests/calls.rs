//! Channels from their events: states, legs, bow-outs, and a beginning anew.
#![cfg(all(feature = "alloc", feature = "json"))]

use std::collections::BTreeMap;

use esl_proto::Event;
use esl_proto::calls::{CallSlot, Calls, Change, Heap, Storage};
use esl_proto::command::Words;
use esl_proto::name::{CallState, ChannelState, Format, HangupCause};
use proptest::prelude::*;

fn take<'c, S: Storage>(calls: &'c mut Calls<S>, headers: &str) -> Change<'c> {
    let text = format!("{headers}\n\n");
    calls.take(&Event::new(Format::Plain, text.as_bytes()))
}

fn begin(calls: &mut Calls<impl Storage>, uuid: &str) {
    let headers = format!("Event-Name: CHANNEL_CREATE\nUnique-ID: {uuid}\nChannel-State: CS_INIT");
    assert!(matches!(take(calls, &headers), Change::Began));
}

fn join(calls: &mut Calls<impl Storage>, verb: &str, a: &str, b: &str) {
    let legs = format!("Bridge-A-Unique-ID: {a}\nBridge-B-Unique-ID: {b}");
    take(calls, &format!("Event-Name: CHANNEL_{verb}\nUnique-ID: {a}\n{legs}"));
}

fn other<'c>(calls: &'c Calls<impl Storage>, uuid: &str) -> Option<&'c [u8]> {
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
    assert!(matches!(take(&mut calls, hangup), Change::Updated));
    let Change::Ended(call) = take(&mut calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a") else { panic!() };
    assert_eq!((call.cause(), call.uuid()), (Some(HangupCause::UserBusy), &b"a"[..]));
    assert_eq!(call.other_leg(), Some(&b"b"[..]));
    assert!(calls.get("a").is_none() && calls.iter().count() == 1);
    assert_eq!((other(&calls, "b"), calls.len()), (None, 1));
    // What comes late brings nothing back.
    assert!(matches!(take(&mut calls, hangup), Change::Nothing));
    assert!(matches!(take(&mut calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a"), Change::Nothing));
    assert!(matches!(take(&mut calls, "Event-Name: HEARTBEAT\nUnique-ID: c"), Change::Nothing));
}

#[test]
fn another_uuid_and_a_loopback_that_bows_out() {
    let mut calls = Calls::new(10);
    ["a", "b", "l", "z"].iter().for_each(|uuid| begin(&mut calls, uuid));
    join(&mut calls, "BRIDGE", "a", "b");
    let renamed = take(&mut calls, "Event-Name: CHANNEL_UUID\nUnique-ID: c\nOld-Unique-ID: a");
    assert!(matches!(renamed, Change::Renamed(b"a")));
    assert_eq!((other(&calls, "b"), other(&calls, "c")), (Some(&b"c"[..]), Some(&b"b"[..])));
    assert!(calls.get("a").is_none());
    // b is bridged with one end of a loopback, behind which z is.
    join(&mut calls, "BRIDGE", "b", "l");
    let bowed = "Event-Name: CUSTOM\nEvent-Subclass: loopback%3A%3Abowout\nResigning-UUID: l\nAcquired-UUID: z";
    assert!(matches!(take(&mut calls, bowed), Change::Updated));
    assert_eq!((other(&calls, "b"), other(&calls, "z"), other(&calls, "l")), (Some(&b"z"[..]), Some(&b"b"[..]), None));
}

#[test]
fn show_channels_begins_anew() {
    let mut calls = Calls::new(3);
    begin(&mut calls, "a");
    begin(&mut calls, "gone");
    let output = br#"{"row_count":3,"rows":[{"uuid":"a","state":"CS_EXECUTE","created_epoch":"7","cid_name":"}\"{","callstate":"ACTIVE","call_uuid":"a"},{"uuid":"b","call_uuid":"a"},{"uuid":"c","call_uuid":""}]}"#;
    let mut gone = Vec::new();
    calls.restore(output, |call| gone.push(call.uuid().to_vec())).unwrap();
    assert_eq!(gone, [b"gone"]);
    let call = calls.get("a").unwrap();
    assert_eq!((call.call_state(), call.state()), (Some(CallState::Active), Some(ChannelState::Execute)));
    assert_eq!((call.created(), call.caller_name()), (Some(7_000_000), &b"}\"{"[..]));
    assert_eq!((other(&calls, "a"), other(&calls, "b"), other(&calls, "c")), (Some(&b"b"[..]), Some(&b"a"[..]), None));
    let full = "Event-Name: CHANNEL_CREATE\nUnique-ID: d";
    assert!(matches!(take(&mut calls, full), Change::Overlooked));
    assert_eq!((calls.overlooked(), calls.len()), (1, 3));
    for broken in [&b""[..], b"-ERR no", b"{\"rows\":[{\"uuid\":\"x\"", b"{\"rows\":[{\"uuid\"}]}", b"{}}"] {
        assert!(calls.restore(broken, |call| panic!("{call:?}")).is_err(), "{broken:?}");
    }
    assert_eq!(calls.len(), 3);
    let mut gone = 0;
    calls.restore(br#"{"row_count":0}"#, |_| gone += 1).unwrap();
    assert_eq!((gone, calls.len()), (3, 0));
}

#[test]
fn what_is_too_long_for_its_slot_is_left_out_and_told() {
    let mut slots = [CallSlot::<[u8; 64]>::EMPTY; 3];
    let mut calls = Calls::in_slots(&mut slots, Words::from_texts(&["x"]));
    let name = "n".repeat(60);
    take(
        &mut calls,
        &format!("Event-Name: CHANNEL_CREATE\nUnique-ID: a\nChannel-Name: {name}\nChannel-State: CS_INIT"),
    );
    let call = calls.get("a").unwrap();
    assert_eq!((call.name(), call.state(), call.is_cut()), (&b""[..], Some(ChannelState::Init), true));
    // What is decoded may fit where its coding would not.
    take(
        &mut calls,
        "Event-Name: CHANNEL_STATE\nUnique-ID: a\nvariable_x: %41%41%41%41%41%41%41%41%41%41%41%41%41%41%41%41",
    );
    assert_eq!(calls.get("a").unwrap().variable("x"), Some(&b"AAAAAAAAAAAAAAAA"[..]));
    let uuid = "u".repeat(61);
    let long = format!("Event-Name: CHANNEL_CREATE\nUnique-ID: {uuid}");
    assert!(matches!(take(&mut calls, &long), Change::Overlooked));
    let long = format!("Event-Name: CHANNEL_UUID\nOld-Unique-ID: a\nUnique-ID: {uuid}");
    assert!(matches!(take(&mut calls, &long), Change::Overlooked));
    assert!(calls.is_empty() && calls.get("a").is_none());
    // One slot stays free.
    ["a", "b"].iter().for_each(|uuid| begin(&mut calls, uuid));
    assert!(matches!(take(&mut calls, "Event-Name: CHANNEL_CREATE\nUnique-ID: c"), Change::Overlooked));
    take(&mut calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a");
    begin(&mut calls, "c");
    assert_eq!((calls.len(), calls.overlooked()), (2, 3));
}

/// What must be known, in maps.
#[derive(Default)]
struct Model {
    calls: BTreeMap<String, (String, Option<String>)>,
    bound: usize,
}

impl Model {
    fn leave(&mut self, one: &str) {
        let other = self.calls.get_mut(one).and_then(|call| call.1.take());
        if let Some(call) = other.and_then(|other| self.calls.get_mut(&other)) {
            call.1 = None;
        }
    }

    fn join(&mut self, a: &str, b: &str) {
        if a != b && self.calls.contains_key(a) && self.calls.contains_key(b) {
            self.leave(a);
            self.leave(b);
            self.calls.get_mut(a).unwrap().1 = Some(b.into());
            self.calls.get_mut(b).unwrap().1 = Some(a.into());
        }
    }

    /// Takes an event in, and says what must have changed.
    fn take(&mut self, name: &str, one: &str, other: &str, data: &str) -> &'static str {
        let mut renamed = false;
        if name == "UUID" && one != other && self.calls.contains_key(other) {
            let partner = self.calls[other].1.clone();
            self.leave(other);
            self.leave(one);
            let call = self.calls.remove(other).unwrap();
            self.calls.insert(one.into(), call);
            if let Some(partner) = partner {
                self.join(one, &partner);
            }
            renamed = true;
        }
        let known = self.calls.contains_key(one);
        if !known && name == "DESTROY" {
            return "Nothing";
        }
        if !known && self.calls.len() >= self.bound {
            return "Overlooked";
        }
        self.calls.entry(one.into()).or_default().0 = data.into();
        match name {
            "BRIDGE" => self.join(one, other),
            "UNBRIDGE" if self.calls[one].1.as_deref() == Some(other) => self.leave(one),
            "DESTROY" => {
                self.leave(one);
                self.calls.remove(one);
                return "Ended";
            }
            _ => {}
        }
        if renamed {
            "Renamed"
        } else if known {
            "Updated"
        } else {
            "Began"
        }
    }

    fn check(&self, calls: &Calls<impl Storage>) {
        let known = calls.iter().map(|call| {
            let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
            (text(call.uuid()), (text(call.variable("data").unwrap()), call.other_leg().map(text)))
        });
        assert_eq!(known.collect::<BTreeMap<_, _>>(), self.calls);
        assert_eq!(calls.len(), self.calls.len());
        self.calls.keys().for_each(|uuid| assert!(calls.get(uuid).is_some(), "{uuid}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// In slots and on the heap, what is known is what maps would know.
    #[test]
    fn all_is_known_that_events_tell(steps in proptest::collection::vec((0..7_u8, 0..9_u8, 0..9_u8, "[a-z]{1,9}"), 0..90)) {
        let mut slots = [CallSlot::<[u8; 96]>::EMPTY; 6];
        let mut placed = Calls::in_slots(&mut slots, Words::from_texts(&["data"]));
        let mut heap: Calls<Heap> = Calls::new(5).variables(["data"]);
        let mut model = Model { bound: 5, ..Model::default() };
        for (what, one, other, data) in steps {
            // As long as each other's uuids, and of both kinds of hash.
            let [one, other] = [one, other].map(|number| format!("uuid-{number}"));
            if what == 6 {
                let output = format!(
                    r#"{{"rows":[{{"uuid":"{one}","call_uuid":"x"}},{{"uuid":"{other}","call_uuid":"x"}}]}}"#
                );
                let gone = model.calls.keys().filter(|uuid| **uuid != one && **uuid != other).count();
                let stays = |uuid: &String| *uuid == one || *uuid == other;
                model.calls.retain(|uuid, call| { call.1 = None; stays(uuid) });
                for uuid in [&one, &other] {
                    model.calls.entry(uuid.clone()).or_default().0 = data.clone();
                }
                model.join(&one, &other);
                let mut told = [0, 0];
                placed.restore(output.as_bytes(), |_| told[0] += 1).unwrap();
                heap.restore(output.as_bytes(), |_| told[1] += 1).unwrap();
                prop_assert_eq!(told, [gone, gone]);
                for uuid in [&one, &other] {
                    let event = format!("Event-Name: CHANNEL_STATE\nUnique-ID: {uuid}\nvariable_data: {data}");
                    take(&mut placed, &event);
                    take(&mut heap, &event);
                }
            } else {
                let name = ["CREATE", "BRIDGE", "UNBRIDGE", "UUID", "DESTROY", "STATE"][usize::from(what)];
                let event = format!(
                    "Event-Name: CHANNEL_{name}\nUnique-ID: {one}\nOld-Unique-ID: {}\n\
                     Bridge-A-Unique-ID: {one}\nBridge-B-Unique-ID: {other}\nvariable_data: {data}",
                    if name == "UUID" { &other } else { "none" }
                );
                let expected = model.take(name, &one, &other, &data);
                for told in [take(&mut placed, &event), take(&mut heap, &event)] {
                    prop_assert!(format!("{told:?}").starts_with(expected), "{told:?} for {expected}: {event}");
                }
            }
            model.check(&placed);
            model.check(&heap);
        }
    }

    #[test]
    fn any_output_is_read_or_refused(output in proptest::collection::vec(proptest::sample::select(b"{}[]\":,a\\".to_vec()), 0..40)) {
        let _ = Calls::new(3).restore(&output, |_| {});
        let mut slots = [CallSlot::<[u8; 64]>::EMPTY; 4];
        let _ = Calls::in_slots(&mut slots, Words::NONE).restore(&output, |_| {});
    }
}
