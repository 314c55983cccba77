/* An agent for a small machine: logs in, subscribes to two events, and tells of each call its uuid, who was called and why it ended.
 * Plain events only; what is longer than the buffer comes in parts, which are read line by line. No heap, no I/O of its own.
 *
 * What it says is constant, so it stands here as it goes over the wire, and the library's writing of commands is not linked. With
 * WRITES_COMMANDS the library writes them, and checks what a program fills in. */
#include "agent.h"

#include <esl_proto.h>

#define BUFFER 2048

static struct {
    uint64_t client[ESLP_CLIENT_SIZE / sizeof(uint64_t)];
    char input[BUFFER];
#ifdef WRITES_COMMANDS
    char output[256];
#endif
} memory;

/* What an event is asked for. */
static const eslp_bytes wanted[3] = {ESLP_INIT("Unique-ID"), ESLP_INIT("Caller-Destination-Number"), ESLP_INIT("Hangup-Cause")};

#ifdef WRITES_COMMANDS
static bool send_command(const agent_io *io, eslp_client *client, const eslp_command *command) {
    eslp_sent sent;
    return eslp_client_send(client, command, memory.output, sizeof memory.output, &sent) == ESLP_OK &&
           io->write(memory.output, sent.len);
}

static bool log_in(const agent_io *io, eslp_client *client) {
    const eslp_command command = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("ClueCon")};
    return send_command(io, client, &command);
}

static bool subscribe(const agent_io *io, eslp_client *client) {
    const eslp_command command = {.kind = ESLP_COMMAND_EVENT,
                                  .as.event.names = ESLP_LIT("CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE")};
    return send_command(io, client, &command);
}
#else
static bool send_command(const agent_io *io, eslp_client *client, const char *text, size_t len) {
    uint64_t id;
    return eslp_client_track_external(client, &id) == ESLP_OK && io->write(text, len);
}

static bool log_in(const agent_io *io, eslp_client *client) {
    static const char text[] = "auth ClueCon\n\n";
    return send_command(io, client, text, sizeof text - 1);
}

static bool subscribe(const agent_io *io, eslp_client *client) {
    static const char text[] = "event CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE\n\n";
    return send_command(io, client, text, sizeof text - 1);
}
#endif

static bool same(eslp_bytes one, const eslp_value *other) {
    return eslp_value_is_nocase(other, one);
}

static void tell(const agent_io *io, size_t which, const eslp_value *value) {
    char text[64];
    eslp_bytes bytes;
    if (eslp_value_read(value, text, sizeof text, &bytes) == ESLP_OK) io->told(which, bytes.data, bytes.len);
}

/* An event that the buffer holds. */
static void whole(const agent_io *io, const eslp_message *message) {
    eslp_event event;
    if (eslp_message_event(message, &event) != ESLP_OK) return;
    for (size_t which = 0; which < 3; which++) {
        eslp_value value;
        if (eslp_event_get(&event, wanted[which], &value) == ESLP_OK) tell(io, which, &value);
    }
}

/* A part of a longer one. */
static void part(const agent_io *io, eslp_lines lines) {
    eslp_header_part header;
    while (eslp_lines_next(&lines, &header) == ESLP_OK) {
        for (size_t which = 0; which < 3; which++) {
            if (header.name.data && same(wanted[which], &header.name)) tell(io, which, &header.value);
        }
    }
}

static bool came(const agent_io *io, eslp_client *client, const eslp_client_result *result) {
    switch (result->kind) {
    case ESLP_IN_AUTH_REQUEST:
        return log_in(io, client);
    case ESLP_IN_AUTHENTICATED:
        return subscribe(io, client);
    case ESLP_IN_ANSWER:
        /* That to `auth`, if the library does not know that it was one: a server that refuses it says so and closes. */
        return result->id != 0 || subscribe(io, client);
    case ESLP_IN_EVENT:
        whole(io, &result->message);
        return true;
    case ESLP_IN_BODY:
        part(io, result->lines);
        return true;
    default:
        return true;
    }
}

int agent(const agent_io *io) {
    const eslp_limits limits = {.max_buffered = BUFFER};
    eslp_client *client;
    size_t len = 0;
    if (eslp_client_init(memory.client, sizeof memory.client, ESLP_INBOUND, &limits, &client) != ESLP_OK) return 1;
    for (;;) {
        eslp_client_result result;
        eslp_status status = eslp_client_poll(client, memory.input, len, &result);
        if (status == ESLP_OK && !came(io, client, &result)) return 2;
        len -= result.consumed;
        for (size_t at = 0; at < len; at++) memory.input[at] = memory.input[at + result.consumed];
        if (status == ESLP_OK) continue;
        if (status != ESLP_NEED_DATA) return status == ESLP_CLOSED ? 0 : 3;
        size_t count = io->read(memory.input + len, BUFFER - len);
        if (count == 0) return 4;
        len += count;
    }
}
