//! What the parts of the simulation share. It has one thread at a time, so a lock is never waited for: it is there so
//! that the whole can move to another thread.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A place for a value that several parts change.
#[derive(Default)]
pub(crate) struct Slot<T>(Mutex<T>);

impl<T> Slot<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// The value, for a moment: no two at a time of the same slot.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, value: T) {
        *self.lock() = value;
    }

    pub(crate) fn replace(&self, value: T) -> T {
        std::mem::replace(&mut *self.lock(), value)
    }
}

impl<T: Copy> Slot<T> {
    pub(crate) fn get(&self) -> T {
        *self.lock()
    }
}

impl<T: Default> Slot<T> {
    pub(crate) fn take(&self) -> T {
        std::mem::take(&mut *self.lock())
    }
}
