//! Header names as `str`, made once: a busy server uses the same few hundred for ever, and dictionaries that a program
//! keeps share them.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::text::to_str;

/// Names have a place by their hash, the last one there stays. 307 different ones were seen on a busy server.
const PLACES: usize = 1024;
/// The longest name that is kept: what a peer can make stay is bounded.
const LONGEST: usize = 64;

struct Key {
    octets: Box<[u8]>,
    text: Py<PyString>,
}

static KEYS: Mutex<[Option<Key>; PLACES]> = Mutex::new([const { None }; PLACES]);

/// A header's name as `str`.
pub(crate) fn key<'py>(py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
    // Who finds it locked does without: nobody waits here.
    let Some(mut keys) = KEYS.try_lock().ok().filter(|_| name.len() <= LONGEST) else { return to_str(py, name) };
    let place = &mut keys[place(name)];
    match place {
        Some(key) if *key.octets == *name => key.text.bind(py).clone(),
        _ => {
            let text = to_str(py, name);
            *place = Some(Key { octets: name.into(), text: text.clone().unbind() });
            text
        }
    }
}

fn place(name: &[u8]) -> usize {
    let (words, rest) = name.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = words.iter().chain([&last]).fold(0_u64, |hash, word| {
        (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (hash >> 32) as usize % PLACES
}
