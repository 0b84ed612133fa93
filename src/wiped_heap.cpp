// Memory of the heap is wiped when it is given back. What consumers send, keys of volumes among it, passes through many
// short-lived strings between the relay's frame and the place that keeps it; none of them is left for a core dump.

#include "crypto/secret.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

// Sanitizers have a heap of their own that must see each call.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BERTH_OWN_HEAP 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define BERTH_OWN_HEAP 0
#endif
#endif
#ifndef BERTH_OWN_HEAP
#define BERTH_OWN_HEAP 1
#endif

#if BERTH_OWN_HEAP

void* operator new(size_t bytes)
{
    for (;;) {
        if (void* memory = std::malloc(bytes == 0 ? 1 : bytes))
            return memory;
        const std::new_handler handler = std::get_new_handler();
        if (!handler)
            throw std::bad_alloc{};
        handler();
    }
}

void operator delete(void* memory) noexcept
{
    if (memory == nullptr)
        return;
    berth::crypto::wipe({static_cast<uint8_t*>(memory), ::malloc_usable_size(memory)});
    std::free(memory);
}

void operator delete(void* memory, size_t) noexcept
{
    operator delete(memory);
}

#endif
