/* The agent's board: a server that is in memory, and main(). It ends with 0 if the agent has found what there is. */
#include "agent.h"

#define TEN(text) text text text text text text text text text text
#define HEADER "variable_with_some_name: some%20value%20or%20other\n"
#define BEGINNING                                                                                                            \
    "Core-UUID: 6f5cd1a9-8a66-4a1c-9dcd-8f1b8a5ae6a1\nFreeSWITCH-Hostname: pbx\nEvent-Date-Timestamp: 1767225600000000\n"
#define ANSWER "Event-Name: CHANNEL_ANSWER\n" BEGINNING "Unique-ID: 5fd4%2D02\n" TEN(HEADER) "Caller-Destination-Number: 1000\n\n"
/* Longer than the agent's buffer. */
#define HANGUP                                                                                                               \
    "Event-Name: CHANNEL_HANGUP_COMPLETE\n" BEGINNING "Unique-ID: 5fd4%2D02\n" TEN(HEADER) TEN(HEADER) TEN(HEADER) TEN(HEADER)
#define MORE "Hangup-Cause: NORMAL_CLEARING\n" TEN(HEADER) TEN(HEADER) TEN(HEADER) "Caller-Destination-Number: 1000\n\n"
#define EVENT(length) "Content-Length: " length "\nContent-Type: text/event-plain\n\n"

/* What the server says, each piece after so many commands. */
#define PIECE(after, text) {after, sizeof(text) - 1, text}
static const struct {
    unsigned after;
    size_t len;
    const char *text;
} says[] = {
    PIECE(0, "Content-Type: auth/request\n\n"),
    PIECE(1, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n"),
    PIECE(2, "Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n"),
    PIECE(2, EVENT("703")),
    PIECE(2, ANSWER),
    PIECE(2, EVENT("3802")),
    PIECE(2, HANGUP),
    PIECE(2, MORE),
    PIECE(2, "Content-Type: text/disconnect-notice\nContent-Length: 9\n\nGoodbye.\n"),
};
_Static_assert(sizeof ANSWER - 1 == 703 && sizeof HANGUP MORE - 1 == 3802, "the lengths that the heads say");
#define PIECES (sizeof says / sizeof *says)

static const char *const expected[] = {"auth ClueCon\n\n", "event CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE\n\n"};
static const char *const values[] = {"5fd4-02", "1000", "NORMAL_CLEARING"};

static unsigned commands;
static size_t piece, said;
static unsigned found[3];

static bool same(const char *expected_text, const char *data, size_t len) {
    size_t at = 0;
    while (at < len && expected_text[at] == data[at] && data[at]) at++;
    return at == len && !expected_text[at];
}

static size_t read_some(char *to, size_t room) {
    size_t count = 0;
    while (piece < PIECES && says[piece].after <= commands) {
        for (; said < says[piece].len; said++) {
            if (count == room) return count;
            to[count++] = says[piece].text[said];
        }
        piece++;
        said = 0;
    }
    return count;
}

static bool write_some(const char *data, size_t len) {
    if (commands == 2 || !same(expected[commands], data, len)) return false;
    commands++;
    return true;
}

static void told(size_t which, const char *data, size_t len) {
    if (same(values[which], data, len)) found[which]++;
}

int main(void) {
    static const agent_io io = {read_some, write_some, told};
    int status = agent(&io);
    if (status) return status;
    if (found[0] != 2 || found[1] != 2 || found[2] != 1) return 10;
#ifndef __arm__
    return refusals();
#else
    return 0;
#endif
}
