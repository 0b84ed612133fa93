#pragma once
// bech32 (BIP-173) and bech32m (BIP-350) text with 8-bit payloads, for NIP-19 and NUT-26.

#include "util/bytes.h"
#include "util/result.h"

namespace berth {

enum class Bech32Form { bech32, bech32m };

struct Bech32 {
    std::string prefix; ///< human-readable part, lower case
    Bytes data;         ///< payload regrouped to bytes
};

[[nodiscard]] std::string encode_bech32(std::string_view prefix, ByteView data, Bech32Form form = Bech32Form::bech32);

/// All lower or all upper case, at most `characters_max` long; bad padding bits are refused.
[[nodiscard]] Result<Bech32> decode_bech32(std::string_view text, size_t characters_max = 5000,
                                           Bech32Form form = Bech32Form::bech32);

/// Text whose payload stays in groups of 5 bits, as in BOLT 11.
struct Bech32Words {
    std::string prefix; ///< lower case
    Bytes words;        ///< values below 32, without the checksum
};

[[nodiscard]] Result<Bech32Words> decode_bech32_words(std::string_view text, size_t characters_max = 5000,
                                                      Bech32Form form = Bech32Form::bech32);

[[nodiscard]] std::string encode_bech32_words(std::string_view prefix, Bytes words,
                                              Bech32Form form = Bech32Form::bech32);

} // namespace berth
