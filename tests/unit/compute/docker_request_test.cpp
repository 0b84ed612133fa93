#include "compute/docker_request.h"

#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

TEST_CASE("only unreserved characters travel unencoded")
{
    CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encode("a/b:c@d e&f=g?h#%\n") == "a%2Fb%3Ac%40d%20e%26f%3Dg%3Fh%23%25%0A");
    CHECK(percent_encode("\xc3\xa9") == "%C3%A9");
}

TEST_CASE("a label value with quotes stays one value of the filter")
{
    CHECK(make_label_filter("berth.lease", "a\"],\"x\":[\"") ==
          percent_encode(R"({"label":["berth.lease=a\"],\"x\":[\""]})"));
}

TEST_CASE("a container is asked for with every limit and without a bind mount")
{
    const std::string body = make_container_body({
        .name = "paygress-7",
        .image = "app:1",
        .command = {},
        .environment = {{"KEY", "a\",\"Privileged\":true,\"x\":\""}},
        .labels = {{"berth.lease", "L"}},
        .network = "net",
        .runtime = {},
        .ports = {{.container_port = 80, .host_port = 31000, .protocol = "tcp", .host_address = "127.0.0.1"},
                  {.container_port = 80, .host_port = 31001, .protocol = "tcp", .host_address = "127.0.0.1"}},
        .mounts = {{.volume = "v", .target = "/data"}},
        .cpu_millicores = 250,
        .memory_bytes = 32 << 20,
        .pids_max = 32,
        .nofile_max = 256,
    });
    const Json json = parse_json(body).value();
    const Json& host = json["HostConfig"];
    CHECK(json["Env"] == Json::array({"KEY=a\",\"Privileged\":true,\"x\":\""}));
    CHECK(host["NanoCpus"] == 250'000'000);
    CHECK(host["Memory"] == 32 << 20);
    CHECK(host["MemorySwap"] == host["Memory"]);
    CHECK(host["PidsLimit"] == 32);
    CHECK(host["CapDrop"] == Json::array({"ALL"}));
    CHECK(host["SecurityOpt"] == Json::array({"no-new-privileges"}));
    CHECK(host["Ulimits"][2] == Json{{"Name", "core"}, {"Soft", 0}, {"Hard", 0}});
    CHECK(host["CgroupnsMode"] == "private");
    CHECK(host["ShmSize"] == host["Memory"].get<uint64_t>() / 2);
    CHECK(host["Mounts"][0]["Type"] == "volume");
    CHECK(host["PortBindings"]["80/tcp"].size() == 2);
    CHECK(host["PortBindings"]["80/tcp"][1]["HostPort"] == "31001");
    CHECK(host["PortBindings"]["80/tcp"][1]["HostIp"] == "127.0.0.1");
    for (const char* member : {"Binds", "Privileged", "Runtime", "StorageOpt", "Devices"}) {
        CAPTURE(member);
        CHECK(!host.contains(member));
    }
    CHECK(!json.contains("Cmd"));
    CHECK(!json.contains("Entrypoint"));
}

TEST_CASE("a container has no health check, whatever its image says")
{
    const Json body = Json::parse(make_container_body({.name = "paygress-7", .image = "img:1"}));
    CHECK(body["Healthcheck"].dump() == R"({"Test":["NONE"]})");
}

TEST_CASE("a network is asked for with its subnet, its bridge and a check for its name")
{
    const Json json = parse_json(make_network_body({.name = "paygress-7",
                                                    .subnet = "10.213.0.112/28",
                                                    .bridge_name = "berth-7",
                                                    .labels = {{"berth.lease", "L"}}}))
                          .value();
    CHECK(json["IPAM"]["Config"][0]["Subnet"] == "10.213.0.112/28");
    CHECK(json["Options"]["com.docker.network.bridge.name"] == "berth-7");
    CHECK(json["CheckDuplicate"] == true);
    CHECK(json["Labels"]["berth.lease"] == "L");
}

TEST_CASE("Podman is told the bridge's name, too, and makes no resolver on it")
{
    const Json json = parse_json(make_libpod_network_body({.name = "paygress-7",
                                                           .subnet = "10.213.0.112/28",
                                                           .bridge_name = "berth-7",
                                                           .labels = {{"berth.lease", "L"}}}))
                          .value();
    CHECK(json["subnets"][0]["subnet"] == "10.213.0.112/28");
    CHECK(json["network_interface"] == "berth-7");
    CHECK(json["dns_enabled"] == false);
    CHECK(json["labels"]["berth.lease"] == "L");
}

} // namespace
} // namespace berth::compute
