// The part of WalletStore about operations: redemptions, their inputs and outputs, claims.

#include "cashu/mint_api.h"
#include "cashu/wallet_rows.h"
#include "cashu/wallet_store.h"

namespace berth::cashu {

namespace {

constexpr const char* kRedemptionColumns =
    "id,kind,mint,unit,gross,fee,inputs_hash,payout_key,state,question,answer,attempts,renewals,failures,"
    "restores_empty,first_empty_at,witness_is_ours,created_at,due_at,outputs_id,request_body,last_error,watch_at,"
    "refusal_fault,refusal_message,refund_token";

RedeemRow read_saga(const db::Statement& row)
{
    return {.state = rows::enumerator<RedeemState>(row, 8),
            .question = rows::enumerator<RedeemQuestion>(row, 9),
            .answer = rows::enumerator<SwapAnswer>(row, 10),
            .attempts = static_cast<int>(row.integer(11)),
            .renewals = static_cast<int>(row.integer(12)),
            .failures = static_cast<int>(row.integer(13)),
            .restores_empty = static_cast<int>(row.integer(14)),
            .first_empty_at = rows::optional_time(row, 15),
            .witness_is_ours = row.integer(16) != 0,
            .created_at = rows::time(row, 17),
            .due_at = rows::time(row, 18)};
}

RedemptionRow read_redemption(const db::Statement& row)
{
    RedemptionRow redemption{.id = row.integer(0),
                             .kind = rows::enumerator<SwapKind>(row, 1),
                             .mint = row.text(2),
                             .unit = rows::enumerator<Unit>(row, 3),
                             .gross = row.unsigned_integer(4),
                             .fee = row.unsigned_integer(5),
                             .inputs_hash = row.text(6),
                             .payout_key = row.text(7),
                             .saga = read_saga(row),
                             .outputs_id = row.integer(19),
                             .request_body = row.text(20),
                             .last_error = row.text(21),
                             .watch_at = rows::optional_time(row, 22),
                             .refusal = std::nullopt,
                             .refund_token = row.text(25)};
    if (!row.is_null(23))
        redemption.refusal = TokenRefusal{rows::enumerator<TokenFault>(row, 23), row.text(24)};
    return redemption;
}

void bind_progress(db::Statement& statement, const RedemptionRow& row)
{
    const RedeemRow& saga = row.saga;
    statement.bind(static_cast<int>(saga.state))
        .bind(static_cast<int>(saga.question))
        .bind(static_cast<int>(saga.answer))
        .bind(saga.attempts)
        .bind(saga.renewals)
        .bind(saga.failures)
        .bind(saga.restores_empty)
        .bind(rows::millis(saga.first_empty_at))
        .bind(saga.witness_is_ours)
        .bind(rows::millis(saga.created_at))
        .bind(rows::millis(saga.due_at))
        .bind(row.outputs_id)
        .bind(row.request_body)
        .bind(row.last_error)
        .bind(rows::millis(row.watch_at));
    if (row.refusal)
        statement.bind(static_cast<int>(row.refusal->fault)).bind(row.refusal->message);
    else
        statement.bind_null().bind_null();
    statement.bind(row.refund_token);
}

std::vector<RedemptionId> read_ids(db::Statement& query)
{
    std::vector<RedemptionId> ids;
    while (rows::next(query))
        ids.push_back(query.integer(0));
    return ids;
}

StoredOutput read_output(const db::Statement& row)
{
    auto r = crypto::Scalar::create(row.blob(6));
    VERIFY(r.has_value());
    return {.outputs_id = row.integer(0),
            .index = static_cast<int>(row.integer(1)),
            .keyset = row.text(2),
            .counter = row.unsigned_integer(3),
            .amount = row.unsigned_integer(4),
            .secret = row.text(5),
            .r = std::move(r).value(),
            .B_ = rows::point(row.blob(7)),
            .to_send = row.integer(8) != 0};
}

} // namespace

Result<RedemptionId> WalletStore::add_redemption(const RedemptionRow& row)
{
    auto insert = database_.prepare(
        "INSERT INTO redemption(kind,mint,unit,gross,fee,inputs_hash,payout_key,state,question,answer,attempts,"
        "renewals,failures,restores_empty,first_empty_at,witness_is_ours,created_at,due_at,outputs_id,request_body,"
        "last_error,"
        "watch_at,refusal_fault,refusal_message,refund_token) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
        "?,?,?,?,?,?)");
    insert.bind(static_cast<int>(row.kind))
        .bind(row.mint)
        .bind(static_cast<int>(row.unit))
        .bind(row.gross)
        .bind(row.fee)
        .bind(row.inputs_hash)
        .bind(row.payout_key);
    bind_progress(insert, row);
    TRY(insert.run());
    return database_.last_insert_id();
}

Result<void> WalletStore::put_redemption(const RedemptionRow& row)
{
    auto update = database_.prepare(
        "UPDATE redemption SET fee=?,state=?,question=?,answer=?,attempts=?,renewals=?,failures=?,restores_empty=?,"
        "first_empty_at=?,witness_is_ours=?,created_at=?,due_at=?,outputs_id=?,request_body=?,last_error=?,watch_at=?,"
        "refusal_fault=?,refusal_message=?,refund_token=? WHERE id=?");
    update.bind(row.fee);
    bind_progress(update, row);
    return update.bind(row.id).run();
}

std::optional<RedemptionRow> WalletStore::redemption(RedemptionId id) const
{
    static const std::string kSql = fmt::format("SELECT {} FROM redemption WHERE id=?", kRedemptionColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(id);
    return rows::next(query) ? std::optional{read_redemption(query)} : std::nullopt;
}

std::vector<RedemptionId> WalletStore::due_redemptions(UnixTime now) const
{
    auto query = database_.prepare("SELECT id FROM redemption WHERE state<3 AND kind<>4 AND due_at<=? "
                                   "ORDER BY due_at,id");
    query.bind(rows::millis(now));
    return read_ids(query);
}

std::vector<RedemptionId> WalletStore::open_redemptions() const
{
    auto query = database_.prepare("SELECT id FROM redemption WHERE state<3 AND kind<>4 ORDER BY id");
    return read_ids(query);
}

std::vector<RedemptionId> WalletStore::due_watches(UnixTime now) const
{
    auto query = database_.prepare("SELECT id FROM redemption WHERE watch_at<=? ORDER BY watch_at,id LIMIT 20");
    query.bind(rows::millis(now));
    return read_ids(query);
}

std::optional<UnixTime> WalletStore::next_due_after(UnixTime after) const
{
    auto query = database_.prepare(
        "SELECT min(due) FROM (SELECT min(due_at) AS due FROM redemption WHERE state<3 AND kind<>4 AND due_at>?1 "
        "UNION ALL SELECT min(watch_at) FROM redemption WHERE watch_at>?1 "
        "UNION ALL SELECT min(due_at) FROM payout WHERE token='' AND redemption IS NULL AND due_at>?1 "
        "UNION ALL SELECT min(due_at) FROM keyset_scan WHERE due_at>?1)");
    query.bind(rows::millis(after));
    return rows::next(query) ? rows::optional_time(query, 0) : std::nullopt;
}

std::vector<RedemptionId> WalletStore::done_redemptions(RedemptionId after, size_t newest_max) const
{
    auto query = database_.prepare("SELECT id FROM redemption WHERE state=3 AND id>? ORDER BY id DESC LIMIT ?");
    query.bind(after).bind(static_cast<uint64_t>(newest_max));
    return read_ids(query);
}

std::optional<RedemptionId> WalletStore::find_by_inputs(const std::string& inputs_hash) const
{
    auto query = database_.prepare("SELECT max(id) FROM redemption WHERE inputs_hash=? AND kind IN (0,2)");
    query.bind(inputs_hash);
    return rows::next(query) ? query.optional_integer(0) : std::nullopt;
}

Result<void> WalletStore::add_inputs(RedemptionId id, const std::vector<StoredInput>& inputs)
{
    int position = 0;
    for (const StoredInput& input : inputs)
        TRY(database_.prepare("INSERT INTO redemption_input VALUES(?,?,?,?,?,?,?,?)")
                .bind(id)
                .bind(position++)
                .bind(ByteView{input.y.compressed()})
                .bind(input.proof.amount)
                .bind(input.proof.keyset_id)
                .bind(input.proof.secret)
                .bind(ByteView{input.proof.C.compressed()})
                .bind(input.proof.witness)
                .run());
    return {};
}

std::vector<StoredInput> WalletStore::inputs(RedemptionId id) const
{
    auto query = database_.prepare("SELECT y,amount,keyset,secret,c,witness FROM redemption_input WHERE redemption=? "
                                   "ORDER BY position");
    query.bind(id);
    std::vector<StoredInput> found;
    while (rows::next(query))
        found.push_back({rows::point(query.blob(0)), Proof{.amount = query.unsigned_integer(1),
                                                           .keyset_id = query.text(2),
                                                           .secret = query.text(3),
                                                           .C = rows::point(query.blob(4)),
                                                           .witness = query.optional_text(5),
                                                           .dleq = std::nullopt,
                                                           .p2pk_e = std::nullopt}});
    return found;
}

Result<int64_t> WalletStore::add_outputs(RedemptionId id, std::vector<StoredOutput> outputs)
{
    TRY(database_.prepare("INSERT INTO output_set(redemption,state) VALUES(?,0)").bind(id).run());
    const int64_t outputs_id = database_.last_insert_id();
    for (const StoredOutput& output : outputs)
        TRY(database_.prepare("INSERT INTO redemption_output VALUES(?,?,?,?,?,?,?,?,?)")
                .bind(outputs_id)
                .bind(output.index)
                .bind(output.keyset)
                .bind(output.counter)
                .bind(output.amount)
                .bind(output.secret)
                .bind(output.r.expose())
                .bind(ByteView{output.B_.compressed()})
                .bind(output.to_send)
                .run());
    return outputs_id;
}

Result<void> WalletStore::set_outputs_state(int64_t outputs_id, OutputsState state)
{
    return database_.prepare("UPDATE output_set SET state=? WHERE id=?")
        .bind(static_cast<int>(state))
        .bind(outputs_id)
        .run();
}

std::vector<StoredOutput> WalletStore::recovery_outputs(const std::string& inputs_hash) const
{
    auto query = database_.prepare("SELECT o.* FROM redemption r JOIN output_set s ON s.redemption=r.id "
                                   "JOIN redemption_output o ON o.outputs_id=s.id "
                                   "WHERE r.inputs_hash=? AND s.state<>3 ORDER BY o.outputs_id DESC,o.position");
    query.bind(inputs_hash);
    std::vector<StoredOutput> found;
    size_t whole = 0; // outputs of sets that are complete
    while (found.size() <= kInputsMax && rows::next(query)) {
        StoredOutput output = read_output(query);
        if (!found.empty() && output.outputs_id != found.back().outputs_id)
            whole = found.size();
        found.push_back(std::move(output));
    }
    if (found.size() > kInputsMax)
        found.erase(found.begin() + static_cast<std::ptrdiff_t>(whole), found.end());
    return found;
}

std::vector<StoredOutput> WalletStore::outputs(int64_t outputs_id) const
{
    auto query = database_.prepare("SELECT * FROM redemption_output WHERE outputs_id=? ORDER BY position");
    query.bind(outputs_id);
    return rows::all(query, read_output);
}

bool WalletStore::output_is_known(const crypto::Point& B_) const
{
    auto query = database_.prepare("SELECT 1 FROM redemption_output o JOIN output_set s ON s.id=o.outputs_id "
                                   "WHERE o.b_=? AND s.state<>3");
    query.bind(ByteView{B_.compressed()});
    return rows::next(query);
}

Result<void> WalletStore::keep_raw_answer(RedemptionId id, std::string_view body)
{
    return database_.prepare("UPDATE redemption SET raw_answer=? WHERE id=?").bind(body).bind(id).run();
}

Result<void> WalletStore::claim(const crypto::Point& y, RedemptionId id)
{
    auto own = database_.prepare("UPDATE proof SET state=? WHERE y=? AND state=?");
    TRY(own.bind(static_cast<int>(HoldingState::returned))
            .bind(ByteView{y.compressed()})
            .bind(static_cast<int>(HoldingState::sent))
            .run());
    if (database_.changes() == 0) {
        auto held = database_.prepare("SELECT 1 FROM proof WHERE y=? AND state<>?");
        const bool ours =
            TRY(held.bind(ByteView{y.compressed()}).bind(static_cast<int>(HoldingState::returned)).step());
        if (ours)
            return fail(Errc::conflict, "a proof of this token is our own");
    }
    TRY(database_
            .prepare("INSERT INTO seen_proof(y,redemption) VALUES(?,?) ON CONFLICT(y) DO UPDATE "
                     "SET redemption=excluded.redemption, released=0 WHERE released=1")
            .bind(ByteView{y.compressed()})
            .bind(id)
            .run());
    if (database_.changes() != 1)
        return fail(Errc::conflict, "a proof of this token is held by another request");
    return {};
}

std::optional<RedemptionId> WalletStore::claimed_by(const crypto::Point& y) const
{
    auto query = database_.prepare("SELECT redemption FROM seen_proof WHERE y=? AND released=0");
    query.bind(ByteView{y.compressed()});
    return rows::next(query) ? query.optional_integer(0) : std::nullopt;
}

Result<void> WalletStore::release_claims(RedemptionId id)
{
    return database_.prepare("UPDATE seen_proof SET released=1 WHERE redemption=?").bind(id).run();
}

Result<void> WalletStore::claim_again(RedemptionId id)
{
    return database_.prepare("UPDATE seen_proof SET released=0 WHERE redemption=?").bind(id).run();
}

} // namespace berth::cashu
