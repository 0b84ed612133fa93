// Chance decides what an operator does, what the mint does wrong and when the process dies; sats are counted at the
// end.

#include "wallet_world.h"

namespace berth::cashu::test {

using berth::test::MeltFault;

namespace {

class Chaos {
public:
    explicit Chaos(uint64_t seed) : dice_{seed}, world_{{.input_fee_ppk = seed % 2 ? 100u : 0u, .seed = seed}}
    {
        world_.mint.quote_expiry = unix_seconds(world_.now) + 7200;
    }

    void run()
    {
        for (int step = 0; step < 40; ++step) {
            act();
            const uint64_t turns = roll(6);
            for (uint64_t i = 0; i < turns && world_.http.has_waiting(); ++i)
                world_.deliver();
            if (roll(8) == 0) {
                if (world_.http.has_waiting() && roll(2) == 0)
                    world_.http.execute_without_answer();
                world_.crash();
            }
            world_.now += std::chrono::seconds{roll(90)};
            world_.transact([&] { world_.wallet->tick(world_.now); });
        }
        heal();
        judge();
    }

private:
    uint64_t roll(uint64_t sides)
    {
        uint8_t bytes[4];
        dice_.fill(bytes);
        return (uint64_t{bytes[0]} << 16 | uint64_t{bytes[1]} << 8 | bytes[2]) % sides;
    }

    void act()
    {
        // Everything from a lost request to a signature too few, and mostly nothing.
        world_.mint.swap_faults = {roll(2) ? SwapFault::none : static_cast<SwapFault>(roll(13))};
        world_.mint.melt_faults = {roll(2) ? MeltFault::none : static_cast<MeltFault>(roll(6))};
        switch (roll(9)) {
        case 0:
        case 1:
        case 2:
            return take_in();
        case 3:
        case 4:
            return world_.transact([&] {
                const std::string key = "send:" + std::to_string(roll(12));
                static_cast<void>(world_.wallet->send({.key = key, .amount = 1 + roll(40)}, world_.now));
                keys_.insert(key);
            });
        case 5:
        case 6:
            return world_.transact([&] {
                const auto number = static_cast<uint8_t>(roll(12));
                static_cast<void>(world_.wallet->pay_invoice(
                    {.key = "melt:" + std::to_string(number), .invoice = world_.invoice(1 + roll(60), number)},
                    world_.now));
            });
        case 7:
            return world_.mint.end_stuck_melts(roll(2) == 0);
        default:
            if (roll(4) == 0)
                world_.mint.rotate();
        }
    }

    void take_in()
    {
        const std::vector<Amount> amounts{Amount{1} << roll(8), Amount{1} << roll(8)};
        const std::string token = world_.mint.issue_token(amounts);
        tokens_.push_back(token);
        const bool is_customer = roll(2) == 0;
        world_.transact([&] {
            const auto checked = world_.wallet->check(token, world_.now);
            if (!checked.token)
                return;
            const auto begun = is_customer ? world_.wallet->begin_redemption(*checked.token, world_.now)
                                           : world_.wallet->deposit(*checked.token, world_.now);
            REQUIRE(begun.has_value());
        });
    }

    void heal()
    {
        for (int i = 0; i < 12; ++i) {
            world_.mint.swap_faults.clear();
            world_.mint.melt_faults.clear();
            world_.mint.end_stuck_melts(i % 2 == 0);
            world_.settle(1h);
        }
    }

    void judge()
    {
        Amount minted = 0;
        Amount unspent = 0;
        for (const std::string& token : tokens_)
            for (const Proof& proof : world_.proofs_of(token)) {
                minted += proof.amount;
                unspent += world_.mint.is_spent(proof) ? 0 : proof.amount;
            }
        Amount sent = 0;
        for (const std::string& key : keys_)
            if (const auto token = world_.wallet->find_payout(key))
                sent += total(world_.proofs_of(*token)).value();
        Amount paid = 0;
        std::set<std::string> invoices;
        for (const std::string& invoice : world_.mint.invoices_paid) {
            paid += decode_invoice(invoice)->amount->value / 1000;
            CHECK_MESSAGE(invoices.insert(invoice).second, "an invoice was paid twice");
        }
        const Amount held = world_.wallet->balance().value / 1000;
        CHECK(minted == unspent + held + sent + paid + world_.mint.fees_taken);
        for (const Holding& holding : world_.wallet->holdings())
            CHECK(holding.pending == 0);
        for (const std::string& difference : world_.audit().differences)
            FAIL_CHECK(difference);
    }

    CountingRandom dice_;
    WalletWorld world_;
    std::vector<std::string> tokens_;
    std::set<std::string> keys_;
};

} // namespace

TEST_CASE("whatever an operator does and whatever goes wrong, every sat is somewhere and the books say where")
{
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Chaos{seed}.run();
    }
}

} // namespace berth::cashu::test
