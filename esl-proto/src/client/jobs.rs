//! Matching background jobs and applications to the commands that started them.
//!
//! The end of a job or an application comes as an event that carries the name given by the command. A [`Tag`] is such a
//! name; a [`PendingTable`] maps it to a value.

use core::iter::FusedIterator;
use core::{fmt, slice};

use crate::text::{Value, percent};

/// Sixteen digits, a dash, sixteen digits.
const TAG_LEN: usize = 33;

/// A name for a `bgapi` job ([`Command::bgapi_named`](crate::Command::bgapi_named)) or an application
/// ([`Execute::event_uuid`](crate::command::Execute::event_uuid)), made of two numbers.
///
/// The host chooses a `run` that other programs on the same server do not use (at random, say, once a connection) and
/// counts `number` up. In the event at its end (`Job-UUID` of BACKGROUND_JOB, `Application-UUID` of
/// CHANNEL_EXECUTE_COMPLETE), [`number_in`](Self::number_in) finds the number again.
///
/// These events arrive only after a subscription to them, and are subject to filters like others.
///
/// ```
/// use esl_proto::client::Tag;
/// use esl_proto::{Command, Event, name::Format};
///
/// let tag = Tag::new(0xf5, 17);
/// let command = Command::bgapi_named("status", &tag);
/// # assert!(command.encoded_len().is_ok());
/// let event = Event::new(Format::Plain, b"Event-Name: BACKGROUND_JOB\nJob-UUID: 00000000000000f5-0000000000000011\n\n");
/// assert_eq!(event.job_uuid().and_then(|value| Tag::number_in(value, 0xf5)), Some(17));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    octets: [u8; TAG_LEN],
}

impl Tag {
    /// The name of command `number` of `run`.
    #[must_use]
    pub fn new(run: u64, number: u64) -> Self {
        let mut octets = [b'-'; TAG_LEN];
        let (front, back) = octets.split_at_mut(16);
        write_hexadecimal(run, front);
        write_hexadecimal(number, back.split_at_mut(1).1);
        Self { octets }
    }

    /// The name as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.octets
    }

    /// The number of the command, if `value` is a name of this `run`.
    #[must_use]
    pub fn number_in(value: Value<'_>, run: u64) -> Option<u64> {
        let mut octets = [0; TAG_LEN];
        let text: &[u8] = value.decode_into(&mut octets).ok()?;
        let (front, number) = text.split_at_checked(16)?;
        let number = number.strip_prefix(b"-").filter(|digits| digits.len() == 16)?;
        (hexadecimal(front)? == run).then_some(hexadecimal(number)?)
    }
}

/// Writes the last digits of `number`, as many as there is room for.
fn write_hexadecimal(number: u64, out: &mut [u8]) {
    let mut rest = number;
    for place in out.iter_mut().rev() {
        *place = match (rest % 16) as u8 {
            digit @ 0..10 => b'0' + digit,
            letter => b'a' + letter - 10,
        };
        rest /= 16;
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| Some((number << 4) | u64::from(percent::pair(b'0', *digit)?)))
}

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        &self.octets
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::from_bytes(&self.octets), f)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Value::from_bytes(&self.octets), f)
    }
}

/// Storage for one entry of a [`PendingTable`].
#[derive(Clone, Copy, Debug)]
pub struct PendingSlot<T>(Option<(u64, T)>);

impl<T> PendingSlot<T> {
    /// An unused slot.
    pub const EMPTY: Self = Self(None);
}

/// A table of pending items by number, in the caller's storage: an array, a slice or a `Vec` of [`PendingSlot`]s.
///
/// For hosts without a map. A look-up walks the slots.
///
/// ```
/// use esl_proto::client::{PendingSlot, PendingTable};
///
/// let mut jobs = PendingTable::new([PendingSlot::EMPTY; 2]);
/// assert!(jobs.insert(17, "originate").is_ok());
/// assert!(jobs.insert(18, "status").is_ok());
/// assert_eq!(jobs.insert(19, "reloadxml"), Err("reloadxml"));
/// assert_eq!(jobs.take(17), Some("originate"));
/// assert_eq!(jobs.take(17), None);
/// ```
#[derive(Clone, Debug)]
pub struct PendingTable<T, S> {
    slots: S,
    entries: core::marker::PhantomData<T>,
}

impl<T, S: AsRef<[PendingSlot<T>]> + AsMut<[PendingSlot<T>]>> PendingTable<T, S> {
    /// A table over these slots. What they hold stays in it.
    pub const fn new(slots: S) -> Self {
        Self { slots, entries: core::marker::PhantomData }
    }

    /// Remembers `entry` under `number`, and gives back what stood there.
    ///
    /// # Errors
    /// `entry` itself if there is no room.
    pub fn insert(&mut self, number: u64, entry: T) -> Result<Option<T>, T> {
        let slots = self.slots.as_mut();
        let same = slots.iter().position(|slot| slot.0.as_ref().is_some_and(|(key, _)| *key == number));
        let place = same.or_else(|| slots.iter().position(|slot| slot.0.is_none()));
        match place.and_then(|place| slots.get_mut(place)) {
            Some(slot) => Ok(slot.0.replace((number, entry)).map(|(_, before)| before)),
            None => Err(entry),
        }
    }

    /// Takes the entry of `number` out, if there is one.
    pub fn take(&mut self, number: u64) -> Option<T> {
        let slot =
            self.slots.as_mut().iter_mut().find(|slot| slot.0.as_ref().is_some_and(|(key, _)| *key == number))?;
        slot.0.take().map(|(_, entry)| entry)
    }

    /// Takes all entries out: at the end of a connection, nothing is waited for any more.
    pub fn drain(&mut self) -> PendingDrain<'_, T> {
        PendingDrain { slots: self.slots.as_mut().iter_mut() }
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.as_ref().iter().filter(|slot| slot.0.is_some()).count()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes the entries of a [`PendingTable`] out; made by [`PendingTable::drain`].
#[derive(Debug)]
pub struct PendingDrain<'t, T> {
    slots: slice::IterMut<'t, PendingSlot<T>>,
}

impl<T> Iterator for PendingDrain<'_, T> {
    type Item = (u64, T);

    fn next(&mut self) -> Option<(u64, T)> {
        self.slots.find_map(|slot| slot.0.take())
    }
}

impl<T> FusedIterator for PendingDrain<'_, T> {}
