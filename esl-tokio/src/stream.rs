//! Events and log lines as streams.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use esl_proto::session::Slot;
use futures_core::Stream;

use crate::reader::{Fill, Missed, Reader};
use crate::state::Handle;
use crate::{EventBuf, LogBuf};

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
        let (next, has_room) = self.reader.poll(cx.waker());
        if has_room {
            self.handle.shared.lock().wake();
        }
        let next = ready!(next);
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
            /// Returns the next item, an error for what is [missing](Missed), or the end of the connection: [`None`] if
            /// this program has closed it, otherwise [`Missed::Ended`].
            pub async fn next(&mut self) -> Option<Result<$item, Missed>> {
                poll_fn(|cx| self.0.poll_next(cx)).await
            }

            /// How many were lost so far because the stream was full.
            #[must_use]
            pub fn lost(&self) -> u64 {
                self.0.reader.fill().lost
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
                let Fill { waiting, lost } = self.0.reader.fill();
                f.debug_struct(stringify!($name)).field("waiting", &waiting).field("lost", &lost).finish()
            }
        }
    };
}

stream! {
    /// A stream of events. Made by [`Session::events`](crate::Session::events); dropping it ends the subscription,
    /// unless others need it.
    EventStream of Arc<EventBuf>
}

stream! {
    /// A stream of the server's log. Made by [`Session::log`](crate::Session::log).
    LogStream of LogBuf
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.0.handle.shared.lock().unlisten(self.0.slot, &self.0.handle.shared.counters);
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        self.0.handle.shared.lock().unlisten(self.0.slot, &self.0.handle.shared.counters);
    }
}

/// A subscription without a reader, until this is dropped: streams without a subscription of their own get its events,
/// too. Made by [`Session::subscribe`](crate::Session::subscribe).
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
