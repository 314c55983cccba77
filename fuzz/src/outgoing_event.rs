//! An event that is written in any format is read back as what it was, but for what docs/protocol.md says the format
//! loses.

use arbitrary::{Result, Unstructured};
use esl_proto::event::{Content, EventEncodeError, EventSource, Field, OutgoingEvent, OutgoingEventErrorKind};
use esl_proto::name::Format;
use esl_proto::text::{Insufficient, Percent};
use esl_proto::{Event, Value};

use crate::lossy::lossy;
use crate::texts::{several, text};
use crate::values::octets;

/// A header as it is given: an array, or a text.
struct Given {
    name: Vec<u8>,
    items: Vec<Vec<u8>>,
    is_array: bool,
}

/// What is read of an event.
#[derive(Debug, PartialEq)]
struct Seen {
    headers: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    body: Option<Vec<u8>>,
}

/// See the module.
pub fn run(data: &[u8]) {
    // An input that is too short says nothing.
    let _ = write(&mut Unstructured::new(data));
}

fn write(u: &mut Unstructured<'_>) -> Result<()> {
    let format = *u.choose(Format::KNOWN)?;
    let percent = if u.arbitrary()? { Percent::Lossless } else { Percent::FreeSwitch };
    let body = if u.arbitrary()? { Some(text(u)?) } else { None };
    let given = several(u, 5, |u| {
        let is_array = u.ratio(1, 3)?;
        let items = if is_array { several(u, 3, text)? } else { vec![text(u)?] };
        Ok(Given { name: text(u)?, items, is_array })
    })?;
    let items: Vec<Vec<&[u8]>> = given.iter().map(|given| given.items.iter().map(Vec::as_slice).collect()).collect();
    let fields: Vec<Field<'_>> = given
        .iter()
        .zip(&items)
        .map(|(given, items)| {
            let content =
                if given.is_array { Content::Array(items) } else { Content::Text(Value::from_bytes(items[0])) };
            Field { name: Value::from_bytes(&given.name), content }
        })
        .collect();
    let event = OutgoingEvent { headers: &fields, body: body.as_deref().map(Value::from_bytes) };
    assert!(!format!("{event:?}").is_empty());
    match encode(&event, format, percent) {
        Ok(document) => {
            let event = Event::new(format, &document);
            assert_eq!(event.validate(), Ok(()));
            assert_eq!(seen(&event), expected(&given, body, format, percent), "{}", document.escape_ascii());
        }
        Err((place, offset)) => {
            let name = &given[place].name;
            assert!(offset < name.len());
            let forges = name.iter().any(|octet| matches!(octet, b'\n' | b'\r' | b'\0'));
            assert!(forges || format == Format::Xml, "{}", name.escape_ascii());
        }
    }
    Ok(())
}

/// The document, or the place of the header whose name cannot be written, and of the octet.
fn encode(event: &OutgoingEvent<'_>, format: Format, percent: Percent) -> Result<Vec<u8>, (usize, usize)> {
    let required = event.encoded_len(format, percent);
    let mut storage = vec![7; required + 3];
    match event.encode(format, percent, &mut storage) {
        Ok(len) => assert_eq!(len, required),
        Err(EventEncodeError::Refused(error)) => {
            assert_eq!(error.kind, OutgoingEventErrorKind::Name);
            return Err((error.item, error.offset));
        }
        Err(other) => panic!("{other}"),
    }
    assert_eq!(storage.split_off(required), [7; 3]);
    let mut short = vec![7; required - 1];
    let error = EventEncodeError::Insufficient(Insufficient { required });
    assert_eq!(event.encode(format, percent, &mut short), Err(error));
    assert_eq!(event.encode(format, percent, &mut []), Err(error));
    Ok(storage)
}

/// Json's arrays as their elements; in the other formats, a value that looks like an array is one.
fn seen(event: &Event<'_>) -> Seen {
    let json = event.format() == Format::Json;
    let headers = event.headers().map(|header| {
        let value = header.value;
        let items = if json { value.items().map(octets).collect() } else { vec![octets(value)] };
        (octets(header.name), items)
    });
    Seen { headers: headers.collect(), body: event.body().map(octets) }
}

fn expected(given: &[Given], mut body: Option<Vec<u8>>, format: Format, percent: Percent) -> Seen {
    let lost = |text: &[u8]| if percent == Percent::Lossless { text.to_vec() } else { lossy(text) };
    let mut headers = Vec::new();
    let mut odd_body = None;
    let length = |given: &&Given| given.name.eq_ignore_ascii_case(b"Content-Length");
    for Given { name, items, is_array } in given.iter().filter(|given| !length(given)) {
        match format {
            // A header of this name is taken for the body, and the real one comes later.
            Format::Json if !is_array && name == b"_body" => odd_body = Some(items[0].clone()),
            Format::Json => headers.push((name.clone(), items.clone())),
            Format::Xml => headers.extend(items.iter().map(|item| (name.clone(), vec![lost(item)]))),
            _ => {
                let joined =
                    if items.len() > 1 { [b"ARRAY::", &items.join(&b"|:"[..])[..]].concat() } else { items.concat() };
                let value = if joined == b"_undef_" { Vec::new() } else { lost(&joined) };
                headers.push((name.clone(), vec![value]));
            }
        }
    }
    // Nothing is told from an empty body in json only.
    body = body.filter(|body| format == Format::Json || !body.is_empty());
    if let Some(body) = &body {
        headers.push((b"Content-Length".to_vec(), vec![body.len().to_string().into_bytes()]));
    }
    Seen { headers, body: body.or(odd_body) }
}
