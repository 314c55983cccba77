//! Names of channels.

use core::fmt;

use crate::text::Value;
use crate::text::cut::split_at;

/// The name of a channel, in its parts: `sofia/internal/1000@pbx.example`, `loopback/9199-a`, `null`.
///
/// ```
/// use esl_proto::name::ChannelName;
///
/// let name = ChannelName::from_bytes(b"sofia/internal/1000@pbx.example:5060");
/// assert_eq!((name.module, name.profile), (&b"sofia"[..], Some(&b"internal"[..])));
/// assert_eq!(name.address, b"1000@pbx.example:5060");
/// assert!(name.loopback_side().is_none());
///
/// let name = ChannelName::from_bytes(b"loopback/9199-b");
/// assert_eq!((name.address, name.loopback_side()), (&b"9199-b"[..], Some((&b"9199"[..], b'b'))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelName<'a> {
    /// The kind of endpoint: `sofia`, `loopback`, `verto.rtc`, `null`.
    pub module: &'a [u8],
    /// Of a SIP channel, the server's profile. That of a call through a gateway is the gateway's.
    pub profile: Option<&'a [u8]>,
    /// The rest: of a SIP channel an address, without `sip:` mostly.
    pub address: &'a [u8],
}

impl<'a> ChannelName<'a> {
    /// Takes a name apart.
    #[must_use]
    pub fn from_bytes(name: &'a [u8]) -> Self {
        let Some((module, rest)) = split_at(b'/', name) else {
            return Self { module: name, profile: None, address: &[] };
        };
        match split_at(b'/', rest).filter(|_| module == b"sofia") {
            Some((profile, address)) => Self { module, profile: Some(profile), address },
            None => Self { module, profile: None, address: rest },
        }
    }

    /// The extension and the side, `a` or `b`, of a loopback channel: the two sides are one call.
    #[must_use]
    pub fn loopback_side(&self) -> Option<(&'a [u8], u8)> {
        match (self.module, self.address) {
            (b"loopback", [extension @ .., b'-', side @ (b'a' | b'b')]) => Some((extension, *side)),
            _ => None,
        }
    }
}

impl fmt::Debug for ChannelName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelName")
            .field("module", &Value::from_bytes(self.module))
            .field("profile", &self.profile.map(Value::from_bytes))
            .field("address", &Value::from_bytes(self.address))
            .finish()
    }
}
