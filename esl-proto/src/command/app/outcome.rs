//! How applications end, and which events tell it.

use crate::event::Event;
use crate::name::{EventName, HangupCause, header};
use crate::text::Value;

/// How an application ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// By itself: CHANNEL_EXECUTE_COMPLETE tells.
    Completes,
    /// When somebody ends it, in the call or from outside: CHANNEL_EXECUTE_COMPLETE tells then. `park` completes at once in
    /// a channel that is parked already.
    Lasts,
    /// With the channel: CHANNEL_EXECUTE_COMPLETE tells, with `Answer-State: hangup`.
    EndsChannel,
    /// At once, and the channel goes elsewhere. An outbound connection stays until the program closes it, or the call ends.
    Leaves,
}

/// What an event tells of the application that it names.
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
    /// It has come to its own end.
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
    /// What a CHANNEL_EXECUTE_COMPLETE tells of its application, or a CHANNEL_HANGUP, CHANNEL_HANGUP_COMPLETE or
    /// CHANNEL_DESTROY of all that run in its channel; [`None`] for any other event.
    ///
    /// One answer in all modes: an application whose channel is ended under it completes, too, and the
    /// `Answer-State: hangup` of that event tells.
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
