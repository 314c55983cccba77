/* Every number of the vocabulary is its word, both ways. names.inc is made of the header by ../run. */
#include "check.h"

static void same(int32_t number, int32_t from, const char *word, eslp_bytes text) {
    if (number != from) fprintf(stderr, "%s is %d, not %d\n", word, (int)from, (int)number);
    CHECK(number == from);
    SAYS(word, text);
}

#define NAME(family, number, word) same(number, eslp_##family##_from(ESLP_LIT(word)), word, eslp_##family##_text(number));

int main(void) {
    eslp_log_level level = 0;
    int named = 0;
#include "names.inc"
    CHECK(eslp_event_name_from(ESLP_LIT("channel_Answer")) == ESLP_EVENT_CHANNEL_ANSWER);
    for (int32_t number = ESLP_LOG_DISABLE; number <= ESLP_LOG_DEBUG; number++) {
        if (number == ESLP_LOG_NONE) continue;
        RETURNS(ESLP_OK, eslp_log_level_from(eslp_log_level_text(number), &level));
        CHECK(level == number);
    }
    for (int32_t status = -1000; status < 100; status++) named += strcmp(eslp_strerror(status), "unknown status") != 0;
    CHECK(named == STATUSES);
    SAYS("text/event-json", eslp_format_content_type(ESLP_FORMAT_JSON));
    return 0;
}
