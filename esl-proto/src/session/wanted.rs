//! What a connection must hear, as a difference: what is wanted, and what it has been told.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;

use super::Slot;
use crate::command::{Command, CommandError, EventNames, Events, Filter, Words};
use crate::event::Event;
use crate::name::{EventName, Format, LogLevel, header};
use crate::text::Value;

/// An owned text.
pub(super) type Text = Box<[u8]>;

/// Which events a reader wants.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Interest {
    names: BTreeSet<Text>,
    subclasses: BTreeSet<Text>,
    channel: Option<Text>,
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interest")
            .field("names", &Texts(&self.names))
            .field("subclasses", &Texts(&self.subclasses))
            .field("channel", &self.channel.as_deref().map(Value::from_bytes))
            .finish()
    }
}

/// Shows a set of texts.
struct Texts<'a>(&'a BTreeSet<Text>);

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|text| Value::from_bytes(text))).finish()
    }
}

impl Interest {
    /// These events of all channels; none means all events that arrive anyway.
    pub fn new<'a>(events: impl Into<Events<'a>>) -> Self {
        let events = events.into();
        let subclasses: BTreeSet<Text> = events.subclasses.iter().map(Into::into).collect();
        let names = events.names.iter().map(|name| name.as_bytes().to_ascii_uppercase().into());
        Self { names: names.collect(), subclasses, channel: None }
    }

    /// All events of all channels.
    #[must_use]
    pub fn all() -> Self {
        [EventName::All].into()
    }

    /// The same of this channel only.
    #[must_use]
    pub fn of_channel(self, uuid: impl AsRef<[u8]>) -> Self {
        Self { channel: Some(uuid.as_ref().into()), ..self }
    }

    /// Refuses what no command can say.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.names.is_empty() && self.subclasses.is_empty() {
            return Ok(());
        }
        with_events(&self.names, &self.subclasses, |events| Command::Event { format: None, events }.encoded_len())
            .map(drop)
    }

    /// Whether a connection that hears the channel `own` only can never hear some of this. With full control, it can ask
    /// for more events of its channel than `myevents` brings.
    pub(super) fn is_of_others(&self, own: &Text, full: bool) -> bool {
        let brought = |name: &Text| is_of_channel(name) || **name == *ALL;
        let more = !self.subclasses.is_empty() || !self.names.iter().all(brought);
        more && !full || self.channel.as_ref().is_some_and(|channel| channel != own)
    }

    /// Whether this event is wanted.
    #[must_use]
    pub fn takes(&self, event: &Event<'_>) -> bool {
        let of_channel = |uuid: &Text| event.get(header::UNIQUE_ID).is_some_and(|value| value == **uuid);
        self.takes_kind(&OnceCell::new(), event) && self.channel.as_ref().is_none_or(of_channel)
    }

    fn takes_anything(&self) -> bool {
        self.names.is_empty() && self.subclasses.is_empty() || self.names.contains(ALL)
    }

    /// Whether this event is wanted, if it is of the right channel.
    fn takes_kind<'e>(&self, kind: &OnceCell<Kind<'e>>, event: &Event<'e>) -> bool {
        self.takes_anything()
            || match kind.get_or_init(|| Kind::of(event)) {
                Kind::Named(name) => self.names.contains(name.as_bytes()),
                Kind::Subclass(subclass) => self.subclasses.contains(&**subclass),
                Kind::None => false,
            }
    }
}

/// What an event is subscribed to by. To find it is a pass over the event or two: that is done once, and only if it matters.
enum Kind<'e> {
    /// CUSTOM alone means the CUSTOM events without a subclass.
    Named(EventName<'e>),
    Subclass(Cow<'e, [u8]>),
    None,
}

impl<'e> Kind<'e> {
    fn of(event: &Event<'e>) -> Self {
        match event.name() {
            Some(EventName::Custom) => match event.subclass() {
                Some(subclass) => Self::Subclass(subclass.to_cow()),
                None => Self::Named(EventName::Custom),
            },
            Some(name) => Self::Named(name),
            None => Self::None,
        }
    }
}

/// The readers with what each wants. Those of an event are found without asking all: there may be one for each call.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers {
    interests: BTreeMap<Slot, Interest>,
    /// Those of all channels that want anything.
    any: Slots,
    /// Those of all channels, by what they want.
    names: BTreeMap<Text, Slots>,
    subclasses: BTreeMap<Text, Slots>,
    /// Those of one channel, whatever they want of it.
    channels: BTreeMap<Text, Slots>,
    /// How many want each of these, of whatever channel.
    wanted_names: BTreeMap<Text, usize>,
    wanted_subclasses: BTreeMap<Text, usize>,
}

type Slots = BTreeSet<Slot>;

impl Readers {
    pub(super) const NONE: Self = Self {
        interests: BTreeMap::new(),
        any: BTreeSet::new(),
        names: BTreeMap::new(),
        subclasses: BTreeMap::new(),
        channels: BTreeMap::new(),
        wanted_names: BTreeMap::new(),
        wanted_subclasses: BTreeMap::new(),
    };

    pub(super) fn get(&self, slot: Slot) -> Option<&Interest> {
        self.interests.get(&slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &Interest)> {
        self.interests.iter().map(|(slot, interest)| (*slot, interest))
    }

    /// The one that the slot had goes.
    pub(super) fn insert(&mut self, slot: Slot, interest: Interest) {
        self.remove(slot);
        if let Some(channel) = &interest.channel {
            self.channels.entry(channel.clone()).or_default().insert(slot);
        } else if interest.takes_anything() {
            self.any.insert(slot);
        } else {
            let by = |map: &mut BTreeMap<Text, Slots>, keys: &BTreeSet<Text>| {
                for key in keys {
                    map.entry(key.clone()).or_default().insert(slot);
                }
            };
            by(&mut self.names, &interest.names);
            by(&mut self.subclasses, &interest.subclasses);
        }
        let count = |map: &mut BTreeMap<Text, usize>, keys: &BTreeSet<Text>| {
            for key in keys {
                let count = map.entry(key.clone()).or_default();
                *count = count.saturating_add(1);
            }
        };
        count(&mut self.wanted_names, &interest.names);
        count(&mut self.wanted_subclasses, &interest.subclasses);
        self.interests.insert(slot, interest);
    }

    pub(super) fn remove(&mut self, slot: Slot) {
        let Some(interest) = self.interests.remove(&slot) else { return };
        self.any.remove(&slot);
        let from = |map: &mut BTreeMap<Text, Slots>, key: &Text| {
            if let Some(slots) = map.get_mut(key) {
                slots.remove(&slot);
                if slots.is_empty() {
                    map.remove(key);
                }
            }
        };
        interest.names.iter().for_each(|name| from(&mut self.names, name));
        interest.subclasses.iter().for_each(|subclass| from(&mut self.subclasses, subclass));
        interest.channel.iter().for_each(|channel| from(&mut self.channels, channel));
        let count = |map: &mut BTreeMap<Text, usize>, keys: &BTreeSet<Text>| {
            for key in keys {
                match map.get_mut(key) {
                    Some(count) if *count > 1 => *count = count.saturating_sub(1),
                    _ => drop(map.remove(key)),
                }
            }
        };
        count(&mut self.wanted_names, &interest.names);
        count(&mut self.wanted_subclasses, &interest.subclasses);
    }

    /// Those who want this event, in the order of their slots.
    pub(super) fn of<'s>(&'s self, event: &'s Event<'_>) -> impl Iterator<Item = Slot> + 's {
        let kind = OnceCell::new();
        let mut by_kind = None;
        if !self.names.is_empty() || !self.subclasses.is_empty() {
            by_kind = match kind.get_or_init(|| Kind::of(event)) {
                Kind::Named(name) => self.names.get(name.as_bytes()),
                Kind::Subclass(subclass) => self.subclasses.get(&**subclass),
                Kind::None => None,
            };
        }
        let mut by_channel = None;
        if !self.channels.is_empty() {
            let channel = event.get(header::UNIQUE_ID);
            by_channel = channel.and_then(|channel| self.channels.get(&*channel.to_cow()));
        }
        let slots = |slots: Option<&'s Slots>| slots.into_iter().flatten().copied().peekable();
        let (mut any, mut by_kind) = (slots(Some(&self.any)), slots(by_kind));
        let of_channel = by_channel.into_iter().flatten().copied();
        let takes = move |slot: &Slot| self.get(*slot).is_some_and(|interest| interest.takes_kind(&kind, event));
        let mut of_channel = of_channel.filter(takes).peekable();
        // No slot is in two of them.
        core::iter::from_fn(move || {
            let firsts = [any.peek(), by_kind.peek(), of_channel.peek()].map(Option::<&Slot>::copied);
            let first = firsts.into_iter().flatten().min();
            any.next_if(|slot| Some(*slot) == first)
                .or_else(|| by_kind.next_if(|slot| Some(*slot) == first))
                .or_else(|| of_channel.next_if(|slot| Some(*slot) == first))
        })
    }
}

impl<const N: usize> From<[EventName<'_>; N]> for Interest {
    fn from(names: [EventName<'_>; N]) -> Self {
        Self::new(&names)
    }
}

impl<'a> From<&'a [EventName<'a>]> for Interest {
    fn from(names: &'a [EventName<'a>]) -> Self {
        Self::new(names)
    }
}

impl<'a> From<Events<'a>> for Interest {
    fn from(events: Events<'a>) -> Self {
        Self::new(events)
    }
}

/// What is wanted, by whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) readers: Readers,
    /// Events that waits need, whatever the program filters. They stay: another wait will need them.
    pub(super) needed: BTreeSet<&'static [u8]>,
    /// What the program wants no more, whoever reads it.
    pub(super) unwanted: BTreeSet<Text>,
    pub(super) unwanted_subclasses: BTreeSet<Text>,
    pub(super) filters: Vec<(Text, Text)>,
    /// The log lines that the host itself wants.
    pub(super) log: Option<LogLevel>,
    pub(super) log_readers: BTreeMap<Slot, LogLevel>,
    pub(super) format: Option<Format>,
}

/// What the connection has been told.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    names: BTreeSet<Text>,
    /// What was taken back of ALL.
    nixed: BTreeSet<Text>,
    subclasses: BTreeSet<Text>,
    filters: BTreeSet<(Text, Text)>,
    log: Option<LogLevel>,
    format: Option<Format>,
    /// `myevents` of an outbound connection.
    own: bool,
}

impl Said {
    pub(super) const NOTHING: Self = Self {
        names: BTreeSet::new(),
        nixed: BTreeSet::new(),
        subclasses: BTreeSet::new(),
        filters: BTreeSet::new(),
        log: None,
        format: None,
        own: false,
    };

    /// The server has refused a filter.
    pub(super) fn forget_filter(&mut self, pair: &(Text, Text)) {
        self.filters.remove(pair);
    }

    /// The server has refused `log`.
    pub(super) const fn forget_log(&mut self) {
        self.log = None;
    }

    /// The server has refused these.
    pub(super) fn forget(&mut self, names: &BTreeSet<Text>, subclasses: &BTreeSet<Text>) {
        self.names.retain(|name| !names.contains(name));
        self.subclasses.retain(|name| !subclasses.contains(name));
        self.own = false;
    }

    /// Each of these that the connection has been told and that was not taken back, alone.
    pub(super) fn apart(&self, names: BTreeSet<Text>, subclasses: BTreeSet<Text>) -> Vec<About> {
        let none = BTreeSet::new;
        let names = names.into_iter().filter(|name| self.names.contains(name));
        let names = names.map(|name| About::Events { names: [name].into(), subclasses: none() });
        let subclasses = subclasses.into_iter().filter(|name| self.subclasses.contains(name));
        names.chain(subclasses.map(|name| About::Events { names: none(), subclasses: [name].into() })).collect()
    }
}

/// What a command of the difference is about, to know whom its refusal concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    Events {
        names: BTreeSet<Text>,
        subclasses: BTreeSet<Text>,
    },
    Filter(Text, Text),
    Log(LogLevel),
    /// What is taken back.
    Else,
}

impl About {
    /// The events that the command is about.
    pub(super) fn with_events<R>(&self, then: impl FnOnce(Events<'_>) -> R) -> R {
        match self {
            Self::Events { names, subclasses } => with_events(names, subclasses, then),
            Self::Filter(..) | Self::Log(_) | Self::Else => with_events(&BTreeSet::new(), &BTreeSet::new(), then),
        }
    }
}

const ALL: &[u8] = b"ALL";
const CUSTOM: &[u8] = b"CUSTOM";

/// The filter that lets an event pass which a wait needs.
fn passing(name: &[u8]) -> (Text, Text) {
    (header::EVENT_NAME.as_bytes().into(), name.into())
}

/// Whether `myevents` brings the events of this name.
fn is_of_channel(name: &[u8]) -> bool {
    let rest = match name.strip_prefix(b"CHANNEL_") {
        Some(rest) => rest,
        None => return matches!(name, b"DETECTED_SPEECH" | b"DTMF" | b"NOTALK" | b"TALK"),
    };
    matches!(
        rest,
        b"ANSWER"
            | b"APPLICATION"
            | b"BRIDGE"
            | b"CREATE"
            | b"DATA"
            | b"DESTROY"
            | b"EXECUTE"
            | b"EXECUTE_COMPLETE"
            | b"HANGUP"
            | b"HANGUP_COMPLETE"
            | b"ORIGINATE"
            | b"OUTGOING"
            | b"PARK"
            | b"PROGRESS"
            | b"PROGRESS_MEDIA"
            | b"STATE"
            | b"UNBRIDGE"
            | b"UNPARK"
            | b"UUID"
    )
}

/// Whether the server may not know the name: it says so only if it knows none of a command's names.
fn is_unknown(name: &[u8]) -> bool {
    matches!(EventName::from_bytes(name), EventName::Other(_))
}

impl Wanted {
    /// The server's one level of log lines: the most detailed that somebody wants.
    fn log_level(&self) -> Option<LogLevel> {
        self.log_readers.values().copied().chain(self.log).max_by_key(|level| level.number())
    }

    /// The event that waits need and this filter lets pass.
    pub(super) fn needed_by(&self, pair: &(Text, Text)) -> Option<&'static [u8]> {
        self.needed.iter().copied().find(|name| passing(name) == *pair)
    }

    /// All filters, once there is one of the program's.
    fn pairs(&self) -> Vec<(Text, Text)> {
        if self.filters.is_empty() {
            return Vec::new();
        }
        // What waits need passes first, so that nothing that they wait for is filtered out.
        let passed = self.needed.iter().map(|name| passing(name));
        passed.chain(self.filters.iter().cloned()).collect()
    }

    fn names(&self) -> BTreeSet<Text> {
        let read = self.readers.wanted_names.keys().filter(|name| !self.unwanted.contains(*name)).cloned();
        read.chain(self.needed.iter().map(|name| Text::from(*name))).collect()
    }

    fn subclasses(&self) -> BTreeSet<Text> {
        let read = self.readers.wanted_subclasses.keys();
        read.filter(|subclass| !self.unwanted_subclasses.contains(*subclass)).cloned().collect()
    }

    /// A reader wants these: what was unwanted is wanted again.
    pub(super) fn listen(&mut self, slot: Slot, interest: Interest) {
        if interest.names.contains(ALL) {
            self.unwanted.clear();
            self.unwanted_subclasses.clear();
        }
        self.unwanted.retain(|name| !interest.names.contains(name));
        self.unwanted_subclasses.retain(|subclass| !interest.subclasses.contains(subclass));
        self.readers.insert(slot, interest);
    }

    /// These come no more, until a reader asks for them anew; [`None`] for all.
    pub(super) fn unwant(&mut self, interest: Option<Interest>) {
        match interest.filter(|interest| !interest.names.contains(ALL)) {
            Some(interest) => {
                // CUSTOM takes back the subclasses behind it, and nothing else.
                self.unwanted.extend(interest.names.into_iter().filter(|name| **name != *CUSTOM));
                self.unwanted_subclasses.extend(interest.subclasses);
            }
            None => {
                self.unwanted.extend(self.readers.wanted_names.keys().cloned());
                self.unwanted_subclasses.extend(self.readers.wanted_subclasses.keys().cloned());
            }
        }
    }

    /// Gives `say` each command that makes `said` what is wanted, in the order in which the server must hear them:
    /// filters before events, so that nothing slips through. Nothing is said twice.
    ///
    /// `own` tells that only the connection's own channel can be heard, and whether with full control.
    pub(super) fn say<E>(
        &self,
        said: &mut Said,
        own: Option<bool>,
        mut say: impl FnMut(&Command<'_>, About) -> Result<(), E>,
    ) -> Result<(), E> {
        let pairs = self.pairs();
        if pairs.is_empty() && !said.filters.is_empty() {
            // At once: one by one, the last ones would swallow all else.
            say(&Filter::DeleteAll.into(), About::Else)?;
            said.filters.clear();
        }
        for pair in &pairs {
            if !said.filters.contains(pair) {
                let (header, value) = pair.clone();
                say(&Filter::Add { header: &pair.0, value: &pair.1 }.into(), About::Filter(header, value))?;
                said.filters.insert(pair.clone());
            }
        }
        let gone: Vec<_> = said.filters.iter().filter(|pair| !pairs.contains(pair)).cloned().collect();
        for pair in gone {
            say(&Filter::Delete { header: &pair.0, value: Some(&pair.1) }.into(), About::Else)?;
            said.filters.remove(&pair);
        }
        let (mut names, subclasses) = (self.names(), self.subclasses());
        if own.is_some() {
            if (!names.is_empty() || !subclasses.is_empty()) && !said.own {
                let about = About::Events { names: names.clone(), subclasses: subclasses.clone() };
                say(&Command::MyEvents { uuid: None, format: self.format }, about)?;
                (said.own, said.format) = (true, self.format);
            }
            // ALL is what `myevents` brings; more must be named.
            names.retain(|name| !is_of_channel(name) && **name != *ALL);
        }
        if own != Some(false) {
            self.say_events(said, names, subclasses, &mut say)?;
        }
        let log = self.log_level();
        if log != said.log {
            match log {
                Some(level) => say(&Command::Log { level: Some(level) }, About::Log(level))?,
                None => say(&Command::NoLog, About::Else)?,
            }
            said.log = log;
        }
        Ok(())
    }

    /// The same for events that `event` brings.
    fn say_events<E>(
        &self,
        said: &mut Said,
        names: BTreeSet<Text>,
        subclasses: BTreeSet<Text>,
        mut say: impl FnMut(&Command<'_>, About) -> Result<(), E>,
    ) -> Result<(), E> {
        let is_all = said.names.contains(ALL);
        // ALL that something was taken back of is ALL no more: subclasses that the server has met since do not come.
        let all = is_all && said.nixed.is_empty();
        let back = |name: &&Text| said.nixed.contains(*name);
        let again =
            is_all && names.contains(ALL) && !all && said.nixed.iter().all(|name| !self.unwanted.contains(name));
        let mut new: BTreeSet<Text> = match (again, is_all) {
            (true, _) => [ALL.into()].into(),
            (false, true) => names.iter().filter(back).cloned().collect(),
            (false, false) => names.difference(&said.names).cloned().collect(),
        };
        let mut new_subclasses: BTreeSet<Text> =
            subclasses.difference(&said.subclasses).filter(|_| !all && !again).cloned().collect();
        if self.format.is_some() && self.format != said.format {
            // The format goes with events; said again, they change nothing else.
            (new, new_subclasses) = (names.clone(), subclasses.clone());
        }
        // Each name that may be unknown alone, so that its refusal is told.
        while let Some(name) = new.iter().find(|name| is_unknown(name)).cloned()
            && new.len().saturating_add(new_subclasses.len()) > 1
        {
            new.remove(&name);
            self.subscribe(said, [name].into(), BTreeSet::new(), &mut say)?;
        }
        if !new.is_empty() || !new_subclasses.is_empty() {
            self.subscribe(said, new, new_subclasses, &mut say)?;
        }
        if said.names.contains(ALL) {
            // ALL stays: what would be said in its place would miss what happens between the two commands.
            let old: BTreeSet<Text> = self.unwanted.difference(&said.nixed).cloned().collect();
            let old: BTreeSet<Text> = old.into_iter().filter(|name| !self.needed.contains(&**name)).collect();
            let is_gone = old.contains(ALL);
            if !old.is_empty() {
                with_events(&old, &BTreeSet::new(), |events| say(&Command::NixEvent { events }, About::Else))?;
                said.nixed.extend(old);
            }
            if is_gone {
                // Nothing of ALL is left but what is wanted by name.
                (said.names, said.nixed) = (BTreeSet::new(), BTreeSet::new());
                said.subclasses.clear();
                if !names.is_empty() || !subclasses.is_empty() {
                    self.subscribe(said, names, subclasses, &mut say)?;
                }
            }
        } else {
            let is_plain = |name: &&Text| ***name != *CUSTOM;
            let old: BTreeSet<Text> = said.names.difference(&names).filter(is_plain).cloned().collect();
            let old_subclasses: BTreeSet<Text> = said.subclasses.difference(&subclasses).cloned().collect();
            if !old.is_empty() || !old_subclasses.is_empty() {
                with_events(&old, &old_subclasses, |events| say(&Command::NixEvent { events }, About::Else))?;
                said.names.retain(|name| !old.contains(name));
                said.subclasses.retain(|name| !old_subclasses.contains(name));
            }
        }
        Ok(())
    }

    fn subscribe<E>(
        &self,
        said: &mut Said,
        names: BTreeSet<Text>,
        subclasses: BTreeSet<Text>,
        say: &mut impl FnMut(&Command<'_>, About) -> Result<(), E>,
    ) -> Result<(), E> {
        with_events(&names, &subclasses, |events| {
            let about = About::Events { names: names.clone(), subclasses: subclasses.clone() };
            say(&Command::Event { format: self.format, events }, about)
        })?;
        if names.contains(ALL) {
            said.nixed.clear();
        }
        said.nixed.retain(|name| !names.contains(name));
        said.names.extend(names);
        said.subclasses.extend(subclasses);
        said.format = self.format;
        Ok(())
    }

    /// The readers that need some of these events.
    pub(super) fn readers_of(&self, names: &BTreeSet<Text>, subclasses: &BTreeSet<Text>) -> Vec<Slot> {
        let needs =
            |interest: &Interest| !interest.names.is_disjoint(names) || !interest.subclasses.is_disjoint(subclasses);
        self.readers.iter().filter(|(_, interest)| needs(interest)).map(|(slot, _)| slot).collect()
    }
}

fn with_events<R>(names: &BTreeSet<Text>, subclasses: &BTreeSet<Text>, then: impl FnOnce(Events<'_>) -> R) -> R {
    let names: Vec<EventName<'_>> = names.iter().map(|name| EventName::from_bytes(name)).collect();
    let subclasses: Vec<&[u8]> = subclasses.iter().map(|subclass| &**subclass).collect();
    then(Events { names: EventNames::from_names(&names), subclasses: Words::from_bytes(&subclasses) })
}
