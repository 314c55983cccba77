/* What a library without the feature `commands` writes and refuses, beyond what the agent sends. */
#include "agent.h"

#include <esl_proto.h>
#include <string.h>

static uint64_t memory[ESLP_CLIENT_SIZE / sizeof(uint64_t)];
static char out[256];
static eslp_sent sent;

static eslp_status try(eslp_client *client, const eslp_command *command) {
    return eslp_client_send(client, command, out, sizeof out, &sent);
}

static bool wrote(const char *text) {
    return sent.len == strlen(text) && memcmp(out, text, sent.len) == 0;
}

int refusals(void) {
    static const char request[] = "Content-Type: auth/request\n\n", accepted[] = "Content-Type: command/reply\nReply-Text: +OK accepted\n\n";
    eslp_command command = {.kind = ESLP_COMMAND_EVENT, .as.event.names = ESLP_LIT("ALL")};
    eslp_client_result result;
    eslp_client *client;
    if (eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client)) return 20;
    if (eslp_client_poll(client, request, sizeof request - 1, &result)) return 21;
    if (try(client, &command) != ESLP_NOT_AUTHENTICATED) return 22;
    command = (eslp_command){.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("a\nb")};
    if (try(client, &command) != ESLP_COMMAND_LINE_END || sent.fault.field != ESLP_FIELD_PASSWORD || sent.fault.offset != 1) return 23;
    command.as.auth.password = ESLP_LIT("ClueCon");
    if (try(client, &command) || !wrote("auth ClueCon\n\n")) return 24;
    if (eslp_client_poll(client, accepted, sizeof accepted - 1, &result)) return 25;

    /* Names go as they are, and cannot forge a command. */
    command = (eslp_command){.kind = ESLP_COMMAND_EVENT, .as.event = {.names = ESLP_LIT("heartbeat CUSTOM a::b"), .format = ESLP_FORMAT_PLAIN}};
    if (try(client, &command) || !wrote("event plain heartbeat CUSTOM a::b\n\n") || sent.id != 1) return 26;
    command.as.event.names = ESLP_LIT("ALL\n\nexit");
    if (try(client, &command) != ESLP_COMMAND_LINE_END || sent.fault.field != ESLP_FIELD_EVENT_NAME || sent.fault.offset != 3) return 27;
    command.as.event.names = ESLP_LIT("");
    if (try(client, &command) != ESLP_COMMAND_EMPTY) return 28;
    static char names[sizeof out];
    memset(names, 'x', sizeof names);
    command.as.event.names = (eslp_bytes){names, sizeof names};
    if (try(client, &command) != ESLP_INSUFFICIENT || sent.len != sizeof names + sizeof "event plain \n\n" - 1) return 29;
    command.as.event = (eslp_events){.names = ESLP_LIT("CUSTOM"), .subclasses = ESLP_LIT("a::b")};
    if (try(client, &command) != ESLP_UNKNOWN_FIELD) return 30;
    command.as.event = (eslp_events){.names = ESLP_LIT("ALL"), .reserved = {1}};
    if (try(client, &command) != ESLP_UNKNOWN_FIELD) return 31;

    /* The other commands of a small library, and none besides. */
    command = (eslp_command){.kind = ESLP_COMMAND_API, .as.api.line = ESLP_LIT("status")};
    if (try(client, &command) || !wrote("api status\n\n")) return 32;
    command = (eslp_command){.kind = ESLP_COMMAND_NOEVENTS};
    if (try(client, &command) || !wrote("noevents\n\n")) return 33;
    for (eslp_command_kind kind = 0; kind <= ESLP_COMMAND_EXIT + 1; kind++) {
        static const eslp_command_kind known[] = {ESLP_COMMAND_AUTH, ESLP_COMMAND_API, ESLP_COMMAND_EVENT, ESLP_COMMAND_NOEVENTS,
                                                  ESLP_COMMAND_CONNECT, ESLP_COMMAND_EXIT};
        size_t at = 0;
        while (at < sizeof known / sizeof *known && known[at] != kind) at++;
        command = (eslp_command){.kind = kind};
        if (at == sizeof known / sizeof *known && try(client, &command) != ESLP_UNKNOWN_NUMBER) return 34;
    }
    command = (eslp_command){.kind = ESLP_COMMAND_EXIT};
    if (try(client, &command) || !wrote("exit\n\n")) return 35;
    if (try(client, &command) != ESLP_EXITING) return 36;
    return 0;
}
