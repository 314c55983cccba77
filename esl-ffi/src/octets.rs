//! Byte strings, and values that can be decoded.

use core::ffi::{c_char, c_void};

use esl_core::Value;
use esl_core::text::Insufficient;

use crate::handle::{Handle, Make};
use crate::ptr::{Call, In, Out, Outcome, Place, Plain as _, ask, run};
use crate::status::eslp_status;

/// A borrowed, length-delimited byte string (not NUL-terminated). Bytes, not text: nothing on the wire is promised to
/// be UTF-8.
///
/// As a result: valid as long as the function's comment says. NULL = absent, distinct from empty.
///
/// As an argument: read during the call only. Use ESLP_LIT("a literal") or eslp_str(a_string). `{NULL, 0}` omits an
/// optional argument.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_bytes {
    /// The first byte.
    pub data: *const c_char,
    /// Their number.
    pub len: usize,
}

/// A name, value or body as it lies in the caller's buffer, still coded: percent-coded, with JSON escapes, with XML
/// entities, or not at all. Decoded only when one of the functions below is asked to.
///
/// Valid as long as the bytes in the buffer. `{data, len}` with zeros behind them are bytes that need no decoding.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_value {
    /// The bytes as they lie on the wire.
    pub data: *const c_char,
    /// Their number.
    pub len: usize,
    /// How they are coded: a private number.
    pub coding: u32,
    /// A private number.
    pub limit: u32,
}

/// A header: a name and a value.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_header {
    /// The name, blanks and all. Only those of JSON events may need decoding.
    pub name: eslp_value,
    /// The value.
    pub value: eslp_value,
}

/// An iterator over the elements of an array: eslp_value_items().
#[repr(C)]
pub struct eslp_items {
    /// Private.
    pub opaque: [u64; 6],
}

impl eslp_bytes {
    /// The bytes as a pointer, which carries no lifetime: the comment of the exported function says how long it is
    /// valid.
    pub(crate) const fn of(octets: &[u8]) -> Self {
        Self { data: octets.as_ptr().cast::<c_char>(), len: octets.len() }
    }

    pub(crate) fn option(octets: Option<&[u8]>) -> Self {
        octets.map_or(Self::ZERO, Self::of)
    }
}

impl From<Value<'_>> for eslp_value {
    fn from(value: Value<'_>) -> Self {
        let (raw, coding, limit) = value.parts();
        // Inverted, so that zeros mean no limit.
        Self { data: raw.as_ptr().cast(), len: raw.len(), coding: coding.into(), limit: !limit }
    }
}

impl eslp_value {
    /// The value, if `coding` and `limit` are those of one.
    pub(crate) fn value<'c>(&self, call: Call<'c>) -> Outcome<Value<'c>> {
        let raw = eslp_bytes { data: self.data, len: self.len }.octets(call)?;
        let coding = u8::try_from(self.coding).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
        Value::from_parts(raw, coding, !self.limit).ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
    }
}

impl From<esl_core::frame::Header<'_>> for eslp_header {
    fn from(header: esl_core::frame::Header<'_>) -> Self {
        Self { name: header.name.into(), value: header.value.into() }
    }
}

impl In<eslp_value> {
    pub(crate) fn value(self, call: Call<'_>) -> Outcome<Value<'_>> {
        self.read(call)?.value(call)
    }
}

/// Decodes into `out`, and sets `len` to the number of bytes, written or required.
fn decode<'o>(value: Value<'_>, out: &'o mut [u8], len: Option<Place<'_, usize>>) -> Outcome<&'o [u8]> {
    let decoded = value.decode_into(out);
    if let Some(mut len) = len {
        len.set(match &decoded {
            Ok(octets) => octets.len(),
            Err(Insufficient { required }) => *required,
        });
    }
    decoded.map_err(|_| eslp_status::ESLP_INSUFFICIENT)
}

/// The decoded bytes, if the value needs no decoding, as most: `octets` then points into the buffer.
///
/// @return ESLP_NOT_FOUND if they must be decoded: eslp_value_read() or eslp_value_decode().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_plain(value: In<eslp_value>, octets: Out<eslp_bytes>) -> eslp_status {
    octets.find(|call| Ok(value.value(call)?.as_plain().map(eslp_bytes::of)))
}

/// The decoded bytes: in the buffer if the value needs no decoding, else decoded into `storage`. `octets` is valid as
/// long as both. Storage of `value->len` bytes is enough for all but arrays of JSON events.
///
/// @return ESLP_INSUFFICIENT if the storage is too short: `octets->len` is then what is needed, and its data NULL.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_read(
    value: In<eslp_value>, storage: Out<c_void>, size: usize, octets: Out<eslp_bytes>,
) -> eslp_status {
    run(|call| {
        let mut out = octets.nothing(call)?;
        let (storage, call) = storage.room(size, call)?;
        let value = value.value(call)?;
        let decoded = value.as_plain().map_or_else(|| value.decode_into(storage), Ok);
        out.set(match decoded {
            Ok(octets) => eslp_bytes::of(octets),
            Err(Insufficient { required }) => eslp_bytes { len: required, ..eslp_bytes::ZERO },
        });
        decoded.map(drop).map_err(|_| eslp_status::ESLP_INSUFFICIENT)
    })
}

/// Writes the decoded bytes to `out`. `len`, which may be NULL, is their number.
///
/// @return ESLP_INSUFFICIENT if `size` is less: nothing is written, and `len` says what is needed.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_decode(
    value: In<eslp_value>, out: Out<c_void>, size: usize, len: Out<usize>,
) -> eslp_status {
    run(|call| {
        let len = len.optional(call)?;
        let (out, call) = out.room(size, call)?;
        decode(value.value(call)?, out, len).map(drop)
    })
}

/// Writes the decoded bytes to `out` and a NUL behind them. `len`, which may be NULL, is their number without the NUL;
/// a value may hold NULs of its own.
///
/// @return ESLP_INSUFFICIENT if `size` is less than one more: nothing is written, and `len` is their number all the
/// same.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_string(
    value: In<eslp_value>, out: Out<c_char>, size: usize, len: Out<usize>,
) -> eslp_status {
    run(|call| {
        let len = len.optional(call)?;
        let (out, call) = out.room(size, call)?;
        let value = value.value(call)?;
        let Some((_, front)) = out.split_last_mut() else {
            if let Some(mut len) = len {
                len.set(value.decoded_len());
            }
            return Err(eslp_status::ESLP_INSUFFICIENT);
        };
        let end = decode(value, front, len)?.len();
        if let Some(end) = out.get_mut(end) {
            *end = 0;
        }
        Ok(())
    })
}

/// The number of decoded bytes; 0 if `value` is none.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_decoded_len(value: In<eslp_value>) -> usize {
    ask(0, |call| Ok(value.value(call)?.decoded_len()))
}

/// Whether the decoded bytes are `text`.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_is(value: In<eslp_value>, text: eslp_bytes) -> bool {
    ask(false, |call| Ok(value.value(call)? == *text.octets(call)?))
}

/// Whether the decoded bytes are `text`, letters compared without regard to ASCII case.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_is_nocase(value: In<eslp_value>, text: eslp_bytes) -> bool {
    ask(false, |call| Ok(value.value(call)?.eq_ignore_ascii_case(text.octets(call)?)))
}

/// Whether the decoded bytes of both are the same, however each is coded.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_equal(one: In<eslp_value>, other: In<eslp_value>) -> bool {
    ask(false, |call| Ok(one.value(call)? == other.value(call)?))
}

/// The decoded bytes as a decimal number without sign.
///
/// @return ESLP_NOT_FOUND if they are none that fits.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_u64(value: In<eslp_value>, number: Out<u64>) -> eslp_status {
    number.find(|call| Ok(value.value(call)?.to_u64()))
}

/// The decoded bytes as a decimal number with or without sign.
///
/// @return ESLP_NOT_FOUND if they are none that fits.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_i64(value: In<eslp_value>, number: Out<i64>) -> eslp_status {
    number.find(|call| Ok(value.value(call)?.to_i64()))
}

/// Whether the value is an array: FreeSWITCH's `push`, `ARRAY::a|:b`, a JSON list. XML shows arrays as repeated headers.
/// Read as one text, an array is `ARRAY::a|:b` in every format.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_is_array(value: In<eslp_value>) -> bool {
    ask(false, |call| Ok(value.value(call)?.is_array()))
}

/// Begins with the first element of an array. A value that is none has itself as its only element.
///
/// `items` is valid as long as the bytes in the buffer; take the elements with eslp_items_next().
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_items(value: In<eslp_value>, items: Make<eslp_items>) -> eslp_status {
    items.make(|call| Ok(value.value(call)?.items()))
}

/// The same of what may be an array, wherever it comes from: also of a variable's value in a reply, `ARRAY::one|:two`, whose text is
/// not marked as one.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_value_elements(value: In<eslp_value>, items: Make<eslp_items>) -> eslp_status {
    items.make(|call| Ok(value.value(call)?.elements()))
}

/// The next element.
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_items_next(items: Handle<eslp_items>, item: Out<eslp_value>) -> eslp_status {
    item.next(|call| Ok(items.get(call)?.next().map(Into::into)))
}
