/* A client and a server of the library talk to each other, in memory, through all that either can do. */
#include "check.h"

/* One direction of a connection. */
struct pipe {
    char octets[65536];
    size_t len;
};

static struct pipe to_server, to_client;
static char out[16384];
static eslp_client *client;
static eslp_server *server;
static eslp_client_result in;
static eslp_server_result result;

static void push(struct pipe *pipe, const char *octets, size_t len) {
    CHECK(pipe->len + len <= sizeof pipe->octets);
    memcpy(pipe->octets + pipe->len, octets, len);
    pipe->len += len;
}

static void drop(struct pipe *pipe, size_t len) {
    CHECK(len <= pipe->len);
    memmove(pipe->octets, pipe->octets + len, pipe->len - len);
    pipe->len -= len;
}

/* What was found before is done with: what it points to goes off the front of the pipe only now. */
static eslp_status client_polls(void) {
    static size_t done;
    drop(&to_client, done);
    eslp_status status = eslp_client_poll(client, to_client.octets, to_client.len, &in);
    done = in.consumed;
    if (status == ESLP_NEED_DATA || status == ESLP_CLOSED) {
        drop(&to_client, done);
        done = 0;
    }
    return status;
}

static void receives(int32_t kind, uint64_t id) {
    RETURNS(ESLP_OK, client_polls());
    if (in.kind != kind || in.id != id) fprintf(stderr, "kind %d, id %llu\n", (int)in.kind, (unsigned long long)in.id);
    CHECK(in.kind == kind && in.id == id);
}

static void text_is(const char *wanted) {
    eslp_value text;
    RETURNS(ESLP_OK, eslp_message_text(&in.message, &text));
    if (!eslp_value_is(&text, eslp_str(wanted))) fprintf(stderr, "%.*s\n", (int)text.len, text.data);
    CHECK(eslp_value_is(&text, eslp_str(wanted)));
}

static void answered(uint64_t id, const char *wanted) {
    receives(ESLP_IN_ANSWER, id);
    text_is(wanted);
}

static uint64_t sends(eslp_command command) {
    eslp_sent sent;
    RETURNS(ESLP_OK, eslp_client_send(client, &command, out, sizeof out, &sent));
    CHECK(sent.count == 1);
    push(&to_server, out, sent.len);
    return sent.id;
}

static eslp_status may_not(eslp_command command) {
    eslp_sent sent;
    eslp_status status = eslp_client_send(client, &command, out, sizeof out, &sent);
    CHECK(status == eslp_client_may_send(client, &command));
    CHECK(sent.id == ESLP_NO_ID && sent.len == 0 && sent.count == 0);
    return status;
}

static eslp_status server_polls(void) {
    static size_t done;
    drop(&to_server, done);
    eslp_status status = eslp_server_poll(server, to_server.octets, to_server.len, out, sizeof out, &result);
    done = result.consumed;
    push(&to_client, out, result.written);
    if (status != ESLP_OK) {
        drop(&to_server, done);
        done = 0;
    }
    return status;
}

static void does(int32_t effect) {
    RETURNS(ESLP_OK, server_polls());
    if (result.kind != ESLP_SERVER_DONE || result.effect != effect) fprintf(stderr, "%d %d\n", result.kind, result.effect);
    CHECK(result.kind == ESLP_SERVER_DONE && result.effect == effect);
}

static eslp_status answers(eslp_response answer) {
    size_t written = 0;
    eslp_status status = eslp_server_respond(server, &answer, out, sizeof out, &written);
    if (status == ESLP_OK) push(&to_client, out, written);
    return status;
}

static eslp_server_state state(void) {
    eslp_server_state state;
    RETURNS(ESLP_OK, eslp_server_get_state(server, &state));
    return state;
}

static uint64_t line(int32_t kind, const char *text) {
    return sends((eslp_command){.kind = kind, .as.api.line = eslp_str(text)});
}

/* The question that is asked must be kept apart from what a later poll finds. */
static eslp_host_request asked(int32_t kind) {
    RETURNS(ESLP_OK, server_polls());
    CHECK(result.kind == ESLP_SERVER_HOST_REQUEST && result.request.kind == kind);
    return result.request;
}

static void login(void) {
    RETURNS(ESLP_NEED_DATA, client_polls());
    RETURNS(ESLP_NOT_AUTHENTICATED, may_not((eslp_command){.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")}));
    does(ESLP_EFFECT_GREETING);
    CHECK(state().awaiting_first_command && !state().authenticated);
    receives(ESLP_IN_AUTH_REQUEST, ESLP_NO_ID);
    CHECK(sends((eslp_command){.kind = ESLP_COMMAND_USERAUTH,
                               .as.auth = {.user = ESLP_LIT("bob"), .domain = ESLP_LIT("x.org"), .password = ESLP_LIT("pw")}}) == 0);
    eslp_host_request ask = asked(ESLP_HOST_REQUEST_USER);
    SAYS("bob", ask.user);
    SAYS("x.org", ask.domain);
    SAYS("pw", ask.password);
    RETURNS(ESLP_WAITING, eslp_server_poll(server, to_server.octets, to_server.len, out, sizeof out, &result));
    RETURNS(ESLP_NOT_ASKED, answers((eslp_response){.kind = ESLP_RESPONSE_OUTPUT, .text = ESLP_LIT("x")}));
    RETURNS(ESLP_UNKNOWN_NUMBER, answers((eslp_response){.kind = 99}));
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_ACCEPT, .allowed_api = ESLP_LIT("status,msleep")}));
    RETURNS(ESLP_NEED_DATA, server_polls());
    receives(ESLP_IN_AUTHENTICATED, 0);
    eslp_value value;
    bool allowed = false;
    RETURNS(ESLP_OK, eslp_reply_allowed_api(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("status,msleep")));
    RETURNS(ESLP_OK, eslp_reply_allowed_events(&in.message, &value));
    CHECK(eslp_value_is_nocase(&value, ESLP_LIT("ALL")));
    RETURNS(ESLP_OK, eslp_reply_allowed_log(&in.message, &allowed));
    CHECK(allowed && !eslp_reply_is_broken(&in.message));
    CHECK(eslp_message_reply_status(&in.message) == ESLP_REPLY_OK);
    RETURNS(ESLP_ALREADY_AUTHENTICATED, may_not((eslp_command){.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("x")}));
    RETURNS(ESLP_NEEDS_UUID, may_not((eslp_command){.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg.call = ESLP_CALL_HANGUP}));
    CHECK(state().authenticated && eslp_client_in_flight(client) == 0);
}

static void calls(void) {
    char tag[ESLP_TAG_LEN];
    uint64_t number = 0;
    RETURNS(ESLP_OK, eslp_tag(0xf5, 17, tag, sizeof tag));
    uint64_t api = line(ESLP_COMMAND_API, "status a b");
    uint64_t job = sends((eslp_command){.kind = ESLP_COMMAND_BGAPI,
                                        .as.api = {.line = ESLP_LIT("msleep 5"), .job_uuid = {tag, sizeof tag}}});
    uint64_t denied = line(ESLP_COMMAND_API, "version");
    CHECK(eslp_client_in_flight(client) == 3);
    eslp_host_request ask = asked(ESLP_HOST_REQUEST_API);
    SAYS("status", ask.command);
    SAYS("a b", ask.argument);
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_OUTPUT, .text = ESLP_LIT("-ERR no such thing\n")}));
    ask = asked(ESLP_HOST_REQUEST_BGAPI);
    SAYS("msleep", ask.command);
    eslp_value name = {.data = ask.job.data, .len = ask.job.len};
    RETURNS(ESLP_OK, eslp_tag_number(&name, 0xf5, &number));
    CHECK(number == 17);
    RETURNS(ESLP_NOT_FOUND, eslp_tag_number(&name, 0xf6, &number));
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_JOB, .text = ask.job}));
    does(ESLP_EFFECT_NONE);
    RETURNS(ESLP_NEED_DATA, server_polls());

    eslp_bytes detail;
    eslp_value uuid;
    answered(api, "-ERR no such thing\n");
    CHECK(in.message.kind == ESLP_MESSAGE_API_RESPONSE && eslp_message_reply_status(&in.message) == ESLP_REPLY_ERR);
    RETURNS(ESLP_OK, eslp_message_detail(&in.message, &detail));
    SAYS("no such thing", detail);
    receives(ESLP_IN_ANSWER, job);
    RETURNS(ESLP_OK, eslp_reply_job_uuid(&in.message, &uuid));
    CHECK(eslp_value_is(&uuid, ((eslp_bytes){tag, sizeof tag})));
    answered(denied, "-ERR permission denied");
}

static void messages(void) {
    static const eslp_pair headers[] = {{ESLP_INIT("Event-Subclass"), ESLP_INIT("my::a")}};
    uint64_t msg = sends((eslp_command){.kind = ESLP_COMMAND_SENDMSG,
                                        .as.sendmsg = {.uuid = ESLP_LIT("5fd4"),
                                                       .call = ESLP_CALL_EXECUTE,
                                                       .event_lock = true,
                                                       .execute = {.app = ESLP_LIT("playback"), .arg = ESLP_LIT("a\nb")}}});
    uint64_t none = sends((eslp_command){.kind = ESLP_COMMAND_SENDMSG,
                                         .as.sendmsg = {.uuid = ESLP_LIT("5fd5"), .call = ESLP_CALL_HANGUP}});
    uint64_t event = sends((eslp_command){
        .kind = ESLP_COMMAND_SENDEVENT,
        .as.sendevent = {.name = ESLP_LIT("CUSTOM"), .headers = {.items = headers, .count = 1}, .body = ESLP_LIT("body")}});
    eslp_host_request ask = asked(ESLP_HOST_REQUEST_SENDMSG);
    CHECK(ask.message.call == ESLP_CALL_EXECUTE && ask.message.event_lock && !ask.wait);
    SAYS("5fd4", ask.message.uuid);
    SAYS("playback", ask.message.execute.app);
    SAYS("a\nb", ask.message.execute.arg);
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_OK}));
    ask = asked(ESLP_HOST_REQUEST_SENDMSG);
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_NO_SUCH_CHANNEL, .text = ask.message.uuid}));
    ask = asked(ESLP_HOST_REQUEST_SENDEVENT);
    eslp_bytes subclass;
    CHECK(ask.event_name == ESLP_EVENT_CUSTOM);
    SAYS("body", ask.request.body);
    RETURNS(ESLP_OK, eslp_request_get(&ask.request, ESLP_LIT("event-subclass"), &subclass));
    SAYS("my::a", subclass);
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_FIRED, .text = ESLP_LIT("e1")}));
    answered(msg, "+OK");
    answered(none, "-ERR invalid session id [5fd5]");
    answered(event, "+OK e1");
}

static int regex_calls;

static bool regex(void *user, const char *expression, size_t expression_len, const char *value, size_t value_len) {
    CHECK(user == &regex_calls);
    SAYS("/^5f/", ((eslp_bytes){expression, expression_len}));
    regex_calls++;
    return value_len >= 2 && !memcmp(value, "5f", 2);
}

static int32_t offered(const eslp_outgoing_event *event) {
    int32_t offer = -1;
    RETURNS(ESLP_OK, eslp_server_offer(server, event, regex, &regex_calls, &offer));
    return offer;
}

static void delivers(const eslp_outgoing_event *event) {
    size_t written = 0, needed = 0;
    CHECK(offered(event) == ESLP_ADMISSION_ENQUEUE && state().waiting_events == 1);
    RETURNS(ESLP_INSUFFICIENT, eslp_server_deliver(server, event, out, 5, &needed));
    RETURNS(ESLP_OK, eslp_server_deliver(server, event, out, sizeof out, &written));
    CHECK(written == needed && state().waiting_events == 0);
    push(&to_client, out, written);
    /* The same octets for any number of connections. */
    char frame[sizeof out];
    size_t len = 0;
    const int32_t format = state().format;
    const int calls = regex_calls;
    CHECK(offered(event) == ESLP_ADMISSION_ENQUEUE);
    regex_calls = calls;
    RETURNS(ESLP_OK, eslp_outgoing_event_frame(event, format, ESLP_PERCENT_FREESWITCH, frame, sizeof frame, &len));
    CHECK(len == written && memcmp(frame, out, len) == 0);
    RETURNS(ESLP_OTHER_CODING, eslp_server_delivered(server, format % 3 + 1, ESLP_PERCENT_FREESWITCH));
    RETURNS(ESLP_OTHER_CODING, eslp_server_delivered(server, format, ESLP_PERCENT_LOSSLESS));
    CHECK(state().waiting_events == 1);
    RETURNS(ESLP_OK, eslp_server_delivered(server, format, ESLP_PERCENT_FREESWITCH));
    CHECK(state().waiting_events == 0);
}

static void event_arrives(int32_t format) {
    static const char *const items[] = {"one", "two: 2", ""};
    eslp_event event;
    eslp_value value, item;
    eslp_items walk;
    eslp_headers all;
    eslp_header header;
    char string[32];
    size_t len = 0;
    receives(ESLP_IN_EVENT, ESLP_NO_ID);
    RETURNS(ESLP_OK, eslp_message_event(&in.message, &event));
    CHECK(event.format == format && eslp_event_name_of(&event) == ESLP_EVENT_CUSTOM);
    RETURNS(ESLP_OK, eslp_event_get(&event, ESLP_LIT("UNIQUE-id"), &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("5fd4 %")));
    RETURNS(ESLP_INSUFFICIENT, eslp_value_string(&value, string, 6, &len));
    CHECK(len == 6);
    RETURNS(ESLP_OK, eslp_value_string(&value, string, 7, &len));
    CHECK(len == 6 && !strcmp(string, "5fd4 %"));
    RETURNS(ESLP_NOT_FOUND, eslp_event_get(&event, ESLP_LIT("x"), &value));
    RETURNS(ESLP_OK, eslp_event_get_all(&event, ESLP_LIT("list"), &all));
    if (format != ESLP_FORMAT_XML) {
        RETURNS(ESLP_OK, eslp_headers_next(&all, &header));
        CHECK(eslp_value_is_array(&header.value));
        RETURNS(ESLP_OK, eslp_value_items(&header.value, &walk));
        for (int i = 0; i < 3; i++) {
            RETURNS(ESLP_OK, eslp_items_next(&walk, &item));
            CHECK(eslp_value_is(&item, eslp_str(items[i])));
        }
        RETURNS(ESLP_END, eslp_items_next(&walk, &item));
    } else {
        for (int i = 0; i < 3; i++) {
            RETURNS(ESLP_OK, eslp_headers_next(&all, &header));
            CHECK(eslp_value_is(&header.value, eslp_str(items[i])));
        }
    }
    RETURNS(ESLP_END, eslp_headers_next(&all, &header));
    RETURNS(ESLP_OK, eslp_event_body(&event, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("a <body>\n")));
}

/* Returns the first of three commands whose answers are still to come. */
static uint64_t events(void) {
    static const eslp_pair filters[] = {{ESLP_INIT("Unique-ID"), ESLP_INIT("/^5f/")}};
    eslp_subscription wanted = {.events = {.names = ESLP_LIT("DTMF CUSTOM my::a"), .format = ESLP_FORMAT_PLAIN},
                                .filters = {.items = filters, .count = 1},
                                .log = true,
                                .log_level = ESLP_LOG_INFO};
    eslp_sent sent;
    RETURNS(ESLP_INSUFFICIENT, eslp_client_subscribe(client, &wanted, out, 10, &sent));
    CHECK(sent.len > 10 && sent.count == 0);
    RETURNS(ESLP_OK, eslp_client_subscribe(client, &wanted, out, sizeof out, &sent));
    CHECK(sent.count == 3);
    push(&to_server, out, sent.len);
    for (int i = 0; i < 3; i++) does(ESLP_EFFECT_NONE);
    RETURNS(ESLP_NEED_DATA, server_polls());
    answered(sent.id, "+OK filter added. [Unique-ID]=[/^5f/]");
    answered(sent.id + 1, "+OK event listener enabled plain");
    answered(sent.id + 2, "+OK log level 6 [6]");

    eslp_field_slot slots[4];
    eslp_item_slot item_slots[3];
    const eslp_bytes items[] = {ESLP_INIT("one"), ESLP_INIT("two: 2"), ESLP_INIT("")};
    eslp_outgoing_event event;
    RETURNS(ESLP_OK, eslp_outgoing_event_init(&event, slots, 4));
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&event, ESLP_LIT("Event-Subclass"), ESLP_LIT("my::a")));
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&event, ESLP_LIT("Event-Name"), ESLP_LIT("CUSTOM")));
    CHECK(offered(&event) == ESLP_ADMISSION_SKIP);
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&event, ESLP_LIT("Unique-ID"), ESLP_LIT("5fd4 %")));
    RETURNS(ESLP_OK, eslp_outgoing_event_add_array(&event, ESLP_LIT("list"), items, 3, item_slots));
    RETURNS(ESLP_INSUFFICIENT, eslp_outgoing_event_add(&event, ESLP_LIT("x"), ESLP_LIT("y")));
    RETURNS(ESLP_OK, eslp_outgoing_event_body(&event, ESLP_LIT("a <body>\n")));
    CHECK(regex_calls == 0);
    for (int32_t format = ESLP_FORMAT_PLAIN; format <= ESLP_FORMAT_XML; format++) {
        eslp_command change = {.kind = ESLP_COMMAND_EVENT, .as.event = {.names = ESLP_LIT("DTMF"), .format = format}};
        uint64_t id = sends(change);
        does(ESLP_EFFECT_NONE);
        RETURNS(ESLP_NEED_DATA, server_polls());
        receives(ESLP_IN_ANSWER, id);
        delivers(&event);
        event_arrives(format);
    }
    CHECK(regex_calls == 3);

    /* The document alone. */
    char document[512];
    size_t len = 0;
    eslp_event view;
    eslp_value value;
    RETURNS(ESLP_OK, eslp_outgoing_event_encode(&event, ESLP_FORMAT_PLAIN, ESLP_PERCENT_LOSSLESS, document, sizeof document, &len));
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, (eslp_bytes){document, len}, &view));
    RETURNS(ESLP_OK, eslp_event_get(&view, ESLP_LIT("Unique-ID"), &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("5fd4 %")));

    /* What was read, looked up at once and in the other formats. */
    const eslp_bytes names[] = {ESLP_LIT("unique-id"), ESLP_LIT("nobody"), ESLP_LIT("Event-Name")};
    eslp_value values[3];
    RETURNS(ESLP_OK, eslp_event_find(&view, names, 3, values));
    CHECK(eslp_value_is(&values[0], ESLP_LIT("5fd4 %")) && values[1].data == NULL);
    CHECK(eslp_value_is(&values[2], ESLP_LIT("CUSTOM")));
    for (int32_t format = ESLP_FORMAT_PLAIN; format <= ESLP_FORMAT_XML; format++) {
        char other[512], own[512];
        size_t needed = 0, other_len = 0, own_len = 0;
        RETURNS(ESLP_INSUFFICIENT, eslp_event_transcode(&view, format, ESLP_ENCODE_STRICT, NULL, 0, &needed));
        RETURNS(ESLP_OK, eslp_event_transcode(&view, format, ESLP_ENCODE_STRICT, other, sizeof other, &other_len));
        CHECK(other_len == needed);
        RETURNS(ESLP_OK, eslp_outgoing_event_encode(&event, format, ESLP_ENCODE_STRICT, own, sizeof own, &own_len));
        CHECK(other_len == own_len && memcmp(other, own, own_len) == 0);
        /* An event that was read, as one to be sent. */
        eslp_field_slot read_slots[8];
        eslp_outgoing_event read;
        RETURNS(ESLP_OK, eslp_outgoing_event_init(&read, read_slots, 8));
        RETURNS(ESLP_OK, eslp_outgoing_event_read(&read, &view));
        RETURNS(ESLP_OK, eslp_outgoing_event_encode(&read, format, ESLP_ENCODE_STRICT, own, sizeof own, &own_len));
        CHECK(other_len == own_len && memcmp(other, own, own_len) == 0);
    }
    const struct {
        eslp_bytes text;
        int32_t format, flags, status;
        size_t item;
    } refused[] = {
        {ESLP_LIT("a: 1\nb c: 2\n\n"), ESLP_FORMAT_XML, ESLP_ENCODE_REFUSE, ESLP_NOT_XML_NAME, 1},
        {ESLP_LIT("a: 1\n\xff: 2\n\n"), ESLP_FORMAT_JSON, ESLP_ENCODE_REFUSE, ESLP_NAME_NOT_UTF8, 1},
        {ESLP_LIT("a: 1\nb: %FF\n\n"), ESLP_FORMAT_JSON, ESLP_ENCODE_REFUSE, ESLP_VALUE_NOT_UTF8, 1},
        {ESLP_LIT("a: 1\nContent-Length: 1\n\n\xff"), ESLP_FORMAT_PLAIN, ESLP_ENCODE_REFUSE, ESLP_BODY_NOT_UTF8, 2},
        {ESLP_LIT("a: 1\nContent-Length: 1\n\n\x01"), ESLP_FORMAT_XML, ESLP_ENCODE_REFUSE, ESLP_BODY_NOT_XML, 2},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        eslp_event bad;
        RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, refused[i].text, &bad));
        RETURNS(refused[i].status, eslp_event_transcode(&bad, refused[i].format, refused[i].flags, document, sizeof document, &len));
        CHECK(len == refused[i].item);
        RETURNS(ESLP_OK, eslp_event_transcode(&bad, refused[i].format, ESLP_ENCODE_FREESWITCH, document, sizeof document, &len));
    }
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_outgoing_event_encode(&event, ESLP_FORMAT_NONE, 0, document, sizeof document, &len));
    RETURNS(ESLP_OK, eslp_outgoing_event_clear(&event));
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&event, ESLP_LIT("a\nb"), ESLP_LIT("c")));
    RETURNS(ESLP_FORGED_NAME, eslp_outgoing_event_encode(&event, ESLP_FORMAT_JSON, 0, document, sizeof document, &len));
    CHECK(len == 0);

    RETURNS(ESLP_OK, eslp_client_unsubscribe(client, &wanted, out, sizeof out, &sent));
    push(&to_server, out, sent.len);
    CHECK(sent.count == 3);
    return sent.id;
}

static void log_lines(uint64_t first) {
    int32_t offer = -1;
    size_t written = 0;
    eslp_log_data data = {.level = ESLP_LOG_WARNING,
                          .text_channel = 0,
                          .line = 42,
                          .file = ESLP_LIT("a.c"),
                          .function = ESLP_LIT("f"),
                          .user_data = ESLP_LIT("5fd4"),
                          .text = ESLP_LIT("text\n")};
    RETURNS(ESLP_OK, eslp_server_offer_log(server, ESLP_LOG_DEBUG, &offer));
    CHECK(offer == ESLP_ADMISSION_SKIP);
    RETURNS(ESLP_OK, eslp_server_offer_log(server, ESLP_LOG_WARNING, &offer));
    CHECK(offer == ESLP_ADMISSION_ENQUEUE && state().waiting_log_lines == 1 && state().log_level == ESLP_LOG_INFO);
    RETURNS(ESLP_OK, eslp_server_deliver_log(server, &data, out, sizeof out, &written));
    push(&to_client, out, written);
    does(ESLP_EFFECT_EVENTS_FLUSHED);
    does(ESLP_EFFECT_NONE);
    does(ESLP_EFFECT_LOG_FLUSHED);
    RETURNS(ESLP_NEED_DATA, server_polls());

    int32_t level = 0;
    uint64_t number = 0;
    eslp_value value;
    receives(ESLP_IN_LOG, ESLP_NO_ID);
    RETURNS(ESLP_OK, eslp_log_level_of(&in.message, &level));
    CHECK(level == ESLP_LOG_WARNING);
    RETURNS(ESLP_OK, eslp_log_line(&in.message, &number));
    CHECK(number == 42);
    RETURNS(ESLP_OK, eslp_log_text_channel(&in.message, &number));
    CHECK(number == 0);
    RETURNS(ESLP_OK, eslp_log_file(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("a.c")));
    RETURNS(ESLP_OK, eslp_log_function(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("f")));
    RETURNS(ESLP_OK, eslp_log_channel_uuid(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("5fd4")));
    text_is("text\n");
    answered(first, "+OK no longer listening for events");
    answered(first + 1, "+OK filter deleted. [all][]");
    answered(first + 2, "+OK no longer logging");
}

static void ends(void) {
    eslp_eof eof;
    eslp_stats stats;
    uint64_t id = 0;
    RETURNS(ESLP_OK, eslp_client_track_external(client, &id));
    push(&to_server, "dance\n\n", 7);
    CHECK(sends((eslp_command){.kind = ESLP_COMMAND_EXIT}) == id + 1);
    RETURNS(ESLP_EXITING, may_not((eslp_command){.kind = ESLP_COMMAND_NOLOG}));
    does(ESLP_EFFECT_NONE);
    RETURNS(ESLP_CLOSED, server_polls());
    CHECK(result.closed == ESLP_CLOSED_EXIT && state().closed == ESLP_CLOSED_EXIT);
    answered(id, "-ERR command not found");
    answered(id + 1, "+OK bye");
    receives(ESLP_IN_GOODBYE, ESLP_NO_ID);
    CHECK(in.end == ESLP_END_EXIT && in.unanswered.count == 0);
    RETURNS(ESLP_CLOSED, client_polls());
    CHECK(in.end == ESLP_END_EXIT && eslp_client_end(client) == ESLP_END_EXIT);
    SAYS("ended by exit", eslp_end_text(in.end));
    RETURNS(ESLP_OK, eslp_client_eof(client, NULL, 0, &eof));
    CHECK(eof.end == ESLP_END_EXIT && eof.incomplete == 0);
    RETURNS(ESLP_OK, eslp_client_stats(client, &stats));
    CHECK(stats.events == 3 && stats.log_lines == 1 && stats.unexpected == 0);
    RETURNS(ESLP_IS_CLOSED, may_not((eslp_command){.kind = ESLP_COMMAND_EXIT}));
}

static void inbound(void) {
    static char storage[1024];
    RETURNS(ESLP_OK, eslp_client_new(ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_OK, eslp_server_new(NULL, storage, sizeof storage, &server));
    login();
    calls();
    messages();
    log_lines(events());
    ends();
    eslp_client_free(client);
    eslp_server_free(server);
}

static void outbound(void) {
    static uint64_t client_memory[ESLP_CLIENT_SIZE / 8], server_memory[ESLP_SERVER_SIZE / 8];
    char storage[256];
    size_t written = 0;
    bool full = false;
    int32_t mode = 0;
    eslp_server_options options = {.channel = ESLP_LIT("5fd4"), .full = true, .is_async = true};
    to_client.len = to_server.len = 0;
    RETURNS(ESLP_OK, eslp_client_init(client_memory, sizeof client_memory, ESLP_OUTBOUND, NULL, &client));
    RETURNS(ESLP_INSUFFICIENT,
            eslp_server_init(server_memory, sizeof server_memory, &options, storage, 2, &server));
    RETURNS(ESLP_OK,
            eslp_server_init(server_memory, sizeof server_memory, &options, storage, sizeof storage, &server));
    RETURNS(ESLP_NOT_CONNECTED, may_not((eslp_command){.kind = ESLP_COMMAND_RESUME}));
    RETURNS(ESLP_NOT_FOUND, eslp_client_full_control(client, &full));
    uint64_t connect = sends((eslp_command){.kind = ESLP_COMMAND_CONNECT});
    uint64_t linger = sends((eslp_command){.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = 2});
    uint64_t getvar = sends((eslp_command){.kind = ESLP_COMMAND_GETVAR, .as.variable = ESLP_LIT("x")});
    uint64_t divert = sends((eslp_command){.kind = ESLP_COMMAND_DIVERT_EVENTS, .as.on = true});
    uint64_t resume = sends((eslp_command){.kind = ESLP_COMMAND_RESUME});
    does(ESLP_EFFECT_GREETING);
    asked(ESLP_HOST_REQUEST_CONNECT);
    eslp_field_slot slots[2];
    eslp_outgoing_event data;
    RETURNS(ESLP_OK, eslp_outgoing_event_init(&data, slots, 2));
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&data, ESLP_LIT("Event-Name"), ESLP_LIT("CHANNEL_DATA")));
    RETURNS(ESLP_OK, eslp_outgoing_event_add(&data, ESLP_LIT("variable_x"), ESLP_LIT("a b")));
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_CHANNEL, .channel = &data}));
    does(ESLP_EFFECT_LINGER);
    eslp_host_request ask = asked(ESLP_HOST_REQUEST_GETVAR);
    SAYS("x", ask.variable);
    RETURNS(ESLP_OK, answers((eslp_response){.kind = ESLP_RESPONSE_VALUE, .text = ESLP_LIT("a b")}));
    does(ESLP_EFFECT_DIVERT_ON);
    does(ESLP_EFFECT_RESUME);
    RETURNS(ESLP_NEED_DATA, server_polls());
    CHECK(state().linger && state().linger_seconds == 2);
    SAYS("5fd4", state().channel);

    eslp_event event;
    eslp_value value;
    receives(ESLP_IN_CONNECTED, connect);
    RETURNS(ESLP_OK, eslp_message_event(&in.message, &event));
    RETURNS(ESLP_OK, eslp_event_get(&event, ESLP_LIT("variable_x"), &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("a b")) && eslp_event_name_of(&event) == ESLP_EVENT_CHANNEL_DATA);
    RETURNS(ESLP_OK, eslp_reply_socket_mode(&in.message, &mode));
    RETURNS(ESLP_OK, eslp_reply_full_control(&in.message, &full));
    CHECK(mode == ESLP_SOCKET_ASYNC && full);
    full = false;
    mode = 0;
    RETURNS(ESLP_OK, eslp_client_full_control(client, &full));
    RETURNS(ESLP_OK, eslp_client_socket_mode(client, &mode));
    CHECK(full && mode == ESLP_SOCKET_ASYNC && eslp_client_is_open(client));
    answered(linger, "+OK will linger 2 seconds");
    answered(getvar, "a b");
    RETURNS(ESLP_OK, eslp_reply_text_to_end(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("a b")) && eslp_message_reply_status(&in.message) == ESLP_REPLY_BARE);
    answered(divert, "+OK events diverted");
    answered(resume, "+OK");

    int32_t offer = -1;
    RETURNS(ESLP_OK, eslp_server_offer_diverted(server, &offer));
    CHECK(offer == ESLP_ADMISSION_ENQUEUE);
    RETURNS(ESLP_NOT_READY, eslp_server_deliver(server, &data, out, sizeof out, &written));
    RETURNS(ESLP_OK, eslp_server_skip(server));
    CHECK(state().waiting_events == 0);

    bool lingers = false;
    int64_t seconds = 0;
    RETURNS(ESLP_OK, eslp_server_channel_ended(server, ESLP_LIT("loopback/x"), out, sizeof out, &written));
    push(&to_client, out, written);
    receives(ESLP_IN_LINGERING, ESLP_NO_ID);
    RETURNS(ESLP_OK, eslp_notice_lingers(&in.message, &lingers));
    RETURNS(ESLP_OK, eslp_notice_linger_seconds(&in.message, &seconds));
    CHECK(lingers && seconds == 2 && eslp_client_is_lingering(client) && state().lingering);
    RETURNS(ESLP_OK, eslp_notice_channel_name(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("loopback/x")));
    RETURNS(ESLP_OK, eslp_notice_session_uuid(&in.message, &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("5fd4")));

    /* A command whose answer never comes. */
    uint64_t lost = sends((eslp_command){.kind = ESLP_COMMAND_RESUME});
    RETURNS(ESLP_INSUFFICIENT, eslp_server_disconnect(server, ESLP_GOODBYE_SHUT_DOWN, out, 3, &written));
    RETURNS(ESLP_OK, eslp_server_disconnect(server, ESLP_GOODBYE_SHUT_DOWN, out, sizeof out, &written));
    push(&to_client, out, written);
    receives(ESLP_IN_GOODBYE, ESLP_NO_ID);
    CHECK(in.end == ESLP_END_SHUTDOWN && in.unanswered.first == lost && in.unanswered.count == 1);
    RETURNS(ESLP_CLOSED, client_polls());
    RETURNS(ESLP_OK, eslp_client_drop(client));
    RETURNS(ESLP_OK, eslp_server_drop(server));
}

/* A small buffer: long frames come in parts. And a framing that breaks. */
static void small_and_broken(void) {
    static uint64_t memory[ESLP_CLIENT_SIZE / 8];
    static const char stream[] = "Content-Type: api/response\nContent-Length: 1000\n\n+OK";
    static const char broken[] = "Content-Type: auth/request\n\nContent-Length: x\n\n";
    eslp_limits limits = {.max_buffered = 64};
    eslp_eof eof;
    uint64_t id;
    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, &limits, &client));
    RETURNS(ESLP_OK, eslp_client_track_external(client, &id));
    RETURNS(ESLP_OK, eslp_client_poll(client, stream, sizeof stream - 1, &in));
    CHECK(in.kind == ESLP_IN_HEAD && in.id == id && in.remaining == 1000 && in.message.kind == ESLP_MESSAGE_API_RESPONSE);
    RETURNS(ESLP_OK, eslp_client_poll(client, stream + in.consumed, sizeof stream - 1 - in.consumed, &in));
    CHECK(in.kind == ESLP_IN_BODY && in.id == id && in.remaining == 997);
    SAYS("+OK", in.data);
    RETURNS(ESLP_NEED_DATA, eslp_client_poll(client, stream, 0, &in));
    RETURNS(ESLP_OK, eslp_client_eof(client, stream, 0, &eof));
    CHECK(eof.end == ESLP_END_EOF && eof.unanswered.first == id && eof.unanswered.count == 1);
    CHECK(eof.incomplete == sizeof stream - 1 && eof.missing == 997);
    RETURNS(ESLP_OK, eslp_client_drop(client));

    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_poll(client, broken, sizeof broken - 1, &in));
    size_t consumed = in.consumed;
    RETURNS(ESLP_OK, eslp_client_track_external(client, &id));
    RETURNS(ESLP_INVALID_LENGTH, eslp_client_poll(client, broken + consumed, sizeof broken - 1 - consumed, &in));
    CHECK(in.end == ESLP_END_PROTOCOL && in.error_offset == 44 && in.unanswered.count == 1);
    RETURNS(ESLP_INVALID_LENGTH, eslp_client_poll(client, broken, 0, &in));
    CHECK(in.unanswered.count == 0);
    RETURNS(ESLP_OK, eslp_client_drop(client));

    /* A server that rejects, and one that cannot read. */
    static uint64_t server_memory[ESLP_SERVER_SIZE / 8];
    char storage[64];
    size_t written = 0;
    RETURNS(ESLP_OK, eslp_server_init(server_memory, sizeof server_memory, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_OK, eslp_server_reject(server, out, sizeof out, &written));
    CHECK(written > 50 && state().closed == ESLP_CLOSED_REJECTED);
    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_poll(client, out, written, &in));
    CHECK(in.kind == ESLP_IN_REJECTED);
    eslp_server_options options = {.request = {.max_head = 10}};
    RETURNS(ESLP_OK, eslp_server_init(server_memory, sizeof server_memory, &options, storage, sizeof storage, &server));
    RETURNS(ESLP_OK, eslp_server_poll(server, "", 0, out, sizeof out, &result));
    RETURNS(ESLP_CLOSED, eslp_server_poll(server, "auth 1234567890\n\n", 17, out, sizeof out, &result));
    CHECK(result.closed == ESLP_CLOSED_UNREADABLE && result.error == ESLP_HEAD_TOO_LONG && result.written > 0);

    /* A command that begins with a NUL. */
    RETURNS(ESLP_OK, eslp_server_init(server_memory, sizeof server_memory, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_OK, eslp_server_poll(server, "", 0, out, sizeof out, &result));
    RETURNS(ESLP_CLOSED, eslp_server_poll(server, "\0foo\n\n", 6, out, sizeof out, &result));
    CHECK(result.closed == ESLP_CLOSED_NO_COMMAND && state().closed == ESLP_CLOSED_NO_COMMAND);

    /* Passwords. */
    CHECK(eslp_secret_matches(ESLP_LIT("ClueCon"), ESLP_LIT("ClueCon")));
    CHECK(!eslp_secret_matches(ESLP_LIT("ClueCon"), ESLP_LIT("ClueCoN")));
    CHECK(!eslp_secret_matches(ESLP_LIT(""), ESLP_LIT("ClueCon")) && ESLP_SERVER_FIRST_COMMAND_SECONDS == 25);
}

int main(void) {
    inbound();
    outbound();
    small_and_broken();
    return 0;
}
