//! What all commands say.

/// FreeSWITCH's answer where there is no other.
pub(crate) const OK: &str = "+OK\n";

/// The answer to who uses a command in the wrong way.
pub(crate) fn usage(syntax: &str) -> String {
    format!("-USAGE: {syntax}\n")
}
