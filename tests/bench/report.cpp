#include "bench/report.h"

#include "util/json.h"

#include <fmt/format.h>

namespace berth::bench {

namespace {

std::string verdict_of(const Line& line)
{
    const std::string value = fmt::format(fmt::runtime(line.is_ratio ? "{:.2f} x" : "{:.4g}"), line.value);
    return fmt::format("{:>8}  aim {:<5g} {}", value, line.aim, line.value <= line.aim ? "met" : "MISSED");
}

} // namespace

Line ratio_line(const char* name, const Samples& ours, const char* limit_name, const Samples& limit, double aim)
{
    return {.name = name,
            .measured = fmt::format("{:.0f} ms (± {:.0f})", ours.median(), ours.spread()),
            .limit = fmt::format("{} {:.0f} ms (± {:.0f})", limit_name, limit.median(), limit.spread()),
            .value = ours.median() / limit.median(),
            .aim = aim,
            .is_ratio = true};
}

std::string as_table(const std::vector<Line>& lines)
{
    std::string text = fmt::format("{:<26} {:<24} {:<34} {}\n", "", "berth", "limit in this run", "against the aim");
    for (const Line& line : lines)
        if (line.skipped.empty())
            text += fmt::format("{:<26} {:<24} {:<34} {}\n", line.name, line.measured, line.limit, verdict_of(line));
        else
            text += fmt::format("{:<26} SKIP: {}\n", line.name, line.skipped);
    return text;
}

std::string as_json(const std::vector<Line>& lines)
{
    Json all = Json::array();
    for (const Line& line : lines) {
        Json entry = {{"name", line.name}};
        if (line.skipped.empty())
            entry.update({{"measured", line.measured},
                          {"limit", line.limit},
                          {line.is_ratio ? "ratio" : "value", line.value},
                          {"aim", line.aim},
                          {"met", line.value <= line.aim}});
        else
            entry["skipped"] = line.skipped;
        all.push_back(std::move(entry));
    }
    return all.dump(2) + "\n";
}

} // namespace berth::bench
