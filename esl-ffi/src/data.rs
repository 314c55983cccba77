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

use crate::event::eslp_event;
use crate::handle::{Handle, Look, Make};
use crate::name::{eslp_format, said_format};
use crate::octets::eslp_bytes;
use crate::ptr::{Call, In, List, Out, Outcome, Plain as _, Slots, Wanted as _, keep, run};
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

/// An event that is to be sent: headers in their order, and a body. All headers must be given, including Event-Name and
/// Event-Sequence; only Content-Length is added, and left out if it is among the headers.
///
/// It keeps pointers: names, values, items and the body must not move as long as it is used.
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
        ESLP_PERCENT_FREESWITCH = 0 => FreeSwitch,
        /// Lossless: it is read back as it was.
        ESLP_PERCENT_LOSSLESS = 1 => Lossless,
    }
    for Percent

    /// How an event is written: these numbers, added up.
    pub enum eslp_encode {
        /// FreeSWITCH's own bytes.
        ESLP_ENCODE_FREESWITCH = 0,
        /// A `%` that looks like an escape is escaped: each value is read back as it was. The number of ESLP_PERCENT_LOSSLESS.
        ESLP_ENCODE_LOSSLESS = 1,
        /// Refuses bytes that are not UTF-8 where they would be copied, in names, bodies and all of JSON, and
        /// characters that XML does not have. JSON is then that of RFC 8259, and XML is well-formed; also with the next
        /// two.
        ESLP_ENCODE_REFUSE = 2,
        /// It becomes U+FFFD.
        ESLP_ENCODE_REPLACE = 4,
        /// Each byte becomes the character of its number, U+0080 to U+00FF. Not to be added to the two before.
        ESLP_ENCODE_ESCAPE = 6,
        /// Repeated headers are arrays in JSON; otherwise the name is repeated there.
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

/// The body of a function that writes an event, and sets `len` to the bytes that were written or are needed, or to the place
/// of the header that is refused.
fn encoding(
    (out, size): (Out<c_void>, usize), len: Out<usize>,
    encode: impl for<'c> FnOnce(&'c mut [u8], Call<'c>) -> Outcome<Result<usize, EventEncodeError>>,
) -> eslp_status {
    run(|call| {
        let len = len.optional(call)?;
        let (out, call) = out.room(size, call)?;
        let written = encode(out, call)?;
        len.set(match &written {
            Ok(written) => *written,
            Err(EventEncodeError::Insufficient(error)) => error.required,
            Err(EventEncodeError::Refused(error)) => error.item,
        });
        written.map(drop).map_err(|error| eslp_status::of(error.code()))
    })
}

/// An event under construction in slots of the caller's.
pub(crate) struct Growing {
    headers: List<Field<'static>>,
    body: Option<Value<'static>>,
}

impl Growing {
    /// The event as it is now, if the call does not write where its bytes are.
    pub(crate) fn event(&self, call: Call<'_>) -> Outcome<OutgoingEvent<'_>> {
        let headers = self.headers.as_slice();
        for field in headers {
            call.apart(field.name.raw())?;
            match field.content {
                Content::Text(text) => call.apart(text.raw())?,
                Content::Array(items) => items.iter().try_for_each(|item| call.apart(item))?,
            }
        }
        call.apart(self.body.map_or(&[][..], |body| body.raw()))?;
        Ok(OutgoingEvent { headers, body: self.body })
    }
}

/// Begins with an event without headers, in `count` slots, which must not move as long as it is used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_init(
    event: Make<eslp_outgoing_event>, slots: Slots<eslp_field_slot>, count: usize,
) -> eslp_status {
    event.make(|_| Ok(Growing { headers: slots.list(count)?, body: None }))
}

/// Adds a header with one value, not coded. Where it is empty, plain events say `_undef_`; the server itself has no empty
/// values.
///
/// @return ESLP_INSUFFICIENT if no slot is left.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_add(
    event: Handle<eslp_outgoing_event>, name: eslp_bytes, value: eslp_bytes,
) -> eslp_status {
    keep(|call| {
        let field = Field::new(name.octets(call)?, value.octets(call)?);
        event.get(call)?.headers.push(field)
    })
}

/// Adds a header whose value is an array of `count` items, with as many slots for them. Plain and XML events cannot
/// distinguish an array of one element from a text.
///
/// @return ESLP_INSUFFICIENT if no slot for a header is left.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_add_array(
    event: Handle<eslp_outgoing_event>, name: eslp_bytes, items: In<eslp_bytes>, count: usize,
    slots: Slots<eslp_item_slot>,
) -> eslp_status {
    keep(|call| {
        let (event, name) = (event.get(call)?, name.octets(call)?);
        let mut items = items.slice(count, call)?.iter();
        let items = slots.filled(count, |_| items.next().unwrap_or(&eslp_bytes::ZERO).octets(call))?;
        event.headers.push(Field::array(name, items))
    })
}

/// Sets the event's body; NULL removes it. Only JSON distinguishes an empty body from none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_body(event: Handle<eslp_outgoing_event>, body: eslp_bytes) -> eslp_status {
    keep(|call| {
        let body = body.said(call)?;
        event.get(call)?.body = body.map(Value::from_bytes);
        Ok(())
    })
}

/// Takes all headers and the body away, for the next event in the same slots.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_clear(event: Handle<eslp_outgoing_event>) -> eslp_status {
    event.change(|event| {
        event.headers.clear();
        event.body = None;
    })
}

/// Adds the headers of a received event, in their encoding, and its body, so that it can be offered, delivered and
/// written like the host's own events, with the host's headers before and after. The bytes in the buffer must stay
/// where they are as long as `event` is used.
///
/// @return ESLP_INSUFFICIENT if there are too few slots: as many headers as have one are added then. An error from
/// ESLP_DOCUMENT_TRUNCATED on if the event cannot be read to its end: the headers before that are added.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_read(event: Handle<eslp_outgoing_event>, from: In<eslp_event>) -> eslp_status {
    keep(|call| {
        let event = event.get(call)?;
        let mut headers = from.event(call)?.headers();
        for header in headers.by_ref() {
            event.headers.push(header.into())?;
        }
        if let Some(error) = headers.error() {
            return Err(eslp_status::of(error.code()));
        }
        event.body = headers.into_body();
        Ok(())
    })
}

/// Writes the event's document in an eslp_format, the body of a `text/event-...` frame, to `out`. `flags` are of
/// eslp_encode. A listener does this in eslp_server_deliver().
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and the contents of
/// `out` are meaningless. A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place
/// of the header, from 0, or the number of headers if it is the body.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_encode(
    event: Look<eslp_outgoing_event>, format: eslp_format, flags: i32, out: Out<c_void>, size: usize, len: Out<usize>,
) -> eslp_status {
    encoding((out, size), len, |out, call| {
        Ok(event.get(call)?.event(call)?.encode(said_format(format)?, options_of(flags)?, out))
    })
}

/// Writes an event in an eslp_format, whatever it is in, to `out`: the body of a `text/event-...` frame. `flags` are of
/// eslp_encode.
///
/// @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and the contents of
/// `out` are meaningless. A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place
/// of the header, from 0, or the number of headers if it is the body.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_transcode(
    event: In<eslp_event>, format: eslp_format, flags: i32, out: Out<c_void>, size: usize, len: Out<usize>,
) -> eslp_status {
    encoding((out, size), len, |out, call| Ok(event.event(call)?.encode(said_format(format)?, options_of(flags)?, out)))
}

/// Writes the frame of an event, head and document, for connections that agree in `format`, an eslp_format, and `percent`,
/// an eslp_percent: it is written once and its bytes are copied or shared. eslp_server_delivered() counts it.
///
/// @return As eslp_outgoing_event_encode().
#[cfg(feature = "server")]
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_outgoing_event_frame(
    event: Look<eslp_outgoing_event>, format: eslp_format, percent: eslp_percent, out: Out<c_void>, size: usize,
    len: Out<usize>,
) -> eslp_status {
    encoding((out, size), len, |out, call| Ok(coding_of(format, percent)?.encode(&event.get(call)?.event(call)?, out)))
}

#[cfg(feature = "server")]
pub(crate) fn coding_of(format: eslp_format, percent: eslp_percent) -> Outcome<EventCoding> {
    Ok(EventCoding { format: said_format(format)?, percent: percent.try_into()? })
}
