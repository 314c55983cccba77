//! What is known of one call, as bytes: each field with its number, its length and its value, in no order.

use super::octets::Octets;
use crate::text::Value;

/// What is known of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Field {
    Uuid,
    Name,
    Direction,
    State,
    CallState,
    AnswerState,
    CallerName,
    CallerNumber,
    Destination,
    Application,
    ApplicationData,
    Created,
    Answered,
    HungUp,
    OtherLeg,
    Cause,
    /// The uuid before the last one.
    Old,
    /// Which call it belongs to, as `show channels` tells.
    Group,
    /// A variable: the name, a NUL and the value.
    Variable,
    // What events tell beside, and nobody keeps.
    EventName,
    Subclass,
    BridgeA,
    BridgeB,
    Resigning,
    Acquired,
}

/// A field's number and the length of its value, of three bytes.
const HEAD: usize = 5;

/// The fields of a call.
#[derive(Clone, Debug)]
pub(super) struct Record<T> {
    octets: T,
    len: usize,
    /// Whether something was too long for the storage.
    pub(super) is_cut: bool,
}

/// A field, and where it stands.
struct Entry<'r> {
    field: u8,
    value: &'r [u8],
    /// With its head.
    at: usize,
}

fn entries(octets: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut at = 0_usize;
    core::iter::from_fn(move || {
        let (head, rest) = octets.get(at..)?.split_first_chunk::<HEAD>()?;
        let [field, a, b, c, d] = *head;
        let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let entry = Entry { field, value: rest.get(..len)?, at };
        at = at.saturating_add(HEAD).saturating_add(len);
        Some(entry)
    })
}

/// Where a variable's name ends in its field.
fn value_of<'r>(name: &[u8], value: &'r [u8]) -> Option<&'r [u8]> {
    value.strip_prefix(name)?.strip_prefix(b"\0")
}

/// The first value of a field in the bytes of a record.
pub(super) fn find(octets: &[u8], field: Field) -> Option<&[u8]> {
    entries(octets).find(|entry| entry.field == field as u8).map(|entry| entry.value)
}

/// The value of a variable in the bytes of a record.
pub(super) fn variable<'r>(octets: &'r [u8], name: &[u8]) -> Option<&'r [u8]> {
    entries(octets).filter(|entry| entry.field == Field::Variable as u8).find_map(|entry| value_of(name, entry.value))
}

/// All variables with their values.
pub(super) fn variables(octets: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    entries(octets).filter(|entry| entry.field == Field::Variable as u8).filter_map(|entry| {
        let end = memchr::memchr(0, entry.value)?;
        Some((entry.value.get(..end)?, entry.value.get(end.saturating_add(1)..)?))
    })
}

impl<T> Record<T> {
    pub(super) const fn new(octets: T) -> Self {
        Self { octets, len: 0, is_cut: false }
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
        self.is_cut = false;
    }
}

impl<T: Octets> Record<T> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.octets.as_ref().get(..self.len).unwrap_or_default()
    }

    pub(super) fn get(&self, field: Field) -> Option<&[u8]> {
        find(self.as_bytes(), field)
    }

    /// Takes a field away.
    pub(super) fn remove(&mut self, field: Field) {
        let found = entries(self.as_bytes()).find(|entry| entry.field == field as u8);
        if let Some((at, len)) = found.map(|entry| (entry.at, entry.value.len())) {
            self.cut_out(at, len);
        }
    }

    fn cut_out(&mut self, at: usize, len: usize) {
        let end = at.saturating_add(HEAD).saturating_add(len);
        let used = self.octets.as_mut().get_mut(..self.len).unwrap_or_default();
        if let Some(rest) = used.get_mut(at..) {
            let gone = end.saturating_sub(at);
            rest.rotate_left(gone.min(rest.len()));
            self.len = self.len.saturating_sub(gone);
        }
    }

    /// Sets a field to what an event tells. Returns whether there was room for it.
    pub(super) fn set(&mut self, field: Field, value: Value<'_>) -> bool {
        let found = entries(self.as_bytes()).find(|entry| entry.field == field as u8);
        let known = found.map(|entry| (value == *entry.value, entry.at, entry.value.len()));
        self.renew(known, field, &[], value)
    }

    /// The same of a variable.
    pub(super) fn set_variable(&mut self, name: &[u8], value: Value<'_>) -> bool {
        let found = entries(self.as_bytes())
            .filter(|entry| entry.field == Field::Variable as u8)
            .find_map(|entry| value_of(name, entry.value).map(|known| (value == *known, entry.at, entry.value.len())));
        // A NUL would end the name.
        !name.contains(&0) && self.renew(found, Field::Variable, name, value)
    }

    fn renew(&mut self, known: Option<(bool, usize, usize)>, field: Field, name: &[u8], value: Value<'_>) -> bool {
        match known {
            Some((true, ..)) => return true,
            Some((false, at, len)) => self.cut_out(at, len),
            None => {}
        }
        let is_kept = self.push(field, name, value);
        self.is_cut |= !is_kept;
        is_kept
    }

    fn push(&mut self, field: Field, name: &[u8], value: Value<'_>) -> bool {
        let named = if name.is_empty() { 0 } else { name.len().saturating_add(1) };
        let at = self.len.saturating_add(HEAD).saturating_add(named);
        // What has been decoded is seldom longer than what it is decoded from, and there may be room enough all the same.
        let most = at.saturating_add(value.raw().len());
        if !self.octets.reserve(most) && !self.octets.reserve(at.saturating_add(value.decoded_len())) {
            return false;
        }
        let Some(free) = self.octets.as_mut().get_mut(self.len..) else { return false };
        let Some((head, rest)) = free.split_first_chunk_mut::<HEAD>() else { return false };
        let Some((front, rest)) = rest.split_at_mut_checked(named) else { return false };
        let Ok(decoded) = value.decode_into(rest) else { return false };
        let Ok(len) = u32::try_from(decoded.len().saturating_add(named)) else { return false };
        for (to, octet) in front.iter_mut().zip(name.iter().chain(&[0])) {
            *to = *octet;
        }
        let [a, b, c, d] = len.to_le_bytes();
        *head = [field as u8, a, b, c, d];
        self.len = at.saturating_add(len as usize - named);
        true
    }
}
