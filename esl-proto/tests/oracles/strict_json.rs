//! JSON events as `serde_json` reads them.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::octets::Octets;
use crate::reading::{Content, Reading};

/// The members of an object in order, duplicate keys kept, values still as text.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The reading by serde_json, if the document is JSON and flat.
pub(crate) fn oracle(document: &[u8]) -> Option<Reading> {
    let Members(members) = serde_json::from_slice(document).ok()?;
    let mut reading = Reading { headers: Vec::new(), body: None };
    for (name, value) in members {
        match content(&value)? {
            Content::Text(text) if name == "_body" => reading.body = Some(text),
            content => reading.headers.push((name.into(), content)),
        }
    }
    Some(reading)
}

fn content(value: &RawValue) -> Option<Content> {
    if !value.get().starts_with('[') {
        return scalar(value).map(Content::Text);
    }
    let elements: Vec<Box<RawValue>> = serde_json::from_str(value.get()).ok()?;
    elements.iter().map(|element| scalar(element)).collect::<Option<_>>().map(Content::Array)
}

/// A string, or the text of a number or word.
fn scalar(value: &RawValue) -> Option<Octets> {
    match value.get().as_bytes().first()? {
        b'{' | b'[' => None,
        b'"' => serde_json::from_str::<String>(value.get()).ok().map(Octets::from),
        _ => Some(value.get().into()),
    }
}
