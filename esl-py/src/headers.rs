//! Headers as a `dict`: each name once, in order of first appearance and as it is written there, with the last value of
//! that name.

use esl_proto::frame::Header;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::keys::Keys;
use crate::text::{decoded, item, value_str};

/// How many names are told apart by their hashes. With more of them, all that are there are compared.
const PLACES: usize = 1024;
/// How many of the places are taken at most, so that a search ends soon.
const MOST: usize = PLACES / 2;

/// The hashes of the names that have come, whatever the case of their letters: an open-addressed table.
struct Seen {
    hashes: [u32; PLACES],
    count: usize,
}

impl Seen {
    const fn new() -> Self {
        Self { hashes: [0; PLACES], count: 0 }
    }

    /// Whether the name may have come before.
    fn note(&mut self, hash: u32) -> bool {
        if self.count >= MOST {
            return true;
        }
        let hash = hash.max(1);
        let mut place = hash as usize % PLACES;
        loop {
            match self.hashes[place] {
                0 => break,
                other if other == hash => return true,
                _ => place = (place + 1) % PLACES,
            }
        }
        self.hashes[place] = hash;
        self.count += 1;
        false
    }
}

/// The key in the dictionary that is this name in another case.
fn other_case<'py>(dict: &Bound<'py, PyDict>, name: &[u8]) -> Option<Bound<'py, PyAny>> {
    dict.keys().iter().find(|key| {
        let text = key.cast::<PyString>().ok().and_then(|key| key.to_cow().ok());
        text.is_some_and(|text| text.as_bytes().eq_ignore_ascii_case(name))
    })
}

/// Headers as a `dict`.
pub(crate) fn dict<'py, 'a>(
    py: Python<'py>,
    headers: impl Iterator<Item = Header<'a>>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let mut keys = Keys::lock();
    let mut seen = Seen::new();
    for Header { name, value } in headers {
        let name = decoded(&name);
        let (key, hash) = keys.get(py, &name);
        let value = item(py, &value, value_str)?;
        if seen.note(hash)
            && !dict.contains(&key)?
            && let Some(first) = other_case(&dict, &name)
        {
            dict.set_item(first, value)?;
        } else {
            dict.set_item(key, value)?;
        }
    }
    Ok(dict)
}
