// Whatever a payment service answers, only a URL of plain characters is asked next, and only an invoice of the wanted
// amount is taken. The first line is a Lightning address, the rest an answer.

#include "cashu/lnurl.h"

#include "cashu/invoice.h"
#include "util/bytes.h"

#include <algorithm>

using namespace berth;
using namespace berth::cashu;

namespace {

void check_url(const std::string& url)
{
    VERIFY(url.starts_with("https://") || url.starts_with("http://"));
    VERIFY(std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f; }));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = as_text({data, size});
    const size_t end = std::min(text.find('\n'), text.size());
    const Result<std::string> asked = lightning_address_url(text.substr(0, end));
    if (asked)
        check_url(*asked);
    const std::string_view answer = text.substr(std::min(end + 1, text.size()));
    constexpr Msat kAmount{5000};
    const Result<PayParameters> parameters =
        decode_pay_parameters(answer, asked ? *asked : "https://pay.example/.well-known/lnurlp/joe");
    if (parameters) {
        const Result<std::string> next = invoice_request_url(*parameters, kAmount);
        if (next)
            check_url(*next);
    }
    const Result<std::string> invoice = decode_pay_invoice(answer, kAmount);
    if (invoice)
        VERIFY(decode_invoice(*invoice).value().amount == std::optional{kAmount});
    return 0;
}
