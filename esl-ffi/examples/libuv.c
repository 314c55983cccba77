/*
 * A client on libuv: prints the server's events, asks for its status now and then, and connects anew when the connection
 * is lost. One thread, nothing blocks.
 *
 *     cc -std=c11 -O2 libuv.c $(pkg-config --cflags --libs esl_proto libuv) -o libuv
 *
 *     ./libuv 127.0.0.1 8021 ClueCon 'HEARTBEAT CHANNEL_ANSWER'          until Ctrl-C
 *     ./libuv 127.0.0.1 8021 ClueCon 'HEARTBEAT CHANNEL_ANSWER' 10       until 10 events have come
 *
 * Exit status: 0; 2 if the command line makes no sense or the server does not let us in; 3 if memory is out.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <esl_proto.h>

#define STATUS_EVERY 5000 /* milliseconds */
#define LOGIN_IN 10000
#define RETRY_FIRST 100
#define RETRY_MOST 30000

/* One program, one connection at a time. */
struct monitor {
    uv_loop_t *loop;
    uv_tcp_t socket;
    uv_timer_t retry_timer, status_timer;
    uv_signal_t interrupt;
    uint64_t retry_after;
    bool connected, stopping;

    struct sockaddr_in address;
    const char *password;
    unsigned long events_left; /* 0: no end */
    int exit_status;

    /* What it wants to hear: the same after every reconnect. */
    eslp_subscription wanted;
    uint64_t status_id;

    eslp_client *client;
    _Alignas(ESLP_ALIGN) unsigned char client_memory[ESLP_CLIENT_SIZE];
    eslp_buffer buffer;
    char *memory;
    size_t size;
};

static void start(uv_timer_t *timer);

static void *allocate(void *old, size_t size) {
    void *memory = realloc(old, size);
    if (!memory) {
        fputs("libuv: no memory left\n", stderr);
        exit(3);
    }
    return memory;
}

/* ---- The end of a connection, and of the program ---- */

static void closed(uv_handle_t *handle) {
    struct monitor *monitor = handle->data;
    if (monitor->client) eslp_client_drop(monitor->client);
    monitor->client = NULL;
    if (monitor->stopping) return;
    fprintf(stderr, "libuv: again in %lu ms\n", (unsigned long)monitor->retry_after);
    uv_timer_start(&monitor->retry_timer, start, monitor->retry_after, 0);
    monitor->retry_after = monitor->retry_after * 2 < RETRY_MOST ? monitor->retry_after * 2 : RETRY_MOST;
}

static void hang_up(struct monitor *monitor) {
    monitor->connected = false;
    uv_timer_stop(&monitor->status_timer);
    if (!uv_is_closing((uv_handle_t *)&monitor->socket)) uv_close((uv_handle_t *)&monitor->socket, closed);
}

static void stop(struct monitor *monitor, int exit_status) {
    if (monitor->stopping) return;
    monitor->stopping = true;
    monitor->exit_status = exit_status;
    if (monitor->client) hang_up(monitor);
    uv_close((uv_handle_t *)&monitor->retry_timer, NULL);
    uv_close((uv_handle_t *)&monitor->status_timer, NULL);
    uv_close((uv_handle_t *)&monitor->interrupt, NULL);
}

static void interrupted(uv_signal_t *signal, int number) {
    (void)number;
    stop(signal->data, 0);
}

/* ---- Sending ---- */

/* Octets on their way. */
struct outgoing {
    uv_write_t request;
    char octets[];
};

static void written(uv_write_t *request, int status) {
    struct monitor *monitor = request->handle->data;
    free(request->data);
    if (status < 0 && status != UV_ECANCELED) hang_up(monitor);
}

/* How the library writes: eslp_client_send() and eslp_client_subscribe() with their subject. */
typedef eslp_status writer(struct monitor *monitor, const void *subject, void *out, size_t size, eslp_sent *sent);

static eslp_status write_command(struct monitor *monitor, const void *subject, void *out, size_t size,
                                 eslp_sent *sent) {
    return eslp_client_send(monitor->client, subject, out, size, sent);
}

static eslp_status write_subscription(struct monitor *monitor, const void *subject, void *out, size_t size,
                                      eslp_sent *sent) {
    return eslp_client_subscribe(monitor->client, subject, out, size, sent);
}

/* Sends what the library writes; returns the id of its first command. */
static uint64_t post(struct monitor *monitor, writer *write, const void *subject) {
    eslp_sent sent;
    eslp_status status = write(monitor, subject, NULL, 0, &sent);
    if (status == ESLP_INSUFFICIENT) {
        size_t len = sent.len;
        struct outgoing *outgoing = allocate(NULL, sizeof *outgoing + len);
        status = write(monitor, subject, outgoing->octets, len, &sent);
        outgoing->request.data = outgoing;
        uv_buf_t octets = uv_buf_init(outgoing->octets, (unsigned)len);
        if (status == ESLP_OK &&
            uv_write(&outgoing->request, (uv_stream_t *)&monitor->socket, &octets, 1, written) == 0) {
            return sent.id;
        }
        free(outgoing);
    }
    fprintf(stderr, "libuv: this cannot be sent: %s\n", eslp_strerror(status));
    stop(monitor, 2);
    return ESLP_NO_ID;
}

static void ask_status(uv_timer_t *timer) {
    struct monitor *monitor = timer->data;
    if (monitor->status_id != ESLP_NO_ID) {
        /* The last one is not answered: the server has stopped, or is out of reach. */
        fputs("libuv: the server is silent\n", stderr);
        hang_up(monitor);
        return;
    }
    eslp_command status = {.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
    monitor->status_id = post(monitor, write_command, &status);
}

/* ---- What comes in ---- */

static void print_event(const eslp_event *event) {
    static const char *const columns[] = {"Event-Name", "Event-Date-Local", "Unique-ID", "Event-Info"};
    for (size_t column = 0; column < sizeof columns / sizeof *columns; column++) {
        char storage[512];
        eslp_value value;
        eslp_bytes text;
        if (eslp_event_get(event, eslp_str(columns[column]), &value) == ESLP_OK &&
            eslp_value_read(&value, storage, sizeof storage, &text) == ESLP_OK) {
            printf("%s%.*s", column ? "  " : "", (int)text.len, text.data);
        }
    }
    putchar('\n');
    fflush(stdout);
}

static void handle_event(struct monitor *monitor, const eslp_message *message) {
    eslp_event event;
    if (eslp_message_event(message, &event) != ESLP_OK) return;
    print_event(&event);
    if (monitor->events_left && --monitor->events_left == 0) stop(monitor, 0);
}

static void handle_answer(struct monitor *monitor, const eslp_client_result *result) {
    eslp_value text;
    if (result->id != monitor->status_id) return;
    monitor->status_id = ESLP_NO_ID;
    if (eslp_message_text(&result->message, &text) != ESLP_OK) return;
    /* Its first line says how long the server has been up. */
    const char *line_end = memchr(text.data, '\n', text.len);
    printf("status: %.*s\n", (int)(line_end ? line_end - text.data : (long)text.len), text.data);
}

static void handle(struct monitor *monitor, const eslp_client_result *result) {
    switch (result->kind) {
        case ESLP_IN_AUTH_REQUEST: {
            eslp_command auth = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = eslp_str(monitor->password)};
            post(monitor, write_command, &auth);
            break;
        }
        case ESLP_IN_AUTHENTICATED:
            monitor->retry_after = RETRY_FIRST;
            uv_timer_stop(&monitor->retry_timer);
            post(monitor, write_subscription, &monitor->wanted);
            uv_timer_start(&monitor->status_timer, ask_status, 0, STATUS_EVERY);
            break;
        case ESLP_IN_AUTH_REFUSED:
        case ESLP_IN_REJECTED:
            fputs("libuv: the server does not let us in\n", stderr);
            stop(monitor, 2);
            break;
        case ESLP_IN_ANSWER:
            handle_answer(monitor, result);
            break;
        case ESLP_IN_EVENT:
            handle_event(monitor, &result->message);
            break;
        default:
            break;
    }
}

/* Takes in what has been read. */
static void take_in(struct monitor *monitor) {
    while (monitor->connected && !monitor->stopping) {
        eslp_client_result result;
        eslp_status status = eslp_client_poll(monitor->client, eslp_buffer_data(&monitor->buffer),
                                              eslp_buffer_len(&monitor->buffer), &result);
        if (status == ESLP_OK) handle(monitor, &result);
        eslp_buffer_consume(&monitor->buffer, result.consumed);
        if (status == ESLP_NEED_DATA) {
            if (result.required > monitor->size) {
                monitor->size = 2 * result.required;
                monitor->memory = allocate(monitor->memory, monitor->size);
                eslp_buffer_grow(&monitor->buffer, monitor->memory, monitor->size);
            }
            return;
        }
        if (status != ESLP_OK) {
            eslp_bytes why = eslp_end_text(result.end);
            fprintf(stderr, "libuv: the connection is over: %.*s\n", (int)why.len, why.data);
            hang_up(monitor);
        }
    }
}

/* ---- libuv's questions ---- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    struct monitor *monitor = handle->data;
    char *spare;
    size_t size;
    (void)suggested;
    if (eslp_buffer_spare(&monitor->buffer, &spare, &size) != ESLP_OK) {
        monitor->size *= 2;
        monitor->memory = allocate(monitor->memory, monitor->size);
        eslp_buffer_grow(&monitor->buffer, monitor->memory, monitor->size);
        if (eslp_buffer_spare(&monitor->buffer, &spare, &size) != ESLP_OK) abort();
    }
    *room = uv_buf_init(spare, (unsigned)size);
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
    struct monitor *monitor = stream->data;
    (void)room;
    if (count < 0) {
        eslp_eof eof;
        eslp_client_eof(monitor->client, eslp_buffer_data(&monitor->buffer), eslp_buffer_len(&monitor->buffer), &eof);
        fprintf(stderr, "libuv: %s; %lu commands will not be answered\n", uv_strerror((int)count),
                (unsigned long)eof.unanswered.count);
        hang_up(monitor);
        return;
    }
    eslp_buffer_commit(&monitor->buffer, (size_t)count);
    take_in(monitor);
}

static void connected(uv_connect_t *request, int status) {
    struct monitor *monitor = request->handle->data;
    free(request);
    if (status < 0) {
        fprintf(stderr, "libuv: connect: %s\n", uv_strerror(status));
        hang_up(monitor);
        return;
    }
    monitor->connected = true;
    uv_read_start((uv_stream_t *)&monitor->socket, give_room, received);
}

/* FreeSWITCH lets five connections wait to be accepted: one that was dropped looks open, and is never answered. */
static void late(uv_timer_t *timer) {
    fputs("libuv: no login in time\n", stderr);
    hang_up(timer->data);
}

/* A new socket, a new client, an empty buffer. */
static void start(uv_timer_t *timer) {
    struct monitor *monitor = timer->data;
    if (eslp_client_init(monitor->client_memory, sizeof monitor->client_memory, ESLP_INBOUND, NULL, &monitor->client)) abort();
    eslp_buffer_init(&monitor->buffer, monitor->memory, monitor->size);
    monitor->status_id = ESLP_NO_ID;
    uv_tcp_init(monitor->loop, &monitor->socket);
    uv_connect_t *request = allocate(NULL, sizeof *request);
    uv_timer_start(&monitor->retry_timer, late, LOGIN_IN, 0);
    uv_tcp_connect(request, &monitor->socket, (const struct sockaddr *)&monitor->address, connected);
}

int main(int count, char **arguments) {
    static struct monitor monitor;
    if ((count != 5 && count != 6) || uv_ip4_addr(arguments[1], atoi(arguments[2]), &monitor.address)) {
        fputs("usage: libuv ADDRESS PORT PASSWORD EVENTS [COUNT]\n", stderr);
        return 2;
    }
    monitor.loop = uv_default_loop();
    monitor.retry_after = RETRY_FIRST;
    monitor.password = arguments[3];
    monitor.events_left = count == 6 ? strtoul(arguments[5], NULL, 10) : 0;
    monitor.wanted.events = (eslp_events){.names = eslp_str(arguments[4]), .format = ESLP_FORMAT_JSON};
    monitor.size = 16384;
    monitor.memory = allocate(NULL, monitor.size);
    monitor.socket.data = monitor.retry_timer.data = monitor.status_timer.data = monitor.interrupt.data = &monitor;

    uv_timer_init(monitor.loop, &monitor.retry_timer);
    uv_timer_init(monitor.loop, &monitor.status_timer);
    uv_signal_init(monitor.loop, &monitor.interrupt);
    uv_signal_start(&monitor.interrupt, interrupted, SIGINT);
    start(&monitor.retry_timer);
    uv_run(monitor.loop, UV_RUN_DEFAULT);
    uv_loop_close(monitor.loop);
    free(monitor.memory);
    return monitor.exit_status;
}
