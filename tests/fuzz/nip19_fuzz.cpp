// What is read is written and read again as the same text.

#include "nostr/nip19.h"

namespace {

using namespace berth::nostr;

struct Encode {
    std::string operator()(const Npub& value) const { return encode_npub(value.pubkey); }
    std::string operator()(const Nsec&) const { return {}; }
    std::string operator()(const Note& value) const { return encode_note(value.id); }
    std::string operator()(const Nprofile& value) const { return encode_nprofile(value); }
    std::string operator()(const Nevent& value) const { return encode_nevent(value); }
    std::string operator()(const Naddr& value) const { return encode_naddr(value); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto entity = decode_nip19(berth::as_text({data, size}));
    if (!entity)
        return 0;
    const std::string text = std::visit(Encode{}, *entity);
    const auto again = decode_nip19(text);
    VERIFY(text.empty() || text.size() > 5000 || (again && std::visit(Encode{}, *again) == text));
    return 0;
}
