// Where a pull's stream is cut into pieces makes no difference to how it ends.

#include "compute/docker_stream.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    if (size < 1)
        return 0;
    const size_t step = data[0] % 16u + 1u;
    const std::string_view stream = as_text({data + 1, size - 1});
    constexpr uint64_t kBytesMax = 1000;

    compute::ProgressStream whole{kBytesMax};
    const bool goes_on = whole.add(stream);
    compute::ProgressStream pieces{kBytesMax};
    bool pieces_go_on = true;
    for (size_t at = 0; at < stream.size() && pieces_go_on; at += step)
        pieces_go_on = pieces.add(stream.substr(at, step));

    VERIFY(goes_on == pieces_go_on);
    const Result<void> end = whole.finish();
    const Result<void> pieces_end = pieces.finish();
    VERIFY(end.has_value() == pieces_end.has_value());
    VERIFY(end.has_value() || end.error().code == pieces_end.error().code);
    VERIFY(goes_on || !end.has_value());
    return 0;
}
