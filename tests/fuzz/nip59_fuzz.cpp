// A hostile rumor, seal or wrap, correctly encrypted to us, opens only as a rumor of the seal's author.

#include "nostr/nip59.h"

#include "nostr/nip44.h"

#include <algorithm>

namespace {

using namespace berth;
using namespace berth::nostr;

constexpr int64_t kNow = 1'700'000'000;

class ZeroRandom final : public crypto::Random {
public:
    void fill(std::span<uint8_t> out) override { std::fill(out.begin(), out.end(), uint8_t{1}); }
};

Event sealed(std::string_view text, Kind kind, const SecretKey& from, const PublicKey& to)
{
    ZeroRandom random;
    const auto key = nip44::conversation_key(from, to.bytes());
    auto content = nip44::encrypt(*key, text, random);
    Draft draft{.created_at = kNow, .kind = kind, .tags = {}, .content = content ? *content : std::string{text}};
    if (kind == kind::gift_wrap)
        draft.tags = {{"p", to.hex()}};
    return sign_event(std::move(draft), from, random);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    static const SecretKey own = SecretKey::create(Bytes(32, 0x22)).value();
    static const SecretKey other = SecretKey::create(Bytes(32, 0x33)).value();
    const PublicKey us = PublicKey::of(own);
    const std::string_view text = as_text({data, size});
    if (const auto rumor = parse_rumor(text)) {
        const auto again = parse_rumor(encode_rumor(*rumor));
        VERIFY(again.has_value() && *again == *rumor);
    }
    const Event seal = sealed(text, kind::seal, other, us);
    for (const std::string& inner : {std::string{text}, encode_event(seal)}) {
        const auto opened = open_gift_wrap(sealed(inner, kind::gift_wrap, other, us), own, kNow);
        VERIFY(!opened || opened->sender.bytes() == opened->rumor.pubkey);
    }
    return 0;
}
