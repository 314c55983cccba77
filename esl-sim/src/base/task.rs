//! What runs beside each other in the simulation: futures, polled in the order in which they are woken.

use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::base::slot::Slot;
use crate::base::table::Table;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The queues of an executor, which its tasks reach too.
#[derive(Default)]
pub(crate) struct Queues {
    ready: Slot<VecDeque<u64>>,
    new: Slot<Vec<Task>>,
}

impl Queues {
    /// Begins something that runs beside all else. The latch opens when it has ended.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Arc<Latch> {
        let latch = Arc::new(Latch::default());
        let end = LatchGuard(Arc::clone(&latch));
        self.new.lock().push(Box::pin(async move {
            let _end = end;
            task.await;
        }));
        latch
    }
}

struct TaskWaker {
    id: u64,
    queues: Arc<Queues>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = self.queues.ready.lock();
        if !ready.contains(&self.id) {
            ready.push_back(self.id);
        }
    }
}

/// Runs tasks until nothing is left to do before time goes on.
#[derive(Default)]
pub(crate) struct Executor {
    pub(crate) queues: Arc<Queues>,
    /// Slots, so that the executor is `Sync` as well.
    tasks: Table<u64, Slot<(Task, Waker)>>,
    last: u64,
}

impl Executor {
    pub(crate) fn run(&mut self) {
        loop {
            for task in self.queues.new.take() {
                self.last += 1;
                let waker = Waker::from(Arc::new(TaskWaker { id: self.last, queues: Arc::clone(&self.queues) }));
                self.tasks.insert(self.last, Slot::new((task, waker)));
                self.queues.ready.lock().push_back(self.last);
            }
            let Some(id) = self.queues.ready.lock().pop_front() else { return };
            let Some(task) = self.tasks.get(&id) else { continue };
            let is_over = {
                let (task, waker) = &mut *task.lock();
                task.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
            };
            if is_over {
                self.tasks.remove(&id);
            }
        }
    }
}

/// Tells those who wait that something has changed.
#[derive(Default)]
pub(crate) struct Notify(Slot<NotifyState>);

#[derive(Default)]
struct NotifyState {
    /// Counts the calls of `notify_waiters`.
    changes: u64,
    /// A call of `notify_one` that nobody has seen.
    permit: bool,
    wakers: Vec<Waker>,
}

impl Notify {
    /// Waits for what is told from now on, or for a permit.
    pub(crate) fn notified(&self) -> impl Future<Output = ()> {
        let before = self.0.lock().changes;
        std::future::poll_fn(move |context| {
            let mut state = self.0.lock();
            if std::mem::take(&mut state.permit) || state.changes != before {
                return Poll::Ready(());
            }
            if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    /// Tells all who wait.
    pub(crate) fn notify_waiters(&self) {
        self.0.lock().changes += 1;
        self.wake();
    }

    /// Tells who waits, or will.
    pub(crate) fn notify_one(&self) {
        self.0.lock().permit = true;
        self.wake();
    }

    fn wake(&self) {
        let wakers = std::mem::take(&mut self.0.lock().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Opens once, and stays open.
#[derive(Default)]
pub(crate) struct Latch {
    open: Slot<bool>,
    notify: Notify,
}

impl Latch {
    pub(crate) fn is_open(&self) -> bool {
        self.open.get()
    }

    pub(crate) async fn opened(&self) {
        loop {
            let changed = self.notify.notified();
            if self.is_open() {
                return;
            }
            changed.await;
        }
    }
}

/// Opens a latch when it is dropped.
pub(crate) struct LatchGuard(Arc<Latch>);

impl LatchGuard {
    pub(crate) fn new() -> (Self, Arc<Latch>) {
        let latch = Arc::new(Latch::default());
        (Self(Arc::clone(&latch)), latch)
    }
}

impl Drop for LatchGuard {
    fn drop(&mut self) {
        self.0.open.set(true);
        self.0.notify.notify_waiters();
    }
}

/// What ended first.
pub(crate) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for one of two; the first is asked first. The one that is not ready is dropped.
pub(crate) async fn first<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> First<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = one.as_mut().poll(context) {
            return Poll::Ready(First::One(result));
        }
        other.as_mut().poll(context).map(First::Other)
    })
    .await
}

/// Lets all go on that can, before this does.
pub(crate) async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
