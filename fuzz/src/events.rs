//! Whatever the text of an event is: every look-up agrees with the iteration, with and without an index.

use std::collections::BTreeMap;

use esl_proto::client::EventSequence;
use esl_proto::event::HeaderSlot;
use esl_proto::frame::{Header, Step};
use esl_proto::name::{EventName, Format};
use esl_proto::{Decoder, Event, Limits, Value};
use percent_encoding::percent_decode;

use crate::reference::{self, documents};
use crate::values::{check_headers, items, octets, same};

/// How many names are looked up: each look-up walks the event.
const MOST_NAMES: usize = 5;

/// See the module. The first octet says in which format the rest is; the fourth is the head of a frame.
pub fn run(data: &[u8]) {
    let Some(([mode, slots], text)) = data.split_first_chunk() else { return };
    let format = match mode & 3 {
        0 => Format::Plain,
        1 => Format::Json,
        2 => Format::Xml,
        _ => {
            if let Ok(Step::Frame { frame, .. }) = Decoder::new(Limits::DEFAULT).decode(text) {
                check(Event::from_head(&frame), frame.is_crlf(), usize::from(*slots));
            }
            return;
        }
    };
    check(Event::new(format, text), false, usize::from(*slots));
}

/// `crlf` is whether lines end so.
fn check(event: Event<'_>, crlf: bool, slots: usize) {
    let mut walk = event.headers();
    let headers: Vec<Header<'_>> = walk.by_ref().collect();
    assert!(walk.next().is_none(), "the end is the end");
    let verdict = walk.error().map_or(Ok(()), Err);
    assert_eq!(event.validate(), verdict);
    if let Err(error) = verdict {
        assert!(error.offset <= event.text().len() && event.format() != Format::Plain);
        assert!(!error.to_string().is_empty());
    }
    let body = walk.into_body();
    assert_eq!(event.body(), body);
    body.map(octets);
    lie_in_order(&event, &headers);
    match event.format() {
        Format::Plain => {
            let ours = headers.iter().map(|header| (header.name.raw(), header.value.raw())).collect();
            assert_eq!((ours, body.map(|body| body.raw())), reference::plain(event.text(), crlf));
            headers.iter().for_each(check_line);
        }
        _ => check_headers(headers.iter().copied()),
    }
    let pairs: Vec<_> = headers.iter().map(|header| (header.name.raw(), header.value.raw())).collect();
    match event.format() {
        Format::Xml => {
            documents::check_xml(event.text(), &pairs);
            for header in &headers {
                let text = documents::without_entities(header.value.raw());
                assert!(percent_decode(&text).eq(header.value.bytes()), "{}", text.escape_ascii());
            }
        }
        Format::Json if body.is_none() => documents::check_json(event.text(), &pairs),
        _ => {}
    }

    let values = by_name(&headers);
    let mut names: Vec<&[u8]> = values.keys().map(Vec::as_slice).take(MOST_NAMES).collect();
    names.extend([&b"Event-Name"[..], b"content-length", b"_body", b"no such header", b""]);
    for name in &names {
        let all = values.get(&name.to_ascii_uppercase()).map_or(&[][..], |all| all);
        assert!(same(event.get_all(name), all));
        assert!(same(event.get(name), &all[all.len().saturating_sub(1)..]));
    }
    for count in [slots, headers.len()] {
        check_index(&event, &headers, &values, &names, count);
    }
    check_owned(&event, &values, &names);
    assert_eq!(event.name(), event.get("Event-Name").map(|value| EventName::from_bytes(value.raw())));
    let _ = (event.subclass(), event.job_uuid(), event.application_uuid(), format!("{event:?}"));
    EventSequence::new().note(&event);
}

fn check_owned(event: &Event<'_>, values: &BTreeMap<Vec<u8>, Vec<Value<'_>>>, names: &[&[u8]]) {
    let owned = event.into_owned();
    assert_eq!(owned, *event);
    for name in names {
        let all = values.get(&name.to_ascii_uppercase()).map_or(&[][..], |all| all);
        // It lies elsewhere: where the event lies that is a view on it.
        let walked: Vec<Value<'_>> = owned.as_event().get_all(name).last().into_iter().collect();
        assert!(same(owned.get(name), &walked));
        assert_eq!(walked.last(), all.last());
    }
    assert_eq!((owned.name(), owned.body()), (event.name(), event.body()));
}

fn check_index(
    event: &Event<'_>,
    headers: &[Header<'_>],
    values: &BTreeMap<Vec<u8>, Vec<Value<'_>>>,
    names: &[&[u8]],
    count: usize,
) {
    let mut storage = vec![HeaderSlot::EMPTY; count];
    let indexed = event.index(&mut storage);
    assert_eq!(indexed.event(), *event);
    assert!(indexed.headers().eq(headers.iter().copied()));
    assert!(same(indexed.headers().map(|header| header.value), &headers.iter().map(|h| h.value).collect::<Vec<_>>()));
    for name in names {
        let all = values.get(&name.to_ascii_uppercase()).map_or(&[][..], |all| all);
        assert!(same(indexed.get_all(name), all));
        assert!(same(indexed.get(name), &all[all.len().saturating_sub(1)..]));
    }
    assert_eq!((indexed.name(), indexed.body()), (event.name(), event.body()));
    assert_eq!(indexed.validate(), event.validate());
}

/// The values of each name in order. Names that differ in case only are one, in upper case here.
fn by_name<'a>(headers: &[Header<'a>]) -> BTreeMap<Vec<u8>, Vec<Value<'a>>> {
    let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for header in headers {
        values.entry(octets(header.name).to_ascii_uppercase()).or_default().push(header.value);
    }
    values
}

/// That all names and values are parts of the text, none over another, in the order of the iteration.
fn lie_in_order(event: &Event<'_>, headers: &[Header<'_>]) {
    let text = event.text().as_ptr_range();
    let mut before = text.start;
    for header in headers {
        for value in [header.name, header.value] {
            let place = value.raw().as_ptr_range();
            assert!(before <= place.start && place.end <= text.end);
            before = place.end;
        }
    }
}

/// A line of a plain event: its value is what `percent-encoding` makes of it, and an array if that says so.
fn check_line(header: &Header<'_>) {
    let raw = header.value.raw();
    let decoded: Vec<u8> = if raw == b"_undef_" { Vec::new() } else { percent_decode(raw).collect() };
    assert!(header.value.bytes().eq(decoded.iter().copied()));
    let elements = decoded.strip_prefix(b"ARRAY::").map(elements);
    assert_eq!(header.value.is_array(), elements.is_some());
    assert_eq!(items(header.value), elements.unwrap_or(vec![decoded.clone()]));
}

/// `text` split where `|:` stands.
fn elements(text: &[u8]) -> Vec<Vec<u8>> {
    let mut elements = vec![Vec::new()];
    let mut rest = text;
    while let Some((octet, after)) = rest.split_first() {
        match after.split_first() {
            Some((b':', after)) if *octet == b'|' => {
                elements.push(Vec::new());
                rest = after;
            }
            _ => {
                elements.last_mut().expect("one at least").push(*octet);
                rest = after;
            }
        }
    }
    elements
}
