//! What all events have in common that can be sent: their own coding does not matter.

use super::outgoing::{EventEncodeError, Field};
use super::write::{self, EncodeOptions};
use super::{Event, EventError, Indexed};
use crate::name::Format;
use crate::sink::Writer;
use crate::text::Value;

/// An event that can be written in any format, offered and delivered: one that was read ([`Event`], [`Indexed`]), one
/// that the host makes ([`OutgoingEvent`](crate::event::OutgoingEvent)), or the host's own type.
///
/// Names and values keep their encoding until they are written, straight into the caller's buffer.
///
/// ```
/// use esl_proto::name::Format;
/// use esl_proto::event::{EncodeOptions, EventSource};
/// use esl_proto::Event;
///
/// let event = Event::new(Format::Plain, b"Event-Name: HEARTBEAT\nUp-Time: 0%20years\nContent-Length: 2\n\nok");
/// let mut out = [0; 128];
/// let len = event.encode(Format::Json, EncodeOptions::FREESWITCH, &mut out)?;
/// let json = br#"{"Event-Name":"HEARTBEAT","Up-Time":"0 years","Content-Length":"2","_body":"ok"}"#;
/// assert_eq!(&out[..len], json);
/// # Ok::<(), esl_proto::event::EventEncodeError>(())
/// ```
pub trait EventSource {
    /// Passes each header to `field`, in their order, and returns the body. Called more than once, it must do the same each
    /// time.
    ///
    /// # Errors
    ///
    /// The event cannot be read to its end; the headers before that place have been passed.
    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError>;

    /// The event itself, if this is one that was read and nothing is changed in it: it is written without a call of
    /// [`visit`](Self::visit)'s `field` for each header.
    fn as_read(&self) -> Option<Event<'_>> {
        None
    }

    /// Writes the event's document, the body of a `text/event-...` frame, to the front of `out` and returns its length.
    ///
    /// A Content-Length among the headers belongs to the document that they were read from: the one that is written is that
    /// of the body.
    ///
    /// # Errors
    ///
    /// The event cannot be written in this format with these options, or `out` is too short; what `out` holds then has no
    /// meaning.
    fn encode(
        &self,
        format: Format,
        options: impl Into<EncodeOptions>,
        out: &mut [u8],
    ) -> Result<usize, EventEncodeError>
    where
        Self: Sized,
    {
        let mut writer = Writer::new(out);
        write::document(self, format, options.into(), &mut writer)?;
        Ok(writer.finish()?.len())
    }

    /// How long the event's document is in a format. It takes a pass over the event: to write one, call
    /// [`encode`](Self::encode) at once, whose error says how much room is needed.
    fn encoded_len(&self, format: Format, options: impl Into<EncodeOptions>) -> usize
    where
        Self: Sized,
    {
        let mut counter = Writer::new(&mut []);
        // An event that is refused has a length, too; `encode` says what is wrong with it.
        let _ = write::document(self, format, options.into(), &mut counter);
        counter.count()
    }
}

impl EventSource for Event<'_> {
    fn as_read(&self) -> Option<Event<'_>> {
        Some(*self)
    }

    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError> {
        let mut headers = self.headers();
        headers.each(usize::MAX, (), |(), header| field(header.into()));
        match headers.error() {
            Some(error) => Err(error),
            None => Ok(headers.into_body()),
        }
    }
}

impl EventSource for Indexed<'_, '_> {
    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError> {
        let mut headers = self.headers();
        headers.by_ref().for_each(|header| field(header.into()));
        match headers.error() {
            Some(error) => Err(error),
            None => Ok(self.body()),
        }
    }
}

#[cfg(feature = "alloc")]
impl EventSource for super::EventBuf {
    fn as_read(&self) -> Option<Event<'_>> {
        Some(self.as_event())
    }

    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError> {
        let mut headers = self.headers();
        headers.each(usize::MAX, (), |(), header| field(header.into()));
        match headers.error() {
            Some(error) => Err(error),
            None => Ok(headers.into_body()),
        }
    }
}

impl<T: EventSource + ?Sized> EventSource for &T {
    fn visit<'s>(&'s self, field: &mut dyn FnMut(Field<'s>)) -> Result<Option<Value<'s>>, EventError> {
        (**self).visit(field)
    }

    fn as_read(&self) -> Option<Event<'_>> {
        (**self).as_read()
    }
}
