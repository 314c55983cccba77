//! An event of any format, written in another and read again, is what it was but for what docs/protocol.md says that
//! format loses, and what the options say.

use std::collections::BTreeSet;

use esl_proto::Event;
use esl_proto::event::{
    Duplicates, EncodeOptions, EventEncodeError, EventSource, Invalid, OutgoingEventError, OutgoingEventErrorKind,
};
use esl_proto::name::Format;
use esl_proto::text::{Insufficient, Percent};

use crate::lossy::lossy;
use crate::reading::{Content, Reading};
use crate::{strict_json, strict_xml};

/// The document in another format, or why there is none, after checking it and that too little room is told exactly.
pub(crate) fn transcoded(
    source: &Event<'_>,
    format: Format,
    options: EncodeOptions,
) -> Result<Vec<u8>, OutgoingEventError> {
    let required = source.encoded_len(format, options);
    let mut out = vec![7; required + 3];
    match source.encode(format, options, &mut out) {
        Ok(len) => assert_eq!(len, required),
        Err(EventEncodeError::Refused(error)) => {
            assert_eq!(source.encode(format, options, &mut []), Err(error.into()), "whatever the room");
            return Err(error);
        }
        Err(other) => panic!("{other}"),
    }
    assert_eq!(out.split_off(required), [7; 3]);
    let short = Err(EventEncodeError::Insufficient(Insufficient { required }));
    for room in [0, required / 2, required - 1] {
        assert_eq!(source.encode(format, options, &mut vec![7; room]), short);
    }
    Ok(out)
}

/// Writes an event in a format and reads it again.
pub(crate) fn check(source: &Event<'_>, format: Format, options: EncodeOptions) {
    let given = Reading::of(source.format(), source.text());
    let document = match transcoded(source, format, options) {
        Ok(document) => document,
        Err(error) => return check_refusal(given.ok(), format, options, error),
    };
    let given = given.expect("what cannot be read to its end is refused");
    let what = document.escape_ascii();
    let seen = Reading::of(format, &document).unwrap_or_else(|error| panic!("{error}: {what}"));
    if options.invalid != Invalid::Keep {
        match format {
            Format::Json => assert_eq!(strict_json::oracle(&document).as_ref(), Some(&seen), "{what}"),
            Format::Xml => assert_eq!(strict_xml::oracle(&document).as_ref(), Some(&seen), "{what}"),
            Format::Plain => assert!(str::from_utf8(&document).is_ok(), "{what}"),
        }
    }
    if format == Format::Json && options.duplicates == Duplicates::Arrays {
        let names: BTreeSet<&[u8]> = seen.headers.iter().map(|(name, _)| &name.0[..]).collect();
        assert_eq!(names.len(), seen.headers.len(), "no key twice: {what}");
        if options.invalid == Invalid::Keep {
            check_grouped(&given, &seen);
        }
        return;
    }
    let (headers, body) = expected(given, source.format(), format, options);
    assert_eq!(seen.body.map(|body| body.0), body, "{what}");
    let seen: Vec<_> = seen.headers.into_iter().map(|(name, content)| (name.0, content)).collect();
    assert_eq!(seen.len(), headers.len(), "{what}");
    for ((name, content), (given_name, given)) in seen.iter().zip(&headers) {
        assert_eq!((name, true), (given_name, given.contains(content)), "{content:?} of {given:?}: {what}");
    }
}

/// That something is wrong where the error says.
fn check_refusal(given: Option<Reading>, format: Format, options: EncodeOptions, error: OutgoingEventError) {
    let OutgoingEventError { kind, item, offset } = error;
    assert!(!error.to_string().is_empty());
    let Some(given) = given else { return };
    let name = || &given.headers[item].0.0;
    match kind {
        OutgoingEventErrorKind::Name => assert!(offset < name().len()),
        OutgoingEventErrorKind::XmlName => {
            assert!(format == Format::Xml && options.invalid != Invalid::Keep);
            assert!(offset <= name().len());
        }
        OutgoingEventErrorKind::NameUtf8 => {
            assert_eq!(str::from_utf8(name()).map_err(|error| error.valid_up_to()), Err(offset));
        }
        OutgoingEventErrorKind::ValueUtf8 => {
            let Content::Text(value) = &given.headers[item].1 else { return };
            assert_eq!(str::from_utf8(&value.0).map_err(|error| error.valid_up_to()), Err(offset));
        }
        OutgoingEventErrorKind::BodyUtf8 => {
            let body = given.body.expect("a body");
            assert_eq!((item, str::from_utf8(&body.0).is_err()), (given.headers.len(), true));
        }
        OutgoingEventErrorKind::BodyChar => assert!(given.body.expect("a body").0[offset] < b' ' || offset > 0),
        OutgoingEventErrorKind::Duplicates => assert!(given.headers.len() > 1024),
        other => panic!("{other}"),
    }
}

/// All values of a name are in its array.
fn check_grouped(given: &Reading, seen: &Reading) {
    for (name, content) in &seen.headers {
        if name.eq_ignore_ascii_case(b"Content-Length") {
            continue;
        }
        let all = given.headers.iter().filter(|(other, _)| other == name);
        let values: Vec<Vec<u8>> = all.flat_map(|(_, content)| items(content)).collect();
        assert_eq!(items(content), values);
    }
}

fn items(content: &Content) -> Vec<Vec<u8>> {
    match content {
        Content::Text(text) => vec![text.0.clone()],
        Content::Array(items) => items.iter().map(|item| item.0.clone()).collect(),
    }
}

type Headers = Vec<(Vec<u8>, Vec<Content>)>;

/// The headers, each with what it may be read as, and the body.
fn expected(given: Reading, source: Format, format: Format, options: EncodeOptions) -> (Headers, Option<Vec<u8>>) {
    let mended = |text: &[u8]| match options.invalid {
        Invalid::Keep | Invalid::Refuse => text.to_vec(),
        Invalid::Replace => String::from_utf8_lossy(text).into_owned().into_bytes(),
        Invalid::Escape => text
            .utf8_chunks()
            .flat_map(|chunk| {
                let invalid: String = chunk.invalid().iter().map(|octet| char::from(*octet)).collect();
                [chunk.valid(), &invalid].concat().into_bytes()
            })
            .collect(),
    };
    // What has been percent-coded stays so; what has not may be taken for it.
    let coded = |text: &[u8]| match options.percent {
        Percent::Lossless => vec![text.to_vec()],
        Percent::FreeSwitch => vec![text.to_vec(), lossy(text)],
    };
    let mut headers = Headers::new();
    let mut odd_body = None;
    for (name, content) in given.headers {
        if name.eq_ignore_ascii_case(b"Content-Length") {
            continue;
        }
        let name = mended(&name.0);
        match (format, &content) {
            (Format::Json, Content::Text(text)) if name == b"_body" => odd_body = Some(mended(&text.0)),
            (Format::Json, Content::Text(text)) => headers.push((name, vec![text_of(mended(&text.0))])),
            (Format::Json, Content::Array(items)) => {
                let items = items.iter().map(|item| mended(&item.0).into()).collect();
                headers.push((name, vec![Content::Array(items)]));
            }
            (Format::Xml, content) => {
                for item in items(content) {
                    headers.push((name.clone(), coded(&item).into_iter().map(text_of).collect()));
                }
            }
            (Format::Plain, content) => {
                let items = items(content);
                // A JSON list of one is written bare; what a plain event calls an array stays one.
                let is_array = matches!(content, Content::Array(_)) && (source == Format::Plain || items.len() != 1);
                let text = items.join(&b"|:"[..]);
                let text = if is_array && !items.is_empty() { [b"ARRAY::", &text[..]].concat() } else { text };
                headers.push((name, coded(&text).into_iter().map(plain).collect()));
            }
        }
    }
    let body = given.body.map(|body| body.0).filter(|body| format == Format::Json || !body.is_empty());
    let legal = |char| {
        if matches!(char, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}') {
            '\u{fffd}'
        } else {
            char
        }
    };
    let body = body.map(|body| match (format, options.invalid) {
        (Format::Xml, Invalid::Replace | Invalid::Escape) => {
            let text = String::from_utf8(mended(&body)).expect("UTF-8");
            text.chars().map(legal).collect::<String>().into_bytes()
        }
        _ => mended(&body),
    });
    if let Some(body) = &body {
        headers.push((b"Content-Length".to_vec(), vec![text_of(body.len().to_string().into_bytes())]));
    }
    (headers, body.or(odd_body))
}

fn text_of(text: Vec<u8>) -> Content {
    Content::Text(text.into())
}

/// How a plain event's value is read.
fn plain(text: Vec<u8>) -> Content {
    let raw: Vec<u8> = text.iter().flat_map(|octet| format!("%{octet:02X}").into_bytes()).collect();
    let line = [&b"x: "[..], if text == b"_undef_" { &text[..] } else { &raw }, b"\n\n"].concat();
    Reading::of(Format::Plain, &line).expect("a plain event").headers.pop().expect("one header").1
}
