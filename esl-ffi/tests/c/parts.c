/* Frames longer than the buffer, and frames that the server breaks: nothing is lost, no answer moves to another command,
 * and what comes in parts is the same as what comes whole. Buffers are on the heap, so that checkers of memory see each
 * octet too many. */
#include "check.h"

/* A text that grows. */
struct text {
    char octets[65536];
    size_t len;
};

static void add(struct text *text, const void *octets, size_t len) {
    CHECK(text->len + len <= sizeof text->octets);
    if (len) memcpy(text->octets + text->len, octets, len);
    text->len += len;
}

static void says(struct text *text, const char *words) { add(text, words, strlen(words)); }

static void same(const struct text *one, const struct text *other) {
    CHECK(one->len == other->len && !memcmp(one->octets, other->octets, one->len));
}

/* ---- Headers, from wherever they come ---- */

static void add_value(struct text *text, const eslp_value *value) {
    char storage[8192];
    size_t len = 0;
    RETURNS(ESLP_OK, eslp_value_decode(value, storage, sizeof storage, &len));
    add(text, storage, len);
}

/* All headers of a whole event, each behind a NUL. */
static void add_event(struct text *text, const eslp_event *event) {
    eslp_headers headers;
    eslp_header header;
    RETURNS(ESLP_OK, eslp_event_headers(event, &headers));
    while (eslp_headers_next(&headers, &header) == ESLP_OK) {
        add(text, "", 1);
        add_value(text, &header.name);
        says(text, ": ");
        add_value(text, &header.value);
    }
}

/* The same of lines that come in parts. */
static void add_lines(struct text *text, eslp_lines lines) {
    static bool was_complete = true;
    eslp_header_part part;
    CHECK(lines.bytes.len > 0 && was_complete == !lines.goes_on);
    while (eslp_lines_next(&lines, &part) == ESLP_OK) {
        CHECK(was_complete || !part.name.data);
        if (part.name.data) {
            add(text, "", 1);
            add_value(text, &part.name);
            says(text, ": ");
        } else if (part.after_line_end) {
            says(text, "\n");
        }
        add_value(text, &part.value);
        was_complete = part.is_complete;
    }
    RETURNS(ESLP_END, eslp_lines_next(&lines, &part));
}

/* ---- A client with a buffer of a fixed size ---- */

static struct text stream;
static size_t read_so_far;
static eslp_client *client;
static eslp_buffer buffer;
static char *memory;
static size_t consumed;

static void start(eslp_role role, size_t size) {
    eslp_limits limits = {.max_buffered = size};
    RETURNS(ESLP_OK, eslp_client_new(role, &limits, &client));
    memory = malloc(size);
    CHECK(memory != NULL);
    RETURNS(ESLP_OK, eslp_buffer_init(&buffer, memory, size));
    read_so_far = consumed = 0;
}

static void stop(void) {
    eslp_client_free(client);
    free(memory);
}

static uint64_t sends(eslp_command command) {
    char out[256];
    eslp_sent sent;
    RETURNS(ESLP_OK, eslp_client_send(client, &command, out, sizeof out, &sent));
    return sent.id;
}

static uint64_t asks(int32_t kind, const char *text) {
    return sends((eslp_command){.kind = kind, .as.api.line = eslp_str(text)});
}

/* What comes next; at the end of the stream ESLP_NEED_DATA. */
static eslp_status next(eslp_client_result *result) {
    for (;;) {
        RETURNS(ESLP_OK, eslp_buffer_consume(&buffer, consumed));
        eslp_status status = eslp_client_poll(client, eslp_buffer_data(&buffer), eslp_buffer_len(&buffer), result);
        consumed = result->consumed;
        if (status != ESLP_NEED_DATA) return status;
        RETURNS(ESLP_OK, eslp_buffer_consume(&buffer, consumed));
        consumed = 0;
        char *spare;
        size_t room, left = stream.len - read_so_far;
        RETURNS(ESLP_OK, eslp_buffer_spare(&buffer, &spare, &room));
        if (left == 0) return status;
        CHECK(room > 0 && result->required <= eslp_buffer_capacity(&buffer));
        if (room > left) room = left;
        memcpy(spare, stream.octets + read_so_far, room);
        read_so_far += room;
        RETURNS(ESLP_OK, eslp_buffer_commit(&buffer, room));
    }
}

static eslp_client_result receives(int32_t kind, uint64_t id) {
    eslp_client_result result;
    RETURNS(ESLP_OK, next(&result));
    if (result.kind != kind || result.id != id) fprintf(stderr, "kind %d, id %llu\n", (int)result.kind, (unsigned long long)result.id);
    CHECK(result.kind == kind && result.id == id);
    return result;
}

static void text_is(const eslp_message *message, const char *wanted) {
    eslp_value text;
    RETURNS(ESLP_OK, eslp_message_text(message, &text));
    SAYS(wanted, ((eslp_bytes){text.data, text.len}));
}

static eslp_eof eof(void) {
    eslp_eof eof;
    eslp_client_result result;
    RETURNS(ESLP_NEED_DATA, next(&result));
    RETURNS(ESLP_OK, eslp_client_eof(client, eslp_buffer_data(&buffer), eslp_buffer_len(&buffer), &eof));
    return eof;
}

/* ---- Streams ---- */

/* Some kilobytes of headers, one of them longer than the smallest buffer and full of percent escapes. */
static void add_headers(struct text *text, size_t octets) {
    char line[256];
    size_t end = text->len + octets;
    says(text, "Unique-ID: 5fd4c1c8-4a0c-4d43-a3ea-0e4b2f5a1c27\nvariable_empty: \n");
    says(text, "variable_long: ");
    for (int i = 0; i < 300; i++) says(text, i % 3 ? "%3A" : "x");
    says(text, "\nvariable_a: b: colon%20in%20the%20name\n");
    for (int i = 0; text->len < end; i++) {
        snprintf(line, sizeof line, "variable_sip_h_X-Number-%d: a%%20value%%20of%%20%d%%20octets\n", i, i * 7);
        says(text, line);
    }
}

static const char TILDE[] = "Content-Type: command/reply\nx y";
static const char PLAIN[] = "Content-Type: command/reply\nReply-Text: plain\n\n";
static const char ONE[] = "Content-Type: api/response\nContent-Length: 3\n\none";

/* The reply to `connect` of a SIP call, and what follows it. */
static void connect_stream(void) {
    stream.len = 0;
    says(&stream, "Event-Name: CHANNEL_DATA\n");
    add_headers(&stream, 9000);
    says(&stream, "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n");
    says(&stream, TILDE);
    says(&stream, PLAIN);
    says(&stream, ONE);
}

/* A call whose channel data are longer than the buffer is a call like any other. */
static void connects(size_t size, const struct text *whole) {
    static struct text headers;
    eslp_client_result result;
    bool full = false;
    int32_t mode = 0, parts = 0;
    headers.len = 0;
    start(ESLP_OUTBOUND, size);
    uint64_t connect = sends((eslp_command){.kind = ESLP_COMMAND_CONNECT});
    CHECK(eslp_client_is_open(client));
    uint64_t tilde = sends((eslp_command){.kind = ESLP_COMMAND_GETVAR, .as.variable = ESLP_LIT("t")});
    uint64_t plain = sends((eslp_command){.kind = ESLP_COMMAND_GETVAR, .as.variable = ESLP_LIT("u")});
    uint64_t api = asks(ESLP_COMMAND_API, "echo one");
    do {
        eslp_value text;
        eslp_event event;
        result = receives(ESLP_IN_HEAD_PART, connect);
        CHECK(result.lines.is_event && !result.data.data && result.remaining == 0);
        CHECK(result.message.kind == (result.head_ends ? ESLP_MESSAGE_REPLY : ESLP_MESSAGE_OTHER));
        RETURNS(ESLP_NOT_WHOLE, eslp_message_event(&result.message, &event));
        RETURNS(ESLP_NOT_WHOLE, eslp_message_text(&result.message, &text));
        CHECK(eslp_client_in_flight(client) == (result.head_ends ? 3 : 4));
        CHECK(eslp_client_socket_mode(client, &mode) == (result.head_ends ? ESLP_OK : ESLP_NOT_FOUND));
        add_lines(&headers, result.lines);
        parts++;
    } while (!result.head_ends);
    same(&headers, whole);
    CHECK(parts > 1 && mode == ESLP_SOCKET_ASYNC);
    RETURNS(ESLP_OK, eslp_client_full_control(client, &full));
    CHECK(full);

    result = receives(ESLP_IN_ANSWER, tilde);
    text_is(&result.message, "x y");
    CHECK(eslp_message_reply_status(&result.message) == ESLP_REPLY_BROKEN);
    CHECK(eslp_reply_is_broken(&result.message) && eslp_message_is_cut(&result.message));
    result = receives(ESLP_IN_ANSWER, plain);
    text_is(&result.message, "plain");
    CHECK(eslp_message_reply_status(&result.message) == ESLP_REPLY_BARE);
    CHECK(!eslp_reply_is_broken(&result.message) && !eslp_message_is_cut(&result.message));
    result = receives(ESLP_IN_ANSWER, api);
    text_is(&result.message, "one");
    CHECK(!eslp_reply_is_broken(&result.message));
    eslp_eof at_end = eof();
    CHECK(at_end.end == ESLP_END_EOF && at_end.unanswered.count == 0 && at_end.incomplete == 0 && at_end.missing == 0);
    CHECK(at_end.id == ESLP_NO_ID && at_end.message.kind == ESLP_MESSAGE_NONE);
    stop();
}

static void long_connects(void) {
    static struct text whole;
    eslp_client_result result;
    eslp_event event;
    connect_stream();
    start(ESLP_OUTBOUND, 16384);
    sends((eslp_command){.kind = ESLP_COMMAND_CONNECT});
    result = receives(ESLP_IN_CONNECTED, 0);
    RETURNS(ESLP_OK, eslp_message_event(&result.message, &event));
    add_event(&whole, &event);
    stop();
    CHECK(result.consumed > 9000 && whole.len > 6000);
    connects(4096, &whole);
    connects(600, &whole);
    connects(ESLP_BUFFER_MIN, &whole);

    /* With less than the smallest buffer it ends, and says why. */
    start(ESLP_OUTBOUND, 128);
    sends((eslp_command){.kind = ESLP_COMMAND_CONNECT});
    RETURNS(ESLP_HEAD_TOO_LONG, next(&result));
    CHECK(result.end == ESLP_END_PROTOCOL && result.unanswered.count == 1);
    stop();
}

/* Whether the head fits whole and only the body is streamed makes no difference. */
static void connects_with_a_body(void) {
    static const char head[] = "Event-Name: CHANNEL_DATA\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n"
                               "Socket-Mode: async\nControl: full\nContent-Length: 400\n\n";
    eslp_client_result result;
    int32_t mode = 0;
    bool full = false;
    stream.len = 0;
    says(&stream, head);
    for (int i = 0; i < 400; i++) {
        says(&stream, "x");
    }
    start(ESLP_OUTBOUND, ESLP_BUFFER_MIN);
    uint64_t connect = sends((eslp_command){.kind = ESLP_COMMAND_CONNECT});
    result = receives(ESLP_IN_HEAD, connect);
    CHECK(result.remaining == 400);
    RETURNS(ESLP_NOT_FOUND, eslp_client_full_control(client, &full));
    do {
        result = receives(ESLP_IN_BODY, connect);
    } while (result.remaining > 0);
    RETURNS(ESLP_OK, eslp_client_full_control(client, &full));
    RETURNS(ESLP_OK, eslp_client_socket_mode(client, &mode));
    CHECK(full && mode == ESLP_SOCKET_ASYNC && eslp_client_in_flight(client) == 0);
    stop();
}

/* ---- Plain events ---- */

static void event_stream(void) {
    static struct text event;
    char head[64];
    event.len = stream.len = 0;
    says(&event, "Event-Name: CHANNEL_EXECUTE_COMPLETE\n");
    add_headers(&event, 10000);
    says(&event, "Content-Length: 17\n\nits: own\n\nbody: %\n");
    event.len--;
    snprintf(head, sizeof head, "Content-Length: %zu\nContent-Type: text/event-plain\n\n", event.len);
    says(&stream, head);
    add(&stream, event.octets, event.len);
    says(&stream, PLAIN);
}

/* Reads the event in parts, the first of which is there already. */
static void event_in_parts(size_t size, const struct text *whole, const eslp_value *whole_body) {
    static struct text headers, body;
    eslp_client_result result;
    eslp_event event;
    eslp_stats stats;
    headers.len = body.len = 0;
    start(ESLP_INBOUND, size);
    result = receives(ESLP_IN_HEAD, ESLP_NO_ID);
    CHECK(result.message.kind == ESLP_MESSAGE_EVENT && result.message.format == ESLP_FORMAT_PLAIN && result.remaining > 9000);
    RETURNS(ESLP_NOT_WHOLE, eslp_message_event(&result.message, &event));
    do {
        result = receives(ESLP_IN_BODY, ESLP_NO_ID);
        CHECK(result.data.len > 0 && !result.lines.bytes.data == !result.lines.bytes.len);
        if (result.lines.bytes.data) {
            CHECK(result.lines.bytes.data == result.data.data && result.lines.bytes.len == result.data.len && body.len == 0);
            add_lines(&headers, result.lines);
        } else {
            add(&body, result.data.data, result.data.len);
        }
        RETURNS(ESLP_OK, eslp_client_stats(client, &stats));
        CHECK(stats.events == (result.remaining == 0));
    } while (result.remaining);
    same(&headers, whole);
    CHECK(eslp_value_is(whole_body, (eslp_bytes){body.octets, body.len}));
    receives(ESLP_IN_UNEXPECTED, ESLP_NO_ID);
    stop();
}

static void long_events(void) {
    static struct text whole;
    eslp_client_result result;
    eslp_event event;
    eslp_value body;
    event_stream();
    start(ESLP_INBOUND, 16384);
    result = receives(ESLP_IN_EVENT, ESLP_NO_ID);
    RETURNS(ESLP_OK, eslp_message_event(&result.message, &event));
    RETURNS(ESLP_OK, eslp_event_body(&event, &body));
    add_event(&whole, &event);
    /* What was found lies in the buffer, which must outlive the comparison. */
    char *kept = memory;
    memory = NULL;
    stop();
    event_in_parts(512, &whole, &body);
    event_in_parts(ESLP_BUFFER_MIN, &whole, &body);
    free(kept);
}

/* Events that have no lines, and answers and log lines: what is not here is not taken for empty. */
static void bodies_that_are_not_here(void) {
    static const char *const heads[] = {"text/event-json", "text/event-xml", "api/response", "log/data",
                                        "text/disconnect-notice", "text/rude-rejection"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        eslp_client_result result;
        eslp_event event;
        eslp_value text;
        eslp_bytes detail;
        stream.len = 0;
        says(&stream, "Content-Type: ");
        says(&stream, heads[i]);
        says(&stream, "\nContent-Length: 300\nA: b\n\n{\"Event-Name\":\"HEARTBEAT\"");
        start(ESLP_INBOUND, 128);
        result = receives(ESLP_IN_HEAD, ESLP_NO_ID);
        CHECK(result.remaining == 300);
        eslp_status no_event = i < 2 ? ESLP_NOT_WHOLE : ESLP_NOT_FOUND, no_text = i < 2 ? ESLP_NOT_FOUND : ESLP_NOT_WHOLE;
        RETURNS(no_event, eslp_message_event(&result.message, &event));
        RETURNS(no_text, eslp_message_text(&result.message, &text));
        RETURNS(no_text, eslp_message_detail(&result.message, &detail));
        CHECK(eslp_message_reply_status(&result.message) == ESLP_REPLY_NONE);
        /* The head is. */
        RETURNS(ESLP_OK, eslp_message_get(&result.message, ESLP_LIT("a"), &text));
        CHECK(eslp_value_is(&text, ESLP_LIT("b")));
        result = receives(ESLP_IN_BODY, ESLP_NO_ID);
        SAYS("{\"Event-Name\":\"HEARTBEAT\"", result.data);
        CHECK(!result.lines.bytes.data && result.remaining == 300 - 25);
        stop();
    }
}

/* ---- Broken replies ---- */

/* Long lists of rights: the reply loses its end at the server's buffer, and the next frame begins there. */
static void cut_login(size_t size) {
    stream.len = 0;
    says(&stream, "Content-Type: auth/request\n\n");
    size_t reply = stream.len;
    says(&stream, "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: ");
    while (stream.len - reply < 28 + 510) says(&stream, "x");
    says(&stream, ONE);
    start(ESLP_INBOUND, size);
    receives(ESLP_IN_AUTH_REQUEST, ESLP_NO_ID);
    uint64_t login = sends((eslp_command){
        .kind = ESLP_COMMAND_USERAUTH,
        .as.auth = {.user = ESLP_LIT("bob"), .domain = ESLP_LIT("x.org"), .password = ESLP_LIT("pw")}});
    uint64_t api = asks(ESLP_COMMAND_API, "echo one");
    eslp_client_result result;
    if (size >= 1024) {
        result = receives(ESLP_IN_AUTHENTICATED, login);
        CHECK(eslp_message_reply_status(&result.message) == ESLP_REPLY_OK);
        CHECK(eslp_reply_is_broken(&result.message) && eslp_message_is_cut(&result.message));
    } else {
        do {
            CHECK(!eslp_client_is_open(client));
            result = receives(ESLP_IN_HEAD_PART, login);
            CHECK(result.message.kind == ESLP_MESSAGE_REPLY && !result.lines.is_event);
        } while (!result.head_ends);
        CHECK(result.remaining == 0);
    }
    CHECK(eslp_client_is_open(client));
    result = receives(ESLP_IN_ANSWER, api);
    text_is(&result.message, "one");
    stop();
}

/* ---- The end ---- */

/* The end in the middle of an answer that comes in parts: its command is not answered, and something is missing. */
static void end_in_an_answer(void) {
    stream.len = 0;
    says(&stream, "Content-Type: api/response\nContent-Length: 1000\n\n+OK and more");
    start(ESLP_INBOUND, 256);
    uint64_t id = 0, second = 0;
    RETURNS(ESLP_OK, eslp_client_track_external(client, &id));
    RETURNS(ESLP_OK, eslp_client_track_external(client, &second));
    eslp_client_result result = receives(ESLP_IN_HEAD, id);
    CHECK(result.message.kind == ESLP_MESSAGE_API_RESPONSE && result.remaining == 1000);
    result = receives(ESLP_IN_BODY, id);
    CHECK(result.remaining == 988 && eslp_client_in_flight(client) == 2);
    eslp_eof at_end = eof();
    CHECK(at_end.end == ESLP_END_EOF && at_end.unanswered.first == id && at_end.unanswered.count == 2);
    CHECK(at_end.incomplete == stream.len && at_end.missing == 988);
    CHECK(at_end.id == ESLP_NO_ID && at_end.message.kind == ESLP_MESSAGE_NONE);
    stop();
}

/* The end of a broken reply is the end of the stream. */
static void end_of_a_broken_reply(void) {
    stream.len = 0;
    says(&stream, TILDE);
    start(ESLP_OUTBOUND, 256);
    uint64_t id = 0, second = 0;
    RETURNS(ESLP_OK, eslp_client_track_external(client, &id));
    RETURNS(ESLP_OK, eslp_client_track_external(client, &second));
    eslp_eof at_end = eof();
    CHECK(at_end.id == id && at_end.message.kind == ESLP_MESSAGE_REPLY && eslp_reply_is_broken(&at_end.message));
    text_is(&at_end.message, "x y");
    CHECK(at_end.unanswered.first == second && at_end.unanswered.count == 1);
    CHECK(at_end.incomplete == 0 && at_end.missing == 0);
    stop();
}

/* A notice whose channel has a long name. */
static void long_notice(void) {
    stream.len = 0;
    says(&stream, "Content-Type: text/disconnect-notice\nControlled-Session-UUID: 5fd4\nContent-Disposition: linger\n"
                  "Channel-Name: ");
    for (int i = 0; i < 300; i++) says(&stream, "n");
    says(&stream, "\nLinger-Time: 5\nContent-Length: 0\n\n");
    says(&stream, "Content-Type: text/disconnect-notice\nContent-Length: 15\n\nDisconnected...");
    start(ESLP_OUTBOUND, 256);
    eslp_client_result result;
    do {
        CHECK(!eslp_client_is_lingering(client));
        result = receives(ESLP_IN_HEAD_PART, ESLP_NO_ID);
        CHECK(result.message.kind == ESLP_MESSAGE_DISCONNECT);
    } while (!result.head_ends);
    CHECK(eslp_client_is_lingering(client));
    receives(ESLP_IN_GOODBYE, ESLP_NO_ID);
    RETURNS(ESLP_CLOSED, next(&result));
    CHECK(!eslp_client_is_open(client));
    stop();
}

/* ---- The decoder alone ---- */

static size_t decodes(eslp_decoder *decoder, eslp_step *step, size_t at, size_t size) {
    size_t len = stream.len - at < size ? stream.len - at : size;
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, stream.octets + at, len, step));
    return at + step->consumed;
}

static void decoder(void) {
    static struct text whole, headers;
    eslp_decoder *decoder;
    eslp_limits limits = {.max_buffered = 256};
    eslp_step step;
    eslp_event event;
    eslp_message last;
    size_t at = 0;
    connect_stream();
    stream.len -= strlen(ONE);
    says(&stream, "Content-Length: 300\nContent-Type: text/event-plain\n\nEvent-Name: HEARTBEAT\nUp-Time: ");
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, stream.octets, stream.len, &step));
    RETURNS(ESLP_OK, eslp_message_event(&step.message, &event));
    add_event(&whole, &event);
    eslp_decoder_free(decoder);

    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, &limits, &decoder));
    do {
        at = decodes(decoder, &step, at, 256);
        CHECK(step.kind == ESLP_STEP_HEAD_PART && !step.is_cut && step.remaining == 0);
        add_lines(&headers, step.lines);
    } while (!step.head_ends);
    same(&headers, &whole);
    CHECK(step.message.kind == ESLP_MESSAGE_REPLY);
    at = decodes(decoder, &step, at, 256);
    CHECK(step.kind == ESLP_STEP_FRAME && eslp_reply_is_broken(&step.message) && !step.head_ends);
    at = decodes(decoder, &step, at, 256);
    CHECK(step.kind == ESLP_STEP_FRAME && !eslp_reply_is_broken(&step.message));
    at = decodes(decoder, &step, at, 256);
    CHECK(step.kind == ESLP_STEP_HEAD && step.remaining == 300);
    RETURNS(ESLP_NOT_WHOLE, eslp_message_event(&step.message, &event));
    at = decodes(decoder, &step, at, 256);
    CHECK(step.kind == ESLP_STEP_BODY && step.lines.is_event && step.lines.bytes.len == step.data.len);
    SAYS("Event-Name: HEARTBEAT\n", step.lines.bytes);
    const char *rest = stream.octets + at;
    size_t len = stream.len - at;
    RETURNS(ESLP_NEED_DATA, eslp_decoder_decode(decoder, rest, len, &step));
    CHECK(eslp_decoder_incomplete(decoder, rest, len) == 52 + 22 + 9 && eslp_decoder_missing(decoder, rest, len) == 269);
    RETURNS(ESLP_NOT_FOUND, eslp_decoder_at_end(decoder, rest, len, &last));
    eslp_decoder_free(decoder);

    /* A reply that is cut in parts, and one that the end of the stream completes. */
    stream.len = 0;
    says(&stream, "Content-Type: command/reply\nReply-Text: +OK\nAllowed-API: ");
    while (stream.len < 28 + 510) says(&stream, "x");
    says(&stream, TILDE);
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, &limits, &decoder));
    at = 0;
    do {
        at = decodes(decoder, &step, at, 256);
        CHECK(step.kind == ESLP_STEP_HEAD_PART && step.is_cut == step.head_ends);
    } while (!step.head_ends);
    CHECK(at == 28 + 510);
    RETURNS(ESLP_NEED_DATA, eslp_decoder_decode(decoder, stream.octets + at, stream.len - at, &step));
    RETURNS(ESLP_OK, eslp_decoder_at_end(decoder, stream.octets + at, stream.len - at, &last));
    CHECK(last.kind == ESLP_MESSAGE_REPLY && eslp_message_reply_status(&last) == ESLP_REPLY_BROKEN);
    eslp_decoder_free(decoder);
}

int main(void) {
    long_connects();
    connects_with_a_body();
    long_events();
    bodies_that_are_not_here();
    cut_login(4096);
    cut_login(ESLP_BUFFER_MIN);
    end_in_an_answer();
    end_of_a_broken_reply();
    long_notice();
    decoder();
    return 0;
}
