//! What owns its octets says what it was made of, and what grows keeps to its limit.
#![cfg(feature = "alloc")]

use std::collections::HashSet;
use std::time::Duration;

use esl_proto::client::{Follow, Linger, NotAllowed, Poll, SendError};
use esl_proto::command::{CommandErrorKind, EventNames, Events, Filter, Pairs, Words};
use esl_proto::name::{EventName, EventNameBuf, Format, HangupCause, HangupCauseBuf, LogLevel};
use esl_proto::text::Insufficient;
use esl_proto::{
    Client, Command, CommandBuf, Connection, Event, EventBuf, Limits, RecvBuf, Subscription, SubscriptionBuf,
};
use proptest::prelude::*;

fn everywhere<T: Clone + std::fmt::Debug + Send + Sync + 'static>(value: T) -> T {
    std::thread::spawn(move || value.clone()).join().unwrap()
}

#[test]
fn events_that_are_kept_are_keys_and_go_to_other_threads() {
    let event = |text: &'static [u8]| Event::new(Format::Plain, text).into_owned();
    let (one, other) = (event(b"Event-Name: API\n\n"), event(b"Event-Name: TALK\n\n"));
    let seen: HashSet<EventBuf> = [one.clone(), other.clone(), everywhere(one.clone())].into();
    assert_eq!(seen.len(), 2);
    assert!(one != other && one == Event::new(Format::Plain, b"Event-Name: API\n\n"));
    assert_ne!(one, Event::new(Format::Json, b"Event-Name: API\n\n"));
    assert_eq!(one.into_iter().count(), 1);
}

proptest! {
    /// Names and values around the borders of the blocks that are indexed together.
    #[test]
    fn a_plain_event_that_is_kept_finds_what_the_event_finds(
        lines in prop::collection::vec(("[abAB]{0,66}", "[ -~%:]{0,130}"), 0..8),
        end in prop::sample::select(&["", "\n", "\nbody: x\n\n"][..]),
        length in any::<bool>(),
        format in prop::sample::select(&[Format::Plain, Format::Plain, Format::Json, Format::Xml][..]),
    ) {
        let mut text: String = lines.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        if length {
            text.push_str("Content-Length: 8\n");
        }
        text.push_str(end);
        for text in [&text[..], text.trim_end_matches('\n')] {
            let event = Event::new(format, text.as_bytes());
            let owned = event.into_owned();
            for name in lines.iter().map(|(name, _)| &name[..]).chain(["body", "Content-Length", "", "a"]) {
                prop_assert_eq!(owned.get(name).map(|value| value.parts()), event.get(name).map(|value| value.parts()));
            }
            prop_assert_eq!(owned.body().map(|body| body.parts()), event.body().map(|body| body.parts()));
        }
    }
}

#[test]
fn commands_that_are_kept_are_sent_as_they_are() {
    let strange = [
        Command::event(None, &[EventName::Other(b"FROM_A_NEWER_SERVER")]).into_owned().unwrap(),
        Command::nixevent(&[EventName::Other(b"FROM_A_NEWER_SERVER")]).into_owned().unwrap(),
        Command::api("bgapi unload mod_event_socket please").into_owned().unwrap(),
        CommandBuf::try_from(&Filter::add("a", "b").into()).unwrap(),
    ];
    let wires = [
        "event FROM_A_NEWER_SERVER\n\n",
        "nixevent FROM_A_NEWER_SERVER\n\n",
        "api bgapi unload mod_event_socket please\n\n",
        "filter add a b\n\n",
    ];
    for (command, wire) in strange.into_iter().map(everywhere).zip(wires) {
        assert_eq!(command.as_bytes(), wire.as_bytes());
        let mut out = Vec::new();
        command.as_command().encode_to_vec(&mut out).unwrap();
        assert_eq!(out, wire.as_bytes());
    }
    assert_eq!(Command::api("").into_owned().unwrap_err().kind, CommandErrorKind::Empty);
    assert!(Command::filter(Filter::Ignored { header: b"x" }).into_owned().is_err());
    let login = Command::auth("ClueCon").into_owned().unwrap();
    assert!(!format!("{login:?}").contains("ClueCon"));
}

#[test]
fn what_is_sent_onto_a_vec_is_all_there_or_not_at_all() {
    let mut client = Client::inbound(Limits::DEFAULT);
    let mut out = b"before".to_vec();
    assert_eq!(
        client.send_to_vec(&Command::api("x"), &mut out),
        Err(SendError::NotAllowed(NotAllowed::NotAuthenticated))
    );
    assert!(matches!(client.send_to_vec(&Command::auth(""), &mut out), Err(SendError::Refused(_))));
    assert_eq!(out, b"before");
    let sent = client.send_to_vec(&Command::auth("x"), &mut out).unwrap();
    assert_eq!((sent.id.number(), sent.len, &out[..]), (0, 8, &b"beforeauth x\n\n"[..]));
    for len in [200, 250, 251, 252, 253, 1000, 70_000] {
        let (line, before) = ("y".repeat(len), out.len());
        let sent = client.send_to_vec(&Command::api(&line), &mut out).unwrap();
        assert_eq!((sent.len, out.len() - before), (len + 6, len + 6));
        assert!(out.ends_with(format!("api {line}\n\n").as_bytes()));
    }
    assert_eq!(client.in_flight(), 8);
}

#[test]
fn a_buffer_makes_room_within_its_limit() {
    let mut buffer = RecvBuf::new(Vec::new());
    assert_eq!(buffer.spare_within(0, 10_000).unwrap().len(), 4096);
    buffer.commit(4096);
    buffer.consume(96);
    assert_eq!(buffer.spare_within(0, 10_000).unwrap().len(), 96, "what is free is moved together first");
    buffer.commit(96);
    assert_eq!(buffer.spare_within(9000, 10_000).unwrap().len(), 9000 - 4096);
    assert_eq!((buffer.filled().len(), buffer.capacity()), (4096, 9000));
    assert_eq!(buffer.spare_within(10_001, 10_000).map(|room| room.len()), Err(Insufficient { required: 10_001 }));
    buffer.commit(usize::MAX);
    assert_eq!(buffer.spare_within(0, 10_000).unwrap().len(), 1000);
    buffer.commit(usize::MAX);
    assert_eq!(buffer.spare_within(0, 10_000).map(|room| room.len()), Err(Insufficient { required: 10_001 }));
    assert_eq!(buffer.capacity(), 10_000);
}

proptest! {
    #[test]
    fn a_buffer_that_grows_loses_nothing(
        steps in prop::collection::vec((any::<bool>(), 0_usize..6000, 0_usize..9000), 0..60),
        limit in 1_usize..20_000,
    ) {
        let (mut buffer, mut model) = (RecvBuf::new(Vec::new()), Vec::new());
        let mut next = 0_u8;
        for (read, count, required) in steps {
            if read {
                let wanted = required.max(model.len() + 1);
                match buffer.spare_within(required, limit) {
                    Ok(spare) => {
                        prop_assert!(!spare.is_empty() && spare.len() + model.len() >= required);
                        let count = count.min(spare.len());
                        for octet in &mut spare[..count] {
                            next = next.wrapping_add(1);
                            *octet = next;
                            model.push(next);
                        }
                        buffer.commit(count);
                    }
                    Err(error) => prop_assert!(error.required == wanted && wanted > limit),
                }
                prop_assert!(buffer.capacity() <= limit);
            } else {
                buffer.consume(count);
                model.drain(..count.min(model.len()));
            }
            prop_assert_eq!(buffer.filled(), &model[..]);
        }
    }
}

#[test]
fn a_connection_over_vecs_makes_room_by_itself() {
    let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), Vec::new(), Vec::new());
    let body = "x".repeat(50_000);
    let stream = format!("Content-Type: api/response\nContent-Length: {}\n\n{body}", body.len());
    connection.send_within(&Command::auth("x"), 100).unwrap();
    let line = "y".repeat(90);
    assert_eq!(connection.send_within(&Command::api(&line), 100).map_err(|error| error.required()), Err(Some(96)));
    assert_eq!(connection.to_send(), b"auth x\n\n");
    connection.sent(4);
    assert_eq!(connection.send_within(&Command::api(&line), 100).map(|id| id.number()), Ok(1));
    assert_eq!(connection.to_send(), format!(" x\n\napi {line}\n\n").as_bytes());

    let mut rest = stream.as_bytes();
    let mut reads = 0;
    while !connection.ready().unwrap() {
        let room = connection.spare_within(1 << 20).unwrap();
        let count = room.len().min(rest.len());
        room[..count].copy_from_slice(&rest[..count]);
        rest = &rest[count..];
        connection.commit(count);
        reads += 1;
    }
    assert!(matches!(connection.next(), Ok(Poll::Incoming { .. })));
    assert!(reads <= 3, "the length is known after the head: {reads}");

    let mut small = Connection::new(Client::inbound(Limits::DEFAULT), Vec::new(), []);
    let room = small.spare_within(64).unwrap();
    let count = room.len();
    room.copy_from_slice(&stream.as_bytes()[..count]);
    small.commit(count);
    assert_eq!((count, small.ready()), (64, Ok(false)));
    assert!(small.spare_within(64).is_err_and(|error| error.required > 50_000));
}

#[test]
fn subscriptions_that_are_kept_ask_for_the_same() {
    let names = [EventName::ChannelAnswer, EventName::Other(b"NEW"), EventName::Custom];
    let wanted = Subscription {
        format: Some(Format::Xml),
        events: Events::new(&names, &["a::b", "with a blank"]),
        filters: Pairs::from(&[("Unique-ID", "5fd4"), ("x", "/y/")]),
        log: Some(LogLevel::INFO),
        channel: Follow::Uuid(b"5fd4"),
        linger: Some(Linger::Seconds(4)),
        divert: true,
    };
    let owned = everywhere(wanted.into_owned());
    assert_eq!(owned.as_subscription(), wanted);
    let lines = |subscription: Subscription<'_>| -> Vec<_> {
        subscription.commands().map(|command| command.into_owned().map(|command| command.as_bytes().to_vec())).collect()
    };
    assert_eq!(lines(owned.as_subscription()), lines(wanted));
    assert!(lines(wanted).iter().any(Result::is_err), "a subclass with a blank is refused, not split in two");
    assert_eq!(SubscriptionBuf::default().as_subscription(), Subscription::NONE);
    assert_eq!(SubscriptionBuf::from(Subscription::NONE), SubscriptionBuf::default());
}

#[test]
fn names_that_are_kept_are_the_same_names() {
    for name in EventName::KNOWN.iter().copied().chain([EventName::Other(b"x\xff"), EventName::Other(b"API")]) {
        let owned = everywhere(name.into_owned());
        assert_eq!(owned, name);
        assert_eq!(name, owned);
        assert_eq!(owned.as_name(), name);
        assert_eq!((format!("{owned} {owned:?}"), owned.clone()), (format!("{name} {name:?}"), owned));
    }
    assert_eq!("channel_answer".parse(), Ok(EventNameBuf::from(EventName::ChannelAnswer)));
    assert_eq!(HangupCauseBuf::from_bytes(b"17"), HangupCause::UserBusy);
    let sorted: Vec<EventNameBuf> = ["API", "NEW", "CUSTOM"].map(|name| name.parse().unwrap()).into();
    let mut again = sorted.clone();
    again.sort();
    assert_eq!(again, ["CUSTOM", "API", "NEW"].map(|name| name.parse::<EventNameBuf>().unwrap()));
    assert_eq!(EventNames::from_owned(&sorted).iter().count(), 3);
    assert_eq!(Words::from_owned(&[b"a".to_vec()]), Words::from(&["a"]));
}

/// Octets are shown as text, wherever they are kept.
#[test]
fn debug_shows_text() {
    use esl_proto::calls::{Calls, Change};
    use esl_proto::session::{Gap, Interest, Reason};

    let mut wanted = SubscriptionBuf::default();
    wanted.subclasses.push(b"sofia::register".to_vec());
    wanted.filters.push((b"Unique-ID".to_vec(), b"5fd4".to_vec()));
    wanted.channel = esl_proto::client::FollowBuf::Uuid(b"7c1e".to_vec());
    let mut calls = Calls::new(1).variables(["x"]);
    let created = b"Event-Name: CHANNEL_CREATE\nUnique-ID: 5fd4\nvariable_x: y%20z\nCaller-Caller-ID-Number: 1000\n\n";
    assert!(matches!(calls.take(&Event::new(Format::Plain, created)), Change::Began));
    let second = Duration::from_secs(1);
    let gap = Gap {
        reason: Reason::Silence,
        since: second,
        until: second,
        core_before: Some((*b"0c5a").into()),
        core_after: None,
    };
    let interest = Interest::new(Events::from_line(b"API CUSTOM a::b")).of_channel("5fd4");
    for (shown, texts) in [
        (format!("{wanted:?}"), &["sofia::register", "5fd4", "7c1e"][..]),
        (format!("{:?}", Follow::Uuid(b"7c1e")), &["7c1e"]),
        (format!("{calls:?}"), &["5fd4", "1000", "y z"]),
        (format!("{:?}", Change::Renamed(b"7c1e")), &["7c1e"]),
        (format!("{gap:?}"), &["Silence", "0c5a"]),
        (format!("{interest:?}"), &["API", "a::b", "5fd4"]),
    ] {
        for text in texts {
            assert!(shown.contains(text), "{shown}");
        }
    }
}

#[test]
fn a_call_of_one_leg_gets_its_uuid() {
    use esl_proto::dial::{Destination, DialHandle, Leg, Originate};
    let named = |call: &Originate<'_>| {
        let mut line = Vec::new();
        let is_named = call.encode_named_to_vec(b"u1", &mut line).unwrap();
        assert_eq!(is_named, !line.is_empty());
        String::from_utf8(line).unwrap()
    };
    let park = Destination::application("park", "");
    assert_eq!(named(&Originate::new("user/1", park)), "originate [origination_uuid=u1]user/1 &park()");
    let leg = Leg::new("user/1").variables(&[("a", "b")]);
    assert_eq!(named(&Originate::new(leg, park)), "originate [a=b,origination_uuid=u1]user/1 &park()");

    let own = Leg::new("user/1").variables(&[("Origination_UUID", "u2")]);
    let legs = [Leg::new("user/1"), Leg::new("user/2")];
    let handles = [DialHandle::new("user/1"), DialHandle::new("user/2")];
    for call in [Originate::new(own, park), Originate::new(&legs, park), Originate::new(&handles, park)] {
        assert_eq!(named(&call), "");
    }
}
