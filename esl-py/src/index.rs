//! An event's text with the index over its headers.

use esl_proto::event::{HeaderSlot, Indexed};
use esl_proto::name::Format;
use pyo3::pybacked::PyBackedBytes;
use self_cell::{MutBorrow, self_cell};

/// Slots for a text of this many bytes: a header has 36 on average. Look-ups of headers without a slot are slower,
/// that is all.
const fn slots_for(octets: usize) -> usize {
    let slots = octets / 24 + 8;
    if slots < 4096 { slots } else { 4096 }
}

pub(crate) struct Text {
    text: PyBackedBytes,
    slots: MutBorrow<Box<[HeaderSlot]>>,
}

self_cell! {
    /// The index, with what it points to.
    pub(crate) struct Index {
        owner: Text,
        #[covariant]
        dependent: View,
    }
}

pub(crate) type View<'a> = Indexed<'a, 'a>;

impl Index {
    /// Reads the headers of a text once.
    pub(crate) fn of(format: Format, text: PyBackedBytes) -> Self {
        let slots = vec![HeaderSlot::EMPTY; slots_for(text.len())].into_boxed_slice();
        Self::new(Text { text, slots: MutBorrow::new(slots) }, |owner| {
            esl_proto::Event::new(format, &owner.text).index(owner.slots.borrow_mut())
        })
    }

    pub(crate) fn view(&self) -> &View<'_> {
        self.borrow_dependent()
    }
}
