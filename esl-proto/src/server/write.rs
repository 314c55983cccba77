//! What the listener writes.

use core::fmt;

use super::{Control, Rights};
use crate::event::{self, OutgoingEvent};
use crate::frame::holds_first_line;
use crate::name::{Format, LogLevel, header};
use crate::sink::{Sink, Writer};
use crate::text::cut::{around, run_without};
use crate::text::{Insufficient, Percent, Value};

/// What the server's buffer for a reply's text holds.
const REPLY_TEXT_MAX: usize = 511;

/// Puts the text of a reply, in parts: no longer than the server's, and one line. Line ends and NUL become blanks, where
/// the server would lose the end of its frame.
fn put_text(parts: &[&[u8]], out: &mut Writer<'_>) {
    let mut left = REPLY_TEXT_MAX;
    for part in parts {
        let mut rest = part.get(..left).unwrap_or(part);
        left = left.saturating_sub(rest.len());
        while let Some((before, _, after)) = around(rest, run_without(rest, |octet| matches!(octet, b'\n' | b'\r' | 0)))
        {
            out.put(before);
            out.put(b" ");
            rest = after;
        }
        out.put(rest);
    }
}

/// Puts a header whose value is one line.
fn put_line(name: &str, parts: &[&[u8]], out: &mut Writer<'_>) {
    out.put(name.as_bytes());
    out.put(b": ");
    put_text(parts, out);
    out.put(b"\n");
}

/// The same with another line behind it. What holds the words of a frame's first line gets a blank at its end: a client
/// would take that line for the beginning of a frame, which FreeSWITCH joins to a reply that has lost its end.
fn put_line_within(name: &str, parts: &[&[u8]], out: &mut Writer<'_>) {
    out.put(name.as_bytes());
    out.put(b": ");
    put_text(parts, out);
    out.put(if parts.iter().any(|part| holds_first_line(part)) { b" \n" } else { b"\n" });
}

/// A frame that the listener writes.
pub(super) enum Output<'a> {
    AuthRequest,
    Rejection,
    /// A reply's text.
    Text(&'static str),
    /// A reply's text, in parts.
    Reply(&'a [&'a [u8]]),
    FilterAdded(&'a [u8], &'a [u8]),
    FilterDeleted(&'a [u8], &'a [u8]),
    /// The reply to `event`.
    Listening(Format),
    /// The reply to `linger <seconds>`.
    WillLinger(i32),
    /// The reply to `log`: the word as the client has written it, and the level that it is.
    LogLevel(&'a [u8], LogLevel),
    /// The reply to `userauth`.
    Rights(&'a Rights<'a>),
    /// The reply to `bgapi`.
    Job(&'a [u8]),
    /// The reply to `connect`: the channel's data, coded like a plain event.
    Channel(&'a OutgoingEvent<'a>, Control, Percent),
    Api(&'a [u8]),
    Log(&'a LogData<'a>),
    /// The notice at the end of the connection: the controlled channel, and what to say.
    Goodbye(Option<&'a [u8]>, &'a [u8]),
    /// The notice that the channel is gone and the connection stays: the channel, its name, seconds.
    Lingering(&'a [u8], &'a [u8], i32),
}

impl Output<'_> {
    /// Writes the frame to the front of `out`.
    pub(super) fn emit(&self, out: &mut [u8]) -> Result<usize, Insufficient> {
        let mut writer = Writer::new(out);
        self.write(&mut writer);
        Ok(writer.finish()?.len())
    }

    pub(super) fn write(&self, sink: &mut Writer<'_>) {
        match self {
            Self::AuthRequest => {
                sink.put_header(header::CONTENT_TYPE, b"auth/request");
                sink.put(b"\n");
            }
            Self::Rejection => put_frame(b"text/rude-rejection", b"Access Denied, go away.\n", sink),
            Self::Text(text) => Output::Reply(&[text.as_bytes()]).write(sink),
            Self::Reply(parts) => {
                sink.put_header(header::CONTENT_TYPE, b"command/reply");
                put_line(header::REPLY_TEXT, parts, sink);
                sink.put(b"\n");
            }
            Self::FilterAdded(header, value) => {
                Output::Reply(&[b"+OK filter added. [", header, b"]=[", value, b"]"]).write(sink);
            }
            Self::FilterDeleted(header, value) => {
                Output::Reply(&[b"+OK filter deleted. [", header, b"][", value, b"]"]).write(sink);
            }
            Self::Listening(format) => {
                Output::Reply(&[b"+OK event listener enabled ", format.as_str().as_bytes()]).write(sink);
            }
            Self::WillLinger(seconds) => {
                let mut number = Number::default();
                let text = [b"+OK will linger ", number.text(*seconds), b" seconds"];
                Output::Reply(&text).write(sink);
            }
            Self::LogLevel(word, level) => {
                let mut number = Number::default();
                let text = [b"+OK log level ", *word, b" [", number.text(level.number().into()), b"]"];
                Output::Reply(&text).write(sink);
            }
            Self::Rights(rights) => {
                sink.put_header(header::CONTENT_TYPE, b"command/reply");
                put_line(header::REPLY_TEXT, &[b"+OK accepted"], sink);
                put_line_within(header::ALLOWED_EVENTS, &[rights.allowed_events.unwrap_or(b"all")], sink);
                put_line_within(header::ALLOWED_API, &[rights.allowed_api.unwrap_or(b"all")], sink);
                put_line(header::ALLOWED_LOG, &[if rights.allowed_log { b"true" } else { b"false" }], sink);
                sink.put(b"\n");
            }
            Self::Job(job) => {
                sink.put_header(header::CONTENT_TYPE, b"command/reply");
                put_line_within(header::REPLY_TEXT, &[b"+OK Job-UUID: ", job], sink);
                put_line(header::JOB_UUID, &[job], sink);
                sink.put(b"\n");
            }
            Self::Channel(data, control, percent) => {
                // Data that cannot be written has been refused.
                let _ = event::lines(*data, *percent, sink);
                sink.put_header(header::CONTENT_TYPE, b"command/reply");
                sink.put_header(header::REPLY_TEXT, b"%2BOK%0A");
                sink.put_header(header::SOCKET_MODE, if control.is_async { b"async" } else { b"static" });
                sink.put_header(header::CONTROL, if control.full { b"full" } else { b"single-channel" });
                sink.put(b"\n");
            }
            Self::Api(output) => put_frame(b"api/response", output, sink),
            Self::Log(log) => log.write(sink),
            Self::Goodbye(channel, text) => {
                sink.put_header(header::CONTENT_TYPE, b"text/disconnect-notice");
                if let Some(channel) = channel {
                    put_line(header::CONTROLLED_SESSION_UUID, &[channel], sink);
                    sink.put_header(header::CONTENT_DISPOSITION, b"disconnect");
                }
                put_body(text, sink);
            }
            Self::Lingering(channel, name, seconds) => {
                sink.put_header(header::CONTENT_TYPE, b"text/disconnect-notice");
                put_line(header::CONTROLLED_SESSION_UUID, &[channel], sink);
                sink.put_header(header::CONTENT_DISPOSITION, b"linger");
                put_line(header::CHANNEL_NAME, &[name], sink);
                put_line(header::LINGER_TIME, &[Number::default().text(*seconds)], sink);
                put_body(b"", sink);
            }
        }
    }
}

/// The frame of an event, whose document `write` puts.
pub(super) fn put_event_head(format: Format, sink: &mut Writer<'_>, write: impl FnMut(&mut Writer<'_>)) {
    let content_type: &[u8] = match format {
        Format::Plain => b"\nContent-Type: text/event-plain\n\n",
        Format::Json => b"\nContent-Type: text/event-json\n\n",
        Format::Xml => b"\nContent-Type: text/event-xml\n\n",
    };
    sink.put_counted(b"Content-Length: ", content_type, write);
}

/// A frame of a type and a body.
fn put_frame(content_type: &[u8], body: &[u8], sink: &mut Writer<'_>) {
    sink.put_header(header::CONTENT_TYPE, content_type);
    put_body(body, sink);
}

/// The Content-Length, also of nothing, the end of the head and the body.
fn put_body(body: &[u8], sink: &mut Writer<'_>) {
    sink.put_number_header(header::CONTENT_LENGTH, body.len() as u64);
    sink.put(b"\n");
    sink.put(body);
}

/// Room for the digits of a number.
#[derive(Default)]
struct Number([u8; 11]);

impl Number {
    fn text(&mut self, number: i32) -> &[u8] {
        let mut writer = Writer::new(&mut self.0);
        if number < 0 {
            writer.put(b"-");
        }
        writer.put_number(number.unsigned_abs().into());
        writer.finish().unwrap_or_default()
    }
}

/// A line of the log, to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogData<'a> {
    /// How grave it is.
    pub level: LogLevel,
    /// The kind of channel that it is written to: 0 for the log, 1 for a clean one, 2 for an event's, 3 for a
    /// call's.
    pub text_channel: u8,
    /// The source file.
    pub file: &'a [u8],
    /// The source function.
    pub function: &'a [u8],
    /// The source line.
    pub line: u32,
    /// A channel's uuid, or nothing.
    pub user_data: &'a [u8],
    /// The text with its line end.
    pub text: &'a [u8],
}

impl LogData<'_> {
    fn write(&self, sink: &mut Writer<'_>) {
        sink.put_header(header::CONTENT_TYPE, b"log/data");
        sink.put_number_header(header::CONTENT_LENGTH, self.text.len() as u64);
        put_line(header::LOG_LEVEL, &[Number::default().text(self.level.number().into())], sink);
        sink.put_number_header(header::TEXT_CHANNEL, self.text_channel.into());
        put_line(header::LOG_FILE, &[self.file], sink);
        put_line(header::LOG_FUNC, &[self.function], sink);
        sink.put_number_header(header::LOG_LINE, self.line.into());
        put_line(header::USER_DATA, &[self.user_data], sink);
        sink.put(b"\n");
        sink.put(self.text);
    }
}

impl fmt::Debug for LogData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogData").field("level", &self.level).field("text", &Value::from_bytes(self.text)).finish()
    }
}
