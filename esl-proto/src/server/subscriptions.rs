//! Which events and log lines a connection gets.

use super::arena::{Full, Kind, RecordArena};
use crate::event::{Content, EventSource, Field};
use crate::name::{EventName, header};
use crate::text::Value;

/// Says whether a regular expression, `/.../` as the client has written it, matches a header's value: the host's
/// business. One that cannot be read matches nothing.
pub type RegexHook<'h> = &'h dyn Fn(&[u8], Value<'_>) -> bool;

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
    pub(super) fn wants<E, S>(&self, event: &E, arena: &RecordArena<S>, regex: RegexHook<'_>) -> bool
    where
        E: EventSource + ?Sized,
        S: AsRef<[u8]>,
    {
        if !self.listening {
            return false;
        }
        let all = self.names.has(ALL) && !self.my_events;
        if all && !arena.has_filters() {
            return true;
        }
        let mut facts = Facts::default();
        let mut watched = Watched::of(arena);
        // One scan for all that counts. Of an event that cannot be read to its end, what can be read counts.
        let body = event.visit(&mut |field| {
            facts.see(&field);
            watched.see(&field);
        });
        watched.body(body.ok().flatten());
        self.is_subscribed(&facts, arena)
            && passes(event, &watched, arena, regex)
            && (!self.my_events || concerns(&facts, arena))
    }

    fn is_subscribed<S: AsRef<[u8]>>(&self, facts: &Facts<'_>, arena: &RecordArena<S>) -> bool {
        if self.names.has(ALL) {
            return true;
        }
        let Some(Content::Text(name)) = facts.name else { return false };
        let Some(name) = EventName::try_from(name).ok().and_then(bit_of) else { return false };
        self.names.has(name)
            && (name != CUSTOM
                || match facts.subclass {
                    Some(Content::Text(subclass)) => has_subclass(arena, subclass),
                    Some(Content::Array(_)) => false,
                    None => true,
                })
    }
}

const CUSTOM: u128 = bit(0);

/// The headers that decide, found in one pass over the event.
#[derive(Default)]
struct Facts<'e> {
    /// The last one, which is the newer fact; of the others, the server looks at the first.
    name: Option<Content<'e>>,
    subclass: Option<Content<'e>>,
    unique_id: Option<Content<'e>>,
    job_owner: Option<Content<'e>>,
}

impl<'e> Facts<'e> {
    #[inline]
    fn see(&mut self, field: &Field<'e>) {
        let is = |name: &str| field.is(name.as_bytes());
        if is(header::EVENT_NAME) {
            self.name = Some(field.content);
        } else if is(header::EVENT_SUBCLASS) {
            self.subclass.get_or_insert(field.content);
        } else if is(header::UNIQUE_ID) {
            self.unique_id.get_or_insert(field.content);
        } else if is("Job-Owner-UUID") {
            self.job_owner.get_or_insert(field.content);
        }
    }
}

/// How many headers that filters look at are found in one pass.
const MOST_WATCHED: usize = 8;

/// The headers that filters look at, each once, found in the same pass. Those of more filters than have room are looked up
/// one by one.
struct Watched<'s, 'e> {
    headers: [(&'s [u8], Option<Content<'e>>); MOST_WATCHED],
    count: usize,
}

impl<'s, 'e> Watched<'s, 'e> {
    fn of<S: AsRef<[u8]>>(arena: &'s RecordArena<S>) -> Self {
        let mut watched = Self { headers: [(&[], None); MOST_WATCHED], count: 0 };
        for filter in arena.filters() {
            if watched.find(filter.first).is_none() {
                let Some(place) = watched.headers.get_mut(watched.count) else { break };
                *place = (filter.first, None);
                watched.count += 1;
            }
        }
        watched
    }

    fn all(&self) -> &[(&'s [u8], Option<Content<'e>>)] {
        self.headers.get(..self.count).unwrap_or_default()
    }

    /// What was found for a name that is watched.
    fn find(&self, name: &[u8]) -> Option<Option<Content<'e>>> {
        self.all().iter().find(|(watched, _)| *watched == name).map(|(_, content)| *content)
    }

    /// The first header of each name counts.
    #[inline]
    fn see(&mut self, field: &Field<'e>) {
        for (name, content) in self.headers.iter_mut().take(self.count) {
            if content.is_none() && field.is(name) {
                *content = Some(field.content);
            }
        }
    }

    /// The body, under the name that filters have for it.
    fn body(&mut self, body: Option<Value<'e>>) {
        for (name, content) in self.headers.iter_mut().take(self.count) {
            if *name == BODY {
                *content = body.map(Content::Text);
            }
        }
    }
}

/// The name that filters have for the body.
const BODY: &[u8] = b"_body";

/// Whether a subclass is subscribed to. None that is longer than 256 bytes and coded is.
fn has_subclass<S: AsRef<[u8]>>(arena: &RecordArena<S>, subclass: Value<'_>) -> bool {
    if let Some(plain) = subclass.as_plain() {
        return arena.has(Kind::Subclass, plain);
    }
    let mut storage = [0; 256];
    subclass.decode_into(&mut storage).is_ok_and(|subclass| arena.has(Kind::Subclass, subclass))
}

/// The first header of a name, or the body under the name that filters have for it.
fn looked_at<'e, E: EventSource + ?Sized>(event: &'e E, name: &[u8]) -> Option<Content<'e>> {
    let mut first = None;
    let body = event.visit(&mut |field| {
        if first.is_none() && field.is(name) {
            first = Some(field.content);
        }
    });
    if name == BODY { body.ok().flatten().map(Content::Text) } else { first }
}

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
fn passes<E, S>(event: &E, watched: &Watched<'_, '_>, arena: &RecordArena<S>, regex: RegexHook<'_>) -> bool
where
    E: EventSource + ?Sized,
    S: AsRef<[u8]>,
{
    if !arena.has_filters() {
        return true;
    }
    let mut passes = false;
    // Filters on one header mostly come one after another: it is looked up once for them.
    let mut last: Option<(&[u8], Option<Content<'_>>)> = None;
    for filter in arena.filters() {
        let value = match last {
            Some((name, value)) if name == filter.first => value,
            _ => watched.find(filter.first).unwrap_or_else(|| looked_at(event, filter.first)),
        };
        last = Some((filter.first, value));
        let Some(value) = value else { continue };
        let (include, pattern) = filter_value(filter.second);
        if include && passes {
            continue;
        }
        let matches = match filter.second.first() {
            Some(b'/') => value.items().any(|item| regex(pattern, item)),
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
fn concerns<S: AsRef<[u8]>>(facts: &Facts<'_>, arena: &RecordArena<S>) -> bool {
    // After `myevents` with the uuid of no channel there is none: every channel's events come.
    let Some(channel) = arena.one(Kind::Channel) else { return facts.unique_id.is_some() };
    let names = |content| matches!(content, Some(Content::Text(value)) if value == *channel);
    names(facts.unique_id) || names(facts.job_owner)
}
