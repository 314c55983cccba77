/* FreeSWITCH's own C library: PORT EVENTS. */
#include <esl.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    if (count != 3) return 2;
    static const char *const names[] = {"Event-Name", "Unique-ID", "Hangup-Cause"};
    long expected = atol(arguments[2]), events = 0, headers = 0;
    esl_handle_t handle = {{0}};
    if (esl_connect(&handle, "127.0.0.1", (esl_port_t)atoi(arguments[1]), NULL, "ClueCon") != ESL_SUCCESS) return 1;
    if (esl_events(&handle, ESL_EVENT_TYPE_PLAIN, "ALL") != ESL_SUCCESS) return 1;
    while (events < expected && esl_recv_event(&handle, 1, NULL) == ESL_SUCCESS) {
        if (handle.last_ievent == NULL) continue;
        events++;
        for (size_t place = 0; place < sizeof names / sizeof *names; place++) {
            headers += esl_event_get_header(handle.last_ievent, names[place]) != NULL;
        }
    }
    esl_disconnect(&handle);
    printf("%ld %ld\n", events, headers);
}
