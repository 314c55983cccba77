//! What a client sends, cut into requests, and these into lines.

/// A request of a client.
#[derive(Debug, PartialEq)]
pub(crate) struct Request<'s> {
    pub(crate) head: &'s [u8],
    pub(crate) line: &'s [u8],
    /// Names and values, those without a value left out.
    pub(crate) headers: Vec<(&'s [u8], &'s [u8])>,
    pub(crate) body: Option<&'s [u8]>,
    pub(crate) end: usize,
}

/// The longest body that a server reads.
const MAX_BODY: u64 = 16 << 20;

impl<'s> Request<'s> {
    /// The requests of a stream, up to the first that is not whole or has no place where it ends.
    pub(crate) fn all(stream: &'s [u8]) -> Vec<Self> {
        let mut requests: Vec<Self> = Vec::new();
        while let Some(request) = Self::next(stream, requests.last().map_or(0, |last| last.end)) {
            requests.push(request);
        }
        requests
    }

    fn next(stream: &'s [u8], from: usize) -> Option<Self> {
        let start = from + stream[from..].iter().position(|octet| !b"\r\n".contains(octet))?;
        let mut at = start;
        let head = loop {
            let line = stream[at..].split_inclusive(|octet| *octet == b'\n').next()?;
            let line_end = line.strip_suffix(b"\n")?;
            let before = at;
            at += line.len();
            if line_end.iter().all(|octet| *octet == b'\r') {
                break &stream[start..before];
            }
        };
        let mut lines = lines(head).into_iter();
        let line = lines.next().unwrap_or_default();
        let all: Vec<_> = lines.filter_map(header).collect();
        let mut body = None;
        for (_, value) in all.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"content-length")) {
            let length = u64::try_from(atoi(value)).ok().filter(|length| *length <= MAX_BODY)?;
            // All bodies are read, and the last one is kept.
            let end = at.checked_add(usize::try_from(length).ok()?).filter(|end| end - start <= 64 << 20)?;
            body = Some(at..end);
            at = end;
        }
        let body = match body {
            Some(place) => Some(stream.get(place)?),
            None => None,
        };
        let headers = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        Some(Self { head, line, headers, body, end: at })
    }

    /// The first header of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&'s [u8]> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| *value)
    }
}

/// The lines of a head, which is a text of C: it ends at a NUL, and a line ends at the first CR that there still is,
/// and only if there is none at an LF.
fn lines(head: &[u8]) -> Vec<&[u8]> {
    let mut rest = head.split(|octet| *octet == 0).next().unwrap_or_default();
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let ends = if rest.contains(&b'\r') { b'\r' } else { b'\n' };
        let (line, after) = match rest.iter().position(|octet| *octet == ends) {
            Some(end) => rest.split_at(end),
            None => (rest, &[][..]),
        };
        lines.push(line);
        let next = after.iter().position(|octet| !b"\r\n".contains(octet)).unwrap_or(after.len());
        rest = &after[next..];
    }
    lines
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|octet| *octet == b':')?;
    let value = &line[colon + 1..];
    let blanks = value.iter().take_while(|octet| **octet == b' ').count();
    Some((&line[..colon], &value[blanks..]))
}

/// The number that a text begins with, as C reads it, however great.
pub(crate) fn atoi(text: &[u8]) -> i128 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text.split_first() {
        Some((b'-', digits)) => (-1, digits),
        Some((b'+', digits)) => (1, digits),
        _ => (1, text),
    };
    let digits = digits.iter().take_while(|octet| octet.is_ascii_digit());
    sign * digits.fold(0_i128, |number, digit| (10 * number + i128::from(digit - b'0')).min(i128::MAX / 100))
}
