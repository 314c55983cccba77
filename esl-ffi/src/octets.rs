//! Byte strings, and values that can be decoded.

use core::ffi::{c_char, c_void};

use esl_core::Value;
use esl_core::text::{Insufficient, Items};

use crate::handle::{Opaque, assert_fits};
use crate::ptr::{Out, Outcome, Plain as _, Written, output, read, run, slice};
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
/// Valid as long as the octets in the buffer. `{data, len}` with zeros behind them are octets that need no decoding.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_value {
    /// The octets as they lie on the wire.
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

// SAFETY: the size is checked below, by `assert_fits`; the mark is used once.
unsafe impl Opaque for eslp_items {
    type Inner = Items<'static>;
    const MARK: u64 = 0x6573_6c70_6974_6d10;
}

const _: () = assert_fits::<eslp_items>();

impl eslp_bytes {
    /// The octets as a pointer, which carries no lifetime: the comment of the exported function says how long it is
    /// valid.
    pub(crate) const fn of(octets: &[u8]) -> Self {
        Self { data: octets.as_ptr().cast::<c_char>(), len: octets.len() }
    }

    pub(crate) fn option(octets: Option<&[u8]>) -> Self {
        octets.map_or(Self::ZERO, Self::of)
    }

    /// The octets; an empty slice if absent.
    ///
    /// # Safety
    /// `data` is NULL or points to `len` initialised octets that nobody writes to during the call.
    pub(crate) unsafe fn octets<'a>(&self) -> Outcome<&'a [u8]> {
        // SAFETY: `slice` requires what this function's caller guarantees of `data` and `len`.
        unsafe { slice(self.data.cast::<u8>(), self.len) }
    }

    /// The octets, if the call does not write there.
    ///
    /// # Safety
    /// As [`octets`](Self::octets).
    pub(crate) unsafe fn apart<'a>(&self, written: Written) -> Outcome<&'a [u8]> {
        // SAFETY: the same precondition as this function's.
        written.apart(unsafe { self.octets() }?)
    }

    /// As [`optional`](Self::optional), if the call does not write there.
    ///
    /// # Safety
    /// As [`octets`](Self::octets).
    pub(crate) unsafe fn said<'a>(&self, written: Written) -> Outcome<Option<&'a [u8]>> {
        // SAFETY: the same precondition as this function's.
        unsafe { self.optional() }?.map(|octets| written.apart(octets)).transpose()
    }

    /// The octets, or [`None`] if absent: NULL.
    ///
    /// # Safety
    /// As [`octets`](Self::octets).
    pub(crate) unsafe fn optional<'a>(&self) -> Outcome<Option<&'a [u8]>> {
        if self.data.is_null() && self.len == 0 {
            return Ok(None);
        }
        // SAFETY: the same precondition as this function's.
        unsafe { self.octets() }.map(Some)
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
    ///
    /// # Safety
    /// As [`eslp_bytes::octets`].
    pub(crate) unsafe fn value<'a>(&self) -> Outcome<Value<'a>> {
        // SAFETY: `data` and `len` are taken over unchanged, so the precondition is this function's. The other fields
        // are numbers, which `from_parts` checks.
        let raw = unsafe { eslp_bytes { data: self.data, len: self.len }.octets() }?;
        let coding = u8::try_from(self.coding).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
        Value::from_parts(raw, coding, !self.limit).ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
    }
}

impl From<esl_core::frame::Header<'_>> for eslp_header {
    fn from(header: esl_core::frame::Header<'_>) -> Self {
        Self { name: header.name.into(), value: header.value.into() }
    }
}

/// The value behind a pointer.
///
/// # Safety
/// As [`read`], and as [`eslp_value::value`] for the struct.
unsafe fn value<'a>(pointer: *const eslp_value) -> Outcome<Value<'a>> {
    // SAFETY: the two preconditions are this function's.
    unsafe { read(pointer)?.value() }
}

/// As [`value`], if the call does not write where its octets are.
///
/// # Safety
/// As [`value`].
unsafe fn value_apart<'a>(pointer: *const eslp_value, out: *const c_void, size: usize) -> Outcome<Value<'a>> {
    // SAFETY: the same precondition as this function's.
    let value = unsafe { value(pointer) }?;
    Written::to(out, size).apart(value.raw())?;
    Ok(value)
}

/// Decodes into `out`, and sets `len` to the number of octets, written or required.
fn decode<'o>(value: Value<'_>, out: &'o mut [u8], len: Option<Out<usize>>) -> Outcome<&'o [u8]> {
    let decoded = value.decode_into(out);
    let count = match &decoded {
        Ok(octets) => octets.len(),
        Err(Insufficient { required }) => *required,
    };
    if let Some(len) = len {
        len.set(count);
    }
    decoded.map_err(|_| eslp_status::ESLP_INSUFFICIENT)
}

/// The decoded octets, if the value needs no decoding, as most: `octets` then points into the buffer.
///
/// @return ESLP_NOT_FOUND if they must be decoded: eslp_value_read() or eslp_value_decode().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_plain(value: *const eslp_value, octets: *mut eslp_bytes) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `octets` is an output.
    run(|| unsafe {
        let out = Out::new(octets)?;
        let plain = self::value(value)?.as_plain().ok_or(eslp_status::ESLP_NOT_FOUND)?;
        out.set(eslp_bytes::of(plain));
        Ok(())
    })
}

/// The decoded octets: in the buffer if the value needs no decoding, else decoded into `storage`. `octets` is valid as
/// long as both. Storage of `value->len` octets is enough for all but arrays of JSON events.
///
/// @return ESLP_INSUFFICIENT if the storage is too short: `octets->len` is then what is needed, and its data NULL.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_read(
    value: *const eslp_value,
    storage: *mut c_void,
    size: usize,
    octets: *mut eslp_bytes,
) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `storage[..size]` and `octets` are outputs.
    run(|| unsafe {
        let out = Out::new(octets)?;
        let value = value_apart(value, storage, size)?;
        if let Some(plain) = value.as_plain() {
            out.set(eslp_bytes::of(plain));
            return Ok(());
        }
        match value.decode_into(output(storage, size)?) {
            Ok(decoded) => out.set(eslp_bytes::of(decoded)),
            Err(Insufficient { required }) => {
                out.set(eslp_bytes { len: required, ..eslp_bytes::ZERO });
                return Err(eslp_status::ESLP_INSUFFICIENT);
            }
        }
        Ok(())
    })
}

/// Writes the decoded octets to `out`. `len`, which may be NULL, is their number.
///
/// @return ESLP_INSUFFICIENT if `size` is less: nothing is written, and `len` says what is needed.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_decode(
    value: *const eslp_value,
    out: *mut c_void,
    size: usize,
    len: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `out[..size]` and `len` are outputs.
    run(|| unsafe {
        let len = Out::optional(len)?;
        decode(value_apart(value, out, size)?, output(out, size)?, len)?;
        Ok(())
    })
}

/// Writes the decoded octets to `out` and a NUL behind them. `len`, which may be NULL, is their number without the NUL;
/// a value may hold NULs of its own.
///
/// @return ESLP_INSUFFICIENT if `size` is less than one more: nothing is written, and `len` is their number all the
/// same.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_string(
    value: *const eslp_value,
    out: *mut c_char,
    size: usize,
    len: *mut usize,
) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `out[..size]` and `len` are outputs.
    run(|| unsafe {
        let len = Out::optional(len)?;
        let value = value_apart(value, out.cast(), size)?;
        let out = output(out.cast(), size)?;
        let Some((_, front)) = out.split_last_mut() else {
            if let Some(len) = len {
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

/// The number of decoded octets; 0 if `value` is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_decoded_len(value: *const eslp_value) -> usize {
    // SAFETY: by the contract with C, `value` is an input.
    unsafe { self::value(value) }.map_or(0, |value| value.decoded_len())
}

/// Whether the decoded octets are `text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_is(value: *const eslp_value, text: eslp_bytes) -> bool {
    // SAFETY: by the contract with C, `value` and `text` are inputs.
    let (value, text) = unsafe { (self::value(value), text.octets()) };
    matches!((value, text), (Ok(value), Ok(text)) if value == *text)
}

/// Whether the decoded octets are `text`, letters compared without regard to ASCII case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_is_nocase(value: *const eslp_value, text: eslp_bytes) -> bool {
    // SAFETY: by the contract with C, `value` and `text` are inputs.
    let (value, text) = unsafe { (self::value(value), text.octets()) };
    matches!((value, text), (Ok(value), Ok(text)) if value.eq_ignore_ascii_case(text))
}

/// Whether the decoded octets of both are the same, however each is coded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_equal(one: *const eslp_value, other: *const eslp_value) -> bool {
    // SAFETY: by the contract with C, `one` and `other` are inputs.
    let (one, other) = unsafe { (value(one), value(other)) };
    matches!((one, other), (Ok(one), Ok(other)) if one == other)
}

/// The decoded octets as a decimal number without sign.
///
/// @return ESLP_NOT_FOUND if they are none that fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_u64(value: *const eslp_value, number: *mut u64) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `number` is an output.
    run(|| unsafe {
        let out = Out::new(number)?;
        out.set(self::value(value)?.to_u64().ok_or(eslp_status::ESLP_NOT_FOUND)?);
        Ok(())
    })
}

/// The decoded octets as a decimal number with or without sign.
///
/// @return ESLP_NOT_FOUND if they are none that fits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_i64(value: *const eslp_value, number: *mut i64) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `number` is an output.
    run(|| unsafe {
        let out = Out::new(number)?;
        out.set(self::value(value)?.to_i64().ok_or(eslp_status::ESLP_NOT_FOUND)?);
        Ok(())
    })
}

/// Whether the value is an array: FreeSWITCH's `push`, `ARRAY::a|:b`, a JSON list. XML shows arrays as repeated headers.
/// Read as one text, an array is `ARRAY::a|:b` in every format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_is_array(value: *const eslp_value) -> bool {
    // SAFETY: by the contract with C, `value` is an input.
    unsafe { self::value(value) }.is_ok_and(|value| value.is_array())
}

/// Begins with the first element of an array. A value that is none has itself as its only element.
///
/// `items` is valid as long as the octets in the buffer; take the elements with eslp_items_next().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_items(value: *const eslp_value, items: *mut eslp_items) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `items` is an output.
    run(|| unsafe { eslp_items::put(items, || Ok(self::value(value)?.items())) })
}

/// The same of what may be an array, wherever it comes from: also of a variable's value in a reply, `ARRAY::one|:two`, whose text is
/// not marked as one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_value_elements(value: *const eslp_value, items: *mut eslp_items) -> eslp_status {
    // SAFETY: by the contract with C, `value` is an input and `items` is an output.
    run(|| unsafe { eslp_items::put(items, || Ok(self::value(value)?.elements())) })
}

/// The next element.
///
/// @return ESLP_END after the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn eslp_items_next(items: *mut eslp_items, item: *mut eslp_value) -> eslp_status {
    // SAFETY: by the contract with C, `items` is a handle and `item` is an output.
    run(|| unsafe {
        let out = Out::new(item)?;
        out.set(eslp_items::inner(items)?.next().ok_or(eslp_status::ESLP_END)?.into());
        Ok(())
    })
}
