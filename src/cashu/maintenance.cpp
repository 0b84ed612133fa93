#include "cashu/maintenance.h"

#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>
#include <charconv>

namespace berth::cashu {

namespace {

constexpr std::chrono::hours kInterval{24};
constexpr std::chrono::hours kExpiryMargin{24 * 30};
constexpr size_t kInputsPerSwap = 64;
/// In one unit at one mint; more are merged, the smallest first.
constexpr size_t kProofsMax = 200;
constexpr const char* kSetting = "maintained_at";

} // namespace

Maintenance::Maintenance(WalletStore& store, KeysetBook& book, SwapDriver& driver, const WalletOptions& options,
                         std::function<void(UnixTime now)> reconcile)
    : store_{store}, book_{book}, driver_{driver}, units_{options.units},
      reconcile_{std::move(reconcile)}, is_on_{!options.operator_only}
{
    for (const MintOptions& mint : options.mints)
        mints_.push_back(mint.url);
}

void Maintenance::tick(UnixTime now)
{
    if (!is_on_)
        return;
    if (!due_at_) {
        const std::string text = store_.setting(kSetting);
        int64_t last = 0;
        std::from_chars(text.data(), text.data() + text.size(), last);
        due_at_ = std::min(now + kInterval, UnixTime{std::chrono::milliseconds{last}} + kInterval);
    }
    if (now < *due_at_)
        return;
    due_at_ = now + kInterval;
    const auto stored = store_.set_setting(kSetting, std::to_string(rows::millis(now)));
    if (!stored)
        log::error("the wallet could not store its daily work: {}", stored.error().message);
    reconcile_(now);
    for (const std::string& mint : mints_) {
        waiting_.insert(mint);
        if (book_.refresh(mint, now) == KeysetBook::Refresh::too_soon)
            on_refreshed(mint, now); // read a moment ago
    }
}

std::optional<UnixTime> Maintenance::next_due() const
{
    return is_on_ ? due_at_ : std::nullopt;
}

void Maintenance::on_refreshed(const std::string& mint, UnixTime now)
{
    if (waiting_.erase(mint) == 0)
        return;
    for (const Unit unit : units_)
        rotate(mint, unit, now);
}

void Maintenance::on_settled(const RedemptionRow& row, UnixTime now)
{
    if (is_on_ && row.kind == SwapKind::rotation && row.saga.state == RedeemState::done)
        rotate(row.mint, row.unit, now);
}

bool Maintenance::must_leave(const Keyset& keyset, UnixTime now) const
{
    return !keyset.active || (keyset.final_expiry && *keyset.final_expiry < unix_seconds(now + kExpiryMargin));
}

bool Maintenance::is_worth_its_fee(const Keyset& keyset, Amount gross, Amount fee, UnixTime now) const
{
    // What expires is lost; what is merely inactive can still be spent, at the same fee, when it is needed.
    const bool expires = keyset.final_expiry && *keyset.final_expiry < unix_seconds(now + kExpiryMargin);
    return expires ? fee < gross : fee <= gross / 200;
}

void Maintenance::rotate(const std::string& mint, Unit unit, UnixTime now)
{
    const std::vector<StoredProof> held = store_.unspent_proofs(mint, unit); // ascending
    // One keyset a swap, so that all of it is worth its fee or none, and none keeps another from its turn.
    std::map<KeysetId, Move> moves;
    for (const StoredProof& proof : held)
        if (const auto [place, is_new] = moves.try_emplace(proof.proof.keyset_id); is_new)
            place->second.keyset = book_.find(proof.proof.keyset_id);
    const auto include = [&moves](const StoredProof& proof) {
        Move& move = moves.at(proof.proof.keyset_id);
        if (!move.keyset || move.inputs.size() == kInputsPerSwap)
            return;
        move.fees.push_back(move.keyset->input_fee_ppk);
        move.gross += proof.proof.amount;
        move.inputs.push_back({proof.y, proof.proof});
    };
    // What leaves goes with the largest first: the smallest may not be worth their fee. What is merged, the other way.
    std::set<KeysetId> leaving;
    for (const auto& [id, move] : moves)
        if (move.keyset && must_leave(*move.keyset, now))
            leaving.insert(id);
    for (auto proof = held.rbegin(); proof != held.rend(); ++proof)
        if (leaving.contains(proof->proof.keyset_id))
            include(*proof);
    for (const StoredProof& proof : held)
        if (!leaving.contains(proof.proof.keyset_id))
            include(proof);
    for (const KeysetId& id : leaving)
        if (begin(mint, unit, moves.at(id), now))
            return;
    if (held.size() <= kProofsMax)
        return;
    for (const auto& [id, move] : moves)
        if (!leaving.contains(id) && halves(mint, unit, move, now) && begin(mint, unit, move, now))
            return;
}

bool Maintenance::halves(const std::string& mint, Unit unit, const Move& move, UnixTime now)
{
    const auto keyset = book_.output_keyset(mint, unit, now);
    const auto fee = input_fee(move.fees);
    if (!keyset || !fee || move.gross <= *fee)
        return false;
    const auto outputs = plan_outputs(*keyset, move.gross - *fee, false);
    return outputs && outputs->size() <= move.inputs.size() / 2;
}

bool Maintenance::begin(const std::string& mint, Unit unit, Move move, UnixTime now)
{
    const auto fee = input_fee(move.fees);
    if (!move.keyset || !fee || !is_worth_its_fee(*move.keyset, move.gross, *fee, now))
        return false;
    log::info("swapping {} {} at {} in {} proofs of keyset {}", move.gross, name_of(unit), mint, move.inputs.size(),
              move.keyset->id);
    const auto begun = driver_.begin({.kind = SwapKind::rotation,
                                      .mint = mint,
                                      .unit = unit,
                                      .inputs = std::move(move.inputs),
                                      .gross = move.gross,
                                      .fee = *fee},
                                     now);
    if (begun)
        driver_.drive(*begun, now);
    else
        log::warn("proofs at {} stay as they are: {}", mint, begun.error().message);
    return begun.has_value();
}

} // namespace berth::cashu
