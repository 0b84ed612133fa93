#pragma once
// A wallet on a temporary database before a fake mint. A crash drops the wallet with all calls under way; the database,
// the seed file and the mint stay.

#include "cashu/invoice.h"
#include "cashu/wallet.h"
#include "support/fake_mint_http.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

namespace berth::cashu::test {

using namespace std::chrono_literals;
using berth::test::CountingRandom;
using berth::test::FakeMint;
using berth::test::FakeMintHttp;
using berth::test::RestoreMode;
using berth::test::SwapFault;

struct WalletWorld {
    explicit WalletWorld(FakeMint::Options mint_options = {}) : mint{std::move(mint_options)}, http{mint}
    {
        // In memory where there is a place for that: a crash here loses no power.
        directory = std::filesystem::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
        directory += "/berth-wallet-XXXXXX";
        REQUIRE(::mkdtemp(directory.data()) != nullptr);
        open();
        settle();
    }
    /// Whatever a test did, the books must be right in the end.
    ~WalletWorld()
    {
        if (wallet && check_books_at_end)
            wallet->audit(
                WalletOperations::AuditScope::rows,
                [](const AuditReport& report) {
                    for (const std::string& difference : report.differences)
                        FAIL_CHECK(difference);
                },
                now);
        wallet.reset();
        database.reset();
        std::filesystem::remove_all(directory);
    }
    WalletWorld(const WalletWorld&) = delete;
    WalletWorld& operator=(const WalletWorld&) = delete;

    void open()
    {
        database.emplace(db::Database::open({.path = directory + "/db"}).value());
        options.mints.clear();
        if (is_mint_configured)
            options.mints.push_back({.url = mint.url()});
        options.clock = [this] { return now; };
        auto created = Wallet::create(
            *database, http, random, directory + "/seed", options,
            {.on_redeemed = [this](const Redeemed& event) { redeemed.push_back(event); },
             .on_keysets = [this](const std::string&) { ++keysets_told; },
             .on_payout = [this](const std::string& key, const std::string& token) { payouts[key] = token; },
             .held_back = [this](const std::string&) { return held_back; }});
        REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().message));
        wallet = std::move(created).value();
        transact([&] { wallet->start(now); });
    }

    void crash()
    {
        wallet.reset();
        http.drop_all();
        database.reset();
        open();
    }

    template <class Function>
    void transact(Function&& function)
    {
        REQUIRE(database->begin());
        function();
        REQUIRE(database->commit());
    }

    void deliver()
    {
        transact([&] { http.deliver(); });
    }

    /// Until nothing is under way and nothing is due within the given time.
    void settle(std::chrono::milliseconds within = 0ms)
    {
        const UnixTime end = now + within;
        for (int round = 0; round < 2000; ++round) {
            if (http.has_waiting()) {
                deliver();
                continue;
            }
            const UnixTime due = wallet->next_due();
            if (due > end)
                break;
            now = std::max(now, due);
            transact([&] { wallet->tick(now); });
        }
        now = std::max(now, end);
    }

    RedemptionId begin(const std::string& token)
    {
        RedemptionId id = 0;
        transact([&] {
            const auto checked = wallet->check(token, now);
            REQUIRE_MESSAGE(checked.token.has_value(), (checked.refusal ? checked.refusal->message : "keysets needed"));
            const auto begun = wallet->begin_redemption(*checked.token, now);
            REQUIRE_MESSAGE(begun.has_value(), (begun ? "" : begun.error().message));
            id = *begun;
        });
        return id;
    }

    /// The mint's keysets are read again first.
    RedemptionId begin_after_a_look(const std::string& token)
    {
        transact([&] { (void)wallet->check(token, now); });
        settle();
        return begin(token);
    }

    /// Checked as often as keysets have to be read for it.
    RedemptionId deposit(const std::string& token)
    {
        std::optional<RedemptionId> id;
        for (int tries = 0; tries < 3 && !id; ++tries) {
            transact([&] {
                const auto checked = wallet->check(token, now);
                if (!checked.keysets_needed)
                    id = wallet->deposit(checked.token.value(), now).value();
            });
            settle();
        }
        return id.value();
    }

    /// Asks the mint too.
    AuditReport audit()
    {
        std::optional<AuditReport> told;
        transact([&] {
            wallet->audit(
                WalletOperations::AuditScope::rows_and_mints, [&told](const AuditReport& report) { told = report; },
                now);
        });
        settle();
        REQUIRE(told.has_value());
        return *told;
    }

    /// An invoice that is good for an hour; every number is another payment hash.
    std::string invoice(Amount sats, uint8_t number = 1)
    {
        Invoice made{
            .amount = Msat{sats * 1000}, .created_at = unix_seconds(now), .expires_at = unix_seconds(now) + 3600};
        made.payment_hash.fill(number);
        return encode_practice_invoice(made);
    }

    /// The proofs behind a token text.
    static std::vector<Proof> proofs_of(const std::string& token) { return decode_token(token).value().proofs; }

    /// Exactly one credit of this many sats, held in the wallet, and good at the mint.
    void check_received(Amount sats)
    {
        REQUIRE(redeemed.size() == 1);
        CHECK(redeemed.front().received);
        CHECK(redeemed.front().net == Msat{sats * 1000});
        CHECK(wallet->balance() == Msat{sats * 1000});
        std::string refund;
        transact([&] { refund = wallet->refund_token(redeemed.front().id, now).value(); });
        auto proofs = proofs_of(refund);
        CHECK(total(proofs).value() == sats);
        for (Proof& proof : proofs)
            proof.keyset_id = full_id(proof.keyset_id);
        CHECK(mint.accepts(proofs));
    }

    std::string full_id(const std::string& id) { return expand_keyset_id(id, mint.keyset_ids()).value(); }

    FakeMint mint;
    FakeMintHttp http;
    CountingRandom random{11};
    UnixTime now{std::chrono::milliseconds{1'800'000'000'000}};
    std::string directory;
    WalletOptions options;
    std::optional<db::Database> database;
    std::vector<Redeemed> redeemed;
    std::map<std::string, std::string> payouts;
    int keysets_told = 0;
    Msat held_back;
    bool is_mint_configured = true;
    bool check_books_at_end = true;
    std::unique_ptr<Wallet> wallet;
};

} // namespace berth::cashu::test
