//! Events as JSON, without a library.

use std::fmt::Write;

use esl_proto::{Event, Value};

/// An event as one line. Of a header that stands twice the last is right, and JSON has room for one. The body is
/// `_body`, as FreeSWITCH itself has it.
pub(crate) fn line(event: &Event<'_>) -> String {
    let mut members: Vec<(String, String)> = Vec::new();
    for header in event.headers() {
        let value = match header.value.is_array() {
            true => format!("[{}]", header.value.items().map(quoted).collect::<Vec<_>>().join(",")),
            false => quoted(header.value),
        };
        let name = quoted(header.name);
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
    members.extend(event.body().map(|body| ("\"_body\"".to_owned(), quoted(body))));
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("{{{}}}\n", members.join(","))
}

/// A JSON string. What is not UTF-8 becomes U+FFFD.
fn quoted(value: Value<'_>) -> String {
    let mut out = String::from('"');
    for character in value.to_string().chars() {
        // Writing to a string cannot fail.
        let _ = match character {
            '"' | '\\' => write!(out, "\\{character}"),
            '\0'..' ' => write!(out, "\\u{:04x}", u32::from(character)),
            _ => write!(out, "{character}"),
        };
    }
    out + "\""
}
