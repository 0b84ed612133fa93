#pragma once
// A job runner that runs nothing: a test looks at what was asked for, and plays the answers.

#include "provider/jobs.h"

#include <algorithm>
#include <vector>

namespace berth::test {

class RecordingJobs final : public provider::JobRunner {
public:
    void submit(provider::Job job) override { jobs.push_back(std::move(job)); }

    /// The jobs of one kind, which are forgotten here.
    template <class T>
    std::vector<T> take()
    {
        std::vector<T> taken;
        for (const provider::Job& job : jobs)
            if (const auto* wanted = std::get_if<T>(&job))
                taken.push_back(*wanted);
        std::erase_if(jobs, [](const provider::Job& job) { return std::holds_alternative<T>(job); });
        return taken;
    }

    /// How many of one kind were asked for and not taken.
    template <class T>
    [[nodiscard]] size_t count() const
    {
        return static_cast<size_t>(std::count_if(
            jobs.begin(), jobs.end(), [](const provider::Job& job) { return std::holds_alternative<T>(job); }));
    }

    std::vector<provider::Job> jobs;
};

} // namespace berth::test
