//! `serde`: received types can be serialized; configuration types can be serialized and deserialized.
//!
//! Bytes need not be UTF-8. In formats for people, received values are strings in which invalid bytes become U+FFFD;
//! deserializable values refuse to be serialized in that case, so that they never change on the way. Other formats have
//! the decoded bytes.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, Unexpected, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::client::Linger;
use crate::event::{Event, Indexed};
use crate::frame::Header;
use crate::name::{
    AnswerState, CallDirection, CallState, ChannelState, EventName, Format, HangupCause, LogLevel, Priority,
};
use crate::text::Value;

impl Serialize for Value<'_> {
    /// In formats for people, an array is a list. In others the value is its decoded bytes, an array as the text that it is
    /// for [`==`](Value#impl-PartialEq-for-Value<'_>).
    ///
    /// # Errors
    /// Without `alloc`, where a value of more than 1024 bytes must be decoded for a format that is not for people.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return match (self.is_array(), self.as_str()) {
                (true, _) => serializer.collect_seq(self.items().map(Element)),
                (false, Some(text)) => serializer.serialize_str(text),
                (false, None) => serializer.collect_str(self),
            };
        }
        if let Some(plain) = self.as_plain() {
            return serializer.serialize_bytes(plain);
        }
        #[cfg(feature = "alloc")]
        return serializer.serialize_bytes(&self.to_vec());
        #[cfg(not(feature = "alloc"))]
        match self.decode_into(&mut [0; 1024]) {
            Ok(octets) => serializer.serialize_bytes(octets),
            Err(error) => Err(S::Error::custom(error)),
        }
    }
}

/// An element of an array: never an array itself.
struct Element<'a>(Value<'a>);

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut header = serializer.serialize_struct("Header", 2)?;
        header.serialize_field("name", &self.name)?;
        header.serialize_field("value", &self.value)?;
        header.end()
    }
}

impl Serialize for Event<'_> {
    /// A map of the headers in their order, as FreeSWITCH's own JSON has them: names may come twice, and the body is
    /// `_body`.
    ///
    /// # Errors
    /// An event that [cannot be read](Event::validate) to its end is an error.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let body = self.body();
        let mut map = serializer.serialize_map(Some(self.headers().count() + usize::from(body.is_some())))?;
        let mut headers = self.headers();
        for header in &mut headers {
            map.serialize_entry(&header.name, &header.value)?;
        }
        if let Some(error) = headers.error() {
            return Err(S::Error::custom(error));
        }
        if let Some(body) = body {
            map.serialize_entry("_body", &body)?;
        }
        map.end()
    }
}

impl Serialize for Indexed<'_, '_> {
    /// As [`Event`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.event().serialize(serializer)
    }
}

#[cfg(feature = "alloc")]
impl Serialize for crate::event::EventBuf {
    /// As [`Event`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_event().serialize(serializer)
    }
}

macro_rules! names {
    ($($name:ident)+) => {$(
        impl Serialize for $name<'_> {
            /// The word as FreeSWITCH writes it.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Value::from_bytes(self.as_bytes()).serialize(serializer)
            }
        }
    )+};
}

names! { AnswerState CallDirection CallState ChannelState EventName HangupCause Priority }

/// Reads a text, or bytes, with `from`, which may refuse it.
struct Text<F> {
    expected: &'static str,
    from: F,
}

impl<T, F: FnOnce(&[u8]) -> Option<T>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        let expected = self.expected;
        (self.from)(text.as_bytes()).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &expected))
    }

    fn visit_bytes<E: serde::de::Error>(self, octets: &[u8]) -> Result<T, E> {
        let expected = self.expected;
        (self.from)(octets).ok_or_else(|| E::invalid_value(Unexpected::Bytes(octets), &expected))
    }
}

impl Serialize for Format {
    /// The word.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Format {
    /// The word, in any case of its letters.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text { expected: "plain, json or xml", from: Self::from_bytes })
    }
}

impl Serialize for LogLevel {
    /// In formats for people, its name if it has one; else its number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name().filter(|_| serializer.is_human_readable()) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_i8(self.number()),
        }
    }
}

/// Reads a number, or one of some words.
struct NumberOr<T> {
    expected: &'static str,
    of_number: fn(i64) -> Option<T>,
    of_word: fn(&[u8]) -> Option<T>,
}

impl<T> Visitor<'_> for NumberOr<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        (self.of_number)(number).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self.expected))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        let found = i64::try_from(number).ok().and_then(self.of_number);
        found.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self.expected))
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<T, E> {
        (self.of_word)(word.as_bytes()).ok_or_else(|| E::invalid_value(Unexpected::Str(word), &self.expected))
    }
}

impl<'de> Deserialize<'de> for LogLevel {
    /// A number, or in formats for people a name, in any case of its letters.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = NumberOr {
            expected: "a log level",
            of_number: |number| i8::try_from(number).ok().and_then(Self::new),
            of_word: Self::from_bytes,
        };
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_any(visitor),
            false => deserializer.deserialize_i8(visitor),
        }
    }
}

impl Serialize for Linger {
    /// The seconds, or `forever`; in formats that are not for people -1.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Forever if serializer.is_human_readable() => serializer.serialize_str("forever"),
            Self::Forever => serializer.serialize_i64(-1),
            Self::Seconds(seconds) => serializer.serialize_i64(i64::from(seconds)),
        }
    }
}

impl<'de> Deserialize<'de> for Linger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = NumberOr {
            expected: "seconds, or forever",
            of_number: |number| match number {
                -1 => Some(Self::Forever),
                number => u32::try_from(number).ok().map(Self::Seconds),
            },
            of_word: |word| (word == b"forever").then_some(Self::Forever),
        };
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_any(visitor),
            false => deserializer.deserialize_i64(visitor),
        }
    }
}

#[cfg(feature = "alloc")]
mod owned {
    use super::*;
    #[cfg(feature = "dial")]
    use crate::dial::DialStringBuf;
    use crate::name::{
        AnswerStateBuf, CallDirectionBuf, CallStateBuf, ChannelStateBuf, EventNameBuf, HangupCauseBuf, PriorityBuf,
    };

    /// Writes bytes that are to be read back.
    pub(super) fn write<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_bytes(octets);
        }
        let text = core::str::from_utf8(octets).map_err(|_| S::Error::custom("bytes that are not UTF-8"))?;
        serializer.serialize_str(text)
    }

    /// Reads a text that `from` may refuse.
    fn read<'de, D: Deserializer<'de>, T>(
        deserializer: D,
        expected: &'static str,
        from: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<T, D::Error> {
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_str(Text { expected, from }),
            false => deserializer.deserialize_bytes(Text { expected, from }),
        }
    }

    macro_rules! owned_names {
        ($($name:ident)+) => {$(
            impl Serialize for $name {
                /// The word; in formats for people it must be UTF-8.
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    write(self.as_name().as_bytes(), serializer)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                /// Any word, in any case of its letters if it is in the list.
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    read(deserializer, "a word", |octets| Some(Self::from_bytes(octets)))
                }
            }
        )+};
    }

    owned_names! {
        AnswerStateBuf CallDirectionBuf CallStateBuf ChannelStateBuf EventNameBuf HangupCauseBuf PriorityBuf
    }

    #[cfg(feature = "dial")]
    impl Serialize for DialStringBuf {
        /// The argument of `bridge`; in formats for people it must be UTF-8.
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            write(self.as_bytes(), serializer)
        }
    }

    #[cfg(feature = "dial")]
    impl<'de> Deserialize<'de> for DialStringBuf {
        /// As [`DialStringBuf::parse`].
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read(deserializer, "a dial string", |octets| Some(octets.to_vec()))
                .and_then(|octets| Self::parse(&octets).map_err(D::Error::custom))
        }
    }

    /// Bytes in the field of a struct.
    pub(crate) struct Octets(pub(crate) Vec<u8>);

    impl<'de> Deserialize<'de> for Octets {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read(deserializer, "a text", |octets| Some(Self(octets.to_vec())))
        }
    }

    /// The same, lent.
    pub(crate) struct Lent<'a>(pub(crate) &'a [u8]);

    impl Serialize for Lent<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            write(self.0, serializer)
        }
    }
}

/// For fields that hold one text.
#[cfg(feature = "alloc")]
pub(crate) mod text {
    use super::owned::{Lent, Octets};
    use super::*;

    pub(crate) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        Lent(octets).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        Octets::deserialize(deserializer).map(|octets| octets.0)
    }
}

/// For fields that hold several texts.
#[cfg(feature = "alloc")]
pub(crate) mod texts {
    use super::owned::{Lent, Octets};
    use super::*;

    pub(crate) fn serialize<S: Serializer>(texts: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(texts.iter().map(|text| Lent(text)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        Ok(Vec::<Octets>::deserialize(deserializer)?.into_iter().map(|octets| octets.0).collect())
    }
}

/// For fields that hold pairs of texts.
#[cfg(feature = "alloc")]
pub(crate) mod pairs {
    use super::owned::{Lent, Octets};
    use super::*;

    type Pair = (Vec<u8>, Vec<u8>);

    pub(crate) fn serialize<S: Serializer>(pairs: &[Pair], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(pairs.iter().map(|(name, value)| (Lent(name), Lent(value))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Pair>, D::Error> {
        let pairs = Vec::<(Octets, Octets)>::deserialize(deserializer)?;
        Ok(pairs.into_iter().map(|(name, value)| (name.0, value.0)).collect())
    }
}
