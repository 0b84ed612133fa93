#pragma once
// What is known of the whitelisted mints: info (NUT-06), keysets and keys (NUT-01, NUT-02). Every id is recomputed from
// its contents, and belongs to one mint for ever. Rows are the truth, so a restart with a dead mint still knows them.

#include "cashu/check.h"
#include "cashu/mint_client.h"
#include "cashu/mint_info.h"
#include "cashu/wallet_store.h"

#include <map>

namespace berth::cashu {

class KeysetBook {
public:
    KeysetBook(WalletStore& store, MintClient& client, const WalletOptions& options,
               std::function<void(const std::string& mint)> on_refreshed);

    /// All whitelisted mints, as check_token() wants them.
    [[nodiscard]] const std::vector<KnownMint>& known();
    /// The keyset that outputs of this unit go to: active, cheapest, not near expiry, no scan running (NUT-02).
    /// unavailable when there is none now.
    [[nodiscard]] Result<Keyset> output_keyset(const std::string& mint, Unit unit, UnixTime now);
    /// Whether there would be one, were it not for a scan that is running.
    [[nodiscard]] bool awaits_scan(const std::string& mint, Unit unit, UnixTime now);
    /// With keys; nullopt if never read.
    [[nodiscard]] std::optional<Keyset> find(const KeysetId& id);

    enum class Refresh { under_way, too_soon };
    /// Reads info, keysets and missing keys again; on_refreshed is called at the end.
    Refresh refresh(const std::string& mint, UnixTime now);
    /// Keysets older than a few minutes: a V1 fee may have changed.
    [[nodiscard]] bool is_stale(const std::string& mint, UnixTime now) const;
    /// Whether the last refresh failed.
    [[nodiscard]] bool is_failing(const std::string& mint) const;

    /// Retries what failed.
    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due() const;

    [[nodiscard]] MintStatus status(const std::string& mint) const;
    [[nodiscard]] bool is_whitelisted(const std::string& mint) const { return mints_.count(mint) != 0; }

private:
    /// In memory only: losing it costs one more refresh.
    struct Progress {
        bool practice_allowed = false;
        uint64_t generation = 0; ///< of the refresh under way; answers to older ones are ignored
        bool under_way = false;
        bool failing = false;
        int failures = 0;
        std::optional<UnixTime> ended_at;
        std::optional<UnixTime> retry_at;
        std::vector<Keyset> keys_wanted; ///< from /v1/keysets, their keys not read yet
        std::string problem;             ///< a keyset that was refused, or why the mint can't be read
    };

    enum class Scanned { too, left_out };

    [[nodiscard]] std::optional<Keyset> best_for_outputs(const std::string& mint, Unit unit, UnixTime now,
                                                         Scanned scanned);
    void on_info(const std::string& mint, uint64_t generation, const Result<std::string>& text);
    void on_keysets(const std::string& mint, uint64_t generation, const Result<KeysetsReply>& reply);
    /// Known keysets that the mint left out of its list.
    [[nodiscard]] Result<void> note_missing(const std::string& mint, const KeysetsReply& reply);
    void fetch_next_keys(const std::string& mint, uint64_t generation);
    void on_keys(const std::string& mint, uint64_t generation, const Keyset& wanted, const Result<KeysetsReply>& reply);
    void end_refresh(const std::string& mint, const std::string& failure);
    [[nodiscard]] Result<void> import(const std::string& mint, Keyset keyset);
    [[nodiscard]] Result<void> check_no_collision(const KeysetId& id) const;
    [[nodiscard]] Progress* current(const std::string& mint, uint64_t generation);

    WalletStore& store_;
    MintClient& client_;
    const std::vector<Unit> units_;
    std::function<UnixTime()> clock_;
    std::function<void(const std::string& mint)> on_refreshed_;
    std::map<std::string, Progress> mints_;
    std::vector<KnownMint> cache_;
    std::string cache_fingerprint_ = "none";
};

} // namespace berth::cashu
