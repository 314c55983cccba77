//! The words inside commands, as the writer writes them and the reader finds them.

/// Headers of `api` and `bgapi`.
pub(super) const CONSOLE_EXECUTE: &str = "console_execute";
pub(super) const JOB_UUID: &str = crate::name::header::JOB_UUID;

/// Headers of `sendmsg`.
pub(super) const SESSION_ID: &str = "session-id";
pub(super) const CALL_COMMAND: &str = "call-command";
pub(super) const EVENT_LOCK: &str = "event-lock";
pub(super) const EVENT_LOCK_PRI: &str = "event-lock-pri";
pub(super) const LEAD_FRAMES: &str = "lead-frames";
pub(super) const ASYNC: &str = "async";

/// Call-commands: the values of [`CALL_COMMAND`], with regard to case.
pub(super) const EXECUTE: &[u8] = b"execute";
pub(super) const HANGUP: &[u8] = b"hangup";
pub(super) const UNICAST: &[u8] = b"unicast";
pub(super) const NOMEDIA: &[u8] = b"nomedia";
pub(super) const XFEREXT: &[u8] = b"xferext";
pub(super) const CALLS: [&[u8]; 5] = [EXECUTE, HANGUP, UNICAST, NOMEDIA, XFEREXT];

/// Headers of `execute`.
pub(super) const APP_NAME: &str = "execute-app-name";
pub(super) const APP_ARG: &str = "execute-app-arg";
pub(super) const CONTENT_TYPE: &str = "content-type";
/// The type of a body that is an application's argument.
pub(super) const TEXT_PLAIN: &[u8] = b"text/plain";
pub(super) const LOOPS: &str = "loops";
pub(super) const EVENT_UUID: &str = "Event-UUID";
pub(super) const EVENT_UUID_NAME: &str = "Event-UUID-Name";
pub(super) const HOLD_BLEG: &str = "hold-bleg";

/// Headers of `hangup`, `nomedia` and `xferext`.
pub(super) const HANGUP_CAUSE: &str = "hangup-cause";
pub(super) const NOMEDIA_UUID: &str = "nomedia-uuid";
pub(super) const APPLICATION: &str = "application";

/// Headers of `unicast`.
pub(super) const LOCAL_IP: &str = "local-ip";
pub(super) const LOCAL_PORT: &str = "local-port";
pub(super) const REMOTE_IP: &str = "remote-ip";
pub(super) const REMOTE_PORT: &str = "remote-port";
pub(super) const TRANSPORT: &str = "transport";
pub(super) const FLAGS: &str = "flags";

/// Words after `filter`.
pub(super) const ADD: &[u8] = b"add";
pub(super) const DELETE: &[u8] = b"delete";
pub(super) const ALL: &[u8] = b"all";

/// Words after `divert_events` and `log`.
pub(super) const ON: &[u8] = b"on";
pub(super) const DISABLE: &[u8] = b"disable";

/// What the server takes for true, beside numbers other than 0.
pub(super) const TRUE: [&[u8]; 7] = [b"yes", b"on", b"true", b"t", b"enabled", b"active", b"allow"];
