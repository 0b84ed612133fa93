// Whatever comes in over the control socket, an accepted line says the same when it is sent again, and every answer can
// be read.

#include "provider/control_request.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::provider;
    const std::string_view text = as_text({data, size});
    const control::Line line = control::decode_line(text);
    if (line.request) {
        const std::string sent = control::encode_line(line.id, *line.request);
        const control::Line again = control::decode_line(sent);
        VERIFY(again.id == line.id && again.request.has_value());
        VERIFY(control::encode_line(again.id, *again.request) == sent);
        if (const auto* end = std::get_if<control::EndLease>(&*line.request))
            VERIFY(end->reason.size() <= kControlReasonBytesMax && end->lease.size() <= 64);
        if (const auto* wallet = std::get_if<control::Wallet>(&*line.request))
            VERIFY(wallet->wait <= kControlWaitMax);
    } else {
        const auto answer = control::decode_answer(control::encode_answer(line.id, pass_on(line.request)));
        VERIFY(answer && answer->id == line.id && !answer->result);
    }
    (void)control::decode_answer(text);
    return 0;
}
