//! What C points to, made safe: all `unsafe` code of this library is here and in `handle`.
//!
//! # The contract with C
//!
//! No function can check that memory exists. The front of the header therefore states what the caller must guarantee
//! for each argument of an exported function, and the **type** of each parameter names that guarantee. They have the
//! layout of a pointer, no Rust code can make one, and each is used up by its use: so whoever holds one has it from C,
//! for this call, and once.
//!
//! * [`In`]: NULL, or initialised values that nobody writes to during the call. The same holds for every pointer inside
//!   them and for the `len` bytes of an `eslp_bytes` or `eslp_value`, in them or given by itself.
//! * [`Out`]: NULL, or memory of the type's size, or of the given length, that only this call uses. No struct overlaps
//!   it; bytes of an input that do are found by [`Call`] and refused. What C has written there may be read.
//! * [`Handle`](crate::handle::Handle) and [`Look`](crate::handle::Look): NULL, or memory of a handle, or of a struct of `opaque` words, in any state, that only one
//!   call uses at a time, or that calls only look at. The first word is the mark that is checked; nobody but this
//!   library writes it. [`Make`](crate::handle::Make) is such a struct before it is made.
//! * [`Lent`] and [`Slots`]: memory that its owner neither uses nor moves as long as the handle or result made over it is
//!   used. So are all inputs of a function that says so of them: [`make`](crate::handle::Make::make) and [`keep`].
//!
//! NULL, misalignment, impossible lengths, marks and numbers of enums are checked. Every struct of C's consists of
//! numbers and pointers, so that any bits are a valid one ([`Plain`]).
//!
//! # Lifetimes
//!
//! A [`Call`] is the proof that a call lasts: [`run`] and its like make one, and references to what C has given live no
//! longer than it. Only what is lent is `'static`: it outlives the call, and what is made over it ends before it does.
//!
//! The methods that follow pointers in structs ([`eslp_bytes::octets`] and its like) are safe for the structs of a call.
//! Those that the library makes itself go to C, and nobody here follows their pointers: the exception, an event made of
//! the parts of a message, has its pointers from C.

use core::ffi::{c_char, c_void};
use core::marker::PhantomData;
use core::ptr::NonNull;

use esl_core::event::HeaderSlot;

use crate::command::{
    eslp_api, eslp_auth, eslp_command_fields, eslp_events, eslp_filter, eslp_myevents, eslp_sendevent, eslp_sendmsg,
};
use crate::name::eslp_log_level;
use crate::octets::eslp_bytes;
use crate::pairs::{eslp_pair, eslp_pairs};
use crate::status::eslp_status;

/// The result of a step: its value, or the status to return instead of [`eslp_status::ESLP_OK`].
pub(crate) type Outcome<T = ()> = Result<T, eslp_status>;

/// A struct of C's, zeros if the host has not said anything.
///
/// # Safety
/// The struct consists of numbers, raw pointers and structs and unions of these, so that any bits are a valid one.
pub(crate) unsafe trait Plain: Copy {
    /// All zeros: nothing is set.
    // SAFETY: by the condition of the trait zeros are a valid value.
    const ZERO: Self = unsafe { core::mem::MaybeUninit::zeroed().assume_init() };
    /// What a result is if nothing was found.
    const NOTHING: Self = Self::ZERO;
}

/// A call of C's, and where it writes bytes: no input may lie there.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    from: usize,
    to: usize,
    lasts: PhantomData<&'c ()>,
}

impl<'c> Call<'c> {
    const NEW: Self = Self { from: 0, to: 0, lasts: PhantomData };

    fn writes(self, from: usize, size: usize) -> bool {
        from < self.to && self.from < from.saturating_add(size)
    }

    /// Refuses bytes that lie where the call writes.
    pub(crate) fn apart(self, octets: &[u8]) -> Outcome {
        let writes = !octets.is_empty() && self.writes(octets.as_ptr().addr(), octets.len());
        if writes { Err(eslp_status::ESLP_OVERLAP) } else { Ok(()) }
    }

    /// `len` bytes or items at `data`. With a `len` of 0, `data` may be any pointer.
    ///
    /// # Safety
    /// `data` is NULL or points to `len` initialised `T` that nobody writes to during the call.
    unsafe fn slice<T>(self, data: *const T, len: usize) -> Outcome<&'c [T]> {
        if len == 0 {
            return Ok(&[]);
        }
        let data = checked(data.cast_mut())?;
        let size = fits::<T>(len)?;
        if self.writes(data.addr().get(), size) {
            return Err(eslp_status::ESLP_OVERLAP);
        }
        // SAFETY: `checked` has excluded NULL and misalignment, `fits` a size beyond `isize::MAX`. The caller guarantees
        // `len` initialised items without writers.
        Ok(unsafe { core::slice::from_raw_parts(data.as_ptr(), len) })
    }
}

/// Runs the body of an exported function and returns its status.
#[inline]
pub(crate) fn run(body: impl for<'c> FnOnce(Call<'c>) -> Outcome) -> eslp_status {
    keep(body)
}

/// As [`run`], for functions that keep what they are given: the comment of each says so.
#[inline]
pub(crate) fn keep(body: impl FnOnce(Call<'static>) -> Outcome) -> eslp_status {
    match body(Call::NEW) {
        Ok(()) => eslp_status::ESLP_OK,
        Err(status) => status,
    }
}

/// Runs the body of an exported function that returns no status but, if something is wrong, `otherwise`.
#[inline]
pub(crate) fn ask<T>(otherwise: T, body: impl for<'c> FnOnce(Call<'c>) -> Outcome<T>) -> T {
    body(Call::NEW).unwrap_or(otherwise)
}

/// Refuses a struct whose room for more fields is not zero: a newer header has a field there.
pub(crate) fn known<const N: usize>(reserved: &[u64; N]) -> Outcome {
    if *reserved == [0; N] { Ok(()) } else { Err(eslp_status::ESLP_UNKNOWN_FIELD) }
}

pub(crate) fn checked<T>(pointer: *mut T) -> Outcome<NonNull<T>> {
    let pointer = NonNull::new(pointer).ok_or(eslp_status::ESLP_NULL)?;
    if pointer.is_aligned() { Ok(pointer) } else { Err(eslp_status::ESLP_MISALIGNED) }
}

/// The size of so many items. No object has a greater one: Rust requires at most `isize::MAX`.
fn fits<T>(len: usize) -> Outcome<usize> {
    let size = len.checked_mul(size_of::<T>()).filter(|size| isize::try_from(*size).is_ok());
    size.ok_or(eslp_status::ESLP_INVALID_ARGUMENT)
}

/// An input.
#[repr(transparent)]
pub struct In<T>(*const T);

impl<T> In<T> {
    /// The struct.
    pub(crate) fn read<'c>(self, _: Call<'c>) -> Outcome<&'c T> {
        // SAFETY: `checked` has excluded NULL and misalignment. C guarantees an initialised `T` without writers, and any
        // bit pattern is a valid `T`: all that a shared reference requires.
        checked(self.0.cast_mut()).map(|pointer| unsafe { pointer.as_ref() })
    }

    /// The struct, or none if the pointer is NULL.
    pub(crate) fn optional<'c>(self, call: Call<'c>) -> Outcome<Option<&'c T>> {
        if self.0.is_null() { Ok(None) } else { self.read(call).map(Some) }
    }

    /// So many of them.
    pub(crate) fn slice<'c>(self, len: usize, call: Call<'c>) -> Outcome<&'c [T]> {
        // SAFETY: C guarantees `len` initialised items without writers.
        unsafe { call.slice(self.0, len) }
    }
}

impl In<c_void> {
    /// So many bytes.
    pub(crate) fn octets<'c>(self, len: usize, call: Call<'c>) -> Outcome<&'c [u8]> {
        // SAFETY: C guarantees `len` initialised octets without writers.
        unsafe { call.slice(self.0.cast::<u8>(), len) }
    }
}

/// An output.
#[repr(transparent)]
pub struct Out<T>(*mut T);

/// Where a result goes: it has been written, and can be written anew.
pub(crate) struct Place<'c, T>(NonNull<T>, PhantomData<&'c mut T>);

impl<T> Place<'_, T> {
    #[inline]
    pub(crate) fn set(&mut self, value: T) {
        // SAFETY: `checked` has excluded NULL and misalignment, and C guarantees memory for a `T` that only this call uses.
        // `write` does not read or drop the old contents, which may be uninitialised.
        unsafe { self.0.write(value) }
    }
}

impl<T> Out<T> {
    /// The place, which holds `value` unless something else is set: whatever happens, it has been written.
    pub(crate) fn with<'c>(self, value: T, _: Call<'c>) -> Outcome<Place<'c, T>> {
        let mut place = Place(checked(self.0)?, PhantomData);
        place.set(value);
        Ok(place)
    }

    /// So many items, whatever they hold: memory of C's is opaque to Rust's optimiser, which must assume that C has
    /// written something; and what is here is written before it is read.
    pub(crate) fn array<'c>(self, len: usize, _: Call<'c>) -> Outcome<&'c mut [T]>
    where
        T: Plain,
    {
        if len == 0 {
            return Ok(&mut []);
        }
        let data = checked(self.0)?;
        fits::<T>(len)?;
        // SAFETY: `checked` has excluded NULL and misalignment, `fits` a size beyond `isize::MAX`. C guarantees memory of
        // `len` items that only this call uses, and any bit pattern is a valid `T`.
        Ok(unsafe { core::slice::from_raw_parts_mut(data.as_ptr(), len) })
    }

    /// A struct that C has written, to be changed.
    pub(crate) fn change<'c>(self, _: Call<'c>) -> Outcome<&'c mut T>
    where
        T: Plain,
    {
        // SAFETY: `checked` has excluded NULL and misalignment. C guarantees a `T` that only this call uses, and any bit
        // pattern is a valid one.
        checked(self.0).map(|mut pointer| unsafe { pointer.as_mut() })
    }
}

impl<T: Plain> Out<T> {
    /// The place, which holds [`Plain::NOTHING`] unless something else is set.
    pub(crate) fn nothing<'c>(self, call: Call<'c>) -> Outcome<Place<'c, T>> {
        self.with(T::NOTHING, call)
    }

    /// The same; NULL means that C does not want the result.
    pub(crate) fn optional<'c>(self, call: Call<'c>) -> Outcome<Option<Place<'c, T>>> {
        if self.0.is_null() { Ok(None) } else { self.nothing(call).map(Some) }
    }

    /// The body of a function whose result goes here.
    #[inline]
    pub(crate) fn give(self, body: impl for<'c> FnOnce(Call<'c>) -> Outcome<T>) -> eslp_status {
        run(|call| {
            let mut place = self.nothing(call)?;
            place.set(body(call)?);
            Ok(())
        })
    }

    /// The same of one that may find nothing.
    #[inline]
    pub(crate) fn find(self, body: impl for<'c> FnOnce(Call<'c>) -> Outcome<Option<T>>) -> eslp_status {
        self.give(|call| body(call)?.ok_or(eslp_status::ESLP_NOT_FOUND))
    }

    /// The same of one that gives one thing after the other.
    #[inline]
    pub(crate) fn next(self, body: impl for<'c> FnOnce(Call<'c>) -> Outcome<Option<T>>) -> eslp_status {
        self.give(|call| body(call)?.ok_or(eslp_status::ESLP_END))
    }
}

/// A result that C may not want.
pub(crate) trait Wanted<T> {
    fn set(self, value: T);
}

impl<T> Wanted<T> for Option<Place<'_, T>> {
    fn set(self, value: T) {
        if let Some(mut place) = self {
            place.set(value);
        }
    }
}

/// What C has for a byte.
pub(crate) trait Octet {}

impl Octet for c_void {}
impl Octet for c_char {}

impl<T: Octet> Out<T> {
    /// So many bytes to write, as [`array`](Out::array); and the call, which refuses what lies in them from then on.
    pub(crate) fn room<'c>(self, size: usize, call: Call<'c>) -> Outcome<(&'c mut [u8], Call<'c>)> {
        let (from, to) = (self.0.addr(), self.0.addr().saturating_add(size));
        Ok((Out(self.0.cast::<u8>()).array(size, call)?, Call { from, to, ..call }))
    }
}

/// Lent memory.
#[repr(transparent)]
pub struct Lent(*mut c_void);

/// Bytes of lent memory.
pub(crate) struct Memory(&'static mut [u8]);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0
    }
}

impl Lent {
    pub(crate) fn octets(self, size: usize) -> Outcome<Memory> {
        Out(self.0.cast::<u8>()).array(size, Call::NEW).map(Memory)
    }

    /// The pointer, for what is placed there.
    pub(crate) fn pointer(self) -> *mut c_void {
        self.0
    }
}

/// Lent memory for so many of the core's values, each in a slot of C's.
#[repr(transparent)]
pub struct Slots<T>(*mut T);

impl<S> Slots<S> {
    /// The first slot, if `T` fits into each and there can be so many.
    fn first<T>(self, count: usize) -> Outcome<*mut T> {
        const { assert!(size_of::<T>() <= size_of::<S>() && align_of::<T>() <= align_of::<S>()) };
        if count == 0 {
            return Ok(NonNull::dangling().as_ptr());
        }
        fits::<S>(count)?;
        checked(self.0).map(|pointer| pointer.as_ptr().cast())
    }

    /// Values of which any bits are a valid one, whatever they are now.
    pub(crate) fn plain<T: Plain>(self, count: usize) -> Outcome<&'static mut [T]> {
        Out(self.first::<T>(count)?).array(count, Call::NEW)
    }

    /// Values, each of which is written first.
    pub(crate) fn filled<T>(
        self, count: usize, mut value: impl FnMut(usize) -> Outcome<T>,
    ) -> Outcome<&'static mut [T]> {
        let first = self.first::<T>(count)?;
        for place in 0..count {
            // SAFETY: C lends `count` slots, in each of which a `T` fits, so `place` is among them and none is farther
            // away than `isize::MAX`.
            unsafe { first.add(place).write(value(place)?) };
        }
        // SAFETY: `first` is not NULL and aligned, the loop has written `count` values, and their size is no greater than
        // that of the slots, which `fits` has found to be possible. Nobody else uses the slots.
        Ok(unsafe { core::slice::from_raw_parts_mut(first, count) })
    }

    /// A list that grows in them.
    pub(crate) fn list<T>(self, count: usize) -> Outcome<List<T>> {
        Ok(List { first: self.first(count)?, room: count, used: 0 })
    }
}

/// A list in slots of C's, of which the first `used` are written.
pub(crate) struct List<T: 'static> {
    first: *mut T,
    room: usize,
    used: usize,
}

impl<T> List<T> {
    pub(crate) fn push(&mut self, value: T) -> Outcome {
        if self.used >= self.room {
            return Err(eslp_status::ESLP_INSUFFICIENT);
        }
        // SAFETY: C has lent `room` slots, in each of which a `T` fits, as `first` has checked; `used` is less.
        unsafe { self.first.add(self.used).write(value) };
        self.used += 1;
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// The values: as long as nothing is added, which takes a unique reference to the handle, they stay as they are.
    pub(crate) fn as_slice(&self) -> &[T] {
        // SAFETY: `push` has written the first `used` slots, which are lent, so they still exist and nobody else uses them.
        unsafe { core::slice::from_raw_parts(self.first, self.used) }
    }
}

impl eslp_bytes {
    /// The bytes; an empty slice if absent.
    pub(crate) fn octets<'c>(&self, call: Call<'c>) -> Outcome<&'c [u8]> {
        // SAFETY: the bytes are an input: see the head of this file.
        unsafe { call.slice(self.data.cast::<u8>(), self.len) }
    }

    /// The bytes, or [`None`] if absent: NULL.
    pub(crate) fn said<'c>(&self, call: Call<'c>) -> Outcome<Option<&'c [u8]>> {
        if self.data.is_null() && self.len == 0 { Ok(None) } else { self.octets(call).map(Some) }
    }
}

impl eslp_pairs {
    /// The pairs that C has made a list of.
    pub(crate) fn given<'c>(&self, call: Call<'c>) -> Outcome<&'c [eslp_pair]> {
        // SAFETY: the list is an input, and so are its pairs: see the head of this file.
        unsafe { call.slice(self.items, self.count) }
    }
}

/// The core asks for pairs one by one. The list has been looked through, and is asked while the call lasts, or as long as
/// the iterator to which it is lent: a reference to it is there.
impl esl_core::command::PairSource for eslp_pairs {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        let pair = self.given(Call::NEW).ok()?.get(place)?;
        Some((pair.name.octets(Call::NEW).ok()?, pair.value.octets(Call::NEW).ok()?))
    }
}

// SAFETY: no field has interior mutability, and the raw pointers are only read through. While a reference exists, the pairs
// are an input, or memory lent to an iterator: nobody writes to them, so reads from several threads cannot race.
unsafe impl Sync for eslp_pairs {}

#[cfg(feature = "dial")]
mod dial {
    use super::Call;
    use crate::dial::{eslp_dial, eslp_leg};
    use crate::ptr::Outcome;

    impl eslp_dial {
        /// The legs.
        pub(crate) fn given<'c>(&self, call: Call<'c>) -> Outcome<&'c [eslp_leg]> {
            // SAFETY: the call is an input, and so are its legs: see the head of `ptr`.
            unsafe { call.slice(self.legs, self.count) }
        }
    }

    /// As for pairs.
    impl esl_core::dial::LegSource for eslp_dial {
        fn leg(&self, place: usize) -> Option<esl_core::dial::FlatLeg<'_>> {
            self.given(Call::NEW).ok()?.get(place)?.flat(Call::NEW).ok()
        }
    }

    // SAFETY: as for pairs.
    unsafe impl Sync for eslp_dial {}
}

/// The fields of the union that goes with a command: a function for each, and the way back.
macro_rules! fields {
    (structs { $($field:ident: $type:ident,)+ } numbers { $($number:ident: $kind:ty,)+ }) => {
        impl eslp_command_fields {
            $(
                pub(crate) fn $field(&self) -> Outcome<&$type> {
                    // SAFETY: every field consists of numbers and raw pointers, so that any bits are a valid one; C guarantees
                    // that the field that goes with the kind of a command has been written.
                    let field = unsafe { &self.$field };
                    known(&field.reserved)?;
                    Ok(field)
                }
            )+
            $(
                pub(crate) fn $number(&self) -> $kind {
                    // SAFETY: as above.
                    unsafe { self.$number }
                }
            )+
        }

        fields! { @from $($field: $type,)+ $($number: $kind,)+ }
    };
    (@from $($field:ident: $type:ty,)+) => {$(
        impl From<$type> for eslp_command_fields {
            fn from(field: $type) -> Self {
                let mut fields = Self::ZERO;
                fields.$field = field;
                fields
            }
        }
    )+};
}

fields! {
    structs {
        sendmsg: eslp_sendmsg,
        auth: eslp_auth,
        api: eslp_api,
        event: eslp_events,
        myevents: eslp_myevents,
        filter: eslp_filter,
        sendevent: eslp_sendevent,
    }
    numbers {
        variable: eslp_bytes,
        on: u8,
        log_level: eslp_log_level,
        linger_seconds: i64,
    }
}

/// A regular expression that C matches, as [`crate::server::eslp_regex`] says.
#[cfg(feature = "server")]
pub(crate) fn matches(regex: crate::server::eslp_regex, user: *mut c_void, expression: &[u8], value: &[u8]) -> bool {
    let (expression, value) = (eslp_bytes::of(expression), eslp_bytes::of(value));
    // SAFETY: C guarantees that the pointer is NULL or to a function of this type, and that it returns; the texts are there.
    regex.is_some_and(|regex| unsafe { regex(user, expression.data, expression.len, value.data, value.len) })
}

// SAFETY: numbers, of which all bits are valid, and raw pointers.
unsafe impl Plain for usize {}
// SAFETY: as above.
unsafe impl Plain for u64 {}
// SAFETY: as above.
unsafe impl Plain for i64 {}
// SAFETY: as above.
unsafe impl Plain for u8 {}
// SAFETY: as above.
unsafe impl<T> Plain for *mut T {}
// SAFETY: only written, never read from C's memory; zero is `false`.
unsafe impl Plain for bool {}
// SAFETY: two integers, which the core writes before it reads them.
unsafe impl Plain for HeaderSlot {}

macro_rules! plain {
    ($($module:ident: $($name:ident $(($nothing:ident))?)+;)+) => {$($(
        // SAFETY: the declaration of each struct in this list has numbers, raw pointers, arrays of numbers and other structs of
        // this list as fields, and nothing else: no reference, no `bool`, no enum of Rust's.
        unsafe impl Plain for crate::$module::$name {
            $(const NOTHING: Self = Self::$nothing;)?
        }
    )+)+};
}

plain! {
    octets: eslp_bytes eslp_value eslp_header;
    pairs: eslp_pair eslp_pairs;
    event: eslp_event;
    message: eslp_frame eslp_message eslp_lines eslp_header_part;
    decoder: eslp_limits eslp_step;
    command: eslp_auth eslp_api eslp_events eslp_myevents eslp_filter eslp_sendevent eslp_execute eslp_unicast eslp_sendmsg
        eslp_command_fields eslp_command eslp_fault;
    client: eslp_unanswered eslp_client_result(NONE) eslp_sent(NOTHING) eslp_eof(NOTHING) eslp_stats eslp_subscription;
    connection: eslp_connection_state;
}

#[cfg(feature = "dial")]
plain! {
    app: eslp_app eslp_app_fault;
    dial: eslp_leg eslp_dial eslp_originate eslp_endpoint eslp_dial_fault eslp_dial_read;
}

#[cfg(feature = "server")]
plain! {
    server: eslp_server_options eslp_host_request eslp_server_result eslp_response eslp_log_data eslp_server_state;
}

#[cfg(feature = "session")]
plain! {
    session: eslp_interest eslp_outcome eslp_gap eslp_notice eslp_session_state;
    queue: eslp_item;
    calls: eslp_call eslp_change;
}
