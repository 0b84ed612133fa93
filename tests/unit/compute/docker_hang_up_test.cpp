#include "scripted_engine.h"

#include <future>

namespace berth::compute {
namespace {

TEST_CASE("a call that the Engine does not answer is given up once berth is to stop")
{
    std::atomic<bool> hang_up = false;
    std::promise<void> end;
    ScriptedEngine engine{[&hang_up, over = end.get_future().share()](const std::string&) -> ScriptedEngine::Answer {
        hang_up = true;
        over.wait();
        return {};
    }};
    EngineLink link{engine.socket(), &hang_up};
    DockerClient client{link};
    SUBCASE("a question changed nothing")
    {
        const auto info = client.fetch_info();
        REQUIRE(!info);
        CHECK(info.error().code == Errc::unavailable);
        CHECK(info.error().message.find("stopped") != std::string::npos);
    }
    SUBCASE("a change may have happened")
    {
        const auto removed = client.remove_network("one");
        REQUIRE(!removed);
        CHECK(removed.error().code == Errc::outcome_unknown);
    }
    end.set_value();
}

} // namespace
} // namespace berth::compute
