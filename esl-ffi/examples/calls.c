/*
 * Knows the calls of a server: prints each as it begins, is answered and ends, and finds a server again that went away.
 *
 *     cc -std=c11 -O2 calls.c $(pkg-config --cflags --libs esl_proto) -o calls
 *
 *     ./calls 127.0.0.1 8021 ClueCon
 *
 * A session says again by itself what it wants to hear; what happened between two connections is made good by asking for the list
 * of channels. Exit status: 1 for a wrong password, 2 if the command line makes no sense.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <esl_proto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Who waits and reads. */
enum { LOGIN = 1, CHANNELS = 2, EVENTS = 3 };

static eslp_session *session;
static eslp_calls *calls;
static const char *password;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000 + 1; /* never 0 */
}

static void check(eslp_status status, const char *what) {
    if (status >= 0) return;
    fprintf(stderr, "calls: %s: %s\n", what, eslp_strerror(status));
    exit(3);
}

static void print(const char *what, const eslp_call *call) {
    printf("%s %.*s %.*s\n", what, (int)call->uuid.len, call->uuid.data, (int)call->destination.len,
           call->destination.data ? call->destination.data : "");
    fflush(stdout);
}

/* The list of channels has come. */
static void restore(const eslp_message *message) {
    eslp_event event;
    eslp_value body;
    eslp_call gone;
    if (eslp_message_event(message, &event) != ESLP_OK || eslp_event_body(&event, &body) != ESLP_OK) return;
    /* Plain events have their bodies as they are. */
    if (eslp_calls_restore(calls, body.data, body.len) != ESLP_OK) return;
    while (eslp_calls_next_gone(calls, &gone) == ESLP_OK) print("gone", &gone);
    printf("known %zu\n", eslp_calls_len(calls));
    fflush(stdout);
}

static void happened(const eslp_message *message) {
    eslp_event event;
    eslp_change change;
    uint64_t reader;
    size_t readers;
    if (eslp_session_readers(session, message, &reader, 1, &readers) != ESLP_OK || readers == 0) return;
    if (eslp_message_event(message, &event) != ESLP_OK || eslp_calls_take(calls, &event, &change) != ESLP_OK) return;
    if (change.kind == ESLP_CHANGE_BEGAN) print("began", &change.call);
    if (change.kind == ESLP_CHANGE_ENDED) print("ended", &change.call);
    if (eslp_event_name_of(&event) == ESLP_EVENT_CHANNEL_ANSWER) print("answered", &change.call);
}

/* What has come, while its octets are still at hand. */
static void came(const eslp_client_result *result) {
    const eslp_command login = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = eslp_str(password)};
    eslp_outcome ended;
    eslp_sent sent;
    eslp_gap gap;
    bool is_list = false;
    if (result->kind == ESLP_IN_AUTH_REQUEST) check(eslp_session_send(session, &login, LOGIN, now() + 5000, &sent), "auth");
    if (result->kind == ESLP_IN_AUTH_REFUSED) {
        fprintf(stderr, "calls: the server does not let us in\n");
        exit(1);
    }
    if (result->kind == ESLP_IN_AUTHENTICATED) {
        check(eslp_session_bgapi(session, ESLP_LIT("show channels as json"), CHANNELS, now() + 30000, &sent), "bgapi");
    }
    while (eslp_session_next_outcome(session, &ended) == ESLP_OK) {
        if (ended.slot == CHANNELS && ended.kind == ESLP_OUTCOME_JOB_ENDED) is_list = true;
        if (ended.slot == EVENTS) check(ESLP_REFUSED, "events");
    }
    if (eslp_session_next_gap(session, &gap) == ESLP_OK) {
        printf("away for %llu ms\n", (unsigned long long)(gap.until - gap.since));
        fflush(stdout);
    }
    if (is_list) restore(&result->message);
    else if (result->kind == ESLP_IN_EVENT) happened(&result->message);
}

/* Talks until the connection is over. */
static void talk(int fd) {
    size_t size = 65536, filled = 0, at;
    char *buffer = malloc(size);
    const uint64_t open_by = now() + 5000; /* what FreeSWITCH's backlog of 5 has dropped is never answered */
    eslp_session_state state;
    eslp_client_result result;
    eslp_eof eof;
    check(eslp_session_connect(session, ESLP_INBOUND, NULL, now()), "connect");
    for (;;) {
        eslp_status status;
        for (at = 0; buffer; at += result.consumed) {
            status = eslp_session_poll(session, buffer + at, filled - at, now(), &result);
            if (status == ESLP_OK) came(&result);
            if (status != ESLP_OK) break;
        }
        if (!buffer || status != ESLP_NEED_DATA) break;
        memmove(buffer, buffer + at + result.consumed, filled -= at + result.consumed);
        if (result.required > size) buffer = realloc(buffer, size = result.required);

        eslp_bytes octets = eslp_session_to_send(session);
        if (octets.len && write(fd, octets.data, octets.len) != (ssize_t)octets.len) break;
        check(eslp_session_sent(session, octets.len), "sent");

        check(eslp_session_get_state(session, &state), "state");
        uint64_t until = state.is_open || state.next_deadline ? state.next_deadline : open_by;
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int left = until == 0 ? -1 : until > now() ? (int)(until - now()) : 0;
        if (poll(&wanted, 1, left) > 0) {
            ssize_t count = read(fd, buffer + filled, size - filled);
            if (count <= 0) break;
            filled += (size_t)count;
        }
        check(eslp_session_advance(session, now()), "advance");
        check(eslp_session_get_state(session, &state), "state");
        if (!state.has_connection || (!state.is_open && now() > open_by)) break;
    }
    /* All waits end, and the next connection begins with a gap. */
    (void)eslp_session_eof(session, NULL, 0, now(), &eof);
    free(buffer);
}

int main(int count, char **arguments) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    const eslp_interest wanted = {.events.names = eslp_calls_events()};
    if (count != 4 || inet_pton(AF_INET, arguments[1], &address.sin_addr) != 1) {
        fprintf(stderr, "usage: calls ADDRESS PORT PASSWORD\n");
        return 2;
    }
    address.sin_port = htons((uint16_t)atoi(arguments[2]));
    password = arguments[3];
    check(eslp_session_new((uint64_t)getpid() << 32 ^ (uint64_t)time(NULL), &session), "a session");
    check(eslp_calls_new(10000, NULL, 0, &calls), "calls");
    check(eslp_session_listen(session, EVENTS, &wanted), "listen");
    check(eslp_session_set_silence(session, 45000), "silence");
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) talk(fd);
        if (fd >= 0) close(fd);
        nanosleep(&(struct timespec){.tv_nsec = 500 * 1000 * 1000}, NULL);
    }
}
