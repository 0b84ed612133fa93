#include "daemon/config.h"

#include "cashu/lnurl.h"
#include "cashu/mint_url.h"
#include "compute/subnet_pool.h"
#include "daemon/disk_config.h"
#include "daemon/image_config.h"
#include "daemon/network_config.h"
#include "nostr/relay_url.h"
#include "provider/capacity.h"
#include "provider/requests.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <arpa/inet.h>

namespace berth::daemon {

namespace {

using provider::Options;

/// `berth-<number>` must fit the 15 characters of a bridge's name.
constexpr uint32_t kLeaseNumberMax = 999'999'999;
/// All that there will ever be.
constexpr uint64_t kSatsMax = 21'000'000ull * 100'000'000;

bool is_ip_address(const std::string& text)
{
    in6_addr parsed{};
    return inet_pton(AF_INET, text.c_str(), &parsed) == 1 || inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

void read_relays(TableReader& reader, Options& options)
{
    for (const std::string& text : reader.texts("relays")) {
        const auto url = nostr::normalise_relay_url(text);
        if (!url)
            reader.problems().add("{}: relay \"{}\": {}", reader.where(), text, url.error().message);
        else if (std::find(options.relays.begin(), options.relays.end(), *url) == options.relays.end())
            options.relays.push_back(*url);
    }
    if (options.relays.empty() || options.relays.size() > 16)
        reader.problems().add("{}: relays must name 1 to 16 relays", reader.where());
}

void read_mints(TableReader& reader, Options& options)
{
    const bool practice_allowed = reader.boolean("allow_practice_mints", false);
    for (const std::string& text : reader.texts("mints")) {
        const auto url = cashu::normalise_mint_url(text);
        if (!url)
            reader.problems().add("{}: mint \"{}\": {}", reader.where(), text, url.error().message);
        else if (url->starts_with("http://") && !cashu::is_local_or_onion(*url))
            reader.problems().add("{}: mint \"{}\": plain http is for loopback and onion hosts", reader.where(), text);
        else
            options.wallet.mints.push_back({.url = *url, .practice_allowed = practice_allowed});
    }
    if (options.wallet.mints.empty())
        reader.problems().add("{}: mints must name at least one mint", reader.where());
}

/// "1000-1999"
void read_lease_numbers(TableReader& reader, Options& options)
{
    const std::string text = reader.text("lease_numbers", "1000-1999");
    const char* end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, options.number_first);
    const bool has_dash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '-';
    const auto last = has_dash ? std::from_chars(first.ptr + 1, end, options.number_last) : first;
    if (!has_dash || last.ec != std::errc{} || last.ptr != end || options.number_first > options.number_last ||
        options.number_last > kLeaseNumberMax)
        reader.problems().add("{}: lease_numbers is a range such as \"1000-1999\", up to {}", reader.where(),
                              kLeaseNumberMax);
}

/// [provider] without its key file, which the caller reads.
std::string read_provider(TableReader& reader, Options& options)
{
    const std::string key_file = reader.required_text("key_file");
    options.name = reader.required_text("name");
    options.public_address = reader.required_text("public_address");
    if (options.public_address.find_first_of("/@ \t") != std::string::npos)
        reader.problems().add("{}: public_address is an IP address or a name, with no scheme and no port",
                              reader.where());
    const std::string location = reader.text("location", "");
    if (!location.empty())
        options.location = location;
    // The public client cuts both at fixed bytes, and crashes inside a character.
    for (const std::string& shown : {options.name, location})
        if (std::any_of(shown.begin(), shown.end(), [](char c) { return static_cast<signed char>(c) < 0x20; }))
            reader.problems().add("{}: name and location must be printable ASCII", reader.where());
    options.capabilities = reader.texts("capabilities", options.capabilities);
    read_relays(reader, options);
    read_mints(reader, options);
    options.wallet.require_dleq = reader.boolean("require_dleq", false);
    options.accept_unlocked_tokens = reader.boolean("accept_unlocked_tokens", true);
    options.heartbeat_interval = std::chrono::seconds{reader.integer<int64_t>("heartbeat_seconds", 60, 1, 110)};
    options.offer_interval = std::chrono::seconds{reader.integer<int64_t>("offer_seconds", 3600, 10, 86'400)};
    options.lease_min = std::chrono::seconds{reader.integer<int64_t>("lease_seconds_min", 60, 1, 86'400)};
    options.lease_max =
        std::chrono::seconds{reader.integer<int64_t>("lease_seconds_max", 30 * 86'400, 60, 3650ll * 86'400)};
    if (options.lease_min > options.lease_max)
        reader.problems().add("{}: lease_seconds_min is more than lease_seconds_max", reader.where());
    options.expiry_warning = std::chrono::seconds{reader.integer<int64_t>("expiry_warning_seconds", 600, 0, 604'800)};
    options.request_age_max = std::chrono::seconds{reader.integer<int64_t>("request_age_seconds_max", 900, 60, 86'400)};
    read_lease_numbers(reader, options);
    return key_file;
}

void read_spec(const toml::table& table, Options& options, Problems& problems)
{
    TableReader reader{table, fmt::format("[[specs]] number {}", options.specs.size() + 1), problems};
    provider::Spec spec;
    spec.id = reader.required_text("id");
    spec.name = reader.text("name", spec.id);
    spec.description = reader.text("description", "");
    spec.cpu_millicores = reader.integer<uint32_t>("cpu_millicores", 1000, 10, 1'000'000);
    spec.memory_mb = reader.integer<uint64_t>("memory_mb", 1024, 6, 16'000'000);
    spec.disk_gb = reader.integer<uint64_t>("disk_gb", 10, 0, 1'000'000);
    spec.rate_msats_per_sec = reader.integer<uint64_t>("rate_msats_per_sec", 0, 1, 1'000'000'000'000);
    if (!table.contains("rate_msats_per_sec"))
        problems.add("{}: rate_msats_per_sec is required", reader.where());
    const auto same = [&](const provider::Spec& other) { return other.id == spec.id; };
    if (std::any_of(options.specs.begin(), options.specs.end(), same))
        problems.add("{}: id \"{}\" is used twice", reader.where(), spec.id);
    options.specs.push_back(std::move(spec));
}

void read_capacity(const toml::table& table, Options& options, Problems& problems)
{
    TableReader reader{table, "[capacity]", problems};
    const auto optional = [&](const char* key) {
        const uint64_t value = reader.integer<uint64_t>(key, 0, 1, 1'000'000'000);
        return value ? std::optional{value} : std::nullopt;
    };
    options.capacity.cpu_millicores = optional("cpu_millicores");
    options.capacity.memory_mb = optional("memory_mb");
    options.capacity.storage_gb = optional("storage_gb");
    const auto factor = [&](const char* key) {
        return static_cast<uint32_t>(std::lround(reader.number(key, 1.0, 0.1, 1000.0) * provider::kThousandths));
    };
    options.capacity.cpu_overcommit = factor("cpu_overcommit");
    options.capacity.memory_overcommit = factor("memory_overcommit");
    options.capacity.storage_overcommit = factor("storage_overcommit");
    options.capacity.reservation_max =
        std::chrono::seconds{reader.integer<int64_t>("reservation_seconds_max", 600, 10, 86'400)};
}

void read_volumes(const toml::table& table, provider::VolumeOptions& volumes, Problems& problems)
{
    TableReader reader{table, "[volumes]", problems};
    volumes.encrypted = reader.boolean("encrypted", volumes.encrypted);
    volumes.sized = reader.boolean("sized", volumes.sized);
    volumes.lock_stops_clock = reader.boolean("lock_stops_clock", volumes.lock_stops_clock);
    volumes.locked_max = std::chrono::seconds{
        reader.integer<int64_t>("locked_seconds_max", volumes.locked_max.count(), 60, 365 * 86'400)};
}

void read_wallet(const toml::table& table, cashu::WalletOptions& wallet, Problems& problems)
{
    TableReader reader{table, "[wallet]", problems};
    const auto optional_sats = [&](const char* key) {
        const uint64_t sats = reader.integer<uint64_t>(key, 0, 1, kSatsMax);
        return sats ? std::optional{cashu::Msat{sats * 1000}} : std::nullopt;
    };
    wallet.exposure_max = optional_sats("exposure_sats_max");
    wallet.sweep.address = reader.text("sweep_address", "");
    wallet.sweep.above = optional_sats("sweep_above_sats");
    wallet.sweep.keep = cashu::Msat{reader.integer<uint64_t>("sweep_keep_sats", 0, 0, kSatsMax) * 1000};
    if (wallet.sweep.above && wallet.sweep.address.empty())
        problems.add("{}: sweep_above_sats needs a sweep_address", reader.where());
    if (wallet.sweep.address.empty())
        return;
    const auto url = cashu::lightning_address_url(wallet.sweep.address);
    if (!url)
        problems.add("{}: sweep_address: {}", reader.where(), url.error().message);
}

void read_docker(const toml::table& table, Config& config, Problems& problems)
{
    TableReader reader{table, "[docker]", problems};
    config.docker.socket = reader.text("socket", config.docker.socket);
    config.docker.runtime = reader.text("runtime", "");
    config.docker.own_network = reader.boolean("own_network", true);
    config.docker.subnet_pool = reader.text("subnet_pool", config.docker.subnet_pool);
    if (const auto pool = compute::SubnetPool::parse(config.docker.subnet_pool); !pool)
        problems.add("{}: subnet_pool: {}", reader.where(), pool.error().message);
}

void read_ports(const toml::table& table, Options& options, Problems& problems)
{
    TableReader reader{table, "[ports]", problems};
    const std::string text = reader.required_text("range");
    const auto range = compute::PortRange::parse(text);
    if (range)
        options.ports = *range;
    else if (!text.empty())
        problems.add("{}: range: {}", reader.where(), range.error().message);
    options.publish_address = reader.text("address", "0.0.0.0");
    // The Engine binds every address when it is given something that is none.
    if (!is_ip_address(options.publish_address))
        problems.add("{}: address \"{}\" is not an IP address", reader.where(), options.publish_address);
}

void read_templates(const std::filesystem::path& directory, Options& options, Problems& problems)
{
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
        if (entry.path().extension() != ".toml")
            continue;
        auto loaded = load_template(entry.path());
        if (!loaded)
            problems.add("{}", loaded.error().message);
        else if (const std::string slug = loaded->slug; !options.templates.emplace(slug, std::move(*loaded)).second)
            problems.add("{}: slug \"{}\" is used twice", entry.path().string(), slug);
    }
    if (error)
        problems.add("templates_dir: {}: {}", directory.string(), error.message());
}

/// What is set, and what of it and beside it consumers may set.
void read_template_environment(TableReader& reader, const std::string& file, compute::Template& entry)
{
    if (const toml::table* environment = reader.table("environment")) {
        TableReader names{*environment, file + " [environment]", reader.problems()};
        for (const auto& [key, value] : *environment) {
            const std::string name{key.str()};
            if (!provider::is_environment_name(name))
                reader.problems().add("{} [environment]: \"{}\" is no name of a variable", file, name);
            entry.environment.emplace(name, names.text(name.c_str(), ""));
        }
    }
    for (const std::string& name : reader.texts("consumer_environment")) {
        const auto own = entry.environment.find(name);
        if (!provider::is_environment_name(name))
            reader.problems().add("{}: consumer_environment: \"{}\" is no name of a variable", file, name);
        else if (own != entry.environment.end() && own->second.find("{password}") != std::string::npos)
            reader.problems().add("{}: consumer_environment: {} is the lease's password, not a consumer's", file, name);
        entry.consumer_environment.insert(name);
    }
}

void read_sections(TableReader& root, Config& config, std::string& key_file)
{
    Problems& problems = root.problems();
    const std::string templates_dir = root.text("templates_dir", "");
    const std::string log_level = root.text("log_level", "info");
    config.debug_log = log_level == "debug";
    if (!config.debug_log && log_level != "info")
        problems.add("{}: log_level is \"info\" or \"debug\"", root.where());
    if (const toml::table* table = root.table("provider")) {
        TableReader reader{*table, "[provider]", problems};
        key_file = read_provider(reader, config.provider);
    } else {
        problems.add("[provider] is required");
    }
    if (const toml::table* table = root.table("wallet"))
        read_wallet(*table, config.provider.wallet, problems);
    if (const toml::table* table = root.table("docker"))
        read_docker(*table, config, problems);
    if (const toml::table* table = root.table("network"))
        read_network(*table, config.network, config.docker, problems);
    if (const toml::table* table = root.table("ports"))
        read_ports(*table, config.provider, problems);
    else
        problems.add("[ports] is required");
    if (const toml::table* table = root.table("images"))
        read_images(*table, config, problems);
    if (const toml::table* table = root.table("capacity"))
        read_capacity(*table, config.provider, problems);
    if (const toml::table* table = root.table("disk"))
        read_disk(*table, config.provider.disk, problems);
    if (const toml::table* table = root.table("volumes"))
        read_volumes(*table, config.provider.volumes, problems);
    for (const toml::table* table : root.tables("registries"))
        read_registry(*table, config, problems);
    for (const toml::table* table : root.tables("specs"))
        read_spec(*table, config.provider, problems);
    if (config.provider.specs.empty())
        problems.add("[[specs]]: at least one spec is needed; the public client's default is the id \"basic\"");
    if (!templates_dir.empty())
        read_templates(templates_dir, config.provider, problems);
}

} // namespace

Result<Config> load_config(const std::filesystem::path& file)
{
    const toml::table table = TRY(parse_toml_file(file.string()));
    Problems problems;
    // A placeholder that the key file's own key replaces before anyone sees it.
    Bytes32 one{};
    one[31] = 1;
    const nostr::SecretKey placeholder = TRY(nostr::SecretKey::create(one));
    Config config{.state_dir = {}, .provider = Options{.key = placeholder}, .docker = {}};
    std::string key_file;
    {
        TableReader root{table, file.filename().string(), problems};
        config.state_dir = root.required_text("state_dir");
        read_sections(root, config, key_file);
    }
    if (!key_file.empty()) {
        auto key = nostr::load_secret_key(key_file);
        if (!key && problems.empty())
            return fail(key.error().code, "[provider]: key_file: {}", key.error().message);
        if (key)
            config.provider.key = std::move(*key);
        else
            problems.add("[provider]: key_file: {}", key.error().message);
    }
    if (!problems.empty())
        return fail(Errc::bad_input, "{}", problems.text());
    config.provider.seed_file = (config.state_dir / "wallet.seed").string();
    config.docker.provider_label = nostr::PublicKey::of(config.provider.key).hex().substr(0, 16);
    return config;
}

Result<compute::Template> load_template(const std::filesystem::path& file)
{
    const toml::table table = TRY(parse_toml_file(file.string()));
    Problems problems;
    compute::Template entry;
    {
        TableReader reader{table, file.filename().string(), problems};
        entry.slug = reader.required_text("slug");
        entry.description = reader.text("description", "");
        entry.image = reader.required_text("image");
        entry.data_path = reader.text("data_path", "");
        if (!entry.data_path.empty() && !entry.data_path.starts_with('/'))
            problems.add("{}: data_path begins with /", reader.where());
        entry.cpu_millicores_min = reader.integer<uint32_t>("cpu_millicores_min", 0);
        entry.memory_mb_min = reader.integer<uint64_t>("memory_mb_min", 0, 0, 1u << 30);
        entry.disk_gb_min = reader.integer<uint64_t>("disk_gb_min", 0, 0, 1u << 30);
        entry.nofile_max = reader.integer<uint32_t>("nofile_max", 1024, 64, 1u << 20);
        for (const toml::table* port : reader.tables("ports")) {
            TableReader port_reader{*port, file.filename().string() + " [[ports]]", problems};
            compute::TemplatePort made;
            made.container_port = port_reader.integer<uint16_t>("container_port", 0, 1);
            made.label = port_reader.required_text("label");
            made.scheme = port_reader.text("scheme", "tcp");
            entry.ports.push_back(std::move(made));
        }
        read_template_environment(reader, file.filename().string(), entry);
        entry.consumer_command = reader.boolean("consumer_command", false);
    }
    const auto reference = compute::parse_image_reference(entry.image);
    if (!reference)
        problems.add("{}: image: {}", file.filename().string(), reference.error().message);
    if (!problems.empty())
        return fail(Errc::bad_input, "{}", problems.text());
    return entry;
}

} // namespace berth::daemon
