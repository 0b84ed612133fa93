// PracticeMint: several quotes in one request (NUT-29). Nothing is written before every quote of it is found good.

#include "cashu/batch_mint.h"
#include "cashu/mint_info.h"
#include "local/practice_mint.h"

namespace berth::local {

namespace {

MintAnswer refuse_duplicates()
{
    return refuse(cashu::mint_error::kDuplicateQuotes, "the same quote twice");
}

} // namespace

Result<MintAnswer> PracticeMint::check_quotes(std::string_view body)
{
    const Result<std::vector<std::string>> ids = cashu::decode_quote_check(body);
    if (!ids)
        return refuse_body(ids.error());
    if (cashu::has_duplicate(*ids))
        return refuse_duplicates();
    std::vector<cashu::MintQuote> shown;
    for (const std::string& id : *ids) {
        const std::optional<StoredQuote> quote = TRY(find_mint_quote(id));
        if (!quote)
            return refuse_unknown_quote();
        shown.push_back(mint_quote_of(*quote));
    }
    return MintAnswer{.body = cashu::encode_mint_quotes(shown)};
}

Result<MintAnswer> PracticeMint::mint_batch(std::string_view body, int64_t now)
{
    const Result<cashu::BatchMintRequest> request = cashu::decode_batch_mint_request(body);
    if (!request)
        return refuse_body(request.error());
    if (cashu::has_duplicate(request->quotes))
        return refuse_duplicates();
    std::vector<StoredQuote> quotes;
    for (size_t i = 0; i < request->quotes.size(); ++i) {
        const std::optional<StoredQuote> quote = TRY(find_mint_quote(request->quotes[i]));
        if (!quote)
            return refuse_unknown_quote();
        const std::optional<Bytes64> signature = request->signatures ? (*request->signatures)[i] : std::nullopt;
        if (signature && !quote->pubkey)
            return refuse(cashu::mint_error::kQuoteSignatureInvalid, "a signature for a quote without a key");
        const std::optional<MintAnswer> bad_quote = TRY(object_to_quote(*quote, request->outputs, signature));
        if (bad_quote)
            return *bad_quote;
        quotes.push_back(*quote);
        if (quote->unit != quotes.front().unit)
            return refuse(cashu::mint_error::kMixedUnits, "quotes of different units");
        if (request->quote_amounts && (*request->quote_amounts)[i] != quote->amount)
            return refuse(cashu::mint_error::kNotBalanced, "a quote is of another amount");
    }
    return issue(quotes, request->outputs, now);
}

} // namespace berth::local
