#include "cashu/invoice.h"

#include "util/bech32.h"
#include "vectors.h"

namespace berth::cashu::test {

TEST_CASE("amount, payment hash and times of the published examples are read as they are printed there")
{
    for (const Json& example : vectors("bolt11_invoices").at("valid")) {
        CAPTURE(example.at("comment").get<std::string>());
        const auto text = example.at("invoice").get<std::string>();
        for (const std::string& form : {text, "lightning:" + text, " LIGHTNING:" + text + "\n"}) {
            const auto invoice = decode_invoice(form);
            REQUIRE_MESSAGE(invoice.has_value(), (invoice ? "" : invoice.error().message));
            CHECK(invoice->amount == std::optional{Msat{example.at("msat").get<uint64_t>()}});
            CHECK(encode_hex(invoice->payment_hash) == example.at("payment_hash").get<std::string>());
            CHECK(invoice->created_at == example.at("created_at").get<int64_t>());
            CHECK(invoice->expires_at == example.at("expires_at").get<int64_t>());
        }
    }
}

TEST_CASE("the published bad examples are refused")
{
    for (const Json& example : vectors("bolt11_invoices").at("invalid")) {
        CAPTURE(example.at("comment").get<std::string>());
        CHECK_FALSE(decode_invoice(example.at("invoice").get<std::string>()));
    }
}

TEST_CASE("what is sent to a mint is the invoice alone, in lower case")
{
    CHECK(canonical_invoice(" \tlightning:LNBC10U1ABC\r\n") == "lnbc10u1abc");
    CHECK(canonical_invoice("Lightning:lnbc1x") == "lnbc1x");
    CHECK(canonical_invoice("") == "");
}

TEST_CASE("a practice invoice says what it was made with, whatever the numbers")
{
    for (const std::optional<Msat> amount : {std::optional<Msat>{}, std::optional{Msat{1}}, std::optional{Msat{21'000}},
                                             std::optional{Msat{UINT64_MAX / 10}}}) {
        Invoice made{.amount = amount, .created_at = 1'800'000'000, .expires_at = 1'800'000'000 + 86'400};
        for (size_t i = 0; i < made.payment_hash.size(); ++i)
            made.payment_hash[i] = static_cast<uint8_t>(255 - 7 * i);
        const auto read = decode_invoice(encode_practice_invoice(made));
        REQUIRE(read.has_value());
        CHECK(read->amount == made.amount);
        CHECK(read->payment_hash == made.payment_hash);
        CHECK(read->created_at == made.created_at);
        CHECK(read->expires_at == made.expires_at);
    }
}

TEST_CASE("an invoice without a payment hash, with an amount out of range or beyond the limit is refused")
{
    const auto with_words = [](const std::string& prefix, size_t count) {
        return encode_bech32_words(prefix, Bytes(count, 0));
    };
    CHECK_FALSE(decode_invoice(with_words("lnbc1u", 111))); // no fields at all
    CHECK_FALSE(decode_invoice(with_words("lnbc1u", 110)));
    CHECK_FALSE(decode_invoice(with_words("lnbc1u", 112))); // ends within a field
    const std::string good = encode_practice_invoice({.amount = Msat{1000}, .created_at = 1, .expires_at = 2});
    const auto words = decode_bech32_words(good, 4096).value().words;
    for (const char* prefix : {"lnbc0u", "lnbc01u", "lnbc18446744073709551616n", "lnbc999999999999999999", "lnbc1uu",
                               "lnxx1u", "bc1u", "lnbc-1u"}) {
        CAPTURE(prefix);
        CHECK_FALSE(decode_invoice(encode_bech32_words(prefix, words)));
    }
    CHECK(decode_invoice(encode_bech32_words("lntbs5n", words))->amount == std::optional{Msat{500}});
    CHECK_FALSE(decode_invoice(std::string(5000, 'q')));
}

} // namespace berth::cashu::test
