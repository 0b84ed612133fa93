#pragma once
// One thing that an operator asks of the wallet, from its request to its answer, both JSON texts: the same whether it
// comes from a command beside a stopped provider or to a running one.
//
//   balance                                  {"mints":[{mint,unit,unspent,reserved,pending}],"msat"}
//   receive {token}                          {mint,unit,amount,fee}
//   send    {key,amount,unit?,mint?}         {key,token}
//   melt    {key,invoice,unit?,mint?}        {key,mint,unit,amount,fees,preimage}
//   sweep   {key,address?,unit?,mint?}       the same
//   history {count?}                         {"entries":[{id,at,movement,mint,unit,operation,name,"msat":{account}}]}
//   restore                                  {"msat","problems":[]}
//   audit   {rows_only?}                     {"differences":[],"unanswered":[],entries,proofs,handed_out_msat}

#include "cashu/wallet.h"

#include <memory>

namespace berth::cashu {

/// Entries that `history` gives at most.
constexpr size_t kHistoryMax = 1000;

/// Amounts that are missing or zero, keys without their prefix and the like are left to the wallet.
struct OperatorRequest {
    std::string verb{};
    std::string key{};
    std::string token{};
    std::string invoice{};
    std::string address{};
    std::string mint{};
    Unit unit = Unit::sat;
    Amount amount = 0;
    size_t count = 20;
    bool rows_only = false;
};

[[nodiscard]] std::string encode_operator_request(const OperatorRequest& request);
/// bad_input for a verb or a member that there is not.
[[nodiscard]] Result<OperatorRequest> decode_operator_request(std::string_view json_text);

class OperatorVerb {
public:
    explicit OperatorVerb(OperatorRequest request) : request_{std::move(request)} {}

    /// In the caller's transaction, once.
    [[nodiscard]] Result<void> begin(Wallet& wallet, UnixTime now);
    /// The answer, or why there is none; nullopt while it is under way. In a transaction of the caller's, since a token
    /// may have had to wait for its mint's keysets.
    [[nodiscard]] std::optional<Result<std::string>> poll(Wallet& wallet, UnixTime now);

private:
    using Answer = std::optional<Result<std::string>>;
    [[nodiscard]] Result<void> begin_receive(Wallet& wallet, UnixTime now);
    [[nodiscard]] Answer poll_receive(Wallet& wallet, UnixTime now);
    [[nodiscard]] Answer poll_payment(const Wallet& wallet) const;
    [[nodiscard]] Answer poll_restore(const Wallet& wallet) const;

    OperatorRequest request_;
    std::optional<RedemptionId> redemption_;
    std::optional<CheckedToken> token_;
    std::shared_ptr<std::optional<AuditReport>> report_; ///< the wallet's callback fills it, whoever is left by then
};

} // namespace berth::cashu
