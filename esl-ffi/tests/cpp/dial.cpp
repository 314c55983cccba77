#include "check.hpp"

namespace {

std::string text(const eslp::dial_encoded& encoded, const char* out) {
    return encoded.status.ok() ? std::string(out, encoded.len) : std::string(encoded.status.text());
}

std::string_view view(eslp_bytes octets) { return std::string_view(octets.data, octets.len); }

void writing() {
    char out[512];
    CHECK(text(eslp::originate("user/1000").application("park").encode(out), out) == "originate user/1000 &park()");
    CHECK(text(eslp::originate("sofia/gateway/gw/1234").extension("1000").cid_name("O'Hara").timeout_sec(20).encode(out),
               out) == "originate sofia/gateway/gw/1234 1000 undef undef O\\'Hara undef 20");
    const eslp::pair late[] = {{"leg_delay_start", "5"}};
    const eslp::pair all[] = {{"originate_timeout", "20"}, {"sales_note", "A, B and {C}"}};
    const eslp::leg legs[] = {eslp::leg("user/1000").handle_variables(all), eslp::leg("user/1001").variables(late),
                              eslp::leg("sofia/gateway/gw/1234").or_else()};
    CHECK(text(eslp::dial(legs).encode(out), out) == "{^^;originate_timeout=20;sales_note=A, B and {C}}user/1000,"
                                                     "[leg_delay_start=5]user/1001|sofia/gateway/gw/1234");
    // The dial string may be copied with its one leg.
    eslp::originate call{eslp::dial(std::string_view("user/1"))};
    eslp::originate copy = call;
    CHECK(text(copy.extension("2").dialplan("XML").context("c").cid_num("3").encode(out), out) ==
          "originate user/1 2 XML c undef 3");

    const eslp::pair forged[] = {{"a", "1"}, {"b", "${x}"}};
    const eslp::leg second[] = {eslp::leg("user/1"), eslp::leg("user/2").variables(forged)};
    eslp::dial_encoded refused = eslp::dial(second).encode(out);
    CHECK(refused.status == ESLP_DIAL_EXPANSION && refused.fault.field == ESLP_DIAL_FIELD_VARIABLE_VALUE);
    CHECK(refused.fault.leg == 1 && refused.fault.item == 1 && !refused.fault.text().empty());
    eslp::dial_encoded longer = eslp::dial("user/1000").encode(eslp::span<char>(out, 3));
    CHECK(longer.status == ESLP_DIAL_INSUFFICIENT && longer.len == 9);
}

void reading() {
    std::string_view line = "originate {a=1,b=2}user/1000:_:user/1001 &playback(/tmp/x.wav)";
    char storage[128];
    eslp_leg legs[4];
    eslp_originate call = {};
    eslp::dial_read read = eslp::originate::parse(line, call, storage, legs);
    CHECK(read.status.ok() && read.legs == 2 && call.dial.count == 2 && view(call.application) == "playback");
    CHECK(view(call.argument) == "/tmp/x.wav" && view(legs[1].endpoint) == "user/1001");
    CHECK(legs[1].join == ESLP_JOIN_ENTERPRISE);
    std::string variables;
    for (const auto& [name, value] : eslp::headers_of(legs[0].handle_variables)) {
        variables += name.str() + "=" + value.str() + ";";
    }
    CHECK(variables == "a=1;b=2;");
    CHECK(eslp::originate::parse(line, call, storage, eslp::span<eslp_leg>(legs, 1)).status == ESLP_INSUFFICIENT);

    eslp_dial bridge = {};
    CHECK(eslp::dial::parse("user/1,user/2", bridge, storage, legs).legs == 2);
    CHECK(eslp::dial::parse("user/${x}", bridge, storage, legs).status == ESLP_DIAL_PARSE_EXPANSION);
    CHECK(eslp::originate::parse("status", call, storage, legs).status == ESLP_DIAL_PARSE_UNKNOWN);
}

void parts() {
    char out[128], argument[64], value[64];
    CHECK(text(eslp::endpoint::user("1000", "pbx").encode(out), out) == "user/1000@pbx");
    CHECK(text(eslp::endpoint::group("sales").encode(out), out) == "group/sales");
    CHECK(text(eslp::endpoint::sofia("internal", "1000@192.0.2.7").encode(out), out) == "sofia/internal/1000@192.0.2.7");
    CHECK(text(eslp::endpoint::gateway("gw", "1234").encode(out), out) == "sofia/gateway/gw/1234");
    CHECK(text(eslp::endpoint::contact("internal", "1000", "pbx").encode(out), out) == "sofia/internal/1000%pbx");
    CHECK(text(eslp::endpoint::loopback("9199", "default").encode(out), out) == "loopback/9199/default");
    CHECK(text(eslp::endpoint::verto("1000").encode(out), out) == "verto.rtc/1000");
    CHECK(text(eslp::endpoint::error(ESLP_CAUSE_USER_BUSY).encode(out), out) == "error/USER_BUSY");
    CHECK(text(eslp::endpoint::null().encode(out), out) == "null");
    CHECK(text(eslp::endpoint::pickup("sales").encode(out), out) == "pickup/sales");
    eslp::dial_encoded refused = eslp::endpoint::user("10/00").encode(out);
    CHECK(refused.status == ESLP_DIAL_SEPARATOR && refused.fault.field == ESLP_DIAL_FIELD_ENDPOINT && refused.fault.offset == 2);

    auto hook = eslp::on(ESLP_HOOK_ANSWER, *eslp::app::playback("/tmp/a.wav").encode(argument), value, true);
    char second[64];
    auto ring = eslp::api_on(ESLP_HOOK_RING, "log INFO it rings", second);
    CHECK(hook && ring);
    const eslp::pair variables[] = {*hook, *ring};
    const eslp::leg legs[] = {eslp::leg("user/1000").variables(variables)};
    CHECK(text(eslp::dial(legs).encode(out), out) ==
          "[execute_on_answer=playback::/tmp/a.wav,api_on_ring=log INFO it rings]user/1000");
    auto longer = eslp::on(ESLP_HOOK_ANSWER, *eslp::app::park().encode(argument), eslp::span<char>());
    CHECK(!longer && longer.status == ESLP_DIAL_INSUFFICIENT && longer.variable.value.len == 4);
    auto expanded = eslp::api_on(ESLP_HOOK_RING, "log ${x}", second);
    CHECK(expanded.status == ESLP_DIAL_EXPANSION && expanded.fault.offset == 4);

    const eslp::pair apps[] = {{"answer", ""}, {"playback", "a,b.wav"}, {"hangup", ""}};
    char plan[64], storage[64];
    std::string written = text(eslp::inline_dialplan(apps).encode(plan), plan);
    CHECK(written == "m:^:answer^playback:a,b.wav^hangup");
    CHECK(text(eslp::originate("user/1000").extension(written).dialplan("inline").encode(out), out) ==
          "originate user/1000 m:^:answer^playback:a,b.wav^hangup inline");
    eslp_pairs read = {};
    CHECK(eslp::inline_dialplan::parse(written, read, storage).ok());
    std::string again;
    for (const auto& [name, value_] : eslp::headers_of(read)) {
        again += name.str() + "(" + value_.str() + ")";
    }
    CHECK(again == "answer()playback(a,b.wav)hangup()");
    std::size_t needed = 0;
    CHECK(eslp::inline_dialplan::parse(written, read, eslp::span<char>(storage, 2), &needed) == ESLP_DIAL_PARSE_STORAGE);
    CHECK(needed > 2 && needed <= written.size() + 1);
}

} // namespace

void check_dial() {
    writing();
    reading();
    parts();
}
