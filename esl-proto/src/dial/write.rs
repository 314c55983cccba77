//! Validating and writing `originate`.

use super::task::dropped;
use super::{Destination, DialError, DialErrorKind, DialField, Originate};
use crate::command::dial_string::write::{Context, UNDEF, is_blank, part};
use crate::sink::{Sink, Writer};
use crate::text::check;
use crate::text::cut::around;

impl Originate<'_> {
    /// Refuses what the server would read as something else.
    pub(super) fn check(&self) -> Result<(), DialError> {
        self.dial.check()?;
        match self.destination {
            Destination::Extension(extension) => {
                part(DialField::Extension, extension)
                    .filled()?
                    .argument()?
                    .not(DialErrorKind::Reserved, matches!(extension, [b'&', _, ..]))?;
            }
            Destination::Application { app, arg } => {
                part(DialField::Application, app)
                    .filled()?
                    .text()?
                    .without(DialErrorKind::Blank, check::is_blank)?
                    .without(DialErrorKind::Bracket, |octet| matches!(octet, b'(' | b')'))?;
                let argument = part(DialField::Argument, arg);
                argument.text()?.without(DialErrorKind::Bracket, |octet| octet == b')')?;
                if let Some(offset) = dropped(arg) {
                    return Err(argument.error(DialErrorKind::Quote, offset));
                }
            }
        }
        for (field, argument) in [
            (DialField::Dialplan, self.dialplan),
            (DialField::Context, self.context),
            (DialField::CidName, self.cid_name),
            (DialField::CidNum, self.cid_num),
        ] {
            part(field, argument.unwrap_or_default()).argument()?;
        }
        let too_great = self.timeout_sec.is_some_and(|seconds| i32::try_from(seconds).is_err());
        part(DialField::TimeoutSec, &[]).not(DialErrorKind::TooGreat, too_great).map(drop)
    }

    pub(super) fn write(&self, sink: &mut Writer<'_>) {
        sink.put(b"originate ");
        let start = sink.count();
        if self.dial.write(sink, Context::Argument) {
            sink.insert(start, b'\'');
            sink.put(b"'");
        }
        match self.destination {
            Destination::Extension(extension) => write_argument(&[extension], sink),
            Destination::Application { app, arg } => write_argument(&[b"&", app, b"(", arg, b")"], sink),
        }
        let arguments = [self.dialplan, self.context, self.cid_name, self.cid_num];
        let given = match self.timeout_sec {
            Some(_) => arguments.len(),
            None => arguments.iter().rposition(Option::is_some).map_or(0, |last| last + 1),
        };
        for argument in arguments.iter().take(given) {
            write_argument(&[argument.unwrap_or(UNDEF)], sink);
        }
        if let Some(seconds) = self.timeout_sec {
            sink.put(b" ");
            sink.put_number(u64::from(seconds));
        }
    }
}

/// A blank and an argument of `originate`, made of these pieces.
fn write_argument(pieces: &[&[u8]], sink: &mut Writer<'_>) {
    let octets = || pieces.iter().copied().flatten();
    let quote: &[u8] = if octets().next().is_none() || octets().any(|octet| is_blank(*octet)) { b"'" } else { b"" };
    sink.put(b" ");
    sink.put(quote);
    for piece in pieces {
        let mut rest = *piece;
        while let Some((plain, octet, after)) = memchr::memchr2(b'\'', b'\\', rest).and_then(|at| around(rest, at)) {
            sink.put(plain);
            sink.put(b"\\");
            sink.put(octet);
            rest = after;
        }
        sink.put(rest);
    }
    sink.put(quote);
}
