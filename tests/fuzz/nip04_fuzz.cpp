// Any UTF-8 text survives encryption, and whatever else decrypts is valid UTF-8.

#include "nostr/nip04.h"

#include "util/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::nostr;
    const crypto::Secret key{Bytes(32, 0x11)};
    const std::string_view text = as_text({data, size});
    const auto foreign = nip04::decrypt(key, text);
    VERIFY(!foreign || is_valid_utf8(*foreign));
    crypto::SystemRandom random;
    const std::string content = nip04::encrypt(key, text, random);
    const auto back = nip04::decrypt(key, content);
    const bool must_open = is_valid_utf8(text) && content.size() <= nip04::kContentCharactersMax;
    VERIFY(back.has_value() ? *back == text : !must_open);
    return 0;
}
