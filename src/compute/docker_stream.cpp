#include "compute/docker_stream.h"

#include "util/json.h"

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
    const Result<std::string> layer = json_string(*parsed, "id");
    if (!layer || detail == parsed->end())
        return true;
    const Result<uint64_t> total = json_u64(*detail, "total");
    if (!total || (layer_bytes_.size() >= kLayersMax && !layer_bytes_.contains(*layer)))
        return true;
    // Downloading and extracting tell the same total; a layer counts once, with the most it was said to have.
    uint64_t& known = layer_bytes_[*layer];
    if (*total > known) {
        bytes_announced_ += std::min(*total - known, UINT64_MAX - bytes_announced_);
        known = *total;
    }
    return bytes_announced_ <= bytes_max_;
}

Result<void> ProgressStream::finish()
{
    if (problem_.empty() && bytes_announced_ <= bytes_max_ && !line_.empty()) {
        const std::string line = std::exchange(line_, {});
        (void)take_line(line);
    }
    if (bytes_announced_ > bytes_max_)
        return fail(Errc::bad_input, "image of {} bytes, limit {}", bytes_announced_, bytes_max_);
    if (!problem_.empty())
        return fail(Errc::bad_input, "{}", problem_);
    if (!error_.empty())
        return fail(classify_pull_failure(error_), "{}", error_);
    return {};
}

Errc classify_pull_failure(std::string_view message)
{
    if (contains_any(message, {"verification failed"}))
        return Errc::corrupt;
    // Docker Hub says "access denied" for what doesn't exist, too; the wording begins with "pull access denied".
    if (contains_any(message, {"unauthorized", "denied", "no basic auth credentials", "authentication required"}))
        return Errc::refused;
    if (contains_any(message, {"manifest unknown", "not found", "name unknown", "no matching manifest"}))
        return Errc::not_found;
    return Errc::unavailable;
}

} // namespace berth::compute
