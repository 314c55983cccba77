//! Where a call goes: into the dialplan, a conference, a program.

use super::argument::{Argument, at};
use super::{AppError, AppErrorKind, AppField, Text};
use crate::command::Words;
use crate::sink::Sink;
use crate::text::cut;

/// `transfer [-bleg|-both] <extension> [<dialplan> [<context>]]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer<'a> {
    /// Which leg goes.
    pub leg: TransferLeg,
    /// Where to.
    pub extension: Text<'a>,
    /// The dialplan; the channel's own by default.
    pub dialplan: Option<Text<'a>>,
    /// The context; the channel's own by default.
    pub context: Option<Text<'a>>,
}

/// Which leg of a call a [`Transfer`] sends elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferLeg {
    /// The channel itself.
    This,
    /// The one that it is bridged to (`-bleg`).
    Other,
    /// Both (`-both`).
    Both,
}

impl<'a> Transfer<'a> {
    /// Sends the channel itself to an extension of its dialplan and context.
    pub fn new(extension: impl Into<Text<'a>>) -> Self {
        Self { leg: TransferLeg::This, extension: extension.into(), dialplan: None, context: None }
    }

    /// The same for this leg.
    #[must_use]
    pub const fn leg(self, leg: TransferLeg) -> Self {
        Self { leg, ..self }
    }

    /// The same in this dialplan.
    #[must_use]
    pub fn dialplan(self, dialplan: impl Into<Text<'a>>) -> Self {
        Self { dialplan: Some(dialplan.into()), ..self }
    }

    /// The same in this context.
    #[must_use]
    pub fn context(self, context: impl Into<Text<'a>>) -> Self {
        Self { context: Some(context.into()), ..self }
    }

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        to.sink.put(match self.leg {
            TransferLeg::This => b"",
            TransferLeg::Other => b"-bleg",
            TransferLeg::Both => b"-both",
        });
        let extension = at(AppField::Extension, self.extension).filled()?;
        let is_leg = |word: &[u8]| self.extension.octets.eq_ignore_ascii_case(word);
        extension.not(AppErrorKind::Reserved, is_leg(b"-bleg") || is_leg(b"-both"))?.word(to)?;
        if self.dialplan.is_some() || self.context.is_some() {
            // An empty one is the channel's own.
            at(AppField::Dialplan, self.dialplan.unwrap_or(Text::literal(b""))).word(to)?;
        }
        self.context.map_or(Ok(()), |context| at(AppField::Context, context).word(to))
    }
}

/// `conference <name>[@<profile>][+<pin>][+flags{<flag>|...}]`
///
/// ```
/// use esl_proto::command::app::{App, Conference};
///
/// let conference = Conference::new("sales").profile("wideband").flags(&["mute", "deaf"]);
/// assert_eq!(App::from(conference).encode(&mut [0; 64])?, b"sales@wideband+flags{mute|deaf}");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conference<'a> {
    /// The conference.
    pub name: Text<'a>,
    /// Its profile.
    pub profile: Option<Text<'a>>,
    /// Its PIN, if it has none yet.
    pub pin: Option<Text<'a>>,
    /// How the member takes part: `mute`, `deaf`, `moderator`, `endconf`.
    pub flags: Words<'a>,
}

impl<'a> Conference<'a> {
    /// A conference with the profile `default`.
    pub fn new(name: impl Into<Text<'a>>) -> Self {
        Self { name: name.into(), profile: None, pin: None, flags: Words::NONE }
    }

    /// The same with this profile.
    #[must_use]
    pub fn profile(self, profile: impl Into<Text<'a>>) -> Self {
        Self { profile: Some(profile.into()), ..self }
    }

    /// The same with this PIN.
    #[must_use]
    pub fn pin(self, pin: impl Into<Text<'a>>) -> Self {
        Self { pin: Some(pin.into()), ..self }
    }

    /// The same with these flags.
    #[must_use]
    pub fn flags(self, flags: impl Into<Words<'a>>) -> Self {
        Self { flags: flags.into(), ..self }
    }

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        let part = |field, text| {
            at(field, text).filled()?.without(AppErrorKind::Separator, |octet| matches!(octet, b'+' | b'@'))
        };
        let name = part(AppField::Name, self.name)?;
        // The server skips the blanks in front.
        name.not(AppErrorKind::Blank, self.name.octets.starts_with(b" "))?
            .not(AppErrorKind::Reserved, cut::after(b"bridge:", self.name.octets).is_some())?
            .raw(to)?;
        if let Some(profile) = self.profile {
            to.sink.put(b"@");
            part(AppField::Profile, profile)?.raw(to)?;
        }
        if let Some(pin) = self.pin {
            to.sink.put(b"+");
            part(AppField::Pin, pin)?.raw(to)?;
        }
        for (item, flag) in self.flags.iter().enumerate() {
            to.sink.put(if item == 0 { b"+flags{" } else { b"|" });
            let flag = at(AppField::Flag, Text::literal(flag)).item(item).filled()?;
            flag.without(AppErrorKind::Separator, |octet| matches!(octet, b'|' | b'}'))?.raw(to)?;
        }
        to.sink.put(if self.flags.iter().next().is_some() { b"}" } else { b"" });
        Ok(())
    }
}

/// `socket <address> [async] [full]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket<'a> {
    /// `<host>:<port>`; several, with `|` between them, are tried in turn.
    pub address: Text<'a>,
    /// Whether applications run asynchronously.
    pub run_async: bool,
    /// Whether the program may command all of the server.
    pub full: bool,
}

impl<'a> Socket<'a> {
    /// A program at this address, in sync mode and for this channel only.
    pub fn new(address: impl Into<Text<'a>>) -> Self {
        Self { address: address.into(), run_async: false, full: false }
    }

    /// The same in async mode.
    #[must_use]
    pub const fn run_async(self) -> Self {
        Self { run_async: true, ..self }
    }

    /// The same with full control.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { full: true, ..self }
    }

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        at(AppField::Address, self.address).filled()?.word(to)?;
        to.sink.put(if self.run_async { b" async" } else { b"" });
        to.sink.put(if self.full { b" full" } else { b"" });
        Ok(())
    }
}
