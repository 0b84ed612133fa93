#include "nostr/nip42.h"

#include "nostr/relay_url.h"
#include "util/hex.h"

namespace berth::nostr {

namespace {

/// Clients differ in paths and slashes, so host and port decide.
bool same_relay(std::string_view a, std::string_view b)
{
    const Result<RelayUrl> one = parse_relay_url(a);
    const Result<RelayUrl> two = parse_relay_url(b);
    return one && two && one->host == two->host && one->port == two->port;
}

} // namespace

Event make_auth_event(const std::string& relay_url, const std::string& challenge, int64_t now, const SecretKey& own_key,
                      crypto::Random& random)
{
    return sign_event({.created_at = now,
                       .kind = kind::client_auth,
                       .tags = {{"relay", relay_url}, {"challenge", challenge}},
                       .content = {}},
                      own_key, random);
}

Result<PublicKey> check_auth_event(const Event& event, std::string_view relay_url, std::string_view challenge,
                                   int64_t now)
{
    if (event.kind != kind::client_auth)
        return fail(Errc::refused, "an AUTH event must have kind {}", kind::client_auth);
    if (event.created_at < now - kAuthWindowSeconds || event.created_at > now + kAuthWindowSeconds)
        return fail(Errc::refused, "the AUTH event is not fresh");
    if (challenge.empty() || event.tag_value("challenge") != challenge)
        return fail(Errc::refused, "the AUTH event answers another challenge");
    if (!same_relay(event.tag_value("relay").value_or(""), relay_url))
        return fail(Errc::refused, "the AUTH event is for another relay");
    TRY(verify_event(event));
    return PublicKey::parse_hex(encode_hex(event.pubkey));
}

} // namespace berth::nostr
