//! What belongs to numbers that are counted up and mostly forgotten in their order.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::time::Duration;

use super::{Slot, Wait};

/// How many numbers may be left out between two for which there is a place in the ring.
const GAP: usize = 16;
/// How long a ring may be without being looked at.
const SHORT: usize = 64;
/// How large a ring may be that stays when it is empty.
const KEPT: usize = 1024;

/// A map from numbers. Those that are counted up have their places in a ring: to insert, find and remove them costs a few
/// instructions, in whichever order. Others, and those that outlive most that came after them, are in a tree.
#[derive(Clone, Debug)]
pub struct SlotMap<T> {
    /// The number of the ring's first place.
    first: u64,
    ring: VecDeque<Option<T>>,
    /// How many of the ring's places are taken. The first is, if any is.
    taken: usize,
    rest: BTreeMap<u64, T>,
}

impl<T> Default for SlotMap<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> SlotMap<T> {
    /// An empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { first: 0, ring: VecDeque::new(), taken: 0, rest: BTreeMap::new() }
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    /// Puts an item where there is none.
    pub fn insert(&mut self, number: u64, item: T) {
        if self.ring.len() >= SHORT && self.taken < self.ring.len() / 8 {
            // A few have stayed behind: the ring goes on without them.
            let first = self.first;
            let left =
                self.ring.drain(..).zip(0..).filter_map(|(item, place)| Some((first.saturating_add(place), item?)));
            self.rest.extend(left);
            self.taken = 0;
        }
        if self.taken == 0 {
            self.ring.clear();
            self.first = number;
        }
        let (place, len) = (self.place(number), self.ring.len());
        match place.and_then(|place| self.ring.get_mut(place)) {
            Some(free) => {
                *free = Some(item);
                self.taken = self.taken.saturating_add(1);
            }
            None => match place.filter(|place| place.saturating_sub(len) <= GAP) {
                Some(place) => {
                    self.ring.resize_with(place, || None);
                    self.ring.push_back(Some(item));
                    self.taken = self.taken.saturating_add(1);
                }
                None => drop(self.rest.insert(number, item)),
            },
        }
    }

    /// The item of a number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&T> {
        let in_ring = self.place(number).and_then(|place| self.ring.get(place)).and_then(Option::as_ref);
        if in_ring.is_none() && !self.rest.is_empty() { self.rest.get(&number) } else { in_ring }
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = self.place(number);
        match place.and_then(|place| self.ring.get_mut(place)).and_then(Option::as_mut) {
            None if !self.rest.is_empty() => self.rest.get_mut(&number),
            in_ring => in_ring,
        }
    }

    /// Takes an item away.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.place(number);
        let Some(item) = place.and_then(|place| self.ring.get_mut(place)).and_then(Option::take) else {
            return if self.rest.is_empty() { None } else { self.rest.remove(&number) };
        };
        self.taken = self.taken.saturating_sub(1);
        if self.taken == 0 {
            self.ring.clear();
            if self.ring.capacity() > KEPT {
                self.ring = VecDeque::new();
            }
        }
        while let Some(None) = self.ring.front() {
            self.ring.pop_front();
            self.first = self.first.saturating_add(1);
        }
        Some(item)
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.saturating_add(self.rest.len())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let numbers = (0..).map(|place| self.first.saturating_add(place));
        let mut ring = numbers.zip(&self.ring).filter_map(|(number, item)| Some((number, item.as_ref()?))).peekable();
        let mut rest = self.rest.iter().map(|(number, item)| (*number, item)).peekable();
        core::iter::from_fn(move || match (ring.peek(), rest.peek()) {
            (Some((one, _)), Some((other, _))) if other < one => rest.next(),
            (Some(_), _) => ring.next(),
            (None, _) => rest.next(),
        })
    }
}

/// The waits, and which deadline comes next.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    waits: SlotMap<(Wait, Option<Duration>)>,
    /// Deadlines in their order, which is mostly that in which they are set. Waits that are over may still have one here, but
    /// not the first.
    deadlines: VecDeque<(Duration, Slot)>,
    /// Those that came before another that was set already.
    earlier: BTreeSet<(Duration, Slot)>,
}

impl Waits {
    pub(super) const fn new() -> Self {
        Self { waits: SlotMap::new(), deadlines: VecDeque::new(), earlier: BTreeSet::new() }
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.waits.get(slot.0).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.waits.len()
    }

    /// In the order of their slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, Wait)> {
        self.waits.iter().map(|(slot, (wait, _))| (Slot(slot), *wait))
    }

    /// A wait whose slot is free.
    pub(super) fn insert(&mut self, slot: Slot, wait: Wait, deadline: Option<Duration>) {
        self.waits.insert(slot.0, (wait, deadline));
        let Some(at) = deadline else { return };
        if self.deadlines.len() >= SHORT && self.deadlines.len() / 4 > self.waits.len() {
            let waits = &self.waits;
            self.deadlines.retain(|deadline| is_set(waits, deadline));
        }
        match self.deadlines.back() {
            Some(last) if *last > (at, slot) => drop(self.earlier.insert((at, slot))),
            _ => self.deadlines.push_back((at, slot)),
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<Wait> {
        let (wait, deadline) = self.waits.remove(slot.0)?;
        if let Some(at) = deadline {
            if !self.earlier.is_empty() {
                self.earlier.remove(&(at, slot));
            }
            while let Some(first) = self.deadlines.front()
                && !is_set(&self.waits, first)
            {
                self.deadlines.pop_front();
            }
            if self.deadlines.is_empty() && self.deadlines.capacity() > KEPT {
                self.deadlines = VecDeque::new();
            }
        }
        Some(wait)
    }

    /// The wait whose deadline comes next.
    pub(super) fn next_deadline(&self) -> Option<(Duration, Slot)> {
        let (one, other) = (self.deadlines.front(), self.earlier.first());
        one.into_iter().chain(other).min().copied()
    }
}

fn is_set(waits: &SlotMap<(Wait, Option<Duration>)>, (at, slot): &(Duration, Slot)) -> bool {
    waits.get(slot.0).is_some_and(|(_, deadline)| *deadline == Some(*at))
}
