#pragma once
// Reads the published vectors of tests/vectors/nostr, and holds the throw-away keys that they use.

#include "nostr/event.h"
#include "unit/source_dir.h"
#include "util/hex.h"
#include "util/json.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace berth::nostr::test {

/// Kept for the process: a loop over a part of a file must not outlive it.
inline const Json& vectors(const std::string& file)
{
    static std::map<std::string, Json> files;
    const auto known = files.find(file);
    if (known != files.end())
        return known->second;
    std::ifstream stream{berth::checkout::source_dir() + "/tests/vectors/nostr/" + file};
    REQUIRE(stream.is_open());
    std::ostringstream text;
    text << stream.rdbuf();
    return files.emplace(file, parse_json(text.str()).value()).first->second;
}

inline std::string text(const Json& object, const char* member)
{
    return object.at(member).get<std::string>();
}

inline Bytes32 hash(const std::string& hex)
{
    return decode_hex_array<32>(hex).value();
}

inline SecretKey secret_key(const std::string& hex)
{
    return SecretKey::create(decode_hex(hex).value()).value();
}

inline SecretKey provider_key()
{
    return secret_key("208f512110f3a6a279a29144c1c8d8a3b606a1f605e0bc5e5400a8cbc554193f");
}

inline SecretKey consumer_key()
{
    return secret_key("051a4e0b29ecd5b987927d8ac772f91c959f552193cbf549816c74d7a391ee9d");
}

inline Event event(const Json& object)
{
    return parse_event(dump_json(object)).value();
}

/// Gives the same bytes again and again, for reproducible signatures and nonces.
class FixedRandom final : public crypto::Random {
public:
    explicit FixedRandom(Bytes bytes = {0}) : bytes_{std::move(bytes)} {}
    void fill(std::span<uint8_t> out) override
    {
        for (uint8_t& byte : out)
            byte = bytes_[next_++ % bytes_.size()];
    }

private:
    Bytes bytes_;
    size_t next_ = 0;
};

} // namespace berth::nostr::test
