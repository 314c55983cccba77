//! Enums of C: numbers that a library of another age may not know.

/// Makes a type of 32 bits for each enum, with its values as constants, so that any number of C's is a valid value. The
/// header is made of the same lines.
///
/// `of Core as raw::Core` makes a number of an enum of the core's, by the variant behind `=>`: a variant without a number
/// does not compile. `for Core` is the way back: a number without a variant is unknown. A variant that is more than its name
/// goes one way only.
macro_rules! numbers {
    ($(
        $(#[doc = $about:literal])*
        pub enum $name:ident $body:tt $(of $core:ty as $($raw:ident)::+)* $(for $back:ident)?
    )+) => {$(
        numbers! { @type $(#[doc = $about])* $name $body }
        $(numbers! { @of $core, $($raw)::+, $name $body })*
        $(numbers! { @for $back, $name $body })?
    )+};

    (@type $(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $value:ident = $number:literal $(=> $variant:ident $(($($inner:tt)+))?)?,)+
    }) => {
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
    };

    (@of $core:ty, $raw:path, $name:ident {
        $($(#[doc = $doc:literal])* $value:ident = $number:literal $(=> $variant:ident $(($($inner:tt)+))?)?,)+
    }) => {
        impl From<$core> for $name {
            fn from(it: $core) -> Self {
                use $raw as Raw;
                #[allow(clippy::useless_conversion, reason = "some enums of the core can be matched whole as they are")]
                match Raw::from(it) {
                    $($(numbers!(@pattern $variant $(($($inner)+))?) => Self::$value,)?)+
                }
            }
        }
    };
    (@pattern $variant:ident) => { Raw::$variant { .. } };
    (@pattern $variant:ident ($($inner:tt)+)) => { Raw::$variant($($inner)+) };

    (@for $core:ident, $name:ident {
        $($(#[doc = $doc:literal])* $value:ident = $number:literal $(=> $variant:ident $(($($inner:tt)+))?)?,)+
    }) => {
        impl TryFrom<$name> for $core {
            type Error = crate::status::eslp_status;

            fn try_from(number: $name) -> Result<Self, Self::Error> {
                $($(numbers!(@back number, $name::$value, $variant $(($($inner)+))?);)?)+
                Err(crate::status::eslp_status::ESLP_UNKNOWN_NUMBER)
            }
        }
    };
    (@back $number:ident, $value:path, $variant:ident) => {
        if $number == $value {
            return Ok(Self::$variant);
        }
    };
    (@back $number:ident, $value:path, $variant:ident ($($inner:tt)+)) => {};
}

pub(crate) use numbers;
