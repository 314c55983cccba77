/* Errors on purpose: proof that a checker of memory would see one. Which, the first argument says. */
#include <limits.h>

#include "check.h"

int main(int argc, char **argv) {
    const char *which = argc > 1 ? argv[1] : "";
    char *octets = malloc(8);
    CHECK(octets);
    memcpy(octets, "Content-", 8);
    if (!strcmp(which, "overrun")) {
        /* The library is told of one octet too many. */
        eslp_decoder *decoder;
        eslp_step step;
        RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder));
        RETURNS(ESLP_NEED_DATA, eslp_decoder_decode(decoder, octets, 9, &step));
        eslp_decoder_free(decoder);
    } else if (!strcmp(which, "address")) {
        volatile size_t count = 9;
        printf("%d\n", memchr(octets, 'z', count) != NULL);
    } else if (!strcmp(which, "undefined")) {
        volatile int greatest = INT_MAX;
        printf("%d\n", greatest + argc);
    } else if (!strcmp(which, "leak")) {
        eslp_client *client;
        RETURNS(ESLP_OK, eslp_client_new(ESLP_INBOUND, NULL, &client));
    }
    free(octets);
    return 0;
}
