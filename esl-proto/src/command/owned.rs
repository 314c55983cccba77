//! Commands that own their bytes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::{Command, CommandError, CommandErrorKind, EncodeError, Field, parse};
use crate::frame::{Decoder, Limits, Step};
use crate::grow::append;

/// A [`Command`] that owns its bytes, to be sent later: the bytes as sent, in one allocation.
///
/// ```
/// use esl_proto::{Client, Command, CommandBuf, Limits};
///
/// fn status_of(uuid: &str) -> Result<CommandBuf, esl_proto::command::CommandError> {
///     let line = format!("uuid_dump {uuid}");
///     Command::api(&line).into_owned() // which a `Command<'static>` could not be made of
/// }
///
/// let later: Vec<CommandBuf> = vec![Command::auth("ClueCon").into_owned()?, status_of("5fd4")?];
/// let (mut client, mut out) = (Client::inbound(Limits::DEFAULT), Vec::new());
/// for command in &later {
///     client.send_to_vec(&command.as_command(), &mut out)?;
/// }
/// assert_eq!(out, b"auth ClueCon\n\napi uuid_dump 5fd4\n\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CommandBuf(Box<[u8]>);

impl CommandBuf {
    /// The same as `command`.
    ///
    /// # Errors
    /// [`CommandError`] if it cannot be sent.
    pub fn new(command: &Command<'_>) -> Result<Self, CommandError> {
        let mut octets = Vec::new();
        match command.encode_to_vec(&mut octets) {
            // There is all the room that can be needed.
            Ok(()) | Err(EncodeError::Insufficient(_)) => {}
            Err(EncodeError::Refused(error)) => return Err(error),
        }
        match read(&octets) {
            Some(same) if same == *command => Ok(Self(octets.into())),
            // What is not read back as it was meant would not have been written.
            _ => Err(CommandError { kind: CommandErrorKind::Reserved, field: Field::Head, item: 0, offset: 0 }),
        }
    }

    /// The command: to be sent, or looked at.
    #[must_use]
    pub fn as_command(&self) -> Command<'_> {
        // `new` has read just these bytes.
        read(&self.0).unwrap_or(Command::NoEvents)
    }

    /// The bytes that go out, for a host that [tracks](crate::Client::track) what it has sent.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reads what has been written.
fn read(octets: &[u8]) -> Option<Command<'_>> {
    const ANY: Limits =
        Limits { max_head: usize::MAX, max_lines: usize::MAX, max_body: usize::MAX, max_buffered: usize::MAX };
    match Decoder::for_requests(ANY).decode(octets) {
        Ok(Step::Frame { frame, .. }) => parse::written(&frame.into()),
        _ => None,
    }
}

impl Command<'_> {
    /// The same command with its own storage.
    ///
    /// # Errors
    /// [`CommandError`] if it cannot be sent.
    pub fn into_owned(self) -> Result<CommandBuf, CommandError> {
        CommandBuf::new(&self)
    }

    /// Writes the command to the end of `out`: all of it, or nothing.
    ///
    /// # Errors
    /// [`EncodeError`] if the command cannot be sent.
    pub fn encode_to_vec(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        append(out, |len| *len, |room| self.encode(room).map(<[u8]>::len)).map(drop)
    }
}

impl TryFrom<&Command<'_>> for CommandBuf {
    type Error = CommandError;

    fn try_from(command: &Command<'_>) -> Result<Self, CommandError> {
        Self::new(command)
    }
}

impl PartialEq<Command<'_>> for CommandBuf {
    fn eq(&self, other: &Command<'_>) -> bool {
        self.as_command() == *other
    }
}

impl PartialEq<CommandBuf> for Command<'_> {
    fn eq(&self, other: &CommandBuf) -> bool {
        *self == other.as_command()
    }
}

impl fmt::Debug for CommandBuf {
    /// The command as it is written, passwords left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_command().fmt(f)
    }
}
