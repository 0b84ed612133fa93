#include "compute/docker_client.h"
#include "engine_fixture.h"
#include "scripted_engine.h"

#include <csignal>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace berth::compute {
namespace {

/// A port of 127.0.0.1 that nobody uses at the moment.
uint16_t find_free_port()
{
    const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(handle, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    close(handle);
    return ntohs(address.sin_port);
}

/// What a TCP server on 127.0.0.1 says by itself.
std::string read_from_port(uint16_t port)
{
    const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string text;
    if (connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        char buffer[256];
        const ssize_t count = recv(handle, buffer, sizeof buffer, 0);
        if (count > 0)
            text.assign(buffer, static_cast<size_t>(count));
    }
    close(handle);
    return text;
}

WorkloadName name_of(const WorkloadSpec& spec)
{
    return {spec.number, spec.lease};
}

TEST_CASE_FIXTURE(EngineFixture, "a workload runs with an address of its own, and nothing is left after destroy")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(1);
    spec.data_path = "/data";

    const Result<Workload> made = backend->create(spec);

    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    CHECK(made->running);
    CHECK(made->status == "running");
    CHECK(made->ip.starts_with("10.214."));
    CHECK(object_count() == 3);
    const Result<Workload> again = backend->inspect(made->container_id);
    REQUIRE(again.has_value());
    CHECK(again->ip == made->ip);
    CHECK(backend->destroy(spec.lease).has_value());
    CHECK(object_count() == 0);
    CHECK(backend->destroy(spec.lease).has_value());
    CHECK(backend->inspect(made->container_id).error().code == Errc::not_found);
}

TEST_CASE_FIXTURE(EngineFixture, "the limits hold inside the container")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(2);
    spec.environment["GREETING"] = "hello, \"world\" $HOME";
    spec.command = {"/bin/sh", "-c",
                    "grep -h . /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null;"
                    "ulimit -n; grep -E 'NoNewPrivs|CapEff|Seccomp:' /proc/self/status; echo $GREETING; sleep 100"};
    const Result<Workload> made = backend->create(spec);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));

    std::string logs;
    const bool complete = eventually([&] {
        logs = backend->logs(made->container_id, 100, 4096).value_or("");
        return logs.find("hello") != std::string::npos;
    });

    CHECK(complete);
    CAPTURE(logs);
    CHECK(logs.find("33554432\n256\n") != std::string::npos);
    CHECK(logs.find("NoNewPrivs:\t1") != std::string::npos);
    CHECK(logs.find("Seccomp:\t2") != std::string::npos);
    CHECK(logs.find("CapEff:\t00000000000404eb") != std::string::npos);
    CHECK(logs.find("hello, \"world\" $HOME") != std::string::npos);
    CHECK(backend->logs(made->container_id, 100, 6).value_or("").size() == 6);
    CHECK(backend->logs(made->container_id, 1, 4096).value_or("").starts_with("hello"));
}

TEST_CASE_FIXTURE(EngineFixture, "a published port answers on the address it was bound to")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(3);
    const uint16_t port = find_free_port();
    spec.ports = {{.container_port = 7000, .host_port = port}};
    spec.command = {"/bin/sh", "-c", "while :; do echo from-inside | nc -l -p 7000; done"};

    const Result<Workload> made = backend->create(spec);

    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    CHECK(eventually([port] { return read_from_port(port) == "from-inside\n"; }));
}

TEST_CASE_FIXTURE(EngineFixture, "a program that does not exist ends at once, and not well")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(4);
    spec.command = {"/no/such/program"};

    const Result<Workload> made = backend->create(spec);

    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    CHECK(eventually([&] {
        const Result<Workload> workload = backend->inspect(made->container_id);
        return workload && !workload->running && workload->exit_code != 0; // 127 of Docker's init, 1 of Podman's
    }));
}

TEST_CASE_FIXTURE(EngineFixture, "an image that is not there is not found, and leaves nothing behind")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(5);
    spec.image = "berth-no-such-image:1";

    const Result<Workload> made = backend->create(spec);

    REQUIRE(!made.has_value());
    CHECK(made.error().code == Errc::not_found);
    CHECK(object_count() == 0);
    CHECK(backend->find_image(spec.image).value() == ImageState::absent);
    CHECK(backend->find_image(kTestImage).value() == ImageState::present);
}

TEST_CASE_FIXTURE(EngineFixture, "a host port in use is a conflict, and leaves nothing behind")
{
    if (is_missing())
        return;
    WorkloadSpec first = small_workload(6);
    WorkloadSpec second = small_workload(7);
    first.ports = {{.container_port = 7000, .host_port = find_free_port()}};
    second.ports = first.ports;
    REQUIRE(backend->create(first).has_value());

    const Result<Workload> made = backend->create(second);

    REQUIRE(!made.has_value());
    CHECK(made.error().code == Errc::conflict);
    CHECK(object_count() == 2);
}

TEST_CASE_FIXTURE(EngineFixture, "creating twice gives the same container")
{
    if (is_missing())
        return;
    const WorkloadSpec spec = small_workload(8);
    const Result<Workload> first = backend->create(spec);
    REQUIRE_MESSAGE(first.has_value(), (first ? "" : first.error().message));

    const Result<Workload> second = backend->create(spec);

    REQUIRE(second.has_value());
    CHECK(second->container_id == first->container_id);
    CHECK(second->network_id == first->network_id);
    CHECK(object_count() == 2);
}

TEST_CASE_FIXTURE(EngineFixture, "a number that another lease holds is a conflict, and that lease stays")
{
    if (is_missing())
        return;
    const WorkloadSpec holder = small_workload(9);
    WorkloadSpec intruder = holder;
    intruder.lease += "-other";
    intruder.data_path = "/data";
    const Result<Workload> held = backend->create(holder);
    REQUIRE_MESSAGE(held.has_value(), (held ? "" : held.error().message));

    const Result<Workload> made = backend->create(intruder);

    REQUIRE(!made.has_value());
    CHECK(made.error().code == Errc::conflict);
    CHECK(backend->prepare_network(name_of(intruder)).error().code == Errc::conflict);
    CHECK(backend->inspect(held->container_id).value().running);
    CHECK(object_count() == 2);
}

TEST_CASE_FIXTURE(EngineFixture, "what was prepared is used by create, or taken back by destroy")
{
    if (is_missing())
        return;
    WorkloadSpec spec = small_workload(0);
    spec.data_path = "/data";
    REQUIRE(backend->prepare_network(name_of(spec)).has_value());
    REQUIRE(backend->prepare_network(name_of(spec)).has_value());
    CHECK(object_count() == 1);
    const Result<Workload> made = backend->create(spec);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    CHECK(object_count() == 3);
    CHECK(backend->prepare_network(name_of(spec)).has_value());
    REQUIRE(backend->destroy(spec.lease).has_value());
    CHECK(object_count() == 0);

    REQUIRE(backend->prepare_network(name_of(spec)).has_value());
    CHECK(backend->destroy(spec.lease).has_value());
    CHECK(object_count() == 0);
}

TEST_CASE_FIXTURE(EngineFixture, "a plain image waits, ends at once when asked to, and runs again after create")
{
    if (is_missing())
        return;
    const WorkloadSpec spec = small_workload(1);
    const Result<Workload> made = backend->create(spec);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    EngineLink link{options.socket};
    DockerClient client{link};

    CHECK(client.stop_container(made->container_id, std::chrono::seconds{60}).has_value());

    const Result<Workload> stopped = backend->inspect(made->container_id);
    REQUIRE(stopped.has_value());
    CHECK(!stopped->running);
    CHECK(stopped->exit_code == 128 + SIGTERM); // 137 would mean that it had to be killed
    const Result<Workload> again = backend->create(spec);
    REQUIRE(again.has_value());
    CHECK(again->running);
    CHECK(again->container_id == made->container_id);
}

TEST_CASE_FIXTURE(EngineFixture, "a subnet that is in use is passed over")
{
    if (is_missing())
        return;
    options.subnet_pool = "10.215.7.0/27"; // two subnets
    const std::unique_ptr<Backend> narrow = make_docker_backend(options);
    REQUIRE(narrow->prepare_network(name_of(small_workload(0))).has_value());
    CHECK(narrow->prepare_network(name_of(small_workload(2))).has_value());
    CHECK(narrow->prepare_network(name_of(small_workload(4))).error().code == Errc::unavailable);
    CHECK(object_count() == 2);
}

TEST_CASE_FIXTURE(EngineFixture, "a registry that does not answer is unavailable")
{
    if (is_missing())
        return;
    const Result<StoredImage> pulled = backend->pull_image("127.0.0.1:9/app:1", std::chrono::seconds{30});
    REQUIRE(!pulled.has_value());
    CHECK(pulled.error().code == Errc::unavailable);
}

TEST_CASE_FIXTURE(EngineFixture, "the Engine tells what it is")
{
    if (is_missing())
        return;
    const Result<EngineInfo> info = backend->info();
    REQUIRE(info.has_value());
    CHECK(info->api_version.starts_with("1.4"));
    CHECK(info->cpus > 0);
    CHECK(info->memory_bytes > 0);
    CHECK(!info->runtimes.empty());
}

TEST_CASE("a container is not gone because something that is no Engine doesn't know it")
{
    for (const auto& [body, code] : {std::pair{R"({"message":"No such container: c"})", Errc::not_found},
                                     std::pair{R"({"message":"page not found"})", Errc::unavailable},
                                     std::pair{"<html>404 Not Found</html>", Errc::unavailable}}) {
        ScriptedEngine engine{[body = std::string{body}](const std::string&) {
            return ScriptedEngine::Answer{404, body};
        }};
        DockerOptions options;
        options.socket = engine.socket();
        CHECK(make_docker_backend(options)->inspect("c").error().code == code);
    }
}

TEST_CASE("an Engine that can't be reached is unavailable, whatever is asked of it")
{
    const std::unique_ptr<Backend> backend = make_docker_backend({.socket = "/nonexistent/docker.sock"});
    WorkloadSpec spec;
    spec.number = 1;
    spec.lease = "lease";
    spec.image = "busybox";
    spec.cpu_millicores = 100;
    spec.memory_mb = 32;
    CHECK(backend->info().error().code == Errc::unavailable);
    CHECK(backend->find_image("busybox").error().code == Errc::unavailable);
    CHECK(backend->create(spec).error().code == Errc::unavailable);
    CHECK(backend->prepare_network({.number = 1, .lease = "lease"}).error().code == Errc::unavailable);
    CHECK(backend->inspect("0123").error().code == Errc::unavailable);
    CHECK(backend->destroy("lease").error().code == Errc::unavailable);
    CHECK(backend->list_labelled().error().code == Errc::unavailable);
    CHECK(backend->logs("0123", 10, 100).error().code == Errc::unavailable);
}

} // namespace
} // namespace berth::compute
