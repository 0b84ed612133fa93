#include "cashu/mint_info.h"

#include "cashu/wire_json.h"
#include "util/utf8.h"

#include <charconv>

namespace berth::cashu {

namespace {

constexpr size_t kDetailLengthMax = 200;
constexpr size_t kListLengthMax = 256;

/// A text member that has no say in money: absent, null or of another type is empty.
std::string text_or_empty(const Json& object, const char* name)
{
    const Json* found = wire::find(object, name);
    return found && found->is_string() ? found->get<std::string>() : std::string{};
}

bool is_true(const Json& object, const char* name)
{
    const Json* found = wire::find(object, name);
    return found && found->is_boolean() && found->get<bool>();
}

Result<std::optional<PaymentMethod>> parse_method(const Json& object)
{
    PaymentMethod method;
    method.method = TRY(json_string(object, "method"));
    const std::string unit_text = TRY(json_string(object, "unit"));
    const Result<Unit> unit = parse_unit(unit_text);
    if (!unit)
        return std::optional<PaymentMethod>{};
    method.unit = *unit;
    method.amount_min = TRY(json_optional_u64(object, "min_amount"));
    method.amount_max = TRY(json_optional_u64(object, "max_amount"));
    return std::optional{std::move(method)};
}

Result<std::vector<PaymentMethod>> parse_methods(const Json& nuts, const char* number)
{
    std::vector<PaymentMethod> out;
    const Json* section = wire::find(nuts, number);
    if (!section || is_true(*section, "disabled"))
        return out;
    const std::vector<std::optional<PaymentMethod>> methods =
        TRY(wire::list<std::optional<PaymentMethod>>(*section, "methods", kListLengthMax, parse_method));
    for (const std::optional<PaymentMethod>& method : methods)
        if (method)
            out.push_back(*method);
    return out;
}

Result<std::string> parse_endpoint(const Json& object)
{
    return json_string(object, "path");
}

Result<std::optional<ResponseCache>> parse_cache(const Json& nuts)
{
    const Json* section = wire::find(nuts, "19");
    if (!section)
        return std::optional<ResponseCache>{};
    ResponseCache cache;
    cache.ttl_seconds = TRY(json_optional_u64(*section, "ttl"));
    cache.paths = TRY(wire::list<std::string>(*section, "cached_endpoints", kListLengthMax, parse_endpoint));
    return std::optional{std::move(cache)};
}

Result<std::vector<std::string>> parse_protected(const Json& nuts)
{
    std::vector<std::string> out;
    for (const char* number : {"21", "22"}) {
        const Json* section = wire::find(nuts, number);
        if (!section || !wire::find(*section, "protected_endpoints"))
            continue;
        const std::vector<std::string> paths =
            TRY(wire::list<std::string>(*section, "protected_endpoints", kListLengthMax, parse_endpoint));
        out.insert(out.end(), paths.begin(), paths.end());
    }
    return out;
}

std::set<uint32_t> parse_supported(const Json& nuts)
{
    std::set<uint32_t> out;
    if (!nuts.is_object())
        return out;
    for (const auto& [name, section] : nuts.items()) {
        uint32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size() && is_true(section, "supported"))
            out.insert(number);
    }
    return out;
}

OrderedJson methods_json(const std::vector<PaymentMethod>& methods)
{
    OrderedJson list = OrderedJson::array();
    for (const PaymentMethod& method : methods) {
        OrderedJson entry{{"method", method.method}, {"unit", name_of(method.unit)}};
        if (method.amount_min)
            entry["min_amount"] = *method.amount_min;
        if (method.amount_max)
            entry["max_amount"] = *method.amount_max;
        list.push_back(std::move(entry));
    }
    return OrderedJson{{"methods", std::move(list)}, {"disabled", methods.empty()}};
}

OrderedJson endpoints_json(const std::vector<std::string>& paths)
{
    OrderedJson list = OrderedJson::array();
    for (const std::string& path : paths)
        list.push_back({{"method", "POST"}, {"path", path}});
    return list;
}

} // namespace

Result<MintInfo> decode_mint_info(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    if (!body.is_object())
        return fail(Errc::bad_input, "a mint's info must be an object");
    MintInfo info{.name = text_or_empty(body, "name"),
                  .pubkey = text_or_empty(body, "pubkey"),
                  .version = text_or_empty(body, "version"),
                  .description = text_or_empty(body, "description"),
                  .motd = text_or_empty(body, "motd"),
                  .practice = is_true(body, "practice")};
    info.time = TRY(json_optional_u64(body, "time"));
    const Json* nuts = wire::find(body, "nuts");
    if (!nuts)
        return info;
    info.supported = parse_supported(*nuts);
    info.minting = TRY(parse_methods(*nuts, "4"));
    info.melting = TRY(parse_methods(*nuts, "5"));
    info.cache = TRY(parse_cache(*nuts));
    if (const Json* batches = wire::find(*nuts, "29"))
        info.batch_quotes_max = TRY(json_optional_u64(*batches, "max_batch_size"));
    info.protected_paths = TRY(parse_protected(*nuts));
    return info;
}

std::string encode_mint_info(const MintInfo& info)
{
    OrderedJson body{{"name", info.name},
                     {"pubkey", info.pubkey},
                     {"version", info.version},
                     {"description", info.description},
                     {"motd", info.motd}};
    if (info.time)
        body["time"] = *info.time;
    if (info.practice)
        body["practice"] = true;
    OrderedJson nuts{{"4", methods_json(info.minting)}, {"5", methods_json(info.melting)}};
    for (const uint32_t number : info.supported)
        nuts[std::to_string(number)] = {{"supported", true}};
    if (info.cache) {
        OrderedJson ttl = info.cache->ttl_seconds ? OrderedJson(*info.cache->ttl_seconds) : OrderedJson(nullptr);
        nuts["19"] = {{"ttl", std::move(ttl)}, {"cached_endpoints", endpoints_json(info.cache->paths)}};
    }
    if (info.batch_quotes_max)
        nuts["29"] = {{"max_batch_size", *info.batch_quotes_max}};
    if (!info.protected_paths.empty())
        nuts["21"] = {{"protected_endpoints", endpoints_json(info.protected_paths)}};
    body["nuts"] = std::move(nuts);
    return dump_json(body);
}

MintError decode_mint_error(std::string_view body)
{
    const Result<Json> parsed = parse_json(body, wire::kLimits);
    if (!parsed || !parsed->is_object())
        return MintError{.code = {}, .detail = printable(body, kDetailLengthMax)};
    MintError error;
    if (const Json* code = wire::find(*parsed, "code"); code && code->is_number_unsigned())
        error.code = code->get<uint64_t>();
    const Json* detail = wire::find(*parsed, "detail");
    if (detail && detail->is_string())
        error.detail = printable(detail->get_ref<const std::string&>(), kDetailLengthMax);
    else
        error.detail = printable(body, kDetailLengthMax);
    return error;
}

std::string encode_mint_error(uint64_t code, std::string_view detail)
{
    return dump_json(OrderedJson{{"detail", detail}, {"code", code}});
}

} // namespace berth::cashu
