//! FreeSWITCH's vocabulary, both ways: from words to numbers and back.

use crate::number::numbers;
use esl_core::name::{AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel};

use crate::octets::eslp_bytes;
use crate::ptr::{Out, Outcome, ask};
use crate::status::eslp_status;

numbers! {
    /// How events are written.
    pub enum eslp_format {
        /// Not set: the server's default, or the previous setting.
        ESLP_FORMAT_NONE = 0,
        /// text/event-plain
        ESLP_FORMAT_PLAIN = 1 => Plain,
        /// text/event-json
        ESLP_FORMAT_JSON = 2 => Json,
        /// text/event-xml
        ESLP_FORMAT_XML = 3 => Xml,
    }
    of Format as Format for Format
}

/// The format that a number is; none if it is not said.
pub(crate) fn format_of(number: eslp_format) -> Outcome<Option<Format>> {
    if number == eslp_format::ESLP_FORMAT_NONE { Ok(None) } else { number.try_into().map(Some) }
}

/// The format that a number is, which must be said.
pub(crate) fn said_format(number: eslp_format) -> Outcome<Format> {
    format_of(number)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
}

pub(crate) fn optional_format(format: Option<Format>) -> eslp_format {
    format.map_or(eslp_format::ESLP_FORMAT_NONE, Into::into)
}

numbers! {
    /// The level of a log line, or of the lines that a connection wants: the lower the more urgent. The numbers are the
    /// server's, except CONSOLE, which is 0 there, and DISABLE, -1. Deeper levels without a name go up to 63.
    pub enum eslp_log_level {
        /// No lines at all; as a level of `log` only.
        ESLP_LOG_DISABLE = -2,
        /// CONSOLE
        ESLP_LOG_CONSOLE = -1,
        /// Not set: `log` alone, which means DEBUG.
        ESLP_LOG_NONE = 0,
        /// ALERT
        ESLP_LOG_ALERT = 1,
        /// CRIT
        ESLP_LOG_CRIT = 2,
        /// ERR
        ESLP_LOG_ERR = 3,
        /// WARNING
        ESLP_LOG_WARNING = 4,
        /// NOTICE
        ESLP_LOG_NOTICE = 5,
        /// INFO
        ESLP_LOG_INFO = 6,
        /// DEBUG
        ESLP_LOG_DEBUG = 7,
        /// The deepest level.
        ESLP_LOG_MAX = 63,
    }
}

/// The level that a number is; none if it is not said.
pub(crate) fn level_of(number: eslp_log_level) -> Outcome<Option<LogLevel>> {
    let number = match number {
        eslp_log_level::ESLP_LOG_NONE => return Ok(None),
        eslp_log_level::ESLP_LOG_DISABLE => -1,
        eslp_log_level::ESLP_LOG_CONSOLE => 0,
        eslp_log_level(number @ 1..) => number,
        eslp_log_level(_) => return Err(eslp_status::ESLP_UNKNOWN_NUMBER),
    };
    let level = i8::try_from(number).ok().and_then(LogLevel::new);
    level.map(Some).ok_or(eslp_status::ESLP_UNKNOWN_NUMBER)
}

/// The number of a level.
pub(crate) fn level_number(level: LogLevel) -> eslp_log_level {
    match level.number() {
        ..0 => eslp_log_level::ESLP_LOG_DISABLE,
        0 => eslp_log_level::ESLP_LOG_CONSOLE,
        number => eslp_log_level(number.into()),
    }
}

numbers! {
    /// The name of an event, in the server's order.
    pub enum eslp_event_name {
        /// A name that is not in this list, or none.
        ESLP_EVENT_OTHER = -1,
        ESLP_EVENT_CUSTOM = 0,
        ESLP_EVENT_CLONE = 1,
        ESLP_EVENT_CHANNEL_CREATE = 2,
        ESLP_EVENT_CHANNEL_DESTROY = 3,
        ESLP_EVENT_CHANNEL_STATE = 4,
        ESLP_EVENT_CHANNEL_CALLSTATE = 5,
        ESLP_EVENT_CHANNEL_ANSWER = 6,
        ESLP_EVENT_CHANNEL_HANGUP = 7,
        ESLP_EVENT_CHANNEL_HANGUP_COMPLETE = 8,
        ESLP_EVENT_CHANNEL_EXECUTE = 9,
        ESLP_EVENT_CHANNEL_EXECUTE_COMPLETE = 10,
        ESLP_EVENT_CHANNEL_HOLD = 11,
        ESLP_EVENT_CHANNEL_UNHOLD = 12,
        ESLP_EVENT_CHANNEL_BRIDGE = 13,
        ESLP_EVENT_CHANNEL_UNBRIDGE = 14,
        ESLP_EVENT_CHANNEL_PROGRESS = 15,
        ESLP_EVENT_CHANNEL_PROGRESS_MEDIA = 16,
        ESLP_EVENT_CHANNEL_OUTGOING = 17,
        ESLP_EVENT_CHANNEL_PARK = 18,
        ESLP_EVENT_CHANNEL_UNPARK = 19,
        ESLP_EVENT_CHANNEL_APPLICATION = 20,
        ESLP_EVENT_CHANNEL_ORIGINATE = 21,
        ESLP_EVENT_CHANNEL_UUID = 22,
        ESLP_EVENT_API = 23,
        ESLP_EVENT_LOG = 24,
        ESLP_EVENT_INBOUND_CHAN = 25,
        ESLP_EVENT_OUTBOUND_CHAN = 26,
        ESLP_EVENT_STARTUP = 27,
        ESLP_EVENT_SHUTDOWN = 28,
        ESLP_EVENT_PUBLISH = 29,
        ESLP_EVENT_UNPUBLISH = 30,
        ESLP_EVENT_TALK = 31,
        ESLP_EVENT_NOTALK = 32,
        ESLP_EVENT_SESSION_CRASH = 33,
        ESLP_EVENT_MODULE_LOAD = 34,
        ESLP_EVENT_MODULE_UNLOAD = 35,
        ESLP_EVENT_DTMF = 36,
        ESLP_EVENT_MESSAGE = 37,
        ESLP_EVENT_PRESENCE_IN = 38,
        ESLP_EVENT_NOTIFY_IN = 39,
        ESLP_EVENT_PRESENCE_OUT = 40,
        ESLP_EVENT_PRESENCE_PROBE = 41,
        ESLP_EVENT_MESSAGE_WAITING = 42,
        ESLP_EVENT_MESSAGE_QUERY = 43,
        ESLP_EVENT_ROSTER = 44,
        ESLP_EVENT_CODEC = 45,
        ESLP_EVENT_BACKGROUND_JOB = 46,
        ESLP_EVENT_DETECTED_SPEECH = 47,
        ESLP_EVENT_DETECTED_TONE = 48,
        ESLP_EVENT_PRIVATE_COMMAND = 49,
        ESLP_EVENT_HEARTBEAT = 50,
        ESLP_EVENT_TRAP = 51,
        ESLP_EVENT_ADD_SCHEDULE = 52,
        ESLP_EVENT_DEL_SCHEDULE = 53,
        ESLP_EVENT_EXE_SCHEDULE = 54,
        ESLP_EVENT_RE_SCHEDULE = 55,
        ESLP_EVENT_RELOADXML = 56,
        ESLP_EVENT_NOTIFY = 57,
        ESLP_EVENT_PHONE_FEATURE = 58,
        ESLP_EVENT_PHONE_FEATURE_SUBSCRIBE = 59,
        ESLP_EVENT_SEND_MESSAGE = 60,
        ESLP_EVENT_RECV_MESSAGE = 61,
        ESLP_EVENT_REQUEST_PARAMS = 62,
        ESLP_EVENT_CHANNEL_DATA = 63,
        ESLP_EVENT_GENERAL = 64,
        ESLP_EVENT_COMMAND = 65,
        ESLP_EVENT_SESSION_HEARTBEAT = 66,
        ESLP_EVENT_CLIENT_DISCONNECTED = 67,
        ESLP_EVENT_SERVER_DISCONNECTED = 68,
        ESLP_EVENT_SEND_INFO = 69,
        ESLP_EVENT_RECV_INFO = 70,
        ESLP_EVENT_RECV_RTCP_MESSAGE = 71,
        ESLP_EVENT_SEND_RTCP_MESSAGE = 72,
        ESLP_EVENT_CALL_SECURE = 73,
        ESLP_EVENT_NAT = 74,
        ESLP_EVENT_RECORD_START = 75,
        ESLP_EVENT_RECORD_STOP = 76,
        ESLP_EVENT_PLAYBACK_START = 77,
        ESLP_EVENT_PLAYBACK_STOP = 78,
        ESLP_EVENT_CALL_UPDATE = 79,
        ESLP_EVENT_FAILURE = 80,
        ESLP_EVENT_SOCKET_DATA = 81,
        ESLP_EVENT_MEDIA_BUG_START = 82,
        ESLP_EVENT_MEDIA_BUG_STOP = 83,
        ESLP_EVENT_CONFERENCE_DATA_QUERY = 84,
        ESLP_EVENT_CONFERENCE_DATA = 85,
        ESLP_EVENT_CALL_SETUP_REQ = 86,
        ESLP_EVENT_CALL_SETUP_RESULT = 87,
        ESLP_EVENT_CALL_DETAIL = 88,
        ESLP_EVENT_DEVICE_STATE = 89,
        ESLP_EVENT_TEXT = 90,
        ESLP_EVENT_SHUTDOWN_REQUESTED = 91,
        ESLP_EVENT_CERT_RELOAD = 92,
        ESLP_EVENT_ALL = 93,
    }

    /// Why a call ended: Q.850, and FreeSWITCH's own beyond it.
    pub enum eslp_cause {
        /// A word that is not in this list.
        ESLP_CAUSE_OTHER = -1,
        ESLP_CAUSE_NONE = 0,
        ESLP_CAUSE_UNALLOCATED_NUMBER = 1,
        ESLP_CAUSE_NO_ROUTE_TRANSIT_NET = 2,
        ESLP_CAUSE_NO_ROUTE_DESTINATION = 3,
        ESLP_CAUSE_CHANNEL_UNACCEPTABLE = 6,
        ESLP_CAUSE_CALL_AWARDED_DELIVERED = 7,
        ESLP_CAUSE_NORMAL_CLEARING = 16,
        ESLP_CAUSE_USER_BUSY = 17,
        ESLP_CAUSE_NO_USER_RESPONSE = 18,
        ESLP_CAUSE_NO_ANSWER = 19,
        ESLP_CAUSE_SUBSCRIBER_ABSENT = 20,
        ESLP_CAUSE_CALL_REJECTED = 21,
        ESLP_CAUSE_NUMBER_CHANGED = 22,
        ESLP_CAUSE_REDIRECTION_TO_NEW_DESTINATION = 23,
        ESLP_CAUSE_EXCHANGE_ROUTING_ERROR = 25,
        ESLP_CAUSE_DESTINATION_OUT_OF_ORDER = 27,
        ESLP_CAUSE_INVALID_NUMBER_FORMAT = 28,
        ESLP_CAUSE_FACILITY_REJECTED = 29,
        ESLP_CAUSE_RESPONSE_TO_STATUS_ENQUIRY = 30,
        ESLP_CAUSE_NORMAL_UNSPECIFIED = 31,
        ESLP_CAUSE_NORMAL_CIRCUIT_CONGESTION = 34,
        ESLP_CAUSE_NETWORK_OUT_OF_ORDER = 38,
        ESLP_CAUSE_NORMAL_TEMPORARY_FAILURE = 41,
        ESLP_CAUSE_SWITCH_CONGESTION = 42,
        ESLP_CAUSE_ACCESS_INFO_DISCARDED = 43,
        ESLP_CAUSE_REQUESTED_CHAN_UNAVAIL = 44,
        ESLP_CAUSE_PRE_EMPTED = 45,
        ESLP_CAUSE_FACILITY_NOT_SUBSCRIBED = 50,
        ESLP_CAUSE_OUTGOING_CALL_BARRED = 52,
        ESLP_CAUSE_INCOMING_CALL_BARRED = 54,
        ESLP_CAUSE_BEARERCAPABILITY_NOTAUTH = 57,
        ESLP_CAUSE_BEARERCAPABILITY_NOTAVAIL = 58,
        ESLP_CAUSE_SERVICE_UNAVAILABLE = 63,
        ESLP_CAUSE_BEARERCAPABILITY_NOTIMPL = 65,
        ESLP_CAUSE_CHAN_NOT_IMPLEMENTED = 66,
        ESLP_CAUSE_FACILITY_NOT_IMPLEMENTED = 69,
        ESLP_CAUSE_SERVICE_NOT_IMPLEMENTED = 79,
        ESLP_CAUSE_INVALID_CALL_REFERENCE = 81,
        ESLP_CAUSE_INCOMPATIBLE_DESTINATION = 88,
        ESLP_CAUSE_INVALID_MSG_UNSPECIFIED = 95,
        ESLP_CAUSE_MANDATORY_IE_MISSING = 96,
        ESLP_CAUSE_MESSAGE_TYPE_NONEXIST = 97,
        ESLP_CAUSE_WRONG_MESSAGE = 98,
        ESLP_CAUSE_IE_NONEXIST = 99,
        ESLP_CAUSE_INVALID_IE_CONTENTS = 100,
        ESLP_CAUSE_WRONG_CALL_STATE = 101,
        ESLP_CAUSE_RECOVERY_ON_TIMER_EXPIRE = 102,
        ESLP_CAUSE_MANDATORY_IE_LENGTH_ERROR = 103,
        ESLP_CAUSE_PROTOCOL_ERROR = 111,
        ESLP_CAUSE_INTERWORKING = 127,
        ESLP_CAUSE_SUCCESS = 142,
        ESLP_CAUSE_ORIGINATOR_CANCEL = 487,
        ESLP_CAUSE_CRASH = 700,
        ESLP_CAUSE_SYSTEM_SHUTDOWN = 701,
        ESLP_CAUSE_LOSE_RACE = 702,
        ESLP_CAUSE_MANAGER_REQUEST = 703,
        ESLP_CAUSE_BLIND_TRANSFER = 800,
        ESLP_CAUSE_ATTENDED_TRANSFER = 801,
        ESLP_CAUSE_ALLOTTED_TIMEOUT = 802,
        ESLP_CAUSE_USER_CHALLENGE = 803,
        ESLP_CAUSE_MEDIA_TIMEOUT = 804,
        ESLP_CAUSE_PICKED_OFF = 805,
        ESLP_CAUSE_USER_NOT_REGISTERED = 806,
        ESLP_CAUSE_PROGRESS_TIMEOUT = 807,
        ESLP_CAUSE_INVALID_GATEWAY = 808,
        ESLP_CAUSE_GATEWAY_DOWN = 809,
        ESLP_CAUSE_INVALID_URL = 810,
        ESLP_CAUSE_INVALID_PROFILE = 811,
        ESLP_CAUSE_NO_PICKUP = 812,
        ESLP_CAUSE_SRTP_READ_ERROR = 813,
        ESLP_CAUSE_BOWOUT = 814,
        ESLP_CAUSE_BUSY_EVERYWHERE = 815,
        ESLP_CAUSE_DECLINE = 816,
        ESLP_CAUSE_DOES_NOT_EXIST_ANYWHERE = 817,
        ESLP_CAUSE_NOT_ACCEPTABLE = 818,
        ESLP_CAUSE_UNWANTED = 819,
        ESLP_CAUSE_NO_IDENTITY = 820,
        ESLP_CAUSE_BAD_IDENTITY_INFO = 821,
        ESLP_CAUSE_UNSUPPORTED_CERTIFICATE = 822,
        ESLP_CAUSE_INVALID_IDENTITY = 823,
        ESLP_CAUSE_STALE_DATE = 824,
        ESLP_CAUSE_REJECT_ALL = 825,
    }

    /// Where a channel is in its life: Channel-State, and Channel-State-Number.
    pub enum eslp_channel_state {
        /// A word that is not in this list.
        ESLP_CS_OTHER = -1,
        ESLP_CS_NEW = 0,
        ESLP_CS_INIT = 1,
        ESLP_CS_ROUTING = 2,
        ESLP_CS_SOFT_EXECUTE = 3,
        ESLP_CS_EXECUTE = 4,
        ESLP_CS_EXCHANGE_MEDIA = 5,
        ESLP_CS_PARK = 6,
        ESLP_CS_CONSUME_MEDIA = 7,
        ESLP_CS_HIBERNATE = 8,
        ESLP_CS_RESET = 9,
        ESLP_CS_HANGUP = 10,
        ESLP_CS_REPORTING = 11,
        ESLP_CS_DESTROY = 12,
        ESLP_CS_NONE = 13,
    }

    /// Where a call is in its life: Channel-Call-State.
    pub enum eslp_call_state {
        /// A word that is not in this list.
        ESLP_CCS_OTHER = -1,
        ESLP_CCS_DOWN = 0,
        ESLP_CCS_DIALING = 1,
        ESLP_CCS_RINGING = 2,
        ESLP_CCS_EARLY = 3,
        ESLP_CCS_ACTIVE = 4,
        ESLP_CCS_HELD = 5,
        ESLP_CCS_RING_WAIT = 6,
        ESLP_CCS_HANGUP = 7,
        ESLP_CCS_UNHELD = 8,
    }

    /// Whether a call has been answered: Answer-State.
    pub enum eslp_answer_state {
        /// A word that is not in this list.
        ESLP_AS_OTHER = -1,
        ESLP_AS_RINGING = 0,
        ESLP_AS_EARLY = 1,
        ESLP_AS_ANSWERED = 2,
        ESLP_AS_HANGUP = 3,
    }

    /// Who called, seen from FreeSWITCH: Call-Direction.
    pub enum eslp_direction {
        /// A word that is not in this list.
        ESLP_DIRECTION_OTHER = -1,
        ESLP_DIRECTION_INBOUND = 0,
        ESLP_DIRECTION_OUTBOUND = 1,
    }
}

/// The number of a word is its index in the core's list, which the tests compare with the enums; -1 if it is not there.
macro_rules! words {
    ($($number:ident of $word:ident)+) => {$(
        impl From<$word<'_>> for $number {
            fn from(word: $word<'_>) -> Self {
                let place = $word::KNOWN.iter().position(|known| *known == word);
                Self(place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1))
            }
        }

        impl $number {
            fn text(self) -> eslp_bytes {
                let word = usize::try_from(self.0).ok().and_then(|place| $word::KNOWN.get(place));
                eslp_bytes::option(word.map($word::as_bytes))
            }
        }
    )+};
}

words! {
    eslp_event_name of EventName
    eslp_channel_state of ChannelState
    eslp_call_state of CallState
    eslp_answer_state of AnswerState
    eslp_direction of CallDirection
}

impl From<HangupCause<'_>> for eslp_cause {
    fn from(cause: HangupCause<'_>) -> Self {
        cause.number().map_or(Self::ESLP_CAUSE_OTHER, |number| Self(number.into()))
    }
}

/// The eslp_event_name that a word is, in any case of its letters; ESLP_EVENT_OTHER for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_name_from(word: eslp_bytes) -> eslp_event_name {
    ask(eslp_event_name::ESLP_EVENT_OTHER, |call| Ok(EventName::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_event_name as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_name_text(name: eslp_event_name) -> eslp_bytes {
    name.text()
}

/// The eslp_cause that a word is, in any case of its letters, or its number in digits; ESLP_CAUSE_OTHER for any other
/// word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_cause_from(word: eslp_bytes) -> eslp_cause {
    ask(eslp_cause::ESLP_CAUSE_OTHER, |call| Ok(HangupCause::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_cause as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_cause_text(cause: eslp_cause) -> eslp_bytes {
    let cause = u16::try_from(cause.0).ok().and_then(HangupCause::from_number);
    eslp_bytes::option(cause.map(|cause| cause.as_bytes()))
}

/// The eslp_channel_state that a word is, in any case of its letters; ESLP_CS_OTHER for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_channel_state_from(word: eslp_bytes) -> eslp_channel_state {
    ask(eslp_channel_state::ESLP_CS_OTHER, |call| Ok(ChannelState::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_channel_state as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_channel_state_text(state: eslp_channel_state) -> eslp_bytes {
    state.text()
}

/// The eslp_call_state that a word is, in any case of its letters; ESLP_CCS_OTHER for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_call_state_from(word: eslp_bytes) -> eslp_call_state {
    ask(eslp_call_state::ESLP_CCS_OTHER, |call| Ok(CallState::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_call_state as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_call_state_text(state: eslp_call_state) -> eslp_bytes {
    state.text()
}

/// The eslp_answer_state that a word is, in any case of its letters; ESLP_AS_OTHER for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_answer_state_from(word: eslp_bytes) -> eslp_answer_state {
    ask(eslp_answer_state::ESLP_AS_OTHER, |call| Ok(AnswerState::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_answer_state as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_answer_state_text(state: eslp_answer_state) -> eslp_bytes {
    state.text()
}

/// The eslp_direction that a word is, in any case of its letters; ESLP_DIRECTION_OTHER for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_direction_from(word: eslp_bytes) -> eslp_direction {
    ask(eslp_direction::ESLP_DIRECTION_OTHER, |call| Ok(CallDirection::from_bytes(word.octets(call)?).into()))
}

/// The word of an eslp_direction as FreeSWITCH writes it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_direction_text(direction: eslp_direction) -> eslp_bytes {
    direction.text()
}

/// The eslp_format that a word is, in any case of its letters; ESLP_FORMAT_NONE for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_format_from(word: eslp_bytes) -> eslp_format {
    ask(eslp_format::ESLP_FORMAT_NONE, |call| Ok(optional_format(Format::from_bytes(word.octets(call)?))))
}

/// The word of an eslp_format as commands have it, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_format_text(format: eslp_format) -> eslp_bytes {
    eslp_bytes::option(Format::try_from(format).ok().map(|format| format.as_str().as_bytes()))
}

/// The Content-Type of events in an eslp_format, valid for ever; NULL for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_format_content_type(format: eslp_format) -> eslp_bytes {
    eslp_bytes::option(Format::try_from(format).ok().map(|format| format.content_type().as_bytes()))
}

/// The level that a name or a number says, as the `log` command reads it.
///
/// @return ESLP_NOT_FOUND for any other word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_level_from(word: eslp_bytes, level: Out<eslp_log_level>) -> eslp_status {
    level.find(|call| Ok(LogLevel::from_bytes(word.octets(call)?).map(level_number)))
}

/// The name of a level, valid for ever; NULL for levels without one and for any other number.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_log_level_text(level: eslp_log_level) -> eslp_bytes {
    eslp_bytes::option(level_of(level).ok().flatten().and_then(LogLevel::name).map(str::as_bytes))
}
