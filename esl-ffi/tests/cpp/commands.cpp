#include "check.hpp"

namespace {

namespace cmd = eslp::cmd;

std::string wire(const eslp::command& command) {
    char out[4096];
    eslp::command::encoded encoded = command.encode(out);
    // What is refused here has no place in a comparison, and fails it.
    return encoded.status.ok() ? std::string(out, encoded.len) : std::string(encoded.status.text());
}

void lines() {
    CHECK(wire(cmd::auth("ClueCon")) == "auth ClueCon\n\n");
    CHECK(wire(cmd::userauth("bob", "x.org", "secret")) == "userauth bob@x.org:secret\n\n");
    CHECK(wire(cmd::api("status")) == "api status\n\n");
    CHECK(wire(cmd::api("status").console_execute()) == "api status\nconsole_execute: true\n\n");
    CHECK(wire(cmd::bgapi("originate user/1 &park()").job_uuid("j")) == "bgapi originate user/1 &park()\nJob-UUID: j\n\n");
    CHECK(wire(cmd::event("ALL")) == "event ALL\n\n");
    CHECK(wire(cmd::event(ESLP_FORMAT_JSON, "DTMF").subclasses("a::b")) == "event json DTMF CUSTOM a::b\n\n");
    CHECK(wire(cmd::event(eslp::event_names{ESLP_EVENT_DTMF}).format(ESLP_FORMAT_XML)) == "event xml DTMF\n\n");
    CHECK(wire(cmd::nixevent("DTMF").subclasses("a::b")) == "nixevent DTMF CUSTOM a::b\n\n");
    CHECK(wire(cmd::noevents()) == "noevents\n\n");
    CHECK(wire(cmd::myevents("5fd4")) == "myevents 5fd4\n\n");
    CHECK(wire(cmd::myevents().format(ESLP_FORMAT_JSON)) == "myevents json\n\n");
    CHECK(wire(cmd::divert_events(true)) == "divert_events on\n\n");
    CHECK(wire(cmd::filter_add("Event-Name", "HEARTBEAT")) == "filter add Event-Name HEARTBEAT\n\n");
    CHECK(wire(cmd::filter_delete("Event-Name", "X")) == "filter delete Event-Name X\n\n");
    CHECK(wire(cmd::filter_delete("Event-Name")) == "filter delete Event-Name\n\n");
    CHECK(wire(cmd::filter_delete_all()) == "filter delete all\n\n");
    CHECK(wire(cmd::log()) == "log\n\n" && wire(cmd::nolog()) == "nolog\n\n");
    CHECK(wire(cmd::log(ESLP_LOG_INFO)) == "log 6\n\n" || wire(cmd::log(ESLP_LOG_INFO)) == "log INFO\n\n");
    CHECK(wire(cmd::linger()) == "linger\n\n" && wire(cmd::linger(10)) == "linger 10\n\n");
    CHECK(wire(cmd::nolinger()) == "nolinger\n\n" && wire(cmd::getvar("x")) == "getvar x\n\n");
    CHECK(wire(cmd::connect()) == "connect\n\n" && wire(cmd::resume()) == "resume\n\n");
    CHECK(wire(cmd::exit()) == "exit\n\n");

    const eslp::pair headers[] = {{"Event-Subclass", "a::b"}, {"x", "y"}};
    CHECK(wire(cmd::sendevent("CUSTOM").headers(headers).body("text")) ==
          "sendevent CUSTOM\nEvent-Subclass: a::b\nx: y\nContent-Length: 4\n\ntext");
}

/// The value of a header in a message to a channel.
std::string header(const eslp::command& message, std::string_view name) {
    std::string text = wire(message);
    std::size_t place = text.find("\n" + std::string(name) + ": ");
    if (place == std::string::npos) {
        return "";
    }
    place += name.size() + 3;
    return text.substr(place, text.find('\n', place) - place);
}

void messages() {
    auto play = cmd::execute("playback", "/tmp/a.wav").to("5fd4").event_uuid("one").event_uuid_name("two").loops(3);
    CHECK(wire(play).substr(0, 13) == "sendmsg 5fd4\n" && header(play, "call-command") == "execute");
    CHECK(header(play, "execute-app-name") == "playback" && header(play, "execute-app-arg") == "/tmp/a.wav");
    CHECK(header(play, "Event-UUID") == "one" || header(play, "event-uuid") == "one");
    CHECK(header(play, "loops") == "3" && header(play, "hold-bleg").empty());
    CHECK(header(play.hold_bleg(), "hold-bleg") == "true");
    CHECK(header(play.event_lock(), "event-lock") == "true" && header(play, "event-lock-pri").empty());
    CHECK(header(play.event_lock_pri(), "event-lock-pri") == "true");
    CHECK(header(play.run_async().lead_frames(2), "async") == "true" && header(play, "lead-frames") == "2");
    CHECK(header(cmd::execute("answer"), "execute-app-name") == "answer");
    CHECK(header(cmd::hangup(ESLP_CAUSE_USER_BUSY).to("5fd4"), "hangup-cause") == "USER_BUSY");
    CHECK(header(cmd::hangup("CALL_REJECTED"), "hangup-cause") == "CALL_REJECTED");
    CHECK(header(cmd::hangup("21"), "hangup-cause") == "CALL_REJECTED" && header(cmd::hangup(), "call-command") == "hangup");
    auto media = cmd::unicast().local("127.0.0.1", 9000).remote("127.0.0.2", 9001).transport("tcp").flags("native");
    CHECK(header(media, "local-port") == "9000" && header(media, "remote-ip") == "127.0.0.2");
    CHECK(header(media, "transport") == "tcp" && header(media, "flags") == "native");
    CHECK(header(cmd::nomedia("5fd4"), "nomedia-uuid") == "5fd4");
    const eslp::pair applications[] = {{"answer", ""}, {"echo", "x"}};
    CHECK(wire(cmd::xferext(applications)).find("application: echo x\n") != std::string::npos);
    CHECK(header(cmd::sendmsg("other"), "call-command") == "other");
}

void refusals() {
    char out[64];
    eslp::command::encoded forged = cmd::api("status\n\nexit").encode(out);
    CHECK(forged.status == ESLP_COMMAND_LINE_END && forged.fault.field == ESLP_FIELD_API_LINE);
    CHECK(forged.fault.offset == 6 && !forged.fault.text().empty());
    const eslp::pair headers[] = {{"a", "b"}, {"c", "d\ne"}};
    eslp::command::encoded second = cmd::sendevent("CUSTOM").headers(headers).encode(out);
    CHECK(second.status.is_error() && second.fault.field == ESLP_FIELD_HEADER_VALUE && second.fault.item == 1);
    eslp::command::encoded longer = cmd::api("status").encode(eslp::span<char>(out, 3));
    CHECK(longer.status == ESLP_INSUFFICIENT && longer.len == 12);
    CHECK(cmd::api("").encode(out).status == ESLP_COMMAND_EMPTY);
    CHECK(cmd::auth({}).encode(out).status.is_error());
    CHECK(cmd::myevents("5fd4").format(ESLP_FORMAT_JSON).encode(out).status == ESLP_COMMAND_FORMAT_LOST);
}

void parsing() {
    eslp::fixed_decoder decoder(ESLP_FROM_CLIENT);
    std::string_view stream = "SendMsg 5fd4\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: x\n\n";
    eslp::step step = decoder.decode(stream);
    CHECK(step.status().ok() && step.request().line() == "SendMsg 5fd4");
    CHECK(step.request().get("CALL-command") == "execute" && !step.request().body());
    std::size_t count = 0;
    for (const auto& [name, value] : step.request().headers()) {
        CHECK(!name.raw().empty() && !value.raw().empty());
        ++count;
    }
    CHECK(count == 3);
    eslp::command command(ESLP_COMMAND_EXIT);
    CHECK(eslp::command::parse(step.request(), command).ok() && command.kind() == ESLP_COMMAND_SENDMSG);
    CHECK(wire(command) == wire(cmd::execute("playback", "x").to("5fd4")));

    stream = "nonsense\n\n";
    std::size_t offset = 9;
    eslp::step nonsense = eslp::fixed_decoder(ESLP_FROM_CLIENT).decode(stream);
    CHECK(eslp::command::parse(nonsense.request(), command, &offset) == ESLP_PARSE_UNKNOWN && offset == 0);
}

} // namespace

void check_commands() {
    lines();
    messages();
    refusals();
    parsing();
}
