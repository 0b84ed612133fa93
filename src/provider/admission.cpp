#include "provider/admission.h"

#include "compute/image_reference.h"
#include "provider/consumer_settings.h"
#include "provider/image_policy.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr uint16_t kSshPort = 22;
constexpr size_t kPasswordLength = 16;

bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_usable_username(const std::string& username)
{
    const auto allowed = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
    return !username.empty() && username.size() <= 32 && username[0] != '-' &&
           std::all_of(username.begin(), username.end(), allowed);
}

std::string make_password(crypto::Random& random)
{
    static constexpr std::string_view alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    std::string password;
    for (size_t i = 0; i < kPasswordLength; ++i)
        password.push_back(alphabet[random.below(alphabet.size())]);
    return password;
}

/// Our role in a standby set. Only the primary runs a workload here; we do not stand by for others.
std::optional<Refusal> judge_role(const SpawnRequest& request, const Options& options)
{
    if (request.replication_mode != "warm-standby")
        return std::nullopt;
    const nostr::PublicKey own = nostr::PublicKey::of(options.key);
    const auto names_us = [&](const std::string& text) {
        const auto key = nostr::PublicKey::parse(text);
        return key && *key == own;
    };
    if (request.primary_npub && names_us(*request.primary_npub))
        return std::nullopt;
    return Refusal{error_type::not_addressed,
                   "this provider is not the primary of this request, and it does not stand by for others"};
}

std::optional<Refusal> judge_template(const compute::Template& chosen, const Spec& spec)
{
    if (spec.cpu_millicores < chosen.cpu_millicores_min || spec.memory_mb < chosen.memory_mb_min ||
        spec.disk_gb < chosen.disk_gb_min)
        return Refusal{error_type::unknown_spec,
                       fmt::format("template {} needs at least {} millicores, {} MB memory and {} GB disk; spec {} has "
                                   "{}, {} and {}",
                                   chosen.slug, chosen.cpu_millicores_min, chosen.memory_mb_min, chosen.disk_gb_min,
                                   spec.id, spec.cpu_millicores, spec.memory_mb, spec.disk_gb)};
    return std::nullopt;
}

void apply_template(const compute::Template& chosen, Admission& admission)
{
    compute::WorkloadSpec& workload = admission.workload;
    workload.nofile_max = chosen.nofile_max;
    workload.data_path = chosen.data_path;
    workload.keep_alive = false;
    for (const auto& [name, value] : chosen.environment) {
        std::string filled = value;
        const size_t place = filled.find("{password}");
        if (place != std::string::npos)
            filled.replace(place, std::string_view{"{password}"}.size(), admission.password);
        workload.environment.emplace(name, std::move(filled));
    }
    for (const compute::TemplatePort& port : chosen.ports)
        workload.ports.push_back({.container_port = port.container_port, .label = port.label, .scheme = port.scheme});
}

} // namespace

bool is_usable_password(const std::string& password)
{
    return password.size() >= 12 && password.size() <= 64 &&
           std::all_of(password.begin(), password.end(), is_alphanumeric);
}

const Spec* find_spec(const std::optional<std::string>& id, const Options& options)
{
    if (!id)
        return &options.specs.front();
    const auto found =
        std::find_if(options.specs.begin(), options.specs.end(), [&](const Spec& spec) { return spec.id == *id; });
    return found == options.specs.end() ? nullptr : &*found;
}

std::chrono::seconds duration_of(cashu::Msat net, const Spec& spec)
{
    constexpr uint64_t century = 100ull * 365 * 24 * 3600;
    return std::chrono::seconds{static_cast<int64_t>(std::min(century, net.value / spec.rate_msats_per_sec))};
}

cashu::Msat price_of(std::chrono::seconds duration, const Spec& spec)
{
    return cashu::Msat{static_cast<uint64_t>(duration.count()) * spec.rate_msats_per_sec};
}

std::optional<Refusal> judge_duration(cashu::Msat net, const Spec& spec, const Options& options)
{
    const std::chrono::seconds duration = duration_of(net, spec);
    if (duration < options.lease_min)
        return Refusal{
            error_type::insufficient_payment,
            fmt::format("{} msat after the mint's fee buy {} s of {} at {} msat/s; the least is {} s ({} msat)",
                        net.value, duration.count(), spec.id, spec.rate_msats_per_sec, options.lease_min.count(),
                        price_of(options.lease_min, spec).value)};
    return std::nullopt;
}

std::variant<Admission, Refusal> admit(const SpawnRequest& request, const Options& options, crypto::Random& random)
{
    if (auto refusal = judge_role(request, options))
        return *refusal;
    const Spec* spec = find_spec(request.spec_id, options);
    if (!spec)
        return Refusal{error_type::unknown_spec, "no spec of that id is offered here"};

    Admission admission{.spec = *spec, .workload = {}, .username = {}, .password = {}};
    admission.username = is_usable_username(request.username) ? request.username : "root";
    admission.password = is_usable_password(request.password) ? request.password : make_password(random);
    compute::WorkloadSpec& workload = admission.workload;
    workload.cpu_millicores = spec->cpu_millicores;
    workload.memory_mb = spec->memory_mb;
    workload.disk_gb = spec->disk_gb;
    workload.publish_address = options.publish_address;
    workload.keep_alive = true;
    workload.ports.push_back({.container_port = kSshPort, .label = "ssh", .scheme = "ssh"});

    std::string image = request.image;
    const compute::Template* from = nullptr;
    if (request.template_slug) {
        const auto chosen = options.templates.find(*request.template_slug);
        if (chosen == options.templates.end())
            return Refusal{error_type::unknown_template, "no template of that slug is offered here"};
        from = &chosen->second;
        if (auto refusal = judge_template(*from, *spec))
            return *refusal;
        apply_template(*from, admission);
        image = from->image;
    }
    if (auto refusal = judge_settings(request.settings, from, options.images))
        return *refusal;
    apply_settings(request.settings, workload);
    const auto reference = compute::split_image_reference(image);
    auto text = compute::parse_image_reference(image);
    if (!reference || !text)
        return Refusal{error_type::image_not_found, "pod_image is not an image reference"};
    if (!from)
        if (auto refusal = judge_image(*reference, options.images))
            return *refusal;
    workload.image = std::move(*text);
    return admission;
}

} // namespace berth::provider
