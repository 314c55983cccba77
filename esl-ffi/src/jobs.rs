//! Recognising the ends of jobs and applications, and counting missing events.

use core::ffi::c_void;

use esl_core::client::{EventSequence, PendingSlot, PendingTable, Tag};

use crate::event::eslp_event;
use crate::handle::{Handle, Look, Make};
use crate::octets::eslp_value;
use crate::ptr::{self, Call, In, Out, Outcome, Slots, Wanted as _, run};
use crate::status::eslp_status;

/// The length of a name that eslp_tag() makes.
pub const ESLP_TAG_LEN: usize = 33;

/// Makes a name for a `bgapi` job (`job_uuid`) or an application (`event_uuid`) of two numbers: ESLP_TAG_LEN bytes,
/// not ended by a NUL.
///
/// The host chooses a `run` that other programs on the same server do not use (at random, say, once a connection) and
/// counts `number` up. In the event at its end (Job-UUID of BACKGROUND_JOB, Application-UUID of
/// CHANNEL_EXECUTE_COMPLETE), eslp_tag_number() finds the number again.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_tag(run: u64, number: u64, out: Out<c_void>, size: usize) -> eslp_status {
    ptr::run(|call| put(Tag::new(run, number), out, size, call))
}

/// Writes a name.
pub(crate) fn put(tag: Tag, out: Out<c_void>, size: usize, call: Call<'_>) -> Outcome {
    let tag = tag.as_bytes();
    let (out, _) = out.room(size, call)?;
    out.get_mut(..tag.len()).ok_or(eslp_status::ESLP_INSUFFICIENT)?.copy_from_slice(tag);
    Ok(())
}

/// The number in a name that eslp_tag() has made with this `run`.
///
/// @return ESLP_NOT_FOUND for any other name.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_tag_number(name: In<eslp_value>, run: u64, number: Out<u64>) -> eslp_status {
    number.find(|call| Ok(Tag::number_in(name.value(call)?, run)))
}

/// Storage for one entry of an eslp_pending. Need not be initialised.
#[repr(C)]
pub struct eslp_pending_slot {
    /// Private.
    pub opaque: [u64; 3],
}

/// A map of pending jobs and commands by number, in the caller's slots, for hosts without a map: the number of a tag or
/// the id of a command, and a pointer of the host that is never followed. A look-up walks the slots.
#[repr(C)]
pub struct eslp_pending {
    /// Private.
    pub opaque: [u64; 4],
}

/// What is waited for.
pub(crate) type Table = PendingTable<*mut c_void, &'static mut [PendingSlot<*mut c_void>]>;

/// Begins empty, in `count` slots, which must not move as long as it is used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pending_init(
    pending: Make<eslp_pending>, slots: Slots<eslp_pending_slot>, count: usize,
) -> eslp_status {
    pending.make(|_| Ok(PendingTable::new(slots.filled(count, |_| Ok(PendingSlot::EMPTY))?)))
}

/// Remembers `entry` under `number`. `before`, which may be NULL, gets the entry that was there, or NULL.
///
/// @return ESLP_INSUFFICIENT if no slot is left.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pending_insert(
    pending: Handle<eslp_pending>, number: u64, entry: *mut c_void, before: Out<*mut c_void>,
) -> eslp_status {
    run(|call| {
        let before = before.optional(call)?;
        let replaced = pending.get(call)?.insert(number, entry).map_err(|_| eslp_status::ESLP_INSUFFICIENT)?;
        before.set(replaced.unwrap_or(core::ptr::null_mut()));
        Ok(())
    })
}

/// Takes the entry of `number` out.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pending_take(
    pending: Handle<eslp_pending>, number: u64, entry: Out<*mut c_void>,
) -> eslp_status {
    entry.find(|call| Ok(pending.get(call)?.take(number)))
}

/// Takes any entry out: at the end of a connection, nothing is waited for any more.
///
/// @return ESLP_END if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pending_take_any(
    pending: Handle<eslp_pending>, number: Out<u64>, entry: Out<*mut c_void>,
) -> eslp_status {
    run(|call| {
        let (mut number_out, mut out) = (number.nothing(call)?, entry.nothing(call)?);
        let (number, entry) = pending.get(call)?.drain().next().ok_or(eslp_status::ESLP_END)?;
        number_out.set(number);
        out.set(entry);
        Ok(())
    })
}

/// The number of entries.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pending_len(pending: Look<eslp_pending>) -> usize {
    pending.ask(0, |pending| pending.len())
}

/// Counts the numbers that are missing among the Event-Sequence of events.
///
/// This is meaningful only on a connection that is subscribed to ALL without filters; even there it is a measure, not a
/// proof: events overtake each other by a few places, and some numbers go to events that no listener gets.
#[repr(C)]
pub struct eslp_sequence {
    /// Private.
    pub opaque: [u64; 4],
}

/// Begins with nothing seen yet.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_sequence_init(sequence: Make<eslp_sequence>) -> eslp_status {
    sequence.make(|_| Ok(EventSequence::new()))
}

/// Takes an event's number in, if it has one.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_sequence_note(sequence: Handle<eslp_sequence>, event: In<eslp_event>) -> eslp_status {
    run(|call| {
        let event = event.event(call)?;
        sequence.get(call)?.note(&event);
        Ok(())
    })
}

/// The numbers between the lowest and the highest that have not been seen.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_sequence_missing(sequence: Look<eslp_sequence>) -> u64 {
    sequence.ask(0, |sequence| sequence.missing())
}
