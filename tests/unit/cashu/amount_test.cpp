#include "cashu/amount.h"

#include "cashu/keyset.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

std::vector<Amount> powers_of_two()
{
    std::vector<Amount> out;
    for (int i = 0; i < 64; ++i)
        out.push_back(Amount{1} << i);
    return out;
}

} // namespace

TEST_CASE("sums and conversions refuse to wrap around")
{
    CHECK(add(1, 2).value() == 3);
    CHECK_FALSE(add(UINT64_MAX, 1));
    CHECK(to_msat(21, Unit::sat)->value == 21'000);
    CHECK(to_msat(21, Unit::msat)->value == 21);
    CHECK_FALSE(to_msat(UINT64_MAX / 1000 + 1, Unit::sat));
    CHECK(from_msat(Msat{1999}, Unit::sat) == 1);
}

TEST_CASE("only sat and msat are units")
{
    CHECK(parse_unit("sat").value() == Unit::sat);
    CHECK(parse_unit("msat").value() == Unit::msat);
    CHECK_FALSE(parse_unit("usd"));
    CHECK_FALSE(parse_unit("SAT"));
}

TEST_CASE("an amount is split greedily and ascending")
{
    for (const Json& row : test::vectors("nut08_blank_outputs").at("change_split"))
        CHECK(split_amount(row.at("overpaid").get<Amount>(), powers_of_two()).value() ==
              row.at("amounts").get<std::vector<Amount>>());
    CHECK(split_amount(0, powers_of_two())->empty());
    CHECK(split_amount(UINT64_MAX, powers_of_two())->size() == 64);
    CHECK_FALSE(split_amount(3, {2, 4}));
    CHECK_FALSE(split_amount(UINT64_MAX, {1}));
    CHECK_FALSE(split_amount(1, {}));
}

TEST_CASE("the swap plans hold: fee, net and outputs")
{
    for (const Json& row : test::vectors("derived_swap_plans").at("vectors")) {
        const auto inputs = row.at("input_amounts").get<std::vector<Amount>>();
        Amount gross = 0;
        for (const Amount amount : inputs)
            gross = add(gross, amount).value();
        const Amount fee =
            input_fee(std::vector<uint64_t>(inputs.size(), row.at("input_fee_ppk").get<uint64_t>())).value();
        CHECK(fee == row.at("fee").get<Amount>());
        CHECK((gross > fee) == row.at("accept").get<bool>());
        if (gross <= fee)
            continue;
        CHECK(gross - fee == row.at("net").get<Amount>());
        CHECK(split_amount(gross - fee, powers_of_two()).value() ==
              row.at("outputs_minimal_ascending").get<std::vector<Amount>>());
    }
}
