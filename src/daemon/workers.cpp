#include "daemon/workers.h"

#include "provider/images.h"

#include <deque>
#include <thread>

namespace berth::daemon {

namespace {

/// The Engine starts about nine containers a second on two cores however many are asked for at once, and it gets
/// there with eight calls in flight.
constexpr size_t kEngineThreads = 8;
constexpr size_t kEndThreads = 2;
constexpr size_t kSlowThreads = provider::kPullsMax + provider::kTemplatePullsMax;
constexpr size_t kHostThreads = 1;
constexpr size_t kLogThreads = 2;
constexpr size_t kFileThreads = 1;

} // namespace

/// A queue and its threads. Threads start with the first jobs that need them, so an idle daemon keeps none.
struct Workers::LaneThreads {
    LaneThreads(size_t threads_max, std::function<void(const provider::Job&)> run)
        : threads_max_{threads_max}, run_{std::move(run)}
    {
    }

    ~LaneThreads()
    {
        {
            MutexLock lock{mutex_};
            stopping_ = true;
            queue_.clear();
        }
        arrived_.notify_all();
        for (std::thread& thread : threads_)
            thread.join();
    }

    void submit(provider::Job job)
    {
        bool needs_thread = false;
        {
            MutexLock lock{mutex_};
            queue_.push_back(std::move(job));
            needs_thread = queue_.size() > idle_ && threads_.size() < threads_max_;
        }
        if (needs_thread)
            threads_.emplace_back([this] { work(); });
        arrived_.notify_one();
    }

private:
    void work()
    {
        for (;;) {
            provider::Job job;
            {
                MutexLock lock{mutex_};
                ++idle_;
                while (queue_.empty() && !stopping_)
                    arrived_.wait(mutex_);
                --idle_;
                if (stopping_)
                    return;
                job = std::move(queue_.front());
                queue_.pop_front();
            }
            run_(job);
        }
    }

    const size_t threads_max_;
    const std::function<void(const provider::Job&)> run_;
    Mutex mutex_;
    std::condition_variable_any arrived_;
    std::deque<provider::Job> queue_ GUARDED_BY(mutex_);
    size_t idle_ GUARDED_BY(mutex_) = 0;
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_; ///< grown by submit, which only the core thread calls
};

Workers::Workers(const provider::JobTools& tools, std::function<void(provider::JobResult)> deliver)
{
    const auto run = [tools, deliver = std::move(deliver)](const provider::Job& job) {
        deliver(provider::run_job(job, tools));
    };
    const auto add = [&](provider::Lane lane, size_t threads) {
        lanes_.emplace(lane, std::make_unique<LaneThreads>(threads, run));
    };
    add(provider::Lane::engine, kEngineThreads);
    add(provider::Lane::end, kEndThreads);
    add(provider::Lane::slow, kSlowThreads);
    add(provider::Lane::host, kHostThreads);
    add(provider::Lane::logs, kLogThreads);
    add(provider::Lane::files, kFileThreads);
}

Workers::~Workers() = default;

void Workers::submit(provider::Job job)
{
    lanes_.at(provider::lane_of(job))->submit(std::move(job));
}

} // namespace berth::daemon
