/* esl_proto_posix.h against servers that do as they are told: what comes late, in pieces, too long, or not at all. */
#include "esl_proto_posix.h"

#include <signal.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include "check.h"

static char port[8];

static void say(int fd, const char *text) {
    size_t len = strlen(text);
    CHECK(send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len);
}

/* Reads just this, or fails. */
static void hear(int fd, const char *text) {
    char heard[512];
    size_t len = strlen(text), at = 0;
    while (at < len) {
        ssize_t count = recv(fd, heard + at, len - at, 0);
        if (count <= 0) fprintf(stderr, "awaited: %s\n", text);
        CHECK(count > 0);
        at += (size_t)count;
    }
    if (memcmp(heard, text, len)) fprintf(stderr, "heard: %.*s\n", (int)len, heard);
    CHECK(!memcmp(heard, text, len));
}

static void log_in(int fd) {
    say(fd, "Content-Type: auth/request\n\n");
    hear(fd, "auth ClueCon\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n");
}

/* A server in a process of its own, which does `script` with the socket that it listens at. */
static pid_t serve(void (*script)(int listener)) {
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    int listener, flags;
    pid_t child;
    RETURNS(ESLP_OK, eslp_posix_listen("127.0.0.1", "0", &listener, NULL));
    CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    sprintf(port, "%d", ntohs(address.sin_port));
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        flags = fcntl(listener, F_GETFL);
        fcntl(listener, F_SETFL, flags & ~O_NONBLOCK);
        alarm(20);
        script(listener);
        _exit(0);
    }
    close(listener);
    return child;
}

static void served(pid_t child) {
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int next_connection(int listener) {
    int fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    return fd;
}

static void open_here(eslp_posix *fs) { RETURNS(ESLP_OK, eslp_posix_open(fs, "127.0.0.1", port, NULL, "ClueCon", 5000)); }

/* Events that come before an answer are kept, in their order; so is one that comes in the middle of a job. */
static void with_events(int listener) {
    int fd = next_connection(listener);
    log_in(fd);
    hear(fd, "api status\n\n");
    say(fd, "Content-Length: 15\nContent-Type: text/event-plain\n\nEvent-Name: A\n\nContent-Length: 15\nContent-Type: text/event-");
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    say(fd, "plain\n\nEvent-Name: B\n\nContent-Type: log/data\nContent-Length: 2\nLog-Level: 7\n\nx\n"
            "Content-Type: api/response\nContent-Length: 3\n\nUP\nContent-Length: 15\nContent-Type: text/event-plain\n\nEvent-Name: C\n\n");
    hear(fd, "bgapi sleep\nJob-UUID: ");
    char name[ESLP_TAG_LEN + 2], event[512];
    CHECK(recv(fd, name, sizeof name, MSG_WAITALL) == sizeof name);
    sprintf(event, "Event-Name: BACKGROUND_JOB\nJob-UUID: %.*s\nContent-Length: 3\n\n+OK", ESLP_TAG_LEN, name);
    say(fd, "Content-Type: command/reply\nReply-Text: +OK Job-UUID: x\nJob-UUID: x\n\n"
            "Content-Length: 15\nContent-Type: text/event-plain\n\nEvent-Name: D\n\n");
    char frame[600];
    sprintf(frame, "Content-Length: %d\nContent-Type: text/event-plain\n\n%s", (int)strlen(event), event);
    say(fd, frame);
    hear(fd, "exit\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: +OK bye\n\nContent-Type: text/disconnect-notice\nContent-Length: 67\n\n"
            "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n");
}

static void name_is(const eslp_event *event, const char *name) {
    eslp_value value;
    RETURNS(ESLP_OK, eslp_event_get(event, ESLP_LIT("Event-Name"), &value));
    CHECK(eslp_value_is(&value, eslp_str(name)));
}

static void keeps_events(void) {
    pid_t server = serve(with_events);
    eslp_posix fs;
    eslp_event event;
    eslp_bytes text;
    eslp_value body;
    eslp_client_result result;
    eslp_command leave = eslp_posix_new_command(ESLP_COMMAND_EXIT);
    open_here(&fs);
    RETURNS(ESLP_OK, eslp_posix_api(&fs, "status", 5000, &text));
    SAYS("UP\n", text);
    RETURNS(ESLP_OK, eslp_posix_event(&fs, 0, &event));
    name_is(&event, "A");
    RETURNS(ESLP_OK, eslp_posix_next(&fs, 0, &result));
    RETURNS(ESLP_OK, eslp_message_event(&result.message, &event));
    name_is(&event, "B");
    RETURNS(ESLP_OK, eslp_posix_next(&fs, 0, &result));
    CHECK(result.kind == ESLP_IN_LOG);
    RETURNS(ESLP_OK, eslp_message_text(&result.message, &body));
    CHECK(eslp_value_is(&body, ESLP_LIT("x\n")));
    RETURNS(ESLP_OK, eslp_posix_job(&fs, "sleep", 5000, &event));
    RETURNS(ESLP_OK, eslp_event_body(&event, &body));
    CHECK(eslp_value_is(&body, ESLP_LIT("+OK")));
    RETURNS(ESLP_OK, eslp_posix_event(&fs, 0, &event));
    name_is(&event, "C");
    RETURNS(ESLP_OK, eslp_posix_event(&fs, 0, &event));
    name_is(&event, "D");
    RETURNS(ESLP_TIMED_OUT, eslp_posix_event(&fs, 0, &event));
    RETURNS(ESLP_OK, eslp_posix_run(&fs, &leave, 5000));
    RETURNS(ESLP_CLOSED, eslp_posix_event(&fs, 5000, &event));
    CHECK(fs.end == ESLP_END_EXIT);
    eslp_posix_close(&fs);
    eslp_posix_close(&fs);
    RETURNS(ESLP_BAD_HANDLE, eslp_posix_event(&fs, 0, &event));
    served(server);
}

/* An answer that comes too late is not taken for that of the next command. */
static void late(int listener) {
    int fd = next_connection(listener);
    log_in(fd);
    hear(fd, "api one\n\napi two\n\n");
    say(fd, "Content-Type: api/response\nContent-Length: 1\n\n1Content-Type: api/response\nContent-Length: 1\n\n2");
    recv(fd, port, 1, 0);
}

static void bears_late_answers(void) {
    pid_t server = serve(late);
    eslp_posix fs;
    eslp_bytes text;
    open_here(&fs);
    RETURNS(ESLP_TIMED_OUT, eslp_posix_api(&fs, "one", 30, &text));
    CHECK(text.data == NULL);
    RETURNS(ESLP_OK, eslp_posix_api(&fs, "two", 5000, &text));
    SAYS("2", text);
    eslp_posix_close(&fs);
    served(server);
}

/* A connection that the queue of the server has lost is never answered: another is made. One that is not served at all ends in time. */
static void loses_the_first(int listener) {
    int lost = next_connection(listener), fd = next_connection(listener);
    log_in(fd);
    recv(fd, port, 1, 0);
    close(lost);
}

static void silent(int listener) {
    int fd = next_connection(listener);
    while (recv(fd, port, 1, 0) > 0) {}
}

static void survives_a_lost_connection(void) {
    pid_t server = serve(loses_the_first);
    eslp_posix fs;
    int64_t began;
    open_here(&fs);
    eslp_posix_close(&fs);
    served(server);
    server = serve(silent);
    began = eslp_posix_now();
    RETURNS(ESLP_TIMED_OUT, eslp_posix_open(&fs, "127.0.0.1", port, NULL, "ClueCon", 200));
    CHECK(eslp_posix_now() - began < 3000 && !fs.connection);
    served(server);
}

/* Ways in which a login fails, and a stream ends. */
static void refuses(int listener) {
    int fd = next_connection(listener);
    say(fd, "Content-Type: auth/request\n\n");
    hear(fd, "userauth me@here:wrong\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: -ERR invalid\n\n");
    close(fd);
    fd = next_connection(listener);
    say(fd, "Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n");
    close(fd);
    fd = next_connection(listener);
    log_in(fd);
    hear(fd, "event plain NONE\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: -ERR no keywords supplied\n\n");
    hear(fd, "api x\n\n");
    say(fd, "Content-Type: api/response\nContent-Length: 100\n\nhalf");
    close(fd);
}

static void tells_what_is_wrong(void) {
    pid_t server = serve(refuses);
    eslp_posix fs;
    eslp_bytes text;
    eslp_command forged = eslp_posix_new_command(ESLP_COMMAND_API);
    RETURNS(ESLP_REFUSED, eslp_posix_open(&fs, "127.0.0.1", port, "me@here", "wrong", 5000));
    RETURNS(ESLP_REFUSED, eslp_posix_open(&fs, "127.0.0.1", port, NULL, "ClueCon", 5000));
    open_here(&fs);
    forged.as.api.line = ESLP_LIT("a\nb");
    RETURNS(ESLP_COMMAND_LINE_END, eslp_posix_run(&fs, &forged, 5000));
    RETURNS(ESLP_REFUSED, eslp_posix_events(&fs, ESLP_FORMAT_PLAIN, "NONE", 5000));
    RETURNS(ESLP_CLOSED, eslp_posix_api(&fs, "x", 5000, &text));
    CHECK(fs.end == ESLP_END_EOF);
    RETURNS(ESLP_IS_CLOSED, eslp_posix_api(&fs, "x", 5000, &text));
    eslp_posix_close(&fs);
    served(server);
    RETURNS(ESLP_SYSTEM, eslp_posix_open(&fs, "127.0.0.1", port, NULL, "ClueCon", 5000));
    CHECK(fs.error == ECONNREFUSED);
    RETURNS(ESLP_UNKNOWN_HOST, eslp_posix_open(&fs, "name.invalid", port, NULL, "ClueCon", 5000));
}

/* Frames and commands that are longer than the first buffers. */
static void long_ones(int listener) {
    int fd = next_connection(listener);
    static char body[300001];
    char head[80];
    log_in(fd);
    memset(body, 'b', sizeof body - 1);
    hear(fd, "api ");
    for (int i = 0; i < 50; i++) hear(fd, "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
    hear(fd, "\n\n");
    sprintf(head, "Content-Type: api/response\nContent-Length: %d\n\n", (int)sizeof body - 1);
    say(fd, head);
    say(fd, body);
    recv(fd, head, 1, 0);
}

static void grows(void) {
    pid_t server = serve(long_ones);
    static char line[5001];
    eslp_posix fs;
    eslp_bytes text;
    for (int i = 0; i < 5000; i++) line[i] = (char)('0' + i % 10);
    open_here(&fs);
    RETURNS(ESLP_OK, eslp_posix_api(&fs, line, 5000, &text));
    CHECK(text.len == 300000 && text.data[0] == 'b' && text.data[299999] == 'b');
    eslp_posix_close(&fs);
    served(server);
}

/* A call. The server is the one that connects. */
static void call(int listener) {
    int fd = next_connection(listener);
    char name[ESLP_TAG_LEN], event[512], frame[600];
    hear(fd, "connect\n\n");
    say(fd, "Event-Name: CHANNEL_DATA\nUnique-ID: 5fd4\nContent-Type: command/reply\nReply-Text: +OK\nSocket-Mode: async\nControl: full\n\n");
    hear(fd, "myevents\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: +OK Events Enabled\n\n");
    hear(fd, "linger 5\n\n");
    say(fd, "Content-Type: command/reply\nReply-Text: +OK will linger 5 seconds\n\n");
    hear(fd, "sendmsg\ncall-command: execute\n");
    char rest[200] = "";
    for (size_t at = 0; !strstr(rest, "\n\n"); at++) CHECK(recv(fd, rest + at, 1, 0) == 1);
    const char *uuid = strstr(rest, "Event-UUID: ");
    CHECK(uuid && strstr(rest, "execute-app-name: answer\n") && strstr(rest, "async: true\n"));
    memcpy(name, uuid + 12, sizeof name);
    say(fd, "Content-Type: command/reply\nReply-Text: +OK\n\n");
    sprintf(event, "Event-Name: CHANNEL_EXECUTE_COMPLETE\nApplication: answer\nApplication-UUID: %.*s\n\n", ESLP_TAG_LEN, name);
    sprintf(frame, "Content-Length: %d\nContent-Type: text/event-plain\n\n%s", (int)strlen(event), event);
    say(fd, frame);
    say(fd, "Content-Type: text/disconnect-notice\nContent-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n");
}

/* The socket that a dialplan would connect: the other way round here, as only who accepts is of interest. */
static void serves_a_call(void) {
    pid_t server = serve(call);
    eslp_posix fs, asked;
    eslp_event event;
    eslp_value value;
    int listener;
    RETURNS(ESLP_OK, eslp_posix_connect(&asked, "127.0.0.1", port, 5000));
    RETURNS(ESLP_OK, eslp_posix_attach(&fs, dup(asked.fd), 5000));
    RETURNS(ESLP_OK, eslp_event_get(&fs.channel, ESLP_LIT("Unique-ID"), &value));
    CHECK(eslp_value_is(&value, ESLP_LIT("5fd4")));
    RETURNS(ESLP_OK, eslp_posix_follow(&fs, ESLP_FORMAT_NONE, 5, 5000));
    RETURNS(ESLP_OK, eslp_posix_execute(&fs, NULL, "answer", NULL, 5000, &event));
    name_is(&event, "CHANNEL_EXECUTE_COMPLETE");
    RETURNS(ESLP_OK, eslp_event_get(&fs.channel, ESLP_LIT("Unique-ID"), &value));
    RETURNS(ESLP_CLOSED, eslp_posix_event(&fs, 5000, &event));
    eslp_posix_close(&fs);
    eslp_posix_close(&asked);
    served(server);
    RETURNS(ESLP_OK, eslp_posix_listen("127.0.0.1", "0", &listener, NULL));
    RETURNS(ESLP_TIMED_OUT, eslp_posix_accept(&fs, listener, 10));
    close(listener);
}

int main(void) {
    keeps_events();
    bears_late_answers();
    survives_a_lost_connection();
    tells_what_is_wrong();
    grows();
    serves_a_call();
    return 0;
}
