#include "local/practice_mint.h"

#include "cashu/batch_mint.h"
#include "cashu/conditions.h"
#include "cashu/mint_info.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::local {

namespace {

constexpr uint64_t kUnclassified = 50000;
const char* const kCachedPaths[] = {"/v1/swap", "/v1/mint/bolt11", "/v1/mint/bolt11/batch", "/v1/melt/bolt11"};

bool is_cached(std::string_view path)
{
    return std::find(std::begin(kCachedPaths), std::end(kCachedPaths), path) != std::end(kCachedPaths);
}

MintAnswer not_found()
{
    return MintAnswer{.status = 404, .body = cashu::encode_mint_error(kUnclassified, "no such endpoint")};
}

} // namespace

MintAnswer refuse(uint64_t code, std::string_view detail)
{
    return MintAnswer{.status = 400, .body = cashu::encode_mint_error(code, detail)};
}

MintAnswer refuse_body(const Error& error)
{
    return refuse(kUnclassified, error.message);
}

MintAnswer refuse_unknown_quote()
{
    return refuse(kUnclassified, "unknown quote");
}

Result<std::unique_ptr<PracticeMint>> PracticeMint::create(db::Database& database, crypto::Random& random,
                                                           PracticeMintOptions options)
{
    MintStore store = TRY(MintStore::create(database));
    crypto::Secret seed = TRY(store.seed(random));
    const std::vector<StoredKeyset> known = TRY(store.keysets());
    for (const cashu::Unit unit : options.units) {
        const auto of_unit = [&](const StoredKeyset& keyset) { return keyset.recipe.unit == unit; };
        if (std::none_of(known.begin(), known.end(), of_unit))
            TRY(store.add_keyset({.unit = unit,
                                  .number = 0,
                                  .version = options.keyset_version,
                                  .input_fee_ppk = options.input_fee_ppk,
                                  .final_expiry = options.final_expiry}));
    }
    std::unique_ptr<PracticeMint> mint{new PracticeMint{database, random, store, std::move(seed), std::move(options)}};
    TRY(mint->load_keysets());
    return mint;
}

PracticeMint::PracticeMint(db::Database& database, crypto::Random& random, MintStore store, crypto::Secret seed,
                           PracticeMintOptions options)
    : database_{database}, random_{random}, store_{store}, seed_{std::move(seed)}, options_{std::move(options)}
{
}

Result<void> PracticeMint::load_keysets()
{
    const std::vector<StoredKeyset> stored = TRY(store_.keysets());
    keysets_.clear();
    for (const StoredKeyset& keyset : stored) {
        keysets_.push_back(make_mint_keyset(seed_, keyset.recipe));
        keysets_.back().published.active = keyset.active;
    }
    return {};
}

Result<void> PracticeMint::rotate(cashu::Unit unit, std::optional<uint64_t> input_fee_ppk)
{
    const std::vector<StoredKeyset> known = TRY(store_.keysets());
    KeysetRecipe next{.unit = unit,
                      .number = 0,
                      .version = options_.keyset_version,
                      .input_fee_ppk = options_.input_fee_ppk,
                      .final_expiry = options_.final_expiry};
    for (const StoredKeyset& keyset : known)
        if (keyset.recipe.unit == unit) {
            next.number = keyset.recipe.number + 1;
            next.input_fee_ppk = keyset.recipe.input_fee_ppk;
        }
    next.input_fee_ppk = input_fee_ppk.value_or(next.input_fee_ppk);
    TRY(store_.deactivate(unit));
    TRY(store_.add_keyset(next));
    return load_keysets();
}

std::optional<MintFault> PracticeMint::take_fault(std::string_view path)
{
    const auto armed = std::find_if(armed_.begin(), armed_.end(), [&](const Armed& each) { return each.path == path; });
    if (armed == armed_.end())
        return std::nullopt;
    const MintFault fault = armed->fault;
    if (--armed->times <= 0)
        armed_.erase(armed);
    return fault;
}

MintAnswer PracticeMint::handle(std::string_view method, std::string_view path, std::string_view body, UnixTime now)
{
    const MintAnswer too_many{.status = 429, .body = R"({"detail":"Rate limit exceeded."})"};
    const std::optional<MintFault> fault = take_fault(path);
    if (fault == MintFault::internal_error)
        return MintAnswer{.status = 500, .body = "Internal Server Error"};
    if (fault == MintFault::too_many_requests)
        return too_many;
    forge_next_ = fault == MintFault::wrong_signature;
    Result<MintAnswer> answer = execute(method, path, body, unix_seconds(now));
    if (database_.in_transaction())
        database_.roll_back();
    if (!answer)
        return MintAnswer{.status = 500, .body = cashu::encode_mint_error(kUnclassified, answer.error().message)};
    if (fault == MintFault::too_many_requests_after)
        return too_many;
    answer->lost = fault == MintFault::lose_answer;
    return std::move(*answer);
}

Result<MintAnswer> PracticeMint::execute(std::string_view method, std::string_view path, std::string_view body,
                                         int64_t now)
{
    TRY(database_.begin());
    if (method != "GET" && method != "POST")
        return not_found();
    MintAnswer answer = TRY(method == "GET" ? get(path, now) : post_once(path, body, now));
    if (answer.status == 200)
        TRY(database_.commit());
    return answer;
}

Result<MintAnswer> PracticeMint::get(std::string_view path, int64_t now)
{
    const auto rest_after = [&](std::string_view prefix) -> std::optional<std::string> {
        if (path.size() <= prefix.size() || path.substr(0, prefix.size()) != prefix)
            return std::nullopt;
        return std::string{path.substr(prefix.size())};
    };
    if (path == "/v1/info")
        return info(now);
    if (path == "/v1/keys")
        return keys({});
    if (path == "/v1/keysets")
        return keysets();
    if (const auto id = rest_after("/v1/keys/"))
        return keys(*id);
    if (const auto id = rest_after("/v1/mint/quote/bolt11/"))
        return show_quote(QuoteKind::mint, *id);
    if (const auto id = rest_after("/v1/melt/quote/bolt11/"))
        return show_quote(QuoteKind::melt, *id);
    return not_found();
}

/// NUT-19: the same request again gets the same answer, for a while.
Result<MintAnswer> PracticeMint::post_once(std::string_view path, std::string_view body, int64_t now)
{
    if (options_.answer_cache.count() == 0 || !is_cached(path))
        return post(path, body, now);
    const std::string hash = encode_hex(crypto::Sha256{}.update(path).update(" ").update(body).finish());
    const std::optional<std::string> known = TRY(store_.find_answer(hash, now));
    if (known)
        return MintAnswer{.body = *known};
    MintAnswer answer = TRY(post(path, body, now));
    if (answer.status == 200)
        TRY(store_.remember_answer(hash, answer.body, now + options_.answer_cache.count(), now));
    return answer;
}

Result<MintAnswer> PracticeMint::post(std::string_view path, std::string_view body, int64_t now)
{
    if (path == "/v1/swap")
        return swap(body, now);
    if (path == "/v1/checkstate")
        return check_state(body);
    if (path == "/v1/restore")
        return restore(body);
    if (path == "/v1/mint/quote/bolt11")
        return quote_mint(body, now);
    if (path == "/v1/mint/bolt11")
        return mint(body, now);
    if (path == "/v1/mint/quote/bolt11/check")
        return check_quotes(body);
    if (path == "/v1/mint/bolt11/batch")
        return mint_batch(body, now);
    if (path == "/v1/melt/quote/bolt11")
        return quote_melt(body, now);
    if (path == "/v1/melt/bolt11")
        return melt(body, now);
    return not_found();
}

MintAnswer PracticeMint::info(int64_t now) const
{
    cashu::MintInfo info;
    info.name = "berth practice mint";
    info.version = "berth/" BERTH_VERSION;
    info.description = "For practice only: this mint pays its own invoices, and its tokens are worth nothing.";
    info.motd = info.description;
    info.time = static_cast<uint64_t>(now);
    info.supported = {7, 8, 9, 10, 11, 12, 14, 20};
    info.practice = true;
    info.batch_quotes_max = cashu::kBatchQuotesMax;
    for (const cashu::Unit unit : options_.units) {
        const cashu::PaymentMethod method{
            .method = "bolt11", .unit = unit, .amount_min = 1, .amount_max = options_.quote_amount_max};
        info.minting.push_back(method);
        info.melting.push_back(method);
    }
    if (options_.answer_cache.count() > 0)
        info.cache = cashu::ResponseCache{.ttl_seconds = static_cast<uint64_t>(options_.answer_cache.count()),
                                          .paths = {std::begin(kCachedPaths), std::end(kCachedPaths)}};
    return MintAnswer{.body = cashu::encode_mint_info(info)};
}

MintAnswer PracticeMint::keys(std::string_view id) const
{
    std::vector<cashu::Keyset> chosen;
    for (const MintKeyset& keyset : keysets_)
        if (id.empty() ? keyset.published.active : keyset.published.id == id)
            chosen.push_back(keyset.published);
    if (chosen.empty())
        return refuse(cashu::mint_error::kKeysetUnknown, "no such keyset");
    return MintAnswer{.body = cashu::encode_keys(chosen)};
}

MintAnswer PracticeMint::keysets() const
{
    std::vector<cashu::Keyset> all;
    for (const MintKeyset& keyset : keysets_)
        all.push_back(keyset.published);
    return MintAnswer{.body = cashu::encode_keysets(all)};
}

Result<MintAnswer> PracticeMint::swap(std::string_view body, int64_t now)
{
    const Result<cashu::SwapRequest> request = cashu::decode_swap_request(body);
    if (!request)
        return refuse_body(request.error());
    cashu::Unit unit{};
    const std::optional<MintAnswer> bad_inputs = TRY(object_to_inputs(request->inputs, unit, now));
    if (bad_inputs)
        return *bad_inputs;
    const std::optional<MintAnswer> bad_outputs = TRY(object_to_outputs(request->outputs, unit, now));
    if (bad_outputs)
        return *bad_outputs;
    if (const auto paths = cashu::check_inputs_spendable(request->inputs, request->outputs, {}, now); !paths)
        return refuse(cashu::mint_error::kQuoteSignatureInvalid, paths.error().message);
    const Result<cashu::Amount> available = worth(request->inputs);
    const Result<cashu::Amount> wanted = total_of(request->outputs);
    if (!available || !wanted || *available != *wanted)
        return refuse(cashu::mint_error::kNotBalanced, "inputs less fee do not equal outputs");
    TRY(spend(request->inputs));
    const std::vector<cashu::BlindSignature> signatures = TRY(sign(request->outputs));
    return MintAnswer{.body = cashu::encode_signatures(signatures)};
}

Result<MintAnswer> PracticeMint::check_state(std::string_view body)
{
    const Result<std::vector<crypto::Point>> ys = cashu::decode_checkstate_request(body);
    if (!ys)
        return refuse_body(ys.error());
    std::vector<cashu::ProofStateOf> states;
    for (const crypto::Point& Y : *ys) {
        const std::optional<std::string> witness = TRY(store_.spent_witness(Y));
        cashu::ProofStateOf state{
            .Y = Y, .state = witness ? cashu::ProofState::spent : cashu::ProofState::unspent, .witness = std::nullopt};
        if (witness && !witness->empty())
            state.witness = *witness;
        states.push_back(std::move(state));
    }
    return MintAnswer{.body = cashu::encode_checkstate_reply(states)};
}

Result<MintAnswer> PracticeMint::restore(std::string_view body)
{
    const Result<std::vector<cashu::BlindedMessage>> outputs = cashu::decode_restore_request(body);
    if (!outputs)
        return refuse_body(outputs.error());
    cashu::RestoreReply reply;
    for (const cashu::BlindedMessage& output : *outputs) {
        const std::optional<cashu::BlindSignature> signature = TRY(store_.find_signature(output.B_));
        if (!signature)
            continue;
        reply.outputs.push_back(output);
        reply.signatures.push_back(with_dleq(output.B_, *signature));
    }
    return MintAnswer{.body = cashu::encode_restore_reply(reply)};
}

} // namespace berth::local
