//! Finding the octets that give the wire its structure.
//!
//! Two ways of looking, for two shapes of text. Frame heads are a few short lines: [`find`] goes from one line end to
//! the next and every octet it passes is counted in tests, which is how the linear cost of the decoder is proved.
//! Events are dozens of short texts: [`Ahead`] looks at 64 octets at a time and gets a bit for each place where a text
//! could end, so that all of them cost the same few instructions whatever their length.
//!
//! The backends under this module are the only place of the crate where `unsafe` may stand.

mod lines;
mod named;
mod portable;
mod stops;
mod strings;

// The backend: what every processor of the target has, so that there is nothing to ask for when the program runs.
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
#[path = "neon.rs"]
mod backend;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[path = "sse2.rs"]
mod backend;
#[cfg(not(any(
    all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
use portable as backend;

pub(crate) use backend::look;
use backend::masks;
pub(crate) use lines::{HeaderLine, Line, RegularLine, cut};
pub(crate) use named::{LONGEST_NAME, Marked, Marks, Named, line_at, note_marks};
pub(crate) use stops::{Ahead, Seen, Shape, Stop};
pub(crate) use strings::{RegularMember, Strings};

/// Octets that are looked at together.
pub(crate) const BLOCK: usize = 64;

/// The position of the first `octet` in `text` at or after `from`.
#[inline]
pub(crate) fn find(octet: u8, text: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memchr(octet, text.get(from..)?);
    #[cfg(test)]
    work::add(found.map_or(text.len().saturating_sub(from), |at| at + 1));
    found.map(|at| at.saturating_add(from))
}

/// The position of the first place at or after `from` where the two octets of `pair` stand.
pub(crate) fn find_pair(pair: &[u8; 2], text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let found = find(pair[0], text, at)?;
        if text.get(found + 1) == Some(&pair[1]) {
            return Some(found);
        }
        at = found + 1;
    }
}

/// Whether any octet of `text` is one that `wanted` tells. For short texts: there is no call, and no octet is looked at
/// alone but in the shortest.
#[inline]
pub(crate) fn any(text: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    /// All octets of an array, looked at together.
    #[inline]
    fn together<const N: usize>(octets: &[u8; N], wanted: &impl Fn(u8) -> bool) -> bool {
        octets.iter().fold(false, |found, octet| found | wanted(*octet))
    }
    if let Some(last) = text.last_chunk::<16>() {
        return text.as_chunks::<16>().0.iter().any(|part| together(part, &wanted)) || together(last, &wanted);
    }
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => together(first, &wanted) | together(last, &wanted),
        _ => text.iter().any(|octet| wanted(*octet)),
    }
}

/// Whether two texts are the same. For short ones: there is no call.
#[inline]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if let (Some(last), Some(other_last)) = (one.last_chunk::<16>(), other.last_chunk::<16>()) {
        let (parts, other_parts) = (one.as_chunks::<16>().0, other.as_chunks::<16>().0);
        return last == other_last && parts.iter().zip(other_parts).all(|(part, other)| part == other);
    }
    match (one.first_chunk::<8>(), one.last_chunk::<8>(), other.first_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(first), Some(last), Some(other_first), Some(other_last)) => first == other_first && last == other_last,
        _ => one.iter().zip(other).all(|(octet, other)| octet == other),
    }
}

/// `text[start..end]`, or nothing where those are not positions of `text`: slicing that cannot panic.
#[inline]
pub(crate) fn slice(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

/// What `see` says of the block of `text` at `start`; where the text ends before the block does, NUL stands there.
#[inline]
fn see_block<T>(text: &[u8], start: usize, see: impl Fn(&[u8; BLOCK]) -> T) -> T {
    #[cold]
    #[inline(never)]
    fn last_block(rest: &[u8]) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        if let Some(front) = block.get_mut(..rest.len()) {
            front.copy_from_slice(rest);
        }
        block
    }
    let rest = text.get(start..).unwrap_or_default();
    match rest.first_chunk() {
        Some(block) => see(block),
        None => see(&last_block(rest)),
    }
}

/// Octets that are looked for: those that equal `octet` in the bits of `bits`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    bits: u8,
    octet: u8,
}

impl Class {
    /// No octet but this.
    pub(crate) const fn one(octet: u8) -> Self {
        Self { bits: 0xff, octet }
    }

    /// Two octets, and those that have each bit from one of them, which nobody minds: found nearly as quickly as one.
    pub(crate) const fn both(one: u8, other: u8) -> Self {
        let bits = !(one ^ other);
        Self { bits, octet: one & bits }
    }
}

/// Counts the octets that [`find`] has passed on this thread, so that tests can prove linear cost without a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local!(static DONE: Cell<usize> = const { Cell::new(0) });

    pub(crate) fn add(octets: usize) {
        DONE.with(|done| done.set(done.get() + octets));
    }

    /// The octets passed while `run` ran.
    pub(crate) fn of(run: impl FnOnce()) -> usize {
        let before = DONE.with(Cell::get);
        run();
        DONE.with(Cell::get) - before
    }
}

#[cfg(test)]
mod tests;
