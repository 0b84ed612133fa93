#include "compute/docker_stream.h"

#include "util/json.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::compute {

namespace {

constexpr size_t kLineBytesMax = 64 << 10;
constexpr size_t kLayersMax = 1024;
constexpr uint8_t kStreamNumberMax = 3; // stdin, stdout, stderr, and the Engine's own errors

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::any_of(words.begin(), words.end(),
                       [text](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

} // namespace

Result<void> LogDemultiplexer::add(std::string_view piece)
{
    while (!piece.empty()) {
        if (data_left_ > 0) {
            const size_t count = std::min<size_t>(data_left_, piece.size());
            keep(piece.substr(0, count));
            data_left_ -= static_cast<uint32_t>(count);
            piece.remove_prefix(count);
            continue;
        }
        header_[header_size_++] = static_cast<uint8_t>(piece.front());
        piece.remove_prefix(1);
        if (header_size_ < kHeaderSize)
            continue;
        header_size_ = 0;
        if (header_[0] > kStreamNumberMax || header_[1] != 0 || header_[2] != 0 || header_[3] != 0)
            return fail(Errc::bad_input, "log stream without frames");
        data_left_ = uint32_t{header_[4]} << 24 | uint32_t{header_[5]} << 16 | uint32_t{header_[6]} << 8 | header_[7];
    }
    return {};
}

void LogDemultiplexer::keep(std::string_view data)
{
    text_.append(data);
    // Cut only when twice the limit is held, so that a long log isn't moved once a line.
    if (text_.size() / 2 > bytes_max_)
        text_.erase(0, text_.size() - bytes_max_);
}

std::string LogDemultiplexer::take_text()
{
    if (text_.size() > bytes_max_)
        text_.erase(0, text_.size() - bytes_max_);
    return std::move(text_);
}

bool ProgressStream::add(std::string_view piece)
{
    while (!piece.empty()) {
        const size_t end = piece.find('\n');
        line_.append(piece.substr(0, end));
        if (line_.size() > kLineBytesMax) {
            problem_ = "a progress line is too long";
            return false;
        }
        if (end == std::string_view::npos)
            return true;
        piece.remove_prefix(end + 1);
        const std::string line = std::exchange(line_, {});
        if (!take_line(line))
            return false;
    }
    return true;
}

bool ProgressStream::take_line(std::string_view line)
{
    if (line.find_first_not_of(" \t\r") == std::string_view::npos)
        return true;
    const Result<Json> parsed = parse_json(line, {.bytes_max = kLineBytesMax, .depth_max = 8, .items_max = 1000});
    if (!parsed || !parsed->is_object()) {
        problem_ = "a progress line is not a JSON object";
        return false;
    }
    if (const auto error = parsed->find("error"); error != parsed->end() && error_.empty())
        error_ = error->is_string() && !error->get<std::string>().empty() ? error->get<std::string>() : "unnamed error";
    const auto detail = parsed->find("progressDetail");
    const Result<std::string> id = json_string(*parsed, "id");
    if (!id || detail == parsed->end() || (layers_.size() >= kLayersMax && !layers_.contains(*id)))
        return true;
    const Result<std::string> status = json_string(*parsed, "status");
    const Result<uint64_t> total = json_u64(*detail, "total");
    const Result<uint64_t> current = json_u64(*detail, "current");
    return take_layer(layers_[*id], status ? *status : std::string{}, current ? *current : 0, total ? *total : 0);
}

ProgressStream::Phase ProgressStream::phase_after(Phase phase, std::string_view status)
{
    if (status == "Waiting")
        return Phase::waiting;
    if (status == "Downloading" || status.starts_with("Retrying"))
        return Phase::downloading;
    if (status == "Pulling fs layer")
        return Phase::pending;
    if (status.empty())
        return phase;
    return Phase::downloaded; // verifying, extracting, complete, already there
}

bool ProgressStream::take_layer(Layer& layer, std::string_view status, uint64_t current, uint64_t total)
{
    layer.phase = phase_after(layer.phase, status);
    if (layer.phase == Phase::downloading)
        layer.bytes_done = std::max(layer.bytes_done, current);
    // Downloading and extracting tell the same total; a layer counts once, with the most that was said or sent.
    const uint64_t size = std::max(total, current);
    if (size > layer.bytes_total) {
        bytes_announced_ += std::min(size - layer.bytes_total, UINT64_MAX - bytes_announced_);
        layer.bytes_total = size;
    }
    if (layer.phase == Phase::downloaded)
        layer.bytes_done = layer.bytes_total;
    return bytes_announced_ <= bytes_max_;
}

uint64_t ProgressStream::bytes_done() const
{
    uint64_t sum = 0;
    for (const auto& [id, layer] : layers_)
        sum += std::min(layer.bytes_done, UINT64_MAX - sum);
    return sum;
}

size_t ProgressStream::layers_left() const
{
    return static_cast<size_t>(std::count_if(
        layers_.begin(), layers_.end(), [](const auto& entry) { return entry.second.phase != Phase::downloaded; }));
}

size_t ProgressStream::layers_waiting() const
{
    return static_cast<size_t>(std::count_if(layers_.begin(), layers_.end(),
                                             [](const auto& entry) { return entry.second.phase == Phase::waiting; }));
}

Result<void> ProgressStream::finish()
{
    if (problem_.empty() && bytes_announced_ <= bytes_max_ && !line_.empty()) {
        const std::string line = std::exchange(line_, {});
        (void)take_line(line);
    }
    if (bytes_announced_ > bytes_max_)
        return fail(Errc::bad_input, "an image of at least {} bytes (compressed), the limit is {}", bytes_announced_,
                    bytes_max_);
    if (!problem_.empty())
        return fail(Errc::corrupt, "{}", problem_);
    if (!error_.empty())
        return fail(classify_pull_failure(error_), "{}", printable(error_));
    return {};
}

Errc classify_pull_failure(std::string_view message)
{
    if (contains_any(message, {"verification failed"}))
        return Errc::corrupt;
    // What Docker Hub says of a repository that does not exist.
    if (contains_any(message, {"repository does not exist"}))
        return Errc::not_found;
    if (contains_any(message, {"unauthorized", "denied", "no basic auth credentials", "authentication required"}))
        return Errc::refused;
    if (contains_any(message, {"manifest unknown", "not found", "name unknown", "no matching manifest"}))
        return Errc::not_found;
    return Errc::unavailable;
}

} // namespace berth::compute
