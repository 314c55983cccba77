// With exceptions: what a callback throws ends in the header, and the listener goes on.
#include <array>
#include <regex>

#include <esl_proto.hpp>

#include "check.hpp"

int main() {
    std::array<unsigned char, 256> kept{};
    std::array<char, ESLP_SERVER_REPLY_MAX> out{};
    eslp::server server(eslp::server_options(), kept);
    std::string stream = "auth x\n\n";
    CHECK(server.poll(stream, out).kind() == ESLP_SERVER_DONE);
    CHECK(server.poll(stream, out).kind() == ESLP_SERVER_HOST_REQUEST);
    CHECK(server.respond(eslp::response::accept(), out).status.ok());
    for (std::string line : {"event plain ALL\n\n", "filter a /(/\n\n"}) {
        CHECK(server.poll(line, out).kind() == ESLP_SERVER_DONE);
    }
    int calls = 0;
    auto matches = [&](std::string_view regex, std::string_view value) {
        calls++;
        std::string pattern(regex.substr(1, regex.size() - 2));
        return std::regex_search(std::string(value), std::regex(pattern));
    };
    eslp::fixed_outgoing_event<4> event;
    CHECK(event.add("Event-Name", "HEARTBEAT").ok() && event.add("a", "b").ok());
    CHECK(server.offer(event, matches) == ESLP_ADMISSION_SKIP && calls == 1);
    CHECK(server.poll("filter delete all\n\n", out).kind() == ESLP_SERVER_DONE);
    CHECK(server.poll("filter a /b/\n\n", out).kind() == ESLP_SERVER_DONE);
    CHECK(server.offer(event, matches) == ESLP_ADMISSION_ENQUEUE && calls == 2);
}
