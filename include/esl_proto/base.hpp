// What the other headers share: statuses, bytes, iteration, and where handles live.
#ifndef ESL_PROTO_BASE_HPP
#define ESL_PROTO_BASE_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#include <memory>

#if defined(__has_include) && __cplusplus >= 202002L
#if __has_include(<span>)
#include <span>
#endif
#endif
#if defined(__has_include) && __cplusplus > 202002L
#if __has_include(<expected>)
#include <expected>
#endif
#endif

#include "../esl_proto.h"

/// Clang warns if an argument is destroyed before the value that borrows it.
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::lifetimebound)
#define ESL_PROTO_LIFETIMEBOUND [[clang::lifetimebound]]
#endif
#endif
#ifndef ESL_PROTO_LIFETIMEBOUND
#define ESL_PROTO_LIFETIMEBOUND
#endif

namespace eslp {

/// How a call went: an eslp_status, which says what to do about it.
class [[nodiscard]] status {
public:
    constexpr status() noexcept = default;
    constexpr status(eslp_status code) noexcept : code_(code) {}

    constexpr eslp_status code() const noexcept { return code_; }
    constexpr bool ok() const noexcept { return code_ == ESLP_OK; }
    /// Neither success nor the likes of ESLP_NEED_DATA: the call has done nothing.
    constexpr bool is_error() const noexcept { return code_ < ESLP_OK; }
    /// In English, valid for ever.
    std::string_view text() const noexcept { return ::eslp_strerror(code_); }

    friend constexpr bool operator==(status one, status other) noexcept { return one.code_ == other.code_; }
    friend constexpr bool operator!=(status one, status other) noexcept { return one.code_ != other.code_; }

private:
    eslp_status code_ = ESLP_OK;
};

/// What a function has found, or a status that says why there is nothing, without exceptions: std::expected for C++17.
///
///     if (auto text = event.json(out)) send(*text);
///     else grow(text.required());
template <class T>
class [[nodiscard]] result {
public:
    result(T value) noexcept : value_(std::move(value)), status_(ESLP_OK) {}
    result(eslp::status status, std::size_t required = 0) noexcept : status_(status), required_(required) {}

    eslp::status status() const noexcept { return status_; }
    bool has_value() const noexcept { return status_.ok(); }
    explicit operator bool() const noexcept { return status_.ok(); }
    /// A value of no meaning if there is none: look at has_value() first.
    const T& operator*() const noexcept { return value_; }
    const T* operator->() const noexcept { return &value_; }
    const T& value_or(const T& other) const noexcept { return status_.ok() ? value_ : other; }
    /// With ESLP_INSUFFICIENT: how much room is needed. With an error about one of several parts, which one.
    std::size_t required() const noexcept { return required_; }

#ifdef __cpp_lib_expected
    operator std::expected<T, eslp::status>() const {
        return status_.ok() ? std::expected<T, eslp::status>(value_) : std::unexpected(status_);
    }
#endif

private:
    T value_{};
    eslp::status status_;
    std::size_t required_ = 0;
};

/// A borrowed, contiguous sequence: an array, a std::array, a std::vector, a std::string, a std::span; and the other way round.
template <class T>
class span {
    template <class C>
    using data_of = decltype(std::declval<C&>().data());

public:
    constexpr span() noexcept = default;
    constexpr span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N>
    constexpr span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    template <class C, class = std::enable_if_t<std::is_convertible_v<data_of<C>, T*> && !std::is_same_v<C, span>>>
    constexpr span(C&& container) noexcept : data_(container.data()), size_(container.size()) {}

    constexpr T* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr T* begin() const noexcept { return data_; }
    constexpr T* end() const noexcept { return data_ + size_; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Which command of a connection: what its answer will carry.
class command_id {
public:
    constexpr explicit command_id(std::uint64_t number) noexcept : number_(number) {}

    /// The first command of a connection is 0, and each counts one more.
    constexpr std::uint64_t number() const noexcept { return number_; }

    friend constexpr bool operator==(command_id one, command_id other) noexcept { return one.number_ == other.number_; }
    friend constexpr bool operator!=(command_id one, command_id other) noexcept { return one.number_ != other.number_; }
    friend constexpr bool operator<(command_id one, command_id other) noexcept { return one.number_ < other.number_; }

private:
    std::uint64_t number_;
};

namespace detail {

inline eslp_bytes bytes(std::string_view text) noexcept {
    eslp_bytes octets = {};
    octets.data = text.data();
    octets.len = text.size();
    return octets;
}

/// What may be empty but is not left out.
inline eslp_bytes given(std::string_view text) noexcept {
    return text.data() == nullptr ? bytes(std::string_view("", 0)) : bytes(text);
}

inline std::string_view view(eslp_bytes octets) noexcept { return std::string_view(octets.data, octets.len); }

inline std::optional<std::string_view> optional_view(eslp_bytes octets) noexcept {
    if (octets.data == nullptr) {
        return std::nullopt;
    }
    return view(octets);
}

/// Calls a function of the C library whose last argument is its result.
template <class Result, class Function, class... Arguments>
std::optional<Result> ask(Function function, Arguments... arguments) noexcept {
    Result result{};
    if (function(arguments..., &result) != ESLP_OK) {
        return std::nullopt;
    }
    return result;
}

/// The same where the result is bytes.
template <class Function, class... Arguments>
std::optional<std::string_view> ask_view(Function function, Arguments... arguments) noexcept {
    eslp_bytes octets = {};
    if (function(arguments..., &octets) != ESLP_OK) {
        return std::nullopt;
    }
    return view(octets);
}

/// A number that is handed on, in whatever type it is given: a literal is an int.
struct number {
    template <class Number, class = std::enable_if_t<std::is_integral_v<Number>>>
    constexpr number(Number given) noexcept : value(static_cast<std::uint64_t>(given)) {}
    std::uint64_t value;
};

/// Tells a first argument from a handle that is to be moved.
template <class Handle, class First>
using unless_handle = std::enable_if_t<!std::is_base_of_v<Handle, std::decay_t<First>>>;

} // namespace detail

/// A text that a builder is given. One that is about to end, a std::string by value, is taken over, so that a command that has a
/// name can be made of it; all others are borrowed, and must stay where they are until the command has been written.
class string_arg {
public:
    string_arg() noexcept = default;
    template <class Text, class = std::enable_if_t<std::is_convertible_v<const Text&, std::string_view>>>
    string_arg(const Text& text ESL_PROTO_LIFETIMEBOUND) noexcept : view_(text) {}
    string_arg(std::string&& text) : owned_(std::make_shared<const std::string>(std::move(text))), view_(*owned_) {}

    std::string_view view() const noexcept { return view_; }
    /// What keeps the text, if it was taken over.
    const std::shared_ptr<const std::string>& owned() const noexcept { return owned_; }

private:
    std::shared_ptr<const std::string> owned_;
    std::string_view view_;
};

namespace detail {

/// The texts that a builder has taken over. Copies share them.
class kept_texts {
protected:
    eslp_bytes keep(const string_arg& text) {
        if (text.owned()) {
            kept_.push_back(text.owned());
        }
        return given(text.view());
    }
    eslp_bytes keep_optional(const string_arg& text) { return text.view().empty() ? bytes(text.view()) : keep(text); }

private:
    std::vector<std::shared_ptr<const std::string>> kept_;
};

} // namespace detail

/// How a write went: with ESLP_OK `len` bytes of the buffer are to be sent, with ESLP_INSUFFICIENT as many are needed.
struct [[nodiscard]] written {
    eslp::status status;
    std::size_t len = 0;
};

/// Where a sequence ends.
struct end_of_sequence {};

/// Goes through a sequence that an iterator of the C library walks. `Cursor` holds that iterator and knows `next`,
/// which returns whether there was one more.
template <class Cursor>
class sequence {
public:
    using value_type = typename Cursor::value_type;

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = typename Cursor::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        explicit iterator(const Cursor& cursor) noexcept : cursor_(cursor) { ++*this; }

        reference operator*() const noexcept { return current_; }
        pointer operator->() const noexcept { return &current_; }
        iterator& operator++() noexcept {
            more_ = cursor_.next(current_);
            return *this;
        }
        void operator++(int) noexcept { ++*this; }

        friend bool operator==(const iterator& it, end_of_sequence) noexcept { return !it.more_; }
        friend bool operator!=(const iterator& it, end_of_sequence) noexcept { return it.more_; }

    private:
        Cursor cursor_;
        value_type current_{};
        bool more_ = false;
    };

    explicit sequence(const Cursor& cursor) noexcept : cursor_(cursor) {}

    iterator begin() const noexcept { return iterator(cursor_); }
    end_of_sequence end() const noexcept { return {}; }

private:
    Cursor cursor_;
};

/// A handle on the heap. Where there is no memory left it is false, and all its functions return ESLP_NULL.
template <class Handle>
class on_heap : public Handle {
public:
    template <class First, class... Rest, class = detail::unless_handle<Handle, First>>
    explicit on_heap(First&& first, Rest&&... rest) noexcept {
        this->status_ = Handle::make(&this->handle_, std::forward<First>(first), std::forward<Rest>(rest)...);
    }
    on_heap(on_heap&& other) noexcept { swap(other); }
    on_heap& operator=(on_heap&& other) noexcept {
        swap(other);
        return *this;
    }
    on_heap(const on_heap&) = delete;
    on_heap& operator=(const on_heap&) = delete;
    ~on_heap() { Handle::free(this->handle_); }

private:
    void swap(on_heap& other) noexcept {
        std::swap(this->handle_, other.handle_);
        std::swap(this->status_, other.status_);
    }
};

/// Memory for one handle.
template <class Handle>
struct storage {
    alignas(ESLP_ALIGN) unsigned char octets[Handle::size];
};

/// A handle in the caller's memory, which must not move. The handle itself is just a pointer, and movable.
template <class Handle>
class placed : public Handle {
public:
    template <class... Arguments>
    explicit placed(storage<Handle>& memory, Arguments&&... arguments) noexcept {
        this->status_ = Handle::init(&this->handle_, memory.octets, sizeof memory.octets,
                                     std::forward<Arguments>(arguments)...);
    }
    placed(placed&& other) noexcept { swap(other); }
    placed& operator=(placed&& other) noexcept {
        swap(other);
        return *this;
    }
    placed(const placed&) = delete;
    placed& operator=(const placed&) = delete;
    ~placed() {
        if (this->handle_ != nullptr) {
            Handle::drop(this->handle_);
        }
    }

private:
    void swap(placed& other) noexcept {
        std::swap(this->handle_, other.handle_);
        std::swap(this->status_, other.status_);
    }
};

/// A handle with its memory in it: no heap, and no moving.
template <class Handle>
class in_place : private storage<Handle>, public placed<Handle> {
public:
    template <class First, class... Rest, class = detail::unless_handle<Handle, First>>
    explicit in_place(First&& first, Rest&&... rest) noexcept
        : placed<Handle>(static_cast<storage<Handle>&>(*this), std::forward<First>(first),
                         std::forward<Rest>(rest)...) {}
    in_place(in_place&&) = delete;
};

} // namespace eslp

// So that a std::span can be made of one that is not kept.
#ifdef __cpp_lib_span
namespace std::ranges {
template <class T>
inline constexpr bool enable_borrowed_range<eslp::span<T>> = true;
}
#endif

#endif
