// The connection as FreeSWITCH's listener sees it, and the events that it delivers.
#ifndef ESL_PROTO_SERVER_HPP
#define ESL_PROTO_SERVER_HPP

#include <array>
#include <initializer_list>

#include "command.hpp"
#include "decoder.hpp"

namespace eslp {

/// The elements of an array in an event that is to be sent, at most `N`.
template <std::size_t N>
class array_items {
public:
    array_items(std::initializer_list<std::string_view> list) noexcept {
        for (std::string_view item : list) {
            if (size_ < N) {
                items_[size_++] = detail::given(item);
            }
        }
    }

    const eslp_bytes* items() const noexcept { return items_; }
    eslp_item_slot* slots() noexcept { return slots_; }
    std::size_t size() const noexcept { return size_; }

private:
    eslp_bytes items_[N];
    eslp_item_slot slots_[N];
    std::size_t size_ = 0;
};

/// An event that is to be sent, in slots of the caller's. It keeps pointers: everything it is given must stay where it
/// is as long as this is used.
class outgoing_event {
public:
    explicit outgoing_event(span<eslp_field_slot> slots) noexcept : c_() {
        // Nothing is wrong with the arguments.
        (void)::eslp_outgoing_event_init(&c_, slots.data(), slots.size());
    }
    outgoing_event(const outgoing_event&) = delete;
    outgoing_event& operator=(const outgoing_event&) = delete;

    /// Adds a header, its value not coded. ESLP_INSUFFICIENT if no slot is left.
    status add(std::string_view name, std::string_view value) noexcept {
        return ::eslp_outgoing_event_add(&c_, detail::given(name), detail::given(value));
    }
    template <std::size_t N>
    status add_array(std::string_view name, array_items<N>& array) noexcept {
        return ::eslp_outgoing_event_add_array(&c_, detail::given(name), array.items(), array.size(), array.slots());
    }
    void body(std::string_view body) noexcept { (void)::eslp_outgoing_event_body(&c_, detail::given(body)); }
    void no_body() noexcept { (void)::eslp_outgoing_event_body(&c_, eslp_bytes{}); }

    /// Takes all headers and the body away, for the next event.
    void clear() noexcept { (void)::eslp_outgoing_event_clear(&c_); }

    /// Adds the headers of an event that was read and takes its body. Its bytes must stay where they are.
    status read(const event& from) noexcept { return ::eslp_outgoing_event_read(&c_, &from.c()); }

    /// Writes the event's document, the body of a frame; `flags` are of eslp_encode. With a status from ESLP_FORGED_NAME on,
    /// `len` is the place of the header.
    written encode(format as, span<char> out, int flags = ESLP_ENCODE_FREESWITCH) const noexcept {
        written result;
        result.status = ::eslp_outgoing_event_encode(&c_, as, flags, out.data(), out.size(), &result.len);
        return result;
    }
    /// Writes the frame of the event, for all connections that agree in format and percent: server::delivered().
    written frame(format as, span<char> out, eslp_percent percent = ESLP_PERCENT_FREESWITCH) const noexcept {
        written result;
        result.status = ::eslp_outgoing_event_frame(&c_, as, percent, out.data(), out.size(), &result.len);
        return result;
    }

    const eslp_outgoing_event& c() const noexcept { return c_; }

private:
    eslp_outgoing_event c_;
};

/// The same with its own `N` slots.
template <std::size_t N>
class fixed_outgoing_event : private std::array<eslp_field_slot, N>, public outgoing_event {
public:
    fixed_outgoing_event() noexcept : outgoing_event(static_cast<std::array<eslp_field_slot, N>&>(*this)) {}
};

/// What a client wants of the host. Each part is there if the kind says so. Valid as long as the bytes in the buffer.
class host_request {
public:
    host_request(const eslp_host_request& c) noexcept : c_(&c) {}

    eslp_host_request_kind kind() const noexcept { return c_->kind; }
    std::string_view password() const noexcept { return detail::view(c_->password); }
    std::string_view user() const noexcept { return detail::view(c_->user); }
    std::string_view domain() const noexcept { return detail::view(c_->domain); }
    /// An API command and its argument, as they were sent.
    std::string_view line() const noexcept { return detail::view(c_->line); }
    /// An API command, and what follows its first blank.
    std::string_view command() const noexcept { return detail::view(c_->command); }
    std::optional<std::string_view> argument() const noexcept { return detail::optional_view(c_->argument); }
    /// Whether it is read as on the console; it is the whole line then.
    bool console() const noexcept { return c_->console != 0; }
    /// How the client wants to call the job.
    std::optional<std::string_view> job() const noexcept { return detail::optional_view(c_->job); }
    std::string_view variable() const noexcept { return detail::view(c_->variable); }
    /// The channel of `myevents`.
    std::string_view uuid() const noexcept { return detail::view(c_->uuid); }
    /// The event of `sendevent`; its headers are in request().
    eslp::event_name event_name() const noexcept { return c_->event_name; }
    eslp::request request() const noexcept { return c_->request; }
    /// What to do with which channel; that of the connection if none is named.
    const eslp_sendmsg& message() const noexcept { return c_->message; }
    std::optional<std::string_view> channel() const noexcept { return detail::optional_view(c_->message.uuid); }
    /// Whether the answer must wait until it is done.
    bool wait() const noexcept { return c_->wait != 0; }

private:
    const eslp_host_request* c_;
};

/// What the host says to an eslp::host_request: `response::output("UP 0 years")`, `response::accept().allowed_api("status")`.
class response {
public:
    static response accept() noexcept { return response(ESLP_RESPONSE_ACCEPT, {}); }
    static response refuse() noexcept { return response(ESLP_RESPONSE_REFUSE, {}); }
    static response output(std::string_view text) noexcept { return response(ESLP_RESPONSE_OUTPUT, text); }
    static response job(std::string_view uuid) noexcept { return response(ESLP_RESPONSE_JOB, uuid); }
    static response ok() noexcept { return response(ESLP_RESPONSE_OK, {}); }
    static response control(std::string_view uuid) noexcept { return response(ESLP_RESPONSE_CONTROL, uuid); }
    static response no_such_channel(std::string_view uuid) noexcept { return response(ESLP_RESPONSE_NO_SUCH_CHANNEL, uuid); }
    static response fired(std::string_view uuid) noexcept { return response(ESLP_RESPONSE_FIRED, uuid); }
    static response value(std::string_view text) noexcept { return response(ESLP_RESPONSE_VALUE, text); }
    static response reply(std::string_view text) noexcept { return response(ESLP_RESPONSE_REPLY, text); }
    /// The data of the channel, as headers of a CHANNEL_DATA event.
    static response channel(const outgoing_event& data) noexcept {
        response response(ESLP_RESPONSE_CHANNEL, {});
        response.c_.channel = &data.c();
        return response;
    }

    /// The rights of an accepted user: everything that is not denied here.
    response& allowed_events(std::string_view names) noexcept {
        c_.allowed_events = detail::given(names);
        return *this;
    }
    response& allowed_api(std::string_view commands) noexcept {
        c_.allowed_api = detail::given(commands);
        return *this;
    }
    response& allowed_log(bool on) noexcept {
        c_.deny_log = !on;
        return *this;
    }

    const eslp_response& c() const noexcept { return c_; }

private:
    response(eslp_response_kind kind, std::string_view text) noexcept : c_() {
        c_.kind = kind;
        c_.text = detail::given(text);
    }

    eslp_response c_;
};

/// The options and limits of a connection: by default inbound, with FreeSWITCH's own limits.
class server_options {
public:
    server_options() noexcept : c_() {}

    /// The longest head and body of a command.
    server_options& request(const limits& limits) noexcept {
        c_.request = *limits.c();
        return *this;
    }
    /// How many events, and how many log lines, may wait, and how many may be lost beyond that.
    server_options& max_queued(std::uint32_t count) noexcept {
        c_.max_queued = count;
        return *this;
    }
    server_options& max_lost(std::uint32_t count) noexcept {
        c_.max_lost = count;
        return *this;
    }
    server_options& percent(eslp_percent percent) noexcept {
        c_.percent = percent;
        return *this;
    }
    /// An outbound connection, which this channel has made.
    server_options& channel(std::string_view uuid) noexcept {
        c_.channel = detail::given(uuid);
        return *this;
    }
    /// Outbound: all commands may be used.
    server_options& full(bool on = true) noexcept {
        c_.full = on;
        return *this;
    }
    /// Outbound: `sendmsg` is answered at once.
    server_options& is_async(bool on = true) noexcept {
        c_.is_async = on;
        return *this;
    }

    const eslp_server_options* c() const noexcept { return &c_; }

private:
    eslp_server_options c_;
};

/// What a listener found. Send written() bytes of the buffer, whatever it was.
class server_result {
public:
    server_result() noexcept : c_() {}

    eslp::status status() const noexcept { return status_; }
    eslp_server_result_kind kind() const noexcept { return c_.kind; }
    std::size_t consumed() const noexcept { return c_.consumed; }
    std::size_t required() const noexcept { return c_.required; }
    std::size_t written() const noexcept { return c_.written; }
    /// With ESLP_SERVER_DONE: what it means to the host.
    eslp_effect effect() const noexcept { return c_.effect; }
    /// With ESLP_SERVER_HOST_REQUEST: the request. Valid as long as this, too.
    eslp::host_request request() const noexcept { return c_.request; }
    /// With ESLP_CLOSED: why.
    eslp_closed closed() const noexcept { return c_.closed; }
    /// With ESLP_CLOSED_UNREADABLE: what is wrong, and where in the stream.
    eslp::status error() const noexcept { return c_.error; }
    std::uint64_t error_offset() const noexcept { return c_.error_offset; }

private:
    friend class server_handle;
    eslp_server_result c_;
    eslp::status status_ = ESLP_NULL;
};

/// One connection of a listener: the functions of eslp::server and related classes.
class server_handle {
public:
    static constexpr std::size_t size = ESLP_SERVER_SIZE;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Reads the next command from `buffer`, and writes to `out` what needs no host. The bytes of a question are to be
    /// consumed once it is answered.
    server_result poll(std::string_view buffer, span<char> out) noexcept {
        server_result result;
        result.status_ =
            ::eslp_server_poll(handle_, buffer.data(), buffer.size(), out.data(), out.size(), &result.c_);
        return result;
    }

    /// Answers what poll() asked, now or much later. Then poll again.
    written respond(const eslp::response& response, span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_respond(handle_, &response.c(), data, room, len);
        });
    }

    /// Refuses a connection by its address, instead of the first poll().
    written reject(span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_reject(handle_, data, room, len);
        });
    }
    /// Ends the connection with a notice.
    written disconnect(eslp_goodbye goodbye, span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_disconnect(handle_, goodbye, data, room, len);
        });
    }
    /// Says that the controlled channel has ended.
    written channel_ended(std::string_view name, span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_channel_ended(handle_, detail::given(name), data, room, len);
        });
    }

    /// Whether this connection wants an event that happens. Regular expressions of filters match nothing.
    eslp_admission offer(const outgoing_event& event) noexcept { return offer(event, nullptr, nullptr); }
    /// The same with a function `bool(std::string_view regex, std::string_view value)` for them. Where it throws, nothing matches: the
    /// client has chosen the expression.
    template <class Regex>
    eslp_admission offer(const outgoing_event& event, Regex&& regex) noexcept {
        using Function = std::remove_reference_t<Regex>;
        eslp_regex call = [](void* user, const char* pattern, std::size_t pattern_len, const char* text,
                             std::size_t text_len) {
            auto& function = *static_cast<Function*>(user);
#ifdef __cpp_exceptions
            // What is thrown must not pass through the C library.
            try {
                return bool(function(std::string_view(pattern, pattern_len), std::string_view(text, text_len)));
            } catch (...) {
                return false;
            }
#else
            return bool(function(std::string_view(pattern, pattern_len), std::string_view(text, text_len)));
#endif
        };
        return offer(event, call, const_cast<void*>(static_cast<const void*>(&regex)));
    }
    eslp_admission offer_diverted() noexcept {
        eslp_admission offer = ESLP_ADMISSION_SKIP;
        (void)::eslp_server_offer_diverted(handle_, &offer);
        return offer;
    }
    eslp_admission offer_log(log_level level) noexcept {
        eslp_admission offer = ESLP_ADMISSION_SKIP;
        (void)::eslp_server_offer_log(handle_, level, &offer);
        return offer;
    }

    /// Writes an event that waits, in the connection's format. ESLP_NOT_READY in the middle of a command.
    written deliver(const outgoing_event& event, span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_deliver(handle_, &event.c(), data, room, len);
        });
    }
    /// Gives up an event that waits.
    void skip() noexcept { (void)::eslp_server_skip(handle_); }
    /// Counts a waiting event as delivered, in place of deliver(): the host sends the frame that
    /// outgoing_event::frame() has written in this format and with this percent. ESLP_OTHER_CODING if this connection
    /// uses another one.
    eslp::status delivered(format as, eslp_percent percent = ESLP_PERCENT_FREESWITCH) noexcept {
        return ::eslp_server_delivered(handle_, as, percent);
    }
    written deliver_log(const eslp_log_data& line, span<char> out) noexcept {
        return write(out, [&](char* data, std::size_t room, std::size_t* len) {
            return ::eslp_server_deliver_log(handle_, &line, data, room, len);
        });
    }

    /// Subscribes to a subclass, for ESLP_EFFECT_ALL_EVENTS.
    eslp::status subscribe(std::string_view subclass) noexcept {
        return ::eslp_server_subscribe(handle_, detail::given(subclass));
    }

    /// What a listener keeps, in one look.
    eslp_server_state state() const noexcept {
        eslp_server_state state = {};
        (void)::eslp_server_get_state(handle_, &state);
        return state;
    }

protected:
    server_handle() = default;
    /// `storage` is for what a client can make a listener keep, and must stay where it is.
    static eslp_status make(eslp_server** server, const server_options& options,
                            span<unsigned char> storage) noexcept {
        return ::eslp_server_new(options.c(), storage.data(), storage.size(), server);
    }
    static eslp_status init(eslp_server** server, void* memory, std::size_t room, const server_options& options,
                            span<unsigned char> storage) noexcept {
        return ::eslp_server_init(memory, room, options.c(), storage.data(), storage.size(), server);
    }
    static void drop(eslp_server* server) noexcept { (void)::eslp_server_drop(server); }
    static void free(eslp_server* server) noexcept { ::eslp_server_free(server); }

    eslp_server* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;

private:
    template <class Write>
    written write(span<char> out, Write function) noexcept {
        written result;
        result.status = function(out.data(), out.size(), &result.len);
        return result;
    }
    eslp_admission offer(const outgoing_event& event, eslp_regex regex, void* user) noexcept {
        eslp_admission offer = ESLP_ADMISSION_SKIP;
        (void)::eslp_server_offer(handle_, &event.c(), regex, user, &offer);
        return offer;
    }
};

/// `server(server_options(), storage)`: on the heap, in memory of the caller's (eslp::storage), and with its memory in
/// itself. The storage for what a client makes it keep is the caller's; 4 KiB are plenty.
using server = on_heap<server_handle>;
using placed_server = placed<server_handle>;
using fixed_server = in_place<server_handle>;

} // namespace eslp

#endif
