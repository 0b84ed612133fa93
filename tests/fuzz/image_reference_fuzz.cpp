// Parsing a reference twice changes nothing, and nothing that could leave a URL's path or query gets through.

#include "compute/image_reference.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const auto parsed = compute::parse_image_reference(as_text({data, size}));
    if (!parsed)
        return 0;
    VERIFY(parsed->size() <= 255);
    VERIFY(parsed->find_first_of(" \t\r\n\"'\\?&#%$;`<>|*") == std::string::npos);
    const auto parts = compute::split_image_reference(*parsed);
    VERIFY(parts.has_value());
    VERIFY(parts->name.find("//") == std::string::npos && parts->name.find("..") == std::string::npos);
    const auto again = compute::parse_image_reference(*parsed);
    VERIFY(again.has_value() && *again == *parsed);
    return 0;
}
