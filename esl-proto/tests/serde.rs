//! What is received is written by `serde`, what a configuration holds is written and read.
#![cfg(all(feature = "alloc", feature = "dial", feature = "json", feature = "serde", feature = "xml"))]

use esl_proto::client::FollowBuf;
use esl_proto::client::Linger;
use esl_proto::dial::DialStringBuf;
use esl_proto::event::HeaderSlot;
use esl_proto::name::{EventName, EventNameBuf, Format, HangupCause, HangupCauseBuf, LogLevel};
use esl_proto::{Event, Limits, SubscriptionBuf, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{from_str, to_string};

const PLAIN: &str = "Event-Name: API\nName: %C3%89va%20%22x%22%FF\nList: ARRAY::a%20b|:c\nName: again\nEmpty: _undef_\n\
                     Content-Length: 3\n\na%2";
const JSON: &str = r#"{"Event-Name":"API","Name":"Éva \"x\"�","List":["a b","c"],"Name":"again","Empty":"","#;

#[test]
fn an_event_is_the_map_that_the_server_writes_in_json() {
    let plain = Event::new(Format::Plain, PLAIN.as_bytes());
    let written = format!(r#"{JSON}"Content-Length":"3","_body":"a%2"}}"#);
    assert_eq!(to_string(&plain).unwrap(), written);
    assert_eq!(to_string(&plain.into_owned()).unwrap(), written);
    assert_eq!(to_string(&plain.index(&mut [HeaderSlot::EMPTY; 9])).unwrap(), written);
    let json = Event::new(Format::Json, written.as_bytes());
    assert_eq!(to_string(&json).unwrap(), written, "as it is, but for layout and octets that are not UTF-8");
    assert_eq!(to_string(&Event::new(Format::Plain, b"")).unwrap(), "{}");
    let first = plain.headers().next().unwrap();
    assert_eq!(to_string(&first).unwrap(), r#"{"name":"Event-Name","value":"API"}"#);
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_and_not_less() {
    let broken = Event::new(Format::Json, br#"{"Event-Name":"API","a":{"#);
    let error = to_string(&broken).unwrap_err();
    assert_eq!(error.to_string(), broken.validate().unwrap_err().to_string());
}

/// A format that is not for people, CBOR, as written.
fn binary(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).unwrap();
    out
}

#[test]
fn other_formats_have_the_decoded_octets() {
    let value = |raw: &'static str| Event::new(Format::Plain, raw.as_bytes()).get("a").unwrap().parts();
    for (raw, octets) in
        [("a: x%FF%20y\n", &b"x\xff y"[..]), ("a: plain\n", b"plain"), ("a: ARRAY::b|:c\n", b"ARRAY::b|:c")]
    {
        let (raw, coding, limit) = value(raw);
        let written = binary(&Value::from_parts(raw, coding, limit).unwrap());
        assert_eq!(written, [&[0x40 | octets.len() as u8], octets].concat());
    }
    let event = binary(&Event::new(Format::Plain, b"a: %41\nb: x\n\n"));
    assert_eq!(event, b"\xa2\x41a\x41A\x41b\x41x", "a map of two, whose keys and values are octets");
}

/// Written and read in both kinds of formats.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, json: &str) {
    assert_eq!(to_string(&value).unwrap(), json);
    assert_eq!(from_str::<T>(json).unwrap(), value);
    assert_eq!(ciborium::from_reader::<T, _>(&binary(&value)[..]).unwrap(), value);
}

#[test]
fn a_configuration_is_read_and_written() {
    comes_back(Format::Json, r#""json""#);
    comes_back(LogLevel::WARNING, r#""WARNING""#);
    comes_back(LogLevel::MAX, "63");
    comes_back(LogLevel::DISABLE, r#""DISABLE""#);
    comes_back(Linger::Forever, r#""forever""#);
    comes_back(Linger::Seconds(30), "30");
    comes_back(EventNameBuf::from(EventName::ChannelAnswer), r#""CHANNEL_ANSWER""#);
    comes_back(EventNameBuf::from(EventName::Other(b"NEW")), r#""NEW""#);
    comes_back(
        "{x='a,b'}user/1000|[y=1]user/2".parse::<DialStringBuf>().unwrap(),
        r#""{x='a,b'}user/1000|[y=1]user/2""#,
    );
    let mut wanted = SubscriptionBuf::default();
    let nothing = r#"{"format":null,"names":[],"subclasses":[],"filters":[],"log":null,"channel":"none","linger":null,"divert":false}"#;
    comes_back(wanted.clone(), nothing);
    wanted.format = Some(Format::Plain);
    wanted.names = vec![EventName::Heartbeat.into()];
    wanted.subclasses = vec![b"a::b".to_vec()];
    wanted.filters = vec![(b"x".to_vec(), b"y z".to_vec())];
    wanted.log = Some(LogLevel::new(20).unwrap());
    wanted.channel = FollowBuf::Uuid(b"5fd4".to_vec());
    wanted.linger = Some(Linger::Seconds(4));
    wanted.divert = true;
    comes_back(
        wanted.clone(),
        r#"{"format":"plain","names":["HEARTBEAT"],"subclasses":["a::b"],"filters":[["x","y z"]],"log":20,"channel":{"uuid":"5fd4"},"linger":4,"divert":true}"#,
    );
    assert_eq!(from_str::<SubscriptionBuf>("{}").unwrap(), SubscriptionBuf::default());
    assert_eq!(from_str::<SubscriptionBuf>(r#"{"log":"notice","format":"XML"}"#).unwrap().log, Some(LogLevel::NOTICE));
    // What cannot be told in a text does not change on the way.
    wanted.subclasses = vec![b"\xff".to_vec()];
    assert!(to_string(&wanted).is_err());
    assert_eq!(ciborium::from_reader::<SubscriptionBuf, _>(&binary(&wanted)[..]).unwrap(), wanted);
    assert!(to_string(&HangupCauseBuf::from(HangupCause::Other(b"\xff"))).is_err());
    assert_eq!(to_string(&HangupCause::Other(b"\xff")).unwrap(), "\"\u{fffd}\"");
    assert_eq!(to_string(&HangupCause::UserBusy).unwrap(), r#""USER_BUSY""#);
}

#[test]
fn limits_are_read() {
    #[derive(Deserialize)]
    struct Configuration {
        limits: Limits,
    }
    let read = |text| from_str::<Configuration>(text).map(|read| read.limits);
    assert_eq!(read(r#"{"limits":{}}"#).unwrap(), Limits::DEFAULT);
    assert_eq!(read(r#"{"limits":{"max_body":5}}"#).unwrap(), Limits { max_body: 5, ..Limits::DEFAULT });
    assert!(read(r#"{"limits":{"max_bodies":5}}"#).is_err());
}

#[test]
fn what_is_wrong_is_refused_with_what_is_expected() {
    fn error<T: DeserializeOwned>(text: &str) -> String {
        from_str::<T>(text).err().map(|error| error.to_string()).unwrap_or_default()
    }
    assert!(error::<Format>(r#""yaml""#).contains("expected plain, json or xml"));
    assert!(error::<LogLevel>(r#""loud""#).contains("expected a log level"));
    assert!(error::<LogLevel>("64").contains("expected a log level"));
    assert!(error::<Linger>("-2").contains("expected seconds, or forever"));
    assert!(error::<DialStringBuf>(r#""[x=1user/1000""#).contains("bracket not closed"));
    assert!(error::<SubscriptionBuf>(r#"{"event":[]}"#).contains("unknown field"));
}
