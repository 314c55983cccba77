//! Enums of C: numbers that a library of another age may not know.

/// A struct of C's, zeros if the host has not said anything.
///
/// # Safety
/// The struct consists of numbers, raw pointers and structs and unions of these, so that any bits are a valid one.
pub(crate) unsafe trait Plain: Copy {
    /// All zeros: nothing is said.
    // SAFETY: by the condition of the trait zeros are a valid value.
    const ZERO: Self = unsafe { core::mem::MaybeUninit::zeroed().assume_init() };
}

/// Makes a type of 32 bits for each enum, with its values as constants, so that any number of C's is a valid value. The
/// header is made of the same lines.
macro_rules! numbers {
    ($(
        $(#[doc = $about:literal])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])* $value:ident = $number:literal,)+
        }
    )+) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct $name(pub i32);

        // SAFETY: a number, of which all bits are valid.
        unsafe impl crate::number::Plain for $name {}

        #[allow(missing_docs, reason = "some are words of FreeSWITCH")]
        impl $name {
            $($(#[doc = $doc])* pub const $value: Self = Self($number);)+
        }
    )+};
}

pub(crate) use numbers;
