/*
 * Many connections in one thread, from memory that is fixed when the program is built: no heap. Inbound ones listen to
 * the events of a server; outbound ones answer the calls that its dialplan sends here.
 *
 *     cc -std=c11 -O2 epoll.c $(pkg-config --cflags --libs esl_proto) -o epoll
 *
 *     ./epoll 127.0.0.1 8021 ClueCon 10 9042 0        10 inbound connections; calls are answered at port 9042; for ever
 *     ./epoll 127.0.0.1 8021 ClueCon 1000 9042 100    ends when 1000 are logged in and 100 calls have been served
 *
 * With FreeSWITCH, <action application="socket" data="127.0.0.1:9042 async full"/> sends a call here. Ctrl-C ends it, too.
 * At the end it says what it has done, and with how much memory.
 *
 * The buffers are small on purpose. The data of a SIP call that come first have 8 to 12 kB, and events of one up to 10: they
 * come in parts, which are read header by header. A program that has memory takes 16 KiB, and sees few of them.
 *
 * Exit status: 0; 2 if the command line makes no sense; 3 for trouble with sockets or with a login.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <esl_proto.h>

/* How many connections there is memory for, and how much each has. */
#ifndef CONNECTIONS
#define CONNECTIONS 1200
#endif
#ifndef RECEIVE_SIZE
#define RECEIVE_SIZE 4096 /* what is longer comes in parts; at least ESLP_BUFFER_MIN */
#endif
#ifndef SEND_SIZE
#define SEND_SIZE 1024 /* commands that a slow server has not taken yet */
#endif

/* How long a login may take, in milliseconds. FreeSWITCH lets five connections wait to be accepted: one that was dropped looks
 * open and is never answered, so it is made anew. */
#ifndef LOGIN_IN
#define LOGIN_IN 5000
#endif

struct connection {
    int socket; /* -1 if nobody uses this one */
    int64_t late_at; /* when it must be logged in */
    eslp_role role;
    eslp_client *client;
    eslp_buffer buffer;
    size_t unsent;
    bool application_ended, is_tone; /* what the event that is being read has told */
    struct connection *next_free;
    _Alignas(ESLP_ALIGN) unsigned char client_memory[ESLP_CLIENT_SIZE];
    char receive_memory[RECEIVE_SIZE];
    char send_memory[SEND_SIZE];
};

static struct connection connections[CONNECTIONS];
static struct connection *first_free;
static int epoll_socket, listen_socket;
static volatile sig_atomic_t interrupted;

/* What has happened. */
static struct {
    unsigned long now, most, logged_in, again, calls, events, long_frames, lost;
} seen;

_Static_assert(RECEIVE_SIZE >= ESLP_BUFFER_MIN, "with less, a long head ends its connection");

/* Like printf, which might use the heap. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    char line[256];
    va_list values;
    va_start(values, format);
    int len = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (len > 0 && write(STDOUT_FILENO, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1) < 0) {
        _exit(3);
    }
}

static _Noreturn void die(const char *what) {
    say("epoll: %s: %s\n", what, strerror(errno));
    _exit(3);
}

/* ---- Memory ---- */

static void free_all(void) {
    for (size_t place = CONNECTIONS; place-- > 0;) {
        connections[place].socket = -1;
        connections[place].next_free = first_free;
        first_free = &connections[place];
    }
}

/* Milliseconds on a clock that never goes back. */
static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static struct connection *begin(int socket, eslp_role role) {
    struct connection *connection = first_free;
    if (!connection) {
        close(socket);
        return NULL;
    }
    first_free = connection->next_free;
    connection->socket = socket;
    connection->role = role;
    connection->late_at = role == ESLP_INBOUND ? now() + LOGIN_IN : INT64_MAX;
    connection->unsent = 0;
    connection->application_ended = connection->is_tone = false;
    eslp_limits limits = {.max_buffered = RECEIVE_SIZE};
    if (eslp_client_init(connection->client_memory, ESLP_CLIENT_SIZE, role, &limits, &connection->client)) die("client");
    eslp_buffer_init(&connection->buffer, connection->receive_memory, RECEIVE_SIZE);

    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll_socket, EPOLL_CTL_ADD, socket, &interest) < 0) die("epoll");
    if (++seen.now > seen.most) seen.most = seen.now;
    return connection;
}

static void end(struct connection *connection) {
    close(connection->socket);
    eslp_client_drop(connection->client);
    connection->socket = -1;
    connection->next_free = first_free;
    first_free = connection;
    seen.now--;
}

/* ---- Sending ---- */

/* Writes what waits, as far as the socket takes it; false if the connection is gone. */
static bool flush(struct connection *connection) {
    size_t done = 0;
    while (done < connection->unsent) {
        ssize_t count = send(connection->socket, connection->send_memory + done, connection->unsent - done, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) break;
        if (count < 0) return false;
        done += (size_t)count;
    }
    connection->unsent -= done;
    memmove(connection->send_memory, connection->send_memory + done, connection->unsent);
    struct epoll_event interest = {.events = connection->unsent ? EPOLLIN | EPOLLOUT : EPOLLIN,
                                   .data.ptr = connection};
    return epoll_ctl(epoll_socket, EPOLL_CTL_MOD, connection->socket, &interest) == 0;
}

/* Puts a command behind what waits; false if it may not be sent, or there is no room for it. */
static bool put(struct connection *connection, eslp_command command) {
    eslp_sent sent;
    if (eslp_client_send(connection->client, &command, connection->send_memory + connection->unsent,
                         SEND_SIZE - connection->unsent, &sent) != ESLP_OK) {
        return false;
    }
    connection->unsent += sent.len;
    return true;
}

static bool execute(struct connection *connection, eslp_bytes app, eslp_bytes arg, eslp_bytes name) {
    return put(connection, (eslp_command){.kind = ESLP_COMMAND_SENDMSG,
                                          .as.sendmsg = {.call = ESLP_CALL_EXECUTE,
                                                         .execute = {.app = app, .arg = arg, .event_uuid = name}}});
}

/* ---- What is said ---- */

static const char *password;

/* Listens to the server. */
static bool inbound(struct connection *connection, const eslp_client_result *result) {
    switch (result->kind) {
        case ESLP_IN_AUTH_REQUEST:
            return put(connection,
                       (eslp_command){.kind = ESLP_COMMAND_AUTH, .as.auth.password = eslp_str(password)});
        case ESLP_IN_AUTHENTICATED:
            connection->late_at = INT64_MAX;
            return put(connection, (eslp_command){.kind = ESLP_COMMAND_EVENT,
                                                  .as.event.names = ESLP_LIT("HEARTBEAT CHANNEL_HANGUP_COMPLETE")});
        case ESLP_IN_ANSWER:
            if (eslp_message_reply_status(&result->message) == ESLP_REPLY_OK) seen.logged_in++;
            return true;
        case ESLP_IN_AUTH_REFUSED:
        case ESLP_IN_REJECTED:
            say("epoll: the server does not let us in\n");
            _exit(3);
        default:
            return true;
    }
}

/* Answers a call, plays a tone, and hangs up. Nothing here waits: the server does these one after another. */
static bool answer_call(struct connection *connection) {
    eslp_bytes none = {NULL, 0};
    return put(connection, (eslp_command){.kind = ESLP_COMMAND_CONNECT}) &&
           put(connection, (eslp_command){.kind = ESLP_COMMAND_MYEVENTS}) &&
           put(connection, (eslp_command){.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = 2}) &&
           execute(connection, ESLP_LIT("answer"), none, none) &&
           execute(connection, ESLP_LIT("playback"), ESLP_LIT("tone_stream://%(100,0,800)"), ESLP_LIT("tone"));
}

/* Takes in one header of an event. Those that matter here are short, and stand in one part. */
static void note(struct connection *connection, const eslp_value *name, const eslp_value *value) {
    if (eslp_value_is_nocase(name, ESLP_LIT(ESLP_HEADER_EVENT_NAME))) {
        connection->application_ended = eslp_value_is(value, ESLP_LIT("CHANNEL_EXECUTE_COMPLETE"));
    } else if (eslp_value_is_nocase(name, ESLP_LIT(ESLP_HEADER_APPLICATION_UUID))) {
        connection->is_tone = eslp_value_is(value, ESLP_LIT("tone"));
    }
}

/* An event is over: hangs up if it has told that the tone has been played. */
static bool event_over(struct connection *connection) {
    bool ended = connection->application_ended && connection->is_tone;
    connection->application_ended = connection->is_tone = false;
    if (!ended) return true;
    seen.calls++;
    return put(connection, (eslp_command){.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg.call = ESLP_CALL_HANGUP});
}

static bool outbound(struct connection *connection, const eslp_client_result *result) {
    eslp_event event;
    eslp_headers headers;
    eslp_header header;
    eslp_lines lines = result->lines;
    eslp_header_part part;
    switch (result->kind) {
        case ESLP_IN_EVENT:
            if (eslp_message_event(&result->message, &event) != ESLP_OK) return true;
            eslp_event_headers(&event, &headers);
            while (eslp_headers_next(&headers, &header) == ESLP_OK) note(connection, &header.name, &header.value);
            return event_over(connection);
        case ESLP_IN_BODY:
            /* Of a long event; there are none in the body of anything else. */
            while (eslp_lines_next(&lines, &part) == ESLP_OK) {
                if (part.name.data && part.is_complete) note(connection, &part.name, &part.value);
            }
            return result->remaining > 0 || event_over(connection);
        default:
            /* The channel's data, whole or in parts, are of no use to this program. */
            return true;
    }
}

/* Takes in what has been read; false if the connection is over. */
static bool take_in(struct connection *connection) {
    for (;;) {
        eslp_client_result result;
        eslp_status status = eslp_client_poll(connection->client, eslp_buffer_data(&connection->buffer),
                                              eslp_buffer_len(&connection->buffer), &result);
        bool goes_on = status == ESLP_OK || status == ESLP_NEED_DATA;
        if (status == ESLP_OK) {
            /* A frame in parts is counted at its head, which may itself come in parts. */
            bool is_long = result.kind == ESLP_IN_HEAD || (result.kind == ESLP_IN_HEAD_PART && result.head_ends);
            seen.long_frames += is_long;
            seen.events += result.kind == ESLP_IN_EVENT || (is_long && result.message.kind == ESLP_MESSAGE_EVENT);
            goes_on = connection->role == ESLP_INBOUND ? inbound(connection, &result) : outbound(connection, &result);
        }
        eslp_buffer_consume(&connection->buffer, result.consumed);
        if (status != ESLP_OK || !goes_on) return goes_on;
    }
}

/* ---- Sockets ---- */

/* Reads until there is nothing more for now; false if the connection is over. */
static bool receive(struct connection *connection) {
    for (;;) {
        char *spare;
        size_t room;
        if (eslp_buffer_spare(&connection->buffer, &spare, &room) != ESLP_OK) return false;
        ssize_t count = recv(connection->socket, spare, room, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno == EAGAIN;
        if (count == 0) return false;
        eslp_buffer_commit(&connection->buffer, (size_t)count);
        if (!take_in(connection)) return false;
    }
}

static void serve(struct connection *connection, uint32_t ready) {
    bool goes_on = !(ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) || receive(connection);
    if (goes_on) goes_on = flush(connection);
    if (!goes_on) {
        /* An inbound connection is here to stay. A program for years would make a new one, after a while. */
        seen.lost += connection->role == ESLP_INBOUND;
        end(connection);
    }
}

static void accept_calls(void) {
    for (;;) {
        int socket = accept4(listen_socket, NULL, NULL, SOCK_NONBLOCK);
        if (socket < 0) return;
        struct connection *connection = begin(socket, ESLP_OUTBOUND);
        if (connection && !(answer_call(connection) && flush(connection))) end(connection);
    }
}

static int open_socket(struct sockaddr_in address, bool listens) {
    int opened = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (opened < 0 || fcntl(opened, F_SETFL, O_NONBLOCK)) die("socket");
    if (!listens) {
        if (connect(opened, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) die("connect");
        return opened;
    }
    setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(opened, (struct sockaddr *)&address, sizeof address) || listen(opened, SOMAXCONN)) die("listen");
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll_socket, EPOLL_CTL_ADD, opened, &interest)) die("epoll");
    return opened;
}

/* Waits for one round of what happens, `patience` milliseconds at most. */
static void wait_once(int patience) {
    struct epoll_event ready[64];
    int count = epoll_wait(epoll_socket, ready, sizeof ready / sizeof *ready, patience);
    if (count < 0 && errno != EINTR) die("epoll");
    for (int place = 0; place < count; place++) {
        if (ready[place].data.ptr) {
            serve(ready[place].data.ptr, ready[place].events);
        } else {
            accept_calls();
        }
    }
}

/* Makes the connections anew that are not logged in by now. */
static void give_up_the_late(struct sockaddr_in server) {
    for (struct connection *late = connections; late < connections + CONNECTIONS; late++) {
        if (late->socket < 0 || late->late_at > now()) continue;
        end(late);
        seen.again++;
        begin(open_socket(server, false), ESLP_INBOUND);
    }
}

/* ---- Memory figures ---- */

/* Octets of memory that the process has in use. */
static long resident(void) {
    char text[128] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    char *second = count > 0 ? strchr(text, ' ') : NULL;
    return second ? strtol(second, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static void report(long before) {
    long grown = resident() - before;
    if (seen.again) say("%lu connections made anew that were not logged in in time\n", seen.again);
    say("%lu connections at most; %lu logged in, %lu calls served, %lu events, %lu frames longer than the buffer, "
        "%lu connections lost\n",
        seen.most, seen.logged_in, seen.calls, seen.events, seen.long_frames, seen.lost);
    say("memory of a connection: %zu octets, of which the client needs %zu, its buffer %d and %zu for its books, "
        "commands %d\n",
        sizeof(struct connection), eslp_client_sizeof(), RECEIVE_SIZE, sizeof(eslp_buffer), SEND_SIZE);
    say("memory of the process: %ld KiB, of which %ld KiB came with the connections: %ld octets each\n",
        resident() / 1024, grown / 1024, seen.most ? grown / (long)seen.most : 0);
}

static void interrupt(int number) {
    (void)number;
    interrupted = 1;
}

int main(int count, char **arguments) {
    struct sockaddr_in server = {.sin_family = AF_INET}, here = {.sin_family = AF_INET};
    if (count != 7 || inet_pton(AF_INET, arguments[1], &server.sin_addr) != 1) {
        say("usage: epoll ADDRESS PORT PASSWORD CONNECTIONS LISTEN-PORT CALLS\n");
        return 2;
    }
    server.sin_port = htons((uint16_t)strtoul(arguments[2], NULL, 10));
    password = arguments[3];
    unsigned long wanted = strtoul(arguments[4], NULL, 10), calls = strtoul(arguments[6], NULL, 10);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons((uint16_t)strtoul(arguments[5], NULL, 10));

    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);

    epoll_socket = epoll_create1(0);
    if (epoll_socket < 0) die("epoll");
    listen_socket = open_socket(here, true);
    long before = resident();
    free_all();
    for (unsigned long place = 0; place < wanted; place++) {
        begin(open_socket(server, false), ESLP_INBOUND);
        wait_once(0);
    }
    while (!interrupted && (calls == 0 || seen.calls < calls || seen.logged_in < wanted || seen.now > wanted)) {
        wait_once(1000);
        give_up_the_late(server);
    }
    report(before);
    return 0;
}
