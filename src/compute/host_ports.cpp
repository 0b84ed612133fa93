#include "compute/host_ports.h"

#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace berth::compute {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0; ///< 0: no IP address
};

Address parse(const std::string& text, uint16_t port)
{
    Address address;
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    sockaddr_in6 v6{
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_flowinfo = 0, .sin6_addr = {}, .sin6_scope_id = 0};
    if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        *reinterpret_cast<sockaddr_in*>(&address.storage) = v4;
        address.length = sizeof v4;
    } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        *reinterpret_cast<sockaddr_in6*>(&address.storage) = v6;
        address.length = sizeof v6;
    }
    return address;
}

bool is_in_use(const Address& address, int type)
{
    const int handle = socket(address.storage.ss_family, type | SOCK_CLOEXEC, 0);
    if (handle < 0)
        return false;
    // A TCP port whose last connections are only being forgotten can be listened on; UDP has nothing to forget.
    const int on = type == SOCK_STREAM ? 1 : 0;
    (void)setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool in_use =
        bind(handle, reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 && errno == EADDRINUSE;
    close(handle);
    return in_use;
}

} // namespace

bool is_host_port_free(const std::string& address, uint16_t port)
{
    const Address parsed = parse(address, port);
    return parsed.length == 0 || (!is_in_use(parsed, SOCK_STREAM) && !is_in_use(parsed, SOCK_DGRAM));
}

} // namespace berth::compute
