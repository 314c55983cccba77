// What is known of each channel, from its events. On the heap.
#ifndef ESL_PROTO_CALLS_HPP
#define ESL_PROTO_CALLS_HPP

#include "command.hpp"

namespace eslp {

/// What is known of one channel: empty where nothing is. Valid until the next event is taken in, or the next list.
class call {
public:
    call() noexcept : c_() {}
    explicit call(const eslp_call& c) noexcept : c_(c) {}

    /// With the words as the server has said them.
    const eslp_call& c() const noexcept { return c_; }

    std::string_view uuid() const noexcept { return detail::view(c_.uuid); }
    std::string_view name() const noexcept { return detail::view(c_.name); }
    /// Words that are not in FreeSWITCH's lists are nothing here.
    std::optional<eslp::direction> direction() const noexcept { return word<eslp::direction>(c_.direction); }
    std::optional<channel_state> state() const noexcept { return word<channel_state>(c_.state); }
    std::optional<eslp::call_state> call_state() const noexcept { return word<eslp::call_state>(c_.call_state); }
    std::optional<eslp::answer_state> answer_state() const noexcept { return word<eslp::answer_state>(c_.answer_state); }
    /// Why it has ended, once it has.
    std::optional<hangup_cause> cause() const noexcept { return word<hangup_cause>(c_.cause); }
    std::string_view caller_name() const noexcept { return detail::view(c_.caller_name); }
    std::string_view caller_number() const noexcept { return detail::view(c_.caller_number); }
    /// What was dialled.
    std::string_view destination() const noexcept { return detail::view(c_.destination); }
    /// The application that runs, or has run last, and its argument.
    std::string_view application() const noexcept { return detail::view(c_.application); }
    std::string_view application_data() const noexcept { return detail::view(c_.application_data); }
    /// The channel that it is bridged to.
    std::optional<std::string_view> other_leg() const noexcept { return detail::optional_view(c_.other_leg); }
    /// When it began, was answered and was hung up, in microseconds since 1970; 0 if that is not known.
    std::uint64_t created() const noexcept { return c_.created; }
    std::uint64_t answered() const noexcept { return c_.answered; }
    std::uint64_t hung_up() const noexcept { return c_.hung_up; }

    /// A variable that is kept.
    std::optional<std::string_view> variable(std::string_view name) const noexcept {
        return detail::ask_view(::eslp_call_variable, &c_, detail::bytes(name));
    }

private:
    template <class Word>
    static std::optional<Word> word(eslp_bytes text) noexcept {
        return from_text<Word>(detail::view(text));
    }

    eslp_call c_;
};

/// What an event has changed. Valid as long as a call.
struct change {
    eslp_change_kind kind = ESLP_CHANGE_NOTHING;
    /// The channel that the event is about; nothing if it was overlooked, or the event names two others.
    std::optional<eslp::call> call;
    /// With ESLP_CHANGE_RENAMED: the uuid that it had before.
    std::optional<std::string_view> old_uuid;
};

namespace detail {

struct calls_cursor {
    using value_type = call;
    const eslp_calls* c = nullptr;
    std::size_t place = 0;

    bool next(call& found) noexcept {
        eslp_call one = {};
        bool more = ::eslp_calls_next(c, &place, &one) == ESLP_OK;
        found = call(one);
        return more;
    }
};

} // namespace detail

/// The channels of a server, each in the state of its last event: the functions of eslp::calls. `for (const eslp::call&
/// call : calls)`.
class calls_handle {
public:
    using iterator = sequence<detail::calls_cursor>::iterator;

    /// Whether it could be made.
    eslp::status status() const noexcept { return status_; }
    explicit operator bool() const noexcept { return handle_ != nullptr; }

    /// The events that it needs, for eslp::interest: valid for ever.
    static std::string_view events() noexcept { return detail::view(::eslp_calls_events()); }

    /// Updates the table from an event.
    change take(const event& event) noexcept {
        eslp_change told = {};
        change result;
        if (::eslp_calls_take(handle_, &event.c(), &told) == ESLP_OK) {
            result.kind = told.kind;
            result.old_uuid = detail::optional_view(told.old_uuid);
            if (told.call.uuid.data != nullptr) {
                result.call = call(told.call);
            }
        }
        return result;
    }
    /// Restores the table from the output of `show channels as json`: next_gone() returns the channels that are not in
    /// it.
    eslp::status restore(std::string_view output) noexcept {
        return ::eslp_calls_restore(handle_, output.data(), output.size());
    }
    std::optional<call> next_gone() noexcept {
        auto gone = detail::ask<eslp_call>(::eslp_calls_next_gone, handle_);
        return gone ? std::optional<call>(call(*gone)) : std::nullopt;
    }

    std::optional<call> get(std::string_view uuid) const noexcept {
        auto found = detail::ask<eslp_call>(::eslp_calls_get, const_cast<const eslp_calls*>(handle_), detail::bytes(uuid));
        return found ? std::optional<call>(call(*found)) : std::nullopt;
    }
    iterator begin() const noexcept { return iterator(detail::calls_cursor{handle_}); }
    end_of_sequence end() const noexcept { return {}; }
    std::size_t size() const noexcept { return ::eslp_calls_len(handle_); }
    bool empty() const noexcept { return size() == 0; }
    /// How many channels there was no room for.
    std::uint64_t overlooked() const noexcept { return ::eslp_calls_overlooked(handle_); }

protected:
    calls_handle() = default;
    static eslp_status make(eslp_calls** calls, detail::number bound, span<const std::string_view> variables = {}) {
        std::vector<eslp_bytes> names;
        for (std::string_view name : variables) {
            names.push_back(detail::bytes(name));
        }
        return ::eslp_calls_new(static_cast<std::size_t>(bound.value), names.data(), names.size(), calls);
    }
    static void free(eslp_calls* calls) noexcept { ::eslp_calls_free(calls); }

    eslp_calls* handle_ = nullptr;
    eslp::status status_ = ESLP_NULL;
};

/// `calls(bound)`, or with the variables that are kept of each channel: on the heap.
using calls = on_heap<calls_handle>;

} // namespace eslp

#endif
