//! A host with a small buffer gets what one with a large buffer gets: the same answers to the same commands, the same
//! counts, the same end, and the same headers of plain events and of channel data.

use esl_proto::Limits;

use crate::small_buffer::{Host, in_parts, run as connection};
use crate::splits::Splits;

/// See the module.
pub fn run(data: &[u8]) {
    let Some((first, stream)) = data.split_first_chunk::<6>() else { return };
    // Who has room for a Content-Length with hundreds of zeros reads it; nobody writes one.
    // A head that begins in the middle of a line, behind a lost body, is found by who has room for that line.
    let is_long = |line: &[u8]| {
        let begins_inside = || line[1..].windows(13).any(|name| name.eq_ignore_ascii_case(b"Content-Type:"));
        line.len() > 128 && (line[..15].eq_ignore_ascii_case(b"Content-Length:") || begins_inside())
    };
    if stream.split(|octet| *octet == b'\n').any(is_long) {
        return;
    }
    let [mode, commands, size, more, seed, most] = *first;
    let buffer = Limits::MIN + usize::from(u16::from_le_bytes([size, more]) % 2048);
    let (is_outbound, commands) = (mode & 1 == 1, 1 + usize::from(commands % 32));
    let whole = connection(Host { buffer: usize::MAX, chunk: usize::MAX }, is_outbound, commands, stream);
    let chunk = Splits::new(seed, most).next().unwrap_or(1);
    let small = connection(Host { buffer, chunk }, is_outbound, commands, stream);
    // A line that fills a small buffer is judged by its front, before the stream ends inside of it.
    if small.end == "protocol" && whole.end != "protocol" && whole.incomplete > 128 {
        return;
    }
    assert_eq!(small, whole);

    // Octets that no server writes unescaped make a value of what is a name, if a line is longer than the buffer.
    let colons = |line: &[u8]| line.iter().filter(|octet| **octet == b':').count();
    let is_odd =
        |line: &[u8]| line.len() > 150 && (colons(line) != 1 || !line[..100].windows(2).any(|pair| pair == b": "));
    // Whether a head in parts is channel data, its first line tells: the server writes nothing in front of that.
    let mut before: &[u8] = b"";
    let is_inside = |line| {
        let is_first = std::mem::replace(&mut before, line).is_empty();
        !is_first && line[..line.len().min(11)].eq_ignore_ascii_case(b"Event-Name:")
    };
    if stream.contains(&b'\r')
        || stream.split(|octet| *octet == b'\n').any(is_odd)
        || stream.split(|octet| *octet == b'\n').any(is_inside)
    {
        return;
    }
    assert_eq!(in_parts(buffer, stream), in_parts(usize::MAX, stream));
}
