// Frames alone, for programs that do without a connection's rules: recorders, proxies, tests.
#ifndef ESL_PROTO_DECODER_HPP
#define ESL_PROTO_DECODER_HPP

#include "message.hpp"

namespace eslp {

/// The limits of a decoder or client, and the size from which frames come in parts. 0 is the default.
class limits {
public:
    limits() noexcept : c_() {}

    /// For a buffer of a fixed size, at least ESLP_BUFFER_MIN: never asks for more, and hands longer frames out in parts.
    /// 16 KiB have nearly all frames whole: eslp_limits.max_buffered has the numbers.
    static limits for_buffer(std::size_t size) noexcept { return limits().max_buffered(size); }

    limits& max_head(std::size_t octets) noexcept { return set(c_.max_head, octets); }
    limits& max_lines(std::size_t count) noexcept { return set(c_.max_lines, count); }
    limits& max_body(std::size_t octets) noexcept { return set(c_.max_body, octets); }
    limits& max_buffered(std::size_t octets) noexcept { return set(c_.max_buffered, octets); }

    const eslp_limits* c() const noexcept { return &c_; }

private:
    limits& set(std::size_t& limit, std::size_t value) noexcept {
        limit = value;
        return *this;
    }

    eslp_limits c_;
};

/// What a decoder found.
class step {
public:
    step() noexcept : c_() {}

    eslp::status status() const noexcept { return status_; }
    eslp_step_kind kind() const noexcept { return c_.kind; }
    std::size_t consumed() const noexcept { return c_.consumed; }
    /// How long the buffer must be; 0 if that is not known yet.
    std::size_t required() const noexcept { return c_.required; }
    eslp::message message() const noexcept { return c_.message; }
    /// Of a client's stream.
    eslp::request request() const noexcept { return c_.message.frame; }
    /// A part of a body, with ESLP_STEP_BODY.
    std::string_view data() const noexcept { return detail::view(c_.data); }
    /// Lines of a head, with ESLP_STEP_HEAD_PART; those of `data()` that are headers of a plain event.
    eslp::lines lines() const noexcept { return c_.lines; }
    /// With ESLP_STEP_HEAD_PART: whether these are the last lines of the head, and whether it has lost its end.
    bool head_ends() const noexcept { return c_.head_ends != 0; }
    bool is_cut() const noexcept { return c_.is_cut != 0; }
    /// Bytes of the body still to come.
    std::uint64_t remaining() const noexcept { return c_.remaining; }
    std::uint64_t error_offset() const noexcept { return c_.error_offset; }

private:
    friend class decoder_handle;
    eslp_step c_;
    eslp::status status_;
};

/// Cuts the bytes of a stream into frames: the functions of eslp::decoder and related classes.
class decoder_handle {
public:
    static constexpr std::size_t size = ESLP_DECODER_SIZE;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// Decodes the next frame or part in `buffer`. Take `consumed()` bytes off before the next call.
    step decode(std::string_view buffer) noexcept {
        step result;
        result.status_ = ::eslp_decoder_decode(handle_, buffer.data(), buffer.size(), &result.c_);
        return result;
    }

    /// The broken reply or notice that the end of the stream leaves.
    std::optional<message> at_end(std::string_view buffer) const noexcept {
        const eslp_decoder* handle = handle_;
        const void* octets = buffer.data();
        auto last = detail::ask<eslp_message>(::eslp_decoder_at_end, handle, octets, buffer.size());
        return last ? std::optional<message>(*last) : std::nullopt;
    }
    /// How many bytes of a frame that the end of the stream left incomplete have come, and how many it lacks.
    std::size_t incomplete(std::string_view buffer) const noexcept {
        return ::eslp_decoder_incomplete(handle_, buffer.data(), buffer.size());
    }
    std::size_t missing(std::string_view buffer) const noexcept {
        return ::eslp_decoder_missing(handle_, buffer.data(), buffer.size());
    }
    /// Position in the stream of the buffer's first byte.
    std::uint64_t position() const noexcept { return ::eslp_decoder_position(handle_); }

protected:
    decoder_handle() = default;
    static eslp_status make(eslp_decoder** decoder, eslp_sender sender, const limits& limits = {}) noexcept {
        return ::eslp_decoder_new(sender, limits.c(), decoder);
    }
    static eslp_status init(eslp_decoder** decoder, void* memory, std::size_t room, eslp_sender sender,
                            const limits& limits = {}) noexcept {
        return ::eslp_decoder_init(memory, room, sender, limits.c(), decoder);
    }
    static void drop(eslp_decoder* decoder) noexcept { (void)::eslp_decoder_drop(decoder); }
    static void free(eslp_decoder* decoder) noexcept { ::eslp_decoder_free(decoder); }

    eslp_decoder* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;
};

/// `decoder(ESLP_FROM_SERVER)`, or with limits: on the heap, in memory of the caller's (eslp::storage), and with its
/// memory in itself.
using decoder = on_heap<decoder_handle>;
using placed_decoder = placed<decoder_handle>;
using fixed_decoder = in_place<decoder_handle>;

} // namespace eslp

#endif
