//! Enums of C: numbers that a library of another age may not know.

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
        unsafe impl crate::ptr::Plain for $name {}

        #[allow(missing_docs, reason = "some are words of FreeSWITCH")]
        impl $name {
            $($(#[doc = $doc])* pub const $value: Self = Self($number);)+
        }
    )+};
}

pub(crate) use numbers;
