//! What the client itself must know of a frame, whether it comes whole or in parts.

use crate::event::Event;
use crate::frame::{Frame, FrameKind, Header, Lines};
use crate::message::{Disposition, SocketMode, Status};
use crate::name::header;
use crate::text::Value;

/// What a frame has told so far.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) kind: FrameKind,
    /// How the Reply-Text begins.
    pub(super) status: Option<Status>,
    /// Whether this is the reply to `connect`.
    pub(super) is_connect: bool,
    pub(super) full_control: Option<bool>,
    pub(super) socket_mode: Option<SocketMode>,
    pub(super) log_allowed: Option<bool>,
    /// Whether a notice says `linger`.
    pub(super) lingers: bool,
    /// Whether a notice names the controlled channel.
    pub(super) has_session: bool,
    pub(super) text: NoticeText,
}

shown! { Facts { kind status is_connect full_control socket_mode log_allowed lingers has_session text } }

impl Facts {
    pub(super) const fn new(kind: FrameKind) -> Self {
        Self {
            kind,
            status: None,
            is_connect: false,
            full_control: None,
            socket_mode: None,
            log_allowed: None,
            lingers: false,
            has_session: false,
            text: NoticeText::NEW,
        }
    }

    /// What a whole head tells.
    pub(super) fn of(head: &Frame<'_>) -> Self {
        let mut facts = Self::new(head.kind());
        let channel_data = Event::from_head(head);
        let mut take = |header: Header<'_>| facts.header(header.name, header.value);
        match head.is_channel_data() {
            true => channel_data.headers().for_each(&mut take),
            false => head.headers().for_each(&mut take),
        }
        facts
    }

    /// Takes lines of the head in.
    pub(super) fn lines(&mut self, lines: &Lines<'_>) {
        self.is_connect |= lines.is_event();
        for part in lines.headers() {
            // A part that goes on with a value tells nothing: the client's headers are short. Of a longer line only the
            // front can matter.
            let matters = |name: &Value<'_>| {
                let is = |known: &str| name.eq_ignore_ascii_case(known);
                part.is_complete || is(header::REPLY_TEXT) || is(header::CONTROLLED_SESSION_UUID)
            };
            if let Some(name) = part.name.filter(matters) {
                self.header(name, part.value);
            }
        }
    }

    fn header(&mut self, name: Value<'_>, value: Value<'_>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match self.kind {
            FrameKind::Disconnect if is(header::CONTENT_DISPOSITION) => {
                self.lingers = Disposition::of(value) == Disposition::Linger;
            }
            FrameKind::Disconnect if is(header::CONTROLLED_SESSION_UUID) => self.has_session = true,
            FrameKind::Reply | FrameKind::Other if is(header::REPLY_TEXT) => {
                self.status.get_or_insert(status(value));
            }
            FrameKind::Reply | FrameKind::Other if is(header::CONTROL) => {
                self.full_control = word(value, "full", "single-channel").or(self.full_control);
            }
            FrameKind::Reply | FrameKind::Other if is(header::SOCKET_MODE) => {
                self.socket_mode = SocketMode::from_word(value.raw());
            }
            FrameKind::Reply if is(header::ALLOWED_LOG) => {
                self.log_allowed = word(value, "true", "false").or(self.log_allowed);
            }
            _ => {}
        }
    }
}

/// Which of two words a value is, if it is one of them.
fn word(value: Value<'_>, yes: &str, no: &str) -> Option<bool> {
    let is = |word: &str| value == *word;
    is(yes).then_some(true).or_else(|| is(no).then_some(false))
}

/// How a reply's text begins. Only in the reply to `connect` it is coded.
fn status(text: Value<'_>) -> Status {
    let mut front = [0; 8];
    let mut len = 0;
    for (to, byte) in front.iter_mut().zip(text.bytes()) {
        *to = byte;
        len += 1;
    }
    Status::of(front.get(..len).unwrap_or_default())
}

/// The beginning of a notice's text, by which FreeSWITCH tells why the connection ends. It may come in any pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoticeText {
    seen: usize,
    is: [bool; 2],
}

impl NoticeText {
    const BEGINNINGS: [&'static [u8]; 2] = [b"killed listener", b"The system is being shut down"];
    const NEW: Self = Self { seen: 0, is: [true; 2] };

    /// Takes the next bytes in.
    pub(super) fn take(&mut self, text: &[u8]) {
        for (is, beginning) in self.is.iter_mut().zip(Self::BEGINNINGS) {
            let rest = beginning.get(self.seen..).unwrap_or_default();
            *is &= rest.iter().zip(text).all(|(expected, byte)| expected == byte);
        }
        self.seen = self.seen.saturating_add(text.len());
    }

    /// Whether the connection has lost events by reading too slowly.
    pub(super) const fn tells_lost_events(&self) -> bool {
        self.is[0] && self.seen >= Self::BEGINNINGS[0].len()
    }

    /// Whether the server is shutting down.
    pub(super) const fn tells_shutdown(&self) -> bool {
        self.is[1] && self.seen >= Self::BEGINNINGS[1].len()
    }
}
