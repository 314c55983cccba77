// FreeSWITCH's vocabulary, typed, both ways.
#ifndef ESL_PROTO_NAMES_HPP
#define ESL_PROTO_NAMES_HPP

#include <initializer_list>

#include "value.hpp"

namespace eslp {

using format = ::eslp_format;
using log_level = ::eslp_log_level;
using event_name = ::eslp_event_name;
using hangup_cause = ::eslp_cause;
using channel_state = ::eslp_channel_state;
using call_state = ::eslp_call_state;
using answer_state = ::eslp_answer_state;
using direction = ::eslp_direction;

namespace detail {

/// The functions of the C library for one list of words.
template <class Name>
struct vocabulary;

#define ESL_PROTO_VOCABULARY(NAME, TEXT, FROM, NONE)                                                                   \
    template <>                                                                                                        \
    struct vocabulary<NAME> {                                                                                          \
        static eslp_bytes text(NAME name) noexcept { return TEXT(name); }                                              \
        static std::optional<NAME> from(std::string_view word) noexcept {                                              \
            auto name = FROM(bytes(word));                                                                             \
            return name == NONE ? std::nullopt : std::optional<NAME>(name);                                            \
        }                                                                                                              \
    }
ESL_PROTO_VOCABULARY(format, ::eslp_format_text, ::eslp_format_from, ESLP_FORMAT_NONE);
ESL_PROTO_VOCABULARY(event_name, ::eslp_event_name_text, ::eslp_event_name_from, ESLP_EVENT_OTHER);
ESL_PROTO_VOCABULARY(hangup_cause, ::eslp_cause_text, ::eslp_cause_from, ESLP_CAUSE_OTHER);
ESL_PROTO_VOCABULARY(channel_state, ::eslp_channel_state_text, ::eslp_channel_state_from, ESLP_CS_OTHER);
ESL_PROTO_VOCABULARY(call_state, ::eslp_call_state_text, ::eslp_call_state_from, ESLP_CCS_OTHER);
ESL_PROTO_VOCABULARY(answer_state, ::eslp_answer_state_text, ::eslp_answer_state_from, ESLP_AS_OTHER);
ESL_PROTO_VOCABULARY(direction, ::eslp_direction_text, ::eslp_direction_from, ESLP_DIRECTION_OTHER);
#undef ESL_PROTO_VOCABULARY

template <>
struct vocabulary<log_level> {
    static eslp_bytes text(log_level level) noexcept { return ::eslp_log_level_text(level); }
    static std::optional<log_level> from(std::string_view word) noexcept {
        log_level level = ESLP_LOG_NONE;
        if (::eslp_log_level_from(bytes(word), &level) != ESLP_OK) {
            return std::nullopt;
        }
        return level;
    }
};

} // namespace detail

/// The word as FreeSWITCH writes it, valid for ever; empty for a number that has none.
template <class Name, class = decltype(detail::vocabulary<Name>::text(std::declval<Name>()))>
std::string_view text(Name name) noexcept {
    return detail::view(detail::vocabulary<Name>::text(name));
}

/// What a word says, in any case of its letters: `from_text<hangup_cause>("USER_BUSY")`. A cause may also be a number in
/// digits.
template <class Name>
std::optional<Name> from_text(std::string_view word) noexcept {
    return detail::vocabulary<Name>::from(word);
}

/// The same for a value of a header.
template <class Name>
std::optional<Name> from_text(const value& word) noexcept {
    char decoded[64];
    auto text = word.read(decoded);
    return text ? from_text<Name>(*text) : std::nullopt;
}

/// Names of events as commands take them, with its own memory: room for all of them.
class event_names {
public:
    event_names(std::initializer_list<event_name> names) noexcept {
        for (event_name name : names) {
            std::string_view word = eslp::text(name);
            if (len_ + 1 + word.size() > sizeof text_) {
                return;
            }
            if (len_ != 0) {
                text_[len_++] = ' ';
            }
            len_ += word.copy(text_ + len_, word.size());
        }
    }

    /// Valid as long as this is.
    std::string_view text() const noexcept { return std::string_view(text_, len_); }
    operator std::string_view() const noexcept { return text(); }

private:
    char text_[2560];
    std::size_t len_ = 0;
};

} // namespace eslp

#endif
