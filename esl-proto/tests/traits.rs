//! The standard traits of public types keep their laws.
#![cfg(all(feature = "dial", feature = "server"))]
#![allow(clippy::op_ref, clippy::nonminimal_bool, reason = "both orders and all types of sides are what is tested")]

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::{Hash, Hasher};
use std::iter::FusedIterator;
use std::sync::atomic::{AtomicUsize, Ordering};

use esl_proto::client::{End, Follow, Linger, NotAllowed, PendingSlot, PendingTable, ProtocolError, SendError, Tag};
use esl_proto::command::{
    CallCommand, CommandError, EncodeError, EventNames, Events, Execute, Filter, PairSource, Pairs, ParseError,
    SendMsg, Unicast, Words,
};
use esl_proto::dial::{
    Bridge, DialEncodeError, DialError, DialHandles, DialParseError, DialReadError, FlatLeg, Join, Leg, LegList,
    LegSource, ReadVariables, Variables,
};
use esl_proto::event::{EventEncodeError, EventError, HeaderSlot, OutgoingEventError};
use esl_proto::frame::{DecodeError, Request};
use esl_proto::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel, Priority,
};
use esl_proto::server::{DeliverError, ResponseError};
use esl_proto::text::{ConvertError, Insufficient};
use esl_proto::{Client, Command, Event, Frame, Limits, Subscription, Value};
use proptest::prelude::*;

/// How many codings a value can have.
const CODINGS: u8 = 9;

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Octets that mean something in one coding or another, long enough for more than one window of the hash.
fn coded_octets() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(&b"a"[..]), 2 => Just(&b"%61"[..]), 1 => Just(&b"\\u0061"[..]), 1 => Just(&b"&#97;"[..]),
        1 => Just(&b"\"a\","[..]), 1 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\xff"[..]),
        1 => Just(&b"%25"[..]), 1 => Just(&b"ARRAY::"[..]), 1 => Just(&b"|:"[..]), 1 => Just(&b"_undef_"[..]),
        1 => Just(&b"<!"[..]), 1 => Just(&[b'a'; 61][..]),
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn codings() -> impl Strategy<Value = (u8, u32)> {
    (0..CODINGS, prop_oneof![Just(u32::MAX), 0_u32..9]).prop_map(|(coding, limit)| {
        // Only the bodies of XML events have a limit.
        (coding, if coding == CODINGS - 1 { limit } else { u32::MAX })
    })
}

#[test]
fn the_codings_are_all_that_there_are() {
    assert!(Value::from_parts(b"", CODINGS - 1, u32::MAX).is_some());
    assert!(Value::from_parts(b"", CODINGS, u32::MAX).is_none());
}

proptest! {
    /// Equality, order and hash are those of the decoded octets, whatever the coding of either side.
    #[test]
    fn values_compare_and_hash_by_their_decoded_octets(
        raws in prop::array::uniform3(coded_octets()), coded in prop::array::uniform3(codings()),
    ) {
        let values: Vec<Value<'_>> = raws.iter().zip(coded)
            .map(|(raw, (coding, limit))| Value::from_parts(raw, coding, limit).unwrap()).collect();
        let octets: Vec<Vec<u8>> = values.iter().map(|value| value.bytes().collect()).collect();
        for (one, one_octets) in values.iter().zip(&octets) {
            for (two, two_octets) in values.iter().zip(&octets) {
                prop_assert_eq!(one == two, one_octets == two_octets);
                prop_assert_eq!(one.cmp(two), one_octets.cmp(two_octets));
                prop_assert_eq!(one.partial_cmp(two), Some(one.cmp(two)));
                prop_assert!(one != two || hash(one) == hash(two));
            }
            prop_assert_eq!(hash(one), hash(&Value::from_bytes(one_octets)));
            prop_assert!(*one == one_octets[..] && one_octets[..] == *one);
            prop_assert!(*one == &one_octets[..] && &one_octets[..] == *one);
            prop_assert!(*one != [&one_octets[..], b"x"].concat()[..]);
            if let Ok(text) = str::from_utf8(one_octets) {
                prop_assert!(*one == *text && *text == *one && *one == text && text == *one);
            }
        }
    }
}

#[test]
fn values_equal_texts_and_octets_in_both_orders() {
    let value = Value::from_parts(b"%61b", 3, u32::MAX).unwrap();
    assert!("ab" == value && value == "ab" && *"ab" == value && value == *"ab");
    assert!(b"ab" == value && value == b"ab" && *b"ab" == value && value == *b"ab");
    assert!(b"ab"[..] == value && value == b"ab"[..] && &b"ab"[..] == value && value == &b"ab"[..]);
    assert!("%61b" != value && value != "%61b" && b"a" != value && value != b"abc");
    assert!(Value::from("ab") == value && Value::from(&b"ab"[..]) == value);
}

#[test]
fn a_hash_tells_where_one_value_ends_and_the_next_begins() {
    let pair = |one: &'static str, two: &'static str| hash(&(Value::from(one), Value::from(two)));
    assert_ne!(pair("a", "bc"), pair("ab", "c"));
    assert_ne!(pair("", "a"), pair("a", ""));
}

/// Coded so that the word must be decoded.
fn percent_coded(word: &str) -> String {
    word.bytes().map(|octet| format!("%{octet:02X}")).collect()
}

macro_rules! read_back {
    ($($name:ident)+) => {$(
        for word in $name::KNOWN {
            let text = word.as_str();
            let text: &str = Option::from(text).unwrap();
            assert_eq!(text.parse(), Ok(*word));
            assert_eq!(text.to_ascii_lowercase().parse(), Ok(*word));
            assert_eq!(word.to_string().parse(), Ok(*word));
            let coded = percent_coded(text);
            assert_eq!($name::try_from(Value::from_parts(coded.as_bytes(), 3, u32::MAX).unwrap()), Ok(*word));
            assert_eq!($name::try_from(Value::from(text)), Ok(*word));
        }
        assert!($name::KNOWN.is_sorted(), "the order is that of the list");
        for unknown in ["NO_SUCH_WORD", "", "\u{e9}", &"A".repeat(99)] {
            assert_eq!(unknown.parse::<$name>(), Err(ConvertError::UnknownWord));
        }
        let coded = percent_coded("NO_SUCH_WORD");
        let coded = Value::from_parts(coded.as_bytes(), 3, u32::MAX).unwrap();
        assert_eq!($name::try_from(coded), Err(ConvertError::UnknownWord));
    )+};
}

#[test]
fn words_are_read_back_from_text() {
    read_back!(EventName HangupCause ChannelState CallState AnswerState CallDirection Priority Format);
    assert_eq!(EventName::try_from(Value::from("NEWER")), Ok(EventName::Other(b"NEWER")));
    assert_eq!(Format::try_from(Value::from("yaml")), Err(ConvertError::UnknownWord));
    assert_eq!("17".parse(), Ok(HangupCause::UserBusy));
    assert_eq!(HangupCause::try_from(Value::from_parts(b"%317", 3, u32::MAX).unwrap()), Ok(HangupCause::UserBusy));
    let kept: EventName<'static> = String::from("heartbeat").parse().unwrap();
    assert_eq!(kept, EventName::Heartbeat);
}

#[test]
fn log_levels_are_read_back_from_text() {
    for level in (-1..=63).filter_map(LogLevel::new) {
        assert_eq!(level.to_string().parse(), Ok(level));
        let number = level.number().to_string();
        assert_eq!(LogLevel::try_from(Value::from(&number[..])), Ok(level));
    }
    for wrong in ["", "LOUD", "64"] {
        assert_eq!(wrong.parse::<LogLevel>(), Err(ConvertError::UnknownWord));
    }
    assert_eq!(LogLevel::try_from(Value::from("DEBUG")), Err(ConvertError::NotANumber));
}

#[test]
fn numbers_are_read_from_values() {
    assert_eq!(u64::try_from(Value::from("18446744073709551615")), Ok(u64::MAX));
    assert_eq!(u64::try_from(Value::from("-1")), Err(ConvertError::NotANumber));
    assert_eq!(i64::try_from(Value::from("-1")), Ok(-1));
    assert_eq!(i64::try_from(Value::from("one")), Err(ConvertError::NotANumber));
    assert_eq!((ConvertError::UnknownWord.code(), ConvertError::NotANumber.code()), (801, 802));
}

/// Goes to the end of an iterator, which must stay there, and returns how many items it had.
fn to_the_end<I: FusedIterator>(mut items: I) -> usize {
    let (least, most) = items.size_hint();
    let mut count = 0;
    while items.next().is_some() {
        count += 1;
    }
    assert!((0..3).all(|_| items.next().is_none()), "None is the end");
    assert!(least <= count && most.is_none_or(|most| count <= most));
    count
}

const DOCUMENTS: [&[u8]; 3] = [
    b"Event-Name: CUSTOM\nA: 1\na: %32\nContent-Length: 4\n\nbody",
    br#"{"Event-Name":"CUSTOM","A":"1","a":["2","3"],"_body":"body"}"#,
    b"<event><headers><Event-Name>CUSTOM</Event-Name><A>1</A><a>2</a></headers></event>",
];

proptest! {
    /// Also where a document is cut off or damaged.
    #[test]
    fn iterators_of_events_and_frames_stay_at_their_end(
        document in 0..3_usize, from in 0..9_usize, to in 0..90_usize, at in 0..90_usize, octet: u8, is_crlf: bool,
    ) {
        let mut text = DOCUMENTS[document].to_vec();
        if let Some(damaged) = text.get_mut(at) {
            *damaged = octet;
        }
        let text = text.get(from..to.max(from).min(text.len())).unwrap_or_default();
        for format in Format::KNOWN {
            let event = Event::new(*format, text).with_crlf(is_crlf);
            let count = to_the_end(event.headers());
            prop_assert_eq!(event.into_iter().count(), count);
            prop_assert!((&event).into_iter().eq(event.headers()));
            to_the_end(event.get_all("A"));
            for len in [0, 1, 9] {
                let mut slots = [HeaderSlot::EMPTY; 9];
                let indexed = event.index(&mut slots[..len]);
                prop_assert_eq!(to_the_end(indexed.headers()), count);
                prop_assert!((&indexed).into_iter().eq(event.headers()));
                prop_assert_eq!(to_the_end(indexed.get_all("A")), event.get_all("A").count());
            }
        }
        let frame = Frame::from_parts(text, None, None, 0);
        let count = to_the_end(frame.headers());
        prop_assert_eq!((frame.into_iter().count(), (&frame).into_iter().count()), (count, count));
        let request = Request::from(frame);
        let count = to_the_end(request.headers());
        prop_assert_eq!((request.into_iter().count(), (&request).into_iter().count()), (count, count));
        to_the_end(Pairs::headers(request).iter());
        to_the_end(Pairs::applications(request).iter());
        for coding in 0..CODINGS {
            let value = Value::from_parts(text, coding, u32::MAX).unwrap();
            to_the_end(value.bytes());
            to_the_end(value.items());
        }
        to_the_end(ReadVariables::new(text, b'A'));
        to_the_end(Words::from_line(text).iter());
        to_the_end(EventNames::from_line(text).iter());
    }
}

/// A source that says that there are none, and then that there are some.
struct Fickle(AtomicUsize);

impl PairSource for Fickle {
    fn pair(&self, _: usize) -> Option<(&[u8], &[u8])> {
        (!self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2)).then_some((b"name", b"value"))
    }
}

impl LegSource for Fickle {
    fn leg(&self, _: usize) -> Option<FlatLeg<'_>> {
        let is_there = !self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        is_there.then_some(FlatLeg { join: Join::Or, handle_variables: Variables::NONE, leg: Leg::new("user/1000") })
    }
}

#[test]
fn iterators_of_lists_stay_at_their_end() {
    let texts = Pairs::from(&[("a", "b"), ("c", "d")]);
    let octets: [(&[u8], &[u8]); 2] = [(b"a", b"b"), (b"c", b"d")];
    let octets = Pairs::from(&octets);
    assert_eq!((to_the_end(texts.iter()), to_the_end(octets.iter()), texts), (2, 2, octets));
    assert_eq!(texts.iter().size_hint(), (2, Some(2)));
    assert_eq!(format!("{:?}", texts.iter()), r#"[("a", "b"), ("c", "d")]"#);
    assert_eq!(to_the_end(Pairs::from_source(&Fickle(AtomicUsize::new(0))).iter()), 0);
    assert_eq!(to_the_end(Pairs::from_source(&Fickle(AtomicUsize::new(1))).iter()), 1);
    let words = Words::from(&["a", "b"]);
    assert_eq!((to_the_end(words.iter()), words, words.into_iter().count()), (2, Words::from(&[&b"a"[..], b"b"]), 2));
    assert_eq!(format!("{:?} {:?}", words, Words::from_line(b" a  b ").iter()), r#"["a", "b"] ["a", "b"]"#);
    let names = EventNames::from_line(b"channel_answer  NEWER ");
    assert!(
        to_the_end(names.iter()) == 2 && names.into_iter().eq([EventName::ChannelAnswer, EventName::Other(b"NEWER")])
    );
    assert_eq!(to_the_end(EventNames::from_names(&[EventName::All]).iter()), 1);
    let variables = Variables::from(&[("a", "b")]);
    assert!(to_the_end(variables.iter()) == 1 && (&variables).into_iter().eq([(&b"a"[..], &b"b"[..])]));
    let one = LegList::from("user/1000");
    let several = [Leg::new("user/1000"), Leg::new("user/1001")];
    assert_eq!((to_the_end(one.iter()), to_the_end(LegList::from(&several).iter())), (1, 2));
    assert_eq!(LegList::from(&several).into_iter().count(), 2);
    let mut storage = [0; 64];
    let read = Bridge::parse(b"a,b|c:_:d", &mut storage).unwrap();
    assert_eq!(to_the_end(read.dial.handles.iter()), 2);
    for handle in read.dial.handles {
        for list in &handle.leg_lists {
            to_the_end(list.iter());
        }
        to_the_end(handle.leg_lists.iter());
    }
    for first in 0..2 {
        let source = Fickle(AtomicUsize::new(first));
        to_the_end(DialHandles::from_legs(&source).iter());
    }
}

#[test]
fn commands_of_subscriptions_and_what_is_pending_end_once() {
    const WANTED: Subscription<'static> = Subscription {
        format: Some(Format::Json),
        events: Events {
            names: EventNames::from_names(&[EventName::All]),
            subclasses: Words::from_texts(&["my::event"]),
        },
        filters: Pairs::from_texts(&[("a", "b"), ("c", "d")]),
        log: Some(LogLevel::DEBUG),
        channel: Follow::Own,
        linger: Some(Linger::Forever),
        divert: true,
    };
    assert_eq!((to_the_end(WANTED.commands()), to_the_end(WANTED.reset_commands())), (7, 5));
    assert_eq!((to_the_end(Subscription::NONE.commands()), to_the_end(Subscription::NONE.reset_commands())), (0, 0));
    assert!(Tag::new(1, 9) < Tag::new(1, 10) && hash(&Tag::new(1, 9)) == hash(&Tag::new(1, 9)));
    let mut table = PendingTable::new([PendingSlot::EMPTY; 3]);
    assert!(table.insert(7, "seven").is_ok() && table.insert(8, "eight").is_ok());
    assert_eq!(to_the_end(table.drain()), 2);

    let mut client = Client::inbound(Limits::DEFAULT);
    let mut out = [0; 64];
    for command in [Command::auth("ClueCon"), Command::api("status"), Command::exit()] {
        assert!(client.send(&command, &mut out).is_ok());
    }
    let unanswered = client.eof(b"").unanswered;
    assert_eq!((to_the_end(unanswered.ids()), unanswered.into_iter().count()), (3, 3));
    assert!(unanswered.ids().rev().map(|id| id.number()).eq([2, 1, 0]));
}

#[test]
fn pairs_of_any_octets_are_a_source() {
    let array = [(String::from("a"), *b"1"), (String::from("b"), *b"2")];
    let kept: Vec<(Vec<u8>, &str)> = vec![(b"a".to_vec(), "1"), (b"b".to_vec(), "2")];
    let slice = kept.as_slice();
    let expected = Pairs::from(&[("a", "1"), ("b", "2")]);
    assert_eq!(Pairs::from_source(&array), expected);
    assert_eq!(Pairs::from_source(&slice), expected);
    let texts = Vec::from([("a", "1"), ("b", "2")]);
    assert_eq!(Pairs::from(&texts[..]), expected);
    assert_eq!(Pairs::from_bytes(&[(b"a", b"1"), (b"b", b"2")]), expected);
}

/// Each constructor and setter says what the field says.
#[test]
fn constructors_and_setters_write_what_they_say() {
    let execute = Execute::new("playback", "x.wav").loops(3).event_uuid("u").event_uuid_name("n").hold_bleg();
    let unicast = Unicast::new().local_ip("1.2.3.4").local_port(1).remote_ip("5.6.7.8").remote_port(2);
    let unicast = unicast.transport("tcp").flags("native");
    let headers = [("a", "b")];
    const HANGUP: SendMsg<'static> = SendMsg::from_call(CallCommand::Hangup { cause: Some(HangupCause::UserBusy) });
    const BEEP: Execute<'static> = Execute::from_bytes(b"playback", b"beep.wav");
    for (command, written) in [
        (Command::auth("p"), "auth p"),
        (Command::userauth("u", "d", "p"), "userauth u@d:p"),
        (Command::api("status"), "api status"),
        (Command::api_console("status"), "api status\nconsole_execute: true"),
        (Command::bgapi("status"), "bgapi status"),
        (Command::bgapi_named("status", "j"), "bgapi status\nJob-UUID: j"),
        (Command::event(Format::Json, &[EventName::All]), "event json ALL"),
        (Command::nixevent(&[EventName::All]), "nixevent ALL"),
        (Command::noevents(), "noevents"),
        (Command::myevents(None), "myevents"),
        (Command::myevents_of("u"), "myevents u"),
        (Command::divert_events(true), "divert_events on"),
        (Command::divert_events(false), "divert_events off"),
        (Command::filter(Filter::add("a", "b")), "filter add a b"),
        (Command::filter(Filter::delete("a")), "filter delete a"),
        (Command::filter(Filter::delete_value("a", "b")), "filter delete a b"),
        (Command::filter(Filter::delete_all()), "filter delete all"),
        (Command::sendevent(EventName::Custom, &headers), "sendevent CUSTOM\na: b"),
        (Command::sendmsg(CallCommand::other("x")), "sendmsg\ncall-command: x"),
        (Command::sendmsg(CallCommand::hangup(None)), "sendmsg\ncall-command: hangup"),
        (HANGUP.into(), "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"),
        (
            Command::sendmsg(CallCommand::execute("answer", "")),
            "sendmsg\ncall-command: execute\nexecute-app-name: answer",
        ),
        (
            Command::sendmsg(BEEP),
            "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: beep.wav",
        ),
        (
            Command::sendmsg(execute),
            "sendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: x.wav\nloops: 3\n\
             Event-UUID: u\nEvent-UUID-Name: n\nhold-bleg: true",
        ),
        (
            Command::sendmsg(CallCommand::unicast(unicast)),
            "sendmsg\ncall-command: unicast\nlocal-ip: 1.2.3.4\nlocal-port: 1\nremote-ip: 5.6.7.8\nremote-port: 2\n\
             transport: tcp\nflags: native",
        ),
        (Command::sendmsg(CallCommand::nomedia("u")), "sendmsg\ncall-command: nomedia\nnomedia-uuid: u"),
        (Command::log(LogLevel::WARNING), "log 4"),
        (Command::log(None), "log"),
        (Command::nolog(), "nolog"),
        (Command::linger(30), "linger 30"),
        (Command::linger(None), "linger"),
        (Command::nolinger(), "nolinger"),
        (Command::getvar("v"), "getvar v"),
        (Command::connect(), "connect"),
        (Command::resume(), "resume"),
        (Command::exit(), "exit"),
    ] {
        let mut out = [0; 256];
        let text = str::from_utf8(command.encode(&mut out).unwrap()).unwrap();
        assert!(text.trim_end().eq_ignore_ascii_case(written), "{text:?} is not {written:?}");
    }
    assert_eq!(Unicast::new(), Unicast::default());
}

/// What is wrong can be had as the error that it is.
#[test]
fn errors_have_their_sources() {
    let mut client = Client::inbound(Limits::DEFAULT);
    let mut out = [0; 4];
    let error = client.send(&Command::auth("a\nb"), &mut out).unwrap_err();
    assert!(error.source().unwrap().is::<CommandError>());
    let error = client.send(&Command::api("status"), &mut out).unwrap_err();
    assert!(error.source().unwrap().is::<NotAllowed>());
    let error = client.send(&Command::auth("ClueCon"), &mut out).unwrap_err();
    assert!(error.source().unwrap().is::<Insufficient>());
    let error = Command::api("").encode(&mut out).unwrap_err();
    assert_eq!(error.source().unwrap().downcast_ref::<CommandError>().unwrap().code(), error.code());
    let error = client.poll(b"Content-Type: x\nContent-Length: x\n\n").unwrap_err();
    assert!(error.source().unwrap().is::<DecodeError>());
    let end = client.end().unwrap();
    assert!(end.source().unwrap().is::<DecodeError>() && End::Exit.source().is_none());
    assert!(ResponseError::Insufficient(Insufficient { required: 1 }).source().is_some());
    assert!(ResponseError::NotAsked.source().is_none() && DeliverError::NotReady.source().is_none());
    assert!(DeliverError::Insufficient(Insufficient { required: 1 }).source().is_some());
}

#[test]
fn errors_are_small_values() {
    fn is_error<E: Error + Copy + Eq + Send + Sync + 'static>() {}
    is_error::<ResponseError>();
    is_error::<CommandError>();
    is_error::<ConvertError>();
    is_error::<DecodeError>();
    is_error::<DeliverError>();
    is_error::<DialEncodeError>();
    is_error::<DialError>();
    is_error::<DialParseError>();
    is_error::<DialReadError>();
    is_error::<EncodeError>();
    is_error::<End>();
    is_error::<OutgoingEventError>();
    is_error::<EventEncodeError>();
    is_error::<EventError>();
    is_error::<Insufficient>();
    is_error::<NotAllowed>();
    is_error::<ParseError>();
    is_error::<ProtocolError>();
    is_error::<SendError>();
}
