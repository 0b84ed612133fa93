#include "daemon/image_config.h"

namespace berth::daemon {

namespace {

std::vector<compute::ImageRule> read_rules(TableReader& reader, const char* key)
{
    std::vector<compute::ImageRule> rules;
    for (const std::string& text : reader.texts(key)) {
        auto rule = compute::ImageRule::parse(text);
        if (rule)
            rules.push_back(std::move(*rule));
        else
            reader.problems().add("{}: {}: \"{}\": {}", reader.where(), key, text, rule.error().message);
    }
    return rules;
}

} // namespace

void read_images(const toml::table& table, provider::ImagePolicy& images, Problems& problems)
{
    TableReader reader{table, "[images]", problems};
    images.allow = read_rules(reader, "allow");
    images.deny = read_rules(reader, "deny");
    images.pull_deadline = std::chrono::seconds{reader.integer<int64_t>("pull_seconds_max", 100, 1, 3600)};
}

} // namespace berth::daemon
