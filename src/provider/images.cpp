#include "provider/images.h"

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kPresentFor{600};
constexpr std::chrono::seconds kFailedFor{10};
constexpr size_t kEntriesMax = 4096;

} // namespace

Images::Entry* Images::fresh(const std::string& image, UnixTime now)
{
    const auto found = known_.find(image);
    if (found == known_.end())
        return nullptr;
    return found->second.answer == Answer::asking || now < found->second.valid_until ? &found->second : nullptr;
}

void Images::find(const std::string& image, bool pull_wanted)
{
    if (known_.size() >= kEntriesMax)
        std::erase_if(known_, [&](const auto& entry) { return entry.second.answer != Answer::asking; });
    known_[image] = Entry{.pull_wanted = pull_wanted};
    jobs_.submit(FindImageJob{image});
}

Images::Answer Images::ask(const std::string& image, UnixTime now)
{
    Entry* entry = fresh(image, now);
    if (entry && entry->answer != Answer::absent) {
        entry->pull_wanted = true;
        return entry->answer;
    }
    find(image, true);
    return Answer::asking;
}

Images::Answer Images::look(const std::string& image, UnixTime now)
{
    if (const Entry* entry = fresh(image, now))
        return entry->answer;
    find(image, false);
    return Answer::asking;
}

const Error& Images::failure(const std::string& image) const
{
    const auto found = known_.find(image);
    VERIFY(found != known_.end() && found->second.error);
    return *found->second.error;
}

bool Images::handle(const ImageFound& found, UnixTime now)
{
    if (!found.state)
        return settle(found.image, pass_on(found.state), now);
    if (*found.state == compute::ImageState::present)
        return settle(found.image, {}, now);
    Entry& entry = known_[found.image];
    if (!entry.pull_wanted) {
        entry.answer = Answer::absent;
        entry.valid_until = now + kFailedFor;
        return true;
    }
    jobs_.submit(PullImageJob{found.image, pull_deadline_});
    return false;
}

bool Images::handle(const ImagePulled& pulled, UnixTime now)
{
    return settle(pulled.image, pulled.outcome, now);
}

bool Images::settle(const std::string& image, const Result<void>& outcome, UnixTime now)
{
    Entry& entry = known_[image];
    entry.answer = outcome ? Answer::present : Answer::failed;
    entry.valid_until = now + (outcome ? kPresentFor : kFailedFor);
    entry.error = outcome ? std::nullopt : std::optional{outcome.error()};
    return true;
}

} // namespace berth::provider
