#include "net/websocket_url.h"

#include <doctest/doctest.h>

using berth::net::parse_websocket_url;

TEST_CASE("the Host header carries every port but the scheme's own")
{
    CHECK(parse_websocket_url("wss://relay.example")->host_header == "relay.example");
    CHECK(parse_websocket_url("wss://relay.example:443/")->host_header == "relay.example");
    CHECK(parse_websocket_url("ws://relay.example:443/")->host_header == "relay.example:443");
    CHECK(parse_websocket_url("ws://[::1]:7777/a?b")->host_header == "[::1]:7777");
    CHECK(parse_websocket_url("ws://[::1]:7777/a?b")->host == "::1");
    CHECK(parse_websocket_url("ws://[::1]:7777/a?b")->path == "/a?b");
    CHECK(parse_websocket_url("ws://h?q")->path == "/?q");
}

TEST_CASE("what is no WebSocket URL is refused")
{
    for (const char* text : {"", "ws://", "http://a", "ws://a:0", "ws://a:65536", "ws://a:7x", "ws://u@a", "ws://a b",
                             "ws://a/#f", "ws://[::1", "ws://[::1]x", "ws://:80", "ws://a\r\nX: y"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_websocket_url(text).has_value());
    }
}
