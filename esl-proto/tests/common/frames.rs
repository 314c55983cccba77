//! How a server's stream is cut into frames, written once more and for nothing but to be seen through: with the whole
//! stream at hand, line by line, and without the crate's own search.

/// A frame of a server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame<'s> {
    pub(crate) head: &'s [u8],
    pub(crate) body: Option<&'s [u8]>,
    pub(crate) content_type: Option<&'s [u8]>,
    pub(crate) crlf: bool,
    /// Whether it has lost its end.
    pub(crate) cut: bool,
    /// Where the next frame begins.
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

/// Where the frame or blank line that begins at `start` begins to be a frame.
pub(crate) fn skip_blank_lines(stream: &[u8], mut start: usize) -> usize {
    while let [b'\n', ..] | [b'\r', b'\n', ..] = stream[start..] {
        start += 1;
    }
    start
}

fn frame(stream: &[u8], start: usize) -> Option<Frame<'_>> {
    let start = skip_blank_lines(stream, start);
    let cut = next_frame(stream, start);
    let mut at = start;
    let mut lines: Vec<&[u8]> = Vec::new();
    let crlf = loop {
        if let Some(cut) =
            cut.filter(|cut| *cut < at || line_at(stream, at).is_some_and(|line| at + line.len() >= *cut))
        {
            let head = &stream[start..cut];
            // Of what begins like no frame, no line counts.
            let first = first_line(stream, start)?.strip_prefix(b"Content-Type: ");
            let content_type = first.filter(|value| TYPES.contains(value));
            return Some(Frame { head, body: None, content_type, crlf: false, cut: true, end: cut });
        }
        let line = line_at(stream, at)?;
        at += line.len() + 1;
        match line {
            b"" => break false,
            // A blank line of CR LF counts where all lines before end so.
            b"\r" if !lines.is_empty() && lines.iter().all(|before| before.ends_with(b"\r")) => break true,
            line => lines.push(line),
        }
    };
    let head = &stream[start..at - if crlf { 2 } else { 1 }];
    let is_reply = lines[0] == b"Content-Type: command/reply";
    let is_notice = lines[0] == b"Content-Type: text/disconnect-notice";
    let lingers = |line: &&&[u8]| {
        line.len() <= LONGEST_FRAMING_LINE
            && line.len() > 20
            && line[..20].eq_ignore_ascii_case(b"content-disposition:")
            && trim(&line[20..]).eq_ignore_ascii_case(b"linger")
    };
    let is_orphan = {
        let names: [&[u8]; 3] = [b"content-type:", b"content-length:", b"event-name:"];
        !names.iter().any(|name| lines[0].len() >= name.len() && lines[0][..name.len()].eq_ignore_ascii_case(name))
    };
    let is_known =
        content_type(stream, &lines).is_some_and(|value| TYPES.iter().any(|known| value.eq_ignore_ascii_case(known)));
    let length = if is_reply || (is_orphan && !is_known) {
        None
    } else if is_notice && lines.iter().any(|line| lingers(&line)) {
        let before = lines.iter().take_while(|line| !lingers(line)).copied().collect::<Vec<_>>();
        length(stream, start, &before, true)?;
        Some(0)
    } else {
        length(stream, start, &lines, is_notice)?
    };
    let end = at.checked_add(length.unwrap_or(0)).filter(|end| *end <= stream.len())?;
    let content_type = if is_reply { Some(&b"command/reply"[..]) } else { content_type(stream, &lines) };
    Some(Frame { head, body: length.map(|_| &stream[at..end]), content_type, crlf, cut: false, end })
}

/// The value of the first Content-Type: several lines if those after it have no colon, which lie together in the stream.
fn content_type<'s>(stream: &'s [u8], lines: &[&'s [u8]]) -> Option<&'s [u8]> {
    let value = values(lines, b"content-type:").next()?;
    let (first, last) = (value.first()?, value.last()?);
    let (from, to) = (place(stream, first), place(stream, last) + last.len());
    Some(trim(&stream[from..to]))
}

/// The Content-Length that a head says, if it says one; nothing at all if it cannot be read.
fn length(stream: &[u8], start: usize, lines: &[&[u8]], is_notice: bool) -> Option<Option<usize>> {
    // In the line where the next frame seems to begin, nothing is read.
    let border = start + 511;
    let is_read = |line: &&&[u8]| {
        let from = place(stream, line);
        !(is_notice && (from..=from + line.len()).contains(&border) && stream[border..].starts_with(b"Content-"))
    };
    let lines: Vec<&[u8]> = lines.iter().filter(is_read).copied().collect();
    let mut lengths = values(&lines, b"content-length:").map(|value| number(&value));
    match lengths.next() {
        Some(first) if lengths.any(|length| length != first) => None,
        Some(first) => Some(Some(first?)),
        None => Some(None),
    }
}

/// Where the next frame begins, if the one at `start` has lost its end.
fn next_frame(stream: &[u8], start: usize) -> Option<usize> {
    let line = first_line(stream, start)?;
    let second = stream.get(start + line.len() + 1..).unwrap_or_default();
    let begins = |line: &[u8], name: &[u8]| line.len() >= name.len() && line[..name.len()].eq_ignore_ascii_case(name);
    // Nothing behind the blank line is of this frame.
    let end = stream[start..].windows(2).position(|pair| pair == b"\n\n").map_or(stream.len(), |at| start + at + 1);
    let mut places = (start + 1..end).filter(|place| is_beginning(&stream[*place..]));
    match line {
        b"Content-Type: command/reply" if begins(second, b"Reply-Text:") => {
            places.find(|place| *place == start + 538 || stream[place - 1] != b'\n')
        }
        b"Content-Type: command/reply" => places.next(),
        b"Content-Type: text/disconnect-notice" => places.find(|place| *place == start + 511),
        _ if TYPES.iter().any(|known| line.strip_prefix(b"Content-Type: ") == Some(known)) => None,
        _ => {
            let mut inside = places.filter(|place| stream[place - 1] != b'\n');
            let names: [&[u8]; 3] = [b"content-type:", b"content-length:", b"event-name:"];
            if names.iter().any(|name| begins(line, name)) {
                // Only where that line itself is the end of something else, and not of an event, of which it shows a part.
                let is_short = line.len() <= LONGEST_FRAMING_LINE;
                inside.next().filter(|place| {
                    is_short && *place < start + line.len() && !stream[*place..].starts_with(b"Content-L")
                })
            } else {
                inside.next()
            }
        }
    }
}

/// No line of FreeSWITCH's that frames is longer.
const LONGEST_FRAMING_LINE: usize = 128;

const TYPES: [&[u8]; 9] = [
    b"auth/request",
    b"command/reply",
    b"api/response",
    b"log/data",
    b"text/disconnect-notice",
    b"text/rude-rejection",
    b"text/event-plain",
    b"text/event-json",
    b"text/event-xml",
];

/// Whether a frame of FreeSWITCH's begins here.
fn is_beginning(text: &[u8]) -> bool {
    let typed = |text: &[u8], of: &[&[u8]]| {
        let value = text.strip_prefix(b"Content-Type: ");
        value.is_some_and(|value| {
            of.iter().any(|known| value.strip_prefix(*known).is_some_and(|rest| rest.starts_with(b"\n")))
        })
    };
    let event = || {
        let rest = text.strip_prefix(b"Content-Length: ")?;
        let digits = rest.iter().take_while(|digit| digit.is_ascii_digit()).count();
        let rest = rest[digits..].strip_prefix(b"\n")?;
        Some((1..=20).contains(&digits) && typed(rest, &TYPES[6..]))
    };
    // Another line follows the first one of each frame but an event.
    let mut lines = text.splitn(2, |octet| *octet == b'\n').skip(1);
    let goes_on = lines.next().and_then(|rest| rest.first()).is_some_and(|octet| *octet != b'\n');
    goes_on && (text.starts_with(b"Event-Name: CHANNEL_DATA\n") || typed(text, &TYPES[..6])) || event() == Some(true)
}

fn first_line(stream: &[u8], start: usize) -> Option<&[u8]> {
    line_at(stream, start)
}

/// The line that begins at a place, if it has an end.
fn line_at(stream: &[u8], at: usize) -> Option<&[u8]> {
    let len = stream.get(at..)?.iter().position(|octet| *octet == b'\n')?;
    Some(&stream[at..at + len])
}

/// Where in the stream a part of it begins.
fn place(stream: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - stream.as_ptr() as usize
}

/// The values of the headers with this name, each as the lines that it goes over.
fn values<'s>(lines: &[&'s [u8]], name: &[u8]) -> impl Iterator<Item = Vec<&'s [u8]>> {
    lines.iter().enumerate().filter_map(move |(place, line)| {
        let value = line.get(name.len()..).filter(|_| line[..name.len()].eq_ignore_ascii_case(name))?;
        let has_colon = |line: &[u8]| line[..line.len().min(LONGEST_FRAMING_LINE)].contains(&b':');
        let more = lines[place + 1..].iter().take_while(|line| !has_colon(line));
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
