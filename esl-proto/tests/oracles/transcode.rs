//! The events of all recordings from each format to each other: read again they are what they were, strict readers accept
//! what is to be strict, and what the server has written in that format is written again.

use std::collections::{BTreeMap, HashMap};

use esl_proto::event::{
    Duplicates, EncodeOptions, EventSource, Field, HeaderSlot, Invalid, OutgoingEvent, OutgoingEventErrorKind,
};
use esl_proto::name::{Format, HangupCause};
use esl_proto::text::Percent;
use esl_proto::{Event, Value};

use crate::reading::Reading;
use crate::support::{CAPTURES, events};
use crate::transcoding::{check, transcoded};

const OPTIONS: [EncodeOptions; 5] = [
    EncodeOptions::FREESWITCH,
    EncodeOptions::STRICT,
    EncodeOptions::new().percent(Percent::Lossless).invalid(Invalid::Escape),
    EncodeOptions::new().invalid(Invalid::Refuse),
    EncodeOptions::new().duplicates(Duplicates::Arrays),
];

#[test]
fn every_event_is_the_same_in_every_other_format() {
    let mut checked = 0;
    for capture in CAPTURES.iter() {
        for source in Format::KNOWN {
            for (place, text) in events(&capture.stream, *source).iter().enumerate() {
                let event = Event::new(*source, text);
                for format in Format::KNOWN {
                    // All options for some, which have every kind of event among them.
                    let options = if place < 60 { &OPTIONS[..] } else { &OPTIONS[..1] };
                    options.iter().for_each(|options| check(&event, *format, *options));
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 9_000, "{checked}");
}

/// Whether an event has a Content-Length of its client's, which is left out, or a body that the server changes in XML.
fn is_written_otherwise(event: &Event<'_>, target: Format) -> bool {
    let body: Option<Vec<u8>> = event.body().map(|body| body.bytes().collect());
    let lengths = event.get_all("Content-Length").count();
    let mended = |body: Vec<u8>| {
        body.ends_with(b"\n") || body.windows(2).any(|pair| pair == b"<!") || str::from_utf8(&body).is_err()
    };
    lengths != usize::from(body.is_some()) || target == Format::Xml && body.is_some_and(mended)
}

/// The server's own octets, from what a format still has: from JSON, which loses nothing, and from the format itself all
/// of them, and XML from plain, too. A percent sign that plain and XML have lost is lost in JSON, and XML has no arrays.
#[test]
fn what_the_server_has_written_is_written_again() {
    let mut counts = BTreeMap::new();
    for family in ["04-single-call", "04-conference", "busy"] {
        let stream = |format: Format| {
            let name = format!("{family}-{format}");
            &CAPTURES.iter().find(|capture| capture.name == name).expect("a recording").stream
        };
        for target in Format::KNOWN {
            let texts = events(stream(*target), *target);
            let wanted: HashMap<_, _> = texts.iter().map(|text| (Event::new(*target, text).sequence(), text)).collect();
            for source in Format::KNOWN {
                for text in events(stream(*source), *source) {
                    let event = Event::new(*source, text);
                    let Some(wanted) = wanted.get(&event.sequence()) else { continue };
                    if is_written_otherwise(&event, *target) {
                        continue;
                    }
                    let ours = transcoded(&event, *target, EncodeOptions::FREESWITCH).expect("a document");
                    let (all, equal) = counts.entry((source.as_str(), target.as_str())).or_insert((0, 0));
                    *all += 1;
                    *equal += usize::from(ours == **wanted);
                }
            }
        }
    }
    for (pair, (all, equal)) in &counts {
        let least = match pair {
            ("plain", "json") => 850,
            ("xml", "json" | "plain") => 800,
            _ => *all,
        };
        assert!(*all > 900 && *equal >= least, "{pair:?}: {equal} of {all}");
    }
    assert_eq!(counts.len(), 9);
}

fn refusal(
    fields: &[Field<'_>],
    body: Option<&[u8]>,
    format: Format,
    invalid: Invalid,
) -> (OutgoingEventErrorKind, usize, usize) {
    let event = OutgoingEvent { headers: fields, body: body.map(Value::from_bytes) };
    let options = EncodeOptions::new().invalid(invalid);
    let Err(esl_proto::event::EventEncodeError::Refused(error)) = event.encode(format, options, &mut [0; 256]) else {
        panic!("written")
    };
    (error.kind, error.item, error.offset)
}

#[test]
fn what_cannot_be_written_is_told_with_its_place() {
    use OutgoingEventErrorKind::{BodyChar, BodyUtf8, Name, NameUtf8, ValueUtf8, XmlName};
    let ok = Field::new("a", "b");
    let refuse = Invalid::Refuse;
    for format in Format::KNOWN {
        assert_eq!(refusal(&[ok, Field::new("x\ny", "")], None, *format, Invalid::Keep), (Name, 1, 1));
        assert_eq!(refusal(&[ok], Some(b"ab\xff"), *format, refuse), (BodyUtf8, 1, 2));
    }
    assert_eq!(refusal(&[Field::new(b"x\xff", "")], None, Format::Json, refuse), (NameUtf8, 0, 1));
    assert_eq!(refusal(&[Field::new(b"x\xff", "")], None, Format::Xml, refuse), (XmlName, 0, 1));
    assert_eq!(refusal(&[ok, Field::new("a b", "")], None, Format::Xml, refuse), (XmlName, 1, 1));
    assert_eq!(refusal(&[Field::new("", "")], None, Format::Xml, refuse), (XmlName, 0, 0));
    assert_eq!(refusal(&[ok, Field::new("x", b"\xc3\x28")], None, Format::Json, refuse), (ValueUtf8, 1, 0));
    assert_eq!(refusal(&[ok], Some(b"a\0b"), Format::Xml, refuse), (BodyChar, 1, 1));
    let long = [&[b'x'; 700][..], b"\xff"].concat();
    let json = [br#"{"a":"\n"#, &long[..], br#""}"#].concat();
    let error = transcoded(&Event::new(Format::Json, &json), Format::Json, EncodeOptions::new().invalid(refuse));
    assert_eq!(error.map_err(|error| (error.kind, error.offset)), Err((ValueUtf8, 701)));
    let cut = transcoded(&Event::new(Format::Json, br#"{"a":"b","c"#), Format::Plain, EncodeOptions::FREESWITCH);
    assert_eq!(cut.map_err(|error| (error.kind, error.offset)), Err((OutgoingEventErrorKind::Malformed, 11)));
}

/// Coded values that are longer than a piece, with escapes and characters over its end.
#[test]
fn long_values_are_written_as_short_ones() {
    for lead in 240..260 {
        for tail in ["%41", "%", "%4", "\u{1f600}", "\u{20ac}%41", "\u{e9}\""] {
            let text = "x".repeat(lead) + "\n" + tail + &"y".repeat(300);
            let fields = [Field::new("a", &text)];
            for first in Format::KNOWN {
                let mut out = vec![0; 8 << 10];
                let len = OutgoingEvent::new(&fields).encode(*first, Percent::Lossless, &mut out).expect("room enough");
                let event = Event::new(*first, &out[..len]);
                for format in Format::KNOWN {
                    OPTIONS.iter().for_each(|options| check(&event, *format, *options));
                    let exact = transcoded(&event, *format, EncodeOptions::new().percent(Percent::Lossless)).unwrap();
                    let event = Event::new(*format, &exact);
                    assert!(event.get("a").is_some_and(|value| value == *text), "{first} {format} {lead} {tail}");
                }
            }
        }
    }
}

#[test]
fn too_many_duplicates_are_refused() {
    let text = "a: b\n".repeat(1025) + "\n";
    let event = Event::new(Format::Plain, text.as_bytes());
    let error = transcoded(&event, Format::Json, EncodeOptions::STRICT).unwrap_err();
    assert_eq!((error.kind, error.item), (OutgoingEventErrorKind::Duplicates, 1024));
    let written = transcoded(&Event::new(Format::Plain, &text.as_bytes()[5..]), Format::Json, EncodeOptions::STRICT);
    assert_eq!(Reading::of(Format::Json, &written.unwrap()).unwrap().headers.len(), 1);
}

/// Names that differ in what is not UTF-8 only are one name when that is replaced.
#[test]
fn names_that_become_one_are_grouped() {
    let text = b"a\xff: 1\na\xfe: 2\n\n";
    let event = Event::new(Format::Plain, text);
    let written = transcoded(&event, Format::Json, EncodeOptions::STRICT).unwrap();
    assert_eq!(str::from_utf8(&written), Ok("{\"a\u{fffd}\":[\"1\",\"2\"]}"));
    // The place is that of the header, not of the first of its name.
    let event = Event::new(Format::Plain, b"a: 1\nb: 2\na: x%FF\n\n");
    let error = transcoded(&event, Format::Json, EncodeOptions::STRICT.invalid(Invalid::Refuse)).unwrap_err();
    assert_eq!((error.kind, error.item, error.offset), (OutgoingEventErrorKind::ValueUtf8, 2, 1));
    let text = ["x".repeat(300).as_bytes(), b"\xff: 1\n\n"].concat();
    let error = transcoded(&Event::new(Format::Plain, &text), Format::Json, EncodeOptions::STRICT).unwrap_err();
    assert_eq!((error.kind, error.item, error.offset), (OutgoingEventErrorKind::NameUtf8, 0, 300));
}

/// However many names come more than once, however they are coded, and however much of them is the same.
#[test]
fn every_name_that_repeats_is_grouped() {
    let long = |end: &str| format!("{}{end}", "n".repeat(256));
    let names: Vec<String> = (0..20)
        .flat_map(|number| {
            [format!("name-{number:02}"), format!("a longer name, {number:02} of many of the same length")]
        })
        .chain([long("a"), long("b"), "x".into(), String::from("_bodi")])
        .collect();
    let mut text = String::from("{");
    for round in 0..3 {
        for name in names.iter().filter(|name| round == 0 || !name.ends_with('b')) {
            text += &format!("\"{name}\":\"{round}\",");
        }
    }
    // The same name with and without an escape; an empty array before another value.
    text += r#""x\u0079":"1","xy":"2","e":[],"e":"3","once":"4"}"#;
    let event = Event::new(Format::Json, text.as_bytes());
    let written = transcoded(&event, Format::Json, EncodeOptions::STRICT).unwrap();
    let expected: Vec<String> = names
        .iter()
        .map(|name| format!("\"{name}\":{}", if name.ends_with('b') { "\"0\"" } else { r#"["0","1","2"]"# }))
        .chain([r#""xy":["1","2"]"#.into(), r#""e":["3"]"#.into(), r#""once":"4""#.into()])
        .collect();
    assert_eq!(str::from_utf8(&written).unwrap(), format!("{{{}}}", expected.join(",")));
    // Written so, it is what is written.
    let event = Event::new(Format::Json, &written);
    assert_eq!(transcoded(&event, Format::Json, EncodeOptions::STRICT).unwrap(), written);
}

/// With an index or without, several names at once or one by one.
#[test]
fn look_ups_agree() {
    let mut causes = 0;
    for capture in CAPTURES.iter() {
        for format in Format::KNOWN {
            for text in events(&capture.stream, *format) {
                let event = Event::new(*format, text);
                let mut slots = [HeaderSlot::EMPTY; 512];
                let indexed = event.index(&mut slots);
                let names = ["event-name", "Hangup-Cause", "Channel-Write-Codec-Bit-Rate", "", "nothing"];
                assert_eq!(event.find(names), names.map(|name| event.get(name)));
                assert_eq!(event.unique_id(), event.get("Unique-ID"));
                assert_eq!(event.unique_id(), indexed.unique_id());
                assert_eq!(event.hangup_cause(), indexed.hangup_cause());
                assert!(!matches!(event.hangup_cause(), Some(HangupCause::Other(_))));
                causes += usize::from(event.hangup_cause().is_some());
                assert_eq!(event.timestamp(), event.get("Event-Date-Timestamp").and_then(|time| time.to_u64()));
                let variables: Vec<_> = event.variables().collect();
                assert_eq!(variables, indexed.variables().collect::<Vec<_>>());
                for variable in &variables {
                    let name: Vec<u8> = variable.name.bytes().collect();
                    let last = variables.iter().rfind(|other| other.is(&name)).map(|last| last.value);
                    assert_eq!((event.variable(&name), indexed.variable(&name)), (last, last));
                }
            }
        }
    }
    assert!(causes > 500, "{causes}");
    let long = format!("variable_{}: 1\n\n", "x".repeat(200));
    assert!(Event::new(Format::Plain, long.as_bytes()).variable("x".repeat(200)).is_some());
}
