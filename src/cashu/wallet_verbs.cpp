#include "cashu/wallet_verbs.h"

#include "util/json.h"

#include <algorithm>
#include <array>

namespace berth::cashu {

namespace {

constexpr std::array kVerbs = {"balance", "receive", "send", "melt", "sweep", "history", "restore", "audit"};
constexpr JsonLimits kLimits{.bytes_max = 256 << 10, .depth_max = 2, .items_max = 16};

std::string encode_balance(const Wallet& wallet)
{
    OrderedJson mints = OrderedJson::array();
    for (const Holding& held : wallet.holdings())
        mints.push_back({{"mint", held.mint},
                         {"unit", name_of(held.unit)},
                         {"unspent", held.unspent},
                         {"reserved", held.reserved},
                         {"pending", held.pending}});
    OrderedJson body;
    body["mints"] = std::move(mints);
    body["msat"] = wallet.balance().value;
    return dump_json(body);
}

std::string encode_history(const Wallet& wallet, size_t count)
{
    OrderedJson entries = OrderedJson::array();
    for (const LedgerEntry& entry : wallet.history(std::min(count, kHistoryMax))) {
        OrderedJson legs = OrderedJson::object();
        for (const LedgerLeg& leg : entry.legs)
            legs[name_of(leg.account)] = leg.msat;
        entries.push_back({{"id", entry.id},
                           {"at", rfc3339(entry.at)},
                           {"movement", name_of(entry.movement)},
                           {"mint", entry.mint},
                           {"unit", name_of(entry.unit)},
                           {"operation", entry.operation},
                           {"name", entry.name},
                           {"msat", std::move(legs)}});
    }
    OrderedJson body;
    body["entries"] = std::move(entries);
    return dump_json(body);
}

std::string encode_report(const AuditReport& report)
{
    OrderedJson body;
    body["differences"] = report.differences;
    body["unanswered"] = report.unanswered;
    body["overdue"] = report.overdue;
    body["entries"] = report.entries;
    body["proofs"] = report.proofs;
    body["handed_out_msat"] = report.handed_out.value;
    return dump_json(body);
}

Error error_of(const TokenRefusal& refusal)
{
    const bool may_work_later = refusal.fault == TokenFault::mint_unavailable || refusal.fault == TokenFault::pending;
    return {may_work_later ? Errc::unavailable : Errc::refused, refusal.message};
}

} // namespace

std::string encode_operator_request(const OperatorRequest& request)
{
    OrderedJson body;
    body["verb"] = request.verb;
    for (const auto& [name, value] :
         {std::pair{"key", &request.key}, std::pair{"token", &request.token}, std::pair{"invoice", &request.invoice},
          std::pair{"address", &request.address}, std::pair{"mint", &request.mint}})
        if (!value->empty())
            body[name] = *value;
    body["unit"] = name_of(request.unit);
    body["amount"] = request.amount;
    body["count"] = request.count;
    body["rows_only"] = request.rows_only;
    return dump_json(body);
}

Result<OperatorRequest> decode_operator_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, kLimits));
    OperatorRequest request;
    request.verb = TRY(json_string(body, "verb"));
    if (std::find(kVerbs.begin(), kVerbs.end(), request.verb) == kVerbs.end())
        return fail(Errc::bad_input, "the wallet has no such verb");
    constexpr std::array kMembers = {"verb", "key",  "token",  "invoice", "address",
                                     "mint", "unit", "amount", "count",   "rows_only"};
    for (const auto& [name, value] : body.items())
        if (std::find(kMembers.begin(), kMembers.end(), name) == kMembers.end())
            return fail(Errc::bad_input, "a request to the wallet has no member of that name");
    for (const auto& [name, member] :
         {std::pair{"key", &request.key}, std::pair{"token", &request.token}, std::pair{"invoice", &request.invoice},
          std::pair{"address", &request.address}, std::pair{"mint", &request.mint}}) {
        auto text = TRY(json_optional_string(body, name));
        *member = std::move(text).value_or("");
    }
    const auto unit = TRY(json_optional_string(body, "unit"));
    request.unit = TRY(parse_unit(unit.value_or("sat")));
    const auto amount = TRY(json_optional_u64(body, "amount"));
    request.amount = amount.value_or(0);
    const auto count = TRY(json_optional_u64(body, "count"));
    request.count = static_cast<size_t>(count.value_or(request.count));
    if (body.contains("rows_only"))
        request.rows_only = TRY(json_bool(body, "rows_only"));
    return request;
}

Result<void> OperatorVerb::begin(Wallet& wallet, UnixTime now)
{
    const OperatorRequest& r = request_;
    if (r.verb == "receive")
        return begin_receive(wallet, now);
    if (r.verb == "send")
        return wallet.send({.key = r.key, .mint = r.mint, .unit = r.unit, .amount = r.amount}, now);
    if (r.verb == "melt")
        return wallet.pay_invoice({.key = r.key, .mint = r.mint, .unit = r.unit, .invoice = r.invoice}, now);
    if (r.verb == "sweep")
        return wallet.sweep({.key = r.key, .mint = r.mint, .unit = r.unit, .address = r.address}, now);
    if (r.verb == "restore")
        wallet.restore(now);
    if (r.verb == "audit") {
        report_ = std::make_shared<std::optional<AuditReport>>();
        wallet.audit(
            r.rows_only ? WalletOperations::AuditScope::rows : WalletOperations::AuditScope::rows_and_mints,
            [report = report_](const AuditReport& told) { *report = told; }, now);
    }
    return {};
}

Result<void> OperatorVerb::begin_receive(Wallet& wallet, UnixTime now)
{
    TokenCheck checked = wallet.check(request_.token, now);
    if (checked.keysets_needed)
        return {}; // poll() looks again
    if (checked.refusal)
        return Unexpected{error_of(*checked.refusal)};
    VERIFY(checked.token.has_value());
    auto begun = wallet.deposit(*checked.token, now);
    if (!begun && begun.error().code == Errc::conflict) {
        const auto claim = wallet.find_claim(checked.token->ys);
        return claim ? Unexpected{error_of(*claim)} : Unexpected{begun.error()};
    }
    redemption_ = TRY(std::move(begun));
    token_ = std::move(checked.token);
    return {};
}

OperatorVerb::Answer OperatorVerb::poll(Wallet& wallet, UnixTime now)
{
    const std::string& verb = request_.verb;
    if (verb == "receive")
        return poll_receive(wallet, now);
    if (verb == "melt" || verb == "sweep")
        return poll_payment(wallet);
    if (verb == "restore")
        return poll_restore(wallet);
    if (verb == "history")
        return encode_history(wallet, request_.count);
    if (verb == "audit")
        return *report_ ? Answer{encode_report(**report_)} : std::nullopt;
    if (verb == "balance")
        return encode_balance(wallet);
    const auto token = wallet.find_payout(request_.key);
    if (!token)
        return std::nullopt;
    OrderedJson body{{"key", request_.key}, {"token", *token}};
    return dump_json(body);
}

OperatorVerb::Answer OperatorVerb::poll_receive(Wallet& wallet, UnixTime now)
{
    if (!redemption_) {
        const auto begun = begin_receive(wallet, now);
        if (!begun)
            return pass_on(begun);
    }
    const auto outcome = redemption_ ? wallet.outcome(*redemption_) : std::nullopt;
    if (!outcome)
        return std::nullopt;
    if (!outcome->received)
        return Unexpected{error_of(outcome->refusal)};
    const Amount received = from_msat(outcome->net, token_->unit);
    OrderedJson body{{"mint", token_->mint},
                     {"unit", name_of(token_->unit)},
                     {"amount", received},
                     {"fee", token_->gross - std::min(token_->gross, received)}};
    return dump_json(body);
}

OperatorVerb::Answer OperatorVerb::poll_payment(const Wallet& wallet) const
{
    const auto status = wallet.find_payment(request_.key);
    if (!status || status->settling == Settling::under_way)
        return std::nullopt;
    if (status->settling == Settling::failed)
        return fail(Errc::refused, "nothing was paid: {}", status->problem);
    OrderedJson body{{"key", request_.key},      {"mint", status->mint}, {"unit", name_of(status->unit)},
                     {"amount", status->amount}, {"fees", status->fees}, {"preimage", status->preimage}};
    return dump_json(body);
}

OperatorVerb::Answer OperatorVerb::poll_restore(const Wallet& wallet) const
{
    const RestoreStatus status = wallet.restore_status();
    if (!status.is_over())
        return std::nullopt;
    OrderedJson body;
    body["msat"] = wallet.balance().value;
    body["problems"] = status.problems;
    return dump_json(body);
}

} // namespace berth::cashu
