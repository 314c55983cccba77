//! What the compiler must refuse, each beside the same that it must accept, so that nothing is refused for another reason.
//!
//! # What was found is gone when the buffer changes
//!
//! ```
//! use esl_proto::{Client, Limits, RecvBuf};
//!
//! let (mut client, mut buffer) = (Client::inbound(Limits::DEFAULT), RecvBuf::new([0; 64]));
//! let poll = client.poll(buffer.filled())?;
//! let consumed = poll.consumed();
//! println!("{poll:?}");
//! buffer.consume(consumed);
//! # Ok::<(), esl_proto::client::ProtocolError>(())
//! ```
//!
//! ```compile_fail,E0502
//! use esl_proto::{Client, Limits, RecvBuf};
//!
//! let (mut client, mut buffer) = (Client::inbound(Limits::DEFAULT), RecvBuf::new([0; 64]));
//! let poll = client.poll(buffer.filled())?;
//! let consumed = poll.consumed();
//! buffer.consume(consumed);
//! println!("{poll:?}");
//! # Ok::<(), esl_proto::client::ProtocolError>(())
//! ```
//!
//! # What a connection gave is gone with the next call, but what owns its bytes stays
//!
//! ```
//! use esl_proto::{Client, Connection, Limits};
//!
//! let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), [0; 64], [0; 64]);
//! let first = connection.next()?;
//! println!("{first:?}");
//! let second = connection.next()?;
//! println!("{second:?}");
//! # Ok::<(), esl_proto::client::ProtocolError>(())
//! ```
//!
//! ```compile_fail,E0499
//! use esl_proto::{Client, Connection, Limits};
//!
//! let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), [0; 64], [0; 64]);
//! let first = connection.next()?;
//! let second = connection.next()?;
//! println!("{first:?} {second:?}");
//! # Ok::<(), esl_proto::client::ProtocolError>(())
//! ```
//!
//! While it is looked at, nothing can be read over it:
//!
//! ```compile_fail,E0499
//! use esl_proto::{Client, Connection, Limits};
//!
//! let mut connection = Connection::new(Client::inbound(Limits::DEFAULT), [0; 64], [0; 64]);
//! let first = connection.next()?;
//! connection.spare_mut()[0] = b'x';
//! println!("{first:?}");
//! # Ok::<(), esl_proto::client::ProtocolError>(())
//! ```
//!
//! # An event does not outlive its bytes
//!
//! ```
//! use esl_proto::{Event, Value, name::Format};
//!
//! fn id(text: &[u8]) -> Option<Value<'_>> {
//!     let event = Event::new(Format::Plain, text);
//!     event.get("Unique-ID") // of the bytes, not of the event
//! }
//! # assert!(id(b"Unique-ID: x\n\n").is_some());
//! ```
//!
//! ```compile_fail,E0515
//! use esl_proto::{Event, Value, name::Format};
//!
//! fn id(text: &[u8]) -> Option<Value<'static>> {
//!     let bytes = text.to_vec();
//!     let event = Event::new(Format::Plain, &bytes);
//!     event.get("Unique-ID")
//! }
//! ```
//!
//! # Slots serve one event at a time
//!
//! ```
//! use esl_proto::event::HeaderSlot;
//! use esl_proto::{Event, name::Format};
//!
//! let mut slots = [HeaderSlot::EMPTY; 4];
//! let one = Event::new(Format::Plain, b"a: 1\n\n").index(&mut slots).get("a");
//! let other = Event::new(Format::Plain, b"a: 2\n\n").index(&mut slots).get("a");
//! assert_ne!(one, other);
//! ```
//!
//! ```compile_fail,E0499
//! use esl_proto::event::HeaderSlot;
//! use esl_proto::{Event, name::Format};
//!
//! let mut slots = [HeaderSlot::EMPTY; 4];
//! let one = Event::new(Format::Plain, b"a: 1\n\n").index(&mut slots);
//! let other = Event::new(Format::Plain, b"a: 2\n\n").index(&mut slots);
//! assert_ne!(one.get("a"), other.get("a"));
//! ```
//!
//! # A command does not outlive what it is made of
//!
//! ```
//! use esl_proto::Command;
//!
//! let uuid = "5fd4";
//! let line = format!("uuid_kill {uuid}");
//! let command = Command::api(&line);
//! println!("{command:?}");
//! ```
//!
//! ```compile_fail,E0716
//! use esl_proto::Command;
//!
//! let uuid = "5fd4";
//! let command = Command::api(&format!("uuid_kill {uuid}"));
//! println!("{command:?}");
//! ```
//!
//! # What may grow cannot be matched whole
//!
//! ```
//! use esl_proto::client::End;
//!
//! fn is_over_for_good(end: End) -> bool {
//!     match end {
//!         End::AuthRefused | End::Rejected => true,
//!         _ => false,
//!     }
//! }
//! # assert!(is_over_for_good(End::Rejected));
//! ```
//!
//! ```compile_fail,E0004
//! use esl_proto::message::Status;
//!
//! fn is_good(status: Status) -> bool {
//!     match status {
//!         Status::Ok => true,
//!         Status::Err | Status::Usage | Status::Bare | Status::Broken => false,
//!     }
//! }
//! ```
