// Invoices paid and sweeps, before a fake mint that pays every invoice.

#include "wallet_world.h"

#include "cashu/melt.h"

namespace berth::cashu::test {

using berth::test::MeltFault;

namespace {

/// A Lightning address's service. Counts what it was asked for.
struct PayService {
    explicit PayService(WalletWorld& world)
    {
        world.http.elsewhere = [this, &world](const net::HttpRequest& request) -> net::HttpResult {
            if (request.url == "https://pay.example/.well-known/lnurlp/me")
                return net::HttpResponse{.status = 200,
                                         .body = R"({"tag":"payRequest","callback":"https://pay.example/cb",)"
                                                 R"("minSendable":1000,"maxSendable":100000000})"};
            const std::string prefix = "https://pay.example/cb?amount=";
            if (!request.url.starts_with(prefix))
                return net::HttpResponse{.status = 404};
            const uint64_t msat = std::stoull(request.url.substr(prefix.size()));
            const auto invoice = world.invoice((msat + overcharge) / 1000, static_cast<uint8_t>(++asked));
            return net::HttpResponse{.status = 200, .body = R"({"pr":")" + invoice + R"("})"};
        };
    }
    int asked = 0;
    uint64_t overcharge = 0;
};

PaymentStatus pay_invoice(WalletWorld& world, const std::string& invoice, const std::string& key = "invoice-1")
{
    world.transact([&] { REQUIRE(world.wallet->pay_invoice({.key = key, .invoice = invoice}, world.now)); });
    world.settle(10min);
    return world.wallet->find_payment(key).value();
}

PaymentStatus pay(WalletWorld& world, Amount sats, const std::string& key = "invoice-1")
{
    return pay_invoice(world, world.invoice(sats), key);
}

} // namespace

TEST_CASE("an invoice is paid once, its change comes back, and whatever happens to an answer costs nothing more")
{
    for (const MeltFault fault :
         {MeltFault::none, MeltFault::lose_request, MeltFault::lose_answer, MeltFault::no_change}) {
        CAPTURE(static_cast<int>(fault));
        WalletWorld world{{.input_fee_ppk = 100}};
        world.deposit(world.mint.issue_token({64, 64}));
        const Msat before = world.wallet->balance();
        world.mint.melt_faults = {fault};
        const PaymentStatus paid = pay(world, 50);
        CHECK(paid.settling == Settling::done);
        CHECK(paid.amount == 50);
        CHECK(paid.preimage == "beef");
        CHECK(world.mint.invoices_paid.size() == 1);
        CHECK(world.wallet->balance() == Msat{before.value - 1000 * (50 + paid.fees)});
        CHECK(paid.fees == 2); // one for Lightning, one for the inputs
        CHECK(world.audit().differences.empty());
    }
}

TEST_CASE("a crash between any two steps of a payment neither pays twice nor loses the change")
{
    for (int step = 0; step < 4; ++step)
        for (const bool executed : {false, true}) {
            CAPTURE(step);
            CAPTURE(executed);
            WalletWorld world;
            world.deposit(world.mint.issue_token({64}));
            world.transact(
                [&] { REQUIRE(world.wallet->pay_invoice({.key = "k", .invoice = world.invoice(20)}, world.now)); });
            for (int i = 0; i < step && world.http.has_waiting(); ++i)
                world.deliver();
            if (executed && world.http.has_waiting())
                world.http.execute_without_answer();
            world.crash();
            world.settle(10min);
            CHECK(world.wallet->find_payment("k")->settling == Settling::done);
            CHECK(world.mint.invoices_paid.size() == 1);
            CHECK(world.wallet->balance() == Msat{43'000}); // 64 − 20 − 1
            CHECK(world.audit().differences.empty());
        }
}

TEST_CASE("a payment that hangs keeps its proofs until the mint says how it ended")
{
    for (const bool paid : {true, false}) {
        WalletWorld world;
        world.mint.quote_expiry = unix_seconds(world.now) + 3600;
        world.deposit(world.mint.issue_token({64}));
        world.mint.melt_faults = {MeltFault::stuck,  MeltFault::refuse, MeltFault::refuse, MeltFault::refuse,
                                  MeltFault::refuse, MeltFault::refuse, MeltFault::refuse, MeltFault::refuse};
        CHECK(pay(world, 20).settling == Settling::under_way);
        world.settle(2h);
        CHECK(world.wallet->find_payment("invoice-1")->settling == Settling::under_way);
        CHECK(world.wallet->holdings().at(0).pending == 64);
        CHECK(world.wallet->holdings().at(0).unspent == 0);
        CHECK(world.audit().overdue.empty());
        world.settle(23h);
        const AuditReport report = world.audit();
        REQUIRE(report.overdue.size() == 1);
        CHECK(report.overdue.front().find("payment invoice-1 of 20 sat is undecided since") != std::string::npos);
        CHECK(report.differences.empty());
        world.mint.end_stuck_melts(paid);
        world.settle(30min);
        CHECK(world.audit().overdue.empty());
        CHECK(world.wallet->find_payment("invoice-1")->settling == (paid ? Settling::done : Settling::failed));
        CHECK(world.wallet->balance() == Msat{paid ? 43'000u : 64'000u});
        CHECK(world.audit().differences.empty());
    }
}

TEST_CASE("the mint's clear no to the only post frees the proofs, and the invoice may be paid again under another key")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({64}));
    world.mint.melt_faults = {MeltFault::refuse};
    const std::string invoice = world.invoice(20);
    const PaymentStatus failed = pay_invoice(world, invoice);
    CHECK(failed.settling == Settling::failed);
    CHECK(failed.problem.find("no route") != std::string::npos);
    CHECK(world.wallet->balance() == Msat{64'000});
    CHECK(pay_invoice(world, invoice).settling == Settling::failed); // the same key is the same payment
    world.transact([&] {
        const auto other = world.wallet->pay_invoice({.key = "invoice-1", .invoice = world.invoice(21)}, world.now);
        REQUIRE_FALSE(other);
        CHECK(other.error().code == Errc::conflict);
    });
    CHECK(pay(world, 20, "invoice-2").settling == Settling::done);
    CHECK(world.mint.invoices_paid.size() == 1);
}

TEST_CASE("a quote that never expires is not taken for one of long ago")
{
    WalletWorld world;
    world.mint.quote_expiry = std::numeric_limits<int64_t>::max();
    world.deposit(world.mint.issue_token({64}));
    world.mint.melt_faults = {MeltFault::lose_request};
    CHECK(pay(world, 20).settling == Settling::done);
    CHECK(world.mint.invoices_paid.size() == 1);
}

TEST_CASE("one invoice is not paid under two keys, and one key pays once")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({64}));
    const std::string invoice = world.invoice(10);
    CHECK(pay_invoice(world, invoice).settling == Settling::done);
    CHECK(pay_invoice(world, invoice).settling == Settling::done);
    world.transact([&] {
        const auto again = world.wallet->pay_invoice({.key = "other", .invoice = world.invoice(10)}, world.now);
        REQUIRE_FALSE(again);
        CHECK(again.error().code == Errc::conflict);
    });
    CHECK(world.mint.invoices_paid.size() == 1);
}

TEST_CASE("what can't be paid is refused before the mint is asked")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({8}));
    const auto refused = [&world](const InvoiceOrder& order) {
        Errc code{};
        world.transact([&] { code = world.wallet->pay_invoice(order, world.now).error().code; });
        return code;
    };
    CHECK(refused({.key = "a", .invoice = "lnbc1nonsense"}) == Errc::bad_input);
    CHECK(refused({.key = "", .invoice = world.invoice(1)}) == Errc::bad_input);
    CHECK(refused({.key = "a", .invoice = world.invoice(9)}) == Errc::refused);
    CHECK(refused({.key = "a", .mint = "https://other.example", .invoice = world.invoice(1)}) == Errc::bad_input);
    CHECK(refused({.key = "a", .unit = Unit::msat, .invoice = world.invoice(1)}) == Errc::refused);
    CHECK(refused({.key = "a",
                   .invoice = encode_practice_invoice(
                       {.created_at = unix_seconds(world.now), .expires_at = unix_seconds(world.now) + 60})}) ==
          Errc::bad_input); // names no amount
    const std::string old = world.invoice(1);
    world.now += 2h;
    CHECK(refused({.key = "a", .invoice = old}) == Errc::bad_input);
    CHECK_FALSE(world.wallet->find_payment("a"));
    CHECK(world.mint.calls["/v1/melt/quote/bolt11"] == 0);
}

TEST_CASE("a mint that wants a price for a reserve is not paid")
{
    WalletWorld world{{.lightning_reserve = 60}};
    world.deposit(world.mint.issue_token({1024}));
    const PaymentStatus failed = pay(world, 100);
    CHECK(failed.settling == Settling::failed);
    CHECK(failed.problem.find("reserve") != std::string::npos);
    CHECK(world.wallet->balance() == Msat{1'024'000});
    CHECK(world.mint.invoices_paid.empty());
}

TEST_CASE("a sweep sends what is free, less what is to stay, and the mint's fees")
{
    WalletWorld world;
    PayService service{world};
    world.options.sweep = {.address = "me@pay.example", .above = std::nullopt, .keep = Msat{100'000}};
    world.crash();
    world.deposit(world.mint.issue_token({512}));
    world.transact([&] { REQUIRE(world.wallet->sweep({.key = "s"}, world.now)); });
    world.settle(1min);
    const auto status = world.wallet->find_payment("s");
    REQUIRE(status.has_value());
    CHECK(status->settling == Settling::done);
    CHECK(status->amount > 400);
    CHECK(world.wallet->balance() >= Msat{100'000});
    CHECK(world.wallet->balance() == Msat{1000 * (512 - status->amount - status->fees)});
    CHECK(world.mint.invoices_paid.size() == 1);
    CHECK(world.audit().differences.empty());
    // The same key is the same sweep.
    world.transact([&] { REQUIRE(world.wallet->sweep({.key = "s"}, world.now)); });
    world.settle(1min);
    CHECK(world.mint.invoices_paid.size() == 1);
}

TEST_CASE("a service that asks for more than it was told of gets nothing")
{
    WalletWorld world;
    PayService service{world};
    service.overcharge = 1000;
    world.deposit(world.mint.issue_token({512}));
    world.transact([&] { REQUIRE(world.wallet->sweep({.key = "s", .address = "me@pay.example"}, world.now)); });
    world.settle(1min);
    CHECK(world.wallet->find_payment("s")->settling == Settling::failed);
    CHECK(world.mint.invoices_paid.empty());
    CHECK(world.wallet->balance() == Msat{512'000});
}

TEST_CASE("a sweep begins by itself above the threshold, and leaves what leases could be owed")
{
    WalletWorld world;
    PayService service{world};
    world.options.sweep = {.address = "me@pay.example", .above = Msat{300'000}, .keep = {}};
    world.held_back = Msat{256'000};
    world.crash();
    world.deposit(world.mint.issue_token({512}));
    world.settle(1h);
    CHECK(world.mint.invoices_paid.empty()); // 256 free
    world.deposit(world.mint.issue_token({128}));
    world.settle(1h);
    CHECK(world.mint.invoices_paid.size() == 1);
    CHECK(world.wallet->balance() >= Msat{256'000});
    CHECK(world.wallet->balance() < Msat{300'000});
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a sweep leaves what was promised in a payout that could not be made yet")
{
    WalletWorld world;
    PayService service{world};
    world.transact([&] { world.wallet->request_payout("refund", world.mint.url(), Unit::sat, 100, world.now); });
    world.now += 10s; // it is tried again a minute later
    world.deposit(world.mint.issue_token({512}));
    world.transact([&] { REQUIRE(world.wallet->sweep({.key = "s", .address = "me@pay.example"}, world.now)); });
    world.settle(5min);
    CHECK(world.wallet->find_payment("s")->settling == Settling::done);
    REQUIRE(world.wallet->find_payout("refund").has_value());
    CHECK(total(world.proofs_of(*world.wallet->find_payout("refund"))).value() == 100);
}

TEST_CASE("a payment service that does not answer ends a sweep with nothing sent")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({512}));
    world.transact([&] { REQUIRE(world.wallet->sweep({.key = "s", .address = "me@pay.example"}, world.now)); });
    world.settle(3min);
    const auto status = world.wallet->find_payment("s");
    REQUIRE(status.has_value());
    CHECK(status->settling == Settling::failed);
    CHECK_FALSE(status->problem.empty());
    world.transact([&] { CHECK_FALSE(world.wallet->sweep({.key = "t"}, world.now)); }); // no address at all
}

} // namespace berth::cashu::test
