// Whatever a consumer asks, an accepted request keeps its short fields short and free of NUL.

#include "provider/requests.h"

#include "util/bytes.h"

namespace {

void check_short(const std::string& text)
{
    VERIFY(text.size() <= 512 && text.find('\0') == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::provider;
    const auto request = parse_request(as_text({data, size}));
    if (!request)
        return 0;
    if (const auto* spawn = std::get_if<SpawnRequest>(&*request)) {
        for (const std::string* text : {&spawn->image, &spawn->username, &spawn->password, &spawn->replication_mode})
            check_short(*text);
        VERIFY(spawn->cashu_token.size() <= size && spawn->standby_providers.size() <= 16);
        VERIFY(!spawn->template_slug || !spawn->template_slug->empty());
        for (const std::string& provider : spawn->standby_providers)
            check_short(provider);
    }
    if (const auto* top_up = std::get_if<TopUpRequest>(&*request))
        check_short(top_up->pod);
    if (const auto* status = std::get_if<StatusRequest>(&*request)) {
        check_short(status->pod);
        (void)parse_pod_number(status->pod);
    }
    return 0;
}
