#pragma once
// Whether an image is present on the Engine, asked and pulled before any money moves. Answers are kept for a while, so
// that most spawns need not ask at all.

#include "provider/jobs.h"
#include "util/time.h"

#include <map>
#include <optional>
#include <string>

namespace berth::provider {

class Images {
public:
    enum class Answer {
        present,
        absent, ///< as far as look() knows; it could be pulled
        asking,
        failed,
    };

    Images(JobRunner& jobs, std::chrono::seconds pull_deadline) : jobs_{jobs}, pull_deadline_{pull_deadline} {}

    /// present: go on. asking: a look-up or pull is under way, handle() will say when it ended. failed: see failure().
    [[nodiscard]] Answer ask(const std::string& image, UnixTime now);
    /// The same without a pull: absent instead.
    [[nodiscard]] Answer look(const std::string& image, UnixTime now);
    [[nodiscard]] const Error& failure(const std::string& image) const;

    /// True when whoever waits for this image should ask again.
    [[nodiscard]] bool handle(const ImageFound& found, UnixTime now);
    [[nodiscard]] bool handle(const ImagePulled& pulled, UnixTime now);
    /// The Engine may have lost it: the next spawn asks again.
    void doubt(const std::string& image) { known_.erase(image); }

private:
    struct Entry {
        Answer answer = Answer::asking;
        bool pull_wanted = false;
        UnixTime valid_until{};
        std::optional<Error> error{};
    };
    [[nodiscard]] Entry* fresh(const std::string& image, UnixTime now);
    void find(const std::string& image, bool pull_wanted);
    bool settle(const std::string& image, const Result<void>& outcome, UnixTime now);

    JobRunner& jobs_;
    const std::chrono::seconds pull_deadline_;
    std::map<std::string, Entry> known_;
};

} // namespace berth::provider
