//! Dial strings: whatever a call is made of, it is refused, or reads back as the same call.

use std::ffi::c_void;
use std::ptr::null_mut;

use arbitrary::{Result, Unstructured};
use c_library::dial::{eslp_dial_fault, eslp_dial_read, eslp_join, eslp_leg, eslp_originate};
use c_library::pairs::{eslp_pair, eslp_pairs};
use c_library::status::eslp_status;

use super::client::{list, option, pairs, texts};
use super::memory::{Memory, bytes, exact, zeroed};
use super::{OK, messages, questions};
use crate::c_functions::*;
use crate::texts::{several, text};

/// What a call is made of.
type Texts = [Box<[u8]>; 6];

/// Writes a call of any kind and reads it again.
pub(super) fn write(u: &mut Unstructured<'_>) -> Result<()> {
    let texts_of_legs = several(u, 4, texts)?;
    let (of_all, of_call) = (texts(u)?, texts(u)?);
    let pairs_of_legs: Vec<[eslp_pair; 3]> = texts_of_legs.iter().map(pairs).collect();
    let legs: Vec<eslp_leg> =
        texts_of_legs.iter().zip(&pairs_of_legs).map(|(texts, pairs)| leg(u, texts, pairs)).collect::<Result<_>>()?;
    let pairs_of_all = pairs(&of_all);
    let mut call: eslp_originate = zeroed();
    (call.dial.legs, call.dial.count) = (legs.as_ptr(), legs.len());
    call.dial.variables = short_list(u, &pairs_of_all)?;
    let [destination, argument, dialplan, context, name, number] = &of_call;
    if u.arbitrary()? {
        (call.application, call.argument) = (bytes(destination), option(u, argument)?);
    } else {
        call.extension = bytes(destination);
    }
    (call.dialplan, call.context) = (option(u, dialplan)?, option(u, context)?);
    (call.cid_name, call.cid_num) = (option(u, name)?, option(u, number)?);
    call.timeout_sec = u.int_in_range(0..=3)?;
    for way in [Way::Line, Way::Argument] {
        if let Some(written) = way.encode(&call) {
            let read = way.parse(written.octets()).expect("what was written can be read");
            assert_eq!(read.call.dial.count, legs.len());
            let again = way.encode(&read.call).expect("it was written before");
            assert_eq!(again.octets(), written.octets());
        }
    }
    Ok(())
}

/// No pairs, as most often, or some.
fn short_list(u: &mut Unstructured<'_>, pairs: &[eslp_pair]) -> Result<eslp_pairs> {
    if u.arbitrary()? { list(u, pairs) } else { Ok(zeroed()) }
}

fn leg(u: &mut Unstructured<'_>, texts: &Texts, pairs: &[eslp_pair; 3]) -> Result<eslp_leg> {
    Ok(eslp_leg {
        endpoint: bytes(&texts[0]),
        variables: short_list(u, &pairs[1..])?,
        handle_variables: short_list(u, &pairs[2..])?,
        join: eslp_join(if u.ratio(1, 20)? { 3 } else { u.int_in_range(0..=2)? }),
        ..zeroed()
    })
}

/// Reads any line, and writes what was understood.
pub(super) fn read(u: &mut Unstructured<'_>) -> Result<()> {
    let front: &[u8] = if u.arbitrary()? { b"originate " } else { b"" };
    let texts = several(u, 4, text)?;
    let line = exact(&[front, &texts.concat()].concat());
    for way in [Way::Line, Way::Argument] {
        if let Some(read) = way.parse(&line)
            && let Some(written) = way.encode(&read.call)
        {
            let again = way.parse(written.octets()).expect("what was written can be read");
            assert_eq!(way.encode(&again.call).expect("it was written before").octets(), written.octets());
        }
    }
    Ok(())
}

/// A line for `api`, or the argument of `bridge`.
#[derive(Clone, Copy)]
enum Way {
    Line,
    Argument,
}

/// A call that was read, and where it lies.
struct Read {
    call: eslp_originate,
    _legs: Memory,
    _storage: Memory,
}

impl Way {
    /// The call in memory of exactly its length; [`None`] if it is refused.
    fn encode(self, call: &eslp_originate) -> Option<Memory> {
        let (mut len, mut fault): (_, eslp_dial_fault) = (0, zeroed());
        let mut to = |out: *mut c_void, size: usize| {
            // SAFETY: the memory is as long as said, and what the call points to lives on.
            unsafe {
                match self {
                    Self::Line => eslp_originate_encode(call, out, size, &mut len, &mut fault),
                    Self::Argument => eslp_bridge_encode(&call.dial, out, size, &mut len, &mut fault),
                }
            }
        };
        let status = to(null_mut(), 0);
        if status != eslp_status::ESLP_DIAL_INSUFFICIENT {
            assert!(matches!(status.0, -599..=-501) || status == eslp_status::ESLP_UNKNOWN_NUMBER);
            assert!(fault.leg == 0 || fault.leg < call.dial.count);
            assert_eq!(eslp_dial_field_text(fault.field).data.is_null(), fault.field.0 == 0);
            return None;
        }
        let required = len;
        let (short, out) = (Memory::new(required - 1, 1), Memory::new(required, 1));
        let mut to = |out: &Memory| {
            // SAFETY: as above.
            unsafe {
                match self {
                    Self::Line => eslp_originate_encode(call, out.at(), out.len(), &mut len, null_mut()),
                    Self::Argument => eslp_bridge_encode(&call.dial, out.at(), out.len(), &mut len, null_mut()),
                }
            }
        };
        assert!(to(&short) == eslp_status::ESLP_DIAL_INSUFFICIENT);
        assert_eq!(to(&out), OK);
        assert_eq!(len, required);
        Some(out)
    }

    /// The call that a text says, in memory for exactly as much; [`None`] if it is none.
    fn parse(self, text: &[u8]) -> Option<Read> {
        let storage = Memory::new(text.len(), 1);
        let (mut call, mut read): (eslp_originate, eslp_dial_read) = (zeroed(), zeroed());
        let mut into = |legs: &Memory, storage: &Memory, read: &mut eslp_dial_read| {
            let (slots, max) = (legs.at().cast(), legs.len() / size_of::<eslp_leg>());
            // SAFETY: storage and slots are as many as said, and live as long as the call.
            unsafe {
                let (at, size) = (storage.at(), storage.len());
                match self {
                    Self::Line => eslp_originate_parse(bytes(text), at, size, slots, max, &mut call, read),
                    Self::Argument => eslp_bridge_parse(bytes(text), at, size, slots, max, &mut call.dial, read),
                }
            }
        };
        let no_legs = Memory::new(0, align_of::<eslp_leg>());
        let status = into(&no_legs, &storage, &mut read);
        if status != eslp_status::ESLP_INSUFFICIENT {
            assert!(matches!(status.0, -599..=-552) && read.offset <= text.len(), "{status:?}");
            return None;
        }
        let count = read.legs;
        let legs = Memory::new(count * size_of::<eslp_leg>(), align_of::<eslp_leg>());
        let short = Memory::new(text.len() - 1, 1);
        if into(&legs, &short, &mut read) != OK {
            assert!(read.offset <= text.len(), "as many octets as the text has are enough");
        }
        assert_eq!(into(&legs, &storage, &mut read), OK);
        assert_eq!((read.legs, call.dial.count), (count, count));
        about_call(&call, storage.octets());
        Some(Read { call, _legs: legs, _storage: storage })
    }
}

/// What a call that was read points to lies in its storage.
fn about_call(call: &eslp_originate, storage: &[u8]) {
    let texts = [call.extension, call.application, call.argument, call.dialplan, call.context];
    texts.into_iter().chain([call.cid_name, call.cid_num]).for_each(|text| questions::lies_in(text, storage));
    messages::about_pairs(&call.dial.variables, storage);
    // SAFETY: as many legs as the library says.
    for leg in unsafe { std::slice::from_raw_parts(call.dial.legs, call.dial.count) } {
        questions::lies_in(leg.endpoint, storage);
        assert!(leg.endpoint.len > 0);
        messages::about_pairs(&leg.variables, storage);
        messages::about_pairs(&leg.handle_variables, storage);
    }
}
