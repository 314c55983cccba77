/* What an agent is given: its line to the server, and who hears what it finds. */
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    /* Waits for octets; 0 when there will be no more. */
    size_t (*read)(char *to, size_t room);
    bool (*write)(const char *data, size_t len);
    /* The value of the header with this place in the agent's list. */
    void (*told)(size_t which, const char *data, size_t len);
} agent_io;

/* 0 when the server has closed the connection. */
int agent(const agent_io *io);

/* Not on the small machine: 0 if the library writes and refuses what it should, besides. */
int refusals(void);
