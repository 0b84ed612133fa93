// Mints that end, change, or have something before them that answers in their place.

#include "wallet_world.h"


namespace berth::cashu::test {

TEST_CASE("what was begun at a mint comes to its end when that mint is no longer configured")
{
    SUBCASE("a swap whose answer was lost")
    {
        WalletWorld world;
        world.begin(world.mint.issue_token({2, 8}));
        world.http.execute_without_answer();
        world.is_mint_configured = false;
        world.crash();
        world.settle(30min);
        world.check_received(10);
    }
    SUBCASE("a swap to a keyset that is retired")
    {
        WalletWorld world;
        world.begin(world.mint.issue_token({2, 8}));
        world.mint.rotate();
        world.is_mint_configured = false;
        world.crash();
        world.settle(30min);
        REQUIRE(world.redeemed.size() == 1);
        CHECK_FALSE(world.redeemed.front().received);
    }
    SUBCASE("an invoice that is being paid")
    {
        WalletWorld world;
        world.deposit(world.mint.issue_token({64}));
        world.mint.melt_faults = {berth::test::MeltFault::stuck};
        world.transact(
            [&] { REQUIRE(world.wallet->pay_invoice({.key = "k", .invoice = world.invoice(20)}, world.now)); });
        world.settle(1min);
        world.is_mint_configured = false;
        world.crash();
        world.mint.end_stuck_melts(true);
        world.settle(30min);
        CHECK(world.wallet->find_payment("k")->settling == Settling::done);
        CHECK(world.wallet->balance() == Msat{43'000});
    }
}

} // namespace berth::cashu::test
