//! Log levels.

use core::fmt;
use core::str::FromStr;

use crate::text::{ConvertError, Value, decimal};

/// How urgent a log line is, or which lines a connection wants: a number, the lower the more urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogLevel(i8);

impl LogLevel {
    /// No lines at all; as a level of `log` only.
    pub const DISABLE: Self = Self(-1);
    /// CONSOLE
    pub const CONSOLE: Self = Self(0);
    /// ALERT
    pub const ALERT: Self = Self(1);
    /// CRIT
    pub const CRIT: Self = Self(2);
    /// ERR
    pub const ERR: Self = Self(3);
    /// WARNING
    pub const WARNING: Self = Self(4);
    /// NOTICE
    pub const NOTICE: Self = Self(5);
    /// INFO
    pub const INFO: Self = Self(6);
    /// DEBUG, the least urgent that has a name; deeper ones go up to 63.
    pub const DEBUG: Self = Self(7);
    /// The deepest level.
    pub const MAX: Self = Self(63);

    /// The names of levels -1 to 7.
    const NAMES: [&'static str; 9] =
        ["DISABLE", "CONSOLE", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"];

    /// The level of this number, if there is such: -1 to 63.
    #[must_use]
    pub const fn new(number: i8) -> Option<Self> {
        match number {
            -1..=63 => Some(Self(number)),
            _ => None,
        }
    }

    /// The level that a name or a number says, as the `log` command reads it: what follows a point is cut off, numbers
    /// below 0 are 0, beyond 64 they are 63, 64 itself and unknown words are none.
    #[must_use]
    pub fn from_bytes(octets: &[u8]) -> Option<Self> {
        let (negative, digits) = match octets {
            [] => return None,
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        if digits.iter().all(|octet| octet.is_ascii_digit() || *octet == b'.') {
            let whole = digits.iter().copied().take_while(u8::is_ascii_digit);
            return match decimal(whole.clone()).unwrap_or(if whole.count() > 0 { u64::MAX } else { 0 }) {
                _ if negative => Some(Self::CONSOLE),
                number @ 0..=63 => Self::new(number as i8),
                64 => None,
                _ => Some(Self::MAX),
            };
        }
        let place = Self::NAMES.iter().position(|name| octets.eq_ignore_ascii_case(name.as_bytes()))?;
        Self::new((place as i8).wrapping_sub(1))
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i8 {
        self.0
    }

    /// The name; [`None`] for the levels below DEBUG.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.get(usize::try_from(self.0.wrapping_add(1)).ok()?).copied()
    }
}

impl fmt::Display for LogLevel {
    /// The name, or the number of a level without one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl FromStr for LogLevel {
    type Err = ConvertError;

    /// As [`from_bytes`](Self::from_bytes): a name or a number.
    fn from_str(text: &str) -> Result<Self, ConvertError> {
        Self::from_bytes(text.as_bytes()).ok_or(ConvertError::UnknownWord)
    }
}

impl TryFrom<Value<'_>> for LogLevel {
    type Error = ConvertError;

    /// The level of a log line's `Log-Level`, which is a number.
    fn try_from(value: Value<'_>) -> Result<Self, ConvertError> {
        let number = value.to_i64().and_then(|number| i8::try_from(number).ok());
        number.and_then(Self::new).ok_or(ConvertError::NotANumber)
    }
}
