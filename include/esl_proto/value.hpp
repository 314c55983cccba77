// Names, values and bodies, and the headers that are made of them.
#ifndef ESL_PROTO_VALUE_HPP
#define ESL_PROTO_VALUE_HPP

#include "base.hpp"

namespace eslp {

/// A name, value or body as it lies in the caller's buffer, decoded only when it is asked to be. Valid as long as the
/// bytes there.
class value {
public:
    value() noexcept : c_() {}
    value(const eslp_value& c) noexcept : c_(c) {}
    /// Bytes that need no decoding.
    value(std::string_view octets) noexcept : c_() {
        c_.data = octets.data();
        c_.len = octets.size();
    }

    const eslp_value& c() const noexcept { return c_; }

    /// The bytes as they lie on the wire.
    std::string_view raw() const noexcept { return std::string_view(c_.data, c_.len); }

    /// The decoded bytes, if they lie in the buffer just so, as most do.
    std::optional<std::string_view> plain() const noexcept { return detail::ask_view(::eslp_value_plain, &c_); }

    /// The decoded bytes: in the buffer if they lie there just so, else decoded into `storage`; nothing if that is too
    /// short. `raw().size()` is enough for all but arrays of JSON events.
    std::optional<std::string_view> read(span<char> storage) const noexcept {
        return detail::ask_view(::eslp_value_read, &c_, static_cast<void*>(storage.data()), storage.size());
    }

    /// A copy of the decoded bytes.
    std::string str() const {
        std::string text(decoded_len(), '\0');
        // It fits.
        (void)::eslp_value_decode(&c_, &text[0], text.size(), nullptr);
        return text;
    }

    std::size_t decoded_len() const noexcept { return ::eslp_value_decoded_len(&c_); }

    /// The decoded bytes as a decimal number.
    std::optional<std::uint64_t> u64() const noexcept { return detail::ask<std::uint64_t>(::eslp_value_u64, &c_); }
    std::optional<std::int64_t> i64() const noexcept { return detail::ask<std::int64_t>(::eslp_value_i64, &c_); }

    bool is_array() const noexcept { return ::eslp_value_is_array(&c_); }

    /// The elements of an array; of a value that is none, itself.
    auto items() const noexcept;
    /// The same for a possible array from any source, including `ARRAY::one|:two` in a reply.
    auto elements() const noexcept;

    /// Whether the decoded bytes are equal, ignoring ASCII case.
    bool equals_nocase(std::string_view text) const noexcept {
        return ::eslp_value_is_nocase(&c_, detail::given(text));
    }

    friend bool operator==(const value& one, std::string_view text) noexcept {
        return ::eslp_value_is(&one.c_, detail::given(text));
    }
    friend bool operator!=(const value& one, std::string_view text) noexcept { return !(one == text); }
    friend bool operator==(const value& one, const value& other) noexcept {
        return ::eslp_value_equal(&one.c_, &other.c_);
    }
    friend bool operator!=(const value& one, const value& other) noexcept { return !(one == other); }

private:
    eslp_value c_;
};

/// A line of a head, or of an event: `auto [name, value]`.
struct header {
    eslp::value name;
    eslp::value value;
};

namespace detail {

struct items_cursor {
    using value_type = value;
    eslp_items c = {};

    bool next(value& item) noexcept {
        eslp_value result = {};
        if (::eslp_items_next(&c, &result) != ESLP_OK) {
            return false;
        }
        item = value(result);
        return true;
    }
};

struct headers_cursor {
    using value_type = header;
    eslp_headers c = {};

    bool next(header& line) noexcept {
        eslp_header result = {};
        if (::eslp_headers_next(&c, &result) != ESLP_OK) {
            return false;
        }
        line = header{value(result.name), value(result.value)};
        return true;
    }
};

} // namespace detail

/// The elements of an array.
using items = sequence<detail::items_cursor>;

/// Headers in the order of the wire, duplicates among them. Valid as long as what they were taken from.
using headers = sequence<detail::headers_cursor>;

inline auto value::items() const noexcept {
    detail::items_cursor cursor;
    // Only a value that is none fails, and has no elements.
    (void)::eslp_value_items(&c_, &cursor.c);
    return eslp::items(cursor);
}

inline auto value::elements() const noexcept {
    detail::items_cursor cursor;
    (void)::eslp_value_elements(&c_, &cursor.c);
    return eslp::items(cursor);
}

namespace detail {

/// Calls a function of the C library that begins with the first header.
template <class Function, class... Arguments>
headers headers_of(Function function, Arguments... arguments) noexcept {
    headers_cursor cursor;
    // What has failed has no headers.
    (void)function(arguments..., &cursor.c);
    return headers(cursor);
}

/// Calls a function of the C library whose result is a value.
template <class Function, class... Arguments>
std::optional<value> ask_value(Function function, Arguments... arguments) noexcept {
    eslp_value result = {};
    if (function(arguments..., &result) != ESLP_OK) {
        return std::nullopt;
    }
    return value(result);
}

} // namespace detail
} // namespace eslp

#endif
