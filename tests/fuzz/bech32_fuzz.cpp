// What decodes is the encoding of what it decodes to; any bytes survive both forms.

#include "util/bech32.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    std::string text{as_text({data, size})};
    for (const Bech32Form form : {Bech32Form::bech32, Bech32Form::bech32m}) {
        if (const auto decoded = decode_bech32(text, 5000, form)) {
            std::string lower = text;
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
            VERIFY(encode_bech32(decoded->prefix, decoded->data, form) == lower);
        }
        const std::string encoded = encode_bech32("x", ByteView{data, size}, form);
        const auto back = decode_bech32(encoded, encoded.size(), form);
        VERIFY(back && std::equal(back->data.begin(), back->data.end(), data, data + size));
    }
    return 0;
}
