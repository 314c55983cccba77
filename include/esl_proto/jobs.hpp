// What is waited for: jobs and applications by the names that commands gave them; and how many events did not come.
#ifndef ESL_PROTO_JOBS_HPP
#define ESL_PROTO_JOBS_HPP

#include "event.hpp"

namespace eslp {

/// A name for a job or an application, by which its event is recognised: `run`, chosen at random once for each
/// connection, and a number.
class tag {
public:
    tag(std::uint64_t run, std::uint64_t number) noexcept {
        // Nothing is wrong with the arguments.
        (void)::eslp_tag(run, number, text_, sizeof text_);
    }

    /// The number in a name of this run.
    static std::optional<std::uint64_t> number_in(const value& name, std::uint64_t run) noexcept {
        return detail::ask<std::uint64_t>(::eslp_tag_number, &name.c(), run);
    }

    /// Valid as long as this is.
    std::string_view text() const noexcept { return std::string_view(text_, sizeof text_); }
    operator std::string_view() const noexcept { return text(); }

private:
    char text_[ESLP_TAG_LEN];
};

/// A table of pending items in the caller's slots: the number of a tag or the id of a command, and a pointer that is
/// never followed. For programs without a map; a look-up walks the slots.
template <class Entry>
class pending {
public:
    explicit pending(span<eslp_pending_slot> slots) noexcept : c_() {
        // Nothing is wrong with the arguments.
        (void)::eslp_pending_init(&c_, slots.data(), slots.size());
    }
    pending(const pending&) = delete;
    pending& operator=(const pending&) = delete;

    /// ESLP_INSUFFICIENT if no slot is left. `before` gets what stood under the number.
    status insert(std::uint64_t number, Entry* entry, Entry** before = nullptr) noexcept {
        void* old = nullptr;
        eslp_status code = ::eslp_pending_insert(&c_, number, entry, &old);
        if (before != nullptr) {
            *before = static_cast<Entry*>(old);
        }
        return code;
    }
    /// Takes the entry of a number out.
    std::optional<Entry*> take(std::uint64_t number) noexcept {
        auto entry = detail::ask<void*>(::eslp_pending_take, &c_, number);
        return entry ? std::optional<Entry*>(static_cast<Entry*>(*entry)) : std::nullopt;
    }
    /// Takes any out: at the end of a connection, nothing is waited for any more.
    std::optional<std::pair<std::uint64_t, Entry*>> take_any() noexcept {
        std::uint64_t number = 0;
        auto entry = detail::ask<void*>(::eslp_pending_take_any, &c_, &number);
        if (!entry) {
            return std::nullopt;
        }
        return std::pair<std::uint64_t, Entry*>(number, static_cast<Entry*>(*entry));
    }
    std::size_t size() const noexcept { return ::eslp_pending_len(&c_); }

private:
    eslp_pending c_;
};

/// Counts the numbers that are missing among the Event-Sequence of events. A measure, not a proof, and only for a
/// connection that is subscribed to ALL without filters.
class event_sequence {
public:
    event_sequence() noexcept : c_() { (void)::eslp_sequence_init(&c_); }
    event_sequence(const event_sequence&) = delete;
    event_sequence& operator=(const event_sequence&) = delete;

    void note(const event& event) noexcept { (void)::eslp_sequence_note(&c_, &event.c()); }
    std::uint64_t missing() const noexcept { return ::eslp_sequence_missing(&c_); }

private:
    eslp_sequence c_;
};

} // namespace eslp

#endif
