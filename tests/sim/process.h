#pragma once
// The provider's process: the real core on a disk that outlives it. A crash drops everything in memory, and what the
// disk was not made to keep: before the transaction, within it, within a write of it, or between two of the effects
// that leave after COMMIT.

#include "provider/core.h"
#include "sim/clockwork.h"
#include "sim/dice.h"
#include "sim/memory_disk.h"

#include <optional>

namespace berth::sim {

/// Thrown where the process dies.
struct CrashNow {};

/// The core's randomness, which can be the place to die at within a transaction.
class FragileRandom final : public crypto::Random {
public:
    explicit FragileRandom(uint64_t seed) : dice_{seed} {}
    void fill(std::span<uint8_t> out) override;
    void crash_at_call(std::optional<uint64_t> calls_left) { calls_left_ = calls_left; }

private:
    Dice dice_;
    std::optional<uint64_t> calls_left_;
};

class Process {
public:
    /// What the core is given to touch; each effect asks survive_effect() first.
    struct Outside {
        net::Sockets& sockets;
        provider::HttpSender http;
        provider::JobRunner& jobs;
        std::function<void(const std::string& line)> answer_command;
        std::function<void()> on_death;
    };

    Process(Clockwork& clock, Dice& dice, Faults& faults, provider::Options options);

    void connect(Outside outside) { outside_.emplace(std::move(outside)); }
    void start();
    /// Dropped when the process that it was meant for is dead.
    void post(uint64_t life, provider::Message message);
    /// Handles what waits, or what is due.
    void turn();
    void survive_effect();
    /// With the whole host: it starts again after `down_for`, if it was up.
    void lose_power(std::chrono::milliseconds down_for);

    [[nodiscard]] UnixTime next_due() const;
    [[nodiscard]] uint64_t life() const { return life_; }
    [[nodiscard]] bool is_up() const { return core_ != nullptr; }
    [[nodiscard]] provider::Core& core() { return *core_; }
    [[nodiscard]] db::Database& database() { return *database_; }
    [[nodiscard]] int crashes() const { return crashes_; }
    /// Whether it was up without a break between the two.
    [[nodiscard]] bool was_up(UnixTime from, UnixTime to) const;
    [[nodiscard]] int lossy_crashes() const { return disk_.lossy_cuts(); }
    /// A core that stopped although nothing was done to it.
    [[nodiscard]] const std::string& complaint() const { return complaint_; }

private:
    enum class Death { none, before_commit, in_transaction, in_write, between_effects };

    void die(std::chrono::milliseconds down_for);
    [[nodiscard]] Death choose_death();
    void call_off_death();
    template <class Work>
    void run(Work&& work);

    Clockwork& clock_;
    Dice& dice_;
    Faults& faults_;
    const provider::Options options_;
    FragileRandom random_;
    MemoryDisk disk_;
    std::optional<Outside> outside_;
    std::optional<db::Database> database_;
    std::unique_ptr<provider::Core> core_;
    std::vector<provider::Message> inbox_;
    std::vector<std::pair<UnixTime, UnixTime>> outages_; ///< from and to
    uint64_t life_ = 0;
    int crashes_ = 0;
    int crashes_left_ = 2;
    std::optional<uint64_t> effects_left_; ///< until death
    std::string complaint_;
};

} // namespace berth::sim
