//! The simulated switch, by octets that a client would send, in its own time.

mod api;
mod apps;
mod bridges;
mod calls;
mod conferences;
mod harness;
mod host;
mod hostile;
mod logins;
mod programs;
mod random;
#[path = "../../../esl-proto/tests/common/support.rs"]
mod support;
