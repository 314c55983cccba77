//! What a frame that comes in parts tells of waits: a few headers, picked out as they pass.

use alloc::vec::Vec;

use crate::frame::{Frame, FrameKind, Lines};
use crate::message::Status;
use crate::name::{Format, header};
use crate::text::{Coding, Value};

/// The headers that are picked out.
const WANTED: [&str; 7] = [
    header::EVENT_NAME,
    header::CORE_UUID,
    header::UNIQUE_ID,
    header::JOB_UUID,
    header::APPLICATION_UUID,
    header::ANSWER_STATE,
    header::REPLY_TEXT,
];
/// No name or value that is wanted is longer.
const LONGEST: usize = 1024;

/// A frame that comes in parts.
#[derive(Clone, Debug)]
pub(super) struct InParts {
    pub(super) kind: FrameKind,
    /// Whether it is the reply to `connect`.
    pub(super) is_connect: bool,
    found: [Option<Vec<u8>>; WANTED.len()],
    /// Which header the last line of a part belongs to: the next part may go on with its value.
    going_on: Option<usize>,
    text: Text,
}

/// Where in a JSON or XML document the parts are.
#[derive(Clone, Debug)]
struct Text {
    depth: usize,
    at: At,
    /// The name or value that is being read.
    kept: Vec<u8>,
    /// Which header it will be the value of.
    name: Option<usize>,
    /// Whether the second element of an XML document is the one with the headers.
    in_headers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Between,
    /// In a JSON string.
    String,
    /// Behind a backslash in it.
    Escape,
    /// In the tag of an element.
    Tag,
}

/// Which of the wanted headers has this name.
fn place(name: &[u8]) -> Option<usize> {
    WANTED.iter().position(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name))
}

impl InParts {
    pub(super) const fn new() -> Self {
        let text = Text { depth: 0, at: At::Between, kept: Vec::new(), name: None, in_headers: false };
        Self { kind: FrameKind::Other, is_connect: false, found: [const { None }; WANTED.len()], going_on: None, text }
    }

    /// A frame whose head has come whole.
    pub(super) fn of(head: &Frame<'_>) -> Self {
        let mut parts = Self { kind: head.kind(), is_connect: head.is_channel_data(), ..Self::new() };
        for header in head.headers() {
            if let Some(at) = place(header.name.raw()) {
                parts.keep(at, header.value);
            }
        }
        parts
    }

    /// The value of a wanted header.
    pub(super) fn get(&self, name: &str) -> Option<Value<'_>> {
        let place = WANTED.iter().position(|wanted| *wanted == name)?;
        self.found.get(place)?.as_deref().map(Value::from_bytes)
    }

    /// Whether it is a reply that begins with `-ERR` or `-USAGE`.
    pub(super) fn is_refusal(&self) -> bool {
        let text = self.get(header::REPLY_TEXT);
        text.is_some_and(|text| matches!(Status::of(text.raw()), Status::Err | Status::Usage))
    }

    /// The first value of a name counts.
    fn keep(&mut self, at: usize, value: Value<'_>) {
        if let Some(found @ None) = self.found.get_mut(at) {
            *found = Some(value.to_vec()).filter(|value| value.len() <= LONGEST);
        }
    }

    /// Lines of a head or of a plain event.
    pub(super) fn lines(&mut self, lines: &Lines<'_>) {
        for part in lines.headers() {
            match part.name {
                Some(name) => {
                    let at = place(name.raw()).filter(|at| self.found.get(*at).is_some_and(Option::is_none));
                    self.going_on = at.filter(|_| !part.is_complete);
                    if let Some(at) = at {
                        self.keep(at, part.value);
                    }
                }
                None if part.after_line_end => self.going_on = None,
                None => {
                    if let Some(found) = self.going_on.and_then(|at| self.found.get_mut(at)) {
                        let rest = part.value.to_vec();
                        *found = found.take().filter(|value| value.len().saturating_add(rest.len()) <= LONGEST);
                        if let Some(value) = found {
                            value.extend_from_slice(&rest);
                        }
                    }
                    if part.is_complete {
                        self.going_on = None;
                    }
                }
            }
        }
    }

    /// Bytes of a body.
    pub(super) fn body(&mut self, data: &[u8]) {
        match self.kind {
            FrameKind::Event(Format::Json) => data.iter().for_each(|octet| self.json(*octet)),
            FrameKind::Event(Format::Xml) => data.iter().for_each(|octet| self.xml(*octet)),
            _ => {}
        }
    }

    /// The next byte of an object whose strings are headers.
    fn json(&mut self, octet: u8) {
        let text = &mut self.text;
        match (text.at, octet) {
            (At::String, b'\\') => {
                text.at = At::Escape;
                text.push(octet);
            }
            (At::String, b'"') => {
                text.at = At::Between;
                // Without a name it is one itself, or the value of one that nobody wants.
                if let Some(at) = text.name.take_if(|_| text.depth == 1) {
                    let kept = core::mem::take(&mut text.kept);
                    self.keep(at, Value::new(&kept, Coding::Json));
                }
            }
            (At::String | At::Escape, _) => {
                text.at = At::String;
                text.push(octet);
            }
            (At::Between | At::Tag, b'"') => {
                text.at = At::String;
                text.kept.clear();
            }
            (At::Between | At::Tag, b':') if text.depth == 1 => text.name = place(&text.kept),
            (At::Between | At::Tag, b',') if text.depth == 1 => text.name = None,
            (At::Between | At::Tag, b'{' | b'[') => text.depth = text.depth.saturating_add(1),
            (At::Between | At::Tag, b'}' | b']') => text.depth = text.depth.saturating_sub(1),
            (At::Between | At::Tag, _) => {}
        }
    }

    /// The next byte of a document whose third elements are headers.
    fn xml(&mut self, octet: u8) {
        const HEADERS: usize = 3;
        let text = &mut self.text;
        match (text.at, octet) {
            (At::Tag, b'>') => {
                text.at = At::Between;
                let kept = core::mem::take(&mut text.kept);
                match kept.as_slice() {
                    [b'/', ..] => text.depth = text.depth.saturating_sub(1),
                    [b'?' | b'!', ..] | [.., b'/'] => {}
                    name => {
                        text.depth = text.depth.saturating_add(1);
                        if text.depth == HEADERS - 1 {
                            text.in_headers = name == b"headers";
                        }
                        text.name = place(name).filter(|_| text.depth == HEADERS && text.in_headers);
                    }
                }
            }
            (At::Tag, _) => text.push(octet),
            (_, b'<') => {
                text.at = At::Tag;
                let kept = core::mem::take(&mut text.kept);
                if let Some(at) = text.name.take() {
                    self.keep(at, Value::new(&kept, Coding::XmlHeader));
                }
            }
            (_, _) if text.name.is_some() => text.push(octet),
            (..) => {}
        }
    }
}

impl Text {
    /// What is too long is nothing that is wanted.
    fn push(&mut self, octet: u8) {
        if self.kept.len() <= LONGEST {
            self.kept.push(octet);
        }
    }
}
