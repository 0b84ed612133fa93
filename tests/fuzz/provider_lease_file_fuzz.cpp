// Whatever lies in the folder of leases' files, one that is taken says the same when it is written again.

#include "provider/lease_file.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::provider;
    const std::string id = "0123456789abcdef";
    const auto lease = decode_lease_file(id, std::string{as_text({data, size})});
    if (!lease)
        return 0;
    VERIFY(lease->id == id && lease->rebuilt && is_live(*lease));
    const std::string text = encode_lease_file(*lease);
    const auto again = decode_lease_file(id, text);
    VERIFY(again && encode_lease_file(*again) == text);
    return 0;
}
