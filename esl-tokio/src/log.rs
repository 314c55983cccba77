//! Log lines that a program keeps.

use std::fmt;
use std::sync::Arc;

use esl_proto::Value;
use esl_proto::message::LogLine;
use esl_proto::name::LogLevel;

/// A line of the server's log that owns its text. Copies share it.
#[derive(Clone, PartialEq, Eq)]
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

impl fmt::Debug for LogBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogBuf")
            .field("level", &self.level)
            .field("text", &Value::from_bytes(&self.text))
            .field("file", &self.file)
            .field("line", &self.line)
            .field("channel", &Value::from_bytes(&self.channel))
            .finish()
    }
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
