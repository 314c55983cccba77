//! API commands about one channel.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use crate::sink::{Sink, Writer};
use crate::text::{Insufficient, Value};

/// An API command about one channel: the line of [`Command::api`](super::Command::api), written so that the server reads
/// what is meant, whatever the name of a variable is.
///
/// ```
/// use esl_proto::Command;
/// use esl_proto::command::ChannelApi;
///
/// let mut line = [0; 64];
/// let line = ChannelApi::GetVar { uuid: b"5fd4", name: b"my var" }.encode(&mut line)?;
/// assert_eq!(line, b"uuid_getvar 5fd4 'my var'");
/// # assert!(Command::api(line).encoded_len().is_ok());
/// # Ok::<(), esl_proto::text::Insufficient>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelApi<'a> {
    /// `uuid_exists`: whether the channel is there. [`ApiResponse::exists`](crate::message::ApiResponse::exists) is the
    /// answer.
    Exists {
        /// The channel.
        uuid: &'a [u8],
    },
    /// `uuid_getvar`: the value of a variable, whole, whatever it is.
    /// [`ApiResponse::variable`](crate::message::ApiResponse::variable) is the answer.
    GetVar {
        /// The channel.
        uuid: &'a [u8],
        /// The variable.
        name: &'a [u8],
    },
    /// `uuid_dump ... json`: what the server knows of the channel now. The answer is an event in
    /// [JSON](crate::name::Format::Json), CHANNEL_DATA, or `-ERR`.
    Dump {
        /// The channel.
        uuid: &'a [u8],
    },
    /// `uuid_bridge`: connects the channel with another one.
    Bridge {
        /// The channel.
        uuid: &'a [u8],
        /// The other one.
        other: &'a [u8],
    },
    /// `uuid_break`: ends what is being played.
    Break {
        /// The channel.
        uuid: &'a [u8],
        /// Whether what waits behind it is ended, too.
        all: bool,
    },
}

impl ChannelApi<'_> {
    /// Writes the line to the front of `out`.
    ///
    /// # Errors
    /// [`Insufficient`] if `out` is too short.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], Insufficient> {
        let mut out = Writer::new(out);
        match self {
            Self::Exists { uuid } => {
                out.put(b"uuid_exists ");
                out.put(uuid);
            }
            Self::GetVar { uuid, name } => {
                out.put(b"uuid_getvar ");
                word(uuid, &mut out);
                out.put(b" ");
                word(name, &mut out);
            }
            Self::Dump { uuid } => {
                out.put(b"uuid_dump ");
                word(uuid, &mut out);
                out.put(b" json");
            }
            Self::Bridge { uuid, other } => {
                out.put(b"uuid_bridge ");
                word(uuid, &mut out);
                out.put(b" ");
                word(other, &mut out);
            }
            Self::Break { uuid, all } => {
                out.put(b"uuid_break ");
                word(uuid, &mut out);
                out.put(if *all { b" all" } else { b"" });
            }
        }
        out.finish()
    }

    /// The line.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut line = Vec::new();
        if let Err(Insufficient { required }) = self.encode(&mut line) {
            line.resize(required, 0);
            let written = self.encode(&mut line).map_or(0, <[u8]>::len);
            line.truncate(written);
        }
        line
    }
}

impl fmt::Debug for ChannelApi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Value::from_bytes;
        match self {
            Self::Exists { uuid } => f.debug_struct("Exists").field("uuid", &text(uuid)).finish(),
            Self::GetVar { uuid, name } => {
                f.debug_struct("GetVar").field("uuid", &text(uuid)).field("name", &text(name)).finish()
            }
            Self::Dump { uuid } => f.debug_struct("Dump").field("uuid", &text(uuid)).finish(),
            Self::Bridge { uuid, other } => {
                f.debug_struct("Bridge").field("uuid", &text(uuid)).field("other", &text(other)).finish()
            }
            Self::Break { uuid, all } => f.debug_struct("Break").field("uuid", &text(uuid)).field("all", all).finish(),
        }
    }
}

/// A word of the line as the server splits it at blanks: between quotes, if it would not be one.
fn word(text: &[u8], out: &mut impl Sink) {
    let quoted = text.is_empty() || text.iter().any(|octet| matches!(octet, b' ' | b'\'' | b'"'));
    let quote: &[u8] = if quoted { b"'" } else { b"" };
    out.put(quote);
    let mut rest = text;
    while let Some((octet, behind)) = rest.split_first() {
        let is_escape =
            || behind.first().is_none_or(|next| matches!(next, b'\'' | b'"' | b'\\' | b'n' | b'r' | b't' | b's'));
        if *octet == b'\'' || *octet == b'\\' && is_escape() {
            out.put(b"\\");
        }
        out.put(core::slice::from_ref(octet));
        rest = behind;
    }
    out.put(quote);
}
