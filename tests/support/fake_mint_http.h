#pragma once
// The way to a fake mint, and to whatever else a test answers for.

#include "support/fake_mint.h"

#include <functional>

namespace berth::test {

/// Holds requests and answers until told: what a batch sends leaves only when it is committed.
class FakeMintHttp final : public net::Http {
public:
    explicit FakeMintHttp(FakeMint& mint) : mint_{mint} {}

    void send(net::HttpRequest request, std::function<void(net::HttpResult)> done) override
    {
        waiting_.emplace_back(std::move(request), std::move(done));
    }
    [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
    [[nodiscard]] size_t waiting() const { return waiting_.size(); }
    [[nodiscard]] const net::HttpRequest& front() const { return waiting_.front().first; }
    /// The transaction was rolled back, or we died before anything was sent.
    void drop_all() { waiting_.clear(); }
    /// The mint gets the oldest request; the answer is lost with us.
    void execute_without_answer()
    {
        (void)mint_.answer(waiting_.front().first);
        waiting_.pop_front();
    }
    /// The oldest request and its answer.
    void deliver()
    {
        auto [request, done] = std::move(waiting_.front());
        waiting_.pop_front();
        const auto instead = in_between ? in_between(request) : std::nullopt;
        done(instead ? *instead : request.url.starts_with(mint_.url()) ? mint_.answer(request) : elsewhere(request));
    }

    /// What stands before the mint and answers for it where it wants to.
    std::function<std::optional<net::HttpResult>(const net::HttpRequest&)> in_between;
    /// Answers for every other host.
    std::function<net::HttpResult(const net::HttpRequest&)> elsewhere = [](const net::HttpRequest&) {
        return net::HttpResult{fail(Errc::unavailable, "connection refused")};
    };

private:
    FakeMint& mint_;
    std::deque<std::pair<net::HttpRequest, std::function<void(net::HttpResult)>>> waiting_;
};

} // namespace berth::test
