/**
 * @file
 * esl_proto.h: FreeSWITCH's event socket protocol without I/O.
 *
 * This library parses and writes the whole protocol, for the client and for the server. It opens no socket,
 * starts no thread, reads no clock, has no callback except the one for regular expressions, logs nothing and keeps no
 * global state. The host reads bytes into its own buffer, passes them to the library, and sends the bytes that it writes.
 *
 * A client, in short:
 *
 *     eslp_client *client;
 *     eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client);
 *     for (;;) {
 *         eslp_client_result result;
 *         eslp_status status = eslp_client_poll(client, buffer, filled, &result);
 *         if (status == ESLP_OK) {
 *             ... look at result.kind and result.message; perhaps eslp_client_send() ...
 *         }
 *         ... take result.consumed bytes off the front of the buffer ...
 *         if (status == ESLP_NEED_DATA) {
 *             ... read more into the buffer; at the end of the stream, eslp_client_eof() and leave ...
 *         } else if (status != ESLP_OK) {
 *             ... ESLP_CLOSED, or an error: it is over ...
 *         }
 *     }
 *
 * Rules that hold for all functions:
 *
 * - Bytes, not text: nothing on the wire is promised to be UTF-8 or NUL-terminated. eslp_bytes and eslp_value are
 *   length-delimited.
 * - Results point into the host's buffer: they are valid until the host overwrites, moves or frees these bytes.
 *   Take what you need before you take the consumed bytes off the buffer.
 * - Results are always written through pointers: if a function returns an error, it has done nothing, results are zeros (ids
 *   ESLP_NO_ID), and the contents of an output buffer are meaningless; where a result tells more about the error, the comment
 *   says so.
 * - During a call, nobody else writes to its arguments or to what they point to, and nobody else uses its results. Results
 *   overlap no argument and no other result. Bytes of an argument that lie in the output buffer are detected: ESLP_OVERLAP.
 * - NULL, memory that is zero or has none of the library's marks, and dropped handles are detected: the status is
 *   ESLP_NULL or ESLP_BAD_HANDLE. Functions that return no status return 0, false or NULL then. A pointer to memory that
 *   does not exist, or is shorter than stated, cannot be detected.
 * - Handles (eslp_decoder, eslp_client, eslp_connection, eslp_server) live in the host's memory (_init, _drop) or, except for
 *   eslp_connection, on the heap (_new, _free); eslp_session, eslp_queue and eslp_calls live only on the heap. With _init the
 *   library needs no heap at all. Structs with `opaque` words live where the host puts them
 *   and need not be freed; they must not be copied while they are used, except for iterators (eslp_headers, eslp_items): a copy
 *   continues from the current position.
 * - A handle may move between threads, but only one function at a time may use it or its results. Different handles
 *   are independent. Structs that are only read may be shared.
 * - In the host's own structs, zero always means "not specified": begin with `= {0}` or with designated initialisers. A struct on
 *   the stack that was not initialised holds old data, which may look like an earlier struct and cannot be detected.
 * - A newer library may know more numbers of an enum: be ready for others. Structs have `reserved` words, which a newer
 *   library may use for more fields; zero means "not set". A number or a field that this library does not
 *   know gives ESLP_UNKNOWN_NUMBER or ESLP_UNKNOWN_FIELD. Programs that were compiled against this header run with all later
 *   libraries of the same ESLP_ABI_VERSION.
 */
#ifndef ESL_PROTO_H
#define ESL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* What a compiler has without a C library is enough. */
#if !defined(__STDC_HOSTED__) || __STDC_HOSTED__
#include <string.h>
#endif

/** A type of 32 bits for each enum, because a library of another age may know more numbers: an enum where the language has
 * enums of a fixed type, else int32_t. */
#if defined(__cplusplus)
#define ESLP_ENUM(name) enum name : int32_t
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L
#define ESLP_ENUM(name) enum name : int32_t; typedef enum name name; enum name : int32_t
#else
#define ESLP_ENUM(name) typedef int32_t name; enum
#endif

/** For functions whose status must not be ignored: a command that was not sent is never answered. */
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define ESLP_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define ESLP_NODISCARD __attribute__((warn_unused_result))
#else
#define ESLP_NODISCARD
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ========================================================================
 * Status
 *
 * What functions return, and which library this is.
 * ======================================================================== */

/** @defgroup esl_proto_status Status
 * What functions return, and which library this is.
 * @{ */

/** The version of this header, its first part. eslp_version_number() tells the version of the library. */
#define ESLP_VERSION_MAJOR 0
/** Its second part. */
#define ESLP_VERSION_MINOR 1
/** Its third part. */
#define ESLP_VERSION_PATCH 0
/** The three as one number, which grows with each version. */
#define ESLP_VERSION_NUMBER 1000
/** The same as a text. */
#define ESLP_VERSION "0.1.0"

/**
 * The result of a function.
 *
 * 0 is success. Positive values are not errors; they tell you what to do next, or that there is nothing. Negative
 * values are errors, and the function has done nothing. The numbers never change and are never reused.
 */
ESLP_ENUM(eslp_status) {
  /** Done. */
  ESLP_OK = 0,
  /** More bytes must be read first. */
  ESLP_NEED_DATA = 1,
  /** The connection is over. */
  ESLP_CLOSED = 2,
  /** The iteration has ended. */
  ESLP_END = 3,
  /** Not found, or not of the kind that was asked for. */
  ESLP_NOT_FOUND = 4,
  /** Nothing is read until the host has answered. */
  ESLP_WAITING = 5,
  /** The requested data is not available: the frame comes in parts. */
  ESLP_NOT_WHOLE = 6,
  /** Timed out: esl_proto_posix.h. */
  ESLP_TIMED_OUT = 7,
  /** A pointer is NULL. */
  ESLP_NULL = -1,
  /** A handle or iterator that was never initialised, or is of another type, or has ended. */
  ESLP_BAD_HANDLE = -2,
  /** A pointer is not aligned as its type is. */
  ESLP_MISALIGNED = -3,
  /** An invalid number, or an impossible length. */
  ESLP_INVALID_ARGUMENT = -4,
  /** The memory for a handle is too small. */
  ESLP_MEMORY_TOO_SMALL = -5,
  /** Out of memory. */
  ESLP_NO_MEMORY = -6,
  /** A number that this library does not have in its enum: it is wrong, or the program's header is newer. */
  ESLP_UNKNOWN_NUMBER = -7,
  /**
   * A reserved word of a struct is not zero: the struct was not initialised, or the program's header is newer
   * and has set a field that this library does not know.
   */
  ESLP_UNKNOWN_FIELD = -8,
  /** An input lies, in whole or in part, where the function is to write. */
  ESLP_OVERLAP = -9,
  /** A system call has failed: esl_proto_posix.h keeps its errno. */
  ESLP_SYSTEM = -10,
  /** Unknown host: esl_proto_posix.h. */
  ESLP_UNKNOWN_HOST = -11,
  /**
   * The server has refused the password, the address (by its access list), or a command (with `-ERR`).
   * esl_proto_posix.h.
   */
  ESLP_REFUSED = -12,
  /** Content-Length is not a decimal number. */
  ESLP_INVALID_LENGTH = -101,
  /** Two Content-Length headers differ. */
  ESLP_CONFLICTING_LENGTH = -102,
  /** A body is longer than the limit. */
  ESLP_BODY_TOO_LONG = -103,
  /** A head is longer than the limit. */
  ESLP_HEAD_TOO_LONG = -104,
  /** A head has more lines than the limit. */
  ESLP_TOO_MANY_LINES = -105,
  /** An event's document ends too early. */
  ESLP_DOCUMENT_TRUNCATED = -201,
  /** A byte that is not allowed at its position in an event's document. */
  ESLP_DOCUMENT_UNEXPECTED = -202,
  /** A value that is neither a text nor a flat array. */
  ESLP_DOCUMENT_NESTED = -203,
  /** An XML element without a matching end tag. */
  ESLP_DOCUMENT_UNMATCHED = -204,
  /** Something follows the event's document. */
  ESLP_DOCUMENT_TRAILING_DATA = -205,
  /** The library is built without the format of an event's document. */
  ESLP_DOCUMENT_UNSUPPORTED = -206,
  /** Buffer too small; the required size is returned. The contents of an output buffer are then meaningless. */
  ESLP_INSUFFICIENT = -300,
  /** A part of a command is empty that must not be. */
  ESLP_COMMAND_EMPTY = -301,
  /** A part of a command holds a line end. */
  ESLP_COMMAND_LINE_END = -302,
  /** A part of a command holds a NUL. */
  ESLP_COMMAND_NUL = -303,
  /** A part of a command holds a blank that the server would not read as part of it. */
  ESLP_COMMAND_BLANK = -304,
  /** A part of a command holds a separator. */
  ESLP_COMMAND_SEPARATOR = -305,
  /** A part of a command is a word with a special meaning. */
  ESLP_COMMAND_RESERVED = -306,
  /** A part of a command is longer than the server reads or answers well. */
  ESLP_COMMAND_TOO_LONG = -307,
  /** A format that the server would lose together with a uuid. */
  ESLP_COMMAND_FORMAT_LOST = -308,
  /** A request is not a known command. */
  ESLP_PARSE_UNKNOWN = -401,
  /** A command lacks its argument. */
  ESLP_PARSE_MISSING = -402,
  /** A command's argument is not understood. */
  ESLP_PARSE_INVALID = -403,
  /** A request begins with a NUL. */
  ESLP_PARSE_NUL = -404,
  /** A filter lacks its value. */
  ESLP_PARSE_SYNTAX = -405,
  /** None of the event names is known. */
  ESLP_PARSE_NO_NAMES = -406,
  /** A login lacks its user, domain or password. */
  ESLP_PARSE_CREDENTIALS = -407,
  /** Buffer too small for a dial string; the required size is returned. */
  ESLP_DIAL_INSUFFICIENT = -500,
  /** A part of a call is empty that must not be. */
  ESLP_DIAL_EMPTY = -501,
  /** A part of a call holds a line end. */
  ESLP_DIAL_LINE_END = -502,
  /** A part of a call holds a NUL. */
  ESLP_DIAL_NUL = -503,
  /** A part of a call holds a control byte that the server uses internally. */
  ESLP_DIAL_CONTROL = -504,
  /** A part of a call holds a blank that the server would not read as part of it. */
  ESLP_DIAL_BLANK = -505,
  /** A part of a call holds a separator. */
  ESLP_DIAL_SEPARATOR = -506,
  /** A part of a call holds a bracket that the server would count. */
  ESLP_DIAL_BRACKET = -507,
  /** A part of a call holds a quote or backslash. */
  ESLP_DIAL_QUOTE = -508,
  /** A variable's value holds `${`. */
  ESLP_DIAL_EXPANSION = -509,
  /** A part of a call has a special meaning. */
  ESLP_DIAL_RESERVED = -510,
  /** More than the server's limit. */
  ESLP_DIAL_TOO_MANY = -511,
  /** A number that is too large. */
  ESLP_DIAL_TOO_GREAT = -512,
  /** Storage too small for reading a dial string. */
  ESLP_DIAL_PARSE_STORAGE = -551,
  /** The line is not an `originate` command. */
  ESLP_DIAL_PARSE_UNKNOWN = -552,
  /** Arguments or an endpoint are missing, or there are too many. */
  ESLP_DIAL_PARSE_MISSING = -553,
  /** An argument is not understood. */
  ESLP_DIAL_PARSE_INVALID = -554,
  /** A bracket is not closed. */
  ESLP_DIAL_PARSE_BRACKET = -555,
  /** A control byte. */
  ESLP_DIAL_PARSE_CONTROL = -556,
  /** A variable that only a channel can expand. */
  ESLP_DIAL_PARSE_EXPANSION = -557,
  /** More handles than the server's limit. */
  ESLP_DIAL_PARSE_TOO_MANY = -558,
  /** auth or userauth must be sent first. */
  ESLP_NOT_AUTHENTICATED = -601,
  /** This connection is authenticated already. */
  ESLP_ALREADY_AUTHENTICATED = -602,
  /** connect must be sent first. */
  ESLP_NOT_CONNECTED = -603,
  /** The connection controls its channel only, not the server. */
  ESLP_NEEDS_FULL_CONTROL = -604,
  /** The connection controls no channel. */
  ESLP_NEEDS_CHANNEL = -605,
  /** The command must name its channel. */
  ESLP_NEEDS_UUID = -606,
  /** The user has no right to log lines. */
  ESLP_NO_RIGHT = -607,
  /** exit has been sent. */
  ESLP_EXITING = -608,
  /** The connection is over: nothing can be sent. */
  ESLP_IS_CLOSED = -609,
  /** The name of an event's header would forge another header. */
  ESLP_FORGED_NAME = -701,
  /** Not an answer to the pending question. */
  ESLP_NOT_ASKED = -702,
  /** In the middle of a command, or nothing is subscribed to. */
  ESLP_NOT_READY = -703,
  /** The name of an event's header is not a valid XML name. */
  ESLP_NOT_XML_NAME = -704,
  /** The name of an event's header is not UTF-8. */
  ESLP_NAME_NOT_UTF8 = -705,
  /** The value of an event's header is not UTF-8. */
  ESLP_VALUE_NOT_UTF8 = -706,
  /** The body of an event is not UTF-8. */
  ESLP_BODY_NOT_UTF8 = -707,
  /** The body of an event has a character that XML does not have. */
  ESLP_BODY_NOT_XML = -708,
  /** Too many repeated headers. */
  ESLP_TOO_MANY_DUPLICATES = -709,
  /** An event that is to be written cannot be read to its end. */
  ESLP_SOURCE_MALFORMED = -710,
  /** The event has been written in another coding than the connection's. */
  ESLP_OTHER_CODING = -711,
  /** The library is built without the format in which an event is to be written. */
  ESLP_FORMAT_UNSUPPORTED = -712,
  /** The slot waits for something else. */
  ESLP_SLOT_IN_USE = -801,
  /** A session has no connection. */
  ESLP_NO_CONNECTION = -802,
  /**
   * A session's connection is not open yet, or there is nothing to wait for: the message executes nothing, or names no
   * channel.
   */
  ESLP_SESSION_NOT_READY = -803,
  /** The application would run in a channel whose events this connection cannot receive. */
  ESLP_UNHEARD = -804,
  /** A part of an application's argument is empty that must not be. */
  ESLP_APP_EMPTY = -901,
  /** It holds a NUL. */
  ESLP_APP_NUL = -902,
  /** It holds `${`, which the server would expand. */
  ESLP_APP_EXPANSION = -903,
  /** It holds a separator. */
  ESLP_APP_SEPARATOR = -904,
  /** It has a special meaning. */
  ESLP_APP_RESERVED = -905,
  /** It holds a blank that the server would not read as part of it. */
  ESLP_APP_BLANK = -906,
  /** It holds a quote or backslash. */
  ESLP_APP_QUOTE = -907,
  /** More than the server's limit. */
  ESLP_APP_TOO_MANY = -908,
  /** A number that is out of range. */
  ESLP_APP_OUT_OF_RANGE = -909,
  /** It holds a character that is not a DTMF digit. */
  ESLP_APP_DIGIT = -910,
};

/** Incremented when a function or struct of this header changes in a way that compiled programs notice. */
#define ESLP_ABI_VERSION 1

/** The text of a status, in English: never NULL, and valid for ever. A number that is no status gets a text, too. */
const char *eslp_strerror(int32_t status);

/**
 * The ESLP_ABI_VERSION of the library that is linked. Compare it with the header's where the library is loaded at
 * run time.
 */
uint32_t eslp_abi_version(void);

/** The version of the library, as `0.1.0`: valid for ever. */
const char *eslp_version(void);

/** The ESLP_VERSION_NUMBER of the library. */
uint32_t eslp_version_number(void);

/** @} */

/* ========================================================================
 * Bytes and values
 *
 * The basic types.
 * ======================================================================== */

/** @defgroup esl_proto_octets Bytes and values
 * The basic types.
 * @{ */

/**
 * A borrowed, length-delimited byte string (not NUL-terminated). Bytes, not text: nothing on the wire is promised to
 * be UTF-8.
 *
 * As a result: valid as long as the function's comment says. NULL = absent, distinct from empty.
 *
 * As an argument: read during the call only. Use ESLP_LIT("a literal") or eslp_str(a_string). `{NULL, 0}` omits an
 * optional argument.
 */
typedef struct eslp_bytes {
  /** The first byte. */
  const char *data;
  /** Their number. */
  size_t len;
} eslp_bytes;

/**
 * A name, value or body as it lies in the caller's buffer, still coded: percent-coded, with JSON escapes, with XML
 * entities, or not at all. Decoded only when one of the functions below is asked to.
 *
 * Valid as long as the bytes in the buffer. `{data, len}` with zeros behind them are bytes that need no decoding.
 */
typedef struct eslp_value {
  /** The bytes as they lie on the wire. */
  const char *data;
  /** Their number. */
  size_t len;
  /** How they are coded: a private number. */
  uint32_t coding;
  /** A private number. */
  uint32_t limit;
} eslp_value;

/** A header: a name and a value. */
typedef struct eslp_header {
  /** The name, blanks and all. Only those of JSON events may need decoding. */
  eslp_value name;
  /** The value. */
  eslp_value value;
} eslp_header;

/** An iterator over the elements of an array: eslp_value_items(). */
typedef struct eslp_items {
  /** Private. */
  uint64_t opaque[6];
} eslp_items;

/**
 * The decoded bytes, if the value needs no decoding, as most: `octets` then points into the buffer.
 *
 * @return ESLP_NOT_FOUND if they must be decoded: eslp_value_read() or eslp_value_decode().
 */
eslp_status eslp_value_plain(const eslp_value *value, eslp_bytes *octets);

/**
 * The decoded bytes: in the buffer if the value needs no decoding, else decoded into `storage`. `octets` is valid as
 * long as both. Storage of `value->len` bytes is enough for all but arrays of JSON events.
 *
 * @return ESLP_INSUFFICIENT if the storage is too short: `octets->len` is then what is needed, and its data NULL.
 */
ESLP_NODISCARD eslp_status eslp_value_read(const eslp_value *value, void *storage, size_t size,
    eslp_bytes *octets);

/**
 * Writes the decoded bytes to `out`. `len`, which may be NULL, is their number.
 *
 * @return ESLP_INSUFFICIENT if `size` is less: nothing is written, and `len` says what is needed.
 */
ESLP_NODISCARD eslp_status eslp_value_decode(const eslp_value *value, void *out, size_t size, size_t *len);

/**
 * Writes the decoded bytes to `out` and a NUL behind them. `len`, which may be NULL, is their number without the NUL;
 * a value may hold NULs of its own.
 *
 * @return ESLP_INSUFFICIENT if `size` is less than one more: nothing is written, and `len` is their number all the
 * same.
 */
ESLP_NODISCARD eslp_status eslp_value_string(const eslp_value *value, char *out, size_t size, size_t *len);

/** The number of decoded bytes; 0 if `value` is none. */
size_t eslp_value_decoded_len(const eslp_value *value);

/** Whether the decoded bytes are `text`. */
bool eslp_value_is(const eslp_value *value, eslp_bytes text);

/** Whether the decoded bytes are `text`, letters compared without regard to ASCII case. */
bool eslp_value_is_nocase(const eslp_value *value, eslp_bytes text);

/** Whether the decoded bytes of both are the same, however each is coded. */
bool eslp_value_equal(const eslp_value *one, const eslp_value *other);

/**
 * The decoded bytes as a decimal number without sign.
 *
 * @return ESLP_NOT_FOUND if they are none that fits.
 */
eslp_status eslp_value_u64(const eslp_value *value, uint64_t *number);

/**
 * The decoded bytes as a decimal number with or without sign.
 *
 * @return ESLP_NOT_FOUND if they are none that fits.
 */
eslp_status eslp_value_i64(const eslp_value *value, int64_t *number);

/**
 * Whether the value is an array: FreeSWITCH's `push`, `ARRAY::a|:b`, a JSON list. XML shows arrays as repeated headers.
 * Read as one text, an array is `ARRAY::a|:b` in every format.
 */
bool eslp_value_is_array(const eslp_value *value);

/**
 * Begins with the first element of an array. A value that is none has itself as its only element.
 *
 * `items` is valid as long as the bytes in the buffer; take the elements with eslp_items_next().
 */
eslp_status eslp_value_items(const eslp_value *value, eslp_items *items);

/**
 * The same of what may be an array, wherever it comes from: also of a variable's value in a reply, `ARRAY::one|:two`, whose text is
 * not marked as one.
 */
eslp_status eslp_value_elements(const eslp_value *value, eslp_items *items);

/**
 * The next element.
 *
 * @return ESLP_END after the last.
 */
eslp_status eslp_items_next(eslp_items *items, eslp_value *item);

/** The bytes of a string literal, as an eslp_bytes. */
#ifdef __cplusplus
#define ESLP_LIT(literal) (eslp_bytes{"" literal, sizeof(literal) - 1})
#else
#define ESLP_LIT(literal) ((eslp_bytes){"" literal, sizeof(literal) - 1})
#endif

/** The same as the initialiser of an eslp_bytes, where only a constant may stand: in static tables. */
#define ESLP_INIT(literal) {"" literal, sizeof(literal) - 1}

/** The bytes of a string that is ended by a NUL, without it; nothing if it is NULL. */
static inline eslp_bytes eslp_str(const char *text) {
  eslp_bytes bytes;
  bytes.data = text;
#if !defined(__STDC_HOSTED__) || __STDC_HOSTED__
  bytes.len = text ? strlen(text) : 0;
#else
  for (bytes.len = 0; text && text[bytes.len]; bytes.len++) continue;
#endif
  return bytes;
}

/** @} */

/* ========================================================================
 * Memory
 *
 * The sizes of handles.
 * ======================================================================== */

/** @defgroup esl_proto_handle Memory
 * The sizes of handles.
 * @{ */

/** The alignment of memory for handles: as `malloc` aligns, or `_Alignas(ESLP_ALIGN)`. */
#define ESLP_ALIGN 16

/** @} */

/* ========================================================================
 * Vocabulary
 *
 * FreeSWITCH's words as numbers, both ways. Other versions of the server and third-party modules use other words:
 * the value of the header has them.
 * ======================================================================== */

/** @defgroup esl_proto_name Vocabulary
 * FreeSWITCH's words as numbers, both ways. Other versions of the server and third-party modules use other words:
 * the value of the header has them.
 * @{ */

/** How events are written. */
ESLP_ENUM(eslp_format) {
  /** Not set: the server's default, or the previous setting. */
  ESLP_FORMAT_NONE = 0,
  /** text/event-plain */
  ESLP_FORMAT_PLAIN = 1,
  /** text/event-json */
  ESLP_FORMAT_JSON = 2,
  /** text/event-xml */
  ESLP_FORMAT_XML = 3,
};

/**
 * The level of a log line, or of the lines that a connection wants: the lower the more urgent. The numbers are the
 * server's, except CONSOLE, which is 0 there, and DISABLE, -1. Deeper levels without a name go up to 63.
 */
ESLP_ENUM(eslp_log_level) {
  /** No lines at all; as a level of `log` only. */
  ESLP_LOG_DISABLE = -2,
  /** CONSOLE */
  ESLP_LOG_CONSOLE = -1,
  /** Not set: `log` alone, which means DEBUG. */
  ESLP_LOG_NONE = 0,
  /** ALERT */
  ESLP_LOG_ALERT = 1,
  /** CRIT */
  ESLP_LOG_CRIT = 2,
  /** ERR */
  ESLP_LOG_ERR = 3,
  /** WARNING */
  ESLP_LOG_WARNING = 4,
  /** NOTICE */
  ESLP_LOG_NOTICE = 5,
  /** INFO */
  ESLP_LOG_INFO = 6,
  /** DEBUG */
  ESLP_LOG_DEBUG = 7,
  /** The deepest level. */
  ESLP_LOG_MAX = 63,
};

/** The name of an event, in the server's order. */
ESLP_ENUM(eslp_event_name) {
  /** A name that is not in this list, or none. */
  ESLP_EVENT_OTHER = -1,
  ESLP_EVENT_CUSTOM = 0,
  ESLP_EVENT_CLONE = 1,
  ESLP_EVENT_CHANNEL_CREATE = 2,
  ESLP_EVENT_CHANNEL_DESTROY = 3,
  ESLP_EVENT_CHANNEL_STATE = 4,
  ESLP_EVENT_CHANNEL_CALLSTATE = 5,
  ESLP_EVENT_CHANNEL_ANSWER = 6,
  ESLP_EVENT_CHANNEL_HANGUP = 7,
  ESLP_EVENT_CHANNEL_HANGUP_COMPLETE = 8,
  ESLP_EVENT_CHANNEL_EXECUTE = 9,
  ESLP_EVENT_CHANNEL_EXECUTE_COMPLETE = 10,
  ESLP_EVENT_CHANNEL_HOLD = 11,
  ESLP_EVENT_CHANNEL_UNHOLD = 12,
  ESLP_EVENT_CHANNEL_BRIDGE = 13,
  ESLP_EVENT_CHANNEL_UNBRIDGE = 14,
  ESLP_EVENT_CHANNEL_PROGRESS = 15,
  ESLP_EVENT_CHANNEL_PROGRESS_MEDIA = 16,
  ESLP_EVENT_CHANNEL_OUTGOING = 17,
  ESLP_EVENT_CHANNEL_PARK = 18,
  ESLP_EVENT_CHANNEL_UNPARK = 19,
  ESLP_EVENT_CHANNEL_APPLICATION = 20,
  ESLP_EVENT_CHANNEL_ORIGINATE = 21,
  ESLP_EVENT_CHANNEL_UUID = 22,
  ESLP_EVENT_API = 23,
  ESLP_EVENT_LOG = 24,
  ESLP_EVENT_INBOUND_CHAN = 25,
  ESLP_EVENT_OUTBOUND_CHAN = 26,
  ESLP_EVENT_STARTUP = 27,
  ESLP_EVENT_SHUTDOWN = 28,
  ESLP_EVENT_PUBLISH = 29,
  ESLP_EVENT_UNPUBLISH = 30,
  ESLP_EVENT_TALK = 31,
  ESLP_EVENT_NOTALK = 32,
  ESLP_EVENT_SESSION_CRASH = 33,
  ESLP_EVENT_MODULE_LOAD = 34,
  ESLP_EVENT_MODULE_UNLOAD = 35,
  ESLP_EVENT_DTMF = 36,
  ESLP_EVENT_MESSAGE = 37,
  ESLP_EVENT_PRESENCE_IN = 38,
  ESLP_EVENT_NOTIFY_IN = 39,
  ESLP_EVENT_PRESENCE_OUT = 40,
  ESLP_EVENT_PRESENCE_PROBE = 41,
  ESLP_EVENT_MESSAGE_WAITING = 42,
  ESLP_EVENT_MESSAGE_QUERY = 43,
  ESLP_EVENT_ROSTER = 44,
  ESLP_EVENT_CODEC = 45,
  ESLP_EVENT_BACKGROUND_JOB = 46,
  ESLP_EVENT_DETECTED_SPEECH = 47,
  ESLP_EVENT_DETECTED_TONE = 48,
  ESLP_EVENT_PRIVATE_COMMAND = 49,
  ESLP_EVENT_HEARTBEAT = 50,
  ESLP_EVENT_TRAP = 51,
  ESLP_EVENT_ADD_SCHEDULE = 52,
  ESLP_EVENT_DEL_SCHEDULE = 53,
  ESLP_EVENT_EXE_SCHEDULE = 54,
  ESLP_EVENT_RE_SCHEDULE = 55,
  ESLP_EVENT_RELOADXML = 56,
  ESLP_EVENT_NOTIFY = 57,
  ESLP_EVENT_PHONE_FEATURE = 58,
  ESLP_EVENT_PHONE_FEATURE_SUBSCRIBE = 59,
  ESLP_EVENT_SEND_MESSAGE = 60,
  ESLP_EVENT_RECV_MESSAGE = 61,
  ESLP_EVENT_REQUEST_PARAMS = 62,
  ESLP_EVENT_CHANNEL_DATA = 63,
  ESLP_EVENT_GENERAL = 64,
  ESLP_EVENT_COMMAND = 65,
  ESLP_EVENT_SESSION_HEARTBEAT = 66,
  ESLP_EVENT_CLIENT_DISCONNECTED = 67,
  ESLP_EVENT_SERVER_DISCONNECTED = 68,
  ESLP_EVENT_SEND_INFO = 69,
  ESLP_EVENT_RECV_INFO = 70,
  ESLP_EVENT_RECV_RTCP_MESSAGE = 71,
  ESLP_EVENT_SEND_RTCP_MESSAGE = 72,
  ESLP_EVENT_CALL_SECURE = 73,
  ESLP_EVENT_NAT = 74,
  ESLP_EVENT_RECORD_START = 75,
  ESLP_EVENT_RECORD_STOP = 76,
  ESLP_EVENT_PLAYBACK_START = 77,
  ESLP_EVENT_PLAYBACK_STOP = 78,
  ESLP_EVENT_CALL_UPDATE = 79,
  ESLP_EVENT_FAILURE = 80,
  ESLP_EVENT_SOCKET_DATA = 81,
  ESLP_EVENT_MEDIA_BUG_START = 82,
  ESLP_EVENT_MEDIA_BUG_STOP = 83,
  ESLP_EVENT_CONFERENCE_DATA_QUERY = 84,
  ESLP_EVENT_CONFERENCE_DATA = 85,
  ESLP_EVENT_CALL_SETUP_REQ = 86,
  ESLP_EVENT_CALL_SETUP_RESULT = 87,
  ESLP_EVENT_CALL_DETAIL = 88,
  ESLP_EVENT_DEVICE_STATE = 89,
  ESLP_EVENT_TEXT = 90,
  ESLP_EVENT_SHUTDOWN_REQUESTED = 91,
  ESLP_EVENT_CERT_RELOAD = 92,
  ESLP_EVENT_ALL = 93,
};

/** Why a call ended: Q.850, and FreeSWITCH's own beyond it. */
ESLP_ENUM(eslp_cause) {
  /** A word that is not in this list. */
  ESLP_CAUSE_OTHER = -1,
  ESLP_CAUSE_NONE = 0,
  ESLP_CAUSE_UNALLOCATED_NUMBER = 1,
  ESLP_CAUSE_NO_ROUTE_TRANSIT_NET = 2,
  ESLP_CAUSE_NO_ROUTE_DESTINATION = 3,
  ESLP_CAUSE_CHANNEL_UNACCEPTABLE = 6,
  ESLP_CAUSE_CALL_AWARDED_DELIVERED = 7,
  ESLP_CAUSE_NORMAL_CLEARING = 16,
  ESLP_CAUSE_USER_BUSY = 17,
  ESLP_CAUSE_NO_USER_RESPONSE = 18,
  ESLP_CAUSE_NO_ANSWER = 19,
  ESLP_CAUSE_SUBSCRIBER_ABSENT = 20,
  ESLP_CAUSE_CALL_REJECTED = 21,
  ESLP_CAUSE_NUMBER_CHANGED = 22,
  ESLP_CAUSE_REDIRECTION_TO_NEW_DESTINATION = 23,
  ESLP_CAUSE_EXCHANGE_ROUTING_ERROR = 25,
  ESLP_CAUSE_DESTINATION_OUT_OF_ORDER = 27,
  ESLP_CAUSE_INVALID_NUMBER_FORMAT = 28,
  ESLP_CAUSE_FACILITY_REJECTED = 29,
  ESLP_CAUSE_RESPONSE_TO_STATUS_ENQUIRY = 30,
  ESLP_CAUSE_NORMAL_UNSPECIFIED = 31,
  ESLP_CAUSE_NORMAL_CIRCUIT_CONGESTION = 34,
  ESLP_CAUSE_NETWORK_OUT_OF_ORDER = 38,
  ESLP_CAUSE_NORMAL_TEMPORARY_FAILURE = 41,
  ESLP_CAUSE_SWITCH_CONGESTION = 42,
  ESLP_CAUSE_ACCESS_INFO_DISCARDED = 43,
  ESLP_CAUSE_REQUESTED_CHAN_UNAVAIL = 44,
  ESLP_CAUSE_PRE_EMPTED = 45,
  ESLP_CAUSE_FACILITY_NOT_SUBSCRIBED = 50,
  ESLP_CAUSE_OUTGOING_CALL_BARRED = 52,
  ESLP_CAUSE_INCOMING_CALL_BARRED = 54,
  ESLP_CAUSE_BEARERCAPABILITY_NOTAUTH = 57,
  ESLP_CAUSE_BEARERCAPABILITY_NOTAVAIL = 58,
  ESLP_CAUSE_SERVICE_UNAVAILABLE = 63,
  ESLP_CAUSE_BEARERCAPABILITY_NOTIMPL = 65,
  ESLP_CAUSE_CHAN_NOT_IMPLEMENTED = 66,
  ESLP_CAUSE_FACILITY_NOT_IMPLEMENTED = 69,
  ESLP_CAUSE_SERVICE_NOT_IMPLEMENTED = 79,
  ESLP_CAUSE_INVALID_CALL_REFERENCE = 81,
  ESLP_CAUSE_INCOMPATIBLE_DESTINATION = 88,
  ESLP_CAUSE_INVALID_MSG_UNSPECIFIED = 95,
  ESLP_CAUSE_MANDATORY_IE_MISSING = 96,
  ESLP_CAUSE_MESSAGE_TYPE_NONEXIST = 97,
  ESLP_CAUSE_WRONG_MESSAGE = 98,
  ESLP_CAUSE_IE_NONEXIST = 99,
  ESLP_CAUSE_INVALID_IE_CONTENTS = 100,
  ESLP_CAUSE_WRONG_CALL_STATE = 101,
  ESLP_CAUSE_RECOVERY_ON_TIMER_EXPIRE = 102,
  ESLP_CAUSE_MANDATORY_IE_LENGTH_ERROR = 103,
  ESLP_CAUSE_PROTOCOL_ERROR = 111,
  ESLP_CAUSE_INTERWORKING = 127,
  ESLP_CAUSE_SUCCESS = 142,
  ESLP_CAUSE_ORIGINATOR_CANCEL = 487,
  ESLP_CAUSE_CRASH = 700,
  ESLP_CAUSE_SYSTEM_SHUTDOWN = 701,
  ESLP_CAUSE_LOSE_RACE = 702,
  ESLP_CAUSE_MANAGER_REQUEST = 703,
  ESLP_CAUSE_BLIND_TRANSFER = 800,
  ESLP_CAUSE_ATTENDED_TRANSFER = 801,
  ESLP_CAUSE_ALLOTTED_TIMEOUT = 802,
  ESLP_CAUSE_USER_CHALLENGE = 803,
  ESLP_CAUSE_MEDIA_TIMEOUT = 804,
  ESLP_CAUSE_PICKED_OFF = 805,
  ESLP_CAUSE_USER_NOT_REGISTERED = 806,
  ESLP_CAUSE_PROGRESS_TIMEOUT = 807,
  ESLP_CAUSE_INVALID_GATEWAY = 808,
  ESLP_CAUSE_GATEWAY_DOWN = 809,
  ESLP_CAUSE_INVALID_URL = 810,
  ESLP_CAUSE_INVALID_PROFILE = 811,
  ESLP_CAUSE_NO_PICKUP = 812,
  ESLP_CAUSE_SRTP_READ_ERROR = 813,
  ESLP_CAUSE_BOWOUT = 814,
  ESLP_CAUSE_BUSY_EVERYWHERE = 815,
  ESLP_CAUSE_DECLINE = 816,
  ESLP_CAUSE_DOES_NOT_EXIST_ANYWHERE = 817,
  ESLP_CAUSE_NOT_ACCEPTABLE = 818,
  ESLP_CAUSE_UNWANTED = 819,
  ESLP_CAUSE_NO_IDENTITY = 820,
  ESLP_CAUSE_BAD_IDENTITY_INFO = 821,
  ESLP_CAUSE_UNSUPPORTED_CERTIFICATE = 822,
  ESLP_CAUSE_INVALID_IDENTITY = 823,
  ESLP_CAUSE_STALE_DATE = 824,
  ESLP_CAUSE_REJECT_ALL = 825,
};

/** Where a channel is in its life: Channel-State, and Channel-State-Number. */
ESLP_ENUM(eslp_channel_state) {
  /** A word that is not in this list. */
  ESLP_CS_OTHER = -1,
  ESLP_CS_NEW = 0,
  ESLP_CS_INIT = 1,
  ESLP_CS_ROUTING = 2,
  ESLP_CS_SOFT_EXECUTE = 3,
  ESLP_CS_EXECUTE = 4,
  ESLP_CS_EXCHANGE_MEDIA = 5,
  ESLP_CS_PARK = 6,
  ESLP_CS_CONSUME_MEDIA = 7,
  ESLP_CS_HIBERNATE = 8,
  ESLP_CS_RESET = 9,
  ESLP_CS_HANGUP = 10,
  ESLP_CS_REPORTING = 11,
  ESLP_CS_DESTROY = 12,
  ESLP_CS_NONE = 13,
};

/** Where a call is in its life: Channel-Call-State. */
ESLP_ENUM(eslp_call_state) {
  /** A word that is not in this list. */
  ESLP_CCS_OTHER = -1,
  ESLP_CCS_DOWN = 0,
  ESLP_CCS_DIALING = 1,
  ESLP_CCS_RINGING = 2,
  ESLP_CCS_EARLY = 3,
  ESLP_CCS_ACTIVE = 4,
  ESLP_CCS_HELD = 5,
  ESLP_CCS_RING_WAIT = 6,
  ESLP_CCS_HANGUP = 7,
  ESLP_CCS_UNHELD = 8,
};

/** Whether a call has been answered: Answer-State. */
ESLP_ENUM(eslp_answer_state) {
  /** A word that is not in this list. */
  ESLP_AS_OTHER = -1,
  ESLP_AS_RINGING = 0,
  ESLP_AS_EARLY = 1,
  ESLP_AS_ANSWERED = 2,
  ESLP_AS_HANGUP = 3,
};

/** Who called, seen from FreeSWITCH: Call-Direction. */
ESLP_ENUM(eslp_direction) {
  /** A word that is not in this list. */
  ESLP_DIRECTION_OTHER = -1,
  ESLP_DIRECTION_INBOUND = 0,
  ESLP_DIRECTION_OUTBOUND = 1,
};

/** The eslp_event_name that a word is, in any case of its letters; ESLP_EVENT_OTHER for any other word. */
eslp_event_name eslp_event_name_from(eslp_bytes word);

/** The word of an eslp_event_name as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_event_name_text(eslp_event_name name);

/**
 * The eslp_cause that a word is, in any case of its letters, or its number in digits; ESLP_CAUSE_OTHER for any other
 * word.
 */
eslp_cause eslp_cause_from(eslp_bytes word);

/** The word of an eslp_cause as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_cause_text(eslp_cause cause);

/** The eslp_channel_state that a word is, in any case of its letters; ESLP_CS_OTHER for any other word. */
eslp_channel_state eslp_channel_state_from(eslp_bytes word);

/** The word of an eslp_channel_state as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_channel_state_text(eslp_channel_state state);

/** The eslp_call_state that a word is, in any case of its letters; ESLP_CCS_OTHER for any other word. */
eslp_call_state eslp_call_state_from(eslp_bytes word);

/** The word of an eslp_call_state as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_call_state_text(eslp_call_state state);

/** The eslp_answer_state that a word is, in any case of its letters; ESLP_AS_OTHER for any other word. */
eslp_answer_state eslp_answer_state_from(eslp_bytes word);

/** The word of an eslp_answer_state as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_answer_state_text(eslp_answer_state state);

/** The eslp_direction that a word is, in any case of its letters; ESLP_DIRECTION_OTHER for any other word. */
eslp_direction eslp_direction_from(eslp_bytes word);

/** The word of an eslp_direction as FreeSWITCH writes it, valid for ever; NULL for any other number. */
eslp_bytes eslp_direction_text(eslp_direction direction);

/** The eslp_format that a word is, in any case of its letters; ESLP_FORMAT_NONE for any other word. */
eslp_format eslp_format_from(eslp_bytes word);

/** The word of an eslp_format as commands have it, valid for ever; NULL for any other number. */
eslp_bytes eslp_format_text(eslp_format format);

/** The Content-Type of events in an eslp_format, valid for ever; NULL for any other number. */
eslp_bytes eslp_format_content_type(eslp_format format);

/**
 * The level that a name or a number says, as the `log` command reads it.
 *
 * @return ESLP_NOT_FOUND for any other word.
 */
eslp_status eslp_log_level_from(eslp_bytes word, eslp_log_level *level);

/** The name of a level, valid for ever; NULL for levels without one and for any other number. */
eslp_bytes eslp_log_level_text(eslp_log_level level);

/* Well-known headers: eslp_event_get(&event, ESLP_LIT(ESLP_HEADER_UNIQUE_ID), &value). */

/** In frames and events: bytes of the body. */
#define ESLP_HEADER_CONTENT_LENGTH "Content-Length"
/** In frames: what the frame is. */
#define ESLP_HEADER_CONTENT_TYPE "Content-Type"
/** In replies: what the server says. */
#define ESLP_HEADER_REPLY_TEXT "Reply-Text"
/** In replies to `bgapi` and in BACKGROUND_JOB events: the name of the job. */
#define ESLP_HEADER_JOB_UUID "Job-UUID"
/** In BACKGROUND_JOB events: the command that was run. */
#define ESLP_HEADER_JOB_COMMAND "Job-Command"
/** In BACKGROUND_JOB events: its argument; absent if there was none. */
#define ESLP_HEADER_JOB_COMMAND_ARG "Job-Command-Arg"
/** In replies to `userauth`: the events that may be subscribed to. */
#define ESLP_HEADER_ALLOWED_EVENTS "Allowed-Events"
/** In replies to `userauth`: the API commands that may be used. */
#define ESLP_HEADER_ALLOWED_API "Allowed-API"
/** In replies to `userauth`: whether `log` may be used. */
#define ESLP_HEADER_ALLOWED_LOG "Allowed-LOG"
/** In the reply to `connect`: `async` or `static`. */
#define ESLP_HEADER_SOCKET_MODE "Socket-Mode"
/** In the reply to `connect`: `full` or `single-channel`. */
#define ESLP_HEADER_CONTROL "Control"
/** In disconnect notices: the channel that the connection controls. */
#define ESLP_HEADER_CONTROLLED_SESSION_UUID "Controlled-Session-UUID"
/** In disconnect notices: `linger` or `disconnect`. */
#define ESLP_HEADER_CONTENT_DISPOSITION "Content-Disposition"
/** In disconnect notices: seconds until the connection ends, -1 for ever. */
#define ESLP_HEADER_LINGER_TIME "Linger-Time"
/** In events of a channel and in linger notices: the channel's name. */
#define ESLP_HEADER_CHANNEL_NAME "Channel-Name"
/** In log lines: the level as a number. */
#define ESLP_HEADER_LOG_LEVEL "Log-Level"
/** In log lines: the kind of line, the server's internal number. */
#define ESLP_HEADER_TEXT_CHANNEL "Text-Channel"
/** In log lines: the source file. */
#define ESLP_HEADER_LOG_FILE "Log-File"
/** In log lines: the source function. */
#define ESLP_HEADER_LOG_FUNC "Log-Func"
/** In log lines: the line of the source file. */
#define ESLP_HEADER_LOG_LINE "Log-Line"
/** In log lines: the channel that the line is about; may be empty. */
#define ESLP_HEADER_USER_DATA "User-Data"
/** In events: the name. */
#define ESLP_HEADER_EVENT_NAME "Event-Name"
/** In CUSTOM events: the subclass. */
#define ESLP_HEADER_EVENT_SUBCLASS "Event-Subclass"
/** In events: the server's number; events do not arrive in this order. */
#define ESLP_HEADER_EVENT_SEQUENCE "Event-Sequence"
/** In events: microseconds since 1970, UTC. */
#define ESLP_HEADER_EVENT_DATE_TIMESTAMP "Event-Date-Timestamp"
/** In events that a program has sent: a name that the server has given it. */
#define ESLP_HEADER_EVENT_UUID "Event-UUID"
/** In events: the name of the running server; a new one after a restart. */
#define ESLP_HEADER_CORE_UUID "Core-UUID"
/** In events of a channel: the channel. */
#define ESLP_HEADER_UNIQUE_ID "Unique-ID"
/** In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: the Event-UUID of the `sendmsg` that asked for it. */
#define ESLP_HEADER_APPLICATION_UUID "Application-UUID"
/** In events of a channel that ends: why. */
#define ESLP_HEADER_HANGUP_CAUSE "Hangup-Cause"
/** In events of a channel. */
#define ESLP_HEADER_CHANNEL_STATE "Channel-State"
/** In events of a channel. */
#define ESLP_HEADER_CHANNEL_CALL_STATE "Channel-Call-State"
/** In events of a channel. */
#define ESLP_HEADER_ANSWER_STATE "Answer-State"
/** In events of a channel. */
#define ESLP_HEADER_CALL_DIRECTION "Call-Direction"
/** In events of a channel that has another leg: that one's channel. */
#define ESLP_HEADER_OTHER_LEG_UNIQUE_ID "Other-Leg-Unique-ID"
/** In events of a channel: the caller's number. */
#define ESLP_HEADER_CALLER_NUMBER "Caller-Caller-ID-Number"
/** In events of a channel: the caller's name. */
#define ESLP_HEADER_CALLER_NAME "Caller-Caller-ID-Name"
/** In events of a channel: what was dialled. */
#define ESLP_HEADER_CALLER_DESTINATION "Caller-Destination-Number"
/** In events of a channel: when it was made, in microseconds since 1970, UTC; 0 is never, here and below. */
#define ESLP_HEADER_CHANNEL_CREATED_TIME "Caller-Channel-Created-Time"
/** In events of a channel: when it began to ring. */
#define ESLP_HEADER_CHANNEL_PROGRESS_TIME "Caller-Channel-Progress-Time"
/** In events of a channel: when early media began. */
#define ESLP_HEADER_CHANNEL_PROGRESS_MEDIA_TIME "Caller-Channel-Progress-Media-Time"
/** In events of a channel: when it was answered. */
#define ESLP_HEADER_CHANNEL_ANSWERED_TIME "Caller-Channel-Answered-Time"
/** In events of a channel: when it was bridged. */
#define ESLP_HEADER_CHANNEL_BRIDGED_TIME "Caller-Channel-Bridged-Time"
/** In events of a channel: when it was hung up. */
#define ESLP_HEADER_CHANNEL_HANGUP_TIME "Caller-Channel-Hangup-Time"
/** In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: the application. */
#define ESLP_HEADER_APPLICATION "Application"
/** In CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE: its argument. */
#define ESLP_HEADER_APPLICATION_DATA "Application-Data"
/** In CHANNEL_EXECUTE_COMPLETE: the application's result. */
#define ESLP_HEADER_APPLICATION_RESPONSE "Application-Response"
/** In DTMF events: the digit. */
#define ESLP_HEADER_DTMF_DIGIT "DTMF-Digit"
/** In DTMF events: how long it was, in samples. */
#define ESLP_HEADER_DTMF_DURATION "DTMF-Duration"
/** In CHANNEL_UUID: the channel's uuid before. */
#define ESLP_HEADER_OLD_UNIQUE_ID "Old-Unique-ID"
/** In CHANNEL_BRIDGE and CHANNEL_UNBRIDGE: the one channel. */
#define ESLP_HEADER_BRIDGE_A_UNIQUE_ID "Bridge-A-Unique-ID"
/** In CHANNEL_BRIDGE and CHANNEL_UNBRIDGE: the other. */
#define ESLP_HEADER_BRIDGE_B_UNIQUE_ID "Bridge-B-Unique-ID"
/** In CUSTOM `loopback::bowout`: the channel that leaves the call. */
#define ESLP_HEADER_RESIGNING_UUID "Resigning-UUID"
/** In CUSTOM `loopback::bowout`: the channel that takes its place. */
#define ESLP_HEADER_ACQUIRED_UUID "Acquired-UUID"
/** In events that show variables of a channel, before the name of each. */
#define ESLP_HEADER_VARIABLE_PREFIX "variable_"

/** @} */

/* ========================================================================
 * Lists of pairs
 *
 * Headers of a command, variables of a call.
 * ======================================================================== */

/** @defgroup esl_proto_pairs Lists of pairs
 * Headers of a command, variables of a call.
 * @{ */

/** A pair: a header and its value, a variable and its value, an application and its argument. */
typedef struct eslp_pair {
  /** The name. */
  eslp_bytes name;
  /** The value. */
  eslp_bytes value;
} eslp_pair;

/**
 * An ordered list of pairs.
 *
 * In a command that eslp_command_parse() has made, `items` is NULL: eslp_pairs_headers() walks what was read.
 */
typedef struct eslp_pairs {
  /** The pairs: they must stay where they are until the command has been written. */
  const eslp_pair *items;
  /** Their number. */
  size_t count;
  /** Source of pairs that were read: private. */
  eslp_bytes request;
  /** The kind of that source: private. */
  uint32_t part;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_pairs;

/** @} */

/* ========================================================================
 * Events and headers
 *
 * Events are read in place: eslp_event_get() for one header, eslp_event_headers() for all, and
 * eslp_event_index() before many look-ups.
 * ======================================================================== */

/** @defgroup esl_proto_event Events and headers
 * Events are read in place: eslp_event_get() for one header, eslp_event_headers() for all, and
 * eslp_event_index() before many look-ups.
 * @{ */

/**
 * An event, or the channel data that answers `connect`, in the caller's buffer: plain, JSON or XML.
 *
 * A view: making one costs nothing, and everything is decoded on demand. Every look-up walks the text again; for more
 * than one, use eslp_event_find() for all at once or eslp_event_index() first. Headers are an ordered multi-map:
 * FreeSWITCH sends some twice, with different values, and compares names without regard to case.
 *
 * Valid as long as the bytes in the buffer. Make one with eslp_message_event() or eslp_event_view().
 */
typedef struct eslp_event {
  /** The text as received. */
  eslp_bytes text;
  /** An eslp_format. */
  eslp_format format;
  /** Whether lines end in CRLF: a private number. */
  uint32_t crlf;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_event;

/** An iterator over headers. Valid as long as what it was made of; take the headers with eslp_headers_next(). */
typedef struct eslp_headers {
  /** Private. */
  uint64_t opaque[28];
} eslp_headers;

/**
 * Storage for a part of an eslp_index: one header of a JSON or XML event, or the line ends and colons in 64 bytes of
 * a plain one. Need not be initialised.
 */
typedef struct eslp_slot {
  /** Private. */
  uint64_t opaque[2];
} eslp_slot;

/** The positions of an event's headers: eslp_event_index(). */
typedef struct eslp_index {
  /** Private. */
  uint64_t opaque[32];
} eslp_index;

/** The text of an event in this format: the body of a frame, or a stored copy of one. */
eslp_status eslp_event_view(eslp_format format, eslp_bytes text, eslp_event *event);

/**
 * The event's name: an eslp_event_name; ESLP_EVENT_OTHER if it has none or an unknown one, see `eslp_event_get(event,
 * ESLP_LIT("Event-Name"), &value)`.
 */
eslp_event_name eslp_event_name_of(const eslp_event *event);

/**
 * The last header of this name, in any case of its letters: where there are two, it is the newer fact.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_event_get(const eslp_event *event, eslp_bytes name, eslp_value *value);

/**
 * The value of a variable of the channel: the header `variable_<name>`.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_event_variable(const eslp_event *event, eslp_bytes name, eslp_value *value);

/**
 * The last header of this name as a decimal number without sign: times in microseconds, sequences, ports.
 *
 * @return ESLP_NOT_FOUND if there is none, or it is no number that fits.
 */
eslp_status eslp_event_u64(const eslp_event *event, eslp_bytes name, uint64_t *number);

/** Why the call has ended: Hangup-Cause; ESLP_CAUSE_OTHER if it is missing or another word. */
eslp_cause eslp_event_hangup_cause(const eslp_event *event);

/** Where the channel is in its life: Channel-State; ESLP_CS_OTHER if it is missing or another word. */
eslp_channel_state eslp_event_channel_state(const eslp_event *event);

/** Where the call is in its life: Channel-Call-State; ESLP_CCS_OTHER if it is missing or another word. */
eslp_call_state eslp_event_call_state(const eslp_event *event);

/** Whether the call has been answered: Answer-State; ESLP_AS_OTHER if it is missing or another word. */
eslp_answer_state eslp_event_answer_state(const eslp_event *event);

/** Who called, seen from FreeSWITCH: Call-Direction; ESLP_DIRECTION_OTHER if it is missing or another word. */
eslp_direction eslp_event_direction(const eslp_event *event);

/**
 * The last header of each of `count` names, as from eslp_event_get(), in one pass. `values` has as many elements;
 * `data` is NULL for a name that no header has. It takes 2 KiB of stack; headers after the first 128 are searched for
 * each name.
 */
eslp_status eslp_event_find(const eslp_event *event, const eslp_bytes *names, size_t count,
    eslp_value *values);

/**
 * Begins with the first of all headers of this name, in any case of its letters. The name must stay where it is as
 * long as `headers` is used.
 */
eslp_status eslp_event_get_all(const eslp_event *event, eslp_bytes name, eslp_headers *headers);

/** Begins with the first of all headers, in the order of the wire, duplicates among them. A body is no header. */
eslp_status eslp_event_headers(const eslp_event *event, eslp_headers *headers);

/** Begins with the first of a list of pairs: as headers, name and value. */
eslp_status eslp_pairs_headers(const eslp_pairs *pairs, eslp_headers *headers);

/**
 * The next header. `header` is valid as long as the bytes in the buffer, not only as long as `headers`.
 *
 * @return ESLP_END after the last; for an event in JSON or XML whose document cannot be read further, an error from
 * ESLP_DOCUMENT_TRUNCATED on.
 */
eslp_status eslp_headers_next(eslp_headers *headers, eslp_header *header);

/**
 * The event's own body: the result of a background job, the text of a message.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_event_body(const eslp_event *event, eslp_value *body);

/**
 * Reads the whole text to check that it is well-formed, as plain text always is. `offset`, which may be NULL, is the
 * position of the first error.
 *
 * @return An error from ESLP_DOCUMENT_TRUNCATED on. The stream is not affected: the next frame begins where it should.
 */
eslp_status eslp_event_validate(const eslp_event *event, size_t *offset);

/**
 * Records the positions of the headers in `count` slots, so that look-ups need not walk the text again.
 *
 * The index is valid as long as the bytes in the buffer and the slots, which can be used again for the next event. If
 * there are fewer than needed, the index covers the first headers and look-ups walk the rest: slower, never wrong. A
 * JSON or XML event needs one a header (67 on average, at most some hundreds), a plain one one for every 64 bytes of
 * its headers, which are fewer.
 */
eslp_status eslp_event_index(const eslp_event *event, eslp_slot *slots, size_t count, eslp_index *index);

/** The last header of this name, as eslp_event_get(). */
eslp_status eslp_index_get(const eslp_index *index, eslp_bytes name, eslp_value *value);

/** The event's name, as eslp_event_name_of(). */
eslp_event_name eslp_index_name_of(const eslp_index *index);

/**
 * Begins with the first header, as eslp_event_headers(). The index and its slots must not change as long as `headers`
 * is used.
 */
eslp_status eslp_index_headers(const eslp_index *index, eslp_headers *headers);

/** The event's own body, as eslp_event_body(). */
eslp_status eslp_index_body(const eslp_index *index, eslp_value *body);

/** @} */

/* ========================================================================
 * Messages and requests
 *
 * The meaning of a server's frame, and the contents of a client's. For a message of another kind, or without the
 * requested part, functions return ESLP_NOT_FOUND.
 * ======================================================================== */

/** @defgroup esl_proto_message Messages and requests
 * The meaning of a server's frame, and the contents of a client's. For a message of another kind, or without the
 * requested part, functions return ESLP_NOT_FOUND.
 * @{ */

/**
 * One frame of a stream, in the caller's buffer: header lines, and perhaps a body.
 *
 * Valid as long as the bytes in the buffer.
 */
typedef struct eslp_frame {
  /** The header lines with their line ends, without the blank line after them. */
  eslp_bytes head;
  /** The body; NULL if the head has no Content-Length. It may be empty. */
  eslp_bytes body;
  /** The value of the first Content-Type; NULL if there is none. */
  eslp_bytes content_type;
  /** A private number. */
  uint32_t flags;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_frame;

/** What a frame is. */
ESLP_ENUM(eslp_message_kind) {
  /** None. */
  ESLP_MESSAGE_NONE = 0,
  /** auth/request: the server wants `auth` or `userauth` first. */
  ESLP_MESSAGE_AUTH_REQUEST = 1,
  /** command/reply: the answer to a command. Some answers to `api` are this, too. */
  ESLP_MESSAGE_REPLY = 2,
  /** api/response: the answer to `api`. */
  ESLP_MESSAGE_API_RESPONSE = 3,
  /** text/event-plain, -json or -xml. */
  ESLP_MESSAGE_EVENT = 4,
  /** log/data: a line of the server's log. */
  ESLP_MESSAGE_LOG = 5,
  /** text/disconnect-notice: the connection ends, or lingers. */
  ESLP_MESSAGE_DISCONNECT = 6,
  /** text/rude-rejection: the access list does not allow this address. A disconnect notice and the end follow. */
  ESLP_MESSAGE_REJECTION = 7,
  /**
   * A frame with another Content-Type or none: an orphaned part of a reply, a server of another kind, a request.
   * Before the last part of its head, the reply to `connect` is this, too: see ESLP_IN_HEAD_PART.
   */
  ESLP_MESSAGE_OTHER = 8,
};

/**
 * What the server says with one frame. Ask it with the functions below; each says of which kind it must be.
 *
 * Valid as long as the bytes in the buffer.
 */
typedef struct eslp_message {
  /** An eslp_message_kind. */
  eslp_message_kind kind;
  /** The eslp_format of an event. */
  eslp_format format;
  /**
   * The frame. For an event that a client has received whole, only the body is present. For a frame in parts, only
   * the head is present, with ESLP_IN_HEAD_PART not even that: functions that need the missing parts return
   * ESLP_NOT_WHOLE.
   */
  eslp_frame frame;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_message;

/**
 * Header lines of a frame that is longer than eslp_limits.max_buffered: a part of its head, or of the headers of a
 * plain event. Read them one by one with eslp_lines_next().
 *
 * A part ends at a line end, as long as the line fits into the buffer; a longer line continues in the next part. A
 * percent escape is never cut.
 *
 * Valid as long as the bytes in the buffer.
 */
typedef struct eslp_lines {
  /** The lines with their line ends; NULL if there are none. */
  eslp_bytes bytes;
  /** Whether the first line began in the part before. */
  uint8_t goes_on;
  /** Whether the lines are those of an event, or of the reply to `connect`: their values are percent-coded. */
  uint8_t is_event;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_lines;

/** A header, or a part of one: eslp_lines_next(). */
typedef struct eslp_header_part {
  /**
   * The name. Its `data` is NULL if this continues the value of the header before it: after a line end in that value
   * if `after_line_end` is true, otherwise where the previous part ended.
   */
  eslp_value name;
  /** The value, or a part of it. */
  eslp_value value;
  /** Whether this part of the value is preceded by a line end. */
  uint8_t after_line_end;
  /** Whether the line ends here. Otherwise the first header of the next part continues the value. */
  uint8_t is_complete;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_header_part;

/** How an answer begins. */
ESLP_ENUM(eslp_reply_status) {
  /** There is no answer: the message is of another kind. */
  ESLP_REPLY_NONE = 0,
  /** `+OK` */
  ESLP_REPLY_OK = 1,
  /** `-ERR` */
  ESLP_REPLY_ERR = 2,
  /** `-USAGE`: an API command that was called wrongly. */
  ESLP_REPLY_USAGE = 3,
  /**
   * Anything else: the value of a variable, the output of an API command. Whether it means success depends on
   * the command.
   */
  ESLP_REPLY_BARE = 4,
  /** A reply whose text is replaced by the value of a variable: see eslp_reply_is_broken(). */
  ESLP_REPLY_BROKEN = 5,
};

/** How an outbound connection runs applications: the `socket` application's `async` option. */
ESLP_ENUM(eslp_socket_mode) {
  /** Unknown: not an outbound connection, or the reply to `connect` has not arrived. */
  ESLP_SOCKET_NONE = 0,
  /** `execute` is answered at once. */
  ESLP_SOCKET_ASYNC = 1,
  /** `execute` is answered when the application has ended. The server calls this `static`. */
  ESLP_SOCKET_SYNC = 2,
};

/**
 * Begins with the first of the frame's headers, in the order of the wire, undecoded; the headers of an event are
 * for eslp_event_headers(). A line without a colon continues the value of the line before it. Any kind.
 */
eslp_status eslp_message_headers(const eslp_message *message, eslp_headers *headers);

/**
 * The first header of this name in the frame's head, in any case of its letters. Any kind.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_message_get(const eslp_message *message, eslp_bytes name, eslp_value *value);

/**
 * The event: of an event, or of the reply to `connect`, whose head has the data of the channel.
 *
 * @return ESLP_NOT_FOUND if it is neither; ESLP_NOT_WHOLE if the event comes in parts: those of a plain one have
 * `lines`.
 */
eslp_status eslp_message_event(const eslp_message *message, eslp_event *event);

/**
 * The server's text: the Reply-Text of a reply, the exact output in an api response, a log line, a notice's or
 * rejection's text.
 *
 * A Reply-Text of several lines is whole only as long as no line of it has a colon; see eslp_reply_text_to_end(). Of a
 * reply that is broken (see eslp_reply_is_broken()) and has no Reply-Text, what stands in its place: the value without
 * the `~` at its front.
 *
 * @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
 */
eslp_status eslp_message_text(const eslp_message *message, eslp_value *text);

/**
 * How the text of a reply or api response begins; ESLP_REPLY_NONE for other kinds, and if the body comes in parts.
 *
 * An unset variable answers `getvar` with `-ERR command not found`, as an unknown command is answered; a variable may
 * also hold a text that begins so.
 */
eslp_reply_status eslp_message_reply_status(const eslp_message *message);

/**
 * What follows `+OK`, `-ERR` or `-USAGE` in the text of a reply or api response, without the blanks around it; all of
 * it if it begins with none of them.
 *
 * @return ESLP_NOT_FOUND for other kinds; ESLP_NOT_WHOLE if the body comes in parts.
 */
eslp_status eslp_message_detail(const eslp_message *message, eslp_bytes *detail);

/**
 * Whether a frame has lost its end on the wire, and was cut where the next one begins: its text is not complete.
 * FreeSWITCH does that to a reply of several lines or a notice that is too long for its buffer of 512 bytes, and to the
 * value of a variable that begins with `~`. Any kind.
 */
bool eslp_message_is_cut(const eslp_message *message);

/**
 * Whether the server has broken this reply: its text is replaced by the value of a variable that begins with `~`, or
 * its end is missing. The text is incomplete and may be anything; but this reply, and all later ones, are matched to
 * the right commands.
 *
 * This happens only with `getvar`, and with `userauth` and `bgapi` if the reply is too long for the server. Read
 * variables with untrusted values with `api uuid_getvar`.
 */
bool eslp_reply_is_broken(const eslp_message *message);

/**
 * The text of a reply with all that follows it in the head: the whole value that answers `getvar`, if it has several
 * lines.
 */
eslp_status eslp_reply_text_to_end(const eslp_message *message, eslp_value *text);

/** The name of the job that a `bgapi` has started, in its reply. Free text, if the client has named it. */
eslp_status eslp_reply_job_uuid(const eslp_message *message, eslp_value *uuid);

/** In the reply to `userauth`: the events that may be subscribed to, or `all`. */
eslp_status eslp_reply_allowed_events(const eslp_message *message, eslp_value *events);

/** In the reply to `userauth`: the API commands that may be used, or `all`. */
eslp_status eslp_reply_allowed_api(const eslp_message *message, eslp_value *api);

/** In the reply to `userauth`: whether `log` may be used. */
eslp_status eslp_reply_allowed_log(const eslp_message *message, bool *allowed);

/** In the reply to `connect`: an eslp_socket_mode, whether applications run asynchronously. */
eslp_status eslp_reply_socket_mode(const eslp_message *message, eslp_socket_mode *mode);

/** In the reply to `connect`: whether all commands may be used (`full`) or only those for the one channel. */
eslp_status eslp_reply_full_control(const eslp_message *message, bool *full);

/** How urgent a log line is. */
eslp_status eslp_log_level_of(const eslp_message *message, eslp_log_level *level);

/** The source file that wrote a log line. */
eslp_status eslp_log_file(const eslp_message *message, eslp_value *file);

/** The source function that wrote a log line. */
eslp_status eslp_log_function(const eslp_message *message, eslp_value *function);

/** The line of the source file that wrote a log line. */
eslp_status eslp_log_line(const eslp_message *message, uint64_t *line);

/** The kind of a log line, the server's internal number. */
eslp_status eslp_log_text_channel(const eslp_message *message, uint64_t *channel);

/** The channel that a log line is about. */
eslp_status eslp_log_channel_uuid(const eslp_message *message, eslp_value *uuid);

/**
 * Whether a disconnect notice only says that the channel has ended and the connection lingers: commands still work
 * then. Otherwise nothing follows it.
 */
eslp_status eslp_notice_lingers(const eslp_message *message, bool *lingers);

/** The channel that the connection of a disconnect notice controlled. */
eslp_status eslp_notice_session_uuid(const eslp_message *message, eslp_value *uuid);

/** The name of that channel; in notices that the connection lingers. */
eslp_status eslp_notice_channel_name(const eslp_message *message, eslp_value *name);

/** The seconds that the connection stays, -1 for ever; in notices that it lingers. */
eslp_status eslp_notice_linger_seconds(const eslp_message *message, int64_t *seconds);

/**
 * Removes the first header from the front of `lines`, in the order of the wire; of a line that continues in another
 * part, only the portion in this part. A copy of the struct begins again with the first.
 *
 * @return ESLP_END after the last.
 */
eslp_status eslp_lines_next(eslp_lines *lines, eslp_header_part *header);

/** The command line of a request, a frame that a client has sent: the word and its arguments. */
eslp_status eslp_request_line(const eslp_frame *request, eslp_bytes *line);

/** The value of the first header of this name in a request, in any case of its letters. */
eslp_status eslp_request_get(const eslp_frame *request, eslp_bytes name, eslp_bytes *value);

/** Begins with the first of a request's headers; Content-Length is left out. */
eslp_status eslp_request_headers(const eslp_frame *request, eslp_headers *headers);

/** @} */

/* ========================================================================
 * Decoder
 *
 * Divides a stream into frames, for hosts that need nothing else; clients and servers contain one.
 * ======================================================================== */

/** @defgroup esl_proto_decoder Decoder
 * Divides a stream into frames, for hosts that need nothing else; clients and servers contain one.
 * @{ */

/**
 * The limits of a decoder, and the size from which frames are handed out in parts.
 *
 * A frame that exceeds a limit ends the connection: its end cannot be found without buffering it. 0 is the default,
 * and a NULL pointer to this struct means all defaults.
 */
typedef struct eslp_limits {
  /** The most bytes that a head may have, in parts or whole. Default 1 MiB; 64 KiB for a server. */
  size_t max_head;
  /** The most lines that a head may have. Default 10 000. */
  size_t max_lines;
  /** The most bytes that a body may have. Default 64 MiB; 1 MiB for a server. */
  size_t max_body;
  /**
   * The most bytes that a frame may have to be handed out in one piece. Longer ones come in parts, to a client as
   * ESLP_IN_HEAD or ESLP_IN_HEAD_PART and ESLP_IN_BODY, from a decoder as ESLP_STEP_HEAD or ESLP_STEP_HEAD_PART and
   * ESLP_STEP_BODY. Default: always in one piece. A host whose buffer is fixed sets this to the buffer's size, at
   * least ESLP_BUFFER_MIN, and will never be asked for more than that. A server has its requests in one piece in any
   * case.
   *
   * How long frames are on a real server: replies up to 553 bytes, log lines and notices some hundred, plain events
   * 2.4 kB on average and up to 10 kB (JSON the same, XML 1.75 times that), the reply to `connect` 4 kB for a
   * loopback call and 8 to 12 kB for a SIP call. A buffer of 16 KiB has nearly all of them whole.
   */
  size_t max_buffered;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_limits;

/**
 * The smallest eslp_limits.max_buffered with which every frame is understood, and a connection ends for the same reason, with
 * the same counts and the same unanswered commands, as with a larger one. With a smaller one, a head that is longer ends
 * the connection.
 */
#define ESLP_BUFFER_MIN 256

/** Memory for a decoder, in bytes, aligned as ESLP_ALIGN says. More than the library needs now. */
#define ESLP_DECODER_SIZE 384

/** Cuts the bytes of a stream into frames. See "Decoder". */
typedef struct eslp_decoder eslp_decoder;

/** Who sends the bytes that a decoder reads. */
ESLP_ENUM(eslp_sender) {
  /** FreeSWITCH: the client's side. Its frames are messages. */
  ESLP_FROM_SERVER = 1,
  /** A client: the server's side. Its frames are requests. */
  ESLP_FROM_CLIENT = 2,
};

/** What eslp_decoder_decode() found at the front of the buffer. */
ESLP_ENUM(eslp_step_kind) {
  /** Nothing; more bytes must be read. */
  ESLP_STEP_NONE = 0,
  /** A whole frame: `message`. */
  ESLP_STEP_FRAME = 1,
  /**
   * The whole head of a frame longer than eslp_limits.max_buffered: `message` without its body, which follows in parts;
   * `remaining`, never 0.
   */
  ESLP_STEP_HEAD = 2,
  /**
   * The next bytes of the body of the last head: `data`, `remaining`; and `lines`, if they are headers of a plain
   * event.
   */
  ESLP_STEP_BODY = 3,
  /**
   * Lines of a head longer than eslp_limits.max_buffered, in the order of the wire: `lines`; `message.kind` and
   * `message.format`, as far as the lines have told. More of the head follows until `head_ends` is not 0.
   */
  ESLP_STEP_HEAD_PART = 4,
};

/** What eslp_decoder_decode() found. */
typedef struct eslp_step {
  /** Bytes to remove from the front of the buffer before the next call, whatever was returned. */
  size_t consumed;
  /**
   * With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next frame or
   * head to be whole; 0 if that is not known yet.
   */
  size_t required;
  /** An eslp_step_kind. */
  eslp_step_kind kind;
  /**
   * With ESLP_STEP_HEAD_PART: whether these are the last lines of the head. Then `remaining` is the length of the
   * body.
   */
  uint8_t head_ends;
  /** With the last ESLP_STEP_HEAD_PART: whether the head has lost its end; see eslp_message_is_cut(). */
  uint8_t is_cut;
  /** The frame or head; valid as long as the bytes in the buffer. */
  eslp_message message;
  /** Bytes of a body, at least one; valid as long as they are in the buffer. */
  eslp_bytes data;
  /**
   * With ESLP_STEP_HEAD_PART lines of a head, with ESLP_STEP_BODY those of `data` that are headers of a plain event:
   * none after its blank line, the rest is the event's own body. See eslp_lines_next().
   */
  eslp_lines lines;
  /**
   * With ESLP_STEP_HEAD and the last ESLP_STEP_HEAD_PART the bytes of the body, with ESLP_STEP_BODY those after
   * these; 0 ends the frame.
   */
  uint64_t remaining;
  /** After an error: its position in the stream, counted from the first byte the decoder was given. */
  uint64_t error_offset;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_step;

/** The memory that eslp_decoder_init() needs of this library: at most ESLP_DECODER_SIZE. */
size_t eslp_decoder_sizeof(void);

/** How that memory must be aligned: at most ESLP_ALIGN. */
size_t eslp_decoder_alignof(void);

/**
 * Makes a decoder in memory of the caller's, which must stay where it is until eslp_decoder_drop().
 *
 * `sender` is an eslp_sender. Then eslp_decoder_decode().
 */
ESLP_NODISCARD eslp_status eslp_decoder_init(void *memory, size_t size, eslp_sender sender,
    const eslp_limits *limits, eslp_decoder **decoder);

/** Ends a decoder in the caller's memory, which is free for other use then. */
eslp_status eslp_decoder_drop(eslp_decoder *decoder);

/** Makes a decoder on the heap; eslp_decoder_free() it. */
ESLP_NODISCARD eslp_status eslp_decoder_new(eslp_sender sender, const eslp_limits *limits,
    eslp_decoder **decoder);

/** Gives a decoder on the heap back. NULL is fine. */
void eslp_decoder_free(eslp_decoder *decoder);

/**
 * Decodes the next frame or part in `buf`, which holds all bytes read and not yet consumed.
 *
 * Remove `step->consumed` bytes from the front before the next call, and read more first if the status is
 * ESLP_NEED_DATA. Bytes may arrive in any pieces; none is searched twice.
 *
 * @return ESLP_OK, ESLP_NEED_DATA, or an error from ESLP_INVALID_LENGTH on if the framing is broken, then and on every
 * later call.
 */
ESLP_NODISCARD eslp_status eslp_decoder_decode(eslp_decoder *decoder, const void *buf, size_t len,
    eslp_step *step);

/**
 * The broken reply or notice that the end of the stream leaves; `buf` is what was read and not consumed. It is the last
 * frame, and the server has written nothing behind it that would have ended it before.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_decoder_at_end(const eslp_decoder *decoder, const void *buf, size_t len,
    eslp_message *message);

/**
 * The number of bytes of a frame that the end of the stream left incomplete, those that were handed out in parts
 * included; `buf` is what was read and not consumed. Blank lines do not count. 0 if an argument is invalid.
 */
size_t eslp_decoder_incomplete(const eslp_decoder *decoder, const void *buf, size_t len);

/** The number of bytes missing from this frame; 0 if its length is not known from its head, or an argument is invalid. */
size_t eslp_decoder_missing(const eslp_decoder *decoder, const void *buf, size_t len);

/** Position in the stream of the buffer's first byte: all that was consumed. 0 if the argument is invalid. */
uint64_t eslp_decoder_position(const eslp_decoder *decoder);

/** @} */

/* ========================================================================
 * Commands
 *
 * A client's commands, written and parsed.
 * ======================================================================== */

/** @defgroup esl_proto_command Commands
 * A client's commands, written and parsed.
 * @{ */

/** Which command. */
ESLP_ENUM(eslp_command_kind) {
  /** `auth <password>`: answers the auth request. Field `auth`, password only. */
  ESLP_COMMAND_AUTH = 1,
  /** `userauth <user>@<domain>:<password>`: answers the auth request as a user of the directory. Field `auth`. */
  ESLP_COMMAND_USERAUTH = 2,
  /** `api <command> [<arguments>]`: runs an API command; events wait until it has ended. Field `api`. */
  ESLP_COMMAND_API = 3,
  /**
   * `bgapi <command> [<arguments>]`: runs an API command in the background. Its result comes as a BACKGROUND_JOB
   * event, always after the reply. Field `api`.
   */
  ESLP_COMMAND_BGAPI = 4,
  /** `event [<format>] <names>`: subscribes to more events, and perhaps changes the format of all. Field `event`. */
  ESLP_COMMAND_EVENT = 5,
  /** `nixevent <names>`: subscribes to fewer events. Field `event`, without a format. */
  ESLP_COMMAND_NIXEVENT = 6,
  /** `noevents`: ends all subscriptions and discards the events that wait. Filters stay. */
  ESLP_COMMAND_NOEVENTS = 7,
  /** `myevents [<uuid>] [<format>]`: subscribes to the events of one channel. Field `myevents`. */
  ESLP_COMMAND_MYEVENTS = 8,
  /** `divert_events on|off`: whether this connection gets the events for the channel's own script. Field `on`. */
  ESLP_COMMAND_DIVERT_EVENTS = 9,
  /** `filter add <header> <value>`: lets only some of the subscribed events through. Field `filter`. */
  ESLP_COMMAND_FILTER_ADD = 10,
  /** `filter delete <header> [<value>]`. Field `filter`. */
  ESLP_COMMAND_FILTER_DELETE = 11,
  /** `filter delete all` */
  ESLP_COMMAND_FILTER_DELETE_ALL = 12,
  /** `sendevent <name>`: fires an event in the server. Field `sendevent`. */
  ESLP_COMMAND_SENDEVENT = 13,
  /** `sendmsg [<uuid>]`: instructs a channel. Field `sendmsg`. */
  ESLP_COMMAND_SENDMSG = 14,
  /** `log [<level>]`: subscribes to log lines up to a level. Field `log_level`. */
  ESLP_COMMAND_LOG = 15,
  /** `nolog`: ends the subscription to log lines. */
  ESLP_COMMAND_NOLOG = 16,
  /**
   * `linger [<seconds>]`: keeps the connection after the channel has ended, for its last events. Field
   * `linger_seconds`.
   */
  ESLP_COMMAND_LINGER = 17,
  /** `nolinger`: takes `linger` back. */
  ESLP_COMMAND_NOLINGER = 18,
  /** `getvar <name>`: the value of a variable of the controlled channel. Field `variable`. */
  ESLP_COMMAND_GETVAR = 19,
  /** `connect`: the first command of an outbound connection; answered with the data of the channel. */
  ESLP_COMMAND_CONNECT = 20,
  /** `resume`: lets the dialplan continue when the outbound connection ends. */
  ESLP_COMMAND_RESUME = 21,
  /**
   * `exit`: ends the connection. Events that wait are discarded; in outbound mode the call ends, unless `resume` was
   * sent.
   */
  ESLP_COMMAND_EXIT = 22,
};

/** The instruction of a `sendmsg`: its call-command. */
ESLP_ENUM(eslp_call_kind) {
  /** `execute`: run an application. Field `execute`. */
  ESLP_CALL_EXECUTE = 1,
  /** `hangup`: end the call. Field `hangup_cause`. */
  ESLP_CALL_HANGUP = 2,
  /** `unicast`: send and receive the call's media at a socket. Field `unicast`. */
  ESLP_CALL_UNICAST = 3,
  /** `nomedia`: let the media of a bridged call flow past the server. Field `nomedia_uuid`. */
  ESLP_CALL_NOMEDIA = 4,
  /** `xferext`: transfer the channel to an extension made of applications. Field `applications`. */
  ESLP_CALL_XFEREXT = 5,
  /** Anything else, which the server accepts and ignores. Field `other`, empty for a message without a call-command. */
  ESLP_CALL_OTHER = 6,
};

/** `auth` and `userauth`. */
typedef struct eslp_auth {
  /** The password, compared byte for byte. */
  eslp_bytes password;
  /** `userauth`: the user, without `@` and `:`. */
  eslp_bytes user;
  /** `userauth`: the domain, without `:`. */
  eslp_bytes domain;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_auth;

/** `api` and `bgapi`. */
typedef struct eslp_api {
  /** The command and its arguments. */
  eslp_bytes line;
  /** `bgapi`: the name that the job shall have, free text of at most 200 bytes; the server makes a UUID if left out. */
  eslp_bytes job_uuid;
  /** `api`: whether the server's console aliases are known, as fs_cli wants. A line `...` shuts the server down then. */
  uint8_t console_execute;
  /** Zeros: room for more fields. */
  uint64_t reserved[3];
} eslp_api;

/** `event` and `nixevent`. */
typedef struct eslp_events {
  /**
   * The names between blanks, as a person types them: `CHANNEL_ANSWER CUSTOM sofia::register`. After CUSTOM come
   * subclasses, unless these are given apart. CUSTOM alone brings only the CUSTOM events without a subclass, ALL
   * every event of every subclass.
   */
  eslp_bytes names;
  /** Subclasses of CUSTOM events between blanks; they imply CUSTOM. */
  eslp_bytes subclasses;
  /** The eslp_format of all events from now on, even those that are waiting; ESLP_FORMAT_NONE leaves it unchanged. */
  eslp_format format;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_events;

/**
 * `myevents`.
 *
 * The forms that work: in outbound mode with a format or nothing; inbound with a uuid, after `event` has set the format.
 * A uuid and a format together are refused: the server would lose the format. An inbound connection ends with its
 * channel. A uuid that no channel has subscribes to all channels.
 */
typedef struct eslp_myevents {
  /** The channel; omit it for the outbound connection's own. */
  eslp_bytes uuid;
  /** An eslp_format, or ESLP_FORMAT_NONE. */
  eslp_format format;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_myevents;

/**
 * `filter`.
 *
 * With filters, an event passes if an including filter matches and no excluding one does; a filter on a header that
 * the event does not have never matches. The value is compared without regard to case. Written `/.../` it is a regular
 * expression; `-` at its front makes it exclude.
 */
typedef struct eslp_filter {
  /** The header, without blanks. */
  eslp_bytes header;
  /** The value. `filter delete` without one deletes all filters on the header. */
  eslp_bytes value;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_filter;

/**
 * `sendevent`.
 *
 * The server answers with the event's new Event-UUID. A name that it does not know fires CUSTOM. A header `unique-id`
 * that names a channel gives the event to that channel alone.
 */
typedef struct eslp_sendevent {
  /** The event's name. A CUSTOM one wants a header Event-Subclass. */
  eslp_bytes name;
  /** Its headers. `foo[3]` as a name sets an element of an array, `ARRAY::a|:b` as a value all of them. */
  eslp_pairs headers;
  /** Its body; none if empty. */
  eslp_bytes body;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_sendevent;

/** call-command `execute`. An application that the server does not know ends the call. */
typedef struct eslp_execute {
  /** The application's name. */
  eslp_bytes app;
  /** Its argument. If it is long, holds line ends or begins with a blank, it travels as a body. */
  eslp_bytes arg;
  /**
   * What CHANNEL_EXECUTE and CHANNEL_EXECUTE_COMPLETE shall carry as Application-UUID, free text; the server makes a
   * UUID if left out.
   */
  eslp_bytes event_uuid;
  /** What they shall carry as Application-UUID-Name. */
  eslp_bytes event_uuid_name;
  /** How often to run it, negative for ever, 0 if not set. A run of less than half a second is the last. */
  int32_t loops;
  /** Whether the bridged channel gets its hold music meanwhile (`hold-bleg`). */
  uint8_t hold_bleg;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_execute;

/** call-command `unicast`. What is left out is the server's default. */
typedef struct eslp_unicast {
  /** Default 127.0.0.1. */
  eslp_bytes local_ip;
  /** Default 127.0.0.1. */
  eslp_bytes remote_ip;
  /** `udp` (the default) or `tcp`. */
  eslp_bytes transport;
  /** `native`: as the codec has them, not decoded. */
  eslp_bytes flags;
  /** Default 8025; 0 if not set. */
  uint16_t local_port;
  /** Default 8026; 0 if not set. */
  uint16_t remote_port;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_unicast;

/**
 * `sendmsg`.
 *
 * The answer `+OK` means that the message waits for the channel, whatever it says; in sync outbound mode, that the
 * application has ended.
 */
typedef struct eslp_sendmsg {
  /** The channel; left out for the one that an outbound connection controls. An inbound connection must name it. */
  eslp_bytes uuid;
  /** What to do: an eslp_call_kind, which says the field that goes with it. */
  eslp_call_kind call;
  /** How many frames of media to wait for first (`lead-frames`); 0 if not set. */
  uint32_t lead_frames;
  /** Whether the channel handles no other message before this one has ended (`event-lock`). */
  uint8_t event_lock;
  /** The same for messages of priority (`event-lock-pri`). */
  uint8_t event_lock_pri;
  /** In sync outbound mode: answer at once and let the application run (`async`). */
  uint8_t run_async;
  /** With ESLP_CALL_EXECUTE. */
  eslp_execute execute;
  /** With ESLP_CALL_UNICAST. */
  eslp_unicast unicast;
  /** With ESLP_CALL_XFEREXT: the applications, each with its argument. */
  eslp_pairs applications;
  /**
   * With ESLP_CALL_HANGUP: why, by its name, see eslp_cause_text(), or its number in digits; NORMAL_CLEARING if left
   * out.
   */
  eslp_bytes hangup_cause;
  /** With ESLP_CALL_NOMEDIA: one of the call's channels. */
  eslp_bytes nomedia_uuid;
  /** With ESLP_CALL_OTHER: the call-command. */
  eslp_bytes other;
  /** Zeros: room for more fields. */
  uint64_t reserved[6];
} eslp_sendmsg;

/** What goes with a command: one field, or none, as its eslp_command_kind says. */
typedef union eslp_command_fields {
  /** `sendmsg`. The largest comes first, so that `{0}` sets all of them to zeros. */
  eslp_sendmsg sendmsg;
  /** `auth`, `userauth` */
  eslp_auth auth;
  /** `api`, `bgapi` */
  eslp_api api;
  /** `event`, `nixevent` */
  eslp_events event;
  /** `myevents` */
  eslp_myevents myevents;
  /** `filter add`, `filter delete` */
  eslp_filter filter;
  /** `sendevent` */
  eslp_sendevent sendevent;
  /** `getvar`: the variable. */
  eslp_bytes variable;
  /** `divert_events`: on or off. */
  uint8_t on;
  /** `log`: an eslp_log_level; ESLP_LOG_NONE for `log` alone, which means DEBUG. */
  eslp_log_level log_level;
  /** `linger`: how long, in seconds; for ever if 0, ESLP_LINGER_AT_ONCE for none. */
  int64_t linger_seconds;
} eslp_command_fields;

/** As `linger_seconds`: until the client closes the connection. The same as 0, which means "not set". */
#define ESLP_LINGER_FOREVER (-1)

/** As `linger_seconds`: no second at all. */
#define ESLP_LINGER_AT_ONCE (-2)

/**
 * A command. What it points to must stay where it is until the command has been written.
 *
 *     eslp_command command = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
 *
 * No text can forge the protocol: line ends and NUL are refused wherever they would, with the field and the place.
 * Texts that may hold line ends are sent as a body.
 */
typedef struct eslp_command {
  /** An eslp_command_kind. */
  eslp_command_kind kind;
  /** What goes with it. */
  eslp_command_fields as;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_command;

/** The part of a command that is wrong. */
ESLP_ENUM(eslp_field) {
  /** None. */
  ESLP_FIELD_NONE = 0,
  /** All of the command before its body. */
  ESLP_FIELD_HEAD = 1,
  /** The password of `auth` and `userauth`. */
  ESLP_FIELD_PASSWORD = 2,
  /** The user of `userauth`. */
  ESLP_FIELD_USER = 3,
  /** The domain of `userauth`. */
  ESLP_FIELD_DOMAIN = 4,
  /** The line of `api` and `bgapi`. */
  ESLP_FIELD_API_LINE = 5,
  /** The name of a `bgapi` job. */
  ESLP_FIELD_JOB_UUID = 6,
  /** An event's name. */
  ESLP_FIELD_EVENT_NAME = 7,
  /** A CUSTOM event's subclass. */
  ESLP_FIELD_SUBCLASS = 8,
  /** The format of events. */
  ESLP_FIELD_FORMAT = 9,
  /** The header or value of `filter`. */
  ESLP_FIELD_FILTER = 10,
  /** A channel's uuid. */
  ESLP_FIELD_UUID = 11,
  /** The variable of `getvar`. */
  ESLP_FIELD_VARIABLE = 12,
  /** The name of a header. */
  ESLP_FIELD_HEADER_NAME = 13,
  /** The value of a header. */
  ESLP_FIELD_HEADER_VALUE = 14,
  /** The body. */
  ESLP_FIELD_BODY = 15,
  /** The name of an application. */
  ESLP_FIELD_APPLICATION = 16,
  /** The argument of an application. */
  ESLP_FIELD_ARGUMENT = 17,
  /** Another header of `sendmsg`: a uuid for events, a cause, an address, flags. */
  ESLP_FIELD_OPTION = 18,
};

/** Where a command is wrong. */
typedef struct eslp_fault {
  /** With which part: an eslp_field. */
  eslp_field field;
  /** Which one, if the command has several of them, from 0. */
  size_t item;
  /** The byte of that part, from 0. */
  size_t offset;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_fault;

/**
 * Writes a command to `out`, for hosts without an eslp_client. `len`, which may be NULL, is its length.
 *
 * Send it in one piece: while a command is incomplete, the server sends no events.
 *
 * @return ESLP_INSUFFICIENT if `size` is less: `len` says what is needed. An error from ESLP_COMMAND_EMPTY on if it
 * would break or forge the protocol: `fault`, which may be NULL, says where. The contents of `out` are then
 * meaningless.
 */
ESLP_NODISCARD eslp_status eslp_command_encode(const eslp_command *command, void *out, size_t size,
    size_t *len, eslp_fault *fault);

/**
 * Parses a request as the server would: words match by prefix and ignoring case, headers may be in any order. The
 * command is valid as long as the bytes in the buffer.
 *
 * @return An error from ESLP_PARSE_UNKNOWN on if it is no command; `offset`, which may be NULL, is the place in its
 * line.
 */
ESLP_NODISCARD eslp_status eslp_command_parse(const eslp_frame *request, eslp_command *command,
    size_t *offset);

/** The name of an eslp_field, in English: valid for ever; NULL for any other number. */
eslp_bytes eslp_field_text(eslp_field field);

/** @} */

/* ========================================================================
 * Dial strings
 *
 * Dial strings, written so that the server reads them as intended, and parsed as the server does.
 * ======================================================================== */

/** @defgroup esl_proto_dial Dial strings
 * Dial strings, written so that the server reads them as intended, and parsed as the server does.
 * @{ */

/** The separator between a leg and the previous one. */
ESLP_ENUM(eslp_join) {
  /** `,`: both are called at once. */
  ESLP_JOIN_AND = 0,
  /** `|`: this one begins a list that is called if nobody answers in the list before. */
  ESLP_JOIN_OR = 1,
  /** `:_:`: this one begins a new handle, called at the same time ("enterprise originate"). */
  ESLP_JOIN_ENTERPRISE = 2,
};

/** One channel to call. */
typedef struct eslp_leg {
  /** What to call: `user/1000`, `sofia/gateway/gw/1234`, `loopback/1000/default`, `error/USER_BUSY`, `group/sales`. */
  eslp_bytes endpoint;
  /** The variables of this channel alone, written in `[...]`: `leg_timeout`, `leg_delay_start`. */
  eslp_pairs variables;
  /** The variables of all legs of its handle, written in `{...}`; count only for a handle's first leg. */
  eslp_pairs handle_variables;
  /** An eslp_join; does not count for the first leg. */
  eslp_join join;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_leg;

/**
 * Whom to call: what `originate` and `bridge` have in common.
 *
 *     eslp_leg legs[] = {{.endpoint = ESLP_LIT("user/1000")}, {.endpoint = ESLP_LIT("user/1001")}};
 *     eslp_dial dial = {.legs = legs, .count = 2};
 */
typedef struct eslp_dial {
  /** The legs: they must stay where they are until the call has been written. */
  const eslp_leg *legs;
  /** Their number. */
  size_t count;
  /** The variables of all legs of all handles, written in `<...>`. */
  eslp_pairs variables;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_dial;

/**
 * `originate <dial string> <destination> [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]`: makes a
 * call and, when it is answered, connects it to something. The command answers when the call is answered or has
 * failed, so it is one for `bgapi` more often than for `api`.
 */
typedef struct eslp_originate {
  /** Whom to call. */
  eslp_dial dial;
  /** Where the dialplan routes the call; left out if an application is given. */
  eslp_bytes extension;
  /** The application that the call executes; left out if an extension is given. */
  eslp_bytes application;
  /** The application's argument. No `)` may stand in it: the server would cut it there. */
  eslp_bytes argument;
  /** Which dialplan knows the extension; `XML` if left out. */
  eslp_bytes dialplan;
  /** In which context; `default` if left out. */
  eslp_bytes context;
  /** The name that the called see, unless `origination_caller_id_name` says another. */
  eslp_bytes cid_name;
  /** The number that the called see, unless `origination_caller_id_number` says another. */
  eslp_bytes cid_num;
  /** How long to ring, in seconds, unless `originate_timeout` says something else; 60 if 0. */
  uint32_t timeout_sec;
  /** Zeros: room for more fields. */
  uint64_t reserved[6];
} eslp_originate;

/** What a leg calls. Each says which fields of eslp_endpoint go with it; those in brackets may be left out. */
ESLP_ENUM(eslp_endpoint_kind) {
  /** A user of the directory, wherever it is registered: `user/<name>@<domain>`. `name`, [`domain`]. */
  ESLP_ENDPOINT_USER = 1,
  /** All users of a group of the directory: `group/<name>@<domain>`. `name`, [`domain`]. */
  ESLP_ENDPOINT_GROUP = 2,
  /** A SIP address, from one of the server's profiles: `sofia/<profile>/<name>`. `profile`, `name`. */
  ESLP_ENDPOINT_SOFIA = 3,
  /** A number at a SIP provider: `sofia/gateway/<profile>/<name>`. `profile` (the gateway), `name` (the number). */
  ESLP_ENDPOINT_GATEWAY = 4,
  /** Where a user has registered at a profile: `sofia/<profile>/<name>%<domain>`. `profile`, `name`, `domain`. */
  ESLP_ENDPOINT_CONTACT = 5,
  /**
   * An extension of the dialplan, through a loopback channel: `loopback/<name>/<context>/<dialplan>`. `name`,
   * [`context`, [`dialplan`]].
   */
  ESLP_ENDPOINT_LOOPBACK = 6,
  /** A browser that has logged in: `verto.rtc/<name>@<domain>`. `name`, [`domain`]. */
  ESLP_ENDPOINT_VERTO = 7,
  /** Nobody: the call fails with this cause, `error/<name>`. `name`, as eslp_cause_text() gives it. */
  ESLP_ENDPOINT_ERROR = 8,
  /** A channel without anybody, which answers at once: `null`. */
  ESLP_ENDPOINT_NULL = 9,
  /** Whoever takes the call with the application `pickup`: `pickup/<name>`. `name`, a key. */
  ESLP_ENDPOINT_PICKUP = 10,
};

/** An occasion on which a channel executes what its variables say. */
ESLP_ENUM(eslp_hook) {
  /** The channel has been made, and is not called yet. */
  ESLP_HOOK_ORIGINATE = 1,
  /** The originate has succeeded, with this channel. */
  ESLP_HOOK_POST_ORIGINATE = 2,
  /** It rings. */
  ESLP_HOOK_RING = 3,
  /** It sends early media. */
  ESLP_HOOK_PRE_ANSWER = 4,
  /** It sends media, early or not. */
  ESLP_HOOK_MEDIA = 5,
  /** It has answered. */
  ESLP_HOOK_ANSWER = 6,
  /** The application `tone_detect` has detected a tone. */
  ESLP_HOOK_TONE_DETECT = 7,
};

/**
 * An endpoint, built from its parts: no part can become another. Other kinds of endpoints are given to eslp_leg as
 * text.
 */
typedef struct eslp_endpoint {
  /** Of which kind. */
  eslp_endpoint_kind kind;
  /** The profile or gateway. */
  eslp_bytes profile;
  /** Who or what is called. */
  eslp_bytes name;
  /** In which domain. */
  eslp_bytes domain;
  /** In which context of the dialplan. */
  eslp_bytes context;
  /** By which dialplan. */
  eslp_bytes dialplan;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_endpoint;

/** The part of a call that is wrong. */
ESLP_ENUM(eslp_dial_field) {
  /** None. */
  ESLP_DIAL_FIELD_NONE = 0,
  /** The name of a variable. */
  ESLP_DIAL_FIELD_VARIABLE_NAME = 1,
  /** The value of a variable. */
  ESLP_DIAL_FIELD_VARIABLE_VALUE = 2,
  /** An endpoint. */
  ESLP_DIAL_FIELD_ENDPOINT = 3,
  /** The extension. */
  ESLP_DIAL_FIELD_EXTENSION = 4,
  /** The name of the application. */
  ESLP_DIAL_FIELD_APPLICATION = 5,
  /** The argument of the application. */
  ESLP_DIAL_FIELD_ARGUMENT = 6,
  /** The dialplan. */
  ESLP_DIAL_FIELD_DIALPLAN = 7,
  /** The context. */
  ESLP_DIAL_FIELD_CONTEXT = 8,
  /** The caller's name. */
  ESLP_DIAL_FIELD_CID_NAME = 9,
  /** The caller's number. */
  ESLP_DIAL_FIELD_CID_NUM = 10,
  /** The time limit. */
  ESLP_DIAL_FIELD_TIMEOUT_SEC = 11,
};

/** Where a call is wrong. */
typedef struct eslp_dial_fault {
  /** With which part: an eslp_dial_field. */
  eslp_dial_field field;
  /** With which leg, from 0. A variable in `{...}` belongs to its handle's first leg; all that belongs to no leg has 0. */
  size_t leg;
  /** Which one, if there are several of them in one place, from 0. */
  size_t item;
  /** The byte of that part, from 0. */
  size_t offset;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_dial_fault;

/** What eslp_originate_parse() and eslp_bridge_parse() return besides the call. */
typedef struct eslp_dial_read {
  /** The number of legs; with ESLP_INSUFFICIENT, how many eslp_leg are needed. */
  size_t legs;
  /**
   * After an error from ESLP_DIAL_PARSE_STORAGE on: the place in the text, near the end of what is wrong; with that
   * status itself, how many bytes of storage are enough.
   */
  size_t offset;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_dial_read;

/**
 * Writes the line for `api` and `bgapi` to `out`. `len`, which may be NULL, is its length.
 *
 * The server reads what is written as intended, or it is refused: no text can add a variable, a leg, an argument or an
 * application.
 *
 * @return ESLP_DIAL_INSUFFICIENT if `size` is less: `len` says what is needed, and the contents of `out` are
 * meaningless. An error from ESLP_DIAL_EMPTY on if the server would misread every possible line; `fault`, which may be
 * NULL, says where.
 */
ESLP_NODISCARD eslp_status eslp_originate_encode(const eslp_originate *call, void *out, size_t size,
    size_t *len, eslp_dial_fault *fault);

/**
 * Writes the argument for the application `bridge` to `out`. `len`, which may be NULL, is its length.
 *
 * @return As eslp_originate_encode().
 */
ESLP_NODISCARD eslp_status eslp_bridge_encode(const eslp_dial *dial, void *out, size_t size, size_t *len,
    eslp_dial_fault *fault);

/**
 * Reads a line as the server would, into `storage` and `max` legs: as many bytes as the line has are enough.
 *
 * The call is valid as long as both. Its variables are walked with eslp_pairs_headers(). `read` may be NULL.
 *
 * @return ESLP_INSUFFICIENT if there are more than `max` legs. An error from ESLP_DIAL_PARSE_STORAGE on if it is no
 * `originate`, or the server would refuse it or read past its end.
 */
ESLP_NODISCARD eslp_status eslp_originate_parse(eslp_bytes line, void *storage, size_t size, eslp_leg *legs,
    size_t max, eslp_originate *call, eslp_dial_read *read);

/**
 * Reads an argument of the application `bridge` as the server would, as eslp_originate_parse().
 *
 * @return As eslp_originate_parse(); ESLP_DIAL_PARSE_EXPANSION if it holds `${...}`, which only the channel can expand.
 */
ESLP_NODISCARD eslp_status eslp_bridge_parse(eslp_bytes argument, void *storage, size_t size, eslp_leg *legs,
    size_t max, eslp_dial *dial, eslp_dial_read *read);

/**
 * Writes an endpoint to `out`, for eslp_leg.endpoint. `len`, which may be NULL, is its length.
 *
 * @return As eslp_originate_encode(): refused is a part that is empty, or holds what would end it; `fault->item` says which part,
 * from 0.
 */
ESLP_NODISCARD eslp_status eslp_endpoint_encode(const eslp_endpoint *endpoint, void *out, size_t size,
    size_t *len, eslp_dial_fault *fault);

/**
 * Makes a hook variable, with which a channel executes something at an event: for the variables of a leg, a handle or
 * a whole dial string. Its value is written to `out`.
 *
 * `app` is an application and `arg` its argument, as returned by eslp_app_encode(); with `in_background` it is
 * executed asynchronously, while the call continues. Without an `app`, `arg` is the line of an API command. For a
 * second variable of the same hook, use another name that begins with this one, such as `execute_on_answer_2`.
 *
 * @return ESLP_DIAL_INSUFFICIENT if `size` is less than `variable->value.len`, whose data is NULL then. An error from ESLP_DIAL_EMPTY on
 * if the server would execute something else; `fault`, which may be NULL, says where.
 */
ESLP_NODISCARD eslp_status eslp_hook_encode(eslp_hook hook, eslp_bytes app, eslp_bytes arg,
    bool in_background, void *out, size_t size, eslp_pair *variable, eslp_dial_fault *fault);

/**
 * Writes an inline dialplan to `out`: applications, by their names with their arguments, that a channel executes one after another. It is
 * for eslp_originate.extension with `inline` for its dialplan, or for the application `transfer`. `len`, which may be NULL, is its
 * length.
 *
 * Commas, quotes, backslashes, blanks and line ends in arguments arrive unchanged. As in any dialplan, the channel
 * expands variables in each argument before it executes the application; eslp_app_encode() takes that into account.
 *
 * @return As eslp_originate_encode(); `fault->item` says which application, from 0.
 */
ESLP_NODISCARD eslp_status eslp_inline_encode(const eslp_pairs *apps, void *out, size_t size, size_t *len,
    eslp_dial_fault *fault);

/**
 * Reads an inline dialplan as the server would, into `storage`: one byte more than the text has is enough.
 *
 * The applications are valid as long as the storage, and are walked with eslp_pairs_headers(). `offset`, which may be NULL, is the
 * place in the text, near the end of what is wrong; with ESLP_DIAL_PARSE_STORAGE, how many bytes of storage are enough.
 *
 * @return An error from ESLP_DIAL_PARSE_STORAGE on if there is an application without a name, or the server would read past the end.
 */
ESLP_NODISCARD eslp_status eslp_inline_parse(eslp_bytes text, void *storage, size_t size, eslp_pairs *apps,
    size_t *offset);

/** The name of an eslp_dial_field, in English: valid for ever; NULL for any other number. */
eslp_bytes eslp_dial_field_text(eslp_dial_field field);

/** @} */

/* ========================================================================
 * Applications
 *
 * Applications for channels, with arguments that arrive as intended.
 * ======================================================================== */

/** @defgroup esl_proto_app Applications
 * Applications for channels, with arguments that arrive as intended.
 * @{ */

/** Which application. Each says which fields of eslp_app go with it; those in brackets may be left out. */
ESLP_ENUM(eslp_app_kind) {
  /** `answer`: takes the call. */
  ESLP_APP_ANSWER = 1,
  /** `pre_answer`: opens early media. */
  ESLP_APP_PRE_ANSWER = 2,
  /** `ring_ready`: signals ringing to the caller. */
  ESLP_APP_RING_READY = 3,
  /** `playback`: `file`, [`start_sample`]. */
  ESLP_APP_PLAYBACK = 4,
  /** `gentones`: `text`, such as `%(1000,0,640)`, [`loops`]. */
  ESLP_APP_GENTONES = 5,
  /** `say`: reads a text aloud, from recorded words. `module`, `name` (what kind of thing), `method`, `text`, [`gender`]. */
  ESLP_APP_SAY = 6,
  /** `speak`: `text`, [`engine` and `voice`]. */
  ESLP_APP_SPEAK = 7,
  /** `phrase`: a macro. `name`, [`text`]. */
  ESLP_APP_PHRASE = 8,
  /**
   * `read`: plays a prompt and collects digits. `min`, `max`, `file`, `name` (the variable), [`timeout`, `terminators`,
   * `digit_timeout`].
   */
  ESLP_APP_READ = 9,
  /** `play_and_get_digits`: the same with retries. Also [`tries`, `invalid_file`, `regexp`, `transfer_on_failure`]. */
  ESLP_APP_PLAY_AND_GET_DIGITS = 10,
  /** `record`: `file`, [`limit`, `silence_threshold` and `silence_seconds`]. */
  ESLP_APP_RECORD = 11,
  /** `record_session`: records the call in the background. `file`, [`limit`]. */
  ESLP_APP_RECORD_SESSION = 12,
  /** `stop_record_session`: `file`, or `all`. */
  ESLP_APP_STOP_RECORD_SESSION = 13,
  /** `bridge`: `dial`. */
  ESLP_APP_BRIDGE = 14,
  /** `att_xfer`: `dial`. */
  ESLP_APP_ATT_XFER = 15,
  /** `transfer`: `target`, [`dialplan`, `context`, `leg`]. It leaves the connection; send `resume` before. */
  ESLP_APP_TRANSFER = 16,
  /** `set`: `name`, `value`. */
  ESLP_APP_SET = 17,
  /** `multiset`: `pairs`. */
  ESLP_APP_MULTISET = 18,
  /** `unset`: `name`. */
  ESLP_APP_UNSET = 19,
  /** `export`: `name`, `value`, [`nolocal`]. */
  ESLP_APP_EXPORT = 20,
  /** `push`: `name`, `value`. */
  ESLP_APP_PUSH = 21,
  /** `unshift`: `name`, `value`. */
  ESLP_APP_UNSHIFT = 22,
  /** `park` */
  ESLP_APP_PARK = 23,
  /** `echo` */
  ESLP_APP_ECHO = 24,
  /** `sleep`: `timeout`. */
  ESLP_APP_SLEEP = 25,
  /** `break`: ends the application that runs now. */
  ESLP_APP_BREAK = 26,
  /** `send_dtmf`: `text` (the digits), [`timeout`, how long each sounds]. */
  ESLP_APP_SEND_DTMF = 27,
  /** `queue_dtmf`: the same. */
  ESLP_APP_QUEUE_DTMF = 28,
  /** `flush_dtmf` */
  ESLP_APP_FLUSH_DTMF = 29,
  /** `conference`: `name`, [`profile`, `pin`, `flags`]. */
  ESLP_APP_CONFERENCE = 30,
  /** `deflect`: `target`. */
  ESLP_APP_DEFLECT = 31,
  /** `redirect`: `target`. */
  ESLP_APP_REDIRECT = 32,
  /** `respond`: `text`, such as `486 Busy Here`. */
  ESLP_APP_RESPOND = 33,
  /** `hangup`: [`cause`]. */
  ESLP_APP_HANGUP = 34,
  /** `sched_hangup`: `limit`, in how many seconds, [`cause`]. */
  ESLP_APP_SCHED_HANGUP = 35,
  /** `event`: `pairs`. */
  ESLP_APP_EVENT = 36,
  /** `log`: `text`, [`level`, INFO by default]. */
  ESLP_APP_LOG = 37,
  /** `info`: [`level`]. */
  ESLP_APP_INFO = 38,
  /** `socket`: `target`, [`run_async`, `full`]. */
  ESLP_APP_SOCKET = 39,
  /** `eavesdrop`: `target`, a uuid. */
  ESLP_APP_EAVESDROP = 40,
  /** `intercept`: `target`, a uuid, [`leg`: ESLP_LEG_OTHER]. */
  ESLP_APP_INTERCEPT = 41,
  /** `hold` */
  ESLP_APP_HOLD = 42,
  /** `unhold` */
  ESLP_APP_UNHOLD = 43,
};

/** Which leg of a bridged call. */
ESLP_ENUM(eslp_transfer_leg) {
  /** The channel itself. */
  ESLP_LEG_THIS = 0,
  /** The one that it is bridged to (`-bleg`). */
  ESLP_LEG_OTHER = 1,
  /** Both (`-both`). */
  ESLP_LEG_BOTH = 2,
};

/**
 * An application with its arguments. Zeros mean "not set".
 *
 * Texts arrive unchanged: text that the application would misread, and `${...}`, which the server would expand, is
 * refused, so that a caller's name can be passed safely. With `expand` the server expands the texts.
 *
 *     eslp_app set = {.kind = ESLP_APP_SET, .name = ESLP_LIT("caller"), .value = name_of_a_stranger};
 */
typedef struct eslp_app {
  /** Which. */
  eslp_app_kind kind;
  /** Whether the server expands `${...}` in the texts. */
  uint8_t expand;
  /** `export`: not to the channel itself. */
  uint8_t nolocal;
  /** `socket`: `async`. */
  uint8_t run_async;
  /** `socket`: `full`. */
  uint8_t full;
  /** What is played or recorded. */
  eslp_bytes file;
  /** A variable, a macro, a conference. */
  eslp_bytes name;
  /** Its value. */
  eslp_bytes value;
  /** What is said, written, or sent as digits. */
  eslp_bytes text;
  /** Where to: an extension, an address, a uuid. */
  eslp_bytes target;
  /** The dialplan of an extension. */
  eslp_bytes dialplan;
  /** Its context. */
  eslp_bytes context;
  /** The digits that end an input; `#` if left out, `none` for none. */
  eslp_bytes terminators;
  /** What the digits must match. */
  eslp_bytes regexp;
  /** What is played after a wrong input. */
  eslp_bytes invalid_file;
  /** Where the call goes after the last. */
  eslp_bytes transfer_on_failure;
  /** The language's module. */
  eslp_bytes module;
  /** How something is said. */
  eslp_bytes method;
  /** In which gender. */
  eslp_bytes gender;
  /** The speech engine. */
  eslp_bytes engine;
  /** Its voice. */
  eslp_bytes voice;
  /** A conference's profile. */
  eslp_bytes profile;
  /** Its PIN. */
  eslp_bytes pin;
  /** The member's flags, between blanks. */
  eslp_bytes flags;
  /** Why a call ends, as eslp_sendmsg has it. */
  eslp_bytes cause;
  /** Variables, or headers. */
  eslp_pairs pairs;
  /** Whom to call. */
  eslp_dial dial;
  /** The least number of digits. */
  uint32_t min;
  /** The greatest. */
  uint32_t max;
  /** How often to ask; 3 if 0. */
  uint32_t tries;
  /** Milliseconds. */
  uint32_t timeout;
  /** Milliseconds for each further digit. */
  uint32_t digit_timeout;
  /** Seconds. */
  uint32_t limit;
  /** How loud silence may be. */
  uint32_t silence_threshold;
  /** After how many seconds of it a recording ends. */
  uint32_t silence_seconds;
  /** Where to begin. */
  uint32_t start_sample;
  /** How often; negative for ever. */
  int32_t loops;
  /** How urgent. */
  eslp_log_level level;
  /** Which leg. */
  eslp_transfer_leg leg;
  /** Zeros: room for more fields. */
  uint64_t reserved[6];
} eslp_app;

/** Where an application's argument is wrong. */
typedef struct eslp_app_fault {
  /** The part, in English: valid for ever. */
  eslp_bytes field;
  /** Which one, if there are several of them, from 0. */
  size_t item;
  /** The byte of that part, from 0. */
  size_t offset;
  /** Zeros: room for more fields. */
  uint64_t reserved[1];
} eslp_app_fault;

/**
 * The application's name and argument, for `execute` of eslp_sendmsg: the argument is written to `out`, and `execute` points there.
 * `execute->arg.len` is its length; other fields of `execute` are zeros, and the host's to set. `fault` may be NULL.
 *
 * @return ESLP_INSUFFICIENT if `size` is less: `execute->arg.len` says what is needed, and its data is NULL. An error
 * from ESLP_APP_EMPTY on, or from ESLP_DIAL_EMPTY on, if the application would misread it: `fault` says where.
 */
ESLP_NODISCARD eslp_status eslp_app_encode(const eslp_app *app, void *out, size_t size, eslp_execute *execute,
    eslp_app_fault *fault);

/** @} */

/* ========================================================================
 * Client
 *
 * The client's side of a connection: authentication, the matching of answers to commands, which commands may be
 * sent now, and the end. Call eslp_client_poll() when bytes have arrived, until it needs more, and
 * eslp_client_send() at any time.
 * ======================================================================== */

/** @defgroup esl_proto_client Client
 * The client's side of a connection: authentication, the matching of answers to commands, which commands may be
 * sent now, and the end. Call eslp_client_poll() when bytes have arrived, until it needs more, and
 * eslp_client_send() at any time.
 * @{ */

/** Memory for a client, in bytes, aligned as ESLP_ALIGN says. More than the library needs now. */
#define ESLP_CLIENT_SIZE 512

/** One connection to FreeSWITCH's event socket, from its first byte to its end. See "Client". */
typedef struct eslp_client eslp_client;

/** Who has opened the connection. */
ESLP_ENUM(eslp_role) {
  /** The client, to FreeSWITCH. The server speaks first and wants a password. */
  ESLP_INBOUND = 1,
  /** FreeSWITCH, for a call: the `socket` application. The first command must be `connect`. */
  ESLP_OUTBOUND = 2,
};

/** The kind of what came in on a connection. */
ESLP_ENUM(eslp_incoming) {
  /** Nothing: more bytes must be read, or the connection is over. */
  ESLP_IN_NONE = 0,
  /** The server wants `auth` or `userauth`, within 25 seconds. */
  ESLP_IN_AUTH_REQUEST = 1,
  /**
   * It has accepted the password: `id`, `message` with the rights after `userauth`. Long lists of rights lose their
   * end on the way: see eslp_reply_is_broken().
   */
  ESLP_IN_AUTHENTICATED = 2,
  /** It has refused the password: `id`, `message`. A notice and the end follow. */
  ESLP_IN_AUTH_REFUSED = 3,
  /**
   * The answer to `connect`: `id`, `message`; see eslp_message_event(), eslp_reply_socket_mode(),
   * eslp_reply_full_control().
   */
  ESLP_IN_CONNECTED = 4,
  /** The answer to any other command: `id`, `message`. An `api` that the user has no right to is answered by a reply. */
  ESLP_IN_ANSWER = 5,
  /** An event: `message`; see eslp_message_event(). */
  ESLP_IN_EVENT = 6,
  /** A line of the server's log: `message`. */
  ESLP_IN_LOG = 7,
  /** The controlled channel has ended; the connection stays for its last events, and takes commands: `message`. */
  ESLP_IN_LINGERING = 8,
  /** The access list does not allow this address: `message`, `unanswered`. A notice and the end follow. */
  ESLP_IN_REJECTED = 9,
  /** The server ends the connection, nothing follows: `message`, `end`, `unanswered`. */
  ESLP_IN_GOODBYE = 10,
  /**
   * What has no place in the conversation: `message`. An answer when no command was waiting for one, a second auth
   * request, a frame of an unknown kind (such as the rest of a variable's value after a blank line).
   */
  ESLP_IN_UNEXPECTED = 11,
  /**
   * A frame longer than eslp_limits.max_buffered has begun: `message` without its body, `remaining`; `id` if it is an
   * answer. Its body follows in parts.
   *
   * A frame in parts comes as none of the kinds above. Its effect on the connection is known when its last byte
   * has arrived: eslp_client_is_open() for a login, eslp_client_full_control() and eslp_client_socket_mode() for
   * `connect`, eslp_client_is_lingering() and ESLP_CLOSED for a notice.
   */
  ESLP_IN_HEAD = 12,
  /**
   * The next part of the body: `data`, `remaining`; `lines` if they are headers of a plain event; `id` if it is an
   * answer, which is complete when `remaining` is 0.
   */
  ESLP_IN_BODY = 13,
  /**
   * Lines of a head that is itself longer than eslp_limits.max_buffered, in the order of the wire: `lines`; `id` if it is an
   * answer; `message.kind` and `message.format`, as far as the lines have told: ESLP_MESSAGE_OTHER before the last
   * lines of the reply to `connect`, which has an `id`. More of the head follows until `head_ends` is not 0.
   */
  ESLP_IN_HEAD_PART = 14,
};

/** Why a connection ended. */
ESLP_ENUM(eslp_end) {
  /** The connection has not ended. */
  ESLP_END_NONE = 0,
  /** After `exit`. */
  ESLP_END_EXIT = 1,
  /** The password was refused. */
  ESLP_END_AUTH_REFUSED = 2,
  /** Authentication timed out: the server ends with a notice and nothing else. */
  ESLP_END_AUTH_TIMEOUT = 3,
  /** The access list does not allow this address. */
  ESLP_END_REJECTED = 4,
  /** The controlled channel has ended. */
  ESLP_END_CHANNEL_ENDED = 5,
  /** The server is shutting down, or its event socket is being reloaded. */
  ESLP_END_SHUTDOWN = 6,
  /** This connection has read too slowly: events were lost. */
  ESLP_END_EVENTS_LOST = 7,
  /** The server disconnected without a known reason. */
  ESLP_END_GOODBYE = 8,
  /** The stream ended without a notice. */
  ESLP_END_EOF = 9,
  /** The framing is broken. */
  ESLP_END_PROTOCOL = 10,
};

/** The id of no command. */
#define ESLP_NO_ID UINT64_MAX

/**
 * Commands that will never be answered: their ids count up from the first. Over the life of a connection each id is
 * either in one answer or in one of these.
 */
typedef struct eslp_unanswered {
  /** The id of the first. */
  uint64_t first;
  /** Their number. */
  uint64_t count;
} eslp_unanswered;

/** What eslp_client_poll() found. */
typedef struct eslp_client_result {
  /** Bytes to remove from the front of the buffer before the next call, whatever was returned. */
  size_t consumed;
  /**
   * With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next frame to be
   * whole; 0 if that is not known yet.
   */
  size_t required;
  /** An eslp_incoming. */
  eslp_incoming kind;
  /** With ESLP_IN_GOODBYE, ESLP_CLOSED and errors: an eslp_end, why the connection is over. */
  eslp_end end;
  /** The command that is answered; ESLP_NO_ID if none is. Every part of an answer has it. */
  uint64_t id;
  /** The frame; valid as long as the bytes in the buffer. */
  eslp_message message;
  /**
   * With ESLP_IN_BODY a part of a body, at least one byte; with ESLP_CLOSED what came after the end. Valid as long
   * as the bytes in the buffer.
   */
  eslp_bytes data;
  /**
   * With ESLP_IN_HEAD_PART lines of a head, with ESLP_IN_BODY those of `data` that are headers of a plain event: none
   * after its blank line, the rest is the event's own body. See eslp_lines_next().
   */
  eslp_lines lines;
  /**
   * With ESLP_IN_HEAD and the last ESLP_IN_HEAD_PART the bytes of the body, with ESLP_IN_BODY those after these; 0
   * ends the frame.
   */
  uint64_t remaining;
  /** The commands that will never be answered, once the end is known. */
  eslp_unanswered unanswered;
  /** After an error: its position in the stream, counted from the first byte. */
  uint64_t error_offset;
  /** With ESLP_IN_HEAD_PART: whether these are the last lines of the head. Then `remaining` is the length of the body. */
  uint8_t head_ends;
  /** With the last ESLP_IN_HEAD_PART: whether the head has lost its end; see eslp_message_is_cut(). */
  uint8_t is_cut;
  /** Zeros: room for more fields. */
  uint64_t reserved[6];
} eslp_client_result;

/** A command has been written, or why not. */
typedef struct eslp_sent {
  /** What its answer will carry: the first command of a connection is 0, each counts one more. */
  uint64_t id;
  /** How many bytes were written to `out`; with ESLP_INSUFFICIENT how many are needed. */
  size_t len;
  /** How many commands they are. */
  uint64_t count;
  /** With an error from ESLP_COMMAND_EMPTY on: where the command is wrong. */
  eslp_fault fault;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_sent;

/** The result of eslp_client_eof(). */
typedef struct eslp_eof {
  /** An eslp_end: ESLP_END_EOF, unless the server had told before. */
  eslp_end end;
  /**
   * The commands that will not be answered and have not been reported yet. The first may be the one whose answer was
   * cut off.
   */
  eslp_unanswered unanswered;
  /** Bytes of a frame that the end cut off, those that came in parts included. */
  size_t incomplete;
  /** Bytes missing from this frame; 0 if its length is not known from its head. */
  size_t missing;
  /**
   * The command that the end of the stream answers: with a broken reply, behind which the server has written nothing
   * more. ESLP_NO_ID if there is none, as in an ordinary connection.
   */
  uint64_t id;
  /**
   * That reply; ESLP_MESSAGE_NONE if there is none, or if it has come in parts, the last of which is the unconsumed
   * bytes. See eslp_reply_is_broken(). Valid as long as the bytes in the buffer.
   */
  eslp_message message;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_eof;

/** Counts of what was received so far. */
typedef struct eslp_stats {
  /** Bytes consumed. */
  uint64_t octets;
  /** Frames, the events among them. */
  uint64_t frames;
  /** Events. */
  uint64_t events;
  /** Log lines. */
  uint64_t log_lines;
  /** What was ESLP_IN_UNEXPECTED. */
  uint64_t unexpected;
  /** Zeros: room for more fields. */
  uint64_t reserved[3];
} eslp_stats;

/**
 * The subscriptions of a connection: to be applied now, and again after every reconnect.
 *
 * Zeros are nothing at all.
 */
typedef struct eslp_subscription {
  /** The events, and the format of all. */
  eslp_events events;
  /** `filter add` for each pair of header and value. */
  eslp_pairs filters;
  /** The uuid of the channel whose events are wanted, for an inbound connection, which then ends with it: `myevents`. */
  eslp_bytes channel;
  /** The same for the channel that an outbound connection controls. */
  uint8_t own_channel;
  /** Whether events for the channel's own script are diverted to this connection. */
  uint8_t divert;
  /** Whether log lines are wanted, up to `log_level`. */
  uint8_t log;
  /** Whether the connection stays `linger_seconds` after its channel has ended. */
  uint8_t linger;
  /** With `log`: up to which level; ESLP_LOG_NONE for `log` alone, which means DEBUG. */
  eslp_log_level log_level;
  /** With `linger`: seconds; for ever if 0, ESLP_LINGER_AT_ONCE for none. */
  int64_t linger_seconds;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_subscription;

/** The memory that eslp_client_init() needs of this library: at most ESLP_CLIENT_SIZE. */
size_t eslp_client_sizeof(void);

/** How that memory must be aligned: at most ESLP_ALIGN. */
size_t eslp_client_alignof(void);

/**
 * Makes a client in memory of the caller's, which must stay where it is until eslp_client_drop().
 *
 * `role` is an eslp_role. Then eslp_client_poll(), or, if it is ESLP_OUTBOUND, eslp_client_send() with `connect`.
 */
ESLP_NODISCARD eslp_status eslp_client_init(void *memory, size_t size, eslp_role role,
    const eslp_limits *limits, eslp_client **client);

/** Ends a client in the caller's memory, which is free for other use then. */
eslp_status eslp_client_drop(eslp_client *client);

/** Makes a client on the heap; eslp_client_free() it. */
ESLP_NODISCARD eslp_status eslp_client_new(eslp_role role, const eslp_limits *limits, eslp_client **client);

/** Gives a client on the heap back. NULL is fine. */
void eslp_client_free(eslp_client *client);

/**
 * Reads the next item from `buf`, which holds all bytes read and not yet consumed.
 *
 * Remove `result->consumed` bytes from the front before the next call, after you have used what `result` points to,
 * and read more before it if the status is ESLP_NEED_DATA. When a read says that the stream has ended:
 * eslp_client_eof().
 *
 * @return ESLP_OK if something came in, `result->kind` says what; ESLP_NEED_DATA; ESLP_CLOSED if the connection is over;
 * an error from ESLP_INVALID_LENGTH on if the framing is broken, then and on every later call.
 */
ESLP_NODISCARD eslp_status eslp_client_poll(eslp_client *client, const void *buf, size_t len,
    eslp_client_result *result);

/**
 * Writes a command to `out`, and counts it as sent: the host must send `sent->len` bytes, in one piece and in the order
 * of its calls.
 *
 * Commands can be sent at any time, any number of them before the first is answered: answers come in order, and each
 * carries the id of its command. To give up on a command, just ignore its id: a late answer still carries it.
 *
 * @return ESLP_INSUFFICIENT if `size` is too short; an error from ESLP_COMMAND_EMPTY on if the command can never be
 * sent so; an error from ESLP_NOT_AUTHENTICATED on if it may not be sent now. Nothing has changed then.
 */
ESLP_NODISCARD eslp_status eslp_client_send(eslp_client *client, const eslp_command *command, void *out,
    size_t size, eslp_sent *sent);

/**
 * Writes all commands of a subscription for a new connection, and counts them as sent: filters come first, so that no
 * unwanted event arrives before they are set. All or none.
 *
 * `sent->id` is the id of the first, `sent->count` their number; ESLP_NO_ID and 0 if the subscription asks for nothing.
 *
 * @return As eslp_client_send().
 */
ESLP_NODISCARD eslp_status eslp_client_subscribe(eslp_client *client, const eslp_subscription *subscription,
    void *out, size_t size, eslp_sent *sent);

/**
 * Writes all commands that take a subscription back, to apply another, and counts them as sent. `myevents` cannot be
 * taken back.
 *
 * @return As eslp_client_subscribe().
 */
ESLP_NODISCARD eslp_status eslp_client_unsubscribe(eslp_client *client, const eslp_subscription *subscription,
    void *out, size_t size, eslp_sent *sent);

/**
 * Whether a command may be sent now, as far as can be known: a user's rights to events and API commands are the
 * server's to judge. Nothing changes.
 *
 * @return ESLP_OK, or an error from ESLP_NOT_AUTHENTICATED on.
 */
eslp_status eslp_client_may_send(const eslp_client *client, const eslp_command *command);

/**
 * Counts a command as sent without writing it: for a host that has encoded it already, such as one that writes a command
 * once for many connections. Its answer will carry the id. The host must send its bytes, in the order of its calls.
 *
 * @return ESLP_OK, or an error from ESLP_NOT_AUTHENTICATED on; then nothing has changed.
 */
ESLP_NODISCARD eslp_status eslp_client_track(eslp_client *client, const eslp_command *command, uint64_t *id);

/**
 * Counts a command that this library does not know and the host has written itself: its answer will carry the id. The host must guarantee that the bytes are exactly one command with exactly
 * one reply.
 */
ESLP_NODISCARD eslp_status eslp_client_track_external(eslp_client *client, uint64_t *id);

/**
 * The stream has ended; `buf` is what was read and not consumed.
 *
 * To be called once, after the last eslp_client_poll() has returned ESLP_NEED_DATA or ESLP_CLOSED.
 */
eslp_status eslp_client_eof(eslp_client *client, const void *buf, size_t len, eslp_eof *eof);

/** The length of what eslp_client_save() writes. */
#define ESLP_CLIENT_SAVED 75

/**
 * Writes the client's state to `out`, ESLP_CLIENT_SAVED bytes, for a process that takes over the connection: another
 * program, or a newer version, which gets the socket and the unconsumed bytes.
 *
 * @return ESLP_NOT_READY if the connection is not open, or in the middle of a frame that comes in parts: try again later.
 * ESLP_INSUFFICIENT if `size` is less.
 */
ESLP_NODISCARD eslp_status eslp_client_save(const eslp_client *client, void *out, size_t size);

/**
 * Makes a client in the caller's memory, as eslp_client_init(), that continues where eslp_client_save() was called.
 *
 * @return ESLP_INVALID_ARGUMENT if `saved` is from another version of the library, or invalid.
 */
ESLP_NODISCARD eslp_status eslp_client_resume(void *memory, size_t size, const void *saved, size_t saved_size,
    const eslp_limits *limits, eslp_client **client);

/** Why the connection is over: an eslp_end, ESLP_END_NONE if it is not. */
eslp_end eslp_client_end(const eslp_client *client);

/**
 * Whether the server takes all commands: inbound when the password has been accepted, outbound when `connect` has been
 * sent; not any more after the end.
 */
bool eslp_client_is_open(const eslp_client *client);

/** Whether the controlled channel has ended and the connection lingers. */
bool eslp_client_is_lingering(const eslp_client *client);

/**
 * In outbound mode: whether all commands may be used.
 *
 * @return ESLP_NOT_FOUND until the reply to `connect` has arrived.
 */
eslp_status eslp_client_full_control(const eslp_client *client, bool *full);

/**
 * In outbound mode: an eslp_socket_mode, whether applications run asynchronously.
 *
 * @return ESLP_NOT_FOUND until the reply to `connect` has arrived.
 */
eslp_status eslp_client_socket_mode(const eslp_client *client, eslp_socket_mode *mode);

/** The number of commands that have been sent and not answered yet. */
uint64_t eslp_client_in_flight(const eslp_client *client);

/** Counts of what was received so far. */
eslp_status eslp_client_stats(const eslp_client *client, eslp_stats *stats);

/** The text of an eslp_end, in English: valid for ever; NULL for any other number. */
eslp_bytes eslp_end_text(eslp_end end);

/** @} */

/* ========================================================================
 * Jobs
 *
 * The end of a job or an application comes as an event that carries the name given by the command: such names, and
 * tables of them. Also counting missing events.
 * ======================================================================== */

/** @defgroup esl_proto_jobs Jobs
 * The end of a job or an application comes as an event that carries the name given by the command: such names, and
 * tables of them. Also counting missing events.
 * @{ */

/** The length of a name that eslp_tag() makes. */
#define ESLP_TAG_LEN 33

/**
 * Makes a name for a `bgapi` job (`job_uuid`) or an application (`event_uuid`) of two numbers: ESLP_TAG_LEN bytes,
 * not ended by a NUL.
 *
 * The host chooses a `run` that other programs on the same server do not use (at random, say, once a connection) and
 * counts `number` up. In the event at its end (Job-UUID of BACKGROUND_JOB, Application-UUID of
 * CHANNEL_EXECUTE_COMPLETE), eslp_tag_number() finds the number again.
 */
eslp_status eslp_tag(uint64_t run, uint64_t number, void *out, size_t size);

/**
 * The number in a name that eslp_tag() has made with this `run`.
 *
 * @return ESLP_NOT_FOUND for any other name.
 */
eslp_status eslp_tag_number(const eslp_value *name, uint64_t run, uint64_t *number);

/** Storage for one entry of an eslp_pending. Need not be initialised. */
typedef struct eslp_pending_slot {
  /** Private. */
  uint64_t opaque[3];
} eslp_pending_slot;

/**
 * A map of pending jobs and commands by number, in the caller's slots, for hosts without a map: the number of a tag or
 * the id of a command, and a pointer of the host that is never followed. A look-up walks the slots.
 */
typedef struct eslp_pending {
  /** Private. */
  uint64_t opaque[4];
} eslp_pending;

/** Begins empty, in `count` slots, which must not move as long as it is used. */
eslp_status eslp_pending_init(eslp_pending *pending, eslp_pending_slot *slots, size_t count);

/**
 * Remembers `entry` under `number`. `before`, which may be NULL, gets the entry that was there, or NULL.
 *
 * @return ESLP_INSUFFICIENT if no slot is left.
 */
ESLP_NODISCARD eslp_status eslp_pending_insert(eslp_pending *pending, uint64_t number, void *entry,
    void **before);

/**
 * Takes the entry of `number` out.
 *
 * @return ESLP_NOT_FOUND if there is none.
 */
eslp_status eslp_pending_take(eslp_pending *pending, uint64_t number, void **entry);

/**
 * Takes any entry out: at the end of a connection, nothing is waited for any more.
 *
 * @return ESLP_END if there is none.
 */
eslp_status eslp_pending_take_any(eslp_pending *pending, uint64_t *number, void **entry);

/** The number of entries. */
size_t eslp_pending_len(const eslp_pending *pending);

/**
 * Counts the numbers that are missing among the Event-Sequence of events.
 *
 * This is meaningful only on a connection that is subscribed to ALL without filters; even there it is a measure, not a
 * proof: events overtake each other by a few places, and some numbers go to events that no listener gets.
 */
typedef struct eslp_sequence {
  /** Private. */
  uint64_t opaque[4];
} eslp_sequence;

/** Begins with nothing seen yet. */
eslp_status eslp_sequence_init(eslp_sequence *sequence);

/** Takes an event's number in, if it has one. */
eslp_status eslp_sequence_note(eslp_sequence *sequence, const eslp_event *event);

/** The numbers between the lowest and the highest that have not been seen. */
uint64_t eslp_sequence_missing(const eslp_sequence *sequence);

/** @} */

/* ========================================================================
 * Receive buffer
 *
 * For hosts without their own.
 * ======================================================================== */

/** @defgroup esl_proto_buffer Receive buffer
 * For hosts without their own.
 * @{ */

/**
 * A receive buffer over the caller's memory, which keeps track of the bytes that have been read and not yet consumed.
 * For hosts without a buffer of their own.
 *
 *     eslp_buffer_init(&buffer, memory, sizeof memory);
 *     for (;;) {
 *         status = eslp_client_poll(client, eslp_buffer_data(&buffer), eslp_buffer_len(&buffer), &result);
 *         ... use what came ...
 *         eslp_buffer_consume(&buffer, result.consumed);
 *         if (status != ESLP_NEED_DATA) continue;
 *         eslp_buffer_spare(&buffer, &spare, &room);
 *         count = read(socket, spare, room);
 *         ... 0 is the end, less an error ...
 *         eslp_buffer_commit(&buffer, (size_t)count);
 *     }
 */
typedef struct eslp_buffer {
  /** Private. */
  uint64_t opaque[8];
} eslp_buffer;

/** Begins with an empty buffer over `size` bytes of memory, which must not move as long as it is used. */
eslp_status eslp_buffer_init(eslp_buffer *buffer, void *memory, size_t size);

/** The bytes read and not yet consumed; NULL if the buffer was not initialised. */
const char *eslp_buffer_data(const eslp_buffer *buffer);

/** The number of bytes read and not yet consumed. */
size_t eslp_buffer_len(const eslp_buffer *buffer);

/** The number of bytes that the memory can hold. */
size_t eslp_buffer_capacity(const eslp_buffer *buffer);

/**
 * Room to read into; then call eslp_buffer_commit() with the number of bytes. Unconsumed bytes may be moved for it.
 *
 * @return ESLP_INSUFFICIENT if the memory is full of unconsumed bytes: only consuming or eslp_buffer_grow() makes room.
 * `spare` is NULL and `size` 0 then; a read into no room looks like the end of the stream.
 */
ESLP_NODISCARD eslp_status eslp_buffer_spare(eslp_buffer *buffer, char **spare, size_t *size);

/** Adds the first `count` bytes of the room from eslp_buffer_spare(), at most all of it. */
eslp_status eslp_buffer_commit(eslp_buffer *buffer, size_t count);

/** Removes `count` bytes from the front of the buffer, at most as many as there are. */
eslp_status eslp_buffer_consume(eslp_buffer *buffer, size_t count);

/** Continues with other memory, which holds the contents of the old one, as after `realloc`. */
eslp_status eslp_buffer_grow(eslp_buffer *buffer, void *memory, size_t size);

/** @} */

/* ========================================================================
 * Connection
 *
 * A client with its input and output buffers in one handle. For hosts without their own buffers.
 * ======================================================================== */

/** @defgroup esl_proto_connection Connection
 * A client with its input and output buffers in one handle. For hosts without their own buffers.
 * @{ */

/** Memory for a connection, in bytes, aligned as ESLP_ALIGN says. More than the library needs now. */
#define ESLP_CONNECTION_SIZE 768

/**
 * A client with its input and output buffers: a connection that lacks only its socket.
 *
 *     for (;;) {
 *         while ((status = eslp_connection_next(connection, &result)) == ESLP_OK) {
 *             ... look at result.kind and result.message; perhaps eslp_connection_send() ...
 *         }
 *         if (status != ESLP_NEED_DATA) break;
 *         bytes = eslp_connection_to_send(connection);
 *         eslp_connection_sent(connection, (size_t)write(socket, bytes.data, bytes.len));
 *         eslp_connection_spare(connection, &spare, &room);
 *         eslp_connection_commit(connection, (size_t)read(socket, spare, room));
 *         ... 0 is the end: eslp_connection_eof(); less an error ...
 *     }
 *
 * The next call consumes the last message, so that it cannot be forgotten.
 */
typedef struct eslp_connection eslp_connection;

/** What is known of a connection. */
typedef struct eslp_connection_state {
  /** Counts of what was received so far. */
  eslp_stats stats;
  /** The number of commands that have been sent and not answered yet. */
  uint64_t in_flight;
  /**
   * How long the memory of the input must be, if it is too short for the next frame: eslp_connection_grow_input(). 0
   * if it is long enough, as it always is if it has as many bytes as `max_buffered` of the limits.
   */
  size_t required;
  /** Why the connection is over: an eslp_end, ESLP_END_NONE if it is not. */
  eslp_end end;
  /** In outbound mode, known from the reply to `connect`. */
  eslp_socket_mode socket_mode;
  /** Whether the server takes all commands. */
  uint8_t is_open;
  /** Whether the controlled channel has ended and the connection lingers. */
  uint8_t is_lingering;
  /** In outbound mode: whether the reply to `connect` has arrived, and whether all commands may be used. */
  uint8_t is_connected;
  /** See `is_connected`. */
  uint8_t full_control;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_connection_state;

/** The memory that eslp_connection_init() needs of this library: at most ESLP_CONNECTION_SIZE. */
size_t eslp_connection_sizeof(void);

/** How that memory must be aligned: at most ESLP_ALIGN. */
size_t eslp_connection_alignof(void);

/**
 * Makes a connection in the caller's memory, which must not move until eslp_connection_drop(), nor must `input`, for
 * received bytes, and `output`, for bytes to send.
 *
 * `role` is an eslp_role. If `max_buffered` is not set in `limits`, it is `input_size`: longer frames come in parts,
 * and the input never needs to grow.
 */
ESLP_NODISCARD eslp_status eslp_connection_init(void *memory, size_t size, eslp_role role,
    const eslp_limits *limits, void *input, size_t input_size, void *output, size_t output_size,
    eslp_connection **connection);

/** Ends a connection. All of its memory is free for other use then. */
eslp_status eslp_connection_drop(eslp_connection *connection);

/**
 * Room to read into; then call eslp_connection_commit() with the number of bytes.
 *
 * @return ESLP_INSUFFICIENT if the input is full of unconsumed bytes: `spare` is NULL and `size` 0 then. After
 * ESLP_NEED_DATA that is so only if eslp_connection_get_state() has a `required` length.
 */
ESLP_NODISCARD eslp_status eslp_connection_spare(eslp_connection *connection, char **spare, size_t *size);

/** Adds the first `count` bytes of the room from eslp_connection_spare(), at most all of it. */
eslp_status eslp_connection_commit(eslp_connection *connection, size_t count);

/**
 * Returns the next message. It is valid until the next call of a function that takes this connection, except those
 * that only send; `result->consumed` is 0.
 *
 * @return As eslp_client_poll(). With ESLP_NEED_DATA, `result->required` is how long the input must be, if it is too short.
 */
ESLP_NODISCARD eslp_status eslp_connection_next(eslp_connection *connection, eslp_client_result *result);

/** Continues with other memory for the input, which holds the contents of the old one, as after `realloc`. */
eslp_status eslp_connection_grow_input(eslp_connection *connection, void *memory, size_t size);

/** Continues with other memory for the output, which holds the contents of the old one, as after `realloc`. */
eslp_status eslp_connection_grow_output(eslp_connection *connection, void *memory, size_t size);

/**
 * Appends a command to the output, and counts it as sent: its answer will carry `sent->id`.
 *
 * @return As eslp_client_send(). ESLP_INSUFFICIENT if there is too little room: `sent->len` bytes are needed;
 * eslp_connection_sent() and eslp_connection_grow_output() make room.
 */
ESLP_NODISCARD eslp_status eslp_connection_send(eslp_connection *connection, const eslp_command *command,
    eslp_sent *sent);

/**
 * Writes all commands of a subscription for a new connection, and counts them as sent; with `undo`, those that undo
 * one. All or none.
 *
 * @return As eslp_client_subscribe() and eslp_client_unsubscribe().
 */
ESLP_NODISCARD eslp_status eslp_connection_subscribe(eslp_connection *connection,
    const eslp_subscription *subscription, bool undo, eslp_sent *sent);

/**
 * Appends a command that this library does not know to the output, and counts it as sent: see
 * eslp_client_track_external().
 *
 * @return ESLP_INSUFFICIENT if there is too little room.
 */
ESLP_NODISCARD eslp_status eslp_connection_send_external(eslp_connection *connection, const void *octets,
    size_t len, uint64_t *id);

/**
 * What must be written to the socket, in one piece where that is possible. Say with eslp_connection_sent() how much was
 * written.
 */
eslp_bytes eslp_connection_to_send(const eslp_connection *connection);

/** Removes `count` bytes from the front of the output, at most as many as there are. */
eslp_status eslp_connection_sent(eslp_connection *connection, size_t count);

/** The stream has ended. To be called once, after eslp_connection_next() has returned ESLP_NEED_DATA or ESLP_CLOSED. */
eslp_status eslp_connection_eof(eslp_connection *connection, eslp_eof *eof);

/** Whether a command may be sent now: see eslp_client_may_send(). */
eslp_status eslp_connection_may_send(const eslp_connection *connection, const eslp_command *command);

/** What is known of the connection. */
eslp_status eslp_connection_get_state(const eslp_connection *connection, eslp_connection_state *state);

/** @} */

/* ========================================================================
 * Session
 *
 * Waits and subscriptions across reconnects: answers, jobs, applications and readers, identified by the host's
 * numbers, with deadlines and subscriptions that are restored after a reconnect. Needs the library's feature
 * `session`, which is on by default.
 * ======================================================================== */

/** @defgroup esl_proto_session Session
 * Waits and subscriptions across reconnects: answers, jobs, applications and readers, identified by the host's
 * numbers, with deadlines and subscriptions that are restored after a reconnect. Needs the library's feature
 * `session`, which is on by default.
 * @{ */

/**
 * The waits, readers and subscriptions of one program, across reconnects. Like a client, it has no sockets and no
 * clock.
 *
 * * A host identifies each of its waits and readers by a **slot**: a unique number that it chooses, never 0.
 *   eslp_session_next_outcome() reports the outcome of a wait once, right after the eslp_session_poll() that found it,
 *   while its message is still available.
 * * **Times** are milliseconds of the host's monotonic clock, with any origin; deadlines are such times, and 0 means
 *   none.
 * * The session names jobs and applications, so that their ends are recognised whichever comes first, the answer or
 *   the event. The events that they need are subscribed to, and pass the program's filters.
 * * The session manages subscriptions, filters and the log: send no `event`, `filter` or `log` yourself. After a
 *   reconnect it restores all of them.
 * * A lost connection ends its waits, not its readers: the next one begins with a gap.
 *
 * Its pointers into its own memory (eslp_session_to_send(), texts of a gap, a notice or a state) are valid until the
 * next call that takes it, except those that only query it.
 *
 *     eslp_session_new(random_number, &session);
 *     eslp_session_connect(session, ESLP_INBOUND, NULL, now);
 *     for (;;) {
 *         status = eslp_session_poll(session, buffer, filled, now, &result);
 *         if (status == ESLP_OK && result.kind == ESLP_IN_AUTH_REQUEST) eslp_session_send(session, &login, 0, 0, &sent);
 *         while (eslp_session_next_outcome(session, &outcome) == ESLP_OK) { ... outcome.slot waits no more ... }
 *         ... for an event or a log line: eslp_session_readers() tells whose it is ...
 *         ... take result.consumed bytes off the buffer, write eslp_session_to_send() ...
 *         ... with ESLP_NEED_DATA, read until state.next_deadline, then eslp_session_advance(session, now) ...
 *     }
 *
 * Sessions, queues and what is known of calls live on the heap of `malloc`. What makes one of them, and eslp_queue_push(), which
 * copies a message, return ESLP_NO_MEMORY where that has nothing left. **In the middle of any other call of theirs the program ends by
 * `abort`**: of the collections that they stand on, some cannot tell.
 */
typedef struct eslp_session eslp_session;

/** How a wait has ended. */
ESLP_ENUM(eslp_outcome_kind) {
  /** It has not. */
  ESLP_OUTCOME_NONE = 0,
  /** The answer has arrived: eslp_session_poll() has just returned it, or its last part. */
  ESLP_OUTCOME_ANSWERED = 1,
  /** The job has ended: its BACKGROUND_JOB has just been given, or its last part. */
  ESLP_OUTCOME_JOB_ENDED = 2,
  /**
   * The application has ended normally: [`Session::poll`] has just returned its CHANNEL_EXECUTE_COMPLETE, or the
   * last part of it.
   */
  ESLP_OUTCOME_COMPLETED = 3,
  /**
   * The channel has ended during the application, or because of it. The event just returned has the cause,
   * unless the connection ended with the channel.
   */
  ESLP_OUTCOME_CHANNEL_ENDED = 4,
  /**
   * The server has refused what was to be waited for or read, or the subscription that it needs: the answer has just
   * been given, unless the connection takes no such command at all.
   */
  ESLP_OUTCOME_REFUSED = 5,
  /** The deadline has passed. A late result is recognised and ignored. */
  ESLP_OUTCOME_TIMED_OUT = 6,
  /** The connection is over: `reason`. */
  ESLP_OUTCOME_LOST = 7,
  /**
   * The answer with the value of a variable has arrived: eslp_session_poll() has just returned it. Keep it: the wait
   * continues until ESLP_OUTCOME_READ or ESLP_OUTCOME_CUT.
   */
  ESLP_OUTCOME_VALUE = 8,
  /** That answer holds the whole value. */
  ESLP_OUTCOME_READ = 9,
  /** The value has broken that answer: it is longer than what arrived in it. */
  ESLP_OUTCOME_CUT = 10,
};

/** Why a session has no connection any more. */
ESLP_ENUM(eslp_reason) {
  /** It has one, or has had none yet. */
  ESLP_REASON_NONE = 0,
  /** The connection has ended: see `end`. */
  ESLP_REASON_END = 1,
  /** Nothing was received for too long: eslp_session_set_silence(). */
  ESLP_REASON_SILENCE = 2,
  /** No HEARTBEAT came for too long, whatever else did: eslp_session_set_heartbeat(). */
  ESLP_REASON_NO_HEARTBEAT = 3,
  /** The host has closed it: eslp_session_close(). */
  ESLP_REASON_CLOSED = 4,
};

/** Notices: what a session reports besides the outcomes of waits. */
ESLP_ENUM(eslp_notice_kind) {
  /** Nothing. */
  ESLP_NOTICE_NONE = 0,
  /**
   * The server has refused one of the program's filters, `header` and `value`, which is dropped; the others
   * apply.
   */
  ESLP_NOTICE_FILTER_REFUSED = 1,
  /**
   * The server has refused the log lines that eslp_session_set_log() requested, `level`, and the request is
   * dropped.
   */
  ESLP_NOTICE_LOG_REFUSED = 2,
  /** The server has refused the HEARTBEAT: this connection may be silent, and is not watched. */
  ESLP_NOTICE_HEARTBEAT_REFUSED = 3,
  /**
   * According to an event, the server was restarted during the gap: `before` and `after` are its Core-UUIDs. No
   * earlier call is left.
   */
  ESLP_NOTICE_RESTARTED = 4,
};

/** The events that a reader wants. Zeros: all that arrive anyway. */
typedef struct eslp_interest {
  /** The names and subclasses. The format does not count: eslp_session_set_format(). */
  eslp_events events;
  /** Of this channel only. */
  eslp_bytes channel;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_interest;

/** A wait that has ended. */
typedef struct eslp_outcome {
  /** Whose. */
  uint64_t slot;
  /** How. */
  eslp_outcome_kind kind;
  /** With ESLP_OUTCOME_LOST: why the connection is over. */
  eslp_reason reason;
  /** With ESLP_REASON_END: how it has ended. */
  eslp_end end;
  /** Zeros: room for more fields. */
  uint64_t reserved[3];
} eslp_outcome;

/**
 * The gap between two connections, whose events are not sent again. Ask the server for what is true now, as by `show
 * channels as json`.
 */
typedef struct eslp_gap {
  /** Why the old connection ended. */
  eslp_reason reason;
  /** With ESLP_REASON_END: how. */
  eslp_end end;
  /** When it ended. */
  uint64_t since;
  /** When the subscription stood again, or the first event came. */
  uint64_t until;
  /** The server's Core-UUID before the gap; NULL if no event has had it. */
  eslp_bytes core_before;
  /**
   * And after the gap: if it has changed, the server was restarted. NULL if no event has had it yet: then
   * ESLP_NOTICE_RESTARTED reports that later.
   */
  eslp_bytes core_after;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_gap;

/**
 * Notices: what a session reports besides the outcomes of waits. Its answer has just been given by
 * eslp_session_poll(), if it is one.
 */
typedef struct eslp_notice {
  /** What. */
  eslp_notice_kind kind;
  /** The level of log lines. */
  eslp_log_level level;
  /** The header of a filter. */
  eslp_bytes header;
  /** Its value. */
  eslp_bytes value;
  /** The Core-UUID before. */
  eslp_bytes before;
  /** And after. */
  eslp_bytes after;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_notice;

/** What is known of a session. */
typedef struct eslp_session_state {
  /** Its connection, as from eslp_connection_get_state(); zeros if there is none. */
  eslp_connection_state connection;
  /** When eslp_session_advance() must be called at the latest, if nothing happens before; 0 for never. */
  uint64_t next_deadline;
  /** How many waits there are. */
  uint64_t waiting;
  /** The server's Core-UUID; NULL if no event has had it. */
  eslp_bytes core_uuid;
  /** Why there is no connection any more. */
  eslp_reason reason;
  /** With ESLP_REASON_END: how it has ended. */
  eslp_end end;
  /** Whether there is a connection. */
  uint8_t has_connection;
  /**
   * Whether commands can be sent and are answered; on an outbound connection, once the reply to `connect` has
   * arrived.
   */
  uint8_t is_open;
  /**
   * Whether everything is subscribed to: the connection is open, and the server has answered all commands for
   * subscriptions, filters and the log.
   */
  uint8_t is_settled;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_session_state;

/**
 * Makes a session without a connection; eslp_session_free() it. `run` distinguishes its jobs and applications from
 * those of other programs on the server: choose it at random.
 */
ESLP_NODISCARD eslp_status eslp_session_new(uint64_t run, eslp_session **session);

/** Gives a session back. NULL is fine. */
void eslp_session_free(eslp_session *session);

/**
 * Begins a new connection: nothing has been read from it or written to it. An existing one ends. `limits` may be NULL.
 *
 * The host sends `auth` when ESLP_IN_AUTH_REQUEST comes, or `connect` at once if `role` is ESLP_OUTBOUND.
 * Subscriptions, filters and log are sent as soon as the connection is open.
 */
eslp_status eslp_session_connect(eslp_session *session, eslp_role role, const eslp_limits *limits,
    uint64_t now);

/**
 * As eslp_client_poll(), and processes the message: look for outcomes and notices before removing the bytes from the
 * buffer.
 *
 * A frame in parts ends its waits with the last part. The parts are not kept: a host that needs the output of jobs
 * sets `max_buffered` high enough, or keeps the parts.
 *
 * @return As eslp_client_poll(). Without a connection ESLP_CLOSED if the last one was ended by the server, otherwise
 * ESLP_NEED_DATA.
 */
ESLP_NODISCARD eslp_status eslp_session_poll(eslp_session *session, const void *buf, size_t len, uint64_t now,
    eslp_client_result *result);

/**
 * The stream has ended; `buf` holds what was read and not consumed. All waits end.
 *
 * @return ESLP_NO_CONNECTION if there is none.
 */
eslp_status eslp_session_eof(eslp_session *session, const void *buf, size_t len, uint64_t now, eslp_eof *eof);

/** The host closes the connection: all waits end. */
eslp_status eslp_session_close(eslp_session *session, uint64_t now);

/** What must be written to the socket. Say with eslp_session_sent() how much was written. */
eslp_bytes eslp_session_to_send(const eslp_session *session);

/** Removes `count` bytes from the front of the output, at most as many as there are. */
eslp_status eslp_session_sent(eslp_session *session, size_t count);

/** What is known of the session. */
eslp_status eslp_session_get_state(const eslp_session *session, eslp_session_state *state);

/**
 * The next wait that has ended, and its outcome. Each is returned once.
 *
 * @return ESLP_END if there is none.
 */
eslp_status eslp_session_next_outcome(eslp_session *session, eslp_outcome *outcome);

/**
 * The gap between this connection and the one before, returned once: as soon as the subscription is active again, or
 * with the first event, before which it belongs.
 *
 * @return ESLP_END if there is none.
 */
eslp_status eslp_session_next_gap(eslp_session *session, eslp_gap *gap);

/**
 * The next notice. Each is returned once, and only the last few are kept.
 *
 * @return ESLP_END if there is nothing.
 */
eslp_status eslp_session_next_notice(eslp_session *session, eslp_notice *notice);

/** The text of an eslp_reason, in English: valid for ever; NULL for any other number. */
eslp_bytes eslp_reason_text(eslp_reason reason);

/**
 * Sends a command: appends it to the output; its answer will carry `sent->id`. `slot` waits for the answer until
 * `deadline`; 0 for no wait.
 *
 * @return As eslp_client_send(), but there is always room. ESLP_SLOT_IN_USE; ESLP_NO_CONNECTION. Nothing has changed then.
 */
ESLP_NODISCARD eslp_status eslp_session_send(eslp_session *session, const eslp_command *command,
    uint64_t slot, uint64_t deadline, eslp_sent *sent);

/**
 * As eslp_session_send(), for hosts that have encoded already: `octets` are `command`, or one that the library does not know and
 * that may be sent wherever `command` may.
 *
 * @return As eslp_session_send().
 */
ESLP_NODISCARD eslp_status eslp_session_send_encoded(eslp_session *session, const eslp_command *command,
    const void *octets, size_t len, uint64_t slot, uint64_t deadline, eslp_sent *sent);

/**
 * Asks for a variable of a channel, whatever its value; with `uuid` left out, of the connection's channel. `slot` waits until
 * `deadline`, and gets ESLP_OUTCOME_VALUE with the answer, and then ESLP_OUTCOME_READ or ESLP_OUTCOME_CUT;
 * ESLP_OUTCOME_REFUSED if the channel does not exist, or the API may not be used.
 *
 * It uses `api uuid_getvar`: the answer is an API response. Where that may not be used, or has no result because the
 * channel has hung up, it uses `getvar` for variables of the connection's own channel; the answer is a reply:
 * eslp_reply_text_to_end(). Values that begin with `~`, contain a blank line, or have more than 510 bytes do not arrive whole
 * then. Until that is known, later commands wait in the session.
 *
 * @return As eslp_session_bgapi().
 */
ESLP_NODISCARD eslp_status eslp_session_read_variable(eslp_session *session, eslp_bytes uuid, eslp_bytes name,
    uint64_t slot, uint64_t deadline, eslp_sent *sent);

/**
 * Sends `bgapi`. `slot` waits for the end of the job until `deadline`. The BACKGROUND_JOB is subscribed to, so that
 * `sent->count` and `sent->len` may cover more than one command; it passes the program's filters, except those that
 * exclude it. eslp_session_last_tag() is the Job-UUID.
 *
 * @return As eslp_session_send(); ESLP_SESSION_NOT_READY if the connection is not open yet. No job was begun then.
 */
ESLP_NODISCARD eslp_status eslp_session_bgapi(eslp_session *session, eslp_bytes line, uint64_t slot,
    uint64_t deadline, eslp_sent *sent);

/**
 * Sends a message that executes an application: `call` is ESLP_CALL_EXECUTE, and `uuid` is left out for the channel of
 * the connection. `slot` waits for the application's end until `deadline`. The events that report it are subscribed to
 * and pass the program's filters, except those that exclude them.
 *
 * @return As eslp_session_bgapi(); ESLP_SESSION_NOT_READY also if the message executes nothing or names no channel;
 * ESLP_UNHEARD if this connection cannot receive the channel's events. Nothing was executed then.
 */
ESLP_NODISCARD eslp_status eslp_session_execute(eslp_session *session, const eslp_sendmsg *message,
    uint64_t slot, uint64_t deadline, eslp_sent *sent);

/**
 * The name of the job or application that was begun last: ESLP_TAG_LEN bytes, not ended by a NUL.
 *
 * @return ESLP_NOT_FOUND if none was.
 */
eslp_status eslp_session_last_tag(const eslp_session *session, void *out, size_t size);

/**
 * Gives up a wait: nothing is reported, and a late result is ignored.
 *
 * @return ESLP_NOT_FOUND if `slot` was not waiting.
 */
eslp_status eslp_session_give_up(eslp_session *session, uint64_t slot);

/**
 * Whether a command may be sent now: see eslp_client_may_send().
 *
 * @return Also ESLP_NO_CONNECTION.
 */
eslp_status eslp_session_may_send(const eslp_session *session, const eslp_command *command);

/**
 * Advances the time: ends waits whose deadline has passed, and a connection that has been silent for too long. Time
 * that goes backwards is ignored.
 */
eslp_status eslp_session_advance(eslp_session *session, uint64_t now);

/**
 * Bytes have arrived that make no whole frame yet, or the host deliberately does not read: this is not silence of the
 * server.
 */
eslp_status eslp_session_heard(eslp_session *session, uint64_t now);

/**
 * Ends the connection when no byte has arrived for this many milliseconds; 0 for never. The session subscribes to
 * HEARTBEAT for it, which a running server sends every 20 seconds: allow for two. A server also sends nothing while an
 * `api` command runs: use `bgapi` for slow ones.
 *
 * Connections that cannot receive the HEARTBEAT may be silent: those with the events of their own channel only, and
 * those of users without the right to it, see ESLP_NOTICE_HEARTBEAT_REFUSED.
 *
 * @return An error if the HEARTBEAT cannot be subscribed to; then nothing has changed.
 */
eslp_status eslp_session_set_silence(eslp_session *session, uint64_t limit);

/**
 * Ends the connection when no HEARTBEAT has arrived for this many milliseconds, even if answers or log lines have; 0
 * for never. It applies to the same connections as eslp_session_set_silence().
 *
 * @return As eslp_session_set_silence().
 */
eslp_status eslp_session_set_heartbeat(eslp_session *session, uint64_t limit);

/**
 * Restricts an outbound connection to the events of its own channel, as if it had no full control: `myevents` is sent
 * in place of `event`. Set it before the connection is open.
 */
eslp_status eslp_session_set_own_only(eslp_session *session, bool own_only);

/**
 * The format of events. An outbound connection with the events of its own channel only keeps its first format.
 *
 * @return An error if it cannot be sent; then nothing has changed.
 */
eslp_status eslp_session_set_format(eslp_session *session, eslp_format format);

/**
 * Replaces the program's filters, pairs of header and value: only events that match one of them arrive, and those that
 * waits need. A filter whose value begins with `-` excludes events, whatever other filters say.
 * ESLP_NOTICE_FILTER_REFUSED reports a filter that the server refuses.
 *
 * @return An error if they cannot be sent; then nothing has changed.
 */
eslp_status eslp_session_set_filters(eslp_session *session, const eslp_pairs *filters);

/**
 * The level of the server's log that the host wants, in addition to its readers; ESLP_LOG_NONE for none.
 * ESLP_NOTICE_LOG_REFUSED reports a refusal.
 *
 * @return An error if they cannot be requested; then nothing has changed.
 */
eslp_status eslp_session_set_log(eslp_session *session, eslp_log_level level);

/**
 * Makes `slot` a reader of these events, across reconnects, until eslp_session_unlisten(). A second interest replaces
 * the first. ESLP_OUTCOME_REFUSED ends a reader whose events the server refuses, or which this connection can never
 * receive.
 *
 * @return An error if they cannot be subscribed to; then nothing has changed.
 */
ESLP_NODISCARD eslp_status eslp_session_listen(eslp_session *session, uint64_t slot,
    const eslp_interest *interest);

/**
 * Unsubscribes from these events for all readers, until a reader requests them again; NULL for all. Events that waits
 * need still arrive.
 *
 * @return An error if they cannot be unsubscribed; then nothing has changed.
 */
eslp_status eslp_session_unsubscribe(eslp_session *session, const eslp_interest *interest);

/**
 * Makes `slot` a reader of the server's log up to this level, across reconnects, until eslp_session_unlisten(). The
 * server is asked for the most detailed level that any reader wants. ESLP_OUTCOME_REFUSED ends all readers of the log
 * if the server refuses them.
 *
 * @return An error if they cannot be requested; then nothing has changed.
 */
ESLP_NODISCARD eslp_status eslp_session_listen_log(eslp_session *session, uint64_t slot,
    eslp_log_level level);

/**
 * Removes the reader `slot`, of events and of the log.
 *
 * @return An error if events that no reader wants any more cannot be unsubscribed; they then arrive and are ignored.
 */
eslp_status eslp_session_unlisten(eslp_session *session, uint64_t slot);

/**
 * The readers that want this event or this line of the log, into `max` slots; `count` is how many there are. Other messages have no
 * readers.
 *
 * @return ESLP_INSUFFICIENT if there are more than `max`; the slots have the first of them then. ESLP_NOT_WHOLE if the event comes
 * in parts.
 */
eslp_status eslp_session_readers(const eslp_session *session, const eslp_message *message, uint64_t *slots,
    size_t max, size_t *count);

/** @} */

/* ========================================================================
 * Queues
 *
 * Queues between a session and readers that do not read at once.
 * ======================================================================== */

/** @defgroup esl_proto_queue Queues
 * Queues between a session and readers that do not read at once.
 * @{ */

/** What happens when a queue is full. */
ESLP_ENUM(eslp_overflow) {
  /**
   * The host stops reading from the socket until there is room: eslp_queue_is_blocking(). Nothing is lost here; the server
   * drops events and then ends a connection that is not read for long.
   */
  ESLP_OVERFLOW_BLOCK = 0,
  /** The oldest item makes room, and counts as lost. */
  ESLP_OVERFLOW_DROP_OLDEST = 1,
  /** The new item counts as lost. */
  ESLP_OVERFLOW_DROP_NEWEST = 2,
  /** The queue ends: its reader gets what it holds, and then ESLP_ITEM_OVERFLOWED. */
  ESLP_OVERFLOW_END = 3,
};

/** What a queue gives. */
ESLP_ENUM(eslp_item_kind) {
  /** Nothing. */
  ESLP_ITEM_NONE = 0,
  /** A message: `message`. */
  ESLP_ITEM_MESSAGE = 1,
  /** Items are missing here: `lost`. */
  ESLP_ITEM_LOST = 2,
  /** The connection was replaced here: `gap`. */
  ESLP_ITEM_GAP = 3,
  /** The queue was full and has ended: ESLP_OVERFLOW_END. */
  ESLP_ITEM_OVERFLOWED = 4,
};

/**
 * A bounded queue of copied messages for a reader, which reports losses in their place. For hosts whose readers do not
 * read at once.
 *
 *     ... once: eslp_queue_new(100, ESLP_OVERFLOW_DROP_OLDEST, &queue) and eslp_session_listen(session, slot, &interest) ...
 *     eslp_session_readers(session, &result.message, slots, 16, &count);
 *     ... for each of them: eslp_queue_push(queue_of(slot), &result.message) ...
 *     ... later: while (eslp_queue_pop(queue, &item) == ESLP_OK) ...
 */
typedef struct eslp_queue eslp_queue;

/** What eslp_queue_pop() gives. */
typedef struct eslp_item {
  /** What it is. */
  eslp_item_kind kind;
  /** With ESLP_ITEM_LOST: how many items. */
  uint64_t lost;
  /** With ESLP_ITEM_MESSAGE. */
  eslp_message message;
  /** With ESLP_ITEM_GAP. */
  eslp_gap gap;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_item;

/** Makes an empty queue of at most `bound` items, one at least; eslp_queue_free() it. */
ESLP_NODISCARD eslp_status eslp_queue_new(size_t bound, eslp_overflow overflow, eslp_queue **queue);

/** Gives a queue back, and what lies in it. NULL is fine. */
void eslp_queue_free(eslp_queue *queue);

/**
 * Appends a copy of a message, or applies the eslp_overflow. With ESLP_OVERFLOW_BLOCK it is always accepted, because
 * it has been read already; to keep the bound, stop reading while eslp_queue_is_blocking().
 *
 * @return ESLP_NOT_WHOLE if the message comes in parts; ESLP_NO_MEMORY if there is none for the copy, and nothing has changed.
 */
eslp_status eslp_queue_push(eslp_queue *queue, const eslp_message *message);

/**
 * Puts a copy of a gap at the end, as a mark between two messages: it takes no item's room. Of more than 64 marks that wait the
 * oldest count as lost.
 */
eslp_status eslp_queue_push_gap(eslp_queue *queue, const eslp_gap *gap);

/**
 * Removes the first entry. It is valid until the next eslp_queue_pop() or eslp_queue_free().
 *
 * @return ESLP_END if there is nothing.
 */
eslp_status eslp_queue_pop(eslp_queue *queue, eslp_item *item);

/** Whether the host should stop reading from the socket: the queue is full, and has not been read to its half since. */
bool eslp_queue_is_blocking(const eslp_queue *queue);

/** How many messages and gaps wait to be read. */
size_t eslp_queue_len(const eslp_queue *queue);

/** How many items were lost so far, those among them that the reader has not been told of yet. */
uint64_t eslp_queue_lost(const eslp_queue *queue);

/** @} */

/* ========================================================================
 * Calls
 *
 * A table of channels, built from their events. Needs the feature `session`, too.
 * ======================================================================== */

/** @defgroup esl_proto_calls Calls
 * A table of channels, built from their events. Needs the feature `session`, too.
 * @{ */

/**
 * The channels of a server, each in the state of its last event.
 *
 * Listen to eslp_calls_events(), eslp_calls_restore() the channels that are there already, and give each event to
 * eslp_calls_take(); after a gap, restore again. With fewer events it knows less.
 */
typedef struct eslp_calls eslp_calls;

/**
 * A snapshot of one channel: texts, NULL where unknown. Words are FreeSWITCH's own: eslp_call_state_from() and related
 * functions convert them to numbers.
 *
 * Valid until the next eslp_calls_take(), eslp_calls_restore() or eslp_calls_free().
 */
typedef struct eslp_call {
  /** Its uuid. */
  eslp_bytes uuid;
  /** Its name: `sofia/internal/1000@example.org`. */
  eslp_bytes name;
  /** Which side has begun the call: eslp_direction_from(). */
  eslp_bytes direction;
  /** The state of the channel: eslp_channel_state_from(). */
  eslp_bytes state;
  /** The state of the call, as a person sees it: eslp_call_state_from(). */
  eslp_bytes call_state;
  /** Whether it is answered: eslp_answer_state_from(). */
  eslp_bytes answer_state;
  /** The caller's name. */
  eslp_bytes caller_name;
  /** The caller's number. */
  eslp_bytes caller_number;
  /** What was dialled. */
  eslp_bytes destination;
  /** The application that runs, or has run last. */
  eslp_bytes application;
  /** Its argument. */
  eslp_bytes application_data;
  /** The uuid of the channel that it is bridged to. */
  eslp_bytes other_leg;
  /** Why it has ended, once it has: eslp_cause_from(). */
  eslp_bytes cause;
  /** When it began, in microseconds since 1970; 0 if that is not known, as of the two below. */
  uint64_t created;
  /** When it was answered. */
  uint64_t answered;
  /** When it was hung up. */
  uint64_t hung_up;
  /** For eslp_call_variable(): private. */
  eslp_bytes record;
  /** Zeros: room for more fields. */
  uint64_t reserved[8];
} eslp_call;

/** What an event has changed. */
ESLP_ENUM(eslp_change_kind) {
  /** Nothing: the event is of no channel, or of one that is gone. */
  ESLP_CHANGE_NOTHING = 0,
  /** A channel is known from now on. */
  ESLP_CHANGE_BEGAN = 1,
  /** Something of a channel is known better. */
  ESLP_CHANGE_UPDATED = 2,
  /** A channel has got another uuid: `old_uuid` is the one before. */
  ESLP_CHANGE_RENAMED = 3,
  /** A channel is gone: `call` is what was known of it in the end. */
  ESLP_CHANGE_ENDED = 4,
  /** There is no room for a new channel: eslp_calls_overlooked() counts it. */
  ESLP_CHANGE_OVERLOOKED = 5,
};

/** What an event has changed. Valid as long as an eslp_call. */
typedef struct eslp_change {
  /** What. */
  eslp_change_kind kind;
  /**
   * The channel that the event is about, in its current or last state. Its uuid is NULL if there is none: it was
   * overlooked, or the event names two others (`loopback::bowout`).
   */
  eslp_call call;
  /** The uuid that it had before. */
  eslp_bytes old_uuid;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_change;

/**
 * Makes one that knows no channels, and has room for `bound`; eslp_calls_free() it. Of each channel it keeps these variables, `count` of
 * them, by their names without `variable_`.
 */
ESLP_NODISCARD eslp_status eslp_calls_new(size_t bound, const eslp_bytes *variables, size_t count,
    eslp_calls **calls);

/** Gives it back. NULL is fine. */
void eslp_calls_free(eslp_calls *calls);

/** The events that are needed for complete information, as eslp_events.names takes them: valid for ever. */
eslp_bytes eslp_calls_events(void);

/** Updates the table from an event. `change`, which may be NULL, is what that has changed. */
eslp_status eslp_calls_take(eslp_calls *calls, const eslp_event *event, eslp_change *change);

/**
 * Restores the table from the output of `show channels as json`: channels that are not in it are removed, and
 * eslp_calls_next_gone() returns them. Where exactly two channels belong to one call, each is the other's leg.
 *
 * @return An error from ESLP_DOCUMENT_TRUNCATED on if the output cannot be read; then nothing has changed.
 */
ESLP_NODISCARD eslp_status eslp_calls_restore(eslp_calls *calls, const void *output, size_t len);

/**
 * The next of the channels that the last list did not name, as it was known. Valid until the next call of this, or as long as an
 * eslp_call.
 *
 * @return ESLP_END if there is none.
 */
eslp_status eslp_calls_next_gone(eslp_calls *calls, eslp_call *call);

/**
 * What is known of a channel.
 *
 * @return ESLP_NOT_FOUND if it is not known.
 */
eslp_status eslp_calls_get(const eslp_calls *calls, eslp_bytes uuid, eslp_call *call);

/**
 * All channels, one after the other and in no order: `place` begins with 0. What changes the channels changes their places.
 *
 *     size_t place = 0;
 *     while (eslp_calls_next(calls, &place, &call) == ESLP_OK) ...
 *
 * @return ESLP_END after the last.
 */
eslp_status eslp_calls_next(const eslp_calls *calls, size_t *place, eslp_call *call);

/** The number of channels. */
size_t eslp_calls_len(const eslp_calls *calls);

/** How many channels there was no room for. */
uint64_t eslp_calls_overlooked(const eslp_calls *calls);

/**
 * The value of a variable that is kept of a call.
 *
 * @return ESLP_NOT_FOUND if it is not.
 */
eslp_status eslp_call_variable(const eslp_call *call, eslp_bytes name, eslp_bytes *value);

/**
 * The variables that are kept of a call, one after the other and in no order: `place` begins with 0.
 *
 * @return ESLP_END after the last.
 */
eslp_status eslp_call_next_variable(const eslp_call *call, size_t *place, eslp_pair *variable);

/** @} */

/* ========================================================================
 * Events to send
 *
 * Events for a server to deliver, and events in another format.
 * ======================================================================== */

/** @defgroup esl_proto_data Events to send
 * Events for a server to deliver, and events in another format.
 * @{ */

/** Storage for one header of an eslp_outgoing_event. Need not be initialised. */
typedef struct eslp_field_slot {
  /** Private. */
  uint64_t opaque[6];
} eslp_field_slot;

/** Storage for one element of an array in an eslp_outgoing_event. Need not be initialised. */
typedef struct eslp_item_slot {
  /** Private. */
  uint64_t opaque[2];
} eslp_item_slot;

/**
 * An event that is to be sent: headers in their order, and a body. All headers must be given, including Event-Name and
 * Event-Sequence; only Content-Length is added, and left out if it is among the headers.
 *
 * It keeps pointers: names, values, items and the body must not move as long as it is used.
 *
 *     eslp_field_slot slots[16];
 *     eslp_outgoing_event event;
 *     eslp_outgoing_event_init(&event, slots, 16);
 *     eslp_outgoing_event_add(&event, ESLP_LIT("Event-Name"), ESLP_LIT("HEARTBEAT"));
 */
typedef struct eslp_outgoing_event {
  /** Private. */
  uint64_t opaque[8];
} eslp_outgoing_event;

/** How a `%` that two upper-case hexadecimal digits follow is written. */
ESLP_ENUM(eslp_percent) {
  /** As FreeSWITCH writes it: not escaped, so that it is read back as another value. */
  ESLP_PERCENT_FREESWITCH = 0,
  /** Lossless: it is read back as it was. */
  ESLP_PERCENT_LOSSLESS = 1,
};

/** How an event is written: these numbers, added up. */
ESLP_ENUM(eslp_encode) {
  /** FreeSWITCH's own bytes. */
  ESLP_ENCODE_FREESWITCH = 0,
  /** A `%` that looks like an escape is escaped: each value is read back as it was. The number of ESLP_PERCENT_LOSSLESS. */
  ESLP_ENCODE_LOSSLESS = 1,
  /**
   * Refuses bytes that are not UTF-8 where they would be copied, in names, bodies and all of JSON, and
   * characters that XML does not have. JSON is then that of RFC 8259, and XML is well-formed; also with the next
   * two.
   */
  ESLP_ENCODE_REFUSE = 2,
  /** It becomes U+FFFD. */
  ESLP_ENCODE_REPLACE = 4,
  /** Each byte becomes the character of its number, U+0080 to U+00FF. Not to be added to the two before. */
  ESLP_ENCODE_ESCAPE = 6,
  /** Repeated headers are arrays in JSON; otherwise the name is repeated there. */
  ESLP_ENCODE_ARRAYS = 8,
  /** What every reader understands: ESLP_ENCODE_LOSSLESS, ESLP_ENCODE_REPLACE and ESLP_ENCODE_ARRAYS. */
  ESLP_ENCODE_STRICT = 13,
};

/** Begins with an event without headers, in `count` slots, which must not move as long as it is used. */
eslp_status eslp_outgoing_event_init(eslp_outgoing_event *event, eslp_field_slot *slots, size_t count);

/**
 * Adds a header with one value, not coded. Where it is empty, plain events say `_undef_`; the server itself has no empty
 * values.
 *
 * @return ESLP_INSUFFICIENT if no slot is left.
 */
ESLP_NODISCARD eslp_status eslp_outgoing_event_add(eslp_outgoing_event *event, eslp_bytes name,
    eslp_bytes value);

/**
 * Adds a header whose value is an array of `count` items, with as many slots for them. Plain and XML events cannot
 * distinguish an array of one element from a text.
 *
 * @return ESLP_INSUFFICIENT if no slot for a header is left.
 */
ESLP_NODISCARD eslp_status eslp_outgoing_event_add_array(eslp_outgoing_event *event, eslp_bytes name,
    const eslp_bytes *items, size_t count, eslp_item_slot *slots);

/** Sets the event's body; NULL removes it. Only JSON distinguishes an empty body from none. */
eslp_status eslp_outgoing_event_body(eslp_outgoing_event *event, eslp_bytes body);

/** Takes all headers and the body away, for the next event in the same slots. */
eslp_status eslp_outgoing_event_clear(eslp_outgoing_event *event);

/**
 * Adds the headers of a received event, in their encoding, and its body, so that it can be offered, delivered and
 * written like the host's own events, with the host's headers before and after. The bytes in the buffer must stay
 * where they are as long as `event` is used.
 *
 * @return ESLP_INSUFFICIENT if there are too few slots: as many headers as have one are added then. An error from
 * ESLP_DOCUMENT_TRUNCATED on if the event cannot be read to its end: the headers before that are added.
 */
ESLP_NODISCARD eslp_status eslp_outgoing_event_read(eslp_outgoing_event *event, const eslp_event *from);

/**
 * Writes the event's document in an eslp_format, the body of a `text/event-...` frame, to `out`. `flags` are of
 * eslp_encode. A listener does this in eslp_server_deliver().
 *
 * @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and the contents of
 * `out` are meaningless. A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place
 * of the header, from 0, or the number of headers if it is the body.
 */
ESLP_NODISCARD eslp_status eslp_outgoing_event_encode(const eslp_outgoing_event *event, eslp_format format,
    int32_t flags, void *out, size_t size, size_t *len);

/**
 * Writes an event in an eslp_format, whatever it is in, to `out`: the body of a `text/event-...` frame. `flags` are of
 * eslp_encode.
 *
 * @return ESLP_INSUFFICIENT if `size` is less: `len`, which may be NULL, says what is needed, and the contents of
 * `out` are meaningless. A status from ESLP_FORGED_NAME on if the event cannot be written so; `len` is then the place
 * of the header, from 0, or the number of headers if it is the body.
 */
ESLP_NODISCARD eslp_status eslp_event_transcode(const eslp_event *event, eslp_format format, int32_t flags,
    void *out, size_t size, size_t *len);

/**
 * Writes the frame of an event, head and document, for connections that agree in `format`, an eslp_format, and `percent`,
 * an eslp_percent: it is written once and its bytes are copied or shared. eslp_server_delivered() counts it.
 *
 * @return As eslp_outgoing_event_encode().
 */
ESLP_NODISCARD eslp_status eslp_outgoing_event_frame(const eslp_outgoing_event *event, eslp_format format,
    eslp_percent percent, void *out, size_t size, size_t *len);

/** @} */

/* ========================================================================
 * Server
 *
 * The server's side of a connection: commands are interpreted as by mod_event_socket, and replies have its texts.
 * The host passes received bytes to eslp_server_poll(), sends the bytes that it writes, answers its requests, and
 * offers it every event. It has no clock: the host ends a connection without a first command after 25 seconds,
 * and a lingering one when its time is over.
 * ======================================================================== */

/** @defgroup esl_proto_server Server
 * The server's side of a connection: commands are interpreted as by mod_event_socket, and replies have its texts.
 * The host passes received bytes to eslp_server_poll(), sends the bytes that it writes, answers its requests, and
 * offers it every event. It has no clock: the host ends a connection without a first command after 25 seconds,
 * and a lingering one when its time is over.
 * @{ */

/** Memory for a server, in bytes, aligned as ESLP_ALIGN says. More than the library needs now. */
#define ESLP_SERVER_SIZE 640

/**
 * How long `out` must be for everything that a listener writes on its own. Only the host's data need more: answers of
 * API commands, channel data, events, log lines.
 */
#define ESLP_SERVER_REPLY_MAX 2048

/** How many seconds FreeSWITCH waits for a client's first command: see `awaiting_first_command` in eslp_server_state. */
#define ESLP_SERVER_FIRST_COMMAND_SECONDS 25

/** One connection of a listener, as FreeSWITCH's. See "Server". */
typedef struct eslp_server eslp_server;

/**
 * How a connection is made and limited. Zeros, or a NULL pointer to this struct, are an inbound connection with
 * FreeSWITCH's own limits; `storage` must always be given.
 */
typedef struct eslp_server_options {
  /** The longest head and body of a command. */
  eslp_limits request;
  /** How many events, and how many log lines, may wait to be sent. Default 100 000. */
  uint32_t max_queued;
  /** How many of them may be lost in a row beyond that before the connection ends. Default 500. */
  uint32_t max_lost;
  /** How a `%` in values is written: an eslp_percent. */
  eslp_percent percent;
  /** An outbound connection: the uuid of the channel that has made it. Left out for an inbound one. */
  eslp_bytes channel;
  /** Outbound: whether all commands may be used (`full`), not only those for the one channel. */
  uint8_t full;
  /** Outbound: whether `sendmsg` is answered at once (`async`), not when the application has ended. */
  uint8_t is_async;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_server_options;

/** What eslp_server_poll() found. */
ESLP_ENUM(eslp_server_result_kind) {
  /** Nothing. */
  ESLP_SERVER_NONE = 0,
  /** The listener has written its greeting or the reply to a command: `written`, `effect`. */
  ESLP_SERVER_DONE = 1,
  /** The client wants something of the host, which has to eslp_server_respond(): `request`. */
  ESLP_SERVER_HOST_REQUEST = 2,
};

/** The effect on the host of a command that the listener has answered. */
ESLP_ENUM(eslp_effect) {
  /** Nothing: a refusal, or a change of what the connection gets. */
  ESLP_EFFECT_NONE = 0,
  /**
   * The greeting has been written: an auth request, or nothing in outbound mode. The client has 25 seconds for its
   * first command.
   */
  ESLP_EFFECT_GREETING = 1,
  /** ALL events are subscribed to: eslp_server_subscribe() the subclasses that the host knows. */
  ESLP_EFFECT_ALL_EVENTS = 2,
  /** `noevents`: the events that wait must be dropped. */
  ESLP_EFFECT_EVENTS_FLUSHED = 3,
  /** `nolog`: the log lines that wait must be dropped. */
  ESLP_EFFECT_LOG_FLUSHED = 4,
  /**
   * `divert_events on`: events for the controlled channel's own queue are diverted here, by
   * eslp_server_offer_diverted().
   */
  ESLP_EFFECT_DIVERT_ON = 5,
  /** `divert_events off` */
  ESLP_EFFECT_DIVERT_OFF = 6,
  /** `resume`: the dialplan continues when the connection has ended. */
  ESLP_EFFECT_RESUME = 7,
  /**
   * `linger` or `nolinger`: `linger` in eslp_server_state has changed. If the channel is gone already, the time
   * restarts.
   */
  ESLP_EFFECT_LINGER = 8,
};

/** What a client wants of the host, and how to answer. */
ESLP_ENUM(eslp_host_request_kind) {
  /** Nothing. */
  ESLP_HOST_REQUEST_NONE = 0,
  /**
   * `auth`: whether `password` is right, by eslp_secret_matches(). ESLP_RESPONSE_ACCEPT or ESLP_RESPONSE_REFUSE. All other
   * questions can be declined with ESLP_RESPONSE_REPLY.
   */
  ESLP_HOST_REQUEST_PASSWORD = 1,
  /**
   * `userauth`: whether `password` is that of `user` at `domain`. ESLP_RESPONSE_ACCEPT with the user's rights, or
   * ESLP_RESPONSE_REFUSE.
   */
  ESLP_HOST_REQUEST_USER = 2,
  /**
   * `api`: run `command` with `argument`. ESLP_RESPONSE_OUTPUT, when it is there; until then the client's next
   * commands wait, and so do its events. With `console`, aliases are known, and `command` is the whole line.
   */
  ESLP_HOST_REQUEST_API = 3,
  /**
   * `bgapi`: begin `command` with `argument`. ESLP_RESPONSE_JOB at once, with the name `job` if that is given, and a
   * BACKGROUND_JOB event when it has ended.
   */
  ESLP_HOST_REQUEST_BGAPI = 4,
  /**
   * `sendmsg`: do `message` with a channel. ESLP_RESPONSE_OK, ESLP_RESPONSE_NO_SUCH_CHANNEL or ESLP_RESPONSE_REPLY; with
   * `wait` not before it is done. All its headers are in `request`.
   */
  ESLP_HOST_REQUEST_SENDMSG = 5,
  /**
   * `sendevent`: fire the event `event_name`, whose headers and body are in `request`. ESLP_RESPONSE_FIRED with its
   * uuid, or ESLP_RESPONSE_REPLY. FreeSWITCH takes an unknown name for CUSTOM without a subclass.
   */
  ESLP_HOST_REQUEST_SENDEVENT = 6,
  /** `connect`: the controlled channel's data. ESLP_RESPONSE_CHANNEL. */
  ESLP_HOST_REQUEST_CONNECT = 7,
  /** `getvar`: the `variable` of the controlled channel. ESLP_RESPONSE_VALUE. */
  ESLP_HOST_REQUEST_GETVAR = 8,
  /**
   * `myevents` of an inbound connection: whether there is a channel with this `uuid`. ESLP_RESPONSE_CONTROL or
   * ESLP_RESPONSE_NO_SUCH_CHANNEL, with this uuid.
   */
  ESLP_HOST_REQUEST_MYEVENTS = 9,
};

/** What a client wants of the host. Valid as long as the bytes in the buffer. */
typedef struct eslp_host_request {
  /** An eslp_host_request_kind, which says what goes with it. */
  eslp_host_request_kind kind;
  /** With ESLP_HOST_REQUEST_SENDEVENT: an eslp_event_name. */
  eslp_event_name event_name;
  /** A password. */
  eslp_bytes password;
  /** A user, never empty. */
  eslp_bytes user;
  /** A domain, never empty. */
  eslp_bytes domain;
  /** An API command. */
  eslp_bytes command;
  /** What follows the first blank after the command; NULL if nothing does. */
  eslp_bytes argument;
  /** How the client wants to call the job, at most 256 bytes; NULL if it does not say. */
  eslp_bytes job;
  /** A variable. */
  eslp_bytes variable;
  /** A channel. */
  eslp_bytes uuid;
  /** The request, with all of its headers and its body. */
  eslp_frame request;
  /** What to do with a channel. Its uuid is NULL for the one that the connection controls. */
  eslp_sendmsg message;
  /** Whether the command is read as on the console. */
  uint8_t console;
  /** Whether the answer must wait until the message is done: synchronous outbound mode, and not `async`. */
  uint8_t wait;
  /** An API command and its argument, as they were sent. */
  eslp_bytes line;
  /** Zeros: room for more fields. */
  uint64_t reserved[6];
} eslp_host_request;

/** Why a connection is over. */
ESLP_ENUM(eslp_closed) {
  /** The connection is not over. */
  ESLP_CLOSED_NOT = 0,
  /** The client has sent `exit`. */
  ESLP_CLOSED_EXIT = 1,
  /** The password was wrong. */
  ESLP_CLOSED_REFUSED = 2,
  /** The client's address is not allowed. */
  ESLP_CLOSED_REJECTED = 3,
  /** What the client sent cannot be read, or is beyond a limit. */
  ESLP_CLOSED_UNREADABLE = 4,
  /** The controlled channel has ended, and nothing lingers. */
  ESLP_CLOSED_CHANNEL_GONE = 5,
  /** The host has ended it. */
  ESLP_CLOSED_ENDED = 6,
  /** The client has sent a command that begins with a NUL. */
  ESLP_CLOSED_NO_COMMAND = 7,
};

/** What eslp_server_poll() found. */
typedef struct eslp_server_result {
  /** Bytes to remove from the front of the buffer before the next call; those of a request once it is answered. */
  size_t consumed;
  /**
   * With ESLP_NEED_DATA: how long the buffer must be, after `consumed` have been taken off, for the next command to
   * be whole; 0 if that is not known yet.
   */
  size_t required;
  /** Bytes of `out` to send. */
  size_t written;
  /** An eslp_server_result_kind. */
  eslp_server_result_kind kind;
  /** With ESLP_SERVER_DONE: an eslp_effect. */
  eslp_effect effect;
  /** With ESLP_CLOSED: an eslp_closed. */
  eslp_closed closed;
  /** With ESLP_CLOSED_UNREADABLE: the eslp_status that says what is wrong, and where in the stream. */
  eslp_status error;
  /** Position in the stream, counted from the first byte. */
  uint64_t error_offset;
  /** With ESLP_SERVER_HOST_REQUEST: the request. */
  eslp_host_request request;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_server_result;

/** What the host says to an eslp_host_request. */
ESLP_ENUM(eslp_response_kind) {
  /** The password is right: the rights are in `allowed_events`, `allowed_api`, `deny_log`. */
  ESLP_RESPONSE_ACCEPT = 1,
  /** The password is wrong: the connection ends. */
  ESLP_RESPONSE_REFUSE = 2,
  /** An API command's output: `text`. Nothing becomes `-ERR no reply`. */
  ESLP_RESPONSE_OUTPUT = 3,
  /** The job has begun under the name `text`. */
  ESLP_RESPONSE_JOB = 4,
  /** It is done, or will be. */
  ESLP_RESPONSE_OK = 5,
  /** The channel exists and can be watched: its uuid is `text`. */
  ESLP_RESPONSE_CONTROL = 6,
  /** There is no channel of the uuid that was asked for, which is repeated in `text`. */
  ESLP_RESPONSE_NO_SUCH_CHANNEL = 7,
  /** The event has been fired and has the uuid `text`. */
  ESLP_RESPONSE_FIRED = 8,
  /**
   * The variable's value: `text`; empty if it is not set. One line of at most 511 bytes arrives: line ends become
   * blanks.
   */
  ESLP_RESPONSE_VALUE = 9,
  /**
   * The channel's data: `channel`, the headers of a CHANNEL_DATA event; the headers about the connection itself are
   * added.
   */
  ESLP_RESPONSE_CHANNEL = 10,
  /** Another reply to anything but a password: `text`, `-ERR` and a reason. Nothing changes. */
  ESLP_RESPONSE_REPLY = 11,
};

/** What the host says to an eslp_host_request. What it points to is read during the call only. */
typedef struct eslp_response {
  /** An eslp_response_kind, which says what goes with it. */
  eslp_response_kind kind;
  /** With ESLP_RESPONSE_ACCEPT: whether `log` may not be used. */
  uint8_t deny_log;
  /** A text. */
  eslp_bytes text;
  /**
   * With ESLP_RESPONSE_ACCEPT: the events that may be subscribed to, names, and subclasses after CUSTOM, between
   * commas, or between blanks if there is one. All if left out.
   */
  eslp_bytes allowed_events;
  /** With ESLP_RESPONSE_ACCEPT: the API commands that may be used. All if left out. */
  eslp_bytes allowed_api;
  /** With ESLP_RESPONSE_CHANNEL: the channel's data. */
  const eslp_outgoing_event *channel;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_response;

/** What to do with an event or a log line. */
ESLP_ENUM(eslp_admission) {
  /** Not wanted by this connection. */
  ESLP_ADMISSION_SKIP = 0,
  /** Wanted: call eslp_server_deliver() for it in order. It counts against the queue limit until you do. */
  ESLP_ADMISSION_ENQUEUE = 1,
  /** Wanted, but the queue is full: dropped. */
  ESLP_ADMISSION_DROPPED = 2,
  /** One loss too many: eslp_server_disconnect(). */
  ESLP_ADMISSION_OVERFLOW = 3,
};

/** What to say at the end of a connection. */
ESLP_ENUM(eslp_goodbye) {
  /** The usual: the client has closed its side, a time is over. */
  ESLP_GOODBYE_DISCONNECTED = 0,
  /** The server ends, or the module is reloaded. */
  ESLP_GOODBYE_SHUT_DOWN = 1,
  /** Too many events were lost. */
  ESLP_GOODBYE_LOST_EVENTS = 2,
  /** Too many log lines were lost. */
  ESLP_GOODBYE_LOST_LOG_LINES = 3,
};

/** A line of the log, to be sent. */
typedef struct eslp_log_data {
  /** Its level, which must be set. */
  eslp_log_level level;
  /** The kind of channel that it is written to: 0 for the log, 1 for a clean one, 2 for an event's. */
  uint8_t text_channel;
  /** The source line. */
  uint32_t line;
  /** The source file. */
  eslp_bytes file;
  /** The source function. */
  eslp_bytes function;
  /** A channel's uuid, or nothing. */
  eslp_bytes user_data;
  /** The text with its line end. */
  eslp_bytes text;
  /** Zeros: room for more fields. */
  uint64_t reserved[2];
} eslp_log_data;

/**
 * Returns whether a client's regular expression, `/.../`, matches a header's value. An invalid one matches nothing.
 * `user` is the argument of eslp_server_offer(). Neither text is NUL-terminated.
 *
 * A client chooses the expression, so the callback must tolerate any, and should bound its cost. The callback must not
 * use this server or the event, and it must return: an exception or `longjmp` would leave the call half done.
 * eslp::server catches exceptions, and takes them for no match.
 */
typedef bool (*eslp_regex)(void *user, const char *regex, size_t regex_len, const char *value,
    size_t value_len);

/** The memory that eslp_server_init() needs of this library: at most ESLP_SERVER_SIZE. */
size_t eslp_server_sizeof(void);

/** How that memory must be aligned: at most ESLP_ALIGN. */
size_t eslp_server_alignof(void);

/**
 * Makes a server's side of a connection in memory of the caller's.
 *
 * `storage` is for what a client can make a listener keep: subclasses, filters, a user's rights. Where it is full, a
 * command that would add to it is refused with `-ERR memory error`; 4 KiB are plenty. It and the memory must stay where
 * they are until eslp_server_drop(). Then eslp_server_poll(), or eslp_server_reject() by the client's address.
 *
 * @return ESLP_INSUFFICIENT if the channel's uuid has no place in the storage.
 */
ESLP_NODISCARD eslp_status eslp_server_init(void *memory, size_t size, const eslp_server_options *options,
    void *storage, size_t storage_size, eslp_server **server);

/** Ends a server in the caller's memory, which is free for other use then. */
eslp_status eslp_server_drop(eslp_server *server);

/** Makes a server's side of a connection on the heap; eslp_server_free() it. The storage stays the caller's. */
ESLP_NODISCARD eslp_status eslp_server_new(const eslp_server_options *options, void *storage,
    size_t storage_size, eslp_server **server);

/** Gives a server on the heap back. NULL is fine. */
void eslp_server_free(eslp_server *server);

/**
 * Reads the next command from `buf`, which begins where the bytes end that were consumed before. The listener's own
 * replies are written to `out`: send `result->written` bytes of it.
 *
 * @return ESLP_OK, `result->kind` says what; ESLP_NEED_DATA; ESLP_WAITING until the host has answered; ESLP_CLOSED if
 * the connection is over: send what was written, then close it. ESLP_INSUFFICIENT if `size` is less than
 * ESLP_SERVER_REPLY_MAX: nothing has happened.
 */
ESLP_NODISCARD eslp_status eslp_server_poll(eslp_server *server, const void *buf, size_t len, void *out,
    size_t size, eslp_server_result *result);

/**
 * Answers the request from eslp_server_poll(), now or much later: writes the reply to `out` and its length to
 * `written`, which is 0 for the first command of an outbound connection if it is not `connect`. Then poll again.
 *
 * After ESLP_RESPONSE_REFUSE the connection is over: send what was written, and close it.
 *
 * @return ESLP_NOT_ASKED if there is no request, or this does not answer it. ESLP_INSUFFICIENT if `size` is less than
 * what `written` says then, or the storage has no room for the rights. Nothing has changed then except the contents of
 * `out`, which are meaningless.
 */
ESLP_NODISCARD eslp_status eslp_server_respond(eslp_server *server, const eslp_response *response, void *out,
    size_t size, size_t *written);

/** Refuses a connection by its address, instead of the first eslp_server_poll(). Send what was written, and close it. */
ESLP_NODISCARD eslp_status eslp_server_reject(eslp_server *server, void *out, size_t size, size_t *written);

/**
 * Ends the connection with a notice, an eslp_goodbye. Send what was written, and close it. Nothing is written if it is
 * over already.
 */
ESLP_NODISCARD eslp_status eslp_server_disconnect(eslp_server *server, eslp_goodbye goodbye, void *out,
    size_t size, size_t *written);

/**
 * Says that the controlled channel, whose name is given, has ended. Writes a notice: that the connection lingers, or that
 * it ends; eslp_server_get_state() says which. If it lingers, the host ends it after `linger_seconds`.
 *
 * Nothing is written if no channel is controlled, or it had ended before.
 */
ESLP_NODISCARD eslp_status eslp_server_channel_ended(eslp_server *server, eslp_bytes name, void *out,
    size_t size, size_t *written);

/**
 * Whether this connection wants an event that happens, by its subscriptions and filters: an eslp_admission.
 *
 * `regex`, which may be NULL, is called for filters with regular expressions, with `user`; without it they match nothing.
 */
ESLP_NODISCARD eslp_status eslp_server_offer(eslp_server *server, const eslp_outgoing_event *event,
    eslp_regex regex, void *user, eslp_admission *offer);

/**
 * Offers an event of the controlled channel's own queue, after ESLP_EFFECT_DIVERT_ON: subscriptions and filters do not
 * count.
 */
ESLP_NODISCARD eslp_status eslp_server_offer_diverted(eslp_server *server, eslp_admission *offer);

/** Whether this connection wants a log line of a level: an eslp_admission. */
ESLP_NODISCARD eslp_status eslp_server_offer_log(eslp_server *server, eslp_log_level level,
    eslp_admission *offer);

/**
 * Writes an event that waits to `out`, in the connection's format, and its length to `written`.
 *
 * @return ESLP_NOT_READY if it cannot be sent now: in the middle of a command, or before an answer, or nothing is
 * subscribed to. ESLP_INSUFFICIENT if `size` is less than what `written` says then. Nothing has changed then except
 * the contents of `out`, which are meaningless.
 */
ESLP_NODISCARD eslp_status eslp_server_deliver(eslp_server *server, const eslp_outgoing_event *event,
    void *out, size_t size, size_t *written);

/**
 * Counts a waiting event as delivered, in place of eslp_server_deliver(): the host sends the frame that
 * eslp_outgoing_event_frame() has written in this eslp_format and eslp_percent.
 *
 * @return ESLP_NOT_READY if it cannot be sent now, ESLP_OTHER_CODING if the connection uses another coding: `format`
 * in eslp_server_state, and `percent` in its eslp_server_options. The frame must not be sent then.
 */
ESLP_NODISCARD eslp_status eslp_server_delivered(eslp_server *server, eslp_format format,
    eslp_percent percent);

/** Gives up an event that waits, as if it had been delivered. */
eslp_status eslp_server_skip(eslp_server *server);

/**
 * Writes a log line that waits to `out`, and its length to `written`.
 *
 * @return As eslp_server_deliver().
 */
ESLP_NODISCARD eslp_status eslp_server_deliver_log(eslp_server *server, const eslp_log_data *line, void *out,
    size_t size, size_t *written);

/**
 * Subscribes to a subclass, as `event CUSTOM <subclass>` would: for ESLP_EFFECT_ALL_EVENTS.
 *
 * @return ESLP_INSUFFICIENT if the storage is full.
 */
ESLP_NODISCARD eslp_status eslp_server_subscribe(eslp_server *server, eslp_bytes subclass);

/** A snapshot of a listener's state. */
typedef struct eslp_server_state {
  /** Why the connection is over: an eslp_closed. */
  eslp_closed closed;
  /** The eslp_format of events. */
  eslp_format format;
  /** Up to which level log lines are wanted; ESLP_LOG_NONE if none are. */
  eslp_log_level log_level;
  /** How many events wait to be delivered. */
  uint32_t waiting_events;
  /** How many log lines wait to be delivered. */
  uint32_t waiting_log_lines;
  /** Whether the client has given a password that was accepted, or needs none. */
  uint8_t authenticated;
  /**
   * Whether no command has arrived yet, except invalid ones before a password: the host ends such a connection after
   * 25 seconds.
   */
  uint8_t awaiting_first_command;
  /**
   * Whether a part of a command has arrived, which holds back all events until the rest does. FreeSWITCH waits for
   * ever; a host should set a deadline.
   */
  uint8_t mid_command;
  /** Whether an event could be sent now. */
  uint8_t ready_for_events;
  /** Whether a log line could be sent now. */
  uint8_t ready_for_log;
  /** Whether the controlled channel is gone and the connection has stayed. */
  uint8_t lingering;
  /** Whether the connection stays when its channel has ended: `linger_seconds`. */
  uint8_t linger;
  /** Seconds, or ESLP_LINGER_FOREVER. */
  int64_t linger_seconds;
  /** The channel that the connection controls; NULL if none. Valid until the server is used again. */
  eslp_bytes channel;
  /** Zeros: room for more fields. */
  uint64_t reserved[4];
} eslp_server_state;

/** A snapshot of a listener's state. */
eslp_status eslp_server_get_state(const eslp_server *server, eslp_server_state *state);

/** Whether two passwords are the same, in a time that depends on the length of the client's only. */
bool eslp_secret_matches(eslp_bytes given, eslp_bytes expected);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* ESL_PROTO_H */
