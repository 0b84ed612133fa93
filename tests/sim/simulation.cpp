#include "sim/simulation.h"

#include "cashu/wallet_audit.h"
#include "sim/invariant.h"
#include "sim/mint_gate.h"
#include "sim/mishaps.h"
#include "util/hex.h"
#include "util/json.h"

#include <filesystem>

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr int kPurchases = 4;
constexpr int kFaultBudget = 15;
constexpr auto kShopping = 60s;
constexpr auto kFaultsFor = 240s;
constexpr auto kMishapsFor = 160s;
/// Room for the redemption deadline, the longest lease and the late repeats.
constexpr auto kSettling = 2'400s;
constexpr auto kLastLook = 150s;
/// Beyond the redemption's deadline and its longest pause between two tries; and the first look for late signatures.
constexpr auto kGivenUpAfter = 40min;
constexpr auto kWatchedFor = 3h;
constexpr uint64_t kRate = 1'000;
constexpr int kMintAmounts = 9; ///< enough for any purchase; each key costs a point to read
constexpr int kTurnsMax = 20'000;
/// Every lease is longer than two of these.
constexpr auto kExpiryWarning = 40s;
constexpr unsigned kPowerCutPercent = 50;
constexpr std::chrono::milliseconds kPowerCutWithin = 200s;

/// What a scenario wants otherwise.
struct Setup {
    std::chrono::seconds lease_max = 720h;
    bool keysets_v2 = true; ///< whose ids commit to the fee
};

const test::FakeMint& fresh_mint(bool with_fee, bool v2)
{
    static const test::FakeMint free{{.input_fee_ppk = 0, .amounts = kMintAmounts}};
    static const test::FakeMint dear{{.input_fee_ppk = 400, .amounts = kMintAmounts}};
    static const test::FakeMint v1{{.v2 = false, .amounts = kMintAmounts}};
    return !v2 ? v1 : with_fee ? dear : free;
}

nostr::SecretKey provider_key()
{
    Bytes32 bytes{};
    bytes.back() = 7;
    return nostr::SecretKey::create(bytes).value();
}

class Simulation {
public:
    Simulation(uint64_t seed, const std::string& directory, Setup setup = {})
        : setup_{setup}, dice_{seed}, faults_{dice_, kFaultBudget},
          mint_{fresh_mint(dice_.chance(50), setup_.keysets_v2)}, process_{clock_, dice_, faults_, options(directory)},
          engine_{clock_, dice_, faults_, process_}, mishaps_{clock_, dice_, process_, engine_},
          gate_{clock_, dice_, faults_, process_, mint_, [this](const std::string& body) { judge_swap(body); }},
          consumers_{{clock_, dice_, faults_, mint_, nostr::PublicKey::of(provider_key())}},
          relays_{clock_, dice_, faults_, process_, options(directory).relays, [this](const nostr::Event& event) {
                      consumers_.on_event(event);
                  }}
    {
        consumers_.connect(relays_);
        process_.connect({.sockets = relays_,
                          .http = [this](uint64_t id, net::HttpRequest request) { gate_.send(id, std::move(request)); },
                          .jobs = engine_,
                          .answer_command = [this](const std::string& line) { mishaps_.take_answer(line); },
                          .on_death = [this] { relays_.forget_connections(); }});
    }

    Outcome run()
    {
        process_.start();
        consumers_.plan(kPurchases, kShopping);
        mishaps_.plan(kMishapsFor);
        if (dice_.chance(kPowerCutPercent))
            clock_.after(dice_.between(5'000, kPowerCutWithin.count()), [this] { cut_power(); });
        run_until(clock_.now() + kFaultsFor, [] { return false; });
        faults_.heal();
        gate_.heal();
        engine_.heal();
        run_until(clock_.now() + kSettling, [this] { return is_settled(); });
        if (!consumers_.is_everything_answered())
            violations_.push_back("requests are left without an answer");
        run_until(clock_.now() + kLastLook, [] { return false; });
        return conclude();
    }

    std::vector<std::string> run_late_redemption()
    {
        faults_.heal(); // nothing goes wrong by chance
        process_.start();
        run_until(clock_.now() + 5s, [] { return false; });
        gate_.hold_swaps();
        consumers_.plan(1, 1s);
        run_until(clock_.now() + kGivenUpAfter, [] { return false; });
        for (const auto& [id, answers] : consumers_.purchases().at(0).answers)
            if (answers.size() != 1 || Json::parse(*answers.begin()).at("error_type") != "mint_network_error")
                violations_.push_back("a payment that could not be redeemed in time was not given up");
        gate_.release_swaps();
        run_until(clock_.now() + kWatchedFor, [] { return false; });
        consumers_.ask_again(0);
        run_until(clock_.now() + 1min, [] { return false; });
        expect_one_refund();
        return violations_;
    }

    std::vector<std::string> run_change_over_crash()
    {
        faults_.heal();
        process_.start();
        run_for(5s);
        consumers_.spend_on_lease({128});
        run_for(30s);
        hold_after_swap_ = true; // the top-up's own is the last one to arrive, its change waits for another
        consumers_.spend_on_top_up({128, 64});
        run_for(3s);
        process_.lose_power(1s);
        gate_.release_swaps();
        run_for(10min);
        for (const auto& [id, answers] : consumers_.purchases().at(1).answers) {
            const Json body = Json::parse(answers.empty() ? "{}" : *answers.begin());
            if (!body.contains("change"))
                violations_.push_back("a top-up beyond the longest lease was not answered with its change");
            else if (const UnixTime end = parse_rfc3339(body.at("new_expires_at").get<std::string>()).value();
                     engine_.history().back().removed > end + 5s)
                violations_.push_back("a lease went on after its end, as if a top-up were still being redeemed");
        }
        return violations_;
    }

    std::vector<std::string> run_risen_fee()
    {
        faults_.heal();
        process_.start();
        run_for(5s);
        raise_fee_ = true; // between the look at the token and its swap
        consumers_.spend_on_lease({128});
        run_for(5min);
        for (const auto& [id, answers] : consumers_.purchases().at(0).answers) {
            const Json body = Json::parse(answers.empty() ? "{}" : *answers.begin());
            if (!body.contains("refund"))
                violations_.push_back("a lease was granted for more than was received");
            else if (body.at("refund").at("amount") != 127)
                violations_.push_back("not everything that was received is given back");
        }
        return violations_;
    }

private:
    void run_for(std::chrono::milliseconds time)
    {
        run_until(clock_.now() + time, [] { return false; });
    }

    /// Every request of the only purchase has heard of one and the same refund, of all that was paid.
    void expect_one_refund()
    {
        std::set<std::string> refunds;
        for (const auto& [id, answers] : consumers_.purchases().at(0).answers) {
            std::string refund;
            for (const std::string& text : answers)
                if (const Json body = Json::parse(text); body.contains("refund"))
                    refund = body.at("refund").at("token").get<std::string>();
            refunds.insert(refund);
        }
        if (refunds.size() != 1 || refunds.begin()->empty())
            return violations_.push_back("not every request heard of the one refund");
        std::vector<cashu::Proof> proofs = cashu::decode_token(*refunds.begin()).value().proofs;
        for (cashu::Proof& proof : proofs)
            proof.keyset_id = cashu::expand_keyset_id(proof.keyset_id, mint_.keyset_ids()).value();
        const Money& paid = consumers_.money().at(0);
        if (!mint_.accepts(proofs) || cashu::total(proofs).value() + mint_.fee_of(paid.proofs) != paid.value)
            violations_.push_back("the refund is not worth what was paid");
        for (const cashu::MintStatus& mint : process_.core().mints())
            if (mint.balance.value != 0)
                violations_.push_back("the provider has kept something");
        for (const std::string& difference : cashu::audit_rows(cashu::WalletStore{process_.database()}).differences)
            violations_.push_back("the books are wrong: " + difference);
        if (!engine_.history().empty())
            violations_.push_back("a container ran for it");
    }

    provider::Options options(const std::string& directory)
    {
        provider::Options made{.key = provider_key()};
        made.name = "sim";
        made.public_address = "203.0.113.7";
        made.relays = {"wss://a.example", "wss://b.example"};
        made.wallet.mints = {{.url = mint_.url()}};
        made.wallet.clock = [this] { return clock_.now(); };
        made.seed_file = directory + "/seed";
        made.specs = {{.id = "basic",
                       .name = "Basic",
                       .description = "small",
                       .cpu_millicores = 1000,
                       .memory_mb = 1024,
                       .disk_gb = 10,
                       .rate_msats_per_sec = kRate}};
        made.templates["data"] = {.slug = "data", .image = "alpine:3", .data_path = "/data"};
        made.lease_max = setup_.lease_max;
        made.volumes.lock_stops_clock = lock_stops_clock_;
        made.volumes.locked_max = std::chrono::seconds{60 + dice_.below(120)};
        made.capacity.storage_gb = 1000;
        made.capacity.reservation_max = 60s; // short enough that faults outlast it now and then
        made.ports = {31000, 31020};
        made.number_last = 1003;
        made.expiry_warning = kExpiryWarning;
        made.heartbeat_interval = 1h;
        made.status_age_max = made.request_age_max;
        return made;
    }

    template <class Done>
    void run_until(UnixTime end, Done&& done)
    {
        for (;;) {
            const UnixTime next = std::min(clock_.next(), process_.next_due());
            if (next > end || done())
                break;
            if (++turns_ > kTurnsMax) {
                violations_.push_back("it never settles");
                break;
            }
            // Messages of a few milliseconds make a batch now and then.
            clock_.set_now(next + (dice_.chance(20) ? dice_.between(0, 50) : 0ms));
            clock_.run_due();
            process_.turn();
        }
        if (clock_.next() > end)
            clock_.set_now(end);
    }

    /// Nobody may be charged for what was asked for while the operator knew that nothing is sold.
    void judge_swap(const std::string& body)
    {
        if (std::exchange(hold_after_swap_, false))
            gate_.hold_swaps();
        if (std::exchange(raise_fee_, false)) {
            mint_.rotate();
            for (const cashu::KeysetId& id : mint_.keyset_ids())
                mint_.set_input_fee_ppk(id, 1000);
        }
        const auto& drained = mishaps_.drained_since();
        for (const Money& money : consumers_.money())
            if (drained && money.made > *drained && body.find(money.proofs.front().secret) != std::string::npos)
                violations_.push_back("a drained provider took a payment");
    }

    void cut_power()
    {
        engine_.lose_power(dice_.between(500, 30'000));
        process_.lose_power(dice_.between(500, 30'000));
    }

    [[nodiscard]] bool is_settled() const
    {
        return clock_.now() > started_ + kShopping + 510s + kFaultsFor && consumers_.is_everything_answered() &&
               engine_.running().empty();
    }

    std::map<std::string, int64_t> served_at()
    {
        std::map<std::string, int64_t> served;
        auto query = process_.database().prepare("SELECT message_id,received_ms FROM request");
        while (query.step().value())
            served.emplace(encode_hex(query.blob(0)), query.integer(1));
        return served;
    }

    Outcome conclude()
    {
        Outcome outcome{.faults = faults_.struck(),
                        .crashes = process_.crashes(),
                        .lossy_crashes = process_.lossy_crashes(),
                        .violations = violations_};
        if (!process_.complaint().empty())
            outcome.violations.push_back("the core stopped: " + process_.complaint());
        if (!process_.is_up()) {
            outcome.violations.push_back("the core is not running");
            return outcome;
        }
        cashu::Msat balance;
        for (const cashu::MintStatus& mint : process_.core().mints())
            balance.value += mint.balance.value;
        Verdict verdict = judge({.consumers = consumers_,
                                 .engine = engine_,
                                 .process = process_,
                                 .mint = mint_,
                                 .provider_balance = balance,
                                 .rate_msats_per_sec = kRate,
                                 .expiry_warning = kExpiryWarning,
                                 .lock_stops_clock = lock_stops_clock_,
                                 .served_at = served_at()});
        for (const std::string& difference : cashu::audit_rows(cashu::WalletStore{process_.database()}).differences)
            outcome.violations.push_back("the books are wrong: " + difference);
        outcome.granted = verdict.granted;
        outcome.refunded = verdict.refunded;
        outcome.power_cuts = engine_.power_cuts();
        outcome.locked = consumers_.locked_notices();
        outcome.drains = mishaps_.drains();
        outcome.vanished = verdict.vanished;
        outcome.warnings = verdict.warnings;
        outcome.crash_loops = verdict.crash_loops;
        outcome.keys_found_again = engine_.keys_found_again();
        outcome.violations.insert(outcome.violations.end(), verdict.violations.begin(), verdict.violations.end());
        return outcome;
    }

    const Setup setup_;
    bool hold_after_swap_ = false;
    bool raise_fee_ = false;
    Clockwork clock_;
    const UnixTime started_ = clock_.now();
    Dice dice_;
    const bool lock_stops_clock_ = dice_.chance(70);
    Faults faults_;
    test::FakeMint mint_;
    Process process_;
    FakeEngine engine_;
    Mishaps mishaps_;
    MintGate gate_;
    Consumers consumers_;
    FakeRelays relays_;
    std::vector<std::string> violations_;
    int turns_ = 0;
};

/// Empty at first, and gone afterwards.
struct Files {
    explicit Files(const std::string& place) : directory{place}
    {
        std::filesystem::remove_all(directory);
        std::filesystem::create_directories(directory);
    }
    ~Files() { std::filesystem::remove_all(directory); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    const std::string directory;
};

} // namespace

Outcome simulate(uint64_t seed, const std::string& directory)
{
    const Files files{directory};
    return Simulation{seed, directory}.run();
}

std::vector<std::string> simulate_late_redemption(uint64_t seed, const std::string& directory)
{
    const Files files{directory};
    return Simulation{seed, directory}.run_late_redemption();
}

std::vector<std::string> simulate_change_over_crash(uint64_t seed, const std::string& directory)
{
    const Files files{directory};
    return Simulation{seed, directory, {.lease_max = 250s}}.run_change_over_crash();
}

std::vector<std::string> simulate_risen_fee(uint64_t seed, const std::string& directory)
{
    const Files files{directory};
    return Simulation{seed, directory, {.keysets_v2 = false}}.run_risen_fee();
}

} // namespace berth::sim
