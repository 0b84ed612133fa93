#pragma once
// A mutex whose guarded fields clang checks (-Wthread-safety); GCC ignores the annotations.

#include <mutex>

#if defined(__clang__)
#define BERTH_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define BERTH_THREAD_ANNOTATION(x)
#endif
#define GUARDED_BY(x) BERTH_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) BERTH_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))

namespace berth {

class BERTH_THREAD_ANNOTATION(capability("mutex")) Mutex {
public:
    void lock() BERTH_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
    void unlock() BERTH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

private:
    std::mutex mutex_;
};

class BERTH_THREAD_ANNOTATION(scoped_lockable) MutexLock {
public:
    explicit MutexLock(Mutex& mutex) BERTH_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_{mutex}
    {
        mutex_.lock();
    }
    ~MutexLock() BERTH_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

} // namespace berth
