#pragma once
// The published and derived vectors of tests/vectors/cashu as JSON, and the shapes that several of them share.

#include "cashu/mint_api.h"
#include "support/counting_bytes.h"
#include "unit/source_dir.h"
#include "util/hex.h"
#include "util/json.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace berth::cashu::test {

/// Read once and kept, so that a loop may run over a part of it.
inline const Json& vectors(const std::string& name)
{
    static std::map<std::string, Json> files;
    const auto known = files.find(name);
    if (known != files.end())
        return known->second;
    std::ifstream file{berth::checkout::source_dir() + "/tests/vectors/cashu/" + name + ".json"};
    REQUIRE(file.is_open());
    std::stringstream text;
    text << file.rdbuf();
    Json parsed = parse_json(text.str(), {.bytes_max = 1 << 22, .depth_max = 32, .items_max = 1'000'000}).value();
    return files.emplace(name, std::move(parsed)).first->second;
}

inline std::string text(const Json& object, const char* member)
{
    return object.at(member).get<std::string>();
}

inline crypto::Point point(const Json& object, const char* member)
{
    return crypto::Point::parse_hex(text(object, member)).value();
}

inline Bytes bytes(const Json& object, const char* member)
{
    return decode_hex(text(object, member)).value();
}

inline Bytes32 bytes32(const Json& object, const char* member)
{
    return decode_hex_array<32>(text(object, member)).value();
}

inline crypto::Scalar scalar(const Json& object, const char* member)
{
    return crypto::Scalar::create(bytes(object, member)).value();
}

inline std::map<Amount, crypto::Point> keys(const Json& object)
{
    std::map<Amount, crypto::Point> out;
    for (const auto& [amount, key] : object.items())
        out.emplace(std::stoull(amount), crypto::Point::parse_hex(key.get<std::string>()).value());
    return out;
}

/// The inputs and outputs of a swap or melt as they stand in a vector file.
inline SwapRequest request(const Json& object)
{
    return decode_swap_request(dump_json(object)).value();
}

using crypto::CountingBytes;

} // namespace berth::cashu::test
