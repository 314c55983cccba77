//! Counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::telemetry::Peer;

/// What has happened on a session so far, over all of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections that have been opened: `esl.client.connections`.
    pub connections: u64,
    /// Commands that have been sent for the program: `esl.client.commands`.
    pub commands: u64,
    /// Events received: `esl.client.events`.
    pub events: u64,
    /// Log lines received: `esl.client.log_lines`.
    pub log_lines: u64,
    /// Events and log lines that streams have lost because they were full: `esl.client.lost_events`.
    pub lost: u64,
    /// Waits that have ended at their deadline: `esl.client.command.timeouts`.
    pub timed_out: u64,
    /// Bytes that have been read: `esl.client.io` with the direction `receive`.
    pub received: u64,
    /// Bytes that have been written: `esl.client.io` with the direction `transmit`.
    pub sent: u64,
}

/// A counter, told to the recorder of the program as well.
struct Counter {
    count: AtomicU64,
    #[cfg(feature = "metrics")]
    told: metrics::Counter,
}

impl Counter {
    fn add(&self, count: u64) {
        self.count.fetch_add(count, Relaxed);
        #[cfg(feature = "metrics")]
        self.told.increment(count);
    }

    fn get(&self) -> u64 {
        self.count.load(Relaxed)
    }
}

macro_rules! counters {
    ($($field:ident $name:literal $unit:ident $([$direction:literal])? $text:literal;)+) => {
        /// The counters of a session.
        pub(crate) struct Counters { $($field: Counter,)+ }

        impl Counters {
            /// Those of a session with this switch. The recorder is the one that is installed now.
            pub(crate) fn new(peer: Peer<'_>) -> Self {
                #[cfg(feature = "metrics")]
                let labels = labels(peer);
                #[cfg(not(feature = "metrics"))]
                let _ = peer;
                $(
                    #[cfg(feature = "metrics")]
                    let $field = {
                        metrics::describe_counter!($name, metrics::Unit::$unit, $text);
                        #[allow(unused_mut, reason = "some have one more")]
                        let mut labels = labels.clone();
                        $(labels.push(metrics::Label::from_static_parts("network.io.direction", $direction));)?
                        metrics::counter!($name, labels)
                    };
                )+
                Self { $($field: Counter {
                    count: AtomicU64::new(0),
                    #[cfg(feature = "metrics")]
                    told: $field,
                },)+ }
            }

            $(pub(crate) fn $field(&self, count: u64) {
                self.$field.add(count);
            })+

            pub(crate) fn stats(&self) -> Stats {
                Stats { $($field: self.$field.get(),)+ }
            }
        }
    };
}

counters! {
    connections "esl.client.connections" Count "Connections that have been opened.";
    commands "esl.client.commands" Count "Commands that have been sent.";
    events "esl.client.events" Count "Events that have come.";
    log_lines "esl.client.log_lines" Count "Log lines that have come.";
    lost "esl.client.lost_events" Count "Events and log lines that streams have lost because they were full.";
    timed_out "esl.client.command.timeouts" Count "Waits that have ended at their deadline.";
    received "esl.client.io" Bytes ["receive"] "Octets that have been read and written.";
    sent "esl.client.io" Bytes ["transmit"] "Octets that have been read and written.";
}

/// The switch, where this side has connected to it. That of a call has a port of its own each time: it would make a time
/// series of every call.
#[cfg(feature = "metrics")]
fn labels(peer: Peer<'_>) -> Vec<metrics::Label> {
    let Peer::Server(peer) = peer else { return Vec::new() };
    let (host, port) = crate::telemetry::address(peer);
    let port = port.map(|port| metrics::Label::new("server.port", port.to_string()));
    [metrics::Label::new("server.address", host.to_owned())].into_iter().chain(port).collect()
}

/// What a server of calls has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeStats {
    /// Calls that are being handled now: the gauge `esl.server.active_calls`.
    pub running: usize,
    /// Calls that have been taken: `esl.server.calls`.
    pub taken: u64,
    /// Connections that were refused, because there were too many calls: `esl.server.rejected_calls`.
    pub refused: u64,
    /// Connections that have told of no call: `esl.server.broken_calls`.
    pub broken: u64,
    /// Calls whose handler has failed: `esl.server.failed_calls`.
    pub failed: u64,
}

macro_rules! serve_counters {
    ($($field:ident $name:literal $text:literal;)+) => {
        /// The counters of a server of calls.
        #[derive(Default)]
        pub(crate) struct ServeCounters {
            running: AtomicU64,
            $($field: AtomicU64,)+
        }

        impl ServeCounters {
            pub(crate) fn new() -> Self {
                #[cfg(feature = "metrics")]
                {
                    metrics::describe_gauge!("esl.server.active_calls", "Calls that are being handled now.");
                    $(metrics::describe_counter!($name, metrics::Unit::Count, $text);)+
                }
                Self::default()
            }

            $(pub(crate) fn $field(&self) {
                self.$field.fetch_add(1, Relaxed);
                #[cfg(feature = "metrics")]
                metrics::counter!($name).increment(1);
            })+

            pub(crate) fn stats(&self) -> ServeStats {
                let running = usize::try_from(self.running.load(Relaxed)).unwrap_or(usize::MAX);
                ServeStats { running, $($field: self.$field.load(Relaxed),)+ }
            }
        }
    };
}

serve_counters! {
    taken "esl.server.calls" "Calls that have been taken.";
    refused "esl.server.rejected_calls" "Calls that were refused, because there were too many.";
    broken "esl.server.broken_calls" "Connections that have told of no call.";
    failed "esl.server.failed_calls" "Calls whose handler has failed.";
}

impl ServeCounters {
    pub(crate) fn begins(&self) {
        self.running.fetch_add(1, Relaxed);
        #[cfg(feature = "metrics")]
        metrics::gauge!("esl.server.active_calls").increment(1);
    }

    pub(crate) fn ends(&self) {
        self.running.fetch_sub(1, Relaxed);
        #[cfg(feature = "metrics")]
        metrics::gauge!("esl.server.active_calls").decrement(1);
    }
}
