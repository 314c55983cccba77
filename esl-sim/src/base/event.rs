//! Events that happen, and what every event says.

use esl_proto::event::{Content, Field, OutgoingEvent};

/// A header's value: one text, or an array.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Vec<u8>),
    Array(Vec<Vec<u8>>),
}

impl Value {
    /// What a text means: `ARRAY::one|:two` is an array.
    pub(crate) fn of(text: &[u8]) -> Self {
        match text.strip_prefix(b"ARRAY::") {
            None => Self::Text(text.into()),
            Some(items) => {
                let mut array = vec![Vec::new()];
                let mut rest = items;
                while let Some((octet, after)) = rest.split_first() {
                    if let Some(after) = rest.strip_prefix(b"|:") {
                        array.push(Vec::new());
                        rest = after;
                    } else {
                        array.last_mut().into_iter().for_each(|item| item.push(*octet));
                        rest = after;
                    }
                }
                Self::Array(array)
            }
        }
    }

    /// The text that FreeSWITCH keeps for it.
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Array(items) if items.len() == 1 => items.concat(),
            Self::Array(items) => [&b"ARRAY::"[..], &items.join(&b"|:"[..])].concat(),
        }
    }
}

/// An event with all that it says.
#[derive(Clone, Default)]
pub(crate) struct Event {
    headers: Vec<(Vec<u8>, Value)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Event {
    /// These headers; `ARRAY::one|:two` is an array.
    pub(crate) fn of(headers: &[(&[u8], &[u8])]) -> Self {
        let mut event = Self::default();
        for (name, value) in headers {
            event.add_value(name, Value::of(value));
        }
        event
    }

    pub(crate) fn add(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        self.add_value(name, Value::Text(value.as_ref().into()))
    }

    /// Adds a header. One without a value is not kept, as in FreeSWITCH, and a name with a line end neither.
    pub(crate) fn add_value(&mut self, name: impl AsRef<[u8]>, value: Value) -> &mut Self {
        let name = name.as_ref();
        let is_empty = matches!(&value, Value::Text(text) if text.is_empty());
        if !is_empty && !name.iter().any(|octet| matches!(octet, b'\n' | b'\r' | 0)) {
            self.headers.push((name.into(), value));
        }
        self
    }

    /// Sets one element of an array, as `foo[3]: x` does.
    pub(crate) fn set_item(&mut self, name: &[u8], place: usize, item: &[u8]) {
        let known = self.headers.iter().position(|(other, _)| other.eq_ignore_ascii_case(name));
        let place_of = known.unwrap_or_else(|| {
            self.headers.push((name.into(), Value::Array(Vec::new())));
            self.headers.len() - 1
        });
        let Some((_, value)) = self.headers.get_mut(place_of) else { return };
        let mut items = match value {
            Value::Array(items) => std::mem::take(items),
            Value::Text(_) => Vec::new(),
        };
        items.resize(items.len().max(place + 1), Vec::new());
        items[place] = item.into();
        *value = Value::Array(items);
    }

    /// The first header of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value)
    }

    /// Takes the first header of this name out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(self.headers.remove(place).1)
    }

    /// Adds the headers of another.
    pub(crate) fn append(&mut self, other: Self) {
        self.headers.extend(other.headers);
    }

    /// How large it is, about.
    pub(crate) fn octets(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| match value {
                Value::Text(text) => name.len() + text.len(),
                Value::Array(items) => name.len() + items.iter().map(Vec::len).sum::<usize>(),
            })
            .sum();
        headers + self.body.as_ref().map_or(0, Vec::len)
    }

    /// The headers as they are, a line each, and an empty one.
    pub(crate) fn lines(&self) -> String {
        let lines = self.headers.iter().map(|(name, value)| [name, &b": "[..], &value.text(), b"\n"].concat());
        String::from_utf8_lossy(&lines.chain([b"\n".to_vec()]).flatten().collect::<Vec<u8>>()).into_owned()
    }

    /// The event as the library wants it.
    pub(crate) fn view<R>(&self, look: impl FnOnce(&OutgoingEvent<'_>) -> R) -> R {
        let arrays: Vec<Vec<&[u8]>> = self
            .headers
            .iter()
            .map(|(_, value)| match value {
                Value::Text(_) => Vec::new(),
                Value::Array(items) => items.iter().map(Vec::as_slice).collect(),
            })
            .collect();
        let fields: Vec<Field<'_>> = self
            .headers
            .iter()
            .zip(&arrays)
            .map(|((name, value), items)| Field {
                name: esl_proto::Value::from_bytes(name),
                content: match value {
                    Value::Text(text) => Content::Text(esl_proto::Value::from_bytes(text)),
                    Value::Array(_) => Content::Array(items),
                },
            })
            .collect();
        look(&OutgoingEvent { headers: &fields, body: self.body.as_deref().map(esl_proto::Value::from_bytes) })
    }
}

/// Where in FreeSWITCH an event comes from: file, function, line.
pub(crate) type Source = (&'static str, &'static str, u32);
