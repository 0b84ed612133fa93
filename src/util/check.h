#pragma once
// VERIFY() guards our own invariants, in release builds too. It never judges input: foreign bytes get a Result.

namespace berth {
[[noreturn]] void verification_failed(const char* expression, const char* file, int line);
}

#define VERIFY(expression)                                                                                             \
    (static_cast<bool>(expression) ? void(0) : ::berth::verification_failed(#expression, __FILE__, __LINE__))
