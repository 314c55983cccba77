//! FreeSWITCH's vocabulary, typed both ways: from octets and to text.
//!
//! Servers newer or older than this list, and modules of their own, use other words. Types that can come from the wire
//! keep those as `Other`; nothing is lost.

#[macro_use]
mod words;

mod cause;
mod event;
pub mod header;
mod level;
mod state;

pub use cause::HangupCause;
pub use event::EventName;
pub use level::LogLevel;
pub use state::{AnswerState, CallDirection, CallState, ChannelState, Format, Priority};
