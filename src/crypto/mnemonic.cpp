#include "crypto/mnemonic.h"

#include "crypto/hash.h"
#include "util/check.h"

#include <algorithm>

namespace berth::crypto {

namespace {

constexpr std::array<std::string_view, 2048> kWords{
#include "crypto/bip39_words.inc"
};
constexpr size_t kWordCountMin = 12;
constexpr size_t kWordCountMax = 24;
constexpr size_t kWordCountStep = 3;
constexpr size_t kEntropyBytesPerStep = 4; ///< three words carry 32 bits and one of the checksum
constexpr size_t kBitsPerWord = 11;
constexpr int kSeedRounds = 2048;
constexpr size_t kSeedBytes = 64;

/// Entropy followed by the byte whose upper bits are the checksum.
using Payload = std::array<uint8_t, kWordCountMax / kWordCountStep * kEntropyBytesPerStep + 1>;

bool is_word_count(size_t count)
{
    return count >= kWordCountMin && count <= kWordCountMax && count % kWordCountStep == 0;
}

size_t entropy_bytes(size_t word_count)
{
    return word_count / kWordCountStep * kEntropyBytesPerStep;
}

uint8_t checksum_byte(const Payload& payload, size_t word_count)
{
    const size_t unused_bits = 8 - word_count / kWordCountStep;
    const Bytes32 hash = sha256(ByteView{payload}.first(entropy_bytes(word_count)));
    return static_cast<uint8_t>(hash[0] >> unused_bits << unused_bits);
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

/// The number of words, each put into the payload.
Result<size_t> read_words(std::string_view words, Payload& payload)
{
    size_t position = 0;
    for (std::string_view rest = words;; ++position) {
        const size_t length = std::min(rest.find(' '), rest.size());
        const std::string_view word = rest.substr(0, length);
        const auto* found = std::lower_bound(kWords.begin(), kWords.end(), word);
        if (position >= kWordCountMax || found == kWords.end() || *found != word)
            return fail(Errc::bad_input, "word {} of the mnemonic is not in the list, or there are more than {}",
                        position + 1, kWordCountMax);
        put_word(payload, position, static_cast<size_t>(found - kWords.begin()));
        if (length == rest.size())
            return position + 1;
        rest.remove_prefix(length + 1);
    }
}

} // namespace

Secret generate_mnemonic(Random& random, size_t word_count)
{
    VERIFY(is_word_count(word_count));
    Payload payload{};
    random.fill(std::span{payload}.first(entropy_bytes(word_count)));
    payload[entropy_bytes(word_count)] = checksum_byte(payload, word_count);
    Bytes text;
    for (size_t position = 0; position < word_count; ++position) {
        const std::string_view word = kWords[word_index(payload, position)];
        if (position > 0)
            text.push_back(' ');
        text.insert(text.end(), word.begin(), word.end());
    }
    wipe(payload);
    return Secret{std::move(text)};
}

Result<void> check_mnemonic(std::string_view words)
{
    Payload payload{};
    const Result<size_t> word_count = read_words(words, payload);
    const bool counted = word_count && is_word_count(*word_count);
    const bool holds = counted && payload[entropy_bytes(*word_count)] == checksum_byte(payload, *word_count);
    wipe(payload);
    TRY(word_count);
    if (!counted)
        return fail(Errc::bad_input, "a mnemonic has 12, 15, 18, 21 or 24 words, not {}", *word_count);
    if (!holds)
        return fail(Errc::bad_input, "the mnemonic's checksum does not match");
    return {};
}

Result<Secret> mnemonic_seed(std::string_view words, std::string_view passphrase)
{
    TRY(check_mnemonic(words));
    return pbkdf2_sha512(words, "mnemonic" + std::string{passphrase}, kSeedRounds, kSeedBytes);
}

} // namespace berth::crypto
