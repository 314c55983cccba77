//! Lists of pairs.

use esl_core::Frame;
use esl_core::command::Pairs;
#[cfg(feature = "dial")]
use esl_core::dial::Variables;
use esl_core::frame::Request;

use crate::octets::eslp_bytes;
use crate::ptr::{Call, Outcome, Plain as _, known};
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

impl From<(&[u8], &[u8])> for eslp_pair {
    fn from((name, value): (&[u8], &[u8])) -> Self {
        Self { name: eslp_bytes::of(name), value: eslp_bytes::of(value) }
    }
}

/// Parts of [`eslp_pairs`] that were read.
const HEADERS: u32 = 1;
const APPLICATIONS: u32 = 2;
/// Variables of a dial string; the low byte is their mark.
const VARIABLES: u32 = 256;

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
    pub(crate) fn content<'c>(&'c self, call: Call<'c>) -> Outcome<Content<'c>> {
        known(&self.reserved)?;
        match self.part {
            HEADERS => Ok(Content::Headers(self.request(call)?)),
            APPLICATIONS => Ok(Content::Applications(self.request(call)?)),
            #[cfg(feature = "dial")]
            part if part & VARIABLES != 0 => {
                let mark = u8::try_from(part & !VARIABLES).map_err(|_| eslp_status::ESLP_INVALID_ARGUMENT)?;
                Ok(Content::Variables(self.request.octets(call)?, mark))
            }
            _ => {
                for pair in self.given(call)? {
                    pair.name.octets(call)?;
                    pair.value.octets(call)?;
                }
                Ok(Content::Given(self))
            }
        }
    }

    /// The pairs of a command: variables of a dial string are none.
    pub(crate) fn pairs<'c>(&'c self, call: Call<'c>) -> Outcome<Pairs<'c>> {
        Ok(match self.content(call)? {
            Content::Given(pairs) => Pairs::from_source(pairs),
            Content::Headers(request) => Pairs::headers(request),
            Content::Applications(request) => Pairs::applications(request),
            #[cfg(feature = "dial")]
            Content::Variables(..) => Pairs::from_source(&Self::ZERO),
        })
    }

    /// The variables of a dial string: those of one that was read, or pairs.
    #[cfg(feature = "dial")]
    pub(crate) fn variables<'c>(&'c self, call: Call<'c>) -> Outcome<Variables<'c>> {
        match self.content(call)? {
            Content::Variables(text, mark) => Ok(Variables::from_parts(text, mark)),
            Content::Given(_) | Content::Headers(_) | Content::Applications(_) => Ok(self.pairs(call)?.into()),
        }
    }

    fn request<'c>(&self, call: Call<'c>) -> Outcome<Request<'c>> {
        Ok(Request::from(Frame::from_parts(self.request.octets(call)?, None, None, 0)))
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
