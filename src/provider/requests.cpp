#include "provider/requests.h"

#include "util/json.h"

#include <algorithm>
#include <charconv>

namespace berth::provider {

namespace {

constexpr size_t kBodyBytesMax = 81'920;
constexpr size_t kFieldBytesMax = 512;
constexpr size_t kStandbyProvidersMax = 16;

bool is_short(std::string_view text)
{
    return text.size() <= kFieldBytesMax && text.find('\0') == std::string_view::npos;
}

/// A short text of a consumer: bounded, and without NUL.
Result<std::string> short_text(const Json& body, const char* member)
{
    std::string text = TRY(json_string(body, member));
    if (!is_short(text))
        return fail(Errc::bad_input, "{} must be at most {} bytes without NUL", member, kFieldBytesMax);
    return text;
}

Result<std::optional<std::string>> optional_short_text(const Json& body, const char* member)
{
    const auto found = body.find(member);
    if (found == body.end() || found->is_null())
        return std::optional<std::string>{};
    std::string text = TRY(short_text(body, member));
    return std::optional<std::string>{std::move(text)};
}

Result<void> parse_replication(const Json& body, SpawnRequest& request)
{
    const auto found = body.find("replication");
    if (found == body.end() || found->is_null())
        return {};
    request.replication_mode = TRY(short_text(*found, "mode"));
    if (request.replication_mode == "none" || request.replication_mode == "checkpointed")
        return {};
    if (request.replication_mode != "warm-standby")
        return fail(Errc::bad_input, "replication.mode must be none, checkpointed or warm-standby");
    const auto providers = found->find("standby_providers");
    if (providers == found->end() || !providers->is_array() || providers->size() > kStandbyProvidersMax)
        return fail(Errc::bad_input, "replication.standby_providers must list at most {} keys", kStandbyProvidersMax);
    for (const Json& key : *providers) {
        if (!key.is_string() || !is_short(key.get_ref<const std::string&>()))
            return fail(Errc::bad_input, "replication.standby_providers must hold strings of at most {} bytes",
                        kFieldBytesMax);
        request.standby_providers.push_back(key.get<std::string>());
    }
    return {};
}

Result<std::optional<VolumeEncryption>> parse_volume_encryption(const Json& body)
{
    const auto found = body.find("volume_encryption");
    if (found == body.end() || found->is_null())
        return std::optional<VolumeEncryption>{};
    VolumeEncryption encryption;
    const std::optional<uint64_t> version = TRY(json_optional_u64(*found, "version"));
    encryption.version = version.value_or(1);
    encryption.algorithm = TRY(short_text(*found, "algorithm"));
    encryption.key_b64 = TRY(short_text(*found, "key_b64"));
    return std::optional{std::move(encryption)};
}

bool is_setting(const Json& value)
{
    if (!value.is_string())
        return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.size() <= kSettingBytesMax && text.find('\0') == std::string::npos;
}

Result<void> parse_environment(const Json& given, ConsumerSettings& settings)
{
    if (!given.is_object() || given.size() > kEnvironmentNamesMax)
        return fail(Errc::bad_input, "environment must be an object of at most {} members", kEnvironmentNamesMax);
    for (const auto& item : given.items()) {
        if (!is_environment_name(item.key()))
            return fail(Errc::bad_input,
                        "a name in environment has 1 to {} letters, digits and '_', and does not begin with a digit",
                        kEnvironmentNameBytesMax);
        if (!is_setting(item.value()))
            return fail(Errc::bad_input, "environment.{} must be a string of at most {} bytes without NUL", item.key(),
                        kSettingBytesMax);
        settings.environment.emplace(item.key(), item.value().get<std::string>());
    }
    return {};
}

Result<void> parse_command(const Json& given, ConsumerSettings& settings)
{
    if (!given.is_array() || given.size() > kCommandWordsMax)
        return fail(Errc::bad_input, "command must be a list of at most {} words", kCommandWordsMax);
    for (const Json& word : given) {
        if (!is_setting(word))
            return fail(Errc::bad_input, "command must hold strings of at most {} bytes without NUL", kSettingBytesMax);
        settings.command.push_back(word.get<std::string>());
    }
    return {};
}

size_t bytes_of(const ConsumerSettings& settings)
{
    size_t bytes = 0;
    for (const auto& [name, value] : settings.environment)
        bytes += name.size() + value.size();
    for (const std::string& word : settings.command)
        bytes += word.size();
    return bytes;
}

Result<ConsumerSettings> parse_settings(const Json& body)
{
    ConsumerSettings settings;
    if (const auto found = body.find("environment"); found != body.end() && !found->is_null())
        TRY(parse_environment(*found, settings));
    if (const auto found = body.find("command"); found != body.end() && !found->is_null())
        TRY(parse_command(*found, settings));
    if (bytes_of(settings) > kSettingsBytesMax)
        return fail(Errc::bad_input, "environment and command must be at most {} bytes together", kSettingsBytesMax);
    return settings;
}

/// What a spawn and its quote share and may leave out.
Result<void> parse_options(const Json& body, SpawnRequest& request)
{
    request.spec_id = TRY(optional_short_text(body, "pod_spec_id"));
    request.template_slug = TRY(optional_short_text(body, "template_slug"));
    if (request.template_slug && request.template_slug->empty())
        request.template_slug.reset();
    request.primary_npub = TRY(optional_short_text(body, "primary_npub"));
    request.workload_id = TRY(optional_short_text(body, "workload_id"));
    TRY(parse_replication(body, request));
    request.volume_encryption = TRY(parse_volume_encryption(body));
    request.settings = TRY(parse_settings(body));
    return {};
}

Result<Request> parse_spawn(const Json& body)
{
    SpawnRequest request;
    request.cashu_token = TRY(json_string(body, "cashu_token"));
    request.image = TRY(short_text(body, "pod_image"));
    request.username = TRY(short_text(body, "ssh_username"));
    request.password = TRY(short_text(body, "ssh_password"));
    TRY(parse_options(body, request));
    return Request{std::move(request)};
}

Result<Request> parse_quote(const Json& body)
{
    QuoteRequest request;
    const std::optional<std::string> image = TRY(optional_short_text(body, "pod_image"));
    request.wish.image = image.value_or("");
    const std::optional<std::string> username = TRY(optional_short_text(body, "ssh_username"));
    request.wish.username = username.value_or("root");
    TRY(parse_options(body, request.wish));
    request.amount_msat = TRY(json_optional_u64(body, "amount_msat"));
    return Request{std::move(request)};
}

/// Requests that only berth knows carry a member `request`, looked at before the public shapes.
Result<Request> parse_named(const Json& body)
{
    const std::string name = TRY(short_text(body, "request"));
    if (name == "quote")
        return parse_quote(body);
    if (name != "access" && name != "stop" && name != "unlock" && name != "logs")
        return fail(Errc::bad_input, "this provider does not know the request named there");
    std::string pod = TRY(short_text(body, "pod_id"));
    if (name == "unlock") {
        auto encryption = TRY(parse_volume_encryption(body));
        if (!encryption)
            return fail(Errc::bad_input, "an unlock request has a volume_encryption");
        return Request{UnlockRequest{std::move(pod), std::move(*encryption)}};
    }
    if (name == "logs") {
        const std::optional<uint64_t> tail = TRY(json_optional_u64(body, "tail"));
        if (tail && (*tail == 0 || *tail > kLogLinesMax))
            return fail(Errc::bad_input, "tail must be from 1 to {}", kLogLinesMax);
        return Request{LogsRequest{std::move(pod), static_cast<uint32_t>(tail.value_or(kLogLinesDefault))}};
    }
    if (name == "stop")
        return Request{StopRequest{std::move(pod)}};
    return Request{AccessRequest{std::move(pod)}};
}

} // namespace

Result<Request> parse_request(std::string_view text)
{
    const Json body = TRY(parse_json(text, JsonLimits{.bytes_max = kBodyBytesMax, .depth_max = 16, .items_max = 4096}));
    if (!body.is_object())
        return fail(Errc::bad_input, "a request is a JSON object");
    if (const auto name = body.find("request"); name != body.end() && !name->is_null())
        return parse_named(body);
    if (body.contains("cashu_token") && (body.contains("pod_image") || body.contains("ssh_username")))
        return parse_spawn(body);
    if (body.contains("pod_npub") && body.contains("cashu_token")) {
        TopUpRequest request;
        request.pod = TRY(short_text(body, "pod_npub"));
        request.cashu_token = TRY(json_string(body, "cashu_token"));
        return Request{std::move(request)};
    }
    if (body.contains("pod_id")) {
        std::string pod = TRY(short_text(body, "pod_id"));
        return Request{StatusRequest{std::move(pod)}};
    }
    return fail(Errc::bad_input, "neither a spawn, a top-up nor a status request");
}

bool is_environment_name(std::string_view name)
{
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
    };
    return !name.empty() && name.size() <= kEnvironmentNameBytesMax && !is_digit(name.front()) &&
           std::all_of(name.begin(), name.end(), allowed);
}

std::optional<uint32_t> parse_pod_number(std::string_view pod)
{
    constexpr std::string_view prefix = "container-";
    if (pod.starts_with(prefix))
        pod.remove_prefix(prefix.size());
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(pod.data(), pod.data() + pod.size(), number);
    if (error != std::errc{} || end != pod.data() + pod.size() || pod.empty())
        return std::nullopt;
    return number;
}

} // namespace berth::provider
