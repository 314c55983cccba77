//! What a listener has written, until its host fetches it.

use esl_proto::event::EventEncodeError;
use esl_proto::server::{DeliverError, ResponseError, Server};
use esl_proto::text::Insufficient;

/// Why something could not be written.
pub(crate) trait Required {
    /// The required size, if the error is too little room.
    fn required(&self) -> Option<usize>;
}

impl Required for Insufficient {
    fn required(&self) -> Option<usize> {
        Some(self.required)
    }
}

impl Required for EventEncodeError {
    fn required(&self) -> Option<usize> {
        self.required()
    }
}

impl Required for DeliverError {
    fn required(&self) -> Option<usize> {
        self.required()
    }
}

impl Required for ResponseError {
    fn required(&self) -> Option<usize> {
        self.required()
    }
}

/// Frames, the first of them perhaps fetched in part.
#[derive(Default)]
pub(crate) struct Output {
    octets: Vec<u8>,
    /// How many of the bytes have been fetched.
    fetched: usize,
    /// Whether the last fetch left a part, perhaps in the middle of a frame.
    is_cut: bool,
}

impl Output {
    /// How many bytes there are to fetch.
    pub(crate) const fn len(&self) -> usize {
        self.octets.len() - self.fetched
    }

    /// Appends what `write` writes, making room until there is enough.
    pub(crate) fn append<E: Required>(
        &mut self,
        mut write: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<(), E> {
        let out = &mut self.octets;
        let len = out.len();
        let mut room = Server::REPLY_MAX;
        loop {
            out.resize(len + room, 0);
            let written = write(&mut out[len..]);
            out.truncate(len + written.as_ref().copied().unwrap_or(0));
            match written {
                Ok(_) => return Ok(()),
                // If more room does not help, the listener's storage is full.
                Err(error) => match error.required() {
                    Some(required) if required > room => room = required,
                    _ => return Err(error),
                },
            }
        }
    }

    /// Appends what is written already.
    pub(crate) fn put(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    /// Takes so many bytes off the front, or all that there are.
    pub(crate) fn fetch(&mut self, amount: usize) -> Vec<u8> {
        self.is_cut = amount < self.len();
        if self.fetched == 0 && !self.is_cut {
            return std::mem::take(&mut self.octets);
        }
        let end = self.fetched + amount.min(self.len());
        let data = self.octets[self.fetched..end].to_vec();
        self.fetched = end;
        // Compact only when at least half has been fetched: amortised, each byte is moved at most once.
        if self.fetched >= self.len() {
            self.octets.drain(..self.fetched);
            self.fetched = 0;
        }
        data
    }

    /// Forgets the rest of a frame that has been fetched in part, and all that was to follow it.
    pub(crate) fn break_off(&mut self) {
        if self.is_cut {
            *self = Self::default();
        }
    }
}
