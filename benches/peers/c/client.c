/* The C library on a blocking socket: PORT EVENTS. */
#include <arpa/inet.h>
#include <esl_proto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(eslp_client *client, int fd, const eslp_command *command) {
    char out[512];
    eslp_sent sent;
    if (eslp_client_send(client, command, out, sizeof out, &sent) != ESLP_OK) abort();
    if (write(fd, out, sent.len) != (ssize_t)sent.len) abort();
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server.sin_port = htons((uint16_t)atoi(arguments[1]));
    long expected = atol(arguments[2]), events = 0, headers = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) return 1;

    static char in[1 << 16];
    const eslp_bytes names[] = {ESLP_LIT("Event-Name"), ESLP_LIT("Unique-ID"), ESLP_LIT("Hangup-Cause")};
    eslp_client *client;
    eslp_buffer buffer;
    if (eslp_client_new(ESLP_INBOUND, NULL, &client) != ESLP_OK) return 1;
    eslp_buffer_init(&buffer, in, sizeof in);
    while (events < expected) {
        eslp_client_result result;
        eslp_status status = eslp_client_poll(client, eslp_buffer_data(&buffer), eslp_buffer_len(&buffer), &result);
        eslp_event event;
        if (status == ESLP_OK && result.kind == ESLP_IN_AUTH_REQUEST) {
            say(client, fd, &(eslp_command){.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("ClueCon")});
            say(client, fd, &(eslp_command){.kind = ESLP_COMMAND_EVENT, .as.event.names = ESLP_LIT("ALL")});
        } else if (status == ESLP_OK && eslp_message_event(&result.message, &event) == ESLP_OK) {
            events++;
            eslp_value values[3];
            if (eslp_event_find(&event, names, 3, values) != ESLP_OK) abort();
            for (size_t place = 0; place < 3; place++) headers += values[place].data != NULL;
        }
        eslp_buffer_consume(&buffer, result.consumed);
        if (status == ESLP_NEED_DATA) {
            char *spare;
            size_t room;
            if (eslp_buffer_spare(&buffer, &spare, &room) != ESLP_OK) break;
            ssize_t received = read(fd, spare, room);
            if (received <= 0) break;
            eslp_buffer_commit(&buffer, (size_t)received);
        } else if (status != ESLP_OK) {
            break;
        }
    }
    eslp_client_free(client);
    printf("%ld %ld\n", events, headers);
}
