//! A stream between a connection and whoever reads it.

use alloc::collections::VecDeque;

/// What happens when a [`Queue`] is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Overflow {
    /// The host stops reading from the socket until there is room ([`Queue::is_blocking`]): nothing is lost here. The
    /// server drops events and then ends a connection that is not read for long.
    #[default]
    Block,
    /// The oldest item makes room, and counts as lost.
    DropOldest,
    /// The new item counts as lost.
    DropNewest,
    /// The queue ends: its reader gets what it holds, and then [`Item::Overflowed`].
    End,
}

/// What a [`Queue`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<T> {
    /// What was pushed.
    Item(T),
    /// So many items are missing here.
    Lost(u64),
    /// The queue was full and has ended ([`Overflow::End`]).
    Overflowed,
}

/// A bounded queue whose losses are told where they are.
///
/// ```
/// use esl_proto::session::{Item, Overflow, Queue};
///
/// let mut queue = Queue::new(2, Overflow::DropOldest);
/// for number in 1..=4 {
///     queue.push(number);
/// }
/// assert_eq!(queue.pop(), Some(Item::Lost(2)));
/// assert_eq!(queue.pop(), Some(Item::Item(3)));
/// assert_eq!((queue.pop(), queue.pop()), (Some(Item::Item(4)), None));
/// assert_eq!(queue.lost(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Queue<T> {
    /// Each with how many are missing before it.
    items: VecDeque<(u64, T)>,
    bound: usize,
    overflow: Overflow,
    /// How many are missing behind the last item.
    lost_behind: u64,
    lost: u64,
    overflowed: bool,
    blocking: bool,
}

impl<T> Queue<T> {
    /// An empty queue of at most `bound` items, one at least.
    #[must_use]
    pub const fn new(bound: usize, overflow: Overflow) -> Self {
        Self {
            items: VecDeque::new(),
            bound: if bound == 0 { 1 } else { bound },
            overflow,
            lost_behind: 0,
            lost: 0,
            overflowed: false,
            blocking: false,
        }
    }

    /// Puts an item at the end, or does what the policy says. With [`Overflow::Block`] it is always taken: what was read
    /// already must go somewhere; whoever reads no more while [`is_blocking`](Self::is_blocking) keeps the bound.
    pub fn push(&mut self, item: T) {
        if self.overflowed {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        if self.items.len() >= self.bound {
            match self.overflow {
                Overflow::Block => {}
                Overflow::DropOldest => {
                    self.lost = self.lost.saturating_add(1);
                    let before = self.items.pop_front().map_or(0, |(before, _)| before).saturating_add(1);
                    let lost = self.items.front_mut().map_or(&mut self.lost_behind, |(lost, _)| lost);
                    *lost = lost.saturating_add(before);
                }
                Overflow::DropNewest => {
                    self.lost = self.lost.saturating_add(1);
                    self.lost_behind = self.lost_behind.saturating_add(1);
                    return;
                }
                Overflow::End => {
                    self.lost = self.lost.saturating_add(1);
                    self.overflowed = true;
                    return;
                }
            }
        }
        self.items.push_back((core::mem::take(&mut self.lost_behind), item));
        self.blocking = self.overflow == Overflow::Block && self.items.len() >= self.bound;
    }

    /// Takes what comes first.
    pub fn pop(&mut self) -> Option<Item<T>> {
        let lost = self.items.front_mut().map_or(&mut self.lost_behind, |(lost, _)| lost);
        if *lost > 0 {
            return Some(Item::Lost(core::mem::take(lost)));
        }
        match self.items.pop_front() {
            Some((_, item)) => {
                self.blocking &= self.items.len() > self.bound / 2;
                Some(Item::Item(item))
            }
            None => self.overflowed.then_some(Item::Overflowed),
        }
    }

    /// Whether the host should stop reading from the socket: the queue is full, and has not been read to its half since.
    #[must_use]
    pub const fn is_blocking(&self) -> bool {
        self.blocking
    }

    /// How many items wait to be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many items were lost so far, those among them that the reader has not been told of yet.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}
