// Sessions over two connections, queues between them and readers, and what is known of calls.
#include "check.hpp"

using namespace std::chrono_literals;

namespace {

std::string reply(std::string_view text) {
    return "Content-Type: command/reply\nReply-Text: " + std::string(text) + "\n\n";
}

std::string happens(std::string_view lines) {
    return "Content-Length: " + std::to_string(lines.size() + 1) + "\nContent-Type: text/event-plain\n\n" + std::string(lines) + "\n";
}

std::string said(eslp::session& session) {
    std::string octets(session.to_send());
    session.sent_octets(octets.size());
    return octets;
}

void log_in(eslp::session& session, std::chrono::milliseconds now) {
    CHECK(session.connect(ESLP_INBOUND, now).ok() && !session.is_open());
    CHECK(session.poll("Content-Type: auth/request\n\n", now).kind() == ESLP_IN_AUTH_REQUEST);
    CHECK(session.send(eslp::cmd::auth("ClueCon")).ok() && said(session) == "auth ClueCon\n\n");
    CHECK(session.poll(reply("+OK accepted"), now).kind() == ESLP_IN_AUTHENTICATED && session.is_open());
}

void waits() {
    eslp::session session(0xf5);
    CHECK(session && session.status().ok() && !session.next_deadline() && session.last_tag().empty());
    CHECK(session.send(eslp::cmd::api("status"), 1).status() == ESLP_NO_CONNECTION);
    log_in(session, 1s);
    CHECK(session.may_send(eslp::cmd::exit()).ok());
    CHECK(session.send(eslp::cmd::api("status"), 1, 31s).ok());
    CHECK(session.send(eslp::cmd::api("status"), 1, 31s).status() == ESLP_SLOT_IN_USE);
    CHECK(session.next_deadline() == 31s && said(session) == "api status\n\n");
    session.advance(31s);
    auto outcome = session.next_outcome();
    CHECK(outcome && outcome->slot == 1 && outcome->kind == ESLP_OUTCOME_TIMED_OUT && !session.next_outcome());

    auto sent = session.execute(eslp::cmd::execute("playback", "/tmp/a.wav").to("uuid-of-a-channel"), 2);
    CHECK(sent.ok() && sent.count() == 2 && session.last_tag() == "00000000000000f5-0000000000000000");
    CHECK(said(session).find("Event-UUID: 00000000000000f5-0000000000000000\n") != std::string::npos);
    CHECK(session.bgapi("status", 3).ok() && session.state().waiting == 2);
    CHECK(session.read_variable("x", 4, {}, "u").ok() && session.state().waiting == 3 && session.give_up(4));
    CHECK(session.give_up(3) && !session.give_up(3));
    session.close(40s);
    outcome = session.next_outcome();
    CHECK(outcome && outcome->slot == 2 && outcome->reason == ESLP_REASON_CLOSED && session.reason() == ESLP_REASON_CLOSED);
    CHECK(eslp::text(session.reason()) == "closed by this program" && !session.eof("", 40s));

    // It moves, as other handles do.
    eslp::session moved(std::move(session));
    CHECK(moved.state().waiting == 0 && moved.reason() == ESLP_REASON_CLOSED);
}

void streams() {
    eslp::session session(1);
    eslp::queue queue(2, ESLP_OVERFLOW_DROP_OLDEST);
    std::string channel = "a-uuid-that-is-too-long-to-be-kept-in-the-string-itself";
    eslp::interest wanted("CHANNEL_ANSWER " + std::string("CUSTOM"));
    wanted.subclasses("a::b").channel("of-" + channel);
    const eslp::pair filters[] = {{"Call-Direction", "inbound"}};
    CHECK(session.listen(7, wanted).ok() && session.listen(8, eslp::interest("CHANNEL_ANSWER")).ok());
    CHECK(session.set_filters(filters).ok() && session.set_silence(45s).ok() && session.listen_log(9, ESLP_LOG_INFO).ok());
    log_in(session, 0ms);
    std::string first = said(session);
    CHECK(first.find("filter add Call-Direction inbound\n\n") != std::string::npos);
    CHECK(first.find("event CHANNEL_ANSWER HEARTBEAT CUSTOM a::b\n\n") != std::string::npos && !session.is_settled());

    std::string one = happens("Event-Name: CHANNEL_ANSWER\nCore-UUID: one\nUnique-ID: of-" + channel + "\n");
    for (int i = 0; i < 3; ++i) {
        eslp::incoming in = session.poll(one, 1s);
        auto readers = session.readers(in.message());
        CHECK(readers.size() == 2 && readers[0] == 7 && readers[1] == 8);
        CHECK(queue.push(in.message()).ok());
    }
    std::string line = "Content-Type: log/data\nContent-Length: 2\nLog-Level: 6\n\nx\n";
    CHECK(session.readers(session.poll(line, 1s).message()) == std::vector<eslp::slot>{9});
    CHECK(session.core_uuid() == "one");
    auto end = session.eof("Cont", 2s);
    CHECK(end && end->end == ESLP_END_EOF && end->incomplete == 4);
    log_in(session, 5s);
    CHECK(said(session) == first);
    std::string two = happens("Event-Name: CHANNEL_ANSWER\nCore-UUID: two\nUnique-ID: x\n");
    eslp::incoming in = session.poll(two, 6s);
    auto gap = session.next_gap();
    CHECK(gap && gap->since() == 2s && gap->until() == 6s && gap->end() == ESLP_END_EOF && gap->core_before() == "one");
    CHECK(gap->core_after() == "two" && queue.push(*gap).ok() && queue.push(in.message()).ok());
    auto notice = session.next_notice();
    CHECK(notice && notice->kind == ESLP_NOTICE_RESTARTED && !session.next_notice());
    CHECK(session.readers(in.message()) == std::vector<eslp::slot>{8});

    // Refused is the filter; and what was subscribed to is taken back.
    CHECK(session.poll(reply("+OK filter added. [Event-Name]=[HEARTBEAT]"), 6s).status().ok());
    CHECK(session.poll(reply("-ERR no"), 6s).status().ok());
    notice = session.next_notice();
    CHECK(notice && notice->kind == ESLP_NOTICE_FILTER_REFUSED);
    (void)said(session);
    CHECK(session.unsubscribe(eslp::interest("CHANNEL_ANSWER")).ok() && said(session) == "nixevent CHANNEL_ANSWER\n\n");
    CHECK(session.unlisten(8).ok() && session.unsubscribe().ok());

    CHECK(queue.size() == 3 && queue.lost() == 2 && !queue.is_blocking());
    auto item = queue.pop();
    CHECK(item && item->kind() == ESLP_ITEM_LOST && item->lost() == 2);
    item = queue.pop();
    CHECK(item && item->kind() == ESLP_ITEM_MESSAGE && item->message().kind() == ESLP_MESSAGE_EVENT);
    item = queue.pop();
    CHECK(item && item->kind() == ESLP_ITEM_GAP && item->gap().core_after() == "two");
    item = queue.pop();
    CHECK(item && item->event() && item->event()->unique_id()->str() == "x" && !queue.pop() && queue.empty());
}

void known_calls() {
    const std::string_view kept[] = {"sip_call_id"};
    eslp::calls calls(1, kept);
    auto take = [&](std::string_view lines) { return calls.take(eslp::event(ESLP_FORMAT_PLAIN, lines)); };
    auto change = take("Event-Name: CHANNEL_CREATE\nUnique-ID: a\nChannel-State: CS_INIT\nvariable_sip_call_id: x%40y\n"
                       "Caller-Caller-ID-Number: 1000\n\n");
    CHECK(change.kind == ESLP_CHANGE_BEGAN && change.call && change.call->state() == ESLP_CS_INIT);
    CHECK(change.call->variable("sip_call_id") == "x@y" && !change.call->variable("other") && !change.call->cause());
    CHECK(take("Event-Name: CHANNEL_CREATE\nUnique-ID: b\n\n").kind == ESLP_CHANGE_OVERLOOKED && calls.overlooked() == 1);
    std::string found;
    for (const eslp::call& call : calls) {
        found += call.uuid();
        found += call.caller_number();
    }
    CHECK(found == "a1000" && calls.size() == 1 && calls.get("a") && !calls.get("b"));
    CHECK(!calls.restore("{").ok() && calls.size() == 1);
    CHECK(calls.restore("{\"row_count\":0}").ok() && calls.empty());
    auto gone = calls.next_gone();
    CHECK(gone && gone->uuid() == "a" && !calls.next_gone());
    CHECK(eslp::calls::events().substr(0, 14) == "CHANNEL_CREATE");
}

// As docs/c.md has it.
eslp::status take_in(eslp::session& session, eslp::calls& calls, std::string_view read, std::chrono::milliseconds now) {
    eslp::status status;
    for (eslp::incoming in; status.ok() && (in = session.poll(read, now)).status().ok(); read.remove_prefix(in.consumed())) {
        if (in.kind() == ESLP_IN_AUTH_REQUEST) status = session.send(eslp::cmd::auth("ClueCon")).status();
        if (in.kind() == ESLP_IN_AUTHENTICATED) {
            status = session.listen(1, eslp::interest(eslp::calls::events()));
            if (status.ok()) status = session.bgapi("show channels as json", 2, now + std::chrono::seconds(30)).status();
        }
        auto ended = session.next_outcome();
        if (in.kind() != ESLP_IN_EVENT) continue;
        auto body = in.event()->body();
        if (ended && ended->kind == ESLP_OUTCOME_JOB_ENDED && body) status = calls.restore(body->str());
        else calls.take(*in.event());
    }
    return status;
}

void of_the_page() {
    std::string job = "Event-Name: BACKGROUND_JOB\nJob-UUID: 0000000000005eed-0000000000000000\nContent-Length: 37\n\n"
                      "{\"row_count\":1,\"rows\":[{\"uuid\":\"a\"}]}";
    eslp::session session(0x5eed);
    eslp::calls calls(1000);
    CHECK(session.connect(ESLP_INBOUND, 0ms).ok());
    CHECK(take_in(session, calls,
                  "Content-Type: auth/request\n\n" + reply("+OK accepted") + reply("+OK events") + reply("+OK events") +
                      reply("+OK Job") + "Content-Length: " + std::to_string(job.size()) +
                      "\nContent-Type: text/event-plain\n\n" + job + happens("Event-Name: CHANNEL_CREATE\nUnique-ID: b\n"),
                  0ms)
              .ok());
    CHECK(calls.size() == 2 && calls.get("a") && calls.get("b"));
}

} // namespace

void check_session() {
    waits();
    streams();
    known_calls();
    of_the_page();
}
