#include "cashu/keyset.h"

#include "crypto/hash.h"
#include "util/hex.h"
#include "util/utf8.h"

namespace berth::cashu {

namespace {

constexpr size_t kIdLengthV1 = 16;
constexpr size_t kIdLengthV2 = 66;
constexpr size_t kShortIdLength = 16;
constexpr uint64_t kPpkPerUnit = 1000;

std::string lower_case(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

std::vector<Amount> Keyset::denominations() const
{
    std::vector<Amount> out;
    out.reserve(keys.size());
    for (const auto& [amount, key] : keys)
        out.push_back(amount);
    return out;
}

KeysetId derive_keyset_id_v1(const std::map<Amount, crypto::Point>& keys)
{
    crypto::Sha256 hash;
    for (const auto& [amount, key] : keys)
        hash.update(key.compressed());
    return "00" + encode_hex(hash.finish()).substr(0, kIdLengthV1 - 2);
}

KeysetId derive_keyset_id_v2(const std::map<Amount, crypto::Point>& keys, std::string_view unit, uint64_t input_fee_ppk,
                             std::optional<int64_t> final_expiry)
{
    std::string preimage;
    for (const auto& [amount, key] : keys)
        preimage += fmt::format("{}{}:{}", preimage.empty() ? "" : ",", amount, key.hex());
    preimage += "|unit:" + lower_case(unit);
    if (input_fee_ppk != 0)
        preimage += fmt::format("|input_fee_ppk:{}", input_fee_ppk);
    if (final_expiry.value_or(0) != 0)
        preimage += fmt::format("|final_expiry:{}", *final_expiry);
    return "01" + encode_hex(crypto::sha256(as_bytes(preimage)));
}

Result<void> verify_keyset_id(const Keyset& keyset)
{
    KeysetId expected;
    if (keyset.id.size() == kIdLengthV1 && keyset.id.starts_with("00"))
        expected = derive_keyset_id_v1(keyset.keys);
    else if (keyset.id.size() == kIdLengthV2 && keyset.id.starts_with("01"))
        expected = derive_keyset_id_v2(keyset.keys, name_of(keyset.unit), keyset.input_fee_ppk, keyset.final_expiry);
    else
        return fail(Errc::corrupt, "keyset id {} is of an unknown version", printable(keyset.id));
    if (keyset.id != expected)
        return fail(Errc::corrupt, "keyset {} has the contents of {}", keyset.id, expected);
    return {};
}

Result<Amount> input_fee(const std::vector<uint64_t>& input_fee_ppk_per_input)
{
    uint64_t sum = 0;
    for (const uint64_t fee_ppk : input_fee_ppk_per_input)
        sum = TRY(add(sum, fee_ppk));
    return sum / kPpkPerUnit + (sum % kPpkPerUnit != 0 ? 1 : 0);
}

Result<KeysetId> expand_keyset_id(std::string_view token_id_hex, const std::vector<KeysetId>& known)
{
    const Bytes bytes = TRY(decode_hex(token_id_hex, HexCase::any));
    const std::string id = encode_hex(bytes);
    const bool is_short_v2 = id.size() == kShortIdLength && id.starts_with("01");
    const bool is_full =
        (id.size() == kIdLengthV1 && id.starts_with("00")) || (id.size() == kIdLengthV2 && id.starts_with("01"));
    if (!is_short_v2 && !is_full)
        return fail(Errc::bad_input, "keyset id {} is of an unknown length or version", printable(id, kIdLengthV2));

    const KeysetId* found = nullptr;
    for (const KeysetId& candidate : known) {
        const bool matches = is_full ? candidate == id : candidate.size() == kIdLengthV2 && candidate.starts_with(id);
        if (!matches)
            continue;
        if (found && *found != candidate)
            return fail(Errc::bad_input, "short keyset id {} is ambiguous", id);
        found = &candidate;
    }
    if (!found)
        return fail(Errc::not_found, "keyset {} is not known", id);
    return *found;
}

} // namespace berth::cashu
