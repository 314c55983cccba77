//! FreeSWITCH's event socket on tokio.
//!
//! A [`Session`] is a connection that any number of tasks share: it asks ([`api`](Session::api)), orders
//! ([`bgapi`](Session::bgapi), [`originate`](Session::originate), [`send`](Session::send)) and listens
//! ([`events`](Session::events)). A [`Call`] is one channel, with a method for each application that programs drive: on a
//! connection that FreeSWITCH has opened for it ([`Listener`]), or on a session's ([`Session::call`]).
//!
//! ```no_run
//! use esl_tokio::{Login, name::EventName};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let fs = esl_tokio::connect("127.0.0.1:8021", Login::password("ClueCon")).await?;
//!     println!("{}", fs.api("status").await?);
//!     let mut events = fs.events([EventName::ChannelAnswer]).await?;
//!     let job = fs.bgapi("originate user/1000 &park()").await?;
//!     println!("{}", job.result().await?);
//!     while let Some(event) = events.next().await {
//!         println!("answered: {}", event?.unique_id().unwrap_or_default());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # What can be relied on
//!
//! * Every wait ends: with its result, or with an [`Error`] that says why there is none. Each method says what ends it.
//! * A wait that is dropped or timed out leaves the connection in step: an answer that comes late is recognised.
//! * Commands are pipelined; those of many tasks are written together.
//! * What is not lost by the network is not lost here in silence: a stream is bounded, its policy is said, and it tells how
//!   much is missing, and where ([`Missed`]).
//! * No text of others can forge a command: line ends are refused, arguments of applications arrive as they are.
//!
//! Bytes, not text: nothing on the wire is promised to be UTF-8. Where a method gives a [`str`], it has replaced what is not.
//!
//! # How it works
//!
//! What waits for what, which subscription feeds which reader and what a new connection must say again is known by
//! [`esl_proto::session`]. Here are sockets and wakers: a task for each connection moves bytes between its stream and a
//! [`esl_proto::session::Session`] that all handles share. It ends when the connection does, or when the last handle is
//! dropped.
//!
//! # Features
//!
//! Both are off by default. Names are those of OpenTelemetry's semantic conventions where it has them.
//!
//! * `tracing`: spans, and events for what happens in them.
//!   * `esl.session`, for as long as a session lasts: `otel.kind`, `server.address` and `server.port`; where FreeSWITCH has
//!     connected, `client.address` and `client.port`. Events: `connection open`; `connection ended` if this side or the
//!     channel has ended it, otherwise, as a warning, `connection lost` with `error.type`; `connecting again` with `failures`
//!     and `pause_ms`; `no connection` with `exception.message`.
//!   * `esl.call`, for as long as [`Listener`] or [`Calls`] handles a call, around the handler and the call's session: the same,
//!     with `esl.channel.uuid` and `esl.socket.mode`. Events, as warnings: `call failed` with `exception.message`, `call
//!     refused: there are too many`.
//! * `metrics`: counters for the recorder that is installed when the session is made. [`Session::stats`] and
//!   [`Calls::stats`] have the same numbers without it.
//!   * Of sessions, with `server.address` and `server.port` where this side has connected: `esl.client.connections`,
//!     `esl.client.commands`, `esl.client.command.timeouts`, `esl.client.events`, `esl.client.lost_events`,
//!     `esl.client.log_lines`, and `esl.client.io` in bytes, with `network.io.direction`.
//!   * Of calls: `esl.server.calls`, `esl.server.rejected_calls`, `esl.server.broken_calls`, `esl.server.failed_calls`, and the
//!     gauge `esl.server.active_calls`.
#![forbid(unsafe_code)]

mod answer;
mod call;
mod connect;
mod driver;
mod error;
mod job;
mod link;
mod listener;
mod log;
mod many;
mod reader;
mod session;
mod state;
mod stats;
mod stream;
mod telemetry;

pub use answer::{Answer, Rows};
pub use call::{Call, Done};
pub use connect::{Login, Options, Reconnect, connect};
pub use error::{Error, HungUp};
pub use esl_proto::command::app::{self, App};
pub use esl_proto::session::{Gap, Interest, Overflow, Reason};
pub use esl_proto::{EventBuf, dial, name};
pub use job::Job;
pub use listener::{CallOptions, Calls, Listener};
pub use log::LogBuf;
pub use many::{Many, ManyEvents};
pub use reader::Missed;
pub use session::Session;
pub use stats::{ServeStats, Stats};
pub use stream::{EventStream, LogStream, Subscription};

/// The examples of the README and of the page for those who come from another client, compiled as they stand there.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/from-freeswitch-esl-tokio.md")]
    struct FromFreeswitchEslTokio;
}
