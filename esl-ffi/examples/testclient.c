/* libesl's testclient, with a time for each wait:
 *
 *     cc -std=c99 -O2 testclient.c $(pkg-config --cflags --libs esl_proto) -o testclient
 */
#include <esl_proto_posix.h>
#include <stdio.h>

int main(int count, char **arguments) {
    eslp_posix fs;
    eslp_bytes text;
    eslp_status status = eslp_posix_open(&fs, "localhost", count > 1 ? arguments[1] : "8021", NULL, "ClueCon", 5000);
    if (status == ESLP_OK) status = eslp_posix_api(&fs, "status", 5000, &text);
    if (status == ESLP_OK) fwrite(text.data, 1, text.len, stdout);
    if (status != ESLP_OK) fprintf(stderr, "%s\n", eslp_strerror(status));
    eslp_posix_close(&fs);
    return status != ESLP_OK;
}
