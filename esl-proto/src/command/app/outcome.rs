//! How applications end, and which events report it.

use crate::event::Event;
use crate::name::{EventName, HangupCause, header};
use crate::text::Value;

/// How an application ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// On its own, with CHANNEL_EXECUTE_COMPLETE.
    Completes,
    /// When it is ended, from the call or from outside, with CHANNEL_EXECUTE_COMPLETE. `park` completes at once in a
    /// channel that is parked already.
    Lasts,
    /// With the channel: its CHANNEL_EXECUTE_COMPLETE has `Answer-State: hangup`.
    EndsChannel,
    /// At once, and the channel goes elsewhere. An outbound connection stays until the program closes it, or the call ends.
    Leaves,
}

/// The outcome of an application, according to an event.
///
/// ```
/// use esl_proto::Event;
/// use esl_proto::command::app::Outcome;
/// use esl_proto::name::Format;
///
/// let event = Event::new(Format::Plain, b"Event-Name: CHANNEL_EXECUTE_COMPLETE\nApplication: playback\n\
///     Application-Response: FILE%20PLAYED\nAnswer-State: answered\n\n");
/// let Some(Outcome::Completed { response }) = Outcome::of(&event) else { panic!("it has completed") };
/// assert!(response.is_some_and(|response| response == *"FILE PLAYED"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'e> {
    /// It has ended normally.
    Completed {
        /// `Application-Response`, [`None`] if the application has given none.
        response: Option<Value<'e>>,
    },
    /// The channel has ended under it, or by it.
    ChannelEnded {
        /// `Hangup-Cause`.
        cause: Option<HangupCause<'e>>,
    },
}

impl<'e> Outcome<'e> {
    /// The outcome according to a CHANNEL_EXECUTE_COMPLETE for its application, or to a CHANNEL_HANGUP,
    /// CHANNEL_HANGUP_COMPLETE or CHANNEL_DESTROY for all applications in its channel; [`None`] for any other event.
    ///
    /// The answer is the same in all modes: an application whose channel is ended also completes, and that event has
    /// `Answer-State: hangup`.
    #[must_use]
    pub fn of(event: &Event<'e>) -> Option<Self> {
        let ended = || Self::ChannelEnded { cause: cause(event) };
        match event.name()? {
            EventName::ChannelExecuteComplete
                if event.get(header::ANSWER_STATE).is_some_and(|state| state == *"hangup") =>
            {
                Some(ended())
            }
            EventName::ChannelExecuteComplete => {
                let response = event.get(header::APPLICATION_RESPONSE).filter(|response| *response != *"_none_");
                Some(Self::Completed { response })
            }
            EventName::ChannelHangup | EventName::ChannelHangupComplete | EventName::ChannelDestroy => Some(ended()),
            _ => None,
        }
    }
}

/// Why the channel of an event has ended.
fn cause<'e>(event: &Event<'e>) -> Option<HangupCause<'e>> {
    let value = event.get(header::HANGUP_CAUSE).or_else(|| event.get("variable_hangup_cause"))?;
    Some(HangupCause::from_bytes(value.raw()))
}
