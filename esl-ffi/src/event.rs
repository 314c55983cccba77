//! Events, and the headers of everything.

use esl_core::command::PairSource;
#[cfg(feature = "dial")]
use esl_core::dial::ReadVariables;
use esl_core::event::{EventError, GetAll, HeaderSlot, Headers, IndexedHeaders};
use esl_core::frame::{FrameHeaders, Header, RequestHeaders};
use esl_core::name::header;
use esl_core::{Event, Value};

use crate::handle::{Handle, Look, Make};
use crate::name::{
    eslp_answer_state, eslp_call_state, eslp_cause, eslp_channel_state, eslp_direction, eslp_event_name, eslp_format,
    said_format,
};
use crate::octets::{eslp_bytes, eslp_header, eslp_value};
use crate::pairs::{Content, eslp_pairs};
use crate::ptr::{Call, In, Out, Outcome, Plain as _, Slots, Wanted as _, ask, run};
use crate::status::eslp_status;

/// An event, or the channel data that answers `connect`, in the caller's buffer: plain, JSON or XML.
///
/// A view: making one costs nothing, and everything is decoded on demand. Every look-up walks the text again; for more
/// than one, use eslp_event_find() for all at once or eslp_event_index() first. Headers are an ordered multi-map:
/// FreeSWITCH sends some twice, with different values, and compares names without regard to case.
///
/// Valid as long as the bytes in the buffer. Make one with eslp_message_event() or eslp_event_view().
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

/// Storage for a part of an eslp_index: one header of a JSON or XML event, or the line ends and colons in 64 bytes of
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

impl AnyHeaders {
    /// Why there are no more.
    fn error(&self) -> Option<EventError> {
        match self {
            Self::Event(headers) => headers.error(),
            Self::Indexed(headers) => headers.error(),
            Self::Named(..) | Self::Frame(_) | Self::Request(_) | Self::Applications(_) | Self::Pairs(..) => None,
            #[cfg(feature = "dial")]
            Self::Variables(_) => None,
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

impl From<Event<'_>> for eslp_event {
    fn from(event: Event<'_>) -> Self {
        Self {
            text: eslp_bytes::of(event.text()),
            format: event.format().into(),
            crlf: event.is_crlf().into(),
            ..Self::ZERO
        }
    }
}

impl In<eslp_event> {
    /// The core's view of an event.
    pub(crate) fn event(self, call: Call<'_>) -> Outcome<Event<'_>> {
        self.read(call)?.event(call)
    }

    /// The body of a function that returns a word of an event as a number, or `other`.
    fn says<N: Copy>(self, other: N, word: impl for<'c> FnOnce(Event<'c>) -> Option<N>) -> N {
        ask(other, |call| Ok(word(self.event(call)?).unwrap_or(other)))
    }
}

impl eslp_event {
    pub(crate) fn event<'c>(&self, call: Call<'c>) -> Outcome<Event<'c>> {
        Ok(Event::new(said_format(self.format)?, self.text.octets(call)?).with_crlf(self.crlf != 0))
    }
}

/// The text of an event in this format: the body of a frame, or a stored copy of one.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_view(format: eslp_format, text: eslp_bytes, event: Out<eslp_event>) -> eslp_status {
    event.give(|call| Ok(Event::new(said_format(format)?, text.octets(call)?).into()))
}

/// The event's name: an eslp_event_name; ESLP_EVENT_OTHER if it has none or an unknown one, see `eslp_event_get(event,
/// ESLP_LIT("Event-Name"), &value)`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_name_of(event: In<eslp_event>) -> eslp_event_name {
    event.says(eslp_event_name::ESLP_EVENT_OTHER, |event| event.name().map(Into::into))
}

/// The last header of this name, in any case of its letters: where there are two, it is the newer fact.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_get(event: In<eslp_event>, name: eslp_bytes, value: Out<eslp_value>) -> eslp_status {
    value.find(|call| Ok(event.event(call)?.get(name.octets(call)?).map(Into::into)))
}

/// The value of a variable of the channel: the header `variable_<name>`.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_variable(event: In<eslp_event>, name: eslp_bytes, value: Out<eslp_value>) -> eslp_status {
    value.find(|call| Ok(event.event(call)?.variable(name.octets(call)?).map(Into::into)))
}

/// The last header of this name as a decimal number without sign: times in microseconds, sequences, ports.
///
/// @return ESLP_NOT_FOUND if there is none, or it is no number that fits.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_u64(event: In<eslp_event>, name: eslp_bytes, number: Out<u64>) -> eslp_status {
    number.find(|call| Ok(event.event(call)?.get(name.octets(call)?).and_then(|value| value.to_u64())))
}

/// Why the call has ended: Hangup-Cause; ESLP_CAUSE_OTHER if it is missing or another word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_hangup_cause(event: In<eslp_event>) -> eslp_cause {
    event.says(eslp_cause::ESLP_CAUSE_OTHER, |event| event.hangup_cause().map(Into::into))
}

/// Where the channel is in its life: Channel-State; ESLP_CS_OTHER if it is missing or another word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_channel_state(event: In<eslp_event>) -> eslp_channel_state {
    event.says(eslp_channel_state::ESLP_CS_OTHER, |event| event.channel_state().map(Into::into))
}

/// Where the call is in its life: Channel-Call-State; ESLP_CCS_OTHER if it is missing or another word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_call_state(event: In<eslp_event>) -> eslp_call_state {
    event.says(eslp_call_state::ESLP_CCS_OTHER, |event| event.call_state().map(Into::into))
}

/// Whether the call has been answered: Answer-State; ESLP_AS_OTHER if it is missing or another word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_answer_state(event: In<eslp_event>) -> eslp_answer_state {
    event.says(eslp_answer_state::ESLP_AS_OTHER, |event| event.answer_state().map(Into::into))
}

/// Who called, seen from FreeSWITCH: Call-Direction; ESLP_DIRECTION_OTHER if it is missing or another word.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_direction(event: In<eslp_event>) -> eslp_direction {
    event.says(eslp_direction::ESLP_DIRECTION_OTHER, |event| event.direction().map(Into::into))
}

/// The last header of each of `count` names, as from eslp_event_get(), in one pass. `values` has as many elements;
/// `data` is NULL for a name that no header has. It takes 2 KiB of stack; headers after the first 128 are searched for
/// each name.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_find(
    event: In<eslp_event>, names: In<eslp_bytes>, count: usize, values: Out<eslp_value>,
) -> eslp_status {
    run(|call| {
        let values = values.array(count, call)?;
        values.fill(eslp_value::ZERO);
        let (event, names) = (event.event(call)?, names.slice(count, call)?);
        if let [a, b, c] = names {
            let found = event.find([a.octets(call)?, b.octets(call)?, c.octets(call)?]);
            for (value, to) in found.into_iter().zip(values) {
                *to = value.map_or(eslp_value::ZERO, Into::into);
            }
            return Ok(());
        }
        let mut slots = [HeaderSlot::EMPTY; 128];
        let indexed = event.index(&mut slots);
        for (name, to) in names.iter().zip(values) {
            *to = indexed.get(name.octets(call)?).map_or(eslp_value::ZERO, Into::into);
        }
        Ok(())
    })
}

/// Begins with the first of all headers of this name, in any case of its letters. The name must stay where it is as
/// long as `headers` is used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_get_all(
    event: In<eslp_event>, name: eslp_bytes, headers: Make<eslp_headers>,
) -> eslp_status {
    headers.make(|call| {
        let name = name.octets(call)?;
        Ok(AnyHeaders::Named(event.event(call)?.get_all(name), name))
    })
}

/// Begins with the first of all headers, in the order of the wire, duplicates among them. A body is no header.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_headers(event: In<eslp_event>, headers: Make<eslp_headers>) -> eslp_status {
    headers.make(|call| Ok(AnyHeaders::Event(event.event(call)?.headers())))
}

/// Begins with the first of a list of pairs: as headers, name and value.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_pairs_headers(pairs: In<eslp_pairs>, headers: Make<eslp_headers>) -> eslp_status {
    headers.make(|call| {
        Ok(match pairs.read(call)?.content(call)? {
            Content::Given(pairs) => AnyHeaders::Pairs(pairs, 0),
            Content::Headers(request) => AnyHeaders::Request(request.headers()),
            Content::Applications(request) => AnyHeaders::Applications(request.headers()),
            #[cfg(feature = "dial")]
            Content::Variables(text, mark) => AnyHeaders::Variables(ReadVariables::new(text, mark)),
        })
    })
}

/// The next header. `header` is valid as long as the bytes in the buffer, not only as long as `headers`.
///
/// @return ESLP_END after the last; for an event in JSON or XML whose document cannot be read further, an error from
/// ESLP_DOCUMENT_TRUNCATED on.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_headers_next(headers: Handle<eslp_headers>, header: Out<eslp_header>) -> eslp_status {
    header.give(|call| {
        let headers = headers.get(call)?;
        headers
            .next()
            .map(Into::into)
            .ok_or_else(|| headers.error().map_or(eslp_status::ESLP_END, |error| eslp_status::of(error.code())))
    })
}

/// The event's own body: the result of a background job, the text of a message.
///
/// @return ESLP_NOT_FOUND if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_body(event: In<eslp_event>, body: Out<eslp_value>) -> eslp_status {
    body.find(|call| Ok(event.event(call)?.body().map(Into::into)))
}

/// Reads the whole text to check that it is well-formed, as plain text always is. `offset`, which may be NULL, is the
/// position of the first error.
///
/// @return An error from ESLP_DOCUMENT_TRUNCATED on. The stream is not affected: the next frame begins where it should.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_validate(event: In<eslp_event>, offset: Out<usize>) -> eslp_status {
    run(|call| {
        let offset = offset.optional(call)?;
        event.event(call)?.validate().map_err(|error| {
            offset.set(error.offset);
            eslp_status::of(error.code())
        })
    })
}

/// Records the positions of the headers in `count` slots, so that look-ups need not walk the text again.
///
/// The index is valid as long as the bytes in the buffer and the slots, which can be used again for the next event. If
/// there are fewer than needed, the index covers the first headers and look-ups walk the rest: slower, never wrong. A
/// JSON or XML event needs one a header (67 on average, at most some hundreds), a plain one one for every 64 bytes of
/// its headers, which are fewer.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_event_index(
    event: In<eslp_event>, slots: Slots<eslp_slot>, count: usize, index: Make<eslp_index>,
) -> eslp_status {
    index.make(|call| Ok(event.event(call)?.index(slots.plain::<HeaderSlot>(count)?)))
}

/// The last header of this name, as eslp_event_get().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_index_get(index: Look<eslp_index>, name: eslp_bytes, value: Out<eslp_value>) -> eslp_status {
    value.find(|call| Ok(index.get(call)?.get(name.octets(call)?).map(Into::into)))
}

/// The event's name, as eslp_event_name_of().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_index_name_of(index: Look<eslp_index>) -> eslp_event_name {
    let other = eslp_event_name::ESLP_EVENT_OTHER;
    index.ask(other, |index| index.name().map_or(other, Into::into))
}

/// Begins with the first header, as eslp_event_headers(). The index and its slots must not change as long as `headers`
/// is used.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_index_headers(index: Look<eslp_index>, headers: Make<eslp_headers>) -> eslp_status {
    headers.make(|call| Ok(AnyHeaders::Indexed(index.get(call)?.headers())))
}

/// The event's own body, as eslp_event_body().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_index_body(index: Look<eslp_index>, body: Out<eslp_value>) -> eslp_status {
    body.find(|call| Ok(index.get(call)?.body().map(Into::into)))
}
