/* What a leg calls, what channels execute on an occasion, and dialplans that stand in the call itself. */
#include "check.h"

static char out[512];
static size_t len;

static void endpoint(const char *text, eslp_endpoint what) {
    RETURNS(ESLP_OK, eslp_endpoint_encode(&what, out, sizeof out, &len, NULL));
    SAYS(text, ((eslp_bytes){out, len}));
    RETURNS(ESLP_DIAL_INSUFFICIENT, eslp_endpoint_encode(&what, out, len - 1, &len, NULL));
    CHECK(len == strlen(text));
}

static void no_endpoint(eslp_status status, size_t item, size_t offset, eslp_endpoint what) {
    eslp_dial_fault fault;
    RETURNS(status, eslp_endpoint_encode(&what, out, sizeof out, &len, &fault));
    CHECK(fault.field == ESLP_DIAL_FIELD_ENDPOINT && fault.item == item && fault.offset == offset && len == 0);
}

#define ENDPOINT(...) ((eslp_endpoint){.kind = __VA_ARGS__})
#define NAME(text) .name = ESLP_LIT(text)
#define DOMAIN(text) .domain = ESLP_LIT(text)
#define PROFILE(text) .profile = ESLP_LIT(text)

static void endpoints(void) {
    endpoint("user/1000", ENDPOINT(ESLP_ENDPOINT_USER, NAME("1000")));
    endpoint("user/1000@pbx", ENDPOINT(ESLP_ENDPOINT_USER, NAME("1000"), DOMAIN("pbx")));
    endpoint("group/sales@pbx", ENDPOINT(ESLP_ENDPOINT_GROUP, NAME("sales"), DOMAIN("pbx")));
    endpoint("sofia/internal/1000@192.0.2.7:5060",
             ENDPOINT(ESLP_ENDPOINT_SOFIA, PROFILE("internal"), NAME("1000@192.0.2.7:5060")));
    endpoint("sofia/gateway/provider/+49", ENDPOINT(ESLP_ENDPOINT_GATEWAY, PROFILE("provider"), NAME("+49")));
    endpoint("sofia/internal/1000%pbx", ENDPOINT(ESLP_ENDPOINT_CONTACT, PROFILE("internal"), NAME("1000"), DOMAIN("pbx")));
    endpoint("loopback/9199", ENDPOINT(ESLP_ENDPOINT_LOOPBACK, NAME("9199")));
    endpoint("loopback/9199/default", ENDPOINT(ESLP_ENDPOINT_LOOPBACK, NAME("9199"), .context = ESLP_LIT("default")));
    endpoint("loopback/9199/default/XML",
             ENDPOINT(ESLP_ENDPOINT_LOOPBACK, NAME("9199"), .context = ESLP_LIT("default"), .dialplan = ESLP_LIT("XML")));
    endpoint("verto.rtc/1000@pbx", ENDPOINT(ESLP_ENDPOINT_VERTO, NAME("1000"), DOMAIN("pbx")));
    endpoint("error/USER_BUSY", ENDPOINT(ESLP_ENDPOINT_ERROR, .name = eslp_cause_text(ESLP_CAUSE_USER_BUSY)));
    endpoint("null", ENDPOINT(ESLP_ENDPOINT_NULL));
    endpoint("pickup/sales", ENDPOINT(ESLP_ENDPOINT_PICKUP, NAME("sales")));
    no_endpoint(ESLP_DIAL_SEPARATOR, 0, 3, ENDPOINT(ESLP_ENDPOINT_USER, NAME("100/sofia")));
    no_endpoint(ESLP_DIAL_SEPARATOR, 1, 1, ENDPOINT(ESLP_ENDPOINT_USER, NAME("1000"), DOMAIN("a@b")));
    no_endpoint(ESLP_DIAL_EMPTY, 0, 0, ENDPOINT(ESLP_ENDPOINT_USER, DOMAIN("a")));
    no_endpoint(ESLP_DIAL_EMPTY, 2, 0, ENDPOINT(ESLP_ENDPOINT_CONTACT, PROFILE("internal"), NAME("1000")));
    no_endpoint(ESLP_DIAL_RESERVED, 0, 0, ENDPOINT(ESLP_ENDPOINT_SOFIA, PROFILE("gateway"), NAME("1000")));
    const eslp_endpoint lost = {.kind = ESLP_ENDPOINT_LOOPBACK, NAME("9199"), .dialplan = ESLP_LIT("XML")};
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_endpoint_encode(&lost, out, sizeof out, &len, NULL));
}

/* The value of a hook's variable, and its name. */
static void hook(const char *name, const char *value, eslp_hook on, const char *app, const char *arg, bool in_background) {
    eslp_pair variable;
    const eslp_bytes none = {NULL, 0};
    RETURNS(ESLP_OK, eslp_hook_encode(on, app ? eslp_str(app) : none, eslp_str(arg), in_background, out, sizeof out, &variable, NULL));
    SAYS(name, variable.name);
    SAYS(value, variable.value);
    CHECK(variable.value.data == out);
    RETURNS(ESLP_DIAL_INSUFFICIENT, eslp_hook_encode(on, app ? eslp_str(app) : none, eslp_str(arg), in_background, NULL, 0,
                                                     &variable, NULL));
    CHECK(variable.value.len == strlen(value) && !variable.value.data && !variable.name.data);
}

static void no_hook(eslp_status status, eslp_dial_field field, size_t offset, const char *app, const char *arg) {
    eslp_pair variable;
    eslp_dial_fault fault;
    const eslp_bytes none = {NULL, 0};
    RETURNS(status, eslp_hook_encode(ESLP_HOOK_ANSWER, app ? eslp_str(app) : none, eslp_str(arg), false, out, sizeof out,
                                     &variable, &fault));
    CHECK(!variable.name.data && !variable.value.data && fault.field == field && fault.offset == offset);
}

static void hooks(void) {
    hook("execute_on_answer", "tone_detect fax 1100 r +5000", ESLP_HOOK_ANSWER, "tone_detect", "fax 1100 r +5000", false);
    hook("execute_on_ring", "playback::/tmp/a.wav", ESLP_HOOK_RING, "playback", "/tmp/a.wav", true);
    hook("execute_on_originate", "park", ESLP_HOOK_ORIGINATE, "park", "", false);
    hook("execute_on_post_originate", "echo", ESLP_HOOK_POST_ORIGINATE, "echo", "", false);
    hook("api_on_media", "log INFO it rings", ESLP_HOOK_MEDIA, NULL, "log INFO it rings", false);
    hook("api_on_pre_answer", "status", ESLP_HOOK_PRE_ANSWER, NULL, "status", false);
    hook("api_on_tone_detect", "status", ESLP_HOOK_TONE_DETECT, NULL, "status", false);
    no_hook(ESLP_DIAL_BLANK, ESLP_DIAL_FIELD_APPLICATION, 3, "set x", "a=b");
    no_hook(ESLP_DIAL_EMPTY, ESLP_DIAL_FIELD_APPLICATION, 0, "", "a=b");
    no_hook(ESLP_DIAL_EXPANSION, ESLP_DIAL_FIELD_ARGUMENT, 2, "set", "a=${system(id)}");
    no_hook(ESLP_DIAL_EMPTY, ESLP_DIAL_FIELD_ARGUMENT, 0, NULL, "");

    /* In a call: an application that knows how it is read, for one leg. */
    char argument[64], value[64];
    const eslp_app app = {.kind = ESLP_APP_SET, .name = ESLP_LIT("who"), .value = ESLP_LIT("O'Hara, A.")};
    eslp_execute execute;
    eslp_pair variable;
    RETURNS(ESLP_OK, eslp_app_encode(&app, argument, sizeof argument, &execute, NULL));
    RETURNS(ESLP_OK, eslp_hook_encode(ESLP_HOOK_ANSWER, execute.app, execute.arg, false, value, sizeof value, &variable, NULL));
    const eslp_leg leg = {.endpoint = ESLP_LIT("user/1000"), .handle_variables = {.items = &variable, .count = 1}};
    const eslp_dial dial = {.legs = &leg, .count = 1};
    RETURNS(ESLP_OK, eslp_bridge_encode(&dial, out, sizeof out, &len, NULL));
    SAYS("{^^;execute_on_answer=set who=O\\\\\\\\\\\\'Hara, A.}user/1000", ((eslp_bytes){out, len}));
}

static void inlines(void) {
    const eslp_pair apps[] = {{ESLP_INIT("answer"), {NULL, 0}},
                              {ESLP_INIT("playback"), ESLP_INIT("a,b.wav")},
                              {ESLP_INIT("hangup"), {NULL, 0}}};
    eslp_pairs pairs = {.items = apps, .count = 3}, read;
    eslp_dial_fault fault;
    eslp_headers headers;
    eslp_header header;
    char text[128], storage[128], line[256];
    size_t line_len, offset;
    RETURNS(ESLP_OK, eslp_inline_encode(&pairs, text, sizeof text, &len, NULL));
    const eslp_bytes written = {text, len};
    SAYS("m:^:answer^playback:a,b.wav^hangup", written);
    RETURNS(ESLP_DIAL_INSUFFICIENT, eslp_inline_encode(&pairs, text, 5, &len, NULL));
    CHECK(len == written.len);
    RETURNS(ESLP_OK, eslp_inline_encode(&pairs, text, sizeof text, &len, NULL));

    /* In a call, and read as the server would. */
    const eslp_leg leg = {.endpoint = ESLP_LIT("user/1000")};
    const eslp_originate call = {.dial = {.legs = &leg, .count = 1}, .extension = written, .dialplan = ESLP_LIT("inline")};
    RETURNS(ESLP_OK, eslp_originate_encode(&call, line, sizeof line, &line_len, NULL));
    SAYS("originate user/1000 m:^:answer^playback:a,b.wav^hangup inline", ((eslp_bytes){line, line_len}));
    RETURNS(ESLP_OK, eslp_inline_parse(written, storage, sizeof storage, &read, NULL));
    RETURNS(ESLP_OK, eslp_pairs_headers(&read, &headers));
    for (size_t i = 0; i < 3; i++) {
        RETURNS(ESLP_OK, eslp_headers_next(&headers, &header));
        CHECK(eslp_value_is(&header.name, apps[i].name) && eslp_value_is(&header.value, apps[i].value));
    }
    RETURNS(ESLP_END, eslp_headers_next(&headers, &header));
    /* What was read is written again. */
    RETURNS(ESLP_OK, eslp_inline_encode(&read, line, sizeof line, &line_len, NULL));
    CHECK(line_len == written.len && !memcmp(line, text, line_len));

    RETURNS(ESLP_DIAL_PARSE_STORAGE, eslp_inline_parse(written, storage, 3, &read, &offset));
    CHECK(offset > 3 && offset <= written.len + 1);
    RETURNS(ESLP_DIAL_PARSE_MISSING, eslp_inline_parse(ESLP_LIT("answer,:x"), storage, sizeof storage, &read, &offset));
    CHECK(offset >= 7);
    pairs.count = 0;
    RETURNS(ESLP_DIAL_EMPTY, eslp_inline_encode(&pairs, text, sizeof text, &len, &fault));
    const eslp_pair wrong[] = {{ESLP_INIT("answer"), {NULL, 0}}, {ESLP_INIT("a b"), {NULL, 0}}};
    pairs = (eslp_pairs){.items = wrong, .count = 2};
    RETURNS(ESLP_DIAL_BLANK, eslp_inline_encode(&pairs, text, sizeof text, &len, &fault));
    CHECK(fault.item == 1 && fault.offset == 1 && fault.field == ESLP_DIAL_FIELD_APPLICATION);
}

/* A dial string in an application says where it is wrong, too. */
static void faults(void) {
    const eslp_leg leg = {.endpoint = ESLP_LIT("user/1\n")};
    const eslp_app app = {.kind = ESLP_APP_BRIDGE, .dial = {.legs = &leg, .count = 1}};
    eslp_execute execute;
    eslp_app_fault fault;
    RETURNS(ESLP_DIAL_LINE_END, eslp_app_encode(&app, out, sizeof out, &execute, &fault));
    CHECK(fault.offset == 6 && fault.field.len > 0);
}

int main(void) {
    endpoints();
    hooks();
    inlines();
    faults();
    return 0;
}
