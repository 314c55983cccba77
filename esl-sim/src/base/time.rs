//! Time in the simulation: it stands still until the host says how much has passed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::base::slot::Slot;
use crate::base::task::{First, first};

/// The clock, counted from the start, and who waits for it.
#[derive(Default)]
pub(crate) struct Clock {
    now: Slot<Duration>,
    timers: Slot<BTreeMap<(Duration, u64), Waker>>,
    last: Slot<u64>,
}

/// Takes its timer away with it.
struct Timer {
    clock: Arc<Clock>,
    key: (Duration, u64),
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clock.timers.lock().remove(&self.key);
    }
}

impl Clock {
    /// How much time has passed.
    pub(crate) fn now(&self) -> Duration {
        self.now.get()
    }

    /// When the next timer is due.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.timers.lock().keys().next().map(|(time, _)| *time)
    }

    /// Goes on to a time and wakes who has waited for it. Time never goes back.
    pub(crate) fn set(&self, now: Duration) {
        let now = now.max(self.now());
        self.now.set(now);
        let due = {
            let mut timers = self.timers.lock();
            let later = timers.split_off(&(now, u64::MAX));
            std::mem::replace(&mut *timers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    pub(crate) async fn sleep_until(self: &Arc<Self>, time: Duration) {
        let number = self.last.get() + 1;
        self.last.set(number);
        let timer = Timer { clock: Arc::clone(self), key: (time, number) };
        std::future::poll_fn(|context| {
            if timer.clock.now() >= time {
                return Poll::Ready(());
            }
            timer.clock.timers.lock().insert(timer.key, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub(crate) async fn sleep(self: &Arc<Self>, time: Duration) {
        self.sleep_until(self.now().saturating_add(time)).await;
    }

    /// Something, or nothing if it takes longer.
    pub(crate) async fn timeout<R>(self: &Arc<Self>, time: Duration, what: impl Future<Output = R>) -> Option<R> {
        match first(what, self.sleep(time)).await {
            First::One(result) => Some(result),
            First::Other(()) => None,
        }
    }
}

/// `2026-11-23 03:31:02`, of a time since 1970 in UTC.
pub(crate) fn date(time: Duration) -> String {
    let (year, month, day) = day_of(time);
    let second = time.as_secs() % 86_400;
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// `Mon, 23 Nov 2026 03:31:02 GMT`
pub(crate) fn mail_date(time: Duration) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = day_of(time);
    let weekday = DAYS[(time.as_secs() / 86_400 % 7) as usize];
    let second = time.as_secs() % 86_400;
    let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {} {year} {clock} GMT", MONTHS[month as usize - 1])
}

/// Year, month and day in the Gregorian calendar, counted from the first of March of the year 0.
fn day_of(time: Duration) -> (u64, u64, u64) {
    let days = time.as_secs() / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (month_number, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next_year, month_number, day - (153 * month + 2) / 5 + 1)
}
