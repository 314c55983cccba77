//! Where calls are kept: in slots of the caller's, or on the heap.

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::octets::Octets;
use super::record::Record;
use crate::command::Words;

/// A place for one call; empty at first.
///
/// What is known of a call takes some 200 bytes, and what its variables take.
#[derive(Clone, Debug)]
pub struct CallSlot<T> {
    pub(super) record: Record<T>,
    /// Of the uuid; what is not in use has none.
    pub(super) hash: Option<u32>,
    /// While calls are restored: the hash of the call that it belongs to.
    pub(super) group: Option<u32>,
    /// While calls are restored: whether it has been named.
    pub(super) named: bool,
}

impl<T> CallSlot<T> {
    /// An empty place that keeps a call in these bytes.
    #[must_use]
    pub const fn new(octets: T) -> Self {
        Self { record: Record::new(octets), hash: None, group: None, named: false }
    }
}

impl<const N: usize> CallSlot<[u8; N]> {
    /// An empty place of `N` bytes.
    pub const EMPTY: Self = Self::new([0; N]);
}

/// Where [`Calls`](super::Calls) keeps its calls: [`InSlots`] of the caller's, or on the heap.
pub trait Storage {
    /// What the bytes of a call lie in.
    type Octets: Octets;

    /// The places. Their order and number is for [`Calls`](super::Calls) to change.
    fn slots(&self) -> &[CallSlot<Self::Octets>];

    /// The same, to be changed.
    fn slots_mut(&mut self) -> &mut [CallSlot<Self::Octets>];

    /// How many calls are kept at most.
    fn bound(&self) -> usize;

    /// Makes more places for the calls that there are and one more, if that is possible and worth it. The calls that stood
    /// in the old ones are handed to `again`.
    fn grow(&mut self, calls: usize, again: impl FnMut(&mut [CallSlot<Self::Octets>], CallSlot<Self::Octets>));

    /// Whether any variable is kept.
    fn wants_variables(&self) -> bool;

    /// Whether the variable of this name is kept.
    fn wants(&self, variable: &[u8]) -> bool;
}

/// Slots of the caller's. Nothing is allocated.
#[derive(Debug)]
pub struct InSlots<'s, const N: usize> {
    pub(super) slots: &'s mut [CallSlot<[u8; N]>],
    pub(super) variables: Words<'s>,
}

impl<const N: usize> Storage for InSlots<'_, N> {
    type Octets = [u8; N];

    fn slots(&self) -> &[CallSlot<[u8; N]>] {
        self.slots
    }

    fn slots_mut(&mut self) -> &mut [CallSlot<[u8; N]>] {
        self.slots
    }

    fn bound(&self) -> usize {
        // A search ends at a free one.
        self.slots.len().saturating_sub(1)
    }

    fn grow(&mut self, _: usize, _: impl FnMut(&mut [CallSlot<[u8; N]>], CallSlot<[u8; N]>)) {}

    fn wants_variables(&self) -> bool {
        self.variables.iter().next().is_some()
    }

    fn wants(&self, variable: &[u8]) -> bool {
        self.variables.iter().any(|wanted| wanted == variable)
    }
}

/// A bounded number of calls on the heap.
#[cfg(feature = "alloc")]
#[derive(Clone, Debug)]
pub struct Heap {
    pub(super) slots: Vec<CallSlot<Vec<u8>>>,
    pub(super) bound: usize,
    /// In order.
    pub(super) variables: Vec<Box<[u8]>>,
}

#[cfg(feature = "alloc")]
impl Storage for Heap {
    type Octets = Vec<u8>;

    fn slots(&self) -> &[CallSlot<Vec<u8>>] {
        &self.slots
    }

    fn slots_mut(&mut self) -> &mut [CallSlot<Vec<u8>>] {
        &mut self.slots
    }

    fn bound(&self) -> usize {
        self.bound
    }

    fn grow(&mut self, calls: usize, mut again: impl FnMut(&mut [CallSlot<Vec<u8>>], CallSlot<Vec<u8>>)) {
        // A quarter stays free, so that a call is found soon.
        if calls < self.slots.len() - self.slots.len() / 4 {
            return;
        }
        let many = calls.saturating_add(1).saturating_mul(2).max(16);
        let old = core::mem::take(&mut self.slots);
        self.slots.resize_with(many, || CallSlot::new(Vec::new()));
        old.into_iter().for_each(|slot| again(&mut self.slots, slot));
    }

    fn wants_variables(&self) -> bool {
        !self.variables.is_empty()
    }

    fn wants(&self, variable: &[u8]) -> bool {
        self.variables.binary_search_by(|wanted| (**wanted).cmp(variable)).is_ok()
    }
}
