//! Whatever a client sends: `Command::parse` and the listener read the same command, or refuse it with the same words.

use crate::any_verb::agree;

/// See the module. The input is the arguments of each command in turn, or a request as it is.
pub fn run(data: &[u8]) {
    const WORDS: [&str; 20] = [
        "exit",
        "auth",
        "userauth",
        "filter",
        "resume",
        "connect",
        "getvar",
        "myevents",
        "divert_events",
        "sendmsg",
        "sendevent",
        "api",
        "bgapi",
        "log",
        "nolog",
        "linger",
        "nolinger",
        "event",
        "nixevent",
        "noevents",
    ];
    let Some((choice, rest)) = data.split_first() else { return };
    let word = WORDS.get(usize::from(*choice)).copied().unwrap_or_default();
    agree(&[word.as_bytes(), rest, b"\n\n"].concat());
}
