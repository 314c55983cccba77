/*
 * A blocking client: runs one API command and prints its output, or prints events as they come.
 *
 *     cc -std=c99 -O2 client.c $(pkg-config --cflags --libs esl_proto) -o client
 *
 *     ./client 127.0.0.1 8021 ClueCon status
 *     ./client 127.0.0.1 8021 ClueCon --events 'CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE'
 *
 * Exit status: 0; 1 if the server answers -ERR or -USAGE; 2 if the command line makes no sense or the command may not be
 * sent; 3 for trouble with the connection.
 */
#include <esl_proto_posix.h>
#include <stdio.h>

#define SECONDS 1000

/* Says what has failed, and returns the exit status. */
static int fail(const eslp_posix *fs, const char *what, eslp_status status) {
    eslp_bytes why = eslp_str(eslp_strerror(status));
    if (status == ESLP_SYSTEM) why = eslp_str(strerror(fs->error));
    if (status == ESLP_CLOSED) why = eslp_end_text(fs->end);
    fprintf(stderr, "client: %s: %.*s\n", what, (int)why.len, why.data);
    /* These are of the command's text, or of the time at which it is sent. */
    return status <= ESLP_INSUFFICIENT ? 2 : 3;
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
    static const eslp_bytes columns[] = {ESLP_INIT("Event-Name"), ESLP_INIT("Event-Subclass"), ESLP_INIT("Unique-ID"),
                                         ESLP_INIT("Channel-Name")};
    eslp_value values[4];
    if (eslp_event_find(event, columns, 4, values) != ESLP_OK) return;
    for (int column = 0; column < 4; column++) {
        if (!values[column].data) continue;
        if (column) putchar(' ');
        print_value(&values[column]);
    }
    putchar('\n');
    fflush(stdout);
}

/* Runs an API command, for as long as it takes; returns the exit status. */
static int run_api(eslp_posix *fs, const char *line) {
    eslp_command api = {.kind = ESLP_COMMAND_API, .as.api.line = eslp_str(line)};
    eslp_message answer;
    eslp_value text;
    eslp_status status = eslp_posix_command(fs, &api, -1, &answer);
    if (status != ESLP_OK) return fail(fs, line, status);
    if (eslp_message_text(&answer, &text) == ESLP_OK) {
        /* What a server says to a command is never coded. */
        fwrite(text.data, 1, text.len, stdout);
        if (text.len == 0 || text.data[text.len - 1] != '\n') putchar('\n');
    }
    eslp_reply_status said = eslp_message_reply_status(&answer);
    return said == ESLP_REPLY_ERR || said == ESLP_REPLY_USAGE;
}

/* Prints events until the server ends the connection. */
static int print_events(eslp_posix *fs, const char *names) {
    eslp_event event;
    eslp_status status = eslp_posix_events(fs, ESLP_FORMAT_PLAIN, names, 10 * SECONDS);
    if (status == ESLP_REFUSED) {
        fprintf(stderr, "client: %s: the server knows none of these events\n", names);
        return 1;
    }
    while (status == ESLP_OK && (status = eslp_posix_event(fs, -1, &event)) == ESLP_OK) print_event(&event);
    /* The server has said good-bye. */
    return status == ESLP_CLOSED && fs->end != ESLP_END_EOF ? 0 : fail(fs, "events", status);
}

int main(int count, char **arguments) {
    bool events = count == 6 && !strcmp(arguments[4], "--events");
    if (count != 5 && !events) {
        fprintf(stderr, "usage: client HOST PORT PASSWORD COMMAND | --events NAMES\n");
        return 2;
    }
    eslp_posix fs;
    eslp_status status = eslp_posix_open(&fs, arguments[1], arguments[2], NULL, arguments[3], 10 * SECONDS);
    if (status != ESLP_OK) return fail(&fs, "login", status);
    int exit_status = events ? print_events(&fs, arguments[5]) : run_api(&fs, arguments[4]);
    eslp_posix_close(&fs);
    return exit_status;
}
