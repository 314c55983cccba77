//! A program, a session and a server that do what octets tell them: every wait ends once, for the right reason.

/// See the module. The input is two octets a step.
pub fn run(data: &[u8]) {
    crate::session_model::run(data);
}
