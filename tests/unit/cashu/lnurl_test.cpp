#include "cashu/lnurl.h"

#include "cashu/invoice.h"

#include <doctest/doctest.h>

namespace berth::cashu {

namespace {

constexpr const char* kAsked = "https://pay.example/.well-known/lnurlp/joe";

std::string parameters_with(const std::string& callback, const std::string& sendable = "1000,\"maxSendable\":5000000")
{
    return R"({"tag":"payRequest","callback":")" + callback + R"(","metadata":"[]","minSendable":)" + sendable + "}";
}

} // namespace

TEST_CASE("a Lightning address becomes its well-known URL, with TLS except for loopback and onion hosts")
{
    CHECK(lightning_address_url("joe@Pay.Example").value() == kAsked);
    CHECK(lightning_address_url("a.b_c+d-1@pay.example:8443").value() ==
          "https://pay.example:8443/.well-known/lnurlp/a.b_c+d-1");
    CHECK(lightning_address_url("joe@127.0.0.1:3000").value() == "http://127.0.0.1:3000/.well-known/lnurlp/joe");
    for (const char* bad :
         {"", "joe", "@pay.example", "joe@", "Joe@pay.example", "joe@pay.example/path", "j/e@pay.example",
          "joe@user@pay.example", "joe@pay.example?x", "joe@pay example", "..%2f@pay.example"}) {
        CAPTURE(bad);
        CHECK_FALSE(lightning_address_url(bad));
    }
}

TEST_CASE("pay parameters are taken only from a pay request whose callback is as safe as the address")
{
    const auto parameters = decode_pay_parameters(parameters_with("https://other.example/cb?id=1"), kAsked);
    REQUIRE(parameters.has_value());
    CHECK(parameters->sendable_min == Msat{1000});
    CHECK(parameters->sendable_max == Msat{5'000'000});
    CHECK(decode_pay_parameters(parameters_with("htTps://Pay.example/Cb?Id=1"), kAsked)->callback ==
          "https://pay.example/Cb?Id=1");
    for (const char* bad :
         {"http://pay.example/cb", "ftp://pay.example/cb", "//pay.example/cb", "https://", "/cb",
          "https://user:pw@pay.example/cb", "https://pay.example/c b", "https://pay.example/cb#x",
          "http://127.0.0.1/cb", "https://127.0.0.1/cb", "https://localhost/cb", "https://[::1]/cb"}) {
        CAPTURE(bad);
        CHECK_FALSE(decode_pay_parameters(parameters_with(bad), kAsked));
    }
    const char* local = "http://127.0.0.1:3000/.well-known/lnurlp/joe";
    CHECK(decode_pay_parameters(parameters_with("http://127.0.0.1:3000/cb"), local).has_value());
    CHECK_FALSE(decode_pay_parameters(parameters_with("http://pay.example/cb"), local));
}

TEST_CASE("an answer that is no pay request is refused, an error with the service's own words")
{
    const auto refused = decode_pay_parameters(R"({"status":"ERROR","reason":"no\u0007 such user"})", kAsked);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::refused);
    CHECK(refused.error().message.find("such user") != std::string::npos);
    CHECK(refused.error().message.find('\a') == std::string::npos);
    for (const std::string& bad : {std::string{"[]"}, std::string{"{"}, std::string{R"({"tag":"withdrawRequest"})"},
                                   parameters_with("https://pay.example/cb", "-1,\"maxSendable\":5"),
                                   parameters_with("https://pay.example/cb", "\"1\",\"maxSendable\":5"),
                                   parameters_with("https://pay.example/cb", "1"), std::string(100'000, ' ')}) {
        CHECK_FALSE(decode_pay_parameters(bad, kAsked));
    }
}

TEST_CASE("an amount is asked for only within the service's range")
{
    PayParameters parameters{
        .callback = "https://pay.example/cb", .sendable_min = Msat{1000}, .sendable_max = Msat{2000}};
    CHECK(invoice_request_url(parameters, Msat{1000}).value() == "https://pay.example/cb?amount=1000");
    parameters.callback += "?id=7";
    CHECK(invoice_request_url(parameters, Msat{2000}).value() == "https://pay.example/cb?id=7&amount=2000");
    CHECK_FALSE(invoice_request_url(parameters, Msat{999}));
    CHECK_FALSE(invoice_request_url(parameters, Msat{2001}));
}

TEST_CASE("an invoice is taken only when it is for exactly the amount asked for")
{
    const auto answer_with = [](std::optional<Msat> amount) {
        return R"({"pr":")" + encode_practice_invoice({.amount = amount, .created_at = 1, .expires_at = 2}) +
               R"(","routes":[]})";
    };
    CHECK(decode_pay_invoice(answer_with(Msat{5000}), Msat{5000}).has_value());
    for (const std::string& bad : {answer_with(Msat{5001}), answer_with(std::nullopt), std::string{R"({"pr":"lnbc"})"},
                                   std::string{"{}"}, std::string{R"({"status":"ERROR"})"}})
        CHECK_FALSE(decode_pay_invoice(bad, Msat{5000}));
}

} // namespace berth::cashu
