#include "cli/daemon_link.h"

#include "daemon/daemon.h"

namespace berth::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSilence{2};

} // namespace

Result<void> DaemonLink::open(const std::filesystem::path& state_dir)
{
    const auto connected = client_.connect(daemon::control_socket_of(state_dir));
    if (connected)
        return {};
    if (connected.error().code == Errc::not_found)
        return fail(Errc::not_found, "no provider runs in {}", state_dir.string());
    return connected;
}

Result<std::string> DaemonLink::ask(const provider::control::Request& request, std::chrono::seconds patience,
                                    const std::string& progress)
{
    const Clock::time_point end = Clock::now() + patience;
    const uint64_t id = ++last_id_;
    TRY(client_.send(provider::control::encode_line(id, request), end));
    auto line = client_.receive(std::min(end, Clock::now() + kSilence));
    if (!line && line.error().code == Errc::unavailable && Clock::now() < end) {
        fmt::print(stderr, "berth: {}\n", progress);
        line = client_.receive(end);
    }
    if (!line)
        return pass_on(line);
    const auto answer = TRY(provider::control::decode_answer(*line));
    if (answer.id != id)
        return fail(Errc::corrupt, "the provider answered something else");
    return answer.result;
}

} // namespace berth::cli
