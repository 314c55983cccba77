//! What a dial string is made of: given as slices by a program, or read from a text.
//!
//! What was read lies in the caller's storage as plain bytes, with a mark in place of each separator. No text holds a
//! mark: they are bytes that are neither written nor read.

use core::iter::FusedIterator;
use core::{fmt, slice};

use crate::command::list::{Pairs, PairsIter};
use crate::text::Value;
use crate::text::cut::{split, split_at};

/// Before the name of a variable in `<...>`.
pub(crate) const ALL: u8 = 1;
/// Before the name of a variable in `{...}`.
pub(crate) const HANDLE: u8 = 2;
/// Before the name of a variable in `[...]`.
pub(crate) const LEG: u8 = 3;
/// Before the value of a variable.
pub(crate) const VALUE: u8 = 4;
/// After variables.
pub(crate) const END: u8 = 5;
/// Between the legs of a list.
pub(crate) const AND: u8 = 6;
/// Between the lists of a handle.
pub(crate) const OR: u8 = 7;
/// Between handles.
pub(crate) const ENTERPRISE: u8 = 8;
/// Whether a byte is a mark.
pub(crate) const fn is_mark(octet: u8) -> bool {
    matches!(octet, ALL..=ENTERPRISE)
}

/// An ordered list of variables and their values.
///
/// Made from a slice or array of pairs of text or of bytes; two lists are equal if their pairs are.
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
        let (text, rest) = split(END, text);
        (Self(VariablesOf::Read { text, mark }), rest)
    }

    /// The variables in order.
    #[must_use]
    pub fn iter(&self) -> VariablesIter<'a> {
        VariablesIter(match self.0 {
            VariablesOf::Pairs(pairs) => VariablesIn::Pairs(pairs.iter()),
            VariablesOf::Read { text, mark } => VariablesIn::Read(ReadVariables { text, mark }),
        })
    }

    /// The text that the variables lie in, if they were read, and the mark before each: for hosts in other languages,
    /// which keep parts.
    #[must_use]
    pub const fn parts(&self) -> Option<(&'a [u8], u8)> {
        match self.0 {
            VariablesOf::Pairs(_) => None,
            VariablesOf::Read { text, mark } => Some((text, mark)),
        }
    }

    /// The variables that these parts were [taken from](Self::parts).
    #[must_use]
    pub const fn from_parts(text: &'a [u8], mark: u8) -> Self {
        Self(VariablesOf::Read { text, mark })
    }
}

/// The variables of a text that was read, in order.
#[derive(Clone, Debug)]
pub struct ReadVariables<'a> {
    /// Begins with a mark as long as there is one more.
    text: &'a [u8],
    mark: u8,
}

impl<'a> ReadVariables<'a> {
    /// The variables that these parts were [taken from](Variables::parts).
    #[must_use]
    pub const fn new(text: &'a [u8], mark: u8) -> Self {
        Self { text, mark }
    }
}

impl<'a> Iterator for ReadVariables<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (_, after) = self.text.split_first()?;
        let end = memchr::memchr(self.mark, after).unwrap_or(after.len());
        let (pair, rest) = after.split_at_checked(end).unwrap_or((after, &[]));
        self.text = rest;
        Some(split(VALUE, pair))
    }
}

impl FusedIterator for ReadVariables<'_> {}

/// The variables of a list; made by [`Variables::iter`].
#[derive(Clone, Debug)]
pub struct VariablesIter<'a>(VariablesIn<'a>);

#[derive(Clone, Debug)]
enum VariablesIn<'a> {
    Pairs(PairsIter<'a>),
    Read(ReadVariables<'a>),
}

impl<'a> Iterator for VariablesIter<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        match &mut self.0 {
            VariablesIn::Pairs(pairs) => pairs.next(),
            VariablesIn::Read(read) => read.next(),
        }
    }
}

impl FusedIterator for VariablesIter<'_> {}

iterated! { Variables => VariablesIter of (&'a [u8], &'a [u8]) }

impl PartialEq for Variables<'_> {
    fn eq(&self, other: &Variables<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Variables<'_> {}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.iter().map(|(name, value)| (Value::from_bytes(name), Value::from_bytes(value)));
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

    fn flat(run: Run<'a>) -> Self {
        run.first().map_or(Self { variables: Variables::NONE, endpoint: &[] }, |leg| leg.leg)
    }
}

impl fmt::Debug for Leg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leg")
            .field("variables", &self.variables)
            .field("endpoint", &Value::from_bytes(self.endpoint))
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

/// The separator between a leg and the leg before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Join {
    /// `,`: both are called at once.
    And,
    /// `|`: this one begins a list that is called if nobody answers in the list before.
    Or,
    /// `:_:`: this one begins a new handle.
    Enterprise,
}

/// One leg of a dial string that a host keeps as a flat list of legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatLeg<'a> {
    /// The separator before it; ignored for the first leg.
    pub join: Join,
    /// The variables of its handle; count only for a handle's first leg.
    pub handle_variables: Variables<'a>,
    /// The leg.
    pub leg: Leg<'a>,
}

/// A flat list of legs in a shape of the host's: [`DialHandles::from_legs`].
pub trait LegSource: Sync {
    /// The leg at a place, from 0; [`None`] after the last.
    fn leg(&self, place: usize) -> Option<FlatLeg<'_>>;
}

/// Some legs of a flat list that follow one another.
#[derive(Clone, Copy)]
struct Run<'a> {
    source: &'a dyn LegSource,
    from: usize,
    to: usize,
}

impl<'a> Run<'a> {
    fn first(self) -> Option<FlatLeg<'a>> {
        if self.from < self.to { self.source.leg(self.from) } else { None }
    }

    /// Takes off the legs before the next separator that is `join` or separates more.
    fn part(&mut self, join: Join) -> Option<Self> {
        self.first()?;
        let mut end = self.from.saturating_add(1);
        while end < self.to && self.source.leg(end).is_some_and(|leg| leg.join < join) {
            end = end.saturating_add(1);
        }
        let part = Self { to: end, ..*self };
        self.from = end;
        Some(part)
    }
}

/// What a list holds.
#[derive(Clone, Copy)]
enum ListOf<'a, T> {
    One(T),
    Several(&'a [T]),
    /// To be split at a mark.
    Read(&'a [u8]),
    /// To be split where legs are joined in a way.
    Flat(Run<'a>),
}

/// How the items of a list are told apart where they are not items yet.
#[derive(Clone, Copy)]
struct Cut<'a, T> {
    mark: u8,
    read: fn(&'a [u8]) -> T,
    join: Join,
    flat: fn(Run<'a>) -> T,
}

/// The items of a [`LegList`], [`LegLists`] or [`DialHandles`]; made by their `iter`.
#[derive(Clone)]
pub struct DialListIter<'a, T> {
    items: Items<'a, T>,
    cut: Cut<'a, T>,
}

#[derive(Clone)]
enum Items<'a, T> {
    One(Option<T>),
    Several(slice::Iter<'a, T>),
    /// [`None`] after the last, as a text without a mark is one item.
    Read(Option<&'a [u8]>),
    Flat(Run<'a>),
}

impl<'a, T> DialListIter<'a, T> {
    fn new(list: ListOf<'a, T>, cut: Cut<'a, T>) -> Self {
        let items = match list {
            ListOf::One(item) => Items::One(Some(item)),
            ListOf::Several(items) => Items::Several(items.iter()),
            ListOf::Read(text) => Items::Read(Some(text)),
            ListOf::Flat(run) => Items::Flat(run),
        };
        Self { items, cut }
    }
}

impl<T: Copy> Iterator for DialListIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match &mut self.items {
            Items::One(item) => item.take(),
            Items::Several(items) => items.next().copied(),
            Items::Read(text) => {
                let rest = text.take()?;
                let item = match split_at(self.cut.mark, rest) {
                    Some((item, after)) => {
                        *text = Some(after);
                        item
                    }
                    None => rest,
                };
                Some((self.cut.read)(item))
            }
            Items::Flat(run) => match run.part(self.cut.join) {
                Some(part) => Some((self.cut.flat)(part)),
                None => {
                    run.to = run.from;
                    None
                }
            },
        }
    }
}

impl<T: Copy> FusedIterator for DialListIter<'_, T> {}

impl<T: Copy + fmt::Debug> fmt::Debug for DialListIter<'_, T> {
    /// The items that are still to come.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

macro_rules! list {
    ($(#[$doc:meta])+ $name:ident of $item:ident at $mark:ident or $join:ident) => {
        $(#[$doc])+
        #[derive(Clone, Copy)]
        pub struct $name<'a>(ListOf<'a, $item<'a>>);

        impl<'a> $name<'a> {
            pub(crate) const fn read(text: &'a [u8]) -> Self {
                Self(ListOf::Read(text))
            }

            const fn flat(run: Run<'a>) -> Self {
                Self(ListOf::Flat(run))
            }

            /// All of them in order.
            #[must_use]
            pub fn iter(&self) -> DialListIter<'a, $item<'a>> {
                let cut = Cut { mark: $mark, read: $item::read, join: Join::$join, flat: $item::flat };
                DialListIter::new(self.0, cut)
            }
        }

        impl<'a> IntoIterator for $name<'a> {
            type Item = $item<'a>;
            type IntoIter = DialListIter<'a, $item<'a>>;

            fn into_iter(self) -> DialListIter<'a, $item<'a>> {
                self.iter()
            }
        }

        impl<'a> IntoIterator for &$name<'a> {
            type Item = $item<'a>;
            type IntoIter = DialListIter<'a, $item<'a>>;

            fn into_iter(self) -> DialListIter<'a, $item<'a>> {
                self.iter()
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
    LegList of Leg at AND or And
}

list! {
    /// Lists of legs that are called one after another until one answers; `|` is between them.
    ///
    /// Made from a leg, from legs that are called at once, or from a slice or array of such lists; equal if their lists
    /// are.
    LegLists of LegList at OR or Or
}

list! {
    /// Handles that are called at once, each on its own; `:_:` is between them.
    ///
    /// Made from a handle or from a slice or array of them; equal if their handles are.
    DialHandles of DialHandle at ENTERPRISE or Enterprise
}

impl<'a> DialHandles<'a> {
    /// The handles in a flat list of legs, for hosts with their own representation of legs.
    #[must_use]
    pub const fn from_legs(legs: &'a dyn LegSource) -> Self {
        Self::flat(Run { source: legs, from: 0, to: usize::MAX })
    }
}

/// Leg lists that are called one after another until one answers, with variables for all of their legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialHandle<'a> {
    /// The variables of all these legs, written in `{...}`. They override those of a leg, unless one of them is
    /// `local_var_clobber` and true.
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

    fn flat(run: Run<'a>) -> Self {
        let variables = run.first().map_or(Variables::NONE, |leg| leg.handle_variables);
        Self { variables, leg_lists: LegLists::flat(run) }
    }
}

impl<'a, T: Into<LegLists<'a>>> From<T> for DialHandle<'a> {
    fn from(leg_lists: T) -> Self {
        Self::new(leg_lists)
    }
}

/// Whom to call: what `originate` and `bridge` have in common.
///
/// ```
/// use esl_proto::dial::{Bridge, DialString, Leg};
///
/// let legs = [Leg::new("user/1000").variables(&[("leg_timeout", "5")]), Leg::new("user/1001")];
/// let bridge = Bridge::new(DialString::new(&legs).variables(&[("effective_caller_id_name", "Smith, John")]));
/// let mut out = [0; 128];
/// let argument = bridge.encode(&mut out)?;
/// # assert!(argument.ends_with(b"[leg_timeout=5]user/1000,user/1001"));
/// # Ok::<(), esl_proto::dial::DialEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialString<'a> {
    /// The variables of all legs of all handles, written in `<...>`. Those of a handle count more.
    pub variables: Variables<'a>,
    /// Whom to call.
    pub handles: DialHandles<'a>,
}

impl<'a> DialString<'a> {
    /// A dial string without global variables, of one or several handles.
    pub fn new(handles: impl Into<DialHandles<'a>>) -> Self {
        Self { variables: Variables::NONE, handles: handles.into() }
    }

    /// The same with these variables.
    #[must_use]
    pub fn variables(self, variables: impl Into<Variables<'a>>) -> Self {
        Self { variables: variables.into(), ..self }
    }

    pub(crate) fn read(text: &'a [u8]) -> Self {
        let (variables, rest) = Variables::read(text, ALL);
        Self { variables, handles: DialHandles::read(rest) }
    }
}

impl<'a, T: Into<DialHandles<'a>>> From<T> for DialString<'a> {
    fn from(handles: T) -> Self {
        Self::new(handles)
    }
}
