//! Dial strings that own their bytes.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::{
    Bridge, DialEncodeError, DialError, DialHandle, DialParseError, DialReadError, DialString, Originate, read,
};
use crate::grow::append;
use crate::text::Value;

/// A [`DialString`] that owns its bytes: what a program keeps, or a configuration holds.
///
/// ```
/// use esl_proto::dial::{DialStringBuf, Destination, Leg, Originate};
///
/// let desk: DialStringBuf = "[leg_timeout=10]user/1000,user/1001".parse()?;
/// let legs = [Leg::new("user/1000").variables(&[("leg_timeout", "10")]), Leg::new("user/1001")];
/// assert_eq!(desk.as_dial_string(), (&legs).into());
///
/// let mut line = Vec::new();
/// Originate::new(desk.as_dial_string(), Destination::extension("9")).encode_to_vec(&mut line)?;
/// assert_eq!(line, b"originate [leg_timeout=10]user/1000,user/1001 9");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DialStringBuf {
    /// The argument of `bridge` that it was read from.
    argument: Box<[u8]>,
    /// The same, read.
    text: Box<[u8]>,
}

impl DialStringBuf {
    /// Reads the argument of `bridge`, as [`Bridge::parse`] does.
    ///
    /// # Errors
    /// [`DialParseError`] if the server would refuse it or read past its end, or if it holds `${...}`.
    pub fn parse(argument: &[u8]) -> Result<Self, DialParseError> {
        let mut storage = vec![0; argument.len()];
        let len = match read::bridge_text(argument, &mut storage) {
            Ok(text) => text.len(),
            // There is all the room that can be needed.
            Err(DialReadError::Insufficient(_)) => 0,
            Err(DialReadError::Refused(error)) => return Err(error),
        };
        storage.truncate(len);
        Ok(Self { argument: argument.into(), text: storage.into() })
    }

    /// The argument of `bridge` that says it.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.argument
    }

    /// The dial string, as a view on this.
    #[must_use]
    pub fn as_dial_string(&self) -> DialString<'_> {
        DialString::read(&self.text)
    }
}

impl DialString<'_> {
    /// The same dial string with its own storage.
    ///
    /// # Errors
    /// [`DialError`] if no text would be read back as this.
    pub fn into_owned(self) -> Result<DialStringBuf, DialError> {
        let mut argument = Vec::new();
        match (Bridge { dial: self }).encode_to_vec(&mut argument) {
            Ok(()) | Err(DialEncodeError::Insufficient(_)) => {}
            Err(DialEncodeError::Refused(error)) => return Err(error),
        }
        // What is written is read back.
        let read = DialStringBuf::parse(&argument);
        Ok(read.unwrap_or_else(|_| DialStringBuf { argument: argument.into(), text: Box::default() }))
    }
}

impl Bridge<'_> {
    /// Writes the argument to the end of `out`: all of it, or nothing.
    ///
    /// # Errors
    /// [`DialEncodeError`] if no argument would be read back as this.
    pub fn encode_to_vec(&self, out: &mut Vec<u8>) -> Result<(), DialEncodeError> {
        append(out, |len| *len, |room| self.encode(room).map(<[u8]>::len)).map(drop)
    }
}

impl Originate<'_> {
    /// Writes the line to the end of `out`: all of it, or nothing.
    ///
    /// # Errors
    /// [`DialEncodeError`] if no line would be read back as this.
    pub fn encode_to_vec(&self, out: &mut Vec<u8>) -> Result<(), DialEncodeError> {
        append(out, |len| *len, |room| self.encode(room).map(<[u8]>::len)).map(drop)
    }

    /// Writes the line of a call whose channel gets this uuid, so that it is known before the call is answered. Returns false,
    /// and writes nothing, if the call has several legs or an `origination_uuid` already.
    ///
    /// # Errors
    /// [`DialEncodeError`] if no line would be read back as this.
    pub fn encode_named_to_vec(&self, uuid: &[u8], out: &mut Vec<u8>) -> Result<bool, DialEncodeError> {
        const NAME: &[u8] = b"origination_uuid";
        let call: Originate<'_> = *self;
        let mut handles = call.dial.handles.iter();
        let (Some(handle), None) = (handles.next(), handles.next()) else { return Ok(false) };
        let mut lists = handle.leg_lists.iter();
        let (Some(list), None) = (lists.next(), lists.next()) else { return Ok(false) };
        let mut legs = list.iter();
        let (Some(leg), None) = (legs.next(), legs.next()) else { return Ok(false) };
        let all = call.dial.variables.iter().chain(handle.variables.iter()).chain(leg.variables.iter());
        if all.map(|(name, _)| name).any(|name| name.eq_ignore_ascii_case(NAME)) {
            return Ok(false);
        }
        let mut variables: Vec<(&[u8], &[u8])> = leg.variables.iter().collect();
        variables.push((NAME, uuid));
        let leg = leg.variables(variables.as_slice());
        let dial = DialString { handles: DialHandle { leg_lists: leg.into(), ..handle }.into(), ..call.dial };
        Originate { dial, ..call }.encode_to_vec(out).map(|()| true)
    }
}

impl FromStr for DialStringBuf {
    type Err = DialParseError;

    /// As [`parse`](Self::parse).
    fn from_str(text: &str) -> Result<Self, DialParseError> {
        Self::parse(text.as_bytes())
    }
}

impl TryFrom<DialString<'_>> for DialStringBuf {
    type Error = DialError;

    fn try_from(dial: DialString<'_>) -> Result<Self, DialError> {
        dial.into_owned()
    }
}

impl PartialEq for DialStringBuf {
    fn eq(&self, other: &Self) -> bool {
        self.as_dial_string() == other.as_dial_string()
    }
}

impl Eq for DialStringBuf {}

impl fmt::Debug for DialStringBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_dial_string().fmt(f)
    }
}

impl fmt::Display for DialStringBuf {
    /// The argument of `bridge`; bytes that are not UTF-8 become U+FFFD.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from_bytes(&self.argument).fmt(f)
    }
}
