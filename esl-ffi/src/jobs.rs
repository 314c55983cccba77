//! Recognising the ends of jobs and applications, and counting missing events.

use core::ffi::c_void;

use esl_core::client::{EventSequence, PendingSlot, PendingTable, Tag};

use crate::event::{eslp_event, event};
use crate::handle::{Opaque, assert_fits};
use crate::octets::eslp_value;
use crate::ptr::{self, Out, output, read, slice_mut};
use crate::status::eslp_status;

/// The length of a name that eslp_tag() makes.
pub const ESLP_TAG_LEN: usize = 33;

/// Makes a name for a `bgapi` job (`job_uuid`) or an application (`event_uuid`) of two numbers: ESLP_TAG_LEN octets,
/// not ended by a NUL.
///
/// The host chooses a `run` that other programs on the same server do not use (at random, say, once a connection) and
/// counts `number` up. In the event that tells of the end (Job-UUID of BACKGROUND_JOB, Application-UUID of
/// CHANNEL_EXECUTE_COMPLETE), eslp_tag_number() finds the number again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_tag(run: u64, number: u64, out: *mut c_void, size: usize) -> eslp_status {
    // SAFETY: by the contract with C, `out[..size]` is an output.
    ptr::run(|| unsafe {
        let tag = Tag::new(run, number);
        let to = output(out, size)?.get_mut(..tag.as_bytes().len()).ok_or(eslp_status::ESLP_INSUFFICIENT)?;
        to.copy_from_slice(tag.as_bytes());
        Ok(())
    })
}

/// The number in a name that eslp_tag() has made with this `run`.
///
/// @return ESLP_NOT_FOUND for any other name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_tag_number(name: *const eslp_value, run: u64, number: *mut u64) -> eslp_status {
    // SAFETY: by the contract with C, `name` is an input and `number` is an output.
    ptr::run(|| unsafe {
        let out = Out::new(number)?;
        let name = read(name)?.value()?;
        out.set(Tag::number_in(name, run).ok_or(eslp_status::ESLP_NOT_FOUND)?);
        Ok(())
    })
}

/// Storage for one entry of an eslp_pending. Need not be initialised.
#[repr(C)]
pub struct eslp_pending_slot {
    /// Private.
    pub opaque: [u64; 3],
}

/// A map of pending jobs and commands by number, in slots of the caller's, for hosts that have no map of their own: the
/// number of a tag or the id of a command, and a pointer of the host's that is never followed. Looking up walks the
/// slots.
#[repr(C)]
pub struct eslp_pending {
    /// Private.
    pub opaque: [u64; 4],
}

type Slot = PendingSlot<*mut c_void>;

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_pending {
    type Inner = PendingTable<*mut c_void, &'static mut [Slot]>;
    const MARK: u64 = 0x6573_6c70_706e_6410;
}

const _: () = assert_fits::<eslp_pending>();
const _: () = assert!(size_of::<Slot>() <= size_of::<eslp_pending_slot>());
const _: () = assert!(align_of::<Slot>() <= align_of::<eslp_pending_slot>());

/// Begins with nothing waited for, in `count` slots, which must stay where they are as long as it is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pending_init(
    pending: *mut eslp_pending,
    slots: *mut eslp_pending_slot,
    count: usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `pending` is an output and `slots[..count]` is lent memory. The core's slots are
    // no larger and no more aligned, asserted above, so `count` of them fit and `add` stays in bounds; all are written
    // before `slice_mut` takes them for initialised.
    ptr::run(|| unsafe {
        eslp_pending::put(pending, || {
            let memory = slice_mut(slots.cast::<core::mem::MaybeUninit<eslp_pending_slot>>(), count)?;
            let first = memory.as_mut_ptr().cast::<Slot>();
            for place in 0..count {
                first.add(place).write(Slot::EMPTY);
            }
            Ok(PendingTable::new(slice_mut(first, count)?))
        })
    })
}

/// Remembers `entry` under `number`. `before`, which may be NULL, gets the entry that was there, or NULL.
///
/// @return ESLP_INSUFFICIENT if no slot is left.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pending_insert(
    pending: *mut eslp_pending,
    number: u64,
    entry: *mut c_void,
    before: *mut *mut c_void,
) -> eslp_status {
    // SAFETY: by the contract with C, `pending` is a handle and `before` is an output.
    ptr::run(|| unsafe {
        let before = Out::optional(before)?;
        let replaced = eslp_pending::inner(pending)?.insert(number, entry);
        let replaced = replaced.map_err(|_| eslp_status::ESLP_INSUFFICIENT)?;
        if let Some(before) = before {
            before.set(replaced.unwrap_or(core::ptr::null_mut()));
        }
        Ok(())
    })
}

/// Takes the entry of `number` out.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pending_take(
    pending: *mut eslp_pending,
    number: u64,
    entry: *mut *mut c_void,
) -> eslp_status {
    // SAFETY: by the contract with C, `pending` is a handle and `entry` is an output.
    ptr::run(|| unsafe {
        let out = Out::new(entry)?;
        out.set(eslp_pending::inner(pending)?.take(number).ok_or(eslp_status::ESLP_NOT_FOUND)?);
        Ok(())
    })
}

/// Takes any entry out: at the end of a connection, nothing is waited for any more.
///
/// @return ESLP_END if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pending_take_any(
    pending: *mut eslp_pending,
    number: *mut u64,
    entry: *mut *mut c_void,
) -> eslp_status {
    // SAFETY: by the contract with C, `pending` is a handle and `number` and `entry` are outputs.
    ptr::run(|| unsafe {
        let (number_out, out) = (Out::new(number)?, Out::new(entry)?);
        let (number, entry) = eslp_pending::inner(pending)?.drain().next().ok_or(eslp_status::ESLP_END)?;
        number_out.set(number);
        out.set(entry);
        Ok(())
    })
}

/// The number of entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pending_len(pending: *const eslp_pending) -> usize {
    // SAFETY: by the contract with C, `pending` is a handle.
    unsafe { eslp_pending::inner_ref(pending) }.map_or(0, |pending| pending.len())
}

/// Counts the numbers that are missing among the Event-Sequence of events.
///
/// This tells something only to a connection that is subscribed to ALL without filters; even there it is a measure, not a
/// proof: events overtake each other by a few places, and some numbers go to events that no listener gets.
#[repr(C)]
pub struct eslp_sequence {
    /// Private.
    pub opaque: [u64; 4],
}

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_sequence {
    type Inner = EventSequence;
    const MARK: u64 = 0x6573_6c70_7365_7110;
}

const _: () = assert_fits::<eslp_sequence>();

/// Begins with nothing seen yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_sequence_init(sequence: *mut eslp_sequence) -> eslp_status {
    // SAFETY: by the contract with C, `sequence` is an output.
    ptr::run(|| unsafe { eslp_sequence::put(sequence, || Ok(EventSequence::new())) })
}

/// Takes an event's number in, if it has one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_sequence_note(sequence: *mut eslp_sequence, event: *const eslp_event) -> eslp_status {
    // SAFETY: by the contract with C, `sequence` is a handle and `event` is an input.
    ptr::run(|| unsafe {
        let event = self::event(event)?;
        eslp_sequence::inner(sequence)?.note(&event);
        Ok(())
    })
}

/// The numbers between the lowest and the highest that have not been seen.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_sequence_missing(sequence: *const eslp_sequence) -> u64 {
    // SAFETY: by the contract with C, `sequence` is a handle.
    unsafe { eslp_sequence::inner_ref(sequence) }.map_or(0, |sequence| sequence.missing())
}
