#pragma once
// An Engine that a test plays: a Unix socket, and one answer for each request from a function of the test's.

#include "compute/docker_client.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace berth::compute {

class ScriptedEngine {
public:
    struct Answer {
        int status = 200;
        std::string body{};
    };
    /// `request` is a method and a path without the API's version: "GET /containers/x/json".
    using Script = std::function<Answer(const std::string& request)>;

    explicit ScriptedEngine(Script script) : script_{std::move(script)}
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket().c_str(), sizeof address.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_, 16) == 0);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~ScriptedEngine()
    {
        ::shutdown(listener_, SHUT_RDWR); // ends accept()
        thread_.join();
        ::close(listener_);
    }
    ScriptedEngine(const ScriptedEngine&) = delete;
    ScriptedEngine& operator=(const ScriptedEngine&) = delete;

    [[nodiscard]] std::string socket() const { return (folder() / "engine").string(); }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
    [[nodiscard]] DockerClient client() { return DockerClient{link_}; }
    /// How many requests held these words.
    [[nodiscard]] size_t count(const std::string& words)
    {
        const std::lock_guard lock{mutex_};
        size_t found = 0;
        for (const std::string& request : requests_)
            found += request.find(words) != std::string::npos ? 1 : 0;
        return found;
    }

private:
    void serve()
    {
        for (int peer = ::accept(listener_, nullptr, nullptr); peer >= 0;
             peer = ::accept(listener_, nullptr, nullptr)) {
            answer(peer);
            ::close(peer);
        }
    }

    void answer(int peer)
    {
        const std::string head = read_request(peer);
        std::string request = head.substr(0, head.find(" HTTP/"));
        if (const size_t version = request.find(" /v1."); version != std::string::npos)
            request.erase(version + 1, request.find('/', version + 2) - version - 1);
        const Answer said =
            request == "GET /version" ? Answer{200, R"({"Version":"20","ApiVersion":"1.41"})"} : script_(request);
        {
            const std::lock_guard lock{mutex_};
            requests_.push_back(request);
        }
        const std::string text = fmt::format("HTTP/1.1 {} Said\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                                             said.status, said.body.size(), said.body);
        (void)::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    }

    /// Head and body, so that nothing unread makes the kernel reset the connection.
    static std::string read_request(int peer)
    {
        std::string text;
        char buffer[4096];
        size_t whole = std::string::npos;
        while (text.size() < whole) {
            const ssize_t count = ::recv(peer, buffer, sizeof buffer, 0);
            if (count <= 0)
                break;
            text.append(buffer, static_cast<size_t>(count));
            const size_t end = text.find("\r\n\r\n");
            const size_t length = text.find("Content-Length: ");
            if (end != std::string::npos)
                whole = end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
        }
        return text;
    }

    const Script script_;
    const test::TemporaryFolder folder_;
    int listener_ = -1;
    EngineLink link_{socket()};
    std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

} // namespace berth::compute
