// Commands: what a client asks of the server, each with its options by name.
#ifndef ESL_PROTO_COMMAND_HPP
#define ESL_PROTO_COMMAND_HPP

#include "message.hpp"

namespace eslp {

/// A name and a value: of a header, a variable, an application and its argument.
struct pair : eslp_pair {
    pair(std::string_view the_name ESL_PROTO_LIFETIMEBOUND, std::string_view the_value ESL_PROTO_LIFETIMEBOUND) noexcept : eslp_pair() {
        name = detail::given(the_name);
        value = detail::given(the_value);
    }
    /// What a function of the library has made: see eslp::on().
    explicit pair(const eslp_pair& c) noexcept : eslp_pair(c) {}
    /// It keeps pointers, so temporaries are not accepted as texts.
    template <class Name, class Value,
              class = std::enable_if_t<std::is_same_v<Name, std::string> || std::is_same_v<Value, std::string>>>
    pair(Name&&, Value&&) = delete;
};
static_assert(sizeof(pair) == sizeof(eslp_pair), "an array of these is one of those");

/// What is wrong with a command, and where.
struct fault {
    eslp_field field = ESLP_FIELD_NONE;
    /// Which one, if the command has several of them.
    std::size_t item = 0;
    /// The byte of that part.
    std::size_t offset = 0;

    fault() = default;
    fault(const eslp_fault& c) noexcept : field(c.field), item(c.item), offset(c.offset) {}

    /// What the part is called, in English.
    std::string_view text() const noexcept { return detail::view(::eslp_field_text(field)); }
};

/// A command, made by one of the types in eslp::cmd or read from a request. It borrows the texts it was made of, which
/// must stay where they are until it has been written, except a std::string passed by value, which it owns.
///
///     eslp::cmd::api status("status " + what); // good as long as `status` is there
///
/// No text can forge the protocol: line ends and NUL are refused wherever they would. Texts that may hold line ends are
/// sent as a body.
class command : protected detail::kept_texts {
public:
    /// How a command was written: with ESLP_OK `len` bytes of it, with ESLP_INSUFFICIENT how many are needed, and with
    /// an error from ESLP_COMMAND_EMPTY on where it is wrong.
    struct [[nodiscard]] encoded {
        eslp::status status;
        std::size_t len = 0;
        eslp::fault fault;
    };

    explicit command(eslp_command_kind kind) noexcept : c_() { c_.kind = kind; }
    explicit command(const eslp_command& c) noexcept : c_(c) {}

    /// Reads a request as the server would; `offset` is the place in its line where that is not possible.
    static status parse(const request& request, command& read, std::size_t* offset = nullptr) noexcept {
        return ::eslp_command_parse(&request.c(), &read.c_, offset);
    }

    const eslp_command& c() const noexcept { return c_; }
    eslp_command_kind kind() const noexcept { return c_.kind; }

    /// Writes it, for hosts without an eslp::client. Send it in one piece.
    encoded encode(span<char> out) const noexcept {
        encoded result;
        eslp_fault fault = {};
        result.status = ::eslp_command_encode(&c_, out.data(), out.size(), &result.len, &fault);
        result.fault = fault;
        return result;
    }

protected:
    eslp_command c_;
};

namespace detail {

inline eslp_pairs pairs(span<const pair> pairs) noexcept {
    eslp_pairs list = {};
    list.items = pairs.data();
    list.count = pairs.size();
    return list;
}

/// What all messages to a channel have.
template <class Derived>
class channel_command : public command {
public:
    explicit channel_command(eslp_call_kind call) noexcept : command(ESLP_COMMAND_SENDMSG) { message().call = call; }

    /// The channel. An outbound connection may leave it out, and means the one it controls then.
    Derived& to(string_arg uuid) {
        message().uuid = this->keep_optional(uuid);
        return derived();
    }
    /// The channel handles no other message before this one has ended.
    Derived& event_lock(bool on = true) noexcept {
        message().event_lock = on;
        return derived();
    }
    /// The same for messages of priority.
    Derived& event_lock_pri(bool on = true) noexcept {
        message().event_lock_pri = on;
        return derived();
    }
    /// In sync outbound mode: answer at once and let the application run.
    Derived& run_async(bool on = true) noexcept {
        message().run_async = on;
        return derived();
    }
    /// How many frames of media to wait for first.
    Derived& lead_frames(std::uint32_t count) noexcept {
        message().lead_frames = count;
        return derived();
    }

protected:
    eslp_sendmsg& message() noexcept { return c_.as.sendmsg; }
    Derived& derived() noexcept { return static_cast<Derived&>(*this); }
};

} // namespace detail

/// The commands, under the names that they have on the wire. Options are set by functions with their names:
/// `cmd::execute("playback", "/tmp/hello.wav").to(uuid).event_uuid("hello").loops(2)`.
namespace cmd {

/// Answers the auth request with the password of the server.
struct auth : command {
    explicit auth(string_arg password) : command(ESLP_COMMAND_AUTH) {
        c_.as.auth.password = keep(password);
    }
};

/// Answers the auth request as a user of the directory.
struct userauth : command {
    userauth(string_arg user, string_arg domain, string_arg password)
        : command(ESLP_COMMAND_USERAUTH) {
        c_.as.auth.user = keep(user);
        c_.as.auth.domain = keep(domain);
        c_.as.auth.password = keep(password);
    }
};

/// Runs an API command; events wait until it has ended.
struct api : command {
    explicit api(string_arg line) : command(ESLP_COMMAND_API) { c_.as.api.line = keep(line); }

    /// The server's console aliases are known, as fs_cli wants. A line `...` shuts the server down then.
    api& console_execute(bool on = true) noexcept {
        c_.as.api.console_execute = on;
        return *this;
    }
};

/// Runs an API command beside the connection. Its end comes as a BACKGROUND_JOB event.
struct bgapi : command {
    explicit bgapi(string_arg line) : command(ESLP_COMMAND_BGAPI) {
        c_.as.api.line = keep(line);
    }

    /// The name that the job shall have, at most 200 bytes.
    bgapi& job_uuid(string_arg name) {
        c_.as.api.job_uuid = keep(name);
        return *this;
    }
};

/// Subscribes to more events: names between blanks, as a person types them, or eslp::event_names.
struct event : command {
    explicit event(string_arg names) : command(ESLP_COMMAND_EVENT) {
        c_.as.event.names = keep(names);
    }
    event(eslp::format format, string_arg names) : event(names) { this->format(format); }

    /// The format of all events from now on; unchanged by default.
    event& format(eslp::format format) noexcept {
        c_.as.event.format = format;
        return *this;
    }
    /// Subclasses of CUSTOM events between blanks; they imply CUSTOM.
    event& subclasses(string_arg names) {
        c_.as.event.subclasses = keep(names);
        return *this;
    }
};

/// Subscribes to fewer events.
struct nixevent : command {
    explicit nixevent(string_arg names) : command(ESLP_COMMAND_NIXEVENT) {
        c_.as.event.names = keep(names);
    }

    nixevent& subclasses(string_arg names) {
        c_.as.event.subclasses = keep(names);
        return *this;
    }
};

/// Ends all subscriptions and discards the events that wait. Filters stay.
struct noevents : command {
    noevents() noexcept : command(ESLP_COMMAND_NOEVENTS) {}
};

/// Subscribes to the events of one channel: that of an outbound connection if no uuid is said.
struct myevents : command {
    myevents() noexcept : command(ESLP_COMMAND_MYEVENTS) {}
    explicit myevents(string_arg uuid) : myevents() { c_.as.myevents.uuid = keep(uuid); }

    /// In outbound mode only: the server would lose it together with a uuid.
    myevents& format(eslp::format format) noexcept {
        c_.as.myevents.format = format;
        return *this;
    }
};

/// Whether events for the channel's own script come here.
struct divert_events : command {
    explicit divert_events(bool on) noexcept : command(ESLP_COMMAND_DIVERT_EVENTS) { c_.as.on = on; }
};

/// Lets only some of the subscribed events through. A value `/.../` is a regular expression; `-` before it excludes.
struct filter_add : command {
    filter_add(string_arg header, string_arg value) : command(ESLP_COMMAND_FILTER_ADD) {
        c_.as.filter.header = keep(header);
        c_.as.filter.value = keep(value);
    }
};

/// Takes a filter back, or all filters on a header.
struct filter_delete : command {
    explicit filter_delete(string_arg header) : command(ESLP_COMMAND_FILTER_DELETE) {
        c_.as.filter.header = keep(header);
    }
    filter_delete(string_arg header, string_arg value) : filter_delete(header) {
        c_.as.filter.value = keep(value);
    }
};

/// Takes all filters back.
struct filter_delete_all : command {
    filter_delete_all() noexcept : command(ESLP_COMMAND_FILTER_DELETE_ALL) {}
};

/// Fires an event in the server.
struct sendevent : command {
    explicit sendevent(string_arg name) : command(ESLP_COMMAND_SENDEVENT) {
        c_.as.sendevent.name = keep(name);
    }

    sendevent& headers(span<const pair> headers) noexcept {
        c_.as.sendevent.headers = detail::pairs(headers);
        return *this;
    }
    sendevent& body(string_arg body) {
        c_.as.sendevent.body = keep(body);
        return *this;
    }
};

/// Runs an application on a channel. One that the server does not know ends the call.
struct execute : detail::channel_command<execute> {
    explicit execute(string_arg app, string_arg arg = std::string_view()) : channel_command(ESLP_CALL_EXECUTE) {
        message().execute.app = keep(app);
        message().execute.arg = keep_optional(arg);
    }

    /// What application::encode() has made.
    explicit execute(const eslp_execute& application) noexcept : channel_command(ESLP_CALL_EXECUTE) {
        message().execute = application;
    }

    /// What CHANNEL_EXECUTE_COMPLETE shall carry as Application-UUID.
    execute& event_uuid(string_arg uuid) {
        message().execute.event_uuid = keep(uuid);
        return *this;
    }
    /// What it shall carry as Application-UUID-Name.
    execute& event_uuid_name(string_arg name) {
        message().execute.event_uuid_name = keep(name);
        return *this;
    }
    /// How often, negative for ever. A run of less than half a second is the last.
    execute& loops(std::int32_t count) noexcept {
        message().execute.loops = count;
        return *this;
    }
    /// The bridged channel gets its hold music meanwhile.
    execute& hold_bleg(bool on = true) noexcept {
        message().execute.hold_bleg = on;
        return *this;
    }
};

/// Ends a call.
struct hangup : detail::channel_command<hangup> {
    hangup() noexcept : channel_command(ESLP_CALL_HANGUP) {}
    explicit hangup(string_arg cause) : hangup() { message().hangup_cause = keep(cause); }
    explicit hangup(hangup_cause cause) noexcept : hangup(eslp::text(cause)) {}
};

/// Sends and receives a call's media at a socket. What is not said is the server's default.
struct unicast : detail::channel_command<unicast> {
    unicast() noexcept : channel_command(ESLP_CALL_UNICAST) {}

    unicast& local(string_arg ip, std::uint16_t port) {
        message().unicast.local_ip = keep(ip);
        message().unicast.local_port = port;
        return *this;
    }
    unicast& remote(string_arg ip, std::uint16_t port) {
        message().unicast.remote_ip = keep(ip);
        message().unicast.remote_port = port;
        return *this;
    }
    /// `udp` or `tcp`.
    unicast& transport(string_arg transport) {
        message().unicast.transport = keep(transport);
        return *this;
    }
    /// `native`: as the codec has them, not decoded.
    unicast& flags(string_arg flags) {
        message().unicast.flags = keep(flags);
        return *this;
    }
};

/// Lets the media of a bridged call flow past the server.
struct nomedia : detail::channel_command<nomedia> {
    explicit nomedia(string_arg uuid) : channel_command(ESLP_CALL_NOMEDIA) {
        message().nomedia_uuid = keep(uuid);
    }
};

/// Transfers a channel to an extension made of applications.
struct xferext : detail::channel_command<xferext> {
    explicit xferext(span<const pair> applications) noexcept : channel_command(ESLP_CALL_XFEREXT) {
        message().applications = detail::pairs(applications);
    }
};

/// Any other call-command, which the server accepts and ignores; or a message without one.
struct sendmsg : detail::channel_command<sendmsg> {
    explicit sendmsg(string_arg call_command = std::string_view()) : channel_command(ESLP_CALL_OTHER) {
        message().other = keep(call_command);
    }
};

/// Subscribes to log lines up to a level.
struct log : command {
    log() noexcept : command(ESLP_COMMAND_LOG) { c_.as.log_level = ESLP_LOG_NONE; }
    explicit log(log_level level) noexcept : command(ESLP_COMMAND_LOG) { c_.as.log_level = level; }
};

/// Ends the subscription to log lines.
struct nolog : command {
    nolog() noexcept : command(ESLP_COMMAND_NOLOG) {}
};

/// Keeps the connection after the channel has ended, for its last events: for ever, or so many seconds.
struct linger : command {
    explicit linger(std::int64_t seconds = ESLP_LINGER_FOREVER) noexcept : command(ESLP_COMMAND_LINGER) {
        c_.as.linger_seconds = seconds == 0 ? ESLP_LINGER_AT_ONCE : seconds;
    }
};

/// Takes `linger` back.
struct nolinger : command {
    nolinger() noexcept : command(ESLP_COMMAND_NOLINGER) {}
};

/// Asks for a variable of the controlled channel.
struct getvar : command {
    explicit getvar(string_arg name) : command(ESLP_COMMAND_GETVAR) {
        c_.as.variable = keep(name);
    }
};

/// The first command of an outbound connection; answered with the data of the channel.
struct connect : command {
    connect() noexcept : command(ESLP_COMMAND_CONNECT) {}
};

/// Lets the dialplan go on when the outbound connection ends.
struct resume : command {
    resume() noexcept : command(ESLP_COMMAND_RESUME) {}
};

/// Ends the connection. Events that wait are discarded; in outbound mode the call ends, unless `resume` was sent.
struct exit : command {
    exit() noexcept : command(ESLP_COMMAND_EXIT) {}
};

} // namespace cmd
} // namespace eslp

#endif
