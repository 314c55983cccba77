//! Output targets.

use crate::scan::{Ordinary, copy_short, window};
use crate::text::Insufficient;

/// Output target: buffer (a counter, if it has no room), or `Formatter`.
pub(crate) trait Sink {
    fn put(&mut self, octets: &[u8]);

    fn put_secret(&mut self, octets: &[u8]) {
        self.put(octets);
    }

    fn put_number(&mut self, number: u64) {
        if let 0..100 = number {
            let (tens, ones) = (number as u8 / 10, number as u8 % 10);
            let digits = [b'0' + tens, b'0' + ones];
            return self.put(digits.get(usize::from(tens == 0)..).unwrap_or_default());
        }
        let mut digits = [0; 20];
        let mut rest = number;
        let mut first = digits.len();
        for (place, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = place;
            if rest == 0 {
                break;
            }
        }
        self.put(digits.get(first..).unwrap_or_default());
    }

    /// `name: value` and a line end.
    fn put_header(&mut self, name: &str, value: &[u8]) {
        self.put(name.as_bytes());
        self.put(b": ");
        self.put(value);
        self.put(b"\n");
    }

    fn put_number_header(&mut self, name: &str, number: u64) {
        self.put(name.as_bytes());
        self.put(b": ");
        self.put_number(number);
        self.put(b"\n");
    }

    fn put_body(&mut self, body: &[u8]) {
        if !body.is_empty() {
            self.put_number_header("Content-Length", body.len() as u64);
        }
        self.put(b"\n");
        self.put(body);
    }
}

/// Writes what fits to the front of storage, and counts all: one pass tells how much room is needed.
pub(crate) struct Writer<'o> {
    out: &'o mut [u8],
    /// How many bytes have been put, also where there was no room for them.
    at: usize,
}

impl<'o> Writer<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// How many bytes have been put.
    pub(crate) const fn count(&self) -> usize {
        self.at
    }

    /// What has been written since the count was `at`, if it has fitted.
    pub(crate) fn since(&self, at: usize) -> Option<&[u8]> {
        self.out.get(at..self.at)
    }

    /// What has been written, if all of it has fitted.
    pub(crate) fn finish(self) -> Result<&'o [u8], Insufficient> {
        self.out.get(..self.at).ok_or(Insufficient { required: self.at })
    }

    /// Puts a text of the peer's or of the host's, which is mostly short.
    #[inline(never)]
    pub(crate) fn put_text(&mut self, text: &[u8]) {
        let room = self.out.get_mut(self.at..).unwrap_or_default();
        if let Some(to) = room.get_mut(..text.len()) {
            copy_short(text, to);
        }
        self.at = self.at.saturating_add(text.len());
    }

    /// Lets `write` put bytes to the front of the room that is left, and return what is left behind them. Returns false, and
    /// nothing is put, if it does not.
    #[inline]
    pub(crate) fn put_whole(&mut self, write: impl FnOnce(&mut [u8]) -> Option<&mut [u8]>) -> bool {
        let all = self.out.len();
        let left = self.out.get_mut(self.at..).and_then(write).map(|left| left.len());
        if let Some(left) = left {
            self.at = all - left;
        }
        left.is_some()
    }

    /// Puts a text: runs of ordinary bytes as they are, and for what is between them what `read` makes of the bytes that it
    /// takes off the front of the text. It ends where that returns [`None`]; what is left of the text then is returned.
    #[inline(always)]
    pub(crate) fn put_runs<'t>(
        &mut self,
        text: &'t [u8],
        ordinary: Ordinary,
        mut read: impl FnMut(&mut &'t [u8]) -> Option<Few>,
    ) -> &'t [u8] {
        // Whole chunks are stored here, so that what lies behind the text in the writer's storage stays as it is.
        let mut ready = [0; 160];
        let mut count = 0_usize;
        let mut rest = text;
        while !rest.is_empty() {
            // Room for a run and for what is behind it.
            let Some(to) = ready.get_mut(count..).and_then(|room| room.first_chunk_mut::<32>()) else {
                self.put_text(ready.get(..count).unwrap_or_default());
                count = 0;
                continue;
            };
            let octets = window(text, rest);
            let run = ordinary.run(&octets).min(rest.len());
            if let Some(to) = to.first_chunk_mut() {
                *to = octets;
            }
            count += run;
            rest = rest.get(run..).unwrap_or_default();
            if run < octets.len() && !rest.is_empty() {
                let Some(few) = read(&mut rest) else { break };
                if let Some(to) = to.get_mut(run..).and_then(|to| to.first_chunk_mut()) {
                    *to = few.octets.to_le_bytes();
                }
                count += few.len;
            }
        }
        self.put_text(ready.get(..count).unwrap_or_default());
        rest
    }

    /// Forgets what has been put since the count was `at`.
    pub(crate) fn forget(&mut self, at: usize) {
        self.at = self.at.min(at);
    }

    /// Puts a byte before what has been put since `at`.
    pub(crate) fn insert(&mut self, at: usize, octet: u8) {
        let moved = self.out.get_mut(at..=self.at).unwrap_or_default();
        moved.rotate_right(moved.len().min(1));
        if let Some(first) = moved.first_mut() {
            *first = octet;
        }
        self.at = self.at.saturating_add(1);
    }

    /// Puts a text behind its length: `front`, the length in digits, `back`, and what `write` puts, which must be the
    /// same each time.
    ///
    /// Room is left for as many digits as most lengths have; a text of another length is moved once. Counting it first
    /// would take another pass over its bytes.
    pub(crate) fn put_counted(&mut self, front: &[u8], back: &[u8], mut write: impl FnMut(&mut Self)) {
        let start = self.at;
        let head = |digits: usize| start.saturating_add(front.len() + digits + back.len());
        let mut left = 4;
        let len = loop {
            self.at = head(left);
            write(self);
            let len = self.at.saturating_sub(head(left));
            let digits = digits(len);
            let end = head(digits).saturating_add(len);
            // A text that would have fitted in its right place, but not here, is written again.
            if self.at > self.out.len() && end <= self.out.len() && digits < left {
                left = digits;
                continue;
            }
            let moved = self.out.get_mut(head(left.min(digits))..self.at.max(end)).unwrap_or_default();
            let gap = left.abs_diff(digits).min(moved.len());
            if digits > left {
                moved.rotate_right(gap);
            } else if digits < left {
                moved.rotate_left(gap);
            }
            break len;
        };
        self.at = start;
        self.put(front);
        self.put_number(len as u64);
        self.put(back);
        self.at = self.at.saturating_add(len);
    }
}

/// Up to 16 bytes, which are passed in registers.
#[derive(Clone, Copy)]
pub(crate) struct Few {
    /// The bytes, the first in the lowest eight bits.
    octets: u128,
    len: usize,
}

impl Few {
    /// So many bytes of these; the others are 0.
    #[inline]
    pub(crate) fn new(octets: [u8; 8], len: usize) -> Self {
        Self { octets: u128::from(u64::from_le_bytes(octets)), len }
    }

    #[inline]
    pub(crate) fn one(octet: u8) -> Self {
        Self { octets: u128::from(octet), len: 1 }
    }

    /// These and others behind them. What is more than 16 is lost.
    pub(crate) fn and(self, more: Self) -> Self {
        let octets = more.octets.checked_shl(8 * self.len as u32).unwrap_or(0) | self.octets;
        Self { octets, len: (self.len + more.len).min(16) }
    }
}

/// The number of decimal digits of a number.
fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

impl Sink for Writer<'_> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        let Some(end) = self.at.checked_add(octets.len()) else {
            self.at = usize::MAX;
            return;
        };
        if let Some(to) = self.out.get_mut(self.at..end) {
            to.copy_from_slice(octets);
        }
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the text and the room: runs and what is between them come out in their order, and all of it is counted.
    #[test]
    fn runs_are_written_in_any_room() {
        let pieces =
            ["", "x", "%", "a%%b", "0123456789abcdef", "0123456789abcdef%", "0123456789abcdefg%0123456%78", "%%%"];
        for (front, back) in pieces.iter().flat_map(|front| pieces.map(|back| (front, back))) {
            let text = format!("{front}{back}{front}");
            let expected = text.replace('%', "{percent}");
            for room in (0..=expected.len() + 40).rev() {
                let mut out = vec![7; room];
                let mut writer = Writer::new(&mut out);
                let read = |rest: &mut &[u8]| {
                    *rest = &rest[1..];
                    Some(Few::new(*b"{percent", 8).and(Few::one(b'}')))
                };
                assert!(writer.put_runs(text.as_bytes(), Ordinary::NO_PERCENT, read).is_empty());
                assert_eq!(writer.count(), expected.len(), "{text} in {room}");
                match writer.finish() {
                    Ok(written) => assert_eq!(written, expected.as_bytes(), "{text} in {room}"),
                    Err(error) => assert!(room < expected.len() && error.required == expected.len()),
                }
                let mut writer = Writer::new(&mut out);
                let rest = writer.put_runs(text.as_bytes(), Ordinary::NO_PERCENT, |_| None);
                assert_eq!(rest.len(), text.find('%').map_or(0, |at| text.len() - at), "{text} in {room}");
                assert_eq!(writer.count(), text.len() - rest.len(), "{text} in {room}");
            }
        }
    }

    /// Whatever the length and the room: what is needed is told, and what fits is right.
    #[test]
    fn a_text_behind_its_length_is_written_in_any_room() {
        for len in [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 9999, 10_000, 10_001, 99_999, 100_000] {
            let text = "x".repeat(len);
            let expected = format!("a: {len}\n\n{text}");
            for room in [0, 3, expected.len() - 1, expected.len(), expected.len() + 1, expected.len() + 9] {
                let mut out = vec![7; room];
                let mut writer = Writer::new(&mut out);
                writer.put_counted(b"a: ", b"\n\n", |writer| {
                    text.as_bytes().chunks(300).for_each(|part| writer.put(part));
                });
                assert_eq!(writer.count(), expected.len(), "{len} in {room}");
                match writer.finish() {
                    Ok(written) => assert!(written == expected.as_bytes(), "{len} in {room}"),
                    Err(error) => assert!(room < expected.len() && error.required == expected.len()),
                }
            }
        }
    }
}
