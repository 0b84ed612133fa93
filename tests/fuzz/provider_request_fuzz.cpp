// Whatever a consumer asks, an accepted request keeps its short fields short and free of NUL.

#include "provider/requests.h"

#include "util/bytes.h"

namespace {

void check_short(const std::string& text)
{
    VERIFY(text.size() <= 512 && text.find('\0') == std::string::npos);
}

void check_settings(const berth::provider::ConsumerSettings& settings)
{
    using namespace berth::provider;
    size_t bytes = 0;
    for (const auto& [name, value] : settings.environment) {
        VERIFY(is_environment_name(name) && value.find('\0') == std::string::npos);
        bytes += name.size() + value.size();
    }
    for (const std::string& word : settings.command) {
        VERIFY(word.find('\0') == std::string::npos);
        bytes += word.size();
    }
    VERIFY(settings.environment.size() <= kEnvironmentNamesMax && settings.command.size() <= kCommandWordsMax);
    VERIFY(bytes <= kSettingsBytesMax);
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
        check_settings(spawn->settings);
        VERIFY(!spawn->template_slug || !spawn->template_slug->empty());
        for (const std::string& provider : spawn->standby_providers)
            check_short(provider);
    }
    if (const auto* top_up = std::get_if<TopUpRequest>(&*request))
        check_short(top_up->pod);
    if (const auto* quote = std::get_if<QuoteRequest>(&*request))
        check_settings(quote->wish.settings);
    if (const auto* status = std::get_if<StatusRequest>(&*request)) {
        check_short(status->pod);
        (void)parse_pod_number(status->pod);
    }
    return 0;
}
