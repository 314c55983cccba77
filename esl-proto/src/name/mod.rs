//! FreeSWITCH's vocabulary, typed both ways: from bytes and to text.
//!
//! Other versions of the server and third-party modules use other words. Types that come from the wire keep those as
//! `Other`; nothing is lost.
//!
//! ```
//! use esl_proto::name::{EventName, HangupCause};
//! use esl_proto::{Event, name::Format};
//!
//! let event = Event::new(Format::Plain, b"Event-Name: CHANNEL_HANGUP\nHangup-Cause: USER_BUSY\n\n");
//! assert_eq!(event.name(), Some(EventName::ChannelHangup));
//! let cause = HangupCause::try_from(event.get("Hangup-Cause").unwrap())?;
//! assert_eq!((cause, cause.number()), ("user_busy".parse()?, Some(17)));
//! # Ok::<(), esl_proto::text::ConvertError>(())
//! ```

#[macro_use]
mod words;

mod cause;
mod channel;
mod event;
pub mod header;
mod level;
#[cfg(feature = "alloc")]
mod owned;
mod state;
pub mod subclass;

pub use cause::HangupCause;
pub use channel::ChannelName;
pub use event::EventName;
pub use level::LogLevel;
#[cfg(feature = "alloc")]
pub use owned::{
    AnswerStateBuf, CallDirectionBuf, CallStateBuf, ChannelStateBuf, EventNameBuf, HangupCauseBuf, PriorityBuf,
};
pub use state::{AnswerState, CallDirection, CallState, ChannelState, Format, Priority};
