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

/// How many marks wait at most.
const MARKS: usize = 64;

/// A bounded queue that reports losses in their place.
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
    entries: VecDeque<Entry<T>>,
    /// How many of them are marks.
    marks: usize,
    bound: usize,
    overflow: Overflow,
    /// How many are missing behind the last entry.
    lost_behind: u64,
    lost: u64,
    overflowed: bool,
    blocking: bool,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    /// How many are missing before it.
    lost: u64,
    is_mark: bool,
    item: T,
}

impl<T> Queue<T> {
    /// An empty queue of at most `bound` items, one at least.
    #[must_use]
    pub const fn new(bound: usize, overflow: Overflow) -> Self {
        Self {
            entries: VecDeque::new(),
            marks: 0,
            bound: if bound == 0 { 1 } else { bound },
            overflow,
            lost_behind: 0,
            lost: 0,
            overflowed: false,
            blocking: false,
        }
    }

    /// Appends an item, or applies the policy. With [`Overflow::Block`] the item is always accepted, because it has
    /// been read already; to keep the bound, stop reading while [`is_blocking`](Self::is_blocking).
    pub fn push(&mut self, item: T) {
        if self.overflowed {
            self.lost = self.lost.saturating_add(1);
            return;
        }
        if self.items() >= self.bound {
            match self.overflow {
                Overflow::Block => {}
                Overflow::DropOldest => self.drop_oldest(false),
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
        self.put(item, false);
        self.blocking = self.overflow == Overflow::Block && self.items() >= self.bound;
    }

    /// Appends a mark between two items, such as a [`Gap`](super::Gap). It takes no room from items and causes no loss;
    /// earlier losses are reported before it and later ones after it. If more than 64 marks wait, the oldest count as
    /// lost. A queue that has ended accepts none.
    ///
    /// ```
    /// use esl_proto::session::{Item, Overflow, Queue};
    ///
    /// let mut queue = Queue::new(1, Overflow::DropOldest);
    /// queue.push("a");
    /// queue.push("b");
    /// queue.push_mark("gap");
    /// queue.push("c");
    /// queue.push("d");
    /// let told: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    /// assert_eq!(told, [Item::Lost(2), Item::Item("gap"), Item::Lost(1), Item::Item("d")]);
    /// ```
    pub fn push_mark(&mut self, mark: T) {
        if self.overflowed {
            return;
        }
        if self.marks >= MARKS {
            self.drop_oldest(true);
        }
        self.put(mark, true);
    }

    /// The last item or mark, if nothing is missing behind it.
    pub fn back_mut(&mut self) -> Option<&mut T> {
        let last = self.entries.back_mut().filter(|_| self.lost_behind == 0 && !self.overflowed);
        last.map(|entry| &mut entry.item)
    }

    fn items(&self) -> usize {
        self.entries.len().saturating_sub(self.marks)
    }

    fn put(&mut self, item: T, is_mark: bool) {
        self.marks = self.marks.saturating_add(usize::from(is_mark));
        self.entries.push_back(Entry { lost: core::mem::take(&mut self.lost_behind), is_mark, item });
    }

    /// The oldest item or mark is lost: that is told in its place.
    fn drop_oldest(&mut self, is_mark: bool) {
        let place = self.entries.iter().position(|entry| entry.is_mark == is_mark);
        let Some((place, gone)) = place.and_then(|place| Some((place, self.entries.remove(place)?))) else { return };
        self.marks = self.marks.saturating_sub(usize::from(is_mark));
        self.lost = self.lost.saturating_add(1);
        let lost = self.entries.get_mut(place).map_or(&mut self.lost_behind, |next| &mut next.lost);
        *lost = lost.saturating_add(gone.lost).saturating_add(1);
    }

    /// Removes the first entry.
    pub fn pop(&mut self) -> Option<Item<T>> {
        let lost = self.entries.front_mut().map_or(&mut self.lost_behind, |entry| &mut entry.lost);
        if *lost > 0 {
            return Some(Item::Lost(core::mem::take(lost)));
        }
        match self.entries.pop_front() {
            Some(entry) => {
                self.marks = self.marks.saturating_sub(usize::from(entry.is_mark));
                self.blocking &= self.items() > self.bound / 2;
                Some(Item::Item(entry.item))
            }
            None => self.overflowed.then_some(Item::Overflowed),
        }
    }

    /// Whether the host should stop reading from the socket: the queue is full, and has not been read to its half since.
    #[must_use]
    pub const fn is_blocking(&self) -> bool {
        self.blocking
    }

    /// How many items and marks wait to be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many items were lost so far, those among them that the reader has not been told of yet.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}
