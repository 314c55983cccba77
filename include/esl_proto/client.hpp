// The connection as its client sees it.
#ifndef ESL_PROTO_CLIENT_HPP
#define ESL_PROTO_CLIENT_HPP

#include "command.hpp"
#include "decoder.hpp"

namespace eslp {

/// Why a connection ended, in English.
inline std::string_view text(eslp_end end) noexcept { return detail::view(::eslp_end_text(end)); }

/// Commands that will never be answered, by their ids: `for (eslp::command_id id : unanswered)`.
class unanswered {
public:
    class iterator {
    public:
        explicit iterator(std::uint64_t number) noexcept : number_(number) {}
        command_id operator*() const noexcept { return command_id(number_); }
        iterator& operator++() noexcept {
            ++number_;
            return *this;
        }
        friend bool operator==(iterator one, iterator other) noexcept { return one.number_ == other.number_; }
        friend bool operator!=(iterator one, iterator other) noexcept { return one.number_ != other.number_; }

    private:
        std::uint64_t number_;
    };

    unanswered(const eslp_unanswered& c) noexcept : c_(c) {}

    std::uint64_t size() const noexcept { return c_.count; }
    bool empty() const noexcept { return c_.count == 0; }
    iterator begin() const noexcept { return iterator(c_.first); }
    iterator end() const noexcept { return iterator(c_.first + c_.count); }

private:
    eslp_unanswered c_;
};

namespace detail {

inline std::optional<command_id> id_of(std::uint64_t number) noexcept {
    return number == ESLP_NO_ID ? std::nullopt : std::optional<command_id>(command_id(number));
}

} // namespace detail

/// A message, or what to do next: a status, and with ESLP_OK a kind. Valid as long as the bytes in the buffer.
class incoming {
public:
    incoming() noexcept : c_() {}

    eslp::status status() const noexcept { return status_; }
    eslp_incoming kind() const noexcept { return c_.kind; }

    /// The command that is answered.
    std::optional<command_id> id() const noexcept { return detail::id_of(c_.id); }
    bool answers(std::optional<command_id> command) const noexcept { return command && id() == command; }

    const eslp::message& message() const noexcept { return message_; }
    /// The event: of ESLP_IN_EVENT, and the channel's data of ESLP_IN_CONNECTED.
    std::optional<eslp::event> event() const noexcept { return message_.event(); }

    /// A part of a body, with ESLP_IN_BODY; what came after the end, with ESLP_CLOSED.
    std::string_view data() const noexcept { return detail::view(c_.data); }
    /// Lines of a head, with ESLP_IN_HEAD_PART; those of `data()` that are headers of a plain event.
    eslp::lines lines() const noexcept { return c_.lines; }
    /// With ESLP_IN_HEAD_PART: whether these are the last lines of the head.
    bool head_ends() const noexcept { return c_.head_ends != 0; }
    /// With the last ESLP_IN_HEAD_PART: whether the head has lost its end.
    bool is_cut() const noexcept { return c_.is_cut != 0; }
    /// Bytes of the body still to come.
    std::uint64_t remaining() const noexcept { return c_.remaining; }
    /// Whether the frame ends here: false for the parts of a long frame, except the last.
    bool is_last_part() const noexcept {
        switch (c_.kind) {
        case ESLP_IN_HEAD:
        case ESLP_IN_BODY:
            return c_.remaining == 0;
        case ESLP_IN_HEAD_PART:
            return head_ends() && c_.remaining == 0;
        default:
            return true;
        }
    }

    /// Why the connection is over, once it is, and what will not be answered.
    eslp_end end() const noexcept { return c_.end; }
    eslp::unanswered unanswered() const noexcept { return c_.unanswered; }

    std::size_t consumed() const noexcept { return c_.consumed; }
    std::size_t required() const noexcept { return c_.required; }
    std::uint64_t error_offset() const noexcept { return c_.error_offset; }

private:
    friend class client_handle;
    friend class connection_handle;
    friend class session_handle;

    eslp_client_result c_;
    eslp::message message_;
    eslp::status status_ = ESLP_NULL;
};

/// What became of a command. Send `len` bytes, in one piece and in the order of the calls.
class [[nodiscard]] sent {
public:
    sent() noexcept : c_() {}

    eslp::status status() const noexcept { return status_; }
    bool ok() const noexcept { return status_.ok(); }
    /// What its answer will carry. Of several commands, the first; the ids of the others count up.
    command_id id() const noexcept { return command_id(c_.id); }
    /// How many bytes were written; with ESLP_INSUFFICIENT how many are needed.
    std::size_t len() const noexcept { return c_.len; }
    std::uint64_t count() const noexcept { return c_.count; }
    /// Where the command is wrong, with an error from ESLP_COMMAND_EMPTY on.
    eslp::fault fault() const noexcept { return c_.fault; }

private:
    friend class client_handle;
    friend class connection_handle;
    friend class session_handle;

    eslp_sent c_;
    eslp::status status_ = ESLP_NULL;
};

/// The subscriptions of a connection, to be applied now, and again after every reconnect. It keeps its texts as a
/// command does.
class subscription : private detail::kept_texts {
public:
    subscription() noexcept : c_() {}

    /// The events, between blanks as a person types them, and the format of all.
    subscription& events(format all, string_arg names) {
        c_.events.format = all;
        c_.events.names = keep(names);
        return *this;
    }
    /// Subclasses of CUSTOM events between blanks.
    subscription& subclasses(string_arg names) {
        c_.events.subclasses = keep(names);
        return *this;
    }
    /// `filter add` for each pair of header and value.
    subscription& filters(span<const pair> filters) noexcept {
        c_.filters = detail::pairs(filters);
        return *this;
    }
    /// One channel's events, for an inbound connection, which ends with it.
    subscription& channel(string_arg uuid) {
        c_.channel = keep(uuid);
        return *this;
    }
    /// Those of the channel that an outbound connection controls.
    subscription& own_channel() noexcept {
        c_.own_channel = 1;
        return *this;
    }
    /// Diverts the events for the channel's own script here.
    subscription& divert() noexcept {
        c_.divert = 1;
        return *this;
    }
    /// Log lines up to this level.
    subscription& log(log_level level) noexcept {
        c_.log = 1;
        c_.log_level = level;
        return *this;
    }
    /// The connection stays after its channel has ended.
    subscription& linger(std::int64_t seconds = ESLP_LINGER_FOREVER) noexcept {
        c_.linger = 1;
        c_.linger_seconds = seconds == 0 ? ESLP_LINGER_AT_ONCE : seconds;
        return *this;
    }

    const eslp_subscription& c() const noexcept { return c_; }

private:
    eslp_subscription c_;
};

/// What the end of a stream tells.
struct eof_report {
    eslp_end end;
    /// The first may be the one whose answer was cut off.
    eslp::unanswered unanswered;
    /// Bytes of a frame that the end cut off, and those missing: 0 if its length is not known from its head.
    std::size_t incomplete;
    std::size_t missing;
    /// The command that the end answers, and its broken reply: nothing in an ordinary connection.
    std::optional<command_id> id;
    eslp::message message;

    static eof_report of(const eslp_eof& eof) noexcept {
        return {eof.end, eof.unanswered, eof.incomplete, eof.missing, detail::id_of(eof.id),
                eof.message};
    }
};

template <class Buffer>
class arrivals;

/// One connection from its first byte to its end: the functions of eslp::client and related classes.
class client_handle {
public:
    static constexpr std::size_t size = ESLP_CLIENT_SIZE;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// The message at the front of `buffer`. Remove `consumed()` bytes before the next call in any case.
    incoming poll(std::string_view buffer) noexcept {
        incoming result;
        result.status_ = ::eslp_client_poll(handle_, buffer.data(), buffer.size(), &result.c_);
        result.message_ = eslp::message(result.c_.message);
        return result;
    }

    /// The messages in a receive buffer, consumed automatically: see eslp::arrivals.
    template <class Buffer>
    arrivals<Buffer> receive(Buffer& buffer) noexcept;

    /// Writes a command to `out` and counts it as sent. You need not wait: answers come in order, each with the id of
    /// its command. After an error nothing has changed.
    sent send(const command& command, span<char> out) noexcept {
        return put(::eslp_client_send, &command.c(), out);
    }
    /// Writes all commands that make a subscription true, or none.
    sent subscribe(const subscription& subscription, span<char> out) noexcept {
        return put(::eslp_client_subscribe, &subscription.c(), out);
    }
    /// And those that undo it.
    sent unsubscribe(const subscription& subscription, span<char> out) noexcept {
        return put(::eslp_client_unsubscribe, &subscription.c(), out);
    }
    /// Whether a command may be sent now.
    eslp::status may_send(const command& command) const noexcept {
        return ::eslp_client_may_send(handle_, &command.c());
    }
    /// Counts a command as sent without writing it, for a host that has encoded it already: `len` is 0.
    sent track(const command& command) noexcept {
        sent result;
        result.status_ = ::eslp_client_track(handle_, &command.c(), &result.c_.id);
        result.c_.count = result.ok() ? 1 : 0;
        return result;
    }
    /// Counts a command that this library does not know.
    std::optional<command_id> track_external() noexcept {
        auto number = detail::ask<std::uint64_t>(::eslp_client_track_external, handle_);
        return number ? std::optional<command_id>(command_id(*number)) : std::nullopt;
    }

    using eof_report = eslp::eof_report;
    /// The stream has ended; `rest` is what was read and not consumed. To be called once.
    eof_report eof(std::string_view rest) noexcept {
        eslp_eof eof = {};
        (void)::eslp_client_eof(handle_, rest.data(), rest.size(), &eof);
        return eof_report::of(eof);
    }

    /// Why the connection is over; ESLP_END_NONE if it is not.
    eslp_end end() const noexcept { return ::eslp_client_end(handle_); }
    /// Whether the server takes all commands.
    bool is_open() const noexcept { return ::eslp_client_is_open(handle_); }
    bool is_lingering() const noexcept { return ::eslp_client_is_lingering(handle_); }
    /// In outbound mode, known from the reply to `connect`: whether all commands may be used.
    std::optional<bool> full_control() const noexcept {
        return detail::ask<bool>(::eslp_client_full_control, const_cast<const eslp_client*>(handle_));
    }
    /// And whether applications run asynchronously.
    std::optional<eslp_socket_mode> socket_mode() const noexcept {
        return detail::ask<eslp_socket_mode>(::eslp_client_socket_mode, const_cast<const eslp_client*>(handle_));
    }
    /// How many commands have been sent and not answered yet.
    std::uint64_t in_flight() const noexcept { return ::eslp_client_in_flight(handle_); }
    eslp_stats stats() const noexcept {
        eslp_stats stats = {};
        (void)::eslp_client_stats(handle_, &stats);
        return stats;
    }

protected:
    client_handle() = default;
    static eslp_status make(eslp_client** client, eslp_role role, const limits& limits = {}) noexcept {
        return ::eslp_client_new(role, limits.c(), client);
    }
    static eslp_status init(eslp_client** client, void* memory, std::size_t room, eslp_role role,
                            const limits& limits = {}) noexcept {
        return ::eslp_client_init(memory, room, role, limits.c(), client);
    }
    static void drop(eslp_client* client) noexcept { (void)::eslp_client_drop(client); }
    static void free(eslp_client* client) noexcept { ::eslp_client_free(client); }

    eslp_client* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;

private:
    template <class Function, class What>
    sent put(Function function, const What* what, span<char> out) noexcept {
        sent result;
        result.status_ = function(handle_, what, out.data(), out.size(), &result.c_);
        return result;
    }
};

/// `client(ESLP_INBOUND)`, or with limits: on the heap, in memory of the caller's (eslp::storage), and with its memory
/// in itself.
using client = on_heap<client_handle>;
using placed_client = placed<client_handle>;
using fixed_client = in_place<client_handle>;

/// The messages in a receive buffer, one by one. Each is consumed when the next is requested, or when this is
/// destroyed.
///
///     auto arrivals = client.receive(buffer);
///     for (const eslp::incoming& in : arrivals) { ... }
///     if (arrivals.status() == ESLP_NEED_DATA) { ... read into buffer.spare(arrivals.required()) ... }
template <class Buffer>
class arrivals {
public:
    class iterator {
    public:
        explicit iterator(arrivals& all) noexcept : all_(&all) {}
        const incoming& operator*() const noexcept { return all_->current_; }
        const incoming* operator->() const noexcept { return &all_->current_; }
        iterator& operator++() noexcept {
            all_->advance();
            return *this;
        }
        friend bool operator==(const iterator& it, end_of_sequence) noexcept { return !it.all_->status().ok(); }
        friend bool operator!=(const iterator& it, end_of_sequence) noexcept { return it.all_->status().ok(); }

    private:
        arrivals* all_;
    };

    arrivals(client_handle& handle, Buffer& buffer) noexcept : client_(handle), buffer_(buffer) {}
    arrivals(const arrivals&) = delete;
    arrivals& operator=(const arrivals&) = delete;
    ~arrivals() { buffer_.consume(current_.consumed()); }

    iterator begin() noexcept {
        advance();
        return iterator(*this);
    }
    end_of_sequence end() const noexcept { return {}; }

    /// Why the last look found nothing: ESLP_NEED_DATA, ESLP_CLOSED, or an error in the framing.
    eslp::status status() const noexcept { return current_.status(); }
    /// With ESLP_NEED_DATA: how long the buffer must be; 0 if that is not known yet.
    std::size_t required() const noexcept { return current_.required(); }
    /// With ESLP_CLOSED or an error: why the connection is over, and what will not be answered.
    const incoming& last() const noexcept { return current_; }

private:
    void advance() noexcept {
        buffer_.consume(current_.consumed());
        current_ = client_.poll(buffer_.filled());
    }

    client_handle& client_;
    Buffer& buffer_;
    incoming current_;
};

template <class Buffer>
arrivals<Buffer> client_handle::receive(Buffer& buffer) noexcept {
    return arrivals<Buffer>(*this, buffer);
}

} // namespace eslp

#endif
