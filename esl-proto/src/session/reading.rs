//! Variables of a call that are read by `getvar`.
//!
//! The server writes the value into its reply as it is, and whoever calls may have chosen it. One that begins with `~`
//! takes the end of the reply along: the reply ends where the next frame begins, so that there must be one. One with a blank
//! line ends the reply early, and the rest of it is a message without a place, or spells replies. So a command goes behind it
//! whose answer holds a word that nobody can foresee, and nothing else is sent until that answer has come: then it is
//! known what belongs to the value, and all later answers find their commands.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Outcome, Slot};
use crate::client::{CommandId, Tag};
use crate::command::{CallCommand, Command, SendMsg};
use crate::scan::contains;

/// A `getvar`, and the command behind it.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Who waits for the value; [`None`] if nobody does any more: it is read to its end all the same.
    pub(super) slot: Option<Slot>,
    /// The number of the word in the answer to the command behind.
    pub(super) tag: u64,
    /// The command behind.
    pub(super) probe: u64,
    /// How many bytes of the output may be sent before it is over.
    end: usize,
    /// Whether the answer to `getvar` has come.
    pub(super) has_value: bool,
    /// Whether something else has come behind it.
    pub(super) is_cut: bool,
    /// The end of what has come behind it: the word may go on in the next frame.
    last: Vec<u8>,
}

impl Reading {
    /// How it ends for who waits.
    pub(super) const fn outcome(&self) -> Outcome {
        if self.is_cut { Outcome::Cut } else { Outcome::Read }
    }

    /// Whether the word is in the frames that have come behind the value, of which this is the next one.
    pub(super) fn takes(&mut self, octets: &[u8], word: &[u8]) -> bool {
        let most = word.len().saturating_sub(1);
        self.last.extend_from_slice(octets.get(..most).unwrap_or(octets));
        let takes = contains(&self.last, word) || contains(octets, word);
        if takes {
            self.last.clear();
        } else {
            let rest = octets.get(octets.len().saturating_sub(most)..).unwrap_or_default();
            if rest.len() == most {
                self.last.clear();
                self.last.extend_from_slice(rest);
            }
            let end = self.last.get(self.last.len().saturating_sub(most)..).unwrap_or_default().to_vec();
            self.last = end;
        }
        takes
    }
}

/// The command behind: a message to a channel that is not there, which the answer names.
pub(super) fn probe(tag: &Tag) -> Command<'_> {
    Command::SendMsg(SendMsg::new(CallCommand::other(b"")).to(tag))
}

/// Those that are not over, in their order.
#[derive(Clone, Debug)]
pub(super) struct Readings(VecDeque<Reading>);

impl Readings {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Both commands have been written to the end of the output, which is so long now.
    pub(super) fn push(&mut self, slot: Slot, tag: u64, probe: CommandId, end: usize) {
        let (slot, probe) = (Some(slot), probe.number());
        self.0.push_back(Reading { slot, tag, probe, end, has_value: false, is_cut: false, last: Vec::new() });
    }

    /// The one that is going on.
    pub(super) fn front(&self) -> Option<&Reading> {
        self.0.front()
    }

    pub(super) fn front_mut(&mut self) -> Option<&mut Reading> {
        self.0.front_mut()
    }

    pub(super) fn of(&mut self, tag: u64) -> Option<&mut Reading> {
        self.0.iter_mut().find(|reading| reading.tag == tag)
    }

    /// The answer to the command behind has come.
    pub(super) fn pop(&mut self) -> Option<Reading> {
        self.0.pop_front()
    }

    /// How many bytes of the output may be sent now.
    pub(super) fn limit(&self, out: &[u8]) -> usize {
        self.0.front().map_or(out.len(), |reading| reading.end.min(out.len()))
    }

    /// All of the output may be sent: the connection is being ended.
    pub(super) fn release(&mut self) {
        self.0.iter_mut().for_each(|reading| reading.end = usize::MAX);
    }

    /// So many bytes at the front of the output are gone.
    pub(super) fn sent(&mut self, count: usize) {
        self.0.iter_mut().for_each(|reading| reading.end = reading.end.saturating_sub(count));
    }

    /// The command behind is sent once more.
    pub(super) fn repeat(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let limit = self.limit(out);
        let held = out.get(limit..).unwrap_or_default().to_vec();
        out.truncate(limit);
        out.extend_from_slice(octets);
        out.extend_from_slice(&held);
        self.0.iter_mut().for_each(|reading| reading.end = reading.end.saturating_add(octets.len()));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
