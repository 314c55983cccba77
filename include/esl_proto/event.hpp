// Events: plain, JSON and XML as one ordered multi-map of headers, with an index for many look-ups.
#ifndef ESL_PROTO_EVENT_HPP
#define ESL_PROTO_EVENT_HPP

#include <array>

#include "names.hpp"

namespace eslp {

/// An event in the caller's buffer. A view: valid as long as the bytes there, and copied at no cost.
///
///     for (const auto& [name, value] : event) { ... }
class event {
public:
    event() noexcept : c_() {}
    event(const eslp_event& c) noexcept : c_(c) {}
    /// A stored text of an event.
    event(eslp::format format, std::string_view text) noexcept : c_() {
        // A format that is none leaves an event without headers.
        (void)::eslp_event_view(format, detail::bytes(text), &c_);
    }

    const eslp_event& c() const noexcept { return c_; }

    eslp::format format() const noexcept { return c_.format; }

    /// The text as it lies on the wire: keep it, with the format, to keep the event.
    std::string_view text() const noexcept { return detail::view(c_.text); }

    /// ESLP_EVENT_OTHER if it has no name, or one that is not in FreeSWITCH's list.
    event_name name() const noexcept { return static_cast<event_name>(::eslp_event_name_of(&c_)); }

    /// The last header of this name, in any case of its letters: where there are two, it is the newer fact. Walks the
    /// text; for more than one look-up use find() or an eslp::indexed_event.
    std::optional<value> get(std::string_view name) const noexcept {
        return detail::ask_value(::eslp_event_get, &c_, detail::bytes(name));
    }

    /// What get() gives for each of these names, in one pass.
    ///
    ///     auto [name, channel] = event.find("Event-Name", "Unique-ID");
    template <class... Names>
    std::array<std::optional<value>, sizeof...(Names)> find(const Names&... names) const noexcept {
        const eslp_bytes wanted[] = {detail::bytes(std::string_view(names))...};
        eslp_value values[sizeof...(Names)] = {};
        std::array<std::optional<value>, sizeof...(Names)> result;
        if (::eslp_event_find(&c_, wanted, sizeof...(Names), values) == ESLP_OK) {
            for (std::size_t i = 0; i < sizeof...(Names); ++i) {
                if (values[i].data != nullptr) {
                    result[i] = value(values[i]);
                }
            }
        }
        return result;
    }

    /// Writes the event in a format, whatever it is in; `flags` are of eslp_encode. With a status from ESLP_FORGED_NAME on,
    /// `len` is the place of the header.
    written encode(eslp::format as, span<char> out, int flags = ESLP_ENCODE_FREESWITCH) const noexcept {
        written result;
        result.status = ::eslp_event_transcode(&c_, as, flags, out.data(), out.size(), &result.len);
        return result;
    }

    /// The event as JSON, in `out`: what every reader understands.
    ///
    ///     if (auto text = event.json(out)) puts(*text);
    result<std::string_view> json(span<char> out, int flags = ESLP_ENCODE_STRICT) const noexcept {
        return document(ESLP_FORMAT_JSON, out, flags);
    }
    result<std::string_view> plain(span<char> out, int flags = ESLP_ENCODE_STRICT) const noexcept {
        return document(ESLP_FORMAT_PLAIN, out, flags);
    }
    result<std::string_view> xml(span<char> out, int flags = ESLP_ENCODE_STRICT) const noexcept {
        return document(ESLP_FORMAT_XML, out, flags);
    }
    /// The same on the heap; empty if it cannot be written so.
    std::string json() const {
        std::string text(json(span<char>()).required(), '\0');
        return json(text) ? text : std::string();
    }

    /// The value of a variable of the channel.
    std::optional<value> variable(std::string_view name) const noexcept {
        return detail::ask_value(::eslp_event_variable, &c_, detail::bytes(name));
    }
    /// A header that is a number: a time in microseconds, a sequence, a port.
    std::optional<std::uint64_t> u64(std::string_view name) const noexcept {
        return detail::ask<std::uint64_t>(::eslp_event_u64, &c_, detail::bytes(name));
    }
    std::optional<value> unique_id() const noexcept { return get(ESLP_HEADER_UNIQUE_ID); }
    std::optional<value> channel_name() const noexcept { return get(ESLP_HEADER_CHANNEL_NAME); }
    std::optional<value> other_leg() const noexcept { return get(ESLP_HEADER_OTHER_LEG_UNIQUE_ID); }
    std::optional<value> caller_number() const noexcept { return get(ESLP_HEADER_CALLER_NUMBER); }
    std::optional<value> caller_name() const noexcept { return get(ESLP_HEADER_CALLER_NAME); }
    std::optional<value> destination() const noexcept { return get(ESLP_HEADER_CALLER_DESTINATION); }
    std::optional<value> subclass() const noexcept { return get(ESLP_HEADER_EVENT_SUBCLASS); }
    std::optional<value> job_uuid() const noexcept { return get(ESLP_HEADER_JOB_UUID); }
    std::optional<value> application() const noexcept { return get(ESLP_HEADER_APPLICATION); }
    std::optional<std::uint64_t> timestamp() const noexcept { return u64(ESLP_HEADER_EVENT_DATE_TIMESTAMP); }
    std::optional<std::uint64_t> sequence() const noexcept { return u64(ESLP_HEADER_EVENT_SEQUENCE); }
    /// These are the `_OTHER` of their lists where the header is not there, or has another word.
    eslp::hangup_cause hangup_cause() const noexcept { return ::eslp_event_hangup_cause(&c_); }
    eslp::channel_state channel_state() const noexcept { return ::eslp_event_channel_state(&c_); }
    eslp::call_state call_state() const noexcept { return ::eslp_event_call_state(&c_); }
    eslp::answer_state answer_state() const noexcept { return ::eslp_event_answer_state(&c_); }
    eslp::direction direction() const noexcept { return ::eslp_event_direction(&c_); }

    /// All headers of this name, which must stay where it is while they are gone through.
    headers get_all(std::string_view name) const noexcept {
        return detail::headers_of(::eslp_event_get_all, &c_, detail::bytes(name));
    }

    headers all() const noexcept { return detail::headers_of(::eslp_event_headers, &c_); }
    headers::iterator begin() const noexcept { return all().begin(); }
    end_of_sequence end() const noexcept { return {}; }

    /// The event's own body: the result of a background job, the text of a message.
    std::optional<value> body() const noexcept { return detail::ask_value(::eslp_event_body, &c_); }

    /// Reads the whole text and says whether that is possible. Plain text always is.
    status validate(std::size_t* offset = nullptr) const noexcept { return ::eslp_event_validate(&c_, offset); }

private:
    result<std::string_view> document(eslp::format as, span<char> out, int flags) const noexcept {
        std::size_t len = 0;
        eslp_status status = ::eslp_event_transcode(&c_, as, flags, out.data(), out.size(), &len);
        if (status != ESLP_OK) {
            return result<std::string_view>(status, len);
        }
        return std::string_view(out.data(), len);
    }

    eslp_event c_;
};

/// An index of an event's headers in the caller's slots, so that look-ups need not walk the text again. Valid as long
/// as the bytes and the slots, which can then be used for the next event.
///
///     eslp_slot slots[256];
///     eslp::indexed_event call(event, slots);
class indexed_event {
public:
    /// With fewer slots than headers, the rest is walked: slower, never wrong.
    indexed_event(const event& event, span<eslp_slot> slots) noexcept : c_() {
        // The only failure is an event that is none, which has no headers.
        (void)::eslp_event_index(&event.c(), slots.data(), slots.size(), &c_);
    }
    indexed_event(const indexed_event&) = delete;
    indexed_event& operator=(const indexed_event&) = delete;

    event_name name() const noexcept { return static_cast<event_name>(::eslp_index_name_of(&c_)); }
    std::optional<value> get(std::string_view name) const noexcept {
        return detail::ask_value(::eslp_index_get, &c_, detail::bytes(name));
    }
    std::optional<value> body() const noexcept { return detail::ask_value(::eslp_index_body, &c_); }
    headers all() const noexcept { return detail::headers_of(::eslp_index_headers, &c_); }
    headers::iterator begin() const noexcept { return all().begin(); }
    end_of_sequence end() const noexcept { return {}; }

private:
    eslp_index c_;
};

} // namespace eslp

#endif
