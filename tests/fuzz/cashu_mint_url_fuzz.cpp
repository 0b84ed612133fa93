// A normalised mint URL is its own normal form, plain ASCII, and keeps neither user info nor a trailing slash.

#include "cashu/mint_url.h"
#include "util/bytes.h"

#include <algorithm>

using namespace berth;
using namespace berth::cashu;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const Result<std::string> url = normalise_mint_url(as_text({data, size}));
    if (!url)
        return 0;
    const Result<std::string> again = normalise_mint_url(*url);
    VERIFY(again && *again == *url);
    VERIFY(std::all_of(url->begin(), url->end(), [](char c) { return c > ' ' && c < 0x7f; }));
    VERIFY(!url->ends_with('/') && url->starts_with("http"));
    const std::string authority = url->substr(url->find("://") + 3);
    VERIFY(authority.substr(0, authority.find('/')).find('@') == std::string::npos);
    static_cast<void>(is_local_or_onion(*url));
    return 0;
}
