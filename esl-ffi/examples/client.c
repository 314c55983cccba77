/*
 * A blocking client on POSIX sockets: runs one API command and prints its output, or prints events as they come.
 *
 *     cc -std=c11 -O2 client.c $(pkg-config --cflags --libs esl_proto) -o client
 *
 *     ./client 127.0.0.1 8021 ClueCon status
 *     ./client 127.0.0.1 8021 ClueCon --events 'CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE'
 *
 * Exit status: 0; 1 if the server answers -ERR or -USAGE; 2 if the command line makes no sense or the command may not be
 * sent; 3 for trouble with the connection.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <esl_proto.h>

/* One connection: its socket, what the library keeps of it, and what has been read and not used yet. */
struct connection {
    int socket;
    eslp_client *client;
    eslp_buffer buffer;
    char *memory;
    size_t size;
    size_t consumed; /* octets of the message that was returned last */
};

static void die(int exit_status, const char *what, const char *why) {
    fprintf(stderr, "client: %s: %s\n", what, why);
    exit(exit_status);
}

/* The connection is over, too early, for a reason that is an eslp_end. */
static void ended(int32_t end) {
    eslp_bytes why = eslp_end_text(end);
    fprintf(stderr, "client: the connection is over: %.*s\n", (int)why.len, why.data);
    exit(3);
}

static int dial(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int error = getaddrinfo(host, port, &hints, &list);
    if (error) die(3, host, gai_strerror(error));

    int result = -1;
    for (struct addrinfo *address = list; address && result < 0; address = address->ai_next) {
        result = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
        if (result >= 0 && connect(result, address->ai_addr, address->ai_addrlen)) {
            close(result);
            result = -1;
        }
    }
    freeaddrinfo(list);
    if (result < 0) die(3, host, strerror(errno));
    return result;
}

static void open_connection(struct connection *connection, const char *host, const char *port) {
    memset(connection, 0, sizeof *connection);
    connection->size = 16384;
    connection->memory = malloc(connection->size);
    if (!connection->memory || eslp_client_new(ESLP_INBOUND, NULL, &connection->client) != ESLP_OK) {
        die(3, "memory", "allocation failed");
    }
    eslp_buffer_init(&connection->buffer, connection->memory, connection->size);
    connection->socket = dial(host, port);
}

static void close_connection(struct connection *connection) {
    close(connection->socket);
    eslp_client_free(connection->client);
    free(connection->memory);
}

/* Reads more, into a buffer that can hold `required` octets at least. */
static void read_more(struct connection *connection, size_t required) {
    size_t filled = eslp_buffer_len(&connection->buffer);
    size_t needed = required > filled ? required : filled + 1;
    if (needed > connection->size) {
        char *memory = realloc(connection->memory, 2 * needed);
        if (!memory) die(3, "memory", "allocation failed");
        connection->memory = memory;
        connection->size = 2 * needed;
        eslp_buffer_grow(&connection->buffer, connection->memory, connection->size);
    }

    char *spare;
    size_t room;
    if (eslp_buffer_spare(&connection->buffer, &spare, &room) != ESLP_OK) die(3, "memory", "no room to read into");
    ssize_t count;
    do {
        count = recv(connection->socket, spare, room, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0) die(3, "receive", strerror(errno));
    if (count == 0) {
        eslp_eof eof;
        eslp_client_eof(connection->client, eslp_buffer_data(&connection->buffer), filled, &eof);
        ended(eof.end);
    }
    eslp_buffer_commit(&connection->buffer, (size_t)count);
}

/* Waits for what comes in next. It is valid until the next call. */
static eslp_client_result next(struct connection *connection) {
    for (;;) {
        eslp_client_result result;
        eslp_buffer_consume(&connection->buffer, connection->consumed);
        eslp_status status = eslp_client_poll(connection->client, eslp_buffer_data(&connection->buffer),
                                              eslp_buffer_len(&connection->buffer), &result);
        connection->consumed = result.consumed;
        if (status == ESLP_OK) return result;
        if (status == ESLP_CLOSED) ended(result.end);
        if (status != ESLP_NEED_DATA) die(3, "what the server sends makes no sense", eslp_strerror(status));
        eslp_buffer_consume(&connection->buffer, connection->consumed);
        connection->consumed = 0;
        read_more(connection, result.required);
    }
}

/* Sends a command, and returns the id that its answer will carry. */
static uint64_t send_command(struct connection *connection, const eslp_command *command) {
    /* The first call says how long it is, the second writes it. */
    eslp_sent sent;
    eslp_status status = eslp_client_send(connection->client, command, NULL, 0, &sent);
    char *out = malloc(sent.len + 1);
    if (!out) die(3, "memory", "allocation failed");
    if (status == ESLP_INSUFFICIENT) status = eslp_client_send(connection->client, command, out, sent.len, &sent);
    if (status != ESLP_OK) die(2, "this command cannot be sent", eslp_strerror(status));

    for (size_t done = 0; done < sent.len;) {
        ssize_t count = send(connection->socket, out + done, sent.len - done, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR) die(3, "send", strerror(errno));
        if (count > 0) done += (size_t)count;
    }
    free(out);
    return sent.id;
}

static void login(struct connection *connection, const char *password) {
    for (;;) {
        eslp_client_result result = next(connection);
        switch (result.kind) {
            case ESLP_IN_AUTH_REQUEST: {
                eslp_command auth = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = eslp_str(password)};
                send_command(connection, &auth);
                break;
            }
            case ESLP_IN_AUTHENTICATED:
                return;
            case ESLP_IN_AUTH_REFUSED:
                die(3, "login", "the password is wrong");
                break;
            case ESLP_IN_REJECTED:
                die(3, "login", "the server's access list does not allow this address");
                break;
            default:
                break;
        }
    }
}

/* Prints a value, decoded; the front of it if it is very long. */
static void print_value(const eslp_value *value) {
    char storage[1024];
    eslp_bytes text;
    if (eslp_value_read(value, storage, sizeof storage, &text) != ESLP_OK) {
        text = (eslp_bytes){value->data, value->len < sizeof storage ? value->len : sizeof storage};
    }
    fwrite(text.data, 1, text.len, stdout);
}

static void print_event(const eslp_event *event) {
    eslp_bytes columns[] = {ESLP_LIT("Event-Name"), ESLP_LIT("Event-Subclass"), ESLP_LIT("Unique-ID"),
                            ESLP_LIT("Channel-Name")};
    for (size_t column = 0; column < sizeof columns / sizeof *columns; column++) {
        eslp_value value;
        if (eslp_event_get(event, columns[column], &value) != ESLP_OK) continue;
        if (column) putchar(' ');
        print_value(&value);
    }
    putchar('\n');
    fflush(stdout);
}

/* Runs an API command; returns the exit status. */
static int run_api(struct connection *connection, const char *line) {
    eslp_command api = {.kind = ESLP_COMMAND_API, .as.api.line = eslp_str(line)};
    uint64_t id = send_command(connection, &api);
    for (;;) {
        eslp_client_result result = next(connection);
        if (result.id != id) continue;
        eslp_value text;
        if (eslp_message_text(&result.message, &text) == ESLP_OK) {
            /* What a server says to a command is never coded. */
            fwrite(text.data, 1, text.len, stdout);
            if (text.len == 0 || text.data[text.len - 1] != '\n') putchar('\n');
        }
        eslp_reply_status status = eslp_message_reply_status(&result.message);
        return status == ESLP_REPLY_ERR || status == ESLP_REPLY_USAGE;
    }
}

/* Prints events until the server ends the connection. */
static int print_events(struct connection *connection, const char *names) {
    eslp_command subscribe = {.kind = ESLP_COMMAND_EVENT, .as.event.names = eslp_str(names)};
    uint64_t id = send_command(connection, &subscribe);
    for (;;) {
        eslp_client_result result = next(connection);
        eslp_event event;
        if (result.kind == ESLP_IN_GOODBYE) return 0;
        if (result.id == id && eslp_message_reply_status(&result.message) == ESLP_REPLY_ERR) {
            die(1, names, "the server knows none of these events");
        }
        if (result.kind == ESLP_IN_EVENT && eslp_message_event(&result.message, &event) == ESLP_OK) {
            print_event(&event);
        }
    }
}

int main(int count, char **arguments) {
    int events = count == 6 && !strcmp(arguments[4], "--events");
    if (count != 5 && !events) {
        fprintf(stderr, "usage: client HOST PORT PASSWORD COMMAND | --events NAMES\n");
        return 2;
    }
    struct connection connection;
    open_connection(&connection, arguments[1], arguments[2]);
    login(&connection, arguments[3]);
    int exit_status = events ? print_events(&connection, arguments[5]) : run_api(&connection, arguments[4]);
    close_connection(&connection);
    return exit_status;
}
