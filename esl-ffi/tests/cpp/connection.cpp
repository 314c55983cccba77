#include "check.hpp"

namespace {

namespace cmd = eslp::cmd;

/// What came in, a line each, and what was sent.
struct said {
    std::string told;
    std::string sent;
};

constexpr std::string_view STREAM =
    "Content-Type: auth/request\n\n"
    "Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    "Content-Type: command/reply\nReply-Text: +OK event listener enabled plain\n\n"
    "Content-Type: api/response\nContent-Length: 300\n\n";

template <class Connection>
said converse(Connection& connection, std::size_t chunk) {
    std::string stream(STREAM);
    stream.append(300, '.').append("Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\nrest");
    std::string_view net = stream;
    said said;
    std::optional<eslp::command_id> status;
    for (;;) {
        eslp::incoming in = connection.next();
        while (in.status().ok()) {
            switch (in.kind()) {
            case ESLP_IN_AUTH_REQUEST:
                CHECK(connection.may_send(cmd::api("x")) == ESLP_NOT_AUTHENTICATED);
                CHECK(connection.send(cmd::auth("ClueCon")).ok() && !connection.is_open());
                break;
            case ESLP_IN_AUTHENTICATED: {
                eslp::sent sent = connection.subscribe(eslp::subscription().events(ESLP_FORMAT_PLAIN, "HEARTBEAT"));
                CHECK(sent.ok() && sent.count() == 1 && sent.id().number() == 1 && connection.is_open());
                status = connection.send_external("api status\n\n");
                CHECK(status && connection.in_flight() == 2);
                break;
            }
            case ESLP_IN_ANSWER:
                said.told += in.answers(status) ? "status " : "answer ";
                said.told += std::to_string(in.message().text()->str().size()) + "\n";
                break;
            case ESLP_IN_HEAD:
                CHECK(in.answers(status) && in.remaining() == 300);
                said.told += "status 300\n";
                break;
            case ESLP_IN_BODY:
                CHECK(in.data().find_first_not_of('.') == std::string_view::npos);
                break;
            case ESLP_IN_GOODBYE:
                said.told += "goodbye\n";
                break;
            default:
                CHECK(false);
            }
            in = connection.next();
        }
        said.sent += connection.to_send();
        connection.sent_octets(connection.to_send().size());
        if (in.status() != ESLP_NEED_DATA) {
            CHECK(in.status() == ESLP_CLOSED && connection.end() == ESLP_END_GOODBYE && in.consumed() == 0);
            return said;
        }
        auto room = connection.spare();
        std::size_t count = net.copy(room.data(), room.size() < chunk ? room.size() : chunk);
        CHECK(count > 0);
        net.remove_prefix(count);
        connection.commit(count);
    }
}

void conversations() {
    for (std::size_t chunk : {std::size_t{1}, std::size_t{3}, std::size_t{50}, std::size_t{4096}}) {
        char input[ESLP_BUFFER_MIN];
        char output[64];
        eslp::fixed_connection fixed(ESLP_INBOUND, input, output);
        said in_parts = converse(fixed, chunk);
        eslp::storage<eslp::connection_handle> memory;
        eslp::placed_connection placed(memory, ESLP_INBOUND, eslp::span<char>(input), eslp::span<char>(output));
        said the_same = converse(placed, chunk);
        eslp::connection growing(ESLP_INBOUND, eslp::limits().max_buffered(SIZE_MAX), 4, 4);
        said whole = converse(growing, chunk);
        for (const said& said : {in_parts, the_same, whole}) {
            CHECK(said.told == "answer 32\nstatus 300\ngoodbye\n");
            CHECK(said.sent == "auth ClueCon\n\nevent plain HEARTBEAT\n\napi status\n\n");
        }
        CHECK(growing.stats().frames == 5 && growing.required() == 0);
    }
}

void ends() {
    char input[ESLP_BUFFER_MIN];
    char output[16];
    eslp::fixed_connection connection(ESLP_OUTBOUND, input, output);
    CHECK(connection && connection.status().ok() && connection.send(cmd::connect()).ok());
    eslp::sent sent = connection.send(cmd::getvar("a_long_name"));
    CHECK(sent.status() == ESLP_INSUFFICIENT && sent.len() == 20 && connection.in_flight() == 1);
    CHECK(connection.send(cmd::getvar("a\nb")).fault().field == ESLP_FIELD_VARIABLE);
    CHECK(!connection.full_control() && !connection.socket_mode() && !connection.is_lingering());
    CHECK(connection.next().status() == ESLP_NEED_DATA);
    eslp::eof_report eof = connection.eof();
    CHECK(eof.end == ESLP_END_EOF && eof.unanswered.size() == 1 && connection.end() == ESLP_END_EOF);
}

void moves() {
    eslp::connection first(ESLP_INBOUND);
    CHECK(first.send(cmd::auth("x")).ok());
    eslp::connection second(std::move(first));
    CHECK(second && !first && second.to_send() == "auth x\n\n");
    CHECK(first.next().status() == ESLP_NULL && first.to_send().empty());
    {
        eslp::connection third(ESLP_OUTBOUND);
        third = std::move(second);
        CHECK(third && third.to_send() == "auth x\n\n" && third.send(cmd::exit()).ok());
        CHECK(second && second.in_flight() == 0);
    }
    static_assert(!std::is_copy_constructible_v<eslp::connection>, "");
    static_assert(!std::is_move_constructible_v<eslp::fixed_connection>, "");
}

} // namespace

void check_connection() {
    conversations();
    ends();
    moves();
}
