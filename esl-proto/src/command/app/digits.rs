//! Digits received from a caller and sent.

use super::argument::{Argument, at};
use super::{AppError, AppErrorKind, AppField, Text};
use crate::event::Event;
use crate::name::header;
use crate::sink::Sink;
use crate::text::{Value, cut};

/// `read <min> <max> <file> <variable> <timeout> <terminators> [<digit timeout>]`
///
/// ```
/// use esl_proto::command::app::{App, Read};
///
/// let read = Read::new(1, 4, "enter your pin.wav", "pin").timeout(5000);
/// assert_eq!(App::from(read).encode(&mut [0; 64])?, b"1 4 'enter your pin.wav' pin 5000 #");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Read<'a> {
    /// How many digits at least: 1 if less.
    pub min: u32,
    /// How many at most, 127.
    pub max: u32,
    /// The prompt; `silence` for none.
    pub file: Text<'a>,
    /// The variable that gets the digits.
    pub variable: Text<'a>,
    /// How long to wait for the first digit after the prompt, in milliseconds: 1000 if less.
    pub timeout: u32,
    /// The digits that end the input; `none` for none.
    pub terminators: Text<'a>,
    /// How long to wait for each further digit, in milliseconds.
    pub digit_timeout: Option<u32>,
}

shown! { Read<'_> { min max file variable timeout terminators digit_timeout } }

impl<'a> Read<'a> {
    /// Collects digits into `variable`, up to `#`, and waits 5 seconds for them.
    pub fn new(min: u32, max: u32, file: impl Into<Text<'a>>, variable: impl Into<Text<'a>>) -> Self {
        Self {
            min,
            max,
            file: file.into(),
            variable: variable.into(),
            timeout: 5000,
            terminators: Text::literal(b"#"),
            digit_timeout: None,
        }
    }

    /// The same with this time limit, in milliseconds.
    #[must_use]
    pub const fn timeout(self, ms: u32) -> Self {
        Self { timeout: ms, ..self }
    }

    /// The same with these terminators.
    #[must_use]
    pub fn terminators(self, terminators: impl Into<Text<'a>>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }

    /// The same with this time limit for each further digit.
    #[must_use]
    pub const fn digit_timeout(self, ms: u32) -> Self {
        Self { digit_timeout: Some(ms), ..self }
    }

    /// What was typed, by the CHANNEL_EXECUTE_COMPLETE of this application: [`None`] if too little came in time.
    #[must_use]
    pub fn typed<'e>(&self, event: &Event<'e>) -> Option<Value<'e>> {
        let result = event.get("variable_read_result");
        typed(event, self.variable).filter(|_| result.is_none_or(|result| result == *"success"))
    }

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        digit_counts(self.min, self.max)?;
        to.number(AppField::Min, 0, self.min)?;
        to.number_word(AppField::Max, 1, self.max)?;
        at(AppField::File, self.file).filled()?.word(to)?;
        at(AppField::Variable, self.variable).filled()?.word(to)?;
        to.number_word(AppField::Timeout, 0, self.timeout)?;
        at(AppField::Terminators, self.terminators).filled()?.word(to)?;
        match self.digit_timeout {
            Some(ms) => to.number_word(AppField::DigitTimeout, 0, ms),
            None => Ok(()),
        }
    }
}

/// `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid file> <variable> <regexp>
/// [<digit timeout> [<transfer on failure>]]`
///
/// ```
/// use esl_proto::command::app::{App, PlayAndGetDigits};
///
/// let digits = PlayAndGetDigits::new(1, 4, "enter.wav", "pin").tries(2).regexp(r"^\d+$");
/// assert_eq!(App::from(digits).encode(&mut [0; 96])?, br"1 4 2 5000 # enter.wav silence pin ^\\\\d+\$");
/// # Ok::<(), esl_proto::command::app::AppEncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PlayAndGetDigits<'a> {
    /// How many digits at least.
    pub min: u32,
    /// How many at most, 127.
    pub max: u32,
    /// How often to ask.
    pub tries: u32,
    /// How long to wait for the first digit after the prompt, in milliseconds: 1000 if less.
    pub timeout: u32,
    /// The digits that end the input; `none` for none.
    pub terminators: Text<'a>,
    /// The prompt.
    pub file: Text<'a>,
    /// What is played if the input does not match; `silence` for nothing.
    pub invalid_file: Text<'a>,
    /// The variable that gets the digits.
    pub variable: Text<'a>,
    /// What the digits must match; empty for anything.
    pub regexp: Text<'a>,
    /// How long to wait for each further digit, in milliseconds.
    pub digit_timeout: Option<u32>,
    /// Where the call goes when all tries have failed: `<extension> [<dialplan> [<context>]]`.
    pub transfer_on_failure: Option<Text<'a>>,
}

shown! { PlayAndGetDigits<'_> { min max tries timeout terminators file invalid_file variable regexp digit_timeout transfer_on_failure } }

impl<'a> PlayAndGetDigits<'a> {
    /// Asks once for digits into `variable`, up to `#`, and waits 5 seconds for them.
    pub fn new(min: u32, max: u32, file: impl Into<Text<'a>>, variable: impl Into<Text<'a>>) -> Self {
        Self {
            min,
            max,
            tries: 1,
            timeout: 5000,
            terminators: Text::literal(b"#"),
            file: file.into(),
            invalid_file: Text::literal(b"silence"),
            variable: variable.into(),
            regexp: Text::literal(b""),
            digit_timeout: None,
            transfer_on_failure: None,
        }
    }

    /// The same with so many tries.
    #[must_use]
    pub const fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// The same with this time limit, in milliseconds.
    #[must_use]
    pub const fn timeout(self, ms: u32) -> Self {
        Self { timeout: ms, ..self }
    }

    /// The same with these terminators.
    #[must_use]
    pub fn terminators(self, terminators: impl Into<Text<'a>>) -> Self {
        Self { terminators: terminators.into(), ..self }
    }

    /// The same with what is played after a wrong input.
    #[must_use]
    pub fn invalid_file(self, file: impl Into<Text<'a>>) -> Self {
        Self { invalid_file: file.into(), ..self }
    }

    /// The same with a regular expression that the digits must match.
    #[must_use]
    pub fn regexp(self, regexp: impl Into<Text<'a>>) -> Self {
        Self { regexp: regexp.into(), ..self }
    }

    /// The same with this time limit for each further digit.
    #[must_use]
    pub const fn digit_timeout(self, ms: u32) -> Self {
        Self { digit_timeout: Some(ms), ..self }
    }

    /// The same with where the call goes when all tries have failed.
    #[must_use]
    pub fn transfer_on_failure(self, target: impl Into<Text<'a>>) -> Self {
        Self { transfer_on_failure: Some(target.into()), ..self }
    }

    /// What was typed, by the CHANNEL_EXECUTE_COMPLETE of this application: [`None`] if nothing that matches came in time.
    ///
    /// ```
    /// use esl_proto::Event;
    /// use esl_proto::command::app::PlayAndGetDigits;
    /// use esl_proto::name::Format;
    ///
    /// let ask = PlayAndGetDigits::new(1, 4, "enter.wav", "pin");
    /// let event = Event::new(Format::Plain, b"Application-Response: success\nvariable_pin: 42\n\n");
    /// assert!(ask.typed(&event).is_some_and(|digits| digits == *"42"));
    /// let event = Event::new(Format::Plain, b"Application-Response: failure\nvariable_pin: 42\n\n");
    /// assert_eq!(ask.typed(&event), None);
    /// ```
    #[must_use]
    pub fn typed<'e>(&self, event: &Event<'e>) -> Option<Value<'e>> {
        let response = event.get(header::APPLICATION_RESPONSE);
        let failed = response.is_some_and(|response| response == *"failure" || response == *"timeout");
        typed(event, self.variable).filter(|_| !failed)
    }

    pub(super) fn write(&self, to: &mut Argument<'_>) -> Result<(), AppError> {
        digit_counts(self.min, self.max)?;
        to.number(AppField::Min, 0, self.min)?;
        to.number_word(AppField::Max, 1, self.max)?;
        to.number_word(AppField::Tries, 1, self.tries)?;
        to.number_word(AppField::Timeout, 0, self.timeout)?;
        at(AppField::Terminators, self.terminators).filled()?.word(to)?;
        at(AppField::File, self.file).filled()?.word(to)?;
        at(AppField::InvalidFile, self.invalid_file).filled()?.word(to)?;
        at(AppField::Variable, self.variable).filled()?.word(to)?;
        at(AppField::Regexp, self.regexp).word(to)?;
        match (self.digit_timeout, self.transfer_on_failure) {
            (None, None) => Ok(()),
            (ms, target) => {
                to.number_word(AppField::DigitTimeout, 0, ms.unwrap_or(self.timeout))?;
                target.map_or(Ok(()), |target| at(AppField::Target, target).filled()?.word(to))
            }
        }
    }
}

/// The value that an event shows of a variable, unless it is empty.
fn typed<'e>(event: &Event<'e>, variable: Text<'_>) -> Option<Value<'e>> {
    let is_it = |name: &Value<'_>| {
        let name = name.raw();
        cut::after(b"variable_", name).is_some_and(|name| name.eq_ignore_ascii_case(variable.octets))
    };
    let value = event.headers().filter(|header| is_it(&header.name)).last()?.value;
    (!value.raw().is_empty()).then_some(value)
}

/// The server has room for 127 digits.
fn digit_counts(min: u32, max: u32) -> Result<(), AppError> {
    let least = at(AppField::Min, Text::literal(b"")).not(AppErrorKind::OutOfRange, min > max);
    least.and(at(AppField::Max, Text::literal(b"")).not(AppErrorKind::OutOfRange, max > 127)).map(drop)
}

/// The argument of `send_dtmf` and `queue_dtmf`: `<digits>[@<duration>]`
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dtmf<'a> {
    /// `0` to `9`, `A` to `D`, `*`, `#`, `F` (flash), and `w` and `W` for pauses of half a second and a second. `send_dtmf`
    /// takes 99 bytes, the duration among them.
    pub digits: &'a [u8],
    /// How long each lasts, in milliseconds.
    pub duration: Option<u32>,
}

impl<'a> Dtmf<'a> {
    /// These digits, each as long as the server has it.
    pub fn new(digits: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { digits: digits.as_ref(), duration: None }
    }

    /// The same with each digit so long.
    #[must_use]
    pub const fn duration(self, ms: u32) -> Self {
        Self { duration: Some(ms), ..self }
    }

    pub(super) fn write(&self, to: &mut Argument<'_>, room: usize) -> Result<(), AppError> {
        let digits = at(AppField::Digits, Text::literal(self.digits));
        let is_digit = |octet: u8| matches!(octet, b'0'..=b'9' | b'A'..=b'D' | b'a'..=b'd' | b'*' | b'#' | b'F' | b'f' | b'W' | b'w');
        digits.filled()?.without(AppErrorKind::Digit, |octet| !is_digit(octet))?.raw(to)?;
        if let Some(ms) = self.duration {
            to.sink.put(b"@");
            to.number(AppField::Number, 1, ms)?;
        }
        digits.not(AppErrorKind::TooMany, to.sink.count() > room).map(drop)
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Dtmf<'a> {
    fn from(digits: &'a T) -> Self {
        Self::new(digits)
    }
}

crate::command::debug_with_text!(Dtmf { digits duration });
