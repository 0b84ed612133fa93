#pragma once
// Recomputes the books: from the rows of proofs and operations, and from what the mints say of every proof (NUT-07).
// Reads only; what differs is said, never mended.

#include "cashu/keyset_book.h"

#include <deque>

namespace berth::cashu {

class Audits {
public:
    Audits(WalletStore& store, MintClient& client, KeysetBook& book) : store_{store}, client_{client}, book_{book} {}

    using Done = std::function<void(const AuditReport&)>;
    /// `done` is called once, at once when only rows are looked at. One that comes while another asks the mints shares
    /// its answers.
    void begin(WalletOperations::AuditScope scope, Done done, UnixTime now);

    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due(UnixTime now) const;

private:
    struct Batch {
        std::string mint;
        std::vector<StoredProof> proofs;
    };

    void check_books(AuditReport& report) const;
    void check_holdings(AuditReport& report) const;
    void check_operations(AuditReport& report) const;
    void check_operation(const RedemptionRow& row, AuditReport& report) const;
    void check_payouts(AuditReport& report) const;
    void check_melts(AuditReport& report) const;
    void check_proof(const StoredProof& proof, AuditReport& report) const;
    void add_questions();
    void ask(UnixTime now);
    void on_states(const Batch& batch, const Result<std::vector<ProofStateOf>>& reply);
    void finish();

    WalletStore& store_;
    MintClient& client_;
    KeysetBook& book_;
    std::deque<Batch> batches_;
    bool asking_ = false;
    AuditReport report_;
    std::vector<Done> waiting_;
};

} // namespace berth::cashu
