// Receive buffers: what has been read and not yet consumed.
#ifndef ESL_PROTO_BUFFER_HPP
#define ESL_PROTO_BUFFER_HPP

#include <vector>

#include "base.hpp"

namespace eslp {

/// A receive buffer over memory of the caller's, which must stay where it is as long as this is used.
class fixed_buffer {
public:
    explicit fixed_buffer(span<char> memory) noexcept : c_() {
        // Nothing is wrong with the arguments.
        (void)::eslp_buffer_init(&c_, memory.data(), memory.size());
    }
    fixed_buffer(const fixed_buffer&) = delete;
    fixed_buffer& operator=(const fixed_buffer&) = delete;

    /// The bytes that have been read and not yet consumed.
    std::string_view filled() const noexcept {
        return std::string_view(::eslp_buffer_data(&c_), ::eslp_buffer_len(&c_));
    }
    std::size_t capacity() const noexcept { return ::eslp_buffer_capacity(&c_); }

    /// Room to read into; say with commit() how much was read. It is empty if the memory is full.
    span<char> spare() noexcept {
        char* room = nullptr;
        std::size_t size = 0;
        return ::eslp_buffer_spare(&c_, &room, &size) == ESLP_OK ? span<char>(room, size) : span<char>();
    }
    void commit(std::size_t count) noexcept { (void)::eslp_buffer_commit(&c_, count); }

    /// Takes bytes off the front.
    void consume(std::size_t count) noexcept { (void)::eslp_buffer_consume(&c_, count); }

protected:
    eslp_buffer c_;
};

/// A receive buffer that grows where a frame needs it.
class growing_buffer : public fixed_buffer {
public:
    explicit growing_buffer(std::size_t size = 65536) : fixed_buffer(span<char>()), memory_(size) { adopt(); }

    /// Room to read into, so much that `required` bytes fit in all; at least one byte.
    span<char> spare(std::size_t required = 0) {
        std::size_t needed = required > filled().size() ? required : filled().size() + 1;
        if (needed > memory_.size()) {
            memory_.resize(needed > 2 * memory_.size() ? needed : 2 * memory_.size());
            adopt();
        }
        return fixed_buffer::spare();
    }

private:
    void adopt() noexcept { (void)::eslp_buffer_grow(&c_, memory_.data(), memory_.size()); }

    std::vector<char> memory_;
};

} // namespace eslp

#endif
