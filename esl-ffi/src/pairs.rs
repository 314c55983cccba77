//! Lists of pairs.

use esl_core::dial::Variables;
use esl_core::{Frame, PairSource, Pairs, Request};

use crate::border::{Outcome, slice};
use crate::octets::eslp_bytes;
use crate::status::eslp_status;

/// A pair: a header and its value, a variable and its value, an application and its argument.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_pair {
    /// The name.
    pub name: eslp_bytes,
    /// The value.
    pub value: eslp_bytes,
}

/// An ordered list of pairs.
///
/// In a command that eslp_command_parse() has made, `items` is NULL: eslp_pairs_headers() walks what was read.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct eslp_pairs {
    /// The pairs: they must stay where they are until the command has been written.
    pub items: *const eslp_pair,
    /// Their number.
    pub count: usize,
    /// Where they were read from: the library's.
    pub request: eslp_bytes,
    /// Which of the headers they are: the library's.
    pub part: u32,
}

/// Parts of [`eslp_pairs`] that were read.
const HEADERS: u32 = 1;
const APPLICATIONS: u32 = 2;
/// And a mark: variables of a dial string.
const VARIABLES: u32 = 256;

// SAFETY: C promises that nobody writes to the pairs while a function reads them.
unsafe impl Sync for eslp_pairs {}

impl PairSource for eslp_pairs {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        // SAFETY: what C promises of a list of pairs; `content` has checked that all can be read.
        let items = unsafe { slice(self.items, self.count) }.ok()?;
        let pair = items.get(place)?;
        // SAFETY: as above.
        unsafe { Some((pair.name.octets().ok()?, pair.value.octets().ok()?)) }
    }
}

/// What a list of pairs is made of.
pub(crate) enum Content<'a> {
    /// The host's own pairs, all of which can be read.
    Given(&'a eslp_pairs),
    /// Headers of a command that was read.
    Headers(Request<'a>),
    /// Its `application` headers.
    Applications(Request<'a>),
    /// Variables of a dial string that was read: their text, and their mark.
    Variables(&'a [u8], u8),
}

impl eslp_pairs {
    pub(crate) const NONE: Self = Self { items: core::ptr::null(), count: 0, request: eslp_bytes::NONE, part: 0 };

    /// # Safety
    /// The pairs are as C says, and nobody writes to them during the call.
    pub(crate) unsafe fn content<'a>(&'a self) -> Outcome<Content<'a>> {
        // SAFETY: passed on.
        unsafe {
            match self.part {
                HEADERS => Ok(Content::Headers(self.request()?)),
                APPLICATIONS => Ok(Content::Applications(self.request()?)),
                part if part & VARIABLES != 0 => {
                    let mark = u8::try_from(part & !VARIABLES).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
                    Ok(Content::Variables(self.request.octets()?, mark))
                }
                _ => {
                    for pair in slice(self.items, self.count)? {
                        pair.name.octets()?;
                        pair.value.octets()?;
                    }
                    Ok(Content::Given(self))
                }
            }
        }
    }

    /// The pairs of a command: variables of a dial string are none.
    ///
    /// # Safety
    /// As [`content`](Self::content).
    pub(crate) unsafe fn pairs<'a>(&'a self) -> Outcome<Pairs<'a>> {
        // SAFETY: passed on.
        Ok(match unsafe { self.content() }? {
            Content::Given(pairs) => Pairs::from_source(pairs),
            Content::Headers(request) => Pairs::headers(request),
            Content::Applications(request) => Pairs::applications(request),
            Content::Variables(..) => Pairs::from_source(&Self::NONE),
        })
    }

    /// The variables of a dial string: those of one that was read, or pairs.
    ///
    /// # Safety
    /// As [`content`](Self::content).
    pub(crate) unsafe fn variables<'a>(&'a self) -> Outcome<Variables<'a>> {
        // SAFETY: passed on.
        match unsafe { self.content() }? {
            Content::Variables(text, mark) => Ok(Variables::from_parts(text, mark)),
            // SAFETY: passed on.
            _ => Ok(unsafe { self.pairs() }?.into()),
        }
    }

    /// # Safety
    /// As [`content`](Self::content).
    unsafe fn request<'a>(&self) -> Outcome<Request<'a>> {
        // SAFETY: passed on.
        let head = unsafe { self.request.octets() }?;
        Ok(Request::from(Frame::from_parts(head, None, None, false)))
    }

    /// The headers of a command that was read.
    pub(crate) fn of_headers(request: &Request<'_>) -> Self {
        Self::of_request(request, HEADERS)
    }

    /// The applications of an `xferext` that was read.
    pub(crate) fn of_applications(request: &Request<'_>) -> Self {
        Self::of_request(request, APPLICATIONS)
    }

    fn of_request(request: &Request<'_>, part: u32) -> Self {
        Self { request: eslp_bytes::of(request.head()), part, ..Self::NONE }
    }

    /// Variables of a dial string that was read.
    pub(crate) fn of_variables(variables: Variables<'_>) -> Self {
        match variables.parts() {
            Some((text, mark)) => {
                Self { request: eslp_bytes::of(text), part: VARIABLES | u32::from(mark), ..Self::NONE }
            }
            None => Self::NONE,
        }
    }
}
