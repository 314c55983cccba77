/* Does one piece of work on a recorded stream a number of times, for benches/icount: WORK COUNT STREAM. Without arguments it lists
 * the pieces. Built with LIBESL, it has what FreeSWITCH's own library takes for the same.
 *
 * Framing is in all of them: libesl has no other way to an event. The name of a work ends in the format of the stream. */
#include <esl_proto.h>

#ifdef LIBESL
#include <esl.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char stream[1 << 22], out[1 << 16];
static size_t len;
/* What is found goes here, so that no work can be left out. */
static volatile size_t sum;

static const char *const names[] = {"Event-Name", "Unique-ID", "Hangup-Cause"};

#ifdef LIBESL
static void nothing(esl_event_t *event) { sum += event->headers != NULL; }

static void get(esl_event_t *event) {
    for (int at = 0; at < 3; at++) sum += esl_event_get_header(event, names[at]) != NULL;
}

static void to_json(esl_event_t *event) {
    char *text = NULL;
    if (esl_event_serialize_json(event, &text) == ESL_SUCCESS) sum += strlen(text);
    free(text);
}

/* libesl decodes all headers of each event, whatever is asked for. */
static const struct {
    const char *name;
    void (*work)(esl_event_t *);
} works[] = {{"libesl-all-plain", nothing}, {"libesl-all-json", nothing}, {"libesl-get-plain", get}, {"libesl-get-json", get},
             {"libesl-json-plain", to_json}};

/* A process of its own writes the stream to the socket. */
static void pass(size_t work) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) abort();
    if (fork() == 0) {
        for (size_t done = 0; done < len;) {
            ssize_t count = write(sockets[1], stream + done, len - done);
            if (count <= 0) break;
            done += (size_t)count;
        }
        _exit(0);
    }
    close(sockets[1]);
    esl_handle_t handle;
    memset(&handle, 0, sizeof handle);
    handle.sock = sockets[0];
    handle.connected = 1;
    esl_mutex_create(&handle.mutex);
    esl_buffer_create(&handle.packet_buf, 1 << 16, 1 << 16, 0);
    while (esl_recv_event(&handle, 0, NULL) == ESL_SUCCESS) {
        if (handle.last_ievent) works[work].work(handle.last_ievent);
    }
    esl_disconnect(&handle);
}
#else
static void all(const eslp_event *event) {
    eslp_headers headers;
    eslp_header header;
    eslp_bytes text;
    eslp_event_headers(event, &headers);
    while (eslp_headers_next(&headers, &header) == ESLP_OK) {
        if (eslp_value_read(&header.value, out, sizeof out, &text) != ESLP_OK) abort();
        sum += text.len;
    }
}

static void get(const eslp_event *event) {
    eslp_value value;
    for (int at = 0; at < 3; at++) sum += eslp_event_get(event, eslp_str(names[at]), &value) == ESLP_OK;
}

static void find(const eslp_event *event) {
    static const eslp_bytes wanted[] = {ESLP_INIT("Event-Name"), ESLP_INIT("Unique-ID"), ESLP_INIT("Hangup-Cause")};
    eslp_value values[3];
    if (eslp_event_find(event, wanted, 3, values) != ESLP_OK) abort();
    for (int at = 0; at < 3; at++) sum += values[at].data != NULL;
}

static void to_json(const eslp_event *event) {
    size_t written;
    if (eslp_event_transcode(event, ESLP_FORMAT_JSON, ESLP_ENCODE_FREESWITCH, out, sizeof out, &written) != ESLP_OK) abort();
    sum += written;
}

static const struct {
    const char *name;
    void (*work)(const eslp_event *);
} works[] = {{"c-all-plain", all},   {"c-all-json", all},   {"c-all-xml", all},   {"c-get-plain", get},
             {"c-get-json", get},    {"c-get-xml", get},    {"c-find-plain", find}, {"c-find-json", find},
             {"c-find-xml", find},   {"c-json-plain", to_json}, {"c-json-xml", to_json}};

static void pass(size_t work) {
    static uint64_t memory[ESLP_DECODER_SIZE / sizeof(uint64_t)];
    const char *at = stream;
    size_t rest = len;
    eslp_decoder *decoder;
    eslp_step step;
    eslp_event event;
    if (eslp_decoder_init(memory, sizeof memory, ESLP_FROM_SERVER, NULL, &decoder) != ESLP_OK) abort();
    for (; eslp_decoder_decode(decoder, at, rest, &step) == ESLP_OK; at += step.consumed, rest -= step.consumed) {
        if (eslp_message_event(&step.message, &event) == ESLP_OK) works[work].work(&event);
    }
    eslp_decoder_drop(decoder);
}
#endif

int main(int count, char **arguments) {
    size_t work = 0, known = sizeof works / sizeof *works;
    if (count == 1) {
        for (; work < known; work++) puts(works[work].name);
        return 0;
    }
    while (work < known && strcmp(works[work].name, arguments[1]) != 0) work++;
    FILE *file = count == 4 && work < known ? fopen(arguments[3], "rb") : NULL;
    if (!file) return 2;
    len = fread(stream, 1, sizeof stream, file);
    fclose(file);
    for (long times = atol(arguments[2]); times > 0; times--) pass(work);
    return sum == 0;
}
