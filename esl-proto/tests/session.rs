//! Sessions: every wait ends once, for the right reason; what is needed is said, and said once.
#![cfg(all(feature = "alloc", feature = "dial"))]

#[path = "common/captures.rs"]
mod captures;
#[path = "common/session_model.rs"]
mod session_model;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use esl_proto::client::{End, Poll};
use esl_proto::command::{ChannelApi, Events, Execute, SendMsg};
use esl_proto::message::Variable;
use esl_proto::name::{EventName, Format, LogLevel};
use esl_proto::raw::session::SlotMap;
use esl_proto::session::{Interest, Item, Notice, Outcome, Overflow, Queue, Reason, Session, SessionError, Slot};
use esl_proto::{Client, Command, Event, Incoming, Limits, Value};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn reply(text: &str) -> Vec<u8> {
    format!("Content-Type: command/reply\nReply-Text: {text}\n\n").into_bytes()
}

fn event(headers: &str) -> Vec<u8> {
    let text = format!("{headers}\n\n");
    format!("Content-Length: {}\nContent-Type: text/event-plain\n\n{text}", text.len()).into_bytes()
}

fn give(session: &mut Session, octets: &[u8], now: Duration) {
    let poll = session.poll(octets, now).unwrap();
    assert_eq!(poll.consumed(), octets.len());
}

fn sent(session: &mut Session) -> String {
    let text = String::from_utf8(session.to_send().to_vec()).unwrap();
    session.sent(text.len());
    text
}

fn open(session: &mut Session, now: Duration) {
    session.connect(Client::inbound(Limits::DEFAULT), now);
    give(session, b"Content-Type: auth/request\n\n", now);
    session.send(&Command::auth("x"), None, None).unwrap();
    session.sent(usize::MAX);
    give(session, &reply("+OK accepted"), now);
}

/// An outbound connection whose channel is `c0`.
fn call(session: &mut Session, mode: &str, control: &str) {
    session.connect(Client::outbound(Limits::DEFAULT), Duration::ZERO);
    session.send(&Command::Connect, None, None).unwrap();
    session.sent(usize::MAX);
    let data = "Event-Name: CHANNEL_DATA\nUnique-ID: c0\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n";
    give(session, format!("{data}Socket-Mode: {mode}\nControl: {control}\n\n").as_bytes(), Duration::ZERO);
}

/// Interests of a few names, subclasses and channels.
fn interest() -> impl Strategy<Value = Interest> {
    let names = prop::sample::subsequence(
        vec![EventName::All, EventName::ChannelAnswer, EventName::Heartbeat, EventName::Custom, EventName::Other(b"X")],
        0..3,
    );
    let subclasses = prop::sample::subsequence(vec!["a", "a::b", "%3A"], 0..3);
    let channel = prop::option::weighted(0.5, prop::sample::select(vec!["u1", "u 2"]));
    (names, subclasses, channel).prop_map(|(names, subclasses, channel)| {
        let interest = Interest::new(Events::new(&names, &subclasses[..]));
        channel.into_iter().fold(interest, Interest::of_channel)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    /// The readers of an event are found without asking all; they are those whose interest takes it, in their order.
    #[test]
    fn an_event_finds_its_readers(
        steps in prop::collection::vec((0_u64..8, prop::option::weighted(0.8, interest())), 0..20),
        event in (
            prop::option::of(prop::sample::select(vec!["CHANNEL_ANSWER", "HEARTBEAT", "CUSTOM", "X", "ALL"])),
            prop::option::of(prop::sample::select(vec!["a", "a%3A%3Ab", "a::b", "%253A", "other"])),
            prop::option::of(prop::sample::select(vec!["u1", "u%202", "u3"])),
        ),
    ) {
        let (mut session, mut readers) = (Session::new(1), BTreeMap::new());
        for (slot, interest) in steps {
            match interest {
                Some(interest) => {
                    session.listen(Slot(slot), interest.clone()).unwrap();
                    readers.insert(Slot(slot), interest);
                }
                None => {
                    session.unlisten(Slot(slot)).unwrap();
                    readers.remove(&Slot(slot));
                }
            }
        }
        let (name, subclass, channel) = event;
        let line = |name: &str, value: Option<&str>| value.map_or(String::new(), |value| format!("{name}: {value}\n"));
        let text = line("Event-Name", name) + &line("Event-Subclass", subclass) + &line("Unique-ID", channel) + "\n";
        let event = Event::new(Format::Plain, text.as_bytes());
        let takes = readers.iter().filter(|(_, interest)| interest.takes(&event)).map(|(slot, _)| *slot);
        prop_assert_eq!(session.readers(&event).collect::<Vec<_>>(), takes.collect::<Vec<_>>());
    }

    #[test]
    fn every_wait_ends_once_and_what_is_needed_is_said_once(data in proptest::collection::vec(any::<u8>(), 0..400)) {
        session_model::run(&data);
    }

    #[test]
    fn so_it_is_on_a_connection_that_stands(data in proptest::collection::vec((prop_oneof![0..17_u8, 18..23_u8], any::<u8>()), 0..300)) {
        let steps = data.into_iter().map(|(what, which)| if what == 11 { (4, which) } else { (what, which) });
        let octets: Vec<u8> = [12, 0].into_iter().chain(steps.flat_map(|(what, which)| [what, which])).collect();
        session_model::run(&octets);
    }
}

#[test]
fn what_has_come_is_counted_over_all_connections() {
    let mut session = Session::new(1);
    for n in 1..4 {
        open(&mut session, SECOND * n);
        give(&mut session, &event("Event-Name: HEARTBEAT"), SECOND * n);
        let during = session.stats();
        assert_eq!((during.events, during.frames), (u64::from(n), 3 * u64::from(n)));
        session.close(SECOND * n);
        session.close(SECOND * n);
        assert_eq!(session.stats(), during);
    }
}

#[test]
fn after_a_reconnect_all_is_said_again_filters_first_and_the_gap_is_told() {
    let mut session = Session::new(1);
    session.listen(Slot(9), Interest::new(Events::new(&[EventName::ChannelAnswer], &["a::b"]))).unwrap();
    session.set_filters([(&b"x"[..], &b"y"[..])]).unwrap();
    open(&mut session, Duration::ZERO);
    assert_eq!(sent(&mut session), "filter add x y\n\nevent CHANNEL_ANSWER CUSTOM a::b\n\n");
    give(&mut session, &reply("+OK"), Duration::ZERO);
    give(&mut session, &reply("+OK"), Duration::ZERO);
    give(&mut session, &event("Event-Name: CHANNEL_ANSWER\nCore-UUID: one"), Duration::ZERO);
    assert_eq!(session.next_gap(), None);
    session.bgapi("status", Slot(1), None).unwrap();
    let words = "filter add Event-Name BACKGROUND_JOB\n\nevent BACKGROUND_JOB\n\nbgapi status\n";
    assert!(sent(&mut session).starts_with(words));

    assert_eq!(session.eof(b"", SECOND).unwrap().end, End::Eof);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Lost(Reason::End(End::Eof)))));
    // An attempt that comes to nothing.
    session.connect(Client::inbound(Limits::DEFAULT), 2 * SECOND);
    session.close(2 * SECOND);
    open(&mut session, 3 * SECOND);
    let words =
        "filter add Event-Name BACKGROUND_JOB\n\nfilter add x y\n\nevent BACKGROUND_JOB CHANNEL_ANSWER CUSTOM a::b\n\n";
    assert_eq!(sent(&mut session), words);
    assert_eq!(session.next_gap(), None);
    give(&mut session, &event("Event-Name: CHANNEL_ANSWER\nCore-UUID: two"), 4 * SECOND);
    let gap = session.next_gap().unwrap();
    assert_eq!((gap.reason, gap.since, gap.until), (Reason::End(End::Eof), SECOND, 4 * SECOND));
    assert_eq!((gap.core_before.as_deref(), gap.core_after.as_deref()), (Some(&b"one"[..]), Some(&b"two"[..])));
    assert_eq!(session.next_gap(), None);
}

#[test]
fn a_silent_server_is_noticed() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.set_silence(Some(45 * SECOND)).unwrap();
    assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");
    session.send(&Command::api("status"), Some(Slot(1)), None).unwrap();
    give(&mut session, &reply("+OK"), 20 * SECOND);
    assert_eq!(session.next_deadline(), Some(65 * SECOND));
    session.advance(64 * SECOND);
    assert_eq!(session.next_outcome(), None);
    session.advance(65 * SECOND);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Lost(Reason::Silence))));
    assert_eq!((session.reason(), session.next_deadline()), (Some(Reason::Silence), None));
}

#[test]
fn four_outbound_modes() {
    for (mode, control) in
        [("async", "full"), ("async", "single-channel"), ("static", "full"), ("static", "single-channel")]
    {
        let mut session = Session::new(1);
        call(&mut session, mode, control);
        let message = SendMsg::new(Execute::new("playback", "x"));
        session.execute(&message, Slot(1), None).unwrap();
        let said = sent(&mut session);
        let subscription = match control {
            "full" => "event CHANNEL_DESTROY CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE\n\nsendmsg\n",
            _ => "myevents\n\nsendmsg\n",
        };
        assert!(said.starts_with(subscription), "{said}");
        give(&mut session, &reply("+OK"), Duration::ZERO);
        give(&mut session, &reply("+OK"), Duration::ZERO);
        assert_eq!(session.next_outcome(), None);
        // The caller hangs up: with linger, a notice comes first.
        let notice = "Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n";
        give(&mut session, notice.as_bytes(), Duration::ZERO);
        let ended = Some((Slot(1), Outcome::ChannelEnded));
        if mode == "async" {
            assert_eq!(session.next_outcome(), None);
            give(&mut session, &event("Event-Name: CHANNEL_HANGUP_COMPLETE\nUnique-ID: c0"), Duration::ZERO);
        }
        assert_eq!(session.next_outcome(), ended);
        // Without linger, the connection ends with the channel.
        session.execute(&message, Slot(2), None).unwrap();
        let notice = "Content-Type: text/disconnect-notice\nControlled-Session-UUID: c0\nContent-Length: 0\n\n";
        give(&mut session, notice.as_bytes(), Duration::ZERO);
        assert_eq!(session.next_outcome(), Some((Slot(2), Outcome::ChannelEnded)));
        assert_eq!(session.reason(), Some(Reason::End(End::ChannelEnded)));
    }
}

#[test]
fn what_cannot_be_waited_for_is_refused_and_changes_nothing() {
    let mut session = Session::new(1);
    assert_eq!(session.bgapi("x", Slot(1), None), Err(SessionError::NotConnected));
    assert_eq!(session.bgapi("x", Slot(1), None).map_err(|error| error.code()), Err(802));
    session.connect(Client::inbound(Limits::DEFAULT), Duration::ZERO);
    assert_eq!(session.bgapi("x", Slot(1), None), Err(SessionError::NotReady));
    open(&mut session, Duration::ZERO);
    assert!(matches!(session.bgapi("x\n\n", Slot(1), None), Err(SessionError::Send(_))));
    assert_eq!((sent(&mut session), session.waiting()), (String::new(), 0));
    session.send(&Command::api("x"), Some(Slot(1)), None).unwrap();
    assert_eq!(session.send(&Command::api("y"), Some(Slot(1)), None), Err(SessionError::SlotInUse));
    assert_eq!(sent(&mut session), "api x\n\n");
}

#[test]
fn queues_tell_their_losses() {
    let drain = |queue: &mut Queue<u8>| std::iter::from_fn(|| queue.pop()).take(9).collect::<Vec<_>>();
    let filled = |overflow| {
        let mut queue = Queue::new(2, overflow);
        (1..=4).for_each(|number| queue.push(number));
        queue
    };
    let mut queue = filled(Overflow::DropNewest);
    assert_eq!(drain(&mut queue), [Item::Item(1), Item::Item(2), Item::Lost(2)]);
    let mut queue = filled(Overflow::DropNewest);
    assert_eq!((queue.pop(), queue.len()), (Some(Item::Item(1)), 1));
    queue.push(5);
    assert_eq!(drain(&mut queue), [Item::Item(2), Item::Lost(2), Item::Item(5)]);
    let mut queue = Queue::new(1, Overflow::DropOldest);
    (1..=3).for_each(|number| queue.push(number));
    assert_eq!(drain(&mut queue), [Item::Lost(2), Item::Item(3)]);
    let mut queue = filled(Overflow::DropOldest);
    assert_eq!(drain(&mut queue), [Item::Lost(2), Item::Item(3), Item::Item(4)]);
    let mut queue = filled(Overflow::End);
    assert_eq!(drain(&mut queue)[..3], [Item::Item(1), Item::Item(2), Item::Overflowed]);
    assert_eq!(queue.lost(), 2);
    let mut queue = filled(Overflow::Block);
    assert!(queue.is_blocking());
    assert_eq!(drain(&mut queue).len(), 4);
    assert!(!queue.is_blocking() && queue.lost() == 0);
}

#[test]
fn marks_stand_where_they_were_put_whatever_is_lost() {
    let drain = |queue: &mut Queue<u8>| std::iter::from_fn(|| queue.pop()).take(9).collect::<Vec<_>>();
    for overflow in [Overflow::DropOldest, Overflow::DropNewest] {
        let mut queue = Queue::new(2, overflow);
        (1..=3).for_each(|number| queue.push(number));
        queue.push_mark(100);
        assert_eq!((queue.len(), queue.back_mut().copied()), (3, Some(100)));
        queue.push(4);
        queue.push_mark(101);
        let told = drain(&mut queue);
        match overflow {
            Overflow::DropOldest => {
                assert_eq!(told[..2], [Item::Lost(2), Item::Item(3)]);
                assert_eq!(told[2..], [Item::Item(100), Item::Item(4), Item::Item(101)]);
            }
            _ => {
                assert_eq!(told[..3], [Item::Item(1), Item::Item(2), Item::Lost(1)]);
                assert_eq!(told[3..], [Item::Item(100), Item::Lost(1), Item::Item(101)]);
            }
        }
        assert_eq!((queue.lost(), queue.len(), queue.back_mut()), (2, 0, None));
    }
    // A mark takes no room, and too many of them are lost like items.
    let mut queue = Queue::new(1, Overflow::Block);
    queue.push_mark(100);
    assert!(!queue.is_blocking());
    queue.push(1);
    assert!(queue.is_blocking());
    (0..70).for_each(|number| queue.push_mark(number));
    assert_eq!((queue.pop(), queue.pop()), (Some(Item::Lost(1)), Some(Item::Item(1))));
    assert_eq!((queue.pop(), queue.pop()), (Some(Item::Lost(6)), Some(Item::Item(6))));
    let mut queue = Queue::new(1, Overflow::End);
    (1..=2).for_each(|number| queue.push(number));
    queue.push_mark(100);
    assert_eq!(drain(&mut queue)[..2], [Item::Item(1), Item::Overflowed]);
}

proptest! {
    /// Against a map of the standard library, with numbers as hosts choose them: counted up, some left out, some chosen at
    /// will, forgotten in their order but for a few.
    #[test]
    fn numbers_are_found_whatever_order_they_come_and_go_in(
        steps in prop::collection::vec((0_u8..8, any::<u64>(), 0_usize..200), 1..600),
    ) {
        let (mut map, mut model, mut last) = (SlotMap::new(), BTreeMap::new(), 0_u64);
        for (what, number, place) in steps {
            let chosen = match what {
                0 => number,
                1 => u64::MAX - number % 3,
                2 => last.saturating_add(number % 40),
                _ => last.saturating_add(1),
            };
            if what < 6 {
                last = if what == 1 { last } else { chosen };
                if map.get(chosen).is_none() {
                    map.insert(chosen, number);
                    model.insert(chosen, number);
                }
            }
            let gone = match what {
                3 | 7 => model.keys().next().copied(),
                4 | 6 => model.keys().nth(place).copied(),
                _ => None,
            };
            if let Some(gone) = gone {
                prop_assert_eq!(map.get_mut(gone).copied(), model.get(&gone).copied());
                prop_assert_eq!(map.remove(gone), model.remove(&gone));
            }
            prop_assert_eq!(map.get(number), model.get(&number));
            prop_assert_eq!((map.len(), map.is_empty()), (model.len(), model.is_empty()));
            prop_assert!(map.iter().eq(model.iter().map(|(number, item)| (*number, item))));
        }
    }
}

#[test]
fn deadlines_come_in_their_order_however_they_were_set() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    // Most with the same limit, as they are sent; some sooner, some later; most are answered long before.
    let mut expected = BTreeSet::new();
    for number in 0..1000_u64 {
        let limit = match number % 10 {
            3 => 1,
            7 => 100_000,
            _ => 5000,
        };
        let (at, slot) = (Duration::from_secs(number + limit), Slot(number));
        session.send(&Command::api("x"), Some(slot), Some(at)).unwrap();
        expected.insert((at, slot));
        if number % 4 != 0 {
            session.give_up(slot);
            expected.remove(&(at, slot));
        }
        assert_eq!(session.next_deadline(), expected.first().map(|(at, _)| *at));
    }
    session.advance(Duration::from_secs(1_000_000));
    let told: Vec<Slot> = std::iter::from_fn(|| session.next_outcome()).map(|(slot, _)| slot).collect();
    assert_eq!(told, expected.into_iter().map(|(_, slot)| slot).collect::<Vec<_>>());
    assert_eq!((session.waiting(), session.next_deadline()), (0, None));
}

#[test]
fn a_refused_subscription_ends_its_readers_and_can_be_asked_for_again() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    let interest = Interest::new(Events::new(&[EventName::ChannelAnswer], &[] as &[&str]));
    for slot in [Slot(1), Slot(2)] {
        session.listen(slot, interest.clone()).unwrap();
        assert_eq!(sent(&mut session), "event CHANNEL_ANSWER\n\n");
        give(&mut session, &reply("-ERR permission denied"), Duration::ZERO);
        assert_eq!((session.next_outcome(), session.next_outcome()), (Some((slot, Outcome::Refused)), None));
    }
    session.listen(Slot(3), interest).unwrap();
    session.unlisten(Slot(3)).unwrap();
    assert_eq!(sent(&mut session), "event CHANNEL_ANSWER\n\nnixevent CHANNEL_ANSWER\n\n");
}

/// As of FreeSWITCH: the names before the first one that the user has no right to stand, and the reply does not tell it.
#[test]
fn of_several_events_only_those_without_a_right_are_refused() {
    let mut session = Session::new(1);
    let of = |name| Interest::new(Events::new(&[name], &[] as &[&str]));
    session.listen(Slot(1), of(EventName::ChannelAnswer)).unwrap();
    session.listen(Slot(2), of(EventName::Heartbeat)).unwrap();
    session.listen(Slot(3), Interest::new(Events::new(&[], &["a::b"]))).unwrap();
    open(&mut session, Duration::ZERO);
    assert_eq!(sent(&mut session), "event CHANNEL_ANSWER HEARTBEAT CUSTOM a::b\n\n");
    give(&mut session, &reply("-ERR permission denied"), Duration::ZERO);
    assert_eq!(session.next_outcome(), None);
    assert_eq!(sent(&mut session), "event CHANNEL_ANSWER\n\nevent HEARTBEAT\n\nevent CUSTOM a::b\n\n");
    for (text, told) in [("+OK", None), ("-ERR permission denied", Some((Slot(2), Outcome::Refused))), ("+OK", None)] {
        give(&mut session, &reply(text), Duration::ZERO);
        assert_eq!((session.next_outcome(), session.next_outcome()), (told, None));
    }
    // What a job needs and the user may not hear is not asked for again with the events of others.
    session.bgapi("x", Slot(4), None).unwrap();
    session.sent(usize::MAX);
    give(&mut session, &reply("-ERR permission denied"), Duration::ZERO);
    assert_eq!(session.next_outcome(), Some((Slot(4), Outcome::Refused)));
    session.listen(Slot(5), of(EventName::Dtmf)).unwrap();
    assert_eq!(sent(&mut session), "event DTMF\n\n");
}

#[test]
fn what_can_never_be_said_or_heard_stops_nothing_else() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    let wrong = Interest::new(Events::new(&[EventName::Other(b"A B")], &[] as &[&str]));
    assert!(matches!(session.listen(Slot(1), wrong), Err(SessionError::Send(_))));
    assert!(matches!(session.set_filters([(&b"a b"[..], &b"x"[..])]), Err(SessionError::Send(_))));
    session.bgapi("x", Slot(2), None).unwrap();
    assert!(sent(&mut session).starts_with("event BACKGROUND_JOB\n\nbgapi x\n"));

    let mut session = Session::new(1);
    let of = |uuid| Interest::new(Events::new(&[EventName::Dtmf], &[] as &[&str])).of_channel(uuid);
    session.listen(Slot(1), of("c0")).unwrap();
    session.listen(Slot(2), of("other")).unwrap();
    call(&mut session, "async", "single-channel");
    assert_eq!(sent(&mut session), "myevents\n\n");
    session.listen(Slot(3), Interest::new(Events::new(&[], &["a::b"]))).unwrap();
    let told: Vec<_> = std::iter::from_fn(|| session.next_outcome()).collect();
    assert_eq!(told, [(Slot(2), Outcome::Refused), (Slot(3), Outcome::Refused)]);
}

/// Of each recorded connection, as many waits as it may have answers: each ends once, and as the client alone tells.
#[test]
fn recorded_connections_end_every_wait_once() {
    for capture in captures::CAPTURES.iter() {
        let is_inbound = capture.stream.starts_with(b"Content-Type: auth/request");
        let client = || if is_inbound { Client::inbound(Limits::DEFAULT) } else { Client::outbound(Limits::DEFAULT) };
        let (mut session, mut alone) = (Session::new(1), client());
        session.connect(client(), Duration::ZERO);
        let first = if is_inbound { Command::auth("x") } else { Command::Connect };
        let waits = 400;
        for slot in 0..waits {
            let command = if slot == 0 { first } else { Command::getvar("x") };
            let command = if is_inbound && slot > 0 { Command::api("x") } else { command };
            session.send(&command, Some(Slot(slot)), None).unwrap();
            alone.track(&command).unwrap();
        }
        let (mut rest, mut answered) = (&capture.stream[..], 0);
        let mut outcomes = Vec::new();
        while let Ok(poll) = session.poll(rest, Duration::ZERO) {
            assert_eq!(Ok(poll), alone.poll(rest), "{}", capture.name);
            rest = &rest[poll.consumed()..];
            let before = outcomes.len();
            outcomes.extend(std::iter::from_fn(|| session.next_outcome()));
            match &outcomes[before..] {
                [(slot, Outcome::Answered)] => {
                    assert_eq!(*slot, Slot(answered), "{}", capture.name);
                    answered += 1;
                }
                told => assert!(told.iter().all(|(_, outcome)| matches!(outcome, Outcome::Lost(_)))),
            }
            if matches!(poll, Poll::NeedData { .. } | Poll::Closed { .. }) {
                break;
            }
        }
        session.eof(rest, Duration::ZERO);
        outcomes.extend(std::iter::from_fn(|| session.next_outcome()));
        let mut slots: Vec<u64> = outcomes.iter().map(|(slot, _)| slot.0).collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..waits).collect::<Vec<_>>(), "{}", capture.name);
        assert!(session.waiting() == 0 && session.reason().is_some(), "{}", capture.name);
    }
}

#[test]
fn a_subscription_stands_when_it_is_answered() {
    let mut session = Session::new(1);
    session.listen(Slot(1), [EventName::ChannelAnswer].into()).unwrap();
    assert!(!session.is_settled());
    open(&mut session, Duration::ZERO);
    assert_eq!(sent(&mut session), "event CHANNEL_ANSWER\n\n");
    assert!(session.is_open() && !session.is_settled());
    give(&mut session, &reply("+OK"), Duration::ZERO);
    assert!(session.is_settled());
    session.close(Duration::ZERO);
    assert!(!session.is_settled());
}

#[test]
fn a_call_may_hear_its_own_channel_only() {
    let mut session = Session::new(1);
    session.set_own_only(true);
    session.listen(Slot(1), [EventName::ChannelHangup].into()).unwrap();
    session.listen(Slot(2), Interest::all().of_channel("other")).unwrap();
    call(&mut session, "async", "full");
    assert_eq!(sent(&mut session), "myevents\n\n");
    assert_eq!(session.next_outcome(), Some((Slot(2), Outcome::Refused)));
    let playback = SendMsg::new(Execute::new("playback", "x"));
    assert_eq!(session.execute(&playback.to("other"), Slot(3), None), Err(SessionError::Unheard));
    session.execute(&playback.to("c0"), Slot(3), None).unwrap();
    assert!(sent(&mut session).starts_with("sendmsg c0\n"));
}

#[test]
fn with_full_control_a_call_can_ask_for_more_of_its_channel() {
    let now = Duration::ZERO;
    let mut session = Session::new(1);
    session.set_own_only(true);
    session.listen(Slot(1), [EventName::ChannelHangup, EventName::PlaybackStart].into()).unwrap();
    session.listen(Slot(2), Interest::new(Events::new(&[EventName::Custom], &["a::b"]))).unwrap();
    call(&mut session, "async", "full");
    assert_eq!(sent(&mut session), "myevents\n\nevent PLAYBACK_START CUSTOM a::b\n\n");
    session.bgapi("status", Slot(3), None).unwrap();
    assert!(sent(&mut session).starts_with("event BACKGROUND_JOB\n\nbgapi status\n"));
    assert_eq!(session.next_outcome(), None);

    let mut session = Session::new(1);
    session.listen(Slot(1), [EventName::ChannelHangup, EventName::PlaybackStart].into()).unwrap();
    session.listen(Slot(2), Interest::all()).unwrap();
    call(&mut session, "async", "single-channel");
    assert_eq!(sent(&mut session), "myevents\n\n");
    assert_eq!((session.next_outcome(), session.next_outcome()), (Some((Slot(1), Outcome::Refused)), None));
    give(&mut session, &reply("+OK Events Enabled"), now);
    assert!(session.is_settled());
}

#[test]
fn a_program_takes_events_back_but_not_what_waits_need() {
    let now = Duration::ZERO;
    let ok = |session: &mut Session| give(session, &reply("+OK"), now);
    let mut session = Session::new(1);
    open(&mut session, now);
    session.listen(Slot(1), [EventName::Heartbeat, EventName::ChannelAnswer].into()).unwrap();
    session.bgapi("status", Slot(9), None).unwrap();
    sent(&mut session);
    session.unsubscribe(Some([EventName::Heartbeat, EventName::BackgroundJob].into())).unwrap();
    assert_eq!(sent(&mut session), "nixevent HEARTBEAT\n\n");
    session.unsubscribe(None).unwrap();
    assert_eq!(sent(&mut session), "nixevent CHANNEL_ANSWER\n\n");
    session.listen(Slot(2), [EventName::Heartbeat].into()).unwrap();
    assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");

    // ALL but some stays so, over a reconnect and with other readers.
    let mut session = Session::new(1);
    open(&mut session, now);
    session.listen(Slot(1), Interest::all()).unwrap();
    session.unsubscribe(Some([EventName::Heartbeat].into())).unwrap();
    assert_eq!(sent(&mut session), "event ALL\n\nnixevent HEARTBEAT\n\n");
    open(&mut session, now);
    assert_eq!(sent(&mut session), "event ALL\n\nnixevent HEARTBEAT\n\n");
    // ALL is no more, and with it what it said of subclasses.
    session.listen(Slot(2), Interest::new(Events::new(&[], &["a::b"]))).unwrap();
    assert_eq!(sent(&mut session), "event CUSTOM a::b\n\n");
    session.listen(Slot(3), [EventName::Heartbeat].into()).unwrap();
    // Nothing is taken back any more: ALL is all again.
    assert_eq!(sent(&mut session), "event ALL\n\n");
    for _ in 0..4 {
        ok(&mut session);
    }
    assert!(session.is_settled());
    session.unsubscribe(Some(Interest::all())).unwrap();
    assert_eq!(sent(&mut session), "nixevent ALL HEARTBEAT\n\n");
}

#[test]
fn names_that_may_be_unknown_are_asked_for_alone() {
    let mut session = Session::new(1);
    session.listen(Slot(1), [EventName::from_bytes(b"NO_SUCH_EVENT"), EventName::Heartbeat].into()).unwrap();
    session.listen(Slot(2), [EventName::Heartbeat].into()).unwrap();
    open(&mut session, Duration::ZERO);
    assert_eq!(sent(&mut session), "event NO_SUCH_EVENT\n\nevent HEARTBEAT\n\n");
    give(&mut session, &reply("-ERR no keywords supplied"), Duration::ZERO);
    assert_eq!((session.next_outcome(), session.next_outcome()), (Some((Slot(1), Outcome::Refused)), None));
    give(&mut session, &reply("+OK"), Duration::ZERO);
    assert!(session.is_settled());
}

#[test]
fn what_is_encoded_already_is_sent_as_it_is() {
    let mut session = Session::new(1);
    let api = Command::api("status");
    let octets = b"api status\n\n";
    assert_eq!(session.send_encoded(&api, octets, Some(Slot(1)), None), Err(SessionError::NotConnected));
    open(&mut session, Duration::ZERO);
    session.send_encoded(&api, octets, Some(Slot(1)), None).unwrap();
    assert_eq!(session.send_encoded(&api, octets, Some(Slot(1)), None), Err(SessionError::SlotInUse));
    assert!(matches!(
        session.send_encoded(&Command::linger(1), b"linger 1\n\n", None, None),
        Err(SessionError::Send(_))
    ));
    assert_eq!(sent(&mut session), "api status\n\n");
    give(&mut session, b"Content-Type: api/response\nContent-Length: 2\n\nUP", Duration::ZERO);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Answered)));
}

#[test]
fn a_refused_filter_is_told_and_the_others_stand() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.set_filters([(&b"x"[..], &b"y"[..]), (b"a", b"b")]).unwrap();
    assert_eq!(sent(&mut session), "filter add x y\n\nfilter add a b\n\n");
    give(&mut session, &reply("-ERR invalid syntax"), Duration::ZERO);
    let refused = Notice::FilterRefused { header: (*b"x").into(), value: (*b"y").into() };
    assert_eq!((session.next_notice(), session.next_notice()), (Some(refused), None));
    give(&mut session, &reply("+OK"), Duration::ZERO);
    assert_eq!((session.next_notice(), sent(&mut session)), (None, String::new()));
    // Nobody asks for it again.
    session.close(Duration::ZERO);
    open(&mut session, Duration::ZERO);
    assert_eq!(sent(&mut session), "filter add a b\n\n");
}

#[test]
fn a_wait_ends_whose_event_the_filters_would_hold_back() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.set_filters([(&b"x"[..], &b"y"[..])]).unwrap();
    session.bgapi("status", Slot(1), None).unwrap();
    sent(&mut session);
    give(&mut session, &reply("+OK"), Duration::ZERO);
    give(&mut session, &reply("-ERR invalid syntax"), Duration::ZERO);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Refused)));
}

/// A line of the server's log.
fn line(level: i8) -> Vec<u8> {
    format!("Content-Type: log/data\nContent-Length: 2\nLog-Level: {level}\n\nx\n").into_bytes()
}

#[test]
fn log_lines_go_to_who_wants_them() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.listen_log(Slot(1), LogLevel::WARNING).unwrap();
    assert_eq!(sent(&mut session), "log 4\n\n");
    session.listen_log(Slot(2), LogLevel::INFO).unwrap();
    assert_eq!(sent(&mut session), "log 6\n\n");
    session.set_log(Some(LogLevel::ERR)).unwrap();
    session.listen_log(Slot(3), LogLevel::ALERT).unwrap();
    assert_eq!(sent(&mut session), "");
    let (read, mut alone) = (line(4), Client::inbound(Limits::DEFAULT));
    let Poll::Incoming { incoming: Incoming::Log(warning), .. } = alone.poll(&read).unwrap() else { panic!() };
    assert_eq!(session.log_readers(&warning).collect::<Vec<_>>(), [Slot(1), Slot(2)]);
    session.unlisten(Slot(2)).unwrap();
    assert_eq!(sent(&mut session), "log 4\n\n");
    session.unlisten(Slot(1)).unwrap();
    assert_eq!(sent(&mut session), "log 3\n\n");
    session.unlisten(Slot(3)).unwrap();
    session.set_log(None).unwrap();
    assert_eq!(sent(&mut session), "nolog\n\n");
}

#[test]
fn a_refused_log_is_told_to_all_who_want_lines() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.listen_log(Slot(1), LogLevel::WARNING).unwrap();
    session.set_log(Some(LogLevel::ERR)).unwrap();
    give(&mut session, &reply("-ERR permission denied"), Duration::ZERO);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Refused)));
    assert_eq!(session.next_notice(), Some(Notice::LogRefused { level: LogLevel::WARNING }));
    session.unlisten(Slot(1)).unwrap();
    assert_eq!((session.next_outcome(), session.next_notice()), (None, None));
}

/// A user that may not read the log knows it from the login.
#[test]
fn a_log_that_cannot_be_asked_for_holds_nothing_else_up() {
    let login = |session: &mut Session| {
        session.connect(Client::inbound(Limits::DEFAULT), Duration::ZERO);
        give(session, b"Content-Type: auth/request\n\n", Duration::ZERO);
        session.send(&Command::auth("x"), None, None).unwrap();
        session.sent(usize::MAX);
        let accepted = b"Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-LOG: false\n\n";
        give(session, accepted, Duration::ZERO);
    };
    let mut session = Session::new(1);
    session.listen_log(Slot(1), LogLevel::WARNING).unwrap();
    session.set_log(Some(LogLevel::ERR)).unwrap();
    session.listen(Slot(2), [EventName::Heartbeat].into()).unwrap();
    login(&mut session);
    assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");
    assert_eq!((session.next_outcome(), session.next_outcome()), (Some((Slot(1), Outcome::Refused)), None));
    assert_eq!(session.next_notice(), Some(Notice::LogRefused { level: LogLevel::WARNING }));
    // Asked for now, it is an error, and nothing has changed.
    assert!(matches!(session.listen_log(Slot(3), LogLevel::ERR), Err(SessionError::Send(_))));
    session.listen(Slot(4), [EventName::ChannelAnswer].into()).unwrap();
    assert_eq!(sent(&mut session), "event CHANNEL_ANSWER\n\n");
}

#[test]
fn a_call_of_its_own_events_may_read_the_log() {
    let mut session = Session::new(1);
    session.set_own_only(true);
    session.listen_log(Slot(1), LogLevel::ERR).unwrap();
    session.listen(Slot(2), [EventName::Dtmf].into()).unwrap();
    call(&mut session, "async", "full");
    assert_eq!(sent(&mut session), "myevents\n\nlog 3\n\n");
    // Without full control there is no log.
    let mut session = Session::new(1);
    session.listen_log(Slot(1), LogLevel::ERR).unwrap();
    session.listen(Slot(2), [EventName::Dtmf].into()).unwrap();
    call(&mut session, "async", "single-channel");
    assert_eq!(sent(&mut session), "myevents\n\n");
    assert_eq!((session.next_outcome(), session.next_outcome()), (Some((Slot(1), Outcome::Refused)), None));
}

#[test]
fn a_call_that_hears_its_own_channel_only_may_be_silent() {
    let mut session = Session::new(1);
    session.set_silence(Some(SECOND)).unwrap();
    session.set_heartbeat(Some(SECOND)).unwrap();
    call(&mut session, "async", "single-channel");
    assert_eq!(session.next_deadline(), None);
    session.advance(100 * SECOND);
    assert!(session.is_open());
    session.close(100 * SECOND);
    call(&mut session, "async", "full");
    assert_eq!(session.next_deadline(), Some(101 * SECOND));
}

#[test]
fn a_server_without_a_heartbeat_is_noticed() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    session.set_heartbeat(Some(45 * SECOND)).unwrap();
    assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");
    give(&mut session, &reply("+OK"), 20 * SECOND);
    give(&mut session, &event("Event-Name: HEARTBEAT"), 20 * SECOND);
    give(&mut session, &line(7), 60 * SECOND);
    assert_eq!(session.next_deadline(), Some(65 * SECOND));
    session.advance(65 * SECOND);
    assert_eq!(session.reason(), Some(Reason::NoHeartbeat));
    // A user who may not hear it is not taken for dead.
    open(&mut session, 70 * SECOND);
    assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");
    give(&mut session, &reply("-ERR permission denied"), 70 * SECOND);
    assert_eq!(session.next_notice(), Some(Notice::HeartbeatRefused));
    assert_eq!(session.next_deadline(), None);
}

#[test]
fn a_server_that_was_started_anew_is_told_when_it_is_known() {
    let mut session = Session::new(1);
    open(&mut session, Duration::ZERO);
    give(&mut session, &event("Event-Name: HEARTBEAT\nCore-UUID: one"), Duration::ZERO);
    session.close(SECOND);
    open(&mut session, SECOND);
    let gap = session.next_gap().unwrap();
    assert_eq!((gap.core_before.as_deref(), gap.core_after), (Some(&b"one"[..]), None));
    assert_eq!(session.next_notice(), None);
    give(&mut session, &event("Event-Name: HEARTBEAT\nCore-UUID: two"), SECOND);
    let told = Notice::Restarted { before: (*b"one").into(), after: (*b"two").into() };
    assert_eq!((session.next_notice(), session.next_notice()), (Some(told), None));
}

/// Gives all of a stream, in pieces of so many octets, to a session that holds few.
fn pass(session: &mut Session, octets: &[u8], piece: usize) {
    let mut buffer: Vec<u8> = Vec::new();
    for octets in octets.chunks(piece) {
        buffer.extend_from_slice(octets);
        loop {
            let poll = session.poll(&buffer, Duration::ZERO).unwrap();
            let (consumed, is_over) = (poll.consumed(), matches!(poll, Poll::NeedData { .. } | Poll::Closed { .. }));
            buffer.drain(..consumed);
            if is_over {
                break;
            }
        }
    }
    assert!(buffer.is_empty());
}

fn small() -> Limits {
    Limits::for_buffer(Limits::MIN)
}

/// What is longer than the buffer ends its waits all the same, in each format and however it arrives.
#[test]
fn events_in_parts_end_their_waits() {
    let tag = "0000000000000001-0000000000000000";
    let long = "y".repeat(900);
    let output = "z".repeat(700);
    let headers = |app: bool| match app {
        false => vec![("Event-Name", "BACKGROUND_JOB"), ("variable_a", &long), ("Job-UUID", tag)],
        true => vec![
            ("Event-Name", "CHANNEL_EXECUTE_COMPLETE"),
            ("Unique-ID", "c1"),
            ("Answer-State", "hangup"),
            ("variable_a", &long),
            ("Application-UUID", tag),
        ],
    };
    let plain = |app| {
        let lines: String = headers(app).iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{lines}Content-Length: {}\n\n{output}", output.len())
    };
    let json = |app| {
        let pairs: String = headers(app).iter().map(|(name, value)| format!("\"{name}\":\"{value}\",")).collect();
        // What others say in a value or in a body is no header.
        let forged =
            r#""variable_b":["Unique-ID","c1"],"variable_c":"\"Job-UUID\":\"0000000000000001-0000000000000001\"""#;
        format!(r#"{{"Other":{{"Job-UUID":"x"}},{pairs}{forged},"_body":"{output}"}}"#)
    };
    let xml = |app| {
        let rows: String = headers(app).iter().map(|(name, value)| format!("    <{name}>{value}</{name}>\n")).collect();
        let body = format!("<body><Job-UUID>0000000000000001-0000000000000001</Job-UUID>{output}</body>");
        format!("<event>\n  <headers>\n{rows}  </headers>\n  {body}\n</event>")
    };
    for (word, text) in [("plain", &plain as &dyn Fn(bool) -> String), ("json", &json), ("xml", &xml)] {
        for piece in 1..=Limits::MIN {
            let mut session = Session::new(1);
            session.connect(Client::inbound(small()), Duration::ZERO);
            pass(&mut session, b"Content-Type: auth/request\n\n", piece);
            session.send(&Command::auth("x"), None, None).unwrap();
            pass(&mut session, &reply("+OK accepted"), piece);
            session.bgapi("show registrations", Slot(1), None).unwrap();
            session.execute(&SendMsg::new(Execute::new("playback", "x")).to("c1"), Slot(2), None).unwrap();
            (0..4).for_each(|_| pass(&mut session, &reply("+OK"), piece));
            let framed = |text: &str, head: &str| {
                format!("Content-Length: {}\nContent-Type: text/event-{head}\n\n{text}", text.len()).into_bytes()
            };
            let whole = framed(&text(false), word);
            pass(&mut session, &whole[..whole.len() - 1], piece);
            assert_eq!(session.next_outcome(), None, "{word}");
            pass(&mut session, &whole[whole.len() - 1..], piece);
            assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::JobEnded)), "{word} {piece}");
            // The application is the second that was named.
            let app = text(true).replace(tag, "0000000000000001-0000000000000001");
            pass(&mut session, &framed(&app, word), piece);
            assert_eq!(session.next_outcome(), Some((Slot(2), Outcome::ChannelEnded)), "{word} {piece}");
            assert_eq!((session.next_outcome(), session.waiting()), (None, 0));
        }
    }
}

/// The replies that open a connection, and the refusal of a job, are understood in parts, too; so is the notice that a
/// call is over.
#[test]
fn replies_and_notices_in_parts() {
    let long = "x".repeat(600);
    for piece in [1, 7, 100, 256] {
        let mut session = Session::new(1);
        session.listen(Slot(9), [EventName::Heartbeat].into()).unwrap();
        session.connect(Client::inbound(small()), Duration::ZERO);
        pass(&mut session, b"Content-Type: auth/request\n\n", piece);
        session.send(&Command::userauth("u", "d", "x"), None, None).unwrap();
        session.sent(usize::MAX);
        let accepted = format!("Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: {long}\n\n");
        pass(&mut session, accepted.as_bytes(), piece);
        assert!(session.is_open());
        assert_eq!(sent(&mut session), "event HEARTBEAT\n\n");
        pass(&mut session, &reply("+OK"), piece);
        session.bgapi("x", Slot(1), None).unwrap();
        pass(&mut session, &reply("+OK"), piece);
        pass(&mut session, &reply(&format!("-ERR {long}")), piece);
        assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Refused)));

        let mut session = Session::new(1);
        session.connect(Client::outbound(small()), Duration::ZERO);
        session.send(&Command::Connect, None, None).unwrap();
        let data = format!("Event-Name: CHANNEL_DATA\nCore-UUID: core\nvariable_x: {long}\nUnique-ID: c0\n");
        let rest = "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: static\nControl: full\n\n";
        pass(&mut session, format!("{data}{rest}").as_bytes(), piece);
        assert!(session.is_open());
        assert_eq!(session.core_uuid(), Some(&b"core"[..]));
        session.execute(&SendMsg::new(Execute::new("playback", "x")), Slot(1), None).unwrap();
        pass(&mut session, &reply("+OK"), piece);
        let notice =
            format!("Content-Type: text/disconnect-notice\nChannel-Name: {long}\nContent-Disposition: linger\n\n");
        pass(&mut session, notice.as_bytes(), piece);
        assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::ChannelEnded)));
    }
}

/// The reply to `getvar` as FreeSWITCH writes it: a text that begins with a tilde is a head already.
fn getvar_reply(value: &str) -> Vec<u8> {
    let text = if value.is_empty() { "-ERR command not found" } else { &value[..value.len().min(511)] };
    match text.strip_prefix('~') {
        Some(head) => format!("Content-Type: command/reply\n{head}").into_bytes(),
        None => reply(text),
    }
}

/// What is told of one variable: how the wait has ended, and what the answer says.
#[derive(Debug, PartialEq)]
struct Told {
    outcome: Outcome,
    state: &'static str,
    value: String,
}

fn told(outcome: Outcome, state: &'static str, value: &str) -> Told {
    Told { outcome, state, value: value.into() }
}

fn state_of(variable: Variable<'_>) -> (&'static str, String) {
    let text = |value: Value<'_>| value.to_string();
    match variable {
        Variable::Unset => ("unset", String::new()),
        Variable::Set(value) => ("set", text(value)),
        Variable::Cut(value) => ("cut", text(value)),
        _ => ("unread", String::new()),
    }
}

/// A server that answers what a session sends, in pieces of some size, until nothing more is sent. Gives what the variables
/// are told to be, by their slots, and the commands.
fn answer_all(
    session: &mut Session,
    piece: usize,
    answer: impl Fn(&str) -> Vec<u8>,
) -> (BTreeMap<u64, Told>, Vec<String>) {
    let (mut results, mut values, mut commands) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let (mut buffer, mut seen) = (Vec::new(), 0);
    loop {
        let text = sent(session);
        if text.is_empty() && seen == buffer.len() {
            return (results, commands);
        }
        for command in text.split_terminator("\n\n") {
            commands.push(command.to_owned());
            buffer.extend_from_slice(&answer(command));
        }
        seen = buffer.len().min(seen + piece);
        loop {
            let poll = session.poll(&buffer[..seen], Duration::ZERO).unwrap();
            while let Some((Slot(slot), outcome)) = session.next_outcome() {
                if outcome == Outcome::Value {
                    let Poll::Incoming { incoming: Incoming::Answer { answer, .. }, .. } = &poll else {
                        panic!("{poll:?}")
                    };
                    values.insert(slot, state_of(answer.variable()));
                } else {
                    let (state, value) = values.remove(&slot).unwrap_or_default();
                    assert!(results.insert(slot, Told { outcome, state, value }).is_none());
                }
            }
            let (consumed, is_all) = (poll.consumed(), matches!(poll, Poll::NeedData { .. }));
            buffer.drain(..consumed);
            seen -= consumed;
            if is_all {
                break;
            }
        }
    }
}

fn api(text: &str) -> Vec<u8> {
    format!("Content-Type: api/response\nContent-Length: {}\n\n{text}", text.len()).into_bytes()
}

const ODD: [(&str, Outcome, &str, &str); 13] = [
    ("", Outcome::Read, "unset", ""),
    ("value", Outcome::Read, "set", "value"),
    ("one\ntwo: 2\nthree", Outcome::Read, "set", "one\ntwo: 2\nthree"),
    ("-ERR No such channel!", Outcome::Read, "set", "-ERR No such channel!"),
    ("~x y", Outcome::Read, "cut", "x y"),
    ("~Content-Length: 5", Outcome::Read, "cut", "Content-Length: 5"),
    ("~Reply-Text: x", Outcome::Read, "cut", "x"),
    ("one\n\nfour", Outcome::Cut, "set", "one"),
    (
        "a\n\nContent-Type: command/reply\nReply-Text: b\n\nContent-Type: command/reply\nReply-Text: c",
        Outcome::Cut,
        "set",
        "a",
    ),
    (
        "a\n\nContent-Type: api/response\nContent-Length: 2\n\nxxContent-Type: command/reply\nReply-Text: c",
        Outcome::Cut,
        "set",
        "a",
    ),
    ("~a\n\nContent-Type: text/x\nX: y", Outcome::Cut, "cut", "a"),
    ("a\n\nContent-Type: text/event-plain\nContent-Length: 70\nX: y", Outcome::Cut, "set", "a"),
    ("a\n\nContent-Type: text/x\nContent-Length: 60\nX: y", Outcome::Cut, "set", "a"),
];

/// The rest of the conversation is in step whatever the value is, and nothing is sent behind it before that is known.
#[test]
fn variables_that_are_read_by_getvar_take_no_answer_of_other_commands() {
    for piece in [1, 7, 1 << 20] {
        let mut session = Session::new(0xf5);
        call(&mut session, "async", "single-channel");
        sent(&mut session);
        give(&mut session, &reply("+OK Events Enabled"), Duration::ZERO);
        for (slot, _) in (0..).step_by(2).zip(ODD) {
            session.read_variable(None, format!("v{}", slot / 2), Slot(slot), None).unwrap();
            session.send(&Command::getvar("plain"), Some(Slot(slot + 1)), None).unwrap();
        }
        assert_eq!(session.to_send().iter().filter(|octet| **octet == b'\n').count(), 4, "two commands");
        assert!(session.unsent() > session.to_send().len());
        let (results, commands) = answer_all(&mut session, piece, |command| match command.split_once(' ') {
            Some(("getvar", "plain")) => reply("plain"),
            Some(("getvar", name)) => getvar_reply(ODD[name[1..].parse::<usize>().unwrap()].0),
            Some(("sendmsg", uuid)) => reply(&format!("-ERR invalid session id [{uuid}]")),
            _ => panic!("{command}"),
        });
        for (slot, (value, outcome, state, text)) in (0..).step_by(2).zip(ODD) {
            assert_eq!(results[&slot], told(outcome, state, text), "{value}");
            assert_eq!(results[&(slot + 1)].outcome, Outcome::Answered, "{value}");
        }
        assert_eq!((session.waiting(), session.unsent()), (0, 0));
        assert!(commands.len() > 3 * ODD.len(), "some were asked twice");
        assert_eq!(session.client().unwrap().in_flight(), 0);
    }
}

#[test]
fn with_full_control_variables_are_read_by_the_api_or_else_by_getvar() {
    let mut session = Session::new(0xf5);
    call(&mut session, "static", "full");
    sent(&mut session);
    give(&mut session, &reply("+OK Events Enabled"), Duration::ZERO);
    let names = ["a", "two words", "unset", "gone", "denied", "~"];
    for (slot, name) in (0..).zip(names) {
        session.read_variable(if slot % 2 == 0 { None } else { Some(b"c0") }, name, Slot(slot), None).unwrap();
    }
    session.read_variable(Some(b"c9"), "gone", Slot(20), None).unwrap();
    session.read_variable(Some(b"c9"), "denied", Slot(21), None).unwrap();
    session.read_variable(Some(b"c9"), "a", Slot(22), None).unwrap();
    let (results, commands) = answer_all(&mut session, 1 << 20, |command| {
        let words: Vec<&str> = command.split(' ').collect();
        match (words[0], *words.last().unwrap()) {
            ("getvar", "gone") => reply("of the end"),
            ("getvar", _) => reply("-ERR command not found"),
            ("sendmsg", uuid) => reply(&format!("-ERR invalid session id [{uuid}]")),
            (_, "a") => api("~\n\nx"),
            (_, "words'") => api("2"),
            (_, "gone") => api("-ERR No such channel!\n"),
            (_, "denied") => reply("-ERR permission denied"),
            _ => api("_undef_"),
        }
    });
    assert_eq!(results[&0], told(Outcome::Read, "set", "~\n\nx"));
    assert_eq!(results[&1], told(Outcome::Read, "set", "2"));
    assert_eq!(results[&2], told(Outcome::Read, "unset", ""));
    assert_eq!(results[&3], told(Outcome::Read, "set", "of the end"));
    assert_eq!(results[&4], told(Outcome::Read, "unset", ""));
    assert_eq!(results[&5], told(Outcome::Read, "unset", ""));
    assert_eq!(results[&20], told(Outcome::Refused, "", ""));
    assert_eq!(results[&21], told(Outcome::Refused, "", ""));
    assert_eq!(results[&22], told(Outcome::Read, "set", "~\n\nx"));
    assert_eq!(commands.iter().filter(|command| command.starts_with("getvar")).count(), 2);
    assert!(commands.contains(&"api uuid_getvar c0 'two words'".to_owned()));
}

#[test]
fn a_variable_that_nobody_waits_for_is_read_to_its_end() {
    let mut session = Session::new(0xf5);
    call(&mut session, "async", "single-channel");
    sent(&mut session);
    give(&mut session, &reply("+OK Events Enabled"), Duration::ZERO);
    session.read_variable(None, "v", Slot(1), Some(SECOND)).unwrap();
    let word = sent(&mut session).split("sendmsg ").nth(1).unwrap().trim().to_owned();
    session.advance(SECOND);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::TimedOut)));
    session.send(&Command::Resume, Some(Slot(1)), None).unwrap();
    assert_eq!(sent(&mut session), "");
    give(&mut session, &reply("~"), SECOND);
    assert_eq!(sent(&mut session), "");
    give(&mut session, &reply(&format!("-ERR invalid session id [{word}]")), SECOND);
    assert_eq!((sent(&mut session).as_str(), session.next_outcome()), ("resume\n\n", None));
    give(&mut session, &reply("+OK"), SECOND);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Answered)));
}

#[test]
fn the_end_of_the_connection_ends_readings() {
    let begun = || {
        let mut session = Session::new(0xf5);
        call(&mut session, "async", "single-channel");
        sent(&mut session);
        give(&mut session, &reply("+OK Events Enabled"), Duration::ZERO);
        session.read_variable(None, "v", Slot(1), None).unwrap();
        sent(&mut session);
        session
    };
    let mut session = begun();
    session.close(SECOND);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Lost(Reason::Closed))));
    // What has come is told.
    let mut session = begun();
    give(&mut session, &reply("value"), SECOND);
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Value)));
    assert!(session.eof(b"", SECOND).is_some());
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Read)));
    // A broken reply is whole at the end of the stream.
    let mut session = begun();
    let broken = b"Content-Type: command/reply\nx y";
    assert!(matches!(session.poll(broken, SECOND), Ok(Poll::NeedData { .. })));
    let reply = session.eof(broken, SECOND).unwrap().reply.unwrap();
    assert_eq!(state_of(reply.variable()), ("cut", "x y".into()));
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Value)));
    assert_eq!(session.next_outcome(), Some((Slot(1), Outcome::Read)));
    // `exit` does not wait.
    let mut session = begun();
    session.send(&Command::Exit, None, None).unwrap();
    assert_eq!(sent(&mut session), "exit\n\n");
}

#[test]
fn an_api_line_about_a_channel_is_read_as_it_is_meant() {
    let line = |api: ChannelApi<'_>| String::from_utf8(api.to_vec()).unwrap();
    let getvar = |name: &str| line(ChannelApi::GetVar { uuid: b"u", name: name.as_bytes() });
    assert_eq!(getvar("a"), "uuid_getvar u a");
    assert_eq!(getvar(""), "uuid_getvar u ''");
    assert_eq!(getvar("a b"), "uuid_getvar u 'a b'");
    assert_eq!(getvar("it's"), r"uuid_getvar u 'it\'s'");
    assert_eq!(getvar(r"a\n\x\"), r"uuid_getvar u a\\n\x\\");
    assert_eq!(line(ChannelApi::Exists { uuid: b"u" }), "uuid_exists u");
    assert_eq!(line(ChannelApi::Bridge { uuid: b"u", other: b"v w" }), "uuid_bridge u 'v w'");
    assert_eq!(line(ChannelApi::Break { uuid: b"u", all: true }), "uuid_break u all");
    assert_eq!(line(ChannelApi::Break { uuid: b"u", all: false }), "uuid_break u");
    assert_eq!(ChannelApi::Exists { uuid: b"u" }.encode(&mut [0; 12]).unwrap_err().required, 13);
}
