//! Proves that events are read as well-known libraries read them: percent coding as `percent-encoding`, JSON as
//! `serde_json`, XML as `quick-xml`, on generated events and on those of a real server.
//!
//! The libraries are stricter than FreeSWITCH: what one of them refuses proves nothing here. So each test that lets
//! them refuse also counts how often they accept.
#![cfg(all(feature = "json", feature = "xml"))]

mod captures;
mod json;
#[path = "../common/lossy.rs"]
mod lossy;
#[path = "../common/octets.rs"]
mod octets;
mod percent;
mod reading;
mod strict_json;
mod strict_xml;
#[path = "../common/support.rs"]
mod support;
mod transcode;
#[path = "../common/transcode.rs"]
mod transcoding;
mod xml;
