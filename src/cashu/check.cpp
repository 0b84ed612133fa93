#include "cashu/check.h"

#include "cashu/bdhke.h"
#include "cashu/mint_url.h"
#include "util/utf8.h"

#include <algorithm>
#include <set>

namespace berth::cashu {

namespace {

/// What the steps hand to each other.
struct Work {
    const CheckContext& context;
    const Token& token;
    const KnownMint* mint = nullptr;
    std::vector<const Keyset*> keysets; ///< of each proof
    bool keysets_needed = false;
    CheckedToken checked;
};

/// Why the token is refused, or nothing.
using Verdict = std::optional<TokenRefusal>;

template <class... Args>
TokenRefusal refuse(TokenFault fault, fmt::format_string<Args...> format, Args&&... args)
{
    return TokenRefusal{fault, fmt::format(format, std::forward<Args>(args)...)};
}

Verdict check_size(Work& work)
{
    const size_t count = work.token.proofs.size();
    if (count == 0 || count > work.context.options.proofs_max)
        return refuse(TokenFault::invalid, "the token holds {} proofs, 1 to {} are accepted", count,
                      work.context.options.proofs_max);
    return {};
}

Verdict find_mint(Work& work)
{
    const Result<std::string> url = normalise_mint_url(work.token.mint);
    const std::vector<KnownMint>& whitelist = work.context.whitelist;
    const auto found = std::find_if(whitelist.begin(), whitelist.end(),
                                    [&](const KnownMint& mint) { return url && mint.url == *url; });
    if (found == whitelist.end())
        return refuse(TokenFault::wrong_mint, "tokens of the mint {} are not accepted", printable(work.token.mint));
    work.mint = &*found;
    work.checked.mint = found->url;
    return {};
}

bool is_accepted(const CheckOptions& options, Unit unit)
{
    return std::find(options.units.begin(), options.units.end(), unit) != options.units.end();
}

Verdict check_unit_text(Work& work)
{
    if (!work.token.unit)
        return {};
    const Result<Unit> unit = parse_unit(*work.token.unit);
    if (!unit || !is_accepted(work.context.options, *unit))
        return refuse(TokenFault::unsupported_unit, "the unit {} is not accepted", printable(*work.token.unit, 16));
    return {};
}

Verdict find_keysets(Work& work)
{
    std::vector<KeysetId> known;
    for (const Keyset& keyset : work.mint->keysets)
        known.push_back(keyset.id);
    work.checked.proofs = work.token.proofs;
    for (Proof& proof : work.checked.proofs) {
        const Result<KeysetId> id = expand_keyset_id(proof.keyset_id, known);
        if (!id && id.error().code != Errc::not_found)
            return refuse(TokenFault::invalid, "{}", id.error().message);
        const auto keyset = std::find_if(work.mint->keysets.begin(), work.mint->keysets.end(),
                                         [&](const Keyset& candidate) { return id && candidate.id == *id; });
        if (keyset == work.mint->keysets.end() || keyset->keys.empty()) {
            work.keysets_needed = true;
            return {};
        }
        proof.keyset_id = *id;
        work.keysets.push_back(&*keyset);
    }
    return {};
}

Verdict check_keysets(Work& work)
{
    const CheckOptions& options = work.context.options;
    const Unit unit = work.keysets.front()->unit;
    for (const Keyset* keyset : work.keysets) {
        if (keyset->unit != unit || (work.token.unit && *work.token.unit != name_of(keyset->unit)))
            return refuse(TokenFault::invalid, "the token's unit is not the unit of all its keysets");
        if (keyset->final_expiry && *keyset->final_expiry - options.expiry_margin.count() <= work.context.now)
            return refuse(TokenFault::invalid, "keyset {} expires too soon", keyset->id);
        if (keyset->input_fee_ppk > options.input_fee_ppk_max)
            return refuse(TokenFault::worthless, "the mint asks {} ppk per proof, at most {} are accepted",
                          keyset->input_fee_ppk, options.input_fee_ppk_max);
    }
    if (!is_accepted(options, unit))
        return refuse(TokenFault::unsupported_unit, "the unit {} is not accepted", name_of(unit));
    work.checked.unit = unit;
    return {};
}

Verdict check_amounts(Work& work)
{
    std::vector<uint64_t> fees_ppk;
    for (size_t i = 0; i < work.keysets.size(); ++i) {
        const Amount amount = work.checked.proofs[i].amount;
        if (!work.keysets[i]->keys.contains(amount))
            return refuse(TokenFault::invalid, "keyset {} has no key for the amount {}", work.keysets[i]->id, amount);
        fees_ppk.push_back(work.keysets[i]->input_fee_ppk);
    }
    const Result<Amount> gross = total(work.checked.proofs);
    const Result<Amount> fee = input_fee(fees_ppk);
    if (!gross || !fee)
        return refuse(TokenFault::invalid, "the token's amounts overflow");
    if (*gross <= *fee)
        return refuse(TokenFault::worthless, "the mint's fee of {} eats the token's {} {}", *fee, *gross,
                      name_of(work.checked.unit));
    const Result<Msat> net = to_msat(*gross - *fee, work.checked.unit);
    if (!net)
        return refuse(TokenFault::invalid, "the token's amounts overflow");
    work.checked.gross = *gross;
    work.checked.fee = *fee;
    work.checked.net = *net;
    return {};
}

Verdict check_duplicates(Work& work)
{
    std::set<crypto::Point> seen;
    for (const Proof& proof : work.checked.proofs) {
        const crypto::Point Y = hash_to_curve(proof.secret);
        if (!seen.insert(Y).second)
            return refuse(TokenFault::invalid, "the token holds the same proof twice");
        work.checked.ys.push_back(Y);
    }
    return {};
}

std::string expected_lock(const CheckContext& context)
{
    if (!context.lock_key)
        return "no lock is accepted";
    return "locks must be to " + crypto::Point::generate(*context.lock_key).hex();
}

/// Also leaves the proof's witness in the one form that mints accept.
Verdict check_lock(Work& work, Proof& proof)
{
    const Result<std::optional<Condition>> condition = parse_condition(proof.secret);
    if (!condition)
        return refuse(TokenFault::invalid, "{}", condition.error().message);
    if (!*condition) {
        work.checked.locked_to_us = false;
        return {};
    }
    std::optional<Witness> witness;
    if (proof.witness) {
        const Result<Witness> parsed = parse_witness(*proof.witness);
        if (!parsed)
            return refuse(TokenFault::invalid, "{}", parsed.error().message);
        witness = *parsed;
        proof.witness = encode_witness(*parsed);
    }
    if ((*condition)->sig_flag == SigFlag::all)
        return refuse(TokenFault::invalid, "SIG_ALL locks are not accepted, SIG_INPUTS are");
    std::optional<crypto::Point> our_key;
    if (work.context.lock_key)
        if (const auto key = find_signing_key(**condition, proof.p2pk_e, *work.context.lock_key))
            our_key = crypto::Point::generate(*key);
    const std::chrono::seconds any_margin{0};
    const LockStanding standing = judge_lock(**condition, witness, our_key, work.context.now, any_margin);
    if (work.mint->enforces_p2pk && standing == LockStanding::foreign)
        return refuse(TokenFault::invalid, "a proof is locked to another key; {}", expected_lock(work.context));
    if (!work.mint->enforces_p2pk || standing != LockStanding::ours)
        work.checked.locked_to_us = false;
    return {};
}

Verdict check_locks(Work& work)
{
    for (Proof& proof : work.checked.proofs) {
        Verdict verdict = check_lock(work, proof);
        if (verdict)
            return verdict;
    }
    return {};
}

Verdict check_dleqs(Work& work)
{
    for (size_t i = 0; i < work.keysets.size(); ++i) {
        const Proof& proof = work.checked.proofs[i];
        if (!proof.dleq && work.context.options.require_dleq)
            return refuse(TokenFault::invalid, "a proof has no DLEQ, which is required here (NUT-12)");
        const crypto::Point& A = work.keysets[i]->keys.at(proof.amount);
        if (proof.dleq && !verify_proof_dleq(*proof.dleq, A, proof.secret, proof.C))
            return refuse(TokenFault::invalid, "a proof's DLEQ does not hold (NUT-12)");
    }
    return {};
}

} // namespace

TokenCheck check_token(std::string_view text, const CheckContext& context)
{
    const Result<Token> token = decode_token(text);
    if (!token)
        return TokenCheck{.refusal = TokenRefusal{TokenFault::invalid, token.error().message}};
    return check_token(*token, context);
}

TokenCheck check_token(const Token& token, const CheckContext& context)
{
    Work work{.context = context, .token = token};
    // Cheapest first: nothing on the curve is computed before the sender's own claims hold together.
    for (const auto step : {check_size, find_mint, check_unit_text, find_keysets, check_keysets, check_amounts,
                            check_duplicates, check_locks, check_dleqs}) {
        const Verdict refusal = step(work);
        if (refusal)
            return TokenCheck{.refusal = refusal};
        if (work.keysets_needed)
            return TokenCheck{.keysets_needed = true};
    }
    return TokenCheck{.token = std::move(work.checked)};
}

} // namespace berth::cashu
