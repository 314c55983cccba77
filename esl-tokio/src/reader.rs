//! What lies between the driver of a connection and the streams that are read from it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use esl_proto::session::{Gap, Item, Overflow, Queue, Reason};

use crate::Answer;

/// Something that a stream could not deliver, reported where it is missing.
///
/// The order is chronological: events lost before a connection ended are reported as [`Lost`](Self::Lost) before its
/// [`Gap`](Self::Gap), later losses after it. A full stream does not lose gaps, unless 64 of them wait to be read: then
/// the oldest count as lost. If a connection received nothing, the gaps before and after it are one. An end comes last,
/// after everything that was read before it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missed {
    /// The stream was full, and this many are missing here. The stream continues.
    Lost(u64),
    /// The connection was lost here and has been replaced: events in between are missing. The stream continues.
    Gap(Box<Gap>),
    /// The server was restarted during the last [`Gap`](Self::Gap): no earlier call is left, and its uuids of channels
    /// and jobs are no longer valid. This comes before the first event of the new server. The stream continues.
    Restarted {
        /// The `Core-UUID` before.
        before: Box<[u8]>,
        /// And now.
        after: Box<[u8]>,
    },
    /// The stream was full, and ends ([`Overflow::End`]).
    Overflowed,
    /// The server refuses these events. The stream ends.
    Refused(Answer),
    /// The connection has ended for good, and why. The stream ends.
    Ended(Reason),
}

impl Missed {
    /// Whether the stream ends with it.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        !matches!(self, Self::Lost(_) | Self::Gap(_) | Self::Restarted { .. })
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(count) => write!(f, "{count} lost: the stream was full"),
            Self::Gap(gap) => write!(f, "gap: {}", gap.reason),
            Self::Restarted { .. } => f.write_str("the server has been restarted"),
            Self::Overflowed => f.write_str("the stream was full"),
            Self::Refused(answer) => write!(f, "refused: {answer}"),
            Self::Ended(reason) => fmt::Display::fmt(reason, f),
        }
    }
}

impl std::error::Error for Missed {}

/// The events or log lines that one stream has not read yet.
pub(crate) struct Reader<T> {
    inner: Mutex<Inner<T>>,
    full: Arc<Full>,
}

/// How many readers of a connection have so much to read that nothing more may be read from the socket: the driver asks each
/// time that it reads, however many readers there are.
#[derive(Debug, Default)]
pub(crate) struct Full(AtomicUsize);

impl Full {
    pub(crate) fn is_any(&self) -> bool {
        // Who made room has woken the driver by the lock of the state, which the driver holds.
        self.0.load(Ordering::Relaxed) > 0
    }
}

struct Inner<T> {
    queue: Queue<Entry<T>>,
    /// Whether it is counted as full.
    is_full: bool,
    /// How it ends, behind all else: with nothing if quietly.
    end: Option<Option<Missed>>,
    waker: Option<Waker>,
}

/// What stands in the queue. A gap and a restart are marks there: they are neither lost nor counted.
enum Entry<T> {
    Item(T),
    Gap(Box<Gap>),
    Restarted(Box<[u8]>, Box<[u8]>),
}

/// How full a reader is.
pub(crate) struct Fill {
    pub(crate) waiting: usize,
    pub(crate) lost: u64,
}

impl<T> Reader<T> {
    pub(crate) fn new(bound: usize, overflow: Overflow, full: &Arc<Full>) -> Self {
        let inner = Inner { queue: Queue::new(bound, overflow), is_full: false, end: None, waker: None };
        Self { inner: Mutex::new(inner), full: Arc::clone(full) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts it as it is now.
    fn count(&self, inner: &mut Inner<T>) {
        let is_full = inner.queue.is_blocking() && inner.end.is_none();
        match (std::mem::replace(&mut inner.is_full, is_full), is_full) {
            (false, true) => self.full.0.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.full.0.fetch_sub(1, Ordering::Relaxed),
            _ => return,
        };
    }

    /// Puts an item at the end, and says how many are lost by it. Whoever is to be woken for it goes to `wakers`.
    pub(crate) fn push(&self, item: T, wakers: &mut Vec<Waker>) -> u64 {
        let mut inner = self.lock();
        let before = inner.queue.lost();
        inner.queue.push(Entry::Item(item));
        self.count(&mut inner);
        wakers.extend(inner.waker.take());
        inner.queue.lost() - before
    }

    pub(crate) fn push_gap(&self, gap: &Gap, wakers: &mut Vec<Waker>) {
        let mut inner = self.lock();
        if let Some(Entry::Gap(last)) = inner.queue.back_mut() {
            // Nothing has come in between: it is one.
            last.until = gap.until;
            last.core_after.clone_from(&gap.core_after);
        } else {
            inner.queue.push_mark(Entry::Gap(Box::new(gap.clone())));
        }
        wakers.extend(inner.waker.take());
    }

    pub(crate) fn push_restart(&self, before: &[u8], after: &[u8], wakers: &mut Vec<Waker>) {
        let mut inner = self.lock();
        inner.queue.push_mark(Entry::Restarted(before.into(), after.into()));
        wakers.extend(inner.waker.take());
    }

    pub(crate) fn end(&self, end: Option<Missed>, wakers: &mut Vec<Waker>) {
        let mut inner = self.lock();
        inner.end.get_or_insert(end);
        self.count(&mut inner);
        wakers.extend(inner.waker.take());
    }

    /// Nobody reads it any more.
    pub(crate) fn leave(&self) {
        let mut inner = self.lock();
        inner.end.get_or_insert(None);
        self.count(&mut inner);
    }

    pub(crate) fn fill(&self) -> Fill {
        let inner = self.lock();
        Fill { waiting: inner.queue.len(), lost: inner.queue.lost() }
    }

    /// What comes next; [`None`] in it is the end. The flag tells that there is room again.
    pub(crate) fn poll(&self, waker: &Waker) -> (Poll<Option<Result<T, Missed>>>, bool) {
        let mut inner = self.lock();
        let was_blocking = inner.queue.is_blocking();
        let next = match inner.queue.pop() {
            Some(Item::Item(Entry::Item(item))) => Some(Ok(item)),
            Some(Item::Item(Entry::Gap(gap))) => Some(Err(Missed::Gap(gap))),
            Some(Item::Item(Entry::Restarted(before, after))) => Some(Err(Missed::Restarted { before, after })),
            Some(Item::Lost(count)) => Some(Err(Missed::Lost(count))),
            Some(Item::Overflowed) => Some(Err(Missed::Overflowed)),
            None => match inner.end.as_mut() {
                Some(end) => end.take().map(Err),
                None => {
                    let is_known = inner.waker.as_ref().is_some_and(|known| known.will_wake(waker));
                    let old = if is_known { None } else { inner.waker.replace(waker.clone()) };
                    drop(inner);
                    // Whatever it belongs to may end with it.
                    drop(old);
                    return (Poll::Pending, false);
                }
            },
        };
        let has_room = was_blocking && !inner.queue.is_blocking();
        self.count(&mut inner);
        (Poll::Ready(next), has_room)
    }
}
