#pragma once
// How to get an invoice out of a Lightning address (LUD-16 and LUD-06, "LNURL-pay"): URLs to ask and answers to read.
// No I/O. Everything that an answer says is a stranger's word.

#include "cashu/amount.h"

#include <string>

namespace berth::cashu {

/// "name@domain" to the URL of its pay parameters: https, or http for loopback and onion hosts.
[[nodiscard]] Result<std::string> lightning_address_url(std::string_view address);

struct PayParameters {
    std::string callback; ///< its scheme and host normalised
    Msat sendable_min;
    Msat sendable_max;
};

/// `asked` is the URL that was answered: a callback without TLS, or to this machine, is taken only from a host that is
/// so itself. refused with the service's own words when it answers an error.
[[nodiscard]] Result<PayParameters> decode_pay_parameters(std::string_view json_text, std::string_view asked);

/// refused when the service takes no such amount.
[[nodiscard]] Result<std::string> invoice_request_url(const PayParameters& parameters, Msat amount);

/// The invoice; refused when it is not for exactly this amount.
[[nodiscard]] Result<std::string> decode_pay_invoice(std::string_view json_text, Msat amount);

} // namespace berth::cashu
