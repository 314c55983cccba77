//! Proves that nothing a peer sends makes the decoder panic, hang, lose its place or do more than linear work, and
//! says what comes of each kind of malice: an error of a certain kind at a certain offset, or a lenient reading.
//!
//! There is no clock in these tests. Texts of a megabyte, built so that a careless search would go over them again and
//! again, are read in no time; if one of them seems to hang, its cost is no longer linear.
#![cfg(feature = "server")]

mod buffers;
mod content_length;
mod events;
mod feed;
mod heads;
mod json;
mod messages;
mod nul_octet;
#[path = "../common/octets.rs"]
mod octets;
mod server;
mod streams;
#[path = "../common/support.rs"]
mod support;
mod xml;
