//! The structural bytes of a JSON object of strings.

use super::{BLOCK, BlockClassifier, BlockMask, Class, Stop, look, masks, see_block};

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

/// Whether a member of an object begins with the quote at `quote`: whether all from the front of the text up to that quote is
/// members of strings without white space around them. False also where that takes a closer look.
pub(crate) fn is_member_at(text: &[u8], quote: usize) -> bool {
    // The bits of `now`, so many places later; `before` are those of the block before.
    let later = |now: u64, before: u64, places: u32| now << places | before >> (BLOCK as u32 - places);
    // The brace is taken for a comma, as if a string ended before the text.
    let mut brace = u64::from(text.first() == Some(&b'{'));
    let (mut quotes_before, mut ends_before) = (1 << (BLOCK - 1), 1 << (BLOCK - 1));
    let (mut colons_before, mut commas_before, mut escapes_before) = (0, 0, 0);
    // Whether the last string that began is a name.
    let mut in_name = 0;
    let mut start = 0;
    while start <= quote {
        let ((quotes, has_escapes), [colons, commas]) =
            see_block(text, start, |block| (look(block, Class::one(b'"'), b'\\'), masks(block, [b':', b','])));
        let last = quote - start;
        let quotes = if last < BLOCK { quotes & (2_u64 << last).wrapping_sub(1) } else { quotes };
        let [escapes] = if has_escapes { see_block(text, start, |block| masks(block, [b'\\'])) } else { [0] };
        let behind_quotes = later(quotes, quotes_before, 1);
        let (colons, commas) = (colons & behind_quotes, (commas | brace) & behind_quotes);
        let (values, names) = (quotes & later(colons, colons_before, 1), quotes & later(commas, commas_before, 1));
        let ends = quotes & !(values | names);
        // From each quote that begins a name to the one that begins its value, if the two take turns.
        let within = values.wrapping_sub(names).wrapping_sub(in_name);
        let within_before = within << 1 | in_name;
        if later(ends, ends_before, 2) != values | names
            || later(escapes, escapes_before, 1) & quotes != 0
            || within & !within_before != names
            || !within & within_before != values
        {
            return false;
        }
        if last < BLOCK {
            return names >> last == 1;
        }
        (quotes_before, ends_before, escapes_before) = (quotes, ends, escapes);
        (colons_before, commas_before, in_name) = (colons, commas, within >> (BLOCK - 1));
        brace = 0;
        start += BLOCK;
    }
    false
}
