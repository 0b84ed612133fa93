#pragma once
// Secret: bytes that wipe themselves and can't be printed. Keys, seeds, passwords, tokens in rest and flight.

#include "util/bytes.h"

namespace berth::crypto {

/// Overwrites memory in a way that the compiler may not leave out.
void wipe(std::span<uint8_t> bytes);

class Secret {
public:
    Secret() = default;
    explicit Secret(ByteView bytes) : bytes_{bytes.begin(), bytes.end()} {}
    explicit Secret(Bytes&& bytes) : bytes_{std::move(bytes)} {}
    ~Secret() { wipe(bytes_); }
    Secret(const Secret&) = default;
    Secret& operator=(const Secret& other)
    {
        if (this != &other) {
            wipe(bytes_);
            bytes_ = other.bytes_;
        }
        return *this;
    }
    Secret(Secret&& other) noexcept : bytes_{std::move(other.bytes_)} {}
    Secret& operator=(Secret&& other) noexcept
    {
        std::swap(bytes_, other.bytes_);
        return *this;
    }

    /// The bytes, for the call that needs them; never keep the view.
    [[nodiscard]] ByteView expose() const { return bytes_; }
    [[nodiscard]] bool empty() const { return bytes_.empty(); }

private:
    Bytes bytes_;
};

} // namespace berth::crypto
