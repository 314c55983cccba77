//! Events, and the headers of everything.

use core::ffi::c_void;

use esl_core::command::PairSource;
#[cfg(feature = "dial")]
use esl_core::dial::ReadVariables;
use esl_core::event::{GetAll, HeaderSlot, Headers, Indexed, IndexedHeaders};
use esl_core::frame::{FrameHeaders, Header, RequestHeaders};
use esl_core::name::{AnswerState, CallDirection, CallState, ChannelState, header};
use esl_core::{Event, Value};

use crate::handle::{Opaque, assert_fits};
use crate::name::{
    eslp_answer_state, eslp_call_state, eslp_cause, eslp_channel_state, eslp_direction, eslp_event_name, eslp_format,
    event_number, format_number, format_of, place,
};
use crate::octets::{eslp_bytes, eslp_header, eslp_value};
use crate::pairs::{Content, eslp_pairs};
use crate::ptr::{Out, Outcome, Plain as _, Written, read, run, slice, slice_mut};
use crate::status::eslp_status;

/// An event, or the channel data that answers `connect`, in the caller's buffer: plain, JSON or XML.
///
/// A view: making one costs nothing, and nothing is decoded before it is asked for. Every look-up walks the text anew;
/// for more than one of them, eslp_event_find() all at once or eslp_event_index() it first. Headers are an ordered multi-map: FreeSWITCH sends
/// some twice, with different values, and compares names without regard to case.
///
/// Valid as long as the octets in the buffer. Make one with eslp_message_event() or eslp_event_view().
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_event {
    /// The text as received.
    pub text: eslp_bytes,
    /// An eslp_format.
    pub format: eslp_format,
    /// Whether lines end in CRLF: a private number.
    pub crlf: u32,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

/// An iterator over headers. Valid as long as what it was made of; take the headers with eslp_headers_next().
#[repr(C)]
pub struct eslp_headers {
    /// Private.
    pub opaque: [u64; 28],
}

/// Storage for a part of an eslp_index: one header of a JSON or XML event, or the line ends and colons in 64 octets of
/// a plain one. Need not be initialised.
#[repr(C)]
pub struct eslp_slot {
    /// Private.
    pub opaque: [u64; 2],
}

/// The positions of an event's headers: eslp_event_index().
#[repr(C)]
pub struct eslp_index {
    /// Private.
    pub opaque: [u64; 32],
}

/// Headers of all sources.
pub(crate) enum AnyHeaders {
    Event(Headers<'static>),
    Named(GetAll<'static, &'static [u8]>, &'static [u8]),
    Frame(FrameHeaders<'static>),
    Request(RequestHeaders<'static>),
    /// The `application` headers of a request.
    Applications(RequestHeaders<'static>),
    Indexed(IndexedHeaders<'static, 'static>),
    /// The pairs of a command from a place on.
    Pairs(&'static eslp_pairs, usize),
    /// The variables of a dial string that was read.
    #[cfg(feature = "dial")]
    Variables(ReadVariables<'static>),
}

impl Iterator for AnyHeaders {
    type Item = Header<'static>;

    fn next(&mut self) -> Option<Header<'static>> {
        match self {
            Self::Event(headers) => headers.next(),
            Self::Named(values, name) => Some(Header { name: Value::from_bytes(name), value: values.next()? }),
            Self::Frame(headers) => headers.next(),
            Self::Request(headers) => headers.find(|header| !header.is(header::CONTENT_LENGTH)),
            Self::Applications(headers) => {
                let line = headers.find(|header| header.is("application"))?.value;
                Some(pair_header(split_at_blank(line.raw())))
            }
            Self::Indexed(headers) => headers.next(),
            Self::Pairs(pairs, place) => {
                let pair = pairs.pair(*place)?;
                *place = place.wrapping_add(1);
                Some(pair_header(pair))
            }
            #[cfg(feature = "dial")]
            Self::Variables(variables) => variables.next().map(pair_header),
        }
    }
}

const fn pair_header<'a>((name, value): (&'a [u8], &'a [u8])) -> Header<'a> {
    Header { name: Value::from_bytes(name), value: Value::from_bytes(value) }
}

/// An application, and its argument.
fn split_at_blank(line: &[u8]) -> (&[u8], &[u8]) {
    let blank = line.iter().position(|octet| *octet == b' ').unwrap_or(line.len());
    let (name, value) = line.split_at_checked(blank).unwrap_or((line, &[]));
    (name, value.strip_prefix(b" ").unwrap_or_default())
}

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_headers {
    type Inner = AnyHeaders;
    const MARK: u64 = 0x6573_6c70_6865_6410;
}

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_index {
    type Inner = Indexed<'static, 'static>;
    const MARK: u64 = 0x6573_6c70_6964_7810;
}

const _: () = assert_fits::<eslp_headers>();
const _: () = assert_fits::<eslp_index>();
const _: () = assert!(size_of::<HeaderSlot>() == size_of::<eslp_slot>());
const _: () = assert!(align_of::<HeaderSlot>() == align_of::<eslp_slot>());

impl From<Event<'_>> for eslp_event {
    fn from(event: Event<'_>) -> Self {
        Self {
            text: eslp_bytes::of(event.text()),
            format: format_number(event.format()),
            crlf: event.is_crlf().into(),
            ..Self::ZERO
        }
    }
}

/// The core's view of an event.
///
/// # Safety
/// As [`read`], and as [`eslp_bytes::octets`] for the text.
pub(crate) unsafe fn event<'a>(pointer: *const eslp_event) -> Outcome<Event<'a>> {
    // SAFETY: the two preconditions are this function's.
    unsafe {
        let event = read(pointer)?;
        let format = format_of(event.format)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
        Ok(Event::new(format, event.text.octets()?).with_crlf(event.crlf != 0))
    }
}

/// As [`event`], if the call does not write where its text is.
///
/// # Safety
/// As [`event`].
pub(crate) unsafe fn event_apart<'a>(
    pointer: *const eslp_event,
    out: *const c_void,
    size: usize,
) -> Outcome<Event<'a>> {
    // SAFETY: the same precondition as this function's.
    let event = unsafe { event(pointer) }?;
    Written::to(out, size).apart(event.text())?;
    Ok(event)
}

fn result<T>(value: Option<T>) -> Outcome<T> {
    value.ok_or(eslp_status::ESLP_NOT_FOUND)
}

/// The text of an event in this format: the body of a frame, or a stored copy of one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_view(format: eslp_format, text: eslp_bytes, event: *mut eslp_event) -> eslp_status {
    // SAFETY: by the contract with C, `text` is an input and `event` is an output.
    run(|| unsafe {
        let out = Out::new(event)?;
        let format = format_of(format)?.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)?;
        out.set(Event::new(format, text.octets()?).into());
        Ok(())
    })
}

/// The event's name: an eslp_event_name; ESLP_EVENT_OTHER if it has none or another, which
/// `eslp_event_get(event, ESLP_LIT("Event-Name"), &value)` tells.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_name_of(event: *const eslp_event) -> eslp_event_name {
    // SAFETY: by the contract with C, `event` is an input.
    event_number(unsafe { self::event(event) }.ok().and_then(|event| event.name()))
}

/// The last header of this name, in any case of its letters: where there are two, it is the newer fact.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_get(
    event: *const eslp_event,
    name: eslp_bytes,
    value: *mut eslp_value,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` and `name` are inputs and `value` is an output.
    run(|| unsafe {
        let out = Out::new(value)?;
        out.set(result(self::event(event)?.get(name.octets()?))?.into());
        Ok(())
    })
}

/// The value of a variable of the channel: the header `variable_<name>`.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_variable(
    event: *const eslp_event,
    name: eslp_bytes,
    value: *mut eslp_value,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` and `name` are inputs and `value` is an output.
    run(|| unsafe {
        let out = Out::new(value)?;
        out.set(result(self::event(event)?.variable(name.octets()?))?.into());
        Ok(())
    })
}

/// The last header of this name as a decimal number without sign: times in microseconds, sequences, ports.
///
/// @return ESLP_NOT_FOUND if there is none, or it is no number that fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_u64(event: *const eslp_event, name: eslp_bytes, number: *mut u64) -> eslp_status {
    // SAFETY: by the contract with C, `event` and `name` are inputs and `number` is an output.
    run(|| unsafe {
        let out = Out::new(number)?;
        out.set(result(self::event(event)?.get(name.octets()?).and_then(|value| value.to_u64()))?);
        Ok(())
    })
}

/// Why the call has ended: Hangup-Cause; ESLP_CAUSE_OTHER if it is not said, or by another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_hangup_cause(event: *const eslp_event) -> eslp_cause {
    // SAFETY: by the contract with C, `event` is an input.
    let cause = unsafe { self::event(event) }.ok().and_then(|event| event.hangup_cause());
    cause.and_then(|cause| cause.number()).map_or(eslp_cause::ESLP_CAUSE_OTHER, |number| eslp_cause(number.into()))
}

/// Where the channel is in its life: Channel-State; ESLP_CS_OTHER if it is not said, or by another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_channel_state(event: *const eslp_event) -> eslp_channel_state {
    // SAFETY: by the contract with C, `event` is an input.
    let state = unsafe { self::event(event) }.ok().and_then(|event| event.channel_state());
    state.map_or(eslp_channel_state::ESLP_CS_OTHER, |state| eslp_channel_state(place(ChannelState::KNOWN, &state)))
}

/// Where the call is in its life: Channel-Call-State; ESLP_CCS_OTHER if it is not said, or by another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_call_state(event: *const eslp_event) -> eslp_call_state {
    // SAFETY: by the contract with C, `event` is an input.
    let state = unsafe { self::event(event) }.ok().and_then(|event| event.call_state());
    state.map_or(eslp_call_state::ESLP_CCS_OTHER, |state| eslp_call_state(place(CallState::KNOWN, &state)))
}

/// Whether the call has been answered: Answer-State; ESLP_AS_OTHER if it is not said, or by another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_answer_state(event: *const eslp_event) -> eslp_answer_state {
    // SAFETY: by the contract with C, `event` is an input.
    let state = unsafe { self::event(event) }.ok().and_then(|event| event.answer_state());
    state.map_or(eslp_answer_state::ESLP_AS_OTHER, |state| eslp_answer_state(place(AnswerState::KNOWN, &state)))
}

/// Who called, seen from FreeSWITCH: Call-Direction; ESLP_DIRECTION_OTHER if it is not said, or by another word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_direction(event: *const eslp_event) -> eslp_direction {
    // SAFETY: by the contract with C, `event` is an input.
    let direction = unsafe { self::event(event) }.ok().and_then(|event| event.direction());
    direction.map_or(eslp_direction::ESLP_DIRECTION_OTHER, |word| eslp_direction(place(CallDirection::KNOWN, &word)))
}

/// The last header of each of `count` names: what eslp_event_get() gives for each, in one pass. `values` has as many places;
/// that of a name which no header has gets a `data` of NULL. It takes 2 KiB of stack; what an event has beyond 128 headers is
/// gone over for each name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_find(
    event: *const eslp_event,
    names: *const eslp_bytes,
    count: usize,
    values: *mut eslp_value,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` and `names[..count]` are inputs and `values[..count]` is an output, which is
    // written before it is read.
    run(|| unsafe {
        let values = slice_mut(values.cast::<core::mem::MaybeUninit<eslp_value>>(), count)?;
        for value in &mut *values {
            value.write(eslp_value::ZERO);
        }
        let mut slots = [HeaderSlot::EMPTY; 128];
        let indexed = self::event(event)?.index(&mut slots);
        for (name, to) in slice(names, count)?.iter().zip(values) {
            to.write(indexed.get(name.octets()?).map_or(eslp_value::ZERO, Into::into));
        }
        Ok(())
    })
}

/// Begins with the first of all headers of this name, in any case of its letters. The name must stay where it is as
/// long as `headers` is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_get_all(
    event: *const eslp_event,
    name: eslp_bytes,
    headers: *mut eslp_headers,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` and `name` are inputs and `headers` is an output.
    run(|| unsafe {
        eslp_headers::put(headers, || {
            let name = name.octets()?;
            Ok(AnyHeaders::Named(self::event(event)?.get_all(name), name))
        })
    })
}

/// Begins with the first of all headers, in the order of the wire, duplicates among them. A body is no header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_headers(event: *const eslp_event, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an input and `headers` is an output.
    run(|| unsafe { eslp_headers::put(headers, || Ok(AnyHeaders::Event(self::event(event)?.headers()))) })
}

/// Begins with the first of a list of pairs: as headers, name and value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_pairs_headers(pairs: *const eslp_pairs, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: by the contract with C, `pairs` is an input and `headers` is an output.
    run(|| unsafe {
        eslp_headers::put(headers, || {
            Ok(match read(pairs)?.content(Written::NOWHERE)? {
                Content::Given(pairs) => AnyHeaders::Pairs(pairs, 0),
                Content::Headers(request) => AnyHeaders::Request(request.headers()),
                Content::Applications(request) => AnyHeaders::Applications(request.headers()),
                #[cfg(feature = "dial")]
                Content::Variables(text, mark) => AnyHeaders::Variables(ReadVariables::new(text, mark)),
            })
        })
    })
}

/// The next header. `header` is valid as long as the octets in the buffer, not only as long as `headers`.
///
/// @return ESLP_END after the last; for an event in JSON or XML whose document cannot be read further, an error from
/// ESLP_DOCUMENT_TRUNCATED on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_headers_next(headers: *mut eslp_headers, header: *mut eslp_header) -> eslp_status {
    // SAFETY: by the contract with C, `headers` is a handle and `header` is an output.
    run(|| unsafe {
        let out = Out::new(header)?;
        let headers = eslp_headers::inner(headers)?;
        let Some(next) = headers.next() else {
            let error = match headers {
                AnyHeaders::Event(headers) => headers.error(),
                AnyHeaders::Indexed(headers) => headers.error(),
                AnyHeaders::Named(..)
                | AnyHeaders::Frame(_)
                | AnyHeaders::Request(_)
                | AnyHeaders::Applications(_)
                | AnyHeaders::Pairs(..) => None,
                #[cfg(feature = "dial")]
                AnyHeaders::Variables(_) => None,
            };
            return Err(error.map_or(eslp_status::ESLP_END, |error| eslp_status::of(error.code())));
        };
        out.set(next.into());
        Ok(())
    })
}

/// The event's own body: the result of a background job, the text of a message.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_body(event: *const eslp_event, body: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an input and `body` is an output.
    run(|| unsafe {
        let out = Out::new(body)?;
        out.set(result(self::event(event)?.body())?.into());
        Ok(())
    })
}

/// Reads the whole text to check that it is well-formed, as plain text always is. `offset`, which may be NULL, is the
/// position of the first error.
///
/// @return An error from ESLP_DOCUMENT_TRUNCATED on. The stream is not affected: the next frame begins where it should.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_validate(event: *const eslp_event, offset: *mut usize) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an input and `offset` is an output.
    run(|| unsafe {
        let out = Out::optional(offset)?;
        self::event(event)?.validate().map_err(|error| {
            if let Some(out) = out {
                out.set(error.offset);
            }
            eslp_status::of(error.code())
        })
    })
}

/// Records the positions of the headers in `count` slots, so that look-ups need not walk the text again.
///
/// The index is valid as long as the octets in the buffer and the slots, which can be used again for the next event. If
/// there are fewer than needed, the index covers the first headers and look-ups walk the rest: slower, never wrong. A
/// JSON or XML event needs one a header (67 on average, at most some hundreds), a plain one one for every 64 octets of
/// its headers, which are fewer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_event_index(
    event: *const eslp_event,
    slots: *mut eslp_slot,
    count: usize,
    index: *mut eslp_index,
) -> eslp_status {
    // SAFETY: by the contract with C, `event` is an input, `index` is an output and `slots[..count]` is lent memory. An
    // `eslp_slot` has the size and alignment of a `HeaderSlot`, asserted above, which consists of two integers: valid
    // with any bits.
    run(|| unsafe {
        eslp_index::put(index, || {
            let slots: &'static mut [HeaderSlot] = slice_mut(slots.cast(), count)?;
            Ok(self::event(event)?.index(slots))
        })
    })
}

/// The last header of this name, as eslp_event_get().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_index_get(
    index: *const eslp_index,
    name: eslp_bytes,
    value: *mut eslp_value,
) -> eslp_status {
    // SAFETY: by the contract with C, `index` is a handle, `name` is an input and `value` is an output.
    run(|| unsafe {
        let out = Out::new(value)?;
        out.set(result(eslp_index::inner_ref(index)?.get(name.octets()?))?.into());
        Ok(())
    })
}

/// The event's name, as eslp_event_name_of().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_index_name_of(index: *const eslp_index) -> eslp_event_name {
    // SAFETY: by the contract with C, `index` is a handle.
    event_number(unsafe { eslp_index::inner_ref(index) }.ok().and_then(|index| index.name()))
}

/// Begins with the first header, as eslp_event_headers(). The index and its slots must stay as they are as long as
/// `headers` is used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_index_headers(index: *const eslp_index, headers: *mut eslp_headers) -> eslp_status {
    // SAFETY: by the contract with C, `index` is a handle and `headers` is an output.
    run(|| unsafe { eslp_headers::put(headers, || Ok(AnyHeaders::Indexed(eslp_index::inner_ref(index)?.headers()))) })
}

/// The event's own body, as eslp_event_body().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_index_body(index: *const eslp_index, body: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `index` is a handle and `body` is an output.
    run(|| unsafe {
        let out = Out::new(body)?;
        out.set(result(eslp_index::inner_ref(index)?.body())?.into());
        Ok(())
    })
}
