#pragma once
// Recomputes the books: from the rows of proofs and operations, and from what the mints say of every proof (NUT-07).
// Reads only; what differs is said, never mended.

#include "cashu/mint_client.h"
#include "cashu/wallet_store.h"

#include <deque>

namespace berth::cashu {

/// Of operations, payouts and payments each.
constexpr size_t kAuditEverything = 1'000'000'000;

/// Whether the books, the proofs' rows and the operations' rows agree with each other. Sums are over everything; each
/// kind of operation is looked at as far back as told.
[[nodiscard]] AuditReport audit_rows(const WalletStore& store, size_t newest_max = kAuditEverything);

class Audits {
public:
    Audits(WalletStore& store, MintClient& client) : store_{store}, client_{client} {}

    using Done = std::function<void(const AuditReport&)>;
    /// `done` is called once, at once when only rows are looked at. One that comes while another asks the mints shares
    /// its answers.
    void begin(WalletOperations::AuditScope scope, Done done, UnixTime now, size_t newest_max = kAuditEverything);

    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due(UnixTime now) const;

private:
    struct Batch {
        std::string mint;
        std::vector<StoredProof> proofs;
    };

    void check_proof(const StoredProof& proof, AuditReport& report) const;
    void add_questions();
    void ask(UnixTime now);
    void on_states(const Batch& batch, const Result<std::vector<ProofStateOf>>& reply);
    void finish();

    WalletStore& store_;
    MintClient& client_;
    std::deque<Batch> batches_;
    bool asking_ = false;
    AuditReport report_;
    std::vector<Done> waiting_;
};

} // namespace berth::cashu
