#include "sim/mishaps.h"

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr int kExitsMax = 4;
constexpr unsigned kRemovalPercent = 40;
constexpr unsigned kDrainPercent = 30;
constexpr unsigned kEvictPercent = 50;
constexpr auto kAskAgain = 7s;
constexpr uint64_t kDrain = 1;
constexpr uint64_t kResume = 2;

} // namespace

void Mishaps::plan(std::chrono::milliseconds within)
{
    const uint64_t exits = dice_.below(kExitsMax + 1);
    for (uint64_t i = 0; i < exits; ++i)
        clock_.after(dice_.between(5'000, within.count()), [this] { engine_.exit_one(); });
    if (dice_.chance(kRemovalPercent))
        clock_.after(dice_.between(5'000, within.count()), [this] { remove_one(); });
    if (dice_.chance(kDrainPercent)) {
        evicts_ = dice_.chance(kEvictPercent);
        clock_.after(dice_.between(1'000, within.count() / 2),
                     [this] { ask(kDrain, provider::control::Drain{.evict = evicts_}); });
    }
}

void Mishaps::remove_one()
{
    if (!process_.is_up())
        return;
    // Before its lease runs, one that is lost is made again, and nobody has paid for less.
    std::vector<std::string> leases;
    auto query = process_.database().prepare("SELECT id FROM lease WHERE state='running' ORDER BY id");
    while (query.step().value())
        leases.push_back(query.text(0));
    engine_.remove_one(leases);
}

void Mishaps::ask(uint64_t id, const provider::control::Request& request)
{
    if (answered_.contains(id))
        return;
    if (id == kResume)
        drained_since_.reset();
    process_.post(process_.life(),
                  net::LineEvent{net::ReceivedLine{.connection = 1, .text = encode_line(id, request)}});
    clock_.after(kAskAgain, [this, id, request] { ask(id, request); });
}

void Mishaps::take_answer(const std::string& line)
{
    const auto answer = provider::control::decode_answer(line).value();
    if (!answer.result || !answered_.insert(answer.id).second || answer.id != kDrain)
        return;
    ++drains_;
    drained_since_ = clock_.now();
    clock_.after(dice_.between(5'000, 60'000), [this] { ask(kResume, provider::control::Resume{}); });
}

} // namespace berth::sim
