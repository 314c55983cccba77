//! Names of well-known headers.

/// In frames and events: bytes of the body.
pub const CONTENT_LENGTH: &str = "Content-Length";
/// In frames: what the frame is.
pub const CONTENT_TYPE: &str = "Content-Type";
/// In replies: what the server says.
pub const REPLY_TEXT: &str = "Reply-Text";
/// In replies to `bgapi` and in BACKGROUND_JOB events: the name of the job.
pub const JOB_UUID: &str = "Job-UUID";
/// In BACKGROUND_JOB events: the command that was run.
pub const JOB_COMMAND: &str = "Job-Command";
/// In BACKGROUND_JOB events: its argument; absent if there was none.
pub const JOB_COMMAND_ARG: &str = "Job-Command-Arg";
/// In replies to `userauth`: the events that may be subscribed to.
pub const ALLOWED_EVENTS: &str = "Allowed-Events";
/// In replies to `userauth`: the API commands that may be used.
pub const ALLOWED_API: &str = "Allowed-API";
/// In replies to `userauth`: whether `log` may be used.
pub const ALLOWED_LOG: &str = "Allowed-LOG";
/// In the reply to `connect`: `async` or `static`.
pub const SOCKET_MODE: &str = "Socket-Mode";
/// In the reply to `connect`: `full` or `single-channel`.
pub const CONTROL: &str = "Control";
/// In disconnect notices: the channel that the connection controls.
pub const CONTROLLED_SESSION_UUID: &str = "Controlled-Session-UUID";
/// In disconnect notices: `linger` or `disconnect`.
pub const CONTENT_DISPOSITION: &str = "Content-Disposition";
/// In disconnect notices: seconds until the connection ends, -1 for ever.
pub const LINGER_TIME: &str = "Linger-Time";
/// In events of a channel and in linger notices: the channel's name.
pub const CHANNEL_NAME: &str = "Channel-Name";
/// In log lines: the level as a number.
pub const LOG_LEVEL: &str = "Log-Level";
/// In log lines: the kind of line, the server's internal number.
pub const TEXT_CHANNEL: &str = "Text-Channel";
/// In log lines: the source file.
pub const LOG_FILE: &str = "Log-File";
/// In log lines: the source function.
pub const LOG_FUNC: &str = "Log-Func";
/// In log lines: the line of the source file.
pub const LOG_LINE: &str = "Log-Line";
/// In log lines: the channel that the line is about; may be empty.
pub const USER_DATA: &str = "User-Data";
/// In events: the name.
pub const EVENT_NAME: &str = "Event-Name";
/// In CUSTOM events: the subclass.
pub const EVENT_SUBCLASS: &str = "Event-Subclass";
/// In events: the server's number; events do not arrive in this order.
pub const EVENT_SEQUENCE: &str = "Event-Sequence";
/// In events: microseconds since 1970, UTC.
pub const EVENT_DATE_TIMESTAMP: &str = "Event-Date-Timestamp";
/// In events that a program has sent: a name that the server has given it.
pub const EVENT_UUID: &str = "Event-UUID";
/// In events: the name of the running server; a new one after a restart.
pub const CORE_UUID: &str = "Core-UUID";
/// In events of a channel: the channel.
pub const UNIQUE_ID: &str = "Unique-ID";
/// In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: the Event-UUID of the `sendmsg` that asked for it.
pub const APPLICATION_UUID: &str = "Application-UUID";
/// In events of a channel that ends: why.
pub const HANGUP_CAUSE: &str = "Hangup-Cause";
/// In events of a channel: see [`ChannelState`](super::ChannelState).
pub const CHANNEL_STATE: &str = "Channel-State";
/// In events of a channel: see [`CallState`](super::CallState).
pub const CHANNEL_CALL_STATE: &str = "Channel-Call-State";
/// In events of a channel: see [`AnswerState`](super::AnswerState).
pub const ANSWER_STATE: &str = "Answer-State";
/// In events of a channel: see [`CallDirection`](super::CallDirection).
pub const CALL_DIRECTION: &str = "Call-Direction";
/// In events of a channel that has another leg: that one's channel.
pub const OTHER_LEG_UNIQUE_ID: &str = "Other-Leg-Unique-ID";
/// In events of a channel: the caller's number.
pub const CALLER_NUMBER: &str = "Caller-Caller-ID-Number";
/// In events of a channel: the caller's name.
pub const CALLER_NAME: &str = "Caller-Caller-ID-Name";
/// In events of a channel: what was dialled.
pub const CALLER_DESTINATION: &str = "Caller-Destination-Number";
/// In events of a channel: when it was made, in microseconds since 1970, UTC; 0 is never, here and below.
pub const CHANNEL_CREATED_TIME: &str = "Caller-Channel-Created-Time";
/// In events of a channel: when it began to ring.
pub const CHANNEL_PROGRESS_TIME: &str = "Caller-Channel-Progress-Time";
/// In events of a channel: when early media began.
pub const CHANNEL_PROGRESS_MEDIA_TIME: &str = "Caller-Channel-Progress-Media-Time";
/// In events of a channel: when it was answered.
pub const CHANNEL_ANSWERED_TIME: &str = "Caller-Channel-Answered-Time";
/// In events of a channel: when it was bridged.
pub const CHANNEL_BRIDGED_TIME: &str = "Caller-Channel-Bridged-Time";
/// In events of a channel: when it was hung up.
pub const CHANNEL_HANGUP_TIME: &str = "Caller-Channel-Hangup-Time";
/// In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: the application.
pub const APPLICATION: &str = "Application";
/// In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: its argument.
pub const APPLICATION_DATA: &str = "Application-Data";
/// In CHANNEL_EXECUTE_COMPLETE: the application's result.
pub const APPLICATION_RESPONSE: &str = "Application-Response";
/// In DTMF events: the digit.
pub const DTMF_DIGIT: &str = "DTMF-Digit";
/// In DTMF events: how long it was, in samples.
pub const DTMF_DURATION: &str = "DTMF-Duration";
/// In CHANNEL_UUID: the channel's uuid before.
pub const OLD_UNIQUE_ID: &str = "Old-Unique-ID";
/// In CHANNEL_BRIDGE and CHANNEL_UNBRIDGE: the one channel.
pub const BRIDGE_A_UNIQUE_ID: &str = "Bridge-A-Unique-ID";
/// In CHANNEL_BRIDGE and CHANNEL_UNBRIDGE: the other.
pub const BRIDGE_B_UNIQUE_ID: &str = "Bridge-B-Unique-ID";
/// In CUSTOM `loopback::bowout`: the channel that leaves the call.
pub const RESIGNING_UUID: &str = "Resigning-UUID";
/// In CUSTOM `loopback::bowout`: the channel that takes its place.
pub const ACQUIRED_UUID: &str = "Acquired-UUID";
/// In events that show variables of a channel, before the name of each.
pub const VARIABLE_PREFIX: &str = "variable_";
