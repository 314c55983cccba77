//! What a frame is, by its Content-Type, and how the frames that a server sends begin.

use crate::name::Format;
use crate::scan::any;

/// What a frame is, by its Content-Type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameKind {
    /// auth/request
    AuthRequest,
    /// command/reply
    Reply,
    /// api/response
    ApiResponse,
    /// text/event-plain, -json or -xml
    Event(Format),
    /// log/data
    Log,
    /// text/disconnect-notice
    Disconnect,
    /// text/rude-rejection
    Rejection,
    /// Another Content-Type, or none.
    #[default]
    Other,
}

/// The Content-Types with their numbers, which [`Frame::flags`](super::Frame::flags) carries.
const TYPES: [(&[u8], FrameKind, u8); 9] = [
    (b"command/reply", FrameKind::Reply, 1),
    (b"api/response", FrameKind::ApiResponse, 2),
    (b"log/data", FrameKind::Log, 3),
    (b"text/event-plain", FrameKind::Event(Format::Plain), 4),
    (b"text/event-json", FrameKind::Event(Format::Json), 5),
    (b"text/event-xml", FrameKind::Event(Format::Xml), 6),
    (b"auth/request", FrameKind::AuthRequest, 7),
    (b"text/disconnect-notice", FrameKind::Disconnect, 8),
    (b"text/rude-rejection", FrameKind::Rejection, 9),
];

pub(super) const CONTENT_TYPE_NAME: &[u8] = b"Content-Type:";
pub(super) const CONTENT_TYPE: &[u8] = b"Content-Type: ";
/// How the second line of an event begins.
pub(super) const EVENT_LINE: &[u8] = b"Content-Type: text/event-";
/// How a reply begins.
pub(super) const REPLY_LINE: &[u8] = b"Content-Type: command/reply\n";
/// How its second line begins.
pub(super) const REPLY_TEXT: &[u8] = b"Reply-Text:";
pub(super) const CONTENT_LENGTH_NAME: &[u8] = b"Content-Length:";
const CONTENT_LENGTH: &[u8] = b"Content-Length: ";
/// How the reply to `connect` begins: the only frame that begins with neither of the two above.
const CHANNEL_DATA: &[u8] = b"Event-Name: CHANNEL_DATA";

/// No [`Beginning`] is longer, a Content-Length with all the digits that one of 64 bits can have and the byte behind the
/// last line included.
pub(super) const LONGEST_BEGINNING: usize = 80;

impl FrameKind {
    /// What `content_type`, the value of the header, says.
    pub(super) fn of(content_type: &[u8]) -> Self {
        TYPES
            .iter()
            .find(|(name, ..)| content_type.eq_ignore_ascii_case(name))
            .map_or(Self::Other, |(_, kind, _)| *kind)
    }

    /// What a frame is whose first line is `line`, exactly as FreeSWITCH writes it.
    #[inline]
    pub(super) fn of_first_line(line: &[u8]) -> Option<Self> {
        let value = line.strip_prefix(CONTENT_TYPE)?;
        TYPES.iter().find(|(name, ..)| value == *name).map(|(_, kind, _)| *kind)
    }

    pub(super) fn number(self) -> u8 {
        TYPES.iter().find(|(_, kind, _)| *kind == self).map_or(0, |(.., number)| *number)
    }

    pub(super) fn from_number(number: u8) -> Self {
        TYPES.iter().find(|(.., known)| *known == number).map_or(Self::Other, |(_, kind, _)| *kind)
    }
}

/// The beginning of a frame inside of another: its first line; of an event, the two lines of its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Where it begins.
    pub(super) at: usize,
    /// Whether another line must follow, as behind the first line of each frame but an event. A text that merely ends
    /// like one has a blank line behind it.
    pub(super) goes_on: bool,
}

/// The beginning of a frame at the end of `text`, which ends with a line but without its line end.
///
/// The server joins the next frame to what has lost its end, so the first line of that frame is the end of another
/// line. An event begins with its Content-Length and is told by the line after it.
pub(super) fn found_at_end(text: &[u8]) -> Option<Beginning> {
    let first_line = |front: &[u8]| Some(Beginning { at: front.len(), goes_on: true });
    if let Some(front) = text.strip_suffix(CHANNEL_DATA) {
        return first_line(front);
    }
    for (name, kind, _) in &TYPES {
        let Some(front) = text.strip_suffix(*name).and_then(|front| front.strip_suffix(CONTENT_TYPE)) else { continue };
        let FrameKind::Event(_) = kind else { return first_line(front) };
        let mut front = front.strip_suffix(b"\n")?;
        let digits = front.len();
        while let [rest @ .., b'0'..=b'9'] = front {
            front = rest;
        }
        let length_is_number = (1..=20).contains(&(digits - front.len()));
        let front = front.strip_suffix(CONTENT_LENGTH).filter(|_| length_is_number)?;
        return Some(Beginning { at: front.len(), goes_on: false });
    }
    None
}

/// Whether `text` at the end of a line of a reply would be taken for the first line of the next frame.
pub(crate) fn ends_in_first_line(text: &[u8]) -> bool {
    // All first lines have a colon, names that people choose hardly ever.
    any(text, |octet| octet == b':') && found_at_end(text).is_some()
}

/// Whether a text that is cut off or whose NULs become blanks can be one that [`ends_in_first_line`].
pub(crate) fn holds_first_line(mut text: &[u8]) -> bool {
    while let [_, rest @ ..] = text {
        if text.starts_with(CONTENT_TYPE_NAME) || text.starts_with(b"CHANNEL_DATA") {
            return true;
        }
        text = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_number_of_its_own() {
        for (at, (name, kind, number)) in TYPES.iter().enumerate() {
            assert_eq!(FrameKind::of(name), *kind);
            assert_eq!((kind.number(), FrameKind::from_number(*number)), (*number, *kind));
            assert!(TYPES[..at].iter().all(|(.., other)| other != number));
        }
        assert_eq!((FrameKind::Other.number(), FrameKind::from_number(0)), (0, FrameKind::Other));
    }

    #[test]
    fn no_beginning_is_longer_than_is_said() {
        for (name, ..) in TYPES {
            let length = CONTENT_LENGTH.len() + u64::MAX.to_string().len() + 1;
            assert!(length + CONTENT_TYPE.len() + name.len() + 2 < LONGEST_BEGINNING);
        }
        assert!(CHANNEL_DATA.len() + 2 < LONGEST_BEGINNING);
    }

    #[test]
    fn frames_are_found_at_the_end_of_a_line_only() {
        let found = |text: &str| found_at_end(text.as_bytes()).map(|found| (found.at, found.goes_on));
        assert_eq!(found("x yContent-Type: command/reply"), Some((3, true)));
        assert_eq!(found("Content-Type: api/response"), Some((0, true)));
        assert_eq!(found("x yEvent-Name: CHANNEL_DATA"), Some((3, true)));
        assert_eq!(found("xContent-Length: 12\nContent-Type: text/event-json"), Some((1, false)));
        assert_eq!(found("xContent-Length: 5Content-Length: 12\nContent-Type: text/event-json"), Some((18, false)));
        for none in [
            "",
            "Content-Type: command/reply ",
            "Content-Type: text/html",
            "content-type: command/reply",
            "Content-Type: text/event-json",
            "Content-Length: \nContent-Type: text/event-json",
            "Content-Length: 1x\nContent-Type: text/event-json",
            "Content-Length: 123456789012345678901\nContent-Type: text/event-json",
            "Content-Length: 12\nxContent-Type: text/event-json",
        ] {
            assert_eq!(found(none), None, "{none}");
        }
    }
}
