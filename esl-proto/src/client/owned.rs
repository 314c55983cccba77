//! Subscriptions that own what they ask for.

use alloc::vec::Vec;
use core::fmt;

use super::{Client, Follow, Linger, SendError, Sent, Subscription};
use crate::command::{Command, EventNames, Events, Pairs, Words};
use crate::grow::append;
use crate::name::{EventNameBuf, Format, LogLevel};

/// A [`Subscription`] that owns what it asks for: what a configuration holds.
///
/// ```
/// use esl_proto::SubscriptionBuf;
/// use esl_proto::name::Format;
///
/// let mut wanted = SubscriptionBuf::default();
/// wanted.format = Some(Format::Json);
/// wanted.names = ["CHANNEL_ANSWER", "HEARTBEAT"].iter().filter_map(|name| name.parse().ok()).collect();
/// wanted.filters.push((b"Call-Direction".to_vec(), b"inbound".to_vec()));
///
/// let mut out = Vec::new();
/// for command in wanted.as_subscription().commands() {
///     command.encode_to_vec(&mut out)?;
/// }
/// assert_eq!(out, b"filter add Call-Direction inbound\n\nevent json CHANNEL_ANSWER HEARTBEAT\n\n");
/// # Ok::<(), esl_proto::command::EncodeError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct SubscriptionBuf {
    /// As [`Subscription::format`].
    pub format: Option<Format>,
    /// The names of [`Subscription::events`].
    pub names: Vec<EventNameBuf>,
    /// The subclasses of [`Subscription::events`].
    #[cfg_attr(feature = "serde", serde(with = "crate::serialize::texts"))]
    pub subclasses: Vec<Vec<u8>>,
    /// As [`Subscription::filters`].
    #[cfg_attr(feature = "serde", serde(with = "crate::serialize::pairs"))]
    pub filters: Vec<(Vec<u8>, Vec<u8>)>,
    /// As [`Subscription::log`].
    pub log: Option<LogLevel>,
    /// As [`Subscription::channel`].
    pub channel: FollowBuf,
    /// As [`Subscription::linger`].
    pub linger: Option<Linger>,
    /// As [`Subscription::divert`].
    pub divert: bool,
}

/// A [`Follow`] that owns its uuid.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FollowBuf {
    /// None.
    #[default]
    None,
    /// The one that an outbound connection controls.
    Own,
    /// The one with this uuid, for an inbound connection.
    Uuid(#[cfg_attr(feature = "serde", serde(with = "crate::serialize::text"))] Vec<u8>),
}

impl fmt::Debug for SubscriptionBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_subscription().fmt(f)
    }
}

impl FollowBuf {
    fn as_follow(&self) -> Follow<'_> {
        match self {
            Self::None => Follow::None,
            Self::Own => Follow::Own,
            Self::Uuid(uuid) => Follow::Uuid(uuid),
        }
    }
}

impl fmt::Debug for FollowBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_follow().fmt(f)
    }
}

impl SubscriptionBuf {
    /// The subscription, as a view on this.
    #[must_use]
    pub fn as_subscription(&self) -> Subscription<'_> {
        Subscription {
            format: self.format,
            events: Events {
                names: EventNames::from_owned(&self.names),
                subclasses: Words::from_owned(&self.subclasses),
            },
            filters: Pairs::from_source(&self.filters),
            log: self.log,
            channel: self.channel.as_follow(),
            linger: self.linger,
            divert: self.divert,
        }
    }
}

impl Subscription<'_> {
    /// The same subscription with its own storage.
    #[must_use]
    pub fn into_owned(self) -> SubscriptionBuf {
        SubscriptionBuf {
            format: self.format,
            names: self.events.names.iter().map(Into::into).collect(),
            subclasses: self.events.subclasses.iter().map(Into::into).collect(),
            filters: self.filters.iter().map(|(header, value)| (header.into(), value.into())).collect(),
            log: self.log,
            channel: match self.channel {
                Follow::None => FollowBuf::None,
                Follow::Own => FollowBuf::Own,
                Follow::Uuid(uuid) => FollowBuf::Uuid(uuid.into()),
            },
            linger: self.linger,
            divert: self.divert,
        }
    }
}

impl From<Subscription<'_>> for SubscriptionBuf {
    fn from(subscription: Subscription<'_>) -> Self {
        subscription.into_owned()
    }
}

impl Client {
    /// Writes `command` to the end of `out`, which makes room, and counts it as sent: [`send`](Self::send) without a buffer
    /// that could be too short.
    ///
    /// ```
    /// use esl_proto::{Client, Command, Limits};
    ///
    /// let (mut client, mut out) = (Client::inbound(Limits::DEFAULT), Vec::new());
    /// client.send_to_vec(&Command::auth("ClueCon"), &mut out)?;
    /// assert!(client.send_to_vec(&Command::api("a\n\nexit"), &mut out).is_err());
    /// assert_eq!(out, b"auth ClueCon\n\n");
    /// # Ok::<(), esl_proto::client::SendError>(())
    /// ```
    ///
    /// # Errors
    /// [`SendError`] if it cannot be sent, or may not be sent now; then nothing has changed, and `out` is as long as before.
    pub fn send_to_vec(&mut self, command: &Command<'_>, out: &mut Vec<u8>) -> Result<Sent, SendError> {
        append(out, |sent: &Sent| sent.len, |room| self.send(command, room))
    }
}
