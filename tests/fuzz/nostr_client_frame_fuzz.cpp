// Whatever a client sends, the relay gets a frame within its limits, or an answer that is itself a readable frame.

#include "local/relay_frame.h"

#include "util/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::local;
    const RelayLimits limits;
    const ClientFrame frame = parse_client_frame(as_text({data, size}), limits);
    if (const auto* bad = std::get_if<BadFrame>(&frame)) {
        const auto reply = parse_json(bad->reply);
        VERIFY(reply.has_value() && reply->is_array() && reply->size() >= 2);
    }
    if (const auto* req = std::get_if<ReqFrame>(&frame)) {
        VERIFY(!req->subscription.empty() && req->subscription.size() <= limits.subscription_id_bytes_max);
        VERIFY(!req->filters.empty() && req->filters.size() <= limits.filters_max);
    }
    return 0;
}
