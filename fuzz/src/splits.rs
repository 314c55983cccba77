//! The pieces in which a stream arrives.

/// After so many pieces the rest comes at once: they have shown what they can, and each costs time.
const MOST_PIECES: u32 = 80;

/// Sizes of pieces, without end, none of them empty.
pub(crate) struct Splits {
    state: u32,
    most: u32,
    pieces: u32,
}

impl Splits {
    /// Pieces of 1 to `most` octets, or of 1 if that is 0; `seed` says which.
    pub(crate) fn new(seed: u8, most: u8) -> Self {
        // Never 0, which the generator would not leave again.
        Self { state: 0x9e37_79b9 ^ u32::from(seed), most: u32::from(most.max(1)), pieces: 0 }
    }
}

impl Iterator for Splits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.pieces += 1;
        if self.pieces > MOST_PIECES {
            return Some(usize::MAX / 2);
        }
        // Xorshift: the same input must do the same each time it is run.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        Some((self.state % self.most + 1) as usize)
    }
}
