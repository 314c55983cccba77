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
