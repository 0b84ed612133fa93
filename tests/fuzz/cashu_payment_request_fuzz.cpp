// What decodes as a payment request or payload survives being written and read again, in both forms of NUT-18 and
// NUT-26 that can hold it.

#include "cashu/payment_request.h"
#include "cashu/payment_request_bech32.h"

using namespace berth;
using namespace berth::cashu;

namespace {

void check_request(const PaymentRequest& request)
{
    const std::string text = encode_payment_request(request);
    // A bech32m request may hold longer texts than our CBOR reader takes.
    if (const Result<PaymentRequest> again = decode_payment_request(text))
        VERIFY(encode_payment_request(*again) == text);
    const Result<std::string> bech32 = encode_payment_request_bech32(request);
    if (!bech32)
        return;
    if (const Result<PaymentRequest> again = decode_payment_request(*bech32))
        VERIFY(encode_payment_request_bech32(*again).value() == *bech32);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = as_text({data, size});
    if (const Result<PaymentRequest> request = decode_payment_request(text))
        check_request(*request);
    if (const Result<PaymentPayload> payload = decode_payment_payload(text)) {
        const std::string encoded = encode_payment_payload(*payload);
        const Result<PaymentPayload> again = decode_payment_payload(encoded);
        VERIFY(!again || encode_payment_payload(*again) == encoded);
    }
    return 0;
}
