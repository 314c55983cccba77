// Answers calls: an outbound server in C++, one thread for each call.
//
//     c++ -std=c++17 -O2 -pthread ivr.cpp $(pkg-config --cflags --libs esl_proto) -o ivr
//
//     ./ivr 9042          for ever
//     ./ivr 9042 1        one call
//
// FreeSWITCH connects to it for every call that its dialplan sends here: <action application="socket"
// data="127.0.0.1:9042 async full"/>. The caller hears a tone, types up to four digits, hears them counted back as
// tones, and is hung up on. Each step is a line on standard output.
//
// Exit status: 0; 2 if the command line makes no sense; 3 if nobody can be waited for at that port.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <esl_proto.hpp>

namespace {

namespace cmd = eslp::cmd;

constexpr std::string_view PROMPT = "tone_stream://%(200,100,440);loops=2";
/// How long the server may say nothing.
constexpr int PATIENCE_SECONDS = 30;

/// A socket that is closed at its end.
class descriptor {
public:
    explicit descriptor(int number) : number_(number) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    operator int() const { return number_; }

private:
    int number_;
};

/// One call, from its connection to its end.
class session {
public:
    explicit session(int socket) : socket_(socket), run_(std::random_device{}()) {
        timeval patience = {PATIENCE_SECONDS, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    void serve() {
        // The server answers in order, so nothing needs to be waited for in between.
        if (!send(cmd::connect()) || !send(cmd::myevents()) || !send(cmd::linger(5)) || !wait_for_call()) {
            return;
        }
        say("has come");
        talk();
        wait_for_end();
    }

private:
    /// Sends a command; nothing if the connection is gone.
    std::optional<eslp::command_id> send(const eslp::command& command) {
        char out[2048];
        eslp::sent sent = client_.send(command, out);
        if (!sent.ok()) {
            say("cannot be told: " + std::string(sent.status().text()));
            return std::nullopt;
        }
        std::string_view rest(out, sent.len());
        while (!rest.empty()) {
            ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (count < 0 && errno != EINTR) {
                return std::nullopt;
            }
            rest.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
        }
        return sent.id();
    }

    /// Reads more; false at the end.
    bool read(std::size_t required) {
        eslp::span<char> room = buffer_.spare(required);
        ssize_t count;
        do {
            count = ::recv(socket_, room.data(), room.size(), 0);
        } while (count < 0 && errno == EINTR);
        if (count <= 0) {
            end_ = client_.eof(buffer_.filled()).end;
            return false;
        }
        buffer_.commit(static_cast<std::size_t>(count));
        return true;
    }

    /// Takes in what comes until `wanted` is content with it; false if the connection ends before.
    template <class Wanted>
    bool until(Wanted wanted) {
        for (;;) {
            auto arrivals = client_.receive(buffer_);
            for (const eslp::incoming& in : arrivals) {
                if (in.kind() == ESLP_IN_GOODBYE) {
                    end_ = in.end();
                }
                if (wanted(in)) {
                    return true;
                }
            }
            if (arrivals.status() != ESLP_NEED_DATA || !read(arrivals.required())) {
                return false;
            }
        }
    }

    bool wait_for_call() {
        return until([this](const eslp::incoming& in) {
            if (in.kind() != ESLP_IN_CONNECTED) {
                return false;
            }
            auto text = [call = in.event()](std::string_view name) {
                auto value = call ? call->get(name) : std::nullopt;
                return value ? value->str() : std::string();
            };
            name_ = text("Channel-Name") + " from " + text("Caller-Caller-ID-Number");
            return true;
        });
    }

    /// Executes an application and waits for its end. Returns the value that `variable` has then; nothing if the caller
    /// has hung up, or the server will not do it.
    std::optional<std::string> execute(std::string_view app, std::string_view arg = {}, std::string_view variable = {}) {
        eslp::tag tag(run_, executed_);
        auto order = send(cmd::execute(app, arg).event_uuid(tag));
        std::optional<std::string> value;
        bool ended = order && until([&](const eslp::incoming& in) {
            if (in.answers(order)) {
                return in.message().reply_status() == ESLP_REPLY_ERR;
            }
            if (in.kind() != ESLP_IN_EVENT || !in.event()) {
                return false;
            }
            eslp::event event = *in.event();
            if (event.name() == ESLP_EVENT_CHANNEL_EXECUTE_COMPLETE) {
                auto uuid = event.get("Application-UUID");
                if (!uuid || eslp::tag::number_in(*uuid, run_) != executed_) {
                    return false;
                }
                auto result = event.get(variable);
                value = result ? result->str() : std::string();
                return true;
            }
            return event.name() == ESLP_EVENT_CHANNEL_HANGUP;
        });
        ++executed_;
        if (ended && value) {
            say(std::string(app) + " has ended");
        }
        return value;
    }

    void talk() {
        if (!execute("answer") || !execute("playback", PROMPT)) {
            return;
        }
        std::string ask = "1 4 2 5000 # " + std::string(PROMPT) + " silence_stream://250 digits \\d+ 2000";
        auto digits = execute("play_and_get_digits", ask, "variable_digits");
        if (!digits) {
            return;
        }
        say("typed \"" + *digits + "\"");
        std::string beeps = std::to_string(digits->empty() ? 1 : digits->size());
        if (execute("playback", "tone_stream://%(100,100,800);loops=" + beeps)) {
            send(cmd::hangup(ESLP_CAUSE_NORMAL_CLEARING));
        }
    }

    /// Reads on to the good-bye: with `linger`, the last events of the call still come.
    void wait_for_end() {
        std::string last;
        until([&last](const eslp::incoming& in) {
            if (in.kind() == ESLP_IN_LINGERING) {
                last += "lingering, ";
            } else if (in.kind() == ESLP_IN_EVENT && in.event()) {
                last += std::string(eslp::text(in.event()->name())) + ", ";
            }
            return false;
        });
        say(last + "the end: " + std::string(eslp::text(end_)));
    }

    void say(const std::string& what) {
        std::printf("%s: %s\n", name_.c_str(), what.c_str());
        std::fflush(stdout);
    }

    descriptor socket_;
    eslp::fixed_client client_{ESLP_OUTBOUND};
    eslp::growing_buffer buffer_;
    eslp_end end_ = ESLP_END_NONE;
    std::string name_ = "?";
    /// The names of applications are of this run, and counted.
    std::uint64_t run_;
    std::uint64_t executed_ = 0;
};

int listen_at(std::uint16_t port) {
    int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t len = sizeof here;
    if (::bind(socket, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0 || ::listen(socket, SOMAXCONN) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&here), &len) != 0) {
        std::fprintf(stderr, "ivr: listen: %s\n", std::strerror(errno));
        std::exit(3);
    }
    std::printf("waiting for calls at 127.0.0.1:%d\n", ntohs(here.sin_port));
    std::fflush(stdout);
    return socket;
}

} // namespace

int main(int count, char** arguments) {
    char* rest = nullptr;
    unsigned long port = count > 1 ? std::strtoul(arguments[1], &rest, 10) : 65536;
    if (count > 3 || port > 65535 || *rest != '\0') {
        std::fputs("usage: ivr PORT [CALLS]\n", stderr);
        return 2;
    }
    unsigned long calls = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
    descriptor listener(listen_at(static_cast<std::uint16_t>(port)));
    std::vector<std::thread> threads;
    while (calls == 0 || threads.size() < calls) {
        // One caller who cannot be accepted must not end the others.
        int socket = ::accept(listener, nullptr, nullptr);
        if (socket < 0) {
            continue;
        }
        std::thread thread([socket] { session(socket).serve(); });
        if (calls == 0) {
            thread.detach();
        } else {
            threads.push_back(std::move(thread));
        }
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}
