// Normalising twice changes nothing, and the normal form names the same host, port and target.

#include "nostr/relay_url.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const std::string_view text = as_text({data, size});
    const auto normal = nostr::normalise_relay_url(text);
    (void)nostr::is_public_host(text);
    if (!normal)
        return 0;
    VERIFY(normal->size() <= 512);
    VERIFY(nostr::normalise_relay_url(*normal).value() == *normal);
    const nostr::RelayUrl before = nostr::parse_relay_url(text).value();
    const nostr::RelayUrl after = nostr::parse_relay_url(*normal).value();
    VERIFY(before.tls == after.tls && before.host == after.host && before.port == after.port);
    VERIFY(before.target == after.target);
    VERIFY(nostr::is_public_relay_url(text) == nostr::is_public_relay_url(*normal));
    return 0;
}
