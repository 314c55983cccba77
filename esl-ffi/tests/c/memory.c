/* Where malloc has nothing left: a status, and nothing has changed. Linked with `--wrap=malloc`. */
#include "check.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

/* How many more times there is memory; negative for ever. */
static long left = -1;

void *__wrap_malloc(size_t size) {
    if (left == 0) return NULL;
    if (left > 0) left--;
    return __real_malloc(size);
}

#define HAS_NO_MEMORY(type, call)                   \
    do {                                            \
        type *made = (type *)&left;                 \
        left = 0;                                   \
        RETURNS(ESLP_NO_MEMORY, call);              \
        CHECK(made == NULL);                        \
        left = -1;                                  \
    } while (0)

int main(void) {
    static char storage[64];
    static const char event[] = "Content-Length: 2\nContent-Type: text/event-plain\n\nab";
    eslp_decoder *decoder;
    eslp_queue *queue;
    eslp_step step;
    eslp_item item;

    HAS_NO_MEMORY(eslp_decoder, eslp_decoder_new(ESLP_FROM_SERVER, NULL, &made));
    HAS_NO_MEMORY(eslp_client, eslp_client_new(ESLP_INBOUND, NULL, &made));
    HAS_NO_MEMORY(eslp_server, eslp_server_new(NULL, storage, sizeof storage, &made));
    HAS_NO_MEMORY(eslp_session, eslp_session_new(1, &made));
    HAS_NO_MEMORY(eslp_queue, eslp_queue_new(4, ESLP_OVERFLOW_BLOCK, &made));
    HAS_NO_MEMORY(eslp_calls, eslp_calls_new(4, NULL, 0, &made));

    /* A queue copies a message: its head, its body and its type. */
    RETURNS(ESLP_OK, eslp_decoder_new(ESLP_FROM_SERVER, NULL, &decoder));
    RETURNS(ESLP_OK, eslp_decoder_decode(decoder, event, sizeof event - 1, &step));
    RETURNS(ESLP_OK, eslp_queue_new(4, ESLP_OVERFLOW_BLOCK, &queue));
    RETURNS(ESLP_OK, eslp_queue_push(queue, &step.message));
    for (long times = 0; times < 3; times++) {
        left = times;
        RETURNS(ESLP_NO_MEMORY, eslp_queue_push(queue, &step.message));
        left = -1;
        CHECK(eslp_queue_len(queue) == 1 && eslp_queue_lost(queue) == 0);
    }
    left = 3;
    RETURNS(ESLP_OK, eslp_queue_push(queue, &step.message));
    CHECK(left == 0 && eslp_queue_len(queue) == 2);
    left = -1;
    RETURNS(ESLP_OK, eslp_queue_pop(queue, &item));
    CHECK(item.kind == ESLP_ITEM_MESSAGE);
    eslp_queue_free(queue);
    eslp_decoder_free(decoder);
    return 0;
}
