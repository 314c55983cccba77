//! FreeSWITCH's event socket protocol without I/O, for both sides: decoded and encoded.
//!
//! Hosts bring their own sockets, buffers and clocks; this crate brings the protocol. It needs neither `std` nor an
//! allocator, and no bytes that a peer sends can make it panic, hang or lose synchronisation.
//!
//! # A tour, from the wire up
//!
//! * A host reads bytes into its own buffer; [`RecvBuf`] manages one.
//! * A [`Decoder`] cuts them into [`Frame`]s, whatever pieces they arrive in. Frames longer than the host can hold come
//!   in parts ([`Limits::max_buffered`]).
//! * A [`Message`] says what a frame means: a [`Reply`](message::Reply), an [`ApiResponse`](message::ApiResponse), an [`Event`], a [`LogLine`](message::LogLine), a
//!   [`DisconnectNotice`](message::DisconnectNotice) and so on.
//! * An [`Event`] is one view over the plain, JSON and XML formats: an ordered multi-map of headers and a body.
//!   [`Event::index`] speeds up many look-ups.
//! * A [`Value`] is a name, a value or a body: bytes in the buffer, decoded on demand.
//! * A [`Command`] is what a client sends: written into the caller's buffer, refused where it would break or forge the
//!   protocol, and parsed back from a [`Request`](frame::Request) on the server's side.
//! * A [`Client`] is a whole connection, inbound or outbound: it returns messages, matches answers to commands, knows
//!   what may be sent now, and reports the end. A [`Connection`] is a client with its buffers in one value: everything
//!   but the socket.
//! * [`calls`] tracks channels by their events, in the caller's storage.
//! * With the feature `alloc`, `EventBuf`, `CommandBuf` and similar types own their bytes, and `session` keeps track of
//!   waits and subscriptions across reconnects.
//! * [`server`] is the other end: the listener that FreeSWITCH runs, which answers, asks its host, and delivers events
//!   ([`OutgoingEvent`](event::OutgoingEvent)) in the three formats.
//! * [`dial`] has dial strings: the arguments of `originate` and `bridge`, written so that the server reads them as
//!   intended, and parsed.
//! * [`command::app`] has the applications of channels, with arguments that arrive as intended.
//! * [`name`] has FreeSWITCH's vocabulary: event names, hangup causes, states, log levels, headers.
//!
//! The [`guide`] shows them at work, from the first connection to a program that runs for years.
//!
//! Bytes, not text: nothing on the wire is promised to be UTF-8. Everything borrows from the caller's buffer, and one
//! number, [`Step::consumed`](frame::Step::consumed), says how much of it to remove.
//!
//! ```
//! use esl_proto::name::EventName;
//! use esl_proto::frame::Step;
//! use esl_proto::{Decoder, Limits, Message};
//!
//! let stream = b"Content-Length: 60\nContent-Type: text/event-plain\n\n\
//!     Event-Name: CHANNEL_ANSWER\nCaller-Caller-ID-Name: %C3%89va\n\n";
//! let mut decoder = Decoder::new(Limits::DEFAULT);
//! let Step::Frame { frame, consumed } = decoder.decode(stream)? else { panic!("that was a whole frame") };
//! let Message::Event(event) = Message::from(frame) else { panic!("that was an event") };
//! assert_eq!(event.name(), Some(EventName::ChannelAnswer));
//! assert!(event.get("caller-caller-id-name").is_some_and(|name| name == *"Éva"));
//! assert_eq!(consumed, stream.len());
//! # Ok::<(), esl_proto::frame::DecodeError>(())
//! ```
//!
//! # Features
//!
//! None of them needs `std`. The default ones need no allocator either, so a build for a small machine needs
//! `default-features = false` only to leave something out.
//!
//! | feature | | what it brings |
//! |---|---|---|
//! | `json`, `xml` | default | events in these formats. Without them they are framed and told as [`Unsupported`](event::EventErrorKind::Unsupported). [`calls`] needs `json` |
//! | `server` | default | [`server`], which speaks all formats |
//! | `dial` | default | [`dial`], [`command::app`] |
//! | `alloc` | | values that own their bytes, buffers that grow; `session` (with `dial`), `calls` on the heap |
//! | `serde` | | `Serialize` for events, values, headers and names, `Deserialize` for [`Limits`], levels and formats; with `alloc` for subscriptions, names and dial strings |
//!
//! With `serde`, an event is a map as FreeSWITCH's own JSON has it, with names that may come twice. Bytes that are not
//! UTF-8 become U+FFFD in formats for people; other formats have the bytes. Values that can be deserialized are never
//! changed like that: writing such bytes to a format for people is an error.
//!
//! # Errors
//!
//! Every error is a small value with the position of the fault and a number that never changes and is the same in every
//! language:
//!
//! * from 101: framing ([`DecodeErrorKind`](frame::DecodeErrorKind));
//! * from 201: event documents ([`EventErrorKind`](event::EventErrorKind));
//! * from 301: commands that are refused ([`CommandErrorKind`](command::CommandErrorKind));
//! * from 401: requests that are not understood ([`ParseErrorKind`](command::ParseErrorKind));
//! * from 501: calls that cannot be written or read ([`DialErrorKind`](dial::DialErrorKind),
//!   [`DialParseErrorKind`](dial::DialParseErrorKind));
//! * from 601: commands that may not be sent now ([`NotAllowed`](client::NotAllowed));
//! * from 701: what a host may not send ([`OutgoingEventError`](event::OutgoingEventError),
//!   [`ResponseError`](server::ResponseError), [`DeliverError`](server::DeliverError));
//! * from 801: texts that are not of a type ([`ConvertError`](text::ConvertError));
//! * from 901: applications that cannot be written ([`AppErrorKind`](command::app::AppErrorKind)).
//!
//! An error that wraps another has the same text, and returns the other as its [`source`](core::error::Error::source).
#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]
// What only a feature needs is dead without it. It is linted with all of them on.
#![cfg_attr(
    not(all(feature = "dial", feature = "json", feature = "server", feature = "xml")),
    allow(dead_code, unused_imports)
)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[macro_use]
mod error;
#[macro_use]
mod iterated;
#[macro_use]
mod shown;

mod buffer;
#[cfg(feature = "json")]
pub mod calls;
pub mod client;
pub mod command;
mod connection;
#[cfg(feature = "dial")]
pub mod dial;
pub mod event;
pub mod frame;
#[cfg(feature = "alloc")]
mod grow;
pub mod message;
pub mod name;
#[doc(hidden)]
pub mod raw;
mod scan;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "server")]
pub mod server;
#[cfg(all(feature = "alloc", feature = "dial"))]
pub mod session;
mod sink;
pub mod text;

pub use buffer::RecvBuf;
#[cfg(feature = "alloc")]
pub use client::SubscriptionBuf;
pub use client::{Client, Incoming, Subscription};
pub use command::Command;
#[cfg(feature = "alloc")]
pub use command::CommandBuf;
pub use connection::Connection;
pub use event::Event;
#[cfg(feature = "alloc")]
pub use event::EventBuf;
pub use frame::{Decoder, Frame, Limits};
pub use message::Message;
pub use text::Value;

// A page, and snippets that the tests run.
#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

/// The README's example, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
mod borrowing;
