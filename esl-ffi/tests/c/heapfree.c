/* A client, a server, a decoder and events to send in a program that has no heap, no C library and no other: what is not
 * in it cannot be called. It is started as that of gates/ is: the kernel starts gates/start.c, which calls use_all(). */
#include "esl_proto.h"

static union {
    uint64_t words[ESLP_CLIENT_SIZE / 8];
    _Alignas(ESLP_ALIGN) char aligned;
} client_memory;
static union {
    uint64_t words[ESLP_SERVER_SIZE / 8];
    _Alignas(ESLP_ALIGN) char aligned;
} server_memory;
static union {
    uint64_t words[ESLP_DECODER_SIZE / 8];
    _Alignas(ESLP_ALIGN) char aligned;
} decoder_memory;

static char storage[512], out[ESLP_SERVER_REPLY_MAX], wire[512];

size_t use_all(const uint8_t *octets, size_t len);

/* Everything that a recorded stream has, header by header. */
static size_t walk(const uint8_t *octets, size_t len) {
    eslp_decoder *decoder;
    eslp_step step;
    size_t result = 0;
    if (eslp_decoder_init(&decoder_memory, sizeof decoder_memory, ESLP_FROM_SERVER, NULL, &decoder)) return 0;
    while (eslp_decoder_decode(decoder, octets, len, &step) == ESLP_OK) {
        eslp_event event;
        eslp_headers headers;
        eslp_header header;
        if (eslp_message_event(&step.message, &event) == ESLP_OK) {
            eslp_slot slots[4];
            eslp_index index;
            eslp_value value;
            char text[64];
            if (eslp_event_index(&event, slots, 4, &index)) return 0;
            if (eslp_index_get(&index, ESLP_LIT("Event-Subclass"), &value)) return 0;
            if (eslp_value_string(&value, text, sizeof text, NULL)) return 0;
            if (eslp_event_headers(&event, &headers)) return 0;
        } else if (eslp_message_headers(&step.message, &headers)) {
            return 0;
        }
        while (eslp_headers_next(&headers, &header) == ESLP_OK) result++;
        octets += step.consumed;
        len -= step.consumed;
    }
    return eslp_decoder_incomplete(decoder, octets, len) == 1 && !eslp_decoder_drop(decoder) ? result : 0;
}

/* A login: the client answers the server's greeting, and the server the client's password. */
static bool login(void) {
    eslp_client *client;
    eslp_server *server;
    eslp_server_result asked;
    eslp_client_result result;
    eslp_sent sent;
    size_t written;
    const eslp_command password = {.kind = ESLP_COMMAND_AUTH, .as.auth.password = ESLP_LIT("ClueCon")};
    const eslp_response accept = {.kind = ESLP_RESPONSE_ACCEPT};
    if (eslp_client_init(&client_memory, sizeof client_memory, ESLP_INBOUND, NULL, &client)) return false;
    if (eslp_server_init(&server_memory, sizeof server_memory, NULL, storage, sizeof storage, &server)) return false;
    if (eslp_server_poll(server, NULL, 0, out, sizeof out, &asked)) return false;
    if (eslp_client_poll(client, out, asked.written, &result) || result.kind != ESLP_IN_AUTH_REQUEST) return false;
    if (eslp_client_send(client, &password, wire, sizeof wire, &sent)) return false;
    if (eslp_server_poll(server, wire, sent.len, out, sizeof out, &asked)) return false;
    if (asked.request.kind != ESLP_HOST_REQUEST_PASSWORD) return false;
    if (eslp_server_respond(server, &accept, out, sizeof out, &written)) return false;
    if (eslp_client_poll(client, out, written, &result) || result.kind != ESLP_IN_AUTHENTICATED) return false;
    return !eslp_client_drop(client) && !eslp_server_drop(server);
}

static bool writes(void) {
    eslp_field_slot slots[2];
    eslp_outgoing_event event;
    eslp_leg leg = {.endpoint = ESLP_LIT("user/1000")};
    eslp_originate call = {.dial = {.legs = &leg, .count = 1}, .extension = ESLP_LIT("1000")};
    size_t len;
    if (eslp_outgoing_event_init(&event, slots, 2)) return false;
    if (eslp_outgoing_event_add(&event, ESLP_LIT("Event-Name"), ESLP_LIT("HEARTBEAT"))) return false;
    if (eslp_outgoing_event_encode(&event, ESLP_FORMAT_XML, ESLP_PERCENT_FREESWITCH, out, sizeof out, &len)) return false;
    return !eslp_originate_encode(&call, out, sizeof out, &len, NULL);
}

size_t use_all(const uint8_t *octets, size_t len) {
    return walk(octets, len) == 4 && login() && writes();
}
