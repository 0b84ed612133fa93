#include "nostr/nip11.h"

#include "util/json.h"

namespace berth::nostr {

namespace {

constexpr size_t kDocumentBytesMax = 131'072;
constexpr size_t kSupportedNipsMax = 1'000;

struct IntegerField {
    const char* name;
    std::optional<uint64_t> RelayInformation::*member;
    uint64_t smallest; ///< below this nothing of ours would get through
};

constexpr uint64_t kAnything = 0;
constexpr IntegerField kIntegerFields[] = {
    {"max_message_length", &RelayInformation::max_message_length, 1'024},
    {"max_subscriptions", &RelayInformation::max_subscriptions, 1},
    {"max_limit", &RelayInformation::max_limit, 1},
    {"max_subid_length", &RelayInformation::max_subid_length, 8},
    {"max_event_tags", &RelayInformation::max_event_tags, 4},
    {"max_content_length", &RelayInformation::max_content_length, 256},
    {"min_pow_difficulty", &RelayInformation::min_pow_difficulty, kAnything},
    {"created_at_lower_limit", &RelayInformation::created_at_lower_limit, kAnything},
    {"created_at_upper_limit", &RelayInformation::created_at_upper_limit, kAnything},
    {"default_limit", &RelayInformation::default_limit, 1},
};

struct BooleanField {
    const char* name;
    std::optional<bool> RelayInformation::*member;
};

constexpr BooleanField kBooleanFields[] = {
    {"auth_required", &RelayInformation::auth_required},
    {"payment_required", &RelayInformation::payment_required},
    {"restricted_writes", &RelayInformation::restricted_writes},
};

void read_limitation(RelayInformation& information, const Json& limitation)
{
    for (const IntegerField& field : kIntegerFields) {
        const Result<uint64_t> value = json_u64(limitation, field.name);
        if (value && *value >= field.smallest)
            information.*field.member = *value;
    }
    for (const BooleanField& field : kBooleanFields)
        if (const Result<bool> value = json_bool(limitation, field.name))
            information.*field.member = *value;
}

void read_supported_nips(RelayInformation& information, const Json& nips)
{
    if (!nips.is_array() || nips.size() > kSupportedNipsMax)
        return;
    for (const Json& nip : nips) {
        if (nip.is_string())
            information.supported_nips.push_back(nip.get<std::string>());
        else if (nip.is_number_unsigned())
            information.supported_nips.push_back(std::to_string(nip.get<uint64_t>()));
    }
}

} // namespace

RelayInformation parse_relay_information(std::string_view json)
{
    RelayInformation information;
    const Result<Json> document =
        parse_json(json, {.bytes_max = kDocumentBytesMax, .depth_max = 16, .items_max = 10'000});
    if (!document || !document->is_object())
        return information;
    if (const auto limitation = document->find("limitation"); limitation != document->end())
        read_limitation(information, *limitation);
    if (const auto nips = document->find("supported_nips"); nips != document->end())
        read_supported_nips(information, *nips);
    return information;
}

} // namespace berth::nostr
