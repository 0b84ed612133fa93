#include "cashu/invoice.h"

#include "util/bech32.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace berth::cashu {

namespace {

constexpr size_t kInvoiceCharactersMax = 4096;
constexpr size_t kTimestampWords = 7;
constexpr size_t kSignatureWords = 104;
constexpr uint8_t kPaymentHashTag = 1; // 'p'
constexpr uint8_t kExpiryTag = 6;      // 'x'
constexpr size_t kPaymentHashWords = 52;
constexpr size_t kExpiryWords = 7; ///< that we write
constexpr int64_t kExpiryDefault = 3600;

std::string to_lower(std::string_view text)
{
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

std::optional<size_t> currency_end(std::string_view prefix)
{
    // The longest first: "lnbcrt" begins with "lnbc".
    for (const std::string_view currency : {"lnbcrt", "lntbs", "lnbc", "lntb"})
        if (prefix.starts_with(currency))
            return currency.size();
    return std::nullopt;
}

/// "2500u": a decimal number with an optional multiplier of bitcoin.
Result<std::optional<Msat>> parse_amount(std::string_view text)
{
    if (text.empty())
        return std::optional<Msat>{};
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
    if (error != std::errc{} || text.front() == '0' || rest.size() > 1)
        return fail(Errc::bad_input, "an invoice's amount is malformed");
    if (rest == "p") { // a tenth of a msat
        if (number % 10 != 0)
            return fail(Errc::bad_input, "an invoice asks for a fraction of a msat");
        return std::optional{Msat{number / 10}};
    }
    const uint64_t factor = rest.empty()  ? 100'000'000'000
                            : rest == "m" ? 100'000'000
                            : rest == "u" ? 100'000
                            : rest == "n" ? 100
                                          : 0;
    if (factor == 0 || number > std::numeric_limits<uint64_t>::max() / factor)
        return fail(Errc::bad_input, "an invoice's amount is malformed");
    return std::optional{Msat{number * factor}};
}

Result<int64_t> read_number(ByteView words)
{
    uint64_t value = 0;
    for (const uint8_t word : words) {
        if (value >> 40 != 0)
            return fail(Errc::bad_input, "a number in an invoice is too large");
        value = value << 5 | word;
    }
    return static_cast<int64_t>(value);
}

Bytes32 read_hash(ByteView words)
{
    Bytes32 hash{};
    uint32_t buffer = 0;
    int bits = 0;
    size_t at = 0;
    for (const uint8_t word : words) {
        buffer = (buffer << 5 | word) & 0xffff;
        bits += 5;
        if (bits >= 8 && at < hash.size()) {
            bits -= 8;
            hash[at++] = static_cast<uint8_t>(buffer >> bits & 0xff);
        }
    }
    return hash;
}

/// Tagged fields: a tag, a length of two words, and that many words.
Result<void> read_fields(ByteView fields, Invoice& invoice)
{
    bool has_hash = false;
    int64_t expiry = kExpiryDefault;
    while (!fields.empty()) {
        if (fields.size() < 3)
            return fail(Errc::bad_input, "an invoice ends within a field");
        const uint8_t tag = fields[0];
        const size_t length = static_cast<size_t>(fields[1]) * 32 + fields[2];
        if (fields.size() < 3 + length)
            return fail(Errc::bad_input, "an invoice ends within a field");
        const ByteView data = fields.subspan(3, length);
        // Fields of another length are to be skipped (BOLT 11), and the first one counts.
        if (tag == kPaymentHashTag && length == kPaymentHashWords && !has_hash) {
            invoice.payment_hash = read_hash(data);
            has_hash = true;
        } else if (tag == kExpiryTag) {
            expiry = TRY(read_number(data));
        }
        fields = fields.subspan(3 + length);
    }
    if (!has_hash)
        return fail(Errc::bad_input, "an invoice has no payment hash");
    invoice.expires_at = invoice.created_at + expiry;
    return {};
}

/// Without scheme and blanks around it.
std::string_view strip(std::string_view text)
{
    constexpr std::string_view kScheme = "lightning:";
    const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return to_lower(text.substr(0, kScheme.size())) == kScheme ? text.substr(kScheme.size()) : text;
}

} // namespace

std::string canonical_invoice(std::string_view text)
{
    return to_lower(strip(text));
}

Result<Invoice> decode_invoice(std::string_view text)
{
    if (text.size() > kInvoiceCharactersMax)
        return fail(Errc::bad_input, "an invoice of {} characters, limit {}", text.size(), kInvoiceCharactersMax);
    // As it was written: characters of both cases are an error (BIP-173).
    const auto read = decode_bech32_words(strip(text), kInvoiceCharactersMax);
    if (!read)
        return fail(Errc::bad_input, "not a Lightning invoice: {}", read.error().message);
    const Bech32Words& decoded = *read;
    const auto currency = currency_end(decoded.prefix);
    if (!currency)
        return fail(Errc::bad_input, "not a Lightning invoice");
    const ByteView words{decoded.words};
    if (words.size() < kTimestampWords + kSignatureWords)
        return fail(Errc::bad_input, "an invoice is too short");
    Invoice invoice;
    invoice.amount = TRY(parse_amount(std::string_view{decoded.prefix}.substr(*currency)));
    invoice.created_at = TRY(read_number(words.subspan(0, kTimestampWords)));
    const size_t fields = words.size() - kTimestampWords - kSignatureWords;
    TRY(read_fields(words.subspan(kTimestampWords, fields), invoice));
    return invoice;
}

std::string encode_practice_invoice(const Invoice& invoice)
{
    Bytes words;
    const auto append = [&words](uint64_t number, size_t count) {
        while (count-- > 0)
            words.push_back(static_cast<uint8_t>(number >> 5 * count & 31));
    };
    append(static_cast<uint64_t>(invoice.created_at), kTimestampWords);
    append(kPaymentHashTag, 1);
    append(kPaymentHashWords, 2);
    for (size_t bit = 0; bit < kPaymentHashWords * 5; bit += 5) {
        const size_t at = bit / 8;
        const uint32_t next = at + 1 < invoice.payment_hash.size() ? invoice.payment_hash[at + 1] : 0;
        append((uint32_t{invoice.payment_hash[at]} << 8 | next) >> (11 - bit % 8), 1);
    }
    append(kExpiryTag, 1);
    append(kExpiryWords, 2);
    append(static_cast<uint64_t>(invoice.expires_at - invoice.created_at), kExpiryWords);
    words.insert(words.end(), kSignatureWords, 0);
    const std::string amount = invoice.amount ? fmt::format("{}0p", invoice.amount->value) : std::string{};
    return encode_bech32_words("lnbcrt" + amount, std::move(words));
}

} // namespace berth::cashu
