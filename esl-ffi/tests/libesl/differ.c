/* Reads recorded streams with FreeSWITCH's own libesl and with this library, frame by frame, and compares every header and every
 * body. What libesl is known to do otherwise is done here to what this library has read, and counted; any other difference is an
 * error.
 *
 *     differ STREAM...
 */
#include <esl.h>
#include <esl_proto.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNDEFINED, EMPTY, NUL, ONE_ELEMENT, PERCENT, INNER_ARRAY, TWO_NAMES, COLON, LINE_END, NO_XML, BODY_CUT, BROKEN, LONG, REASONS };
static const char *const reasons[REASONS] = {
    "_undef_, which stands for an empty value in plain events, is the value for libesl",
    "libesl has no headers without a value, and deletes those before of the name",
    "libesl ends values and bodies at a NUL",
    "an array of one element is that element for libesl",
    "libesl decodes percent signs in all heads, also where the server has not coded them",
    "what has ARRAY:: elsewhere than in front libesl takes apart at wrong places: not compared",
    "of two Event-Names libesl keeps the last",
    "a name ends at the first colon for libesl, not at the last, which cannot be a value's as the server codes them",
    "names are not coded: the first line of one that has two is not the name's here, but for libesl",
    "libesl does not read XML: the event is compared as a text",
    "libesl has the body of a plain event only if the event says its length",
    "where the server has broken a reply or cut off an event libesl takes two frames for one: the rest of the stream is not compared",
    "libesl cuts heads of more than 65535 octets: the rest of the stream is not compared",
};
static unsigned long counts[REASONS], frames, headers, bodies, differences;

typedef struct {
    char *name, *value;
    bool gone, any;
} pair;
static pair *list;
static size_t used, room;

static char *copy(const char *data, size_t len) {
    char *text = malloc(len + 2);
    if (!text) abort();
    memcpy(text, data, len);
    text[len] = 0;
    return text;
}

/* No header of this name, in any case of its letters, is there any more. */
static void take_away(eslp_bytes name) {
    for (size_t at = 0; at < used; at++) {
        list[at].gone |= strlen(list[at].name) == name.len && strncasecmp(list[at].name, name.data, name.len) == 0;
    }
}

static void add(eslp_bytes name, char *value) {
    if (used == room) list = realloc(list, (room = room ? room * 2 : 64) * sizeof *list);
    if (!list) abort();
    list[used++] = (pair){copy(name.data, name.len), value, false, strstr(value, "ARRAY::") && strncmp(value, "ARRAY::", 7) != 0};
}

static void forget(void) {
    while (used) {
        used--;
        free(list[used].name);
        free(list[used].value);
    }
}

/* A value as libesl has it; NULL if it has none. */
static char *value_of(const eslp_value *value, bool plain) {
    eslp_items items;
    eslp_value item;
    eslp_bytes bytes;
    size_t len = 0, count = 0, size = 0;
    if (plain && value->len == 7 && memcmp(value->data, "_undef_", 7) == 0) {
        counts[UNDEFINED]++;
        return copy("_undef_", 7);
    }
    bool array = eslp_value_is_array(value);
    for (eslp_value_items(value, &items); eslp_items_next(&items, &item) == ESLP_OK;) size += item.len + 2, count++;
    char *text = malloc(size + value->len + 16), *storage = malloc(size + value->len + 16);
    if (!text || !storage) abort();
    if (array && count > 1) len = (size_t)sprintf(text, "ARRAY::");
    if (array && count == 1) counts[ONE_ELEMENT]++;
    eslp_value_items(value, &items);
    for (count = 0; eslp_items_next(&items, &item) == ESLP_OK; count++) {
        if (count) len += (size_t)sprintf(text + len, "|:");
        if (eslp_value_read(&item, storage, size + value->len + 16, &bytes) != ESLP_OK) abort();
        const char *nul = memchr(bytes.data, 0, bytes.len);
        if (nul) counts[NUL]++;
        memcpy(text + len, bytes.data, nul ? (size_t)(nul - bytes.data) : bytes.len);
        len += nul ? (size_t)(nul - bytes.data) : bytes.len;
    }
    free(storage);
    text[len] = 0;
    return text;
}

/* The beginning of the next name, for libesl. */
static char *begun;

static void keep(const eslp_header *header, bool plain, bool head) {
    char storage[1024];
    eslp_bytes bytes;
    char *value = NULL;
    if (eslp_value_read(&header->name, storage, sizeof storage, &bytes) != ESLP_OK) abort();
    char name[1024];
    if ((begun ? strlen(begun) : 0) + bytes.len >= sizeof name) abort();
    bytes.len = (size_t)sprintf(name, "%s%.*s", begun ? begun : "", (int)bytes.len, bytes.data);
    bytes.data = name;
    free(begun);
    begun = NULL;
    const char *line_end = plain || head ? memchr(header->value.data, '\n', header->value.len) : NULL;
    char *colon = plain ? strchr(name, ':') : NULL;
    if (line_end) {
        counts[LINE_END]++;
        value = copy(header->value.data, (size_t)(line_end - header->value.data));
        size_t rest = header->value.len - (size_t)(line_end + 1 - header->value.data);
        begun = copy(line_end + 1, rest + 1);
        begun[rest] = '\n';
        begun[rest + 1] = 0;
    } else if (colon) {
        counts[COLON]++;
        bytes.len = (size_t)(colon - name);
        for (colon++; *colon == ' '; colon++) continue;
        value = malloc(strlen(colon) + header->value.len + 3);
        if (!value) abort();
        sprintf(value, "%s: %.*s", colon, (int)header->value.len, header->value.data);
    } else {
        value = value_of(&header->value, plain);
    }
    if ((head || line_end || colon) && strchr(value, '%')) {
        char *decoded = copy(value, strlen(value));
        esl_url_decode(decoded);
        if (strcmp(decoded, value) != 0 && !colon && !line_end) counts[PERCENT]++;
        free(value);
        value = decoded;
    }
    if (!*value) {
        counts[EMPTY]++;
        take_away(bytes);
        free(value);
        return;
    }
    /* Of heads it keeps both. */
    if (!head && bytes.len == 10 && strncasecmp(bytes.data, "Event-Name", 10) == 0) {
        size_t before = 0;
        for (size_t at = 0; at < used; at++) before += !list[at].gone && strcasecmp(list[at].name, "Event-Name") == 0;
        if (before) counts[TWO_NAMES]++;
        take_away(bytes);
    }
    add(bytes, value);
    if (list[used - 1].any) counts[INNER_ARRAY]++;
}

static void differs(const char *stream, const char *what, const char *ours, const char *theirs) {
    if (differences++ < 20) fprintf(stderr, "differ: %s, frame %lu: %s: '%.300s', by libesl '%.300s'\n", stream, frames, what, ours, theirs);
}

/* What was kept, and the headers that libesl has. */
static void compare_headers(const char *stream, const esl_event_header_t *theirs) {
    for (size_t at = 0; at < used; at++) {
        if (list[at].gone) continue;
        if (!theirs) {
            differs(stream, "a header that libesl lacks", list[at].name, list[at].value);
            break;
        }
        const char *last_line = strrchr(theirs->name, '\n');
        if (last_line && strcmp(list[at].name, last_line + 1) == 0) counts[LINE_END]++;
        else if (strcmp(list[at].name, theirs->name) != 0) differs(stream, "name", list[at].name, theirs->name);
        else if (!list[at].any && strcmp(list[at].value, theirs->value) != 0) differs(stream, list[at].name, list[at].value, theirs->value);
        headers++;
        theirs = theirs->next;
    }
    if (theirs) differs(stream, "a header that only libesl has", theirs->name, theirs->value);
    forget();
    free(begun);
    begun = NULL;
}

static void compare_bodies(const char *stream, const char *ours, size_t len, const char *theirs) {
    const char *nul = ours ? memchr(ours, 0, len) : NULL;
    if (nul) len = (size_t)(nul - ours), counts[NUL]++;
    bodies++;
    if (!ours != !theirs) differs(stream, "body", ours ? ours : "none", theirs ? theirs : "none");
    else if (ours && (strlen(theirs) != len || memcmp(ours, theirs, len) != 0)) differs(stream, "body", ours, theirs);
}

/* Events and the data of channels, whose headers both libraries read. */
static void compare_event(const char *stream, const eslp_event *event, const esl_event_t *theirs) {
    eslp_headers walk;
    eslp_header header;
    eslp_value body;
    bool plain = event->format == ESLP_FORMAT_PLAIN, says_length = false;
    eslp_event_headers(event, &walk);
    while (eslp_headers_next(&walk, &header) == ESLP_OK) {
        says_length |= eslp_value_is_nocase(&header.name, ESLP_LIT("Content-Length"));
        keep(&header, plain, false);
    }
    if (!theirs) {
        differs(stream, "an event that libesl does not read", event->text.data, "");
        forget();
        return;
    }
    compare_headers(stream, theirs->headers);
    if (eslp_event_body(event, &body) == ESLP_OK) {
        char *storage = malloc(body.len + 1);
        eslp_bytes bytes;
        if (!storage || eslp_value_read(&body, storage, body.len, &bytes) != ESLP_OK) abort();
        if (plain && !says_length) counts[BODY_CUT]++;
        else compare_bodies(stream, bytes.data, bytes.len, theirs->body);
        free(storage);
    } else {
        compare_bodies(stream, NULL, 0, theirs->body);
    }
}

/* Whether the server has not written the end of this frame. */
static bool is_broken(const eslp_message *message) {
    eslp_headers walk;
    eslp_header header;
    if (eslp_reply_is_broken(message)) return true;
    if (eslp_message_headers(message, &walk) != ESLP_OK) abort();
    while (eslp_headers_next(&walk, &header) == ESLP_OK) {
        /* Another head begins in the midst of a line. */
        if (header.name.len > 12 && memcmp(header.name.data + header.name.len - 12, "Content-Type", 12) == 0) return true;
    }
    return false;
}

static void read_both(const char *stream, const char *data, size_t len, esl_handle_t *handle) {
    static uint64_t memory[ESLP_DECODER_SIZE / sizeof(uint64_t)];
    eslp_decoder *decoder;
    eslp_step step;
    if (eslp_decoder_init(memory, sizeof memory, ESLP_FROM_SERVER, NULL, &decoder) != ESLP_OK) abort();
    for (; eslp_decoder_decode(decoder, data, len, &step) == ESLP_OK; data += step.consumed, len -= step.consumed) {
        const eslp_message *message = &step.message;
        eslp_headers walk;
        eslp_header header;
        eslp_event event;
        bool is_event = eslp_message_event(message, &event) == ESLP_OK;
        frames++;
        if (is_broken(message) || message->frame.head.len > 65535) {
            counts[is_broken(message) ? BROKEN : LONG]++;
            return;
        }
        if (esl_recv_event(handle, 0, NULL) != ESL_SUCCESS && message->kind != ESLP_MESSAGE_DISCONNECT) {
            differs(stream, "a frame that libesl does not read", step.message.frame.head.data, "");
            return;
        }
        /* The data of a channel are an event without a body. */
        bool channel = is_event && !message->frame.body.data;
        if (channel) eslp_event_headers(&event, &walk);
        else if (eslp_message_headers(message, &walk) != ESLP_OK) abort();
        while (eslp_headers_next(&walk, &header) == ESLP_OK) keep(&header, channel, !channel);
        /* The first is libesl's own. */
        compare_headers(stream, handle->last_event->headers->next);
        compare_bodies(stream, message->frame.body.data, message->frame.body.len, handle->last_event->body);
        if (is_event && event.format == ESLP_FORMAT_XML) counts[NO_XML]++;
        else if (is_event && handle->last_ievent) compare_event(stream, &event, handle->last_ievent);
        else if (is_event && !channel) compare_event(stream, &event, NULL);
    }
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        FILE *file = fopen(argv[at], "rb");
        int sockets[2];
        long size;
        if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) return perror(argv[at]), 2;
        rewind(file);
        char *data = malloc((size_t)size + 1);
        if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) return perror(argv[at]), 2;
        fclose(file);
        pid_t writer = fork();
        if (writer == 0) {
            close(sockets[0]);
            for (long done = 0; done < size;) {
                ssize_t count = write(sockets[1], data + done, (size_t)(size - done));
                if (count <= 0) break;
                done += count;
            }
            _exit(0);
        }
        close(sockets[1]);
        /* As esl_attach_handle() leaves one, which sends `connect` before. */
        esl_handle_t handle;
        memset(&handle, 0, sizeof handle);
        handle.sock = sockets[0];
        handle.connected = 1;
        esl_mutex_create(&handle.mutex);
        esl_buffer_create(&handle.packet_buf, 4096, 4096, 0);
        read_both(argv[at], data, (size_t)size, &handle);
        esl_disconnect(&handle);
        free(data);
        waitpid(writer, NULL, 0);
    }
    for (int reason = 0; reason < REASONS; reason++) {
        if (counts[reason]) printf("known difference, %lu times: %s\n", counts[reason], reasons[reason]);
    }
    printf("%lu headers and %lu bodies of %lu frames as libesl reads them, but for these; %lu other differences\n", headers, bodies,
           frames, differences);
    return differences != 0 || headers == 0;
}
