//! What the writers of commands and of dial strings refuse in a text: where the first fault is, and of what kind.

/// What a text of one line must not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// A CR or LF.
    LineEnd,
    Nul,
}

/// The first byte that a text of one line must not have.
pub(crate) fn line_break(text: &[u8]) -> Option<(Break, usize)> {
    let offset = memchr::memchr3(b'\n', b'\r', 0, text)?;
    Some((if text.get(offset) == Some(&0) { Break::Nul } else { Break::LineEnd }, offset))
}

/// The first byte that `refused` tells.
pub(crate) fn first(text: &[u8], refused: impl Fn(u8) -> bool) -> Option<usize> {
    text.iter().position(|octet| refused(*octet))
}

/// White space that splits words.
pub(crate) const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Where the server would see the beginning of a variable to expand: `${`, also with backslashes in between.
pub(crate) fn expansion(text: &[u8]) -> Option<usize> {
    let mut dollar = None;
    for (offset, octet) in text.iter().enumerate() {
        match octet {
            b'$' => dollar = Some(offset),
            b'{' if dollar.is_some() => return dollar,
            b'\\' => {}
            _ => dollar = None,
        }
    }
    None
}
