//! An argument while it is written: the readers that take it apart, and one text of it under examination.

use super::{AppError, AppErrorKind, AppField, Text};
use crate::sink::{Sink, Writer};
use crate::text::check::{self, expansion};

/// What the server takes off a text, from the innermost reader on.
#[derive(Clone, Copy)]
pub(super) enum Layer {
    /// `switch_channel_expand_variables`
    Expanded,
    /// `switch_separate_string` at a delimiter.
    Separated(u8),
}

/// An argument that is being written.
pub(super) struct Argument<'o> {
    pub(super) sink: Writer<'o>,
    /// Whether the server will rewrite the argument, so that backslashes and dollars need one more backslash.
    pub(super) expands: bool,
    /// Whether there was something that makes the server rewrite it.
    pub(super) escaped: bool,
}

impl Argument<'_> {
    fn put(&mut self, octet: u8, layers: &[Layer]) {
        let Some((layer, outer)) = layers.split_first() else {
            self.escaped |= octet == b'\\';
            if self.expands && matches!(octet, b'\\' | b'$') {
                self.sink.put(b"\\");
            }
            self.sink.put(&[octet]);
            return;
        };
        if match layer {
            Layer::Expanded => matches!(octet, b'\\' | b'$'),
            Layer::Separated(delimiter) => matches!(octet, b'\\' | b'\'') || octet == *delimiter && octet != b' ',
        } {
            self.put(b'\\', outer);
        }
        self.put(octet, outer);
    }

    /// A number that the server reads as a signed one.
    pub(super) fn number(&mut self, field: AppField, least: u32, number: u32) -> Result<(), AppError> {
        let is_wrong = number < least || i32::try_from(number).is_err();
        at(field, Text::literal(b"")).not(AppErrorKind::OutOfRange, is_wrong)?;
        self.sink.put_number(u64::from(number));
        Ok(())
    }

    pub(super) fn number_word(&mut self, field: AppField, least: u32, number: u32) -> Result<(), AppError> {
        self.sink.put(b" ");
        self.number(field, least, number)
    }
}

/// One text of an argument, under examination.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: Text<'a>,
    pub(super) field: AppField,
    item: usize,
}

pub(super) const fn at(field: AppField, text: Text<'_>) -> Part<'_> {
    Part { text, field, item: 0 }
}

impl Part<'_> {
    pub(super) const fn item(self, item: usize) -> Self {
        Self { item, ..self }
    }

    pub(super) const fn error(&self, kind: AppErrorKind, offset: usize) -> AppError {
        AppError { kind, field: self.field, item: self.item, offset }
    }

    pub(super) const fn not(self, kind: AppErrorKind, refused: bool) -> Result<Self, AppError> {
        if refused { Err(self.error(kind, 0)) } else { Ok(self) }
    }

    pub(super) const fn filled(self) -> Result<Self, AppError> {
        self.not(AppErrorKind::Empty, self.text.octets.is_empty())
    }

    /// A text to expand may hold anything: the program answers for it.
    pub(super) fn without(self, kind: AppErrorKind, refused: impl Fn(u8) -> bool) -> Result<Self, AppError> {
        match check::first(self.text.octets, refused) {
            Some(offset) if !self.text.expands => Err(self.error(kind, offset)),
            _ => Ok(self),
        }
    }

    /// Refuses the byte twice in a row.
    pub(super) fn without_double(self, octet: u8) -> Result<Self, AppError> {
        let octets = self.text.octets;
        match octets.iter().zip(octets.iter().skip(1)).position(|pair| pair == (&octet, &octet)) {
            Some(offset) if !self.text.expands => Err(self.error(AppErrorKind::Separator, offset)),
            _ => Ok(self),
        }
    }

    /// As the server takes it after expanding variables.
    pub(super) fn raw(self, to: &mut Argument<'_>) -> Result<(), AppError> {
        self.laid(to, &[])
    }

    /// As one of several words, between quotes if need be.
    pub(super) fn word(self, to: &mut Argument<'_>) -> Result<(), AppError> {
        if to.sink.count() > 0 {
            to.sink.put(b" ");
        }
        let octets = self.text.octets;
        // In front, `%[` and `^^` would mean something else.
        let means_more = matches!(octets, [] | [b'%', ..] | [b'^', b'^', ..]);
        let is_plain = !means_more && !self.text.expands && !octets.contains(&b' ');
        let quote: &[u8] = if is_plain { b"" } else { b"'" };
        to.sink.put(quote);
        self.laid(to, &[Layer::Separated(b' ')])?;
        to.sink.put(quote);
        Ok(())
    }

    /// With these readers before the application has it.
    pub(super) fn laid(self, to: &mut Argument<'_>, layers: &[Layer]) -> Result<(), AppError> {
        let octets = self.text.octets;
        if let Some(offset) = memchr::memchr(0, octets) {
            return Err(self.error(AppErrorKind::Nul, offset));
        }
        if self.text.expands {
            to.escaped = true;
            to.sink.put(octets);
            return Ok(());
        }
        if let Some(offset) = expansion(octets) {
            return Err(self.error(AppErrorKind::Expansion, offset));
        }
        if to.sink.count() == 0 && matches!(octets, [b'%', b'[', ..] | [b'%', _, b'[', ..]) {
            return Err(self.error(AppErrorKind::Reserved, 0));
        }
        octets.iter().for_each(|octet| to.put(*octet, layers));
        Ok(())
    }

    /// The readers of a value that is expanded once more, which they only do if there is something to rewrite.
    pub(super) fn expanded_twice(&self) -> &'static [Layer] {
        if self.text.octets.contains(&b'\\') { &[Layer::Expanded] } else { &[] }
    }

    /// The same in a list.
    pub(super) fn multiset(&self) -> &'static [Layer] {
        if self.text.octets.contains(&b'\\') {
            &[Layer::Expanded, Layer::Separated(b';')]
        } else {
            &[Layer::Separated(b';')]
        }
    }
}

/// The name of a variable.
pub(super) fn variable(name: Text<'_>) -> Result<Part<'_>, AppError> {
    at(AppField::Name, name).filled()?.without(AppErrorKind::Separator, |octet| octet == b'=')
}
