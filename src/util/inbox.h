#pragma once
// Inbox: the bounded mailbox through which threads talk. Any thread puts, one thread takes. The only class that locks.

#include "util/check.h"
#include "util/mutex.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <utility>
#include <vector>

namespace berth {

template <class Message>
class Inbox {
public:
    explicit Inbox(size_t capacity) : capacity_{capacity} {}

    /// False when full, and the caller still has the message.
    [[nodiscard]] bool put(Message&& message)
    {
        {
            MutexLock lock{mutex_};
            if (messages_.size() + reserved_ >= capacity_)
                return false;
            messages_.push_back(std::move(message));
        }
        arrived_.notify_one();
        return true;
    }

    /// Beyond the capacity if need be: for answers to what the taker itself asked, whose number is bounded by what is
    /// in flight. They must never be lost, and whoever brings them must never wait.
    void put_always(Message&& message)
    {
        {
            MutexLock lock{mutex_};
            messages_.push_back(std::move(message));
        }
        arrived_.notify_one();
    }

    /// A place for one later put_reserved(): for a last message that must get through, such as a request to stop.
    [[nodiscard]] bool reserve()
    {
        MutexLock lock{mutex_};
        if (messages_.size() + reserved_ >= capacity_)
            return false;
        ++reserved_;
        return true;
    }

    void put_reserved(Message&& message)
    {
        {
            MutexLock lock{mutex_};
            VERIFY(reserved_ > 0);
            --reserved_;
            messages_.push_back(std::move(message));
        }
        arrived_.notify_one();
    }

    /// Everything that waits, as soon as there is something; empty once the deadline passes.
    [[nodiscard]] std::vector<Message> take_all(std::chrono::steady_clock::time_point deadline)
    {
        std::vector<Message> taken;
        MutexLock lock{mutex_};
        while (messages_.empty())
            if (arrived_.wait_until(mutex_, deadline) == std::cv_status::timeout)
                break;
        taken.swap(messages_);
        return taken;
    }

    [[nodiscard]] bool more_than_half_full()
    {
        MutexLock lock{mutex_};
        return (messages_.size() + reserved_) * 2 > capacity_;
    }

private:
    const size_t capacity_;
    Mutex mutex_;
    std::condition_variable_any arrived_;
    std::vector<Message> messages_ GUARDED_BY(mutex_);
    size_t reserved_ GUARDED_BY(mutex_) = 0;
};

} // namespace berth
