#pragma once
// The practice mint without sockets, and just enough wallet to test it; time is a member.

#include "cashu/bdhke.h"
#include "cashu/conditions.h"
#include "cashu/mint_info.h"
#include "local/practice_mint.h"
#include "util/hex.h"

#include <doctest/doctest.h>

namespace berth::local {

struct WalletOutput {
    std::string secret;
    crypto::Scalar r;
    cashu::BlindedMessage message;
};

struct MintWorld {
    explicit MintWorld(PracticeMintOptions options = {})
        : mint{std::move(*PracticeMint::create(database, random, std::move(options)))}
    {
    }

    MintAnswer get(const std::string& path) { return mint->handle("GET", path, {}, now); }
    MintAnswer post(const std::string& path, const std::string& body) { return mint->handle("POST", path, body, now); }

    /// The first active keyset.
    cashu::Keyset keyset() { return cashu::decode_keys(get("/v1/keys").body)->keysets.at(0); }

    WalletOutput output(cashu::Amount amount, std::string secret = {})
    {
        if (secret.empty())
            secret = encode_hex(random.bytes32());
        crypto::Scalar r = crypto::Scalar::random(random);
        const crypto::Point B_ = *cashu::blind(secret, r);
        return WalletOutput{secret, std::move(r), {amount, keyset().id, B_}};
    }
    static std::vector<cashu::BlindedMessage> messages(const std::vector<WalletOutput>& outputs)
    {
        std::vector<cashu::BlindedMessage> out;
        for (const WalletOutput& each : outputs)
            out.push_back(each.message);
        return out;
    }
    std::vector<cashu::Proof> unblind(const std::vector<WalletOutput>& outputs, const std::string& reply)
    {
        const auto signatures = cashu::decode_signatures(reply);
        REQUIRE(signatures);
        const cashu::Keyset keys = keyset();
        std::vector<cashu::Proof> proofs;
        for (size_t i = 0; i < outputs.size(); ++i) {
            const cashu::BlindSignature& signature = signatures->at(i);
            const crypto::Point& A = keys.keys.at(signature.amount);
            CHECK(cashu::verify_dleq(signature.dleq.value(), A, outputs[i].message.B_, signature.C_));
            const crypto::Point C = *cashu::unblind(signature.C_, outputs[i].r, A);
            proofs.push_back({signature.amount, signature.keyset_id, outputs[i].secret, C, {}, {}, {}});
        }
        return proofs;
    }
    std::string quote(cashu::Amount amount, cashu::Unit unit = cashu::Unit::sat)
    {
        const cashu::MintQuoteRequest ask{amount, unit, {}, {}};
        const MintAnswer answer = post("/v1/mint/quote/bolt11", cashu::encode_mint_quote_request(ask));
        return cashu::decode_mint_quote(answer.body)->quote;
    }
    /// Freshly minted proofs; every amount must be a power of two. An empty secret is random.
    std::vector<cashu::Proof> draw(const std::vector<cashu::Amount>& amounts, const std::string& secret = {})
    {
        cashu::Amount sum = 0;
        std::vector<WalletOutput> outputs;
        for (const cashu::Amount amount : amounts) {
            sum += amount;
            outputs.push_back(output(amount, secret));
        }
        const cashu::MintRequest request{quote(sum), messages(outputs), {}};
        return unblind(outputs, post("/v1/mint/bolt11", cashu::encode_mint_request(request)).body);
    }
    MintAnswer swap(const std::vector<cashu::Proof>& inputs, const std::vector<WalletOutput>& outputs)
    {
        return post("/v1/swap", cashu::encode_swap_request({inputs, messages(outputs)}));
    }
    cashu::ProofState state_of(const cashu::Proof& proof)
    {
        const std::string body = cashu::encode_checkstate_request({cashu::hash_to_curve(proof.secret)});
        return cashu::decode_checkstate_reply(post("/v1/checkstate", body).body)->at(0).state;
    }

    UnixTime now = from_unix_seconds(1'790'000'000);
    crypto::SystemRandom random;
    db::Database database = *db::Database::open(db::OpenOptions{.path = ":memory:"});
    std::unique_ptr<PracticeMint> mint;
};

inline uint64_t code_of(const MintAnswer& answer)
{
    return cashu::decode_mint_error(answer.body).code.value_or(0);
}

} // namespace berth::local
