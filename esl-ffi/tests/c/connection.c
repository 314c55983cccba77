/* A connection of the library's, its client and its buffers in one handle, over memory of this program's: in whatever
 * pieces octets come, and however small the memory is. */
#include "check.h"

static const char stream[] =
    "Content-Type: auth/request\n\n"
    "Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    "Content-Type: api/response\nContent-Length: 3\n\nUP\n"
    "Content-Type: command/reply\nReply-Text: +OK filter added. [Call-Direction]=[inbound]\n\n"
    "Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n"
    "Content-Length: 42\nContent-Type: text/event-plain\n\nEvent-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4\n"
    "Content-Type: text/disconnect-notice\nContent-Length: 31\n\nThe system is being shut down.\n";

static long double memory[ESLP_CONNECTION_SIZE / sizeof(long double)];
static char told[4096], written[4096];

static void tell(const char *what, eslp_bytes text) {
    size_t len = strlen(told);
    CHECK(len + text.len + 40 < sizeof told);
    sprintf(told + len, "%s %.*s;", what, (int)text.len, text.len ? text.data : "");
}

static eslp_bytes text_of(const eslp_message *message) {
    eslp_value text = {0};
    eslp_bytes plain = {"", 0};
    if (eslp_message_text(message, &text) == ESLP_OK) RETURNS(ESLP_OK, eslp_value_plain(&text, &plain));
    return plain;
}

static void came(eslp_connection *connection, const eslp_client_result *result) {
    eslp_sent sent;
    CHECK(result->consumed == 0);
    switch (result->kind) {
    case ESLP_IN_AUTH_REQUEST: {
        const eslp_command login = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("ClueCon")};
        RETURNS(ESLP_NOT_AUTHENTICATED,
                eslp_connection_send(connection, &(eslp_command){.kind = ESLP_COMMAND_NOEVENTS}, &sent));
        CHECK(sent.id == ESLP_NO_ID && sent.len == 0 && sent.count == 0);
        RETURNS(ESLP_OK, eslp_connection_send(connection, &login, &sent));
        CHECK(sent.id == 0 && sent.len == 14 && sent.count == 1);
        /* What was found is still there: sending moves none of it. */
        CHECK(result->message.frame.head.len == 0 || result->message.frame.head.data[0] == 'C');
        tell("auth", (eslp_bytes){"", 0});
        return;
    }
    case ESLP_IN_AUTHENTICATED: {
        const eslp_pair filter = {.name = ESLP_LIT("Call-Direction"), .value = {.data = "inbound", .len = 7}};
        const eslp_subscription wanted = {
            .events.names = ESLP_LIT("CHANNEL_ANSWER"), .filters = {.items = &filter, .count = 1}};
        uint64_t id;
        RETURNS(ESLP_OK, eslp_connection_send_external(connection, "api status\n\n", 12, &id));
        CHECK(id == 1);
        RETURNS(ESLP_OK, eslp_connection_subscribe(connection, &wanted, false, &sent));
        CHECK(sent.id == 2 && sent.count == 2 && sent.len == 35 + 22);
        tell("in", text_of(&result->message));
        return;
    }
    case ESLP_IN_ANSWER:
        tell("answer", text_of(&result->message));
        return;
    case ESLP_IN_EVENT: {
        eslp_event event;
        eslp_value value;
        RETURNS(ESLP_OK, eslp_message_event(&result->message, &event));
        RETURNS(ESLP_OK, eslp_event_get(&event, ESLP_LIT("unique-id"), &value));
        tell("event", (eslp_bytes){value.data, value.len});
        return;
    }
    case ESLP_IN_GOODBYE:
        CHECK(result->end == ESLP_END_SHUTDOWN && result->unanswered.count == 0);
        tell("goodbye", text_of(&result->message));
        return;
    case ESLP_IN_HEAD_PART:
        return;
    case ESLP_IN_HEAD:
    case ESLP_IN_BODY:
        return;
    default:
        CHECK(false);
    }
}

static void talk(size_t chunk, size_t input_size, bool grows) {
    const eslp_limits any = {.max_buffered = SIZE_MAX};
    char *input = malloc(input_size), *output = malloc(256);
    eslp_connection *connection;
    eslp_connection_state state;
    eslp_client_result result;
    eslp_status status;
    size_t at = 0, out = 0;
    told[0] = 0;
    CHECK(input && output);
    RETURNS(ESLP_OK, eslp_connection_init(memory, sizeof memory, ESLP_INBOUND, grows ? &any : NULL, input, input_size, output,
                                          256, &connection));
    for (;;) {
        while ((status = eslp_connection_next(connection, &result)) == ESLP_OK) came(connection, &result);
        eslp_bytes octets = eslp_connection_to_send(connection);
        size_t some = octets.len < chunk ? octets.len : chunk;
        memcpy(written + out, octets.data, some);
        out += some;
        RETURNS(ESLP_OK, eslp_connection_sent(connection, some));
        if (status != ESLP_NEED_DATA) break;
        RETURNS(ESLP_OK, eslp_connection_get_state(connection, &state));
        CHECK(state.required == result.required && state.end == ESLP_END_NONE);
        if (state.required) {
            CHECK(grows && state.required > input_size);
            input = realloc(input, input_size = state.required);
            CHECK(input);
            RETURNS(ESLP_OK, eslp_connection_grow_input(connection, input, input_size));
        }
        char *spare;
        size_t room;
        RETURNS(ESLP_OK, eslp_connection_spare(connection, &spare, &room));
        CHECK(room > 0);
        size_t count = sizeof stream - 1 - at;
        CHECK(count > 0);
        if (count > chunk) count = chunk;
        if (count > room) count = room;
        memcpy(spare, stream + at, count);
        at += count;
        RETURNS(ESLP_OK, eslp_connection_commit(connection, count));
    }
    CHECK(status == ESLP_CLOSED && result.end == ESLP_END_SHUTDOWN);
    while (eslp_connection_to_send(connection).len) {
        written[out++] = eslp_connection_to_send(connection).data[0];
        RETURNS(ESLP_OK, eslp_connection_sent(connection, 1));
    }
    SAYS("auth ClueCon\n\napi status\n\nfilter add Call-Direction inbound\n\nevent CHANNEL_ANSWER\n\n",
         ((eslp_bytes){written, out}));
    SAYS("auth ;in +OK accepted;answer UP\n;answer +OK filter added. [Call-Direction]=[inbound];"
         "answer +OK event listener enabled plain;event 5fd4;goodbye The system is being shut down.\n;",
         eslp_str(told));
    RETURNS(ESLP_OK, eslp_connection_get_state(connection, &state));
    CHECK(state.end == ESLP_END_SHUTDOWN && !state.is_open && !state.is_lingering && !state.is_connected);
    CHECK(state.in_flight == 0 && state.stats.frames == 7 && state.stats.octets == sizeof stream - 1);
    RETURNS(ESLP_IS_CLOSED, eslp_connection_may_send(connection, &(eslp_command){.kind = ESLP_COMMAND_EXIT}));
    RETURNS(ESLP_OK, eslp_connection_drop(connection));
    free(input);
    free(output);
}

/* Room for what is to be sent, and the end of a stream in the middle of a frame. */
static void little_room(void) {
    static char input[512];
    char *output = malloc(20);
    const eslp_command exit = {.kind = ESLP_COMMAND_EXIT};
    eslp_connection *connection;
    eslp_client_result result;
    eslp_connection_state state;
    eslp_sent sent;
    eslp_eof eof;
    char *spare;
    size_t room;
    uint64_t id;
    CHECK(output);
    RETURNS(ESLP_OK, eslp_connection_init(memory, sizeof memory, ESLP_OUTBOUND, NULL, input, sizeof input, output, 20,
                                          &connection));
    RETURNS(ESLP_OK, eslp_connection_send(connection, &(eslp_command){.kind = ESLP_COMMAND_CONNECT}, &sent));
    RETURNS(ESLP_INSUFFICIENT, eslp_connection_send_external(connection, "123456789012", 12, &id));
    const eslp_subscription wanted = {.own_channel = 1};
    RETURNS(ESLP_OK, eslp_connection_subscribe(connection, &wanted, false, &sent));
    CHECK(sent.id == 1 && sent.len == 10 && sent.count == 1);
    RETURNS(ESLP_INSUFFICIENT, eslp_connection_subscribe(connection, &wanted, true, &sent));
    CHECK(sent.id == ESLP_NO_ID && sent.len == 10 && sent.count == 0);
    RETURNS(ESLP_INSUFFICIENT, eslp_connection_send(connection, &exit, &sent));
    CHECK(sent.len == 6);
    RETURNS(ESLP_OK, eslp_connection_sent(connection, 9));
    output = realloc(output, 40);
    CHECK(output);
    RETURNS(ESLP_OK, eslp_connection_grow_output(connection, output, 40));
    RETURNS(ESLP_OK, eslp_connection_send(connection, &exit, &sent));
    CHECK(sent.id == 2 && sent.len == 6);
    SAYS("myevents\n\nexit\n\n", eslp_connection_to_send(connection));
    RETURNS(ESLP_OK, eslp_connection_spare(connection, &spare, &room));
    memcpy(spare, "Event-Name: CHANNEL_DATA\nSocket-Mode: async\nControl: full\n\nContent-Type: com", 77);
    RETURNS(ESLP_OK, eslp_connection_commit(connection, 77));
    RETURNS(ESLP_OK, eslp_connection_next(connection, &result));
    RETURNS(ESLP_NEED_DATA, eslp_connection_next(connection, &result));
    RETURNS(ESLP_OK, eslp_connection_get_state(connection, &state));
    CHECK(state.in_flight == 3 && state.is_open && !state.is_connected);
    RETURNS(ESLP_OK, eslp_connection_eof(connection, &eof));
    CHECK(eof.end == ESLP_END_EOF && eof.unanswered.first == 0 && eof.unanswered.count == 3 && eof.incomplete == 18);
    RETURNS(ESLP_OK, eslp_connection_drop(connection));
    free(output);
}

int main(void) {
    CHECK(eslp_connection_sizeof() <= ESLP_CONNECTION_SIZE && eslp_connection_alignof() <= ESLP_ALIGN);
    for (size_t chunk = 1; chunk < sizeof stream; chunk += 1 + chunk / 4) {
        talk(chunk, ESLP_BUFFER_MIN, false);
        talk(chunk, 4096, false);
        talk(chunk, 7, true);
    }
    little_room();
    return 0;
}
