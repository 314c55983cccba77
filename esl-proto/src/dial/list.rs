//! What a dial string is made of: given as slices by a program, or read from a text.
//!
//! What was read lies in the caller's storage as plain octets, with a mark in place of each separator. No text holds a
//! mark: they are octets that are neither written nor read.

use core::fmt;

use crate::command::Pairs;
use crate::text::Value;

/// Before the name of a variable in `<...>`.
pub(super) const ALL: u8 = 1;
/// Before the name of a variable in `{...}`.
pub(super) const HANDLE: u8 = 2;
/// Before the name of a variable in `[...]`.
pub(super) const LEG: u8 = 3;
/// Before the value of a variable.
pub(super) const VALUE: u8 = 4;
/// After variables.
pub(super) const END: u8 = 5;
/// Between the legs of a list.
pub(super) const AND: u8 = 6;
/// Between the lists of a handle.
pub(super) const OR: u8 = 7;
/// Between handles.
pub(super) const ENTERPRISE: u8 = 8;
/// Whether an octet is a mark.
pub(super) const fn is_mark(octet: u8) -> bool {
    matches!(octet, ALL..=ENTERPRISE)
}

fn split(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    match memchr::memchr(mark, text).and_then(|at| text.split_at_checked(at)) {
        Some((before, after)) => (before, after.get(1..).unwrap_or_default()),
        None => (text, &[]),
    }
}

/// An ordered list of variables and their values.
///
/// Made from a slice or array of pairs of text or of octets; two lists are equal if their pairs are.
#[derive(Clone, Copy)]
pub struct Variables<'a>(VariablesOf<'a>);

#[derive(Clone, Copy)]
enum VariablesOf<'a> {
    Pairs(Pairs<'a>),
    Read { text: &'a [u8], mark: u8 },
}

impl<'a> Variables<'a> {
    /// No variables.
    pub const NONE: Self = Self(VariablesOf::Pairs(Pairs::NONE));

    /// The variables with this mark at the front of `text`, and what follows them.
    fn read(text: &'a [u8], mark: u8) -> (Self, &'a [u8]) {
        if text.first() != Some(&mark) {
            return (Self::NONE, text);
        }
        let (text, rest) = split(text, END);
        (Self(VariablesOf::Read { text, mark }), rest)
    }

    /// The variables in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let (pairs, text, mark): (_, &[u8], _) = match self.0 {
            VariablesOf::Pairs(pairs) => (pairs, &[], 0),
            VariablesOf::Read { text, mark } => (Pairs::NONE, text, mark),
        };
        let read = text.split(move |octet| *octet == mark).skip(1).map(|pair| split(pair, VALUE));
        pairs.iter().chain(read)
    }
}

impl PartialEq for Variables<'_> {
    fn eq(&self, other: &Variables<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Variables<'_> {}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.iter().map(|(name, value)| (Value::octets(name), Value::octets(value)));
        f.debug_list().entries(pairs).finish()
    }
}

impl<'a, P: Into<Pairs<'a>>> From<P> for Variables<'a> {
    fn from(pairs: P) -> Self {
        Self(VariablesOf::Pairs(pairs.into()))
    }
}

/// One channel to call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Leg<'a> {
    /// The variables of this channel alone, written in `[...]`.
    pub variables: Variables<'a>,
    /// What to call: `user/1000`, `sofia/gateway/gw/1234`, `loopback/1000/default`, `error/USER_BUSY`, `group/sales`.
    pub endpoint: &'a [u8],
}

impl<'a> Leg<'a> {
    /// A leg without variables.
    pub fn new(endpoint: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { variables: Variables::NONE, endpoint: endpoint.as_ref() }
    }

    /// The same with these variables.
    #[must_use]
    pub fn variables(self, variables: impl Into<Variables<'a>>) -> Self {
        Self { variables: variables.into(), ..self }
    }

    fn read(text: &'a [u8]) -> Self {
        let (variables, endpoint) = Variables::read(text, LEG);
        Self { variables, endpoint }
    }
}

impl fmt::Debug for Leg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leg")
            .field("variables", &self.variables)
            .field("endpoint", &Value::octets(self.endpoint))
            .finish()
    }
}

impl<'a> From<&'a str> for Leg<'a> {
    fn from(endpoint: &'a str) -> Self {
        Self::new(endpoint)
    }
}

impl<'a> From<&'a [u8]> for Leg<'a> {
    fn from(endpoint: &'a [u8]) -> Self {
        Self::new(endpoint)
    }
}

/// What a list holds.
#[derive(Clone, Copy)]
enum ListOf<'a, T> {
    One(T),
    Several(&'a [T]),
    /// To be split at a mark.
    Read(&'a [u8]),
}

impl<'a, T: Copy> ListOf<'a, T> {
    fn iter(self, mark: u8, read: fn(&'a [u8]) -> T) -> impl Iterator<Item = T> {
        let (one, several, text): (_, &[T], _) = match self {
            Self::One(one) => (Some(one), &[], None),
            Self::Several(several) => (None, several, None),
            Self::Read(text) => (None, &[], Some(text)),
        };
        let parts = text.map(move |text| text.split(move |octet| *octet == mark).map(read));
        one.into_iter().chain(several.iter().copied()).chain(parts.into_iter().flatten())
    }
}

macro_rules! list {
    ($(#[$doc:meta])+ $name:ident of $item:ident at $mark:ident) => {
        $(#[$doc])+
        #[derive(Clone, Copy)]
        pub struct $name<'a>(ListOf<'a, $item<'a>>);

        impl<'a> $name<'a> {
            pub(super) const fn read(text: &'a [u8]) -> Self {
                Self(ListOf::Read(text))
            }

            /// All of them in order.
            pub fn iter(&self) -> impl Iterator<Item = $item<'a>> + use<'a> {
                self.0.iter($mark, $item::read)
            }
        }

        impl PartialEq for $name<'_> {
            fn eq(&self, other: &$name<'_>) -> bool {
                self.iter().eq(other.iter())
            }
        }

        impl Eq for $name<'_> {}

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.iter()).finish()
            }
        }

        impl<'a, T: Into<$item<'a>>> From<T> for $name<'a> {
            fn from(item: T) -> Self {
                Self(ListOf::One(item.into()))
            }
        }

        impl<'a> From<&'a [$item<'a>]> for $name<'a> {
            fn from(items: &'a [$item<'a>]) -> Self {
                Self(ListOf::Several(items))
            }
        }

        impl<'a, const N: usize> From<&'a [$item<'a>; N]> for $name<'a> {
            fn from(items: &'a [$item<'a>; N]) -> Self {
                Self(ListOf::Several(items))
            }
        }
    };
}

list! {
    /// Legs that are called at once, the first to answer wins; `,` is between them.
    ///
    /// Made from a leg, or from a slice or array of legs; two lists are equal if their legs are.
    LegList of Leg at AND
}

list! {
    /// Lists of legs that are called one after another until one answers; `|` is between them.
    ///
    /// Made from a leg, from legs that are called at once, or from a slice or array of such lists; equal if their lists
    /// are.
    LegLists of LegList at OR
}

list! {
    /// Handles that are called at once, each on its own; `:_:` is between them.
    ///
    /// Made from a handle or from a slice or array of them; equal if their handles are.
    DialHandles of DialHandle at ENTERPRISE
}

/// Leg lists that are called one after another until one answers, with variables for all of their legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialHandle<'a> {
    /// The variables of all these legs, written in `{...}`. They count more than those of a leg, unless one of
    /// them is `local_var_clobber` and true.
    pub variables: Variables<'a>,
    /// Whom to call.
    pub leg_lists: LegLists<'a>,
}

impl<'a> DialHandle<'a> {
    /// A handle without variables, of a leg, of legs that are called at once, or of lists of them.
    pub fn new(leg_lists: impl Into<LegLists<'a>>) -> Self {
        Self { variables: Variables::NONE, leg_lists: leg_lists.into() }
    }

    /// The same with these variables.
    #[must_use]
    pub fn variables(self, variables: impl Into<Variables<'a>>) -> Self {
        Self { variables: variables.into(), ..self }
    }

    fn read(text: &'a [u8]) -> Self {
        let (variables, rest) = Variables::read(text, HANDLE);
        Self { variables, leg_lists: LegLists::read(rest) }
    }
}

impl<'a, T: Into<LegLists<'a>>> From<T> for DialHandle<'a> {
    fn from(leg_lists: T) -> Self {
        Self::new(leg_lists)
    }
}

/// Whom to call: what `originate` and `bridge` have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialString<'a> {
    /// The variables of all legs of all handles, written in `<...>`. Those of a handle count more.
    pub variables: Variables<'a>,
    /// Whom to call.
    pub handles: DialHandles<'a>,
}

impl<'a> DialString<'a> {
    /// A dial string without variables of its own, of one handle or of several.
    pub fn new(handles: impl Into<DialHandles<'a>>) -> Self {
        Self { variables: Variables::NONE, handles: handles.into() }
    }

    /// The same with these variables.
    #[must_use]
    pub fn variables(self, variables: impl Into<Variables<'a>>) -> Self {
        Self { variables: variables.into(), ..self }
    }

    pub(super) fn read(text: &'a [u8]) -> Self {
        let (variables, rest) = Variables::read(text, ALL);
        Self { variables, handles: DialHandles::read(rest) }
    }
}

impl<'a, T: Into<DialHandles<'a>>> From<T> for DialString<'a> {
    fn from(handles: T) -> Self {
        Self::new(handles)
    }
}
