#pragma once
// A strict subset of CBOR (RFC 8949), as Cashu tokens and payment requests need it: integers, byte and text strings,
// arrays, maps with text keys, false, true, null, undefined. Tags, floats, bignums, duplicate keys, trailing bytes and
// depth or size beyond the limits are refused. No length header is trusted for an allocation.

#include "util/bytes.h"
#include "util/result.h"

#include <variant>

namespace berth::cashu {

struct CborMember;
struct CborValue;
using CborArray = std::vector<CborValue>;
using CborMap = std::vector<CborMember>;

/// null and undefined alike.
struct CborNull {};

/// The integer −1 − n.
struct CborNegative {
    uint64_t n = 0;
};

struct CborValue {
    std::variant<CborNull, bool, uint64_t, CborNegative, Bytes, std::string, CborArray, CborMap> data;

    [[nodiscard]] bool is_null() const { return std::holds_alternative<CborNull>(data); }
    /// The value as T, or nullptr when it is of another type.
    template <class T>
    [[nodiscard]] const T* as() const
    {
        return std::get_if<T>(&data);
    }
};

struct CborMember {
    std::string key;
    CborValue value;
};

struct CborLimits {
    size_t depth_max = 16;
    size_t items_max = 8192;
    size_t string_bytes_max = 4096;
};

/// Decodes exactly one item. Definite and indefinite lengths of arrays and maps, and integers that are longer than
/// need be, are accepted; indefinite strings are not.
[[nodiscard]] Result<CborValue> decode_cbor(ByteView bytes, const CborLimits& limits = {});

/// The member's value, or nullptr when it is absent or null.
[[nodiscard]] const CborValue* find_member(const CborMap& map, std::string_view key);

/// Appends items to a byte string; definite lengths, shortest headers. The caller keeps the announced counts.
class CborWriter {
public:
    CborWriter& integer(uint64_t value);
    CborWriter& boolean(bool value);
    CborWriter& bytes(ByteView value);
    CborWriter& text(std::string_view value);
    CborWriter& array(size_t count);
    CborWriter& map(size_t count);
    [[nodiscard]] const Bytes& written() const { return out_; }

private:
    void header(uint8_t major, uint64_t argument);
    Bytes out_;
};

} // namespace berth::cashu
