// What decodes as CBOR is written again in its shortest form, which decodes to the same and is written the same.

#include "cashu/cbor.h"

using namespace berth;
using namespace berth::cashu;

namespace {

/// Whether the whole value can be written: the writer has no null and no negative integers.
bool write(CborWriter& writer, const CborValue& value)
{
    if (const auto* number = value.as<uint64_t>())
        writer.integer(*number);
    else if (const auto* flag = value.as<bool>())
        writer.boolean(*flag);
    else if (const auto* bytes = value.as<Bytes>())
        writer.bytes(*bytes);
    else if (const auto* text = value.as<std::string>())
        writer.text(*text);
    else if (const auto* array = value.as<CborArray>()) {
        writer.array(array->size());
        for (const CborValue& element : *array)
            if (!write(writer, element))
                return false;
    } else if (const auto* map = value.as<CborMap>()) {
        writer.map(map->size());
        for (const CborMember& member : *map)
            if (writer.text(member.key); !write(writer, member.value))
                return false;
    } else {
        return false;
    }
    return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const Result<CborValue> value = decode_cbor({data, size});
    CborWriter first;
    if (!value || !write(first, *value))
        return 0;
    // Shorter, but for containers of indefinite length, whose two bytes hold any number of elements: from 256 on a
    // definite header takes one to three bytes more.
    VERIFY(first.written().size() <= size + 3 * (size / 256));
    const Result<CborValue> again = decode_cbor(first.written());
    CborWriter second;
    VERIFY(again && write(second, *again));
    VERIFY(first.written() == second.written());
    return 0;
}
