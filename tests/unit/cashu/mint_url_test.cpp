#include "cashu/mint_url.h"

#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

TEST_CASE("mint URLs have one spelling, and the rest is refused")
{
    for (const Json& row : test::vectors("derived_mint_urls").at("vectors")) {
        const std::string input = test::text(row, "input");
        CAPTURE(input);
        const Result<std::string> url = normalise_mint_url(input);
        CHECK(url.has_value() == !row.at("canonical").is_null());
        if (url && !row.at("canonical").is_null())
            CHECK(*url == test::text(row, "canonical"));
    }
}

TEST_CASE("hosts that only look like something else are refused")
{
    CHECK_FALSE(normalise_mint_url("https://[::1"));
    CHECK_FALSE(normalise_mint_url("https://[]"));
    CHECK_FALSE(normalise_mint_url("https://a..b"));
    CHECK_FALSE(normalise_mint_url("https://a:"));
    CHECK_FALSE(normalise_mint_url("https://a:1:2"));
    CHECK_FALSE(normalise_mint_url("https://" + std::string(2000, 'a')));
}

TEST_CASE("plain http is for loopback and onion hosts")
{
    CHECK(is_local_or_onion("http://127.0.0.1:3338"));
    CHECK(is_local_or_onion("http://[::1]:3338/a"));
    CHECK(is_local_or_onion("http://localhost"));
    CHECK(is_local_or_onion("http://abc.onion"));
    CHECK_FALSE(is_local_or_onion("http://127.0.0.1.evil.example"));
    CHECK_FALSE(is_local_or_onion("http://localhost.example"));
    CHECK_FALSE(is_local_or_onion("http://mint.example/.onion"));
}
