//! What all commands say.

use std::fmt::Write;

/// FreeSWITCH's answer where there is no other.
pub(crate) const OK: &str = "+OK\n";

/// The answer to who uses a command in the wrong way.
pub(crate) fn usage(syntax: &str) -> String {
    format!("-USAGE: {syntax}\n")
}

/// A text as JSON.
pub(crate) fn json_text(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            '\0'..' ' => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            _ => quoted.push(char),
        }
    }
    quoted + "\""
}
