/* Prints recorded server streams as the dump program of esl-proto does, through the C library.
 *
 *     dump [--chunk N] [--index] FILE...
 *
 * With --chunk N the decoder is fed N octets at a time, in memory of exactly the octets that there are: a checker of
 * memory sees every one too many. With --index, headers come from an index over few slots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esl_proto.h"

static bool use_index;

static void die(const char *what) {
    fprintf(stderr, "dump: %s\n", what);
    exit(2);
}

static void *allocate(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) die("no memory");
    return memory;
}

/* The length of the UTF-8 character at the front; 0 if there is none. */
static size_t character(const unsigned char *text, size_t len) {
    unsigned char first = text[0];
    size_t more = first < 0x80 ? 0 : first < 0xc2 ? 9 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 9;
    if (more >= len) return 0;
    for (size_t i = 1; i <= more; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] > 0x9f)) return 0;
    if ((first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] > 0x8f)) return 0;
    return more + 1;
}

static bool is_utf8(const unsigned char *text, size_t len) {
    while (len) {
        size_t step = character(text, len);
        if (!step) return false;
        text += step;
        len -= step;
    }
    return true;
}

static void print_octet(unsigned char octet) {
    static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2)
        if (octet == (unsigned char)shorts[i]) {
            printf("\\%c", shorts[i + 1]);
            return;
        }
    if (octet < 0x20)
        printf("\\u%04x", (unsigned)octet);
    else
        putchar(octet);
}

static void print_octets(const unsigned char *text, size_t len) {
    if (is_utf8(text, len)) {
        putchar('"');
        for (size_t i = 0; i < len; i++) print_octet(text[i]);
        putchar('"');
    } else {
        printf("{\"hex\":\"");
        for (size_t i = 0; i < len; i++) printf("%02x", (unsigned)text[i]);
        printf("\"}");
    }
}

static void print_bytes(eslp_bytes bytes) {
    if (bytes.data)
        print_octets((const unsigned char *)bytes.data, bytes.len);
    else
        printf("null");
}

static void print_value(const eslp_value *value) {
    size_t size = value->len, len = 0;
    void *storage = allocate(size);
    eslp_bytes text;
    eslp_status status = eslp_value_read(value, storage, size, &text);
    if (status == ESLP_INSUFFICIENT) {
        /* An array of JSON. */
        free(storage);
        size = text.len;
        storage = allocate(size);
        status = eslp_value_read(value, storage, size, &text);
    }
    if (status != ESLP_OK) die(eslp_strerror(status));
    if (!eslp_value_is(value, text) || eslp_value_decoded_len(value) != text.len) die("a value is not itself");
    print_bytes(text);
    void *copy = allocate(text.len);
    if (eslp_value_decode(value, copy, text.len, &len) != ESLP_OK || len != text.len) die("not decoded");
    if (memcmp(copy, text.data, len)) die("decoded otherwise");
    free(copy);
    free(storage);
}

static void print_header(const eslp_header *header) {
    printf("[");
    print_value(&header->name);
    printf(",");
    if (!eslp_value_is_array(&header->value)) {
        print_value(&header->value);
    } else {
        eslp_items items;
        eslp_value item;
        const char *before = "[";
        if (eslp_value_items(&header->value, &items) != ESLP_OK) die("no items");
        while (eslp_items_next(&items, &item) == ESLP_OK) {
            printf("%s", before);
            print_value(&item);
            before = ",";
        }
        printf("%s]", *before == '[' ? "[" : "");
    }
    printf("]");
}

/* All headers up to the end, which must be a good one. */
static void print_headers(eslp_headers *headers) {
    eslp_header header;
    eslp_status status;
    const char *before = "";
    printf("\"headers\":[");
    while ((status = eslp_headers_next(headers, &header)) == ESLP_OK) {
        printf("%s", before);
        print_header(&header);
        before = ",";
    }
    if (status != ESLP_END) die(eslp_strerror(status));
    printf("],\"body\":");
}

static void print_event_headers(const eslp_event *event, eslp_value *body, eslp_status *has_body) {
    eslp_headers headers;
    if (use_index) {
        eslp_slot slots[40];
        eslp_index index;
        if (eslp_event_index(event, slots, 40, &index) != ESLP_OK) die("no index");
        if (eslp_index_headers(&index, &headers) != ESLP_OK) die("no headers");
        if (eslp_index_name_of(&index) != eslp_event_name_of(event)) die("another name");
        print_headers(&headers);
        *has_body = eslp_index_body(&index, body);
    } else {
        if (eslp_event_headers(event, &headers) != ESLP_OK) die("no headers");
        print_headers(&headers);
        *has_body = eslp_event_body(event, body);
    }
}

static void print_event(const eslp_event *event) {
    eslp_bytes format = eslp_format_text(event->format);
    if (eslp_event_validate(event, NULL) != ESLP_OK) {
        printf("{\"kind\":\"malformed\",\"format\":\"%.*s\",\"bytes\":%zu}\n", (int)format.len, format.data,
               event->text.len);
        return;
    }
    eslp_value body;
    eslp_status has_body;
    printf("{\"kind\":\"event\",\"format\":\"%.*s\",", (int)format.len, format.data);
    print_event_headers(event, &body, &has_body);
    if (has_body == ESLP_OK)
        print_value(&body);
    else if (has_body == ESLP_NOT_FOUND)
        printf("null");
    else
        die(eslp_strerror(has_body));
    printf("}\n");
}

static void print_message(const eslp_message *message) {
    static const char *const kinds[] = {NULL,  "auth-request",      "command-reply",  "api-response", NULL,
                                        "log", "disconnect-notice", "rude-rejection", "unknown"};
    eslp_event event;
    eslp_headers headers;
    if (message->kind == ESLP_MESSAGE_EVENT) {
        if (eslp_message_event(message, &event) != ESLP_OK) die("no event");
        print_event(&event);
        return;
    }
    printf("{\"kind\":\"%s\",", kinds[message->kind]);
    if (eslp_message_event(message, &event) == ESLP_OK) {
        eslp_value body;
        eslp_status has_body;
        print_event_headers(&event, &body, &has_body);
    } else {
        if (eslp_message_headers(message, &headers) != ESLP_OK) die("no headers");
        print_headers(&headers);
    }
    print_bytes(message->frame.body);
    printf("}\n");
}

/* What has come and is not consumed, in memory of just its size. */
struct buffer {
    char *octets;
    size_t len;
};

static void append(struct buffer *buffer, const char *octets, size_t len) {
    char *grown = allocate(buffer->len + len);
    if (buffer->len) memcpy(grown, buffer->octets, buffer->len);
    if (len) memcpy(grown + buffer->len, octets, len);
    free(buffer->octets);
    buffer->octets = grown;
    buffer->len += len;
}

static void consume(struct buffer *buffer, size_t len) {
    if (len == 0) return;
    struct buffer rest = {NULL, 0};
    append(&rest, buffer->octets + len, buffer->len - len);
    free(buffer->octets);
    *buffer = rest;
}

static void dump(const char *stream, size_t len, size_t chunk) {
    eslp_decoder *decoder;
    if (eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder) != ESLP_OK) die("no decoder");
    /* Whole, the stream is its own buffer. */
    bool whole = chunk >= len;
    struct buffer buffer = {NULL, 0};
    size_t done = 0, given = whole ? len : 0;
    for (;;) {
        eslp_step step;
        const char *octets = whole ? stream + done : buffer.octets;
        size_t count = whole ? len - done : buffer.len;
        eslp_status status = eslp_decoder_decode(decoder, octets, count, &step);
        if (status == ESLP_OK) {
            print_message(&step.message);
        } else if (status != ESLP_NEED_DATA) {
            printf("{\"kind\":\"error\",\"offset\":%llu,\"error\":\"%s\"}\n", (unsigned long long)step.error_offset,
                   eslp_strerror(status));
            break;
        }
        done += step.consumed;
        if (!whole) consume(&buffer, step.consumed);
        if (eslp_decoder_position(decoder) != done) die("another position");
        if (status != ESLP_NEED_DATA) continue;
        if (given == len) {
            octets = whole ? stream + done : buffer.octets;
            count = whole ? len - done : buffer.len;
            size_t incomplete = eslp_decoder_incomplete(decoder, octets, count);
            if (incomplete) printf("{\"kind\":\"incomplete\",\"bytes\":%zu}\n", incomplete);
            break;
        }
        size_t next = len - given < chunk ? len - given : chunk;
        append(&buffer, stream + given, next);
        given += next;
    }
    free(buffer.octets);
    eslp_decoder_free(decoder);
}

static char *read_file(const char *name, size_t *len) {
    FILE *file = fopen(name, "rb");
    if (!file) die(name);
    char *octets = NULL;
    *len = 0;
    for (;;) {
        char part[65536];
        size_t count = fread(part, 1, sizeof part, file);
        if (count == 0) break;
        struct buffer buffer = {octets, *len};
        append(&buffer, part, count);
        octets = buffer.octets;
        *len = buffer.len;
    }
    fclose(file);
    return octets;
}

int main(int argc, char **argv) {
    size_t chunk = (size_t)-1;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--chunk") && i + 1 < argc) {
            chunk = (size_t)strtoul(argv[++i], NULL, 10);
            if (chunk == 0) die("a chunk of nothing");
        } else if (!strcmp(argv[i], "--index")) {
            use_index = true;
        } else {
            size_t len;
            char *stream = read_file(argv[i], &len);
            dump(stream, len, chunk);
            free(stream);
        }
    }
    return 0;
}
