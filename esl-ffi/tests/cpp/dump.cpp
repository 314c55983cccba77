// Prints recorded server streams as the program `dump` of the core does, through the C++ headers: to compare.
//
//     dump CHUNK FILE...     feeds CHUNK octets at a time; 0 for all at once
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <esl_proto.hpp>

namespace {

/// The length of the character at the front of a text, 0 if it is not UTF-8.
std::size_t utf8_len(std::string_view text) {
    auto octet = [text](std::size_t place) {
        return place < text.size() ? static_cast<unsigned char>(text[place]) : 0u;
    };
    unsigned first = octet(0);
    unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    std::size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    for (std::size_t place = 1; place < len; ++place) {
        if (octet(place) < (place == 1 ? lowest : 0x80) || octet(place) > (place == 1 ? highest : 0xbf)) {
            return 0;
        }
    }
    return len;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        std::size_t len = utf8_len(text);
        if (len == 0) {
            return false;
        }
        text.remove_prefix(len);
    }
    return true;
}

/// Writes JSON.
class output {
public:
    void raw(std::string_view text) { line_ += text; }

    void text(const eslp::value& value) {
        std::string octets = value.str();
        if (is_utf8(octets)) {
            string(octets);
            return;
        }
        raw("{\"hex\":\"");
        for (char octet : octets) {
            hex(octet);
        }
        raw("\"}");
    }

    void number(std::uint64_t number) { line_ += std::to_string(number); }

    void end() {
        line_ += '\n';
        std::fwrite(line_.data(), 1, line_.size(), stdout);
        line_.clear();
    }

private:
    void string(std::string_view text) {
        static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        line_ += '"';
        for (char octet : text) {
            const char* escape = escapes;
            while (*escape != '\0' && *escape != octet) {
                escape += 2;
            }
            if (octet != '\0' && *escape != '\0') {
                line_ += '\\';
                line_ += escape[1];
            } else if (static_cast<unsigned char>(octet) < 0x20) {
                line_ += "\\u00";
                hex(octet);
            } else {
                line_ += octet;
            }
        }
        line_ += '"';
    }

    void hex(char octet) {
        static const char digits[] = "0123456789abcdef";
        line_ += digits[static_cast<unsigned char>(octet) / 16];
        line_ += digits[static_cast<unsigned char>(octet) % 16];
    }

    std::string line_;
};

void print_headers(output& out, const eslp::headers& headers) {
    out.raw("\"headers\":[");
    const char* before = "[";
    for (const auto& [name, value] : headers) {
        out.raw(before);
        out.text(name);
        out.raw(",");
        if (value.is_array()) {
            const char* separator = "[";
            for (const eslp::value& item : value.items()) {
                out.raw(separator);
                out.text(item);
                separator = ",";
            }
            out.raw("]");
        } else {
            out.text(value);
        }
        out.raw("]");
        before = ",[";
    }
    out.raw("]");
}

void print_body(output& out, const std::optional<eslp::value>& body) {
    out.raw(",\"body\":");
    if (body) {
        out.text(*body);
    } else {
        out.raw("null");
    }
    out.raw("}");
}

void print_event(output& out, const eslp::event& event) {
    bool readable = event.validate().ok();
    out.raw(readable ? "{\"kind\":\"event\",\"format\":\"" : "{\"kind\":\"malformed\",\"format\":\"");
    out.raw(eslp::text(event.format()));
    if (readable) {
        out.raw("\",");
        print_headers(out, event.all());
        print_body(out, event.body());
    } else {
        out.raw("\",\"bytes\":");
        out.number(event.text().size());
        out.raw("}");
    }
    out.end();
}

const char* kind_name(eslp_message_kind kind) {
    switch (kind) {
    case ESLP_MESSAGE_AUTH_REQUEST: return "auth-request";
    case ESLP_MESSAGE_REPLY: return "command-reply";
    case ESLP_MESSAGE_API_RESPONSE: return "api-response";
    case ESLP_MESSAGE_LOG: return "log";
    case ESLP_MESSAGE_DISCONNECT: return "disconnect-notice";
    case ESLP_MESSAGE_REJECTION: return "rude-rejection";
    default: return "unknown";
    }
}

void print_message(output& out, const eslp::message& message) {
    auto event = message.event();
    if (message.kind() == ESLP_MESSAGE_EVENT && event) {
        print_event(out, *event);
        return;
    }
    out.raw("{\"kind\":\"");
    out.raw(kind_name(message.kind()));
    out.raw("\",");
    // The reply to `connect` has the channel's data in its head.
    print_headers(out, event ? event->all() : message.headers());
    auto body = message.body();
    print_body(out, body ? std::optional<eslp::value>(*body) : std::nullopt);
    out.end();
}

/// Whether the framing holds to the end.
bool dump(std::string_view stream, std::size_t chunk, output& out) {
    eslp::fixed_decoder decoder(ESLP_FROM_SERVER);
    eslp::growing_buffer buffer(64);
    for (;;) {
        eslp::step step = decoder.decode(buffer.filled());
        if (step.status().is_error()) {
            out.raw("{\"kind\":\"error\",\"offset\":");
            out.number(step.error_offset());
            out.raw(",\"error\":\"");
            out.raw(step.status().text());
            out.raw("\"}");
            out.end();
            return false;
        }
        if (step.status().ok()) {
            print_message(out, step.message());
        }
        buffer.consume(step.consumed());
        if (step.status() == ESLP_NEED_DATA) {
            if (stream.empty()) {
                break;
            }
            eslp::span<char> room = buffer.spare(step.required());
            std::size_t count = stream.copy(room.data(), chunk < room.size() ? chunk : room.size());
            stream.remove_prefix(count);
            buffer.commit(count);
        }
    }
    if (std::size_t rest = decoder.incomplete(buffer.filled())) {
        out.raw("{\"kind\":\"incomplete\",\"bytes\":");
        out.number(rest);
        out.raw("}");
        out.end();
    }
    return true;
}

std::string read_file(const char* path) {
    std::string content;
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr) {
        std::perror(path);
        std::exit(2);
    }
    char part[4096];
    while (std::size_t count = std::fread(part, 1, sizeof part, file)) {
        content.append(part, count);
    }
    std::fclose(file);
    return content;
}

} // namespace

int main(int count, char** arguments) {
    if (count < 3) {
        std::fputs("usage: dump CHUNK FILE...\n", stderr);
        return 2;
    }
    std::size_t chunk = std::strtoul(arguments[1], nullptr, 10);
    output out;
    for (int place = 2; place < count; ++place) {
        dump(read_file(arguments[place]), chunk == 0 ? SIZE_MAX : chunk, out);
    }
}
