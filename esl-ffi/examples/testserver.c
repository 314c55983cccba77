/* libesl's testserver: puts each call that comes into a conference, and says what happens to it. A process for each call.
 *
 *     cc -std=c99 -O2 testserver.c $(pkg-config --cflags --libs esl_proto) -o testserver
 *
 *     ./testserver 8040       with <action application="socket" data="127.0.0.1:8040 async full"/> in the dialplan
 */
#include <esl_proto_posix.h>
#include <signal.h>
#include <stdio.h>

static void serve(eslp_posix *fs) {
    eslp_client_result in;
    eslp_event event;
    eslp_status status = eslp_posix_follow(fs, ESLP_FORMAT_PLAIN, 5, 5000);
    if (status == ESLP_OK) status = eslp_posix_execute(fs, NULL, "answer", NULL, 10000, &event);
    if (status == ESLP_OK) status = eslp_posix_run(fs, &(eslp_command){.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {
        .call = ESLP_CALL_EXECUTE, .execute = {.app = ESLP_LIT("conference"), .arg = ESLP_LIT("3000@default")}}}, 5000);
    while (status == ESLP_OK && (status = eslp_posix_next(fs, -1, &in)) == ESLP_OK) {
        eslp_bytes name = {"", 0};
        if (in.kind == ESLP_IN_EVENT && eslp_message_event(&in.message, &event) == ESLP_OK) {
            name = eslp_event_name_text(eslp_event_name_of(&event));
        } else if (in.kind == ESLP_IN_LINGERING) {
            name = ESLP_LIT("lingering: 5 seconds for any remaining events");
        }
        printf("%.*s\n", (int)name.len, name.data);
    }
    printf("disconnected: %.*s\n", (int)eslp_end_text(fs->end).len, eslp_end_text(fs->end).data);
}

int main(int count, char **arguments) {
    eslp_posix fs;
    int listener, error;
    signal(SIGCHLD, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (eslp_posix_listen("localhost", count > 1 ? arguments[1] : "8040", &listener, &error) != ESLP_OK) {
        fprintf(stderr, "listen: %s\n", strerror(error));
        return 1;
    }
    for (;;) {
        int call = accept(listener, NULL, NULL);
        if (call < 0) poll(&(struct pollfd){listener, POLLIN, 0}, 1, -1);
        if (call >= 0 && fork() == 0) {
            if (eslp_posix_attach(&fs, call, 5000) == ESLP_OK) serve(&fs);
            eslp_posix_close(&fs);
            return 0;
        }
        if (call >= 0) close(call);
    }
}
