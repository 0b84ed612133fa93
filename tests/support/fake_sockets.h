#pragma once
// net::Sockets without a network: remembers what each connection was asked for, by URL.

#include "net/sockets.h"

#include <map>
#include <vector>

namespace berth::test {

class FakeSockets final : public net::Sockets {
public:
    void connect(net::SocketId id, const std::string& url) override
    {
        urls[id] = url;
        latest[url] = id;
        ++connects[url];
    }
    void send_text(net::SocketId id, std::string text) override { sent[urls.at(id)].push_back(std::move(text)); }
    void close(net::SocketId id) override { closed.push_back(id); }
    void set_reading(net::SocketId id, bool reading) override { is_reading[urls.at(id)] = reading; }

    std::map<net::SocketId, std::string> urls;
    std::map<std::string, net::SocketId> latest;
    std::map<std::string, int> connects;
    std::map<std::string, std::vector<std::string>> sent;
    std::map<std::string, bool> is_reading;
    std::vector<net::SocketId> closed;
};

} // namespace berth::test
