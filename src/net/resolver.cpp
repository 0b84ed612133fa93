#include "net/resolver.h"

#include "util/check.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <memory>

namespace berth::net {

namespace {

constexpr size_t kAddressesMax = 4;

struct FreeAddresses {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Result<Addresses> resolve(const std::string& host)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0)
        return fail(Errc::unavailable, "the name does not resolve: {}", gai_strerror(error));
    const std::unique_ptr<addrinfo, FreeAddresses> owner{list};
    Addresses addresses;
    for (const addrinfo* entry = list; entry != nullptr && addresses.size() < kAddressesMax; entry = entry->ai_next) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
            addresses.emplace_back(text.data());
    }
    if (addresses.empty())
        return fail(Errc::unavailable, "the name has no address");
    return addresses;
}

} // namespace

Resolver::Resolver(Deliver deliver) : deliver_{std::move(deliver)}
{
    for (Lane& lane : lanes_)
        VERIFY(lane.inbox.reserve());
}

Resolver::~Resolver()
{
    for (Lane& lane : lanes_)
        lane.inbox.put_reserved({});
    for (Lane& lane : lanes_)
        if (lane.thread.joinable())
            lane.thread.join();
}

bool Resolver::look_up(uint64_t id, std::string host)
{
    Lane& lane = lanes_[id % lanes_.size()];
    if (!lane.thread.joinable())
        lane.thread = std::thread{[this, &lane] { run(lane); }};
    return lane.inbox.put(Question{.id = id, .host = std::move(host)});
}

void Resolver::run(Lane& lane)
{
    for (;;) {
        std::vector<Message> messages = lane.inbox.take_all(std::chrono::steady_clock::now() + std::chrono::hours{1});
        if (std::any_of(messages.begin(), messages.end(), [](const Message& message) { return !message; }))
            return;
        for (const Message& question : messages)
            deliver_(question->id, resolve(question->host));
    }
}

bool is_numeric_address(const std::string& host)
{
    in6_addr parsed{};
    return inet_pton(AF_INET, host.c_str(), &parsed) == 1 || inet_pton(AF_INET6, host.c_str(), &parsed) == 1;
}

} // namespace berth::net
