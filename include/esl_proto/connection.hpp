// A client with its buffers in one value.
#ifndef ESL_PROTO_CONNECTION_HPP
#define ESL_PROTO_CONNECTION_HPP

#include <memory>
#include <vector>

#include "client.hpp"

namespace eslp {

/// A connection that lacks only its socket: the functions of eslp::connection and related classes.
class connection_handle {
public:
    static constexpr std::size_t size = ESLP_CONNECTION_SIZE;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Room to read into; say with commit() how much was read. Empty if the input is full: see required().
    span<char> spare() noexcept {
        char* room = nullptr;
        std::size_t count = 0;
        return ::eslp_connection_spare(handle_, &room, &count) == ESLP_OK ? span<char>(room, count) : span<char>();
    }
    void commit(std::size_t count) noexcept { (void)::eslp_connection_commit(handle_, count); }

    /// The next message, valid until the next call of this, of spare() or of eof(). It is consumed automatically.
    incoming next() noexcept {
        incoming result;
        result.status_ = ::eslp_connection_next(handle_, &result.c_);
        result.message_ = eslp::message(result.c_.message);
        return result;
    }

    /// Appends a command to the output. After an error nothing has changed.
    sent send(const command& command) noexcept {
        sent result;
        result.status_ = ::eslp_connection_send(handle_, &command.c(), &result.c_);
        return result;
    }
    /// Writes all commands that make a subscription true, or none.
    sent subscribe(const subscription& subscription) noexcept { return put(subscription, false); }
    /// And those that undo it.
    sent unsubscribe(const subscription& subscription) noexcept { return put(subscription, true); }
    /// Copies a command that this library does not know.
    std::optional<command_id> send_external(std::string_view octets) noexcept {
        std::uint64_t number = 0;
        bool ok = ::eslp_connection_send_external(handle_, octets.data(), octets.size(), &number) == ESLP_OK;
        return ok ? std::optional<command_id>(command_id(number)) : std::nullopt;
    }
    /// Whether a command may be sent now.
    eslp::status may_send(const command& command) const noexcept {
        return ::eslp_connection_may_send(handle_, &command.c());
    }

    /// What must be written to the socket; say with sent_octets() how much was.
    std::string_view to_send() const noexcept { return detail::view(::eslp_connection_to_send(handle_)); }
    void sent_octets(std::size_t count) noexcept { (void)::eslp_connection_sent(handle_, count); }

    /// The stream has ended. To be called once.
    eof_report eof() noexcept {
        eslp_eof eof = {};
        (void)::eslp_connection_eof(handle_, &eof);
        return eof_report::of(eof);
    }

    /// Why the connection is over; ESLP_END_NONE if it is not.
    eslp_end end() const noexcept { return state().end; }
    /// Whether the server takes all commands.
    bool is_open() const noexcept { return state().is_open != 0; }
    bool is_lingering() const noexcept { return state().is_lingering != 0; }
    /// In outbound mode, known from the reply to `connect`: whether all commands may be used.
    std::optional<bool> full_control() const noexcept {
        eslp_connection_state all = state();
        return all.is_connected != 0 ? std::optional<bool>(all.full_control != 0) : std::nullopt;
    }
    /// And whether applications run asynchronously.
    std::optional<eslp_socket_mode> socket_mode() const noexcept {
        eslp_socket_mode mode = state().socket_mode;
        return mode != ESLP_SOCKET_NONE ? std::optional<eslp_socket_mode>(mode) : std::nullopt;
    }
    /// How many commands have been sent and not answered yet.
    std::uint64_t in_flight() const noexcept { return state().in_flight; }
    /// How long the input must be, if it is too short for the next frame; 0 if not.
    std::size_t required() const noexcept { return state().required; }
    eslp_stats stats() const noexcept { return state().stats; }

protected:
    connection_handle() = default;
    static eslp_status init(eslp_connection** connection, void* memory, std::size_t room, eslp_role role,
                            span<char> input, span<char> output, const limits& limits = {}) noexcept {
        return ::eslp_connection_init(memory, room, role, limits.c(), input.data(), input.size(), output.data(),
                                      output.size(), connection);
    }
    static void drop(eslp_connection* connection) noexcept { (void)::eslp_connection_drop(connection); }

    eslp_connection* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;

private:
    eslp_connection_state state() const noexcept {
        eslp_connection_state state = {};
        (void)::eslp_connection_get_state(handle_, &state);
        return state;
    }
    sent put(const subscription& subscription, bool undo) noexcept {
        sent result;
        result.status_ = ::eslp_connection_subscribe(handle_, &subscription.c(), undo, &result.c_);
        return result;
    }
};

/// In the caller's memory (eslp::storage), and with its own memory; both over the caller's input and output:
/// `fixed_connection connection(ESLP_INBOUND, input, output)`. If `max_buffered` is not set in the limits, the input
/// never needs to grow: longer frames come in parts.
using placed_connection = placed<connection_handle>;
using fixed_connection = in_place<connection_handle>;

namespace detail {

struct connection_memory {
    std::unique_ptr<storage<connection_handle>> memory_;
};

} // namespace detail

/// A connection with all of its memory on the heap, which grows where it must.
class connection : private detail::connection_memory, public placed<connection_handle> {
public:
    /// `input` and `output` are the bytes to begin with. Without limits every frame is whole.
    explicit connection(eslp_role role, const limits& limits = eslp::limits().max_buffered(SIZE_MAX), std::size_t input = 16384,
                        std::size_t output = 1024)
        : connection(role, limits, std::vector<char>(input), std::vector<char>(output)) {}
    connection(connection&& other) noexcept = default;
    connection& operator=(connection&& other) noexcept {
        // What is kept goes with the handle that points into it.
        memory_.swap(other.memory_);
        placed<connection_handle>::operator=(std::move(other));
        input_.swap(other.input_);
        output_.swap(other.output_);
        return *this;
    }

    /// Room to read into, never empty.
    span<char> spare() {
        std::size_t needed = required();
        if (needed != 0) {
            input_.resize(needed > 2 * input_.size() ? needed : 2 * input_.size());
            (void)::eslp_connection_grow_input(handle_, input_.data(), input_.size());
        }
        return connection_handle::spare();
    }

    /// Like that of the handle, but there is always room.
    sent send(const command& command) {
        return with_room([&] { return connection_handle::send(command); });
    }
    sent subscribe(const subscription& subscription) {
        return with_room([&] { return connection_handle::subscribe(subscription); });
    }
    sent unsubscribe(const subscription& subscription) {
        return with_room([&] { return connection_handle::unsubscribe(subscription); });
    }
    std::optional<command_id> send_external(std::string_view octets) {
        std::optional<command_id> id = connection_handle::send_external(octets);
        if (!id) {
            make_room(octets.size());
            id = connection_handle::send_external(octets);
        }
        return id;
    }

private:
    connection(eslp_role role, const limits& limits, std::vector<char> input, std::vector<char> output)
        : detail::connection_memory{std::unique_ptr<storage<connection_handle>>(new storage<connection_handle>)},
          placed<connection_handle>(*memory_, role, span<char>(input), span<char>(output), limits),
          input_(std::move(input)), output_(std::move(output)) {}

    template <class Send>
    sent with_room(Send send) {
        sent result = send();
        if (result.status() == ESLP_INSUFFICIENT) {
            make_room(result.len());
            result = send();
        }
        return result;
    }

    void make_room(std::size_t octets) {
        std::size_t needed = to_send().size() + octets;
        output_.resize(needed > 2 * output_.size() ? needed : 2 * output_.size());
        (void)::eslp_connection_grow_output(handle_, output_.data(), output_.size());
    }

    std::vector<char> input_;
    std::vector<char> output_;
};

} // namespace eslp

#endif
