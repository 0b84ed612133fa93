#include "cashu/lnurl.h"

#include "cashu/invoice.h"
#include "cashu/mint_url.h"
#include "util/json.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr size_t kNameCharactersMax = 64;
constexpr size_t kUrlCharactersMax = 2000;
constexpr JsonLimits kLimits{.bytes_max = 64 << 10, .depth_max = 8, .items_max = 200};

struct Url {
    std::string origin; ///< scheme and authority, normalised
    std::string rest;   ///< path and query, as written
};

/// A URL whose characters are harmless; bad_input for anything else.
Result<Url> split_url(std::string_view url)
{
    const bool is_plain =
        std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '#'; });
    const size_t scheme_end = url.find("://");
    if (!is_plain || url.size() > kUrlCharactersMax || scheme_end == std::string_view::npos)
        return fail(Errc::bad_input, "a payment service named an unusable URL");
    const size_t end = std::min(url.find_first_of("/?", scheme_end + 3), url.size());
    std::string origin = TRY(normalise_mint_url(url.substr(0, end)));
    return Url{std::move(origin), std::string{url.substr(end)}};
}

bool is_secure(std::string_view origin)
{
    return origin.starts_with("https://");
}

Result<Json> parse_answer(std::string_view json_text)
{
    Json body = TRY(parse_json(json_text, kLimits));
    const auto status = json_optional_string(body, "status");
    if (status && *status == "ERROR") {
        const auto reason = json_optional_string(body, "reason");
        return fail(Errc::refused, "the payment service says: {}",
                    printable(reason ? reason->value_or("no") : std::string{"no"}));
    }
    return body;
}

} // namespace

Result<std::string> lightning_address_url(std::string_view address)
{
    const size_t at = address.find('@');
    const std::string_view name = address.substr(0, at);
    const bool is_good =
        at != std::string_view::npos && !name.empty() && name.size() <= kNameCharactersMax &&
        std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '+';
        });
    if (!is_good)
        return fail(Errc::bad_input, "a Lightning address looks like name@domain, in lower case");
    const std::string_view domain = address.substr(at + 1);
    if (domain.find('/') != std::string_view::npos)
        return fail(Errc::bad_input, "a Lightning address looks like name@domain, in lower case");
    const std::string plain = TRY(normalise_mint_url("http://" + std::string{domain}));
    const std::string secure = TRY(normalise_mint_url("https://" + std::string{domain}));
    return fmt::format("{}/.well-known/lnurlp/{}", is_local_or_onion(plain) ? plain : secure, name);
}

Result<PayParameters> decode_pay_parameters(std::string_view json_text, std::string_view asked)
{
    const Json body = TRY(parse_answer(json_text));
    const std::string tag = TRY(json_string(body, "tag"));
    if (tag != "payRequest")
        return fail(Errc::bad_input, "the address does not take payments");
    PayParameters parameters;
    const std::string callback_text = TRY(json_string(body, "callback"));
    parameters.sendable_min.value = TRY(json_u64(body, "minSendable"));
    parameters.sendable_max.value = TRY(json_u64(body, "maxSendable"));
    const Url callback = TRY(split_url(callback_text));
    const Url from = TRY(split_url(asked));
    if (!is_secure(callback.origin) && (is_secure(from.origin) || !is_local_or_onion(callback.origin)))
        return fail(Errc::bad_input, "the payment service wants to be asked without TLS");
    // A stranger on the Internet has no business with what listens on this machine.
    if (is_local_or_onion(callback.origin) && !is_local_or_onion(from.origin))
        return fail(Errc::bad_input, "the payment service names a local callback");
    // What was judged is what is asked, letter by letter.
    parameters.callback = callback.origin + callback.rest;
    return parameters;
}

Result<std::string> invoice_request_url(const PayParameters& parameters, Msat amount)
{
    if (amount < parameters.sendable_min || amount > parameters.sendable_max)
        return fail(Errc::refused, "the address takes {} to {} msat at once, not {}", parameters.sendable_min.value,
                    parameters.sendable_max.value, amount.value);
    const bool has_query = parameters.callback.find('?') != std::string::npos;
    return fmt::format("{}{}amount={}", parameters.callback, has_query ? '&' : '?', amount.value);
}

Result<std::string> decode_pay_invoice(std::string_view json_text, Msat amount)
{
    const Json body = TRY(parse_answer(json_text));
    const std::string text = TRY(json_string(body, "pr"));
    const Invoice invoice = TRY(decode_invoice(text));
    if (invoice.amount != std::optional{amount})
        return fail(Errc::refused, "the payment service sent an invoice for another amount than the {} msat asked for",
                    amount.value);
    return canonical_invoice(text);
}

} // namespace berth::cashu
