//! A stream between a connection and whoever reads it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use esl_core::session::{Item, Overflow, Queue};

use crate::handle::{Handle, Look, Opaque as _};
use crate::message::{eslp_frame, eslp_message};
use crate::number::numbers;
use crate::octets::eslp_bytes;
use crate::ptr::{Call, In, Out, Outcome, Plain as _, known, run};
use crate::session::eslp_gap;
use crate::status::eslp_status;

numbers! {
    /// What happens when a queue is full.
    pub enum eslp_overflow {
        /// The host stops reading from the socket until there is room: eslp_queue_is_blocking(). Nothing is lost here; the server
        /// drops events and then ends a connection that is not read for long.
        ESLP_OVERFLOW_BLOCK = 0 => Block,
        /// The oldest item makes room, and counts as lost.
        ESLP_OVERFLOW_DROP_OLDEST = 1 => DropOldest,
        /// The new item counts as lost.
        ESLP_OVERFLOW_DROP_NEWEST = 2 => DropNewest,
        /// The queue ends: its reader gets what it holds, and then ESLP_ITEM_OVERFLOWED.
        ESLP_OVERFLOW_END = 3 => End,
    }
    for Overflow

    /// What a queue gives.
    pub enum eslp_item_kind {
        /// Nothing.
        ESLP_ITEM_NONE = 0,
        /// A message: `message`.
        ESLP_ITEM_MESSAGE = 1,
        /// Items are missing here: `lost`.
        ESLP_ITEM_LOST = 2,
        /// The connection was replaced here: `gap`.
        ESLP_ITEM_GAP = 3,
        /// The queue was full and has ended: ESLP_OVERFLOW_END.
        ESLP_ITEM_OVERFLOWED = 4,
    }
}

/// A bounded queue of copied messages for a reader, which reports losses in their place. For hosts whose readers do not
/// read at once.
///
///     ... once: eslp_queue_new(100, ESLP_OVERFLOW_DROP_OLDEST, &queue) and eslp_session_listen(session, slot, &interest) ...
///     eslp_session_readers(session, &result.message, slots, 16, &count);
///     ... for each of them: eslp_queue_push(queue_of(slot), &result.message) ...
///     ... later: while (eslp_queue_pop(queue, &item) == ESLP_OK) ...
pub struct eslp_queue;

/// A queue, and what was taken out of it last.
pub(crate) struct Stream {
    queue: Queue<Kept>,
    last: Option<Kept>,
}

/// What lies in a queue.
enum Kept {
    Message { message: eslp_message, head: Box<[u8]>, body: Option<Box<[u8]>>, content_type: Option<Box<[u8]>> },
    Gap { gap: eslp_gap, before: Option<Box<[u8]>>, after: Option<Box<[u8]>> },
}

/// What eslp_queue_pop() gives.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_item {
    /// What it is.
    pub kind: eslp_item_kind,
    /// With ESLP_ITEM_LOST: how many items.
    pub lost: u64,
    /// With ESLP_ITEM_MESSAGE.
    pub message: eslp_message,
    /// With ESLP_ITEM_GAP.
    pub gap: eslp_gap,
    /// Zeros: room for more fields.
    pub reserved: [u64; 4],
}

/// A copy on the heap, if there is room: messages are as long as a server makes them.
fn copy(octets: &[u8]) -> Outcome<Box<[u8]>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(octets.len()).map_err(|_| eslp_status::ESLP_NO_MEMORY)?;
    copy.extend_from_slice(octets);
    Ok(copy.into())
}

impl Kept {
    fn message(message: &eslp_message, call: Call<'_>) -> Outcome<Self> {
        let frame = message.frame;
        frame.whole()?;
        Ok(Self::Message {
            message: *message,
            head: copy(frame.head.octets(call)?)?,
            body: frame.body.said(call)?.map(copy).transpose()?,
            content_type: frame.content_type.said(call)?.map(copy).transpose()?,
        })
    }

    fn gap(gap: &eslp_gap, call: Call<'_>) -> Outcome<Self> {
        known(&gap.reserved)?;
        let (before, after) = (gap.core_before.said(call)?, gap.core_after.said(call)?);
        Ok(Self::Gap { gap: *gap, before: before.map(Box::from), after: after.map(Box::from) })
    }

    fn item(&self) -> eslp_item {
        match self {
            Self::Message { message, head, body, content_type } => {
                let frame = eslp_frame {
                    head: eslp_bytes::of(head),
                    body: eslp_bytes::option(body.as_deref()),
                    content_type: eslp_bytes::option(content_type.as_deref()),
                    ..message.frame
                };
                let message = eslp_message { frame, ..*message };
                eslp_item { kind: eslp_item_kind::ESLP_ITEM_MESSAGE, message, ..eslp_item::ZERO }
            }
            Self::Gap { gap, before, after } => {
                let gap = eslp_gap {
                    core_before: eslp_bytes::option(before.as_deref()),
                    core_after: eslp_bytes::option(after.as_deref()),
                    ..*gap
                };
                eslp_item { kind: eslp_item_kind::ESLP_ITEM_GAP, gap, ..eslp_item::ZERO }
            }
        }
    }
}

/// Makes an empty queue of at most `bound` items, one at least; eslp_queue_free() it.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_new(bound: usize, overflow: eslp_overflow, queue: Out<*mut eslp_queue>) -> eslp_status {
    queue.give(|_| {
        let queue = Queue::new(bound, overflow.try_into()?);
        eslp_queue::allocate(Stream { queue, last: None })
    })
}

/// Gives a queue back, and what lies in it. NULL is fine.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_free(queue: Handle<eslp_queue>) {
    queue.give_back()
}

/// Appends a copy of a message, or applies the eslp_overflow. With ESLP_OVERFLOW_BLOCK it is always accepted, because
/// it has been read already; to keep the bound, stop reading while eslp_queue_is_blocking().
///
/// @return ESLP_NOT_WHOLE if the message comes in parts; ESLP_NO_MEMORY if there is none for the copy, and nothing has changed.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_push(queue: Handle<eslp_queue>, message: In<eslp_message>) -> eslp_status {
    run(|call| {
        queue.get(call)?.queue.push(Kept::message(message.read(call)?, call)?);
        Ok(())
    })
}

/// Puts a copy of a gap at the end, as a mark between two messages: it takes no item's room. Of more than 64 marks that wait the
/// oldest count as lost.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_push_gap(queue: Handle<eslp_queue>, gap: In<eslp_gap>) -> eslp_status {
    run(|call| {
        queue.get(call)?.queue.push_mark(Kept::gap(gap.read(call)?, call)?);
        Ok(())
    })
}

/// Removes the first entry. It is valid until the next eslp_queue_pop() or eslp_queue_free().
///
/// @return ESLP_END if there is nothing.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_pop(queue: Handle<eslp_queue>, item: Out<eslp_item>) -> eslp_status {
    item.next(|call| {
        let stream = queue.get(call)?;
        stream.last = None;
        Ok(stream.queue.pop().map(|item| match item {
            Item::Item(kept) => stream.last.insert(kept).item(),
            Item::Lost(lost) => eslp_item { kind: eslp_item_kind::ESLP_ITEM_LOST, lost, ..eslp_item::ZERO },
            Item::Overflowed => eslp_item { kind: eslp_item_kind::ESLP_ITEM_OVERFLOWED, ..eslp_item::ZERO },
        }))
    })
}

/// Whether the host should stop reading from the socket: the queue is full, and has not been read to its half since.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_is_blocking(queue: Look<eslp_queue>) -> bool {
    queue.ask(false, |stream| stream.queue.is_blocking())
}

/// How many messages and gaps wait to be read.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_len(queue: Look<eslp_queue>) -> usize {
    queue.ask(0, |stream| stream.queue.len())
}

/// How many items were lost so far, those among them that the reader has not been told of yet.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_queue_lost(queue: Look<eslp_queue>) -> u64 {
    queue.ask(0, |stream| stream.queue.lost())
}
