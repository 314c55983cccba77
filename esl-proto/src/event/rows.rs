//! Tables that API commands answer with.

use core::iter::FusedIterator;

use super::{Event, EventError, EventErrorKind};
use crate::name::Format;
use crate::scan::slice;

/// The rows in the answer to `api show ... as json`, `{"row_count":2,"rows":[{...},{...}]}`, each as an event with the
/// columns as headers.
///
/// If the output cannot be read to its end, the last item is an error.
///
/// ```
/// use esl_proto::event::Rows;
///
/// let output = br#"{"row_count":1,"rows":[{"uuid":"5fd4","direction":"inbound"}]}"#;
/// for row in Rows::new(output) {
///     assert!(row?.get("uuid").is_some_and(|uuid| uuid == "5fd4"));
/// }
/// # Ok::<(), esl_proto::event::EventError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    output: &'a [u8],
    at: usize,
    /// How many braces are open.
    depth: usize,
    over: bool,
}

impl<'a> Rows<'a> {
    /// The rows of an answer.
    #[must_use]
    pub const fn new(output: &'a [u8]) -> Self {
        Self { output, at: 0, depth: 0, over: false }
    }

    fn row(&mut self) -> Result<Option<Event<'a>>, EventError> {
        if self.at == 0 && !self.output.trim_ascii_start().starts_with(b"{") {
            return Err(EventError { kind: EventErrorKind::Unexpected, offset: 0 });
        }
        let (mut start, mut quoted, mut escaped) = (0, false, false);
        while let Some(octet) = self.output.get(self.at) {
            self.at += 1;
            match octet {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'{' => {
                    self.depth = self.depth.saturating_add(1);
                    if self.depth == 2 {
                        start = self.at - 1;
                    }
                }
                b'}' => {
                    let unexpected = EventError { kind: EventErrorKind::Unexpected, offset: self.at - 1 };
                    self.depth = self.depth.checked_sub(1).ok_or(unexpected)?;
                    if self.depth == 1 {
                        return Ok(Some(Event::new(Format::Json, slice(self.output, start, self.at))));
                    }
                }
                _ => {}
            }
        }
        if self.depth > 0 || quoted {
            return Err(EventError { kind: EventErrorKind::Truncated, offset: self.output.len() });
        }
        Ok(None)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Event<'a>, EventError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let row = self.row().transpose();
        self.over = !matches!(row, Some(Ok(_)));
        row
    }
}

impl FusedIterator for Rows<'_> {}
