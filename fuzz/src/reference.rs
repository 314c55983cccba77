//! The reading rules once more, written for nothing but to be seen through: with the whole text at hand, line by line,
//! and without the crate's own search.

pub(crate) mod commands;
pub(crate) mod documents;
pub(crate) mod requests;

use requests::Request;

/// A frame of a server, or a client's request.
#[derive(Debug, PartialEq)]
pub(crate) struct Frame<'s> {
    pub(crate) head: &'s [u8],
    pub(crate) body: Option<&'s [u8]>,
    pub(crate) content_type: Option<&'s [u8]>,
    pub(crate) crlf: bool,
    pub(crate) end: usize,
}

/// The frames of a stream, up to the first that is not whole or whose Content-Length cannot be read.
pub(crate) fn frames(stream: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    let mut start = 0;
    while let Some(frame) = frame(stream, start) {
        start = frame.end;
        frames.push(frame);
    }
    frames
}

/// The requests of a client, as far as they are frames.
pub(crate) fn requests(stream: &[u8]) -> Vec<Frame<'_>> {
    let frame = |Request { head, body, end, .. }| Frame { head, body, content_type: None, crlf: false, end };
    Request::all(stream).into_iter().map(frame).collect()
}

fn frame(stream: &[u8], mut start: usize) -> Option<Frame<'_>> {
    while let [b'\n', ..] | [b'\r', b'\n', ..] = stream[start..] {
        start += 1;
    }
    let mut at = start;
    let mut lines: Vec<&[u8]> = Vec::new();
    let crlf = loop {
        let line = line_at(stream, at)?;
        at += line.len() + 1;
        match line {
            b"" => break false,
            // A blank line of CR LF counts where the line before ends so.
            b"\r" if lines.last().is_some_and(|before| before.ends_with(b"\r")) => break true,
            line => lines.push(line),
        }
    };
    let head = &stream[start..at - if crlf { 2 } else { 1 }];
    let mut lengths = values(&lines, b"content-length:").map(|value| number(&value));
    let first = lengths.next();
    let length = match first {
        Some(first) if lengths.any(|length| length != first) => return None,
        Some(first) => Some(first?),
        None => None,
    };
    let end = at.checked_add(length.unwrap_or(0)).filter(|end| *end <= stream.len())?;
    // Several lines if those after it have no colon: they lie together in the stream.
    let content_type = values(&lines, b"content-type:").next().map(|value| {
        let (first, last) = (value.first()?, value.last()?);
        let from = first.as_ptr() as usize - stream.as_ptr() as usize;
        let to = last.as_ptr() as usize - stream.as_ptr() as usize + last.len();
        Some(trim(&stream[from..to]))
    });
    Some(Frame { head, body: length.map(|_| &stream[at..end]), content_type: content_type.flatten(), crlf, end })
}

/// The line that begins at a place, if it has an end.
fn line_at(stream: &[u8], at: usize) -> Option<&[u8]> {
    let len = stream[at..].iter().position(|octet| *octet == b'\n')?;
    Some(&stream[at..at + len])
}

/// The values of the headers with this name, each as the lines that it goes over.
fn values<'s>(lines: &[&'s [u8]], name: &[u8]) -> impl Iterator<Item = Vec<&'s [u8]>> {
    lines.iter().enumerate().filter_map(move |(place, line)| {
        let value = line.get(name.len()..).filter(|_| line[..name.len()].eq_ignore_ascii_case(name))?;
        let more = lines[place + 1..].iter().take_while(|line| !line.contains(&b':'));
        Some(std::iter::once(value).chain(more.copied()).collect())
    })
}

fn trim(value: &[u8]) -> &[u8] {
    let is_blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let from = value.iter().position(|octet| !is_blank(octet)).unwrap_or(value.len());
    let to = value.iter().rposition(|octet| !is_blank(octet) && *octet != b'\r').map_or(from, |last| last + 1);
    &value[from..to.max(from)]
}

/// The number of octets that a Content-Length says, if it can be read and is none that nobody could hold.
fn number(lines: &[&[u8]]) -> Option<usize> {
    let [line] = lines else { return None };
    let digits =
        std::str::from_utf8(trim(line)).ok().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    digits.parse().ok().filter(|length| *length <= 64 << 20)
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
