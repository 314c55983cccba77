/* A program of a later day, compiled against the header that tests/growth/grow.py makes: what it does with a library of its own
 * day, and what a library of today tells it that it lacks. */
#include "../c/check.h"

int main(int count, char **arguments) {
    static uint64_t memory[ESLP_CLIENT_SIZE / sizeof(uint64_t)];
    char out[256];
    size_t len = 0;
    bool newer = eslp_version_number() == ESLP_VERSION_NUMBER && count > 1 && !strcmp(arguments[1], "newer");
    eslp_client *client;
    eslp_client_result result;

    eslp_command command = {.kind = ESLP_COMMAND_KIND_GROWN, .as.api.line = ESLP_LIT("x")};
    RETURNS(newer ? ESLP_OK : ESLP_UNKNOWN_NUMBER, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_API, .as.api = {.line = ESLP_LIT("status"), .grown = 1}};
    RETURNS(newer ? ESLP_OK : ESLP_UNKNOWN_FIELD, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    if (newer) SAYS("api grown\n\n", ((eslp_bytes){out, len}));
    const eslp_limits limits = {.grown = 1};
    RETURNS(newer ? ESLP_OK : ESLP_UNKNOWN_FIELD, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, &limits, &client));

    /* What is not used of what is new costs nothing, and what has no value is zero. */
    command.as.api.grown = 0;
    RETURNS(ESLP_OK, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    SAYS("api status\n\n", ((eslp_bytes){out, len}));
    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_poll(client, "Content-Type: auth/request\n\n", 28, &result));
    CHECK(result.kind == ESLP_IN_AUTH_REQUEST && result.grown == (newer ? 77 : 0));
#ifdef CALLS
    CHECK(eslp_grown() == 77);
#endif
    puts(newer ? "all of a later day is there" : "what is of a later day is told to be unknown");
    return 0;
}
