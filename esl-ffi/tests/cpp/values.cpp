#include <algorithm>
#include <array>
#include <vector>

#include "check.hpp"

namespace {

constexpr std::string_view PLAIN = "Event-Name: COMMAND\nCaller: %C3%89va%20B\nlist: ARRAY%3A%3Aa%7C%3Ab\n"
                                   "Event-Name: PRIVATE_COMMAND\nn: 17\nContent-Length: 4\n\nbody";

void values() {
    eslp::event event(ESLP_FORMAT_PLAIN, PLAIN);
    eslp::value caller = event.get("CALLER").value();
    CHECK(caller == "Éva B" && caller != "Eva B" && caller.raw() == "%C3%89va%20B");
    CHECK(!caller.plain() && caller.str() == "Éva B" && caller.decoded_len() == 6);
    char little[4];
    char enough[16];
    CHECK(!caller.read(little) && caller.read(enough) == "Éva B");
    CHECK(event.get("n")->plain() == "17" && event.get("n")->u64() == 17 && event.get("n")->i64() == 17);
    CHECK(!caller.u64() && !event.get("nothing"));
    CHECK(event.get("Event-Name")->equals_nocase("private_command"));
    CHECK(eslp::value("Éva B") == caller);

    std::vector<std::string> items;
    for (const eslp::value& item : event.get("list")->items()) {
        items.push_back(item.str());
    }
    CHECK(event.get("list")->is_array() && items == (std::vector<std::string>{"a", "b"}));
    items.clear();
    for (const eslp::value& item : caller.items()) {
        items.push_back(item.str());
    }
    CHECK(!caller.is_array() && items == (std::vector<std::string>{"Éva B"}));
}

void events() {
    eslp::event event(ESLP_FORMAT_PLAIN, PLAIN);
    CHECK(event.name() == ESLP_EVENT_PRIVATE_COMMAND && event.format() == ESLP_FORMAT_PLAIN);
    CHECK(*event.body() == "body" && event.validate().ok() && event.text() == PLAIN);
    std::string names;
    for (const auto& [name, value] : event) {
        names += name.str() + (value == "17" ? "!" : ";");
    }
    CHECK(names == "Event-Name;Caller;list;Event-Name;n!Content-Length;");
    std::size_t count = 0;
    for (const auto& [name, value] : event.get_all("event-name")) {
        CHECK(value == (count++ == 0 ? "COMMAND" : "PRIVATE_COMMAND"));
    }
    CHECK(count == 2);

    // A range can be walked again, and an iterator is a place of its own.
    eslp::headers all = event.all();
    auto ahead = all.begin();
    auto behind = ahead;
    ++ahead;
    CHECK(ahead->name == "Caller" && behind->name == "Event-Name" && all.begin()->name == "Event-Name");
    ++behind;
    CHECK(behind->value == ahead->value);

    // An index with all headers, and with too few slots for them.
    for (std::size_t room : {std::size_t{8}, std::size_t{2}, std::size_t{0}}) {
        std::vector<eslp_slot> slots(room);
        eslp::indexed_event indexed(event, slots);
        CHECK(indexed.name() == event.name() && *indexed.get("n") == "17" && !indexed.get("m"));
        CHECK(*indexed.body() == "body");
        std::string same;
        for (const auto& [name, value] : indexed) {
            same += name.str() + (value == "17" ? "!" : ";");
        }
        CHECK(same == names);
    }

    std::size_t offset = 0;
    CHECK(eslp::event(ESLP_FORMAT_JSON, R"({"a":"b")").validate(&offset).is_error() && offset != 0);
    CHECK(eslp::event(ESLP_FORMAT_NONE, PLAIN).begin() == eslp::end_of_sequence());
    CHECK(eslp::event().begin() == eslp::end_of_sequence());
}

void names() {
    CHECK(eslp::text(ESLP_EVENT_CHANNEL_ANSWER) == "CHANNEL_ANSWER" && eslp::text(ESLP_EVENT_OTHER).empty());
    CHECK(eslp::from_text<eslp::event_name>("channel_answer") == ESLP_EVENT_CHANNEL_ANSWER);
    CHECK(!eslp::from_text<eslp::event_name>("NO_SUCH"));
    CHECK(eslp::from_text<eslp::hangup_cause>("USER_BUSY") == ESLP_CAUSE_USER_BUSY);
    CHECK(eslp::from_text<eslp::hangup_cause>(eslp::value("USER_BUSY")) == ESLP_CAUSE_USER_BUSY);
    CHECK(eslp::from_text<eslp::channel_state>("CS_EXECUTE") == ESLP_CS_EXECUTE);
    CHECK(eslp::from_text<eslp::call_state>("ACTIVE") == ESLP_CCS_ACTIVE);
    CHECK(eslp::from_text<eslp::answer_state>("ringing") == ESLP_AS_RINGING);
    CHECK(eslp::from_text<eslp::direction>("outbound") == ESLP_DIRECTION_OUTBOUND);
    CHECK(eslp::from_text<eslp::format>("json") == ESLP_FORMAT_JSON && eslp::text(ESLP_FORMAT_XML) == "xml");
    CHECK(eslp::from_text<eslp::log_level>("WARNING") == ESLP_LOG_WARNING && eslp::text(ESLP_LOG_INFO) == "INFO");

    CHECK(eslp::event_names({ESLP_EVENT_HEARTBEAT, ESLP_EVENT_DTMF}).text() == "HEARTBEAT DTMF");
    // All that there are fit.
    CHECK(eslp::text(ESLP_END_SHUTDOWN) != eslp::text(ESLP_END_EOF) && !eslp::text(ESLP_END_EOF).empty());
    std::size_t all = 0;
    for (std::int32_t number = 0; !eslp::text(static_cast<eslp::event_name>(number)).empty(); ++number) {
        all += eslp::text(static_cast<eslp::event_name>(number)).size() + 1;
    }
    CHECK(all < sizeof(eslp::event_names));

    eslp::status status = ESLP_NEED_DATA;
    CHECK(!status.ok() && !status.is_error() && !status.text().empty() && status == ESLP_NEED_DATA);
    CHECK(eslp::status(ESLP_NULL).is_error() && eslp::status(ESLP_NULL) != status && eslp::status().ok());
}

void decoders() {
    // Two frames and a half.
    std::string_view stream = "Content-Type: auth/request\n\nContent-Type: log/data\nContent-Length: 3\nLog-Level: 4\n"
                              "Log-File: a.c\nLog-Func: f\nLog-Line: 9\nText-Channel: 0\nUser-Data: 5fd4\n\nabcCont";
    eslp::storage<eslp::decoder_handle> memory;
    eslp::placed_decoder placed(memory, ESLP_FROM_SERVER);
    eslp::decoder on_heap(ESLP_FROM_SERVER, eslp::limits().max_body(2));
    eslp::fixed_decoder in_place(ESLP_FROM_SERVER, eslp::limits::for_buffer(32));
    CHECK(placed && on_heap && in_place && placed.status().ok());

    eslp::step step = placed.decode(stream);
    CHECK(step.status().ok() && step.kind() == ESLP_STEP_FRAME);
    CHECK(step.message().kind() == ESLP_MESSAGE_AUTH_REQUEST && step.message().content_type() == "auth/request");
    CHECK(!step.message().body() && !step.message().event() && !step.message().job_uuid());
    stream.remove_prefix(step.consumed());
    step = placed.decode(stream);
    eslp::message line = step.message();
    CHECK(line.kind() == ESLP_MESSAGE_LOG && line.log_level() == ESLP_LOG_WARNING && *line.text() == "abc");
    CHECK(*line.log_file() == "a.c" && *line.log_function() == "f" && line.log_line() == 9);
    CHECK(line.log_text_channel() == 0 && *line.log_channel_uuid() == "5fd4" && *line.get("log-line") == "9");
    CHECK(std::distance(std::begin(stream), std::end(stream)) > 0);

    eslp::step refused = on_heap.decode(stream);
    CHECK(refused.status() == ESLP_BODY_TOO_LONG && stream.substr(refused.error_offset(), 2) == "3\n");
    // Longer than its buffer, so it comes in parts.
    CHECK(in_place.decode(stream).kind() == ESLP_STEP_NONE || in_place.decode(stream).kind() == ESLP_STEP_HEAD);

    stream.remove_prefix(step.consumed());
    step = placed.decode(stream);
    CHECK(step.status() == ESLP_NEED_DATA && step.consumed() == 0 && placed.incomplete(stream) == 4);
    CHECK(placed.position() > 0);

    eslp::placed_decoder moved(std::move(placed));
    CHECK(moved && !placed && placed.decode(stream).status().is_error());
    eslp::decoder other(ESLP_FROM_CLIENT);
    other = std::move(on_heap);
    CHECK(other.decode(stream).status() == ESLP_BODY_TOO_LONG);
}

void buffers() {
    std::array<char, 8> memory;
    eslp::fixed_buffer fixed(memory);
    CHECK(fixed.capacity() == 8 && fixed.filled().empty() && fixed.spare().size() == 8);
    std::copy_n("abcdefgh", 8, fixed.spare().data());
    fixed.commit(8);
    CHECK(fixed.filled() == "abcdefgh" && fixed.spare().size() == 0);
    fixed.consume(3);
    CHECK(fixed.filled() == "defgh" && fixed.spare().size() == 3);

    eslp::growing_buffer growing(4);
    std::string_view text = "abcdefghijklmnopqrstuvwxyz";
    while (!text.empty()) {
        eslp::span<char> room = growing.spare();
        CHECK(room.size() > 0);
        std::size_t count = text.copy(room.data(), room.size());
        text.remove_prefix(count);
        growing.commit(count);
    }
    CHECK(growing.filled() == "abcdefghijklmnopqrstuvwxyz");
    CHECK(growing.spare(1000).size() >= 974 && growing.filled() == "abcdefghijklmnopqrstuvwxyz");
}

} // namespace

void check_values() {
    values();
    events();
    names();
    decoders();
    buffers();
}
