//! Which events and log lines a connection gets.

use super::arena::{Full, Kind, RecordArena};
use crate::event::{Content, OutgoingEvent};
use crate::name::EventName;

/// Says whether a regular expression, `/.../` as the client has written it, matches a header's value: the host's
/// business. One that cannot be read matches nothing.
pub type RegexHook<'h> = &'h dyn Fn(&[u8], &[u8]) -> bool;

/// A set of event names, in the server's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct EventSet(u128);

/// The bit of ALL.
const ALL: u128 = bit(EventName::KNOWN.len() - 1);

const fn bit(place: usize) -> u128 {
    1 << place
}

/// The bit of the name that the server reads in a word.
fn named(word: &[u8]) -> Option<u128> {
    bit_of(EventName::asked_for(word))
}

fn bit_of(name: EventName<'_>) -> Option<u128> {
    EventName::KNOWN.iter().position(|known| *known == name).map(bit)
}

impl EventSet {
    /// Every name, ALL among them.
    const EVERY: Self = Self(ALL | (ALL - 1));

    const fn has(self, bit: u128) -> bool {
        self.0 & bit != 0
    }
}

/// What `event`, `nixevent` or the like came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Done,
    /// ALL was among the names.
    All,
    NoKeywords,
    Denied,
    Full,
}

/// The listener's state for events, beside the texts in its arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subscriptions {
    /// Whether events are sent at all.
    pub(super) listening: bool,
    /// Whether only those of the controlled channel are.
    pub(super) my_events: bool,
    names: EventSet,
    /// The names that may be subscribed to, if there is a limit.
    allowed: Option<EventSet>,
}

/// What `myevents` subscribes to.
const OF_A_CHANNEL: [EventName<'static>; 23] = [
    EventName::ChannelAnswer,
    EventName::ChannelApplication,
    EventName::ChannelBridge,
    EventName::ChannelCreate,
    EventName::ChannelData,
    EventName::ChannelDestroy,
    EventName::ChannelExecute,
    EventName::ChannelExecuteComplete,
    EventName::ChannelHangup,
    EventName::ChannelHangupComplete,
    EventName::ChannelOriginate,
    EventName::ChannelUuid,
    EventName::ChannelOutgoing,
    EventName::ChannelPark,
    EventName::ChannelProgress,
    EventName::ChannelProgressMedia,
    EventName::ChannelState,
    EventName::ChannelUnbridge,
    EventName::ChannelUnpark,
    EventName::DetectedSpeech,
    EventName::Dtmf,
    EventName::Notalk,
    EventName::Talk,
];

impl Subscriptions {
    pub(super) const NONE: Self = Self { listening: false, my_events: false, names: EventSet(0), allowed: None };

    /// Takes `esl-allowed-events`, if there is a limit: names, and after CUSTOM subclasses, between commas, or between
    /// blanks if there is one.
    pub(super) fn allow<S>(&mut self, list: Option<&[u8]>, arena: &mut RecordArena<S>) -> Result<(), Full>
    where
        S: AsRef<[u8]> + AsMut<[u8]>,
    {
        self.allowed = None;
        let Some(list) = list else { return Ok(()) };
        let mut allowed = EventSet::default();
        let mut custom = false;
        for word in listed(list) {
            if custom {
                arena.insert(Kind::AllowedSubclass, word)?;
            } else if let Some(name) = named(word) {
                allowed.0 |= if name == ALL { EventSet::EVERY.0 } else { name };
                custom = name == CUSTOM;
            }
        }
        self.allowed = Some(allowed);
        Ok(())
    }

    /// `event`, given the words after an eventual format.
    pub(super) fn event<'w, S>(&mut self, words: impl Iterator<Item = &'w [u8]>, arena: &mut RecordArena<S>) -> Change
    where
        S: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut change = Change::NoKeywords;
        let mut custom = false;
        for word in words {
            if custom {
                if self.allowed.is_some() && !arena.has(Kind::AllowedSubclass, word) {
                    return Change::Denied;
                }
                if arena.insert(Kind::Subclass, word).is_err() {
                    return Change::Full;
                }
            } else if let Some(name) = named(word) {
                if self.allowed.is_some_and(|allowed| !allowed.has(name)) {
                    return Change::Denied;
                }
                if change != Change::All {
                    change = Change::Done;
                }
                self.names.0 |= name;
                if name == ALL {
                    let is_first = change != Change::All;
                    self.names = EventSet::EVERY;
                    change = Change::All;
                    // Once a command, however often it says ALL.
                    if is_first && self.allowed.is_some() && arena.subscribe_to_allowed().is_err() {
                        return Change::Full;
                    }
                }
                custom = name == CUSTOM;
            }
        }
        if change != Change::NoKeywords {
            self.listening = true;
        }
        change
    }

    pub(super) fn nixevent<'w, S>(
        &mut self,
        words: impl Iterator<Item = &'w [u8]>,
        arena: &mut RecordArena<S>,
    ) -> Change
    where
        S: AsRef<[u8]> + AsMut<[u8]>,
    {
        let mut change = Change::NoKeywords;
        let mut custom = false;
        for word in words {
            if custom {
                arena.remove(Kind::Subclass, word, &[]);
            } else if let Some(name) = named(word) {
                change = Change::Done;
                match name {
                    CUSTOM => custom = true,
                    ALL => self.names.0 = 0,
                    name => self.names.0 &= !(name | ALL),
                }
            }
        }
        if change == Change::Done {
            self.listening = true;
        }
        change
    }

    /// `noevents`: whether there was anything to end.
    pub(super) fn noevents<S>(&mut self, arena: &mut RecordArena<S>) -> bool
    where
        S: AsRef<[u8]> + AsMut<[u8]>,
    {
        if !self.listening {
            return false;
        }
        self.listening = false;
        self.names.0 = 0;
        arena.clear(Kind::Subclass);
        true
    }

    pub(super) fn my_events(&mut self) {
        for name in OF_A_CHANNEL {
            self.names.0 |= bit_of(name).unwrap_or_default();
        }
        self.my_events = true;
        self.listening = true;
    }

    /// Whether the connection gets an event.
    pub(super) fn wants<S>(&self, event: &OutgoingEvent<'_>, arena: &RecordArena<S>, regex: RegexHook<'_>) -> bool
    where
        S: AsRef<[u8]>,
    {
        self.listening
            && self.is_subscribed(event, arena)
            && passes(event, arena, regex)
            && (!self.my_events || concerns(event, arena))
    }

    fn is_subscribed<S: AsRef<[u8]>>(&self, event: &OutgoingEvent<'_>, arena: &RecordArena<S>) -> bool {
        if self.names.has(ALL) {
            return true;
        }
        let Some(name) = event.name().and_then(bit_of) else { return false };
        self.names.has(name)
            && (name != CUSTOM
                || match event.get("Event-Subclass") {
                    Some(Content::Text(subclass)) => arena.has(Kind::Subclass, subclass),
                    Some(Content::Array(_)) => false,
                    None => true,
                })
    }
}

const CUSTOM: u128 = bit(0);

/// The subclasses in a list of rights: the words after CUSTOM.
pub(super) fn listed_subclasses(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    listed(list).skip_while(|word| named(word) != Some(CUSTOM)).skip(1)
}

/// The words of a list of rights: between commas, or between blanks if there is one.
pub(super) fn listed(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let between = if list.contains(&b' ') { b' ' } else { b',' };
    list.split(move |octet| *octet == between)
}

/// Whether the filters let an event through.
fn passes<S: AsRef<[u8]>>(event: &OutgoingEvent<'_>, arena: &RecordArena<S>, regex: RegexHook<'_>) -> bool {
    if !arena.has_filters() {
        return true;
    }
    let mut passes = false;
    // Filters on one header mostly come one after another: it is looked up once for them.
    let mut last: Option<(&[u8], Option<Content<'_>>)> = None;
    for filter in arena.filters() {
        let value = match last {
            Some((name, value)) if name == filter.first => value,
            _ => match filter.first {
                b"_body" => event.body.map(Content::Text),
                name => event.get(name),
            },
        };
        last = Some((filter.first, value));
        let Some(value) = value else { continue };
        let (include, pattern) = filter_value(filter.second);
        if include && passes {
            continue;
        }
        let matches = match filter.second.first() {
            Some(b'/') => match value {
                Content::Text(text) => regex(pattern, text),
                Content::Array(items) => items.iter().any(|item| regex(pattern, item)),
            },
            _ => value.is(pattern),
        };
        if matches {
            if !include {
                return false;
            }
            passes = true;
        }
    }
    passes
}

/// Whether a filter includes or excludes, and the pattern it compares with. Leading `+`, `-` and spaces: the last sign
/// wins.
fn filter_value(mut value: &[u8]) -> (bool, &[u8]) {
    let mut include = true;
    while let [sign @ (b'+' | b'-' | b' '), rest @ ..] = value {
        match sign {
            b'+' => include = true,
            b'-' => include = false,
            _ => {}
        }
        value = rest;
    }
    (include, value)
}

/// Whether an event is of the controlled channel, or of a job that its connection has started.
fn concerns<S: AsRef<[u8]>>(event: &OutgoingEvent<'_>, arena: &RecordArena<S>) -> bool {
    let unique_id = event.get("Unique-ID");
    // After `myevents` with the uuid of no channel there is none: every channel's events come.
    let Some(channel) = arena.one(Kind::Channel) else { return unique_id.is_some() };
    let names = |content: Option<Content<'_>>| content == Some(Content::Text(channel));
    names(unique_id) || names(event.get("Job-Owner-UUID"))
}
