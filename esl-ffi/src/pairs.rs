//! Lists of pairs.

use esl_core::Frame;
use esl_core::command::{PairSource, Pairs};
#[cfg(feature = "dial")]
use esl_core::dial::Variables;
use esl_core::frame::Request;

use crate::octets::eslp_bytes;
use crate::ptr::{Outcome, Plain as _, Written, known, slice};
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
    /// Source of pairs that were read: private.
    pub request: eslp_bytes,
    /// The kind of that source: private.
    pub part: u32,
    /// Zeros: room for more fields.
    pub reserved: [u64; 1],
}

/// Parts of [`eslp_pairs`] that were read.
const HEADERS: u32 = 1;
const APPLICATIONS: u32 = 2;
/// Variables of a dial string; the low byte is their mark.
const VARIABLES: u32 = 256;

// SAFETY: no field has interior mutability, and the raw pointers are only read through. While a reference exists, the pairs
// are an input, or memory lent to an iterator: nobody writes to them, so reads from several threads cannot race.
unsafe impl Sync for eslp_pairs {}

impl PairSource for eslp_pairs {
    fn pair(&self, place: usize) -> Option<(&[u8], &[u8])> {
        // SAFETY: a `PairSource` is made in `content` only, whose caller guarantees that `items` points to `count`
        // pairs which are an input. `NONE`, the other source, has a count of 0.
        let items = unsafe { slice(self.items, self.count) }.ok()?;
        let pair = items.get(place)?;
        // SAFETY: the bytes of a pair in an input are an input, too.
        unsafe { Some((pair.name.octets().ok()?, pair.value.octets().ok()?)) }
    }
}

/// The source of a list of pairs.
pub(crate) enum Content<'a> {
    /// The host's own pairs. `content` has checked the pointers and lengths of all.
    Given(&'a eslp_pairs),
    /// Headers of a command that was read.
    Headers(Request<'a>),
    /// Its `application` headers.
    Applications(Request<'a>),
    /// Variables of a dial string that was read: their text, and their mark.
    #[cfg(feature = "dial")]
    Variables(&'a [u8], u8),
}

impl eslp_pairs {
    /// # Safety
    /// `items` is NULL or points to `count` pairs, and these pairs, their bytes and those of `request` are an input as
    /// [`ptr`](crate::ptr) defines it.
    pub(crate) unsafe fn content<'a>(&'a self, written: Written) -> Outcome<Content<'a>> {
        // SAFETY: `request`, `octets` and `slice` are called on the fields that this function's caller guarantees, and
        // on nothing else.
        unsafe {
            known(&self.reserved)?;
            match self.part {
                HEADERS => Ok(Content::Headers(self.request(written)?)),
                APPLICATIONS => Ok(Content::Applications(self.request(written)?)),
                #[cfg(feature = "dial")]
                part if part & VARIABLES != 0 => {
                    let mark = u8::try_from(part & !VARIABLES).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
                    Ok(Content::Variables(self.request.apart(written)?, mark))
                }
                _ => {
                    for pair in slice(self.items, self.count)? {
                        pair.name.apart(written)?;
                        pair.value.apart(written)?;
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
    pub(crate) unsafe fn pairs<'a>(&'a self, written: Written) -> Outcome<Pairs<'a>> {
        // SAFETY: the same precondition as this function's.
        Ok(match unsafe { self.content(written) }? {
            Content::Given(pairs) => Pairs::from_source(pairs),
            Content::Headers(request) => Pairs::headers(request),
            Content::Applications(request) => Pairs::applications(request),
            #[cfg(feature = "dial")]
            Content::Variables(..) => Pairs::from_source(&Self::ZERO),
        })
    }

    /// The variables of a dial string: those of one that was read, or pairs.
    ///
    /// # Safety
    /// As [`content`](Self::content).
    #[cfg(feature = "dial")]
    pub(crate) unsafe fn variables<'a>(&'a self, written: Written) -> Outcome<Variables<'a>> {
        // SAFETY: the same precondition as this function's.
        match unsafe { self.content(written) }? {
            Content::Variables(text, mark) => Ok(Variables::from_parts(text, mark)),
            // SAFETY: as above.
            _ => Ok(unsafe { self.pairs(written) }?.into()),
        }
    }

    /// # Safety
    /// As [`content`](Self::content).
    unsafe fn request<'a>(&self, written: Written) -> Outcome<Request<'a>> {
        // SAFETY: the caller guarantees the bytes of `request`, as for `content`.
        let head = unsafe { self.request.apart(written) }?;
        Ok(Request::from(Frame::from_parts(head, None, None, 0)))
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
        Self { request: eslp_bytes::of(request.head()), part, ..Self::ZERO }
    }

    /// Variables of a dial string that was read.
    #[cfg(feature = "dial")]
    pub(crate) fn of_variables(variables: Variables<'_>) -> Self {
        match variables.parts() {
            Some((text, mark)) => {
                Self { request: eslp_bytes::of(text), part: VARIABLES | u32::from(mark), ..Self::ZERO }
            }
            None => Self::ZERO,
        }
    }
}
