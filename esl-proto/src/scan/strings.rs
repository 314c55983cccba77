//! The structural bytes of a JSON object of strings.

use super::{BLOCK, BlockClassifier, BlockMask, Class, Stop, look, masks};

/// Classifies the quotes that end a string: from the start of a member, every second one that is not escaped. A backslash sets
/// the flag of the string that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    /// All bits if the previous block ended inside a string, none otherwise.
    inside: u64,
    /// Whether a backslash at the end of the previous block escapes the first byte of the next.
    escaped: bool,
    /// Whether the flag is pending for the next stop, which is in a later block.
    flagged: bool,
}

impl BlockClassifier for Strings {
    /// The text begins outside a string.
    const START: Self = Self { inside: 0, escaped: false, flagged: false };
    const BEHIND: u32 = 0;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask {
        let (quotes, escapes) = look(block, Class::one(b'"'), b'\\');
        if escapes | self.escaped | self.flagged {
            return self.see_escapes(block, quotes);
        }
        BlockMask { structural: self.ends(quotes), flagged: 0 }
    }
}

impl Strings {
    /// Those of these quotes that end a string.
    #[inline]
    fn ends(&mut self, quotes: u64) -> u64 {
        // Each bit becomes the parity of the quotes up to it: whether the next byte is inside a string.
        let mut inside = quotes;
        for places in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << places;
        }
        inside ^= self.inside;
        self.inside = (inside as i64 >> 63) as u64;
        quotes & !inside
    }

    #[cold]
    fn see_escapes(&mut self, block: &[u8; BLOCK], quotes: u64) -> BlockMask {
        let [backslashes] = masks(block, [b'\\']);
        let mut escaped = u64::from(self.escaped);
        let mut rest = backslashes & !escaped;
        self.escaped = false;
        while rest != 0 {
            let backslash = rest & rest.wrapping_neg();
            self.escaped = backslash == 1 << (BLOCK - 1);
            escaped |= backslash << 1;
            rest &= !(backslash | backslash << 1);
        }
        let structural = self.ends(quotes & !escaped);
        // Adding propagates each backslash's bit as a carry to the next structural bit.
        let (carried, over) = (!structural).overflowing_add(backslashes & !structural);
        let (carried, over_again) = carried.overflowing_add(u64::from(self.flagged));
        self.flagged = over | over_again;
        BlockMask { structural, flagged: carried }
    }
}

/// A name and a string value without white space around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegularMember<'a> {
    /// The name, which has no escapes.
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// Whether the value has a backslash.
    pub(crate) escaped: bool,
}

impl<'a> RegularMember<'a> {
    /// Fast path: the member after the comma at `start`, if the next two structural bytes end its name and its value.
    #[inline]
    pub(crate) fn at(text: &'a [u8], start: usize, [name_end, end]: [Stop; 2]) -> Option<Self> {
        let (front, back) = text.get(start..end.at())?.split_at_checked(name_end.at().wrapping_sub(start))?;
        // Compared as arrays: a pattern would be compared byte by byte.
        let (before, name) = front.split_first_chunk()?;
        let (between, value) = back.split_first_chunk()?;
        let is_regular = *before == *b",\"" && *between == *b"\":\"" && !name_end.flagged();
        is_regular.then_some(Self { name, value, escaped: end.flagged() })
    }
}
