//! What is known of one channel.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
use core::fmt;

use super::record::{Field, find, variable, variables};
use crate::name::{AnswerState, CallDirection, CallState, ChannelState, HangupCause};
use crate::text::Value;

/// What is known of one channel: a view of what [`Calls`](super::Calls) keeps.
#[derive(Clone, Copy)]
pub struct Call<'c> {
    pub(super) octets: &'c [u8],
    pub(super) is_cut: bool,
}

impl<'c> Call<'c> {
    fn text(&self, field: Field) -> &'c [u8] {
        find(self.octets, field).unwrap_or_default()
    }

    fn time(&self, field: Field) -> Option<u64> {
        Value::from_bytes(find(self.octets, field)?).to_u64()
    }

    /// Its uuid.
    #[must_use]
    pub fn uuid(&self) -> &'c [u8] {
        self.text(Field::Uuid)
    }

    /// Its name: `sofia/internal/1000@example.org`.
    #[must_use]
    pub fn name(&self) -> &'c [u8] {
        self.text(Field::Name)
    }

    /// Which side has begun the call.
    #[must_use]
    pub fn direction(&self) -> Option<CallDirection<'c>> {
        find(self.octets, Field::Direction).map(CallDirection::from_bytes)
    }

    /// The state of the channel.
    #[must_use]
    pub fn state(&self) -> Option<ChannelState<'c>> {
        find(self.octets, Field::State).map(ChannelState::from_bytes)
    }

    /// The state of the call, as a person sees it.
    #[must_use]
    pub fn call_state(&self) -> Option<CallState<'c>> {
        find(self.octets, Field::CallState).map(CallState::from_bytes)
    }

    /// Whether it is answered.
    #[must_use]
    pub fn answer_state(&self) -> Option<AnswerState<'c>> {
        find(self.octets, Field::AnswerState).map(AnswerState::from_bytes)
    }

    /// The caller's name.
    #[must_use]
    pub fn caller_name(&self) -> &'c [u8] {
        self.text(Field::CallerName)
    }

    /// The caller's number.
    #[must_use]
    pub fn caller_number(&self) -> &'c [u8] {
        self.text(Field::CallerNumber)
    }

    /// What was dialled.
    #[must_use]
    pub fn destination(&self) -> &'c [u8] {
        self.text(Field::Destination)
    }

    /// The application that runs, or has run last.
    #[must_use]
    pub fn application(&self) -> &'c [u8] {
        self.text(Field::Application)
    }

    /// Its argument.
    #[must_use]
    pub fn application_data(&self) -> &'c [u8] {
        self.text(Field::ApplicationData)
    }

    /// When it began, in microseconds since 1970.
    #[must_use]
    pub fn created(&self) -> Option<u64> {
        self.time(Field::Created)
    }

    /// When it was answered.
    #[must_use]
    pub fn answered(&self) -> Option<u64> {
        self.time(Field::Answered)
    }

    /// When it was hung up.
    #[must_use]
    pub fn hung_up(&self) -> Option<u64> {
        self.time(Field::HungUp)
    }

    /// The channel that it is bridged to.
    #[must_use]
    pub fn other_leg(&self) -> Option<&'c [u8]> {
        find(self.octets, Field::OtherLeg)
    }

    /// Why it has ended, once it has.
    #[must_use]
    pub fn cause(&self) -> Option<HangupCause<'c>> {
        find(self.octets, Field::Cause).map(HangupCause::from_bytes)
    }

    /// The value of a variable that is kept.
    #[must_use]
    pub fn variable(&self, name: impl AsRef<[u8]>) -> Option<&'c [u8]> {
        variable(self.octets, name.as_ref())
    }

    /// The variables that are kept, each with its value, in no order.
    pub fn variables(&self) -> impl Iterator<Item = (&'c [u8], &'c [u8])> + use<'c> {
        variables(self.octets)
    }

    /// The same with its own storage.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn into_owned(self) -> CallBuf {
        CallBuf { octets: self.octets.into(), is_cut: self.is_cut }
    }

    /// Whether something was left out that was too long for the storage.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What is known, as bytes of the crate's own, which [`from_bytes`](Self::from_bytes) takes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'c [u8] {
        self.octets
    }

    /// The call that [`as_bytes`](Self::as_bytes) and [`is_cut`](Self::is_cut) were asked of. Other bytes make a call of which
    /// anything may be known.
    #[must_use]
    pub const fn from_bytes(octets: &'c [u8], is_cut: bool) -> Self {
        Self { octets, is_cut }
    }
}

/// A [`Call`] that owns its bytes.
#[cfg(feature = "alloc")]
#[derive(Clone)]
pub struct CallBuf {
    octets: Box<[u8]>,
    is_cut: bool,
}

#[cfg(feature = "alloc")]
impl CallBuf {
    /// The call, as a view on this.
    #[must_use]
    pub const fn as_call(&self) -> Call<'_> {
        Call { octets: &self.octets, is_cut: self.is_cut }
    }
}

#[cfg(feature = "alloc")]
impl fmt::Debug for CallBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_call().fmt(f)
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = f.debug_struct("Call");
        for (name, field) in [
            ("uuid", Field::Uuid),
            ("name", Field::Name),
            ("direction", Field::Direction),
            ("state", Field::State),
            ("call_state", Field::CallState),
            ("answer_state", Field::AnswerState),
            ("caller_name", Field::CallerName),
            ("caller_number", Field::CallerNumber),
            ("destination", Field::Destination),
            ("application", Field::Application),
            ("application_data", Field::ApplicationData),
            ("created", Field::Created),
            ("answered", Field::Answered),
            ("hung_up", Field::HungUp),
            ("other_leg", Field::OtherLeg),
            ("cause", Field::Cause),
        ] {
            if let Some(value) = find(self.octets, field) {
                call.field(name, &Value::from_bytes(value));
            }
        }
        call.field("variables", &Variables(*self)).finish()
    }
}

/// Shows the variables of a call.
struct Variables<'c>(Call<'c>);

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (Value::from_bytes(name), Value::from_bytes(value));
        f.debug_list().entries(self.0.variables().map(shown)).finish()
    }
}
