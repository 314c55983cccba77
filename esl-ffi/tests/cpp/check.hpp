// What the checks share.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <esl_proto.hpp>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                       \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (false)

void check_values();
void check_commands();
void check_client();
void check_connection();
void check_server();
void check_dial();
void check_powers();
void check_session();
