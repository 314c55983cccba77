/* Applications by name, look-ups with a type, arrays in replies, and a connection that another process goes on with. */
#include "check.h"

static void writes(eslp_app app, const char *name, const char *argument) {
    char out[512];
    eslp_execute execute;
    eslp_app_fault fault;
    size_t len;
    RETURNS(argument[0] ? ESLP_INSUFFICIENT : ESLP_OK, eslp_app_encode(&app, NULL, 0, &execute, NULL));
    len = execute.arg.len;
    CHECK(len == strlen(argument));
    RETURNS(ESLP_OK, eslp_app_encode(&app, out, len, &execute, &fault));
    SAYS(name, execute.app);
    SAYS(argument, execute.arg);
    CHECK(!fault.field.data && execute.loops == 0);
    /* As a command. */
    const eslp_command command = {.kind = ESLP_COMMAND_SENDMSG,
                                  .as.sendmsg = {.uuid = ESLP_LIT("5fd4"), .call = ESLP_CALL_EXECUTE, .execute = execute}};
    char wire[1024];
    RETURNS(ESLP_OK, eslp_command_encode(&command, wire, sizeof wire, &len, NULL));
}

static void refuses(eslp_status status, eslp_app app, const char *field, size_t offset) {
    char out[512];
    eslp_execute execute;
    eslp_app_fault fault;
    RETURNS(status, eslp_app_encode(&app, out, sizeof out, &execute, &fault));
    SAYS(field, fault.field);
    CHECK(fault.offset == offset && !execute.arg.data);
}

static void applications(void) {
    static const eslp_pair variables[] = {{ESLP_INIT("a"), ESLP_INIT("1")}, {ESLP_INIT("b"), ESLP_INIT("2")}};
    static const eslp_leg legs[] = {{.endpoint = ESLP_INIT("user/1000")}};
    writes((eslp_app){.kind = ESLP_APP_ANSWER}, "answer", "");
    writes((eslp_app){.kind = ESLP_APP_PLAYBACK, .file = ESLP_LIT("/tmp/two words.wav")}, "playback", "/tmp/two words.wav");
    writes((eslp_app){.kind = ESLP_APP_PLAYBACK, .file = ESLP_LIT("a.wav"), .start_sample = 8000}, "playback", "a.wav@@8000");
    writes((eslp_app){.kind = ESLP_APP_SET, .name = ESLP_LIT("caller"), .value = ESLP_LIT("O'Hara, Ann")}, "set", "caller=O'Hara, Ann");
    writes((eslp_app){.kind = ESLP_APP_EXPORT, .name = ESLP_LIT("a"), .value = ESLP_LIT("b"), .nolocal = 1}, "export", "nolocal:a=b");
    writes((eslp_app){.kind = ESLP_APP_UNSET, .name = ESLP_LIT("a")}, "unset", "a");
    writes((eslp_app){.kind = ESLP_APP_SLEEP, .timeout = 250}, "sleep", "250");
    writes((eslp_app){.kind = ESLP_APP_PARK}, "park", "");
    writes((eslp_app){.kind = ESLP_APP_HANGUP, .cause = ESLP_LIT("USER_BUSY")}, "hangup", "USER_BUSY");
    writes((eslp_app){.kind = ESLP_APP_SCHED_HANGUP, .limit = 30}, "sched_hangup", "+30");
    writes((eslp_app){.kind = ESLP_APP_TRANSFER, .target = ESLP_LIT("1000"), .leg = ESLP_LEG_BOTH, .dialplan = ESLP_LIT("XML"),
                      .context = ESLP_LIT("default")}, "transfer", "-both 1000 XML default");
    writes((eslp_app){.kind = ESLP_APP_BRIDGE, .dial = {.legs = legs, .count = 1}}, "bridge", "user/1000");
    writes((eslp_app){.kind = ESLP_APP_LOG, .text = ESLP_LIT("hello"), .level = ESLP_LOG_ERR}, "log", "ERR hello");
    writes((eslp_app){.kind = ESLP_APP_SET, .name = ESLP_LIT("a"), .value = ESLP_LIT("${b}"), .expand = 1}, "set", "a=${b}");
    for (eslp_app_kind kind = ESLP_APP_ANSWER; kind <= ESLP_APP_UNHOLD; kind++) {
        char out[512];
        eslp_execute execute;
        eslp_app app = {.kind = kind, .file = ESLP_LIT("f"), .name = ESLP_LIT("n"), .value = ESLP_LIT("v"), .text = ESLP_LIT("1"),
                        .target = ESLP_LIT("t"), .module = ESLP_LIT("en"), .method = ESLP_LIT("pronounced"), .min = 1, .max = 4,
                        .timeout = 2000, .limit = 9, .pairs = {.items = variables, .count = 2}, .dial = {.legs = legs, .count = 1}};
        RETURNS(ESLP_OK, eslp_app_encode(&app, out, sizeof out, &execute, NULL));
        CHECK(execute.app.len > 0);
    }
    refuses(ESLP_APP_EXPANSION, (eslp_app){.kind = ESLP_APP_SET, .name = ESLP_LIT("a"), .value = ESLP_LIT("x${system(id)}")}, "value", 1);
    refuses(ESLP_APP_EMPTY, (eslp_app){.kind = ESLP_APP_SET, .value = ESLP_LIT("x")}, "name", 0);
    eslp_execute execute;
    char out[64];
    eslp_app app = {.kind = 99};
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_app_encode(&app, out, sizeof out, &execute, NULL));
    memcpy(out, "file", 4);
    app = (eslp_app){.kind = ESLP_APP_PLAYBACK, .file = {out, 4}};
    RETURNS(ESLP_OVERLAP, eslp_app_encode(&app, out, sizeof out, &execute, NULL));
}

static void facts(void) {
    eslp_event event;
    eslp_value value;
    uint64_t number;
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN,
        ESLP_LIT("Event-Name: CHANNEL_HANGUP\nChannel-State: CS_HANGUP\nChannel-Call-State: HANGUP\nAnswer-State: hangup\n"
                 "Call-Direction: outbound\nHangup-Cause: USER_BUSY\nCaller-Channel-Hangup-Time: 1700000000000000\n"
                 "variable_billsec: 12\n\n"), &event));
    CHECK(eslp_event_hangup_cause(&event) == ESLP_CAUSE_USER_BUSY && eslp_event_channel_state(&event) == ESLP_CS_HANGUP);
    CHECK(eslp_event_call_state(&event) == ESLP_CCS_HANGUP && eslp_event_answer_state(&event) == ESLP_AS_HANGUP);
    CHECK(eslp_event_direction(&event) == ESLP_DIRECTION_OUTBOUND);
    RETURNS(ESLP_OK, eslp_event_u64(&event, ESLP_LIT("Caller-Channel-Hangup-Time"), &number));
    CHECK(number == 1700000000000000);
    RETURNS(ESLP_NOT_FOUND, eslp_event_u64(&event, ESLP_LIT("Hangup-Cause"), &number));
    CHECK(number == 0);
    RETURNS(ESLP_OK, eslp_event_variable(&event, ESLP_LIT("billsec"), &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("12")));
    RETURNS(ESLP_NOT_FOUND, eslp_event_variable(&event, ESLP_LIT("duration"), &value));
}

/* The value of a variable that is an array, in the reply to getvar. */
static void arrays_in_replies(void) {
    const eslp_value text = {.data = "ARRAY::one|:two", .len = 15}, plain = {.data = "one|:two", .len = 8};
    eslp_items items;
    eslp_value item;
    CHECK(!eslp_value_is_array(&text));
    RETURNS(ESLP_OK, eslp_value_elements(&text, &items));
    RETURNS(ESLP_OK, eslp_items_next(&items, &item));
    CHECK(eslp_value_is(&item, ESLP_LIT("one")));
    RETURNS(ESLP_OK, eslp_items_next(&items, &item));
    CHECK(eslp_value_is(&item, ESLP_LIT("two")));
    RETURNS(ESLP_END, eslp_items_next(&items, &item));
    RETURNS(ESLP_OK, eslp_value_elements(&plain, &items));
    RETURNS(ESLP_OK, eslp_items_next(&items, &item));
    CHECK(eslp_value_is(&item, ESLP_LIT("one|:two")));
}

/* A process goes on with the socket of another: the ids go on, too. */
static void goes_on(void) {
    static uint64_t before[ESLP_CLIENT_SIZE / 8], after[ESLP_CLIENT_SIZE / 8];
    static const char login[] = "Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n";
    char saved[ESLP_CLIENT_SAVED], out[256];
    eslp_client *client;
    eslp_client_result result;
    eslp_sent sent;
    RETURNS(ESLP_OK, eslp_client_init(before, sizeof before, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_NOT_READY, eslp_client_save(client, saved, sizeof saved));
    RETURNS(ESLP_OK, eslp_client_poll(client, login, sizeof login - 1, &result));
    const eslp_command auth = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("x")};
    RETURNS(ESLP_OK, eslp_client_send(client, &auth, out, sizeof out, &sent));
    size_t rest = result.consumed;
    RETURNS(ESLP_OK, eslp_client_poll(client, login + rest, sizeof login - 1 - rest, &result));
    const eslp_command api = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
    RETURNS(ESLP_OK, eslp_client_send(client, &api, out, sizeof out, &sent));
    RETURNS(ESLP_INSUFFICIENT, eslp_client_save(client, saved, sizeof saved - 1));
    RETURNS(ESLP_OK, eslp_client_save(client, saved, sizeof saved));
    RETURNS(ESLP_OK, eslp_client_drop(client));
    RETURNS(ESLP_OK, eslp_client_resume(after, sizeof after, saved, sizeof saved, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_poll(client, "Content-Type: api/response\nContent-Length: 3\n\nUP\n", 49, &result));
    CHECK(result.kind == ESLP_IN_ANSWER && result.id == sent.id && eslp_client_is_open(client));
    saved[0] = 99;
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_client_resume(before, sizeof before, saved, sizeof saved, NULL, &client));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_client_resume(before, sizeof before, saved, 3, NULL, &client));
}

int main(void) {
    applications();
    facts();
    arrays_in_replies();
    goes_on();
    return 0;
}
