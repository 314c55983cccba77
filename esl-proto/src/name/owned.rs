//! Words that own their bytes.

use alloc::boxed::Box;
use core::cmp::Ordering;
use core::convert::Infallible;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

use super::{AnswerState, CallDirection, CallState, ChannelState, EventName, HangupCause, Priority};

/// A word of a list, or another one.
#[derive(Clone)]
enum Word<N> {
    Known(N),
    Other(Box<[u8]>),
}

macro_rules! owned {
    ($($name:ident => $owned:ident;)+) => {$(
        #[doc = concat!("A [`", stringify!($name), "`] that owns its word, if that is not in the list: for what a program keeps.")]
        ///
        /// Any text is one, in any case of its letters if it is in the list.
        ///
        /// ```
        #[doc = concat!("use esl_proto::name::{", stringify!($name), ", ", stringify!($owned), "};")]
        ///
        #[doc = concat!("let kept: ", stringify!($owned), " = String::from(\"X_NEW\").parse()?;")]
        #[doc = concat!("assert_eq!(kept.as_name(), ", stringify!($name), "::Other(b\"X_NEW\"));")]
        #[doc = concat!("assert_eq!(", stringify!($name), "::KNOWN[0].into_owned(), ", stringify!($name), "::KNOWN[0]);")]
        /// # Ok::<(), core::convert::Infallible>(())
        /// ```
        #[derive(Clone)]
        pub struct $owned(Word<$name<'static>>);

        impl $owned {
            /// The word.
            #[must_use]
            pub fn as_name(&self) -> $name<'_> {
                match &self.0 {
                    Word::Known(name) => *name,
                    Word::Other(octets) => $name::Other(octets),
                }
            }

            /// The word that these bytes are, in any case of its letters.
            #[must_use]
            pub fn from_bytes(octets: &[u8]) -> Self {
                $name::from_bytes(octets).into_owned()
            }
        }

        impl $name<'_> {
            /// The same word with its own storage, if it is not in the list.
            #[must_use]
            pub fn into_owned(self) -> $owned {
                let octets = self.as_bytes();
                let known = $name::KNOWN.iter().find(|known| **known == self);
                $owned(known.map_or_else(|| Word::Other(octets.into()), |known| Word::Known(*known)))
            }
        }

        impl From<$name<'_>> for $owned {
            fn from(name: $name<'_>) -> Self {
                name.into_owned()
            }
        }

        impl FromStr for $owned {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::from_bytes(text.as_bytes()))
            }
        }

        impl PartialEq for $owned {
            fn eq(&self, other: &Self) -> bool {
                self.as_name() == other.as_name()
            }
        }

        impl Eq for $owned {}

        impl PartialEq<$name<'_>> for $owned {
            fn eq(&self, other: &$name<'_>) -> bool {
                self.as_name() == *other
            }
        }

        impl PartialEq<$owned> for $name<'_> {
            fn eq(&self, other: &$owned) -> bool {
                *self == other.as_name()
            }
        }

        impl PartialOrd for $owned {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $owned {
            fn cmp(&self, other: &Self) -> Ordering {
                self.as_name().cmp(&other.as_name())
            }
        }

        impl Hash for $owned {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_name().hash(state);
            }
        }

        impl fmt::Display for $owned {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.as_name().fmt(f)
            }
        }

        impl fmt::Debug for $owned {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.as_name(), f)
            }
        }
    )+};
}

owned! {
    EventName => EventNameBuf;
    HangupCause => HangupCauseBuf;
    ChannelState => ChannelStateBuf;
    CallState => CallStateBuf;
    AnswerState => AnswerStateBuf;
    CallDirection => CallDirectionBuf;
    Priority => PriorityBuf;
}
