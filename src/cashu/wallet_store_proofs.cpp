// The part of WalletStore about what is held: proofs.

#include "cashu/wallet_rows.h"
#include "cashu/wallet_store.h"

#include <algorithm>
#include <limits>

namespace berth::cashu {

namespace {

Bytes encode_dleq(const ProofDleq& dleq)
{
    Bytes blob;
    for (const Bytes32* part : {&dleq.e, &dleq.s, &dleq.r})
        blob.insert(blob.end(), part->begin(), part->end());
    return blob;
}

std::optional<ProofDleq> decode_dleq(const Bytes& blob)
{
    if (blob.size() != 96)
        return std::nullopt;
    ProofDleq dleq;
    std::copy_n(blob.begin(), 32, dleq.e.begin());
    std::copy_n(blob.begin() + 32, 32, dleq.s.begin());
    std::copy_n(blob.begin() + 64, 32, dleq.r.begin());
    return dleq;
}

std::vector<StoredProof> read_proofs(db::Statement& query)
{
    std::vector<StoredProof> found;
    while (rows::next(query))
        found.push_back({.y = rows::point(query.blob(0)),
                         .mint = query.text(1),
                         .unit = rows::enumerator<Unit>(query, 2),
                         .proof = Proof{.amount = query.unsigned_integer(4),
                                        .keyset_id = query.text(3),
                                        .secret = query.text(5),
                                        .C = rows::point(query.blob(6)),
                                        .witness = std::nullopt,
                                        .dleq = decode_dleq(query.blob(7)),
                                        .p2pk_e = std::nullopt},
                         .state = rows::enumerator<HoldingState>(query, 8),
                         .owner = query.integer(9)});
    return found;
}

/// Rows of a unit and the two halves of an amount in it.
Msat sum_of(db::Statement& query)
{
    // More than fits can't be real money, but a mint can sign it.
    constexpr uint64_t most = std::numeric_limits<uint64_t>::max();
    Msat sum;
    while (rows::next(query)) {
        const auto part = to_msat(rows::sum_of_halves(query, 1), rows::enumerator<Unit>(query, 0));
        sum.value = add(sum.value, part.value_or(Msat{most}).value).value_or(most);
    }
    return sum;
}

} // namespace

Result<bool> WalletStore::add_proof(const StoredProof& proof)
{
    auto insert = database_.prepare("INSERT INTO proof VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(y) DO UPDATE SET "
                                    "c=excluded.c,dleq=excluded.dleq,state=excluded.state,owner=excluded.owner "
                                    "WHERE state=6"); // only out of quarantine
    insert.bind(ByteView{proof.y.compressed()})
        .bind(proof.mint)
        .bind(static_cast<int>(proof.unit))
        .bind(proof.proof.keyset_id)
        .bind(proof.proof.amount)
        .bind(proof.proof.secret)
        .bind(ByteView{proof.proof.C.compressed()});
    if (proof.proof.dleq)
        insert.bind(ByteView{encode_dleq(*proof.proof.dleq)});
    else
        insert.bind_null();
    TRY(insert.bind(static_cast<int>(proof.state)).bind(proof.owner).run());
    return database_.changes() == 1;
}

std::vector<StoredProof> WalletStore::proofs_of(RedemptionId owner, HoldingState state) const
{
    auto query = database_.prepare("SELECT * FROM proof WHERE owner=? AND state=? ORDER BY amount,y");
    query.bind(owner).bind(static_cast<int>(state));
    return read_proofs(query);
}

std::vector<StoredProof> WalletStore::unspent_proofs(const std::string& mint, Unit unit) const
{
    auto query = database_.prepare("SELECT * FROM proof WHERE mint=? AND unit=? AND state=0 ORDER BY amount,y");
    query.bind(mint).bind(static_cast<int>(unit));
    return read_proofs(query);
}

std::vector<StoredProof> WalletStore::proofs_in(const std::string& mint, HoldingState state, size_t newest_max) const
{
    auto query = database_.prepare("SELECT * FROM proof WHERE mint=? AND state=? ORDER BY rowid DESC LIMIT ?");
    query.bind(mint).bind(static_cast<int>(state)).bind(static_cast<uint64_t>(newest_max));
    return read_proofs(query);
}

std::optional<HoldingState> WalletStore::proof_state(const crypto::Point& y) const
{
    auto query = database_.prepare("SELECT state FROM proof WHERE y=?");
    query.bind(ByteView{y.compressed()});
    return rows::next(query) ? std::optional{rows::enumerator<HoldingState>(query, 0)} : std::nullopt;
}

std::vector<WalletStore::Holdings> WalletStore::holdings() const
{
    auto query = database_.prepare("SELECT mint,unit,state,sum(amount>>31),sum(amount&2147483647) FROM proof "
                                   "WHERE state<3 GROUP BY 1,2,3 ORDER BY 1,2,3");
    std::vector<Holdings> found;
    while (rows::next(query))
        found.push_back({query.text(0), rows::enumerator<Unit>(query, 1), rows::enumerator<HoldingState>(query, 2),
                         rows::sum_of_halves(query, 3)});
    return found;
}

Msat WalletStore::expected(const std::string& mint) const
{
    auto query = database_.prepare("SELECT unit,sum(gross-fee>>31),sum(gross-fee&2147483647) FROM redemption "
                                   "WHERE state<3 AND kind IN (0,2) AND mint=? GROUP BY unit");
    query.bind(mint);
    return sum_of(query);
}

Result<void> WalletStore::set_proof_state(const crypto::Point& y, HoldingState state, RedemptionId owner)
{
    return database_.prepare("UPDATE proof SET state=?,owner=? WHERE y=?")
        .bind(static_cast<int>(state))
        .bind(owner)
        .bind(ByteView{y.compressed()})
        .run();
}

Result<void> WalletStore::move_proofs(RedemptionId owner, HoldingState from, HoldingState to)
{
    return database_.prepare("UPDATE proof SET state=? WHERE owner=? AND state=?")
        .bind(static_cast<int>(to))
        .bind(owner)
        .bind(static_cast<int>(from))
        .run();
}

Msat WalletStore::balance(const std::optional<std::string>& mint) const
{
    auto query = database_.prepare("SELECT unit,sum(amount>>31),sum(amount&2147483647) FROM proof "
                                   "WHERE state<3 AND mint=coalesce(?,mint) GROUP BY unit");
    query.bind(mint);
    return sum_of(query);
}

} // namespace berth::cashu
