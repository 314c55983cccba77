#include <cstdio>
#include <esl_proto.hpp>

extern "C" int print_event(const char* text, std::size_t len) {
    eslp::event event(ESLP_FORMAT_PLAIN, std::string_view(text, len));
    auto uuid = event.get("unique-id");
    if (!uuid) {
        return 1;
    }
    std::printf("%s of %s\n", std::string(eslp::text(event.name())).c_str(), uuid->str().c_str());
    return 0;
}
