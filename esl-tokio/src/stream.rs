//! Events and log lines as streams.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use esl_proto::session::{Gap, Item, Overflow, Queue, Reason, Slot};
use futures_core::Stream;

use crate::state::Handle;
use crate::{Answer, EventBuf, LogBuf};

/// What a stream could not give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missed {
    /// The stream was full, and so many are missing here. It goes on.
    Lost(u64),
    /// The connection was lost here and has been made anew: what happened in between is missing. The stream goes on.
    Gap(Box<Gap>),
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
        !matches!(self, Self::Lost(_) | Self::Gap(_))
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(count) => write!(f, "{count} lost: the stream was full"),
            Self::Gap(gap) => write!(f, "gap: {}", gap.reason),
            Self::Overflowed => f.write_str("the stream was full"),
            Self::Refused(answer) => write!(f, "refused: {answer}"),
            Self::Ended(reason) => fmt::Display::fmt(reason, f),
        }
    }
}

impl std::error::Error for Missed {}

/// What lies between a driver and a stream.
pub(crate) struct Reader<T>(Mutex<Inner<T>>);

struct Inner<T> {
    queue: Queue<T>,
    overflow: Overflow,
    /// Each behind so many items of the queue.
    gaps: VecDeque<(usize, Gap)>,
    /// How it ends, behind all else: with nothing if quietly.
    end: Option<Option<Missed>>,
    waker: Option<Waker>,
}

impl<T> Reader<T> {
    pub(crate) fn new(bound: usize, overflow: Overflow) -> Self {
        let queue = Queue::new(bound, overflow);
        Self(Mutex::new(Inner { queue, overflow, gaps: VecDeque::new(), end: None, waker: None }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an item at the end, and says how many are lost by it.
    pub(crate) fn push(&self, item: T) -> u64 {
        let mut inner = self.lock();
        let before = inner.queue.lost();
        inner.queue.push(item);
        let lost = inner.queue.lost() - before;
        if lost > 0 && inner.overflow == Overflow::DropOldest {
            inner.one_less_ahead();
        }
        inner.wake();
        lost
    }

    pub(crate) fn push_gap(&self, gap: &Gap) {
        let mut inner = self.lock();
        let ahead = inner.queue.len();
        match inner.gaps.back_mut() {
            // Nothing has come in between: it is one.
            Some((known, last)) if *known == ahead => {
                last.until = gap.until;
                last.core_after.clone_from(&gap.core_after);
            }
            _ => inner.gaps.push_back((ahead, gap.clone())),
        }
        inner.wake();
    }

    pub(crate) fn end(&self, end: Option<Missed>) {
        let mut inner = self.lock();
        inner.end.get_or_insert(end);
        inner.wake();
    }

    pub(crate) fn is_blocking(&self) -> bool {
        let inner = self.lock();
        inner.queue.is_blocking() && inner.end.is_none()
    }
}

impl<T> Inner<T> {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn one_less_ahead(&mut self) {
        for (ahead, _) in &mut self.gaps {
            *ahead = ahead.saturating_sub(1);
        }
    }

    /// What comes next. [`None`] in it is the end.
    fn next(&mut self) -> Option<Option<Result<T, Missed>>> {
        if self.gaps.front().is_some_and(|(ahead, _)| *ahead == 0)
            && let Some((_, gap)) = self.gaps.pop_front()
        {
            return Some(Some(Err(Missed::Gap(Box::new(gap)))));
        }
        match self.queue.pop() {
            Some(Item::Item(item)) => {
                self.one_less_ahead();
                Some(Some(Ok(item)))
            }
            Some(Item::Lost(count)) => Some(Some(Err(Missed::Lost(count)))),
            Some(Item::Overflowed) => Some(Some(Err(Missed::Overflowed))),
            None => self.end.as_mut().map(|end| end.take().map(Err)),
        }
    }
}

/// Events or log lines that are being read, whatever their type.
struct Reading<T> {
    handle: Arc<Handle>,
    reader: Arc<Reader<T>>,
    slot: Slot,
    is_over: bool,
}

impl<T> Reading<T> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Missed>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let mut inner = self.reader.lock();
        let was_blocking = inner.queue.is_blocking();
        let Some(next) = inner.next() else {
            inner.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        let goes_on = was_blocking && !inner.queue.is_blocking();
        drop(inner);
        if goes_on {
            self.handle.shared.lock().wake();
        }
        self.is_over = match &next {
            Some(Err(missed)) => missed.is_end(),
            Some(Ok(_)) => false,
            None => true,
        };
        Poll::Ready(next)
    }
}

macro_rules! stream {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[must_use = "a stream that is dropped ends its subscription"]
        pub struct $name(Reading<$item>);

        impl $name {
            pub(crate) fn new(handle: &Arc<Handle>, reader: Arc<Reader<$item>>, slot: Slot) -> Self {
                Self(Reading { handle: Arc::clone(handle), reader, slot, is_over: false })
            }

            /// The next one; [`None`] after the end. Dropping the wait loses nothing.
            ///
            /// It ends with what has come, with what is [missing](Missed), or with the connection: quietly if this side has
            /// closed it, else with [`Missed::Ended`].
            pub async fn next(&mut self) -> Option<Result<$item, Missed>> {
                poll_fn(|cx| self.0.poll_next(cx)).await
            }

            /// How many were lost so far because the stream was full.
            #[must_use]
            pub fn lost(&self) -> u64 {
                self.0.reader.lock().queue.lost()
            }
        }

        impl Stream for $name {
            type Item = Result<$item, Missed>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                self.0.poll_next(cx)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let inner = self.0.reader.lock();
                let (waiting, lost) = (inner.queue.len(), inner.queue.lost());
                f.debug_struct(stringify!($name)).field("waiting", &waiting).field("lost", &lost).finish()
            }
        }
    };
}

stream! {
    /// Events as they come. Made by [`Session::events`](crate::Session::events); dropping it ends the subscription, unless
    /// others need it.
    EventStream of Arc<EventBuf>
}

stream! {
    /// Lines of the server's log as they come. Made by [`Session::log`](crate::Session::log).
    LogStream of LogBuf
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.0.handle.shared.lock().unlisten(self.0.slot, &self.0.handle.shared.counters);
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        let shared = &self.0.handle.shared;
        let mut state = shared.lock();
        state.logs.remove(&self.0.slot.0);
        // What cannot be taken back comes, and nobody reads it.
        let _ = state.set_log();
        state.said(&shared.counters);
    }
}

/// Events that are subscribed to without being read, until this is dropped: a stream that asks for less than it needs hears
/// them too. Made by [`Session::subscribe`](crate::Session::subscribe).
#[must_use = "a subscription that is dropped ends"]
pub struct Subscription {
    handle: Arc<Handle>,
    slot: Slot,
}

impl Subscription {
    pub(crate) fn new(handle: &Arc<Handle>, slot: Slot) -> Self {
        Self { handle: Arc::clone(handle), slot }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.slot.0).finish()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.handle.shared.lock().unlisten(self.slot, &self.handle.shared.counters);
    }
}
