//! Events as they happen, and as they are expected to be seen in each format.

use esl_proto::event::{Content as Given, Field, OutgoingEvent};
use esl_proto::text::Percent;
use esl_proto::{Event, Value};

use crate::lossy::lossy;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text(Vec<u8>),
    Array(Vec<Vec<u8>>),
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Content {
    /// What the server keeps for it.
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Array(items) if items.len() == 1 => items[0].clone(),
            Self::Array(items) => [b"ARRAY::".to_vec(), items.join(&b"|:"[..])].concat(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.octets()).into_owned()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) name: String,
    pub(crate) headers: Vec<(String, Content)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// What a client sees of an event: headers with their values, and the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    format: String,
    headers: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    body: Option<Vec<u8>>,
}

pub(crate) fn seen(event: &Event<'_>) -> Seen {
    let headers = event.headers().map(|header| {
        let value = header.value;
        let items = match value.is_array() {
            true => value.items().map(|item| item.bytes().collect()).collect(),
            false => vec![value.bytes().collect()],
        };
        (header.name.bytes().collect(), items)
    });
    Seen {
        format: event.format().to_string(),
        headers: headers.collect(),
        body: event.body().map(|body| body.bytes().collect()),
    }
}

/// The elements of an array, as plain text joins them.
fn parted(mut text: &[u8]) -> Vec<Vec<u8>> {
    let mut items = Vec::new();
    while let Some(at) = text.windows(2).position(|pair| pair == b"|:") {
        items.push(text[..at].to_vec());
        text = &text[at + 2..];
    }
    items.push(text.to_vec());
    items
}

impl Happening {
    /// The first header of this name; the body has a name for filters.
    pub(crate) fn get(&self, name: &str) -> Option<Content> {
        if name == "_body" {
            return self.body.clone().map(Content::Text);
        }
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, content)| content.clone())
    }

    pub(crate) fn view<R>(&self, look: impl FnOnce(&OutgoingEvent<'_>) -> R) -> R {
        let items: Vec<Vec<&[u8]>> = self
            .headers
            .iter()
            .map(|(_, content)| match content {
                Content::Text(_) => Vec::new(),
                Content::Array(items) => items.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        let fields: Vec<Field<'_>> = self
            .headers
            .iter()
            .zip(&items)
            .map(|((name, content), items)| Field {
                name: Value::from_bytes(name.as_bytes()),
                content: match content {
                    Content::Text(text) => Given::Text(Value::from_bytes(text)),
                    Content::Array(_) => Given::Array(items),
                },
            })
            .collect();
        look(&OutgoingEvent { headers: &fields, body: self.body.as_deref().map(Value::from_bytes) })
    }

    /// What is seen of it in a format.
    pub(crate) fn expected(&self, format: &str, percent: Percent) -> Seen {
        let read = |text: &[u8]| {
            let read = if percent == Percent::Lossless { text.to_vec() } else { lossy(text) };
            // A reader decodes first: what is `|:` only then parts elements too.
            read.strip_prefix(b"ARRAY::").map_or_else(|| vec![read.clone()], parted)
        };
        let mut headers = Vec::new();
        for (name, content) in &self.headers {
            let name = name.clone().into_bytes();
            match (format, content) {
                ("json", Content::Text(text)) => headers.push((name, vec![text.clone()])),
                ("json", Content::Array(items)) => headers.push((name, items.clone())),
                ("plain", content) => headers.push((name, read(&content.octets()))),
                (_, Content::Text(text)) => headers.push((name, read(text))),
                (_, Content::Array(items)) => headers.extend(items.iter().map(|item| (name.clone(), read(item)))),
            }
        }
        // Nothing is told from an empty body in JSON only.
        let body = self.body.clone().filter(|body| format == "json" || !body.is_empty());
        if let Some(body) = &body {
            headers.push((b"Content-Length".to_vec(), vec![body.len().to_string().into_bytes()]));
        }
        Seen { format: format.to_owned(), headers, body }
    }
}
