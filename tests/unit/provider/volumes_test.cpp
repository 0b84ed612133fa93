#include "provider/volumes.h"

#include "support/recording_backend.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>

namespace berth::provider {
namespace {

struct Folder {
    Folder() { std::filesystem::remove_all(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    const std::string path =
        (std::filesystem::temp_directory_path() / ("berth-volumes-" + std::to_string(::getpid()))).string();
};

compute::WorkloadSpec encrypted_workload()
{
    return {.number = 1, .lease = "0123456789abcdef", .disk_gb = 1, .data_path = "/data", .encrypted = true};
}

TEST_CASE("what is switched off is neither tried nor promised, and a plain volume is the Engine's then")
{
    const Folder folder;
    TenantVolumes volumes{{.encrypted = false, .sized = false}, folder.path};
    const VolumeAbilities found = volumes.abilities();
    CHECK_FALSE(found.encrypted);
    CHECK_FALSE(found.sized);
    test::RecordingBackend backend;
    compute::WorkloadSpec plain = encrypted_workload();
    plain.encrypted = false;
    CHECK(volumes.create(backend, plain, nullptr).has_value());
    REQUIRE(backend.created.size() == 1);
    CHECK(backend.created.front().data_device.empty());
    CHECK(volumes.destroy(backend, plain.lease).has_value());
}

TEST_CASE("an encrypted volume whose key was lost before it was open is refused, and nothing is made in its place")
{
    const Folder folder;
    TenantVolumes volumes{{.encrypted = true, .sized = false}, folder.path};
    test::RecordingBackend backend;
    CHECK(volumes.create(backend, encrypted_workload(), nullptr).error().code == Errc::refused);
    CHECK(volumes.resume(backend, encrypted_workload(), nullptr).error().code == Errc::refused);
    CHECK(backend.created.empty());
    CHECK(volumes.is_closed(encrypted_workload().lease));
    CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("a key for a volume that is gone makes no new one")
{
    const Folder folder;
    TenantVolumes volumes{{.encrypted = true, .sized = false}, folder.path};
    test::RecordingBackend backend;
    const auto key = luks::VolumeKey::copy_of(crypto::Secret{Bytes(luks::kVolumeKeyBytes, 1)});
    REQUIRE(key.has_value());
    CHECK(volumes.resume(backend, encrypted_workload(), &*key).error().code == Errc::not_found);
    CHECK(backend.created.empty());
    CHECK(std::filesystem::is_empty(folder.path));
}

} // namespace
} // namespace berth::provider
