// The part of DockerClient that speaks to registries through the Engine.

#include "compute/docker_client.h"
#include "compute/docker_reply.h"
#include "compute/docker_request.h"
#include "util/log.h"
#include "util/utf8.h"

namespace berth::compute {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressLogInterval = 3s;
/// The stream is progress text, a few kilobytes a layer, whatever the image's size.
constexpr size_t kProgressBytesMax = 64 << 20;
/// The Engine asks the registry, perhaps after a login.
constexpr std::chrono::milliseconds kDigestTimeout = 60s;

/// Follows one pull: what it has, whether it must give way to others, and what the debug log hears of it.
class PullWatch {
public:
    PullWatch(const ImageReference& image, const PullOptions& options)
        : name_{image.name}, traffic_{options.traffic}, progress_{options.bytes_max}
    {
        if (traffic_)
            number_ = traffic_->enter(Clock::now());
    }
    ~PullWatch()
    {
        if (traffic_)
            traffic_->leave(number_);
    }
    PullWatch(const PullWatch&) = delete;
    PullWatch& operator=(const PullWatch&) = delete;

    /// False to hang up.
    bool take(std::string_view piece)
    {
        bytes_ += piece.size();
        if (bytes_ > kProgressBytesMax || !progress_.add(piece))
            return false;
        const auto now = Clock::now();
        if (now - logged_at_ >= kProgressLogInterval) {
            logged_at_ = now;
            log::debug("pull of {}: {} of {} bytes, {} layers left", name_, progress_.bytes_done(),
                       progress_.bytes_announced(), progress_.layers_left());
        }
        const size_t left = progress_.layers_left();
        const PullState state{.bytes_done = progress_.bytes_done(),
                              .is_downloading = left > progress_.layers_waiting(),
                              .is_held_up = left > 0 && left == progress_.layers_waiting()};
        gave_way_ = traffic_ && traffic_->must_give_way(number_, state, now);
        return !gave_way_;
    }

    Result<void> finish()
    {
        if (gave_way_)
            return fail(Errc::unavailable, "its registry sends too slowly while other pulls wait; try again later");
        if (bytes_ > kProgressBytesMax)
            return fail(Errc::corrupt, "the Engine tells progress without end");
        return progress_.finish();
    }

private:
    const std::string name_;
    PullTraffic* traffic_;
    ProgressStream progress_;
    uint64_t number_ = 0;
    size_t bytes_ = 0;
    bool gave_way_ = false;
    Clock::time_point logged_at_ = Clock::now();
};

} // namespace

Result<void> DockerClient::pull_image(const ImageReference& image, const PullOptions& options)
{
    const std::string& version = image.digest.empty() ? image.tag : image.digest;
    net::HttpRequest request =
        TRY(make_request("POST", fmt::format("/images/create?fromImage={}&tag={}", percent_encode(image.name),
                                             percent_encode(version))));
    if (options.login)
        request.headers.emplace_back("X-Registry-Auth", encode_registry_auth(*options.login));
    request.timeout = options.deadline;
    PullWatch watch{image, options};
    const auto started = Clock::now();
    const net::HttpResult response =
        http_.stream(request, [&watch](std::string_view piece) { return watch.take(piece); });
    // Hanging up makes the Engine drop what it has, so nothing happened.
    if (!response && Clock::now() - started >= options.deadline)
        return fail(Errc::unavailable, "pull of {}: not there after {} s", image.name,
                    std::chrono::duration_cast<std::chrono::seconds>(options.deadline).count());
    if (!response)
        return fail(Errc::unavailable, "pull of {}: {}", image.name, response.error().message);
    if (response->status < 200 || response->status >= 300) {
        const std::string message = parse_error_message(response->body);
        const Errc code = response->status == 404 ? Errc::not_found : classify_pull_failure(message);
        return fail(code, "pull of {}: {}", image.name, printable(message));
    }
    const auto finished = watch.finish();
    if (!finished)
        return fail(finished.error().code, "pull of {}: {}", image.name, finished.error().message);
    return {};
}

Result<std::string> DockerClient::fetch_digest(const ImageReference& image, const RegistryLogin* login)
{
    net::HttpRequest request = TRY(make_request("GET", fmt::format("/distribution/{}:{}/json", image.name, image.tag)));
    request.timeout = kDigestTimeout;
    if (login)
        request.headers.emplace_back("X-Registry-Auth", encode_registry_auth(*login));
    const net::HttpResult response = http_.send(request);
    if (!response)
        return fail(Errc::unavailable, "Docker Engine: {}", response.error().message);
    if (response->status == 200)
        return parse_distribution(response->body);
    const std::string message = parse_error_message(response->body);
    return fail(response->status == 404 ? Errc::not_found : classify_pull_failure(message), "{}:{}: {}", image.name,
                image.tag, printable(message));
}

} // namespace berth::compute
