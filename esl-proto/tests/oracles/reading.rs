//! An event read to its end, in owned octets: what two readers of the same event are compared by.

use esl_proto::event::EventError;
use esl_proto::name::Format;
use esl_proto::{Event, Value};

use crate::octets::Octets;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) headers: Vec<(Octets, Content)>,
    pub(crate) body: Option<Octets>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text(Octets),
    Array(Vec<Octets>),
}

impl Reading {
    /// Ours.
    pub(crate) fn of(format: Format, text: &[u8]) -> Result<Self, EventError> {
        let event = Event::new(format, text);
        let mut headers = event.headers();
        let pairs = headers.by_ref().map(|header| (octets(header.name), Content::of(header.value))).collect();
        match headers.error() {
            Some(error) => Err(error),
            None => Ok(Self { headers: pairs, body: headers.into_body().map(octets) }),
        }
    }
}

impl Content {
    fn of(value: Value<'_>) -> Self {
        if value.is_array() { Self::Array(value.items().map(octets).collect()) } else { Self::Text(octets(value)) }
    }
}

/// The decoded octets, which both ways of decoding must agree on.
pub(crate) fn octets(value: Value<'_>) -> Octets {
    let octets: Vec<u8> = value.bytes().collect();
    let mut storage = vec![0; octets.len()];
    assert_eq!(value.decode_into(&mut storage), Ok(&octets[..]));
    octets.into()
}
