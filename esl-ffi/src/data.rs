//! Events that are to be sent, in any of the three formats.

use crate::number::numbers;
use core::ffi::c_void;

use esl_core::Value;
use esl_core::event::{
    Content, Duplicates, EncodeOptions, EventEncodeError, EventSource, Field, Invalid, OutgoingEvent,
};
#[cfg(feature = "server")]
use esl_core::server::EventCoding;
use esl_core::text::Percent;

use crate::event::{eslp_event, event_apart};
use crate::handle::{Opaque, assert_fits};
use crate::name::{eslp_format, format_of};
use crate::octets::eslp_bytes;
use crate::ptr::{Out, Outcome, Written, output, run, slice};
use crate::status::eslp_status;

/// Storage for one header of an eslp_outgoing_event. Need not be initialised.
#[repr(C)]
pub struct eslp_field_slot {
    /// Private.
    pub opaque: [u64; 6],
}

/// Storage for one element of an array in an eslp_outgoing_event. Need not be initialised.
#[repr(C)]
pub struct eslp_item_slot {
    /// Private.
    pub opaque: [u64; 2],
}

/// An event that is to be sent: headers in their order, and a body. Everything that goes out must be given, Event-Name
/// and Event-Sequence too; only Content-Length comes by itself, and one among the headers is left out.
///
/// It keeps pointers: names, values, items and the body must stay where they are as long as it is used.
///
///     eslp_field_slot slots[16];
///     eslp_outgoing_event event;
///     eslp_outgoing_event_init(&event, slots, 16);
///     eslp_outgoing_event_add(&event, ESLP_LIT("Event-Name"), ESLP_LIT("HEARTBEAT"));
#[repr(C)]
pub struct eslp_outgoing_event {
    /// Private.
    pub opaque: [u64; 8],
}

numbers! {
    /// How a `%` that two upper-case hexadecimal digits follow is written.
    pub enum eslp_percent {
        /// As FreeSWITCH writes it: not escaped, so that it is read back as another value.
        ESLP_PERCENT_FREESWITCH = 0,
        /// Lossless: it is read back as it was.
        ESLP_PERCENT_LOSSLESS = 1,
    }
}

numbers! {
    /// How an event is written: these numbers, added up.
    pub enum eslp_encode {
        /// FreeSWITCH's own octets.
        ESLP_ENCODE_FREESWITCH = 0,
        /// A `%` that looks like an escape is escaped: each value is read back as it was. The number of ESLP_PERCENT_LOSSLESS.
        ESLP_ENCODE_LOSSLESS = 1,
        /// What is not UTF-8 where it would be copied, in names, bodies and all of JSON, is refused; so is what XML does not have.
        /// JSON is that of RFC 8259 then, and XML is well-formed; with the next two as well.
        ESLP_ENCODE_REFUSE = 2,
        /// It becomes U+FFFD.
        ESLP_ENCODE_REPLACE = 4,
        /// Each octet becomes the character of its number, U+0080 to U+00FF. Not to be added to the two before.
        ESLP_ENCODE_ESCAPE = 6,
        /// Headers that come more than once are arrays in JSON; else the name is repeated there.
        ESLP_ENCODE_ARRAYS = 8,
        /// What every reader understands: ESLP_ENCODE_LOSSLESS, ESLP_ENCODE_REPLACE and ESLP_ENCODE_ARRAYS.
        ESLP_ENCODE_STRICT = 13,
    }
}

const fn options_of(flags: i32) -> Outcome<EncodeOptions> {
    if flags < 0 || flags > 15 {
        return Err(eslp_status::ESLP_UNKNOWN_NUMBER);
    }
    let invalid = match flags & 6 {
        2 => Invalid::Refuse,
        4 => Invalid::Replace,
        6 => Invalid::Escape,
        _ => Invalid::Keep,
    };
    let percent = if flags & 1 == 0 { Percent::FreeSwitch } else { Percent::Lossless };
    let duplicates = if flags & 8 == 0 { Duplicates::Repeat } else { Duplicates::Arrays };
    Ok(EncodeOptions::new().percent(percent).invalid(invalid).duplicates(duplicates))
}

/// Sets `len` to the octets that were written or are needed, or to the place of the header that is refused.
pub(crate) fn encoded(written: Result<usize, EventEncodeError>, len: Option<Out<usize>>) -> Outcome {
    if let Some(len) = len {
        len.set(match &written {
            Ok(written) => *written,
            Err(EventEncodeError::Insufficient(error)) => error.required,
            Err(EventEncodeError::Refused(error)) => error.item,
        });
    }
    written.map(drop).map_err(|error| eslp_status::of(error.code()))
}

/// Writes a source's document.
///
/// # Safety
/// `out[..size]` and `len` are outputs as [`ptr`](crate::ptr) defines them.
pub(crate) unsafe fn encode(
    source: &impl EventSource,
    format: eslp_format,
    flags: i32,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
) -> Outcome {
    // SAFETY: the preconditions of the two are this function's.
    let (len, out) = unsafe { (Out::optional(len)?, output(out, size)?) };
    let format = format_of(format)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
    encoded(source.encode(format, options_of(flags)?, out), len)
}

/// An event under construction in slots of the caller's. The first `used` slots are initialised.
pub(crate) struct Growing {
    slots: *mut Field<'static>,
    room: usize,
    used: usize,
    body: Option<Value<'static>>,
}

impl Growing {
    /// The event as it is now.
    pub(crate) fn event(&self, written: Written) -> Outcome<OutgoingEvent<'static>> {
        // SAFETY: the slots are lent memory, so they still exist and nobody else uses them; `add` has written the first
        // `used` of them. A field's own slices are lent memory, too.
        let headers: &'static [Field<'static>] = unsafe { slice(self.slots, self.used) }?;
        for field in headers {
            written.apart(field.name.raw())?;
            match field.content {
                Content::Text(text) => drop(written.apart(text.raw())?),
                Content::Array(items) => items.iter().try_for_each(|item| written.apart(item).map(drop))?,
            }
        }
        written.apart(self.body.map_or(&[][..], |body| body.raw()))?;
        Ok(OutgoingEvent { headers, body: self.body })
    }

    fn add(&mut self, field: Field<'static>) -> Outcome {
        if self.used >= self.room {
            return Err(eslp_status::ESLP_INSUFFICIENT);
        }
        // SAFETY: `used < room`, and `eslp_outgoing_event_init` was lent `room` slots, each as large and as aligned as a
        // field: asserted below. `write` does not read the old contents.
        unsafe { self.slots.add(self.used).write(field) };
        self.used += 1;
        Ok(())
    }
}

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_outgoing_event {
    type Inner = Growing;
    const MARK: u64 = 0x6573_6c70_6461_7410;
}

const _: () = assert_fits::<eslp_outgoing_event>();
const _: () = assert!(size_of::<Field<'static>>() <= size_of::<eslp_field_slot>());
const _: () = assert!(align_of::<Field<'static>>() <= align_of::<eslp_field_slot>());
const _: () = assert!(size_of::<&[u8]>() <= size_of::<eslp_item_slot>());
const _: () = assert!(align_of::<&[u8]>() <= align_of::<eslp_item_slot>());

pub(crate) const fn percent_of(number: eslp_percent) -> Outcome<Percent> {
    match number {
        eslp_percent::ESLP_PERCENT_FREESWITCH => Ok(Percent::FreeSwitch),
        eslp_percent::ESLP_PERCENT_LOSSLESS => Ok(Percent::Lossless),
        _ => Err(eslp_status::ESLP_UNKNOWN_NUMBER),
    }
}

/// Begins with an event without headers, in `count` slots, which must stay where they are as long as it is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_init(
    event: *mut eslp_outgoing_event,
    slots: *mut eslp_field_slot,
    count: usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an output and `slots[..count]` is lent memory.
    run(|| unsafe {
        eslp_outgoing_event::put(event, || {
            let memory = crate::ptr::slice_mut(slots.cast::<core::mem::MaybeUninit<eslp_field_slot>>(), count)?;
            let slots = memory.as_mut_ptr().cast::<Field<'static>>();
            Ok(Growing { slots, room: count, used: 0, body: None })
        })
    })
}

/// Adds a header with one value, not coded. Where it is empty, plain events say `_undef_`; the server itself has no empty
/// values.
///
/// @return ESLP_INSUFFICIENT if no slot is left.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_add(
    event: *mut eslp_outgoing_event,
    name: eslp_bytes,
    value: eslp_bytes,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle and `name` and `value` are inputs.
    run(|| unsafe {
        let (name, value): (&'static [u8], &'static [u8]) = (name.octets()?, value.octets()?);
        eslp_outgoing_event::inner(event)?.add(Field::new(name, value))
    })
}

/// Adds a header whose value is an array of `count` items, with as many slots for them. Plain and XML events cannot tell
/// one of a single element from a text.
///
/// @return ESLP_INSUFFICIENT if no slot for a header is left.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_add_array(
    event: *mut eslp_outgoing_event,
    name: eslp_bytes,
    items: *const eslp_bytes,
    count: usize,
    slots: *mut eslp_item_slot,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle, `name` and `items[..count]` are inputs and `slots[..count]`
    // is lent memory. `place < count` slots of at least the size and alignment of a `&[u8]`, asserted above, so `add`
    // stays in bounds; `slice` sees `count` slots that the loop has written, or the function has returned.
    run(|| unsafe {
        let event = eslp_outgoing_event::inner(event)?;
        let name: &'static [u8] = name.octets()?;
        let memory = crate::ptr::slice_mut(slots.cast::<core::mem::MaybeUninit<eslp_item_slot>>(), count)?;
        let first = memory.as_mut_ptr().cast::<&'static [u8]>();
        for (place, item) in slice(items, count)?.iter().enumerate() {
            first.add(place).write(item.octets()?);
        }
        event.add(Field::array(name, slice(first, count)?))
    })
}

/// Gives the event a body; NULL takes it away. An empty one is told from none in JSON only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_body(event: *mut eslp_outgoing_event, body: eslp_bytes) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle and `body` is an input.
    run(|| unsafe {
        let body = body.optional()?;
        eslp_outgoing_event::inner(event)?.body = body.map(Value::from_bytes);
        Ok(())
    })
}

/// Takes all headers and the body away, for the next event in the same slots.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_clear(event: *mut eslp_outgoing_event) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle.
    run(|| unsafe {
        let event = eslp_outgoing_event::inner(event)?;
        (event.used, event.body) = (0, None);
        Ok(())
    })
}

/// Adds the headers of an event that was read, as they are coded, and takes its body: so it is offered, delivered and
/// written like one of the host's own, with headers of the host's before and behind them. The octets in the buffer must stay
/// where they are as long as `event` is used.
///
/// @return ESLP_INSUFFICIENT if there are too few slots: as many headers as have one are added then. An error from
/// ESLP_DOCUMENT_TRUNCATED on if the event cannot be read to its end: the headers before that are added.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_read(
    event: *mut eslp_outgoing_event,
    from: *const eslp_event,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle and `from` is an input.
    run(|| unsafe {
        let event = eslp_outgoing_event::inner(event)?;
        let from: esl_core::Event<'static> = crate::event::event(from)?;
        let mut headers = from.headers();
        for header in headers.by_ref() {
            event.add(header.into())?;
        }
        if let Some(error) = headers.error() {
            return Err(eslp_status::of(error.code()));
        }
        event.body = headers.into_body();
        Ok(())
    })
}

/// Writes the event's document in an eslp_format, the body of a `text/event-...` frame, to `out`. `flags` are of
/// eslp_encode. A listener does this by itself: eslp_server_deliver().
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and what `out` holds has no
/// meaning.
/// A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place of the header, from 0, or
/// the number of headers if it is the body.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_encode(
    event: *const eslp_outgoing_event,
    format: eslp_format,
    flags: i32,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle and `out[..size]` and `len` are outputs.
    run(|| unsafe {
        encode(&eslp_outgoing_event::inner_ref(event)?.event(Written::to(out, size))?, format, flags, out, size, len)
    })
}

/// Writes an event in an eslp_format, whatever it is in, to `out`: the body of a `text/event-...` frame. `flags` are of
/// eslp_encode.
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and what `out` holds has no
/// meaning.
/// A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place of the header, from 0, or
/// the number of headers if it is the body.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_transcode(
    event: *const eslp_event,
    format: eslp_format,
    flags: i32,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an input and `out[..size]` and `len` are outputs.
    run(|| unsafe { encode(&event_apart(event, out, size)?, format, flags, out, size, len) })
}

/// Writes the frame of an event, head and document, for connections that agree in `format`, an eslp_format, and `percent`,
/// an eslp_percent: it is written once and its octets are copied or shared. eslp_server_delivered() counts it.
///
/// @return As eslp_outgoing_event_encode().
#[cfg(feature = "server")]
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_outgoing_event_frame(
    event: *const eslp_outgoing_event,
    format: eslp_format,
    percent: eslp_percent,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is a handle and `out[..size]` and `len` are outputs.
    run(|| unsafe {
        let len = Out::optional(len)?;
        let event = eslp_outgoing_event::inner_ref(event)?.event(Written::to(out, size))?;
        encoded(coding_of(format, percent)?.encode(&event, output(out, size)?), len)
    })
}

#[cfg(feature = "server")]
pub(crate) fn coding_of(format: eslp_format, percent: eslp_percent) -> Outcome<EventCoding> {
    let format = format_of(format)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
    Ok(EventCoding { format, percent: percent_of(percent)? })
}
