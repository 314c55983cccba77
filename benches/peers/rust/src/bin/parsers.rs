//! Parsers of the field on the recorded events, beside esl-proto: how many times as long each takes to go over all headers of
//! the same events, in turns within one process.

use std::borrow::Cow;
use std::cell::RefCell;
use std::hint::black_box;

use esl_benches::{Busy, Row, Work, print_table};
use esl_proto::name::Format;
use serde_json::value::RawValue;

/// Goes over all headers where they lie.
fn ours(busy: &Busy) -> Work<'_> {
    Box::new(|| {
        let headers = busy.events().flat_map(|event| event.headers());
        headers.map(|header| header.name.raw().len() + header.value.raw().len()).sum()
    })
}

fn row<'a>(key: &'static str, name: &'static str, busy: &'a Busy, work: Work<'a>) -> Row<'a> {
    Row { key, name, octets: busy.octets(), work, yardstick: ours(busy), best: None, target: None }
}

/// The members of an object, where they lie.
struct Members(usize);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> serde::de::Visitor<'de> for Visit {
            type Value = Members;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut octets = 0;
                while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &RawValue>()? {
                    octets += name.len() + value.get().len();
                }
                Ok(Members(octets))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

fn main() {
    let [plain, json, xml] = [Format::Plain, Format::Json, Format::Xml].map(Busy::new);
    let simd = RefCell::new((Vec::new(), simd_json::Buffers::default()));
    let rows = [
        row(
            "simd-json",
            "JSON events by simd-json, into a tape",
            &json,
            Box::new(|| {
                let (copy, buffers) = &mut *simd.borrow_mut();
                let mut nodes = 0;
                for text in json.texts() {
                    // It writes into what it reads.
                    copy.clear();
                    copy.extend_from_slice(text);
                    nodes += simd_json::to_tape_with_buffers(copy, buffers).expect("JSON").0.len();
                }
                nodes
            }),
        ),
        row(
            "sonic-rs",
            "JSON events by sonic-rs, lazily member by member",
            &json,
            Box::new(|| {
                let mut octets = 0;
                for text in json.texts() {
                    for member in sonic_rs::to_object_iter(text) {
                        let (name, value) = member.expect("JSON");
                        octets += name.len() + value.as_raw_str().len();
                    }
                }
                octets
            }),
        ),
        row(
            "serde_json",
            "JSON events by serde_json, member by member",
            &json,
            Box::new(|| {
                let text = |text: &[u8]| serde_json::from_slice::<Members>(text).expect("JSON").0;
                json.texts().map(text).sum()
            }),
        ),
        row(
            "httparse",
            "plain events by httparse",
            &plain,
            Box::new(|| {
                let parse = |text: &[u8]| {
                    let mut headers = [httparse::EMPTY_HEADER; 256];
                    match httparse::parse_headers(text, &mut headers) {
                        Ok(httparse::Status::Complete((_, headers))) => black_box(headers).len(),
                        other => panic!("{other:?}"),
                    }
                };
                plain.texts().map(parse).sum()
            }),
        ),
        row(
            "quick-xml",
            "XML events by quick-xml, tag by tag",
            &xml,
            Box::new(|| {
                let mut tags = 0;
                for text in xml.texts() {
                    let mut reader = quick_xml::Reader::from_reader(text);
                    loop {
                        match reader.read_event().expect("XML") {
                            quick_xml::events::Event::Eof => break,
                            event => {
                                black_box(event);
                                tags += 1;
                            }
                        }
                    }
                }
                tags
            }),
        ),
    ];
    print_table(&rows);
}
