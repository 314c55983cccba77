//! The strings of a JSON object, and what they are cut at.

use super::{BLOCK, Class, Seen, Shape, Stop, look, masks};

/// What structures an object of strings: quotes with a separator and another quote behind them, which end a name or a
/// value. Noted is whatever may make one of them mean something else: backslashes, and quotes that are no such pairs.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    /// What the block before holds.
    quotes: u64,
    separators: u64,
    backslashes: u64,
    /// The second quotes of pairs in that block.
    pairs: u64,
    /// Whether there is anything to note since the last stop.
    noted: bool,
}

/// How far behind its first quote a pair is found.
const BEHIND: u32 = 2;

impl Shape for Strings {
    /// The text begins at a comma after a string.
    const START: Self = Self { quotes: 1 << (BLOCK - 1), separators: 0, backslashes: 0, pairs: 0, noted: false };
    const BEHIND: u32 = BEHIND;

    #[inline]
    fn see(&mut self, block: &[u8; BLOCK]) -> Seen {
        let (quotes, escapes) = look(block, Class::one(b'"'), b'\\');
        let (separators, _) = look(block, Class::both(b':', b','), 0);
        let firsts = behind(quotes, self.quotes, BEHIND);
        let pairs = firsts & behind(separators, self.separators, 1) & quotes;
        // Each quote is the first of a pair or the second of one, and none is both.
        let odd = firsts & !(pairs ^ behind(pairs, self.pairs, BEHIND));
        let plain = odd | self.backslashes == 0 && !(escapes | self.noted);
        let noted = if plain { 0 } else { self.noted(block, pairs, odd) };
        (self.quotes, self.separators, self.pairs) = (quotes, separators, pairs);
        Seen { stops: pairs, noted }
    }
}

impl Strings {
    /// The stops with a backslash or an odd quote before them.
    #[cold]
    fn noted(&mut self, block: &[u8; BLOCK], stops: u64, odd: u64) -> u64 {
        let [backslashes] = masks(block, [b'\\']);
        let notes = odd | behind(backslashes, self.backslashes, BEHIND);
        self.backslashes = backslashes;
        // A carry goes from each note through all that are no stops up to the next one.
        let (carried, over) = (!stops).overflowing_add(notes & !stops);
        let (carried, over_again) = carried.overflowing_add(u64::from(self.noted));
        self.noted = over | over_again;
        carried | notes
    }
}

/// The bits of a block moved up by some places, and into the lowest the uppermost ones of the block before.
const fn behind(bits: u64, before: u64, places: u32) -> u64 {
    bits << places | before >> (BLOCK as u32 - places)
}

/// A name and a string without escapes, and no white space between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RegularMember<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
}

impl<'a> RegularMember<'a> {
    /// The member after the comma at `start`, if the next two stops end its name and its value.
    #[inline]
    pub(crate) fn at(text: &'a [u8], start: usize, [name_end, end]: [Stop; 2]) -> Option<Self> {
        let (front, value) = text.get(start..end.at())?.split_at_checked(name_end.at().wrapping_sub(start))?;
        match (front, value) {
            ([b',', b'"', name @ ..], [b'"', b':', b'"', value @ ..]) if !(name_end.noted() | end.noted()) => {
                Some(Self { name, value })
            }
            _ => None,
        }
    }
}
