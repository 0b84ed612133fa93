#include "util/inbox.h"

#include <doctest/doctest.h>

#include <memory>
#include <thread>

using namespace berth;

namespace {

using Message = std::unique_ptr<int>;

const auto kLongPast = std::chrono::steady_clock::time_point{};

Message message(int number)
{
    return std::make_unique<int>(number);
}

} // namespace

TEST_CASE("messages come out in the order in which they went in")
{
    Inbox<Message> inbox{4};
    CHECK(inbox.put(message(1)));
    CHECK(inbox.put(message(2)));
    const auto taken = inbox.take_all(kLongPast);
    REQUIRE(taken.size() == 2);
    CHECK(*taken[0] == 1);
    CHECK(*taken[1] == 2);
    CHECK(inbox.take_all(kLongPast).empty());
}

TEST_CASE("a full inbox refuses, and the caller still has the message")
{
    Inbox<Message> inbox{1};
    CHECK(inbox.put(message(1)));
    Message second = message(2);
    CHECK_FALSE(inbox.put(std::move(second)));
    REQUIRE(second);
    CHECK(*second == 2);
    CHECK(inbox.take_all(kLongPast).size() == 1);
    CHECK(inbox.put(std::move(second)));
}

TEST_CASE("an answer to what the taker asked gets in even when the inbox is full")
{
    Inbox<Message> inbox{1};
    CHECK(inbox.put(message(1)));
    inbox.put_always(message(2));
    CHECK(inbox.take_all(kLongPast).size() == 2);
}

TEST_CASE("a reserved place counts as taken, until it is used")
{
    Inbox<Message> inbox{2};
    CHECK(inbox.reserve());
    CHECK(inbox.put(message(1)));
    CHECK_FALSE(inbox.put(message(2)));
    CHECK_FALSE(inbox.reserve());
    inbox.put_reserved(message(3));
    const auto taken = inbox.take_all(kLongPast);
    REQUIRE(taken.size() == 2);
    CHECK(*taken[1] == 3);
    CHECK(inbox.reserve());
}

TEST_CASE("more than half full means more than half")
{
    Inbox<Message> inbox{4};
    CHECK(inbox.put(message(1)));
    CHECK(inbox.put(message(2)));
    CHECK_FALSE(inbox.more_than_half_full());
    CHECK(inbox.reserve());
    CHECK(inbox.more_than_half_full());
}

TEST_CASE("a message wakes the thread that waits for it, and none is lost")
{
    Inbox<Message> inbox{1000};
    std::thread putter{[&] {
        for (int i = 0; i < 500; ++i)
            inbox.put_always(message(i));
    }};
    size_t received = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (received < 500) {
        const auto taken = inbox.take_all(deadline);
        if (taken.empty())
            break;
        received += taken.size();
    }
    putter.join();
    CHECK(received == 500);
}
