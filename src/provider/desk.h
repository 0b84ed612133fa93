#pragma once
// The desk: serves requests. Checks everything that is free to check, takes the order with its redemption in one
// transaction, and settles it once, with one body for however many requests asked for it.

#include "cashu/wallet.h"
#include "provider/images.h"
#include "provider/intake.h"
#include "provider/leases.h"
#include "provider/log_requests.h"
#include "provider/lost_keys.h"
#include "provider/refunds.h"
#include "provider/template_limits.h"
#include "provider/unlocks.h"

#include <set>

namespace berth::provider {

class Desk {
public:
    struct Parts {
        const Options& options;
        OrderStore& orders;
        LeaseStore& lease_rows;
        Leases& leases;
        Unlocks& unlocks;
        LostKeys& lost_keys;
        LogRequests& logs;
        const VolumeAbilities& volumes;
        const TemplateLimits& limits;
        Images& images;
        Intake& intake;
        Replies& replies;
        cashu::Wallet& wallet;
        RefundStore& refund_rows;
        Refunds& refunds;
        crypto::Random& random;
        FailureSink& failures;
    };

    explicit Desk(Parts parts) : p_{parts} {}

    /// Marks the leases of top-ups that were being redeemed when the process ended.
    void load();
    void serve(IncomingRequest incoming, UnixTime now);
    void on_redeemed(const cashu::Redeemed& redeemed, UnixTime now);
    void on_running(const Lease& lease, UnixTime now);
    void on_failed(const Lease& lease, const Error& error, UnixTime now);
    void on_lost(const Lease& lease, UnixTime now) { refund_unused(lease, {}, now); }
    /// The operator ends a live lease: its unused time goes back, and its owner is told, with the reason.
    void evict(const Lease& lease, const std::string& reason, UnixTime now);
    /// What would go back from this mint if every live lease ended now.
    [[nodiscard]] cashu::Msat owed_at(const std::string& mint, UnixTime now) const;
    /// A refund has something new to say to the owner of its lease.
    void on_refund(const Refund& refund, const std::string& body, UnixTime now);
    /// Something that parked requests may wait for has changed: an image, a mint's keysets, the Engine.
    void retry_parked(UnixTime now);
    /// Parked too long: answered with what is missing.
    void tick(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;

private:
    struct Parked {
        IncomingRequest incoming;
        UnixTime give_up_at;
        Refusal refusal; ///< the answer if nothing changes
    };
    /// A token as far as it can be judged, or the verdict that ends the request.
    struct Payment {
        cashu::CheckedToken token;
        Bytes32 order_key{};
    };

    void serve_spawn(const RequestOrigin& origin, const SpawnRequest& request, UnixTime now);
    void serve_top_up(const RequestOrigin& origin, const TopUpRequest& request, UnixTime now);
    void serve_status(const RequestOrigin& origin, const StatusRequest& request, UnixTime now);
    void serve_access(const RequestOrigin& origin, const AccessRequest& request, UnixTime now);
    void serve_quote(const RequestOrigin& origin, const QuoteRequest& request, UnixTime now);
    void serve_stop(const RequestOrigin& origin, const StopRequest& request, UnixTime now);

    [[nodiscard]] std::optional<Payment> take_payment(const RequestOrigin& origin, const Request& request,
                                                      const std::string& token, OrderKind kind,
                                                      const std::string& target, UnixTime now);
    /// Whether its sender asks once more for what was refused with the token untouched.
    [[nodiscard]] bool is_new_try(const RequestOrigin& origin, const Order& order);
    [[nodiscard]] bool join_order(const RequestOrigin& origin, const Bytes32& key, UnixTime now);
    void place_order(const RequestOrigin& origin, const Order& order, UnixTime now);
    void settle(const Order& order, const std::string& body, UnixTime now) { settle_key(order.key, body, now); }
    /// Whether a request waited for it.
    bool settle_key(const Bytes32& order, const std::string& body, UnixTime now);
    bool answer_all(const std::vector<RequestOrigin>& waiting, const std::string& body, UnixTime now);
    void refuse(const RequestOrigin& origin, const Refusal& refusal, UnixTime now);
    /// Another order holds or has spent the token: never that order's answer, it may be somebody else's access.
    void refuse_claimed(const RequestOrigin& origin, const cashu::CheckedToken& token, const Error& error,
                        UnixTime now);
    void answer(const RequestOrigin& origin, const std::string& body, UnixTime now);
    void park(const RequestOrigin& origin, Request request, Refusal refusal, UnixTime now);
    void settle_with_refund(const Order& order, const Refusal& refusal, UnixTime now);
    void settle_top_up(const Order& order, const cashu::Redeemed& redeemed, UnixTime now);
    /// Grants `duration` for what was redeemed, and returns what is more than that bought.
    void settle_with_change(const Order& order, const Lease& lease, cashu::Msat net, std::chrono::seconds granted,
                            const std::string& body, UnixTime now);
    /// What an ending lease did not use.
    void refund_unused(const Lease& lease, const std::string& explanation, UnixTime now);
    void join_refund(const RequestOrigin& origin, const std::string& lease, UnixTime now);
    [[nodiscard]] std::optional<Lease> find_own_ended(const std::string& pod, const std::string& sender) const;
    [[nodiscard]] Refusal refusal_of_closed() const;
    [[nodiscard]] LeaseView view_of(const Lease& lease) const;
    [[nodiscard]] const Lease* find_pod(const std::string& pod, const std::string& sender) const;

    Parts p_;
    std::vector<Parked> parked_;
};

} // namespace berth::provider
