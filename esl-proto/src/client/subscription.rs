//! The subscriptions of a connection as a value, to be applied now, and again after every reconnect.

use core::fmt;
use core::iter::FusedIterator;
use core::slice;

use crate::command::{Command, Events, Filter, Pairs, PairsIter};
use crate::name::{EventName, Format, LogLevel};
use crate::text::Value;

/// How long a connection stays after its channel has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linger {
    /// Seconds.
    Seconds(u32),
    /// Until the client closes it.
    Forever,
}

/// Format, events, filters, log lines, linger and divert of one connection.
///
/// [`commands`](Self::commands) are what a fresh connection must send to have it.
///
/// ```
/// use esl_proto::name::{EventName, Format};
/// use esl_proto::command::{Events, Pairs};
/// use esl_proto::Subscription;
///
/// let filters = [("Call-Direction", "inbound")];
/// let wanted = Subscription {
///     format: Some(Format::Json),
///     events: Events::new(&[EventName::ChannelAnswer], &["sofia::register"]),
///     filters: Pairs::from(&filters),
///     ..Subscription::NONE
/// };
/// let mut out = [0; 256];
/// let lines: Vec<_> = wanted.commands().map(|command| command.encode(&mut out).map(<[u8]>::to_vec)).collect();
/// assert_eq!(lines, [
///     Ok(b"filter add Call-Direction inbound\n\n".to_vec()),
///     Ok(b"event json CHANNEL_ANSWER CUSTOM sofia::register\n\n".to_vec()),
/// ]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Subscription<'a> {
    /// The format of events; [`None`] for the server's own choice, plain.
    pub format: Option<Format>,
    /// The events.
    pub events: Events<'a>,
    /// `filter add` for each pair of header and value; see [`Filter`] for what a value can say.
    pub filters: Pairs<'a>,
    /// Log lines up to this level.
    pub log: Option<LogLevel>,
    /// The channel whose events are wanted: `myevents`. Inbound, the connection ends with the channel.
    pub channel: Follow<'a>,
    /// Whether the connection stays after its channel has ended.
    pub linger: Option<Linger>,
    /// Whether events for the channel's own script are diverted to this connection.
    pub divert: bool,
}

shown! { Subscription<'_> { format events filters log channel linger divert } }

/// The channel that a [`Subscription`] follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Follow<'a> {
    /// None.
    None,
    /// The one that an outbound connection controls.
    Own,
    /// The one with this uuid, for an inbound connection.
    Uuid(&'a [u8]),
}

impl fmt::Debug for Follow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Own => f.write_str("Own"),
            Self::Uuid(uuid) => f.debug_tuple("Uuid").field(&Value::from_bytes(uuid)).finish(),
        }
    }
}

impl<'a> Subscription<'a> {
    /// Nothing at all.
    pub const NONE: Self = Self {
        format: None,
        events: Events::NONE,
        filters: Pairs::NONE,
        log: None,
        channel: Follow::None,
        linger: None,
        divert: false,
    };

    /// The commands for a new connection, in this order: filters come first, so that no event slips through before they
    /// apply.
    ///
    /// Inbound, `myevents <uuid>` brings plain events whatever it says; a format is therefore set by `event` before it,
    /// with an event that no channel ever fires if nothing else is subscribed to.
    #[must_use]
    pub fn commands(&self) -> SubscriptionCommands<'a> {
        SubscriptionCommands { wanted: *self, filters: self.filters.iter(), steps: Step::SET.iter() }
    }

    /// The commands that take everything back that a subscription may have set on a connection, to apply another.
    /// `myevents` cannot be taken back.
    #[must_use]
    pub fn reset_commands(&self) -> SubscriptionCommands<'a> {
        SubscriptionCommands { wanted: *self, filters: Pairs::NONE.iter(), steps: Step::RESET.iter() }
    }

    /// The command of one step, if this subscription needs it.
    fn command(&self, step: Step) -> Option<Command<'a>> {
        match step {
            Step::Events if !self.events.is_empty() => {
                Some(Command::Event { format: self.format, events: self.events })
            }
            Step::Events => match self.channel {
                Follow::Uuid(_) => self.format.map(|format| Command::event(format, HARMLESS)),
                Follow::None | Follow::Own => None,
            },
            Step::Follow => match self.channel {
                Follow::None => None,
                Follow::Own => Some(Command::MyEvents { uuid: None, format: self.format }),
                Follow::Uuid(uuid) => Some(Command::MyEvents { uuid: Some(uuid), format: None }),
            },
            Step::Linger => self.linger.map(|linger| match linger {
                Linger::Seconds(seconds) => Command::Linger { seconds: Some(seconds) },
                Linger::Forever => Command::Linger { seconds: None },
            }),
            Step::Divert => self.divert.then_some(Command::DivertEvents { on: true }),
            Step::Log => self.log.map(|level| Command::Log { level: Some(level) }),
            Step::NoEvents => (!self.events.is_empty() || self.channel != Follow::None).then_some(Command::NoEvents),
            Step::NoFilters => self.filters.iter().next().map(|_| Filter::DeleteAll.into()),
            Step::NoLinger => self.linger.map(|_| Command::NoLinger),
            Step::NoDivert => self.divert.then_some(Command::DivertEvents { on: false }),
            Step::NoLog => self.log.map(|_| Command::NoLog),
        }
    }
}

/// Names an event that no channel ever fires.
const HARMLESS: &[EventName<'static>] = &[EventName::Clone];

/// One command that a subscription may need, beside its filters.
#[derive(Clone, Copy, Debug)]
enum Step {
    Events,
    Follow,
    Linger,
    Divert,
    Log,
    NoEvents,
    NoFilters,
    NoLinger,
    NoDivert,
    NoLog,
}

impl Step {
    const SET: &'static [Self] = &[Self::Events, Self::Follow, Self::Linger, Self::Divert, Self::Log];
    const RESET: &'static [Self] = &[Self::NoEvents, Self::NoFilters, Self::NoLinger, Self::NoDivert, Self::NoLog];
}

/// The commands that a [`Subscription`] needs; made by [`Subscription::commands`] and
/// [`reset_commands`](Subscription::reset_commands).
#[derive(Clone, Debug)]
pub struct SubscriptionCommands<'a> {
    wanted: Subscription<'a>,
    filters: PairsIter<'a>,
    steps: slice::Iter<'static, Step>,
}

impl<'a> Iterator for SubscriptionCommands<'a> {
    type Item = Command<'a>;

    fn next(&mut self) -> Option<Command<'a>> {
        match self.filters.next() {
            Some((header, value)) => Some(Filter::Add { header, value }.into()),
            None => self.steps.find_map(|step| self.wanted.command(*step)),
        }
    }
}

impl FusedIterator for SubscriptionCommands<'_> {}
