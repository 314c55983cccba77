//! The simulated switch, from outside: on loopback, by octets that a client would send. Every wait has an end.
#![cfg(all(feature = "dial", feature = "server"))]

mod api;
mod bridges;
mod calls;
mod harness;
mod hostile;
mod logins;
#[path = "../common/program.rs"]
mod program;
mod programs;
#[path = "../common/support.rs"]
mod support;
