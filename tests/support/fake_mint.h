#pragma once
// A mint behind net::Http, in memory and deterministic: real BDHKE and DLEQ, a spent list, restore and checkstate, and
// faults on demand; it pays every invoice. Answers wait until deliver(), so a test decides what is lost when. It is the
// judge of the tests: what it signed and did not see spent is money.

#include "cashu/bdhke.h"
#include "cashu/invoice.h"
#include "cashu/mint_api.h"
#include "cashu/mint_info.h"
#include "cashu/mint_quotes.h"
#include "crypto/hash.h"
#include "net/http.h"
#include "support/fake_mint_faults.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace berth::test {

/// Randomness out of a counter.
class CountingRandom final : public crypto::Random {
public:
    explicit CountingRandom(uint64_t seed = 1) : state_{seed} {}
    void fill(std::span<uint8_t> out) override
    {
        for (uint8_t& byte : out) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            byte = static_cast<uint8_t>(state_ >> 56);
        }
    }

private:
    uint64_t state_;
};

class FakeMint {
public:
    struct Options {
        std::string url = "https://mint.example";
        bool v2 = true;
        uint64_t input_fee_ppk = 0;
        std::optional<int64_t> final_expiry{}; ///< of keysets, Unix seconds
        uint64_t seed = 7;
        cashu::Amount lightning_reserve = 3; ///< that a melt quote asks for
        cashu::Amount lightning_fee = 1;     ///< that a payment takes of it
        int amounts = 20;                    ///< powers of two that a keyset signs
    };

    explicit FakeMint(Options options) : options_{std::move(options)}, random_{options_.seed} { rotate(); }

    const std::string& url() const { return options_.url; }

    /// A new active keyset; the others become inactive.
    void rotate()
    {
        std::vector<cashu::Amount> powers_of_two;
        for (int bit = 0; bit < options_.amounts; ++bit)
            powers_of_two.push_back(cashu::Amount{1} << bit);
        rotate_to(powers_of_two);
    }

    /// The same, which signs these amounts.
    void rotate_to(const std::vector<cashu::Amount>& amounts)
    {
        for (auto& [id, keyset] : keysets_)
            keyset.active = false;
        cashu::Keyset keyset{.unit = cashu::Unit::sat,
                             .active = true,
                             .input_fee_ppk = options_.input_fee_ppk,
                             .final_expiry = options_.final_expiry};
        std::map<cashu::Amount, crypto::Scalar> secrets;
        for (const cashu::Amount amount : amounts) {
            const auto secret = crypto::Scalar::random(random_);
            secrets.emplace(amount, secret);
            keyset.keys.emplace(amount, crypto::Point::generate(secret));
        }
        keyset.id = options_.v2
                        ? cashu::derive_keyset_id_v2(keyset.keys, "sat", keyset.input_fee_ppk, keyset.final_expiry)
                        : cashu::derive_keyset_id_v1(keyset.keys);
        active_ = keyset.id;
        secrets_[keyset.id] = std::move(secrets);
        keysets_[keyset.id] = std::move(keyset);
    }

    void rotate_with_fee(uint64_t ppk)
    {
        options_.input_fee_ppk = ppk;
        rotate();
    }

    /// Of keysets that are made from now on.
    void set_final_expiry(std::optional<int64_t> time) { options_.final_expiry = time; }
    void set_input_fee_ppk(const cashu::KeysetId& id, uint64_t ppk) { keysets_.at(id).input_fee_ppk = ppk; }

    /// Which only the id of a V2 keyset forbids.
    void set_final_expiry_of(const cashu::KeysetId& id, int64_t time) { keysets_.at(id).final_expiry = time; }

    /// As if another mint had taken its place.
    void forget_keysets()
    {
        keysets_.clear();
        rotate();
    }

    /// Proofs as a payer would hold them, of the active keyset.
    std::vector<cashu::Proof> issue(const std::vector<cashu::Amount>& amounts)
    {
        std::vector<cashu::Proof> proofs;
        for (const cashu::Amount amount : amounts) {
            const std::string secret = hex_of(random_.bytes32());
            const auto& a = secrets_.at(active_).at(amount);
            const auto C = cashu::hash_to_curve(std::string_view{secret}).times(a);
            proofs.push_back({.amount = amount,
                              .keyset_id = active_,
                              .secret = secret,
                              .C = C.value(),
                              .witness = std::nullopt,
                              .dleq = std::nullopt,
                              .p2pk_e = std::nullopt});
        }
        return proofs;
    }

    std::string issue_token(const std::vector<cashu::Amount>& amounts)
    {
        return cashu::encode_token(
            {.mint = options_.url, .unit = "sat", .memo = std::nullopt, .proofs = issue(amounts)});
    }

    std::vector<cashu::KeysetId> keyset_ids() const
    {
        std::vector<cashu::KeysetId> ids;
        for (const auto& [id, keyset] : keysets_)
            ids.push_back(id);
        return ids;
    }

    /// Somebody else spends these.
    void spend(const std::vector<cashu::Proof>& proofs)
    {
        for (const auto& proof : proofs)
            spent_.insert(cashu::hash_to_curve(std::string_view{proof.secret}));
    }
    void set_pending(const std::vector<cashu::Proof>& proofs, bool pending)
    {
        for (const auto& proof : proofs) {
            const auto y = cashu::hash_to_curve(std::string_view{proof.secret});
            pending ? void(pending_.insert(y)) : void(pending_.erase(y));
        }
    }
    bool is_spent(const cashu::Proof& proof) const
    {
        return spent_.count(cashu::hash_to_curve(std::string_view{proof.secret})) != 0;
    }
    /// What swapping these costs (NUT-02).
    cashu::Amount fee_of(const std::vector<cashu::Proof>& proofs) const
    {
        uint64_t ppk = 0;
        for (const auto& proof : proofs)
            ppk += keysets_.at(proof.keyset_id).input_fee_ppk;
        return (ppk + 999) / 1000;
    }
    /// Whether the mint would take all of these.
    bool accepts(const std::vector<cashu::Proof>& proofs) const
    {
        for (const auto& proof : proofs)
            if (is_spent(proof) ||
                !cashu::is_signed_by(secret_of(proof.keyset_id, proof.amount), proof.secret, proof.C))
                return false;
        return true;
    }

    /// Payments that hang are made, or given up.
    void end_stuck_melts(bool paid)
    {
        for (auto& [id, melt] : melts_) {
            if (melt.quote.state != cashu::QuoteState::pending)
                continue;
            set_pending(melt.inputs, false);
            if (paid)
                settle(melt);
            else
                melt.quote.state = cashu::QuoteState::unpaid;
        }
    }

    net::HttpResult answer(const net::HttpRequest& request)
    {
        if (down)
            return fail(Errc::unavailable, "connection refused");
        const std::string path = request.url.substr(options_.url.size());
        ++calls[path];
        if (path == "/v1/info")
            return ok(cashu::encode_mint_info({.name = "fake", .supported = {7, 8, 9, 10, 11, 12}}));
        if (path == "/v1/keysets")
            return ok(cashu::encode_keysets(all_keysets()));
        if (path.rfind("/v1/keys/", 0) == 0) {
            const auto found = keysets_.find(path.substr(9));
            return found == keysets_.end() ? error(cashu::mint_error::kKeysetUnknown, "unknown keyset")
                                           : ok(cashu::encode_keys({found->second}));
        }
        if (path == "/v1/swap")
            return answer_swap(request.body);
        if (path == "/v1/melt/quote/bolt11")
            return answer_melt_quote(request.body);
        if (path.starts_with("/v1/melt/quote/bolt11/")) {
            const auto found = melts_.find(path.substr(22));
            return found == melts_.end() ? error(50000, "unknown quote") : ok(encode_melt_quote(found->second.quote));
        }
        if (path == "/v1/melt/bolt11")
            return answer_melt(request.body);
        if (path == "/v1/checkstate")
            return answer_checkstate(request.body);
        if (path == "/v1/restore")
            return answer_restore(request.body);
        return net::HttpResponse{.status = 404};
    }

    std::deque<SwapFault> swap_faults;
    std::deque<MeltFault> melt_faults;
    std::vector<std::string> invoices_paid;
    std::optional<int64_t> quote_expiry; ///< of melt quotes, Unix seconds
    RestoreMode restore_mode = RestoreMode::works;
    bool down = false;
    std::map<std::string, int> calls; ///< by path
    std::vector<std::string> swap_bodies;
    size_t swaps_executed = 0;
    cashu::Amount fees_taken = 0;

private:
    static std::string hex_of(const Bytes32& bytes)
    {
        std::string text;
        for (const uint8_t byte : bytes) {
            text.push_back("0123456789abcdef"[byte >> 4]);
            text.push_back("0123456789abcdef"[byte & 15]);
        }
        return text;
    }
    static net::HttpResult ok(std::string body) { return net::HttpResponse{.status = 200, .body = std::move(body)}; }
    static net::HttpResult error(uint64_t code, const char* text)
    {
        return net::HttpResponse{.status = 400, .body = cashu::encode_mint_error(code, text)};
    }
    const crypto::Scalar& secret_of(const std::string& id, cashu::Amount amount) const
    {
        return secrets_.at(id).at(amount);
    }

    std::vector<cashu::Keyset> all_keysets() const
    {
        std::vector<cashu::Keyset> all;
        for (const auto& [id, keyset] : keysets_)
            all.push_back(keyset);
        return all;
    }

    net::HttpResult answer_swap(const std::string& body)
    {
        swap_bodies.push_back(body);
        SwapFault fault = SwapFault::none;
        if (!swap_faults.empty()) {
            fault = swap_faults.front();
            swap_faults.pop_front();
        }
        switch (fault) {
        case SwapFault::lose_request:
            return fail(Errc::outcome_unknown, "reset");
        case SwapFault::rate_limit:
            return net::HttpResponse{.status = 429, .body = R"({"detail":"slow down"})"};
        case SwapFault::refuse:
            return error(50000, "no");
        case SwapFault::pending:
            return error(cashu::mint_error::kProofsPending, "pending");
        default:
            break;
        }
        auto executed = execute(body);
        if (!executed)
            return error(static_cast<uint64_t>(std::stoul(executed.error().message)), "refused");
        auto& signatures = *executed;
        switch (fault) {
        case SwapFault::lose_answer:
            return fail(Errc::outcome_unknown, "timed out");
        case SwapFault::rate_limit_after:
            return net::HttpResponse{.status = 429};
        case SwapFault::bad_gateway_after:
            return net::HttpResponse{.status = 502, .body = "<html>"};
        case SwapFault::spent_after:
            return error(cashu::mint_error::kProofsSpent, "spent");
        case SwapFault::swap_order:
            std::swap(signatures.front(), signatures.back());
            break;
        case SwapFault::wrong_amount:
            signatures.front().amount *= 2;
            break;
        case SwapFault::bad_dleq:
            signatures.front().dleq->s[31] ^= 1;
            break;
        case SwapFault::no_dleq:
            for (auto& signature : signatures)
                signature.dleq.reset();
            break;
        case SwapFault::one_short:
            signatures.pop_back();
            break;
        default:
            break;
        }
        return ok(cashu::encode_signatures(signatures));
    }

    /// All or nothing; the failure's message is the error code.
    Result<std::vector<cashu::BlindSignature>> execute(const std::string& body)
    {
        const auto request = cashu::decode_swap_request(body);
        if (!request)
            return fail(Errc::refused, "10000");
        const cashu::Amount worth = TRY(worth_of(request->inputs));
        uint64_t out = 0;
        for (const auto& output : request->outputs) {
            if (!keysets_.at(output.keyset_id).active)
                return fail(Errc::refused, "12002");
            if (signed_.count(output.B_))
                return fail(Errc::refused, "11003");
            out += output.amount;
        }
        if (worth != out)
            return fail(Errc::refused, "11005");
        std::vector<cashu::BlindSignature> signatures;
        for (const auto& output : request->outputs)
            signatures.push_back(sign(output, output.amount));
        spend(request->inputs);
        ++swaps_executed;
        fees_taken += fee_of(request->inputs);
        return signatures;
    }

    /// After the fee.
    Result<cashu::Amount> worth_of(const std::vector<cashu::Proof>& inputs) const
    {
        cashu::Amount in = 0;
        for (const auto& input : inputs) {
            const auto y = cashu::hash_to_curve(std::string_view{input.secret});
            if (spent_.count(y))
                return fail(Errc::refused, "11001");
            if (pending_.count(y))
                return fail(Errc::refused, "11002");
            if (!keysets_.count(input.keyset_id))
                return fail(Errc::refused, "12001");
            if (!cashu::is_signed_by(secret_of(input.keyset_id, input.amount), input.secret, input.C))
                return fail(Errc::refused, "10001");
            in += input.amount;
        }
        return in - fee_of(inputs);
    }

    cashu::BlindSignature sign(const cashu::BlindedMessage& output, cashu::Amount amount)
    {
        const auto& a = secret_of(output.keyset_id, amount);
        const auto C_ = cashu::sign_blinded(output.B_, a).value();
        const cashu::BlindSignature signature{amount, output.keyset_id, C_, cashu::create_dleq(a, output.B_, C_)};
        signed_.emplace(output.B_, signature);
        return signature;
    }

    struct Melt {
        cashu::MeltQuote quote;
        std::vector<cashu::Proof> inputs;
        std::vector<cashu::BlindedMessage> blanks;
        cashu::Amount worth = 0;
    };

    net::HttpResult answer_melt_quote(const std::string& body)
    {
        const auto request = cashu::decode_melt_quote_request(body).value();
        const auto invoice = cashu::decode_invoice(request.request).value();
        Melt melt;
        melt.quote = {.quote = "quote-" + std::to_string(melts_.size()),
                      .request = request.request,
                      .amount = cashu::from_msat(*invoice.amount, request.unit),
                      .fee_reserve = options_.lightning_reserve,
                      .unit = request.unit,
                      .state = cashu::QuoteState::unpaid,
                      .expiry = quote_expiry,
                      .payment_preimage = std::nullopt,
                      .change = {}};
        melts_[melt.quote.quote] = melt;
        return ok(cashu::encode_melt_quote(melt.quote));
    }

    void settle(Melt& melt)
    {
        spend(melt.inputs);
        fees_taken += fee_of(melt.inputs) + options_.lightning_fee;
        cashu::Amount change = melt.worth - melt.quote.amount - options_.lightning_fee;
        size_t blank = 0;
        for (int bit = 19; bit >= 0 && blank < melt.blanks.size(); --bit)
            if (const cashu::Amount part = cashu::Amount{1} << bit; part <= change) {
                change -= part;
                melt.quote.change.push_back(sign(melt.blanks[blank++], part));
            }
        melt.quote.state = cashu::QuoteState::paid;
        melt.quote.payment_preimage = "beef";
        invoices_paid.push_back(*melt.quote.request);
    }

    net::HttpResult answer_melt(const std::string& body)
    {
        MeltFault fault = MeltFault::none;
        if (!melt_faults.empty()) {
            fault = melt_faults.front();
            melt_faults.pop_front();
        }
        const auto request = cashu::decode_melt_request(body).value();
        Melt& melt = melts_.at(request.quote);
        if (fault == MeltFault::lose_request)
            return fail(Errc::outcome_unknown, "reset");
        if (fault == MeltFault::refuse)
            return error(50000, "no route");
        if (melt.quote.state != cashu::QuoteState::unpaid)
            return error(cashu::mint_error::kInvoicePaid, "paid or pending");
        const auto worth = worth_of(request.inputs);
        if (!worth || *worth < melt.quote.amount + melt.quote.fee_reserve)
            return error(worth ? 11005 : static_cast<uint64_t>(std::stoul(worth.error().message)), "refused");
        melt.inputs = request.inputs;
        melt.blanks = request.outputs;
        melt.worth = *worth;
        if (fault == MeltFault::stuck) {
            melt.quote.state = cashu::QuoteState::pending;
            set_pending(melt.inputs, true);
            return ok(cashu::encode_melt_quote(melt.quote));
        }
        settle(melt);
        if (fault == MeltFault::no_change)
            melt.quote.change.clear();
        return fault == MeltFault::lose_answer ? net::HttpResult{fail(Errc::outcome_unknown, "timed out")}
                                               : ok(cashu::encode_melt_quote(melt.quote));
    }

    net::HttpResult answer_checkstate(const std::string& body)
    {
        std::vector<cashu::ProofStateOf> states;
        const auto ys = cashu::decode_checkstate_request(body).value();
        for (const auto& y : ys) {
            const auto state = spent_.count(y)     ? cashu::ProofState::spent
                               : pending_.count(y) ? cashu::ProofState::pending
                                                   : cashu::ProofState::unspent;
            states.push_back({y, state, std::nullopt});
        }
        return ok(cashu::encode_checkstate_reply(states));
    }

    net::HttpResult answer_restore(const std::string& body)
    {
        if (restore_mode == RestoreMode::unsupported)
            return net::HttpResponse{.status = 404, .body = R"({"detail":"Not Found"})"};
        cashu::RestoreReply reply;
        const auto outputs = cashu::decode_restore_request(body);
        if (!outputs)
            return net::HttpResponse{.status = 422, .body = R"({"detail":[{"type":"too_long"}]})"};
        for (const auto& output : *outputs) {
            const auto found = signed_.find(output.B_);
            if (found == signed_.end() || restore_mode == RestoreMode::nothing)
                continue;
            reply.outputs.push_back(output);
            reply.signatures.push_back(found->second);
        }
        if (restore_mode == RestoreMode::partial && !reply.outputs.empty()) {
            reply.outputs.pop_back();
            reply.signatures.pop_back();
        }
        return ok(cashu::encode_restore_reply(reply));
    }

    Options options_;
    CountingRandom random_;
    std::map<std::string, cashu::Keyset> keysets_;
    std::map<std::string, std::map<cashu::Amount, crypto::Scalar>> secrets_;
    std::string active_;
    std::set<crypto::Point> spent_;
    std::set<crypto::Point> pending_;
    std::map<crypto::Point, cashu::BlindSignature> signed_;
    std::map<std::string, Melt> melts_;
};

} // namespace berth::test
