//! Header names as `str`, made once: a busy server uses the same few hundred for ever, and dictionaries that a program
//! keeps share them.

use std::sync::{Mutex, MutexGuard};

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

/// The names, for as long as an event is read.
pub(crate) struct Keys(Option<MutexGuard<'static, [Option<Key>; PLACES]>>);

impl Keys {
    /// `try_lock`: under contention, or if a finalizer re-enters here, strings are made without the cache instead of waiting.
    pub(crate) fn lock() -> Self {
        Self(KEYS.try_lock().ok())
    }

    /// A header's name, and a hash of it that is the same for all cases of its letters.
    pub(crate) fn get<'py>(&mut self, py: Python<'py>, name: &[u8]) -> (Bound<'py, PyString>, u32) {
        let hash = hash(name);
        let Some(keys) = self.0.as_mut().filter(|_| name.len() <= LONGEST) else { return (to_str(py, name), hash) };
        let place = &mut keys[hash as usize % PLACES];
        match place {
            Some(key) if *key.octets == *name => (key.text.bind(py).clone(), hash),
            _ => {
                let text = to_str(py, name);
                *place = Some(Key { octets: name.into(), text: text.clone().unbind() });
                (text, hash)
            }
        }
    }
}

/// Eight bytes at once, with the bit of the case set in all of them.
fn hash(name: &[u8]) -> u32 {
    let (words, rest) = name.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let hash = words.iter().chain([&last]).fold(0_u64, |hash, word| {
        (hash.rotate_left(5) ^ (u64::from_le_bytes(*word) | 0x2020_2020_2020_2020)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    (hash >> 32) as u32
}
