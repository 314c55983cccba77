//! The ids of commands that will never be answered.

use core::iter::FusedIterator;
use core::ops::Range;

use super::{CommandId, Unanswered};

/// The ids of [`Unanswered`] commands, in the order in which they were sent; made by [`Unanswered::ids`].
#[derive(Clone, Debug)]
pub struct UnansweredIds {
    pub(super) ids: Range<u64>,
}

impl Iterator for UnansweredIds {
    type Item = CommandId;

    fn next(&mut self) -> Option<CommandId> {
        self.ids.next().map(CommandId)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

impl DoubleEndedIterator for UnansweredIds {
    fn next_back(&mut self) -> Option<CommandId> {
        self.ids.next_back().map(CommandId)
    }
}

impl FusedIterator for UnansweredIds {}

impl IntoIterator for Unanswered {
    type Item = CommandId;
    type IntoIter = UnansweredIds;

    fn into_iter(self) -> UnansweredIds {
        self.ids()
    }
}

impl IntoIterator for &Unanswered {
    type Item = CommandId;
    type IntoIter = UnansweredIds;

    fn into_iter(self) -> UnansweredIds {
        self.ids()
    }
}
