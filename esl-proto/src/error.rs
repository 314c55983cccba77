//! The shapes that all errors share: a number that never changes with words, `{ kind, offset }` with it, and "refused, or
//! too little room".

/// Defines an enum of errors, each with its number and its words.
macro_rules! numbered {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal, $words:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum $name {
            $($(#[$doc])* $variant = $number,)+
        }

        impl $name {
            /// All numbers.
            #[allow(dead_code, reason = "not all are asked for")]
            pub(crate) const CODES: &'static [u16] = &[$($number,)+];

            /// The number, the same in every language. It never changes.
            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }

            /// What is wrong, in words.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)+
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Defines the struct of a located error: its kind, with which part of several, and the byte.
macro_rules! located {
    ($(#[$meta:meta])* $name:ident of $kind:ident {
        $($(#[$part_meta:meta])* $part:ident: $part_type:ty,)*
        --
        $(#[$offset_meta:meta])* offset: $offset_type:ty,
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name {
            /// What is wrong.
            pub kind: $kind,
            $($(#[$part_meta])* pub $part: $part_type,)*
            $(#[$offset_meta])*
            pub offset: $offset_type,
        }

        impl $name {
            /// The error's number, the same in every language.
            #[must_use]
            pub const fn code(&self) -> u16 {
                self.kind.code()
            }
        }

        impl core::error::Error for $name {}

        located!(shown $name $($part)*);
    };
    (shown $name:ident) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{} at byte {}", self.kind, self.offset)
            }
        }
    };
    (shown $name:ident item) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{} (item {}, byte {})", self.kind, self.item, self.offset)
            }
        }
    };
    (shown $name:ident field $($part:ident)*) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{} {} (", self.field.as_str(), self.kind)?;
                $(write!(f, concat!(stringify!($part), " {}, "), self.$part)?;)*
                write!(f, "byte {})", self.offset)
            }
        }
    };
}

/// Defines the error of writing or reading: what is given is refused, or there is too little room.
macro_rules! unwritten {
    ($(#[$meta:meta])* $name:ident of $error:ident, code $number:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            /// It is refused, whatever the room.
            Refused($error),
            /// The storage is too short.
            Insufficient($crate::text::Insufficient),
        }

        impl $name {
            #[doc = concat!("The error's number, the same in every language: that of the [`", stringify!($error),
                "`], or ", $number, " for too short storage.")]
            #[must_use]
            pub const fn code(&self) -> u16 {
                match self {
                    Self::Refused(error) => error.code(),
                    Self::Insufficient(_) => $number,
                }
            }

            /// The number of bytes that are needed, if there is too little room.
            #[must_use]
            pub const fn required(&self) -> Option<usize> {
                match self {
                    Self::Refused(_) => None,
                    Self::Insufficient(error) => Some(error.required),
                }
            }
        }

        impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self::Refused(error)
            }
        }

        impl From<$crate::text::Insufficient> for $name {
            fn from(error: $crate::text::Insufficient) -> Self {
                Self::Insufficient(error)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    Self::Refused(error) => core::fmt::Display::fmt(error, f),
                    Self::Insufficient(error) => core::fmt::Display::fmt(error, f),
                }
            }
        }

        impl core::error::Error for $name {
            fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
                Some(match self {
                    Self::Refused(error) => error,
                    Self::Insufficient(error) => error,
                })
            }
        }
    };
}
