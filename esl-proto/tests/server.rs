//! The listener against what real clients said: every recorded dialogue is replayed, whole and octet by octet, and what
//! the listener writes must be what FreeSWITCH wrote, octet for octet.
//!
//! The host of these tests knows nothing: whatever the listener asks, it looks up in what the real server answered.
#![cfg(feature = "server")]

#[path = "common/verbs.rs"]
mod verbs;

mod server {
    mod differences;
    mod encoding;
    mod replay;
    mod rules;
    mod words;
}
