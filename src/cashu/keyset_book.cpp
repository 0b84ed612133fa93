#include "cashu/keyset_book.h"

#include "cashu/deterministic.h"
#include "util/log.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

constexpr auto kStaleAfter = 5min;
constexpr auto kRefreshGap = 10s; ///< between refreshes that tokens ask for
constexpr auto kExpiryMargin = std::chrono::hours{24 * 30};
constexpr size_t kShortIdLength = 16;

bool protects_what_we_need(const MintInfo& info)
{
    for (const std::string& pattern : info.protected_paths)
        for (const std::string_view path : {"/v1/swap", "/v1/checkstate", "/v1/restore", "/v1/keys", "/v1/keysets"}) {
            const bool prefix = !pattern.empty() && pattern.back() == '*';
            if (prefix ? path.substr(0, pattern.size() - 1) == std::string_view{pattern}.substr(0, pattern.size() - 1)
                       : path == pattern)
                return true;
        }
    return false;
}

std::string unsuitability(const MintInfo& info, bool practice_allowed)
{
    if (info.practice && !practice_allowed)
        return "is a practice mint: its money is not real, and allow_practice_mints is false";
    if (!info.supported.count(7) || !info.supported.count(9))
        return "lacks NUT-07 or NUT-09, without which a lost answer would lose money";
    if (protects_what_we_need(info))
        return "wants authentication (NUT-21, NUT-22), which is not supported";
    return {};
}

/// NUT-02 leaves the choice open; ours is deterministic: lowest fee, latest or no expiry, highest id.
bool is_better_for_outputs(const Keyset& a, const Keyset& b)
{
    const int64_t never = std::numeric_limits<int64_t>::max();
    if (a.input_fee_ppk != b.input_fee_ppk)
        return a.input_fee_ppk < b.input_fee_ppk;
    if (a.final_expiry.value_or(never) != b.final_expiry.value_or(never))
        return a.final_expiry.value_or(never) > b.final_expiry.value_or(never);
    return a.id > b.id;
}

} // namespace

KeysetBook::KeysetBook(WalletStore& store, MintClient& client, const WalletOptions& options,
                       std::function<void(const std::string& mint)> on_refreshed)
    : store_{store}, client_{client}, units_{options.units}, clock_{options.clock}, on_refreshed_{
                                                                                        std::move(on_refreshed)}
{
    for (const MintOptions& mint : options.mints)
        mints_[mint.url].practice_allowed = mint.practice_allowed;
}

const std::vector<KnownMint>& KeysetBook::known()
{
    const std::string fingerprint = store_.keysets_fingerprint();
    if (fingerprint == cache_fingerprint_)
        return cache_;
    cache_.clear();
    for (const auto& [url, progress] : mints_) {
        KnownMint mint{.url = url, .keysets = {}, .enforces_p2pk = false};
        for (KeysetRow& row : store_.keysets(url))
            mint.keysets.push_back(std::move(row.keyset));
        const auto info = decode_mint_info(store_.mint_info(url));
        mint.enforces_p2pk = info && info->supported.count(11) != 0;
        cache_.push_back(std::move(mint));
    }
    cache_fingerprint_ = fingerprint;
    return cache_;
}

std::optional<Keyset> KeysetBook::find(const KeysetId& id)
{
    for (const KnownMint& mint : known())
        for (const Keyset& keyset : mint.keysets)
            if (keyset.id == id)
                return keyset;
    // What was begun at a mint that is no longer configured still ends with its signatures.
    auto row = store_.keyset(id);
    return row ? std::optional{std::move(row->keyset)} : std::nullopt;
}

std::optional<Keyset> KeysetBook::best_for_outputs(const std::string& mint, Unit unit, UnixTime now, Scanned scanned)
{
    std::vector<Keyset> unlisted;
    const std::vector<Keyset>* keysets = &unlisted;
    for (const KnownMint& candidate : known())
        if (candidate.url == mint)
            keysets = &candidate.keysets;
    if (!is_whitelisted(mint)) // what is owed there is still paid out
        for (KeysetRow& row : store_.keysets(mint))
            unlisted.push_back(std::move(row.keyset));
    const Keyset* best = nullptr;
    for (const Keyset& keyset : *keysets) {
        const bool expires = keyset.final_expiry && *keyset.final_expiry < unix_seconds(now + kExpiryMargin);
        if (!keyset.active || keyset.unit != unit || expires)
            continue;
        if (scanned == Scanned::left_out && store_.scan(keyset.id))
            continue;
        if (!best || is_better_for_outputs(keyset, *best))
            best = &keyset;
    }
    return best ? std::optional{*best} : std::nullopt;
}

Result<Keyset> KeysetBook::output_keyset(const std::string& mint, Unit unit, UnixTime now)
{
    std::optional<Keyset> best = best_for_outputs(mint, unit, now, Scanned::left_out);
    if (!best)
        return fail(Errc::unavailable, "mint {} has no keyset for new {} outputs now", mint, name_of(unit));
    return std::move(*best);
}

bool KeysetBook::awaits_scan(const std::string& mint, Unit unit, UnixTime now)
{
    return !best_for_outputs(mint, unit, now, Scanned::left_out) && best_for_outputs(mint, unit, now, Scanned::too);
}

bool KeysetBook::is_stale(const std::string& mint, UnixTime now) const
{
    const auto read_at = store_.keysets_read_at(mint);
    return !read_at || *read_at + kStaleAfter <= now;
}

bool KeysetBook::is_failing(const std::string& mint) const
{
    const auto found = mints_.find(mint);
    return found != mints_.end() && found->second.failing;
}

KeysetBook::Refresh KeysetBook::refresh(const std::string& mint, UnixTime now)
{
    const auto found = mints_.find(mint);
    if (found == mints_.end())
        return Refresh::too_soon; // no longer configured: what is known of it is all there will be
    Progress& progress = found->second;
    if (progress.under_way)
        return Refresh::under_way;
    const bool recent = progress.ended_at && now < *progress.ended_at + kRefreshGap;
    if (recent || !client_.may_send(mint, MintCall::read, now))
        return Refresh::too_soon;
    progress.under_way = true;
    progress.retry_at.reset();
    progress.problem.clear();
    const uint64_t generation = ++progress.generation;
    client_.fetch_info(mint,
                       [this, mint, generation](const Result<std::string>& text) { on_info(mint, generation, text); });
    return Refresh::under_way;
}

KeysetBook::Progress* KeysetBook::current(const std::string& mint, uint64_t generation)
{
    Progress& progress = mints_.at(mint);
    return progress.under_way && progress.generation == generation ? &progress : nullptr;
}

void KeysetBook::on_info(const std::string& mint, uint64_t generation, const Result<std::string>& text)
{
    if (!current(mint, generation))
        return;
    if (!text)
        return end_refresh(mint, text.error().message);
    const auto info = decode_mint_info(*text);
    if (!info)
        return end_refresh(mint, info.error().message);
    const auto stored = store_.set_mint_info(mint, *text, clock_());
    if (!stored)
        return end_refresh(mint, stored.error().message);
    client_.fetch_keysets(
        mint, [this, mint, generation](const Result<KeysetsReply>& reply) { on_keysets(mint, generation, reply); });
}

void KeysetBook::on_keysets(const std::string& mint, uint64_t generation, const Result<KeysetsReply>& reply)
{
    Progress* progress = current(mint, generation);
    if (!progress)
        return;
    if (!reply)
        return end_refresh(mint, reply.error().message);
    progress->keys_wanted.clear();
    for (const Keyset& listed : reply->keysets) {
        const auto row = store_.keyset(listed.id);
        if (!row) {
            progress->keys_wanted.push_back(listed);
            continue;
        }
        Keyset updated = row->keyset;
        updated.active = listed.active;
        updated.input_fee_ppk = listed.input_fee_ppk;
        if (listed.id.size() == kShortIdLength) // a V2 id commits to it
            updated.final_expiry = listed.final_expiry;
        const auto imported = import(mint, std::move(updated));
        if (!imported)
            progress->problem = imported.error().message;
    }
    const auto noted = note_missing(mint, *reply);
    if (!noted)
        return end_refresh(mint, noted.error().message);
    fetch_next_keys(mint, generation);
}

Result<void> KeysetBook::note_missing(const std::string& mint, const KeysetsReply& reply)
{
    std::string gone;
    const int64_t now = unix_seconds(clock_());
    for (KeysetRow& row : store_.keysets(mint)) {
        const bool listed = std::any_of(reply.keysets.begin(), reply.keysets.end(),
                                        [&row](const Keyset& keyset) { return keyset.id == row.keyset.id; });
        if (listed)
            continue;
        // What signed for us can't be forgotten before its expiry, unless this is another mint than it was.
        const bool expired = row.keyset.final_expiry && *row.keyset.final_expiry < now;
        if (!expired && store_.is_keyset_used(row.keyset.id))
            gone = row.keyset.id;
        if (row.keyset.active) {
            row.keyset.active = false; // it takes no outputs any more
            TRY(store_.put_keyset(row));
        }
    }
    if (gone.empty())
        return store_.set_mint_fault(mint, WalletStore::MintFault::keysets, "");
    log::error("mint {} no longer lists keyset {}, which it signed with; nothing more is received there", mint, gone);
    return store_.set_mint_fault(mint, WalletStore::MintFault::keysets,
                                 fmt::format("it no longer lists keyset {}, which it signed with", gone));
}

void KeysetBook::fetch_next_keys(const std::string& mint, uint64_t generation)
{
    Progress& progress = mints_.at(mint);
    if (progress.keys_wanted.empty())
        return end_refresh(mint, {});
    const Keyset wanted = progress.keys_wanted.back();
    progress.keys_wanted.pop_back();
    client_.fetch_keys(mint, wanted.id, [this, mint, generation, wanted](const Result<KeysetsReply>& reply) {
        on_keys(mint, generation, wanted, reply);
    });
}

void KeysetBook::on_keys(const std::string& mint, uint64_t generation, const Keyset& wanted,
                         const Result<KeysetsReply>& reply)
{
    Progress* progress = current(mint, generation);
    if (!progress)
        return;
    if (!reply) {
        const bool is_about_this_one = reply.error().code == Errc::refused || reply.error().code == Errc::bad_input;
        if (!is_about_this_one)
            return end_refresh(mint, reply.error().message);
        progress->problem = fmt::format("keyset {} can't be read: {}", wanted.id, printable(reply.error().message));
        return fetch_next_keys(mint, generation);
    }
    if (reply->keysets.size() != 1 || reply->keysets.front().id != wanted.id) {
        progress->problem = fmt::format("answers other keys than those of keyset {}", wanted.id);
        return fetch_next_keys(mint, generation);
    }
    // /v1/keysets is the newer statement; older mints leave these out of /v1/keys.
    Keyset keyset = reply->keysets.front();
    keyset.active = wanted.active;
    keyset.input_fee_ppk = wanted.input_fee_ppk;
    keyset.final_expiry = wanted.final_expiry;
    const auto imported = import(mint, std::move(keyset));
    if (!imported) {
        log::warn("mint {}: {}", mint, imported.error().message);
        progress->problem = imported.error().message;
    }
    fetch_next_keys(mint, generation);
}

void KeysetBook::end_refresh(const std::string& mint, const std::string& failure)
{
    Progress& progress = mints_.at(mint);
    const UnixTime now = clock_();
    progress.under_way = false;
    progress.ended_at = now;
    progress.failing = !failure.empty();
    if (progress.failing) {
        log::info("mint {} can't be read: {}", mint, printable(failure));
        progress.problem = printable(failure);
        progress.retry_at = now + std::max<std::chrono::milliseconds>(redeem_back_off(progress.failures++), 1s);
    } else {
        progress.failures = 0;
    }
    if (on_refreshed_)
        on_refreshed_(mint);
}

Result<void> KeysetBook::import(const std::string& mint, Keyset keyset)
{
    const auto known = store_.keyset(keyset.id);
    if (known) {
        // Counters belong to the id alone: two mints with one id would make the wallet repeat its secrets (NUT-13).
        if (known->mint != mint)
            return fail(Errc::corrupt, "keyset {} belongs to mint {}", keyset.id, known->mint);
        if (known->keyset.keys != keyset.keys || known->keyset.unit != keyset.unit)
            return fail(Errc::corrupt, "keyset {} has changed its keys", keyset.id);
    } else {
        TRY(check_no_collision(keyset.id));
    }
    TRY(verify_keyset_id(keyset));
    const KeysetId id = keyset.id;
    TRY(store_.put_keyset({std::move(keyset), mint, clock_()}));
    if (!known && !store_.setting("scan_new_keysets").empty())
        TRY(store_.put_scan({.keyset = id, .mint = mint, .due_at = clock_()}));
    return {};
}

Result<void> KeysetBook::check_no_collision(const KeysetId& id) const
{
    const bool is_v1 = id.size() == kShortIdLength;
    for (const KeysetId& other : store_.all_keyset_ids()) {
        if (other.compare(0, kShortIdLength, id, 0, kShortIdLength) == 0)
            return fail(Errc::corrupt, "keyset {} has the same beginning as {}", id, other);
        if (!is_v1 || other.size() != kShortIdLength)
            continue;
        const uint32_t ours = TRY(keyset_id_integer(id));
        const uint32_t theirs = TRY(keyset_id_integer(other));
        if (ours == theirs)
            return fail(Errc::corrupt, "keyset {} would repeat the secrets of {} (NUT-13)", id, other);
    }
    return {};
}

void KeysetBook::tick(UnixTime now)
{
    for (auto& [mint, progress] : mints_)
        if (!progress.under_way && progress.retry_at && *progress.retry_at <= now) {
            progress.ended_at.reset();
            if (refresh(mint, now) == Refresh::too_soon)
                progress.retry_at = client_.free_at(mint, MintCall::read, now) + 1s;
        }
}

std::optional<UnixTime> KeysetBook::next_due() const
{
    std::optional<UnixTime> soonest;
    for (const auto& [mint, progress] : mints_)
        if (progress.retry_at && !progress.under_way)
            soonest = soonest ? std::min(*soonest, *progress.retry_at) : progress.retry_at;
    return soonest;
}

MintStatus KeysetBook::status(const std::string& mint) const
{
    const Progress& progress = mints_.at(mint);
    MintStatus status{.url = mint, .problem = progress.problem, .balance = store_.balance(mint)};
    const auto info = decode_mint_info(store_.mint_info(mint));
    if (!info) {
        if (status.problem.empty())
            status.problem = "not read yet";
        return status;
    }
    status.practice = info->practice;
    status.known = store_.keysets_read_at(mint).has_value();
    const std::vector<Unit> active = store_.active_units(mint);
    const bool usable = std::any_of(active.begin(), active.end(), [this](Unit unit) {
        return std::find(units_.begin(), units_.end(), unit) != units_.end();
    });
    const std::string reason = unsuitability(*info, progress.practice_allowed);
    status.suitable = reason.empty() && usable;
    if (!reason.empty())
        status.problem = reason;
    else if (!usable && status.problem.empty())
        status.problem = "has no active keyset of an accepted unit";
    return status;
}

} // namespace berth::cashu
