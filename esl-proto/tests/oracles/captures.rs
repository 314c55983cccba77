//! The events of a real server against both libraries, which accept nearly all of them: they refuse only some that
//! clients made up (06-sendevent), with invalid UTF-8 or in XML that is not well-formed.

use esl_proto::name::Format;

use crate::reading::Reading;
use crate::support::{busy, events, session};
use crate::{strict_json, strict_xml};

/// Compares the events of a stream where the oracle accepts them, and wants all others read, too. Returns the number
/// of those that were compared, and of all.
fn compare(stream: &[u8], format: Format, oracle: fn(&[u8]) -> Option<Reading>) -> (usize, usize) {
    let events = events(stream, format);
    let mut compared = 0;
    for text in &events {
        let ours = Reading::of(format, text).unwrap_or_else(|error| panic!("{error}: {}", text.escape_ascii()));
        if let Some(expected) = oracle(text) {
            assert_eq!(ours, expected);
            compared += 1;
        }
    }
    (compared, events.len())
}

#[test]
fn json_events_are_read_alike() {
    let compare = |stream: &[u8]| compare(stream, Format::Json, strict_json::oracle);
    assert_eq!(compare(&session("04-single-call-json")), (204, 204));
    assert_eq!(compare(&session("04-conference-json")), (26, 26));
    assert_eq!(compare(&session("06-sendevent-json")), (45, 47));
    assert_eq!(compare(&busy(Format::Json)), (800, 800));
}

#[test]
fn xml_events_are_read_alike() {
    let compare = |stream: &[u8]| compare(stream, Format::Xml, strict_xml::oracle);
    assert_eq!(compare(&session("04-single-call-xml")), (204, 204));
    assert_eq!(compare(&session("04-conference-xml")), (26, 26));
    assert_eq!(compare(&session("06-sendevent-xml")), (42, 47));
    assert_eq!(compare(&busy(Format::Xml)), (800, 800));
}
