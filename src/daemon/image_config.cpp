#include "daemon/image_config.h"

#include "util/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::daemon {

namespace {

constexpr size_t kPasswordLengthMax = 4096;
constexpr size_t kUsernameLengthMax = 256;

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

/// The first line of a file that is its owner's alone.
Result<crypto::Secret> load_password(const std::string& file)
{
    const FileDescriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    struct stat status {};
    if (!descriptor.is_open() || ::fstat(descriptor.get(), &status) != 0)
        return fail(Errc::not_found, "{}: {}", file, std::strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(Errc::refused, "{} is not a regular file", file);
    if ((status.st_mode & 077) != 0)
        return fail(Errc::refused, "{} is open to group or others: its mode must be 0600", file);
    std::array<uint8_t, kPasswordLengthMax + 1> buffer{};
    const ssize_t length = ::read(descriptor.get(), buffer.data(), buffer.size());
    const auto* end = buffer.data() + std::max<ssize_t>(length, 0);
    const auto* line_end = std::find(static_cast<const uint8_t*>(buffer.data()), end, '\n');
    crypto::Secret password{ByteView{static_cast<const uint8_t*>(buffer.data()), line_end}};
    crypto::wipe(buffer);
    if (password.empty() || password.expose().size() > kPasswordLengthMax)
        return fail(Errc::bad_input, "{} has no password of 1 to {} bytes in its first line", file, kPasswordLengthMax);
    return password;
}

} // namespace

void read_images(const toml::table& table, Config& config, Problems& problems)
{
    TableReader reader{table, "[images]", problems};
    provider::ImagePolicy& images = config.provider.images;
    images.allow = read_rules(reader, "allow");
    images.deny = read_rules(reader, "deny");
    images.pull_deadline = std::chrono::seconds{reader.integer<int64_t>("pull_seconds_max", 100, 1, 3600)};
    images.bytes_max = reader.integer<uint64_t>("size_mb_max", 10 * 1024, 1, 10'000'000) << 20;
    const double disk_gb = reader.number("disk_gb_max", 0.0, 0.001, 1e6);
    if (disk_gb > 0) {
        images.disk_bytes_max = static_cast<uint64_t>(disk_gb * static_cast<double>(1 << 30));
        images.bytes_max = std::min(images.bytes_max, *images.disk_bytes_max);
    }
    images.consumer_environment = reader.boolean("consumer_environment", images.consumer_environment);
    images.consumer_command = reader.boolean("consumer_command", images.consumer_command);
    config.docker.image_bytes_max = images.bytes_max;
}

void read_registry(const toml::table& table, Config& config, Problems& problems)
{
    TableReader reader{table, fmt::format("[[registries]] number {}", config.docker.registries.size() + 1), problems};
    const std::string host = reader.required_text("host");
    const std::string username = reader.required_text("username");
    const std::string password_file = reader.required_text("password_file");
    const auto any = compute::split_image_reference(host + "/any");
    const bool is_host = any && host.find('/') == std::string::npos && host.find_first_of(".:") != std::string::npos;
    if (!host.empty() && !is_host && host != "localhost")
        problems.add("{}: host is a registry's name and port, such as \"registry.example:5000\"", reader.where());
    if (username.size() > kUsernameLengthMax)
        problems.add("{}: username is longer than {} bytes", reader.where(), kUsernameLengthMax);
    auto password = password_file.empty() ? Result<crypto::Secret>{crypto::Secret{}} : load_password(password_file);
    if (!password)
        return problems.add("{}: password_file: {}", reader.where(), password.error().message);
    const std::string registry = compute::canonical_registry(host);
    if (!config.provider.images.private_registries.insert(registry).second)
        problems.add("{}: {} is there twice", reader.where(), host);
    config.docker.registries.push_back({.registry = registry, .username = username, .password = std::move(*password)});
}

} // namespace berth::daemon
