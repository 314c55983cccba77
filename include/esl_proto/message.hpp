// What a server says with one frame, and what a client asks with one.
#ifndef ESL_PROTO_MESSAGE_HPP
#define ESL_PROTO_MESSAGE_HPP

#include "event.hpp"

namespace eslp {

/// A header, or a part of one, of a frame that comes in parts.
struct header_part {
    /// Nothing if this continues the value of the header before it.
    std::optional<eslp::value> name;
    eslp::value value;
    /// Whether this part of the value is preceded by a line end.
    bool after_line_end = false;
    /// Whether the line ends here. Otherwise the first header of the next part continues the value.
    bool is_complete = true;
};

namespace detail {

struct lines_cursor {
    using value_type = header_part;
    eslp_lines c = {};

    bool next(header_part& part) noexcept {
        eslp_header_part result = {};
        if (::eslp_lines_next(&c, &result) != ESLP_OK) {
            return false;
        }
        part.name = result.name.data == nullptr ? std::nullopt : std::optional<value>(result.name);
        part.value = value(result.value);
        part.after_line_end = result.after_line_end != 0;
        part.is_complete = result.is_complete != 0;
        return true;
    }
};

} // namespace detail

/// Header lines of a frame that is longer than the limit: a part of its head, or of the headers of a plain event.
///
///     for (const eslp::header_part& part : in.lines()) { ... }
class lines {
public:
    using iterator = sequence<detail::lines_cursor>::iterator;

    lines() noexcept : c_() {}
    lines(const eslp_lines& c) noexcept : c_(c) {}

    const eslp_lines& c() const noexcept { return c_; }

    /// The lines with their line ends.
    std::string_view text() const noexcept { return detail::view(c_.bytes); }
    bool empty() const noexcept { return c_.bytes.len == 0; }
    /// Whether the first line began in the part before.
    bool goes_on() const noexcept { return c_.goes_on != 0; }
    /// Whether they are those of an event, or of the reply to `connect`.
    bool is_event() const noexcept { return c_.is_event != 0; }

    iterator begin() const noexcept { return iterator(detail::lines_cursor{c_}); }
    end_of_sequence end() const noexcept { return {}; }

private:
    eslp_lines c_;
};

/// One frame by its Content-Type. A view: valid as long as the bytes in the buffer.
///
/// Each look-up is empty if the message is of another kind, or does not say.
class message {
public:
    message() noexcept : c_() {}
    message(const eslp_message& c) noexcept : c_(c) {}

    const eslp_message& c() const noexcept { return c_; }

    eslp_message_kind kind() const noexcept { return c_.kind; }

    /// The lines of the frame's head as they stand there; those of an event are for event().
    eslp::headers headers() const noexcept { return detail::headers_of(::eslp_message_headers, &c_); }
    /// The first of them of this name.
    std::optional<value> get(std::string_view name) const noexcept {
        return detail::ask_value(::eslp_message_get, &c_, detail::bytes(name));
    }
    std::optional<std::string_view> content_type() const noexcept {
        return detail::optional_view(c_.frame.content_type);
    }
    std::optional<std::string_view> body() const noexcept { return detail::optional_view(c_.frame.body); }

    /// The event: of an event, or of the reply to `connect`, whose head has the data of the channel. Nothing if its body
    /// comes in parts.
    std::optional<eslp::event> event() const noexcept {
        auto event = detail::ask<eslp_event>(::eslp_message_event, &c_);
        return event ? std::optional<eslp::event>(*event) : std::nullopt;
    }

    /// The Reply-Text of a reply, the output in an api response, a log line, a notice's or rejection's text.
    std::optional<value> text() const noexcept { return detail::ask_value(::eslp_message_text, &c_); }
    /// Whether the frame has lost its end on the wire; whether the server has broken a reply, so that its text is not
    /// complete and may be anything. The command that it answers is the right one.
    bool is_cut() const noexcept { return ::eslp_message_is_cut(&c_); }
    bool is_broken() const noexcept { return ::eslp_reply_is_broken(&c_); }
    /// How the text of a reply or api response begins.
    eslp_reply_status reply_status() const noexcept { return ::eslp_message_reply_status(&c_); }
    /// What follows `+OK`, `-ERR` or `-USAGE` in it, without the blanks around; all of it if it begins with none.
    std::optional<std::string_view> detail() const noexcept {
        return detail::ask_view(::eslp_message_detail, &c_);
    }

    /// In a reply: its text with all that follows in the head, the whole of a `getvar` of several lines.
    std::optional<value> text_to_end() const noexcept { return detail::ask_value(::eslp_reply_text_to_end, &c_); }
    /// In the reply to `bgapi`: the name of the job.
    std::optional<value> job_uuid() const noexcept { return detail::ask_value(::eslp_reply_job_uuid, &c_); }
    /// In the reply to `userauth`: what the user may do.
    std::optional<value> allowed_events() const noexcept {
        return detail::ask_value(::eslp_reply_allowed_events, &c_);
    }
    std::optional<value> allowed_api() const noexcept { return detail::ask_value(::eslp_reply_allowed_api, &c_); }
    std::optional<bool> allowed_log() const noexcept { return detail::ask<bool>(::eslp_reply_allowed_log, &c_); }
    /// In the reply to `connect`: whether applications run asynchronously.
    std::optional<eslp_socket_mode> socket_mode() const noexcept {
        return detail::ask<eslp_socket_mode>(::eslp_reply_socket_mode, &c_);
    }
    /// In the reply to `connect`: whether all commands may be used.
    std::optional<bool> full_control() const noexcept { return detail::ask<bool>(::eslp_reply_full_control, &c_); }

    /// In a log line: how urgent it is, where it comes from, and which channel it is about.
    std::optional<eslp::log_level> log_level() const noexcept {
        return detail::ask<eslp::log_level>(::eslp_log_level_of, &c_);
    }
    std::optional<value> log_file() const noexcept { return detail::ask_value(::eslp_log_file, &c_); }
    std::optional<value> log_function() const noexcept { return detail::ask_value(::eslp_log_function, &c_); }
    std::optional<std::uint64_t> log_line() const noexcept { return detail::ask<std::uint64_t>(::eslp_log_line, &c_); }
    std::optional<std::uint64_t> log_text_channel() const noexcept {
        return detail::ask<std::uint64_t>(::eslp_log_text_channel, &c_);
    }
    std::optional<value> log_channel_uuid() const noexcept { return detail::ask_value(::eslp_log_channel_uuid, &c_); }

    /// In a notice: whether the channel has ended only, and the connection lingers; which channel, and for how long.
    std::optional<bool> lingers() const noexcept { return detail::ask<bool>(::eslp_notice_lingers, &c_); }
    std::optional<value> session_uuid() const noexcept { return detail::ask_value(::eslp_notice_session_uuid, &c_); }
    std::optional<value> channel_name() const noexcept { return detail::ask_value(::eslp_notice_channel_name, &c_); }
    std::optional<std::int64_t> linger_seconds() const noexcept {
        return detail::ask<std::int64_t>(::eslp_notice_linger_seconds, &c_);
    }

private:
    eslp_message c_;
};

/// One frame that a client has sent. Valid as long as the bytes in the buffer.
class request {
public:
    request(const eslp_frame& c) noexcept : c_(c) {}

    const eslp_frame& c() const noexcept { return c_; }

    /// The word and its arguments.
    std::optional<std::string_view> line() const noexcept { return detail::ask_view(::eslp_request_line, &c_); }
    std::optional<std::string_view> get(std::string_view name) const noexcept {
        return detail::ask_view(::eslp_request_get, &c_, detail::bytes(name));
    }
    /// Content-Length is left out.
    eslp::headers headers() const noexcept { return detail::headers_of(::eslp_request_headers, &c_); }
    std::optional<std::string_view> body() const noexcept { return detail::optional_view(c_.body); }

private:
    eslp_frame c_;
};

} // namespace eslp

#endif
