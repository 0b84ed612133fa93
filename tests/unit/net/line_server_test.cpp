#include "net/line_client.h"
#include "net/line_server.h"

#include <doctest/doctest.h>

#include <sys/stat.h>

namespace berth::net {

namespace {

using namespace std::chrono_literals;

LineClient::Deadline soon(std::chrono::milliseconds wait = 5s)
{
    return std::chrono::steady_clock::now() + wait;
}

/// Answers every line with itself, unless told to keep quiet.
struct Echo {
    explicit Echo(LineServerOptions options = {}, bool answers = true)
    {
        folder = std::filesystem::temp_directory_path() /
                 fmt::format("berth-lines-{}-{}", ::getpid(), static_cast<const void*>(this)) / std::string(120, 'x');
        std::filesystem::create_directories(folder);
        options.path = folder / "control.sock";
        server = LineServer::create(options, [this, answers](LineEvent event) {
                     if (std::holds_alternative<LineConnectionClosed>(event))
                         closed.put_always(std::move(event));
                     else if (answers)
                         server->answer(std::get<ReceivedLine>(event).connection, std::get<ReceivedLine>(event).text);
                     else
                         received.put_always(std::move(event));
                 }).value();
    }
    ~Echo()
    {
        server.reset();
        std::filesystem::remove_all(folder.parent_path());
    }
    [[nodiscard]] std::filesystem::path path() const { return folder / "control.sock"; }

    std::filesystem::path folder;
    Inbox<LineEvent> closed{100};
    Inbox<LineEvent> received{100};
    std::unique_ptr<LineServer> server;
};

} // namespace

TEST_CASE("a line gets its answer, on a path of any length, and the socket is its owner's alone")
{
    const Echo echo;
    LineClient client;
    REQUIRE(client.connect(echo.path()));
    REQUIRE(client.send("hello", soon()));
    CHECK(client.receive(soon()).value() == "hello");
    struct stat status {};
    REQUIRE(::stat(echo.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a socket that a dead process left is replaced, and one that is closed is gone")
{
    std::filesystem::path path;
    {
        Echo echo;
        path = echo.path();
        LineClient client;
        std::filesystem::rename(path, path.string() + ".old"); // its listener is alive, but not here
        CHECK(client.connect(path).error().code == Errc::not_found);
        std::filesystem::rename(path.string() + ".old", path);
        const auto next = LineServer::create({.path = path}, [](LineEvent) {});
        REQUIRE(next);
        CHECK(client.connect(path));
    }
    LineClient client;
    CHECK(client.connect(path).error().code == Errc::not_found);
}

TEST_CASE("a line that is too long ends its connection, and only that")
{
    const Echo echo{{.line_bytes_max = 1'000}};
    LineClient hostile;
    LineClient other;
    REQUIRE(hostile.connect(echo.path()));
    REQUIRE(other.connect(echo.path()));
    (void)hostile.send(std::string(100'000, 'x'), soon());
    CHECK(hostile.receive(soon()).error().code == Errc::outcome_unknown);
    REQUIRE(other.send(std::string(1'000, 'y'), soon()));
    CHECK(other.receive(soon()).value().size() == 1'000);
}

TEST_CASE("lines beyond what may be unanswered wait in the socket")
{
    Echo echo{{.unanswered_max = 3}, false};
    LineClient client;
    REQUIRE(client.connect(echo.path()));
    for (int i = 0; i < 10; ++i)
        REQUIRE(client.send("line", soon()));
    size_t taken = 0;
    uint64_t connection = 0;
    while (taken < 3)
        for (const LineEvent& event : echo.received.take_all(soon())) {
            connection = std::get<ReceivedLine>(event).connection;
            ++taken;
        }
    CHECK(echo.received.take_all(soon(200ms)).empty());
    echo.server->answer(connection, "one");
    CHECK(client.receive(soon()).value() == "one");
    CHECK(echo.received.take_all(soon()).size() == 1);
}

TEST_CASE("who does not read, and who says nothing, is let go")
{
    Echo echo{{.idle_max = 300ms}};
    LineClient silent;
    REQUIRE(silent.connect(echo.path()));
    CHECK(silent.receive(soon()).error().code == Errc::outcome_unknown);
    Echo slow{{.unread_bytes_max = 100'000}, false};
    LineClient reader;
    REQUIRE(reader.connect(slow.path()));
    REQUIRE(reader.send("line", soon()));
    const auto lines = slow.received.take_all(soon());
    REQUIRE(lines.size() == 1);
    for (int i = 0; i < 50; ++i)
        slow.server->answer(std::get<ReceivedLine>(lines.front()).connection, std::string(50'000, 'z'));
    CHECK(slow.closed.take_all(soon()).size() == 1);
}

TEST_CASE("who waits for an answer is not idle, and who hangs up is told of")
{
    Echo echo{{.idle_max = 200ms}, false};
    uint64_t connection = 0;
    {
        LineClient client;
        REQUIRE(client.connect(echo.path()));
        REQUIRE(client.send("line", soon()));
        const auto lines = echo.received.take_all(soon());
        REQUIRE(lines.size() == 1);
        connection = std::get<ReceivedLine>(lines.front()).connection;
        CHECK(client.receive(soon(1'500ms)).error().code == Errc::unavailable);
        CHECK(echo.closed.take_all(soon(0ms)).empty());
    }
    const auto closed = echo.closed.take_all(soon());
    REQUIRE(closed.size() == 1);
    CHECK(std::get<LineConnectionClosed>(closed.front()).connection == connection);
    echo.server->answer(connection, "too late"); // and does no harm
}

TEST_CASE("more connections than there may be wait their turn")
{
    const Echo echo{{.connections_max = 2}};
    LineClient third;
    {
        LineClient first;
        LineClient second;
        REQUIRE(first.connect(echo.path()));
        REQUIRE(second.connect(echo.path()));
        REQUIRE(first.send("a", soon()));
        CHECK(first.receive(soon()).value() == "a");
        REQUIRE(second.send("b", soon()));
        CHECK(second.receive(soon()).value() == "b");
        REQUIRE(third.connect(echo.path()));
        REQUIRE(third.send("c", soon()));
        CHECK(third.receive(soon(300ms)).error().code == Errc::unavailable);
    }
    CHECK(third.receive(soon()).value() == "c");
}

} // namespace berth::net
