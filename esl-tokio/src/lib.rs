//! FreeSWITCH's event socket for tokio.
//!
//! A [`Session`] is a connection that any number of tasks share, for queries ([`api`](Session::api)), commands
//! ([`bgapi`](Session::bgapi), [`originate`](Session::originate), [`send`](Session::send)) and events
//! ([`events`](Session::events)). A [`Call`] is one channel, with a method for each common application: on a connection
//! that FreeSWITCH has opened for it ([`Listener`]), or on a session ([`Session::call`]).
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
//! * After a wait is dropped or times out, later answers still reach their commands: the late answer is recognised and
//!   dropped.
//! * Commands are pipelined; those of many tasks are written together.
//! * No event is lost silently: a stream is bounded, with an explicit policy, and reports how much is missing, and
//!   where ([`Missed`]).
//! * No untrusted text can forge a command: line ends are refused, arguments of applications arrive unchanged.
//!
//! Bytes, not text: nothing on the wire is promised to be UTF-8. Methods that return a [`str`] have replaced invalid
//! bytes.
//!
//! # How it works
//!
//! [`esl_proto::session`] keeps track of waits, of the subscriptions of readers, and of what must be restored on a new
//! connection. This crate adds sockets and wakers: a task for each connection moves bytes between its stream and a
//! [`esl_proto::session::Session`] that all handles share. It ends when the connection does, or when the last handle is
//! dropped.
//!
//! # Features
//!
//! Both are off by default. The names follow OpenTelemetry's semantic conventions where these define any.
//!
//! * `tracing`: spans, and events for what happens in them.
//!   * `esl.session`, for as long as a session lasts: `otel.kind`, `server.address` and `server.port`; where FreeSWITCH
//!     has connected, `client.address` and `client.port`. Events: `connection open`; `connection ended` if this program
//!     or the channel has ended it, otherwise, as a warning, `connection lost` with `error.type`; `connecting again`
//!     with `failures` and `pause_ms`; `no connection` with `exception.message`.
//!   * `esl.call`, for as long as [`Listener`] or [`Calls`] handles a call, around the handler and the call's session: the same,
//!     with `esl.channel.uuid` and `esl.socket.mode`. Events, as warnings: `call failed` with `exception.message`, `call
//!     refused: there are too many`.
//! * `metrics`: counters for the recorder that is installed when the session is made. [`Session::stats`] and
//!   [`Calls::stats`] have the same numbers without it.
//!   * Of sessions, with `server.address` and `server.port` if this program has connected: `esl.client.connections`,
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
