//! A table of channels, built from their events.
//!
//! [`Calls`] tracks the current channels: their states, callers, times, other legs, causes, and the variables that a
//! program asks for. After a gap, [restore](Calls::restore) it from `show channels as json`.
//!
//! The table is in the caller's slots, without an allocator, or with the feature `alloc` on the heap
//! (`Calls::new(1000)`).
//!
//! ```
//! use esl_proto::Event;
//! use esl_proto::calls::{CallSlot, Calls, Change};
//! use esl_proto::command::Words;
//! use esl_proto::name::{CallState, Format};
//!
//! let mut slots = [CallSlot::<[u8; 512]>::EMPTY; 8];
//! let mut calls = Calls::in_slots(&mut slots, Words::from_texts(&["sip_call_id"]));
//! let event = |text: &'static str| Event::new(Format::Plain, text.as_bytes());
//! let created = event("Event-Name: CHANNEL_CREATE\nUnique-ID: a\nChannel-State: CS_INIT\n\
//!     Caller-Caller-ID-Number: 1000\nvariable_sip_call_id: x%40y\n\n");
//! assert!(matches!(calls.take(&created), Change::Began));
//! calls.take(&event("Event-Name: CHANNEL_CALLSTATE\nUnique-ID: a\nChannel-Call-State: ACTIVE\n\n"));
//!
//! let call = calls.get("a").unwrap();
//! assert_eq!((call.call_state(), call.caller_number()), (Some(CallState::Active), &b"1000"[..]));
//! assert_eq!(call.variable("sip_call_id"), Some(&b"x@y"[..]));
//! assert!(calls.get("b").is_none());
//! let Change::Ended(call) = calls.take(&event("Event-Name: CHANNEL_DESTROY\nUnique-ID: a\n\n")) else { panic!() };
//! assert_eq!(call.uuid(), b"a");
//! ```

mod call;
mod octets;
mod record;
mod storage;

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

pub use call::Call;
#[cfg(feature = "alloc")]
pub use call::CallBuf;
pub use octets::Octets;
use record::Field;
#[cfg(feature = "alloc")]
pub use storage::Heap;
pub use storage::{CallSlot, InSlots, Storage};

use crate::command::Words;
use crate::event::{Event, EventError, Rows};
use crate::name::{ChannelState, EventName, header, subclass};
use crate::sink::{Sink, Writer};
use crate::text::Value;

/// The events that [`Calls`] needs to know all that it can.
pub const EVENTS: [EventName<'static>; 10] = [
    EventName::ChannelCreate,
    EventName::ChannelAnswer,
    EventName::ChannelState,
    EventName::ChannelCallstate,
    EventName::ChannelExecute,
    EventName::ChannelBridge,
    EventName::ChannelUnbridge,
    EventName::ChannelUuid,
    EventName::ChannelHangupComplete,
    EventName::ChannelDestroy,
];

/// The subclasses of CUSTOM events that [`Calls`] needs in addition to its [`EVENTS`].
pub const SUBCLASSES: [&str; 1] = [subclass::LOOPBACK_BOWOUT];

/// What an event has changed of [`Calls`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Change<'c> {
    /// Nothing: the event is of no channel, or of one that is gone.
    Nothing,
    /// A channel is known from now on.
    Began,
    /// Something of a channel is known better.
    Updated,
    /// A channel has got another uuid; the value is the old one.
    Renamed(&'c [u8]),
    /// A channel is gone. This is what was known of it in the end.
    Ended(Call<'c>),
    /// There is no room for a new channel: [`Calls::overlooked`] counts it.
    Overlooked,
}

impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Began => f.write_str("Began"),
            Self::Updated => f.write_str("Updated"),
            Self::Renamed(old) => f.debug_tuple("Renamed").field(&Value::from_bytes(old)).finish(),
            Self::Ended(call) => f.debug_tuple("Ended").field(call).finish(),
            Self::Overlooked => f.write_str("Overlooked"),
        }
    }
}

/// The channels of a server, each in the state of its last event.
///
/// It needs the [`EVENTS`] and [`SUBCLASSES`]; with fewer it knows less. The number of channels is bounded.
#[derive(Clone)]
pub struct Calls<S> {
    storage: S,
    len: usize,
    /// The slot of a call that is gone and was given out: it is free from the next event on.
    ended: Option<usize>,
    overlooked: u64,
}

impl<S: Storage> fmt::Debug for Calls<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(feature = "alloc")]
impl Calls<Heap> {
    /// No channels, and room for so many.
    ///
    /// ```
    /// use esl_proto::calls::Calls;
    ///
    /// let calls = Calls::new(1000).variables(["sip_call_id"]);
    /// assert!(calls.is_empty());
    /// ```
    #[must_use]
    pub const fn new(bound: usize) -> Self {
        let storage = Heap { slots: Vec::new(), bound, variables: Vec::new() };
        Self { storage, len: 0, ended: None, overlooked: 0 }
    }

    /// The same, which keeps these variables of each channel.
    #[must_use]
    pub fn variables<N: AsRef<[u8]>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let mut names: Vec<Box<[u8]>> = names.into_iter().map(|name| name.as_ref().into()).collect();
        names.sort_unstable();
        self.storage.variables = names;
        self
    }
}

impl<'s, const N: usize> Calls<InSlots<'s, N>> {
    /// No channels, and room for one less than there are slots; these variables are kept of each.
    #[must_use]
    pub fn in_slots(slots: &'s mut [CallSlot<[u8; N]>], variables: Words<'s>) -> Self {
        slots.iter_mut().for_each(|slot| slot.hash = None);
        Self { storage: InSlots { slots, variables }, len: 0, ended: None, overlooked: 0 }
    }
}

impl<S: Storage> Calls<S> {
    /// What is known of a channel.
    pub fn get(&self, uuid: impl AsRef<[u8]>) -> Option<Call<'_>> {
        let at = self.find(Value::from_bytes(uuid.as_ref())).filter(|at| self.ended != Some(*at))?;
        self.call(at)
    }

    /// All channels, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Call<'_>> {
        let mut place = 0;
        core::iter::from_fn(move || {
            let (call, next) = self.next_from(place)?;
            place = next;
            Some(call)
        })
    }

    /// The first channel at a place or behind it, from 0, and the place behind it: for callers that cannot keep an iterator.
    /// What [changes](Self::take) the channels changes their places, too.
    #[must_use]
    pub fn next_from(&self, place: usize) -> Option<(Call<'_>, usize)> {
        let mut slots = self.storage.slots().iter().enumerate().skip(place);
        let (at, slot) = slots.find(|(at, slot)| slot.hash.is_some() && self.ended != Some(*at))?;
        Some((view(slot), at.saturating_add(1)))
    }

    /// The number of channels.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many channels there was no room for.
    #[must_use]
    pub const fn overlooked(&self) -> u64 {
        self.overlooked
    }

    /// Updates the table from an event, in one pass over it, or two if variables are kept.
    pub fn take(&mut self, event: &Event<'_>) -> Change<'_> {
        self.forget_ended();
        let told = Told::of(event);
        let name = told.get(Field::EventName).map(|name| EventName::from_bytes(name.raw()));
        match name {
            Some(EventName::Custom) => return self.bow_out(&told),
            Some(name) if !name.as_bytes().starts_with(b"CHANNEL_") => return Change::Nothing,
            _ => {}
        }
        let Some(uuid) = told.get(Field::Uuid) else { return Change::Nothing };
        let renamed = told.get(Field::Old).filter(|old| self.find(*old).is_some_and(|at| self.find(uuid) != Some(at)));
        if let Some(old) = renamed {
            self.rename(old, uuid);
        }
        let ends = name == Some(EventName::ChannelDestroy);
        let known = self.find(uuid);
        let is_over = told.get(Field::State).is_some_and(|state| is_over(&ChannelState::from_bytes(state.raw())));
        if known.is_none() && (ends || is_over) {
            return Change::Nothing;
        }
        let Some(at) = known.or_else(|| self.begin(uuid)) else {
            self.overlooked = self.overlooked.saturating_add(1);
            return Change::Overlooked;
        };
        self.learn(at, &told, event);
        if let (Some(a), Some(b)) = (told.get(Field::BridgeA), told.get(Field::BridgeB)) {
            match name {
                Some(EventName::ChannelBridge) => self.join(self.find(a), self.find(b)),
                Some(EventName::ChannelUnbridge) => self.part(self.find(a), self.find(b)),
                _ => {}
            }
        }
        if ends {
            // Nobody's other leg any more; its own stays, to be told.
            let other = self.other(at);
            self.part_one(other, at);
            self.ended = Some(at);
            self.len = self.len.saturating_sub(1);
            return self.call(at).map_or(Change::Nothing, Change::Ended);
        }
        match (renamed, known) {
            (Some(_), _) => {
                let old = self.slot(at).and_then(|slot| slot.record.get(Field::Old));
                Change::Renamed(old.unwrap_or_default())
            }
            (None, Some(_)) => Change::Updated,
            (None, None) => Change::Began,
        }
    }

    /// Restores the table from the output of `show channels as json`: channels that are not in it are removed and
    /// passed to `gone`. Where exactly two channels belong to one call, each is the other's leg.
    ///
    /// # Errors
    /// [`EventError`] if the output cannot be read; then nothing has changed.
    pub fn restore(&mut self, output: &[u8], mut gone: impl FnMut(Call<'_>)) -> Result<(), EventError> {
        let mut rows = Rows::new(output);
        rows.try_for_each(|row| row?.validate())?;
        self.forget_ended();
        for slot in self.storage.slots_mut() {
            (slot.named, slot.group) = (false, None);
        }
        for row in Rows::new(output).flatten() {
            let known = row.get("uuid").and_then(|uuid| self.find(uuid));
            if let Some(slot) = known.and_then(|at| self.slot_mut(at)) {
                slot.named = true;
                slot.record.remove(Field::OtherLeg);
            }
        }
        let mut at = 0;
        while let Some(slot) = self.slot(at) {
            if slot.hash.is_some() && !slot.named {
                gone(view(slot));
                self.remove(at);
                // Another one may have come here.
            } else {
                at = at.saturating_add(1);
            }
        }
        for row in Rows::new(output).flatten() {
            let Some(uuid) = row.get("uuid").filter(|uuid| *uuid != *"") else { continue };
            match self.find(uuid).or_else(|| self.begin(uuid)) {
                Some(at) => self.learn_row(at, &row),
                None => self.overlooked = self.overlooked.saturating_add(1),
            }
        }
        for at in 0..self.storage.slots().len() {
            if let Some(other) = self.partner(at) {
                self.join(Some(at), Some(other));
            }
        }
        for slot in self.storage.slots_mut() {
            slot.record.remove(Field::Group);
        }
        Ok(())
    }

    /// The only other call of the same group.
    fn partner(&self, at: usize) -> Option<usize> {
        let slot = self.slot(at)?;
        let group = slot.hash.and(slot.group)?;
        let is_one = |(_, other): &(usize, &CallSlot<S::Octets>)| {
            other.group == Some(group)
                && other.hash.is_some()
                && other.record.get(Field::Group) == slot.record.get(Field::Group)
        };
        let mut others = self.storage.slots().iter().enumerate().filter(is_one).filter(|(other, _)| *other != at);
        let (other, _) = others.next()?;
        others.next().is_none().then_some(other)
    }

    fn learn_row(&mut self, at: usize, row: &Event<'_>) {
        let Some(slot) = self.slot_mut(at) else { return };
        slot.named = true;
        for column in row.headers() {
            match column.name.raw() {
                b"call_uuid" if column.value != *"" => {
                    slot.group = Some(hash(column.value));
                    slot.record.set(Field::Group, column.value);
                }
                b"created_epoch" => {
                    if let Some(seconds) = column.value.to_u64().filter(|seconds| *seconds > 0) {
                        let mut digits = [0; 20];
                        let mut writer = Writer::new(&mut digits);
                        writer.put_number(seconds.saturating_mul(1_000_000));
                        if let Ok(digits) = writer.finish() {
                            slot.record.set(Field::Created, Value::from_bytes(digits));
                        }
                    }
                }
                name => {
                    let field = COLUMNS.iter().find(|(column, _)| column.as_bytes() == name);
                    if let Some((_, field)) = field.filter(|_| column.value != *"") {
                        slot.record.set(*field, column.value);
                    }
                }
            }
        }
    }

    /// What is told takes the place of what was known; what is not told stays.
    fn learn(&mut self, at: usize, told: &Told<'_>, event: &Event<'_>) {
        let keeps_variables = self.storage.wants_variables();
        let Some(slot) = self.slot_mut(at) else { return };
        for (value, field) in told.0.iter().zip(HEADERS).take(KEPT) {
            if let Some(value) = value {
                slot.record.set(field.1, *value);
            }
        }
        if !keeps_variables {
            return;
        }
        for header in event.headers() {
            let Some(name) = header.name.raw().strip_prefix(header::VARIABLE_PREFIX.as_bytes()) else { continue };
            if self.storage.wants(name)
                && let Some(slot) = self.slot_mut(at)
            {
                slot.record.set_variable(name, header.value);
            }
        }
    }

    // Legs

    fn other(&self, at: usize) -> Option<usize> {
        self.find(Value::from_bytes(self.slot(at)?.record.get(Field::OtherLeg)?))
    }

    /// Two known channels are bridged: neither is with another any more.
    fn join(&mut self, a: Option<usize>, b: Option<usize>) {
        let (Some(a), Some(b)) = (a, b) else { return };
        if a == b {
            return;
        }
        self.leave(a);
        self.leave(b);
        if let Ok([a, b]) = self.storage.slots_mut().get_disjoint_mut([a, b]) {
            with(a, b);
            with(b, a);
        }
    }

    /// A channel is with nobody any more.
    fn leave(&mut self, one: usize) {
        let other = self.other(one);
        self.part_one(other, one);
        if let Some(slot) = self.slot_mut(one) {
            slot.record.remove(Field::OtherLeg);
        }
    }

    fn part(&mut self, a: Option<usize>, b: Option<usize>) {
        if let (Some(a), Some(b)) = (a, b) {
            self.part_one(Some(a), b);
            self.part_one(Some(b), a);
        }
    }

    /// `one` is not with `other` any more.
    fn part_one(&mut self, one: Option<usize>, other: usize) {
        if let Some(one) = one
            && self.other(one) == Some(other)
            && let Some(slot) = self.slot_mut(one)
        {
            slot.record.remove(Field::OtherLeg);
        }
    }

    /// A channel has got another uuid; a call that has this one already makes way.
    fn rename(&mut self, old: Value<'_>, uuid: Value<'_>) {
        let Some(at) = self.find(old) else { return };
        // Calls may be moved: the other leg is marked.
        let other = self.other(at);
        self.storage.slots_mut().iter_mut().enumerate().for_each(|(place, slot)| slot.named = other == Some(place));
        self.leave(at);
        if let Some(taken) = self.find(uuid) {
            self.leave(taken);
            self.remove(taken);
        }
        let Some(at) = self.find(old) else { return };
        let Some(slot) = self.slot_mut(at) else { return };
        slot.record.set(Field::Old, old);
        if !slot.record.set(Field::Uuid, uuid) {
            return self.remove(at);
        }
        let hash = hash(uuid);
        let slots = self.storage.slots_mut();
        if let Some(way) = free(slots, hash) {
            if let Ok([one, other]) = slots.get_disjoint_mut([at, way]) {
                core::mem::swap(one, other);
                (one.hash, other.hash) = (None, Some(hash));
            }
            close(slots, at);
        }
        let other = self.storage.slots().iter().position(|slot| slot.named && slot.hash.is_some());
        self.join(self.find(uuid), other);
    }

    /// A loopback channel leaves the call: the channel behind it takes its place.
    fn bow_out(&mut self, told: &Told<'_>) -> Change<'_> {
        let is_it = told.get(Field::Subclass).is_some_and(|subclass| subclass == *subclass::LOOPBACK_BOWOUT);
        let (Some(resigning), Some(acquired), true) = (told.get(Field::Resigning), told.get(Field::Acquired), is_it)
        else {
            return Change::Nothing;
        };
        let Some(resigning) = self.find(resigning) else { return Change::Nothing };
        let (other, acquired) = (self.other(resigning), self.find(acquired));
        self.leave(resigning);
        match other {
            Some(_) if other != acquired => {
                self.join(acquired, other);
                Change::Updated
            }
            _ => Change::Nothing,
        }
    }

    // Slots

    fn slot(&self, at: usize) -> Option<&CallSlot<S::Octets>> {
        self.storage.slots().get(at)
    }

    fn slot_mut(&mut self, at: usize) -> Option<&mut CallSlot<S::Octets>> {
        self.storage.slots_mut().get_mut(at)
    }

    fn call(&self, at: usize) -> Option<Call<'_>> {
        self.slot(at).map(view)
    }

    fn find(&self, uuid: Value<'_>) -> Option<usize> {
        let slots = self.storage.slots();
        let hash = hash(uuid);
        for at in places(slots.len(), hash) {
            let slot = slots.get(at)?;
            if slot.hash? == hash && slot.record.get(Field::Uuid).is_some_and(|known| uuid == *known) {
                return Some(at);
            }
        }
        None
    }

    /// A slot for a new call, if there is room for one more.
    fn begin(&mut self, uuid: Value<'_>) -> Option<usize> {
        if self.len >= self.storage.bound() {
            return None;
        }
        self.storage.grow(self.len, |slots, slot| {
            if let Some(place) = slot.hash.and_then(|hash| free(slots, hash)).and_then(|at| slots.get_mut(at)) {
                *place = slot;
            }
        });
        let hash = hash(uuid);
        let slots = self.storage.slots_mut();
        let at = free(slots, hash)?;
        let slot = slots.get_mut(at)?;
        slot.record.clear();
        (slot.named, slot.group) = (false, None);
        if !slot.record.set(Field::Uuid, uuid) {
            return None;
        }
        slot.hash = Some(hash);
        self.len = self.len.saturating_add(1);
        Some(at)
    }

    /// A call is known no more.
    fn remove(&mut self, at: usize) {
        if let Some(slot) = self.slot_mut(at) {
            slot.hash = None;
            self.len = self.len.saturating_sub(1);
            close(self.storage.slots_mut(), at);
        }
    }

    fn forget_ended(&mut self) {
        if let Some(at) = self.ended.take() {
            // It is counted no more.
            self.len = self.len.saturating_add(1);
            self.remove(at);
        }
    }
}

/// `one` is with `other` from now on.
fn with<T: Octets>(one: &mut CallSlot<T>, other: &CallSlot<T>) {
    let uuid = other.record.get(Field::Uuid).unwrap_or_default();
    one.record.set(Field::OtherLeg, Value::from_bytes(uuid));
}

fn view<T: Octets>(slot: &CallSlot<T>) -> Call<'_> {
    Call { octets: slot.record.as_bytes(), is_cut: slot.record.is_cut }
}

/// FNV-1a.
fn hash(uuid: Value<'_>) -> u32 {
    uuid.bytes().fold(0x811c_9dc5, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193))
}

/// Where a call of this hash may be, the first free place after all others.
fn places(count: usize, hash: u32) -> impl Iterator<Item = usize> {
    let home = (hash as usize).checked_rem(count).unwrap_or(0);
    (home..count).chain(0..home)
}

/// The first free place for a call of this hash.
fn free<T>(slots: &[CallSlot<T>], hash: u32) -> Option<usize> {
    places(slots.len(), hash).find(|at| slots.get(*at).is_some_and(|slot| slot.hash.is_none()))
}

/// Moves calls that stand behind a place that has become free to where they are found.
fn close<T>(slots: &mut [CallSlot<T>], at: usize) {
    let count = slots.len();
    let (mut hole, mut next) = (at, at);
    for _ in 1..count {
        next = if next.saturating_add(1) < count { next.saturating_add(1) } else { 0 };
        let Some(hash) = slots.get(next).and_then(|slot| slot.hash) else { return };
        // How far it stands from where it would be best, and how far the hole is from it.
        let home = places(count, hash).next().unwrap_or(0);
        let distance = |from: usize, to: usize| if to >= from { to - from } else { to + count - from };
        if distance(home, next) >= distance(hole, next) {
            if let Ok([one, other]) = slots.get_disjoint_mut([hole, next]) {
                core::mem::swap(one, other);
            }
            hole = next;
        }
    }
}

/// A channel in such a state is about to go: an event that comes late brings none back.
const fn is_over(state: &ChannelState<'_>) -> bool {
    matches!(state, ChannelState::Reporting | ChannelState::Destroy)
}

/// What events tell, by their headers: first what is kept.
const HEADERS: [(&str, Field); 22] = [
    (header::UNIQUE_ID, Field::Uuid),
    (header::CHANNEL_NAME, Field::Name),
    (header::CALL_DIRECTION, Field::Direction),
    (header::CHANNEL_STATE, Field::State),
    (header::CHANNEL_CALL_STATE, Field::CallState),
    (header::ANSWER_STATE, Field::AnswerState),
    (header::CALLER_NAME, Field::CallerName),
    (header::CALLER_NUMBER, Field::CallerNumber),
    (header::CALLER_DESTINATION, Field::Destination),
    (header::APPLICATION, Field::Application),
    (header::APPLICATION_DATA, Field::ApplicationData),
    (header::CHANNEL_CREATED_TIME, Field::Created),
    (header::CHANNEL_ANSWERED_TIME, Field::Answered),
    (header::CHANNEL_HANGUP_TIME, Field::HungUp),
    (header::HANGUP_CAUSE, Field::Cause),
    (header::OLD_UNIQUE_ID, Field::Old),
    (header::EVENT_NAME, Field::EventName),
    (header::EVENT_SUBCLASS, Field::Subclass),
    (header::BRIDGE_A_UNIQUE_ID, Field::BridgeA),
    (header::BRIDGE_B_UNIQUE_ID, Field::BridgeB),
    (header::RESIGNING_UUID, Field::Resigning),
    (header::ACQUIRED_UUID, Field::Acquired),
];
/// How many of them are kept.
const KEPT: usize = 15;

/// For each length of a name, a bit for each header with such a name: most names of an event are nobody's.
const BY_LENGTH: [u32; 32] = {
    let mut bits = [0; 32];
    let mut at = 0;
    while at < HEADERS.len() {
        #[allow(clippy::indexing_slicing, reason = "the compiler does it")]
        {
            bits[HEADERS[at].0.len()] |= 1 << at;
        }
        at += 1;
    }
    bits
};

/// The same by the columns of `show channels`.
const COLUMNS: [(&str, Field); 10] = [
    ("direction", Field::Direction),
    ("name", Field::Name),
    ("state", Field::State),
    ("callstate", Field::CallState),
    ("cid_name", Field::CallerName),
    ("cid_num", Field::CallerNumber),
    ("dest", Field::Destination),
    ("application", Field::Application),
    ("application_data", Field::ApplicationData),
    ("uuid", Field::Uuid),
];

/// What an event tells, in the order of [`HEADERS`].
#[derive(Default)]
struct Told<'e>([Option<Value<'e>>; HEADERS.len()]);

impl<'e> Told<'e> {
    fn of(event: &Event<'e>) -> Self {
        let mut told = Self::default();
        for header in event.headers() {
            let name = header.name.raw();
            let mut bits = BY_LENGTH.get(name.len()).copied().unwrap_or(0);
            while bits > 0 {
                let at = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let (Some((known, field)), Some(place)) = (HEADERS.get(at), told.0.get_mut(at))
                    && known.as_bytes() == name
                {
                    let is_never = matches!(field, Field::Created | Field::Answered | Field::HungUp);
                    *place = Some(header.value).filter(|value| *value != *"" && !(is_never && *value == *"0"));
                }
            }
        }
        told
    }

    fn get(&self, wanted: Field) -> Option<Value<'e>> {
        self.0.iter().zip(HEADERS).find(|(_, (_, field))| *field == wanted).and_then(|(value, _)| *value)
    }
}
