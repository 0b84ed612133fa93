#include "cashu/stored_wallet.h"

#include "cashu/deterministic.h"
#include "cashu/mint_url.h"
#include "cashu/wallet_rows.h"
#include "crypto/hash.h"
#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

namespace {

/// Some tenths of a second on the thread that serves customers.
constexpr size_t kAuditedDaily = 2000;
constexpr std::string_view kLockKeyDomain = "berth token lock";
constexpr std::string_view kSeedIdDomain = "berth seed id";

TokenCheck refused(TokenFault fault, std::string message)
{
    return {.token = std::nullopt, .refusal = TokenRefusal{fault, std::move(message)}};
}

TokenCheck ask_again()
{
    return {.token = std::nullopt, .refusal = std::nullopt, .keysets_needed = true};
}

} // namespace

Result<std::unique_ptr<Wallet>> Wallet::create(db::Database& database, net::Http& http, crypto::Random& random,
                                               const std::string& seed_file, WalletOptions options, Handlers handlers)
{
    TRY(WalletStore::migrate(database));
    SeedFile seed = TRY(SeedFile::open(seed_file, random));
    const crypto::Scalar lock_key = TRY(derive_key(seed.seed(), kLockKeyDomain));
    const UnixTime now = options.clock();
    auto wallet = std::make_unique<StoredWallet>(database, http, random, std::move(seed), lock_key, std::move(options),
                                                 std::move(handlers));
    TRY(database.begin());
    const auto adopted = wallet->adopt(now);
    if (!adopted) {
        database.roll_back();
        return pass_on(adopted);
    }
    TRY(database.commit());
    return std::unique_ptr<Wallet>{std::move(wallet)};
}

StoredWallet::StoredWallet(db::Database& database, net::Http& http, crypto::Random& random, SeedFile seed,
                           crypto::Scalar lock_key, WalletOptions options, Handlers handlers)
    : database_{database}, options_{std::move(options)}, handlers_{std::move(handlers)}, lock_key_{std::move(lock_key)},
      seed_{std::move(seed)}, store_{database}, client_{http, options_.calls_in_flight_max, options_.clock},
      book_{store_, client_, options_, [this](const std::string& mint) { on_refreshed(mint); }},
      driver_{database,  store_,   client_,
              book_,     random,   seed_.seed(),
              lock_key_, options_, {.on_settled = [this](const RedemptionRow& row) { on_settled(row); }}},
      scan_{database,
            store_,
            client_,
            book_,
            seed_.seed(),
            options_.clock,
            [this](const KeysetId& keyset, bool hits) { on_scan_ended(keyset, hits); }},
      payouts_{database, store_, book_, driver_, options_.operator_only, handlers_.on_payout},
      melts_{database, store_, client_, book_, seed_.seed(), options_.clock}, sweeps_{http,     store_,
                                                                                      client_,  book_,
                                                                                      melts_,   random,
                                                                                      options_, handlers_.held_back},
      maintenance_{store_, book_, driver_, options_,
                   [this](UnixTime now) {
                       audits_.begin(
                           AuditScope::rows_and_mints, [this](const AuditReport& report) { log_audit(report); }, now,
                           kAuditedDaily);
                   }},
      audits_{store_, client_}
{
}

Result<void> StoredWallet::adopt(UnixTime now)
{
    const crypto::Scalar id_key = TRY(derive_key(seed_.seed(), kSeedIdDomain));
    const std::string id = crypto::Point::generate(id_key).hex();
    const std::string known_id = store_.setting("seed_id");
    if (!known_id.empty() && known_id != id)
        return fail(Errc::conflict, "the database belongs to another seed than the seed file");
    TRY(store_.set_setting("seed_id", id));
    const bool new_on_old_seed = known_id.empty() && !seed_.created();
    const bool older_copy = store_.counter_sum() < seed_.counter_mark();
    if (!new_on_old_seed && !older_copy)
        return {};
    log::warn("the wallet's database is older than its seed's last use; every keyset is scanned");
    TRY(store_.set_setting("scan_new_keysets", "yes"));
    for (const KeysetId& keyset : store_.all_keyset_ids())
        TRY(store_.put_scan({.keyset = keyset, .mint = store_.keyset(keyset)->mint, .due_at = now}));
    return {};
}

TokenCheck StoredWallet::check(std::string_view token_text, UnixTime now)
{
    const CheckContext context{.whitelist = book_.known(),
                               .lock_key = lock_key_,
                               .now = unix_seconds(now),
                               .options = {.units = options_.units,
                                           .input_fee_ppk_max = options_.input_fee_ppk_max,
                                           .proofs_max = options_.proofs_max,
                                           .require_dleq = options_.require_dleq}};
    TokenCheck checked = check_token(token_text, context);
    if (checked.keysets_needed)
        return check_with_refresh(token_text, std::move(checked), now);
    if (!checked.token)
        return checked;
    const std::string& mint = checked.token->mint;
    // A V1 id doesn't commit to the fee, so what we know of it must be fresh. A mint that can't be read may still swap.
    if (book_.is_stale(mint, now) && !book_.is_failing(mint) &&
        book_.refresh(mint, now) == KeysetBook::Refresh::under_way)
        return ask_again();
    if (book_.awaits_scan(mint, checked.token->unit, now))
        return ask_again();
    const auto refusal = refusal_of_mint(*checked.token, now);
    return refusal ? refused(refusal->fault, refusal->message) : checked;
}

TokenCheck StoredWallet::check_with_refresh(std::string_view text, TokenCheck checked, UnixTime now)
{
    const auto token = decode_token(text);
    const auto mint = token ? normalise_mint_url(token->mint) : Result<std::string>{pass_on(token)};
    if (!mint || !book_.is_whitelisted(*mint))
        return checked;
    if (book_.refresh(*mint, now) == KeysetBook::Refresh::under_way)
        return ask_again();
    if (book_.is_failing(*mint) || !book_.status(*mint).known)
        return refused(TokenFault::mint_unavailable, "the mint can't be reached now");
    return refused(TokenFault::invalid, "the mint does not know a keyset of the token");
}

std::optional<TokenRefusal> StoredWallet::refusal_of_mint(const CheckedToken& token, UnixTime now)
{
    const MintStatus status = book_.status(token.mint);
    if (!status.suitable)
        return TokenRefusal{TokenFault::mint_unavailable, "the mint is not usable: " + status.problem};
    const std::string fault = store_.mint_fault(token.mint);
    if (!fault.empty())
        return TokenRefusal{TokenFault::mint_unavailable, "the mint is not trusted now: " + fault};
    const auto keyset = book_.output_keyset(token.mint, token.unit, now);
    if (!keyset)
        return TokenRefusal{TokenFault::mint_unavailable, keyset.error().message};
    // Whoever gets these proofs, we or their payer again, could not spend them for what they say.
    if (keyset->input_fee_ppk > options_.input_fee_ppk_max)
        return TokenRefusal{
            TokenFault::mint_unavailable,
            fmt::format("the mint's keyset for new proofs asks {} ppk per proof, at most {} are accepted",
                        keyset->input_fee_ppk, options_.input_fee_ppk_max)};
    // A token without a DLEQ can claim anything: what can't be swapped or booked must not get as far as that.
    if (const auto plan = plan_outputs(*keyset, token.gross - token.fee, false); !plan)
        return TokenRefusal{TokenFault::invalid, "the token can't be swapped: " + plan.error().message};
    LedgerDraft trial{{.movement = Movement::receive, .mint = token.mint, .unit = token.unit}};
    if (trial.add(Account::reserved, token.gross).overflows())
        return TokenRefusal{TokenFault::invalid, "the token claims more than any book can hold"};
    if (is_too_much(token))
        return TokenRefusal{TokenFault::mint_unavailable,
                            "no more money of this mint is taken for now; pay with less or from another mint"};
    return std::nullopt;
}

bool StoredWallet::is_too_much(const CheckedToken& token) const
{
    if (!options_.exposure_max)
        return false;
    // What is held fits 64 bits; a token's worth is a stranger's word.
    const auto held = add(store_.balance(token.mint).value, store_.expected(token.mint).value);
    const auto then = held ? add(*held, token.net.value) : held;
    return !then || *then > options_.exposure_max->value;
}

Result<RedemptionId> StoredWallet::begin_redemption(const CheckedToken& token, UnixTime now)
{
    return begin_swap(SwapKind::receive, token, now);
}

Result<RedemptionId> StoredWallet::begin_swap(SwapKind kind, const CheckedToken& token, UnixTime now)
{
    SwapPlan plan{.kind = kind, .mint = token.mint, .unit = token.unit, .gross = token.gross, .fee = token.fee};
    for (size_t i = 0; i < token.proofs.size(); ++i)
        plan.inputs.push_back({token.ys[i], token.proofs[i]});
    const RedemptionId id = TRY(driver_.begin(std::move(plan), now));
    driver_.drive(id, now);
    return id;
}

std::optional<RedemptionId> StoredWallet::find_redemption(const std::vector<crypto::Point>& ys)
{
    const auto found = store_.find_by_inputs(hash_inputs(ys));
    // A rejected operation has let go of its inputs; the same token is a new one then.
    if (!found || ys.empty() || store_.claimed_by(ys.front()) != found)
        return std::nullopt;
    // What the operator deposited is nobody's order.
    return store_.redemption(*found)->kind == SwapKind::receive ? found : std::nullopt;
}

std::optional<TokenRefusal> StoredWallet::find_claim(const std::vector<crypto::Point>& ys)
{
    for (const crypto::Point& y : ys) {
        const auto holder = store_.claimed_by(y);
        if (!holder)
            continue;
        const auto state = store_.redemption(*holder)->saga.state;
        if (state == RedeemState::done || state == RedeemState::rejected)
            return TokenRefusal{TokenFault::already_spent, "the token was spent already"};
        return TokenRefusal{TokenFault::pending, "another request holds the token"};
    }
    return std::nullopt;
}

std::optional<Redeemed> StoredWallet::outcome(RedemptionId id)
{
    const auto row = store_.redemption(id);
    if (!row || !takes_tokens(row->kind))
        return std::nullopt;
    if (row->saga.state == RedeemState::rejected)
        return Redeemed{.id = id, .received = false, .net = {}, .refusal = row->refusal.value_or(TokenRefusal{})};
    if (row->saga.state != RedeemState::done)
        return std::nullopt;
    // Checked before anything was sent: gross in msat fits 64 bits.
    const Msat net = to_msat(row->gross - row->fee, row->unit).value_or(Msat{});
    // A refusal that was stored before it was done after all stays in the row.
    return Redeemed{.id = id, .received = true, .net = net, .refusal = {}, .late = row->refusal.has_value()};
}

void StoredWallet::on_settled(const RedemptionRow& row)
{
    switch (row.kind) {
    case SwapKind::payout:
        return payouts_.on_settled(row, options_.clock());
    case SwapKind::rotation:
        return maintenance_.on_settled(row, options_.clock());
    case SwapKind::receive: {
        const auto settled = outcome(row.id);
        if (settled && handlers_.on_redeemed)
            handlers_.on_redeemed(*settled);
        return;
    }
    case SwapKind::deposit:
    case SwapKind::melt:
        return;
    }
}

void StoredWallet::on_refreshed(const std::string& mint)
{
    const UnixTime now = options_.clock();
    if (restore_reads_.erase(mint) != 0)
        scan_all_keysets(mint, now);
    driver_.drive_due(now);
    maintenance_.on_refreshed(mint, now);
    if (handlers_.on_keysets)
        handlers_.on_keysets(mint);
}

Result<void> StoredWallet::book_reserved(RedemptionId id, Movement movement, Account to, UnixTime now)
{
    const auto row = store_.redemption(id);
    Amount sum = 0;
    for (const StoredProof& proof : store_.proofs_of(id, HoldingState::reserved))
        sum = TRY(add(sum, proof.proof.amount));
    if (!row || sum == 0)
        return {};
    LedgerDraft draft{
        {.at = now, .movement = movement, .mint = row->mint, .unit = row->unit, .operation = id, .name = {}}};
    return store_.ledger().post(draft.take(Account::reserved, sum).add(to, sum));
}

Result<std::string> StoredWallet::refund_token(RedemptionId id, UnixTime now)
{
    auto row = store_.redemption(id);
    if (!row)
        return fail(Errc::not_found, "there is no redemption {}", id);
    if (!row->refund_token.empty())
        return row->refund_token;
    const auto proofs = store_.proofs_of(id, HoldingState::reserved);
    Amount sum = 0;
    for (const StoredProof& proof : proofs)
        sum += proof.proof.amount;
    if (row->saga.state != RedeemState::done || proofs.empty() || sum != row->gross - row->fee)
        return fail(Errc::conflict, "the proofs of redemption {} are not reserved for it", id);
    row->refund_token = make_token_text(row->mint, row->unit, proofs);
    TRY(book_reserved(id, Movement::refund, Account::payees, now));
    TRY(store_.move_proofs(id, HoldingState::reserved, HoldingState::sent));
    TRY(store_.put_redemption(*row));
    return row->refund_token;
}

Result<void> StoredWallet::release(RedemptionId id)
{
    TRY(book_reserved(id, Movement::release, Account::unspent, options_.clock()));
    return store_.move_proofs(id, HoldingState::reserved, HoldingState::unspent);
}

void StoredWallet::request_payout(const std::string& key, const std::string& mint, Unit unit, Amount amount,
                                  UnixTime now)
{
    payouts_.request(key, mint, unit, amount, now);
}

std::optional<std::string> StoredWallet::find_payout(const std::string& key)
{
    const auto payout = store_.payout(key);
    return payout && !payout->token.empty() ? std::optional{payout->token} : std::nullopt;
}

int64_t StoredWallet::rows_written() const
{
    auto query = database_.prepare("SELECT total_changes()");
    VERIFY(rows::next(query));
    return query.integer(0);
}

UnixTime StoredWallet::next_row_due() const
{
    if (!store_.unfinished_payouts().empty())
        return UnixTime{};
    const UnixTime due = store_.next_due_after(UnixTime{} - std::chrono::milliseconds{1}).value_or(UnixTime::max());
    return std::min(due, store_.next_melt_due().value_or(UnixTime::max()));
}

bool StoredWallet::rows_are_quiet(UnixTime now) const
{
    if (const int64_t written = rows_written(); written != looked_at_) {
        looked_at_ = written;
        row_due_ = next_row_due();
    }
    return row_due_ > now;
}

void StoredWallet::tick(UnixTime now)
{
    client_.expire(now);
    book_.tick(now);
    const int64_t written = rows_written();
    if (written != ticked_at_ || !rows_are_quiet(now) || mark_lags_)
        tick_rows(now);
    ticked_at_ = written; // of before: what this tick wrote may give the next one something to do
    sweeps_.tick(now);
    maintenance_.tick(now);
    audits_.tick(now);
}

void StoredWallet::tick_rows(UnixTime now)
{
    scan_.tick(now);
    payouts_.tick(now);
    driver_.drive_due(now);
    melts_.tick(now);
    // Not this batch's sum, whose rows may never be committed: a mark ahead of the rows costs a scan of every keyset.
    const uint64_t committed = std::exchange(committed_counters_, store_.counter_sum());
    mark_lags_ = committed != committed_counters_;
    const auto marked = seed_.raise_counter_mark(committed);
    if (!marked)
        log::warn("{}", marked.error().message);
}

UnixTime StoredWallet::next_due() const
{
    const UnixTime now = options_.clock();
    if (mark_lags_)
        return now;
    UnixTime soonest = UnixTime::max();
    const auto take = [&soonest](std::initializer_list<std::optional<UnixTime>> dues) {
        for (const auto& due : dues)
            soonest = std::min(soonest, due.value_or(UnixTime::max()));
    };
    take({client_.next_expiry(), book_.next_due(), sweeps_.next_due(), maintenance_.next_due(), audits_.next_due(now)});
    if (rows_are_quiet(now))
        take({row_due_});
    else
        take({scan_.next_due(now), driver_.next_due(now), melts_.next_due(now)});
    return soonest;
}

void StoredWallet::start(UnixTime now)
{
    for (const MintOptions& mint : options_.mints)
        book_.refresh(mint.url, now);
    tick(now);
}

std::vector<MintStatus> StoredWallet::status() const
{
    std::vector<MintStatus> all;
    for (const MintOptions& mint : options_.mints) {
        MintStatus status = book_.status(mint.url);
        const std::string fault = store_.mint_fault(mint.url);
        if (!fault.empty())
            status.problem = fault;
        all.push_back(std::move(status));
    }
    return all;
}

Msat StoredWallet::balance() const
{
    return store_.balance(std::nullopt);
}

std::string StoredWallet::lock_key() const
{
    return crypto::Point::generate(lock_key_).hex();
}

} // namespace berth::cashu
