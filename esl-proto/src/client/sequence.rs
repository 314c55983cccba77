//! Counting missing events.

use crate::event::Event;
use crate::name::header;

/// Counts the numbers that are missing among the `Event-Sequence` of events.
///
/// The server numbers all events that it fires, so this is meaningful only on a connection that is subscribed to ALL
/// without filters. Even there it is a measure, not a proof: events overtake each other by a few places, so that a gap
/// may close again, and some numbers go to events that no listener gets (2 of 100 on a busy server whose every event
/// arrived). A queue that overflows loses up to 500 events before the server ends the connection; nothing else reports
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSequence {
    lowest: u64,
    highest: u64,
    seen: u64,
}

impl EventSequence {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { lowest: 0, highest: 0, seen: 0 }
    }

    /// Takes an event's number in, if it has one. One that was turned into another (PRIVATE_COMMAND) has two.
    pub fn note(&mut self, event: &Event<'_>) {
        for number in event.get_all(header::EVENT_SEQUENCE) {
            if let Some(number) = number.to_u64() {
                self.note_number(number);
            }
        }
    }

    /// Takes a number in.
    pub fn note_number(&mut self, number: u64) {
        (self.lowest, self.highest) =
            if self.seen == 0 { (number, number) } else { (self.lowest.min(number), self.highest.max(number)) };
        self.seen = self.seen.saturating_add(1);
    }

    /// The highest number seen.
    #[must_use]
    pub const fn highest(&self) -> Option<u64> {
        if self.seen == 0 { None } else { Some(self.highest) }
    }

    /// The numbers between the lowest and the highest that have not been seen.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        match self.highest() {
            Some(highest) => (highest - self.lowest).saturating_add(1).saturating_sub(self.seen),
            None => 0,
        }
    }
}
