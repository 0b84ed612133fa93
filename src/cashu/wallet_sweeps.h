#pragma once
// Sends what is free at a mint to a Lightning address: an invoice from the address's service (lnurl.h) for as much as
// the mint's quote leaves, then a payment by Melts. Until that payment begins nothing is at stake, so all of this is in
// memory, and a restart begins anew.

#include "cashu/lnurl.h"
#include "cashu/melts.h"

#include <memory>

namespace berth::cashu {

class Sweeps {
public:
    /// `held_back`: what must stay at a mint besides SweepOptions::keep; may be empty.
    Sweeps(net::Http& http, WalletStore& store, MintClient& client, KeysetBook& book, Melts& melts,
           crypto::Random& random, const WalletOptions& options, std::function<Msat(const std::string&)> held_back);

    [[nodiscard]] Result<void> begin(const SweepOrder& order, UnixTime now);
    /// Until its payment exists.
    [[nodiscard]] std::optional<PaymentStatus> find(const std::string& key) const;

    /// Gives up what got no answer, and begins what is due by itself.
    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due() const;

private:
    struct Sweep {
        SweepOrder order{};
        std::string url{}; ///< of the pay parameters
        PayParameters parameters{};
        Amount amount = 0; ///< that the present invoice is for
        int rounds = 0;
        bool is_over = false;
        std::string problem{};
        UnixTime expires_at{};
    };

    void fetch(const std::string& key, const std::string& url, void (Sweeps::*next)(Sweep&, const std::string& body));
    void on_parameters(Sweep& sweep, const std::string& body);
    void request_invoice(Sweep& sweep);
    void on_invoice(Sweep& sweep, const std::string& body);
    void on_quote(const std::string& key, const std::string& invoice, const MeltReply& reply);
    void fail_sweep(Sweep& sweep, const std::string& problem);
    void begin_automatic(UnixTime now);
    /// What may leave, after the fee for spending it all.
    [[nodiscard]] Result<Amount> spendable(const std::string& mint, Unit unit) const;
    [[nodiscard]] Sweep* running(const std::string& key);

    net::Http& http_;
    WalletStore& store_;
    MintClient& client_;
    KeysetBook& book_;
    Melts& melts_;
    crypto::Random& random_;
    const SweepOptions options_;
    const bool is_automatic_;
    const std::function<UnixTime()> clock_;
    const std::function<Msat(const std::string&)> held_back_;
    std::map<std::string, Sweep> sweeps_;
    std::map<std::pair<std::string, Unit>, UnixTime> automatic_after_;
    UnixTime next_look_{};
    /// Answers outlive us in the Http's hands; they look here first. Owned by us alone, watched by those callbacks.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace berth::cashu
