// A URL that is taken apart has a host, a port and a path, none of which can break out of an HTTP header.

#include "net/websocket_url.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const auto url = net::parse_websocket_url(as_text({data, size}));
    if (!url)
        return 0;
    VERIFY(!url->host.empty() && url->port != 0 && url->path.starts_with('/'));
    for (const std::string* part : {&url->host, &url->path, &url->host_header})
        VERIFY(part->find_first_of(" \t\r\n") == std::string::npos && part->find('\0') == std::string::npos);
    return 0;
}
