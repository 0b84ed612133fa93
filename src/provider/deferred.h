#pragma once
// Effects held back until COMMIT. Core gives these to whoever wants to touch the world inside a transaction: nothing
// leaves for a relay, a mint or the Engine before the rows that explain it are on disk.

#include "net/http.h"
#include "net/sockets.h"
#include "provider/jobs.h"

#include <functional>
#include <map>
#include <vector>

namespace berth::provider {

class Effects {
public:
    void add(std::function<void()> effect) { waiting_.push_back(std::move(effect)); }
    /// After COMMIT.
    void let_out()
    {
        std::vector<std::function<void()>> effects;
        effects.swap(waiting_);
        for (const auto& effect : effects)
            effect();
    }

private:
    std::vector<std::function<void()>> waiting_;
};

class DeferredSockets final : public net::Sockets {
public:
    DeferredSockets(Effects& effects, net::Sockets& sockets) : effects_{effects}, sockets_{sockets} {}
    void connect(net::SocketId id, const std::string& url) override
    {
        effects_.add([this, id, url] { sockets_.connect(id, url); });
    }
    void send_text(net::SocketId id, std::string text) override
    {
        effects_.add([this, id, text = std::move(text)]() mutable { sockets_.send_text(id, std::move(text)); });
    }
    void close(net::SocketId id) override
    {
        effects_.add([this, id] { sockets_.close(id); });
    }
    void set_reading(net::SocketId id, bool reading) override
    {
        effects_.add([this, id, reading] { sockets_.set_reading(id, reading); });
    }

private:
    Effects& effects_;
    net::Sockets& sockets_;
};

class DeferredJobs final : public JobRunner {
public:
    DeferredJobs(Effects& effects, JobRunner& jobs) : effects_{effects}, jobs_{jobs} {}
    void submit(Job job) override
    {
        effects_.add([this, job = std::move(job)]() mutable { jobs_.submit(std::move(job)); });
    }

private:
    Effects& effects_;
    JobRunner& jobs_;
};

/// Sends a request that an HttpDone message with the same id will answer.
using HttpSender = std::function<void(uint64_t id, net::HttpRequest request)>;

/// Keeps each call's handler on the core thread, and finds it again when the answer arrives.
class DeferredHttp final : public net::Http {
public:
    DeferredHttp(Effects& effects, HttpSender sender) : effects_{effects}, sender_{std::move(sender)} {}
    void send(net::HttpRequest request, std::function<void(net::HttpResult)> done) override
    {
        const uint64_t id = ++last_id_;
        handlers_.emplace(id, std::move(done));
        effects_.add([this, id, request = std::move(request)]() mutable { sender_(id, std::move(request)); });
    }
    void finish(uint64_t id, net::HttpResult result)
    {
        const auto found = handlers_.find(id);
        if (found == handlers_.end())
            return;
        const auto done = std::move(found->second);
        handlers_.erase(found);
        done(std::move(result));
    }

private:
    Effects& effects_;
    HttpSender sender_;
    uint64_t last_id_ = 0;
    std::map<uint64_t, std::function<void(net::HttpResult)>> handlers_;
};

} // namespace berth::provider
