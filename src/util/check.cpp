#include "util/check.h"

#include <cstdio>
#include <cstdlib>

namespace berth {

void verification_failed(const char* expression, const char* file, int line)
{
    std::fprintf(stderr, "broken invariant: %s at %s:%d\n", expression, file, line);
    std::abort();
}

} // namespace berth
