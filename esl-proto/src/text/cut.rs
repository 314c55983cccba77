//! Texts cut at bytes: the helpers that command lines, dial strings and headers share.

use crate::scan::any;

/// `text` before and after its first `separator`; [`None`] if there is none.
pub(crate) fn split_at(separator: u8, text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(memchr::memchr(separator, text)?)?;
    Some((before, after.get(1..).unwrap_or_default()))
}

/// `text` before and after its first `separator`; all of it and nothing if there is none.
pub(crate) fn split(separator: u8, text: &[u8]) -> (&[u8], &[u8]) {
    split_at(separator, text).unwrap_or((text, &[]))
}

/// `text` before the byte at a position, that byte, and what follows it.
#[inline]
pub(crate) fn around(text: &[u8], at: usize) -> Option<(&[u8], &[u8; 1], &[u8])> {
    let (before, rest) = text.split_at_checked(at)?;
    let (octet, after) = rest.split_first_chunk()?;
    Some((before, octet, after))
}

/// `text` without the bytes at its front that `skipped` tells.
pub(crate) fn skip(mut text: &[u8], skipped: impl Fn(u8) -> bool) -> &[u8] {
    while let [octet, rest @ ..] = text
        && skipped(*octet)
    {
        text = rest;
    }
    text
}

/// `text` without the blanks at its front.
pub(crate) fn skip_blanks(text: &[u8]) -> &[u8] {
    skip(text, |octet| octet == b' ')
}

/// What follows `word` in `text`, if `text` begins with it in any case of its letters.
pub(crate) fn after<'a>(word: &[u8], text: &'a [u8]) -> Option<&'a [u8]> {
    let (front, rest) = text.split_at_checked(word.len())?;
    front.eq_ignore_ascii_case(word).then_some(rest)
}

/// The pieces between single blanks: two blanks have an empty piece between them.
pub(crate) fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|octet| *octet == b' ')
}

/// The words between blanks; two blanks have none between them.
pub(crate) const fn words(text: &[u8]) -> LineWords<'_> {
    LineWords(text)
}

/// The words of a line; made by [`words`].
#[derive(Clone, Debug)]
pub(crate) struct LineWords<'a>(&'a [u8]);

impl<'a> Iterator for LineWords<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (word, rest) = split(b' ', skip_blanks(self.0));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

/// How many bytes at the front of `text` are not `special`: whole blocks at once where they can be.
#[inline]
pub(crate) fn run_without(text: &[u8], special: impl Fn(u8) -> bool) -> usize {
    let plain = |block: &&[u8; 16]| !any(*block, &special);
    let blocks = 16 * text.as_chunks::<16>().0.iter().take_while(plain).count();
    let rest = text.get(blocks..).unwrap_or_default();
    if rest.len() < 16 && !any(rest, &special) {
        return text.len();
    }
    blocks + rest.iter().position(|octet| special(*octet)).unwrap_or(rest.len())
}

/// A hexadecimal digit, whose letters begin at `ten`: `a` or `A`.
pub(crate) const fn hex_digit(number: u8, ten: u8) -> u8 {
    if number < 10 { b'0' + number } else { ten - 10 + number }
}
