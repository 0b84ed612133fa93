#include "local/relay_info.h"

#include "util/json.h"

namespace berth::local {

std::string relay_information(const RelayIdentity& identity, const RelayLimits& limits, const RelayPolicy& policy)
{
    Json document{
        {"name", identity.name},
        {"description", identity.description},
        {"software", "berth"},
        {"version", BERTH_VERSION},
        {"supported_nips", {1, 9, 11, 40, 42, 67, 70}},
        {"limitation",
         {{"max_message_length", limits.message_bytes_max},
          {"max_subscriptions", limits.subscriptions_max},
          {"max_filters", limits.filters_max},
          {"max_limit", limits.limit_max},
          {"default_limit", limits.limit_max},
          {"max_subid_length", limits.subscription_id_bytes_max},
          {"max_event_tags", 500},
          {"created_at_upper_limit", limits.future_max.count()},
          {"auth_required", false},
          {"payment_required", false},
          {"restricted_writes", !policy.kinds.empty() || !policy.only_about.empty()}}},
    };
    if (!identity.pubkey.empty())
        document["pubkey"] = identity.pubkey;
    if (!identity.contact.empty())
        document["contact"] = identity.contact;
    return dump_json(document);
}

} // namespace berth::local
