//! Header names as `str`, made once, and the value that each had last: a busy server uses the same few hundred names for ever,
//! most of them with few values, and dictionaries that a program keeps share them.

use std::sync::{Mutex, MutexGuard};

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::text::to_str;

/// How many names are kept. 307 different ones were seen on a busy server.
const PLACES: usize = 1024;
/// After how many places a search ends.
const STEPS: usize = 8;
/// The longest name and value that are kept: they bound the memory that a peer can claim.
const LONGEST: usize = 64;
/// How often in a row a name may have another value before its values are kept no more, for a while.
const PATIENCE: u8 = 4;

struct Key {
    hash: u32,
    /// The last mapping that it was in.
    mapping: u64,
    octets: Box<[u8]>,
    text: Py<PyString>,
    value: Vec<u8>,
    value_text: Option<Py<PyString>>,
    /// How often in a row the value was another one.
    misses: u8,
    /// The place of the name that came next, the last time: mostly it comes again.
    next: usize,
}

struct Table {
    mapping: u64,
    places: [Option<Key>; PLACES],
}

static TABLE: Mutex<Table> = Mutex::new(Table { mapping: 0, places: [const { None }; PLACES] });

/// The names, for as long as an event is read: an open-addressed table, where names that differ in case are one.
pub(crate) struct Keys {
    table: Option<MutexGuard<'static, Table>>,
    /// The place of the last name.
    last: usize,
}

/// Where a name is in the table.
pub(crate) struct Place(usize);

/// A header's name.
pub(crate) enum Name<'py> {
    /// It is in the table, as it was first written in this mapping.
    Kept(Bound<'py, PyString>, Place),
    /// There is no room for it, or no table.
    New,
}

impl Table {
    /// The place of a name, or the one where it belongs: a free one, or one of a name that has not come in this mapping.
    fn place(&self, name: &[u8], hash: u32) -> Option<(usize, bool)> {
        let mut old = None;
        for step in 0..STEPS {
            let place = (hash as usize + step) % PLACES;
            match &self.places[place] {
                None => return Some((place, false)),
                Some(key) if key.hash == hash && (same(&key.octets, name) || key.octets.eq_ignore_ascii_case(name)) => {
                    return Some((place, true));
                }
                Some(key) if key.mapping != self.mapping => old = old.or(Some(place)),
                Some(_) => {}
            }
        }
        Some((old?, false))
    }
}

impl Keys {
    /// A new mapping begins. `try_lock`: under contention, or if a finalizer re-enters here, strings are made without the
    /// table instead of waiting.
    pub(crate) fn lock() -> Self {
        let mut table = TABLE.try_lock().ok();
        if let Some(table) = &mut table {
            table.mapping += 1;
        }
        Self { table, last: 0 }
    }

    /// A header's name, as it was first written in this mapping.
    pub(crate) fn name<'py>(&mut self, py: Python<'py>, name: &[u8]) -> Name<'py> {
        let Some(table) = self.table.as_deref_mut().filter(|_| name.len() <= LONGEST) else { return Name::New };
        let mapping = table.mapping;
        let next = table.places[self.last].as_ref().map_or(0, |last| last.next);
        if let Some(key) = &mut table.places[next]
            && same(&key.octets, name)
        {
            key.mapping = mapping;
            self.last = next;
            return Name::Kept(key.text.bind(py).clone(), Place(next));
        }
        let hash = hash(name);
        let Some((place, is_there)) = table.place(name, hash) else { return Name::New };
        if let Some(last) = &mut table.places[self.last] {
            last.next = place;
        }
        self.last = place;
        match &mut table.places[place] {
            Some(key) if is_there && (key.mapping == mapping || same(&key.octets, name)) => {
                key.mapping = mapping;
                Name::Kept(key.text.bind(py).clone(), Place(place))
            }
            key => {
                let text = to_str(py, name);
                *key = Some(Key {
                    hash,
                    mapping,
                    octets: name.into(),
                    text: text.clone().unbind(),
                    value: Vec::new(),
                    value_text: None,
                    misses: 0,
                    next: 0,
                });
                Name::Kept(text, Place(place))
            }
        }
    }

    /// A name as it is written.
    pub(crate) fn exact<'py>(&mut self, py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
        let Some(table) = self.table.as_ref().filter(|_| name.len() <= LONGEST) else { return to_str(py, name) };
        match table.place(name, hash(name)).and_then(|(place, _)| table.places[place].as_ref()) {
            Some(key) if *key.octets == *name => key.text.bind(py).clone(),
            _ => to_str(py, name),
        }
    }

    /// The value of a name in the table.
    pub(crate) fn value<'py>(&mut self, py: Python<'py>, place: &Place, value: &[u8]) -> Bound<'py, PyString> {
        let key = self.table.as_mut().and_then(|table| table.places[place.0].as_mut());
        let Some(key) = key.filter(|_| value.len() <= LONGEST) else { return to_str(py, value) };
        if let Some(text) = &key.value_text
            && same(&key.value, value)
        {
            key.misses = 0;
            return text.bind(py).clone();
        }
        let text = to_str(py, value);
        if key.misses < PATIENCE {
            key.value.clear();
            key.value.extend_from_slice(value);
            key.value_text = Some(text.clone().unbind());
        }
        key.misses = key.misses.wrapping_add(1);
        text
    }
}

/// Whether two names or values are the same: they are short, so that a call would take longer.
#[inline]
fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(last), Some(other_last)) => {
            let (words, _) = one.as_chunks::<8>();
            let (other_words, _) = other.as_chunks::<8>();
            last == other_last && words.iter().zip(other_words).all(|(word, other)| word == other)
        }
        _ => one.iter().zip(other).all(|(octet, other)| octet == other),
    }
}

/// Eight bytes at once, with the bit of the case set in all of them.
fn hash(name: &[u8]) -> u32 {
    let with = |hash: u64, word: u64| {
        (hash.rotate_left(5) ^ (word | 0x2020_2020_2020_2020)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let words = name.as_chunks::<8>().0.iter();
    let hash = words.fold(name.len() as u64, |hash, word| with(hash, u64::from_le_bytes(*word)));
    let last = match name.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => name.iter().fold(0, |last, octet| last << 8 | u64::from(*octet)),
    };
    let hash = with(hash, last);
    (hash >> 32) as u32
}
