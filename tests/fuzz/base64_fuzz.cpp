// Strict base64 has one text for each sequence of bytes, and the lax reader agrees with it.

#include "util/base64.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const std::string_view text = as_text({data, size});
    if (const auto strict = decode_base64_strict(text)) {
        VERIFY(encode_base64(*strict) == text);
        VERIFY(decode_base64_any(text).value() == *strict);
    }
    const Bytes bytes{data, data + size};
    VERIFY(decode_base64_strict(encode_base64(bytes)).value() == bytes);
    VERIFY(decode_base64_any(encode_base64url_unpadded(bytes)).value() == bytes);
    return 0;
}
