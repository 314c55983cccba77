//! What functions return.

use core::ffi::c_char;

use esl_core::client::NotAllowed;
use esl_core::command::{CommandErrorKind, ParseErrorKind};
use esl_core::dial::{DialErrorKind, DialParseErrorKind};
use esl_core::event::{EventErrorKind, OutgoingEventErrorKind};
use esl_core::frame::DecodeErrorKind;

/// How a function went.
///
/// 0 is success. Positive values are not errors; they tell you what to do next, or that there is nothing. Negative
/// values are errors, and the function has done nothing. The numbers never change and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum eslp_status {
    /// Done.
    ESLP_OK = 0,
    /// More octets must be read first.
    ESLP_NEED_DATA = 1,
    /// The connection is over.
    ESLP_CLOSED = 2,
    /// The iteration has ended.
    ESLP_END = 3,
    /// Not found, or not of the kind that was asked for.
    ESLP_NOT_FOUND = 4,
    /// Nothing is read until the host has answered.
    ESLP_WAITING = 5,
    /// What was asked for is not here: the frame comes in parts.
    ESLP_NOT_WHOLE = 6,

    /// A pointer is NULL.
    ESLP_NULL = -1,
    /// A handle or iterator that was never initialised, or is of another type, or has ended.
    ESLP_BAD_HANDLE = -2,
    /// A pointer is not aligned as its type is.
    ESLP_MISALIGNED = -3,
    /// A number that is not in its enum, or an impossible length.
    ESLP_INVALID_ARGUMENT = -4,
    /// The memory for a handle is too small.
    ESLP_MEMORY_TOO_SMALL = -5,
    /// There is no memory left.
    ESLP_NO_MEMORY = -6,

    /// Content-Length is no decimal number.
    ESLP_INVALID_LENGTH = -101,
    /// Two Content-Length headers differ.
    ESLP_CONFLICTING_LENGTH = -102,
    /// A body is longer than the limit.
    ESLP_BODY_TOO_LONG = -103,
    /// A head is longer than the limit.
    ESLP_HEAD_TOO_LONG = -104,
    /// A head has more lines than the limit.
    ESLP_TOO_MANY_LINES = -105,

    /// An event's document ends too early.
    ESLP_DOCUMENT_TRUNCATED = -201,
    /// An octet that is not allowed at its position in an event's document.
    ESLP_DOCUMENT_UNEXPECTED = -202,
    /// A value that is neither a text nor a flat array.
    ESLP_DOCUMENT_NESTED = -203,
    /// An XML element without a matching end tag.
    ESLP_DOCUMENT_UNMATCHED = -204,
    /// Something follows the event's document.
    ESLP_DOCUMENT_TRAILING_DATA = -205,
    /// The library is built without the format of an event's document.
    ESLP_DOCUMENT_UNSUPPORTED = -206,

    /// Buffer too small; the required size is returned. What an output buffer holds has no meaning then.
    ESLP_INSUFFICIENT = -300,
    /// A part of a command is empty that must not be.
    ESLP_COMMAND_EMPTY = -301,
    /// A part of a command holds a line end.
    ESLP_COMMAND_LINE_END = -302,
    /// A part of a command holds a NUL.
    ESLP_COMMAND_NUL = -303,
    /// A part of a command holds a blank that the server would not read as part of it.
    ESLP_COMMAND_BLANK = -304,
    /// A part of a command holds a separator.
    ESLP_COMMAND_SEPARATOR = -305,
    /// A part of a command is a word with a meaning of its own.
    ESLP_COMMAND_RESERVED = -306,
    /// A part of a command is longer than the server reads or answers well.
    ESLP_COMMAND_TOO_LONG = -307,
    /// A format that the server would lose beside a uuid.
    ESLP_COMMAND_FORMAT_LOST = -308,

    /// A request is not a known command.
    ESLP_PARSE_UNKNOWN = -401,
    /// A command lacks its argument.
    ESLP_PARSE_MISSING = -402,
    /// A command's argument is not understood.
    ESLP_PARSE_INVALID = -403,
    /// A request begins with a NUL.
    ESLP_PARSE_NUL = -404,
    /// A filter lacks its value.
    ESLP_PARSE_SYNTAX = -405,
    /// None of the event names is known.
    ESLP_PARSE_NO_NAMES = -406,
    /// A login lacks its user, domain or password.
    ESLP_PARSE_CREDENTIALS = -407,

    /// Buffer too small for a dial string; the required size is returned.
    ESLP_DIAL_INSUFFICIENT = -500,
    /// A part of a call is empty that must not be.
    ESLP_DIAL_EMPTY = -501,
    /// A part of a call holds a line end.
    ESLP_DIAL_LINE_END = -502,
    /// A part of a call holds a NUL.
    ESLP_DIAL_NUL = -503,
    /// A part of a call holds a control octet that the server uses itself.
    ESLP_DIAL_CONTROL = -504,
    /// A part of a call holds a blank that the server would not read as part of it.
    ESLP_DIAL_BLANK = -505,
    /// A part of a call holds a separator.
    ESLP_DIAL_SEPARATOR = -506,
    /// A part of a call holds a bracket that the server would count.
    ESLP_DIAL_BRACKET = -507,
    /// A part of a call holds a quote or backslash.
    ESLP_DIAL_QUOTE = -508,
    /// A variable's value holds `${`.
    ESLP_DIAL_EXPANSION = -509,
    /// A part of a call has a meaning of its own.
    ESLP_DIAL_RESERVED = -510,
    /// More than the server's limit.
    ESLP_DIAL_TOO_MANY = -511,
    /// A number that is too large.
    ESLP_DIAL_TOO_GREAT = -512,
    /// Storage too small for reading a dial string.
    ESLP_DIAL_PARSE_STORAGE = -551,
    /// The line is not an `originate` command.
    ESLP_DIAL_PARSE_UNKNOWN = -552,
    /// Arguments or an endpoint are missing, or there are too many.
    ESLP_DIAL_PARSE_MISSING = -553,
    /// An argument is not understood.
    ESLP_DIAL_PARSE_INVALID = -554,
    /// A bracket is not closed.
    ESLP_DIAL_PARSE_BRACKET = -555,
    /// A control octet.
    ESLP_DIAL_PARSE_CONTROL = -556,
    /// A variable that only a channel can expand.
    ESLP_DIAL_PARSE_EXPANSION = -557,
    /// More handles than the server's limit.
    ESLP_DIAL_PARSE_TOO_MANY = -558,

    /// auth or userauth must be sent first.
    ESLP_NOT_AUTHENTICATED = -601,
    /// This connection is authenticated already.
    ESLP_ALREADY_AUTHENTICATED = -602,
    /// connect must be sent first.
    ESLP_NOT_CONNECTED = -603,
    /// The connection controls its channel only, not the server.
    ESLP_NEEDS_FULL_CONTROL = -604,
    /// The connection controls no channel.
    ESLP_NEEDS_CHANNEL = -605,
    /// The command must name its channel.
    ESLP_NEEDS_UUID = -606,
    /// The user has no right to log lines.
    ESLP_NO_RIGHT = -607,
    /// exit has been sent.
    ESLP_EXITING = -608,
    /// The connection is over: nothing can be sent.
    ESLP_IS_CLOSED = -609,

    /// The name of an event's header would forge another header.
    ESLP_FORGED_NAME = -701,
    /// Not an answer to the pending question.
    ESLP_NOT_ASKED = -702,
    /// In the middle of a command, or nothing is subscribed to.
    ESLP_NOT_READY = -703,
    /// The name of an event's header is no name in XML.
    ESLP_NOT_XML_NAME = -704,
    /// The name of an event's header is not UTF-8.
    ESLP_NAME_NOT_UTF8 = -705,
    /// The value of an event's header is not UTF-8.
    ESLP_VALUE_NOT_UTF8 = -706,
    /// The body of an event is not UTF-8.
    ESLP_BODY_NOT_UTF8 = -707,
    /// The body of an event has a character that XML does not have.
    ESLP_BODY_NOT_XML = -708,
    /// Too many headers come more than once.
    ESLP_TOO_MANY_DUPLICATES = -709,
    /// An event that is to be written cannot be read to its end.
    ESLP_SOURCE_MALFORMED = -710,
    /// The event has been written in another coding than the connection's.
    ESLP_OTHER_CODING = -711,
    /// The library is built without the format in which an event is to be written.
    ESLP_FORMAT_UNSUPPORTED = -712,
}

use eslp_status::*;

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

/// A status and its text.
struct Entry {
    status: eslp_status,
    text: &'static [u8],
}

const fn own(status: eslp_status, text: &'static [u8]) -> Entry {
    Entry { status, text }
}

/// An error of the core: its number and its text.
macro_rules! core_error {
    ($status:ident, $kind:expr) => {{
        const { assert!(-($status as i32) == $kind.code() as i32) };
        Entry { status: $status, text: text!($kind.as_str()) }
    }};
}

static TABLE: [Entry; 82] = [
    own(ESLP_OK, text!("done")),
    own(ESLP_NEED_DATA, text!("more octets are needed")),
    own(ESLP_CLOSED, text!("the connection is over")),
    own(ESLP_END, text!("end of iteration")),
    own(ESLP_NOT_FOUND, text!("not found")),
    own(ESLP_WAITING, text!("waiting for the host's answer")),
    own(ESLP_NOT_WHOLE, text!("the frame comes in parts")),
    own(ESLP_NULL, text!("a pointer is NULL")),
    own(ESLP_BAD_HANDLE, text!("a handle is not initialised, or of another type, or has ended")),
    own(ESLP_MISALIGNED, text!("a pointer is not aligned as its type is")),
    own(ESLP_INVALID_ARGUMENT, text!("a number is not in its enum, or a length is impossible")),
    own(ESLP_MEMORY_TOO_SMALL, text!("the memory for a handle is too small")),
    own(ESLP_NO_MEMORY, text!("there is no memory left")),
    core_error!(ESLP_INVALID_LENGTH, DecodeErrorKind::InvalidLength),
    core_error!(ESLP_CONFLICTING_LENGTH, DecodeErrorKind::ConflictingLength),
    core_error!(ESLP_BODY_TOO_LONG, DecodeErrorKind::BodyTooLong),
    core_error!(ESLP_HEAD_TOO_LONG, DecodeErrorKind::HeadTooLong),
    core_error!(ESLP_TOO_MANY_LINES, DecodeErrorKind::TooManyLines),
    core_error!(ESLP_DOCUMENT_TRUNCATED, EventErrorKind::Truncated),
    core_error!(ESLP_DOCUMENT_UNEXPECTED, EventErrorKind::Unexpected),
    core_error!(ESLP_DOCUMENT_NESTED, EventErrorKind::Nested),
    core_error!(ESLP_DOCUMENT_UNMATCHED, EventErrorKind::Unmatched),
    core_error!(ESLP_DOCUMENT_TRAILING_DATA, EventErrorKind::TrailingData),
    core_error!(ESLP_DOCUMENT_UNSUPPORTED, EventErrorKind::Unsupported),
    own(ESLP_INSUFFICIENT, text!("buffer too small")),
    core_error!(ESLP_COMMAND_EMPTY, CommandErrorKind::Empty),
    core_error!(ESLP_COMMAND_LINE_END, CommandErrorKind::LineEnd),
    core_error!(ESLP_COMMAND_NUL, CommandErrorKind::Nul),
    core_error!(ESLP_COMMAND_BLANK, CommandErrorKind::Blank),
    core_error!(ESLP_COMMAND_SEPARATOR, CommandErrorKind::Separator),
    core_error!(ESLP_COMMAND_RESERVED, CommandErrorKind::Reserved),
    core_error!(ESLP_COMMAND_TOO_LONG, CommandErrorKind::TooLong),
    core_error!(ESLP_COMMAND_FORMAT_LOST, CommandErrorKind::FormatLost),
    core_error!(ESLP_PARSE_UNKNOWN, ParseErrorKind::Unknown),
    core_error!(ESLP_PARSE_MISSING, ParseErrorKind::Missing),
    core_error!(ESLP_PARSE_INVALID, ParseErrorKind::Invalid),
    core_error!(ESLP_PARSE_NUL, ParseErrorKind::Nul),
    core_error!(ESLP_PARSE_SYNTAX, ParseErrorKind::Syntax),
    core_error!(ESLP_PARSE_NO_NAMES, ParseErrorKind::NoNames),
    core_error!(ESLP_PARSE_CREDENTIALS, ParseErrorKind::Credentials),
    own(ESLP_DIAL_INSUFFICIENT, text!("buffer too small")),
    core_error!(ESLP_DIAL_EMPTY, DialErrorKind::Empty),
    core_error!(ESLP_DIAL_LINE_END, DialErrorKind::LineEnd),
    core_error!(ESLP_DIAL_NUL, DialErrorKind::Nul),
    core_error!(ESLP_DIAL_CONTROL, DialErrorKind::Control),
    core_error!(ESLP_DIAL_BLANK, DialErrorKind::Blank),
    core_error!(ESLP_DIAL_SEPARATOR, DialErrorKind::Separator),
    core_error!(ESLP_DIAL_BRACKET, DialErrorKind::Bracket),
    core_error!(ESLP_DIAL_QUOTE, DialErrorKind::Quote),
    core_error!(ESLP_DIAL_EXPANSION, DialErrorKind::Expansion),
    core_error!(ESLP_DIAL_RESERVED, DialErrorKind::Reserved),
    core_error!(ESLP_DIAL_TOO_MANY, DialErrorKind::TooMany),
    core_error!(ESLP_DIAL_TOO_GREAT, DialErrorKind::TooGreat),
    own(ESLP_DIAL_PARSE_STORAGE, text!("too little storage")),
    core_error!(ESLP_DIAL_PARSE_UNKNOWN, DialParseErrorKind::Unknown),
    core_error!(ESLP_DIAL_PARSE_MISSING, DialParseErrorKind::Missing),
    core_error!(ESLP_DIAL_PARSE_INVALID, DialParseErrorKind::Invalid),
    core_error!(ESLP_DIAL_PARSE_BRACKET, DialParseErrorKind::Bracket),
    core_error!(ESLP_DIAL_PARSE_CONTROL, DialParseErrorKind::Control),
    core_error!(ESLP_DIAL_PARSE_EXPANSION, DialParseErrorKind::Expansion),
    core_error!(ESLP_DIAL_PARSE_TOO_MANY, DialParseErrorKind::TooMany),
    core_error!(ESLP_NOT_AUTHENTICATED, NotAllowed::NotAuthenticated),
    core_error!(ESLP_ALREADY_AUTHENTICATED, NotAllowed::AlreadyAuthenticated),
    core_error!(ESLP_NOT_CONNECTED, NotAllowed::NotConnected),
    core_error!(ESLP_NEEDS_FULL_CONTROL, NotAllowed::NeedsFullControl),
    core_error!(ESLP_NEEDS_CHANNEL, NotAllowed::NeedsChannel),
    core_error!(ESLP_NEEDS_UUID, NotAllowed::NeedsUuid),
    core_error!(ESLP_NO_RIGHT, NotAllowed::NoRight),
    core_error!(ESLP_EXITING, NotAllowed::Exiting),
    core_error!(ESLP_IS_CLOSED, NotAllowed::Closed),
    core_error!(ESLP_FORGED_NAME, OutgoingEventErrorKind::Name),
    own(ESLP_NOT_ASKED, text!("not an answer to the pending question")),
    own(ESLP_NOT_READY, text!("in the middle of a command, or nothing is subscribed to")),
    core_error!(ESLP_NOT_XML_NAME, OutgoingEventErrorKind::XmlName),
    core_error!(ESLP_NAME_NOT_UTF8, OutgoingEventErrorKind::NameUtf8),
    core_error!(ESLP_VALUE_NOT_UTF8, OutgoingEventErrorKind::ValueUtf8),
    core_error!(ESLP_BODY_NOT_UTF8, OutgoingEventErrorKind::BodyUtf8),
    core_error!(ESLP_BODY_NOT_XML, OutgoingEventErrorKind::BodyChar),
    core_error!(ESLP_TOO_MANY_DUPLICATES, OutgoingEventErrorKind::Duplicates),
    core_error!(ESLP_SOURCE_MALFORMED, OutgoingEventErrorKind::Malformed),
    own(ESLP_OTHER_CODING, text!("the event has been written in another coding")),
    core_error!(ESLP_FORMAT_UNSUPPORTED, OutgoingEventErrorKind::Unsupported),
];

/// An error of the core without a status does not compile.
const _: () = {
    let mut kinds = esl_core::raw::CODES;
    while let [codes, rest @ ..] = kinds {
        let mut codes = *codes;
        while let [code, rest @ ..] = codes {
            let mut table: &[Entry] = &TABLE;
            loop {
                table = match table {
                    [entry, ..] if entry.status as i32 == -(*code as i32) => break,
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
        TABLE
            .iter()
            .map(|entry| entry.status)
            .find(|status| *status as i32 == -i32::from(code))
            .unwrap_or(ESLP_INVALID_ARGUMENT)
    }
}

/// Counts up when a function or struct of this header changes in a way that compiled programs notice.
pub const ESLP_ABI_VERSION: u32 = 1;

/// What a status says, in English: never NULL, and valid for ever. A number that is no status gets a text, too.
#[unsafe(no_mangle)]
pub extern "C" fn eslp_strerror(status: i32) -> *const c_char {
    let entry = TABLE.iter().find(|entry| entry.status as i32 == status);
    entry.map_or(text!("unknown status").as_slice(), |entry| entry.text).as_ptr().cast()
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
