// Whom to call: the line of `originate` and the argument of `bridge`, written so that the server reads what is meant.
#ifndef ESL_PROTO_DIAL_HPP
#define ESL_PROTO_DIAL_HPP

#include "command.hpp"

namespace eslp {

/// One channel to call. It keeps pointers, as a command does.
///
///     const eslp::pair late[] = {{"leg_delay_start", "5"}};
///     const eslp::leg legs[] = {eslp::leg("user/1000"), eslp::leg("user/1001").variables(late)};
struct leg : eslp_leg {
    leg() noexcept : eslp_leg() {}
    explicit leg(std::string_view what) noexcept : eslp_leg() { endpoint = detail::given(what); }

    /// The variables of this channel alone, in `[...]`.
    leg& variables(span<const pair> own) noexcept {
        eslp_leg::variables = detail::pairs(own);
        return *this;
    }
    /// The variables of all legs of its handle, in `{...}`; count only for a handle's first leg.
    leg& handle_variables(span<const pair> all) noexcept {
        eslp_leg::handle_variables = detail::pairs(all);
        return *this;
    }
    /// It begins a list that is called if nobody answers in the list before.
    leg& or_else() noexcept {
        join = ESLP_JOIN_OR;
        return *this;
    }
    /// It begins a new handle, called at the same time.
    leg& enterprise() noexcept {
        join = ESLP_JOIN_ENTERPRISE;
        return *this;
    }
};
static_assert(sizeof(leg) == sizeof(eslp_leg), "an array of these is one of those");

/// What is wrong with a call, and where.
struct dial_fault {
    eslp_dial_field field = ESLP_DIAL_FIELD_NONE;
    std::size_t leg = 0;
    /// Which one, if there are several of them in one place.
    std::size_t item = 0;
    /// The byte of that part.
    std::size_t offset = 0;

    dial_fault() = default;
    dial_fault(const eslp_dial_fault& c) noexcept
        : field(c.field), leg(c.leg), item(c.item), offset(c.offset) {}

    /// What the part is called, in English.
    std::string_view text() const noexcept { return detail::view(::eslp_dial_field_text(field)); }
};

/// How a call was written: with ESLP_OK `len` bytes of it, with ESLP_DIAL_INSUFFICIENT how many are needed, and with an
/// error from ESLP_DIAL_EMPTY on where it is wrong.
struct dial_encoded {
    eslp::status status;
    std::size_t len = 0;
    dial_fault fault;
};

/// How a call was read: how many legs it has; after an error the place in the text.
struct dial_read {
    eslp::status status;
    std::size_t legs = 0;
    std::size_t offset = 0;
};

namespace detail {

template <class Function, class Call>
dial_encoded encode_call(Function function, const Call& call, span<char> out) noexcept {
    dial_encoded result;
    eslp_dial_fault fault = {};
    result.status = function(&call, out.data(), out.size(), &result.len, &fault);
    result.fault = fault;
    return result;
}

template <class Function, class Call>
dial_read read_call(Function function, std::string_view text, Call& call, span<char> storage,
                    span<eslp_leg> legs) noexcept {
    eslp_dial_read told = {};
    dial_read result;
    result.status = function(given(text), storage.data(), storage.size(), legs.data(), legs.size(), &call, &told);
    result.legs = told.legs;
    result.offset = told.offset;
    return result;
}

} // namespace detail

/// Whom to call: an endpoint, or legs.
class dial {
public:
    dial(std::string_view endpoint) noexcept : single_(endpoint), c_() { c_.count = 1; }
    dial(const char* endpoint) noexcept : dial(std::string_view(endpoint)) {}
    dial(span<const leg> legs) noexcept : c_() {
        c_.legs = legs.data();
        c_.count = legs.size();
    }
    template <std::size_t N>
    dial(const leg (&legs)[N]) noexcept : dial(span<const leg>(legs)) {}

    /// The variables of all legs of all handles, in `<...>`.
    dial& variables(span<const pair> all) noexcept {
        c_.variables = detail::pairs(all);
        return *this;
    }

    /// Writes the argument of `bridge`.
    dial_encoded encode(span<char> out) const noexcept { return detail::encode_call(::eslp_bridge_encode, c(), out); }

    /// Reads the argument of `bridge` as the server would, into `storage` and `legs`: as many bytes as the text has are
    /// enough.
    static dial_read parse(std::string_view text, eslp_dial& call, span<char> storage, span<eslp_leg> legs) noexcept {
        return detail::read_call(::eslp_bridge_parse, text, call, storage, legs);
    }

    /// Valid as long as this is.
    eslp_dial c() const noexcept {
        eslp_dial whole = c_;
        whole.legs = c_.legs == nullptr ? &single_ : c_.legs;
        return whole;
    }

private:
    leg single_;
    eslp_dial c_;
};

/// The line of `originate`, for cmd::bgapi: `originate("user/1000").application("park").timeout_sec(20)`.
class originate {
public:
    explicit originate(const dial& whom) noexcept : whom_(whom), c_() {}

    /// Where the dialplan routes the call, or what it executes.
    originate& extension(std::string_view name) noexcept { return set(c_.extension, name); }
    originate& application(std::string_view name, std::string_view argument = {}) noexcept {
        set(c_.argument, argument);
        return set(c_.application, name);
    }
    originate& dialplan(std::string_view name) noexcept { return set(c_.dialplan, name); }
    originate& context(std::string_view name) noexcept { return set(c_.context, name); }
    originate& cid_name(std::string_view name) noexcept { return set(c_.cid_name, name); }
    originate& cid_num(std::string_view number) noexcept { return set(c_.cid_num, number); }
    originate& timeout_sec(std::uint32_t seconds) noexcept {
        c_.timeout_sec = seconds;
        return *this;
    }

    dial_encoded encode(span<char> out) const noexcept {
        eslp_originate whole = c_;
        whole.dial = whom_.c();
        return detail::encode_call(::eslp_originate_encode, whole, out);
    }

    /// Reads a line as the server would, as dial::parse().
    static dial_read parse(std::string_view line, eslp_originate& call, span<char> storage,
                           span<eslp_leg> legs) noexcept {
        return detail::read_call(::eslp_originate_parse, line, call, storage, legs);
    }

private:
    originate& set(eslp_bytes& field, std::string_view text) noexcept {
        field = detail::given(text);
        return *this;
    }

    dial whom_;
    eslp_originate c_;
};

/// An endpoint, built from its parts: no part can become another. `leg` takes the result of encode().
class endpoint {
public:
    /// A user or a group of the directory, in its domain if that is said.
    static endpoint user(std::string_view name ESL_PROTO_LIFETIMEBOUND, std::string_view domain ESL_PROTO_LIFETIMEBOUND = {}) noexcept {
        return of(ESLP_ENDPOINT_USER, {}, name, domain);
    }
    static endpoint group(std::string_view name ESL_PROTO_LIFETIMEBOUND, std::string_view domain ESL_PROTO_LIFETIMEBOUND = {}) noexcept {
        return of(ESLP_ENDPOINT_GROUP, {}, name, domain);
    }
    /// A SIP address, from one of the server's profiles.
    static endpoint sofia(std::string_view profile ESL_PROTO_LIFETIMEBOUND, std::string_view address ESL_PROTO_LIFETIMEBOUND) noexcept {
        return of(ESLP_ENDPOINT_SOFIA, profile, address, {});
    }
    /// A number at a SIP provider.
    static endpoint gateway(std::string_view name ESL_PROTO_LIFETIMEBOUND, std::string_view number ESL_PROTO_LIFETIMEBOUND) noexcept {
        return of(ESLP_ENDPOINT_GATEWAY, name, number, {});
    }
    /// Where a user has registered at a profile.
    static endpoint contact(std::string_view profile ESL_PROTO_LIFETIMEBOUND, std::string_view user ESL_PROTO_LIFETIMEBOUND,
                            std::string_view domain ESL_PROTO_LIFETIMEBOUND) noexcept {
        return of(ESLP_ENDPOINT_CONTACT, profile, user, domain);
    }
    /// An extension of the dialplan, in its context, and by its dialplan, if they are said.
    static endpoint loopback(std::string_view extension ESL_PROTO_LIFETIMEBOUND, std::string_view context ESL_PROTO_LIFETIMEBOUND = {},
                             std::string_view dialplan ESL_PROTO_LIFETIMEBOUND = {}) noexcept {
        endpoint made = of(ESLP_ENDPOINT_LOOPBACK, {}, extension, {});
        made.c_.context = detail::bytes(context);
        made.c_.dialplan = detail::bytes(dialplan);
        return made;
    }
    /// A browser that has logged in.
    static endpoint verto(std::string_view user ESL_PROTO_LIFETIMEBOUND, std::string_view domain ESL_PROTO_LIFETIMEBOUND = {}) noexcept {
        return of(ESLP_ENDPOINT_VERTO, {}, user, domain);
    }
    /// Nobody: the call fails with this cause.
    static endpoint error(hangup_cause cause) noexcept { return of(ESLP_ENDPOINT_ERROR, {}, eslp::text(cause), {}); }
    /// A channel without anybody, which answers at once.
    static endpoint null() noexcept { return of(ESLP_ENDPOINT_NULL, {}, {}, {}); }
    /// Whoever takes the call with the application `pickup`.
    static endpoint pickup(std::string_view key ESL_PROTO_LIFETIMEBOUND) noexcept { return of(ESLP_ENDPOINT_PICKUP, {}, key, {}); }

    const eslp_endpoint& c() const noexcept { return c_; }

    dial_encoded encode(span<char> out) const noexcept { return detail::encode_call(::eslp_endpoint_encode, c_, out); }

private:
    static endpoint of(eslp_endpoint_kind kind, std::string_view profile, std::string_view name, std::string_view domain) noexcept {
        endpoint made;
        made.c_.kind = kind;
        made.c_.profile = detail::bytes(profile);
        made.c_.name = detail::bytes(name);
        made.c_.domain = detail::bytes(domain);
        return made;
    }

    eslp_endpoint c_ = {};
};

/// The variable that has a channel execute something on an occasion, for the variables of a leg, a handle or a dial string.
struct hook_encoded {
    eslp::status status;
    /// Valid as long as the bytes in the buffer; with ESLP_DIAL_INSUFFICIENT the length of its value is what is needed.
    eslp_pair variable = {};
    dial_fault fault;

    explicit operator bool() const noexcept { return status.ok(); }
    /// The variable, for a list of them.
    pair operator*() const noexcept { return pair(variable); }
};

/// An application that the channel executes then, from application::encode(): before the call continues, or
/// asynchronously.
///
///     auto hook = eslp::on(ESLP_HOOK_ANSWER, *eslp::app::playback("/tmp/recorded.wav").encode(argument), value);
///     const eslp::pair variables[] = {*hook};
inline hook_encoded on(eslp_hook occasion, const eslp_execute& app, span<char> out, bool in_background = false) noexcept {
    hook_encoded made;
    eslp_dial_fault fault = {};
    made.status = ::eslp_hook_encode(occasion, app.app, app.arg, in_background, out.data(), out.size(), &made.variable, &fault);
    made.fault = fault;
    return made;
}

/// The same for an API command.
inline hook_encoded api_on(eslp_hook occasion, std::string_view line, span<char> out) noexcept {
    hook_encoded made;
    eslp_dial_fault fault = {};
    made.status = ::eslp_hook_encode(occasion, eslp_bytes{}, detail::given(line), false, out.data(), out.size(), &made.variable, &fault);
    made.fault = fault;
    return made;
}

/// An inline dialplan: applications, by their names with their arguments, that a channel executes one after another. For
/// `originate::extension` with the dialplan `inline`.
class inline_dialplan {
public:
    explicit inline_dialplan(span<const pair> apps) noexcept : c_(detail::pairs(apps)) {}

    dial_encoded encode(span<char> out) const noexcept { return detail::encode_call(::eslp_inline_encode, c_, out); }

    /// Reads one as the server would: headers_of() walks what was read. One byte of storage more than the text has is enough.
    static eslp::status parse(std::string_view text, eslp_pairs& apps, span<char> storage, std::size_t* offset = nullptr) noexcept {
        return ::eslp_inline_parse(detail::given(text), storage.data(), storage.size(), &apps, offset);
    }

private:
    eslp_pairs c_;
};

/// What was read of a list of variables, or of the headers in a command: as names and values.
inline headers headers_of(const eslp_pairs& pairs) noexcept { return detail::headers_of(::eslp_pairs_headers, &pairs); }

} // namespace eslp

#endif
