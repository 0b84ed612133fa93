#include "util/result.h"

namespace berth {

const char* name_of(Errc code)
{
    switch (code) {
    case Errc::bad_input:
        return "bad_input";
    case Errc::refused:
        return "refused";
    case Errc::not_found:
        return "not_found";
    case Errc::conflict:
        return "conflict";
    case Errc::unavailable:
        return "unavailable";
    case Errc::outcome_unknown:
        return "outcome_unknown";
    case Errc::corrupt:
        return "corrupt";
    }
    return "unknown";
}

} // namespace berth
