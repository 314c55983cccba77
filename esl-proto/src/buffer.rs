//! A receive buffer over storage that the caller owns.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

#[cfg(feature = "alloc")]
use crate::text::Insufficient;

/// Bytes that have been read and not yet consumed, in an array, slice or `Vec` of the caller's.
///
/// ```
/// use esl_proto::frame::Step;
/// use esl_proto::{Decoder, Limits, RecvBuf};
///
/// # let mut stream: &[u8] = b"Content-Type: auth/request\n\n";
/// # let mut read = |to: &mut [u8]| { use std::io::Read; stream.read(to) };
/// let mut buffer = RecvBuf::new([0; 4096]);
/// let mut decoder = Decoder::new(Limits::for_buffer(buffer.capacity()));
/// loop {
///     let step = decoder.decode(buffer.filled())?;
///     if let Step::Frame { frame, .. } = step {
///         println!("{frame:?}");
///     }
///     let more = matches!(step, Step::NeedData { .. });
///     let consumed = step.consumed();
///     buffer.consume(consumed);
///     if more {
///         let count = read(buffer.spare_mut())?;
///         if count == 0 {
///             break;
///         }
///         buffer.commit(count);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecvBuf<S> {
    storage: S,
    start: usize,
    end: usize,
}

impl<S: AsRef<[u8]> + AsMut<[u8]>> RecvBuf<S> {
    /// An empty buffer over `storage`, whatever that holds.
    pub const fn new(storage: S) -> Self {
        Self { storage, start: 0, end: 0 }
    }

    /// The number of bytes that the storage can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.storage.as_ref().len()
    }

    /// The bytes read and not yet consumed.
    #[must_use]
    pub fn filled(&self) -> &[u8] {
        self.storage.as_ref().get(self.start..self.end).unwrap_or_default()
    }

    /// Room to read into; then call [`commit`](Self::commit) with the number of bytes.
    ///
    /// The unconsumed bytes are moved to the front of the storage when moving them is cheap relative to the space it
    /// frees, or when no other room is left. Empty when the storage is full of unconsumed bytes: only consuming or
    /// [`grow`](Self::grow) makes room then.
    #[must_use]
    pub fn spare_mut(&mut self) -> &mut [u8] {
        let filled = self.end.saturating_sub(self.start);
        if self.start > 0 && (self.start >= filled || self.end == self.capacity()) {
            self.compact();
        }
        self.storage.as_mut().get_mut(self.end..).unwrap_or_default()
    }

    /// Moves the unconsumed bytes to the front of the storage.
    pub(crate) fn compact(&mut self) {
        if let Some(octets) = self.storage.as_mut().get_mut(..self.end) {
            octets.copy_within(self.start.min(octets.len()).., 0);
        }
        (self.start, self.end) = (0, self.end.saturating_sub(self.start));
    }

    /// The number of bytes for which there is room, once all are moved to the front.
    pub(crate) fn room(&self) -> usize {
        self.capacity().saturating_sub(self.filled().len())
    }

    /// Takes the first `count` bytes of [`spare_mut`](Self::spare_mut) in. No more than it holds are taken.
    pub fn commit(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.capacity());
    }

    /// Takes `count` bytes off the front of [`filled`](Self::filled). No more than it holds are taken.
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Lets `change` resize the storage: `buffer.grow(|vec| vec.resize(required, 0))`. Bytes read and not yet consumed
    /// stay if the storage has not become too short for them.
    pub fn grow(&mut self, change: impl FnOnce(&mut S)) {
        change(&mut self.storage);
        self.end = self.end.min(self.capacity());
        self.start = self.start.min(self.end);
    }

    /// Gives the storage back.
    pub fn into_storage(self) -> S {
        self.storage
    }
}

#[cfg(feature = "alloc")]
impl RecvBuf<Vec<u8>> {
    /// Room to read into, as [`spare_mut`](Self::spare_mut) gives it; but where there is none, or not enough for
    /// `required` bytes including the unconsumed ones, the storage grows, to `limit` bytes at most.
    ///
    /// `required` is that of [`NeedData`](crate::frame::Step::NeedData), or 0 if it has none.
    ///
    /// ```
    /// use esl_proto::frame::Step;
    /// use esl_proto::{Decoder, Limits, RecvBuf};
    ///
    /// # let mut stream = &[b"Content-Type: api/response\nContent-Length: 100000\n\n".to_vec(), vec![b'.'; 100_000]].concat()[..];
    /// # let mut read = |to: &mut [u8]| { use std::io::Read; stream.read(to) };
    /// let mut buffer = RecvBuf::new(Vec::new());
    /// let mut decoder = Decoder::new(Limits::DEFAULT);
    /// let frame = loop {
    ///     match decoder.decode(buffer.filled())? {
    ///         Step::NeedData { required, consumed } => {
    ///             buffer.consume(consumed);
    ///             let count = read(buffer.spare_within(required.unwrap_or(0), 1 << 20)?)?;
    ///             buffer.commit(count);
    ///         }
    ///         Step::Frame { frame, .. } => break frame,
    ///         step => panic!("{step:?}"),
    ///     }
    /// };
    /// assert_eq!(frame.body().map(<[u8]>::len), Some(100_000));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Insufficient`] if more than `limit` bytes would be needed; nothing has changed then.
    pub fn spare_within(&mut self, required: usize, limit: usize) -> Result<&mut [u8], Insufficient> {
        /// The least that is worth a read.
        const LEAST: usize = 4096;
        let required = required.max(self.filled().len().saturating_add(1));
        if required > self.capacity() {
            if required > limit {
                return Err(Insufficient { required });
            }
            let room = required.max(self.capacity().saturating_mul(2)).max(LEAST).min(limit);
            self.grow(|storage| storage.resize(room, 0));
        }
        if self.start.saturating_add(required) > self.capacity() {
            self.compact();
        }
        Ok(self.spare_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_like_a_queue(capacity in 0_usize..40, steps in prop::collection::vec((any::<bool>(), 0_usize..30), 0..200)) {
            let mut buffer = RecvBuf::new(vec![0; capacity]);
            let mut model: Vec<u8> = Vec::new();
            let mut next = 0_u8;
            for (read, count) in steps {
                if read {
                    let spare = buffer.spare_mut();
                    prop_assert!(!spare.is_empty() || model.len() == capacity, "room that is there must be offered");
                    let count = count.min(spare.len());
                    for octet in &mut spare[..count] {
                        next = next.wrapping_add(1);
                        *octet = next;
                        model.push(next);
                    }
                    buffer.commit(count);
                } else {
                    buffer.consume(count);
                    model.drain(..count.min(model.len()));
                }
                prop_assert_eq!(buffer.filled(), &model[..]);
            }
        }
    }

    #[test]
    fn a_count_beyond_the_room_is_cut() {
        let mut buffer = RecvBuf::new([7; 4]);
        buffer.commit(usize::MAX);
        assert_eq!(buffer.filled(), [7; 4]);
        buffer.consume(usize::MAX);
        assert!(buffer.filled().is_empty());
    }

    #[test]
    fn storage_can_grow_and_shrink() {
        let mut buffer = RecvBuf::new(vec![1, 2, 3]);
        buffer.commit(3);
        buffer.consume(1);
        buffer.grow(|storage| storage.resize(6, 9));
        assert_eq!(buffer.filled(), [2, 3]);
        assert!(!buffer.spare_mut().is_empty());
        buffer.grow(Vec::clear);
        assert!(buffer.filled().is_empty());
        assert!(buffer.spare_mut().is_empty());
        assert_eq!(buffer.into_storage(), Vec::<u8>::new());
    }
}
