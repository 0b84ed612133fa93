#include "nostr/relay/auth.h"

#include "nostr/nip42.h"

namespace berth::nostr::relay {

Auth::Intake Auth::on_challenge(const std::string& challenge, Uptime now)
{
    if (challenges_.count(now) > kChallengesAMinute || challenge.size() > kChallengeBytesMax)
        return Intake::storm;
    if (challenge != challenge_) {
        challenge_ = challenge;
        is_answered_ = false;
    }
    return Intake::fresh;
}

std::optional<std::string> Auth::challenge_to_answer() const
{
    if (is_answered_ || pending_ || attempts_ >= kAttemptsMax)
        return std::nullopt;
    return challenge_;
}

void Auth::answered(const EventId& id, Uptime now)
{
    pending_ = id;
    ok_due_ = now + kOkTimeout;
    is_answered_ = true;
    ++attempts_;
}

void Auth::succeeded()
{
    pending_.reset();
    authenticated_ = true;
}

bool Auth::refused()
{
    pending_.reset();
    is_answered_ = attempts_ >= kAttemptsMax;
    return !is_answered_;
}

} // namespace berth::nostr::relay
