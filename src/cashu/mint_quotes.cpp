#include "cashu/mint_quotes.h"

#include "cashu/wire_json.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>
#include <bit>

namespace berth::cashu {

namespace {

using wire::Audience;
using wire::WitnessForm;

constexpr size_t kQuoteIdCharactersMax = 128;
/// log2 of 2^64: no change needs more outputs.
constexpr size_t kBlankOutputsMax = 64;

Result<QuoteState> parse_state(const std::string& text)
{
    if (text == "UNPAID")
        return QuoteState::unpaid;
    if (text == "PENDING")
        return QuoteState::pending;
    if (text == "PAID")
        return QuoteState::paid;
    if (text == "ISSUED")
        return QuoteState::issued;
    return fail(Errc::bad_input, "an unknown quote state");
}

const char* name_of(QuoteState state)
{
    switch (state) {
    case QuoteState::unpaid:
        return "UNPAID";
    case QuoteState::pending:
        return "PENDING";
    case QuoteState::paid:
        return "PAID";
    case QuoteState::issued:
        break;
    }
    return "ISSUED";
}

Result<Unit> unit(const Json& object)
{
    const std::string text = TRY(json_string(object, "unit"));
    return parse_unit(text);
}

Result<QuoteState> state(const Json& object)
{
    const std::string text = TRY(json_string(object, "state"));
    return parse_state(text);
}

Result<std::optional<Unit>> optional_unit(const Json& object)
{
    if (!wire::find(object, "unit"))
        return std::optional<Unit>{};
    const Unit found = TRY(unit(object));
    return std::optional{found};
}

Result<std::optional<crypto::Point>> optional_pubkey(const Json& object)
{
    if (!wire::find(object, "pubkey"))
        return std::optional<crypto::Point>{};
    const crypto::Point key = TRY(wire::point(object, "pubkey"));
    return std::optional{key};
}

Bytes32 x_only(const crypto::Point& point)
{
    Bytes32 out{};
    std::copy(point.compressed().begin() + 1, point.compressed().end(), out.begin());
    return out;
}

} // namespace

std::string encode_mint_quote_request(const MintQuoteRequest& request)
{
    OrderedJson body{{"amount", request.amount}, {"unit", name_of(request.unit)}};
    if (request.description)
        body["description"] = *request.description;
    if (request.pubkey)
        body["pubkey"] = request.pubkey->hex();
    return dump_json(body);
}

Result<MintQuoteRequest> decode_mint_quote_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MintQuoteRequest request;
    request.amount = TRY(json_u64(body, "amount"));
    request.unit = TRY(unit(body));
    request.description = TRY(json_optional_string(body, "description"));
    request.pubkey = TRY(optional_pubkey(body));
    return request;
}

std::string encode_mint_quote(const MintQuote& quote)
{
    OrderedJson body{{"quote", quote.quote}, {"request", quote.request}};
    if (quote.amount)
        body["amount"] = *quote.amount;
    if (quote.unit)
        body["unit"] = name_of(*quote.unit);
    body["state"] = name_of(quote.state);
    body["expiry"] = quote.expiry ? OrderedJson(*quote.expiry) : OrderedJson(nullptr);
    if (quote.pubkey)
        body["pubkey"] = quote.pubkey->hex();
    return dump_json(body);
}

Result<MintQuote> decode_mint_quote(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MintQuote quote;
    quote.quote = TRY(json_string(body, "quote"));
    quote.request = TRY(json_string(body, "request"));
    quote.amount = TRY(json_optional_u64(body, "amount"));
    quote.unit = TRY(optional_unit(body));
    quote.state = TRY(state(body));
    quote.expiry = TRY(wire::optional_time(body, "expiry"));
    quote.pubkey = TRY(optional_pubkey(body));
    return quote;
}

std::string encode_mint_request(const MintRequest& request)
{
    OrderedJson body{{"quote", request.quote}, {"outputs", wire::to_json(request.outputs)}};
    if (request.signature)
        body["signature"] = encode_hex(*request.signature);
    return dump_json(body);
}

Result<MintRequest> decode_mint_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MintRequest request;
    request.quote = TRY(json_string(body, "quote"));
    request.outputs = TRY(wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message));
    const std::optional<std::string> signature = TRY(json_optional_string(body, "signature"));
    if (signature)
        request.signature = TRY(decode_hex_array<64>(*signature, HexCase::any));
    return request;
}

std::string mint_quote_message(std::string_view quote, const std::vector<BlindedMessage>& outputs)
{
    std::string message{quote};
    for (const BlindedMessage& output : outputs)
        message += output.B_.hex();
    return message;
}

Bytes64 sign_mint_quote(std::string_view quote, const std::vector<BlindedMessage>& outputs, const crypto::Scalar& key,
                        crypto::Random& random)
{
    return crypto::sign_schnorr(key, crypto::sha256(as_bytes(mint_quote_message(quote, outputs))), random);
}

bool verify_mint_quote(std::string_view quote, const std::vector<BlindedMessage>& outputs, const crypto::Point& pubkey,
                       const Bytes64& signature)
{
    const Bytes32 hash = crypto::sha256(as_bytes(mint_quote_message(quote, outputs)));
    return crypto::verify_schnorr(x_only(pubkey), hash, signature);
}

std::string encode_melt_quote_request(const MeltQuoteRequest& request)
{
    return dump_json(OrderedJson{{"request", request.request}, {"unit", name_of(request.unit)}});
}

Result<MeltQuoteRequest> decode_melt_quote_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MeltQuoteRequest request;
    request.request = TRY(json_string(body, "request"));
    request.unit = TRY(unit(body));
    return request;
}

std::string encode_melt_quote(const MeltQuote& quote)
{
    OrderedJson body{{"quote", quote.quote}};
    if (quote.request)
        body["request"] = *quote.request;
    body["amount"] = quote.amount;
    body["fee_reserve"] = quote.fee_reserve;
    if (quote.unit)
        body["unit"] = name_of(*quote.unit);
    body["state"] = name_of(quote.state);
    body["expiry"] = quote.expiry ? OrderedJson(*quote.expiry) : OrderedJson(nullptr);
    if (quote.payment_preimage)
        body["payment_preimage"] = *quote.payment_preimage;
    if (!quote.change.empty())
        body["change"] = wire::to_json(quote.change);
    return dump_json(body);
}

Result<MeltQuote> decode_melt_quote(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MeltQuote quote;
    quote.quote = TRY(json_string(body, "quote"));
    quote.request = TRY(json_optional_string(body, "request"));
    quote.amount = TRY(json_u64(body, "amount"));
    quote.fee_reserve = TRY(json_u64(body, "fee_reserve"));
    quote.unit = TRY(optional_unit(body));
    quote.state = TRY(state(body));
    if (quote.state == QuoteState::issued)
        return fail(Errc::bad_input, "a melt quote can't be ISSUED");
    quote.expiry = TRY(wire::optional_time(body, "expiry"));
    quote.payment_preimage = TRY(json_optional_string(body, "payment_preimage"));
    if (wire::find(body, "change"))
        quote.change = TRY(wire::list<BlindSignature>(body, "change", kBlankOutputsMax, wire::blind_signature));
    return quote;
}

std::string encode_melt_request(const MeltRequest& request)
{
    OrderedJson body{{"quote", request.quote}, {"inputs", wire::to_json(request.inputs, Audience::mint)}};
    if (!request.outputs.empty())
        body["outputs"] = wire::to_json(request.outputs);
    if (request.prefer_async)
        body["prefer_async"] = true;
    return dump_json(body);
}

Result<MeltRequest> decode_melt_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    MeltRequest request;
    request.quote = TRY(json_string(body, "quote"));
    request.inputs = TRY(wire::proofs(body, "inputs", kInputsMax, WitnessForm::text_only));
    if (wire::find(body, "outputs"))
        request.outputs = TRY(wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message));
    if (wire::find(body, "prefer_async"))
        request.prefer_async = TRY(json_bool(body, "prefer_async"));
    return request;
}

bool is_quote_id(std::string_view quote)
{
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return !quote.empty() && quote.size() <= kQuoteIdCharactersMax && quote.front() != '.' &&
           std::all_of(quote.begin(), quote.end(), is_plain);
}

size_t blank_output_count(Amount change_max)
{
    if (change_max == 0)
        return 0;
    return std::max<size_t>(1, static_cast<size_t>(std::bit_width(change_max - 1)));
}

} // namespace berth::cashu
