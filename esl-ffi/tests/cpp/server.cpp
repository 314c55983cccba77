#include "check.hpp"

namespace {

std::string sent(const eslp::written& written, const char* out) {
    CHECK(written.status.ok());
    return std::string(out, written.len);
}

void inbound() {
    unsigned char storage[1024];
    char out[ESLP_SERVER_REPLY_MAX];
    eslp::server server(eslp::server_options().max_queued(1).max_lost(1), storage);
    CHECK(server && server.state().awaiting_first_command);
    std::string wire;
    std::string_view received =
        "userauth bob@x.org:secret\n\nevent json CUSTOM a::b\n\nfilter Foo /b.r/\n\napi status now\n\nlog info\n\n";
    for (;;) {
        eslp::server_result result = server.poll(received, out);
        received.remove_prefix(result.consumed());
        wire.append(out, result.written());
        if (result.kind() != ESLP_SERVER_HOST_REQUEST) {
            if (!result.status().ok()) {
                CHECK(result.status() == ESLP_NEED_DATA);
                break;
            }
            continue;
        }
        eslp::host_request ask = result.request();
        if (ask.kind() == ESLP_HOST_REQUEST_USER) {
            CHECK(ask.user() == "bob" && ask.domain() == "x.org" && ask.password() == "secret");
            wire += sent(server.respond(eslp::response::accept().allowed_api("status").allowed_log(false), out), out);
        } else {
            CHECK(ask.kind() == ESLP_HOST_REQUEST_API && ask.command() == "status" && ask.argument() == "now");
            CHECK(server.poll(received, out).status() == ESLP_WAITING);
            wire += sent(server.respond(eslp::response::output("UP"), out), out);
        }
    }
    CHECK(wire == "Content-Type: auth/request\n\n"
                  "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: status\n"
                  "Allowed-LOG: false\n\n"
                  "Content-Type: command/reply\nReply-Text: +OK event listener enabled json\n\n"
                  "Content-Type: command/reply\nReply-Text: +OK filter added. [Foo]=[/b.r/]\n\n"
                  "Content-Type: api/response\nContent-Length: 2\n\nUP"
                  "Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n");
    CHECK(server.state().authenticated && server.state().format == ESLP_FORMAT_JSON);

    eslp::fixed_outgoing_event<4> event;
    eslp::array_items<3> items{"one", "two"};
    CHECK(event.add("Event-Name", "CUSTOM").ok() && event.add("Event-Subclass", "a::b").ok());
    CHECK(event.add("Foo", "bar").ok() && event.add_array("list", items).ok());
    CHECK(event.add("more", "x") == ESLP_INSUFFICIENT);
    event.body("text");
    CHECK(server.offer(event) == ESLP_ADMISSION_SKIP);
    int calls = 0;
    auto regex = [&calls](std::string_view pattern, std::string_view value) {
        ++calls;
        return pattern == "/b.r/" && value == "bar";
    };
    CHECK(server.offer(event, regex) == ESLP_ADMISSION_ENQUEUE && calls == 1);
    CHECK(server.offer(event, regex) == ESLP_ADMISSION_DROPPED && server.offer(event, regex) == ESLP_ADMISSION_OVERFLOW);
    CHECK(sent(server.deliver(event, out), out) ==
          "Content-Length: 116\nContent-Type: text/event-json\n\n"
          R"({"Event-Name":"CUSTOM","Event-Subclass":"a::b","Foo":"bar","list":["one","two"],)"
          R"("Content-Length":"4","_body":"text"})");
    event.clear();
    event.no_body();
    CHECK(event.add("Event-Name", "100% %41").ok());
    CHECK(sent(event.encode(ESLP_FORMAT_PLAIN, out), out) == "Event-Name: 100%25%20%41\n\n");
    CHECK(sent(event.encode(ESLP_FORMAT_PLAIN, out, ESLP_PERCENT_LOSSLESS), out) == "Event-Name: 100%25%20%2541\n\n");

    const eslp::event read(ESLP_FORMAT_PLAIN, "Event-Name: CUSTOM\nlist: ARRAY%3A%3Aone%7C%3Atwo\nx: %FF\n\n");
    CHECK(sent(read.encode(ESLP_FORMAT_JSON, out, ESLP_ENCODE_STRICT), out) ==
          "{\"Event-Name\":\"CUSTOM\",\"list\":[\"one\",\"two\"],\"x\":\"\xef\xbf\xbd\"}");
    const eslp::written refused = read.encode(ESLP_FORMAT_JSON, out, ESLP_ENCODE_REFUSE);
    CHECK(refused.status == ESLP_VALUE_NOT_UTF8 && refused.len == 2);
    const auto [name, none] = read.find("event-name", "none");
    CHECK(name && *name == "CUSTOM" && !none);
    event.clear();
    CHECK(event.read(read).ok() && event.add("Foo", "bar").ok());
    CHECK(sent(event.frame(ESLP_FORMAT_XML, out), out).find("<Foo>bar</Foo>") != std::string::npos);
    CHECK(server.delivered(ESLP_FORMAT_XML) == ESLP_NOT_READY || server.delivered(ESLP_FORMAT_XML) == ESLP_OTHER_CODING);

    eslp::written notice = server.disconnect(ESLP_GOODBYE_SHUT_DOWN, out);
    CHECK(sent(notice, out).find("The system is being shut down.\n") != std::string::npos);
    eslp::server_result end = server.poll("", out);
    CHECK(end.status() == ESLP_CLOSED && end.closed() == ESLP_CLOSED_ENDED);
}

void outbound() {
    unsigned char storage[1024];
    char out[ESLP_SERVER_REPLY_MAX];
    eslp::fixed_server server(eslp::server_options().channel("5fd4").full().is_async(), storage);
    eslp::server_result result = server.poll("connect\n\n", out);
    CHECK(result.kind() == ESLP_SERVER_DONE && result.effect() == ESLP_EFFECT_GREETING && result.written() == 0);
    result = server.poll("connect\n\n", out);
    CHECK(result.kind() == ESLP_SERVER_HOST_REQUEST && result.request().kind() == ESLP_HOST_REQUEST_CONNECT);
    eslp::fixed_outgoing_event<4> channel;
    CHECK(channel.add("Event-Name", "CHANNEL_DATA").ok() && channel.add("Unique-ID", "5fd4").ok());
    std::string reply = sent(server.respond(eslp::response::channel(channel), out), out);
    CHECK(reply.find("Socket-Mode: async\nControl: full\n\n") != std::string::npos);

    std::string_view play = "sendmsg\ncall-command: execute\nexecute-app-name: answer\n\n";
    result = server.poll(play, out);
    CHECK(result.request().kind() == ESLP_HOST_REQUEST_SENDMSG && !result.request().channel() && !result.request().wait());
    CHECK(result.request().message().call == ESLP_CALL_EXECUTE && result.request().request().get("call-command") == "execute");
    CHECK(server.respond(eslp::response::accept(), out).status == ESLP_NOT_ASKED);
    CHECK(sent(server.respond(eslp::response::ok(), out), out).find("+OK") != std::string::npos);
    CHECK(sent(server.channel_ended("loopback/x", out), out).find("text/disconnect-notice") != std::string::npos);
}

void refused() {
    unsigned char storage[64];
    char out[ESLP_SERVER_REPLY_MAX];
    eslp::server server(eslp::server_options(), storage);
    CHECK(sent(server.reject(out), out).find("Access Denied, go away.\n") != std::string::npos);
    eslp::server other(eslp::server_options(), storage);
    CHECK(other.poll("auth x\n\n", eslp::span<char>(out, 8)).status() == ESLP_INSUFFICIENT);
    (void)other.poll("", out);
    CHECK(other.poll("auth x\n\n", out).request().password() == "x");
    CHECK(sent(other.respond(eslp::response::refuse(), out), out).find("-ERR invalid") != std::string::npos);
    eslp::server moved = std::move(other);
    CHECK(moved.poll("", out).closed() == ESLP_CLOSED_REFUSED && other.poll("", out).status() == ESLP_NULL);
}

} // namespace

void check_server() {
    inbound();
    outbound();
    refused();
}
