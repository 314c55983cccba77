// What waits for what, over one connection after another, and what has come for readers who do not read at once. On the heap.
#ifndef ESL_PROTO_SESSION_HPP
#define ESL_PROTO_SESSION_HPP

#include <chrono>

#include "app.hpp"
#include "client.hpp"
#include "jobs.hpp"

namespace eslp {

/// A wait or a reader of the program: a unique number chosen by the program, never 0.
using slot = std::uint64_t;

/// Why a session has no connection any more, in English.
inline std::string_view text(eslp_reason reason) noexcept { return detail::view(::eslp_reason_text(reason)); }

/// The events that a reader wants; an empty one means all that arrive anyway. It keeps its texts as a command does.
class interest : private detail::kept_texts {
public:
    interest() noexcept : c_() {}
    /// Names between blanks, as a person types them, or eslp::event_names.
    explicit interest(string_arg names) : interest() { c_.events.names = keep(names); }

    /// Subclasses of CUSTOM events between blanks.
    interest& subclasses(string_arg names) {
        c_.events.subclasses = keep(names);
        return *this;
    }
    /// Of this channel only.
    interest& channel(string_arg uuid) {
        c_.channel = keep(uuid);
        return *this;
    }

    const eslp_interest& c() const noexcept { return c_; }

private:
    eslp_interest c_;
};

/// The gap between two connections, valid until the next look for one, or as long as the item of a queue that contains
/// it.
class gap {
public:
    gap() noexcept : c_() {}
    explicit gap(const eslp_gap& c) noexcept : c_(c) {}

    const eslp_gap& c() const noexcept { return c_; }

    /// Why the old connection ended; with ESLP_REASON_END, how.
    eslp_reason reason() const noexcept { return c_.reason; }
    eslp_end end() const noexcept { return c_.end; }
    /// When it ended, and when the subscription stood again, or the first event came.
    std::chrono::milliseconds since() const noexcept { return std::chrono::milliseconds(c_.since); }
    std::chrono::milliseconds until() const noexcept { return std::chrono::milliseconds(c_.until); }
    /// The server's Core-UUID before and after, as far as events have told it.
    std::optional<std::string_view> core_before() const noexcept { return detail::optional_view(c_.core_before); }
    std::optional<std::string_view> core_after() const noexcept { return detail::optional_view(c_.core_after); }

private:
    eslp_gap c_;
};

/// The waits, readers and subscriptions of one program: the functions of eslp::session. Times are those of a monotonic
/// clock with any origin.
class session_handle {
public:
    using time = std::chrono::milliseconds;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Begins a new connection. Send `auth` when ESLP_IN_AUTH_REQUEST comes, or `connect` at once on an outbound one.
    eslp::status connect(eslp_role role, time now, const limits& limits = {}) noexcept {
        return ::eslp_session_connect(handle_, role, limits.c(), count(now));
    }
    /// Returns the message at the front of `buffer`, as eslp::client::poll(), and processes it: look for outcomes and
    /// notices before removing `consumed()` bytes.
    incoming poll(std::string_view buffer, time now) noexcept {
        incoming result;
        result.status_ = ::eslp_session_poll(handle_, buffer.data(), buffer.size(), count(now), &result.c_);
        result.message_ = eslp::message(result.c_.message);
        return result;
    }
    /// The stream has ended; `rest` is what was read and not consumed. Nothing if there was no connection.
    std::optional<eof_report> eof(std::string_view rest, time now) noexcept {
        eslp_eof eof = {};
        bool ok = ::eslp_session_eof(handle_, rest.data(), rest.size(), count(now), &eof) == ESLP_OK;
        return ok ? std::optional<eof_report>(eof_report::of(eof)) : std::nullopt;
    }
    /// The program closes the connection.
    void close(time now) noexcept { (void)::eslp_session_close(handle_, count(now)); }

    /// What must be written to the socket; say with sent_octets() how much was.
    std::string_view to_send() const noexcept { return detail::view(::eslp_session_to_send(handle_)); }
    void sent_octets(std::size_t count) noexcept { (void)::eslp_session_sent(handle_, count); }

    /// The next wait that has ended, gap and notice, once each. Texts are valid until the next look.
    std::optional<eslp_outcome> next_outcome() noexcept {
        return detail::ask<eslp_outcome>(::eslp_session_next_outcome, handle_);
    }
    std::optional<gap> next_gap() noexcept {
        auto found = detail::ask<eslp_gap>(::eslp_session_next_gap, handle_);
        return found ? std::optional<gap>(gap(*found)) : std::nullopt;
    }
    std::optional<eslp_notice> next_notice() noexcept {
        return detail::ask<eslp_notice>(::eslp_session_next_notice, handle_);
    }

    /// Sends a command. The slot `waits` for the answer (0 for none) until `deadline` (0 for ever), as in the functions
    /// below.
    sent send(const command& command, slot waits = 0, time deadline = {}) noexcept {
        return put(::eslp_session_send, &command.c(), waits, count(deadline));
    }
    /// The same with a command that has been encoded already.
    sent send_encoded(const command& command, std::string_view octets, slot waits = 0, time deadline = {}) noexcept {
        return put(::eslp_session_send_encoded, &command.c(), octets.data(), octets.size(), waits, count(deadline));
    }
    /// Asks for a variable of a channel, or without `uuid` of that of the connection: see eslp_session_read_variable().
    sent read_variable(std::string_view name, slot waits, time deadline = {}, std::optional<std::string_view> uuid = {}) noexcept {
        return put(::eslp_session_read_variable, uuid ? detail::given(*uuid) : eslp_bytes{}, detail::given(name), waits,
                   count(deadline));
    }
    /// Begins a job, and waits for its end.
    sent bgapi(std::string_view line, slot waits, time deadline = {}) noexcept {
        return put(::eslp_session_bgapi, detail::given(line), waits, count(deadline));
    }
    /// Executes an application, and waits for its end.
    sent execute(const cmd::execute& execute, slot waits, time deadline = {}) noexcept {
        return put(::eslp_session_execute, &execute.c().as.sendmsg, waits, count(deadline));
    }
    /// The name of the job or application that was begun last.
    std::string last_tag() const {
        char tag[ESLP_TAG_LEN];
        bool ok = ::eslp_session_last_tag(handle_, tag, sizeof tag) == ESLP_OK;
        return ok ? std::string(tag, sizeof tag) : std::string();
    }
    /// Gives up a wait; returns whether the slot was waiting.
    bool give_up(slot waiting) noexcept { return ::eslp_session_give_up(handle_, waiting) == ESLP_OK; }
    /// Whether a command may be sent now.
    eslp::status may_send(const command& command) const noexcept {
        return ::eslp_session_may_send(handle_, &command.c());
    }

    /// When advance() must be called at the latest; nothing for never.
    std::optional<time> next_deadline() const noexcept {
        std::uint64_t at = state().next_deadline;
        return at != 0 ? std::optional<time>(time(at)) : std::nullopt;
    }
    void advance(time now) noexcept { (void)::eslp_session_advance(handle_, count(now)); }
    /// Bytes have arrived that make no whole frame yet.
    void heard(time now) noexcept { (void)::eslp_session_heard(handle_, count(now)); }
    /// Ends the connection when nothing, or no HEARTBEAT, has arrived for this long; 0 for never.
    eslp::status set_silence(time limit) noexcept { return ::eslp_session_set_silence(handle_, count(limit)); }
    eslp::status set_heartbeat(time limit) noexcept { return ::eslp_session_set_heartbeat(handle_, count(limit)); }
    /// Restricts an outbound connection to the events of its own channel. Set it before the connection is open.
    void set_own_only(bool own_only) noexcept { (void)::eslp_session_set_own_only(handle_, own_only); }

    /// A slot reads these events, over every connection until unlisten().
    eslp::status listen(slot reader, const interest& interest) noexcept {
        return ::eslp_session_listen(handle_, reader, &interest.c());
    }
    /// Or the lines of the server's log up to a level.
    eslp::status listen_log(slot reader, log_level level) noexcept {
        return ::eslp_session_listen_log(handle_, reader, level);
    }
    /// Removes the reader.
    eslp::status unlisten(slot reader) noexcept { return ::eslp_session_unlisten(handle_, reader); }
    /// Unsubscribes from these events for all readers; without any, from all.
    eslp::status unsubscribe(const interest& interest) noexcept {
        return ::eslp_session_unsubscribe(handle_, &interest.c());
    }
    eslp::status unsubscribe() noexcept { return ::eslp_session_unsubscribe(handle_, nullptr); }
    /// Who reads this event or line of the log.
    std::vector<slot> readers(const message& message) const {
        std::vector<slot> slots(8);
        std::size_t count = 0;
        eslp_status status = ESLP_INSUFFICIENT;
        while ((status = ::eslp_session_readers(handle_, &message.c(), slots.data(), slots.size(), &count)) ==
               ESLP_INSUFFICIENT) {
            slots.resize(count);
        }
        slots.resize(status == ESLP_OK ? count : 0);
        return slots;
    }

    eslp::status set_filters(span<const pair> filters) noexcept {
        const eslp_pairs pairs = detail::pairs(filters);
        return ::eslp_session_set_filters(handle_, &pairs);
    }
    /// The log level that the program wants, in addition to its readers; ESLP_LOG_NONE for none.
    eslp::status set_log(log_level level) noexcept { return ::eslp_session_set_log(handle_, level); }
    eslp::status set_format(eslp::format all) noexcept { return ::eslp_session_set_format(handle_, all); }

    /// All that is known, its connection's state among it.
    eslp_session_state state() const noexcept {
        eslp_session_state state = {};
        (void)::eslp_session_get_state(handle_, &state);
        return state;
    }
    /// Whether commands can be sent and are answered; whether everything is subscribed to.
    bool is_open() const noexcept { return state().is_open != 0; }
    bool is_settled() const noexcept { return state().is_settled != 0; }
    /// Why there is no connection any more.
    eslp_reason reason() const noexcept { return state().reason; }
    /// The server's Core-UUID, once an event has had it.
    std::optional<std::string_view> core_uuid() const noexcept { return detail::optional_view(state().core_uuid); }

protected:
    session_handle() = default;
    static eslp_status make(eslp_session** session, detail::number run) noexcept {
        return ::eslp_session_new(run.value, session);
    }
    static void free(eslp_session* session) noexcept { ::eslp_session_free(session); }

    eslp_session* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;

private:
    static std::uint64_t count(time time) noexcept {
        return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
    }
    template <class Function, class... Arguments>
    sent put(Function function, Arguments... arguments) noexcept {
        sent result;
        result.status_ = function(handle_, arguments..., &result.c_);
        return result;
    }
};

/// `session(run)`: on the heap. `run` distinguishes its jobs from those of other programs on the server: choose it at
/// random.
using session = on_heap<session_handle>;

/// What a queue gives.
class queue_item {
public:
    explicit queue_item(const eslp_item& c) noexcept : c_(c), message_(c.message) {}

    eslp_item_kind kind() const noexcept { return c_.kind; }
    const eslp::message& message() const noexcept { return message_; }
    std::optional<eslp::event> event() const noexcept { return message_.event(); }
    /// With ESLP_ITEM_LOST: how many items are missing here.
    std::uint64_t lost() const noexcept { return c_.lost; }
    /// With ESLP_ITEM_GAP.
    eslp::gap gap() const noexcept { return eslp::gap(c_.gap); }

private:
    eslp_item c_;
    eslp::message message_;
};

/// Messages for a reader, as copies, and gaps between them: the functions of eslp::queue.
class queue_handle {
public:
    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    eslp::status push(const message& message) noexcept { return ::eslp_queue_push(handle_, &message.c()); }
    eslp::status push(const gap& gap) noexcept { return ::eslp_queue_push_gap(handle_, &gap.c()); }
    /// The first entry, valid until the next pop.
    std::optional<queue_item> pop() noexcept {
        auto item = detail::ask<eslp_item>(::eslp_queue_pop, handle_);
        return item ? std::optional<queue_item>(queue_item(*item)) : std::nullopt;
    }
    /// Whether the program should stop reading from the socket.
    bool is_blocking() const noexcept { return ::eslp_queue_is_blocking(handle_); }
    std::size_t size() const noexcept { return ::eslp_queue_len(handle_); }
    bool empty() const noexcept { return size() == 0; }
    /// How many items were lost so far.
    std::uint64_t lost() const noexcept { return ::eslp_queue_lost(handle_); }

protected:
    queue_handle() = default;
    static eslp_status make(eslp_queue** queue, detail::number bound, eslp_overflow overflow = ESLP_OVERFLOW_BLOCK) noexcept {
        return ::eslp_queue_new(static_cast<std::size_t>(bound.value), overflow, queue);
    }
    static void free(eslp_queue* queue) noexcept { ::eslp_queue_free(queue); }

    eslp_queue* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;
};

/// `queue(bound, overflow)`: on the heap.
using queue = on_heap<queue_handle>;

} // namespace eslp

#endif
