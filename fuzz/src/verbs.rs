//! Whatever a client sends: `Command::parse` and the listener read the same command, or refuse it with the same words.

use crate::any_verb::{WORDS, agree};

/// See the module. The input is the arguments of each command in turn, or a request as it is.
pub fn run(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let word = WORDS.get(usize::from(*choice)).copied().unwrap_or_default();
    agree(&[word.as_bytes(), rest, b"\n\n"].concat());
}
