//! Endpoints, built from their parts.

use super::{DialEncodeError, DialError, DialErrorKind, DialField};
use crate::name::HangupCause;
use crate::sink::{Sink, Writer};
use crate::text::Value;
use crate::text::check::first;
use core::fmt;

/// How many parts an endpoint has at most.
const MOST: usize = 3;

/// The endpoint of a [`Leg`](super::Leg), built from its parts; other kinds of endpoints are given to the leg as text.
///
/// No part can become another: text that the endpoint's module would read as the end of a part is refused. Text that is
/// special in the whole dial string is quoted or refused when that is written.
///
/// ```
/// use esl_proto::dial::{Bridge, DialHandle, Endpoint, Leg, LegList};
/// use esl_proto::name::HangupCause;
///
/// let mut storage = [0; 64];
/// let desk = Endpoint::user("1000").domain("pbx.example").encode(&mut storage)?;
/// assert_eq!(desk, b"user/1000@pbx.example");
/// let mut argument = [0; 128];
/// assert_eq!(Bridge::new(Leg::new(desk)).encode(&mut argument)?, desk);
///
/// let mut storage = [0; 64];
/// for (endpoint, text) in [
///     (Endpoint::group("sales"), "group/sales"),
///     (Endpoint::sofia("internal", "1000@192.0.2.7:5060"), "sofia/internal/1000@192.0.2.7:5060"),
///     (Endpoint::gateway("provider", "+4930123"), "sofia/gateway/provider/+4930123"),
///     (Endpoint::contact("internal", "1000", "pbx.example"), "sofia/internal/1000%pbx.example"),
///     (Endpoint::loopback("9199").context("default"), "loopback/9199/default"),
///     (Endpoint::verto("1000").domain("pbx.example"), "verto.rtc/1000@pbx.example"),
///     (Endpoint::error(HangupCause::UserBusy), "error/USER_BUSY"),
///     (Endpoint::null(), "null"),
///     (Endpoint::pickup("sales"), "pickup/sales"),
/// ] {
///     assert_eq!(endpoint.encode(&mut storage)?, text.as_bytes());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Endpoint<'a> {
    module: &'static str,
    /// The byte before each part, and those that must not stand in it.
    parts: [Option<Part<'a>>; MOST],
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Part<'a> {
    before: u8,
    text: &'a [u8],
    ends: &'static [u8],
}

/// What ends a name that a domain may follow.
const NAME: &[u8] = b"/@%";

impl<'a> Endpoint<'a> {
    const fn new(module: &'static str) -> Self {
        Self { module, parts: [None; MOST] }
    }

    fn with(self, before: u8, text: &'a [u8], ends: &'static [u8]) -> Self {
        let mut endpoint = self;
        if let Some(place) = endpoint.parts.iter_mut().find(|part| part.is_none()) {
            *place = Some(Part { before, text, ends });
        }
        endpoint
    }

    fn named(module: &'static str, name: &'a [u8], ends: &'static [u8]) -> Self {
        Self::new(module).with(b'/', name, ends)
    }

    /// A user of the directory, wherever it is registered: `user/<user>`.
    pub fn user(user: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("user", user.as_ref(), NAME)
    }

    /// All users of a group of the directory: `group/<group>`.
    pub fn group(group: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("group", group.as_ref(), NAME)
    }

    /// A SIP address, from one of the server's profiles: `sofia/<profile>/<address>`.
    pub fn sofia(profile: &'a (impl AsRef<[u8]> + ?Sized), address: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("sofia", profile.as_ref(), b"/").with(b'/', address.as_ref(), b"%")
    }

    /// A number at a SIP provider: `sofia/gateway/<gateway>/<number>`.
    pub fn gateway(gateway: &'a (impl AsRef<[u8]> + ?Sized), number: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("sofia/gateway", gateway.as_ref(), b"/").with(b'/', number.as_ref(), b"")
    }

    /// Where a user has registered at a profile: `sofia/<profile>/<user>%<domain>`.
    pub fn contact(
        profile: &'a (impl AsRef<[u8]> + ?Sized),
        user: &'a (impl AsRef<[u8]> + ?Sized),
        domain: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self::named("sofia", profile.as_ref(), b"/").with(b'/', user.as_ref(), NAME).with(b'%', domain.as_ref(), NAME)
    }

    /// An extension of the dialplan, through a loopback channel: `loopback/<extension>`.
    pub fn loopback(extension: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("loopback", extension.as_ref(), b"/")
    }

    /// A browser that has logged in: `verto.rtc/<user>`.
    pub fn verto(user: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("verto.rtc", user.as_ref(), NAME)
    }

    /// Nobody: the call fails with this cause. `error/<cause>`
    pub fn error(cause: HangupCause<'a>) -> Self {
        Self::named("error", cause.as_bytes(), b"/")
    }

    /// A channel without anybody, which answers at once: `null`.
    pub const fn null() -> Self {
        Self::new("null")
    }

    /// Whoever takes the call with the application `pickup`: `pickup/<key>`.
    pub fn pickup(key: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::named("pickup", key.as_ref(), b"")
    }

    /// In this domain: `...@<domain>`, of a user or group.
    #[must_use]
    pub fn domain(self, domain: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.with(b'@', domain.as_ref(), NAME)
    }

    /// In this context of the dialplan: `.../<context>`, of a loopback.
    #[must_use]
    pub fn context(self, context: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.with(b'/', context.as_ref(), b"/")
    }

    /// With this dialplan: `.../<dialplan>`, of a loopback with a context.
    #[must_use]
    pub fn dialplan(self, dialplan: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.with(b'/', dialplan.as_ref(), b"/")
    }

    /// Writes the endpoint to the front of `out` and returns it, for [`Leg::new`](super::Leg::new).
    ///
    /// # Errors
    ///
    /// A part is empty, or holds a byte that would end it; its place is the error's `item`. Or `out` is too short.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], DialEncodeError> {
        let mut writer = Writer::new(out);
        writer.put(self.module.as_bytes());
        for (item, part) in self.parts.iter().flatten().enumerate() {
            let fault = |kind, offset| DialError { kind, field: DialField::Endpoint, leg: 0, item, offset };
            if part.text.is_empty() {
                return Err(fault(DialErrorKind::Empty, 0).into());
            }
            if let Some(offset) = first(part.text, |octet| part.ends.contains(&octet)) {
                return Err(fault(DialErrorKind::Separator, offset).into());
            }
            let means_another = match self.module {
                "sofia" => item == 0 && part.text == b"gateway",
                "loopback" => item == 0 && part.text.starts_with(b"app="),
                _ => false,
            };
            if means_another {
                return Err(fault(DialErrorKind::Reserved, 0).into());
            }
            writer.put(&[part.before]);
            writer.put(part.text);
        }
        Ok(writer.finish()?)
    }
}

impl fmt::Debug for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tuple = f.debug_tuple(self.module);
        self.parts.iter().flatten().for_each(|part| {
            tuple.field(&Value::from_bytes(part.text));
        });
        tuple.finish()
    }
}
