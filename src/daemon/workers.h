#pragma once
// Worker threads in lanes that never lend each other a thread. They touch nothing of core's: a job in, a result out.

#include "provider/jobs.h"
#include "util/inbox.h"

#include <functional>
#include <memory>

namespace berth::daemon {

class Workers final : public provider::JobRunner {
public:
    /// `deliver` is called on a worker thread with each result: an inbox put.
    Workers(const provider::JobTools& tools, std::function<void(provider::JobResult)> deliver);
    /// Waits for the jobs in flight; what still queues is dropped (the rows bring it back at the next start).
    ~Workers() override;
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void submit(provider::Job job) override;

private:
    struct LaneThreads;
    std::map<provider::Lane, std::unique_ptr<LaneThreads>> lanes_;
};

} // namespace berth::daemon
