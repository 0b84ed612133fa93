#include "bench/customer.h"

#include "bench/measure.h"
#include "compute/docker_backend.h"
#include "crypto/random.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace berth::bench {

namespace {

constexpr std::chrono::seconds kReplyWait{100};
constexpr std::chrono::seconds kAskingWait{1};
/// The provider hears what is gone, ends those leases and pays back; that is not to weigh on the next sample either.
constexpr std::chrono::milliseconds kSettling{500};
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

Result<std::string> Customer::request(consumer::SpawnWish wish, bool slow_mint)
{
    wish.token = TRY(stage_.make_token(slow_mint));
    if (wish.image.empty())
        wish.image = kImage;
    wish.password = "bench-password";
    return consumer::encode_spawn(wish);
}

Result<double> Customer::rent(bool slow_mint)
{
    const std::string text = TRY(request({}, slow_mint));
    const Stopwatch watch;
    const Result<std::string> reply = session_->ask(provider_.key, text, nostr::Transport::nip17, kReplyWait);
    const double took = watch.milliseconds();
    TRY(check_reply(reply));
    return took;
}

Result<std::string> Customer::rent_as(consumer::SpawnWish wish)
{
    const std::string text = TRY(request(std::move(wish), false));
    Result<std::string> reply = session_->ask(provider_.key, text, nostr::Transport::nip17, kReplyWait);
    TRY(check_reply(reply));
    return reply;
}

Result<void> Customer::ask_for(consumer::SpawnWish wish)
{
    const std::string text = TRY(request(std::move(wish), false));
    const auto sent = TRY(session_->send(provider_.key, text, nostr::Transport::nip17, kReplyWait));
    // A session moves nothing while nobody waits in it.
    const Result<std::string> reply = session_->await(sent, kAskingWait);
    if (reply)
        return fail(Errc::refused, "the provider answered {}", *reply);
    return reply.error().code == Errc::outcome_unknown ? Result<void>{} : pass_on(reply);
}

Result<void> Customer::stop(const std::string& pod)
{
    const std::string text = consumer::encode_named_request("stop", pod);
    const std::string reply = TRY(session_->ask(provider_.key, text, nostr::Transport::nip17, kReplyWait));
    if (reply.find("\"Stopped\"") == std::string::npos)
        return fail(Errc::refused, "the provider answered {}", reply);
    return {};
}

Result<double> Customer::rent_many(size_t count, bool slow_mint)
{
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) {
        std::string text = TRY(request({}, slow_mint));
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

std::unique_ptr<compute::Backend> Customer::engine() const
{
    compute::DockerOptions options;
    options.socket = stage_.settings().docker_socket;
    options.provider_label = provider_.key.hex().substr(0, 16);
    return compute::make_docker_backend(options);
}

Result<size_t> Customer::running()
{
    const auto objects = TRY(engine()->list_labelled());
    return static_cast<size_t>(std::count_if(objects.begin(), objects.end(), [](const auto& object) {
        return object.kind == "container" && object.state == "running";
    }));
}

Result<void> Customer::clear()
{
    const auto engine = this->engine();
    const auto objects = TRY(engine->list_labelled());
    std::set<std::string> names;
    for (const compute::LabelledObject& object : objects)
        if (object.kind == "container") // a network alone is kept ready for the next customer
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
    if (!leases.empty())
        std::this_thread::sleep_for(kSettling);
    return {};
}

} // namespace berth::bench
