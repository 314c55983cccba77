//! The loop that the readers of the three formats share.

use crate::frame::Header;
use crate::name::header;
use crate::scan::{BlockClassifier, Lookahead, Stop};
use crate::text::Value;

/// Capacity of the stop queue of [`Read::next`], which is part of the iterator.
pub(super) const FEW: usize = 16;

/// Capacity of the stop queue of [`Read::each`], which is on the stack of one call.
const MANY: usize = 128;

/// A format reader; a header on the fast path is delimited by `STRUCTURAL` structural bytes.
pub(super) trait Read<'a, const STRUCTURAL: usize> {
    /// The classifier of the format's structural bytes.
    type BlockClassifier: BlockClassifier;

    fn text(&self) -> &'a [u8];

    /// The queue of structural bytes ahead of [`at`](Self::at).
    fn ahead(&mut self) -> &mut Lookahead<Self::BlockClassifier, FEW>;

    /// The position from which the next header is read.
    fn at(&self) -> usize;

    fn go_on(&mut self, at: usize);

    /// Whether the fast path, [`fast`](Self::fast), applies in the reader's current state.
    fn among_headers(&self) -> bool;

    /// Fast path: the header at `at`, if the next structural bytes delimit it exactly, and the position after it. [`None`] leaves
    /// the reader as it was.
    fn fast(&mut self, at: usize, structural: [Stop; STRUCTURAL]) -> Option<(Header<'a>, usize)>;

    /// Slow path: parses the next header byte by byte.
    fn slow(&mut self) -> Option<Header<'a>>;

    /// The event's body. Valid after the last header only.
    fn body(&self) -> Option<Value<'a>>;

    /// The next header.
    #[inline]
    fn next(&mut self) -> Option<Header<'a>> {
        if self.among_headers()
            && let Some(structural) = self.next_stops()
            && let Some((header, after)) = self.fast(self.at(), structural)
        {
            self.ahead().take(STRUCTURAL);
            self.go_on(after);
            return Some(header);
        }
        self.next_any()
    }

    #[inline]
    fn next_stops(&mut self) -> Option<[Stop; STRUCTURAL]> {
        let (text, at) = (self.text(), self.at());
        self.ahead().next(text, at)
    }

    #[inline(never)]
    fn next_any(&mut self) -> Option<Header<'a>> {
        let header = self.slow()?;
        let at = self.at();
        self.ahead().seek(at);
        Some(header)
    }

    /// Folds the next headers, at most `limit`, and returns the count beside the result. Faster than repeated
    /// [`next`](Self::next): the larger queue stays in this call.
    #[inline]
    fn each<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Header<'a>) -> B) -> (usize, B) {
        let mut ahead: Lookahead<Self::BlockClassifier, MANY> = Lookahead::NONE;
        let mut left = limit;
        let mut folded = init;
        while left > 0 {
            let before = left;
            if self.among_headers() {
                if ahead.left().len() < STRUCTURAL {
                    ahead.look(self.text(), self.at());
                }
                let mut at = self.at();
                let stops = ahead.left().as_chunks().0;
                let stops = stops.get(..left).unwrap_or(stops);
                let mut rest = stops.iter();
                while let [structural, ..] = rest.as_slice()
                    && let Some((header, after)) = self.fast(at, *structural)
                {
                    at = after;
                    folded = fold(folded, header);
                    rest.next();
                }
                left -= stops.len() - rest.len();
                ahead.take(STRUCTURAL * (before - left));
                self.go_on(at);
            }
            if before == left {
                let Some(header) = self.slow() else { break };
                folded = fold(folded, header);
                left -= 1;
                ahead.seek(self.at());
            }
        }
        *self.ahead() = Lookahead::NONE;
        (limit - left, folded)
    }
}

/// Whether `name` is Content-Length, which announces a body.
#[inline]
pub(super) fn is_content_length(name: &[u8]) -> bool {
    const NAME: &[u8] = header::CONTENT_LENGTH.as_bytes();
    #[cold]
    fn compare(name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(NAME)
    }
    name.len() == NAME.len() && compare(name)
}
