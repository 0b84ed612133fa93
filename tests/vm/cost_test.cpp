// What an encrypted volume costs, beside the same made with cryptsetup's own defaults: printed, and held to a bound
// that a busy machine meets, too.

#include "luks/cryptsetup.h"
#include "luks/image_file.h"
#include "luks/volume.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

namespace berth::luks {

namespace {

constexpr uint64_t kBytes = 64 << 20;
const std::string kDirectory = "/state";
const std::string kImage = kDirectory + "/compared";

/// Seconds that it takes; it must succeed.
template <class Action>
double seconds_of(Action action)
{
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(action());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

bool mount_at(const std::string& device)
{
    return ::mount(device.c_str(), "/mnt", "ext4", MS_NOSUID | MS_NODEV, "") == 0;
}

/// When each step was done, so that a ratio that misses its aim says where the time went.
class StepTimes final : public Steps {
public:
    void reached(Step step) override
    {
        const auto now = std::chrono::steady_clock::now();
        text_ += fmt::format(" {} {:.3f}", name_of(step), std::chrono::duration<double>(now - last_).count());
        last_ = now;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    std::string text_;
};

bool run(const char* line)
{
    return std::system(line) == 0;
}

/// The most memory, in KiB, that a process of its own takes for this.
template <class Action>
long peak_kib(Action action)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(action() ? 0 : 1);
    int status = 0;
    rusage used{};
    ::wait4(child, &status, 0, &used);
    REQUIRE(status == 0);
    return used.ru_maxrss;
}

} // namespace

TEST_CASE("an encrypted volume costs a fraction of one with cryptsetup's defaults, and little memory")
{
    const VolumeKey key = VolumeKey::copy_of(crypto::Secret{Bytes(kVolumeKeyBytes, 9)}).value();
    std::ofstream{"/key", std::ios::binary} << as_text(key.expose());

    StepTimes steps;
    const double ours = seconds_of([&] {
        return mount_at(Volumes{kDirectory, &steps}.create("v", kBytes, &key).value());
    });
    REQUIRE(::umount("/mnt") == 0);
    REQUIRE(Volumes{kDirectory}.destroy("v").has_value());
    REQUIRE(make_image(kImage, kBytes).has_value());
    const double our_slot = seconds_of(
        [&] { return format_image(kImage, key).has_value() && map_image(kImage, "compared", key).has_value(); });
    REQUIRE(unmap("compared").has_value());

    const double their_slot = seconds_of([] {
        return run("cryptsetup luksFormat --batch-mode --key-file /key /state/compared") &&
               run("cryptsetup open --key-file /key /state/compared compared");
    });
    const double their_rest =
        seconds_of([] { return run("mkfs.ext4 -q /dev/mapper/compared") && mount_at("/dev/mapper/compared"); });
    REQUIRE(::umount("/mnt") == 0);
    REQUIRE(unmap("compared").has_value());
    REQUIRE(remove_image(kImage).has_value());

    const long idle = peak_kib([] { return true; });
    const long busy = peak_kib([] {
        const VolumeKey own = VolumeKey::copy_of(crypto::Secret{Bytes(kVolumeKeyBytes, 9)}).value();
        return Volumes{kDirectory}.create("v", kBytes, &own).has_value();
    });
    REQUIRE(Volumes{kDirectory}.destroy("v").has_value());
    ::unlink("/key");

    const double whole_ratio = (their_slot + their_rest) / ours;
    const double slot_ratio = their_slot / our_slot;
    fmt::print("cost: format to mounted {:.2f} s, 1/{:.0f} of cryptsetup's defaults; slot and unlock alone {:.2f} s, "
               "1/{:.0f}; peak memory {} KiB over {} KiB idle\n",
               ours, whole_ratio, our_slot, slot_ratio, busy - idle, idle);
    fmt::print("cost, seconds by step:{}; theirs: slot {:.2f}, mkfs and mount {:.2f}\n", steps.text(), their_slot,
               their_rest);
    CHECK(whole_ratio > 4);
    CHECK(slot_ratio > 8);
    CHECK(busy - idle < 16 * 1024);
}

} // namespace berth::luks
