//! Events and log lines that a program keeps.

use std::fmt;
use std::sync::Arc;

use esl_proto::message::LogLine;
use esl_proto::name::{EventName, Format, LogLevel, header};
use esl_proto::{Event, Value};

/// An event that owns its octets. Copies share them.
#[derive(Clone, PartialEq, Eq)]
pub struct EventBuf {
    text: Arc<[u8]>,
    format: Format,
    crlf: bool,
}

impl EventBuf {
    /// The event, with all that can be asked of it.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        Event::new(self.format, &self.text).with_crlf(self.crlf)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<EventName<'_>> {
        self.event().name()
    }

    /// The last header of this name, in any case of its letters.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Value<'_>> {
        self.event().get(name)
    }

    /// The same as text; empty if there is none.
    #[must_use]
    pub fn text(&self, name: impl AsRef<[u8]>) -> String {
        self.get(name).map(|value| value.to_string()).unwrap_or_default()
    }

    /// A variable of its channel.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Value<'_>> {
        self.get(format!("variable_{name}"))
    }

    /// The channel that it is about.
    #[must_use]
    pub fn unique_id(&self) -> Option<Value<'_>> {
        self.get(header::UNIQUE_ID)
    }

    /// Its own body.
    #[must_use]
    pub fn body(&self) -> Option<Value<'_>> {
        self.event().body()
    }
}

impl From<&Event<'_>> for EventBuf {
    fn from(event: &Event<'_>) -> Self {
        Self { text: event.text().into(), format: event.format(), crlf: event.is_crlf() }
    }
}

impl fmt::Debug for EventBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.event(), f)
    }
}

/// A line of the server's log that owns its text. Copies share it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogBuf {
    /// How urgent it is.
    pub level: Option<LogLevel>,
    /// The line, with its end.
    pub text: Arc<[u8]>,
    /// The source file that has written it.
    pub file: Box<str>,
    /// The line in that file.
    pub line: Option<u64>,
    /// The channel that it is about; empty if there is none.
    pub channel: Box<[u8]>,
}

impl From<&LogLine<'_>> for LogBuf {
    fn from(line: &LogLine<'_>) -> Self {
        Self {
            level: line.level(),
            text: line.text().into(),
            file: line.file().map(|file| file.to_string()).unwrap_or_default().into(),
            line: line.line(),
            channel: line.channel_uuid().map(|uuid| uuid.to_vec()).unwrap_or_default().into(),
        }
    }
}

impl fmt::Display for LogBuf {
    /// The line without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(String::from_utf8_lossy(&self.text).trim_end())
    }
}
