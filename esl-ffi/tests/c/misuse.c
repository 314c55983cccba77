/* What can be known to be wrong gives a status, for every function of the header: NULL, misaligned pointers, memory that
 * is zero, full of ones, of another handle or of one that has ended, numbers out of their lists, lengths that no memory
 * has, too little room. Nothing else is written or read then: checkers of memory run this, too. */
#include "check.h"

#define ROOM 1024

static uint64_t zeros[ROOM / 8], ones[ROOM / 8], gone[ROOM / 8], others[ROOM / 8], another[ROOM / 8];
static char out[4096];
static size_t len;
static eslp_value value;
static eslp_bytes bytes;
static eslp_headers headers;
static const eslp_bytes nothing = {NULL, 0};
static const eslp_bytes lie = {NULL, 5};
static const eslp_bytes endless = {"x", SIZE_MAX};

/* Handles and structs that are none. The last is of another type. */
static struct {
    void *memory;
    eslp_status status;
} bad[6];

#define FOR_BAD(type, name, call)                   \
    for (size_t b = 0; b < 6; b++) {                \
        type *name = (type *)bad[b].memory;         \
        RETURNS(bad[b].status, call);               \
    }

/* The same for functions that return no status: nothing happens, and this is what they return. */
#define FOR_BAD_GIVES(type, name, condition)        \
    for (size_t b = 0; b < 6; b++) {                \
        type *name = (type *)bad[b].memory;         \
        CHECK(condition);                           \
    }

/* Structs of C's own: NULL, or misaligned. */
#define FOR_NONE(type, name, call)                  \
    for (size_t b = 0; b < 2; b++) {                \
        type *name = (type *)bad[b].memory;         \
        RETURNS(bad[b].status, call);               \
    }

#define FOR_NONE_GIVES(type, name, condition)       \
    for (size_t b = 0; b < 2; b++) {                \
        type *name = (type *)bad[b].memory;         \
        CHECK(condition);                           \
    }

static void values(void) {
    const eslp_value some = {.data = "a%41", .len = 4, .coding = 3};
    const eslp_value unknown = {.data = "a", .len = 1, .coding = 9}, far = {.data = "a", .len = 1, .coding = 4000};
    const eslp_value lying = {.data = NULL, .len = 1}, long_one = {.data = "a", .len = SIZE_MAX};
    const eslp_value zero = {0};
    eslp_items items;
    uint64_t number;
    int64_t integer;
    FOR_NONE(const eslp_value, v, eslp_value_plain(v, &bytes));
    FOR_NONE(eslp_bytes, b_, eslp_value_plain(&some, b_));
    FOR_NONE(const eslp_value, v, eslp_value_read(v, out, 9, &bytes));
    FOR_NONE(eslp_bytes, b_, eslp_value_read(&some, out, 9, b_));
    RETURNS(ESLP_NULL, eslp_value_read(&some, NULL, 9, &bytes));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_value_read(&some, out, SIZE_MAX, &bytes));
    RETURNS(ESLP_INSUFFICIENT, eslp_value_read(&some, NULL, 0, &bytes));
    CHECK(bytes.data == NULL && bytes.len == 2);
    FOR_NONE(const eslp_value, v, eslp_value_decode(v, out, 9, &len));
    RETURNS(ESLP_MISALIGNED, eslp_value_decode(&some, out, 9, (size_t *)bad[1].memory));
    RETURNS(ESLP_OK, eslp_value_decode(&some, out, 2, NULL));
    RETURNS(ESLP_NULL, eslp_value_decode(&some, NULL, 2, NULL));
    RETURNS(ESLP_INSUFFICIENT, eslp_value_decode(&some, out, 1, NULL));
    FOR_NONE(const eslp_value, v, eslp_value_string(v, out, 9, &len));
    RETURNS(ESLP_NULL, eslp_value_string(&some, NULL, 9, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_value_string(&some, out, 0, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_value_string(&some, out, 2, NULL));
    FOR_NONE_GIVES(const eslp_value, v, eslp_value_decoded_len(v) == 0);
    FOR_NONE_GIVES(const eslp_value, v, !eslp_value_is(v, nothing) && !eslp_value_is(&some, lie));
    FOR_NONE_GIVES(const eslp_value, v, !eslp_value_is_nocase(v, nothing) && !eslp_value_is_nocase(&some, endless));
    FOR_NONE_GIVES(const eslp_value, v, !eslp_value_equal(v, &some) && !eslp_value_equal(&some, v));
    FOR_NONE_GIVES(const eslp_value, v, !eslp_value_is_array(v));
    FOR_NONE(const eslp_value, v, eslp_value_u64(v, &number));
    FOR_NONE(uint64_t, n, eslp_value_u64(&some, n));
    RETURNS(ESLP_NOT_FOUND, eslp_value_u64(&some, &number));
    FOR_NONE(const eslp_value, v, eslp_value_i64(v, &integer));
    FOR_NONE(int64_t, n, eslp_value_i64(&some, n));
    RETURNS(ESLP_NOT_FOUND, eslp_value_i64(&zero, &integer));
    FOR_NONE(const eslp_value, v, eslp_value_items(v, &items));
    FOR_NONE(eslp_items, i, eslp_value_items(&some, i));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_value_plain(&unknown, &bytes));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_value_plain(&far, &bytes));
    RETURNS(ESLP_NULL, eslp_value_plain(&lying, &bytes));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_value_plain(&long_one, &bytes));
    RETURNS(ESLP_OK, eslp_value_plain(&zero, &bytes));
    CHECK(bytes.len == 0);
    FOR_BAD(eslp_items, i, eslp_items_next(i, &value));
    RETURNS(ESLP_OK, eslp_value_items(&some, &items));
    FOR_NONE(eslp_value, v, eslp_items_next(&items, v));
    RETURNS(ESLP_OK, eslp_items_next(&items, &value));
    RETURNS(ESLP_END, eslp_items_next(&items, &value));
    RETURNS(ESLP_END, eslp_items_next(&items, &value));
}

static void names(void) {
    static const int32_t numbers[] = {-2, -1, 1000, INT32_MAX, INT32_MIN};
    int32_t level = 0;
    const eslp_bytes words[] = {nothing, lie, endless, ESLP_LIT("what")};
    for (size_t i = 0; i < 4; i++) {
        CHECK(eslp_event_name_from(words[i]) == ESLP_EVENT_OTHER);
        CHECK(eslp_cause_from(words[i]) == ESLP_CAUSE_OTHER);
        CHECK(eslp_channel_state_from(words[i]) == ESLP_CS_OTHER);
        CHECK(eslp_call_state_from(words[i]) == ESLP_CCS_OTHER);
        CHECK(eslp_answer_state_from(words[i]) == ESLP_AS_OTHER);
        CHECK(eslp_direction_from(words[i]) == ESLP_DIRECTION_OTHER);
        CHECK(eslp_format_from(words[i]) == ESLP_FORMAT_NONE);
        CHECK(eslp_log_level_from(words[i], &level) != ESLP_OK);
    }
    for (size_t i = 0; i < 5; i++) {
        CHECK(!eslp_event_name_text(numbers[i]).data && !eslp_cause_text(numbers[i]).data);
        CHECK(!eslp_channel_state_text(numbers[i]).data && !eslp_call_state_text(numbers[i]).data);
        CHECK(!eslp_answer_state_text(numbers[i]).data && !eslp_direction_text(numbers[i]).data);
        CHECK(!eslp_format_text(numbers[i]).data && !eslp_format_content_type(numbers[i]).data);
        CHECK(!eslp_field_text(numbers[i]).data && !eslp_dial_field_text(numbers[i]).data);
        CHECK(!eslp_end_text(numbers[i]).data && (numbers[i] < -2 || numbers[i] == 1000 || numbers[i] == INT32_MAX ? !eslp_log_level_text(numbers[i]).data : true));
        CHECK(strlen(eslp_strerror(numbers[i])) > 0);
    }
    FOR_NONE(int32_t, l, eslp_log_level_from(ESLP_LIT("DEBUG"), l));
    CHECK(eslp_abi_version() == ESLP_ABI_VERSION && !strcmp(eslp_version(), ESLP_VERSION));
    CHECK(eslp_version_number() == ESLP_VERSION_NUMBER);
}

static void events(void) {
    eslp_event event, zero = {.format = 0}, strange = {.text = ESLP_LIT("a"), .format = 4}, lying = {.text = lie, .format = 1};
    eslp_header header;
    eslp_slot slots[2];
    eslp_index index;
    FOR_NONE(eslp_event, e, eslp_event_view(ESLP_FORMAT_PLAIN, ESLP_LIT("a: b\n\n"), e));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_event_view(0, nothing, &event));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_event_view(4, nothing, &event));
    RETURNS(ESLP_NULL, eslp_event_view(1, lie, &event));
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_JSON, ESLP_LIT("{\"a\":\"b\""), &event));
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_name_of(e) == ESLP_EVENT_OTHER);
    FOR_NONE(const eslp_event, e, eslp_event_get(e, ESLP_LIT("a"), &value));
    FOR_NONE(eslp_value, v, eslp_event_get(&event, ESLP_LIT("a"), v));
    RETURNS(ESLP_NULL, eslp_event_get(&event, lie, &value));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_event_get(&zero, ESLP_LIT("a"), &value));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_event_get(&strange, ESLP_LIT("a"), &value));
    RETURNS(ESLP_NULL, eslp_event_get(&lying, ESLP_LIT("a"), &value));
    FOR_NONE(const eslp_event, e, eslp_event_get_all(e, ESLP_LIT("a"), &headers));
    FOR_NONE(eslp_headers, h, eslp_event_get_all(&event, ESLP_LIT("a"), h));
    RETURNS(ESLP_NULL, eslp_event_get_all(&event, lie, &headers));
    FOR_NONE(const eslp_event, e, eslp_event_headers(e, &headers));
    FOR_NONE(eslp_headers, h, eslp_event_headers(&event, h));
    FOR_BAD(eslp_headers, h, eslp_headers_next(h, &header));
    RETURNS(ESLP_OK, eslp_event_headers(&event, &headers));
    FOR_NONE(eslp_header, h, eslp_headers_next(&headers, h));
    RETURNS(ESLP_OK, eslp_headers_next(&headers, &header));
    RETURNS(ESLP_DOCUMENT_TRUNCATED, eslp_headers_next(&headers, &header));
    RETURNS(ESLP_DOCUMENT_TRUNCATED, eslp_headers_next(&headers, &header));
    FOR_NONE(const eslp_event, e, eslp_event_body(e, &value));
    FOR_NONE(eslp_value, v, eslp_event_body(&event, v));
    FOR_NONE(const eslp_event, e, eslp_event_validate(e, &len));
    RETURNS(ESLP_MISALIGNED, eslp_event_validate(&event, (size_t *)bad[1].memory));
    RETURNS(ESLP_DOCUMENT_TRUNCATED, eslp_event_validate(&event, NULL));
    FOR_NONE(const eslp_event, e, eslp_event_index(e, slots, 2, &index));
    FOR_NONE(eslp_slot, s, eslp_event_index(&event, s, 2, &index));
    FOR_NONE(eslp_index, i, eslp_event_index(&event, slots, 2, i));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_event_index(&event, slots, SIZE_MAX, &index));
    RETURNS(ESLP_OK, eslp_event_index(&event, NULL, 0, &index));
    FOR_BAD(eslp_index, i, eslp_index_get(i, ESLP_LIT("a"), &value));
    FOR_NONE(eslp_value, v, eslp_index_get(&index, ESLP_LIT("a"), v));
    RETURNS(ESLP_NULL, eslp_index_get(&index, lie, &value));
    FOR_BAD_GIVES(const eslp_index, i, eslp_index_name_of(i) == ESLP_EVENT_OTHER);
    FOR_BAD(eslp_index, i, eslp_index_headers(i, &headers));
    FOR_NONE(eslp_headers, h, eslp_index_headers(&index, h));
    FOR_BAD(eslp_index, i, eslp_index_body(i, &value));
    FOR_NONE(eslp_value, v, eslp_index_body(&index, v));
}

/* What is found in an event, by type; applications; a client that goes on elsewhere. */
static void powers(void) {
    static uint64_t memory[ESLP_CLIENT_SIZE / 8 + 1];
    static const char saved[ESLP_CLIENT_SAVED];
    const eslp_value some = {.data = "a", .len = 1};
    const eslp_app app = {.kind = ESLP_APP_ANSWER}, lying = {.kind = ESLP_APP_PLAYBACK, .file = lie};
    eslp_event event;
    eslp_items items;
    eslp_execute execute;
    eslp_app_fault fault;
    eslp_client *client;
    uint64_t number;
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, ESLP_LIT("a: 1\n\n"), &event));
    FOR_NONE(const eslp_event, e, eslp_event_variable(e, ESLP_LIT("a"), &value));
    FOR_NONE(eslp_value, v, eslp_event_variable(&event, ESLP_LIT("a"), v));
    RETURNS(ESLP_NULL, eslp_event_variable(&event, lie, &value));
    FOR_NONE(const eslp_event, e, eslp_event_u64(e, ESLP_LIT("a"), &number));
    FOR_NONE(uint64_t, n, eslp_event_u64(&event, ESLP_LIT("a"), n));
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_hangup_cause(e) == ESLP_CAUSE_OTHER);
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_channel_state(e) == ESLP_CS_OTHER);
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_call_state(e) == ESLP_CCS_OTHER);
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_answer_state(e) == ESLP_AS_OTHER);
    FOR_NONE_GIVES(const eslp_event, e, eslp_event_direction(e) == ESLP_DIRECTION_OTHER);
    FOR_NONE(const eslp_value, v, eslp_value_elements(v, &items));
    FOR_NONE(eslp_items, i, eslp_value_elements(&some, i));
    FOR_NONE(const eslp_app, a, eslp_app_encode(a, out, sizeof out, &execute, &fault));
    FOR_NONE(eslp_execute, x, eslp_app_encode(&app, out, sizeof out, x, &fault));
    RETURNS(ESLP_MISALIGNED, eslp_app_encode(&app, out, sizeof out, &execute, (eslp_app_fault *)bad[1].memory));
    RETURNS(ESLP_NULL, eslp_app_encode(&lying, out, sizeof out, &execute, NULL));
    RETURNS(ESLP_NULL, eslp_app_encode(&app, NULL, 9, &execute, NULL));
    FOR_BAD(eslp_client, c, eslp_client_save(c, out, sizeof out));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_client_resume(NULL, 9999, saved, sizeof saved, NULL, &client));
    RETURNS(ESLP_NULL, eslp_client_resume(memory, sizeof memory, NULL, sizeof saved, NULL, &client));
    RETURNS(ESLP_NULL, eslp_client_resume(memory, sizeof memory, saved, sizeof saved, NULL, NULL));
}

static void messages(void) {
    const eslp_message zero = {0};
    const eslp_message lying = {.kind = ESLP_MESSAGE_EVENT, .format = ESLP_FORMAT_JSON, .frame = {.body = {NULL, 5}}};
    const eslp_frame no_request = {0};
    eslp_lines lines = {.bytes = ESLP_LIT("a: b\n"), .goes_on = 0, .is_event = 200}, no_lines = {.goes_on = 9};
    eslp_lines lying_lines = {.bytes = lie}, endless_lines = {.bytes = endless};
    eslp_header_part part;
    eslp_event event;
    bool flag;
    int32_t number;
    uint64_t natural;
    int64_t integer;
/* A getter of messages: without a message, without a place for the result, and of a message of another kind. */
#define GETTER(function, type, result)                                   \
    FOR_NONE(const eslp_message, m, function(m, result));                \
    FOR_NONE(type, r, function(&zero, r));                               \
    RETURNS(ESLP_NOT_FOUND, function(&zero, result));
    GETTER(eslp_message_text, eslp_value, &value)
    GETTER(eslp_message_detail, eslp_bytes, &bytes)
    GETTER(eslp_message_event, eslp_event, &event)
    GETTER(eslp_reply_text_to_end, eslp_value, &value)
    GETTER(eslp_reply_job_uuid, eslp_value, &value)
    GETTER(eslp_reply_allowed_events, eslp_value, &value)
    GETTER(eslp_reply_allowed_api, eslp_value, &value)
    GETTER(eslp_reply_socket_mode, int32_t, &number)
    GETTER(eslp_log_level_of, int32_t, &number)
    GETTER(eslp_log_file, eslp_value, &value)
    GETTER(eslp_log_function, eslp_value, &value)
    GETTER(eslp_log_line, uint64_t, &natural)
    GETTER(eslp_log_text_channel, uint64_t, &natural)
    GETTER(eslp_log_channel_uuid, eslp_value, &value)
    GETTER(eslp_notice_session_uuid, eslp_value, &value)
    GETTER(eslp_notice_channel_name, eslp_value, &value)
    GETTER(eslp_notice_linger_seconds, int64_t, &integer)
    RETURNS(ESLP_NULL, eslp_reply_allowed_log(&zero, NULL));
    FOR_NONE(const eslp_message, m, eslp_reply_allowed_log(m, &flag));
    RETURNS(ESLP_NULL, eslp_reply_full_control(&zero, NULL));
    FOR_NONE(const eslp_message, m, eslp_reply_full_control(m, &flag));
    RETURNS(ESLP_NULL, eslp_notice_lingers(&zero, NULL));
    FOR_NONE(const eslp_message, m, eslp_notice_lingers(m, &flag));
    FOR_NONE_GIVES(const eslp_message, m, eslp_message_reply_status(m) == ESLP_REPLY_NONE);
    CHECK(eslp_message_reply_status(&zero) == ESLP_REPLY_NONE);
    FOR_NONE_GIVES(const eslp_message, m, !eslp_message_is_cut(m) && !eslp_reply_is_broken(m));
    CHECK(!eslp_message_is_cut(&zero) && !eslp_reply_is_broken(&zero) && !eslp_message_is_cut(&lying));
    FOR_NONE(const eslp_message, m, eslp_message_headers(m, &headers));
    FOR_NONE(eslp_headers, h, eslp_message_headers(&zero, h));
    FOR_NONE(const eslp_message, m, eslp_message_get(m, ESLP_LIT("a"), &value));
    FOR_NONE(eslp_value, v, eslp_message_get(&zero, ESLP_LIT("a"), v));
    RETURNS(ESLP_NULL, eslp_message_get(&zero, lie, &value));
    RETURNS(ESLP_NULL, eslp_message_event(&lying, &event));
    /* Flags that the library does not set. */
    eslp_message odd = {.frame = {.head = ESLP_LIT("a: b\n"), .flags = UINT32_MAX >> 2}};
    RETURNS(ESLP_OK, eslp_message_get(&odd, ESLP_LIT("a"), &value));
    odd.frame.flags = UINT32_MAX;
    RETURNS(ESLP_NOT_WHOLE, eslp_message_get(&odd, ESLP_LIT("a"), &value));
    FOR_NONE(eslp_lines, l, eslp_lines_next(l, &part));
    FOR_NONE(eslp_header_part, p, eslp_lines_next(&lines, p));
    RETURNS(ESLP_OK, eslp_lines_next(&lines, &part));
    CHECK(part.value.len == 1 && part.is_complete);
    RETURNS(ESLP_END, eslp_lines_next(&lines, &part));
    RETURNS(ESLP_END, eslp_lines_next(&lines, &part));
    RETURNS(ESLP_END, eslp_lines_next(&no_lines, &part));
    RETURNS(ESLP_NULL, eslp_lines_next(&lying_lines, &part));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_lines_next(&endless_lines, &part));
    FOR_NONE(const eslp_frame, f, eslp_request_line(f, &bytes));
    FOR_NONE(eslp_bytes, b_, eslp_request_line(&no_request, b_));
    FOR_NONE(const eslp_frame, f, eslp_request_get(f, ESLP_LIT("a"), &bytes));
    FOR_NONE(eslp_bytes, b_, eslp_request_get(&no_request, ESLP_LIT("a"), b_));
    RETURNS(ESLP_NULL, eslp_request_get(&no_request, lie, &bytes));
    FOR_NONE(const eslp_frame, f, eslp_request_headers(f, &headers));
    FOR_NONE(eslp_headers, h, eslp_request_headers(&no_request, h));
}

static void decoders(void) {
    uint64_t memory[ESLP_DECODER_SIZE / 8 + 1];
    eslp_decoder *decoder = NULL;
    eslp_message message;
    eslp_step step;
    CHECK(eslp_decoder_sizeof() <= ESLP_DECODER_SIZE && eslp_decoder_alignof() <= ESLP_ALIGN);
    RETURNS(ESLP_NULL, eslp_decoder_init(NULL, 9999, ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_NULL, eslp_decoder_init(memory, sizeof memory, ESLP_FROM_SERVER, NULL, NULL));
    RETURNS(ESLP_MEMORY_TOO_SMALL, eslp_decoder_init(memory, eslp_decoder_sizeof() - 1, ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_MISALIGNED, eslp_decoder_init((char *)memory + 1, sizeof memory - 1, ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_decoder_init(memory, sizeof memory, 0, NULL, &decoder));
    RETURNS(ESLP_MISALIGNED, eslp_decoder_init(memory, sizeof memory, ESLP_FROM_SERVER, (eslp_limits *)bad[1].memory, &decoder));
    CHECK(decoder == NULL);
    FOR_NONE(eslp_decoder *, d, eslp_decoder_new(ESLP_FROM_SERVER, NULL, d));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_decoder_new(3, NULL, &decoder));
    RETURNS(ESLP_OK, eslp_decoder_init(memory, eslp_decoder_sizeof(), ESLP_FROM_SERVER, NULL, &decoder));
    FOR_BAD(eslp_decoder, d, eslp_decoder_decode(d, "x", 1, &step));
    FOR_NONE(eslp_step, s, eslp_decoder_decode(decoder, "x", 1, s));
    RETURNS(ESLP_NULL, eslp_decoder_decode(decoder, NULL, 1, &step));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_decoder_decode(decoder, "x", SIZE_MAX, &step));
    RETURNS(ESLP_NEED_DATA, eslp_decoder_decode(decoder, NULL, 0, &step));
    FOR_BAD_GIVES(const eslp_decoder, d, eslp_decoder_incomplete(d, "x", 1) == 0);
    CHECK(eslp_decoder_incomplete(decoder, NULL, 1) == 0);
    FOR_BAD_GIVES(const eslp_decoder, d, eslp_decoder_missing(d, "x", 1) == 0);
    CHECK(eslp_decoder_missing(decoder, NULL, 1) == 0);
    FOR_BAD(eslp_decoder, d, eslp_decoder_at_end(d, "x", 1, &message));
    FOR_NONE(eslp_message, m, eslp_decoder_at_end(decoder, "x", 1, m));
    RETURNS(ESLP_NULL, eslp_decoder_at_end(decoder, NULL, 1, &message));
    RETURNS(ESLP_NOT_FOUND, eslp_decoder_at_end(decoder, "x", 1, &message));
    FOR_BAD_GIVES(const eslp_decoder, d, eslp_decoder_position(d) == 0);
    eslp_decoder_free(decoder); /* Not on the heap: left alone. */
    CHECK(eslp_decoder_position(decoder) == 0);
    RETURNS(ESLP_NEED_DATA, eslp_decoder_decode(decoder, NULL, 0, &step));
    FOR_BAD(eslp_decoder, d, eslp_decoder_drop(d));
    RETURNS(ESLP_OK, eslp_decoder_drop(decoder));
    RETURNS(ESLP_BAD_HANDLE, eslp_decoder_drop(decoder));
    RETURNS(ESLP_BAD_HANDLE, eslp_decoder_decode(decoder, NULL, 0, &step));
    FOR_BAD_GIVES(eslp_decoder, d, (eslp_decoder_free(d), true));
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_BAD_HANDLE, eslp_decoder_drop(decoder)); /* On the heap: it must be freed. */
    eslp_decoder_free(decoder);
}

static void commands(void) {
    eslp_command command = {.kind = ESLP_COMMAND_EXIT}, none = {.kind = 0}, many = {.kind = 23};
    const eslp_pair lying[] = {{{"a", 1}, {NULL, 4}}};
    const eslp_pairs strange = {.items = NULL, .count = 3}, lied = {.items = lying, .count = 1}, empty_list = {0};
    const eslp_frame empty = {0};
    FOR_NONE(const eslp_command, c, eslp_command_encode(c, out, sizeof out, &len, NULL));
    RETURNS(ESLP_NULL, eslp_command_encode(&command, NULL, 9, &len, NULL));
    RETURNS(ESLP_MISALIGNED, eslp_command_encode(&command, out, 9, (size_t *)bad[1].memory, NULL));
    RETURNS(ESLP_MISALIGNED, eslp_command_encode(&command, out, 9, NULL, (eslp_fault *)bad[1].memory));
    RETURNS(ESLP_INSUFFICIENT, eslp_command_encode(&command, NULL, 0, NULL, NULL));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_command_encode(&none, out, sizeof out, &len, NULL));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_command_encode(&many, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_SENDMSG};
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_SENDEVENT, .as.sendevent = {.name = {"A", 1}, .headers = strange}};
    RETURNS(ESLP_NULL, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command.as.sendevent.headers = lied;
    RETURNS(ESLP_NULL, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_API, .as.api.line = lie};
    RETURNS(ESLP_NULL, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_LOG, .as.log_level = 64};
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_LINGER, .as.linger_seconds = -3};
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    command = (eslp_command){.kind = ESLP_COMMAND_EVENT, .as.event = {.names = {"ALL", 3}, .format = 4}};
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_command_encode(&command, out, sizeof out, &len, NULL));
    FOR_NONE(const eslp_frame, f, eslp_command_parse(f, &command, &len));
    FOR_NONE(eslp_command, c, eslp_command_parse(&empty, c, &len));
    RETURNS(ESLP_MISALIGNED, eslp_command_parse(&empty, &command, (size_t *)bad[1].memory));
    RETURNS(ESLP_PARSE_NUL, eslp_command_parse(&empty, &command, NULL));
    FOR_NONE(const eslp_pairs, p, eslp_pairs_headers(p, &headers));
    FOR_NONE(eslp_headers, h, eslp_pairs_headers(&empty_list, h));
    RETURNS(ESLP_NULL, eslp_pairs_headers(&strange, &headers));
    RETURNS(ESLP_NULL, eslp_pairs_headers(&lied, &headers));
}

static void dial_strings(void) {
    eslp_leg legs[1] = {{.endpoint = {"user/1", 6}}};
    eslp_leg strange[1] = {{.endpoint = {"user/1", 6}, .join = 3}};
    eslp_dial dial = {.legs = legs, .count = 1}, none = {.legs = NULL, .count = 1}, joined = {.legs = strange, .count = 1};
    eslp_originate call = {.dial = dial, .extension = {"1", 1}};
    eslp_dial_read read;
    FOR_NONE(const eslp_originate, c, eslp_originate_encode(c, out, sizeof out, &len, NULL));
    RETURNS(ESLP_NULL, eslp_originate_encode(&call, NULL, 9, &len, NULL));
    RETURNS(ESLP_DIAL_INSUFFICIENT, eslp_originate_encode(&call, NULL, 0, NULL, NULL));
    FOR_NONE(const eslp_dial, d, eslp_bridge_encode(d, out, sizeof out, &len, NULL));
    RETURNS(ESLP_NULL, eslp_bridge_encode(&dial, NULL, 9, &len, NULL));
    RETURNS(ESLP_NULL, eslp_bridge_encode(&none, out, sizeof out, &len, NULL));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_bridge_encode(&joined, out, sizeof out, &len, NULL));
    RETURNS(ESLP_MISALIGNED, eslp_bridge_encode(&dial, out, sizeof out, NULL, (eslp_dial_fault *)bad[1].memory));
    const eslp_bytes line = ESLP_LIT("originate user/1 1"), argument = ESLP_LIT("user/1");
    FOR_NONE(eslp_originate, c, eslp_originate_parse(line, out, sizeof out, legs, 1, c, &read));
    FOR_NONE(eslp_leg, l, eslp_originate_parse(line, out, sizeof out, l, 1, &call, &read));
    RETURNS(ESLP_NULL, eslp_originate_parse(lie, out, sizeof out, legs, 1, &call, &read));
    RETURNS(ESLP_NULL, eslp_originate_parse(line, NULL, 99, legs, 1, &call, &read));
    RETURNS(ESLP_INSUFFICIENT, eslp_originate_parse(line, out, sizeof out, NULL, 0, &call, NULL));
    FOR_NONE(eslp_dial, d, eslp_bridge_parse(argument, out, sizeof out, legs, 1, d, &read));
    FOR_NONE(eslp_leg, l, eslp_bridge_parse(argument, out, sizeof out, l, 1, &dial, &read));
    RETURNS(ESLP_NULL, eslp_bridge_parse(lie, out, sizeof out, legs, 1, &dial, &read));
    RETURNS(ESLP_DIAL_PARSE_STORAGE, eslp_bridge_parse(argument, NULL, 0, legs, 1, &dial, NULL));
}

static void clients(void) {
    uint64_t memory[ESLP_CLIENT_SIZE / 8 + 1];
    eslp_client *client = NULL;
    eslp_client_result result;
    eslp_sent sent;
    eslp_eof eof;
    eslp_stats stats;
    uint64_t id;
    bool full;
    int32_t mode;
    const eslp_command command = {.kind = ESLP_COMMAND_EXIT}, none = {0};
    const eslp_subscription wanted = {.events.names = {"ALL", 3}}, lying = {.channel = {NULL, 3}};
    CHECK(eslp_client_sizeof() <= ESLP_CLIENT_SIZE && eslp_client_alignof() <= ESLP_ALIGN);
    RETURNS(ESLP_NULL, eslp_client_init(NULL, 9999, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_NULL, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, NULL));
    RETURNS(ESLP_MEMORY_TOO_SMALL, eslp_client_init(memory, 8, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_MISALIGNED, eslp_client_init((char *)memory + 4, sizeof memory - 4, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_client_init(memory, sizeof memory, 0, NULL, &client));
    FOR_NONE(eslp_client *, c, eslp_client_new(ESLP_INBOUND, NULL, c));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_client_new(3, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client));
    FOR_BAD(eslp_client, c, eslp_client_poll(c, "x", 1, &result));
    FOR_NONE(eslp_client_result, f, eslp_client_poll(client, "x", 1, f));
    RETURNS(ESLP_NULL, eslp_client_poll(client, NULL, 1, &result));
    FOR_BAD(eslp_client, c, eslp_client_send(c, &command, out, sizeof out, &sent));
    FOR_NONE(const eslp_command, c, eslp_client_send(client, c, out, sizeof out, &sent));
    FOR_NONE(eslp_sent, s, eslp_client_send(client, &command, out, sizeof out, s));
    RETURNS(ESLP_NULL, eslp_client_send(client, &command, NULL, 9, &sent));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_client_send(client, &none, out, sizeof out, &sent));
    RETURNS(ESLP_INSUFFICIENT, eslp_client_send(client, &command, out, 5, &sent));
    CHECK(sent.len == 6 && eslp_client_in_flight(client) == 0);
    FOR_BAD(eslp_client, c, eslp_client_subscribe(c, &wanted, out, sizeof out, &sent));
    FOR_NONE(const eslp_subscription, s, eslp_client_subscribe(client, s, out, sizeof out, &sent));
    FOR_NONE(eslp_sent, s, eslp_client_subscribe(client, &wanted, out, sizeof out, s));
    RETURNS(ESLP_NULL, eslp_client_subscribe(client, &lying, out, sizeof out, &sent));
    RETURNS(ESLP_NOT_AUTHENTICATED, eslp_client_subscribe(client, &wanted, out, sizeof out, &sent));
    FOR_BAD(eslp_client, c, eslp_client_unsubscribe(c, &wanted, out, sizeof out, &sent));
    FOR_NONE(const eslp_subscription, s, eslp_client_unsubscribe(client, s, out, sizeof out, &sent));
    FOR_NONE(eslp_sent, s, eslp_client_unsubscribe(client, &wanted, out, sizeof out, s));
    FOR_BAD(eslp_client, c, eslp_client_may_send(c, &command));
    FOR_NONE(const eslp_command, c, eslp_client_may_send(client, c));
    FOR_BAD(eslp_client, c, eslp_client_track(c, &command, &id));
    FOR_NONE(const eslp_command, c, eslp_client_track(client, c, &id));
    FOR_NONE(uint64_t, i, eslp_client_track(client, &command, i));
    FOR_BAD(eslp_client, c, eslp_client_track_external(c, &id));
    FOR_NONE(uint64_t, i, eslp_client_track_external(client, i));
    FOR_BAD_GIVES(eslp_client, c, eslp_client_in_flight(c) == 0 && eslp_client_in_flight(client) == 0);
    FOR_BAD_GIVES(eslp_client, c, eslp_client_end(c) == ESLP_END_NONE);
    FOR_BAD_GIVES(eslp_client, c, !eslp_client_is_lingering(c));
    FOR_BAD(eslp_client, c, eslp_client_full_control(c, &full));
    RETURNS(ESLP_NULL, eslp_client_full_control(client, NULL));
    FOR_BAD(eslp_client, c, eslp_client_socket_mode(c, &mode));
    FOR_NONE(int32_t, m, eslp_client_socket_mode(client, m));
    RETURNS(ESLP_NOT_FOUND, eslp_client_socket_mode(client, &mode));
    FOR_BAD_GIVES(eslp_client, c, !eslp_client_is_open(c));
    FOR_BAD(eslp_client, c, eslp_client_stats(c, &stats));
    FOR_NONE(eslp_stats, s, eslp_client_stats(client, s));
    FOR_BAD(eslp_client, c, eslp_client_eof(c, "x", 1, &eof));
    FOR_NONE(eslp_eof, e, eslp_client_eof(client, "x", 1, e));
    RETURNS(ESLP_NULL, eslp_client_eof(client, NULL, 1, &eof));
    CHECK(eslp_client_end(client) == ESLP_END_NONE);
    RETURNS(ESLP_OK, eslp_client_eof(client, NULL, 0, &eof));
    RETURNS(ESLP_CLOSED, eslp_client_poll(client, "x", 1, &result));
    RETURNS(ESLP_OK, eslp_client_eof(client, NULL, 0, &eof));
    FOR_BAD(eslp_client, c, eslp_client_drop(c));
    RETURNS(ESLP_OK, eslp_client_drop(client));
    RETURNS(ESLP_BAD_HANDLE, eslp_client_poll(client, "x", 1, &result));
    FOR_BAD_GIVES(eslp_client, c, (eslp_client_free(c), true));

    RETURNS(ESLP_NULL, eslp_tag(1, 2, NULL, ESLP_TAG_LEN));
    RETURNS(ESLP_INSUFFICIENT, eslp_tag(1, 2, out, ESLP_TAG_LEN - 1));
    FOR_NONE(const eslp_value, v, eslp_tag_number(v, 1, &id));
    const eslp_value tag = {.data = "x", .len = 1};
    FOR_NONE(uint64_t, i, eslp_tag_number(&tag, 1, i));
}

static void connections(void) {
    uint64_t memory[ESLP_CONNECTION_SIZE / 8 + 1];
    char input[64], output[8];
    eslp_connection *connection = NULL;
    eslp_client_result result;
    eslp_connection_state state;
    eslp_sent sent;
    eslp_eof eof;
    uint64_t id;
    char *spare;
    const eslp_command command = {.kind = ESLP_COMMAND_EXIT}, none = {0};
    const eslp_subscription wanted = {.events.names = {"ALL", 3}}, lying = {.channel = {NULL, 3}};
    CHECK(eslp_connection_sizeof() <= ESLP_CONNECTION_SIZE && eslp_connection_alignof() <= ESLP_ALIGN);
#define INIT(memory, size, role, input, input_size, output, output_size, connection) \
    eslp_connection_init(memory, size, role, NULL, input, input_size, output, output_size, connection)
    RETURNS(ESLP_NULL, INIT(NULL, 9999, ESLP_INBOUND, input, 64, output, 8, &connection));
    RETURNS(ESLP_NULL, INIT(memory, sizeof memory, ESLP_INBOUND, NULL, 64, output, 8, &connection));
    RETURNS(ESLP_NULL, INIT(memory, sizeof memory, ESLP_INBOUND, input, 64, NULL, 8, &connection));
    RETURNS(ESLP_INVALID_ARGUMENT, INIT(memory, sizeof memory, ESLP_INBOUND, input, SIZE_MAX, output, 8, &connection));
    FOR_NONE(eslp_connection *, c, INIT(memory, sizeof memory, ESLP_INBOUND, input, 64, output, 8, c));
    RETURNS(ESLP_MEMORY_TOO_SMALL, INIT(memory, 8, ESLP_INBOUND, input, 64, output, 8, &connection));
    RETURNS(ESLP_MISALIGNED,
            INIT((char *)memory + 4, sizeof memory - 4, ESLP_INBOUND, input, 64, output, 8, &connection));
    RETURNS(ESLP_UNKNOWN_NUMBER, INIT(memory, sizeof memory, 0, input, 64, output, 8, &connection));
    RETURNS(ESLP_OK, INIT(memory, sizeof memory, ESLP_INBOUND, input, 64, output, 8, &connection));
    FOR_BAD(eslp_connection, c, eslp_connection_spare(c, &spare, &len));
    FOR_NONE(char *, s, eslp_connection_spare(connection, s, &len));
    FOR_NONE(size_t, l, eslp_connection_spare(connection, &spare, l));
    FOR_BAD(eslp_connection, c, eslp_connection_commit(c, 1));
    FOR_BAD(eslp_connection, c, eslp_connection_next(c, &result));
    FOR_NONE(eslp_client_result, f, eslp_connection_next(connection, f));
    FOR_BAD(eslp_connection, c, eslp_connection_grow_input(c, input, 64));
    RETURNS(ESLP_NULL, eslp_connection_grow_input(connection, NULL, 64));
    FOR_BAD(eslp_connection, c, eslp_connection_grow_output(c, output, 8));
    RETURNS(ESLP_NULL, eslp_connection_grow_output(connection, NULL, 8));
    FOR_BAD(eslp_connection, c, eslp_connection_send(c, &command, &sent));
    FOR_NONE(const eslp_command, c, eslp_connection_send(connection, c, &sent));
    FOR_NONE(eslp_sent, s, eslp_connection_send(connection, &command, s));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_connection_send(connection, &none, &sent));
    FOR_BAD(eslp_connection, c, eslp_connection_subscribe(c, &wanted, false, &sent));
    FOR_NONE(const eslp_subscription, s, eslp_connection_subscribe(connection, s, false, &sent));
    FOR_NONE(eslp_sent, s, eslp_connection_subscribe(connection, &wanted, true, s));
    RETURNS(ESLP_NULL, eslp_connection_subscribe(connection, &lying, false, &sent));
    FOR_BAD(eslp_connection, c, eslp_connection_send_external(c, "x", 1, &id));
    FOR_NONE(uint64_t, i, eslp_connection_send_external(connection, "x", 1, i));
    RETURNS(ESLP_NULL, eslp_connection_send_external(connection, NULL, 1, &id));
    FOR_BAD_GIVES(eslp_connection, c, eslp_connection_to_send(c).data == NULL && eslp_connection_to_send(c).len == 0);
    FOR_BAD(eslp_connection, c, eslp_connection_sent(c, 1));
    FOR_BAD(eslp_connection, c, eslp_connection_eof(c, &eof));
    FOR_NONE(eslp_eof, e, eslp_connection_eof(connection, e));
    FOR_BAD(eslp_connection, c, eslp_connection_may_send(c, &command));
    FOR_NONE(const eslp_command, c, eslp_connection_may_send(connection, c));
    FOR_BAD(eslp_connection, c, eslp_connection_get_state(c, &state));
    FOR_NONE(eslp_connection_state, s, eslp_connection_get_state(connection, s));
    RETURNS(ESLP_OK, eslp_connection_get_state(connection, &state));
    CHECK(state.in_flight == 0 && state.end == ESLP_END_NONE && eslp_connection_to_send(connection).len == 0);
    RETURNS(ESLP_OK, eslp_connection_commit(connection, SIZE_MAX));
    RETURNS(ESLP_OK, eslp_connection_sent(connection, SIZE_MAX));
    FOR_BAD(eslp_connection, c, eslp_connection_drop(c));
    RETURNS(ESLP_OK, eslp_connection_drop(connection));
    RETURNS(ESLP_BAD_HANDLE, eslp_connection_next(connection, &result));
#undef INIT
}

static void jobs(void) {
    eslp_pending pending;
    eslp_pending_slot slots[2];
    eslp_sequence sequence;
    eslp_event event = {.text = ESLP_LIT("Event-Sequence: 4\n\n"), .format = ESLP_FORMAT_PLAIN}, none = {.format = 0};
    uint64_t number;
    void *entry = NULL;
    int one, two;
    FOR_NONE(eslp_pending, p, eslp_pending_init(p, slots, 2));
    FOR_NONE(eslp_pending_slot, s, eslp_pending_init(&pending, s, 2));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_pending_init(&pending, slots, SIZE_MAX));
    RETURNS(ESLP_OK, eslp_pending_init(&pending, slots, 2));
    FOR_BAD(eslp_pending, p, eslp_pending_insert(p, 1, &one, &entry));
    RETURNS(ESLP_MISALIGNED, eslp_pending_insert(&pending, 1, &one, (void **)bad[1].memory));
    RETURNS(ESLP_OK, eslp_pending_insert(&pending, 1, &one, NULL));
    RETURNS(ESLP_OK, eslp_pending_insert(&pending, 1, &two, &entry));
    CHECK(entry == &one && eslp_pending_len(&pending) == 1);
    RETURNS(ESLP_OK, eslp_pending_insert(&pending, UINT64_MAX, NULL, &entry));
    CHECK(entry == NULL);
    RETURNS(ESLP_INSUFFICIENT, eslp_pending_insert(&pending, 3, &one, &entry));
    FOR_BAD(eslp_pending, p, eslp_pending_take(p, 1, &entry));
    FOR_NONE(void *, e, eslp_pending_take(&pending, 1, e));
    RETURNS(ESLP_OK, eslp_pending_take(&pending, 1, &entry));
    CHECK(entry == &two);
    RETURNS(ESLP_NOT_FOUND, eslp_pending_take(&pending, 1, &entry));
    FOR_BAD(eslp_pending, p, eslp_pending_take_any(p, &number, &entry));
    FOR_NONE(uint64_t, n, eslp_pending_take_any(&pending, n, &entry));
    FOR_NONE(void *, e, eslp_pending_take_any(&pending, &number, e));
    RETURNS(ESLP_OK, eslp_pending_take_any(&pending, &number, &entry));
    CHECK(number == UINT64_MAX && entry == NULL);
    RETURNS(ESLP_END, eslp_pending_take_any(&pending, &number, &entry));
    FOR_BAD_GIVES(const eslp_pending, p, eslp_pending_len(p) == 0);

    FOR_NONE(eslp_sequence, s, eslp_sequence_init(s));
    RETURNS(ESLP_OK, eslp_sequence_init(&sequence));
    FOR_BAD(eslp_sequence, s, eslp_sequence_note(s, &event));
    FOR_NONE(const eslp_event, e, eslp_sequence_note(&sequence, e));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_sequence_note(&sequence, &none));
    RETURNS(ESLP_OK, eslp_sequence_note(&sequence, &event));
    event.text = ESLP_LIT("Event-Sequence: 7\n\n");
    RETURNS(ESLP_OK, eslp_sequence_note(&sequence, &event));
    CHECK(eslp_sequence_missing(&sequence) == 2);
    FOR_BAD_GIVES(const eslp_sequence, s, eslp_sequence_missing(s) == 0);
}

static void buffers(void) {
    eslp_buffer buffer;
    char memory[8], *spare;
    size_t room;
    FOR_NONE(eslp_buffer, b_, eslp_buffer_init(b_, memory, sizeof memory));
    RETURNS(ESLP_NULL, eslp_buffer_init(&buffer, NULL, 8));
    RETURNS(ESLP_OK, eslp_buffer_init(&buffer, memory, sizeof memory));
    FOR_BAD_GIVES(eslp_buffer, b_, eslp_buffer_data(b_) == NULL);
    FOR_BAD_GIVES(eslp_buffer, b_, eslp_buffer_len(b_) == 0);
    FOR_BAD_GIVES(eslp_buffer, b_, eslp_buffer_capacity(b_) == 0);
    FOR_BAD(eslp_buffer, b_, eslp_buffer_spare(b_, &spare, &room));
    FOR_NONE(char *, s, eslp_buffer_spare(&buffer, s, &room));
    FOR_NONE(size_t, r, eslp_buffer_spare(&buffer, &spare, r));
    FOR_BAD(eslp_buffer, b_, eslp_buffer_commit(b_, 1));
    FOR_BAD(eslp_buffer, b_, eslp_buffer_consume(b_, 1));
    FOR_BAD(eslp_buffer, b_, eslp_buffer_grow(b_, memory, 4));
    RETURNS(ESLP_NULL, eslp_buffer_grow(&buffer, NULL, 4));
    RETURNS(ESLP_OK, eslp_buffer_spare(&buffer, &spare, &room));
    CHECK(spare == memory && room == 8 && eslp_buffer_capacity(&buffer) == 8);
    memset(spare, 'x', room);
    RETURNS(ESLP_OK, eslp_buffer_commit(&buffer, SIZE_MAX));
    CHECK(eslp_buffer_len(&buffer) == 8);
    RETURNS(ESLP_INSUFFICIENT, eslp_buffer_spare(&buffer, &spare, &room));
    CHECK(room == 0 && spare == NULL);
    RETURNS(ESLP_OK, eslp_buffer_grow(&buffer, memory, 5));
    CHECK(eslp_buffer_len(&buffer) == 5 && eslp_buffer_data(&buffer) == memory);
    RETURNS(ESLP_OK, eslp_buffer_consume(&buffer, SIZE_MAX));
    CHECK(eslp_buffer_len(&buffer) == 0);
}

static void events_to_send(void) {
    eslp_outgoing_event event;
    eslp_field_slot slots[2];
    eslp_item_slot item_slots[1];
    const eslp_bytes items[1] = {{"a", 1}}, lies[1] = {{NULL, 1}};
    FOR_NONE(eslp_outgoing_event, e, eslp_outgoing_event_init(e, slots, 2));
    FOR_NONE(eslp_field_slot, s, eslp_outgoing_event_init(&event, s, 2));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_outgoing_event_init(&event, slots, SIZE_MAX));
    RETURNS(ESLP_OK, eslp_outgoing_event_init(&event, slots, 2));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_add(e, ESLP_LIT("a"), ESLP_LIT("b")));
    RETURNS(ESLP_NULL, eslp_outgoing_event_add(&event, lie, ESLP_LIT("b")));
    RETURNS(ESLP_NULL, eslp_outgoing_event_add(&event, ESLP_LIT("a"), lie));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_add_array(e, ESLP_LIT("a"), items, 1, item_slots));
    FOR_NONE(const eslp_bytes, i, eslp_outgoing_event_add_array(&event, ESLP_LIT("a"), i, 1, item_slots));
    FOR_NONE(eslp_item_slot, s, eslp_outgoing_event_add_array(&event, ESLP_LIT("a"), items, 1, s));
    RETURNS(ESLP_NULL, eslp_outgoing_event_add_array(&event, ESLP_LIT("a"), lies, 1, item_slots));
    RETURNS(ESLP_NULL, eslp_outgoing_event_add_array(&event, lie, items, 1, item_slots));
    RETURNS(ESLP_OK, eslp_outgoing_event_add_array(&event, ESLP_LIT("a"), NULL, 0, NULL));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_body(e, nothing));
    RETURNS(ESLP_NULL, eslp_outgoing_event_body(&event, lie));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_clear(e));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_encode(e, ESLP_FORMAT_JSON, 0, out, sizeof out, &len));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_outgoing_event_encode(&event, ESLP_FORMAT_JSON, 16, out, sizeof out, &len));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_outgoing_event_encode(&event, ESLP_FORMAT_JSON, -1, out, sizeof out, &len));
    RETURNS(ESLP_NULL, eslp_outgoing_event_encode(&event, ESLP_FORMAT_JSON, 0, NULL, 9, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_outgoing_event_encode(&event, ESLP_FORMAT_JSON, 0, NULL, 0, NULL));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_frame(e, ESLP_FORMAT_JSON, 0, out, sizeof out, &len));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_outgoing_event_frame(&event, ESLP_FORMAT_JSON, 2, out, sizeof out, &len));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_outgoing_event_frame(&event, ESLP_FORMAT_NONE, 0, out, sizeof out, &len));
    RETURNS(ESLP_NULL, eslp_outgoing_event_frame(&event, ESLP_FORMAT_JSON, 0, NULL, 9, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_outgoing_event_frame(&event, ESLP_FORMAT_JSON, 0, NULL, 0, NULL));

    eslp_event read, cut, none = {.text = {NULL, 1}, .format = ESLP_FORMAT_PLAIN};
    eslp_value values[1];
    const eslp_bytes a[1] = {{"a", 1}};
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, ESLP_LIT("a: 1\nb: 2\nc: 3\n\n"), &read));
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_JSON, ESLP_LIT("{\"a\":\"1\","), &cut));
    FOR_BAD(eslp_outgoing_event, e, eslp_outgoing_event_read(e, &read));
    FOR_NONE(const eslp_event, e, eslp_outgoing_event_read(&event, e));
    RETURNS(ESLP_NULL, eslp_outgoing_event_read(&event, &none));
    RETURNS(ESLP_OK, eslp_outgoing_event_clear(&event));
    RETURNS(ESLP_INSUFFICIENT, eslp_outgoing_event_read(&event, &read));
    RETURNS(ESLP_OK, eslp_outgoing_event_clear(&event));
    RETURNS(ESLP_DOCUMENT_TRUNCATED, eslp_outgoing_event_read(&event, &cut));
    FOR_NONE(const eslp_event, e, eslp_event_find(e, a, 1, values));
    FOR_NONE(const eslp_bytes, n, eslp_event_find(&read, n, 1, values));
    FOR_NONE(eslp_value, v, eslp_event_find(&read, a, 1, v));
    RETURNS(ESLP_NULL, eslp_event_find(&read, lies, 1, values));
    RETURNS(ESLP_OK, eslp_event_find(&read, NULL, 0, NULL));
    FOR_NONE(const eslp_event, e, eslp_event_transcode(e, ESLP_FORMAT_JSON, 0, out, sizeof out, &len));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_event_transcode(&read, ESLP_FORMAT_JSON, 16, out, sizeof out, &len));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_event_transcode(&read, ESLP_FORMAT_NONE, 0, out, sizeof out, &len));
    RETURNS(ESLP_NULL, eslp_event_transcode(&read, ESLP_FORMAT_JSON, 0, NULL, 9, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_event_transcode(&read, ESLP_FORMAT_JSON, 0, NULL, 0, NULL));
    RETURNS(ESLP_SOURCE_MALFORMED, eslp_event_transcode(&cut, ESLP_FORMAT_PLAIN, 0, out, sizeof out, NULL));
}

static void servers(void) {
    uint64_t memory[ESLP_SERVER_SIZE / 8 + 2];
    char storage[128];
    eslp_server *server = NULL;
    eslp_server_result result;
    eslp_server_state state;
    eslp_field_slot slots[1];
    eslp_outgoing_event event;
    int32_t offer;
    const eslp_response answer = {.kind = ESLP_RESPONSE_OK}, channel = {.kind = ESLP_RESPONSE_CHANNEL}, lying = {.kind = 1, .text = {NULL, 1}};
    const eslp_log_data line = {.level = 4}, deep = {.level = 64};
    const eslp_server_options percent = {.percent = 2}, named = {.channel = {NULL, 3}};
    RETURNS(ESLP_OK, eslp_outgoing_event_init(&event, slots, 1));
    CHECK(eslp_server_sizeof() <= ESLP_SERVER_SIZE && eslp_server_alignof() <= ESLP_ALIGN);
    RETURNS(ESLP_NULL, eslp_server_init(NULL, 9999, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_NULL, eslp_server_init(memory, sizeof memory, NULL, NULL, 9, &server));
    RETURNS(ESLP_NULL, eslp_server_init(memory, sizeof memory, NULL, storage, sizeof storage, NULL));
    RETURNS(ESLP_MEMORY_TOO_SMALL, eslp_server_init(memory, 8, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_MISALIGNED, eslp_server_init((char *)memory + 1, sizeof memory - 1, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_server_init(memory, sizeof memory, &percent, storage, sizeof storage, &server));
    RETURNS(ESLP_NULL, eslp_server_init(memory, sizeof memory, &named, storage, sizeof storage, &server));
    FOR_NONE(eslp_server *, s, eslp_server_new(NULL, storage, sizeof storage, s));
    RETURNS(ESLP_NULL, eslp_server_new(NULL, NULL, 9, &server));
    RETURNS(ESLP_OK, eslp_server_new(NULL, NULL, 0, &server));
    eslp_server_free(server);
    /* The stack is aligned as malloc aligns, or the next place in it is. */
    void *aligned = (uintptr_t)memory % ESLP_ALIGN ? (void *)(memory + 1) : (void *)memory;
    RETURNS(ESLP_OK, eslp_server_init(aligned, ESLP_SERVER_SIZE, NULL, storage, sizeof storage, &server));
    FOR_BAD(eslp_server, s, eslp_server_poll(s, "x", 1, out, sizeof out, &result));
    FOR_NONE(eslp_server_result, f, eslp_server_poll(server, "x", 1, out, sizeof out, f));
    RETURNS(ESLP_NULL, eslp_server_poll(server, NULL, 1, out, sizeof out, &result));
    RETURNS(ESLP_NULL, eslp_server_poll(server, "x", 1, NULL, 9, &result));
    RETURNS(ESLP_INSUFFICIENT, eslp_server_poll(server, "x", 1, out, ESLP_SERVER_REPLY_MAX - 1, &result));
    FOR_BAD(eslp_server, s, eslp_server_respond(s, &answer, out, sizeof out, &len));
    FOR_NONE(const eslp_response, a, eslp_server_respond(server, a, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_respond(server, &answer, out, sizeof out, l));
    RETURNS(ESLP_NOT_ASKED, eslp_server_respond(server, &answer, out, sizeof out, &len));
    RETURNS(ESLP_NULL, eslp_server_respond(server, &channel, out, sizeof out, &len));
    RETURNS(ESLP_NULL, eslp_server_respond(server, &lying, out, sizeof out, &len));
    FOR_BAD(eslp_server, s, eslp_server_offer(s, &event, NULL, NULL, &offer));
    FOR_BAD(eslp_outgoing_event, e, eslp_server_offer(server, e, NULL, NULL, &offer));
    FOR_NONE(int32_t, o, eslp_server_offer(server, &event, NULL, NULL, o));
    FOR_BAD(eslp_server, s, eslp_server_offer_diverted(s, &offer));
    FOR_NONE(int32_t, o, eslp_server_offer_diverted(server, o));
    FOR_BAD(eslp_server, s, eslp_server_offer_log(s, 4, &offer));
    FOR_NONE(int32_t, o, eslp_server_offer_log(server, 4, o));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_server_offer_log(server, 64, &offer));
    FOR_BAD(eslp_server, s, eslp_server_deliver(s, &event, out, sizeof out, &len));
    FOR_BAD(eslp_outgoing_event, e, eslp_server_deliver(server, e, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_deliver(server, &event, out, sizeof out, l));
    RETURNS(ESLP_NOT_READY, eslp_server_deliver(server, &event, out, sizeof out, &len));
    FOR_BAD(eslp_server, s, eslp_server_skip(s));
    FOR_BAD(eslp_server, s, eslp_server_delivered(s, ESLP_FORMAT_PLAIN, 0));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_server_delivered(server, ESLP_FORMAT_NONE, 0));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_server_delivered(server, ESLP_FORMAT_PLAIN, 2));
    FOR_BAD(eslp_server, s, eslp_server_deliver_log(s, &line, out, sizeof out, &len));
    FOR_NONE(const eslp_log_data, l, eslp_server_deliver_log(server, l, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_deliver_log(server, &line, out, sizeof out, l));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_server_deliver_log(server, &deep, out, sizeof out, &len));
    RETURNS(ESLP_NOT_READY, eslp_server_deliver_log(server, &line, out, sizeof out, &len));
    FOR_BAD(eslp_server, s, eslp_server_subscribe(s, ESLP_LIT("a")));
    RETURNS(ESLP_NULL, eslp_server_subscribe(server, lie));
    RETURNS(ESLP_INSUFFICIENT, eslp_server_subscribe(server, (eslp_bytes){out, sizeof out}));
    FOR_BAD(eslp_server, s, eslp_server_get_state(s, &state));
    FOR_NONE(eslp_server_state, t, eslp_server_get_state(server, t));
    FOR_BAD(eslp_server, s, eslp_server_channel_ended(s, nothing, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_channel_ended(server, nothing, out, sizeof out, l));
    RETURNS(ESLP_NULL, eslp_server_channel_ended(server, lie, out, sizeof out, &len));
    FOR_BAD(eslp_server, s, eslp_server_disconnect(s, 0, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_disconnect(server, 0, out, sizeof out, l));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_server_disconnect(server, 4, out, sizeof out, &len));
    FOR_BAD(eslp_server, s, eslp_server_reject(s, out, sizeof out, &len));
    FOR_NONE(size_t, l, eslp_server_reject(server, out, sizeof out, l));
    RETURNS(ESLP_NULL, eslp_server_reject(server, NULL, 9, &len));
    RETURNS(ESLP_INSUFFICIENT, eslp_server_reject(server, out, 9, &len));
    RETURNS(ESLP_OK, eslp_server_get_state(server, &state));
    CHECK(state.closed == ESLP_CLOSED_NOT && len > 9);
    CHECK(!eslp_secret_matches(lie, ESLP_LIT("a")) && !eslp_secret_matches(ESLP_LIT("a"), lie));
    CHECK(eslp_secret_matches(nothing, ESLP_LIT("")));
    FOR_BAD(eslp_server, s, eslp_server_drop(s));
    RETURNS(ESLP_OK, eslp_server_drop(server));
    RETURNS(ESLP_BAD_HANDLE, eslp_server_skip(server));
    FOR_BAD_GIVES(eslp_server, s, (eslp_server_free(s), true));
}

/* An input that lies where the function is to write is refused, wherever a host may put one. `area` is both. */
static void overlaps(void) {
    static char area[ESLP_SERVER_REPLY_MAX];
    static const char json[] = "{\"a\":\"b\\u0041\"}", line_text[] = "originate user/1 2", request[] = "noevents\n\n";
    static uint64_t memory[ESLP_SERVER_SIZE / 8], other_memory[ESLP_CLIENT_SIZE / 8];
    static char storage[256];
    const eslp_bytes here = {area + 4, 8};
    eslp_value coded = {.data = area, .len = 4, .coding = 3};
    eslp_event event;
    eslp_outgoing_event own;
    eslp_field_slot slots[2];
    eslp_item_slot item_slots[1];
    eslp_client *client;
    eslp_server *server;
    eslp_server_result result;
    eslp_sent sent;
    eslp_leg legs[2];
    eslp_originate call;

    memcpy(area, "a%41xxxxxxxxxxxx", 16);
    RETURNS(ESLP_OVERLAP, eslp_value_decode(&coded, area, sizeof area, &len));
    RETURNS(ESLP_OVERLAP, eslp_value_decode(&coded, area + 3, 8, &len));
    RETURNS(ESLP_OVERLAP, eslp_value_read(&coded, area, sizeof area, &bytes));
    RETURNS(ESLP_OVERLAP, eslp_value_string(&coded, area, sizeof area, &len));
    CHECK(!memcmp(area, "a%41xxxxxxxxxxxx", 16));
    /* Beside each other they are apart. */
    RETURNS(ESLP_OK, eslp_value_decode(&coded, area + 4, 8, &len));
    CHECK(len == 2 && !memcmp(area, "a%41aAxx", 8));

    memcpy(area, json, sizeof json);
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_JSON, (eslp_bytes){area, sizeof json - 1}, &event));
    RETURNS(ESLP_OVERLAP, eslp_event_transcode(&event, ESLP_FORMAT_PLAIN, 0, area, sizeof area, &len));
    for (int place = 0; place < 4; place++) {
        const eslp_bytes item[] = {place == 2 ? here : ESLP_LIT("x")};
        RETURNS(ESLP_OK, eslp_outgoing_event_init(&own, slots, 2));
        RETURNS(ESLP_OK, eslp_outgoing_event_add(&own, place == 0 ? here : ESLP_LIT("a"), place == 1 ? here : ESLP_LIT("b")));
        RETURNS(ESLP_OK, eslp_outgoing_event_add_array(&own, ESLP_LIT("c"), item, 1, item_slots));
        RETURNS(ESLP_OK, eslp_outgoing_event_body(&own, place == 3 ? here : ESLP_LIT("y")));
        RETURNS(ESLP_OVERLAP, eslp_outgoing_event_encode(&own, ESLP_FORMAT_JSON, 0, area, sizeof area, &len));
        RETURNS(ESLP_OVERLAP, eslp_outgoing_event_frame(&own, ESLP_FORMAT_JSON, 0, area, sizeof area, &len));
    }

    const eslp_pair pair[] = {{ESLP_INIT("a"), {area, 1}}};
    const eslp_command commands[] = {
        {.kind = ESLP_COMMAND_AUTH, .as.auth.password = here},
        {.kind = ESLP_COMMAND_API, .as.api.line = here},
        {.kind = ESLP_COMMAND_BGAPI, .as.api = {.line = ESLP_LIT("x"), .job_uuid = here}},
        {.kind = ESLP_COMMAND_EVENT, .as.event.names = here},
        {.kind = ESLP_COMMAND_MYEVENTS, .as.myevents.uuid = here},
        {.kind = ESLP_COMMAND_FILTER_ADD, .as.filter = {.header = ESLP_LIT("a"), .value = here}},
        {.kind = ESLP_COMMAND_GETVAR, .as.variable = here},
        {.kind = ESLP_COMMAND_SENDEVENT, .as.sendevent = {.name = ESLP_LIT("A"), .headers = {.items = pair, .count = 1}}},
        {.kind = ESLP_COMMAND_SENDMSG,
         .as.sendmsg = {.uuid = ESLP_LIT("a"), .call = ESLP_CALL_EXECUTE, .execute = {.app = ESLP_LIT("x"), .arg = here}}},
        {.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.uuid = ESLP_LIT("a"), .call = ESLP_CALL_HANGUP, .hangup_cause = here}},
    };
    RETURNS(ESLP_OK, eslp_client_init(other_memory, sizeof other_memory, ESLP_INBOUND, NULL, &client));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        RETURNS(ESLP_OVERLAP, eslp_command_encode(&commands[i], area, sizeof area, &len, NULL));
        RETURNS(ESLP_OVERLAP, eslp_client_send(client, &commands[i], area, sizeof area, &sent));
        CHECK(sent.id == ESLP_NO_ID && sent.len == 0);
    }
    const eslp_subscription subscription = {.events.names = here}, filters = {.filters = {.items = pair, .count = 1}};
    RETURNS(ESLP_OVERLAP, eslp_client_subscribe(client, &subscription, area, sizeof area, &sent));
    RETURNS(ESLP_OVERLAP, eslp_client_unsubscribe(client, &filters, area, sizeof area, &sent));

    legs[0] = (eslp_leg){.endpoint = here};
    call = (eslp_originate){.dial = {.legs = legs, .count = 1}, .extension = ESLP_LIT("1")};
    RETURNS(ESLP_OVERLAP, eslp_originate_encode(&call, area, sizeof area, &len, NULL));
    RETURNS(ESLP_OVERLAP, eslp_bridge_encode(&call.dial, area, sizeof area, &len, NULL));
    legs[0] = (eslp_leg){.endpoint = ESLP_LIT("user/1"), .variables = {.items = pair, .count = 1}};
    RETURNS(ESLP_OVERLAP, eslp_originate_encode(&call, area, sizeof area, &len, NULL));
    memcpy(area, line_text, sizeof line_text);
    const eslp_bytes line = {area, sizeof line_text - 1}, argument = {area + 10, 6};
    RETURNS(ESLP_OVERLAP, eslp_originate_parse(line, area, sizeof area, legs, 2, &call, NULL));
    RETURNS(ESLP_OVERLAP, eslp_bridge_parse(argument, area, sizeof area, legs, 2, &call.dial, NULL));

    memcpy(area, request, sizeof request);
    RETURNS(ESLP_OK, eslp_server_init(memory, sizeof memory, NULL, storage, sizeof storage, &server));
    RETURNS(ESLP_OVERLAP, eslp_server_poll(server, area, sizeof request - 1, area, sizeof area, &result));
    CHECK(result.kind == ESLP_SERVER_NONE && result.written == 0);
    const eslp_response response = {.kind = ESLP_RESPONSE_OUTPUT, .text = here};
    RETURNS(ESLP_OVERLAP, eslp_server_respond(server, &response, area, sizeof area, &len));
    RETURNS(ESLP_OVERLAP, eslp_server_channel_ended(server, here, area, sizeof area, &len));
    RETURNS(ESLP_OVERLAP, eslp_server_deliver(server, &own, area, sizeof area, &len));
    const eslp_log_data log = {.level = ESLP_LOG_INFO, .text = here};
    RETURNS(ESLP_OVERLAP, eslp_server_deliver_log(server, &log, area, sizeof area, &len));
}

/* Whatever is wrong, what a function is to write is written: nothing that was there before looks like a result. */
static void results(void) {
    eslp_client_result result;
    eslp_server_result served;
    eslp_step step;
    eslp_sent sent;
    eslp_eof eof;
    eslp_event event;
    eslp_header header;
    eslp_value values[2];
    const eslp_bytes wanted[] = {ESLP_LIT("a"), ESLP_LIT("b")};
    const eslp_command command = {.kind = ESLP_COMMAND_NOEVENTS};
    memset(&result, 0x55, sizeof result);
    RETURNS(ESLP_NULL, eslp_client_poll(NULL, "x", 1, &result));
    CHECK(result.kind == ESLP_IN_NONE && result.consumed == 0 && result.id == ESLP_NO_ID && !result.message.frame.head.data);
    memset(&result, 0x55, sizeof result);
    RETURNS(ESLP_BAD_HANDLE, eslp_connection_next((eslp_connection *)zeros, &result));
    CHECK(result.kind == ESLP_IN_NONE && result.id == ESLP_NO_ID && result.unanswered.count == 0);
    memset(&served, 0x55, sizeof served);
    RETURNS(ESLP_NULL, eslp_server_poll(NULL, "x", 1, out, sizeof out, &served));
    CHECK(served.kind == ESLP_SERVER_NONE && served.written == 0 && served.consumed == 0);
    memset(&step, 0x55, sizeof step);
    RETURNS(ESLP_NULL, eslp_decoder_decode(NULL, "x", 1, &step));
    CHECK(step.kind == ESLP_STEP_NONE && step.consumed == 0);
    memset(&sent, 0x55, sizeof sent);
    RETURNS(ESLP_NULL, eslp_client_send(NULL, &command, out, sizeof out, &sent));
    CHECK(sent.id == ESLP_NO_ID && sent.len == 0 && sent.count == 0);
    memset(&eof, 0x55, sizeof eof);
    RETURNS(ESLP_NULL, eslp_client_eof(NULL, "x", 1, &eof));
    CHECK(eof.id == ESLP_NO_ID && eof.end == ESLP_END_NONE && eof.incomplete == 0);
    len = 7;
    RETURNS(ESLP_NULL, eslp_command_encode(NULL, out, sizeof out, &len, NULL));
    CHECK(len == 0);
    len = 7;
    RETURNS(ESLP_NULL, eslp_server_respond(NULL, NULL, out, sizeof out, &len));
    CHECK(len == 0);
    memset(values, 0x55, sizeof values);
    RETURNS(ESLP_NULL, eslp_event_find(NULL, wanted, 2, values));
    CHECK(!values[0].data && !values[1].data);
    /* An iterator that could not be made anew does not go on where the one before it was. */
    RETURNS(ESLP_OK, eslp_event_view(ESLP_FORMAT_PLAIN, ESLP_LIT("a: b\nc: d\n\n"), &event));
    RETURNS(ESLP_OK, eslp_event_headers(&event, &headers));
    RETURNS(ESLP_OK, eslp_headers_next(&headers, &header));
    RETURNS(ESLP_NULL, eslp_event_headers(NULL, &headers));
    RETURNS(ESLP_BAD_HANDLE, eslp_headers_next(&headers, &header));
    CHECK(!header.name.data && !header.value.data);
    RETURNS(ESLP_OK, eslp_event_get(&event, ESLP_LIT("a"), &value));
    RETURNS(ESLP_NOT_FOUND, eslp_event_get(&event, ESLP_LIT("b"), &value));
    CHECK(!value.data && !value.len);
}

/* Room for fields that this library does not know is zero, or the struct was not set to zeros, or is of a newer header. */
static void dial_parts(void) {
    const eslp_endpoint user = {.kind = ESLP_ENDPOINT_USER, .name = ESLP_LIT("1")};
    eslp_endpoint endpoint = user;
    const eslp_pair pair = {ESLP_INIT("answer"), {NULL, 0}};
    eslp_pairs pairs = {.items = &pair, .count = 1}, read;
    eslp_pair variable;
    FOR_NONE(const eslp_endpoint, e, eslp_endpoint_encode(e, out, sizeof out, &len, NULL));
    RETURNS(ESLP_NULL, eslp_endpoint_encode(&user, NULL, 9, &len, NULL));
    RETURNS(ESLP_MISALIGNED, eslp_endpoint_encode(&user, out, sizeof out, (size_t *)bad[1].memory, NULL));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_endpoint_encode(&user, out, SIZE_MAX, &len, NULL));
    endpoint.kind = 0;
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_endpoint_encode(&endpoint, out, sizeof out, &len, NULL));
    endpoint = user, endpoint.reserved[3] = 1;
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_endpoint_encode(&endpoint, out, sizeof out, &len, NULL));
    endpoint = user, endpoint.name = lie;
    RETURNS(ESLP_NULL, eslp_endpoint_encode(&endpoint, out, sizeof out, &len, NULL));
    endpoint = user, endpoint.domain = (eslp_bytes){out + 9, 2};
    RETURNS(ESLP_OVERLAP, eslp_endpoint_encode(&endpoint, out, sizeof out, &len, NULL));
    FOR_NONE(eslp_pair, v, eslp_hook_encode(ESLP_HOOK_RING, nothing, ESLP_LIT("x"), false, out, sizeof out, v, NULL));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_hook_encode(0, nothing, ESLP_LIT("x"), false, out, sizeof out, &variable, NULL));
    RETURNS(ESLP_NULL, eslp_hook_encode(ESLP_HOOK_RING, lie, ESLP_LIT("x"), false, out, sizeof out, &variable, NULL));
    RETURNS(ESLP_NULL, eslp_hook_encode(ESLP_HOOK_RING, nothing, ESLP_LIT("x"), false, NULL, 9, &variable, NULL));
    RETURNS(ESLP_OVERLAP, eslp_hook_encode(ESLP_HOOK_RING, nothing, (eslp_bytes){out, 1}, false, out, sizeof out, &variable, NULL));
    FOR_NONE(const eslp_pairs, p, eslp_inline_encode(p, out, sizeof out, &len, NULL));
    RETURNS(ESLP_NULL, eslp_inline_encode(&pairs, NULL, 9, &len, NULL));
    pairs.items = NULL;
    RETURNS(ESLP_NULL, eslp_inline_encode(&pairs, out, sizeof out, &len, NULL));
    FOR_NONE(eslp_pairs, p, eslp_inline_parse(ESLP_LIT("answer"), out, sizeof out, p, NULL));
    RETURNS(ESLP_NULL, eslp_inline_parse(lie, out, sizeof out, &read, NULL));
    RETURNS(ESLP_NULL, eslp_inline_parse(ESLP_LIT("answer"), NULL, 9, &read, &len));
    RETURNS(ESLP_MISALIGNED, eslp_inline_parse(ESLP_LIT("answer"), out, sizeof out, &read, (size_t *)bad[1].memory));
    RETURNS(ESLP_OVERLAP, eslp_inline_parse((eslp_bytes){out, 6}, out, sizeof out, &read, NULL));
}

/* Those on the heap alone: a handle of another kind is found out; one that was freed is not there any more. */
static void sessions(void) {
    const eslp_command command = {.kind = ESLP_COMMAND_EXIT};
    const eslp_sendmsg message = {.call = ESLP_CALL_EXECUTE, .uuid = ESLP_LIT("a"), .execute.app = ESLP_LIT("echo")};
    const eslp_interest interest = {.events.names = ESLP_LIT("ALL")}, grown = {.reserved = {1}};
    const eslp_interest lying = {.channel = {NULL, 1}};
    const eslp_pairs pairs = {0};
    const eslp_message event = {.kind = ESLP_MESSAGE_EVENT, .format = ESLP_FORMAT_PLAIN};
    const eslp_message strange = {.kind = ESLP_MESSAGE_EVENT, .format = 9}, none = {0};
    eslp_session *session;
    eslp_session_state state;
    eslp_client_result result;
    eslp_outcome outcome;
    eslp_notice notice;
    eslp_gap gap;
    eslp_sent sent;
    eslp_eof eof;
    uint64_t slots[1];
    FOR_NONE(eslp_session *, s, eslp_session_new(1, s));
    RETURNS(ESLP_OK, eslp_session_new(1, &session));
    FOR_BAD(eslp_session, s, eslp_session_connect(s, ESLP_INBOUND, NULL, 0));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_session_connect(session, 0, NULL, 0));
    RETURNS(ESLP_MISALIGNED, eslp_session_connect(session, ESLP_INBOUND, (eslp_limits *)bad[1].memory, 0));
    RETURNS(ESLP_OK, eslp_session_get_state(session, &state));
    CHECK(!state.has_connection);
    RETURNS(ESLP_OK, eslp_session_connect(session, ESLP_INBOUND, NULL, UINT64_MAX));
    FOR_BAD(eslp_session, s, eslp_session_poll(s, "x", 1, 0, &result));
    FOR_NONE(eslp_client_result, r, eslp_session_poll(session, "x", 1, 0, r));
    RETURNS(ESLP_NULL, eslp_session_poll(session, NULL, 1, 0, &result));
    CHECK(result.id == ESLP_NO_ID);
    FOR_BAD(eslp_session, s, eslp_session_eof(s, "x", 1, 0, &eof));
    FOR_NONE(eslp_eof, e, eslp_session_eof(session, "x", 1, 0, e));
    FOR_BAD(eslp_session, s, eslp_session_close(s, 0));
    FOR_BAD_GIVES(eslp_session, s, eslp_session_to_send(s).len == 0 && !eslp_session_to_send(s).data);
    FOR_BAD(eslp_session, s, eslp_session_sent(s, 1));
    FOR_BAD(eslp_session, s, eslp_session_get_state(s, &state));
    FOR_NONE(eslp_session_state, s, eslp_session_get_state(session, s));
    FOR_BAD(eslp_session, s, eslp_session_next_outcome(s, &outcome));
    FOR_NONE(eslp_outcome, o, eslp_session_next_outcome(session, o));
    FOR_BAD(eslp_session, s, eslp_session_next_gap(s, &gap));
    FOR_NONE(eslp_gap, g, eslp_session_next_gap(session, g));
    FOR_BAD(eslp_session, s, eslp_session_next_notice(s, &notice));
    FOR_NONE(eslp_notice, n, eslp_session_next_notice(session, n));
    CHECK(!eslp_reason_text(0).data && !eslp_reason_text(99).data && eslp_reason_text(ESLP_REASON_CLOSED).len > 0);
    FOR_BAD(eslp_session, s, eslp_session_send(s, &command, 1, 0, &sent));
    FOR_NONE(const eslp_command, c, eslp_session_send(session, c, 1, 0, &sent));
    FOR_NONE(eslp_sent, s, eslp_session_send(session, &command, 1, 0, s));
    FOR_BAD(eslp_session, s, eslp_session_send_encoded(s, &command, "x", 1, 1, 0, &sent));
    FOR_NONE(const eslp_command, c, eslp_session_send_encoded(session, c, "x", 1, 1, 0, &sent));
    RETURNS(ESLP_NULL, eslp_session_send_encoded(session, &command, NULL, 1, 1, 0, &sent));
    FOR_NONE(eslp_sent, s, eslp_session_send_encoded(session, &command, "x", 1, 1, 0, s));
    FOR_BAD(eslp_session, s, eslp_session_bgapi(s, nothing, 1, 0, &sent));
    RETURNS(ESLP_NULL, eslp_session_bgapi(session, lie, 1, 0, &sent));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_bgapi(session, ESLP_LIT("x"), 0, 0, &sent));
    RETURNS(ESLP_SESSION_NOT_READY, eslp_session_bgapi(session, ESLP_LIT("x"), 1, 0, &sent));
    FOR_NONE(eslp_sent, s, eslp_session_bgapi(session, ESLP_LIT("x"), 1, 0, s));
    FOR_BAD(eslp_session, s, eslp_session_read_variable(s, nothing, ESLP_LIT("x"), 1, 0, &sent));
    RETURNS(ESLP_NULL, eslp_session_read_variable(session, lie, ESLP_LIT("x"), 1, 0, &sent));
    RETURNS(ESLP_NULL, eslp_session_read_variable(session, nothing, lie, 1, 0, &sent));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_read_variable(session, nothing, ESLP_LIT("x"), 0, 0, &sent));
    RETURNS(ESLP_SESSION_NOT_READY, eslp_session_read_variable(session, nothing, ESLP_LIT("x"), 1, 0, &sent));
    FOR_NONE(eslp_sent, s, eslp_session_read_variable(session, nothing, ESLP_LIT("x"), 1, 0, s));
    FOR_BAD(eslp_session, s, eslp_session_execute(s, &message, 1, 0, &sent));
    FOR_NONE(const eslp_sendmsg, m, eslp_session_execute(session, m, 1, 0, &sent));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_execute(session, &message, 0, 0, &sent));
    RETURNS(ESLP_SESSION_NOT_READY, eslp_session_execute(session, &message, 1, 0, &sent));
    FOR_NONE(eslp_sent, s, eslp_session_execute(session, &message, 1, 0, s));
    FOR_BAD(eslp_session, s, eslp_session_last_tag(s, out, sizeof out));
    RETURNS(ESLP_NOT_FOUND, eslp_session_last_tag(session, NULL, 99));
    FOR_BAD(eslp_session, s, eslp_session_give_up(s, 1));
    RETURNS(ESLP_NOT_FOUND, eslp_session_give_up(session, 0));
    FOR_BAD(eslp_session, s, eslp_session_may_send(s, &command));
    FOR_NONE(const eslp_command, c, eslp_session_may_send(session, c));
    FOR_BAD(eslp_session, s, eslp_session_advance(s, 1));
    FOR_BAD(eslp_session, s, eslp_session_heard(s, 1));
    FOR_BAD(eslp_session, s, eslp_session_set_silence(s, 1));
    FOR_BAD(eslp_session, s, eslp_session_set_heartbeat(s, 1));
    RETURNS(ESLP_OK, eslp_session_set_silence(session, UINT64_MAX));
    FOR_BAD(eslp_session, s, eslp_session_set_own_only(s, true));
    FOR_BAD(eslp_session, s, eslp_session_set_format(s, ESLP_FORMAT_JSON));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_set_format(session, ESLP_FORMAT_NONE));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_session_set_format(session, 9));
    FOR_BAD(eslp_session, s, eslp_session_set_filters(s, &pairs));
    FOR_NONE(const eslp_pairs, p, eslp_session_set_filters(session, p));
    FOR_BAD(eslp_session, s, eslp_session_set_log(s, ESLP_LOG_INFO));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_session_set_log(session, 99));
    FOR_BAD(eslp_session, s, eslp_session_listen(s, 1, &interest));
    FOR_NONE(const eslp_interest, i, eslp_session_listen(session, 1, i));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_listen(session, 0, &interest));
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_session_listen(session, 1, &grown));
    RETURNS(ESLP_NULL, eslp_session_listen(session, 1, &lying));
    FOR_BAD(eslp_session, s, eslp_session_unsubscribe(s, &interest));
    RETURNS(ESLP_MISALIGNED, eslp_session_unsubscribe(session, (eslp_interest *)bad[1].memory));
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_session_unsubscribe(session, &grown));
    FOR_BAD(eslp_session, s, eslp_session_listen_log(s, 1, ESLP_LOG_INFO));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_listen_log(session, 1, ESLP_LOG_NONE));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_listen_log(session, 0, ESLP_LOG_INFO));
    FOR_BAD(eslp_session, s, eslp_session_unlisten(s, 1));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_session_unlisten(session, 0));
    FOR_BAD(eslp_session, s, eslp_session_readers(s, &event, slots, 1, &len));
    FOR_NONE(const eslp_message, m, eslp_session_readers(session, m, slots, 1, &len));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_session_readers(session, &strange, slots, 1, &len));
    RETURNS(ESLP_NULL, eslp_session_readers(session, &event, NULL, 1, &len));
    FOR_NONE(size_t, c, eslp_session_readers(session, &event, slots, 1, c));
    RETURNS(ESLP_OK, eslp_session_readers(session, &none, slots, 1, &len));
    CHECK(len == 0);

    const eslp_message parts = {.kind = ESLP_MESSAGE_EVENT, .format = ESLP_FORMAT_PLAIN, .frame.flags = 1u << 31};
    const eslp_message short_one = {.kind = ESLP_MESSAGE_EVENT, .format = ESLP_FORMAT_PLAIN, .frame.body = {NULL, 1}};
    const eslp_gap later = {.reserved = {1}};
    eslp_queue *queue;
    eslp_item item;
    FOR_NONE(eslp_queue *, q, eslp_queue_new(1, ESLP_OVERFLOW_BLOCK, q));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_queue_new(1, 9, &queue));
    CHECK(!queue);
    RETURNS(ESLP_OK, eslp_queue_new(SIZE_MAX, ESLP_OVERFLOW_BLOCK, &queue));
    FOR_BAD(eslp_queue, q, eslp_queue_push(q, &event));
    RETURNS(ESLP_BAD_HANDLE, eslp_queue_push((eslp_queue *)(void *)session, &event));
    FOR_NONE(const eslp_message, m, eslp_queue_push(queue, m));
    RETURNS(ESLP_NOT_WHOLE, eslp_queue_push(queue, &parts));
    RETURNS(ESLP_NOT_WHOLE, eslp_session_readers(session, &parts, slots, 1, &len));
    RETURNS(ESLP_NULL, eslp_queue_push(queue, &short_one));
    FOR_BAD(eslp_queue, q, eslp_queue_push_gap(q, &gap));
    FOR_NONE(const eslp_gap, g, eslp_queue_push_gap(queue, g));
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_queue_push_gap(queue, &later));
    FOR_BAD(eslp_queue, q, eslp_queue_pop(q, &item));
    FOR_NONE(eslp_item, i, eslp_queue_pop(queue, i));
    FOR_BAD_GIVES(eslp_queue, q, !eslp_queue_is_blocking(q));
    FOR_BAD_GIVES(eslp_queue, q, eslp_queue_len(q) == 0);
    FOR_BAD_GIVES(eslp_queue, q, eslp_queue_lost(q) == 0);
    FOR_BAD_GIVES(eslp_queue, q, (eslp_queue_free(q), true));
    CHECK(eslp_queue_len(queue) == 0);
    eslp_queue_free(queue);
    RETURNS(ESLP_BAD_HANDLE, eslp_session_close((eslp_session *)(void *)bad[5].memory, 0));
    FOR_BAD_GIVES(eslp_session, s, (eslp_session_free(s), true));
    eslp_session_free(session);
}

static void known_calls(void) {
    const eslp_bytes names[] = {{NULL, 1}};
    const eslp_event event = {.text = ESLP_LIT("Event-Name: CHANNEL_CREATE\nUnique-ID: a\n\n"), .format = ESLP_FORMAT_PLAIN};
    const eslp_event strange = {.format = 9};
    const eslp_call zero = {0}, lying = {.record = {NULL, 3}}, odd = {.record = ESLP_LIT("\022\377\377\377\377x")};
    eslp_calls *calls;
    eslp_change change;
    eslp_call call;
    eslp_pair pair;
    size_t place = 0;
    FOR_NONE(eslp_calls *, c, eslp_calls_new(1, NULL, 0, c));
    RETURNS(ESLP_NULL, eslp_calls_new(1, NULL, 1, &calls));
    RETURNS(ESLP_NULL, eslp_calls_new(1, names, 1, &calls));
    CHECK(!calls);
    RETURNS(ESLP_OK, eslp_calls_new(SIZE_MAX, NULL, 0, &calls));
    CHECK(eslp_calls_events().len > 100);
    FOR_BAD(eslp_calls, c, eslp_calls_take(c, &event, &change));
    FOR_NONE(const eslp_event, e, eslp_calls_take(calls, e, &change));
    RETURNS(ESLP_MISALIGNED, eslp_calls_take(calls, &event, (eslp_change *)bad[1].memory));
    RETURNS(ESLP_UNKNOWN_NUMBER, eslp_calls_take(calls, &strange, NULL));
    RETURNS(ESLP_OK, eslp_calls_take(calls, &event, NULL));
    FOR_BAD(eslp_calls, c, eslp_calls_restore(c, "{}", 2));
    RETURNS(ESLP_NULL, eslp_calls_restore(calls, NULL, 2));
    FOR_BAD(eslp_calls, c, eslp_calls_next_gone(c, &call));
    FOR_NONE(eslp_call, c, eslp_calls_next_gone(calls, c));
    FOR_BAD(eslp_calls, c, eslp_calls_get(c, ESLP_LIT("a"), &call));
    RETURNS(ESLP_NULL, eslp_calls_get(calls, lie, &call));
    RETURNS(ESLP_NOT_FOUND, eslp_calls_get(calls, nothing, &call));
    FOR_NONE(eslp_call, c, eslp_calls_get(calls, ESLP_LIT("a"), c));
    FOR_BAD(eslp_calls, c, eslp_calls_next(c, &place, &call));
    FOR_NONE(size_t, p, eslp_calls_next(calls, p, &call));
    FOR_NONE(eslp_call, c, eslp_calls_next(calls, &place, c));
    place = SIZE_MAX;
    RETURNS(ESLP_END, eslp_calls_next(calls, &place, &call));
    FOR_BAD_GIVES(eslp_calls, c, eslp_calls_len(c) == 0);
    FOR_BAD_GIVES(eslp_calls, c, eslp_calls_overlooked(c) == 0);
    FOR_NONE(const eslp_call, c, eslp_call_variable(c, ESLP_LIT("a"), &bytes));
    FOR_NONE(eslp_bytes, b_, eslp_call_variable(&zero, ESLP_LIT("a"), b_));
    RETURNS(ESLP_NULL, eslp_call_variable(&lying, ESLP_LIT("a"), &bytes));
    RETURNS(ESLP_NOT_FOUND, eslp_call_variable(&zero, ESLP_LIT("a"), &bytes));
    RETURNS(ESLP_NOT_FOUND, eslp_call_variable(&odd, ESLP_LIT("a"), &bytes));
    place = 0;
    FOR_NONE(const eslp_call, c, eslp_call_next_variable(c, &place, &pair));
    FOR_NONE(size_t, p, eslp_call_next_variable(&zero, p, &pair));
    FOR_NONE(eslp_pair, p, eslp_call_next_variable(&zero, &place, p));
    RETURNS(ESLP_END, eslp_call_next_variable(&odd, &place, &pair));
    FOR_BAD_GIVES(eslp_calls, c, (eslp_calls_free(c), true));
    eslp_calls_free(calls);
}

static void rooms(void) {
    uint64_t memory[ESLP_CONNECTION_SIZE / 8];
    char storage[256];
    eslp_client *client = NULL;
    eslp_server *server = NULL;
    eslp_sent sent;
    static const eslp_pair pair[] = {{ESLP_INIT("a"), ESLP_INIT("b")}};
    eslp_command commands[] = {
        {.kind = ESLP_COMMAND_EXIT, .reserved = {0, 1}},
        {.kind = ESLP_COMMAND_AUTH, .as.auth = {.password = ESLP_LIT("x"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_USERAUTH, .as.auth = {.password = ESLP_LIT("x"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_API, .as.api = {.line = ESLP_LIT("x"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_BGAPI, .as.api = {.line = ESLP_LIT("x"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_EVENT, .as.event = {.names = ESLP_LIT("ALL"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_NIXEVENT, .as.event = {.names = ESLP_LIT("ALL"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_MYEVENTS, .as.myevents = {.reserved = {1}}},
        {.kind = ESLP_COMMAND_FILTER_ADD, .as.filter = {.header = ESLP_LIT("a"), .value = ESLP_LIT("b"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_FILTER_DELETE, .as.filter = {.header = ESLP_LIT("a"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_SENDEVENT, .as.sendevent = {.name = ESLP_LIT("A"), .reserved = {1}}},
        {.kind = ESLP_COMMAND_SENDEVENT,
         .as.sendevent = {.name = ESLP_LIT("A"), .headers = {.items = pair, .count = 1, .reserved = {1}}}},
        {.kind = ESLP_COMMAND_SENDMSG, .as.sendmsg = {.uuid = ESLP_LIT("a"), .call = ESLP_CALL_HANGUP, .reserved = {1}}},
        {.kind = ESLP_COMMAND_SENDMSG,
         .as.sendmsg = {.uuid = ESLP_LIT("a"),
                        .call = ESLP_CALL_EXECUTE,
                        .execute = {.app = ESLP_LIT("park"), .reserved = {1}}}},
        {.kind = ESLP_COMMAND_SENDMSG,
         .as.sendmsg = {.uuid = ESLP_LIT("a"), .call = ESLP_CALL_UNICAST, .unicast = {.reserved = {1}}}},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        RETURNS(ESLP_UNKNOWN_FIELD, eslp_command_encode(&commands[i], out, sizeof out, &len, NULL));
    }
    const eslp_limits limits = {.reserved = {0, 0, 0, 1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, &limits, &client));
    RETURNS(ESLP_OK, eslp_client_init(memory, sizeof memory, ESLP_INBOUND, NULL, &client));
    const eslp_subscription subscription = {.reserved = {1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_client_subscribe(client, &subscription, out, sizeof out, &sent));
    eslp_leg leg = {.endpoint = ESLP_LIT("user/1"), .reserved = {1}};
    eslp_originate call = {.dial = {.legs = &leg, .count = 1}, .extension = ESLP_LIT("1"), .reserved = {1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_originate_encode(&call, out, sizeof out, &len, NULL));
    call.reserved[0] = 0;
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_originate_encode(&call, out, sizeof out, &len, NULL));
    leg.reserved[0] = 0;
    RETURNS(ESLP_OK, eslp_originate_encode(&call, out, sizeof out, &len, NULL));
    call.dial.reserved[1] = 1;
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_bridge_encode(&call.dial, out, sizeof out, &len, NULL));
    eslp_server_options options = {.reserved = {1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_server_init(memory, sizeof memory, &options, storage, sizeof storage, &server));
    options = (eslp_server_options){.request.reserved = {1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_server_init(memory, sizeof memory, &options, storage, sizeof storage, &server));
    RETURNS(ESLP_OK, eslp_server_init(memory, sizeof memory, NULL, storage, sizeof storage, &server));
    const eslp_response response = {.kind = ESLP_RESPONSE_OK, .reserved = {1}};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_server_respond(server, &response, out, sizeof out, &len));
    const eslp_log_data line = {.level = ESLP_LOG_INFO, .reserved = {1}}, unsaid = {.line = 1};
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_server_deliver_log(server, &line, out, sizeof out, &len));
    RETURNS(ESLP_INVALID_ARGUMENT, eslp_server_deliver_log(server, &unsaid, out, sizeof out, &len));
    RETURNS(ESLP_OK, eslp_server_drop(server));
    const eslp_app app = {.kind = ESLP_APP_ANSWER, .reserved = {1}};
    eslp_execute execute;
    RETURNS(ESLP_UNKNOWN_FIELD, eslp_app_encode(&app, out, sizeof out, &execute, NULL));
}

int main(void) {
    eslp_client *client;
    eslp_decoder *decoder;
    memset(ones, 0xff, sizeof ones);
    RETURNS(ESLP_OK, eslp_client_init(gone, sizeof gone, ESLP_INBOUND, NULL, &client));
    RETURNS(ESLP_OK, eslp_client_drop(client));
    RETURNS(ESLP_OK, eslp_decoder_init(others, sizeof others, ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_OK, eslp_client_init(another, sizeof another, ESLP_INBOUND, NULL, &client));
    bad[0].memory = NULL, bad[0].status = ESLP_NULL;
    bad[1].memory = (char *)zeros + 1, bad[1].status = ESLP_MISALIGNED;
    bad[2].memory = zeros, bad[2].status = ESLP_BAD_HANDLE;
    bad[3].memory = ones, bad[3].status = ESLP_BAD_HANDLE;
    bad[4].memory = gone, bad[4].status = ESLP_BAD_HANDLE;
    bad[5].memory = others, bad[5].status = ESLP_BAD_HANDLE;
    values();
    names();
    events();
    powers();
    messages();
    commands();
    dial_strings();
    clients();
    connections();
    jobs();
    buffers();
    events_to_send();
    servers();
    dial_parts();
    sessions();
    known_calls();
    rooms();
    overlaps();
    results();
    bad[5].memory = another;
    decoders();
    return 0;
}
