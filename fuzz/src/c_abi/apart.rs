//! What needs no connection: words, names for jobs, what is waited for, gaps in a sequence, a receive buffer.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::ptr::{null_mut, without_provenance_mut};

use arbitrary::{Result, Unstructured};
use c_library::app::{eslp_app, eslp_app_fault, eslp_app_kind};
use c_library::buffer::eslp_buffer;
use c_library::client::eslp_end;
use c_library::command::{eslp_execute, eslp_field};
use c_library::dial::eslp_dial_field;
use c_library::jobs::{ESLP_TAG_LEN, eslp_pending, eslp_pending_slot, eslp_sequence};
use c_library::name::{
    eslp_answer_state, eslp_call_state, eslp_cause, eslp_channel_state, eslp_direction, eslp_event_name, eslp_format,
    eslp_log_level,
};
use c_library::octets::{eslp_bytes, eslp_value};
use c_library::status::{ESLP_ABI_VERSION, eslp_status};

use super::memory::{Memory, bytes, exact, result, zeroed};
use super::{OK, connection};
use crate::c_functions::*;
use crate::texts::text;

const INSUFFICIENT: eslp_status = eslp_status::ESLP_INSUFFICIENT;

type From = unsafe fn(eslp_bytes) -> i32;
type Text = fn(i32) -> eslp_bytes;

/// Vocabulary both ways.
const WORDS: [(From, Text); 7] = [
    (|word| unsafe { eslp_event_name_from(word) }.0, |number| eslp_event_name_text(eslp_event_name(number))),
    (|word| unsafe { eslp_cause_from(word) }.0, |number| eslp_cause_text(eslp_cause(number))),
    (|word| unsafe { eslp_channel_state_from(word) }.0, |number| eslp_channel_state_text(eslp_channel_state(number))),
    (|word| unsafe { eslp_call_state_from(word) }.0, |number| eslp_call_state_text(eslp_call_state(number))),
    (|word| unsafe { eslp_answer_state_from(word) }.0, |number| eslp_answer_state_text(eslp_answer_state(number))),
    (|word| unsafe { eslp_direction_from(word) }.0, |number| eslp_direction_text(eslp_direction(number))),
    (|word| unsafe { eslp_format_from(word) }.0, |number| eslp_format_text(eslp_format(number))),
];

/// Any of these.
pub(super) fn step(u: &mut Unstructured<'_>) -> Result<()> {
    match u.int_in_range(0..=6)? {
        0 => words(u),
        1 => tag(u),
        2 => pending(u),
        3 => sequence(u),
        4 => buffer(u),
        5 => application(u),
        _ => connection::step(u),
    }
}

/// A word is the number of the word that a number is.
fn words(u: &mut Unstructured<'_>) -> Result<()> {
    let any = exact(&text(u)?);
    let number = if u.arbitrary()? { u.int_in_range(-2..=100)? } else { u.arbitrary()? };
    let mut level = eslp_log_level(0);
    // SAFETY: the texts are the library's for ever, or live on.
    unsafe {
        for (from, text) in WORDS {
            let word = text(number);
            assert!(word.data.is_null() || from(bytes(&exact(&result(word).to_ascii_lowercase()))) == number);
            let read = from(bytes(&any));
            let known = text(read);
            // A cause may be given as its number.
            let is_number = || std::str::from_utf8(&any).is_ok_and(|digits| digits.parse() == Ok(read));
            assert!(known.data.is_null() || result(known).eq_ignore_ascii_case(&any) || is_number());
        }
        let name = eslp_log_level_text(eslp_log_level(number));
        assert!(name.data.is_null() || (eslp_log_level_from(name, &mut level) == OK && level.0 == number));
        if eslp_log_level_from(bytes(&any), &mut level) == OK {
            assert!((-2..=63).contains(&level.0) && level.0 != 0);
        }
        assert_eq!(
            eslp_format_content_type(eslp_format(number)).data.is_null(),
            eslp_format_text(eslp_format(number)).data.is_null()
        );
        for (text, most) in [
            ((|number| eslp_end_text(eslp_end(number))) as Text, 10),
            (|number| eslp_field_text(eslp_field(number)), 18),
            (|number| eslp_dial_field_text(eslp_dial_field(number)), 11),
        ] {
            assert_eq!(result(text(number)).is_empty(), !(1..=most).contains(&number));
        }
        assert!(!CStr::from_ptr(eslp_strerror(number)).is_empty() && !CStr::from_ptr(eslp_version()).is_empty());
    }
    assert_eq!(eslp_abi_version(), ESLP_ABI_VERSION);
    assert!(eslp_version_number() < 1_000_000_000);
    Ok(())
}

fn tag(u: &mut Unstructured<'_>) -> Result<()> {
    let (run, number, other): (u64, u64, u64) = u.arbitrary()?;
    let any = exact(&text(u)?);
    let (out, short) = (Memory::new(ESLP_TAG_LEN, 1), Memory::new(ESLP_TAG_LEN - 1, 1));
    let name = |octets: &[u8]| eslp_value { data: octets.as_ptr().cast(), len: octets.len(), coding: 0, limit: 0 };
    let mut read = 0;
    // SAFETY: the memory is as long as said.
    unsafe {
        assert_eq!(eslp_tag(run, number, short.at(), short.len()), INSUFFICIENT);
        assert_eq!(eslp_tag(run, number, out.at(), out.len()), OK);
        assert_eq!(eslp_tag_number(&name(out.octets()), run, &mut read), OK);
        assert!(read == number && short.is_untouched());
        let status = eslp_tag_number(&name(out.octets()), other, &mut read);
        assert_eq!(status == OK, other == run);
        assert_eq!(eslp_tag_number(&name(&any), run, &mut read) == OK, any.eq_ignore_ascii_case(out.octets()));
    }
    Ok(())
}

/// What is waited for, beside a map.
fn pending(u: &mut Unstructured<'_>) -> Result<()> {
    let room = u.int_in_range(0..=3)?;
    let slots = Memory::new(room * size_of::<eslp_pending_slot>(), align_of::<eslp_pending_slot>());
    let mut pending: eslp_pending = zeroed();
    let mut model = BTreeMap::new();
    // SAFETY: there are as many slots as said; the pointers are never followed.
    unsafe {
        assert_eq!(eslp_pending_init(&mut pending, slots.at().cast(), room), OK);
        for _ in 0..u.int_in_range(0..=12)? {
            let (number, entry) = (u.int_in_range(0..=4)?, without_provenance_mut(u.int_in_range(1..=9)?));
            let (mut key, mut taken) = (0, null_mut());
            match u.int_in_range(0..=3)? {
                0 | 1 => match eslp_pending_insert(&mut pending, number, entry, &mut taken) {
                    OK => assert_eq!(model.insert(number, entry).unwrap_or_default(), taken),
                    status => assert!(status == INSUFFICIENT && model.len() == room && !model.contains_key(&number)),
                },
                2 => {
                    let status = eslp_pending_take(&mut pending, number, &mut taken);
                    assert_eq!(model.remove(&number), (status == OK).then_some(taken));
                }
                _ => match eslp_pending_take_any(&mut pending, &mut key, &mut taken) {
                    OK => assert_eq!(model.remove(&key), Some(taken)),
                    status => assert!(status == eslp_status::ESLP_END && model.is_empty()),
                },
            }
            assert_eq!(eslp_pending_len(&pending), model.len());
        }
    }
    Ok(())
}

/// Any application: written into just enough memory, or refused.
fn application(u: &mut Unstructured<'_>) -> Result<()> {
    let texts = super::client::texts(u)?;
    let pairs = super::client::pairs(&texts);
    let [a, b, c, d, e, f] = &texts;
    let mut app: eslp_app = zeroed();
    app.kind = eslp_app_kind(u.int_in_range(0..=44)?);
    app.expand = super::client::flag(u)?;
    (app.file, app.name, app.value, app.text, app.target) = (bytes(a), bytes(b), bytes(c), bytes(d), bytes(e));
    (app.terminators, app.regexp) = (super::client::option(u, f)?, super::client::option(u, a)?);
    (app.module, app.method, app.gender) = (bytes(b), bytes(c), super::client::option(u, d)?);
    (app.profile, app.flags, app.cause) =
        (super::client::option(u, e)?, super::client::option(u, f)?, super::client::option(u, a)?);
    app.pairs = super::client::list(u, &pairs)?;
    (app.min, app.max, app.timeout) = (u.int_in_range(0..=3)?, u.int_in_range(0..=200)?, u.arbitrary()?);
    (app.limit, app.loops, app.leg.0) = (u.int_in_range(0..=3)?, u.int_in_range(-1..=2)?, u.int_in_range(0..=3)?);
    let (mut execute, mut fault): (eslp_execute, eslp_app_fault) = (zeroed(), zeroed());
    // SAFETY: the texts live on, and the memory is as long as said.
    unsafe {
        if eslp_app_encode(&app, null_mut(), 0, &mut execute, &mut fault) == INSUFFICIENT {
            let out = Memory::new(execute.arg.len, 1);
            assert_eq!(eslp_app_encode(&app, out.at(), out.len(), &mut execute, &mut fault), OK);
            assert_eq!(execute.arg.len, out.len());
        }
    }
    Ok(())
}

/// Gaps between numbers of which none comes twice.
fn sequence(u: &mut Unstructured<'_>) -> Result<()> {
    let mut sequence: eslp_sequence = zeroed();
    let mut seen = std::collections::BTreeSet::new();
    // SAFETY: the texts live as long as the call.
    unsafe {
        assert_eq!(eslp_sequence_init(&mut sequence), OK);
        for _ in 0..u.int_in_range(0..=6)? {
            let number: u64 = if u.arbitrary()? { u.arbitrary()? } else { u.int_in_range(0..=20)? };
            if seen.insert(number) {
                let text = exact(format!("Event-Sequence: {number}\n\n").as_bytes());
                let mut event = zeroed();
                assert_eq!(eslp_event_view(eslp_format::ESLP_FORMAT_PLAIN, bytes(&text), &mut event), OK);
                assert_eq!(eslp_sequence_note(&mut sequence, &event), OK);
            }
        }
        let between = seen.last().zip(seen.first()).map_or(0, |(last, first)| u128::from(last - first) + 1);
        let missing = between - seen.len() as u128;
        assert!(u128::from(eslp_sequence_missing(&sequence)).abs_diff(missing) <= 1, "it stops at the greatest number");
        assert!(between > u128::from(u64::MAX) || u128::from(eslp_sequence_missing(&sequence)) == missing);
    }
    Ok(())
}

/// A receive buffer beside a queue.
fn buffer(u: &mut Unstructured<'_>) -> Result<()> {
    let mut memory = Memory::new(u.int_in_range(0..=20)?, 1);
    let mut buffer: eslp_buffer = zeroed();
    let (mut model, mut next): (Vec<u8>, u8) = (Vec::new(), 0);
    // SAFETY: the memory is as long as said, and the old one lives until the buffer goes on with other.
    unsafe {
        assert_eq!(eslp_buffer_init(&mut buffer, memory.at(), memory.len()), OK);
        for _ in 0..u.int_in_range(0..=16)? {
            let count = if u.ratio(1, 16)? { usize::MAX } else { u.int_in_range(0..=24)? };
            match u.int_in_range(0..=4)? {
                0..=2 => {
                    let (mut spare, mut room) = (null_mut(), 0);
                    let status = eslp_buffer_spare(&mut buffer, &mut spare, &mut room);
                    assert_eq!(status, if room > 0 { OK } else { INSUFFICIENT });
                    assert_eq!(room > 0, model.len() < memory.len(), "room that is there is given");
                    for place in 0..room.min(count) {
                        next = next.wrapping_add(1);
                        spare.add(place).cast::<u8>().write(next);
                        model.push(next);
                    }
                    // More than there was room for is cut, but what stands there then is not the host's to say.
                    assert_eq!(eslp_buffer_commit(&mut buffer, count.min(room)), OK);
                }
                3 => {
                    assert_eq!(eslp_buffer_consume(&mut buffer, count), OK);
                    model.drain(..count.min(model.len()));
                }
                _ => {
                    let larger = Memory::new(memory.len() + count.min(24), 1);
                    std::ptr::copy_nonoverlapping(memory.at().cast::<u8>(), larger.at().cast(), memory.len());
                    assert_eq!(eslp_buffer_grow(&mut buffer, larger.at(), larger.len()), OK);
                    memory = larger;
                }
            }
            let octets = eslp_bytes { data: eslp_buffer_data(&buffer), len: eslp_buffer_len(&buffer) };
            super::questions::lies_in(octets, memory.octets());
            assert!(result(octets) == model && eslp_buffer_capacity(&buffer) == memory.len());
        }
    }
    Ok(())
}
