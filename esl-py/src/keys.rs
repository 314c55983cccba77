//! Header names as `str`, made once: a busy server uses the same few hundred for ever, and dictionaries that a program
//! keeps share them.

use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::text::to_str;

/// Size of a direct-mapped cache: a collision evicts. 307 different names were seen on a busy server.
const PLACES: usize = 1024;
/// The longest name that is cached: bounds the memory that a peer can claim.
const LONGEST: usize = 64;

struct Key {
    octets: Box<[u8]>,
    text: Py<PyString>,
}

static KEYS: Mutex<[Option<Key>; PLACES]> = Mutex::new([const { None }; PLACES]);

/// A header's name as `str`.
pub(crate) fn key<'py>(py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
    // `try_lock`: under contention, or if a finalizer re-enters here, make the string without the cache instead of waiting.
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
