// Any text survives encryption; no foreign payload decrypts to more than it holds; a changed payload does not decrypt.

#include "nostr/nip44.h"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::nostr;
    const crypto::Secret key{Bytes(32, 0x11)};
    const std::string_view text = as_text({data, size});
    const auto foreign = nip44::decrypt(key, text);
    VERIFY(!foreign || foreign->size() < size);

    Bytes32 nonce{};
    std::copy_n(data, std::min(size, nonce.size()), nonce.begin());
    const auto payload = nip44::encrypt_with_nonce(key, text, nonce);
    VERIFY(payload.has_value() == !text.empty());
    if (!payload || payload->size() > nip44::kPayloadCharactersMax)
        return 0;
    const auto back = nip44::decrypt(key, *payload);
    VERIFY(!back || *back == text); // a text that is not UTF-8 is refused
    std::string changed = *payload;
    char& victim = changed[size % changed.size()];
    victim = victim == 'A' ? 'B' : 'A';
    VERIFY(!nip44::decrypt(key, changed));
    return 0;
}
