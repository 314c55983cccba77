// Events as JSON, look-ups by type, applications, results, spans, and commands that keep what is about to end.
#include <array>
#include <string>
#include <vector>

#include <esl_proto.hpp>

#include "check.hpp"

static void events() {
    eslp::event event(ESLP_FORMAT_PLAIN,
                      "Event-Name: CHANNEL_HANGUP\nUnique-ID: 5fd4\nHangup-Cause: USER_BUSY\nCaller-Caller-ID-Name: %C3%89va\n"
                      "Event-Date-Timestamp: 1700000000000000\nvariable_billsec: 12\n\n");
    auto [name, uuid, nothing] = event.find("Event-Name", "Unique-ID", "Nothing");
    CHECK(name && *name == "CHANNEL_HANGUP" && uuid && *uuid == "5fd4" && !nothing);
    CHECK(event.unique_id() && *event.unique_id() == "5fd4" && event.hangup_cause() == ESLP_CAUSE_USER_BUSY);
    CHECK(event.timestamp() == 1700000000000000u && event.variable("billsec")->u64() == 12u && !event.variable("x"));
    CHECK(event.caller_name()->str() == "\xc3\x89va" && event.call_state() == ESLP_CCS_OTHER && !event.job_uuid());

    char out[512], few[8];
    auto text = event.json(out);
    CHECK(text && text->substr(0, 31) == "{\"Event-Name\":\"CHANNEL_HANGUP\",");
    auto less = event.json(few);
    CHECK(!less && less.status() == ESLP_INSUFFICIENT && less.required() == text->size());
    CHECK(event.json() == *text && less.value_or("none") == "none");
    eslp::event again(ESLP_FORMAT_JSON, *text);
    char other[512];
    CHECK(again.plain(other) && again.caller_name());
    CHECK(again.plain(out).status() == ESLP_OVERLAP);
    eslp::event broken(ESLP_FORMAT_JSON, "{\"a\":");
    CHECK(broken.json().empty() && broken.json(out).status() == ESLP_SOURCE_MALFORMED);
#ifdef __cpp_lib_expected
    std::expected<std::string_view, eslp::status> expected = event.json(out);
    CHECK(expected.has_value() && *expected == *event.json(out));
#endif
    std::vector<std::string> items;
    for (const auto& item : eslp::value("ARRAY::one|:two").elements()) {
        items.push_back(item.str());
    }
    CHECK(items.size() == 2 && items[1] == "two");
}

static std::string wire(const eslp::command& command) {
    char out[512];
    auto written = command.encode(out);
    CHECK(written.status.ok());
    return std::string(out, written.len);
}

// Texts by value are taken over: the sanitizers see who does not.
static void commands_with_names() {
    std::string uuid = "a-uuid-that-is-too-long-to-be-kept-in-the-string-itself";
    eslp::cmd::api api("status of " + uuid);
    auto execute = eslp::cmd::execute("play" + std::string("back"), "/tmp/" + uuid).to("5fd4-" + uuid).event_uuid(uuid + "!");
    eslp::cmd::execute copied = execute;
    eslp::subscription wanted;
    wanted.events(ESLP_FORMAT_JSON, "CHANNEL_ANSWER CUSTOM " + uuid).channel(std::string("of-") + uuid);
    std::string(400, 'x').swap(uuid); // something else is where they might have been
    CHECK(wire(api) == "api status of a-uuid-that-is-too-long-to-be-kept-in-the-string-itself\n\n");
    CHECK(wire(execute).find("Event-UUID: a-uuid-that-is-too-long-to-be-kept-in-the-string-itself!\n") != std::string::npos);
    CHECK(wire(copied) == wire(execute));
    const eslp_bytes& names = wanted.c().events.names;
    CHECK(std::string(names.data, names.len) ==
          "CHANNEL_ANSWER CUSTOM a-uuid-that-is-too-long-to-be-kept-in-the-string-itself");
    // What stays is borrowed.
    std::string line = "status";
    CHECK(eslp::cmd::api(line).c().as.api.line.data == line.data());
    static_assert(!std::is_constructible_v<eslp::pair, std::string, std::string_view>, "it would keep a pointer to nothing");
    static_assert(std::is_constructible_v<eslp::pair, std::string&, const char*>, "this one stays");
}

static void applications() {
    char argument[256], few[2];
    auto set = eslp::app::set("caller", "O'Hara, Ann").encode(argument);
    CHECK(set && wire(eslp::cmd::execute(*set).to("5fd4")).find("execute-app-arg: caller=O'Hara, Ann\n") != std::string::npos);
    eslp_app_fault fault = {};
    CHECK(eslp::app::set("caller", "${system(id)}").encode(argument, &fault).status() == ESLP_APP_EXPANSION);
    CHECK(eslp::app::set("caller", "${name}").expand().encode(argument));
    auto ask = eslp::app::play_and_get_digits(1, 4, "enter.wav", "digits");
    ask->regexp = ESLP_LIT("\\d+");
    CHECK(ask.encode(argument) && ask.encode(few).status() == ESLP_INSUFFICIENT && ask.encode(few).required() > 20);
}

static void spans() {
    eslp::growing_buffer buffer;
    eslp::span<char> room = buffer.spare();
    CHECK(room.size() > 0);
#ifdef __cpp_lib_span
    std::span<char> standard = buffer.spare();
    std::span<char> same(buffer.spare());
    CHECK(standard.size() == room.size() && same.data() == room.data());
    std::array<char, 64> out{};
    CHECK(eslp::cmd::noevents().encode(std::span<char>(out)).len == 10);
#endif
}

void check_powers() {
    events();
    commands_with_names();
    applications();
    spans();
}
