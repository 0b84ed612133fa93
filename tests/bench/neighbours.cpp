#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "util/json.h"

#include <thread>

namespace berth::bench {

namespace {

constexpr double kAim = 2;
constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::seconds kGettingGoing{2};
constexpr double kGoneWithinMs = 60'000;
constexpr const char* kPage = "mkdir /www && echo page > /www/index.html && exec httpd -f -p 22 -h /www";

struct Attack {
    const char* name; ///< of the line
    const char* script;
};

/// None ends by itself: a shell that can't fork, or was killed for its memory, begins again.
constexpr Attack kAttacks[] = {
    {"neighbour_of_cpu_hog", "for i in 1 2 3 4 5 6 7 8; do while :; do :; done & done; wait"},
    {"neighbour_of_fork_bomb", R"(trap 'exec /bin/sh -c "$ATTACK"' EXIT; while :; do sleep 5 & done)"},
    {"neighbour_of_memory_hog", "while :; do /bin/sh -c 'x=0123456789; while :; do x=$x$x; done'; done"},
    {"neighbour_of_disk_filler", "while :; do dd if=/dev/zero of=/tmp/fill bs=1M count=512; done"},
};

struct Rented {
    std::string pod;
    std::string url; ///< of its page
};

Result<Rented> rent(Customer& customer, consumer::ContainerSettings settings)
{
    consumer::SpawnWish wish;
    wish.spec_id = kCoreSpec;
    wish.settings = std::move(settings);
    const std::string reply = TRY(customer.rent_as(std::move(wish)));
    const Json body = TRY(parse_json(reply));
    Rented rented;
    rented.pod = TRY(json_string(body, "pod_npub"));
    const uint64_t port = TRY(json_u64(body, "node_port"));
    rented.url = fmt::format("http://127.0.0.1:{}/", port);
    return rented;
}

/// Asks for the page again and again; how long each answer took.
Result<Samples> ask_page(const std::string& url, size_t count)
{
    net::HttpClient http;
    Samples samples;
    for (size_t i = 0; i < count; ++i) {
        net::HttpRequest request;
        request.url = url;
        const Stopwatch watch;
        const net::HttpResponse response = TRY(http.send(request));
        samples.add(watch.milliseconds());
        if (response.status != 200)
            return fail(Errc::unavailable, "the page answers {}", response.status);
        std::this_thread::sleep_for(kPause);
    }
    return samples;
}

Result<void> wait_for_running(Customer& customer, size_t wanted)
{
    for (const Stopwatch watch;;) {
        const size_t running = TRY(customer.running());
        if (running == wanted)
            return {};
        if (watch.milliseconds() > kGoneWithinMs)
            return fail(Errc::unavailable, "{} containers run, it should be {}", running, wanted);
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
}

Result<Line> attack(Customer& customer, const Rented& page, const Attack& attack, size_t count)
{
    const Samples idle = TRY(ask_page(page.url, count));
    const Rented attacker = TRY(
        rent(customer, {.environment = {{"ATTACK", attack.script}}, .command = {"/bin/sh", "-c", "eval \"$ATTACK\""}}));
    std::this_thread::sleep_for(kGettingGoing);
    const Samples beside = TRY(ask_page(page.url, count));
    if (const size_t running = TRY(customer.running()); running != 2)
        return fail(Errc::unavailable, "{}: the attack ended by itself", attack.name);
    TRY(customer.stop(attacker.pod));
    TRY(wait_for_running(customer, 1));
    return Line{.name = attack.name,
                .measured = fmt::format("{:.1f} ms (19 of 20: {:.1f})", beside.median(), beside.quantile(0.95)),
                .limit = fmt::format("idle {:.1f} ms (19 of 20: {:.1f})", idle.median(), idle.quantile(0.95)),
                .value = beside.median() / idle.median(),
                .aim = kAim,
                .is_ratio = true};
}

} // namespace

Result<Lines> measure_neighbours(Stage& stage)
{
    const Stage::Provider provider = TRY(stage.make_provider());
    const DaemonProcess daemon = TRY(stage.start(provider));
    Customer customer = TRY(Customer::visit(stage, provider));
    const Rented page = TRY(rent(customer, {.environment = {}, .command = {"/bin/sh", "-c", kPage}}));
    std::this_thread::sleep_for(kGettingGoing);
    Lines lines;
    for (const Attack& each : kAttacks) {
        Line line = TRY(attack(customer, page, each, stage.settings().pages));
        lines.push_back(std::move(line));
    }
    return lines;
}

} // namespace berth::bench
