#pragma once
// Answers the operator's commands, on the core thread and in its transactions: an answer leaves after COMMIT, so what
// it says is true even if the process dies with the next instruction. Whoever lost an answer asks again: ending a lease
// twice ends it once, and a wallet's payment has a key.

#include "net/line_server.h"
#include "provider/control_request.h"
#include "provider/control_views.h"

#include <functional>

namespace berth::provider {

class Control {
public:
    struct Parts {
        const Options& options;
        Leases& leases;
        LeaseStore& lease_rows;
        RefundStore& refund_rows;
        RelayStore& relay_rows;
        Desk& desk;
        Drain& drain;
        cashu::Wallet& wallet;
        FailureSink& failures;
        std::function<NodeFacts()> node;
        /// What is sold has changed.
        std::function<void(UnixTime now)> hurry;
        /// Sends a line after COMMIT.
        std::function<void(uint64_t connection, std::string line)> answer;
    };

    explicit Control(Parts parts) : p_{std::move(parts)} {}

    void handle(const net::LineEvent& event, UnixTime now);
    /// Answers what is over by now.
    void tick(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;

private:
    /// Something under way. It goes on when its asker is gone; only nobody is told.
    struct Waiting {
        uint64_t connection = 0;
        uint64_t id = 0;
        std::optional<cashu::OperatorVerb> verb{}; ///< of the wallet; else the end of the last lease
        std::chrono::seconds wait{};
        UnixTime give_up_at{};
    };
    using Answer = std::optional<Result<std::string>>; ///< nothing: later

    [[nodiscard]] Answer serve(const net::ReceivedLine& line, uint64_t id, const control::Request& request,
                               UnixTime now);
    [[nodiscard]] Answer serve_wallet(const net::ReceivedLine& line, uint64_t id, const control::Wallet& wallet,
                                      UnixTime now);
    [[nodiscard]] Answer serve_drain(const net::ReceivedLine& line, uint64_t id, const control::Drain& drain,
                                     UnixTime now);
    [[nodiscard]] Answer poll(Waiting& waiting, UnixTime now);
    void wait_for(Waiting waiting, UnixTime now);
    [[nodiscard]] std::string show_node(UnixTime now);
    [[nodiscard]] std::string show_leases(UnixTime now) const;
    [[nodiscard]] Result<std::string> show_lease(const std::string& name, UnixTime now);
    [[nodiscard]] Result<std::string> end_lease(const control::EndLease& order, UnixTime now);
    [[nodiscard]] std::optional<Lease> find_lease(const std::string& name);
    [[nodiscard]] std::vector<const Lease*> open_leases() const;

    Parts p_;
    std::vector<Waiting> waiting_;
    UnixTime next_look_ = UnixTime::max();
};

} // namespace berth::provider
