#include "compute/lease_objects.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

WorkloadSpec sound_workload()
{
    WorkloadSpec spec;
    spec.number = 1000;
    spec.lease = "lease-1";
    spec.image = "app:1";
    spec.cpu_millicores = 500;
    spec.memory_mb = 64;
    return spec;
}

TEST_CASE("objects are named after the workload's number, and the bridge's name fits the kernel")
{
    CHECK(container_name(1000) == "paygress-1000");
    CHECK(volume_name(1000) == "paygress-1000-data");
    CHECK(bridge_name(999'999'999).size() == 15);
}

TEST_CASE("a workload without a limit, or with a string that could mislead, is bad input")
{
    CHECK(check_workload(sound_workload()).has_value());
    const auto is_refused = [](auto change) {
        WorkloadSpec spec = sound_workload();
        change(spec);
        const Result<void> checked = check_workload(spec);
        return !checked && checked.error().code == Errc::bad_input;
    };
    CHECK(is_refused([](WorkloadSpec& spec) { spec.lease.clear(); }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.number = 1'000'000'000; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.cpu_millicores = 0; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.memory_mb = 0; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.memory_mb = UINT64_MAX; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.pids_max = 0; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.nofile_max = 0; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.environment["A=B"] = "c"; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.environment[""] = "c"; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.environment["A"] = std::string{"b\0c", 3}; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.environment["A"] = "\xff"; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.command = {std::string{"\0", 1}}; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.ports = {{.container_port = 0}}; }));
    CHECK(is_refused([](WorkloadSpec& spec) { spec.ports = {{.container_port = 1, .protocol = "tcp/x"}}; }));
    for (const char* path : {"data", "/", "//", "/a/../b", "/..", "/a:ro"}) {
        CAPTURE(path);
        CHECK(is_refused([path](WorkloadSpec& spec) { spec.data_path = path; }));
    }
}

TEST_CASE("labels tell whose an object is")
{
    const Labels labels = make_labels({.number = 1000, .lease = "lease-1"}, {.provider_label = "p"});
    CHECK(labels == Labels{{"berth.lease", "lease-1"}, {"berth.provider", "p"}, {"berth.number", "1000"}});
    CHECK(belongs_to_lease(labels, "lease-1"));
    CHECK(!belongs_to_lease(labels, "lease-2"));
    CHECK(!belongs_to_lease({}, ""));
}

TEST_CASE("only a plain OS image keeps its stdin open, and every image runs its own command")
{
    WorkloadSpec spec = sound_workload();
    CHECK(!make_container_settings(spec, {}, "bridge").keep_stdin_open);
    spec.keep_alive = true;
    const ContainerSettings settings = make_container_settings(spec, {}, "bridge");
    CHECK(settings.keep_stdin_open);
    CHECK(settings.command.empty());
}

TEST_CASE("the disk is limited only where the operator says that the Engine can")
{
    WorkloadSpec spec = sound_workload();
    spec.disk_gb = 10;
    DockerOptions options;
    CHECK(make_container_settings(spec, options, "bridge").disk_gb_max == 0);
    options.limit_disk = true;
    CHECK(make_container_settings(spec, options, "bridge").disk_gb_max == 10);
}

} // namespace
} // namespace berth::compute
