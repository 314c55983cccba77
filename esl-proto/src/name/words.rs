//! The macro behind the vocabulary, and its tables.

use crate::scan::same;

/// Defines an enum of FreeSWITCH's words: an `open` one keeps unknown words, a `closed` one has no place for them. What
/// stands after `or` reads other ways to write a word.
macro_rules! words {
    (open $(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal,)+ } $(or $other:ident)?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(#[doc = concat!("`", $word, "`")] $variant,)+
            /// A word that is not in this list, as on the wire.
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
                /// The places of the words: their numbers and those of the variants are the same, which costs no code.
                #[repr(u8)]
                enum Place {
                    $($variant,)+
                }
                let place = match self {
                    $(Self::$variant => Place::$variant,)+
                    Self::Other(octets) => return octets,
                };
                match Self::WORDS.split_at_checked(place as usize) {
                    Some((_, [word, ..])) => word,
                    _ => &[],
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
        const WORDS: &'static [&'static [u8]] = &[$($word.as_bytes(),)+];

        fn known(octets: &[u8]) -> Option<Self> {
            $(const { assert!($word.len() <= 32) };)+
            static TABLE: $crate::name::words::WordTable<{ [$($word),+].len() }> =
                $crate::name::words::WordTable::new(&[$($word.as_bytes(),)+]);
            Self::KNOWN.get(TABLE.find(Self::WORDS, octets)?).copied()
        }
    };
}

/// Where the words of a list are, by a hash that does not depend on the case of letters. A table and not a `match`: a `match` over
/// byte strings compares in code, which takes 20 kB for the words of one client.
pub(crate) struct WordTable<const N: usize> {
    /// For each hash the first of its words, counted from 1; 0 if there is none.
    first: [u8; 128],
    /// For each word the next one of the same hash.
    next: [u8; N],
}

impl<const N: usize> WordTable<N> {
    pub(crate) const fn new(words: &[&[u8]]) -> Self {
        assert!(N < 256, "a place fits a byte");
        let mut table = Self { first: [0; 128], next: [0; N] };
        let mut rest = words;
        // Each goes before those that are there, so that the list is gone through from its end.
        while let [before @ .., word] = rest {
            rest = before;
            let (_, from) = table.next.split_at_mut(rest.len());
            let (_, bucket) = table.first.split_at_mut(hash(word));
            if let ([next, ..], [first, ..]) = (from, bucket) {
                *next = *first;
                *first = rest.len() as u8 + 1;
            }
        }
        table
    }

    /// The place of a word in the list.
    pub(crate) fn find(&self, words: &[&[u8]], octets: &[u8]) -> Option<usize> {
        let mut at = *self.first.get(hash(octets))?;
        loop {
            let place = usize::from(at.checked_sub(1)?);
            let word = words.get(place)?;
            // What a server writes is in its own case; what people type may not be.
            if word.len() == octets.len() && (same(word, octets) || octets.eq_ignore_ascii_case(word)) {
                return Some(place);
            }
            at = *self.next.get(place)?;
        }
    }
}

/// Of the length, the last three bytes and one in the middle: many words begin alike.
const fn hash(word: &[u8]) -> usize {
    const fn fold(byte: u8, shift: u32) -> usize {
        ((byte | 0x20) as usize) << shift
    }
    let mut sum = word.len();
    if let (_, [middle, ..]) = word.split_at(word.len() / 2) {
        sum += fold(*middle, 0);
    }
    if let [.., third, second, last] = word {
        sum += fold(*last, 1) + fold(*second, 3) + fold(*third, 4);
    }
    (sum ^ sum >> 7) % 128
}
