// FreeSWITCH's event socket protocol without I/O, for C++17: esl_proto.h with RAII, std::string_view, range-for and
// std::optional. Header only; it throws nothing and needs no RTTI. The heap is used by what says so: eslp::client, eslp::session,
// eslp::queue, eslp::calls, eslp::connection, eslp::decoder and eslp::server as opposed to the fixed_ and placed_ kinds, eslp::growing_buffer,
// eslp::value::str().
//
// Views are valid as long as the bytes they were made of. Builders borrow what they are given, but for a std::string that is given by
// value, which they take over. Each handle
// is for one thread at a time. What stands in esl_proto.h about a function holds for the one that calls it.
//
//     value       names and values as they lie in the buffer, headers
//     names       event names, hangup causes, states, levels
//     event       plain, JSON and XML events, with an index
//     message     replies, api responses, log lines, notices; requests
//     command     every command, with its options by name
//     app         what a channel executes
//     buffer      receive buffers
//     decoder     frames alone
//     client      a connection as its client sees it
//     connection  a client with its buffers in one value
//     session     what waits for what, over one connection after another
//     calls       what is known of each channel
//     jobs        what is waited for by name
//     server      a connection as FreeSWITCH sees it, and events that are to be sent
//     dial        whom to call: `originate` and `bridge`
#ifndef ESL_PROTO_HPP
#define ESL_PROTO_HPP

#include "esl_proto/app.hpp"
#include "esl_proto/buffer.hpp"
#include "esl_proto/calls.hpp"
#include "esl_proto/client.hpp"
#include "esl_proto/connection.hpp"
#include "esl_proto/dial.hpp"
#include "esl_proto/jobs.hpp"
#include "esl_proto/server.hpp"
#include "esl_proto/session.hpp"

#endif
