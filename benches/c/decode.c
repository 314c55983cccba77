/* What the C library takes for an event, an index over it and three look-ups, without a socket: STREAM PASSES.
 *
 * The recorded stream comes from memory in pieces of 64 KiB, copied into the buffer as a read would. */
#include <esl_proto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 1 << 16, SLOTS = 256 };

static long events, headers;

static void look_up(const eslp_event *event) {
    static const eslp_bytes names[] = {ESLP_LIT("Event-Name"), ESLP_LIT("Unique-ID"), ESLP_LIT("Hangup-Cause")};
    eslp_slot slots[SLOTS];
    eslp_index index;
    if (eslp_event_index(event, slots, SLOTS, &index) != ESLP_OK) abort();
    events++;
    for (size_t place = 0; place < sizeof names / sizeof *names; place++) {
        eslp_value value;
        headers += eslp_index_get(&index, names[place], &value) == ESLP_OK;
    }
}

static void decode(eslp_decoder *decoder, eslp_buffer *buffer) {
    for (;;) {
        eslp_step step;
        eslp_status status = eslp_decoder_decode(decoder, eslp_buffer_data(buffer), eslp_buffer_len(buffer), &step);
        eslp_event event;
        if (status == ESLP_OK && eslp_message_event(&step.message, &event) == ESLP_OK) look_up(&event);
        eslp_buffer_consume(buffer, step.consumed);
        if (status == ESLP_NEED_DATA) return;
        if (status != ESLP_OK) abort();
    }
}

static void pass(const char *stream, size_t len) {
    static char storage[4 * PIECE];
    eslp_decoder *decoder;
    eslp_buffer buffer;
    if (eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder) != ESLP_OK) abort();
    eslp_buffer_init(&buffer, storage, sizeof storage);
    for (size_t at = 0; at < len;) {
        char *spare;
        size_t room, piece = len - at < PIECE ? len - at : PIECE;
        if (eslp_buffer_spare(&buffer, &spare, &room) != ESLP_OK || piece > room) abort();
        memcpy(spare, stream + at, piece);
        eslp_buffer_commit(&buffer, piece);
        at += piece;
        decode(decoder, &buffer);
    }
    eslp_decoder_free(decoder);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    FILE *file = fopen(arguments[1], "rb");
    static char stream[1 << 22];
    if (file == NULL) return 1;
    size_t len = fread(stream, 1, sizeof stream, file);
    fclose(file);
    pass(stream, len);
    long passes = atol(arguments[2]), once = events;
    double best = 1e9;
    for (long done = 0; done < passes; done++) {
        double start = seconds();
        pass(stream, len);
        double taken = seconds() - start;
        if (taken < best) best = taken;
    }
    printf("%.3f us an event: index and three look-ups, from memory; %ld events, %.4f headers found in each\n",
           best / (double)once * 1e6, once, (double)headers / (double)events);
}
