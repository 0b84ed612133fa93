#include "net/line_client.h"

#include "net/unix_socket.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace berth::net {

namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kLineBytesMax = 8 << 20;

Unexpected gone()
{
    return fail(Errc::outcome_unknown, "the provider went away before it answered");
}

} // namespace

LineClient::LineClient() : socket_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}

Result<void> LineClient::connect(const std::filesystem::path& path)
{
    return connect_unix(socket_.get(), path);
}

Result<void> LineClient::wait_for(short events, Deadline deadline) const
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd polled{socket_.get(), events, 0};
        const int ready = ::poll(&polled, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000)));
        if (ready > 0)
            return {};
        if (ready < 0 && errno != EINTR)
            return gone();
        if (std::chrono::steady_clock::now() >= deadline)
            return fail(Errc::unavailable, "no answer in time");
    }
}

Result<void> LineClient::send(std::string_view line, Deadline deadline)
{
    const std::string text = std::string{line} + '\n';
    for (size_t sent = 0; sent < text.size();) {
        TRY(wait_for(POLLOUT, deadline));
        const ssize_t count =
            ::send(socket_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0)
            sent += static_cast<size_t>(count);
        else if (errno != EAGAIN && errno != EINTR)
            return gone();
    }
    return {};
}

Result<std::string> LineClient::receive(Deadline deadline)
{
    for (;;) {
        const size_t end = received_.find('\n');
        if (end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 1);
            return line;
        }
        if (received_.size() > kLineBytesMax)
            return fail(Errc::corrupt, "the provider's answer is too long");
        TRY(wait_for(POLLIN, deadline));
        char bytes[kReadBytes];
        const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0)
            received_.append(bytes, static_cast<size_t>(count));
        else if (count == 0 || (errno != EAGAIN && errno != EINTR))
            return gone();
    }
}

} // namespace berth::net
