#include "compute/docker_reply.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

Result<uint32_t> chosen(const char* oldest, const char* newest)
{
    return choose_api_minor({.version = "x", .api_newest = newest, .api_oldest = oldest});
}

TEST_CASE("the newest API version that both sides speak is chosen, and none is refused")
{
    CHECK(chosen("1.12", "1.41").value() == 41);
    CHECK(chosen("1.44", "1.52").value() == kApiMinorNewest);
    CHECK(chosen("", "1.43").value() == 43);
    CHECK(chosen("1.12", "1.40").error().code == Errc::refused);
    CHECK(chosen("1.46", "1.60").error().code == Errc::refused);
    CHECK(chosen("1.12", "2.0").error().code == Errc::corrupt);
    CHECK(chosen("1.12", "1.41x").error().code == Errc::corrupt);
}

TEST_CASE("Podman tells what it is among the components of its version")
{
    constexpr const char* docker = R"({"Version":"20.10.24","ApiVersion":"1.41","Components":[{"Name":"Engine"}]})";
    constexpr const char* podman =
        R"({"Version":"4.3.1","ApiVersion":"1.41","Components":[{"Name":"Podman Engine"},{"Name":"Conmon"}]})";
    CHECK(!parse_version(docker).value().is_podman);
    CHECK(parse_version(podman).value().is_podman);
    CHECK(!parse_version(R"({"Version":"4","ApiVersion":"1.41","Components":"Podman Engine"})").value().is_podman);
}

TEST_CASE("a container's state, labels and address are read")
{
    const ContainerDetails container =
        parse_container(R"({"Id":"abc","Name":"/paygress-7","State":{"Status":"exited","Running":false,"OOMKilled":true,
            "ExitCode":137},"Config":{"Labels":{"berth.lease":"L"}},"NetworkSettings":{"Networks":{"paygress-7":
            {"NetworkID":"n1","IPAddress":"10.213.0.114"}}}})")
            .value();
    CHECK(container.id == "abc");
    CHECK(container.name == "paygress-7");
    CHECK(container.exit_code == 137);
    CHECK(container.out_of_memory);
    CHECK(!container.running);
    CHECK(container.labels.at("berth.lease") == "L");
    CHECK(container.networks.at(0).ip == "10.213.0.114");
}

TEST_CASE("an answer without what we rely on is corrupt, not a default")
{
    CHECK(parse_container("{}").error().code == Errc::corrupt);
    CHECK(parse_container(R"({"Id":"","Name":"/x","State":{"Status":"running"}})").error().code == Errc::corrupt);
    CHECK(parse_container(R"({"Id":"a","Name":"/x"})").error().code == Errc::corrupt);
    CHECK(parse_created_id(R"({"Id":7})").error().code == Errc::corrupt);
    CHECK(parse_container_list("null").error().code == Errc::corrupt);
    CHECK(parse_container_list(R"([{"Names":["/x"]}])").error().code == Errc::corrupt);
    CHECK(parse_volume_list("[]").error().code == Errc::corrupt);
    CHECK(parse_network_list("<html>").error().code == Errc::corrupt);
}

TEST_CASE("lists may be empty in the Engine's own ways")
{
    CHECK(parse_container_list("[]").value().empty());
    CHECK(parse_volume_list(R"({"Volumes":null,"Warnings":null})").value().empty());
    CHECK(parse_volume_list(R"({"Volumes":[],"Warnings":null})").value().empty());
    CHECK(parse_network_list(R"([{"Id":"n","Name":"bridge","Labels":null}])").value().at(0).labels.empty());
}

TEST_CASE("an answer is told apart from silence, and the Engine's words decide where its status doesn't")
{
    struct Case {
        int status;
        const char* message;
        Errc code;
    };
    const Case cases[] = {
        {404, "No such image: x", Errc::not_found},
        {409, "Conflict. The container name \"/x\" is already in use by container \"y\"", Errc::conflict},
        {500, "the container name \"x\" is already in use", Errc::conflict},
        {400, "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", Errc::bad_input},
        {500, "listen tcp4 127.0.0.1:5000: bind: address already in use", Errc::conflict},
        {500, "Bind for 0.0.0.0:5000 failed: port is already allocated", Errc::conflict},
        {500, "could not select device driver \"nvidia\" with capabilities: [[gpu]]", Errc::refused},
        {403, "Pool overlaps with other one on this address space", Errc::conflict},
        {409, "network with name x already exists", Errc::conflict},
        {404, "could not find an available, non-overlapping IPv4 address pool among the defaults", Errc::unavailable},
        {503, "This node is not a swarm manager.", Errc::unavailable},
    };
    for (const Case& each : cases) {
        CAPTURE(each.message);
        CHECK(classify_failure(each.status, each.message) == each.code);
    }
}

TEST_CASE("only an Engine's own words make a 404 of a thing that is gone")
{
    CHECK(is_of_engine(R"({"message":"No such container: paygress-7"})"));
    CHECK(is_of_engine(R"({"cause":"no such container","message":"no container with name \"x\"","response":404})"));
    for (const char* other : {"404 page not found\n", R"({"message":"page not found"})", "<html>Not Found</html>", "",
                              "{}", R"({"message":7})", R"(["message"])"})
        CHECK(!is_of_engine(other));
}

TEST_CASE("where a container's bytes lie is read, without what is mounted from the host")
{
    const ContainerDisk disk =
        parse_container_disk(R"({"State":{"Pid":77},"GraphDriver":{"Data":{"UpperDir":"/d/upper"}},"Mounts":[)"
                             R"({"Type":"volume","Source":"/v/1"},{"Type":"bind","Source":"/etc"},{"Type":"tmpfs"}]})")
            .value();
    CHECK(disk.upper_directory == "/d/upper");
    CHECK(disk.volumes == std::vector<std::string>{"/v/1"});
    CHECK(disk.process == 77);
    // vfs, btrfs and zfs have no such directory.
    for (const char* bare : {R"({"GraphDriver":{"Data":null},"Mounts":null})", R"({"GraphDriver":{"Data":{}}})", "{}"})
        CHECK(parse_container_disk(bare).value().upper_directory.empty());
    CHECK(parse_container_disk("[").error().code == Errc::corrupt);
}

TEST_CASE("a size that the Engine counted is a number, and absent while nothing was written")
{
    CHECK(parse_layer_bytes(R"({"SizeRw":4096})").value() == 4096);
    CHECK(parse_layer_bytes(R"({"SizeRw":null})").value() == 0);
    CHECK(parse_layer_bytes("{}").value() == 0);
    for (const char* bad : {R"({"SizeRw":-1})", R"({"SizeRw":1.5})", R"({"SizeRw":"4096"})", "", "nothing"})
        CHECK(parse_layer_bytes(bad).error().code == Errc::corrupt);
}

TEST_CASE("the Engine's own facts are read, with the runtime that it takes by itself")
{
    const EngineInfo info =
        parse_info(R"({"ServerVersion":"20.10","NCPU":2,"MemTotal":1024,"Driver":"overlay2",)"
                   R"("DockerRootDir":"/d","DefaultRuntime":"runc","Runtimes":{"crun":{},"runc":{}}})")
            .value();
    CHECK(info.cpus == 2);
    CHECK(info.runtime == "runc");
    CHECK(info.runtimes == std::vector<std::string>{"crun", "runc"});
    CHECK(parse_info(R"({"ServerVersion":"4","Runtimes":null})").value().runtimes.empty());
    CHECK(parse_info("{}").error().code == Errc::corrupt);
}

TEST_CASE("what an image brings along is counted, and more than any image needs is refused")
{
    const auto check = [](const std::string& config) {
        return check_image_config(parse_image(R"({"Id":"sha256:a","Size":1,"Config":)" + config + "}").value().config);
    };
    const auto many = [](const char* format, size_t count) {
        std::string members;
        for (size_t i = 0; i < count; ++i)
            members += (i == 0 ? "" : ",") + fmt::format(fmt::runtime(format), i);
        return members;
    };
    CHECK(check("null").has_value());
    CHECK(check(R"({"Labels":null,"Env":["A=b"],"ExposedPorts":{"22/tcp":{}},"Volumes":{"/data":{}}})").has_value());
    const auto ports = [&](size_t count) {
        return R"({"Labels":{"a":"b"},"ExposedPorts":{)" + many(R"("{}/tcp":{{}})", count) + "}}";
    };
    CHECK(check(ports(kImageConfigEntriesMax - 1)).has_value());
    CHECK(check(ports(kImageConfigEntriesMax)).error().code == Errc::bad_input);
    const auto volumes = [&](size_t count) { return R"({"Volumes":{)" + many(R"("/v{}":{{}})", count) + "}}"; };
    CHECK(check(volumes(kImageVolumesMax)).has_value());
    CHECK(check(volumes(kImageVolumesMax + 1)).error().message == "an image with 17 volumes, the limit is 16");
    CHECK(check(R"({"Labels":{"a":")" + std::string(kImageConfigBytesMax, 'x') + "\"}}").error().code ==
          Errc::bad_input);
}

TEST_CASE("images are listed by their names, and those without one are nobody's")
{
    const auto images =
        parse_image_list(R"([{"Id":"sha256:1","Size":7,"RepoTags":["a:1","b:2"],)"
                         R"("RepoDigests":["a@sha256:9"]},{"Id":"sha256:2","RepoTags":["<none>:<none>"],)"
                         R"("RepoDigests":null},{"Id":"sha256:3","RepoTags":null}])")
            .value();
    REQUIRE(images.size() == 1);
    CHECK(images[0].size_bytes == 7);
    CHECK(images[0].names == std::vector<std::string>{"a:1", "b:2", "a@sha256:9"});
    CHECK(parse_image_list("{}").error().code == Errc::corrupt);
    CHECK(parse_image_list(R"([{"RepoTags":["a:1"]}])").error().code == Errc::corrupt);
}

TEST_CASE("what the registry says of an image is a digest or nothing")
{
    const std::string digest = "sha256:" + std::string(64, 'a');
    CHECK(parse_distribution(R"({"Descriptor":{"digest":")" + digest + R"("}})").value() == digest);
    for (const char* bad : {"{}", R"({"Descriptor":{"digest":"latest"}})", R"({"Descriptor":{"digest":"sha256:aa"}})"})
        CHECK(parse_distribution(bad).error().code == Errc::corrupt);
}

TEST_CASE("the message of a failure is short, whatever came")
{
    CHECK(parse_error_message(R"({"message":"No such container: x"})") == "No such container: x");
    CHECK(parse_error_message("page not found\n") == "page not found\n");
    CHECK(parse_error_message(std::string(100'000, 'x')).size() == 400);
}

} // namespace
} // namespace berth::compute
