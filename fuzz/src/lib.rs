//! What each fuzz target does with its input, one module a target. The first octets of an input say how the rest of it
//! is used, so that a recorded stream behind a few octets is an input as good as any.

pub mod decode;
pub mod events;
mod messages;
mod splits;
mod values;
