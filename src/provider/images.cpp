#include "provider/images.h"

#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kPresentFor{600};
constexpr std::chrono::seconds kFailedFor{10};
/// It is about who asked, and the next may be somebody else.
constexpr std::chrono::seconds kBusyFor{1};
constexpr size_t kEntriesMax = 4096;

/// References reach this far only after they were parsed.
std::string name_of_image(const std::string& image)
{
    return compute::full_image_name(image).value_or(image);
}

std::string registry_of_image(const std::string& name)
{
    return name.substr(0, name.find('/'));
}

} // namespace

Images::Entry* Images::fresh(const std::string& name, UnixTime now)
{
    const auto found = known_.find(name);
    if (found == known_.end())
        return nullptr;
    return found->second.answer == Answer::asking || now < found->second.valid_until ? &found->second : nullptr;
}

void Images::find(const std::string& name)
{
    if (known_.size() >= kEntriesMax)
        std::erase_if(known_, [&](const auto& entry) { return entry.second.answer != Answer::asking; });
    known_[name] = Entry{};
    if (!cache_.is_leaving(name))
        jobs_.submit(FindImageJob{name});
}

size_t Images::count(const std::function<bool(const Pull&)>& belongs) const
{
    return static_cast<size_t>(
        std::count_if(pulls_.begin(), pulls_.end(), [&](const auto& entry) { return belongs(entry.second); }));
}

bool Images::want_pull(const std::string& name, const Asker& asker)
{
    if (pulls_.contains(name))
        return true;
    const auto waits = [](const Pull& pull) { return !pull.asker.is_template && pull.stage != Stage::pulling; };
    if (!asker.is_template && count(waits) >= kPullsWaitingMax)
        return false;
    pulls_.emplace(name, Pull{.asker = asker, .registry = registry_of_image(name)});
    return true;
}

bool Images::is_one_too_many(const Pull& pull) const
{
    // Only once it is known that the image must be pulled: an image that is there costs nobody anything.
    const auto is_open = [&](const Pull& other) {
        return !other.asker.is_template && other.asker.consumer == pull.asker.consumer && other.stage != Stage::finding;
    };
    return !pull.asker.is_template && count(is_open) >= kPullsPerConsumerMax;
}

Images::Answer Images::ask(const std::string& image, const Asker& asker, UnixTime now)
{
    const std::string name = name_of_image(image);
    Entry* entry = fresh(name, now);
    if (entry && entry->answer != Answer::absent && entry->answer != Answer::asking) {
        if (entry->answer == Answer::present)
            cache_.touch(name, now);
        return entry->answer;
    }
    if (!want_pull(name, asker))
        return Answer::busy;
    if (!entry || entry->answer == Answer::absent)
        find(name);
    return Answer::asking;
}

Images::Answer Images::look(const std::string& image, UnixTime now)
{
    const std::string name = name_of_image(image);
    if (const Entry* entry = fresh(name, now))
        return entry->answer;
    find(name);
    return Answer::asking;
}

const Refusal& Images::failure(const std::string& image) const
{
    const auto found = known_.find(name_of_image(image));
    VERIFY(found != known_.end() && found->second.refusal);
    return *found->second.refusal;
}

bool Images::handle(const ImageFound& found, UnixTime now)
{
    const auto pull = pulls_.find(found.image);
    if (!found.state && found.state.error().code == Errc::bad_input) {
        settle(found.image, Refusal{error_type::image_too_large, found.state.error().message}, now);
        return true;
    }
    if (!found.state) {
        settle(found.image,
               Refusal{error_type::backend_error, "the container engine does not answer; nothing was taken"}, now);
        return true;
    }
    if (*found.state == compute::ImageState::present) {
        settle(found.image, {}, now);
        return true;
    }
    if (pull == pulls_.end()) {
        known_[found.image] = Entry{.answer = Answer::absent, .valid_until = now + kFailedFor};
        return true;
    }
    if (pull->second.stage != Stage::finding)
        return false;
    if (is_one_too_many(pull->second)) {
        settle(found.image,
               Refusal{error_type::busy, fmt::format("{} images are being pulled for you already; nothing was taken",
                                                     kPullsPerConsumerMax)},
               now);
        known_[found.image].valid_until = now + kBusyFor;
        return true;
    }
    pull->second.stage = Stage::waiting;
    waiting_.push_back(found.image);
    return false; // tick() begins with it
}

bool Images::has_turn(const Pull& pull) const
{
    if (pull.asker.is_template)
        return count([](const Pull& other) { return other.asker.is_template && other.stage == Stage::pulling; }) <
               kTemplatePullsMax;
    const auto is_plain = [](const Pull& other) { return !other.asker.is_template && other.stage == Stage::pulling; };
    const auto is_same = [&](const Pull& other) { return is_plain(other) && other.registry == pull.registry; };
    return count(is_plain) < kPullsMax && count(is_same) < kPullsPerRegistryMax;
}

bool Images::begin(const std::string& name, Pull& pull, UnixTime now)
{
    if (!cache_.begin_pull(name, now))
        return false;
    pull.stage = Stage::pulling;
    jobs_.submit(PullImageJob{name, policy_.pull_deadline});
    return true;
}

bool Images::tick(UnixTime now)
{
    bool is_settled = false;
    std::deque<std::string> still;
    for (const std::string& name : waiting_) {
        Pull& pull = pulls_.at(name);
        if (!has_turn(pull))
            still.push_back(name);
        else if (!begin(name, pull, now)) {
            settle(name,
                   Refusal{error_type::no_capacity,
                           "no room for another image on the disk: all that are there are in use"},
                   now);
            is_settled = true;
        }
    }
    waiting_ = std::move(still);
    for (const std::string& name : cache_.evict(now))
        known_.erase(name);
    return is_settled;
}

bool Images::handle(const ImagePulled& pulled, UnixTime now)
{
    const bool fits = cache_.end_pull(pulled.image, pulled.outcome, now);
    if (!pulled.outcome) {
        const Error& error = pulled.outcome.error();
        log::debug("{}", error.message);
        settle(pulled.image, Refusal{error_type_of_image(error.code), error.message}, now);
    } else if (!fits) {
        settle(pulled.image,
               Refusal{error_type::no_capacity,
                       fmt::format("no room for an image of {} bytes beside those that are in use",
                                   pulled.outcome->size_bytes)},
               now);
    } else {
        settle(pulled.image, {}, now);
    }
    return true;
}

void Images::handle(const ImageRemoved& removed, UnixTime now)
{
    cache_.handle(removed, now);
    const auto waits = known_.find(removed.image);
    if (waits != known_.end() && waits->second.answer == Answer::asking)
        jobs_.submit(FindImageJob{removed.image});
}

void Images::doubt(const std::string& image)
{
    const auto found = known_.find(name_of_image(image));
    if (found != known_.end() && found->second.answer != Answer::asking)
        known_.erase(found);
}

void Images::settle(const std::string& name, std::optional<Refusal> refusal, UnixTime now)
{
    pulls_.erase(name);
    known_[name] = Entry{.answer = refusal ? Answer::failed : Answer::present,
                         .valid_until = now + (refusal ? kFailedFor : kPresentFor),
                         .refusal = std::move(refusal)};
}

} // namespace berth::provider
