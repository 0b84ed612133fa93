#include "bench/raw_engine.h"

#include "bench/measure.h"
#include "bench/stage.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace berth::bench {

namespace {

constexpr const char* kNetwork = R"({{"Name":"berth-bench-{0}","CheckDuplicate":true,"Driver":"bridge",
"Internal":false,"EnableIPv6":false,"IPAM":{{"Driver":"default","Config":[{{"Subnet":"10.215.{1}.{2}/28"}}]}},
"Options":{{"com.docker.network.bridge.name":"bench-{0}","com.docker.network.bridge.enable_icc":"false"}},
"Labels":{{"berth.bench":"{0}"}}}})";

constexpr const char* kContainer = R"({{"Image":"{1}","Hostname":"berth-bench-{0}","Env":[],
"Entrypoint":["/bin/sh","-c"],"Cmd":["trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done"],
"Labels":{{"berth.bench":"{0}"}},"ExposedPorts":{{"22/tcp":{{}}}},"HostConfig":{{"NanoCpus":100000000,
"Memory":33554432,"MemorySwap":33554432,"PidsLimit":256,"Ulimits":[{{"Name":"nofile","Soft":1024,"Hard":1024}},
{{"Name":"nproc","Soft":16384,"Hard":16384}}],"CapDrop":["ALL"],"CapAdd":["CHOWN","DAC_OVERRIDE","FOWNER","KILL",
"NET_BIND_SERVICE","SETGID","SETUID","SYS_CHROOT"],"SecurityOpt":["no-new-privileges"],"Init":true,
"IpcMode":"private","OomScoreAdj":500,"LogConfig":{{"Type":"json-file","Config":{{"max-size":"1m","max-file":"2"}}}},
"RestartPolicy":{{"Name":"no"}},"PortBindings":{{"22/tcp":[{{"HostIp":"127.0.0.1","HostPort":"{3}"}}]}},
"NetworkMode":"{2}"}}}})";

constexpr unsigned kSubnetsPerThirdByte = 16;
constexpr unsigned kFirstPort = 32'400; // below the ports that the kernel gives to whoever connects

} // namespace

Result<void> RawEngine::call(const char* method, const std::string& path, std::string body)
{
    net::HttpRequest request;
    request.method = method;
    request.url = "http://docker" + path;
    request.unix_socket = socket_;
    request.timeout = std::chrono::seconds{120};
    if (!body.empty())
        request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    const net::HttpResponse response = TRY(http_.send(request));
    if (response.status >= 300)
        return fail(Errc::refused, "{} {}: {} {}", method, path, response.status, response.body);
    return {};
}

Result<void> RawEngine::make_network(unsigned number)
{
    return call(
        "POST", "/networks/create",
        fmt::format(fmt::runtime(kNetwork), number, number / kSubnetsPerThirdByte, number % kSubnetsPerThirdByte * 16));
}

Result<double> RawEngine::run(unsigned number, RawNetwork network)
{
    const std::string name = fmt::format("berth-bench-{}", number);
    const std::string container = fmt::format(fmt::runtime(kContainer), number, kImage,
                                              network == RawNetwork::none ? "bridge" : name, kFirstPort + number);
    if (network == RawNetwork::kept_ready)
        TRY(make_network(number));
    const Stopwatch watch;
    if (network == RawNetwork::in_line)
        TRY(make_network(number));
    TRY(call("POST", "/containers/create?name=" + name, container));
    TRY(call("POST", "/containers/" + name + "/start"));
    return watch.milliseconds();
}

Result<void> RawEngine::remove(unsigned number, RawNetwork network)
{
    const std::string name = fmt::format("berth-bench-{}", number);
    const auto removed = call("DELETE", "/containers/" + name + "?force=1&v=1");
    if (network != RawNetwork::none)
        TRY(call("DELETE", "/networks/" + name));
    return removed;
}

Result<double> RawEngine::run_and_remove(unsigned number, RawNetwork network)
{
    const double took = TRY(run(number, network));
    TRY(remove(number, network));
    return took;
}

Result<double> run_many(const std::string& socket, unsigned count, unsigned parallel)
{
    std::mutex mutex;
    std::optional<Error> failure;
    const auto all = [&](const auto& step) {
        std::atomic<unsigned> next{0};
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < parallel; ++i)
            threads.emplace_back([&] {
                RawEngine engine{socket};
                for (unsigned number = next++; number < count; number = next++)
                    if (const Result<void> done = step(engine, number); !done) {
                        const std::lock_guard lock{mutex};
                        failure = done.error();
                    }
            });
        for (std::thread& thread : threads)
            thread.join();
    };
    const Stopwatch watch;
    all([](RawEngine& engine, unsigned number) -> Result<void> {
        TRY(engine.run(number, RawNetwork::in_line));
        return {};
    });
    const double took = watch.milliseconds();
    all([](RawEngine& engine, unsigned number) { return engine.remove(number, RawNetwork::in_line); });
    if (failure)
        return Unexpected{*failure};
    return took;
}

} // namespace berth::bench
