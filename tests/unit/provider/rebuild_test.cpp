#include "provider/rebuild.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime now{1'000'000'000'000ms};
constexpr std::chrono::seconds kLongest{3600};

Lease running_lease(uint32_t number, const std::string& id)
{
    return {.id = id,
            .state = LeaseState::running,
            .owner = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            .workload = {.number = number,
                         .lease = id,
                         .image = "debian:12",
                         .memory_mb = 64,
                         .environment = {{"PASSWORD", "hunter2"}},
                         .command = {"serve", "--token", "hunter2"},
                         .ports = {{.container_port = 22,
                                    .host_port = static_cast<uint16_t>(30000 + number % 1000),
                                    .label = "ssh"}},
                         .publish_address = "0.0.0.0"},
            .spec = {.id = "basic", .name = "Basic", .rate_msats_per_sec = 100},
            .username = "root",
            .password = "hunter2",
            .duration = 600s,
            .created_at = now - 60s,
            .expires_at = now + 540s,
            .container_id = std::string(64, 'c'),
            .network_id = std::string(64, 'd'),
            .container_ip = "10.0.0.2"};
}

LeaseFileText file_of(const Lease& lease)
{
    return {lease.id, encode_lease_file(lease)};
}

compute::LabelledObject container_of(const Lease& lease)
{
    return {.kind = "container",
            .id = lease.container_id,
            .name = "paygress-" + std::to_string(lease.workload.number),
            .lease = lease.id};
}

const Lease kOne = running_lease(1003, "00000000000000a1");
const Lease kOther = running_lease(1004, "00000000000000a2");

TEST_CASE("a lease's file brings the lease back, and holds nothing secret")
{
    Lease lease = kOne;
    lease.state = LeaseState::locked;
    lease.clock_stopped_at = now - 5s;
    lease.locked_until = now + 100s;
    const std::string text = encode_lease_file(lease);
    CHECK(text.find("hunter2") == std::string::npos);
    const auto again = decode_lease_file(lease.id, text);
    REQUIRE(again.has_value());
    CHECK(again->rebuilt);
    CHECK(again->state == LeaseState::locked);
    CHECK(again->clock_stopped_at == lease.clock_stopped_at);
    CHECK(again->expires_at == lease.expires_at);
    CHECK(again->workload.number == 1003);
    CHECK(again->workload.lease == lease.id);
    CHECK(again->workload.ports.front().host_port == lease.workload.ports.front().host_port);
    CHECK(again->password.empty());
    CHECK(encode_lease_file(*again) == text);
}

TEST_CASE("a file that was cut off anywhere is refused")
{
    const std::string text = encode_lease_file(kOne);
    for (size_t length = 0; length + 2 < text.size(); ++length)
        CHECK_FALSE(decode_lease_file(kOne.id, text.substr(0, length)).has_value());
}

TEST_CASE("a file with a value that no lease has is refused")
{
    const auto is_refused = [](const std::function<void(Lease&)>& spoil) {
        Lease lease = kOne;
        spoil(lease);
        return !decode_lease_file(kOne.id, encode_lease_file(lease)).has_value();
    };
    CHECK_FALSE(is_refused([](Lease&) {}));
    CHECK(is_refused([](Lease& lease) { lease.id = kOther.id; }));
    CHECK(is_refused([](Lease& lease) { lease.state = LeaseState::provisioning; }));
    CHECK(is_refused([](Lease& lease) { lease.owner = "nobody"; }));
    CHECK(is_refused([](Lease& lease) { lease.username = "ro\not"; }));
    CHECK(is_refused([](Lease& lease) { lease.container_id = "../../info"; }));
    CHECK(is_refused([](Lease& lease) { lease.container_id.clear(); }));
    CHECK(is_refused([](Lease& lease) { lease.workload.image = "-v /:/host"; }));
    CHECK(is_refused([](Lease& lease) { lease.workload.ports.front().host_port = 0; }));
    CHECK(is_refused([](Lease& lease) { lease.workload.ports.front().protocol = "sctp"; }));
    CHECK(is_refused([](Lease& lease) { lease.spec.memory_mb = uint64_t{1} << 60; }));
    CHECK(is_refused([](Lease& lease) { lease.duration = std::chrono::seconds{int64_t{1} << 40}; }));
}

TEST_CASE("only a lease whose very container is there is taken up")
{
    const auto count = [](const std::vector<compute::LabelledObject>& objects) {
        return rebuild_leases({file_of(kOne)}, objects, kLongest, now).leases.size();
    };
    CHECK(count({container_of(kOne)}) == 1);
    CHECK(count({}) == 0);
    CHECK(count({container_of(kOther)}) == 0);
    compute::LabelledObject object = container_of(kOne);
    object.id = std::string(64, 'e');
    CHECK(count({object}) == 0);
    object = container_of(kOne);
    object.name = "paygress-1004";
    CHECK(count({object}) == 0);
    object = container_of(kOne);
    object.kind = "network";
    CHECK(count({object}) == 0);
}

TEST_CASE("of two files with one number or port only one is taken up, and none that ends too late")
{
    Lease same_number = kOther;
    same_number.workload.number = kOne.workload.number;
    Lease same_port = kOther;
    same_port.workload.ports.front().host_port = kOne.workload.ports.front().host_port;
    Lease endless = kOther;
    endless.expires_at = now + kLongest + 1s;
    for (const Lease& other : {same_number, same_port, endless}) {
        const Rebuilt rebuilt =
            rebuild_leases({file_of(kOne), file_of(other)}, {container_of(kOne), container_of(other)}, kLongest, now);
        REQUIRE(rebuilt.leases.size() == 1);
        CHECK(rebuilt.leases.front().id == kOne.id);
        CHECK(rebuilt.refused.contains(kOther.id));
    }
}

struct Folder {
    Folder() { std::filesystem::remove_all(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("berth-leases-" + std::to_string(::getpid()));
};

TEST_CASE("a lease's file is there as it was last written, until it is removed")
{
    const Folder folder;
    LeaseFiles files{folder.path};
    CHECK(files.read()->empty());
    CHECK(files.write(kOne.id, {}).has_value());
    REQUIRE(files.write(kOne.id, "first").has_value());
    REQUIRE(files.write(kOne.id, "second").has_value());
    const auto read = files.read();
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 1);
    CHECK(read->front().lease == kOne.id);
    CHECK(*read->front().text == "second");
    REQUIRE(files.write(kOne.id, {}).has_value());
    CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("what is no small plain file is not read")
{
    const Folder folder;
    LeaseFiles files{folder.path};
    REQUIRE(files.write(kOne.id, "good").has_value());
    std::ofstream{folder.path / "00000000000000b1.json"} << std::string(kLeaseFileBytesMax + 1, ' ');
    std::filesystem::create_symlink("/dev/zero", folder.path / "00000000000000b2.json");
    std::filesystem::create_directory(folder.path / "00000000000000b3.json");
    std::ofstream{folder.path / "notes.json"} << "an operator's";
    const auto read = files.read();
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 4);
    for (const LeaseFileText& file : *read)
        CHECK(file.text.has_value() == (file.lease == kOne.id));
}

TEST_CASE("settled files are those of the rows, and refused ones are set aside")
{
    const Folder folder;
    LeaseFiles files{folder.path};
    for (const char* lease : {"00000000000000b1", "00000000000000b2", "00000000000000b3"})
        REQUIRE(files.write(lease, "old").has_value());
    REQUIRE(files.settle({{"00000000000000b1", "new"}, {kOne.id, "one"}}, {"00000000000000b2"}).has_value());
    const auto read = files.read();
    REQUIRE(read->size() == 2);
    CHECK(*read->at(0).text == "one");
    CHECK(*read->at(1).text == "new");
    CHECK(std::filesystem::exists(folder.path / "00000000000000b2.json.refused"));
    CHECK_FALSE(std::filesystem::exists(folder.path / "00000000000000b3.json"));
}

} // namespace
} // namespace berth::provider
