/* Sessions, queues and calls from C: recorded dialogues with a real server, whose waits must end as they do in Rust; and in
 * virtual time what no recording has: deadlines, silence, reconnects, refusals, full queues. */
#include "check.h"

#define MAX 65536

/* Octets of a file, which must be there. */
static size_t file(const char *folder, const char *name, char *octets, size_t size) {
    char path[256];
    FILE *opened;
    size_t count;
    snprintf(path, sizeof path, "testdata/%s%s", folder, name);
    opened = fopen(path, "rb");
    CHECK(opened);
    count = fread(octets, 1, size, opened);
    CHECK(count < size && !ferror(opened));
    fclose(opened);
    return count;
}

/* The next text of a line, and what ends it. */
static const char *cell(char **at, char end) {
    char *from = *at, *to = strchr(from, end);
    CHECK(to);
    *to = 0;
    *at = to + 1;
    return from;
}

static bool is(const char *text, const char *other) { return !strcmp(text, other); }

static eslp_outcome_kind outcome_of(const char *word) {
    static const char *const words[] = {"-", "answered", "job-ended", "completed", "channel-ended", "refused"};
    for (int32_t i = 0; i < 6; i++) {
        if (is(word, words[i])) return (eslp_outcome_kind)i;
    }
    failed(__FILE__, __LINE__, word);
    return ESLP_OUTCOME_NONE;
}

static eslp_reply_status status_of(const char *word) {
    CHECK(is(word, "ok") || is(word, "err") || is(word, "bare"));
    return is(word, "ok") ? ESLP_REPLY_OK : is(word, "err") ? ESLP_REPLY_ERR : ESLP_REPLY_BARE;
}

/* Reads a command as the server would. */
static eslp_command command_of(const char *line, char *kept, size_t size) {
    eslp_command command;
    int len = snprintf(kept, size, "%s\n", line);
    const eslp_frame request = {.head = {kept, (size_t)len}};
    RETURNS(ESLP_OK, eslp_command_parse(&request, &command, NULL));
    return command;
}

typedef struct {
    const char *kind, *what, *arg, *comes_to;
} step;

typedef struct {
    const char *name, *login, *channel, *end;
    bool inbound;
    step steps[16];
    size_t count;
} dialogue;

typedef struct {
    const dialogue *played;
    eslp_session *session;
    const char *client; /* what must be said yet */
    size_t client_len, next;
    bool waits;
    eslp_reply_status status;
} player;

static void flush(player *p) {
    eslp_bytes said = eslp_session_to_send(p->session);
    CHECK(said.len <= p->client_len && !memcmp(said.data, p->client, said.len));
    p->client += said.len;
    p->client_len -= said.len;
    RETURNS(ESLP_OK, eslp_session_sent(p->session, SIZE_MAX));
}

/* Begins the next step. Slots begin with 1. */
static void begin(player *p) {
    const uint64_t slot = p->next + 1;
    eslp_sent sent;
    char kept[256];
    if (p->next == p->played->count) return;
    const step *now = &p->played->steps[p->next];
    p->waits = true;
    if (is(now->kind, "send")) {
        eslp_command command = command_of(now->what, kept, sizeof kept);
        RETURNS(ESLP_OK, eslp_session_send(p->session, &command, slot, 0, &sent));
        RETURNS(ESLP_SLOT_IN_USE, eslp_session_send(p->session, &command, slot, 0, &sent));
        CHECK(sent.id == ESLP_NO_ID && sent.len == 0 && sent.count == 0);
    } else if (is(now->kind, "execute")) {
        const eslp_sendmsg message = {.call = ESLP_CALL_EXECUTE,
                                      .uuid = p->played->inbound ? eslp_str(p->played->channel) : (eslp_bytes){NULL, 0},
                                      .execute = {.app = eslp_str(now->what), .arg = eslp_str(now->arg)}};
        RETURNS(ESLP_OK, eslp_session_execute(p->session, &message, slot, 0, &sent));
        CHECK(sent.count >= 1 && sent.len == eslp_session_to_send(p->session).len);
    } else if (is(now->kind, "job")) {
        char tag[ESLP_TAG_LEN];
        RETURNS(ESLP_OK, eslp_session_bgapi(p->session, eslp_str(now->what), slot, 0, &sent));
        RETURNS(ESLP_OK, eslp_session_last_tag(p->session, tag, sizeof tag));
        CHECK(!memcmp(tag, "0000000000000017-", 17));
    } else if (is(now->kind, "listen")) {
        const eslp_interest interest = {.events.names = eslp_str(now->what)};
        RETURNS(ESLP_OK, eslp_session_listen(p->session, slot, &interest));
    } else if (is(now->kind, "log")) {
        RETURNS(ESLP_NO_RIGHT, eslp_session_listen_log(p->session, slot, ESLP_LOG_INFO));
        p->next++;
        begin(p);
        return;
    } else {
        const eslp_pair filter = {eslp_str(now->what), eslp_str(now->arg)};
        const eslp_pairs filters = {.items = &filter, .count = 1};
        CHECK(is(now->kind, "filter"));
        RETURNS(ESLP_OK, eslp_session_set_filters(p->session, &filters));
    }
    flush(p);
}

/* Looks what has ended. */
static void settle(player *p) {
    eslp_outcome told, another;
    eslp_notice notice;
    eslp_session_state state;
    flush(p);
    RETURNS(ESLP_END, eslp_session_next_notice(p->session, &notice));
    const bool is_told = eslp_session_next_outcome(p->session, &told) == ESLP_OK;
    RETURNS(ESLP_END, eslp_session_next_outcome(p->session, &another));
    if (!p->waits || p->next == p->played->count) {
        CHECK(!is_told);
        return;
    }
    const step *now = &p->played->steps[p->next];
    if (is_told) {
        eslp_outcome_kind wanted = ESLP_OUTCOME_ANSWERED;
        if (is(now->kind, "send")) CHECK(p->status == status_of(now->comes_to));
        else wanted = outcome_of(now->comes_to);
        CHECK(told.slot == p->next + 1 && told.kind == wanted);
    } else {
        /* What is only said stands once it is answered. */
        RETURNS(ESLP_OK, eslp_session_get_state(p->session, &state));
        if (!is(now->comes_to, "-") || !state.is_settled) return;
    }
    p->waits = false;
    p->next++;
    begin(p);
}

static void play(const dialogue *played, const char *server, size_t server_len, const char *client, size_t client_len,
                 size_t first, size_t piece) {
    player p = {.played = played, .client = client, .client_len = client_len};
    eslp_session_state state;
    eslp_client_result result;
    eslp_sent sent;
    size_t at = 0, filled = 0;
    bool has_begun = false;
    char kept[256];
    RETURNS(ESLP_OK, eslp_session_new(0x17, &p.session));
    RETURNS(ESLP_OK, eslp_session_connect(p.session, played->inbound ? ESLP_INBOUND : ESLP_OUTBOUND, NULL, 0));
    if (!played->inbound) {
        RETURNS(ESLP_OK, eslp_session_send(p.session, &(eslp_command){.kind = ESLP_COMMAND_CONNECT}, 0, 0, &sent));
        flush(&p);
    }
    while (!has_begun || p.next != played->count || !is(played->end, "-")) {
        /* What was read and not consumed lies before `filled`. */
        size_t some = first < server_len - filled ? first : server_len - filled;
        first = piece;
        if (some == 0) {
            eslp_eof eof;
            eslp_status status = eslp_session_eof(p.session, server + at, filled - at, 0, &eof);
            CHECK(status == ESLP_OK || status == ESLP_NO_CONNECTION);
            settle(&p);
            break;
        }
        filled += some;
        for (;;) {
            eslp_status status = eslp_session_poll(p.session, server + at, filled - at, 0, &result);
            if (status != ESLP_OK) {
                CHECK(status == ESLP_NEED_DATA || status == ESLP_CLOSED);
                at += result.consumed;
                break;
            }
            if (result.kind == ESLP_IN_AUTH_REQUEST) {
                eslp_command login = command_of(played->login, kept, sizeof kept);
                RETURNS(ESLP_OK, eslp_session_send(p.session, &login, 0, 0, &sent));
            } else if (result.kind == ESLP_IN_ANSWER) {
                p.status = eslp_message_reply_status(&result.message);
            }
            settle(&p);
            at += result.consumed;
            RETURNS(ESLP_OK, eslp_session_get_state(p.session, &state));
            if (!has_begun && state.is_open) {
                has_begun = true;
                begin(&p);
            }
        }
        settle(&p);
    }
    RETURNS(ESLP_OK, eslp_session_get_state(p.session, &state));
    CHECK(p.next == played->count && state.waiting == 0 && p.client_len == 0);
    if (is(played->end, "-")) CHECK(state.reason == ESLP_REASON_NONE && state.has_connection);
    else {
        CHECK(state.reason == ESLP_REASON_END && !state.has_connection);
        CHECK(state.end == (is(played->end, "exit") ? ESLP_END_EXIT : ESLP_END_CHANNEL_ENDED));
    }
    eslp_session_free(p.session);
}

static void replay(void) {
    static char list[MAX], server[4 * MAX], client[MAX];
    static dialogue all[64];
    size_t count = 0, steps = 0;
    list[file("", "dialogues.txt", list, sizeof list)] = 0;
    for (char *at = list; *at;) {
        const char *kind = cell(&at, strchr(at, '\t') && strchr(at, '\t') < strchr(at, '\n') ? '\t' : '\n');
        if (is(kind, "dialogue")) {
            dialogue *made = &all[count++];
            CHECK(count <= 64);
            made->name = cell(&at, '\t');
            made->inbound = is(cell(&at, '\t'), "inbound");
            made->login = cell(&at, '\t');
            made->channel = cell(&at, '\t');
            made->end = cell(&at, '\n');
            continue;
        }
        CHECK(count > 0 && all[count - 1].count < 16);
        step *made = &all[count - 1].steps[all[count - 1].count++];
        *made = (step){.kind = kind, .comes_to = "-"};
        if (!is(kind, "log")) made->what = cell(&at, '\t');
        if (is(kind, "execute")) made->arg = cell(&at, '\t');
        if (is(kind, "filter")) made->arg = cell(&at, '\n');
        else if (!is(kind, "log")) made->comes_to = cell(&at, '\n');
        steps++;
    }
    CHECK(count == 27 && steps > 60);
    for (size_t i = 0; i < count; i++) {
        char folder[128];
        snprintf(folder, sizeof folder, "captures/%s/", all[i].name);
        size_t server_len = file(folder, "server.bin", server, sizeof server);
        size_t client_len = file(folder, "client.bin", client, sizeof client);
        play(&all[i], server, server_len, client, client_len, server_len, server_len);
        play(&all[i], server, server_len, client, client_len, 1, 1);
        for (size_t cut = 1; cut < server_len; cut += 997) {
            play(&all[i], server, server_len, client, client_len, cut, server_len);
        }
    }
}

/* In virtual time. */

#define OK(text) "Content-Type: command/reply\nReply-Text: +OK" text "\n\n"

static eslp_session *session;
static uint64_t now;

static eslp_client_result hear(const char *octets) {
    eslp_client_result result;
    size_t len = strlen(octets);
    RETURNS(ESLP_OK, eslp_session_poll(session, octets, len, now, &result));
    CHECK(result.consumed == len);
    return result;
}

/* A plain event of these lines. */
static eslp_client_result happens(const char *lines) {
    static char frames[8][1024]; /* views of earlier ones stay valid for a while */
    static size_t next;
    char *frame = frames[next++ % 8];
    snprintf(frame, sizeof frames[0], "Content-Length: %u\nContent-Type: text/event-plain\n\n%s\n",
             (unsigned)strlen(lines) + 1, lines);
    return hear(frame);
}

static void says(const char *octets) {
    SAYS(octets, eslp_session_to_send(session));
    RETURNS(ESLP_OK, eslp_session_sent(session, strlen(octets)));
}

static void ends(uint64_t slot, eslp_outcome_kind kind) {
    eslp_outcome outcome;
    RETURNS(ESLP_OK, eslp_session_next_outcome(session, &outcome));
    CHECK(outcome.slot == slot && outcome.kind == kind);
}

static void nothing_ends(void) {
    eslp_outcome outcome;
    RETURNS(ESLP_END, eslp_session_next_outcome(session, &outcome));
    CHECK(outcome.slot == 0 && outcome.kind == ESLP_OUTCOME_NONE);
}

static eslp_session_state state(void) {
    eslp_session_state state;
    RETURNS(ESLP_OK, eslp_session_get_state(session, &state));
    return state;
}

static void log_in(void) {
    const eslp_command login = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("ClueCon")};
    eslp_sent sent;
    RETURNS(ESLP_OK, eslp_session_connect(session, ESLP_INBOUND, NULL, now));
    CHECK(hear("Content-Type: auth/request\n\n").kind == ESLP_IN_AUTH_REQUEST);
    RETURNS(ESLP_OK, eslp_session_send(session, &login, 0, 0, &sent));
    CHECK(sent.id == 0 && sent.len == 14 && sent.count == 1);
    says("auth ClueCon\n\n");
    CHECK(!state().is_open && state().has_connection);
    CHECK(hear(OK(" accepted")).kind == ESLP_IN_AUTHENTICATED && state().is_open);
}

static void deadlines(void) {
    const eslp_command api = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
    eslp_sent sent;
    eslp_outcome outcome;
    char tag[ESLP_TAG_LEN];
    now = 1000;
    RETURNS(ESLP_OK, eslp_session_new(0xf5, &session));
    CHECK(state().next_deadline == 0 && state().reason == ESLP_REASON_NONE && !state().connection.is_open);
    RETURNS(ESLP_NO_CONNECTION, eslp_session_send(session, &api, 1, 0, &sent));
    RETURNS(ESLP_NO_CONNECTION, eslp_session_bgapi(session, ESLP_LIT("status"), 1, 0, &sent));
    RETURNS(ESLP_NO_CONNECTION, eslp_session_may_send(session, &api));
    RETURNS(ESLP_NOT_FOUND, eslp_session_last_tag(session, tag, sizeof tag));
    RETURNS(ESLP_NEED_DATA, eslp_session_poll(session, "x", 1, now, &(eslp_client_result){0}));
    log_in();
    RETURNS(ESLP_OK, eslp_session_may_send(session, &api));

    /* An answer in time, one too late, one that nobody waits for any more. */
    RETURNS(ESLP_OK, eslp_session_send(session, &api, 1, now + 500, &sent));
    RETURNS(ESLP_OK, eslp_session_send(session, &api, 2, now + 300, &sent));
    RETURNS(ESLP_OK, eslp_session_send(session, &api, 3, 0, &sent));
    CHECK(sent.id == 3 && state().waiting == 3 && state().next_deadline == now + 300);
    RETURNS(ESLP_OK, eslp_session_give_up(session, 3));
    RETURNS(ESLP_NOT_FOUND, eslp_session_give_up(session, 3));
    says("api status\n\napi status\n\napi status\n\n");
    RETURNS(ESLP_OK, eslp_session_advance(session, now += 299));
    nothing_ends();
    RETURNS(ESLP_OK, eslp_session_advance(session, now += 1));
    ends(2, ESLP_OUTCOME_TIMED_OUT);
    CHECK(state().next_deadline == now + 200);
    for (uint64_t id = 1; id <= 3; id++) {
        eslp_client_result result = hear("Content-Type: api/response\nContent-Length: 2\n\nUP");
        CHECK(result.kind == ESLP_IN_ANSWER && result.id == id);
        if (id == 1) ends(1, ESLP_OUTCOME_ANSWERED);
        nothing_ends();
    }

    /* A job: its end may come before its answer. */
    RETURNS(ESLP_OK, eslp_session_bgapi(session, ESLP_LIT("status"), 4, now + 100, &sent));
    CHECK(sent.count == 2 && sent.id == 5 && sent.len == eslp_session_to_send(session).len);
    says("event BACKGROUND_JOB\n\nbgapi status\nJob-UUID: 00000000000000f5-0000000000000000\n\n");
    RETURNS(ESLP_INSUFFICIENT, eslp_session_last_tag(session, tag, sizeof tag - 1));
    RETURNS(ESLP_OK, eslp_session_last_tag(session, tag, sizeof tag));
    SAYS("00000000000000f5-0000000000000000", ((eslp_bytes){tag, sizeof tag}));
    hear(OK(" event listener enabled plain"));
    happens("Event-Name: BACKGROUND_JOB\nJob-UUID: 00000000000000f5-0000000000000000\n");
    ends(4, ESLP_OUTCOME_JOB_ENDED);
    hear(OK(" Job-UUID: x"));
    nothing_ends();

    /* Messages that execute nothing, or nowhere. */
    eslp_sendmsg message = {.call = ESLP_CALL_HANGUP, .uuid = ESLP_LIT("a")};
    RETURNS(ESLP_SESSION_NOT_READY, eslp_session_execute(session, &message, 5, 0, &sent));
    message = (eslp_sendmsg){.call = ESLP_CALL_EXECUTE, .execute.app = ESLP_LIT("echo")};
    RETURNS(ESLP_SESSION_NOT_READY, eslp_session_execute(session, &message, 5, 0, &sent));
    message.execute.app = ESLP_LIT("ec\nho");
    message.uuid = eslp_str("a");
    RETURNS(ESLP_COMMAND_LINE_END, eslp_session_execute(session, &message, 5, 0, &sent));
    CHECK(sent.id == ESLP_NO_ID && sent.fault.offset == 2 && sent.fault.field == ESLP_FIELD_APPLICATION);
    RETURNS(ESLP_COMMAND_LINE_END, eslp_session_bgapi(session, ESLP_LIT("a\nb"), 5, 0, &sent));
    CHECK(eslp_session_to_send(session).len == 0);

    /* What is encoded already, and what is lost with the connection. */
    RETURNS(ESLP_OK, eslp_session_send_encoded(session, &api, "api version\n\n", 13, 6, 0, &sent));
    says("api version\n\n");
    RETURNS(ESLP_OK, eslp_session_close(session, now));
    RETURNS(ESLP_OK, eslp_session_next_outcome(session, &outcome));
    CHECK(outcome.slot == 6 && outcome.kind == ESLP_OUTCOME_LOST && outcome.reason == ESLP_REASON_CLOSED);
    CHECK(state().reason == ESLP_REASON_CLOSED && state().end == ESLP_END_NONE && !state().has_connection);
    RETURNS(ESLP_NO_CONNECTION, eslp_session_eof(session, NULL, 0, now, &(eslp_eof){0}));
    eslp_session_free(session);
}

static void silence(void) {
    now = 5000;
    RETURNS(ESLP_OK, eslp_session_new(1, &session));
    RETURNS(ESLP_OK, eslp_session_set_silence(session, 45000));
    log_in();
    says("event HEARTBEAT\n\n");
    now += 1000;
    hear(OK(" event listener enabled plain"));
    CHECK(state().next_deadline == now + 45000);
    RETURNS(ESLP_OK, eslp_session_heard(session, now += 44000));
    CHECK(state().next_deadline == now + 45000);
    RETURNS(ESLP_OK, eslp_session_advance(session, now += 45000));
    CHECK(state().reason == ESLP_REASON_SILENCE && !state().has_connection);

    RETURNS(ESLP_OK, eslp_session_set_silence(session, 0));
    RETURNS(ESLP_OK, eslp_session_set_heartbeat(session, 45000));
    log_in();
    says("event HEARTBEAT\n\n");
    hear(OK(" event listener enabled plain"));
    now += 44000;
    happens("Event-Name: HEARTBEAT\nCore-UUID: c\n");
    now += 44000;
    CHECK(state().next_deadline == now + 1000);
    SAYS("c", state().core_uuid);
    RETURNS(ESLP_OK, eslp_session_advance(session, now += 1000));
    CHECK(state().reason == ESLP_REASON_NO_HEARTBEAT);
    eslp_session_free(session);
}

/* A reader over two connections, with a queue between. */
static void reconnects(void) {
    const eslp_interest answers = {.events.names = ESLP_LIT("CHANNEL_ANSWER CUSTOM a::b"), .channel = ESLP_LIT("x")};
    const eslp_interest all = {.events.names = ESLP_LIT("CHANNEL_ANSWER")};
    const eslp_pair pairs[] = {{ESLP_INIT("Call-Direction"), ESLP_INIT("inbound")}};
    const eslp_pairs filters = {.items = pairs, .count = 1}, none = {0};
    uint64_t slots[4] = {0};
    size_t count = 9;
    eslp_queue *queue;
    eslp_item item;
    eslp_gap gap;
    eslp_notice notice;
    eslp_eof eof;
    eslp_event event;
    now = 100;
    RETURNS(ESLP_OK, eslp_session_new(2, &session));
    RETURNS(ESLP_OK, eslp_queue_new(2, ESLP_OVERFLOW_DROP_OLDEST, &queue));
    RETURNS(ESLP_OK, eslp_session_listen(session, 7, &answers));
    RETURNS(ESLP_OK, eslp_session_listen(session, 8, &all));
    RETURNS(ESLP_OK, eslp_session_set_format(session, ESLP_FORMAT_PLAIN));
    RETURNS(ESLP_OK, eslp_session_set_filters(session, &filters));
    RETURNS(ESLP_OK, eslp_session_listen_log(session, 9, ESLP_LOG_NOTICE));
    RETURNS(ESLP_OK, eslp_session_set_log(session, ESLP_LOG_WARNING));
    log_in();
    says("filter add Call-Direction inbound\n\nevent plain CHANNEL_ANSWER CUSTOM a::b\n\nlog 5\n\n");
    hear(OK(" filter added. [Call-Direction]=[inbound]"));
    hear(OK(" event listener enabled plain"));
    CHECK(!state().is_settled);
    hear(OK(" log level NOTICE [5]"));
    CHECK(state().is_settled);
    RETURNS(ESLP_END, eslp_session_next_gap(session, &gap));

    eslp_client_result result = happens("Event-Name: CHANNEL_ANSWER\nUnique-ID: y\nCore-UUID: one\n");
    RETURNS(ESLP_OK, eslp_session_readers(session, &result.message, slots, 4, &count));
    CHECK(count == 1 && slots[0] == 8);
    result = happens("Event-Name: CHANNEL_ANSWER\nUnique-ID: x\n");
    RETURNS(ESLP_INSUFFICIENT, eslp_session_readers(session, &result.message, slots, 1, &count));
    CHECK(count == 2 && slots[0] == 7);
    RETURNS(ESLP_INSUFFICIENT, eslp_session_readers(session, &result.message, NULL, 0, &count));
    for (int i = 0; i < 3; i++) RETURNS(ESLP_OK, eslp_queue_push(queue, &result.message));
    result = hear("Content-Type: log/data\nContent-Length: 3\nLog-Level: 5\n\nx\n\n");
    RETURNS(ESLP_OK, eslp_session_readers(session, &result.message, slots, 4, &count));
    CHECK(count == 1 && slots[0] == 9);
    result = hear("Content-Type: log/data\nContent-Length: 3\nLog-Level: 6\n\nx\n\n");
    RETURNS(ESLP_OK, eslp_session_readers(session, &result.message, slots, 4, &count));
    CHECK(count == 0);

    /* The connection ends. Nothing of what is wanted is forgotten. */
    now = 200;
    RETURNS(ESLP_OK, eslp_session_eof(session, "Cont", 4, now, &eof));
    CHECK(eof.end == ESLP_END_EOF && eof.incomplete == 4 && eof.id == ESLP_NO_ID);
    CHECK(state().reason == ESLP_REASON_END && state().end == ESLP_END_EOF);
    nothing_ends();
    now = 900;
    log_in();
    says("filter add Call-Direction inbound\n\nevent plain CHANNEL_ANSWER CUSTOM a::b\n\nlog 5\n\n");
    hear("Content-Type: command/reply\nReply-Text: -ERR nothing here\n\n");
    RETURNS(ESLP_OK, eslp_session_next_notice(session, &notice));
    CHECK(notice.kind == ESLP_NOTICE_FILTER_REFUSED && !notice.before.data);
    SAYS("Call-Direction", notice.header);
    SAYS("inbound", notice.value);
    hear("Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n");
    /* Which of the names it was, the server does not say: each is asked for alone. */
    says("event plain CHANNEL_ANSWER\n\nevent plain CUSTOM\n\nevent plain CUSTOM a::b\n\n");
    hear("Content-Type: command/reply\nReply-Text: -ERR command not found\n\n");
    ends(9, ESLP_OUTCOME_REFUSED);
    RETURNS(ESLP_OK, eslp_session_next_notice(session, &notice));
    CHECK(notice.kind == ESLP_NOTICE_LOG_REFUSED && notice.level == ESLP_LOG_NOTICE);
    RETURNS(ESLP_END, eslp_session_next_notice(session, &notice));
    CHECK(notice.kind == ESLP_NOTICE_NONE && !notice.header.data);
    hear(OK(" event listener enabled plain"));
    hear(OK(" event listener enabled plain"));
    RETURNS(ESLP_END, eslp_session_next_gap(session, &gap));
    now = 1000;
    hear("Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n");
    ends(7, ESLP_OUTCOME_REFUSED);
    RETURNS(ESLP_OK, eslp_session_next_gap(session, &gap));
    CHECK(gap.reason == ESLP_REASON_END && gap.end == ESLP_END_EOF && gap.since == 200 && gap.until == 1000);
    SAYS("one", gap.core_before);
    CHECK(!gap.core_after.data);
    RETURNS(ESLP_OK, eslp_queue_push_gap(queue, &gap));
    RETURNS(ESLP_END, eslp_session_next_gap(session, &gap));
    result = happens("Event-Name: CHANNEL_ANSWER\nCore-UUID: two\nUnique-ID: z\n");
    RETURNS(ESLP_OK, eslp_session_next_notice(session, &notice));
    CHECK(notice.kind == ESLP_NOTICE_RESTARTED);
    SAYS("one", notice.before);
    SAYS("two", notice.after);
    RETURNS(ESLP_OK, eslp_queue_push(queue, &result.message));

    /* What the reader finds: a loss, the rest, the gap in its place. */
    CHECK(eslp_queue_len(queue) == 3 && eslp_queue_lost(queue) == 2 && !eslp_queue_is_blocking(queue));
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    CHECK(item.kind == ESLP_ITEM_LOST && item.lost == 2 && item.message.kind == ESLP_MESSAGE_NONE);
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    CHECK(item.kind == ESLP_ITEM_MESSAGE);
    RETURNS(ESLP_OK, eslp_message_event(&item.message, &event));
    CHECK(eslp_event_name_of(&event) == ESLP_EVENT_CHANNEL_ANSWER);
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    CHECK(item.kind == ESLP_ITEM_GAP && item.gap.until == 1000);
    SAYS("one", item.gap.core_before);
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    eslp_value uuid;
    RETURNS(ESLP_OK, eslp_message_event(&item.message, &event));
    RETURNS(ESLP_OK, eslp_event_get(&event, ESLP_LIT("Unique-ID"), &uuid));
    CHECK(eslp_value_is(&uuid, ESLP_LIT("z")));
    RETURNS(ESLP_END, eslp_queue_pop(queue, &item));
    CHECK(item.kind == ESLP_ITEM_NONE);
    eslp_queue_free(queue);

    /* What nobody reads is taken back. */
    RETURNS(ESLP_OK, eslp_session_set_filters(session, &none));
    RETURNS(ESLP_OK, eslp_session_unlisten(session, 8));
    says("nixevent CHANNEL_ANSWER\n\n");
    RETURNS(ESLP_OK, eslp_session_listen(session, 8, &all));
    says("event plain CHANNEL_ANSWER\n\n");
    RETURNS(ESLP_OK, eslp_session_unsubscribe(session, NULL));
    says("nixevent CHANNEL_ANSWER\n\n");
    RETURNS(ESLP_OK, eslp_session_unsubscribe(session, &all));
    eslp_session_free(session);
}

static void own_channel_only(void) {
    const eslp_interest others = {.events.names = ESLP_LIT("CHANNEL_ANSWER"), .channel = ESLP_LIT("other")};
    const eslp_sendmsg elsewhere = {.call = ESLP_CALL_EXECUTE, .uuid = ESLP_LIT("other"), .execute.app = ESLP_LIT("echo")};
    eslp_sent sent;
    now = 0;
    RETURNS(ESLP_OK, eslp_session_new(3, &session));
    RETURNS(ESLP_OK, eslp_session_set_own_only(session, true));
    RETURNS(ESLP_OK, eslp_session_connect(session, ESLP_OUTBOUND, NULL, now));
    RETURNS(ESLP_OK, eslp_session_send(session, &(eslp_command){.kind = ESLP_COMMAND_CONNECT}, 0, 0, &sent));
    says("connect\n\n");
    hear("Event-Name: CHANNEL_DATA\nUnique-ID: own\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n"
         "Control: full\n\n");
    CHECK(state().is_open && state().connection.full_control && state().connection.is_connected);
    RETURNS(ESLP_UNHEARD, eslp_session_execute(session, &elsewhere, 1, 0, &sent));
    RETURNS(ESLP_OK, eslp_session_listen(session, 2, &others));
    ends(2, ESLP_OUTCOME_REFUSED);
    eslp_session_free(session);
}

/* A value without an end, and one that spells an answer: what is sent behind them gets its own. */
static void variables(void) {
    const eslp_bytes own = {0};
    eslp_sent sent;
    now = 0;
    RETURNS(ESLP_OK, eslp_session_new(3, &session));
    RETURNS(ESLP_OK, eslp_session_connect(session, ESLP_OUTBOUND, NULL, now));
    RETURNS(ESLP_OK, eslp_session_send(session, &(eslp_command){.kind = ESLP_COMMAND_CONNECT}, 0, 0, &sent));
    says("connect\n\n");
    hear("Event-Name: CHANNEL_DATA\nUnique-ID: own\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n"
         "Control: single-channel\n\n");
    RETURNS(ESLP_OK, eslp_session_read_variable(session, own, ESLP_LIT("a"), 1, 0, &sent));
    CHECK(sent.count == 2);
    RETURNS(ESLP_OK, eslp_session_send(session, &(eslp_command){.kind = ESLP_COMMAND_RESUME}, 2, 0, &sent));
    CHECK(sent.count == 1 && sent.len == strlen("resume\n\n"));
    says("getvar a\n\nsendmsg 0000000000000003-0000000000000000\n\n");
    says("");
    hear("Content-Type: command/reply\nReply-Text: one\n\n");
    ends(1, ESLP_OUTCOME_VALUE);
    hear("Content-Type: command/reply\nReply-Text: two\n\n");
    nothing_ends();
    hear("Content-Type: command/reply\nReply-Text: -ERR invalid session id [0000000000000003-0000000000000000]\n\n");
    ends(1, ESLP_OUTCOME_CUT);
    says("resume\n\n");
    RETURNS(ESLP_OK, eslp_session_read_variable(session, own, ESLP_LIT("b"), 1, 0, &sent));
    hear("Content-Type: command/reply\nReply-Text: +OK\n\n");
    ends(2, ESLP_OUTCOME_ANSWERED);
    says("getvar b\n\nsendmsg 0000000000000003-0000000000000001\n\n");
    hear("Content-Type: command/reply\nReply-Text: three\n\n");
    ends(1, ESLP_OUTCOME_VALUE);
    hear("Content-Type: command/reply\nReply-Text: -ERR invalid session id [0000000000000003-0000000000000001]\n\n");
    ends(1, ESLP_OUTCOME_READ);
    eslp_session_free(session);
}

static void queues(void) {
    static char body[] = "Event-Name: A\n\n";
    const eslp_message message = {.kind = ESLP_MESSAGE_EVENT, .format = ESLP_FORMAT_PLAIN, .frame.body = {body, sizeof body - 1}};
    eslp_queue *queue;
    eslp_item item;
    RETURNS(ESLP_OK, eslp_queue_new(2, ESLP_OVERFLOW_BLOCK, &queue));
    RETURNS(ESLP_OK, eslp_queue_push(queue, &message));
    memset(body, 'x', sizeof body - 1); /* It keeps its own. */
    CHECK(!eslp_queue_is_blocking(queue));
    RETURNS(ESLP_OK, eslp_queue_push(queue, &message));
    CHECK(eslp_queue_is_blocking(queue) && eslp_queue_len(queue) == 2);
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    SAYS("Event-Name: A\n\n", item.message.frame.body);
    CHECK(!eslp_queue_is_blocking(queue));
    eslp_queue_free(queue);
    for (int32_t overflow = ESLP_OVERFLOW_DROP_NEWEST; overflow <= ESLP_OVERFLOW_END; overflow++) {
        RETURNS(ESLP_OK, eslp_queue_new(0, (eslp_overflow)overflow, &queue)); /* 1 at least */
        RETURNS(ESLP_OK, eslp_queue_push(queue, &message));
        RETURNS(ESLP_OK, eslp_queue_push(queue, &message));
        CHECK(eslp_queue_len(queue) == 1 && eslp_queue_lost(queue) == 1);
        RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
        CHECK(item.kind == ESLP_ITEM_MESSAGE);
        RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
        CHECK(item.kind == (overflow == ESLP_OVERFLOW_END ? ESLP_ITEM_OVERFLOWED : ESLP_ITEM_LOST));
        eslp_queue_free(queue);
    }
}

static eslp_change take(eslp_calls *calls, const char *lines) {
    eslp_event event;
    eslp_change change;
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, eslp_str(lines), &event));
    RETURNS(ESLP_OK, eslp_calls_take(calls, &event, &change));
    return change;
}

static void calls(void) {
    const eslp_bytes kept[] = {ESLP_INIT("sip_call_id"), ESLP_INIT("accountcode")};
    eslp_calls *calls;
    eslp_call call;
    eslp_bytes value;
    eslp_pair pair;
    size_t place = 0, count = 0;
    SAYS("CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_EXECUTE CHANNEL_BRIDGE CHANNEL_UNBRIDGE "
         "CHANNEL_UUID CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY CUSTOM loopback::bowout", eslp_calls_events());
    RETURNS(ESLP_OK, eslp_calls_new(2, kept, 2, &calls));
    RETURNS(ESLP_END, eslp_calls_next(calls, &place, &call));

    eslp_change change = take(calls, "Event-Name: CHANNEL_CREATE\nUnique-ID: a\nChannel-State: CS_INIT\n"
                                     "Caller-Caller-ID-Number: 1000\nvariable_sip_call_id: x%40y\nvariable_other: 1\n"
                                     "Caller-Channel-Created-Time: 1700000000000000\n\n");
    CHECK(change.kind == ESLP_CHANGE_BEGAN && !change.old_uuid.data);
    SAYS("a", change.call.uuid);
    SAYS("1000", change.call.caller_number);
    CHECK(!change.call.caller_name.data && !change.call.other_leg.data && !change.call.cause.data);
    CHECK(change.call.created == 1700000000000000 && change.call.answered == 0);
    CHECK(eslp_channel_state_from(change.call.state) == ESLP_CS_INIT);
    RETURNS(ESLP_OK, eslp_call_variable(&change.call, ESLP_LIT("sip_call_id"), &value));
    SAYS("x@y", value);
    RETURNS(ESLP_NOT_FOUND, eslp_call_variable(&change.call, ESLP_LIT("other"), &value));
    RETURNS(ESLP_OK, eslp_call_next_variable(&change.call, &place, &pair));
    SAYS("sip_call_id", pair.name);
    RETURNS(ESLP_END, eslp_call_next_variable(&change.call, &place, &pair));

    CHECK(take(calls, "Event-Name: CHANNEL_CREATE\nUnique-ID: b\n\n").kind == ESLP_CHANGE_BEGAN);
    change = take(calls, "Event-Name: CHANNEL_CREATE\nUnique-ID: c\n\n");
    CHECK(change.kind == ESLP_CHANGE_OVERLOOKED && !change.call.uuid.data && eslp_calls_overlooked(calls) == 1);
    change = take(calls, "Event-Name: CHANNEL_BRIDGE\nUnique-ID: a\nBridge-A-Unique-ID: a\nBridge-B-Unique-ID: b\n\n");
    CHECK(change.kind == ESLP_CHANGE_UPDATED);
    SAYS("b", change.call.other_leg);
    RETURNS(ESLP_OK, eslp_calls_get(calls, ESLP_LIT("b"), &call));
    SAYS("a", call.other_leg);
    change = take(calls, "Event-Name: CHANNEL_UUID\nUnique-ID: d\nOld-Unique-ID: b\n\n");
    CHECK(change.kind == ESLP_CHANGE_RENAMED);
    SAYS("b", change.old_uuid);
    SAYS("d", change.call.uuid);
    for (place = 0; eslp_calls_next(calls, &place, &call) == ESLP_OK; count++) CHECK(call.uuid.len == 1);
    CHECK(count == 2 && eslp_calls_len(calls) == 2);
    change = take(calls, "Event-Name: CHANNEL_HANGUP_COMPLETE\nUnique-ID: a\nHangup-Cause: USER_BUSY\n\n");
    CHECK(eslp_cause_from(change.call.cause) == ESLP_CAUSE_USER_BUSY);
    change = take(calls, "Event-Name: CHANNEL_DESTROY\nUnique-ID: a\n\n");
    CHECK(change.kind == ESLP_CHANGE_ENDED && eslp_calls_len(calls) == 1);
    SAYS("d", change.call.other_leg);
    RETURNS(ESLP_OK, eslp_call_variable(&change.call, ESLP_LIT("sip_call_id"), &value));
    SAYS("x@y", value);
    RETURNS(ESLP_NOT_FOUND, eslp_calls_get(calls, ESLP_LIT("a"), &call));
    CHECK(take(calls, "Event-Name: HEARTBEAT\n\n").kind == ESLP_CHANGE_NOTHING);

    /* After a gap. */
    static const char rows[] = "{\"row_count\":2,\"rows\":[{\"uuid\":\"e\",\"callstate\":\"ACTIVE\",\"call_uuid\":\"g\"},"
                               "{\"uuid\":\"f\",\"callstate\":\"HELD\",\"call_uuid\":\"g\"}]}";
    RETURNS(ESLP_DOCUMENT_TRUNCATED, eslp_calls_restore(calls, rows, sizeof rows - 4));
    RETURNS(ESLP_OK, eslp_calls_get(calls, ESLP_LIT("d"), &call));
    RETURNS(ESLP_OK, eslp_calls_restore(calls, rows, sizeof rows - 1));
    RETURNS(ESLP_OK, eslp_calls_next_gone(calls, &call));
    SAYS("d", call.uuid);
    RETURNS(ESLP_END, eslp_calls_next_gone(calls, &call));
    RETURNS(ESLP_OK, eslp_calls_get(calls, ESLP_LIT("e"), &call));
    SAYS("f", call.other_leg);
    CHECK(eslp_call_state_from(call.call_state) == ESLP_CCS_ACTIVE);
    eslp_calls_free(calls);
}

int main(void) {
    replay();
    deadlines();
    silence();
    reconnects();
    own_channel_only();
    variables();
    queues();
    calls();
    return 0;
}
