//! What is known of each channel.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ffi::c_void;

use esl_core::calls::{Call, CallBuf, Calls, EVENTS, Heap, SUBCLASSES};
use esl_core::event::EventError;
use esl_core::raw::calls::Change;

use crate::event::eslp_event;
use crate::handle::{Handle, Look, Opaque as _};
use crate::number::numbers;
use crate::octets::eslp_bytes;
use crate::pairs::eslp_pair;
use crate::ptr::{self, In, Out, Outcome, Plain as _, Wanted as _, run};
use crate::status::eslp_status;

/// The channels of a server, each in the state of its last event.
///
/// Listen to eslp_calls_events(), eslp_calls_restore() the channels that are there already, and give each event to
/// eslp_calls_take(); after a gap, restore again. With fewer events it knows less.
pub struct eslp_calls;

/// The channels, and those that the last list did not name.
pub(crate) struct Known {
    calls: Calls<Heap>,
    gone: VecDeque<CallBuf>,
    last: Option<CallBuf>,
}

/// A snapshot of one channel: texts, NULL where unknown. Words are FreeSWITCH's own: eslp_call_state_from() and related
/// functions convert them to numbers.
///
/// Valid until the next eslp_calls_take(), eslp_calls_restore() or eslp_calls_free().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_call {
    /// Its uuid.
    pub uuid: eslp_bytes,
    /// Its name: `sofia/internal/1000@example.org`.
    pub name: eslp_bytes,
    /// Which side has begun the call: eslp_direction_from().
    pub direction: eslp_bytes,
    /// The state of the channel: eslp_channel_state_from().
    pub state: eslp_bytes,
    /// The state of the call, as a person sees it: eslp_call_state_from().
    pub call_state: eslp_bytes,
    /// Whether it is answered: eslp_answer_state_from().
    pub answer_state: eslp_bytes,
    /// The caller's name.
    pub caller_name: eslp_bytes,
    /// The caller's number.
    pub caller_number: eslp_bytes,
    /// What was dialled.
    pub destination: eslp_bytes,
    /// The application that runs, or has run last.
    pub application: eslp_bytes,
    /// Its argument.
    pub application_data: eslp_bytes,
    /// The uuid of the channel that it is bridged to.
    pub other_leg: eslp_bytes,
    /// Why it has ended, once it has: eslp_cause_from().
    pub cause: eslp_bytes,
    /// When it began, in microseconds since 1970; 0 if that is not known, as of the two below.
    pub created: u64,
    /// When it was answered.
    pub answered: u64,
    /// When it was hung up.
    pub hung_up: u64,
    /// For eslp_call_variable(): private.
    pub record: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 8],
}

numbers! {
    /// What an event has changed.
    pub enum eslp_change_kind {
        /// Nothing: the event is of no channel, or of one that is gone.
        ESLP_CHANGE_NOTHING = 0 => Nothing,
        /// A channel is known from now on.
        ESLP_CHANGE_BEGAN = 1 => Began,
        /// Something of a channel is known better.
        ESLP_CHANGE_UPDATED = 2 => Updated,
        /// A channel has got another uuid: `old_uuid` is the one before.
        ESLP_CHANGE_RENAMED = 3 => Renamed,
        /// A channel is gone: `call` is what was known of it in the end.
        ESLP_CHANGE_ENDED = 4 => Ended,
        /// There is no room for a new channel: eslp_calls_overlooked() counts it.
        ESLP_CHANGE_OVERLOOKED = 5 => Overlooked,
    }
    of Change<'_> as Change
}

/// What an event has changed. Valid as long as an eslp_call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_change {
    /// What.
    pub kind: eslp_change_kind,
    /// The channel that the event is about, in its current or last state. Its uuid is NULL if there is none: it was
    /// overlooked, or the event names two others (`loopback::bowout`).
    pub call: eslp_call,
    /// The uuid that it had before.
    pub old_uuid: eslp_bytes,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

fn some(text: &[u8]) -> eslp_bytes {
    eslp_bytes::option(Some(text).filter(|text| !text.is_empty()))
}

impl From<Call<'_>> for eslp_call {
    fn from(call: Call<'_>) -> Self {
        let word = eslp_bytes::option;
        Self {
            uuid: some(call.uuid()),
            name: some(call.name()),
            direction: word(call.direction().as_ref().map(|word| word.as_bytes())),
            state: word(call.state().as_ref().map(|word| word.as_bytes())),
            call_state: word(call.call_state().as_ref().map(|word| word.as_bytes())),
            answer_state: word(call.answer_state().as_ref().map(|word| word.as_bytes())),
            caller_name: some(call.caller_name()),
            caller_number: some(call.caller_number()),
            destination: some(call.destination()),
            application: some(call.application()),
            application_data: some(call.application_data()),
            other_leg: word(call.other_leg()),
            cause: word(call.cause().as_ref().map(|word| word.as_bytes())),
            created: call.created().unwrap_or_default(),
            answered: call.answered().unwrap_or_default(),
            hung_up: call.hung_up().unwrap_or_default(),
            record: eslp_bytes::of(call.as_bytes()),
            ..Self::ZERO
        }
    }
}

impl In<eslp_call> {
    fn call(self, call: ptr::Call<'_>) -> Outcome<Call<'_>> {
        Ok(Call::from_bytes(self.read(call)?.record.octets(call)?, false))
    }
}

/// Makes one that knows no channels, and has room for `bound`; eslp_calls_free() it. Of each channel it keeps these variables, `count` of
/// them, by their names without `variable_`.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_new(
    bound: usize, variables: In<eslp_bytes>, count: usize, calls: Out<*mut eslp_calls>,
) -> eslp_status {
    calls.give(|call| {
        let names = variables.slice(count, call)?.iter().map(|name| name.octets(call)).collect::<Outcome<Vec<_>>>()?;
        let calls = Calls::new(bound).variables(names);
        eslp_calls::allocate(Known { calls, gone: VecDeque::new(), last: None })
    })
}

/// Gives it back. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_free(calls: Handle<eslp_calls>) {
    calls.give_back()
}

/// The events that are needed for complete information, as eslp_events.names takes them: valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_events() -> eslp_bytes {
    /// Copies a text behind what stands there, and a blank behind it.
    const fn put<const N: usize>(line: &mut [u8; N], at: usize, text: &[u8]) -> usize {
        let (_, rest) = line.split_at_mut(at);
        let (to, rest) = rest.split_at_mut(text.len());
        to.copy_from_slice(text);
        if let [blank, ..] = rest {
            *blank = b' ';
        }
        at + text.len() + 1
    }
    const fn len() -> usize {
        let (mut sum, mut events, mut subclasses) = ("CUSTOM".len(), EVENTS.as_slice(), SUBCLASSES.as_slice());
        while let [event, rest @ ..] = events {
            (sum, events) = (sum + event.as_bytes().len() + 1, rest);
        }
        while let [subclass, rest @ ..] = subclasses {
            (sum, subclasses) = (sum + subclass.len() + 1, rest);
        }
        sum
    }
    static LINE: [u8; len()] = {
        let (mut line, mut at) = ([0; len()], 0);
        let (mut events, mut subclasses) = (EVENTS.as_slice(), SUBCLASSES.as_slice());
        while let [event, rest @ ..] = events {
            at = put(&mut line, at, event.as_bytes());
            events = rest;
        }
        at = put(&mut line, at, b"CUSTOM");
        while let [subclass, rest @ ..] = subclasses {
            at = put(&mut line, at, subclass.as_bytes());
            subclasses = rest;
        }
        line
    };
    eslp_bytes::of(&LINE)
}

/// Updates the table from an event. `change`, which may be NULL, is what that has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_take(
    calls: Handle<eslp_calls>, event: In<eslp_event>, change: Out<eslp_change>,
) -> eslp_status {
    run(|lasts| {
        let (out, known) = (change.optional(lasts)?, calls.get(lasts)?);
        let event = event.event(lasts)?;
        let told = Change::from(known.calls.take(&event));
        let mut change = eslp_change { kind: told.into(), ..eslp_change::ZERO };
        let is_known = match told {
            Change::Nothing | Change::Overlooked => false,
            Change::Began | Change::Updated => true,
            Change::Renamed(old) => {
                change.old_uuid = eslp_bytes::of(old);
                true
            }
            Change::Ended(call) => {
                change.call = call.into();
                false
            }
        };
        if let Some(uuid) = event.unique_id().filter(|_| is_known && out.is_some()) {
            change.call = known.calls.get(uuid.to_vec()).map_or(change.call, Into::into);
        }
        out.set(change);
        Ok(())
    })
}

/// Restores the table from the output of `show channels as json`: channels that are not in it are removed, and
/// eslp_calls_next_gone() returns them. Where exactly two channels belong to one call, each is the other's leg.
///
/// @return An error from ESLP_DOCUMENT_TRUNCATED on if the output cannot be read; then nothing has changed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_restore(calls: Handle<eslp_calls>, output: In<c_void>, len: usize) -> eslp_status {
    run(|call| {
        let Known { calls, gone, last } = calls.get(call)?;
        let output = output.octets(len, call)?;
        let mut now = VecDeque::new();
        calls
            .restore(output, |call| now.push_back(call.into_owned()))
            .map_err(|error: EventError| eslp_status::of(error.code()))?;
        (*gone, *last) = (now, None);
        Ok(())
    })
}

/// The next of the channels that the last list did not name, as it was known. Valid until the next call of this, or as long as an
/// eslp_call.
///
/// @return ESLP_END if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_next_gone(calls: Handle<eslp_calls>, call: Out<eslp_call>) -> eslp_status {
    call.next(|call| {
        let known = calls.get(call)?;
        known.last = known.gone.pop_front();
        Ok(known.last.as_ref().map(|call| call.as_call().into()))
    })
}

/// What is known of a channel.
///
/// @return ESLP_NOT_FOUND if it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_get(calls: Look<eslp_calls>, uuid: eslp_bytes, call: Out<eslp_call>) -> eslp_status {
    call.find(|call| Ok(calls.get(call)?.calls.get(uuid.octets(call)?).map(Into::into)))
}

/// All channels, one after the other and in no order: `place` begins with 0. What changes the channels changes their places.
///
///     size_t place = 0;
///     while (eslp_calls_next(calls, &place, &call) == ESLP_OK) ...
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_next(calls: Look<eslp_calls>, place: Out<usize>, call: Out<eslp_call>) -> eslp_status {
    call.next(|call| {
        let (known, place) = (calls.get(call)?, place.change(call)?);
        let next = known.calls.next_from(*place);
        Ok(next.map(|(call, next)| {
            *place = next;
            call.into()
        }))
    })
}

/// The number of channels.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_len(calls: Look<eslp_calls>) -> usize {
    calls.ask(0, |known| known.calls.len())
}

/// How many channels there was no room for.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_calls_overlooked(calls: Look<eslp_calls>) -> u64 {
    calls.ask(0, |known| known.calls.overlooked())
}

/// The value of a variable that is kept of a call.
///
/// @return ESLP_NOT_FOUND if it is not.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_call_variable(call: In<eslp_call>, name: eslp_bytes, value: Out<eslp_bytes>) -> eslp_status {
    value.find(|lasts| Ok(call.call(lasts)?.variable(name.octets(lasts)?).map(eslp_bytes::of)))
}

/// The variables that are kept of a call, one after the other and in no order: `place` begins with 0.
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_call_next_variable(
    call: In<eslp_call>, place: Out<usize>, variable: Out<eslp_pair>,
) -> eslp_status {
    variable.next(|lasts| {
        let (call, place) = (call.call(lasts)?, place.change(lasts)?);
        let variable = call.variables().nth(*place);
        *place = place.saturating_add(variable.is_some().into());
        Ok(variable.map(Into::into))
    })
}
