//! The reading rules once more, written for nothing but to be seen through: with the whole text at hand, line by line,
//! and without the crate's own search.

pub(crate) mod commands;
pub(crate) mod documents;
pub(crate) mod requests;

use requests::Request;

/// The frames of a server's stream, and a client's requests as if they were such.
pub(crate) use crate::frames::{Frame, frames};

/// The requests of a client, as far as they are frames.
pub(crate) fn requests(stream: &[u8]) -> Vec<Frame<'_>> {
    let frame =
        |Request { head, body, end, .. }| Frame { head, body, content_type: None, crlf: false, cut: false, end };
    Request::all(stream).into_iter().map(frame).collect()
}

/// A header line, cut into name and value.
pub(crate) type Line<'s> = (&'s [u8], &'s [u8]);

/// The header lines of a plain event, and its body.
pub(crate) fn plain(text: &[u8], crlf: bool) -> (Vec<Line<'_>>, Option<&[u8]>) {
    let mut headers = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let len = rest.iter().position(|octet| *octet == b'\n');
        let (line, after) = len.map_or((rest, &[][..]), |len| (&rest[..len], &rest[len + 1..]));
        rest = after;
        if line.is_empty() {
            break;
        }
        let line = if crlf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        let blank = line.windows(2).rposition(|pair| pair == b": ").map(|colon| (colon, colon + 2));
        let colon = line.iter().rposition(|octet| *octet == b':').map(|colon| (colon, colon + 1));
        headers.extend(blank.or(colon).map(|(end, start)| (&line[..end], &line[start..])));
    }
    let has_length = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"Content-Length"));
    (headers, has_length.then_some(rest))
}
