#include "cashu/batch_mint.h"

#include "cashu/wire_json.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::cashu {

namespace {

Result<std::string> quote_id(const Json& element)
{
    if (!element.is_string())
        return fail(Errc::bad_input, "a quote id must be a string");
    return element.get<std::string>();
}

Result<Amount> amount(const Json& element)
{
    if (!element.is_number_unsigned())
        return fail(Errc::bad_input, "an amount must be an unsigned integer");
    return element.get<Amount>();
}

Result<std::optional<Bytes64>> signature(const Json& element)
{
    if (element.is_null())
        return std::optional<Bytes64>{};
    if (!element.is_string())
        return fail(Errc::bad_input, "a signature must be a string or null");
    const Bytes64 bytes = TRY(decode_hex_array<64>(element.get_ref<const std::string&>(), HexCase::any));
    return std::optional{bytes};
}

Result<std::vector<std::string>> quote_ids(const Json& body)
{
    std::vector<std::string> quotes = TRY(wire::list<std::string>(body, "quotes", kBatchQuotesMax, quote_id));
    if (quotes.empty())
        return fail(Errc::bad_input, "a batch without quotes");
    return quotes;
}

Result<void> check_length(size_t length, size_t quotes, const char* name)
{
    if (length != quotes)
        return fail(Errc::bad_input, "{} {} for {} quotes", length, name, quotes);
    return {};
}

} // namespace

std::string encode_quote_check(const std::vector<std::string>& quotes)
{
    return dump_json(OrderedJson{{"quotes", quotes}});
}

Result<std::vector<std::string>> decode_quote_check(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    return quote_ids(body);
}

std::string encode_mint_quotes(const std::vector<MintQuote>& quotes)
{
    std::string list;
    for (const MintQuote& quote : quotes)
        list += (list.empty() ? "" : ",") + encode_mint_quote(quote);
    return "[" + list + "]";
}

std::string encode_batch_mint_request(const BatchMintRequest& request)
{
    OrderedJson body{{"quotes", request.quotes}};
    if (request.quote_amounts)
        body["quote_amounts"] = *request.quote_amounts;
    body["outputs"] = wire::to_json(request.outputs);
    if (request.signatures) {
        OrderedJson list = OrderedJson::array();
        for (const std::optional<Bytes64>& each : *request.signatures)
            list.push_back(each ? OrderedJson(encode_hex(*each)) : OrderedJson(nullptr));
        body["signatures"] = std::move(list);
    }
    return dump_json(body);
}

Result<BatchMintRequest> decode_batch_mint_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    BatchMintRequest request;
    request.quotes = TRY(quote_ids(body));
    if (wire::find(body, "quote_amounts")) {
        request.quote_amounts = TRY(wire::list<Amount>(body, "quote_amounts", kBatchQuotesMax, amount));
        TRY(check_length(request.quote_amounts->size(), request.quotes.size(), "amounts"));
    }
    request.outputs = TRY(wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message));
    if (wire::find(body, "signatures")) {
        request.signatures = TRY(wire::list<std::optional<Bytes64>>(body, "signatures", kBatchQuotesMax, signature));
        TRY(check_length(request.signatures->size(), request.quotes.size(), "signatures"));
    }
    return request;
}

bool has_duplicate(std::vector<std::string> quotes)
{
    std::sort(quotes.begin(), quotes.end());
    return std::adjacent_find(quotes.begin(), quotes.end()) != quotes.end();
}

} // namespace berth::cashu
