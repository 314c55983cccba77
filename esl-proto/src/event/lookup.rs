//! What headers mean: look-ups with a type, the same on [`Event`], [`Indexed`] and `EventBuf`.

use core::iter::FusedIterator;

#[cfg(feature = "alloc")]
use super::EventBuf;
use super::{Event, Headers, Indexed, IndexedHeaders};
use crate::frame::Header;
use crate::name::{AnswerState, CallDirection, CallState, ChannelState, HangupCause, header};
use crate::text::Value;

const VARIABLE: &[u8] = b"variable_";

/// The longest name of a variable that is looked up like the name of a header.
const LONGEST: usize = 128;

/// Defines the look-ups of a type that has `get` and `headers`.
macro_rules! look_ups {
    ($(#[$meta:meta])* impl[$($lifetimes:lifetime),*] $type:ty, $headers:ty, $this:ty;
        $($(#[$doc:meta])* $name:ident: $result:ty = $header:ident $(by $read:expr)?;)+) => {
        $(#[$meta])*
        impl<$($lifetimes),*> $type {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(self: $this) -> Option<$result> {
                    self.get(header::$header)$(.and_then($read))?
                }
            )+

            /// The value of a variable of the channel: the header `variable_<name>`.
            #[must_use]
            pub fn variable(self: $this, name: impl AsRef<[u8]>) -> Option<Value<'a>> {
                let name = name.as_ref();
                let mut whole = [0; VARIABLE.len() + LONGEST];
                if let Some((front, rest)) = whole.split_first_chunk_mut::<{ VARIABLE.len() }>()
                    && let Some(to) = rest.get_mut(..name.len())
                {
                    front.copy_from_slice(VARIABLE);
                    to.copy_from_slice(name);
                    return self.get(whole.get(..VARIABLE.len() + name.len()).unwrap_or_default());
                }
                self.variables().filter(|variable| variable.is(name)).last().map(|variable| variable.value)
            }

            /// The variables of the channel, in the order of the wire: the headers `variable_<name>`, without this front of
            /// their names.
            #[must_use]
            pub fn variables(self: $this) -> Variables<$headers> {
                Variables(self.headers())
            }
        }
    };
}

/// Hands the list of look-ups to [`look_ups`], so that it stands here once.
macro_rules! all {
    ($($rows:tt)+) => {
        look_ups! { impl['a] Event<'a>, Headers<'a>, &Self; $($rows)+ }
        look_ups! { impl['a, 's] Indexed<'a, 's>, IndexedHeaders<'a, 's>, &Self; $($rows)+ }
        look_ups! { #[cfg(feature = "alloc")] impl['a] EventBuf, Headers<'a>, &'a Self; $($rows)+ }
    };
}

fn word<'a, T: TryFrom<Value<'a>>>(value: Value<'a>) -> Option<T> {
    T::try_from(value).ok()
}

all! {
    /// The subclass of a CUSTOM event: `Event-Subclass`.
    subclass: Value<'a> = EVENT_SUBCLASS;
    /// The server's number of the event: `Event-Sequence`. Events do not arrive in this order.
    sequence: u64 = EVENT_SEQUENCE by |value| value.to_u64();
    /// When the event happened: `Event-Date-Timestamp`, microseconds since 1970, UTC.
    timestamp: u64 = EVENT_DATE_TIMESTAMP by |value| value.to_u64();
    /// The name of the running server: `Core-UUID`.
    core_uuid: Value<'a> = CORE_UUID;
    /// The job that a BACKGROUND_JOB event is the end of: `Job-UUID`.
    job_uuid: Value<'a> = JOB_UUID;
    /// The channel that the event is about: `Unique-ID`.
    ///
    /// ```
    /// use esl_proto::Event;
    /// use esl_proto::name::{CallState, Format, HangupCause};
    ///
    /// let event = Event::new(
    ///     Format::Plain,
    ///     b"Event-Name: CHANNEL_HANGUP\nUnique-ID: 5fd4\nChannel-Call-State: HANGUP\nHangup-Cause: USER_BUSY\n\
    ///         Caller-Caller-ID-Name: %C3%89va\nvariable_billsec: 12\n\n",
    /// );
    /// assert!(event.unique_id().is_some_and(|id| id == "5fd4"));
    /// assert_eq!(event.call_state(), Some(CallState::Hangup));
    /// assert_eq!(event.hangup_cause(), Some(HangupCause::UserBusy));
    /// assert!(event.caller_name().is_some_and(|name| name == "Éva"));
    /// assert_eq!(event.variable("billsec").and_then(|seconds| seconds.to_u64()), Some(12));
    /// assert!(event.variables().next().is_some_and(|variable| variable.is("billsec")));
    /// ```
    unique_id: Value<'a> = UNIQUE_ID;
    /// The channel's name, such as `sofia/internal/1000@pbx`: `Channel-Name`.
    channel_name: Value<'a> = CHANNEL_NAME;
    /// The channel that this one is bridged to or made by: `Other-Leg-Unique-ID`.
    other_leg: Value<'a> = OTHER_LEG_UNIQUE_ID;
    /// Where the channel is in its life: `Channel-State`. [`None`] for an unknown word that is coded, too, here and below.
    channel_state: ChannelState<'a> = CHANNEL_STATE by word;
    /// Where the call is in its life: `Channel-Call-State`.
    call_state: CallState<'a> = CHANNEL_CALL_STATE by word;
    /// Whether the call has been answered: `Answer-State`.
    answer_state: AnswerState<'a> = ANSWER_STATE by word;
    /// Who called, seen from FreeSWITCH: `Call-Direction`.
    direction: CallDirection<'a> = CALL_DIRECTION by word;
    /// Why the call has ended: `Hangup-Cause`.
    hangup_cause: HangupCause<'a> = HANGUP_CAUSE by word;
    /// The caller's number: `Caller-Caller-ID-Number`.
    caller_number: Value<'a> = CALLER_NUMBER;
    /// The caller's name, which the caller chooses: `Caller-Caller-ID-Name`.
    caller_name: Value<'a> = CALLER_NAME;
    /// What was dialled: `Caller-Destination-Number`.
    destination: Value<'a> = CALLER_DESTINATION;
    /// When the channel was made, in microseconds since 1970, UTC: `Caller-Channel-Created-Time`. 0 is never, here and
    /// below.
    created_time: u64 = CHANNEL_CREATED_TIME by |value| value.to_u64();
    /// When it began to ring: `Caller-Channel-Progress-Time`.
    progress_time: u64 = CHANNEL_PROGRESS_TIME by |value| value.to_u64();
    /// When early media began: `Caller-Channel-Progress-Media-Time`.
    progress_media_time: u64 = CHANNEL_PROGRESS_MEDIA_TIME by |value| value.to_u64();
    /// When it was answered: `Caller-Channel-Answered-Time`.
    answered_time: u64 = CHANNEL_ANSWERED_TIME by |value| value.to_u64();
    /// When it was bridged: `Caller-Channel-Bridged-Time`.
    bridged_time: u64 = CHANNEL_BRIDGED_TIME by |value| value.to_u64();
    /// When it was hung up: `Caller-Channel-Hangup-Time`.
    hangup_time: u64 = CHANNEL_HANGUP_TIME by |value| value.to_u64();
    /// The application that runs or has run: `Application`.
    application: Value<'a> = APPLICATION;
    /// Its argument: `Application-Data`; absent if there was none.
    application_data: Value<'a> = APPLICATION_DATA;
    /// The application's result: `Application-Response`.
    application_response: Value<'a> = APPLICATION_RESPONSE;
    /// The `sendmsg` that a CHANNEL_EXECUTE or CHANNEL_EXECUTE_COMPLETE event belongs to: `Application-UUID`, which is
    /// its Event-UUID.
    application_uuid: Value<'a> = APPLICATION_UUID;
    /// The digit of a DTMF event: `DTMF-Digit`.
    dtmf_digit: u8 = DTMF_DIGIT by |value| value.bytes().next();
    /// How long it was, in samples: `DTMF-Duration`.
    dtmf_duration: u64 = DTMF_DURATION by |value| value.to_u64();
}

/// The variables of a channel; made by [`Event::variables`] and [`Indexed::variables`].
#[derive(Clone, Debug)]
pub struct Variables<I>(I);

impl<'a, I: Iterator<Item = Header<'a>>> Iterator for Variables<I> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        self.0.find_map(|header| Some(Header { name: header.name.strip_prefix(VARIABLE)?, ..header }))
    }
}

impl<'a, I: FusedIterator<Item = Header<'a>>> FusedIterator for Variables<I> {}
