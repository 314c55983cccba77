#include <vector>

#include "check.hpp"

namespace {

namespace cmd = eslp::cmd;

constexpr std::string_view SERVER =
    "Content-Type: auth/request\n\n"
    "Content-Type: command/reply\nReply-Text: +OK accepted\nAllowed-Events: all\nAllowed-API: status\n"
    "Allowed-LOG: false\n\n"
    "Content-Type: api/response\nContent-Length: 3\n\nUP\n"
    "Content-Length: 49\nContent-Type: text/event-plain\n\nEvent-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4%2D02\n\n"
    "Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n"
    "Content-Type: command/reply\nReply-Text: +OK Job-UUID: j\nJob-UUID: j\n\n"
    "Content-Type: text/disconnect-notice\nContent-Length: 31\n\nThe system is being shut down.\n";

/// One line for each thing that came in.
template <class Client, class Buffer>
std::string converse(Client& client, Buffer& buffer, std::size_t chunk) {
    std::string told;
    std::string sent_octets;
    std::string_view net = SERVER;
    char out[512];
    auto send = [&](const eslp::command& command) {
        eslp::sent sent = client.send(command, out);
        CHECK(sent.ok() && sent.count() == 1);
        sent_octets.append(out, sent.len());
        return sent.id();
    };
    std::optional<eslp::command_id> status;
    for (;;) {
        auto arrivals = client.receive(buffer);
        for (const eslp::incoming& in : arrivals) {
            switch (in.kind()) {
            case ESLP_IN_AUTH_REQUEST:
                send(cmd::userauth("bob", "x.org", "secret"));
                break;
            case ESLP_IN_AUTHENTICATED:
                CHECK(*in.message().allowed_events() == "all" && *in.message().allowed_api() == "status");
                CHECK(in.message().allowed_log() == false && in.id()->number() == 0);
                CHECK(!in.message().is_broken() && in.is_last_part() && client.is_open());
                status = send(cmd::api("status"));
                send(cmd::api("version"));
                send(cmd::bgapi("status").job_uuid("j"));
                send(cmd::api("uptime"));
                CHECK(client.in_flight() == 4);
                break;
            case ESLP_IN_ANSWER:
                told += in.answers(status) ? "status: " : "answer: ";
                told += in.message().text()->str();
                told += in.message().reply_status() == ESLP_REPLY_ERR ? " (-ERR)" : "";
                if (auto job = in.message().job_uuid()) {
                    CHECK(in.message().detail() == "Job-UUID: j" && *job == "j");
                }
                break;
            case ESLP_IN_EVENT:
                told += std::string(eslp::text(in.event()->name())) + " " + in.event()->get("unique-id")->str();
                break;
            case ESLP_IN_GOODBYE:
                told += eslp::text(in.end());
                for (eslp::command_id id : in.unanswered()) {
                    told += " " + std::to_string(id.number());
                }
                break;
            default:
                CHECK(false);
            }
            told += ";";
        }
        if (arrivals.status() != ESLP_NEED_DATA) {
            CHECK(arrivals.status() == ESLP_CLOSED && arrivals.last().end() == ESLP_END_SHUTDOWN);
            break;
        }
        // A client that waits for more must not have consumed less than it could.
        auto room = buffer.spare();
        std::size_t count = net.copy(room.data(), chunk < room.size() ? chunk : room.size());
        CHECK(count > 0);
        net.remove_prefix(count);
        buffer.commit(count);
    }
    CHECK(sent_octets == "userauth bob@x.org:secret\n\napi status\n\napi version\n\nbgapi status\nJob-UUID: j\n\n"
                         "api uptime\n\n");
    CHECK(client.end() == ESLP_END_SHUTDOWN && client.stats().events == 1 && client.in_flight() == 0);
    return told;
}

constexpr std::string_view TOLD = ";;status: UP\n;CHANNEL_ANSWER 5fd4-02;answer: -ERR permission denied (-ERR);"
                                  "answer: +OK Job-UUID: j;shutting down 4;";

void conversations() {
    for (std::size_t chunk : {std::size_t{1}, std::size_t{7}, SERVER.size()}) {
        eslp::client client(ESLP_INBOUND);
        eslp::growing_buffer growing(1);
        std::string told = converse(client, growing, chunk);
        CHECK(told.substr(0, 90) == TOLD.substr(0, 90));

        eslp::fixed_client fixed(ESLP_INBOUND, eslp::limits::for_buffer(256));
        char memory[256];
        eslp::fixed_buffer buffer(memory);
        CHECK(converse(fixed, buffer, chunk) == told);

        eslp::storage<eslp::client_handle> place;
        eslp::placed_client placed(place, ESLP_INBOUND);
        eslp::growing_buffer again(300);
        CHECK(converse(placed, again, chunk) == told);
    }
}

/// Leaving the loop early loses nothing and repeats nothing.
void early_leave() {
    eslp::client client(ESLP_INBOUND);
    eslp::growing_buffer buffer;
    std::string_view stream = "Content-Type: auth/request\n\nContent-Type: text/disconnect-notice\n\n";
    buffer.commit(stream.copy(buffer.spare(stream.size()).data(), stream.size()));
    std::vector<eslp_incoming> kinds;
    for (int round = 0; round < 3; ++round) {
        for (const eslp::incoming& in : client.receive(buffer)) {
            kinds.push_back(in.kind());
            break;
        }
    }
    CHECK(kinds == (std::vector<eslp_incoming>{ESLP_IN_AUTH_REQUEST, ESLP_IN_GOODBYE}) && buffer.filled().empty());
}

void refusals() {
    char out[256];
    eslp::client client(ESLP_INBOUND);
    CHECK(client.may_send(cmd::api("status")) == ESLP_NOT_AUTHENTICATED);
    CHECK(client.send(cmd::api("status"), out).status() == ESLP_NOT_AUTHENTICATED);
    eslp::sent forged = client.send(cmd::auth("a\nb"), out);
    CHECK(forged.status() == ESLP_COMMAND_LINE_END && forged.fault().field == ESLP_FIELD_PASSWORD);
    eslp::sent longer = client.send(cmd::auth("ClueCon"), eslp::span<char>(out, 3));
    CHECK(longer.status() == ESLP_INSUFFICIENT && longer.len() == 14 && client.in_flight() == 0);
    CHECK(client.track(cmd::api("status")).status() == ESLP_NOT_AUTHENTICATED && client.in_flight() == 0);
    CHECK(client.track_external()->number() == 0 && client.in_flight() == 1);
    eslp::sent login = client.track(cmd::auth("ClueCon"));
    CHECK(login.ok() && login.id().number() == 1 && login.count() == 1 && client.in_flight() == 2);
    eslp::client_handle::eof_report eof = client.eof("Content");
    CHECK(eof.end == ESLP_END_EOF && eof.unanswered.size() == 2 && eof.incomplete == 7);
    CHECK(eof.missing == 0 && !eof.id && eof.message.kind() == ESLP_MESSAGE_NONE);

    eslp::incoming broken = eslp::client(ESLP_INBOUND).poll("Content-Length: x\n\n");
    CHECK(broken.status() == ESLP_INVALID_LENGTH && broken.end() == ESLP_END_PROTOCOL);
}

void outbound() {
    char out[512];
    eslp::fixed_client client(ESLP_OUTBOUND);
    CHECK(client.send(cmd::api("status"), out).status() == ESLP_NOT_CONNECTED && !client.full_control());
    CHECK(client.send(cmd::connect(), out).ok());
    const eslp::pair filters[] = {{"Event-Name", "DTMF"}};
    eslp::sent sent = client.subscribe(eslp::subscription().own_channel().filters(filters).linger(5), out);
    CHECK(sent.ok() && sent.count() == 3 && sent.id().number() == 1);
    CHECK(std::string_view(out, sent.len()).find("filter add Event-Name DTMF\n\n") != std::string_view::npos);
    eslp::incoming in = client.poll("Event-Name: CHANNEL_DATA\nCaller-Caller-ID-Number: 1000\n"
                                    "Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\n"
                                    "Control: full\n\n");
    CHECK(in.kind() == ESLP_IN_CONNECTED && *in.event()->get("caller-caller-id-number") == "1000");
    CHECK(in.message().socket_mode() == ESLP_SOCKET_ASYNC && in.message().full_control() == true);
    CHECK(client.full_control() == true && client.socket_mode() == ESLP_SOCKET_ASYNC && !client.is_lingering());
    CHECK(client.unsubscribe(eslp::subscription().linger(), out).ok());

    CHECK(eslp::command_id(1) < eslp::command_id(2) && eslp::command_id(1) != eslp::command_id(2));
}

/// One line for each header, from wherever it comes.
template <class Headers>
std::string listed(const Headers& headers) {
    std::string list;
    for (const auto& [name, value] : headers) {
        list += "\n" + name.str() + ": " + value.str();
    }
    return list;
}

std::string listed(const eslp::lines& lines) {
    std::string list;
    for (const eslp::header_part& part : lines) {
        list += part.name ? "\n" + part.name->str() + ": " : std::string(part.after_line_end ? "\n" : "");
        list += part.value.str();
        CHECK(part.is_complete || lines.text().back() != '\n');
    }
    return list;
}

/// Channel data and a plain event that are longer than the buffer are read line by line, and nothing is lost.
void parts() {
    std::string data = "Event-Name: CHANNEL_DATA\nvariable_long: ";
    for (int i = 0; i < 200; ++i) {
        data += "a%20b";
    }
    std::string event = data + "\nUp-Time: 5\n";
    for (int i = 0; i < 200; ++i) {
        data += "\nvariable_" + std::to_string(i) + ": %3Cvalue%3E";
    }
    data += "\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: static\nControl: full\n\n";
    std::string stream = data + "Content-Type: command/reply\nx y" + "Content-Length: " +
                         std::to_string(event.size() + 5) + "\nContent-Type: text/event-plain\n\n" + event + "\nbody" +
                         "Content-Type: command/reply\nthe end";

    char out[64];
    eslp::fixed_client client(ESLP_OUTBOUND, eslp::limits::for_buffer(ESLP_BUFFER_MIN));
    char memory[ESLP_BUFFER_MIN];
    eslp::fixed_buffer buffer(memory);
    auto connect = client.send(cmd::connect(), out).id();
    auto getvar = client.send(cmd::getvar("x"), out).id();
    client.track_external();
    std::string of_connect, of_event, body, broken;
    std::string_view net = stream;
    for (;;) {
        auto arrivals = client.receive(buffer);
        for (const eslp::incoming& in : arrivals) {
            switch (in.kind()) {
            case ESLP_IN_HEAD_PART:
                CHECK(in.answers(connect) && in.lines().is_event() && in.is_last_part() == in.head_ends());
                of_connect += listed(in.lines());
                break;
            case ESLP_IN_ANSWER:
                CHECK(in.answers(getvar) && in.message().is_broken() && in.message().is_cut());
                CHECK(in.message().reply_status() == ESLP_REPLY_BROKEN);
                broken = in.message().text()->str();
                break;
            case ESLP_IN_HEAD:
                CHECK(in.message().kind() == ESLP_MESSAGE_EVENT && !in.event() && !in.is_last_part());
                break;
            case ESLP_IN_BODY:
                of_event += listed(in.lines());
                body += in.lines().empty() ? in.data() : std::string_view();
                CHECK(in.is_last_part() == (in.remaining() == 0));
                break;
            default:
                CHECK(false);
            }
        }
        CHECK(arrivals.status() == ESLP_NEED_DATA);
        auto room = buffer.spare();
        std::size_t count = net.copy(room.data(), room.size());
        if (count == 0) {
            break;
        }
        net.remove_prefix(count);
        buffer.commit(count);
    }
    CHECK(of_connect == listed(eslp::event(ESLP_FORMAT_PLAIN, data).all()) && of_connect.size() > 4000);
    CHECK(of_event == listed(eslp::event(ESLP_FORMAT_PLAIN, event).all()) && body == "body" && broken == "x y");
    CHECK(client.socket_mode() == ESLP_SOCKET_SYNC && client.stats().events == 1);
    eslp::client_handle::eof_report eof = client.eof(buffer.filled());
    CHECK(eof.id && eof.id->number() == 2 && eof.message.is_broken() && *eof.message.text() == "the end");
    CHECK(eof.unanswered.empty() && eof.incomplete == 0 && eof.missing == 0);

    eslp::fixed_decoder decoder(ESLP_FROM_SERVER, eslp::limits::for_buffer(ESLP_BUFFER_MIN));
    std::string decoded;
    for (std::string_view rest = stream;;) {
        eslp::step step = decoder.decode(rest.substr(0, ESLP_BUFFER_MIN));
        CHECK(step.kind() == ESLP_STEP_HEAD_PART && !step.is_cut());
        decoded += listed(step.lines());
        rest.remove_prefix(step.consumed());
        if (step.head_ends()) {
            break;
        }
    }
    CHECK(decoded == of_connect && !decoder.at_end("") && decoder.missing("") == 0);
}

void jobs() {
    eslp::tag tag(0x5eed, 42);
    CHECK(eslp::tag::number_in(eslp::value(tag.text()), 0x5eed) == 42 && !eslp::tag::number_in(eslp::value("x"), 1));

    eslp_pending_slot slots[2];
    eslp::pending<std::string> pending(slots);
    std::string one = "one";
    std::string two = "two";
    std::string* before = nullptr;
    CHECK(pending.insert(1, &one).ok() && pending.insert(1, &two, &before).ok() && before == &one);
    CHECK(pending.insert(2, &one).ok() && pending.insert(3, &one) == ESLP_INSUFFICIENT && pending.size() == 2);
    CHECK(pending.take(1) == &two && !pending.take(1));
    CHECK(pending.take_any() == std::make_pair(std::uint64_t{2}, &one) && !pending.take_any());

    eslp::event_sequence sequence;
    for (std::string_view text : {"Event-Sequence: 7\n\n", "Event-Sequence: 9\n\n"}) {
        sequence.note(eslp::event(ESLP_FORMAT_PLAIN, text));
    }
    CHECK(sequence.missing() == 1);
}

void moves() {
    eslp::client first(ESLP_INBOUND);
    eslp::client second(std::move(first));
    CHECK(second && !first && first.poll("").status() == ESLP_NULL);
    first = std::move(second);
    CHECK(first && first.poll("").status() == ESLP_NEED_DATA);
    static_assert(!std::is_copy_constructible_v<eslp::client>, "");
    static_assert(!std::is_move_constructible_v<eslp::fixed_client>, "");
    static_assert(std::is_nothrow_move_constructible_v<eslp::placed_client>, "");
}

} // namespace

void check_client() {
    conversations();
    early_leave();
    refusals();
    outbound();
    parts();
    jobs();
    moves();
}
