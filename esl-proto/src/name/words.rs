//! The macro behind the vocabulary.

/// Defines an enum of FreeSWITCH's words: an `open` one keeps unknown words, a `closed` one has no place for them. What
/// stands after `or` reads other ways to write a word.
macro_rules! words {
    (open $(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)+ } $(or $other:ident)?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// A word that is not in this list, as it stands on the wire.
            Other(&'a [u8]),
        }

        impl<'a> $name<'a> {
            /// All words of the list, in its order.
            pub const KNOWN: &'static [$name<'static>] = &[$($name::$variant,)+];

            words!(known $($variant = $word,)+);

            /// The word that these bytes are, in any case of its letters.
            #[must_use]
            pub fn from_bytes(octets: &'a [u8]) -> Self {
                Self::known(octets)$(.or_else(|| $other(octets)))?.unwrap_or(Self::Other(octets))
            }

            /// The word as FreeSWITCH writes it.
            #[must_use]
            pub const fn as_bytes(&self) -> &'a [u8] {
                match self {
                    $(Self::$variant => $word.as_bytes(),)+
                    Self::Other(octets) => octets,
                }
            }

            /// The word as FreeSWITCH writes it; [`None`] for an unknown one that is not UTF-8.
            #[must_use]
            pub fn as_str(&self) -> Option<&'a str> {
                match self {
                    $(Self::$variant => Some($word),)+
                    Self::Other(octets) => core::str::from_utf8(octets).ok(),
                }
            }
        }

        impl core::str::FromStr for $name<'static> {
            type Err = $crate::text::ConvertError;

            /// The word that a text is, in any case of its letters. A word that is not in the list is an error: it could
            /// not be kept; [`from_bytes`](Self::from_bytes) borrows it.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::known(text.as_bytes())$(.or_else(|| $other(text.as_bytes())))?
                    .ok_or($crate::text::ConvertError::UnknownWord)
            }
        }

        impl<'a> TryFrom<$crate::text::Value<'a>> for $name<'a> {
            type Error = $crate::text::ConvertError;

            /// The word that a value is, however it is coded. Only an unknown word that must be decoded is an error: it
            /// lies nowhere.
            fn try_from(value: $crate::text::Value<'a>) -> Result<Self, Self::Error> {
                if let Some(plain) = value.as_plain() {
                    return Ok(Self::from_bytes(plain));
                }
                words!(decoded value octets);
                Self::known(octets)$(.or_else(|| $other(octets)))?.ok_or($crate::text::ConvertError::UnknownWord)
            }
        }

        impl core::fmt::Display for $name<'_> {
            /// The word; bytes that are not UTF-8 become U+FFFD.
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::text::Value::from_bytes(self.as_bytes()), f)
            }
        }

        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str(stringify!($variant)),)+
                    Self::Other(octets) => f.debug_tuple("Other").field(&$crate::text::Value::from_bytes(octets)).finish(),
                }
            }
        }
    };
    (closed $(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
        }

        impl $name {
            /// All words of the list, in its order.
            pub const KNOWN: &'static [$name] = &[$($name::$variant,)+];

            words!(known $($variant = $word,)+);

            /// The word that these bytes are, in any case of its letters, if it is one of the list.
            #[must_use]
            pub fn from_bytes(octets: &[u8]) -> Option<Self> {
                Self::known(octets)
            }

            /// The word as FreeSWITCH writes it.
            #[must_use]
            pub const fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::text::ConvertError;

            /// The word that a text is, in any case of its letters.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::known(text.as_bytes()).ok_or($crate::text::ConvertError::UnknownWord)
            }
        }

        impl TryFrom<$crate::text::Value<'_>> for $name {
            type Error = $crate::text::ConvertError;

            /// The word that a value is, however it is coded.
            fn try_from(value: $crate::text::Value<'_>) -> Result<Self, Self::Error> {
                words!(decoded value octets);
                Self::known(octets).ok_or($crate::text::ConvertError::UnknownWord)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
    (decoded $value:ident $octets:ident) => {
        // Room for the longest word.
        let mut storage = [0; 32];
        let $octets: &[u8] = $value.decode_into(&mut storage).map_err(|_| $crate::text::ConvertError::UnknownWord)?;
    };
    (known $($variant:ident = $word:literal,)+) => {
        fn known(octets: &[u8]) -> Option<Self> {
            #[allow(non_upper_case_globals)]
            mod words {
                $(pub(super) const $variant: &[u8] = $word.as_bytes();)+
            }
            // What a server writes is in its own case; what people type may not be.
            match octets {
                $(words::$variant => return Some(Self::$variant),)+
                _ => {}
            }
            const WORDS: &[&[u8]] = &[$($word.as_bytes(),)+];
            $(const { assert!($word.len() <= 32) };)+
            let place = WORDS.iter().position(|word| octets.eq_ignore_ascii_case(word))?;
            Self::KNOWN.get(place).copied()
        }
    };
}
