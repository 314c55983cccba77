//! Texts in arguments.

use core::fmt;

use crate::text::Value;

/// A text in an argument: taken literally, or to be expanded by the server.
///
/// Made from any text or bytes, it is literal. [`Text::expand`] lets the server replace `${...}` in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    pub(super) octets: &'a [u8],
    pub(super) expands: bool,
}

impl<'a> Text<'a> {
    /// A literal text.
    #[must_use]
    pub const fn literal(octets: &'a [u8]) -> Self {
        Self { octets, expands: false }
    }

    /// A text that the server expands: `${variable}`, `${function(argument)}`. Backslashes and dollars mean what they
    /// mean to the server. Where an application splits its argument, the text goes between quotes: what it is expanded
    /// to must hold none.
    pub fn expand(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { octets: text.as_ref(), expands: true }
    }

    /// The text as the program gave it.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.octets
    }

    /// Whether the server expands it.
    #[must_use]
    pub const fn expands(&self) -> bool {
        self.expands
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Text<'a> {
    fn from(text: &'a T) -> Self {
        Self::literal(text.as_ref())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.expands {
            return f.debug_tuple("Expand").field(&Value::from_bytes(self.octets)).finish();
        }
        fmt::Debug::fmt(&Value::from_bytes(self.octets), f)
    }
}
