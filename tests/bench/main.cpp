// berth_bench: prints berth's numbers, each beside its limit in the same run.

#include "bench/measurements.h"
#include "util/log.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace {

using namespace berth;

struct Measurement {
    const char* name;
    Result<bench::Lines> (*run)(bench::Stage&);
};

constexpr Measurement kMeasurements[] = {
    {"reply", bench::measure_request_reply}, {"containment", bench::measure_containment},
    {"pulls", bench::measure_pulls},         {"neighbours", bench::measure_neighbours},
    {"burst", bench::measure_burst},         {"fsyncs", bench::measure_fsyncs},
    {"memory", bench::measure_memory},       {"start", bench::measure_start},
};

int run(const bench::Settings& settings, const std::vector<std::string>& only, bool json)
{
    auto stage = bench::Stage::build(settings);
    if (!stage) {
        fmt::print(stderr, "bench: {}\n", stage.error().message);
        return 69;
    }
    bench::Lines lines;
    int status = 0;
    for (const Measurement& measurement : kMeasurements) {
        if (!only.empty() && std::find(only.begin(), only.end(), measurement.name) == only.end())
            continue;
        fmt::print(stderr, "bench: {} …\n", measurement.name);
        auto made = measurement.run(**stage);
        if (made) {
            lines.insert(lines.end(), made->begin(), made->end());
            continue;
        }
        lines.push_back({.name = measurement.name, .skipped = made.error().message});
        status = 1;
    }
    fmt::print("{}", json ? bench::as_json(lines) : bench::as_table(lines));
    return status;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"berth's numbers, each beside its limit in the same run"};
    bench::Settings settings;
    settings.berth = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "berth").string();
    bool json = false;
    bool quick = false;
    std::vector<std::string> only;
    app.add_option("--docker", settings.docker_socket, "The Engine's socket")->envname("BERTH_TEST_DOCKER");
    app.add_option("--berth", settings.berth, "The binary to be measured")->capture_default_str();
    app.add_option("--samples", settings.samples, "Samples of request-to-reply, containment, pulls and the start")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    app.add_option("--bursts", settings.bursts, "Bursts of fifty consumers")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    app.add_option("--only", only, "Some of reply, containment, pulls, neighbours, burst, fsyncs, memory, start");
    app.add_flag("--quick", quick, "Three samples, thirty pages, one burst of ten consumers: a look, no measurement");
    app.add_flag("--json", json, "Print JSON");
    CLI11_PARSE(app, argc, argv);
    berth::log::set_level(berth::log::Level::warn);
    if (quick) {
        settings.samples = 3;
        settings.consumers = 10;
        settings.bursts = 1;
        settings.pages = 30;
    }
    return run(settings, only, json);
}
