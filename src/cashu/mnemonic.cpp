#include "cashu/mnemonic.h"

#include "crypto/hash.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr std::array<std::string_view, 2048> kWords{
#include "cashu/bip39_words.inc"
};
constexpr size_t kWordCount = 12;
constexpr size_t kEntropyBytes = 16;
constexpr size_t kBitsPerWord = 11;
constexpr int kSeedRounds = 2048;
constexpr size_t kSeedBytes = 64;

/// Entropy followed by the byte whose upper four bits are the checksum.
using Payload = std::array<uint8_t, kEntropyBytes + 1>;

uint8_t checksum_byte(const Payload& payload)
{
    return crypto::sha256(ByteView{payload}.first(kEntropyBytes))[0] & 0xf0;
}

size_t word_index(const Payload& payload, size_t position)
{
    size_t index = 0;
    for (size_t bit = position * kBitsPerWord; bit < (position + 1) * kBitsPerWord; ++bit)
        index = index << 1 | (payload[bit / 8] >> (7 - bit % 8) & 1u);
    return index;
}

void put_word(Payload& payload, size_t position, size_t index)
{
    for (size_t i = 0; i < kBitsPerWord; ++i) {
        const size_t bit = position * kBitsPerWord + i;
        if (index >> (kBitsPerWord - 1 - i) & 1)
            payload[bit / 8] = static_cast<uint8_t>(payload[bit / 8] | 0x80 >> bit % 8);
    }
}

} // namespace

crypto::Secret generate_mnemonic(crypto::Random& random)
{
    Payload payload{};
    random.fill(std::span{payload}.first(kEntropyBytes));
    payload[kEntropyBytes] = checksum_byte(payload);
    Bytes text;
    for (size_t position = 0; position < kWordCount; ++position) {
        const std::string_view word = kWords[word_index(payload, position)];
        if (position > 0)
            text.push_back(' ');
        text.insert(text.end(), word.begin(), word.end());
    }
    crypto::wipe(payload);
    return crypto::Secret{std::move(text)};
}

Result<void> check_mnemonic(std::string_view words)
{
    Payload payload{};
    size_t position = 0;
    for (std::string_view rest = words;; ++position) {
        const size_t length = std::min(rest.find(' '), rest.size());
        const std::string_view word = rest.substr(0, length);
        const auto* found = std::lower_bound(kWords.begin(), kWords.end(), word);
        if (position >= kWordCount || found == kWords.end() || *found != word)
            return fail(Errc::bad_input, "word {} of the mnemonic is not in the list, or there are more than 12",
                        position + 1);
        put_word(payload, position, static_cast<size_t>(found - kWords.begin()));
        if (length == rest.size())
            break;
        rest.remove_prefix(length + 1);
    }
    if (position + 1 != kWordCount)
        return fail(Errc::bad_input, "the mnemonic has {} words instead of 12", position + 1);
    const bool holds = payload[kEntropyBytes] == checksum_byte(payload);
    crypto::wipe(payload);
    if (!holds)
        return fail(Errc::bad_input, "the mnemonic's checksum does not match");
    return {};
}

Result<crypto::Secret> mnemonic_seed(std::string_view words, std::string_view passphrase)
{
    TRY(check_mnemonic(words));
    return crypto::pbkdf2_sha512(words, "mnemonic" + std::string{passphrase}, kSeedRounds, kSeedBytes);
}

} // namespace berth::cashu
