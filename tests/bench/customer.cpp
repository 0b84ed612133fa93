#include "bench/customer.h"

#include "bench/measure.h"
#include "compute/docker_backend.h"
#include "consumer/marketplace.h"
#include "crypto/random.h"

#include <atomic>
#include <set>
#include <thread>

namespace berth::bench {

namespace {

constexpr std::chrono::seconds kReplyWait{100};
constexpr unsigned kRemovers = 4;

Result<void> check_reply(const Result<std::string>& reply)
{
    if (!reply)
        return pass_on(reply);
    if (reply->find("\"pod_npub\"") == std::string::npos)
        return fail(Errc::refused, "the provider answered {}", *reply);
    return {};
}

} // namespace

Result<Customer> Customer::visit(Stage& stage, const Stage::Provider& provider)
{
    crypto::SystemRandom random;
    std::unique_ptr<consumer::Session> session =
        TRY(consumer::Session::open({.relays = {stage.relay_url()}, .key = nostr::SecretKey::random(random)}));
    nostr::Filter beats;
    beats.kinds = {nostr::kind::heartbeat};
    beats.authors = {provider.key.bytes()};
    constexpr double kWaitMs = 10'000;
    for (const Stopwatch watch; session->fetch(beats, std::chrono::seconds{1}).empty();)
        if (watch.milliseconds() > kWaitMs)
            return fail(Errc::unavailable, "the provider does not show; its log is {}", provider.log);
    return Customer{stage, provider, std::move(session)};
}

Customer::~Customer()
{
    if (!session_) // moved from
        return;
    if (const auto cleared = clear(); !cleared)
        fmt::print(stderr, "bench: {}\n", cleared.error().message);
}

Result<std::string> Customer::request(bool slow_mint)
{
    consumer::SpawnWish wish;
    wish.token = TRY(stage_.make_token(slow_mint));
    wish.image = kImage;
    wish.password = "bench-password";
    return consumer::encode_spawn(wish);
}

Result<double> Customer::rent(bool slow_mint)
{
    const std::string text = TRY(request(slow_mint));
    const Stopwatch watch;
    const Result<std::string> reply = session_->ask(provider_.key, text, nostr::Transport::nip17, kReplyWait);
    const double took = watch.milliseconds();
    TRY(check_reply(reply));
    return took;
}

Result<double> Customer::rent_many(size_t count, bool slow_mint)
{
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) {
        std::string text = TRY(request(slow_mint));
        texts.push_back(std::move(text));
    }
    const Stopwatch watch;
    std::vector<consumer::Session::Sent> sent;
    for (const std::string& text : texts) {
        auto one = TRY(session_->send(provider_.key, text, nostr::Transport::nip17, kReplyWait));
        sent.push_back(std::move(one));
    }
    for (const consumer::Session::Sent& one : sent)
        TRY(check_reply(session_->await(one, kReplyWait)));
    return watch.milliseconds();
}

Result<void> Customer::clear()
{
    compute::DockerOptions options;
    options.socket = stage_.settings().docker_socket;
    options.provider_label = provider_.key.hex().substr(0, 16);
    const auto engine = compute::make_docker_backend(options);
    const auto objects = TRY(engine->list_labelled());
    std::set<std::string> names;
    for (const compute::LabelledObject& object : objects)
        names.insert(object.lease);
    const std::vector<std::string> leases{names.begin(), names.end()};
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kRemovers; ++i)
        threads.emplace_back([&] {
            for (size_t index = next++; index < leases.size(); index = next++)
                if (const auto removed = engine->destroy(leases[index]); !removed)
                    fmt::print(stderr, "bench: {}\n", removed.error().message);
        });
    for (std::thread& thread : threads)
        thread.join();
    return {};
}

} // namespace berth::bench
