//! What functions return.

use crate::number::numbers;
use core::ffi::c_char;

use esl_core::client::NotAllowed;
#[cfg(feature = "dial")]
use esl_core::command::app::AppErrorKind;
use esl_core::command::{CommandErrorKind, ParseErrorKind};
#[cfg(feature = "dial")]
use esl_core::dial::{DialErrorKind, DialParseErrorKind};
use esl_core::event::{EventErrorKind, OutgoingEventErrorKind};
use esl_core::frame::DecodeErrorKind;

/// A NUL-terminated string constant.
macro_rules! text {
    ($words:expr) => {{
        const WORDS: &str = $words;
        const TEXT: [u8; WORDS.len() + 1] = {
            let mut text = [0; WORDS.len() + 1];
            let (front, _) = text.split_at_mut(WORDS.len());
            front.copy_from_slice(WORDS.as_bytes());
            text
        };
        &TEXT
    }};
}

/// The enum, and its texts: those of this library, or those of an error of the core's, whose number is checked.
macro_rules! statuses {
    (@text $status:ident $text:literal) => { text!($text) };
    (@text $status:ident $kind:path) => {{
        const { assert!(-eslp_status::$status.0 == $kind.code() as i32) };
        text!($kind.as_str())
    }};
    (
        $(#[doc = $about:literal])*
        pub enum $name:ident {
            $($(#[doc = $doc:literal])* $value:ident = $number:literal => $($text:literal)? $($kind:path)? $([$feature:literal])?,)+
        }
    ) => {
        numbers! {
            $(#[doc = $about])*
            pub enum $name {
                $($(#[doc = $doc])* $value = $number,)+
            }
        }

        static TABLE: &[(eslp_status, &[u8])] = &[
            $(
                $(#[cfg(feature = $feature)])?
                ($name::$value, statuses!(@text $value $($text)? $($kind)?)),
            )+
        ];
    };
}

statuses! {
    /// The result of a function.
    ///
    /// 0 is success. Positive values are not errors; they tell you what to do next, or that there is nothing. Negative
    /// values are errors, and the function has done nothing. The numbers never change and are never reused.
    pub enum eslp_status {
        /// Done.
        ESLP_OK = 0 => "done",
        /// More bytes must be read first.
        ESLP_NEED_DATA = 1 => "more bytes are needed",
        /// The connection is over.
        ESLP_CLOSED = 2 => "the connection is over",
        /// The iteration has ended.
        ESLP_END = 3 => "end of iteration",
        /// Not found, or not of the kind that was asked for.
        ESLP_NOT_FOUND = 4 => "not found",
        /// Nothing is read until the host has answered.
        ESLP_WAITING = 5 => "waiting for the host's answer",
        /// The requested data is not available: the frame comes in parts.
        ESLP_NOT_WHOLE = 6 => "the frame comes in parts",
        /// Timed out: esl_proto_posix.h.
        ESLP_TIMED_OUT = 7 => "timed out",

        /// A pointer is NULL.
        ESLP_NULL = -1 => "a pointer is NULL",
        /// A handle or iterator that was never initialised, or is of another type, or has ended.
        ESLP_BAD_HANDLE = -2 => "a handle is not initialised, or of another type, or has ended",
        /// A pointer is not aligned as its type is.
        ESLP_MISALIGNED = -3 => "a pointer is not aligned as its type is",
        /// An invalid number, or an impossible length.
        ESLP_INVALID_ARGUMENT = -4 => "a number is invalid, or a length is impossible",
        /// The memory for a handle is too small.
        ESLP_MEMORY_TOO_SMALL = -5 => "the memory for a handle is too small",
        /// Out of memory.
        ESLP_NO_MEMORY = -6 => "there is no memory left",
        /// A number that this library does not have in its enum: it is wrong, or the program's header is newer.
        ESLP_UNKNOWN_NUMBER = -7 => "a number is not in its enum, or the library is older than the program's header",
        /// A reserved word of a struct is not zero: the struct was not initialised, or the program's header is newer
        /// and has set a field that this library does not know.
        ESLP_UNKNOWN_FIELD = -8 => "a reserved word of a struct is not zero, or the library is older than the program's header",
        /// An input lies, in whole or in part, where the function is to write.
        ESLP_OVERLAP = -9 => "an input overlaps the output",
        /// A system call has failed: esl_proto_posix.h keeps its errno.
        ESLP_SYSTEM = -10 => "a system call has failed",
        /// Unknown host: esl_proto_posix.h.
        ESLP_UNKNOWN_HOST = -11 => "unknown host",
        /// The server has refused the password, the address (by its access list), or a command (with `-ERR`).
        /// esl_proto_posix.h.
        ESLP_REFUSED = -12 => "the server has refused",

        /// Content-Length is not a decimal number.
        ESLP_INVALID_LENGTH = -101 => DecodeErrorKind::InvalidLength,
        /// Two Content-Length headers differ.
        ESLP_CONFLICTING_LENGTH = -102 => DecodeErrorKind::ConflictingLength,
        /// A body is longer than the limit.
        ESLP_BODY_TOO_LONG = -103 => DecodeErrorKind::BodyTooLong,
        /// A head is longer than the limit.
        ESLP_HEAD_TOO_LONG = -104 => DecodeErrorKind::HeadTooLong,
        /// A head has more lines than the limit.
        ESLP_TOO_MANY_LINES = -105 => DecodeErrorKind::TooManyLines,

        /// An event's document ends too early.
        ESLP_DOCUMENT_TRUNCATED = -201 => EventErrorKind::Truncated,
        /// A byte that is not allowed at its position in an event's document.
        ESLP_DOCUMENT_UNEXPECTED = -202 => EventErrorKind::Unexpected,
        /// A value that is neither a text nor a flat array.
        ESLP_DOCUMENT_NESTED = -203 => EventErrorKind::Nested,
        /// An XML element without a matching end tag.
        ESLP_DOCUMENT_UNMATCHED = -204 => EventErrorKind::Unmatched,
        /// Something follows the event's document.
        ESLP_DOCUMENT_TRAILING_DATA = -205 => EventErrorKind::TrailingData,
        /// The library is built without the format of an event's document.
        ESLP_DOCUMENT_UNSUPPORTED = -206 => EventErrorKind::Unsupported,

        /// Buffer too small; the required size is returned. The contents of an output buffer are then meaningless.
        ESLP_INSUFFICIENT = -300 => "buffer too small",
        /// A part of a command is empty that must not be.
        ESLP_COMMAND_EMPTY = -301 => CommandErrorKind::Empty,
        /// A part of a command holds a line end.
        ESLP_COMMAND_LINE_END = -302 => CommandErrorKind::LineEnd,
        /// A part of a command holds a NUL.
        ESLP_COMMAND_NUL = -303 => CommandErrorKind::Nul,
        /// A part of a command holds a blank that the server would not read as part of it.
        ESLP_COMMAND_BLANK = -304 => CommandErrorKind::Blank,
        /// A part of a command holds a separator.
        ESLP_COMMAND_SEPARATOR = -305 => CommandErrorKind::Separator,
        /// A part of a command is a word with a special meaning.
        ESLP_COMMAND_RESERVED = -306 => CommandErrorKind::Reserved,
        /// A part of a command is longer than the server reads or answers well.
        ESLP_COMMAND_TOO_LONG = -307 => CommandErrorKind::TooLong,
        /// A format that the server would lose together with a uuid.
        ESLP_COMMAND_FORMAT_LOST = -308 => CommandErrorKind::FormatLost,

        /// A request is not a known command.
        ESLP_PARSE_UNKNOWN = -401 => ParseErrorKind::Unknown,
        /// A command lacks its argument.
        ESLP_PARSE_MISSING = -402 => ParseErrorKind::Missing,
        /// A command's argument is not understood.
        ESLP_PARSE_INVALID = -403 => ParseErrorKind::Invalid,
        /// A request begins with a NUL.
        ESLP_PARSE_NUL = -404 => ParseErrorKind::Nul,
        /// A filter lacks its value.
        ESLP_PARSE_SYNTAX = -405 => ParseErrorKind::Syntax,
        /// None of the event names is known.
        ESLP_PARSE_NO_NAMES = -406 => ParseErrorKind::NoNames,
        /// A login lacks its user, domain or password.
        ESLP_PARSE_CREDENTIALS = -407 => ParseErrorKind::Credentials,

        /// Buffer too small for a dial string; the required size is returned.
        ESLP_DIAL_INSUFFICIENT = -500 => "buffer too small",
        /// A part of a call is empty that must not be.
        ESLP_DIAL_EMPTY = -501 => DialErrorKind::Empty ["dial"],
        /// A part of a call holds a line end.
        ESLP_DIAL_LINE_END = -502 => DialErrorKind::LineEnd ["dial"],
        /// A part of a call holds a NUL.
        ESLP_DIAL_NUL = -503 => DialErrorKind::Nul ["dial"],
        /// A part of a call holds a control byte that the server uses internally.
        ESLP_DIAL_CONTROL = -504 => DialErrorKind::Control ["dial"],
        /// A part of a call holds a blank that the server would not read as part of it.
        ESLP_DIAL_BLANK = -505 => DialErrorKind::Blank ["dial"],
        /// A part of a call holds a separator.
        ESLP_DIAL_SEPARATOR = -506 => DialErrorKind::Separator ["dial"],
        /// A part of a call holds a bracket that the server would count.
        ESLP_DIAL_BRACKET = -507 => DialErrorKind::Bracket ["dial"],
        /// A part of a call holds a quote or backslash.
        ESLP_DIAL_QUOTE = -508 => DialErrorKind::Quote ["dial"],
        /// A variable's value holds `${`.
        ESLP_DIAL_EXPANSION = -509 => DialErrorKind::Expansion ["dial"],
        /// A part of a call has a special meaning.
        ESLP_DIAL_RESERVED = -510 => DialErrorKind::Reserved ["dial"],
        /// More than the server's limit.
        ESLP_DIAL_TOO_MANY = -511 => DialErrorKind::TooMany ["dial"],
        /// A number that is too large.
        ESLP_DIAL_TOO_GREAT = -512 => DialErrorKind::TooGreat ["dial"],
        /// Storage too small for reading a dial string.
        ESLP_DIAL_PARSE_STORAGE = -551 => "too little storage",
        /// The line is not an `originate` command.
        ESLP_DIAL_PARSE_UNKNOWN = -552 => DialParseErrorKind::Unknown ["dial"],
        /// Arguments or an endpoint are missing, or there are too many.
        ESLP_DIAL_PARSE_MISSING = -553 => DialParseErrorKind::Missing ["dial"],
        /// An argument is not understood.
        ESLP_DIAL_PARSE_INVALID = -554 => DialParseErrorKind::Invalid ["dial"],
        /// A bracket is not closed.
        ESLP_DIAL_PARSE_BRACKET = -555 => DialParseErrorKind::Bracket ["dial"],
        /// A control byte.
        ESLP_DIAL_PARSE_CONTROL = -556 => DialParseErrorKind::Control ["dial"],
        /// A variable that only a channel can expand.
        ESLP_DIAL_PARSE_EXPANSION = -557 => DialParseErrorKind::Expansion ["dial"],
        /// More handles than the server's limit.
        ESLP_DIAL_PARSE_TOO_MANY = -558 => DialParseErrorKind::TooMany ["dial"],

        /// auth or userauth must be sent first.
        ESLP_NOT_AUTHENTICATED = -601 => NotAllowed::NotAuthenticated,
        /// This connection is authenticated already.
        ESLP_ALREADY_AUTHENTICATED = -602 => NotAllowed::AlreadyAuthenticated,
        /// connect must be sent first.
        ESLP_NOT_CONNECTED = -603 => NotAllowed::NotConnected,
        /// The connection controls its channel only, not the server.
        ESLP_NEEDS_FULL_CONTROL = -604 => NotAllowed::NeedsFullControl,
        /// The connection controls no channel.
        ESLP_NEEDS_CHANNEL = -605 => NotAllowed::NeedsChannel,
        /// The command must name its channel.
        ESLP_NEEDS_UUID = -606 => NotAllowed::NeedsUuid,
        /// The user has no right to log lines.
        ESLP_NO_RIGHT = -607 => NotAllowed::NoRight,
        /// exit has been sent.
        ESLP_EXITING = -608 => NotAllowed::Exiting,
        /// The connection is over: nothing can be sent.
        ESLP_IS_CLOSED = -609 => NotAllowed::Closed,

        /// The name of an event's header would forge another header.
        ESLP_FORGED_NAME = -701 => OutgoingEventErrorKind::Name,
        /// Not an answer to the pending question.
        ESLP_NOT_ASKED = -702 => "not an answer to the pending question",
        /// In the middle of a command, or nothing is subscribed to.
        ESLP_NOT_READY = -703 => "in the middle of a command, or nothing is subscribed to",
        /// The name of an event's header is not a valid XML name.
        ESLP_NOT_XML_NAME = -704 => OutgoingEventErrorKind::XmlName,
        /// The name of an event's header is not UTF-8.
        ESLP_NAME_NOT_UTF8 = -705 => OutgoingEventErrorKind::NameUtf8,
        /// The value of an event's header is not UTF-8.
        ESLP_VALUE_NOT_UTF8 = -706 => OutgoingEventErrorKind::ValueUtf8,
        /// The body of an event is not UTF-8.
        ESLP_BODY_NOT_UTF8 = -707 => OutgoingEventErrorKind::BodyUtf8,
        /// The body of an event has a character that XML does not have.
        ESLP_BODY_NOT_XML = -708 => OutgoingEventErrorKind::BodyChar,
        /// Too many repeated headers.
        ESLP_TOO_MANY_DUPLICATES = -709 => OutgoingEventErrorKind::Duplicates,
        /// An event that is to be written cannot be read to its end.
        ESLP_SOURCE_MALFORMED = -710 => OutgoingEventErrorKind::Malformed,
        /// The event has been written in another coding than the connection's.
        ESLP_OTHER_CODING = -711 => "the event has been written in another coding",
        /// The library is built without the format in which an event is to be written.
        ESLP_FORMAT_UNSUPPORTED = -712 => OutgoingEventErrorKind::Unsupported,

        /// The slot waits for something else.
        ESLP_SLOT_IN_USE = -801 => "the slot waits for something else",
        /// A session has no connection.
        ESLP_NO_CONNECTION = -802 => "there is no connection",
        /// A session's connection is not open yet, or there is nothing to wait for: the message executes nothing, or names no
        /// channel.
        ESLP_SESSION_NOT_READY = -803 => "the connection is not open yet, or there is nothing to wait for",
        /// The application would run in a channel whose events this connection cannot receive.
        ESLP_UNHEARD = -804 => "this connection receives only its own channel's events",

        /// A part of an application's argument is empty that must not be.
        ESLP_APP_EMPTY = -901 => AppErrorKind::Empty ["dial"],
        /// It holds a NUL.
        ESLP_APP_NUL = -902 => AppErrorKind::Nul ["dial"],
        /// It holds `${`, which the server would expand.
        ESLP_APP_EXPANSION = -903 => AppErrorKind::Expansion ["dial"],
        /// It holds a separator.
        ESLP_APP_SEPARATOR = -904 => AppErrorKind::Separator ["dial"],
        /// It has a special meaning.
        ESLP_APP_RESERVED = -905 => AppErrorKind::Reserved ["dial"],
        /// It holds a blank that the server would not read as part of it.
        ESLP_APP_BLANK = -906 => AppErrorKind::Blank ["dial"],
        /// It holds a quote or backslash.
        ESLP_APP_QUOTE = -907 => AppErrorKind::Quote ["dial"],
        /// More than the server's limit.
        ESLP_APP_TOO_MANY = -908 => AppErrorKind::TooMany ["dial"],
        /// A number that is out of range.
        ESLP_APP_OUT_OF_RANGE = -909 => AppErrorKind::OutOfRange ["dial"],
        /// It holds a character that is not a DTMF digit.
        ESLP_APP_DIGIT = -910 => AppErrorKind::Digit ["dial"],
    }
}

/// An error of the core without a status does not compile.
const _: () = {
    let mut kinds = esl_core::raw::CODES;
    while let [codes, rest @ ..] = kinds {
        let mut codes = *codes;
        while let [code, rest @ ..] = codes {
            let mut table = TABLE;
            loop {
                table = match table {
                    [(status, _), ..] if status.0 == -(*code as i32) => break,
                    [_, rest @ ..] => rest,
                    [] => panic!("an error of the core has no status"),
                };
            }
            codes = rest;
        }
        kinds = rest;
    }
};

impl eslp_status {
    /// The status of an error of the core's, by its number.
    pub(crate) fn of(code: u16) -> Self {
        let known = TABLE.iter().find(|(status, _)| status.0 == -i32::from(code));
        known.map_or(Self::ESLP_INVALID_ARGUMENT, |(status, _)| *status)
    }
}

impl From<NotAllowed> for eslp_status {
    fn from(reason: NotAllowed) -> Self {
        Self::of(reason.code())
    }
}

/// Incremented when a function or struct of this header changes in a way that compiled programs notice.
pub const ESLP_ABI_VERSION: u32 = 1;

/// The text of a status, in English: never NULL, and valid for ever. A number that is no status gets a text, too.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_strerror(status: i32) -> *const c_char {
    let entry = TABLE.iter().find(|(known, _)| known.0 == status);
    entry.map_or(text!("unknown status").as_slice(), |(_, text)| text).as_ptr().cast()
}

/// The ESLP_ABI_VERSION of the library that is linked. Compare it with the header's where the library is loaded at
/// run time.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_abi_version() -> u32 {
    ESLP_ABI_VERSION
}

/// The version of the library, as `0.1.0`: valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_version() -> *const c_char {
    text!(env!("CARGO_PKG_VERSION")).as_ptr().cast()
}

/// The ESLP_VERSION_NUMBER of the library.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_version_number() -> u32 {
    const fn part(text: &str) -> u32 {
        match u32::from_str_radix(text, 10) {
            Ok(number) => number,
            Err(_) => 0,
        }
    }
    const VERSION: [u32; 3] = [
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    ];
    let [major, minor, patch] = VERSION;
    major * 1_000_000 + minor * 1000 + patch
}
