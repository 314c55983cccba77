//! Counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What has happened on a session so far, over all of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections that have been opened.
    pub connections: u64,
    /// Commands that have been sent for the program.
    pub commands: u64,
    /// Events that have come.
    pub events: u64,
    /// Log lines that have come.
    pub log_lines: u64,
    /// Events and log lines that streams have lost because they were full.
    pub lost: u64,
    /// Waits that have ended at their deadline.
    pub timed_out: u64,
    /// Octets that have been read.
    pub received: u64,
    /// Octets that have been written.
    pub sent: u64,
}

/// A counter, told to the recorder of the program as well.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($field:ident $name:literal)+) => {
        /// The counters of a session.
        #[derive(Default)]
        pub(crate) struct Counters { $($field: Counter,)+ }

        impl Counters {
            $(pub(crate) fn $field(&self, count: u64) {
                self.$field.0.fetch_add(count, Relaxed);
                #[cfg(feature = "metrics")]
                metrics::counter!($name).increment(count);
            })+

            pub(crate) fn stats(&self) -> Stats {
                Stats { $($field: self.$field.get(),)+ }
            }
        }
    };
}

counters! {
    connections "esl.client.connections"
    commands "esl.client.commands"
    events "esl.client.events"
    log_lines "esl.client.log_lines"
    lost "esl.client.events.lost"
    timed_out "esl.client.commands.timed_out"
    received "esl.client.io.received"
    sent "esl.client.io.sent"
}
