// The machine loses its power at each step of making and of destroying an encrypted volume, and starts again. One boot
// looks at what the cut before left, then causes the next one: `./dev vm` boots until every step had its turn.

#include "provider/volumes.h"

#include "support/recording_backend.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace berth::provider {

namespace {

namespace fs = std::filesystem;

const std::string kDisk = "/disk"; // what a power cut leaves
const std::string kVolumes = kDisk + "/volumes";
const std::string kCutsDone = kDisk + "/cuts";
const std::string kMount = "/mnt";
constexpr std::string_view kText = "written before the cut";

/// Every step there is, by its number: a new one gets its cut without a word here.
constexpr auto kCuts = static_cast<size_t>(luks::Step::count);

/// Nothing is written back first: what was not made durable is lost.
class CutAt final : public luks::Steps {
public:
    explicit CutAt(luks::Step step) : step_{step} {}
    void reached(luks::Step step) override
    {
        if (step == step_)
            ::reboot(RB_AUTOBOOT);
    }

private:
    luks::Step step_;
};

const compute::WorkloadSpec kWorkload{
    .number = 1, .lease = "0123456789abcdef", .disk_gb = 1, .data_path = "/data", .encrypted = true};

luks::VolumeKey the_key()
{
    return luks::VolumeKey::copy_of(crypto::Secret{Bytes(luks::kVolumeKeyBytes, 42)}).value();
}

size_t cuts_done()
{
    std::ifstream file{kCutsDone};
    size_t cuts = 0;
    file >> cuts;
    return cuts;
}

void set_cuts_done(size_t cuts)
{
    std::ofstream{kCutsDone} << cuts << std::endl;
    ::sync();
}

bool mount_device(const std::string& device)
{
    return ::mount(device.c_str(), kMount.c_str(), "ext4", MS_NOSUID | MS_NODEV, "") == 0;
}

void write_text(const std::string& device)
{
    REQUIRE(mount_device(device));
    std::ofstream{kMount + "/file"} << kText;
    ::sync();
    REQUIRE(::umount(kMount.c_str()) == 0);
}

std::string read_text(const std::string& device)
{
    REQUIRE(mount_device(device));
    std::string text;
    {
        std::ifstream file{kMount + "/file"};
        std::getline(file, text);
    }
    REQUIRE(::umount(kMount.c_str()) == 0);
    return text;
}

size_t in_use(const std::string& directory, const std::string& below)
{
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator{directory})
        count += fs::exists(entry.path() / below) ? 1 : 0;
    return count;
}

void check_nothing_is_left()
{
    CHECK(fs::is_empty(kVolumes));
    CHECK(in_use("/sys/block", "loop/backing_file") == 0);
    CHECK(in_use("/sys/block", "dm") == 0);
}

/// Either a volume that works with its key, or nothing; and no workload without the key in either case.
void look_after(size_t cut)
{
    const auto step = static_cast<luks::Step>(cut);
    const bool was_destroyed = step >= luks::Step::closed;
    CAPTURE(std::string{luks::name_of(step)});
    test::RecordingBackend engine;
    TenantVolumes volumes{{}, kVolumes};
    const auto left = volumes.list(engine);
    REQUIRE_MESSAGE(left.has_value(), left.error().message);
    CHECK(volumes.create(engine, kWorkload, nullptr).error().code == Errc::refused);
    const luks::VolumeKey key = the_key();
    if (!left->empty()) {
        REQUIRE(volumes.resume(engine, kWorkload, &key).has_value());
        if (was_destroyed)
            CHECK(read_text(engine.created.back().data_device) == kText);
        else
            write_text(engine.created.back().data_device);
    } else {
        CHECK(volumes.resume(engine, kWorkload, &key).error().code == Errc::not_found);
    }
    const auto destroyed = volumes.destroy(engine, kWorkload.lease);
    CHECK_MESSAGE(destroyed.has_value(), destroyed.error().message);
    check_nothing_is_left();
}

void cause(size_t cut)
{
    test::RecordingBackend engine;
    const luks::VolumeKey key = the_key();
    CutAt power{static_cast<luks::Step>(cut)};
    TenantVolumes volumes{{}, kVolumes, &power};
    REQUIRE(volumes.create(engine, kWorkload, &key).has_value());
    write_text(engine.created.back().data_device);
    REQUIRE(volumes.destroy(engine, kWorkload.lease).has_value());
    FAIL("the power did not go");
}

} // namespace

TEST_SUITE("power cut")
{
    TEST_CASE("a power cut at any step leaves a volume that works or nothing")
    {
        const size_t done = cuts_done();
        if (done > 0)
            look_after(done - 1);
        if (done == kCuts)
            return;
        set_cuts_done(done + 1);
        cause(done);
    }
}

} // namespace berth::provider
