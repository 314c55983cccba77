//! What each fuzz target does with its input, one public module a target. The first octets of an input say how the rest
//! of it is used, so that a recorded stream behind a few octets is an input as good as any.
//!
//! What the tests of esl-proto have, oracles and things of any kind, is taken from there.

pub mod c_abi;
pub mod client;
pub mod command;
pub mod decode;
pub mod dial;
pub mod events;
pub mod json;
pub mod outgoing_event;
pub mod pair;
pub mod parts;
pub mod request;
pub mod server;
pub mod session;
pub mod sim;
pub mod transcode;
pub mod verbs;
pub mod xml;

#[rustfmt::skip]
mod c_functions;
mod messages;
mod reference;
mod splits;
mod texts;
mod values;

#[path = "../../esl-proto/tests/common/command.rs"]
mod any_command;
#[path = "../../esl-proto/tests/common/dial.rs"]
mod any_dial;
#[path = "../../esl-proto/tests/common/verbs.rs"]
mod any_verb;
#[path = "../../esl-proto/tests/common/frames.rs"]
mod frames;
#[path = "../../esl-proto/tests/common/lossy.rs"]
mod lossy;
#[path = "../../esl-proto/tests/common/octets.rs"]
mod octets;
#[path = "../../esl-proto/tests/oracles/reading.rs"]
mod reading;
#[path = "../../esl-proto/tests/common/session_model.rs"]
mod session_model;
#[path = "../../esl-proto/tests/common/small_buffer.rs"]
mod small_buffer;
#[path = "../../esl-proto/tests/oracles/strict_json.rs"]
mod strict_json;
#[path = "../../esl-proto/tests/oracles/strict_xml.rs"]
mod strict_xml;
#[path = "../../esl-proto/tests/common/transcode.rs"]
mod transcoding;
