#include "nostr/relay/catch_up.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::relay;

namespace {

EventId id_of(size_t number)
{
    EventId id{};
    for (size_t byte = 0; byte < 8; ++byte)
        id[byte] = static_cast<uint8_t>(number >> (8 * byte));
    return id;
}

struct Walk {
    CatchUp::Step end = CatchUp::Step::ask_next;
    std::set<EventId> found;
    size_t pages = 0;
};

/// A relay that stores these dates and gives at most `clamp` a page, newest first.
Walk walk(const std::vector<int64_t>& dates, size_t clamp)
{
    CatchUp catch_up{0};
    Walk result;
    while (result.end == CatchUp::Step::ask_next) {
        const Filter page = catch_up.page_of({});
        size_t given = 0;
        for (size_t number = dates.size(); number-- > 0 && given < clamp;) {
            if (page.until && dates[number] > *page.until)
                continue;
            catch_up.received(id_of(number), dates[number]);
            result.found.insert(id_of(number));
            ++given;
        }
        ++result.pages;
        result.end = catch_up.end_page(PageEnd::unknown);
    }
    return result;
}

} // namespace

TEST_CASE("paging finds everything, whatever the relay's own limit")
{
    for (const size_t clamp : {100U, 300U, 450U, 500U}) {
        CAPTURE(clamp);
        std::vector<int64_t> dates;
        for (int64_t number = 0; number < 1'500; ++number)
            dates.push_back(1'000 + number);
        const Walk result = walk(dates, clamp);
        CHECK(result.end == CatchUp::Step::complete);
        CHECK(result.found.size() == 1'500);
    }
}

TEST_CASE("a second with more events than a page is stepped over, not walked for ever")
{
    std::vector<int64_t> dates(100, 10);
    dates.insert(dates.end(), 900, 20);
    const Walk result = walk(dates, 500);
    CHECK(result.end == CatchUp::Step::complete);
    CHECK(result.found.size() == 600);
}

TEST_CASE("an endless store is given up after twenty pages")
{
    std::vector<int64_t> dates;
    for (int64_t number = 0; number < 30'000; ++number)
        dates.push_back(number);
    const Walk result = walk(dates, 500);
    CHECK(result.end == CatchUp::Step::given_up);
    CHECK(result.pages == 20);
}

TEST_CASE("one live event with an old date among the stored ones opens no gap")
{
    CatchUp catch_up{0};
    for (size_t number = 0; number < 500; ++number)
        catch_up.received(id_of(number), 10'000 - static_cast<int64_t>(number));
    catch_up.received(id_of(999), 3);
    REQUIRE(catch_up.end_page(PageEnd::unknown) == CatchUp::Step::ask_next);
    CHECK(*catch_up.page_of({}).until >= 9'501);
}
