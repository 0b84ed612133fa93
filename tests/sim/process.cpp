#include "sim/process.h"

#include <algorithm>
#include <filesystem>

namespace berth::sim {

namespace {

constexpr unsigned kCrashPercent = 6;
/// Pages of log after which SQLite moves them to the database: few, so that crashes meet that too.
constexpr const char* kCheckpointOften = "PRAGMA wal_autocheckpoint=24";

} // namespace

void FragileRandom::fill(std::span<uint8_t> out)
{
    if (calls_left_ && (*calls_left_)-- == 0)
        throw CrashNow{};
    for (uint8_t& byte : out)
        byte = static_cast<uint8_t>(dice_.next());
}

Process::Process(Clockwork& clock, Dice& dice, Faults& faults, provider::Options options)
    : clock_{clock}, dice_{dice}, faults_{faults}, options_{std::move(options)}, random_{dice.next()}, disk_{
                                                                                                           dice.next()}
{
}

Process::Death Process::choose_death()
{
    if (faults_.is_healed() || crashes_left_ == 0 || !dice_.chance(kCrashPercent))
        return Death::none;
    --crashes_left_;
    switch (dice_.below(4)) {
    case 0:
        return Death::before_commit;
    case 1:
        random_.crash_at_call(dice_.below(8));
        return Death::in_transaction;
    case 2:
        disk_.fail_after(dice_.below(30));
        return Death::in_write;
    default:
        effects_left_ = dice_.below(4);
        return Death::between_effects;
    }
}

void Process::call_off_death()
{
    random_.crash_at_call({});
    disk_.fail_after({});
    effects_left_.reset();
}

void Process::survive_effect()
{
    if (effects_left_ && (*effects_left_)-- == 0)
        throw CrashNow{};
}

void Process::die(std::chrono::milliseconds down_for)
{
    ++crashes_;
    ++life_;
    outages_.emplace_back(clock_.now(), clock_.now() + down_for);
    call_off_death();
    disk_.cut_power();
    if (dice_.chance(20)) // the seed's counter mark is not synchronised: it may end up empty
        std::filesystem::remove(options_.seed_file + ".counters");
    core_.reset();
    database_.reset();
    inbox_.clear();
    outside_->on_death();
    clock_.after(down_for, [this] { start(); });
}

void Process::lose_power(std::chrono::milliseconds down_for)
{
    if (core_)
        die(down_for);
}

template <class Work>
void Process::run(Work&& work)
{
    const Death death = choose_death();
    try {
        if (death == Death::before_commit)
            throw CrashNow{};
        const Result<void> done = work();
        if (!disk_.is_powered())
            throw CrashNow{};
        if (!done) {
            complaint_ = done.error().message;
            return die(std::chrono::seconds{1});
        }
        // A batch too small to die in is survived, and the next one is another chance.
        if (death != Death::none) {
            call_off_death();
            ++crashes_left_;
        }
    } catch (const CrashNow&) {
        die(dice_.between(50, 8000));
    }
}

void Process::start()
{
    disk_.restore_power();
    run([this]() -> Result<void> {
        db::Database database = TRY(db::Database::open({.path = "/db", .vfs = disk_.name(), .exclusive = true}));
        database_.emplace(std::move(database));
        TRY(database_->execute(kCheckpointOften));
        core_ = TRY(provider::Core::create(options_, {.database = *database_,
                                                      .sockets = outside_->sockets,
                                                      .http = outside_->http,
                                                      .jobs = outside_->jobs,
                                                      .random = random_,
                                                      .answer_command = [this](uint64_t, const std::string& line) {
                                                          survive_effect();
                                                          outside_->answer_command(line);
                                                      }}));
        return core_->start(clock_.now());
    });
}

void Process::post(uint64_t life, provider::Message message)
{
    if (core_ && life == life_)
        inbox_.push_back(std::move(message));
}

void Process::turn()
{
    if (!core_ || (inbox_.empty() && core_->next_due() > clock_.now()))
        return;
    std::vector<provider::Message> batch;
    batch.swap(inbox_);
    run([&] { return core_->handle(std::move(batch), clock_.now()); });
}

bool Process::was_up(UnixTime from, UnixTime to) const
{
    return std::none_of(outages_.begin(), outages_.end(),
                        [&](const auto& outage) { return outage.first <= to && from <= outage.second; });
}

UnixTime Process::next_due() const
{
    if (!core_)
        return UnixTime::max();
    return inbox_.empty() ? core_->next_due() : clock_.now();
}

} // namespace berth::sim
