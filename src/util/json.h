#pragma once
// Strict JSON for hostile input, over nlohmann/json: depth, item and duplicate-member limits hold inside the parser,
// and exceptions end here. Heavy header: include it from .cpp files only.

#include "util/bytes.h"
#include "util/result.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace berth {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

struct JsonLimits {
    size_t bytes_max = 1 << 20;
    size_t depth_max = 16;
    size_t items_max = 100'000; ///< values and members in the whole text
};

/// Parses one JSON text (RFC 8259). Refuses duplicate members, byte-order marks, trailing bytes, bad UTF-8.
/// Integers beyond 64 bits and numbers with '.' or 'e' arrive as floats, which the integer getters below refuse.
[[nodiscard]] Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact text; never throws (input strings are valid UTF-8 after parse_json, ours are by construction).
[[nodiscard]] std::string dump_json(const Json& value);
[[nodiscard]] std::string dump_json(const OrderedJson& value);

/// Members of an object. Absent or of another type: bad_input naming the member.
[[nodiscard]] Result<std::string> json_string(const Json& object, const char* member);
[[nodiscard]] Result<uint64_t> json_u64(const Json& object, const char* member);
[[nodiscard]] Result<bool> json_bool(const Json& object, const char* member);

/// Absent or null: nullopt. Of another type: bad_input.
[[nodiscard]] Result<std::optional<std::string>> json_optional_string(const Json& object, const char* member);
[[nodiscard]] Result<std::optional<uint64_t>> json_optional_u64(const Json& object, const char* member);

} // namespace berth
