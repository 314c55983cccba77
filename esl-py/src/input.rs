//! Bytes that have arrived, as the caller gave them.
//!
//! Frames are cut out of the caller's own `bytes`. Only a frame that lies in several of them is put together first.

use std::collections::VecDeque;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// Initial step by which an incomplete head grows; later steps double it.
const STEP: usize = 256;
/// Largest `carry` buffer that is kept for the next frame in pieces.
const KEPT: usize = 64 << 10;

#[derive(Default)]
pub(crate) struct Input {
    chunks: VecDeque<PyBackedBytes>,
    /// Bytes of the first chunk that have been consumed or copied.
    at: usize,
    /// A copy of the front of a frame that continues in the chunks.
    carry: Vec<u8>,
    /// Bytes at the end of `carry` that are copies of those before `at` in the first chunk.
    taken: usize,
    /// Whether nothing will follow.
    ended: bool,
}

impl Input {
    /// Takes bytes that have arrived.
    pub(crate) fn push(&mut self, octets: PyBackedBytes) -> PyResult<()> {
        if self.ended {
            return Err(PyRuntimeError::new_err("receive_data after receive_eof"));
        }
        if !octets.is_empty() {
            self.chunks.push_back(octets);
        }
        Ok(())
    }

    /// Takes note that nothing will follow.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Whether nothing will follow.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The contiguous bytes at the front; there may be more in further chunks.
    pub(crate) fn front(&self) -> &[u8] {
        if !self.carry.is_empty() {
            return &self.carry;
        }
        self.chunks.front().map_or(&[], |chunk| &chunk[self.at..])
    }

    /// Whether everything has been consumed.
    pub(crate) fn is_empty(&self) -> bool {
        self.carry.is_empty() && self.chunks.len() <= 1 && self.front().is_empty()
    }

    /// Takes bytes off the front.
    pub(crate) fn consume(&mut self, count: usize) {
        if self.carry.is_empty() {
            self.at += count;
            return;
        }
        let left = self.carry.len() - count;
        if left > self.taken {
            self.carry.drain(..count);
            return;
        }
        // The rest of `carry` is also in the first chunk: read it from there.
        self.at -= left;
        self.taken = 0;
        self.carry.clear();
        if self.carry.capacity() > KEPT {
            self.carry = Vec::new();
        }
    }

    /// Makes [`front`](Self::front) longer, to `required` bytes if that is known. Returns whether that was possible.
    pub(crate) fn extend(&mut self, required: Option<usize>) -> bool {
        if self.carry.is_empty()
            && let Some(chunk) = self.chunks.pop_front()
        {
            self.carry.extend_from_slice(&chunk[self.at..]);
            (self.at, self.taken) = (0, 0);
        }
        while let Some(chunk) = self.chunks.front() {
            let rest = &chunk[self.at..];
            if rest.is_empty() {
                self.chunks.pop_front();
                (self.at, self.taken) = (0, 0);
                continue;
            }
            let wanted =
                required.map_or(self.carry.len().max(STEP), |required| required.saturating_sub(self.carry.len()));
            let count = rest.len().min(wanted.max(1));
            self.carry.extend_from_slice(&rest[..count]);
            self.at += count;
            self.taken += count;
            return true;
        }
        false
    }

    /// All bytes that have not been consumed.
    pub(crate) fn rest(&self) -> Vec<u8> {
        let mut rest = self.carry.clone();
        let mut at = self.at;
        for chunk in &self.chunks {
            rest.extend_from_slice(&chunk[at..]);
            at = 0;
        }
        rest
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        *self = Self { ended: self.ended, ..Self::default() };
    }
}
