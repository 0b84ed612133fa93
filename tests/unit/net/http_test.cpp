#include "net/http_client.h"
#include "net/http_thread.h"
#include "unit/net/loopback.h"

#include <set>
#include <thread>

using namespace berth;
using namespace berth::net;
using berth::net::test::Loopback;
using berth::net::test::Waiting;

namespace {

/// A server that answers every request from the net thread's own callback.
struct Answering {
    explicit Answering(std::function<void(NetThread&, ServedRequest)> answer)
    {
        ServeOptions options;
        options.on_request = [this, answer = std::move(answer)](ServedRequest request) {
            answer(*loopback.net, std::move(request));
        };
        options.body_bytes_max = 100'000;
        const Result<uint16_t> served = loopback.net->serve(std::move(options));
        REQUIRE(served.has_value());
        port = *served;
    }
    [[nodiscard]] HttpRequest request(std::string method = "GET", std::string body = {}) const
    {
        HttpRequest made;
        made.method = std::move(method);
        made.url = fmt::format("http://127.0.0.1:{}/v1/thing?a=b", port);
        made.body = std::move(body);
        return made;
    }
    Loopback loopback;
    uint16_t port = 0;
};

void echo(NetThread& net, ServedRequest request)
{
    net.respond(request.id, 200, "text/plain", fmt::format("{} {} {}", request.method, request.path, request.body));
}

} // namespace

TEST_CASE("GET and POST are answered on one kept connection")
{
    Answering server{echo};
    HttpClient client;
    for (int i = 0; i < 3; ++i) {
        const HttpResult got = client.send(server.request());
        REQUIRE(got.has_value());
        CHECK(got->status == 200);
        CHECK(got->body == "GET /v1/thing ");
        CHECK(got->content_type == "text/plain");
        const HttpResult posted = client.send(server.request("POST", "some body"));
        REQUIRE(posted.has_value());
        CHECK(posted->body == "POST /v1/thing some body");
        const HttpResult empty = client.send(server.request("POST"));
        REQUIRE(empty.has_value());
        CHECK(empty->body == "POST /v1/thing ");
    }
}

TEST_CASE("a body of several buffers arrives whole, and one beyond the cap gets 413")
{
    Answering server{echo};
    HttpClient client;
    const std::string body(90'000, 'b');
    const HttpResult posted = client.send(server.request("POST", body));
    REQUIRE(posted.has_value());
    CHECK(posted->body == "POST /v1/thing " + body);
    const HttpResult refused = client.send(server.request("POST", std::string(100'001, 'b')));
    if (refused)
        CHECK(refused->status == 413);
    else
        CHECK(refused.error().code == Errc::outcome_unknown); // hung up before the answer was read
}

TEST_CASE("headers that authorize reach the handler")
{
    Answering server{[](NetThread& net, ServedRequest request) {
        std::string text;
        for (const auto& [name, value] : request.headers)
            text += name + "=" + value + ";";
        net.respond(request.id, 402, "application/json", text + request.accept);
    }};
    HttpRequest request = server.request();
    request.headers = {{"Authorization", "Nostr abc"}, {"X-Cashu", "cashuB123"}, {"Accept", "application/nostr+json"}};
    const HttpResult answer = HttpClient{}.send(request);
    REQUIRE(answer.has_value());
    CHECK(answer->status == 402);
    CHECK(answer->body == "authorization=Nostr abc;x-cashu=cashuB123;application/nostr+json");
}

TEST_CASE("an answer beyond the cap is bad input")
{
    Answering server{[](NetThread& net, ServedRequest request) {
        net.respond(request.id, 200, "text/plain", std::string(5001, 'x'));
    }};
    HttpRequest request = server.request();
    request.response_bytes_max = 5001;
    CHECK(HttpClient{}.send(request).has_value());
    request.response_bytes_max = 5000;
    CHECK(HttpClient{}.send(request).error().code == Errc::bad_input);
}

TEST_CASE("no answer in time leaves the outcome unknown, no connection leaves nothing done")
{
    Answering server{[](NetThread&, ServedRequest) {}};
    HttpRequest request = server.request("POST", "pay");
    request.timeout = std::chrono::milliseconds{200};
    HttpClient client;
    CHECK(client.send(request).error().code == Errc::outcome_unknown);
    request.url = "http://127.0.0.1:1/";
    CHECK(client.send(request).error().code == Errc::unavailable);
    request.url = "file:///etc/passwd";
    CHECK(client.send(request).error().code == Errc::bad_input);
}

TEST_CASE("an answer to a client that went away is harmless")
{
    Answering server{[](NetThread& net, ServedRequest request) {
        if (request.method == "GET")
            echo(net, std::move(request));
        else
            net.respond(request.id + 1000, 200, "text/plain", "nobody asked");
    }};
    HttpClient client;
    HttpRequest request = server.request("POST", "x");
    request.timeout = std::chrono::milliseconds{100};
    CHECK_FALSE(client.send(request).has_value());
    CHECK(client.send(server.request()).has_value());
}

TEST_CASE("a header can't smuggle a second one")
{
    HttpRequest request;
    request.url = "http://127.0.0.1:1/";
    request.headers = {{"X-A", "1\r\nX-B: 2"}};
    CHECK(HttpClient{}.send(request).error().code == Errc::bad_input);
}

TEST_CASE("a stream ends when its reader hangs up, and a silent one too")
{
    Answering server{[](NetThread& net, ServedRequest request) {
        if (request.method == "GET")
            net.respond(request.id, 200, "text/plain", std::string(50'000, 's'));
    }};
    HttpClient client;
    HttpRequest request = server.request();
    request.timeout = std::chrono::milliseconds{0};
    size_t heard = 0;
    const HttpResult whole = client.stream(request, [&](std::string_view piece) {
        heard += piece.size();
        return true;
    });
    REQUIRE(whole.has_value());
    CHECK(whole->body.empty());
    CHECK(heard == 50'000);
    CHECK(client.stream(request, [](std::string_view) { return false; }).has_value());

    request.method = "POST";
    CHECK(client.stream(request, [](std::string_view piece) { return !piece.empty(); }).has_value());
}

TEST_CASE("100 requests in flight each get their own answer")
{
    Answering server{echo};
    struct Answer {
        uint64_t id;
        HttpResult result;
    };
    Waiting<Answer> answers{1000};
    HttpThread http{[&](uint64_t id, HttpResult result) {
        REQUIRE(answers.inbox.put(Answer{.id = id, .result = std::move(result)}));
    }};
    for (uint64_t id = 0; id < 100; ++id)
        http.send(id, server.request("POST", fmt::format("body {}", id)));
    std::set<uint64_t> answered;
    while (answered.size() < 100) {
        const auto answer = answers.next();
        REQUIRE(answer.has_value());
        REQUIRE(answer->result.has_value());
        CHECK(answer->result->body == fmt::format("POST /v1/thing body {}", answer->id));
        CHECK(answered.insert(answer->id).second);
    }
}

TEST_CASE("an HTTP thread that goes away drops what is in flight")
{
    Answering server{[](NetThread&, ServedRequest) {}};
    HttpThread http{[](uint64_t, HttpResult) { FAIL("delivered"); }};
    for (uint64_t id = 0; id < 10; ++id)
        http.send(id, server.request());
}
