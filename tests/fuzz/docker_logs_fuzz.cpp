// Where a log stream is cut into pieces makes no difference to what is read from it.

#include "compute/docker_stream.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    if (size < 2)
        return 0;
    const size_t bytes_max = data[0];
    const size_t step = data[1] % 16u + 1u;
    const std::string_view stream = as_text({data + 2, size - 2});

    compute::LogDemultiplexer whole{bytes_max};
    const bool sound = whole.add(stream).has_value();
    compute::LogDemultiplexer pieces{bytes_max};
    bool pieces_sound = true;
    for (size_t at = 0; at < stream.size() && pieces_sound; at += step)
        pieces_sound = pieces.add(stream.substr(at, step)).has_value();

    VERIFY(sound == pieces_sound);
    VERIFY(!sound || whole.is_complete() == pieces.is_complete());
    const std::string text = whole.take_text();
    VERIFY(text.size() <= bytes_max);
    VERIFY(text == pieces.take_text());
    return 0;
}
