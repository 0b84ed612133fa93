#include "consumer/marketplace.h"

#include "util/json.h"

#include <algorithm>
#include <map>

namespace berth::consumer {

namespace {

constexpr int64_t kOnlineSeconds = 120;
constexpr int64_t kHeartbeatWindow = 300;
constexpr size_t kSpecsMax = 64;
/// The word of an offer whose provider listens for kind 21059.
constexpr const char* kEphemeralRequests = "ephemeral-requests";
constexpr size_t kTemplatesMax = 256;

/// A spec is shown only when it is whole.
std::optional<OfferedSpec> parse_spec(const Json& json)
{
    const auto id = json_string(json, "id");
    const auto name = json_string(json, "name");
    const auto cpu = json_u64(json, "cpu_millicores");
    const auto memory = json_u64(json, "memory_mb");
    const auto rate = json_u64(json, "rate_msats_per_sec");
    if (!id || !name || !cpu || !memory || !rate)
        return std::nullopt;
    OfferedSpec spec{*id, *name, *cpu, *memory, *rate};
    if (const auto slots = json_u64(json, "free_slots"))
        spec.free_slots = *slots;
    return spec;
}

std::vector<std::string> texts_of(const Json& body, const char* member)
{
    std::vector<std::string> texts;
    if (const auto found = body.find(member); found != body.end() && found->is_array())
        for (const Json& text : *found)
            if (text.is_string())
                texts.push_back(text.get<std::string>());
    return texts;
}

std::vector<OfferedTemplate> templates_of(const Json& body)
{
    std::vector<OfferedTemplate> templates;
    const auto all = body.find("template_minimums");
    for (const std::string& slug : texts_of(body, "templates")) {
        OfferedTemplate offered{.slug = slug};
        if (all != body.end() && all->is_object() && all->contains(slug)) {
            const Json& least = all->at(slug);
            offered.cpu_millicores_min = json_u64(least, "cpu_millicores").value_or(uint64_t{0});
            offered.memory_mb_min = json_u64(least, "memory_mb").value_or(uint64_t{0});
            offered.disk_gb_min = json_u64(least, "disk_gb").value_or(uint64_t{0});
        }
        templates.push_back(std::move(offered));
        if (templates.size() >= kTemplatesMax)
            break;
    }
    return templates;
}

std::optional<ProviderView> parse_offer(const nostr::Event& event)
{
    const auto body = parse_json(event.content);
    if (!body)
        return std::nullopt;
    const auto claimed = json_string(*body, "provider_npub");
    const auto name = json_string(*body, "hostname");
    if (!claimed || !name)
        return std::nullopt;
    // An offer is its author's: anybody can publish one that names somebody else.
    const auto key = nostr::PublicKey::parse(*claimed);
    if (!key || key->bytes() != event.pubkey)
        return std::nullopt;
    ProviderView view{.key = *key,
                      .name = *name,
                      .location = {},
                      .specs = {},
                      .templates = templates_of(*body),
                      .mints = {},
                      .capabilities = {},
                      .lock_key = {},
                      .payment_request = {},
                      .last_seen = {}};
    const auto location = json_optional_string(*body, "location");
    if (location && *location)
        view.location = **location;
    if (const auto specs = body->find("specs"); specs != body->end() && specs->is_array())
        for (size_t i = 0; i < std::min(specs->size(), kSpecsMax); ++i)
            if (auto spec = parse_spec((*specs)[i]))
                view.specs.push_back(std::move(*spec));
    view.mints = texts_of(*body, "whitelisted_mints");
    view.capabilities = texts_of(*body, "capabilities");
    if (const auto lock_key = json_optional_string(*body, "p2pk_key"); lock_key && *lock_key)
        view.lock_key = **lock_key;
    if (const auto request = json_optional_string(*body, "payment_request"); request && *request)
        view.payment_request = **request;
    return view;
}

void apply_heartbeat(const nostr::Event& event, ProviderView& view, int64_t now)
{
    const auto body = parse_json(event.content);
    if (!body)
        return;
    const auto timestamp = json_u64(*body, "timestamp");
    if (!timestamp || *timestamp > static_cast<uint64_t>(now) + kOnlineSeconds)
        return;
    const auto seen = static_cast<int64_t>(*timestamp);
    if (view.last_seen && *view.last_seen >= seen)
        return;
    view.last_seen = seen;
    view.online = now - seen < kOnlineSeconds;
    if (const auto slots = body->find("free_slots"); slots != body->end() && slots->is_object())
        for (OfferedSpec& spec : view.specs)
            if (const auto count = json_u64(*slots, spec.id.c_str()))
                spec.free_slots = *count;
    const auto capacity = body->find("available_capacity");
    if (capacity == body->end())
        return;
    view.cpu_available = json_u64(*capacity, "cpu_available").value_or(uint64_t{0});
    view.memory_available = json_u64(*capacity, "memory_mb_available").value_or(uint64_t{0});
}

OrderedJson encryption_with(const std::string& volume_key)
{
    return {{"version", 1}, {"algorithm", "luks2-aes-xts"}, {"key_b64", volume_key}};
}

void add_settings(OrderedJson& body, const ContainerSettings& settings)
{
    if (!settings.environment.empty())
        body["environment"] = settings.environment;
    if (!settings.command.empty())
        body["command"] = settings.command;
}

} // namespace

std::vector<ProviderView> list_providers(Session& session, std::chrono::milliseconds wait)
{
    nostr::Filter offers;
    offers.kinds = {nostr::kind::offer};
    offers.tags['t'] = {"paygress"};
    std::map<Bytes32, ProviderView> providers;
    for (const nostr::Event& event : session.fetch(offers, wait))
        if (auto view = parse_offer(event))
            providers.insert_or_assign(event.pubkey, std::move(*view));
    if (providers.empty())
        return {};
    const int64_t now = unix_seconds(wall_clock_now());
    nostr::Filter beats;
    beats.kinds = {nostr::kind::heartbeat};
    for (const auto& [pubkey, view] : providers)
        beats.authors.push_back(pubkey);
    beats.since = now - kHeartbeatWindow;
    for (const nostr::Event& event : session.fetch(beats, wait)) {
        const auto found = providers.find(event.pubkey);
        if (found != providers.end())
            apply_heartbeat(event, found->second, now);
    }
    std::vector<ProviderView> views;
    for (auto& [pubkey, view] : providers)
        views.push_back(std::move(view));
    return views;
}

bool hears_ephemeral_requests(Session& session, const nostr::PublicKey& provider, std::chrono::milliseconds wait)
{
    nostr::Filter offers;
    offers.kinds = {nostr::kind::offer};
    offers.authors = {provider.bytes()};
    for (const nostr::Event& event : session.fetch(offers, wait)) {
        const auto view = parse_offer(event);
        if (view && view->key == provider &&
            std::find(view->capabilities.begin(), view->capabilities.end(), kEphemeralRequests) !=
                view->capabilities.end())
            return true;
    }
    return false;
}

std::string encode_unlock(const std::string& pod, const std::string& volume_key)
{
    return dump_json(
        OrderedJson{{"request", "unlock"}, {"pod_id", pod}, {"volume_encryption", encryption_with(volume_key)}});
}

std::string encode_spawn(const SpawnWish& wish)
{
    OrderedJson body{{"cashu_token", wish.token}};
    if (!wish.spec_id.empty())
        body["pod_spec_id"] = wish.spec_id;
    body["pod_image"] = wish.image;
    body["ssh_username"] = wish.username;
    body["ssh_password"] = wish.password;
    if (!wish.template_slug.empty())
        body["template_slug"] = wish.template_slug;
    if (!wish.volume_key.empty())
        body["volume_encryption"] = encryption_with(wish.volume_key);
    add_settings(body, wish.settings);
    return dump_json(body);
}

std::string encode_top_up(const std::string& pod, const std::string& token)
{
    return dump_json(OrderedJson{{"pod_npub", pod}, {"cashu_token", token}});
}

std::string encode_status_request(const std::string& pod)
{
    return dump_json(OrderedJson{{"pod_id", pod}});
}

std::string encode_logs_request(const std::string& pod, uint32_t lines)
{
    return dump_json(Json{{"request", "logs"}, {"pod_id", pod}, {"tail", lines}});
}

std::string encode_named_request(const std::string& request, const std::string& pod)
{
    return dump_json(OrderedJson{{"request", request}, {"pod_id", pod}});
}

std::string encode_quote_request(const QuoteWish& wish)
{
    OrderedJson body{{"request", "quote"}, {"pod_image", wish.image}};
    if (!wish.spec_id.empty())
        body["pod_spec_id"] = wish.spec_id;
    if (!wish.template_slug.empty())
        body["template_slug"] = wish.template_slug;
    if (wish.amount_msat)
        body["amount_msat"] = *wish.amount_msat;
    add_settings(body, wish.settings);
    return dump_json(body);
}

} // namespace berth::consumer
