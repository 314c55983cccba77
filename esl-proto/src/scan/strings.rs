//! The structural bytes of a JSON object of strings.

use super::{BLOCK, BlockClassifier, BlockMask, Class, Stop, look, masks};

/// Classifies pairs of quotes with a separator between them (`":"`, `","`), which end a name or a value. Anything that
/// could give a pair another meaning sets the flag: a backslash, or a quote that is not part of a pair.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    /// The masks of the previous block.
    quotes: u64,
    separators: u64,
    backslashes: u64,
    /// The second quotes of the pairs in the previous block.
    pairs: u64,
    /// Whether the flag is pending for the next stop, which is in a later block.
    flagged: bool,
}

/// Distance from the first quote of a pair to its second, at which the pair is reported.
const BEHIND: u32 = 2;

impl BlockClassifier for Strings {
    /// The text begins at a comma after a string.
    const START: Self = Self { quotes: 1 << (BLOCK - 1), separators: 0, backslashes: 0, pairs: 0, flagged: false };
    const BEHIND: u32 = BEHIND;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> BlockMask {
        let (quotes, escapes) = look(block, Class::one(b'"'), b'\\');
        let (separators, _) = look(block, Class::both(b':', b','), 0);
        let firsts = behind(quotes, self.quotes, BEHIND);
        let pairs = firsts & behind(separators, self.separators, 1) & quotes;
        // Without escapes, each quote is either the first or the second of a pair, and none is both.
        let odd = firsts & !(pairs ^ behind(pairs, self.pairs, BEHIND));
        let plain = odd | self.backslashes == 0 && !(escapes | self.flagged);
        let flagged = if plain { 0 } else { self.flagged(block, pairs, odd) };
        (self.quotes, self.separators, self.pairs) = (quotes, separators, pairs);
        BlockMask { structural: pairs, flagged }
    }
}

impl Strings {
    /// The flags: a stop preceded, since the stop before it, by a backslash or an unpaired quote.
    #[cold]
    fn flagged(&mut self, block: &[u8; BLOCK], structural: u64, odd: u64) -> u64 {
        let [backslashes] = masks(block, [b'\\']);
        let notes = odd | behind(backslashes, self.backslashes, BEHIND);
        self.backslashes = backslashes;
        // Adding propagates each escape bit as a carry to the next structural bytes bit.
        let (carried, over) = (!structural).overflowing_add(notes & !structural);
        let (carried, over_again) = carried.overflowing_add(u64::from(self.flagged));
        self.flagged = over | over_again;
        carried | notes
    }
}

/// `bits` shifted left by `places`, with the top bits of the previous block shifted in.
const fn behind(bits: u64, before: u64, places: u32) -> u64 {
    bits << places | before >> (BLOCK as u32 - places)
}

/// A name and a string value without escapes or white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegularMember<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
}

impl<'a> RegularMember<'a> {
    /// Fast path: the member after the comma at `start`, if the next two structural bytes end its name and its value.
    #[inline]
    pub(crate) fn at(text: &'a [u8], start: usize, [name_end, end]: [Stop; 2]) -> Option<Self> {
        let (front, value) = text.get(start..end.at())?.split_at_checked(name_end.at().wrapping_sub(start))?;
        match (front, value) {
            ([b',', b'"', name @ ..], [b'"', b':', b'"', value @ ..]) if !(name_end.flagged() | end.flagged()) => {
                Some(Self { name, value })
            }
            _ => None,
        }
    }
}
