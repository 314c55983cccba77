//! What the readers of the three formats share.

use crate::frame::Header;
use crate::name::header;
use crate::scan::{Ahead, Shape, Stop};
use crate::text::Value;

/// How many stops a reader of one header after the other finds in advance.
pub(super) const FEW: usize = 16;

/// How many a reader of all does.
const MANY: usize = 128;

/// Reads the headers of an event in one format, in which a header has so many `STOPS` if it is what nearly all are.
pub(super) trait Read<'a, const STOPS: usize> {
    /// Where the text is cut.
    type Shape: Shape;

    fn text(&self) -> &'a [u8];

    /// What is known of the next headers.
    fn ahead(&mut self) -> &mut Ahead<Self::Shape, FEW>;

    /// Where the next header is looked for.
    fn at(&self) -> usize;

    fn go_on(&mut self, at: usize);

    /// Whether [`regular`](Self::regular) may be asked for the next headers.
    fn among_headers(&self) -> bool;

    /// The header at `at`, if it is what nearly all are: one that these stops, the next ones, are enough to read; and where
    /// the next one is looked for.
    fn regular(&mut self, at: usize, stops: [Stop; STOPS]) -> Option<(Header<'a>, usize)>;

    /// The next header, whatever it is.
    fn any(&mut self) -> Option<Header<'a>>;

    /// The event's body. To be asked after the last header.
    fn body(&self) -> Option<Value<'a>>;

    /// The next header.
    #[inline]
    fn next(&mut self) -> Option<Header<'a>> {
        if self.among_headers()
            && let Some(stops) = self.next_stops()
            && let Some((header, after)) = self.regular(self.at(), stops)
        {
            self.ahead().take(STOPS);
            self.go_on(after);
            return Some(header);
        }
        self.next_any()
    }

    #[inline]
    fn next_stops(&mut self) -> Option<[Stop; STOPS]> {
        let (text, at) = (self.text(), self.at());
        self.ahead().next(text, at)
    }

    #[inline(never)]
    fn next_any(&mut self) -> Option<Header<'a>> {
        let header = self.any()?;
        let at = self.at();
        self.ahead().seek(at);
        Some(header)
    }

    /// Folds the next headers, at most `limit`, and returns the count beside the result: quicker than one by one.
    #[inline]
    fn each<B>(&mut self, limit: usize, init: B, mut fold: impl FnMut(B, Header<'a>) -> B) -> (usize, B) {
        let mut ahead: Ahead<Self::Shape, MANY> = Ahead::NONE;
        let mut left = limit;
        let mut folded = init;
        while left > 0 {
            let before = left;
            if self.among_headers() {
                if ahead.left().len() < STOPS {
                    ahead.look(self.text(), self.at());
                }
                let mut at = self.at();
                for stops in ahead.left().as_chunks().0.iter().take(left) {
                    let Some((header, after)) = self.regular(at, *stops) else { break };
                    at = after;
                    folded = fold(folded, header);
                    left -= 1;
                }
                ahead.take(STOPS * (before - left));
                self.go_on(at);
            }
            if before == left {
                let Some(header) = self.any() else { break };
                folded = fold(folded, header);
                left -= 1;
                ahead.seek(self.at());
            }
        }
        *self.ahead() = Ahead::NONE;
        (limit - left, folded)
    }
}

/// Whether this is the name of the header that announces a body.
#[inline]
pub(super) fn is_content_length(name: &[u8]) -> bool {
    const NAME: &[u8] = header::CONTENT_LENGTH.as_bytes();
    #[cold]
    fn compare(name: &[u8]) -> bool {
        name.eq_ignore_ascii_case(NAME)
    }
    name.len() == NAME.len() && compare(name)
}
