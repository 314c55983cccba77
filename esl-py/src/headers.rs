//! Headers as a `dict`: each name once, in order of first appearance and as it is written there, with the last value of
//! that name.

use std::borrow::Cow;
use std::collections::HashMap;

use esl_proto::frame::Header;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::keys::Keys;
use crate::text::{decoded, item, value_str};

/// Size of the table on the stack.
const PLACES: usize = 512;
/// How many of the places are taken at most, so that a search ends soon.
const MOST: usize = PLACES / 2;
/// After how many places a search ends in any case: names can be chosen so that their hashes are equal.
const STEPS: usize = 16;

/// The names that have come, whatever the case of their letters: an open-addressed table, and for what finds no place in it
/// a map whose hashes nobody can foresee.
struct Names<'a, 'py> {
    /// Hash, and place in `first` from 1; 0 where nothing is.
    places: [(u32, u32); PLACES],
    first: Vec<(Cow<'a, [u8]>, Bound<'py, PyString>)>,
    more: HashMap<Vec<u8>, Bound<'py, PyString>>,
}

impl<'a, 'py> Names<'a, 'py> {
    fn new() -> Self {
        Self { places: [(0, 0); PLACES], first: Vec::with_capacity(128), more: HashMap::new() }
    }

    /// The key of this name as it was first written: this one, if it has not come before.
    fn first(&mut self, name: Cow<'a, [u8]>, key: Bound<'py, PyString>, hash: u32) -> Bound<'py, PyString> {
        for step in 0..STEPS {
            let place = &mut self.places[(hash as usize + step) % PLACES];
            match *place {
                (_, 0) if self.first.len() < MOST => {
                    *place = (hash, self.first.len() as u32 + 1);
                    self.first.push((name, key.clone()));
                    return key;
                }
                (_, 0) => break,
                (other, number) if other == hash => {
                    let (known, first) = &self.first[number as usize - 1];
                    if known.eq_ignore_ascii_case(&name) {
                        return first.clone();
                    }
                }
                _ => {}
            }
        }
        self.more.entry(name.to_ascii_lowercase()).or_insert(key).clone()
    }
}

/// Headers as a `dict`.
pub(crate) fn dict<'py, 'a>(
    py: Python<'py>,
    headers: impl Iterator<Item = Header<'a>>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let mut keys = Keys::lock();
    let mut names = Names::new();
    for Header { name, value } in headers {
        let name = decoded(&name);
        let (key, hash) = keys.get(py, &name);
        dict.set_item(names.first(name, key, hash), item(py, &value, value_str)?)?;
    }
    Ok(dict)
}
