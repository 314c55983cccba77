//! Header names as `str`, made once, and the value that each had last: a busy server uses the same few hundred names for ever,
//! most of them with few values, and dictionaries that a program keeps share them.

use std::sync::{Mutex, MutexGuard};

use esl_proto::Value;
use esl_proto::name::Format;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::text::{to_str, value_str};

/// How many names are kept. 307 different ones were seen on a busy server.
const PLACES: usize = 1024;
/// After how many places a search ends.
const STEPS: usize = 8;
/// The longest name and value that are kept: they bound the memory that a peer can claim.
const LONGEST: usize = 64;
/// How often in a row a name may have another value before its values are kept no more, for a while.
const PATIENCE: u8 = 4;

/// A few bytes, where they are looked for.
struct Short {
    len: u8,
    octets: [u8; LONGEST],
}

impl Short {
    /// Takes bytes that are not too many; others are left out.
    fn new(octets: &[u8]) -> Self {
        let mut short = Self { len: octets.len() as u8, octets: [0; LONGEST] };
        match short.octets.get_mut(..octets.len()) {
            Some(to) => to.copy_from_slice(octets),
            None => short.len = 0,
        }
        short
    }

    #[inline]
    fn get(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// What a name had last.
struct Last {
    /// As it is written in the event.
    raw: Short,
    format: Format,
    text: Py<PyString>,
}

struct Key {
    hash: u32,
    /// How often in a row the value was another one.
    misses: u8,
    name: Short,
    text: Py<PyString>,
    /// The last mapping that it was in.
    mapping: u64,
    /// The name that came next, the last time: mostly it comes again.
    next: usize,
    last: Option<Last>,
}

struct Table {
    mapping: u64,
    /// For each place which of the names is there, counted from 1; 0 for none.
    places: [u16; PLACES],
    /// In the order in which they came, so that those of an event lie beside each other.
    keys: Vec<Key>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { mapping: 0, places: [0; PLACES], keys: Vec::new() });

/// The names, for as long as an event is read: an open-addressed table, where names that differ in case are one.
pub(crate) struct Keys {
    table: Option<MutexGuard<'static, Table>>,
    /// The last name.
    last: usize,
}

impl Table {
    /// The name at a place.
    fn at(&self, place: usize) -> Option<usize> {
        usize::from(*self.places.get(place)?).checked_sub(1)
    }

    /// The place of a name, or the one where it belongs: a free one, or one of a name that has not come in this mapping.
    fn place(&self, name: &[u8], hash: u32) -> Option<(usize, bool)> {
        let mut old = None;
        for step in 0..STEPS {
            let place = (hash as usize + step) % PLACES;
            match self.at(place).and_then(|at| self.keys.get(at)) {
                None => return Some((place, false)),
                Some(key)
                    if key.hash == hash
                        && (same(key.name.get(), name) || key.name.get().eq_ignore_ascii_case(name)) =>
                {
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

    /// Puts a header, which is no array, under its name as it was first written in this mapping. False if there is no room for
    /// the name, or no table.
    #[inline]
    pub(crate) fn set(
        &mut self,
        dict: &Bound<'_, PyDict>,
        name: &[u8],
        value: &Value<'_>,
        format: Format,
    ) -> PyResult<bool> {
        let py = dict.py();
        let Some(key) = self.key(py, name) else { return Ok(false) };
        let raw = value.raw();
        if let Some(last) = &key.last
            && same(last.raw.get(), raw)
            && last.format == format
        {
            key.misses = 0;
            return dict.set_item(key.text.bind(py), last.text.bind(py)).map(|()| true);
        }
        let text = value_str(py, value);
        dict.set_item(key.text.bind(py), &text)?;
        if key.misses < PATIENCE && raw.len() <= LONGEST {
            key.last = Some(Last { raw: Short::new(raw), format, text: text.unbind() });
        }
        key.misses = key.misses.wrapping_add(1);
        Ok(true)
    }

    /// A header's name, as it was first written in this mapping; None as for `set`.
    pub(crate) fn name<'py>(&mut self, py: Python<'py>, name: &[u8]) -> Option<Bound<'py, PyString>> {
        self.key(py, name).map(|key| key.text.bind(py).clone())
    }

    #[inline]
    fn key(&mut self, py: Python<'_>, name: &[u8]) -> Option<&mut Key> {
        let table = self.table.as_deref()?;
        let next = table.keys.get(self.last).map_or(0, |last| last.next);
        let is_next = table.keys.get(next).is_some_and(|key| same(key.name.get(), name));
        let at = if is_next { next } else { self.other(py, name)? };
        self.last = at;
        let table = self.table.as_deref_mut()?;
        let key = table.keys.get_mut(at)?;
        key.mapping = table.mapping;
        Some(key)
    }

    /// A name that is not the next one.
    #[inline(never)]
    fn other(&mut self, py: Python<'_>, name: &[u8]) -> Option<usize> {
        let table = self.table.as_deref_mut().filter(|_| name.len() <= LONGEST)?;
        let mapping = table.mapping;
        let hash = hash(name);
        let (place, is_there) = table.place(name, hash)?;
        let at = table.at(place);
        let is_same = |key: &Key| is_there && (key.mapping == mapping || same(key.name.get(), name));
        if !at.and_then(|at| table.keys.get(at)).is_some_and(is_same) {
            let text = to_str(py, name).unbind();
            let key = Key { hash, misses: 0, name: Short::new(name), text, mapping, next: 0, last: None };
            match at.and_then(|at| table.keys.get_mut(at)) {
                Some(old) => *old = key,
                None => {
                    table.keys.push(key);
                    table.places[place] = table.keys.len() as u16;
                }
            }
        }
        let at = table.at(place)?;
        if let Some(last) = table.keys.get_mut(self.last) {
            last.next = at;
        }
        Some(at)
    }

    /// A name as it is written.
    pub(crate) fn exact<'py>(&mut self, py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
        let Some(table) = self.table.as_ref().filter(|_| name.len() <= LONGEST) else { return to_str(py, name) };
        match table.place(name, hash(name)).and_then(|(place, _)| table.keys.get(table.at(place)?)) {
            Some(key) if same(key.name.get(), name) => key.text.bind(py).clone(),
            _ => to_str(py, name),
        }
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
