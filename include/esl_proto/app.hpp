// The applications that a channel executes, with arguments that they read as they are meant.
#ifndef ESL_PROTO_APP_HPP
#define ESL_PROTO_APP_HPP

#include "command.hpp"

namespace eslp {

/// An application with its arguments, made by the functions below; other fields of eslp_app are set through `->`. It
/// borrows its texts until it has been written.
///
///     char argument[512];
///     if (auto play = eslp::app::playback("/tmp/hello.wav").encode(argument)) client.send(eslp::cmd::execute(*play).to(uuid), out);
///
/// Texts arrive unchanged: `${...}` is refused, unless expand() lets the server expand it.
class application {
public:
    explicit application(eslp_app_kind kind) noexcept : c_() { c_.kind = kind; }

    eslp_app* operator->() noexcept { return &c_; }
    const eslp_app& c() const noexcept { return c_; }
    application& expand(bool on = true) noexcept {
        c_.expand = on;
        return *this;
    }

    /// Its name and argument, for cmd::execute; the argument is written to `out`. `required()` is how much room it needs.
    result<eslp_execute> encode(span<char> out, eslp_app_fault* fault = nullptr) const noexcept {
        eslp_execute execute = {};
        eslp_status status = ::eslp_app_encode(&c_, out.data(), out.size(), &execute, fault);
        if (status != ESLP_OK) {
            return result<eslp_execute>(status, execute.arg.len);
        }
        return execute;
    }

private:
    eslp_app c_;
};

/// The applications that are used most, by their names.
namespace app {

inline application answer() noexcept { return application(ESLP_APP_ANSWER); }
inline application park() noexcept { return application(ESLP_APP_PARK); }
inline application playback(std::string_view file ESL_PROTO_LIFETIMEBOUND) noexcept {
    application made(ESLP_APP_PLAYBACK);
    made->file = detail::given(file);
    return made;
}
inline application set(std::string_view name ESL_PROTO_LIFETIMEBOUND, std::string_view value ESL_PROTO_LIFETIMEBOUND) noexcept {
    application made(ESLP_APP_SET);
    made->name = detail::given(name);
    made->value = detail::given(value);
    return made;
}
inline application play_and_get_digits(std::uint32_t min, std::uint32_t max, std::string_view file ESL_PROTO_LIFETIMEBOUND,
                                       std::string_view variable ESL_PROTO_LIFETIMEBOUND) noexcept {
    application made(ESLP_APP_PLAY_AND_GET_DIGITS);
    made->min = min;
    made->max = max;
    made->file = detail::given(file);
    made->name = detail::given(variable);
    return made;
}
inline application transfer(std::string_view extension ESL_PROTO_LIFETIMEBOUND) noexcept {
    application made(ESLP_APP_TRANSFER);
    made->target = detail::given(extension);
    return made;
}
inline application record(std::string_view file ESL_PROTO_LIFETIMEBOUND) noexcept {
    application made(ESLP_APP_RECORD);
    made->file = detail::given(file);
    return made;
}
inline application sleep(std::uint32_t milliseconds) noexcept {
    application made(ESLP_APP_SLEEP);
    made->timeout = milliseconds;
    return made;
}
inline application hangup(hangup_cause cause) noexcept {
    application made(ESLP_APP_HANGUP);
    made->cause = ::eslp_cause_text(cause);
    return made;
}

} // namespace app
} // namespace eslp

#endif
