// Whatever body decodes is encoded to a text that decodes and is encoded the same again. The first byte picks the body.

#include "cashu/batch_mint.h"
#include "cashu/mint_info.h"
#include "cashu/mint_quotes.h"

using namespace berth;
using namespace berth::cashu;

namespace {

template <class Decode, class Encode>
void check(std::string_view body, Decode decode, Encode encode)
{
    const auto value = decode(body);
    if (!value)
        return;
    const std::string text = encode(*value);
    const auto again = decode(text);
    VERIFY(again.has_value());
    VERIFY(encode(*again) == text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view body = as_text({data + 1, size - 1});
    switch (data[0]) {
    case '0':
        check(body, decode_keys, [](const KeysetsReply& reply) { return encode_keys(reply.keysets); });
        break;
    case '1':
        check(body, decode_keysets, [](const KeysetsReply& reply) { return encode_keysets(reply.keysets); });
        break;
    case '2':
        check(body, decode_swap_request, encode_swap_request);
        break;
    case '3':
        check(body, decode_signatures, encode_signatures);
        break;
    case '4':
        check(body, decode_checkstate_request, encode_checkstate_request);
        break;
    case '5':
        check(body, decode_checkstate_reply, encode_checkstate_reply);
        break;
    case '6':
        check(body, decode_restore_reply, encode_restore_reply);
        break;
    case '7':
        check(body, decode_mint_info, encode_mint_info);
        break;
    case '8':
        check(body, decode_mint_quote, encode_mint_quote);
        break;
    case '9':
        check(body, decode_mint_request, encode_mint_request);
        break;
    case 'a':
        check(body, decode_melt_quote, encode_melt_quote);
        break;
    case 'b':
        check(body, decode_melt_request, encode_melt_request);
        break;
    case 'c':
        check(body, decode_batch_mint_request, encode_batch_mint_request);
        break;
    default:
        VERIFY(decode_mint_error(body).detail.size() <= 1000);
        break;
    }
    return 0;
}
