//! Finding the structural bytes of the wire formats.
//!
//! Two searches, for two kinds of text. Frame heads are a few short lines: [`find`] goes from one line end to the next,
//! and tests count every byte that it passes, which proves that the decoder's cost is linear. Events are dozens of
//! short texts: [`Lookahead`] classifies 64 bytes at a time into a bit mask with a bit for each candidate end, so that a
//! header costs the same few instructions whatever its length.
//!
//! The backends under this module are the only code of the crate that may use `unsafe`.

mod lines;
mod named;
mod ordinary;
mod pairs;
mod portable;
mod strings;
mod structural;

// The backend uses only instructions in the target's baseline, so no run-time feature detection is needed.
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
#[path = "neon.rs"]
mod backend;
#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
#[path = "avx2.rs"]
mod backend;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(target_feature = "avx2")))]
#[path = "sse2.rs"]
mod backend;
#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
#[allow(dead_code, reason = "a part of it serves the backend for AVX2")]
mod sse2;
#[cfg(not(any(
    all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"),
    all(target_arch = "x86_64", target_feature = "sse2"),
)))]
use portable as backend;

use backend::{common, masks};
pub(crate) use backend::{look, place_of};
pub(crate) use lines::{HeaderLine, Line, RegularLine, cut};
pub(crate) use named::{LONGEST_NAME, LineMasks, LinesByNameLength, Marked, line_at, note_marks};
pub(crate) use ordinary::{Ordinary, window};
pub(crate) use pairs::{Pair, Sought, each_pair, every_pair};
pub(crate) use strings::{RegularMember, Strings, is_member_at};
pub(crate) use structural::{BlockClassifier, BlockMask, Lookahead, Stop};

/// The number of bytes that are classified together: one bit each in a `u64`.
pub(crate) const BLOCK: usize = 64;

/// The position of the first `octet` in `text` at or after `from`.
#[inline]
pub(crate) fn find(octet: u8, text: &[u8], from: usize) -> Option<usize> {
    let found = memchr::memchr(octet, text.get(from..)?);
    #[cfg(test)]
    work::add(found.map_or(text.len().saturating_sub(from), |at| at + 1));
    found.map(|at| at.saturating_add(from))
}

/// The position of the first occurrence of the two bytes of `pair` at or after `from`.
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

/// Whether `word` occurs in `text`.
pub(crate) fn contains(text: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else { return true };
    let mut from = 0;
    while let Some(at) = find(*first, text, from) {
        if text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Whether `wanted` holds for any byte of `text`. Inlined, for short inputs: compares 16-, 8- or 4-byte chunks (the last
/// may overlap); byte by byte only below 4.
#[inline]
pub(crate) fn any(text: &[u8], wanted: impl Fn(u8) -> bool) -> bool {
    /// Tests a whole array without early exit, so that the loop vectorises.
    #[inline]
    fn together<const N: usize>(octets: &[u8; N], wanted: &impl Fn(u8) -> bool) -> bool {
        octets.iter().fold(false, |found, octet| found | wanted(*octet))
    }
    if let Some(last) = text.last_chunk::<16>() {
        return match text.first_chunk::<16>() {
            Some(first) if text.len() <= 32 => together(first, &wanted) | together(last, &wanted),
            _ => text.as_chunks::<16>().0.iter().any(|part| together(part, &wanted)) || together(last, &wanted),
        };
    }
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => together(first, &wanted) | together(last, &wanted),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), Some(last)) => together(first, &wanted) | together(last, &wanted),
            _ => text.iter().any(|octet| wanted(*octet)),
        },
    }
}

/// Copies a text to one of the same length; one of another is left as it is. For short texts, which mostly need two copies
/// of a chunk that overlap, and no call.
#[inline]
pub(crate) fn copy_short(from: &[u8], to: &mut [u8]) {
    /// Copies the ends of a text that is at least one chunk long and at most two.
    #[inline]
    fn ends<const N: usize>(from: &[u8], to: &mut [u8]) -> Option<()> {
        let (first, last) = (*from.first_chunk::<N>()?, *from.last_chunk::<N>()?);
        *to.first_chunk_mut::<N>()? = first;
        *to.last_chunk_mut::<N>()? = last;
        Some(())
    }
    if from.len() != to.len() {
        return;
    }
    let copied = match from.len() {
        16..=32 => ends::<16>(from, to),
        8..16 => ends::<8>(from, to),
        4..8 => ends::<4>(from, to),
        0..4 => {
            from.iter().zip(to).for_each(|(from, to)| *to = *from);
            return;
        }
        _ => None,
    };
    if copied.is_none() {
        to.copy_from_slice(from);
    }
}

/// Whether two texts are equal. Inlined comparison (avoids `memcmp`) for short inputs.
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

/// Whether the same `len` bytes stand at two places of a text. For short ones in the midst of a text no choice depends on
/// the length.
#[inline]
pub(crate) fn repeats(text: &[u8], one: usize, other: usize, len: usize) -> bool {
    let chunk = |start| text.get(start..).and_then(|rest| rest.first_chunk::<32>());
    match (chunk(one), chunk(other)) {
        (Some(one), Some(other)) if len <= 32 => common(one, other) as usize >= len,
        _ => same(slice(text, one, one.saturating_add(len)), slice(text, other, other.saturating_add(len))),
    }
}

/// `text[start..end]`, or an empty slice if the range is out of bounds: slicing that cannot panic.
#[inline]
pub(crate) fn slice(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end).unwrap_or_default()
}

/// The result of `see` for the block of `text` at `start`; a block that the text does not fill is padded with NUL.
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

/// The set of bytes that equal `octet` in the bits of the mask `bits`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    bits: u8,
    octet: u8,
}

impl Class {
    /// Matches this byte only.
    pub(crate) const fn one(octet: u8) -> Self {
        Self { bits: 0xff, octet }
    }

    /// Matches `one`, `other` and any byte that mixes their bits (false positives the caller must filter); costs about
    /// one comparison.
    pub(crate) const fn both(one: u8, other: u8) -> Self {
        let bits = !(one ^ other);
        Self { bits, octet: one & bits }
    }
}

/// Counts the bytes that [`find`] has passed on this thread, so that tests can prove linear cost without a clock.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local!(static DONE: Cell<usize> = const { Cell::new(0) });

    pub(crate) fn add(octets: usize) {
        DONE.with(|done| done.set(done.get() + octets));
    }

    /// The number of bytes passed while `run` ran.
    pub(crate) fn of(run: impl FnOnce()) -> usize {
        let before = DONE.with(Cell::get);
        run();
        DONE.with(Cell::get) - before
    }
}

#[cfg(test)]
mod tests;
