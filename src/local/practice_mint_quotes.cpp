// PracticeMint: quotes (NUT-04, NUT-05, NUT-23). Invoices look like BOLT-11 but pay nobody; they are paid when made.

#include "cashu/conditions.h"
#include "cashu/invoice.h"
#include "cashu/mint_info.h"
#include "local/practice_mint.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::local {

namespace {

constexpr int64_t kQuoteLifeSeconds = 3600;
constexpr const char* kMethod = "bolt11";

/// What a wallet shows looks right, and no node could pay it.
std::string make_invoice(cashu::Msat amount, int64_t now, crypto::Random& random)
{
    return cashu::encode_practice_invoice(
        {.amount = amount, .payment_hash = random.bytes32(), .created_at = now, .expires_at = now + kQuoteLifeSeconds});
}

MintAnswer show(const StoredQuote& quote)
{
    if (quote.kind == QuoteKind::mint)
        return MintAnswer{.body = cashu::encode_mint_quote(mint_quote_of(quote))};
    return MintAnswer{.body = cashu::encode_melt_quote({.quote = quote.id,
                                                        .request = quote.request,
                                                        .amount = quote.amount,
                                                        .fee_reserve = 0,
                                                        .unit = quote.unit,
                                                        .state = quote.state,
                                                        .expiry = quote.expiry,
                                                        .payment_preimage = std::nullopt,
                                                        .change = {}})};
}

/// The change as far as the blank outputs go, largest parts first (NUT-08); a remainder stays with the mint.
std::vector<cashu::BlindedMessage> fill_blanks(const std::vector<cashu::BlindedMessage>& blanks, cashu::Amount change,
                                               const std::map<cashu::Amount, crypto::Scalar>& keys)
{
    std::vector<cashu::BlindedMessage> filled;
    for (auto key = keys.rbegin(); key != keys.rend() && filled.size() < blanks.size(); ++key) {
        if (key->first > change)
            continue;
        change -= key->first;
        filled.push_back(blanks[filled.size()]);
        filled.back().amount = key->first;
    }
    return filled;
}

} // namespace

cashu::MintQuote mint_quote_of(const StoredQuote& quote)
{
    cashu::MintQuote shown{.quote = quote.id,
                           .request = quote.request,
                           .amount = quote.amount,
                           .unit = quote.unit,
                           .state = quote.state,
                           .expiry = quote.expiry,
                           .pubkey = std::nullopt};
    if (quote.pubkey)
        if (Result<crypto::Point> key = crypto::Point::parse_hex(*quote.pubkey))
            shown.pubkey = *key;
    return shown;
}

bool PracticeMint::mints(cashu::Unit unit) const
{
    return std::find(options_.units.begin(), options_.units.end(), unit) != options_.units.end();
}

Result<MintAnswer> PracticeMint::show_quote(QuoteKind kind, const std::string& id)
{
    const std::optional<StoredQuote> quote = TRY(store_.find_quote(kind, id));
    return quote && quote->method == kMethod ? show(*quote) : refuse_unknown_quote();
}

Result<MintAnswer> PracticeMint::quote_mint(std::string_view body, int64_t now)
{
    const Result<cashu::MintQuoteRequest> request = cashu::decode_mint_quote_request(body);
    if (!request)
        return refuse_body(request.error());
    if (!mints(request->unit))
        return refuse(cashu::mint_error::kUnitUnsupported, "unit not supported");
    if (request->amount == 0 || request->amount > options_.quote_amount_max)
        return refuse(cashu::mint_error::kAmountOutOfRange, "amount out of range");
    const cashu::Msat amount = TRY(cashu::to_msat(request->amount, request->unit));
    StoredQuote quote{.id = encode_hex(random_.bytes32()),
                      .kind = QuoteKind::mint,
                      .unit = request->unit,
                      .amount = request->amount,
                      .state = cashu::QuoteState::paid,
                      .request = make_invoice(amount, now, random_),
                      .expiry = now + kQuoteLifeSeconds,
                      .pubkey = std::nullopt};
    if (request->pubkey)
        quote.pubkey = request->pubkey->hex();
    TRY(store_.add_quote(quote));
    return show(quote);
}

Result<std::optional<StoredQuote>> PracticeMint::find_mint_quote(const std::string& id)
{
    std::optional<StoredQuote> quote = TRY(store_.find_quote(QuoteKind::mint, id));
    if (quote && quote->method != kMethod)
        quote.reset();
    return quote;
}

PracticeMint::Objection PracticeMint::object_to_quote(const StoredQuote& quote,
                                                      const std::vector<cashu::BlindedMessage>& outputs,
                                                      const std::optional<Bytes64>& signature) const
{
    if (quote.state == cashu::QuoteState::issued)
        return std::optional{refuse(cashu::mint_error::kQuoteIssued, "the quote has already been issued")};
    if (quote.state != cashu::QuoteState::paid)
        return std::optional{refuse(cashu::mint_error::kQuoteNotPaid, "the quote is not paid")};
    if (quote.pubkey) {
        const crypto::Point key = TRY(crypto::Point::parse_hex(*quote.pubkey));
        if (!signature || !cashu::verify_mint_quote(quote.id, outputs, key, *signature))
            return std::optional{refuse(cashu::mint_error::kQuoteSignatureInvalid, "signature missing or invalid")};
    }
    return std::optional<MintAnswer>{};
}

Result<MintAnswer> PracticeMint::mint(std::string_view body, int64_t now)
{
    const Result<cashu::MintRequest> request = cashu::decode_mint_request(body);
    if (!request)
        return refuse_body(request.error());
    const std::optional<StoredQuote> quote = TRY(find_mint_quote(request->quote));
    if (!quote)
        return refuse_unknown_quote();
    const std::optional<MintAnswer> bad_quote = TRY(object_to_quote(*quote, request->outputs, request->signature));
    if (bad_quote)
        return *bad_quote;
    return issue({*quote}, request->outputs, now);
}

Result<MintAnswer> PracticeMint::issue(const std::vector<StoredQuote>& quotes,
                                       const std::vector<cashu::BlindedMessage>& outputs, int64_t now)
{
    const std::optional<MintAnswer> bad_outputs = TRY(object_to_outputs(outputs, quotes.front().unit, now));
    if (bad_outputs)
        return *bad_outputs;
    cashu::Amount owed = 0; // no overflow: quotes are bounded in amount and number
    for (const StoredQuote& quote : quotes)
        owed += quote.amount;
    const Result<cashu::Amount> wanted = total_of(outputs);
    if (!wanted || *wanted != owed)
        return refuse(cashu::mint_error::kNotBalanced, "outputs do not equal the quotes");
    for (const StoredQuote& quote : quotes)
        TRY(store_.set_quote_state(quote.id, cashu::QuoteState::issued));
    const std::vector<cashu::BlindSignature> signatures = TRY(sign(outputs));
    return MintAnswer{.body = cashu::encode_signatures(signatures)};
}

Result<MintAnswer> PracticeMint::quote_melt(std::string_view body, int64_t now)
{
    const Result<cashu::MeltQuoteRequest> request = cashu::decode_melt_quote_request(body);
    if (!request)
        return refuse_body(request.error());
    if (!mints(request->unit))
        return refuse(cashu::mint_error::kUnitUnsupported, "unit not supported");
    const Result<cashu::Invoice> invoice = cashu::decode_invoice(request->request);
    if (!invoice)
        return refuse_body(invoice.error());
    const cashu::Msat asked = invoice->amount.value_or(cashu::Msat{});
    const cashu::Amount whole = cashu::from_msat(asked, request->unit);
    const cashu::Msat paid = TRY(cashu::to_msat(whole, request->unit));
    StoredQuote quote{.id = encode_hex(random_.bytes32()),
                      .kind = QuoteKind::melt,
                      .unit = request->unit,
                      .amount = paid < asked ? whole + 1 : whole,
                      .state = cashu::QuoteState::unpaid,
                      .request = request->request,
                      .expiry = now + kQuoteLifeSeconds,
                      .pubkey = std::nullopt};
    if (quote.amount == 0 || quote.amount > options_.quote_amount_max)
        return refuse(cashu::mint_error::kAmountOutOfRange, "amount out of range");
    TRY(store_.add_quote(quote));
    return show(quote);
}

Result<MintAnswer> PracticeMint::melt(std::string_view body, int64_t now)
{
    const Result<cashu::MeltRequest> request = cashu::decode_melt_request(body);
    if (!request)
        return refuse_body(request.error());
    const std::optional<StoredQuote> quote = TRY(store_.find_quote(QuoteKind::melt, request->quote));
    if (!quote)
        return refuse_unknown_quote();
    if (quote->state == cashu::QuoteState::paid)
        return refuse(cashu::mint_error::kInvoicePaid, "the invoice is paid already");
    cashu::Unit unit{};
    const std::optional<MintAnswer> bad_inputs = TRY(object_to_inputs(request->inputs, unit, now));
    if (bad_inputs)
        return *bad_inputs;
    if (unit != quote->unit)
        return refuse(cashu::mint_error::kUnitMismatch, "inputs of another unit");
    if (const auto paths = cashu::check_inputs_spendable(request->inputs, request->outputs, quote->id, now); !paths)
        return refuse(cashu::mint_error::kQuoteSignatureInvalid, paths.error().message);
    const Result<cashu::Amount> available = worth(request->inputs);
    if (!available || *available < quote->amount)
        return refuse(cashu::mint_error::kNotBalanced, "the inputs do not cover the quote");
    std::vector<cashu::BlindedMessage> change;
    if (!request->outputs.empty()) {
        const MintKeyset* keyset = find_keyset(request->outputs.front().keyset_id);
        if (!keyset)
            return refuse(cashu::mint_error::kKeysetUnknown, "unknown keyset");
        change = fill_blanks(request->outputs, *available - quote->amount, keyset->secret_keys);
    }
    const std::optional<MintAnswer> bad_outputs = TRY(object_to_outputs(change, unit, now));
    if (bad_outputs)
        return *bad_outputs;
    TRY(spend(request->inputs));
    TRY(store_.set_quote_state(quote->id, cashu::QuoteState::paid));
    std::vector<cashu::BlindSignature> signatures = TRY(sign(change));
    return MintAnswer{.body = cashu::encode_melt_quote({.quote = quote->id,
                                                        .request = quote->request,
                                                        .amount = quote->amount,
                                                        .fee_reserve = 0,
                                                        .unit = quote->unit,
                                                        .state = cashu::QuoteState::paid,
                                                        .expiry = quote->expiry,
                                                        .payment_preimage = encode_hex(random_.bytes32()),
                                                        .change = std::move(signatures)})};
}

} // namespace berth::local
