// An invoice that decodes is read the same in the form in which it is sent to a mint, and its times are in order.

#include "cashu/invoice.h"

using namespace berth;
using namespace berth::cashu;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const Result<Invoice> invoice = decode_invoice(as_text({data, size}));
    if (!invoice)
        return 0;
    VERIFY(invoice->created_at >= 0 && invoice->expires_at >= invoice->created_at);
    const Result<Invoice> again = decode_invoice(canonical_invoice(as_text({data, size})));
    VERIFY(again && again->amount == invoice->amount && again->payment_hash == invoice->payment_hash);
    VERIFY(again->created_at == invoice->created_at && again->expires_at == invoice->expires_at);
    return 0;
}
