//! What each application reads, and how it is written for it.

use super::argument::{Argument, Layer, at, variable};
use super::{App, AppError, AppErrorKind, AppField, Text};
use crate::name::LogLevel;
use crate::sink::Sink;
use crate::text::cut;

impl App<'_> {
    /// Writes the argument, but for those that are dial strings.
    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        match self {
            Self::Answer
            | Self::PreAnswer
            | Self::RingReady
            | Self::Bridge { .. }
            | Self::AttXfer { .. }
            | Self::Park
            | Self::Echo
            | Self::Break
            | Self::FlushDtmf
            | Self::Hangup { cause: None }
            | Self::Info { level: None }
            | Self::Hold
            | Self::Unhold => Ok(()),
            Self::Playback { path, start_sample } => {
                at(AppField::Path, *path).filled()?.without_double(b'@')?.raw(to)?;
                if let Some(sample) = start_sample {
                    at(AppField::Path, *path).without(AppErrorKind::Separator, |octet| octet == b'@')?;
                    to.sink.put(b"@@");
                    to.number(AppField::Number, 0, *sample)?;
                }
                Ok(())
            }
            Self::GenTones { script, loops } => {
                at(AppField::Text, *script)
                    .filled()?
                    .without(AppErrorKind::Separator, |octet| octet == b'|')?
                    .raw(to)?;
                if let Some(loops) = loops {
                    to.sink.put(b"|");
                    if *loops < 0 {
                        to.sink.put(b"-");
                    }
                    to.sink.put_number(u64::from(loops.unsigned_abs()));
                }
                Ok(())
            }
            Self::Say(say) => {
                let words =
                    [(AppField::Module, say.module), (AppField::Type, say.kind), (AppField::Method, say.method)];
                for (field, word) in words {
                    at(field, word).filled()?.word(to)?;
                }
                if let Some(gender) = say.gender {
                    at(AppField::Gender, gender).filled()?.word(to)?;
                }
                at(AppField::Text, say.text).filled()?.word(to)
            }
            Self::Speak { voice, text } => {
                let part = |field, text| {
                    at(field, text)
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'|')?
                        .without(AppErrorKind::Quote, |octet| matches!(octet, b'\'' | b'\\'))?
                        .without(AppErrorKind::Blank, |octet| octet == b' ')
                };
                match voice {
                    Some((engine, voice)) => {
                        part(AppField::Engine, *engine)?.raw(to)?;
                        to.sink.put(b"|");
                        part(AppField::Voice, *voice)?.raw(to)?;
                        to.sink.put(b"|");
                        at(AppField::Text, *text).filled()?.raw(to)
                    }
                    None => at(AppField::Text, *text)
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'|')?
                        .raw(to),
                }
            }
            Self::Phrase { name, data } => {
                at(AppField::Name, *name).filled()?.without(AppErrorKind::Separator, |octet| octet == b',')?.raw(to)?;
                if !data.octets.is_empty() {
                    to.sink.put(b",");
                    at(AppField::Text, *data).raw(to)?;
                }
                Ok(())
            }
            Self::Read(read) => read.write(to),
            Self::PlayAndGetDigits(digits) => digits.write(to),
            Self::Record(record) => record.write(to),
            Self::RecordSession { path, limit } => {
                at(AppField::Path, *path).filled()?.word(to)?;
                if let Some(limit) = limit {
                    to.sink.put(b" +");
                    to.number(AppField::Limit, 1, *limit)?;
                }
                Ok(())
            }
            Self::StopRecordSession { path } => at(AppField::Path, *path).filled()?.raw(to),
            Self::Transfer(transfer) => transfer.write(to),
            Self::Set { name, value } | Self::Push { name, value } | Self::Unshift { name, value } => {
                variable(*name)?.raw(to)?;
                to.sink.put(b"=");
                let value = at(AppField::Value, *value);
                value.laid(to, value.expanded_twice())
            }
            Self::MultiSet { variables } => {
                for (item, (name, value)) in variables.iter().enumerate() {
                    // The server reads so many pairs.
                    let name = variable(Text::literal(name))?.item(item).not(AppErrorKind::TooMany, item >= 255)?;
                    let value = at(AppField::Value, Text::literal(value)).item(item);
                    to.sink.put(if item == 0 { b"^^;'" } else { b";'" });
                    name.laid(to, &[Layer::Separated(b';')])?;
                    to.sink.put(b"=");
                    value.laid(to, value.multiset())?;
                    to.sink.put(b"'");
                }
                Ok(())
            }
            Self::Unset { name } => at(AppField::Name, *name).filled()?.raw(to),
            Self::Export { name, value, nolocal } => {
                to.sink.put(if *nolocal { b"nolocal:" } else { b"" });
                variable(*name)?
                    .without(AppErrorKind::Separator, |octet| octet == b',')?
                    .not(AppErrorKind::Reserved, cut::after(b"nolocal:", name.octets).is_some())?
                    .not(AppErrorKind::Reserved, cut::after(b"_nolocal_", name.octets).is_some())?
                    .raw(to)?;
                to.sink.put(b"=");
                at(AppField::Value, *value).raw(to)
            }
            Self::Sleep { ms } => to.number(AppField::Number, 0, *ms),
            Self::SendDtmf(digits) => digits.write(to, 99),
            Self::QueueDtmf(digits) => digits.write(to, usize::MAX),
            Self::Conference(conference) => conference.write(to),
            Self::Deflect { target } | Self::Redirect { target } => at(AppField::Target, *target).filled()?.raw(to),
            Self::Respond { status } => at(AppField::Text, *status).filled()?.raw(to),
            Self::Hangup { cause: Some(cause) } => {
                at(AppField::Cause, Text::literal(cause.as_bytes())).filled()?.raw(to)
            }
            Self::SchedHangup { seconds, cause } => {
                to.sink.put(b"+");
                to.number(AppField::Number, 0, *seconds)?;
                match cause {
                    Some(cause) => at(AppField::Cause, Text::literal(cause.as_bytes())).filled()?.word(to),
                    None => Ok(()),
                }
            }
            Self::Event { headers } => {
                for (item, (name, value)) in headers.iter().enumerate() {
                    let name = at(AppField::Name, Text::literal(name)).item(item);
                    let value = at(AppField::Value, Text::literal(value)).item(item);
                    name.not(AppErrorKind::TooMany, item >= 24)?
                        .filled()?
                        .without(AppErrorKind::Separator, |octet| octet == b'=')?
                        .without(AppErrorKind::Blank, |octet| octet == b' ')?;
                    // The server sends no header without a value, and drops the blanks before one.
                    value.filled()?.not(AppErrorKind::Blank, value.text.octets.starts_with(b" "))?;
                    to.sink.put(if item == 0 { b"'" } else { b",'" });
                    name.laid(to, &[Layer::Separated(b',')])?;
                    to.sink.put(b"=");
                    value.laid(to, &[Layer::Separated(b',')])?;
                    to.sink.put(b"'");
                }
                Ok(())
            }
            Self::Log { level, text } => {
                put_level(*level, to);
                to.sink.put(b" ");
                at(AppField::Text, *text).raw(to)
            }
            Self::Info { level: Some(level) } => {
                put_level(*level, to);
                Ok(())
            }
            Self::Socket(socket) => socket.write(to),
            Self::Eavesdrop { uuid } => at(AppField::Uuid, *uuid).filled()?.raw(to),
            Self::Intercept { uuid, bleg } => {
                to.sink.put(if *bleg { b"-bleg" } else { b"" });
                at(AppField::Uuid, *uuid).filled()?.word(to)
            }
        }
    }
}

fn put_level(level: LogLevel, to: &mut Argument<'_>) {
    match level.name() {
        Some(name) => to.sink.put(name.as_bytes()),
        None => {
            to.sink.put(if level.number() < 0 { b"-" } else { b"" });
            to.sink.put_number(u64::from(level.number().unsigned_abs()));
        }
    }
}
