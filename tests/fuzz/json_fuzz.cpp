// Stricter than the parser below, and never laxer: what we read, it accepts; what is written reads back as the same.

#include "util/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const std::string_view text = as_text({data, size});
    const JsonLimits limits{.bytes_max = 4096, .depth_max = 16, .items_max = 1000};
    const auto value = parse_json(text, limits);
    if (!value)
        return 0;
    VERIFY(text.size() <= limits.bytes_max && Json::accept(text));
    const auto again = parse_json(dump_json(*value));
    VERIFY(again.has_value() && *again == *value);
    return 0;
}
