//! Texts in which `${name}` is a variable's value, and `${name(argument)}` what an API command puts out.

use std::sync::Arc;

use super::{Call, Later, Switch};
use crate::base::event::{Event, Value};

/// How many bytes may come of a text, and how many values: a client can make a variable of itself.
const MOST: usize = 1 << 19;
const VALUES: usize = 1000;
/// How deep values may be made of values.
const DEPTH: usize = 20;

/// Whose variables come before the global ones.
#[derive(Clone, Copy)]
pub(crate) enum Names<'a> {
    None,
    Call(&'a Call),
    /// The headers of an event.
    Event(&'a Event),
}

impl Names<'_> {
    fn value(self, name: &str) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Call(call) => call.value(name),
            Self::Event(event) => event.value(name).cloned(),
        }
    }
}

/// Expands a text as FreeSWITCH does, with its way to read backslashes, blanks and brackets.
pub(crate) async fn expand(switch: &Arc<Switch>, names: Names<'_>, text: &str) -> Vec<u8> {
    let mut expansion = Expansion { switch, names, octets: MOST, values: VALUES };
    expansion.run(text.as_bytes().to_vec(), 0).await
}

impl Call {
    /// A text in which variables, global variables and commands are expanded.
    pub(crate) async fn expand(&self, text: &str) -> String {
        let expanded = expand(&self.switch, Names::Call(self), text).await;
        String::from_utf8_lossy(&expanded).into_owned()
    }
}

struct Expansion<'a> {
    switch: &'a Arc<Switch>,
    names: Names<'a>,
    /// How many more there may be.
    octets: usize,
    values: usize,
}

impl Expansion<'_> {
    /// Values may hold others: the compiler must know the size of what is waited for.
    fn run(&mut self, text: Vec<u8>, depth: usize) -> Later<'_, Vec<u8>> {
        Box::pin(self.expand(text, depth))
    }

    async fn expand(&mut self, text: Vec<u8>, depth: usize) -> Vec<u8> {
        let is_escaped =
            text.windows(2).any(|pair| pair[0] == b'\\' && matches!(pair[1], b'\\' | b'n' | b's' | b't' | b'\''));
        if depth > DEPTH || !(is_escaped || text.windows(2).any(|pair| pair == b"${")) {
            return text;
        }
        let mut out = Vec::new();
        let mut rest = &text[..];
        loop {
            rest = match rest {
                [] => return out,
                [b'\\', b'$', b'$', after @ ..] | [b'\\', b'$', after @ ..] => {
                    out.push(b'$');
                    after
                }
                [b'\\', b'\'', after @ ..] => after,
                [b'\\', b'\\', after @ ..] => {
                    out.push(b'\\');
                    after
                }
                [b'$', b'$', b'{', after @ ..] | [b'$', b'{', after @ ..] => {
                    let (name, after) = name(after);
                    out.extend(self.value(name, depth).await);
                    // What follows is what it is, except another value.
                    match after {
                        [first, after @ ..] if *first != b'$' => {
                            out.push(*first);
                            after
                        }
                        _ => after,
                    }
                }
                [b'$', b'$', after @ ..] => {
                    out.push(b'$');
                    after
                }
                [first, after @ ..] => {
                    out.push(*first);
                    after
                }
            };
            if out.len() >= self.octets {
                out.truncate(self.octets);
                return out;
            }
        }
    }

    /// What stands between `${` and `}`.
    async fn value(&mut self, name: &[u8], depth: usize) -> Vec<u8> {
        if self.values == 0 {
            return Vec::new();
        }
        self.values -= 1;
        let value = match call_of(name) {
            Some((command, argument)) => {
                let command = self.run(command.to_vec(), depth + 1).await;
                let argument = self.run(argument.to_vec(), depth + 1).await;
                let [command, argument] = [command, argument].map(|text| String::from_utf8_lossy(&text).into_owned());
                (self.switch.interfaces.api)(self.switch, &command, &argument).await.unwrap_or_default()
            }
            None => {
                let name = self.run(name.to_vec(), depth + 1).await;
                self.variable(&String::from_utf8_lossy(&name), depth).await
            }
        };
        self.octets = self.octets.saturating_sub(value.len());
        value
    }

    /// `name`, `name[place]`, `name:offset` or `name:offset:end`.
    async fn variable(&mut self, name: &str, depth: usize) -> Vec<u8> {
        let mut parts = name.split(':');
        let name = parts.next().unwrap_or_default();
        let [offset, end] = [(); 2].map(|()| parts.next().map_or(0, number));
        let (name, place) = match name.split_once('[') {
            Some((name, place)) if place.contains(']') => (name, Some(number(place))),
            _ => (name, None),
        };
        let value = self.names.value(name).or_else(|| self.switch.globals.lock().get(name).map(|text| Value::of(text)));
        let text = match (value, place) {
            (None, _) | (Some(Value::Text(_)), Some(_)) => return Vec::new(),
            (Some(Value::Array(items)), Some(place)) => {
                usize::try_from(place).ok().and_then(|place| items.get(place).cloned()).unwrap_or_default()
            }
            (Some(value), None) => value.text(),
        };
        let text = self.run(text, depth + 1).await;
        let length = text.len();
        let begin = match usize::try_from(offset) {
            Ok(begin) => begin.min(length),
            Err(_) => length.saturating_sub(offset.unsigned_abs() as usize),
        };
        let text = &text[begin..];
        match usize::try_from(end) {
            Ok(end) if end > 0 && end < text.len() => text[..end].to_vec(),
            _ => text.to_vec(),
        }
    }
}

/// A name up to its closing bracket, and what follows that.
fn name(text: &[u8]) -> (&[u8], &[u8]) {
    let mut depth = 1;
    for (place, octet) in text.iter().enumerate() {
        match octet {
            b'}' if depth == 1 => return (&text[..place], &text[place + 1..]),
            b'}' => depth -= 1,
            b'{' if place > 0 => depth += 1,
            _ => {}
        }
    }
    (text, &[])
}

/// A command and its argument: after the first blank, or in brackets.
fn call_of(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let place = name.iter().position(|octet| matches!(octet, b' ' | b'('))?;
    let (command, argument) = (name[..place].trim_ascii_end(), &name[place + 1..]);
    let mut depth = i32::from(name[place] == b'(');
    for (place, octet) in argument.iter().enumerate() {
        match octet {
            b'(' => depth += 1,
            b')' if depth == 1 => return Some((command, &argument[..place])),
            b')' => depth -= 1,
            _ => {}
        }
    }
    Some((command, argument))
}

/// A number as C reads it: as far as there are digits.
fn number(text: &str) -> i32 {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    text[..text.len() - digits.len() + length].parse().unwrap_or(0)
}
