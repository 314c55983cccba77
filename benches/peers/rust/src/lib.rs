//! What each client is told and what it says.

use std::env;

/// The headers that are looked up in every event.
pub const NAMES: [&str; 3] = ["Event-Name", "Unique-ID", "Hangup-Cause"];

/// Where the events come from, and how many: the command line.
pub struct Task {
    /// The port of 127.0.0.1.
    pub port: u16,
    /// How many events there will be.
    pub events: u64,
}

impl Task {
    /// Reads the command line.
    #[must_use]
    pub fn from_args() -> Self {
        let mut numbers = env::args().skip(1).map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("usage: PORT EVENTS");
        Self { port: u16::try_from(next()).expect("a port"), events: next() }
    }
}

/// How many events came, and how many of the headers looked up were there.
#[derive(Default)]
pub struct Seen {
    /// The events.
    pub events: u64,
    /// The headers.
    pub headers: u64,
}

impl Seen {
    /// Says it to whoever counts.
    pub fn report(&self) {
        println!("{} {}", self.events, self.headers);
    }
}
