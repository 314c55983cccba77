/* Commands on the wire, read back and written again; what is refused and where; dial strings both ways. */
#include "check.h"

static const eslp_pair headers[] = {{ESLP_INIT("Event-Subclass"), ESLP_INIT("my::a")}, {ESLP_INIT("x"), ESLP_INIT("1")}};
static const eslp_pair applications[] = {{ESLP_INIT("answer"), {NULL, 0}},
                                         {ESLP_INIT("playback"), ESLP_INIT("/tmp/a b.wav")}};

static const struct {
    eslp_command command;
    const char *wire;
} commands[] = {
    {{.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_INIT("ClueCon")}, "auth ClueCon\n\n"},
    {{.kind = ESLP_COMMAND_USERAUTH, .as.auth = {.user = ESLP_INIT("bob"), .domain = ESLP_INIT("x.org"), .password = ESLP_INIT("s:")}},
     "userauth bob@x.org:s:\n\n"},
    {{.kind = ESLP_COMMAND_API, .as.api.line = ESLP_INIT("status")}, "api status\n\n"},
    {{.kind = ESLP_COMMAND_API, .as.api = {.line = ESLP_INIT("status"), .console_execute = true}},
     "api status\nconsole_execute: true\n\n"},
    {{.kind = ESLP_COMMAND_BGAPI, .as.api = {.line = ESLP_INIT("status"), .job_uuid = ESLP_INIT("j 1")}},
     "bgapi status\nJob-UUID: j 1\n\n"},
    {{.kind = ESLP_COMMAND_EVENT, .as.event = {.names = ESLP_INIT("DTMF CUSTOM my::a my::b"), .format = ESLP_FORMAT_JSON}},
     "event json DTMF CUSTOM my::a my::b\n\n"},
    {{.kind = ESLP_COMMAND_EVENT, .as.event = {.names = ESLP_INIT("ALL"), .subclasses = ESLP_INIT("my::a")}},
     "event ALL CUSTOM my::a\n\n"},
    {{.kind = ESLP_COMMAND_NIXEVENT, .as.event.names = ESLP_INIT("DTMF")}, "nixevent DTMF\n\n"},
    {{.kind = ESLP_COMMAND_NOEVENTS}, "noevents\n\n"},
    {{.kind = ESLP_COMMAND_MYEVENTS, .as.myevents.uuid = ESLP_INIT("5fd4")}, "myevents 5fd4\n\n"},
    {{.kind = ESLP_COMMAND_MYEVENTS, .as.myevents.format = ESLP_FORMAT_XML}, "myevents xml\n\n"},
    {{.kind = ESLP_COMMAND_DIVERT_EVENTS, .as.on = true}, "divert_events on\n\n"},
    {{.kind = ESLP_COMMAND_DIVERT_EVENTS, .as.on = false}, "divert_events off\n\n"},
    {{.kind = ESLP_COMMAND_FILTER_ADD, .as.filter = {ESLP_INIT("Unique-ID"), ESLP_INIT("-a b")}}, "filter add Unique-ID -a b\n\n"},
    {{.kind = ESLP_COMMAND_FILTER_DELETE, .as.filter.header = ESLP_INIT("x")}, "filter delete x\n\n"},
    {{.kind = ESLP_COMMAND_FILTER_DELETE, .as.filter = {ESLP_INIT("x"), ESLP_INIT("1")}}, "filter delete x 1\n\n"},
    {{.kind = ESLP_COMMAND_FILTER_DELETE_ALL}, "filter delete all\n\n"},
    {{.kind = ESLP_COMMAND_SENDEVENT,
      .as.sendevent = {.name = ESLP_INIT("CUSTOM"), .headers = {.items = headers, .count = 2}, .body = ESLP_INIT("a\n\nb")}},
     "sendevent CUSTOM\nEvent-Subclass: my::a\nx: 1\nContent-Length: 4\n\na\n\nb"},
    {{.kind = ESLP_COMMAND_SENDMSG,
      .as.sendmsg = {.uuid = ESLP_INIT("5fd4"),
                     .call = ESLP_CALL_EXECUTE,
                     .lead_frames = 3,
                     .event_lock = true,
                     .event_lock_pri = true,
                     .run_async = true,
                     .execute = {.app = ESLP_INIT("playback"),
                                 .arg = ESLP_INIT("/tmp/a.wav"),
                                 .event_uuid = ESLP_INIT("e1"),
                                 .event_uuid_name = ESLP_INIT("n"),
                                 .loops = -1,
                                 .hold_bleg = true}}},
     "sendmsg 5fd4\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: /tmp/a.wav\nloops: -1\n"
     "Event-UUID: e1\nEvent-UUID-Name: n\nhold-bleg: true\nevent-lock: true\nevent-lock-pri: true\nlead-frames: 3\n"
     "async: true\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG,
      .as.sendmsg = {.call = ESLP_CALL_EXECUTE, .execute = {.app = ESLP_INIT("log"), .arg = ESLP_INIT("INFO a\nb")}}},
     "sendmsg\ncall-command: execute\nexecute-app-name: log\ncontent-type: text/plain\nContent-Length: 8\n\nINFO a\nb"},
    {{.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.call = ESLP_CALL_HANGUP, .hangup_cause = ESLP_INIT("USER_BUSY")}},
     "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.call = ESLP_CALL_HANGUP, .hangup_cause = ESLP_INIT("21")}},
     "sendmsg\ncall-command: hangup\nhangup-cause: CALL_REJECTED\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG,
      .as.sendmsg = {.call = ESLP_CALL_UNICAST,
                     .unicast = {.local_ip = ESLP_INIT("127.0.0.1"),
                                 .remote_ip = ESLP_INIT("127.0.0.2"),
                                 .transport = ESLP_INIT("tcp"),
                                 .flags = ESLP_INIT("native"),
                                 .local_port = 1,
                                 .remote_port = 65535}}},
     "sendmsg\ncall-command: unicast\nlocal-ip: 127.0.0.1\nlocal-port: 1\nremote-ip: 127.0.0.2\nremote-port: 65535\n"
     "transport: tcp\nflags: native\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.call = ESLP_CALL_NOMEDIA, .nomedia_uuid = ESLP_INIT("5fd4")}},
     "sendmsg\ncall-command: nomedia\nnomedia-uuid: 5fd4\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.call = ESLP_CALL_XFEREXT, .applications = {.items = applications, .count = 2}}},
     "sendmsg\ncall-command: xferext\napplication: answer\napplication: playback /tmp/a b.wav\n\n"},
    {{.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.call = ESLP_CALL_OTHER, .other = ESLP_INIT("dance")}},
     "sendmsg\ncall-command: dance\n\n"},
    {{.kind = ESLP_COMMAND_LOG, .as.log_level = ESLP_LOG_WARNING}, "log 4\n\n"},
    {{.kind = ESLP_COMMAND_LOG, .as.log_level = ESLP_LOG_NONE}, "log\n\n"},
    {{.kind = ESLP_COMMAND_NOLOG}, "nolog\n\n"},
    {{.kind = ESLP_COMMAND_LOG}, "log\n\n"},
    {{.kind = ESLP_COMMAND_LOG, .as.log_level = ESLP_LOG_CONSOLE}, "log 0\n\n"},
    {{.kind = ESLP_COMMAND_LOG, .as.log_level = 63}, "log 63\n\n"},
    {{.kind = ESLP_COMMAND_LINGER}, "linger\n\n"},
    {{.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = ESLP_LINGER_AT_ONCE}, "linger 0\n\n"},
    {{.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = 5}, "linger 5\n\n"},
    {{.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = ESLP_LINGER_FOREVER}, "linger\n\n"},
    {{.kind = ESLP_COMMAND_NOLINGER}, "nolinger\n\n"},
    {{.kind = ESLP_COMMAND_GETVAR, .as.variable = ESLP_INIT("x")}, "getvar x\n\n"},
    {{.kind = ESLP_COMMAND_CONNECT}, "connect\n\n"},
    {{.kind = ESLP_COMMAND_RESUME}, "resume\n\n"},
    {{.kind = ESLP_COMMAND_EXIT}, "exit\n\n"},
};

static void writes(const eslp_command *command, const char *wire) {
    char out[1024];
    size_t len = 0, wanted = strlen(wire);
    RETURNS(ESLP_OK, eslp_command_encode(command, out, sizeof out, &len, NULL));
    SAYS(wire, ((eslp_bytes){out, len}));
    /* In storage of every lesser size: how much is needed, and nothing behind the storage. */
    for (size_t size = 0; size < wanted; size++) {
        char *little = malloc(size + 1);
        CHECK(little);
        memset(little, 7, size + 1);
        len = 0;
        RETURNS(ESLP_INSUFFICIENT, eslp_command_encode(command, little, size, &len, NULL));
        CHECK(len == wanted);
        CHECK(little[size] == 7);
        free(little);
    }
}

static void commands_on_the_wire(void) {
    eslp_decoder *decoder;
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_CLIENT, NULL, &decoder));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *wire = commands[i].wire;
        eslp_step step;
        eslp_command command;
        writes(&commands[i].command, wire);
        RETURNS(ESLP_OK, eslp_decoder_decode(decoder, wire, strlen(wire), &step));
        CHECK(step.consumed == strlen(wire));
        RETURNS(ESLP_OK, eslp_command_parse(&step.message.frame, &command, NULL));
        CHECK(command.kind == commands[i].command.kind);
        writes(&command, wire);
    }
    eslp_decoder_free(decoder);
}

static void requests(void) {
    static const char wire[] = "sendmsg 5fd4\ncall-command: xferext\napplication: a\nApplication: b c d\nContent-Length: 2\n\nhi";
    eslp_decoder *decoder;
    eslp_step step;
    eslp_bytes text;
    eslp_headers walk;
    eslp_header header;
    eslp_command command;
    size_t offset = 0;
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_CLIENT, NULL, &decoder));
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, wire, sizeof wire - 1, &step));
    const eslp_frame *request = &step.message.frame;
    RETURNS(ESLP_OK, eslp_request_line(request, &text));
    SAYS("sendmsg 5fd4", text);
    RETURNS(ESLP_OK, eslp_request_get(request, ESLP_LIT("CALL-command"), &text));
    SAYS("xferext", text);
    RETURNS(ESLP_NOT_FOUND, eslp_request_get(request, ESLP_LIT("x"), &text));
    SAYS("hi", request->body);
    RETURNS(ESLP_OK, eslp_request_headers(request, &walk));
    for (int i = 0; i < 3; i++) RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    CHECK(eslp_value_is(&header.value, ESLP_LIT("b c d")));
    RETURNS(ESLP_END, eslp_headers_next(&walk, &header));
    RETURNS(ESLP_OK, eslp_command_parse(request, &command, &offset));
    RETURNS(ESLP_OK, eslp_pairs_headers(&command.as.sendmsg.applications, &walk));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    CHECK(eslp_value_is(&header.name, ESLP_LIT("a")) && eslp_value_is(&header.value, ESLP_LIT("")));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    CHECK(eslp_value_is(&header.name, ESLP_LIT("b")) && eslp_value_is(&header.value, ESLP_LIT("c d")));
    RETURNS(ESLP_END, eslp_headers_next(&walk, &header));
    static const char unknown[] = "dance\n\nfilter add\n\nmyevents x\n\n";
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, unknown, sizeof unknown - 1, &step));
    RETURNS(ESLP_PARSE_UNKNOWN, eslp_command_parse(request, &command, &offset));
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, unknown + 7, sizeof unknown - 8, &step));
    RETURNS(ESLP_PARSE_SYNTAX, eslp_command_parse(request, &command, &offset));
    CHECK(offset == 10);
    eslp_decoder_free(decoder);
    /* Pairs of one's own are walked, too. */
    eslp_pairs pairs = {.items = headers, .count = 2};
    RETURNS(ESLP_OK, eslp_pairs_headers(&pairs, &walk));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    CHECK(eslp_value_is(&header.name, ESLP_LIT("x")));
    RETURNS(ESLP_END, eslp_headers_next(&walk, &header));
}

static void refuses(eslp_status status, eslp_command command, int32_t field, size_t item, size_t offset) {
    char out[256];
    size_t len = 7;
    eslp_fault fault = {.item = 0};
    RETURNS(status, eslp_command_encode(&command, out, sizeof out, &len, &fault));
    CHECK(fault.field == field && fault.item == item && fault.offset == offset);
    CHECK(len == 0 && eslp_field_text(field).data != NULL);
}

static void what_would_forge_is_refused(void) {
    static const eslp_pair forged[] = {{ESLP_INIT("a"), ESLP_INIT("1")}, {ESLP_INIT("b"), ESLP_INIT("2\nexit")}};
    refuses(ESLP_COMMAND_LINE_END, (eslp_command){.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status\n\nexit")},
            ESLP_FIELD_API_LINE, 0, 6);
    refuses(ESLP_COMMAND_EMPTY, (eslp_command){.kind = ESLP_COMMAND_API}, ESLP_FIELD_API_LINE, 0, 0);
    refuses(ESLP_COMMAND_NUL, (eslp_command){.kind = ESLP_COMMAND_GETVAR, .as.variable = ESLP_LIT("a\0b")},
            ESLP_FIELD_VARIABLE, 0, 1);
    refuses(ESLP_COMMAND_LINE_END,
            (eslp_command){.kind = ESLP_COMMAND_SENDEVENT,
                           .as.sendevent = {.name = ESLP_LIT("CUSTOM"), .headers = {.items = forged, .count = 2}}},
            ESLP_FIELD_HEADER_VALUE, 1, 1);
    refuses(ESLP_COMMAND_FORMAT_LOST,
            (eslp_command){.kind = ESLP_COMMAND_MYEVENTS,
                           .as.myevents = {.uuid = ESLP_LIT("5fd4"), .format = ESLP_FORMAT_JSON}},
            ESLP_FIELD_FORMAT, 0, 0);
    refuses(ESLP_COMMAND_SEPARATOR,
            (eslp_command){.kind = ESLP_COMMAND_USERAUTH,
                           .as.auth = {.user = ESLP_LIT("a@b"), .domain = ESLP_LIT("c"), .password = ESLP_LIT("d")}},
            ESLP_FIELD_USER, 0, 1);
    CHECK(eslp_field_text(ESLP_FIELD_NONE).data == NULL && eslp_field_text(99).data == NULL);
}

static void dial_strings(void) {
    static const eslp_pair all[] = {{ESLP_INIT("a"), ESLP_INIT("1")}};
    static const eslp_pair handle[] = {{ESLP_INIT("b"), ESLP_INIT("2")}, {ESLP_INIT("c"), ESLP_INIT("3")}};
    static const eslp_pair leg[] = {{ESLP_INIT("d"), ESLP_INIT("4")}};
    static const char wire[] = "<a=1>{b=2,c=3}user/1,[d=4]user/2|user/3:_:user/4";
    eslp_leg legs[] = {
        {.endpoint = ESLP_LIT("user/1"), .handle_variables = {.items = handle, .count = 2}},
        {.endpoint = ESLP_LIT("user/2"), .variables = {.items = leg, .count = 1}},
        {.endpoint = ESLP_LIT("user/3"), .join = ESLP_JOIN_OR},
        {.endpoint = ESLP_LIT("user/4"), .join = ESLP_JOIN_ENTERPRISE},
    };
    eslp_dial dial = {.legs = legs, .count = 4, .variables = {.items = all, .count = 1}};
    char out[256], storage[256];
    size_t len = 0;
    eslp_dial_fault fault;
    RETURNS(ESLP_OK, eslp_bridge_encode(&dial, out, sizeof out, &len, &fault));
    SAYS(wire, ((eslp_bytes){out, len}));
    RETURNS(ESLP_DIAL_INSUFFICIENT, eslp_bridge_encode(&dial, out, 10, &len, NULL));
    CHECK(len == sizeof wire - 1);

    eslp_leg read[4];
    eslp_dial again;
    eslp_dial_read result;
    eslp_headers walk;
    eslp_header header;
    RETURNS(ESLP_OK, eslp_bridge_parse(eslp_str(wire), storage, sizeof storage, read, 4, &again, &result));
    CHECK(result.legs == 4 && again.count == 4 && read[2].join == ESLP_JOIN_OR && read[3].join == ESLP_JOIN_ENTERPRISE);
    SAYS("user/2", read[1].endpoint);
    RETURNS(ESLP_OK, eslp_pairs_headers(&read[0].handle_variables, &walk));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    RETURNS(ESLP_OK, eslp_headers_next(&walk, &header));
    CHECK(eslp_value_is(&header.name, ESLP_LIT("c")) && eslp_value_is(&header.value, ESLP_LIT("3")));
    RETURNS(ESLP_END, eslp_headers_next(&walk, &header));
    RETURNS(ESLP_OK, eslp_bridge_encode(&again, out, sizeof out, &len, NULL));
    SAYS(wire, ((eslp_bytes){out, len}));
    RETURNS(ESLP_INSUFFICIENT, eslp_bridge_parse(eslp_str(wire), storage, sizeof storage, read, 3, &again, &result));
    CHECK(result.legs == 4);
    RETURNS(ESLP_DIAL_PARSE_STORAGE, eslp_bridge_parse(eslp_str(wire), storage, 3, read, 4, &again, &result));
    CHECK(result.offset == sizeof wire - 1);
    RETURNS(ESLP_DIAL_PARSE_EXPANSION, eslp_bridge_parse(ESLP_LIT("user/${x}"), storage, sizeof storage, read, 4, &again, NULL));

    eslp_originate call = {.dial = {.legs = legs, .count = 1},
                           .application = ESLP_LIT("park"),
                           .cid_name = ESLP_LIT("O'Hara"),
                           .timeout_sec = 20};
    RETURNS(ESLP_OK, eslp_originate_encode(&call, out, sizeof out, &len, &fault));
    static const char line[] = "originate {b=2,c=3}user/1 &park() undef undef O\\'Hara undef 20";
    SAYS(line, ((eslp_bytes){out, len}));
    eslp_originate same;
    RETURNS(ESLP_OK, eslp_originate_parse(eslp_str(line), storage, sizeof storage, read, 4, &same, NULL));
    SAYS("O'Hara", same.cid_name);
    SAYS("park", same.application);
    CHECK(same.timeout_sec == 20 && same.extension.data == NULL && same.dialplan.data == NULL);
    RETURNS(ESLP_DIAL_PARSE_UNKNOWN, eslp_originate_parse(ESLP_LIT("status"), storage, sizeof storage, read, 4, &same, NULL));
    legs[1].endpoint = ESLP_LIT("user/2,user/9");
    RETURNS(ESLP_DIAL_SEPARATOR, eslp_bridge_encode(&dial, out, sizeof out, &len, &fault));
    CHECK(fault.field == ESLP_DIAL_FIELD_ENDPOINT && fault.leg == 1 && fault.offset == 6);
    SAYS("endpoint", eslp_dial_field_text(fault.field));
    CHECK(eslp_dial_field_text(0).data == NULL && eslp_dial_field_text(12).data == NULL);
}

int main(void) {
    commands_on_the_wire();
    requests();
    what_would_forge_is_refused();
    dial_strings();
    return 0;
}
