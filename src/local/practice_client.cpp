#include "local/practice_client.h"

#include "cashu/bdhke.h"
#include "cashu/mint_info.h"
#include "cashu/mint_quotes.h"
#include "crypto/random.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::local {

namespace {

struct Output {
    std::string secret;
    crypto::Scalar r;
    cashu::BlindedMessage message;
};

Result<std::string> call(net::HttpClient& http, const std::string& url, const std::string& body = {})
{
    net::HttpRequest request;
    request.method = body.empty() ? "GET" : "POST";
    request.url = url;
    request.body = body;
    request.headers = {{"content-type", "application/json"}};
    net::HttpResponse response = TRY(http.send(request));
    if (response.status == 200)
        return std::move(response.body);
    const cashu::MintError error = cashu::decode_mint_error(response.body);
    return fail(Errc::refused, "the mint says {} ({}): {}", response.status, error.code.value_or(0), error.detail);
}

/// The keyset that new proofs are made on.
Result<cashu::Keyset> fetch_active_keyset(net::HttpClient& http, const std::string& mint_url, cashu::Unit unit)
{
    const std::string body = TRY(call(http, mint_url + "/v1/keys"));
    const cashu::KeysetsReply reply = TRY(cashu::decode_keys(body));
    for (const cashu::Keyset& keyset : reply.keysets) {
        if (keyset.unit != unit)
            continue;
        TRY(cashu::verify_keyset_id(keyset));
        return keyset;
    }
    return fail(Errc::not_found, "the mint has no active keyset for {}", cashu::name_of(unit));
}

Result<std::vector<Output>> make_outputs(const cashu::Keyset& keyset, cashu::Amount amount)
{
    crypto::SystemRandom random;
    const std::vector<cashu::Amount> parts = TRY(cashu::split_amount(amount, keyset.denominations()));
    std::vector<Output> outputs;
    for (const cashu::Amount part : parts) {
        std::string secret = encode_hex(random.bytes32());
        crypto::Scalar r = crypto::Scalar::random(random);
        const crypto::Point B_ = TRY(cashu::blind(secret, r));
        outputs.push_back(Output{std::move(secret), std::move(r), {part, keyset.id, B_}});
    }
    return outputs;
}

std::vector<cashu::BlindedMessage> messages_of(const std::vector<Output>& outputs)
{
    std::vector<cashu::BlindedMessage> messages;
    for (const Output& output : outputs)
        messages.push_back(output.message);
    return messages;
}

Result<cashu::Proof> make_proof(const Output& output, const cashu::BlindSignature& signature,
                                const cashu::Keyset& keyset)
{
    const cashu::Amount amount = output.message.amount;
    if (signature.keyset_id != keyset.id || signature.amount != amount || !keyset.keys.contains(amount))
        return fail(Errc::corrupt, "the mint signed something else than it was asked to");
    const crypto::Point& A = keyset.keys.at(amount);
    if (!signature.dleq || !cashu::verify_dleq(*signature.dleq, A, output.message.B_, signature.C_))
        return fail(Errc::corrupt, "the mint's signature does not carry a valid DLEQ proof");
    const crypto::Point C = TRY(cashu::unblind(signature.C_, output.r, A));
    cashu::ProofDleq dleq{.e = signature.dleq->e, .s = signature.dleq->s, .r = {}};
    const ByteView r = output.r.expose();
    std::copy(r.begin(), r.end(), dleq.r.begin());
    return cashu::Proof{.amount = amount,
                        .keyset_id = keyset.id,
                        .secret = output.secret,
                        .C = C,
                        .witness = std::nullopt,
                        .dleq = dleq,
                        .p2pk_e = std::nullopt};
}

Result<std::vector<cashu::Proof>> make_proofs(const std::vector<Output>& outputs, const std::string& reply,
                                              const cashu::Keyset& keyset)
{
    const std::vector<cashu::BlindSignature> signatures = TRY(cashu::decode_signatures(reply));
    if (signatures.size() != outputs.size())
        return fail(Errc::corrupt, "{} signatures for {} outputs", signatures.size(), outputs.size());
    std::vector<cashu::Proof> proofs;
    for (size_t i = 0; i < outputs.size(); ++i) {
        cashu::Proof proof = TRY(make_proof(outputs[i], signatures[i], keyset));
        proofs.push_back(std::move(proof));
    }
    return proofs;
}

/// Gives every proof its full keyset id and adds up the fees.
Result<cashu::Amount> expand_and_price(std::vector<cashu::Proof>& proofs, const std::vector<cashu::Keyset>& keysets,
                                       cashu::Unit& unit)
{
    std::vector<cashu::KeysetId> ids;
    for (const cashu::Keyset& keyset : keysets)
        ids.push_back(keyset.id);
    std::vector<uint64_t> fees;
    for (cashu::Proof& proof : proofs) {
        const cashu::KeysetId full_id = TRY(cashu::expand_keyset_id(proof.keyset_id, ids));
        const auto keyset =
            std::find_if(keysets.begin(), keysets.end(), [&](const cashu::Keyset& each) { return each.id == full_id; });
        proof.keyset_id = full_id;
        fees.push_back(keyset->input_fee_ppk);
        unit = keyset->unit;
    }
    return cashu::input_fee(fees);
}

/// A quote that the mint has paid itself. Some say so only when they are asked again.
Result<cashu::MintQuote> paid_quote(net::HttpClient& http, const std::string& mint_url,
                                    const cashu::MintQuoteRequest& wanted)
{
    const std::string quotes = mint_url + "/v1/mint/quote/bolt11";
    const std::string body = TRY(call(http, quotes, cashu::encode_mint_quote_request(wanted)));
    cashu::MintQuote quote = TRY(cashu::decode_mint_quote(body));
    if (quote.state != cashu::QuoteState::paid) {
        const std::string again = TRY(call(http, quotes + "/" + quote.quote));
        quote = TRY(cashu::decode_mint_quote(again));
    }
    if (quote.state != cashu::QuoteState::paid)
        return fail(Errc::refused, "this mint wants to be paid, so it is no practice mint");
    return quote;
}

} // namespace

Result<std::string> mint_token(net::HttpClient& http, const std::string& mint_url, cashu::Amount amount,
                               cashu::Unit unit)
{
    const cashu::Keyset keyset = TRY(fetch_active_keyset(http, mint_url, unit));
    const cashu::MintQuoteRequest ask{
        .amount = amount, .unit = unit, .description = std::nullopt, .pubkey = std::nullopt};
    const cashu::MintQuote quote = TRY(paid_quote(http, mint_url, ask));
    const std::vector<Output> outputs = TRY(make_outputs(keyset, amount));
    const cashu::MintRequest request{.quote = quote.quote, .outputs = messages_of(outputs), .signature = std::nullopt};
    const std::string reply = TRY(call(http, mint_url + "/v1/mint/bolt11", cashu::encode_mint_request(request)));
    std::vector<cashu::Proof> proofs = TRY(make_proofs(outputs, reply, keyset));
    return cashu::encode_token(cashu::Token{.mint = mint_url,
                                            .unit = std::string{cashu::name_of(unit)},
                                            .memo = std::nullopt,
                                            .proofs = std::move(proofs)});
}

Result<cashu::Amount> redeem_token(net::HttpClient& http, const std::string& mint_url, const std::string& token)
{
    cashu::Token decoded = TRY(cashu::decode_token(token));
    const std::string keysets_body = TRY(call(http, mint_url + "/v1/keysets"));
    const cashu::KeysetsReply known = TRY(cashu::decode_keysets(keysets_body));
    cashu::Unit unit{};
    const cashu::Amount fee = TRY(expand_and_price(decoded.proofs, known.keysets, unit));
    const cashu::Amount gross = TRY(cashu::total(decoded.proofs));
    if (gross <= fee)
        return fail(Errc::refused, "the fee of {} eats the token", fee);
    const cashu::Keyset keyset = TRY(fetch_active_keyset(http, mint_url, unit));
    const std::vector<Output> outputs = TRY(make_outputs(keyset, gross - fee));
    const cashu::SwapRequest request{.inputs = decoded.proofs, .outputs = messages_of(outputs)};
    const std::string reply = TRY(call(http, mint_url + "/v1/swap", cashu::encode_swap_request(request)));
    const std::vector<cashu::Proof> proofs = TRY(make_proofs(outputs, reply, keyset));
    return cashu::total(proofs);
}

} // namespace berth::local
