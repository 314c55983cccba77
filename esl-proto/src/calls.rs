//! What is known of each channel, from its events.
//!
//! [`Calls`] takes events in and knows the channels that there are: their states, callers, times, other legs, causes, and
//! the variables that a program asks for. After a gap, `show channels as json` [begins anew](Calls::restore).
//!
//! ```
//! use esl_proto::Event;
//! use esl_proto::calls::{Calls, Change};
//! use esl_proto::name::{CallState, Format};
//!
//! let mut calls = Calls::new(1000).variables(["sip_call_id"]);
//! let event = |text: &'static str| Event::new(Format::Plain, text.as_bytes());
//! let created = event("Event-Name: CHANNEL_CREATE\nUnique-ID: a\nChannel-State: CS_INIT\n\
//!     Caller-Caller-ID-Number: 1000\nvariable_sip_call_id: x%40y\n\n");
//! assert_eq!(calls.take(&created), Change::Began);
//! calls.take(&event("Event-Name: CHANNEL_CALLSTATE\nUnique-ID: a\nChannel-Call-State: ACTIVE\n\n"));
//!
//! let call = calls.get("a").unwrap();
//! assert_eq!((call.call_state(), call.caller_number()), (Some(CallState::Active), &b"1000"[..]));
//! assert_eq!(call.variable("sip_call_id"), Some(&b"x@y"[..]));
//! # assert!(calls.get("b").is_none());
//! ```

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::event::{Event, EventError, Rows};
use crate::name::{AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause, subclass};
use crate::text::Value;

type Text = Box<[u8]>;

/// What an event has changed of [`Calls`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Nothing: the event is of no channel, or of one that is gone.
    Nothing,
    /// A channel is known from now on.
    Began,
    /// Something of a channel is known better.
    Updated,
    /// A channel has got another uuid; the value is the old one.
    Renamed(Box<[u8]>),
    /// A channel is gone. This is what was known of it in the end.
    Ended(Box<Call>),
    /// A channel has come that there is no room for: [`Calls::overlooked`] counts it.
    Overlooked,
}

impl fmt::Debug for Change {
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

/// What is known of one channel.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Call {
    uuid: Text,
    name: Text,
    direction: Option<Text>,
    state: Option<Text>,
    call_state: Option<Text>,
    answer_state: Option<Text>,
    caller_name: Text,
    caller_number: Text,
    destination: Text,
    application: Text,
    application_data: Text,
    created: Option<u64>,
    answered: Option<u64>,
    hung_up: Option<u64>,
    other_leg: Option<Text>,
    cause: Option<Text>,
    variables: BTreeMap<Text, Text>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = f.debug_struct("Call");
        for (name, text) in [
            ("uuid", &self.uuid),
            ("name", &self.name),
            ("caller_name", &self.caller_name),
            ("caller_number", &self.caller_number),
            ("destination", &self.destination),
            ("application", &self.application),
            ("application_data", &self.application_data),
        ] {
            call.field(name, &Value::from_bytes(text));
        }
        for (name, text) in [
            ("direction", &self.direction),
            ("state", &self.state),
            ("call_state", &self.call_state),
            ("answer_state", &self.answer_state),
            ("other_leg", &self.other_leg),
            ("cause", &self.cause),
        ] {
            call.field(name, &text.as_deref().map(Value::from_bytes));
        }
        for (name, time) in [("created", self.created), ("answered", self.answered), ("hung_up", self.hung_up)] {
            call.field(name, &time);
        }
        call.field("variables", &Variables(&self.variables)).finish()
    }
}

/// Shows the variables of a call.
struct Variables<'a>(&'a BTreeMap<Text, Text>);

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (Value::from_bytes(name), Value::from_bytes(value));
        f.debug_map().entries(self.0.iter().map(|(name, value)| shown((&**name, &**value)))).finish()
    }
}

impl Call {
    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> &[u8] {
        &self.uuid
    }

    /// Its name: `sofia/internal/1000@example.org`.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Which side has begun the call.
    #[must_use]
    pub fn direction(&self) -> Option<CallDirection<'_>> {
        self.direction.as_deref().map(CallDirection::from_bytes)
    }

    /// The state of the channel.
    #[must_use]
    pub fn state(&self) -> Option<ChannelState<'_>> {
        self.state.as_deref().map(ChannelState::from_bytes)
    }

    /// The state of the call, as a person sees it.
    #[must_use]
    pub fn call_state(&self) -> Option<CallState<'_>> {
        self.call_state.as_deref().map(CallState::from_bytes)
    }

    /// Whether it is answered.
    #[must_use]
    pub fn answer_state(&self) -> Option<AnswerState<'_>> {
        self.answer_state.as_deref().map(AnswerState::from_bytes)
    }

    /// The caller's name.
    #[must_use]
    pub fn caller_name(&self) -> &[u8] {
        &self.caller_name
    }

    /// The caller's number.
    #[must_use]
    pub fn caller_number(&self) -> &[u8] {
        &self.caller_number
    }

    /// What was dialled.
    #[must_use]
    pub fn destination(&self) -> &[u8] {
        &self.destination
    }

    /// The application that runs, or has run last.
    #[must_use]
    pub fn application(&self) -> &[u8] {
        &self.application
    }

    /// Its argument.
    #[must_use]
    pub fn application_data(&self) -> &[u8] {
        &self.application_data
    }

    /// When it began, in microseconds since 1970.
    #[must_use]
    pub const fn created(&self) -> Option<u64> {
        self.created
    }

    /// When it was answered.
    #[must_use]
    pub const fn answered(&self) -> Option<u64> {
        self.answered
    }

    /// When it was hung up.
    #[must_use]
    pub const fn hung_up(&self) -> Option<u64> {
        self.hung_up
    }

    /// The channel that it is bridged to.
    #[must_use]
    pub fn other_leg(&self) -> Option<&[u8]> {
        self.other_leg.as_deref()
    }

    /// Why it has ended, once it has.
    #[must_use]
    pub fn cause(&self) -> Option<HangupCause<'_>> {
        self.cause.as_deref().map(HangupCause::from_bytes)
    }

    /// The value of a variable that [`Calls::variables`] asks for.
    #[must_use]
    pub fn variable(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.variables.get(name.as_ref()).map(|value| &**value)
    }
}

/// The channels of a server, each as its last event has told.
///
/// It needs CHANNEL_CREATE, CHANNEL_ANSWER, CHANNEL_STATE, CHANNEL_CALLSTATE, CHANNEL_EXECUTE, CHANNEL_BRIDGE,
/// CHANNEL_UNBRIDGE, CHANNEL_UUID, CHANNEL_HANGUP_COMPLETE, CHANNEL_DESTROY and CUSTOM `loopback::bowout`, and is right
/// with fewer as far as they tell. It keeps a bounded number of channels.
#[derive(Clone)]
pub struct Calls {
    calls: BTreeMap<Text, Call>,
    variables: BTreeSet<Text>,
    bound: usize,
    overlooked: u64,
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.calls.values()).finish()
    }
}

impl Calls {
    /// No channels, and room for so many.
    #[must_use]
    pub const fn new(bound: usize) -> Self {
        Self { calls: BTreeMap::new(), variables: BTreeSet::new(), bound, overlooked: 0 }
    }

    /// The same, which keeps these variables of each channel.
    #[must_use]
    pub fn variables<N: AsRef<[u8]>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.variables = names.into_iter().map(|name| name.as_ref().into()).collect();
        self
    }

    /// What is known of a channel.
    pub fn get(&self, uuid: impl AsRef<[u8]>) -> Option<&Call> {
        self.calls.get(uuid.as_ref())
    }

    /// All channels, by uuid.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// The number of channels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How many times a channel has come that there was no room for.
    #[must_use]
    pub const fn overlooked(&self) -> u64 {
        self.overlooked
    }

    /// Takes in what an event tells, in one pass over it.
    pub fn take(&mut self, event: &Event<'_>) -> Change {
        let mut told = Told::default();
        let mut call = Call::default();
        for header in event.headers() {
            let name = header.name.raw();
            told.header(name, header.value);
            self.field(&mut call, name, header.value);
        }
        match &told.name {
            Some(name) if **name == *b"CUSTOM" => return self.bow_out(&told),
            Some(name) if !name.starts_with(b"CHANNEL_") => return Change::Nothing,
            _ => {}
        }
        if call.uuid.is_empty() {
            return Change::Nothing;
        }
        let uuid = call.uuid.clone();
        let renamed = told.old.filter(|old| *old != uuid && self.calls.contains_key(old));
        if let Some(old) = &renamed {
            self.rename(old, &uuid);
        }
        let ends = told.name.as_deref().is_some_and(|name| EventName::from_bytes(name) == EventName::ChannelDestroy);
        let is_known = self.calls.contains_key(&uuid);
        if !is_known && (ends || call.state().is_some_and(|state| is_over(&state))) {
            return Change::Nothing;
        }
        if !is_known && self.calls.len() >= self.bound {
            self.overlooked = self.overlooked.saturating_add(1);
            return Change::Overlooked;
        }
        self.calls.entry(uuid.clone()).or_default().learn(call);
        if let (Some(a), Some(b)) = (&told.a, &told.b) {
            match told.name.as_deref().map(EventName::from_bytes) {
                Some(EventName::ChannelBridge) => self.join(a, b),
                Some(EventName::ChannelUnbridge) => self.part(a, b),
                _ => {}
            }
        }
        if ends && let Some(call) = self.calls.remove(&uuid) {
            if let Some(other) = &call.other_leg {
                self.part(&uuid, other);
            }
            return Change::Ended(Box::new(call));
        }
        match renamed {
            Some(old) => Change::Renamed(old),
            None if is_known => Change::Updated,
            None => Change::Began,
        }
    }

    /// Begins anew with the output of `show channels as json`: channels that it does not name are gone, and are given
    /// back. Where exactly two channels belong to one call, each is the other's leg.
    ///
    /// # Errors
    /// [`EventError`] if the output cannot be read; then nothing has changed.
    pub fn restore(&mut self, output: &[u8]) -> Result<Vec<Call>, EventError> {
        let mut rows = Vec::new();
        let mut legs: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
        for row in Rows::new(output) {
            let row = row?;
            row.validate()?;
            let mut call = Call::default();
            let mut call_uuid = None;
            for header in row.headers() {
                match header.name.raw() {
                    b"call_uuid" => call_uuid = Some(owned(header.value)),
                    name => column(&mut call, name, header.value),
                }
            }
            if let Some(call_uuid) = call_uuid.filter(|call_uuid| !call_uuid.is_empty()) {
                legs.entry(call_uuid).or_default().push(call.uuid.clone());
            }
            rows.push(call);
        }
        let named: BTreeSet<Text> = rows.iter().map(|call| call.uuid.clone()).collect();
        let mut gone = Vec::new();
        self.calls.retain(|uuid, call| {
            let stays = named.contains(uuid);
            if stays {
                call.other_leg = None;
            } else {
                gone.push(core::mem::take(call));
            }
            stays
        });
        for call in rows.into_iter().filter(|call| !call.uuid.is_empty()) {
            if !self.calls.contains_key(&call.uuid) && self.calls.len() >= self.bound {
                self.overlooked = self.overlooked.saturating_add(1);
                continue;
            }
            self.calls.entry(call.uuid.clone()).or_default().learn(call);
        }
        for pair in legs.values() {
            if let [a, b] = pair.as_slice() {
                self.join(a, b);
            }
        }
        Ok(gone)
    }

    fn field(&self, call: &mut Call, name: &[u8], value: Value<'_>) {
        if let Some(variable) = name.strip_prefix(b"variable_") {
            if self.variables.contains(variable) {
                call.variables.insert(variable.into(), owned(value));
            }
            return;
        }
        match name {
            b"Unique-ID" => call.uuid = owned(value),
            b"Channel-Name" => call.name = owned(value),
            b"Call-Direction" => call.direction = Some(owned(value)),
            b"Channel-State" => call.state = Some(owned(value)),
            b"Channel-Call-State" => call.call_state = Some(owned(value)),
            b"Answer-State" => call.answer_state = Some(owned(value)),
            b"Caller-Caller-ID-Name" => call.caller_name = owned(value),
            b"Caller-Caller-ID-Number" => call.caller_number = owned(value),
            b"Caller-Destination-Number" => call.destination = owned(value),
            b"Application" => call.application = owned(value),
            b"Application-Data" => call.application_data = owned(value),
            b"Caller-Channel-Created-Time" => call.created = time(value),
            b"Caller-Channel-Answered-Time" => call.answered = time(value),
            b"Caller-Channel-Hangup-Time" => call.hung_up = time(value),
            b"Hangup-Cause" => call.cause = Some(owned(value)),
            _ => {}
        }
    }

    /// Two known channels are bridged: neither is with another any more.
    fn join(&mut self, a: &Text, b: &Text) {
        if a == b || !self.calls.contains_key(a) || !self.calls.contains_key(b) {
            return;
        }
        self.leave(a);
        self.leave(b);
        for (one, other) in [(a, b), (b, a)] {
            if let Some(call) = self.calls.get_mut(one) {
                call.other_leg = Some(other.clone());
            }
        }
    }

    /// A channel is with nobody any more.
    fn leave(&mut self, one: &Text) {
        if let Some(other) = self.calls.get_mut(one).and_then(|call| call.other_leg.take()) {
            self.part(one, &other);
        }
    }

    fn part(&mut self, a: &Text, b: &Text) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(call) = self.calls.get_mut(one)
                && call.other_leg.as_ref() == Some(other)
            {
                call.other_leg = None;
            }
        }
    }

    fn rename(&mut self, old: &Text, new: &Text) {
        let other = self.calls.get(old).and_then(|call| call.other_leg.clone());
        self.leave(old);
        self.leave(new);
        if let Some(mut call) = self.calls.remove(old) {
            call.uuid.clone_from(new);
            self.calls.insert(new.clone(), call);
        }
        if let Some(other) = other {
            self.join(new, &other);
        }
    }

    /// A loopback channel leaves the call: the channel behind it takes its place.
    fn bow_out(&mut self, told: &Told) -> Change {
        let (Some(subclass), Some(resigning), Some(acquired)) = (&told.subclass, &told.resigning, &told.acquired)
        else {
            return Change::Nothing;
        };
        if **subclass != *subclass::LOOPBACK_BOWOUT.as_bytes() {
            return Change::Nothing;
        }
        let other = self.calls.get(resigning).and_then(|call| call.other_leg.clone());
        self.leave(resigning);
        match other {
            Some(other) if other != *acquired => {
                self.join(acquired, &other);
                Change::Updated
            }
            _ => Change::Nothing,
        }
    }
}

impl Call {
    /// What is told takes the place of what was known; what is not told stays.
    fn learn(&mut self, told: Self) {
        /// Takes what is told over, field by field.
        macro_rules! newer {
            (text $($text:ident)+; fact $($fact:ident)+) => {
                $(if !told.$text.is_empty() { self.$text = told.$text; })+
                $(if told.$fact.is_some() { self.$fact = told.$fact; })+
            };
        }
        newer! {
            text uuid name caller_name caller_number destination application application_data;
            fact direction state call_state answer_state created answered hung_up other_leg cause
        }
        self.variables.extend(told.variables);
    }
}

/// A channel in such a state is about to go: an event that comes late brings none back.
const fn is_over(state: &ChannelState<'_>) -> bool {
    matches!(state, ChannelState::Reporting | ChannelState::Destroy)
}

/// What an event tells beside what is known of its channel.
#[derive(Default)]
struct Told {
    name: Option<Text>,
    subclass: Option<Text>,
    old: Option<Text>,
    a: Option<Text>,
    b: Option<Text>,
    resigning: Option<Text>,
    acquired: Option<Text>,
}

impl Told {
    fn header(&mut self, name: &[u8], value: Value<'_>) {
        let field = match name {
            b"Event-Name" => &mut self.name,
            b"Event-Subclass" => &mut self.subclass,
            b"Old-Unique-ID" => &mut self.old,
            b"Bridge-A-Unique-ID" => &mut self.a,
            b"Bridge-B-Unique-ID" => &mut self.b,
            b"Resigning-UUID" => &mut self.resigning,
            b"Acquired-UUID" => &mut self.acquired,
            _ => return,
        };
        *field = Some(owned(value));
    }
}

/// A column of `show channels`.
fn column(call: &mut Call, name: &[u8], value: Value<'_>) {
    match name {
        b"uuid" => call.uuid = owned(value),
        b"direction" => call.direction = Some(owned(value)),
        b"created_epoch" => call.created = time(value).map(|seconds| seconds.saturating_mul(1_000_000)),
        b"name" => call.name = owned(value),
        b"state" => call.state = Some(owned(value)),
        b"callstate" => call.call_state = Some(owned(value)),
        b"cid_name" => call.caller_name = owned(value),
        b"cid_num" => call.caller_number = owned(value),
        b"dest" => call.destination = owned(value),
        b"application" => call.application = owned(value),
        b"application_data" => call.application_data = owned(value),
        _ => {}
    }
}

fn owned(value: Value<'_>) -> Text {
    value.to_vec().into()
}

/// A time that is not 0.
fn time(value: Value<'_>) -> Option<u64> {
    value.to_u64().filter(|time| *time > 0)
}
