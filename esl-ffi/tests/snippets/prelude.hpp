// What the snippets stand on: a socket of the reader's own.
#include <cstdio>
#include <string>

#include <esl_proto.hpp>

void send_octets(const char* octets, std::size_t count);
std::size_t receive_octets(char* room, std::size_t size);
