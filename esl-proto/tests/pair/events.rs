//! Events as they happen, and as they are expected to be seen in each format.

use esl_proto::{Content as Given, Event, EventData, EventField, Percent};
use proptest::prelude::*;

use crate::CHANNEL;
use crate::model::KNOWN;

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
    headers: Vec<(String, Content)>,
    body: Option<Vec<u8>>,
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

impl Happening {
    /// The first header of this name; the body has a name for filters.
    pub(crate) fn get(&self, name: &str) -> Option<Content> {
        if name == "_body" {
            return self.body.clone().map(Content::Text);
        }
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, content)| content.clone())
    }

    pub(crate) fn view<R>(&self, look: impl FnOnce(&EventData<'_>) -> R) -> R {
        let items: Vec<Vec<&[u8]>> = self
            .headers
            .iter()
            .map(|(_, content)| match content {
                Content::Text(_) => Vec::new(),
                Content::Array(items) => items.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        let fields: Vec<EventField<'_>> = self
            .headers
            .iter()
            .zip(&items)
            .map(|((name, content), items)| EventField {
                name: name.as_bytes(),
                content: match content {
                    Content::Text(text) => Given::Text(text),
                    Content::Array(_) => Given::Array(items),
                },
            })
            .collect();
        look(&EventData { headers: &fields, body: self.body.as_deref() })
    }

    /// What is seen of it in a format.
    pub(crate) fn expected(&self, format: &str, percent: Percent) -> Seen {
        let lost = |text: &[u8]| if percent == Percent::Exact { text.to_vec() } else { lossy(text) };
        let mut headers = Vec::new();
        for (name, content) in &self.headers {
            let name = name.clone().into_bytes();
            match (format, content) {
                ("json", Content::Text(text)) => headers.push((name, vec![text.clone()])),
                ("json", Content::Array(items)) => headers.push((name, items.clone())),
                ("plain", Content::Array(items)) if items.len() > 1 => {
                    headers.push((name, items.iter().map(|item| lost(item)).collect()));
                }
                ("plain", content) => headers.push((name, vec![lost(&content.octets())])),
                (_, Content::Text(text)) => headers.push((name, vec![lost(text)])),
                (_, Content::Array(items)) => {
                    headers.extend(items.iter().map(|item| (name.clone(), vec![lost(item)])));
                }
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

/// What becomes of a `%` before two upper-case hexadecimal digits: the server does not encode it, so it is decoded once
/// too often.
fn lossy(text: &[u8]) -> Vec<u8> {
    let mut seen = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| text[at] == b'%');
        let upper = |digits: &&[u8]| digits.iter().all(|digit| b"0123456789ABCDEF".contains(digit));
        match digits.filter(upper) {
            Some(digits) => {
                seen.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                at += 3;
            }
            None => {
                seen.push(text[at]);
                at += 1;
            }
        }
    }
    seen
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&[u8]] = &[
        b"one",
        b"ONE",
        b"two",
        b"%",
        b"%41",
        b"%0A",
        b"%zz",
        b"%2",
        b"\n",
        b"\r\n",
        b"\n\n",
        b": ",
        b"|",
        b":",
        b"\"",
        b"\\",
        b"<",
        b">",
        b"&",
        b"<!",
        b"]]>",
        b"&amp;",
        b"\xc3",
        b"\xff",
        "\u{17b}".as_bytes(),
        "\u{1f600}".as_bytes(),
        b"\0",
        b"\x1f",
        b"\x7f",
        b" ",
        b"Content-Length: 3\n\n",
        b"</body>",
        b"</event>\n",
        b"_undef_",
    ];
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|octet| vec![octet]),
    ];
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn content() -> impl Strategy<Value = Content> {
    // What only looks like something else is another matter: no format can tell the two apart.
    let text = || octets().prop_map(|text| if text == b"_undef_" { b"undef".to_vec() } else { text });
    // Nor can an element with a separator be told from two.
    let item = || text().prop_map(|item| item.into_iter().filter(|octet| *octet != b'|').collect());
    prop_oneof![
        6 => text().prop_map(Content::Text),
        3 => prop::sample::select(vec!["one", "two", "HEARTBEAT", "a::b"]).prop_map(Content::from),
        2 => prop::collection::vec(item(), 1..4).prop_map(Content::Array),
        1 => Just(Content::Array(vec![b"one".to_vec(), b"two".to_vec()])),
    ]
}

pub(crate) fn happening() -> impl Strategy<Value = Happening> {
    let names = vec!["Foo", "foo", "Bar", "My Header", "a:b", "variable_nolocal:x", "\u{17b}\u{f3}\u{142}", "1num"];
    let header = (prop::sample::select(names), content()).prop_map(|(name, content)| (name.to_owned(), content));
    let subclass = prop::option::of(prop::sample::select(vec!["a::b", "a::c", "z"]));
    let unique_id = prop::option::of(prop::sample::select(vec![CHANNEL, "another"]));
    let headers = prop::collection::vec(header, 0..5);
    let body = prop_oneof![2 => Just(None), 2 => octets().prop_map(Some), 1 => Just(Some(Vec::new()))];
    (prop::sample::select(KNOWN.to_vec()), subclass, unique_id, headers, body, any::<bool>()).prop_map(
        |(name, subclass, unique_id, rest, body, owner)| {
            let mut headers = vec![("Event-Name".to_owned(), name.into())];
            if let Some(subclass) = subclass.filter(|_| name == "CUSTOM") {
                headers.insert(0, ("Event-Subclass".to_owned(), subclass.into()));
            }
            if let Some(unique_id) = unique_id {
                let header = if owner { "Job-Owner-UUID" } else { "Unique-ID" };
                headers.push((header.to_owned(), unique_id.into()));
            }
            headers.extend(rest);
            Happening { name: name.to_owned(), headers, body }
        },
    )
}
