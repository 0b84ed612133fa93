#include "cashu/conditions.h"
#include "cashu/token.h"
#include "cli/cli.h"
#include "cli/line_input.h"
#include "util/json.h"
#include "util/time.h"
#include "util/utf8.h"

#include <memory>
#include <set>

namespace berth::cli {

namespace {

struct TokenArguments {
    std::string token;
    bool json = false;
};

std::string describe_lock(const std::string& secret)
{
    const auto condition = cashu::parse_condition(secret);
    if (!condition)
        return "unspendable: " + condition.error().message;
    if (!*condition)
        return "none";
    std::string text = (*condition)->kind == cashu::LockKind::htlc ? "HTLC" : "P2PK";
    for (const crypto::Point& key : (*condition)->keys)
        text += " " + key.hex();
    if ((*condition)->locktime)
        text += " until " + rfc3339(from_unix_seconds(*(*condition)->locktime));
    return text;
}

/// How the proofs are locked, a line for each way that occurs.
std::set<std::string> locks_of(const cashu::Token& token)
{
    std::set<std::string> locks;
    for (const cashu::Proof& proof : token.proofs)
        locks.insert(describe_lock(proof.secret));
    return locks;
}

int show(const TokenArguments& arguments)
{
    const auto token = cashu::decode_token(arguments.token);
    if (!token)
        return report(token.error());
    const auto amount = cashu::total(token->proofs);
    if (!amount)
        return report(amount.error());
    std::set<std::string> keysets;
    size_t with_dleq = 0;
    for (const cashu::Proof& proof : token->proofs) {
        keysets.insert(proof.keyset_id);
        with_dleq += proof.dleq ? 1 : 0;
    }
    const std::set<std::string> locks = locks_of(*token);
    if (arguments.json) {
        OrderedJson body{{"mint", token->mint},    {"unit", token->unit.value_or("")},
                         {"amount", *amount},      {"proofs", token->proofs.size()},
                         {"with_dleq", with_dleq}, {"keysets", keysets},
                         {"locks", locks}};
        if (token->memo)
            body["memo"] = *token->memo;
        fmt::print("{}\n", dump_json(body));
        return kDone;
    }
    fmt::print("mint     {}\namount   {} {}\nproofs   {} ({} with DLEQ)\n", printable(token->mint), *amount,
               printable(token->unit.value_or("(unit not named)"), 20), token->proofs.size(), with_dleq);
    for (const std::string& keyset : keysets)
        fmt::print("keyset   {}\n", printable(keyset, 70));
    for (const std::string& lock : locks)
        fmt::print("lock     {}\n", printable(lock));
    if (token->memo)
        fmt::print("memo     {}\n", printable(*token->memo, 256));
    return kDone;
}

} // namespace

void add_token(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("token", "Look at Cashu tokens");
    verb->require_subcommand(1);
    CLI::App* show_verb = verb->add_subcommand("show", "Mint, unit, amount, keysets and locks of a token; asks nobody");
    const auto arguments = std::make_shared<TokenArguments>();
    add_token_option(*show_verb, "token", arguments->token);
    show_verb->add_flag("--json", arguments->json, "Print JSON");
    show_verb->callback([arguments, &exit_code] { exit_code = show(*arguments); });
}

} // namespace berth::cli
