#include "util/result.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>

using namespace berth;

namespace {

Result<int> half_of(int number)
{
    if (number % 2 != 0)
        return fail(Errc::bad_input, "{} is odd", number);
    return number / 2;
}

Result<std::string> quarter_of(int number)
{
    const int half = TRY(half_of(number));
    const int quarter = TRY(half_of(half));
    return std::to_string(quarter);
}

Result<void> check_quarter(int number)
{
    TRY(quarter_of(number));
    return {};
}

} // namespace

TEST_CASE("a result is a value or an error, never both")
{
    const Result<int> good = half_of(4);
    CHECK(good);
    CHECK(*good == 2);
    CHECK(good.value_or(7) == 2);
    const Result<int> bad = half_of(3);
    CHECK_FALSE(bad);
    CHECK(bad.error().code == Errc::bad_input);
    CHECK(bad.error().message == "3 is odd");
    CHECK(bad.value_or(7) == 7);
}

TEST_CASE("TRY passes the first failure up, through results of other types")
{
    CHECK(quarter_of(8).value() == "2");
    CHECK(quarter_of(5).error().message == "5 is odd");
    CHECK(quarter_of(6).error().message == "3 is odd");
    CHECK(check_quarter(8));
    CHECK(check_quarter(6).error().message == "3 is odd");
}

TEST_CASE("a value that can only be moved moves out")
{
    Result<std::unique_ptr<int>> result{std::make_unique<int>(5)};
    const std::unique_ptr<int> taken = std::move(result).value();
    CHECK(*taken == 5);
}

TEST_CASE("every code has a name of its own")
{
    std::set<std::string> names;
    for (const Errc code : {Errc::bad_input, Errc::refused, Errc::not_found, Errc::conflict, Errc::unavailable,
                            Errc::outcome_unknown, Errc::corrupt})
        names.insert(name_of(code));
    CHECK(names.size() == 7);
}
