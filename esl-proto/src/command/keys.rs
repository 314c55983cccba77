//! The words inside commands, as the writer writes them and the reader finds them.

/// The name of a header.
pub(super) struct Key {
    name: &'static str,
    /// The name, a colon and a blank.
    pub(super) front: &'static [u8],
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

/// Defines the names of headers.
macro_rules! keys {
    ($($key:ident = $name:literal,)+) => {
        $(pub(super) const $key: Key = Key { name: $name, front: concat!($name, ": ").as_bytes() };)+
    };
}

/// Defines the call-commands, and the header line of each.
macro_rules! calls {
    ($($call:ident in $line:ident = $name:literal,)+) => {
        $(pub(super) const $call: &[u8] = $name.as_bytes();
        pub(super) const $line: &[u8] = concat!("call-command: ", $name, "\n").as_bytes();)+
        pub(super) const CALLS: &[&[u8]] = &[$($call,)+];
    };
}

keys! {
    // `api` and `bgapi`.
    CONSOLE_EXECUTE = "console_execute",
    JOB_UUID = "Job-UUID",
    // `sendmsg`.
    SESSION_ID = "session-id",
    CALL_COMMAND = "call-command",
    EVENT_LOCK = "event-lock",
    EVENT_LOCK_PRI = "event-lock-pri",
    LEAD_FRAMES = "lead-frames",
    ASYNC = "async",
    // `execute`.
    APP_NAME = "execute-app-name",
    APP_ARG = "execute-app-arg",
    CONTENT_TYPE = "content-type",
    LOOPS = "loops",
    EVENT_UUID = "Event-UUID",
    EVENT_UUID_NAME = "Event-UUID-Name",
    HOLD_BLEG = "hold-bleg",
    // `hangup`, `nomedia` and `xferext`.
    HANGUP_CAUSE = "hangup-cause",
    NOMEDIA_UUID = "nomedia-uuid",
    APPLICATION = "application",
    // `unicast`.
    LOCAL_IP = "local-ip",
    LOCAL_PORT = "local-port",
    REMOTE_IP = "remote-ip",
    REMOTE_PORT = "remote-port",
    TRANSPORT = "transport",
    FLAGS = "flags",
}

// The values of `call-command`, with regard to case.
calls! {
    EXECUTE in EXECUTE_LINE = "execute",
    HANGUP in HANGUP_LINE = "hangup",
    UNICAST in UNICAST_LINE = "unicast",
    NOMEDIA in NOMEDIA_LINE = "nomedia",
    XFEREXT in XFEREXT_LINE = "xferext",
}

/// The type of a body that is an application's argument.
pub(super) const TEXT_PLAIN: &[u8] = b"text/plain";

/// Words after `filter`.
pub(super) const ADD: &[u8] = b"add";
pub(super) const DELETE: &[u8] = b"delete";
pub(super) const ALL: &[u8] = b"all";

/// Words after `divert_events` and `log`.
pub(super) const ON: &[u8] = b"on";
pub(super) const DISABLE: &[u8] = b"disable";

/// What the server takes for true, beside numbers other than 0.
pub(super) const TRUE: [&[u8]; 7] = [b"yes", b"on", b"true", b"t", b"enabled", b"active", b"allow"];
