#pragma once
// The two streams of the Docker Engine API: framed logs, and the JSON lines of a pull or import. Pure: pieces of bytes
// go in as they arrive, cut anywhere.

#include "util/result.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace berth::compute {

/// Takes the frames off a log stream (8 bytes: stream, three zeros, size as big endian; then the data) and keeps the
/// last `bytes_max` bytes of what was written.
class LogDemultiplexer {
public:
    explicit LogDemultiplexer(size_t bytes_max) : bytes_max_{bytes_max} {}

    /// bad_input when the bytes are not frames; what came before stays.
    [[nodiscard]] Result<void> add(std::string_view piece);
    /// False while a frame has begun and not ended.
    [[nodiscard]] bool is_complete() const { return header_size_ == 0 && data_left_ == 0; }
    [[nodiscard]] std::string take_text();

private:
    static constexpr size_t kHeaderSize = 8;

    void keep(std::string_view data);

    const size_t bytes_max_;
    std::array<uint8_t, kHeaderSize> header_{};
    size_t header_size_ = 0;
    uint32_t data_left_ = 0;
    std::string text_;
};

/// Follows the progress lines of a pull or import. The Engine answers 200 before it knows how things end, so only a
/// stream that ended without an `error` line is a success.
class ProgressStream {
public:
    explicit ProgressStream(uint64_t bytes_max) : bytes_max_{bytes_max} {}

    /// False when reading on is pointless: the layers are larger than the limit, or the bytes aren't JSON lines.
    [[nodiscard]] bool add(std::string_view piece);
    /// To be asked at the end of the stream. bad_input: too large; corrupt: malformed, or a layer that is not what its
    /// digest says; otherwise as classify_pull_failure.
    [[nodiscard]] Result<void> finish();
    /// Sum of the sizes of the layers announced so far.
    [[nodiscard]] uint64_t bytes_announced() const { return bytes_announced_; }
    /// How much of them has been downloaded.
    [[nodiscard]] uint64_t bytes_done() const;
    /// Layers that are not downloaded yet, and how many of those the Engine has not begun with.
    [[nodiscard]] size_t layers_left() const;
    [[nodiscard]] size_t layers_waiting() const;

private:
    enum class Phase { pending, waiting, downloading, downloaded };
    struct Layer {
        uint64_t bytes_total = 0;
        uint64_t bytes_done = 0;
        Phase phase = Phase::pending;
    };

    bool take_line(std::string_view line);
    bool take_layer(Layer& layer, std::string_view status, uint64_t current, uint64_t total);
    static Phase phase_after(Phase phase, std::string_view status);

    const uint64_t bytes_max_;
    std::string line_;
    std::map<std::string, Layer> layers_;
    uint64_t bytes_announced_ = 0;
    std::string problem_; ///< of the stream itself
    std::string error_;   ///< told by the Engine
};

/// What a registry's or the Engine's words about a failed pull mean: not_found, refused (login needed), corrupt (the
/// layer is not what its digest says), unavailable (registry down, no name service, any other word).
[[nodiscard]] Errc classify_pull_failure(std::string_view message);

} // namespace berth::compute
