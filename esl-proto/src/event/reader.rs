//! What the readers of the three formats share.

use super::Span;
use crate::text::Value;

/// Reads the headers of an event in one format.
pub(super) trait Read<'a> {
    fn text(&self) -> &'a [u8];

    /// The next header.
    fn next(&mut self) -> Option<Span>;

    /// Folds the next headers, at most `limit`, as long as they are what nearly all are and have been found already, and
    /// returns the count beside the result: quicker than one by one, but perhaps none at all.
    fn some<B>(&mut self, limit: usize, init: B, fold: impl FnMut(B, Span) -> B) -> (usize, B);

    /// The event's body. To be asked after the last header.
    fn body(&self) -> Option<Value<'a>>;

    /// Folds the next headers, at most `limit`, and returns the count beside the result.
    #[inline]
    fn each<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Span) -> B) -> (usize, B) {
        let mut count = 0;
        let mut folded = init;
        loop {
            let some;
            (some, folded) = self.some(limit - count, folded, &mut fold);
            count += some;
            if count >= limit {
                return (count, folded);
            }
            let Some(span) = self.next() else { return (count, folded) };
            folded = fold(folded, span);
            count += 1;
        }
    }
}
