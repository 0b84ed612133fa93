#pragma once
// NIP-42 on one connection: which challenge is current, which answer is under way, how often it was tried.

#include "nostr/event.h"
#include "nostr/relay/clock.h"
#include "nostr/relay/per_minute.h"

#include <optional>
#include <string>

namespace berth::nostr::relay {

class Auth {
public:
    enum class Intake { fresh, storm };
    /// A challenge replaces the one before. Storm: more than five within a minute.
    Intake on_challenge(const std::string& challenge, Uptime now);
    /// The challenge to answer now, if there is one and two answers were not spent already.
    [[nodiscard]] std::optional<std::string> challenge_to_answer() const;
    void answered(const EventId& id, Uptime now);

    /// Whether an AUTH could still change the relay's mind on this connection.
    [[nodiscard]] bool is_possible() const { return attempts_ < kAttemptsMax || pending_; }
    [[nodiscard]] bool is_pending(const EventId& id) const { return pending_ && *pending_ == id; }
    [[nodiscard]] bool is_pending() const { return pending_.has_value(); }
    [[nodiscard]] bool is_overdue(Uptime now) const { return pending_ && ok_due_ <= now; }
    [[nodiscard]] Uptime next_due() const { return pending_ ? ok_due_ : kNever; }
    [[nodiscard]] bool has_challenge() const { return !challenge_.empty(); }
    [[nodiscard]] bool is_authenticated() const { return authenticated_; }
    void succeeded();
    /// True if the same challenge may be answered once more.
    [[nodiscard]] bool refused();

private:
    static constexpr unsigned kAttemptsMax = 2;
    static constexpr unsigned kChallengesAMinute = 5;
    static constexpr Uptime kOkTimeout = std::chrono::seconds{5};

    std::string challenge_;
    bool is_answered_ = true; ///< no answer to challenge_ is owed
    std::optional<EventId> pending_;
    Uptime ok_due_{};
    bool authenticated_ = false;
    unsigned attempts_ = 0;
    PerMinute challenges_;
};

} // namespace berth::nostr::relay
